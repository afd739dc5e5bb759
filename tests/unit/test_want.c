/* SPDX-License-Identifier: ISC */
/*
 * want: rules, uplink tables, the override, and the removal of it all.
 */
#include "tests/unit/test_want.h"

/* ---- rules and uplink tables ---- */

static const char *
rule_line(const struct lab *l, size_t n)
{
	static char buf[200];
	struct edit e;

	memset(&e, 0, sizeof(e));
	e.op = EDIT_RULE_ADD;
	assert_true(n < l->view.nrules[V4]);
	e.rule = l->view.rules[V4][n];
	return edit_text(&e, &l->view, buf, sizeof(buf)) + strlen("add rule ");
}

static void
rules_first_run_adds_all_in_their_order(void **state)
{
	static const char *const lines[] = {
		"30000 lookup main suppress_prefixlength 0",
		"30001 oif ext1 lookup 1001",
		"30001 oif ext2 lookup 1002",
		"30002 from 10.0.1.2 lookup 1001",
		"30002 from 10.0.2.2 lookup 1002",
		"30003 fwmark 0x100/0xff00 lookup 1001",
		"30003 fwmark 0x200/0xff00 lookup 1002",
		"30008 lookup 1000",
	};
	struct lab l;
	size_t i;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	l.t.conf.routing.mark = 0x100;
	l.t.conf.routing.mark_mask = 0xff00;
	admin_sets(&l, 0, 4, "12");
	make(&l, "gg");
	assert_int_equal(l.view.nrules[V4], 8);
	assert_int_equal(l.view.nrules[NET_V6], 0);
	for (i = 0; i < 8; i++) {
		assert_string_equal(rule_line(&l, i), lines[i]);
		assert_int_equal(l.view.rules[V4][i].protocol,
		    SYS_PROTO_OURS);
	}
	assert_string_equal(table_text(&l, 1001), "0:1");
	assert_string_equal(table_text(&l, 1002), "0:2");
	assert_int_equal(route_in(&l, 1001, 0)->protocol, SYS_PROTO_OURS);
	assert_int_equal(make(&l, "gg"), 0);
	lab_free(&l);
}

static void
rules_without_mark_mask_have_no_marks(void **state)
{
	struct lab l;
	size_t i;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	l.t.conf.routing.mark = 0x100;
	make(&l, "gg");
	for (i = 0; i < l.view.nrules[V4]; i++)
		assert_int_not_equal(l.view.rules[V4][i].priority,
		    TEST_PRIORITY + 3);
	lab_free(&l);
}

static void
rules_unusable_or_local_address_gets_none(void **state)
{
	struct lab l;
	size_t i;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	l.view.addrs[0].usable = false;
	l.view.addrs[1].global = false;
	make(&l, "gg");
	for (i = 0; i < l.view.nrules[V4]; i++)
		assert_int_equal(l.view.rules[V4][i].from.family, 0);
	lab_free(&l);
}

static void
rules_new_address_moves_the_rule_new_one_first(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	make(&l, "gg");
	l.view.addrs[0].addr = addr_of("10.0.1.77");
	assert_int_equal(make(&l, "gg"), 2);
	assert_int_equal(l.edits.edit[0].op, EDIT_RULE_ADD);
	assert_true(l.edits.edit[0].rule.from.bytes[3] == 77);
	assert_int_equal(l.edits.edit[1].op, EDIT_RULE_DEL);
	assert_true(l.edits.edit[1].rule.from.bytes[3] == 2);
	lab_free(&l);
}

static void
rules_foreign_at_our_priority_stays(void **state)
{
	struct net_rule theirs, strange;
	struct lab l;
	size_t n;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	memset(&theirs, 0, sizeof(theirs));
	theirs.family = net_family(V4);
	theirs.priority = TEST_PRIORITY + 1;
	theirs.table = 1001;
	theirs.suppress_prefixlen = -1;
	theirs.protocol = 3;
	strange = theirs;
	strange.protocol = SYS_PROTO_OURS;
	strange.foreign = true;
	view_rule_add(&l.view, &theirs);
	view_rule_add(&l.view, &strange);
	make(&l, "gg");
	n = l.view.nrules[V4];
	make(&l, "bg");
	assert_int_equal(l.view.nrules[V4], n);
	assert_true(net_rule_eq(&l.view.rules[V4][0], &theirs));
	assert_true(net_rule_eq(&l.view.rules[V4][1], &strange));
	lab_free(&l);
}

static void
rules_equal_one_of_others_is_not_doubled(void **state)
{
	struct lab l;
	size_t i;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	make(&l, "gg");
	/* Somebody wrote the very rule by hand. */
	l.view.rules[V4][1].protocol = 3;
	assert_int_equal(make(&l, "gg"), 0);
	for (i = 0; i < 2; i++)
		assert_string_equal(i == 0 ? rule_line(&l, 1) : "",
		    i == 0 ? "30001 oif ext1 lookup 1001" : "");
	lab_free(&l);
}

