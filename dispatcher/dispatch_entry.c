/* SPDX-License-Identifier: ISC */
/*
 * dispatch_entry: entries on their way to the journal and back, and what a
 * start finds there.  An entry that could not be written is kept and written
 * again; until it is on disk nothing is acknowledged, published or started.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatcher/dispatch.h"
#include "lib/clock.h"
#include "lib/log.h"

#define FAILED_MAX	4096	/* entries that wait for a full disk */

struct source *
source_find(struct dispatch *d, const struct msg_head *head)
{
	struct source *s, *oldest = &d->sources[0];
	size_t i;

	for (i = 0; i < DISPATCH_SOURCES; i++) {
		s = &d->sources[i];
		if (s->epoch == head->epoch && s->used != 0 &&
		    strcmp(s->name, head->source) == 0) {
			s->used = ++d->uses;
			return s;
		}
		if (s->used < oldest->used)
			oldest = s;
	}
	memset(oldest, 0, sizeof(*oldest));
	snprintf(oldest->name, sizeof(oldest->name), "%s", head->source);
	oldest->epoch = head->epoch;
	oldest->used = ++d->uses;
	return oldest;
}

ssize_t
advisor_find(const struct conf_uplink *u, const char *name)
{
	size_t i;

	for (i = 0; i < u->nadvisors && i < UPLINK_ADVISORS_MAX; i++)
		if (strcmp(u->advisors[i].name, name) == 0)
			return (ssize_t)i;
	return -1;
}

void
entry_submit(struct dispatch *d, struct journal_op *op)
{
	int rc = journal_submit(d->journal, &op);

	if (rc == 0)
		return;
	op->err = rc;
	event_journalled(d, &op);
}

struct journal_op *
entry_new(const char *from, const struct msg_head *head)
{
	struct journal_op *op = calloc(1, sizeof(*op));
	struct waiting *w = calloc(1, sizeof(*w));

	if (op == NULL || w == NULL) {
		free(op);
		free(w);
		return NULL;
	}
	snprintf(w->from, sizeof(w->from), "%s", from);
	w->head = *head;
	op->cookie = (uint64_t)(uintptr_t)w;
	op->wall_ms = clock_wall_ms();
	return op;
}

void
entry_drop(struct journal_op **opp)
{
	free((struct waiting *)(uintptr_t)(*opp)->cookie);
	(*opp)->cookie = 0;
	journal_op_free(opp);
}

static void
keep_failed(struct dispatch *d, struct journal_op *op)
{
	struct journal_op **list;

	if (d->nfailed < FAILED_MAX) {
		list = realloc(d->failed, (d->nfailed + 1) * sizeof(*list));
		if (list != NULL) {
			d->failed = list;
			d->failed[d->nfailed++] = op;
			return;
		}
	}
	/* Never acknowledged: a worker's event comes again. */
	log_err("journal: an entry is lost: too many wait for the disk");
	recovery_lost(d, op);
	entry_drop(&op);
}

void
event_journalled(struct dispatch *d, struct journal_op **opp)
{
	struct journal_op *op = *opp;
	struct waiting *w = (struct waiting *)(uintptr_t)op->cookie;
	struct source *s;

	*opp = NULL;
	if (op->kind == JOURNAL_FETCH) {
		spill_fetched(d, op);
		entry_drop(&op);
		return;
	}
	if (op->err != 0) {
		keep_failed(d, op);
		return;
	}
	mail_stored(d, op);
	if (op->kind != JOURNAL_JOB && op->kind != JOURNAL_LETTERS) {
		s = source_find(d, &w->head);
		if (s->durable < w->head.seq)
			s->durable = w->head.seq;
		if (w->from[0] != '\0')
			send_ack(d, w->from, &w->head, true, "");
		if (op->kind == JOURNAL_EVENT)
			publish(d, &op->msg);
		jobs_start(d, op);
	}
	entry_drop(&op);
}

