/* SPDX-License-Identifier: ISC */
/*
 * ping_table: the requests in flight of one family of one uplink, a row for
 * each round with a cell for each target.  Each target so has its own ring of
 * sequence numbers (the low 16 bits of the round): thousands of targets at a
 * quick pace do not run out of them.  Pure; owned by the worker's thread.
 */
#ifndef UPLINKD_PROBES_PING_TABLE_H
#define UPLINKD_PROBES_PING_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

struct ping_row {
	uint64_t	round;		/* 0 = never used */
	size_t		open;		/* cells in flight */
	size_t		first;		/* no cell before it is in flight */
	size_t		end;		/* nor any from here: not sent yet */
};

struct ping_cell {
	int64_t		sent_ns;	/* 0 = closed */
	uint32_t	tag;		/* of the address that was asked */
};

struct ping_table {
	size_t		ntargets;
	uint64_t	nrows;		/* a power of two */
	uint64_t	oldest, next;	/* rounds: may be open from, to */
	struct ping_row	*rows;		/* by round, modulo nrows */
	struct ping_cell *cells;	/* a row side by side */
};

/* Thread: owner, all.  Room for all rounds that `timeout` leaves in flight. */
int	ping_table_init(struct ping_table *, size_t ntargets,
	    const struct conf_probe *);
void	ping_table_free(struct ping_table *);
/*
 * Rounds are begun in their order; again for the newest one is fine.  False:
 * the row of this round is still in use, nothing may be sent.
 */
bool	ping_table_begin(struct ping_table *, uint64_t round);
/*
 * A request goes out now.  The round has begun, the cell is not open; within a
 * round targets come in their order.
 */
void	ping_table_sent(struct ping_table *, uint64_t round, size_t target,
	    uint32_t tag, int64_t now_ns);
/* NULL = nothing such is in flight.  Any numbers will do. */
const struct ping_cell	*ping_table_find(const struct ping_table *,
	    uint64_t round, uint64_t target);
/* It is in flight no more. */
void	ping_table_close(struct ping_table *, uint64_t round, size_t target);
/*
 * Finds a request in flight that was sent no later than an instant; false if
 * there is none.  The caller closes it and asks again.
 */
bool	ping_table_older(struct ping_table *, int64_t sent_ns, uint64_t *round,
	    size_t *target);
/* When the oldest in flight was sent; CLOCK_NEVER. */
int64_t	ping_table_oldest(struct ping_table *);

#endif
