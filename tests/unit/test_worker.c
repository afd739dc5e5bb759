/* SPDX-License-Identifier: ISC */
/*
 * test_worker: a worker in its world (test_worker.h), turned by hand: levels,
 * events, time; the thread and the role around it at the end.  Interfaces and
 * sockets are in test_worker_link.
 */
#include "tests/unit/test_worker.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>

#include "probes/probes.h"

static void
first_answer_reports_up(void **state)
{
	struct world *w = *state;
	int64_t before = clock_mono_ns();
	const struct msg *m = &w->events[0];

	world_bus(w);
	world_start(w, 1);
	world_is(w, 0, LEVEL_UNKNOWN, CAUSE_NONE);
	SPIN(w, w->nevents > 0);
	world_heard(w, 0, "ext1", LEVEL_UNKNOWN, LEVEL_UP, CAUSE_NONE);
	assert_string_equal(m->head.source, "probes/3");
	assert_int_equal(m->head.seq, 1);
	assert_true(m->head.epoch == w->worker->epoch && m->head.epoch != 0);
	assert_true(m->head.mono_ns >= before);
	assert_true(m->head.mono_ns <= clock_mono_ns());
	assert_int_equal(strncmp(w->peer, "probes/3.", 9), 0);
	assert_int_equal(strlen(w->peer), 17);
	assert_int_equal(m->u.event.nevidence, TARGETS);
	assert_true(m->u.event.evidence[0].gateway);
	assert_false(m->u.event.evidence[1].gateway);
	assert_string_equal(m->u.event.evidence[2].target, "ping 2");
}

static void
lost_replies_report_down_far(void **state)
{
	struct world *w = *state;
	const struct evidence *e = w->events[1].u.event.evidence;
	size_t i;

	world_impatient(w);
	/* Late by no fault of the worker, on a busy machine, is well. */
	w->uplinks[0].probe.fall = 20;
	world_bus(w);
	world_start(w, 1);
	SPIN(w, w->nevents == 1);
	world_hosts(w, 0, ALIVE, DEAD);
	SPIN(w, w->nevents == 2);
	assert_string_equal(level_name(w->events[1].u.event.level), "down");
	assert_int_equal(w->events[1].head.seq, 2);
	for (i = 1; i < TARGETS; i++) {
		assert_int_equal(e[i].sent, 20);
		assert_int_equal(e[i].lost, 20);
		assert_int_equal(e[i].cannot, 0);
		assert_int_equal(e[i].rtt_us, -1);
	}
	assert_int_equal(e[0].sent, 20);
	if (e[0].lost < e[0].sent)
		assert_true(e[0].rtt_us >= 0);
}

static void
fall_before_the_timeout_names_what_is_missing(void **state)
{
	struct world *w = *state;
	const struct evidence *e = w->events[1].u.event.evidence;
	size_t i;

	w->uplinks[0].probe.timeout_min_ns = 20 * NS_PER_MS;
	w->uplinks[0].probe.fall = 20;
	world_bus(w);
	world_start(w, 1);
	SPIN(w, w->nevents == 1);
	world_hosts(w, 0, ALIVE, DEAD);
	SPIN(w, w->nevents == 2);
	assert_string_equal(level_name(w->events[1].u.event.level), "down");
	for (i = 1; i < TARGETS; i++) {
		assert_int_equal(e[i].sent, 20);
		assert_int_equal(e[i].lost, 20);
		assert_string_equal(target_state_name(e[i].state), "lost");
	}
	assert_true(e[0].lost < e[0].sent);
}

static void
silent_gateway_is_named(void **state)
{
	struct world *w = *state;

	world_impatient(w);
	world_hosts(w, 0, DEAD, DEAD);
	world_bus(w);
	world_start(w, 1);
	SPIN(w, w->nevents == 1);
	world_heard(w, 0, "ext1", LEVEL_UNKNOWN, LEVEL_DOWN, CAUSE_GATEWAY);
}

