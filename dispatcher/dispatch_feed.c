/* SPDX-License-Identifier: ISC */
/*
 * dispatch_feed: messages of the dispatcher's own: states, routes, jobs and
 * acknowledgements.  The feed may be absent or slow; nothing here waits for
 * it, and a feed that comes back asks for all states.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dispatcher/dispatch.h"
#include "lib/clock.h"
#include "lib/log.h"

void
stamp(struct dispatch *d, struct msg *m, enum msg_type type)
{
	memset(&m->head, 0, sizeof(m->head));
	m->head.type = type;
	snprintf(m->head.source, sizeof(m->head.source), "dispatcher");
	m->head.epoch = d->epoch;
	m->head.seq = ++d->seq;
	m->head.mono_ns = clock_mono_ns();
	m->head.wall_ms = clock_wall_ms();
}

void
send_msg(struct dispatch *d, const char *to, const struct msg *m)
{
	char buf[EVENT_BYTES_MAX];
	int len, rc;

	if (*to == '\0')
		return;
	len = msg_encode(m, buf, sizeof(buf));
	if (len < 0) {
		log_debug("dispatcher: message not sent (type=%d err=%d)",
		    (int)m->head.type, len);
		return;
	}
	rc = zsock_send(d->bus, to, buf, (size_t)len);
	if (rc == -EHOSTUNREACH && strcmp(to, d->feed) == 0)
		d->feed[0] = '\0';
}

void
send_ack(struct dispatch *d, const char *to, const struct msg_head *head,
    bool ok, const char *text)
{
	struct msg m;

	memset(&m, 0, sizeof(m));
	stamp(d, &m, MSG_ACK);
	snprintf(m.u.ack.source, sizeof(m.u.ack.source), "%s", head->source);
	m.u.ack.epoch = head->epoch;
	m.u.ack.seq = head->seq;
	m.u.ack.ok = ok;
	snprintf(m.u.ack.text, sizeof(m.u.ack.text), "%s", text);
	send_msg(d, to, &m);
}

void
publish(struct dispatch *d, struct msg *m)
{
	send_msg(d, d->feed, m);
}

static void
state_of(const struct dispatch *d, size_t i, struct state_line *s)
{
	static const char *const methods[] = { [CONF_METHOD_NONE] = "none",
	    [CONF_OVERRIDE] = "override", [CONF_WITHDRAW] = "withdraw" };
	static const char *const standings[] = { [PLAN_GOOD] = "good",
	    [PLAN_HELD] = "held", [PLAN_BAD] = "bad" };
	const struct station *st = &d->stations[i];
	const struct uplink *u = &st->up;
	int64_t now_ns = clock_mono_ns();

	snprintf(s->uplink, sizeof(s->uplink), "%s", u->conf->name);
	snprintf(s->ifname, sizeof(s->ifname), "%s", u->conf->ifname);
	s->level = u->level;
	s->cause = u->cause;
	s->carrying = plan_carries(d, i);
	s->held = u->state == UPLINK_HOLD;
	s->stale = u->probed_cause == CAUSE_STALE;
	s->since_wall_ms = st->since_wall_ms;
	if (u->hold_until_ns != CLOCK_NEVER && u->hold_until_ns > now_ns)
		s->hold_left_ms = (u->hold_until_ns - now_ns) / NS_PER_MS;
	s->index = (uint32_t)i;
	s->count = (uint32_t)d->conf->nuplinks;
	snprintf(s->method, sizeof(s->method), "%s",
	    methods[d->conf->routing.method]);
	snprintf(s->standing, sizeof(s->standing), "%s",
	    standings[uplink_standing(u)]);
	s->rtt_us = st->rtt_us;
	s->jitter_us = st->jitter_us;
	s->loss = st->loss;
	memcpy(s->note, st->note, sizeof(s->note));
	recovery_state(d, i, s);
	s->nevidence = st->nevidence;
	memcpy(s->evidence, st->evidence, sizeof(s->evidence));
}

void
publish_state(struct dispatch *d, size_t i)
{
	struct msg m;

	if (d->feed[0] == '\0')
		return;
	memset(&m, 0, sizeof(m));
	stamp(d, &m, MSG_STATE);
	state_of(d, i, &m.u.state);
	publish(d, &m);
}

void
publish_all(struct dispatch *d)
{
	size_t i;

	for (i = 0; i < d->conf->nuplinks; i++)
		publish_state(d, i);
	mail_publish(d);
}
