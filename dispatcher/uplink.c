/* SPDX-License-Identifier: ISC */
/*
 * uplink: the state of one uplink and its only writer.  What a level does in
 * a state is the table `rules`; enter() is the one door into a state, sets the
 * hold and the times.  `unknown` is shown but decides nothing: the state, and
 * with it the routing, stays as the last decided level made it.
 */
#include "dispatcher/uplink.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/must.h"

struct rule {
	enum uplink_state	next;	/* 0 = the cell was forgotten */
	unsigned		want;
};

#define PLAN	UPLINK_WANT_PLAN
#define JOBS	UPLINK_WANT_JOBS
#define TIMER	UPLINK_WANT_TIMER

/*
 * A start finds the line as the administrator left it: `up` then is no news
 * for anybody, `down` is.  HOLD is entered from DOWN only.
 */
static const struct rule rules[UPLINK_NSTATE][UPLINK_NINPUT] = {
	[UPLINK_START] = {
		[UPLINK_IN_UP]		= { UPLINK_UP, PLAN },
		[UPLINK_IN_DEGRADED]	= { UPLINK_DEGRADED, PLAN | JOBS },
		[UPLINK_IN_DOWN]	= { UPLINK_DOWN, PLAN | JOBS },
		[UPLINK_IN_UNKNOWN]	= { UPLINK_START, 0 },
		[UPLINK_IN_HOLD_OVER]	= { UPLINK_START, 0 },
	},
	[UPLINK_UP] = {
		[UPLINK_IN_UP]		= { UPLINK_UP, 0 },
		[UPLINK_IN_DEGRADED]	= { UPLINK_DEGRADED, JOBS },
		[UPLINK_IN_DOWN]	= { UPLINK_DOWN, PLAN | JOBS },
		[UPLINK_IN_UNKNOWN]	= { UPLINK_UP, JOBS },
		[UPLINK_IN_HOLD_OVER]	= { UPLINK_UP, 0 },
	},
	[UPLINK_DEGRADED] = {
		[UPLINK_IN_UP]		= { UPLINK_UP, JOBS },
		[UPLINK_IN_DEGRADED]	= { UPLINK_DEGRADED, 0 },
		[UPLINK_IN_DOWN]	= { UPLINK_DOWN, PLAN | JOBS },
		[UPLINK_IN_UNKNOWN]	= { UPLINK_DEGRADED, JOBS },
		[UPLINK_IN_HOLD_OVER]	= { UPLINK_DEGRADED, 0 },
	},
	[UPLINK_DOWN] = {
		[UPLINK_IN_UP]		= { UPLINK_HOLD, PLAN | JOBS | TIMER },
		[UPLINK_IN_DEGRADED]	= { UPLINK_HOLD, PLAN | JOBS | TIMER },
		[UPLINK_IN_DOWN]	= { UPLINK_DOWN, 0 },
		[UPLINK_IN_UNKNOWN]	= { UPLINK_DOWN, JOBS },
		[UPLINK_IN_HOLD_OVER]	= { UPLINK_DOWN, 0 },
	},
	[UPLINK_HOLD] = {
		[UPLINK_IN_UP]		= { UPLINK_HOLD, JOBS },
		[UPLINK_IN_DEGRADED]	= { UPLINK_HOLD, JOBS },
		[UPLINK_IN_DOWN]	= { UPLINK_DOWN, PLAN | JOBS },
		[UPLINK_IN_UNKNOWN]	= { UPLINK_HOLD, JOBS },
		[UPLINK_IN_HOLD_OVER]	= { UPLINK_UP, PLAN },
	},
};

static enum uplink_input
input_of(enum level level)
{
	switch (level) {
	case LEVEL_UP:
		return UPLINK_IN_UP;
	case LEVEL_DEGRADED:
		return UPLINK_IN_DEGRADED;
	case LEVEL_DOWN:
		return UPLINK_IN_DOWN;
	case LEVEL_UNKNOWN:
		break;
	}
	return UPLINK_IN_UNKNOWN;
}

#define QUIET	(3600 * NS_PER_S)	/* without an outage */

int64_t
uplink_hold(const struct uplink *u)
{
	int64_t hold = u->conf->probe.hold_ns;
	int64_t most = u->conf->probe.hold_max_ns;
	unsigned i;

	for (i = 0; i < u->flaps && hold < most; i++)
		hold = hold * 2 < most ? hold * 2 : most;
	return hold;
}

/*
 * Outages that follow each other are one trouble: the line is trusted less
 * each time, and more again after a while without.  What would not make the
 * hold longer is not counted, or it would have to be outlived as well.
 */
static void
count_flap(struct uplink *u, int64_t now_ns)
{
	int64_t quiet = now_ns - u->outage_end_ns;
	int64_t hours = quiet / QUIET;

	if (u->outage_end_ns == 0)
		return;
	u->flaps = hours < (int64_t)u->flaps ? u->flaps - (unsigned)hours : 0;
	if (hours == 0 && u->conf->probe.hold_ns > 0 &&
	    uplink_hold(u) < u->conf->probe.hold_max_ns)
		u->flaps++;
}

static void
enter(struct uplink *u, enum uplink_state next, int64_t now_ns)
{
	/* A hold of nothing is no state; a degraded line leaves it degraded. */
	if (next == UPLINK_HOLD && u->state != UPLINK_HOLD &&
	    u->conf->probe.hold_ns == 0)
		next = UPLINK_UP;
	if (next == UPLINK_UP && u->told == LEVEL_DEGRADED)
		next = UPLINK_DEGRADED;
	if (next == u->state)
		return;
	if (next == UPLINK_DOWN) {
		u->down_ns = now_ns;
		count_flap(u, now_ns);
	} else if (u->state == UPLINK_DOWN) {
		u->down_ns = 0;
		u->outage_end_ns = now_ns;
	}
	u->hold_until_ns = next == UPLINK_HOLD ? now_ns + uplink_hold(u) :
	    CLOCK_NEVER;
	u->state = next;
}

