/* SPDX-License-Identifier: ISC */
/*
 * Routes of the simulated kernel: it must forget, refuse and tell as the real
 * one does (tests/lab/sys_check.c asks that one the same questions).
 */
#include "tests/unit/test_sys_fake.h"

#include <errno.h>

/* ---- what becomes of routes ---- */

static void
ipv4_single_vanishes_silently_with_its_link(void **state)
{
	struct kernel *k = *state;
	struct net_route r = one(k, AF_INET, FAKE_TABLE_MAIN, 0);

	assert_int_equal(fake_route_add(k->hand, &r), 0);
	(void)heard(k, 0);
	assert_int_equal(fake_link_admin(k->hand, "ext1", false), 0);
	assert_int_equal(routes(k, AF_INET, 0, &r), 0);
	assert_int_equal(heard(k, SYS_NOTICE_ROUTE), 0);
	assert_int_equal(fake_link_admin(k->hand, "ext1", true), 0);
	assert_int_equal(routes(k, AF_INET, 0, &r), 0);
}

static void
ipv4_single_vanishes_silently_with_last_address(void **state)
{
	struct kernel *k = *state;
	struct net_route r = one(k, AF_INET, FAKE_TABLE_MAIN, 0);

	assert_int_equal(fake_addr_add(k->hand, "ext1", "10.0.9.2/24"), 0);
	assert_int_equal(fake_route_add(k->hand, &r), 0);
	assert_int_equal(fake_addr_del(k->hand, "ext1", "10.0.1.2/24"), 0);
	assert_int_equal(routes(k, AF_INET, 0, &r), 1);
	(void)heard(k, 0);
	assert_int_equal(fake_addr_del(k->hand, "ext1", "10.0.9.2/24"), 0);
	assert_int_equal(routes(k, AF_INET, 0, &r), 0);
	assert_int_equal(heard(k, SYS_NOTICE_ROUTE), 0);
}

static void
ipv4_multipath_survives_with_dead_hop(void **state)
{
	struct kernel *k = *state;
	struct net_route r = both(k, AF_INET, FAKE_TABLE_MAIN, 0);

	assert_int_equal(fake_route_add(k->hand, &r), 0);
	assert_int_equal(fake_link_admin(k->hand, "ext1", false), 0);
	assert_int_equal(routes(k, AF_INET, 0, &r), 1);
	assert_int_equal(r.nhops, 2);
	assert_true(r.hops[0].dead);
	assert_false(r.hops[1].dead);
	assert_string_equal(way(k, AF_INET, NULL, NULL, 0), "ext2");
	assert_int_equal(fake_link_admin(k->hand, "ext1", true), 0);
	assert_int_equal(routes(k, AF_INET, 0, &r), 1);
	assert_false(r.hops[0].dead);
	assert_string_equal(way(k, AF_INET, NULL, NULL, 0), "ext1+ext2");
}

static void
ipv4_multipath_dead_hop_lives_with_new_address(void **state)
{
	struct kernel *k = *state;
	struct net_route r = both(k, AF_INET, FAKE_TABLE_MAIN, 0);

	assert_int_equal(fake_route_add(k->hand, &r), 0);
	assert_int_equal(fake_addr_del(k->hand, "ext1", "10.0.1.2/24"), 0);
	assert_string_equal(way(k, AF_INET, NULL, NULL, 0), "ext2");
	assert_int_equal(fake_link_admin(k->hand, "ext1", false), 0);
	assert_int_equal(fake_addr_add(k->hand, "ext1", "10.0.7.2/24"), 0);
	assert_string_equal(way(k, AF_INET, NULL, NULL, 0), "ext2");
	assert_int_equal(fake_addr_del(k->hand, "ext1", "10.0.7.2/24"), 0);
	assert_int_equal(fake_link_admin(k->hand, "ext1", true), 0);
	assert_int_equal(fake_addr_add(k->hand, "ext1", "10.0.7.2/24"), 0);
	assert_string_equal(way(k, AF_INET, NULL, NULL, 0), "ext1+ext2");
}

static void
ipv4_multipath_goes_when_all_hops_are_dead(void **state)
{
	struct kernel *k = *state;
	struct net_route r = both(k, AF_INET, FAKE_TABLE_MAIN, 0);

	assert_int_equal(fake_route_add(k->hand, &r), 0);
	(void)heard(k, 0);
	assert_int_equal(fake_link_admin(k->hand, "ext1", false), 0);
	assert_int_equal(fake_link_admin(k->hand, "ext2", false), 0);
	assert_int_equal(routes(k, AF_INET, 0, &r), 0);
	assert_int_equal(heard(k, SYS_NOTICE_ROUTE), 0);
}

