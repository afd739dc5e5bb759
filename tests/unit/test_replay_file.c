/* SPDX-License-Identifier: ISC */
/*
 * replay: what is missing from a recording, or wrong in it, or in another
 * order than it should be, makes no line fall and no program end.
 */
#include "tests/unit/test_replay.h"

#define HEAD(type)							\
	"{\"v\":1,\"type\":\"" type "\",\"wall_ms\":1795392000000"
#define MESSAGE(type)							\
	"{\"v\":1,\"type\":\"" type "\",\"source\":\"feed\","		\
	"\"epoch\":\"00000000000000ff\",\"seq\":7,\"mono_ns\":5,"		\
	"\"wall_ms\":6"

/* What was recorded before and after is whole, though no outage began. */
static void
is_gap_of(struct bench *b, int64_t ms, const char *note)
{
	struct replay_sum s;

	SAID(b, NULL);
	replay_sum(b->replay, 0, &s);
	assert_int_equal(s.gaps, 1);
	assert_int_equal(s.unseen_ns, ms * NS_PER_MS);
	assert_true(bench_noted(b, note));
}

static void
put(struct msg *m, enum trail_what what, int64_t age_ms, uint64_t round,
    size_t target)
{
	hand_add(&m->u.trail, what, age_ms, round, target, 1);
}

/* Well; then three rounds that are still in flight when it breaks off. */
static void
break_off(struct bench *b)
{
	struct msg m;
	size_t i;

	bench_seconds(b, 10, "...", "...");
	b->now_ms += 100;
	for (i = 0; i < LINES; i++) {
		memset(&m, 0, sizeof(m));
		hand_begin(&b->hands[i], &m.u.trail);
		put(&m, TRAIL_ROUND, 90, ++b->hands[i].round, 0);
		put(&m, TRAIL_ROUND, 80, ++b->hands[i].round, 0);
		put(&m, TRAIL_ROUND, 70, ++b->hands[i].round, 0);
		bench_msg(b, &m, MSG_TRAIL);
	}
}

static void
replay_gap_is_no_outage(void **state)
{
	struct bench *b = bench_new(USUAL);
	const char *why;

	(void)state;
	break_off(b);
	/* The dispatcher was away: the next has another number. */
	b->now_ms += 600000;
	b->hands[0].part += 7;
	bench_seconds(b, 10, "...", "...");
	is_gap_of(b, 600000, "ext1 was not recorded for 10m00s");
	/* ext2's numbers go on, but it would have said that it lives. */
	assert_true(bench_noted(b, "ext2 was not recorded for 10m00s"));
	bench_free(b);
	/* One second, said by the recorder. */
	b = bench_new(USUAL);
	break_off(b);
	assert_int_equal(bench_line(b, HEAD("gap") "}", &why), 0);
	b->now_ms += 1000;
	bench_seconds(b, 10, "...", "...");
	is_gap_of(b, 1000, "ext1 was not recorded for 1.0s");
	bench_free(b);
	/* One trail was lost. */
	b = bench_new(USUAL);
	break_off(b);
	b->hands[0].part++;
	b->now_ms += 1000;
	b->hands[1].part++;
	bench_seconds(b, 10, "...", "...");
	is_gap_of(b, 1000, "ext1 was not recorded for 1.0s");
	bench_free(b);
	/* Without any of that they were never answered. */
	b = bench_new(USUAL);
	break_off(b);
	bench_idle(b, 1);
	SAID(b, "ext1 up->down gateway: ext2",
	    "ext2 up->down gateway: ext1 ext2");
	bench_free(b);
	/* The end of a recording is none either. */
	b = bench_new(USUAL);
	break_off(b);
	SAID(b, NULL);
	bench_free(b);
}

/* A new judge knows nothing, and takes nothing away. */
static void
replay_restart_of_the_probes_keeps_the_level(void **state)
{
	struct bench *b = bench_new(USUAL);

	(void)state;
	bench_seconds(b, 10, "...", "...");
	bench_seconds(b, 10, ".xx", "...");
	b->hands[0].life = b->hands[1].life = 99;
	b->hands[0].part = b->hands[1].part = 0;
	b->hands[0].round = b->hands[1].round = 0;
	bench_seconds(b, 2, ".xx", "...");
	SAID(b, "ext1 up->down far: ext2");
	bench_seconds(b, 1, "...", "...");
	SAID(b, "ext1 up->down far: ext2", "ext1 down->up none: ext1 ext2");
	assert_true(bench_noted(b, "its probes were started again"));
	bench_free(b);
}

