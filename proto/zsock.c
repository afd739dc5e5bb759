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
#define FROM_MAX	(ZSOCK_ID_MAX * 4)

#define BIT(use)	(1u << (use))
#define BUSES		(BIT(ZSOCK_BUS) | BIT(ZSOCK_BUS_PEER))
#define ROUTERS		(BIT(ZSOCK_BUS) | BIT(ZSOCK_REQUEST))
#define DEALERS		(BIT(ZSOCK_BUS_PEER) | BIT(ZSOCK_REQUEST_PEER))
#define SERVERS		(ROUTERS | BIT(ZSOCK_FEED_PUB))
#define PEERS		(DEALERS | BIT(ZSOCK_FEED_SUB))
#define ALL		(SERVERS | PEERS)

static const int types[] = {
	[ZSOCK_BUS] = ZMQ_ROUTER,
	[ZSOCK_BUS_PEER] = ZMQ_DEALER,
	[ZSOCK_FEED_PUB] = ZMQ_XPUB,
	[ZSOCK_FEED_SUB] = ZMQ_SUB,
	[ZSOCK_REQUEST] = ZMQ_ROUTER,
	[ZSOCK_REQUEST_PEER] = ZMQ_DEALER,
};

struct row {
	int		name;
	unsigned	uses;
	int		value;
};

static const struct row rows[] = {
	/* What matters is in the journal: no end waits for another. */
	{ ZMQ_LINGER, ALL, 0 },
	{ ZMQ_SNDTIMEO, ALL, 0 },
	{ ZMQ_RCVTIMEO, ALL, 0 },
	/* libzmq would take frames of any size into memory. */
	{ ZMQ_MAXMSGSIZE, ALL, EVENT_BYTES_MAX },
	/* Who connects and says nothing holds a descriptor so long: 2 s. */
	{ ZMQ_HANDSHAKE_IVL, ALL, 2000 },

	/*
	 * Messages that wait, per peer.  The bus holds the worst second of
	 * all uplinks.  A reader of the feed that is so far behind is better
	 * served by a snapshot; the answer to it must fit, too.
	 */
	{ ZMQ_SNDHWM, BUSES, 4096 },
	{ ZMQ_RCVHWM, BUSES, 4096 },
	{ ZMQ_SNDHWM, BIT(ZSOCK_FEED_PUB) | BIT(ZSOCK_REQUEST), 256 },
	{ ZMQ_RCVHWM, BIT(ZSOCK_FEED_SUB) | BIT(ZSOCK_REQUEST_PEER), 256 },
	{ ZMQ_RCVHWM, BIT(ZSOCK_FEED_PUB), 256 },
	{ ZMQ_RCVHWM, BIT(ZSOCK_REQUEST), 64 },
	{ ZMQ_SNDHWM, BIT(ZSOCK_FEED_SUB) | BIT(ZSOCK_REQUEST_PEER), 16 },

	/* Connections that wait to be accepted; the parent's own are alike. */
	{ ZMQ_BACKLOG, SERVERS, 64 },
	/* An absent or full peer is an error, not silence. */
	{ ZMQ_ROUTER_MANDATORY, ROUTERS, 1 },
	/*
	 * A peer that reconnects while its old messages wait unread comes
	 * with an id that is still taken.  Without the hand-over libzmq takes
	 * no message from it then, says so to nobody, and a worker would be
	 * mute.  Ids hold random bits, so no stranger takes one over.
	 */
	{ ZMQ_ROUTER_HANDOVER, ROUTERS, 1 },
	/* "Full" instead of a silent loss. */
	{ ZMQ_XPUB_NODROP, BIT(ZSOCK_FEED_PUB), 1 },

	/* Nothing is queued for a server that is not there. */
	{ ZMQ_IMMEDIATE, DEALERS, 1 },
	/*
	 * A role that died is back within a second, and so must its peers be:
	 * the last step of the doubling pause is well below that.  Trying
	 * costs little: the socket is on this machine.
	 */
	{ ZMQ_RECONNECT_IVL, PEERS, 20 },
	{ ZMQ_RECONNECT_IVL_MAX, PEERS, 500 },
	/* A stopped process does not close its end; TTL is for the server. */
	{ ZMQ_HEARTBEAT_IVL, PEERS, 1000 },
	{ ZMQ_HEARTBEAT_TIMEOUT, PEERS, 5000 },
	{ ZMQ_HEARTBEAT_TTL, PEERS, 6000 },
};

