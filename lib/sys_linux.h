/* SPDX-License-Identifier: ISC */
/*
 * sys_linux: what the parts of the Linux backend share.  Private to
 * lib/sys_linux*.c.  See netlink(7), rtnetlink(7).
 */
#ifndef UPLINKD_LIB_SYS_LINUX_H
#define UPLINKD_LIB_SYS_LINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

#include "lib/sys.h"

#define NL_BUF	65536	/* the kernel fills at most 32 KiB of a dump */

struct sys {
	struct mnl_socket	*req;	/* requests and dumps */
	struct mnl_socket	*watch;	/* notices; NULL = none */
	uint32_t		 port;	/* of req: our own writes carry it */
	unsigned		 seq;
	/* Notices of one datagram that are not yet handed out. */
	size_t			 left;
	const struct nlmsghdr	*next;
	_Alignas(8) char	 buf[NL_BUF];
	_Alignas(8) char	 notes[NL_BUF];
};

/* 0 to go on, -errno to end the dump. */
typedef int nl_take_fn(const struct nlmsghdr *, void *arg);

/*
 * Sends a request made in sys->buf and takes the answers; take is NULL for a
 * request that only wants its acknowledgement.  -EINTR: the dump was
 * inconsistent, do it again.
 */
int	nl_talk(struct sys *, struct nlmsghdr *, nl_take_fn *, void *arg);
/* A fresh request in sys->buf. */
struct nlmsghdr	*nl_request(struct sys *, uint16_t type, uint16_t flags);

/* Attributes by their number; those beyond max are left out. */
struct nl_attrs {
	const struct nlattr	**at;
	unsigned		  max;
};
void	nl_parse(const struct nlmsghdr *, size_t head, struct nl_attrs *);

/* sys_linux_link.c */
bool	nl_link(const struct nlmsghdr *, struct net_link *);

#endif
