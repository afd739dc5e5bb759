/* SPDX-License-Identifier: ISC */
/*
 * line_round: when an uplink's rounds go out, and how late.  A round is sent in
 * slices, so that thousands of targets are not one burst.  Entered by the
 * worker's thread.
 */
#include <errno.h>

#include "lib/clock.h"
#include "lib/must.h"
#include "probes/worker.h"

#define SLICE		64		/* targets sent to at once */
#define STEPS		128		/* of a pace, for all lines together */
#define STEPS_MIN	4
/* A probe is late that goes a tenth of the pace after it was due ... */
#define LATE_SHARE	10
#define LATE_MIN	(5 * NS_PER_MS)	/* ... within these bounds: */
#define LATE_MAX	(50 * NS_PER_MS) /* timers wake us to the millisecond */

void
late_count(struct late *l, uint64_t n, int64_t due_ns, int64_t now_ns,
    int64_t pace_ns)
{
	int64_t limit = pace_ns / LATE_SHARE, by = now_ns - due_ns;

	if (limit < LATE_MIN)
		limit = LATE_MIN;
	if (limit > LATE_MAX)
		limit = LATE_MAX;
	if (by <= limit)
		return;
	l->n += n;
	if (by > l->worst_ns)
		l->worst_ns = by;
}

int64_t
line_align(int64_t due_ns, int64_t now_ns, int64_t pace_ns, size_t nlines)
{
	int64_t steps = STEPS / (int64_t)nlines, at_ns;

	if (steps >= STEPS)
		return due_ns;
	if (steps < STEPS_MIN)
		steps = STEPS_MIN;
	at_ns = due_ns - due_ns % (pace_ns / steps);
	return at_ns > now_ns ? at_ns : due_ns;
}

/* A name that is not known yet is no vote; why it is not, is evidence. */
static void
send_one(struct line *l, size_t target, int64_t now_ns)
{
	size_t k = l->kind_of[target];
	struct net_addr addr;
	int rc = line_address(l, target, l->number, &addr);

	if (rc == 0) {
		l->asking = k;
		l->kinds[k]->send(l->probes[k], target, l->number, &addr,
		    now_ns);
		l->sent_ns = now_ns;
	} else {
		line_report(l, target, l->number, rc == -EAGAIN ||
		    rc == -EAFNOSUPPORT ? SAMPLE_SKIP : SAMPLE_CANNOT, 0, rc);
	}
}

static void
send_slice(struct line *l, int64_t now_ns)
{
	size_t ntargets = l->conf->probe.ntargets, n, k;
	size_t end = l->next_target + SLICE;

	if (end > ntargets)
		end = ntargets;
	late_count(&l->late, end - l->next_target, l->slice_ns,
	    clock_mono_ns(), judge_pace(&l->judge));
	for (n = l->next_target; n < end && l->number != 0; n++)
		send_one(l, n, now_ns);
	for (k = 0; k < l->nkinds; k++)
		if (l->kinds[k]->flush != NULL) {
			l->asking = k;
			l->kinds[k]->flush(l->probes[k], now_ns);
		}
	if (ntargets > SLICE && l->number != 0)
		judge_sent(&l->judge, l->number, end, clock_mono_ns());
	l->next_target = end;
	if (end == ntargets)
		l->number = 0;
}

/* From one slice to the next: they are spread over four fifths of the pace. */
static int64_t
step(const struct line *l)
{
	size_t slices = (l->conf->probe.ntargets + SLICE - 1) / SLICE;

	return judge_pace(&l->judge) / (int64_t)slices / 5 * 4;
}

/* When it was to go is remembered; what is behind goes now. */
static void
slice_at(struct line *l, int64_t due_ns, int64_t now_ns)
{
	l->slice_ns = due_ns;
	MUST(timers_set(l->worker->timers, &l->slice, due_ns > now_ns ?
	    due_ns : now_ns) == 0);
}

static void
hurry_slice(struct line *l)
{
	int64_t due_ns = l->sliced_ns + step(l), now_ns = clock_mono_ns();

	if (due_ns < now_ns)
		due_ns = now_ns;
	if (due_ns < l->slice.due_ns)
		slice_at(l, due_ns, now_ns);
}

