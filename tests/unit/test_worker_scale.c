/* SPDX-License-Identifier: ISC */
/*
 * test_worker_scale: what matters when there are many targets: what was sent
 * late is counted.
 */
#include "tests/unit/test_worker.h"

#define MS	NS_PER_MS

static void
late_is_what_goes_a_tenth_of_the_pace_too_late(void **state)
{
	static const struct { int64_t pace_ms, by_ms; bool late; } rows[] = {
		{ 100, 10, false }, { 100, 11, true },
		/* To be woken in time to the millisecond is luck. */
		{ 10, 5, false }, { 10, 6, true },
		{ 60000, 50, false }, { 60000, 51, true },
		{ 100, -50, false },
	};
	struct late l;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		l = (struct late){ 7, 3 * MS };
		late_count(&l, 64, NS_PER_S, NS_PER_S + rows[i].by_ms * MS,
		    rows[i].pace_ms * MS);
		assert_int_equal(l.n, rows[i].late ? 71 : 7);
		assert_int_equal(l.worst_ns, rows[i].late &&
		    rows[i].by_ms > 3 ? rows[i].by_ms * MS : 3 * MS);
	}
}

/* The round that was due meanwhile goes late; what it finds is not. */
static void
stall_of_the_worker_is_counted(void **state)
{
	struct world *w = *state;
	struct line *l;
	uint64_t late;

	w->uplinks[0].probe.interval_ns = 200 * MS;
	world_up(w, 1);
	l = &w->worker->lines[0];
	SPIN(w, l->judge.verdict.passed + 1 == l->judge.verdict.next);
	late = l->late.n;
	while (clock_mono_ns() < l->round.due_ns + 30 * MS)
		poll(NULL, 0, 10);
	SPIN(w, l->late.n > late);
	assert_int_equal(l->late.n, late + TARGETS);
	assert_true(l->late.worst_ns >= 30 * MS);
	assert_int_equal(l->lost, 0);
	assert_true(l->sent >= TARGETS);
}

/* What a doubt, or another line, makes due is not late by that. */
static void
round_that_is_hurried_is_not_late(void **state)
{
	struct world *w = *state;
	struct line *l;

	w->uplinks[0].probe.interval_ns = 3600 * NS_PER_S;
	w->uplinks[0].probe.confirm_ns = NS_PER_S;
	world_up(w, 1);
	l = &w->worker->lines[0];
	SPIN(w, l->judge.verdict.passed + 1 == l->judge.verdict.next);
	/* As if it had begun long ago. */
	l->round_ns -= 1800 * NS_PER_S;
	line_nudge(l);
	SPIN(w, l->judge.verdict.next == 3);
	assert_true(l->late.worst_ns < 100 * NS_PER_S);
	assert_true(l->round.due_ns > clock_mono_ns());
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    late_is_what_goes_a_tenth_of_the_pace_too_late),
		T(stall_of_the_worker_is_counted),
		T(round_that_is_hurried_is_not_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
