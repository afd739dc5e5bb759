/* SPDX-License-Identifier: ISC */
/*
 * log: formats into a stack buffer and writes it once.  The destination is
 * set before the first thread starts and never changes, so no lock is needed.
 */
#include "lib/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/printable.h"

#define LINE_MAX_BYTES	1024

static const char *ident = "uplinkd";
static enum log_dest dest = LOG_DEST_STDERR;
static bool verbose;

void
log_init(const char *name, enum log_dest where, bool more)
{
	ident = name;
	dest = where;
	verbose = more;
	if (dest == LOG_DEST_SYSLOG)
		openlog("uplinkd", LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

bool
log_is_verbose(void)
{
	return verbose;
}

static const char *
level_text(int level)
{
	switch (level) {
	case LOG_ERR:
		return "error: ";
	case LOG_WARNING:
		return "warning: ";
	case LOG_DEBUG:
		return "debug: ";
	default:
		return "";
	}
}

/*
 * Foreign bytes reach the log in names and command output: they must not
 * start a line of their own or speak to a terminal.  cut: in is not whole.
 * size has room for the dots, always.
 */
static size_t
escape(const char *in, bool cut, char *out, size_t size)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char c;
	size_t at = 0, n;

	for (; (c = (unsigned char)*in) != '\0'; in += n > 0 ? n : 1) {
		n = printable(in);
		if (at + (n > 0 ? n : 4) + 3 > size) {
			cut = true;
			break;
		}
		if (n > 0) {
			memcpy(out + at, in, n);
			at += n;
			continue;
		}
		out[at++] = '\\';
		out[at++] = 'x';
		out[at++] = hex[c >> 4];
		out[at++] = hex[c & 15];
	}
	if (cut) {
		memcpy(out + at, "...", 3);
		at += 3;
	}
	return at;
}

static size_t
head(int level, char *buf, size_t size)
{
	char at[CLOCK_TEXT_MAX];
	int n;

	if (dest == LOG_DEST_JOURNAL)
		n = snprintf(buf, size, "<%d>%s: ", level, ident);
	else
		n = snprintf(buf, size, "%s %s[%ld] %s",
		    clock_text(clock_wall_ms(), at), ident, (long)getpid(),
		    level_text(level));
	if (n < 0)
		return 0;
	return (size_t)n < size ? (size_t)n : size - 1;
}

static void
emit(int level, const char *fmt, va_list ap) LOG_FMT(2, 0);

static void
emit(int level, const char *fmt, va_list ap)
{
	char text[LINE_MAX_BYTES], line[LINE_MAX_BYTES + 128];
	int saved = errno, whole;
	size_t n;

	whole = vsnprintf(text, sizeof(text), fmt, ap);
	if (whole < 0)
		text[0] = '\0';
	n = dest == LOG_DEST_SYSLOG ? 0 : head(level, line, 128);
	n += escape(text, whole >= (int)sizeof(text), line + n,
	    sizeof(line) - n - 2);
	line[n] = '\0';
	if (dest == LOG_DEST_SYSLOG)
		syslog(level, "%s: %s", ident, line);
	else {
		line[n++] = '\n';
		/* There is nobody to tell if even this fails. */
		if (write(STDERR_FILENO, line, n) == -1)
			n = 0;
	}
	errno = saved;
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
	EMIT(LOG_ERR);
}

void
log_warning(const char *fmt, ...)
{
	EMIT(LOG_WARNING);
}

void
log_notice(const char *fmt, ...)
{
	EMIT(LOG_NOTICE);
}

void
log_info(const char *fmt, ...)
{
	EMIT(LOG_INFO);
}

void
log_debug(const char *fmt, ...)
{
	if (verbose)
		EMIT(LOG_DEBUG);
}

void
log_change(struct log_same *same, int err, const char *what, ...)
{
	char text[256], e[ERR_TEXT_MAX];
	int saved = errno;
	va_list ap;

	va_start(ap, what);
	if (vsnprintf(text, sizeof(text), what, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	if (err == 0) {
		if (same->err != 0)
			log_info("%s: works again (after %lu failures)", text,
			    same->count);
		same->count = 0;
	} else if (err != same->err) {
		same->count = same->err == 0 ? 1 : same->count + 1;
		log_warning("%s: %s", text, err_text(err, e));
	} else {
		same->count++;
		log_debug("%s: %s (%lu times)", text, err_text(err, e),
		    same->count);
	}
	same->err = err;
	errno = saved;
}
