/* SPDX-License-Identifier: ISC */
/*
 * judge_line: how well the line does.  Of the targets that count, the best
 * that `require` asks for speak for the line: one that drops or delays what
 * is sent to itself says nothing of the line behind which others answer well.
 */
#include <stdlib.h>

#include "probes/judge_part.h"

/*
 * A threshold is left only well below where it was entered, so that a line at
 * its edge does not flap: three quarters of a time, half of a loss.
 */
#define LEAVE_TIME(limit)	((limit) / 4 * 3)
#define LEAVE_LOSS(limit)	((limit) / 2)

bool
judge_counts(const struct judge *j, size_t target)
{
	const struct conf_target *t = &j->conf->targets[target];
	bool far = j->full.far.open > 0;

	return t->gateway != far && !j->targets[target].suspect;
}

static int
by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The worst of the best n that are needed; `none` if there are too few. */
static int64_t
needed(struct judge *j, size_t n, int64_t none)
{
	size_t need = 1;

	if (j->full.far.open > 0)
		need = j->conf->require_far == CONF_FAR_ALL ? n :
		    (size_t)j->conf->require_far;
	if (n == 0 || need == 0)
		return none;
	if (need > n)
		need = n;
	qsort(j->scratch, n, sizeof(j->scratch[0]), by_value);
	return j->scratch[need - 1];
}

static int64_t
line_loss(struct judge *j, const struct option_loss *limit, int64_t now_ns)
{
	int64_t one;
	size_t i, n = 0;

	if (limit->share == 0)
		return -1;
	for (i = 0; i < j->conf->ntargets; i++) {
		if (!judge_counts(j, i))
			continue;
		one = window_loss(&j->targets[i].loss, limit->window_ns,
		    limit->window_ns / 2, now_ns);
		if (one >= 0)
			j->scratch[n++] = one;
	}
	return needed(j, n, -1);
}

static int64_t
line_time(struct judge *j, bool jitter)
{
	const struct judge_target *t;
	size_t i, n = 0;

	for (i = 0; i < j->conf->ntargets; i++) {
		t = &j->targets[i];
		if (judge_counts(j, i) && t->rtt_ns != 0)
			j->scratch[n++] = jitter ? t->jitter_ns : t->rtt_ns;
	}
	return needed(j, n, 0);
}

/* Up: entered at the limit.  Back: below where it may be left. */
static bool
beyond(bool is, int64_t value, int64_t enter, int64_t leave)
{
	return enter > 0 && (is ? value > leave : value >= enter);
}

/*
 * Loss that took the line down must be seen to be gone, over half the window
 * at least, and the rounds must have risen besides.
 */
static bool
lossy(const struct judge *j)
{
	const struct option_loss *limit = &j->conf->loss;

	if (j->lossy && (j->line.loss_down < 0 ||
	    j->verdict.passes < j->conf->rise))
		return true;
	return beyond(j->lossy, j->line.loss_down, limit->share,
	    LEAVE_LOSS(limit->share));
}

static bool
slow(const struct judge *j)
{
	const struct conf_degraded *d = &j->conf->degraded;

	return beyond(j->slow, j->line.rtt_ns, d->rtt_ns,
	    LEAVE_TIME(d->rtt_ns)) ||
	    beyond(j->slow, j->line.jitter_ns, d->jitter_ns,
	    LEAVE_TIME(d->jitter_ns)) ||
	    beyond(j->slow, j->line.loss_degraded, d->loss.share,
	    LEAVE_LOSS(d->loss.share));
}

void
judge_measure(struct judge *j, int64_t now_ns)
{
	j->line.loss_down = line_loss(j, &j->conf->loss, now_ns);
	j->line.loss_degraded = line_loss(j, &j->conf->degraded.loss, now_ns);
	j->line.rtt_ns = line_time(j, false);
	j->line.jitter_ns = line_time(j, true);
	if (j->verdict.level != LEVEL_UP)
		return;
	j->lossy = lossy(j);
	j->slow = slow(j);
}

int64_t
judge_loss(const struct judge *j, size_t target, int64_t now_ns)
{
	const struct window *w = &j->targets[target].loss;

	return window_loss(w, w->cell_ns * (WINDOW_CELLS - 1), 0, now_ns);
}

/* By the target's own figures, whatever the line's are. */
static bool
target_slow(const struct judge *j, size_t target)
{
	const struct conf_degraded *d = &j->conf->degraded;
	const struct judge_target *t = &j->targets[target];

	if (d->rtt_ns > 0 && t->rtt_ns >= d->rtt_ns)
		return true;
	if (d->jitter_ns > 0 && t->jitter_ns >= d->jitter_ns)
		return true;
	return d->loss.share > 0 && window_loss(&t->loss, d->loss.window_ns,
	    d->loss.window_ns / 4, j->measured_ns) >= d->loss.share;
}

int64_t
judge_overdue(const struct judge *j, size_t target)
{
	const struct verdict *v = &j->verdict;
	uint64_t n = j->targets[target].told + 1;
	int64_t count = 0;

	for (n = n > v->oldest ? n : v->oldest; n < v->next; n++)
		count += v->window[n % VERDICT_WINDOW] == OUTCOME_OVERDUE;
	return count;
}

/*
 * One that drops what is sent to itself is silent again and again, and is not
 * dead each time, while the line is well: of what is remembered from before
 * the present run a quarter was lost, too.
 */
static bool
used_to(const struct judge *j, size_t target)
{
	const struct judge_target *t = &j->targets[target];
	uint64_t bits = t->history;
	int64_t n, lost = 0;

	for (n = 0; n < t->fails && bits != 0; n++)
		bits >>= 2;
	for (n = 0; bits != 0; n++, bits >>= 2)
		lost += (bits & 3) == SAMPLE_LOST;
	return j->level != LEVEL_DOWN && n > 0 && 4 * lost >= n;
}

enum target_state
judge_state(const struct judge *j, size_t target)
{
	const struct judge_target *t = &j->targets[target];
	int64_t run = t->fails + judge_overdue(j, target);

	if (t->unresolved)
		return TARGET_UNRESOLVED;
	if (t->suspect)
		return TARGET_SUSPECT;
	if (t->history == 0)
		return TARGET_UNKNOWN;
	if ((t->history & 3) == SAMPLE_CANNOT)
		return TARGET_CANNOT;
	if (run >= j->conf->fall)
		return used_to(j, target) ? TARGET_DEGRADED : TARGET_LOST;
	return target_slow(j, target) ? TARGET_DEGRADED : TARGET_OK;
}
