/* SPDX-License-Identifier: ISC */
/*
 * Targets that are not asked in each round, and whose time says nothing: what
 * a check program means for its line.  The line of the test has a gateway
 * (ping), a far host (ping) and a check, some of which it may do without; a
 * check that runs is not started again.  Time goes by in steps of 10 ms.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "probes/judge.h"

#define STEP	(10 * NS_PER_MS)
#define FLIGHTS	1000
#define DEADLINE (5 * NS_PER_S)	/* of the check */

enum { GATEWAY = 1, FAR = 2, CHECK = 4 };	/* targets, as bits */

struct flight {
	uint64_t	round;		/* 0 = free */
	size_t		target;
	int64_t		due_ns;
	enum sample	sample;
};

struct line {
	struct conf_probe conf;
	struct conf_target targets[3];
	unsigned	sort[3];	/* of each target, one bit */
	struct judge	j;
	int64_t		now_ns, round_ns;
	struct flight	flights[FLIGHTS];
	/* How it is. */
	unsigned	dead;		/* pings that are not answered */
	enum sample	check_says;
	int64_t		check_takes_ns;
	unsigned	checks;		/* started */
	unsigned	doubts;		/* the others were told */
	bool		running;
};

static void
doubt(void *arg)
{
	((struct line *)arg)->doubts++;
}

static enum peer
ask(void *arg, size_t target, int64_t since_ns)
{
	(void)arg;
	(void)target;
	(void)since_ns;
	return PEER_NONE;
}

static void
begin(struct line *l, unsigned sorts)
{
	unsigned sort;

	memset(l, 0, sizeof(*l));
	l->conf = (struct conf_probe){ .interval_ns = NS_PER_S,
	    .timeout_ns = NS_PER_S, .timeout_min_ns = 200 * NS_PER_MS,
	    .confirm_ns = 200 * NS_PER_MS, .fall = 3, .rise = 4,
	    .require_far = 1, .targets = l->targets };
	for (sort = GATEWAY; sort <= CHECK; sort <<= 1) {
		if ((sorts & sort) == 0)
			continue;
		l->sort[l->conf.ntargets] = sort;
		l->targets[l->conf.ntargets].gateway = sort == GATEWAY;
		l->targets[l->conf.ntargets].timeout_ns =
		    sort == CHECK ? DEADLINE : 0;
		l->conf.ntargets++;
	}
	l->check_says = SAMPLE_OK;
	l->check_takes_ns = 3 * NS_PER_S;
	l->now_ns = 1000 * NS_PER_S;
}

/* After begin and what a test changes in conf. */
static void
start(struct line *l)
{
	assert_int_equal(judge_init(&l->j, &l->conf, l->now_ns), 0);
	l->j.doubt = doubt;
	l->j.ask = ask;
	l->j.arg = l;
	l->round_ns = l->now_ns;
}

static void
fly(struct line *l, size_t target, uint64_t round, enum sample sample,
    int64_t takes_ns)
{
	size_t i;

	for (i = 0; i < FLIGHTS && l->flights[i].round != 0; i++)
		;
	assert_true(i < FLIGHTS);
	l->flights[i] = (struct flight){ round, target,
	    l->now_ns + takes_ns, sample };
}

static void
probe(struct line *l, size_t target, uint64_t round)
{
	bool dead = (l->dead & l->sort[target]) != 0;

	if (l->sort[target] != CHECK)
		fly(l, target, round, dead ? SAMPLE_LOST : SAMPLE_OK, dead ?
		    l->conf.timeout_ns : 10 * NS_PER_MS);
	else if (l->running)
		(void)judge_sample(&l->j, target, round, SAMPLE_IDLE, 0,
		    l->now_ns);
	else {
		l->running = true;
		l->checks++;
		fly(l, target, round, l->check_says, l->check_takes_ns);
	}
}

