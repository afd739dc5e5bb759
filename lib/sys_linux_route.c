/* SPDX-License-Identifier: ISC */
/*
 * sys_linux_route: default routes, read and written.  Attributes that are not
 * understood are carried along as they are, so that rewriting a route changes
 * nothing but its hops.  See rtnetlink(7).
 */
#include <sys/socket.h>

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sys_linux.h"

#define DUMP_TRIES	5
#define METRIC_V6	1024	/* IP6_RT_PRIO_USER: what 0 becomes */

struct routes {
	struct net_route	*r;
	size_t			 n, cap;
	int			 family;
	uint32_t		 table;		/* 0 = all */
};

static bool
take_via(const struct nlattr *attr, int family, struct net_addr *out)
{
	size_t len = family == AF_INET ? 4 : 16;

	if (mnl_attr_get_payload_len(attr) != len)
		return false;
	out->family = family;
	memcpy(out->bytes, mnl_attr_get_payload(attr), len);
	return true;
}

static bool
take_hop(struct net_route *r, const struct nlattr *via, int index,
    unsigned weight, unsigned flags)
{
	struct net_hop *hop;

	if (r->nhops == NET_HOPS_MAX)
		return false;
	hop = &r->hops[r->nhops];
	memset(hop, 0, sizeof(*hop));
	if (via != NULL && !take_via(via, r->family, &hop->via))
		return false;
	hop->index = index;
	hop->weight = weight;
	hop->onlink = (flags & RTNH_F_ONLINK) != 0;
	hop->dead = (flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN)) != 0;
	r->nhops++;
	return true;
}

/* False if a hop has something that we could not write back. */
static bool
take_multipath(struct net_route *r, const struct nlattr *mp)
{
	const struct rtnexthop *nh = mnl_attr_get_payload(mp);
	int left = mnl_attr_get_payload_len(mp);
	const struct nlattr *attr, *via;
	bool whole = true;
	int len;

	while (RTNH_OK(nh, left)) {
		via = NULL;
		attr = (const struct nlattr *)(const void *)RTNH_DATA(nh);
		len = nh->rtnh_len - (int)RTNH_LENGTH(0);
		for (; mnl_attr_ok(attr, len); len -= MNL_ALIGN(attr->nla_len),
		    attr = mnl_attr_next(attr)) {
			if (mnl_attr_get_type(attr) == RTA_GATEWAY)
				via = attr;
			else
				whole = false;
		}
		if (!take_hop(r, via, nh->rtnh_ifindex, nh->rtnh_hops + 1u,
		    nh->rtnh_flags))
			whole = false;
		left -= (int)RTNH_ALIGN(nh->rtnh_len);
		nh = RTNH_NEXT(nh);
	}
	return whole;
}

static void
keep_extra(struct net_route *r, const struct nlattr *attr)
{
	size_t len = MNL_ALIGN(attr->nla_len);

	if (r->extra_len + len > sizeof(r->extra)) {
		r->opaque = true;
		return;
	}
	memcpy(r->extra + r->extra_len, attr, attr->nla_len);
	memset(r->extra + r->extra_len + attr->nla_len, 0,
	    len - attr->nla_len);
	r->extra_len += len;
}

static void
take_attr(struct net_route *r, const struct nlattr *attr,
    const struct nlattr **via, int *oif)
{
	switch (mnl_attr_get_type(attr)) {
	case RTA_TABLE:
		r->table = mnl_attr_get_u32(attr);
		break;
	case RTA_PRIORITY:
		r->metric = mnl_attr_get_u32(attr);
		break;
	case RTA_OIF:
		*oif = (int)mnl_attr_get_u32(attr);
		break;
	case RTA_GATEWAY:
		*via = attr;
		break;
	case RTA_PREFSRC:
		(void)take_via(attr, r->family, &r->prefsrc);
		break;
	case RTA_MULTIPATH:
		if (!take_multipath(r, attr))
			r->opaque = true;
		break;
	case RTA_CACHEINFO:
	case RTA_DST:
		break;
	case RTA_PREF:
		if (mnl_attr_get_payload_len(attr) == 1 &&
		    mnl_attr_get_u8(attr) == 0)
			break;		/* medium: what none means */
		keep_extra(r, attr);
		break;
	case RTA_METRICS:
	case RTA_FLOW:
		keep_extra(r, attr);
		break;
	default:
		/* Next hop objects, encapsulation, via another family ... */
		r->opaque = true;
	}
}

