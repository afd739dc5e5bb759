/* SPDX-License-Identifier: ISC */
/*
 * The simulated kernel: links, addresses, rules, lookups, notices, faults.
 * Routes are in test_sys_fake_route.c.
 */
#include "tests/unit/test_sys_fake.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* ---- links and addresses ---- */

static void
link_made_anew_has_another_index(void **state)
{
	struct kernel *k = *state;
	struct net_link *links;
	size_t n;
	int again;

	assert_int_equal(fake_link_add(k->hand, "ext2", NULL), -EEXIST);
	assert_int_equal(fake_link_del(k->hand, "ext2"), 0);
	assert_int_equal(fake_link_del(k->hand, "ext2"), -ENODEV);
	assert_int_equal(fake_link_index(k->hand, "ext2"), 0);
	assert_int_equal(fake_link_add(k->hand, "ext2", &again), 0);
	assert_true(again > k->ext2);
	assert_int_equal(sys_links(k->sys, &links, &n), 0);
	assert_int_equal(n, 2);
	assert_string_equal(links[1].name, "ext2");
	assert_int_equal(links[1].index, again);
	assert_true(links[1].up && links[1].carrier);
	free(links);
}

static void
link_renamed_keeps_index_and_routes(void **state)
{
	struct kernel *k = *state;
	struct net_route r = one(k, AF_INET, FAKE_TABLE_MAIN, 0);

	assert_int_equal(fake_route_add(k->hand, &r), 0);
	assert_int_equal(fake_link_rename(k->hand, "ext1", "ext2"), -EEXIST);
	assert_int_equal(fake_link_rename(k->hand, "ext1", "dsl"), 0);
	assert_int_equal(fake_link_index(k->hand, "dsl"), k->ext1);
	assert_string_equal(way(k, AF_INET, NULL, NULL, 0), "dsl");
}

static void
link_down_shows_no_carrier(void **state)
{
	struct kernel *k = *state;
	struct net_link *links;
	size_t n;

	assert_int_equal(fake_link_admin(k->hand, "ext1", false), 0);
	assert_int_equal(sys_links(k->sys, &links, &n), 0);
	assert_false(links[0].up || links[0].carrier);
	free(links);
	assert_int_equal(fake_link_admin(k->hand, "ext1", true), 0);
	assert_int_equal(sys_links(k->sys, &links, &n), 0);
	assert_true(links[0].up && links[0].carrier);
	free(links);
	assert_int_equal(fake_link_admin(k->hand, "none", true), -ENODEV);
	assert_int_equal(fake_link_carrier(k->hand, "none", true), -ENODEV);
}

static void
link_down_takes_ipv6_addresses_only(void **state)
{
	struct kernel *k = *state;
	struct net_ifaddr *addrs;
	size_t n, i;

	(void)heard(k, 0);
	assert_int_equal(fake_link_admin(k->hand, "ext1", false), 0);
	assert_int_equal(heard(k, SYS_NOTICE_ADDR), 1);
	assert_int_equal(sys_addrs(k->sys, &addrs, &n), 0);
	assert_int_equal(n, 3);
	for (i = 0; i < n; i++)
		if (addrs[i].index == k->ext1)
			assert_int_equal(addrs[i].addr.family, AF_INET);
	free(addrs);
}

static void
address_text_is_checked(void **state)
{
	struct kernel *k = *state;

	assert_int_equal(fake_addr_add(k->hand, "ext1", "10.0.1.2"), -EINVAL);
	assert_int_equal(fake_addr_add(k->hand, "ext1", "10.0.1.2/33"),
	    -EINVAL);
	assert_int_equal(fake_addr_add(k->hand, "ext1", "x/24"), -EINVAL);
	assert_int_equal(fake_addr_add(k->hand, "ext9", "10.0.1.2/24"),
	    -ENODEV);
	assert_int_equal(fake_addr_add(k->hand, "ext1", "10.0.1.2/24"),
	    -EEXIST);
	assert_int_equal(fake_addr_del(k->hand, "ext1", "10.0.1.3/24"),
	    -EADDRNOTAVAIL);
}

