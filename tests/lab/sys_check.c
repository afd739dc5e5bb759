/* SPDX-License-Identifier: ISC */
/*
 * sys_check: asks the real kernel through lib/sys.h what lib/sys_fake believes
 * of its links, routes and rules.  For root (also a user namespace's) in a
 * network namespace of its own: unshare -n tests/lab/sys_check.  One line per
 * check; exit 0, 1, or 77 where it must not run.
 */
#include "tests/lab/sys_check.h"

/* ---- reading ---- */

static void
check_reading(struct lab *l)
{
	struct net_ifaddr *a = NULL;
	size_t n = 0, i, good = 0;
	struct net_addr want;

	check(l, link_is(l, "w1", true, true), "links: up with carrier");
	MUST(net_addr_parse("2001:db8:1::2", &want) == 0);
	check(l, sys_addrs(l->sys, &a, &n) == 0, "addrs: dump");
	for (i = 0; i < n; i++)
		good += net_addr_eq(&a[i].addr, &want) &&
		    a[i].index == l->w1 && a[i].prefixlen == 64 &&
		    a[i].global && a[i].usable;
	check(l, good == 1, "addrs: global, usable, with its prefix");
	free(a);
	must_ip("-6 addr change 2001:db8:1::2/64 dev w1 preferred_lft 0");
	good = 0;
	MUST(sys_addrs(l->sys, &a, &n) == 0);
	for (i = 0; i < n; i++)
		good += net_addr_eq(&a[i].addr, &want) && !a[i].usable;
	check(l, good == 1, "addrs: a deprecated one is not usable");
	free(a);
	make_links(l);
}

/* ---- writing routes ---- */

static void
check_writing(struct lab *l, int family)
{
	struct net_route r = one(l, family, TABLE, 1024), seen;
	const char *f = family == AF_INET ? "ipv4" : "ipv6";

	printf("# writing, %s\n", f);
	check(l, routes(l, family, TABLE, &seen) == 0,
	    "routes: a table that never was is empty");
	answers(l, sys_route_set(l->sys, &r), 0, "set: one hop");
	check(l, is_there(l, &r), "set: read as written");
	answers(l, sys_route_set(l->sys, &r), 0, "set: the same again");
	r = both(l, family, TABLE, 1024);
	r.hops[0].weight = 256;
	answers(l, sys_route_set(l->sys, &r), 0, "set: two hops replace one");
	check(l, is_there(l, &r), "set: multipath read as written");
	r = one(l, family, MAIN, 7);
	answers(l, sys_route_set(l->sys, &r), 0, "set: another table");
	check(l, routes(l, family, TABLE, &seen) == 1 &&
	    seen.table == TABLE && routes(l, family, 0, &seen) == 2,
	    "routes: of one table, of all");
	r.protocol = 4;
	answers(l, sys_route_del(l->sys, &r), -ESRCH, "del: other protocol");
	r.protocol = SYS_PROTO_OURS;
	r.metric = 8;
	answers(l, sys_route_del(l->sys, &r), -ESRCH, "del: other metric");
	r.metric = 7;
	r.hops[0].index = l->w2;
	answers(l, sys_route_del(l->sys, &r), 0, "del: hops do not matter");
	r = both(l, family, TABLE, 1024);
	answers(l, sys_route_del(l->sys, &r), 0, "del: multipath, all at once");
	check(l, routes(l, family, 0, &seen) == 0, "del: nothing is left");
	flush_routes();
}

static void
check_metrics(struct lab *l)
{
	struct net_route r = one(l, AF_INET6, TABLE, 0), seen;

	answers(l, sys_route_set(l->sys, &r), 0, "ipv6 metric 0: set");
	check(l, routes(l, AF_INET6, TABLE, &seen) == 1 &&
	    seen.metric == 1024, "ipv6 metric 0: read as 1024");
	r.metric = 5;
	answers(l, sys_route_set(l->sys, &r), 0, "ipv6: a second metric");
	r.metric = 0;
	answers(l, sys_route_del(l->sys, &r), 0, "ipv6 metric 0: del");
	check(l, routes(l, AF_INET6, TABLE, &seen) == 1 && seen.metric == 5,
	    "ipv6 metric 0: the other stays");
	flush_routes();
	r = route(AF_INET, TABLE, 0);
	hop(&r, NULL, l->w1, 1);
	answers(l, sys_route_set(l->sys, &r), 0, "ipv4 without gateway: set");
	check(l, routes(l, AF_INET, TABLE, &seen) == 1 &&
	    seen.scope == 253 && seen.hops[0].via.family == 0,
	    "ipv4 without gateway: scope link");
	r.metric = 5;
	answers(l, sys_route_set(l->sys, &r), 0, "ipv4: a second metric");
	r.metric = 0;
	answers(l, sys_route_del(l->sys, &r), 0, "ipv4 metric 0: del");
	answers(l, sys_route_del(l->sys, &r), 0,
	    "ipv4 metric 0: del takes any metric");
	flush_routes();
}

