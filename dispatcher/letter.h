/* SPDX-License-Identifier: ISC */
/*
 * letter: the text of a letter of the outbox, whatever its kind.  Pure.
 */
#ifndef UPLINKD_DISPATCHER_LETTER_H
#define UPLINKD_DISPATCHER_LETTER_H

#include "actions/mail.h"
#include "conf/conf.h"
#include "dispatcher/outbox.h"
#include "proto/event.h"

/* How things stand while it is written. */
struct letter_case {
	const struct conf *conf;
	const struct mail_head *head;
	const struct mail_context *context;
	const enum level *levels;	/* of each uplink, now */
};

/* Thread: any.  The whole message, malloc'd; NULL: no memory. */
char	*letter_compose(const struct letter_case *, const struct letter *);

#endif
