/* SPDX-License-Identifier: ISC */
/*
 * test_probe_ping: the echo probe through the interface of its kind.  The
 * network is the other end of a socket pair: what is sent is read from it,
 * and what is written to it is the reply, byte by byte.  What a raw socket
 * alone can tell (interface, IPv6 source, time) is tried at the pure parts.
 */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "probes/ping_io.h"
#include "probes/ping_packet.h"
#include "probes/ping_table.h"
#include "probes/probe.h"
#include "probes/verdict.h"
#include "tests/unit/test_ping.h"

#define TARGETS_MAX	1500
#define REPORTS_MAX	4000
#define TOKEN		UINT64_C(0x0123456789abcdef)
#define IFINDEX		7

struct told {
	size_t		target;
	uint64_t	round;
	enum sample	sample;
	int64_t		rtt_ns;
	int		err;
};

struct net {
	const struct probe_kind	*kind;
	struct probe	*probe;
	struct probe_host host;
	struct conf_uplink uplink;
	struct conf_target targets[TARGETS_MAX];
	int		peer[NET_NFAM];	/* the network's end; -1 */
	int		sock[NET_NFAM];	/* the probe's end, as it was given */
	unsigned	asked[NET_NFAM];
	uint16_t	id[NET_NFAM];
	size_t		ntold;
	struct told	told[REPORTS_MAX];
};

static void
report(void *arg, size_t target, uint64_t round, enum sample sample,
    int64_t rtt_ns, int err)
{
	struct net *n = arg;

	if (n->ntold < REPORTS_MAX)
		n->told[n->ntold] = (struct told){ target, round, sample,
		    rtt_ns, err };
	n->ntold++;
}

static int
want_icmp(void *arg, enum net_fam fam, uint16_t id)
{
	struct net *n = arg;

	n->asked[fam]++;
	n->id[fam] = id;
	return 0;
}

static struct net_addr
addr(const char *text)
{
	struct net_addr a = { 0 };

	if (*text != '\0')
		assert_int_equal(net_addr_parse(text, &a), 0);
	return a;
}

static void
add(struct net *n, const char *text)
{
	const struct option_set *set = probe_option_set("ping");
	struct conf_target *t = &n->targets[n->uplink.probe.ntargets++];
	struct net_addr a = addr(text);

	t->kind = set;
	t->opts = calloc(1, set->size);
	assert_non_null(t->opts);
	assert_string_equal(set->rows[0].name, "address");
	memcpy((char *)t->opts + set->rows[0].off, &a, sizeof(a));
}

static int
setup(void **state)
{
	struct net *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return -1;
	n->kind = probe_kind("ping");
	n->uplink.probe.interval_ns = NS_PER_S;
	n->uplink.probe.timeout_ns = 50 * NS_PER_S;
	n->uplink.probe.confirm_ns = NS_PER_S;
	n->uplink.probe.targets = n->targets;
	n->peer[0] = n->peer[1] = n->sock[0] = n->sock[1] = -1;
	n->host = (struct probe_host){ .uplink = &n->uplink,
	    .ifindex = IFINDEX, .token = TOKEN, .report = report,
	    .want_icmp = want_icmp, .arg = n };
	*state = n;
	return 0;
}

static int
teardown(void **state)
{
	struct net *n = *state;
	size_t i;

	if (n->probe != NULL)
		n->kind->close(&n->probe);
	for (i = 0; i < NET_NFAM; i++)
		if (n->peer[i] != -1)
			close(n->peer[i]);
	for (i = 0; i < n->uplink.probe.ntargets; i++)
		free(n->targets[i].opts);
	free(n);
	return 0;
}

static void
give(struct net *n, enum net_fam fam)
{
	int sv[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0, sv), 0);
	n->sock[fam] = sv[0];
	n->peer[fam] = sv[1];
	n->kind->socket(n->probe, fam, sv[0], 0);
}

static void
start(struct net *n)
{
	assert_int_equal(n->kind->open(&n->host, &n->probe), 0);
	n->kind->socket(n->probe, NET_V4, -1, -ENODEV);
	n->kind->socket(n->probe, NET_V6, -1, -ENODEV);
}

static void
start_v4(struct net *n, const char *target)
{
	add(n, target);
	start(n);
	give(n, NET_V4);
}