static void
rules_shared_interface_first_uplink_has_it(void **state)
{
	struct lab l;
	size_t i, oif = 0, from = 0;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	strcpy(l.t.uplinks[1].ifname, "ext1");
	l.t.uplinks[1].gateway[V4] = addr_of("10.0.1.254");
	make(&l, "gg");
	for (i = 0; i < l.view.nrules[V4]; i++) {
		if (l.view.rules[V4][i].oif[0] != '\0') {
			oif++;
			assert_int_equal(l.view.rules[V4][i].table, 1001);
		}
		if (l.view.rules[V4][i].from.family != 0) {
			from++;
			assert_int_equal(l.view.rules[V4][i].table, 1001);
		}
	}
	assert_int_equal(oif, 1);
	assert_int_equal(from, 1);
	assert_string_equal(table_text(&l, 1002), "0:1");
	lab_free(&l);
}

static void
tables_interface_down_or_gone_empties_its_own(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	admin_sets(&l, 0, 4, "2");
	make(&l, "gg");
	l.view.links[0].up = false;
	make(&l, "gg");
	assert_string_equal(table_text(&l, 1001), "");
	assert_string_equal(table_text(&l, 1002), "0:2");
	l.view.links[0].up = true;
	make(&l, "gg");
	assert_string_equal(table_text(&l, 1001), "0:1");
	/* Without any address the kernel would refuse it again and again. */
	l.view.addrs[0].index = 9;
	view_drop(&l.view, 1001, 0);
	make(&l, "gg");
	assert_string_equal(table_text(&l, 1001), "");
	/* Unless it takes it anyway: a host route leads to the gateway. */
	admin_sets(&l, 0, 4, "1");
	make(&l, "gg");
	assert_string_equal(table_text(&l, 1001), "0:1");
	strcpy(l.view.links[0].name, "other");
	make(&l, "gg");
	assert_string_equal(table_text(&l, 1001), "");
	lab_free(&l);
}

static void
tables_foreign_default_in_ours_is_not_replaced(void **state)
{
	struct net_route theirs = route_of(1001, 0, 3, "9");
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	view_put(&l.view, &theirs);
	make(&l, "gg");
	assert_string_equal(table_text(&l, 1001), "0:9 1:1");
	assert_int_equal(make(&l, "gg"), 0);
	lab_free(&l);
}

static void
tables_of_a_former_configuration_are_removed(void **state)
{
	struct net_route old = route_of(1003, 0, SYS_PROTO_OURS, "3");
	struct net_route older = route_of(77, 5, SYS_PROTO_OURS, "3");
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	view_put(&l.view, &old);
	view_put(&l.view, &older);
	make(&l, "gg");
	assert_string_equal(table_text(&l, 1003), "");
	assert_string_equal(table_text(&l, 77), "");
	lab_free(&l);
}

static void
no_plan_keeps_override_and_main_as_found(void **state)
{
	struct net_route ov = route_of(1000, 0, SYS_PROTO_OURS, "2");
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	view_put(&l.view, &ov);
	assert_int_equal(want_make(&l.t.conf, NULL, &l.view, &l.saved,
	    &l.edits), 0);
	enter(&l);
	assert_string_equal(table_text(&l, 1000), "0:2");
	assert_string_equal(table_text(&l, 1001), "0:1");
	assert_string_equal(table_text(&l, MAIN), "");
	lab_free(&l);
}

/* ---- override ---- */

static void
override_engaged_fills_its_table_and_leaves_main(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 3, CONF_OVERRIDE);
	l.t.uplinks[2].weight = 4;
	admin_sets(&l, 50, 4, "123");
	make(&l, "ggg");
	assert_string_equal(table_text(&l, 1000), "");
	assert_int_equal(make(&l, "bgg"), 1);
	assert_string_equal(table_text(&l, 1000), "0:23*4");
	assert_int_equal(make(&l, "bgg"), 0);
	assert_int_equal(make(&l, "bbg"), 1);
	assert_string_equal(table_text(&l, 1000), "0:3");
	assert_int_equal(make(&l, "bbb"), 1);
	assert_string_equal(table_text(&l, 1000), "");
	assert_string_equal(table_text(&l, MAIN), "50:123");
	lab_free(&l);
}

static void
override_leaves_out_a_carrier_that_is_down(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 3, CONF_OVERRIDE);
	admin_sets(&l, 0, 4, "123");
	l.view.links[1].up = false;
	make(&l, "bgg");
	assert_string_equal(table_text(&l, 1000), "0:3");
	l.view.links[2].up = false;
	make(&l, "bgg");
	assert_string_equal(table_text(&l, 1000), "");
	lab_free(&l);
}