static void
step(struct line *l)
{
	struct flight f;
	uint64_t round;
	size_t i;

	l->now_ns += STEP;
	for (i = 0; i < FLIGHTS; i++) {
		f = l->flights[i];
		if (f.round == 0 || f.due_ns > l->now_ns)
			continue;
		l->flights[i].round = 0;
		if (l->sort[f.target] == CHECK)
			l->running = false;
		(void)judge_sample(&l->j, f.target, f.round, f.sample, 0,
		    l->now_ns);
	}
	if (judge_due(&l->j) <= l->now_ns)
		(void)judge_tick(&l->j, l->now_ns);
	/* What was due is done: the loop of a worker does not spin. */
	assert_true(judge_due(&l->j) > l->now_ns);
	if (l->now_ns - l->round_ns < judge_pace(&l->j))
		return;
	l->round_ns = l->now_ns;
	round = judge_open(&l->j, l->now_ns);
	assert_int_not_equal(round, 0);
	for (i = 0; i < l->conf.ntargets; i++)
		probe(l, i, round);
}

/* Until the level is so, at most that long; how long it took, -1. */
static int64_t
until(struct line *l, enum level level, int64_t most_ns)
{
	int64_t from_ns = l->now_ns;

	while (l->j.level != level && l->now_ns - from_ns < most_ns)
		step(l);
	return l->j.level == level ? l->now_ns - from_ns : -1;
}

static void
stays(struct line *l, enum level level, int64_t ns)
{
	int64_t to_ns = l->now_ns + ns;

	while (l->now_ns < to_ns) {
		step(l);
		assert_int_equal(l->j.level, level);
	}
}

static void
is_up(struct line *l)
{
	assert_true(until(l, LEVEL_UP, 60 * NS_PER_S) >= 0);
	stays(l, LEVEL_UP, 30 * NS_PER_S);
}

/* The deadline of the check and a round, for each of `fall`. */
static int64_t
bound(const struct line *l)
{
	return l->conf.fall * (DEADLINE + l->conf.interval_ns) + DEADLINE;
}

static void
hangs(struct line *l)
{
	l->check_says = SAMPLE_LOST;
	l->check_takes_ns = DEADLINE;
}

/* ---- it works, whatever it takes ---- */

static void
check_that_takes_three_rounds_keeps_its_line_up(void **state)
{
	unsigned sorts;
	struct line l;

	(void)state;
	for (sorts = CHECK; sorts <= (GATEWAY | FAR | CHECK); sorts++) {
		begin(&l, sorts);
		l.conf.require_far = CONF_FAR_ALL;
		start(&l);
		is_up(&l);
		assert_int_equal(l.doubts, 0);
		assert_int_equal(judge_pace(&l.j), NS_PER_S);
		/* Not one that runs is started again. */
		assert_true(l.checks <= (l.now_ns - 1000 * NS_PER_S) /
		    l.check_takes_ns + 1);
		judge_free(&l.j);
	}
}

static void
how_long_it_runs_is_no_round_trip_time(void **state)
{
	struct line l;

	(void)state;
	begin(&l, CHECK);
	l.conf.degraded.rtt_ns = NS_PER_MS;
	l.conf.degraded.jitter_ns = NS_PER_US;
	start(&l);
	is_up(&l);
	assert_int_equal(l.j.targets[0].rtt_ns, 0);
	assert_int_equal(l.j.line.rtt_ns, 0);
	assert_int_equal(judge_state(&l.j, 0), TARGET_OK);
	judge_free(&l.j);
	/* Beside a ping it is the ping's. */
	begin(&l, FAR | CHECK);
	start(&l);
	is_up(&l);
	assert_true(l.j.line.rtt_ns > 0);
	assert_true(l.j.patience_ns < NS_PER_S);
	judge_free(&l.j);
}

/* ---- it fails, or hangs ---- */

static void
line_with_nothing_else_goes_down_in_the_bound(void **state)
{
	struct line l;
	int64_t took;

	(void)state;
	begin(&l, CHECK);
	start(&l);
	is_up(&l);
	hangs(&l);
	took = until(&l, LEVEL_DOWN, bound(&l));
	assert_true(took >= 3 * DEADLINE);
	assert_int_equal(l.j.cause, CAUSE_FAR);
	judge_free(&l.j);
}

static void
hanging_from_the_start_goes_down_too(void **state)
{
	struct line l;

	(void)state;
	begin(&l, CHECK | GATEWAY);
	hangs(&l);
	start(&l);
	assert_true(until(&l, LEVEL_DOWN, bound(&l)) > 0);
	judge_free(&l.j);
}

