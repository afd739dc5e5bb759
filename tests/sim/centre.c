/* SPDX-License-Identifier: ISC */
/*
 * centre: what stands between a worker's word and the kernel: the dispatcher
 * (steps, plan, what its journal would give back) and the parent (router, its
 * timers).  No decision is made here; the order of calls is the daemon's.
 */
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/must.h"
#include "tests/sim/sim.h"

#define SOON	(20 * NS_PER_MS)	/* as in dispatcher/parent_net.c */
/* As in dispatcher/dispatch_event.c. */
#define STALE	(5 * NS_PER_S)
#define DIFFERS_MAX	3
#define START_GRACE	(10 * NS_PER_S)

/* ---- parent ---- */

static void
account(struct sim *s, const struct router_result *res)
{
	struct keeper *k = &s->keeper;
	char e[ERR_TEXT_MAX];

	k->writes += res->writes;
	k->refused += res->refused;
	k->err = res->err;
	if (res->err != 0)
		sim_say(s, "kernel refuses: %s: %s", res->text,
		    err_text(res->err, e));
	check_after_write(s);
}

static void
compare(struct sim *s, bool regular)
{
	struct router_result res;

	check_before_write(s);
	router_resync(s->keeper.router, &res);
	if (regular)
		check_idle(s, &res);
	account(s, &res);
}

static void
resync_fired(struct timer *t, int64_t now_ns)
{
	struct sim *s = t->arg;

	compare(s, true);
	MUST(timers_set(s->timers, t, now_ns + s->conf->routing.resync_ns) ==
	    0);
}

static void
soon_fired(struct timer *t, int64_t now_ns)
{
	(void)now_ns;
	compare(t->arg, false);
}

void
keeper_notices(struct sim *s)
{
	struct keeper *k = &s->keeper;
	struct sys_notice note;
	bool any = false;
	int rc;

	if (k->router == NULL)
		return;
	while ((rc = sys_watch_next(k->sys, &note)) == 1)
		any = true;
	if (!any && rc == 0)
		return;
	router_dirty(k->router);
	if (k->soon.pos == 0)
		MUST(timers_set(s->timers, &k->soon, s->now_ns + SOON) == 0);
}

int
keeper_start(struct sim *s)
{
	struct keeper *k = &s->keeper;
	int fd, rc;

	k->resync.fire = resync_fired;
	k->soon.fire = soon_fired;
	k->resync.arg = k->soon.arg = s;
	snprintf(k->saved, sizeof(k->saved), "%s/default.saved", s->dir);
	rc = sys_open(&k->sys);
	if (rc == 0)
		rc = sys_watch(k->sys, SYS_WATCH_LINKS | SYS_WATCH_ROUTES,
		    &fd);
	if (rc == 0)
		rc = router_new(s->conf, k->sys, k->saved, &k->router);
	if (rc != 0) {
		sim_fail(s, "the parent does not start: %d", rc);
		return rc;
	}
	resync_fired(&k->resync, s->now_ns);
	return 0;
}

void
keeper_stop(struct sim *s)
{
	struct keeper *k = &s->keeper;

	timers_clear(s->timers, &k->resync);
	timers_clear(s->timers, &k->soon);
	router_free(&k->router);
	sys_close(&k->sys);
}

/* ---- dispatcher ---- */

static void
plan_update(struct sim *s)
{
	struct centre *c = &s->centre;
	enum plan_standing standing[CONF_UPLINKS_MAX];
	struct router_result res;
	struct plan plan;
	char text[200];
	size_t n;

	for (n = 0; n < s->conf->nuplinks; n++)
		standing[n] = uplink_standing(&c->up[n]);
	plan_make(s->conf, standing, &plan);
	if (c->planned && plan_eq(&plan, &c->plan))
		return;
	c->plan = plan;
	c->planned = true;
	sim_say(s, "plan: %s", plan_text(s->conf, &plan, text, sizeof(text)));
	if (plan_check(s->conf, &plan) != 0)
		sim_fail(s, "the parent would refuse its plan");
	/* It waits in the socket for a parent that is not there. */
	if (s->keeper.router == NULL)
		return;
	check_before_write(s);
	router_apply(s->keeper.router, &plan, &res);
	account(s, &res);
}

