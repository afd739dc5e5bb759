/* SPDX-License-Identifier: ISC */
/*
 * A kind whose probes have sockets of their own, between a host that takes
 * down what it reports and servers on the loopback interface.
 */
#ifndef UPLINKD_TEST_FLIGHT_H
#define UPLINKD_TEST_FLIGHT_H

#include <sys/socket.h>
#include <sys/syscall.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/sys.h"
#include "probes/probe.h"
#include "proto/power.h"

#define TARGETS_MAX	200
#define REPORTS_MAX	1000
#define PATIENCE	(20 * NS_PER_S)	/* for what must come; never spent */

struct told {
	size_t		target;
	uint64_t	round;
	enum sample	sample;
	int64_t		rtt_ns;
	int		err;
};

struct net {
	const struct probe_kind *kind;
	struct probe	*probe;
	struct probe_host host;
	struct conf_uplink uplink;
	struct conf_target targets[TARGETS_MAX];
	struct net_addr	addr[TARGETS_MAX];
	int		server;
	uint16_t	port;		/* of the server */
	/* How the parent behaves that is asked for a filter. */
	unsigned	asked;
	bool		mute;		/* its end stays in `held` */
	int		held;
	int		parent_err, parent_ifindex;
	bool		powerful;	/* nobody needs to be asked */
	unsigned	turns;
	size_t		ntold;
	struct told	told[REPORTS_MAX];
};

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

/* True: CAP_NET_ADMIN is given up, or is back. */
static inline bool
power(bool on)
{
	struct __user_cap_header_struct h = {
	    .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];
	unsigned bit = 1u << CAP_NET_ADMIN;

	if (syscall(SYS_capget, &h, d) == -1)
		return false;
	d[0].effective = on ? d[0].effective | (d[0].permitted & bit) :
	    d[0].effective & ~bit;
	return syscall(SYS_capset, &h, d) == 0;
}

/* May a TCP socket be told to hear one interface only? */
static inline bool
can_filter(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), rc;

	assert_true(fd != -1);
	rc = sys_only_by(fd, 1);
	close(fd);
	assert_true(rc == 0 || rc == -EPERM);
	return rc == 0;
}

/*
 * The parent, as far as it has power here: without, nothing is filtered, which
 * on this interface makes no difference but to what came by another one.
 */
static inline int
want_filter(void *arg, int fd)
{
	struct net *n = arg;
	struct power_sock_done done = { .err = n->parent_err,
	    .ifindex = n->parent_ifindex };
	int sv[2];

	n->asked++;
	assert_int_equal(power_pair(sv), 0);
	assert_int_equal(fcntl(sv[0], F_SETFL, O_NONBLOCK), 0);
	if (n->mute) {
		n->held = sv[1];
		return sv[0];
	}
	assert_true(power(true));
	(void)sys_only_by(fd, n->host.ifindex);
	assert_true(power(false));
	assert_int_equal(power_send(sv[1], &done, sizeof(done), NULL, 0), 0);
	close(sv[1]);
	return sv[0];
}

static inline struct net_addr
addr(const char *text)
{
	struct net_addr a = { 0 };

	assert_int_equal(net_addr_parse(text, &a), 0);
	return a;
}

/* Where a key of the kind is in the options of a target. */
static inline void *
key(struct net *n, size_t target, const char *name)
{
	const struct option *o = n->targets[target].kind->rows;

	while (strcmp(o->name, name) != 0)
		o++;
	return (char *)n->targets[target].opts + o->off;
}

static inline void
server_at(struct net *n, int type, int family)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
	    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in in = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr *a = family == AF_INET ? (void *)&in : (void *)&in6;
	socklen_t len = family == AF_INET ? sizeof(in) : sizeof(in6);

	n->server = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (n->server == -1 || bind(n->server, a, len) == -1) {
		print_message("no such address here: %s\n", strerror(errno));
		skip();
	}
	assert_int_equal(getsockname(n->server, a, &len), 0);
	n->port = ntohs(family == AF_INET ? in.sin_port : in6.sin6_port);
}

