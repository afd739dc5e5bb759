/* SPDX-License-Identifier: ISC */
/*
 * test_verdict: the rule as tables.  A row of `judge` is one round's samples;
 * a row of `story` is a course of rounds, written as words:
 *
 *	O3	three rounds are opened
 *	P2 F2 G2 X2	round 2 passes, fails far, fails at the gateway, cannot
 *	P2-5	rounds 2 to 5, in this order
 *	L110	the link: present, carrier, address
 *	forget	time stood still
 *	=up =down:far	level, and cause unless it is none
 *	slow quick	the pace from here
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "probes/verdict.h"

#define ALL CONF_FAR_ALL

/* As struct tally begins; of who was not asked there are rows of their own. */
struct four {
	unsigned	ok, lost, cannot, open;
};

static const struct judge_row {
	const char	*name;
	bool		need_gateway;
	int64_t		need_far;
	struct four	gateway, far;
	enum outcome	want;
	enum cause	cause;
} judge_rows[] = {
	{ "one far answer is enough, at once", false, 1,
	  { 0, 0, 0, 1 }, { 1, 0, 0, 2 }, OUTCOME_PASS, 0 },
	{ "nothing has answered yet", false, 1,
	  { 0, 0, 0, 1 }, { 0, 0, 0, 2 }, 0, 0 },
	{ "one far host lost, another may answer", false, 1,
	  { 1, 0, 0, 0 }, { 0, 1, 0, 1 }, 0, 0 },
	{ "all far lost while the gateway answers", false, 1,
	  { 1, 0, 0, 0 }, { 0, 2, 0, 0 }, OUTCOME_FAIL, CAUSE_FAR },
	{ "all far lost and the gateway too", false, 1,
	  { 0, 1, 0, 0 }, { 0, 2, 0, 0 }, OUTCOME_FAIL, CAUSE_GATEWAY },
	{ "all far lost, one of two gateways answers", false, 1,
	  { 1, 1, 0, 0 }, { 0, 2, 0, 0 }, OUTCOME_FAIL, CAUSE_FAR },
	{ "who is to blame waits for the gateway", false, 1,
	  { 0, 0, 0, 1 }, { 0, 2, 0, 0 }, 0, 0 },
	{ "without a gateway target it is far", false, 1,
	  { 0, 0, 0, 0 }, { 0, 2, 0, 0 }, OUTCOME_FAIL, CAUSE_FAR },
	{ "a gateway that could not be asked is not blamed", false, 1,
	  { 0, 0, 1, 0 }, { 0, 2, 0, 0 }, OUTCOME_FAIL, CAUSE_FAR },
	{ "the gateway is not required: lost, but far answers", false, 1,
	  { 0, 1, 0, 0 }, { 1, 0, 0, 0 }, OUTCOME_PASS, 0 },
	{ "the gateway is required and lost", true, 1,
	  { 0, 1, 0, 0 }, { 1, 0, 0, 0 }, OUTCOME_FAIL, CAUSE_GATEWAY },
	{ "the gateway is required and open", true, 1,
	  { 0, 0, 0, 1 }, { 1, 0, 0, 0 }, 0, 0 },
	{ "the gateway is required and answers, far is open", true, 1,
	  { 1, 0, 0, 0 }, { 0, 0, 0, 1 }, 0, 0 },
	{ "one of two required gateways is enough", true, 1,
	  { 1, 1, 0, 0 }, { 1, 0, 0, 0 }, OUTCOME_PASS, 0 },
	{ "the required gateway could not be asked", true, 1,
	  { 0, 0, 1, 0 }, { 1, 0, 0, 0 }, OUTCOME_PASS, 0 },
	{ "two of three, two answered", false, 2,
	  { 0, 0, 0, 0 }, { 2, 0, 0, 1 }, OUTCOME_PASS, 0 },
	{ "two of three, one answered", false, 2,
	  { 0, 0, 0, 0 }, { 1, 0, 0, 2 }, 0, 0 },
	{ "two of three are impossible after two losses", false, 2,
	  { 0, 0, 0, 0 }, { 0, 2, 0, 1 }, OUTCOME_FAIL, CAUSE_FAR },
	{ "two wanted, one left to vote, it answers", false, 2,
	  { 0, 0, 0, 0 }, { 1, 0, 2, 0 }, OUTCOME_PASS, 0 },
	{ "two wanted, one left to vote, it is lost", false, 2,
	  { 0, 0, 0, 0 }, { 0, 1, 2, 0 }, OUTCOME_FAIL, CAUSE_FAR },
	{ "all: one loss decides", false, ALL,
	  { 0, 0, 0, 0 }, { 2, 1, 0, 3 }, OUTCOME_FAIL, CAUSE_FAR },
	{ "all: one is still open", false, ALL,
	  { 0, 0, 0, 0 }, { 2, 0, 0, 1 }, 0, 0 },
	{ "all: those that could not be probed leave", false, ALL,
	  { 0, 0, 0, 0 }, { 2, 0, 4, 0 }, OUTCOME_PASS, 0 },
	{ "all and gateway, the classic rule: gateway lost", true, ALL,
	  { 0, 1, 0, 0 }, { 3, 0, 0, 0 }, OUTCOME_FAIL, CAUSE_GATEWAY },
	{ "all and gateway, the classic rule: both", true, ALL,
	  { 1, 0, 0, 0 }, { 3, 0, 0, 0 }, OUTCOME_PASS, 0 },
	{ "no far targets: the gateway votes alone", false, 1,
	  { 1, 0, 0, 0 }, { 0, 0, 0, 0 }, OUTCOME_PASS, 0 },
	{ "no far targets: require.far does not apply", false, ALL,
	  { 1, 1, 0, 0 }, { 0, 0, 0, 0 }, OUTCOME_PASS, 0 },
	{ "no far targets: the gateway is lost", false, 5,
	  { 0, 1, 0, 0 }, { 0, 0, 0, 0 }, OUTCOME_FAIL, CAUSE_GATEWAY },
	{ "no far targets: one gateway lost, one open", false, 1,
	  { 0, 1, 0, 1 }, { 0, 0, 0, 0 }, 0, 0 },
	{ "nobody could be probed", false, 1,
	  { 0, 0, 1, 0 }, { 0, 0, 2, 0 }, OUTCOME_CANNOT, 0 },
	{ "nobody could be probed, all required", true, ALL,
	  { 0, 0, 1, 0 }, { 0, 0, 2, 0 }, OUTCOME_CANNOT, 0 },
	{ "far could not be probed: a gateway proves no far host", false, 1,
	  { 1, 0, 0, 0 }, { 0, 0, 2, 0 }, OUTCOME_CANNOT, 0 },
	{ "some could not, the others may still answer", false, 1,
	  { 0, 0, 1, 0 }, { 0, 0, 1, 1 }, 0, 0 },
};

