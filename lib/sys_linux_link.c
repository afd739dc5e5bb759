/* SPDX-License-Identifier: ISC */
/*
 * sys_linux_link: links, addresses and echo sockets.
 */
#include <sys/socket.h>

#include <errno.h>
#include <linux/filter.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/sys_linux.h"

#define ICMP_RCVBUF	(1024 * 1024)
#define DUMP_TRIES	5

struct list {
	char	*items;		/* of size each */
	size_t	 n, cap, size;
};

static int
list_add(struct list *l, const void *item)
{
	size_t cap = l->cap == 0 ? 16 : 2 * l->cap;
	char *items;

	if (l->n == l->cap) {
		items = realloc(l->items, cap * l->size);
		if (items == NULL)
			return -ENOMEM;
		l->items = items;
		l->cap = cap;
	}
	memcpy(l->items + l->n++ * l->size, item, l->size);
	return 0;
}

bool
nl_link(const struct nlmsghdr *h, struct net_link *out)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(h);
	const struct nlattr *at[IFLA_MAX + 1];
	struct nl_attrs a = { at, IFLA_MAX };
	const char *name;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*ifi))
		return false;
	nl_parse(h, sizeof(*ifi), &a);
	if (at[IFLA_IFNAME] == NULL ||
	    mnl_attr_validate(at[IFLA_IFNAME], MNL_TYPE_NUL_STRING) == -1)
		return false;
	name = mnl_attr_get_str(at[IFLA_IFNAME]);
	memset(out, 0, sizeof(*out));
	if (strlen(name) >= sizeof(out->name))
		return false;
	memcpy(out->name, name, strlen(name));
	out->index = ifi->ifi_index;
	out->up = (ifi->ifi_flags & IFF_UP) != 0;
	out->carrier = out->up && (ifi->ifi_flags & IFF_LOWER_UP) != 0 &&
	    (ifi->ifi_flags & IFF_DORMANT) == 0;
	out->loopback = (ifi->ifi_flags & IFF_LOOPBACK) != 0;
	return true;
}

static int
take_link(const struct nlmsghdr *h, void *arg)
{
	struct net_link l;

	return nl_link(h, &l) ? list_add(arg, &l) : 0;
}

static int
take_addr(const struct nlmsghdr *h, void *arg)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(h);
	const struct nlattr *at[IFA_MAX + 1], *local;
	struct nl_attrs a = { at, IFA_MAX };
	struct net_ifaddr out;
	uint32_t flags;
	size_t len;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*ifa) ||
	    (ifa->ifa_family != AF_INET && ifa->ifa_family != AF_INET6))
		return 0;
	nl_parse(h, sizeof(*ifa), &a);
	/* IFA_ADDRESS is the far end of a point-to-point link. */
	local = at[IFA_LOCAL] != NULL ? at[IFA_LOCAL] : at[IFA_ADDRESS];
	len = ifa->ifa_family == AF_INET ? 4 : 16;
	if (local == NULL || mnl_attr_get_payload_len(local) != len)
		return 0;
	flags = at[IFA_FLAGS] != NULL &&
	    mnl_attr_validate(at[IFA_FLAGS], MNL_TYPE_U32) == 0 ?
	    mnl_attr_get_u32(at[IFA_FLAGS]) : ifa->ifa_flags;
	memset(&out, 0, sizeof(out));
	out.index = (int)ifa->ifa_index;
	out.addr.family = ifa->ifa_family;
	memcpy(out.addr.bytes, mnl_attr_get_payload(local), len);
	out.prefixlen = ifa->ifa_prefixlen;
	out.global = ifa->ifa_scope == RT_SCOPE_UNIVERSE;
	out.usable = (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED |
	    IFA_F_DEPRECATED)) == 0 || (flags & IFA_F_OPTIMISTIC) != 0;
	return list_add(arg, &out);
}

/* A dump that changed under us is done again; a torn one is never used. */
static int
dump(struct sys *s, uint16_t type, size_t head, size_t size,
    nl_take_fn *take, void **out, size_t *n)
{
	struct list l = { .size = size };
	struct nlmsghdr *h;
	int rc = -EINTR, i;

	for (i = 0; i < DUMP_TRIES && rc == -EINTR; i++) {
		l.n = 0;
		h = nl_request(s, type, NLM_F_DUMP);
		memset(mnl_nlmsg_put_extra_header(h, head), 0, head);
		rc = nl_talk(s, h, take, &l);
	}
	if (rc != 0) {
		free(l.items);
		return rc;
	}
	*out = l.items;
	*n = l.n;
	return 0;
}

int
sys_links(struct sys *s, struct net_link **out, size_t *n)
{
	void *items = NULL;
	int rc = dump(s, RTM_GETLINK, sizeof(struct ifinfomsg),
	    sizeof(**out), take_link, &items, n);

	*out = items;
	return rc;
}

int
sys_addrs(struct sys *s, struct net_ifaddr **out, size_t *n)
{
	void *items = NULL;
	int rc = dump(s, RTM_GETADDR, sizeof(struct ifaddrmsg),
	    sizeof(**out), take_addr, &items, n);

	*out = items;
	return rc;
}

/*
 * A raw socket sees every reply that enters by the device; the filter lets
 * only ours wake us.  IPv4 has the IP header in front, IPv6 has not.
 */
static int
attach_filter(int fd, int family, uint16_t id)
{
	struct sock_filter v4[] = {
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_ECHOREPLY, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, id, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_filter v6[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMPV6_ECHO_REPLY, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, id, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = {
		.len = family == AF_INET ? 7 : 6,
		.filter = family == AF_INET ? v4 : v6,
	};
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
	    sizeof(prog)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on,
	    sizeof(on)) == -1)
		return -errno;
	return 0;
}

static int
set_up(int fd, int family, const char *ifname, uint16_t id)
{
	int on = 1, size = ICMP_RCVBUF, level, name, rc;
	char drain[64];

	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, ifname,
	    (socklen_t)strlen(ifname)) == -1)
		return -errno;
	rc = attach_filter(fd, family, id);
	if (rc != 0)
		return rc;
	/* What came between socket(2) and the filter. */
	while (recv(fd, drain, sizeof(drain), MSG_DONTWAIT) >= 0)
		;
	level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	name = family == AF_INET ? IP_PKTINFO : IPV6_RECVPKTINFO;
	if (setsockopt(fd, level, name, &on, sizeof(on)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on,
	    sizeof(on)) == -1)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
	    sizeof(size)) == -1)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
		    sizeof(size));
	return 0;
}

int
sys_icmp_open(int family, const char *ifname, uint16_t id, int *out)
{
	int fd, rc;

	fd = socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	if (fd == -1)
		return -errno;
	rc = set_up(fd, family, ifname, id);
	if (rc != 0) {
		close(fd);
		return rc;
	}
	*out = fd;
	return 0;
}