static bool
is_alone(const struct sim *s, size_t uplink)
{
	size_t n;

	for (n = 0; n < s->conf->nuplinks; n++)
		if (n != uplink &&
		    uplink_standing(&s->centre.up[n]) != PLAN_BAD)
			return false;
	return true;
}

static void
note_change(struct sim *s, size_t n, enum level before, unsigned want)
{
	struct centre *c = &s->centre;

	if ((want & UPLINK_WANT_JOBS) != 0)
		c->jobs[n]++;
	if (c->up[n].level == before)
		return;
	record_event(s, n, before);
	/* The first word after a start is no change of anything. */
	if (before != LEVEL_UNKNOWN || c->past[n] != 0)
		c->events[n]++;
	c->past[n] = c->up[n].level;
	c->past_before[n] = before;
	c->past_ns[n] = s->now_ns;
	c->past_cause[n] = c->up[n].cause;
	sim_say(s, "uplink %s: %s -> %s (cause=%s)", s->conf->uplinks[n].name,
	    level_name(before), level_name(c->up[n].level),
	    cause_name(c->up[n].cause));
}

static void
set_due(struct sim *s)
{
	int64_t due = CLOCK_NEVER, next;
	size_t n;

	for (n = 0; n < s->conf->nuplinks; n++) {
		next = uplink_due(&s->centre.up[n]);
		due = next < due ? next : due;
	}
	if (due == CLOCK_NEVER)
		timers_clear(s->timers, &s->centre.due);
	else
		MUST(timers_set(s->timers, &s->centre.due, due) == 0);
}

static unsigned
tick_all(struct sim *s, size_t but)
{
	struct centre *c = &s->centre;
	enum level before;
	unsigned want, all = 0;
	size_t n;

	for (n = 0; n < s->conf->nuplinks; n++) {
		if (n == but)
			continue;
		before = c->up[n].level;
		want = uplink_tick(&c->up[n], is_alone(s, n), s->now_ns);
		note_change(s, n, before, want);
		all |= want;
	}
	return all;
}

static void
tick(struct sim *s, size_t but)
{
	if ((tick_all(s, but) & UPLINK_WANT_PLAN) != 0)
		plan_update(s);
	set_due(s);
}

static void
due_fired(struct timer *t, int64_t now_ns)
{
	(void)now_ns;
	tick(t->arg, SIZE_MAX);
}

static void
take(struct sim *s, const struct word *w)
{
	struct centre *c = &s->centre;
	struct uplink *u = &c->up[w->uplink];
	enum level before = u->level;
	unsigned want;

	c->differs[w->uplink] = 0;
	want = uplink_step(u, w->level, w->cause, is_alone(s, w->uplink),
	    s->now_ns);
	if ((want & UPLINK_WANT_PLAN) != 0)
		plan_update(s);
	note_change(s, w->uplink, before, want);
	if (u->level != before && (want & UPLINK_WANT_PLAN) != 0)
		tick(s, w->uplink);
	set_due(s);
}

/* The level repeated: one that contradicts again and again is right. */
void
centre_heartbeat(struct sim *s, size_t uplink, enum level level,
    enum cause cause)
{
	struct centre *c = &s->centre;
	struct uplink *u = &c->up[uplink];
	struct word w = { uplink, level, cause };

	if (!c->running)
		return;
	c->heard_ns[uplink] = s->now_ns;
	if (level == LEVEL_UNKNOWN && cause == CAUSE_NONE)
		return;
	if (level != u->probed && u->probed_cause != CAUSE_STALE &&
	    ++c->differs[uplink] < DIFFERS_MAX)
		return;
	take(s, &w);
}

