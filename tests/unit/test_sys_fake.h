/* SPDX-License-Identifier: ISC */
/*
 * What the tests of lib/sys_fake share: a kernel with two links.
 */
#ifndef UPLINKD_TEST_SYS_FAKE_H
#define UPLINKD_TEST_SYS_FAKE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <sys/socket.h>

#include <stdlib.h>
#include <string.h>

#include "lib/must.h"
#include "lib/sys.h"
#include "lib/sys_fake.h"

#define TABLE	1001u

/* A handle that writes and watches, and one for the administrator. */
struct kernel {
	struct sys	*sys, *hand;
	int		 fd, ext1, ext2;
};

static inline int
set_up(void **state)
{
	struct kernel *k = calloc(1, sizeof(*k));

	MUST(k != NULL && sys_open(&k->hand) == 0);
	fake_use(k->hand);
	MUST(fake_link_add(k->hand, "ext1", &k->ext1) == 0);
	MUST(fake_link_add(k->hand, "ext2", &k->ext2) == 0);
	MUST(fake_addr_add(k->hand, "ext1", "10.0.1.2/24") == 0);
	MUST(fake_addr_add(k->hand, "ext2", "10.0.2.2/24") == 0);
	MUST(fake_addr_add(k->hand, "ext1", "2001:db8:1::2/64") == 0);
	MUST(fake_addr_add(k->hand, "ext2", "2001:db8:2::2/64") == 0);
	MUST(sys_open(&k->sys) == 0);
	MUST(sys_watch(k->sys, SYS_WATCH_LINKS | SYS_WATCH_ROUTES,
	    &k->fd) == 0);
	*state = k;
	return 0;
}

static inline int
tear_down(void **state)
{
	struct kernel *k = *state;

	fake_use(NULL);
	sys_close(&k->sys);
	sys_close(&k->hand);
	free(k);
	return 0;
}

static inline struct net_route
one(const struct kernel *k, int family, uint32_t table, uint32_t metric)
{
	struct net_route r = fake_route(family, table, metric);

	fake_hop(&r, family == AF_INET ? "10.0.1.1" : "2001:db8:1::1",
	    k->ext1, 1);
	return r;
}

static inline struct net_route
both(const struct kernel *k, int family, uint32_t table, uint32_t metric)
{
	struct net_route r = one(k, family, table, metric);

	fake_hop(&r, family == AF_INET ? "10.0.2.1" : "2001:db8:2::1",
	    k->ext2, 1);
	return r;
}

/* How many there are; the first is *r. */
static inline size_t
routes(const struct kernel *k, int family, uint32_t table,
    struct net_route *r)
{
	struct net_route *list;
	size_t n;

	memset(r, 0, sizeof(*r));
	assert_int_equal(sys_routes(k->sys, family, table, &list, &n), 0);
	if (n > 0)
		*r = list[0];
	free(list);
	return n;
}

/* Notices since the last call, of a kind (0: any); -ENOBUFS if some are lost */
static inline int
heard(const struct kernel *k, enum sys_notice_kind kind)
{
	struct sys_notice n;
	int rc, count = 0;

	while ((rc = sys_watch_next(k->sys, &n)) == 1)
		count += kind == 0 || n.kind == kind;
	return rc == 0 ? count : rc;
}

static inline const char *
way(const struct kernel *k, int family, const char *oif, const char *from,
    uint32_t mark)
{
	static _Thread_local char buf[100];
	struct fake_packet p = { .family = family, .oif = oif, .mark = mark };

	if (from != NULL)
		assert_int_equal(net_addr_parse(from, &p.from), 0);
	return fake_lookup_text(k->hand, &p, buf, sizeof(buf));
}

#define CASE(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
