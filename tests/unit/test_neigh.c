/* SPDX-License-Identifier: ISC */
/*
 * test_neigh: what `arp` and `nd` share: sockets that come, go and fail, and
 * which of several requests in flight an answer is for.  By way of `nd`, which
 * sends in every round.
 */
#include "tests/unit/test_neigh.h"

#define GW	"2001:db8:1::1"
#define OWN	"2001:db8:1::2"

static int
setup(void **state)
{
	*state = net_new("nd", NET_V6, POWER_ND, OWN);
	return 0;
}

static struct sys_frame
answer_of(const char *of, const char *to)
{
	struct sys_frame f = incoming();
	struct net_addr a = addr(of);

	f.src = a;
	f.dst = addr(to);
	f.hops = 255;
	f.bytes[0] = 136;
	f.bytes[4] = 0x40;
	memcpy(f.bytes + 8, a.bytes, 16);
	f.len = 24;
	return f;
}

static void
answer(struct net *n, int64_t stamp_ns)
{
	struct sys_frame f = answer_of(GW, OWN);

	f.stamp_ns = stamp_ns;
	deliver(n, &f);
	ready(n);
}

/* ---- which one an answer is for ---- */

static void
answer_is_for_the_newest(void **state)
{
	struct net *n = *state;
	uint64_t r;

	start_with(n, GW);
	for (r = 1; r <= 4; r++)
		round_now(n, r);
	answer(n, 0);
	answer(n, 0);
	told_is(n, 0, 0, 4, SAMPLE_OK);
	told_is(n, 1, 0, 3, SAMPLE_OK);
	expire_all(n);
	assert_int_equal(n->ntold, 4);
	told_is(n, 2, 0, 1, SAMPLE_LOST);
	told_is(n, 3, 0, 2, SAMPLE_LOST);
}

/* Answers that are all later than the next request. */
static void
slow_gateway_loses_the_first_round_only(void **state)
{
	struct net *n = *state;
	uint64_t r;

	start_with(n, GW);
	round_now(n, 1);
	for (r = 2; r <= 20; r++) {
		round_now(n, r);
		answer(n, 0);
		told_is(n, r - 2, 0, r, SAMPLE_OK);
	}
	expire_all(n);
	assert_int_equal(n->ntold, 20);
	told_is(n, 19, 0, 1, SAMPLE_LOST);
}

/* It came before the second was sent, but is read after that. */
static void
answer_is_for_none_that_was_sent_after_it_came(void **state)
{
	struct net *n = *state;
	int64_t came_ns;

	start_with(n, GW);
	round_now(n, 1);
	pass_time();
	came_ns = clock_wall_ns();
	pass_time();
	round_now(n, 2);
	answer(n, came_ns);
	assert_int_equal(n->ntold, 1);
	told_is(n, 0, 0, 1, SAMPLE_OK);
	assert_true(n->told[0].rtt_ns >= 5 * NS_PER_MS);
	/* And if that one is gone, for none at all. */
	answer(n, came_ns);
	assert_int_equal(n->ntold, 1);
	expire_all(n);
	told_is(n, 1, 0, 2, SAMPLE_LOST);
}

static void
late_answer_is_lost(void **state)
{
	struct net *n = *state;

	n->uplink.probe.timeout_ns = NS_PER_MS;
	start_with(n, GW);
	round_now(n, 1);
	while (clock_mono_ns() <= n->kind->due(n->probe))
		poll(NULL, 0, 1);
	answer(n, 0);
	assert_int_equal(n->ntold, 0);
	n->kind->expire(n->probe, clock_mono_ns());
	assert_int_equal(n->ntold, 1);
	told_is(n, 0, 0, 1, SAMPLE_LOST);
}

/* Whatever comes when: no more are passed than were answered. */
static void
never_more_passed_than_answers(void **state)
{
	struct net *n = *state;
	struct sys_frame f;
	size_t answers = 0, i;
	uint32_t seed = 1;
	uint64_t r;

	start_with(n, GW);
	for (r = 1; r <= 1000; r++) {
		round_now(n, r);
		while (sent(n, &f))
			;
		seed = seed * 1103515245 + 12345;
		for (i = 0; i < (seed >> 16) % 3; i++, answers++)
			answer(n, 0);
		if ((seed >> 24) % 16 == 0)
			expire_all(n);
		assert_true(n->ok <= answers);
	}
	expire_all(n);
	assert_int_equal(n->ntold, 1000);
	assert_true(answers > 900 && n->ok > 700 && n->ok < answers);
}

