/* SPDX-License-Identifier: ISC */
/*
 * init: a first configuration from what the kernel has: each interface that a
 * default route leaves by is taken for a line.  Pure; one thread.
 */
#ifndef UPLINKD_TOOLS_INIT_H
#define UPLINKD_TOOLS_INIT_H

#include <stddef.h>
#include <stdio.h>

#include "conf/conf.h"
#include "routing/plan.h"

struct init_line {
	char		name[NET_IFNAME_MAX];
	int		index;
	bool		there[NET_NFAM];	/* has a default */
	bool		learned[NET_NFAM];	/* by DHCP, RA, PPP: will change */
	struct net_addr	gateway[NET_NFAM];	/* family 0: none needed */
	uint32_t	metric;		/* of IPv4's, else of IPv6's */
	unsigned	weight;
	int64_t		tier;
};

struct init_host {
	const char	*where, *when;	/* of this machine; a date */
	char		**far;		/* addresses to be asked; NULL-ended */
	bool		has_user;	/* the account of the children */
};

/* The lines, best first; their number, at most max. */
size_t	init_find(const struct kernel_view *, struct init_line *, size_t max);
/* YAML with comments; to notes what an administrator must still think of. */
void	init_print(const struct init_line *, size_t n,
	    const struct kernel_view *, const struct init_host *, FILE *f,
	    FILE *notes);

#endif
