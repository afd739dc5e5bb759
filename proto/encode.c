/* SPDX-License-Identifier: ISC */
/*
 * encode: a message as one JSON object.  What is written here is what decode
 * takes: names are checked, free texts are cleaned, numbers fit.  Pure.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "proto/wire.h"

/* Length of a well-formed UTF-8 character at s, 0 if there is none. */
static size_t
utf8_len(const unsigned char *s, size_t left)
{
	static const unsigned long least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned long c;
	size_t n, i;

	if (s[0] < 0x80)
		return 1;
	n = s[0] >= 0xf0 && s[0] < 0xf8 ? 4 : s[0] >= 0xe0 ? 3 :
	    s[0] >= 0xc0 ? 2 : 0;
	if (n == 0 || s[0] >= 0xf8 || n > left)
		return 0;
	c = s[0] & (0xffu >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return n;
}

/* The beginning of a character whose rest did not fit into the text. */
static bool
is_cut(const unsigned char *s, size_t left)
{
	size_t i;

	if (s[0] < 0xc2 || s[0] > 0xf4 || left > 3)
		return false;
	for (i = 1; i < left; i++)
		if ((s[i] & 0xc0) != 0x80)
			return false;
	return true;
}

/* Foreign bytes become '?'; a character is never cut in the middle. */
static json_t *
clean_text(const char *text, size_t size)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len = strnlen(text, size - 1), at = 0, out = 0, n;
	char buf[EVENT_TEXT_MAX];

	while (at < len) {
		n = utf8_len(s + at, len - at);
		if (n == 0 && len == size - 1 && is_cut(s + at, len - at))
			break;
		/* C1 controls (U+0080..9F) steer terminals, too. */
		if (n == 0 || (n == 1 && (s[at] < 0x20 || s[at] == 0x7f)) ||
		    (n == 2 && s[at] == 0xc2 && s[at + 1] < 0xa0)) {
			buf[out++] = '?';
			at += n > 1 ? n : 1;
			continue;
		}
		memcpy(buf + out, s + at, n);
		out += n;
		at += n;
	}
	return json_stringn(buf, out);
}

static bool
is_trail_valid(const struct trail *t)
{
	const struct trail_entry *e;
	size_t i;

	if (t->ntargets > EVENT_TARGETS_MAX || t->nentries > EVENT_TRAIL_MAX)
		return false;
	for (i = 0; i < t->nentries; i++) {
		e = &t->entries[i];
		if (e->what < TRAIL_ROUND || e->what > TRAIL_DEAF ||
		    e->round > WIRE_INT_MAX)
			return false;
		if (e->what != TRAIL_ROUND && e->what < TRAIL_FORGET &&
		    e->target >= t->ntargets)
			return false;
	}
	return true;
}

static bool
is_addrs_valid(const struct event_addrs *a)
{
	size_t i;

	for (i = 0; i < a->n && i < EVENT_ADDRS_MAX; i++)
		if (a->list[i].family != AF_INET &&
		    a->list[i].family != AF_INET6)
			return false;
	return a->n <= EVENT_ADDRS_MAX;
}

/* False for what decode would refuse. */
static bool
is_valid(const struct msg *m, const struct field *f)
{
	const char *at = (const char *)m + f->off;

	switch (f->type) {
	case FIELD_NAME:
		return event_name_ok(at);
	case FIELD_NAME_EMPTY:
		return *at == '\0' || event_name_ok(at);
	case FIELD_LEVEL:
		return level_name(*(const enum level *)(const void *)at) !=
		    NULL;
	case FIELD_CAUSE:
		return cause_name(*(const enum cause *)(const void *)at) !=
		    NULL;
	case FIELD_PHASE:
		return job_phase_name(
		    *(const enum job_phase *)(const void *)at) != NULL;
	case FIELD_U64:
		return *(const uint64_t *)(const void *)at <= WIRE_INT_MAX;
	case FIELD_INT:
		return *(const int *)(const void *)at >= 0;
	case FIELD_I64:
		return *(const int64_t *)(const void *)at <= WIRE_INT_MAX;
	case FIELD_LINK:
		return trail_link_name(*(const enum trail_link *)(const void *)
		    at) != NULL;
	case FIELD_ENTRIES:
		return is_trail_valid(&m->u.trail);
	case FIELD_ADDRS:
		return is_addrs_valid((const void *)at);
	case FIELD_TEXT:
	case FIELD_BOOL:
	case FIELD_U32:
	case FIELD_EPOCH:
	case FIELD_EVIDENCE:
	case FIELD_TARGETS:
		return true;
	}
	return false;
}

