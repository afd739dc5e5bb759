/* SPDX-License-Identifier: ISC */
/*
 * Lines whose modems are reset in vain, on a virtual clock of seconds, with
 * the ladder in charge.
 */
#ifndef UPLINKD_TESTS_UNIT_TEST_LADDER_H
#define UPLINKD_TESTS_UNIT_TEST_LADDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "dispatcher/ladder.h"
#include "lib/clock.h"

#define S		NS_PER_S
#define LINES		6
#define STARTS_MAX	8192

/* A step that was started, in seconds. */
struct start {
	size_t		line, step;
	int64_t		at, end;	/* -1: it runs */
};

struct world {
	struct conf	conf;
	struct conf_uplink uplinks[LINES];
	struct conf_step steps[LINES][CONF_STEPS_MAX];
	struct ladder	ladder;
	struct ladder_sight sights[LINES];
	int64_t		now, takes;	/* how long a step takes */
	int64_t		told[LINES];	/* when it was given up; 0 */
	unsigned	ntold[LINES];
	struct start	starts[STARTS_MAX];
	size_t		nstarts;
};

static inline struct world *
world_new(size_t lines)
{
	struct world *w = calloc(1, sizeof(*w));
	size_t i;

	assert_non_null(w);
	w->conf.nuplinks = lines;
	w->conf.uplinks = w->uplinks;
	w->takes = 10;
	for (i = 0; i < lines; i++) {
		snprintf(w->uplinks[i].name, sizeof(w->uplinks[i].name),
		    "ext%zu", i + 1);
		w->uplinks[i].recovery.budget = (struct option_budget){ 3,
		    86400 * S };
		w->uplinks[i].recovery.steps = w->steps[i];
		w->sights[i].works = true;
	}
	return w;
}

/* One more step of a line, in seconds. */
static inline void
world_step(struct world *w, size_t line, int64_t after, int64_t settle)
{
	struct conf_recovery *rec = &w->uplinks[line].recovery;

	rec->steps[rec->nsteps++] = (struct conf_step){
		.after_ns = after * S, .settle_ns = settle * S,
		.timeout_ns = 60 * S };
}

static inline void
world_start(struct world *w)
{
	assert_int_equal(ladder_init(&w->ladder, &w->conf), 0);
}

static inline void
world_free(struct world **w)
{
	ladder_free(&(*w)->ladder);
	free(*w);
	*w = NULL;
}

static inline void
world_down(struct world *w, size_t line)
{
	w->sights[line] = (struct ladder_sight){ .evidence = true };
	ladder_begin(&w->ladder, line, w->now * S);
}

/* The line is back; its command is told to stop, which takes it a second. */
static inline void
world_up(struct world *w, size_t line)
{
	w->sights[line] = (struct ladder_sight){ .works = true };
	ladder_return(&w->ladder, line);
}

static inline struct start *
world_running(struct world *w)
{
	struct start *s = w->nstarts > 0 ? &w->starts[w->nstarts - 1] : NULL;

	return s != NULL && s->end == -1 ? s : NULL;
}

/* As the dispatcher looks, after each turn. */
static inline void
world_look(struct world *w)
{
	struct start *s;
	ssize_t next;
	size_t i;

	s = world_running(w);
	if (s != NULL && w->now >= s->at + w->takes) {
		ladder_end(&w->ladder, s->line, w->now * S);
		s->end = w->now;
	}
	while ((next = ladder_next(&w->ladder, w->sights, w->now * S)) !=
	    -1) {
		assert_true(w->nstarts < STARTS_MAX);
		s = &w->starts[w->nstarts++];
		s->line = (size_t)next;
		s->at = w->now;
		s->end = -1;
		s->step = ladder_start(&w->ladder, s->line, w->now * S);
	}
	for (i = 0; i < w->conf.nuplinks; i++)
		if (ladder_gives_up(&w->ladder, i, w->sights, w->now * S)) {
			ladder_told(&w->ladder, i);
			w->told[i] = w->now;
			w->ntold[i]++;
		}
}

/* Up to and with that second. */
static inline void
world_run(struct world *w, int64_t until)
{
	for (; w->now < until; w->now++)
		world_look(w);
	world_look(w);
}

#endif
