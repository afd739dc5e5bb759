/* SPDX-License-Identifier: ISC */
/*
 * log: lib/log.h for the simulator: virtual time, standard output, and only
 * if asked for.  It takes the place of lib/log.c when the program is linked.
 */
#include "lib/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "tests/sim/sim.h"

/* As in lib/log.c: set before anything runs. */
static bool verbose;
static const struct sim *of;

void
simlog_follow(const struct sim *sim, bool more)
{
	of = sim;
	verbose = more;
}

void
log_init(const char *ident, enum log_dest where, bool more)
{
	(void)ident;
	(void)where;
	verbose = more;
}

bool
log_is_verbose(void)
{
	return verbose;
}

static void
emit(const char *level, const char *fmt, va_list ap) LOG_FMT(2, 0);

static void
emit(const char *level, const char *fmt, va_list ap)
{
	if (!verbose)
		return;
	printf("# %10.4fs %s", of == NULL ? 0.0 :
	    (double)sim_time(of) / (double)NS_PER_S, level);
	vprintf(fmt, ap);
	printf("\n");
}

#define EMIT(level) do {						\
	va_list ap;							\
	va_start(ap, fmt);						\
	emit(level, fmt, ap);						\
	va_end(ap);							\
} while (0)

void
log_err(const char *fmt, ...)
{
	EMIT("error: ");
}

void
log_warning(const char *fmt, ...)
{
	EMIT("warning: ");
}

void
log_notice(const char *fmt, ...)
{
	EMIT("");
}

void
log_info(const char *fmt, ...)
{
	EMIT("");
}

void
log_debug(const char *fmt, ...)
{
	EMIT("debug: ");
}

void
log_change(struct log_same *same, int err, const char *fmt, ...)
{
	char e[ERR_TEXT_MAX];

	if (err == same->err) {
		same->count++;
		return;
	}
	same->err = err;
	same->count = 1;
	if (err != 0) {
		EMIT("warning: ");
		if (verbose)
			printf("#             (%s)\n", err_text(err, e));
	} else {
		EMIT("works again: ");
	}
}
