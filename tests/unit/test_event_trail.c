/* SPDX-License-Identifier: ISC */
/*
 * event_trail: every sample of a trail gets through, and nothing else does.
 */
#include <jansson.h>

#include "tests/unit/test_event.h"

/* No sample may be left out to make it fit. */
static void
trail_of_the_largest_kind_fits(void **state)
{
	struct chance c = { 3 };
	char buf[EVENT_BYTES_MAX];
	struct msg m, got;
	const char *why;
	struct trail *t = &m.u.trail;
	size_t i;
	int n;

	(void)state;
	make_msg(&c, MSG_TRAIL, &m);
	m.head.seq = WIRE_INT_MAX;
	m.head.mono_ns = m.head.wall_ms = WIRE_INT_MAX;
	memset(m.head.source, 'a', EVENT_NAME_MAX - 1);
	memset(t->uplink, 'a', EVENT_NAME_MAX - 1);
	t->part = WIRE_INT_MAX;
	t->interval_us = WIRE_INT_MAX;
	t->link = TRAIL_NO_ADDRESS;
	t->count = UINT32_MAX;
	t->ntargets = EVENT_TARGETS_MAX;
	t->nentries = EVENT_TRAIL_MAX;
	for (i = 0; i < EVENT_TARGETS_MAX; i++) {
		memset(t->targets[i].target, '"', EVENT_LABEL_MAX - 1);
		t->targets[i].target[EVENT_LABEL_MAX - 1] = '\0';
		t->targets[i].gateway = true;
		t->targets[i].unresolved = false;
	}
	for (i = 0; i < EVENT_TRAIL_MAX; i++)
		t->entries[i] = (struct trail_entry){ TRAIL_OK, UINT32_MAX,
		    EVENT_TARGETS_MAX - 1, UINT32_MAX, WIRE_INT_MAX };
	n = msg_encode(&m, buf, sizeof(buf));
	assert_in_range(n, 14000, EVENT_BYTES_MAX);
	assert_int_equal(msg_decode(buf, (size_t)n, &got, &why), 0);
	assert_memory_equal(&m, &got, sizeof(m));
}

static void
trail_when_invalid_is_not_encoded(void **state)
{
	struct chance c = { 5 };
	char buf[EVENT_BYTES_MAX];
	struct msg good, m;
	struct trail *t = &m.u.trail;

	(void)state;
	make_msg(&c, MSG_TRAIL, &good);
	good.u.trail.nentries = 1;
	good.u.trail.entries[0] = (struct trail_entry){ TRAIL_LOST, 0, 0, 0,
	    1 };
	m = good;
	assert_true(msg_encode(&m, buf, sizeof(buf)) > 0);
#define REFUSED(change) do {						\
	m = good;							\
	change;								\
	assert_int_equal(msg_encode(&m, buf, sizeof(buf)), -EINVAL);	\
} while (0)
	REFUSED(t->ntargets = EVENT_TARGETS_MAX + 1);
	REFUSED(t->nentries = EVENT_TRAIL_MAX + 1);
	REFUSED(t->entries[0].what = 0);
	REFUSED(t->entries[0].what = TRAIL_DEAF + 1);
	REFUSED(t->entries[0].target = (uint32_t)t->ntargets);
	REFUSED(t->entries[0].round = UINT64_MAX);
	REFUSED(t->link = 0);
	REFUSED(t->link = TRAIL_USABLE + 1);
#undef REFUSED
}

