/* SPDX-License-Identifier: ISC */
/*
 * Messages made by chance, from a fixed seed: every member of every type has
 * a value that the wire allows, its limits among them.
 */
#ifndef UPLINKD_TEST_EVENT_H
#define UPLINKD_TEST_EVENT_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "proto/event.h"
#include "proto/wire.h"

struct chance {
	uint64_t	x;
};

/* xorshift64: the same everywhere, so that a failure can be repeated. */
static inline uint64_t
next(struct chance *c)
{
	c->x ^= c->x << 13;
	c->x ^= c->x >> 7;
	c->x ^= c->x << 17;
	return c->x;
}

static inline uint64_t
below(struct chance *c, uint64_t n)
{
	return next(c) % n;
}

static inline void
make_name(struct chance *c, char *out)
{
	static const char set[] = "abcXYZ019_/.-";
	size_t len = 1 + below(c, EVENT_NAME_MAX - 1), i;

	for (i = 0; i < len; i++)
		out[i] = set[below(c, sizeof(set) - 1)];
	if (out[0] == '-' || out[0] == '.')
		out[0] = 'e';
	out[len] = '\0';
}

static inline void
make_text(struct chance *c, char *out, size_t size)
{
	static const char *const parts[] = { "a", "\"", "\\", "/", " ",
	    "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x93\xa1", "{", "\xc2\xa0" };
	size_t len = 0, most = below(c, size), n;
	const char *part;

	for (;;) {
		part = parts[below(c, sizeof(parts) / sizeof(parts[0]))];
		n = strlen(part);
		if (len + n > most)
			break;
		memcpy(out + len, part, n);
		len += n;
	}
	out[len] = '\0';
}

static inline int64_t
make_time(struct chance *c)
{
	switch (below(c, 4)) {
	case 0:
		return -1;
	case 1:
		return 0;
	case 2:
		return WIRE_INT_MAX;
	default:
		return (int64_t)below(c, WIRE_INT_MAX);
	}
}

static inline void
make_evidence(struct chance *c, struct evidence *e, size_t *n)
{
	size_t i;

	*n = below(c, EVENT_TARGETS_MAX + 1);
	for (i = 0; i < *n; i++) {
		make_text(c, e[i].target, sizeof(e[i].target));
		e[i].gateway = below(c, 2) == 1;
		e[i].sent = (uint32_t)next(c);
		e[i].lost = (uint32_t)next(c);
		e[i].cannot = UINT32_MAX;
		e[i].rtt_us = make_time(c);
		e[i].jitter_us = make_time(c);
		e[i].loss = make_time(c);
		e[i].state = (enum target_state)(1 + below(c, 7));
	}
}

static inline void
make_addrs(struct chance *c, struct event_addrs *a)
{
	size_t i, k, len;

	a->n = below(c, EVENT_ADDRS_MAX + 1);
	for (i = 0; i < a->n; i++) {
		len = below(c, 2) == 1 ? 4 : 16;
		a->list[i].family = len == 4 ? AF_INET : AF_INET6;
		for (k = 0; k < len; k++)
			a->list[i].bytes[k] = (uint8_t)next(c);
	}
}

static inline void
make_targets(struct chance *c, struct trail *t)
{
	size_t i;

	/* At least one, for the entries. */
	t->ntargets = 1 + below(c, EVENT_TARGETS_MAX);
	for (i = 0; i < t->ntargets; i++) {
		make_text(c, t->targets[i].target, EVENT_LABEL_MAX);
		t->targets[i].gateway = below(c, 2) == 1;
		t->targets[i].unresolved = below(c, 2) == 1;
	}
}

static inline void
make_entries(struct chance *c, struct trail *t)
{
	struct trail_entry *e;
	size_t i;

	t->nentries = below(c, EVENT_TRAIL_MAX + 1);
	for (i = 0; i < t->nentries; i++) {
		e = &t->entries[i];
		e->what = (enum trail_what)(1 + below(c, TRAIL_DEAF));
		e->age_us = (uint32_t)next(c);
		if (e->what >= TRAIL_FORGET)
			continue;
		e->round = below(c, (uint64_t)WIRE_INT_MAX + 1);
		if (e->what == TRAIL_ROUND)
			continue;
		e->target = (uint32_t)below(c, t->ntargets);
		if (e->what == TRAIL_OK)
			e->rtt_us = (uint32_t)next(c);
	}
}

static inline void
make_field(struct chance *c, const struct field *f, struct msg *m)
{
	char *at = (char *)m + f->off;
	void *v = at;

	switch (f->type) {
	case FIELD_NAME_EMPTY:
		if (below(c, 2) == 0)
			return;
		/* FALLTHROUGH */
	case FIELD_NAME:
		make_name(c, at);
		return;
	case FIELD_TEXT:
		make_text(c, at, f->size);
		return;
	case FIELD_LEVEL:
		*(enum level *)v = (enum level)(1 + below(c, 4));
		return;
	case FIELD_CAUSE:
		*(enum cause *)v = (enum cause)(1 + below(c, 11));
		return;
	case FIELD_PHASE:
		*(enum job_phase *)v = (enum job_phase)(1 + below(c, 6));
		return;
	case FIELD_BOOL:
		*(bool *)v = below(c, 2) == 1;
		return;
	case FIELD_U64:
		*(uint64_t *)v = below(c, (uint64_t)WIRE_INT_MAX + 1);
		return;
	case FIELD_U32:
		*(uint32_t *)v = (uint32_t)next(c);
		return;
	case FIELD_INT:
		*(int *)v = (int)below(c, INT32_MAX);
		return;
	case FIELD_I64:
		*(int64_t *)v = make_time(c);
		return;
	case FIELD_EPOCH:
		*(uint64_t *)v = next(c);
		return;
	case FIELD_EVIDENCE:
		make_evidence(c, v,
		    (size_t *)(void *)((char *)m + f->count_off));
		return;
	case FIELD_ADDRS:
		make_addrs(c, v);
		return;
	case FIELD_LINK:
		*(enum trail_link *)v = (enum trail_link)(1 + below(c, 4));
		return;
	case FIELD_TARGETS:
		make_targets(c, &m->u.trail);
		return;
	case FIELD_ENTRIES:
		make_entries(c, &m->u.trail);
		return;
	}
	fail();
}

static inline void
make_msg(struct chance *c, enum msg_type type, struct msg *m)
{
	const struct field *f;

	memset(m, 0, sizeof(*m));
	m->head.type = type;
	make_name(c, m->head.source);
	m->head.epoch = next(c);
	m->head.seq = below(c, (uint64_t)WIRE_INT_MAX + 1);
	m->head.mono_ns = (int64_t)below(c, WIRE_INT_MAX);
	m->head.wall_ms = (int64_t)below(c, WIRE_INT_MAX);
	for (f = wire_fields(type); f->key != NULL; f++)
		make_field(c, f, m);
}

#endif
