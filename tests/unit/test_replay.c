/* SPDX-License-Identifier: ISC */
/*
 * replay: recordings made by hand through several configurations: what would
 * have switched, and what it would have come to.
 */
#include "tests/unit/test_replay.h"

/* Ten seconds well, twenty without far hosts, ten well. */
static void
outage(struct bench *b)
{
	bench_seconds(b, 10, "...", "...");
	bench_seconds(b, 20, ".xx", "...");
	bench_seconds(b, 10, "...", "...");
}

static void
replay_outage_is_seen_as_configured(void **state)
{
	struct bench *b = bench_new(USUAL);
	struct replay_sum s;

	(void)state;
	outage(b);
	SAID(b, "ext1 up->down far: ext2", "ext1 down->up none: ext1 ext2");
	/* Overdue after 200 ms, in the third lost round: at 17 s. */
	assert_in_range(b->at_ms[2], 17200, 17300);
	/* Answered in the third round after it: at 37 s. */
	assert_in_range(b->at_ms[3], 37010, 37020);
	replay_sum(b->replay, 0, &s);
	assert_int_equal(s.outages, 1);
	assert_int_equal(s.changes, 2);
	assert_int_equal(s.switches, 2);
	assert_in_range(s.down_ns / NS_PER_MS, 19700, 19900);
	assert_in_range(s.seen_ns / NS_PER_MS, 39900, 40000);
	assert_int_equal(s.gaps, 0);
	replay_sum(b->replay, 1, &s);
	assert_int_equal(s.outages, 0);
	assert_int_equal(s.switches, 0);
	assert_int_equal(s.down_ns, 0);
	bench_free(b);
}

static void
replay_of_the_same_with_a_longer_fall_is_later_or_never(void **state)
{
	struct bench *b = bench_new(WITH("10", "0s", NEVER));

	(void)state;
	outage(b);
	SAID(b, "ext1 up->down far: ext2", "ext1 down->up none: ext1 ext2");
	assert_in_range(b->at_ms[2], 24200, 24300);
	bench_free(b);
	b = bench_new(WITH("40", "0s", NEVER));
	outage(b);
	SAID(b, NULL);
	bench_free(b);
}

/* Twice within the hour: the second time it is held back twice as long. */
static void
replay_line_that_flaps_is_held(void **state)
{
	struct bench *b = bench_new(WITH("3", "10s", "never"));
	struct replay_sum s;

	(void)state;
	bench_seconds(b, 10, "...", "...");
	bench_seconds(b, 10, "xxx", "...");
	bench_seconds(b, 30, "...", "...");
	bench_seconds(b, 10, "xxx", "...");
	bench_seconds(b, 60, "...", "...");
	SAID(b, "ext1 up->down gateway: ext2", "ext1 down->up none: ext2",
	    "ext1 up->up none released: ext1 ext2",
	    "ext1 up->down gateway: ext2", "ext1 down->up none: ext2",
	    "ext1 up->up none released: ext1 ext2");
	assert_int_equal(b->at_ms[4] - b->at_ms[3], 10000);
	assert_int_equal(b->at_ms[7] - b->at_ms[6], 20000);
	replay_sum(b->replay, 0, &s);
	assert_int_equal(s.outages, 2);
	assert_int_equal(s.changes, 4);
	assert_int_equal(s.switches, 4);
	assert_int_equal(s.held_ns, 30 * NS_PER_S);
	bench_free(b);
}

/* One host dies for all who ask it. */
static void
replay_target_that_fails_for_all_is_suspect(void **state)
{
	struct bench *b = bench_new(CONF(PING("198.51.100.9"),
	    PING("198.51.100.9"), KEYS("3", "0s", "never")));
	int turn;

	(void)state;
	for (turn = 0; turn < 2; turn++) {
		b->hands[0].labels[1] = b->hands[1].labels[1] =
		    "ping 198.51.100.9";
		b->hands[0].ntargets = b->hands[1].ntargets = 2;
		bench_seconds(b, 10, "..", "..");
		bench_seconds(b, 20, ".x", ".x");
		bench_seconds(b, 10, "..", "..");
		if (turn == 1)
			break;
		SAID(b, "ext1 up->up target-suspect: ext1 ext2",
		    "ext2 up->up target-suspect: ext1 ext2",
		    "ext1 up->up none: ext1 ext2",
		    "ext2 up->up none: ext1 ext2");
		bench_free(b);
		/* Would ext2 not ask it, nobody could speak for ext1. */
		b = bench_new(CONF(PING("198.51.100.9"),
		    PING("198.51.100.8"), KEYS("3", "0s", "never")));
	}
	SAID(b, "ext1 up->down far: ext2", "ext1 down->up none: ext1 ext2");
	assert_true(bench_noted(b, "ext2 has no target \"ping "
	    "198.51.100.9\""));
	assert_true(bench_noted(b, "target \"ping 198.51.100.8\" of ext2 "
	    "was not recorded"));
	bench_free(b);
}

static void
replay_answer_beyond_the_timeout_is_none(void **state)
{
	struct bench *b = bench_new(USUAL);

	(void)state;
	bench_seconds(b, 10, "...", "...");
	bench_seconds(b, 20, ".ll", "...");
	SAID(b, "ext1 up->degraded quality: ext1 ext2");
	bench_free(b);
	b = bench_new(CONF(FAR1, FAR2, "      timeout: 300ms\n      hold: 0s\n"
	    "      loss: never\n      fall: 3\n"));
	bench_seconds(b, 10, "...", "...");
	bench_seconds(b, 20, ".ll", "...");
	SAID(b, "ext1 up->down far: ext2");
	bench_free(b);
}

