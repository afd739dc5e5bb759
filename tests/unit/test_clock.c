/* SPDX-License-Identifier: ISC */
/* Times for people, and waits for poll(2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clock.h"

static void
clock_text_is_rfc3339(void **state)
{
	char buf[CLOCK_TEXT_MAX];

	(void)state;
	assert_string_equal(clock_text(0, buf), "1970-01-01T00:00:00.000Z");
	assert_string_equal(clock_text(1795000000123, buf),
	    "2026-11-18T11:06:40.123Z");
	assert_string_equal(clock_text(-1, buf), "1969-12-31T23:59:59.999Z");
	/* Absurd instants are no crash. */
	assert_non_null(clock_text(INT64_MAX, buf));
	assert_non_null(clock_text(INT64_MIN, buf));
}

static void
clock_span_picks_its_unit(void **state)
{
	static const struct {
		int64_t		 ns;
		const char	*text;
	} cases[] = {
		{ -5, "0ms" }, { 0, "0ms" }, { 350 * NS_PER_MS, "350ms" },
		{ 4200 * NS_PER_MS, "4.2s" }, { 59999 * NS_PER_MS, "59.9s" },
		{ 192 * NS_PER_S, "3m12s" }, { 7500 * NS_PER_S, "2h05m" },
		{ 200000 * NS_PER_S, "2d07h" },
	};
	char buf[CLOCK_TEXT_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(clock_span(cases[i].ns, buf),
		    cases[i].text);
}

static void
clock_poll_rounds_up_and_never_spins(void **state)
{
	(void)state;
	assert_int_equal(clock_poll_ms(CLOCK_NEVER, 5), -1);
	assert_int_equal(clock_poll_ms(5, 5), 0);
	assert_int_equal(clock_poll_ms(4, 5), 0);
	assert_int_equal(clock_poll_ms(6, 5), 1);
	assert_int_equal(clock_poll_ms(NS_PER_MS, 0), 1);
	assert_int_equal(clock_poll_ms(NS_PER_MS + 1, 0), 2);
	assert_int_equal(clock_poll_ms(CLOCK_NEVER - 1, 0), 3600 * 1000);
	/* The difference does not fit in 64 bits. */
	assert_int_equal(clock_poll_ms(CLOCK_NEVER - 1, -5), 3600 * 1000);
	assert_int_equal(clock_poll_ms(INT64_MIN, CLOCK_NEVER), 0);
	assert_int_equal(clock_poll_ms(0, -NS_PER_MS), 1);
}

static void
clock_mono_never_goes_back(void **state)
{
	int64_t last = clock_mono_ns(), now;
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		now = clock_mono_ns();
		assert_true(now >= last);
		last = now;
	}
}

static void
clock_wall_agrees_with_itself(void **state)
{
	int64_t before = clock_wall_ns() / NS_PER_MS, ms = clock_wall_ms(),
	    after = clock_wall_ns() / NS_PER_MS;

	(void)state;
	/* Someone may set the clock meanwhile, but hardly by a day. */
	assert_true(ms > before - 86400000 && ms < after + 86400000);
	assert_true(ms > INT64_C(1600000000000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clock_text_is_rfc3339),
		cmocka_unit_test(clock_span_picks_its_unit),
		cmocka_unit_test(clock_poll_rounds_up_and_never_spins),
		cmocka_unit_test(clock_mono_never_goes_back),
		cmocka_unit_test(clock_wall_agrees_with_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