static void
address_unusable_is_shown_so(void **state)
{
	struct kernel *k = *state;
	struct net_ifaddr *addrs;
	size_t n;

	assert_int_equal(fake_addr_usable(k->hand, "ext1", "10.0.1.2/24",
	    false), 0);
	assert_int_equal(sys_addrs(k->sys, &addrs, &n), 0);
	assert_int_equal(n, 4);
	assert_false(addrs[0].usable);
	assert_true(addrs[1].usable && addrs[1].global);
	assert_int_equal(addrs[0].prefixlen, 24);
	free(addrs);
}

/* ---- rules and lookups ---- */

static void
rules_are_sorted_and_found_again(void **state)
{
	struct kernel *k = *state;
	struct net_rule r = fake_rule(AF_INET, 30000, FAKE_TABLE_MAIN), *list;
	size_t n;

	r.suppress_prefixlen = 0;
	assert_int_equal(sys_rule_add(k->sys, &r), 0);
	assert_int_equal(sys_rule_add(k->sys, &r), -EEXIST);
	assert_int_equal(sys_rules(k->sys, AF_INET, &list, &n), 0);
	assert_int_equal(n, 4);
	assert_int_equal(list[0].table, FAKE_TABLE_LOCAL);
	assert_true(net_rule_eq(&list[1], &r));
	assert_int_equal(list[2].priority, 32766);
	free(list);
	assert_int_equal(sys_rules(k->sys, AF_INET6, &list, &n), 0);
	assert_int_equal(n, 2);
	free(list);
	assert_int_equal(sys_rule_del(k->sys, &r), 0);
	assert_int_equal(sys_rule_del(k->sys, &r), -ENOENT);
	r.foreign = true;
	assert_int_equal(sys_rule_add(k->sys, &r), -EOPNOTSUPP);
}

static void
lookup_follows_rules_as_uplinkd_sets_them(void **state)
{
	struct kernel *k = *state;
	struct net_route r = both(k, AF_INET, FAKE_TABLE_MAIN, 0);
	struct net_rule rule = fake_rule(AF_INET, 30000, FAKE_TABLE_MAIN);

	assert_int_equal(fake_route_add(k->hand, &r), 0);
	r = fake_route(AF_INET, TABLE, 0);
	fake_hop(&r, "10.0.2.1", k->ext2, 1);
	assert_int_equal(sys_route_set(k->sys, &r), 0);
	rule.suppress_prefixlen = 0;
	assert_int_equal(sys_rule_add(k->sys, &rule), 0);
	rule = fake_rule(AF_INET, 30001, TABLE);
	memcpy(rule.oif, "ext2", 5);
	assert_int_equal(sys_rule_add(k->sys, &rule), 0);
	rule = fake_rule(AF_INET, 30002, TABLE);
	assert_int_equal(net_addr_parse("10.0.2.2", &rule.from), 0);
	assert_int_equal(sys_rule_add(k->sys, &rule), 0);
	rule = fake_rule(AF_INET, 30003, TABLE);
	rule.mark = 0x200;
	rule.mask = 0xf00;
	assert_int_equal(sys_rule_add(k->sys, &rule), 0);
	assert_string_equal(way(k, AF_INET, NULL, NULL, 0), "ext1+ext2");
	assert_string_equal(way(k, AF_INET, "ext2", NULL, 0), "ext2");
	assert_string_equal(way(k, AF_INET, NULL, "10.0.2.2", 0), "ext2");
	assert_string_equal(way(k, AF_INET, NULL, "10.0.1.2", 0),
	    "ext1+ext2");
	assert_string_equal(way(k, AF_INET, NULL, NULL, 0x5200), "ext2");
	assert_string_equal(way(k, AF_INET, NULL, NULL, 0x300), "ext1+ext2");
	assert_string_equal(way(k, AF_INET6, NULL, NULL, 0), "none");
}