static const struct idle_row {
	const char	*name;
	bool		need_gateway;
	int64_t		need_far;
	struct round_tally t;
	enum outcome	want;
	enum cause	cause;
} idle_rows[] = {
	{ "alone and not asked: nothing is proved", false, 1,
	  { .far = { .idle = 1 } }, OUTCOME_SKIP, 0 },
	{ "a gateway alone does not pass for the far one not asked", false, 1,
	  { .gateway = { .ok = 1 }, .far = { .idle = 1 } }, OUTCOME_SKIP, 0 },
	{ "nor after that one's good word", false, 1,
	  { .gateway = { .ok = 1 }, .far = { .idle = 1, .idle_ok = 1 } },
	  OUTCOME_SKIP, 0 },
	{ "all: nobody passes without the one not asked", true, ALL,
	  { .gateway = { .ok = 1 }, .far = { .ok = 2, .idle = 1,
	    .idle_ok = 1 } }, OUTCOME_SKIP, 0 },
	{ "one of two answers: the other is not needed", false, 1,
	  { .far = { .ok = 1, .idle = 1 } }, OUTCOME_PASS, 0 },
	{ "all: lost is lost, whoever was not asked", false, ALL,
	  { .far = { .lost = 1, .idle = 1, .idle_ok = 1 } }, OUTCOME_FAIL,
	  CAUSE_FAR },
	{ "a good last word may save what another lost", false, 1,
	  { .gateway = { .ok = 1 }, .far = { .lost = 1, .idle = 1,
	    .idle_ok = 1 } }, OUTCOME_SKIP, 0 },
	{ "a bad last word saves nobody", false, 1,
	  { .gateway = { .ok = 1 }, .far = { .lost = 1, .idle = 1 } },
	  OUTCOME_FAIL, CAUSE_FAR },
	{ "two wanted: one good last word is not enough", false, 2,
	  { .far = { .lost = 1, .idle = 2, .idle_ok = 1 } }, OUTCOME_FAIL,
	  CAUSE_FAR },
	{ "two wanted, one answered: one good last word is", false, 2,
	  { .far = { .ok = 1, .lost = 1, .idle = 1, .idle_ok = 1 } },
	  OUTCOME_SKIP, 0 },
	{ "nothing answers: no last word holds against that", false, 1,
	  { .gateway = { .lost = 1 }, .far = { .lost = 1, .idle = 1,
	    .idle_ok = 1 } }, OUTCOME_FAIL, CAUSE_GATEWAY },
	{ "nothing answers yet: the gateway is waited for", false, 1,
	  { .gateway = { .open = 1 }, .far = { .lost = 1, .idle = 1,
	    .idle_ok = 1 } }, 0, 0 },
	{ "what is in flight may yet decide", false, 1,
	  { .far = { .open = 1, .idle = 1 } }, 0, 0 },
	{ "the required gateway was lost", true, 1,
	  { .gateway = { .lost = 1 }, .far = { .idle = 1, .idle_ok = 1 } },
	  OUTCOME_FAIL, CAUSE_GATEWAY },
	{ "the required gateway was not asked", true, 1,
	  { .gateway = { .idle = 1 }, .far = { .ok = 1 } }, OUTCOME_SKIP, 0 },
	{ "gateways alone: one lost, one not asked, good", false, 1,
	  { .gateway = { .lost = 1, .idle = 1, .idle_ok = 1 } },
	  OUTCOME_SKIP, 0 },
	{ "gateways alone: one lost, one not asked, bad", false, 1,
	  { .gateway = { .lost = 1, .idle = 1 } }, OUTCOME_FAIL,
	  CAUSE_GATEWAY },
};