static bool
parse(const struct nlmsghdr *h, struct net_route *r)
{
	const struct rtmsg *rt = mnl_nlmsg_get_payload(h);
	const struct nlattr *attr, *via = NULL;
	int oif = 0;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*rt) ||
	    rt->rtm_dst_len != 0 || (rt->rtm_flags & RTM_F_CLONED) != 0 ||
	    (rt->rtm_family != AF_INET && rt->rtm_family != AF_INET6))
		return false;
	memset(r, 0, sizeof(*r));
	r->family = rt->rtm_family;
	r->table = rt->rtm_table;
	r->protocol = rt->rtm_protocol;
	r->scope = rt->rtm_scope;
	r->type = rt->rtm_type;
	r->tos = rt->rtm_tos;
	r->opaque = rt->rtm_src_len != 0;
	mnl_attr_for_each(attr, h, sizeof(*rt))
		take_attr(r, attr, &via, &oif);
	if (r->nhops == 0 && oif != 0 &&
	    !take_hop(r, via, oif, 1, rt->rtm_flags))
		r->opaque = true;
	return true;
}

static int
append(struct routes *l, const struct net_route *r)
{
	size_t cap = l->cap == 0 ? 8 : 2 * l->cap;
	struct net_route *list;

	if (l->n == l->cap) {
		list = realloc(l->r, cap * sizeof(*list));
		if (list == NULL)
			return -ENOMEM;
		l->r = list;
		l->cap = cap;
	}
	l->r[l->n++] = *r;
	return 0;
}

/*
 * IPv6 siblings that were added one by one are one route to us: the kernel
 * balances over them, and a replacement replaces all.
 */
static bool
fold(struct routes *l, const struct net_route *r)
{
	struct net_route *old;
	size_t i;

	if (r->family != AF_INET6 || r->nhops != 1)
		return false;
	for (i = 0; i < l->n; i++) {
		old = &l->r[i];
		if (old->table != r->table || old->metric != r->metric ||
		    old->protocol != r->protocol || old->opaque ||
		    r->opaque || old->nhops == 0 ||
		    old->hops[0].via.family == 0 ||
		    r->hops[0].via.family == 0 ||
		    old->nhops == NET_HOPS_MAX)
			continue;
		old->hops[old->nhops++] = r->hops[0];
		return true;
	}
	return false;
}

static int
take_route(const struct nlmsghdr *h, void *arg)
{
	struct routes *l = arg;
	struct net_route r;

	if (!parse(h, &r) || r.family != l->family ||
	    (l->table != 0 && r.table != l->table) || fold(l, &r))
		return 0;
	return append(l, &r);
}

static int
dump(struct sys *s, struct routes *l, bool filter)
{
	struct nlmsghdr *h = nl_request(s, RTM_GETROUTE, NLM_F_DUMP);
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));

	memset(rt, 0, sizeof(*rt));
	rt->rtm_family = (unsigned char)l->family;
	/* Only with strict checking is this heeded; else we sort it out. */
	if (filter && l->table != 0)
		mnl_attr_put_u32(h, RTA_TABLE, l->table);
	l->n = 0;
	return nl_talk(s, h, take_route, l);
}

int
sys_routes(struct sys *s, int family, uint32_t table, struct net_route **out,
    size_t *n)
{
	struct routes l = { .family = family, .table = table };
	bool filter = true;
	int rc = -EINTR, i;

	for (i = 0; i < DUMP_TRIES && rc == -EINTR; i++) {
		rc = dump(s, &l, filter);
		/* A table that has never had a route does not exist. */
		if (rc == -ENOENT)
			rc = 0;
		if (rc == -EINVAL && filter) {
			filter = false;
			rc = -EINTR;
		}
	}
	if (rc != 0) {
		free(l.r);
		return rc;
	}
	*out = l.r;
	*n = l.n;
	return 0;
}

