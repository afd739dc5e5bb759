/* SPDX-License-Identifier: ISC */
/*
 * libuplink against a feed that the test plays: what it believes, and when it
 * asks again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "lib/clock.h"
#include "proto/event.h"
#include "proto/libuplink.h"
#include "proto/zsock.h"

#define LIMIT	(10 * NS_PER_S)

struct bench {
	char		dir[64];
	void		*zctx;
	struct zsock	*pub, *request;
	uint64_t	epoch, seq;
	unsigned	asked;		/* for a snapshot */
	bool		torn;		/* answers leave a state out */
	bool		young;		/* none is known yet */
	bool		mute;		/* and do not come */
	enum level	level[2];
	struct uplink_client *c;
	struct uplink_news news;
};

static void
path_of(const struct bench *b, const char *name, char path[96])
{
	snprintf(path, 96, "%s/%s", b->dir, name);
}

static void
open_feed(struct bench *b)
{
	char path[96];

	path_of(b, "events.sock", path);
	assert_int_equal(zsock_open(b->zctx, ZSOCK_FEED_PUB, path, -1, NULL,
	    &b->pub), 0);
	path_of(b, "request.sock", path);
	assert_int_equal(zsock_open(b->zctx, ZSOCK_REQUEST, path, -1, NULL,
	    &b->request), 0);
}

static int
setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	snprintf(b->dir, sizeof(b->dir), "/tmp/uplinkd-test.XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	b->zctx = zctx_new();
	b->epoch = 0x11;
	b->seq = 100;
	b->level[0] = b->level[1] = LEVEL_UP;
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *b = *state;
	char path[96];

	uplink_client_close(&b->c);
	zsock_close(&b->pub);
	zsock_close(&b->request);
	zctx_free(&b->zctx);
	path_of(b, "events.sock", path);
	unlink(path);
	path_of(b, "request.sock", path);
	unlink(path);
	rmdir(b->dir);
	free(b);
	return 0;
}

static int
encode(const struct bench *b, struct msg *m, enum msg_type type, char *buf)
{
	m->head.type = type;
	snprintf(m->head.source, sizeof(m->head.source), "feed");
	m->head.epoch = b->epoch;
	m->head.seq = b->seq;
	m->head.mono_ns = clock_mono_ns();
	m->head.wall_ms = clock_wall_ms();
	return msg_encode(m, buf, EVENT_BYTES_MAX);
}

static void
answer(struct bench *b, const char *to, struct msg *m, enum msg_type type)
{
	char buf[EVENT_BYTES_MAX];
	int len = encode(b, m, type, buf);

	assert_true(len > 0);
	assert_int_equal(zsock_send(b->request, to, buf, (size_t)len), 0);
}

static void
state_of(const struct bench *b, unsigned n, struct msg *m)
{
	struct state_line *s = &m->u.state;

	memset(m, 0, sizeof(*m));
	snprintf(s->uplink, sizeof(s->uplink), "ext%u", n + 1);
	snprintf(s->ifname, sizeof(s->ifname), "eth%u", n + 1);
	s->level = b->level[n];
	s->cause = CAUSE_NONE;
	s->carrying = b->level[n] == LEVEL_UP;
	s->index = n;
	s->count = 2;
	s->rtt_us = s->jitter_us = s->loss = -1;
	snprintf(s->method, sizeof(s->method), "override");
	snprintf(s->standing, sizeof(s->standing), "good");
}

static void
answer_snapshot(struct bench *b, const char *to)
{
	struct msg m;
	unsigned n;

	b->asked++;
	for (n = 0; !b->mute && n < (b->young ? 0 : b->torn ? 1 : 2); n++) {
		state_of(b, n, &m);
		answer(b, to, &m, MSG_STATE);
	}
	memset(&m, 0, sizeof(m));
	m.u.snapshot.count = b->young ? 0 : 2;
	if (!b->mute)
		answer(b, to, &m, MSG_SNAPSHOT);
}

