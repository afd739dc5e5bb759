/* SPDX-License-Identifier: ISC */
/*
 * dispatch_event: takes what workers and advisors say, once each, steps the
 * uplinks, and tells the consequences: the plan at once, everything that
 * cannot be repeated after the journal has it on disk.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatcher/dispatch.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/must.h"

#define STALE		(5 * NS_PER_S)	/* heartbeats come every second */
#define DIFFERS_MAX	3		/* heartbeats that contradict us */

struct station *
station_find(struct dispatch *d, const char *uplink)
{
	size_t i;

	for (i = 0; i < d->conf->nuplinks; i++)
		if (strcmp(d->conf->uplinks[i].name, uplink) == 0)
			return &d->stations[i];
	return NULL;
}

/* Nobody else works: then an advisor alone must not take this one out. */
static bool
is_alone(const struct dispatch *d, const struct station *st)
{
	size_t i;

	for (i = 0; i < d->conf->nuplinks; i++)
		if (&d->stations[i] != st &&
		    uplink_standing(&d->stations[i].up) != PLAN_BAD)
			return false;
	return true;
}

static void
log_change_of(const struct station *st, const struct msg *m)
{
	const struct event *ev = &m->u.event;
	char lost[160] = "";
	size_t i, at = 0;
	int n;

	for (i = 0; i < ev->nevidence && at < sizeof(lost) - 1; i++) {
		if (ev->evidence[i].lost == 0)
			continue;
		n = snprintf(lost + at, sizeof(lost) - at, " \"%s\" %u/%u",
		    ev->evidence[i].target, ev->evidence[i].lost,
		    ev->evidence[i].sent);
		if (n < 0)
			break;
		at += (size_t)n;
	}
	log_notice("uplink %s: %s -> %s (cause=%s%s%s)", st->up.conf->name,
	    level_name(ev->previous), level_name(ev->level),
	    cause_name(ev->cause), at > 0 ? " lost:" : "", lost);
	if (st->up.state == UPLINK_DOWN && st->up.flaps > 0)
		log_info("uplink %s: held for %lld s when it returns",
		    st->up.conf->name, (long long)(uplink_hold(&st->up) /
		    NS_PER_S));
}

static void
outage_begin_end(struct dispatch *d, size_t i, const struct msg *m,
    uint64_t event_id)
{
	struct station *st = &d->stations[i];

	if (m->u.event.level == LEVEL_DOWN) {
		/* It is the same one, nobody had looked for a while. */
		if (st->down_wall_ms != 0 &&
		    m->u.event.previous == LEVEL_UNKNOWN)
			return;
		st->down_wall_ms = m->head.wall_ms;
		st->down_event = event_id;
		st->down_msg = *m;
		st->ndone = 0;
		recovery_begin(d, i);
	} else if (m->u.event.level != LEVEL_UNKNOWN) {
		recovery_return(d, i);
	}
}

/*
 * The level has changed: m carries it.  Log, journal with its jobs, then (when
 * it is on disk) acknowledge, publish and start: event_journalled().
 */
static void
announce(struct dispatch *d, size_t i, struct msg *m, const char *from,
    const struct msg_head *sent, unsigned want)
{
	struct station *st = &d->stations[i];
	struct journal_op *op;

	if (m->u.event.level != m->u.event.previous)
		st->since_wall_ms = m->head.wall_ms;
	m->u.event.since_wall_ms = st->since_wall_ms;
	/* What was translated to them is found by those it had. */
	if (m->u.event.addrs.n == 0)
		m->u.event.addrs = st->addrs;
	log_change_of(st, m);
	op = entry_new(from, sent);
	if (op == NULL) {
		/* Not acknowledged: the worker says it again. */
		log_warning("uplink %s: event not taken: no memory",
		    st->up.conf->name);
		return;
	}
	op->kind = JOURNAL_EVENT;
	op->event_id = ++d->event_id;
	op->msg = *m;
	st->last_event = op->event_id;
	st->last_msg = *m;
	flows_event(d, i, &m->u.event);
	outage_begin_end(d, i, m, op->event_id);
	if ((want & UPLINK_WANT_JOBS) != 0 && jobs_of_event(d, i, op) != 0)
		log_err("uplink %s: actions not run: no memory",
		    st->up.conf->name);
	if ((want & UPLINK_WANT_JOBS) != 0 && mail_of_event(d, i, op) != 0)
		log_err("uplink %s: no mail: no memory", st->up.conf->name);
	if (m->u.event.level == LEVEL_UP || m->u.event.level == LEVEL_DEGRADED)
		st->down_wall_ms = 0;
	entry_submit(d, op);
	publish_state(d, i);
}