static void
other_cause_of_down_is_said_by_heartbeat(void **state)
{
	struct world *w = *state;
	int64_t until = clock_mono_ns() + WAIT;
	size_t n;

	world_impatient(w);
	world_hosts(w, 0, DEAD, DEAD);
	world_bus(w);
	world_start(w, 1);
	SPIN(w, w->nevents == 1);
	world_is(w, 0, LEVEL_DOWN, CAUSE_GATEWAY);
	n = w->nheartbeats;
	assert_int_equal(fake_link_carrier(w->hand, "wan1", false), 0);
	assert_true(worker_turn(w->worker, 0));
	world_is(w, 0, LEVEL_DOWN, CAUSE_CARRIER);
	/* At once, not when the second is over: it does not turn again. */
	while (w->nheartbeats == n && clock_mono_ns() < until) {
		world_dispatcher(w);
		poll(NULL, 0, 1);
	}
	assert_true(w->nheartbeats > n);
	assert_int_equal(w->nevents, 1);
	assert_int_equal(w->heartbeat.u.event.cause, CAUSE_CARRIER);
}

static void
forged_replies_never_raise(void **state)
{
	struct world *w = *state;
	uint64_t round;

	world_impatient(w);
	world_hosts(w, 0, DEAD, FORGED);
	world_bus(w);
	world_start(w, 1);
	SPIN(w, w->nevents == 1);
	round = world_verdict(w, 0)->verdict.next;
	SPIN(w, world_verdict(w, 0)->verdict.next > round + 20);
	world_is(w, 0, LEVEL_DOWN, CAUSE_GATEWAY);
	assert_int_equal(world_verdict(w, 0)->verdict.passed, 0);
	assert_int_equal(w->nevents, 1);
}

static void
answers_after_an_outage_report_up_after_the_rise(void **state)
{
	struct world *w = *state;
	uint64_t passed;

	w->uplinks[0].probe.timeout_ns = 200 * NS_PER_MS;
	world_hosts(w, 0, DEAD, DEAD);
	world_bus(w);
	world_start(w, 1);
	SPIN(w, w->nevents == 1);
	passed = world_verdict(w, 0)->verdict.next;
	world_hosts(w, 0, ALIVE, ALIVE);
	SPIN(w, w->nevents == 2);
	world_heard(w, 1, "ext1", LEVEL_DOWN, LEVEL_UP, CAUSE_NONE);
	assert_true(world_verdict(w, 0)->verdict.passed >= passed + 3);
}

static void
event_is_said_again_until_acknowledged(void **state)
{
	struct world *w = *state;
	size_t i;

	w->acks = false;
	world_bus(w);
	world_start(w, 1);
	SPIN(w, w->nevents == 3);
	for (i = 0; i < 3; i++) {
		world_heard(w, i, "ext1", LEVEL_UNKNOWN, LEVEL_UP,
		    CAUSE_NONE);
		assert_int_equal(w->events[i].head.seq, 1);
	}
	assert_non_null(w->worker->unacked);
	w->acks = true;
	world_ack(w, &w->events[0]);
	SPIN(w, w->worker->unacked == NULL);
	assert_ptr_equal(w->worker->unacked_end, &w->worker->unacked);
}

static void
acknowledgement_of_another_is_not_ours(void **state)
{
	struct world *w = *state;
	struct msg m;

	w->acks = false;
	world_up(w, 1);
	m = w->events[0];
	m.head.epoch ^= 1;
	world_ack(w, &m);
	m = w->events[0];
	m.head.seq++;
	world_ack(w, &m);
	m = w->events[0];
	snprintf(m.head.source, sizeof(m.head.source), "probes/2");
	world_ack(w, &m);
	/* All three are read by the time that it is said again twice. */
	SPIN(w, w->nevents == 3);
	assert_non_null(w->worker->unacked);
	world_ack(w, &w->events[0]);
	SPIN(w, w->worker->unacked == NULL);
}

static void
ack_seq(struct world *w, uint64_t seq)
{
	size_t i;

	for (i = 0; w->events[i].head.seq != seq; i++)
		assert_true(i + 1 < w->nevents);
	world_ack(w, &w->events[i]);
}

