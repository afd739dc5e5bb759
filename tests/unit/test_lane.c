/* SPDX-License-Identifier: ISC */
/* Order per key, room for others, the last one always runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sys/resource.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dispatcher/lane.h"
#include "lib/clock.h"

#define WAIT_MS	20000	/* a deadline, not a pace */

/* What the jobs of a test share with it. */
static struct {
	pthread_mutex_t	lock;
	pthread_cond_t	changed;
	bool		gate;		/* jobs wait here while it is shut */
	unsigned	inside;		/* jobs under way */
	unsigned	most;
	unsigned	runs;
	int		fail;		/* so many runs fail */
	int64_t		pause_ns;	/* before a second try */
	int64_t		queued_ms;
	atomic_bool	deaf;		/* to words to stop, while the gate is shut */
	uint64_t	order[4096];
	int64_t		began_ns[4096];
} w = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed =
    PTHREAD_COND_INITIALIZER };

static int
run(const struct job *j, const struct job_env *env, struct job_result *res)
{
	struct pollfd cancel = { .fd = env->cancel_fd, .events = POLLIN };
	int rc = 0;

	pthread_mutex_lock(&w.lock);
	w.began_ns[w.runs] = clock_mono_ns();
	w.order[w.runs++] = j->id;
	if (++w.inside > w.most)
		w.most = w.inside;
	pthread_cond_broadcast(&w.changed);
	while (w.gate) {
		pthread_mutex_unlock(&w.lock);
		if (poll(&cancel, 1, 1) == 1 && !w.deaf) {
			rc = -ECANCELED;
			pthread_mutex_lock(&w.lock);
			break;
		}
		pthread_mutex_lock(&w.lock);
	}
	w.inside--;
	if (rc == 0 && w.fail > 0) {
		w.fail--;
		rc = -ECHILD;
	}
	pthread_mutex_unlock(&w.lock);
	return res->err = rc;
}

static void
gate(bool shut)
{
	pthread_mutex_lock(&w.lock);
	w.gate = shut;
	pthread_mutex_unlock(&w.lock);
}

static void
wait_inside(unsigned n)
{
	pthread_mutex_lock(&w.lock);
	while (w.inside < n)
		pthread_cond_wait(&w.changed, &w.lock);
	pthread_mutex_unlock(&w.lock);
}

static struct lane *
lane(size_t threads, size_t max, struct queue **notes)
{
	struct lane_conf lc = { .name = "test", .threads = threads,
	    .queue = max, .power = -1, .run = run };
	struct lane *l;

	w.runs = w.inside = w.most = 0;
	w.fail = 0;
	w.pause_ns = 0;
	w.gate = false;
	*notes = lc.notes = queue_new(8192, true, free);
	assert_int_equal(lane_new(&lc, &l), 0);
	return l;
}

static int
give(struct lane *l, uint64_t id, const char *key, bool every, bool cancel,
    int tries)
{
	struct job *j = calloc(1, sizeof(*j));
	int rc;

	j->id = id;
	j->every = every;
	j->cancel = cancel;
	j->tries_max = tries;
	j->timeout_ns = NS_PER_S;
	j->retry_wait_ns = w.pause_ns;
	j->queued_wall_ms = w.queued_ms;
	snprintf(j->key, sizeof(j->key), "%s", key);
	rc = lane_submit(l, &j, false);
	free(j);
	return rc;
}

static struct lane_note *
note(struct queue *q)
{
	struct pollfd p = { .fd = queue_fd(q), .events = POLLIN };

	assert_int_equal(poll(&p, 1, WAIT_MS), 1);
	return queue_try(q);
}

/* Takes notes until so many jobs have ended; counts them by phase. */
static void
take_ends(struct queue *q, unsigned ends, unsigned count[16])
{
	struct lane_note *n;

	memset(count, 0, 16 * sizeof(*count));
	while (ends > 0) {
		n = note(q);
		count[n->phase]++;
		if (n->phase != JOB_STARTED && n->phase != JOB_RETRY)
			ends--;
		free(n);
	}
}

static void
lane_newer_job_supersedes_what_waits(void **state)
{
	unsigned count[16];
	struct queue *q;
	struct lane *l = lane(2, 64, &q);
	uint64_t id;

	(void)state;
	gate(true);
	give(l, 1, "a", false, false, 1);
	wait_inside(1);
	for (id = 2; id <= 10; id++)
		give(l, id, "a", false, false, 1);
	gate(false);
	take_ends(q, 10, count);
	assert_int_equal(count[JOB_SUPERSEDED], 8);
	assert_int_equal(count[JOB_DONE], 2);
	assert_int_equal(w.order[0], 1);
	assert_int_equal(w.order[1], 10);
	assert_int_equal(w.most, 1);
	lane_free(&l);
	queue_free(&q);
}

