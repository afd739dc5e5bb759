/* SPDX-License-Identifier: ISC */
/* Whose connections the parent would end, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>

#include "conf/conf.h"
#include "dispatcher/parent.h"
#include "lib/sys.h"

enum { LO = 1, EXT1, EXT2, INT };

struct site {
	struct conf	conf;
	struct conf_uplink uplinks[2];
	struct plan	plan;
	struct net_link	links[4];
	struct net_ifaddr addrs[8];
	size_t		naddrs;
	struct power_flows req;
	struct sys_flows what;
};

static struct net_addr
addr(const char *text)
{
	struct net_addr a;

	assert_int_equal(net_addr_parse(text, &a), 0);
	return a;
}

static void
has(struct site *s, int index, const char *text)
{
	s->addrs[s->naddrs++] = (struct net_ifaddr){ .index = index,
	    .addr = addr(text), .usable = true };
}

static void
ask(struct site *s, const char *text)
{
	s->req.addrs[s->req.naddrs++] = addr(text);
}

/* ext1 is down with an address, ext2 carries both families. */
static void
site(struct site *s)
{
	static const char *const names[] = { "lo", "ext1", "ext2", "int" };
	size_t i;

	memset(s, 0, sizeof(*s));
	s->conf = (struct conf){ .nuplinks = 2, .uplinks = s->uplinks,
	    .routing = { .mark = 0x10000, .mark_mask = 0x7f0000 } };
	for (i = 0; i < 2; i++) {
		strcpy(s->uplinks[i].name, names[1 + i]);
		strcpy(s->uplinks[i].ifname, names[1 + i]);
	}
	s->uplinks[0].flows.down.policy = OPTION_FLOWS_KILL;
	s->uplinks[0].flows.up.policy = OPTION_FLOWS_KILL_CHANGED;
	s->plan.nuplinks = 2;
	s->plan.carry[NET_V4][1] = s->plan.carry[NET_V6][1] = 1;
	for (i = 0; i < 4; i++) {
		s->links[i].index = (int)i + 1;
		strcpy(s->links[i].name, names[i]);
	}
	has(s, LO, "127.0.0.1");
	has(s, EXT1, "10.0.1.2");
	has(s, EXT1, "fe80::1");
	has(s, EXT2, "10.0.2.2");
	has(s, INT, "10.9.0.1");
	s->req.spawn = (struct power_spawn){ .kind = POWER_SPAWN_FLOWS,
	    .what = POWER_FLOWS, .index = POWER_FLOWS_ALL,
	    .timeout_ms = 1000 };
}

static int
choose(struct site *s)
{
	return flows_choose(&s->conf, &s->plan, s->links, 4, s->addrs,
	    s->naddrs, &s->req, &s->what);
}

static void
is(const struct site *s, const char *a, const char *b)
{
	size_t n = (a != NULL) + (b != NULL);
	char text[NET_ADDR_TEXT];

	assert_int_equal(s->what.naddrs, n);
	if (a != NULL)
		assert_string_equal(net_addr_text(&s->what.addrs[0], text), a);
	if (b != NULL)
		assert_string_equal(net_addr_text(&s->what.addrs[1], text), b);
}

static void
flows_all_are_of_addresses_and_mark(void **state)
{
	struct site s;

	(void)state;
	site(&s);
	ask(&s, "10.0.1.2");
	ask(&s, "10.0.1.99");
	assert_int_equal(choose(&s), 0);
	is(&s, "10.0.1.2", "10.0.1.99");
	assert_int_equal(s.what.mark, 0x10000);
	assert_int_equal(s.what.mask, 0x7f0000);
	assert_false(s.what.spare[NET_V4] || s.what.spare[NET_V6]);
}

static void
flows_old_are_of_addresses_that_are_gone(void **state)
{
	struct site s;

	(void)state;
	site(&s);
	s.req.spawn.index = POWER_FLOWS_OLD;
	ask(&s, "10.0.1.2");
	ask(&s, "10.0.1.99");
	assert_int_equal(choose(&s), 0);
	is(&s, "10.0.1.99", NULL);
	assert_int_equal(s.what.mask, 0);
	/* All of them are there again. */
	has(&s, EXT1, "10.0.1.99");
	assert_int_equal(choose(&s), -EADDRNOTAVAIL);
}

