/* SPDX-License-Identifier: ISC */
/*
 * want_gateway, want_ra: lines that are renumbered while their hop is
 * withdrawn, and defaults that routers advertise.
 */
#include "tests/unit/test_want_gateway.h"

/* ---- withdraw ---- */

static void
withdrawn_line_keeps_its_gateway(void **state)
{
	struct lab l;

	(void)state;
	init(&l, 2, CONF_WITHDRAW);
	dhcp(&l, "10.0.1.1", "ext1", 100);
	dhcp(&l, "10.0.2.1", "ext2", 200);
	lab_apply(&l, "bg");
	IS(&l, V4, MAIN, "100: 10.0.2.1@2; 200: 10.0.2.1@2");
	IS(&l, V4, 1001, "0: 10.0.1.1@1");
	assert_int_equal(resync(&l), 0);
	/* Even where its own table was emptied, or we died. */
	fake_route_flush(l.hand, V4, 1001, 0);
	lab_crash(&l);
	lab_apply(&l, "bg");
	IS(&l, V4, 1001, "0: 10.0.1.1@1");
	lab_apply(&l, "gg");
	IS(&l, V4, MAIN, "100: 10.0.1.1@1; 200: 10.0.2.1@2");
	lab_free(&l);
}

static void
withdrawn_substitute_is_no_gateway(void **state)
{
	struct lab l;

	(void)state;
	init(&l, 2, CONF_WITHDRAW);
	dhcp(&l, "10.0.1.1", "ext1", 100);
	dhcp(&l, "10.0.2.1", "ext2", 200);
	lab_apply(&l, "bg");
	/* What we wrote at metric 100 is not the news; 200 is. */
	dhcp(&l, "10.0.2.254", "ext2", 200);
	resync(&l);
	IS(&l, V4, 1002, "0: 10.0.2.254@2");
	IS(&l, V4, MAIN, "100: 10.0.2.254@2; 200: 10.0.2.254@2");
	assert_int_equal(resync(&l), 0);
	lab_apply(&l, "gg");
	IS(&l, V4, MAIN, "100: 10.0.1.1@1; 200: 10.0.2.254@2");
	lab_free(&l);
}

static void
withdrawn_line_is_renumbered_by_a_replace(void **state)
{
	struct lab l;

	(void)state;
	init(&l, 2, CONF_WITHDRAW);
	dhcp(&l, "10.0.1.1", "ext1", 100);
	dhcp(&l, "10.0.2.1", "ext2", 200);
	lab_apply(&l, "bg");
	address(&l, "ext1", "10.7.0.2/24", NULL);
	dhcp(&l, "10.7.0.1", "ext1", 100);
	address(&l, "ext1", NULL, "10.0.1.2/24");
	resync(&l);
	IS(&l, V4, 1001, "0: 10.7.0.1@1");
	IS(&l, V4, MAIN, "100: 10.0.2.1@2; 200: 10.0.2.1@2");
	assert_int_equal(resync(&l), 0);
	lab_apply(&l, "gg");
	IS(&l, V4, MAIN, "100: 10.7.0.1@1; 200: 10.0.2.1@2");
	assert_int_equal(resync(&l), 0);
	assert_int_equal(warnings, 0);
	lab_free(&l);
}

static void
withdrawn_gateway_changes_within_its_network(void **state)
{
	struct lab l;

	(void)state;
	init(&l, 2, CONF_WITHDRAW);
	dhcp(&l, "10.0.1.1", "ext1", 100);
	dhcp(&l, "10.0.2.1", "ext2", 200);
	lab_apply(&l, "bg");
	dhcp(&l, "10.0.1.254", "ext1", 100);
	resync(&l);
	IS(&l, V4, 1001, "0: 10.0.1.254@1");
	IS(&l, V4, MAIN, "100: 10.0.2.1@2; 200: 10.0.2.1@2");
	lab_apply(&l, "gg");
	IS(&l, V4, MAIN, "100: 10.0.1.254@1; 200: 10.0.2.1@2");
	lab_free(&l);
}

/* An interface that was made anew often gets another metric. */
static void
withdrawn_line_is_renumbered_elsewhere(void **state)
{
	struct lab l;

	(void)state;
	init(&l, 2, CONF_WITHDRAW);
	dhcp(&l, "10.0.1.1", "ext1", 100);
	dhcp(&l, "10.0.2.1", "ext2", 200);
	lab_apply(&l, "bg");
	address(&l, "ext1", "10.7.0.2/24", "10.0.1.2/24");
	dhcp(&l, "10.7.0.1", "ext1", 150);
	resync(&l);
	IS(&l, V4, 1001, "0: 10.7.0.1@1");
	assert_int_equal(resync(&l), 0);
	lab_apply(&l, "gg");
	/* Its hop of R has followed it. */
	IS(&l, V4, MAIN, "100: 10.7.0.1@1; 150: 10.7.0.1@1; "
	    "200: 10.0.2.1@2");
	assert_int_equal(resync(&l), 0);
	assert_int_equal(warnings, 0);
	lab_free(&l);
}

