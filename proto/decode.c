/* SPDX-License-Identifier: ISC */
/*
 * decode: bytes from anybody into a message, or a reason why not.  jansson
 * checks JSON and UTF-8; types, ranges and lengths are checked here.  Pure.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "proto/wire.h"

#define DEPTH_MAX	8

/*
 * jansson has its own, much deeper limit; ours is counted before it parses,
 * so that no bytes make it recurse.
 */
static bool
too_deep(const char *s, size_t len)
{
	bool string = false;
	int depth = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (string) {
			if (s[i] == '\\')
				i++;
			else if (s[i] == '"')
				string = false;
			continue;
		}
		if (s[i] == '"')
			string = true;
		else if ((s[i] == '{' || s[i] == '[') && ++depth > DEPTH_MAX)
			return true;
		else if (s[i] == '}' || s[i] == ']')
			depth--;
	}
	return false;
}

static bool
is_clean(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t i;

	for (i = 0; i < len; i++)
		if (u[i] < 0x20 || u[i] == 0x7f ||
		    (u[i] == 0xc2 && i + 1 < len && u[i + 1] < 0xa0))
			return false;
	return true;
}

static bool
take_text(const json_t *v, char *out, size_t size)
{
	size_t len;

	if (!json_is_string(v))
		return false;
	len = json_string_length(v);
	if (len >= size || !is_clean(json_string_value(v), len))
		return false;
	memcpy(out, json_string_value(v), len);
	out[len] = '\0';
	return true;
}

static bool
take_name(const json_t *v, char *out, size_t size, bool may_be_empty)
{
	if (!take_text(v, out, size))
		return false;
	return (may_be_empty && out[0] == '\0') || event_name_ok(out);
}

static bool
take_int(const json_t *v, int64_t min, int64_t max, int64_t *out)
{
	if (!json_is_integer(v))
		return false;
	*out = json_integer_value(v);
	return *out >= min && *out <= max;
}

static bool
take_epoch(const json_t *v, uint64_t *out)
{
	const char *s = json_string_value(v);

	if (s == NULL || strlen(s) != 16 ||
	    strspn(s, "0123456789abcdef") != 16)
		return false;
	*out = strtoull(s, NULL, 16);
	return true;
}

static bool
take_group(const json_t *v, bool *gateway)
{
	const char *s = json_string_value(v);

	if (s == NULL)
		return false;
	*gateway = strcmp(s, "gateway") == 0;
	return *gateway || strcmp(s, "far") == 0;
}

/* A number, or null, or absent as older ones have it. */
static bool
take_measure(const json_t *o, const char *key, int64_t *out)
{
	const json_t *v = json_object_get(o, key);

	*out = -1;
	return v == NULL || json_is_null(v) ||
	    take_int(v, 0, WIRE_INT_MAX, out);
}

static bool
take_extra(const json_t *o, struct evidence *e)
{
	const json_t *state = json_object_get(o, "state");

	e->state = TARGET_UNKNOWN;
	return state == NULL || (json_string_value(state) != NULL &&
	    (e->state = target_state_parse(json_string_value(state))) != 0);
}

static bool
take_one(const json_t *o, struct evidence *e)
{
	int64_t sent, lost, cannot;

	if (!take_text(json_object_get(o, "target"), e->target,
	    sizeof(e->target)) ||
	    !take_group(json_object_get(o, "group"), &e->gateway) ||
	    !take_int(json_object_get(o, "sent"), 0, UINT32_MAX, &sent) ||
	    !take_int(json_object_get(o, "lost"), 0, UINT32_MAX, &lost) ||
	    !take_int(json_object_get(o, "cannot"), 0, UINT32_MAX, &cannot))
		return false;
	if (json_object_get(o, "rtt_us") == NULL ||
	    !take_measure(o, "rtt_us", &e->rtt_us) ||
	    !take_measure(o, "jitter_us", &e->jitter_us) ||
	    !take_measure(o, "loss", &e->loss) || !take_extra(o, e))
		return false;
	e->sent = (uint32_t)sent;
	e->lost = (uint32_t)lost;
	e->cannot = (uint32_t)cannot;
	return true;
}

static bool
take_evidence(const json_t *v, struct evidence *e, size_t *n)
{
	size_t i;

	if (!json_is_array(v) || json_array_size(v) > EVENT_TARGETS_MAX)
		return false;
	*n = json_array_size(v);
	for (i = 0; i < *n; i++)
		if (!take_one(json_array_get(v, i), &e[i]))
			return false;
	return true;
}

