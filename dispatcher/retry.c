/* SPDX-License-Identifier: ISC */
/*
 * retry: see retry.h.
 */
#include "dispatcher/retry.h"

int64_t
retry_pause(int64_t first_ns, int tries)
{
	int64_t pause = first_ns;
	int i;

	for (i = 1; i < tries && pause < RETRY_PAUSE_MAX; i++)
		pause *= 2;
	return pause < RETRY_PAUSE_MAX || pause == first_ns ? pause :
	    RETRY_PAUSE_MAX;
}

int64_t
retry_hurry(int64_t at_ns, int64_t first_ns, int64_t *kick_ns,
    int64_t now_ns)
{
	int64_t next = *kick_ns > now_ns ? *kick_ns : now_ns;

	if (at_ns <= next)
		return at_ns;
	*kick_ns = next + (first_ns < RETRY_KICK_PAUSE ? first_ns :
	    RETRY_KICK_PAUSE);
	return next;
}