static void
withdrawn_of_three_is_renumbered_in_one_route(void **state)
{
	struct net_route r;
	struct lab l;

	(void)state;
	init(&l, 3, CONF_WITHDRAW);
	admin_sets(&l, 0, "1*22*33*4");
	lab_apply(&l, "gbg");
	IS(&l, V4, MAIN, "0: 10.0.1.1@1*2 10.0.3.1@3*4");
	/* The administrator's script writes it whole again. */
	address(&l, "ext2", "10.8.0.2/24", "10.0.2.2/24");
	r = fake_route(V4, MAIN, 0);
	fake_hop(&r, "10.0.1.1", 1, 2);
	fake_hop(&r, "10.8.0.1", 2, 3);
	fake_hop(&r, "10.0.3.1", 3, 4);
	assert_int_equal(fake_route_replace(l.hand, &r), 0);
	resync(&l);
	IS(&l, V4, 1002, "0: 10.8.0.1@2");
	IS(&l, V4, MAIN, "0: 10.0.1.1@1*2 10.0.3.1@3*4");
	lab_apply(&l, "ggg");
	IS(&l, V4, MAIN, "0: 10.0.1.1@1*2 10.8.0.1@2*3 10.0.3.1@3*4");
	assert_int_equal(resync(&l), 0);
	lab_free(&l);
}

static void
withdraw_default_dropped_with_its_link_comes_back(void **state)
{
	struct lab l;

	(void)state;
	init(&l, 1, CONF_WITHDRAW);
	dhcp(&l, "10.0.1.1", "ext1", 100);
	lab_apply(&l, "g");
	assert_int_equal(fake_link_admin(l.hand, "ext1", false), 0);
	resync(&l);
	IS(&l, V4, MAIN, "");
	assert_int_equal(fake_link_admin(l.hand, "ext1", true), 0);
	resync(&l);
	IS(&l, V4, MAIN, "100: 10.0.1.1@1");
	resync(&l);
	IS(&l, V4, 1001, "0: 10.0.1.1@1");
	lab_free(&l);
}

/* ---- router advertisements ---- */

static void
ra_gateway_is_copied_and_its_route_untouched(void **state)
{
	struct lab l;

	(void)state;
	init(&l, 2, CONF_OVERRIDE);
	advertised(&l, "fe80::1", "ext1");
	advertised(&l, "fe80::2", "ext2");
	lab_apply(&l, "gg");
	IS(&l, V6, 1001, "1024: fe80::1@1");
	IS(&l, V6, 1002, "1024: fe80::2@2");
	lab_apply(&l, "bg");
	IS(&l, V6, 1000, "1024: fe80::2@2");
	IS(&l, V6, MAIN, "1024ra: fe80::1@1; 1024ra: fe80::2@2");
	assert_string_equal(way(&l, V6, NULL, NULL, 0), "ext2");
	assert_int_equal(resync(&l), 0);
	/* The router has been replaced. */
	gone(&l, V6, 1024);
	gone(&l, V6, 1024);
	advertised(&l, "fe80::1", "ext1");
	advertised(&l, "fe80::22", "ext2");
	resync(&l);
	IS(&l, V6, 1002, "1024: fe80::22@2");
	IS(&l, V6, 1000, "1024: fe80::22@2");
	assert_int_equal(warnings, 0);
	lab_free(&l);
}

static void
ra_gateway_is_kept_while_a_global_address_is(void **state)
{
	struct lab l;

	(void)state;
	init(&l, 2, CONF_OVERRIDE);
	address(&l, "ext1", "fe80::2/64", NULL);
	advertised(&l, "fe80::1", "ext1");
	lab_apply(&l, "gg");
	gone(&l, V6, 1024);
	assert_int_equal(fake_addr_usable(l.hand, "ext1",
	    "2001:db8:1::2/64", true), 0);
	resync(&l);
	IS(&l, V6, 1001, "1024: fe80::1@1");
	assert_int_equal(fake_addr_usable(l.hand, "ext1",
	    "2001:db8:1::2/64", false), 0);
	resync(&l);
	IS(&l, V6, 1001, "");
	lab_free(&l);
}

static void
ra_default_is_outranked_never_replaced(void **state)
{
	struct lab l;

	(void)state;
	init(&l, 2, CONF_WITHDRAW);
	advertised(&l, "fe80::1", "ext1");
	advertised(&l, "fe80::2", "ext2");
	lab_apply(&l, "gg");
	IS(&l, V6, MAIN, "1024ra: fe80::1@1; 1024ra: fe80::2@2");
	lab_apply(&l, "bg");
	IS(&l, V6, MAIN,
	    "1023: fe80::2@2; 1024ra: fe80::1@1; 1024ra: fe80::2@2");
	assert_string_equal(way(&l, V6, NULL, NULL, 0), "ext2");
	assert_int_equal(resync(&l), 0);
	/* We die: until a plan is known it stays. */
	lab_crash(&l);
	assert_int_equal(resync(&l), 0);
	lab_apply(&l, "gg");
	IS(&l, V6, MAIN, "1024ra: fe80::1@1; 1024ra: fe80::2@2");
	assert_int_equal(resync(&l), 0);
	assert_int_equal(access(l.saved, F_OK), -1);
	assert_false(fake_ever_defaultless(l.hand, V6));
	assert_int_equal(warnings, 0);
	lab_free(&l);
}