/* Two uplinks, so that one event may not take the other's place. */
static void
newer_event_does_not_overtake(void **state)
{
	struct world *w = *state;
	uint64_t newest = 0;
	size_t i;

	w->acks = false;
	world_up(w, 2);
	assert_int_equal(fake_link_carrier(w->hand, "wan2", false), 0);
	SPIN(w, world_verdict(w, 1)->level == LEVEL_DOWN);
	assert_int_equal(fake_link_carrier(w->hand, "wan1", false), 0);
	SPIN(w, w->nevents > 0 && w->events[w->nevents - 1].head.seq == 4);
	/* Nobody hears a number before all lower ones. */
	for (i = 0; i < w->nevents; i++) {
		assert_true(w->events[i].head.seq <= newest + 1);
		if (w->events[i].head.seq > newest)
			newest = w->events[i].head.seq;
	}
	/* One from the middle leaves, the others stay in order. */
	ack_seq(w, 2);
	SPIN(w, w->worker->unacked->next->seq == 3);
	assert_int_equal(w->worker->unacked->seq, 1);
	assert_int_equal(w->worker->unacked->next->next->seq, 4);
	/* The last one leaves, and the next finds the end. */
	ack_seq(w, 4);
	SPIN(w, w->worker->unacked->next->next == NULL);
	assert_ptr_equal(w->worker->unacked_end,
	    &w->worker->unacked->next->next);
}

static void
event_waits_for_a_dispatcher(void **state)
{
	struct world *w = *state;

	world_start(w, 1);
	SPIN(w, world_verdict(w, 0)->level == LEVEL_UP);
	assert_non_null(w->worker->unacked);
	world_bus(w);
	SPIN(w, w->nevents == 1);
	world_heard(w, 0, "ext1", LEVEL_UNKNOWN, LEVEL_UP, CAUSE_NONE);
}

/* The bus is there again, and a new event comes before the old is repeated. */
static void
event_that_waits_goes_before_a_new_one(void **state)
{
	struct world *w = *state;

	w->acks = false;
	world_start(w, 1);
	SPIN(w, world_verdict(w, 0)->level == LEVEL_UP);
	assert_int_equal(timers_set(w->worker->timers, &w->worker->resend,
	    CLOCK_NEVER), 0);
	w->worker->unsent = false;
	world_bus(w);
	SPIN(w, w->nheartbeats > 0);
	assert_int_equal(w->nevents, 0);
	assert_int_equal(fake_link_carrier(w->hand, "wan1", false), 0);
	SPIN(w, w->nevents >= 2);
	assert_int_equal(w->events[0].head.seq, 1);
	assert_int_equal(w->events[1].head.seq, 2);
}

static void
event_is_said_again_to_a_new_dispatcher(void **state)
{
	struct world *w = *state;

	w->acks = false;
	world_up(w, 1);
	zsock_close(&w->bus);
	w->nevents = 0;
	w->acks = true;
	world_bus(w);
	SPIN(w, w->worker->unacked == NULL);
	assert_int_equal(w->events[0].head.seq, 1);
}

/* We were stopped: the timeouts of what was in flight are ours. */
static void
gap_in_time_is_no_loss(void **state)
{
	struct world *w = *state;
	uint64_t lost, rounds;

	w->uplinks[0].probe.timeout_ns = 500 * NS_PER_MS;
	world_up(w, 1);
	world_hosts(w, 0, DEAD, DEAD);
	rounds = world_verdict(w, 0)->verdict.next;
	SPIN(w, world_verdict(w, 0)->verdict.next > rounds + 5);
	lost = w->worker->lines[0].records[1].lost;
	poll(NULL, 0, 550);
	w->worker->woke_ns -= 30 * NS_PER_S;
	assert_true(worker_turn(w->worker, 0));
	assert_int_equal(w->worker->lines[0].records[1].lost, lost);
	world_is(w, 0, LEVEL_UP, CAUSE_NONE);
	/* Only what began after it is open; nothing is made up for. */
	assert_true(world_verdict(w, 0)->verdict.next -
	    world_verdict(w, 0)->verdict.oldest <= 1);
}

static void
replies_that_came_during_a_gap_count(void **state)
{
	struct world *w = *state;
	unsigned requests;

	world_bus(w);
	world_start(w, 1);
	requests = w->wires[0].requests;
	SPIN(w, w->wires[0].requests > requests);
	/* The first answers are on the wire, unread. */
	world_is(w, 0, LEVEL_UNKNOWN, CAUSE_NONE);
	w->worker->woke_ns -= 30 * NS_PER_S;
	assert_true(worker_turn(w->worker, 0));
	world_is(w, 0, LEVEL_UP, CAUSE_NONE);
}

