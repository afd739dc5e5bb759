/* SPDX-License-Identifier: ISC */
/*
 * test_probe_nd: the probe by neighbour discovery through the interface of its
 * kind: what goes out, and which advertisements count.  What it shares with
 * `arp` is tried in test_neigh.
 */
#include "tests/unit/test_neigh.h"

#define GW	"2001:db8:1::ab:cdef"
#define OWN	"2001:db8:1::2"
#define OPTION	24

static int
setup(void **state)
{
	*state = net_new("nd", NET_V6, POWER_ND, OWN);
	return 0;
}

/* A router's solicited advertisement, byte by byte. */
static struct sys_frame
advert(const char *of, const char *to)
{
	struct sys_frame f = incoming();
	struct net_addr a = addr(of);

	f.src = a;
	f.dst = addr(to);
	f.hops = 255;
	f.bytes[0] = 136;
	f.bytes[4] = 0xe0;
	memcpy(f.bytes + 8, a.bytes, 16);
	f.bytes[OPTION] = 2;
	f.bytes[OPTION + 1] = 1;
	memcpy(f.bytes + OPTION + 2, gw_mac, 6);
	f.len = 32;
	return f;
}

static void
solicitation_is_that_of_rfc_4861(void **state)
{
	static const uint8_t want[32] = { 135, 0, 0, 0, 0, 0, 0, 0,
	    0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xab, 0xcd, 0xef,
	    1, 1, 2, 0, 0, 0, 0, 2 };
	struct net *n = *state;
	struct net_addr group = addr("ff02::1:ffab:cdef"), own = addr(OWN);
	struct sys_frame f;
	uint64_t r;

	start_with(n, GW);
	assert_int_equal(n->asked, 1);
	/* Each round, to its group; an answer changes nothing about that. */
	for (r = 1; r < 20; r++) {
		round_now(n, r);
		assert_true(sent(n, &f));
		assert_int_equal(f.len, sizeof(want));
		assert_memory_equal(f.bytes, want, sizeof(want));
		assert_true(net_addr_eq(&f.dst, &group));
		assert_true(net_addr_eq(&f.src, &own));
		assert_false(sent(n, &f));
		if (r % 2 == 0)
			continue;
		f = advert(GW, OWN);
		deliver(n, &f);
		ready(n);
	}
	assert_int_equal(n->ntold, 10);
}

static void
true_advertisement_is_credited_once(void **state)
{
	struct net *n = *state;
	struct sys_frame f = advert(GW, OWN);

	start_with(n, GW);
	round_now(n, 1);
	deliver(n, &f);
	deliver(n, &f);
	ready(n);
	assert_int_equal(n->ntold, 1);
	told_is(n, 0, 0, 1, SAMPLE_OK);
	assert_true(n->told[0].rtt_ns >= 0 && n->told[0].rtt_ns < TIMEOUT);
	expire_all(n);
	assert_int_equal(n->ntold, 1);
}

/* Without options, with unknown ones, by another address of the gateway. */
static void
unusual_advertisements_are_credited(void **state)
{
	struct net *n = *state;
	struct sys_frame f;

	start_with(n, GW);
	round_now(n, 1);
	f = advert(GW, OWN);
	f.len = 24;
	deliver(n, &f);
	ready(n);
	assert_int_equal(n->ok, 1);
	round_now(n, 2);
	f = advert(GW, OWN);
	f.bytes[32] = 200;
	f.bytes[33] = 3;
	f.len = 56;
	f.src = addr("fe80::1");
	deliver(n, &f);
	ready(n);
	assert_int_equal(n->ok, 2);
	/* A host that is no router, and does not override what is known. */
	round_now(n, 3);
	f = advert(GW, OWN);
	f.bytes[4] = 0x40;
	deliver(n, &f);
	ready(n);
	assert_int_equal(n->ok, 3);
}

static void
link_local_gateway_is_asked_from_such_an_address(void **state)
{
	struct net *n = *state;
	struct net_addr group = addr("ff02::1:ff00:1"), own;
	struct sys_frame f;

	own = n->host.source[NET_V6] = addr("fe80::2");
	start_with(n, "fe80::1");
	round_now(n, 1);
	assert_true(sent(n, &f));
	assert_true(net_addr_eq(&f.dst, &group));
	assert_true(net_addr_eq(&f.src, &own));
	f = advert("fe80::1", "fe80::2");
	deliver(n, &f);
	ready(n);
	assert_int_equal(n->ok, 1);
}

