/* SPDX-License-Identifier: ISC */
/*
 * What a job may say of its next try, and what a line that comes back does to
 * those that wait.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dispatcher/lane.h"
#include "lib/clock.h"

#define WAIT_MS	20000	/* a deadline, not a pace */
#define LONG	(3600 * NS_PER_S)

/* Set before the job is given, or while a note says that it runs not. */
static struct {
	atomic_int	fail;		/* so many runs fail */
	atomic_bool	final;
	atomic_llong	wait_ns;
	atomic_bool	shut;		/* runs wait here */
	_Atomic uint64_t carry, carried;
} w;

static int
run(const struct job *j, const struct job_env *env, struct job_result *res)
{
	struct pollfd cancel = { .fd = env->cancel_fd, .events = POLLIN };

	(void)j;
	w.carried = env->carry;
	while (w.shut)
		if (poll(&cancel, 1, 1) == 1)
			return res->err = -ECANCELED;
	if (w.fail == 0)
		return 0;
	w.fail--;
	res->final = w.final;
	res->wait_ns = w.wait_ns;
	return res->err = -EIO;
}

static struct lane *
lane(struct queue **notes)
{
	struct lane_conf lc = { .name = "test", .threads = 2, .queue = 64,
	    .power = -1, .run = run, .carry = &w.carry };
	struct lane *l;

	w.fail = 0;
	w.final = w.shut = false;
	w.wait_ns = 0;
	*notes = lc.notes = queue_new(64, true, free);
	assert_int_equal(lane_new(&lc, &l), 0);
	return l;
}

static void
give(struct lane *l, uint64_t id, bool durable, int64_t pause_ns)
{
	struct job *j = calloc(1, sizeof(*j));

	j->id = id;
	j->every = true;
	j->durable = durable;
	j->tries_max = 1000;
	j->timeout_ns = NS_PER_S;
	j->retry_wait_ns = pause_ns;
	snprintf(j->key, sizeof(j->key), "a");
	assert_int_equal(lane_submit(l, &j, false), 0);
}

/* The next note is of that job and phase. */
static void
expect(struct queue *q, uint64_t id, enum job_phase phase)
{
	struct pollfd p = { .fd = queue_fd(q), .events = POLLIN };
	struct lane_note *n;

	assert_int_equal(poll(&p, 1, WAIT_MS), 1);
	n = queue_try(q);
	assert_non_null(n);
	assert_int_equal(n->job_id, id);
	assert_string_equal(job_phase_name(n->phase), job_phase_name(phase));
	free(n);
}

static void
expect_nothing(struct queue *q, int ms)
{
	struct pollfd p = { .fd = queue_fd(q), .events = POLLIN };

	assert_int_equal(poll(&p, 1, ms), 0);
}

static void
final_failure_is_not_repeated_and_the_next_goes_on(void **state)
{
	struct queue *q;
	struct lane *l = lane(&q);

	(void)state;
	w.fail = 1;
	w.final = true;
	give(l, 1, true, LONG);
	give(l, 2, true, LONG);
	expect(q, 1, JOB_STARTED);
	expect(q, 1, JOB_FAILED);
	expect(q, 2, JOB_STARTED);
	expect(q, 2, JOB_DONE);
	lane_free(&l);
	queue_free(&q);
}

static void
kick_ends_the_pause_of_what_waits(void **state)
{
	struct queue *q;
	struct lane *l = lane(&q);

	(void)state;
	w.fail = 1;
	give(l, 1, true, LONG);
	give(l, 2, true, LONG);
	expect(q, 1, JOB_STARTED);
	expect(q, 1, JOB_RETRY);
	expect_nothing(q, 50);
	lane_kick(l);
	expect(q, 1, JOB_STARTED);
	expect(q, 1, JOB_DONE);
	expect(q, 2, JOB_STARTED);
	expect(q, 2, JOB_DONE);
	lane_free(&l);
	queue_free(&q);
}

static void
kick_while_it_runs_counts_too_once(void **state)
{
	struct queue *q;
	struct lane *l = lane(&q);

	(void)state;
	w.shut = true;
	w.fail = 2;
	give(l, 1, true, LONG);
	expect(q, 1, JOB_STARTED);
	lane_kick(l);
	w.shut = false;
	expect(q, 1, JOB_RETRY);
	expect(q, 1, JOB_STARTED);
	expect(q, 1, JOB_RETRY);
	expect_nothing(q, 50);
	lane_free(&l);
	queue_free(&q);
}

static void
kick_is_for_durable_jobs_only(void **state)
{
	struct queue *q;
	struct lane *l = lane(&q);

	(void)state;
	w.fail = 1;
	give(l, 1, false, LONG);
	expect(q, 1, JOB_STARTED);
	expect(q, 1, JOB_RETRY);
	lane_kick(l);
	expect_nothing(q, 50);
	lane_free(&l);
	queue_free(&q);
}

static void
pause_that_was_asked_for_is_kept(void **state)
{
	struct queue *q;
	struct lane *l = lane(&q);
	int64_t from_ns;

	(void)state;
	w.fail = 1;
	w.wait_ns = 200 * NS_PER_MS;
	give(l, 1, true, NS_PER_MS);
	expect(q, 1, JOB_STARTED);
	from_ns = clock_mono_ns();
	expect(q, 1, JOB_RETRY);
	lane_kick(l);
	expect(q, 1, JOB_STARTED);
	assert_true(clock_mono_ns() - from_ns >= 190 * NS_PER_MS);
	expect(q, 1, JOB_DONE);
	lane_free(&l);
	queue_free(&q);
}

static void
each_try_knows_who_carries_then(void **state)
{
	struct queue *q;
	struct lane *l = lane(&q);

	(void)state;
	w.carry = 1;
	w.fail = 1;
	give(l, 1, true, LONG);
	expect(q, 1, JOB_STARTED);
	expect(q, 1, JOB_RETRY);
	assert_int_equal(w.carried, 1);
	w.carry = 2;
	lane_kick(l);
	expect(q, 1, JOB_STARTED);
	expect(q, 1, JOB_DONE);
	assert_int_equal(w.carried, 2);
	lane_free(&l);
	queue_free(&q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    final_failure_is_not_repeated_and_the_next_goes_on),
		cmocka_unit_test(kick_ends_the_pause_of_what_waits),
		cmocka_unit_test(kick_while_it_runs_counts_too_once),
		cmocka_unit_test(kick_is_for_durable_jobs_only),
		cmocka_unit_test(pause_that_was_asked_for_is_kept),
		cmocka_unit_test(each_try_knows_who_carries_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
