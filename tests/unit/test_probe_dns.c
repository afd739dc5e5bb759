/* SPDX-License-Identifier: ISC */
/*
 * test_probe_dns: the kind `dns` with a server that is played here, message
 * by message.  What it shares with other kinds is tried in test_probe_tcp,
 * what is in a message in test_dns_message.
 */
#include "tests/unit/test_flight.h"

#define HEAD	12

struct query {
	unsigned char	bytes[512];
	size_t		len;
	struct sockaddr_storage from;
	socklen_t	from_len;
};

static size_t
add_at(struct net *n, const char *where)
{
	size_t i = add(n, where);

	*(char **)key(n, i, "name") = (char *)(uintptr_t)".";
	*(int *)key(n, i, "type") = 0x10000;
	*(int64_t *)key(n, i, "port") = n->port;
	return i;
}

static void
serve(struct net *n, int family)
{
	server_at(n, SOCK_DGRAM, family);
	(void)add_at(n, family == AF_INET ? "127.0.0.1" : "::1");
}

static struct query
take(struct net *n)
{
	struct pollfd p = { .fd = n->server, .events = POLLIN };
	struct query q = { .from_len = sizeof(q.from) };
	ssize_t len;

	assert_int_equal(poll(&p, 1, (int)(PATIENCE / NS_PER_MS)), 1);
	len = recvfrom(n->server, q.bytes, sizeof(q.bytes), 0,
	    (void *)&q.from, &q.from_len);
	assert_true(len > HEAD);
	q.len = (size_t)len;
	return q;
}

static void
say(struct net *n, const struct query *q, const void *bytes, size_t len)
{
	assert_int_equal(sendto(n->server, bytes, len, 0,
	    (const void *)&q->from, q->from_len), len);
}

/* What a server answers that has nothing to add. */
static void
answer(struct net *n, const struct query *q, int code)
{
	struct query r = *q;

	r.bytes[2] |= 0x80;
	r.bytes[3] = (unsigned char)(0x80 | code);
	say(n, &r, r.bytes, r.len);
}

/* The server answers so: what the probe becomes. */
static struct told
told_of(struct net *n, int code)
{
	struct query q;

	start(n);
	send_round(n, 1);
	q = take(n);
	answer(n, &q, code);
	await(n, 1);
	assert_int_equal(n->kind->polls(n->probe, NULL, 0), 0);
	assert_int_equal(n->kind->spurious(n->probe), 0);
	assert_int_equal(n->told[0].round, 1);
	return n->told[0];
}

/* ---- what is an answer ---- */

static void
root_is_asked_for_its_servers(void **state)
{
	static const unsigned char want[] = { 1, 0, 0, 1, 0, 0, 0, 0, 0, 0,
	    0, 0, 2, 0, 1 };
	struct net *n = *state;
	struct query q;

	serve(n, AF_INET);
	start(n);
	send_round(n, 1);
	q = take(n);
	assert_int_equal(q.len, 2 + sizeof(want));
	assert_memory_equal(q.bytes + 2, want, sizeof(want));
}

static void
answer_is_one(void **state)
{
	struct net *n = *state;
	int64_t before_ns = clock_mono_ns();
	struct told t;

	serve(n, AF_INET);
	t = told_of(n, 0);
	assert_int_equal(t.sample, SAMPLE_OK);
	assert_true(t.rtt_ns > 0 && t.rtt_ns <= clock_mono_ns() - before_ns);
}

static void
ipv6_is_asked_too(void **state)
{
	struct net *n = *state;

	serve(n, AF_INET6);
	assert_int_equal(told_of(n, 0).sample, SAMPLE_OK);
}

static void
name_that_does_not_exist_is_an_answer(void **state)
{
	struct net *n = *state;

	serve(n, AF_INET);
	assert_int_equal(told_of(n, 3).sample, SAMPLE_OK);
}

static void
refusal_is_lost_at_once(void **state)
{
	struct net *n = *state;
	struct told t;

	serve(n, AF_INET);
	t = told_of(n, 5);
	assert_int_equal(t.sample, SAMPLE_LOST);
	assert_int_equal(t.err, 0);
}

static void
failure_is_lost_at_once(void **state)
{
	struct net *n = *state;

	serve(n, AF_INET);
	assert_int_equal(told_of(n, 2).sample, SAMPLE_LOST);
}

/* Nobody is there; that is known before the timeout. */
static void
closed_port_is_lost(void **state)
{
	struct net *n = *state;

	server_at(n, SOCK_DGRAM, AF_INET);
	close(n->server);
	n->server = -1;
	(void)add_at(n, "127.0.0.1");
	assert_int_equal(probe_once(n).sample, SAMPLE_LOST);
}

/* ---- what is none ---- */