static void
lane_every_runs_all_in_order(void **state)
{
	unsigned count[16];
	struct queue *q;
	struct lane *l = lane(4, 64, &q);
	uint64_t id;

	(void)state;
	for (id = 1; id <= 20; id++)
		give(l, id, "a", true, false, 1);
	take_ends(q, 20, count);
	assert_int_equal(count[JOB_DONE], 20);
	for (id = 1; id <= 20; id++)
		assert_int_equal(w.order[id - 1], id);
	assert_int_equal(w.most, 1);
	lane_free(&l);
	queue_free(&q);
}

static void
lane_other_keys_do_not_wait(void **state)
{
	unsigned count[16];
	struct queue *q;
	struct lane *l = lane(4, 64, &q);

	(void)state;
	gate(true);
	give(l, 1, "a", true, false, 1);
	give(l, 2, "a", true, false, 1);
	give(l, 3, "b", true, false, 1);
	give(l, 4, "c", true, false, 1);
	/* Three at once, though the second stands before the third. */
	wait_inside(3);
	gate(false);
	take_ends(q, 4, count);
	assert_int_equal(count[JOB_DONE], 4);
	lane_free(&l);
	queue_free(&q);
}

static void
lane_running_job_is_cancelled_only_if_it_allows(void **state)
{
	unsigned count[16];
	struct queue *q;
	struct lane *l = lane(2, 64, &q);

	(void)state;
	gate(true);
	give(l, 1, "a", false, true, 1);
	give(l, 2, "b", false, false, 1);
	wait_inside(2);
	give(l, 3, "a", false, true, 1);
	give(l, 4, "b", false, false, 1);
	take_ends(q, 1, count);
	assert_int_equal(count[JOB_CANCELLED], 1);
	gate(false);
	take_ends(q, 3, count);
	assert_int_equal(count[JOB_DONE], 3);
	assert_int_equal(count[JOB_CANCELLED], 0);
	lane_free(&l);
	queue_free(&q);
}

static void
lane_failed_job_is_tried_again_then_given_up(void **state)
{
	unsigned count[16];
	struct queue *q;
	struct lane *l = lane(2, 64, &q);

	(void)state;
	w.fail = 2;
	give(l, 1, "a", false, false, 3);
	take_ends(q, 1, count);
	assert_int_equal(count[JOB_STARTED], 3);
	assert_int_equal(count[JOB_RETRY], 2);
	assert_int_equal(count[JOB_DONE], 1);
	w.fail = 100;
	give(l, 2, "a", false, false, 2);
	take_ends(q, 1, count);
	assert_int_equal(count[JOB_RETRY], 1);
	assert_int_equal(count[JOB_FAILED], 1);
	lane_free(&l);
	queue_free(&q);
}

static void
lane_pauses_double_from_try_to_try(void **state)
{
	unsigned count[16], i;
	struct queue *q;
	struct lane *l = lane(2, 64, &q);

	(void)state;
	w.fail = 4;
	w.pause_ns = 10 * NS_PER_MS;
	give(l, 1, "a", false, false, 5);
	take_ends(q, 1, count);
	assert_int_equal(count[JOB_DONE], 1);
	assert_int_equal(w.runs, 5);
	for (i = 1; i < 5; i++)
		assert_true(w.began_ns[i] - w.began_ns[i - 1] >=
		    (10 << (i - 1)) * NS_PER_MS);
	lane_free(&l);
	queue_free(&q);
}

static void
lane_full_refuses_and_leaves_the_job(void **state)
{
	unsigned count[16];
	struct queue *q;
	struct lane *l = lane(1, 2, &q);

	(void)state;
	gate(true);
	give(l, 1, "a", true, false, 1);
	wait_inside(1);
	assert_int_equal(give(l, 2, "b", true, false, 1), 0);
	assert_int_equal(give(l, 3, "c", true, false, 1), 0);
	assert_int_equal(give(l, 4, "d", true, false, 1), -ENOSPC);
	/* One that replaces what waits of its key is always taken. */
	assert_int_equal(give(l, 5, "e", false, false, 1), 0);
	assert_int_equal(give(l, 6, "e", false, false, 1), 0);
	gate(false);
	take_ends(q, 5, count);
	assert_int_equal(count[JOB_DONE], 4);
	assert_int_equal(count[JOB_SUPERSEDED], 1);
	assert_int_equal(w.order[w.runs - 1], 6);
	lane_free(&l);
	queue_free(&q);
}