static void
answer_opinion(struct bench *b, const char *to, const struct msg *asked)
{
	bool ok = strcmp(asked->u.opinion.uplink, "ext1") == 0;
	struct msg m;

	memset(&m, 0, sizeof(m));
	snprintf(m.u.ack.source, sizeof(m.u.ack.source), "%s",
	    asked->head.source);
	m.u.ack.epoch = asked->head.epoch;
	m.u.ack.seq = asked->head.seq;
	m.u.ack.ok = ok;
	snprintf(m.u.ack.text, sizeof(m.u.ack.text), "%s",
	    ok ? "" : "no such uplink");
	answer(b, to, &m, MSG_ACK);
}

/* The feed's side: subscriptions are read off, requests answered. */
static void
play(struct bench *b)
{
	char from[ZSOCK_ID_MAX * 4], buf[EVENT_BYTES_MAX];
	struct msg m;
	const char *why;
	int n;

	if (b->pub == NULL)
		return;
	while (zsock_recv(b->pub, from, buf, sizeof(buf)) >= 0)
		;
	while ((n = zsock_recv(b->request, from, buf, sizeof(buf))) >= 0) {
		assert_int_equal(msg_decode(buf, (size_t)n, &m, &why), 0);
		if (m.head.type == MSG_SNAPSHOT)
			answer_snapshot(b, from);
		else
			answer_opinion(b, from, &m);
	}
}

/* The next news of that kind; others before it are not expected. */
static void
await(struct bench *b, enum uplink_news_kind kind)
{
	int64_t until_ns = clock_mono_ns() + LIMIT;
	int rc;

	do {
		play(b);
		rc = uplink_client_next(b->c, 5, &b->news);
	} while (rc == 0 && clock_mono_ns() < until_ns);
	assert_int_equal(rc, 1);
	assert_int_equal(b->news.kind, kind);
}

static void
publish(struct bench *b, struct msg *m, enum msg_type type)
{
	char buf[EVENT_BYTES_MAX], topic[128];
	int len;

	b->seq++;
	len = encode(b, m, type, buf);
	assert_true(len > 0);
	msg_topic(m, topic, sizeof(topic));
	assert_int_equal(zsock_send(b->pub, topic, buf, (size_t)len), 0);
}

static void
publish_event(struct bench *b, unsigned n, enum level level)
{
	struct msg m;

	memset(&m, 0, sizeof(m));
	snprintf(m.u.event.uplink, EVENT_NAME_MAX, "ext%u", n + 1);
	m.u.event.previous = b->level[n];
	m.u.event.level = b->level[n] = level;
	m.u.event.cause = level == LEVEL_UP ? CAUSE_NONE : CAUSE_FAR;
	m.u.event.rtt_us = m.u.event.jitter_us = m.u.event.loss = -1;
	publish(b, &m, MSG_EVENT);
}

static void
begin(struct bench *b)
{
	open_feed(b);
	assert_int_equal(uplink_client_open(b->dir, &b->c), 0);
	await(b, UPLINK_NEWS_SYNC);
}

static void
the_table_is_right_from_the_first_news_on(void **state)
{
	struct bench *b = *state;
	const struct uplink_status *u;

	/* The daemon comes later than its client. */
	assert_int_equal(uplink_client_open(b->dir, &b->c), 0);
	assert_int_equal(uplink_client_next(b->c, 20, &b->news), 0);
	assert_false(uplink_client_synced(b->c));
	assert_int_equal(uplink_client_count(b->c), 0);
	open_feed(b);
	b->level[1] = LEVEL_DOWN;
	await(b, UPLINK_NEWS_SYNC);
	assert_int_equal(b->news.missed, 0);
	assert_true(uplink_client_synced(b->c));
	assert_int_equal(uplink_client_count(b->c), 2);
	u = uplink_client_find(b->c, "ext2");
	assert_non_null(u);
	assert_ptr_equal(u, uplink_client_get(b->c, 1));
	assert_int_equal(u->level, UPLINK_DOWN);
	assert_string_equal(u->interface, "eth2");
	assert_false(u->carrying);
	assert_null(uplink_client_find(b->c, "ext3"));
	assert_null(uplink_client_get(b->c, 2));
}

