/* SPDX-License-Identifier: ISC */
/*
 * sys_fake_rule: policy rules of the simulated kernel, and the way of a packet
 * by them.  Entered by the kernel's owner.
 */
#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/sys_fake_kernel.h"

#define PROTO_KERNEL	2
#define TYPE_THROW	9	/* RTN_THROW: as if the table were empty */

static void
tell(struct fake_kernel *k, const struct sys *by, int family, bool gone)
{
	struct sys_notice n = { .kind = SYS_NOTICE_RULE, .gone = gone,
	    .family = family };

	fake_tell(k, by, &n);
}

void
fake_rules_cut(struct fake_kernel *k, const struct sys *by, size_t i)
{
	int family = k->rules[i].family;

	k->nrules--;
	memmove(&k->rules[i], &k->rules[i + 1],
	    (k->nrules - i) * sizeof(*k->rules));
	tell(k, by, family, true);
}

static void
insert(struct fake_kernel *k, const struct net_rule *r)
{
	size_t i;

	k->rules = fake_grow(k->rules, k->nrules, sizeof(*k->rules));
	for (i = k->nrules; i > 0 &&
	    k->rules[i - 1].priority > r->priority; i--)
		k->rules[i] = k->rules[i - 1];
	k->rules[i] = *r;
	k->nrules++;
}

static void
insert_own(struct fake_kernel *k, int family, uint32_t priority,
    uint32_t table)
{
	struct net_rule r = fake_rule(family, priority, table);

	r.protocol = PROTO_KERNEL;
	insert(k, &r);
}

void
fake_rules_init(struct fake_kernel *k)
{
	insert_own(k, AF_INET, 0, FAKE_TABLE_LOCAL);
	insert_own(k, AF_INET, 32766, FAKE_TABLE_MAIN);
	insert_own(k, AF_INET, 32767, FAKE_TABLE_DEFAULT);
	insert_own(k, AF_INET6, 0, FAKE_TABLE_LOCAL);
	insert_own(k, AF_INET6, 32766, FAKE_TABLE_MAIN);
}

int
fake_rules_add(struct fake_kernel *k, const struct sys *by,
    const struct net_rule *r)
{
	size_t i;

	if ((r->family != AF_INET && r->family != AF_INET6) ||
	    (r->table == 0) != r->unreachable ||
	    (r->from.family != 0 && r->from.family != r->family))
		return -EINVAL;
	for (i = 0; i < k->nrules; i++)
		if (net_rule_eq(&k->rules[i], r))
			return -EEXIST;
	insert(k, r);
	tell(k, by, r->family, false);
	return 0;
}

/* The kernel compares what is given: what is not may be anything. */
static bool
is_meant(const struct net_rule *have, const struct net_rule *given)
{
	return have->family == given->family &&
	    have->priority == given->priority &&
	    have->table == given->table &&
	    (given->protocol == 0 || have->protocol == given->protocol) &&
	    (given->oif[0] == '\0' || strcmp(have->oif, given->oif) == 0) &&
	    (given->from.family == 0 ||
	    (net_addr_eq(&have->from, &given->from) &&
	    have->from_len == given->from_len)) &&
	    (given->ipproto == 0 || have->ipproto == given->ipproto) &&
	    (given->dport[0] == 0 || memcmp(have->dport, given->dport,
	    sizeof(have->dport)) == 0) &&
	    have->unreachable == given->unreachable &&
	    (given->mask == 0 || (have->mask == given->mask &&
	    have->mark == given->mark)) &&
	    (given->suppress_prefixlen < 0 ||
	    have->suppress_prefixlen == given->suppress_prefixlen);
}

int
fake_rules_del(struct fake_kernel *k, const struct sys *by,
    const struct net_rule *r)
{
	size_t i;

	for (i = 0; i < k->nrules; i++) {
		if (!is_meant(&k->rules[i], r))
			continue;
		fake_rules_cut(k, by, i);
		return 0;
	}
	return -ENOENT;
}

/* ---- the way of a packet ---- */

static bool
is_from(const struct net_rule *r, const struct fake_packet *p)
{
	unsigned bits = r->family == AF_INET ? 32 : 128;

	return r->from.family == 0 || net_addr_within(&p->from, &r->from,
	    r->from_len == 0 ? bits : r->from_len);
}

