/* SPDX-License-Identifier: ISC */
/*
 * lane: threads that take the next job of a lane_queue, all under one lock.
 * Threads enter in lane_worker(); everything else is the loop's.  A job waits
 * in the queue or is its runner's.
 *
 * Notes that do not fit into their queue are kept and handed over by the next
 * call: a job whose end is lost would run again after a restart.  The queue's
 * lock is taken inside the lane's, never the other way round.
 */
#include "dispatcher/lane.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dispatcher/lane_queue.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/must.h"
#include "lib/sys.h"

#define LANE_MAGIC	0x6c616e65u

/* A thread, and what a byte in tells to stop its run. */
struct runner {
	struct lane	*lane;
	size_t		 index;
	pthread_t	 thread;
	int		 cancel_fd[2];
};

struct lane {
	unsigned	 magic;
	const struct lane_conf conf;	/* a copy, never changed */
	size_t		 nrunners;
	struct runner	*runners;
	pthread_cond_t	 work;
	pthread_mutex_t	 lock;		/* guards what follows */
	struct lane_note **late;	/* notes that did not fit, told first */
	size_t		 nlate;
	struct lane_queue queue;
	bool		 stop;
};

void
lane_note_of(struct lane_note *n, const struct job *j, enum job_phase phase)
{
	memset(n, 0, sizeof(*n));
	n->phase = phase;
	n->job_id = j->id;
	n->event_id = j->event_id;
	n->what = j->what;
	n->uplink = j->uplink;
	n->tries = j->tries;
	n->took_ns = -1;
	snprintf(n->action, sizeof(n->action), "%s", j->action);
	snprintf(n->lane, sizeof(n->lane), "%s", j->lane);
}

static struct lane_note *
note_new(const struct job *j, enum job_phase phase)
{
	struct lane_note *n = calloc(1, sizeof(*n));

	if (n == NULL) {
		log_err("action %s: its end cannot be told: no memory",
		    j->key);
		return NULL;
	}
	lane_note_of(n, j, phase);
	return n;
}

/* With the lock held.  Clears what fitted. */
static void
flush_late(struct lane *l)
{
	size_t i = 0;
	void *item;

	if (l->nlate == 0)
		return;
	for (; i < l->nlate; i++) {
		item = l->late[i];
		if (queue_push(l->conf.notes, &item) != 0)
			break;
	}
	memmove(l->late, l->late + i, (l->nlate - i) * sizeof(*l->late));
	l->nlate -= i;
}

/*
 * With the lock held: a job's notes come in their order even when its next
 * try is already another thread's.
 */
static void
tell(struct lane *l, struct lane_note *n)
{
	struct lane_note **list;
	void *item = n;

	if (n == NULL)
		return;
	flush_late(l);
	if (l->nlate > 0 || queue_push(l->conf.notes, &item) != 0) {
		list = realloc(l->late, (l->nlate + 1) * sizeof(*list));
		if (list != NULL) {
			l->late = list;
			l->late[l->nlate++] = n;
			item = NULL;
		}
	}
	free(item);
}

/* What the run has said of a further try; kicked: a line came back meanwhile. */
static void
take_wishes(struct job *j, const struct job_result *result, bool kicked)
{
	if (result->final)
		j->tries_max = j->tries;
	j->pause_min_ns = result->wait_ns;
	if (j->durable && kicked && result->wait_ns == 0)
		j->pause_min_ns = -1;
}

static void
run_item(struct runner *r, struct lane_item *it)
{
	struct lane *l = r->lane;
	struct job_env env = { .power = l->conf.power,
	    .cancel_fd = r->cancel_fd[0], .carry = l->conf.carry != NULL ?
	    atomic_load(l->conf.carry) : 0 };
	struct job_result result = { 0 };
	int64_t start_ns = clock_mono_ns(), end_ns;
	struct lane_note *ended;
	enum job_phase phase;
	int err;

	err = l->conf.run(it->job, &env, &result);
	end_ns = clock_mono_ns();
	ended = note_new(it->job, JOB_DONE);
	MUST(pthread_mutex_lock(&l->lock) == 0);
	take_wishes(it->job, &result, it->kicks != l->queue.kicks);
	phase = lane_queue_settle(&l->queue, it, err, l->stop, end_ns);
	if (ended != NULL) {
		ended->phase = phase;
		ended->took_ns = end_ns - start_ns;
		ended->result = result;
		ended->result.err = err;
	}
	tell(l, ended);
	MUST(pthread_cond_broadcast(&l->work) == 0);
	MUST(pthread_mutex_unlock(&l->lock) == 0);
	/* A retry is in the queue again, and perhaps already running. */
	if (phase != JOB_RETRY)
		lane_item_free(it);
}

