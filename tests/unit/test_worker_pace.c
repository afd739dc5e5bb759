/* SPDX-License-Identifier: ISC */
/*
 * test_worker_pace: when a worker's next round comes, and whom a doubt wakes.
 * Interval and confirm are an hour and half of it, so that no round comes but
 * those that a test asks for.
 */
#include "tests/unit/test_worker.h"

#include "probes/board.h"

#define HALF	(1800 * NS_PER_S)

struct pair {
	struct world	*w;
	struct board	*board;
	struct line	*one, *two;
};

/* Rounds seem to be an hour away; the first one comes now. */
static void
now(struct world *w, struct line *l)
{
	assert_int_equal(timers_set(w->worker->timers, &l->round,
	    clock_mono_ns()), 0);
}

static void
slow(struct world *w)
{
	size_t i;

	for (i = 0; i < UPLINKS; i++) {
		w->uplinks[i].probe.interval_ns = 2 * HALF;
		w->uplinks[i].probe.confirm_ns = HALF;
		w->uplinks[i].probe.timeout_ns = 300 * NS_PER_MS;
		w->uplinks[i].probe.fall = 100;
	}
}

static void
pair_start(struct world *w, struct pair *p)
{
	static const uint32_t lines[UPLINKS] = { 0, 1 };

	slow(w);
	p->w = w;
	assert_int_equal(board_new(&w->conf, &p->board), 0);
	world_bus(w);
	w->worker = worker_new(&w->conf, 3, lines, UPLINKS, w->power[1],
	    w->path, w->zctx, p->board);
	assert_non_null(w->worker);
	assert_int_equal(worker_open(w->worker), 0);
	p->one = &w->worker->lines[0];
	p->two = &w->worker->lines[1];
	now(w, p->one);
	now(w, p->two);
	SPIN(w, w->nevents == 2);
}

static void
pair_end(struct pair *p)
{
	world_close(p->w);
	board_free(&p->board);
}

/* A round of the line is asked for, and is seen to pass or fail. */
static void
pass(struct pair *p, struct line *l)
{
	world_hosts(p->w, l->index, ALIVE, ALIVE);
	now(p->w, l);
	SPIN(p->w, l->judge.verdict.passed + 1 == l->judge.verdict.next);
}

static void
fail_round(struct pair *p, struct line *l)
{
	world_hosts(p->w, l->index, ALIVE, DEAD);
	now(p->w, l);
	SPIN(p->w, l->judge.verdict.failed + 1 == l->judge.verdict.next);
}

static void
pace_is_slow_again_when_the_doubt_is_over(void **state)
{
	struct world *w = *state;
	struct line *l;

	slow(w);
	world_bus(w);
	world_start(w, 1);
	l = &w->worker->lines[0];
	now(w, l);
	/* In doubt from the start, and not any more after the answer. */
	SPIN(w, w->nevents == 1);
	SPIN(w, l->round.due_ns - l->round_ns > HALF);
	world_hosts(w, 0, ALIVE, DEAD);
	now(w, l);
	SPIN(w, l->judge.verdict.fails == 1);
	SPIN(w, l->round.due_ns - l->round_ns <= HALF);
	world_hosts(w, 0, ALIVE, ALIVE);
	now(w, l);
	SPIN(w, l->judge.verdict.fails == 0);
	SPIN(w, l->round.due_ns - l->round_ns > HALF);
}

static void
doubt_wakes_the_other_line_once(void **state)
{
	struct pair p;

	pair_start(*state, &p);
	SPIN(p.w, p.two->round.due_ns - p.two->round_ns > HALF);
	fail_round(&p, p.one);
	SPIN(p.w, p.two->nudged);
	assert_true(p.two->round.due_ns - p.two->round_ns <= HALF);
	/* A doubt of its own that is over meanwhile does not put it off. */
	p.two->pace_ns = HALF;
	SPIN(p.w, p.w->nheartbeats > 1);
	assert_true(p.two->round.due_ns - p.two->round_ns <= HALF);
	pass(&p, p.one);
	/* Its round was for the first line: that one knows. */
	fail_round(&p, p.two);
	assert_true(p.two->woken);
	SPIN(p.w, p.w->nheartbeats > 3);
	assert_false(p.one->nudged);
	/* The next one is its own again. */
	pass(&p, p.two);
	assert_false(p.two->woken);
	fail_round(&p, p.two);
	SPIN(p.w, p.one->nudged);
	pair_end(&p);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(pace_is_slow_again_when_the_doubt_is_over),
		T(doubt_wakes_the_other_line_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
