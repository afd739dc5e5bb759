/* SPDX-License-Identifier: ISC */
/*
 * timers: the heap.  Owns the array of pointers, not the timers.  One thread.
 */
#include "lib/timers.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/must.h"

struct timers {
	struct timer	**heap;		/* 1-based: heap[0] is not used */
	size_t		 n, cap;
	uint64_t	 order;
	/* Of the run that is going on. */
	bool		 running;
	uint64_t	 last;		/* order when it began */
	int64_t		 now_ns;
};

/* Set during this run for an instant already past: waits for the next one. */
static bool
is_late(const struct timers *t, const struct timer *timer)
{
	return t->running && timer->order > t->last &&
	    timer->due_ns <= t->now_ns;
}

/*
 * Late ones stand behind all that are due and before all that are not.  When
 * a run ends none is due but they, so the order is then the plain one again,
 * and the heap needs no repair.
 */
static bool
before(const struct timers *t, const struct timer *a, const struct timer *b)
{
	bool late = is_late(t, a);

	if (late != is_late(t, b))
		return late ? b->due_ns > t->now_ns : a->due_ns <= t->now_ns;
	if (a->due_ns != b->due_ns)
		return a->due_ns < b->due_ns;
	return a->order < b->order;
}

static void
place(struct timers *t, size_t pos, struct timer *timer)
{
	t->heap[pos] = timer;
	timer->pos = pos;
}

static void
sift_up(struct timers *t, struct timer *timer, size_t pos)
{
	for (; pos > 1 && before(t, timer, t->heap[pos / 2]); pos /= 2)
		place(t, pos, t->heap[pos / 2]);
	place(t, pos, timer);
}

static void
sift_down(struct timers *t, struct timer *timer, size_t pos)
{
	size_t kid;

	for (; (kid = 2 * pos) <= t->n; pos = kid) {
		if (kid < t->n && before(t, t->heap[kid + 1], t->heap[kid]))
			kid++;
		if (!before(t, t->heap[kid], timer))
			break;
		place(t, pos, t->heap[kid]);
	}
	place(t, pos, timer);
}

struct timers *
timers_new(void)
{
	return calloc(1, sizeof(struct timers));
}

void
timers_free(struct timers **tp)
{
	struct timers *t = *tp;
	size_t i;

	if (t == NULL)
		return;
	*tp = NULL;
	for (i = 1; i <= t->n; i++)
		t->heap[i]->pos = 0;
	free(t->heap);
	free(t);
}

static int
grow(struct timers *t)
{
	size_t cap = t->cap == 0 ? 32 : 2 * t->cap;
	struct timer **heap = realloc(t->heap, (cap + 1) * sizeof(*heap));

	if (heap == NULL)
		return -ENOMEM;
	t->heap = heap;
	t->cap = cap;
	return 0;
}

int
timers_set(struct timers *t, struct timer *timer, int64_t due_ns)
{
	timers_clear(t, timer);
	if (t->n == t->cap && grow(t) != 0)
		return -ENOMEM;
	timer->due_ns = due_ns;
	timer->order = ++t->order;
	t->n++;
	sift_up(t, timer, t->n);
	return 0;
}

void
timers_clear(struct timers *t, struct timer *timer)
{
	size_t pos = timer->pos;
	struct timer *last;

	if (pos == 0)
		return;
	MUST(pos <= t->n && t->heap[pos] == timer);
	timer->pos = 0;
	last = t->heap[t->n--];
	if (last == timer)
		return;
	if (pos > 1 && before(t, last, t->heap[pos / 2]))
		sift_up(t, last, pos);
	else
		sift_down(t, last, pos);
}

int64_t
timers_next(const struct timers *t)
{
	return t->n == 0 ? CLOCK_NEVER : t->heap[1]->due_ns;
}

/*
 * Every timer stays in the heap until its own call, so that a call may clear,
 * and free, any other: also one that was set in this run.
 */
size_t
timers_run(struct timers *t, int64_t now_ns)
{
	struct timer *timer;
	size_t fired = 0;

	MUST(!t->running);
	t->running = true;
	t->last = t->order;
	t->now_ns = now_ns;
	while (t->n > 0 && t->heap[1]->due_ns <= now_ns &&
	    !is_late(t, t->heap[1])) {
		timer = t->heap[1];
		timers_clear(t, timer);
		timer->fire(timer, now_ns);
		fired++;
	}
	t->running = false;
	return fired;
}
