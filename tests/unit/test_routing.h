/* SPDX-License-Identifier: ISC */
/*
 * What the tests of routing/ share: configurations and views made by hand.
 */
#ifndef UPLINKD_TEST_ROUTING_H
#define UPLINKD_TEST_ROUTING_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "lib/net.h"
#include "lib/sys.h"
#include "routing/plan.h"

#define TEST_TABLE	1000
#define TEST_PRIORITY	30000

static inline struct net_addr
addr_of(const char *text)
{
	struct net_addr a;

	assert_int_equal(net_addr_parse(text, &a), 0);
	return a;
}

/* extN has index N, gateway 10.0.N.1 and 2001:db8:N::1, weight 1, tier 1. */
struct test_conf {
	struct conf		conf;
	struct conf_uplink	uplinks[CONF_UPLINKS_MAX];
};

static inline void
test_conf_init(struct test_conf *t, size_t n, int method)
{
	struct conf_uplink *u;
	char text[NET_ADDR_TEXT];
	unsigned i;

	memset(t, 0, sizeof(*t));
	t->conf.nuplinks = n;
	t->conf.uplinks = t->uplinks;
	t->conf.routing.method = method;
	t->conf.routing.table = TEST_TABLE;
	t->conf.routing.priority = TEST_PRIORITY;
	for (i = 0; i < n; i++) {
		u = &t->uplinks[i];
		snprintf(u->name, sizeof(u->name), "line%u", i + 1);
		snprintf(u->ifname, sizeof(u->ifname), "ext%u", i + 1);
		snprintf(text, sizeof(text), "10.0.%u.1", i + 1);
		u->gateway[NET_V4] = addr_of(text);
		u->weight = 1;
		u->tier = 1;
	}
}

static inline void
test_conf_v6(struct test_conf *t, size_t i)
{
	char text[NET_ADDR_TEXT];

	snprintf(text, sizeof(text), "2001:db8:%u::1", (unsigned)i + 1);
	t->uplinks[i].gateway[NET_V6] = addr_of(text);
}

static inline struct plan
test_plan(const struct conf *conf, const char *standings)
{
	enum plan_standing s[CONF_UPLINKS_MAX];
	struct plan plan;
	size_t i;

	/* "gbh": good, bad, held. */
	assert_int_equal(strlen(standings), conf->nuplinks);
	for (i = 0; i < conf->nuplinks; i++)
		s[i] = standings[i] == 'g' ? PLAN_GOOD :
		    standings[i] == 'h' ? PLAN_HELD : PLAN_BAD;
	plan_make(conf, s, &plan);
	return plan;
}

#endif
