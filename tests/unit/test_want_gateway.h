/* SPDX-License-Identifier: ISC */
/*
 * Gateways that are found out: DHCP clients, point-to-point links and router
 * advertisements on the simulated kernel.
 */
#ifndef UPLINKD_TESTS_TEST_WANT_GATEWAY_H
#define UPLINKD_TESTS_TEST_WANT_GATEWAY_H

#include "tests/unit/test_router.h"

#define V4	AF_INET
#define V6	AF_INET6

static inline void
init(struct lab *l, size_t n, int method)
{
	size_t i;

	lab_init(l, n, method);
	for (i = 0; i < n; i++)
		l->t.uplinks[i].gateway[NET_V4].family =
		    l->t.uplinks[i].gateway[NET_V6].family = NET_AUTO;
}

static inline int
family_of(const char *via)
{
	return strchr(via, ':') != NULL ? V6 : V4;
}

/* "via" "-": on-link. */
static inline struct net_route
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
static inline void
dhcp(struct lab *l, const char *via, const char *dev, uint32_t metric)
{
	struct net_route r = single(l, family_of(via), via, dev, metric, 16);

	assert_int_equal(fake_route_replace(l->hand, &r), 0);
}

static inline void
gone(struct lab *l, int family, uint32_t metric)
{
	struct net_route r = fake_route(family, MAIN, metric);

	r.protocol = 0;
	assert_int_equal(fake_route_del(l->hand, &r), 0);
}

/* The kernel appends what a router advertises. */
static inline void
advertised(struct lab *l, const char *via, const char *dev)
{
	struct net_route r = single(l, V6, via, dev, 1024, 9);

	assert_int_equal(fake_route_append(l->hand, &r), 0);
}

static inline void
address(struct lab *l, const char *dev, const char *add, const char *del)
{
	if (add != NULL)
		assert_int_equal(fake_addr_add(l->hand, dev, add), 0);
	if (del != NULL)
		assert_int_equal(fake_addr_del(l->hand, dev, del), 0);
}

static inline size_t
resync(struct lab *l)
{
	router_resync(l->router, &l->res);
	assert_int_equal(l->res.refused, 0);
	return l->res.writes;
}

/* "100: 10.0.1.1@1*3 -@2; 200: ..." of a table; protocol 9 as "ra". */
static inline const char *
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

static inline size_t
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

#endif
