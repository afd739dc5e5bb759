/* SPDX-License-Identifier: ISC */
/*
 * ladder: decisions only; ladder_at() is the one place where all rules are.
 */
#include "dispatcher/ladder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dispatcher/journal.h"
#include "lib/clock.h"
#include "lib/must.h"

int
ladder_init(struct ladder *l, const struct conf *conf)
{
	struct ladder_line *line;
	size_t i;

	memset(l, 0, sizeof(*l));
	l->lines = calloc(conf->nuplinks, sizeof(*l->lines));
	if (l->lines == NULL)
		return -ENOMEM;
	l->n = conf->nuplinks;
	for (i = 0; i < l->n; i++) {
		line = &l->lines[i];
		line->conf = &conf->uplinks[i].recovery;
		line->settled_ns = INT64_MIN;
		if (line->conf->nsteps == 0)
			continue;
		line->starts = calloc((size_t)line->conf->budget.n,
		    sizeof(*line->starts));
		if (line->starts == NULL)
			return -ENOMEM;
	}
	return 0;
}

void
ladder_free(struct ladder *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		free(l->lines[i].starts);
	free(l->lines);
	memset(l, 0, sizeof(*l));
}

void
ladder_begin(struct ladder *l, size_t i, int64_t begin_ns)
{
	struct ladder_line *line = &l->lines[i];

	line->out = true;
	line->told = line->climbed = false;
	line->origin_ns = line->first_ns = begin_ns;
	line->next = 0;
}

void
ladder_return(struct ladder *l, size_t i)
{
	/* What its modem still does is not over with the outage. */
	l->lines[i].out = false;
}

static void
spend(struct ladder_line *line, int64_t at_ns)
{
	size_t n = (size_t)line->conf->budget.n;

	line->starts[line->at] = at_ns;
	line->at = (line->at + 1) % n;
	if (line->used < n)
		line->used++;
}

/* When there is budget for one more start. */
static int64_t
budget_ns(const struct ladder_line *line)
{
	if (line->used < (size_t)line->conf->budget.n)
		return INT64_MIN;
	return line->starts[line->at] + line->conf->budget.per_ns;
}

static void
climb(struct ladder_line *line, size_t step, int64_t at_ns)
{
	const struct conf_recovery *conf = line->conf;

	if (step == 0 && line->climbed)
		line->origin_ns = line->first_ns + conf->budget.per_ns -
		    conf->steps[0].after_ns;
	if (step == 0)
		line->first_ns = at_ns;
	line->climbed = true;
	line->last_ns = at_ns;
	line->next = step + 1;
}

/* The next step, and when its time comes. */
static int64_t
next_step(const struct ladder_line *line, size_t *step)
{
	*step = line->next;
	if (line->next < line->conf->nsteps)
		return line->origin_ns + line->conf->steps[*step].after_ns;
	*step = 0;
	return line->first_ns + line->conf->budget.per_ns;
}

size_t
ladder_start(struct ladder *l, size_t i, int64_t now_ns)
{
	struct ladder_line *line = &l->lines[i];

	MUST(line->out && !line->running);
	(void)next_step(line, &line->step);
	climb(line, line->step, now_ns);
	spend(line, now_ns);
	line->running = true;
	return line->step;
}

void
ladder_end(struct ladder *l, size_t i, int64_t now_ns)
{
	struct ladder_line *line = &l->lines[i];

	MUST(line->running);
	line->running = false;
	line->settled_ns = now_ns + line->conf->steps[line->step].settle_ns;
}

void
ladder_told(struct ladder *l, size_t i)
{
	l->lines[i].told = true;
}

void
ladder_restore(struct ladder *l, size_t i, size_t step, int64_t start_ns,
    int64_t end_ns, bool current)
{
	struct ladder_line *line = &l->lines[i];
	const struct conf_recovery *conf = line->conf;
	int64_t settled_ns = end_ns;

	if (conf->nsteps == 0)
		return;
	spend(line, start_ns);
	/* Of a step that is not configured any more only that much is known. */
	if (step < conf->nsteps)
		settled_ns += conf->steps[step].settle_ns;
	if (settled_ns > line->settled_ns)
		line->settled_ns = settled_ns;
	if (current && line->out)
		climb(line, step, start_ns);
}

/* From TERM to KILL, and a little. */
#define KILL_MS	3000

/* Wall clocks may have been set back: nothing lies further ahead than it can. */
static void
end_rung(const struct conf_recovery *conf, struct journal_rung *r,
    int64_t now_ms)
{
	int64_t most_ms = KILL_MS;

	if (r->step < conf->nsteps)
		most_ms += conf->steps[r->step].timeout_ns / NS_PER_MS;
	if (r->start_ms > now_ms)
		r->start_ms = now_ms;
	if (r->cut)
		r->end_ms = r->start_ms + most_ms > now_ms ?
		    r->start_ms + most_ms : now_ms;
	if (r->end_ms > now_ms + most_ms)
		r->end_ms = now_ms + most_ms;
}

