/* SPDX-License-Identifier: ISC */
/*
 * sys_fake_find: what the simulated kernel would do with one packet: by which
 * route it leaves a bound socket, and whether an answer is let in
 * (rp_filter).  Entered by the kernel's owner.
 */
#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/must.h"
#include "lib/sys_fake_kernel.h"

#define PROTO_KERNEL	2

/* The route in a table that has led there; NULL: a neighbour's. */
static const struct net_route *
route_of(const struct fake_kernel *k, int family, const struct fake_way *way)
{
	const struct net_route *r;
	size_t i;

	for (i = 0; i < k->nroutes && !way->connected; i++) {
		r = &k->routes[i];
		if (r->family == family && r->table == way->table &&
		    r->metric == way->metric && r->tos == 0)
			return r;
	}
	return NULL;
}

int
sys_route_find(struct sys *s, const struct net_addr *dst, int ifindex,
    struct net_route *out)
{
	struct fake_kernel *k = s->kernel;
	const struct net_link *l = fake_link_at(k, ifindex);
	struct fake_packet p = { .family = dst->family, .to = *dst };
	const struct net_route *r;
	struct fake_way way;
	int rc;

	MUST(s->magic == FAKE_MAGIC);
	memset(out, 0, sizeof(*out));
	if ((rc = fake_begin(k, FAKE_FIND)) != 0)
		return rc;
	if ((dst->family != AF_INET && dst->family != AF_INET6) ||
	    ifindex <= 0)
		return -EINVAL;
	/* As Linux answers both for a device that is not there. */
	if (l == NULL)
		return dst->family == AF_INET ? -ENODEV : -ENETUNREACH;
	p.oif = l->name;
	if (fake_route_packet(k, &p, &way) != 0)
		return -ENETUNREACH;
	r = route_of(k, dst->family, &way);
	if (r != NULL)
		*out = *r;
	out->family = dst->family;
	out->table = way.table;
	out->metric = way.metric;
	out->type = way.type;
	if (r == NULL)
		out->protocol = PROTO_KERNEL;
	memset(out->hops, 0, sizeof(out->hops));
	out->hops[0] = way.hops[0];
	out->hops[0].weight = 1;
	out->nhops = 1;
	return 0;
}

void
fake_rp_filter(struct sys *s, const char *ifname, int mode)
{
	struct fake_kernel *k = s->kernel;
	size_t i;

	MUST(mode >= 0 && mode <= 2 && strlen(ifname) < NET_IFNAME_MAX);
	for (i = 0; i < k->nfilters; i++)
		if (strcmp(k->filters[i].ifname, ifname) == 0)
			break;
	MUST(i < FAKE_FILTERS_MAX);
	if (i == k->nfilters)
		k->nfilters++;
	snprintf(k->filters[i].ifname, NET_IFNAME_MAX, "%s", ifname);
	k->filters[i].mode = mode;
}

static int
filter_of(const struct fake_kernel *k, const char *ifname)
{
	size_t i;

	for (i = 0; i < k->nfilters; i++)
		if (strcmp(k->filters[i].ifname, ifname) == 0)
			return k->filters[i].mode;
	return 0;
}

/* Strict: a way back by the same interface; loose: any way back. */
int
sys_reply_check(struct sys *s, const struct net_addr *src,
    const struct net_addr *dst, int ifindex)
{
	struct fake_kernel *k = s->kernel;
	const struct net_link *l = fake_link_at(k, ifindex);
	struct fake_packet p = { .family = dst->family, .from = *dst,
	    .to = *src };
	struct fake_way way;
	size_t i;
	int rc, mode;

	MUST(s->magic == FAKE_MAGIC);
	if ((rc = fake_begin(k, FAKE_REPLY)) != 0)
		return rc;
	if (src->family != dst->family || ifindex <= 0 ||
	    (src->family != AF_INET && src->family != AF_INET6))
		return -EINVAL;
	if (src->family == AF_INET6)
		return 0;
	if (l == NULL)
		return -ENODEV;
	mode = filter_of(k, l->name);
	if (mode == 0)
		return 0;
	if (fake_route_packet(k, &p, &way) != 0)
		return -EXDEV;
	if (mode == 2)
		return 0;
	for (i = 0; i < way.nhops; i++)
		if (way.hops[i].index == ifindex)
			return 0;
	return -EXDEV;
}
