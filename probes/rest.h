/* SPDX-License-Identifier: ISC */
/*
 * rest: to be woken for each answer costs more than the answer.  When answers
 * come thick they are let gather for a moment; the kernel has noted when each
 * came, so their times do not suffer.  Pure.
 */
#ifndef UPLINKD_PROBES_REST_H
#define UPLINKD_PROBES_REST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REST_READS	16

struct rest {
	int64_t		read_ns[REST_READS];	/* the last, as a ring */
	size_t		n;
	int64_t		until_ns;	/* answers are not waited for; 0 */
};

/* Thread: owner, all.  A wait has ended; any: there were answers. */
void	rest_took(struct rest *, bool any, int64_t now_ns);
/* Answers are not waited for; the wait is to end at until_ns. */
static inline bool
rest_now(const struct rest *r)
{
	return r->until_ns != 0;
}

#endif