/* ext1 for clients of 10.9.7.0/24 alone; to ports 443 and 444 of others, too. */
static void
lookup_of_client_goes_by_network_protocol_and_port(void **state)
{
	struct kernel *k = *state;
	struct net_route r = both(k, AF_INET, FAKE_TABLE_MAIN, 0);
	struct net_rule rule = fake_rule(AF_INET, 30004, TABLE);
	struct fake_packet p = { .family = AF_INET };
	char buf[80];

	assert_int_equal(fake_route_add(k->hand, &r), 0);
	rule.from_len = 24;
	assert_int_equal(net_addr_parse("10.9.7.0", &rule.from), 0);
	assert_int_equal(sys_rule_add(k->sys, &rule), 0);
	rule.unreachable = true;
	assert_int_equal(sys_rule_add(k->sys, &rule), -EINVAL);
	rule.priority++;
	rule.table = 0;
	assert_int_equal(sys_rule_add(k->sys, &rule), 0);
	rule = fake_rule(AF_INET, 30006, TABLE);
	rule.ipproto = 6;
	rule.dport[0] = 443;
	rule.dport[1] = 444;
	assert_int_equal(sys_rule_add(k->sys, &rule), 0);

	/* The table is empty: refused, not let through to main. */
	assert_string_equal(way(k, AF_INET, NULL, "10.9.7.255", 0), "none");
	assert_string_equal(way(k, AF_INET, NULL, "10.9.8.0", 0),
	    "ext1+ext2");
	r = fake_route(AF_INET, TABLE, 0);
	fake_hop(&r, "10.0.1.1", k->ext1, 1);
	assert_int_equal(sys_route_set(k->sys, &r), 0);
	assert_string_equal(way(k, AF_INET, NULL, "10.9.7.255", 0), "ext1");
	for (p.ipproto = 6; p.ipproto <= 17; p.ipproto += 11)
		for (p.dport = 442; p.dport <= 445; p.dport++)
			assert_string_equal(fake_lookup_text(k->hand, &p, buf,
			    sizeof(buf)), p.ipproto == 6 && p.dport != 442 &&
			    p.dport != 445 ? "ext1" : "ext1+ext2");

	rule = fake_rule(AF_INET, 30004, TABLE);
	rule.from_len = 25;
	assert_int_equal(net_addr_parse("10.9.7.0", &rule.from), 0);
	assert_int_equal(sys_rule_del(k->sys, &rule), -ENOENT);
	rule.from_len = 24;
	assert_int_equal(sys_rule_del(k->sys, &rule), 0);
	assert_string_equal(way(k, AF_INET, NULL, "10.9.7.1", 0), "none");
}

static void
lookup_of_override_comes_before_main(void **state)
{
	struct kernel *k = *state;
	struct net_route r = both(k, AF_INET, FAKE_TABLE_MAIN, 0);
	struct net_rule rule = fake_rule(AF_INET, 30004, 1000);

	assert_int_equal(fake_route_add(k->hand, &r), 0);
	assert_int_equal(sys_rule_add(k->sys, &rule), 0);
	/* An empty table falls through. */
	assert_string_equal(way(k, AF_INET, NULL, NULL, 0), "ext1+ext2");
	r = fake_route(AF_INET, 1000, 0);
	fake_hop(&r, "10.0.2.1", k->ext2, 1);
	assert_int_equal(sys_route_set(k->sys, &r), 0);
	assert_string_equal(way(k, AF_INET, NULL, NULL, 0), "ext2");
	r.type = 7;
	r.nhops = 0;
	assert_int_equal(sys_route_set(k->sys, &r), 0);
	assert_string_equal(way(k, AF_INET, NULL, NULL, 0), "none");
	r.type = 9;
	assert_int_equal(sys_route_set(k->sys, &r), 0);
	assert_string_equal(way(k, AF_INET, NULL, NULL, 0), "ext1+ext2");
}

static void
lookup_takes_the_lowest_metric_that_serves(void **state)
{
	struct kernel *k = *state;
	struct net_route r = one(k, AF_INET, FAKE_TABLE_MAIN, 5);
	struct fake_packet p = { .family = AF_INET, .oif = "none" };
	struct fake_way w;

	assert_int_equal(fake_route_add(k->hand, &r), 0);
	r = fake_route(AF_INET, FAKE_TABLE_MAIN, 1);
	fake_hop(&r, "10.0.2.1", k->ext2, 1);
	assert_int_equal(fake_route_add(k->hand, &r), 0);
	assert_string_equal(way(k, AF_INET, NULL, NULL, 0), "ext2");
	assert_string_equal(way(k, AF_INET, "ext1", NULL, 0), "ext1");
	assert_int_equal(fake_lookup(k->hand, &p, &w), -ENODEV);
	p.oif = NULL;
	assert_int_equal(fake_lookup(k->hand, &p, &w), 0);
	assert_int_equal(w.metric, 1);
	assert_int_equal(w.table, FAKE_TABLE_MAIN);
	assert_false(w.connected);
	assert_int_equal(net_addr_parse("10.0.1.77", &p.to), 0);
	assert_int_equal(fake_lookup(k->hand, &p, &w), 0);
	assert_true(w.connected);
	assert_int_equal(w.hops[0].index, k->ext1);
}

