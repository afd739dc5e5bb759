/* SPDX-License-Identifier: ISC */
/*
 * want_main: `withdraw`, the only thing that changes the default of main.
 *
 * R, saved->route, is the default as the administrator wants it.  W,
 * saved->written, is what stands in its place; while nothing is changed both
 * are the same.  F is what the kernel holds now.  Where F is not W somebody
 * else was at work, and R follows him, except where it was the kernel, which
 * drops hops and whole routes with their interface.  From R, and who carries,
 * comes D, what is desired; the hops of D that the kernel would take are
 * written.  So the same levels always lead to the same route.
 */
#include <string.h>

#include "lib/net.h"
#include "lib/sys.h"
#include "routing/want_main.h"

static void
add_sort(const struct main_job *j, want_sort_fn *sort)
{
	struct net_hop hop;
	size_t n;

	for (n = 0; n < j->w->conf->nuplinks; n++) {
		if (!sort(j->w, j->fam, n) || j->w->link[n] == NULL)
			continue;
		hop = want_hop(j->w, j->fam, n);
		if (main_find_hop(j->r, &hop) == NULL)
			main_add_hop(j->r, &hop);
	}
}

/*
 * For a main that has no default: one over the base set, or over whatever has
 * an interface.
 */
static bool
make_new(struct main_job *j)
{
	if (want_main_default(j->w, j->fam))
		return false;
	*j->r = want_route(j->w, j->fam, WANT_MAIN, WANT_METRIC_MADE);
	add_sort(j, want_is_base);
	if (j->r->nhops == 0)
		add_sort(j, want_is_any);
	*j->written = *j->r;
	j->written->nhops = 0;
	return j->r->nhops > 0;
}

/* Finds what to work on: R, W and F.  False: there is nothing. */
static bool
locate(struct main_job *j)
{
	struct want_saved *saved = j->w->saved;

	j->found = main_best_of_ours(j);
	if (j->found == NULL)
		return make_new(j);
	*j->r = *j->found;
	*j->written = *j->found;
	saved->known[j->fam] = true;
	saved->present[j->fam] = false;
	memset(saved->ifname[j->fam], 0, sizeof(saved->ifname[j->fam]));
	return true;
}

/* D: hops of R that are foreign or carry, then the others that carry. */
static struct net_route
desired(const struct main_job *j)
{
	const struct conf *conf = j->w->conf;
	struct net_route d = *j->r;
	struct net_hop hop;
	size_t i, n;

	if (!j->engaged)
		return d;
	d.nhops = 0;
	for (i = 0; i < j->r->nhops; i++) {
		n = want_uplink_of(j->w, j->fam, &j->r->hops[i]);
		if (n < conf->nuplinks) {
			if (!want_carries(j->w, j->fam, n))
				continue;
			/* A gateway that it had before: the next loop. */
			hop = want_hop(j->w, j->fam, n);
			if (!want_same_hop(&hop, &j->r->hops[i]))
				continue;
		}
		main_add_hop(&d, &j->r->hops[i]);
	}
	for (n = 0; n < conf->nuplinks; n++) {
		if (!want_carries(j->w, j->fam, n) || j->w->link[n] == NULL)
			continue;
		hop = want_hop(j->w, j->fam, n);
		if (main_find_hop(&d, &hop) == NULL)
			main_add_hop(&d, &hop);
	}
	return d;
}

/*
 * The preferred source of a line that is left would go out by another one,
 * where the provider drops it and no answer finds back.  So it is written
 * only if it belongs to an interface that the route still leads over, or to
 * one that is no uplink's (an address of one's own, on a loopback).  Without
 * it the kernel takes an address of the interface it sends by.  An address
 * that nobody has would have the whole message refused.
 */
static bool
source_fits(const struct main_job *j, const struct net_route *r)
{
	const struct kernel_view *view = j->w->view;
	const struct net_ifaddr *a;
	bool uplinks;
	size_t i, n;

	for (i = 0; i < view->naddrs; i++) {
		a = &view->addrs[i];
		if (!net_addr_eq(&a->addr, &r->prefsrc))
			continue;
		uplinks = false;
		for (n = 0; n < j->w->conf->nuplinks; n++)
			uplinks |= j->w->link[n] != NULL &&
			    j->w->link[n]->index == a->index;
		if (!uplinks)
			return true;
		for (n = 0; n < r->nhops; n++)
			if (r->hops[n].index == a->index)
				return true;
	}
	return false;
}

/* What of D the kernel would take now. */
static struct net_route
writable(const struct main_job *j, const struct net_route *d)
{
	struct net_route r = *d;
	size_t i;

	r.nhops = 0;
	for (i = 0; i < d->nhops; i++)
		if (want_usable(j->w, j->fam, &d->hops[i]))
			main_add_hop(&r, &d->hops[i]);
	if (r.prefsrc.family != 0 && !source_fits(j, &r))
		memset(&r.prefsrc, 0, sizeof(r.prefsrc));
	want_fit(&r);
	return r;
}

