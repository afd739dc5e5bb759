/* SPDX-License-Identifier: ISC */
/*
 * The probes by ARP and neighbour discovery between a host that takes down
 * what they report and a network that is the other end of their socket.  What
 * goes through it are whole frames (lib/sys_fake.h), so that the network can
 * say all that a kernel would.
 */
#ifndef UPLINKD_TEST_NEIGH_H
#define UPLINKD_TEST_NEIGH_H

#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/sys.h"
#include "probes/neigh.h"
#include "probes/probe.h"

#define TARGETS_MAX	4
#define REPORTS_MAX	4000
#define IFINDEX		7
#define TIMEOUT		(50 * NS_PER_S)

static const uint8_t own_mac[NET_LLADDR] = { 2, 0, 0, 0, 0, 2 };
static const uint8_t gw_mac[NET_LLADDR] = { 2, 0, 0, 0, 0, 1 };

struct told {
	size_t		target;
	uint64_t	round;
	enum sample	sample;
	int64_t		rtt_ns;
	int		err;
};

struct net {
	const struct probe_kind	*kind;
	enum net_fam	fam;
	enum power_socket what;
	struct probe	*probe;
	struct probe_host host;
	struct conf_uplink uplink;
	struct conf_target targets[TARGETS_MAX];
	int		peer;		/* the network's end; -1 */
	int		sock;		/* the probe's end, as it was given */
	unsigned	asked;
	int		refuse;		/* what want_socket answers */
	size_t		ntold, ok;
	struct told	told[REPORTS_MAX];
};

static inline void
report(void *arg, size_t target, uint64_t round, enum sample sample,
    int64_t rtt_ns, int err)
{
	struct net *n = arg;

	assert_true(n->ntold < REPORTS_MAX);
	n->told[n->ntold++] = (struct told){ target, round, sample, rtt_ns,
	    err };
	n->ok += sample == SAMPLE_OK;
}

static inline int
want_socket(void *arg, enum power_socket what, enum net_fam fam, uint16_t id)
{
	struct net *n = arg;

	assert_int_equal(what, n->what);
	assert_int_equal(fam, n->fam);
	assert_int_equal(id, 0);
	n->asked++;
	return n->refuse;
}

static inline struct net_addr
addr(const char *text)
{
	struct net_addr a = { 0 };

	if (*text != '\0')
		assert_int_equal(net_addr_parse(text, &a), 0);
	return a;
}

static inline struct net *
net_new(const char *kind, enum net_fam fam, enum power_socket what,
    const char *own)
{
	struct net *n = calloc(1, sizeof(*n));

	assert_non_null(n);
	n->kind = probe_kind(kind);
	assert_non_null(n->kind);
	n->fam = fam;
	n->what = what;
	n->uplink.probe.interval_ns = NS_PER_S;
	n->uplink.probe.timeout_ns = TIMEOUT;
	n->uplink.probe.confirm_ns = NS_PER_S;
	n->uplink.probe.targets = n->targets;
	n->peer = n->sock = -1;
	n->host = (struct probe_host){ .uplink = &n->uplink,
	    .ifindex = IFINDEX, .ethernet = true, .report = report,
	    .want_socket = want_socket, .arg = n };
	memcpy(n->host.lladdr, own_mac, NET_LLADDR);
	n->host.source[fam] = addr(own);
	return n;
}

static inline int
teardown(void **state)
{
	struct net *n = *state;

	if (n->probe != NULL)
		n->kind->close(&n->probe);
	if (n->peer != -1)
		close(n->peer);
	free(n);
	return 0;
}

static inline void
add(struct net *n, const char *text)
{
	struct conf_target *t = &n->targets[n->uplink.probe.ntargets++];

	t->kind = n->kind->set;
	t->addr = addr(text);
}

static inline void
give(struct net *n)
{
	int sv[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0, sv), 0);
	if (n->peer != -1)
		close(n->peer);
	n->sock = sv[0];
	n->peer = sv[1];
	n->kind->socket(n->probe, n->fam, sv[0], 0);
}

static inline void
start(struct net *n)
{
	assert_int_equal(n->kind->open(&n->host, &n->probe), 0);
	n->kind->socket(n->probe, NET_V4, -1, -ENODEV);
	n->kind->socket(n->probe, NET_V6, -1, -ENODEV);
}

/* One target, and a socket. */
static inline void
start_with(struct net *n, const char *target)
{
	add(n, target);
	start(n);
	give(n);
}

static inline void
round_now(struct net *n, uint64_t round)
{
	size_t i;

	for (i = 0; i < n->uplink.probe.ntargets; i++)
		n->kind->send(n->probe, i, round, &n->targets[i].addr,
		    clock_mono_ns());
}

static inline void
ready(struct net *n)
{
	n->kind->ready(n->probe, clock_mono_ns());
}

/* Takes a frame off the wire; false if there is none. */
static inline bool
sent(struct net *n, struct sys_frame *f)
{
	ssize_t got = recv(n->peer, f, sizeof(*f), MSG_TRUNC);

	if (got == -1)
		return false;
	assert_int_equal(got, sizeof(*f));
	assert_int_equal(f->ifindex, IFINDEX);
	return true;
}

static inline void
deliver(struct net *n, const struct sys_frame *f)
{
	assert_int_equal(send(n->peer, f, sizeof(*f), 0), sizeof(*f));
}

/* A frame that comes in, with nothing in it. */
static inline struct sys_frame
incoming(void)
{
	struct sys_frame f;

	memset(&f, 0, sizeof(f));
	f.ifindex = IFINDEX;
	f.hops = -1;
	return f;
}

static inline void
told_is(const struct net *n, size_t at, size_t target, uint64_t round,
    enum sample sample)
{
	assert_true(at < n->ntold);
	assert_int_equal(n->told[at].target, target);
	assert_int_equal(n->told[at].round, round);
	assert_int_equal(n->told[at].sample, sample);
}

static inline void
expire_all(struct net *n)
{
	n->kind->expire(n->probe, clock_mono_ns() + TIMEOUT);
}

/* Until more than the skew of two clocks has passed. */
static inline void
pass_time(void)
{
	int64_t until_ns = clock_mono_ns() + 5 * NS_PER_MS;

	while (clock_mono_ns() < until_ns)
		poll(NULL, 0, 1);
}

/* The check of a kind's options. */
static inline bool
accepts(struct net *n, struct option_host h)
{
	const struct option_set *set = n->kind->set;
	char *opts = calloc(1, set->size), buf[80];
	bool good;

	memcpy(opts + set->rows[0].off, &h, sizeof(h));
	good = set->check(opts, buf, sizeof(buf)) == NULL;
	free(opts);
	return good;
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
