/* SPDX-License-Identifier: ISC */
/* When which step of recovery is started, and when none. */
#include "tests/unit/test_ladder.h"

#define DAY	86400

static void
expect(const struct world *w, size_t n, const struct start *want)
{
	size_t i;

	for (i = 0; i < n && i < w->nstarts; i++)
		if (w->starts[i].line != want[i].line ||
		    w->starts[i].step != want[i].step ||
		    w->starts[i].at != want[i].at)
			fail_msg("start %zu: step %zu of line %zu at %llds, "
			    "not step %zu of line %zu at %llds", i,
			    w->starts[i].step, w->starts[i].line,
			    (long long)w->starts[i].at, want[i].step,
			    want[i].line, (long long)want[i].at);
	assert_int_equal(w->nstarts, n);
}

#define EXPECT(w, ...) do { \
	const struct start want_[] = { __VA_ARGS__ }; \
	expect(w, sizeof(want_) / sizeof(want_[0]), want_); \
} while (0)

static enum ladder_state
state(const struct world *w, size_t line, int64_t *until)
{
	struct ladder_word word = ladder_at(&w->ladder, line, w->sights,
	    w->now * S);

	if (until != NULL)
		*until = word.until_ns == CLOCK_NEVER ? -1 :
		    word.until_ns / S;
	return word.state;
}

/* Two lines, the first one with the steps of the manual; it goes down at 0. */
static struct world *
classic(void)
{
	struct world *w = world_new(2);

	world_step(w, 0, 180, 120);
	world_step(w, 0, 600, 300);
	world_start(w);
	world_down(w, 0);
	return w;
}

static void
ladder_week_without_end_has_each_step_once_a_day(void **st)
{
	struct world *w = classic();
	size_t d;

	(void)st;
	world_run(w, 7 * DAY - 1);
	assert_int_equal(w->nstarts, 14);
	for (d = 0; d < 7; d++) {
		assert_int_equal(w->starts[2 * d].step, 0);
		assert_int_equal(w->starts[2 * d].at, d * DAY + 180);
		assert_int_equal(w->starts[2 * d + 1].step, 1);
		assert_int_equal(w->starts[2 * d + 1].at, d * DAY + 600);
	}
	/* After the last one has settled, once. */
	assert_int_equal(w->told[0], 600 + 10 + 300);
	assert_int_equal(w->ntold[0], 1);
	world_free(&w);
}

static void
ladder_step_waits_for_the_settle_time_of_the_one_before(void **st)
{
	struct world *w = world_new(2);

	(void)st;
	world_step(w, 0, 60, 300);
	world_step(w, 0, 120, 0);
	world_start(w);
	world_down(w, 0);
	w->takes = 30;
	world_run(w, 1000);
	EXPECT(w, { 0, 0, 60, 0 }, { 0, 1, 60 + 30 + 300, 0 });
	world_free(&w);
}

static void
ladder_step_waits_for_evidence_and_is_next_when_it_comes(void **st)
{
	struct world *w = classic();

	(void)st;
	w->sights[0].evidence = false;
	world_run(w, 699);
	assert_int_equal(state(w, 0, NULL), LADDER_EVIDENCE);
	w->now = 700;
	w->sights[0].evidence = true;
	world_run(w, 710);
	w->sights[0].evidence = false;
	world_run(w, 999);
	w->sights[0].evidence = true;
	w->now = 1000;
	world_run(w, 2000);
	EXPECT(w, { 0, 0, 700, 0 }, { 0, 1, 1000, 0 });
	world_free(&w);
}

