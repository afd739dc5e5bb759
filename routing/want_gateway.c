/* SPDX-License-Identifier: ISC */
/*
 * want_gateway: where each uplink's next hop is, and whether the kernel would
 * take a route over it.  A gateway is configured, or it is `auto`: what a
 * default of main has that leaves by the uplink's interface.  DHCP clients,
 * PPP and router advertisements write those; nothing here asks who it was.
 *
 * The sources of an automatic one, in their order:
 *
 *	main	the default of lowest metric with a hop by the interface that
 *		was not put there by us
 *	R	the same default as it was before `withdraw` took the hop out
 *	table	what we wrote into the uplink's own table, while an address
 *		says that we are still in that network: a DHCP client takes the
 *		old route away before it writes the new one
 *
 * None of them: the uplink does not have this family now.
 */
#include <string.h>

#include "lib/must.h"
#include "lib/sys.h"
#include "routing/want.h"

bool
want_is_configured(const struct conf *conf, size_t uplink, enum net_fam fam)
{
	return conf->uplinks[uplink].gateway[fam].family != 0;
}

static bool
is_auto(const struct want *w, size_t uplink, enum net_fam fam)
{
	return w->conf->uplinks[uplink].gateway[fam].family == NET_AUTO;
}

bool
want_has_gateway(const struct want *w, enum net_fam fam, size_t uplink)
{
	return w->gateway[fam][uplink].known;
}

bool
want_same_hop(const struct net_hop *a, const struct net_hop *b)
{
	return a->index == b->index && net_addr_eq(&a->via, &b->via);
}

static bool
has_hop(const struct net_route *r, const struct net_hop *hop)
{
	size_t i;

	for (i = 0; i < r->nhops; i++)
		if (want_same_hop(&r->hops[i], hop))
			return true;
	return false;
}

/* ---- what the kernel would take ---- */

/* An address of the interface that covers the gateway; NULL: any address. */
static bool
has_addr(const struct want *w, enum net_fam fam, int index,
    const struct net_addr *gateway)
{
	const struct net_ifaddr *a;
	size_t i;

	for (i = 0; i < w->view->naddrs; i++) {
		a = &w->view->addrs[i];
		if (a->index == index && a->addr.family == net_family(fam) &&
		    (gateway == NULL || net_ifaddr_covers(a, gateway)))
			return true;
	}
	return false;
}

