/* SPDX-License-Identifier: ISC */
/*
 * encode: a message as one JSON object.  What is written here is what decode
 * takes: names are checked, free texts are cleaned, numbers fit.  Pure.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

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

/* Foreign bytes become '?'; a character is never cut in the middle. */
static json_t *
clean_text(const char *text, size_t size)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len = strnlen(text, size - 1), at = 0, out = 0, n;
	char buf[EVENT_TEXT_MAX];

	while (at < len) {
		n = utf8_len(s + at, len - at);
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

static json_t *
word(const char *name)
{
	return name == NULL ? NULL : json_string(name);
}

static json_t *
number(int64_t n)
{
	if (n > WIRE_INT_MAX || n < -WIRE_INT_MAX)
		return NULL;
	return json_integer(n);
}

static json_t *
epoch_text(uint64_t epoch)
{
	char buf[20];

	snprintf(buf, sizeof(buf), "%016llx", (unsigned long long)epoch);
	return json_string(buf);
}

static json_t *
evidence(const struct evidence *e, size_t n)
{
	json_t *list = json_array(), *one;
	size_t i;

	for (i = 0; i < n && i < EVENT_TARGETS_MAX && list != NULL; i++) {
		one = json_pack("{s:o, s:s, s:I, s:I, s:I, s:o}",
		    "target", clean_text(e[i].target, sizeof(e[i].target)),
		    "group", e[i].gateway ? "gateway" : "far",
		    "sent", (json_int_t)e[i].sent,
		    "lost", (json_int_t)e[i].lost,
		    "cannot", (json_int_t)e[i].cannot,
		    "rtt_us", e[i].rtt_us < 0 ? json_null() :
		    number(e[i].rtt_us));
		if (one == NULL || json_array_append_new(list, one) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *
value(const struct msg *m, const struct field *f, size_t max_evidence)
{
	const char *at = (const char *)m + f->off;
	size_t n;

	switch (f->type) {
	case FIELD_NAME:
		return event_name_ok(at) ? json_string(at) : NULL;
	case FIELD_NAME_EMPTY:
		return *at == '\0' || event_name_ok(at) ?
		    json_string(at) : NULL;
	case FIELD_TEXT:
		return clean_text(at, f->size);
	case FIELD_LEVEL:
		return word(level_name(*(const enum level *)(const void *)at));
	case FIELD_CAUSE:
		return word(cause_name(*(const enum cause *)(const void *)at));
	case FIELD_PHASE:
		return word(job_phase_name(
		    *(const enum job_phase *)(const void *)at));
	case FIELD_BOOL:
		return json_boolean(*(const bool *)at);
	case FIELD_U64:
		return number((int64_t)*(const uint64_t *)(const void *)at);
	case FIELD_U32:
		return number(*(const uint32_t *)(const void *)at);
	case FIELD_INT:
		return number(*(const int *)(const void *)at);
	case FIELD_I64:
		if (*(const int64_t *)(const void *)at == -1)
			return json_null();
		return number(*(const int64_t *)(const void *)at);
	case FIELD_EPOCH:
		return epoch_text(*(const uint64_t *)(const void *)at);
	case FIELD_EVIDENCE:
		n = *(const size_t *)(const void *)
		    ((const char *)m + f->count_off);
		return evidence((const struct evidence *)(const void *)at,
		    n < max_evidence ? n : max_evidence);
	}
	return NULL;
}

static json_t *
build(const struct msg *m, size_t max_evidence)
{
	const struct msg_head *h = &m->head;
	const struct field *f = wire_fields(h->type);
	json_t *o, *v;

	if (f == NULL || !event_name_ok(h->source))
		return NULL;
	o = json_pack("{s:i, s:s, s:s, s:o, s:o, s:o, s:o}",
	    "v", EVENT_VERSION, "type", msg_type_name(h->type),
	    "source", h->source, "epoch", epoch_text(h->epoch),
	    "seq", number((int64_t)h->seq), "mono_ns", number(h->mono_ns),
	    "wall_ms", number(h->wall_ms));
	for (; o != NULL && f->key != NULL; f++) {
		v = value(m, f, max_evidence);
		if (v == NULL || json_object_set_new_nocheck(o, f->key,
		    v) != 0) {
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
	json_t *o;

	for (;;) {
		o = build(m, max);
		if (o == NULL)
			return -EINVAL;
		len = json_dumpb(o, buf, size, JSON_COMPACT);
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
