/* SPDX-License-Identifier: ISC */
/*
 * The simulated kernel: by which route a bound socket sends, whether an answer
 * is let in, and addresses of point-to-point links.  tests/lab/sys_check_find.c
 * asks the real one the same.
 */
#include "tests/unit/test_sys_fake.h"

#include <errno.h>

static int
find(const struct kernel *k, const char *dst, int index, struct net_route *r)
{
	struct net_addr a;

	assert_int_equal(net_addr_parse(dst, &a), 0);
	return sys_route_find(k->sys, &a, index, r);
}

static int
reply(const struct kernel *k, const char *src, const char *dst, int index)
{
	struct net_addr s, d;

	assert_int_equal(net_addr_parse(src, &s), 0);
	assert_int_equal(net_addr_parse(dst, &d), 0);
	return sys_reply_check(k->sys, &s, &d, index);
}

static void
rule_for_device(const struct kernel *k, int family)
{
	struct net_rule r = fake_rule(family, 100, TABLE);

	strcpy(r.oif, "ext1");
	assert_int_equal(fake_rule_add(k->hand, &r), 0);
}

static void
find_without_route_by_the_device_is_unreachable(void **state)
{
	struct kernel *k = *state;
	struct net_route r = fake_route(AF_INET, FAKE_TABLE_MAIN, 0);

	fake_hop(&r, "10.0.2.1", k->ext2, 1);
	assert_int_equal(fake_route_add(k->hand, &r), 0);
	assert_int_equal(find(k, "192.0.2.9", k->ext1, &r), -ENETUNREACH);
	assert_int_equal(find(k, "2001:db8:9::9", k->ext1, &r),
	    -ENETUNREACH);
	assert_int_equal(find(k, "192.0.2.9", k->ext2, &r), 0);
	assert_int_equal(find(k, "192.0.2.9", 99, &r), -ENODEV);
	assert_int_equal(find(k, "192.0.2.9", 0, &r), -EINVAL);
	fake_fail_next(k->hand, FAKE_FIND, -ENOMEM);
	assert_int_equal(find(k, "192.0.2.9", k->ext2, &r), -ENOMEM);
}

static void
find_in_the_uplinks_table_shows_its_gateway(void **state)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct kernel *k = *state;
	struct net_route r;
	struct net_addr gw;
	size_t i;

	for (i = 0; i < 2; i++) {
		r = one(k, families[i], TABLE, 7);
		r.protocol = SYS_PROTO_OURS;
		assert_int_equal(fake_route_add(k->hand, &r), 0);
		rule_for_device(k, families[i]);
		assert_int_equal(find(k, i == 0 ? "192.0.2.9" :
		    "2001:db8:9::9", k->ext1, &r), 0);
		assert_int_equal(r.table, TABLE);
		assert_int_equal(r.protocol, SYS_PROTO_OURS);
		assert_int_equal(r.metric, 7);
		assert_int_equal(r.nhops, 1);
		assert_int_equal(net_addr_parse(i == 0 ? "10.0.1.1" :
		    "2001:db8:1::1", &gw), 0);
		assert_true(net_addr_eq(&r.hops[0].via, &gw));
	}
}

static void
find_takes_of_several_hops_the_one_by_the_device(void **state)
{
	struct kernel *k = *state;
	struct net_route r = both(k, AF_INET, FAKE_TABLE_MAIN, 0);

	assert_int_equal(fake_route_add(k->hand, &r), 0);
	assert_int_equal(find(k, "192.0.2.9", k->ext2, &r), 0);
	assert_int_equal(r.nhops, 1);
	assert_int_equal(r.hops[0].index, k->ext2);
	assert_int_equal(r.hops[0].via.bytes[2], 2);
	assert_int_equal(r.hops[1].index, 0);
}

static void
find_of_a_neighbour_has_no_gateway(void **state)
{
	struct kernel *k = *state;
	struct net_route r;

	assert_int_equal(find(k, "10.0.1.9", k->ext1, &r), 0);
	assert_int_equal(r.nhops, 1);
	assert_int_equal(r.hops[0].via.family, 0);
	assert_int_equal(r.hops[0].index, k->ext1);
	assert_int_equal(r.protocol, 2);
	/* Its network is by the other device. */
	assert_int_equal(find(k, "10.0.1.9", k->ext2, &r), -ENETUNREACH);
}

