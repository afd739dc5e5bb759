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
	int			 bus;	/* NETLINK_ROUTE, or another */
	struct mnl_socket	*req;	/* requests and dumps; NULL = lost */
	struct mnl_socket	*watch;	/* notices; NULL = none */
	struct mnl_socket	*nft;	/* the packet filter's; NULL = none */
	const char		*nft_table;	/* whose; not ours */
	uint32_t		 port;	/* of req: our own writes carry it */
	unsigned		 seq;
	/* Notices of one datagram that are not yet handed out. */
	size_t			 left;
	const struct nlmsghdr	*next;
	_Alignas(8) char	 buf[NL_BUF];
	_Alignas(8) char	 notes[NL_BUF];
};

/* What a dump has yielded; items are of one size. */
struct nl_list {
	char	*items;		/* malloc'd */
	size_t	 n, cap, size;
};

/* 0 to go on, -errno to end the dump. */
typedef int nl_take_fn(const struct nlmsghdr *, void *arg);
/* Adds what the request has beyond its header; fresh for every attempt. */
typedef void nl_ask_fn(struct nlmsghdr *, const void *arg);

/* sys_linux.c */

/* A fresh request in sys->buf. */
struct nlmsghdr	*nl_request(struct sys *, uint16_t type, uint16_t flags);
/*
 * Sends a request made in sys->buf and takes the answers; take is NULL for a
 * request that only wants its acknowledgement.  -EINTR: the dump was torn by
 * a change, do it again; -ETIMEDOUT: no answer.
 */
int	nl_talk(struct sys *, struct nlmsghdr *, nl_take_fn *, void *arg);
/*
 * A dump into *l, which is empty or of an earlier attempt; again if it was
 * torn.  take's arg is l.  -errno leaves nothing in *l.
 */
int	nl_dump(struct sys *, uint16_t type, nl_ask_fn *, const void *ask_arg,
	    nl_take_fn *, struct nl_list *l);
int	nl_list_add(struct nl_list *, const void *item);
/* A socket with its receive buffer as large as allowed; rcvbuf 0: as it is. */
int	nl_open(struct mnl_socket **, int bus, unsigned groups, int flags,
	    int rcvbuf);
/* A handle on another bus, for requests alone; sys_close. */
int	nl_handle(int bus, struct sys **);
/* False, and *out as it was, if the attribute is not of that size. */
bool	nl_u32(const struct nlattr *, uint32_t *out);
bool	nl_u8(const struct nlattr *, uint8_t *out);
bool	nl_addr(const struct nlattr *, int family, struct net_addr *out);
/* False if it is not a text that fits. */
bool	nl_text(const struct nlattr *, char *buf, size_t len);
void	nl_put_addr(struct nlmsghdr *, uint16_t type, const struct net_addr *);

/* sys_linux_link.c */
bool	nl_link(const struct nlmsghdr *, struct net_link *);
/* Flags (IFF_*) and type (ARPHRD_*) of a device that asks for neighbours. */
bool	nl_ethernet(unsigned flags, unsigned type);

/* sys_linux_route.c: of any destination; false: it is no route. */
bool	nl_route(const struct nlmsghdr *, struct net_route *);

#endif
