/* SPDX-License-Identifier: ISC */
/*
 * What the tests of the router share: a simulated kernel with a router on it,
 * and a log that is counted instead of written (it takes the place of
 * lib/log.c when the test is linked).
 */
#ifndef UPLINKD_TEST_ROUTER_H
#define UPLINKD_TEST_ROUTER_H

#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/sys_fake.h"
#include "routing/router.h"
#include "routing/saved.h"
#include "tests/unit/test_routing.h"

#define MAIN	254

/* ---- lib/log.h: counted instead of written ---- */

static unsigned warnings;
static char last_warning[300];

void
log_init(const char *ident, enum log_dest dest, bool verbose)
{
	(void)ident;
	(void)dest;
	(void)verbose;
}

bool
log_is_verbose(void)
{
	return false;
}

#define QUIET(name)							\
void									\
name(const char *fmt, ...)						\
{									\
	(void)fmt;							\
}

QUIET(log_err)
QUIET(log_notice)
QUIET(log_info)
QUIET(log_debug)

void
log_warning(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(last_warning, sizeof(last_warning), fmt, ap);
	va_end(ap);
	warnings++;
}

void
log_change(struct log_same *same, int err, const char *fmt, ...)
{
	(void)fmt;
	same->err = err;
}

/* ---- a kernel and a router ---- */

struct lab {
	struct test_conf	t;
	struct sys		*hand;
	struct sys		*sys;
	struct router		*router;
	struct router_result	res;
	struct plan		plan;
	char			dir[64], saved[80];
};

static inline void
lab_links(struct lab *l)
{
	char name[NET_IFNAME_MAX], text[NET_ADDR_TEXT + 4];
	unsigned i;

	for (i = 1; i <= l->t.conf.nuplinks + 1; i++) {
		snprintf(name, sizeof(name), "ext%u", i);
		assert_int_equal(fake_link_add(l->hand, name, NULL), 0);
		snprintf(text, sizeof(text), "10.0.%u.2/24", i);
		assert_int_equal(fake_addr_add(l->hand, name, text), 0);
		snprintf(text, sizeof(text), "2001:db8:%u::2/64", i);
		assert_int_equal(fake_addr_add(l->hand, name, text), 0);
	}
}

/* The last interface is nobody's uplink. */
static inline void
lab_init(struct lab *l, size_t nuplinks, int method)
{
	memset(l, 0, sizeof(*l));
	test_conf_init(&l->t, nuplinks, method);
	fake_use(NULL);
	assert_int_equal(sys_open(&l->hand), 0);
	fake_use(l->hand);
	assert_int_equal(sys_open(&l->sys), 0);
	lab_links(l);
	snprintf(l->dir, sizeof(l->dir), "/tmp/test_router.XXXXXX");
	assert_non_null(mkdtemp(l->dir));
	snprintf(l->saved, sizeof(l->saved), "%s/default.saved", l->dir);
	assert_int_equal(router_new(&l->t.conf, l->sys, l->saved,
	    &l->router), 0);
	warnings = 0;
	fake_writes_clear(l->hand);
}

static inline void
lab_free(struct lab *l)
{
	char tmp[100];

	router_free(&l->router);
	fake_use(NULL);
	sys_close(&l->sys);
	sys_close(&l->hand);
	unlink(l->saved);
	snprintf(tmp, sizeof(tmp), "%s.tmp", l->saved);
	unlink(tmp);
	assert_int_equal(rmdir(l->dir), 0);
}

/* kill -9 and a new start. */
static inline void
lab_crash(struct lab *l)
{
	router_free(&l->router);
	assert_int_equal(router_new(&l->t.conf, l->sys, l->saved,
	    &l->router), 0);
}

static inline void
lab_apply(struct lab *l, const char *standings)
{
	l->plan = test_plan(&l->t.conf, standings);
	router_apply(l->router, &l->plan, &l->res);
}

/* hops "12": over ext1 and ext2; "1*3" weight 3. */
static inline struct net_route
default_of(struct lab *l, int family, uint32_t metric, const char *hops)
{
	struct net_route r = fake_route(family, MAIN, metric);
	char via[NET_ADDR_TEXT], name[NET_IFNAME_MAX];
	unsigned weight;

	for (; *hops != '\0'; hops++) {
		snprintf(name, sizeof(name), "ext%c", *hops);
		snprintf(via, sizeof(via), family == AF_INET ? "10.0.%c.1" :
		    "2001:db8:%c::1", *hops);
		weight = 1;
		if (hops[1] == '*') {
			weight = (unsigned)hops[2] - '0';
			hops += 2;
		}
		fake_hop(&r, via, fake_link_index(l->hand, name), weight);
	}
	return r;
}

static inline void
admin_sets(struct lab *l, uint32_t metric, const char *hops)
{
	struct net_route r = default_of(l, AF_INET, metric, hops);

	assert_int_equal(fake_route_replace(l->hand, &r), 0);
}

static inline const char *
way(struct lab *l, int family, const char *oif, const char *from,
    uint32_t mark)
{
	static char buf[200];
	struct fake_packet p = { .family = family, .oif = oif, .mark = mark };

	if (from != NULL)
		p.from = addr_of(from);
	return fake_lookup_text(l->hand, &p, buf, sizeof(buf));
}

static inline size_t
main_routes(struct lab *l, struct net_route **out)
{
	size_t n;

	assert_int_equal(sys_routes(l->hand, AF_INET, MAIN, out, &n), 0);
	return n;
}

#endif
