/* SPDX-License-Identifier: ISC */
/*
 * dialogue: whether what a device says is what was awaited.  Pure; knows no
 * device and no time.
 */
#ifndef UPLINKD_ACTIONS_DIALOGUE_H
#define UPLINKD_ACTIONS_DIALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/last_line.h"
#include "lib/option.h"

#define DIALOGUE_BYTES_MAX	(64 * 1024)	/* of one answer */

enum dialogue_verdict {
	DIALOGUE_MORE = 1,	/* nothing yet */
	DIALOGUE_GOOD,		/* a line begins as awaited */
	DIALOGUE_FAILED,	/* a line begins with one of `fail` */
	DIALOGUE_FLOOD		/* too much without either */
};

/* The wait for one answer. */
struct dialogue {
	const struct option_bytes *expect;	/* bytes NULL: none */
	const struct option_bytelist *fail;
	const struct option_bytes *sent;	/* what may come back as echo */
	bool		echo;		/* still could be it */
	size_t		echoed;
	size_t		taken;
	unsigned char	line[OPTION_BYTES_MAX];	/* its beginning */
	size_t		len;		/* may be more than is kept */
	struct last_line words;
};

/* echo: what was sent may come back first, and is no answer. */
void	dialogue_begin(struct dialogue *, const struct option_step *,
	    const struct option_bytelist *fail, bool echo);
/*
 * What was read, in pieces of any size; *used: up to where it was looked at.
 * A line that begins both ways is good.
 */
enum dialogue_verdict	dialogue_take(struct dialogue *,
	    const unsigned char *bytes, size_t n, size_t *used);

#endif
