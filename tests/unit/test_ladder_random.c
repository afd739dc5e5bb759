/* SPDX-License-Identifier: ISC */
/*
 * Lines that come and go by chance, evidence too, and restarts that know only
 * what is in the journal: what must hold at each start of a step.
 */
#include "dispatcher/journal.h"
#include "tests/unit/test_ladder.h"

#define RUNS	400
#define SECONDS	20000
#define WALL	1000000		/* ms: the wall clock at second 0 */

struct luck {
	uint64_t	rng;
	uint64_t	outage[LINES];	/* number of it; 0: none */
	int64_t		began[LINES];
	uint64_t	noutages;
	uint64_t	of[STARTS_MAX];	/* the outage of each start */
	size_t		checked;
};

static uint64_t
chance(struct luck *c, uint64_t below)
{
	c->rng ^= c->rng << 13;
	c->rng ^= c->rng >> 7;
	c->rng ^= c->rng << 17;
	return c->rng % below;
}

static struct world *
draw(struct luck *c)
{
	struct world *w = world_new(2 + chance(c, LINES - 1));
	int64_t after;
	size_t i, k, n;

	for (i = 0; i < w->conf.nuplinks; i++) {
		n = chance(c, CONF_STEPS_MAX + 1);
		after = (int64_t)chance(c, 100);
		for (k = 0; k < n; k++) {
			world_step(w, i, after, (int64_t)chance(c, 200));
			after += 1 + (int64_t)chance(c, 300);
		}
		w->uplinks[i].recovery.budget = (struct option_budget){
			1 + (int64_t)chance(c, 6),
			(60 + (int64_t)chance(c, 6000)) * S };
	}
	world_start(w);
	return w;
}

static void
something_happens(struct world *w, struct luck *c)
{
	size_t i = chance(c, w->conf.nuplinks);

	w->takes = 1 + (int64_t)chance(c, 50);
	switch (chance(c, 6)) {
	case 0:
	case 1:
		if (c->outage[i] != 0)
			break;
		world_down(w, i);
		c->outage[i] = ++c->noutages;
		c->began[i] = w->now;
		break;
	case 2:
		if (c->outage[i] == 0)
			break;
		world_up(w, i);
		c->outage[i] = 0;
		break;
	case 3:
		w->sights[i].evidence = c->outage[i] != 0 &&
		    chance(c, 4) != 0;
		break;
	case 4:
		w->sights[i].shut = chance(c, 4) == 0;
		break;
	case 5:
		w->sights[i].works = c->outage[i] == 0 && chance(c, 4) != 0;
		break;
	}
}

/* What the journal gives back, and nothing else. */
static void
restart(struct world *w, struct luck *c)
{
	struct journal_past past = { 0 };
	struct journal_rung *r;
	struct start *s;
	size_t i;

	past.rungs = calloc(w->nstarts + 1, sizeof(*past.rungs));
	for (i = 0; i < w->nstarts; i++) {
		s = &w->starts[i];
		r = &past.rungs[past.nrungs++];
		r->uplink = (uint32_t)s->line;
		r->step = (uint32_t)s->step;
		r->event_id = c->of[i];
		r->start_ms = WALL + s->at * 1000;
		r->end_ms = WALL + s->end * 1000;
		r->cut = s->end == -1;
	}
	ladder_free(&w->ladder);
	world_start(w);
	for (i = 0; i < w->conf.nuplinks; i++)
		if (c->outage[i] != 0)
			ladder_begin(&w->ladder, i, c->began[i] * S);
	ladder_restore_past(&w->ladder, &past, c->outage, w->now * S,
	    WALL + w->now * 1000);
	/* The journal keeps the end that it was given. */
	if (w->nstarts > 0 && past.rungs[w->nstarts - 1].cut)
		w->starts[w->nstarts - 1].end =
		    (past.rungs[w->nstarts - 1].end_ms - WALL) / 1000;
	free(past.rungs);
}

static void
check_turn(const struct world *w, size_t k)
{
	const struct start *s = &w->starts[k], *b;

	if (k == 0)
		return;
	b = &w->starts[k - 1];
	assert_true(b->end != -1);
	assert_true(s->at >= b->end +
	    w->steps[b->line][b->step].settle_ns / S);
}

static void
check_budget(const struct world *w, size_t k)
{
	const struct start *s = &w->starts[k];
	const struct option_budget *b = &w->uplinks[s->line].recovery.budget;
	int64_t n = 0;
	size_t i;

	for (i = k + 1; i-- > 0;)
		n += w->starts[i].line == s->line &&
		    w->starts[i].at > s->at - b->per_ns / S;
	assert_true(n <= b->n);
}

static void
check_order(const struct world *w, const struct luck *c, size_t k)
{
	const struct start *s = &w->starts[k];
	const struct conf_recovery *rec = &w->uplinks[s->line].recovery;
	size_t i, before = rec->nsteps - 1;

	for (i = k; i-- > 0;)
		if (w->starts[i].line == s->line && c->of[i] == c->of[k]) {
			before = w->starts[i].step;
			break;
		}
	assert_int_equal(s->step, (before + 1) % rec->nsteps);
	assert_true(s->at >= c->began[s->line] +
	    rec->steps[s->step].after_ns / S);
}

static void
check_sights(const struct world *w, size_t line)
{
	bool another = false;
	size_t i;

	for (i = 0; i < w->conf.nuplinks; i++)
		another |= i != line && w->sights[i].works;
	assert_true(another);
	assert_true(w->sights[line].evidence);
	assert_false(w->sights[line].shut);
}

static void
check_new(struct world *w, struct luck *c)
{
	size_t k, line;

	for (; c->checked < w->nstarts; c->checked++) {
		k = c->checked;
		line = w->starts[k].line;
		assert_int_not_equal(c->outage[line], 0);
		c->of[k] = c->outage[line];
		check_sights(w, line);
		check_turn(w, k);
		check_budget(w, k);
		check_order(w, c, k);
	}
}

static size_t
one_run(uint64_t seed)
{
	struct luck c = { .rng = seed };
	struct world *w = draw(&c);
	size_t n;

	for (; w->now < SECONDS; w->now++) {
		if (chance(&c, 60) == 0)
			something_happens(w, &c);
		if (chance(&c, 300) == 0)
			restart(w, &c);
		world_look(w);
		check_new(w, &c);
	}
	n = w->nstarts;
	world_free(&w);
	return n;
}

static void
ladder_random_runs_keep_all_promises(void **st)
{
	uint64_t seed = 0x9e3779b97f4a7c15u;
	size_t n = 0;
	int i;

	(void)st;
	for (i = 0; i < RUNS; i++)
		n += one_run(seed + (uint64_t)i * 7919);
	print_message("%zu steps in %d runs\n", n, RUNS);
	/* It has shown something. */
	assert_true(n > 10 * RUNS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ladder_random_runs_keep_all_promises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