static void
override_main_without_default_is_stood_in_for(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	make(&l, "gg");
	assert_string_equal(table_text(&l, 1000), "0:12");
	/* All down, and still no default: as it would have been set. */
	make(&l, "bb");
	assert_string_equal(table_text(&l, 1000), "0:12");
	/* Who should carry cannot: even the bad one is better than none. */
	l.view.links[0].up = false;
	make(&l, "gb");
	assert_string_equal(table_text(&l, 1000), "0:2");
	/* The last that stands is not taken away for nothing. */
	l.view.links[1].up = false;
	make(&l, "gb");
	assert_string_equal(table_text(&l, 1000), "0:2");
	l.view.links[0].up = l.view.links[1].up = true;
	admin_sets(&l, 0, 4, "12");
	make(&l, "gg");
	assert_string_equal(table_text(&l, 1000), "");
	lab_free(&l);
}

static void
no_method_writes_neither_override_nor_main(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_METHOD_NONE);
	admin_sets(&l, 0, 4, "12");
	make(&l, "bg");
	assert_string_equal(table_text(&l, 1000), "");
	assert_string_equal(table_text(&l, MAIN), "0:12");
	assert_string_equal(table_text(&l, 1001), "0:1");
	lab_free(&l);
}

/* ---- removal ---- */

static void
none_restores_main_and_removes_all_of_ours(void **state)
{
	struct net_route theirs = route_of(1000, 5, 3, "9");
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 0, 4, "1*32");
	view_put(&l.view, &theirs);
	make(&l, "bg");
	edits_free(&l.edits);
	assert_int_equal(want_none(&l.t.conf, &l.view, &l.saved, &l.edits),
	    0);
	enter(&l);
	assert_int_equal(l.view.nrules[V4], 0);
	assert_int_equal(l.view.nroutes[V4], 2);
	assert_string_equal(table_text(&l, MAIN), "0:1*32");
	assert_string_equal(table_text(&l, 1000), "5:9");
	lab_free(&l);
}

static void
none_keeps_a_default_of_ours_that_is_the_last(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	make(&l, "bg");
	edits_free(&l.edits);
	assert_int_equal(want_none(&l.t.conf, &l.view, &l.saved, &l.edits),
	    0);
	enter(&l);
	assert_true(l.view.nroutes[V4] == 1);
	assert_int_equal(l.view.routes[V4][0].table, MAIN);
	lab_free(&l);
}

static void
text_of_edits_reads_like_the_tool(void **state)
{
	struct net_route r = route_of(1002, 0, SYS_PROTO_OURS, "2");
	char buf[200];
	struct edit e;
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	memset(&e, 0, sizeof(e));
	e.op = EDIT_ROUTE_SET;
	e.route = r;
	assert_string_equal(edit_text(&e, &l.view, buf, sizeof(buf)),
	    "set default table 1002 via 10.0.2.1 dev ext2 weight 1");
	e.op = EDIT_ROUTE_DEL;
	e.route.table = MAIN;
	e.route.metric = 10;
	e.route.hops[0].index = 55;
	assert_string_equal(edit_text(&e, &l.view, buf, sizeof(buf)),
	    "remove default table main metric 10 via 10.0.2.1 dev #55 "
	    "weight 1");
	assert_int_equal(strlen(edit_text(&e, &l.view, buf, 10)), 9);
	lab_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_first_run_adds_all_in_their_order),
		cmocka_unit_test(rules_without_mark_mask_have_no_marks),
		cmocka_unit_test(rules_unusable_or_local_address_gets_none),
		cmocka_unit_test(
		    rules_new_address_moves_the_rule_new_one_first),
		cmocka_unit_test(rules_foreign_at_our_priority_stays),
		cmocka_unit_test(rules_equal_one_of_others_is_not_doubled),
		cmocka_unit_test(rules_shared_interface_first_uplink_has_it),
		cmocka_unit_test(tables_interface_down_or_gone_empties_its_own),
		cmocka_unit_test(
		    tables_foreign_default_in_ours_is_not_replaced),
		cmocka_unit_test(tables_of_a_former_configuration_are_removed),
		cmocka_unit_test(no_plan_keeps_override_and_main_as_found),
		cmocka_unit_test(
		    override_engaged_fills_its_table_and_leaves_main),
		cmocka_unit_test(override_leaves_out_a_carrier_that_is_down),
		cmocka_unit_test(override_main_without_default_is_stood_in_for),
		cmocka_unit_test(no_method_writes_neither_override_nor_main),
		cmocka_unit_test(none_restores_main_and_removes_all_of_ours),
		cmocka_unit_test(none_keeps_a_default_of_ours_that_is_the_last),
		cmocka_unit_test(text_of_edits_reads_like_the_tool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
