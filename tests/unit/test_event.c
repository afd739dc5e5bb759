/* SPDX-License-Identifier: ISC */
/*
 * event: what is written can be read, what is foreign is refused.  Messages
 * are made by chance from a fixed seed, and by spoiling one member at a time.
 */
#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/event.h"
#include "proto/wire.h"

#define ROUNDS	3000

struct chance {
	uint64_t	x;
};

/* xorshift64: the same everywhere, so that a failure can be repeated. */
static uint64_t
next(struct chance *c)
{
	c->x ^= c->x << 13;
	c->x ^= c->x >> 7;
	c->x ^= c->x << 17;
	return c->x;
}

static uint64_t
below(struct chance *c, uint64_t n)
{
	return next(c) % n;
}

static void
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

static void
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

static int64_t
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

static void
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
	}
}

static void
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
		*(enum cause *)v = (enum cause)(1 + below(c, 8));
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
	}
	fail();
}

static void
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

static json_t *
make_json(enum msg_type type)
{
	struct chance c = { 4711 };
	char buf[EVENT_BYTES_MAX];
	struct msg m;
	int n;

	make_msg(&c, type, &m);
	n = msg_encode(&m, buf, sizeof(buf));
	assert_true(n > 0);
	return json_loadb(buf, (size_t)n, 0, NULL);
}

static int
decode_json(const json_t *o, const char **why)
{
	char *text = json_dumps(o, JSON_COMPACT);
	struct msg m;
	int rc;

	assert_non_null(text);
	rc = msg_decode(text, strlen(text), &m, why);
	free(text);
	return rc;
}

/* A message with one member as given, which is ours from here on. */
static void
expect(enum msg_type type, const char *key, json_t *value, int rc)
{
	json_t *o = make_json(type);
	const char *why = "";

	assert_non_null(value);
	assert_int_equal(json_object_set_new(o, key, value), 0);
	if (decode_json(o, &why) != rc)
		fail_msg("%s of type %d: %s", key, (int)type,
		    why != NULL ? why : "taken");
	json_decref(o);
}

static void
event_any_message_when_encoded_decodes_to_the_same(void **state)
{
	struct chance c = { 20261123 };
	char buf[EVENT_BYTES_MAX], topic[128];
	const char *why;
	struct msg m, got;
	int i, n;

	(void)state;
	for (i = 0; i < ROUNDS; i++) {
		make_msg(&c, (enum msg_type)(1 + i % MSG_ERROR), &m);
		n = msg_encode(&m, buf, sizeof(buf));
		assert_true(n > 0);
		memset(&got, 0xa5, sizeof(got));
		assert_int_equal(msg_decode(buf, (size_t)n, &got, &why), 0);
		assert_null(why);
		assert_memory_equal(&m, &got, sizeof(m));
		msg_topic(&m, topic, sizeof(topic));
		assert_int_equal(strncmp(topic, msg_type_name(m.head.type),
		    strlen(msg_type_name(m.head.type))), 0);
	}
}

/* Bytes by chance in all the members: refused here, or taken there. */
static void
event_garbage_in_members_never_leaves_undecodable_bytes(void **state)
{
	struct chance c = { 99 };
	const struct field *f;
	char buf[EVENT_BYTES_MAX], *at;
	const char *why;
	int i, n, taken = 0;
	struct msg m, got;
	size_t k;

	(void)state;
	for (i = 0; i < ROUNDS; i++) {
		make_msg(&c, (enum msg_type)(1 + i % MSG_ERROR), &m);
		for (f = wire_fields(m.head.type); f->key != NULL; f++) {
			at = (char *)&m + f->off;
			if (f->type == FIELD_I64 || f->type == FIELD_INT ||
			    f->type == FIELD_U64)
				at[below(&c, 4)] ^= (char)next(&c);
			if (f->type == FIELD_EVIDENCE)
				for (k = 0; k < EVENT_BYTES_MAX / 16; k++)
					at[below(&c, 64)] = (char)next(&c);
			if (f->type == FIELD_EVIDENCE)
				*(bool *)(at + offsetof(struct evidence,
				    gateway)) = true;
			for (k = 0; f->type == FIELD_TEXT && k < f->size; k++)
				at[k] = (char)(next(&c) >> 17);
		}
		n = msg_encode(&m, buf, sizeof(buf));
		if (n < 0) {
			assert_int_equal(n, -EINVAL);
			continue;
		}
		taken++;
		if (msg_decode(buf, (size_t)n, &got, &why) != 0)
			fail_msg("round %d: %s: %.*s", i, why, n, buf);
	}
	assert_true(taken > ROUNDS / 2);
}

