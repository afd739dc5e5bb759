/* SPDX-License-Identifier: ISC */
/*
 * lane: one list of jobs under one lock, and threads that take the first one
 * whose key is free and whose time has come.  Threads enter in lane_worker();
 * everything else is the loop's.  A job is on exactly one of the lists
 * (waiting, running); whoever takes it off owns it.
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

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/must.h"
#include "lib/sys.h"

#define LANE_MAGIC	0x6c616e65u
#define PAUSE_MAX	(1800 * NS_PER_S)	/* doubling ends here */

struct item {
	struct item	*next;
	struct job	*job;
	bool		 every, cancel;	/* copies: the job is the runner's */
	bool		 cancelled;
	int		 cancel_fd[2];	/* while it runs; -1 */
	int64_t		 not_before_ns;
	char		 key[JOB_KEY_MAX];
};

struct lane {
	unsigned	 magic;
	const struct lane_conf conf;	/* a copy, never changed */
	size_t		 nthreads;
	pthread_t	*threads;
	pthread_cond_t	 work;
	pthread_mutex_t	 lock;		/* guards what follows */
	struct lane_note **late;	/* notes that did not fit, told first */
	size_t		 nlate;
	struct item	*waiting;	/* in order of arrival */
	struct item	*running;
	size_t		 nwaiting, nrunning;
	bool		 stop;
};

