/* SPDX-License-Identifier: ISC */
/*
 * sys_fake_sock: sockets of the simulated kernel are one end of a pair, and a
 * frame goes through it as the struct that it is, with all that only a kernel
 * can tell.  Sockets of others' making are the real kernel's, on no device
 * that it would know.
 */
#include <sys/socket.h>

#include <errno.h>

#include "lib/must.h"
#include "lib/sys_fake_kernel.h"

int
sys_bind_device(int fd, const char *ifname)
{
	(void)fd;
	(void)ifname;
	return 0;
}

int
sys_icmp_open(int family, const char *ifname, uint16_t id, int *fd)
{
	(void)id;
	if (family != AF_INET && family != AF_INET6)
		return -EAFNOSUPPORT;
	return fake_socket(FAKE_ICMP, ifname, fd);
}

int
sys_arp_open(const char *ifname, int *fd)
{
	return fake_socket(FAKE_ARP, ifname, fd);
}

int
sys_nd_open(const char *ifname, int *fd)
{
	return fake_socket(FAKE_ND, ifname, fd);
}

int
sys_frame_send(int family, int fd, const struct sys_frame *f)
{
	MUST(family == AF_INET || family == AF_INET6);
	MUST(f->len <= sizeof(f->bytes));
	return send(fd, f, sizeof(*f), MSG_NOSIGNAL) == -1 ? -errno : 0;
}

int
sys_frame_recv(int family, int fd, struct sys_frame *f)
{
	ssize_t n;

	MUST(family == AF_INET || family == AF_INET6);
	n = recv(fd, f, sizeof(*f), MSG_TRUNC);
	if (n == -1)
		return -errno;
	/* The other end is closed, as no packet socket's ever is. */
	if (n == 0)
		return -EPIPE;
	return n == (ssize_t)sizeof(*f) ? 0 : -EMSGSIZE;
}