static void
round_now(struct net *n, uint64_t round)
{
	n->kind->round(n->probe, round, clock_mono_ns());
}

static void
ready(struct net *n)
{
	n->kind->ready(n->probe, clock_mono_ns());
}

/* Takes a request off the wire; false if there is none. */
static bool
request(struct net *n, enum net_fam fam, unsigned char icmp[PING_BYTES])
{
	ssize_t got = recv(n->peer[fam], icmp, PING_BYTES, MSG_TRUNC);

	if (got == -1)
		return false;
	assert_int_equal(got, PING_BYTES);
	return true;
}

static struct packet
answer(const unsigned char icmp[PING_BYTES], const char *src)
{
	struct net_addr a = addr(src);

	return ping_answer(icmp, &a);
}

static void
deliver(struct net *n, const struct packet *p)
{
	assert_int_equal(send(n->peer[NET_V4], p->b, p->len, 0), p->len);
}

static void
told_is(const struct net *n, size_t at, size_t target, uint64_t round,
    enum sample sample)
{
	assert_true(at < n->ntold);
	assert_int_equal(n->told[at].target, target);
	assert_int_equal(n->told[at].round, round);
	assert_int_equal(n->told[at].sample, sample);
}

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

/* Each changes a true reply in one way. */
static void f_source(struct packet *p) { p->b[15] ^= 1; }
static void f_id(struct packet *p) { p->b[24] ^= 1; ping_resum(p); }
static void f_seq(struct packet *p) { p->b[27] ^= 1; ping_resum(p); }
static void f_token_head(struct packet *p) { p->b[28] ^= 0x80; ping_resum(p); }
static void f_token_tail(struct packet *p) { p->b[35] ^= 1; ping_resum(p); }
static void f_round(struct packet *p) { p->b[43] ^= 1; ping_resum(p); }
static void f_round_high(struct packet *p) { p->b[36] ^= 1; ping_resum(p); }
static void
f_round_and_seq(struct packet *p)
{
	p->b[43] ^= 1;
	p->b[27] ^= 1;
	ping_resum(p);
}
static void f_target(struct packet *p) { p->b[47] ^= 1; ping_resum(p); }
static void f_target_far(struct packet *p) { p->b[44] = 0xff; ping_resum(p); }
static void f_checksum(struct packet *p) { p->b[22] ^= 1; }
static void f_short(struct packet *p) { p->len--; }
static void f_long(struct packet *p) { p->len += 2; }
static void f_header_only(struct packet *p) { p->len = 20; }
static void f_tiny(struct packet *p) { p->len = 5; }
static void f_huge(struct packet *p) { p->len = 200; }
static void f_header_length(struct packet *p) { p->b[0] = 0x4f; }
static void
f_header_short(struct packet *p)
{
	p->b[0] = 0x44;
	memmove(p->b + 16, p->b + 20, PING_BYTES);
	p->len -= 4;
}
static void f_version(struct packet *p) { p->b[0] = 0x65; }
static void f_protocol(struct packet *p) { p->b[9] = 17; }
static void f_request(struct packet *p) { p->b[20] = 8; ping_resum(p); }
static void f_unreachable(struct packet *p) { p->b[20] = 3; ping_resum(p); }
static void f_code(struct packet *p) { p->b[21] = 1; ping_resum(p); }

static const struct {
	const char	*name;
	void		(*forge)(struct packet *);
} forgeries[] = {
	{ "source", f_source }, { "id", f_id }, { "sequence", f_seq },
	{ "first bit of the token", f_token_head },
	{ "last bit of the token", f_token_tail },
	{ "round", f_round }, { "high bits of the round", f_round_high },
	{ "round and sequence alike", f_round_and_seq },
	{ "target", f_target }, { "no such target", f_target_far },
	{ "checksum", f_checksum }, { "a byte short", f_short },
	{ "two bytes long", f_long }, { "no echo at all", f_header_only },
	{ "no header", f_tiny }, { "more than is read", f_huge },
	{ "header beyond the end", f_header_length },
	{ "header too small", f_header_short }, { "version", f_version },
	{ "protocol", f_protocol }, { "a request", f_request },
	{ "an error message", f_unreachable }, { "code", f_code },
};