/* The options are all zero, but those that follow. */
static inline size_t
add(struct net *n, const char *where)
{
	size_t i = n->uplink.probe.ntargets++;
	struct conf_target *t = &n->targets[i];

	assert_true(i < TARGETS_MAX);
	t->kind = n->kind->set;
	t->opts = calloc(1, n->kind->set->size);
	assert_non_null(t->opts);
	n->addr[i] = addr(where);
	snprintf(t->label, sizeof(t->label), "%s %s", n->kind->set->name,
	    where);
	return i;
}

static inline void
start(struct net *n)
{
	assert_int_equal(n->kind->open(&n->host, &n->probe), 0);
	assert_true(n->kind->due(n->probe) == CLOCK_NEVER);
	assert_int_equal(n->kind->polls(n->probe, NULL, 0), 0);
}

static inline void
send_round(struct net *n, uint64_t round)
{
	unsigned asked = n->asked;
	size_t i;

	for (i = 0; i < n->uplink.probe.ntargets; i++)
		if (n->targets[i].kind == n->kind->set)
			n->kind->send(n->probe, i, round, &n->addr[i],
			    clock_mono_ns());
	/* The parent has answered by now, the network is not looked at yet. */
	if (n->asked > asked && !n->mute)
		n->kind->ready(n->probe, clock_mono_ns());
}

/* As the worker's loop does it. */
static inline void
turn(struct net *n)
{
	struct pollfd fds[4];
	size_t nfds = n->kind->polls(n->probe, fds, 4);
	int64_t due_ns = n->kind->due(n->probe);
	int ms = clock_poll_ms(due_ns, clock_mono_ns());

	/* However many are in flight. */
	assert_true(nfds <= 1);
	n->turns++;
	if (poll(fds, (nfds_t)nfds, ms == -1 || ms > 1000 ? 1000 : ms) > 0 ||
	    due_ns <= clock_mono_ns())
		n->kind->ready(n->probe, clock_mono_ns());
	n->kind->expire(n->probe, clock_mono_ns());
}

static inline void
await(struct net *n, size_t ntold)
{
	int64_t until_ns = clock_mono_ns() + PATIENCE;

	while (n->ntold < ntold && clock_mono_ns() < until_ns)
		turn(n);
	assert_int_equal(n->ntold, ntold);
}

/* Something has come, or does within this; nobody looks at it. */
static inline bool
is_ready(struct net *n, int ms)
{
	struct pollfd fd;

	assert_int_equal(n->kind->polls(n->probe, &fd, 1), 1);
	return poll(&fd, 1, ms) == 1;
}

/* The timeout passes, and nobody looks. */
static inline void
stall(struct net *n)
{
	int64_t due_ns = n->kind->due(n->probe);

	while (clock_mono_ns() <= due_ns)
		poll(NULL, 0, clock_poll_ms(due_ns, clock_mono_ns()));
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
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static inline int
net_setup(void **state, const char *kind)
{
	struct net *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return -1;
	n->kind = probe_kind(kind);
	n->server = -1;
	snprintf(n->uplink.name, sizeof(n->uplink.name), "ext1");
	snprintf(n->uplink.ifname, sizeof(n->uplink.ifname), "lo");
	n->uplink.probe.interval_ns = NS_PER_S;
	n->uplink.probe.timeout_ns = 30 * NS_PER_S;
	n->uplink.probe.targets = n->targets;
	n->host = (struct probe_host){ .uplink = &n->uplink,
	    .ifindex = (int)if_nametoindex("lo"), .report = report,
	    .want_filter = want_filter, .arg = n };
	n->parent_ifindex = n->host.ifindex;
	n->held = -1;
	*state = n;
	return n->kind == NULL ? -1 : 0;
}

static inline int
net_teardown(void **state)
{
	struct net *n = *state;
	size_t i;

	if (n->probe != NULL)
		n->kind->close(&n->probe);
	if (n->server != -1)
		close(n->server);
	if (n->held != -1)
		close(n->held);
	for (i = 0; i < n->uplink.probe.ntargets; i++)
		free(n->targets[i].opts);
	free(n);
	return 0;
}

#endif
