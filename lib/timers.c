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
};

static bool
before(const struct timer *a, const struct timer *b)
{
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
	for (; pos > 1 && before(timer, t->heap[pos / 2]); pos /= 2)
		place(t, pos, t->heap[pos / 2]);
	place(t, pos, timer);
}

static void
sift_down(struct timers *t, struct timer *timer, size_t pos)
{
	size_t kid;

	for (; (kid = 2 * pos) <= t->n; pos = kid) {
		if (kid < t->n && before(t->heap[kid + 1], t->heap[kid]))
			kid++;
		if (!before(t->heap[kid], timer))
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
	if (pos > 1 && before(last, t->heap[pos / 2]))
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
 * The order of setting tells a timer that was set by a timer of this run: it
 * waits for the next run, so that a zero period cannot hold the loop.
 */
size_t
timers_run(struct timers *t, int64_t now_ns)
{
	uint64_t last = t->order;
	struct timer *timer;
	size_t fired = 0, skipped = 0, i;
	struct timer *again[16];

	while (t->n > 0 && t->heap[1]->due_ns <= now_ns) {
		timer = t->heap[1];
		timers_clear(t, timer);
		if (timer->order > last) {
			if (skipped == sizeof(again) / sizeof(again[0])) {
				MUST(timers_set(t, timer, timer->due_ns) == 0);
				break;
			}
			again[skipped++] = timer;
			continue;
		}
		timer->fire(timer, now_ns);
		fired++;
	}
	for (i = 0; i < skipped; i++)
		MUST(timers_set(t, again[i], again[i]->due_ns) == 0);
	return fired;
}
