/* SPDX-License-Identifier: ISC */
/*
 * lane_queue without a thread: what runs next, and a model of thousands of
 * random steps in virtual time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "dispatcher/lane_queue.h"
#include "lib/clock.h"

#define SEC	NS_PER_S

static struct lane_queue q;

static int
setup(void **state)
{
	(void)state;
	memset(&q, 0, sizeof(q));
	q.max = 4;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	lane_queue_free(&q);
	return 0;
}

static struct lane_item *
item(uint64_t id, const char *key, bool every)
{
	struct job *j = calloc(1, sizeof(*j));
	struct lane_item *it;

	assert_non_null(j);
	j->id = id;
	j->every = every;
	j->tries_max = 3;
	j->retry_wait_ns = 5 * SEC;
	snprintf(j->key, sizeof(j->key), "%s", key);
	it = lane_item_new(&q, j);
	assert_non_null(it);
	return it;
}

/* Number of the first that was cut by it, 0. */
static uint64_t
give(uint64_t id, const char *key, bool every)
{
	struct lane_item *cut, *next;
	uint64_t first = 0;

	assert_int_equal(lane_queue_add(&q, item(id, key, every), false,
	    &cut), 0);
	if (cut != NULL)
		first = cut->id;
	for (; cut != NULL; cut = next) {
		next = cut->next;
		lane_item_free(cut);
	}
	return first;
}

static struct lane_item *
take(int64_t now_ns)
{
	int64_t due;
	struct lane_item *it = lane_queue_take(&q, now_ns, &due);

	if (it != NULL)
		it->job->tries++;
	return it;
}

static enum job_phase
end(struct lane_item *it, int err, int64_t now_ns)
{
	enum job_phase phase = lane_queue_settle(&q, it, err, false, now_ns);

	if (phase != JOB_RETRY)
		lane_item_free(it);
	return phase;
}

static void
lane_queue_longest_waiting_key_is_next(void **state)
{
	struct lane_item *a, *b;

	(void)state;
	give(1, "a", true);
	give(2, "a", true);
	give(3, "b", false);
	a = take(0);
	assert_int_equal(a->id, 1);
	/* 2 waits for its key, so 3 is next. */
	b = take(0);
	assert_int_equal(b->id, 3);
	assert_null(take(0));
	end(a, 0, 0);
	a = take(0);
	assert_int_equal(a->id, 2);
	end(a, 0, 0);
	end(b, 0, 0);
	assert_int_equal(q.nwaiting + q.nevery + q.nrunning, 0);
	assert_int_equal(q.ended[JOB_DONE], 3);
}

static void
lane_queue_full_is_for_every_only(void **state)
{
	struct lane_item *it, *cut;
	uint64_t id;

	(void)state;
	for (id = 1; id <= 4; id++)
		give(id, "a", true);
	it = item(5, "a", true);
	assert_int_equal(lane_queue_add(&q, it, false, &cut), -ENOSPC);
	assert_int_equal(lane_queue_add(&q, it, true, &cut), 0);
	assert_int_equal(give(6, "b", false), 0);
	assert_int_equal(give(7, "b", false), 6);
	assert_int_equal(q.nwaiting, 6);
	assert_int_equal(q.nevery, 5);
	assert_int_equal(q.ended[JOB_SUPERSEDED], 1);
}

/* It waited for a full disk while its successor was written. */
static void
lane_queue_late_job_does_not_undo_a_newer_one(void **state)
{
	struct lane_item *it;

	(void)state;
	give(7, "b", false);
	it = take(0);
	assert_int_equal(it->id, 7);
	assert_int_equal(give(6, "b", false), 6);
	end(it, 0, 0);
	assert_null(take(0));
	/* Of those that all run, the older one is first. */
	give(9, "a", true);
	give(8, "a", true);
	it = take(0);
	assert_int_equal(it->id, 8);
	end(it, 0, 0);
}

