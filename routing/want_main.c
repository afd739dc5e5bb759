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
#include <errno.h>
#include <string.h>

#include "lib/net.h"
#include "lib/sys.h"
#include "routing/want.h"

struct job {
	struct want		*w;
	enum net_fam		 fam;
	struct net_route	*r;		/* R */
	struct net_route	*written;	/* W */
	const struct net_route	*found;		/* F; NULL = is not there */
	bool			 engaged;
};

static const struct net_hop *
find_hop(const struct net_route *r, const struct net_hop *hop)
{
	size_t i;

	for (i = 0; i < r->nhops; i++)
		if (want_same_hop(&r->hops[i], hop))
			return &r->hops[i];
	return NULL;
}

static void
add_hop(struct net_route *r, const struct net_hop *hop)
{
	if (r->nhops == NET_HOPS_MAX)
		return;
	r->hops[r->nhops] = *hop;
	r->hops[r->nhops++].dead = false;
}

static bool
is_ours(const struct job *j, const struct net_hop *hop)
{
	return want_uplink_of(j->w, j->fam, hop) < j->w->conf->nuplinks;
}

static bool
has_ours(const struct job *j, const struct net_route *r)
{
	size_t i;

	for (i = 0; i < r->nhops; i++)
		if (is_ours(j, &r->hops[i]))
			return true;
	return false;
}

/*
 * The default of main with this metric: the first one, which a replace hits.
 * One that a router advertises is of another sort to it.
 */
static const struct net_route *
default_at(const struct job *j, uint32_t metric)
{
	const struct kernel_view *view = j->w->view;
	const struct net_route *r;
	size_t i;

	for (i = 0; i < view->nroutes[j->fam]; i++) {
		r = &view->routes[j->fam][i];
		if (r->table == WANT_MAIN && r->tos == 0 &&
		    r->metric == metric && r->protocol != WANT_PROTO_RA)
			return r;
	}
	return NULL;
}

/*
 * Of the defaults of main that lead over an uplink the one that is used.
 * Those for one type of service only are somebody's special arrangement.
 */
static const struct net_route *
best_of_ours(const struct job *j)
{
	const struct kernel_view *view = j->w->view;
	const struct net_route *r, *best = NULL;
	size_t i;

	for (i = 0; i < view->nroutes[j->fam]; i++) {
		r = &view->routes[j->fam][i];
		if (r->table == WANT_MAIN && r->tos == 0 &&
		    r->type == WANT_UNICAST && has_ours(j, r) &&
		    (best == NULL || r->metric < best->metric))
			best = r;
	}
	return best;
}

static void
remember_names(const struct job *j)
{
	const struct net_link *link;
	char *name;
	size_t i;

	for (i = 0; i < j->r->nhops; i++) {
		name = j->w->saved->ifname[j->fam][i];
		link = view_link(j->w->view, j->r->hops[i].index);
		if (link != NULL)
			memcpy(name, link->name, NET_IFNAME_MAX);
	}
}

/* An interface that was made anew has another index under its old name. */
static void
refresh_indexes(const struct job *j)
{
	const struct net_link *link;
	size_t i;

	for (i = 0; i < j->r->nhops; i++) {
		if (view_link(j->w->view, j->r->hops[i].index) != NULL)
			continue;
		link = view_link_named(j->w->view,
		    j->w->saved->ifname[j->fam][i]);
		if (link != NULL)
			j->r->hops[i].index = link->index;
	}
}

static void
forget(const struct job *j)
{
	j->w->saved->known[j->fam] = false;
	j->w->saved->present[j->fam] = false;
}

/* R's hop is not in F.  False: the administrator took it out. */
static bool
hop_stays(const struct job *j, const struct net_hop *hop)
{
	if (!want_usable(j->w, j->fam, hop))
		return true;		/* it was the kernel, or it is us */
	if (find_hop(j->written, hop) == NULL)
		return true;		/* it was left out by us */
	/* Our own hops come and go by the plan, once we are at it. */
	return j->w->saved->present[j->fam] && is_ours(j, hop);
}