#define WIRE_HEAD(type)							\
	"{\"v\":1,\"type\":\"" type "\",\"source\":\"probes/0\","	\
	"\"epoch\":\"00000000000000ff\",\"seq\":7,\"mono_ns\":5,"		\
	"\"wall_ms\":6"
#define WIRE_EVENT							\
	",\"uplink\":\"ext1\",\"level\":\"down\",\"previous\":\"up\","	\
	"\"cause\":\"far\",\"since_wall_ms\":null,\"evidence\":"		\
	"[{\"target\":\"ping 192.0.2.9\",\"group\":\"far\",\"sent\":4,"	\
	"\"lost\":3,\"cannot\":2,\"rtt_us\":null}]}"
#define HEAD_OF(t)							\
	.head = { .type = (t), .source = "probes/0", .epoch = 255,	\
	    .seq = 7, .mono_ns = 5, .wall_ms = 6 }
#define EVENT_OF							\
	.u.event = { .uplink = "ext1", .level = LEVEL_DOWN,		\
	    .previous = LEVEL_UP, .cause = CAUSE_FAR,			\
	    .since_wall_ms = -1, .nevidence = 1, .evidence = { {	\
	    .target = "ping 192.0.2.9", .sent = 4, .lost = 3,		\
	    .cannot = 2, .rtt_us = -1 } } }

/* As uplinkd-event(7) has them. */
static const struct {
	struct msg	 m;
	const char	*bytes;
} written[] = {
	{ { HEAD_OF(MSG_EVENT), EVENT_OF }, WIRE_HEAD("event") WIRE_EVENT },
	{ { HEAD_OF(MSG_HEARTBEAT), EVENT_OF },
	    WIRE_HEAD("heartbeat") WIRE_EVENT },
	{ { HEAD_OF(MSG_SAMPLES), EVENT_OF },
	    WIRE_HEAD("samples") WIRE_EVENT },
	{ { HEAD_OF(MSG_ACK), .u.ack = { .source = "s", .epoch = 1,
	    .seq = 2, .ok = true, .text = "t" } },
	    WIRE_HEAD("ack") ",\"ack_source\":\"s\","
	    "\"ack_epoch\":\"0000000000000001\",\"ack_seq\":2,"
	    "\"ok\":true,\"text\":\"t\"}" },
	{ { HEAD_OF(MSG_OPINION), .u.opinion = { .uplink = "ext1",
	    .advisor = "ifstated", .level = LEVEL_UNKNOWN, .text = "t" } },
	    WIRE_HEAD("opinion") ",\"uplink\":\"ext1\","
	    "\"advisor\":\"ifstated\",\"level\":\"unknown\","
	    "\"text\":\"t\"}" },
	{ { HEAD_OF(MSG_JOB), .u.job = { .action = "carp", .lane = "exec",
	    .uplink = "ext1", .event_id = 1, .job_id = 2,
	    .phase = JOB_RETRY, .try = 3, .took_ms = 4, .text = "exit 2" } },
	    WIRE_HEAD("job") ",\"action\":\"carp\",\"lane\":\"exec\","
	    "\"uplink\":\"ext1\",\"event_id\":1,\"job_id\":2,"
	    "\"phase\":\"retry\",\"try\":3,\"took_ms\":4,"
	    "\"text\":\"exit 2\"}" },
	{ { HEAD_OF(MSG_ROUTE), .u.route = { .ok = true, .took_us = 1,
	    .event_source = "", .event_seq = 2, .writes = 3, .text = "t" } },
	    WIRE_HEAD("route") ",\"ok\":true,\"took_us\":1,"
	    "\"event_source\":\"\",\"event_seq\":2,\"writes\":3,"
	    "\"text\":\"t\"}" },
	{ { HEAD_OF(MSG_STATE), .u.state = { .uplink = "ext1",
	    .ifname = "re0", .level = LEVEL_DEGRADED,
	    .cause = CAUSE_GATEWAY, .carrying = false, .held = true,
	    .stale = false, .since_wall_ms = 0, .hold_left_ms = 1,
	    .index = 2, .count = 3, .method = "override",
	    .standing = "held", .nevidence = 1, .evidence = { {
	    .target = "\"", .gateway = true, .rtt_us = 0 } } } },
	    WIRE_HEAD("state") ",\"uplink\":\"ext1\","
	    "\"interface\":\"re0\",\"level\":\"degraded\","
	    "\"cause\":\"gateway\",\"carrying\":false,\"held\":true,"
	    "\"stale\":false,\"since_wall_ms\":0,\"hold_left_ms\":1,"
	    "\"index\":2,\"count\":3,\"method\":\"override\","
	    "\"standing\":\"held\",\"evidence\":[{\"target\":\"\\\"\","
	    "\"group\":\"gateway\",\"sent\":0,\"lost\":0,\"cannot\":0,"
	    "\"rtt_us\":0}]}" },
	{ { HEAD_OF(MSG_HELLO), .u = { .snapshot = { 0 } } },
	    WIRE_HEAD("hello") "}" },
	{ { HEAD_OF(MSG_SNAPSHOT), .u.snapshot.count = 2 },
	    WIRE_HEAD("snapshot") ",\"count\":2}" },
	{ { HEAD_OF(MSG_ERROR), .u.error.text = "t" },
	    WIRE_HEAD("error") ",\"text\":\"t\"}" },
};

