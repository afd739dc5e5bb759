/* SPDX-License-Identifier: ISC */
/*
 * letter: see letter.h.  What tells of one event is actions/mail.c; here is
 * what tells of many: digests, and letters that were given up.
 */
#include "dispatcher/letter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actions/mail_text.h"
#include "lib/clock.h"

#define BODY_MAX	16384
#define LOST_MAX	40	/* of them are told one by one */

/* ---- what was only counted */

static void
put_tally(struct mail_text *b, const char *uplink, const struct tally *t,
    enum level now)
{
	char first[CLOCK_TEXT_MAX], last[CLOCK_TEXT_MAX];

	mail_put(b, "  %-16s %u x down, %u x up, %u x degraded, %u x unknown\n"
	    "  %-16s from %s to %s\n  %-16s now %s\n", uplink,
	    t->level[LEVEL_DOWN], t->level[LEVEL_UP],
	    t->level[LEVEL_DEGRADED], t->level[LEVEL_UNKNOWN], "",
	    clock_text(t->first_ms, first), clock_text(t->last_ms, last), "",
	    level_name(now));
}

static void
digest(const struct letter_case *c, const struct letter *l, struct mail_text *b,
    char *subject, size_t size)
{
	const struct tally *t;
	unsigned n = 0;
	size_t i, k;

	mail_put(b, "There were more events than letters may be sent "
	    "(mail.limit).\nThese were counted only:\n\n");
	for (i = 0; i < c->conf->nuplinks; i++) {
		t = &l->tally[i];
		for (k = 0; k <= LEVEL_UNKNOWN; k++)
			n += t->level[k];
		if (t->first_ms != 0)
			put_tally(b, c->conf->uplinks[i].name, t,
			    c->levels[i]);
	}
	mail_put(b, "\nCarrying now: %s\n", c->context->carrying[0] != '\0' ?
	    c->context->carrying : "no uplink");
	snprintf(subject, size, "digest: %u more events", n);
}

/* ---- what was given up */

/* As it stands in the text, without what each of ours begins with. */
static void
put_subject(struct mail_text *b, const struct letter *l)
{
	static const char name[] = "\nSubject: ";
	const char *at = l->text == NULL ? NULL : strstr(l->text, name);

	if (l->subject != NULL) {
		mail_put(b, "    %s\n", l->subject);
		return;
	}
	if (at == NULL) {
		mail_put(b, "    (without a text)\n");
		return;
	}
	at += sizeof(name) - 1;
	if (*at == '[' && strchr(at, ']') != NULL)
		at = strchr(at, ']') + 2;
	mail_put(b, "    %.*s\n", (int)strcspn(at, "\n"), at);
}

static void
loss(const struct letter *loss, struct mail_text *b, char *subject, size_t size)
{
	char when[CLOCK_TEXT_MAX];
	const struct letter *l;
	unsigned n = 0;

	mail_put(b, "What could not be delivered and was given up:\n\n");
	for (l = loss->lost; l != NULL; l = l->next) {
		if (++n > LOST_MAX)
			continue;
		mail_put(b, "  %s\n", clock_text(l->made_ms, when));
		put_subject(b, l);
		mail_put(b, "    %s after %d %s: %.250s\n",
		    l->state == LETTER_EXPIRED ? "too old" : "refused",
		    l->tries, l->tries == 1 ? "try" : "tries",
		    l->body != NULL ? l->body : "");
	}
	if (n > LOST_MAX)
		mail_put(b, "  and %u more\n", n - LOST_MAX);
	snprintf(subject, size, "%u %s given up", n, n == 1 ? "letter was" :
	    "letters were");
}

static char *
of_many(const struct letter_case *c, const struct letter *l)
{
	struct mail_text b;
	char subject[128], *text;

	if (!mail_text_new(&b, BODY_MAX))
		return NULL;
	if (l->kind == LETTER_DIGEST)
		digest(c, l, &b, subject, sizeof(subject));
	else
		loss(l, &b, subject, sizeof(subject));
	text = mail_notice(c->conf, c->head, subject, b.at);
	free(b.at);
	return text;
}

char *
letter_compose(const struct letter_case *c, const struct letter *l)
{
	switch (l->kind) {
	case LETTER_NOTICE:
		return mail_notice(c->conf, c->head, l->subject, l->body);
	case LETTER_DIGEST:
	case LETTER_LOSS:
		return of_many(c, l);
	case LETTER_EVENT:
	case LETTER_FOLDED:
		break;
	}
	return mail_event(c->conf, c->head, l->uplink, l->event, l->begin,
	    l->kind == LETTER_FOLDED, c->context);
}