/* Silence is `unknown`. */
static void
second_fired(struct timer *t, int64_t now_ns)
{
	struct sim *s = t->arg;
	struct centre *c = &s->centre;
	struct word w = { 0, LEVEL_UNKNOWN, CAUSE_STALE };

	for (w.uplink = 0; w.uplink < s->conf->nuplinks; w.uplink++)
		if (now_ns - c->heard_ns[w.uplink] >= STALE &&
		    c->up[w.uplink].probed_cause != CAUSE_STALE)
			take(s, &w);
	MUST(timers_set(s->timers, t, now_ns + NS_PER_S) == 0);
}

void
centre_tell(struct sim *s, size_t uplink, enum level level, enum cause cause)
{
	struct centre *c = &s->centre;
	struct word w = { uplink, level, cause };

	if (c->running) {
		c->heard_ns[uplink] = s->now_ns;
		take(s, &w);
		return;
	}
	/* The worker keeps it until it is acknowledged. */
	if (c->nbacklog == SIM_BACKLOG) {
		sim_fail(s, "too many events wait for the dispatcher");
		return;
	}
	c->backlog[c->nbacklog++] = w;
}

void
centre_advise(struct sim *s, size_t uplink, size_t advisor, enum level level)
{
	struct centre *c = &s->centre;
	struct uplink *u = &c->up[uplink];
	enum level before = u->level;
	unsigned want;

	/* uplinkctl tries again until the dispatcher has taken it. */
	c->past_opinion[uplink][advisor] = level;
	c->past_opinion_ns[uplink][advisor] = s->now_ns;
	if (!c->running)
		return;
	want = uplink_advise(u, advisor, level, is_alone(s, uplink),
	    s->now_ns);
	if ((want & UPLINK_WANT_PLAN) != 0)
		plan_update(s);
	note_change(s, uplink, before, want);
	if ((want & UPLINK_WANT_PLAN) != 0)
		tick(s, SIZE_MAX);
	set_due(s);
}

static void
start_fired(struct timer *t, int64_t now_ns)
{
	(void)now_ns;
	centre_start(t->arg);
}

/* What the journal gives back. */
static void
restore(struct sim *s, size_t n)
{
	struct centre *c = &s->centre;
	const struct conf_uplink *conf = &s->conf->uplinks[n];
	int64_t until;
	size_t a;

	if (c->past[n] != 0)
		uplink_restore(&c->up[n], c->past[n], c->past_cause[n],
		    s->now_ns);
	if (c->past_before[n] == LEVEL_DOWN)
		uplink_restore_hold(&c->up[n], s->now_ns - c->past_ns[n],
		    s->now_ns);
	for (a = 0; a < conf->nadvisors; a++) {
		until = c->past_opinion_ns[n][a] + conf->advisors[a].ttl_ns;
		if (until <= s->now_ns)
			continue;
		c->up[n].opinion[a].level =
		    c->past_opinion[n][a] == LEVEL_UNKNOWN ? 0 :
		    c->past_opinion[n][a];
		c->up[n].opinion[a].until_ns = until;
	}
}

void
centre_start(struct sim *s)
{
	struct centre *c = &s->centre;
	size_t n;

	c->due.fire = due_fired;
	c->start.fire = start_fired;
	c->second.fire = second_fired;
	c->due.arg = c->start.arg = c->second.arg = s;
	MUST(timers_set(s->timers, &c->second, s->now_ns + NS_PER_S) == 0);
	for (n = 0; n < s->conf->nuplinks; n++) {
		uplink_init(&c->up[n], &s->conf->uplinks[n], s->now_ns);
		restore(s, n);
		c->heard_ns[n] = s->now_ns + START_GRACE;
		c->differs[n] = 0;
	}
	c->running = true;
	c->planned = false;
	plan_update(s);
	for (n = 0; n < c->nbacklog && !s->failed; n++)
		take(s, &c->backlog[n]);
	c->nbacklog = 0;
	set_due(s);
}

void
centre_stop(struct sim *s, int64_t back_ns)
{
	s->centre.running = false;
	timers_clear(s->timers, &s->centre.due);
	timers_clear(s->timers, &s->centre.second);
	MUST(timers_set(s->timers, &s->centre.start, s->now_ns + back_ns) ==
	    0);
}