static void
event_message_when_encoded_has_the_documented_members(void **state)
{
	char buf[EVENT_BYTES_MAX];
	size_t i;
	int n;

	(void)state;
	assert_int_equal(sizeof(written) / sizeof(written[0]), MSG_ERROR);
	for (i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
		assert_int_equal(written[i].m.head.type, i + 1);
		n = msg_encode(&written[i].m, buf, sizeof(buf));
		assert_true(n > 0);
		buf[n] = '\0';
		assert_string_equal(buf, written[i].bytes);
	}
}

static void
event_member_when_missing_is_named(void **state)
{
	const struct field *f;
	const char *why;
	json_t *o;
	int type;

	(void)state;
	for (type = MSG_EVENT; type <= MSG_ERROR; type++) {
		for (f = wire_fields((enum msg_type)type); f->key != NULL;
		    f++) {
			o = make_json((enum msg_type)type);
			json_object_del(o, f->key);
			assert_int_equal(decode_json(o, &why), -EPROTO);
			assert_string_equal(why, f->key);
			json_decref(o);
		}
	}
}

static void
event_member_of_another_type_when_decoded_is_refused(void **state)
{
	const struct field *f;
	int type;

	(void)state;
	for (type = MSG_EVENT; type <= MSG_ERROR; type++)
		for (f = wire_fields((enum msg_type)type); f->key != NULL;
		    f++) {
			expect((enum msg_type)type, f->key, json_real(1.0),
			    -EPROTO);
			expect((enum msg_type)type, f->key, json_object(),
			    -EPROTO);
			expect((enum msg_type)type, f->key, json_null(),
			    f->type == FIELD_I64 ? 0 : -EPROTO);
			expect((enum msg_type)type, f->key,
			    json_string("no such word, nor a name"),
			    f->type == FIELD_TEXT ? 0 : -EPROTO);
		}
}

static void
event_head_when_wrong_is_refused(void **state)
{
	static const char *const keys[] = { "v", "type", "source", "epoch",
	    "seq", "mono_ns", "wall_ms" };
	const char *why;
	json_t *o;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		expect(MSG_HELLO, keys[i], json_null(), -EPROTO);
		expect(MSG_HELLO, keys[i], json_integer(-1), -EPROTO);
		expect(MSG_HELLO, keys[i], json_string(""), -EPROTO);
		o = make_json(MSG_HELLO);
		json_object_del(o, keys[i]);
		assert_int_equal(decode_json(o, &why), -EPROTO);
		json_decref(o);
	}
	expect(MSG_HELLO, "v", json_integer(EVENT_VERSION + 1), -EPROTO);
	expect(MSG_HELLO, "v", json_integer(EVENT_VERSION - 1), -EPROTO);
	expect(MSG_HELLO, "type", json_string("Hello"), -EPROTO);
	expect(MSG_HELLO, "type", json_string("hello"), 0);
	expect(MSG_HELLO, "epoch", json_string("00000000000000FF"), -EPROTO);
	expect(MSG_HELLO, "epoch", json_string("0x000000000000ff"), -EPROTO);
	expect(MSG_HELLO, "epoch", json_string("0000000000000ff"), -EPROTO);
	expect(MSG_HELLO, "epoch", json_string("00000000000000fff"), -EPROTO);
	expect(MSG_HELLO, "epoch", json_string("00000000000000ff "), -EPROTO);
	expect(MSG_HELLO, "seq", json_integer(WIRE_INT_MAX), 0);
	expect(MSG_HELLO, "seq", json_integer(WIRE_INT_MAX + 1), -EPROTO);
}