static void
slice_fired(struct timer *t, int64_t now_ns)
{
	struct line *l = t->arg;

	send_slice(l, now_ns);
	l->sliced_ns = l->slice_ns;
	if (l->number != 0)
		slice_at(l, l->sliced_ns + step(l), now_ns);
}

static void
start_round(struct line *l, int64_t due_ns, int64_t now_ns)
{
	l->woken = l->nudged;
	l->nudged = false;
	l->round_ns = now_ns;
	l->number = judge_open(&l->judge, now_ns);
	l->next_target = 0;
	if (l->number == 0)
		return;
	told_round(l, l->number, now_ns);
	if (l->conf->probe.ntargets > SLICE)
		judge_in_parts(&l->judge, l->number);
	l->slice_ns = due_ns;
	slice_fired(&l->slice, now_ns);
}

/*
 * The pace counts from when the round was due, so that it keeps its average;
 * a stall is not made up for by a burst.  What is left of the former round
 * goes before, in its own steps: thousands of packets at once would be lost
 * here.  A socket that is on its way from the parent is waited for: without it
 * the round would only prove that.
 */
static void
round_fired(struct timer *t, int64_t now_ns)
{
	struct line *l = t->arg;
	int64_t due_ns = t->due_ns, next_ns = line_sock_due(l, now_ns);

	l->held = next_ns != 0;
	if (!l->held && l->number != 0) {
		next_ns = l->slice.due_ns;
	} else if (!l->held) {
		start_round(l, due_ns, now_ns);
		l->pace_ns = judge_pace(&l->judge);
		next_ns = due_ns + l->pace_ns;
		if (next_ns <= now_ns)
			next_ns = now_ns + l->pace_ns;
		next_ns = line_align(next_ns, now_ns, l->pace_ns,
		    l->worker->nlines);
	}
	MUST(timers_set(l->worker->timers, t, next_ns) == 0);
}

/* True if it was to be later.  It is not late that was not due before. */
static bool
round_at(struct line *l, int64_t due_ns)
{
	int64_t now_ns = clock_mono_ns(), was_ns = l->round.due_ns;

	/* One that is being sent looks already. */
	if (l->held || l->number != 0 || l->round.pos == 0)
		return false;
	if (due_ns < now_ns)
		due_ns = was_ns < now_ns ? was_ns : now_ns;
	MUST(timers_set(l->worker->timers, &l->round, due_ns) == 0);
	return due_ns < was_ns;
}

/*
 * Doubt begins: what is left of this round, and the next, go at the quicker
 * pace.  It is over: the round that was to come soon would find hosts that
 * answer only so often silent, and be a doubt itself.
 */
void
line_hurry(struct line *l)
{
	int64_t pace = judge_pace(&l->judge), was = l->pace_ns;
	bool later = was != 0 && was < pace && !l->nudged;

	if (l->number != 0) {
		if (l->sliced_ns + step(l) < l->slice_ns)
			hurry_slice(l);
		return;
	}
	l->pace_ns = pace;
	if (later || l->round_ns + pace < l->round.due_ns)
		(void)round_at(l, l->round_ns + pace);
}

/* Not sooner than in a doubt of our own.  True if it was to be later. */
static bool
bring_forward(struct line *l)
{
	const struct conf_probe *conf = &l->conf->probe;
	int64_t pace = conf->confirm_ns < conf->interval_ns ?
	    conf->confirm_ns : conf->interval_ns;

	return l->round_ns + pace < l->round.due_ns &&
	    round_at(l, l->round_ns + pace);
}

void
line_nudge(struct line *l)
{
	if (bring_forward(l))
		l->nudged = true;
}

void
line_try(struct line *l)
{
	(void)bring_forward(l);
}

int
line_round_init(struct line *l, int64_t now_ns)
{
	l->round.fire = round_fired;
	l->round.arg = l;
	l->slice.fire = slice_fired;
	l->slice.arg = l;
	return timers_set(l->worker->timers, &l->round, now_ns);
}
