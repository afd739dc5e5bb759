/* SPDX-License-Identifier: ISC */
/*
 * report_check: what the manual claims of the defaults, in a run of seconds,
 * and that the models of lines and rivals are what they are said to be.  The
 * seed is fixed, and time is virtual: no load can make it fail.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/report.h"

#define SEC		NS_PER_S
#define OUTAGES		40
#define TROUBLES	8

struct checks {
	uint64_t	seed;
	int		failed;
};

static void
check(struct checks *c, bool good, const char *fmt, ...)
    __attribute__((__format__(__printf__, 3, 4)));

static void
check(struct checks *c, bool good, const char *fmt, ...)
{
	va_list ap;

	printf("%s - ", good ? "ok" : "not ok");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	c->failed |= !good;
}

/* tools[0] is what the manual's defaults say, whatever they are. */
static const struct tool *const shipped = &tools[0];

static void
check_outages(struct checks *c)
{
	const struct line_model *m;
	struct try_outage far, all;
	int64_t worst;
	size_t i;

	for (i = 0; i < nline_models; i++) {
		m = &line_models[i];
		try_outage(shipped, m, c->seed, ALL_FAR, NULL, OUTAGES, &far);
		try_outage(shipped, m, c->seed, ALL_HOSTS, NULL, OUTAGES,
		    &all);
		worst = times_at(&far.down, 100);
		if (times_at(&all.down, 100) > worst)
			worst = times_at(&all.down, 100);
		check(c, far.down.n + far.skipped == OUTAGES &&
		    all.down.n + all.skipped == OUTAGES &&
		    far.skipped + all.skipped < OUTAGES / 10 &&
		    worst < m->bound_ns,
		    "%s: each of %zu outages noticed below %.1f s (worst "
		    "%.2f s)", m->name, far.down.n + all.down.n,
		    (double)m->bound_ns / SEC, (double)worst / SEC);
		check(c, far.stayed + all.stayed == 0 && far.up.n > 0 &&
		    times_at(&far.up, 100) < 30 * SEC,
		    "%s: up again below 30 s (worst %.2f s)", m->name,
		    (double)times_at(&far.up, 100) / SEC);
		try_outage_free(&far);
		try_outage_free(&all);
	}
}

/* Of a pair of lines on which nothing happens but bursts, in so many days. */
static unsigned
false_alarms(const struct checks *c, const struct tool *t,
    const struct line_model *m, double days)
{
	struct try_calm calm;

	try_calm(t, m, c->seed, days, true, &calm);
	return calm.downs;
}

static void
check_calm(struct checks *c)
{
	static const double days[] = { 20, 4, 3 };
	const struct line_model *m;
	unsigned ours, theirs;
	size_t i, t;

	for (i = 0; i < 2; i++) {
		m = &line_models[i];
		ours = false_alarms(c, shipped, m, days[i]);
		for (t = nours; t < ntools; t++) {
			theirs = false_alarms(c, &tools[t], m, days[i]);
			check(c, ours <= theirs && (theirs > 0 ||
			    tools[t].kind != &tool_keepalived),
			    "%s: not more false alarms than %s (%u, %u)",
			    m->name, tools[t].name, ours, theirs);
		}
	}
	m = &line_models[2];
	ours = false_alarms(c, shipped, m, days[2]);
	for (t = nours; t < ntools; t++) {
		theirs = false_alarms(c, &tools[t], m, days[2]);
		if (tools[t].kind == &tool_keepalived ||
		    tools[t].kind == &tool_ifstated)
			check(c, ours < theirs, "%s: fewer false alarms than "
			    "%s (%u, %u)", m->name, tools[t].name, ours,
			    theirs);
	}
}

static void
check_troubles(struct checks *c)
{
	const struct situation *s;
	struct try_trouble r;
	size_t i;

	for (i = 0; i < nsituations; i++) {
		s = &situations[i];
		if (s->outage)
			continue;
		try_trouble(shipped, &line_models[0], c->seed, &s->trouble,
		    s->hosts, TROUBLES, &r);
		check(c, r.hit == 0, "%s: no line goes down (%u of %u)",
		    s->name, r.hit, r.trials);
		try_trouble_free(&r);
	}
}

/* A brown-out is told as degraded, and then ended by `loss`. */
static void
check_brown_out(struct checks *c)
{
	static const struct trouble loss = { .kind = TROUBLE_LOSS,
	    .lines = THE_LINE, .hosts = ALL_HOSTS, .share = 300 };
	struct try_trouble r;

	try_trouble(shipped, &line_models[0], c->seed, &loss, NULL, TROUBLES,
	    &r);
	check(c, r.hit == r.trials && r.degraded.n == r.trials,
	    "a line that loses 30 %%: each is degraded and down (%u, %zu)",
	    r.hit, r.degraded.n);
	check(c, times_at(&r.degraded, 100) < 60 * SEC &&
	    times_at(&r.down, 100) < 120 * SEC,
	    "a line that loses 30 %%: within a minute, within two (%.0f s, "
	    "%.0f s)", (double)times_at(&r.degraded, 100) / SEC,
	    (double)times_at(&r.down, 100) / SEC);
	try_trouble_free(&r);
}

