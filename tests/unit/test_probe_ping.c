/* SPDX-License-Identifier: ISC */
/*
 * test_probe_ping: the echo probe through the interface of its kind.  The
 * network is the other end of a socket pair: what is sent is read from it,
 * and what is written to it is the reply, byte by byte.  What a raw socket
 * alone can tell (interface, IPv6 source, time) is tried in test_ping_parts.
 */
#include "tests/unit/test_probe_ping.h"

#include <poll.h>

static uint64_t
field(const unsigned char *b, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | *b++;
	return v;
}

static void
round_sends_each_target_one_request(void **state)
{
	struct net *n = *state;
	unsigned char b[PING_BYTES];
	size_t i;

	add(n, "192.0.2.1");
	add(n, "192.0.2.2");
	add(n, "192.0.2.3");
	start(n);
	assert_int_equal(n->asked[NET_V4], 1);
	assert_int_equal(n->asked[NET_V6], 0);
	give(n, NET_V4);
	round_now(n, 1);
	for (i = 0; i < 3; i++) {
		assert_true(request(n, NET_V4, b));
		assert_int_equal(b[0], 8);
		assert_int_equal(ping_sum(b, sizeof(b)), 0);
		assert_int_equal(field(b + 4, 2), n->id[NET_V4]);
		assert_int_equal(field(b + 6, 2), 1);
		assert_int_equal(field(b + 8, 8), TOKEN);
		assert_int_equal(field(b + 16, 8), 1);
		assert_int_equal(field(b + 24, 4), i);
	}
	assert_false(request(n, NET_V4, b));
	assert_int_equal(n->ntold, 0);
}

static void
true_reply_is_credited_once(void **state)
{
	struct net *n = *state;
	unsigned char b[PING_BYTES];
	struct packet p;

	start_v4(n, "192.0.2.9");
	round_now(n, 1);
	assert_true(request(n, NET_V4, b));
	p = answer(b, "192.0.2.9");
	deliver(n, &p);
	deliver(n, &p);
	ready(n);
	assert_int_equal(n->ntold, 1);
	told_is(n, 0, 0, 1, SAMPLE_OK);
	assert_true(n->told[0].rtt_ns >= 0);
	assert_true(n->told[0].rtt_ns < 50 * NS_PER_S);
	assert_int_equal(n->kind->spurious(n->probe), 1);
	assert_true(n->kind->due(n->probe) == CLOCK_NEVER);
}

static void
reply_with_ip_options_is_credited(void **state)
{
	struct net *n = *state;
	unsigned char b[PING_BYTES];
	struct packet p, q;

	start_v4(n, "192.0.2.9");
	round_now(n, 1);
	assert_true(request(n, NET_V4, b));
	p = answer(b, "192.0.2.9");
	q = p;
	q.b[0] = 0x4f;
	memset(q.b + 20, 1, 40);
	memcpy(q.b + 60, p.b + 20, PING_BYTES);
	q.len = 60 + PING_BYTES;
	deliver(n, &q);
	ready(n);
	assert_int_equal(n->ntold, 1);
	told_is(n, 0, 0, 1, SAMPLE_OK);
}

static void
unanswered_request_is_lost_after_its_timeout(void **state)
{
	struct net *n = *state;
	unsigned char b[PING_BYTES];
	struct packet p;
	int64_t due;

	start_v4(n, "192.0.2.9");
	assert_true(n->kind->due(n->probe) == CLOCK_NEVER);
	round_now(n, 1);
	due = n->kind->due(n->probe);
	assert_true(due > clock_mono_ns());
	assert_true(due <= clock_mono_ns() + 50 * NS_PER_S);
	n->kind->expire(n->probe, due - 1);
	assert_int_equal(n->ntold, 0);
	n->kind->expire(n->probe, due);
	assert_int_equal(n->ntold, 1);
	told_is(n, 0, 0, 1, SAMPLE_LOST);
	assert_true(n->kind->due(n->probe) == CLOCK_NEVER);
	/* Too late. */
	assert_true(request(n, NET_V4, b));
	p = answer(b, "192.0.2.9");
	deliver(n, &p);
	ready(n);
	assert_int_equal(n->ntold, 1);
	assert_int_equal(n->kind->spurious(n->probe), 1);
}

static void
late_reply_is_lost_even_if_read_before_it_expired(void **state)
{
	struct net *n = *state;
	unsigned char b[PING_BYTES];
	struct packet p;

	n->uplink.probe.timeout_ns = NS_PER_MS;
	start_v4(n, "192.0.2.9");
	round_now(n, 1);
	assert_true(request(n, NET_V4, b));
	while (clock_mono_ns() <= n->kind->due(n->probe))
		poll(NULL, 0, 1);
	p = answer(b, "192.0.2.9");
	deliver(n, &p);
	ready(n);
	assert_int_equal(n->ntold, 0);
	n->kind->expire(n->probe, clock_mono_ns());
	assert_int_equal(n->ntold, 1);
	told_is(n, 0, 0, 1, SAMPLE_LOST);
}