static void
ipv4_multipath_goes_whole_with_a_deleted_link(void **state)
{
	struct kernel *k = *state;
	struct net_route r = both(k, AF_INET, FAKE_TABLE_MAIN, 0);

	assert_int_equal(fake_route_add(k->hand, &r), 0);
	(void)heard(k, 0);
	assert_int_equal(fake_link_del(k->hand, "ext2"), 0);
	assert_int_equal(routes(k, AF_INET, 0, &r), 0);
	assert_int_equal(heard(k, SYS_NOTICE_ROUTE), 0);
}

static void
ipv4_route_goes_loudly_with_its_source(void **state)
{
	struct kernel *k = *state;
	struct net_route r = one(k, AF_INET, FAKE_TABLE_MAIN, 0);

	assert_int_equal(net_addr_parse("10.0.1.9", &r.prefsrc), 0);
	assert_int_equal(fake_route_add(k->hand, &r), -EINVAL);
	assert_int_equal(fake_addr_add(k->hand, "ext1", "10.0.1.9/24"), 0);
	assert_int_equal(fake_route_add(k->hand, &r), 0);
	(void)heard(k, 0);
	assert_int_equal(fake_addr_del(k->hand, "ext1", "10.0.1.9/24"), 0);
	assert_int_equal(routes(k, AF_INET, 0, &r), 0);
	assert_int_equal(heard(k, SYS_NOTICE_ROUTE), 1);
}

static void
carrier_loss_marks_but_deletes_nothing(void **state)
{
	struct kernel *k = *state;
	static const int families[] = { AF_INET, AF_INET6 };
	struct net_route r;
	size_t i;

	for (i = 0; i < 2; i++) {
		r = both(k, families[i], FAKE_TABLE_MAIN, 0);
		assert_int_equal(fake_route_add(k->hand, &r), 0);
	}
	(void)heard(k, 0);
	assert_int_equal(fake_link_carrier(k->hand, "ext1", false), 0);
	for (i = 0; i < 2; i++) {
		assert_int_equal(routes(k, families[i], 0, &r), 1);
		assert_true(r.hops[0].dead);
		assert_false(r.hops[1].dead);
		/* Packets still go there: nothing but uplinkd helps. */
		assert_string_equal(way(k, families[i], NULL, NULL, 0),
		    "ext1+ext2");
	}
	assert_int_equal(heard(k, 0), 1);
	assert_int_equal(fake_link_carrier(k->hand, "ext1", true), 0);
	assert_int_equal(routes(k, AF_INET, 0, &r), 1);
	assert_false(r.hops[0].dead);
}

static void
ipv6_single_goes_loudly_with_its_link(void **state)
{
	struct kernel *k = *state;
	struct net_route r = one(k, AF_INET6, FAKE_TABLE_MAIN, 0);

	assert_int_equal(fake_route_add(k->hand, &r), 0);
	assert_int_equal(fake_addr_del(k->hand, "ext1", "2001:db8:1::2/64"),
	    0);
	assert_int_equal(routes(k, AF_INET6, 0, &r), 1);
	(void)heard(k, 0);
	assert_int_equal(fake_link_admin(k->hand, "ext1", false), 0);
	assert_int_equal(routes(k, AF_INET6, 0, &r), 0);
	assert_int_equal(heard(k, SYS_NOTICE_ROUTE), 1);
}

static void
ipv6_multipath_loses_hops_of_a_deleted_link(void **state)
{
	struct kernel *k = *state;
	struct net_route r = both(k, AF_INET6, FAKE_TABLE_MAIN, 0);

	assert_int_equal(fake_route_add(k->hand, &r), 0);
	(void)heard(k, 0);
	assert_int_equal(fake_link_del(k->hand, "ext2"), 0);
	assert_int_equal(heard(k, SYS_NOTICE_ROUTE), 1);
	assert_int_equal(routes(k, AF_INET6, 0, &r), 1);
	assert_int_equal(r.nhops, 1);
	assert_int_equal(r.hops[0].index, k->ext1);
}