/* Of a trail with two targets. */
static void
expect(const char *key, const char *bytes, int rc)
{
	struct chance c = { 4711 };
	char buf[EVENT_BYTES_MAX], *text;
	const char *why = "";
	struct msg m;
	json_t *o;
	int n;

	make_msg(&c, MSG_TRAIL, &m);
	m.u.trail.ntargets = 2;
	m.u.trail.nentries = 0;
	n = msg_encode(&m, buf, sizeof(buf));
	assert_true(n > 0);
	o = json_loadb(buf, (size_t)n, 0, NULL);
	assert_int_equal(json_object_set_new(o, key, json_loads(bytes,
	    JSON_DECODE_ANY, NULL)), 0);
	text = json_dumps(o, JSON_COMPACT);
	assert_non_null(text);
	if (msg_decode(text, strlen(text), &m, &why) != rc)
		fail_msg("%s %s: %s", key, bytes, why != NULL ? why :
		    "taken");
	if (rc != 0)
		assert_string_equal(why, key);
	free(text);
	json_decref(o);
}

static void
trail_when_spoiled_is_refused(void **state)
{
	static const struct {
		const char	*key, *bytes;
		bool		good;
	} cases[] = {
		{ "samples", "[]", true },
		{ "samples", "[[0],[4294967295,9007199254740991],[1,1,1,null]"
		    ",[1,1,0,4294967295],[1,1,0,\"skip\"]"
		    ",[1,1,0,\"cannot\"]]", true },
		{ "samples", "[[7,\"deaf\"]]", true },
		{ "samples", "[[7,\"dumb\"]]", false },
		{ "samples", "[[7,\"deaf\",0,null]]", false },
		{ "samples", "[[]]", false },
		{ "samples", "[[1,2,0]]", false },
		{ "samples", "[[1,2,0,0,0]]", false },
		{ "samples", "[[-1]]", false },
		{ "samples", "[[4294967296]]", false },
		{ "samples", "[[1.5]]", false },
		{ "samples", "[[1,9007199254740992]]", false },
		{ "samples", "[[1,-1]]", false },
		{ "samples", "[[1,1,2,null]]", false },
		{ "samples", "[[1,1,-1,null]]", false },
		{ "samples", "[[1,1,0,-1]]", false },
		{ "samples", "[[1,1,0,4294967296]]", false },
		{ "samples", "[[1,1,0,true]]", false },
		{ "samples", "[[1,1,0,\"lost\"]]", false },
		{ "samples", "[[1,1,0,[]]]", false },
		{ "samples", "[7]", false },
		{ "samples", "[{\"a\":1}]", false },
		{ "targets", "[{\"target\":\"t\",\"group\":\"far\","
		    "\"unresolved\":true,\"later\":1}]", true },
		{ "targets", "[{\"target\":\"t\",\"group\":\"far\"}]",
		    false },
		{ "targets", "[{\"target\":\"t\",\"group\":\"near\","
		    "\"unresolved\":true}]", false },
		{ "targets", "[{\"target\":\"t\\n\",\"group\":\"far\","
		    "\"unresolved\":true}]", false },
		{ "targets", "[{\"target\":1,\"group\":\"far\","
		    "\"unresolved\":true}]", false },
		{ "targets", "[{\"target\":\"t\",\"group\":\"far\","
		    "\"unresolved\":1}]", false },
		{ "targets", "[null]", false },
		{ "link", "\"usable\"", true },
		{ "link", "\"up\"", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect(cases[i].key, cases[i].bytes, cases[i].good ? 0 :
		    -EPROTO);
}

static void
trail_with_too_much_is_refused(void **state)
{
	char bytes[8192];
	size_t n, at;

	(void)state;
	for (n = EVENT_TRAIL_MAX; n <= EVENT_TRAIL_MAX + 1; n++) {
		bytes[0] = '[';
		for (at = 0; at < n; at++)
			memcpy(bytes + 1 + 4 * at, "[1],", 4);
		memcpy(bytes + 4 * n, "]", 2);
		expect("samples", bytes, n == EVENT_TRAIL_MAX ? 0 : -EPROTO);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
	    T(trail_of_the_largest_kind_fits),
	    T(trail_when_invalid_is_not_encoded),
	    T(trail_when_spoiled_is_refused),
	    T(trail_with_too_much_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
