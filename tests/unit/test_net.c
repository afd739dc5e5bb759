/* SPDX-License-Identifier: ISC */
/* Addresses, routes and rules as values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sys/socket.h>

#include <errno.h>

#include "lib/net.h"

static struct net_addr
addr(const char *text)
{
	struct net_addr a;

	assert_int_equal(net_addr_parse(text, &a), 0);
	return a;
}

static void
net_addr_round_trips(void **state)
{
	static const char *const good[] = { "192.0.2.1", "0.0.0.0",
	    "2001:db8::1", "fe80::1", "::" };
	char buf[NET_ADDR_TEXT];
	struct net_addr a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		a = addr(good[i]);
		assert_string_equal(net_addr_text(&a, buf), good[i]);
		assert_true(net_addr_eq(&a, &a));
	}
}

static void
net_addr_refuses_what_is_none(void **state)
{
	static const char *const bad[] = { "", "1.2.3", "1.2.3.4.5",
	    "1.2.3.256", "01.2.3.4x", "host", "fe80::1%eth0", "2001:::1",
	    "192.0.2.1/24", " 192.0.2.1" };
	struct net_addr a = { .family = 99 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(net_addr_parse(bad[i], &a), -EINVAL);
	assert_int_equal(a.family, 99);
}

static void
net_addr_text_of_none_is_a_dash(void **state)
{
	struct net_addr none = { .family = 0 };
	char buf[NET_ADDR_TEXT];

	(void)state;
	assert_string_equal(net_addr_text(&none, buf), "-");
	none.family = 99;
	assert_string_equal(net_addr_text(&none, buf), "-");
}

static void
net_fam_and_family_are_each_others(void **state)
{
	(void)state;
	assert_int_equal(net_fam(AF_INET), NET_V4);
	assert_int_equal(net_fam(AF_INET6), NET_V6);
	assert_int_equal(net_family(NET_V4), AF_INET);
	assert_int_equal(net_family(NET_V6), AF_INET6);
}

static void
net_addr_eq_minds_family(void **state)
{
	struct net_addr a = addr("0.0.0.0"), b = addr("::"),
	    none = { .family = 0 };

	(void)state;
	assert_false(net_addr_eq(&a, &b));
	assert_false(net_addr_eq(&a, &none));
	assert_true(net_addr_eq(&none, &none));
}

static void
net_linklocal_is_told(void **state)
{
	struct net_addr a = addr("fe80::1"), b = addr("fec0::1"),
	    c = addr("169.254.1.1"), d = addr("169.253.1.1"),
	    e = addr("febf:ffff::1"), f = addr("a9fe::1"),
	    none = { .family = 0 };

	(void)state;
	assert_true(net_addr_linklocal(&a));
	assert_false(net_addr_linklocal(&b));
	assert_true(net_addr_linklocal(&c));
	assert_false(net_addr_linklocal(&d));
	assert_true(net_addr_linklocal(&e));
	assert_false(net_addr_linklocal(&f));
	assert_false(net_addr_linklocal(&none));
}

static void
net_ifaddr_covers_its_prefix(void **state)
{
	static const struct {
		const char	*own, *peer;
		unsigned	bits;
		const char	*addr;
		bool		covers;
	} rows[] = {
		{ "192.0.2.9", NULL, 24, "192.0.2.1", true },
		{ "192.0.2.9", NULL, 24, "192.0.3.1", false },
		{ "192.0.2.9", NULL, 29, "192.0.2.14", true },
		{ "192.0.2.9", NULL, 29, "192.0.2.16", false },
		{ "192.0.2.9", NULL, 32, "192.0.2.9", true },
		{ "192.0.2.9", NULL, 32, "192.0.2.8", false },
		{ "192.0.2.9", NULL, 0, "10.0.0.1", true },
		{ "192.0.2.9", NULL, 0, "2001:db8::1", false },
		{ "192.0.2.9", "10.0.0.1", 32, "10.0.0.1", true },
		{ "192.0.2.9", "10.0.0.1", 24, "192.0.2.1", false },
		{ "2001:db8::9", NULL, 64, "2001:db8::1", true },
		{ "2001:db8::9", NULL, 64, "2001:db8:0:1::1", false },
		{ "fe80::9", NULL, 64, "fe80::1", true },
		{ "fe80::9", NULL, 128, "fe80::8", false },
	};
	struct net_ifaddr a;
	struct net_addr to;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&a, 0, sizeof(a));
		a.addr = addr(rows[i].own);
		if (rows[i].peer != NULL)
			a.peer = addr(rows[i].peer);
		a.prefixlen = rows[i].bits;
		to = addr(rows[i].addr);
		if (net_ifaddr_covers(&a, &to) != rows[i].covers)
			fail_msg("%s/%u and %s", rows[i].own, rows[i].bits,
			    rows[i].addr);
	}
}

static void
net_addr_within_compares_the_bits_of_the_network(void **state)
{
	struct net_addr net = addr("10.1.32.0"), six = addr("2001:db8:9::");
	struct net_addr a = addr("10.1.63.255"), b = addr("10.1.64.0");
	struct net_addr c = addr("2001:db8:9:ffff::1");

	(void)state;
	assert_true(net_addr_within(&a, &net, 19));
	assert_false(net_addr_within(&b, &net, 19));
	assert_false(net_addr_within(&a, &net, 20));
	assert_true(net_addr_within(&b, &net, 0));
	assert_true(net_addr_within(&net, &net, 32));
	assert_false(net_addr_within(&c, &net, 0));
	assert_true(net_addr_within(&c, &six, 48));
	assert_false(net_addr_within(&c, &six, 49));
}

static void
net_addr_prefix_has_no_bit_beyond_its_length(void **state)
{
	struct net_addr net = addr("10.1.32.0"), six = addr("2001:db8:9::");
	struct net_addr any = addr("0.0.0.0");

	(void)state;
	assert_true(net_addr_is_prefix(&net, 19));
	assert_false(net_addr_is_prefix(&net, 18));
	assert_true(net_addr_is_prefix(&net, 32));
	assert_false(net_addr_is_prefix(&net, 33));
	assert_true(net_addr_is_prefix(&any, 0));
	assert_true(net_addr_is_prefix(&six, 48));
	assert_false(net_addr_is_prefix(&six, 47));
	assert_true(net_addr_is_prefix(&six, 128));
	assert_false(net_addr_is_prefix(&six, 129));
}

static void
net_ifname_refuses_hostile_names(void **state)
{
	static const char *const bad[] = { "", "-rf", ".hidden", "$(id)",
	    ";reboot", "a b", "a/b", "sixteen-bytes-xx", "a'b", "\xc3\xa9" };
	static const char *const good[] = { "re0", "eth0.100", "ppp-1",
	    "fifteen-bytes-x" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(net_ifname_ok(bad[i]));
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(net_ifname_ok(good[i]));
}

static struct net_route
two_hops(void)
{
	struct net_route r = { .family = AF_INET, .table = 254,
	    .metric = 100, .protocol = 4, .type = 1, .nhops = 2 };

	r.hops[0] = (struct net_hop){ .via = addr("10.0.1.1"), .index = 2,
	    .weight = 1 };
	r.hops[1] = (struct net_hop){ .via = addr("10.0.2.1"), .index = 3,
	    .weight = 2 };
	return r;
}

static void
net_route_eq_is_about_content(void **state)
{
	struct net_route a = two_hops(), b = two_hops();

	(void)state;
	b.hops[0] = a.hops[1];
	b.hops[1] = a.hops[0];
	b.hops[0].dead = true;
	assert_true(net_route_eq(&a, &b));
	b.hops[0].weight = 3;
	assert_false(net_route_eq(&a, &b));
	/* The same hop twice is not the same set. */
	b = two_hops();
	b.hops[1] = b.hops[0];
	assert_false(net_route_eq(&a, &b));
	assert_false(net_route_eq(&b, &a));
	b = two_hops();
	b.metric = 0;
	assert_false(net_route_eq(&a, &b));
	b = two_hops();
	b.prefsrc = addr("10.0.1.2");
	assert_false(net_route_eq(&a, &b));
	b = two_hops();
	b.extra_len = 4;
	assert_false(net_route_eq(&a, &b));
}