static void
reply_is_dropped_by_the_strict_filter_only(void **state)
{
	struct kernel *k = *state;
	struct net_route r = fake_route(AF_INET, FAKE_TABLE_MAIN, 0);
	struct net_rule rule = fake_rule(AF_INET, 100, TABLE);

	fake_hop(&r, "10.0.2.1", k->ext2, 1);
	assert_int_equal(fake_route_add(k->hand, &r), 0);
	assert_int_equal(reply(k, "192.0.2.9", "10.0.1.2", k->ext1), 0);
	fake_rp_filter(k->hand, "ext1", 1);
	assert_int_equal(reply(k, "192.0.2.9", "10.0.1.2", k->ext1),
	    -EXDEV);
	assert_int_equal(reply(k, "192.0.2.9", "10.0.2.2", k->ext2), 0);
	assert_int_equal(reply(k, "2001:db8:9::9", "2001:db8:1::2",
	    k->ext1), 0);
	fake_rp_filter(k->hand, "ext1", 2);
	assert_int_equal(reply(k, "192.0.2.9", "10.0.1.2", k->ext1), 0);
	/* The rule for its own address leads back by the same line. */
	fake_rp_filter(k->hand, "ext1", 1);
	r = one(k, AF_INET, TABLE, 0);
	assert_int_equal(fake_route_add(k->hand, &r), 0);
	assert_int_equal(net_addr_parse("10.0.1.2", &rule.from), 0);
	assert_int_equal(fake_rule_add(k->hand, &rule), 0);
	assert_int_equal(reply(k, "192.0.2.9", "10.0.1.2", k->ext1), 0);
}

static void
reply_loose_filter_wants_any_way_back(void **state)
{
	struct kernel *k = *state;

	fake_rp_filter(k->hand, "ext1", 2);
	assert_int_equal(reply(k, "192.0.2.9", "10.0.1.2", k->ext1),
	    -EXDEV);
	assert_int_equal(reply(k, "10.0.2.9", "10.0.1.2", k->ext1), 0);
	assert_int_equal(reply(k, "192.0.2.9", "10.0.1.2", 99), -ENODEV);
	assert_int_equal(reply(k, "192.0.2.9", "2001:db8:1::2", k->ext1),
	    -EINVAL);
	fake_fail_next(k->hand, FAKE_REPLY, -ENOMEM);
	assert_int_equal(reply(k, "10.0.2.9", "10.0.1.2", k->ext1),
	    -ENOMEM);
}

static void
peer_is_shown_and_its_prefix_counts(void **state)
{
	struct kernel *k = *state;
	struct net_route r = fake_route(AF_INET, FAKE_TABLE_MAIN, 0);
	struct net_addr own, far;
	struct net_ifaddr *a;
	size_t n;
	int ppp;

	assert_int_equal(fake_link_add(k->hand, "ppp0", &ppp), 0);
	assert_int_equal(fake_addr_add(k->hand, "ppp0",
	    "10.7.0.2 peer 10.6.0.1/32"), 0);
	assert_int_equal(fake_addr_add(k->hand, "ppp0", "10.7.0.2 peer x/32"),
	    -EINVAL);
	assert_int_equal(fake_addr_add(k->hand, "ppp0",
	    "10.7.0.2 peer 2001:db8::1/32"), -EINVAL);
	assert_int_equal(net_addr_parse("10.7.0.2", &own), 0);
	assert_int_equal(net_addr_parse("10.6.0.1", &far), 0);
	assert_int_equal(sys_addrs(k->sys, &a, &n), 0);
	assert_true(net_addr_eq(&a[n - 1].addr, &own));
	assert_true(net_addr_eq(&a[n - 1].peer, &far));
	assert_int_equal(a[0].peer.family, 0);
	free(a);
	fake_hop(&r, "10.6.0.1", ppp, 1);
	assert_int_equal(fake_route_replace(k->hand, &r), 0);
	assert_int_equal(find(k, "10.6.0.1", ppp, &r), 0);
	assert_int_equal(r.hops[0].via.family, 0);
	assert_int_equal(fake_addr_del(k->hand, "ppp0",
	    "10.7.0.2 peer 10.6.0.1/32"), 0);
	assert_int_equal(fake_addr_add(k->hand, "ppp0",
	    "10.7.0.2 peer 10.7.0.2/32"), 0);
	assert_int_equal(sys_addrs(k->sys, &a, &n), 0);
	assert_int_equal(a[n - 1].peer.family, 0);
	free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(find_without_route_by_the_device_is_unreachable),
		CASE(find_in_the_uplinks_table_shows_its_gateway),
		CASE(find_takes_of_several_hops_the_one_by_the_device),
		CASE(find_of_a_neighbour_has_no_gateway),
		CASE(reply_is_dropped_by_the_strict_filter_only),
		CASE(reply_loose_filter_wants_any_way_back),
		CASE(peer_is_shown_and_its_prefix_counts),
	};

	return cmocka_run_group_tests_name("sys_fake_find", tests, NULL,
	    NULL);
}
