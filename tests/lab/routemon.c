/* SPDX-License-Identifier: ISC */
/*
 * routemon: tells every notice of the kernel about routes, rules and links, one
 * a line, until it is ended:
 *	MONO_NS route|rule set|gone inet|inet6 DESTINATION table=N protocol=N
 *	    [metric=N] [via ADDRESS] [dev INDEX] [hops=N]
 *	MONO_NS link set|gone NAME up|down carrier|dead
 * The first line is "MONO_NS ready".  MONO_NS is taken when the notice is
 * read; with SO_RCVBUFFORCE as large as it may be nothing is lost here.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

#include "lib/clock.h"

static void
print_addr(const char *word, int family, const struct nlattr *at)
{
	char text[INET6_ADDRSTRLEN] = "?";

	inet_ntop(family, mnl_attr_get_payload(at), text, sizeof(text));
	printf(" %s%s", word, text);
}

static unsigned
count_hops(const struct nlattr *at)
{
	const struct rtnexthop *nh = mnl_attr_get_payload(at);
	int left = (int)mnl_attr_get_payload_len(at);
	unsigned n = 0;

	for (; RTNH_OK(nh, left); nh = RTNH_NEXT(nh), n++)
		left -= (int)RTNH_ALIGN(nh->rtnh_len);
	return n;
}

static void
print_route(const struct nlmsghdr *nlh)
{
	const struct rtmsg *r = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *at, *at_of[RTA_MAX + 1] = { NULL };

	mnl_attr_for_each(at, nlh, sizeof(*r))
		if (mnl_attr_get_type(at) <= RTA_MAX)
			at_of[mnl_attr_get_type(at)] = at;
	printf("route %s %s", nlh->nlmsg_type == RTM_NEWROUTE ? "set" : "gone",
	    r->rtm_family == AF_INET ? "inet" : "inet6");
	if (at_of[RTA_DST] != NULL)
		print_addr("", r->rtm_family, at_of[RTA_DST]);
	else
		printf(" default");
	printf("/%u table=%u protocol=%u type=%u", r->rtm_dst_len,
	    at_of[RTA_TABLE] != NULL ? mnl_attr_get_u32(at_of[RTA_TABLE]) :
	    r->rtm_table, r->rtm_protocol, r->rtm_type);
	if (at_of[RTA_PRIORITY] != NULL)
		printf(" metric=%u", mnl_attr_get_u32(at_of[RTA_PRIORITY]));
	if (at_of[RTA_GATEWAY] != NULL)
		print_addr("via ", r->rtm_family, at_of[RTA_GATEWAY]);
	if (at_of[RTA_OIF] != NULL)
		printf(" dev %u", mnl_attr_get_u32(at_of[RTA_OIF]));
	if (at_of[RTA_MULTIPATH] != NULL)
		printf(" hops=%u", count_hops(at_of[RTA_MULTIPATH]));
}

static void
print_rule(const struct nlmsghdr *nlh)
{
	const struct fib_rule_hdr *r = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *at;
	unsigned table = r->table, protocol = 0, priority = 0;

	mnl_attr_for_each(at, nlh, sizeof(*r))
		switch (mnl_attr_get_type(at)) {
		case FRA_TABLE:
			table = mnl_attr_get_u32(at);
			break;
		case FRA_PROTOCOL:
			protocol = mnl_attr_get_u8(at);
			break;
		case FRA_PRIORITY:
			priority = mnl_attr_get_u32(at);
			break;
		default:
			break;
		}
	printf("rule %s %s %u table=%u protocol=%u",
	    nlh->nlmsg_type == RTM_NEWRULE ? "set" : "gone",
	    r->family == AF_INET ? "inet" : "inet6", priority, table, protocol);
}

static void
print_link(const struct nlmsghdr *nlh)
{
	const struct ifinfomsg *l = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *at;
	const char *name = "?";

	mnl_attr_for_each(at, nlh, sizeof(*l))
		if (mnl_attr_get_type(at) == IFLA_IFNAME)
			name = mnl_attr_get_str(at);
	printf("link %s %s %s %s", nlh->nlmsg_type == RTM_NEWLINK ? "set" :
	    "gone", name, (l->ifi_flags & IFF_UP) != 0 ? "up" : "down",
	    (l->ifi_flags & IFF_LOWER_UP) != 0 ? "carrier" : "dead");
}

static int
each(const struct nlmsghdr *nlh, void *arg)
{
	(void)arg;
	printf("%" PRId64 " ", clock_mono_ns());
	switch (nlh->nlmsg_type) {
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		print_route(nlh);
		break;
	case RTM_NEWRULE:
	case RTM_DELRULE:
		print_rule(nlh);
		break;
	case RTM_NEWLINK:
	case RTM_DELLINK:
		print_link(nlh);
		break;
	default:
		printf("message type=%u", nlh->nlmsg_type);
	}
	printf("\n");
	return MNL_CB_OK;
}

int
main(void)
{
	static _Alignas(8) char buf[65536];
	static const int groups[] = { RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
	    RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE, RTNLGRP_LINK };
	struct mnl_socket *nl = mnl_socket_open(NETLINK_ROUTE);
	int size = 64 << 20, group;
	ssize_t n;
	size_t i;

	if (nl == NULL || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		err(1, "netlink");
	if (setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVBUFFORCE,
	    &size, sizeof(size)) == -1)
		(void)setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVBUF,
		    &size, sizeof(size));
	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		group = groups[i];
		if (mnl_socket_setsockopt(nl, NETLINK_ADD_MEMBERSHIP, &group,
		    sizeof(group)) < 0)
			err(1, "group %d", group);
	}
	printf("%" PRId64 " ready\n", clock_mono_ns());
	for (;;) {
		fflush(stdout);
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (n < 0 && errno == ENOBUFS)
			printf("%" PRId64 " overrun\n", clock_mono_ns());
		else if (n < 0)
			err(1, "receive");
		else
			(void)mnl_cb_run(buf, (size_t)n, 0, 0, each, NULL);
	}
}
