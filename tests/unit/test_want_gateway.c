/* SPDX-License-Identifier: ISC */
/*
 * want_gateway: which gateway a line has, and what follows while it has none.
 */
#include "tests/unit/test_want_gateway.h"

/* ---- following ---- */

static void
auto_takes_the_default_by_its_interface(void **state)
{
	struct lab l;

	(void)state;
	init(&l, 2, CONF_OVERRIDE);
	dhcp(&l, "10.0.1.1", "ext1", 100);
	dhcp(&l, "10.0.1.7", "ext1", 300);
	dhcp(&l, "10.0.2.1", "ext2", 200);
	lab_apply(&l, "gg");
	IS(&l, V4, 1001, "0: 10.0.1.1@1");
	IS(&l, V4, 1002, "0: 10.0.2.1@2");
	assert_int_equal(resync(&l), 0);
	lab_apply(&l, "bg");
	IS(&l, V4, 1000, "0: 10.0.2.1@2");
	/* A renewed lease: another gateway, by the next comparison. */
	dhcp(&l, "10.0.2.254", "ext2", 200);
	dhcp(&l, "10.0.1.254", "ext1", 100);
	assert_true(resync(&l) > 0);
	IS(&l, V4, 1001, "0: 10.0.1.254@1");
	IS(&l, V4, 1002, "0: 10.0.2.254@2");
	IS(&l, V4, 1000, "0: 10.0.2.254@2");
	IS(&l, V4, MAIN, "100: 10.0.1.254@1; 200: 10.0.2.254@2; "
	    "300: 10.0.1.7@1");
	assert_int_equal(resync(&l), 0);
	assert_int_equal(warnings, 0);
	lab_free(&l);
}

static void
auto_takes_each_hop_of_a_balanced_default(void **state)
{
	struct lab l;

	(void)state;
	init(&l, 2, CONF_OVERRIDE);
	admin_sets(&l, 0, "12*3");
	lab_apply(&l, "gg");
	IS(&l, V4, 1001, "0: 10.0.1.1@1");
	IS(&l, V4, 1002, "0: 10.0.2.1@2");
	lab_apply(&l, "gb");
	IS(&l, V4, 1000, "0: 10.0.1.1@1");
	lab_free(&l);
}

static void
auto_is_not_what_serves_one_tos_or_is_ours(void **state)
{
	struct net_route r;
	struct lab l;

	(void)state;
	init(&l, 2, CONF_OVERRIDE);
	r = single(&l, V4, "10.0.1.9", "ext1", 0, 4);
	r.tos = 0x10;
	assert_int_equal(fake_route_add(l.hand, &r), 0);
	r = single(&l, V4, "10.0.1.8", "ext1", 1, SYS_PROTO_OURS);
	assert_int_equal(fake_route_add(l.hand, &r), 0);
	r = single(&l, V4, "10.0.1.6", "ext1", 2, 4);
	r.table = 77;
	assert_int_equal(fake_route_add(l.hand, &r), 0);
	lab_apply(&l, "gg");
	IS(&l, V4, 1001, "");
	dhcp(&l, "10.0.1.1", "ext1", 100);
	resync(&l);
	IS(&l, V4, 1001, "0: 10.0.1.1@1");
	lab_free(&l);
}

static void
auto_survives_the_two_steps_of_a_renewal(void **state)
{
	struct lab l;

	(void)state;
	init(&l, 2, CONF_OVERRIDE);
	dhcp(&l, "10.0.1.1", "ext1", 100);
	dhcp(&l, "10.0.2.1", "ext2", 200);
	lab_apply(&l, "gg");
	gone(&l, V4, 100);
	assert_int_equal(resync(&l), 0);
	IS(&l, V4, 1001, "0: 10.0.1.1@1");
	/* Another address of the same network: it may well be there still. */
	address(&l, "ext1", "10.0.1.3/24", "10.0.1.2/24");
	resync(&l);
	IS(&l, V4, 1001, "0: 10.0.1.1@1");
	/* None of it is left. */
	address(&l, "ext1", "10.7.0.3/24", "10.0.1.3/24");
	resync(&l);
	IS(&l, V4, 1001, "");
	assert_int_equal(resync(&l), 0);
	dhcp(&l, "10.7.0.1", "ext1", 100);
	resync(&l);
	IS(&l, V4, 1001, "0: 10.7.0.1@1");
	assert_string_equal(way(&l, V4, NULL, "10.7.0.3", 0), "ext1");
	assert_int_equal(warnings, 0);
	lab_free(&l);
}