/* A gateway that is another now, as after a new lease. */
static void
answer_is_for_those_of_its_own_address(void **state)
{
	struct net *n = *state;
	struct sys_frame f;

	start_with(n, GW);
	round_now(n, 1);
	n->targets[0].addr = addr("2001:db8:1::9");
	round_now(n, 2);
	answer(n, 0);
	assert_int_equal(n->ntold, 1);
	told_is(n, 0, 0, 1, SAMPLE_OK);
	f = answer_of("2001:db8:1::9", OWN);
	deliver(n, &f);
	ready(n);
	told_is(n, 1, 0, 2, SAMPLE_OK);
}

/* And the same for ours. */
static void
answer_comes_to_the_address_that_asked(void **state)
{
	struct net *n = *state;
	struct sys_frame f;

	start_with(n, GW);
	round_now(n, 1);
	n->host.source[NET_V6] = addr("2001:db8:1::77");
	round_now(n, 2);
	answer(n, 0);
	assert_int_equal(n->ntold, 1);
	told_is(n, 0, 0, 1, SAMPLE_OK);
	f = answer_of(GW, "2001:db8:1::77");
	deliver(n, &f);
	ready(n);
	told_is(n, 1, 0, 2, SAMPLE_OK);
}

static void
two_targets_want_two_answers(void **state)
{
	struct net *n = *state;
	struct sys_frame f;

	add(n, GW);
	start_with(n, GW);
	round_now(n, 1);
	assert_true(sent(n, &f));
	assert_true(sent(n, &f));
	assert_false(sent(n, &f));
	answer(n, 0);
	assert_int_equal(n->ntold, 1);
	answer(n, 0);
	assert_int_equal(n->ntold, 2);
	assert_int_equal(n->told[0].target + n->told[1].target, 1);
}

/* ---- time ---- */

static void
unanswered_request_is_lost_after_its_timeout(void **state)
{
	struct net *n = *state;
	int64_t due;

	start_with(n, GW);
	assert_true(n->kind->due(n->probe) == CLOCK_NEVER);
	round_now(n, 1);
	pass_time();
	round_now(n, 2);
	due = n->kind->due(n->probe);
	assert_true(due > clock_mono_ns() && due <= clock_mono_ns() + TIMEOUT);
	n->kind->expire(n->probe, due - 1);
	assert_int_equal(n->ntold, 0);
	n->kind->expire(n->probe, due);
	assert_int_equal(n->ntold, 1);
	expire_all(n);
	assert_int_equal(n->ntold, 2);
	told_is(n, 0, 0, 1, SAMPLE_LOST);
	told_is(n, 1, 0, 2, SAMPLE_LOST);
	assert_true(n->kind->due(n->probe) == CLOCK_NEVER);
}

static void
forgotten_requests_are_never_told(void **state)
{
	struct net *n = *state;

	start_with(n, GW);
	round_now(n, 1);
	round_now(n, 2);
	n->kind->forget(n->probe);
	assert_true(n->kind->due(n->probe) == CLOCK_NEVER);
	answer(n, 0);
	expire_all(n);
	assert_int_equal(n->ntold, 0);
	round_now(n, 3);
	answer(n, 0);
	assert_int_equal(n->ntold, 1);
	told_is(n, 0, 0, 3, SAMPLE_OK);
}

/* ---- the socket ---- */

static void
without_a_socket_it_cannot_probe_and_asks(void **state)
{
	struct net *n = *state;

	n->host.ifindex = 0;
	add(n, GW);
	start(n);
	round_now(n, 1);
	told_is(n, 0, 0, 1, SAMPLE_CANNOT);
	assert_int_equal(n->told[0].err, -ENODEV);
	/* There is nothing to bind it to. */
	assert_int_equal(n->asked, 0);
	n->host.ifindex = IFINDEX;
	n->refuse = -EAGAIN;
	round_now(n, 2);
	round_now(n, 3);
	assert_int_equal(n->asked, 2);
	n->refuse = 0;
	round_now(n, 4);
	round_now(n, 5);
	assert_int_equal(n->asked, 3);
	/* It could not be opened: the reason is told, and it asks again. */
	n->kind->socket(n->probe, NET_V6, -1, -EMFILE);
	assert_int_equal(n->asked, 4);
	n->ntold = 0;
	round_now(n, 6);
	told_is(n, 0, 0, 6, SAMPLE_CANNOT);
	assert_int_equal(n->told[0].err, -EMFILE);
}

