/* SPDX-License-Identifier: ISC */
/*
 * judge_late: rounds that go out in parts, as those of many targets do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "probes/judge.h"

#define MS	NS_PER_MS
#define TARGETS	200
#define PART	50
#define BEGIN	(100 * NS_PER_S)

struct line {
	struct conf_probe conf;
	struct conf_target targets[TARGETS];
	struct judge	j;
	int64_t		now_ns;
	unsigned	misses, doubts;
};

static void
miss(void *arg, size_t target, int64_t sent_ns)
{
	(void)target;
	(void)sent_ns;
	((struct line *)arg)->misses++;
}

static void
doubt(void *arg)
{
	((struct line *)arg)->doubts++;
}

/* Answers are expected within 100 ms; the first target is the gateway. */
static void
start(struct line *l, int64_t far)
{
	memset(l, 0, sizeof(*l));
	l->targets[0].gateway = true;
	l->conf = (struct conf_probe){ .interval_ns = NS_PER_S,
	    .timeout_ns = NS_PER_S, .timeout_min_ns = 100 * MS,
	    .confirm_ns = 200 * MS, .fall = 3, .rise = 2,
	    .require_far = far, .ntargets = TARGETS,
	    .targets = l->targets };
	l->now_ns = BEGIN;
	assert_int_equal(judge_init(&l->j, &l->conf, l->now_ns), 0);
	l->j.miss = miss;
	l->j.doubt = doubt;
	l->j.arg = l;
}

static void
answers(struct line *l, uint64_t round, size_t from, size_t to)
{
	for (; from < to; from++)
		(void)judge_sample(&l->j, from, round, SAMPLE_OK, MS,
		    l->now_ns);
}

/* Time goes by, and what is due is done, once. */
static void
pass(struct line *l, int64_t ms)
{
	int64_t until_ns = l->now_ns + ms * MS;

	while (judge_due(&l->j) <= until_ns) {
		if (judge_due(&l->j) > l->now_ns)
			l->now_ns = judge_due(&l->j);
		(void)judge_tick(&l->j, l->now_ns);
		assert_true(judge_due(&l->j) > l->now_ns);
	}
	l->now_ns = until_ns;
}

/* A round of which all is answered at once: what answers take is known. */
static void
first(struct line *l)
{
	uint64_t n = judge_open(&l->j, l->now_ns);

	answers(l, n, 0, TARGETS);
	assert_int_equal(l->j.level, LEVEL_UP);
	pass(l, 1000);
}

static uint64_t
open_parts(struct line *l)
{
	uint64_t n = judge_open(&l->j, l->now_ns);

	judge_in_parts(&l->j, n);
	return n;
}

static void
what_is_still_to_be_sent_is_no_doubt(void **state)
{
	struct line l;
	uint64_t n;
	size_t at;

	(void)state;
	start(&l, CONF_FAR_ALL);
	first(&l);
	n = open_parts(&l);
	/* Each part 200 ms after the one before, twice what answers take. */
	for (at = 0; at < TARGETS; at += PART) {
		judge_sent(&l.j, n, at + PART, l.now_ns);
		pass(&l, 20);
		answers(&l, n, at, at + PART);
		pass(&l, 180);
		assert_int_equal(l.j.verdict.fails, 0);
	}
	assert_int_equal(l.doubts + l.misses, 0);
	assert_int_equal(l.j.verdict.passed, n);
	judge_free(&l.j);
}

/* Without being told of parts it is all missing. */
static void
what_was_sent_at_once_is_missed_at_once(void **state)
{
	struct line l;
	uint64_t n;

	(void)state;
	start(&l, CONF_FAR_ALL);
	first(&l);
	n = judge_open(&l.j, l.now_ns);
	answers(&l, n, 0, PART);
	pass(&l, 99);
	assert_int_equal(l.j.verdict.fails, 0);
	pass(&l, 1);
	assert_int_equal(l.j.verdict.fails, 1);
	assert_int_equal(l.misses, TARGETS - PART);
	judge_free(&l.j);
}

static void
part_that_is_silent_speaks_for_the_line(void **state)
{
	struct line l;
	uint64_t n;

	(void)state;
	start(&l, 1);
	first(&l);
	n = open_parts(&l);
	judge_sent(&l.j, n, PART, l.now_ns);
	pass(&l, 80);
	/* This one is not older than it may be. */
	judge_sent(&l.j, n, 2 * PART, l.now_ns);
	pass(&l, 19);
	assert_int_equal(l.j.verdict.fails, 0);
	pass(&l, 1);
	assert_int_equal(l.j.verdict.fails, 1);
	assert_int_equal(l.doubts, 1);
	assert_int_equal(l.misses, PART);
	/* The first few were dead, not the line. */
	answers(&l, n, PART, PART + 1);
	assert_int_equal(l.j.verdict.fails, 0);
	assert_int_equal(l.j.verdict.passed, n);
	judge_free(&l.j);
}

