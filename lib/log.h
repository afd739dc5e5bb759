/* SPDX-License-Identifier: ISC */
/*
 * log: one line per change, to stderr, syslog(3) or the journal.  A call is
 * one write(2) from a stack buffer: safe in any thread, and errno survives.
 * Control bytes and other foreign noise in the finished line are escaped.
 *
 * Form: `<kind> <name>: <old> -> <new> (key=value ...)`.  Levels: err = someone
 * must act; warning = degraded, still working; notice = a link changed or an
 * action is done; info = start, reload, stop; debug = the rest.
 */
#ifndef UPLINKD_LIB_LOG_H
#define UPLINKD_LIB_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_dest {
	LOG_DEST_STDERR = 1,	/* time and role before each line */
	LOG_DEST_SYSLOG,
	LOG_DEST_JOURNAL	/* stderr with <priority>, see sd-daemon(3) */
};

/* Silence for repeats: the same trouble is said once, its end with a count. */
struct log_same {
	int		err;	/* 0 = all is well */
	unsigned long	count;	/* of the same error, the first included */
};

/* Thread: main, before others start.  ident is kept, not copied. */
void	log_init(const char *ident, enum log_dest, bool verbose);
/* Thread: any.  True if debug lines are written. */
bool	log_is_verbose(void);

#define LOG_FMT(f, a) __attribute__((__format__(__printf__, f, a)))
void	log_err(const char *, ...) LOG_FMT(1, 2);
void	log_warning(const char *, ...) LOG_FMT(1, 2);
void	log_notice(const char *, ...) LOG_FMT(1, 2);
void	log_info(const char *, ...) LOG_FMT(1, 2);
void	log_debug(const char *, ...) LOG_FMT(1, 2);

/*
 * Thread: the owner of *same.  err is 0 or -errno of an operation that is
 * tried again and again; what names it ("uplink ext1: send").  Logs a
 * warning when the error first appears or changes, an info line
 * "<what>: works again (after N failures)" when it goes, debug otherwise.
 */
void	log_change(struct log_same *, int err, const char *what, ...)
	    LOG_FMT(3, 4);

#endif