/* The recording's clock begins again; people's tells how long it was off. */
static void
replay_restart_of_the_machine_goes_on(void **state)
{
	struct bench *b = bench_new(USUAL);
	int64_t from_ms, to_ms;

	(void)state;
	b->now_ms = 3600000;
	bench_seconds(b, 10, "...", "...");
	bench_seconds(b, 2, ".xx", "...");
	b->now_ms += 120000;
	b->boot_ms = b->now_ms - 2000;
	b->hands[0].life = b->hands[1].life = 2;
	b->hands[0].part = b->hands[1].part = 0;
	bench_seconds(b, 2, ".xx", "...");
	bench_seconds(b, 10, "...", "...");
	bench_seconds(b, 10, ".xx", "...");
	SAID(b, "ext1 up->down far: ext2");
	assert_true(replay_times(b->replay, &from_ms, &to_ms));
	assert_int_equal(to_ms - WALL_MS, b->now_ms);
	/* In the third of ten that were lost at the end. */
	assert_in_range(b->now_ms - b->at_ms[b->nchanges - 1], 7700, 7900);
	bench_free(b);
}

static void
replay_line_that_is_wrong_is_left_out_and_named(void **state)
{
	static const struct {
		const char	*line, *why;
	} cases[] = {
		{ "", "not JSON" },
		{ "outage of ext1", "not JSON" },
		{ "{\"v\":1,\"type\":\"trail\"", "not JSON" },
		{ "{\"v\":2,\"type\":\"record\"}", "another version" },
		{ "{\"v\":1,\"type\":\"recording\"}", "no such type" },
		{ "{\"v\":1,\"type\":7}", "no such type" },
		{ "[[[[[[[[[[[[]]]]]]]]]]]]", "nested too deep" },
		{ MESSAGE("trail") ",\"uplink\":\"ext1\"}", "life" },
		{ MESSAGE("event") ",\"uplink\":\"-rf\"}", "uplink" },
	};
	struct bench *b = bench_new(USUAL);
	char longest[EVENT_BYTES_MAX + 2];
	const char *why;
	size_t i;

	(void)state;
	bench_seconds(b, 10, "...", "...");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(bench_line(b, cases[i].line, &why),
		    -EPROTO);
		assert_string_equal(why, cases[i].why);
	}
	memset(longest, ' ', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(bench_line(b, longest, &why), -EPROTO);
	assert_string_equal(why, "too long");
	/* Those have their use elsewhere. */
	assert_int_equal(bench_line(b, MESSAGE("hello") "}", &why), 0);
	bench_seconds(b, 10, ".xx", "...");
	SAID(b, "ext1 up->down far: ext2");
	bench_free(b);
}

/* Twice the same sample, rounds that never were, ages beyond all. */
static void
replay_trail_that_no_worker_says_does_no_harm(void **state)
{
	struct bench *b = bench_new(USUAL);
	struct msg m;
	uint64_t r;
	int i;

	(void)state;
	memset(&m, 0, sizeof(m));
	b->now_ms = 1;
	hand_begin(&b->hands[0], &m.u.trail);
	put(&m, TRAIL_OK, 4000000, 77, 1);
	put(&m, TRAIL_ROUND, 4294967, 1, 0);
	for (i = 0; i < 3; i++) {
		put(&m, TRAIL_OK, 4000000, 1, 1);
		put(&m, TRAIL_LOST, 0, 1, 1);
		put(&m, TRAIL_SKIP, 3, 1, 1);
		put(&m, TRAIL_ROUND, 2, 1, 0);
		put(&m, TRAIL_ROUND, 1, 513, 0);
		put(&m, TRAIL_LOST, 1, 1, 2);
		put(&m, TRAIL_CANNOT, 1, 513, 2);
		put(&m, TRAIL_FORGET, 1, 0, 0);
		put(&m, TRAIL_LOST, 0, 513, 2);
	}
	put(&m, TRAIL_ROUND, 1, 2, 0);
	put(&m, TRAIL_LOST, 1, 2, 1);
	put(&m, TRAIL_LOST, 1, 2, 1);
	put(&m, TRAIL_LOST, 1, 2, 2);
	bench_msg(b, &m, MSG_TRAIL);
	/* More rounds than can be in flight, and none is answered. */
	for (r = 1; r <= 3000; r++) {
		if (r % 150 == 1) {
			memset(&m, 0, sizeof(m));
			b->now_ms += 1000;
			hand_begin(&b->hands[0], &m.u.trail);
		}
		put(&m, TRAIL_ROUND, 1, r, 0);
		if (r % 150 == 0)
			bench_msg(b, &m, MSG_TRAIL);
	}
	/* It waits for them as long as it has room, and then begins anew. */
	b->hands[0].round = 3000;
	bench_seconds(b, 600, "...", "...");
	replay_end(b->replay);
	assert_string_equal(b->changes[b->nchanges - 1],
	    "ext1 down->up none: ext1 ext2");
	bench_free(b);
}

