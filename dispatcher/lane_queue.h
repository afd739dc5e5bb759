/* SPDX-License-Identifier: ISC */
/*
 * lane_queue: which job of a lane may run next, and what becomes of the
 * others.  Per key one at a time, in the order of their numbers; a newer one
 * supersedes those of its key that wait, unless they are `every`.  So at most
 * one of a key that is not `every` waits, and those never find it full; the
 * bound is for the others.  Pure: the time is an argument; no thread, lock or
 * descriptor.  Owns what waits; what runs is the runner's.
 */
#ifndef UPLINKD_DISPATCHER_LANE_QUEUE_H
#define UPLINKD_DISPATCHER_LANE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "actions/action.h"

struct lane_slot;

/* One job beside what the queue must know while another thread runs it. */
struct lane_item {
	struct lane_item *next;
	struct lane_slot *slot;
	struct job	*job;
	uint64_t	 id;
	uint64_t	 arrival;
	bool		 every, cancel;
	bool		 cancelled;
	int64_t		 queued_wall_ms;
	int64_t		 not_before_ns;
	unsigned	 kicks;		/* of the queue when it began to run */
	size_t		 runner;	/* the caller's, while it runs */
};

/* A key.  There are as many as the configuration has, so none is given up. */
struct lane_slot {
	struct lane_slot *next;
	struct lane_item *waiting;	/* in order */
	struct lane_item *running;
	uint64_t	 newest;	/* number of one that supersedes */
	int64_t		 kick_ns;	/* none is tried for a kick before */
	char		 key[JOB_KEY_MAX];
};

struct lane_queue {
	struct lane_slot *slots;
	size_t		 max;		/* `every` jobs that may wait */
	size_t		 nwaiting, nevery, nrunning;
	uint64_t	 arrivals;
	unsigned	 kicks;
	uint64_t	 ended[JOB_CANCELLED + 1];	/* how often, by phase */
};

/* Takes the job; NULL: no memory, it is the caller's. */
struct lane_item	*lane_item_new(struct lane_queue *, struct job *);
/* With its job. */
void	lane_item_free(struct lane_item *);
/*
 * Takes the item, or -ENOSPC, unless by force.  *cut (caller: free) are those
 * that will not run for it: the item itself, if a newer one was here before.
 */
int	lane_queue_add(struct lane_queue *, struct lane_item *, bool force,
	    struct lane_item **cut);
/*
 * The next one to run, now running; NULL: none, and *due is when to look
 * again.  One that failed holds its key while it waits for its next try.
 */
struct lane_item	*lane_queue_take(struct lane_queue *, int64_t now_ns,
	    int64_t *due);
/* Of that key, NULL. */
struct lane_item	*lane_queue_running(const struct lane_queue *,
	    const char *key);
/*
 * How the run of the item ended.  JOB_RETRY: it waits again; with any other
 * it is the caller's.  last: no further try.
 */
enum job_phase	lane_queue_settle(struct lane_queue *, struct lane_item *,
	    int err, bool last, int64_t now_ns);
/*
 * Durable jobs that wait for their next try have it now, unless the other side
 * has asked for a pause; but of a key not so again within a while.
 */
void	lane_queue_kick(struct lane_queue *, int64_t now_ns);
/* Takes off all that wait with this key; the caller frees. */
struct lane_item	*lane_queue_drop(struct lane_queue *, const char *key);
/* When the oldest that waits was queued; -1 = none does. */
int64_t	lane_queue_oldest(const struct lane_queue *);
void	lane_queue_free(struct lane_queue *);

#endif
