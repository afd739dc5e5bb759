/* SPDX-License-Identifier: ISC */
/*
 * event: what is foreign is refused, one spoiled member at a time.
 */
#include <jansson.h>

#include "tests/unit/test_event.h"

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
			/* Older ones do not have all: those may be absent. */
			assert_int_equal(decode_json(o, &why),
			    f->optional ? 0 : -EPROTO);
			if (!f->optional)
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
event_addresses_when_wrong_are_refused(void **state)
{
	static const char *const wrong[] = { "", "host", "10.0.0.256",
	    "10.0.0.1/24", "fe80::1%eth0", "10.0.0.1 " };
	json_t *list = json_array();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		expect(MSG_EVENT, "addresses", json_pack("[s, s]",
		    "192.0.2.1", wrong[i]), -EPROTO);
	expect(MSG_EVENT, "addresses", json_pack("[i]", 1), -EPROTO);
	expect(MSG_EVENT, "addresses", json_array(), 0);
	for (i = 0; i < EVENT_ADDRS_MAX; i++)
		json_array_append_new(list, json_string("192.0.2.1"));
	expect(MSG_EVENT, "addresses", json_deep_copy(list), 0);
	json_array_append_new(list, json_string("192.0.2.1"));
	expect(MSG_EVENT, "addresses", list, -EPROTO);
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

int
main(void)
{
	static const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
	    T(event_member_when_missing_is_named),
	    T(event_member_of_another_type_when_decoded_is_refused),
	    T(event_addresses_when_wrong_are_refused),
	    T(event_head_when_wrong_is_refused),
	    T(event_number_when_beyond_its_range_is_refused),
	    T(event_text_when_not_clean_is_refused),
	    T(event_evidence_when_spoiled_is_refused),
	    T(event_unknown_key_when_decoded_is_skipped),
	    T(event_bytes_that_are_no_message_are_refused),
	    T(event_bytes_when_too_many_are_refused),
	    T(event_damaged_bytes_never_crash_and_never_give_a_bad_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
