/* SPDX-License-Identifier: ISC */
/*
 * event: what is written can be read, and is what the manual says; what
 * cannot be read is not written.
 */
#include "tests/unit/test_event.h"

#define ROUNDS	3000

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
		make_msg(&c, (enum msg_type)(1 + i % MSG_PLUGIN), &m);
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
		make_msg(&c, (enum msg_type)(1 + i % MSG_PLUGIN), &m);
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
	"\"cause\":\"far\",\"since_wall_ms\":null,\"rtt_us\":7,"		\
	"\"jitter_us\":null,\"loss\":9,\"note\":\"n\","			\
	"\"addresses\":[\"192.0.2.2\",\"2001:db8::2\"],\"evidence\":"	\
	"[{\"target\":\"ping 192.0.2.9\",\"group\":\"far\","		\
	"\"state\":\"suspect\",\"sent\":4,\"lost\":3,\"cannot\":2,"		\
	"\"rtt_us\":null,\"jitter_us\":8,\"loss\":null}]}"
#define HEAD_OF(t)							\
	.head = { .type = (t), .source = "probes/0", .epoch = 255,	\
	    .seq = 7, .mono_ns = 5, .wall_ms = 6 }
#define EVENT_OF							\
	.u.event = { .uplink = "ext1", .level = LEVEL_DOWN,		\
	    .previous = LEVEL_UP, .cause = CAUSE_FAR,			\
	    .since_wall_ms = -1, .rtt_us = 7, .jitter_us = -1,		\
	    .loss = 9, .note = "n", .addrs = { 2, { { AF_INET,		\
	    { 192, 0, 2, 2 } }, { AF_INET6, { 0x20, 0x01, 0x0d, 0xb8,	\
	    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2 } } } },			\
	    .nevidence = 1, .evidence = { {				\
	    .target = "ping 192.0.2.9", .state = TARGET_SUSPECT,	\
	    .sent = 4, .lost = 3, .cannot = 2, .rtt_us = -1,		\
	    .jitter_us = 8, .loss = -1 } } }

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
	    .standing = "held", .recovery = "step 2 of 3",
	    .recovery_left_ms = 7, .nevidence = 1, .evidence = { {
	    .target = "\"", .gateway = true, .rtt_us = 0 } } } },
	    WIRE_HEAD("state") ",\"uplink\":\"ext1\","
	    "\"interface\":\"re0\",\"level\":\"degraded\","
	    "\"cause\":\"gateway\",\"carrying\":false,\"held\":true,"
	    "\"stale\":false,\"since_wall_ms\":0,\"hold_left_ms\":1,"
	    "\"index\":2,\"count\":3,\"method\":\"override\","
	    "\"standing\":\"held\",\"rtt_us\":0,\"jitter_us\":0,\"loss\":0,"
	    "\"note\":\"\",\"recovery\":\"step 2 of 3\",\"recovery_left_ms\":7,\"evidence\":[{\"target\":\"\\\"\","
	    "\"group\":\"gateway\",\"state\":\"unknown\",\"sent\":0,"
	    "\"lost\":0,\"cannot\":0,\"rtt_us\":0,\"jitter_us\":0,"
	    "\"loss\":0}]}" },
	{ { HEAD_OF(MSG_HELLO), .u = { .snapshot = { 0 } } },
	    WIRE_HEAD("hello") "}" },
	{ { HEAD_OF(MSG_SNAPSHOT), .u.snapshot.count = 2 },
	    WIRE_HEAD("snapshot") ",\"count\":2}" },
	{ { HEAD_OF(MSG_TRAIL), .u.trail = { .uplink = "ext1", .life = 255,
	    .part = 2, .interval_us = 1000000, .link = TRAIL_NO_ADDRESS,
	    .count = 3, .ntargets = 2, .targets = { { .target = "ping a",
	    .gateway = true }, { .target = "ping b", .unresolved = true } },
	    .nentries = 8, .entries = { { .what = TRAIL_FORGET,
	    .age_us = 9 }, { .what = TRAIL_DEAF, .age_us = 9 },
	    { .what = TRAIL_ROUND, .age_us = 8, .round = 7 },
	    { TRAIL_OK, 7, 1, 1234, 7 }, { TRAIL_LOST, 6, 0, 0, 6 },
	    { TRAIL_CANNOT, 5, 1, 0, 7 }, { TRAIL_SKIP, 4, 1, 0, 7 },
	    { TRAIL_IDLE, 3, 1, 0, 7 } } } },
	    WIRE_HEAD("trail") ",\"uplink\":\"ext1\","
	    "\"life\":\"00000000000000ff\",\"part\":2,"
	    "\"interval_us\":1000000,\"link\":\"no-address\",\"count\":3,"
	    "\"targets\":[{\"target\":\"ping a\",\"group\":\"gateway\","
	    "\"unresolved\":false},{\"target\":\"ping b\","
	    "\"group\":\"far\",\"unresolved\":true}],\"samples\":[[9],"
	    "[9,\"deaf\"],[8,7],"
	    "[7,7,1,1234],[6,6,0,null],[5,7,1,\"cannot\"],"
	    "[4,7,1,\"skip\"],[3,7,1,\"idle\"]]}" },
	{ { HEAD_OF(MSG_LANE), .u.lane = { .lane = "exec", .threads = 4,
	    .queue = 256, .running = 1, .waiting = 2, .on_disk = 3,
	    .oldest_wall_ms = -1, .done = 4, .failed = 5, .retried = 6,
	    .superseded = 7, .cancelled = 8, .dropped = 9, .index = 10,
	    .count = 11 } },
	    WIRE_HEAD("lane") ",\"lane\":\"exec\",\"threads\":4,"
	    "\"queue\":256,\"running\":1,\"waiting\":2,\"on_disk\":3,"
	    "\"oldest_wall_ms\":null,\"done\":4,\"failed\":5,"
	    "\"retried\":6,\"superseded\":7,\"cancelled\":8,"
	    "\"dropped\":9,\"index\":10,\"count\":11}" },
	{ { HEAD_OF(MSG_MAIL), .u.mail = { .waiting = 1, .counted = 2,
	    .lost = 3, .oldest_wall_ms = -1, .failures = 4, .error = "t" } },
	    WIRE_HEAD("mail") ",\"waiting\":1,\"counted\":2,\"lost\":3,"
	    "\"oldest_wall_ms\":null,\"failures\":4,\"error\":\"t\"}" },
	{ { HEAD_OF(MSG_ERROR), .u.error.text = "t" },
	    WIRE_HEAD("error") ",\"text\":\"t\"}" },
	{ { HEAD_OF(MSG_PLUGIN), .u.plugin = { .action = "light",
	    .plugin = "led", .kind = "library", .running = 1, .done = 2,
	    .failed = 3, .uplink = "ext1", .ok = true,
	    .ended_wall_ms = 4, .text = "exit 0" } },
	    WIRE_HEAD("plugin") ",\"action\":\"light\",\"plugin\":\"led\","
	    "\"kind\":\"library\",\"running\":1,\"done\":2,\"failed\":3,"
	    "\"uplink\":\"ext1\",\"ok\":true,\"ended_wall_ms\":4,"
	    "\"text\":\"exit 0\"}" },
};

