/* SPDX-License-Identifier: ISC */
/*
 * sys_linux_route: default routes, read and written.  Attributes that are not
 * understood are carried along as they are, so that rewriting a route changes
 * nothing but its hops.  See rtnetlink(7).
 */
#include "lib/sys_linux.h"

#include <sys/socket.h>

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#define METRIC_V6	1024	/* IP6_RT_PRIO_USER: what 0 becomes */

struct which {
	int		 family;
	uint32_t	 table;		/* 0 = all */
	bool		 filter;	/* the kernel is to sort */
};

struct routes {
	struct nl_list	 list;		/* first: nl_dump knows it alone */
	struct which	 which;
};

static bool
take_hop(struct net_route *r, const struct nlattr *via, int index,
    unsigned weight, unsigned flags)
{
	struct net_hop *hop;

	if (r->nhops == NET_HOPS_MAX)
		return false;
	hop = &r->hops[r->nhops];
	memset(hop, 0, sizeof(*hop));
	if (via != NULL && !nl_addr(via, r->family, &hop->via))
		return false;
	hop->index = index;
	hop->weight = weight;
	hop->onlink = (flags & RTNH_F_ONLINK) != 0;
	hop->dead = (flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN)) != 0;
	r->nhops++;
	return true;
}

/* False if a hop has something that could not be written back. */
static bool
take_nexthop(struct net_route *r, const struct rtnexthop *nh)
{
	const struct nlattr *attr, *via = NULL;
	int len = nh->rtnh_len - (int)RTNH_LENGTH(0);
	bool whole = true;

	attr = (const struct nlattr *)(const void *)RTNH_DATA(nh);
	for (; mnl_attr_ok(attr, len); len -= (int)MNL_ALIGN(attr->nla_len),
	    attr = mnl_attr_next(attr)) {
		if (mnl_attr_get_type(attr) == RTA_GATEWAY)
			via = attr;
		else
			whole = false;
	}
	return take_hop(r, via, nh->rtnh_ifindex, nh->rtnh_hops + 1u,
	    nh->rtnh_flags) && whole;
}

static bool
take_multipath(struct net_route *r, const struct nlattr *mp)
{
	const struct rtnexthop *nh = mnl_attr_get_payload(mp);
	int left = mnl_attr_get_payload_len(mp);
	bool whole = true;

	while (left >= (int)sizeof(*nh) && RTNH_OK(nh, left)) {
		if (!take_nexthop(r, nh))
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
	/* The padding stays zero: it is compared. */
	memcpy(r->extra + r->extra_len, attr, attr->nla_len);
	r->extra_len += len;
}

/* What a single hop has is outside of RTA_MULTIPATH. */
struct single {
	const struct nlattr	*via;
	uint32_t		 oif;
};

/* False if it cannot be written back. */
static bool
take_attr(struct net_route *r, const struct nlattr *attr, struct single *one)
{
	uint8_t pref;

	switch (mnl_attr_get_type(attr)) {
	case RTA_TABLE:
		return nl_u32(attr, &r->table);
	case RTA_PRIORITY:
		return nl_u32(attr, &r->metric);
	case RTA_OIF:
		return nl_u32(attr, &one->oif);
	case RTA_GATEWAY:
		one->via = attr;
		return true;
	case RTA_PREFSRC:
		return nl_addr(attr, r->family, &r->prefsrc);
	case RTA_MULTIPATH:
		return take_multipath(r, attr);
	case RTA_CACHEINFO:
		return true;
	case RTA_PREF:
		/* IPv6 always shows one; 0, medium, is what none means. */
		if (nl_u8(attr, &pref) && pref == 0)
			return true;
		/* FALLTHROUGH */
	case RTA_METRICS:
	case RTA_FLOW:
		keep_extra(r, attr);
		return true;
	default:
		/*
		 * Next hop objects, encapsulation, a gateway of another
		 * family; and what a later kernel may bring: some of that
		 * is shown only, and refused when written.
		 */
		return false;
	}
}

bool
nl_route(const struct nlmsghdr *h, struct net_route *r)
{
	const struct rtmsg *rt = mnl_nlmsg_get_payload(h);
	struct single one = { NULL, 0 };
	const struct nlattr *attr;

	if (h->nlmsg_type != RTM_NEWROUTE ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*rt) ||
	    (rt->rtm_flags & RTM_F_CLONED) != 0 ||
	    (rt->rtm_family != AF_INET && rt->rtm_family != AF_INET6))
		return false;
	memset(r, 0, sizeof(*r));
	r->family = rt->rtm_family;
	r->table = rt->rtm_table;
	r->protocol = rt->rtm_protocol;
	r->scope = rt->rtm_scope;
	r->type = rt->rtm_type;
	r->tos = rt->rtm_tos;
	/* IPv6 may route by the source too. */
	r->opaque = rt->rtm_src_len != 0;
	mnl_attr_for_each(attr, h, sizeof(*rt))
		if (!take_attr(r, attr, &one))
			r->opaque = true;
	if (r->nhops == 0 && one.oif != 0 &&
	    !take_hop(r, one.via, (int)one.oif, 1, rt->rtm_flags))
		r->opaque = true;
	return true;
}

