/* SPDX-License-Identifier: ISC */
/*
 * plan: who carries, and what a plan from another process may say.
 */
#include <errno.h>

#include "tests/unit/test_routing.h"

static const char *
carriers(const struct plan *plan, enum net_fam fam, char *buf)
{
	size_t i;

	for (i = 0; i < plan->nuplinks; i++)
		buf[i] = plan->carry[fam][i] != 0 ? '1' : '0';
	buf[i] = '\0';
	return buf;
}

struct row {
	const char	*tiers, *standings, *carry;
	int		 engaged;
};

/* Tiers 1 to 9, standings as in test_plan(). */
static const struct row rows[] = {
	{ "11", "gg", "11", 0 },
	{ "11", "bg", "01", 1 },
	{ "11", "gb", "10", 1 },
	{ "11", "bb", "00", 0 },	/* nobody is better: as configured */
	{ "11", "hg", "01", 1 },	/* the hold keeps it off */
	{ "11", "hb", "10", 1 },	/* but it is better than none */
	{ "11", "hh", "11", 0 },
	{ "12", "gg", "10", 0 },	/* the standby waits */
	{ "12", "bg", "01", 1 },
	{ "12", "gb", "10", 0 },
	{ "12", "hg", "01", 1 },	/* GOOD standby before HELD first */
	{ "12", "hh", "10", 0 },	/* the lowest tier among the HELD */
	{ "12", "bh", "01", 1 },
	{ "12", "bb", "00", 0 },
	{ "21", "gg", "01", 0 },
	{ "112", "bgg", "010", 1 },
	{ "112", "bbg", "001", 1 },
	{ "112", "hbg", "001", 1 },
	{ "112", "bbb", "000", 0 },
	{ "113", "ggb", "110", 0 },
	{ "223", "bgg", "010", 1 },	/* tiers need not begin with 1 */
	{ "1", "g", "1", 0 },
	{ "1", "b", "0", 0 },
	{ "1", "h", "1", 0 },
};

static void
plan_rows_carry_as_the_table_says(void **state)
{
	struct test_conf t;
	struct plan plan;
	char buf[CONF_UPLINKS_MAX + 1];
	size_t r, i;

	(void)state;
	for (r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		test_conf_init(&t, strlen(rows[r].tiers), CONF_OVERRIDE);
		for (i = 0; i < t.conf.nuplinks; i++)
			t.uplinks[i].tier = rows[r].tiers[i] - '0';
		plan = test_plan(&t.conf, rows[r].standings);
		assert_string_equal(carriers(&plan, NET_V4, buf),
		    rows[r].carry);
		assert_int_equal(plan.engaged[NET_V4], rows[r].engaged);
		assert_int_equal(plan_check(&t.conf, &plan), 0);
	}
}

static void
plan_usable_are_the_carriers_and_their_like(void **state)
{
	static const struct {
		const char	*tiers, *standings, *usable;
	} cases[] = {
		{ "11", "gg", "11" },
		{ "11", "bg", "01" },
		{ "11", "hg", "01" },	/* the hold keeps it off */
		{ "12", "gg", "11" },	/* a standby could, too */
		{ "12", "gb", "10" },
		{ "12", "hg", "01" },
		{ "12", "hh", "11" },
		{ "12", "bb", "00" },
		{ "113", "bhg", "001" },
	};
	char usable[CONF_UPLINKS_MAX + 1];
	struct test_conf t;
	struct plan plan;
	size_t c, i;

	(void)state;
	for (c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		test_conf_init(&t, strlen(cases[c].tiers), CONF_OVERRIDE);
		for (i = 0; i < t.conf.nuplinks; i++)
			t.uplinks[i].tier = cases[c].tiers[i] - '0';
		plan = test_plan(&t.conf, cases[c].standings);
		for (i = 0; i < t.conf.nuplinks; i++) {
			usable[i] = plan.usable[NET_V4][i] != 0 ? '1' : '0';
			assert_int_equal(plan.usable[NET_V6][i], 0);
		}
		usable[i] = '\0';
		assert_string_equal(usable, cases[c].usable);
		assert_int_equal(plan_check(&t.conf, &plan), 0);
	}
}

static void
check_usable_that_cannot_be_is_refused(void **state)
{
	struct test_conf t;
	struct plan plan;

	(void)state;
	test_conf_init(&t, 2, CONF_OVERRIDE);
	plan = test_plan(&t.conf, "gb");
	plan.usable[NET_V4][1] = 1;
	assert_int_equal(plan_check(&t.conf, &plan), 0);
	plan.usable[NET_V4][1] = 2;
	assert_int_equal(plan_check(&t.conf, &plan), -EINVAL);
	plan = test_plan(&t.conf, "gb");
	plan.usable[NET_V4][0] = 0;		/* and yet it carries */
	assert_int_equal(plan_check(&t.conf, &plan), -EINVAL);
	plan = test_plan(&t.conf, "gb");
	plan.usable[NET_V4][2] = 1;		/* beyond the last */
	assert_int_equal(plan_check(&t.conf, &plan), -EINVAL);
	plan = test_plan(&t.conf, "gb");
	plan.usable[NET_V6][0] = 1;		/* no gateway of the family */
	assert_int_equal(plan_check(&t.conf, &plan), -EINVAL);
}

