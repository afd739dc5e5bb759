/* SPDX-License-Identifier: ISC */
/*
 * judge_part: what judge.c and its two halves share: judge_line.c measures the
 * line, judge_peer.c compares with the other uplinks.  Private to judge*.c.
 */
#ifndef UPLINKD_PROBES_JUDGE_PART_H
#define UPLINKD_PROBES_JUDGE_PART_H

#include "lib/clock.h"
#include "probes/judge.h"

#define JUDGE_MEASURE	NS_PER_S	/* the line is measured so often */

/* judge_line.c: fills line, and sets lossy and slow. */
void	judge_measure(struct judge *, int64_t now_ns);
/* Far targets, or the gateway's if there are none; that may vote. */
bool	judge_counts(const struct judge *, size_t target);

static inline bool
judge_failing(const struct judge_target *t)
{
	return t->fails > 0 || t->missing > 0;
}

/* judge_peer.c: verdict's may_fall. */
bool	judge_may_fall(void *arg, int64_t now_ns);
/*
 * A sample of a target that may be, or is, suspect: lost, or overdue and so
 * lost so far.
 */
void	judge_weigh(struct judge *, size_t target, enum sample,
	    int64_t sent_ns, int64_t now_ns);

#endif
