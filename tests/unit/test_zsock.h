/* SPDX-License-Identifier: ISC */
/*
 * Sockets over real AF_UNIX paths in a directory of their own.  "raw" peers
 * are libzmq's sockets as a stranger would set them up.
 */
#ifndef UPLINKD_TEST_ZSOCK_H
#define UPLINKD_TEST_ZSOCK_H

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#include "lib/clock.h"
#include "proto/event.h"
#include "proto/zsock.h"

#define LIMIT_MS	20000	/* nothing here takes a tenth of it */
#define FROM_MAX	(ZSOCK_ID_MAX * 4)

struct bench {
	char	dir[32], path[64], endpoint[80];
	void	*zctx;
};

static inline int
setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	snprintf(b->dir, sizeof(b->dir), "/tmp/zsock.XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	snprintf(b->path, sizeof(b->path), "%s/s", b->dir);
	snprintf(b->endpoint, sizeof(b->endpoint), "ipc://%s", b->path);
	b->zctx = zctx_new();
	assert_non_null(b->zctx);
	*state = b;
	return 0;
}

/*
 * A test ends its context itself: after one that failed, sockets are open and
 * libzmq would wait for them for ever.
 */
static inline int
teardown(void **state)
{
	struct bench *b = *state;

	unlink(b->path);
	rmdir(b->dir);
	free(b);
	return 0;
}

static inline struct zsock *
open_use(struct bench *b, enum zsock_use use, const char *id)
{
	struct zsock *z;

	assert_int_equal(zsock_open(b->zctx, use, b->path, -1, id, &z), 0);
	return z;
}

static inline void *
open_raw(struct bench *b, int type, const char *id, size_t idlen)
{
	void *raw = zmq_socket(b->zctx, type);
	int none = 0;

	assert_non_null(raw);
	assert_int_equal(zmq_setsockopt(raw, ZMQ_LINGER, &none,
	    sizeof(none)), 0);
	if (id != NULL)
		assert_int_equal(zmq_setsockopt(raw, ZMQ_ROUTING_ID, id,
		    idlen), 0);
	assert_int_equal(zmq_connect(raw, b->endpoint), 0);
	return raw;
}

static inline int
listen_at(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	assert_int_not_equal(fd, -1);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static inline bool
is_ready(void *raw, short events, int ms)
{
	zmq_pollitem_t item = { raw, 0, events, 0 };

	return zmq_poll(&item, 1, ms) == 1;
}

/* The next message, or what zsock_recv says of it. */
static inline int
take(struct zsock *z, char *from, char *buf, size_t size)
{
	int n;

	do {
		assert_true(is_ready(zsock_raw(z), ZMQ_POLLIN, LIMIT_MS));
		n = zsock_recv(z, from, buf, size - 1);
	} while (n == -EAGAIN);
	buf[n < 0 ? 0 : n] = '\0';
	return n;
}

static inline void
expect(struct zsock *z, const char *from, const char *text)
{
	char who[FROM_MAX], buf[EVENT_BYTES_MAX];

	assert_int_equal(take(z, who, buf, sizeof(buf)), strlen(text));
	assert_string_equal(buf, text);
	assert_string_equal(who, from);
}

static inline void
say(struct zsock *z, const char *to, const char *text)
{
	int rc;

	do {
		assert_true(is_ready(zsock_raw(z), ZMQ_POLLOUT, LIMIT_MS));
		rc = zsock_send(z, to, text, strlen(text));
	} while (rc == -EAGAIN);
	assert_int_equal(rc, 0);
}

static inline void
say_raw(void *raw, const char *const *frames, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		assert_int_equal(zmq_send(raw, frames[i], strlen(frames[i]),
		    i + 1 < n ? ZMQ_SNDMORE : 0), strlen(frames[i]));
}

#endif
