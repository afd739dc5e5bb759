/* SPDX-License-Identifier: ISC */
/*
 * want_ra: `withdraw` beside defaults that routers advertise (RFC 4861).  The
 * kernel makes them and lets them expire; written anew they would be ours for
 * ever, and come back beside ours with the next advertisement.  So they stay
 * as they are, and while the plan is engaged a default of ours with a lower
 * metric stands before them.
 */
#include "lib/sys.h"
#include "routing/want.h"

static bool
has_ours(const struct want *w, enum net_fam fam, const struct net_route *r)
{
	size_t i;

	for (i = 0; i < r->nhops; i++)
		if (want_uplink_of(w, fam, &r->hops[i]) < w->conf->nuplinks)
			return true;
	return false;
}

/* Of two of one metric the advertised one: it goes first, or by turns. */
static bool
is_better(const struct net_route *a, const struct net_route *b)
{
	return a->metric < b->metric || (a->metric == b->metric &&
	    a->protocol == WANT_PROTO_RA && b->protocol != WANT_PROTO_RA);
}

/* Not of our own making; NULL: there is none. */
static const struct net_route *
best_foreign(const struct want *w, enum net_fam fam)
{
	const struct net_route *r, *best = NULL;
	size_t i;

	for (i = 0; i < w->view->nroutes[fam]; i++) {
		r = &w->view->routes[fam][i];
		if (r->table == WANT_MAIN && r->tos == 0 &&
		    r->type == WANT_UNICAST &&
		    r->protocol != SYS_PROTO_OURS && has_ours(w, fam, r) &&
		    (best == NULL || is_better(r, best)))
			best = r;
	}
	return best;
}

bool
want_is_advertised(const struct want *w, enum net_fam fam)
{
	const struct net_route *best = best_foreign(w, fam);

	return best != NULL && best->protocol == WANT_PROTO_RA;
}

int
want_outrank(struct want *w, enum net_fam fam, bool engaged)
{
	const struct net_route *best = best_foreign(w, fam);
	struct net_route r;
	uint32_t metric;

	if (!engaged || best == NULL || best->metric == 0)
		return 0;
	metric = best->metric - 1;
	while (metric > 0 && want_metric_taken(w, fam, WANT_MAIN, metric))
		metric--;
	if (metric == 0)
		return 0;
	r = want_route(w, fam, WANT_MAIN, metric);
	want_add_hops(w, fam, want_carries, &r);
	return r.nhops > 0 ? want_set(w, fam, &r) : 0;
}