static void
judge_row_holds(const char *name, bool need_gateway, int64_t need_far,
    const struct round_tally *t, enum outcome want, enum cause want_cause)
{
	struct conf_probe conf = { .require_gateway = need_gateway,
	    .require_far = need_far };
	enum cause cause = 0;
	enum outcome got = verdict_judge(&conf, t, &cause);

	if (got != want || (got == OUTCOME_FAIL && cause != want_cause))
		fail_msg("%s: outcome %d cause %d", name, got, cause);
}

static struct tally
tally_of(const struct four *f)
{
	return (struct tally){ .ok = f->ok, .lost = f->lost,
	    .cannot = f->cannot, .open = f->open };
}

static void
judge_table_holds(void **state)
{
	const struct judge_row *r;
	const struct idle_row *d;
	struct round_tally t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(judge_rows) / sizeof(judge_rows[0]); i++) {
		r = &judge_rows[i];
		t.gateway = tally_of(&r->gateway);
		t.far = tally_of(&r->far);
		judge_row_holds(r->name, r->need_gateway, r->need_far, &t,
		    r->want, r->cause);
	}
	for (i = 0; i < sizeof(idle_rows) / sizeof(idle_rows[0]); i++) {
		d = &idle_rows[i];
		judge_row_holds(d->name, d->need_gateway, d->need_far, &d->t,
		    d->want, d->cause);
	}
}

/* Samples end one by one; a decision once made is never taken back. */
static void
judge_never_reverses_a_decision(void **state)
{
	struct conf_probe conf = { .require_far = 1 };
	enum outcome got, first;
	struct round_tally t;
	struct tally *group;
	enum cause cause;
	int trial, i, pick, gw;

	(void)state;
	srand(7);
	for (trial = 0; trial < 20000; trial++) {
		conf.require_gateway = rand() % 2;
		conf.require_far = rand() % 4 == 0 ? ALL : 1 + rand() % 3;
		memset(&t, 0, sizeof(t));
		t.gateway.open = (unsigned)(rand() % 3);
		t.far.open = (unsigned)(rand() % 5);
		first = 0;
		for (i = 0; t.gateway.open + t.far.open > 0; i++) {
			gw = t.far.open == 0 ||
			    (t.gateway.open > 0 && rand() % 2);
			group = gw ? &t.gateway : &t.far;
			pick = rand() % 5;
			group->open--;
			group->ok += pick == 0;
			group->lost += pick == 1;
			group->cannot += pick == 2;
			group->idle += pick > 2;
			group->idle_ok += pick == 4;
			got = verdict_judge(&conf, &t, &cause);
			if (first != 0)
				assert_int_equal(got, first);
			first = got;
		}
		if (i > 0)
			assert_int_not_equal(first, 0);
	}
}

