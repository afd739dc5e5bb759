/* SPDX-License-Identifier: ISC */
/*
 * want_main: what `withdraw` does to the default of main, and how it follows
 * what others do to it meanwhile.
 */
#include "tests/unit/test_want.h"

static void
withdraw_takes_the_hop_out_and_puts_it_back_exactly(void **state)
{
	struct net_route was;
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	was = route_of(MAIN, 7, 186, "1*39*22");
	was.extra_len = 3;
	memcpy(was.extra, "mtu", 3);
	view_put(&l.view, &was);
	make(&l, "gg");
	assert_false(l.saved.present[V4]);
	assert_int_equal(make(&l, "bg"), 1);
	assert_string_equal(table_text(&l, MAIN), "7:9*22");
	assert_true(l.saved.present[V4]);
	assert_true(net_route_eq(&l.saved.route[V4], &was));
	assert_int_equal(route_in(&l, MAIN, 7)->protocol, 186);
	assert_memory_equal(route_in(&l, MAIN, 7)->extra, "mtu", 3);
	assert_int_equal(make(&l, "bg"), 0);
	assert_int_equal(make(&l, "gg"), 1);
	assert_string_equal(table_text(&l, MAIN), "7:1*39*22");
	assert_true(net_route_eq(route_in(&l, MAIN, 7), &was));
	assert_false(l.saved.present[V4]);
	lab_free(&l);
}

static void
withdraw_all_down_restores_what_was_set(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 0, 4, "1*22");
	make(&l, "bg");
	assert_string_equal(table_text(&l, MAIN), "0:2");
	make(&l, "bb");
	assert_string_equal(table_text(&l, MAIN), "0:1*22");
	make(&l, "gb");
	assert_string_equal(table_text(&l, MAIN), "0:1");
	lab_free(&l);
}

static void
withdraw_dhcp_style_rewrites_the_best_default(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 100, 16, "1");
	admin_sets(&l, 200, 16, "2");
	make(&l, "gg");
	make(&l, "bg");
	assert_string_equal(table_text(&l, MAIN), "100:2 200:2");
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "100:1 200:2");
	/* The second line is not used: nothing is to be done. */
	assert_int_equal(make(&l, "gb"), 0);
	assert_false(l.saved.present[V4]);
	lab_free(&l);
}

static void
withdraw_carrier_never_seen_joins_with_its_weight(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 3, CONF_WITHDRAW);
	l.t.uplinks[2].weight = 5;
	admin_sets(&l, 0, 4, "12");
	make(&l, "bgg");
	assert_string_equal(table_text(&l, MAIN), "0:23*5");
	make(&l, "ggg");
	assert_string_equal(table_text(&l, MAIN), "0:12");
	lab_free(&l);
}

static void
withdraw_standby_comes_in_when_the_first_tier_is_bad(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 3, CONF_WITHDRAW);
	l.t.uplinks[2].tier = 2;
	admin_sets(&l, 0, 4, "12");
	make(&l, "bgg");
	assert_string_equal(table_text(&l, MAIN), "0:2");
	make(&l, "bbg");
	assert_string_equal(table_text(&l, MAIN), "0:3");
	make(&l, "gbg");
	assert_string_equal(table_text(&l, MAIN), "0:1");
	make(&l, "ggg");
	assert_string_equal(table_text(&l, MAIN), "0:12");
	lab_free(&l);
}

static void
withdraw_is_the_same_by_whatever_way(void **state)
{
	static const char *const ways[][4] = {
		{ "bgg", "bbg", "gbg", "bgg" },
		{ "ggb", "bgb", "bbb", "bgg" },
		{ "bgg", "ggg", "gbb", "bgg" },
	};
	struct lab l;
	size_t way, i;

	(void)state;
	for (way = 0; way < 3; way++) {
		lab_init(&l, 3, CONF_WITHDRAW);
		admin_sets(&l, 0, 4, "3*21*52*7");
		for (i = 0; i < 4; i++)
			make(&l, ways[way][i]);
		assert_string_equal(table_text(&l, MAIN), "0:3*22*7");
		make(&l, "ggg");
		assert_string_equal(table_text(&l, MAIN), "0:3*21*52*7");
		lab_free(&l);
	}
}

