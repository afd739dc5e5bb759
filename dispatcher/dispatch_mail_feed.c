/* SPDX-License-Identifier: ISC */
/*
 * dispatch_mail_feed: what the feed is told of the outbox.
 */
#include <stdio.h>
#include <string.h>

#include "dispatcher/dispatch.h"

static void
count(const struct letter *l, struct mail_report *r)
{
	for (; l != NULL; l = l->next) {
		r->waiting++;
		if (l->made_ms > 0 && (r->oldest_wall_ms < 0 ||
		    l->made_ms < r->oldest_wall_ms))
			r->oldest_wall_ms = l->made_ms;
	}
}

void
mail_publish(struct dispatch *d)
{
	const struct outbox *o = &d->outbox;
	const struct letter *l;
	struct mail_report *r;
	struct msg m;

	if (d->conf->mail.to == NULL || d->feed[0] == '\0')
		return;
	memset(&m, 0, sizeof(m));
	stamp(d, &m, MSG_MAIL);
	r = &m.u.mail;
	r->oldest_wall_ms = -1;
	count(o->waiting, r);
	count(o->queue, r);
	r->counted = o->counted;
	for (l = o->lost; l != NULL; l = l->next)
		r->lost++;
	r->failures = d->mail.failures;
	snprintf(r->error, sizeof(r->error), "%s", d->mail.error);
	publish(d, &m);
}