static void
auto_rules_follow_the_addresses_at_once(void **state)
{
	struct lab l;

	(void)state;
	init(&l, 2, CONF_OVERRIDE);
	dhcp(&l, "10.0.1.1", "ext1", 100);
	dhcp(&l, "10.0.2.1", "ext2", 200);
	lab_apply(&l, "bg");
	address(&l, "ext2", "10.8.0.2/24", NULL);
	dhcp(&l, "10.8.0.1", "ext2", 200);
	address(&l, "ext2", NULL, "10.0.2.2/24");
	resync(&l);
	IS(&l, V4, 1002, "0: 10.8.0.1@2");
	IS(&l, V4, 1000, "0: 10.8.0.1@2");
	assert_string_equal(way(&l, V4, NULL, "10.8.0.2", 0), "ext2");
	assert_int_equal(resync(&l), 0);
	lab_free(&l);
}

static void
auto_interface_made_anew_waits_for_its_default(void **state)
{
	struct lab l;
	char want[40];
	int index;

	(void)state;
	init(&l, 2, CONF_OVERRIDE);
	dhcp(&l, "10.0.1.1", "ext1", 100);
	dhcp(&l, "10.0.2.1", "ext2", 200);
	lab_apply(&l, "gg");
	assert_int_equal(fake_link_del(l.hand, "ext1"), 0);
	resync(&l);
	assert_int_equal(fake_link_add(l.hand, "ext1", &index), 0);
	resync(&l);
	IS(&l, V4, 1001, "");
	address(&l, "ext1", "10.0.1.2/24", NULL);
	dhcp(&l, "10.0.1.9", "ext1", 100);
	resync(&l);
	sprintf(want, "0: 10.0.1.9@%d", index);
	IS(&l, V4, 1001, want);
	lab_free(&l);
}

static void
auto_beside_a_fixed_one_takes_not_its_gateway(void **state)
{
	struct lab l;

	(void)state;
	init(&l, 2, CONF_OVERRIDE);
	strcpy(l.t.uplinks[1].ifname, "ext1");
	l.t.uplinks[1].gateway[NET_V4] = addr_of("10.0.1.254");
	dhcp(&l, "10.0.1.254", "ext1", 10);
	lab_apply(&l, "gg");
	IS(&l, V4, 1001, "");
	IS(&l, V4, 1002, "0: 10.0.1.254@1");
	dhcp(&l, "10.0.1.1", "ext1", 100);
	resync(&l);
	IS(&l, V4, 1001, "0: 10.0.1.1@1");
	lab_free(&l);
}

static void
auto_onlink_gateway_stays_onlink(void **state)
{
	struct net_route r;
	struct lab l;

	(void)state;
	init(&l, 2, CONF_OVERRIDE);
	r = single(&l, V4, "198.51.100.1", "ext1", 0, 4);
	r.hops[0].onlink = true;
	assert_int_equal(fake_route_add(l.hand, &r), 0);
	dhcp(&l, "10.0.2.1", "ext2", 200);
	lab_apply(&l, "gb");
	assert_int_equal(l.res.refused, 0);
	IS(&l, V4, 1001, "0: 198.51.100.1@1");
	IS(&l, V4, 1000, "0: 198.51.100.1@1");
	assert_int_equal(resync(&l), 0);
	lab_free(&l);
}

/* ---- none known ---- */

static void
unknown_gateway_neither_carries_nor_is_heard_of(void **state)
{
	struct lab l;

	(void)state;
	init(&l, 2, CONF_OVERRIDE);
	/* As on a host that has no IPv6: every write would be refused. */
	dhcp(&l, "10.0.1.1", "ext1", 100);
	lab_apply(&l, "bg");
	IS(&l, V4, 1000, "");
	IS(&l, V4, 1001, "0: 10.0.1.1@1");
	IS(&l, V4, 1002, "");
	IS(&l, V6, 1001, "");
	assert_int_equal(rules(&l, V6), 0);
	assert_true(rules(&l, V4) > 0);
	assert_string_equal(way(&l, V4, NULL, NULL, 0), "ext1");
	assert_int_equal(resync(&l), 0);
	assert_int_equal(warnings, 0);
	lab_free(&l);
}