static void
ladder_last_working_line_is_not_touched_nor_all_dead_ones(void **st)
{
	struct world *w = classic();
	int64_t until;

	(void)st;
	w->sights[1].works = false;
	world_run(w, 4999);
	assert_int_equal(w->nstarts, 0);
	assert_int_equal(state(w, 0, &until), LADDER_ALONE);
	assert_int_equal(until, -1);
	w->now = 5000;
	w->sights[1].works = true;
	world_run(w, 5000);
	EXPECT(w, { 0, 0, 5000, 0 });
	/* Its own word counts for nothing. */
	w->sights[0].works = true;
	w->sights[1].works = false;
	world_run(w, 9000);
	assert_int_equal(w->nstarts, 1);
	assert_int_equal(state(w, 0, NULL), LADDER_ALONE);
	world_free(&w);
}

static void
ladder_interface_that_was_taken_down_is_left_alone(void **st)
{
	struct world *w = classic();

	(void)st;
	w->sights[0].shut = true;
	world_run(w, 3599);
	assert_int_equal(state(w, 0, NULL), LADDER_SHUT);
	w->now = 3600;
	w->sights[0].shut = false;
	world_run(w, 3600);
	EXPECT(w, { 0, 0, 3600, 0 });
	world_free(&w);
}

static void
ladder_longer_than_its_budget_goes_on_when_there_is_some(void **st)
{
	struct world *w = world_new(2);
	int64_t until, k;

	(void)st;
	w->uplinks[0].recovery.budget = (struct option_budget){ 2, 3600 * S };
	for (k = 1; k <= 3; k++)
		world_step(w, 0, k * 60, 0);
	world_start(w);
	world_down(w, 0);
	world_run(w, 200);
	assert_int_equal(state(w, 0, &until), LADDER_BUDGET);
	assert_int_equal(until, 3660);
	assert_int_equal(w->told[0], 180);
	world_run(w, 10000);
	/* Then from the first again. */
	EXPECT(w, { 0, 0, 60, 0 }, { 0, 1, 120, 0 }, { 0, 2, 3660, 0 },
	    { 0, 0, 3720, 0 }, { 0, 1, 7260, 0 }, { 0, 2, 7320, 0 });
	assert_int_equal(w->ntold[0], 1);
	world_free(&w);
}

static void
ladder_budget_counts_over_outages(void **st)
{
	struct world *w = classic();
	int i;

	(void)st;
	for (i = 0; i < 5; i++) {
		world_run(w, i * 3600 + 400);
		world_up(w, 0);
		world_run(w, i * 3600 + 3599);
		w->now++;
		world_down(w, 0);
	}
	EXPECT(w, { 0, 0, 180, 0 }, { 0, 0, 3780, 0 }, { 0, 0, 7380, 0 });
	/* It is told in each outage that it hinders. */
	assert_int_equal(w->ntold[0], 2);
	world_run(w, 2 * DAY);
	assert_int_equal(w->starts[3].at, DAY + 180);
	assert_int_equal(w->starts[3].step, 0);
	assert_int_equal(w->ntold[0], 3);
	world_free(&w);
}

/* ext1 and ext2 down at once, ext3 works. */
static void
ladder_two_modems_take_turns(void **st)
{
	struct world *w = world_new(3);
	int64_t until;
	size_t i;

	(void)st;
	for (i = 0; i < 2; i++) {
		world_step(w, i, 60, 100);
		world_step(w, i, 90, 200);
		world_step(w, i, 120, 0);
	}
	world_start(w);
	world_down(w, 1);
	world_down(w, 0);
	world_run(w, 65);
	assert_int_equal(state(w, 1, &until), LADDER_OTHER);
	assert_int_equal(until, -1);
	world_run(w, 80);
	assert_int_equal(state(w, 1, &until), LADDER_OTHER);
	assert_int_equal(until, 170);
	assert_int_equal(state(w, 0, &until), LADDER_SETTLES);
	assert_int_equal(until, 170);
	world_run(w, 5000);
	EXPECT(w, { 0, 0, 60, 0 }, { 1, 0, 170, 0 }, { 0, 1, 280, 0 },
	    { 1, 1, 490, 0 }, { 0, 2, 700, 0 }, { 1, 2, 710, 0 });
	world_free(&w);
}

