/* SPDX-License-Identifier: ISC */
/*
 * test_probe_arp: the probe by ARP through the interface of its kind: what
 * goes out, to whom and how often, and which answers count.  What it shares
 * with `nd` (sockets, what is in flight) is tried in test_neigh.
 */
#include "tests/unit/test_neigh.h"

#define GW	"192.0.2.1"
#define OWN	"192.0.2.2"

static const uint8_t all[NET_LLADDR] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static int
setup(void **state)
{
	*state = net_new("arp", NET_V4, POWER_ARP, OWN);
	return 0;
}

/* The gateway's reply, byte by byte; not made by the code that reads it. */
static struct sys_frame
reply(const uint8_t sha[NET_LLADDR])
{
	static const uint8_t head[] = { 0, 1, 8, 0, 6, 4, 0, 2 };
	static const uint8_t gw[] = { 192, 0, 2, 1 }, own[] = { 192, 0, 2, 2 };
	struct sys_frame f = incoming();

	memcpy(f.lladdr, sha, NET_LLADDR);
	memcpy(f.bytes, head, 8);
	memcpy(f.bytes + 8, sha, 6);
	memcpy(f.bytes + 14, gw, 4);
	memcpy(f.bytes + 18, own_mac, 6);
	memcpy(f.bytes + 24, own, 4);
	f.len = 28;
	return f;
}

static void
answer(struct net *n, const uint8_t sha[NET_LLADDR])
{
	struct sys_frame f = reply(sha);

	deliver(n, &f);
	ready(n);
}

/* To whom the request of this round goes; NULL: none does. */
static const uint8_t *
asked_whom(struct net *n, uint64_t round)
{
	static uint8_t whom[NET_LLADDR];
	struct sys_frame f;

	round_now(n, round);
	if (!sent(n, &f))
		return NULL;
	memcpy(whom, f.lladdr, NET_LLADDR);
	assert_false(sent(n, &f));
	return whom;
}

static void
request_is_that_of_rfc_826(void **state)
{
	static const uint8_t want[28] = { 0, 1, 8, 0, 6, 4, 0, 1,
	    2, 0, 0, 0, 0, 2, 192, 0, 2, 2, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1 };
	struct net *n = *state;
	struct sys_frame f;

	start_with(n, GW);
	assert_int_equal(n->asked, 1);
	round_now(n, 1);
	assert_true(sent(n, &f));
	assert_int_equal(f.len, sizeof(want));
	assert_memory_equal(f.bytes, want, sizeof(want));
	assert_memory_equal(f.lladdr, all, NET_LLADDR);
	assert_false(sent(n, &f));
	assert_int_equal(n->ntold, 0);
}

static void
true_reply_is_credited_once(void **state)
{
	struct net *n = *state;
	struct sys_frame f = reply(gw_mac);

	start_with(n, GW);
	round_now(n, 1);
	deliver(n, &f);
	deliver(n, &f);
	ready(n);
	assert_int_equal(n->ntold, 1);
	told_is(n, 0, 0, 1, SAMPLE_OK);
	assert_true(n->told[0].rtt_ns >= 0 && n->told[0].rtt_ns < TIMEOUT);
	assert_true(n->kind->due(n->probe) == CLOCK_NEVER);
	expire_all(n);
	assert_int_equal(n->ntold, 1);
}

/* As Ethernet pads it, and as one by everybody's address (RFC 3927, 2.5). */
static void
padded_and_broadcast_replies_are_credited(void **state)
{
	struct net *n = *state;
	struct sys_frame f = reply(gw_mac);

	start_with(n, GW);
	round_now(n, 1);
	f.len = 46;
	memset(f.bytes + 28, 0xaa, 18);
	deliver(n, &f);
	ready(n);
	assert_int_equal(n->ok, 1);
}

