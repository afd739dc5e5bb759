/* SPDX-License-Identifier: ISC */
/*
 * sys_check_find: asks the real kernel what lib/sys_fake_find.c believes: by
 * which route a bound socket sends, whether an answer is let in, addresses of
 * point-to-point links.  As sys_check: for root in a network namespace of its
 * own; some of it as nobody.  exit 0, 1, or 77.
 */
#include "tests/lab/sys_check.h"

#include <fcntl.h>

static int
find(struct sys *s, const char *dst, int index, struct net_route *r)
{
	struct net_addr a;

	MUST(net_addr_parse(dst, &a) == 0);
	return sys_route_find(s, &a, index, r);
}

static int
reply(struct sys *s, const char *src, const char *dst, int index)
{
	struct net_addr from, to;

	MUST(net_addr_parse(src, &from) == 0);
	MUST(net_addr_parse(dst, &to) == 0);
	return sys_reply_check(s, &from, &to, index);
}

static bool
by_gateway(const struct net_route *r, const char *via, int index,
    uint32_t table, uint8_t protocol)
{
	struct net_addr a;

	MUST(net_addr_parse(via, &a) == 0);
	return r->nhops == 1 && r->hops[0].index == index &&
	    net_addr_eq(&r->hops[0].via, &a) && r->table == table &&
	    r->protocol == protocol;
}

static void
check_none(struct lab *l)
{
	struct net_route r;

	must_ip("route add default via 10.0.2.1");
	answers(l, find(l->sys, "192.0.2.9", l->w1, &r), -ENETUNREACH,
	    "find: ipv4, the default is by another device");
	answers(l, find(l->sys, "2001:db8:9::9", l->w1, &r), -ENETUNREACH,
	    "find: ipv6, no default");
	answers(l, find(l->sys, "192.0.2.9", l->w2, &r), 0,
	    "find: by its own device");
	check(l, by_gateway(&r, "10.0.2.1", l->w2, MAIN, 3),
	    "find: main's route, with gateway and protocol");
	answers(l, find(l->sys, "192.0.2.9", 999, &r), -ENODEV,
	    "find: ipv4, no such device");
	answers(l, find(l->sys, "2001:db8:9::9", 999, &r), -ENETUNREACH,
	    "find: ipv6, no such device");
	answers(l, find(l->sys, "10.0.1.2", l->w1, &r), -ENETUNREACH,
	    "find: no way to an address of our own");
	must_ip("route add unreachable 192.0.2.8/32");
	answers(l, find(l->sys, "192.0.2.8", l->w2, &r), -ENETUNREACH,
	    "find: a route that refuses");
	flush_routes();
	must_ip("route del unreachable 192.0.2.8/32");
}

static void
check_found(struct lab *l, int family)
{
	struct net_route r = one(l, family, TABLE, 7);
	struct net_rule oif = rule(family, 30001, TABLE);
	bool six = family == AF_INET6;

	snprintf(oif.oif, sizeof(oif.oif), "w1");
	answers(l, sys_route_set(l->sys, &r), 0, "find: table filled");
	answers(l, sys_rule_add(l->sys, &oif), 0, "find: rule for w1");
	answers(l, find(l->sys, six ? "2001:db8:9::9" : "192.0.2.9", l->w1,
	    &r), 0, "find: by the rule");
	check(l, by_gateway(&r, six ? "2001:db8:1::1" : "10.0.1.1", l->w1,
	    TABLE, SYS_PROTO_OURS) && r.metric == 7,
	    "find: the uplink's table, with gateway and metric");
	answers(l, sys_rule_del(l->sys, &oif), 0, "find: rule removed");
	flush_routes();
	answers(l, find(l->sys, six ? "2001:db8:1::9" : "10.0.1.9", l->w1,
	    &r), 0, "find: a neighbour");
	check(l, r.nhops == 1 && r.hops[0].via.family == 0 &&
	    r.hops[0].index == l->w1, "find: a neighbour has no gateway");
	r = both(l, family, MAIN, 7);
	answers(l, sys_route_set(l->sys, &r), 0, "find: two hops set");
	answers(l, find(l->sys, six ? "2001:db8:9::9" : "192.0.2.9", l->w2,
	    &r), 0, "find: two hops");
	check(l, by_gateway(&r, six ? "2001:db8:2::1" : "10.0.2.1", l->w2,
	    MAIN, SYS_PROTO_OURS), "find: the one by the device");
	flush_routes();
}

/* By a router advertisement, as far as ip(8) can say so. */
static void
check_linklocal(struct lab *l)
{
	struct net_route r;

	must_ip("-6 route add default via fe80::1 dev w1 proto ra");
	answers(l, find(l->sys, "2001:db8:9::9", l->w1, &r), 0,
	    "find: link-local gateway");
	check(l, by_gateway(&r, "fe80::1", l->w1, MAIN, 9),
	    "find: link-local gateway, protocol ra");
	answers(l, find(l->sys, "fe80::1", l->w1, &r), 0,
	    "find: the link-local gateway itself");
	check(l, r.nhops == 1 && r.hops[0].via.family == 0,
	    "find: is a neighbour");
	flush_routes();
}

