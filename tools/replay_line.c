/* SPDX-License-Identifier: ISC */
/*
 * replay_line: one uplink: what the recording says goes to its judge, what
 * the judge says to its state, and that to the plan, in the daemon's order.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/must.h"
#include "tools/replay_part.h"

/* Two clocks of one moment: of a sample, and of what it led to. */
#define DEAF_SINCE	(100 * NS_PER_MS)

/* ---- who carries */

static bool
plan_update(struct replay *r)
{
	enum plan_standing standing[CONF_UPLINKS_MAX];
	struct plan plan;
	bool changed = false, carries;
	size_t i;

	for (i = 0; i < r->conf->nuplinks; i++)
		standing[i] = uplink_standing(&r->lines[i].up);
	plan_make(r->conf, standing, &plan);
	for (i = 0; i < r->conf->nuplinks; i++) {
		carries = plan_uses(r->conf, &plan, i);
		if (carries == r->carries[i])
			continue;
		r->carries[i] = carries;
		r->lines[i].sum.switches++;
		changed = true;
	}
	return changed;
}

static void
say(struct rline *l, enum level previous, bool released, int64_t now_ns)
{
	struct replay_change c = { .wall_ms = replay_wall_ms(l->replay,
	    now_ns), .uplink = l->n, .previous = previous,
	    .level = l->up.level, .cause = l->up.cause,
	    .standing = uplink_standing(&l->up), .released = released,
	    .carries = l->replay->carries };

	l->replay->hooks.change(l->replay->hooks.arg, &c);
}

/* ---- the state */

static void
set_due(struct rline *l)
{
	int64_t due = uplink_due(&l->up);

	if (due == CLOCK_NEVER)
		timers_clear(l->replay->timers, &l->due);
	else
		MUST(timers_set(l->replay->timers, &l->due, due) == 0);
}

/* Its hold is over. */
static void
due_fired(struct timer *t, int64_t now_ns)
{
	struct rline *l = t->arg;
	unsigned want;

	rline_account(l, now_ns);
	want = uplink_tick(&l->up, false, now_ns);
	if ((want & UPLINK_WANT_PLAN) != 0 && plan_update(l->replay))
		say(l, l->up.level, true, now_ns);
	set_due(l);
}

static void
count_change(struct rline *l, enum level previous)
{
	/* The first word is where it begins. */
	if (previous == LEVEL_UNKNOWN && l->sum.changes == 0)
		return;
	l->sum.changes++;
	l->sum.outages += l->up.level == LEVEL_DOWN;
}

/*
 * The judge's word, as the dispatcher takes it; advisors are not recorded, so
 * that nobody is asked whether others work.  What is told is what would be an
 * event.
 */
static void
step(struct rline *l, int64_t now_ns)
{
	enum level before = l->up.level;
	enum cause why = l->up.cause;
	bool works, moved = false;
	unsigned want;

	rline_account(l, now_ns);
	want = uplink_step(&l->up, l->judge.level, l->judge.cause, false,
	    now_ns);
	if ((want & UPLINK_WANT_PLAN) != 0)
		moved = plan_update(l->replay);
	works = l->up.level == LEVEL_UP || l->up.level == LEVEL_DEGRADED;
	if (l->up.level != before)
		count_change(l, before);
	if (l->up.level != before || moved || (works && l->up.cause != why))
		say(l, before, false, now_ns);
	set_due(l);
}

void
rline_account(struct rline *l, int64_t now_ns)
{
	int64_t until = now_ns < l->covered_ns ? now_ns : l->covered_ns;
	int64_t passed = until - l->mark_ns;

	if (!l->running || passed <= 0)
		return;
	l->mark_ns = until;
	l->sum.seen_ns += passed;
	if (l->up.level == LEVEL_DOWN)
		l->sum.down_ns += passed;
	if (l->up.level == LEVEL_DEGRADED)
		l->sum.degraded_ns += passed;
	if (l->up.state == UPLINK_HOLD)
		l->sum.held_ns += passed;
}

/* ---- the judge */

/*
 * Time passes for the judge only as far as its trails are known: beyond that
 * all probes would be overdue.
 */
void
rline_arm(struct rline *l, int64_t now_ns)
{
	int64_t due;

	if (!l->running)
		return;
	due = judge_due(&l->judge);
	if (due > l->covered_ns)
		timers_clear(l->replay->timers, &l->tick);
	else
		MUST(timers_set(l->replay->timers, &l->tick, due > now_ns ?
		    due : now_ns) == 0);
}

static void
judged(struct rline *l, bool changed, int64_t now_ns)
{
	if (changed)
		step(l, now_ns);
	rline_arm(l, now_ns);
}

static void
tick_fired(struct timer *t, int64_t now_ns)
{
	struct rline *l = t->arg;

	judged(l, judge_tick(&l->judge, now_ns), now_ns);
}

static enum peer
ask(void *arg, size_t target, int64_t since_ns)
{
	struct rline *l = arg;

	return board_ask(l->replay->board, l->n, target, since_ns);
}