/* Each changes a true advertisement in one way. */
static void f_hops(struct sys_frame *f) { f->hops = 254; }
static void f_hops_untold(struct sys_frame *f) { f->hops = -1; }
static void f_type(struct sys_frame *f) { f->bytes[0] = 135; }
static void f_redirect(struct sys_frame *f) { f->bytes[0] = 137; }
static void f_code(struct sys_frame *f) { f->bytes[1] = 1; }
static void f_unsolicited(struct sys_frame *f) { f->bytes[4] = 0xa0; }
static void f_of(struct sys_frame *f) { f->bytes[23] ^= 1; }
static void f_of_high(struct sys_frame *f) { f->bytes[8] ^= 1; }
static void f_of_group(struct sys_frame *f) { f->bytes[8] = 0xff; }
static void f_to(struct sys_frame *f) { f->dst.bytes[15] ^= 1; }
static void f_to_none(struct sys_frame *f) { f->dst.family = 0; }
static void f_to_all(struct sys_frame *f) { f->dst = addr("ff02::1"); }
static void f_to_link_local(struct sys_frame *f) { f->dst = addr("fe80::2"); }
static void f_from_none(struct sys_frame *f) { f->src = addr("::"); }
static void f_from_untold(struct sys_frame *f) { f->src.family = 0; }
static void f_from_group(struct sys_frame *f) { f->src = addr("ff02::1"); }
static void f_device(struct sys_frame *f) { f->ifindex++; }
static void f_no_device(struct sys_frame *f) { f->ifindex = 0; }
static void f_short(struct sys_frame *f) { f->len = 23; }
static void
f_short_and_more_behind(struct sys_frame *f)
{
	memset(f->bytes + 24, 1, sizeof(f->bytes) - 24);
	f->len = 23;
}
static void f_empty(struct sys_frame *f) { f->len = 0; }
static void f_option_empty(struct sys_frame *f) { f->bytes[OPTION + 1] = 0; }
static void f_option_long(struct sys_frame *f) { f->bytes[OPTION + 1] = 2; }
static void
f_option_long_and_more_behind(struct sys_frame *f)
{
	memset(f->bytes + 32, 1, sizeof(f->bytes) - 32);
	f->bytes[OPTION + 1] = 2;
}
static void f_option_cut(struct sys_frame *f) { f->len = 25; }
static void f_trailing(struct sys_frame *f) { f->len = 33; }

static const struct {
	const char	*name;
	void		(*forge)(struct sys_frame *);
} forgeries[] = {
	{ "hop limit", f_hops }, { "no hop limit", f_hops_untold },
	{ "a solicitation", f_type }, { "a redirect", f_redirect },
	{ "code", f_code }, { "not solicited", f_unsolicited },
	{ "of another", f_of }, { "of another, high", f_of_high },
	{ "of a group", f_of_group }, { "to another", f_to },
	{ "to none", f_to_none }, { "to all", f_to_all },
	{ "to another of ours", f_to_link_local },
	{ "from none", f_from_none }, { "from untold", f_from_untold },
	{ "from a group", f_from_group }, { "device", f_device },
	{ "no device", f_no_device }, { "a byte short", f_short },
	{ "a byte short, more behind", f_short_and_more_behind },
	{ "empty", f_empty }, { "an option of no length", f_option_empty },
	{ "one beyond the end", f_option_long },
	{ "and more behind it", f_option_long_and_more_behind },
	{ "one cut", f_option_cut },
	{ "a byte left", f_trailing },
};

static void
forged_advertisement_is_never_credited(void **state)
{
	struct net *n = *state;
	struct sys_frame f;
	size_t i;

	start_with(n, GW);
	round_now(n, 1);
	for (i = 0; i < sizeof(forgeries) / sizeof(forgeries[0]); i++) {
		f = advert(GW, OWN);
		forgeries[i].forge(&f);
		deliver(n, &f);
		ready(n);
		if (n->ntold != 0)
			fail_msg("%s", forgeries[i].name);
	}
	/* None of them has spoiled it for the true one. */
	f = advert(GW, OWN);
	deliver(n, &f);
	ready(n);
	assert_int_equal(n->ntold, 1);
	told_is(n, 0, 0, 1, SAMPLE_OK);
}

static void
name_is_refused(void **state)
{
	struct net *n = *state;
	char name[] = "gw.example.net";
	struct option_host h = { .name = name };

	assert_false(accepts(n, h));
	h.name = NULL;
	h.addr = addr("fe80::1");
	assert_true(accepts(n, h));
	assert_int_equal(n->kind->set->families, 1u << NET_V6);
	assert_true(n->kind->set->gateway_only);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(solicitation_is_that_of_rfc_4861),
		T(true_advertisement_is_credited_once),
		T(unusual_advertisements_are_credited),
		T(link_local_gateway_is_asked_from_such_an_address),
		T(forged_advertisement_is_never_credited),
		T(name_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