/* All of them in their order; those that fail again come back in order. */
void
event_retry(struct dispatch *d)
{
	struct journal_op **list = d->failed, *op;
	size_t n = d->nfailed, i;
	int rc;

	d->failed = NULL;
	d->nfailed = 0;
	for (i = 0; i < n; i++) {
		op = list[i];
		op->err = 0;
		rc = journal_submit(d->journal, &op);
		if (rc != 0) {
			op->err = rc;
			keep_failed(d, op);
		}
	}
	free(list);
}

static void
restore_level(struct dispatch *d, const struct msg *m, uint64_t id)
{
	struct station *st = station_find(d, m->u.event.uplink);

	if (st == NULL)
		return;
	uplink_restore(&st->up, m->u.event.level, m->u.event.cause,
	    clock_mono_ns());
	st->since_wall_ms = m->head.wall_ms;
	st->last_event = id;
	st->last_msg = *m;
	evidence_keep(st, &m->u.event);
	if (m->u.event.previous == LEVEL_DOWN)
		uplink_restore_hold(&st->up, (clock_wall_ms() -
		    m->head.wall_ms) * NS_PER_MS, clock_mono_ns());
	if (m->u.event.level != LEVEL_DOWN)
		return;
	st->down_wall_ms = m->head.wall_ms;
	st->down_event = id;
	st->down_msg = *m;
}

/* It began with this event, though it may have been unknown since. */
static void
restore_outage(struct dispatch *d, const struct msg *m, uint64_t id)
{
	struct station *st = station_find(d, m->u.event.uplink);

	if (st == NULL || st->down_event == 0)
		return;
	st->down_wall_ms = m->head.wall_ms;
	st->down_event = id;
	st->down_msg = *m;
}

/* An opinion lives on for what is left of its time. */
static void
restore_opinion(struct dispatch *d, const struct msg *m)
{
	struct station *st = station_find(d, m->u.opinion.uplink);
	int64_t age_ns = (clock_wall_ms() - m->head.wall_ms) * NS_PER_MS;
	ssize_t a;

	a = st == NULL ? -1 : advisor_find(st->up.conf, m->u.opinion.advisor);
	if (a == -1 || age_ns < 0 || age_ns >= st->up.conf->advisors[a].ttl_ns)
		return;
	st->up.opinion[a].level = m->u.opinion.level == LEVEL_UNKNOWN ? 0 :
	    m->u.opinion.level;
	st->up.opinion[a].until_ns = clock_mono_ns() - age_ns +
	    st->up.conf->advisors[a].ttl_ns;
}

static bool
has_event(const uint64_t *list, size_t n, uint64_t event)
{
	size_t i;

	for (i = 0; i < n && event != 0; i++)
		if (list[i] == event)
			return true;
	return false;
}

static void
restore_step(struct dispatch *d, const struct journal_step *step)
{
	size_t i;

	for (i = 0; i < d->conf->nuplinks; i++)
		if (d->stations[i].down_event == step->event_id)
			snprintf(station_step(&d->stations[i]),
			    EVENT_TEXT_MAX, "%s", step->line);
}

void
event_restore(struct dispatch *d, const struct journal_past *past)
{
	struct source *s;
	struct msg_head head;
	size_t i;

	d->event_id = past->event_id;
	d->job_id = past->job_id;
	for (i = 0; i < past->nlevels; i++)
		restore_level(d, &past->levels[i], past->level_ids[i]);
	for (i = 0; i < past->noutages; i++)
		restore_outage(d, &past->outages[i], past->outage_ids[i]);
	for (i = 0; i < past->nopinions; i++)
		restore_opinion(d, &past->opinions[i]);
	for (i = 0; i < past->nsources; i++) {
		memset(&head, 0, sizeof(head));
		snprintf(head.source, sizeof(head.source), "%s",
		    past->sources[i].source);
		head.epoch = past->sources[i].epoch;
		s = source_find(d, &head);
		s->accepted = s->durable = past->sources[i].seq;
	}
	for (i = 0; i < past->nsteps; i++)
		restore_step(d, &past->steps[i]);
	for (i = 0; i < d->conf->nuplinks; i++)
		flows_restore(d, i, has_event(past->flowed, past->nflowed,
		    d->stations[i].down_event));
}
