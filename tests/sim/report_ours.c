/* SPDX-License-Identifier: ISC */
/*
 * report_ours: two uplinks as an administrator would configure them (gateway
 * and two far hosts each), with the real configuration, judge, board and
 * uplink; what a worker and the dispatcher do with them is done here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatcher/kinds.h"
#include "dispatcher/uplink.h"
#include "lib/must.h"
#include "probes/board.h"
#include "probes/judge.h"
#include "tests/sim/report.h"

/* In flight: the longest timeout at the quickest pace, all hosts. */
#define ANSWERS		4096
/*
 * The window of loss is half filled, and the smoothed times are in order
 * again, when something happens after a while that was left out.
 */
#define LEAD_IN		(35 * NS_PER_S)

struct answer {
	int64_t		at_ns, rtt_ns;
	uint64_t	round;
	uint8_t		host;
	enum sample	sample;
};

struct ours;

struct side {
	struct ours	*ours;
	size_t		line;
	const struct conf_uplink *conf;
	struct judge	judge;
	struct uplink	uplink;
	unsigned	switches;
	int64_t		round_ns;	/* when the newest began */
	int64_t		due_ns;		/* the next one */
	int64_t		pace_ns;	/* by which it is due */
	bool		nudged, woken;	/* the next, this: for another line */
	int64_t		tick_ns, hold_ns;
	struct answer	answers[ANSWERS];	/* by at_ns, latest first */
	size_t		nanswers;
};

struct ours {
	struct net	*net;
	struct conf	*conf;
	struct board	*board;
	int64_t		now_ns;
	struct side	sides[NET_LINES];
};

/* Traffic was on the line, and is not any more. */
static void
stand(struct side *s, enum plan_standing was)
{
	s->switches += was == PLAN_GOOD &&
	    uplink_standing(&s->uplink) != PLAN_GOOD;
}

/* As the worker's: sooner in doubt, and later when it is over. */
static void
hurry(struct side *s, int64_t now_ns)
{
	int64_t pace = judge_pace(&s->judge), was = s->pace_ns;
	int64_t due = s->round_ns + pace;

	if (due < now_ns)
		due = now_ns;
	if (due < s->due_ns || (was < pace && !s->nudged))
		s->due_ns = due;
	s->pace_ns = pace;
}

/* After anything that the judge was told. */
static void
judged(struct side *s, bool changed, int64_t now_ns)
{
	enum plan_standing was = uplink_standing(&s->uplink);

	if (changed)
		(void)uplink_step(&s->uplink, s->judge.level, s->judge.cause,
		    false, now_ns);
	stand(s, was);
	s->hold_ns = uplink_due(&s->uplink);
	hurry(s, now_ns);
	s->tick_ns = judge_due(&s->judge);
	if (s->tick_ns < now_ns)
		s->tick_ns = now_ns;
}

static enum peer
ask(void *arg, size_t target, int64_t since_ns)
{
	struct side *s = arg;

	return board_ask(s->ours->board, s->line, target, since_ns);
}

static bool
reached(void *arg, size_t target, int64_t since_ns)
{
	struct side *s = arg;

	return board_reached(s->ours->board, s->line, target, since_ns);
}

static void
miss(void *arg, size_t target, int64_t sent_ns)
{
	struct side *s = arg;

	board_sample(s->ours->board, s->line, target, false, sent_ns);
}

/* As board_doubt: the others look at once, at the quick pace. */
static void
doubt(void *arg)
{
	struct side *s = arg, *other;
	int64_t due;
	size_t i;

	if (s->woken)
		return;
	for (i = 0; i < NET_LINES; i++) {
		other = &s->ours->sides[i];
		due = other->round_ns + other->conf->probe.confirm_ns;
		if (due < s->ours->now_ns)
			due = s->ours->now_ns;
		if (other == s || due >= other->due_ns)
			continue;
		other->due_ns = due;
		other->nudged = true;
	}
}