static struct lane_note *
note_new(const struct job *j, enum job_phase phase)
{
	struct lane_note *n = calloc(1, sizeof(*n));

	if (n == NULL) {
		log_err("action %s: its end cannot be told: no memory",
		    j->key);
		return NULL;
	}
	n->phase = phase;
	n->job_id = j->id;
	n->event_id = j->event_id;
	n->what = j->what;
	n->uplink = j->uplink;
	n->tries = j->tries;
	n->took_ns = -1;
	snprintf(n->action, sizeof(n->action), "%s", j->action);
	snprintf(n->lane, sizeof(n->lane), "%s", j->lane);
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

static void
item_free(struct item *it)
{
	if (it->cancel_fd[0] != -1) {
		close(it->cancel_fd[0]);
		close(it->cancel_fd[1]);
	}
	job_free(it->job);
	free(it);
}

static bool
key_runs(const struct lane *l, const char *key)
{
	const struct item *it;

	for (it = l->running; it != NULL; it = it->next)
		if (strcmp(it->key, key) == 0)
			return true;
	return false;
}

static bool
key_waits_before(const struct lane *l, const struct item *end)
{
	const struct item *it;

	for (it = l->waiting; it != end; it = it->next)
		if (strcmp(it->key, end->key) == 0)
			return true;
	return false;
}

/*
 * The first job whose key is free and that has its time; *due becomes when
 * to look again.  A retry that waits holds its key by standing in front.
 */
static struct item *
take_next(struct lane *l, int64_t now_ns, int64_t *due)
{
	struct item **at, *it;

	*due = CLOCK_NEVER;
	for (at = &l->waiting; (it = *at) != NULL; at = &it->next) {
		if (key_runs(l, it->key) || key_waits_before(l, it))
			continue;
		if (it->not_before_ns > now_ns) {
			if (it->not_before_ns < *due)
				*due = it->not_before_ns;
			continue;
		}
		*at = it->next;
		l->nwaiting--;
		it->next = l->running;
		l->running = it;
		l->nrunning++;
		return it;
	}
	return NULL;
}

static void
unlink_running(struct lane *l, struct item *it)
{
	struct item **at;

	for (at = &l->running; *at != it; at = &(*at)->next)
		;
	*at = it->next;
	l->nrunning--;
}

static bool
superseded(const struct lane *l, const struct item *it)
{
	const struct item *w;

	if (it->every)
		return false;
	for (w = l->waiting; w != NULL; w = w->next)
		if (strcmp(w->key, it->key) == 0)
			return true;
	return false;
}

/* The first pause as configured, each further one twice as long. */
static int64_t
pause_ns(const struct job *j)
{
	int64_t pause = j->retry_wait_ns;
	int i;

	for (i = 1; i < j->tries && pause < PAUSE_MAX; i++)
		pause *= 2;
	return pause < PAUSE_MAX || pause == j->retry_wait_ns ? pause :
	    PAUSE_MAX;
}

/* Where the run has ended: what becomes of the job.  Under the lock. */
static enum job_phase
settle(struct lane *l, struct item *it, int err, int64_t now_ns)
{
	struct job *j = it->job;

	unlink_running(l, it);
	if (it->cancelled || err == -ECANCELED)
		return JOB_CANCELLED;
	if (err == 0)
		return JOB_DONE;
	if (j->tries >= j->tries_max || l->stop)
		return JOB_FAILED;
	if (superseded(l, it))
		return JOB_SUPERSEDED;
	/* In front: younger ones of its key stay behind it. */
	it->not_before_ns = now_ns + pause_ns(j);
	it->next = l->waiting;
	l->waiting = it;
	l->nwaiting++;
	return JOB_RETRY;
}

static void
run_item(struct lane *l, struct item *it)
{
	struct job_env env = { .power = l->conf.power,
	    .cancel_fd = it->cancel_fd[0] };
	struct job_result result = { 0 };
	int64_t start_ns = clock_mono_ns(), end_ns;
	struct lane_note *ended;
	enum job_phase phase;
	int err;

	err = l->conf.run(it->job, &env, &result);
	end_ns = clock_mono_ns();
	ended = note_new(it->job, JOB_DONE);
	MUST(pthread_mutex_lock(&l->lock) == 0);
	phase = settle(l, it, err, end_ns);
	if (ended != NULL) {
		ended->phase = phase;
		ended->took_ns = end_ns - start_ns;
		ended->result = result;
		ended->result.err = err;
	}
	tell(l, ended);
	MUST(pthread_cond_broadcast(&l->work) == 0);
	MUST(pthread_mutex_unlock(&l->lock) == 0);
	/* A retry is on the list again, and perhaps already running. */
	if (phase != JOB_RETRY)
		item_free(it);
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

static void *
lane_worker(void *arg)
{
	struct lane *l = arg;
	struct item *it;
	int64_t due;

	sys_thread_name(l->conf.name);
	MUST(pthread_mutex_lock(&l->lock) == 0);
	while (!l->stop) {
		it = take_next(l, clock_mono_ns(), &due);
		if (it == NULL) {
			wait_work(l, due);
			continue;
		}
		it->job->tries++;
		tell(l, note_new(it->job, JOB_STARTED));
		MUST(pthread_mutex_unlock(&l->lock) == 0);
		run_item(l, it);
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
	l->threads = calloc(conf->threads, sizeof(*l->threads));
	init_locks(l);
	if (l->threads == NULL)
		rc = -ENOMEM;
	while (rc == 0 && l->nthreads < conf->threads) {
		rc = -pthread_create(&l->threads[l->nthreads], NULL,
		    lane_worker, l);
		if (rc == 0)
			l->nthreads++;
	}
	if (rc != 0) {
		lane_free(&l);
		return rc;
	}
	*out = l;
	return 0;
}

static struct item *
item_new(struct job *j)
{
	struct item *it = calloc(1, sizeof(*it));

	if (it == NULL)
		return NULL;
	it->cancel_fd[0] = it->cancel_fd[1] = -1;
	/* A byte in it cancels; made now, so that running cannot fail. */
	if (pipe2(it->cancel_fd, O_CLOEXEC | O_NONBLOCK) == -1) {
		free(it);
		return NULL;
	}
	it->job = j;
	it->every = j->every;
	it->cancel = j->cancel;
	it->not_before_ns = j->not_before_ns;
	memcpy(it->key, j->key, sizeof(it->key));
	return it;
}

/* Takes those of the key off the waiting list; the caller tells and frees. */
static struct item *
cut_waiting(struct lane *l, const char *key, bool all)
{
	struct item **at = &l->waiting, *it, *cut = NULL, **end = &cut;

	while ((it = *at) != NULL) {
		if (strcmp(it->key, key) != 0 || (it->every && !all)) {
			at = &it->next;
			continue;
		}
		*at = it->next;
		l->nwaiting--;
		it->next = NULL;
		*end = it;
		end = &it->next;
	}
	return cut;
}

static size_t
cancel_running(struct lane *l, const char *key)
{
	struct item *it;
	size_t n = 0;

	for (it = l->running; it != NULL; it = it->next)
		if (it->cancel && !it->cancelled &&
		    strcmp(it->key, key) == 0) {
			it->cancelled = true;
			MUST(write(it->cancel_fd[1], "", 1) == 1);
			n++;
		}
	return n;
}

static size_t
tell_cut(struct lane *l, struct item *cut)
{
	struct item *next;
	size_t n = 0;

	for (; cut != NULL; cut = next, n++) {
		next = cut->next;
		tell(l, note_new(cut->job, JOB_SUPERSEDED));
		item_free(cut);
	}
	return n;
}

int
lane_submit(struct lane *l, struct job **jobp)
{
	struct item *it, *cut = NULL, **at;
	int rc = 0;

	MUST(l->magic == LANE_MAGIC);
	it = item_new(*jobp);
	if (it == NULL)
		return -ENOMEM;
	MUST(pthread_mutex_lock(&l->lock) == 0);
	if (!it->every) {
		cut = cut_waiting(l, it->key, false);
		(void)cancel_running(l, it->key);
	}
	if (l->nwaiting >= l->conf.queue)
		rc = -ENOSPC;
	else {
		for (at = &l->waiting; *at != NULL; at = &(*at)->next)
			;
		*at = it;
		l->nwaiting++;
		MUST(pthread_cond_signal(&l->work) == 0);
	}
	(void)tell_cut(l, cut);
	MUST(pthread_mutex_unlock(&l->lock) == 0);
	if (rc == 0) {
		*jobp = NULL;
	} else {
		it->job = NULL;
		item_free(it);
	}
	return rc;
}

size_t
lane_drop(struct lane *l, const char *key)
{
	struct item *cut;
	size_t n;

	MUST(l->magic == LANE_MAGIC);
	MUST(pthread_mutex_lock(&l->lock) == 0);
	cut = cut_waiting(l, key, true);
	n = cancel_running(l, key) + tell_cut(l, cut);
	MUST(pthread_mutex_unlock(&l->lock) == 0);
	return n;
}

void
lane_load(struct lane *l, size_t *waiting, size_t *running)
{
	MUST(l->magic == LANE_MAGIC);
	MUST(pthread_mutex_lock(&l->lock) == 0);
	flush_late(l);
	*waiting = l->nwaiting;
	*running = l->nrunning;
	MUST(pthread_mutex_unlock(&l->lock) == 0);
}

/*
 * What runs is stopped without a word to the journal: after the next start it
 * is taken up again, which is what an interrupted job needs.
 */
static void
stop_threads(struct lane *l)
{
	struct item *it;
	size_t i;

	MUST(pthread_mutex_lock(&l->lock) == 0);
	l->stop = true;
	for (it = l->running; it != NULL; it = it->next)
		if (!it->cancelled) {
			it->cancelled = true;
			MUST(write(it->cancel_fd[1], "", 1) == 1);
		}
	MUST(pthread_cond_broadcast(&l->work) == 0);
	MUST(pthread_mutex_unlock(&l->lock) == 0);
	for (i = 0; i < l->nthreads; i++)
		MUST(pthread_join(l->threads[i], NULL) == 0);
}

void
lane_free(struct lane **lp)
{
	struct lane *l = *lp;
	struct item *it;
	size_t i;

	if (l == NULL)
		return;
	*lp = NULL;
	stop_threads(l);
	while ((it = l->waiting) != NULL) {
		l->waiting = it->next;
		item_free(it);
	}
	for (i = 0; i < l->nlate; i++)
		free(l->late[i]);
	free(l->late);
	MUST(pthread_cond_destroy(&l->work) == 0);
	MUST(pthread_mutex_destroy(&l->lock) == 0);
	free(l->threads);
	l->magic = 0;
	free(l);
}
