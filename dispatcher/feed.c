/* SPDX-License-Identifier: ISC */
/*
 * feed: the public face, in a process that may die without a route noticing.
 * Publishes what the dispatcher tells with its own epoch and sequence, keeps
 * the newest state of each uplink for snapshots, and passes opinions on to
 * the dispatcher and their acknowledgement back.  One thread, nothing blocks;
 * a slow subscriber misses messages and sees it by the sequence.
 */
#include <sys/random.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "conf/conf.h"
#include "dispatcher/role.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/must.h"
#include "proto/event.h"
#include "proto/power.h"
#include "proto/zsock.h"

#define PEER_MAX	(ZSOCK_ID_MAX * 4)
#define PENDING_MAX	256		/* opinions not yet acknowledged */
#define PENDING_TIME	(60 * NS_PER_S)
#define HELLO_PAUSE	NS_PER_S
#define SILENCE		(3 * NS_PER_S)	/* no state for so long: it is away */
#define LANES_MAX	16
#define MESSAGES_A_TURN	256
#define TURN_MS		50

/* Who waits for the acknowledgement of which opinion. */
struct pending {
	char		peer[PEER_MAX];
	char		source[EVENT_NAME_MAX];
	uint64_t	epoch, seq;
	int64_t		until_ns;	/* 0 = free */
};

struct feed {
	const struct conf *conf;
	int		parent;
	void		*zctx;
	struct zsock	*bus, *pub, *request;
	uint64_t	epoch, seq;
	struct msg	*states;	/* conf->nuplinks; type 0 = not yet */
	struct msg	lanes[LANES_MAX];	/* by index; type 0 = not yet */
	struct msg	*plugins;	/* conf->nactions; the same */
	struct msg	mail;		/* the same */
	struct pending	pending[PENDING_MAX];
	int64_t		heard_ns, hello_ns;
};

/* What a peer cannot take is lost to it; the sequence shows the gap. */
static int
send_to(struct zsock *z, const char *to, const struct msg *m)
{
	char buf[EVENT_BYTES_MAX];
	int len = msg_encode(m, buf, sizeof(buf));

	return len < 0 ? len : zsock_send(z, to, buf, (size_t)len);
}

/* Everything that leaves for the public has our place in its order. */
static void
stamp(struct feed *f, struct msg *m)
{
	snprintf(m->head.source, sizeof(m->head.source), "feed");
	m->head.epoch = f->epoch;
	m->head.seq = f->seq;
}

static void
publish(struct feed *f, struct msg *m)
{
	char topic[128];

	f->seq++;
	stamp(f, m);
	msg_topic(m, topic, sizeof(topic));
	/* A full peer has lost this one: the number tells it. */
	(void)send_to(f->pub, topic, m);
}

static void
keep_state(struct feed *f, const struct msg *m)
{
	size_t i;

	for (i = 0; i < f->conf->nuplinks; i++)
		if (strcmp(f->conf->uplinks[i].name, m->u.state.uplink) == 0)
			f->states[i] = *m;
}

static void
keep_plugin(struct feed *f, const struct msg *m)
{
	size_t i;

	for (i = 0; i < f->conf->nactions; i++)
		if (strcmp(f->conf->actions[i].name, m->u.plugin.action) == 0)
			f->plugins[i] = *m;
}

static void
acknowledge(struct feed *f, struct msg *m)
{
	struct pending *p;
	size_t i;

	for (i = 0; i < PENDING_MAX; i++) {
		p = &f->pending[i];
		if (p->until_ns == 0 || p->epoch != m->u.ack.epoch ||
		    p->seq != m->u.ack.seq ||
		    strcmp(p->source, m->u.ack.source) != 0)
			continue;
		stamp(f, m);
		(void)send_to(f->request, p->peer, m);
		p->until_ns = 0;
		return;
	}
}

static void
take_bus(struct feed *f, const char *from, const void *buf, size_t len)
{
	const char *why;
	struct msg m;

	(void)from;
	if (msg_decode(buf, len, &m, &why) != 0)
		return;
	f->heard_ns = clock_mono_ns();
	switch (m.head.type) {
	case MSG_ACK:
		acknowledge(f, &m);
		return;
	case MSG_STATE:
		keep_state(f, &m);
		break;
	case MSG_LANE:
		if (m.u.lane.index < LANES_MAX)
			f->lanes[m.u.lane.index] = m;
		break;
	case MSG_PLUGIN:
		keep_plugin(f, &m);
		break;
	case MSG_MAIL:
		f->mail = m;
		break;
	case MSG_EVENT:
	case MSG_SAMPLES:
	case MSG_TRAIL:
	case MSG_JOB:
	case MSG_ROUTE:
		break;
	default:
		return;
	}
	publish(f, &m);
}