static void
without_neighbours_it_cannot_probe(void **state)
{
	struct net *n = *state;

	n->host.ethernet = false;
	add(n, GW);
	start(n);
	round_now(n, 1);
	told_is(n, 0, 0, 1, SAMPLE_CANNOT);
	assert_int_equal(n->told[0].err, -EOPNOTSUPP);
	assert_int_equal(n->asked, 0);
	/* It has changed, but the one with power has seen it before that. */
	n->host.ethernet = true;
	round_now(n, 2);
	assert_int_equal(n->asked, 1);
	n->kind->socket(n->probe, NET_V6, -1, -EOPNOTSUPP);
	round_now(n, 3);
	assert_int_equal(n->told[n->ntold - 1].err, -EOPNOTSUPP);
	give(n);
	n->ntold = 0;
	round_now(n, 4);
	answer(n, 0);
	told_is(n, 0, 0, 4, SAMPLE_OK);
}

static void
without_an_address_of_ours_it_cannot_probe(void **state)
{
	struct net *n = *state;
	struct sys_frame f;

	n->host.source[NET_V6].family = 0;
	start_with(n, GW);
	round_now(n, 1);
	told_is(n, 0, 0, 1, SAMPLE_CANNOT);
	assert_int_equal(n->told[0].err, -EADDRNOTAVAIL);
	assert_false(sent(n, &f));
}

static void
dead_socket_is_cannot_and_asked_anew(void **state)
{
	struct net *n = *state;

	start_with(n, GW);
	round_now(n, 1);
	/* As a device that went: what was sent by it is no loss. */
	close(n->sock);
	round_now(n, 2);
	assert_int_equal(n->ntold, 2);
	told_is(n, 0, 0, 2, SAMPLE_CANNOT);
	told_is(n, 1, 0, 1, SAMPLE_CANNOT);
	assert_int_equal(n->asked, 2);
	give(n);
	round_now(n, 3);
	answer(n, 0);
	told_is(n, 2, 0, 3, SAMPLE_OK);
}

static void
full_queue_is_cannot_and_keeps_the_socket(void **state)
{
	struct net *n = *state;
	uint64_t r;

	start_with(n, GW);
	for (r = 1; n->ntold == 0 && r < 1000; r++)
		round_now(n, r);
	told_is(n, 0, 0, r - 1, SAMPLE_CANNOT);
	assert_int_equal(n->told[0].err, -EAGAIN);
	assert_int_equal(n->asked, 1);
	expire_all(n);
	assert_int_equal(n->ntold, r - 1);
}

static void
other_family_is_none_of_ours(void **state)
{
	struct net *n = *state;
	struct net_addr v4 = addr("192.0.2.1");

	start_with(n, GW);
	round_now(n, 1);
	n->kind->socket(n->probe, NET_V4, -1, -ENODEV);
	assert_int_equal(n->ntold, 0);
	answer(n, 0);
	told_is(n, 0, 0, 1, SAMPLE_OK);
	n->kind->send(n->probe, 0, 2, &v4, clock_mono_ns());
	told_is(n, 1, 0, 2, SAMPLE_CANNOT);
	assert_int_equal(n->told[1].err, -EAFNOSUPPORT);
}

static void
end_of_the_socket_is_not_read_for_ever(void **state)
{
	struct net *n = *state;
	struct pollfd pfd[2];

	start_with(n, GW);
	assert_int_equal(n->kind->polls(n->probe, pfd, 2), 1);
	assert_int_equal(pfd[0].fd, n->sock);
	assert_int_equal(pfd[0].events, POLLIN);
	assert_int_equal(n->kind->polls(n->probe, NULL, 0), 1);
	close(n->peer);
	n->peer = -1;
	ready(n);
	assert_int_equal(n->kind->polls(n->probe, pfd, 2), 0);
	assert_int_equal(n->asked, 2);
}

/* What cannot be read whole holds up nothing. */
static void
cut_frame_is_passed_over(void **state)
{
	struct net *n = *state;

	start_with(n, GW);
	round_now(n, 1);
	assert_int_equal(send(n->peer, "x", 1, 0), 1);
	answer(n, 0);
	told_is(n, 0, 0, 1, SAMPLE_OK);
	assert_int_equal(n->asked, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(answer_is_for_the_newest),
		T(slow_gateway_loses_the_first_round_only),
		T(answer_is_for_none_that_was_sent_after_it_came),
		T(late_answer_is_lost),
		T(never_more_passed_than_answers),
		T(answer_is_for_those_of_its_own_address),
		T(answer_comes_to_the_address_that_asked),
		T(two_targets_want_two_answers),
		T(unanswered_request_is_lost_after_its_timeout),
		T(forgotten_requests_are_never_told),
		T(without_a_socket_it_cannot_probe_and_asks),
		T(without_neighbours_it_cannot_probe),
		T(without_an_address_of_ours_it_cannot_probe),
		T(dead_socket_is_cannot_and_asked_anew),
		T(full_queue_is_cannot_and_keeps_the_socket),
		T(other_family_is_none_of_ours),
		T(end_of_the_socket_is_not_read_for_ever),
		T(cut_frame_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
