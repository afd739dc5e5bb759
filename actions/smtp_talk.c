/* SPDX-License-Identifier: ISC */
/*
 * smtp_talk: see smtp_talk.h.
 */
#include "actions/smtp_talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char	*word;
	enum smtp_stage	stage;
} commands[] = {
	{ "EHLO", SMTP_HELLO }, { "HELO", SMTP_HELLO },
	{ "STARTTLS", SMTP_STARTTLS }, { "AUTH", SMTP_AUTH },
	{ "MAIL", SMTP_SENDER }, { "RCPT", SMTP_RECIPIENT },
	{ "DATA", SMTP_TEXT },
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

void
smtp_talk_begin(struct smtp_talk *t)
{
	memset(t, 0, sizeof(*t));
	t->stage = SMTP_GREETING;
	t->subject = -1;
}

static void
keep_recipient(struct smtp_talk *t, const char *s, size_t len)
{
	const char *from = memchr(s, '<', len), *to;

	if (from == NULL)
		return;
	to = memchr(from, '>', len - (size_t)(from - s));
	if (to != NULL)
		snprintf(t->rcpt, sizeof(t->rcpt), "%.*s",
		    (int)(to - from - 1), from + 1);
}

/* The rest of AUTH is base64, which is none of these words and a space. */
void
smtp_talk_sent(struct smtp_talk *t, const char *s, size_t len)
{
	size_t i, n;

	if (t->over)
		return;
	if (len >= 4 && strncasecmp(s, "QUIT", 4) == 0) {
		t->over = true;
		return;
	}
	for (i = 0; i < NCOMMANDS; i++) {
		n = strlen(commands[i].word);
		if (len <= n || strncasecmp(s, commands[i].word, n) != 0 ||
		    strchr(" \r\n", s[n]) == NULL)
			continue;
		t->stage = commands[i].stage;
		t->code = 0;
		t->subject = -1;
		t->reply[0] = '\0';
		if (t->stage == SMTP_RECIPIENT)
			keep_recipient(t, s, len);
		return;
	}
}

static void
take_line(struct smtp_talk *t, const char *s, size_t len)
{
	size_t i;

	/* "250-more follows"; its last line is what counts. */
	if (len < 3 || strspn(s, "0123456789") < 3 ||
	    (len > 3 && s[3] == '-'))
		return;
	for (i = 0; i < len && i + 1 < sizeof(t->reply); i++)
		t->reply[i] = s[i] >= 0x20 && s[i] < 0x7f ? s[i] : '?';
	t->reply[i] = '\0';
	t->code = atoi(t->reply);
	t->subject = -1;
	/* RFC 3463: "550 5.1.1 text". */
	if (strlen(t->reply) > 7 && t->reply[5] == '.' &&
	    t->reply[4] == t->reply[0])
		t->subject = atoi(t->reply + 6);
}

void
smtp_talk_heard(struct smtp_talk *t, const char *s, size_t len)
{
	char line[256];
	size_t n;

	while (len > 0 && !t->over) {
		for (n = 0; n < len && s[n] != '\n'; n++)
			;
		snprintf(line, sizeof(line), "%.*s", (int)(n > 0 &&
		    s[n - 1] == '\r' ? n - 1 : n), s);
		take_line(t, line, strlen(line));
		n += n < len;
		s += n;
		len -= n;
	}
}

/*
 * A relay that takes mail from its own network only says 5.7.x to the
 * recipient, or has no code and says so in words: of us, not of him.
 */
static enum smtp_verdict
of_recipient(const struct smtp_talk *t)
{
	if (t->code / 100 == 4)
		return SMTP_PASSING;
	if (t->code == 530 || t->code == 535 || t->code == 538)
		return SMTP_HOLD;
	return t->subject == 7 || strcasestr(t->reply, "relay") != NULL ?
	    SMTP_ANOTHER_WAY : SMTP_REFUSED;
}

enum smtp_verdict
smtp_talk_verdict(const struct smtp_talk *t, bool tls)
{
	if (tls)
		return SMTP_ANOTHER_WAY;
	/* Said before, and now the line has broken. */
	if (t->code / 100 != 4 && t->code / 100 != 5)
		return t->stage == SMTP_TEXT || t->stage == SMTP_AUTH ?
		    SMTP_PASSING : SMTP_ANOTHER_WAY;
	switch (t->stage) {
	case SMTP_AUTH:
		return t->code / 100 == 5 ? SMTP_HOLD : SMTP_PASSING;
	case SMTP_SENDER:
		return t->code / 100 == 4 ? SMTP_PASSING :
		    t->subject == 7 ? SMTP_ANOTHER_WAY : SMTP_HOLD;
	case SMTP_RECIPIENT:
		return of_recipient(t);
	case SMTP_TEXT:
		return t->code / 100 == 5 ? SMTP_REFUSED : SMTP_PASSING;
	default:
		return SMTP_ANOTHER_WAY;
	}
}
