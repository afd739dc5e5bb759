/* SPDX-License-Identifier: ISC */
/*
 * must: says where our own promise broke, and aborts.  Any thread.
 */
#include "lib/must.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/log.h"

_Noreturn void
must_fail(const char *file, int line, const char *what)
{
	char buf[256];
	int n;

	/*
	 * Bare and first: the log may lead elsewhere, and may be what broke.
	 * To fail here is no reason not to abort.
	 */
	n = snprintf(buf, sizeof(buf), "%s:%d: MUST(%s)", file, line, what);
	if (n > (int)sizeof(buf) - 2)
		n = (int)sizeof(buf) - 2;
	if (n > 0) {
		buf[n++] = '\n';
		if (write(STDERR_FILENO, buf, (size_t)n) == -1)
			n = 0;
	}
	log_err("bug: %s:%d: %s does not hold", file, line, what);
	abort();
}