/* Each case changes one thing that makes another route, rule or hop. */
#define DIFFERS(eq, a, change) do {					\
	b = (a);							\
	assert_true(eq(&(a), &b));					\
	b.change;							\
	assert_false(eq(&(a), &b));					\
	assert_false(eq(&b, &(a)));					\
} while (0)

static void
net_route_eq_minds_every_attribute(void **state)
{
	struct net_route a = two_hops(), b;

	(void)state;
	a.extra_len = 8;
	DIFFERS(net_route_eq, a, family = AF_INET6);
	DIFFERS(net_route_eq, a, table++);
	DIFFERS(net_route_eq, a, metric++);
	DIFFERS(net_route_eq, a, protocol++);
	DIFFERS(net_route_eq, a, scope++);
	DIFFERS(net_route_eq, a, type++);
	DIFFERS(net_route_eq, a, tos++);
	DIFFERS(net_route_eq, a, prefsrc = addr("10.0.1.2"));
	DIFFERS(net_route_eq, a, nhops--);
	DIFFERS(net_route_eq, a, extra_len = 4);
	DIFFERS(net_route_eq, a, extra[7] = 1);
}

static void
net_hop_eq_minds_all_but_dead(void **state)
{
	struct net_hop a = two_hops().hops[0], b;

	(void)state;
	DIFFERS(net_hop_eq, a, index++);
	DIFFERS(net_hop_eq, a, weight++);
	DIFFERS(net_hop_eq, a, onlink = true);
	DIFFERS(net_hop_eq, a, via = addr("10.0.1.3"));
	DIFFERS(net_hop_eq, a, via.family = 0);
	b = a;
	b.dead = true;
	assert_true(net_hop_eq(&a, &b));
}