static void
plan_uses_the_carriers_or_what_was_configured(void **state)
{
	static const struct {
		const char	*tiers, *standings, *used;
	} cases[] = {
		{ "11", "gg", "11" },
		{ "11", "bg", "01" },
		{ "11", "bb", "11" },
		{ "12", "gg", "10" },
		{ "12", "bh", "01" },
		{ "12", "bb", "10" },
		{ "223", "bbb", "110" },
	};
	char used[CONF_UPLINKS_MAX + 1];
	struct test_conf t;
	struct plan plan;
	size_t c, i;

	(void)state;
	for (c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		test_conf_init(&t, strlen(cases[c].tiers), CONF_OVERRIDE);
		for (i = 0; i < t.conf.nuplinks; i++)
			t.uplinks[i].tier = cases[c].tiers[i] - '0';
		plan = test_plan(&t.conf, cases[c].standings);
		for (i = 0; i < t.conf.nuplinks; i++)
			used[i] = plan_uses(&t.conf, &plan, i) ? '1' : '0';
		used[i] = '\0';
		assert_string_equal(used, cases[c].used);
	}
	/* One family's word is enough. */
	test_conf_init(&t, 2, CONF_OVERRIDE);
	test_conf_v6(&t, 1);
	plan = test_plan(&t.conf, "bb");
	plan.carry[NET_V6][1] = 1;
	assert_false(plan_uses(&t.conf, &plan, 0));
	assert_true(plan_uses(&t.conf, &plan, 1));
}

static void
plan_family_without_gateway_is_left_out(void **state)
{
	struct test_conf t;
	struct plan plan;
	char buf[CONF_UPLINKS_MAX + 1];

	(void)state;
	test_conf_init(&t, 3, CONF_OVERRIDE);
	test_conf_v6(&t, 2);
	plan = test_plan(&t.conf, "bgg");
	assert_string_equal(carriers(&plan, NET_V4, buf), "011");
	/* IPv6 has one line only, and that one is well. */
	assert_string_equal(carriers(&plan, NET_V6, buf), "001");
	assert_int_equal(plan.engaged[NET_V4], 1);
	assert_int_equal(plan.engaged[NET_V6], 0);
	plan = test_plan(&t.conf, "ggb");
	assert_int_equal(plan.engaged[NET_V4], 1);
	assert_string_equal(carriers(&plan, NET_V6, buf), "000");
	assert_int_equal(plan.engaged[NET_V6], 0);
}

static void
plan_same_standings_give_the_same_plan(void **state)
{
	enum plan_standing s[6];
	struct test_conf t;
	struct plan a, b;
	unsigned n, i, left;

	(void)state;
	test_conf_init(&t, 6, CONF_WITHDRAW);
	for (i = 0; i < 6; i++)
		t.uplinks[i].tier = 1 + i / 2;
	for (n = 0; n < 729; n++) {		/* 3 to the power of 6 */
		for (i = 0, left = n; i < 6; i++, left /= 3)
			s[i] = PLAN_GOOD + left % 3;
		memset(&a, 0xaa, sizeof(a));
		memset(&b, 0x55, sizeof(b));
		plan_make(&t.conf, s, &a);
		plan_make(&t.conf, s, &b);
		assert_true(plan_eq(&a, &b));
		assert_int_equal(plan_check(&t.conf, &a), 0);
		for (i = 0; i < 6; i++)
			assert_false(a.carry[NET_V4][i] != 0 &&
			    s[i] == PLAN_BAD);
	}
}

static void
check_wrong_count_is_refused(void **state)
{
	struct test_conf t;
	struct plan plan;

	(void)state;
	test_conf_init(&t, 2, CONF_OVERRIDE);
	plan = test_plan(&t.conf, "bg");
	plan.nuplinks = 3;
	assert_int_equal(plan_check(&t.conf, &plan), -EINVAL);
	plan.nuplinks = UINT32_MAX;
	assert_int_equal(plan_check(&t.conf, &plan), -EINVAL);
}

