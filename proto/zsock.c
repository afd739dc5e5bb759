/* SPDX-License-Identifier: ISC */
/*
 * zsock: owns one ZeroMQ socket and knows the thread that may touch it.  Every
 * option of every use stands in one table, none is libzmq's default by
 * accident.
 */
#include "proto/zsock.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "lib/must.h"
#include "proto/event.h"

#define ZSOCK_MAGIC	0x7a736f63u

/*
 * sndhwm, rcvhwm: messages that wait per peer.  The feed's is small: a reader
 * that is so far behind is better served by a snapshot.  Peers reconnect
 * quickly: the other side is on this machine and back within a second.
 */
struct use {
	int	type;
	bool	binds;
	int	sndhwm, rcvhwm;
};

static const struct use uses[] = {
	[ZSOCK_BUS] = { ZMQ_ROUTER, true, 4096, 4096 },
	[ZSOCK_BUS_PEER] = { ZMQ_DEALER, false, 4096, 4096 },
	[ZSOCK_FEED_PUB] = { ZMQ_XPUB, true, 256, 256 },
	[ZSOCK_FEED_SUB] = { ZMQ_SUB, false, 16, 256 },
	[ZSOCK_REQUEST] = { ZMQ_ROUTER, true, 256, 64 },
	[ZSOCK_REQUEST_PEER] = { ZMQ_DEALER, false, 16, 256 },
};

struct opt {
	int	name, value;
};

/* For all.  LINGER 0: what matters is in the journal, not in a socket. */
static const struct opt common[] = {
	{ ZMQ_LINGER, 0 },
	{ ZMQ_MAXMSGSIZE, -1 },		/* int64_t, set apart */
	{ ZMQ_SNDTIMEO, 0 },
	{ ZMQ_RCVTIMEO, 0 },
	{ ZMQ_HANDSHAKE_IVL, 2000 },
};

static const struct opt peer[] = {
	{ ZMQ_IMMEDIATE, 1 },		/* nothing waits for a dead peer */
	{ ZMQ_RECONNECT_IVL, 20 },
	{ ZMQ_RECONNECT_IVL_MAX, 500 },
	{ ZMQ_HEARTBEAT_IVL, 1000 },
	{ ZMQ_HEARTBEAT_TIMEOUT, 5000 },
	{ ZMQ_HEARTBEAT_TTL, 6000 },
};

static const struct opt router[] = {
	{ ZMQ_ROUTER_MANDATORY, 1 },	/* an absent peer is an error */
	{ ZMQ_ROUTER_HANDOVER, 0 },
	{ ZMQ_BACKLOG, 64 },
};

/* XPUB with NODROP says "full" instead of losing silently. */
static const struct opt pub[] = {
	{ ZMQ_XPUB_NODROP, 1 },
	{ ZMQ_BACKLOG, 64 },
};

struct zsock {
	unsigned	magic;
	pthread_t	owner;
	void		*raw;
	int		type;
};

static void
check(const struct zsock *z)
{
	MUST(z != NULL && z->magic == ZSOCK_MAGIC);
	MUST(pthread_equal(z->owner, pthread_self()));
}

void *
zctx_new(void)
{
	void *ctx = zmq_ctx_new();

	if (ctx == NULL)
		return NULL;
	MUST(zmq_ctx_set(ctx, ZMQ_IO_THREADS, 1) == 0);
	MUST(zmq_ctx_set(ctx, ZMQ_BLOCKY, 0) == 0);
	return ctx;
}

void
zctx_free(void **ctxp)
{
	if (*ctxp == NULL)
		return;
	while (zmq_ctx_term(*ctxp) == -1 && errno == EINTR)
		;
	*ctxp = NULL;
}

static int
set_all(void *raw, const struct opt *opts, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (opts[i].name != ZMQ_MAXMSGSIZE &&
		    zmq_setsockopt(raw, opts[i].name, &opts[i].value,
		    sizeof(opts[i].value)) == -1)
			return -errno;
	return 0;
}

#define SET(raw, table) set_all(raw, table, sizeof(table) / sizeof(table[0]))

static int
set_options(void *raw, const struct use *u, const char *id)
{
	const struct opt marks[] = { { ZMQ_SNDHWM, u->sndhwm },
	    { ZMQ_RCVHWM, u->rcvhwm } };
	int64_t bytes = EVENT_BYTES_MAX;
	int rc;

	rc = SET(raw, common);
	if (rc == 0)
		rc = SET(raw, marks);
	if (rc == 0 && zmq_setsockopt(raw, ZMQ_MAXMSGSIZE, &bytes,
	    sizeof(bytes)) == -1)
		rc = -errno;
	if (rc == 0 && !u->binds)
		rc = u->type == ZMQ_SUB ? set_all(raw, peer + 1,
		    sizeof(peer) / sizeof(peer[0]) - 1) : SET(raw, peer);
	if (rc == 0 && u->type == ZMQ_ROUTER)
		rc = SET(raw, router);
	if (rc == 0 && u->type == ZMQ_XPUB)
		rc = SET(raw, pub);
	if (rc == 0 && id != NULL && zmq_setsockopt(raw, ZMQ_ROUTING_ID, id,
	    strlen(id)) == -1)
		rc = -errno;
	return rc;
}

/*
 * The parent has bound and listens already; libzmq takes the descriptor and
 * then neither creates nor removes the path.
 */