static void
forged_reply_is_never_credited(void **state)
{
	struct net *n = *state;
	unsigned char b[PING_BYTES];
	struct packet p;
	size_t i;

	add(n, "192.0.2.9");
	add(n, "192.0.2.8");
	start(n);
	give(n, NET_V4);
	round_now(n, 1);
	assert_true(request(n, NET_V4, b));
	for (i = 0; i < sizeof(forgeries) / sizeof(forgeries[0]); i++) {
		p = answer(b, "192.0.2.9");
		forgeries[i].forge(&p);
		deliver(n, &p);
		ready(n);
		if (n->ntold != 0 || n->kind->spurious(n->probe) != i + 1)
			fail_msg("%s", forgeries[i].name);
	}
	/* None of them has spoiled it for the true one. */
	p = answer(b, "192.0.2.9");
	deliver(n, &p);
	ready(n);
	assert_int_equal(n->ntold, 1);
	told_is(n, 0, 0, 1, SAMPLE_OK);
}

static void
flood_of_forgeries_leaves_the_probe_lost(void **state)
{
	struct net *n = *state;
	unsigned char b[PING_BYTES];
	struct packet p;
	uint32_t i;

	start_v4(n, "192.0.2.9");
	round_now(n, 1);
	assert_true(request(n, NET_V4, b));
	/* The whole of id or sequence, with a token that is a guess. */
	for (i = 0; i < 65536; i += 13) {
		p = answer(b, "192.0.2.9");
		p.b[24] = p.b[26] = (unsigned char)(i >> 8);
		p.b[25] = p.b[27] = (unsigned char)i;
		p.b[30] ^= (unsigned char)(1 + i % 255);
		ping_resum(&p);
		deliver(n, &p);
		if (i % 64 == 0)
			ready(n);
	}
	ready(n);
	assert_int_equal(n->ntold, 0);
	n->kind->expire(n->probe, clock_mono_ns() + 51 * NS_PER_S);
	assert_int_equal(n->ntold, 1);
	told_is(n, 0, 0, 1, SAMPLE_LOST);
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

static void
multicast_target_is_refused(void **state)
{
	const struct option_set *set = probe_option_set("ping");
	const struct { const char *addr; bool ok; } rows[] = {
		{ "192.0.2.1", true }, { "224.0.0.1", false },
		{ "255.255.255.255", false }, { "223.255.255.255", true },
		{ "ff02::1", false }, { "fe80::1", true }, { "", true },
	};
	struct net_addr a;
	char *opts = calloc(1, set->size), buf[80];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		a = addr(rows[i].addr);
		memcpy(opts + set->rows[0].off, &a, sizeof(a));
		assert_int_equal(set->check(opts, buf, sizeof(buf)) == NULL,
		    rows[i].ok);
	}
	free(opts);
}

static void
proof_needs_each_of_its_parts(void **state)
{
	const struct ping_proof proof = { 0x1234, TOKEN, IFINDEX,
	    addr("2001:db8::9") };
	const struct ping_echo good = { 0x1234, 70000 & 0xffff, TOKEN, 70000,
	    0 };
	struct net_addr src = addr("2001:db8::9");
	struct net_addr other = addr("2001:db8::8");
	struct ping_echo e;

	(void)state;
	assert_true(ping_proves(&good, &src, IFINDEX, &proof));
	/* Its socket does not tell: it is bound to the device. */
	assert_true(ping_proves(&good, &src, 0, &proof));
	assert_false(ping_proves(&good, &src, IFINDEX + 1, &proof));
	assert_false(ping_proves(&good, &other, IFINDEX, &proof));
	src.family = 0;
	assert_false(ping_proves(&good, &src, IFINDEX, &proof));
	src = addr("2001:db8::9");
	e = good;
	e.id++;
	assert_false(ping_proves(&e, &src, IFINDEX, &proof));
	e = good;
	e.seq++;
	assert_false(ping_proves(&e, &src, IFINDEX, &proof));
	e = good;
	e.token ^= 1;
	assert_false(ping_proves(&e, &src, IFINDEX, &proof));
}

