/* SPDX-License-Identifier: ISC */
/*
 * trail: room that ends is said before anything is left out; targets are
 * listed as they are needed where they are too many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "probes/trail.h"

#define MANY	100

struct bench {
	struct conf_uplink uplink;
	struct conf_target targets[MANY];
	struct judge	judge;
	struct trail_log log;
	struct trail	said;
};

static void
prepare(struct bench *b, size_t ntargets)
{
	size_t i;

	memset(b, 0, sizeof(*b));
	snprintf(b->uplink.name, sizeof(b->uplink.name), "ext1");
	b->uplink.probe = (struct conf_probe){ .interval_ns = NS_PER_S,
	    .timeout_ns = NS_PER_S, .confirm_ns = NS_PER_S, .fall = 3,
	    .rise = 3, .require_far = 1, .ntargets = ntargets,
	    .targets = b->targets };
	for (i = 0; i < ntargets; i++) {
		b->targets[i].gateway = i == 0;
		snprintf(b->targets[i].label, sizeof(b->targets[i].label),
		    "ping %zu", i);
	}
	assert_int_equal(judge_init(&b->judge, &b->uplink.probe, 0), 0);
	trail_init(&b->log, &b->uplink, &b->judge, 7);
}

static void
say(struct bench *b, int64_t now_ns)
{
	trail_fill(&b->log, &b->said, now_ns);
	trail_next(&b->log);
}

static void
trail_says_what_it_was_told(void **state)
{
	const struct link_state gone = { true, false, true };
	struct bench *b = malloc(sizeof(*b));

	(void)state;
	assert_non_null(b);
	prepare(b, 2);
	assert_true(trail_forget(&b->log, 1000));
	assert_true(trail_round(&b->log, 1, 2 * NS_PER_MS));
	assert_true(trail_sample(&b->log, 1, 1, SAMPLE_OK, 4500,
	    3 * NS_PER_MS));
	assert_true(trail_sample(&b->log, 0, 1, SAMPLE_SKIP, 0,
	    4 * NS_PER_MS));
	(void)judge_name(&b->judge, 1, false, 0);
	(void)judge_link(&b->judge, &gone, 0);
	/* The clock of the samples is a little ahead of the loop's. */
	say(b, 3 * NS_PER_MS + 500);
	assert_string_equal(b->said.uplink, "ext1");
	assert_int_equal(b->said.life, 7);
	assert_int_equal(b->said.part, 1);
	assert_int_equal(b->said.link, TRAIL_NO_CARRIER);
	assert_int_equal(b->said.count, 2);
	assert_int_equal(b->said.ntargets, 2);
	assert_false(b->said.targets[0].unresolved);
	assert_true(b->said.targets[1].unresolved);
	assert_int_equal(b->said.nentries, 4);
	assert_int_equal(b->said.entries[0].what, TRAIL_FORGET);
	assert_int_equal(b->said.entries[0].age_us, 2999);
	assert_int_equal(b->said.entries[1].what, TRAIL_ROUND);
	assert_int_equal(b->said.entries[1].round, 1);
	assert_int_equal(b->said.entries[2].what, TRAIL_OK);
	assert_int_equal(b->said.entries[2].target, 1);
	assert_int_equal(b->said.entries[2].rtt_us, 4);
	assert_int_equal(b->said.entries[2].age_us, 0);
	assert_int_equal(b->said.entries[3].what, TRAIL_SKIP);
	assert_int_equal(b->said.entries[3].age_us, 0);
	say(b, 5 * NS_PER_MS);
	assert_int_equal(b->said.part, 2);
	assert_int_equal(b->said.nentries, 0);
	assert_int_equal(b->said.ntargets, 2);
	judge_free(&b->judge);
	free(b);
}

static void
trail_when_full_takes_no_more(void **state)
{
	struct bench *b = malloc(sizeof(*b));
	uint64_t r;

	(void)state;
	assert_non_null(b);
	prepare(b, 2);
	for (r = 1; r <= EVENT_TRAIL_MAX; r++)
		assert_true(trail_round(&b->log, r, (int64_t)r));
	assert_false(trail_round(&b->log, r, 0));
	assert_false(trail_forget(&b->log, 0));
	assert_false(trail_sample(&b->log, 0, 1, SAMPLE_LOST, 0, 0));
	say(b, NS_PER_S);
	assert_int_equal(b->said.nentries, EVENT_TRAIL_MAX);
	assert_int_equal(b->said.entries[EVENT_TRAIL_MAX - 1].round,
	    EVENT_TRAIL_MAX);
	assert_true(trail_round(&b->log, r, 0));
	judge_free(&b->judge);
	free(b);
}

/* As the worker does: what has no room goes into the next one. */
static void
trail_of_many_targets_names_each(void **state)
{
	struct bench *b = malloc(sizeof(*b));
	unsigned seen[MANY] = { 0 };
	size_t i, k, parts = 0, n;

	(void)state;
	assert_non_null(b);
	prepare(b, MANY);
	assert_int_equal(b->log.trail.ntargets, 0);
	for (i = 0; i <= 2 * MANY; i++) {
		if (i < 2 * MANY && trail_sample(&b->log, i % MANY, 1,
		    SAMPLE_LOST, 0, 0))
			continue;
		say(b, 0);
		parts++;
		assert_int_equal(b->said.count, MANY);
		assert_in_range(b->said.ntargets, 1, EVENT_TARGETS_MAX);
		for (k = 0; k < b->said.nentries; k++) {
			n = (size_t)atoi(b->said.targets[
			    b->said.entries[k].target].target + 5);
			assert_in_range(n, 0, MANY - 1);
			assert_int_equal(b->said.targets[
			    b->said.entries[k].target].gateway, n == 0);
			seen[n]++;
		}
		if (i < 2 * MANY)
			assert_true(trail_sample(&b->log, i % MANY, 1,
			    SAMPLE_LOST, 0, 0));
	}
	assert_int_equal(parts, (2 * MANY + EVENT_TARGETS_MAX - 1) /
	    EVENT_TARGETS_MAX);
	for (i = 0; i < MANY; i++)
		assert_int_equal(seen[i], 2);
	/* A name has its place without a sample. */
	assert_true(trail_name(&b->log, 42));
	say(b, 0);
	assert_int_equal(b->said.ntargets, 1);
	assert_string_equal(b->said.targets[0].target, "ping 42");
	judge_free(&b->judge);
	free(b);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(trail_says_what_it_was_told),
		cmocka_unit_test(trail_when_full_takes_no_more),
		cmocka_unit_test(trail_of_many_targets_names_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
