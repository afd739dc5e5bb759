/* SPDX-License-Identifier: ISC */
/*
 * zsock: its paths, options and owner; servers and the peers that ask them.
 */
#include "tests/unit/test_zsock.h"

static void
zsock_path_when_not_a_plain_one_is_refused(void **state)
{
	static const char *const bad[] = { "@abstract", "relative", "",
	    "*", "/tmp/a*", "ipc:///tmp/x" };
	struct bench *b = *state;
	char longest[400];
	struct zsock *z;
	size_t i;
	int fd;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(zsock_open(b->zctx, ZSOCK_BUS, bad[i], -1,
		    NULL, &z), -EINVAL);
		assert_null(z);
		assert_int_equal(zsock_open(b->zctx, ZSOCK_BUS_PEER, bad[i],
		    -1, NULL, &z), -EINVAL);
	}
	memset(longest, 'a', sizeof(longest));
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(zsock_open(b->zctx, ZSOCK_BUS, longest, -1, NULL,
	    &z), -ENAMETOOLONG);
	longest[120] = '\0';	/* longer than sun_path */
	assert_true(zsock_open(b->zctx, ZSOCK_BUS, longest, -1, NULL,
	    &z) < 0);
	/* The descriptor stays with the caller. */
	fd = listen_at(b->path);
	assert_int_equal(zsock_open(b->zctx, ZSOCK_BUS, "@a", fd, NULL, &z),
	    -EINVAL);
	assert_int_equal(close(fd), 0);
	zctx_free(&b->zctx);
}

static int
option(struct zsock *z, int name)
{
	size_t len = sizeof(int);
	int value = -2;

	assert_int_equal(zmq_getsockopt(zsock_raw(z), name, &value, &len), 0);
	return value;
}

static void
zsock_every_use_has_its_limits(void **state)
{
	struct bench *b = *state;
	struct zsock *z;
	int64_t bytes;
	size_t len;
	int use;
	bool peer;

	assert_int_equal(zmq_ctx_get(b->zctx, ZMQ_IO_THREADS), 1);
	assert_int_equal(zmq_ctx_get(b->zctx, ZMQ_BLOCKY), 0);
	assert_int_equal(zmq_ctx_get(b->zctx, ZMQ_MAX_SOCKETS), 128);
	for (use = ZSOCK_BUS; use <= ZSOCK_REQUEST_PEER; use++) {
		z = open_use(b, (enum zsock_use)use, NULL);
		peer = use == ZSOCK_BUS_PEER || use == ZSOCK_FEED_SUB ||
		    use == ZSOCK_REQUEST_PEER;
		len = sizeof(bytes);
		assert_int_equal(zmq_getsockopt(zsock_raw(z), ZMQ_MAXMSGSIZE,
		    &bytes, &len), 0);
		assert_int_equal(bytes, EVENT_BYTES_MAX);
		assert_int_equal(option(z, ZMQ_LINGER), 0);
		assert_int_equal(option(z, ZMQ_SNDTIMEO), 0);
		assert_int_equal(option(z, ZMQ_RCVTIMEO), 0);
		assert_int_equal(option(z, ZMQ_HANDSHAKE_IVL), 2000);
		assert_in_range(option(z, ZMQ_SNDHWM), 16, 4096);
		assert_in_range(option(z, ZMQ_RCVHWM), 64, 4096);
		assert_int_equal(option(z, ZMQ_BACKLOG), peer ? 100 : 64);
		assert_int_equal(option(z, ZMQ_HEARTBEAT_IVL),
		    peer ? 1000 : 0);
		assert_int_equal(option(z, ZMQ_RECONNECT_IVL_MAX),
		    peer ? 500 : 0);
		assert_int_equal(option(z, ZMQ_IMMEDIATE),
		    peer && use != ZSOCK_FEED_SUB);
		zsock_close(&z);
	}
	zctx_free(&b->zctx);
}

struct foreign {
	struct zsock	*z;
	int		 what;
};