/*
 * The kernel keeps a hop whose interface is down, marked dead, but takes none
 * anew: one that is desired may go on standing there.
 */
static bool
is_as_wanted(const struct main_job *j, const struct net_route *d,
    const struct net_route *to)
{
	struct net_route f;
	size_t i;

	if (j->found == NULL)
		return false;
	if (!j->engaged && net_route_eq(j->found, j->r))
		return true;
	f = *j->found;
	f.nhops = 0;
	for (i = 0; i < j->found->nhops; i++)
		if (main_find_hop(d, &j->found->hops[i]) == NULL ||
		    main_find_hop(to, &j->found->hops[i]) != NULL)
			main_add_hop(&f, &j->found->hops[i]);
	want_fit(&f);
	return net_route_eq(&f, to);
}

/* A replace of a route that is not to be read in full would lose part of it. */
static bool
is_stuck(const struct main_job *j)
{
	return j->found != NULL && (j->found->opaque ||
	    main_default_at(j, j->found->metric) != j->found);
}

/*
 * The kernel has dropped the default, and none of who should carry can: then
 * what the administrator had, or any line at all, is better than nothing.
 */
static struct net_route
last_resort(const struct main_job *j)
{
	struct net_route to = writable(j, j->r);

	if (to.nhops == 0)
		want_add_hops(j->w, j->fam, want_is_any, &to);
	return to;
}

/* A route that would be made anew, with none of our lines in it. */
static bool
is_others(const struct main_job *j, const struct net_route *to)
{
	size_t i;

	if (j->found != NULL || !want_main_default(j->w, j->fam))
		return false;
	for (i = 0; i < to->nhops; i++)
		if (want_uplink_of(j->w, j->fam, &to->hops[i]) !=
		    j->w->conf->nuplinks)
			return false;
	return true;
}

static int
settle(struct main_job *j)
{
	struct want_saved *saved = j->w->saved;
	struct net_route d = desired(j), to = writable(j, &d);
	int rc = 0;

	if (to.nhops == 0 && j->found == NULL &&
	    !want_main_default(j->w, j->fam))
		to = last_resort(j);
	/* The kernel dropped it, main has another default: none of our work. */
	if (is_others(j, &to))
		to.nhops = 0;

	if (is_as_wanted(j, &d, &to)) {
		*j->written = *j->found;
	} else if (to.nhops == 0) {
		/* Nothing could stand in its place: leave it. */
		if (j->found != NULL)
			*j->written = *j->found;
	} else if (is_stuck(j)) {
		saved->stuck[j->fam] = true;
		*j->written = *j->found;
	} else {
		rc = edits_route(j->w->edits, EDIT_ROUTE_SET, &to);
		*j->written = to;
	}
	saved->present[j->fam] = !net_route_eq(j->written, j->r);
	saved->known[j->fam] = true;
	main_remember_names(j);
	return rc;
}

/*
 * A route that outranks ours has come, of the administrator's or of a router.
 * It is the one to work on; the former gets back what was written there.
 */
static void
move_on(struct main_job *j, struct net_route *former)
{
	if (j->w->saved->present[j->fam] && j->found != NULL &&
	    j->r->protocol != SYS_PROTO_OURS && !is_stuck(j)) {
		*former = writable(j, j->r);
		if (is_as_wanted(j, j->r, former))
			former->nhops = 0;
	}
	main_forget(j);
}

/* R is of another method's time. */
static void
drop_if_alien(const struct main_job *j, bool withdraws)
{
	if (!j->w->saved->present[j->fam] && !withdraws)
		main_forget(j);
}

int
want_main(struct want *w, enum net_fam fam)
{
	struct want_saved *saved = w->saved;
	struct main_job j = { .w = w, .fam = fam, .r = &saved->route[fam],
	    .written = &saved->written[fam] };
	bool withdraws = w->conf->routing.method == CONF_WITHDRAW &&
	    w->plan != NULL;
	const struct net_route *best;
	struct net_route former;
	/* None of those that should carry has a gateway: as it was set. */
	bool engaged = withdraws && w->plan->engaged[fam] != 0 &&
	    want_any(w, fam, want_carries);
	bool advertised = withdraws && want_is_advertised(w, fam);
	int rc = 0;

	saved->stuck[fam] = false;
	former.nhops = 0;
	drop_if_alien(&j, withdraws);
	if (saved->known[fam])
		main_follow(&j);
	if (saved->known[fam]) {
		best = main_best_of_ours(&j);
		if (advertised ||
		    (best != NULL && best->metric < j.r->metric))
			move_on(&j, &former);
	}
	j.engaged = engaged;
	if (!saved->known[fam] && advertised)
		rc = want_outrank(w, fam, engaged);
	else if (saved->known[fam] || (withdraws && locate(&j)))
		rc = settle(&j);
	if (rc != 0)
		return rc;
	if (former.nhops == 0)
		return 0;
	return edits_route(w->edits, EDIT_ROUTE_SET, &former);
}