/* An address may have moved to another line, or been ours never. */
static void
flows_of_another_interface_are_kept(void **state)
{
	static const char *const foreign[] = { "10.0.2.2", "10.9.0.1",
	    "127.0.0.1" };
	struct site s;
	size_t i, which;

	(void)state;
	for (which = POWER_FLOWS_ALL; which <= POWER_FLOWS_OLD; which++)
		for (i = 0; i < 3; i++) {
			site(&s);
			s.req.spawn.index = (uint32_t)which;
			ask(&s, foreign[i]);
			ask(&s, "10.0.1.77");
			assert_int_equal(choose(&s), 0);
			if (which == POWER_FLOWS_ALL)
				is(&s, "10.0.1.2", "10.0.1.77");
			else
				is(&s, "10.0.1.77", NULL);
		}
	/* Of both it is nobody's alone. */
	site(&s);
	has(&s, EXT2, "10.0.1.2");
	assert_int_equal(choose(&s), 0);
	is(&s, NULL, NULL);
}

static void
flows_of_a_shared_interface_go_by_mark_only(void **state)
{
	struct site s;

	(void)state;
	site(&s);
	strcpy(s.uplinks[1].ifname, "ext1");
	ask(&s, "10.0.1.99");
	assert_int_equal(choose(&s), 0);
	is(&s, NULL, NULL);
	assert_int_equal(s.what.mask, 0x7f0000);
	s.conf.routing.mark_mask = 0;
	assert_int_equal(choose(&s), -EADDRNOTAVAIL);
}

static void
flows_without_another_that_carries_are_kept(void **state)
{
	struct site s;

	(void)state;
	site(&s);
	memset(s.plan.carry, 0, sizeof(s.plan.carry));
	assert_int_equal(choose(&s), -ENETUNREACH);
	s.plan.carry[NET_V4][0] = s.plan.carry[NET_V6][0] = 1;
	assert_int_equal(choose(&s), -ENETUNREACH);
	assert_int_equal(flows_choose(&s.conf, NULL, s.links, 4, s.addrs,
	    s.naddrs, &s.req, &s.what), -ENETUNREACH);
	/* A family that it does not carry is left alone. */
	s.plan.carry[NET_V4][1] = 1;
	ask(&s, "2001:db8:1::2");
	assert_int_equal(choose(&s), 0);
	is(&s, "10.0.1.2", NULL);
	assert_true(s.what.spare[NET_V6]);
	assert_false(s.what.spare[NET_V4]);
}

static void
flows_that_nobody_configured_are_refused(void **state)
{
	struct site s;

	(void)state;
	site(&s);
	s.req.spawn.uplink = 1;
	assert_int_equal(choose(&s), -EINVAL);
	s.req.spawn.uplink = 2;
	assert_int_equal(choose(&s), -EINVAL);
	site(&s);
	s.uplinks[0].flows.up.policy = OPTION_FLOWS_KEEP;
	s.req.spawn.index = POWER_FLOWS_OLD;
	assert_int_equal(choose(&s), -EINVAL);
	site(&s);
	s.uplinks[0].flows.down.policy = OPTION_FLOWS_KEEP;
	assert_int_equal(choose(&s), -EINVAL);
	s.uplinks[0].flows.idle.policy = OPTION_FLOWS_KILL_AFTER;
	assert_int_equal(choose(&s), 0);
}

static void
flows_of_a_wrong_request_are_refused(void **state)
{
	struct site s;

	(void)state;
	site(&s);
	s.req.spawn.what = POWER_ACTION;
	assert_int_equal(choose(&s), -EINVAL);
	site(&s);
	s.req.spawn.index = 0;
	assert_int_equal(choose(&s), -EINVAL);
	s.req.spawn.index = 3;
	assert_int_equal(choose(&s), -EINVAL);
	site(&s);
	s.req.spawn.timeout_ms = 0;
	assert_int_equal(choose(&s), -EINVAL);
	site(&s);
	s.req.naddrs = EVENT_ADDRS_MAX + 1;
	assert_int_equal(choose(&s), -EINVAL);
	site(&s);
	s.req.naddrs = 1;
	s.req.addrs[0].family = AF_UNIX;
	assert_int_equal(choose(&s), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flows_all_are_of_addresses_and_mark),
		cmocka_unit_test(flows_old_are_of_addresses_that_are_gone),
		cmocka_unit_test(flows_of_another_interface_are_kept),
		cmocka_unit_test(flows_of_a_shared_interface_go_by_mark_only),
		cmocka_unit_test(flows_without_another_that_carries_are_kept),
		cmocka_unit_test(flows_that_nobody_configured_are_refused),
		cmocka_unit_test(flows_of_a_wrong_request_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