static bool
take_addrs(const json_t *v, struct event_addrs *a)
{
	const char *text;
	size_t i;

	if (!json_is_array(v) || json_array_size(v) > EVENT_ADDRS_MAX)
		return false;
	a->n = json_array_size(v);
	for (i = 0; i < a->n; i++) {
		text = json_string_value(json_array_get(v, i));
		if (text == NULL || net_addr_parse(text, &a->list[i]) != 0)
			return false;
	}
	return true;
}

static bool
take_targets(const json_t *v, struct trail *t)
{
	const json_t *o, *unresolved;
	size_t i;

	if (!json_is_array(v) || json_array_size(v) > EVENT_TARGETS_MAX)
		return false;
	t->ntargets = json_array_size(v);
	for (i = 0; i < t->ntargets; i++) {
		o = json_array_get(v, i);
		unresolved = json_object_get(o, "unresolved");
		if (!json_is_boolean(unresolved) ||
		    !take_text(json_object_get(o, "target"),
		    t->targets[i].target, EVENT_LABEL_MAX) ||
		    !take_group(json_object_get(o, "group"),
		    &t->targets[i].gateway))
			return false;
		t->targets[i].unresolved = json_is_true(unresolved);
	}
	return true;
}

/* A time is an answer, null is none; else why nothing was asked. */
static bool
take_result(const json_t *v, struct trail_entry *e)
{
	int64_t rtt;

	if (json_is_null(v)) {
		e->what = TRAIL_LOST;
	} else if (json_is_string(v)) {
		e->what = wire_unasked_parse(json_string_value(v));
		return e->what != 0;
	} else {
		e->what = TRAIL_OK;
		if (!take_int(v, 0, UINT32_MAX, &rtt))
			return false;
		e->rtt_us = (uint32_t)rtt;
	}
	return true;
}

static bool
take_entry(const json_t *v, size_t ntargets, struct trail_entry *e)
{
	const char *word = json_string_value(json_array_get(v, 1));
	size_t n = json_array_size(v);
	int64_t age, round = 0, target = 0;
	bool deaf = n == 2 && word != NULL && strcmp(word, WIRE_DEAF) == 0;

	if ((n != 1 && n != 2 && n != 4) ||
	    !take_int(json_array_get(v, 0), 0, UINT32_MAX, &age) ||
	    (n > 1 && !deaf && !take_int(json_array_get(v, 1), 0,
	    WIRE_INT_MAX, &round)) ||
	    (n > 2 && !take_int(json_array_get(v, 2), 0,
	    (int64_t)ntargets - 1, &target)))
		return false;
	e->what = n == 1 ? TRAIL_FORGET : deaf ? TRAIL_DEAF : TRAIL_ROUND;
	e->age_us = (uint32_t)age;
	e->round = (uint64_t)round;
	e->target = (uint32_t)target;
	return n < 4 || take_result(json_array_get(v, 3), e);
}

static bool
take_entries(const json_t *v, struct trail *t)
{
	size_t i;

	if (!json_is_array(v) || json_array_size(v) > EVENT_TRAIL_MAX)
		return false;
	t->nentries = json_array_size(v);
	for (i = 0; i < t->nentries; i++)
		if (!take_entry(json_array_get(v, i), t->ntargets,
		    &t->entries[i]))
			return false;
	return true;
}

static bool
take_word(const json_t *v, enum field_type type, void *out)
{
	const char *s = json_string_value(v);

	if (s == NULL)
		return false;
	switch (type) {
	case FIELD_LEVEL:
		return (*(enum level *)out = level_parse(s)) != 0;
	case FIELD_CAUSE:
		return (*(enum cause *)out = cause_parse(s)) != 0;
	case FIELD_LINK:
		return (*(enum trail_link *)out = trail_link_parse(s)) != 0;
	default:
		return (*(enum job_phase *)out = job_phase_parse(s)) != 0;
	}
}