/* Each changes a true reply in one way. */
static void f_hardware(struct sys_frame *f) { f->bytes[1] = 6; }
static void f_hardware_high(struct sys_frame *f) { f->bytes[0] = 1; }
static void f_protocol(struct sys_frame *f) { f->bytes[2] = 0x86; }
static void f_protocol_low(struct sys_frame *f) { f->bytes[3] = 1; }
static void f_hlen(struct sys_frame *f) { f->bytes[4] = 8; }
static void f_plen(struct sys_frame *f) { f->bytes[5] = 16; }
static void f_request(struct sys_frame *f) { f->bytes[7] = 1; }
static void f_reverse(struct sys_frame *f) { f->bytes[7] = 4; }
static void f_op_high(struct sys_frame *f) { f->bytes[6] = 1; }
static void f_sha_none(struct sys_frame *f) { memset(f->bytes + 8, 0, 6); }
static void f_sha_all(struct sys_frame *f) { memset(f->bytes + 8, 0xff, 6); }
static void f_sha_group(struct sys_frame *f) { f->bytes[8] |= 1; }
static void f_sha_ours(struct sys_frame *f) { memcpy(f->bytes + 8, own_mac, 6); }
static void f_spa(struct sys_frame *f) { f->bytes[17] = 3; }
static void f_spa_high(struct sys_frame *f) { f->bytes[14] ^= 1; }
static void f_spa_ours(struct sys_frame *f) { f->bytes[17] = 2; }
static void f_tha(struct sys_frame *f) { f->bytes[23] ^= 1; }
static void f_tha_all(struct sys_frame *f) { memset(f->bytes + 18, 0xff, 6); }
static void f_tha_none(struct sys_frame *f) { memset(f->bytes + 18, 0, 6); }
static void f_tpa(struct sys_frame *f) { f->bytes[27] = 3; }
static void f_tpa_high(struct sys_frame *f) { f->bytes[24] ^= 1; }
static void f_gratuitous(struct sys_frame *f) { f->bytes[27] = 1; }
static void f_device(struct sys_frame *f) { f->ifindex++; }
static void f_no_device(struct sys_frame *f) { f->ifindex = 0; }
static void f_overheard(struct sys_frame *f) { f->overheard = true; }
static void f_short(struct sys_frame *f) { f->len = 27; }
static void f_empty(struct sys_frame *f) { f->len = 0; }

static const struct {
	const char	*name;
	void		(*forge)(struct sys_frame *);
} forgeries[] = {
	{ "hardware", f_hardware }, { "hardware, high", f_hardware_high },
	{ "protocol", f_protocol }, { "protocol, low", f_protocol_low },
	{ "length of hardware", f_hlen }, { "of protocol", f_plen },
	{ "a request", f_request }, { "reverse ARP", f_reverse },
	{ "operation, high", f_op_high }, { "nobody's", f_sha_none },
	{ "everybody's", f_sha_all }, { "a group's", f_sha_group },
	{ "where we are", f_sha_ours }, { "sender", f_spa },
	{ "sender, high", f_spa_high }, { "sender: us", f_spa_ours },
	{ "to other hardware", f_tha }, { "to all hardware", f_tha_all },
	{ "to no hardware", f_tha_none }, { "to another", f_tpa },
	{ "to another, high", f_tpa_high }, { "gratuitous", f_gratuitous },
	{ "by another device", f_device }, { "by none", f_no_device },
	{ "overheard", f_overheard }, { "a byte short", f_short },
	{ "empty", f_empty },
};

static void
forged_reply_is_never_credited(void **state)
{
	struct net *n = *state;
	struct sys_frame f;
	size_t i;

	start_with(n, GW);
	round_now(n, 1);
	for (i = 0; i < sizeof(forgeries) / sizeof(forgeries[0]); i++) {
		f = reply(gw_mac);
		forgeries[i].forge(&f);
		deliver(n, &f);
		ready(n);
		if (n->ntold != 0)
			fail_msg("%s", forgeries[i].name);
	}
	/* None of them has spoiled it for the true one. */
	answer(n, gw_mac);
	assert_int_equal(n->ntold, 1);
	told_is(n, 0, 0, 1, SAMPLE_OK);
}

/* Not even one that a reply would have: nobody has asked. */
static void
reply_without_request_is_not_credited(void **state)
{
	struct net *n = *state;

	start_with(n, GW);
	answer(n, gw_mac);
	assert_int_equal(n->ntold, 0);
	/* It was here before we asked. */
	round_now(n, 1);
	ready(n);
	assert_int_equal(n->ntold, 0);
	/* Nor has it taught us where the gateway is. */
	answer(n, gw_mac);
	assert_int_equal(n->ok, 1);
}

static void
known_gateway_is_asked_alone(void **state)
{
	struct net *n = *state;
	uint64_t r;

	start_with(n, GW);
	assert_memory_equal(asked_whom(n, 1), all, NET_LLADDR);
	answer(n, gw_mac);
	for (r = 2; r < 50; r++) {
		assert_memory_equal(asked_whom(n, r), gw_mac, NET_LLADDR);
		answer(n, gw_mac);
	}
	assert_int_equal(n->ok, 49);
}

