/* SPDX-License-Identifier: ISC */
/*
 * judge_late: rounds from which something should have come by now.  Of a round
 * that is sent at once all that is missing counts as lost then.  One of
 * thousands of targets goes out in parts, over most of the pace: a part that
 * fails speaks for the whole, so that an outage is seen no later; one that does
 * not speaks for itself, so that what is still to be sent is no doubt.
 */
#include "lib/must.h"
#include "probes/judge_part.h"

/* How many of each group are so young, anew: for a round that goes out. */
static void
count_young(struct judge *j, uint64_t number)
{
	struct judge_round *r = judge_round(j, number);
	size_t i;

	r->tally.gateway.young = r->tally.far.young = 0;
	for (i = r->ripe; i < j->conf->ntargets; i++)
		if (j->targets[i].told < number && !judge_is_slow(j, i))
			judge_group(j, i, &r->tally)->young++;
}

void
judge_in_parts(struct judge *j, uint64_t number)
{
	struct judge_round *r = judge_round(j, number);

	r->sent = r->ripe = 0;
	r->looked = true;
	count_young(j, number);
}

/* What is being looked at is first looked at; then what was sent meanwhile. */
static void
ripen(struct judge *j, uint64_t number)
{
	struct judge_round *r = judge_round(j, number);

	if (!r->looked || r->sent == r->ripe)
		return;
	r->ripe = r->sent;
	r->ripe_ns = r->sent_ns;
	r->looked = false;
	count_young(j, number);
}

void
judge_sent(struct judge *j, uint64_t number, size_t n, int64_t now_ns)
{
	struct judge_round *r = judge_round(j, number);

	r->sent = n;
	r->sent_ns = now_ns;
	ripen(j, number);
}

static void
leave_out_young(struct tally *t)
{
	MUST(t->open >= t->young + t->slow);
	t->open -= t->young;
}

/* But for suspects, whose loss says nothing. */
enum outcome
judge_presume(const struct judge *j, uint64_t round, struct round_tally *r,
    enum cause *failing)
{
	size_t ripe = j->rounds[round % VERDICT_WINDOW].ripe, i;
	struct tally *t;

	leave_out_young(&r->gateway);
	leave_out_young(&r->far);
	for (i = 0; i < ripe && j->nsuspects > 0; i++) {
		t = judge_group(j, i, r);
		if (j->targets[i].suspect && j->targets[i].told < round &&
		    t->open > t->slow)
			t->open--;
	}
	r->gateway.lost += r->gateway.open - r->gateway.slow;
	r->far.lost += r->far.open - r->far.slow;
	r->gateway.open = r->gateway.slow;
	r->far.open = r->far.slow;
	return verdict_judge(j->conf, r, failing);
}

/* The oldest that is open and not late yet; 0. */
static uint64_t
first_open(const struct judge *j)
{
	const struct verdict *v = &j->verdict;
	uint64_t n;

	for (n = v->oldest; n < v->next; n++)
		if (v->window[n % VERDICT_WINDOW] == 0 &&
		    !j->rounds[n % VERDICT_WINDOW].late)
			return n;
	return 0;
}

int64_t
judge_late_due(const struct judge *j)
{
	uint64_t n = first_open(j);
	const struct judge_round *r = &j->rounds[n % VERDICT_WINDOW];

	return n == 0 || r->looked ? CLOCK_NEVER : r->ripe_ns + j->patience_ns;
}

/* Whom the round still waits for; the other lines know, too. */
static void
miss(struct judge *j, uint64_t round, int64_t now_ns)
{
	const struct judge_round *r = judge_round(j, round);
	struct judge_target *t;
	size_t i;

	for (i = 0; i < r->ripe; i++) {
		t = &j->targets[i];
		if (t->told >= round || judge_is_slow(j, i))
			continue;
		if (t->missing++ == 0 && t->fails == 0)
			t->doubt_ns = r->start_ns;
		if (j->miss != NULL)
			j->miss(j->arg, i, r->start_ns);
		if (t->suspect)
			judge_weigh(j, i, SAMPLE_LOST, r->start_ns, now_ns);
	}
}

static bool
part_fails(const struct judge *j, uint64_t number)
{
	struct round_tally t = j->rounds[number % VERDICT_WINDOW].tally;
	enum cause failing;

	return judge_presume(j, number, &t, &failing) == OUTCOME_FAIL;
}

static void
look(struct judge *j, uint64_t number, int64_t now_ns)
{
	struct judge_round *r = judge_round(j, number);

	r->looked = true;
	if (r->ripe < j->conf->ntargets && !part_fails(j, number)) {
		ripen(j, number);
		return;
	}
	r->late = true;
	miss(j, number, now_ns);
	judge_decide(j, number, now_ns);
}

void
judge_late(struct judge *j, int64_t now_ns)
{
	int64_t fails = j->verdict.fails;

	while (judge_late_due(j) <= now_ns)
		look(j, first_open(j), now_ns);
	if (fails == 0 && j->verdict.fails > 0 && j->doubt != NULL)
		j->doubt(j->arg);
}