static bool
take_number(const json_t *v, enum field_type type, void *out)
{
	int64_t n;

	switch (type) {
	case FIELD_U64:
		if (!take_int(v, 0, WIRE_INT_MAX, &n))
			return false;
		*(uint64_t *)out = (uint64_t)n;
		return true;
	case FIELD_U32:
		if (!take_int(v, 0, UINT32_MAX, &n))
			return false;
		*(uint32_t *)out = (uint32_t)n;
		return true;
	case FIELD_INT:
		if (!take_int(v, 0, INT32_MAX, &n))
			return false;
		*(int *)out = (int)n;
		return true;
	default:
		n = -1;
		if (!json_is_null(v) && !take_int(v, 0, WIRE_INT_MAX, &n))
			return false;
		*(int64_t *)out = n;
		return true;
	}
}

/* As if it had been null, or empty. */
static bool
take_absent(const struct field *f, struct msg *m)
{
	char *at = (char *)m + f->off;

	if (f->optional && f->type == FIELD_I64)
		*(int64_t *)(void *)at = -1;
	return f->optional;
}

static bool
take_field(const json_t *v, const struct field *f, struct msg *m)
{
	char *at = (char *)m + f->off;

	if (v == NULL)
		return take_absent(f, m);
	switch (f->type) {
	case FIELD_NAME:
	case FIELD_NAME_EMPTY:
		return take_name(v, at, f->size, f->type == FIELD_NAME_EMPTY);
	case FIELD_TEXT:
		return take_text(v, at, f->size);
	case FIELD_LEVEL:
	case FIELD_CAUSE:
	case FIELD_PHASE:
	case FIELD_LINK:
		return take_word(v, f->type, at);
	case FIELD_BOOL:
		*(bool *)at = json_is_true(v);
		return json_is_boolean(v);
	case FIELD_U64:
	case FIELD_U32:
	case FIELD_INT:
	case FIELD_I64:
		return take_number(v, f->type, at);
	case FIELD_EPOCH:
		return take_epoch(v, (uint64_t *)(void *)at);
	case FIELD_EVIDENCE:
		return take_evidence(v, (struct evidence *)(void *)at,
		    (size_t *)(void *)((char *)m + f->count_off));
	case FIELD_ADDRS:
		return take_addrs(v, (struct event_addrs *)(void *)at);
	case FIELD_TARGETS:
		return take_targets(v, &m->u.trail);
	case FIELD_ENTRIES:
		return take_entries(v, &m->u.trail);
	}
	return false;
}

static const char *
take_head(const json_t *o, struct msg_head *h)
{
	const char *type = json_string_value(json_object_get(o, "type"));
	int64_t v, seq;

	if (!take_int(json_object_get(o, "v"), EVENT_VERSION, EVENT_VERSION,
	    &v))
		return "another version";
	h->type = type == NULL ? 0 : msg_type_parse(type);
	if (h->type == 0)
		return "no such type";
	if (!take_name(json_object_get(o, "source"), h->source,
	    sizeof(h->source), false))
		return "source";
	if (!take_epoch(json_object_get(o, "epoch"), &h->epoch))
		return "epoch";
	if (!take_int(json_object_get(o, "seq"), 0, WIRE_INT_MAX, &seq))
		return "seq";
	h->seq = (uint64_t)seq;
	if (!take_int(json_object_get(o, "mono_ns"), 0, WIRE_INT_MAX,
	    &h->mono_ns))
		return "mono_ns";
	if (!take_int(json_object_get(o, "wall_ms"), 0, WIRE_INT_MAX,
	    &h->wall_ms))
		return "wall_ms";
	return NULL;
}

static const char *
take_msg(const json_t *o, struct msg *m)
{
	const struct field *f;
	const char *why;

	if (!json_is_object(o))
		return "not an object";
	why = take_head(o, &m->head);
	if (why != NULL)
		return why;
	for (f = wire_fields(m->head.type); f->key != NULL; f++)
		if (!take_field(json_object_get(o, f->key), f, m))
			return f->key;
	return NULL;
}

int
msg_decode(const char *bytes, size_t len, struct msg *m, const char **why)
{
	json_error_t error;
	json_t *o;

	memset(m, 0, sizeof(*m));
	*why = "too long";
	if (len > EVENT_BYTES_MAX)
		return -EMSGSIZE;
	*why = "nested too deep";
	if (too_deep(bytes, len))
		return -EPROTO;
	o = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &error);
	if (o == NULL) {
		*why = json_error_code(&error) == json_error_duplicate_key ?
		    "a member twice" : "not JSON";
		return json_error_code(&error) == json_error_out_of_memory ?
		    -ENOMEM : -EPROTO;
	}
	*why = take_msg(o, m);
	json_decref(o);
	return *why == NULL ? 0 : -EPROTO;
}