/* fall 3, rise 4, interval 1s, confirm 200ms. */
static const struct story {
	const char	*name;
	const char	*words;
} stories[] = {
	{ "start_is_unknown_and_quick", "=unknown quick" },
	{ "first_pass_reports_up", "O1 P1 =up slow" },
	{ "third_loss_reports_down_from_unknown",
	  "O3 F1 =unknown F2 =unknown F3 =down:far slow" },
	{ "third_loss_reports_down",
	  "O4 P1 =up F2 =up quick F3 =up F4 =down:far slow" },
	{ "a_pass_between_losses_begins_anew",
	  "O6 P1 F2 F3 P4 =up slow F5 F6 =up quick" },
	{ "a_late_pass_ends_only_older_losses",
	  "O5 P1 F3 F4 P2 =up quick F5 =down:far" },
	{ "a_late_loss_older_than_a_pass_never_counts",
	  "O6 P1 P5 F2 F3 F4 =up slow F6 =up" },
	{ "losses_in_reverse_order_count",
	  "O4 P1 F4 F3 =up F2 =down:far" },
	{ "a_newer_pass_saves_the_line",
	  "O5 P1 F2 F3 P5 F4 =up" },
	{ "rise_needs_four_in_a_row",
	  "O9 F1-3 =down:far P4 quick P5 P6 =down:far P7 =up slow" },
	{ "the_rise_waits_for_an_address",
	  "O9 F1-3 =down:far L110 P4-7 =down:far L111 P8 =up" },
	{ "a_loss_breaks_the_rise",
	  "O9 F1-3 P4 P5 P6 quick F7 =down:far slow P8 P9 =down:far slow "
	  "O2 P10 P11 =up slow" },
	{ "a_rise_is_quick_again_in_the_next_outage",
	  "O30 F1-3 P4 F5 P6 slow P7-9 =up F10-12 =down:far P13 quick" },
	{ "losses_before_a_fall_break_no_rise",
	  "O9 P1 P2 F3-5 =down:far P6 quick" },
	{ "carrier_that_comes_back_is_a_new_start",
	  "O9 F1-3 P4 F5 P6 slow L101 L111 O2 P10 quick" },
	{ "a_late_loss_breaks_the_rise",
	  "O9 F1-3 P5 P6 P7 =down:far F4 P8 =up" },
	{ "an_open_round_holds_the_rise_back",
	  "O9 F1-3 P5-9 =down:far P4 =up" },
	{ "an_open_round_that_fails_ends_the_rise",
	  "O9 F1-3 P4 P5 P7 P8 =down:far F6 =down:far P9 =down:far" },
	{ "passes_of_before_the_fall_are_no_rise",
	  "O12 P1-5 =up F7 F8 F9 =down:far P10 =down:far P6 =down:far "
	  "P11 =down:far P12 =down:far O1 P13 =up" },
	{ "a_cannot_neither_breaks_nor_feeds_the_rise",
	  "O9 F1-3 P4 P5 X6 X7 P8 =down:far P9 =up" },
	{ "the_gateway_is_named",
	  "O3 G1-3 =down:gateway" },
	{ "the_newest_loss_names_the_cause",
	  "O4 F1 F2 G3 =down:gateway F4 =down:far" },
	{ "an_older_loss_does_not_rename_the_cause",
	  "O4 G4 G3 F2 =down:gateway F1 =down:gateway" },
	{ "cause_changes_while_down",
	  "O4 F1-3 =down:far G4 =down:gateway L101 =down:carrier" },
	{ "three_cannots_report_unknown",
	  "O5 P1 =up X2 quick X3 =up X4 =unknown:address P5 =up" },
	{ "a_loss_between_cannots_begins_anew",
	  "O7 P1 X2 X3 F4 X5 X6 =up X7 =unknown:address" },
	{ "cannots_from_the_start_name_the_address",
	  "O3 X1-3 =unknown:address" },
	{ "cannots_do_not_dodge_the_rise",
	  "O9 F1-3 X4-7 =down:far P8 =down:far" },
	{ "cannots_amid_the_rise_do_not_dodge_it",
	  "O9 F1-3 P4 X5-8 =down:far P9 =down:far" },
	{ "no_carrier_is_down_at_once", "O1 P1 =up L101 =down:carrier" },
	{ "no_interface_is_down_at_once", "L000 =down:carrier" },
	{ "carrier_alone_does_not_raise",
	  "O2 P1 L101 =down:carrier L111 =down:carrier P2 =down:carrier" },
	{ "carrier_and_the_rise_do",
	  "O2 P1 L101 L111 O4 P3-5 =down:carrier P6 =up" },
	{ "what_answers_without_carrier_counts_for_nothing",
	  "O1 P1 L101 O9 P2-10 =down:carrier L111 =down:carrier "
	  "O4 P11-13 =down:carrier P14 =up" },
	{ "what_was_in_flight_as_carrier_came_is_no_hindrance",
	  "O1 P1 L101 O2 L111 F2 F3 O4 P4-7 =up" },
	{ "after_carrier_the_losses_name_their_cause",
	  "O1 P1 L101 L111 O3 G2-4 =down:gateway" },
	{ "no_address_is_unknown", "O1 P1 L110 =unknown:address" },
	{ "an_address_and_one_pass_raise_it",
	  "O2 P1 L110 L111 =unknown:address P2 =up" },
	{ "a_pass_without_an_address_does_not",
	  "O2 P1 L110 P2 =unknown:address" },
	{ "losses_without_an_address_are_losses",
	  "O4 P1 L110 F2-4 =down:far" },
	{ "no_address_does_not_dodge_the_rise",
	  "O5 F1-3 =down:far L110 =down:far L111 P4 =down:far" },
	{ "no_carrier_goes_before_no_address",
	  "O1 P1 L110 L100 =down:carrier" },
	{ "a_pass_behind_newer_losses_raises_no_unknown",
	  "O4 F2 F3 P1 =unknown P4 =up" },
	{ "forgotten_rounds_count_for_nothing",
	  "O4 P1 forget F2-4 P2 =up slow" },
	{ "the_run_survives_forgetting",
	  "O3 P1 F2 F3 forget O1 F4 =down:far" },
	{ "a_round_counts_once",
	  "O3 P1 F2 F2 F2 F2 =up" },
	{ "a_round_counts_once_behind_an_open_one",
	  "O3 P1 F3 F3 F3 F3 =up" },
	{ "a_late_pass_does_not_revive_old_losses",
	  "O6 P1 P5 F3 F4 P2 F6 =up" },
	{ "a_round_never_opened_counts_for_nothing",
	  "O1 P1 F0 F2 F3 F4 F900 =up" },
};

