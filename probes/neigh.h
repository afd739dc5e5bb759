/* SPDX-License-Identifier: ISC */
/*
 * neigh: what the kinds `arp` and `nd` share: one socket of one family, the
 * requests in flight, and which of them an answer is for.  What is asked is
 * where the gateway is on its network, which every host there has to answer,
 * one that answers no ping too.
 *
 * Neither protocol has room for a token or a sequence.  So an answer proves
 * that somebody on the line's network spoke for the gateway just now: anybody
 * there can, nobody beyond.  And of several requests in flight it could be for
 * any: it counts once, for the newest that was sent before it came, the others
 * wait for answers of their own.  That is to say:
 *
 * - There are never more passed rounds than answers.  What a dead gateway has
 *   still said while it lived may pass a round that began after its death, but
 *   once only and no later than an answer is on its way; then it is silent.
 * - An answer that is later than the next request passes that instead of its
 *   own, which is lost if no more come.  Rounds older than a passed one do not
 *   count for a fall, and in a rise they begin it anew: both err on the side of
 *   what the line is now.  By the oldest in flight it would be the other way
 *   round: after one loss each answer would be for the round before, the newest
 *   always overdue, and a line that answers in doubt for ever.
 * - The time of such an answer is shown too short, never too long.
 *
 * Entered by the worker's thread only.
 */
#ifndef UPLINKD_PROBES_NEIGH_H
#define UPLINKD_PROBES_NEIGH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net.h"
#include "lib/option.h"
#include "lib/sys.h"
#include "probes/probe.h"

struct neigh_opts {
	struct option_host	address;
};

/* Who asks, and for whom. */
struct neigh_ask {
	struct net_addr	of;		/* the neighbour */
	struct net_addr	from;		/* ours */
	const uint8_t	*lladdr;	/* ours: NET_LLADDR bytes */
	const uint8_t	*known;		/* the neighbour's, NULL: ask all */
};

/* What an answer says. */
struct neigh_answer {
	struct net_addr	of, to;		/* who has spoken; to which of ours */
	uint8_t		lladdr[NET_LLADDR];	/* where it is; ARP only */
};

/* What is different about the two; pure. */
struct neigh_wire {
	enum net_fam	fam;
	enum power_socket socket;
	/*
	 * All that are asked are many: a neighbour that is known is asked
	 * alone, and all no more than once a second (RFC 1122, 2.3.2.1).
	 */
	bool		sparing;
	void	(*write)(struct sys_frame *, const struct neigh_ask *);
	/* False: no answer, or not for us, whose Ethernet address is lladdr. */
	bool	(*read)(const struct sys_frame *, const uint8_t *lladdr,
		    struct neigh_answer *);
};

extern const struct neigh_wire neigh_arp, neigh_nd;

/* As struct probe_kind has them. */
int	neigh_open(const struct probe_host *, const struct option_set *,
	    const struct neigh_wire *, struct probe **);
void	neigh_close(struct probe **);
void	neigh_socket(struct probe *, enum net_fam, int fd, int err);
void	neigh_send(struct probe *, size_t target, uint64_t round,
	    const struct net_addr *, int64_t now_ns);
size_t	neigh_polls(struct probe *, struct pollfd *, size_t max);
void	neigh_ready(struct probe *, int64_t now_ns);
void	neigh_expire(struct probe *, int64_t now_ns);
void	neigh_forget(struct probe *);
int64_t	neigh_due(struct probe *);
uint64_t	neigh_spurious(const struct probe *);

/* As struct option_set has it. */
const char	*neigh_check(const void *opts, char *buf, size_t len);

#endif