/* Said now, and heard before anything else can be: the worker stands still. */
static void
second(struct world *w, struct line *l)
{
	int64_t from = clock_mono_ns(), until = from + WAIT;
	bool sampled = l->sampled;

	line_second(l, from);
	while ((w->heartbeat.head.mono_ns < from ||
	    (sampled && w->samples.head.mono_ns < from)) &&
	    clock_mono_ns() < until) {
		world_dispatcher(w);
		poll(NULL, 0, 1);
	}
	assert_true(w->heartbeat.head.mono_ns >= from);
}

static void
heartbeat_and_samples_tell_the_second(void **state)
{
	struct world *w = *state;
	const struct evidence *e = w->samples.u.event.evidence;
	struct line *l;
	size_t samples;
	uint32_t sent;

	world_up(w, 1);
	l = &w->worker->lines[0];
	SPIN(w, l->records[1].answered > 0);
	sent = l->records[1].sent;
	second(w, l);
	assert_int_equal(w->heartbeat.head.seq, 1);
	assert_int_equal(w->heartbeat.u.event.level, LEVEL_UP);
	assert_int_equal(w->heartbeat.u.event.previous, LEVEL_UNKNOWN);
	assert_true(w->heartbeat.u.event.since_wall_ms > 0);
	assert_true(llabs(w->heartbeat.u.event.since_wall_ms -
	    w->events[0].head.wall_ms) < 1000);
	assert_int_equal(w->samples.u.event.nevidence, TARGETS);
	assert_int_equal(e[1].sent, sent);
	assert_int_equal(e[1].lost, 0);
	assert_true(e[1].rtt_us >= 0);
	/* Counted from anew, and of nothing nothing is said. */
	assert_int_equal(l->records[1].sent, 0);
	samples = w->nsamples;
	second(w, l);
	assert_int_equal(w->nsamples, samples);
}

static void
doubt_quickens_the_pace(void **state)
{
	struct world *w = *state;
	const struct line *l;
	unsigned losses;

	w->uplinks[0].probe.interval_ns = 3600 * NS_PER_S;
	w->uplinks[0].probe.timeout_ns = 300 * NS_PER_MS;
	world_bus(w);
	world_start(w, 1);
	l = &w->worker->lines[0];
	/* Its first round may be an hour away. */
	assert_int_equal(timers_set(w->worker->timers,
	    &w->worker->lines[0].round, clock_mono_ns()), 0);
	SPIN(w, w->nevents == 1);
	SPIN(w, l->round.due_ns - l->round_ns > 3000 * NS_PER_S);
	world_hosts(w, 0, ALIVE, DEAD);
	losses = (unsigned)world_verdict(w, 0)->verdict.next;
	assert_int_equal(timers_set(w->worker->timers,
	    &w->worker->lines[0].round, clock_mono_ns()), 0);
	/* The others follow by themselves. */
	SPIN(w, w->nevents == 2);
	world_heard(w, 1, "ext1", LEVEL_UP, LEVEL_DOWN, CAUSE_FAR);
	assert_true(world_verdict(w, 0)->verdict.next >= losses + 3);
}

static void
each_uplink_has_its_own_verdict(void **state)
{
	struct world *w = *state;

	w->uplinks[1].probe.timeout_ns = 10 * NS_PER_MS;
	world_hosts(w, 1, DEAD, DEAD);
	world_bus(w);
	world_start(w, 2);
	SPIN(w, w->nevents == 2);
	world_is(w, 0, LEVEL_UP, CAUSE_NONE);
	world_is(w, 1, LEVEL_DOWN, CAUSE_GATEWAY);
	assert_int_not_equal(w->wires[0].id == w->wires[1].id &&
	    w->worker->lines[0].host.token ==
	    w->worker->lines[1].host.token, true);
}

