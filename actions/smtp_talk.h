/* SPDX-License-Identifier: ISC */
/*
 * smtp_talk: what was said between libcurl and an SMTP server, as far as the
 * end of a delivery depends on it: where it stood and what the server answered
 * last.  What was said in AUTH is not kept.  Pure, any thread.
 */
#ifndef UPLINKD_ACTIONS_SMTP_TALK_H
#define UPLINKD_ACTIONS_SMTP_TALK_H

#include <stdbool.h>
#include <stddef.h>

enum smtp_stage {
	SMTP_GREETING = 1,
	SMTP_HELLO,
	SMTP_STARTTLS,
	SMTP_AUTH,
	SMTP_SENDER,
	SMTP_RECIPIENT,
	SMTP_TEXT		/* from DATA on it may have been taken */
};

enum smtp_verdict {
	SMTP_PASSING = 1,	/* later, by whatever way */
	SMTP_ANOTHER_WAY,	/* another line may be more welcome */
	SMTP_HOLD,		/* all letters: the configuration is wrong */
	SMTP_REFUSED		/* this letter, or the recipient of rcpt */
};

struct smtp_talk {
	enum smtp_stage	stage;
	int		code;		/* of the last whole answer; 0 = none */
	int		subject;	/* of its enhanced code, x.SUBJECT.x; -1 */
	char		reply[200];	/* printable ASCII */
	char		rcpt[256];	/* of the last RCPT */
	bool		over;		/* what follows is the goodbye */
};

void	smtp_talk_begin(struct smtp_talk *);
/* Bytes that were sent as a command, and that came as an answer. */
void	smtp_talk_sent(struct smtp_talk *, const char *, size_t);
void	smtp_talk_heard(struct smtp_talk *, const char *, size_t);
/* Of a delivery that failed; tls: because of TLS or its certificate. */
enum smtp_verdict	smtp_talk_verdict(const struct smtp_talk *, bool tls);

#endif
