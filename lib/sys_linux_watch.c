/* SPDX-License-Identifier: ISC */
/*
 * sys_linux_watch: what the kernel tells without being asked.  A notice is a
 * hint to look again; what does not concern links, addresses, default routes
 * or rules is dropped here.
 */
#include "lib/sys_linux.h"

#include <sys/socket.h>

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "lib/must.h"

/* Some 10 000 notices of a burst fit. */
#define WATCH_RCVBUF	(8 * 1024 * 1024)

#define GROUP(n)	(1u << ((n) - 1))

int
sys_watch(struct sys *s, unsigned what, int *fd)
{
	unsigned groups = 0;
	int rc;

	MUST(s->watch == NULL);
	if ((what & SYS_WATCH_LINKS) != 0)
		groups |= GROUP(RTNLGRP_LINK) | GROUP(RTNLGRP_IPV4_IFADDR) |
		    GROUP(RTNLGRP_IPV6_IFADDR);
	if ((what & SYS_WATCH_ROUTES) != 0)
		groups |= GROUP(RTNLGRP_IPV4_ROUTE) |
		    GROUP(RTNLGRP_IPV6_ROUTE) | GROUP(RTNLGRP_IPV4_RULE) |
		    GROUP(RTNLGRP_IPV6_RULE);
	rc = nl_open(&s->watch, s->bus, groups, SOCK_NONBLOCK,
	    WATCH_RCVBUF);
	if (rc == 0)
		*fd = mnl_socket_get_fd(s->watch);
	return rc;
}

static bool
note_addr(const struct nlmsghdr *h, struct sys_notice *n)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(h);

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*ifa))
		return false;
	n->kind = SYS_NOTICE_ADDR;
	n->gone = h->nlmsg_type == RTM_DELADDR;
	n->family = ifa->ifa_family;
	n->link.index = (int)ifa->ifa_index;
	return true;
}

static bool
note_route(const struct nlmsghdr *h, struct sys_notice *n)
{
	const struct rtmsg *rt = mnl_nlmsg_get_payload(h);
	const struct nlattr *attr;
	bool hops = false;
	uint32_t oif = 0;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*rt) ||
	    rt->rtm_dst_len != 0 || (rt->rtm_flags & RTM_F_CLONED) != 0 ||
	    rt->rtm_type == RTN_MULTICAST)
		return false;
	n->kind = SYS_NOTICE_ROUTE;
	n->gone = h->nlmsg_type == RTM_DELROUTE;
	n->family = rt->rtm_family;
	mnl_attr_for_each(attr, h, sizeof(*rt)) {
		if (mnl_attr_get_type(attr) == RTA_OIF)
			(void)nl_u32(attr, &oif);
		/* Beside it IPv6 names one of them as its own. */
		hops |= mnl_attr_get_type(attr) == RTA_MULTIPATH;
	}
	n->link.index = hops ? 0 : (int)oif;
	return true;
}

static bool
note_rule(const struct nlmsghdr *h, struct sys_notice *n)
{
	const struct rtgenmsg *gen = mnl_nlmsg_get_payload(h);

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*gen))
		return false;
	n->kind = SYS_NOTICE_RULE;
	n->gone = h->nlmsg_type == RTM_DELRULE;
	n->family = gen->rtgen_family;
	return true;
}

static bool
note(const struct sys *s, const struct nlmsghdr *h, struct sys_notice *n)
{
	/* The echo of what this handle wrote is no news to it. */
	bool own = h->nlmsg_pid == s->port;

	memset(n, 0, sizeof(*n));
	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		n->kind = SYS_NOTICE_LINK;
		n->gone = h->nlmsg_type == RTM_DELLINK;
		return nl_link(h, &n->link);
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return note_addr(h, n);
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return !own && note_route(h, n);
	case RTM_NEWRULE:
	case RTM_DELRULE:
		return !own && note_rule(h, n);
	default:
		return false;
	}
}

int
sys_watch_next(struct sys *s, struct sys_notice *n)
{
	const struct nlmsghdr *h;
	ssize_t got;
	int left;

	MUST(s->watch != NULL);
	for (;;) {
		while (s->left > 0 && mnl_nlmsg_ok(s->next, (int)s->left)) {
			h = s->next;
			left = (int)s->left;
			s->next = mnl_nlmsg_next(h, &left);
			s->left = left > 0 ? (size_t)left : 0;
			if (note(s, h, n))
				return 1;
		}
		s->left = 0;
		got = mnl_socket_recvfrom(s->watch, s->notes,
		    sizeof(s->notes));
		if (got == -1 && errno == EINTR)
			continue;
		/* One too large for us is lost too. */
		if (got == -1 && errno == ENOSPC)
			return -ENOBUFS;
		if (got == -1)
			return errno == EAGAIN ? 0 : -errno;
		s->next = (const struct nlmsghdr *)(void *)s->notes;
		s->left = (size_t)got;
	}
}
