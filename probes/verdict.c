/* SPDX-License-Identifier: ISC */
/*
 * verdict: counts rounds in the two orders that matter.  `fall` looks at the
 * newest passed round, whatever is still open before it: a line that answers
 * is alive.  `rise` takes rounds strictly in their order, so that a loss that
 * is not yet timed out cannot be overlooked.
 */
#include "probes/verdict.h"

#include <string.h>

#include "lib/must.h"

static uint8_t *
slot(struct verdict *v, uint64_t number)
{
	return &v->window[number % VERDICT_WINDOW];
}

/*
 * The one door into a level.  Passed rounds of before a fall are no part of
 * the rise: one older than the failures may still be open and hold them back
 * from their turn in retire().
 */
static bool
enter(struct verdict *v, enum level level, enum cause cause, int64_t now_ns)
{
	bool changed = level != v->level ||
	    (level == LEVEL_DOWN && cause != v->cause);

	if (level != v->level) {
		v->since_ns = now_ns;
		v->passes = 0;
		v->broken = false;
	}
	v->level = level;
	v->cause = cause;
	return changed;
}

void
verdict_init(struct verdict *v, const struct conf_probe *conf, int64_t now_ns)
{
	memset(v, 0, sizeof(*v));
	v->conf = conf;
	v->level = LEVEL_UNKNOWN;
	v->cause = CAUSE_NONE;
	v->since_ns = now_ns;
	v->next = v->oldest = 1;
	v->failing = CAUSE_FAR;
	/* Until the kernel has been asked, nothing speaks against the link. */
	v->link.present = v->link.carrier = v->link.address = true;
}

uint64_t
verdict_open(struct verdict *v)
{
	if (v->next - v->oldest >= VERDICT_WINDOW)
		return 0;
	*slot(v, v->next) = 0;
	return v->next++;
}

static unsigned
votes(const struct tally *t)
{
	return t->ok + t->lost + t->open + t->idle;
}

static bool
configured(const struct tally *t)
{
	return votes(t) + t->cannot > 0;
}

static enum outcome
judge_far(const struct conf_probe *conf, const struct tally *t)
{
	unsigned need = votes(t);

	if (need == 0)
		return OUTCOME_CANNOT;
	if (conf->require_far != CONF_FAR_ALL &&
	    (unsigned)conf->require_far < need)
		need = (unsigned)conf->require_far;
	if (t->ok >= need)
		return OUTCOME_PASS;
	if (t->ok + t->open + t->idle < need)
		return OUTCOME_FAIL;
	if (t->open > 0)
		return 0;
	return t->lost > 0 && t->ok + t->idle_ok < need ? OUTCOME_FAIL :
	    OUTCOME_SKIP;
}

static enum outcome
judge_gateway(const struct tally *t)
{
	if (votes(t) == 0)
		return OUTCOME_CANNOT;
	if (t->ok > 0)
		return OUTCOME_PASS;
	if (t->open > 0)
		return 0;
	if (t->idle == 0)
		return OUTCOME_FAIL;
	return t->lost > 0 && t->idle_ok == 0 ? OUTCOME_FAIL : OUTCOME_SKIP;
}

enum outcome
verdict_judge(const struct conf_probe *conf, const struct round_tally *r,
    enum cause *failing)
{
	bool use_far = configured(&r->far);
	bool use_gateway = configured(&r->gateway) &&
	    (conf->require_gateway || !use_far);
	enum outcome far = use_far ? judge_far(conf, &r->far) :
	    OUTCOME_CANNOT;
	enum outcome gw = use_gateway ? judge_gateway(&r->gateway) :
	    OUTCOME_CANNOT;
	enum outcome seen = judge_gateway(&r->gateway);

	/* Not even the gateway: nobody's last word holds against that. */
	if (far == OUTCOME_SKIP && r->far.lost > 0 && r->far.ok == 0) {
		if (seen == 0)
			return 0;
		if (seen == OUTCOME_FAIL)
			far = OUTCOME_FAIL;
	}
	if (far == OUTCOME_FAIL || gw == OUTCOME_FAIL) {
		/* Who is to blame is only known when the gateway has spoken. */
		if (configured(&r->gateway) && seen == 0)
			return 0;
		*failing = seen == OUTCOME_FAIL ? CAUSE_GATEWAY : CAUSE_FAR;
		return OUTCOME_FAIL;
	}
	if (far == 0 || gw == 0)
		return 0;
	if (far == OUTCOME_SKIP || gw == OUTCOME_SKIP ||
	    (!use_far && !use_gateway))
		return OUTCOME_SKIP;
	if (far == OUTCOME_CANNOT && gw == OUTCOME_CANNOT)
		return OUTCOME_CANNOT;
	return OUTCOME_PASS;
}

static bool
is_final(uint8_t outcome)
{
	return outcome != 0 && outcome != OUTCOME_OVERDUE;
}

