/* SPDX-License-Identifier: ISC */
/*
 * lane: the thread pool of one class of action.  Per key one job at a time,
 * in order; across keys in parallel.  A newer job of a key supersedes those
 * waiting (unless `every`) and cancels a running one that allows it.  A job
 * that failed and has tries left waits its time, twice as long after each try,
 * without holding a thread, and holds its key.  submit never blocks.  Owns
 * queued and running jobs.  What decides is in lane_queue.
 */
#ifndef UPLINKD_DISPATCHER_LANE_H
#define UPLINKD_DISPATCHER_LANE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "actions/action.h"
#include "lib/queue.h"
#include "proto/event.h"

struct lane;

/* A job's start or end, given to the loop by the queue; malloc'd, freed there. */
struct lane_note {
	enum job_phase	phase;		/* STARTED, DONE, FAILED, RETRY, ... */
	uint64_t	job_id, event_id;
	enum power_what	what;
	char		action[EVENT_NAME_MAX];
	char		lane[EVENT_NAME_MAX];
	uint32_t	uplink;
	int		tries;
	int64_t		took_ns;	/* -1 = it has just started */
	struct job_result result;
};

/* Thread: any.  What of a note is the job's, whatever came of it. */
void	lane_note_of(struct lane_note *, const struct job *, enum job_phase);

typedef int lane_run_fn(const struct job *, const struct job_env *,
    struct job_result *);

struct lane_conf {
	const char	*name;		/* kept */
	size_t		 threads;
	size_t		 queue;		/* `every` jobs waiting at most */
	int		 power;		/* parent's socket, for job_env */
	lane_run_fn	*run;		/* action_run_job, or a test's */
	struct queue	*notes;		/* pollable; outlives the lane */
	/* For job_env: bits of uplinks that carry; NULL = none. */
	const _Atomic uint64_t *carry;
};

/* Thread: loop.  Threads are running when it returns.  0 or -errno. */
int	lane_new(const struct lane_conf *, struct lane **);
/*
 * Thread: loop.  Takes *jobp and clears it; -ENOSPC (an `every` job, and as
 * many wait as may, unless by force) leaves it with the caller, so does
 * -ENOMEM.  Superseded jobs are told through the notes.
 */
int	lane_submit(struct lane *, struct job **jobp, bool force);
/*
 * Thread: loop.  Drops what waits with this key and cancels what runs with it
 * if it allows that; told through the notes.  Returns how many.
 */
size_t	lane_drop(struct lane *, const char *key);
/*
 * Thread: loop.  A line is back: durable jobs that wait for their next try
 * have it now, unless the other side has asked for a pause.
 */
void	lane_kick(struct lane *);
/* How much there is to do, and what was done since the start. */
struct lane_load {
	const char	*name;
	size_t		 threads, running, waiting;
	size_t		 room;		/* for `every` jobs */
	int64_t		 oldest_wall_ms;	/* that waits; -1 = none */
	uint64_t	 done, failed, retried, superseded, cancelled;
};

/* Thread: loop.  Also hands over notes that found their queue full. */
void	lane_load(struct lane *, struct lane_load *);
/* Thread: loop.  Cancels what runs, joins all threads, frees.  Clears *. */
void	lane_free(struct lane **);

#endif
