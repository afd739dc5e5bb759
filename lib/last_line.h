/* SPDX-License-Identifier: ISC */
/*
 * last_line: the newest line of a program's output that was not empty, cut,
 * without control bytes.  Pure; a zeroed struct is a new one.
 */
#ifndef UPLINKD_LIB_LAST_LINE_H
#define UPLINKD_LIB_LAST_LINE_H

#include <stddef.h>

#define LAST_LINE_MAX	161	/* with the NUL */

struct last_line {
	char	now[LAST_LINE_MAX];	/* not ended yet */
	size_t	len;
	char	last[LAST_LINE_MAX];
};

/* Thread: owner.  What was read, in pieces of any size. */
void	last_line_take(struct last_line *, const char *buf, size_t n);
/* Thread: owner.  An unfinished line counts; "" = there was none. */
const char	*last_line_text(struct last_line *);

#endif
