/* SPDX-License-Identifier: ISC */
/*
 * The dispatcher as a process: the test plays its parent, a worker and the
 * feed, and kills it.
 */
#ifndef UPLINKD_TESTS_UNIT_TEST_DISPATCH_H
#define UPLINKD_TESTS_UNIT_TEST_DISPATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zmq.h>

#include "conf/conf.h"
#include "dispatcher/kinds.h"
#include "dispatcher/power_plan.h"
#include "dispatcher/role.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "proto/event.h"
#include "proto/power.h"
#include "proto/zsock.h"

#define LIMIT	(10 * NS_PER_S)	/* a deadline, not a pace */

#ifndef BENCH_ACTIONS
#define BENCH_ACTIONS							\
    "actions:\n"							\
    "  tell: { on: [down], run: [/bin/true], timeout: 5s }\n"
#endif
#define BENCH_RAN	256

static const char text[] =
    "state_dir: %s\n"
    "run_dir: %s\n"
    "uplinks:\n"
    "  ext1:\n"
    "    interface: ext1\n"
    "    gateway: 10.0.1.1\n"
    "    probe: { hold: 0s, targets: [ { ping: 192.0.2.9 } ] }\n"
    "    advisors: { ifstated: { authority: decide } }\n"
    "  ext2:\n"
    "    interface: ext2\n"
    "    gateway: 10.0.2.1\n"
    "    probe: { hold: 0s, targets: [ { ping: 192.0.2.9 } ] }\n"
    BENCH_ACTIONS;

#define MAILS	64

struct bench {
	char		dir[64];
	struct conf	*conf;
	int		listen;
	int		parent;		/* our end */
	pid_t		pid;
	void		*zctx;
	struct zsock	*worker, *feed;
	uint64_t	epoch, seq;
	uint64_t	plans;		/* number of the newest plan */
	struct plan	plan;
	unsigned	spawns;
	uint64_t	ran[BENCH_RAN];	/* their events */
	bool		hold;		/* the next one goes on ... */
	int		held;		/* ... until that is answered; 0 = none */
	bool		refuse;		/* plans */
	unsigned	kills;		/* of connections */
	struct power_flows flows;	/* the newest */
	int		bounce;		/* mail does not go: exit status */
	const char	*unwanted;	/* text of mail that is refused */
	int		refusal;	/* exit status then; 0 = 65 */
	bool		silent;		/* and nobody says so */
	int		running;	/* status socket of one that hangs */
	bool		hang;		/* steps of recovery do */
	unsigned	nsteps;
	uint32_t	steps[16];	/* those that were started */
	unsigned	nmails;
	char		*mails[MAILS];	/* those that went */
};

static inline int
listen_at(const char *dir)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/%s", dir,
	    ROLE_SOCK_BUS);
	assert_int_not_equal(fd, -1);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static inline void
start(struct bench *b)
{
	int sv[2];

	assert_int_equal(power_pair(sv), 0);
	b->pid = fork();
	assert_int_not_equal(b->pid, -1);
	if (b->pid == 0) {
		struct role_env env = { .conf = b->conf, .parent = sv[1],
		    .listen = { dup(b->listen), -1 } };

		close(sv[0]);
		_exit(dispatcher_run(&env));
	}
	close(sv[1]);
	b->parent = sv[0];
	assert_int_not_equal(fcntl(b->parent, F_SETFL, O_NONBLOCK), -1);
}

static inline void
stop(struct bench *b, int sig)
{
	int status;

	if (sig != 0)
		kill(b->pid, sig);
	close(b->parent);
	assert_int_equal(waitpid(b->pid, &status, 0), b->pid);
	if (sig == 0)
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Peers are made after the fork: a ZeroMQ context does not survive one. */
static inline void
connect_peers(struct bench *b)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", b->dir, ROLE_SOCK_BUS);
	b->zctx = zctx_new();
	assert_non_null(b->zctx);
	assert_int_equal(zsock_open(b->zctx, ZSOCK_BUS_PEER, path, -1,
	    "probes/0.test", &b->worker), 0);
	assert_int_equal(zsock_open(b->zctx, ZSOCK_BUS_PEER, path, -1,
	    "feed.test", &b->feed), 0);
}