static bool
reached(void *arg, size_t target, int64_t since_ns)
{
	struct rline *l = arg;

	return board_reached(l->replay->board, l->n, target, since_ns);
}

/*
 * The worker looked when its line was to fall; here that may be sooner.  What
 * is read is ahead of what is replayed, so that it is known.
 */
static bool
deaf(void *arg)
{
	struct rline *l = arg;

	return l->deaf_ns != 0 && l->deaf_ns > l->replay->now_ns -
	    DEAF_SINCE;
}

static void
miss(void *arg, size_t target, int64_t sent_ns)
{
	struct rline *l = arg;

	board_sample(l->replay->board, l->n, target, false, sent_ns);
}

static int
new_judge(struct rline *l, int64_t now_ns)
{
	int rc;

	if (l->judged)
		judge_free(&l->judge);
	rc = judge_init(&l->judge, &l->probe, now_ns);
	l->judged = rc == 0;
	/* Of what others do: their rounds came when they came. */
	l->judge.ask = ask;
	l->judge.reached = reached;
	l->judge.deaf = deaf;
	l->judge.miss = miss;
	l->judge.arg = l;
	l->link = TRAIL_USABLE;
	memset(l->rounds, 0, sizeof(l->rounds));
	memset(l->seen, 0, l->conf->probe.ntargets * sizeof(*l->seen));
	return rc;
}

static void
forget(struct rline *l)
{
	judge_forget(&l->judge);
	memset(l->rounds, 0, sizeof(l->rounds));
}

/* A round has one sample of a target, whatever a file says. */
static bool
tell_once(struct rline *l, uint64_t own, size_t target)
{
	size_t bit = (size_t)(own % VERDICT_WINDOW) *
	    l->conf->probe.ntargets + target;
	uint8_t mask = (uint8_t)(1u << bit % 8);
	bool had = (l->told[bit / 8] & mask) != 0;

	l->told[bit / 8] |= mask;
	return !had;
}

static void
tell_none(struct rline *l, uint64_t own)
{
	size_t n = l->conf->probe.ntargets, i, bit;

	for (i = 0; i < n; i++) {
		bit = (size_t)(own % VERDICT_WINDOW) * n + i;
		l->told[bit / 8] &= (uint8_t)~(1u << bit % 8);
	}
}

static void
open_round(struct rline *l, uint64_t round, int64_t now_ns)
{
	uint64_t own = judge_open(&l->judge, now_ns);
	bool changed = false;
	size_t i;

	if (own == 0) {
		/* Samples are missing, which no recording of ours has. */
		forget(l);
		own = judge_open(&l->judge, now_ns);
	}
	l->rounds[round % VERDICT_WINDOW] = (struct replay_round){ round,
	    own };
	tell_none(l, own);
	/* Targets that were not probed then take no part. */
	for (i = 0; i < l->conf->probe.ntargets; i++)
		if (!l->seen[i] && tell_once(l, own, i))
			changed |= judge_sample(&l->judge, i, own,
			    SAMPLE_SKIP, 0, now_ns);
	judged(l, changed, now_ns);
}

/* Programs have a time of their own. */
static int64_t
timeout(const struct rline *l, size_t target)
{
	int64_t own_ns = l->conf->probe.targets[target].timeout_ns;

	return own_ns != 0 ? own_ns : l->probe.timeout_ns;
}

static enum sample
sample_of(const struct rline *l, size_t target, const struct trail_entry *e)
{
	switch (e->what) {
	case TRAIL_OK:
		return e->rtt_us * NS_PER_US <= timeout(l, target) ?
		    SAMPLE_OK : SAMPLE_LOST;
	case TRAIL_CANNOT:
		return SAMPLE_CANNOT;
	case TRAIL_SKIP:
		return SAMPLE_SKIP;
	case TRAIL_IDLE:
		return SAMPLE_IDLE;
	default:
		return SAMPLE_LOST;
	}
}

static void
take_sample(struct rline *l, size_t target, const struct trail_entry *e,
    int64_t now_ns)
{
	const struct replay_round *r = &l->rounds[e->round % VERDICT_WINDOW];
	enum sample sample;

	if (target == REPLAY_NOWHERE || r->own == 0 ||
	    r->recorded != e->round || !tell_once(l, r->own, target))
		return;
	sample = sample_of(l, target, e);
	if (sample == SAMPLE_OK || sample == SAMPLE_LOST)
		board_sample(l->replay->board, l->n, target,
		    sample == SAMPLE_OK,
		    l->judge.rounds[r->own % VERDICT_WINDOW].start_ns);
	judged(l, judge_sample(&l->judge, target, r->own, sample,
	    e->rtt_us * NS_PER_US, now_ns), now_ns);
}

/* ---- what the recording says */

void
rline_entry(struct rline *l, const struct batch *b,
    const struct trail_entry *e, int64_t now_ns)
{
	if (!l->running)
		return;
	if (e->what == TRAIL_FORGET)
		forget(l);
	else if (e->what == TRAIL_DEAF)
		verdict_forgive(&l->judge.verdict);
	else if (e->what == TRAIL_ROUND)
		open_round(l, e->round, now_ns);
	else
		take_sample(l, b->target[e->target], e, now_ns);
}

