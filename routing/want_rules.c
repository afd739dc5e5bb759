/* SPDX-License-Identifier: ISC */
/*
 * want_rules: the policy rules of uplinkd.  The order is the meaning:
 *
 *	P	main without its default: local and specific routes win
 *	P+1	oif IFNAME: sockets bound to an uplink's device
 *	P+2	from ADDR: packets that bear an uplink's own address
 *	P+3	fwmark: what the firewall has marked for an uplink
 *	P+4	clients that use one uplink only, and P+5 where that ends
 *	P+6	services that prefer an uplink, while it can be used, and
 *	P+7	whole networks that do
 *	P+8	the override; empty it falls through, to main's default
 *
 * A rule that lasts must not wait for its interface: oif and fwmark rules
 * stand whether it is there or not, and an empty table falls through.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sys.h"
#include "routing/marks.h"
#include "routing/want.h"

enum {
	AT_MAIN, AT_OIF, AT_FROM, AT_MARK, AT_ONLY, AT_ONLY_END, AT_PREFER,
	AT_PREFER_WHOLE, AT_OVERRIDE
};

/* One run over what is wanted. */
struct pass {
	struct want	*w;
	enum net_fam	 fam;
	bool		*keep;		/* which of the present ones stay */
	size_t		 next;		/* where to look first */
};

/*
 * Same effect.  Whose it is does not matter: a second rule that differs in
 * nothing else would do nothing.
 */
static bool
same_rule(const struct net_rule *a, const struct net_rule *b)
{
	struct net_rule x;

	/* Nearly all differ here. */
	if (a->priority != b->priority || a->table != b->table)
		return false;
	x = *a;
	x.protocol = b->protocol;
	return net_rule_eq(&x, b);
}

/*
 * They mostly stand in the order in which we wrote them, so each is looked for
 * behind the one before: 64 uplinks have some 250 of them.
 */
static int
want_rule(void *arg, const struct net_rule *rule)
{
	struct pass *p = arg;
	const struct kernel_view *view = p->w->view;
	size_t n = view->nrules[p->fam], i, at;

	for (i = 0; i < n; i++) {
		at = (p->next + i) % n;
		if (!same_rule(rule, &view->rules[p->fam][at]))
			continue;
		p->keep[at] = true;
		p->next = at + 1;
		return 0;
	}
	return edits_rule(p->w->edits, EDIT_RULE_ADD, rule);
}

static struct net_rule
rule_to(const struct pass *p, int at, uint32_t table)
{
	struct net_rule r;

	memset(&r, 0, sizeof(r));
	r.family = net_family(p->fam);
	r.priority = (uint32_t)p->w->conf->routing.priority + (uint32_t)at;
	r.table = table;
	r.protocol = SYS_PROTO_OURS;
	r.suppress_prefixlen = -1;
	return r;
}

/*
 * Two uplinks may share an interface, by different gateways: then the device
 * or an address does not tell which is meant.  The first one has it; the
 * other is reached by its mark only.
 */
static bool
interface_taken(const struct pass *p, size_t n)
{
	const struct conf *conf = p->w->conf;
	size_t i;

	for (i = 0; i < n; i++)
		if (want_is_configured(conf, i, p->fam) &&
		    strcmp(conf->uplinks[i].ifname,
		    conf->uplinks[n].ifname) == 0)
			return true;
	return false;
}

/* The same address may stand on two interfaces: again the first one. */
static bool
address_taken(const struct pass *p, size_t n, const struct net_addr *addr)
{
	const struct net_ifaddr *a;
	size_t i, k;

	for (k = 0; k < p->w->view->naddrs; k++) {
		a = &p->w->view->addrs[k];
		if (!a->global || !a->usable || !net_addr_eq(&a->addr, addr))
			continue;
		for (i = 0; i < n; i++)
			if (want_is_configured(p->w->conf, i, p->fam) &&
			    p->w->link[i] != NULL &&
			    p->w->link[i]->index == a->index)
				return true;
	}
	return false;
}

static int
want_from(struct pass *p, size_t n)
{
	const struct kernel_view *view = p->w->view;
	struct net_rule r = rule_to(p, AT_FROM, want_table(p->w->conf, n));
	const struct net_ifaddr *a;
	size_t i;
	int rc;

	if (p->w->link[n] == NULL || interface_taken(p, n))
		return 0;
	for (i = 0; i < view->naddrs; i++) {
		a = &view->addrs[i];
		if (a->index != p->w->link[n]->index || !a->global ||
		    !a->usable || a->addr.family != net_family(p->fam) ||
		    address_taken(p, n, &a->addr))
			continue;
		r.from = a->addr;
		if ((rc = want_rule(p, &r)) != 0)
			return rc;
	}
	return 0;
}