static void
net_rule_eq_minds_every_selector(void **state)
{
	struct net_rule a = { .family = AF_INET, .priority = 5,
	    .table = 7, .oif = "ext1", .suppress_prefixlen = -1 }, b;

	(void)state;
	DIFFERS(net_rule_eq, a, family = AF_INET6);
	DIFFERS(net_rule_eq, a, priority++);
	DIFFERS(net_rule_eq, a, table++);
	DIFFERS(net_rule_eq, a, protocol++);
	DIFFERS(net_rule_eq, a, oif[3] = '2');
	DIFFERS(net_rule_eq, a, oif[0] = '\0');
	DIFFERS(net_rule_eq, a, from = addr("10.0.0.1"));
	DIFFERS(net_rule_eq, a, from_len = 24);
	DIFFERS(net_rule_eq, a, ipproto = 6);
	DIFFERS(net_rule_eq, a, dport[0] = 443);
	DIFFERS(net_rule_eq, a, dport[1] = 443);
	DIFFERS(net_rule_eq, a, unreachable = true);
	DIFFERS(net_rule_eq, a, mark = 1);
	DIFFERS(net_rule_eq, a, mask = 1);
	DIFFERS(net_rule_eq, a, suppress_prefixlen = 0);
	DIFFERS(net_rule_eq, a, foreign = true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(net_addr_round_trips),
		cmocka_unit_test(net_addr_refuses_what_is_none),
		cmocka_unit_test(net_addr_text_of_none_is_a_dash),
		cmocka_unit_test(net_fam_and_family_are_each_others),
		cmocka_unit_test(net_addr_eq_minds_family),
		cmocka_unit_test(net_linklocal_is_told),
		cmocka_unit_test(net_ifaddr_covers_its_prefix),
		cmocka_unit_test(
		    net_addr_within_compares_the_bits_of_the_network),
		cmocka_unit_test(net_addr_prefix_has_no_bit_beyond_its_length),
		cmocka_unit_test(net_ifname_refuses_hostile_names),
		cmocka_unit_test(net_route_eq_is_about_content),
		cmocka_unit_test(net_route_eq_minds_every_attribute),
		cmocka_unit_test(net_hop_eq_minds_all_but_dead),
		cmocka_unit_test(net_rule_eq_minds_every_selector),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
