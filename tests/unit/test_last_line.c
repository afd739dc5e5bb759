/* SPDX-License-Identifier: ISC */
/* Of all that a program says its last line is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/last_line.h"

/* In pieces of every size. */
static void
kept(const char *said, const char *want)
{
	size_t len = strlen(said), step, at, n;
	struct last_line l;

	for (step = 1; step <= len + 1; step++) {
		memset(&l, 0, sizeof(l));
		for (at = 0; at < len; at += n) {
			n = len - at < step ? len - at : step;
			last_line_take(&l, said + at, n);
		}
		assert_string_equal(last_line_text(&l), want);
		assert_string_equal(last_line_text(&l), want);
	}
}

static void
last_line_is_the_newest_that_says_something(void **state)
{
	(void)state;
	kept("", "");
	kept("\n\n", "");
	kept("one", "one");
	kept("one\n", "one");
	kept("one\ntwo", "two");
	kept("one\r\ntwo\r\n\r\n", "two");
	kept("long line\nx\n", "x");
}

static void
last_line_has_no_control_bytes(void **state)
{
	(void)state;
	kept("a\033[31mb\tc\177d\n", "a?[31mb?c?d");
	kept("\303\244\n", "\303\244");
}

static void
last_line_is_cut(void **state)
{
	char said[400], want[LAST_LINE_MAX];
	struct last_line l = { .len = 0 };

	(void)state;
	memset(said, 'x', sizeof(said));
	memset(want, 'x', sizeof(want));
	want[sizeof(want) - 1] = '\0';
	last_line_take(&l, said, sizeof(said));
	assert_string_equal(last_line_text(&l), want);
	last_line_take(&l, "y", 1);
	assert_string_equal(last_line_text(&l), "y");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(last_line_is_the_newest_that_says_something),
		cmocka_unit_test(last_line_has_no_control_bytes),
		cmocka_unit_test(last_line_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
