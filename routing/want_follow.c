/* SPDX-License-Identifier: ISC */
/*
 * want_follow: R and W, of `withdraw`, after what the kernel holds now: what
 * the administrator changed is his, what the kernel dropped with an interface
 * comes back.  The letters are those of want_main.c.
 */
#include <string.h>

#include "lib/net.h"
#include "lib/sys.h"
#include "routing/want_main.h"

const struct net_hop *
main_find_hop(const struct net_route *r, const struct net_hop *hop)
{
	size_t i;

	for (i = 0; i < r->nhops; i++)
		if (want_same_hop(&r->hops[i], hop))
			return &r->hops[i];
	return NULL;
}

void
main_add_hop(struct net_route *r, const struct net_hop *hop)
{
	if (r->nhops == NET_HOPS_MAX)
		return;
	r->hops[r->nhops] = *hop;
	r->hops[r->nhops++].dead = false;
}

static bool
is_ours(const struct main_job *j, const struct net_hop *hop)
{
	return want_uplink_of(j->w, j->fam, hop) < j->w->conf->nuplinks;
}

static bool
has_ours(const struct main_job *j, const struct net_route *r)
{
	size_t i;

	for (i = 0; i < r->nhops; i++)
		if (is_ours(j, &r->hops[i]))
			return true;
	return false;
}

const struct net_route *
main_default_at(const struct main_job *j, uint32_t metric)
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

const struct net_route *
main_best_of_ours(const struct main_job *j)
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

void
main_remember_names(const struct main_job *j)
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
refresh_indexes(const struct main_job *j)
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

void
main_forget(const struct main_job *j)
{
	j->w->saved->known[j->fam] = false;
	j->w->saved->present[j->fam] = false;
}

/* R's hop is not in F.  False: the administrator took it out. */
static bool
hop_stays(const struct main_job *j, const struct net_hop *hop)
{
	if (!want_usable(j->w, j->fam, hop))
		return true;		/* it was the kernel, or it is us */
	if (main_find_hop(j->written, hop) == NULL)
		return true;		/* it was left out by us */
	/* Our own hops come and go by the plan, once we are at it. */
	return j->w->saved->present[j->fam] && is_ours(j, hop);
}

/* The attributes as found, unless it was we who changed them. */
static void
absorb_attributes(const struct main_job *j, struct net_route *to)
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
absorb_hop(const struct main_job *j, struct net_hop *hop)
{
	const struct net_hop *now = main_find_hop(j->found, hop);

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
absorb(const struct main_job *j)
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
		main_add_hop(&to, &j->r->hops[i]);
	}
	for (i = to.nhops; i < NET_HOPS_MAX; i++)
		name[i][0] = '\0';
	for (i = 0; i < j->found->nhops; i++) {
		hop = &j->found->hops[i];
		/* One of W only was put there by us, in place of another. */
		if (main_find_hop(j->r, hop) == NULL &&
		    main_find_hop(j->written, hop) == NULL)
			main_add_hop(&to, hop);
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
comes_back(const struct main_job *j)
{
	size_t i;

	/* What we made ourselves is made anew if it is needed. */
	if (main_best_of_ours(j) != NULL || j->r->protocol == SYS_PROTO_OURS)
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
is_former(const struct main_job *j, const struct net_hop *hop, struct net_hop *now)
{
	size_t n = want_uplink_of(j->w, j->fam, hop);

	if (n == j->w->conf->nuplinks || !want_has_gateway(j->w, j->fam, n))
		return false;
	*now = want_hop(j->w, j->fam, n);
	if (want_same_hop(now, hop) ||
	    (j->found != NULL && main_find_hop(j->found, hop) != NULL))
		return false;
	return !want_on_network(j->w, j->fam, hop) ||
	    (j->found != NULL && main_find_hop(j->found, now) != NULL);
}

/* A line that is renumbered while its hop is withdrawn gets the new one back. */
static void
renew(const struct main_job *j)
{
	char (*name)[NET_IFNAME_MAX] = j->w->saved->ifname[j->fam];
	struct net_hop now;
	size_t i, n = 0;

	for (i = 0; i < j->r->nhops; i++) {
		if (is_former(j, &j->r->hops[i], &now)) {
			now.weight = j->r->hops[i].weight;
			if (main_find_hop(j->r, &now) != NULL)
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

void
main_follow(struct main_job *j)
{
	refresh_indexes(j);
	j->found = main_default_at(j, j->r->metric);
	renew(j);
	if (j->found == NULL) {
		if (comes_back(j))
			j->written->nhops = 0;
		else
			main_forget(j);
		return;
	}
	if (net_route_eq(j->found, j->written))
		return;
	/* Put over quite another way: a new route that is none of ours. */
	if (!has_ours(j, j->found) || j->found->type != WANT_UNICAST)
		main_forget(j);
	else
		absorb(j);
}