/* ---- notices, faults, the log ---- */

static void
notices_come_to_others_but_not_of_own_writes(void **state)
{
	struct kernel *k = *state;
	struct net_route r = one(k, AF_INET, TABLE, 0);
	struct net_rule rule = fake_rule(AF_INET, 100, TABLE);
	struct pollfd p = { .fd = k->fd, .events = POLLIN };
	struct sys *other;
	struct sys_notice n;
	int fd;

	assert_int_equal(heard(k, 0), 0);
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_int_equal(sys_open(&other), 0);
	assert_int_equal(sys_watch(other, SYS_WATCH_ROUTES, &fd), 0);
	assert_int_equal(sys_route_set(k->sys, &r), 0);
	assert_int_equal(sys_rule_add(k->sys, &rule), 0);
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_int_equal(sys_watch_next(other, &n), 1);
	assert_true(n.kind == SYS_NOTICE_ROUTE && !n.gone &&
	    n.family == AF_INET && n.link.index == k->ext1);
	assert_int_equal(sys_watch_next(other, &n), 1);
	assert_true(n.kind == SYS_NOTICE_RULE);
	assert_int_equal(sys_watch_next(other, &n), 0);
	assert_int_equal(fake_link_del(k->hand, "ext2"), 0);
	assert_int_equal(sys_watch_next(other, &n), 0);
	sys_close(&other);
	assert_int_equal(poll(&p, 1, 0), 1);
	while (sys_watch_next(k->sys, &n) == 1)
		fd = n.link.index;
	assert_int_equal(fd, k->ext2);
	assert_true(n.kind == SYS_NOTICE_LINK && n.gone);
	assert_string_equal(n.link.name, "ext2");
	assert_int_equal(poll(&p, 1, 0), 0);
}

static void
notices_beyond_the_bound_are_lost(void **state)
{
	struct kernel *k = *state;
	struct pollfd p = { .fd = k->fd, .events = POLLIN };
	int i;

	fake_notices_max(k->sys, 3);
	for (i = 0; i < 5; i++)
		assert_int_equal(fake_link_carrier(k->hand, "ext1",
		    i % 2 != 0), 0);
	assert_int_equal(heard(k, 0), -ENOBUFS);
	assert_int_equal(heard(k, 0), 3);
	assert_int_equal(heard(k, 0), 0);
	fake_overrun(k->hand);
	assert_int_equal(poll(&p, 1, 0), 1);
	assert_int_equal(heard(k, 0), -ENOBUFS);
	assert_int_equal(heard(k, 0), 0);
	assert_int_equal(poll(&p, 1, 0), 0);
}

static void
fault_hits_the_call_it_was_set_for(void **state)
{
	struct kernel *k = *state;
	struct net_route r = one(k, AF_INET, TABLE, 0), seen, *list;
	size_t n;

	fake_fail_nth(k->hand, FAKE_ROUTE_SET, 2, -ENOBUFS);
	assert_int_equal(sys_route_set(k->sys, &r), 0);
	r.metric = 9;
	assert_int_equal(sys_route_set(k->sys, &r), -ENOBUFS);
	assert_int_equal(routes(k, AF_INET, TABLE, &seen), 1);
	assert_int_equal(sys_route_set(k->sys, &r), 0);
	fake_fail_next(k->hand, FAKE_ROUTES, -ETIMEDOUT);
	assert_int_equal(sys_routes(k->sys, AF_INET, 0, &list, &n),
	    -ETIMEDOUT);
	assert_null(list);
	assert_int_equal(routes(k, AF_INET, 0, &seen), 2);
	fake_fail_all(k->hand, FAKE_ROUTE_DEL, -EPERM);
	assert_int_equal(sys_route_del(k->sys, &r), -EPERM);
	assert_int_equal(sys_route_del(k->sys, &r), -EPERM);
	fake_fail_all(k->hand, FAKE_ROUTE_DEL, 0);
	assert_int_equal(sys_route_del(k->sys, &r), 0);
	assert_int_equal(fake_calls(k->hand, FAKE_ROUTE_DEL), 3);
}

