/* SPDX-License-Identifier: ISC */
/*
 * report_try: the experiments.  Each is one long run in which things are done
 * to line 0 (a host that is in trouble is so by both lines), at phases that
 * the seed says, the same for all tools.
 */
#include <string.h>

#include "tests/sim/report.h"

#define SEC		NS_PER_S
/* Longer than any tool remembers, so that one trial leaves the next alone. */
#define SETTLE		(100 * SEC)
#define OUTAGE		(150 * SEC)
#define TROUBLE		(600 * SEC)
#define RECOVER		(300 * SEC)

/* Until the next trial begins. */
static void
pause_before(struct run *r, uint64_t seed, unsigned trial)
{
	run_until(r, r->now_ns + SETTLE + net_draw(seed, 1, trial,
	    60 * SEC));
	run_forget(r);
}

/* The first trouble lasts from now on. */
static void
begin(struct run *r, struct trouble *t, size_t n, int64_t length_ns)
{
	t->from_ns = r->now_ns;
	t->to_ns = r->now_ns + length_ns;
	r->net.troubles = t;
	r->net.ntroubles = n;
}

static void
end(struct run *r)
{
	r->net.ntroubles = 0;
}

static void
one_outage(struct run *r, struct trouble *t, size_t n, struct try_outage *out)
{
	begin(r, t, n, OUTAGE);
	run_until(r, t->to_ns);
	if (r->tales[0].down_ns == 0)
		out->missed++;
	else
		times_add(&out->down, r->tales[0].down_ns - t->from_ns);
	run_forget(r);
	if (r->tales[0].level != LEVEL_DOWN)
		return;
	run_until(r, t->to_ns + RECOVER);
	if (r->tales[0].up_ns != 0)
		times_add(&out->up, r->tales[0].up_ns - t->to_ns);
	else
		out->stayed++;
}

void
try_outage(const struct tool *tool, const struct line_model *m, uint64_t seed,
    unsigned hosts, const struct trouble *besides, unsigned trials,
    struct try_outage *out)
{
	struct trouble t[2] = { { .kind = TROUBLE_DEAD, .lines = 1,
	    .hosts = hosts } };
	struct run r;
	unsigned i;

	memset(out, 0, sizeof(*out));
	if (besides != NULL) {
		t[1] = *besides;
		t[1].to_ns = CLOCK_NEVER;
	}
	run_start(&r, tool, m, seed, NULL);
	for (i = 0; i < trials; i++) {
		pause_before(&r, seed, i);
		if (r.tales[0].level == LEVEL_DOWN)
			out->skipped++;
		else
			one_outage(&r, t, besides != NULL ? 2 : 1, out);
		end(&r);
	}
	run_stop(&r);
	times_sort(&out->down);
	times_sort(&out->up);
}

void
try_outage_free(struct try_outage *o)
{
	times_free(&o->down);
	times_free(&o->up);
}

void
try_calm(const struct tool *tool, const struct line_model *m, uint64_t seed,
    double days, bool skip, struct try_calm *out)
{
	struct run r;
	int64_t begin_ns;

	memset(out, 0, sizeof(*out));
	run_start(&r, tool, m, seed, NULL);
	run_until(&r, r.now_ns + SETTLE);
	run_forget(&r);
	r.net.packets = 0;
	out->switches = run_switches(&r);
	begin_ns = r.now_ns;
	r.skip = skip;
	run_until(&r, r.now_ns + (int64_t)(days * (double)DAY_NS));
	out->days = NET_LINES * (double)(r.now_ns - begin_ns) / (double)DAY_NS;
	out->downs = r.tales[0].downs + r.tales[1].downs;
	out->switches = run_switches(&r) - out->switches;
	out->packets_per_day = (double)r.net.packets / out->days;
	out->left_out_days = NET_LINES * (double)r.left_out_ns /
	    (double)DAY_NS;
	run_stop(&r);
}

/* A tool that waits for late answers may speak when it is over. */
#define LATE		(20 * SEC)

unsigned
try_gap(const struct tool *tool, const struct line_model *m, uint64_t seed,
    int64_t gap_ns, unsigned trials)
{
	struct trouble t = { .kind = TROUBLE_DEAD, .lines = 1,
	    .hosts = ~0u };
	unsigned i, hit = 0;
	struct run r;

	run_start(&r, tool, m, seed, NULL);
	for (i = 0; i < trials; i++) {
		pause_before(&r, seed, i);
		begin(&r, &t, 1, gap_ns);
		run_until(&r, t.to_ns + LATE);
		end(&r);
		hit += r.tales[0].downs > 0;
		run_until(&r, r.now_ns + SETTLE);
	}
	run_stop(&r);
	return hit;
}

void
try_trouble(const struct tool *tool, const struct line_model *m,
    uint64_t seed, const struct trouble *what, const enum host *hosts,
    unsigned trials, struct try_trouble *out)
{
	struct trouble t = *what;
	struct run r;
	unsigned i;

	memset(out, 0, sizeof(*out));
	out->trials = trials;
	run_start(&r, tool, m, seed, hosts);
	for (i = 0; i < trials; i++) {
		pause_before(&r, seed, i);
		begin(&r, &t, 1, TROUBLE);
		run_until(&r, t.to_ns);
		end(&r);
		out->hit += r.tales[0].downs > 0;
		out->downs += r.tales[0].downs;
		if (r.tales[0].down_ns != 0)
			times_add(&out->down, r.tales[0].down_ns - t.from_ns);
		if (r.tales[0].degraded_ns != 0)
			times_add(&out->degraded, r.tales[0].degraded_ns -
			    t.from_ns);
		run_until(&r, r.now_ns + SETTLE);
	}
	run_stop(&r);
	times_sort(&out->down);
	times_sort(&out->degraded);
}

void
try_trouble_free(struct try_trouble *t)
{
	times_free(&t->down);
	times_free(&t->degraded);
}