static bool
matches(const struct net_rule *r, const struct fake_packet *p)
{
	/* Foreign: it has selectors that no packet of ours answers to. */
	if (r->family != p->family || r->foreign)
		return false;
	if (r->oif[0] != '\0' &&
	    (p->oif == NULL || strcmp(r->oif, p->oif) != 0))
		return false;
	if (!is_from(r, p) || (r->ipproto != 0 && r->ipproto != p->ipproto))
		return false;
	if (r->dport[0] != 0 &&
	    (p->dport < r->dport[0] || p->dport > r->dport[1]))
		return false;
	return ((p->mark ^ r->mark) & r->mask) == 0;
}

/* The hops that may be chosen: one without carrier is chosen too. */
static size_t
take_hops(const struct net_route *r, int oif, struct fake_way *way)
{
	size_t i, n = 0;

	for (i = 0; i < r->nhops; i++)
		if (!r->hops[i].dead &&
		    (oif == 0 || r->hops[i].index == oif))
			way->hops[n++] = r->hops[i];
	way->nhops = n;
	return n;
}

static bool
by_neighbour(const struct fake_kernel *k, const struct fake_packet *p,
    int oif, struct fake_way *way)
{
	int index;

	if (p->to.family == 0 ||
	    (index = fake_connected(k, &p->to, oif)) == 0)
		return false;
	memset(way, 0, sizeof(*way));
	way->table = FAKE_TABLE_MAIN;
	way->type = FAKE_TYPE_UNICAST;
	way->connected = true;
	way->nhops = 1;
	way->hops[0].index = index;
	way->hops[0].weight = 1;
	return true;
}

/* The default of a table; false: none that serves, look on. */
static bool
by_default(const struct fake_kernel *k, int family, uint32_t table, int oif,
    struct fake_way *way)
{
	const struct net_route *r;
	size_t i;

	for (i = 0; i < k->nroutes; i++) {
		r = &k->routes[i];
		if (r->family != family || r->table != table || r->tos != 0)
			continue;
		if (r->type == TYPE_THROW)
			return false;
		if (r->type == FAKE_TYPE_UNICAST &&
		    take_hops(r, oif, way) == 0)
			continue;
		way->table = table;
		way->metric = r->metric;
		way->type = r->type;
		return true;
	}
	return false;
}

int
fake_route_packet(const struct fake_kernel *k, const struct fake_packet *p,
    struct fake_way *way)
{
	const struct net_link *l;
	const struct net_rule *r;
	int oif = 0;
	size_t i;

	memset(way, 0, sizeof(*way));
	if (p->oif != NULL) {
		if ((l = fake_link(k, p->oif)) == NULL)
			return -ENODEV;
		oif = l->index;
	}
	for (i = 0; i < k->nrules; i++) {
		r = &k->rules[i];
		if (!matches(r, p))
			continue;
		if (r->unreachable)
			break;
		if (r->table == FAKE_TABLE_MAIN &&
		    by_neighbour(k, p, oif, way))
			return 0;
		if (!by_default(k, p->family, r->table, oif, way))
			continue;
		/* A refusal is no route: it is not held back. */
		if (way->type != FAKE_TYPE_UNICAST)
			return -ENETUNREACH;
		if (r->suppress_prefixlen < 0)
			return 0;
	}
	memset(way, 0, sizeof(*way));
	return -ENETUNREACH;
}

int
fake_lookup(struct sys *s, const struct fake_packet *p, struct fake_way *way)
{
	return fake_route_packet(s->kernel, p, way);
}

const char *
fake_lookup_text(struct sys *s, const struct fake_packet *p, char *buf,
    size_t len)
{
	const struct net_link *l;
	struct fake_way way;
	size_t i, at = 0;

	snprintf(buf, len, "none");
	if (fake_route_packet(s->kernel, p, &way) != 0)
		return buf;
	for (i = 0; i < way.nhops && at < len; i++) {
		l = fake_link_at(s->kernel, way.hops[i].index);
		at += (size_t)snprintf(buf + at, len - at, "%s%s",
		    i == 0 ? "" : "+", l == NULL ? "?" : l->name);
	}
	return buf;
}