static void
put_addr(struct nlmsghdr *h, uint16_t type, const struct net_addr *a)
{
	mnl_attr_put(h, type, a->family == AF_INET ? 4 : 16, a->bytes);
}

static void
put_multipath(struct nlmsghdr *h, const struct net_route *r)
{
	struct nlattr *nest = mnl_attr_nest_start(h, RTA_MULTIPATH);
	const struct net_hop *hop;
	struct rtnexthop *nh;
	size_t i;

	for (i = 0; i < r->nhops; i++) {
		hop = &r->hops[i];
		nh = mnl_nlmsg_put_extra_header(h, sizeof(*nh));
		memset(nh, 0, sizeof(*nh));
		nh->rtnh_ifindex = hop->index;
		nh->rtnh_hops = (unsigned char)(hop->weight - 1);
		nh->rtnh_flags = hop->onlink ? RTNH_F_ONLINK : 0;
		if (hop->via.family != 0)
			put_addr(h, RTA_GATEWAY, &hop->via);
		nh->rtnh_len = (unsigned short)((char *)
		    mnl_nlmsg_get_payload_tail(h) - (char *)nh);
	}
	mnl_attr_nest_end(h, nest);
}

static void
put_hops(struct nlmsghdr *h, struct rtmsg *rt, const struct net_route *r)
{
	const struct net_hop *hop = &r->hops[0];

	if (r->nhops > 1) {
		put_multipath(h, r);
		return;
	}
	if (r->nhops == 0)
		return;
	if (hop->onlink)
		rt->rtm_flags |= RTNH_F_ONLINK;
	if (hop->via.family != 0)
		put_addr(h, RTA_GATEWAY, &hop->via);
	mnl_attr_put_u32(h, RTA_OIF, (uint32_t)hop->index);
}

static struct nlmsghdr *
head(struct sys *s, const struct net_route *r, uint16_t type, uint16_t flags,
    struct rtmsg **rtp)
{
	struct nlmsghdr *h = nl_request(s, type, NLM_F_ACK | flags);
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));
	uint32_t metric = r->metric;

	memset(rt, 0, sizeof(*rt));
	rt->rtm_family = (unsigned char)r->family;
	rt->rtm_table = r->table < 256 ? (unsigned char)r->table :
	    RT_TABLE_UNSPEC;
	rt->rtm_protocol = r->protocol;
	rt->rtm_scope = r->scope;
	rt->rtm_type = r->type;
	rt->rtm_tos = r->tos;
	mnl_attr_put_u32(h, RTA_TABLE, r->table);
	if (r->family == AF_INET6 && metric == 0)
		metric = METRIC_V6;
	if (metric != 0)
		mnl_attr_put_u32(h, RTA_PRIORITY, metric);
	*rtp = rt;
	return h;
}

int
sys_route_set(struct sys *s, const struct net_route *r)
{
	struct rtmsg *rt;
	struct nlmsghdr *h;

	if (r->opaque || r->extra_len > sizeof(r->extra))
		return -EOPNOTSUPP;
	h = head(s, r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &rt);
	if (r->prefsrc.family != 0)
		put_addr(h, RTA_PREFSRC, &r->prefsrc);
	put_hops(h, rt, r);
	if (r->extra_len > 0) {
		memcpy(mnl_nlmsg_get_payload_tail(h), r->extra, r->extra_len);
		h->nlmsg_len += (uint32_t)r->extra_len;
	}
	return nl_talk(s, h, NULL, NULL);
}

int
sys_route_del(struct sys *s, const struct net_route *r)
{
	struct rtmsg *rt;
	struct nlmsghdr *h = head(s, r, RTM_DELROUTE, 0, &rt);

	/* Table, metric, protocol and tos name it; the hops do not matter. */
	rt->rtm_scope = RT_SCOPE_NOWHERE;
	return nl_talk(s, h, NULL, NULL);
}