static void
events_are_told_once_and_in_order(void **state)
{
	struct bench *b = *state;
	struct msg m;

	begin(b);
	publish_event(b, 0, LEVEL_DOWN);
	publish_event(b, 0, LEVEL_UP);
	await(b, UPLINK_NEWS_EVENT);
	assert_string_equal(b->news.uplink, "ext1");
	assert_int_equal(b->news.previous, UPLINK_UP);
	assert_int_equal(b->news.level, UPLINK_DOWN);
	assert_string_equal(b->news.cause, "far");
	assert_non_null(strstr(b->news.json, "\"type\":\"event\""));
	assert_int_equal(uplink_client_find(b->c, "ext1")->level,
	    UPLINK_DOWN);
	await(b, UPLINK_NEWS_EVENT);
	assert_int_equal(b->news.level, UPLINK_UP);
	/* A state that says nothing new is none. */
	state_of(b, 0, &m);
	publish(b, &m, MSG_STATE);
	m.u.state.held = true;
	publish(b, &m, MSG_STATE);
	await(b, UPLINK_NEWS_STATE);
	assert_true(uplink_client_find(b->c, "ext1")->held);
	/* What has been is dropped, though it comes again. */
	b->seq--;
	publish(b, &m, MSG_STATE);
	publish_event(b, 1, LEVEL_DEGRADED);
	await(b, UPLINK_NEWS_EVENT);
	assert_string_equal(b->news.uplink, "ext2");
	assert_int_equal(b->asked, 1);
}

static void
jobs_and_routes_are_told(void **state)
{
	struct bench *b = *state;
	struct msg m;

	begin(b);
	memset(&m, 0, sizeof(m));
	snprintf(m.u.job.action, EVENT_NAME_MAX, "led");
	snprintf(m.u.job.lane, EVENT_NAME_MAX, "exec");
	snprintf(m.u.job.uplink, EVENT_NAME_MAX, "ext1");
	m.u.job.phase = JOB_DONE;
	m.u.job.try = 1;
	snprintf(m.u.job.text, EVENT_TEXT_MAX, "exit 0");
	publish(b, &m, MSG_JOB);
	await(b, UPLINK_NEWS_JOB);
	assert_string_equal(b->news.action, "led");
	assert_string_equal(b->news.phase, "done");
	assert_string_equal(b->news.text, "exit 0");
	memset(&m, 0, sizeof(m));
	m.u.route.ok = true;
	m.u.route.took_us = -1;
	snprintf(m.u.route.text, EVENT_TEXT_MAX, "ipv4 override via ext2");
	publish(b, &m, MSG_ROUTE);
	await(b, UPLINK_NEWS_ROUTE);
	assert_string_equal(b->news.text, "ipv4 override via ext2");
}

static void
a_gap_is_seen_and_filled(void **state)
{
	struct bench *b = *state;

	begin(b);
	/* Three are lost on the way, one of them an event. */
	b->level[1] = LEVEL_DOWN;
	b->seq += 3;
	publish_event(b, 0, LEVEL_DOWN);
	await(b, UPLINK_NEWS_SYNC);
	assert_int_equal(b->news.missed, 3);
	assert_int_equal(uplink_client_find(b->c, "ext1")->level,
	    UPLINK_DOWN);
	assert_int_equal(uplink_client_find(b->c, "ext2")->level,
	    UPLINK_DOWN);
	assert_int_equal(b->asked, 2);
	/* And it goes on from there. */
	publish_event(b, 0, LEVEL_UP);
	await(b, UPLINK_NEWS_EVENT);
}

static void
another_publisher_is_seen(void **state)
{
	struct bench *b = *state;

	begin(b);
	b->epoch = 0x22;
	b->seq = 100;
	b->level[0] = LEVEL_DOWN;
	publish_event(b, 1, LEVEL_DOWN);
	await(b, UPLINK_NEWS_SYNC);
	assert_true(b->news.missed > 0);
	assert_int_equal(uplink_client_find(b->c, "ext1")->level,
	    UPLINK_DOWN);
}

static void
an_answer_that_is_torn_is_not_believed(void **state)
{
	struct bench *b = *state;
	int i;

	open_feed(b);
	b->torn = true;
	assert_int_equal(uplink_client_open(b->dir, &b->c), 0);
	for (i = 0; i < 1000 && b->asked < 3; i++) {
		play(b);
		assert_int_equal(uplink_client_next(b->c, 5, &b->news), 0);
	}
	assert_true(b->asked >= 3);
	assert_false(uplink_client_synced(b->c));
	/* Whole, but of a feed that has just started. */
	b->torn = false;
	b->young = true;
	for (i = 0; i < 1000 && b->asked < 6; i++) {
		play(b);
		assert_int_equal(uplink_client_next(b->c, 5, &b->news), 0);
	}
	assert_true(b->asked >= 6);
	b->young = false;
	await(b, UPLINK_NEWS_SYNC);
}

