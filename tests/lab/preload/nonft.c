/* SPDX-License-Identifier: ISC */
/*
 * nonft: preloaded, a kernel that has no packet filter: with "socket" in
 * /run/lab/nonft it knows no such netlink, with anything else it has the
 * netlink and nobody who takes messages of nf_tables.
 */
#include <sys/socket.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* NFNL_SUBSYS_NFTABLES, and one that nobody has. */
#define NFTABLES	10
#define NOBODY		200

static int
has_socket(void)
{
	char word[8] = "";
	int fd = open("/run/lab/nonft", O_RDONLY | O_CLOEXEC);

	if (fd != -1 && read(fd, word, sizeof(word) - 1) < 0)
		word[0] = '\0';
	if (fd != -1)
		close(fd);
	return strncmp(word, "socket", 6) != 0;
}

int
socket(int domain, int type, int protocol)
{
	if (domain == AF_NETLINK && protocol == NETLINK_NETFILTER &&
	    !has_socket()) {
		errno = EPROTONOSUPPORT;
		return -1;
	}
	return (int)syscall(SYS_socket, domain, type, protocol);
}

/* libmnl sends by this call only. */
ssize_t
sendto(int fd, const void *buf, size_t len, int flags,
    const struct sockaddr *to, socklen_t tolen)
{
	int protocol = -1;
	socklen_t n = sizeof(protocol);
	char copy[65536];
	struct nlmsghdr *h = (struct nlmsghdr *)(void *)copy;

	if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &n) == 0 &&
	    to != NULL && to->sa_family == AF_NETLINK &&
	    protocol == NETLINK_NETFILTER && len >= sizeof(*h) &&
	    len <= sizeof(copy)) {
		memcpy(copy, buf, len);
		if (h->nlmsg_type >> 8 == NFTABLES)
			h->nlmsg_type = (uint16_t)(NOBODY << 8 |
			    (h->nlmsg_type & 0xff));
		buf = copy;
	}
	return syscall(SYS_sendto, fd, buf, len, flags, to, tolen);
}
