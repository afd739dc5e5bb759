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

static bool
is_private(const struct conf *conf, uint32_t table)
{
	return table >= (uint32_t)conf->routing.table &&
	    table - (uint32_t)conf->routing.table <= conf->nuplinks;
}

static bool
is_crowded(const struct want *w, enum net_fam fam)
{
	const struct net_route *r;
	size_t i;

	for (i = 0; i < w->view->nroutes[fam]; i++) {
		r = &w->view->routes[fam][i];
		if (r->protocol != SYS_PROTO_OURS &&
		    is_private(w->conf, r->table))
			return true;
	}
	return false;
}

void
want_init(struct want *w, const struct conf *conf, const struct plan *plan,
    const struct kernel_view *view, struct want_saved *saved,
    struct edits *edits)
{
	size_t n;

	MUST(conf->nuplinks <= CONF_UPLINKS_MAX);
	memset(w, 0, sizeof(*w));
	w->conf = conf;
	w->plan = plan;
	w->view = view;
	w->saved = saved;
	w->edits = edits;
	for (n = 0; n < conf->nuplinks; n++)
		w->link[n] = view_link_named(view, conf->uplinks[n].ifname);
	want_gateways(w);
	w->crowded[NET_V4] = is_crowded(w, NET_V4);
	w->crowded[NET_V6] = is_crowded(w, NET_V6);
}

static void
want_free(struct want *w)
{
	size_t fam;

	for (fam = 0; fam < NET_NFAM; fam++) {
		free(w->keep_rule[fam]);
		free(w->keep_route[fam]);
	}
}

bool
want_carries(const struct want *w, enum net_fam fam, size_t uplink)
{
	return w->plan != NULL && uplink < w->conf->nuplinks &&
	    w->plan->carry[fam][uplink] != 0 &&
	    want_has_gateway(w, fam, uplink);
}

bool
want_any(const struct want *w, enum net_fam fam, want_sort_fn *sort)
{
	size_t n;

	for (n = 0; n < w->conf->nuplinks; n++)
		if (sort(w, fam, n))
			return true;
	return false;
}

uint32_t
want_table(const struct conf *conf, size_t uplink)
{
	return (uint32_t)conf->routing.table + 1 + (uint32_t)uplink;
}

bool
want_metric_taken(const struct want *w, enum net_fam fam, uint32_t table,
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
	while ((w->crowded[fam] || table == WANT_MAIN) &&
	    want_metric_taken(w, fam, table, r.metric))
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
	struct net_hop hop;

	if (!want_has_gateway(w, fam, n) || w->link[n] == NULL)
		return false;
	hop = want_hop(w, fam, n);
	if (!want_usable_alone(w, fam, &hop))
		return false;
	*r = want_route(w, fam, want_table(w->conf, n), 0);
	r->hops[0] = hop;
	r->nhops = 1;
	want_fit(r);
	return true;
}

bool
want_is_base(const struct want *w, enum net_fam fam, size_t uplink)
{
	const struct conf_uplink *u = w->conf->uplinks;
	size_t i;

	for (i = 0; i < w->conf->nuplinks; i++)
		if (want_has_gateway(w, fam, i) &&
		    u[i].tier < u[uplink].tier)
			return false;
	return want_has_gateway(w, fam, uplink);
}

bool
want_is_any(const struct want *w, enum net_fam fam, size_t uplink)
{
	return want_has_gateway(w, fam, uplink);
}

/* Adds the uplinks of a sort that the kernel would take now. */
void
want_add_hops(const struct want *w, enum net_fam fam, want_sort_fn *sort,
    struct net_route *r)
{
	struct net_hop hop;
	size_t n;

	for (n = 0; n < w->conf->nuplinks; n++) {
		if (!sort(w, fam, n) || w->link[n] == NULL)
			continue;
		hop = want_hop(w, fam, n);
		if (want_usable(w, fam, &hop) && r->nhops < NET_HOPS_MAX)
			r->hops[r->nhops++] = hop;
	}
	want_fit(r);
}