static void
icmpv6_reply_is_read_without_a_header(void **state)
{
	const struct ping_echo e = { 0x1234, 5, TOKEN, 5, 3 };
	unsigned char b[PING_BYTES];
	struct net_addr src;
	struct ping_echo got;

	(void)state;
	ping_write(NET_V6, &e, b);
	assert_int_equal(ping_read(NET_V6, b, sizeof(b), &got, &src),
	    -EPROTO);
	b[0] = 129;
	assert_int_equal(ping_read(NET_V6, b, sizeof(b), &got, &src), 0);
	assert_int_equal(got.id, e.id);
	assert_int_equal(got.seq, e.seq);
	assert_true(got.token == e.token);
	assert_int_equal(got.round, e.round);
	assert_int_equal(got.target, e.target);
	assert_int_equal(ping_read(NET_V6, b, sizeof(b) - 1, &got, &src),
	    -EPROTO);
	assert_int_equal(ping_read(NET_V4, b, sizeof(b), &got, &src),
	    -EPROTO);
	b[1] = 1;
	assert_int_equal(ping_read(NET_V6, b, sizeof(b), &got, &src),
	    -EPROTO);
}

static void
stamps_survive_a_step_of_the_wall_clock(void **state)
{
	const int64_t year = 365 * 24 * 3600 * NS_PER_S;
	struct ping_clock c = { 0 };
	int64_t wall = 50 * year, mono = 1000 * NS_PER_S;

	(void)state;
	/* The first reading has nothing to compare with. */
	ping_clock_read(&c, mono, wall);
	assert_int_equal(ping_clock_mono(&c, wall - NS_PER_S), mono);
	ping_clock_read(&c, mono + NS_PER_S, wall + NS_PER_S);
	assert_int_equal(ping_clock_mono(&c, wall), mono);
	/* None, and one from the future. */
	assert_int_equal(ping_clock_mono(&c, 0), mono + NS_PER_S);
	assert_int_equal(ping_clock_mono(&c, wall + 2 * NS_PER_S),
	    mono + NS_PER_S);
	/* Set by ten years: of which time is the stamp?  Not used. */
	ping_clock_read(&c, mono + 2 * NS_PER_S,
	    wall + 2 * NS_PER_S + 10 * year);
	assert_int_equal(ping_clock_mono(&c, wall + NS_PER_S),
	    mono + 2 * NS_PER_S);
	/* From the next reading on the new time is as good as the old. */
	ping_clock_read(&c, mono + 3 * NS_PER_S,
	    wall + 3 * NS_PER_S + 10 * year);
	assert_int_equal(ping_clock_mono(&c, wall + 2 * NS_PER_S +
	    10 * year), mono + 2 * NS_PER_S);
	ping_clock_read(&c, mono + 4 * NS_PER_S, wall + 4 * NS_PER_S);
	assert_false(c.usable);
	/* Slewing is no step. */
	ping_clock_read(&c, mono + 5 * NS_PER_S,
	    wall + 5 * NS_PER_S + 500 * NS_PER_US);
	assert_true(c.usable);
}

static void
table_has_room_for_all_that_a_timeout_leaves(void **state)
{
	const struct { int64_t pace_ms, timeout_ms; uint64_t least; } rows[] = {
		{ 1000, 1000, 3 }, { 50, 1000, 22 }, { 10, 10, 3 },
		{ 10, 60000, VERDICT_WINDOW },
	};
	struct conf_probe conf = { .confirm_ns = 3600 * NS_PER_S };
	struct ping_table t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		conf.interval_ns = rows[i].pace_ms * NS_PER_MS;
		conf.timeout_ns = rows[i].timeout_ms * NS_PER_MS;
		assert_int_equal(ping_table_init(&t, 2, &conf), 0);
		assert_true(t.nrows >= rows[i].least);
		assert_true(t.nrows <= VERDICT_WINDOW);
		ping_table_free(&t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(round_sends_each_target_one_request),
		T(true_reply_is_credited_once),
		T(forged_reply_is_never_credited),
		T(flood_of_forgeries_leaves_the_probe_lost),
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
		cmocka_unit_test(multicast_target_is_refused),
		cmocka_unit_test(proof_needs_each_of_its_parts),
		cmocka_unit_test(icmpv6_reply_is_read_without_a_header),
		cmocka_unit_test(stamps_survive_a_step_of_the_wall_clock),
		cmocka_unit_test(table_has_room_for_all_that_a_timeout_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