/* A change that no worker sent: hold, advisor, silence. */
static void
announce_own(struct dispatch *d, size_t i, enum level previous, unsigned want)
{
	struct station *st = &d->stations[i];
	struct msg m;

	memset(&m, 0, sizeof(m));
	stamp(d, &m, MSG_EVENT);
	snprintf(m.u.event.uplink, sizeof(m.u.event.uplink), "%s",
	    st->up.conf->name);
	m.u.event.level = st->up.level;
	m.u.event.previous = previous;
	m.u.event.cause = st->up.cause;
	m.u.event.rtt_us = st->rtt_us;
	m.u.event.jitter_us = st->jitter_us;
	m.u.event.loss = st->loss;
	memcpy(m.u.event.note, st->note, sizeof(st->note));
	m.u.event.nevidence = st->nevidence;
	memcpy(m.u.event.evidence, st->evidence, sizeof(st->evidence));
	announce(d, i, &m, "", &m.head, want);
}

/*
 * A standing has changed: who was kept up only for being alone may go now,
 * and who becomes the last one must come back.
 */
static unsigned
tick_all(struct dispatch *d, size_t but, int64_t now_ns)
{
	unsigned want, all = 0;
	enum level before;
	size_t i;

	for (i = 0; i < d->conf->nuplinks; i++) {
		if (i == but)
			continue;
		before = d->stations[i].up.level;
		want = uplink_tick(&d->stations[i].up,
		    is_alone(d, &d->stations[i]), now_ns);
		all |= want;
		if (d->stations[i].up.level != before)
			announce_own(d, i, before, want);
		else if (want != 0)
			publish_state(d, i);
	}
	return all;
}

void
event_tick(struct dispatch *d, int64_t now_ns)
{
	if ((tick_all(d, SIZE_MAX, now_ns) & UPLINK_WANT_PLAN) != 0) {
		plan_update(d, NULL);
		publish_all(d);
	}
}

int64_t
event_due(const struct dispatch *d)
{
	int64_t due = CLOCK_NEVER, one;
	size_t i;

	for (i = 0; i < d->conf->nuplinks; i++) {
		one = uplink_due(&d->stations[i].up);
		if (one < due)
			due = one;
	}
	return due;
}

static void
measures_keep(struct station *st, const struct event *ev)
{
	st->rtt_us = ev->rtt_us;
	st->jitter_us = ev->jitter_us;
	st->loss = ev->loss;
	memcpy(st->note, ev->note, sizeof(st->note));
	st->addressed = ev->addrs.n > 0;
	if (st->addressed)
		st->addrs = ev->addrs;
}

void
evidence_keep(struct station *st, const struct event *ev)
{
	measures_keep(st, ev);
	if (ev->nevidence == 0)
		return;
	st->nevidence = ev->nevidence;
	memcpy(st->evidence, ev->evidence, sizeof(st->evidence));
}

/* One word of the probes about an uplink, whichever message brought it. */
static bool
step(struct dispatch *d, size_t i, const struct msg *m, const char *from)
{
	struct station *st = &d->stations[i];
	enum level before = st->up.level;
	enum cause why = st->up.cause;
	int64_t now_ns = clock_mono_ns();
	struct msg copy;
	unsigned want;

	st->differs = 0;
	evidence_keep(st, &m->u.event);
	want = uplink_step(&st->up, m->u.event.level, m->u.event.cause,
	    is_alone(d, st), now_ns);
	if ((want & UPLINK_WANT_PLAN) != 0) {
		/* The route first: it waits for nothing. */
		plan_update(d, &m->head);
	}
	if (st->up.level == before && (st->up.cause == why ||
	    m->head.type != MSG_EVENT || before == LEVEL_DOWN ||
	    before == LEVEL_UNKNOWN))
		return false;
	copy = *m;
	copy.head.type = MSG_EVENT;
	copy.u.event.level = st->up.level;
	copy.u.event.previous = before;
	copy.u.event.cause = st->up.cause;
	announce(d, i, &copy, from, &m->head, want);
	if ((want & UPLINK_WANT_PLAN) != 0) {
		if ((tick_all(d, i, now_ns) & UPLINK_WANT_PLAN) != 0)
			plan_update(d, NULL);
		publish_all(d);
	}
	return true;
}

