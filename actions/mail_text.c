/* SPDX-License-Identifier: ISC */
/*
 * mail_text: see mail_text.h.
 */
#include "actions/mail_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/printable.h"

#define WORD_MAX	63	/* of the 75 of an encoded word */
#define LINE_MAX_QP	75	/* and the = of a soft break */

static const char hex[] = "0123456789ABCDEF";

bool
mail_text_new(struct mail_text *t, size_t max)
{
	t->at = malloc(max);
	t->len = 0;
	t->max = max;
	if (t->at != NULL)
		t->at[0] = '\0';
	return t->at != NULL;
}

void
mail_put(struct mail_text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->at + t->len, t->max - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len = t->len + (size_t)n < t->max ? t->len + (size_t)n :
		    t->max - 1;
}

/*
 * Marks that turn the direction of what follows, or end a line for a reader,
 * would show a name as another one.
 */
static bool
is_tricky(const unsigned char *s)
{
	return s[0] == 0xe2 && ((s[1] == 0x80 && s[2] >= 0xa8 &&
	    s[2] <= 0xae) || (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9));
}

const char *
mail_clean(const char *in, char *out, size_t size)
{
	size_t at = 0, n;

	for (; *in != '\0'; in += n > 0 ? n : 1) {
		n = printable(in);
		if (n == 3 && is_tricky((const unsigned char *)in))
			n = 0;
		if (at + (n > 0 ? n : 4) >= size)
			break;
		if (n > 0)
			memcpy(out + at, in, n);
		else
			snprintf(out + at, 5, "\\x%02x", (unsigned char)*in);
		at += n > 0 ? n : 4;
	}
	out[at] = '\0';
	return out;
}

const char *
mail_ascii(const char *in, char *out, size_t size)
{
	size_t i;

	for (i = 0; in[i] != '\0' && i + 1 < size; i++)
		out[i] = in[i] >= 0x20 && in[i] < 0x7f ? in[i] : '?';
	out[i] = '\0';
	return out;
}

bool
mail_is_ascii(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

/* RFC 2047, 4.2: letters, digits and a little more stand for themselves. */
static size_t
word_char(unsigned char c, char out[4])
{
	out[1] = '\0';
	out[0] = c == ' ' ? '_' : (char)c;
	if (c == ' ' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9'))
		return 1;
	snprintf(out, 4, "=%c%c", hex[c >> 4], hex[c & 15]);
	return 3;
}

void
mail_put_header(struct mail_text *t, const char *s)
{
	char word[WORD_MAX + 1], one[4];
	size_t at = 0, n, i;

	if (mail_is_ascii(s)) {
		mail_put(t, "%s", s);
		return;
	}
	for (; *s != '\0'; s += n) {
		n = printable(s);
		n = n > 0 ? n : 1;
		/* A character is never parted: three bytes for each. */
		if (at + 3 * n > WORD_MAX) {
			mail_put(t, "\n =?UTF-8?Q?%s?=", word);
			at = 0;
		}
		for (i = 0; i < n; i++) {
			(void)word_char((unsigned char)s[i], one);
			memcpy(word + at, one, strlen(one) + 1);
			at += strlen(one);
		}
	}
	mail_put(t, "\n =?UTF-8?Q?%s?=", word);
}

/* RFC 2045, 6.7; a first dot, too, or a lone one might end the message. */
static void
quoted_line(struct mail_text *t, const char *s, size_t len)
{
	char out[LINE_MAX_QP + 2];
	size_t at = 0, i;
	unsigned char c;
	bool plain;

	for (i = 0; i < len; i++) {
		c = (unsigned char)s[i];
		plain = c >= 0x20 && c < 0x7f && c != '=' &&
		    !(c == ' ' && i + 1 == len) && !(c == '.' && at == 0) &&
		    !(c == 'F' && at == 0);
		if (at + (plain ? 1 : 3) > LINE_MAX_QP) {
			mail_put(t, "%.*s=\n", (int)at, out);
			at = 0;
			i--;
			continue;
		}
		out[at++] = plain ? (char)c : '=';
		if (plain)
			continue;
		out[at++] = hex[c >> 4];
		out[at++] = hex[c & 15];
	}
	mail_put(t, "%.*s\n", (int)at, out);
}

void
mail_put_quoted(struct mail_text *t, const char *body)
{
	size_t len;

	for (; *body != '\0'; body += len + (body[len] == '\n')) {
		len = strcspn(body, "\n");
		/* Never in the middle of what stands for one byte. */
		if (t->len + 4 * len + 64 > t->max) {
			mail_put(t, "(cut)\n");
			return;
		}
		quoted_line(t, body, len);
	}
}
