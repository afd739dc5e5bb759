/* SPDX-License-Identifier: ISC */
/*
 * want: from a plan to the messages that make the kernel so.  Here: one table
 * per uplink, the override, the removal of what is ours and no longer wanted;
 * rules are in want_rules.c, the default of main in want_main.c.  Pure: what
 * the kernel holds is an argument.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/must.h"
#include "lib/sys.h"
#include "routing/want.h"

void
want_init(struct want *w, const struct conf *conf, const struct plan *plan,
    const struct kernel_view *view, struct want_saved *saved,
    struct edits *edits)
{
	size_t n;

	MUST(conf->nuplinks <= CONF_UPLINKS_MAX);
	w->conf = conf;
	w->plan = plan;
	w->view = view;
	w->saved = saved;
	w->edits = edits;
	for (n = 0; n < conf->nuplinks; n++)
		w->link[n] = view_link_named(view, conf->uplinks[n].ifname);
}

bool
want_has_gateway(const struct conf *conf, size_t uplink, enum net_fam fam)
{
	return conf->uplinks[uplink].gateway[fam].family != 0;
}

bool
want_carries(const struct want *w, enum net_fam fam, size_t uplink)
{
	return w->plan != NULL && uplink < w->conf->nuplinks &&
	    w->plan->carry[fam][uplink] != 0;
}

uint32_t
want_table(const struct conf *conf, size_t uplink)
{
	return (uint32_t)conf->routing.table + 1 + (uint32_t)uplink;
}

bool
want_same_hop(const struct net_hop *a, const struct net_hop *b)
{
	return a->index == b->index && net_addr_eq(&a->via, &b->via);
}

size_t
want_uplink_of(const struct want *w, enum net_fam fam,
    const struct net_hop *hop)
{
	size_t n;

	for (n = 0; n < w->conf->nuplinks; n++)
		if (want_has_gateway(w->conf, n, fam) && w->link[n] != NULL &&
		    w->link[n]->index == hop->index &&
		    net_addr_eq(&w->conf->uplinks[n].gateway[fam], &hop->via))
			break;
	return n;
}

struct net_hop
want_hop(const struct want *w, enum net_fam fam, size_t uplink)
{
	struct net_hop hop;

	MUST(w->link[uplink] != NULL);
	memset(&hop, 0, sizeof(hop));
	hop.via = w->conf->uplinks[uplink].gateway[fam];
	hop.index = w->link[uplink]->index;
	hop.weight = (unsigned)w->conf->uplinks[uplink].weight;
	return hop;
}

/* The kernel routes over it now, so it will take it again. */
static bool
stands_alive(const struct want *w, enum net_fam fam,
    const struct net_hop *hop)
{
	const struct net_route *r;
	size_t i, n;

	for (i = 0; i < w->view->nroutes[fam]; i++) {
		r = &w->view->routes[fam][i];
		for (n = 0; n < r->nhops; n++)
			if (want_same_hop(&r->hops[n], hop) &&
			    !r->hops[n].dead)
				return true;
	}
	return false;
}

static bool
covers(const struct net_ifaddr *a, const struct net_addr *gateway)
{
	unsigned bits = a->prefixlen, i;
	unsigned char mask;

	for (i = 0; i < sizeof(a->addr.bytes) && bits > 0; i++) {
		mask = bits >= 8 ? 0xff : (unsigned char)(0xff00 >> bits);
		if (((a->addr.bytes[i] ^ gateway->bytes[i]) & mask) != 0)
			return false;
		bits -= bits >= 8 ? 8 : bits;
	}
	return true;
}

/*
 * One hop that the kernel refuses spoils the whole message, so those that it
 * must refuse stay out of it: the interface is down, or it has no address of
 * the family at all and the gateway is not otherwise known to be on it.  A
 * gateway outside of all prefixes may well be right (a host route leads to
 * it), so that counts only after a refusal.
 */
bool
want_usable(const struct want *w, enum net_fam fam, const struct net_hop *hop)
{
	const struct net_link *link = view_link(w->view, hop->index);
	const struct net_ifaddr *a;
	size_t i;

	if (link == NULL || !link->up)
		return false;
	if (hop->via.family == 0 || hop->onlink)
		return true;
	for (i = 0; i < w->view->naddrs; i++) {
		a = &w->view->addrs[i];
		if (a->index == hop->index &&
		    a->addr.family == net_family(fam) &&
		    (!w->view->wary[fam] || covers(a, &hop->via)))
			return true;
	}
	return !w->view->wary[fam] && stands_alive(w, fam, hop);
}

