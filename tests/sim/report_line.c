/* SPDX-License-Identifier: ISC */
/*
 * report_line: a line is a sequence of gaps and bursts, both of exponential
 * length, which all its packets meet alike; besides, each packet has a fate of
 * its own.  A packet is hit if it sets out or comes back within a burst.
 */
#include <math.h>
#include <string.h>

#include "lib/must.h"
#include "tests/sim/report.h"

#define MS	NS_PER_MS
#define SEC	NS_PER_S

/*
 * No line is like another; these are four that differ, with figures of the
 * order that has been published.  What matters most is how long a burst
 * lasts, because one that is longer than the time in which an outage is to be
 * noticed cannot be told from an outage.  Within a burst each packet has its
 * own luck, which in truth is only so for packets that are not very near to
 * each other: so no merit is seen in a pace of less than 100 ms.
 */
const struct line_model line_models[] = {
	{ .name = "fibre", .rtt_ns = 10 * MS, .gateway_rtt_ns = 2 * MS,
	  .jitter_ns = 1 * MS, .gap_ns = 1000 * SEC, .burst_ns = 100 * MS,
	  .burst_loss = 1000, .loss = 1, .days = 365, .bound_ns = 3 * SEC,
	  .settings = "",
	  .why = "loses 0.01 %, well within the best class (below 0.4 %) of "
	    "the FCC's reports Measuring Broadband America; bursts as of a "
	    "queue that is full or a switch to another path (50 ms)" },
	{ .name = "poor DSL", .rtt_ns = 40 * MS, .gateway_rtt_ns = 20 * MS,
	  .jitter_ns = 8 * MS, .gap_ns = 30 * SEC, .burst_ns = 150 * MS,
	  .burst_loss = 900, .loss = 100, .days = 183, .bound_ns = 3 * SEC,
	  .settings = "",
	  .why = "loses 0.7 %, of the middle class (0.4 % to 1 %) of the "
	    "same reports; impulse noise lasts from some hundred "
	    "microseconds to a few seconds" },
	{ .name = "LTE cell", .rtt_ns = 60 * MS, .gateway_rtt_ns = 45 * MS,
	  .jitter_ns = 20 * MS, .gap_ns = 100 * SEC, .burst_ns = 1 * SEC,
	  .burst_loss = 800, .loss = 100, .days = 60, .bound_ns = 3 * SEC,
	  .settings = "",
	  .why = "loses 0.9 %, most of it while the cell or the radio "
	    "technology changes (Baltrunas and others, 2016), for 50 ms to "
	    "some seconds" },
	{ .name = "satellite", .rtt_ns = 600 * MS, .gateway_rtt_ns = 590 * MS,
	  .jitter_ns = 20 * MS, .gap_ns = 200 * SEC, .burst_ns = 500 * MS,
	  .burst_loss = 900, .loss = 100, .days = 90, .bound_ns = 4 * SEC,
	  .settings = "degraded: { rtt: 900ms }",
	  .why = "loses 0.5 %; geostationary: four times 36000 km are "
	    "480 ms, access and coding take the rest; bursts as of a fade "
	    "or a change of coding" },
};

const size_t nline_models = sizeof(line_models) / sizeof(line_models[0]);

