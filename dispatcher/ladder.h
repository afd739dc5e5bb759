/* SPDX-License-Identifier: ISC */
/*
 * ladder: which step of which uplink's recovery is started when.  Pure: the
 * time is an argument, in nanoseconds of any clock that does not go back; no
 * file, socket or clock.  One thread.
 *
 * A round is all steps of an uplink once, in their order.  The first round
 * counts from the beginning of the outage; each further one begins, with its
 * first step, when the budget's time has passed since the first step of the
 * round before.
 */
#ifndef UPLINKD_DISPATCHER_LADDER_H
#define UPLINKD_DISPATCHER_LADDER_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

struct journal_past;

/* What is known of an uplink at this moment. */
struct ladder_sight {
	bool	evidence;	/* its outage is as `when` asks */
	bool	works;		/* its probes say so */
	bool	shut;		/* the administrator has taken it down */
};

enum ladder_state {
	LADDER_NONE = 1,	/* no outage, or no steps */
	LADDER_TIME,		/* the step's time has not come */
	LADDER_RUNS,
	LADDER_SETTLES,		/* after its own step */
	LADDER_OVER,		/* given up: all steps were started */
	LADDER_EVIDENCE,	/* it waits for evidence */
	LADDER_SHUT,
	LADDER_ALONE,		/* no other uplink works */
	LADDER_BUDGET,		/* given up: there is none left */
	LADDER_OTHER,		/* another one's step runs or settles */
	LADDER_NOW
};

struct ladder_word {
	enum ladder_state state;
	size_t		step;		/* RUNS: this one, else the next */
	int64_t		until_ns;	/* CLOCK_NEVER: nobody knows */
};

/* One uplink. */
struct ladder_line {
	const struct conf_recovery *conf;
	bool		out;		/* an outage goes on */
	bool		told;		/* in it, that it was given up */
	bool		climbed;	/* in it, a step was started */
	int64_t		origin_ns;	/* `after` of this round counts from */
	int64_t		first_ns;	/* first step of this round; of begin */
	int64_t		last_ns;	/* newest step, if climbed */
	size_t		next;		/* step of this round; nsteps: none */
	bool		running;	/* perhaps of the outage before */
	size_t		step;		/* newest that was started */
	int64_t		settled_ns;
	int64_t		*starts;	/* ring of the last budget.n */
	size_t		at, used;
};

struct ladder {
	size_t		n;
	struct ladder_line *lines;
};

/* By the uplinks of conf, which outlives it.  0 or -ENOMEM; free in any case. */
int	ladder_init(struct ladder *, const struct conf *);
void	ladder_free(struct ladder *);

/* An outage begins, or has begun at that time.  It ends. */
void	ladder_begin(struct ladder *, size_t uplink, int64_t begin_ns);
void	ladder_return(struct ladder *, size_t uplink);
/*
 * The step that ladder_next spoke of is started: its place.  It has ended, in
 * whatever way: its settle time begins.
 */
size_t	ladder_start(struct ladder *, size_t uplink, int64_t now_ns);
void	ladder_end(struct ladder *, size_t uplink, int64_t now_ns);
/* That it was given up has been told, for this outage. */
void	ladder_told(struct ladder *, size_t uplink);
/*
 * What a start finds, in the order of time, after ladder_begin: a step was
 * started and ended (or will have).  current: in the outage that goes on.
 */
void	ladder_restore(struct ladder *, size_t uplink, size_t step,
	    int64_t start_ns, int64_t end_ns, bool current);

/*
 * All that with rows of the journal; outages: journal row of the event of each
 * uplink's outage, or 0.  A step that has no end gets one in its row: it is
 * never run twice, and its command may still run (if the parent died, too), at
 * most as long as it may.
 */
void	ladder_restore_past(struct ladder *, struct journal_past *,
	    const uint64_t *outages, int64_t now_ns, int64_t now_ms);

/* sights: one for each uplink. */
struct ladder_word	ladder_at(const struct ladder *, size_t uplink,
			    const struct ladder_sight *, int64_t now_ns);
/* A step that was allowed still is, by what is seen now. */
bool	ladder_still(const struct ladder *, size_t uplink,
	    const struct ladder_sight *);
/* The uplink whose step may be started now, -1. */
ssize_t	ladder_next(const struct ladder *, const struct ladder_sight *,
	    int64_t now_ns);
/* It is given up in this outage, and that was not told. */
bool	ladder_gives_up(const struct ladder *, size_t uplink,
	    const struct ladder_sight *, int64_t now_ns);
/*
 * When anything of this changes by time alone; CLOCK_NEVER.  What the sights
 * show is to be looked at when they change.
 */
int64_t	ladder_due(const struct ladder *, const struct ladder_sight *,
	    int64_t now_ns);

#endif