static void
ra_default_that_expires_leaves_ours_until_it_returns(void **state)
{
	struct lab l;

	(void)state;
	init(&l, 2, CONF_WITHDRAW);
	advertised(&l, "fe80::1", "ext1");
	dhcp(&l, "2001:db8:2::1", "ext2", 2000);
	lab_apply(&l, "gg");
	lab_apply(&l, "bg");
	IS(&l, V6, MAIN, "1023: 2001:db8:2::1@2; 1024ra: fe80::1@1; "
	    "2000: 2001:db8:2::1@2");
	gone(&l, V6, 2000);
	gone(&l, V6, 1024);
	resync(&l);
	IS(&l, V6, MAIN, "1023: 2001:db8:2::1@2");
	lab_apply(&l, "gg");
	assert_string_equal(way(&l, V6, NULL, NULL, 0), "ext2");
	/* Nothing of ours stays before it. */
	advertised(&l, "fe80::1", "ext1");
	resync(&l);
	IS(&l, V6, MAIN, "1024ra: fe80::1@1");
	lab_apply(&l, "bg");
	resync(&l);
	router_remove(l.router, &l.res);
	IS(&l, V6, MAIN, "1024ra: fe80::1@1");
	assert_int_equal(rules(&l, V6), 0);
	assert_false(fake_ever_defaultless(l.hand, V6));
	lab_free(&l);
}

static void
ra_default_beside_a_static_one_of_its_metric(void **state)
{
	struct net_route r;
	struct lab l;

	(void)state;
	init(&l, 2, CONF_WITHDRAW);
	r = single(&l, V6, "2001:db8:1::1", "ext1", 1024, 4);
	assert_int_equal(fake_route_add(l.hand, &r), 0);
	r = single(&l, V6, "2001:db8:2::1", "ext2", 3000, 4);
	assert_int_equal(fake_route_add(l.hand, &r), 0);
	lab_apply(&l, "bg");
	IS(&l, V6, MAIN, "1024: 2001:db8:2::1@2; 3000: 2001:db8:2::1@2");
	/* The static one gets its own back; ours stands before both. */
	advertised(&l, "fe80::1", "ext1");
	resync(&l);
	resync(&l);
	IS(&l, V6, MAIN, "1023: 2001:db8:2::1@2; 1024: 2001:db8:1::1@1; "
	    "1024ra: fe80::1@1; 3000: 2001:db8:2::1@2");
	assert_int_equal(resync(&l), 0);
	lab_apply(&l, "gg");
	IS(&l, V6, MAIN, "1024: 2001:db8:1::1@1; 1024ra: fe80::1@1; "
	    "3000: 2001:db8:2::1@2");
	lab_free(&l);
}

static void
ra_default_with_fixed_gateways_is_outranked_too(void **state)
{
	struct lab l;
	size_t i;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	for (i = 0; i < 2; i++)
		l.t.uplinks[i].gateway[NET_V6] = addr_of(i == 0 ? "fe80::1" :
		    "fe80::2");
	advertised(&l, "fe80::1", "ext1");
	lab_apply(&l, "bg");
	IS(&l, V6, MAIN, "1023: fe80::2@2; 1024ra: fe80::1@1");
	/* Another method finds it, and has no use for it. */
	l.t.conf.routing.method = CONF_OVERRIDE;
	lab_crash(&l);
	lab_apply(&l, "gg");
	IS(&l, V6, MAIN, "1024ra: fe80::1@1");
	lab_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(withdrawn_line_keeps_its_gateway),
		cmocka_unit_test(withdrawn_substitute_is_no_gateway),
		cmocka_unit_test(withdrawn_line_is_renumbered_by_a_replace),
		cmocka_unit_test(withdrawn_gateway_changes_within_its_network),
		cmocka_unit_test(withdrawn_line_is_renumbered_elsewhere),
		cmocka_unit_test(withdrawn_of_three_is_renumbered_in_one_route),
		cmocka_unit_test(
		    withdraw_default_dropped_with_its_link_comes_back),
		cmocka_unit_test(ra_gateway_is_copied_and_its_route_untouched),
		cmocka_unit_test(ra_gateway_is_kept_while_a_global_address_is),
		cmocka_unit_test(ra_default_is_outranked_never_replaced),
		cmocka_unit_test(
		    ra_default_that_expires_leaves_ours_until_it_returns),
		cmocka_unit_test(ra_default_beside_a_static_one_of_its_metric),
		cmocka_unit_test(
		    ra_default_with_fixed_gateways_is_outranked_too),
	};

	return cmocka_run_group_tests_name("want_renumber", tests, NULL, NULL);
}