static void
ipv6_multipath_down_up_keeps_both_hops(void **state)
{
	struct kernel *k = *state;
	struct net_route r = both(k, AF_INET6, FAKE_TABLE_MAIN, 0);

	assert_int_equal(fake_route_add(k->hand, &r), 0);
	(void)heard(k, 0);
	assert_int_equal(fake_link_admin(k->hand, "ext1", false), 0);
	assert_int_equal(heard(k, SYS_NOTICE_ROUTE), 0);
	assert_string_equal(way(k, AF_INET6, NULL, NULL, 0), "ext2");
	assert_int_equal(fake_link_admin(k->hand, "ext1", true), 0);
	assert_string_equal(way(k, AF_INET6, NULL, NULL, 0), "ext1+ext2");
}

/* ---- writing routes ---- */

static void
route_with_bad_hop_is_refused(void **state)
{
	static const struct {
		int		family;
		const char	*via;
		bool		onlink, down;
		int		index;		/* 1, 2: ext1, ext2 */
		int		rc;
	} rows[] = {
		{ AF_INET, "10.0.1.1", false, false, 1, 0 },
		{ AF_INET, "10.0.1.1", false, false, 0, 0 },
		{ AF_INET, "10.0.1.1", false, false, 2, -ENETUNREACH },
		{ AF_INET, "10.9.9.9", false, false, 1, -ENETUNREACH },
		{ AF_INET, "10.9.9.9", true, false, 1, 0 },
		{ AF_INET, "10.0.1.1", false, true, 1, -ENETUNREACH },
		{ AF_INET, "10.0.1.1", true, true, 1, -ENETDOWN },
		{ AF_INET, NULL, false, true, 1, -ENETDOWN },
		{ AF_INET, NULL, false, false, 1, 0 },
		{ AF_INET, "10.0.1.1", false, false, 99, -ENETUNREACH },
		{ AF_INET, "10.0.1.1", true, false, 99, -ENODEV },
		{ AF_INET, NULL, false, false, 99, -ENODEV },
		{ AF_INET6, "2001:db8:1::1", false, false, 1, 0 },
		{ AF_INET6, "2001:db8:1::1", false, false, 2,
		  -EHOSTUNREACH },
		{ AF_INET6, "2001:db8:9::1", false, false, 1,
		  -EHOSTUNREACH },
		{ AF_INET6, "2001:db8:9::1", true, false, 1, 0 },
		{ AF_INET6, "2001:db8:1::1", false, true, 1,
		  -EHOSTUNREACH },
		{ AF_INET6, "2001:db8:1::1", true, true, 1, -ENETDOWN },
		{ AF_INET6, "fe80::1", false, false, 1, 0 },
		{ AF_INET6, "fe80::1", false, false, 0, -EINVAL },
		{ AF_INET6, "fe80::1", false, true, 1, -ENETDOWN },
		{ AF_INET6, NULL, false, true, 1, -ENETDOWN },
		{ AF_INET6, "fe80::1", false, false, 99, -ENODEV },
	};
	struct kernel *k = *state;
	struct net_route r, seen;
	size_t i;
	int index;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tear_down(state);
		set_up(state);
		k = *state;
		index = rows[i].index == 1 ? k->ext1 :
		    rows[i].index == 2 ? k->ext2 : rows[i].index;
		r = fake_route(rows[i].family, TABLE, 7);
		fake_hop(&r, rows[i].via, index, 1);
		r.hops[0].onlink = rows[i].onlink;
		if (rows[i].down)
			fake_link_admin(k->hand, "ext1", false);
		if (sys_route_set(k->sys, &r) != rows[i].rc)
			fail_msg("row %zu", i);
		assert_int_equal(routes(k, rows[i].family, TABLE, &seen),
		    rows[i].rc == 0);
	}
}

static void
route_with_one_bad_hop_is_refused_whole(void **state)
{
	struct kernel *k = *state;
	struct net_route good = one(k, AF_INET, TABLE, 0), bad, seen;

	assert_int_equal(sys_route_set(k->sys, &good), 0);
	bad = both(k, AF_INET, TABLE, 0);
	assert_int_equal(fake_link_admin(k->hand, "ext2", false), 0);
	assert_int_equal(sys_route_set(k->sys, &bad), -ENETUNREACH);
	assert_int_equal(routes(k, AF_INET, TABLE, &seen), 1);
	assert_true(net_route_eq(&seen, &good));
}

