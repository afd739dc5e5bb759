/* SPDX-License-Identifier: ISC */
/*
 * replay: a recording, line by line, through the daemon's own judge, uplink
 * and plan under any configuration, on a clock that is the recording's.  What
 * it needs of memory does not grow with the recording.  One thread; no file
 * and no output in here.
 *
 * Rounds and samples come when they were recorded: nothing can be seen that
 * was not probed then.  A judge is told the end of its time like anything
 * else, so that silence (nothing was recorded) makes no line fall.
 */
#ifndef UPLINKD_TOOLS_REPLAY_H
#define UPLINKD_TOOLS_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "proto/event.h"
#include "routing/plan.h"

struct replay;

/* A level, its cause while it works, or who carries has changed. */
struct replay_change {
	int64_t		wall_ms;
	size_t		uplink;		/* whose word it was */
	enum level	previous, level;
	enum cause	cause;
	enum plan_standing standing;	/* of this uplink */
	bool		released;	/* no word: its hold is over */
	const bool	*carries;	/* of each uplink, from now on */
};

/* Of one uplink, from its first trail to its last. */
struct replay_sum {
	unsigned	outages;
	unsigned	switches;	/* begins and ends of carrying */
	unsigned	changes;	/* of level, but for the first word */
	unsigned	recorded;	/* the same, as the daemon said */
	unsigned	gaps;
	int64_t		seen_ns, unseen_ns;
	int64_t		down_ns, degraded_ns, held_ns;	/* of seen_ns */
};

/* text: valid during the call. */
struct replay_hooks {
	void		(*change)(void *arg, const struct replay_change *);
	void		(*note)(void *arg, int64_t wall_ms, const char *text);
	void		*arg;
};

/* Thread: owner, all below.  conf outlives it.  0 or -ENOMEM. */
int	replay_new(const struct conf *, const struct replay_hooks *,
	    struct replay **);
/*
 * The next line, without its end.  0; -EPROTO: it is not understood, for the
 * reason in why (static text), and left out; -ENOMEM.
 */
int	replay_take(struct replay *, const char *line, size_t len,
	    const char **why);
/* There are no more: what is known is run to its end. */
void	replay_end(struct replay *);
void	replay_free(struct replay **);

void	replay_sum(const struct replay *, size_t uplink, struct replay_sum *);
/* Of all trails; false: there was none. */
bool	replay_times(const struct replay *, int64_t *from_wall_ms,
	    int64_t *to_wall_ms);

#endif
