/* SPDX-License-Identifier: ISC */
/*
 * sys_linux_icmp: echo sockets.  Whoever gets one can send ICMP by one device
 * and sees nothing but echo replies with its own id.  See raw(7), packet
 * filters in socket(7).
 */
#include "lib/sys.h"

#include <sys/socket.h>

#include <errno.h>
#include <linux/filter.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#define ICMP_RCVBUF	(256 * 1024)
#define DRAIN_MAX	100000

#define LEN(a)	(sizeof(a) / sizeof((a)[0]))

/*
 * A raw socket sees every reply that enters by the device; the filter lets
 * only ours wake us.  IPv4 has its header in front, of any length; IPv6 not.
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
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP6_ECHO_REPLY, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, id, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = {
		.len = family == AF_INET ? LEN(v4) : LEN(v6),
		.filter = family == AF_INET ? v4 : v6,
	};
	int on = 1;

	/* Locked, for it is handed to a process that is not to be trusted. */
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
	    sizeof(prog)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on,
	    sizeof(on)) == -1)
		return -errno;
	return 0;
}

/* By type alone, and cheaper: looked at before the packet is cloned for us. */
static int
filter_type(int fd, int family)
{
	struct icmp_filter block = { .data = ~(1u << ICMP_ECHOREPLY) };
	struct icmp6_filter f;
	int rc;

	if (family == AF_INET) {
		rc = setsockopt(fd, SOL_RAW, ICMP_FILTER, &block,
		    sizeof(block));
	} else {
		ICMP6_FILTER_SETBLOCKALL(&f);
		ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &f);
		rc = setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &f,
		    sizeof(f));
	}
	return rc == -1 ? -errno : 0;
}

static int
ask_for_details(int fd, int family)
{
	int on = 1, size = ICMP_RCVBUF;
	int level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	int name = family == AF_INET ? IP_PKTINFO : IPV6_RECVPKTINFO;

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

static int
set_up(int fd, int family, const char *ifname, uint16_t id)
{
	char drain[16];
	int rc, n;

	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, ifname,
	    (socklen_t)strlen(ifname)) == -1)
		return -errno;
	if ((rc = filter_type(fd, family)) != 0 ||
	    (rc = attach_filter(fd, family, id)) != 0)
		return rc;
	/*
	 * What came between socket(2) and here is of any device and id, and
	 * is without a time.
	 */
	for (n = 0; n < DRAIN_MAX; n++)
		if (recv(fd, drain, sizeof(drain), MSG_DONTWAIT) == -1 &&
		    errno != EINTR)
			break;
	return ask_for_details(fd, family);
}

int
sys_icmp_open(int family, const char *ifname, uint16_t id, int *out)
{
	size_t len = strlen(ifname);
	int fd, rc;

	if (family != AF_INET && family != AF_INET6)
		return -EAFNOSUPPORT;
	/* The kernel would take none for "any", and cut one too long. */
	if (len == 0 || len >= NET_IFNAME_MAX)
		return -ENODEV;
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
