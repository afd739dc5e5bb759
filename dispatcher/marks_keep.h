/* SPDX-License-Identifier: ISC */
/*
 * marks_keep: when uplinkd's table of the packet filter is written again, and
 * what is said about it: once for each fight with whoever removes it.  Pure.
 */
#ifndef UPLINKD_DISPATCHER_MARKS_KEEP_H
#define UPLINKD_DISPATCHER_MARKS_KEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/clock.h"

struct sys_nft;

/* Not more often, whoever does what: a firewall that is reloaded has to end. */
#define MARKS_GAP	(500 * NS_PER_MS)
/* After it was refused: the reason is not likely to go soon. */
#define MARKS_RETRY	(5 * NS_PER_S)
/* A fight is over when nobody has touched the table for so long. */
#define MARKS_QUIET	(60 * NS_PER_S)

struct marks_keep {
	bool		wanted;		/* false: it is to be gone */
	bool		writing;	/* until marks_keep_ended */
	bool		written;	/* once, at least */
	bool		refused;	/* the last time */
	bool		known;		/* what ours looks like: */
	uint64_t	digest;
	int64_t		write_ns;	/* when the last one began */
	int64_t		touched_ns;	/* last found as not ours */
	unsigned long	again;		/* written since the fight began */
};

enum marks_do {
	MARKS_NOTHING = 1,
	MARKS_WRITE,
	MARKS_LATER		/* look again at *at_ns */
};

enum marks_say {
	MARKS_SILENT = 1,
	MARKS_AGAIN,		/* somebody has removed or changed it */
	MARKS_FIGHT,		/* and does so again and again */
	MARKS_PEACE		/* no more */
};

/* It was looked at.  *say is set always, *at_ns with MARKS_LATER. */
enum marks_do	marks_keep_looked(struct marks_keep *, const struct sys_nft *,
		    int64_t now_ns, int64_t *at_ns, enum marks_say *say);
/* A write begins. */
void	marks_keep_write(struct marks_keep *, int64_t now_ns);
/* It has ended; look again.  digest NULL: what is there may not be ours. */
void	marks_keep_ended(struct marks_keep *, bool refused,
	    const uint64_t *digest);

#endif
