/* SPDX-License-Identifier: ISC */
/*
 * sys_fake_hand: the administrator's hand in the simulated kernel: routes and
 * rules that are not uplinkd's doing.  Entered by the kernel's owner.
 */
#include <string.h>

#include "lib/must.h"
#include "lib/sys_fake_kernel.h"

int
fake_route_add(struct sys *s, const struct net_route *r)
{
	return fake_fib_write(s->kernel, NULL, FAKE_HOW_ADD, r);
}

int
fake_route_replace(struct sys *s, const struct net_route *r)
{
	return fake_fib_write(s->kernel, NULL, FAKE_HOW_REPLACE, r);
}

int
fake_route_append(struct sys *s, const struct net_route *r)
{
	return fake_fib_write(s->kernel, NULL, FAKE_HOW_APPEND, r);
}

int
fake_route_del(struct sys *s, const struct net_route *r)
{
	return fake_fib_del(s->kernel, NULL, r);
}

size_t
fake_route_flush(struct sys *s, int family, uint32_t table, uint8_t protocol)
{
	struct fake_kernel *k = s->kernel;
	size_t i = k->nroutes, n = 0;
	const struct net_route *r;

	while (i-- > 0) {
		r = &k->routes[i];
		if (r->family != family || (table != 0 && r->table != table) ||
		    (protocol != 0 && r->protocol != protocol))
			continue;
		fake_fib_cut(k, NULL, i);
		n++;
	}
	return n;
}

struct net_route
fake_route(int family, uint32_t table, uint32_t metric)
{
	struct net_route r;

	memset(&r, 0, sizeof(r));
	r.family = family;
	r.table = table;
	r.metric = metric;
	r.protocol = FAKE_PROTO_STATIC;
	r.type = FAKE_TYPE_UNICAST;
	return r;
}

void
fake_hop(struct net_route *r, const char *via, int index, unsigned weight)
{
	struct net_hop *hop = &r->hops[r->nhops];

	MUST(r->nhops < NET_HOPS_MAX && weight >= 1);
	memset(hop, 0, sizeof(*hop));
	if (via != NULL)
		MUST(net_addr_parse(via, &hop->via) == 0);
	hop->index = index;
	hop->weight = weight;
	r->nhops++;
}

struct net_rule
fake_rule(int family, uint32_t priority, uint32_t table)
{
	struct net_rule r;

	memset(&r, 0, sizeof(r));
	r.family = family;
	r.priority = priority;
	r.table = table;
	r.protocol = FAKE_PROTO_STATIC;
	r.suppress_prefixlen = -1;
	return r;
}

int
fake_rule_add(struct sys *s, const struct net_rule *r)
{
	return fake_rules_add(s->kernel, NULL, r);
}

int
fake_rule_del(struct sys *s, const struct net_rule *r)
{
	return fake_rules_del(s->kernel, NULL, r);
}

size_t
fake_rule_flush(struct sys *s, int family, uint8_t protocol)
{
	struct fake_kernel *k = s->kernel;
	size_t i = k->nrules, n = 0;

	while (i-- > 0) {
		if (k->rules[i].family != family ||
		    (protocol != 0 && k->rules[i].protocol != protocol))
			continue;
		fake_rules_cut(k, NULL, i);
		n++;
	}
	return n;
}