static void
log_holds_what_was_written_in_order(void **state)
{
	struct kernel *k = *state;
	struct net_route r = one(k, AF_INET, TABLE, 0);
	const struct fake_write *w;
	size_t i;

	assert_int_equal(fake_route_add(k->hand, &r), 0);
	assert_int_equal(fake_write_count(k->hand), 0);
	assert_int_equal(sys_route_set(k->sys, &r), 0);
	r.hops[0].index = 99;
	assert_int_equal(sys_route_set(k->sys, &r), -ENETUNREACH);
	assert_int_equal(fake_writes(k->hand), 1);
	assert_int_equal(fake_attempts(k->hand), 2);
	w = fake_write_at(k->hand, 1);
	assert_non_null(w);
	assert_true(w->op == FAKE_ROUTE_SET && w->err == -ENETUNREACH &&
	    w->route.hops[0].index == 99);
	assert_null(fake_write_at(k->hand, 2));
	r.hops[0].index = k->ext1;
	for (i = 0; i < FAKE_LOG_MAX; i++) {
		r.metric = (uint32_t)i + 10;
		assert_int_equal(sys_route_set(k->sys, &r), 0);
	}
	assert_int_equal(fake_write_count(k->hand), FAKE_LOG_MAX);
	assert_int_equal(fake_write_at(k->hand, 0)->route.metric, 10);
	assert_int_equal(fake_write_at(k->hand, FAKE_LOG_MAX - 1)->route.metric,
	    FAKE_LOG_MAX + 9);
	fake_writes_clear(k->hand);
	assert_int_equal(fake_writes(k->hand), 0);
	assert_null(fake_write_at(k->hand, 0));
}

static void
defaultless_only_after_our_own_write(void **state)
{
	struct kernel *k = *state;
	struct net_route r = one(k, AF_INET, FAKE_TABLE_MAIN, 0), seen;

	assert_int_equal(fake_route_add(k->hand, &r), 0);
	assert_int_equal(fake_route_del(k->hand, &r), 0);
	assert_int_equal(fake_route_add(k->hand, &r), 0);
	assert_int_equal(fake_link_admin(k->hand, "ext1", false), 0);
	assert_int_equal(routes(k, AF_INET, 0, &seen), 0);
	assert_false(fake_ever_defaultless(k->hand, AF_INET));
	assert_int_equal(fake_link_admin(k->hand, "ext1", true), 0);
	assert_int_equal(fake_route_add(k->hand, &r), 0);
	assert_int_equal(sys_route_set(k->sys, &r), 0);
	assert_false(fake_ever_defaultless(k->hand, AF_INET));
	assert_int_equal(sys_route_del(k->sys, &r), 0);
	assert_true(fake_ever_defaultless(k->hand, AF_INET));
	assert_false(fake_ever_defaultless(k->hand, AF_INET6));
}

static void
defaultless_when_a_rule_hides_main(void **state)
{
	struct kernel *k = *state;
	struct net_route r = one(k, AF_INET6, FAKE_TABLE_MAIN, 0);
	struct net_rule rule = fake_rule(AF_INET6, 100, TABLE);

	assert_int_equal(fake_route_add(k->hand, &r), 0);
	r = fake_route(AF_INET6, TABLE, 0);
	r.type = 7;
	assert_int_equal(sys_route_set(k->sys, &r), 0);
	assert_false(fake_ever_defaultless(k->hand, AF_INET6));
	assert_int_equal(sys_rule_add(k->sys, &rule), 0);
	assert_true(fake_ever_defaultless(k->hand, AF_INET6));
}

