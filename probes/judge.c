/* SPDX-License-Identifier: ISC */
/*
 * judge: samples into their round and their target's memory, rounds to the
 * verdict, and the verdict with the line's quality into one level.  compose()
 * is the only writer of the level.
 */
#include "probes/judge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/must.h"
#include "probes/judge_part.h"

/* A weight never speaks for more than that many intervals: we were asleep. */
#define WEIGHT_MAX	2
/* Answers may be that much later than the newest ones without a doubt. */
#define PATIENCE_MORE	(20 * NS_PER_MS)

static struct round_tally
full_tally(const struct judge *j)
{
	struct round_tally t;
	size_t i;

	memset(&t, 0, sizeof(t));
	for (i = 0; i < j->conf->ntargets; i++) {
		judge_group(j, i, &t)->open++;
		judge_group(j, i, &t)->slow += judge_is_slow(j, i);
	}
	return t;
}

int
judge_init(struct judge *j, const struct conf_probe *conf, int64_t now_ns)
{
	int64_t longest = conf->loss.window_ns;
	size_t i;

	memset(j, 0, sizeof(*j));
	j->conf = conf;
	j->full = full_tally(j);
	j->targets = calloc(conf->ntargets, sizeof(*j->targets));
	j->scratch = calloc(conf->ntargets, sizeof(*j->scratch));
	if (j->targets == NULL || j->scratch == NULL)
		return -ENOMEM;
	if (conf->degraded.loss.window_ns > longest)
		longest = conf->degraded.loss.window_ns;
	if (longest == 0)
		longest = 60 * NS_PER_S;
	for (i = 0; i < conf->ntargets; i++)
		window_init(&j->targets[i].loss, longest);
	verdict_init(&j->verdict, conf, now_ns);
	j->verdict.may_fall = judge_may_fall;
	j->verdict.arg = j;
	j->level = j->verdict.level;
	j->cause = j->verdict.cause;
	j->since_ns = j->sample_ns = j->measured_ns = now_ns;
	j->patience_ns = conf->timeout_ns;
	j->line.loss_down = j->line.loss_degraded = -1;
	return 0;
}

void
judge_free(struct judge *j)
{
	free(j->targets);
	free(j->scratch);
	j->targets = NULL;
	j->scratch = NULL;
}

/* The verdict says whether it works, the rest how well. */
static bool
compose(struct judge *j, int64_t now_ns)
{
	enum level level = j->verdict.level, was = j->level;
	enum cause cause = j->verdict.cause, why = j->cause;

	if (level == LEVEL_UP && j->lossy) {
		level = LEVEL_DOWN;
		cause = CAUSE_QUALITY;
	} else if (level == LEVEL_UP && j->slow) {
		level = LEVEL_DEGRADED;
		cause = CAUSE_QUALITY;
	} else if (level == LEVEL_UP && j->nsuspects > 0) {
		cause = CAUSE_SUSPECT;
	} else if (level != LEVEL_DOWN && cause == CAUSE_NONE &&
	    j->nunresolved > 0) {
		cause = CAUSE_DNS;
	}
	if (level != was)
		j->since_ns = now_ns;
	j->level = level;
	j->cause = cause;
	return level != was || cause != why;
}

/*
 * After anything: a line that comes back starts its measures anew, for they
 * are full of the outage.
 */
static bool
settle(struct judge *j, enum level before, int64_t now_ns)
{
	size_t i;

	if (before == LEVEL_DOWN && j->verdict.level == LEVEL_UP) {
		for (i = 0; i < j->conf->ntargets; i++)
			window_clear(&j->targets[i].loss);
		j->lossy = j->slow = false;
		j->line.loss_down = j->line.loss_degraded = -1;
	}
	return compose(j, now_ns);
}

/*
 * How long the answers of a target take now, with four times their deviation
 * as TCP waits (RFC 6298); 0 = it does not answer, or has not yet.
 */
static int64_t
patience_for(const struct judge_target *t)
{
	if (t->rtt_ns == 0 || t->fails > 0)
		return 0;
	return t->rtt_ns + 4 * t->var_ns + PATIENCE_MORE;
}

