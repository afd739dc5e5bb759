/* SPDX-License-Identifier: ISC */
/*
 * test_ping_parts: the pure parts of the echo probe (proof, packets, clock,
 * table), and forged replies through the whole of it.
 */
#include "tests/unit/test_probe_ping.h"

#include "probes/ping_io.h"
#include "probes/ping_table.h"
#include "probes/verdict.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		cmocka_unit_test(proof_needs_each_of_its_parts),
		cmocka_unit_test(icmpv6_reply_is_read_without_a_header),
		cmocka_unit_test(stamps_survive_a_step_of_the_wall_clock),
		cmocka_unit_test(table_has_room_for_all_that_a_timeout_leaves),
		T(forged_reply_is_never_credited),
		T(flood_of_forgeries_leaves_the_probe_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
