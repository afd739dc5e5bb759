#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
#
# pf_grammar: holds a ruleset against the grammar of pf.conf(5), OpenBSD 6.9
# and later, as far as conf/examples/firewall.pf uses it.  There is no pfctl(8)
# here: what is accepted may still mean something else, but a misspelt word,
# the old route-to (IF ADDR), an unknown macro or table, a family that does not
# fit, a match that routes are found.
#
#	pf_grammar.py FILE	each error as FILE:LINE: what; status 1 if any
import ipaddress
import re
import sys

TOKEN = re.compile(r'"[^"]*"|[<>{}(),!=]|[^\s"<>{}(),!=]+')
TABLE_WORDS = {'persist', 'const', 'counters'}
ICMP = {'inet': ('icmp', 'icmp-type', {'echoreq'}),
        'inet6': ('icmp6', 'icmp6-type', {'echoreq', 'neighbrsol',
            'neighbradv', 'routersol', 'routeradv'})}
SETS = {'skip': ['on', None], 'block-policy': [{'drop', 'return'}],
        'reassemble': [{'yes', 'no'}]}


class Wrong(Exception):
    pass


class Line:
    def __init__(self, tokens, tables):
        self.t, self.i, self.tables = tokens, 0, tables
        self.af, self.routes, self.action = None, [], None

    def peek(self):
        return self.t[self.i] if self.i < len(self.t) else None

    def next(self):
        if self.i == len(self.t):
            raise Wrong('ends too early')
        self.i += 1
        return self.t[self.i - 1]

    def take(self, *words):
        if self.peek() in words:
            return self.next()
        return None

    def need(self, *words):
        if self.peek() not in words:
            raise Wrong('%s instead of %s' % (self.peek(), ' or '.join(words)))
        return self.next()

    def each(self, one):        # one, or { one [,] one ... }
        if not self.take('{'):
            return one()
        one()
        while not self.take('}'):
            self.take(',')
            one()

    def interface(self):
        self.take('!')
        if not re.fullmatch(r'[a-z]+[0-9]*', self.next()):
            raise Wrong('%s is no interface' % self.t[self.i - 1])

    def address(self):          # 192.0.2.1[/24] | (em0[:0]); its family
        if self.take('('):
            if not re.fullmatch(r'[a-z]+[0-9]*(:0|:network|:peer)?',
                    self.next()):
                raise Wrong('%s is no interface' % self.t[self.i - 1])
            self.need(')')
            return None
        try:
            a = ipaddress.ip_network(self.next())
        except ValueError as e:
            raise Wrong(str(e))
        return 'inet' if a.version == 4 else 'inet6'

    def host(self):
        self.take('!')
        if self.take('any', 'self'):
            return
        if self.take('<'):
            name = self.next()
            if name not in self.tables:
                raise Wrong('no table <%s>' % name)
            self.need('>')
            return
        self.fits(self.address())

    def fits(self, af):
        if af is not None and self.af not in (None, af):
            raise Wrong('an address of another family')

    def port(self):
        if not re.fullmatch(r'\d+(:\d+)?', self.next()):
            raise Wrong('%s is no port' % self.t[self.i - 1])

    def hosts(self):
        if self.take('all'):
            return
        for word in ('from', 'to'):
            if self.take(word):
                self.each(self.host)
                if self.take('port'):
                    self.each(self.port)

    def string(self):
        if not re.fullmatch(r'"[^"]+"', self.next()):
            raise Wrong('%s is no string' % self.t[self.i - 1])

    def state(self):
        self.need('state')
        if self.take('('):
            self.need('if-bound', 'floating')
            self.need(')')

    def scrub(self):
        self.need('(')
        while not self.take(')'):
            if self.take('max-mss', 'min-ttl'):
                self.next()
            else:
                self.need('no-df', 'random-id')
            self.take(',')

    def route(self, word):
        if self.action != 'pass':
            raise Wrong('%s in a rule that does not pass' % word)
        if word == 'reply-to' and self.way != 'in':
            raise Wrong('reply-to is for what comes in')
        if self.peek() == '(':
            raise Wrong('%s takes an address, not an interface' % word)
        def one():
            af = self.address()
            if self.af != af:
                raise Wrong('%s: the rule must be of its family' % word)
        self.each(one)
        self.take('round-robin', 'random', 'least-states')
        self.take('sticky-address')

    def options(self):
        while (w := self.peek()) is not None:
            self.next()
            if w in ('route-to', 'reply-to'):
                self.route(w)
            elif w in ('nat-to', 'rdr-to'):
                self.fits(self.address())
                if self.take('port'):
                    self.port()
            elif w == 'label':
                self.string()
            elif w in ('keep', 'modulate'):
                self.state()
            elif w == 'scrub':
                self.scrub()
            elif w in ('icmp-type', 'icmp6-type'):
                self.icmp(w)
            else:
                raise Wrong('%s is no option of a rule' % w)

    def icmp(self, word):
        proto, name, types = ICMP.get(self.af, (None, None, ()))
        if name != word or self.proto != proto:
            raise Wrong('%s without its family and protocol' % word)
        def one():
            if self.next() not in types:
                raise Wrong('%s is no %s' % (self.t[self.i - 1], word))
        self.each(one)

    def common(self):           # [on IF] [af] [proto P] [hosts]
        self.proto = None
        if self.take('on'):
            self.each(self.interface)
        self.af = self.take('inet', 'inet6')
        if self.take('proto'):
            def one():
                self.proto = self.need('tcp', 'udp', 'icmp', 'icmp6')
            self.each(one)
        self.hosts()

    def rule(self, action):
        self.action = action
        if action == 'block':
            self.take('return', 'drop')
        self.way = self.take('in', 'out')
        self.take('log')
        self.take('quick')
        self.common()
        self.options()

    def statement(self):
        word = self.next()
        if word in ('pass', 'block', 'match'):
            self.rule(word)
        elif word == 'set':
            for want in SETS.get(self.next(), ['']):
                got = self.next()
                if want == '' or (isinstance(want, str) and got != want) or (
                        isinstance(want, set) and got not in want):
                    raise Wrong('no such setting, or value: %s' % got)
        elif word == 'table':
            self.table()
        elif word == 'antispoof':
            self.take('log')
            self.take('quick')
            self.need('for')
            self.each(self.interface)
            if self.take('label'):
                self.string()
        elif word == 'anchor':
            self.string()
            self.action, self.way = 'anchor', self.take('in', 'out')
            self.common()
        else:
            raise Wrong('%s is no statement' % word)
        if self.peek() is not None:
            raise Wrong('%s is too much' % self.peek())

    def table(self):
        self.need('<')
        self.tables.add(self.next())
        self.need('>')
        while self.peek() in TABLE_WORDS:
            self.next()
        if self.peek() == '{':
            self.each(self.address)


def lines_of(text):
    """Each logical line and its number; without comments."""
    whole, first = '', 0
    for n, line in enumerate(text.split('\n'), 1):
        line = re.sub(r'#.*', '', line)
        first = first or n
        if line.endswith('\\'):
            whole += line[:-1] + ' '
            continue
        yield first, whole + line
        whole, first = '', 0


def main():
    macros, tables, used, errors = {}, set(), set(), 0
    with open(sys.argv[1]) as f:
        text = f.read()
    for n, line in lines_of(text):
        try:
            m = re.fullmatch(r'\s*(\w+)\s*=\s*"([^"]*)"\s*', line)
            if m:
                macros[m[1]] = m[2]
                continue
            def value(found):
                if found[1] not in macros:
                    raise Wrong('no macro $%s' % found[1])
                used.add(found[1])
                return macros[found[1]]
            tokens = TOKEN.findall(re.sub(r'\$(\w+)', value, line))
            if tokens:
                Line(tokens, tables).statement()
        except Wrong as e:
            print('%s:%d: %s' % (sys.argv[1], n, e))
            errors += 1
    for name in sorted(set(macros) - used):
        print('%s: $%s is not used' % (sys.argv[1], name))
        errors += 1
    return 1 if errors else 0


sys.exit(main())
