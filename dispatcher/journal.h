/* SPDX-License-Identifier: ISC */
/*
 * journal: the durable record in one SQLite file (WAL, synchronous=FULL):
 * events accepted, the jobs they caused, opinions.  A thread of its own takes
 * operations from a queue, commits as many as wait in one transaction, and
 * hands them back when they are on disk.  What was handed back survives kill
 * -9 and power loss.  Owns the database; the schema is in journal.c.
 */
#ifndef UPLINKD_DISPATCHER_JOURNAL_H
#define UPLINKD_DISPATCHER_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "actions/action.h"
#include "dispatcher/outbox.h"
#include "lib/queue.h"
#include "proto/event.h"

struct journal;

enum journal_kind {
	JOURNAL_EVENT = 1,	/* msg (MSG_EVENT) and njobs jobs */
	JOURNAL_OPINION,	/* msg (MSG_OPINION) */
	JOURNAL_JOB,		/* phase, result of job_id */
	JOURNAL_JOBS,		/* njobs more jobs for event_id */
	JOURNAL_LETTERS,	/* nletters, and who is told */
	JOURNAL_FETCH		/* reads jobs that are not ended */
};

/* What is kept of a letter.  NULL text leaves the one that is there. */
struct journal_letter {
	uint64_t	id, rev;	/* an older revision is ignored */
	enum letter_kind kind;
	enum letter_state state;
	char		uplink[EVENT_NAME_MAX];
	uint64_t	event_id, begin_id, place;
	int64_t		made_ms, queued_ms;
	int		tries;
	char		*subject, *body, *text;
};

/* malloc'd by the loop, comes back by the done queue with err filled. */
struct journal_op {
	enum journal_kind kind;
	int		err;		/* 0 = on disk; -errno */
	struct msg	msg;
	uint64_t	event_id;	/* numbers are given by the loop */
	size_t		njobs;
	struct job	**jobs;		/* owned; they start after the commit */
	uint64_t	job_id;
	enum job_phase	phase;
	int		tries;
	int64_t		wall_ms;
	char		text[EVENT_TEXT_MAX];
	size_t		nletters;	/* of EVENT and JOBS too */
	struct journal_letter *letters;	/* owned, with their strings */
	uint64_t	told_upto;	/* counted letters up to this; 0 = none */
	uint64_t	cookie;		/* the loop's own */
	/*
	 * FETCH: at most max `every` jobs of this lane above job_id come in
	 * jobs, and job_id becomes that of the last row read.
	 */
	const struct conf *conf;
	char		lane[EVENT_NAME_MAX];
	size_t		max;
	bool		all;		/* there are no more */
	int		fetch_err;
};

/* What a start finds. */
struct journal_source {			/* for dropping what we have already */
	char		source[EVENT_NAME_MAX];
	uint64_t	epoch, seq;	/* newest accepted of this epoch */
};

struct journal_step {			/* done about an outage */
	uint64_t	event_id;
	char		line[EVENT_TEXT_MAX];
};

struct journal_lane {			/* its `every` jobs */
	char		name[EVENT_NAME_MAX];
	size_t		kept;		/* in jobs, conf.lanes.queue at most */
	uint64_t	taken;		/* the last of those */
	uint64_t	left;		/* on disk, younger ones */
};

/* The action of the row that says so; see journal_rung.c. */
#define JOURNAL_GIVEN_UP	"given-up"

struct journal_rung {			/* a start of a step of recovery */
	uint64_t	event_id;	/* that began its outage */
	uint64_t	job_id;
	uint32_t	uplink, step;
	int64_t		start_ms, end_ms;	/* wall; the end may be to come */
	bool		cut;		/* it has no end: the process died */
	bool		given_up;	/* no step: it was told */
	char		text[EVENT_TEXT_MAX];
};

struct journal_past {
	uint64_t	event_id, job_id;	/* highest used */
	size_t		nlevels;
	struct msg	*levels;	/* newest event of each uplink */
	uint64_t	*level_ids;	/* their event_id */
	size_t		nopinions;
	struct msg	*opinions;	/* newest of each uplink and advisor */
	size_t		nsources;
	struct journal_source *sources;
	size_t		njobs;
	struct job	**jobs;		/* neither done, failed nor superseded */
	size_t		nlanes;
	struct journal_lane *lanes;
	size_t		noutages;	/* that may still last */
	struct msg	*outages;	/* how they began */
	uint64_t	*outage_ids;	/* their event_id */
	size_t		nrungs;
	struct journal_rung *rungs;	/* of them and of budgets, in order */
	size_t		nflowed;
	uint64_t	*flowed;	/* that had one for connections */
	size_t		nsteps;
	struct journal_step *steps;	/* of outages that may still last */
	uint64_t	letter_id, place;	/* highest used */
	size_t		nletters;
	struct letter	**letters;	/* not sent; without times of ours */
	size_t		nwindow;
	int64_t		*window;	/* when letters were queued, wall ms */
};

/*
 * Thread: loop.  Opens or creates the file (mode 0600), checks its version,
 * starts the thread.  A damaged file is set aside as <path>.damaged-<time>
 * and a new one begun, with an error in the log.  done: pollable queue of
 * struct journal_op, outlives the journal.  -errno.
 */
int	journal_open(const char *path, struct queue *done, struct journal **);
/* Thread: loop, before the first submit.  Reads the past; jobs get conf. */
int	journal_load(struct journal *, const struct conf *,
	    struct journal_past *);
void	journal_past_free(struct journal_past *);
/*
 * Thread: loop.  Takes *opp and clears it; -ENOSPC when too many wait, then
 * it stays with the caller.  Never blocks.
 */
int	journal_submit(struct journal *, struct journal_op **opp);
void	journal_op_free(struct journal_op **);
/* Frees what it points to. */
void	journal_letter_free(struct journal_letter *);
/* Thread: loop.  Commits what waits, joins, closes.  Clears *. */
void	journal_close(struct journal **);

#endif
