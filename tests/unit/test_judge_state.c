/* SPDX-License-Identifier: ISC */
/*
 * test_judge_state: what is told of a single target, whatever the line's level:
 * a course of samples as letters, `.` answered, `x` lost, and what it is then.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "probes/judge.h"

enum { GATEWAY, FAR, TARGETS };

static struct conf_target targets[TARGETS] = {
	{ .gateway = true, .label = "ping gateway" },
	{ .label = "ping far" }
};
static const struct conf_probe conf = {
	.interval_ns = NS_PER_S, .timeout_ns = NS_PER_S,
	.timeout_min_ns = 200 * NS_PER_MS, .confirm_ns = 200 * NS_PER_MS,
	.fall = 3, .rise = 10, .require_far = 1,
	.degraded = { .loss = { .share = 100, .window_ns = 60 * NS_PER_S } },
	.ntargets = TARGETS, .targets = targets
};

struct course {
	struct judge	judge;
	int64_t		now_ns;
};

static int
setup(void **state)
{
	static struct course c;

	memset(&c, 0, sizeof(c));
	c.now_ns = 1000 * NS_PER_S;
	*state = &c;
	return judge_init(&c.judge, &conf, c.now_ns);
}

static int
teardown(void **state)
{
	struct course *c = *state;

	judge_free(&c->judge);
	return 0;
}

/* A round a second; the far host answers all. */
static void
gateway_does(struct course *c, const char *course)
{
	uint64_t round;

	for (; *course != '\0'; course++, c->now_ns += NS_PER_S) {
		round = judge_open(&c->judge, c->now_ns);
		(void)judge_sample(&c->judge, FAR, round, SAMPLE_OK,
		    NS_PER_MS, c->now_ns + NS_PER_MS);
		(void)judge_sample(&c->judge, GATEWAY, round, *course == 'x' ?
		    SAMPLE_LOST : SAMPLE_OK, NS_PER_MS,
		    c->now_ns + NS_PER_MS);
		(void)judge_tick(&c->judge, c->now_ns + 2 * NS_PER_MS);
	}
}

static void
each_course_has_its_word(void **state)
{
	static const struct {
		const char	*course;
		enum target_state want;
	} rows[] = {
		{ "", TARGET_UNKNOWN },
		{ ".", TARGET_OK },
		{ "....................xx", TARGET_OK },
		{ "....................xxx", TARGET_LOST },
		{ "xxx", TARGET_LOST },
		/* It drops four of five, and did so before. */
		{ "xxx.xxxxx.xxxx.x.xxxx", TARGET_DEGRADED },
		{ "xxx.xxxxx.xxxx.x.xxxxxxxxxx", TARGET_DEGRADED },
		{ "...x...x...x....xxxxxxxxxxx", TARGET_LOST },
		{ "..xx...x...x...xxxxxxxxxxx", TARGET_DEGRADED },
		{ "..xx...x...x...xxxxxxxxxxx.", TARGET_DEGRADED },
		/* All that is remembered is silence. */
		{ ".xxxxxxxxxxxxxxxxxxxx.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		  TARGET_LOST },
		{ "....................xxxxx....................",
		  TARGET_DEGRADED },
	};
	struct course *c = *state;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		gateway_does(c, rows[i].course);
		if (judge_state(&c->judge, GATEWAY) != rows[i].want)
			fail_msg("\"%s\" is %s", rows[i].course,
			    target_state_name(judge_state(&c->judge,
			    GATEWAY)));
		/* Nothing of it is the line's. */
		assert_true(i == 0 || c->judge.level == LEVEL_UP);
		assert_true(c->judge.cause == CAUSE_NONE);
		teardown(state);
		setup(state);
	}
}

static void
what_is_overdue_is_lost_so_far(void **state)
{
	struct course *c = *state;
	uint64_t first;
	int i;

	gateway_does(c, "..........");
	first = judge_open(&c->judge, c->now_ns);
	for (i = 0; i < 2; i++) {
		c->now_ns += 200 * NS_PER_MS;
		(void)judge_tick(&c->judge, c->now_ns);
		(void)judge_open(&c->judge, c->now_ns);
	}
	assert_int_equal(judge_overdue(&c->judge, FAR), 2);
	assert_int_equal(judge_state(&c->judge, FAR), TARGET_OK);
	c->now_ns += 200 * NS_PER_MS;
	assert_true(judge_tick(&c->judge, c->now_ns));
	assert_int_equal(c->judge.level, LEVEL_DOWN);
	assert_int_equal(judge_overdue(&c->judge, FAR), 3);
	assert_int_equal(judge_state(&c->judge, FAR), TARGET_LOST);
	assert_int_equal(judge_state(&c->judge, GATEWAY), TARGET_LOST);
	/* What has been heard of is overdue no more, whatever was heard. */
	(void)judge_sample(&c->judge, FAR, first, SAMPLE_LOST, 0, c->now_ns);
	assert_int_equal(judge_overdue(&c->judge, FAR), 2);
	assert_int_equal(judge_state(&c->judge, FAR), TARGET_LOST);
	(void)judge_sample(&c->judge, GATEWAY, first + 2, SAMPLE_OK, NS_PER_MS,
	    c->now_ns);
	assert_int_equal(judge_overdue(&c->judge, GATEWAY), 0);
	assert_int_equal(judge_state(&c->judge, GATEWAY), TARGET_OK);
}

static void
lose(struct course *c, uint64_t round)
{
	(void)judge_sample(&c->judge, GATEWAY, round, SAMPLE_LOST, 0,
	    c->now_ns);
	(void)judge_sample(&c->judge, FAR, round, SAMPLE_LOST, 0, c->now_ns);
}

/*
 * Nobody answers for so many rounds; each is lost at its timeout, but for the
 * newest one, which is overdue.
 */
static uint64_t
outage(struct course *c, int rounds)
{
	uint64_t round = 0;

	for (; rounds > 0; rounds--) {
		if (round != 0)
			lose(c, round);
		round = judge_open(&c->judge, c->now_ns);
		c->now_ns += NS_PER_S;
		(void)judge_tick(&c->judge, c->now_ns);
	}
	return round;
}

static void
another_outage_soon_after_is_lost_again(void **state)
{
	struct course *c = *state;
	uint64_t newest;
	int i;

	for (i = 0; i < 3; i++) {
		gateway_does(c, "..........");
		assert_int_equal(c->judge.level, LEVEL_UP);
		newest = outage(c, i == 0 ? 10 : 3);
		assert_int_equal(c->judge.level, LEVEL_DOWN);
		assert_int_equal(judge_state(&c->judge, FAR), TARGET_LOST);
		assert_int_equal(judge_state(&c->judge, GATEWAY),
		    TARGET_LOST);
		lose(c, newest);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_course_has_its_word,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_overdue_is_lost_so_far,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(
		    another_outage_soon_after_is_lost_again, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