static void
event_number_when_beyond_its_range_is_refused(void **state)
{
	(void)state;
	expect(MSG_JOB, "try", json_integer(INT32_MAX), 0);
	expect(MSG_JOB, "try", json_integer(INT64_C(1) << 31), -EPROTO);
	expect(MSG_JOB, "try", json_integer(-1), -EPROTO);
	expect(MSG_ROUTE, "writes", json_integer(UINT32_MAX), 0);
	expect(MSG_ROUTE, "writes", json_integer(INT64_C(1) << 32), -EPROTO);
	expect(MSG_ROUTE, "took_us", json_integer(-1), -EPROTO);
	expect(MSG_ROUTE, "took_us", json_integer(WIRE_INT_MAX + 1), -EPROTO);
	expect(MSG_ACK, "ack_seq", json_integer(WIRE_INT_MAX + 1), -EPROTO);
	expect(MSG_ACK, "ok", json_integer(1), -EPROTO);
}

static void
event_text_when_not_clean_is_refused(void **state)
{
	char longest[EVENT_TEXT_MAX], beyond[EVENT_TEXT_MAX + 1];

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	memset(beyond, 'x', sizeof(beyond) - 1);
	beyond[sizeof(beyond) - 1] = '\0';
	expect(MSG_ERROR, "text", json_string(longest), 0);
	expect(MSG_ERROR, "text", json_string(beyond), -EPROTO);
	expect(MSG_ERROR, "text", json_string(""), 0);
	expect(MSG_ERROR, "text", json_string("a\tb"), -EPROTO);
	expect(MSG_ERROR, "text", json_string("a\x1b[2J"), -EPROTO);
	expect(MSG_ERROR, "text", json_string("a\x7f"), -EPROTO);
	expect(MSG_ERROR, "text", json_string("\xc2\x85"), -EPROTO);
	expect(MSG_ERROR, "text", json_string("\xc2\xa0"), 0);
	expect(MSG_STATE, "uplink", json_string("-rf"), -EPROTO);
	expect(MSG_STATE, "uplink", json_string(".."), -EPROTO);
	expect(MSG_STATE, "uplink", json_string("$(id)"), -EPROTO);
	expect(MSG_STATE, "interface", json_string(""), -EPROTO);
	expect(MSG_ROUTE, "event_source", json_string(""), 0);
	expect(MSG_ROUTE, "event_source", json_string("a b"), -EPROTO);
}

static void
event_evidence_when_spoiled_is_refused(void **state)
{
	static const struct {
		const char	*bytes;
		int		 rc;
	} cases[] = {
		{ "[]", 0 },
		{ "[{\"target\":\"t\",\"group\":\"gateway\",\"sent\":1,"
		    "\"lost\":0,\"cannot\":0,\"rtt_us\":9,\"x\":[]}]", 0 },
		{ "[{\"target\":\"t\",\"group\":\"near\",\"sent\":1,"
		    "\"lost\":0,\"cannot\":0,\"rtt_us\":9}]", -EPROTO },
		{ "[{\"target\":\"t\",\"group\":\"far\",\"sent\":-1,"
		    "\"lost\":0,\"cannot\":0,\"rtt_us\":9}]", -EPROTO },
		{ "[{\"target\":\"t\",\"group\":\"far\",\"sent\":1,"
		    "\"lost\":4294967296,\"cannot\":0,\"rtt_us\":9}]",
		    -EPROTO },
		{ "[{\"target\":\"t\",\"group\":\"far\",\"sent\":1,"
		    "\"lost\":0,\"rtt_us\":9}]", -EPROTO },
		{ "[{\"target\":\"t\",\"group\":\"far\",\"sent\":1,"
		    "\"lost\":0,\"cannot\":0,\"rtt_us\":-1}]", -EPROTO },
		{ "[{\"target\":1,\"group\":\"far\",\"sent\":1,"
		    "\"lost\":0,\"cannot\":0,\"rtt_us\":null}]", -EPROTO },
		{ "[null]", -EPROTO },
		{ "[[]]", -EPROTO },
	};
	json_t *list, *one;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect(MSG_EVENT, "evidence",
		    json_loads(cases[i].bytes, 0, NULL), cases[i].rc);
	list = json_array();
	one = json_loads(cases[1].bytes, 0, NULL);
	for (i = 0; i < EVENT_TARGETS_MAX; i++)
		json_array_append(list, json_array_get(one, 0));
	expect(MSG_STATE, "evidence", json_deep_copy(list), 0);
	json_array_append(list, json_array_get(one, 0));
	expect(MSG_STATE, "evidence", list, -EPROTO);
	json_decref(one);
}

