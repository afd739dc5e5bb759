/* SPDX-License-Identifier: ISC */
/*
 * Recordings made by hand: a round a second of each line, told in one trail,
 * and what their replay said.
 */
#ifndef UPLINKD_TEST_REPLAY_H
#define UPLINKD_TEST_REPLAY_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "dispatcher/kinds.h"
#include "lib/clock.h"
#include "proto/event.h"
#include "tools/replay.h"

#define CHANGES_MAX	64
#define NOTES_MAX	64
#define WALL_MS		INT64_C(1795392000000)
#define LINES		2

/* What one line is recorded like. */
struct hand {
	const char	*name;
	const char	*labels[EVENT_TARGETS_MAX];	/* [0] the gateway */
	size_t		ntargets;
	uint64_t	life, part, round;
	enum trail_link	link;
	bool		unresolved;	/* its last target's name */
	int64_t		interval_ms;
};

struct bench {
	struct conf	*conf;
	struct replay	*replay;
	struct hand	hands[LINES];
	int64_t		now_ms;		/* of the recording's clock */
	int64_t		boot_ms;	/* when that began */
	size_t		nchanges;
	char		changes[CHANGES_MAX][128];
	int64_t		at_ms[CHANGES_MAX];	/* since WALL_MS */
	size_t		nnotes;
	char		notes[NOTES_MAX][EVENT_TEXT_MAX];
};

#define PROBE(keys)							\
	"    probe:\n      interval: 1s\n" keys
#define KEYS(fall, hold, loss)						\
	"      fall: " fall "\n      rise: 3\n      hold: " hold "\n"	\
	"      loss: " loss "\n      timeout: 1s\n"
#define NEVER	"never\n      degraded: { loss: never }"
/* Two lines; each of them asks its gateway and two far hosts. */
#define CONF(far1, far2, keys)						\
	"uplinks:\n"							\
	"  ext1:\n    interface: ext1\n    gateway: 192.0.1.1\n"	\
	PROBE(keys)							\
	"      targets:\n        - ping: gateway\n" far1		\
	"  ext2:\n    interface: ext2\n    gateway: 192.0.2.1\n"	\
	PROBE(keys)							\
	"      targets:\n        - ping: gateway\n" far2
#define PING(addr)	"        - ping: " addr "\n"
#define FAR1	PING("198.51.100.1") PING("203.0.113.1")
#define FAR2	PING("198.51.100.2") PING("203.0.113.2")
#define WITH(fall, hold, loss)						\
	CONF(FAR1, FAR2, KEYS(fall, hold, loss))
#define USUAL	WITH("3", "0s", "20% of 60s")

static inline void
take_change(void *arg, const struct replay_change *c)
{
	struct bench *b = arg;
	char who[64] = "";
	size_t i;

	assert_true(b->nchanges < CHANGES_MAX);
	for (i = 0; i < b->conf->nuplinks; i++)
		if (c->carries[i])
			snprintf(who + strlen(who), sizeof(who) -
			    strlen(who), " %s", b->conf->uplinks[i].name);
	b->at_ms[b->nchanges] = c->wall_ms - WALL_MS;
	snprintf(b->changes[b->nchanges++], sizeof(b->changes[0]),
	    "%s %s->%s %s%s:%s", b->conf->uplinks[c->uplink].name,
	    level_name(c->previous), level_name(c->level),
	    cause_name(c->cause), c->released ? " released" : "", who);
}

static inline void
take_note(void *arg, int64_t wall_ms, const char *text)
{
	struct bench *b = arg;

	(void)wall_ms;
	/* What is beyond is not looked at. */
	if (b->nnotes < NOTES_MAX)
		snprintf(b->notes[b->nnotes++], sizeof(b->notes[0]), "%s",
		    text);
}

static inline void
hand_init(struct hand *h, const char *name, const char *far1,
    const char *far2)
{
	*h = (struct hand){ .name = name, .ntargets = 3, .life = 1,
	    .link = TRAIL_USABLE, .interval_ms = 1000 };
	h->labels[0] = strcmp(name, "ext1") == 0 ? "ping 192.0.1.1" :
	    "ping 192.0.2.1";
	h->labels[1] = far1;
	h->labels[2] = far2;
}

static inline struct bench *
bench_new(const char *yaml)
{
	struct bench *b = calloc(1, sizeof(*b));
	const struct replay_hooks hooks = { take_change, take_note, b };

	assert_non_null(b);
	assert_int_equal(conf_parse("test", yaml, strlen(yaml),
	    &conf_kinds_built_in, &b->conf, stderr), 0);
	assert_int_equal(replay_new(b->conf, &hooks, &b->replay), 0);
	b->now_ms = 5000;
	hand_init(&b->hands[0], "ext1", "ping 198.51.100.1",
	    "ping 203.0.113.1");
	hand_init(&b->hands[1], "ext2", "ping 198.51.100.2",
	    "ping 203.0.113.2");
	return b;
}

static inline void
bench_free(struct bench *b)
{
	replay_free(&b->replay);
	assert_null(b->replay);
	conf_free(&b->conf);
	free(b);
}

static inline int
bench_line(struct bench *b, const char *line, const char **why)
{
	*why = NULL;
	return replay_take(b->replay, line, strlen(line), why);
}

