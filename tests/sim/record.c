/* SPDX-License-Identifier: ISC */
/*
 * record: what `uplinkctl record` would have written of a run: the workers'
 * trails as they say them, the dispatcher's events, and the configuration
 * beside it.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/must.h"
#include "proto/event.h"
#include "tests/sim/sim.h"

/* 2026-11-23T00:00:00Z, when all simulations begin. */
#define WALL_MS		INT64_C(1795392000000)

static void
write_message(struct sim *s, struct msg *m, enum msg_type type)
{
	char buf[EVENT_BYTES_MAX];
	int n;

	m->head.type = type;
	memcpy(m->head.source, "feed", 5);
	m->head.epoch = 1;
	m->head.seq = ++s->nrecorded;
	m->head.mono_ns = s->now_ns;
	m->head.wall_ms = WALL_MS + sim_time(s) / NS_PER_MS;
	n = msg_encode(m, buf, sizeof(buf));
	MUST(n > 0);
	fprintf(s->record, "%.*s\n", n, buf);
}

bool
record_open(struct sim *s, const char *path)
{
	s->record_path = path;
	s->record = fopen(path, "w");
	return s->record != NULL;
}

void
record_close(struct sim *s)
{
	if (s->record != NULL)
		fclose(s->record);
	s->record = NULL;
}

void
record_begin(struct sim *s, const char *yaml, size_t len)
{
	char path[256];
	FILE *f;

	if (s->record == NULL)
		return;
	snprintf(path, sizeof(path), "%s.conf", s->record_path);
	f = fopen(path, "w");
	if (f == NULL || fwrite(yaml, 1, len, f) != len)
		sim_fail(s, "%s cannot be written", path);
	if (f != NULL)
		fclose(f);
	fprintf(s->record, "{\"v\":%d,\"type\":\"record\",\"wall_ms\":%lld}\n",
	    EVENT_VERSION, (long long)WALL_MS);
}

void
record_event(struct sim *s, size_t n, enum level previous)
{
	const struct uplink *u = &s->centre.up[n];
	struct msg m;

	if (s->record == NULL)
		return;
	memset(&m, 0, sizeof(m));
	memcpy(m.u.event.uplink, u->conf->name, EVENT_NAME_MAX);
	m.u.event.previous = previous;
	m.u.event.level = u->level;
	m.u.event.cause = u->cause;
	write_message(s, &m, MSG_EVENT);
}

void
record_trail(struct worker *w)
{
	struct msg m;

	if (w->sim->record != NULL) {
		memset(&m, 0, sizeof(m));
		trail_fill(&w->trail, &m.u.trail, w->sim->now_ns);
		write_message(w->sim, &m, MSG_TRAIL);
	}
	trail_next(&w->trail);
}

void
record_start(struct worker *w)
{
	trail_init(&w->trail, w->conf, &w->judge, ++w->sim->nlives);
}

void
record_round(struct worker *w, uint64_t round)
{
	if (trail_round(&w->trail, round, w->sim->now_ns))
		return;
	record_trail(w);
	MUST(trail_round(&w->trail, round, w->sim->now_ns));
}

void
record_sample(struct worker *w, size_t target, uint64_t round,
    enum sample sample, int64_t rtt_ns)
{
	if (trail_sample(&w->trail, target, round, sample, rtt_ns,
	    w->sim->now_ns))
		return;
	record_trail(w);
	MUST(trail_sample(&w->trail, target, round, sample, rtt_ns,
	    w->sim->now_ns));
}

void
record_forget(struct worker *w)
{
	if (trail_forget(&w->trail, w->sim->now_ns))
		return;
	record_trail(w);
	MUST(trail_forget(&w->trail, w->sim->now_ns));
}
