/* SPDX-License-Identifier: ISC */
/* The heap of timers against a plain list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>

#include "lib/clock.h"
#include "lib/timers.h"

#define N 200

struct seen {
	struct timers	*timers;
	int64_t		 due[4 * N];
	size_t		 n;
};

static void
note(struct timer *t, int64_t now_ns)
{
	struct seen *s = t->arg;

	assert_true(t->due_ns <= now_ns);
	assert_int_equal(t->pos, 0);
	s->due[s->n++] = t->due_ns;
}

static void
timers_fire_in_order_whatever_was_done(void **state)
{
	struct timer t[N] = { 0 };
	bool set[N] = { false };
	struct seen s = { .n = 0 };
	unsigned seed = 4711;
	size_t i, k, left;
	int round;

	(void)state;
	s.timers = timers_new();
	for (i = 0; i < N; i++) {
		t[i].fire = note;
		t[i].arg = &s;
	}
	for (round = 0; round < 2000; round++) {
		k = (size_t)rand_r(&seed) % N;
		if (rand_r(&seed) % 3 == 0) {
			timers_clear(s.timers, &t[k]);
			set[k] = false;
		} else {
			assert_int_equal(timers_set(s.timers, &t[k],
			    rand_r(&seed) % 1000), 0);
			set[k] = true;
		}
	}
	for (left = 0, i = 0; i < N; i++)
		left += set[i];
	assert_int_equal(timers_run(s.timers, 1000), left);
	assert_int_equal(s.n, left);
	for (i = 1; i < s.n; i++)
		assert_true(s.due[i - 1] <= s.due[i]);
	assert_true(timers_next(s.timers) == CLOCK_NEVER);
	timers_free(&s.timers);
	assert_null(s.timers);
}

static void
timers_not_due_stay(void **state)
{
	struct seen s = { .n = 0 };
	struct timer t = { .fire = note, .arg = &s };

	(void)state;
	s.timers = timers_new();
	timers_set(s.timers, &t, 10);
	assert_int_equal(timers_run(s.timers, 9), 0);
	assert_int_equal(timers_next(s.timers), 10);
	timers_set(s.timers, &t, 20);
	assert_int_equal(timers_next(s.timers), 20);
	assert_int_equal(timers_run(s.timers, 20), 1);
	timers_free(&s.timers);
}

static void
again(struct timer *t, int64_t now_ns)
{
	struct seen *s = t->arg;

	s->n++;
	timers_set(s->timers, t, now_ns);
}

static void
timers_set_from_their_own_call_wait_for_the_next_run(void **state)
{
	struct seen s = { .n = 0 };
	struct timer t = { .fire = again, .arg = &s };

	(void)state;
	s.timers = timers_new();
	timers_set(s.timers, &t, 1);
	assert_int_equal(timers_run(s.timers, 5), 1);
	assert_int_equal(s.n, 1);
	assert_int_equal(timers_run(s.timers, 5), 1);
	assert_int_equal(s.n, 2);
	timers_free(&s.timers);
}

static void
timers_equal_ones_keep_the_order_of_setting(void **state)
{
	struct seen s = { .n = 0 };
	struct timer t[5] = { 0 };
	size_t i;

	(void)state;
	s.timers = timers_new();
	for (i = 0; i < 5; i++) {
		t[i].fire = note;
		t[i].arg = &s;
		timers_set(s.timers, &t[i], 7);
	}
	assert_true(t[0].order < t[4].order);
	assert_int_equal(timers_run(s.timers, 7), 5);
	timers_free(&s.timers);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_fire_in_order_whatever_was_done),
		cmocka_unit_test(timers_not_due_stay),
		cmocka_unit_test(
		    timers_set_from_their_own_call_wait_for_the_next_run),
		cmocka_unit_test(timers_equal_ones_keep_the_order_of_setting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
