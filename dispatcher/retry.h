/* SPDX-License-Identifier: ISC */
/*
 * retry: when what has failed is tried again: after pauses that double, or
 * sooner when a line has returned.  Pure; any thread.
 */
#ifndef UPLINKD_DISPATCHER_RETRY_H
#define UPLINKD_DISPATCHER_RETRY_H

#include <stdint.h>

#include "lib/clock.h"

#define RETRY_PAUSE_MAX	(1800 * NS_PER_S)	/* doubling ends here */
/* Lines that flap cause no more tries than one in so long. */
#define RETRY_KICK_PAUSE	(5 * NS_PER_S)

/* After so many tries, from 1; a first pause beyond the most stays as it is. */
int64_t	retry_pause(int64_t first_ns, int tries);
/*
 * A line is back: when the next try may be instead of at_ns, not later.
 * *kick_ns: no try for such a reason before that; it moves with each.
 */
int64_t	retry_hurry(int64_t at_ns, int64_t first_ns, int64_t *kick_ns,
	    int64_t now_ns);

#endif