/* Six steps that are overdue do not keep another line from its first. */
static void
ladder_line_that_has_waited_longest_goes_first(void **st)
{
	struct world *w = world_new(3);
	int64_t k;

	(void)st;
	for (k = 1; k <= 6; k++)
		world_step(w, 0, k, 10);
	world_step(w, 1, 55, 10);
	w->uplinks[0].recovery.budget.n = 10;
	world_start(w);
	world_down(w, 0);
	world_down(w, 1);
	world_run(w, 90);
	EXPECT(w, { 0, 0, 1, 0 }, { 0, 1, 21, 0 }, { 0, 2, 41, 0 },
	    { 1, 0, 61, 0 }, { 0, 3, 81, 0 });
	world_free(&w);
}

static void
ladder_return_ends_the_outage_but_not_what_runs(void **st)
{
	struct world *w = world_new(3);

	(void)st;
	world_step(w, 0, 60, 100);
	world_step(w, 0, 90, 0);
	world_step(w, 1, 60, 0);
	world_start(w);
	world_down(w, 0);
	world_down(w, 1);
	world_run(w, 62);
	world_up(w, 0);
	assert_int_equal(state(w, 0, NULL), LADDER_NONE);
	assert_int_equal(state(w, 1, NULL), LADDER_OTHER);
	world_run(w, 69);
	/* Gone again: the step of before still runs, then settles. */
	world_down(w, 0);
	assert_int_equal(state(w, 0, NULL), LADDER_RUNS);
	world_run(w, 175);
	EXPECT(w, { 0, 0, 60, 0 }, { 1, 0, 170, 0 });
	world_run(w, 400);
	/* Its own first step again: after 60 s from 69, then the other's. */
	EXPECT(w, { 0, 0, 60, 0 }, { 1, 0, 170, 0 }, { 0, 0, 180, 0 },
	    { 0, 1, 290, 0 });
	assert_int_equal(w->ntold[0], 1);
	world_free(&w);
}

static void
ladder_without_steps_never_says_a_word(void **st)
{
	struct world *w = classic();

	(void)st;
	world_up(w, 0);
	world_down(w, 1);
	world_run(w, DAY);
	assert_int_equal(w->nstarts, 0);
	assert_int_equal(state(w, 1, NULL), LADDER_NONE);
	assert_true(ladder_due(&w->ladder, w->sights, w->now * S) ==
	    CLOCK_NEVER);
	world_free(&w);
}

static void
ladder_due_is_the_next_second_that_matters(void **st)
{
	struct world *w = classic();
	static const int64_t want[] = { 180, 310, 600, 910, DAY + 180 };
	size_t i;

	(void)st;
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_int_equal(ladder_due(&w->ladder, w->sights,
		    w->now * S) / S, want[i]);
		w->now = want[i];
		world_look(w);
		if (world_running(w) == NULL)
			continue;
		w->now += w->takes;
		world_look(w);
	}
	world_free(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    ladder_week_without_end_has_each_step_once_a_day),
		cmocka_unit_test(
		    ladder_step_waits_for_the_settle_time_of_the_one_before),
		cmocka_unit_test(
		    ladder_step_waits_for_evidence_and_is_next_when_it_comes),
		cmocka_unit_test(
		    ladder_last_working_line_is_not_touched_nor_all_dead_ones),
		cmocka_unit_test(
		    ladder_interface_that_was_taken_down_is_left_alone),
		cmocka_unit_test(
		    ladder_longer_than_its_budget_goes_on_when_there_is_some),
		cmocka_unit_test(ladder_budget_counts_over_outages),
		cmocka_unit_test(ladder_two_modems_take_turns),
		cmocka_unit_test(
		    ladder_line_that_has_waited_longest_goes_first),
		cmocka_unit_test(
		    ladder_return_ends_the_outage_but_not_what_runs),
		cmocka_unit_test(ladder_without_steps_never_says_a_word),
		cmocka_unit_test(ladder_due_is_the_next_second_that_matters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
