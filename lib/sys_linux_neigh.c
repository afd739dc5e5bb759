/* SPDX-License-Identifier: ISC */
/*
 * sys_linux_neigh: sockets for ARP and neighbour discovery.  Whoever gets one
 * sees nothing but ARP replies, or neighbour advertisements, of one device.
 * With the raw one for ICMPv6 it can send by that device only; a packet socket
 * cannot be tied so: its holder could send any frame by any device.  See
 * packet(7), raw(7), packet filters in socket(7).
 */
#include "lib/sys_linux.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <net/if.h>

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/must.h"

#define ND_HOPS		255	/* RFC 4861, 7.1: it came from no router */
#define DRAIN_MAX	100000
#define CONTROL_BYTES	256

#define LEN(a)	(sizeof(a) / sizeof((a)[0]))

union control {
	struct cmsghdr	head;
	char		bytes[CONTROL_BYTES];
};

/* 0, and the index; -ENODEV, -EOPNOTSUPP. */
static int
check_device(int fd, const char *ifname, int *index)
{
	size_t len = strlen(ifname);
	struct ifreq r;
	unsigned flags;

	memset(&r, 0, sizeof(r));
	if (len == 0 || len >= sizeof(r.ifr_name))
		return -ENODEV;
	memcpy(r.ifr_name, ifname, len);
	if (ioctl(fd, SIOCGIFINDEX, &r) == -1)
		return -errno;
	*index = r.ifr_ifindex;
	if (ioctl(fd, SIOCGIFFLAGS, &r) == -1)
		return -errno;
	flags = (unsigned short)r.ifr_flags;
	if (ioctl(fd, SIOCGIFHWADDR, &r) == -1)
		return -errno;
	return nl_ethernet(flags, r.ifr_hwaddr.sa_family) ? 0 : -EOPNOTSUPP;
}

/* Locked, for it is handed to a process that is not to be trusted. */
static int
attach(int fd, struct sock_filter *code, size_t n)
{
	struct sock_fprog prog = { .len = (unsigned short)n, .filter = code };
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
	    sizeof(prog)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on,
	    sizeof(on)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on,
	    sizeof(on)) == -1)
		return -errno;
	return 0;
}

/*
 * Protocol and device are looked at, too: the socket could be bound anew to
 * others without any power.
 */
static int
filter_arp(int fd, int index)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS,
		    (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    (uint32_t)(SKF_AD_OFF + SKF_AD_IFINDEX)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)index, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARPOP_REPLY, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	return attach(fd, code, LEN(code));
}

/* Until it is bound it gets nothing, and then by its filter only. */
static int
set_up_arp(int fd, const char *ifname)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
	    .sll_protocol = htons(ETH_P_ARP) };
	int rc = check_device(fd, ifname, &at.sll_ifindex);

	if (rc == 0)
		rc = filter_arp(fd, at.sll_ifindex);
	if (rc != 0)
		return rc;
	return bind(fd, (struct sockaddr *)&at, sizeof(at)) == -1 ? -errno : 0;
}

static int
filter_nd(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_NEIGHBOR_ADVERT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct icmp6_filter f;
	int rc = attach(fd, code, LEN(code));

	if (rc != 0)
		return rc;
	/* Cheaper: looked at before the packet is cloned for us. */
	ICMP6_FILTER_SETBLOCKALL(&f);
	ICMP6_FILTER_SETPASS(ND_NEIGHBOR_ADVERT, &f);
	return setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &f,
	    sizeof(f)) == -1 ? -errno : 0;
}

static int
set_up_nd(int fd, const char *ifname)
{
	static const struct { int name, value; } opts[] = {
		{ IPV6_UNICAST_HOPS, ND_HOPS },
		{ IPV6_MULTICAST_HOPS, ND_HOPS },
		{ IPV6_MULTICAST_LOOP, 0 },
		{ IPV6_RECVHOPLIMIT, 1 },
		{ IPV6_RECVPKTINFO, 1 },
	};
	char drain[16];
	int rc, index;
	size_t i;

	rc = check_device(fd, ifname, &index);
	if (rc == 0)
		rc = sys_bind_device(fd, ifname);
	if (rc == 0)
		rc = filter_nd(fd);
	if (rc != 0)
		return rc;
	/* What came before was not filtered, and has no details. */
	for (i = 0; i < DRAIN_MAX; i++)
		if (recv(fd, drain, sizeof(drain), MSG_DONTWAIT) == -1 &&
		    errno != EINTR)
			break;
	for (i = 0; i < LEN(opts); i++)
		if (setsockopt(fd, IPPROTO_IPV6, opts[i].name, &opts[i].value,
		    sizeof(opts[i].value)) == -1)
			return -errno;
	return 0;
}