static void
refuse(struct feed *f, const char *peer, const char *text)
{
	struct msg m;

	memset(&m, 0, sizeof(m));
	m.head.type = MSG_ERROR;
	m.head.mono_ns = clock_mono_ns();
	m.head.wall_ms = clock_wall_ms();
	if (f->seq == 0)
		f->seq = 1;
	stamp(f, &m);
	snprintf(m.u.error.text, sizeof(m.u.error.text), "%s", text);
	(void)send_to(f->request, peer, &m);
}

/* Those that were heard of; how many. */
static uint64_t
send_kept(struct feed *f, const char *peer, const struct msg *kept, size_t n)
{
	uint64_t sent = 0;
	struct msg m;
	size_t i;

	for (i = 0; i < n; i++) {
		if (kept[i].head.type == 0)
			continue;
		m = kept[i];
		stamp(f, &m);
		(void)send_to(f->request, peer, &m);
		sent++;
	}
	return sent;
}

/*
 * The states, what else is known, then an end mark; all carry the sequence up
 * to which published messages are already contained.
 */
static void
snapshot(struct feed *f, const char *peer)
{
	uint64_t sent;
	struct msg m;

	if (clock_mono_ns() - f->heard_ns > SILENCE) {
		refuse(f, peer, "the dispatcher does not answer");
		return;
	}
	sent = send_kept(f, peer, f->states, f->conf->nuplinks);
	(void)send_kept(f, peer, f->lanes, LANES_MAX);
	(void)send_kept(f, peer, f->plugins, f->conf->nactions);
	(void)send_kept(f, peer, &f->mail, 1);
	memset(&m, 0, sizeof(m));
	m.head.type = MSG_SNAPSHOT;
	m.head.mono_ns = clock_mono_ns();
	m.head.wall_ms = clock_wall_ms();
	if (f->seq == 0)
		f->seq = 1;
	stamp(f, &m);
	m.u.snapshot.count = sent;
	(void)send_to(f->request, peer, &m);
}

static struct pending *
pending_find(struct feed *f, const struct msg *m, int64_t now_ns)
{
	struct pending *p, *free_one = NULL;
	size_t i;

	for (i = 0; i < PENDING_MAX; i++) {
		p = &f->pending[i];
		if (p->until_ns < now_ns) {
			free_one = p;
			continue;
		}
		if (p->epoch == m->head.epoch && p->seq == m->head.seq &&
		    strcmp(p->source, m->head.source) == 0)
			return p;
	}
	return free_one;
}

static void
opinion(struct feed *f, const char *peer, const struct msg *m,
    const void *buf, size_t len)
{
	int64_t now_ns = clock_mono_ns();
	struct pending *p = pending_find(f, m, now_ns);

	if (p == NULL) {
		refuse(f, peer, "too many opinions wait for the disk");
		return;
	}
	if (zsock_send(f->bus, NULL, buf, len) != 0) {
		refuse(f, peer, "the dispatcher does not answer");
		return;
	}
	snprintf(p->peer, sizeof(p->peer), "%s", peer);
	snprintf(p->source, sizeof(p->source), "%s", m->head.source);
	p->epoch = m->head.epoch;
	p->seq = m->head.seq;
	p->until_ns = now_ns + PENDING_TIME;
}

static void
take_request(struct feed *f, const char *from, const void *buf, size_t len)
{
	const char *why;
	struct msg m;

	if (msg_decode(buf, len, &m, &why) != 0) {
		refuse(f, from, why != NULL ? why : "not understood");
		return;
	}
	if (m.head.type == MSG_SNAPSHOT)
		snapshot(f, from);
	else if (m.head.type == MSG_OPINION)
		opinion(f, from, &m, buf, len);
	else
		refuse(f, from, "no such request");
}

typedef void take_fn(struct feed *, const char *, const void *, size_t);

static void
drain(struct feed *f, struct zsock *z, take_fn *take)
{
	char from[PEER_MAX], buf[EVENT_BYTES_MAX];
	int i, n;

	for (i = 0; i < MESSAGES_A_TURN; i++) {
		n = zsock_recv(z, from, buf, sizeof(buf));
		if (n == -EPROTO)
			continue;
		if (n < 0)
			return;
		take(f, from, buf, (size_t)n);
	}
}