static void
check_carrier_that_is_none_is_refused(void **state)
{
	struct test_conf t;
	struct plan plan;

	(void)state;
	test_conf_init(&t, 2, CONF_OVERRIDE);
	plan = test_plan(&t.conf, "bg");
	plan.carry[NET_V4][2] = plan.usable[NET_V4][2] = 1; /* beyond */
	assert_int_equal(plan_check(&t.conf, &plan), -EINVAL);
	plan = test_plan(&t.conf, "bg");
	/* No gateway of the family. */
	plan.carry[NET_V6][1] = plan.usable[NET_V6][1] = 1;
	assert_int_equal(plan_check(&t.conf, &plan), -EINVAL);
	plan = test_plan(&t.conf, "bg");
	plan.carry[NET_V4][1] = plan.usable[NET_V4][1] = 2;
	assert_int_equal(plan_check(&t.conf, &plan), -EINVAL);
}

static void
check_engaged_against_its_carriers_is_refused(void **state)
{
	struct test_conf t;
	struct plan plan;

	(void)state;
	test_conf_init(&t, 2, CONF_OVERRIDE);
	plan = test_plan(&t.conf, "bg");
	plan.engaged[NET_V4] = 0;
	assert_int_equal(plan_check(&t.conf, &plan), -EINVAL);
	plan.engaged[NET_V4] = 2;
	assert_int_equal(plan_check(&t.conf, &plan), -EINVAL);
	plan = test_plan(&t.conf, "gg");
	plan.engaged[NET_V4] = 1;
	assert_int_equal(plan_check(&t.conf, &plan), -EINVAL);
	plan = test_plan(&t.conf, "bb");
	plan.engaged[NET_V4] = 1;
	assert_int_equal(plan_check(&t.conf, &plan), -EINVAL);
}

static void
eq_one_byte_differs_is_unequal(void **state)
{
	struct test_conf t;
	struct plan a, b;

	(void)state;
	test_conf_init(&t, 2, CONF_OVERRIDE);
	a = b = test_plan(&t.conf, "bg");
	assert_true(plan_eq(&a, &b));
	b.carry[NET_V6][CONF_UPLINKS_MAX - 1] = 1;
	assert_false(plan_eq(&a, &b));
	b = a;
	b.usable[NET_V6][CONF_UPLINKS_MAX - 1] = 1;
	assert_false(plan_eq(&a, &b));
	b = a;
	b.engaged[NET_V6] = 1;
	assert_false(plan_eq(&a, &b));
	b = a;
	b.nuplinks = 1;
	assert_false(plan_eq(&a, &b));
}

static void
text_tells_family_method_and_carriers(void **state)
{
	struct test_conf t;
	struct plan plan;
	char buf[200];

	(void)state;
	test_conf_init(&t, 3, CONF_OVERRIDE);
	plan = test_plan(&t.conf, "bgg");
	assert_string_equal(plan_text(&t.conf, &plan, buf, sizeof(buf)),
	    "ipv4 override via line2+line3");
	test_conf_v6(&t, 1);
	plan = test_plan(&t.conf, "bgg");
	assert_string_equal(plan_text(&t.conf, &plan, buf, sizeof(buf)),
	    "ipv4 override via line2+line3, ipv6 as configured");
	t.conf.routing.method = CONF_WITHDRAW;
	assert_string_equal(plan_text(&t.conf, &plan, buf, sizeof(buf)),
	    "ipv4 withdraw via line2+line3, ipv6 as configured");
	t.conf.routing.method = CONF_METHOD_NONE;
	assert_string_equal(plan_text(&t.conf, &plan, buf, sizeof(buf)),
	    "ipv4 not routed, ipv6 not routed");
}

static void
text_short_buffer_is_cut_and_ended(void **state)
{
	struct test_conf t;
	struct plan plan;
	char buf[32];
	size_t len;

	(void)state;
	test_conf_init(&t, 60, CONF_OVERRIDE);
	plan = test_plan(&t.conf,
	    "bggggggggggggggggggggggggggggggggggggggggggggggggggggggggggg");
	for (len = 1; len <= sizeof(buf); len++) {
		memset(buf, 'x', sizeof(buf));
		plan_text(&t.conf, &plan, buf, len);
		assert_int_equal(strlen(buf), len - 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plan_rows_carry_as_the_table_says),
		cmocka_unit_test(
		    plan_uses_the_carriers_or_what_was_configured),
		cmocka_unit_test(plan_family_without_gateway_is_left_out),
		cmocka_unit_test(plan_same_standings_give_the_same_plan),
		cmocka_unit_test(plan_usable_are_the_carriers_and_their_like),
		cmocka_unit_test(check_usable_that_cannot_be_is_refused),
		cmocka_unit_test(check_wrong_count_is_refused),
		cmocka_unit_test(check_carrier_that_is_none_is_refused),
		cmocka_unit_test(
		    check_engaged_against_its_carriers_is_refused),
		cmocka_unit_test(eq_one_byte_differs_is_unequal),
		cmocka_unit_test(text_tells_family_method_and_carriers),
		cmocka_unit_test(text_short_buffer_is_cut_and_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