/*
 * Hosts that limit what they answer do not keep a line down; and a shorter
 * interval would take it down, which is why it is not shorter.
 */
static void
check_limited(struct checks *c)
{
	static const struct trouble limit = { .kind = TROUBLE_LIMIT,
	    .lines = ALL_LINES, .hosts = ALL_FAR };
	static const struct tool quick = { "500ms", &tool_ours,
	    "interval: 500ms, confirm: 100ms, fall: 19", 0 };
	struct try_trouble down;
	struct try_outage r;

	try_trouble(&quick, &line_models[0], c->seed, &limit, NULL, TROUBLES,
	    &down);
	check(c, down.hit == TROUBLES, "far hosts that answer once a second "
	    "but are asked twice: down (%u of %u)", down.hit, down.trials);
	try_trouble_free(&down);
	try_outage(shipped, &line_models[0], c->seed, ALL_HOSTS, &limit,
	    TROUBLES, &r);
	check(c, r.down.n == TROUBLES && r.up.n == TROUBLES &&
	    times_at(&r.up, 100) < 60 * SEC,
	    "far hosts that answer once a second: up again after each "
	    "outage (worst %.1f s)", (double)times_at(&r.up, 100) / SEC);
	try_outage_free(&r);
}

/* What is left out is what would have changed nothing. */
static void
check_skip(struct checks *c)
{
	static const struct tool hasty = { "hasty", &tool_ours,
	    "interval: 1s, confirm: 200ms, fall: 2", 0 };
	struct try_calm with, without, other;

	try_calm(&hasty, &line_models[0], c->seed, 20, true, &with);
	try_calm(&hasty, &line_models[0], c->seed, 20, false, &without);
	try_calm(&hasty, &line_models[0], c->seed + 1, 20, true, &other);
	check(c, with.downs > 10 && with.downs == without.downs &&
	    with.switches == without.switches,
	    "leaving out quiet time changes nothing (%u, %u)", with.downs,
	    without.downs);
	check(c, with.left_out_days > 30 && without.left_out_days == 0,
	    "%.0f of %.0f days were left out", with.left_out_days,
	    with.days);
	check(c, with.packets_per_day > 0.999 * without.packets_per_day &&
	    with.packets_per_day < 1.001 * without.packets_per_day,
	    "packets that were left out are counted (%.0f, %.0f a day)",
	    with.packets_per_day, without.packets_per_day);
	check(c, other.packets_per_day < with.packets_per_day ||
	    other.packets_per_day > with.packets_per_day,
	    "another seed is another line (%u, %u)", other.downs, with.downs);
}

/* The share of packets that are lost is what the model says. */
static void
check_lines(struct checks *c)
{
	const struct line_model *m;
	double want, got;
	struct net n;
	size_t i;
	int64_t k, lost;

	for (i = 0; i < nline_models; i++) {
		m = &line_models[i];
		net_init(&n, m, c->seed);
		for (lost = 0, k = 1; k <= 2000000; k++)
			lost += net_ask(&n, 0, HOST_FAR, k * SEC) == NET_LOST;
		got = (double)lost / (double)k;
		/* There, or back so much later, or both within one burst. */
		want = (double)m->burst_ns / (double)(m->gap_ns +
		    m->burst_ns) * (2 - exp(-(double)m->rtt_ns /
		    (double)m->burst_ns)) * m->burst_loss / 1000 +
		    m->loss / 100000.0;
		check(c, got > 0.8 * want && got < 1.2 * want,
		    "%s: loses %.4f %% (%.4f %%)", m->name, 100 * got,
		    100 * want);
	}
}

/* Known from their rules by hand: else it is not they that we compare with. */
static void
check_rivals(struct checks *c)
{
	static const struct { int64_t least, most; } bounds[] = {
		/* 25 of 116 lost, the youngest 2 s old, seen each second */
		{ 13500 * NS_PER_MS, 15500 * NS_PER_MS },
		/* four sleeps between five tests of 4 s, up to one before */
		{ 60 * SEC, 70100 * NS_PER_MS },
		{ 80 * SEC, 90100 * NS_PER_MS },	/* of 8 s */
		{ SEC, 2 * SEC },
		/* a test that had begun may have heard its first pings */
		{ SEC, 63 * SEC },
	};
	struct try_outage r;
	size_t t;

	for (t = nours; t < ntools; t++) {
		try_outage(&tools[t], &line_models[0], c->seed, ALL_FAR, NULL,
		    OUTAGES, &r);
		check(c, r.down.n == OUTAGES && times_at(&r.down, 0) >=
		    bounds[t - nours].least && times_at(&r.down, 100) <=
		    bounds[t - nours].most,
		    "%s notices an outage after %.1f to %.1f s",
		    tools[t].name, (double)times_at(&r.down, 0) / SEC,
		    (double)times_at(&r.down, 100) / SEC);
		try_outage_free(&r);
	}
}

int
report_check(uint64_t seed)
{
	struct checks c = { .seed = seed };

	check_lines(&c);
	check_rivals(&c);
	check_skip(&c);
	check_outages(&c);
	check_calm(&c);
	check_troubles(&c);
	check_brown_out(&c);
	check_limited(&c);
	return c.failed;
}
