/* SPDX-License-Identifier: ISC */
/*
 * libuplink: see libuplink.h.  The Clone pattern: subscribe, ask for a
 * snapshot, drop what that covers; while an answer is awaited nothing published
 * is read, so it waits in order.  One thread.
 */
#include "proto/libuplink.h"

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
#include "lib/sys.h"
#include "proto/event.h"
#include "proto/libuplink_table.h"
#include "proto/zsock.h"

#define RUN_DIR		"/run/uplinkd"
#define ASK_TIME	NS_PER_S	/* for an answer; then again */
#define ASK_PAUSE	(NS_PER_S / 5)	/* while none is there to ask */
/* States are said each second, whatever happens. */
#define SILENCE		(7 * NS_PER_S / 2)

struct uplink_client {
	void		*zctx;
	struct zsock	*sub, *req;
	int		set;		/* both sockets' descriptors; -1 */
	uint64_t	epoch, seq;	/* of what we say */

	bool		synced;		/* the table is right */
	bool		sync_due;	/* and this is not told yet */
	bool		lost;		/* and LOST was told */
	uint64_t	feed_epoch, feed_seq;	/* newest in the table */
	uint64_t	missed;		/* since it was right */
	struct uplink_table	table;
	int64_t		heard_ns;

	bool		asking;
	int64_t		ask_ns;		/* when to give up, or to ask again */
	struct uplink_table	answer;		/* what has come of it */
	uint32_t	answer_count;	/* so many uplinks there are */
	uint64_t	answer_epoch, answer_seq;

	uint64_t	ack_seq;	/* of ours that is awaited; 0 = none */
	int		ack_rc;
	char		error[EVENT_TEXT_MAX];

	struct msg	m;
	char		raw[EVENT_BYTES_MAX + 1];
};

/* ZeroMQ never says "not permitted"; a daemon that is not there may come. */
static int
may_connect(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, err = 0;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -errno;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		err = errno;
	close(fd);
	return err == EACCES || err == EPERM ? -EACCES : 0;
}

static int
watch_socket(struct uplink_client *c, struct zsock *z)
{
	size_t len = sizeof(int);
	int fd;

	if (zmq_getsockopt(zsock_raw(z), ZMQ_FD, &fd, &len) == -1)
		return -errno;
	return sys_set_add(c->set, fd, true, z);
}

static int
open_socket(struct uplink_client *c, const char *dir, const char *name,
    enum zsock_use use, struct zsock **out)
{
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	char id[ZSOCK_ID_MAX];
	int rc;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >=
	    sizeof(path))
		return -ENAMETOOLONG;
	snprintf(id, sizeof(id), "lib.%016llx", (unsigned long long)c->epoch);
	rc = may_connect(path);
	if (rc == 0)
		rc = zsock_open(c->zctx, use, path, -1,
		    use == ZSOCK_REQUEST_PEER ? id : NULL, out);
	return rc == 0 ? watch_socket(c, *out) : rc;
}

int
uplink_client_open(const char *run_dir, struct uplink_client **out)
{
	const char *dir = run_dir != NULL ? run_dir : RUN_DIR;
	struct uplink_client *c = calloc(1, sizeof(*c));
	int rc;

	*out = NULL;
	if (c == NULL)
		return -ENOMEM;
	c->set = -1;
	c->heard_ns = clock_mono_ns();
	rc = sys_set_open(&c->set);
	if (rc == 0 && getrandom(&c->epoch, sizeof(c->epoch), 0) !=
	    (ssize_t)sizeof(c->epoch))
		rc = -EIO;
	if (rc == 0 && (c->zctx = zctx_new()) == NULL)
		rc = -errno;
	if (rc == 0)
		rc = open_socket(c, dir, "events.sock", ZSOCK_FEED_SUB,
		    &c->sub);
	if (rc == 0)
		rc = zsock_subscribe(c->sub, "");
	if (rc == 0)
		rc = open_socket(c, dir, "request.sock", ZSOCK_REQUEST_PEER,
		    &c->req);
	if (rc != 0)
		uplink_client_close(&c);
	*out = c;
	return rc;
}

void
uplink_client_close(struct uplink_client **cp)
{
	struct uplink_client *c = *cp;

	if (c == NULL)
		return;
	*cp = NULL;
	if (c->set != -1)
		close(c->set);
	zsock_close(&c->sub);
	zsock_close(&c->req);
	if (c->zctx != NULL)
		zctx_free(&c->zctx);
	free(c);
}

static void
tell(enum uplink_news_kind kind, struct uplink_news *news)
{
	memset(news, 0, sizeof(*news));
	news->kind = kind;
	news->wall_ms = clock_wall_ms();
}

/* The next message of a socket; false if none waits.  Ill-formed ones go. */
static bool
take(struct uplink_client *c, struct zsock *z)
{
	char from[ZSOCK_ID_MAX * 4];
	const char *why;
	int n;

	do {
		n = zsock_recv(z, from, c->raw, sizeof(c->raw) - 1);
		if (n < 0 && n != -EPROTO)
			return false;
	} while (n < 0 || msg_decode(c->raw, (size_t)n, &c->m, &why) != 0);
	c->raw[n] = '\0';
	return true;
}