static bool
is_head_valid(const struct msg_head *h)
{
	return wire_fields(h->type) != NULL && event_name_ok(h->source) &&
	    h->seq <= WIRE_INT_MAX &&
	    h->mono_ns >= 0 && h->mono_ns <= WIRE_INT_MAX &&
	    h->wall_ms >= 0 && h->wall_ms <= WIRE_INT_MAX;
}

/* No time, or one that a clock set back has made negative, is null. */
static json_t *
time_or_null(int64_t t)
{
	if (t > WIRE_INT_MAX)
		t = WIRE_INT_MAX;
	return t < 0 ? json_null() : json_integer(t);
}

static json_t *
epoch_text(uint64_t epoch)
{
	char buf[20];

	snprintf(buf, sizeof(buf), "%016llx", (unsigned long long)epoch);
	return json_string(buf);
}

static json_t *
one_evidence(const struct evidence *e)
{
	const char *state = target_state_name(e->state);

	return json_pack("{s:o, s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o}",
	    "target", clean_text(e->target, sizeof(e->target)),
	    "group", e->gateway ? "gateway" : "far",
	    "state", state != NULL ? state : "unknown",
	    "sent", (json_int_t)e->sent,
	    "lost", (json_int_t)e->lost,
	    "cannot", (json_int_t)e->cannot,
	    "rtt_us", time_or_null(e->rtt_us),
	    "jitter_us", time_or_null(e->jitter_us),
	    "loss", time_or_null(e->loss));
}

