/* SPDX-License-Identifier: ISC */
/*
 * sys_fake_sock: sockets of the simulated kernel are the real one's, on no
 * device that it would know.
 */
#include "lib/sys.h"

int
sys_bind_device(int fd, const char *ifname)
{
	(void)fd;
	(void)ifname;
	return 0;
}