static unsigned
apply(struct uplink *u, enum uplink_input in, int64_t now_ns)
{
	const struct rule *rule = &rules[u->state][in];

	MUST(rule->next != 0);
	enter(u, rule->next, now_ns);
	return rule->want;
}

/*
 * The level that counts: what the probes say, unless an advisor who may
 * decide or veto has a live opinion.  Of several, the worst one counts.
 */
static void
effective(const struct uplink *u, bool alone, int64_t now_ns,
    enum level *level, enum cause *cause)
{
	const struct uplink_opinion *o;
	const struct conf_advisor *a;
	enum level said = 0;
	size_t i;

	for (i = 0; i < u->conf->nadvisors && i < UPLINK_ADVISORS_MAX; i++) {
		a = &u->conf->advisors[i];
		o = &u->opinion[i];
		if (o->level == 0 || o->until_ns <= now_ns ||
		    a->authority == CONF_INFORM)
			continue;
		if (a->authority == CONF_VETO && o->level != LEVEL_DOWN)
			continue;
		if (o->level > said)
			said = o->level;
	}
	*level = u->probed;
	*cause = u->probed_cause;
	if (said == 0 || said == u->probed)
		return;
	if (said == LEVEL_DOWN && alone)
		return;
	*level = said;
	*cause = CAUSE_ADVISOR;
}

static unsigned
settle(struct uplink *u, bool alone, int64_t now_ns)
{
	enum level level;
	enum cause cause;
	unsigned want;

	effective(u, alone, now_ns, &level, &cause);
	u->cause = cause;
	if (level == u->level)
		return 0;
	u->level = level;
	u->since_ns = now_ns;
	if (level == LEVEL_UNKNOWN)
		return apply(u, UPLINK_IN_UNKNOWN, now_ns);
	/* Back from unknown to what was known: no news. */
	if (level == u->told && u->state != UPLINK_START)
		return 0;
	u->told = level;
	want = apply(u, input_of(level), now_ns);
	return want;
}

void
uplink_init(struct uplink *u, const struct conf_uplink *conf, int64_t now_ns)
{
	memset(u, 0, sizeof(*u));
	u->conf = conf;
	u->state = UPLINK_START;
	u->level = u->probed = LEVEL_UNKNOWN;
	u->cause = u->probed_cause = CAUSE_NONE;
	u->since_ns = now_ns;
	u->hold_until_ns = CLOCK_NEVER;
}

void
uplink_restore(struct uplink *u, enum level level, enum cause cause,
    int64_t now_ns)
{
	if (level == LEVEL_UNKNOWN)
		return;
	u->level = u->told = u->probed = level;
	u->cause = u->probed_cause = cause;
	u->since_ns = now_ns;
	u->state = level == LEVEL_UP ? UPLINK_UP :
	    level == LEVEL_DEGRADED ? UPLINK_DEGRADED : UPLINK_DOWN;
	u->down_ns = level == LEVEL_DOWN ? now_ns : 0;
}

void
uplink_restore_hold(struct uplink *u, int64_t ago_ns, int64_t now_ns)
{
	int64_t left_ns = u->conf->probe.hold_ns - ago_ns;

	/* A wall clock that was set back must not make a hold longer. */
	if (u->state == UPLINK_DOWN || ago_ns < 0 || left_ns <= 0)
		return;
	u->state = UPLINK_HOLD;
	u->hold_until_ns = now_ns + left_ns;
}

unsigned
uplink_step(struct uplink *u, enum level level, enum cause cause, bool alone,
    int64_t now_ns)
{
	u->probed = level;
	u->probed_cause = cause;
	return settle(u, alone, now_ns);
}

unsigned
uplink_advise(struct uplink *u, size_t advisor, enum level level, bool alone,
    int64_t now_ns)
{
	struct uplink_opinion *o;

	MUST(advisor < u->conf->nadvisors && advisor < UPLINK_ADVISORS_MAX);
	o = &u->opinion[advisor];
	o->level = level == LEVEL_UNKNOWN ? 0 : level;
	o->until_ns = now_ns + u->conf->advisors[advisor].ttl_ns;
	return settle(u, alone, now_ns);
}

unsigned
uplink_tick(struct uplink *u, bool alone, int64_t now_ns)
{
	unsigned want = 0;
	size_t i;

	for (i = 0; i < UPLINK_ADVISORS_MAX; i++)
		if (u->opinion[i].level != 0 &&
		    u->opinion[i].until_ns <= now_ns)
			u->opinion[i].level = 0;
	want |= settle(u, alone, now_ns);
	if (u->hold_until_ns <= now_ns)
		want |= apply(u, UPLINK_IN_HOLD_OVER, now_ns);
	return want;
}

int64_t
uplink_due(const struct uplink *u)
{
	int64_t due = u->hold_until_ns;
	size_t i;

	for (i = 0; i < UPLINK_ADVISORS_MAX; i++)
		if (u->opinion[i].level != 0 && u->opinion[i].until_ns < due)
			due = u->opinion[i].until_ns;
	return due;
}

enum plan_standing
uplink_standing(const struct uplink *u)
{
	switch (u->state) {
	case UPLINK_DOWN:
		return PLAN_BAD;
	case UPLINK_HOLD:
		return PLAN_HELD;
	default:
		return PLAN_GOOD;
	}
}