/* Routes as others make them: rewritten with other hops, the rest stays. */
static void
check_extras(struct lab *l)
{
	static const char *const keep[] = {
		"route add default via 10.0.1.1 mtu lock 1400 advmss 1300 "
		    "table 1001 src 10.0.1.2",
		"route add default via 10.0.1.1 realm 7 table 1001",
		"route add default tos 0x10 via 10.0.1.1 table 1001",
		"-6 route add default via 2001:db8:1::1 mtu 1400 pref high "
		    "table 1001",
	};
	struct net_route r, two;
	size_t i;
	int family;

	for (i = 0; i < sizeof(keep) / sizeof(keep[0]); i++) {
		printf("# ip %s\n", keep[i]);
		family = keep[i][1] == '6' ? AF_INET6 : AF_INET;
		must_ip(keep[i]);
		check(l, routes(l, family, TABLE, &r) == 1 && !r.opaque &&
		    r.extra_len + r.tos > 0, "extra: is read");
		two = both(l, family, TABLE, 0);
		memcpy(r.hops, two.hops, sizeof(r.hops));
		r.nhops = 2;
		/* Realms of two hops would be in the hops. */
		if (i == 1)
			r.nhops = 1;
		answers(l, sys_route_set(l->sys, &r), 0, "extra: is written");
		check(l, is_there(l, &r), "extra: is the same afterwards");
		flush_routes();
	}
}

/* What could not be written back is left alone. */
static void
check_opaque(struct lab *l)
{
	static const char *const opaque[] = {
		"-4 route add default via inet6 2001:db8:1::1 dev w1 "
		    "table 1001",
		"route add default nhid 5 table 1001",
		"route add default table 1001 nexthop via 10.0.1.1 realm 7 "
		    "nexthop via 10.0.2.1",
		"-6 route add default from 2001:db8:1::/64 "
		    "via 2001:db8:1::1 table 1001",
	};
	struct net_route seen;
	size_t i;
	int family;

	(void)ip("nexthop add id 5 via 10.0.1.1 dev w1");
	for (i = 0; i < sizeof(opaque) / sizeof(opaque[0]); i++) {
		printf("# ip %s\n", opaque[i]);
		family = opaque[i][1] == '6' ? AF_INET6 : AF_INET;
		if (!ip(opaque[i])) {
			printf("# this kernel does not have it\n");
			continue;
		}
		check(l, routes(l, family, TABLE, &seen) == 1 && seen.opaque,
		    "opaque: is said to be so");
		answers(l, sys_route_set(l->sys, &seen), -EOPNOTSUPP,
		    "opaque: is not written");
		flush_routes();
	}
	(void)ip("nexthop flush");
}

/* IPv6 siblings that came one by one, and what is not one of them. */
static void
check_siblings(struct lab *l)
{
	struct net_route r, want = one(l, AF_INET6, TABLE, 1024);

	must_ip("-6 route add default via 2001:db8:1::1 table 1001");
	must_ip("-6 route append default via 2001:db8:2::1 table 1001");
	check(l, routes(l, AF_INET6, TABLE, &r) == 1 && r.nhops == 2,
	    "siblings: are one route");
	must_ip("-6 route append default dev w2 table 1001");
	check(l, routes(l, AF_INET6, TABLE, &r) == 2,
	    "siblings: one without gateway is none");
	answers(l, sys_route_set(l->sys, &want), 0, "siblings: set");
	check(l, routes(l, AF_INET6, TABLE, &r) == 2 &&
	    net_route_eq(&r, &want), "siblings: set replaces all of them");
	flush_routes();
}