static int
attach(void *raw, const struct use *u, const char *path, int fd)
{
	char endpoint[160];
	int n;

	/* "@" has no permissions, "*" would be chosen by libzmq. */
	if (path[0] != '/' || strchr(path, '*') != NULL)
		return -EINVAL;
	n = snprintf(endpoint, sizeof(endpoint), "ipc://%s", path);
	if (n < 0 || (size_t)n >= sizeof(endpoint))
		return -ENAMETOOLONG;
	if (fd >= 0 && zmq_setsockopt(raw, ZMQ_USE_FD, &fd, sizeof(fd)) == -1)
		return -errno;
	n = u->binds ? zmq_bind(raw, endpoint) : zmq_connect(raw, endpoint);
	return n == -1 ? -errno : 0;
}

int
zsock_open(void *zctx, enum zsock_use use, const char *path, int fd,
    const char *id, struct zsock **out)
{
	const struct use *u = &uses[use];
	struct zsock *z = calloc(1, sizeof(*z));
	int rc;

	*out = NULL;
	if (z == NULL)
		return -ENOMEM;
	z->magic = ZSOCK_MAGIC;
	z->owner = pthread_self();
	z->type = u->type;
	z->raw = zmq_socket(zctx, u->type);
	rc = z->raw == NULL ? -errno : set_options(z->raw, u, id);
	if (rc == 0)
		rc = attach(z->raw, u, path, fd);
	if (rc != 0) {
		zsock_close(&z);
		return rc;
	}
	*out = z;
	return 0;
}

void
zsock_close(struct zsock **zp)
{
	struct zsock *z = *zp;

	if (z == NULL)
		return;
	check(z);
	*zp = NULL;
	if (z->raw != NULL)
		MUST(zmq_close(z->raw) == 0);
	z->magic = 0;
	free(z);
}

void *
zsock_raw(struct zsock *z)
{
	check(z);
	return z->raw;
}

static int
send_frame(void *raw, const void *bytes, size_t len, int flags)
{
	int rc;

	do
		rc = zmq_send(raw, bytes, len, flags | ZMQ_DONTWAIT);
	while (rc == -1 && errno == EINTR);
	return rc == -1 ? -errno : 0;
}

/* Routing ids travel as text: what is not printable as \xNN. */
static size_t
id_bytes(const char *text, unsigned char *out, size_t size)
{
	size_t n = 0;
	unsigned byte;

	for (; *text != '\0' && n < size; n++) {
		if (text[0] == '\\' && text[1] == 'x' &&
		    sscanf(text + 2, "%2x", &byte) == 1) {
			out[n] = (unsigned char)byte;
			text += 4;
		} else
			out[n] = (unsigned char)*text++;
	}
	return n;
}

static void
id_text(const unsigned char *id, size_t len, char *out)
{
	static const char hex[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < len; i++) {
		if (id[i] > 0x20 && id[i] < 0x7f && id[i] != '\\') {
			*out++ = (char)id[i];
			continue;
		}
		*out++ = '\\';
		*out++ = 'x';
		*out++ = hex[id[i] >> 4];
		*out++ = hex[id[i] & 15];
	}
	*out = '\0';
}

int
zsock_send(struct zsock *z, const char *to, const void *bytes, size_t len)
{
	unsigned char id[ZSOCK_ID_MAX];
	int rc = 0;

	check(z);
	if (z->type == ZMQ_ROUTER)
		rc = send_frame(z->raw, id, id_bytes(to, id, sizeof(id)),
		    ZMQ_SNDMORE);
	else if (z->type == ZMQ_XPUB)
		rc = send_frame(z->raw, to, strlen(to), ZMQ_SNDMORE);
	if (rc == 0)
		rc = send_frame(z->raw, bytes, len, 0);
	return rc;
}

static bool
more(void *raw)
{
	int value = 0;
	size_t len = sizeof(value);

	return zmq_getsockopt(raw, ZMQ_RCVMORE, &value, &len) == 0 &&
	    value != 0;
}

static int
recv_frame(void *raw, void *buf, size_t size)
{
	int n;

	do
		n = zmq_recv(raw, buf, size, ZMQ_DONTWAIT);
	while (n == -1 && errno == EINTR);
	return n == -1 ? -errno : n;
}

static void
skip_rest(void *raw)
{
	char none[1];

	while (more(raw) && recv_frame(raw, none, sizeof(none)) >= 0)
		;
}

static int
recv_head(struct zsock *z, char *from)
{
	unsigned char id[ZSOCK_ID_MAX * 4 - 1];
	int n;

	from[0] = '\0';
	n = recv_frame(z->raw, id, sizeof(id));
	if (n < 0)
		return n;
	if ((z->type == ZMQ_ROUTER && n >= ZSOCK_ID_MAX) ||
	    n > (int)sizeof(id) || !more(z->raw)) {
		skip_rest(z->raw);
		return -EPROTO;
	}
	if (z->type == ZMQ_ROUTER)
		id_text(id, (size_t)n, from);
	else {
		memcpy(from, id, (size_t)n);
		from[n] = '\0';
	}
	return 0;
}

int
zsock_recv(struct zsock *z, char from[ZSOCK_ID_MAX * 4], void *buf,
    size_t size)
{
	int n, rc;

	check(z);
	from[0] = '\0';
	if (z->type == ZMQ_ROUTER || z->type == ZMQ_SUB) {
		rc = recv_head(z, from);
		if (rc != 0)
			return rc;
	}
	n = recv_frame(z->raw, buf, size);
	if (n < 0)
		return n;
	if (more(z->raw) || (size_t)n > size) {
		skip_rest(z->raw);
		return -EPROTO;
	}
	return n;
}

int
zsock_subscribe(struct zsock *z, const char *prefix)
{
	check(z);
	return zmq_setsockopt(z->raw, ZMQ_SUBSCRIBE, prefix,
	    strlen(prefix)) == -1 ? -errno : 0;
}