static const struct conf_probe story_conf = {
	.interval_ns = NS_PER_S, .timeout_ns = NS_PER_S,
	.confirm_ns = NS_PER_S / 5, .fall = 3, .rise = 4, .require_far = 1,
};

struct told {
	const char	*name, *word;
	struct verdict	v;
	int64_t		now_ns;
};

/* True exactly if the level, or the cause of down, is another one. */
static void
check_changed(const struct told *t, const struct verdict *before, bool said)
{
	bool is = t->v.level != before->level ||
	    (t->v.level == LEVEL_DOWN && t->v.cause != before->cause);

	if (said != is)
		fail_msg("%s: at %s: said %d", t->name, t->word, said);
	if (t->v.level != before->level)
		assert_int_equal(t->v.since_ns, t->now_ns);
	else
		assert_int_equal(t->v.since_ns, before->since_ns);
}

static void
rounds(struct told *t, char kind)
{
	unsigned long long from = 0, to = 0;
	struct verdict before;
	enum outcome out = kind == 'P' ? OUTCOME_PASS :
	    kind == 'X' ? OUTCOME_CANNOT : OUTCOME_FAIL;
	enum cause cause = kind == 'G' ? CAUSE_GATEWAY : CAUSE_FAR;

	if (sscanf(t->word + 1, "%llu-%llu", &from, &to) == 1)
		to = from;
	for (; from <= to; from++) {
		before = t->v;
		check_changed(t, &before, verdict_round(&t->v, from, out,
		    cause, ++t->now_ns));
	}
}

static void
expect(const struct told *t)
{
	char text[64];

	snprintf(text, sizeof(text), "=%s%s%s", level_name(t->v.level),
	    t->v.cause == CAUSE_NONE ? "" : ":",
	    t->v.cause == CAUSE_NONE ? "" : cause_name(t->v.cause));
	if (strcmp(text, t->word) != 0)
		fail_msg("%s: want %s, is %s", t->name, t->word, text);
}

