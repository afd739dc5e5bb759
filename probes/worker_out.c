/* SPDX-License-Identifier: ISC */
/*
 * worker_out: what a worker says.  An event is kept until the dispatcher has
 * it on disk, and said again, in order, until then; heartbeats and samples
 * are said once.  The log of a level belongs to the dispatcher.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "probes/worker.h"

static int64_t
us_or_none(int64_t ns)
{
	return ns == 0 ? -1 : ns / NS_PER_US;
}

void
out_head(struct line *l, struct msg *m, enum msg_type type, uint64_t seq)
{
	struct worker *w = l->worker;

	memset(m, 0, sizeof(*m));
	m->head.type = type;
	snprintf(m->head.source, sizeof(m->head.source), "%s", w->source);
	m->head.epoch = w->epoch;
	m->head.seq = seq;
	m->head.mono_ns = clock_mono_ns();
	m->head.wall_ms = clock_wall_ms();
}

static void
stamp(struct line *l, struct msg *m, enum msg_type type, uint64_t seq)
{
	struct event *ev = &m->u.event;

	out_head(l, m, type, seq);
	snprintf(ev->uplink, sizeof(ev->uplink), "%s", l->conf->name);
	ev->level = l->judge.level;
	ev->previous = l->previous;
	ev->cause = l->judge.cause;
	ev->since_wall_ms = l->since_wall_ms;
	ev->rtt_us = us_or_none(l->judge.line.rtt_ns);
	ev->jitter_us = ev->rtt_us < 0 ? -1 :
	    l->judge.line.jitter_ns / NS_PER_US;
	ev->loss = l->judge.line.loss_down >= 0 ? l->judge.line.loss_down :
	    l->judge.line.loss_degraded;
	snprintf(ev->note, sizeof(ev->note), "%s", l->note);
	ev->addrs = l->addrs;
}

static struct evidence *
next_evidence(struct line *l, struct event *ev, size_t target)
{
	const struct conf_target *t = &l->conf->probe.targets[target];
	struct evidence *e;

	if (ev->nevidence == EVENT_TARGETS_MAX)
		return NULL;
	e = &ev->evidence[ev->nevidence++];
	snprintf(e->target, sizeof(e->target), "%s", t->label);
	e->gateway = t->gateway;
	e->rtt_us = -1;
	e->state = judge_state(&l->judge, target);
	e->jitter_us = l->judge.targets[target].rtt_ns == 0 ? -1 :
	    l->judge.targets[target].jitter_ns / NS_PER_US;
	e->loss = judge_loss(&l->judge, target, clock_mono_ns());
	return e;
}

/*
 * A target's newest samples, as many as make the run of a level, first those
 * that are overdue: a fall is mostly theirs.  Its time is the smoothed one,
 * told only if any of these was answered.
 */
static void
sum_up(const struct line *l, size_t target, struct evidence *e)
{
	const struct conf_probe *conf = &l->conf->probe;
	const struct judge_target *r = &l->judge.targets[target];
	int64_t run = l->judge.level == LEVEL_UP ? conf->rise : conf->fall;
	int64_t n = judge_overdue(&l->judge, target);
	uint64_t bits = r->history;

	n = n < run ? n : run;
	e->sent = e->lost = (uint32_t)n;
	for (; n < run && n < JUDGE_HISTORY && (bits & 3) != 0; n++) {
		e->sent += (bits & 3) != SAMPLE_CANNOT;
		e->lost += (bits & 3) == SAMPLE_LOST;
		e->cannot += (bits & 3) == SAMPLE_CANNOT;
		bits >>= 2;
	}
	if (e->sent > e->lost)
		e->rtt_us = r->rtt_ns / NS_PER_US;
}

/* Of too many targets those that did not answer are told first. */
static void
recent(struct line *l, struct event *ev)
{
	bool all = l->conf->probe.ntargets <= EVENT_TARGETS_MAX;
	const struct judge_target *r;
	struct evidence *e;
	bool answers;
	int pass;
	size_t i;

	for (pass = all ? 1 : 0; pass < 2; pass++)
		for (i = 0; i < l->conf->probe.ntargets; i++) {
			r = &l->judge.targets[i];
			answers = (r->history & 3) == SAMPLE_OK &&
			    judge_overdue(&l->judge, i) == 0;
			if (!all && (pass == 0) == answers)
				continue;
			e = next_evidence(l, ev, i);
			if (e == NULL)
				return;
			sum_up(l, i, e);
		}
}

