/* SPDX-License-Identifier: ISC */
/*
 * sys_linux_find: what the kernel would do with one packet, asked with
 * RTM_GETROUTE; no power is needed.  See rtnetlink(7), ip-sysctl.
 */
#include "lib/sys_linux.h"

#include <sys/socket.h>

#include <net/if.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef RTM_F_FIB_MATCH
#define RTM_F_FIB_MATCH	0x2000
#endif

struct found {
	struct net_route	*out;
	bool			 any;
};

static int
take_found(const struct nlmsghdr *h, void *arg)
{
	struct found *f = arg;

	f->any = nl_route(h, f->out);
	return 0;
}

/* The question: to dst, from src unless that is NULL. */
static struct nlmsghdr *
question(struct sys *s, const struct net_addr *dst, const struct net_addr *src,
    unsigned flags)
{
	struct nlmsghdr *h = nl_request(s, RTM_GETROUTE, NLM_F_ACK);
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));
	unsigned char bits = dst->family == AF_INET ? 32 : 128;

	memset(rt, 0, sizeof(*rt));
	rt->rtm_family = (unsigned char)dst->family;
	rt->rtm_flags = flags;
	rt->rtm_dst_len = bits;
	nl_put_addr(h, RTA_DST, dst);
	if (src != NULL) {
		rt->rtm_src_len = bits;
		nl_put_addr(h, RTA_SRC, src);
	}
	return h;
}

/* Of several hops the one by the interface is taken. */
static int
keep_hop(struct net_route *r, int ifindex)
{
	size_t i;

	for (i = 0; i < r->nhops; i++) {
		if (r->hops[i].index != ifindex)
			continue;
		r->hops[0] = r->hops[i];
		r->hops[0].weight = 1;
		memset(&r->hops[1], 0, (NET_HOPS_MAX - 1) * sizeof(r->hops[0]));
		r->nhops = 1;
		return 0;
	}
	return -ENETUNREACH;
}

int
sys_route_find(struct sys *s, const struct net_addr *dst, int ifindex,
    struct net_route *out)
{
	struct found f = { out, false };
	struct nlmsghdr *h;
	int rc;

	memset(out, 0, sizeof(*out));
	if ((dst->family != AF_INET && dst->family != AF_INET6) ||
	    ifindex <= 0)
		return -EINVAL;
	/*
	 * Without the second flag IPv4 names main, whatever the table; IPv6
	 * refuses it.
	 */
	h = question(s, dst, NULL, RTM_F_FIB_MATCH |
	    (dst->family == AF_INET ? RTM_F_LOOKUP_TABLE : 0u));
	mnl_attr_put_u32(h, RTA_OIF, (uint32_t)ifindex);
	rc = nl_talk(s, h, take_found, &f);
	/* IPv4's word for a guess that rests on no route. */
	if (rc == -EHOSTUNREACH || (rc == 0 && !f.any))
		return -ENETUNREACH;
	if (rc != 0)
		return rc;
	return out->type == RTN_UNICAST ? keep_hop(out, ifindex) :
	    -ENETUNREACH;
}

static int
read_filter(const char *name)
{
	char path[64 + IF_NAMESIZE], c = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/rp_filter",
	    name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	if (read(fd, &c, 1) != 1)
		c = 0;
	close(fd);
	return c >= '0' && c <= '9' ? c - '0' : -1;
}

/* The greater of both settings counts; true if it cannot be known. */
static bool
may_filter(int ifindex)
{
	char name[IF_NAMESIZE];
	int all = read_filter("all"), own;

	if (if_indextoname((unsigned)ifindex, name) == NULL)
		return true;
	own = read_filter(name);
	return all != 0 || own != 0;
}

int
sys_reply_check(struct sys *s, const struct net_addr *src,
    const struct net_addr *dst, int ifindex)
{
	struct nlmsghdr *h;
	int rc;

	if (src->family != dst->family || ifindex <= 0 ||
	    (src->family != AF_INET && src->family != AF_INET6))
		return -EINVAL;
	/* IPv6 has no such filter. */
	if (src->family == AF_INET6)
		return 0;
	h = question(s, dst, src, 0);
	mnl_attr_put_u32(h, RTA_IIF, (uint32_t)ifindex);
	rc = nl_talk(s, h, NULL, NULL);
	/* Since Linux 6.13 it says EINVAL for EXDEV, as for other reasons. */
	if (rc == -EINVAL && may_filter(ifindex))
		rc = -EXDEV;
	return rc;
}