static int
open_as(int domain, int type, int protocol, const char *ifname,
    int (*set_up)(int, const char *), int *out)
{
	int fd, rc;

	fd = socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	if (fd == -1)
		return -errno;
	rc = set_up(fd, ifname);
	if (rc != 0) {
		close(fd);
		return rc;
	}
	*out = fd;
	return 0;
}

int
sys_arp_open(const char *ifname, int *fd)
{
	return open_as(AF_PACKET, SOCK_DGRAM, 0, ifname, set_up_arp, fd);
}

int
sys_nd_open(const char *ifname, int *fd)
{
	return open_as(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6, ifname, set_up_nd,
	    fd);
}

static int
send_arp(int fd, const struct sys_frame *f)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
	    .sll_protocol = htons(ETH_P_ARP), .sll_ifindex = f->ifindex,
	    .sll_halen = NET_LLADDR };
	ssize_t n;

	memcpy(to.sll_addr, f->lladdr, NET_LLADDR);
	do
		n = sendto(fd, f->bytes, f->len, MSG_DONTWAIT,
		    (struct sockaddr *)&to, sizeof(to));
	while (n == -1 && errno == EINTR);
	return n == -1 ? -errno : 0;
}

/* The source is ours to choose: the answer will be sent to it. */
static int
send_nd(int fd, const struct sys_frame *f)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6,
	    .sin6_scope_id = (uint32_t)f->ifindex };
	struct in6_pktinfo info = { .ipi6_ifindex = (unsigned)f->ifindex };
	struct iovec iov = { (void *)(uintptr_t)f->bytes, f->len };
	union control control;
	struct msghdr m = { .msg_name = &to, .msg_namelen = sizeof(to),
	    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
	    .msg_controllen = CMSG_SPACE(sizeof(info)) };
	struct cmsghdr *c;
	ssize_t n;

	memcpy(&to.sin6_addr, f->dst.bytes, sizeof(to.sin6_addr));
	memcpy(&info.ipi6_addr, f->src.bytes, sizeof(info.ipi6_addr));
	memset(&control, 0, sizeof(control));
	c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
	do
		n = sendmsg(fd, &m, MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	return n == -1 ? -errno : 0;
}

int
sys_frame_send(int family, int fd, const struct sys_frame *f)
{
	MUST(f->len <= sizeof(f->bytes));
	return family == AF_INET ? send_arp(fd, f) : send_nd(fd, f);
}

static void
read_control(struct msghdr *m, struct sys_frame *f)
{
	struct in6_pktinfo info;
	struct timespec ts;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&ts, CMSG_DATA(c), sizeof(ts));
			f->stamp_ns = (int64_t)ts.tv_sec * NS_PER_S +
			    ts.tv_nsec;
		} else if (c->cmsg_level != IPPROTO_IPV6) {
			continue;
		} else if (c->cmsg_type == IPV6_HOPLIMIT) {
			memcpy(&f->hops, CMSG_DATA(c), sizeof(f->hops));
		} else if (c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			f->ifindex = (int)info.ipi6_ifindex;
			f->dst.family = AF_INET6;
			memcpy(f->dst.bytes, &info.ipi6_addr, 16);
		}
	}
}

static void
read_sender(const struct sockaddr_storage *from, struct sys_frame *f)
{
	struct sockaddr_in6 in6;
	struct sockaddr_ll ll;

	if (from->ss_family == AF_INET6) {
		memcpy(&in6, from, sizeof(in6));
		f->src.family = AF_INET6;
		memcpy(f->src.bytes, &in6.sin6_addr, 16);
	} else if (from->ss_family == AF_PACKET) {
		memcpy(&ll, from, sizeof(ll));
		f->ifindex = ll.sll_ifindex;
		f->overheard = ll.sll_pkttype == PACKET_OTHERHOST ||
		    ll.sll_pkttype == PACKET_OUTGOING;
		if (ll.sll_halen == NET_LLADDR)
			memcpy(f->lladdr, ll.sll_addr, NET_LLADDR);
	}
}

int
sys_frame_recv(int family, int fd, struct sys_frame *f)
{
	struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
	struct iovec iov = { f->bytes, sizeof(f->bytes) };
	union control control;
	struct msghdr m = { .msg_name = &from, .msg_namelen = sizeof(from),
	    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
	    .msg_controllen = sizeof(control.bytes) };
	ssize_t n;

	MUST(family == AF_INET || family == AF_INET6);
	memset(f, 0, offsetof(struct sys_frame, bytes));
	f->hops = -1;
	do
		n = recvmsg(fd, &m, MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return -errno;
	if ((m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
		return -EMSGSIZE;
	f->len = (size_t)n;
	read_control(&m, f);
	read_sender(&from, f);
	return 0;
}
