/* SPDX-License-Identifier: ISC */
/* What a judge asks the other lines when it is to fall, and how it waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "probes/judge.h"

#define MS	NS_PER_MS
#define BEGIN	(100 * NS_PER_S)

/* The gateway, a far host. */
enum { GATEWAY, FAR, TARGETS };

static struct conf_target targets[TARGETS] = { { .gateway = true } };
static const struct conf_probe conf = {
	.interval_ns = NS_PER_S, .timeout_ns = NS_PER_S,
	.timeout_min_ns = 100 * MS, .confirm_ns = 200 * MS, .fall = 2,
	.rise = 3, .require_far = 1, .ntargets = TARGETS, .targets = targets,
};

struct others {
	enum peer	say;
	unsigned	asked;
	int64_t		since_ns;	/* of the newest question */
};

static enum peer
ask(void *arg, size_t target, int64_t since_ns)
{
	struct others *o = arg;

	assert_int_equal(target, FAR);
	o->asked++;
	o->since_ns = since_ns;
	return o->say;
}

static void
start(struct judge *j, struct others *o, enum peer say)
{
	memset(o, 0, sizeof(*o));
	o->say = say;
	assert_int_equal(judge_init(j, &conf, BEGIN), 0);
	j->ask = ask;
	j->arg = o;
}

/* A round of which the far host's answer takes so long; 0: none comes. */
static uint64_t
round_at(struct judge *j, int64_t at_ns, int64_t rtt_ns)
{
	uint64_t n = judge_open(j, at_ns);

	(void)judge_sample(j, GATEWAY, n, SAMPLE_OK, MS, at_ns + MS);
	if (rtt_ns != 0)
		(void)judge_sample(j, FAR, n, SAMPLE_OK, rtt_ns, at_ns +
		    rtt_ns);
	return n;
}

/* Two rounds overdue: the line would fall, if the others did not matter. */
static int64_t
doubt(struct judge *j, uint64_t *first)
{
	int64_t at = BEGIN + NS_PER_S;

	*first = round_at(j, at, 0);
	(void)round_at(j, at + 200 * MS, 0);
	at += 200 * MS + j->patience_ns;
	(void)judge_tick(j, at);
	return at;
}

static void
fall_waits_for_the_others_one_confirm_period(void **state)
{
	struct others o;
	struct judge j;
	uint64_t first;
	int64_t now;

	(void)state;
	start(&j, &o, PEER_WAITING);
	(void)round_at(&j, BEGIN, 50 * MS);
	assert_int_equal(j.level, LEVEL_UP);
	now = doubt(&j, &first);
	assert_int_equal(j.level, LEVEL_UP);
	assert_true(o.asked > 0);
	assert_true(judge_due(&j) <= now + conf.confirm_ns);
	(void)judge_tick(&j, now + conf.confirm_ns - 1);
	assert_int_equal(j.level, LEVEL_UP);
	(void)judge_tick(&j, now + conf.confirm_ns);
	assert_int_equal(j.level, LEVEL_DOWN);
	judge_free(&j);
}

/* An owner that sleeps until judge_due would not sleep at all. */
static void
doubt_that_ends_while_it_waits_leaves_nothing_due(void **state)
{
	struct others o;
	struct judge j;
	uint64_t first;
	int64_t now;

	(void)state;
	start(&j, &o, PEER_WAITING);
	(void)round_at(&j, BEGIN, 50 * MS);
	now = doubt(&j, &first);
	/* Late, but not lost; of the newer round, too. */
	(void)judge_sample(&j, FAR, first, SAMPLE_OK, 500 * MS, now + MS);
	(void)judge_sample(&j, FAR, first + 1, SAMPLE_OK, 500 * MS, now + MS);
	assert_int_equal(j.verdict.fails, 0);
	now += 2 * conf.confirm_ns;
	(void)judge_tick(&j, now);
	assert_int_equal(j.level, LEVEL_UP);
	assert_true(judge_due(&j) > now);
	judge_free(&j);
}

/* Theirs that set out with our first loss may have arrived before it. */
static void
others_are_asked_of_the_time_when_the_loss_should_have_arrived(void **state)
{
	struct others o;
	struct judge j;
	uint64_t first;

	(void)state;
	start(&j, &o, PEER_ANSWERS);
	(void)round_at(&j, BEGIN, 50 * MS);
	(void)doubt(&j, &first);
	assert_int_equal(j.level, LEVEL_DOWN);
	assert_true(o.since_ns == BEGIN + NS_PER_S + 50 * MS);
	judge_free(&j);
}

static void
what_fails_for_all_is_suspect_and_no_line_falls(void **state)
{
	struct others o;
	struct judge j;
	uint64_t first;

	(void)state;
	start(&j, &o, PEER_FAILS);
	(void)round_at(&j, BEGIN, 50 * MS);
	(void)doubt(&j, &first);
	assert_int_equal(j.level, LEVEL_UP);
	assert_int_equal(j.cause, CAUSE_SUSPECT);
	judge_free(&j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fall_waits_for_the_others_one_confirm_period),
		cmocka_unit_test(
		    doubt_that_ends_while_it_waits_leaves_nothing_due),
		cmocka_unit_test(
		    others_are_asked_of_the_time_when_the_loss_should_have_arrived),
		cmocka_unit_test(
		    what_fails_for_all_is_suspect_and_no_line_falls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
