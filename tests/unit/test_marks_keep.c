/* SPDX-License-Identifier: ISC */
/* When the table is written again, and what is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dispatcher/marks_keep.h"
#include "lib/sys.h"

#define OURS	UINT64_C(0x0123456789abcdef)

static const struct sys_nft ours = { .there = true, .digest = OURS };
static const struct sys_nft other = { .there = true, .digest = OURS + 1 };
static const struct sys_nft none = { .there = false };

struct run {
	struct marks_keep keep;
	enum marks_say	say;
	int64_t		at_ns;
	unsigned	said[MARKS_PEACE + 1];
};

static enum marks_do
look(struct run *r, const struct sys_nft *seen, int64_t now_ns)
{
	enum marks_do what = marks_keep_looked(&r->keep, seen, now_ns,
	    &r->at_ns, &r->say);

	r->said[r->say]++;
	return what;
}

static void
wrote(struct run *r, int64_t now_ns)
{
	uint64_t digest = OURS;

	marks_keep_write(&r->keep, now_ns);
	marks_keep_ended(&r->keep, false, &digest);
}

static void
start(struct run *r)
{
	*r = (struct run){ .keep = { .wanted = true } };
	assert_int_equal(look(r, &none, 0), MARKS_WRITE);
	wrote(r, 0);
	assert_int_equal(look(r, &ours, 1), MARKS_NOTHING);
	assert_int_equal(r->said[MARKS_SILENT], 2);
}

static void
keep_writes_at_start_whatever_stands_there(void **state)
{
	struct run r = { .keep = { .wanted = true } };

	(void)state;
	/* It may be of another configuration. */
	assert_int_equal(look(&r, &ours, 0), MARKS_WRITE);
	assert_int_equal(r.say, MARKS_SILENT);
}

static void
keep_looks_at_nothing_while_it_writes(void **state)
{
	struct run r;

	(void)state;
	start(&r);
	assert_int_equal(look(&r, &none, NS_PER_S), MARKS_WRITE);
	marks_keep_write(&r.keep, NS_PER_S);
	assert_int_equal(look(&r, &none, 9 * NS_PER_S), MARKS_NOTHING);
	assert_int_equal(look(&r, &other, 9 * NS_PER_S), MARKS_NOTHING);
	marks_keep_ended(&r.keep, false, NULL);
	assert_int_equal(look(&r, &none, 9 * NS_PER_S), MARKS_WRITE);
}

static void
keep_heals_at_once_then_with_a_gap(void **state)
{
	struct run r;

	(void)state;
	start(&r);
	assert_int_equal(look(&r, &none, MARKS_GAP), MARKS_WRITE);
	assert_int_equal(r.say, MARKS_AGAIN);
	wrote(&r, MARKS_GAP);
	assert_int_equal(look(&r, &other, MARKS_GAP + 1), MARKS_LATER);
	assert_int_equal(r.say, MARKS_SILENT);
	assert_true(r.at_ns == 2 * MARKS_GAP);
	assert_int_equal(look(&r, &other, 2 * MARKS_GAP), MARKS_WRITE);
	assert_int_equal(r.say, MARKS_FIGHT);
}

static void
keep_fight_of_an_hour_is_one_warning(void **state)
{
	struct run r;
	int64_t now_ns;
	unsigned writes = 0;

	(void)state;
	start(&r);
	for (now_ns = NS_PER_S; now_ns < 3600 * NS_PER_S;
	    now_ns += 10 * NS_PER_MS)
		if (look(&r, &none, now_ns) == MARKS_WRITE) {
			wrote(&r, now_ns);
			writes++;
		}
	assert_int_equal(r.said[MARKS_AGAIN], 1);
	assert_int_equal(r.said[MARKS_FIGHT], 1);
	assert_int_equal(r.said[MARKS_PEACE], 0);
	assert_true(writes <= 3600 * NS_PER_S / MARKS_GAP);
	assert_true(writes >= 3598);
	assert_int_equal(look(&r, &ours, now_ns + MARKS_QUIET / 2),
	    MARKS_NOTHING);
	assert_int_equal(r.said[MARKS_PEACE], 0);
	(void)look(&r, &ours, now_ns + MARKS_QUIET);
	(void)look(&r, &ours, now_ns + 2 * MARKS_QUIET);
	assert_int_equal(r.said[MARKS_PEACE], 1);
	/* The next one is said again. */
	(void)look(&r, &none, now_ns + 3 * MARKS_QUIET);
	assert_int_equal(r.said[MARKS_AGAIN], 2);
}