static void
gateway_behind_onlink_default_is_taken(void **state)
{
	struct kernel *k = *state;
	struct net_route r = fake_route(AF_INET, FAKE_TABLE_MAIN, 5);

	fake_hop(&r, NULL, k->ext1, 1);
	assert_int_equal(fake_route_add(k->hand, &r), 0);
	r = fake_route(AF_INET, FAKE_TABLE_MAIN, 0);
	fake_hop(&r, "9.9.9.9", k->ext1, 1);
	assert_int_equal(fake_route_add(k->hand, &r), 0);
	r.hops[0].index = k->ext2;
	assert_int_equal(fake_route_replace(k->hand, &r), -ENETUNREACH);
}

static void
set_replaces_same_table_and_metric_only(void **state)
{
	struct kernel *k = *state;
	struct net_route r = one(k, AF_INET, TABLE, 0), seen;

	assert_int_equal(sys_route_set(k->sys, &r), 0);
	r.metric = 5;
	assert_int_equal(sys_route_set(k->sys, &r), 0);
	r.table = TABLE + 1;
	assert_int_equal(sys_route_set(k->sys, &r), 0);
	r = both(k, AF_INET, TABLE, 0);
	assert_int_equal(sys_route_set(k->sys, &r), 0);
	assert_int_equal(routes(k, AF_INET, TABLE, &seen), 2);
	assert_true(net_route_eq(&seen, &r));
	assert_int_equal(routes(k, AF_INET, 0, &seen), 3);
}

static void
ipv4_replace_hits_the_first_of_its_key(void **state)
{
	struct kernel *k = *state;
	struct net_route a = one(k, AF_INET, TABLE, 5), b, seen, *list;
	size_t n;

	b = fake_route(AF_INET, TABLE, 5);
	fake_hop(&b, "10.0.2.1", k->ext2, 1);
	assert_int_equal(fake_route_add(k->hand, &a), 0);
	assert_int_equal(fake_route_add(k->hand, &b), -EEXIST);
	assert_int_equal(fake_route_append(k->hand, &b), 0);
	assert_int_equal(fake_route_append(k->hand, &b), -EEXIST);
	assert_int_equal(sys_route_set(k->sys, &b), -EEXIST);
	assert_int_equal(sys_route_set(k->sys, &a), 0);
	a.protocol = SYS_PROTO_OURS;
	assert_int_equal(sys_route_set(k->sys, &a), 0);
	assert_int_equal(sys_routes(k->sys, AF_INET, TABLE, &list, &n), 0);
	assert_int_equal(n, 2);
	assert_true(net_route_eq(&list[0], &a));
	assert_true(net_route_eq(&list[1], &b));
	free(list);
	assert_int_equal(sys_route_del(k->sys, &a), 0);
	assert_int_equal(routes(k, AF_INET, TABLE, &seen), 1);
	assert_true(net_route_eq(&seen, &b));
}

static void
ipv6_append_joins_and_replace_takes_all(void **state)
{
	struct kernel *k = *state;
	struct net_route a = one(k, AF_INET6, TABLE, 0), b, seen;

	b = fake_route(AF_INET6, TABLE, 0);
	fake_hop(&b, "2001:db8:2::1", k->ext2, 1);
	assert_int_equal(fake_route_add(k->hand, &a), 0);
	assert_int_equal(fake_route_append(k->hand, &b), 0);
	assert_int_equal(fake_route_append(k->hand, &b), -EEXIST);
	assert_int_equal(routes(k, AF_INET6, TABLE, &seen), 1);
	assert_int_equal(seen.nhops, 2);
	assert_int_equal(seen.metric, 1024);
	/* One without gateway stands beside them, and is not replaced. */
	a = fake_route(AF_INET6, TABLE, 0);
	fake_hop(&a, NULL, k->ext2, 1);
	assert_int_equal(fake_route_append(k->hand, &a), 0);
	assert_int_equal(sys_route_set(k->sys, &b), 0);
	assert_int_equal(routes(k, AF_INET6, TABLE, &seen), 2);
	assert_int_equal(seen.nhops, 1);
	assert_int_equal(seen.hops[0].index, k->ext2);
	assert_int_equal(seen.hops[0].via.family, AF_INET6);
}

