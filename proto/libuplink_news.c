/* SPDX-License-Identifier: ISC */
/*
 * libuplink_news: what is published, as a caller is told it.  See
 * libuplink_table.h.
 */
#include <stdio.h>
#include <string.h>

#include "proto/libuplink_table.h"

static void
of_event(const struct event *ev, struct uplink_news *news)
{
	news->kind = UPLINK_NEWS_EVENT;
	memcpy(news->uplink, ev->uplink, sizeof(news->uplink));
	news->level = (enum uplink_level)ev->level;
	news->previous = (enum uplink_level)ev->previous;
	snprintf(news->cause, sizeof(news->cause), "%s",
	    cause_name(ev->cause));
}

static void
of_state(const struct state_line *s, struct uplink_news *news)
{
	news->kind = UPLINK_NEWS_STATE;
	memcpy(news->uplink, s->uplink, sizeof(news->uplink));
	news->level = (enum uplink_level)s->level;
	snprintf(news->cause, sizeof(news->cause), "%s",
	    cause_name(s->cause));
}

static void
of_job(const struct job_report *j, struct uplink_news *news)
{
	news->kind = UPLINK_NEWS_JOB;
	memcpy(news->uplink, j->uplink, sizeof(news->uplink));
	memcpy(news->action, j->action, sizeof(news->action));
	snprintf(news->phase, sizeof(news->phase), "%s",
	    job_phase_name(j->phase));
	memcpy(news->text, j->text, sizeof(news->text));
}

bool
news_of(const struct msg *m, struct uplink_table *table,
    struct uplink_news *news)
{
	memset(news, 0, sizeof(*news));
	news->wall_ms = m->head.wall_ms;
	switch (m->head.type) {
	case MSG_EVENT:
		table_event(table, &m->u.event);
		of_event(&m->u.event, news);
		return true;
	case MSG_STATE:
		of_state(&m->u.state, news);
		return table_state(table, &m->u.state);
	case MSG_JOB:
		of_job(&m->u.job, news);
		return true;
	case MSG_ROUTE:
		news->kind = UPLINK_NEWS_ROUTE;
		memcpy(news->text, m->u.route.text, sizeof(news->text));
		return true;
	default:
		return false;
	}
}