static inline void
drop_peers(struct bench *b)
{
	zsock_close(&b->worker);
	zsock_close(&b->feed);
	zctx_free(&b->zctx);
}

static inline int
setup_with(void **state, const char *more)
{
	struct bench *b = calloc(1, sizeof(*b));
	char yaml[2048];
	int n;

	log_init("test", LOG_DEST_STDERR, false);
	snprintf(b->dir, sizeof(b->dir), "/tmp/uplinkd-test.XXXXXX");
	if (mkdtemp(b->dir) == NULL)
		return -1;
	n = snprintf(yaml, sizeof(yaml), text, b->dir, b->dir);
	n += snprintf(yaml + n, sizeof(yaml) - (size_t)n, "%s", more);
	if (conf_parse("test", yaml, (size_t)n, &conf_kinds_built_in,
	    &b->conf, stderr) != 0)
		return -1;
	b->listen = listen_at(b->dir);
	b->epoch = 0x1234;
	*state = b;
	return 0;
}

static inline int
setup(void **state)
{
	return setup_with(state, "");
}

static inline int
teardown(void **state)
{
	static const char *const files[] = { "journal.db", "journal.db-wal",
	    "journal.db-shm", ROLE_SOCK_BUS };
	struct bench *b = *state;
	char path[128];
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", b->dir, files[i]);
		unlink(path);
	}
	for (i = 0; i < b->nmails; i++)
		free(b->mails[i]);
	rmdir(b->dir);
	close(b->listen);
	conf_free(&b->conf);
	free(b);
	return 0;
}

static inline void
take_mail(struct bench *b, int fd, struct power_exit *end)
{
	char *mail = calloc(1, 65536);
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, mail + len, 65535 - len)) > 0)
		len += (size_t)n;
	end->status = b->bounce << 8;
	if (b->unwanted != NULL && strstr(mail, b->unwanted) != NULL)
		end->status = (b->refusal != 0 ? b->refusal : 65) << 8;
	if (end->status != 0 || b->nmails == MAILS)
		free(mail);
	else
		b->mails[b->nmails++] = mail;
}

static inline void
take_spawn(struct bench *b, const struct power_spawn *spawn, int *fds)
{
	struct power_exit end = { 0 };

	if (spawn->what == POWER_MAIL)
		take_mail(b, fds[1], &end);
	else
		b->ran[b->spawns++ % BENCH_RAN] = spawn->event_id;
	if (spawn->what == POWER_RECOVERY) {
		assert_true(b->nsteps < 16);
		b->steps[b->nsteps++] = spawn->index;
	}
	if ((spawn->what == POWER_MAIL && b->silent) ||
	    (spawn->what == POWER_RECOVERY && b->hang)) {
		/* As if it ran on. */
		b->running = fds[0];
		fds[0] = fcntl(fds[0], F_DUPFD_CLOEXEC, 0);
	} else if (spawn->what != POWER_MAIL && b->hold) {
		b->held = fds[0];
		fds[0] = -1;
		b->hold = false;
	} else
		power_send(fds[0], &end, sizeof(end), NULL, 0);
}

/* The parent's side: plans are applied (that is, answered), spawns ended. */
static inline void
play_parent(struct bench *b)
{
	union {
		uint32_t		kind;
		struct power_plan	plan;
		struct power_spawn	spawn;
		struct power_flows	flows;
		char			bytes[POWER_BYTES_MAX];
	} req;
	struct power_plan_done done = { .kind = POWER_PLAN_DONE };
	struct power_exit end = { 0 };
	int fds[POWER_FDS_MAX], n;
	size_t nfds = POWER_FDS_MAX, i;

	while ((n = power_recv(b->parent, &req, sizeof(req), fds,
	    &nfds)) > 0) {
		if (req.kind == POWER_PLAN) {
			b->plans = req.plan.number;
			b->plan = req.plan.plan;
			done.number = req.plan.number;
			done.done_ns = clock_mono_ns();
			done.writes = 1;
			done.err = b->refuse ? -EPERM : 0;
			power_send(b->parent, &done, sizeof(done), NULL, 0);
		} else if (req.kind == POWER_SPAWN) {
			take_spawn(b, &req.spawn, fds);
		} else if (req.kind == POWER_SPAWN_FLOWS) {
			assert_int_equal(n, sizeof(req.flows));
			b->kills++;
			b->flows = req.flows;
			power_send(fds[0], &end, sizeof(end), NULL, 0);
		}
		for (i = 0; i < nfds; i++)
			if (fds[i] != -1)
				close(fds[i]);
		nfds = POWER_FDS_MAX;
	}
}