static void
ask_later(struct uplink_client *c, int64_t after_ns)
{
	c->asking = false;
	c->ask_ns = clock_mono_ns() + after_ns;
}

/* Taken if it is whole, and of one moment. */
static void
end_answer(struct uplink_client *c)
{
	const struct msg_head *h = &c->m.head;

	if (!c->asking)
		return;
	/* A feed that has just started does not know all uplinks yet. */
	if (c->answer.n == 0 || c->answer.n != c->answer_count ||
	    c->m.u.snapshot.count != c->answer.n) {
		ask_later(c, ASK_PAUSE);
		return;
	}
	if (h->epoch != c->answer_epoch || h->seq != c->answer_seq) {
		ask_later(c, 0);
		return;
	}
	c->asking = c->lost = false;
	c->synced = c->sync_due = true;
	c->table = c->answer;
	c->feed_epoch = h->epoch;
	c->feed_seq = h->seq;
	c->heard_ns = clock_mono_ns();
}

static void
take_refusal(struct uplink_client *c)
{
	if (c->ack_seq != 0) {
		snprintf(c->error, sizeof(c->error), "%s", c->m.u.error.text);
		c->ack_rc = -EPERM;
		c->ack_seq = 0;
	} else if (c->asking)
		ask_later(c, ASK_PAUSE);
}

static void
take_ack(struct uplink_client *c)
{
	if (c->ack_seq == 0 || c->m.u.ack.epoch != c->epoch ||
	    c->m.u.ack.seq != c->ack_seq)
		return;
	c->ack_seq = 0;
	c->ack_rc = c->m.u.ack.ok ? 0 : -EPERM;
	if (!c->m.u.ack.ok)
		snprintf(c->error, sizeof(c->error), "%s", c->m.u.ack.text);
}

static void
take_answers(struct uplink_client *c)
{
	while (take(c, c->req))
		switch (c->m.head.type) {
		case MSG_STATE:
			if (!c->asking)
				break;
			c->answer_count = c->m.u.state.count;
			c->answer_epoch = c->m.head.epoch;
			c->answer_seq = c->m.head.seq;
			(void)table_state(&c->answer, &c->m.u.state);
			break;
		case MSG_SNAPSHOT:
			end_answer(c);
			break;
		case MSG_ACK:
			take_ack(c);
			break;
		case MSG_ERROR:
			take_refusal(c);
			break;
		default:
			break;
		}
}

static int
say(struct uplink_client *c, struct msg *m, enum msg_type type)
{
	char buf[EVENT_BYTES_MAX];
	int len;

	memset(&m->head, 0, sizeof(m->head));
	m->head.type = type;
	snprintf(m->head.source, sizeof(m->head.source), "%s",
	    type == MSG_OPINION ? "notify" : "libuplink");
	m->head.epoch = c->epoch;
	m->head.seq = ++c->seq;
	m->head.mono_ns = clock_mono_ns();
	m->head.wall_ms = clock_wall_ms();
	len = msg_encode(m, buf, sizeof(buf));
	return len < 0 ? len : zsock_send(c->req, NULL, buf, (size_t)len);
}

static void
ask(struct uplink_client *c)
{
	memset(&c->m.u, 0, sizeof(c->m.u));
	c->answer.n = 0;
	if (say(c, &c->m, MSG_SNAPSHOT) != 0) {
		ask_later(c, ASK_PAUSE);
		return;
	}
	c->asking = true;
	c->ask_ns = clock_mono_ns() + ASK_TIME;
}

/* Another publisher, or a number that was left out: what is known is old. */
static void
lose(struct uplink_client *c)
{
	const struct msg_head *h = &c->m.head;

	c->missed += h->epoch == c->feed_epoch && h->seq > c->feed_seq ?
	    h->seq - c->feed_seq - 1 : 1;
	c->synced = false;
	ask_later(c, 0);
}

/* True if there is something to tell. */
static bool
take_published(struct uplink_client *c, struct uplink_news *news)
{
	while (c->synced && take(c, c->sub)) {
		c->heard_ns = clock_mono_ns();
		if (c->m.head.epoch == c->feed_epoch &&
		    c->m.head.seq <= c->feed_seq)
			continue;
		if (c->m.head.epoch != c->feed_epoch ||
		    c->m.head.seq != c->feed_seq + 1) {
			lose(c);
			return false;
		}
		c->feed_seq = c->m.head.seq;
		if (news_of(&c->m, &c->table, news)) {
			news->json = c->raw;
			return true;
		}
	}
	return false;
}

static bool
is_silent(struct uplink_client *c, struct uplink_news *news)
{
	if (c->lost || clock_mono_ns() < c->heard_ns + SILENCE)
		return false;
	if (c->synced)
		ask_later(c, 0);
	c->lost = true;
	c->synced = false;
	tell(UPLINK_NEWS_LOST, news);
	return true;
}

/*
 * What is left unread in a socket keeps its descriptor ready, until it was
 * asked for its state: see ZMQ_FD in zmq_getsockopt(3).
 */