static void
later_part_is_looked_at_in_its_time(void **state)
{
	struct line l;
	uint64_t n;

	(void)state;
	start(&l, CONF_FAR_ALL);
	first(&l);
	n = open_parts(&l);
	judge_sent(&l.j, n, PART, l.now_ns);
	pass(&l, 50);
	answers(&l, n, 0, PART);
	judge_sent(&l.j, n, 2 * PART, l.now_ns);
	answers(&l, n, PART, 2 * PART - 1);
	pass(&l, 99);
	assert_int_equal(l.j.verdict.fails, 0);
	pass(&l, 1);
	assert_int_equal(l.j.verdict.fails, 1);
	assert_int_equal(l.misses, 1);
	/* And the rest as ever. */
	judge_sent(&l.j, n, TARGETS, l.now_ns);
	answers(&l, n, 2 * PART - 1, TARGETS);
	assert_int_equal(l.j.verdict.passed, n);
	assert_int_equal(l.j.verdict.fails, 0);
	judge_free(&l.j);
}

static void
parts_that_are_long_in_coming_are_waited_for(void **state)
{
	struct line l;
	uint64_t n;

	(void)state;
	start(&l, CONF_FAR_ALL);
	first(&l);
	n = open_parts(&l);
	assert_true(judge_due(&l.j) >= l.now_ns + 900 * MS);
	judge_sent(&l.j, n, PART, l.now_ns);
	assert_int_equal(judge_due(&l.j), l.now_ns + 100 * MS);
	answers(&l, n, 0, PART);
	pass(&l, 30000);
	assert_int_equal(l.j.verdict.fails, 0);
	judge_sent(&l.j, n, TARGETS, l.now_ns);
	pass(&l, 100);
	assert_int_equal(l.j.verdict.fails, 1);
	assert_int_equal(l.misses, TARGETS - PART);
	judge_free(&l.j);
}

static void
part_of_what_is_forgotten_is_nothing(void **state)
{
	struct line l;
	uint64_t n;

	(void)state;
	start(&l, 1);
	first(&l);
	n = open_parts(&l);
	judge_sent(&l.j, n, PART, l.now_ns);
	judge_forget(&l.j);
	judge_sent(&l.j, n, 2 * PART, l.now_ns);
	pass(&l, 5000);
	assert_int_equal(l.j.verdict.fails, 0);
	assert_int_equal(l.misses, 0);
	judge_free(&l.j);
}

static uint32_t
dice(uint32_t *seed, uint32_t sides)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % sides;
}

/*
 * Whatever comes when, in whatever parts: nothing is counted twice (MUST), and
 * when all has been heard the round is what it would be without parts.
 */
static void
end_of_a_round_is_the_same_in_parts(void **state)
{
	struct line parts, whole;
	uint32_t seed = 4711, games, lost;
	int64_t far;
	enum sample sample[TARGETS];
	size_t order[TARGETS], i, k, sent, heard;
	uint64_t n;

	(void)state;
	for (games = 0; games < 300; games++) {
		far = 1 + dice(&seed, TARGETS - 1);
		if (dice(&seed, 4) == 0)
			far = CONF_FAR_ALL;
		start(&parts, far);
		start(&whole, far);
		first(&parts);
		first(&whole);
		n = open_parts(&parts);
		assert_int_equal(judge_open(&whole.j, whole.now_ns), n);
		lost = dice(&seed, 100);
		for (i = 0; i < TARGETS; i++) {
			order[i] = i;
			sample[i] = dice(&seed, 100) < lost ? SAMPLE_LOST :
			    SAMPLE_OK;
		}
		for (sent = heard = 0; heard < TARGETS;) {
			if (sent < TARGETS && dice(&seed, 3) == 0) {
				sent += 1 + dice(&seed, PART);
				sent = sent < TARGETS ? sent : TARGETS;
				judge_sent(&parts.j, n, sent, parts.now_ns);
			}
			pass(&parts, dice(&seed, 60));
			if (heard == sent)
				continue;
			k = heard + dice(&seed, (uint32_t)(sent - heard));
			i = order[k];
			order[k] = order[heard];
			order[heard++] = i;
			(void)judge_sample(&parts.j, i, n, sample[i], MS,
			    parts.now_ns);
			(void)judge_sample(&whole.j, i, n, sample[i], MS,
			    whole.now_ns);
		}
		assert_int_equal(parts.j.verdict.window[n],
		    whole.j.verdict.window[n]);
		assert_int_equal(parts.j.verdict.fails,
		    whole.j.verdict.fails);
		judge_free(&parts.j);
		judge_free(&whole.j);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_still_to_be_sent_is_no_doubt),
		cmocka_unit_test(what_was_sent_at_once_is_missed_at_once),
		cmocka_unit_test(part_that_is_silent_speaks_for_the_line),
		cmocka_unit_test(later_part_is_looked_at_in_its_time),
		cmocka_unit_test(
		    parts_that_are_long_in_coming_are_waited_for),
		cmocka_unit_test(part_of_what_is_forgotten_is_nothing),
		cmocka_unit_test(end_of_a_round_is_the_same_in_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
