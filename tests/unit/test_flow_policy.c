/* SPDX-License-Identifier: ISC */
/* What becomes of connections: every cell of the policy, and its order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sys/socket.h>

#include "conf/conf.h"
#include "dispatcher/flow_policy.h"
#include "lib/clock.h"

#define N(a)	(sizeof(a) / sizeof((a)[0]))

/* Letters of the cells: nothing, wait, kill, kill old. */
static char
letter(enum flow_do what)
{
	switch (what) {
	case FLOW_NOTHING:
		return '-';
	case FLOW_WAIT:
		return 'w';
	case FLOW_KILL:
		return 'K';
	case FLOW_KILL_OLD:
		return 'o';
	}
	return '?';
}

static const enum flow_address addresses[] = { FLOW_ADDRESS_LOST,
    FLOW_ADDRESS_UNKNOWN, FLOW_ADDRESS_SAME, FLOW_ADDRESS_CHANGED };

/*
 * Each with routes in the kernel and its time over; cells: the address lost,
 * unknown, same, changed while another carries, then while none does.
 */
static const struct {
	enum option_flows_policy policy;
	enum flow_trigger trigger;
	bool		 down, carries;
	const char	*cells;
} table[] = {
	{ OPTION_FLOWS_KEEP, FLOW_DOWN, true, false, "--------" },
	{ OPTION_FLOWS_KEEP, FLOW_DOWN, false, true, "--------" },
	{ OPTION_FLOWS_KEEP, FLOW_UP, false, true, "--------" },
	{ OPTION_FLOWS_KEEP, FLOW_IDLE, false, false, "--------" },
	{ OPTION_FLOWS_KILL, FLOW_DOWN, true, false, "KKKK----" },
	{ OPTION_FLOWS_KILL, FLOW_DOWN, false, true, "--------" },
	{ OPTION_FLOWS_KILL, FLOW_UP, false, true, "KKKK----" },
	{ OPTION_FLOWS_KILL, FLOW_UP, false, false, "KKKK----" },
	{ OPTION_FLOWS_KILL, FLOW_UP, true, false, "--------" },
	{ OPTION_FLOWS_KILL, FLOW_IDLE, false, false, "KKKK----" },
	{ OPTION_FLOWS_KILL, FLOW_IDLE, false, true, "--------" },
	{ OPTION_FLOWS_KILL, FLOW_IDLE, true, false, "--------" },
	{ OPTION_FLOWS_KILL_AFTER, FLOW_DOWN, true, false, "KKKK----" },
	{ OPTION_FLOWS_KILL_AFTER, FLOW_DOWN, false, true, "--------" },
	{ OPTION_FLOWS_KILL_AFTER, FLOW_UP, false, true, "KKKK----" },
	{ OPTION_FLOWS_KILL_AFTER, FLOW_UP, true, false, "--------" },
	{ OPTION_FLOWS_KILL_AFTER, FLOW_IDLE, false, false, "KKKK----" },
	{ OPTION_FLOWS_KILL_AFTER, FLOW_IDLE, false, true, "--------" },
	{ OPTION_FLOWS_KILL_CHANGED, FLOW_DOWN, true, false, "wwwwwwww" },
	{ OPTION_FLOWS_KILL_CHANGED, FLOW_DOWN, false, true, "-w-o-w--" },
	{ OPTION_FLOWS_KILL_CHANGED, FLOW_DOWN, false, false, "-w-o-w--" },
	{ OPTION_FLOWS_KILL_CHANGED, FLOW_UP, false, true, "-w-o-w--" },
	{ OPTION_FLOWS_KILL_CHANGED, FLOW_UP, true, false, "--------" },
};

static struct flow_case
cell(size_t row, size_t column)
{
	return (struct flow_case){ .trigger = table[row].trigger,
	    .policy = { table[row].policy, 30 * NS_PER_S },
	    .address = addresses[column % 4], .route = FLOW_ROUTE_DONE,
	    .down = table[row].down, .carries = table[row].carries,
	    .others = column < 4, .age_ns = 30 * NS_PER_S };
}

static void
flow_each_cell_is_as_written(void **state)
{
	struct flow_case c;
	const char *why;
	size_t i, k;
	char got;

	(void)state;
	for (i = 0; i < N(table); i++)
		for (k = 0; k < 8; k++) {
			c = cell(i, k);
			got = letter(flow_decide(&c, &why));
			if (got != table[i].cells[k])
				fail_msg("row %zu column %zu: %c", i, k, got);
		}
}

/* Whatever would be killed waits for the routes, and is kept if they fail. */
static void
flow_routes_come_first(void **state)
{
	struct flow_case c;
	const char *why;
	size_t i, k;

	(void)state;
	for (i = 0; i < N(table); i++)
		for (k = 0; k < 8; k++) {
			c = cell(i, k);
			if (strchr("Ko", table[i].cells[k]) == NULL)
				continue;
			c.route = FLOW_ROUTE_PENDING;
			assert_int_equal(flow_decide(&c, &why), FLOW_WAIT);
			c.route = FLOW_ROUTE_FAILED;
			assert_int_equal(flow_decide(&c, &why), FLOW_NOTHING);
			assert_string_equal(why, "the routes could not be "
			    "changed");
		}
}