/* The next message of a type for a peer; false at the deadline. */
static inline bool
await(struct bench *b, struct zsock *z, enum msg_type type, struct msg *m)
{
	int64_t until_ns = clock_mono_ns() + LIMIT;
	char from[ZSOCK_ID_MAX * 4], buf[EVENT_BYTES_MAX];
	const char *why;
	int n;

	while (clock_mono_ns() < until_ns) {
		zmq_pollitem_t items[] = {
			{ zsock_raw(z), 0, ZMQ_POLLIN, 0 },
			{ NULL, b->parent, ZMQ_POLLIN, 0 },
		};

		play_parent(b);
		while ((n = zsock_recv(z, from, buf, sizeof(buf))) >= 0)
			if (msg_decode(buf, (size_t)n, m, &why) == 0 &&
			    m->head.type == type)
				return true;
		(void)zmq_poll(items, 2, 100);
	}
	return false;
}

static inline void
say(struct zsock *z, struct msg *m)
{
	int64_t until_ns = clock_mono_ns() + LIMIT;
	char buf[EVENT_BYTES_MAX];
	int n, rc;

	m->head.mono_ns = clock_mono_ns();
	m->head.wall_ms = clock_wall_ms();
	n = msg_encode(m, buf, sizeof(buf));
	assert_true(n > 0);
	do {
		zmq_pollitem_t item = { zsock_raw(z), 0, ZMQ_POLLOUT, 0 };

		rc = zsock_send(z, NULL, buf, (size_t)n);
		if (rc == -EAGAIN)
			(void)zmq_poll(&item, 1, 20);
	} while (rc == -EAGAIN && clock_mono_ns() < until_ns);
	assert_int_equal(rc, 0);
}

static inline void
event(struct bench *b, struct msg *m, const char *uplink, enum level level)
{
	memset(m, 0, sizeof(*m));
	m->head.type = MSG_EVENT;
	snprintf(m->head.source, sizeof(m->head.source), "probes/0");
	m->head.epoch = b->epoch;
	m->head.seq = ++b->seq;
	snprintf(m->u.event.uplink, sizeof(m->u.event.uplink), "%s", uplink);
	m->u.event.level = level;
	m->u.event.previous = LEVEL_UNKNOWN;
	m->u.event.cause = level == LEVEL_DOWN ? CAUSE_FAR : CAUSE_NONE;
}

static inline void
hello(struct bench *b)
{
	struct msg m;

	memset(&m, 0, sizeof(m));
	m.head.type = MSG_HELLO;
	snprintf(m.head.source, sizeof(m.head.source), "feed");
	m.head.epoch = 1;
	m.head.seq = 1;
	say(b->feed, &m);
	assert_true(await(b, b->feed, MSG_STATE, &m));
}

static inline void
start_all(struct bench *b)
{
	start(b);
	connect_peers(b);
	hello(b);
}

/* As after a crash. */
static inline void
start_anew(struct bench *b)
{
	drop_peers(b);
	stop(b, SIGKILL);
	b->epoch++;
	b->seq = 0;
	start_all(b);
}

static inline void
end(struct bench *b)
{
	drop_peers(b);
	stop(b, 0);
}

static inline void
expect_ack(struct bench *b, struct zsock *z, uint64_t seq, bool ok)
{
	struct msg m;

	assert_true(await(b, z, MSG_ACK, &m));
	assert_int_equal(m.u.ack.seq, seq);
	assert_int_equal(m.u.ack.ok, ok);
}

#endif