/* Subscriptions come this way; libzmq keeps them, we only read them off. */
static void
take_subscription(struct feed *f, const char *from, const void *buf,
    size_t len)
{
	(void)f;
	(void)from;
	(void)buf;
	(void)len;
}

/* A dispatcher that has just started learns within a second who we are. */
static void
hello(struct feed *f, int64_t now_ns)
{
	struct msg m;

	if (now_ns - f->hello_ns < HELLO_PAUSE)
		return;
	memset(&m, 0, sizeof(m));
	m.head.type = MSG_HELLO;
	m.head.mono_ns = now_ns;
	m.head.wall_ms = clock_wall_ms();
	if (f->seq == 0)
		f->seq = 1;
	stamp(f, &m);
	/* Not connected yet: the next turn tries again. */
	if (send_to(f->bus, NULL, &m) == 0)
		f->hello_ns = now_ns;
}

static bool
turn(struct feed *f)
{
	zmq_pollitem_t items[] = {
		{ zsock_raw(f->bus), 0, ZMQ_POLLIN, 0 },
		{ zsock_raw(f->pub), 0, ZMQ_POLLIN, 0 },
		{ zsock_raw(f->request), 0, ZMQ_POLLIN, 0 },
		{ NULL, f->parent, ZMQ_POLLIN, 0 },
	};

	hello(f, clock_mono_ns());
	if (zmq_poll(items, 4, TURN_MS) == -1)
		MUST(errno == EINTR);
	if (items[0].revents != 0)
		drain(f, f->bus, take_bus);
	if (items[1].revents != 0)
		drain(f, f->pub, take_subscription);
	if (items[2].revents != 0)
		drain(f, f->request, take_request);
	/* The parent never writes to us: readable means that it is gone. */
	return items[3].revents == 0;
}

static int
open_sockets(struct feed *f, const struct role_env *env)
{
	char path[512], id[ZSOCK_ID_MAX];
	int rc;

	f->zctx = zctx_new();
	if (f->zctx == NULL)
		return -errno;
	snprintf(id, sizeof(id), "feed.%08x", (unsigned)(f->epoch >> 32));
	snprintf(path, sizeof(path), "%s/%s", f->conf->run_dir,
	    ROLE_SOCK_BUS);
	rc = zsock_open(f->zctx, ZSOCK_BUS_PEER, path, -1, id, &f->bus);
	if (rc != 0)
		return rc;
	snprintf(path, sizeof(path), "%s/%s", f->conf->run_dir,
	    ROLE_SOCK_EVENTS);
	rc = zsock_open(f->zctx, ZSOCK_FEED_PUB, path, env->listen[0], NULL,
	    &f->pub);
	if (rc != 0)
		return rc;
	snprintf(path, sizeof(path), "%s/%s", f->conf->run_dir,
	    ROLE_SOCK_REQUEST);
	return zsock_open(f->zctx, ZSOCK_REQUEST, path, env->listen[1], NULL,
	    &f->request);
}

int
feed_run(const struct role_env *env)
{
	uint32_t ready = POWER_READY;
	struct feed *f = calloc(1, sizeof(*f));
	char e[ERR_TEXT_MAX];
	int rc;

	if (f == NULL)
		return 1;
	f->conf = env->conf;
	f->parent = env->parent;
	f->heard_ns = f->hello_ns = clock_mono_ns() - SILENCE;
	MUST(getrandom(&f->epoch, sizeof(f->epoch), 0) == sizeof(f->epoch));
	f->states = calloc(env->conf->nuplinks, sizeof(*f->states));
	f->plugins = calloc(env->conf->nactions + 1, sizeof(*f->plugins));
	rc = f->states == NULL || f->plugins == NULL ? -ENOMEM :
	    open_sockets(f, env);
	if (rc != 0)
		log_err("feed: start: %s", err_text(rc, e));
	else
		(void)power_send(f->parent, &ready, sizeof(ready), NULL, 0);
	while (rc == 0 && turn(f))
		;
	zsock_close(&f->bus);
	zsock_close(&f->pub);
	zsock_close(&f->request);
	zctx_free(&f->zctx);
	free(f->states);
	free(f->plugins);
	free(f);
	return rc == 0 ? 0 : 1;
}
