/* SPDX-License-Identifier: ISC */
/*
 * judge_due: when time has passed for the judge, it does not ask to be called
 * again at once; a worker that obeyed would not sleep.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "probes/judge.h"

#define BEGIN	(100 * NS_PER_S)

enum { GATEWAY, FAR, TARGETS };

static enum peer
waiting(void *arg, size_t target, int64_t since_ns)
{
	(void)arg;
	(void)target;
	(void)since_ns;
	return PEER_WAITING;
}

/* A fall that waits for the others, and a late answer meanwhile. */
static void
judge_fall_that_waits_when_answered_is_over(void **state)
{
	struct conf_target targets[TARGETS] = { { .gateway = true },
	    { .gateway = false } };
	const struct conf_probe conf = { .interval_ns = NS_PER_S,
	    .timeout_ns = NS_PER_S, .timeout_min_ns = NS_PER_S,
	    .confirm_ns = 200 * NS_PER_MS, .fall = 1, .rise = 1,
	    .require_far = 1, .ntargets = TARGETS, .targets = targets };
	int64_t now_ns = BEGIN;
	struct judge j;
	uint64_t n;

	(void)state;
	assert_int_equal(judge_init(&j, &conf, now_ns), 0);
	j.ask = waiting;
	n = judge_open(&j, now_ns);
	(void)judge_sample(&j, GATEWAY, n, SAMPLE_OK, 1, now_ns);
	(void)judge_sample(&j, FAR, n, SAMPLE_OK, 1, now_ns);
	assert_int_equal(j.level, LEVEL_UP);
	now_ns += NS_PER_S;
	n = judge_open(&j, now_ns);
	(void)judge_sample(&j, GATEWAY, n, SAMPLE_OK, 1, now_ns);
	(void)judge_sample(&j, FAR, n, SAMPLE_LOST, 0, now_ns);
	assert_int_equal(j.level, LEVEL_UP);
	assert_int_equal(j.grace_ns, now_ns + 200 * NS_PER_MS);
	n = judge_open(&j, now_ns + NS_PER_MS);
	(void)judge_sample(&j, GATEWAY, n, SAMPLE_OK, 1, now_ns + NS_PER_MS);
	(void)judge_sample(&j, FAR, n, SAMPLE_OK, 1, now_ns + NS_PER_MS);
	now_ns += 200 * NS_PER_MS;
	(void)judge_tick(&j, now_ns);
	assert_int_equal(j.level, LEVEL_UP);
	assert_true(judge_due(&j) > now_ns);
	judge_free(&j);
}

/* The same without the answer: the wait has an end, and the line falls. */
static void
judge_fall_that_waits_when_not_answered_comes(void **state)
{
	struct conf_target targets[TARGETS] = { { .gateway = true },
	    { .gateway = false } };
	const struct conf_probe conf = { .interval_ns = NS_PER_S,
	    .timeout_ns = NS_PER_S, .timeout_min_ns = NS_PER_S,
	    .confirm_ns = 200 * NS_PER_MS, .fall = 1, .rise = 1,
	    .require_far = 1, .ntargets = TARGETS, .targets = targets };
	int64_t now_ns = BEGIN;
	struct judge j;
	uint64_t n;

	(void)state;
	assert_int_equal(judge_init(&j, &conf, now_ns), 0);
	j.ask = waiting;
	n = judge_open(&j, now_ns);
	(void)judge_sample(&j, GATEWAY, n, SAMPLE_OK, 1, now_ns);
	(void)judge_sample(&j, FAR, n, SAMPLE_LOST, 0, now_ns);
	assert_int_equal(j.level, LEVEL_UNKNOWN);
	assert_int_equal(judge_due(&j), now_ns + 200 * NS_PER_MS);
	now_ns += 200 * NS_PER_MS;
	assert_true(judge_tick(&j, now_ns));
	assert_int_equal(j.level, LEVEL_DOWN);
	assert_true(judge_due(&j) > now_ns);
	judge_free(&j);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(judge_fall_that_waits_when_answered_is_over),
		cmocka_unit_test(
		    judge_fall_that_waits_when_not_answered_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