static void
flow_after_a_time_waits_for_it_to_the_last(void **state)
{
	struct flow_case c;
	const char *why;
	size_t i, k;

	(void)state;
	for (i = 0; i < N(table); i++)
		for (k = 0; k < 4; k++) {
			c = cell(i, k);
			c.age_ns = 30 * NS_PER_S - 1;
			assert_int_equal(letter(flow_decide(&c, &why)),
			    table[i].policy == OPTION_FLOWS_KILL_AFTER &&
			    table[i].cells[k] == 'K' ? 'w' :
			    table[i].cells[k]);
		}
}

/* Who carries is asked when the time is over, not when it begins. */
static void
flow_guard_is_looked_at_when_it_is_due(void **state)
{
	struct flow_case c = { .trigger = FLOW_DOWN,
	    .policy = { OPTION_FLOWS_KILL_AFTER, NS_PER_S },
	    .route = FLOW_ROUTE_DONE, .down = true };
	const char *why;

	(void)state;
	assert_int_equal(flow_decide(&c, &why), FLOW_WAIT);
	c.others = true;
	c.age_ns = NS_PER_S;
	assert_int_equal(flow_decide(&c, &why), FLOW_KILL);
	c.others = false;
	assert_int_equal(flow_decide(&c, &why), FLOW_NOTHING);
	assert_string_equal(why, "no other uplink carries traffic");
}

static struct event_addrs
list(const char *a, const char *b)
{
	struct event_addrs l = { 0 };

	if (a != NULL)
		assert_int_equal(net_addr_parse(a, &l.list[l.n++]), 0);
	if (b != NULL)
		assert_int_equal(net_addr_parse(b, &l.list[l.n++]), 0);
	return l;
}

static void
flow_addresses_are_compared_as_sets(void **state)
{
	static const struct {
		const char	*before[2], *now[2];
		enum flow_address result;
	} t[] = {
		{ { NULL }, { NULL }, FLOW_ADDRESS_LOST },
		{ { NULL }, { "10.0.0.1" }, FLOW_ADDRESS_LOST },
		{ { "10.0.0.1" }, { NULL }, FLOW_ADDRESS_UNKNOWN },
		{ { "10.0.0.1" }, { "10.0.0.1" }, FLOW_ADDRESS_SAME },
		{ { "10.0.0.1" }, { "2001:db8::1", "10.0.0.1" },
		  FLOW_ADDRESS_SAME },
		{ { "10.0.0.1", "2001:db8::1" }, { "2001:db8::1",
		  "10.0.0.1" }, FLOW_ADDRESS_SAME },
		{ { "10.0.0.1" }, { "10.0.0.2" }, FLOW_ADDRESS_CHANGED },
		{ { "10.0.0.1", "2001:db8::1" }, { "10.0.0.1",
		  "2001:db8::2" }, FLOW_ADDRESS_CHANGED },
	};
	struct event_addrs before, now;
	size_t i;

	(void)state;
	for (i = 0; i < N(t); i++) {
		before = list(t[i].before[0], t[i].before[1]);
		now = list(t[i].now[0], t[i].now[1]);
		assert_int_equal(flow_address(&before, &now), t[i].result);
	}
}

static void
flow_others_are_of_the_same_family(void **state)
{
	struct plan plan = { .nuplinks = 3 };

	(void)state;
	plan.carry[NET_V4][0] = plan.carry[NET_V4][2] = 1;
	plan.carry[NET_V6][2] = 1;
	assert_true(flow_others(&plan, NET_V4, 0));
	assert_true(flow_others(&plan, NET_V4, 2));
	assert_true(flow_others(&plan, NET_V6, 0));
	assert_false(flow_others(&plan, NET_V6, 2));
}

static void
flow_each_trigger_has_its_policy(void **state)
{
	const struct conf_flows f = {
		.down = { OPTION_FLOWS_KILL, 0 },
		.up = { OPTION_FLOWS_KILL_AFTER, 7 },
		.idle = { OPTION_FLOWS_KEEP, 0 },
	};

	(void)state;
	assert_ptr_equal(flow_policy_of(&f, FLOW_DOWN), &f.down);
	assert_ptr_equal(flow_policy_of(&f, FLOW_UP), &f.up);
	assert_ptr_equal(flow_policy_of(&f, FLOW_IDLE), &f.idle);
	assert_string_equal(flow_trigger_name(FLOW_IDLE), "idle");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flow_each_cell_is_as_written),
		cmocka_unit_test(flow_routes_come_first),
		cmocka_unit_test(flow_after_a_time_waits_for_it_to_the_last),
		cmocka_unit_test(flow_guard_is_looked_at_when_it_is_due),
		cmocka_unit_test(flow_addresses_are_compared_as_sets),
		cmocka_unit_test(flow_others_are_of_the_same_family),
		cmocka_unit_test(flow_each_trigger_has_its_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
