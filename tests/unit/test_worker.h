/* SPDX-License-Identifier: ISC */
/*
 * The world of a worker on one thread: a simulated kernel, the parent that
 * opens its sockets, the network behind them, and the dispatcher.  Everything
 * moves in spin(), a little at a time, until what is waited for has come.
 */
#ifndef UPLINKD_TEST_WORKER_H
#define UPLINKD_TEST_WORKER_H

#include <sys/socket.h>

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "lib/clock.h"
#include "lib/sys_fake.h"
#include "probes/probe.h"
#include "probes/worker.h"
#include "proto/event.h"
#include "proto/power.h"
#include "proto/zsock.h"
#include "tests/unit/test_ping.h"

#define UPLINKS		2
#define TARGETS		3	/* the gateway, two far hosts */
#define EVENTS_MAX	64
#define TRAILS_MAX	64	/* remembered; others are only counted */
#define WAIT		(30 * NS_PER_S)	/* for what must come; never spent */

enum host { ALIVE, DEAD, FORGED };

/* An uplink's socket as the parent opened it, seen from the network. */
struct wire {
	int		fd;		/* -1 = none */
	uint32_t	id;
	unsigned	asked;		/* requests for it */
	unsigned	requests;	/* echo requests seen */
};

struct world {
	struct conf	conf;
	struct conf_uplink uplinks[UPLINKS];
	struct conf_target targets[UPLINKS][TARGETS];
	struct sys	*hand;		/* on the simulated kernel */
	char		dir[64], path[96];
	void		*zctx;
	struct zsock	*bus;
	int		power[2];	/* the parent's end, the worker's */
	struct worker	*worker;
	/* How the others behave. */
	bool		parent_mute;
	int		parent_err;
	bool		acks;
	enum host	hosts[UPLINKS][TARGETS];
	struct wire	wires[UPLINKS];
	/* What the dispatcher heard; each once if it acknowledges. */
	char		peer[ZSOCK_ID_MAX * 4];
	size_t		nevents;
	struct msg	events[EVENTS_MAX];
	struct msg	heartbeat, samples;	/* newest of the first uplink */
	size_t		nheartbeats, nsamples;
	struct trail	trails[TRAILS_MAX];	/* of the first uplink */
	int64_t		trails_ns[TRAILS_MAX];
	size_t		ntrails, ndeaf;
};

static inline struct net_addr
world_addr(size_t uplink, size_t target)
{
	char text[NET_ADDR_TEXT];
	struct net_addr a;

	snprintf(text, sizeof(text), "10.%zu.0.%zu", uplink + 1, target + 1);
	assert_int_equal(net_addr_parse(text, &a), 0);
	return a;
}

static inline void
world_conf(struct world *w)
{
	const struct option_set *ping = probe_option_set("ping");
	struct conf_uplink *u;
	struct conf_target *t;
	size_t i, k;

	w->conf.workers = 1;
	w->conf.nuplinks = UPLINKS;
	w->conf.uplinks = w->uplinks;
	for (i = 0; i < UPLINKS; i++) {
		u = &w->uplinks[i];
		snprintf(u->name, sizeof(u->name), "ext%zu", i + 1);
		snprintf(u->ifname, sizeof(u->ifname), "wan%zu", i + 1);
		u->gateway[NET_V4] = world_addr(i, 0);
		u->probe = (struct conf_probe){ .interval_ns = 20 *
		    NS_PER_MS, .timeout_ns = WAIT,
		    .timeout_min_ns = WAIT, .confirm_ns = 10 *
		    NS_PER_MS, .fall = 3, .rise = 4, .require_far = 1,
		    .ntargets = TARGETS, .targets = w->targets[i] };
		for (k = 0; k < TARGETS; k++) {
			t = &w->targets[i][k];
			t->kind = ping;
			t->gateway = k == 0;
			snprintf(t->label, sizeof(t->label), "ping %zu", k);
			t->addr = world_addr(i, k);
		}
	}
}

/* Losses are seen soon; only for tests where nothing needs to be in time. */
static inline void
world_impatient(struct world *w)
{
	size_t i;

	for (i = 0; i < UPLINKS; i++)
		w->uplinks[i].probe.timeout_ns = 10 * NS_PER_MS;
}

static inline void
world_bus(struct world *w)
{
	assert_int_equal(zsock_open(w->zctx, ZSOCK_BUS, w->path, -1, NULL,
	    &w->bus), 0);
}

