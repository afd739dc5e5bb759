/* SPDX-License-Identifier: ISC */
/*
 * uplink: one uplink as the dispatcher sees it, and the pure step that an
 * event, an opinion or the time makes.  The only writer of the state.  No
 * clock, socket, file or kernel: the simulator runs the very same code.
 */
#ifndef UPLINKD_DISPATCHER_UPLINK_H
#define UPLINKD_DISPATCHER_UPLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "proto/event.h"
#include "routing/plan.h"

#define UPLINK_ADVISORS_MAX	16

enum uplink_state {
	UPLINK_START = 1,	/* nothing known yet: stays as configured */
	UPLINK_UP,
	UPLINK_DEGRADED,
	UPLINK_DOWN,
	UPLINK_HOLD,		/* up again, waiting for its hold */
	UPLINK_NSTATE
};

enum uplink_input {
	UPLINK_IN_UP = 1, UPLINK_IN_DEGRADED, UPLINK_IN_DOWN,
	UPLINK_IN_UNKNOWN, UPLINK_IN_HOLD_OVER, UPLINK_NINPUT
};

/* What a step wants done. */
enum {
	UPLINK_WANT_PLAN = 1,	/* standing may have changed */
	UPLINK_WANT_JOBS = 2,	/* actions and mail follow */
	UPLINK_WANT_TIMER = 4	/* hold_until_ns was set */
};

struct uplink_opinion {
	enum level	level;		/* 0 or UNKNOWN = none */
	int64_t		until_ns;
};

struct uplink {
	const struct conf_uplink *conf;
	enum uplink_state state;
	enum level	level;		/* shown: may be unknown */
	enum cause	cause;
	enum level	told;		/* last level but unknown: jobs were for it */
	enum level	probed;		/* what the probes say, without advisors */
	enum cause	probed_cause;
	int64_t		since_ns;
	int64_t		hold_until_ns;	/* CLOCK_NEVER = none */
	int64_t		down_ns;	/* when it went down; 0 = is not */
	int64_t		outage_end_ns;	/* of the one before; 0 = none */
	unsigned	flaps;		/* the hold is doubled so often */
	struct uplink_opinion opinion[UPLINK_ADVISORS_MAX];
};

/* Thread: owner, all.  conf outlives it. */
void	uplink_init(struct uplink *, const struct conf_uplink *,
	    int64_t now_ns);
/*
 * Takes up where a former process left off: the newest journalled level.  No
 * jobs, no change of what was routed.
 */
void	uplink_restore(struct uplink *, enum level, enum cause,
	    int64_t now_ns);
/*
 * After uplink_restore to a level that ended an outage ago_ns ago: what is
 * left of the hold is still to be waited for.
 */
void	uplink_restore_hold(struct uplink *, int64_t ago_ns, int64_t now_ns);
/*
 * The probes' level (or silence: LEVEL_UNKNOWN, CAUSE_STALE).  alone: no other
 * uplink works, so that an advisor alone may not take this one out; it is to
 * be told again (uplink_tick) to all uplinks after any standing has changed.
 */
unsigned	uplink_step(struct uplink *, enum level, enum cause, bool alone,
	    int64_t now_ns);
/*
 * An advisor's opinion by its place in conf.  Repeats only renew the time to
 * live; LEVEL_UNKNOWN takes the opinion back.
 */
unsigned	uplink_advise(struct uplink *, size_t advisor, enum level,
	    bool alone, int64_t now_ns);
/* What the hold would be if the line returned now. */
int64_t	uplink_hold(const struct uplink *);
/* Time passed: hold over, opinions outlived. */
unsigned	uplink_tick(struct uplink *, bool alone, int64_t now_ns);
/* When uplink_tick is due next; CLOCK_NEVER. */
int64_t	uplink_due(const struct uplink *);
enum plan_standing	uplink_standing(const struct uplink *);

#endif