/* The attributes as found, unless it was we who changed them. */
static void
absorb_attributes(const struct job *j, struct net_route *to)
{
	const struct net_route *f = j->found;

	to->protocol = f->protocol;
	to->scope = f->scope;
	to->type = f->type;
	to->extra_len = f->extra_len;
	memcpy(to->extra, f->extra, sizeof(to->extra));
	to->opaque = f->opaque;
	if (!net_addr_eq(&f->prefsrc, &j->written->prefsrc))
		to->prefsrc = f->prefsrc;
}

/* A hop of R as it is to be remembered.  False: no longer. */
static bool
absorb_hop(const struct job *j, struct net_hop *hop)
{
	const struct net_hop *now = find_hop(j->found, hop);

	if (now == NULL)
		return hop_stays(j, hop);
	/* Alone it has lost its weight, which is no change of anybody's. */
	if (j->found->nhops > 1)
		hop->weight = now->weight;
	hop->onlink = now->onlink;
	return true;
}

/* Somebody else has changed the route: R follows. */
static void
absorb(const struct job *j)
{
	char (*name)[NET_IFNAME_MAX] = j->w->saved->ifname[j->fam];
	const struct net_hop *hop;
	struct net_route to = *j->r;
	size_t i;

	to.nhops = 0;
	absorb_attributes(j, &to);
	for (i = 0; i < j->r->nhops; i++) {
		if (!absorb_hop(j, &j->r->hops[i]))
			continue;
		memmove(name[to.nhops], name[i], NET_IFNAME_MAX);
		add_hop(&to, &j->r->hops[i]);
	}
	for (i = to.nhops; i < NET_HOPS_MAX; i++)
		name[i][0] = '\0';
	for (i = 0; i < j->found->nhops; i++) {
		hop = &j->found->hops[i];
		/* One of W only was put there by us, in place of another. */
		if (find_hop(j->r, hop) == NULL &&
		    find_hop(j->written, hop) == NULL)
			add_hop(&to, hop);
	}
	if (to.nhops == 0)
		to = *j->found;
	want_fit(&to);
	*j->r = to;
	*j->written = *j->found;
}

/*
 * The route is gone.  The administrator took it, and that is that; or the
 * kernel did, with an interface: then it is to come back.  Without any other
 * default it comes back in either case.
 */
static bool
comes_back(const struct job *j)
{
	size_t i;

	/* What we made ourselves is made anew if it is needed. */
	if (best_of_ours(j) != NULL || j->r->protocol == SYS_PROTO_OURS)
		return false;
	if (!want_main_default(j->w, j->fam))
		return true;
	if (!j->w->saved->present[j->fam])
		return false;
	for (i = 0; i < j->written->nhops; i++)
		if (!want_usable(j->w, j->fam, &j->written->hops[i]))
			return true;
	return j->written->nhops == 0;
}

/*
 * The line of R's hop has another gateway now: somebody has written that into
 * F in its place, or we have left the network of the former.
 */
static bool
is_former(const struct job *j, const struct net_hop *hop, struct net_hop *now)
{
	size_t n = want_uplink_of(j->w, j->fam, hop);

	if (n == j->w->conf->nuplinks || !want_has_gateway(j->w, j->fam, n))
		return false;
	*now = want_hop(j->w, j->fam, n);
	if (want_same_hop(now, hop) ||
	    (j->found != NULL && find_hop(j->found, hop) != NULL))
		return false;
	return !want_on_network(j->w, j->fam, hop) ||
	    (j->found != NULL && find_hop(j->found, now) != NULL);
}

/* A line that is renumbered while its hop is withdrawn gets the new one back. */
static void
renew(const struct job *j)
{
	char (*name)[NET_IFNAME_MAX] = j->w->saved->ifname[j->fam];
	struct net_hop now;
	size_t i, n = 0;

	for (i = 0; i < j->r->nhops; i++) {
		if (is_former(j, &j->r->hops[i], &now)) {
			now.weight = j->r->hops[i].weight;
			if (find_hop(j->r, &now) != NULL)
				continue;
			j->r->hops[i] = now;
		}
		j->r->hops[n] = j->r->hops[i];
		memmove(name[n++], name[i], NET_IFNAME_MAX);
	}
	for (i = n; i < NET_HOPS_MAX; i++)
		name[i][0] = '\0';
	j->r->nhops = n;
	want_fit(j->r);
}