/* 64 workers are the most; a slot costs a few bytes. */
#define SOCKETS_MAX	128

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
	MUST(zmq_ctx_set(ctx, ZMQ_MAX_SOCKETS, SOCKETS_MAX) == 0);
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
set_option(void *raw, const struct row *r)
{
	int64_t wide = r->value;

	if (r->name == ZMQ_MAXMSGSIZE)
		return zmq_setsockopt(raw, r->name, &wide, sizeof(wide));
	return zmq_setsockopt(raw, r->name, &r->value, sizeof(r->value));
}

static int
set_options(void *raw, enum zsock_use use, const char *id)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((rows[i].uses & BIT(use)) != 0 &&
		    set_option(raw, &rows[i]) == -1)
			return -errno;
	if (id != NULL && zmq_setsockopt(raw, ZMQ_ROUTING_ID, id,
	    strlen(id)) == -1)
		return -errno;
	return 0;
}

/*
 * The parent has bound and listens already; libzmq takes the descriptor and
 * then neither creates nor removes the path.
 */
static int
attach(void *raw, bool binds, const char *path, int fd)
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
	n = binds ? zmq_bind(raw, endpoint) : zmq_connect(raw, endpoint);
	return n == -1 ? -errno : 0;
}

int
zsock_open(void *zctx, enum zsock_use use, const char *path, int fd,
    const char *id, struct zsock **out)
{
	bool binds = (SERVERS & BIT(use)) != 0;
	struct zsock *z;
	int rc;

	*out = NULL;
	MUST((ALL & BIT(use)) != 0 && (binds || fd == -1));
	MUST(id == NULL || ((DEALERS & BIT(use)) != 0 &&
	    strlen(id) - 1 < ZSOCK_ID_MAX - 1));
	z = calloc(1, sizeof(*z));
	if (z == NULL)
		return -ENOMEM;
	z->magic = ZSOCK_MAGIC;
	z->owner = pthread_self();
	z->type = types[use];
	z->raw = zmq_socket(zctx, z->type);
	rc = z->raw == NULL ? -errno : set_options(z->raw, use, id);
	if (rc == 0)
		rc = attach(z->raw, binds, path, fd);
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

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	    c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * The bytes of a routing id from its text, where those that are not printable
 * are \xNN.  0 if it is none that zsock_recv could have given.
 */
static size_t
id_bytes(const char *text, unsigned char *out, size_t size)
{
	int high, low;
	size_t n;

	for (n = 0; *text != '\0'; n++) {
		if (n == size)
			return 0;
		if (*text != '\\') {
			out[n] = (unsigned char)*text++;
			continue;
		}
		high = text[1] == 'x' ? hex_digit(text[2]) : -1;
		low = high == -1 ? -1 : hex_digit(text[3]);
		if (low == -1)
			return 0;
		out[n] = (unsigned char)(high << 4 | low);
		text += 4;
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

/*
 * The first frame finds the peers and says whether they have room; the second
 * follows it in any case.
 */
int
zsock_send(struct zsock *z, const char *to, const void *bytes, size_t len)
{
	unsigned char id[ZSOCK_ID_MAX - 1];
	int rc = 0;

	check(z);
	MUST(z->type != ZMQ_SUB && (to == NULL) == (z->type == ZMQ_DEALER));
	/* The other end would close the connection for it. */
	if (len > EVENT_BYTES_MAX)
		return -EMSGSIZE;
	/* No peer has an empty id, so what is none is unreachable. */
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

static bool
is_printable(const unsigned char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (s[i] < 0x20 || s[i] > 0x7e)
			return false;
	return true;
}

/* The frame before the payload: who sent it, or its topic. */
static int
recv_head(struct zsock *z, char *from)
{
	unsigned char head[FROM_MAX - 1];
	size_t max = z->type == ZMQ_ROUTER ? ZSOCK_ID_MAX - 1 : sizeof(head);
	int n = recv_frame(z->raw, head, sizeof(head));

	if (n < 0)
		return n;
	if ((size_t)n > max || !more(z->raw) ||
	    (z->type == ZMQ_SUB && !is_printable(head, (size_t)n))) {
		skip_rest(z->raw);
		return -EPROTO;
	}
	if (z->type == ZMQ_ROUTER)
		id_text(head, (size_t)n, from);
	else {
		memcpy(from, head, (size_t)n);
		from[n] = '\0';
	}
	return 0;
}

int
zsock_recv(struct zsock *z, char from[FROM_MAX], void *buf,
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
	MUST(z->type == ZMQ_SUB);
	return zmq_setsockopt(z->raw, ZMQ_SUBSCRIBE, prefix,
	    strlen(prefix)) == -1 ? -errno : 0;
}
