/* SPDX-License-Identifier: ISC */
/*
 * replay_batch: a trail on its way, each of its entries on the clock at its
 * own time.  A batch is gone when its last part has been told.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "tools/replay_part.h"

void
batch_run(struct replay *r, int64_t until_ns)
{
	int64_t next;

	while ((next = timers_next(r->timers)) <= until_ns) {
		if (next > r->now_ns)
			r->now_ns = next;
		(void)timers_run(r->timers, r->now_ns);
	}
	if (until_ns > r->now_ns)
		r->now_ns = until_ns;
}

static void
batch_drop(struct batch *b)
{
	struct timers *timers = b->line->replay->timers;
	size_t i;

	timers_clear(timers, &b->gap.timer);
	timers_clear(timers, &b->begin.timer);
	timers_clear(timers, &b->end.timer);
	for (i = 0; i < b->trail.nentries; i++)
		timers_clear(timers, &b->inputs[i].timer);
	*b->at = b->next;
	if (b->next != NULL)
		b->next->at = b->at;
	b->line->replay->nbatches--;
	free(b);
}

static void
input_done(struct input *in)
{
	if (--in->batch->left == 0)
		batch_drop(in->batch);
}

static void
gap_fired(struct timer *t, int64_t now_ns)
{
	struct input *in = t->arg;

	rline_gap(in->batch->line, t->due_ns, now_ns);
	input_done(in);
}

static void
begin_fired(struct timer *t, int64_t now_ns)
{
	struct input *in = t->arg;

	rline_begin(in->batch->line, in->batch, now_ns);
	input_done(in);
}

static void
entry_fired(struct timer *t, int64_t now_ns)
{
	struct input *in = t->arg;

	rline_entry(in->batch->line, in->batch, in->entry, now_ns);
	input_done(in);
}

static void
end_fired(struct timer *t, int64_t now_ns)
{
	struct input *in = t->arg;

	rline_end(in->batch->line, in->batch, now_ns);
	input_done(in);
}

static int
put(struct batch *b, struct input *in, void (*fire)(struct timer *, int64_t),
    int64_t due_ns)
{
	int rc;

	in->batch = b;
	in->timer.fire = fire;
	in->timer.arg = in;
	rc = timers_set(b->line->replay->timers, &in->timer, due_ns);
	if (rc == 0)
		b->left++;
	return rc;
}

/*
 * When it was told; but an answer counts from when it came, as the kernel's
 * stamp tells: a worker that was busy then has read it before it looked what
 * is overdue.
 */
static int64_t
entry_ns(struct rline *l, const struct trail_entry *e, int64_t t_ns)
{
	int64_t ns = t_ns - e->age_us * NS_PER_US, came_ns;
	struct replay_start *s = &l->starts[e->round % REPLAY_STARTS];

	if (e->what == TRAIL_ROUND)
		*s = (struct replay_start){ e->round, ns };
	if (e->what == TRAIL_DEAF)
		l->deaf_ns = ns;
	if (e->what != TRAIL_OK || s->round != e->round)
		return ns;
	came_ns = s->ns + e->rtt_us * NS_PER_US;
	return came_ns < ns ? came_ns : ns;
}

/* Each entry's instant; the first of them all. */
static int64_t
batch_times(struct batch *b, int64_t t_ns, int64_t *when)
{
	int64_t first_ns = t_ns;
	size_t i;

	for (i = 0; i < b->trail.nentries; i++) {
		when[i] = entry_ns(b->line, &b->trail.entries[i], t_ns);
		if (when[i] < first_ns)
			first_ns = when[i];
	}
	return first_ns;
}

/* Those of the same instant come in the order in which they are set. */
static int
batch_put(struct batch *b, const int64_t *when, int64_t gap_ns,
    int64_t first_ns, int64_t t_ns)
{
	size_t i;
	int rc = 0;

	if (gap_ns != CLOCK_NEVER) {
		rc = put(b, &b->gap, gap_fired, gap_ns);
		/* It had nothing to say in the gap. */
		if (first_ns < gap_ns)
			first_ns = gap_ns;
	}
	if (rc == 0)
		rc = put(b, &b->begin, begin_fired, first_ns);
	for (i = 0; i < b->trail.nentries && rc == 0; i++) {
		b->inputs[i].entry = &b->trail.entries[i];
		rc = put(b, &b->inputs[i], entry_fired, when[i] > first_ns ?
		    when[i] : first_ns);
	}
	if (rc == 0)
		rc = put(b, &b->end, end_fired, t_ns);
	return rc;
}

static void
find_targets(struct batch *b)
{
	const struct trail *t = &b->trail;
	size_t i;

	for (i = 0; i < t->ntargets; i++) {
		b->target[i] = rline_target(b->line, t->targets[i].target,
		    b->target, i);
		if (b->target[i] == REPLAY_NOWHERE && b->line->part == 0)
			replay_note(b->line->replay,
			    b->line->replay->newest_ns, "%s has no target "
			    "\"%s\": left out", t->uplink,
			    t->targets[i].target);
	}
}

static struct batch *
batch_new(struct rline *l, const struct trail *t)
{
	struct replay *r = l->replay;
	struct batch *b = calloc(1, sizeof(*b) +
	    t->nentries * sizeof(b->inputs[0]));

	if (b == NULL)
		return NULL;
	b->line = l;
	b->trail = *t;
	b->next = r->batches;
	b->at = &r->batches;
	if (b->next != NULL)
		b->next->at = &b->next;
	r->batches = b;
	r->nbatches++;
	find_targets(b);
	return b;
}

/*
 * Whether what is between this trail and the one before is not known, or it is
 * known that nothing happened: a worker that ran would have said that.
 */
static bool
is_apart(const struct rline *l, const struct trail *t, int64_t first_ns)
{
	return l->broken || l->life != t->life || t->part != l->part + 1 ||
	    first_ns - l->covered_ns > REPLAY_LAG;
}

int
batch_take(struct rline *l, const struct trail *t, int64_t t_ns)
{
	int64_t when[EVENT_TRAIL_MAX], gap_ns = CLOCK_NEVER, first_ns;
	struct batch *b = batch_new(l, t);

	if (b == NULL)
		return -ENOMEM;
	first_ns = batch_times(b, t_ns, when);
	if (l->recorded && is_apart(l, t, first_ns))
		gap_ns = l->covered_ns;
	l->recorded = true;
	l->broken = false;
	l->life = t->life;
	l->part = t->part;
	if (t_ns > l->covered_ns)
		l->covered_ns = t_ns;
	if (batch_put(b, when, gap_ns, first_ns, t_ns) != 0)
		return -ENOMEM;
	if (gap_ns == CLOCK_NEVER)
		rline_arm(l, l->replay->now_ns);
	return 0;
}

void
batch_drop_all(struct replay *r)
{
	while (r->batches != NULL)
		batch_drop(r->batches);
}
