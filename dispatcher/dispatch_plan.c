/* SPDX-License-Identifier: ISC */
/*
 * dispatch_plan: from the uplinks' standing to a request to the parent, and
 * the parent's answer.  A plan is sent as soon as it differs, before anything
 * waits for a disk; it is idempotent, so it is sent again when no answer came.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dispatcher/dispatch.h"
#include "dispatcher/power_plan.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "proto/power.h"

#define ANSWER_TIME	(2 * NS_PER_S)

static void
send_plan(struct dispatch *d)
{
	struct power_plan req = { .kind = POWER_PLAN,
	    .number = d->plan_number, .plan = d->plan };
	int rc;

	rc = power_send(d->parent, &req, sizeof(req), NULL, 0);
	d->plan_unsent = rc != 0;
	d->plan_sent_ns = clock_mono_ns();
	if (rc != 0)
		log_debug("dispatcher: plan %llu waits for the parent",
		    (unsigned long long)d->plan_number);
}

static void
tell_lanes(struct dispatch *d)
{
	uint64_t carry = 0;
	size_t i;

	for (i = 0; i < d->conf->nuplinks; i++)
		if (plan_carries(d, i))
			carry |= UINT64_C(1) << i;
	atomic_store(&d->carry, carry);
}

void
plan_update(struct dispatch *d, const struct msg_head *cause)
{
	enum plan_standing standing[CONF_UPLINKS_MAX];
	struct plan plan;
	char text[EVENT_TEXT_MAX];
	size_t i;

	for (i = 0; i < d->conf->nuplinks; i++)
		standing[i] = uplink_standing(&d->stations[i].up);
	plan_make(d->conf, standing, &plan);
	if (d->plan_number != 0 && plan_eq(&plan, &d->plan))
		return;
	flows_plan(d, &plan, standing);
	d->plan = plan;
	tell_lanes(d);
	d->plan_number++;
	memset(&d->plan_cause, 0, sizeof(d->plan_cause));
	if (cause != NULL)
		d->plan_cause = *cause;
	send_plan(d);
	log_debug("dispatcher: plan %llu: %s",
	    (unsigned long long)d->plan_number,
	    plan_text(d->conf, &d->plan, text, sizeof(text)));
}

void
plan_again(struct dispatch *d, int64_t now_ns)
{
	if (d->plan_unsent || (d->plan_done != d->plan_number &&
	    now_ns - d->plan_sent_ns >= ANSWER_TIME))
		send_plan(d);
}

static void
report(struct dispatch *d, const struct power_plan_done *done)
{
	bool ours = done->number != 0 && done->number == d->plan_number;
	char plan[EVENT_TEXT_MAX], e[ERR_TEXT_MAX];
	struct route_report *r;
	struct msg m;

	memset(&m, 0, sizeof(m));
	stamp(d, &m, MSG_ROUTE);
	r = &m.u.route;
	r->ok = done->err == 0;
	r->writes = done->writes;
	r->took_us = -1;
	if (ours && d->plan_cause.type != 0) {
		r->took_us = (done->done_ns - d->plan_cause.mono_ns) /
		    NS_PER_US;
		r->event_seq = d->plan_cause.seq;
		snprintf(r->event_source, sizeof(r->event_source), "%s",
		    d->plan_cause.source);
	}
	plan_text(d->conf, &d->plan, plan, sizeof(plan));
	if (done->err != 0)
		snprintf(r->text, sizeof(r->text), "%.100s: %s: %.100s", plan,
		    err_text(done->err, e), done->text);
	else
		snprintf(r->text, sizeof(r->text), "%s", plan);
	if (ours && r->ok && r->writes > 0) {
		mail_kick(d);
		jobs_kick(d);
	}
	/* The parent has warned of a refusal, once; here is the way to tell. */
	if (done->err != 0)
		log_debug("route plan: refused: %s (writes=%u)", r->text,
		    r->writes);
	else if (ours && r->writes > 0)
		log_notice("route plan: %s (writes=%u took=%lldus)", r->text,
		    r->writes, (long long)r->took_us);
	publish(d, &m);
}

void
plan_answer(struct dispatch *d)
{
	struct power_plan_done done;
	size_t nfds;
	int n;

	for (;;) {
		nfds = 0;
		n = power_recv(d->parent, &done, sizeof(done), NULL, &nfds);
		if (n == 0) {
			d->stopping = true;
			return;
		}
		if (n == -EPROTO)
			continue;
		if (n < 0)
			return;
		if (n != (int)sizeof(done) || done.kind != POWER_PLAN_DONE)
			continue;
		done.text[sizeof(done.text) - 1] = '\0';
		if (done.number > d->plan_done)
			d->plan_done = done.number;
		/* An answer to a plan that is no longer ours says nothing. */
		if (done.number != 0 && done.number != d->plan_number)
			continue;
		d->plan_err = done.err;
		report(d, &done);
	}
}

bool
plan_carries(const struct dispatch *d, size_t uplink)
{
	return plan_uses(d->conf, &d->plan, uplink);
}

void
plan_carrying(const struct dispatch *d, char *buf, size_t len)
{
	size_t i, at = 0;
	int n;

	buf[0] = '\0';
	for (i = 0; i < d->conf->nuplinks; i++) {
		if (!plan_carries(d, i))
			continue;
		n = snprintf(buf + at, len - at, "%s%s", at > 0 ? ", " : "",
		    d->conf->uplinks[i].name);
		if (n < 0 || (size_t)n >= len - at)
			return;
		at += (size_t)n;
	}
}
