/* SPDX-License-Identifier: ISC */
/*
 * client: connects to the feed's sockets and waits with a deadline.  libzmq
 * connects in the background and never says "nobody there", so the socket is
 * tried with a plain connect(2) first.
 */
#include "tools/client.h"

#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/must.h"
#include "proto/zsock.h"

#define SNAPSHOT_TIME	(2 * NS_PER_S)
#define SEND_PAUSE_MS	2
#define PAUSE		(NS_PER_S / 5)

struct client {
	char		request[108], events[108];
	void		*zctx;
	struct zsock	*req, *sub;
	uint64_t	epoch, seq;
};

static int
complain(const char *path, int err)
{
	char e[ERR_TEXT_MAX];

	switch (err) {
	case ENOENT:
	case ECONNREFUSED:
		fprintf(stderr, "uplinkctl: no uplinkd runs here: %s: %s\n"
		    "  start it, or name its run_dir with -s\n", path,
		    err_text(err, e));
		return EXIT_NODAEMON;
	case EACCES:
	case EPERM:
		fprintf(stderr, "uplinkctl: %s: %s (try as root)\n", path,
		    err_text(err, e));
		return EXIT_NOPERM;
	default:
		fprintf(stderr, "uplinkctl: %s: %s\n", path,
		    err_text(err, e));
		return EXIT_NODAEMON;
	}
}

static int
try_connect(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, err = 0;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return complain(path, errno);
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		err = errno;
	close(fd);
	/* A full backlog is a daemon that is there but does not answer. */
	return err == 0 || err == EAGAIN ? EXIT_OK : complain(path, err);
}

