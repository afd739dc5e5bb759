/* SPDX-License-Identifier: ISC */
/*
 * last_line: see the header.
 */
#include "lib/last_line.h"

#include <string.h>

static void
end_line(struct last_line *l)
{
	if (l->len > 0) {
		memcpy(l->last, l->now, l->len);
		l->last[l->len] = '\0';
	}
	l->len = 0;
}

void
last_line_take(struct last_line *l, const char *buf, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (buf[i] == '\n' || buf[i] == '\r')
			end_line(l);
		else if (l->len < LAST_LINE_MAX - 1)
			l->now[l->len++] = (unsigned char)buf[i] < 0x20 ||
			    buf[i] == 0x7f ? '?' : buf[i];
	}
}

const char *
last_line_text(struct last_line *l)
{
	end_line(l);
	return l->last;
}