/* The rounds between its runs have nothing but a gateway that answers. */
static void
gateway_that_answers_does_not_hide_it(void **state)
{
	struct line l;

	(void)state;
	begin(&l, GATEWAY | CHECK);
	start(&l);
	is_up(&l);
	l.check_says = SAMPLE_LOST;
	assert_true(until(&l, LEVEL_DOWN, 20 * NS_PER_S) > 0);
	assert_int_equal(l.j.cause, CAUSE_FAR);
	stays(&l, LEVEL_DOWN, 60 * NS_PER_S);
	judge_free(&l.j);
}

/* Nor one whose time counts, which is late long before it is lost. */
static void
gateway_that_answers_does_not_hide_a_silent_server(void **state)
{
	struct line l;

	(void)state;
	begin(&l, GATEWAY | CHECK);
	l.targets[1].timeout_ns = 0;
	l.check_takes_ns = 20 * NS_PER_MS;
	start(&l);
	is_up(&l);
	l.check_says = SAMPLE_LOST;
	l.check_takes_ns = l.conf.timeout_ns;
	assert_true(until(&l, LEVEL_DOWN, 60 * NS_PER_S) <= 5 * NS_PER_S);
	assert_int_equal(l.j.cause, CAUSE_FAR);
	judge_free(&l.j);
}

/* The classic rule: each must answer. */
static void
far_host_that_answers_does_not_hide_it_where_all_must(void **state)
{
	struct line l;

	(void)state;
	begin(&l, GATEWAY | FAR | CHECK);
	l.conf.require_gateway = true;
	l.conf.require_far = CONF_FAR_ALL;
	start(&l);
	is_up(&l);
	hangs(&l);
	assert_true(until(&l, LEVEL_DOWN, bound(&l)) >= 3 * DEADLINE);
	judge_free(&l.j);
}

static void
one_lost_run_of_many_is_no_outage(void **state)
{
	struct line l;
	int i;

	(void)state;
	begin(&l, GATEWAY | CHECK);
	start(&l);
	is_up(&l);
	for (i = 0; i < 5; i++) {
		l.check_says = SAMPLE_LOST;
		stays(&l, LEVEL_UP, 4 * NS_PER_S);
		l.check_says = SAMPLE_OK;
		stays(&l, LEVEL_UP, 10 * NS_PER_S);
	}
	judge_free(&l.j);
}

static void
rise_counts_its_runs(void **state)
{
	struct line l;
	unsigned before;

	(void)state;
	begin(&l, GATEWAY | CHECK);
	start(&l);
	is_up(&l);
	l.check_says = SAMPLE_LOST;
	assert_true(until(&l, LEVEL_DOWN, 20 * NS_PER_S) > 0);
	l.check_says = SAMPLE_OK;
	before = l.checks;
	assert_true(until(&l, LEVEL_UP, 60 * NS_PER_S) > 0);
	/* One of them may have begun before. */
	assert_true(l.checks - before >= 4 - 1);
	assert_true(l.checks - before <= 4 + 1);
	judge_free(&l.j);
}

/* ---- beside other targets ---- */

static void
hanging_beside_a_host_that_answers_costs_nothing(void **state)
{
	struct line l;

	(void)state;
	begin(&l, FAR | CHECK);
	hangs(&l);
	start(&l);
	is_up(&l);
	stays(&l, LEVEL_UP, 60 * NS_PER_S);
	assert_int_equal(l.doubts, 0);
	assert_int_equal(l.j.verdict.fails, 0);
	assert_int_equal(judge_pace(&l.j), NS_PER_S);
	assert_int_equal(judge_state(&l.j, 1), TARGET_LOST);
	judge_free(&l.j);
}

/* As quickly as if there were no check: it could save nothing. */
static void
hanging_does_not_delay_what_others_see(void **state)
{
	struct line l;
	int64_t alone;

	(void)state;
	begin(&l, GATEWAY | FAR);
	start(&l);
	is_up(&l);
	l.dead = FAR;
	alone = until(&l, LEVEL_DOWN, 60 * NS_PER_S);
	judge_free(&l.j);
	begin(&l, GATEWAY | FAR | CHECK);
	hangs(&l);
	start(&l);
	is_up(&l);
	l.dead = FAR;
	assert_true(until(&l, LEVEL_DOWN, 60 * NS_PER_S) <=
	    alone + NS_PER_S);
	judge_free(&l.j);
}

