/* SPDX-License-Identifier: ISC */
/*
 * check: what must hold whatever happens.  Around every comparison: nothing
 * foreign changes, and a default that was there is there.  At every step that
 * follows no disturbance: new connections have a route, and the router has
 * nothing to say.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/sys_fake.h"
#include "tests/sim/sim.h"

#define MAIN	254

/* Where the gateway is `auto`, whatever leaves by the interface. */
static bool
is_ours(const struct sim *s, size_t uplink, const struct net_route *r,
    const struct net_hop *hop)
{
	const struct conf_uplink *u = &s->conf->uplinks[uplink];
	const struct net_addr *gateway = &u->gateway[net_fam(r->family)];

	if (gateway->family == NET_AUTO)
		return fake_link_index(s->hand, u->ifname) == hop->index;
	return net_addr_eq(gateway, &hop->via);
}

static bool
has_our_hop(const struct sim *s, const struct net_route *r)
{
	size_t i, n;

	for (i = 0; i < r->nhops; i++)
		for (n = 0; n < s->conf->nuplinks; n++)
			if (is_ours(s, n, r, &r->hops[i]))
				return true;
	return false;
}

/* What `withdraw` is there to change; everything else is foreign. */
static bool
is_the_default(const struct sim *s, const struct net_route *r)
{
	return s->conf->routing.method == CONF_WITHDRAW && r->table == MAIN &&
	    r->tos == 0 && has_our_hop(s, r);
}

static bool
has_default(const struct kernel_view *v, enum net_fam fam)
{
	size_t i;

	for (i = 0; i < v->nroutes[fam]; i++)
		if (v->routes[fam][i].table == MAIN &&
		    v->routes[fam][i].type == 1)
			return true;
	return false;
}

static bool
view_has_route(const struct kernel_view *v, const struct net_route *r)
{
	enum net_fam fam = net_fam(r->family);
	size_t i;

	for (i = 0; i < v->nroutes[fam]; i++)
		if (net_route_eq(&v->routes[fam][i], r))
			return true;
	return false;
}

static bool
view_has_rule(const struct kernel_view *v, const struct net_rule *r)
{
	enum net_fam fam = net_fam(r->family);
	size_t i;

	for (i = 0; i < v->nrules[fam]; i++)
		if (net_rule_eq(&v->rules[fam][i], r))
			return true;
	return false;
}

/*
 * A withdrawn default, or one that is made again because the kernel dropped
 * it, may for a time have foreign hops only.
 */
static bool
is_withdrawn(const struct sim *s, const struct net_route *r,
    const struct kernel_view *other)
{
	enum net_fam fam = net_fam(r->family);
	size_t i;

	if (s->conf->routing.method == CONF_WITHDRAW && r->table == MAIN &&
	    !has_default(other, fam))
		return true;
	for (i = 0; i < other->nroutes[fam]; i++)
		if (r->table == MAIN &&
		    other->routes[fam][i].metric == r->metric &&
		    is_the_default(s, &other->routes[fam][i]))
			return true;
	return false;
}

static void
foreign_is_kept(struct sim *s, const struct kernel_view *a,
    const struct kernel_view *b, const char *what)
{
	const struct net_route *r;
	size_t fam, i;

	for (fam = 0; fam < NET_NFAM; fam++) {
		for (i = 0; i < a->nroutes[fam]; i++) {
			r = &a->routes[fam][i];
			if (r->protocol != SYS_PROTO_OURS &&
			    !is_the_default(s, r) && !is_withdrawn(s, r, b) &&
			    !view_has_route(b, r))
				sim_fail(s, "a foreign route was %s (table "
				    "%u, metric %u)", what, r->table,
				    r->metric);
		}
		for (i = 0; i < a->nrules[fam]; i++)
			if (a->rules[fam][i].protocol != SYS_PROTO_OURS &&
			    !view_has_rule(b, &a->rules[fam][i]))
				sim_fail(s, "a foreign rule was %s "
				    "(priority %u)", what,
				    a->rules[fam][i].priority);
	}
}

static bool
read_view(struct sim *s, struct kernel_view *v)
{
	int rc = router_view(s->eyes, v);

	if (rc != 0)
		sim_fail(s, "the kernel cannot be read: %d", rc);
	return rc == 0;
}

void
check_before_write(struct sim *s)
{
	kernel_view_free(&s->before);
	(void)read_view(s, &s->before);
	kernel_fail_begin(s);
}

void
check_after_write(struct sim *s)
{
	struct kernel_view now;
	size_t fam;

	kernel_fail_end(s);
	if (s->failed || !read_view(s, &now))
		return;
	foreign_is_kept(s, &s->before, &now, "changed or removed");
	foreign_is_kept(s, &now, &s->before, "added");
	for (fam = 0; fam < NET_NFAM; fam++)
		if (has_default(&s->before, (enum net_fam)fam) &&
		    !has_default(&now, (enum net_fam)fam))
			sim_fail(s, "main is left without its default");
	kernel_view_free(&now);
}

/* A disturbance may leave the kernel wrong until the next comparison. */
static bool
is_quiet(const struct sim *s)
{
	return s->keeper.router != NULL && s->centre.running &&
	    s->keeper.soon.pos == 0 && s->keeper.err == 0 &&
	    s->now_ns > s->troubled_until_ns;
}

/* Who may use one line only has found another. */
static void
nobody_strays(struct sim *s, const struct conf_uplink *u)
{
	const struct option_clients *only = &u->clients.only;
	int index = fake_link_index(s->hand, u->ifname);
	struct fake_packet p;
	struct fake_way way;
	size_t i;

	for (i = 0; i < only->n; i++) {
		memset(&p, 0, sizeof(p));
		p.from = only->list[i].net;
		p.family = p.from.family;
		p.ipproto = only->list[i].ipproto;
		p.dport = only->list[i].port[0];
		if (fake_lookup(s->hand, &p, &way) == 0 &&
		    (way.nhops != 1 || way.hops[0].index != index))
			sim_fail(s, "clients of %s alone go by another line",
			    u->name);
	}
}

void
check_step(struct sim *s)
{
	char route[200];
	size_t fam, n;
	bool any;

	if (s->failed || !is_quiet(s))
		return;
	for (n = 0; n < s->conf->nuplinks; n++)
		nobody_strays(s, &s->conf->uplinks[n]);
	for (fam = 0; fam < NET_NFAM; fam++) {
		any = false;
		for (n = 0; n < s->conf->nuplinks; n++)
			any |= kernel_bound(s, &s->conf->uplinks[n],
			    (enum net_fam)fam);
		if (!any || !s->had_default[fam])
			continue;
		kernel_route(s, (enum net_fam)fam, route, sizeof(route));
		if (strcmp(route, "none") == 0)
			sim_fail(s, "no route for new connections");
	}
}

/* The regular comparison found something to write, and there was no cause. */
void
check_idle(struct sim *s, const struct router_result *res)
{
	if (is_quiet(s) && res->writes > 0)
		sim_fail(s, "written without cause: %s", res->text);
}