/*
 * An override is due while the plan is engaged.  It is also due when main has
 * lost its default: IPv4 drops one without a word when all its links were
 * down, and this method may not write it back.  Then even a bad line is
 * better than none.
 */
static bool
override_route(const struct want *w, enum net_fam fam, struct net_route *r)
{
	bool lost;

	if (w->plan == NULL || w->conf->routing.method != CONF_OVERRIDE)
		return false;
	lost = !want_main_default(w, fam);
	if (w->plan->engaged[fam] == 0 && !lost)
		return false;
	*r = want_route(w, fam, (uint32_t)w->conf->routing.table, 0);
	want_add_hops(w, fam, want_carries, r);
	if (r->nhops == 0 && lost)
		want_add_hops(w, fam, want_is_base, r);
	if (r->nhops == 0 && lost)
		want_add_hops(w, fam, want_is_any, r);
	return r->nhops > 0;
}

/* A route of the same key in the view stays: it is as wanted, or replaced. */
int
want_set(struct want *w, enum net_fam fam, const struct net_route *r)
{
	const struct net_route *have;
	size_t n = w->view->nroutes[fam], i, at;

	for (i = 0; i < n; i++) {
		at = (w->next_route + i) % n;
		have = &w->view->routes[fam][at];
		if (have->table != r->table || have->metric != r->metric ||
		    have->tos != r->tos)
			continue;
		w->keep_route[fam][at] = true;
		w->next_route = at + 1;
		if (net_route_eq(have, r))
			return 0;
		break;
	}
	return edits_route(w->edits, EDIT_ROUTE_SET, r);
}

static int
tables(struct want *w, enum net_fam fam)
{
	struct net_route r;
	size_t n;
	int rc;

	/* One more, so that no route at all is not a NULL. */
	w->keep_route[fam] = calloc(w->view->nroutes[fam] + 1, sizeof(bool));
	if (w->keep_route[fam] == NULL)
		return -ENOMEM;
	for (n = 0; n < w->conf->nuplinks; n++)
		if (uplink_route(w, fam, n, &r) &&
		    (rc = want_set(w, fam, &r)) != 0)
			return rc;
	return 0;
}

static int
override(struct want *w, enum net_fam fam)
{
	struct net_route r;

	if (!override_route(w, fam, &r))
		return 0;
	return want_set(w, fam, &r);
}

/*
 * An override that is not wanted stays while nobody knows whether it is right,
 * and while main has no default: a doubtful way is better than none.
 */
static bool
is_left(const struct want *w, enum net_fam fam, const struct net_route *r)
{
	struct net_route other;

	if (r->table != (uint32_t)w->conf->routing.table)
		return false;
	return w->plan == NULL || (!want_main_default(w, fam) &&
	    !override_route(w, fam, &other));
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
 * uplinkd runs, and beyond that if main would be left without.  One that was
 * to outrank a router's advertisement (want_ra.c) goes with its reason.
 */
static bool
is_left_in_main(const struct want *w, enum net_fam fam, size_t i, bool all)
{
	if (!main_has_foreign(w, fam))
		return true;
	return !all && (w->plan == NULL || w->keep_route[fam][i] ||
	    w->view->routes[fam][i].metric >= WANT_METRIC_MADE);
}

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
			stay = is_left_in_main(w, fam, i, all);
		else
			stay = !all && (w->keep_route[fam][i] ||
			    is_left(w, fam, r));
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
	int rc = 0;

	for (i = 0; i < n && rc == 0; i++)
		for (fam = 0; fam < NET_NFAM && rc == 0; fam++)
			rc = steps[i](w, (enum net_fam)fam);
	want_free(w);
	return rc;
}

/* The order in which the kernel is told: a rule finds its table filled. */
static step_fn *const make_steps[] = {
	tables, want_rules_add, override, main_step,
	want_rules_del, routes_del_stale
};

/* Rules first: a table is not emptied while packets are still sent to it. */
static step_fn *const none_steps[] = {
	want_main, want_rules_del, routes_del_all
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
