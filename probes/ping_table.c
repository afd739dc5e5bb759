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
	t->cells = calloc(t->nrows * ntargets, sizeof(*t->cells));
	return t->rows == NULL || t->cells == NULL ? -ENOMEM : 0;
}

void
ping_table_free(struct ping_table *t)
{
	free(t->rows);
	free(t->cells);
	t->rows = NULL;
	t->cells = NULL;
}

static struct ping_row *
row_of(const struct ping_table *t, uint64_t round)
{
	return &t->rows[round & (t->nrows - 1)];
}

static struct ping_cell *
cell_of(const struct ping_table *t, uint64_t round, size_t target)
{
	return &t->cells[(round & (t->nrows - 1)) * t->ntargets + target];
}

/* Rows that have emptied are left behind, but the newest: more may come. */
static void
advance(struct ping_table *t)
{
	while (t->oldest + 1 < t->next && (row_of(t, t->oldest)->open == 0 ||
	    row_of(t, t->oldest)->round != t->oldest))
		t->oldest++;
}

bool
ping_table_begin(struct ping_table *t, uint64_t round)
{
	struct ping_row *r = row_of(t, round);

	if (r->round == round && round + 1 == t->next)
		return true;
	if (r->open > 0)
		return false;
	advance(t);
	MUST(round >= t->next);
	if (row_of(t, t->oldest)->open == 0)
		t->oldest = round;
	t->next = round + 1;
	*r = (struct ping_row){ .round = round };
	return true;
}

void
ping_table_sent(struct ping_table *t, uint64_t round, size_t target,
    uint32_t tag, int64_t now_ns)
{
	struct ping_row *r = row_of(t, round);
	struct ping_cell *cell = cell_of(t, round, target);

	MUST(r->round == round && target < t->ntargets && cell->sent_ns == 0);
	MUST(target >= r->end);
	cell->sent_ns = now_ns;
	cell->tag = tag;
	r->open++;
	r->end = target + 1;
}

const struct ping_cell *
ping_table_find(const struct ping_table *t, uint64_t round, uint64_t target)
{
	const struct ping_cell *cell;

	if (target >= t->ntargets || row_of(t, round)->round != round)
		return NULL;
	cell = cell_of(t, round, target);
	return cell->sent_ns == 0 ? NULL : cell;
}

void
ping_table_close(struct ping_table *t, uint64_t round, size_t target)
{
	MUST(ping_table_find(t, round, target) != NULL);
	cell_of(t, round, target)->sent_ns = 0;
	row_of(t, round)->open--;
}

/* The oldest cell in flight; its row in *row. */
static const struct ping_cell *
oldest(struct ping_table *t, struct ping_row **row)
{
	struct ping_row *r;

	advance(t);
	r = *row = row_of(t, t->oldest);
	if (t->oldest == t->next || r->round != t->oldest || r->open == 0)
		return NULL;
	/* Cells are opened once: what is left behind stays closed. */
	while (cell_of(t, t->oldest, r->first)->sent_ns == 0) {
		r->first++;
		MUST(r->first < r->end);
	}
	return cell_of(t, t->oldest, r->first);
}

bool
ping_table_older(struct ping_table *t, int64_t sent_ns, uint64_t *round,
    size_t *target)
{
	struct ping_row *r;
	const struct ping_cell *cell = oldest(t, &r);

	if (cell == NULL || cell->sent_ns > sent_ns)
		return false;
	*round = r->round;
	*target = r->first;
	return true;
}

int64_t
ping_table_oldest(struct ping_table *t)
{
	struct ping_row *r;
	const struct ping_cell *cell = oldest(t, &r);

	return cell == NULL ? CLOCK_NEVER : cell->sent_ns;
}
