/* SPDX-License-Identifier: ISC */
/*
 * test_rest: answers are let gather when they come thick, for 2 ms, and not
 * those of a few targets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "probes/rest.h"

#define MS	NS_PER_MS
#define BEGIN	(1000 * NS_PER_S)

/* So many answers one after the other; how often there was a rest. */
static unsigned
course(struct rest *r, int64_t *now_ns, unsigned n, int64_t apart_ns)
{
	unsigned rests = 0;

	while (n-- > 0) {
		*now_ns += apart_ns;
		rest_took(r, true, *now_ns);
		if (!rest_now(r))
			continue;
		rests++;
		assert_int_equal(r->until_ns, *now_ns + 2 * MS);
		/* Woken for something else: it goes on. */
		rest_took(r, false, *now_ns + MS);
		assert_true(rest_now(r));
		rest_took(r, false, *now_ns + 2 * MS);
		assert_false(rest_now(r));
	}
	return rests;
}

static void
thick_answers_are_let_gather(void **state)
{
	struct rest r = { .until_ns = 0 };
	int64_t now_ns = BEGIN;

	(void)state;
	assert_int_equal(course(&r, &now_ns, 100, 3 * MS), 100 - REST_READS);
	/* And not any more when they come thin. */
	assert_true(course(&r, &now_ns, 100, 5 * MS) < REST_READS);
	assert_int_equal(course(&r, &now_ns, 100, 5 * MS), 0);
}

/* Twelve in each round of 60 ms, all at once or evenly. */
static void
answers_of_a_few_targets_are_not(void **state)
{
	struct rest r = { .until_ns = 0 };
	int64_t now_ns = BEGIN;
	unsigned i;

	(void)state;
	for (i = 0; i < 100; i++) {
		assert_int_equal(course(&r, &now_ns, 3, NS_PER_US), 0);
		now_ns += 15 * MS;
	}
	assert_int_equal(course(&r, &now_ns, REST_READS, NS_PER_US) > 0, 1);
	now_ns += NS_PER_S;
	assert_int_equal(course(&r, &now_ns, 12, NS_PER_US), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thick_answers_are_let_gather),
		cmocka_unit_test(answers_of_a_few_targets_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