static void
withdraw_foreign_hop_added_meanwhile_stays_afterwards(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 0, 4, "1*22*3");
	make(&l, "bg");
	assert_string_equal(table_text(&l, MAIN), "0:2");
	admin_sets(&l, 0, 4, "2*49");
	assert_int_equal(make(&l, "bg"), 0);
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "0:1*22*49");
	lab_free(&l);
}

static void
withdraw_foreign_hop_removed_meanwhile_stays_away(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 0, 4, "192");
	make(&l, "bg");
	assert_string_equal(table_text(&l, MAIN), "0:92");
	admin_sets(&l, 0, 4, "2");
	make(&l, "bg");
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "0:12");
	lab_free(&l);
}

static void
withdraw_administrator_writes_it_anew_is_withdrawn_again(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 0, 4, "12");
	make(&l, "bg");
	admin_sets(&l, 0, 3, "1*42");
	assert_int_equal(make(&l, "bg"), 1);
	assert_string_equal(table_text(&l, MAIN), "0:2");
	assert_int_equal(route_in(&l, MAIN, 0)->protocol, 3);
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "0:1*42");
	lab_free(&l);
}

static void
withdraw_new_metric_is_followed(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 100, 4, "12");
	make(&l, "bg");
	assert_string_equal(table_text(&l, MAIN), "100:2");
	/* A better one comes beside it: that is used, so that is changed. */
	admin_sets(&l, 50, 4, "12");
	make(&l, "bg");
	assert_string_equal(table_text(&l, MAIN), "50:2 100:12");
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "50:12 100:12");
	/* In place of it: the old one is gone for good. */
	make(&l, "bg");
	view_drop(&l.view, MAIN, 50);
	view_drop(&l.view, MAIN, 100);
	admin_sets(&l, 300, 4, "12");
	make(&l, "bg");
	assert_string_equal(table_text(&l, MAIN), "300:2");
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "300:12");
	lab_free(&l);
}

static void
withdraw_replaced_by_a_foreign_route_lets_go(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 0, 4, "12");
	make(&l, "bg");
	admin_sets(&l, 0, 4, "9");
	assert_int_equal(make(&l, "bg"), 0);
	assert_false(l.saved.present[V4]);
	assert_int_equal(make(&l, "gg"), 0);
	assert_string_equal(table_text(&l, MAIN), "0:9");
	lab_free(&l);
}

static void
withdraw_main_lost_while_engaged_is_made_from_memory(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 9, 186, "12");
	make(&l, "bg");
	view_drop(&l.view, MAIN, 9);
	make(&l, "bg");
	assert_string_equal(table_text(&l, MAIN), "9:2");
	assert_int_equal(route_in(&l, MAIN, 9)->protocol, 186);
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "9:12");
	lab_free(&l);
}

static void
withdraw_main_lost_while_well_comes_back_as_it_was(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 9, 186, "1*32");
	make(&l, "gg");
	/* Both interfaces went down: IPv4 drops the route and tells nobody. */
	view_drop(&l.view, MAIN, 9);
	l.view.links[0].up = l.view.links[1].up = false;
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "");
	l.view.links[1].up = true;
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "9:2");
	l.view.links[0].up = true;
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "9:1*32");
	assert_int_equal(route_in(&l, MAIN, 9)->protocol, 186);
	assert_false(l.saved.present[V4]);
	lab_free(&l);
}

/* What a router advertises comes again from there, or not at all. */
static void
withdraw_advertised_route_is_not_made_from_memory(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 9, 9, "12");
	make(&l, "gg");
	view_drop(&l.view, MAIN, 9);
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "65535:12");
	lab_free(&l);
}

static void
withdraw_no_default_and_no_memory_makes_one_of_ours(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 3, CONF_WITHDRAW);
	l.t.uplinks[2].tier = 2;
	make(&l, "bgg");
	assert_string_equal(table_text(&l, MAIN), "65535:2");
	assert_int_equal(route_in(&l, MAIN, 65535)->protocol, SYS_PROTO_OURS);
	make(&l, "bbg");
	assert_string_equal(table_text(&l, MAIN), "65535:3");
	make(&l, "ggg");
	assert_string_equal(table_text(&l, MAIN), "65535:12");
	/* His own outranks it, and is worked on from then on. */
	admin_sets(&l, 0, 4, "12");
	make(&l, "bgg");
	assert_string_equal(table_text(&l, MAIN), "0:2 65535:12");
	lab_free(&l);
}

