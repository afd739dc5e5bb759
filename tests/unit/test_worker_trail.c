/* SPDX-License-Identifier: ISC */
/*
 * test_worker_trail: what a worker was told can be told again: nothing is
 * missing, whatever the pace, and the kernel's word is said when it changes.
 */
#include "tests/unit/test_worker.h"

#define ROUNDS		1024	/* more than any test opens */

/* How often each was seen. */
struct seen {
	unsigned	opened[ROUNDS];
	unsigned	samples[ROUNDS][TARGETS];
	unsigned	forgotten;
	uint64_t	newest;
};

static void
see_entry(const struct trail_entry *e, struct seen *s)
{
	if (e->what == TRAIL_FORGET) {
		s->forgotten++;
		return;
	}
	assert_in_range(e->round, 1, ROUNDS - 1);
	if (e->what == TRAIL_ROUND) {
		assert_int_equal(e->round, s->newest + 1);
		s->newest = e->round;
		s->opened[e->round]++;
		return;
	}
	assert_in_range(e->target, 0, TARGETS - 1);
	s->samples[e->round][e->target]++;
}

/* All trails up to the nth, which follow each other without a hole. */
static void
see(const struct world *w, size_t n, struct seen *s)
{
	size_t ntargets = w->uplinks[0].probe.ntargets, i, k;
	const struct trail *t;

	memset(s, 0, sizeof(*s));
	assert_in_range(n, 1, TRAILS_MAX);
	for (i = 0; i < n; i++) {
		t = &w->trails[i];
		assert_int_equal(t->part, w->trails[0].part + i);
		assert_true(t->life == w->worker->epoch);
		assert_int_equal(t->count, ntargets);
		assert_int_equal(t->ntargets, ntargets);
		assert_string_equal(t->targets[1].target, "ping 1");
		assert_true(t->targets[0].gateway);
		assert_false(t->targets[1].gateway);
		for (k = 0; k < t->nentries; k++)
			see_entry(&t->entries[k], s);
	}
}

static size_t
entries(const struct world *w)
{
	size_t i, n = 0;

	for (i = 0; i < w->ntrails && i < TRAILS_MAX; i++)
		n += w->trails[i].nentries;
	return n;
}

/* One sample for each target of each round that is not in flight. */
static void
is_whole(const struct seen *s, size_t ntargets, uint64_t first, uint64_t last)
{
	uint64_t r;
	size_t k;

	assert_true(last > first);
	for (r = first; r <= last; r++) {
		assert_int_equal(s->opened[r], 1);
		for (k = 0; k < ntargets; k++)
			assert_int_equal(s->samples[r][k], 1);
	}
}

static void
quickest_pace(struct world *w, size_t ntargets)
{
	struct seen *s = calloc(1, sizeof(*s));
	bool early = false;
	size_t i;

	assert_non_null(s);
	w->uplinks[0].probe.ntargets = ntargets;
	w->uplinks[0].probe.interval_ns = 10 * NS_PER_MS;
	w->uplinks[0].probe.confirm_ns = 10 * NS_PER_MS;
	world_up(w, 1);
	SPIN(w, entries(w) > 5 * EVENT_TRAIL_MAX);
	see(w, w->ntrails, s);
	/* The newest may still be in flight. */
	is_whole(s, ntargets, 2, s->newest - 3);
	for (i = 1; i < w->ntrails; i++) {
		early |= w->trails[i].nentries == EVENT_TRAIL_MAX;
		assert_int_equal(w->trails[i].link, TRAIL_USABLE);
		assert_int_equal(w->trails[i].interval_us, 10000);
	}
	/* A second has more than one message holds. */
	assert_true(early);
	free(s);
}

/* With three, four entries a round: what has no room is a round. */
static void
quickest_pace_loses_no_round(void **state)
{
	quickest_pace(*state, TARGETS);
}

static void
quickest_pace_loses_no_sample(void **state)
{
	quickest_pace(*state, TARGETS - 1);
}

static void
what_cannot_be_sent_is_told_too(void **state)
{
	struct world *w = *state;
	struct seen *s = calloc(1, sizeof(*s));
	size_t i, k, cannot = 0;

	assert_non_null(s);
	w->parent_err = -EMFILE;
	world_bus(w);
	world_start(w, 1);
	SPIN(w, entries(w) > 50);
	see(w, w->ntrails, s);
	is_whole(s, TARGETS, 1, s->newest - 1);
	for (i = 0; i < w->ntrails; i++)
		for (k = 0; k < w->trails[i].nentries; k++)
			cannot += w->trails[i].entries[k].what ==
			    TRAIL_CANNOT;
	assert_true(cannot > 0);
	free(s);
}

static void
lost_carrier_is_told_at_once(void **state)
{
	struct world *w = *state;
	const struct trail *t;
	int64_t from_ns;
	size_t n;

	world_up(w, 1);
	n = w->ntrails;
	from_ns = clock_mono_ns();
	assert_int_equal(fake_link_carrier(w->hand, "wan1", false), 0);
	assert_true(worker_turn(w->worker, 0));
	/* It does not turn again: this is no second's. */
	while (w->ntrails == n ||
	    w->trails[w->ntrails - 1].link == TRAIL_USABLE) {
		assert_true(clock_mono_ns() - from_ns < WAIT);
		world_dispatcher(w);
	}
	t = &w->trails[w->ntrails - 1];
	assert_int_equal(t->link, TRAIL_NO_CARRIER);
	assert_true(w->trails_ns[w->ntrails - 1] >= from_ns);
	assert_int_equal(fake_link_del(w->hand, "wan1"), 0);
	SPIN(w, w->trails[w->ntrails - 1].link == TRAIL_ABSENT);
	assert_int_equal(fake_link_add(w->hand, "wan1", NULL), 0);
	SPIN(w, w->trails[w->ntrails - 1].link == TRAIL_NO_ADDRESS);
	/* The device is another: what was in flight is forgotten. */
	t = &w->trails[w->ntrails - 1];
	assert_int_equal(t->entries[t->nentries - 1].what, TRAIL_FORGET);
}

static void
dispatcher_that_is_away_for_short_misses_nothing(void **state)
{
	struct world *w = *state;
	struct seen *s = calloc(1, sizeof(*s));
	uint64_t round;
	size_t n;

	assert_non_null(s);
	w->uplinks[0].probe.interval_ns = 100 * NS_PER_MS;
	w->uplinks[0].probe.confirm_ns = 100 * NS_PER_MS;
	world_up(w, 1);
	SPIN(w, w->ntrails > 1);
	/* Now no other second comes before the bus is closed. */
	n = w->ntrails;
	SPIN(w, w->ntrails > n);
	zsock_close(&w->bus);
	round = world_verdict(w, 0)->verdict.next;
	SPIN(w, world_verdict(w, 0)->verdict.next > round + 15);
	n = w->ntrails;
	world_bus(w);
	SPIN(w, w->ntrails > n + 1);
	see(w, w->ntrails, s);
	is_whole(s, TARGETS, 2, s->newest - 1);
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
		T(quickest_pace_loses_no_round),
		T(quickest_pace_loses_no_sample),
		T(what_cannot_be_sent_is_told_too),
		T(lost_carrier_is_told_at_once),
		T(dispatcher_that_is_away_for_short_misses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
