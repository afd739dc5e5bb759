/* SPDX-License-Identifier: ISC */
/* Connections of lines that come and go, as the dispatcher has them ended. */
#include "tests/unit/test_dispatch.h"

static void
event_at(struct bench *b, struct msg *m, const char *uplink,
    enum level level, const char *address)
{
	event(b, m, uplink, level);
	if (address == NULL)
		return;
	m->u.event.addrs.n = 1;
	assert_int_equal(net_addr_parse(address, &m->u.event.addrs.list[0]),
	    0);
}

/* The next job for connections that has ended; false at the deadline. */
static bool
flows_ended(struct bench *b)
{
	struct msg m;

	do
		if (!await(b, b->feed, MSG_JOB, &m))
			return false;
	while (strcmp(m.u.job.action, "flows") != 0 ||
	    m.u.job.phase != JOB_DONE);
	return true;
}

static void
is_address(struct bench *b, const char *address)
{
	char was[NET_ADDR_TEXT];

	assert_int_equal(b->flows.naddrs, 1);
	assert_string_equal(net_addr_text(&b->flows.addrs[0], was), address);
}

/* An event that comes after whatever the one before has led to. */
static void
settle(struct bench *b, const char *uplink, enum level level)
{
	int64_t until_ns = clock_mono_ns() + 3 * NS_PER_S / 2;
	struct msg m;
	uint64_t seq;

	event(b, &m, uplink, level);
	seq = m.head.seq;
	say(b->worker, &m);
	do
		assert_true(await(b, b->worker, MSG_ACK, &m));
	while (m.u.ack.seq != seq);
	/* What must not be has had its time: the loop turns each second. */
	do
		assert_true(await(b, b->feed, MSG_STATE, &m));
	while (clock_mono_ns() < until_ns);
}

static void
dispatch_connections_of_a_dead_line_are_ended_by_its_last_address(
    void **state)
{
	struct bench *b = *state;
	struct msg m;

	b->conf->uplinks[0].flows.down.policy = OPTION_FLOWS_KILL;
	start_all(b);
	event_at(b, &m, "ext1", LEVEL_UP, "10.0.1.2");
	say(b->worker, &m);
	expect_ack(b, b->worker, 1, true);
	/* It has lost the address already when it is told. */
	event_at(b, &m, "ext1", LEVEL_DOWN, NULL);
	say(b->worker, &m);
	assert_true(flows_ended(b));
	assert_int_equal(b->kills, 1);
	is_address(b, "10.0.1.2");
	assert_int_equal(b->flows.spawn.what, POWER_FLOWS);
	assert_int_equal(b->flows.spawn.index, POWER_FLOWS_ALL);
	assert_int_equal(b->flows.spawn.uplink, 0);
	end(b);
}

static void
dispatch_connections_are_kept_when_the_routes_were_refused(void **state)
{
	struct bench *b = *state;

	b->conf->uplinks[0].flows.down.policy = OPTION_FLOWS_KILL;
	b->refuse = true;
	start_all(b);
	settle(b, "ext1", LEVEL_DOWN);
	assert_int_equal(b->plan.carry[NET_V4][0], 0);
	assert_int_equal(b->kills, 0);
	/* Nor later: that they work by now is not known of this one. */
	b->refuse = false;
	settle(b, "ext2", LEVEL_DEGRADED);
	assert_int_equal(b->kills, 0);
	end(b);
}

static void
dispatch_connections_of_the_last_line_are_kept(void **state)
{
	struct bench *b = *state;

	b->conf->uplinks[0].flows.down.policy = OPTION_FLOWS_KILL;
	start_all(b);
	settle(b, "ext2", LEVEL_DOWN);
	settle(b, "ext1", LEVEL_DOWN);
	assert_int_equal(b->kills, 0);
	end(b);
}

/* kill -9 in between: what the address was is in the journal. */
static void
dispatch_address_before_the_outage_outlasts_a_restart(void **state)
{
	struct bench *b = *state;
	struct msg m;

	b->conf->uplinks[0].flows.down.policy = OPTION_FLOWS_KILL_CHANGED;
	start_all(b);
	event_at(b, &m, "ext1", LEVEL_DOWN, "10.0.1.2");
	say(b->worker, &m);
	expect_ack(b, b->worker, 1, true);
	drop_peers(b);
	stop(b, SIGKILL);
	start_all(b);
	event_at(b, &m, "ext1", LEVEL_UP, "10.0.1.9");
	say(b->worker, &m);
	assert_true(flows_ended(b));
	assert_int_equal(b->kills, 1);
	is_address(b, "10.0.1.2");
	assert_int_equal(b->flows.spawn.index, POWER_FLOWS_OLD);
	/* Once more, with the same one: there is nothing to do. */
	event_at(b, &m, "ext1", LEVEL_DOWN, "10.0.1.9");
	say(b->worker, &m);
	event_at(b, &m, "ext1", LEVEL_UP, "10.0.1.9");
	say(b->worker, &m);
	settle(b, "ext2", LEVEL_DEGRADED);
	assert_int_equal(b->kills, 1);
	end(b);
}

/* A kill -9 after it was done does not do it again. */
static void
dispatch_connections_are_ended_once_an_outage(void **state)
{
	struct bench *b = *state;
	struct msg m;

	b->conf->uplinks[0].flows.down.policy = OPTION_FLOWS_KILL;
	start_all(b);
	event_at(b, &m, "ext1", LEVEL_DOWN, "10.0.1.2");
	say(b->worker, &m);
	assert_true(flows_ended(b));
	settle(b, "ext2", LEVEL_UP);
	drop_peers(b);
	stop(b, SIGKILL);
	start_all(b);
	settle(b, "ext2", LEVEL_DEGRADED);
	assert_int_equal(b->kills, 1);
	end(b);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(dispatch_connections_of_a_dead_line_are_ended_by_its_last_address),
		CASE(dispatch_connections_are_kept_when_the_routes_were_refused),
		CASE(dispatch_connections_of_the_last_line_are_kept),
		CASE(dispatch_address_before_the_outage_outlasts_a_restart),
		CASE(dispatch_connections_are_ended_once_an_outage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