static void
expect_answer(struct side *s, const struct answer *a)
{
	size_t i;

	MUST(s->nanswers < ANSWERS);
	for (i = s->nanswers++; i > 0 && s->answers[i - 1].at_ns <= a->at_ns;
	    i--)
		s->answers[i] = s->answers[i - 1];
	s->answers[i] = *a;
}

/* Targets are in the order of enum host. */
static void
start_round(struct side *s, int64_t now_ns)
{
	struct answer a = { .round = judge_open(&s->judge, now_ns) };
	int64_t timeout = s->conf->probe.timeout_ns, rtt;

	s->woken = s->nudged;
	s->nudged = false;
	s->round_ns = now_ns;
	s->pace_ns = judge_pace(&s->judge);
	s->due_ns = now_ns + s->pace_ns;
	if (a.round == 0)
		return;
	for (a.host = 0; a.host < NET_HOSTS; a.host++) {
		rtt = net_ask(s->ours->net, s->line, a.host, now_ns);
		a.sample = rtt == NET_LOST || rtt >= timeout ? SAMPLE_LOST :
		    SAMPLE_OK;
		a.rtt_ns = a.sample == SAMPLE_OK ? rtt : 0;
		a.at_ns = now_ns + (a.sample == SAMPLE_OK ? rtt : timeout);
		expect_answer(s, &a);
	}
	judged(s, false, now_ns);
}

static void
take_answer(struct side *s, int64_t now_ns)
{
	struct answer a = s->answers[--s->nanswers];

	board_sample(s->ours->board, s->line, a.host,
	    a.sample == SAMPLE_OK,
	    s->judge.rounds[a.round % VERDICT_WINDOW].start_ns);
	judged(s, judge_sample(&s->judge, a.host, a.round, a.sample,
	    a.rtt_ns, now_ns), now_ns);
}

static int64_t
side_next(const struct side *s)
{
	int64_t next = s->due_ns < s->tick_ns ? s->due_ns : s->tick_ns;

	next = s->hold_ns < next ? s->hold_ns : next;
	if (s->nanswers > 0 && s->answers[s->nanswers - 1].at_ns < next)
		next = s->answers[s->nanswers - 1].at_ns;
	return next;
}

static int64_t
ours_next(const void *arg)
{
	const struct ours *o = arg;
	int64_t next = CLOCK_NEVER, one;
	size_t i;

	for (i = 0; i < NET_LINES; i++) {
		one = side_next(&o->sides[i]);
		next = one < next ? one : next;
	}
	return next;
}

/* One thing at a time: the answer comes before the tick that misses it. */
static void
side_step(struct side *s, int64_t now_ns)
{
	enum plan_standing was;

	if (s->nanswers > 0 && s->answers[s->nanswers - 1].at_ns <= now_ns) {
		take_answer(s, now_ns);
	} else if (s->tick_ns <= now_ns) {
		judged(s, judge_tick(&s->judge, now_ns), now_ns);
	} else if (s->hold_ns <= now_ns) {
		was = uplink_standing(&s->uplink);
		(void)uplink_tick(&s->uplink, false, now_ns);
		s->hold_ns = uplink_due(&s->uplink);
		stand(s, was);
	} else {
		start_round(s, now_ns);
	}
}

static void
ours_step(void *arg, int64_t now_ns)
{
	struct ours *o = arg;
	size_t i;

	o->now_ns = now_ns;
	for (i = 0; i < NET_LINES; i++)
		if (side_next(&o->sides[i]) <= now_ns) {
			side_step(&o->sides[i], now_ns);
			return;
		}
}

static enum level
ours_level(const void *arg, size_t line)
{
	const struct ours *o = arg;

	return o->sides[line].judge.level;
}

static unsigned
ours_switches(const void *arg)
{
	const struct ours *o = arg;

	return o->sides[0].switches + o->sides[1].switches;
}