static bool
has_global(const struct want *w, enum net_fam fam, int index)
{
	const struct net_ifaddr *a;
	size_t i;

	for (i = 0; i < w->view->naddrs; i++) {
		a = &w->view->addrs[i];
		if (a->index == index && a->addr.family == net_family(fam) &&
		    a->global && a->usable)
			return true;
	}
	return false;
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

/*
 * One hop that the kernel refuses spoils the whole message, so those that it
 * must refuse stay out of it: the interface is down, or it has no address of
 * the family at all and the gateway is not otherwise known to be on it.  A
 * gateway outside of all prefixes may well be right (a host route leads to
 * it), so that counts only after a refusal.
 */
static bool
is_usable(const struct want *w, enum net_fam fam, const struct net_hop *hop,
    bool wary)
{
	const struct net_link *link = view_link(w->view, hop->index);

	if (link == NULL || !link->up)
		return false;
	if (hop->via.family == 0 || hop->onlink)
		return true;
	if (has_addr(w, fam, hop->index, wary ? &hop->via : NULL))
		return true;
	return !wary && stands_alive(w, fam, hop);
}

bool
want_usable(const struct want *w, enum net_fam fam, const struct net_hop *hop)
{
	size_t n = want_uplink_of(w, fam, hop);
	bool former;

	/* An uplink that has another gateway now, or none. */
	former = n < w->conf->nuplinks && (!w->gateway[fam][n].known ||
	    !net_addr_eq(&w->gateway[fam][n].hop.via, &hop->via));
	return is_usable(w, fam, hop, former || w->view->wary[fam]);
}

/* In a table of its own a hop holds up no other: no wariness. */
bool
want_usable_alone(const struct want *w, enum net_fam fam,
    const struct net_hop *hop)
{
	return is_usable(w, fam, hop, false);
}

bool
want_on_network(const struct want *w, enum net_fam fam,
    const struct net_hop *hop)
{
	return hop->via.family == 0 || hop->onlink ||
	    has_addr(w, fam, hop->index, &hop->via);
}

/* ---- finding it ---- */

struct pick {
	const struct want	*w;
	enum net_fam		 fam;
	const struct net_link	*link;
	bool			 any;
	uint32_t		 metric;
	struct net_hop		 hop;
};

static void
take(struct pick *p, const struct net_hop *hop, uint32_t metric)
{
	if (p->any && p->metric <= metric)
		return;
	p->any = true;
	p->metric = metric;
	p->hop = *hop;
	p->hop.index = p->link->index;
	p->hop.dead = false;
}

/* In place of a hop that is withdrawn. */
static bool
is_substitute(const struct pick *p, const struct net_route *r,
    const struct net_hop *hop)
{
	const struct want_saved *saved = p->w->saved;

	return saved->known[p->fam] &&
	    saved->route[p->fam].metric == r->metric &&
	    has_hop(&saved->written[p->fam], hop) &&
	    !has_hop(&saved->route[p->fam], hop);
}

/*
 * A gateway of the other family is not read, and looks like none: `default via
 * inet6 ...` is no on-link route.
 */
static bool
is_known(const struct net_route *r, const struct net_hop *hop)
{
	return !r->opaque || hop->via.family != 0;
}

/* Of another uplink by the same interface. */
static bool
is_others(const struct pick *p, const struct net_hop *hop)
{
	const struct conf *conf = p->w->conf;
	size_t n;

	for (n = 0; n < conf->nuplinks; n++)
		if (conf->uplinks[n].gateway[p->fam].family > 0 &&
		    p->w->link[n] == p->link &&
		    net_addr_eq(&conf->uplinks[n].gateway[p->fam], &hop->via))
			return true;
	return false;
}

static void
from_main(struct pick *p)
{
	const struct kernel_view *view = p->w->view;
	const struct net_route *r;
	const struct net_hop *hop;
	size_t i, n;

	for (i = 0; i < view->nroutes[p->fam]; i++) {
		r = &view->routes[p->fam][i];
		if (r->table != WANT_MAIN || r->type != WANT_UNICAST ||
		    r->tos != 0 || r->protocol == SYS_PROTO_OURS)
			continue;
		for (n = 0; n < r->nhops; n++) {
			hop = &r->hops[n];
			if (hop->index == p->link->index &&
			    is_known(r, hop) && !is_others(p, hop) &&
			    !is_substitute(p, r, hop))
				take(p, hop, r->metric);
		}
	}
}

/* Of R, by its index, or by the name of an interface that was made anew. */
static bool
is_by(const struct pick *p, size_t i)
{
	const struct want_saved *saved = p->w->saved;
	int index = saved->route[p->fam].hops[i].index;

	if (view_link(p->w->view, index) != NULL)
		return index == p->link->index;
	return strcmp(saved->ifname[p->fam][i], p->link->name) == 0;
}

static void
from_saved(struct pick *p)
{
	const struct want_saved *saved = p->w->saved;
	const struct net_route *r = &saved->route[p->fam];
	struct net_hop hop;
	size_t i;

	/* What we made ourselves is no news of a gateway. */
	if (!saved->known[p->fam] || r->protocol == SYS_PROTO_OURS)
		return;
	for (i = 0; i < r->nhops; i++) {
		if (!is_by(p, i) || !is_known(r, &r->hops[i]) ||
		    is_others(p, &r->hops[i]))
			continue;
		hop = r->hops[i];
		hop.index = p->link->index;
		if (want_on_network(p->w, p->fam, &hop))
			take(p, &hop, r->metric);
	}
}

/* A link-local address never goes: only one that leads out says something. */
static bool
is_still_there(const struct pick *p, const struct net_hop *hop)
{
	if (p->w->saved->known[p->fam] &&
	    has_hop(&p->w->saved->route[p->fam], hop))
		return true;
	if (hop->via.family == 0 || net_addr_linklocal(&hop->via))
		return has_global(p->w, p->fam, hop->index);
	return want_on_network(p->w, p->fam, hop);
}

static void
from_table(struct pick *p, size_t uplink)
{
	const struct kernel_view *view = p->w->view;
	uint32_t table = want_table(p->w->conf, uplink);
	const struct net_route *r;
	size_t i;

	for (i = 0; i < view->nroutes[p->fam]; i++) {
		r = &view->routes[p->fam][i];
		if (r->table == table && r->protocol == SYS_PROTO_OURS &&
		    r->nhops == 1 && r->hops[0].index == p->link->index &&
		    is_still_there(p, &r->hops[0]))
			take(p, &r->hops[0], r->metric);
	}
}

static void
find(struct want *w, enum net_fam fam, size_t uplink)
{
	struct want_gateway *gw = &w->gateway[fam][uplink];
	struct pick p = { .w = w, .fam = fam, .link = w->link[uplink] };

	if (p.link == NULL)
		return;
	from_main(&p);
	from_saved(&p);
	if (!p.any)
		from_table(&p, uplink);
	gw->known = p.any;
	gw->hop.via = p.hop.via;
	gw->hop.onlink = p.hop.onlink;
}

void
want_gateways(struct want *w)
{
	size_t fam, n;

	for (fam = 0; fam < NET_NFAM; fam++)
		for (n = 0; n < w->conf->nuplinks; n++) {
			if (is_auto(w, n, (enum net_fam)fam)) {
				find(w, (enum net_fam)fam, n);
				continue;
			}
			w->gateway[fam][n].known = want_is_configured(
			    w->conf, n, (enum net_fam)fam);
			w->gateway[fam][n].hop.via =
			    w->conf->uplinks[n].gateway[fam];
		}
}

/* ---- hops and uplinks ---- */

/* By its gateway; else by the interface alone, where that is `auto`. */
size_t
want_uplink_of(const struct want *w, enum net_fam fam,
    const struct net_hop *hop)
{
	size_t n;

	for (n = 0; n < w->conf->nuplinks; n++)
		if (want_has_gateway(w, fam, n) && w->link[n] != NULL &&
		    w->link[n]->index == hop->index &&
		    net_addr_eq(&w->gateway[fam][n].hop.via, &hop->via))
			return n;
	for (n = 0; n < w->conf->nuplinks; n++)
		if (is_auto(w, n, fam) && w->link[n] != NULL &&
		    w->link[n]->index == hop->index)
			break;
	return n;
}

struct net_hop
want_hop(const struct want *w, enum net_fam fam, size_t uplink)
{
	struct net_hop hop = w->gateway[fam][uplink].hop;

	MUST(w->link[uplink] != NULL && w->gateway[fam][uplink].known);
	hop.index = w->link[uplink]->index;
	hop.weight = (unsigned)w->conf->uplinks[uplink].weight;
	return hop;
}

void
want_fit(struct net_route *r)
{
	bool alone = r->nhops == 1;

	if (alone)
		r->hops[0].weight = 1;
	if (net_fam(r->family) == NET_V4 && r->type == WANT_UNICAST &&
	    (r->scope == 0 || r->scope == WANT_SCOPE_LINK))
		r->scope = alone && r->hops[0].via.family == 0 ?
		    WANT_SCOPE_LINK : 0;
}
