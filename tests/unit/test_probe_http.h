/* SPDX-License-Identifier: ISC */
/*
 * The kind `http` between a host that takes down what it reports and a server
 * of a few lines in a thread, which says what a test has put down.
 */
#ifndef UPLINKD_TEST_PROBE_HTTP_H
#define UPLINKD_TEST_PROBE_HTTP_H

#include <sys/socket.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "probes/http_url.h"
#include "probes/probe.h"

#define TARGETS_MAX	8
#define REPORTS_MAX	2000
#define PATIENCE	(20 * NS_PER_S)	/* for what must come; never spent */

struct told {
	size_t		target;
	uint64_t	round;
	enum sample	sample;
	int64_t		rtt_ns;
	int		err;
};

/* What the server does with each connection, one after the other. */
struct script {
	const char	*text;		/* said first; NULL: nothing */
	size_t		fill;		/* then so many bytes of x */
	const char	*tail;		/* then this */
	int		delay_ms;	/* before all of it */
	int		drip_ms;	/* between any two bytes of text */
	bool		repeat;		/* text without end */
	bool		hold;		/* stays open until the peer closes */
};

struct server {
	int		fd;
	int		stop[2];
	uint16_t	port;
	struct script	script;
	atomic_uint	requests;
	char		request[4096];	/* of the newest connection */
	pthread_t	thread;
};

struct net {
	const struct probe_kind *kind;
	struct probe	*probe;
	struct probe_host host;
	struct conf_uplink uplink;
	struct conf_target targets[TARGETS_MAX];
	struct http_opts opts[TARGETS_MAX];
	char		url[TARGETS_MAX][128];
	struct net_addr	addr[TARGETS_MAX];
	struct server	server;
	unsigned	turns;
	size_t		ntold;
	struct told	told[REPORTS_MAX];
};

/* ---- the server's thread ---- */

/* False: the test is over, or the peer has closed. */
static inline bool
server_wait(struct server *s, int fd, int ms)
{
	struct pollfd p[2] = { { .fd = s->stop[0], .events = POLLIN },
	    { .fd = fd, .events = POLLIN | POLLRDHUP } };
	char c;

	if (poll(p, 2, ms) == 0)
		return true;
	return p[0].revents == 0 && fd != -1 &&
	    recv(fd, &c, 1, MSG_DONTWAIT | MSG_PEEK) > 0;
}

static inline bool
server_read(struct server *s, int fd)
{
	struct pollfd p[2] = { { .fd = s->stop[0], .events = POLLIN },
	    { .fd = fd, .events = POLLIN } };
	size_t at = 0;
	ssize_t n;

	while (at < sizeof(s->request) - 1) {
		if (poll(p, 2, -1) == -1 || p[0].revents != 0)
			return false;
		n = recv(fd, s->request + at, sizeof(s->request) - 1 - at, 0);
		if (n <= 0)
			return false;
		at += (size_t)n;
		s->request[at] = '\0';
		if (strstr(s->request, "\r\n\r\n") != NULL)
			return true;
	}
	return false;
}

/* False: the peer has had enough. */
static inline bool
server_say(struct server *s, int fd, const char *b, size_t len, int drip_ms)
{
	size_t step = drip_ms > 0 ? 1 : len, at;
	ssize_t n;

	for (at = 0; at < len; at += (size_t)n) {
		n = send(fd, b + at, step < len - at ? step : len - at,
		    MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		if (drip_ms > 0 && !server_wait(s, fd, drip_ms))
			return false;
	}
	return true;
}

static inline bool
server_fill(struct server *s, int fd, size_t len)
{
	char b[1000];
	size_t n;

	memset(b, 'x', sizeof(b));
	for (; len > 0; len -= n) {
		n = len < sizeof(b) ? len : sizeof(b);
		if (!server_say(s, fd, b, n, 0))
			return false;
	}
	return true;
}

static inline void
server_serve(struct server *s, int fd)
{
	const struct script *c = &s->script;
	const char *text = c->text != NULL ? c->text : "";
	const char *tail = c->tail != NULL ? c->tail : "";
	bool on;

	if (!server_read(s, fd))
		return;
	atomic_fetch_add(&s->requests, 1);
	on = c->delay_ms == 0 || server_wait(s, fd, c->delay_ms);
	do
		on = on && server_say(s, fd, text, strlen(text), c->drip_ms);
	while (on && c->repeat);
	on = on && server_fill(s, fd, c->fill) &&
	    server_say(s, fd, tail, strlen(tail), 0);
	if (on && c->hold)
		(void)server_wait(s, fd, -1);
}

static inline void *
server_main(void *arg)
{
	struct server *s = arg;
	struct pollfd p[2] = { { .fd = s->stop[0], .events = POLLIN },
	    { .fd = s->fd, .events = POLLIN } };
	int fd;

	for (;;) {
		if (poll(p, 2, -1) == -1 || p[0].revents != 0)
			return NULL;
		fd = accept(s->fd, NULL, NULL);
		if (fd == -1)
			continue;
		server_serve(s, fd);
		/* What is unread would make a reset of the end. */
		shutdown(fd, SHUT_WR);
		close(fd);
	}
}

/* False: the machine has no such address. */
static inline bool
server_bind(struct server *s, int family)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
	    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in in = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr *a = family == AF_INET ? (void *)&in : (void *)&in6;
	socklen_t len = family == AF_INET ? sizeof(in) : sizeof(in6);

	s->fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd == -1)
		return false;
	if (bind(s->fd, a, len) == -1 || listen(s->fd, 64) == -1 ||
	    getsockname(s->fd, a, &len) == -1) {
		close(s->fd);
		s->fd = -1;
		return false;
	}
	s->port = ntohs(family == AF_INET ? in.sin_port : in6.sin6_port);
	return true;
}