static void
wait_work(struct lane *l, int64_t due)
{
	struct timespec ts;

	if (due == CLOCK_NEVER) {
		MUST(pthread_cond_wait(&l->work, &l->lock) == 0);
		return;
	}
	ts.tv_sec = (time_t)(due / NS_PER_S);
	ts.tv_nsec = (long)(due % NS_PER_S);
	(void)pthread_cond_timedwait(&l->work, &l->lock, &ts);
}

/* Under the lock: a word to stop is of this run, not of the one before. */
static void
begin(struct runner *r, struct lane_item *it)
{
	char byte;

	while (read(r->cancel_fd[0], &byte, 1) == 1)
		;
	it->runner = r->index;
	it->job->tries++;
	tell(r->lane, note_new(it->job, JOB_STARTED));
}

static void
cancel(struct lane *l, struct lane_item *it)
{
	if (it->cancelled)
		return;
	it->cancelled = true;
	MUST(write(l->runners[it->runner].cancel_fd[1], "", 1) == 1);
}

static void *
lane_worker(void *arg)
{
	struct runner *r = arg;
	struct lane *l = r->lane;
	struct lane_item *it;
	int64_t due;

	sys_thread_name(l->conf.name);
	MUST(pthread_mutex_lock(&l->lock) == 0);
	while (!l->stop) {
		it = lane_queue_take(&l->queue, clock_mono_ns(), &due);
		if (it == NULL) {
			wait_work(l, due);
			continue;
		}
		begin(r, it);
		MUST(pthread_mutex_unlock(&l->lock) == 0);
		run_item(r, it);
		MUST(pthread_mutex_lock(&l->lock) == 0);
	}
	MUST(pthread_mutex_unlock(&l->lock) == 0);
	return NULL;
}