/* The kernel's stamp says when they came. */
static void
replay_answers_that_a_busy_worker_told_late_are_in_time(void **state)
{
	struct bench *b = bench_new(WITH("1", "0s", "never"));

	(void)state;
	bench_seconds(b, 10, "...", "...");
	bench_seconds(b, 10, "bbb", "...");
	bench_seconds(b, 10, "...", "...");
	SAID(b, NULL);
	bench_free(b);
}

static void
replay_link_speaks_when_it_did(void **state)
{
	struct bench *b = bench_new(USUAL);

	(void)state;
	bench_seconds(b, 10, "...", "...");
	b->hands[0].link = TRAIL_NO_CARRIER;
	bench_second(b, "...", "...");
	bench_seconds(b, 4, "!!!", "...");
	b->hands[0].link = TRAIL_USABLE;
	bench_seconds(b, 9, "...", "...");
	b->hands[1].link = TRAIL_NO_ADDRESS;
	bench_seconds(b, 3, "...", "!!!");
	b->hands[1].link = TRAIL_USABLE;
	bench_seconds(b, 9, "...", "...");
	SAID(b, "ext1 up->down carrier: ext2",
	    "ext1 down->up none: ext1 ext2",
	    "ext2 up->unknown address: ext1 ext2",
	    "ext2 unknown->up none: ext1 ext2");
	/* When the message was made. */
	assert_int_equal(b->at_ms[2], 16000);
	bench_free(b);
}

static void
replay_name_that_does_not_resolve_is_no_outage(void **state)
{
	struct bench *b = bench_new(USUAL);

	(void)state;
	bench_seconds(b, 10, "...", "...");
	b->hands[0].unresolved = true;
	bench_seconds(b, 10, "..s", "...");
	b->hands[0].unresolved = false;
	bench_seconds(b, 10, "...", "...");
	SAID(b, "ext1 up->up dns: ext1 ext2", "ext1 up->up none: ext1 ext2");
	bench_free(b);
}

/* Three are lost, but could not be heard; then nothing is sent. */
static void
replay_losses_that_were_not_heard_are_none(void **state)
{
	struct bench *b;
	bool told;

	(void)state;
	for (told = false; ; told = true) {
		b = bench_new(WITH("3", "0s", "never"));
		bench_seconds(b, 10, "...", "...");
		bench_seconds(b, 3, ".xx", "...");
		if (told)
			hand_tell(b, 0, TRAIL_DEAF);
		bench_seconds(b, 2, ".!!", "...");
		bench_seconds(b, 10, "...", "...");
		if (told)
			break;
		SAID(b, "ext1 up->down far: ext2",
		    "ext1 down->up none: ext1 ext2");
		bench_free(b);
	}
	SAID(b, NULL);
	bench_free(b);
}

/* Who is asked seldom still speaks by its last word. */
static void
replay_target_that_was_not_asked_is_no_loss(void **state)
{
	struct bench *b = bench_new(CONF(
	    "        - run: { argv: [/bin/true], timeout: 5s }\n",
	    "        - ping: 198.51.100.2\n", KEYS("2", "0s", "never")));
	struct replay_sum s;

	(void)state;
	b->hands[0].labels[1] = "run true";
	b->hands[0].ntargets = b->hands[1].ntargets = 2;
	bench_second(b, "..", "..");
	bench_seconds(b, 5, ".i", "..");
	/* It has a time of its own. */
	bench_seconds(b, 5, ".p", "..");
	SAID(b, NULL);
	assert_false(bench_noted(b, "left out"));
	replay_sum(b->replay, 0, &s);
	assert_int_equal(s.outages, 0);
	bench_free(b);
}

/* A third is lost; weighed by the pace at which it was recorded. */
static void
replay_slower_recording_has_its_loss(void **state)
{
	struct bench *b = bench_new(WITH("8", "0s", "20% of 60s"));
	int i;

	(void)state;
	b->hands[0].interval_ms = b->hands[1].interval_ms = 5000;
	for (i = 0; i < 60; i++) {
		bench_second(b, i > 20 && i % 3 == 0 ? ".xx" : "...", "...");
		bench_idle(b, 4);
	}
	SAID(b, "ext1 up->degraded quality: ext1 ext2",
	    "ext1 degraded->down quality: ext2");
	assert_true(bench_noted(b, "ext1 was recorded every 5.0s, and is "
	    "configured for every 1.0s"));
	bench_free(b);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(replay_outage_is_seen_as_configured),
		cmocka_unit_test(
		    replay_of_the_same_with_a_longer_fall_is_later_or_never),
		cmocka_unit_test(replay_line_that_flaps_is_held),
		cmocka_unit_test(replay_target_that_fails_for_all_is_suspect),
		cmocka_unit_test(replay_answer_beyond_the_timeout_is_none),
		cmocka_unit_test(
		    replay_answers_that_a_busy_worker_told_late_are_in_time),
		cmocka_unit_test(replay_link_speaks_when_it_did),
		cmocka_unit_test(
		    replay_name_that_does_not_resolve_is_no_outage),
		cmocka_unit_test(replay_losses_that_were_not_heard_are_none),
		cmocka_unit_test(replay_target_that_was_not_asked_is_no_loss),
		cmocka_unit_test(replay_slower_recording_has_its_loss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