/* Rounds that are decided leave in their order. */
static void
retire(struct verdict *v)
{
	for (; v->oldest < v->next && is_final(*slot(v, v->oldest)); v->oldest++)
		switch (*slot(v, v->oldest)) {
		case OUTCOME_PASS:
			v->passes++;
			break;
		case OUTCOME_FAIL:
			v->broken |= v->passes > 0;
			v->passes = 0;
			break;
		default:
			break;
		}
}

static void
count_pass(struct verdict *v, uint64_t number)
{
	uint64_t n;

	if (number <= v->passed)
		return;
	v->passed = number;
	v->fails = 0;
	for (n = number + 1; n < v->next; n++)
		v->fails += *slot(v, n) == OUTCOME_FAIL ||
		    *slot(v, n) == OUTCOME_OVERDUE;
}

static bool
decide(struct verdict *v, enum outcome outcome, int64_t now_ns)
{
	/* Without a link samples are echoes of the past. */
	if (!v->link.present || !v->link.carrier)
		return false;
	if (v->fails >= v->conf->fall && (v->level == LEVEL_DOWN ||
	    v->may_fall == NULL || v->may_fall(v->arg, now_ns)))
		return enter(v, LEVEL_DOWN, v->failing, now_ns);
	/* fails == 0: no newer round speaks against this one. */
	if (v->level == LEVEL_UNKNOWN && outcome == OUTCOME_PASS &&
	    v->fails == 0 && v->link.address)
		return enter(v, LEVEL_UP, CAUSE_NONE, now_ns);
	if (v->level == LEVEL_DOWN && v->passes >= v->conf->rise &&
	    v->link.address)
		return enter(v, LEVEL_UP, CAUSE_NONE, now_ns);
	/* A line that is down stays so: `rise` is not dodged. */
	if (v->level != LEVEL_DOWN && v->cannots >= v->conf->fall)
		return enter(v, LEVEL_UNKNOWN, CAUSE_ADDRESS, now_ns);
	return false;
}

static void
count_fail(struct verdict *v, uint64_t number, enum cause failing)
{
	if (number > v->failed)
		v->failed = number;
	if (number <= v->passed)
		return;
	v->fails++;
	if (number == v->failed)
		v->failing = failing;
}

bool
verdict_round(struct verdict *v, uint64_t number, enum outcome outcome,
    enum cause failing, int64_t now_ns)
{
	bool overdue;

	if (number < v->oldest || number >= v->next ||
	    is_final(*slot(v, number)))
		return false;
	overdue = *slot(v, number) == OUTCOME_OVERDUE;
	*slot(v, number) = (uint8_t)outcome;
	/* What was presumed is taken back. */
	if (overdue && number > v->passed && v->fails > 0)
		v->fails--;
	if (outcome == OUTCOME_CANNOT)
		v->cannots++;
	else if (outcome != OUTCOME_SKIP)
		v->cannots = 0;
	if (outcome == OUTCOME_PASS)
		count_pass(v, number);
	if (outcome == OUTCOME_FAIL)
		count_fail(v, number, failing);
	retire(v);
	return decide(v, outcome, now_ns);
}

bool
verdict_overdue(struct verdict *v, uint64_t number, enum cause failing,
    int64_t now_ns)
{
	if (number < v->oldest || number >= v->next || *slot(v, number) != 0)
		return false;
	*slot(v, number) = OUTCOME_OVERDUE;
	count_fail(v, number, failing);
	return decide(v, OUTCOME_FAIL, now_ns);
}

bool
verdict_retry(struct verdict *v, int64_t now_ns)
{
	return decide(v, OUTCOME_SKIP, now_ns);
}

void
verdict_forgive(struct verdict *v)
{
	v->passed = v->next - 1;
	v->fails = 0;
}

bool
verdict_link(struct verdict *v, const struct link_state *link, int64_t now_ns)
{
	bool had = v->link.present && v->link.carrier;
	bool has = link->present && link->carrier;

	v->link = *link;
	if (had != has) {
		/*
		 * What was counted before belongs to another life, and what
		 * was sent into a dead link proves nothing of the new one.
		 */
		v->passes = v->fails = v->cannots = 0;
		v->broken = false;
		verdict_forget(v);
	}
	if (!has)
		return enter(v, LEVEL_DOWN, CAUSE_CARRIER, now_ns);
	if (!link->address && v->level != LEVEL_DOWN)
		return enter(v, LEVEL_UNKNOWN, CAUSE_ADDRESS, now_ns);
	return false;
}

void
verdict_forget(struct verdict *v)
{
	v->oldest = v->next;
}

int64_t
verdict_pace(const struct verdict *v)
{
	bool doubt;

	switch (v->level) {
	case LEVEL_DOWN:
		doubt = v->passes > 0 && !v->broken;
		break;
	case LEVEL_UNKNOWN:
		doubt = true;
		break;
	default:
		doubt = v->fails > 0 || v->cannots > 0;
	}
	if (doubt && v->conf->confirm_ns < v->conf->interval_ns)
		return v->conf->confirm_ns;
	return v->conf->interval_ns;
}
