/* SPDX-License-Identifier: ISC */
/*
 * judge_peer: a target that fails through every uplink at once, while other
 * things answer on each, is dead itself.  It loses its vote for as long as
 * that is confirmed.  A fall waits for the others' word one confirm period,
 * no longer, and only if it could change anything.
 */
#include "probes/judge_part.h"

static int64_t
confirm(const struct judge *j)
{
	return j->conf->confirm_ns < j->conf->interval_ns ?
	    j->conf->confirm_ns : j->conf->interval_ns;
}

/* Something else on this line has answered since. */
static bool
stands(const struct judge *j, size_t but, int64_t since_ns)
{
	size_t i;

	for (i = 0; i < j->conf->ntargets; i++)
		if (i != but && j->targets[i].ok_ns >= since_ns)
			return true;
	return false;
}

/* Without the suspects, by the runs as they are now, the line would pass. */
static bool
would_pass(const struct judge *j)
{
	struct round_tally r = { .far.ok = 0 };
	const struct judge_target *t;
	enum cause failing;
	struct tally *group;
	size_t i;

	for (i = 0; i < j->conf->ntargets; i++) {
		t = &j->targets[i];
		group = j->conf->targets[i].gateway ? &r.gateway : &r.far;
		if (t->suspect || t->history == 0)
			continue;
		if (!judge_failing(t))
			group->ok++;
		else
			group->lost++;
	}
	return verdict_judge(j->conf, &r, &failing) == OUTCOME_PASS;
}

/* Others reach a suspect, or do not. */
static void
set_heard(struct judge *j, struct judge_target *t, int64_t ns)
{
	j->nheard += (ns != 0);
	j->nheard -= (t->heard_ns != 0);
	t->heard_ns = ns;
}

static void
set_suspect(struct judge *j, struct judge_target *t, bool suspect,
    int64_t now_ns)
{
	if (suspect)
		t->suspect_ns = now_ns;
	if (t->suspect == suspect)
		return;
	/* What it lost was its own, not the line's. */
	if (!suspect)
		window_clear(&t->loss);
	set_heard(j, t, 0);
	t->suspect = suspect;
	j->nsuspects = suspect ? j->nsuspects + 1 : j->nsuspects - 1;
}

/*
 * The others' samples from then on tell whether it was dead when the first of
 * our losses should have reached it: one of theirs that set out earlier may
 * have been there before.
 */
static int64_t
since_doubt(const struct judge_target *t)
{
	return t->doubt_ns + t->rtt_ns;
}

/*
 * What they lost that was sent after our first loss is evidence at once: it
 * was dead on their lines, too.  Only an answer must have set out later.
 */
static enum peer
ask_doubt(const struct judge *j, size_t target)
{
	const struct judge_target *t = &j->targets[target];
	enum peer said = j->ask(j->arg, target, since_doubt(t));

	if (said == PEER_WAITING && j->ask(j->arg, target, t->doubt_ns) ==
	    PEER_FAILS)
		return PEER_FAILS;
	return said;
}

/* True if some target's other witnesses have not spoken yet. */
static bool
look_for_suspects(struct judge *j, int64_t now_ns)
{
	struct judge_target *t;
	bool waiting = false;
	enum peer said;
	size_t i;

	for (i = 0; i < j->conf->ntargets; i++) {
		t = &j->targets[i];
		if (j->conf->targets[i].gateway || !judge_failing(t) ||
		    t->suspect || !stands(j, i, t->doubt_ns))
			continue;
		said = ask_doubt(j, i);
		if (said == PEER_FAILS)
			set_suspect(j, t, true, now_ns);
		waiting |= said == PEER_WAITING;
	}
	return waiting;
}

bool
judge_may_fall(void *arg, int64_t now_ns)
{
	struct judge *j = arg;
	size_t before = j->nsuspects;
	bool waiting;

	if (j->deaf != NULL && j->deaf(j->arg)) {
		verdict_forgive(&j->verdict);
		j->grace_ns = 0;
		return false;
	}
	if (j->ask == NULL)
		return true;
	waiting = look_for_suspects(j, now_ns);
	if (j->nsuspects > before && would_pass(j)) {
		verdict_forgive(&j->verdict);
		j->grace_ns = 0;
		return false;
	}
	if (waiting) {
		if (j->grace_ns == 0)
			j->grace_ns = now_ns + confirm(j);
		if (now_ns < j->grace_ns)
			return false;
	}
	j->grace_ns = 0;
	return true;
}

/*
 * A line that is down does not wait for what is dead for everybody.  But if
 * somebody reached it when this line did not, it has proved something, and that
 * it died later is no news of the line.
 */
static bool
is_no_obstacle(const struct judge *j, size_t target, int64_t since_ns)
{
	const struct judge_target *t = &j->targets[target];

	return j->ask != NULL && !j->conf->targets[target].gateway &&
	    !t->suspect && judge_failing(t) && stands(j, target, since_ns) &&
	    j->ask(j->arg, target, since_ns) == PEER_FAILS &&
	    !j->reached(j->arg, target, t->doubt_ns);
}

/*
 * It answers, or others reach it and this line does not, or those who could
 * have not said for a while that it is dead: it votes again.  What was sent
 * before others reached it was lost for everybody.  That nobody is left who
 * could say something is no news of it: else the death of one line would take
 * the last one with it.
 */
void
judge_weigh(struct judge *j, size_t target, enum sample sample,
    int64_t sent_ns, int64_t now_ns)
{
	struct judge_target *t = &j->targets[target];
	int64_t old = 2 * j->conf->interval_ns + j->conf->timeout_ns;
	int64_t since = now_ns - old > since_doubt(t) ? now_ns - old :
	    since_doubt(t);
	enum peer said;

	if (j->verdict.fails == 0 || j->verdict.level == LEVEL_DOWN)
		j->grace_ns = 0;
	if (j->verdict.level == LEVEL_DOWN && sample == SAMPLE_LOST &&
	    is_no_obstacle(j, target, since))
		set_suspect(j, t, true, now_ns);
	if (!t->suspect)
		return;
	if (sample == SAMPLE_OK) {
		set_suspect(j, t, false, now_ns);
		return;
	}
	if (sample != SAMPLE_LOST)
		return;
	said = j->ask(j->arg, target, since);
	if (said == PEER_FAILS || said == PEER_NONE) {
		t->suspect_ns = now_ns;
		set_heard(j, t, 0);
		return;
	}
	if (said == PEER_WAITING && now_ns - t->suspect_ns < old)
		return;
	if (said == PEER_ANSWERS && t->heard_ns == 0)
		set_heard(j, t, now_ns);
	if (said != PEER_ANSWERS || sent_ns > t->heard_ns)
		set_suspect(j, t, false, now_ns);
}
