/* SPDX-License-Identifier: ISC */
/*
 * zsock: a ZeroMQ socket that knows its owner.  The only caller of
 * zmq_socket(3) and zmq_setsockopt(3): every option (linger, high-water
 * marks, message size, time limits, heartbeats) comes from one table by use.
 * A socket is opened, used and closed by one thread; every call MUSTs it.
 */
#ifndef UPLINKD_PROTO_ZSOCK_H
#define UPLINKD_PROTO_ZSOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zsock;

/* Rows of the table in zsock.c. */
enum zsock_use {
	ZSOCK_BUS = 1,		/* dispatcher's ROUTER for probes and feed */
	ZSOCK_BUS_PEER,		/* their DEALER */
	ZSOCK_FEED_PUB,		/* feed's XPUB: one full peer is -EAGAIN */
	ZSOCK_FEED_SUB,		/* a subscriber's SUB */
	ZSOCK_REQUEST,		/* feed's ROUTER for snapshot and control */
	ZSOCK_REQUEST_PEER	/* uplinkctl's DEALER */
};

#define ZSOCK_ID_MAX	32	/* routing id we accept, with NUL */

/* One context per process, made after all forks.  NULL with errno. */
void	*zctx_new(void);
/* Thread: main, after the last join.  Clears *. */
void	zctx_free(void **);

/*
 * Thread: becomes the owner.  fd >= 0: a listening socket made by the parent,
 * adopted with ZMQ_USE_FD and closed with the socket, unless opening fails;
 * else servers bind and peers connect to path, an absolute one: -EINVAL for
 * abstract ("@") and wildcard ("*") names.  id: our routing id as a DEALER,
 * unique to this run, since who comes last with an id has it; NULL = random.
 * 0 or -errno.
 */
int	zsock_open(void *zctx, enum zsock_use, const char *path, int fd,
	    const char *id, struct zsock **out);
/* Thread: owner.  Clears *; NULL is fine.  Linger is 0. */
void	zsock_close(struct zsock **);
/* Thread: owner.  For zmq_poll(3). */
void	*zsock_raw(struct zsock *);

/*
 * Thread: owner.  Never blocks.  to: routing id (ROUTER) or topic (PUB), NULL
 * for DEALER.  0; -EAGAIN (peer full, or no server; PUB: one of those that
 * want the topic is full and none of them got it), -EHOSTUNREACH (no such
 * peer), -EMSGSIZE (more than EVENT_BYTES_MAX), -errno.
 */
int	zsock_send(struct zsock *, const char *to, const void *bytes,
	    size_t len);
/*
 * Thread: owner.  Never blocks.  Returns the length of the last frame in buf;
 * -EAGAIN: none waits; -EPROTO: an ill-formed message was dropped (too long,
 * wrong number of frames, strange id), call again.  from: routing id (ROUTER)
 * or topic (SUB), "" for DEALER; ROUTER ids are kept as bytes, hex-escaped
 * where not printable.  PUB: from is "", the payload is what a subscriber
 * sent: 1 (subscribe) or 0 and the topic; libzmq has acted on it already, but
 * it must be read off.
 */
int	zsock_recv(struct zsock *, char from[ZSOCK_ID_MAX * 4], void *buf,
	    size_t size);
/* Thread: owner.  SUB only: prefix, "" = all. */
int	zsock_subscribe(struct zsock *, const char *prefix);

#endif
