/* SPDX-License-Identifier: ISC */
/*
 * timers: a binary heap of intrusive timers, ordered by due time, and among
 * equal ones by the order of setting.  Owns no timer; one thread only.
 */
#ifndef UPLINKD_LIB_TIMERS_H
#define UPLINKD_LIB_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer {
	int64_t		 due_ns;
	uint64_t	 order;
	size_t		 pos;	/* 1-based place in the heap, 0 = not set */
	void		(*fire)(struct timer *, int64_t now_ns);
	void		*arg;
};

struct timers;

/* Thread: owner.  NULL when memory is short. */
struct timers	*timers_new(void);
/* Thread: owner.  Timers still set are forgotten.  Clears *tp; NULL is fine. */
void	timers_free(struct timers **tp);
/* Thread: owner.  Sets or moves a timer.  -ENOMEM leaves it unset. */
int	timers_set(struct timers *, struct timer *, int64_t due_ns);
/* Thread: owner.  No harm if it was not set. */
void	timers_clear(struct timers *, struct timer *);
/* Thread: owner.  CLOCK_NEVER if none is set. */
int64_t	timers_next(const struct timers *);
/*
 * Thread: owner.  Fires all due timers, each cleared before its call; one set
 * again from inside its call for an instant already past waits for the next
 * run.  Returns how many fired.
 */
size_t	timers_run(struct timers *, int64_t now_ns);

#endif