static void
init_locks(struct lane *l)
{
	pthread_condattr_t attr;

	MUST(pthread_mutex_init(&l->lock, NULL) == 0);
	MUST(pthread_condattr_init(&attr) == 0);
	MUST(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
	MUST(pthread_cond_init(&l->work, &attr) == 0);
	MUST(pthread_condattr_destroy(&attr) == 0);
}

/* The pipe is made now, so that running a job cannot fail for want of one. */
static int
start_runner(struct lane *l)
{
	struct runner *r = &l->runners[l->nrunners];
	int rc;

	r->lane = l;
	r->index = l->nrunners;
	if (pipe2(r->cancel_fd, O_CLOEXEC | O_NONBLOCK) == -1)
		return -errno;
	rc = -pthread_create(&r->thread, NULL, lane_worker, r);
	if (rc == 0) {
		l->nrunners++;
		return 0;
	}
	close(r->cancel_fd[0]);
	close(r->cancel_fd[1]);
	return rc;
}

int
lane_new(const struct lane_conf *conf, struct lane **out)
{
	struct lane *l = calloc(1, sizeof(*l));
	int rc = 0;

	*out = NULL;
	if (l == NULL)
		return -ENOMEM;
	memcpy((void *)(uintptr_t)&l->conf, conf, sizeof(*conf));
	l->magic = LANE_MAGIC;
	l->queue.max = conf->queue;
	l->runners = calloc(conf->threads, sizeof(*l->runners));
	init_locks(l);
	if (l->runners == NULL)
		rc = -ENOMEM;
	while (rc == 0 && l->nrunners < conf->threads)
		rc = start_runner(l);
	if (rc != 0) {
		lane_free(&l);
		return rc;
	}
	*out = l;
	return 0;
}

static size_t
tell_cut(struct lane *l, struct lane_item *cut)
{
	struct lane_item *next;
	size_t n = 0;

	for (; cut != NULL; cut = next, n++) {
		next = cut->next;
		tell(l, note_new(cut->job, JOB_SUPERSEDED));
		lane_item_free(cut);
	}
	return n;
}

static size_t
cancel_running(struct lane *l, const char *key)
{
	struct lane_item *it = lane_queue_running(&l->queue, key);

	if (it == NULL || !it->cancel || it->cancelled)
		return 0;
	cancel(l, it);
	return 1;
}

/* Under the lock. */
static int
add(struct lane *l, struct job *j, bool force)
{
	struct lane_item *it, *cut;
	int rc;

	if (j->queued_wall_ms == 0)
		j->queued_wall_ms = clock_wall_ms();
	it = lane_item_new(&l->queue, j);
	if (it == NULL)
		return -ENOMEM;
	rc = lane_queue_add(&l->queue, it, force, &cut);
	if (rc != 0) {
		it->job = NULL;
		lane_item_free(it);
		return rc;
	}
	if (cut != it) {
		if (!it->every)
			(void)cancel_running(l, it->slot->key);
		MUST(pthread_cond_signal(&l->work) == 0);
	}
	(void)tell_cut(l, cut);
	return 0;
}

int
lane_submit(struct lane *l, struct job **jobp, bool force)
{
	int rc;

	MUST(l->magic == LANE_MAGIC);
	MUST(pthread_mutex_lock(&l->lock) == 0);
	rc = add(l, *jobp, force);
	MUST(pthread_mutex_unlock(&l->lock) == 0);
	if (rc == 0)
		*jobp = NULL;
	return rc;
}

size_t
lane_drop(struct lane *l, const char *key)
{
	size_t n;

	MUST(l->magic == LANE_MAGIC);
	MUST(pthread_mutex_lock(&l->lock) == 0);
	n = cancel_running(l, key);
	n += tell_cut(l, lane_queue_drop(&l->queue, key));
	MUST(pthread_mutex_unlock(&l->lock) == 0);
	return n;
}

void
lane_kick(struct lane *l)
{
	MUST(l->magic == LANE_MAGIC);
	MUST(pthread_mutex_lock(&l->lock) == 0);
	lane_queue_kick(&l->queue, clock_mono_ns());
	MUST(pthread_cond_broadcast(&l->work) == 0);
	MUST(pthread_mutex_unlock(&l->lock) == 0);
}

void
lane_load(struct lane *l, struct lane_load *out)
{
	const struct lane_queue *q = &l->queue;

	MUST(l->magic == LANE_MAGIC);
	MUST(pthread_mutex_lock(&l->lock) == 0);
	flush_late(l);
	*out = (struct lane_load){ .name = l->conf.name,
	    .threads = l->nrunners, .running = q->nrunning,
	    .waiting = q->nwaiting,
	    .room = q->nevery < q->max ? q->max - q->nevery : 0,
	    .oldest_wall_ms = lane_queue_oldest(q),
	    .done = q->ended[JOB_DONE], .failed = q->ended[JOB_FAILED],
	    .retried = q->ended[JOB_RETRY],
	    .superseded = q->ended[JOB_SUPERSEDED],
	    .cancelled = q->ended[JOB_CANCELLED] };
	MUST(pthread_mutex_unlock(&l->lock) == 0);
}

/*
 * What runs is stopped without a word to the journal: after the next start it
 * is taken up again, which is what an interrupted job needs.
 */
static void
stop_threads(struct lane *l)
{
	struct lane_slot *s;
	size_t i;

	MUST(pthread_mutex_lock(&l->lock) == 0);
	l->stop = true;
	for (s = l->queue.slots; s != NULL; s = s->next)
		if (s->running != NULL)
			cancel(l, s->running);
	MUST(pthread_cond_broadcast(&l->work) == 0);
	MUST(pthread_mutex_unlock(&l->lock) == 0);
	for (i = 0; i < l->nrunners; i++) {
		MUST(pthread_join(l->runners[i].thread, NULL) == 0);
		close(l->runners[i].cancel_fd[0]);
		close(l->runners[i].cancel_fd[1]);
	}
}

void
lane_free(struct lane **lp)
{
	struct lane *l = *lp;
	size_t i;

	if (l == NULL)
		return;
	*lp = NULL;
	stop_threads(l);
	lane_queue_free(&l->queue);
	for (i = 0; i < l->nlate; i++)
		free(l->late[i]);
	free(l->late);
	MUST(pthread_cond_destroy(&l->work) == 0);
	MUST(pthread_mutex_destroy(&l->lock) == 0);
	free(l->runners);
	l->magic = 0;
	free(l);
}
