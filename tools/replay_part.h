/* SPDX-License-Identifier: ISC */
/*
 * replay_part: what replay.c (lines of the file, and when) and replay_line.c
 * (one uplink: judge and state) share.  Private to tools/replay*.c.
 */
#ifndef UPLINKD_TOOLS_REPLAY_PART_H
#define UPLINKD_TOOLS_REPLAY_PART_H

#include "dispatcher/uplink.h"
#include "lib/clock.h"
#include "lib/timers.h"
#include "probes/board.h"
#include "probes/judge.h"
#include "tools/replay.h"

#define REPLAY_NOWHERE	SIZE_MAX
#define REPLAY_LAG	(3 * NS_PER_S)

struct rline;

/* A round as it was recorded, and as ours. */
struct replay_round {
	uint64_t	recorded, own;	/* 0 = none */
};

/* When a round was begun, known before it is replayed. */
struct replay_start {
	uint64_t	round;
	int64_t		ns;
};

#define REPLAY_STARTS	2048

/* One trail on its way; each of its parts has its own time. */
struct batch;
struct input {
	struct timer	timer;
	struct batch	*batch;
	const struct trail_entry *entry;	/* NULL: see its timer */
};

struct batch {
	struct batch	*next, **at;	/* list of all */
	struct rline	*line;
	size_t		left;		/* inputs still to come */
	struct input	gap, begin, end;
	struct trail	trail;
	/* In conf, of each that is listed; REPLAY_NOWHERE: has no such. */
	size_t		target[EVENT_TARGETS_MAX];
	struct input	inputs[];	/* one of each entry */
};

/* One uplink of the configuration. */
struct rline {
	struct replay	*replay;
	size_t		n;
	const struct conf_uplink *conf;
	/* conf's own, at the recorded pace if that was slower. */
	struct conf_probe probe;
	struct judge	judge;
	struct uplink	up;
	struct timer	tick, due;
	size_t		*by_label;	/* targets, sorted */
	/* What has been read. */
	bool		recorded;	/* anything */
	bool		broken;		/* the next is not its neighbour */
	uint64_t	life, part;
	int64_t		covered_ns;	/* up to here all is known */
	struct replay_start starts[REPLAY_STARTS];
	bool		*ever;		/* targets that were listed */
	int64_t		deaf_ns;	/* answers were not let in; 0 */
	/* What has been replayed. */
	bool		running;	/* not in a gap */
	bool		judged;		/* there is a judge, of this life: */
	uint64_t	judged_life;
	int64_t		stopped_ns;	/* begin of the gap */
	enum trail_link	link;
	struct replay_round rounds[VERDICT_WINDOW];
	bool		*seen;		/* targets that take part */
	uint8_t		*told;		/* a bit of each, of each round */
	bool		carries;
	bool		odd_pace;	/* was said */
	int64_t		mark_ns;	/* counted up to here */
	struct replay_sum sum;
};

struct replay {
	const struct conf *conf;
	struct replay_hooks hooks;
	struct timers	*timers;
	struct board	*board;
	struct rline	*lines;		/* conf->nuplinks */
	struct batch	*batches;
	size_t		nbatches;
	int64_t		now_ns;		/* what is replayed */
	int64_t		newest_ns;	/* what has been read */
	int64_t		shift_ns;	/* from the recording's clock to ours */
	int64_t		wall_off_ms;	/* from ours to people's */
	int64_t		newest_wall_ms;
	int64_t		from_wall_ms, to_wall_ms;
	bool		any;
	int		rc;		/* -ENOMEM: it cannot go on */
	bool		carries[CONF_UPLINKS_MAX];
	/* Uplinks of the recording that are not in the configuration. */
	size_t		nstrangers;
	char		strangers[CONF_UPLINKS_MAX][EVENT_NAME_MAX];
};

/* replay_target.c.  0 or -ENOMEM. */
int	rline_sort(struct rline *);
/* Place in conf of a target by its label, but for those used; or NOWHERE. */
size_t	rline_target(const struct rline *, const char *label,
	    const size_t *used, size_t nused);

/* replay_line.c.  0 or -ENOMEM. */
int	rline_init(struct rline *, struct replay *, size_t n);
void	rline_free(struct rline *);
/* What is known ended here; the batch is the first of what follows. */
void	rline_gap(struct rline *, int64_t at_ns, int64_t now_ns);
void	rline_begin(struct rline *, const struct batch *, int64_t now_ns);
void	rline_entry(struct rline *, const struct batch *,
	    const struct trail_entry *, int64_t now_ns);
void	rline_end(struct rline *, const struct batch *, int64_t now_ns);
/* Adds the time since the last call to its sum. */
void	rline_account(struct rline *, int64_t now_ns);
/* More is known: ticks that had to wait may come. */
void	rline_arm(struct rline *, int64_t now_ns);

/* replay_batch.c.  All that is due until then. */
void	batch_run(struct replay *, int64_t until_ns);
/* 0 or -ENOMEM. */
int	batch_take(struct rline *, const struct trail *, int64_t t_ns);
void	batch_drop_all(struct replay *);

/* replay.c */
int64_t	replay_wall_ms(const struct replay *, int64_t ns);
void	replay_note(struct replay *, int64_t ns, const char *, ...)
	    __attribute__((__format__(__printf__, 3, 4)));

#endif