void
event_take(struct dispatch *d, const char *from, const struct msg *m)
{
	struct station *st = station_find(d, m->u.event.uplink);
	struct source *s;

	if (st == NULL) {
		send_ack(d, from, &m->head, false, "no such uplink");
		return;
	}
	st->heard_ns = clock_mono_ns();
	recovery_said(st, m->u.event.level);
	s = source_find(d, &m->head);
	if (m->head.seq <= s->accepted) {
		/* Said again.  What is not on disk yet is answered then. */
		if (m->head.seq <= s->durable)
			send_ack(d, from, &m->head, true, "");
		return;
	}
	s->accepted = m->head.seq;
	if (!step(d, (size_t)(st - d->stations), m, from)) {
		/* It changes nothing, so there is nothing to keep. */
		s->durable = m->head.seq;
		send_ack(d, from, &m->head, true, "");
	}
}

/*
 * The level repeated.  A worker that has just started knows nothing yet and
 * takes nothing away; one that contradicts us again and again is right (an
 * event of it was lost with a journal that was set aside).
 */
void
event_heartbeat(struct dispatch *d, const struct msg *m)
{
	struct station *st = station_find(d, m->u.event.uplink);
	const struct event *ev = &m->u.event;
	struct msg own;

	if (st == NULL)
		return;
	st->heard_ns = clock_mono_ns();
	measures_keep(st, ev);
	if (ev->level == LEVEL_UNKNOWN && ev->cause == CAUSE_NONE)
		return;
	recovery_said(st, ev->level);
	if (ev->level == st->up.probed) {
		st->differs = 0;
		(void)uplink_step(&st->up, ev->level, ev->cause,
		    is_alone(d, st), clock_mono_ns());
		return;
	}
	if (st->up.probed_cause != CAUSE_STALE &&
	    ++st->differs < DIFFERS_MAX)
		return;
	own = *m;
	stamp(d, &own, MSG_EVENT);
	(void)step(d, (size_t)(st - d->stations), &own, "");
}

void
event_trail(struct dispatch *d, const void *bytes, size_t len)
{
	if (d->feed[0] != '\0')
		(void)zsock_send(d->bus, d->feed, bytes, len);
}

void
event_samples(struct dispatch *d, const struct msg *m, const void *bytes,
    size_t len)
{
	struct station *st = station_find(d, m->u.event.uplink);

	if (st == NULL)
		return;
	st->heard_ns = clock_mono_ns();
	evidence_keep(st, &m->u.event);
	event_trail(d, bytes, len);
}

void
event_stale(struct dispatch *d, int64_t now_ns)
{
	struct station *st;
	struct msg m;
	size_t i;

	for (i = 0; i < d->conf->nuplinks; i++) {
		st = &d->stations[i];
		if (now_ns - st->heard_ns < STALE ||
		    st->up.probed_cause == CAUSE_STALE)
			continue;
		memset(&m, 0, sizeof(m));
		stamp(d, &m, MSG_EVENT);
		snprintf(m.u.event.uplink, sizeof(m.u.event.uplink), "%s",
		    st->up.conf->name);
		m.u.event.level = LEVEL_UNKNOWN;
		m.u.event.cause = CAUSE_STALE;
		m.u.event.rtt_us = m.u.event.jitter_us = m.u.event.loss = -1;
		(void)step(d, i, &m, "");
	}
}

void
event_opinion(struct dispatch *d, const char *from, const struct msg *m)
{
	struct station *st = station_find(d, m->u.opinion.uplink);
	ssize_t a = st == NULL ? -1 :
	    advisor_find(st->up.conf, m->u.opinion.advisor);
	enum level before;
	struct journal_op *op;
	struct msg_head cause = m->head;
	struct source *s;
	unsigned want;
	size_t i;

	if (a == -1) {
		send_ack(d, from, &m->head, false, st == NULL ?
		    "no such uplink" : "no such advisor of this uplink");
		return;
	}
	s = source_find(d, &m->head);
	if (m->head.seq <= s->accepted) {
		if (m->head.seq <= s->durable)
			send_ack(d, from, &m->head, true, "");
		return;
	}
	op = entry_new(from, &m->head);
	if (op == NULL)
		return;
	s->accepted = m->head.seq;
	i = (size_t)(st - d->stations);
	before = st->up.level;
	want = uplink_advise(&st->up, (size_t)a, m->u.opinion.level,
	    is_alone(d, st), clock_mono_ns());
	/* What a route took is counted from here, not from a far program. */
	cause.mono_ns = clock_mono_ns();
	if ((want & UPLINK_WANT_PLAN) != 0)
		plan_update(d, &cause);
	log_info("uplink %s: advisor %s says %s", st->up.conf->name,
	    m->u.opinion.advisor, level_name(m->u.opinion.level));
	op->kind = JOURNAL_OPINION;
	op->msg = *m;
	entry_submit(d, op);
	if (st->up.level != before)
		announce_own(d, i, before, want);
	if ((want & UPLINK_WANT_PLAN) != 0)
		event_tick(d, clock_mono_ns());
}