/* Of splitmix64: what differs in one bit differs in half of them. */
static uint64_t
mix(uint64_t x)
{
	x ^= x >> 30;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 27;
	x *= UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

enum { OF_BURSTS = 1, OF_GAPS, OF_PACKETS, OF_DRAWS, OF_PHASES };

#define GOLDEN	UINT64_C(0x9e3779b97f4a7c15)

static uint64_t
hash(uint64_t seed, uint64_t a, uint64_t b, uint64_t c)
{
	return mix(mix(mix(mix(seed + GOLDEN) + a + GOLDEN) + b + GOLDEN) + c +
	    GOLDEN);
}

int64_t
net_draw(uint64_t seed, uint64_t a, uint64_t b, int64_t below)
{
	return (int64_t)(hash(seed, OF_DRAWS, a, b) % (uint64_t)below);
}

int64_t
net_phase(const struct net *n, size_t line, int64_t interval_ns)
{
	return net_draw(n->seed, OF_PHASES, line, interval_ns);
}

/* Exponential, from 53 bits; at most some 36 times the mean. */
static int64_t
exponential(uint64_t bits, int64_t mean_ns)
{
	double u = ((double)(bits >> 11) + 0.5) / 9007199254740992.0;

	return (int64_t)(-log(u) * (double)mean_ns);
}

void
net_init(struct net *n, const struct line_model *model, uint64_t seed)
{
	memset(n, 0, sizeof(*n));
	n->model = model;
	n->seed = seed;
}

/* Bursts are made up to the first that begins after then. */
static void
make_bursts(struct net *n, size_t line, int64_t then_ns)
{
	uint64_t seed = n->seed * NET_LINES + line;
	struct burst *b = n->bursts[line];
	uint64_t k;
	int64_t from;

	for (;;) {
		k = n->nbursts[line];
		from = k > 0 ? b[(k - 1) % NET_BURSTS].to_ns : 0;
		if (k > 0 && b[(k - 1) % NET_BURSTS].from_ns > then_ns)
			return;
		from += exponential(hash(seed, OF_GAPS, k, 0),
		    n->model->gap_ns);
		b[k % NET_BURSTS].from_ns = from;
		b[k % NET_BURSTS].to_ns = from + exponential(hash(seed,
		    OF_BURSTS, k, 0), n->model->burst_ns);
		n->nbursts[line]++;
	}
}

/*
 * The newest burst that had begun by then, NULL if none is remembered; and
 * when the one after it begins.
 */
static const struct burst *
burst_before(struct net *n, size_t line, int64_t then_ns, int64_t *next_ns)
{
	const struct burst *b = n->bursts[line], *one;
	uint64_t k;

	make_bursts(n, line, then_ns);
	for (k = n->nbursts[line]; k > 0 && k + NET_BURSTS >
	    n->nbursts[line]; k--) {
		one = &b[(k - 1) % NET_BURSTS];
		if (one->from_ns <= then_ns)
			return one;
		*next_ns = one->from_ns;
	}
	return NULL;
}

static bool
in_burst(struct net *n, size_t line, int64_t then_ns)
{
	int64_t next_ns;
	const struct burst *b = burst_before(n, line, then_ns, &next_ns);

	return b != NULL && then_ns < b->to_ns;
}

static bool
concerns(const struct trouble *t, size_t line, enum host host, int64_t now_ns)
{
	return (t->lines & 1u << line) != 0 && (t->hosts & 1u << host) != 0 &&
	    now_ns >= t->from_ns && now_ns < t->to_ns;
}

/* bits: of this packet and this trouble. */
static bool
spared(struct net *n, const struct trouble *t, size_t line, enum host host,
    int64_t now_ns, uint32_t bits)
{
	switch (t->kind) {
	case TROUBLE_DEAD:
		return false;
	case TROUBLE_LOSS:
	case TROUBLE_DROP:
		return bits % 1000 >= t->share;
	case TROUBLE_LIMIT:
		if (n->answered_ns[line][host] != 0 &&
		    now_ns - n->answered_ns[line][host] < SEC)
			return false;
		n->answered_ns[line][host] = now_ns;
		return true;
	}
	return true;
}

int64_t
net_ask(struct net *n, size_t line, enum host host, int64_t now_ns)
{
	const struct line_model *m = n->model;
	uint64_t packet = hash(n->seed, OF_PACKETS, line * NET_HOSTS + host,
	    (uint64_t)now_ns);
	int64_t rtt = (host == HOST_GATEWAY ? m->gateway_rtt_ns : m->rtt_ns) +
	    exponential(packet, m->jitter_ns);
	size_t i;

	n->packets++;
	if (mix(packet + 1) % 100000 < m->loss)
		return NET_LOST;
	if ((in_burst(n, line, now_ns) || in_burst(n, line, now_ns + rtt)) &&
	    mix(packet + 2) % 1000 < m->burst_loss)
		return NET_LOST;
	for (i = 0; i < n->ntroubles; i++)
		if (concerns(&n->troubles[i], line, host, now_ns) &&
		    !spared(n, &n->troubles[i], line, host, now_ns,
		    (uint32_t)mix(packet + 3 + i)))
			return NET_LOST;
	return rtt;
}

/* After a burst doubts need some seconds to be over. */
#define AFTERMATH	(5 * SEC)

int64_t
net_quiet(struct net *n, int64_t now_ns)
{
	int64_t until = CLOCK_NEVER, next;
	const struct burst *b;
	size_t line;

	MUST(n->ntroubles == 0);
	for (line = 0; line < NET_LINES; line++) {
		b = burst_before(n, line, now_ns, &next);
		if (b != NULL && b->to_ns + AFTERMATH > now_ns)
			return now_ns;
		until = next < until ? next : until;
	}
	return until;
}