static void
check_refusals(struct lab *l)
{
	static const struct {
		int		family;
		const char	*via;
		bool		onlink, down;
		int		index;		/* 1, 2: w1, w2 */
		int		rc;
	} rows[] = {
		{ AF_INET, "10.0.1.1", false, false, 2, -ENETUNREACH },
		{ AF_INET, "10.9.9.9", false, false, 1, -ENETUNREACH },
		{ AF_INET, "10.9.9.9", true, false, 1, 0 },
		{ AF_INET, "10.0.1.1", false, false, 999, -ENETUNREACH },
		{ AF_INET, "10.0.1.1", true, false, 999, -ENODEV },
		{ AF_INET, NULL, false, false, 999, -ENODEV },
		{ AF_INET, "10.0.1.1", false, true, 1, -ENETUNREACH },
		{ AF_INET, "10.0.1.1", true, true, 1, -ENETDOWN },
		{ AF_INET, NULL, false, true, 1, -ENETDOWN },
		{ AF_INET6, "2001:db8:1::1", false, false, 2,
		  -EHOSTUNREACH },
		{ AF_INET6, "2001:db8:9::1", false, false, 1,
		  -EHOSTUNREACH },
		{ AF_INET6, "2001:db8:9::1", true, false, 1, 0 },
		{ AF_INET6, "2001:db8:1::1", false, false, 999, -ENODEV },
		{ AF_INET6, "fe80::1", false, false, 1, 0 },
		{ AF_INET6, "fe80::1", false, false, 0, -EINVAL },
		{ AF_INET6, "2001:db8:1::1", false, true, 1,
		  -EHOSTUNREACH },
		{ AF_INET6, "2001:db8:1::1", true, true, 1, -ENETDOWN },
		{ AF_INET6, "fe80::1", false, true, 1, -ENETDOWN },
		{ AF_INET6, NULL, false, true, 1, -ENETDOWN },
	};
	struct net_route r;
	char what[100];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].down)
			must_ip("link set w1 down");
		r = route(rows[i].family, TABLE, 7);
		hop(&r, rows[i].via, rows[i].index == 1 ? l->w1 :
		    rows[i].index == 2 ? l->w2 : rows[i].index, 1);
		r.hops[0].onlink = rows[i].onlink;
		snprintf(what, sizeof(what), "refusal: %s by %d%s%s",
		    rows[i].via == NULL ? "-" : rows[i].via, rows[i].index,
		    rows[i].onlink ? " onlink" : "",
		    rows[i].down ? " down" : "");
		answers(l, sys_route_set(l->sys, &r), rows[i].rc, what);
		if (rows[i].down)
			make_links(l);
		flush_routes();
	}
	r = one(l, AF_INET6, TABLE, 7);
	hop(&r, "2001:db8:1::1", l->w1, 1);
	answers(l, sys_route_set(l->sys, &r), -EEXIST, "refusal: ipv6 twins");
}

/* ---- what becomes of routes ---- */

struct fate {
	int		family;
	size_t		nhops;
	const char	*ip;		/* what is done */
	/* Then: hops left, those of them that are dead, notices. */
	size_t		left, dead;
	int		notices;
	const char	*back;		/* how it is undone; NULL */
	size_t		left_then;	/* hops that live again */
};

static const struct fate fates[] = {
	{ AF_INET, 1, "link set w1 down", 0, 0, 0, "link set w1 up", 0 },
	{ AF_INET, 2, "link set w1 down", 2, 1, 0, "link set w1 up", 2 },
	{ AF_INET, 1, "addr del 10.0.1.2/24 dev w1", 0, 0, 0,
	  "addr add 10.0.1.2/24 dev w1", 0 },
	{ AF_INET, 2, "addr del 10.0.1.2/24 dev w1", 2, 1, 0,
	  "addr add 10.0.7.2/24 dev w1", 2 },
	{ AF_INET, 1, "link del w1", 0, 0, 0, NULL, 0 },
	{ AF_INET, 2, "link del w1", 0, 0, 0, NULL, 0 },
	{ AF_INET6, 1, "link set w1 down", 0, 0, 1, "link set w1 up", 0 },
	{ AF_INET6, 2, "link set w1 down", 2, 1, 0, "link set w1 up", 2 },
	{ AF_INET6, 1, "-6 addr del 2001:db8:1::2/64 dev w1", 1, 0, 0,
	  NULL, 1 },
	{ AF_INET6, 1, "link del w1", 0, 0, 1, NULL, 0 },
	{ AF_INET6, 2, "link del w1", 1, 0, 1, NULL, 1 },
};

static size_t
dead_hops(const struct net_route *r)
{
	size_t i, n = 0;

	for (i = 0; i < r->nhops; i++)
		n += r->hops[i].dead;
	return n;
}

/*
 * Hops that are there and not dead.  The link shows a change at once; routes
 * follow when it is told, which the kernel may put off for a second.
 */