static void
rounds_in_flight_are_told_apart(void **state)
{
	struct net *n = *state;
	unsigned char b[6][PING_BYTES];
	struct packet p;
	uint64_t r;

	start_v4(n, "192.0.2.9");
	for (r = 1; r <= 5; r++) {
		round_now(n, r);
		assert_true(request(n, NET_V4, b[r]));
	}
	p = answer(b[4], "192.0.2.9");
	deliver(n, &p);
	p = answer(b[1], "192.0.2.9");
	deliver(n, &p);
	ready(n);
	n->kind->expire(n->probe, clock_mono_ns() + 51 * NS_PER_S);
	assert_int_equal(n->ntold, 5);
	told_is(n, 0, 0, 4, SAMPLE_OK);
	told_is(n, 1, 0, 1, SAMPLE_OK);
	told_is(n, 2, 0, 2, SAMPLE_LOST);
	told_is(n, 3, 0, 3, SAMPLE_LOST);
	told_is(n, 4, 0, 5, SAMPLE_LOST);
}

static void
sequence_that_has_wrapped_still_matches(void **state)
{
	struct net *n = *state;
	unsigned char b[PING_BYTES];
	struct packet p;

	start_v4(n, "192.0.2.9");
	round_now(n, 70000);
	assert_true(request(n, NET_V4, b));
	assert_int_equal(field(b + 6, 2), 70000 & 0xffff);
	p = answer(b, "192.0.2.9");
	/* The same sequence, of the round before it wrapped. */
	p.b[41] = 0;
	ping_resum(&p);
	deliver(n, &p);
	ready(n);
	assert_int_equal(n->ntold, 0);
	p = answer(b, "192.0.2.9");
	deliver(n, &p);
	ready(n);
	assert_int_equal(n->ntold, 1);
	told_is(n, 0, 0, 70000, SAMPLE_OK);
}

/* More than a batch, and more than the socket holds unread. */
static void
many_targets_are_each_told_once(void **state)
{
	struct net *n = *state;
	unsigned char b[PING_BYTES];
	unsigned seen[200] = { 0 };
	struct packet p;
	size_t i;

	for (i = 0; i < 200; i++)
		add(n, "192.0.2.9");
	start(n);
	give(n, NET_V4);
	round_now(n, 1);
	for (i = 0; i < 200; i++) {
		assert_true(request(n, NET_V4, b));
		if (i % 2 == 0)
			continue;
		p = answer(b, "192.0.2.9");
		deliver(n, &p);
	}
	ready(n);
	assert_int_equal(n->ntold, 100);
	n->kind->expire(n->probe, clock_mono_ns() + 51 * NS_PER_S);
	assert_int_equal(n->ntold, 200);
	for (i = 0; i < 200; i++) {
		seen[n->told[i].target]++;
		assert_int_equal(n->told[i].sample, i < 100 ? SAMPLE_OK :
		    SAMPLE_LOST);
		assert_int_equal(n->told[i].target % 2, i < 100);
	}
	for (i = 0; i < 200; i++)
		assert_int_equal(seen[i], 1);
}

static void
full_queue_is_cannot_and_keeps_the_socket(void **state)
{
	struct net *n = *state;
	size_t i, cannot = 0;

	for (i = 0; i < TARGETS_MAX; i++)
		add(n, "192.0.2.9");
	start(n);
	give(n, NET_V4);
	round_now(n, 1);
	for (i = 0; i < n->ntold; i++) {
		assert_int_equal(n->told[i].sample, SAMPLE_CANNOT);
		assert_int_equal(n->told[i].err, -EAGAIN);
		cannot++;
	}
	assert_true(cannot > 0 && cannot < TARGETS_MAX);
	assert_int_equal(n->asked[NET_V4], 1);
	n->kind->expire(n->probe, clock_mono_ns() + 51 * NS_PER_S);
	assert_int_equal(n->ntold, TARGETS_MAX);
	assert_int_equal(n->told[cannot].sample, SAMPLE_LOST);
}