/* A firewall's reload, once a day, is no fight. */
static void
keep_single_blows_are_no_fight(void **state)
{
	struct run r;
	int i;

	(void)state;
	start(&r);
	for (i = 1; i <= 5; i++) {
		assert_int_equal(look(&r, &none, i * 3 * MARKS_QUIET),
		    MARKS_WRITE);
		wrote(&r, i * 3 * MARKS_QUIET);
		(void)look(&r, &ours, i * 3 * MARKS_QUIET + MARKS_QUIET);
	}
	assert_int_equal(r.said[MARKS_AGAIN], 5);
	assert_int_equal(r.said[MARKS_FIGHT], 0);
	assert_int_equal(r.said[MARKS_PEACE], 0);
}

static void
keep_refusal_waits_longer(void **state)
{
	struct run r = { .keep = { .wanted = true } };

	(void)state;
	assert_int_equal(look(&r, &none, 0), MARKS_WRITE);
	marks_keep_write(&r.keep, 0);
	marks_keep_ended(&r.keep, true, NULL);
	assert_int_equal(look(&r, &none, MARKS_GAP), MARKS_LATER);
	assert_true(r.at_ns == MARKS_RETRY);
	assert_int_equal(look(&r, &none, MARKS_RETRY), MARKS_WRITE);
	/* Nobody has touched what never stood. */
	assert_int_equal(r.say, MARKS_SILENT);
}

/* Somebody wrote at the same time: it is written again, not believed. */
static void
keep_what_is_not_certain_is_written_again(void **state)
{
	struct run r = { .keep = { .wanted = true } };

	(void)state;
	assert_int_equal(look(&r, &none, 0), MARKS_WRITE);
	marks_keep_write(&r.keep, 0);
	marks_keep_ended(&r.keep, false, NULL);
	assert_int_equal(look(&r, &other, MARKS_GAP), MARKS_WRITE);
	wrote(&r, MARKS_GAP);
	assert_int_equal(look(&r, &ours, 2 * MARKS_GAP), MARKS_NOTHING);
	assert_int_equal(look(&r, &other, 2 * MARKS_GAP), MARKS_WRITE);
}

static void
keep_unwanted_table_is_taken_away_once(void **state)
{
	struct run r = { .keep = { .wanted = false } };

	(void)state;
	assert_int_equal(look(&r, &none, 0), MARKS_NOTHING);
	assert_int_equal(look(&r, &other, 0), MARKS_WRITE);
	marks_keep_write(&r.keep, 0);
	marks_keep_ended(&r.keep, false, NULL);
	assert_int_equal(look(&r, &none, NS_PER_S), MARKS_NOTHING);
	assert_int_equal(r.said[MARKS_SILENT], 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keep_writes_at_start_whatever_stands_there),
		cmocka_unit_test(keep_looks_at_nothing_while_it_writes),
		cmocka_unit_test(keep_heals_at_once_then_with_a_gap),
		cmocka_unit_test(keep_fight_of_an_hour_is_one_warning),
		cmocka_unit_test(keep_single_blows_are_no_fight),
		cmocka_unit_test(keep_refusal_waits_longer),
		cmocka_unit_test(keep_what_is_not_certain_is_written_again),
		cmocka_unit_test(keep_unwanted_table_is_taken_away_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
