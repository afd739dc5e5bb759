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

struct one {
	struct timer	 timer;		/* first: fire gets its address */
	struct round	*round;
	size_t		 id;
};

struct round {
	struct timers	*timers;
	struct one	*one;		/* n of them */
	size_t		 n;
	size_t		 fired[4 * N];
	size_t		 nfired;
	unsigned	 seed;
};

static void
note_id(struct timer *t, int64_t now_ns)
{
	struct one *o = (struct one *)t;

	(void)now_ns;
	o->round->fired[o->round->nfired++] = o->id;
}

static struct round
round_new(struct one *one, size_t n, void (*fire)(struct timer *, int64_t))
{
	struct round r = { .timers = timers_new(), .one = one, .n = n };
	size_t i;

	assert_non_null(r.timers);
	for (i = 0; i < n; i++)
		one[i] = (struct one){ .timer = { .fire = fire }, .id = i };
	return r;
}

static void
timers_equal_ones_keep_the_order_of_setting(void **state)
{
	static const size_t order[] = { 3, 0, 4, 1, 2, 6, 5 };
	const size_t n = sizeof(order) / sizeof(order[0]);
	struct one one[sizeof(order) / sizeof(order[0])];
	struct round r = round_new(one, n, note_id);
	size_t i;

	(void)state;
	for (i = 0; i < n; i++) {
		one[order[i]].round = &r;
		timers_set(r.timers, &one[order[i]].timer, 7);
	}
	assert_int_equal(timers_run(r.timers, 7), n);
	assert_memory_equal(r.fired, order, sizeof(order));
	timers_free(&r.timers);
}

static void
set_past(struct timer *t, int64_t now_ns)
{
	struct one *o = (struct one *)t;

	(void)now_ns;
	timers_set(o->round->timers, t, 0);
	o->round->nfired++;
}

/* However many set themselves for the past, the others get their turn. */
static void
timers_that_never_rest_do_not_starve_others(void **state)
{
	struct one one[N];
	struct round r = round_new(one, N, set_past);
	struct seen s = { .n = 0 };
	struct timer other = { .fire = note, .arg = &s };
	size_t i;

	(void)state;
	for (i = 0; i < N; i++) {
		one[i].round = &r;
		timers_set(r.timers, &one[i].timer, 0);
	}
	timers_set(r.timers, &other, 5);
	assert_int_equal(timers_run(r.timers, 10), N + 1);
	assert_int_equal(s.n, 1);
	assert_int_equal(r.nfired, N);
	/* They are still there, and due. */
	assert_int_equal(timers_next(r.timers), 0);
	assert_int_equal(timers_run(r.timers, 10), N);
	timers_free(&r.timers);
}

static void
set_second(struct timer *t, int64_t now_ns)
{
	struct one *o = (struct one *)t;

	(void)now_ns;
	timers_set(o->round->timers, &o->round->one[1].timer, 3);
}

static void
clear_second(struct timer *t, int64_t now_ns)
{
	struct one *o = (struct one *)t;

	(void)now_ns;
	timers_clear(o->round->timers, &o->round->one[1].timer);
	/* As if freed: nothing may look at it any more. */
	memset(&o->round->one[1], 0xff, sizeof(o->round->one[1]));
}

/* The first sets the second for the past, the third clears it. */
static void
timers_set_and_cleared_in_one_run_are_forgotten(void **state)
{
	struct one one[3];
	struct round r = round_new(one, 3, set_second);

	(void)state;
	one[0].round = one[1].round = one[2].round = &r;
	one[1].timer.fire = note_id;
	one[2].timer.fire = clear_second;
	timers_set(r.timers, &one[0].timer, 1);
	timers_set(r.timers, &one[2].timer, 5);
	assert_int_equal(timers_run(r.timers, 10), 2);
	assert_true(timers_next(r.timers) == CLOCK_NEVER);
	assert_int_equal(timers_run(r.timers, 10), 0);
	assert_int_equal(r.nfired, 0);
	timers_free(&r.timers);
}

/* Every call sets and clears others at random, past and future. */
static void
meddle(struct timer *t, int64_t now_ns)
{
	struct one *o = (struct one *)t;
	struct round *r = o->round;
	struct timer *other;
	int i;

	assert_int_equal(t->pos, 0);
	assert_true(t->due_ns <= now_ns);
	r->nfired++;
	for (i = 0; i < 3; i++) {
		other = &r->one[(size_t)rand_r(&r->seed) % r->n].timer;
		if (rand_r(&r->seed) % 3 == 0)
			timers_clear(r->timers, other);
		else
			assert_int_equal(timers_set(r->timers, other,
			    now_ns + rand_r(&r->seed) % 200 - 100), 0);
	}
}

static int64_t
earliest(const struct one *one, size_t n)
{
	int64_t min = CLOCK_NEVER;
	size_t i;

	for (i = 0; i < n; i++)
		if (one[i].timer.pos != 0 && one[i].timer.due_ns < min)
			min = one[i].timer.due_ns;
	return min;
}

static void
timers_meddled_with_in_their_calls_stay_a_heap(void **state)
{
	struct one one[64];
	struct round r = round_new(one, 64, meddle);
	uint64_t order[64];
	int64_t now;
	size_t i;

	(void)state;
	r.seed = 815;
	for (i = 0; i < 64; i++)
		one[i].round = &r;
	for (now = 1000; now < 40000; now += 20) {
		for (i = 0; i < 64; i++) {
			if (one[i].timer.pos == 0)
				timers_set(r.timers, &one[i].timer, now);
			order[i] = one[i].timer.order;
		}
		timers_run(r.timers, now);
		/* What is due and was not touched in the run has fired. */
		for (i = 0; i < 64; i++)
			assert_false(one[i].timer.pos != 0 &&
			    one[i].timer.due_ns <= now &&
			    one[i].timer.order == order[i]);
		assert_true(timers_next(r.timers) == earliest(one, 64));
	}
	assert_true(r.nfired > 1000);
	timers_free(&r.timers);
}

static void
timers_freed_leave_their_timers_unset(void **state)
{
	struct timers *a = timers_new(), *b = timers_new(), *none = NULL;
	struct timer t = { 0 };

	(void)state;
	timers_set(a, &t, 1);
	timers_free(&a);
	timers_free(&none);
	assert_int_equal(t.pos, 0);
	/* Fit for another heap; clearing what is not set does no harm. */
	timers_clear(b, &t);
	assert_int_equal(timers_set(b, &t, 9), 0);
	assert_int_equal(timers_next(b), 9);
	timers_free(&b);
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
		cmocka_unit_test(timers_that_never_rest_do_not_starve_others),
		cmocka_unit_test(
		    timers_set_and_cleared_in_one_run_are_forgotten),
		cmocka_unit_test(
		    timers_meddled_with_in_their_calls_stay_a_heap),
		cmocka_unit_test(timers_freed_leave_their_timers_unset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