static inline void
bench_msg(struct bench *b, struct msg *m, enum msg_type type)
{
	char buf[EVENT_BYTES_MAX];
	const char *why = NULL;
	int n;

	m->head.type = type;
	snprintf(m->head.source, sizeof(m->head.source), "feed");
	m->head.mono_ns = (b->now_ms - b->boot_ms) * NS_PER_MS;
	m->head.wall_ms = WALL_MS + b->now_ms;
	n = msg_encode(m, buf, sizeof(buf));
	assert_true(n > 0);
	assert_int_equal(replay_take(b->replay, buf, (size_t)n, &why), 0);
	assert_null(why);
}

static inline void
hand_begin(struct hand *h, struct trail *t)
{
	size_t i;

	snprintf(t->uplink, sizeof(t->uplink), "%s", h->name);
	t->life = h->life;
	t->part = ++h->part;
	t->interval_us = h->interval_ms * 1000;
	t->link = h->link;
	t->count = (uint32_t)h->ntargets;
	t->ntargets = h->ntargets;
	for (i = 0; i < h->ntargets; i++) {
		snprintf(t->targets[i].target, EVENT_LABEL_MAX, "%s",
		    h->labels[i]);
		t->targets[i].gateway = i == 0;
		t->targets[i].unresolved = h->unresolved && i ==
		    h->ntargets - 1;
	}
}

static inline void
hand_add(struct trail *t, enum trail_what what, int64_t age_ms,
    uint64_t round, size_t target, int64_t rtt_ms)
{
	assert_true(t->nentries < EVENT_TRAIL_MAX);
	t->entries[t->nentries++] = (struct trail_entry){ what,
	    (uint32_t)(age_ms * 1000), (uint32_t)target,
	    (uint32_t)(rtt_ms * 1000), round };
}

/* What the line's judge is told at once, in the next trail. */
static inline void
hand_tell(struct bench *b, size_t line, enum trail_what what)
{
	struct msg m;

	memset(&m, 0, sizeof(m));
	hand_begin(&b->hands[line], &m.u.trail);
	hand_add(&m.u.trail, what, 0, 0, 0, 0);
	bench_msg(b, &m, MSG_TRAIL);
}

/*
 * The round that began a second ago; of each target a letter: . answered in
 * 10 ms, b the same but told 950 later, l(ate) in 400, x lost, ! could not be
 * sent, s takes no part, i is not asked, p is a program that took 3 s.
 */
static inline void
hand_round(struct hand *h, struct trail *t, const char *results)
{
	size_t i;

	assert_int_equal(strlen(results), h->ntargets);
	hand_add(t, TRAIL_ROUND, 1000, ++h->round, 0, 0);
	for (i = 0; i < h->ntargets; i++)
		if (strchr("!si", results[i]) != NULL)
			hand_add(t, results[i] == '!' ? TRAIL_CANNOT :
			    results[i] == 's' ? TRAIL_SKIP : TRAIL_IDLE,
			    1000, h->round, i, 0);
	for (i = 0; i < h->ntargets; i++)
		if (results[i] == '.')
			hand_add(t, TRAIL_OK, 990, h->round, i, 10);
		else if (results[i] == 'l')
			hand_add(t, TRAIL_OK, 600, h->round, i, 400);
	for (i = 0; i < h->ntargets; i++)
		if (results[i] == 'b')
			hand_add(t, TRAIL_OK, 40, h->round, i, 10);
	for (i = 0; i < h->ntargets; i++)
		if (results[i] == 'x' || results[i] == 'p')
			hand_add(t, results[i] == 'x' ? TRAIL_LOST :
			    TRAIL_OK, 0, h->round, i, 3000);
}

/* One second of both lines; NULL: that one says nothing. */
static inline void
bench_second(struct bench *b, const char *one, const char *two)
{
	const char *results[LINES] = { one, two };
	struct msg m;
	size_t i;

	b->now_ms += 1000;
	for (i = 0; i < LINES; i++) {
		if (results[i] == NULL)
			continue;
		memset(&m, 0, sizeof(m));
		hand_begin(&b->hands[i], &m.u.trail);
		hand_round(&b->hands[i], &m.u.trail, results[i]);
		bench_msg(b, &m, MSG_TRAIL);
	}
}

/* Seconds without a round, which are said as well. */
static inline void
bench_idle(struct bench *b, int n)
{
	struct msg m;
	size_t i;

	while (n-- > 0) {
		b->now_ms += 1000;
		for (i = 0; i < LINES; i++) {
			memset(&m, 0, sizeof(m));
			hand_begin(&b->hands[i], &m.u.trail);
			bench_msg(b, &m, MSG_TRAIL);
		}
	}
}

static inline void
bench_seconds(struct bench *b, int n, const char *one, const char *two)
{
	while (n-- > 0)
		bench_second(b, one, two);
}

/* All changes but the first of each line, to `up`; then no more. */
static inline void
bench_said(struct bench *b, const char *const *want)
{
	size_t i, n = 0;

	replay_end(b->replay);
	for (i = 0; i < b->nchanges; i++) {
		if (strstr(b->changes[i], " unknown->up none:") != NULL &&
		    i < LINES)
			continue;
		if (want[n] == NULL)
			fail_msg("and more: %s", b->changes[i]);
		assert_string_equal(b->changes[i], want[n]);
		n++;
	}
	if (want[n] != NULL)
		fail_msg("not said: %s", want[n]);
}

#define SAID(b, ...)							\
	bench_said(b, (const char *const[]){ __VA_ARGS__, NULL })

static inline bool
bench_noted(const struct bench *b, const char *part)
{
	size_t i;

	for (i = 0; i < b->nnotes; i++)
		if (strstr(b->notes[i], part) != NULL)
			return true;
	return false;
}

#endif
