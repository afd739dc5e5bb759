/* SPDX-License-Identifier: ISC */
/*
 * judge_part: what judge.c and its parts share: judge_late.c looks for what is
 * missing, judge_line.c measures the line, judge_peer.c compares with the other
 * uplinks.  Private to judge*.c.
 */
#ifndef UPLINKD_PROBES_JUDGE_PART_H
#define UPLINKD_PROBES_JUDGE_PART_H

#include "lib/clock.h"
#include "probes/judge.h"

#define JUDGE_MEASURE	NS_PER_S	/* the line is measured so often */

static inline struct judge_round *
judge_round(struct judge *j, uint64_t number)
{
	return &j->rounds[number % VERDICT_WINDOW];
}

static inline struct tally *
judge_group(const struct judge *j, size_t target, struct round_tally *t)
{
	return j->conf->targets[target].gateway ? &t->gateway : &t->far;
}

/* How long a program ran is no round-trip time, and no reason for a doubt. */
static inline bool
judge_is_slow(const struct judge *j, size_t target)
{
	return j->conf->targets[target].timeout_ns != 0;
}

/* Nothing can have come from it yet. */
static inline bool
judge_is_young(const struct judge *j, size_t target,
    const struct judge_round *r)
{
	return target >= r->ripe && !judge_is_slow(j, target);
}

/* judge.c: the round's outcome, by what is known of it. */
void	judge_decide(struct judge *, uint64_t round, int64_t now_ns);

/* judge_late.c: a copy of the round's tally, with what is missing as lost. */
enum outcome	judge_presume(const struct judge *, uint64_t round,
	    struct round_tally *, enum cause *failing);
/* Rounds from which something should have come. */
void	judge_late(struct judge *, int64_t now_ns);
/* When the next one is; CLOCK_NEVER. */
int64_t	judge_late_due(const struct judge *);

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