static inline int
world_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	size_t i;

	assert_non_null(w);
	*state = w;
	world_conf(w);
	w->acks = true;
	snprintf(w->dir, sizeof(w->dir), "/tmp/uplinkd-worker-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->path, sizeof(w->path), "%s/bus", w->dir);
	w->zctx = zctx_new();
	assert_non_null(w->zctx);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0, w->power), 0);
	assert_int_equal(sys_open(&w->hand), 0);
	fake_use(w->hand);
	for (i = 0; i < UPLINKS; i++) {
		w->wires[i].fd = -1;
		assert_int_equal(fake_link_add(w->hand, w->uplinks[i].ifname,
		    NULL), 0);
		assert_int_equal(fake_addr_add(w->hand, w->uplinks[i].ifname,
		    i == 0 ? "10.1.0.99/24" : "10.2.0.99/24"), 0);
	}
	return 0;
}

static inline void
world_close(struct world *w)
{
	if (w->worker == NULL)
		return;
	worker_close(w->worker);
	worker_free(&w->worker);
}

static inline int
world_teardown(void **state)
{
	struct world *w = *state;
	size_t i;

	world_close(w);
	zsock_close(&w->bus);
	zctx_free(&w->zctx);
	unlink(w->path);
	rmdir(w->dir);
	for (i = 0; i < UPLINKS; i++)
		if (w->wires[i].fd != -1)
			close(w->wires[i].fd);
	for (i = 0; i < 2; i++)
		if (w->power[i] != -1)
			close(w->power[i]);
	fake_use(NULL);
	sys_close(&w->hand);
	free(w);
	return 0;
}

/* A worker of the first n uplinks. */
static inline void
world_start(struct world *w, size_t n)
{
	static const uint32_t lines[UPLINKS] = { 0, 1 };

	w->worker = worker_new(&w->conf, 3, lines, n, w->power[1], w->path,
	    w->zctx, NULL);
	assert_non_null(w->worker);
	assert_int_equal(worker_open(w->worker), 0);
}

static inline void
world_parent(struct world *w)
{
	struct power_sock_done done = { .err = w->parent_err };
	struct power_sock req;
	size_t nfds = 1;
	int fd, sv[2];

	if (w->parent_mute || power_recv(w->power[0], &req, sizeof(req), &fd,
	    &nfds) != (int)sizeof(req))
		return;
	assert_int_equal(nfds, 1);
	assert_int_equal(req.kind, POWER_SOCKET);
	assert_int_equal(req.fam, NET_V4);
	assert_true(req.uplink < UPLINKS);
	w->wires[req.uplink].asked++;
	if (w->parent_err != 0) {
		(void)power_send(fd, &done, sizeof(done), NULL, 0);
		close(fd);
		return;
	}
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0, sv), 0);
	done.ifindex = fake_link_index(w->hand,
	    w->uplinks[req.uplink].ifname);
	/* It may have given up on this one and asked again. */
	(void)power_send(fd, &done, sizeof(done), &sv[0], 1);
	close(sv[0]);
	close(fd);
	if (w->wires[req.uplink].fd != -1)
		close(w->wires[req.uplink].fd);
	w->wires[req.uplink].fd = sv[1];
	w->wires[req.uplink].id = req.id;
}

static inline void
world_network(struct world *w, size_t i)
{
	/* A byte of the source, the id, the sequence and the token. */
	static const size_t forge[] = { 15, 24, 27, 31 };
	unsigned char b[PING_BYTES];
	struct net_addr src;
	struct packet p;
	size_t target;

	while (w->wires[i].fd != -1 && recv(w->wires[i].fd, b, sizeof(b),
	    0) == PING_BYTES) {
		w->wires[i].requests++;
		target = b[27];
		assert_true(target < TARGETS);
		if (w->hosts[i][target] == DEAD)
			continue;
		src = w->targets[i][target].addr;
		p = ping_answer(b, &src);
		if (w->hosts[i][target] == FORGED) {
			/* Each part in turn, by the round. */
			p.b[forge[b[23] % 4]] ^= 1;
			ping_resum(&p);
		}
		(void)send(w->wires[i].fd, p.b, p.len, MSG_NOSIGNAL);
	}
}