/* Nothing answers: not even a check that was well waits to be heard. */
static void
slow_check_does_not_delay_a_dead_line(void **state)
{
	struct line l;

	(void)state;
	begin(&l, GATEWAY | FAR | CHECK);
	l.check_takes_ns = 49 * NS_PER_S / 10;
	start(&l);
	is_up(&l);
	l.dead = GATEWAY | FAR;
	hangs(&l);
	assert_true(until(&l, LEVEL_DOWN, 60 * NS_PER_S) < 3 * NS_PER_S);
	assert_int_equal(l.j.cause, CAUSE_GATEWAY);
	judge_free(&l.j);
}

/* One answer is enough, and the check has given it each time. */
static void
check_that_is_well_saves_what_another_lost(void **state)
{
	struct line l;

	(void)state;
	begin(&l, GATEWAY | FAR | CHECK);
	start(&l);
	is_up(&l);
	l.dead = FAR;
	stays(&l, LEVEL_UP, 60 * NS_PER_S);
	judge_free(&l.j);
}

/* And then not any more. */
static void
check_that_was_well_saves_no_longer_than_its_deadline(void **state)
{
	struct line l;

	(void)state;
	begin(&l, GATEWAY | FAR | CHECK);
	start(&l);
	is_up(&l);
	l.dead = FAR;
	stays(&l, LEVEL_UP, 20 * NS_PER_S);
	hangs(&l);
	/* The one that runs may still be well. */
	assert_true(until(&l, LEVEL_DOWN, 60 * NS_PER_S) <=
	    l.check_takes_ns + DEADLINE + 2 * NS_PER_S);
	judge_free(&l.j);
}

/* A ping that is late is seen to be, though the check may take its time. */
static void
late_ping_beside_a_running_check_is_a_doubt_at_once(void **state)
{
	struct line l;

	(void)state;
	begin(&l, FAR | CHECK);
	l.conf.require_far = CONF_FAR_ALL;
	l.check_takes_ns = 900 * NS_PER_MS;
	start(&l);
	is_up(&l);
	l.dead = FAR;
	assert_true(until(&l, LEVEL_DOWN, 60 * NS_PER_S) <= 2 * NS_PER_S);
	assert_int_equal(l.doubts, 1);
	judge_free(&l.j);
}

/* What hangs on a last word is not closed to an answer that comes late. */
static void
late_answer_beside_an_idle_check_still_passes(void **state)
{
	uint64_t round;
	struct line l;

	(void)state;
	begin(&l, FAR | CHECK);
	start(&l);
	is_up(&l);
	while (!l.running)
		step(&l);
	round = judge_open(&l.j, l.now_ns);
	(void)judge_sample(&l.j, 1, round, SAMPLE_IDLE, 0, l.now_ns);
	(void)judge_tick(&l.j, l.now_ns + NS_PER_S / 2);
	assert_int_equal(l.j.verdict.fails, 0);
	assert_true(l.j.verdict.passed < round);
	(void)judge_sample(&l.j, 0, round, SAMPLE_OK, 0,
	    l.now_ns + NS_PER_S / 2);
	assert_int_equal(l.j.verdict.passed, round);
	judge_free(&l.j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test(f)
		T(check_that_takes_three_rounds_keeps_its_line_up),
		T(how_long_it_runs_is_no_round_trip_time),
		T(line_with_nothing_else_goes_down_in_the_bound),
		T(hanging_from_the_start_goes_down_too),
		T(gateway_that_answers_does_not_hide_it),
		T(gateway_that_answers_does_not_hide_a_silent_server),
		T(far_host_that_answers_does_not_hide_it_where_all_must),
		T(one_lost_run_of_many_is_no_outage),
		T(rise_counts_its_runs),
		T(hanging_beside_a_host_that_answers_costs_nothing),
		T(hanging_does_not_delay_what_others_see),
		T(slow_check_does_not_delay_a_dead_line),
		T(check_that_is_well_saves_what_another_lost),
		T(check_that_was_well_saves_no_longer_than_its_deadline),
		T(late_ping_beside_a_running_check_is_a_doubt_at_once),
		T(late_answer_beside_an_idle_check_still_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