static void
event_unknown_key_when_decoded_is_skipped(void **state)
{
	(void)state;
	expect(MSG_HELLO, "later", json_loads("{\"a\":[1.5,null]}", 0, NULL),
	    0);
	/* Of another type's members, too: they are not this one's. */
	expect(MSG_HELLO, "uplink", json_integer(1), 0);
}

#define HEAD	"{\"v\":1,\"type\":\"hello\",\"source\":\"a\","		\
		"\"epoch\":\"0123456789abcdef\",\"seq\":1,"		\
		"\"mono_ns\":1,\"wall_ms\":1"

static void
event_bytes_that_are_no_message_are_refused(void **state)
{
	static const struct {
		const char	*bytes, *why;
	} cases[] = {
		{ HEAD "}", NULL },
		{ "", "not JSON" },
		{ " ", "not JSON" },
		{ "null", "not JSON" },
		{ "[]", "not an object" },
		{ "{}", "another version" },
		{ HEAD "} x", "not JSON" },
		{ HEAD, "not JSON" },
		{ HEAD ",\"seq\":2}", "a member twice" },
		{ HEAD ",\"x\":{\"a\":1,\"a\":1}}", "a member twice" },
		{ HEAD ",\"x\":\"\xff\"}", "not JSON" },
		{ HEAD ",\"x\":\"\xc0\xaf\"}", "not JSON" },
		{ HEAD ",\"x\":\"\xed\xa0\x80\"}", "not JSON" },
		{ HEAD ",\"x\":\"\\u0000\"}", "not JSON" },
		{ HEAD ",\"x\":99999999999999999999}", "not JSON" },
		{ HEAD ",\"x\":1e999}", "not JSON" },
		{ HEAD ",\"x\":[[[[[[[]]]]]]]}", NULL },
		{ HEAD ",\"x\":[[[[[[[[]]]]]]]]}", "nested too deep" },
		{ HEAD ",\"x\":\"[[[[[[[[[[[[[\"}", NULL },
		{ HEAD ",\"x\":\"\\\"[[[[[[[[[[[[\"}", NULL },
		{ "]]]]]]]][[[[[[[[[[[[", "not JSON" },
	};
	const char *why;
	struct msg m;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rc = msg_decode(cases[i].bytes, strlen(cases[i].bytes), &m,
		    &why);
		if ((rc == 0) != (cases[i].why == NULL) ||
		    (rc != 0 && strcmp(why, cases[i].why) != 0))
			fail_msg("%s: %d %s", cases[i].bytes, rc,
			    rc == 0 ? "" : why);
	}
}

static void
event_bytes_when_too_many_are_refused(void **state)
{
	static const char head[] = HEAD "}";
	char buf[EVENT_BYTES_MAX + 1];
	const char *why;
	struct msg m;

	(void)state;
	memset(buf, ' ', sizeof(buf));
	memcpy(buf, head, sizeof(head) - 1);
	assert_int_equal(msg_decode(buf, EVENT_BYTES_MAX, &m, &why), 0);
	assert_int_equal(msg_decode(buf, sizeof(buf), &m, &why), -EMSGSIZE);
	assert_string_equal(why, "too long");
}

