/* SPDX-License-Identifier: ISC */
/*
 * ping_table: rows in a ring.  Nothing is allocated after the start.
 */
#include "probes/ping_table.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/must.h"
#include "probes/verdict.h"

/* Rounds that a timer which comes late, or doubt, may squeeze in. */
#define ROWS_SPARE	4

int
ping_table_init(struct ping_table *t, size_t ntargets,
    const struct conf_probe *conf)
{
	int64_t pace = conf->confirm_ns < conf->interval_ns ?
	    conf->confirm_ns : conf->interval_ns;
	int64_t want = conf->timeout_ns / pace + ROWS_SPARE;

	t->ntargets = ntargets;
	t->oldest = t->next = 1;
	/* More than that the verdict does not open. */
	for (t->nrows = 8; t->nrows < VERDICT_WINDOW &&
	    t->nrows < (uint64_t)want; t->nrows *= 2)
		;
	t->rows = calloc(t->nrows, sizeof(*t->rows));
	t->sent_ns = calloc(t->nrows * ntargets, sizeof(*t->sent_ns));
	return t->rows == NULL || t->sent_ns == NULL ? -ENOMEM : 0;
}

void
ping_table_free(struct ping_table *t)
{
	free(t->rows);
	free(t->sent_ns);
	t->rows = NULL;
	t->sent_ns = NULL;
}

static struct ping_row *
row_of(const struct ping_table *t, uint64_t round)
{
	return &t->rows[round & (t->nrows - 1)];
}

static int64_t *
cell_of(const struct ping_table *t, uint64_t round, size_t target)
{
	return &t->sent_ns[(round & (t->nrows - 1)) * t->ntargets + target];
}

/* Rows that have emptied are left behind. */
static void
advance(struct ping_table *t)
{
	while (t->oldest < t->next && (row_of(t, t->oldest)->open == 0 ||
	    row_of(t, t->oldest)->round != t->oldest))
		t->oldest++;
}

bool
ping_table_begin(struct ping_table *t, uint64_t round)
{
	struct ping_row *r = row_of(t, round);

	if (r->open > 0)
		return false;
	advance(t);
	if (t->oldest == t->next)
		t->oldest = round;
	MUST(round >= t->next);
	t->next = round + 1;
	*r = (struct ping_row){ .round = round };
	return true;
}

void
ping_table_sent(struct ping_table *t, uint64_t round, size_t target,
    int64_t now_ns)
{
	struct ping_row *r = row_of(t, round);
	int64_t *cell = cell_of(t, round, target);

	MUST(r->round == round && target < t->ntargets && *cell == 0);
	*cell = now_ns;
	r->open++;
	r->last_ns = now_ns;
}

int64_t
ping_table_find(const struct ping_table *t, uint64_t round, uint64_t target)
{
	if (target >= t->ntargets || row_of(t, round)->round != round)
		return 0;
	return *cell_of(t, round, target);
}

void
ping_table_close(struct ping_table *t, uint64_t round, size_t target)
{
	MUST(ping_table_find(t, round, target) != 0);
	*cell_of(t, round, target) = 0;
	row_of(t, round)->open--;
}

bool
ping_table_older(struct ping_table *t, int64_t sent_ns, uint64_t *round,
    size_t *target)
{
	struct ping_row *r;

	advance(t);
	if (t->oldest == t->next)
		return false;
	r = row_of(t, t->oldest);
	if (r->last_ns > sent_ns)
		return false;
	/* Cells are opened once: what is left behind stays closed. */
	while (*cell_of(t, t->oldest, r->first) == 0)
		r->first++;
	MUST(r->first < t->ntargets);
	*round = t->oldest;
	*target = r->first;
	return true;
}

int64_t
ping_table_oldest(struct ping_table *t)
{
	advance(t);
	return t->oldest == t->next ? CLOCK_NEVER :
	    row_of(t, t->oldest)->last_ns;
}