static bool
wait_alive(struct lab *l, int family, size_t alive)
{
	int64_t end = clock_mono_ns() + WAIT_NS;
	struct pollfd p = { .fd = l->fd, .events = POLLIN };
	struct net_route r;

	while (routes(l, family, MAIN, &r) != -1) {
		if (r.nhops - dead_hops(&r) == alive)
			return true;
		if (poll(&p, 1, clock_poll_ms(end, clock_mono_ns())) != 1)
			return false;
		(void)heard(l, SYS_NOTICE_LINK);
	}
	return false;
}

static void
check_fates(struct lab *l)
{
	const struct fate *f;
	struct net_route r;
	int notices;
	size_t i;

	for (i = 0; i < sizeof(fates) / sizeof(fates[0]); i++) {
		f = &fates[i];
		make_links(l);
		printf("# %s, hops %zu: ip %s\n",
		    f->family == AF_INET ? "ipv4" : "ipv6", f->nhops, f->ip);
		r = f->nhops == 1 ? one(l, f->family, MAIN, 9) :
		    both(l, f->family, MAIN, 9);
		answers(l, sys_route_set(l->sys, &r), 0, "fate: set");
		(void)heard(l, SYS_NOTICE_ROUTE);
		must_ip(f->ip);
		notices = heard(l, SYS_NOTICE_ROUTE);
		(void)routes(l, f->family, MAIN, &r);
		check(l, r.nhops == f->left && dead_hops(&r) == f->dead,
		    "fate: hops left and dead");
		check(l, notices == f->notices, "fate: notices");
		if (f->back == NULL)
			continue;
		must_ip(f->back);
		if (!wait_link(l, "w1", true, true))
			check(l, false, "fate: carrier again");
		check(l, wait_alive(l, f->family, f->left_then),
		    "fate: hops alive afterwards");
	}
	make_links(l);
}

static void
check_source(struct lab *l)
{
	struct net_route r;

	must_ip("addr add 10.0.1.9/24 dev w1");
	must_ip("-6 addr add 2001:db8:1::9/64 dev w1 nodad");
	r = one(l, AF_INET, MAIN, 9);
	MUST(net_addr_parse("10.0.1.9", &r.prefsrc) == 0);
	answers(l, sys_route_set(l->sys, &r), 0, "source: ipv4, set");
	check(l, is_there(l, &r), "source: ipv4, read as written");
	r = one(l, AF_INET6, MAIN, 9);
	MUST(net_addr_parse("2001:db8:1::9", &r.prefsrc) == 0);
	answers(l, sys_route_set(l->sys, &r), 0, "source: ipv6, set");
	check(l, is_there(l, &r), "source: ipv6, read as written");
	(void)heard(l, SYS_NOTICE_ROUTE);
	must_ip("addr del 10.0.1.9/24 dev w1");
	check(l, routes(l, AF_INET, MAIN, &r) == 0 &&
	    heard(l, SYS_NOTICE_ROUTE) == 1,
	    "source: ipv4, the route goes with it and is told");
	must_ip("-6 addr del 2001:db8:1::9/64 dev w1");
	check(l, routes(l, AF_INET6, MAIN, &r) == 1 &&
	    r.prefsrc.family == 0 && heard(l, SYS_NOTICE_ROUTE) == 0,
	    "source: ipv6, the route forgets it");
	r = one(l, AF_INET, MAIN, 9);
	MUST(net_addr_parse("10.0.1.9", &r.prefsrc) == 0);
	answers(l, sys_route_set(l->sys, &r), -EINVAL,
	    "source: none that we do not have");
	make_links(l);
}

static void
check_carrier(struct lab *l)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct net_route r;
	size_t i;

	for (i = 0; i < 2; i++) {
		r = both(l, families[i], MAIN, 9);
		answers(l, sys_route_set(l->sys, &r), 0, "carrier: set");
	}
	must_ip("link set x1 down");
	check(l, wait_link(l, "w1", true, false), "carrier: loss is seen");
	for (i = 0; i < 2; i++)
		check(l, wait_alive(l, families[i], 1) &&
		    routes(l, families[i], MAIN, &r) == 1 && r.nhops == 2,
		    "carrier: hops stay, one is marked");
	r = one(l, AF_INET, MAIN, 9);
	answers(l, sys_route_set(l->sys, &r), 0,
	    "carrier: a hop without is taken");
	make_links(l);
}

/* ---- rules ---- */

static bool
has_rule(struct lab *l, const struct net_rule *want)
{
	struct net_rule *list = NULL;
	size_t n = 0, i;
	bool found = false;

	if (sys_rules(l->sys, want->family, &list, &n) != 0)
		return false;
	for (i = 0; i < n; i++)
		found |= net_rule_eq(&list[i], want);
	free(list);
	return found;
}