/* Every beginning of a message, and every message with one byte changed. */
static void
event_damaged_bytes_never_crash_and_never_give_a_bad_value(void **state)
{
	struct chance c = { 5 };
	char buf[EVENT_BYTES_MAX], again[EVENT_BYTES_MAX], was;
	int type, n, i;
	const char *why;
	struct msg m;

	(void)state;
	for (type = MSG_EVENT; type <= MSG_ERROR; type++) {
		do {
			make_msg(&c, (enum msg_type)type, &m);
			n = msg_encode(&m, buf, sizeof(buf));
		} while (n > 900);
		for (i = 0; i < n; i++) {
			assert_int_not_equal(msg_decode(buf, (size_t)i, &m,
			    &why), 0);
			was = buf[i];
			buf[i] = (char)next(&c);
			if (msg_decode(buf, (size_t)n, &m, &why) == 0)
				assert_true(msg_encode(&m, again,
				    sizeof(again)) > 0);
			buf[i] = was;
		}
	}
}

static void
event_message_when_invalid_is_not_encoded(void **state)
{
	struct chance c = { 1 };
	char buf[EVENT_BYTES_MAX];
	struct msg good, m;

	(void)state;
#define REFUSED(change) do {						\
	m = good;							\
	change;								\
	assert_int_equal(msg_encode(&m, buf, sizeof(buf)), -EINVAL);	\
} while (0)
	make_msg(&c, MSG_EVENT, &good);
	REFUSED(m.head.type = 0);
	REFUSED(m.head.type = MSG_ERROR + 1);
	REFUSED(m.head.source[0] = '\0');
	REFUSED(memset(m.head.source, 'a', sizeof(m.head.source)));
	REFUSED(m.head.seq = UINT64_MAX);
	REFUSED(m.head.mono_ns = -1);
	REFUSED(m.head.wall_ms = INT64_MAX);
	REFUSED(m.u.event.level = 0);
	REFUSED(m.u.event.previous = LEVEL_UNKNOWN + 1);
	REFUSED(m.u.event.cause = CAUSE_STALE + 1);
	REFUSED(m.u.event.uplink[0] = '-');
	REFUSED(m.u.event.since_wall_ms = WIRE_INT_MAX + 1);
	make_msg(&c, MSG_JOB, &good);
	REFUSED(m.u.job.phase = 0);
	REFUSED(m.u.job.try = -1);
	REFUSED(m.u.job.event_id = UINT64_MAX);
	REFUSED(m.u.job.lane[0] = ' ');
#undef REFUSED
}

static void
event_negative_time_when_encoded_is_null(void **state)
{
	struct chance c = { 2 };
	char buf[EVENT_BYTES_MAX];
	const char *why;
	struct msg m;
	int n;

	(void)state;
	make_msg(&c, MSG_ROUTE, &m);
	m.u.route.took_us = -3;
	n = msg_encode(&m, buf, sizeof(buf));
	assert_true(n > 0);
	assert_int_equal(msg_decode(buf, (size_t)n, &m, &why), 0);
	assert_int_equal(m.u.route.took_us, -1);
}

static void
event_foreign_text_when_encoded_is_cleaned(void **state)
{
	static const struct {
		const char	*in, *out;
	} cases[] = {
		{ "tab\tnul\x01 esc\x1b[2J del\x7f",
		    "tab?nul? esc?[2J del?" },
		{ "bad \xff \xc3. \xe2\x82. \xed\xa0\x80",
		    "bad ? ?. ??. ???" },
		{ "overlong \xc0\xaf, beyond \xf4\x90\x80\x80",
		    "overlong ??, beyond ????" },
		{ "c1 \xc2\x9b" "31m nbsp \xc2\xa0", "c1 ?31m nbsp \xc2\xa0" },
		{ "\xf0\x9f\x93\xa1 \xe2\x82\xac \xc3\xa9",
		    "\xf0\x9f\x93\xa1 \xe2\x82\xac \xc3\xa9" },
		{ "not the end \xe2\x82", "not the end ??" },
	};
	struct msg m = { .head = { .type = MSG_ERROR, .source = "a" } };
	char buf[EVENT_BYTES_MAX];
	const char *why;
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&m.u, 0, sizeof(m.u));
		strcpy(m.u.error.text, cases[i].in);
		n = msg_encode(&m, buf, sizeof(buf));
		assert_true(n > 0);
		assert_int_equal(msg_decode(buf, (size_t)n, &m, &why), 0);
		assert_string_equal(m.u.error.text, cases[i].out);
	}
}