static void
withdraw_all_down_and_no_default_makes_the_base_set(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 3, CONF_WITHDRAW);
	l.t.uplinks[2].tier = 2;
	make(&l, "bbb");
	assert_string_equal(table_text(&l, MAIN), "65535:12");
	lab_free(&l);
}

/* Who should carry cannot, and the kernel has dropped the default. */
static void
withdraw_any_line_is_better_than_none(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 3, CONF_WITHDRAW);
	admin_sets(&l, 9, 4, "12");
	make(&l, "ggg");
	view_drop(&l.view, MAIN, 9);
	l.view.links[0].up = false;
	make(&l, "gbb");
	assert_string_equal(table_text(&l, MAIN), "9:2");
	l.view.links[1].up = false;
	view_drop(&l.view, MAIN, 9);
	make(&l, "gbb");
	assert_string_equal(table_text(&l, MAIN), "9:3");
	l.view.links[0].up = l.view.links[1].up = true;
	make(&l, "gbb");
	assert_string_equal(table_text(&l, MAIN), "9:1");
	make(&l, "ggg");
	assert_string_equal(table_text(&l, MAIN), "9:12");
	lab_free(&l);
}

static void
withdraw_hop_on_a_down_interface_waits_for_it(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 3, CONF_WITHDRAW);
	admin_sets(&l, 0, 4, "1293");
	l.view.links[8].up = false;
	make(&l, "bgg");
	assert_string_equal(table_text(&l, MAIN), "0:23");
	make(&l, "ggg");
	assert_string_equal(table_text(&l, MAIN), "0:123");
	assert_true(l.saved.present[V4]);
	l.view.links[8].up = true;
	make(&l, "ggg");
	assert_string_equal(table_text(&l, MAIN), "0:1293");
	assert_false(l.saved.present[V4]);
	lab_free(&l);
}

static void
withdraw_nothing_writable_leaves_what_is_there(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 0, 4, "12");
	make(&l, "gg");
	l.view.links[1].up = false;
	make(&l, "bg");
	assert_string_equal(table_text(&l, MAIN), "0:12");
	lab_free(&l);
}

static void
withdraw_interface_made_anew_is_found_by_its_name(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 0, 4, "1*32");
	make(&l, "bg");
	l.view.links[0].index = l.view.addrs[0].index = 7;
	l.view.links[6].index = 77;
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "0:7*32");
	lab_free(&l);
}

static void
withdraw_hop_dropped_by_the_kernel_comes_back(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 0, 4, "1*32");
	make(&l, "gg");
	/* IPv6 does so when the interface goes. */
	l.view.links[0].up = false;
	admin_sets(&l, 0, 4, "2");
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "0:2");
	l.view.links[0].up = true;
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "0:1*32");
	lab_free(&l);
}

static void
withdraw_hop_removed_by_the_administrator_stays_away(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 0, 4, "12");
	make(&l, "gg");
	admin_sets(&l, 0, 4, "2");
	assert_int_equal(make(&l, "gg"), 0);
	assert_string_equal(table_text(&l, MAIN), "0:2");
	assert_false(l.saved.present[V4]);
	lab_free(&l);
}

static void
withdraw_source_of_the_withdrawn_line_is_left_out(void **state)
{
	struct net_route was = route_of(MAIN, 0, 16, "1");
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	was.prefsrc = addr_of("10.0.1.2");
	view_put(&l.view, &was);
	make(&l, "bg");
	assert_string_equal(table_text(&l, MAIN), "0:2");
	assert_int_equal(route_in(&l, MAIN, 0)->prefsrc.family, 0);
	make(&l, "gg");
	assert_true(net_route_eq(route_in(&l, MAIN, 0), &was));
	lab_free(&l);
}

static void
withdraw_source_of_a_loopback_stays(void **state)
{
	struct net_route was = route_of(MAIN, 0, 16, "12");
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	was.prefsrc = addr_of("10.0.9.2");
	view_put(&l.view, &was);
	make(&l, "bg");
	assert_true(net_addr_eq(&route_in(&l, MAIN, 0)->prefsrc,
	    &was.prefsrc));
	/* Nobody has it any more: the kernel would refuse the message. */
	l.view.addrs[8].addr = addr_of("10.0.9.3");
	make(&l, "gb");
	assert_string_equal(table_text(&l, MAIN), "0:1");
	assert_int_equal(route_in(&l, MAIN, 0)->prefsrc.family, 0);
	lab_free(&l);
}