static json_t *
evidence(const struct evidence *e, size_t n)
{
	json_t *list = json_array(), *one;
	size_t i;

	for (i = 0; i < n && i < EVENT_TARGETS_MAX && list != NULL; i++) {
		one = one_evidence(&e[i]);
		if (one == NULL || json_array_append_new(list, one) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *
addresses(const struct event_addrs *a)
{
	json_t *list = json_array();
	char text[NET_ADDR_TEXT];
	size_t i;

	for (i = 0; i < a->n && list != NULL; i++)
		if (json_array_append_new(list, json_string(net_addr_text(
		    &a->list[i], text))) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *
targets(const struct trail *t)
{
	json_t *list = json_array();
	const struct trail_target *one;
	size_t i;

	for (i = 0; i < t->ntargets && list != NULL; i++) {
		one = &t->targets[i];
		if (json_array_append_new(list, json_pack("{s:o, s:s, s:b}",
		    "target", clean_text(one->target, sizeof(one->target)),
		    "group", one->gateway ? "gateway" : "far",
		    "unresolved", (int)one->unresolved)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* By its length: forgotten, a round or a word, a sample. */
static json_t *
one_entry(const struct trail_entry *e)
{
	json_int_t age = e->age_us, round = (json_int_t)e->round;
	json_int_t target = e->target;

	switch (e->what) {
	case TRAIL_FORGET:
		return json_pack("[I]", age);
	case TRAIL_DEAF:
		return json_pack("[I, s]", age, WIRE_DEAF);
	case TRAIL_ROUND:
		return json_pack("[I, I]", age, round);
	case TRAIL_OK:
		return json_pack("[I, I, I, I]", age, round, target,
		    (json_int_t)e->rtt_us);
	case TRAIL_LOST:
		return json_pack("[I, I, I, n]", age, round, target);
	default:
		return json_pack("[I, I, I, s]", age, round, target,
		    wire_unasked(e->what));
	}
}

static json_t *
entries(const struct trail *t)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < t->nentries && list != NULL; i++)
		if (json_array_append_new(list, one_entry(&t->entries[i])) !=
		    0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

/* Of a valid member; NULL when memory is short. */
static json_t *
value(const struct msg *m, const struct field *f, size_t max_evidence)
{
	const char *at = (const char *)m + f->off;
	const void *v = at;
	size_t n;

	switch (f->type) {
	case FIELD_NAME:
	case FIELD_NAME_EMPTY:
		return json_string(at);
	case FIELD_TEXT:
		return clean_text(at, f->size);
	case FIELD_LEVEL:
		return json_string(level_name(*(const enum level *)v));
	case FIELD_CAUSE:
		return json_string(cause_name(*(const enum cause *)v));
	case FIELD_PHASE:
		return json_string(
		    job_phase_name(*(const enum job_phase *)v));
	case FIELD_BOOL:
		return json_boolean(*(const bool *)v);
	case FIELD_U64:
		return json_integer((json_int_t)*(const uint64_t *)v);
	case FIELD_U32:
		return json_integer(*(const uint32_t *)v);
	case FIELD_INT:
		return json_integer(*(const int *)v);
	case FIELD_I64:
		return time_or_null(*(const int64_t *)v);
	case FIELD_EPOCH:
		return epoch_text(*(const uint64_t *)v);
	case FIELD_EVIDENCE:
		n = *(const size_t *)(const void *)
		    ((const char *)m + f->count_off);
		return evidence(v, n < max_evidence ? n : max_evidence);
	case FIELD_ADDRS:
		return addresses(v);
	case FIELD_LINK:
		return json_string(trail_link_name(*(const enum trail_link *)v));
	case FIELD_TARGETS:
		return targets(&m->u.trail);
	case FIELD_ENTRIES:
		return entries(&m->u.trail);
	}
	return NULL;
}

/* Of a valid message; NULL when memory is short. */
static json_t *
build(const struct msg *m, size_t max_evidence)
{
	const struct msg_head *h = &m->head;
	const struct field *f;
	json_t *o, *v;

	o = json_pack("{s:i, s:s, s:s, s:o, s:I, s:I, s:I}",
	    "v", EVENT_VERSION, "type", msg_type_name(h->type),
	    "source", h->source, "epoch", epoch_text(h->epoch),
	    "seq", (json_int_t)h->seq, "mono_ns", (json_int_t)h->mono_ns,
	    "wall_ms", (json_int_t)h->wall_ms);
	if (o == NULL)
		return NULL;
	for (f = wire_fields(h->type); f->key != NULL; f++) {
		v = value(m, f, max_evidence);
		if (json_object_set_new_nocheck(o, f->key, v) != 0) {
			json_decref(o);
			return NULL;
		}
	}
	return o;
}

int
msg_encode(const struct msg *m, char *buf, size_t size)
{
	size_t max = EVENT_TARGETS_MAX, len;
	const struct field *f;
	json_t *o;

	if (!is_head_valid(&m->head))
		return -EINVAL;
	for (f = wire_fields(m->head.type); f->key != NULL; f++)
		if (!is_valid(m, f))
			return -EINVAL;
	for (;;) {
		o = build(m, max);
		len = o == NULL ? 0 : json_dumpb(o, buf, size, JSON_COMPACT);
		json_decref(o);
		if (len == 0)
			return -ENOMEM;
		if (len <= size)
			return (int)len;
		if (max == 0)
			return -EMSGSIZE;
		/* The newest word matters more than all of its evidence. */
		max /= 2;
	}
}