/* Brings R and W up to what the kernel holds; sets F. */
static void
follow(struct job *j)
{
	refresh_indexes(j);
	j->found = default_at(j, j->r->metric);
	renew(j);
	if (j->found == NULL) {
		if (comes_back(j))
			j->written->nhops = 0;
		else
			forget(j);
		return;
	}
	if (net_route_eq(j->found, j->written))
		return;
	/* Put over quite another way: a new route that is none of ours. */
	if (!has_ours(j, j->found) || j->found->type != WANT_UNICAST)
		forget(j);
	else
		absorb(j);
}

static void
add_sort(const struct job *j, want_sort_fn *sort)
{
	struct net_hop hop;
	size_t n;

	for (n = 0; n < j->w->conf->nuplinks; n++) {
		if (!sort(j->w, j->fam, n) || j->w->link[n] == NULL)
			continue;
		hop = want_hop(j->w, j->fam, n);
		if (find_hop(j->r, &hop) == NULL)
			add_hop(j->r, &hop);
	}
}

/*
 * For a main that has no default: one over the base set, or over whatever has
 * an interface.
 */
static bool
make_new(struct job *j)
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
locate(struct job *j)
{
	struct want_saved *saved = j->w->saved;

	j->found = best_of_ours(j);
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
desired(const struct job *j)
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
		add_hop(&d, &j->r->hops[i]);
	}
	for (n = 0; n < conf->nuplinks; n++) {
		if (!want_carries(j->w, j->fam, n) || j->w->link[n] == NULL)
			continue;
		hop = want_hop(j->w, j->fam, n);
		if (find_hop(&d, &hop) == NULL)
			add_hop(&d, &hop);
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
source_fits(const struct job *j, const struct net_route *r)
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
writable(const struct job *j, const struct net_route *d)
{
	struct net_route r = *d;
	size_t i;

	r.nhops = 0;
	for (i = 0; i < d->nhops; i++)
		if (want_usable(j->w, j->fam, &d->hops[i]))
			add_hop(&r, &d->hops[i]);
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
is_as_wanted(const struct job *j, const struct net_route *d,
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
		if (find_hop(d, &j->found->hops[i]) == NULL ||
		    find_hop(to, &j->found->hops[i]) != NULL)
			add_hop(&f, &j->found->hops[i]);
	want_fit(&f);
	return net_route_eq(&f, to);
}

/* A replace of a route that is not to be read in full would lose part of it. */
static bool
is_stuck(const struct job *j)
{
	return j->found != NULL && (j->found->opaque ||
	    default_at(j, j->found->metric) != j->found);
}

/*
 * The kernel has dropped the default, and none of who should carry can: then
 * what the administrator had, or any line at all, is better than nothing.
 */
static struct net_route
last_resort(const struct job *j)
{
	struct net_route to = writable(j, j->r);

	if (to.nhops == 0)
		want_add_hops(j->w, j->fam, want_is_any, &to);
	return to;
}

/* A route that would be made anew, with none of our lines in it. */
static bool
is_others(const struct job *j, const struct net_route *to)
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
settle(struct job *j)
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
	remember_names(j);
	return rc;
}

/*
 * A route that outranks ours has come, of the administrator's or of a router.
 * It is the one to work on; the former gets back what was written there.
 */
static void
move_on(struct job *j, struct net_route *former)
{
	if (j->w->saved->present[j->fam] && j->found != NULL &&
	    j->r->protocol != SYS_PROTO_OURS && !is_stuck(j)) {
		*former = writable(j, j->r);
		if (is_as_wanted(j, j->r, former))
			former->nhops = 0;
	}
	forget(j);
}

/* R is of another method's time. */
static void
drop_if_alien(const struct job *j, bool withdraws)
{
	if (!j->w->saved->present[j->fam] && !withdraws)
		forget(j);
}

int
want_main(struct want *w, enum net_fam fam)
{
	struct want_saved *saved = w->saved;
	struct job j = { .w = w, .fam = fam, .r = &saved->route[fam],
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
		follow(&j);
	if (saved->known[fam]) {
		best = best_of_ours(&j);
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