/* 104 days ahead, and back, again and again: it must only take its time. */
static void
replay_clock_that_leaps_comes_to_an_end(void **state)
{
	struct bench *b = bench_new(USUAL);
	char line[512];
	const char *why;
	int i, rc, beyond = 0;

	(void)state;
	for (i = 0; i < 5000; i++) {
		snprintf(line, sizeof(line), "{\"v\":1,\"type\":\"trail\","
		    "\"source\":\"feed\",\"epoch\":\"00000000000000ff\","
		    "\"seq\":7,\"mono_ns\":%s,\"wall_ms\":%s,"
		    "\"uplink\":\"ext1\",\"life\":\"00000000000000ff\","
		    "\"part\":%d,\"interval_us\":0,\"link\":\"usable\","
		    "\"count\":0,\"targets\":[],\"samples\":[[%d,%d]]}",
		    i % 2 == 0 ? "0" : "9007199254740991", i % 3 == 0 ? "0" :
		    "9007199254740991", i + 1, i % 5, i);
		rc = bench_line(b, line, &why);
		if (rc != 0)
			assert_string_equal(why, "a time beyond all others");
		beyond += rc != 0;
	}
	assert_in_range(beyond, 1, 4000);
	b->nnotes = b->nchanges = 0;
	replay_end(b->replay);
	bench_free(b);
}

static void
replay_stranger_is_named_once(void **state)
{
	struct bench *b = bench_new(USUAL);
	size_t i, n = 0;

	(void)state;
	b->hands[1].name = "ext3";
	bench_seconds(b, 10, "...", "xxx");
	SAID(b, NULL);
	for (i = 0; i < b->nnotes; i++)
		n += strcmp(b->notes[i],
		    "ext3 is not in the configuration: left out") == 0;
	assert_int_equal(n, 1);
	assert_true(bench_noted(b, "ext2 was not recorded: it counts as "
	    "working"));
	bench_free(b);
}

/* What the daemon said itself is counted beside what is said now. */
static void
replay_counts_the_recorded_events(void **state)
{
	struct bench *b = bench_new(WITH("40", "0s", NEVER));
	struct replay_sum s;
	struct msg m;

	(void)state;
	bench_seconds(b, 10, "...", "...");
	memset(&m, 0, sizeof(m));
	snprintf(m.u.event.uplink, sizeof(m.u.event.uplink), "ext1");
	m.u.event.previous = LEVEL_UNKNOWN;
	m.u.event.level = LEVEL_UP;
	m.u.event.cause = CAUSE_NONE;
	bench_msg(b, &m, MSG_EVENT);
	m.u.event.previous = LEVEL_UP;
	m.u.event.level = LEVEL_DOWN;
	bench_msg(b, &m, MSG_EVENT);
	m.u.event.previous = LEVEL_DOWN;
	bench_msg(b, &m, MSG_EVENT);
	replay_end(b->replay);
	replay_sum(b->replay, 0, &s);
	assert_int_equal(s.recorded, 1);
	assert_int_equal(s.changes, 0);
	bench_free(b);
}

/* More targets than one trail names: each round in two of them. */
static void
replay_line_of_many_targets_needs_all_its_trails(void **state)
{
	struct bench *b;
	char yaml[8192] = "uplinks:\n  ext1:\n    interface: ext1\n"
	    "    gateway: 192.0.1.1\n    probe:\n      fall: 3\n"
	    "      require: { far: all }\n      targets:\n", label[64];
	struct msg m;
	int i, k, half, round;

	(void)state;
	for (i = 0; i < 40; i++)
		snprintf(yaml + strlen(yaml), sizeof(yaml) - strlen(yaml),
		    "        - ping: 198.51.100.%d\n", i);
	b = bench_new(yaml);
	for (round = 1; round <= 20; round++)
		for (half = 0; half < 2; half++) {
			b->now_ms += 500;
			memset(&m, 0, sizeof(m));
			b->hands[0].ntargets = 0;
			hand_begin(&b->hands[0], &m.u.trail);
			m.u.trail.count = 40;
			m.u.trail.ntargets = 20;
			if (half == 0)
				put(&m, TRAIL_ROUND, 400,
				    (uint64_t)round, 0);
			for (k = 0; k < 20; k++) {
				/* In the second half one is lost. */
				snprintf(label, sizeof(label),
				    "ping 198.51.100.%d", 20 * half + k);
				strcpy(m.u.trail.targets[k].target, label);
				put(&m, round > 10 && half == 1 &&
				    k == 19 ? TRAIL_LOST : TRAIL_OK, 0,
				    (uint64_t)round, (size_t)k);
			}
			bench_msg(b, &m, MSG_TRAIL);
		}
	SAID(b, "ext1 up->down far: ext1");
	assert_int_equal(b->nnotes, 0);
	bench_free(b);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
		T(replay_gap_is_no_outage),
		T(replay_restart_of_the_probes_keeps_the_level),
		T(replay_restart_of_the_machine_goes_on),
		T(replay_line_that_is_wrong_is_left_out_and_named),
		T(replay_trail_that_no_worker_says_does_no_harm),
		T(replay_clock_that_leaps_comes_to_an_end),
		T(replay_stranger_is_named_once),
		T(replay_counts_the_recorded_events),
		T(replay_line_of_many_targets_needs_all_its_trails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