/* Within the configured bounds. */
static int64_t
bound(const struct judge *j, int64_t patience_ns)
{
	if (patience_ns < j->conf->timeout_min_ns)
		patience_ns = j->conf->timeout_min_ns;
	return patience_ns < j->conf->timeout_ns ? patience_ns :
	    j->conf->timeout_ns;
}

/* For the slowest of those that do answer. */
static int64_t
patience(const struct judge *j)
{
	int64_t longest = 0, one;
	size_t i;

	for (i = 0; i < j->conf->ntargets; i++) {
		one = patience_for(&j->targets[i]);
		longest = one > longest ? one : longest;
	}
	/* Nobody answers, or nobody has yet: what was is still right. */
	return longest == 0 ? j->patience_ns : bound(j, longest);
}

/* For this one, too; all of them are looked at when the next round begins. */
static void
be_patient(struct judge *j, const struct judge_target *t)
{
	int64_t one = bound(j, patience_for(t));

	if (one > j->patience_ns)
		j->patience_ns = one;
}

uint64_t
judge_open(struct judge *j, int64_t now_ns)
{
	uint64_t n = verdict_open(&j->verdict);
	int64_t weight = now_ns - j->sample_ns;
	int64_t most = WEIGHT_MAX * j->conf->interval_ns;

	if (n == 0)
		return 0;
	j->patience_ns = patience(j);
	j->sample_ns = now_ns;
	*judge_round(j, n) = (struct judge_round){ .start_ns = now_ns,
	    .weight_ns = weight < most ? weight : most, .tally = j->full,
	    .sent = j->conf->ntargets, .ripe = j->conf->ntargets,
	    .sent_ns = now_ns, .ripe_ns = now_ns };
	return n;
}

static void
measure_time(struct judge_target *t, int64_t rtt_ns)
{
	int64_t off;

	if (rtt_ns == 0)
		rtt_ns = 1;
	if (t->rtt_ns == 0) {
		t->rtt_ns = t->last_rtt_ns = rtt_ns;
		t->var_ns = rtt_ns / 2;
		return;
	}
	off = rtt_ns - t->rtt_ns;
	t->var_ns += ((off < 0 ? -off : off) - t->var_ns) / 4;
	t->rtt_ns += off / 8;
	off = rtt_ns - t->last_rtt_ns;
	t->jitter_ns += ((off < 0 ? -off : off) - t->jitter_ns) / 16;
	t->last_rtt_ns = rtt_ns;
}

/* What the sample says of its target alone. */
static void
remember(struct judge *j, size_t target, uint64_t round, enum sample sample,
    int64_t rtt_ns)
{
	struct judge_target *t = &j->targets[target];
	int64_t start = judge_round(j, round)->start_ns;
	int64_t weight = judge_round(j, round)->weight_ns;

	if (round > t->told)
		t->told = round;
	if (sample == SAMPLE_SKIP || sample == SAMPLE_IDLE)
		return;
	t->history = t->history << 2 | (uint64_t)sample;
	if (sample == SAMPLE_CANNOT)
		return;
	window_add(&t->loss, sample == SAMPLE_LOST, weight, start);
	if (sample == SAMPLE_LOST) {
		if (start > t->ok_ns && t->fails++ == 0 && t->missing == 0)
			t->doubt_ns = start;
		return;
	}
	if (start > t->ok_ns)
		t->ok_ns = start;
	if (start >= t->doubt_ns)
		t->fails = t->missing = 0;
	if (!judge_is_slow(j, target))
		measure_time(t, rtt_ns);
}

static bool
last_was_ok(const struct judge_target *t)
{
	return (t->history & 3) == SAMPLE_OK && !judge_failing(t);
}

static void
count(struct judge *j, size_t target, uint64_t round, enum sample sample)
{
	const struct judge_target *who = &j->targets[target];
	struct judge_round *r = judge_round(j, round);
	struct tally *t = judge_group(j, target, &r->tally);

	MUST(t->open > 0);
	t->open--;
	t->slow -= judge_is_slow(j, target);
	t->young -= judge_is_young(j, target, r);
	if (who->suspect)
		return;
	t->ok += sample == SAMPLE_OK;
	t->lost += sample == SAMPLE_LOST;
	t->cannot += sample == SAMPLE_CANNOT;
	t->idle += sample == SAMPLE_IDLE;
	t->idle_ok += sample == SAMPLE_IDLE && last_was_ok(who);
}