/*
 * Those over which the kernel balances: not the ones that router
 * advertisements made, of which it picks one.
 */
static bool
is_sibling(const struct net_route *r)
{
	return r->family == AF_INET6 && !r->opaque && r->nhops > 0 &&
	    r->type == RTN_UNICAST && r->hops[0].via.family != 0 &&
	    r->protocol != RTPROT_RA && r->protocol != RTPROT_REDIRECT;
}

/*
 * IPv6 siblings of one metric are one route to us, as they are to a
 * replacement.  Present kernels show them in one message, older ones did not.
 */
static bool
fold(struct routes *l, const struct net_route *r)
{
	struct net_route *old = (struct net_route *)(void *)l->list.items;
	size_t i;

	if (!is_sibling(r) || r->nhops != 1)
		return false;
	for (i = 0; i < l->list.n; i++) {
		if (!is_sibling(&old[i]) || old[i].table != r->table ||
		    old[i].metric != r->metric ||
		    old[i].nhops == NET_HOPS_MAX)
			continue;
		old[i].hops[old[i].nhops++] = r->hops[0];
		return true;
	}
	return false;
}

static int
take_route(const struct nlmsghdr *h, void *arg)
{
	const struct rtmsg *rt = mnl_nlmsg_get_payload(h);
	struct routes *l = arg;
	struct net_route r;

	if (!nl_route(h, &r) || rt->rtm_dst_len != 0 ||
	    r.family != l->which.family ||
	    (l->which.table != 0 && r.table != l->which.table) ||
	    fold(l, &r))
		return 0;
	return nl_list_add(&l->list, &r);
}

static void
ask(struct nlmsghdr *h, const void *arg)
{
	const struct which *which = arg;
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));

	memset(rt, 0, sizeof(*rt));
	rt->rtm_family = (unsigned char)which->family;
	if (which->filter && which->table != 0)
		mnl_attr_put_u32(h, RTA_TABLE, which->table);
}

int
sys_routes(struct sys *s, int family, uint32_t table, struct net_route **out,
    size_t *n)
{
	struct routes l = { { .size = sizeof(**out) },
	    { family, table, true } };
	int rc;

	rc = nl_dump(s, RTM_GETROUTE, ask, &l.which, take_route, &l.list);
	if (rc == -EINVAL && table != 0) {
		l.which.filter = false;
		rc = nl_dump(s, RTM_GETROUTE, ask, &l.which, take_route,
		    &l.list);
	}
	/* A table that has never had a route does not exist. */
	if (rc == -ENOENT)
		rc = 0;
	*out = (struct net_route *)(void *)l.list.items;
	*n = l.list.n;
	return rc;
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
			nl_put_addr(h, RTA_GATEWAY, &hop->via);
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
		nl_put_addr(h, RTA_GATEWAY, &hop->via);
	else if (r->family == AF_INET && r->scope == RT_SCOPE_UNIVERSE)
		rt->rtm_scope = RT_SCOPE_LINK;
	mnl_attr_put_u32(h, RTA_OIF, (uint32_t)hop->index);
}

static struct rtmsg *
put_head(struct nlmsghdr *h, const struct net_route *r)
{
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
	return rt;
}

/* Of what we keep, or what was made by hand: the message must hold it. */
static int
check(const struct net_route *r)
{
	size_t i;

	if (r->opaque)
		return -EOPNOTSUPP;
	if ((r->family != AF_INET && r->family != AF_INET6) ||
	    r->nhops > NET_HOPS_MAX || r->extra_len > sizeof(r->extra) ||
	    r->extra_len % MNL_ALIGNTO != 0 || r->table == 0)
		return -EINVAL;
	for (i = 0; i < r->nhops; i++)
		if (r->hops[i].weight < 1 || r->hops[i].weight > 256 ||
		    (r->hops[i].via.family != 0 &&
		    r->hops[i].via.family != r->family))
			return -EINVAL;
	return 0;
}

int
sys_route_set(struct sys *s, const struct net_route *r)
{
	struct rtmsg *rt;
	struct nlmsghdr *h;
	int rc = check(r);

	if (rc != 0)
		return rc;
	h = nl_request(s, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE |
	    NLM_F_REPLACE);
	rt = put_head(h, r);
	if (r->prefsrc.family != 0)
		nl_put_addr(h, RTA_PREFSRC, &r->prefsrc);
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
	struct nlmsghdr *h;
	struct rtmsg *rt;

	if (r->table == 0 || r->protocol == 0 ||
	    (r->family != AF_INET && r->family != AF_INET6))
		return -EINVAL;
	h = nl_request(s, RTM_DELROUTE, NLM_F_ACK);
	rt = put_head(h, r);
	/* Its hops may have changed since it was read: any scope, any hop. */
	rt->rtm_scope = RT_SCOPE_NOWHERE;
	return nl_talk(s, h, NULL, NULL);
}