static void *
use_as_stranger(void *arg)
{
	struct foreign *f = arg;
	char from[FROM_MAX], buf[8];

	if (f->what == 0)
		(void)zsock_recv(f->z, from, buf, sizeof(buf));
	else if (f->what == 1)
		(void)zsock_send(f->z, "a", "b", 1);
	else if (f->what == 2)
		(void)zsock_raw(f->z);
	else
		zsock_close(&f->z);
	return NULL;
}

/* In a child: libzmq's threads do not come along, so it makes its own. */
static void
break_rule(struct bench *b, int what)
{
	void *zctx = zctx_new();
	struct foreign f = { NULL, what };
	char from[FROM_MAX], buf[8];
	pthread_t t;

	signal(SIGABRT, SIG_DFL);
	close(STDERR_FILENO);
	if (what == 4)
		(void)zsock_open(zctx, 0, b->path, -1, NULL, &f.z);
	if (zsock_open(zctx, ZSOCK_BUS, b->path, -1, NULL, &f.z) != 0)
		_exit(1);
	if (what < 4 && pthread_create(&t, NULL, use_as_stranger, &f) == 0)
		(void)pthread_join(t, NULL);
	if (what == 5)
		(void)zsock_send(f.z, NULL, "a", 1);
	if (what == 6)
		(void)zsock_subscribe(f.z, "");
	if (what == 7)
		(void)zsock_recv(f.z, from, buf, sizeof(buf));
	_exit(0);
}

static void
zsock_use_by_another_thread_aborts(void **state)
{
	struct bench *b = *state;
	int what, status;
	pid_t pid;

	zctx_free(&b->zctx);
	for (what = 0; what <= 7; what++) {
		pid = fork();
		assert_int_not_equal(pid, -1);
		if (pid == 0)
			break_rule(b, what);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		/* The last one breaks no rule. */
		if (what == 7)
			assert_int_equal(status, 0);
		else
			assert_true(WIFSIGNALED(status) &&
			    WTERMSIG(status) == SIGABRT);
	}
}

static void
zsock_peer_when_it_asks_is_answered_by_its_id(void **state)
{
	struct bench *b = *state;
	struct zsock *bus = open_use(b, ZSOCK_BUS, NULL);
	struct zsock *one = open_use(b, ZSOCK_BUS_PEER, "probes/0.1");
	struct zsock *two = open_use(b, ZSOCK_BUS_PEER, "feed.2");
	char from[FROM_MAX], buf[64];

	assert_int_equal(zsock_recv(bus, from, buf, sizeof(buf)), -EAGAIN);
	say(one, NULL, "first");
	expect(bus, "probes/0.1", "first");
	say(two, NULL, "second");
	expect(bus, "feed.2", "second");
	say(bus, "probes/0.1", "to one");
	say(bus, "feed.2", "to two");
	expect(one, "", "to one");
	expect(two, "", "to two");
	zsock_close(&one);
	assert_null(one);
	zsock_close(&one);
	zsock_close(&two);
	zsock_close(&bus);
	zctx_free(&b->zctx);
}

static void
zsock_id_when_not_printable_is_escaped_and_can_be_answered(void **state)
{
	struct bench *b = *state;
	struct zsock *bus = open_use(b, ZSOCK_BUS, NULL), *anon;
	const char *hello = "hello", *text = "\\x01\\xff\\x5c\\x20x";
	void *raw = open_raw(b, ZMQ_DEALER, "\x01\xff\\ x", 5);
	char from[FROM_MAX], buf[64];

	say_raw(raw, &hello, 1);
	expect(bus, text, "hello");
	say(bus, text, "you");
	assert_true(is_ready(raw, ZMQ_POLLIN, LIMIT_MS));
	assert_int_equal(zmq_recv(raw, buf, sizeof(buf), 0), 3);
	zmq_close(raw);
	/* One that libzmq has chosen has bytes of every kind. */
	anon = open_use(b, ZSOCK_BUS_PEER, NULL);
	say(anon, NULL, "who am I");
	assert_int_equal(take(bus, from, buf, sizeof(buf)), 8);
	say(bus, from, "you");
	expect(anon, "", "you");
	zsock_close(&anon);
	zsock_close(&bus);
	zctx_free(&b->zctx);
}