static void
set_filter(const char *device, int mode)
{
	char path[80];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/rp_filter",
	    device);
	f = fopen(path, "w");
	MUST(f != NULL);
	fprintf(f, "%d\n", mode);
	MUST(fclose(f) == 0);
}

static void
check_reply(struct lab *l)
{
	struct net_rule from = rule(AF_INET, 30002, TABLE);
	struct net_route r = one(l, AF_INET, TABLE, 0);

	set_filter("all", 0);
	set_filter("w1", 0);
	must_ip("route add default via 10.0.2.1");
	answers(l, reply(l->sys, "192.0.2.9", "10.0.1.2", l->w1), 0,
	    "reply: no filter");
	set_filter("w1", 1);
	answers(l, reply(l->sys, "192.0.2.9", "10.0.1.2", l->w1), -EXDEV,
	    "reply: strict, the way back is by another device");
	answers(l, reply(l->sys, "192.0.2.9", "10.0.2.2", l->w2), 0,
	    "reply: strict, the way back is the same");
	answers(l, reply(l->sys, "2001:db8:9::9", "2001:db8:1::2", l->w1), 0,
	    "reply: ipv6 has no filter");
	set_filter("w1", 2);
	answers(l, reply(l->sys, "192.0.2.9", "10.0.1.2", l->w1), 0,
	    "reply: loose");
	set_filter("w1", 0);
	set_filter("all", 1);
	answers(l, reply(l->sys, "192.0.2.9", "10.0.1.2", l->w1), -EXDEV,
	    "reply: strict for all");
	MUST(net_addr_parse("10.0.1.2", &from.from) == 0);
	answers(l, sys_route_set(l->sys, &r), 0, "reply: table filled");
	answers(l, sys_rule_add(l->sys, &from), 0, "reply: rule for address");
	answers(l, reply(l->sys, "192.0.2.9", "10.0.1.2", l->w1), 0,
	    "reply: strict, the rule leads back by the same device");
	answers(l, sys_rule_del(l->sys, &from), 0, "reply: rule removed");
	flush_routes();
	set_filter("all", 0);
	set_filter("w1", 2);
	answers(l, reply(l->sys, "192.0.2.9", "10.0.1.2", l->w1), -EXDEV,
	    "reply: loose, no way back at all");
	set_filter("w1", 0);
	answers(l, reply(l->sys, "127.0.0.5", "10.0.1.2", l->w1), -EINVAL,
	    "reply: what is refused without a filter is no filter's doing");
	answers(l, reply(l->sys, "192.0.2.9", "10.0.1.2", 999), -ENODEV,
	    "reply: no such device");
}

static void
check_peer(struct lab *l)
{
	struct net_ifaddr *a = NULL;
	struct net_addr own, far;
	size_t n = 0, i, good = 0, bare = 0;

	must_ip("addr add 10.7.0.2 peer 10.6.0.1/32 dev w1");
	MUST(net_addr_parse("10.7.0.2", &own) == 0);
	MUST(net_addr_parse("10.6.0.1", &far) == 0);
	MUST(sys_addrs(l->sys, &a, &n) == 0);
	for (i = 0; i < n; i++) {
		good += net_addr_eq(&a[i].addr, &own) &&
		    net_addr_eq(&a[i].peer, &far) && a[i].prefixlen == 32;
		bare += a[i].peer.family == 0;
	}
	check(l, good == 1, "addrs: the far end of a point-to-point link");
	check(l, bare == n - 1, "addrs: others have none");
	free(a);
	make_links(l);
}

/* In a child: what the probes ask, they ask without power. */
static int
ask_as_nobody(struct lab *l)
{
	struct sys *s = NULL;
	struct net_route r;

	if (sys_drop_power("nobody") != 0 || sys_open(&s) != 0)
		return 1;
	if (find(s, "192.0.2.9", l->w1, &r) != -ENETUNREACH)
		return 2;
	if (find(s, "192.0.2.9", l->w2, &r) != 0 ||
	    !by_gateway(&r, "10.0.2.1", l->w2, MAIN, 3))
		return 3;
	if (reply(s, "192.0.2.9", "10.0.2.2", l->w2) != 0)
		return 4;
	if (reply(s, "192.0.2.9", "10.0.1.2", l->w1) != -EXDEV)
		return 5;
	sys_close(&s);
	return 0;
}

static void
check_powerless(struct lab *l)
{
	int status = -1;
	pid_t pid;

	must_ip("route add default via 10.0.2.1");
	set_filter("w1", 1);
	fflush(stdout);
	pid = fork();
	MUST(pid != -1);
	if (pid == 0)
		_exit(ask_as_nobody(l));
	MUST(waitpid(pid, &status, 0) == pid);
	check(l, status == 0, "both are answered without any capability");
	if (status != 0)
		printf("# status %d\n", status);
	set_filter("w1", 0);
	flush_routes();
}

int
main(void)
{
	struct lab l;

	begin(&l);
	check_none(&l);
	check_found(&l, AF_INET);
	check_found(&l, AF_INET6);
	check_linklocal(&l);
	check_reply(&l);
	check_powerless(&l);
	check_peer(&l);
	return end(&l);
}