static void
lane_queue_retry_holds_its_key_and_doubles_its_pause(void **state)
{
	struct lane_item *it;
	int64_t due;

	(void)state;
	give(1, "a", true);
	give(2, "a", true);
	it = take(0);
	assert_int_equal(end(it, -ECHILD, SEC), JOB_RETRY);
	assert_null(lane_queue_take(&q, SEC, &due));
	assert_true(due == 6 * SEC);
	assert_null(take(6 * SEC - 1));
	it = take(6 * SEC);
	assert_int_equal(it->id, 1);
	assert_int_equal(end(it, -ECHILD, 7 * SEC), JOB_RETRY);
	assert_null(lane_queue_take(&q, 7 * SEC, &due));
	assert_true(due == 17 * SEC);
	it = take(17 * SEC);
	assert_int_equal(it->id, 1);
	assert_int_equal(end(it, -ECHILD, 18 * SEC), JOB_FAILED);
	it = take(18 * SEC);
	assert_int_equal(it->id, 2);
	end(it, 0, 18 * SEC);
}

static void
lane_queue_pauses_end_at_half_an_hour(void **state)
{
	struct lane_item *it;
	int64_t due, now = 0;
	int i;

	(void)state;
	give(1, "a", false);
	for (i = 0; i < 20; i++) {
		it = take(now);
		assert_non_null(it);
		it->job->tries_max = 100;
		end(it, -ECHILD, now);
		assert_null(lane_queue_take(&q, now, &due));
		assert_true(due - now == (i < 9 ? (5 * SEC) << i :
		    1800 * SEC));
		now = due;
	}
	/* As configured, if that is longer. */
	it = take(now);
	it->job->retry_wait_ns = 7200 * SEC;
	it->job->tries = 1;
	end(it, -ECHILD, now);
	assert_null(lane_queue_take(&q, now, &due));
	assert_true(due - now == 7200 * SEC);
}

static void
lane_queue_retry_is_given_up_for_a_newer_one(void **state)
{
	struct lane_item *it;

	(void)state;
	/* The newer one comes while it runs, */
	give(1, "a", false);
	it = take(0);
	give(2, "a", false);
	assert_int_equal(end(it, -ECHILD, 0), JOB_SUPERSEDED);
	/* or while it waits for its next try. */
	it = take(0);
	assert_int_equal(it->id, 2);
	assert_int_equal(end(it, -ECHILD, 0), JOB_RETRY);
	assert_int_equal(give(3, "a", false), 2);
	it = take(0);
	assert_int_equal(it->id, 3);
	end(it, 0, 0);
	assert_int_equal(q.ended[JOB_SUPERSEDED], 2);
	assert_int_equal(q.ended[JOB_RETRY], 1);
}

/* ---- many steps by chance, and what must always hold */

#define KEYS	6
#define STEPS	20000
#define THREADS	3

static struct {
	uint64_t	x;
	uint64_t	last_begun[KEYS], newest[KEYS], newest_ran[KEYS];
	uint64_t	given, refused, cut, ended;
	struct lane_item *running[THREADS];
	size_t		key[THREADS];
	bool		busy[KEYS];
} m;

static uint64_t
chance(uint64_t n)
{
	m.x ^= m.x << 13;
	m.x ^= m.x >> 7;
	m.x ^= m.x << 17;
	return m.x % n;
}

static void
step_give(uint64_t id)
{
	size_t k = chance(KEYS);
	struct lane_item *it, *cut, *next;
	char key[16];

	/* Odd ones run each; of even ones the newest. */
	snprintf(key, sizeof(key), "key%zu", k);
	it = item(id, key, k % 2 == 1);
	if (lane_queue_add(&q, it, false, &cut) != 0) {
		assert_int_equal(k % 2, 1);
		lane_item_free(it);
		m.refused++;
		return;
	}
	m.given++;
	m.newest[k] = id;
	for (; cut != NULL; cut = next) {
		next = cut->next;
		assert_false(cut->every);
		assert_string_equal(cut->slot->key, key);
		assert_true(cut->id < id);
		m.cut++;
		lane_item_free(cut);
	}
}