static void
event_message_when_encoded_has_the_documented_members(void **state)
{
	char buf[EVENT_BYTES_MAX];
	size_t i;
	int n;

	(void)state;
	assert_int_equal(sizeof(written) / sizeof(written[0]), MSG_PLUGIN);
	for (i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
		assert_int_equal(written[i].m.head.type, i + 1);
		n = msg_encode(&written[i].m, buf, sizeof(buf));
		assert_true(n > 0);
		buf[n] = '\0';
		assert_string_equal(buf, written[i].bytes);
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
	REFUSED(m.head.type = MSG_PLUGIN + 1);
	REFUSED(m.head.source[0] = '\0');
	REFUSED(memset(m.head.source, 'a', sizeof(m.head.source)));
	REFUSED(m.head.seq = UINT64_MAX);
	REFUSED(m.head.mono_ns = -1);
	REFUSED(m.head.wall_ms = INT64_MAX);
	REFUSED(m.u.event.level = 0);
	REFUSED(m.u.event.previous = LEVEL_UNKNOWN + 1);
	REFUSED(m.u.event.cause = CAUSE_SUSPECT + 1);
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
		s->evidence[i].loss = WIRE_INT_MAX;
		s->evidence[i].jitter_us = WIRE_INT_MAX;
		s->evidence[i].state = TARGET_UNRESOLVED;
	}
	n = msg_encode(&m, buf, sizeof(buf));
	assert_in_range(n, 5000, EVENT_BYTES_MAX - 1);
	buf[n] = '\0';
	assert_non_null(strstr(buf, "\"loss\":9007199254740991}]}"));
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
	for (i = MSG_EVENT; i <= MSG_PLUGIN; i++)
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
	m = (struct msg){ .head.type = MSG_TRAIL, .u.trail.uplink = "ext2" };
	msg_topic(&m, topic, sizeof(topic));
	assert_string_equal(topic, "trail.ext2");
	m = (struct msg){ .head.type = MSG_STATE, .u.state.uplink = "ext2" };
	msg_topic(&m, topic, sizeof(topic));
	assert_string_equal(topic, "state.ext2");
	m = (struct msg){ .head.type = MSG_LANE, .u.lane.lane = "exec" };
	msg_topic(&m, topic, sizeof(topic));
	assert_string_equal(topic, "lane.exec");
	m = (struct msg){ .head.type = MSG_PLUGIN, .u.plugin.action = "l" };
	msg_topic(&m, topic, sizeof(topic));
	assert_string_equal(topic, "plugin.l");
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