static void
zsock_listening_socket_when_adopted_serves_and_stays(void **state)
{
	struct bench *b = *state;
	int fd = listen_at(b->path), i;
	struct zsock *bus, *peer;
	struct stat before, after;

	assert_int_equal(chmod(b->path, 0600), 0);
	assert_int_equal(stat(b->path, &before), 0);
	peer = open_use(b, ZSOCK_BUS_PEER, "p");
	/* The server comes back on its descriptor; the peer stays as it is. */
	for (i = 0; i < 3; i++) {
		char from[FROM_MAX], buf[64];
		void *zctx = zctx_new();
		int64_t end_ns = clock_mono_ns() + LIMIT_MS * NS_PER_MS;
		int n = -EAGAIN;

		assert_int_equal(zsock_open(zctx, ZSOCK_BUS, b->path, dup(fd),
		    NULL, &bus), 0);
		/* What was sent into a broken connection is lost. */
		while (n != 5 && clock_mono_ns() < end_ns) {
			(void)zsock_send(peer, NULL, "again", 5);
			(void)is_ready(zsock_raw(bus), ZMQ_POLLIN, 20);
			n = zsock_recv(bus, from, buf, sizeof(buf));
		}
		assert_int_equal(n, 5);
		assert_string_equal(from, "p");
		zsock_close(&bus);
		zctx_free(&zctx);
		assert_int_equal(stat(b->path, &after), 0);
		assert_true(before.st_ino == after.st_ino &&
		    before.st_mode == after.st_mode);
	}
	zsock_close(&peer);
	close(fd);
	zctx_free(&b->zctx);
}

/*
 * A frozen server has messages of a connection that is gone, and then comes
 * the same peer again: it must not be mute, and nothing of it is lost.
 */
static void
zsock_peer_back_before_its_old_messages_are_read_is_heard(void **state)
{
	static const char *const said[] = { "1", "2", "3" };
	struct bench *b = *state;
	struct zsock *bus = open_use(b, ZSOCK_BUS, NULL), *peer = NULL;
	char from[FROM_MAX], buf[64];
	int seen = 0, i;

	for (i = 0; i < 3; i++) {
		zsock_close(&peer);
		peer = open_use(b, ZSOCK_BUS_PEER, "probes/0.1");
		say(peer, NULL, said[i]);
		assert_true(is_ready(zsock_raw(bus), ZMQ_POLLIN, LIMIT_MS));
		/* Its second message is in the pipe when it goes. */
		say(peer, NULL, said[i]);
	}
	while (seen != 3) {
		assert_int_equal(take(bus, from, buf, sizeof(buf)), 1);
		if (buf[0] == '3')
			seen = 3;
	}
	assert_string_equal(from, "probes/0.1");
	say(bus, "probes/0.1", "heard");
	expect(peer, "", "heard");
	say(peer, NULL, "late");
	do
		assert_true(take(bus, from, buf, sizeof(buf)) > 0);
	while (strcmp(buf, "late") != 0);
	zsock_close(&peer);
	zsock_close(&bus);
	zctx_free(&b->zctx);
}

static void
zsock_send_to_an_absent_peer_is_unreachable(void **state)
{
	static const char *const ids[] = { "nobody", "", "\\x0", "\\xzz",
	    "\\y00", "\\", "01234567890123456789012345678901" };
	struct bench *b = *state;
	struct zsock *bus = open_use(b, ZSOCK_BUS, NULL);
	struct zsock *peer;
	size_t i;
	int rc;

	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		assert_int_equal(zsock_send(bus, ids[i], "x", 1),
		    -EHOSTUNREACH);
	peer = open_use(b, ZSOCK_BUS_PEER, "p");
	say(peer, NULL, "x");
	expect(bus, "p", "x");
	zsock_close(&peer);
	do {
		rc = zsock_send(bus, "p", "x", 1);
		/* Lets libzmq hear of the end. */
		(void)is_ready(zsock_raw(bus), ZMQ_POLLIN, 1);
	} while (rc == 0);
	assert_int_equal(rc, -EHOSTUNREACH);
	zsock_close(&bus);
	zctx_free(&b->zctx);
}

static void
zsock_send_without_a_server_is_refused_not_queued(void **state)
{
	struct bench *b = *state;
	struct zsock *peer = open_use(b, ZSOCK_REQUEST_PEER, "p");

	assert_int_equal(zsock_send(peer, NULL, "x", 1), -EAGAIN);
	zsock_close(&peer);
	zctx_free(&b->zctx);
}

