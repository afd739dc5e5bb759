/* SPDX-License-Identifier: ISC */
/*
 * mail_text: bytes on their way into a message.  Whatever comes in, what goes
 * out is ASCII without a control byte: UTF-8 as RFC 2047 and quoted-printable
 * have it, other bytes as \xNN.  Pure, any thread.
 */
#ifndef UPLINKD_ACTIONS_MAIL_TEXT_H
#define UPLINKD_ACTIONS_MAIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/log.h"

/* It is cut at max - 1 bytes; at always ends with a NUL. */
struct mail_text {
	char		*at;
	size_t		 len, max;
};

/* False: no memory.  at is the caller's to free. */
bool	mail_text_new(struct mail_text *, size_t max);
void	mail_put(struct mail_text *, const char *, ...) LOG_FMT(2, 3);
/* One line of printable UTF-8; never a part of a character or of a \xNN. */
const char	*mail_clean(const char *in, char *out, size_t size);
/* The same in ASCII, with ? for all else: for addresses. */
const char	*mail_ascii(const char *in, char *out, size_t size);
bool	mail_is_ascii(const char *);
/* The value of a header, folded where it has to be coded. */
void	mail_put_header(struct mail_text *, const char *clean);
/* Lines of clean UTF-8 as quoted-printable. */
void	mail_put_quoted(struct mail_text *, const char *body);

#endif
