/* SPDX-License-Identifier: ISC */
/*
 * dispatch_flows: remembers for which line something has happened that its
 * connections may be ended for, asks flow_policy each time the loop has turned,
 * and starts the job.  So the order is: the event, the routes, the parent's
 * word that the kernel has them, the job's entry on disk, the job.  The job is
 * of the event whose addresses the line had before: that outlasts a restart.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatcher/dispatch.h"
#include "lib/clock.h"
#include "lib/log.h"

static void
begin(struct dispatch *d, size_t i, enum flow_trigger trigger,
    int64_t since_ns)
{
	struct station *st = &d->stations[i];

	if (flow_policy_of(&st->up.conf->flows, trigger)->policy ==
	    OPTION_FLOWS_KEEP)
		return;
	st->flows[trigger] = (struct flow_wait){ true, since_ns };
}

static void
key_of(const struct dispatch *d, size_t i, char *buf, size_t len)
{
	snprintf(buf, len, "flows/%s", d->conf->uplinks[i].name);
}

void
flows_event(struct dispatch *d, size_t i, const struct event *ev)
{
	struct station *st = &d->stations[i];
	int64_t now_ns = clock_mono_ns();
	char key[JOB_KEY_MAX];

	if (ev->level == ev->previous || ev->level == LEVEL_UNKNOWN)
		return;
	if (ev->level == LEVEL_DOWN) {
		/* Not when it was only not known for a while. */
		if (st->down_wall_ms == 0)
			begin(d, i, FLOW_DOWN, now_ns);
	} else if (st->down_wall_ms != 0) {
		key_of(d, i, key, sizeof(key));
		jobs_drop(d, "flow", key);
		begin(d, i, FLOW_UP, now_ns);
	}
}

static bool
is_in(const struct plan *plan, size_t i)
{
	return plan->carry[NET_V4][i] != 0 || plan->carry[NET_V6][i] != 0;
}

static bool
lower_carries(const struct dispatch *d, const struct plan *plan, size_t i)
{
	size_t k;

	for (k = 0; k < d->conf->nuplinks; k++)
		if (is_in(plan, k) && d->conf->uplinks[k].tier <
		    d->conf->uplinks[i].tier)
			return true;
	return false;
}

void
flows_plan(struct dispatch *d, const struct plan *next,
    const enum plan_standing *standing)
{
	size_t i;

	for (i = 0; i < d->conf->nuplinks; i++)
		if (is_in(&d->plan, i) && !is_in(next, i) &&
		    standing[i] != PLAN_BAD && lower_carries(d, next, i))
			begin(d, i, FLOW_IDLE, clock_mono_ns());
}

/*
 * Of the outage, if there was one that is known; a line that only carries no
 * longer has none of its own to tell of, so the newest of all events is it.
 */
static const struct station *
event_of(const struct dispatch *d, size_t i, enum flow_trigger trigger)
{
	const struct station *st = &d->stations[i];

	if (trigger != FLOW_IDLE)
		return st;
	for (i = 0; i < d->conf->nuplinks; i++)
		if (d->stations[i].last_event > st->last_event)
			st = &d->stations[i];
	return st;
}

static void
start(struct dispatch *d, size_t i, enum flow_trigger trigger,
    enum power_flows_which which)
{
	const struct station *st = event_of(d, i, trigger);
	const struct msg *m = trigger == FLOW_IDLE ? &st->last_msg :
	    &st->down_msg;
	uint64_t id = trigger == FLOW_IDLE ? st->last_event : st->down_event;
	struct journal_op *op = entry_new("", &m->head);
	struct job *j = op == NULL ? NULL : job_new(d, i, m, id);

	if (j == NULL) {
		log_err("action flows/%s: not run: no memory",
		    d->conf->uplinks[i].name);
		if (op != NULL)
			entry_drop(&op);
		return;
	}
	j->what = POWER_FLOWS;
	j->index = which;
	job_name(j, "flows", "flow");
	j->timeout_ns = FLOWS_TIME;
	j->tries_max = 1;
	op->kind = JOURNAL_JOBS;
	op->event_id = id;
	if (jobs_add(op, j) == 0)
		log_info("action flows/%s: due (trigger=%s%s)",
		    d->conf->uplinks[i].name, flow_trigger_name(trigger),
		    which == POWER_FLOWS_OLD ? " address=changed" : "");
	entry_submit(d, op);
}

static enum flow_route
route_now(const struct dispatch *d)
{
	if (d->plan_done < d->plan_number)
		return FLOW_ROUTE_PENDING;
	return d->plan_err == 0 ? FLOW_ROUTE_DONE : FLOW_ROUTE_FAILED;
}

static void
look(struct dispatch *d, size_t i, enum flow_trigger trigger, int64_t now_ns)
{
	static const struct event_addrs none;
	struct station *st = &d->stations[i];
	struct flow_case c = { .trigger = trigger,
	    .policy = *flow_policy_of(&st->up.conf->flows, trigger),
	    .route = route_now(d), .down = st->up.state == UPLINK_DOWN,
	    .carries = is_in(&d->plan, i),
	    .others = flow_others(&d->plan, NET_V4, i) ||
		flow_others(&d->plan, NET_V6, i),
	    .age_ns = now_ns - st->flows[trigger].since_ns };
	const char *why;
	enum flow_do what;

	c.address = flow_address(&st->down_msg.u.event.addrs,
	    st->addressed ? &st->addrs : &none);
	what = flow_decide(&c, &why);
	if (what == FLOW_WAIT)
		return;
	st->flows[trigger].on = false;
	if (what == FLOW_NOTHING)
		log_info("action flows/%s: none killed: %s (trigger=%s)",
		    st->up.conf->name, why != NULL ? why : "as configured",
		    flow_trigger_name(trigger));
	else
		start(d, i, trigger, what == FLOW_KILL ? POWER_FLOWS_ALL :
		    POWER_FLOWS_OLD);
}

void
flows_look(struct dispatch *d, int64_t now_ns)
{
	enum flow_trigger t;
	size_t i;

	for (i = 0; i < d->conf->nuplinks; i++)
		for (t = 0; t < FLOW_NTRIGGER; t++)
			if (d->stations[i].flows[t].on)
				look(d, i, t, now_ns);
}

void
flows_restore(struct dispatch *d, size_t i, bool flowed)
{
	const struct station *st = &d->stations[i];
	int64_t age_ns = (clock_wall_ms() - st->down_wall_ms) * NS_PER_MS;

	/* As much of its time as has passed counts. */
	if (st->up.state == UPLINK_DOWN && !flowed)
		begin(d, i, FLOW_DOWN, clock_mono_ns() -
		    (age_ns > 0 ? age_ns : 0));
}