static inline void
world_ack(struct world *w, const struct msg *m)
{
	char buf[EVENT_BYTES_MAX];
	struct msg ack;
	int n;

	memset(&ack, 0, sizeof(ack));
	ack.head.type = MSG_ACK;
	snprintf(ack.head.source, sizeof(ack.head.source), "dispatcher");
	ack.head.seq = 1;
	snprintf(ack.u.ack.source, sizeof(ack.u.ack.source), "%s",
	    m->head.source);
	ack.u.ack.epoch = m->head.epoch;
	ack.u.ack.seq = m->head.seq;
	ack.u.ack.ok = true;
	n = msg_encode(&ack, buf, sizeof(buf));
	assert_true(n > 0);
	assert_int_equal(zsock_send(w->bus, w->peer, buf, (size_t)n), 0);
}

static inline void
world_event(struct world *w, const struct msg *m)
{
	size_t i;

	if (w->acks)
		world_ack(w, m);
	/* What was on its way again when it was acknowledged. */
	for (i = 0; w->acks && i < w->nevents; i++)
		if (w->events[i].head.seq == m->head.seq &&
		    w->events[i].head.epoch == m->head.epoch)
			return;
	assert_true(w->nevents < EVENTS_MAX);
	w->events[w->nevents++] = *m;
}

static inline void
world_trail(struct world *w, const struct msg *m)
{
	size_t i;

	if (w->ntrails < TRAILS_MAX) {
		w->trails[w->ntrails] = m->u.trail;
		w->trails_ns[w->ntrails] = m->head.mono_ns;
	}
	w->ntrails++;
	for (i = 0; i < m->u.trail.nentries; i++)
		w->ndeaf += m->u.trail.entries[i].what == TRAIL_DEAF;
}

static inline void
world_dispatcher(struct world *w)
{
	char buf[EVENT_BYTES_MAX], from[ZSOCK_ID_MAX * 4];
	const char *why;
	struct msg m;
	int n;

	while (w->bus != NULL &&
	    (n = zsock_recv(w->bus, from, buf, sizeof(buf))) >= 0) {
		memcpy(w->peer, from, sizeof(from));
		assert_int_equal(msg_decode(buf, (size_t)n, &m, &why), 0);
		if (m.head.type == MSG_EVENT)
			world_event(w, &m);
		else if (strcmp(m.u.event.uplink, "ext1") == 0) {
			if (m.head.type == MSG_HEARTBEAT) {
				w->heartbeat = m;
				w->nheartbeats++;
			} else if (m.head.type == MSG_TRAIL) {
				world_trail(w, &m);
			} else {
				assert_int_equal(m.head.type, MSG_SAMPLES);
				w->samples = m;
				w->nsamples++;
			}
		}
	}
}

static inline void
world_step(struct world *w)
{
	size_t i;

	assert_true(worker_turn(w->worker, 2));
	world_parent(w);
	for (i = 0; i < UPLINKS; i++)
		world_network(w, i);
	world_dispatcher(w);
}

/* Turns the world until cond holds. */
#define SPIN(w, cond) do {						\
	int64_t until_ns_ = clock_mono_ns() + WAIT;			\
	while (!(cond)) {						\
		if (clock_mono_ns() > until_ns_)			\
			fail_msg("waited in vain for %s", #cond);	\
		world_step(w);						\
	}								\
} while (0)

static inline const struct judge *
world_verdict(const struct world *w, size_t line)
{
	return &w->worker->lines[line].judge;
}

static inline void
world_is(const struct world *w, size_t line, enum level level,
    enum cause cause)
{
	assert_string_equal(level_name(world_verdict(w, line)->level),
	    level_name(level));
	assert_string_equal(cause_name(world_verdict(w, line)->cause),
	    cause_name(cause));
}

/* The nth event that was heard. */
static inline void
world_heard(const struct world *w, size_t nth, const char *uplink,
    enum level previous, enum level level, enum cause cause)
{
	const struct event *e = &w->events[nth].u.event;

	assert_true(nth < w->nevents);
	assert_string_equal(e->uplink, uplink);
	assert_string_equal(level_name(e->previous), level_name(previous));
	assert_string_equal(level_name(e->level), level_name(level));
	assert_string_equal(cause_name(e->cause), cause_name(cause));
}

static inline void
world_hosts(struct world *w, size_t uplink, enum host gateway, enum host far)
{
	w->hosts[uplink][0] = gateway;
	w->hosts[uplink][1] = w->hosts[uplink][2] = far;
}

static inline void
world_up(struct world *w, size_t n)
{
	world_bus(w);
	world_start(w, n);
	SPIN(w, w->nevents >= n);
	while (n-- > 0)
		SPIN(w, world_verdict(w, n)->level == LEVEL_UP);
}

static inline size_t
world_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	if (d == NULL)
		return 0;
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

#endif