static void
zsock_message_when_ill_formed_is_dropped_and_the_next_taken(void **state)
{
	static const char *const frames[] = { "", "two", "three" };
	static const char long_id[] =
	    "0123456789012345678901234567890123456789";
	struct bench *b = *state;
	struct zsock *bus = open_use(b, ZSOCK_REQUEST, NULL);
	void *raw = open_raw(b, ZMQ_DEALER, "raw", 3);
	void *strange = open_raw(b, ZMQ_DEALER, long_id, 40);
	const char *good = "good";
	char from[FROM_MAX], buf[8];

	say_raw(raw, frames, 2);
	assert_int_equal(take(bus, from, buf, sizeof(buf)), -EPROTO);
	say_raw(raw, frames, 3);
	assert_int_equal(take(bus, from, buf, sizeof(buf)), -EPROTO);
	say_raw(strange, &good, 1);
	assert_int_equal(take(bus, from, buf, sizeof(buf)), -EPROTO);
	say_raw(raw, (const char *const[]){ "longer than buf" }, 1);
	assert_int_equal(take(bus, from, buf, sizeof(buf)), -EPROTO);
	say_raw(raw, &good, 1);
	expect(bus, "raw", "good");
	say_raw(raw, frames, 1);
	expect(bus, "raw", "");
	zmq_close(raw);
	zmq_close(strange);
	zsock_close(&bus);
	zctx_free(&b->zctx);
}

static void
zsock_message_when_too_long_is_never_delivered(void **state)
{
	static char big[EVENT_BYTES_MAX + 1], buf[EVENT_BYTES_MAX + 2];
	struct bench *b = *state;
	struct zsock *bus = open_use(b, ZSOCK_BUS, NULL);
	struct zsock *peer = open_use(b, ZSOCK_BUS_PEER, "p");
	void *raw = open_raw(b, ZMQ_DEALER, "raw", 3);
	const char *small = "a";
	char from[FROM_MAX];
	int n;

	assert_int_equal(zsock_send(peer, NULL, big, sizeof(big)), -EMSGSIZE);
	say_raw(raw, &small, 1);
	expect(bus, "raw", "a");
	/* It ends the connection; what comes after it, after another one. */
	assert_int_equal(zmq_send(raw, big, sizeof(big), 0), sizeof(big));
	do {
		say_raw(raw, &small, 1);
		(void)is_ready(zsock_raw(bus), ZMQ_POLLIN, 20);
		n = zsock_recv(bus, from, buf, sizeof(buf));
	} while (n == -EAGAIN);
	assert_int_equal(n, 1);
	zmq_close(raw);
	memset(big, 'b', sizeof(big));
	assert_true(is_ready(zsock_raw(peer), ZMQ_POLLOUT, LIMIT_MS));
	assert_int_equal(zsock_send(peer, NULL, big, EVENT_BYTES_MAX), 0);
	do
		n = take(bus, from, buf, sizeof(buf));
	while (n == 1);
	assert_int_equal(n, EVENT_BYTES_MAX);
	assert_string_equal(from, "p");
	assert_memory_equal(buf, big, EVENT_BYTES_MAX);
	zsock_close(&peer);
	zsock_close(&bus);
	zctx_free(&b->zctx);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	    T(zsock_path_when_not_a_plain_one_is_refused),
	    T(zsock_every_use_has_its_limits),
	    T(zsock_use_by_another_thread_aborts),
	    T(zsock_peer_when_it_asks_is_answered_by_its_id),
	    T(zsock_id_when_not_printable_is_escaped_and_can_be_answered),
	    T(zsock_listening_socket_when_adopted_serves_and_stays),
	    T(zsock_peer_back_before_its_old_messages_are_read_is_heard),
	    T(zsock_send_to_an_absent_peer_is_unreachable),
	    T(zsock_send_without_a_server_is_refused_not_queued),
	    T(zsock_message_when_ill_formed_is_dropped_and_the_next_taken),
	    T(zsock_message_when_too_long_is_never_delivered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
