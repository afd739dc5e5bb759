/* SPDX-License-Identifier: ISC */
/*
 * report_run: one tool on a pair of lines.  Time goes from one thing that the
 * tool has to do to the next, and each change of level is told.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/must.h"
#include "tests/sim/report.h"

/* Not zero, so that nothing can mean "never" by chance. */
#define BEGIN	(100 * NS_PER_S)

void
run_start(struct run *r, const struct tool *t, const struct line_model *m,
    uint64_t seed, const enum host *hosts)
{
	static const enum host usual[2] = { HOST_FAR, HOST_FAR2 };
	size_t i;

	memset(r, 0, sizeof(*r));
	r->tool = t;
	r->now_ns = BEGIN;
	net_init(&r->net, m, seed);
	r->state = t->kind->start(t, &r->net, hosts != NULL ? hosts : usual,
	    r->now_ns);
	for (i = 0; i < NET_LINES; i++)
		r->tales[i].level = LEVEL_UNKNOWN;
}

void
run_stop(struct run *r)
{
	r->tool->kind->stop(r->state);
}

void
run_forget(struct run *r)
{
	size_t i;

	for (i = 0; i < NET_LINES; i++) {
		r->tales[i].downs = 0;
		r->tales[i].down_ns = r->tales[i].up_ns =
		    r->tales[i].degraded_ns = 0;
	}
}

static void
tell(struct run *r)
{
	enum level level;
	struct tale *t;
	size_t i;

	for (i = 0; i < NET_LINES; i++) {
		t = &r->tales[i];
		level = r->tool->kind->level(r->state, i);
		if (level == t->level)
			continue;
		t->downs += level == LEVEL_DOWN;
		if (level == LEVEL_DOWN && t->down_ns == 0)
			t->down_ns = r->now_ns;
		if (t->level == LEVEL_DOWN && t->up_ns == 0)
			t->up_ns = r->now_ns;
		if (level == LEVEL_DEGRADED && t->degraded_ns == 0)
			t->degraded_ns = r->now_ns;
		t->level = level;
	}
}

/* What is left out is seen as if it had passed. */
static int64_t
leave_out(struct run *r, int64_t until_ns)
{
	int64_t quiet, much;

	if (!r->skip || r->tool->kind->skip == NULL)
		return 0;
	quiet = net_quiet(&r->net, r->now_ns);
	if (quiet > until_ns)
		quiet = until_ns;
	much = r->tool->kind->skip(r->state, r->now_ns, quiet);
	r->left_out_ns += much;
	return much;
}

void
run_until(struct run *r, int64_t until_ns)
{
	int64_t next, much;

	for (;;) {
		next = r->tool->kind->next(r->state);
		if (next > until_ns)
			break;
		MUST(next >= r->now_ns);
		r->now_ns = next;
		r->tool->kind->step(r->state, next);
		tell(r);
		much = leave_out(r, until_ns);
		if (much > 0)
			r->now_ns += much;
	}
	r->now_ns = until_ns;
}

unsigned
run_switches(const struct run *r)
{
	return r->tool->kind->switches != NULL ?
	    r->tool->kind->switches(r->state) :
	    r->tales[0].downs + r->tales[1].downs;
}

void
times_add(struct times *t, int64_t ns)
{
	size_t cap = t->cap == 0 ? 64 : t->cap * 2;
	int64_t *more;

	if (t->n == t->cap) {
		more = realloc(t->ns, cap * sizeof(*more));
		MUST(more != NULL);
		t->ns = more;
		t->cap = cap;
	}
	t->ns[t->n++] = ns;
}

static int
by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

void
times_sort(struct times *t)
{
	if (t->n > 0)
		qsort(t->ns, t->n, sizeof(*t->ns), by_time);
}

int64_t
times_at(const struct times *t, unsigned percent)
{
	size_t at = t->n * percent / 100;

	if (t->n == 0)
		return 0;
	return t->ns[at < t->n ? at : t->n - 1];
}

void
times_free(struct times *t)
{
	free(t->ns);
	memset(t, 0, sizeof(*t));
}