static void
event_text_when_cut_by_its_room_ends_with_a_whole_character(void **state)
{
	struct msg m = { .head = { .type = MSG_ERROR, .source = "a" } };
	char text[EVENT_TEXT_MAX + 8], buf[EVENT_BYTES_MAX];
	const char *why;
	size_t shift;
	int n;

	(void)state;
	for (shift = 0; shift < 4; shift++) {
		memset(text, 'a', sizeof(text));
		memcpy(text + sizeof(m.u.error.text) - 1 - shift,
		    "\xf0\x9f\x93\xa1", 4);
		/* Once cut as snprintf does it, once without an end. */
		memcpy(m.u.error.text, text, sizeof(m.u.error.text));
		if (shift % 2 == 0)
			m.u.error.text[sizeof(m.u.error.text) - 1] = '\0';
		n = msg_encode(&m, buf, sizeof(buf));
		assert_true(n > 0);
		assert_int_equal(msg_decode(buf, (size_t)n, &m, &why), 0);
		assert_int_equal(strlen(m.u.error.text),
		    sizeof(m.u.error.text) - 1 - shift);
		assert_null(strchr(m.u.error.text, '?'));
	}
}

static void
event_buffer_when_small_loses_evidence_first(void **state)
{
	struct chance c = { 3 };
	char buf[EVENT_BYTES_MAX], small[EVENT_BYTES_MAX];
	const char *why;
	struct msg m, got;
	int full, n;
	size_t size;

	(void)state;
	do
		make_msg(&c, MSG_EVENT, &m);
	while (m.u.event.nevidence != EVENT_TARGETS_MAX);
	full = msg_encode(&m, buf, sizeof(buf));
	assert_int_equal(msg_encode(&m, small, (size_t)full), full);
	n = msg_encode(&m, small, (size_t)full - 1);
	assert_true(n > 0 && n < full);
	assert_int_equal(msg_decode(small, (size_t)n, &got, &why), 0);
	assert_int_equal(got.u.event.nevidence, EVENT_TARGETS_MAX / 2);
	assert_memory_equal(got.u.event.evidence, m.u.event.evidence,
	    EVENT_TARGETS_MAX / 2 * sizeof(m.u.event.evidence[0]));
	m.u.event.nevidence = 0;
	n = msg_encode(&m, buf, sizeof(buf));
	m.u.event.nevidence = EVENT_TARGETS_MAX;
	assert_int_equal(msg_encode(&m, small, (size_t)n), n);
	for (size = 0; size < (size_t)n; size += 7)
		assert_int_equal(msg_encode(&m, small, size), -EMSGSIZE);
}

static void
event_count_of_evidence_when_too_large_is_cut(void **state)
{
	struct chance c = { 3 };
	char buf[EVENT_BYTES_MAX * 2];
	const char *why;
	struct msg m, got;
	int n;

	(void)state;
	make_msg(&c, MSG_SAMPLES, &m);
	m.u.event.nevidence = SIZE_MAX;
	m.u.event.evidence[1].rtt_us = INT64_MAX;
	n = msg_encode(&m, buf, sizeof(buf));
	assert_true(n > 0 && n <= EVENT_BYTES_MAX);
	assert_int_equal(msg_decode(buf, (size_t)n, &got, &why), 0);
	assert_int_equal(got.u.event.nevidence, EVENT_TARGETS_MAX);
	assert_int_equal(got.u.event.evidence[1].rtt_us, WIRE_INT_MAX);
}

/* Quotes take two bytes each, and all numbers their longest form. */
static void
event_largest_message_fits(void **state)
{
	struct chance c = { 3 };
	char buf[EVENT_BYTES_MAX];
	struct state_line *s;
	struct msg m;
	size_t i;
	int n;

	(void)state;
	make_msg(&c, MSG_STATE, &m);
	s = &m.u.state;
	s->nevidence = EVENT_TARGETS_MAX;
	for (i = 0; i < EVENT_TARGETS_MAX; i++) {
		memset(s->evidence[i].target, '"', EVENT_LABEL_MAX);
		s->evidence[i].sent = s->evidence[i].lost = UINT32_MAX;
		s->evidence[i].cannot = UINT32_MAX;
		s->evidence[i].rtt_us = WIRE_INT_MAX;
	}
	n = msg_encode(&m, buf, sizeof(buf));
	assert_in_range(n, 5000, EVENT_BYTES_MAX - 1);
	buf[n] = '\0';
	assert_non_null(strstr(buf, "\"rtt_us\":9007199254740991}]}"));
}