static int
want_oif(struct pass *p, size_t n)
{
	struct net_rule r = rule_to(p, AT_OIF, want_table(p->w->conf, n));

	if (interface_taken(p, n))
		return 0;
	memcpy(r.oif, p->w->conf->uplinks[n].ifname, sizeof(r.oif));
	return want_rule(p, &r);
}

static int
want_mark(struct pass *p, size_t n)
{
	const struct conf *conf = p->w->conf;
	struct net_rule r = rule_to(p, AT_MARK, want_table(p->w->conf, n));

	if (conf->routing.mark_mask == 0)
		return 0;
	r.mask = (uint32_t)conf->routing.mark_mask;
	r.mark = marks_of(conf, n);
	/* conf refuses it; such a rule would catch all unmarked packets. */
	if (r.mark == 0)
		return 0;
	return want_rule(p, &r);
}

static int
each_uplink(struct pass *p, int (*fn)(struct pass *, size_t))
{
	size_t n;
	int rc;

	for (n = 0; n < p->w->conf->nuplinks; n++)
		if (want_is_configured(p->w->conf, n, p->fam) &&
		    (rc = fn(p, n)) != 0)
			return rc;
	return 0;
}

static bool
has_own_rules(const struct pass *p)
{
	const struct kernel_view *view = p->w->view;
	size_t i;

	for (i = 0; i < view->nrules[p->fam]; i++)
		if (view->rules[p->fam][i].protocol == SYS_PROTO_OURS &&
		    !view->rules[p->fam][i].foreign)
			return true;
	return false;
}

/*
 * Where every gateway is `auto` and none was ever found, the family may not
 * exist here at all.  Rules that stand outlast a gateway, as they outlast an
 * interface; and clients of one line only may not find another meanwhile.
 */
static bool
is_wanted(const struct pass *p)
{
	const struct conf *conf = p->w->conf;
	bool may_be = false;
	size_t n;

	for (n = 0; n < conf->nuplinks; n++) {
		if (conf->uplinks[n].gateway[p->fam].family == NET_AUTO)
			may_be = true;
		else if (want_is_configured(conf, n, p->fam))
			return true;
	}
	return may_be && (has_own_rules(p) || want_has_only(conf, p->fam) ||
	    want_any(p->w, p->fam, want_has_gateway));
}

static int
walk(struct pass *p)
{
	uint32_t first = (uint32_t)p->w->conf->routing.priority;
	struct net_rule r;
	int rc;

	if (!is_wanted(p))
		return 0;
	r = rule_to(p, AT_MAIN, WANT_MAIN);
	r.suppress_prefixlen = 0;
	if ((rc = want_rule(p, &r)) != 0 ||
	    (rc = each_uplink(p, want_oif)) != 0 ||
	    (rc = each_uplink(p, want_from)) != 0 ||
	    (rc = each_uplink(p, want_mark)) != 0 ||
	    (rc = want_clients_only(p->w, p->fam, first + AT_ONLY, want_rule,
	    p)) != 0 ||
	    (rc = want_clients_prefer(p->w, p->fam, first + AT_PREFER,
	    want_rule, p)) != 0)
		return rc;
	r = rule_to(p, AT_OVERRIDE, (uint32_t)p->w->conf->routing.table);
	return want_rule(p, &r);
}

int
want_rules_add(struct want *w, enum net_fam fam)
{
	struct pass p = { w, fam, NULL, 0 };

	/* One more, so that no rule at all is not a NULL. */
	w->keep_rule[fam] = calloc(w->view->nrules[fam] + 1, sizeof(bool));
	if (w->keep_rule[fam] == NULL)
		return -ENOMEM;
	p.keep = w->keep_rule[fam];
	return walk(&p);
}

int
want_rules_del(struct want *w, enum net_fam fam)
{
	const bool *keep = w->keep_rule[fam];
	const struct net_rule *r;
	size_t i;
	int rc;

	for (i = 0; i < w->view->nrules[fam]; i++) {
		r = &w->view->rules[fam][i];
		/* With selectors that we never use it is not from us. */
		if (r->protocol != SYS_PROTO_OURS || r->foreign ||
		    (keep != NULL && keep[i]))
			continue;
		if ((rc = edits_rule(w->edits, EDIT_RULE_DEL, r)) != 0)
			return rc;
	}
	return 0;
}