static void
calm(struct zsock *z)
{
	size_t len = sizeof(int);
	int events;

	(void)zmq_getsockopt(zsock_raw(z), ZMQ_EVENTS, &events, &len);
}

/* One turn without waiting. */
static bool
turn(struct uplink_client *c, struct uplink_news *news)
{
	take_answers(c);
	if (c->sync_due) {
		c->sync_due = false;
		tell(UPLINK_NEWS_SYNC, news);
		news->missed = c->missed;
		c->missed = 0;
		return true;
	}
	if (take_published(c, news))
		return true;
	if (!c->synced)
		calm(c->sub);
	if (!c->synced && clock_mono_ns() >= c->ask_ns)
		ask(c);
	return is_silent(c, news);
}

static int64_t
due(const struct uplink_client *c)
{
	int64_t due_ns = c->lost ? CLOCK_NEVER : c->heard_ns + SILENCE;

	if (!c->synced && c->ask_ns < due_ns)
		due_ns = c->ask_ns;
	return due_ns;
}

/* False at the deadline. */
static int
rest(struct uplink_client *c, int64_t deadline_ns)
{
	zmq_pollitem_t items[] = {
		{ zsock_raw(c->req), 0, ZMQ_POLLIN, 0 },
		{ zsock_raw(c->sub), 0, ZMQ_POLLIN, 0 },
	};
	int64_t now_ns = clock_mono_ns(), until_ns = due(c);

	if (now_ns >= deadline_ns)
		return 0;
	if (deadline_ns < until_ns)
		until_ns = deadline_ns;
	/* What is published waits while an answer is awaited. */
	if (zmq_poll(items, c->synced ? 2 : 1,
	    clock_poll_ms(until_ns, now_ns)) == -1 && errno == EINTR)
		return -EINTR;
	return 1;
}

static int64_t
deadline(int timeout_ms)
{
	return timeout_ms < 0 ? CLOCK_NEVER :
	    clock_mono_ns() + timeout_ms * NS_PER_MS;
}

int
uplink_client_next(struct uplink_client *c, int timeout_ms,
    struct uplink_news *news)
{
	int64_t until_ns = deadline(timeout_ms);
	int rc;

	do {
		if (turn(c, news))
			return 1;
		rc = rest(c, until_ns);
	} while (rc == 1);
	return rc;
}

int
uplink_client_fd(const struct uplink_client *c)
{
	return c->set;
}

int
uplink_client_timeout(const struct uplink_client *c)
{
	return clock_poll_ms(due(c), clock_mono_ns());
}

bool
uplink_client_synced(const struct uplink_client *c)
{
	return c->synced;
}

size_t
uplink_client_count(const struct uplink_client *c)
{
	return c->table.n;
}

const struct uplink_status *
uplink_client_get(const struct uplink_client *c, size_t n)
{
	return n < c->table.n ? &c->table.of[n] : NULL;
}

const struct uplink_status *
uplink_client_find(const struct uplink_client *c, const char *name)
{
	return table_find(&c->table, name);
}

static int
opinion(struct msg *m, const char *uplink, const char *advisor,
    enum uplink_level level, const char *text)
{
	struct opinion *o = &m->u.opinion;

	if (!event_name_ok(uplink) || !event_name_ok(advisor) ||
	    uplink_level_name(level) == NULL)
		return -EINVAL;
	memset(o, 0, sizeof(*o));
	snprintf(o->uplink, sizeof(o->uplink), "%s", uplink);
	snprintf(o->advisor, sizeof(o->advisor), "%s", advisor);
	snprintf(o->text, sizeof(o->text), "%s", text != NULL ? text : "");
	o->level = (enum level)level;
	return 0;
}

/* Waits for the answers' socket alone; false at the deadline. */
static bool
rest_for(struct uplink_client *c, short events, int64_t deadline_ns)
{
	zmq_pollitem_t item = { zsock_raw(c->req), 0, events, 0 };
	int64_t now_ns = clock_mono_ns();

	if (now_ns >= deadline_ns)
		return false;
	(void)zmq_poll(&item, 1, clock_poll_ms(deadline_ns, now_ns));
	return true;
}

int
uplink_client_notify(struct uplink_client *c, const char *uplink,
    const char *advisor, enum uplink_level level, const char *text,
    int timeout_ms)
{
	int64_t until_ns = deadline(timeout_ms);
	int rc = opinion(&c->m, uplink, advisor, level, text);

	c->error[0] = '\0';
	if (rc != 0)
		return rc;
	while ((rc = say(c, &c->m, MSG_OPINION)) == -EAGAIN)
		if (!rest_for(c, ZMQ_POLLOUT, until_ns))
			return -ENOTCONN;
	if (rc != 0)
		return rc;
	c->ack_seq = c->seq;
	c->ack_rc = -ETIMEDOUT;
	do
		take_answers(c);
	while (c->ack_seq != 0 && rest_for(c, ZMQ_POLLIN, until_ns));
	c->ack_seq = 0;
	return c->ack_rc;
}

const char *
uplink_client_error(const struct uplink_client *c)
{
	return c->error;
}
