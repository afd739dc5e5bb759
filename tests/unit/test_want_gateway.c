/* SPDX-License-Identifier: ISC */
/*
 * want_gateway, want_ra: gateways that are found out, on the simulated kernel:
 * DHCP clients, point-to-point links, router advertisements.
 */
#include "tests/unit/test_router.h"

#define V4	AF_INET
#define V6	AF_INET6

static void
init(struct lab *l, size_t n, int method)
{
	size_t i;

	lab_init(l, n, method);
	for (i = 0; i < n; i++)
		l->t.uplinks[i].gateway[NET_V4].family =
		    l->t.uplinks[i].gateway[NET_V6].family = NET_AUTO;
}

static int
family_of(const char *via)
{
	return strchr(via, ':') != NULL ? V6 : V4;
}

/* "via" "-": on-link. */
static struct net_route
single(struct lab *l, int family, const char *via, const char *dev,
    uint32_t metric, uint8_t protocol)
{
	struct net_route r = fake_route(family, MAIN, metric);

	r.protocol = protocol;
	fake_hop(&r, strcmp(via, "-") == 0 ? NULL : via,
	    fake_link_index(l->hand, dev), 1);
	return r;
}

/* As a DHCP client does, protocol 16. */
static void
dhcp(struct lab *l, const char *via, const char *dev, uint32_t metric)
{
	struct net_route r = single(l, family_of(via), via, dev, metric, 16);

	assert_int_equal(fake_route_replace(l->hand, &r), 0);
}

static void
gone(struct lab *l, int family, uint32_t metric)
{
	struct net_route r = fake_route(family, MAIN, metric);

	r.protocol = 0;
	assert_int_equal(fake_route_del(l->hand, &r), 0);
}

/* The kernel appends what a router advertises. */
static void
advertised(struct lab *l, const char *via, const char *dev)
{
	struct net_route r = single(l, V6, via, dev, 1024, 9);

	assert_int_equal(fake_route_append(l->hand, &r), 0);
}

static void
address(struct lab *l, const char *dev, const char *add, const char *del)
{
	if (add != NULL)
		assert_int_equal(fake_addr_add(l->hand, dev, add), 0);
	if (del != NULL)
		assert_int_equal(fake_addr_del(l->hand, dev, del), 0);
}

static size_t
resync(struct lab *l)
{
	router_resync(l->router, &l->res);
	assert_int_equal(l->res.refused, 0);
	return l->res.writes;
}

/* "100: 10.0.1.1@1*3 -@2; 200: ..." of a table; protocol 9 as "ra". */
static const char *
table(struct lab *l, int family, uint32_t number)
{
	static char buf[600];
	struct net_route *list;
	const struct net_hop *h;
	char via[NET_ADDR_TEXT];
	size_t n, i, k, at = 0;

	buf[0] = '\0';
	assert_int_equal(sys_routes(l->hand, family, number, &list, &n), 0);
	for (i = 0; i < n; i++) {
		at += (size_t)sprintf(buf + at, "%s%u%s:", i > 0 ? "; " : "",
		    list[i].metric, list[i].protocol == 9 ? "ra" : "");
		for (k = 0; k < list[i].nhops; k++) {
			h = &list[i].hops[k];
			at += (size_t)sprintf(buf + at, " %s@%d",
			    net_addr_text(&h->via, via), h->index);
			if (h->weight != 1)
				at += (size_t)sprintf(buf + at, "*%u",
				    h->weight);
		}
	}
	free(list);
	return buf;
}

#define IS(l, family, number, text)					\
	assert_string_equal(table(l, family, number), text)

static size_t
rules(struct lab *l, int family)
{
	struct net_rule *list;
	size_t n, i, ours = 0;

	assert_int_equal(sys_rules(l->hand, family, &list, &n), 0);
	for (i = 0; i < n; i++)
		ours += list[i].protocol == SYS_PROTO_OURS;
	free(list);
	return ours;
}

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
		cmocka_unit_test(auto_takes_the_default_by_its_interface),
		cmocka_unit_test(auto_takes_each_hop_of_a_balanced_default),
		cmocka_unit_test(auto_is_not_what_serves_one_tos_or_is_ours),
		cmocka_unit_test(auto_survives_the_two_steps_of_a_renewal),
		cmocka_unit_test(auto_rules_follow_the_addresses_at_once),
		cmocka_unit_test(
		    auto_interface_made_anew_waits_for_its_default),
		cmocka_unit_test(
		    auto_beside_a_fixed_one_takes_not_its_gateway),
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
		cmocka_unit_test(withdrawn_line_keeps_its_gateway),
		cmocka_unit_test(withdrawn_substitute_is_no_gateway),
		cmocka_unit_test(withdrawn_line_is_renumbered_by_a_replace),
		cmocka_unit_test(
		    withdrawn_gateway_changes_within_its_network),
		cmocka_unit_test(withdrawn_line_is_renumbered_elsewhere),
		cmocka_unit_test(
		    withdrawn_of_three_is_renumbered_in_one_route),
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

	return cmocka_run_group_tests_name("want_gateway", tests, NULL,
	    NULL);
}