static void
unknown_gateway_leaves_main_as_it_was_set(void **state)
{
	struct lab l;

	(void)state;
	init(&l, 2, CONF_WITHDRAW);
	dhcp(&l, "10.0.1.1", "ext1", 100);
	lab_apply(&l, "bg");
	IS(&l, V4, MAIN, "100: 10.0.1.1@1");
	assert_int_equal(resync(&l), 0);
	/* It comes: now the plan can be had. */
	dhcp(&l, "10.0.2.1", "ext2", 200);
	resync(&l);
	IS(&l, V4, MAIN, "100: 10.0.2.1@2; 200: 10.0.2.1@2");
	lab_free(&l);
}

static void
unknown_family_apart_from_the_other(void **state)
{
	struct lab l;

	(void)state;
	init(&l, 2, CONF_OVERRIDE);
	dhcp(&l, "10.0.1.1", "ext1", 100);
	dhcp(&l, "10.0.2.1", "ext2", 200);
	dhcp(&l, "2001:db8:1::1", "ext1", 1024);
	lab_apply(&l, "bg");
	IS(&l, V4, 1000, "0: 10.0.2.1@2");
	IS(&l, V6, 1000, "");
	IS(&l, V6, 1001, "1024: 2001:db8:1::1@1");
	assert_string_equal(way(&l, V6, NULL, NULL, 0), "ext1");
	lab_free(&l);
}

static void
unknown_again_rules_outlast_the_gateway(void **state)
{
	struct lab l;
	size_t before;

	(void)state;
	init(&l, 1, CONF_OVERRIDE);
	dhcp(&l, "10.0.1.1", "ext1", 100);
	lab_apply(&l, "g");
	before = rules(&l, V4);
	assert_int_equal(fake_link_admin(l.hand, "ext1", false), 0);
	resync(&l);
	IS(&l, V4, 1001, "");
	assert_int_equal(rules(&l, V4), before);
	router_remove(l.router, &l.res);
	assert_int_equal(rules(&l, V4), 0);
	lab_free(&l);
}

static void
unknown_with_another_family_fixed_works(void **state)
{
	struct lab l;

	(void)state;
	init(&l, 2, CONF_OVERRIDE);
	l.t.uplinks[0].gateway[NET_V4] = addr_of("10.0.1.1");
	l.t.uplinks[1].gateway[NET_V4] = addr_of("10.0.2.1");
	dhcp(&l, "10.0.1.7", "ext1", 0);
	dhcp(&l, "2001:db8:2::1", "ext2", 1024);
	lab_apply(&l, "gg");
	IS(&l, V4, 1001, "0: 10.0.1.1@1");
	IS(&l, V6, 1001, "");
	IS(&l, V6, 1002, "1024: 2001:db8:2::1@2");
	lab_free(&l);
}

/* ---- point to point ---- */

static void
onlink_default_of_a_ppp_link_is_a_hop(void **state)
{
	struct net_route r;
	struct lab l;

	(void)state;
	init(&l, 2, CONF_OVERRIDE);
	address(&l, "ext1", "10.7.0.2 peer 10.6.0.1/32", "10.0.1.2/24");
	r = single(&l, V4, "-", "ext1", 0, 4);
	assert_int_equal(fake_route_add(l.hand, &r), 0);
	dhcp(&l, "10.0.2.1", "ext2", 200);
	lab_apply(&l, "gg");
	IS(&l, V4, 1001, "0: -@1");
	assert_int_equal(resync(&l), 0);
	lab_apply(&l, "gb");
	IS(&l, V4, 1000, "0: -@1");
	assert_int_equal(resync(&l), 0);
	/* It reconnects: the default is gone for a moment. */
	gone(&l, V4, 0);
	assert_int_equal(resync(&l), 0);
	IS(&l, V4, 1001, "0: -@1");
	address(&l, "ext1", NULL, "10.7.0.2 peer 10.6.0.1/32");
	resync(&l);
	IS(&l, V4, 1001, "");
	lab_free(&l);
}