static int
make_paths(const struct ctl *ctl, struct client *c)
{
	int n, m;

	n = snprintf(c->request, sizeof(c->request), "%s/request.sock",
	    ctl->run_dir);
	m = snprintf(c->events, sizeof(c->events), "%s/events.sock",
	    ctl->run_dir);
	if (n < 0 || m < 0 || (size_t)n >= sizeof(c->request) ||
	    (size_t)m >= sizeof(c->events)) {
		fprintf(stderr, "uplinkctl: %s: the path is too long\n",
		    ctl->run_dir);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

int
client_open(const struct ctl *ctl, struct client **out)
{
	struct client *c = calloc(1, sizeof(*c));
	char id[ZSOCK_ID_MAX];
	int rc;

	*out = NULL;
	if (c == NULL)
		return EXIT_NOMEM;
	rc = make_paths(ctl, c);
	if (rc == EXIT_OK)
		rc = try_connect(c->request);
	if (rc != EXIT_OK)
		goto fail;
	MUST(getrandom(&c->epoch, sizeof(c->epoch), 0) == sizeof(c->epoch));
	snprintf(id, sizeof(id), "ctl.%016llx", (unsigned long long)c->epoch);
	c->zctx = zctx_new();
	rc = c->zctx == NULL ? -errno : zsock_open(c->zctx,
	    ZSOCK_REQUEST_PEER, c->request, -1, id, &c->req);
	if (rc != 0) {
		rc = complain(c->request, -rc);
		goto fail;
	}
	*out = c;
	return EXIT_OK;
fail:
	client_close(&c);
	return rc;
}

void
client_close(struct client **cp)
{
	struct client *c = *cp;

	if (c == NULL)
		return;
	*cp = NULL;
	zsock_close(&c->req);
	zsock_close(&c->sub);
	if (c->zctx != NULL)
		zctx_free(&c->zctx);
	free(c);
}

void
client_stamp(struct client *c, struct msg *m, enum msg_type type)
{
	memset(&m->head, 0, sizeof(m->head));
	m->head.type = type;
	snprintf(m->head.source, sizeof(m->head.source), "%s",
	    type == MSG_OPINION ? "notify" : "uplinkctl");
	m->head.epoch = c->epoch;
	m->head.seq = ++c->seq;
	m->head.mono_ns = clock_mono_ns();
	m->head.wall_ms = clock_wall_ms();
}

/* False once the deadline has passed. */
static bool
wait_for(struct zsock *z, int events, int64_t deadline_ns, int most_ms)
{
	zmq_pollitem_t item = { zsock_raw(z), 0, (short)events, 0 };
	int64_t now_ns = clock_mono_ns();
	int ms;

	if (now_ns >= deadline_ns)
		return false;
	ms = clock_poll_ms(deadline_ns, now_ns);
	if (most_ms >= 0 && (ms < 0 || ms > most_ms))
		ms = most_ms;
	(void)zmq_poll(&item, 1, ms);
	return true;
}

int
client_send(struct client *c, const struct msg *m, int64_t deadline_ns)
{
	char buf[EVENT_BYTES_MAX];
	int len, rc;

	len = msg_encode(m, buf, sizeof(buf));
	if (len < 0) {
		fprintf(stderr, "uplinkctl: the request cannot be written\n");
		return EXIT_USAGE;
	}
	do {
		rc = zsock_send(c->req, NULL, buf, (size_t)len);
		if (rc == 0)
			return EXIT_OK;
	} while (wait_for(c->req, ZMQ_POLLOUT, deadline_ns, SEND_PAUSE_MS));
	return EXIT_UNSURE;
}

static int
take(struct zsock *z, struct msg *m, char *raw, size_t size,
    int64_t deadline_ns)
{
	char from[ZSOCK_ID_MAX * 4];
	const char *why;
	int n;

	for (;;) {
		n = zsock_recv(z, from, raw, size - 1);
		if (n >= 0 && msg_decode(raw, (size_t)n, m, &why) == 0)
			break;
		if (n >= 0 || n == -EPROTO)
			continue;
		if (!wait_for(z, ZMQ_POLLIN, deadline_ns, -1))
			return EXIT_UNSURE;
	}
	raw[n] = '\0';
	if (m->head.type == MSG_ERROR) {
		fprintf(stderr, "uplinkctl: uplinkd: %s\n", m->u.error.text);
		return EXIT_REFUSED;
	}
	return EXIT_OK;
}

int
client_recv(struct client *c, struct msg *m, char *raw, size_t size,
    int64_t deadline_ns)
{
	return take(c->req, m, raw, size, deadline_ns);
}

int
client_snapshot(struct client *c, struct msg_head *head,
    void (*fn)(const struct msg *, const char *, void *), void *arg)
{
	int64_t deadline_ns = clock_mono_ns() + SNAPSHOT_TIME;
	char raw[EVENT_BYTES_MAX + 1];
	struct msg m;
	int rc;

	memset(&m, 0, sizeof(m));
	client_stamp(c, &m, MSG_SNAPSHOT);
	rc = client_send(c, &m, deadline_ns);
	while (rc == EXIT_OK) {
		rc = client_recv(c, &m, raw, sizeof(raw), deadline_ns);
		if (rc == EXIT_OK && (m.head.type == MSG_STATE ||
		    m.head.type == MSG_LANE || m.head.type == MSG_PLUGIN ||
		    m.head.type == MSG_MAIL))
			fn(&m, raw, arg);
		if (rc == EXIT_OK && m.head.type == MSG_SNAPSHOT) {
			if (head != NULL)
				*head = m.head;
			return EXIT_OK;
		}
	}
	if (rc == EXIT_UNSURE)
		fprintf(stderr, "uplinkctl: uplinkd does not answer (%s)\n",
		    c->request);
	return rc;
}

void
client_pause(struct client *c)
{
	(void)wait_for(c->req, ZMQ_POLLIN, clock_mono_ns() + PAUSE, -1);
}

int
client_subscribe(struct client *c, const char *prefix)
{
	int rc = c->sub != NULL ? EXIT_OK : try_connect(c->events);

	if (rc != EXIT_OK)
		return rc;
	if (c->sub == NULL)
		rc = zsock_open(c->zctx, ZSOCK_FEED_SUB, c->events, -1, NULL,
		    &c->sub);
	if (rc == 0)
		rc = zsock_subscribe(c->sub, prefix);
	return rc == 0 ? EXIT_OK : complain(c->events, -rc);
}

int
client_next(struct client *c, struct msg *m, char *raw, size_t size,
    int64_t deadline_ns)
{
	return take(c->sub, m, raw, size, deadline_ns);
}