static void
spoil(struct net *n, const struct query *q, size_t at, unsigned char flip)
{
	struct query r = *q;

	r.bytes[2] |= 0x80;
	r.bytes[3] = 0x80;
	r.bytes[at] ^= flip;
	say(n, &r, r.bytes, r.len);
}

/* Each is counted, and the true answer still counts after them. */
static void
forged_answers_are_spurious(void **state)
{
	static const size_t at[] = { 0, 1, 2, 2, 5, HEAD, HEAD + 2, HEAD + 4 };
	static const unsigned char flip[] = { 1, 0x80, 0x80, 0x08, 1, 1, 1,
	    2 };
	static unsigned char large[6000];
	struct net *n = *state;
	struct query q;
	size_t i;

	serve(n, AF_INET);
	start(n);
	send_round(n, 1);
	q = take(n);
	for (i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		spoil(n, &q, at[i], flip[i]);
	say(n, &q, "", 0);
	say(n, &q, q.bytes, 1);
	say(n, &q, q.bytes, q.len);
	memcpy(large, q.bytes, q.len);
	large[2] |= 0x80;
	say(n, &q, large, sizeof(large));
	say(n, &q, large, q.len - 1);
	n->kind->ready(n->probe, clock_mono_ns());
	assert_int_equal(n->ntold, 0);
	assert_int_equal(n->kind->spurious(n->probe), i + 5);
	answer(n, &q, 0);
	await(n, 1);
	assert_int_equal(n->told[0].sample, SAMPLE_OK);
	assert_int_equal(n->kind->spurious(n->probe), i + 5);
}

static void
answer_from_elsewhere_is_not_heard(void **state)
{
	struct net *n = *state, other = *n;
	struct query q;

	serve(n, AF_INET);
	server_at(&other, SOCK_DGRAM, AF_INET);
	start(n);
	send_round(n, 1);
	q = take(n);
	answer(&other, &q, 0);
	assert_false(is_ready(n, 100));
	answer(n, &q, 0);
	await(n, 1);
	assert_int_equal(n->told[0].sample, SAMPLE_OK);
	close(other.server);
}

static void
answer_by_another_interface_is_none(void **state)
{
	struct net *n = *state;
	struct query q;

	n->uplink.probe.timeout_ns = 200 * NS_PER_MS;
	n->host.ifindex = 7777;
	serve(n, AF_INET);
	start(n);
	send_round(n, 1);
	q = take(n);
	answer(n, &q, 0);
	await(n, 1);
	assert_int_equal(n->told[0].sample, SAMPLE_LOST);
}

/* It costs some time of each turn, and the true answer comes through. */
static void
flood_of_forgeries_is_read_in_portions(void **state)
{
	struct net *n = *state;
	struct query q;
	size_t i;

	serve(n, AF_INET);
	start(n);
	send_round(n, 1);
	q = take(n);
	for (i = 0; i < 100; i++)
		spoil(n, &q, 0, 0xff);
	answer(n, &q, 0);
	n->kind->ready(n->probe, clock_mono_ns());
	assert_int_equal(n->ntold, 0);
	assert_true(n->kind->spurious(n->probe) < 50);
	await(n, 1);
	assert_int_equal(n->told[0].sample, SAMPLE_OK);
	assert_int_equal(n->kind->spurious(n->probe), 100);
}

/* ---- time ---- */

static void
silence_is_lost_at_its_timeout(void **state)
{
	struct net *n = *state;
	int64_t due_ns;

	n->uplink.probe.timeout_ns = 200 * NS_PER_MS;
	serve(n, AF_INET);
	start(n);
	send_round(n, 1);
	due_ns = n->kind->due(n->probe);
	await(n, 1);
	assert_int_equal(n->told[0].sample, SAMPLE_LOST);
	assert_true(clock_mono_ns() >= due_ns);
	assert_true(n->turns < 20);
}

static void
late_answer_is_lost(void **state)
{
	struct net *n = *state;
	struct query q;

	n->uplink.probe.timeout_ns = 50 * NS_PER_MS;
	serve(n, AF_INET);
	start(n);
	send_round(n, 1);
	q = take(n);
	stall(n);
	answer(n, &q, 0);
	n->kind->ready(n->probe, 0);
	assert_int_equal(n->ntold, 0);
	assert_false(is_ready(n, 0));
	n->kind->expire(n->probe, clock_mono_ns());
	assert_int_equal(n->ntold, 1);
	assert_int_equal(n->told[0].sample, SAMPLE_LOST);
	/* As after a stop. */
	send_round(n, 2);
	q = take(n);
	stall(n);
	answer(n, &q, 2);
	n->kind->ready(n->probe, 0);
	n->kind->expire(n->probe, 0);
	n->kind->forget(n->probe);
	n->kind->expire(n->probe, clock_mono_ns());
	assert_int_equal(n->ntold, 1);
}

static void
answer_in_time_counts_whenever_it_is_seen(void **state)
{
	struct net *n = *state;
	struct query q;

	n->uplink.probe.timeout_ns = NS_PER_S;
	serve(n, AF_INET);
	start(n);
	send_round(n, 1);
	q = take(n);
	answer(n, &q, 0);
	stall(n);
	n->kind->ready(n->probe, 0);
	assert_int_equal(n->ntold, 1);
	assert_int_equal(n->told[0].sample, SAMPLE_OK);
	assert_true(n->told[0].rtt_ns < NS_PER_S);
}

/* ---- rounds ---- */

/* A guess must hit port and id, and what was heard once is of no use. */
static void
each_round_has_a_port_and_an_id_of_its_own(void **state)
{
	enum { ROUNDS = 16 };
	struct net *n = *state;
	struct query q[ROUNDS];
	struct sockaddr_in *a, *b;
	size_t i, k, ids = 0;

	serve(n, AF_INET);
	start(n);
	for (i = 0; i < ROUNDS; i++) {
		send_round(n, i + 1);
		q[i] = take(n);
		for (k = 0; k < i; k++) {
			a = (void *)&q[i].from;
			b = (void *)&q[k].from;
			assert_int_not_equal(a->sin_port, b->sin_port);
			ids += memcmp(q[i].bytes, q[k].bytes, 2) != 0;
		}
	}
	/* One of 65536 pairs may be the same by chance. */
	assert_true(ids >= ROUNDS * (ROUNDS - 1) / 2 - 2);
	/* The answer to one round is none to another. */
	memcpy(q[1].bytes, q[0].bytes, 2);
	q[1].bytes[0] ^= 1;
	answer(n, &q[1], 0);
	n->kind->ready(n->probe, clock_mono_ns());
	assert_int_equal(n->ntold, 0);
	for (i = ROUNDS; i-- > 2;)
		answer(n, &q[i], 0);
	await(n, ROUNDS - 2);
	for (i = 0; i < ROUNDS - 2; i++)
		assert_int_equal(n->told[i].sample, SAMPLE_OK);
}

static void
rounds_are_told_apart(void **state)
{
	struct net *n = *state;
	struct query q[3];
	size_t i;

	serve(n, AF_INET);
	start(n);
	for (i = 0; i < 3; i++) {
		send_round(n, i + 1);
		q[i] = take(n);
	}
	answer(n, &q[1], 0);
	await(n, 1);
	assert_int_equal(n->told[0].round, 2);
	assert_int_equal(n->told[0].sample, SAMPLE_OK);
	answer(n, &q[2], 5);
	await(n, 2);
	assert_int_equal(n->told[1].round, 3);
	assert_int_equal(n->told[1].sample, SAMPLE_LOST);
	n->kind->socket(n->probe, NET_V4, -1, -ENODEV);
	assert_int_equal(n->ntold, 3);
	assert_int_equal(n->told[2].round, 1);
	assert_int_equal(n->told[2].sample, SAMPLE_CANNOT);
	assert_int_equal(n->told[2].err, -ENODEV);
}

static void
what_the_kernel_refuses_was_not_sent(void **state)
{
	struct net *n = *state;
	struct told t;

	n->port = 53;
	(void)add_at(n, "255.255.255.255");
	t = probe_once(n);
	assert_int_equal(t.sample, SAMPLE_CANNOT);
	assert_true(t.err == -ENETUNREACH || t.err == -EACCES);
}

static void
thousand_questions_leave_nothing_behind(void **state)
{
	struct net *n = *state;
	struct query q;
	size_t before, i;

	serve(n, AF_INET);
	start(n);
	before = descriptors();
	for (i = 1; i <= 1000; i++) {
		send_round(n, i);
		q = take(n);
		answer(n, &q, 0);
		await(n, i);
		assert_int_equal(n->told[i - 1].sample, SAMPLE_OK);
	}
	assert_int_equal(descriptors(), before);
}

static int
setup(void **state)
{
	return net_setup(state, "dns");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, net_teardown)
		T(root_is_asked_for_its_servers),
		T(answer_is_one),
		T(ipv6_is_asked_too),
		T(name_that_does_not_exist_is_an_answer),
		T(refusal_is_lost_at_once),
		T(failure_is_lost_at_once),
		T(closed_port_is_lost),
		T(forged_answers_are_spurious),
		T(answer_from_elsewhere_is_not_heard),
		T(answer_by_another_interface_is_none),
		T(flood_of_forgeries_is_read_in_portions),
		T(silence_is_lost_at_its_timeout),
		T(late_answer_is_lost),
		T(answer_in_time_counts_whenever_it_is_seen),
		T(each_round_has_a_port_and_an_id_of_its_own),
		T(rounds_are_told_apart),
		T(what_the_kernel_refuses_was_not_sent),
		T(thousand_questions_leave_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