static void
ipv6_replace_hits_its_own_sort_first(void **state)
{
	struct kernel *k = *state;
	struct net_route bare = fake_route(AF_INET6, TABLE, 0), r, *list;
	size_t n;

	fake_hop(&bare, NULL, k->ext2, 1);
	r = one(k, AF_INET6, TABLE, 0);
	assert_int_equal(fake_route_add(k->hand, &bare), 0);
	assert_int_equal(fake_route_append(k->hand, &r), 0);
	r = both(k, AF_INET6, TABLE, 1024);
	assert_int_equal(sys_route_set(k->sys, &r), 0);
	assert_int_equal(sys_routes(k->sys, AF_INET6, TABLE, &list, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(list[0].hops[0].via.family, 0);
	assert_true(net_route_eq(&list[1], &r));
	free(list);
}

static void
ipv6_twin_hops_are_refused(void **state)
{
	struct kernel *k = *state;
	struct net_route r = one(k, AF_INET6, TABLE, 0);

	fake_hop(&r, "2001:db8:1::1", k->ext1, 1);
	assert_int_equal(sys_route_set(k->sys, &r), -EEXIST);
	r = one(k, AF_INET, TABLE, 0);
	fake_hop(&r, "10.0.1.1", k->ext1, 1);
	assert_int_equal(sys_route_set(k->sys, &r), 0);
}

static void
written_route_is_read_as_written(void **state)
{
	struct kernel *k = *state;
	struct net_route r = both(k, AF_INET, TABLE, 3), seen;

	r.protocol = SYS_PROTO_OURS;
	r.hops[1].weight = 256;
	r.extra_len = 8;
	memcpy(r.extra, "\x08\x00\x0b\x00\x01\x02\x03\x04", 8);
	assert_int_equal(sys_route_set(k->sys, &r), 0);
	assert_int_equal(routes(k, AF_INET, TABLE, &seen), 1);
	assert_true(net_route_eq(&seen, &r));
	r.hops[1].weight = 257;
	assert_int_equal(sys_route_set(k->sys, &r), -EINVAL);
	r.hops[1].weight = 1;
	r.opaque = true;
	assert_int_equal(sys_route_set(k->sys, &r), -EOPNOTSUPP);
}

static void
del_names_table_metric_and_protocol(void **state)
{
	struct kernel *k = *state;
	struct net_route r = one(k, AF_INET, TABLE, 5), other, seen;

	r.protocol = SYS_PROTO_OURS;
	assert_int_equal(sys_route_set(k->sys, &r), 0);
	other = r;
	other.protocol = FAKE_PROTO_STATIC;
	assert_int_equal(sys_route_del(k->sys, &other), -ESRCH);
	other = r;
	other.metric = 6;
	assert_int_equal(sys_route_del(k->sys, &other), -ESRCH);
	other = r;
	other.table++;
	assert_int_equal(sys_route_del(k->sys, &other), -ESRCH);
	other = r;
	other.protocol = 0;
	assert_int_equal(sys_route_del(k->sys, &other), -EINVAL);
	/* The hops do not matter. */
	other = r;
	other.hops[0].index = k->ext2;
	assert_int_equal(sys_route_del(k->sys, &other), 0);
	assert_int_equal(routes(k, AF_INET, TABLE, &seen), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(ipv4_single_vanishes_silently_with_its_link),
		CASE(ipv4_single_vanishes_silently_with_last_address),
		CASE(ipv4_multipath_survives_with_dead_hop),
		CASE(ipv4_multipath_dead_hop_lives_with_new_address),
		CASE(ipv4_multipath_goes_when_all_hops_are_dead),
		CASE(ipv4_multipath_goes_whole_with_a_deleted_link),
		CASE(ipv4_route_goes_loudly_with_its_source),
		CASE(carrier_loss_marks_but_deletes_nothing),
		CASE(ipv6_single_goes_loudly_with_its_link),
		CASE(ipv6_multipath_loses_hops_of_a_deleted_link),
		CASE(ipv6_multipath_down_up_keeps_both_hops),
		CASE(route_with_bad_hop_is_refused),
		CASE(route_with_one_bad_hop_is_refused_whole),
		CASE(gateway_behind_onlink_default_is_taken),
		CASE(set_replaces_same_table_and_metric_only),
		CASE(ipv4_replace_hits_the_first_of_its_key),
		CASE(ipv6_append_joins_and_replace_takes_all),
		CASE(ipv6_replace_hits_its_own_sort_first),
		CASE(ipv6_twin_hops_are_refused),
		CASE(written_route_is_read_as_written),
		CASE(del_names_table_metric_and_protocol),
	};

	return cmocka_run_group_tests_name("sys_fake_route", tests, NULL, NULL);
}
