/* SPDX-License-Identifier: ISC */
/*
 * lane_queue: a slot for each key with what waits and what runs of it.  Among
 * the slots whose first one may run, the one that has waited longest is next.
 */
#include "dispatcher/lane_queue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatcher/retry.h"
#include "lib/must.h"

static struct lane_slot *
slot_find(const struct lane_queue *q, const char *key)
{
	struct lane_slot *s;

	for (s = q->slots; s != NULL; s = s->next)
		if (strcmp(s->key, key) == 0)
			return s;
	return NULL;
}

static struct lane_slot *
slot_get(struct lane_queue *q, const char *key)
{
	struct lane_slot *s = slot_find(q, key);

	if (s != NULL)
		return s;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	snprintf(s->key, sizeof(s->key), "%s", key);
	s->next = q->slots;
	q->slots = s;
	return s;
}

struct lane_item *
lane_item_new(struct lane_queue *q, struct job *j)
{
	struct lane_item *it = calloc(1, sizeof(*it));

	if (it == NULL)
		return NULL;
	it->slot = slot_get(q, j->key);
	if (it->slot == NULL) {
		free(it);
		return NULL;
	}
	it->job = j;
	it->id = j->id;
	it->every = j->every;
	it->cancel = j->cancel;
	it->queued_wall_ms = j->queued_wall_ms;
	it->not_before_ns = j->not_before_ns;
	return it;
}

void
lane_item_free(struct lane_item *it)
{
	if (it != NULL)
		job_free(it->job);
	free(it);
}

static void
count(struct lane_queue *q, const struct lane_item *it, bool in)
{
	size_t n = in ? 1 : (size_t)-1;

	q->nwaiting += n;
	if (it->every)
		q->nevery += n;
}

/*
 * By their numbers: an event that had to wait for a full disk comes behind
 * younger ones.
 */
static void
insert(struct lane_queue *q, struct lane_item *it)
{
	struct lane_item **at = &it->slot->waiting;

	while (*at != NULL && (it->id == 0 || (*at)->id <= it->id))
		at = &(*at)->next;
	it->next = *at;
	*at = it;
	count(q, it, true);
}

static struct lane_item *
cut_waiting(struct lane_queue *q, struct lane_slot *s, bool all)
{
	struct lane_item **at = &s->waiting, *it, *cut = NULL, **end = &cut;

	while ((it = *at) != NULL) {
		if (it->every && !all) {
			at = &it->next;
			continue;
		}
		*at = it->next;
		count(q, it, false);
		q->ended[JOB_SUPERSEDED]++;
		it->next = NULL;
		*end = it;
		end = &it->next;
	}
	return cut;
}

int
lane_queue_add(struct lane_queue *q, struct lane_item *it, bool force,
    struct lane_item **cut)
{
	struct lane_slot *s = it->slot;

	*cut = NULL;
	if (it->every && q->nevery >= q->max && !force)
		return -ENOSPC;
	it->arrival = ++q->arrivals;
	if (!it->every && it->id != 0 && it->id < s->newest) {
		q->ended[JOB_SUPERSEDED]++;
		*cut = it;
		return 0;
	}
	if (!it->every) {
		s->newest = it->id;
		*cut = cut_waiting(q, s, false);
	}
	insert(q, it);
	return 0;
}

struct lane_item *
lane_queue_take(struct lane_queue *q, int64_t now_ns, int64_t *due)
{
	struct lane_slot *s, *best = NULL;

	*due = CLOCK_NEVER;
	for (s = q->slots; s != NULL; s = s->next) {
		if (s->running != NULL || s->waiting == NULL)
			continue;
		if (s->waiting->not_before_ns > now_ns) {
			if (s->waiting->not_before_ns < *due)
				*due = s->waiting->not_before_ns;
		} else if (best == NULL ||
		    s->waiting->arrival < best->waiting->arrival) {
			best = s;
		}
	}
	if (best == NULL)
		return NULL;
	best->running = best->waiting;
	best->waiting = best->running->next;
	best->running->next = NULL;
	best->running->kicks = q->kicks;
	count(q, best->running, false);
	q->nrunning++;
	return best->running;
}

struct lane_item *
lane_queue_running(const struct lane_queue *q, const char *key)
{
	const struct lane_slot *s = slot_find(q, key);

	return s == NULL ? NULL : s->running;
}

static int64_t
pause_ns(const struct job *j)
{
	int64_t pause = retry_pause(j->retry_wait_ns, j->tries);

	return pause > j->pause_min_ns ? pause : j->pause_min_ns;
}

/* A line is back: its next try may begin earlier. */
static void
hurry(struct lane_item *it, int64_t now_ns)
{
	it->not_before_ns = retry_hurry(it->not_before_ns,
	    it->job->retry_wait_ns, &it->slot->kick_ns, now_ns);
}

static enum job_phase
phase_of(const struct lane_item *it, int err, bool last)
{
	if (it->cancelled || err == -ECANCELED)
		return JOB_CANCELLED;
	if (err == 0)
		return JOB_DONE;
	if (it->job->tries >= it->job->tries_max || last)
		return JOB_FAILED;
	return !it->every && it->slot->waiting != NULL ? JOB_SUPERSEDED :
	    JOB_RETRY;
}

enum job_phase
lane_queue_settle(struct lane_queue *q, struct lane_item *it, int err,
    bool last, int64_t now_ns)
{
	enum job_phase phase = phase_of(it, err, last);

	MUST(it->slot->running == it);
	it->slot->running = NULL;
	q->nrunning--;
	q->ended[phase]++;
	if (phase != JOB_RETRY)
		return phase;
	/* In front: younger ones of its key stay behind it. */
	it->not_before_ns = now_ns + pause_ns(it->job);
	if (it->job->pause_min_ns < 0)
		hurry(it, now_ns);
	it->next = it->slot->waiting;
	it->slot->waiting = it;
	count(q, it, true);
	return phase;
}

struct lane_item *
lane_queue_drop(struct lane_queue *q, const char *key)
{
	struct lane_slot *s = slot_find(q, key);

	return s == NULL ? NULL : cut_waiting(q, s, true);
}

void
lane_queue_kick(struct lane_queue *q, int64_t now_ns)
{
	struct lane_item *it;
	struct lane_slot *s;

	q->kicks++;
	for (s = q->slots; s != NULL; s = s->next)
		for (it = s->waiting; it != NULL; it = it->next)
			if (it->job->durable && it->job->pause_min_ns <= 0)
				hurry(it, now_ns);
}

int64_t
lane_queue_oldest(const struct lane_queue *q)
{
	const struct lane_item *it;
	const struct lane_slot *s;
	int64_t oldest = -1;

	for (s = q->slots; s != NULL; s = s->next)
		for (it = s->waiting; it != NULL; it = it->next)
			if (oldest == -1 || it->queued_wall_ms < oldest)
				oldest = it->queued_wall_ms;
	return oldest;
}

void
lane_queue_free(struct lane_queue *q)
{
	struct lane_item *it;
	struct lane_slot *s;

	while ((s = q->slots) != NULL) {
		q->slots = s->next;
		while ((it = s->waiting) != NULL) {
			s->waiting = it->next;
			lane_item_free(it);
		}
		free(s);
	}
}