static void
without_a_socket_it_cannot_probe_and_asks(void **state)
{
	struct net *n = *state;

	add(n, "192.0.2.9");
	add(n, "2001:db8::9");
	n->host.ifindex = 0;
	start(n);
	round_now(n, 1);
	assert_int_equal(n->ntold, 2);
	told_is(n, 0, 0, 1, SAMPLE_CANNOT);
	told_is(n, 1, 1, 1, SAMPLE_CANNOT);
	assert_int_equal(n->told[0].err, -ENODEV);
	/* There is nothing to bind it to. */
	assert_int_equal(n->asked[NET_V4] + n->asked[NET_V6], 0);
	n->host.ifindex = IFINDEX;
	round_now(n, 2);
	assert_int_equal(n->asked[NET_V4], 1);
	assert_int_equal(n->asked[NET_V6], 1);
	round_now(n, 3);
	assert_int_equal(n->asked[NET_V4], 1);
	/* It could not be opened: the reason is told, and it asks again. */
	n->kind->socket(n->probe, NET_V4, -1, -EMFILE);
	assert_int_equal(n->asked[NET_V4], 2);
	n->ntold = 0;
	round_now(n, 4);
	assert_int_equal(n->told[0].err, -EMFILE);
}

static void
dead_socket_is_cannot_and_asked_anew(void **state)
{
	struct net *n = *state;

	add(n, "192.0.2.9");
	add(n, "192.0.2.8");
	start(n);
	give(n, NET_V4);
	round_now(n, 1);
	assert_int_equal(n->ntold, 0);
	/* As a device that went: what was sent by it is no loss. */
	close(n->sock[NET_V4]);
	round_now(n, 2);
	assert_int_equal(n->ntold, 4);
	told_is(n, 0, 0, 2, SAMPLE_CANNOT);
	told_is(n, 1, 0, 1, SAMPLE_CANNOT);
	told_is(n, 2, 1, 1, SAMPLE_CANNOT);
	told_is(n, 3, 1, 2, SAMPLE_CANNOT);
	assert_int_equal(n->asked[NET_V4], 2);
	n->kind->expire(n->probe, clock_mono_ns() + 51 * NS_PER_S);
	assert_int_equal(n->ntold, 4);
}

static void
new_socket_serves_the_next_round(void **state)
{
	struct net *n = *state;
	unsigned char b[PING_BYTES];
	struct packet p;

	start_v4(n, "192.0.2.9");
	close(n->peer[NET_V4]);
	give(n, NET_V4);
	round_now(n, 1);
	assert_true(request(n, NET_V4, b));
	p = answer(b, "192.0.2.9");
	deliver(n, &p);
	ready(n);
	told_is(n, 0, 0, 1, SAMPLE_OK);
}

static void
end_of_the_socket_is_not_read_for_ever(void **state)
{
	struct net *n = *state;
	struct pollfd pfd[2];

	start_v4(n, "192.0.2.9");
	assert_int_equal(n->kind->polls(n->probe, pfd, 2), 1);
	assert_int_equal(pfd[0].fd, n->sock[NET_V4]);
	close(n->peer[NET_V4]);
	n->peer[NET_V4] = -1;
	ready(n);
	assert_int_equal(n->kind->polls(n->probe, pfd, 2), 0);
	assert_int_equal(n->asked[NET_V4], 2);
}

static void
forgotten_requests_are_never_told(void **state)
{
	struct net *n = *state;
	unsigned char b[PING_BYTES];
	struct packet p;

	start_v4(n, "192.0.2.9");
	round_now(n, 1);
	round_now(n, 2);
	n->kind->forget(n->probe);
	assert_true(n->kind->due(n->probe) == CLOCK_NEVER);
	assert_true(request(n, NET_V4, b));
	p = answer(b, "192.0.2.9");
	deliver(n, &p);
	ready(n);
	n->kind->expire(n->probe, clock_mono_ns() + 51 * NS_PER_S);
	assert_int_equal(n->ntold, 0);
	round_now(n, 3);
	assert_true(request(n, NET_V4, b));
	assert_true(request(n, NET_V4, b));
	p = answer(b, "192.0.2.9");
	deliver(n, &p);
	ready(n);
	assert_int_equal(n->ntold, 1);
	told_is(n, 0, 0, 3, SAMPLE_OK);
}

/* The pace is quicker than was planned for: no answer is given to another. */
static void
round_without_room_cannot_probe(void **state)
{
	struct net *n = *state;
	uint64_t r;
	size_t i;

	n->uplink.probe.timeout_ns = NS_PER_S;
	start_v4(n, "192.0.2.9");
	for (r = 1; n->ntold == 0 && r < 100; r++)
		round_now(n, r);
	told_is(n, 0, 0, r - 1, SAMPLE_CANNOT);
	assert_true(r > 5);
	n->ntold = 0;
	n->kind->expire(n->probe, clock_mono_ns() + 2 * NS_PER_S);
	assert_int_equal(n->ntold, r - 2);
	for (i = 0; i < n->ntold; i++)
		told_is(n, i, 0, i + 1, SAMPLE_LOST);
}