void
ladder_restore_past(struct ladder *l, struct journal_past *past,
    const uint64_t *outages, int64_t now_ns, int64_t now_ms)
{
	struct journal_rung *r;
	bool current;
	size_t i;

	for (i = 0; i < past->nrungs; i++) {
		r = &past->rungs[i];
		current = r->event_id == outages[r->uplink] &&
		    r->event_id != 0;
		end_rung(l->lines[r->uplink].conf, r, now_ms);
		if (!r->given_up)
			ladder_restore(l, r->uplink, r->step, now_ns +
			    (r->start_ms - now_ms) * NS_PER_MS, now_ns +
			    (r->end_ms - now_ms) * NS_PER_MS, current);
		else if (current)
			ladder_told(l, r->uplink);
	}
}

static bool
another_works(const struct ladder *l, size_t i,
    const struct ladder_sight *sights)
{
	size_t k;

	for (k = 0; k < l->n; k++)
		if (k != i && sights[k].works)
			return true;
	return false;
}

bool
ladder_still(const struct ladder *l, size_t i,
    const struct ladder_sight *sights)
{
	return sights[i].evidence && !sights[i].shut &&
	    another_works(l, i, sights);
}

/* Until when another modem is busy; INT64_MIN: none is. */
static int64_t
others_ns(const struct ladder *l, size_t i)
{
	int64_t until = INT64_MIN;
	size_t k;

	for (k = 0; k < l->n; k++) {
		if (k == i)
			continue;
		if (l->lines[k].running)
			return CLOCK_NEVER;
		if (l->lines[k].settled_ns > until)
			until = l->lines[k].settled_ns;
	}
	return until;
}

struct ladder_word
ladder_at(const struct ladder *l, size_t i,
    const struct ladder_sight *sights, int64_t now_ns)
{
	const struct ladder_line *line = &l->lines[i];
	struct ladder_word w = { LADDER_NONE, 0, CLOCK_NEVER };
	int64_t due_ns;

	if (!line->out || line->conf->nsteps == 0)
		return w;
	if (line->running) {
		w.state = LADDER_RUNS;
		w.step = line->step;
		return w;
	}
	due_ns = next_step(line, &w.step);
	if (now_ns < (w.until_ns = line->settled_ns))
		w.state = LADDER_SETTLES;
	else if (now_ns < (w.until_ns = due_ns))
		w.state = line->next < line->conf->nsteps ? LADDER_TIME :
		    LADDER_OVER;
	else if (w.until_ns = CLOCK_NEVER, !sights[i].evidence)
		w.state = LADDER_EVIDENCE;
	else if (sights[i].shut)
		w.state = LADDER_SHUT;
	else if (!another_works(l, i, sights))
		w.state = LADDER_ALONE;
	else if (now_ns < (w.until_ns = budget_ns(line)))
		w.state = LADDER_BUDGET;
	else if (now_ns < (w.until_ns = others_ns(l, i)))
		w.state = LADDER_OTHER;
	else {
		w.state = LADDER_NOW;
		w.until_ns = now_ns;
	}
	return w;
}

/* Who has waited longest: else one that is slow to return starves others. */
static bool
goes_before(const struct ladder_line *a, const struct ladder_line *b)
{
	size_t step;

	if (a->climbed != b->climbed)
		return b->climbed;
	if (a->climbed)
		return a->last_ns < b->last_ns;
	return next_step(a, &step) < next_step(b, &step);
}

ssize_t
ladder_next(const struct ladder *l, const struct ladder_sight *sights,
    int64_t now_ns)
{
	ssize_t best = -1;
	size_t i;

	for (i = 0; i < l->n; i++)
		if (ladder_at(l, i, sights, now_ns).state == LADDER_NOW &&
		    (best == -1 || goes_before(&l->lines[i],
		    &l->lines[best])))
			best = (ssize_t)i;
	return best;
}

bool
ladder_gives_up(const struct ladder *l, size_t i,
    const struct ladder_sight *sights, int64_t now_ns)
{
	enum ladder_state state = ladder_at(l, i, sights, now_ns).state;

	return !l->lines[i].told && (state == LADDER_OVER ||
	    state == LADDER_BUDGET);
}

int64_t
ladder_due(const struct ladder *l, const struct ladder_sight *sights,
    int64_t now_ns)
{
	int64_t due_ns = CLOCK_NEVER;
	struct ladder_word w;
	size_t i;

	for (i = 0; i < l->n; i++) {
		w = ladder_at(l, i, sights, now_ns);
		if (w.until_ns < due_ns)
			due_ns = w.until_ns;
	}
	return due_ns;
}