static void
defaultless_when_main_is_emptied_behind_an_override(void **state)
{
	struct kernel *k = *state;
	struct net_route r = one(k, AF_INET, 1000, 0);
	struct net_rule rule = fake_rule(AF_INET, 100, 1000);

	assert_int_equal(fake_rule_add(k->hand, &rule), 0);
	assert_int_equal(fake_route_add(k->hand, &r), 0);
	r = one(k, AF_INET, FAKE_TABLE_MAIN, 0);
	assert_int_equal(fake_route_add(k->hand, &r), 0);
	assert_int_equal(sys_route_del(k->sys, &r), 0);
	assert_string_equal(way(k, AF_INET, NULL, NULL, 0), "ext1");
	assert_true(fake_ever_defaultless(k->hand, AF_INET));
}

/* ---- handles, echo sockets ---- */

static void
handles_share_the_chosen_kernel_only(void **state)
{
	struct kernel *k = *state;
	struct net_link *links;
	struct sys *s;
	size_t n;

	fake_fail_next(k->hand, FAKE_OPEN, -EMFILE);
	assert_int_equal(sys_open(&s), -EMFILE);
	assert_null(s);
	fake_use(NULL);
	assert_int_equal(sys_open(&s), 0);
	assert_int_equal(sys_links(s, &links, &n), 0);
	assert_int_equal(n, 0);
	free(links);
	/* A kernel outlives any one handle. */
	sys_close(&s);
	assert_null(s);
	sys_close(&s);
	fake_use(k->hand);
	assert_int_equal(sys_open(&s), 0);
	sys_close(&k->hand);
	k->hand = s;
	assert_int_equal(fake_link_index(s, "ext1"), k->ext1);
}

static void
icmp_socket_reaches_its_peer(void **state)
{
	struct kernel *k = *state;
	char buf[16];
	int fd = -1, peer;

	assert_int_equal(sys_icmp_open(AF_INET, "none", 1, &fd), -ENODEV);
	assert_int_equal(sys_icmp_open(AF_INET, "", 1, &fd), -ENODEV);
	assert_int_equal(sys_icmp_open(AF_UNIX, "ext1", 1, &fd),
	    -EAFNOSUPPORT);
	fake_fail_next(k->hand, FAKE_ICMP, -EMFILE);
	assert_int_equal(sys_icmp_open(AF_INET, "ext1", 1, &fd), -EMFILE);
	assert_int_equal(fd, -1);
	assert_int_equal(fake_icmp_peer(), -1);
	assert_int_equal(sys_icmp_open(AF_INET, "ext1", 1, &fd), 0);
	peer = fake_icmp_peer();
	assert_true(peer >= 0);
	assert_int_equal(fake_icmp_peer(), -1);
	assert_int_equal(send(fd, "echo", 4, 0), 4);
	assert_int_equal(recv(peer, buf, sizeof(buf), 0), 4);
	assert_memory_equal(buf, "echo", 4);
	assert_int_equal(recv(fd, buf, sizeof(buf), 0), -1);
	assert_int_equal(errno, EAGAIN);
	close(fd);
	close(peer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(link_made_anew_has_another_index),
		CASE(link_renamed_keeps_index_and_routes),
		CASE(link_down_shows_no_carrier),
		CASE(link_down_takes_ipv6_addresses_only),
		CASE(address_text_is_checked),
		CASE(address_unusable_is_shown_so),
		CASE(rules_are_sorted_and_found_again),
		CASE(lookup_follows_rules_as_uplinkd_sets_them),
		CASE(lookup_of_client_goes_by_network_protocol_and_port),
		CASE(lookup_of_override_comes_before_main),
		CASE(lookup_takes_the_lowest_metric_that_serves),
		CASE(notices_come_to_others_but_not_of_own_writes),
		CASE(notices_beyond_the_bound_are_lost),
		CASE(fault_hits_the_call_it_was_set_for),
		CASE(log_holds_what_was_written_in_order),
		CASE(defaultless_only_after_our_own_write),
		CASE(defaultless_when_a_rule_hides_main),
		CASE(defaultless_when_main_is_emptied_behind_an_override),
		CASE(handles_share_the_chosen_kernel_only),
		CASE(icmp_socket_reaches_its_peer),
	};

	return cmocka_run_group_tests_name("sys_fake", tests, NULL, NULL);
}