static void
event_name_is_taken_or_refused(void **state)
{
	static const char *const good[] = { "a", "probes/0", "ext-1.lte_2",
	    "/", "_", "0", "0123456789012345678901234567890" };
	static const char *const bad[] = { "", "-a", ".a", "a b", "a\n",
	    "a:b", "a+b", "a,b", "\xc3\xa9", "a'", "@", "*",
	    "01234567890123456789012345678901" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(event_name_ok(good[i]));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(event_name_ok(bad[i]));
}

static void
event_words_when_parsed_give_their_value(void **state)
{
	int i;

	(void)state;
	for (i = LEVEL_UP; i <= LEVEL_UNKNOWN; i++)
		assert_int_equal(level_parse(level_name((enum level)i)), i);
	for (i = CAUSE_NONE; i <= CAUSE_STALE; i++)
		assert_int_equal(cause_parse(cause_name((enum cause)i)), i);
	for (i = MSG_EVENT; i <= MSG_ERROR; i++)
		assert_int_equal(msg_type_parse(
		    msg_type_name((enum msg_type)i)), i);
	for (i = JOB_STARTED; i <= JOB_CANCELLED; i++)
		assert_int_equal(job_phase_parse(
		    job_phase_name((enum job_phase)i)), i);
	assert_null(level_name(0));
	assert_null(level_name((enum level)5));
	assert_null(cause_name((enum cause)-1));
	assert_null(job_phase_name(JOB_CANCELLED + 1));
	assert_int_equal(level_parse(""), 0);
	assert_int_equal(level_parse("UP"), 0);
}

static void
event_topic_tells_type_uplink_and_end(void **state)
{
	struct msg m = { .head.type = MSG_EVENT };
	char topic[128];

	(void)state;
	strcpy(m.u.event.uplink, "ext1");
	m.u.event.level = LEVEL_DOWN;
	msg_topic(&m, topic, sizeof(topic));
	assert_string_equal(topic, "event.ext1.down");
	m.u.event.level = 0;
	msg_topic(&m, topic, sizeof(topic));
	assert_string_equal(topic, "event.ext1.?");
	m.head.type = MSG_SAMPLES;
	msg_topic(&m, topic, sizeof(topic));
	assert_string_equal(topic, "samples.ext1");
	m = (struct msg){ .head.type = MSG_JOB, .u.job = { .action = "mail",
	    .uplink = "ext1", .phase = JOB_DONE } };
	msg_topic(&m, topic, sizeof(topic));
	assert_string_equal(topic, "job.mail.ext1.done");
	m = (struct msg){ .head.type = MSG_STATE, .u.state.uplink = "ext2" };
	msg_topic(&m, topic, sizeof(topic));
	assert_string_equal(topic, "state.ext2");
	m.head.type = MSG_ROUTE;
	msg_topic(&m, topic, sizeof(topic));
	assert_string_equal(topic, "route");
	m.head.type = 0;
	msg_topic(&m, topic, 1);
	assert_string_equal(topic, "");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
	    T(event_any_message_when_encoded_decodes_to_the_same),
	    T(event_garbage_in_members_never_leaves_undecodable_bytes),
	    T(event_message_when_encoded_has_the_documented_members),
	    T(event_member_when_missing_is_named),
	    T(event_member_of_another_type_when_decoded_is_refused),
	    T(event_head_when_wrong_is_refused),
	    T(event_number_when_beyond_its_range_is_refused),
	    T(event_text_when_not_clean_is_refused),
	    T(event_evidence_when_spoiled_is_refused),
	    T(event_unknown_key_when_decoded_is_skipped),
	    T(event_bytes_that_are_no_message_are_refused),
	    T(event_bytes_when_too_many_are_refused),
	    T(event_damaged_bytes_never_crash_and_never_give_a_bad_value),
	    T(event_message_when_invalid_is_not_encoded),
	    T(event_negative_time_when_encoded_is_null),
	    T(event_foreign_text_when_encoded_is_cleaned),
	    T(event_text_when_cut_by_its_room_ends_with_a_whole_character),
	    T(event_buffer_when_small_loses_evidence_first),
	    T(event_count_of_evidence_when_too_large_is_cut),
	    T(event_largest_message_fits),
	    T(event_name_is_taken_or_refused),
	    T(event_words_when_parsed_give_their_value),
	    T(event_topic_tells_type_uplink_and_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
