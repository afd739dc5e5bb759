/* SPDX-License-Identifier: ISC */
/*
 * must: says where our own promise broke, and aborts.  Any thread.
 */
#include "lib/must.h"

#include <stdlib.h>

#include "lib/log.h"

void
must_fail(const char *file, int line, const char *what)
{
	log_err("bug: %s:%d: %s does not hold", file, line, what);
	abort();
}
