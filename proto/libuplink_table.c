/* SPDX-License-Identifier: ISC */
/*
 * libuplink_table: see libuplink_table.h.
 */
#include "proto/libuplink_table.h"

#include <stdio.h>
#include <string.h>

_Static_assert(UPLINK_NAME_MAX == EVENT_NAME_MAX, "one size of names");
_Static_assert(UPLINK_TEXT_MAX == EVENT_TEXT_MAX, "one size of texts");
_Static_assert((int)UPLINK_UP == (int)LEVEL_UP &&
    (int)UPLINK_DEGRADED == (int)LEVEL_DEGRADED &&
    (int)UPLINK_DOWN == (int)LEVEL_DOWN &&
    (int)UPLINK_UNKNOWN == (int)LEVEL_UNKNOWN, "the same numbers");

const struct uplink_status *
table_find(const struct uplink_table *t, const char *name)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (strcmp(t->of[i].name, name) == 0)
			return &t->of[i];
	return NULL;
}

static struct uplink_status *
find(struct uplink_table *t, const char *name)
{
	const struct uplink_status *u = table_find(t, name);

	return u == NULL ? NULL : &t->of[u - t->of];
}

static void
fill(struct uplink_status *u, const struct state_line *s)
{
	snprintf(u->name, sizeof(u->name), "%s", s->uplink);
	snprintf(u->interface, sizeof(u->interface), "%s", s->ifname);
	u->level = (enum uplink_level)s->level;
	snprintf(u->cause, sizeof(u->cause), "%s", cause_name(s->cause));
	u->carrying = s->carrying;
	u->held = s->held;
	u->stale = s->stale;
	u->since_ms = s->since_wall_ms;
	u->hold_left_ms = s->hold_left_ms;
	u->rtt_us = s->rtt_us;
	u->loss = s->loss;
}

/* Measures and countdowns move all the time. */
static bool
is_news(const struct uplink_status *a, const struct uplink_status *b)
{
	return a->level != b->level || strcmp(a->cause, b->cause) != 0 ||
	    a->carrying != b->carrying || a->held != b->held ||
	    a->stale != b->stale || strcmp(a->interface, b->interface) != 0;
}

bool
table_state(struct uplink_table *t, const struct state_line *s)
{
	struct uplink_status *u = find(t, s->uplink), old;

	if (u == NULL && t->n == UPLINK_TABLE_MAX)
		return false;
	if (u == NULL) {
		u = &t->of[t->n++];
		fill(u, s);
		return true;
	}
	old = *u;
	fill(u, s);
	return is_news(&old, u);
}

void
table_event(struct uplink_table *t, const struct event *ev)
{
	struct uplink_status *u = find(t, ev->uplink);

	if (u == NULL)
		return;
	u->level = (enum uplink_level)ev->level;
	snprintf(u->cause, sizeof(u->cause), "%s", cause_name(ev->cause));
	u->since_ms = ev->since_wall_ms;
}

const char *
uplink_level_name(enum uplink_level level)
{
	return level_name((enum level)level);
}

enum uplink_level
uplink_level_parse(const char *word)
{
	return (enum uplink_level)level_parse(word);
}