static bool
metric_taken(const struct want *w, enum net_fam fam, uint32_t table,
    uint32_t metric)
{
	const struct net_route *r;
	size_t i;

	for (i = 0; i < w->view->nroutes[fam]; i++) {
		r = &w->view->routes[fam][i];
		if (r->table == table && r->metric == metric &&
		    r->protocol != SYS_PROTO_OURS)
			return true;
	}
	return false;
}

/*
 * Somebody else's default in a table of ours stays: ours stands behind it
 * instead of replacing it.  The kernel reads IPv6's metric 0 as 1024.
 */
struct net_route
want_route(const struct want *w, enum net_fam fam, uint32_t table,
    uint32_t metric)
{
	struct net_route r;

	memset(&r, 0, sizeof(r));
	r.family = net_family(fam);
	r.table = table;
	r.protocol = SYS_PROTO_OURS;
	r.type = WANT_UNICAST;
	r.metric = fam == NET_V6 && metric == 0 ? 1024 : metric;
	while (metric_taken(w, fam, table, r.metric))
		r.metric++;
	return r;
}

bool
want_main_default(const struct want *w, enum net_fam fam)
{
	const struct net_route *r;
	size_t i;

	for (i = 0; i < w->view->nroutes[fam]; i++) {
		r = &w->view->routes[fam][i];
		if (r->table == WANT_MAIN && r->type == WANT_UNICAST &&
		    r->tos == 0)
			return true;
	}
	return false;
}

/* False: there is nothing to write, the table is to be empty. */
static bool
uplink_route(const struct want *w, enum net_fam fam, size_t n,
    struct net_route *r)
{
	if (!want_has_gateway(w->conf, n, fam) || w->link[n] == NULL ||
	    !w->link[n]->up)
		return false;
	*r = want_route(w, fam, want_table(w->conf, n), 0);
	r->hops[0] = want_hop(w, fam, n);
	/* A weight among one means nothing; the kernel shows 1. */
	r->hops[0].weight = 1;
	r->nhops = 1;
	return true;
}

/* In the override: who carries; if nobody does, the base set. */
static bool
is_in_override(const struct want *w, enum net_fam fam, size_t n)
{
	const struct conf_uplink *u = w->conf->uplinks;
	size_t i;

	for (i = 0; i < w->conf->nuplinks; i++)
		if (want_carries(w, fam, i))
			return want_carries(w, fam, n);
	for (i = 0; i < w->conf->nuplinks; i++)
		if (want_has_gateway(w->conf, i, fam) &&
		    u[i].tier < u[n].tier)
			return false;
	return want_has_gateway(w->conf, n, fam);
}

/*
 * An override is due while the plan is engaged.  It is also due when main has
 * lost its default: IPv4 drops one without a word when all its links were
 * down, and this method may not write it back.
 */
static bool
override_route(const struct want *w, enum net_fam fam, struct net_route *r)
{
	struct net_hop hop;
	size_t n;

	if (w->plan == NULL || w->conf->routing.method != CONF_OVERRIDE)
		return false;
	if (w->plan->engaged[fam] == 0 && want_main_default(w, fam))
		return false;
	*r = want_route(w, fam, (uint32_t)w->conf->routing.table, 0);
	for (n = 0; n < w->conf->nuplinks; n++) {
		if (!is_in_override(w, fam, n) || w->link[n] == NULL)
			continue;
		hop = want_hop(w, fam, n);
		if (want_usable(w, fam, &hop))
			r->hops[r->nhops++] = hop;
	}
	if (r->nhops == 1)
		r->hops[0].weight = 1;
	return r->nhops > 0;
}

static int
set_if_differs(struct want *w, enum net_fam fam, const struct net_route *r)
{
	size_t i;

	for (i = 0; i < w->view->nroutes[fam]; i++)
		if (net_route_eq(&w->view->routes[fam][i], r))
			return 0;
	return edits_route(w->edits, EDIT_ROUTE_SET, r);
}