static bool
has_foreign(struct lab *l, int family, uint32_t priority)
{
	struct net_rule *list = NULL;
	size_t n = 0, i;
	bool found = false;

	if (sys_rules(l->sys, family, &list, &n) != 0)
		return false;
	for (i = 0; i < n; i++)
		found |= list[i].priority == priority && list[i].foreign;
	free(list);
	return found;
}

static void
check_rules(struct lab *l, int family)
{
	const char *host = family == AF_INET ? "10.0.1.2" : "2001:db8:1::2";
	struct net_rule r[8];
	size_t i;

	r[0] = rule(family, 30000, MAIN);
	r[0].suppress_prefixlen = 0;
	r[1] = rule(family, 30001, TABLE);
	snprintf(r[1].oif, sizeof(r[1].oif), "later0");
	r[2] = rule(family, 30002, TABLE);
	MUST(net_addr_parse(host, &r[2].from) == 0);
	r[3] = rule(family, 30003, 70000);
	r[3].mark = 0x100;
	r[3].mask = 0xff00;
	r[4] = rule(family, 30004, 1000);
	r[5] = rule(family, 30005, TABLE);
	MUST(net_addr_parse(family == AF_INET ? "10.9.0.0" : "2001:db8:9::",
	    &r[5].from) == 0);
	r[5].from_len = family == AF_INET ? 23 : 47;
	r[5].ipproto = 6;
	r[5].dport[0] = r[5].dport[1] = 443;
	r[6] = rule(family, 30006, 0);
	r[6].unreachable = true;
	r[6].from = r[2].from;
	r[7] = rule(family, 30007, TABLE);
	r[7].ipproto = 17;
	r[7].dport[0] = 5060;
	r[7].dport[1] = 65534;
	for (i = 0; i < 8; i++) {
		answers(l, sys_rule_add(l->sys, &r[i]), 0, "rule: add");
		check(l, has_rule(l, &r[i]), "rule: read as written");
		answers(l, sys_rule_add(l->sys, &r[i]), -EEXIST,
		    "rule: add again");
	}
	r[4].protocol = 4;
	answers(l, sys_rule_del(l->sys, &r[4]), -ENOENT,
	    "rule: del, other protocol");
	answers(l, sys_rule_add(l->sys, &r[4]), 0,
	    "rule: add, differing in the protocol alone");
	answers(l, sys_rule_del(l->sys, &r[4]), 0, "rule: del that");
	r[4].protocol = SYS_PROTO_OURS;
	for (i = 0; i < 8; i++) {
		answers(l, sys_rule_del(l->sys, &r[i]), 0, "rule: del");
		check(l, !has_rule(l, &r[i]), "rule: is gone");
		answers(l, sys_rule_del(l->sys, &r[i]), -ENOENT,
		    "rule: del again");
	}
}

static void
check_foreign_rules(struct lab *l)
{
	static const char *const words[] = {
		"iif w1", "to 10.0.0.0/8", "tos 0x10", "not from 10.0.0.0/8",
		"uidrange 1-2", "ipproto tcp sport 80", "suppress_ifgroup 3",
	};
	char line[120];
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		snprintf(line, sizeof(line), "rule add pref 77 %s lookup 9",
		    words[i]);
		if (!ip(line)) {
			printf("# not by this ip: %s\n", words[i]);
			continue;
		}
		snprintf(line, sizeof(line), "rule: foreign: %s", words[i]);
		check(l, has_foreign(l, AF_INET, 77), line);
		must_ip("rule del pref 77");
	}
	must_ip("rule add pref 77 prohibit");
	check(l, has_foreign(l, AF_INET, 77), "rule: foreign: prohibit");
	must_ip("rule del pref 77");
	check(l, !has_foreign(l, AF_INET, 32766) &&
	    !has_foreign(l, AF_INET6, 0), "rule: the kernel's are not");
}

int
main(void)
{
	struct lab l;

	begin(&l);
	check_reading(&l);
	check_writing(&l, AF_INET);
	check_writing(&l, AF_INET6);
	check_metrics(&l);
	check_extras(&l);
	check_opaque(&l);
	check_siblings(&l);
	check_refusals(&l);
	check_fates(&l);
	check_source(&l);
	check_carrier(&l);
	check_rules(&l, AF_INET);
	check_rules(&l, AF_INET6);
	check_foreign_rules(&l);
	return end(&l);
}
