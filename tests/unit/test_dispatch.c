/* SPDX-License-Identifier: ISC */
/*
 * The dispatcher as a process: the test plays its parent, a worker and the
 * feed, and kills it.
 */
#include "tests/unit/test_dispatch.h"

static void
dispatch_down_is_acked_planned_published_and_run(void **state)
{
	struct bench *b = *state;
	struct msg m;

	start_all(b);
	event(b, &m, "ext1", LEVEL_DOWN);
	say(b->worker, &m);
	expect_ack(b, b->worker, 1, true);
	assert_int_equal(b->plan.carry[NET_V4][0], 0);
	assert_int_equal(b->plan.carry[NET_V4][1], 1);
	assert_int_equal(b->plan.engaged[NET_V4], 1);
	assert_true(await(b, b->feed, MSG_EVENT, &m));
	assert_string_equal(m.u.event.uplink, "ext1");
	assert_int_equal(m.u.event.level, LEVEL_DOWN);
	do
		assert_true(await(b, b->feed, MSG_JOB, &m));
	while (m.u.job.phase != JOB_DONE);
	assert_string_equal(m.u.job.action, "tell");
	assert_int_equal(b->spawns, 1);
	end(b);
}

static void
dispatch_event_said_twice_is_acked_twice_and_taken_once(void **state)
{
	struct bench *b = *state;
	struct msg m;
	unsigned events = 0;

	start_all(b);
	event(b, &m, "ext1", LEVEL_DOWN);
	say(b->worker, &m);
	expect_ack(b, b->worker, 1, true);
	say(b->worker, &m);
	expect_ack(b, b->worker, 1, true);
	event(b, &m, "ext1", LEVEL_UP);
	say(b->worker, &m);
	expect_ack(b, b->worker, 2, true);
	do {
		assert_true(await(b, b->feed, MSG_EVENT, &m));
		events++;
	} while (m.u.event.level != LEVEL_UP);
	assert_int_equal(events, 2);
	/* The first one again, late: it is known, and changes nothing. */
	b->seq = 0;
	event(b, &m, "ext1", LEVEL_DOWN);
	say(b->worker, &m);
	expect_ack(b, b->worker, 1, true);
	assert_int_equal(b->plan.engaged[NET_V4], 0);
	end(b);
}

static void
dispatch_killed_after_ack_knows_the_level_again(void **state)
{
	struct bench *b = *state;
	struct msg m;

	start(b);
	connect_peers(b);
	event(b, &m, "ext1", LEVEL_DOWN);
	say(b->worker, &m);
	expect_ack(b, b->worker, 1, true);
	drop_peers(b);
	stop(b, SIGKILL);
	memset(&b->plan, 0, sizeof(b->plan));
	start_all(b);
	/* The plan follows from the journal, before any worker has spoken. */
	assert_int_equal(b->plan.engaged[NET_V4], 1);
	assert_int_equal(b->plan.carry[NET_V4][0], 0);
	/* A worker that starts anew and finds the same is no news. */
	b->epoch++;
	b->seq = 0;
	event(b, &m, "ext1", LEVEL_DOWN);
	say(b->worker, &m);
	expect_ack(b, b->worker, 1, true);
	event(b, &m, "ext1", LEVEL_UP);
	say(b->worker, &m);
	assert_true(await(b, b->feed, MSG_EVENT, &m));
	assert_int_equal(m.u.event.level, LEVEL_UP);
	assert_int_equal(m.u.event.previous, LEVEL_DOWN);
	end(b);
}

static void
dispatch_unknown_uplink_is_refused(void **state)
{
	struct bench *b = *state;
	struct msg m;

	start(b);
	connect_peers(b);
	event(b, &m, "nosuch", LEVEL_DOWN);
	say(b->worker, &m);
	expect_ack(b, b->worker, 1, false);
	end(b);
}