static void
withdraw_opaque_route_is_left_and_told(void **state)
{
	struct net_route was = route_of(MAIN, 0, 16, "12");
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	was.opaque = true;
	view_put(&l.view, &was);
	make(&l, "gg");
	assert_false(l.saved.stuck[V4]);
	assert_int_equal(make(&l, "bg"), 0);
	assert_true(l.saved.stuck[V4]);
	assert_false(l.saved.present[V4]);
	assert_string_equal(table_text(&l, MAIN), "0:12");
	lab_free(&l);
}

static void
withdraw_default_for_one_service_is_not_touched(void **state)
{
	struct net_route tos = route_of(MAIN, 0, 4, "1");
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	tos.tos = 0x10;
	view_put(&l.view, &tos);
	admin_sets(&l, 5, 4, "12");
	make(&l, "bg");
	assert_int_equal(route_in(&l, MAIN, 0)->tos, 0x10);
	assert_string_equal(table_text(&l, MAIN), "0:1 5:2");
	lab_free(&l);
}

static void
withdraw_foreign_default_before_ours_is_not_touched(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 10, 4, "9");
	admin_sets(&l, 20, 4, "12");
	make(&l, "bg");
	assert_string_equal(table_text(&l, MAIN), "10:9 20:2");
	lab_free(&l);
}

static void
method_changed_to_override_restores_main_first(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 0, 4, "1*32");
	make(&l, "bg");
	l.t.conf.routing.method = CONF_OVERRIDE;
	make(&l, "bg");
	assert_string_equal(table_text(&l, MAIN), "0:1*32");
	assert_string_equal(table_text(&l, 1000), "0:2");
	assert_false(l.saved.present[V4]);
	lab_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    withdraw_takes_the_hop_out_and_puts_it_back_exactly),
		cmocka_unit_test(withdraw_all_down_restores_what_was_set),
		cmocka_unit_test(withdraw_dhcp_style_rewrites_the_best_default),
		cmocka_unit_test(
		    withdraw_carrier_never_seen_joins_with_its_weight),
		cmocka_unit_test(
		    withdraw_standby_comes_in_when_the_first_tier_is_bad),
		cmocka_unit_test(withdraw_is_the_same_by_whatever_way),
		cmocka_unit_test(
		    withdraw_foreign_hop_added_meanwhile_stays_afterwards),
		cmocka_unit_test(
		    withdraw_foreign_hop_removed_meanwhile_stays_away),
		cmocka_unit_test(
		    withdraw_administrator_writes_it_anew_is_withdrawn_again),
		cmocka_unit_test(withdraw_new_metric_is_followed),
		cmocka_unit_test(withdraw_replaced_by_a_foreign_route_lets_go),
		cmocka_unit_test(
		    withdraw_main_lost_while_engaged_is_made_from_memory),
		cmocka_unit_test(
		    withdraw_main_lost_while_well_comes_back_as_it_was),
		cmocka_unit_test(
		    withdraw_advertised_route_is_not_made_from_memory),
		cmocka_unit_test(
		    withdraw_no_default_and_no_memory_makes_one_of_ours),
		cmocka_unit_test(
		    withdraw_all_down_and_no_default_makes_the_base_set),
		cmocka_unit_test(withdraw_any_line_is_better_than_none),
		cmocka_unit_test(withdraw_hop_on_a_down_interface_waits_for_it),
		cmocka_unit_test(
		    withdraw_nothing_writable_leaves_what_is_there),
		cmocka_unit_test(
		    withdraw_interface_made_anew_is_found_by_its_name),
		cmocka_unit_test(withdraw_hop_dropped_by_the_kernel_comes_back),
		cmocka_unit_test(
		    withdraw_hop_removed_by_the_administrator_stays_away),
		cmocka_unit_test(
		    withdraw_source_of_the_withdrawn_line_is_left_out),
		cmocka_unit_test(withdraw_source_of_a_loopback_stays),
		cmocka_unit_test(withdraw_opaque_route_is_left_and_told),
		cmocka_unit_test(
		    withdraw_default_for_one_service_is_not_touched),
		cmocka_unit_test(
		    withdraw_foreign_default_before_ours_is_not_touched),
		cmocka_unit_test(
		    method_changed_to_override_restores_main_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
