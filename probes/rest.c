/* SPDX-License-Identifier: ISC */
/*
 * rest: the last REST_READS times that something was read tell how often that
 * happens.  A few targets never come to that.
 */
#include "probes/rest.h"

#include "lib/clock.h"

#define TIME	(2 * NS_PER_MS)
/* All of them within that: 250 a second. */
#define THICK	(2 * REST_READS * TIME)

void
rest_took(struct rest *r, bool any, int64_t now_ns)
{
	int64_t *oldest = &r->read_ns[r->n % REST_READS];

	if (r->until_ns <= now_ns)
		r->until_ns = 0;
	if (!any)
		return;
	if (r->n >= REST_READS && now_ns - *oldest < THICK)
		r->until_ns = now_ns + TIME;
	*oldest = now_ns;
	r->n++;
}