int
out_now(struct worker *w, const struct msg *m, char *buf, int *len)
{
	*len = msg_encode(m, buf, EVENT_BYTES_MAX);
	if (*len < 0)
		return *len;
	return zsock_send(w->sock, NULL, buf, (size_t)*len);
}

static void
keep(struct worker *w, uint64_t seq, const char *bytes, size_t len)
{
	struct unacked *u = malloc(sizeof(*u) + len);

	if (u == NULL) {
		log_err("probes: an event cannot be kept: no memory");
		return;
	}
	u->next = NULL;
	u->seq = seq;
	u->len = len;
	memcpy(u->bytes, bytes, len);
	*w->unacked_end = u;
	w->unacked_end = &u->next;
}

void
out_event(struct line *l, enum level previous, int64_t now_ns)
{
	struct worker *w = l->worker;
	char buf[EVENT_BYTES_MAX];
	bool in_order = w->unacked == NULL;
	struct msg m;
	int len, rc = 0;

	l->since_wall_ms = clock_wall_ms();
	l->previous = previous;
	stamp(l, &m, MSG_EVENT, ++w->seq);
	m.head.mono_ns = now_ns;
	recent(l, &m.u.event);
	l->event_seq = w->seq;
	len = msg_encode(&m, buf, sizeof(buf));
	if (len < 0) {
		log_err("uplink %s: event cannot be written", l->conf->name);
		return;
	}
	keep(w, w->seq, buf, (size_t)len);
	/*
	 * Behind others that wait it goes with them, at the end of this turn:
	 * the dispatcher takes a lower number than it has for a repetition.
	 */
	if (!in_order)
		w->unsent = true;
	else
		rc = zsock_send(w->sock, NULL, buf, (size_t)len);
	log_debug("uplink %s: %s -> %s (cause=%s seq=%llu%s)", l->conf->name,
	    level_name(previous), level_name(l->judge.level),
	    cause_name(l->judge.cause), (unsigned long long)w->seq,
	    rc == 0 && in_order ? "" : " waits for the dispatcher");
}

void
out_resend(struct worker *w)
{
	struct unacked *u;

	w->unsent = false;
	for (u = w->unacked; u != NULL; u = u->next)
		if (zsock_send(w->sock, NULL, u->bytes, u->len) != 0)
			return;
}

void
out_acked(struct worker *w, const struct msg *m)
{
	struct unacked *u, **at;

	if (m->u.ack.epoch != w->epoch ||
	    strcmp(m->u.ack.source, w->source) != 0)
		return;
	for (at = &w->unacked; (u = *at) != NULL; at = &u->next) {
		if (u->seq != m->u.ack.seq)
			continue;
		if (!m->u.ack.ok)
			log_warning("probes: event %llu refused: %s",
			    (unsigned long long)u->seq, m->u.ack.text);
		*at = u->next;
		if (w->unacked_end == &u->next)
			w->unacked_end = at;
		free(u);
		return;
	}
}

void
out_heartbeat(struct line *l)
{
	char buf[EVENT_BYTES_MAX];
	struct msg m;
	int len;

	stamp(l, &m, MSG_HEARTBEAT, l->event_seq);
	(void)out_now(l->worker, &m, buf, &len);
}

void
out_samples(struct line *l)
{
	char buf[EVENT_BYTES_MAX];
	struct evidence *e;
	struct record *r;
	struct msg m;
	size_t i;
	int len;

	stamp(l, &m, MSG_SAMPLES, l->event_seq);
	for (i = 0; i < l->conf->probe.ntargets; i++) {
		r = &l->records[i];
		e = next_evidence(l, &m.u.event, i);
		if (e != NULL) {
			e->sent = r->sent;
			e->lost = r->lost;
			e->cannot = r->cannot;
			if (r->answered > 0)
				e->rtt_us = r->rtt_sum_ns / r->answered /
				    NS_PER_US;
		}
		r->sent = r->lost = r->cannot = r->answered = 0;
		r->rtt_sum_ns = 0;
	}
	(void)out_now(l->worker, &m, buf, &len);
}

void
out_free(struct worker *w)
{
	struct unacked *u;

	while ((u = w->unacked) != NULL) {
		w->unacked = u->next;
		free(u);
	}
	w->unacked_end = &w->unacked;
}