static void
onlink_default_is_withdrawn_and_comes_back(void **state)
{
	struct net_route r, *list;
	struct lab l;

	(void)state;
	init(&l, 2, CONF_WITHDRAW);
	r = single(&l, V4, "-", "ext1", 0, 4);
	assert_int_equal(fake_route_add(l.hand, &r), 0);
	dhcp(&l, "10.0.2.1", "ext2", 200);
	lab_apply(&l, "bg");
	assert_int_equal(l.res.refused, 0);
	IS(&l, V4, MAIN, "0: 10.0.2.1@2; 200: 10.0.2.1@2");
	IS(&l, V4, 1001, "0: -@1");
	assert_int_equal(resync(&l), 0);
	lab_apply(&l, "gg");
	assert_int_equal(l.res.refused, 0);
	IS(&l, V4, MAIN, "0: -@1; 200: 10.0.2.1@2");
	assert_int_equal(main_routes(&l, &list), 2);
	assert_int_equal(list[0].scope, FAKE_SCOPE_LINK);
	free(list);
	assert_int_equal(resync(&l), 0);
	lab_free(&l);
}

static void
onlink_in_a_balanced_default_is_withdrawn(void **state)
{
	struct net_route r;
	struct lab l;

	(void)state;
	init(&l, 2, CONF_WITHDRAW);
	r = single(&l, V4, "-", "ext1", 0, 4);
	fake_hop(&r, "10.0.2.1", fake_link_index(l.hand, "ext2"), 2);
	assert_int_equal(fake_route_add(l.hand, &r), 0);
	lab_apply(&l, "gb");
	assert_int_equal(l.res.refused, 0);
	IS(&l, V4, MAIN, "0: -@1");
	assert_int_equal(resync(&l), 0);
	lab_apply(&l, "gg");
	IS(&l, V4, MAIN, "0: -@1 10.0.2.1@2*2");
	assert_int_equal(resync(&l), 0);
	lab_free(&l);
}

static void
onlink_is_not_what_cannot_be_read(void **state)
{
	struct kernel_view view;
	struct want_saved saved;
	struct edits edits = { 0 };
	struct net_route r;
	struct lab l;
	size_t i;

	(void)state;
	init(&l, 1, CONF_OVERRIDE);
	/* `default via inet6 fe80::1 dev ext1` */
	r = single(&l, V4, "-", "ext1", 0, 4);
	assert_int_equal(fake_route_add(l.hand, &r), 0);
	assert_int_equal(router_view(l.hand, &view), 0);
	assert_int_equal(view.nroutes[NET_V4], 1);
	view.routes[NET_V4][0].opaque = true;
	memset(&saved, 0, sizeof(saved));
	l.plan = test_plan(&l.t.conf, "g");
	assert_int_equal(want_make(&l.t.conf, &l.plan, &view, &saved,
	    &edits), 0);
	for (i = 0; i < edits.n; i++)
		assert_int_not_equal(edits.edit[i].op, EDIT_ROUTE_SET);
	edits_free(&edits);
	kernel_view_free(&view);
	lab_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(auto_takes_the_default_by_its_interface),
		cmocka_unit_test(auto_takes_each_hop_of_a_balanced_default),
		cmocka_unit_test(auto_is_not_what_serves_one_tos_or_is_ours),
		cmocka_unit_test(auto_survives_the_two_steps_of_a_renewal),
		cmocka_unit_test(auto_rules_follow_the_addresses_at_once),
		cmocka_unit_test(
		    auto_interface_made_anew_waits_for_its_default),
		cmocka_unit_test(auto_beside_a_fixed_one_takes_not_its_gateway),
		cmocka_unit_test(auto_onlink_gateway_stays_onlink),
		cmocka_unit_test(
		    unknown_gateway_neither_carries_nor_is_heard_of),
		cmocka_unit_test(unknown_gateway_leaves_main_as_it_was_set),
		cmocka_unit_test(unknown_family_apart_from_the_other),
		cmocka_unit_test(unknown_again_rules_outlast_the_gateway),
		cmocka_unit_test(unknown_with_another_family_fixed_works),
		cmocka_unit_test(onlink_default_of_a_ppp_link_is_a_hop),
		cmocka_unit_test(onlink_default_is_withdrawn_and_comes_back),
		cmocka_unit_test(onlink_in_a_balanced_default_is_withdrawn),
		cmocka_unit_test(onlink_is_not_what_cannot_be_read),
	};

	return cmocka_run_group_tests_name("want_gateway", tests, NULL, NULL);
}