static void
dispatch_opinion_decides_but_not_about_the_last_line(void **state)
{
	struct bench *b = *state;
	struct msg m, o;

	start_all(b);
	event(b, &m, "ext2", LEVEL_DOWN);
	say(b->worker, &m);
	expect_ack(b, b->worker, 1, true);
	memset(&o, 0, sizeof(o));
	o.head.type = MSG_OPINION;
	snprintf(o.head.source, sizeof(o.head.source), "notify");
	o.head.epoch = 77;
	o.head.seq = 1;
	snprintf(o.u.opinion.uplink, sizeof(o.u.opinion.uplink), "ext1");
	snprintf(o.u.opinion.advisor, sizeof(o.u.opinion.advisor),
	    "ifstated");
	o.u.opinion.level = LEVEL_DOWN;
	say(b->feed, &o);
	expect_ack(b, b->feed, 1, true);
	/* ext1 still carries: nobody else could. */
	assert_int_equal(b->plan.carry[NET_V4][0], 1);
	event(b, &m, "ext2", LEVEL_UP);
	say(b->worker, &m);
	expect_ack(b, b->worker, 2, true);
	do
		assert_true(await(b, b->feed, MSG_EVENT, &m));
	while (strcmp(m.u.event.uplink, "ext1") != 0);
	assert_int_equal(m.u.event.level, LEVEL_DOWN);
	assert_int_equal(m.u.event.cause, CAUSE_ADVISOR);
	/* What nobody has measured is not nothing. */
	assert_int_equal(m.u.event.rtt_us, -1);
	assert_int_equal(m.u.event.loss, -1);
	assert_int_equal(b->plan.carry[NET_V4][0], 0);
	end(b);
}

/* A dead target is worth an event, and no action: the line is as it was. */
static void
dispatch_cause_alone_is_published_and_runs_nothing(void **state)
{
	struct bench *b = *state;
	struct msg m;
	int64_t since;

	start_all(b);
	event(b, &m, "ext1", LEVEL_UP);
	say(b->worker, &m);
	expect_ack(b, b->worker, 1, true);
	assert_true(await(b, b->feed, MSG_EVENT, &m));
	since = m.u.event.since_wall_ms;
	event(b, &m, "ext1", LEVEL_UP);
	m.u.event.cause = CAUSE_SUSPECT;
	say(b->worker, &m);
	expect_ack(b, b->worker, 2, true);
	assert_true(await(b, b->feed, MSG_EVENT, &m));
	assert_int_equal(m.u.event.level, LEVEL_UP);
	assert_int_equal(m.u.event.previous, LEVEL_UP);
	assert_int_equal(m.u.event.cause, CAUSE_SUSPECT);
	assert_int_equal(m.u.event.since_wall_ms, since);
	assert_int_equal(b->spawns, 0);
	end(b);
}

static void
dispatch_noise_on_the_bus_is_ignored(void **state)
{
	static const char *const noise[] = { "", "{", "[]", "{\"v\":1}",
	    "{\"v\":1,\"type\":\"event\"}", "\377\376", "null" };
	struct bench *b = *state;
	struct msg m;
	size_t i;

	start(b);
	connect_peers(b);
	/* First something sound, so that the connection stands. */
	event(b, &m, "ext1", LEVEL_DOWN);
	say(b->worker, &m);
	expect_ack(b, b->worker, 1, true);
	for (i = 0; i < sizeof(noise) / sizeof(noise[0]); i++)
		assert_int_equal(zsock_send(b->worker, NULL, noise[i],
		    strlen(noise[i])), 0);
	event(b, &m, "ext1", LEVEL_UP);
	say(b->worker, &m);
	expect_ack(b, b->worker, 2, true);
	end(b);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(dispatch_down_is_acked_planned_published_and_run),
		CASE(dispatch_event_said_twice_is_acked_twice_and_taken_once),
		CASE(dispatch_killed_after_ack_knows_the_level_again),
		CASE(dispatch_unknown_uplink_is_refused),
		CASE(dispatch_opinion_decides_but_not_about_the_last_line),
		CASE(dispatch_cause_alone_is_published_and_runs_nothing),
		CASE(dispatch_noise_on_the_bus_is_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
