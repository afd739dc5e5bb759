/* SPDX-License-Identifier: ISC */
/*
 * verdict: the pure rule that turns one uplink's rounds of samples, and what
 * the kernel says of its interface, into a level with a cause: whether the
 * line works at all.  How well it does, and which target may vote, is added in
 * judge.c, the only user.  No clock, no socket: the time is an argument.
 *
 * A round is one probe at each target, started together and numbered from 1.
 * It passes, fails or proves nothing by `require`.  Rounds may end out of
 * order (a timeout is longer than the interval): what counts for `fall` is
 * the run of failed rounds newer than the newest passed one; what counts for
 * `rise` is the unbroken run of passed rounds, with no older one still open.
 * A round that is overdue (longer without an answer than answers take now)
 * counts as failed until its probes are answered after all or lost for good,
 * so that doubt begins early and a slow reply still saves the line.
 * From `unknown`, `up` needs one passed round (nothing speaks against the line,
 * and until then nothing is known of it) and `down` needs `fall` failed ones.
 * What leads from `up` to `unknown` (no address, nothing can be sent) does not
 * end a `down`: only `rise` does.
 */
#ifndef UPLINKD_PROBES_VERDICT_H
#define UPLINKD_PROBES_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "proto/event.h"

#define VERDICT_WINDOW	512	/* rounds that may be in flight at once */

enum outcome {			/* 0 = not yet decided */
	OUTCOME_PASS = 1,
	OUTCOME_FAIL,
	OUTCOME_CANNOT,		/* nothing could be sent: proves nothing */
	OUTCOME_SKIP,		/* nobody voted, or it hangs on who was not asked */
	OUTCOME_OVERDUE		/* only in the window: failed so far */
};

/* Samples of one group of targets in one round. */
struct tally {
	unsigned	ok, lost, cannot, open;	/* open = in flight */
	unsigned	slow;		/* of open: whose time says nothing */
	unsigned	young;		/* of open, of the others: sent to just
					 * now, or not yet */
	unsigned	idle;		/* not asked this time */
	unsigned	idle_ok;	/* of idle: whose last word was yes */
};

struct round_tally {
	struct tally	gateway, far;
};

struct link_state {
	bool		present;	/* the interface exists */
	bool		carrier;	/* is up and has carrier */
	bool		address;	/* usable, of some gateway's family */
};

struct verdict {
	const struct conf_probe	*conf;
	enum level	level;
	enum cause	cause;
	int64_t		since_ns;	/* when this level began */
	struct link_state link;
	uint64_t	next;		/* number of the next round to open */
	uint64_t	oldest;		/* oldest still open, or next */
	uint64_t	passed, failed;	/* newest of each, 0 = none */
	int64_t		fails, passes, cannots;	/* present runs */
	bool		broken;		/* a loss has ended a rise already */
	enum cause	failing;	/* cause of the present failures */
	uint8_t		window[VERDICT_WINDOW];	/* outcome by number, 0 open */
	/*
	 * Asked before `fall` takes effect, NULL = it always may: false puts
	 * it off until the next round or verdict_retry.
	 */
	bool		(*may_fall)(void *arg, int64_t now_ns);
	void		*arg;
};

/* Thread: owner, all below.  conf outlives the verdict. */
void	verdict_init(struct verdict *, const struct conf_probe *,
	    int64_t now_ns);
/* Opens the next round and returns its number; 0 if the window is full. */
uint64_t	verdict_open(struct verdict *);
/*
 * What a round proves by `require`; 0 while samples in flight may decide.  Who
 * was not asked is neither counted as an answer nor left out: a round that
 * would pass or fail by that answer is OUTCOME_SKIP.  But who did not answer
 * last time saves no round in which others are lost, and where nothing at all
 * answers nobody's last word does.
 */
enum outcome	verdict_judge(const struct conf_probe *,
	    const struct round_tally *, enum cause *failing);
/*
 * The round is decided.  failing: for OUTCOME_FAIL its cause.  True if the
 * level (or the cause of `down`) changed; a second call for a round, or one
 * for a number never opened, changes nothing.
 */
bool	verdict_round(struct verdict *, uint64_t number, enum outcome,
	    enum cause failing, int64_t now_ns);
/* As verdict_round with a failure, but the last word is still to come. */
bool	verdict_overdue(struct verdict *, uint64_t number, enum cause failing,
	    int64_t now_ns);
/* may_fall may say something else now. */
bool	verdict_retry(struct verdict *, int64_t now_ns);
/* The failures so far were those of a target that votes no more. */
void	verdict_forgive(struct verdict *);
/* The kernel spoke of the interface.  No carrier is `down` at once. */
bool	verdict_link(struct verdict *, const struct link_state *,
	    int64_t now_ns);
/*
 * All open rounds are forgotten: time stood still (the process was stopped),
 * sockets were opened anew.  Runs are kept, no level changes.
 */
void	verdict_forget(struct verdict *);
/*
 * Nanoseconds from one round to the next: `interval`, or `confirm` (if that
 * is shorter) while the present run speaks against the level.  A rise that a
 * loss has broken is gone on with at the interval: hosts that answer only so
 * often would break it for ever.
 */
int64_t	verdict_pace(const struct verdict *);

#endif
