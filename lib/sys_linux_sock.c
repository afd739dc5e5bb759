/* SPDX-License-Identifier: ISC */
/*
 * sys_linux_sock: sockets that belong to one device.
 */
#include "lib/sys.h"

#include <sys/socket.h>

#include <errno.h>
#include <string.h>

int
sys_bind_device(int fd, const char *ifname)
{
	size_t len = strlen(ifname);

	/* The kernel would take none for "any", and cut one too long. */
	if (len == 0 || len >= NET_IFNAME_MAX)
		return -ENODEV;
	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, ifname,
	    (socklen_t)len) == -1 ? -errno : 0;
}
