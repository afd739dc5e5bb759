/* SPDX-License-Identifier: ISC */
/*
 * A lane for four jobs, and a dozen that must all run: the others wait on disk.
 */
#define BENCH_ACTIONS							\
    "actions:\n"							\
    "  each: { on: [down, up], every: true, run: [/bin/true] }\n"	\
    "lanes: { exec: 1, queue: 4 }\n"
#include "tests/unit/test_dispatch.h"

#define EVENTS	12

/* So many events, the first of whose jobs goes on. */
static void
fill(struct bench *b)
{
	struct msg m;
	unsigned i;

	start_all(b);
	b->hold = true;
	for (i = 1; i <= EVENTS; i++) {
		event(b, &m, "ext1", i % 2 == 1 ? LEVEL_DOWN : LEVEL_UP);
		say(b->worker, &m);
		expect_ack(b, b->worker, i, true);
	}
	assert_int_equal(b->spawns, 1);
	assert_int_not_equal(b->held, 0);
}

/* The newest word about the lane has that much waiting. */
static void
await_waiting(struct bench *b, uint64_t waiting, uint64_t on_disk,
    struct lane_report *r)
{
	struct msg m;

	do {
		assert_true(await(b, b->feed, MSG_LANE, &m));
		*r = m.u.lane;
	} while (strcmp(r->lane, "exec") != 0 || r->waiting != waiting ||
	    r->on_disk != on_disk);
}

static void
release(struct bench *b)
{
	struct power_exit end = { 0 };

	assert_int_equal(power_send(b->held, &end, sizeof(end), NULL, 0), 0);
	close(b->held);
	b->held = 0;
}

/* Ends of jobs as published; none other than done. */
static void
await_done(struct bench *b, unsigned n)
{
	struct msg m;

	while (n > 0) {
		assert_true(await(b, b->feed, MSG_JOB, &m));
		if (m.u.job.phase == JOB_STARTED)
			continue;
		assert_int_equal(m.u.job.phase, JOB_DONE);
		n--;
	}
}

static void
dispatch_full_lane_runs_all_in_order(void **state)
{
	struct bench *b = *state;
	int64_t from_ms = clock_wall_ms();
	struct lane_report r;
	char path[128];
	struct msg m;
	unsigned i;

	fill(b);
	await_waiting(b, EVENTS - 1, EVENTS - 1 - 4, &r);
	assert_int_equal(r.running, 1);
	assert_int_equal(r.threads, 1);
	assert_int_equal(r.queue, 4);
	assert_true(r.oldest_wall_ms >= from_ms);
	assert_true(r.oldest_wall_ms <= clock_wall_ms());
	assert_int_equal(r.done + r.dropped, 0);
	/* There is room for one more, but it is not its turn. */
	b->hold = true;
	release(b);
	await_done(b, 1);
	event(b, &m, "ext1", LEVEL_DOWN);
	say(b->worker, &m);
	expect_ack(b, b->worker, EVENTS + 1, true);
	while (b->held == 0)
		assert_true(await(b, b->feed, MSG_JOB, &m));
	release(b);
	await_done(b, EVENTS);
	/* It has forgotten nothing and holds nothing back: so once more. */
	event(b, &m, "ext1", LEVEL_UP);
	say(b->worker, &m);
	expect_ack(b, b->worker, EVENTS + 2, true);
	await_done(b, 1);
	assert_int_equal(b->spawns, EVENTS + 2);
	do
		await_waiting(b, 0, 0, &r);
	while (r.done < EVENTS + 2);
	assert_int_equal(r.oldest_wall_ms, -1);
	assert_int_equal(r.running + r.failed + r.superseded, 0);
	/* Nothing changes any more; a feed that is new is told all the same. */
	zsock_close(&b->feed);
	snprintf(path, sizeof(path), "%s/%s", b->dir, ROLE_SOCK_BUS);
	assert_int_equal(zsock_open(b->zctx, ZSOCK_BUS_PEER, path, -1,
	    "feed.new", &b->feed), 0);
	hello(b);
	await_waiting(b, 0, 0, &r);
	assert_int_equal(r.done, EVENTS + 2);
	for (i = 0; i < b->spawns; i++)
		assert_int_equal(b->ran[i], i + 1);
	end(b);
}

static void
dispatch_killed_with_a_full_lane_runs_all_in_order(void **state)
{
	struct bench *b = *state;
	unsigned i;

	fill(b);
	drop_peers(b);
	stop(b, SIGKILL);
	close(b->held);
	b->held = 0;
	b->spawns = 0;
	start_all(b);
	/* The interrupted one again, then the others once each. */
	while (b->spawns < EVENTS)
		await_done(b, 1);
	assert_int_equal(b->spawns, EVENTS);
	for (i = 0; i < b->spawns; i++)
		assert_int_equal(b->ran[i], i + 1);
	end(b);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(dispatch_full_lane_runs_all_in_order),
		CASE(dispatch_killed_with_a_full_lane_runs_all_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