static void
step_take(size_t thread, int64_t now_ns)
{
	struct lane_item *it = take(now_ns);
	size_t k;

	if (it == NULL)
		return;
	k = (size_t)(it->slot->key[3] - '0');
	assert_false(m.busy[k]);
	assert_true(it->id >= m.last_begun[k]);
	m.last_begun[k] = it->id;
	m.busy[k] = true;
	m.running[thread] = it;
	m.key[thread] = k;
}

static void
step_end(size_t thread, int err, int64_t now_ns)
{
	size_t k = m.key[thread];

	if (m.running[thread] == NULL)
		return;
	m.newest_ran[k] = m.running[thread]->id;
	if (end(m.running[thread], err, now_ns) != JOB_RETRY)
		m.ended++;
	m.running[thread] = NULL;
	m.busy[k] = false;
}

static void
lane_queue_random_steps_keep_order_and_lose_nothing(void **state)
{
	int64_t now_ns = 0;
	uint64_t id = 0;
	size_t i, k;

	(void)state;
	memset(&m, 0, sizeof(m));
	m.x = 88172645463325252u;
	for (i = 0; i < STEPS; i++) {
		now_ns += (int64_t)chance(2 * SEC);
		if (chance(2) == 0)
			step_give(++id);
		k = chance(THREADS);
		if (m.running[k] == NULL)
			step_take(k, now_ns);
		else
			step_end(k, chance(4) == 0 ? -ECHILD : 0, now_ns);
		assert_true(q.nevery <= q.max + THREADS);
		assert_int_equal(m.given, m.cut + m.ended + q.nwaiting +
		    q.nrunning);
	}
	for (i = 0; q.nwaiting + q.nrunning > 0; i++) {
		assert_true(i < 1000);
		now_ns += 3600 * SEC;
		for (k = 0; k < THREADS; k++) {
			step_end(k, 0, now_ns);
			step_take(k, now_ns);
		}
	}
	assert_int_equal(m.given, m.cut + m.ended);
	for (k = 0; k < KEYS; k++)
		assert_int_equal(m.newest_ran[k], m.newest[k]);
	/* Or nothing was shown. */
	assert_true(m.refused > 100 && m.cut > 100 && m.ended > 1000);
	assert_true(q.ended[JOB_RETRY] > 100);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* A line that flaps every 20 ms, and a server that refuses at once. */
static void
lane_queue_kicks_make_no_busy_loop(void **state)
{
	struct lane_item *it;
	int tries = 0;
	int64_t t;

	(void)state;
	give(1, "a", true);
	give(2, "b", true);
	for (t = 0; t < 60 * SEC; t += SEC / 50) {
		lane_queue_kick(&q, t);
		while ((it = take(t)) != NULL) {
			it->job->durable = true;
			it->job->tries_max = 1000;
			it->job->retry_wait_ns = 600 * SEC;
			/* One that came while it ran, as the lane says it. */
			it->job->pause_min_ns = -1;
			lane_queue_kick(&q, t);
			assert_int_equal(end(it, -EIO, t), JOB_RETRY);
			tries++;
		}
	}
	/* Of each key one at first, one by a kick, one each 5 s. */
	assert_in_range(tries, 2 * 12, 2 * 14);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(lane_queue_longest_waiting_key_is_next),
		CASE(lane_queue_full_is_for_every_only),
		CASE(lane_queue_late_job_does_not_undo_a_newer_one),
		CASE(lane_queue_retry_holds_its_key_and_doubles_its_pause),
		CASE(lane_queue_pauses_end_at_half_an_hour),
		CASE(lane_queue_retry_is_given_up_for_a_newer_one),
		CASE(lane_queue_kicks_make_no_busy_loop),
		CASE(lane_queue_random_steps_keep_order_and_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