static int
tables(struct want *w, enum net_fam fam)
{
	struct net_route r;
	size_t n;
	int rc;

	for (n = 0; n < w->conf->nuplinks; n++)
		if (uplink_route(w, fam, n, &r) &&
		    (rc = set_if_differs(w, fam, &r)) != 0)
			return rc;
	return 0;
}

static int
override(struct want *w, enum net_fam fam)
{
	struct net_route r;

	if (!override_route(w, fam, &r))
		return 0;
	return set_if_differs(w, fam, &r);
}

/* A route of ours in a private table: is one with its key still wanted? */
static bool
stays(const struct want *w, enum net_fam fam, const struct net_route *have)
{
	uint32_t first = (uint32_t)w->conf->routing.table;
	struct net_route r;

	if (have->table == first) {
		if (w->plan == NULL)
			return true;
		return override_route(w, fam, &r) &&
		    have->metric == r.metric && have->tos == r.tos;
	}
	if (have->table <= first ||
	    have->table - first > w->conf->nuplinks)
		return false;
	return uplink_route(w, fam, have->table - first - 1, &r) &&
	    have->metric == r.metric && have->tos == r.tos;
}

/* Somebody else's default serves main too. */
static bool
main_has_foreign(const struct want *w, enum net_fam fam)
{
	const struct net_route *r;
	size_t i;

	for (i = 0; i < w->view->nroutes[fam]; i++) {
		r = &w->view->routes[fam][i];
		if (r->table == WANT_MAIN && r->type == WANT_UNICAST &&
		    r->tos == 0 && r->protocol != SYS_PROTO_OURS)
			return true;
	}
	return false;
}

/*
 * A default of ours in main was written when there was none; it stays while
 * uplinkd runs, and beyond that if main would be left without.
 */
static int
remove_stale(struct want *w, enum net_fam fam, bool all)
{
	const struct net_route *r;
	bool stay;
	size_t i;
	int rc;

	for (i = 0; i < w->view->nroutes[fam]; i++) {
		r = &w->view->routes[fam][i];
		if (r->protocol != SYS_PROTO_OURS)
			continue;
		if (r->table == WANT_MAIN)
			stay = !all || !main_has_foreign(w, fam);
		else
			stay = !all && stays(w, fam, r);
		if (stay)
			continue;
		if ((rc = edits_route(w->edits, EDIT_ROUTE_DEL, r)) != 0)
			return rc;
	}
	return 0;
}

typedef int step_fn(struct want *, enum net_fam);

static int
main_step(struct want *w, enum net_fam fam)
{
	return w->plan == NULL ? 0 : want_main(w, fam);
}

static int
rules_del_stale(struct want *w, enum net_fam fam)
{
	return want_rules_del(w, fam, false);
}

static int
rules_del_all(struct want *w, enum net_fam fam)
{
	return want_rules_del(w, fam, true);
}

static int
routes_del_stale(struct want *w, enum net_fam fam)
{
	return remove_stale(w, fam, false);
}

static int
routes_del_all(struct want *w, enum net_fam fam)
{
	return remove_stale(w, fam, true);
}

static int
run(struct want *w, step_fn *const *steps, size_t n)
{
	size_t i, fam;
	int rc;

	for (i = 0; i < n; i++)
		for (fam = 0; fam < NET_NFAM; fam++)
			if ((rc = steps[i](w, (enum net_fam)fam)) != 0)
				return rc;
	return 0;
}

/* The order in which the kernel is told: a rule finds its table filled. */
static step_fn *const make_steps[] = {
	tables, want_rules_add, override, main_step,
	rules_del_stale, routes_del_stale
};

/* Rules first: a table is not emptied while packets are still sent to it. */
static step_fn *const none_steps[] = {
	want_main, rules_del_all, routes_del_all
};

int
want_make(const struct conf *conf, const struct plan *plan,
    const struct kernel_view *view, struct want_saved *saved,
    struct edits *edits)
{
	struct want w;

	want_init(&w, conf, plan, view, saved, edits);
	return run(&w, make_steps, sizeof(make_steps) / sizeof(make_steps[0]));
}

int
want_none(const struct conf *conf, const struct kernel_view *view,
    struct want_saved *saved, struct edits *edits)
{
	struct want w;

	want_init(&w, conf, NULL, view, saved, edits);
	return run(&w, none_steps, sizeof(none_steps) / sizeof(none_steps[0]));
}