static inline void
server_run(struct server *s, const struct script *script)
{
	s->script = *script;
	assert_int_equal(pipe(s->stop), 0);
	assert_int_equal(pthread_create(&s->thread, NULL, server_main, s), 0);
}

static inline void
server_stop(struct server *s)
{
	if (s->stop[1] != -1) {
		close(s->stop[1]);
		pthread_join(s->thread, NULL);
		close(s->stop[0]);
	}
	if (s->fd != -1)
		close(s->fd);
	s->stop[0] = s->stop[1] = s->fd = -1;
}

/* ---- the host ---- */

static inline void
report(void *arg, size_t target, uint64_t round, enum sample sample,
    int64_t rtt_ns, int err)
{
	struct net *n = arg;

	if (n->ntold < REPORTS_MAX)
		n->told[n->ntold] = (struct told){ target, round, sample,
		    rtt_ns, err };
	n->ntold++;
}

static inline struct net_addr
addr(const char *text)
{
	struct net_addr a = { 0 };

	assert_int_equal(net_addr_parse(text, &a), 0);
	return a;
}

/* A target at an address, whatever its URL says. */
static inline struct http_opts *
add(struct net *n, const char *scheme, const char *host, uint16_t port,
    const char *where)
{
	size_t i = n->uplink.probe.ntargets++;
	struct conf_target *t = &n->targets[i];

	snprintf(n->url[i], sizeof(n->url[i]), "%s://%s:%u/generate_204",
	    scheme, host, (unsigned)port);
	n->opts[i] = (struct http_opts){ .url = n->url[i], .status = 204,
	    .method = HTTP_GET };
	n->addr[i] = addr(where);
	t->kind = &http_set;
	t->opts = &n->opts[i];
	snprintf(t->label, sizeof(t->label), "http %s", host);
	return &n->opts[i];
}

/* A name that nobody could resolve. */
static inline struct http_opts *
add_v4(struct net *n)
{
	return add(n, "http", "probe.invalid", n->server.port, "127.0.0.1");
}

static inline void
serve(struct net *n, struct script script)
{
	assert_true(server_bind(&n->server, AF_INET));
	server_run(&n->server, &script);
}

static inline void
start(struct net *n)
{
	assert_int_equal(n->kind->open(&n->host, &n->probe), 0);
}

static inline void
send_round(struct net *n, uint64_t round)
{
	size_t i;

	for (i = 0; i < n->uplink.probe.ntargets; i++)
		n->kind->send(n->probe, i, round, &n->addr[i],
		    clock_mono_ns());
	n->kind->flush(n->probe, clock_mono_ns());
}

/* As the worker's loop does it. */
static inline void
turn(struct net *n, bool expire)
{
	struct pollfd fds[16];
	size_t nfds = n->kind->polls(n->probe, fds, 16);
	int64_t due_ns = n->kind->due(n->probe);
	int ms = clock_poll_ms(due_ns, clock_mono_ns());

	assert_true(nfds <= 16);
	/* Nobody wakes what is not driven by its time. */
	ms = ms == -1 || ms > 1000 || !expire ? 20 : ms;
	n->turns++;
	if (poll(fds, (nfds_t)nfds, ms) > 0 || due_ns <= clock_mono_ns())
		n->kind->ready(n->probe, clock_mono_ns());
	if (expire)
		n->kind->expire(n->probe, clock_mono_ns());
}

static inline void
await(struct net *n, size_t ntold)
{
	int64_t until_ns = clock_mono_ns() + PATIENCE;

	while (n->ntold < ntold && clock_mono_ns() < until_ns)
		turn(n, true);
	assert_int_equal(n->ntold, ntold);
}

/* The one target's one probe, from the beginning to the end. */
static inline struct told
probe_once(struct net *n)
{
	start(n);
	send_round(n, 1);
	await(n, 1);
	assert_int_equal(n->told[0].target, 0);
	assert_int_equal(n->told[0].round, 1);
	assert_true(n->kind->due(n->probe) == CLOCK_NEVER);
	assert_int_equal(n->kind->polls(n->probe, NULL, 0), 0);
	return n->told[0];
}

static inline size_t
count_in(const char *dir)
{
	DIR *d = opendir(dir);
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static inline size_t
descriptors(void)
{
	return count_in("/proc/self/fd");
}

/* Until the server, too, has closed its end. */
static inline void
settle(size_t ndescriptors)
{
	int64_t until_ns = clock_mono_ns() + PATIENCE / 4;

	while (descriptors() != ndescriptors && clock_mono_ns() < until_ns)
		poll(NULL, 0, 1);
	assert_int_equal(descriptors(), ndescriptors);
}

static inline int
setup(void **state)
{
	struct net *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return -1;
	n->kind = probe_kind("http");
	snprintf(n->uplink.name, sizeof(n->uplink.name), "ext1");
	snprintf(n->uplink.ifname, sizeof(n->uplink.ifname), "lo");
	n->uplink.probe.interval_ns = NS_PER_S;
	n->uplink.probe.timeout_ns = 30 * NS_PER_S;
	n->uplink.probe.targets = n->targets;
	n->server.fd = n->server.stop[0] = n->server.stop[1] = -1;
	n->host = (struct probe_host){ .uplink = &n->uplink, .ifindex = 1,
	    .report = report, .arg = n };
	*state = n;
	return n->kind == NULL ? -1 : 0;
}

static inline int
teardown(void **state)
{
	struct net *n = *state;

	if (n->probe != NULL)
		n->kind->close(&n->probe);
	server_stop(&n->server);
	free(n);
	return 0;
}

#endif
