/* SPDX-License-Identifier: ISC */
/*
 * dialogue: byte by byte.  A pattern is looked for where a line begins: OK is
 * in NOKIA, too.
 */
#include "actions/dialogue.h"

#include <string.h>

void
dialogue_begin(struct dialogue *d, const struct option_step *step,
    const struct option_bytelist *fail, bool echo)
{
	memset(d, 0, sizeof(*d));
	d->expect = &step->expect;
	d->fail = fail;
	d->sent = &step->send;
	d->echo = echo && step->send.bytes != NULL;
}

static bool
begins_with(const struct dialogue *d, const struct option_bytes *p)
{
	return p->bytes != NULL && d->len == p->len &&
	    memcmp(d->line, p->bytes, p->len) == 0;
}

static enum dialogue_verdict
take_byte(struct dialogue *d, unsigned char c)
{
	size_t i;

	last_line_take(&d->words, (const char *)&c, 1);
	if (c == '\r' || c == '\n') {
		d->len = 0;
		return DIALOGUE_MORE;
	}
	/* Longer than any pattern: the rest of the line says nothing. */
	if (d->len == sizeof(d->line))
		return DIALOGUE_MORE;
	d->line[d->len++] = c;
	if (begins_with(d, d->expect))
		return DIALOGUE_GOOD;
	for (i = 0; i < d->fail->n; i++)
		if (begins_with(d, &d->fail->list[i]))
			return DIALOGUE_FAILED;
	return DIALOGUE_MORE;
}

/* It was no echo: what was held back is an answer after all. */
static enum dialogue_verdict
take_held(struct dialogue *d)
{
	enum dialogue_verdict v = DIALOGUE_MORE;
	size_t i;

	d->echo = false;
	for (i = 0; i < d->echoed && v == DIALOGUE_MORE; i++)
		v = take_byte(d, d->sent->bytes[i]);
	return v;
}

enum dialogue_verdict
dialogue_take(struct dialogue *d, const unsigned char *bytes, size_t n,
    size_t *used)
{
	enum dialogue_verdict v = DIALOGUE_MORE;
	size_t i;

	for (i = 0; i < n && v == DIALOGUE_MORE; i++) {
		if (++d->taken > DIALOGUE_BYTES_MAX)
			v = DIALOGUE_FLOOD;
		/* The end of what was said before. */
		else if (d->echo && d->echoed == 0 && (bytes[i] == '\r' ||
		    bytes[i] == '\n') && bytes[i] != d->sent->bytes[0])
			;
		else if (d->echo && bytes[i] == d->sent->bytes[d->echoed]) {
			if (++d->echoed == d->sent->len)
				d->echo = false;
		} else {
			if (d->echo)
				v = take_held(d);
			if (v == DIALOGUE_MORE)
				v = take_byte(d, bytes[i]);
		}
	}
	*used = i;
	return v;
}