static bool
calm(const struct side *s)
{
	const struct judge *j = &s->judge;

	return s->nanswers == 0 && j->verdict.fails == 0 &&
	    j->nsuspects == 0 && !j->lossy && s->uplink.state == UPLINK_UP;
}

/* Both lines keep their phase: whole intervals are left out. */
static int64_t
ours_skip(void *arg, int64_t now_ns, int64_t until_ns)
{
	struct ours *o = arg;
	int64_t interval = o->sides[0].conf->probe.interval_ns, much;
	size_t i;

	for (i = 0; i < NET_LINES; i++)
		if (!calm(&o->sides[i]) ||
		    o->sides[i].due_ns < now_ns)
			return 0;
	much = until_ns - LEAD_IN - now_ns;
	if (much < interval)
		return 0;
	much -= much % interval;
	for (i = 0; i < NET_LINES; i++) {
		o->sides[i].round_ns += much;
		o->sides[i].due_ns += much;
		o->sides[i].tick_ns += much;
	}
	/* What would have been asked meanwhile. */
	o->net->packets += NET_LINES * NET_HOSTS * (uint64_t)(much / interval);
	return much;
}

static void
configure(struct ours *o, const struct tool *t)
{
	char text[4096], *err = NULL;
	const char *line = o->net->model->settings;
	size_t len = 0, i;
	FILE *f = open_memstream(&err, &len);
	int n = snprintf(text, sizeof(text), "uplinks:\n");

	MUST(f != NULL);
	for (i = 0; i < NET_LINES; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "  ext%zu: { "
		    "interface: ext%zu, gateway: 192.0.%zu.1, probe: { "
		    "%s%s%s%stargets: [{ ping: gateway }, "
		    "{ ping: 198.51.100.9 }, { ping: 203.0.113.9 }] } }\n",
		    i, i, i, t->settings, *t->settings != '\0' ? ", " : "",
		    line, *line != '\0' ? ", " : "");
	MUST(n < (int)sizeof(text));
	i = (size_t)conf_parse(t->name, text, (size_t)n, &conf_kinds_built_in,
	    &o->conf, f);
	fclose(f);
	if (i != 0)
		fprintf(stderr, "%s", err);
	MUST(i == 0);
	free(err);
}

static void *
ours_start(const struct tool *t, struct net *net, const enum host *hosts,
    int64_t now_ns)
{
	struct ours *o = calloc(1, sizeof(*o));
	struct side *s;
	size_t i;

	(void)hosts;
	MUST(o != NULL);
	o->net = net;
	configure(o, t);
	MUST(board_new(o->conf, &o->board) == 0);
	for (i = 0; i < NET_LINES; i++) {
		s = &o->sides[i];
		s->ours = o;
		s->line = i;
		s->conf = &o->conf->uplinks[i];
		MUST(judge_init(&s->judge, &s->conf->probe, now_ns) == 0);
		s->judge.ask = ask;
		s->judge.reached = reached;
		s->judge.miss = miss;
		s->judge.doubt = doubt;
		s->judge.arg = s;
		uplink_init(&s->uplink, s->conf, now_ns);
		s->hold_ns = CLOCK_NEVER;
		board_line(o->board, i, true);
		s->tick_ns = judge_due(&s->judge);
		s->due_ns = now_ns + net_phase(net, i,
		    s->conf->probe.interval_ns);
	}
	return o;
}

static void
ours_stop(void *arg)
{
	struct ours *o = arg;
	size_t i;

	for (i = 0; i < NET_LINES; i++)
		judge_free(&o->sides[i].judge);
	board_free(&o->board);
	conf_free(&o->conf);
	free(o);
}

const struct tool_kind tool_ours = {
	.start = ours_start,
	.stop = ours_stop,
	.next = ours_next,
	.step = ours_step,
	.level = ours_level,
	.switches = ours_switches,
	.skip = ours_skip,
};