/* One that is not answered: all are asked, and so the new place is found. */
static void
gateway_that_has_moved_is_found(void **state)
{
	static const uint8_t other[NET_LLADDR] = { 2, 0, 0, 0, 0, 9 };
	struct net *n = *state;

	start_with(n, GW);
	assert_memory_equal(asked_whom(n, 1), all, NET_LLADDR);
	answer(n, gw_mac);
	assert_memory_equal(asked_whom(n, 2), gw_mac, NET_LLADDR);
	assert_memory_equal(asked_whom(n, 3), all, NET_LLADDR);
	answer(n, other);
	told_is(n, 1, 0, 3, SAMPLE_OK);
	assert_memory_equal(asked_whom(n, 4), other, NET_LLADDR);
}

/* Where it was it may come back to; the others are asked now and then. */
static void
silent_gateway_is_asked_each_round_all_seldom(void **state)
{
	struct net *n = *state;
	const uint8_t *whom;
	unsigned to_all = 0, alone = 0;
	int64_t began_ns;
	uint64_t r;

	start_with(n, GW);
	assert_memory_equal(asked_whom(n, 1), all, NET_LLADDR);
	answer(n, gw_mac);
	began_ns = clock_mono_ns();
	for (r = 2; r < 60; r++) {
		whom = asked_whom(n, r);
		assert_non_null(whom);
		if (memcmp(whom, all, NET_LLADDR) == 0)
			to_all++;
		else {
			assert_memory_equal(whom, gw_mac, NET_LLADDR);
			alone++;
		}
	}
	/* Two are left of the burst, and one more for each second. */
	assert_true(to_all >= 2);
	assert_true(to_all <= 2 + (clock_mono_ns() - began_ns) / NS_PER_S);
	assert_int_equal(to_all + alone, 58);
}

/* It never was anywhere: the rounds wait for what was asked a moment ago. */
static void
unknown_gateway_is_not_cried_for(void **state)
{
	struct net *n = *state;
	unsigned to_all = 0;
	int64_t began_ns = clock_mono_ns();
	uint64_t r;

	start_with(n, GW);
	for (r = 1; r < 50; r++)
		to_all += asked_whom(n, r) != NULL;
	assert_true(to_all >= 3);
	assert_true(to_all <= 3 + (clock_mono_ns() - began_ns) / NS_PER_S);
	/* In each round it was listened for, and nothing heard. */
	assert_int_equal(n->ntold, 0);
	answer(n, gw_mac);
	assert_int_equal(n->ntold, 1);
	told_is(n, 0, 0, 49, SAMPLE_OK);
	expire_all(n);
	assert_int_equal(n->ntold, 49);
	assert_int_equal(n->ok, 1);
	/* Now it is known. */
	assert_memory_equal(asked_whom(n, 50), gw_mac, NET_LLADDR);
}

static void
new_device_knows_nobody(void **state)
{
	struct net *n = *state;

	start_with(n, GW);
	assert_memory_equal(asked_whom(n, 1), all, NET_LLADDR);
	answer(n, gw_mac);
	n->kind->socket(n->probe, NET_V4, -1, -ENODEV);
	assert_int_equal(n->asked, 2);
	give(n);
	assert_memory_equal(asked_whom(n, 2), all, NET_LLADDR);
}

static void
name_is_refused(void **state)
{
	struct net *n = *state;
	struct option_host h = { .name = NULL };
	char name[] = "gw.example.net";

	assert_true(accepts(n, h));
	h.addr = addr(GW);
	assert_true(accepts(n, h));
	h.addr.family = 0;
	h.name = name;
	assert_false(accepts(n, h));
	assert_int_equal(n->kind->set->families, 1u << NET_V4);
	assert_true(n->kind->set->gateway_only);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(request_is_that_of_rfc_826),
		T(true_reply_is_credited_once),
		T(padded_and_broadcast_replies_are_credited),
		T(forged_reply_is_never_credited),
		T(reply_without_request_is_not_credited),
		T(known_gateway_is_asked_alone),
		T(gateway_that_has_moved_is_found),
		T(silent_gateway_is_asked_each_round_all_seldom),
		T(unknown_gateway_is_not_cried_for),
		T(new_device_knows_nobody),
		T(name_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
