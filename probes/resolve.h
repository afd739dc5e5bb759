/* SPDX-License-Identifier: ISC */
/*
 * resolve: the names of one uplink's targets.  Each is looked up through the
 * uplink, off the probing path, and again when its time to live is over; for
 * as long as that fails the last good addresses stay.  All is entered by the
 * worker's thread; nothing blocks.
 */
#ifndef UPLINKD_PROBES_RESOLVE_H
#define UPLINKD_PROBES_RESOLVE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net.h"

struct resolve;

struct resolve_conf {
	const char	*ifname;	/* where queries leave; kept */
	char		**servers;	/* NULL: the system's; kept */
	bool		 want[NET_NFAM];
	/* 0: as the manual says.  For tests. */
	int64_t		 ttl_min_ns, ttl_max_ns, retry_min_ns, retry_max_ns;
	int		 query_ms;	/* of one query; there are two */
};

/* 0, *out; -ENOMEM, -EIO (c-ares does not start). */
int	resolve_new(const struct resolve_conf *, struct resolve **out);
/* Clears *; NULL is fine. */
void	resolve_free(struct resolve **);
/* A name, once however often it is added; 0 or -ENOMEM. */
int	resolve_add(struct resolve *, const char *name, size_t *index);
/* Of several addresses each round has the next one.  0; -EAGAIN: none yet. */
int	resolve_address(struct resolve *, size_t index, uint64_t round,
	    struct net_addr *);
/* The newest look-ups of it have failed. */
bool	resolve_failing(const struct resolve *, size_t index);
/* As polls of struct probe_kind. */
size_t	resolve_polls(struct resolve *, struct pollfd *, size_t max);
/* Takes what has come, starts what is due. */
void	resolve_run(struct resolve *, int64_t now_ns);
/* When resolve_run is due next; CLOCK_NEVER. */
int64_t	resolve_due(struct resolve *, int64_t now_ns);
/*
 * The line is another, or works again: what is under way is given up, what
 * has failed is tried at once.
 */
void	resolve_again(struct resolve *, int64_t now_ns);

#endif