static void
silence_is_told(void **state)
{
	struct bench *b = *state;

	begin(b);
	b->mute = true;
	await(b, UPLINK_NEWS_LOST);
	assert_false(uplink_client_synced(b->c));
	/* The table stays, for who can use what is old. */
	assert_int_equal(uplink_client_count(b->c), 2);
	b->mute = false;
	await(b, UPLINK_NEWS_SYNC);
}

static int
notify(struct bench *b, const char *uplink, int timeout_ms)
{
	return uplink_client_notify(b->c, uplink, "ifstated", UPLINK_DOWN,
	    "by hand", timeout_ms);
}

/* notify waits for its answer, so the feed is another process. */
static void
an_opinion_is_on_disk_refused_or_not_known(void **state)
{
	struct bench *b = *state;
	pid_t pid;

	assert_int_equal(uplink_client_open(b->dir, &b->c), 0);
	assert_int_equal(notify(b, "ext1", 30), -ENOTCONN);
	assert_int_equal(notify(b, "../x", 30), -EINVAL);
	uplink_client_close(&b->c);
	zctx_free(&b->zctx);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		alarm(60);
		b->zctx = zctx_new();
		open_feed(b);
		for (;;) {
			zmq_pollitem_t items[] = {
				{ zsock_raw(b->pub), 0, ZMQ_POLLIN, 0 },
				{ zsock_raw(b->request), 0, ZMQ_POLLIN, 0 },
			};

			(void)zmq_poll(items, 2, -1);
			play(b);
		}
	}
	assert_int_equal(uplink_client_open(b->dir, &b->c), 0);
	await(b, UPLINK_NEWS_SYNC);
	assert_int_equal(notify(b, "ext1", 5000), 0);
	assert_string_equal(uplink_client_error(b->c), "");
	assert_int_equal(notify(b, "ext9", 5000), -EPERM);
	assert_string_equal(uplink_client_error(b->c), "no such uplink");
	kill(pid, SIGSTOP);
	assert_int_equal(notify(b, "ext1", 50), -ETIMEDOUT);
	kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	b->zctx = zctx_new();
}

static void
the_descriptor_is_ready_when_there_is_news(void **state)
{
	struct bench *b = *state;
	struct pollfd p;
	int i;

	begin(b);
	p.fd = uplink_client_fd(b->c);
	p.events = POLLIN;
	while (uplink_client_next(b->c, 0, &b->news) == 1)
		;
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_in_range(uplink_client_timeout(b->c), 1, 3500);
	for (i = 0; i < 3; i++) {
		publish_event(b, 0, i % 2 == 0 ? LEVEL_DOWN : LEVEL_UP);
		assert_int_equal(poll(&p, 1, 10000), 1);
		/* The first readiness may be of ZeroMQ alone. */
		while (uplink_client_next(b->c, 0, &b->news) == 0)
			assert_int_equal(poll(&p, 1, 10000), 1);
		assert_int_equal(b->news.kind, UPLINK_NEWS_EVENT);
		assert_int_equal(uplink_client_next(b->c, 0, &b->news), 0);
	}
}

static void
words_are_the_wires(void **state)
{
	(void)state;
	assert_string_equal(uplink_level_name(UPLINK_DEGRADED), "degraded");
	assert_int_equal(uplink_level_parse("down"), UPLINK_DOWN);
	assert_int_equal(uplink_level_parse("dow"), 0);
	assert_null(uplink_level_name((enum uplink_level)9));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(the_table_is_right_from_the_first_news_on),
		T(events_are_told_once_and_in_order),
		T(jobs_and_routes_are_told),
		T(a_gap_is_seen_and_filled),
		T(another_publisher_is_seen),
		T(an_answer_that_is_torn_is_not_believed),
		T(silence_is_told),
		T(an_opinion_is_on_disk_refused_or_not_known),
		T(the_descriptor_is_ready_when_there_is_news),
		T(words_are_the_wires),
	};

	return cmocka_run_group_tests_name("libuplink", tests, NULL, NULL);
}