static void
ipv6_target_is_asked_by_icmpv6(void **state)
{
	struct net *n = *state;
	unsigned char b[PING_BYTES];

	add(n, "fe80::1");
	start(n);
	assert_int_equal(n->asked[NET_V4], 0);
	assert_int_equal(n->asked[NET_V6], 1);
	give(n, NET_V6);
	round_now(n, 1);
	assert_true(request(n, NET_V6, b));
	assert_int_equal(b[0], 128);
	/* A reply of nobody: the socket tells no source. */
	b[0] = 129;
	assert_int_equal(send(n->peer[NET_V6], b, sizeof(b), 0), sizeof(b));
	ready(n);
	assert_int_equal(n->ntold, 0);
	assert_int_equal(n->kind->spurious(n->probe), 1);
}

/* A name that moves: what was asked of one address is not answered by another. */
static void
target_may_move_from_round_to_round(void **state)
{
	struct net *n = *state;
	unsigned char b[2][PING_BYTES];
	struct packet p;

	start_v4(n, "192.0.2.9");
	round_now(n, 1);
	n->targets[0].addr = addr("192.0.2.8");
	round_now(n, 2);
	assert_true(request(n, NET_V4, b[0]));
	assert_true(request(n, NET_V4, b[1]));
	p = answer(b[0], "192.0.2.8");
	deliver(n, &p);
	p = answer(b[1], "192.0.2.9");
	deliver(n, &p);
	ready(n);
	assert_int_equal(n->ntold, 0);
	p = answer(b[0], "192.0.2.9");
	deliver(n, &p);
	p = answer(b[1], "192.0.2.8");
	deliver(n, &p);
	ready(n);
	assert_int_equal(n->ntold, 2);
	told_is(n, 0, 0, 1, SAMPLE_OK);
	told_is(n, 1, 0, 2, SAMPLE_OK);
}

/* Both families, whose order of sending is not that of the targets. */
static void
families_share_a_round(void **state)
{
	struct net *n = *state;
	unsigned char b[PING_BYTES];
	struct packet p;

	add(n, "192.0.2.9");
	add(n, "2001:db8::9");
	add(n, "192.0.2.8");
	start(n);
	give(n, NET_V4);
	give(n, NET_V6);
	round_now(n, 1);
	assert_true(request(n, NET_V4, b));
	p = answer(b, "192.0.2.9");
	deliver(n, &p);
	ready(n);
	told_is(n, 0, 0, 1, SAMPLE_OK);
	/* The loss of one family's device is none of the other's. */
	n->kind->socket(n->probe, NET_V6, -1, -ENODEV);
	assert_int_equal(n->ntold, 2);
	told_is(n, 1, 1, 1, SAMPLE_CANNOT);
	n->kind->expire(n->probe, clock_mono_ns() + 51 * NS_PER_S);
	assert_int_equal(n->ntold, 3);
	told_is(n, 2, 2, 1, SAMPLE_LOST);
}

static void
multicast_target_is_refused(void **state)
{
	const struct option_set *set = probe_option_set("ping");
	const struct { const char *addr; bool ok; } rows[] = {
		{ "192.0.2.1", true }, { "224.0.0.1", false },
		{ "255.255.255.255", false }, { "223.255.255.255", true },
		{ "ff02::1", false }, { "fe80::1", true }, { "", true },
	};
	struct option_host h = { .name = NULL };
	char *opts = calloc(1, set->size), buf[80];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		h.addr = addr(rows[i].addr);
		memcpy(opts + set->rows[0].off, &h, sizeof(h));
		assert_int_equal(set->check(opts, buf, sizeof(buf)) == NULL,
		    rows[i].ok);
	}
	free(opts);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(round_sends_each_target_one_request),
		T(true_reply_is_credited_once),
		T(reply_with_ip_options_is_credited),
		T(unanswered_request_is_lost_after_its_timeout),
		T(late_reply_is_lost_even_if_read_before_it_expired),
		T(rounds_in_flight_are_told_apart),
		T(sequence_that_has_wrapped_still_matches),
		T(many_targets_are_each_told_once),
		T(full_queue_is_cannot_and_keeps_the_socket),
		T(without_a_socket_it_cannot_probe_and_asks),
		T(dead_socket_is_cannot_and_asked_anew),
		T(new_socket_serves_the_next_round),
		T(end_of_the_socket_is_not_read_for_ever),
		T(forgotten_requests_are_never_told),
		T(round_without_room_cannot_probe),
		T(ipv6_target_is_asked_by_icmpv6),
		T(target_may_move_from_round_to_round),
		T(families_share_a_round),
		cmocka_unit_test(multicast_target_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
