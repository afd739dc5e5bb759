/* SPDX-License-Identifier: ISC */
/*
 * zsock: a publisher and its subscribers.
 */
#include "tests/unit/test_zsock.h"

static void
zsock_subscriber_gets_the_topics_it_wants(void **state)
{
	struct bench *b = *state;
	struct zsock *pub = open_use(b, ZSOCK_FEED_PUB, NULL);
	struct zsock *sub = open_use(b, ZSOCK_FEED_SUB, NULL);
	char from[FROM_MAX], buf[64];

	assert_int_equal(zsock_subscribe(sub, "event."), 0);
	expect(pub, "", "\1event.");
	assert_int_equal(zsock_send(pub, "route", "no", 2), 0);
	assert_int_equal(zsock_send(pub, "event.ext1.down", "yes", 3), 0);
	expect(sub, "event.ext1.down", "yes");
	zsock_close(&sub);
	/* Unsubscribed by its end: a NUL and the topic. */
	assert_int_equal(take(pub, from, buf, sizeof(buf)), 7);
	assert_memory_equal(buf, "\0event.", 7);
	assert_string_equal(from, "");
	zsock_close(&pub);
	zctx_free(&b->zctx);
}

static void
zsock_publication_when_ill_formed_is_dropped(void **state)
{
	static const char *const cases[][3] = {
		{ "event", "two", "three" }, { "alone", NULL, NULL },
		{ "event\x1b[2J", "payload", NULL },
	};
	static const char *const good[] = { "event", "good" };
	struct bench *b = *state;
	void *raw = zmq_socket(b->zctx, ZMQ_XPUB);
	int none = 0;
	struct zsock *sub;
	char from[FROM_MAX], buf[64];
	size_t i;

	zmq_setsockopt(raw, ZMQ_LINGER, &none, sizeof(none));
	assert_int_equal(zmq_bind(raw, b->endpoint), 0);
	sub = open_use(b, ZSOCK_FEED_SUB, NULL);
	assert_int_equal(zsock_subscribe(sub, ""), 0);
	assert_int_equal(zmq_recv(raw, buf, sizeof(buf), 0), 1);
	for (i = 0; i < 3; i++) {
		say_raw(raw, cases[i], i == 0 ? 3 : i == 1 ? 1 : 2);
		assert_int_equal(take(sub, from, buf, sizeof(buf)), -EPROTO);
	}
	say_raw(raw, good, 2);
	expect(sub, "event", "good");
	zsock_close(&sub);
	zmq_close(raw);
	zctx_free(&b->zctx);
}

static void
zsock_publisher_when_a_reader_stalls_says_full_and_loses_nothing(void **state)
{
	static char big[8192], buf[EVENT_BYTES_MAX];
	struct bench *b = *state;
	struct zsock *pub = open_use(b, ZSOCK_FEED_PUB, NULL);
	struct zsock *sub = open_use(b, ZSOCK_FEED_SUB, NULL);
	char from[FROM_MAX];
	uint32_t sent, got;
	int rc = 0;

	assert_int_equal(zsock_subscribe(sub, ""), 0);
	expect(pub, "", "\1");
	for (sent = 0; sent < 100000; sent++) {
		memcpy(big, &sent, sizeof(sent));
		rc = zsock_send(pub, "t", big, sizeof(big));
		if (rc != 0)
			break;
	}
	assert_int_equal(rc, -EAGAIN);
	assert_true(sent >= 256);
	for (got = 0; got < sent; got++) {
		assert_int_equal(take(sub, from, buf, sizeof(buf)),
		    sizeof(big));
		assert_memory_equal(buf, &got, sizeof(got));
	}
	say(pub, "t", "again");
	expect(sub, "t", "again");
	/* What nobody reads any more does not hold up the end. */
	while (zsock_send(pub, "t", big, sizeof(big)) == 0)
		;
	zsock_close(&pub);
	zsock_close(&sub);
	zctx_free(&b->zctx);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	    T(zsock_subscriber_gets_the_topics_it_wants),
	    T(zsock_publication_when_ill_formed_is_dropped),
	    T(zsock_publisher_when_a_reader_stalls_says_full_and_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