void
rline_gap(struct rline *l, int64_t at_ns, int64_t now_ns)
{
	if (!l->running)
		return;
	rline_account(l, at_ns < now_ns ? at_ns : now_ns);
	forget(l);
	timers_clear(l->replay->timers, &l->tick);
	l->running = false;
	l->stopped_ns = at_ns;
}

/* All that the line has now if all are listed, else those besides. */
static void
take_targets(struct rline *l, const struct batch *b)
{
	const struct trail *t = &b->trail;
	size_t i;

	if (t->count == t->ntargets)
		memset(l->seen, 0, l->conf->probe.ntargets *
		    sizeof(*l->seen));
	for (i = 0; i < t->ntargets; i++)
		if (b->target[i] != REPLAY_NOWHERE)
			l->seen[b->target[i]] = l->ever[b->target[i]] = true;
}

/* A judge weighs a sample by the pace: the one at which it was taken. */
static void
take_pace(struct rline *l, int64_t interval_us, int64_t now_ns)
{
	int64_t recorded_ns = interval_us * NS_PER_US;
	char a[CLOCK_TEXT_MAX], b[CLOCK_TEXT_MAX];

	l->probe.interval_ns = recorded_ns > l->conf->probe.interval_ns ?
	    recorded_ns : l->conf->probe.interval_ns;
	if (recorded_ns == l->conf->probe.interval_ns || l->odd_pace)
		return;
	l->odd_pace = true;
	replay_note(l->replay, now_ns, "%s was recorded every %s, and is "
	    "configured for every %s", l->conf->name,
	    clock_span(recorded_ns, a),
	    clock_span(l->conf->probe.interval_ns, b));
}

static void
end_gap(struct rline *l, bool again, int64_t now_ns)
{
	char span[CLOCK_TEXT_MAX];

	l->running = true;
	l->mark_ns = now_ns;
	if (l->stopped_ns == 0)
		return;
	l->sum.gaps++;
	l->sum.unseen_ns += now_ns - l->stopped_ns;
	replay_note(l->replay, now_ns, "%s was not recorded for %s%s",
	    l->conf->name, clock_span(now_ns - l->stopped_ns, span),
	    again ? ": its probes were started again" : "");
}

void
rline_begin(struct rline *l, const struct batch *b, int64_t now_ns)
{
	bool again = l->judged && l->judged_life != b->trail.life;
	int rc;

	take_pace(l, b->trail.interval_us, now_ns);
	if (!l->judged || again) {
		rc = new_judge(l, now_ns);
		if (rc != 0) {
			l->running = false;
			l->replay->rc = rc;
			return;
		}
		board_line(l->replay->board, l->n, false);
		l->judged_life = b->trail.life;
	}
	if (!l->running)
		end_gap(l, again, now_ns);
	take_targets(l, b);
	rline_arm(l, now_ns);
}

void
rline_end(struct rline *l, const struct batch *b, int64_t now_ns)
{
	const struct trail *t = &b->trail;
	struct link_state link = {
		.present = t->link != TRAIL_ABSENT,
		.carrier = t->link >= TRAIL_NO_ADDRESS,
		.address = t->link == TRAIL_USABLE,
	};
	bool changed = false;
	size_t i;

	if (!l->running)
		return;
	for (i = 0; i < t->ntargets; i++)
		if (b->target[i] != REPLAY_NOWHERE)
			changed |= judge_name(&l->judge, b->target[i],
			    !t->targets[i].unresolved, now_ns);
	board_line(l->replay->board, l->n, t->link == TRAIL_USABLE);
	if (t->link != l->link)
		changed |= judge_link(&l->judge, &link, now_ns);
	l->link = t->link;
	judged(l, changed, now_ns);
}

/* ---- beginning and end */

int
rline_init(struct rline *l, struct replay *r, size_t n)
{
	size_t ntargets = r->conf->uplinks[n].probe.ntargets;

	l->replay = r;
	l->n = n;
	l->conf = &r->conf->uplinks[n];
	l->probe = l->conf->probe;
	l->tick.fire = tick_fired;
	l->due.fire = due_fired;
	l->tick.arg = l->due.arg = l;
	l->by_label = calloc(ntargets + 1, sizeof(*l->by_label));
	l->seen = calloc(ntargets + 1, sizeof(*l->seen));
	l->ever = calloc(ntargets + 1, sizeof(*l->ever));
	l->told = calloc(VERDICT_WINDOW, ntargets / 8 + 1);
	uplink_init(&l->up, l->conf, 0);
	if (l->by_label == NULL || l->seen == NULL || l->ever == NULL ||
	    l->told == NULL)
		return -ENOMEM;
	return rline_sort(l);
}

void
rline_free(struct rline *l)
{
	if (l->judged)
		judge_free(&l->judge);
	free(l->by_label);
	free(l->seen);
	free(l->ever);
	free(l->told);
}