/* Each waiting job once had two descriptors: a thousand were too many. */
static void
lane_waiting_jobs_hold_no_descriptors(void **state)
{
	unsigned count[16], id;
	struct rlimit was, low;
	struct queue *q;
	struct lane *l = lane(1, 4096, &q);

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	low = was;
	low.rlim_cur = 64;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	gate(true);
	for (id = 1; id <= 1000; id++)
		assert_int_equal(give(l, id, "a", true, false, 1), 0);
	gate(false);
	take_ends(q, 1000, count);
	assert_int_equal(count[JOB_DONE], 1000);
	for (id = 1; id <= 1000; id++)
		assert_int_equal(w.order[id - 1], id);
	lane_free(&l);
	queue_free(&q);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
}

/* A word to stop that came too late for one run must not stop the next. */
static void
lane_late_cancel_is_not_the_next_runs(void **state)
{
	unsigned count[16];
	struct queue *q;
	struct lane *l = lane(1, 64, &q);

	(void)state;
	w.deaf = true;
	gate(true);
	give(l, 1, "a", false, true, 1);
	wait_inside(1);
	give(l, 2, "a", false, true, 1);
	gate(false);
	take_ends(q, 1, count);
	assert_int_equal(count[JOB_CANCELLED], 1);
	w.deaf = false;
	gate(true);
	give(l, 3, "b", false, true, 1);
	gate(false);
	take_ends(q, 2, count);
	assert_int_equal(count[JOB_DONE], 2);
	lane_free(&l);
	queue_free(&q);
}

static void
lane_load_tells_depth_age_and_ends(void **state)
{
	struct lane_load load;
	unsigned count[16];
	struct queue *q;
	struct lane *l = lane(1, 2, &q);

	(void)state;
	lane_load(l, &load);
	assert_int_equal(load.threads, 1);
	assert_int_equal(load.running + load.waiting, 0);
	assert_int_equal(load.room, 2);
	assert_int_equal(load.oldest_wall_ms, -1);
	gate(true);
	w.queued_ms = 5000;
	give(l, 1, "a", false, false, 1);
	wait_inside(1);
	w.queued_ms = 7000;
	give(l, 2, "a", false, false, 1);
	w.queued_ms = 6000;
	give(l, 3, "b", true, false, 1);
	lane_load(l, &load);
	assert_int_equal(load.running, 1);
	assert_int_equal(load.waiting, 2);
	assert_int_equal(load.room, 1);
	assert_int_equal(load.oldest_wall_ms, 6000);
	w.fail = 1;
	gate(false);
	take_ends(q, 3, count);
	lane_load(l, &load);
	assert_int_equal(load.running + load.waiting, 0);
	assert_int_equal(load.failed, 1);
	assert_int_equal(load.done, 2);
	lane_free(&l);
	queue_free(&q);
}

static void
lane_drop_takes_waiting_jobs_of_a_key(void **state)
{
	struct lane_load load;
	unsigned count[16];
	struct queue *q;
	struct lane *l = lane(1, 64, &q);

	(void)state;
	gate(true);
	give(l, 1, "a", true, false, 1);
	wait_inside(1);
	give(l, 2, "a", true, false, 1);
	give(l, 3, "b", true, false, 1);
	assert_int_equal(lane_drop(l, "a"), 1);
	lane_load(l, &load);
	assert_int_equal(load.waiting, 1);
	assert_int_equal(load.running, 1);
	assert_int_equal(load.superseded, 1);
	gate(false);
	take_ends(q, 3, count);
	assert_int_equal(count[JOB_SUPERSEDED], 1);
	assert_int_equal(count[JOB_DONE], 2);
	lane_free(&l);
	queue_free(&q);
}

static void
lane_free_ends_what_hangs(void **state)
{
	struct queue *q;
	struct lane *l = lane(2, 64, &q);

	(void)state;
	gate(true);
	give(l, 1, "a", false, false, 1);
	give(l, 2, "b", false, false, 1);
	give(l, 3, "b", false, false, 1);
	wait_inside(2);
	lane_free(&l);
	assert_null(l);
	queue_free(&q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lane_newer_job_supersedes_what_waits),
		cmocka_unit_test(lane_every_runs_all_in_order),
		cmocka_unit_test(lane_other_keys_do_not_wait),
		cmocka_unit_test(
		    lane_running_job_is_cancelled_only_if_it_allows),
		cmocka_unit_test(lane_failed_job_is_tried_again_then_given_up),
		cmocka_unit_test(lane_pauses_double_from_try_to_try),
		cmocka_unit_test(lane_full_refuses_and_leaves_the_job),
		cmocka_unit_test(lane_waiting_jobs_hold_no_descriptors),
		cmocka_unit_test(lane_late_cancel_is_not_the_next_runs),
		cmocka_unit_test(lane_load_tells_depth_age_and_ends),
		cmocka_unit_test(lane_drop_takes_waiting_jobs_of_a_key),
		cmocka_unit_test(lane_free_ends_what_hangs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