static void
failed_start_is_told_and_leaves_nothing(void **state)
{
	static const uint32_t line = 0;
	struct world *w = *state;
	struct worker *worker;
	int64_t until = clock_mono_ns() + WAIT;
	size_t before;

	world_bus(w);
	before = world_fds();
	assert_int_equal(worker_start(&w->conf, 0, &line, 1, w->power[1],
	    "not/absolute", w->zctx, NULL, &worker), -EINVAL);
	assert_null(worker);
	/* ZeroMQ closes in the background. */
	while (world_fds() != before && clock_mono_ns() < until)
		poll(NULL, 0, 1);
	assert_int_equal(world_fds(), before);
}

/* Its kernel has no links at all: threads do not share one. */
static void
thread_works_and_stops(void **state)
{
	static const uint32_t lines[] = { 0, 1 };
	struct world *w = *state;
	struct worker *worker;
	int64_t until = clock_mono_ns() + WAIT;

	world_bus(w);
	assert_int_equal(worker_start(&w->conf, 0, lines, 2, w->power[1],
	    w->path, w->zctx, NULL, &worker), 0);
	while (w->nevents < 2 && clock_mono_ns() < until) {
		world_dispatcher(w);
		poll(NULL, 0, 1);
	}
	worker_stop(&worker);
	assert_null(worker);
	world_heard(w, 0, "ext1", LEVEL_UNKNOWN, LEVEL_DOWN, CAUSE_CARRIER);
	world_heard(w, 1, "ext2", LEVEL_UNKNOWN, LEVEL_DOWN, CAUSE_CARRIER);
}

struct role_run {
	struct probes_env env;
	int		status;
};

static void *
role_main(void *arg)
{
	struct role_run *r = arg;

	r->status = probes_run(&r->env);
	return NULL;
}

static void
role_is_ready_and_ends_with_its_parent(void **state)
{
	struct world *w = *state;
	struct role_run r = { { &w->conf, w->power[1], w->path }, -1 };
	int64_t until = clock_mono_ns() + WAIT;
	struct pollfd pfd = { .fd = w->power[0], .events = POLLIN };
	uint32_t kind = 0;
	pthread_t thread;
	size_t nfds = 0;
	int n, flags;

	w->conf.workers = 2;
	assert_int_equal(fcntl(w->power[1], F_SETFL, 0), 0);
	world_bus(w);
	assert_int_equal(pthread_create(&thread, NULL, role_main, &r), 0);
	poll(&pfd, 1, (int)(WAIT / NS_PER_MS));
	n = power_recv(w->power[0], &kind, sizeof(kind), NULL, &nfds);
	while (w->nevents < 2 && clock_mono_ns() < until) {
		world_dispatcher(w);
		poll(NULL, 0, 1);
	}
	flags = fcntl(w->power[1], F_GETFL);
	close(w->power[0]);
	w->power[0] = -1;
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(r.status, 0);
	assert_int_equal(n, sizeof(kind));
	assert_int_equal(kind, POWER_READY);
	/* A parent that does not read must not hold a worker up. */
	assert_true((flags & O_NONBLOCK) != 0);
	assert_int_equal(w->nevents, 2);
	/* One worker each. */
	assert_string_not_equal(w->events[0].head.source,
	    w->events[1].head.source);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
		T(first_answer_reports_up),
		T(lost_replies_report_down_far),
		T(fall_before_the_timeout_names_what_is_missing),
		T(silent_gateway_is_named),
		T(other_cause_of_down_is_said_by_heartbeat),
		T(forged_replies_never_raise),
		T(answers_after_an_outage_report_up_after_the_rise),
		T(event_is_said_again_until_acknowledged),
		T(acknowledgement_of_another_is_not_ours),
		T(newer_event_does_not_overtake),
		T(event_waits_for_a_dispatcher),
		T(event_that_waits_goes_before_a_new_one),
		T(event_is_said_again_to_a_new_dispatcher),
		T(gap_in_time_is_no_loss),
		T(replies_that_came_during_a_gap_count),
		T(heartbeat_and_samples_tell_the_second),
		T(doubt_quickens_the_pace),
		T(each_uplink_has_its_own_verdict),
		T(failed_start_is_told_and_leaves_nothing),
		T(thread_works_and_stops),
		T(role_is_ready_and_ends_with_its_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