/* Of a round that is late what is open counts as lost so far. */
void
judge_decide(struct judge *j, uint64_t round, int64_t now_ns)
{
	const struct judge_round *r = judge_round(j, round);
	struct round_tally t = r->tally;
	enum cause failing = CAUSE_FAR;
	enum outcome outcome = verdict_judge(j->conf, &t, &failing);
	bool late = outcome == 0 && r->late;

	if (late)
		outcome = judge_presume(j, round, &t, &failing);
	if (outcome == OUTCOME_FAIL && late)
		(void)verdict_overdue(&j->verdict, round, failing, now_ns);
	/*
	 * Only a suspect was missing; but a last word may yet be a new one,
	 * and what is still to be asked may say something else.
	 */
	else if (outcome != 0 && (!late || (r->ripe == j->conf->ntargets &&
	    t.far.idle + t.gateway.idle == 0)))
		(void)verdict_round(&j->verdict, round, outcome, failing,
		    now_ns);
}

bool
judge_sample(struct judge *j, size_t target, uint64_t round,
    enum sample sample, int64_t rtt_ns, int64_t now_ns)
{
	struct verdict *v = &j->verdict;
	enum level before = v->level;
	int64_t fails = v->fails;
	uint8_t seen;

	MUST(target < j->conf->ntargets);
	/* Its place has been given to a newer round. */
	if (round >= v->next || round + VERDICT_WINDOW < v->next)
		return false;
	remember(j, target, round, sample, rtt_ns);
	judge_weigh(j, target, sample,
	    j->rounds[round % VERDICT_WINDOW].start_ns, now_ns);
	/* The rest of a round that is decided. */
	seen = round < v->oldest ? OUTCOME_SKIP :
	    v->window[round % VERDICT_WINDOW];
	if (seen != 0 && seen != OUTCOME_OVERDUE)
		return compose(j, now_ns);
	/* Answers have become slower: no more rounds are overdue for that. */
	if (seen == OUTCOME_OVERDUE && sample == SAMPLE_OK)
		be_patient(j, &j->targets[target]);
	count(j, target, round, sample);
	judge_decide(j, round, now_ns);
	if (fails == 0 && v->fails > 0 && j->doubt != NULL)
		j->doubt(j->arg);
	return settle(j, before, now_ns);
}

bool
judge_link(struct judge *j, const struct link_state *link, int64_t now_ns)
{
	enum level before = j->verdict.level;

	(void)verdict_link(&j->verdict, link, now_ns);
	return settle(j, before, now_ns);
}

bool
judge_name(struct judge *j, size_t target, bool resolves, int64_t now_ns)
{
	struct judge_target *t = &j->targets[target];

	if (t->unresolved == resolves) {
		t->unresolved = !resolves;
		j->nunresolved = resolves ? j->nunresolved - 1 :
		    j->nunresolved + 1;
	}
	return compose(j, now_ns);
}

bool
judge_tick(struct judge *j, int64_t now_ns)
{
	enum level before = j->verdict.level;

	judge_late(j, now_ns);
	if (j->grace_ns != 0 && j->grace_ns <= now_ns) {
		(void)verdict_retry(&j->verdict, now_ns);
		/* There is no fall any more that would wait. */
		j->grace_ns = 0;
	}
	if (now_ns - j->measured_ns >= JUDGE_MEASURE) {
		j->measured_ns = now_ns;
		judge_measure(j, now_ns);
	}
	return settle(j, before, now_ns);
}

int64_t
judge_due(const struct judge *j)
{
	int64_t due = j->measured_ns + JUDGE_MEASURE;
	int64_t late = judge_late_due(j);

	if (late < due)
		due = late;
	if (j->grace_ns != 0 && j->grace_ns < due)
		due = j->grace_ns;
	return due;
}

void
judge_forget(struct judge *j)
{
	verdict_forget(&j->verdict);
}

/* A suspect that others reach again is a doubt as well. */
int64_t
judge_pace(const struct judge *j)
{
	int64_t pace = verdict_pace(&j->verdict);

	return j->nheard > 0 && j->conf->confirm_ns < pace ?
	    j->conf->confirm_ns : pace;
}