static void
pace(const struct told *t)
{
	bool quick = verdict_pace(&t->v) == story_conf.confirm_ns;

	if (!quick)
		assert_int_equal(verdict_pace(&t->v),
		    story_conf.interval_ns);
	if (quick != (t->word[0] == 'q'))
		fail_msg("%s: not %s", t->name, t->word);
}

static void
tell(struct told *t)
{
	struct verdict before = t->v;
	const char *w = t->word;
	struct link_state link;
	int n;

	switch (*w) {
	case 'O':
		for (n = atoi(w + 1); n > 0; n--)
			assert_true(verdict_open(&t->v) != 0);
		break;
	case 'P': case 'F': case 'G': case 'X':
		rounds(t, *w);
		break;
	case 'L':
		link = (struct link_state){ w[1] == '1', w[2] == '1',
		    w[3] == '1' };
		check_changed(t, &before, verdict_link(&t->v, &link,
		    ++t->now_ns));
		break;
	case 'f':
		verdict_forget(&t->v);
		break;
	case '=':
		expect(t);
		break;
	default:
		assert_true(*w == 's' || *w == 'q');
		pace(t);
	}
}

static void
stories_end_as_told(void **state)
{
	char words[256], *save;
	struct told t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		t.name = stories[i].name;
		t.now_ns = 1000;
		verdict_init(&t.v, &story_conf, t.now_ns);
		assert_true(strlen(stories[i].words) < sizeof(words));
		strcpy(words, stories[i].words);
		for (t.word = strtok_r(words, " ", &save); t.word != NULL;
		    t.word = strtok_r(NULL, " ", &save))
			tell(&t);
	}
}

static void
open_full_window_gives_no_number(void **state)
{
	struct verdict v;
	uint64_t n;

	(void)state;
	verdict_init(&v, &story_conf, 1);
	for (n = 1; n <= VERDICT_WINDOW; n++)
		assert_int_equal(verdict_open(&v), n);
	assert_int_equal(verdict_open(&v), 0);
	/* The oldest makes room, not any. */
	(void)verdict_round(&v, 2, OUTCOME_PASS, 0, 2);
	assert_int_equal(verdict_open(&v), 0);
	(void)verdict_round(&v, 1, OUTCOME_PASS, 0, 2);
	assert_int_equal(verdict_open(&v), VERDICT_WINDOW + 1);
	assert_int_equal(verdict_open(&v), VERDICT_WINDOW + 2);
	assert_int_equal(verdict_open(&v), 0);
}

/* Many rounds, many of them open: the ring of outcomes does not mix them. */
static void
long_course_with_a_full_ring_counts_right(void **state)
{
	struct verdict v;
	uint64_t n, i;

	(void)state;
	verdict_init(&v, &story_conf, 1);
	for (n = 1; n <= 10 * VERDICT_WINDOW; n++) {
		assert_int_equal(verdict_open(&v), n);
		if (n >= 500)
			(void)verdict_round(&v, n - 499, OUTCOME_PASS, 0,
			    (int64_t)n);
	}
	assert_int_equal(v.level, LEVEL_UP);
	for (i = n - 499; i < n - 497; i++)
		assert_false(verdict_round(&v, i, OUTCOME_FAIL, CAUSE_FAR,
		    (int64_t)n));
	assert_true(verdict_round(&v, i, OUTCOME_FAIL, CAUSE_FAR,
	    (int64_t)n));
	assert_int_equal(v.level, LEVEL_DOWN);
}

static void
confirm_longer_than_the_interval_is_not_used(void **state)
{
	struct conf_probe conf = story_conf;
	struct verdict v;

	(void)state;
	conf.confirm_ns = 2 * conf.interval_ns;
	verdict_init(&v, &conf, 1);
	assert_int_equal(verdict_pace(&v), conf.interval_ns);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judge_table_holds),
		cmocka_unit_test(judge_never_reverses_a_decision),
		cmocka_unit_test(stories_end_as_told),
		cmocka_unit_test(open_full_window_gives_no_number),
		cmocka_unit_test(long_course_with_a_full_ring_counts_right),
		cmocka_unit_test(confirm_longer_than_the_interval_is_not_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
