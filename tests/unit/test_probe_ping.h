/* SPDX-License-Identifier: ISC */
/*
 * The echo probe between a host that takes down what it reports and a network
 * that is the other end of its socket.
 */
#ifndef UPLINKD_TEST_PROBE_PING_H
#define UPLINKD_TEST_PROBE_PING_H

#include <sys/socket.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "probes/ping_packet.h"
#include "probes/probe.h"
#include "tests/unit/test_ping.h"

#define TARGETS_MAX	1500
#define REPORTS_MAX	4000
#define TOKEN		UINT64_C(0x0123456789abcdef)
#define IFINDEX		7

struct told {
	size_t		target;
	uint64_t	round;
	enum sample	sample;
	int64_t		rtt_ns;
	int		err;
};

struct net {
	const struct probe_kind	*kind;
	struct probe	*probe;
	struct probe_host host;
	struct conf_uplink uplink;
	struct conf_target targets[TARGETS_MAX];
	int		peer[NET_NFAM];	/* the network's end; -1 */
	int		sock[NET_NFAM];	/* the probe's end, as it was given */
	unsigned	asked[NET_NFAM];
	uint16_t	id[NET_NFAM];
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

static inline int
want_socket(void *arg, enum power_socket what, enum net_fam fam, uint16_t id)
{
	struct net *n = arg;

	assert_int_equal(what, POWER_ECHO);
	n->asked[fam]++;
	n->id[fam] = id;
	return 0;
}

static inline struct net_addr
addr(const char *text)
{
	struct net_addr a = { 0 };

	if (*text != '\0')
		assert_int_equal(net_addr_parse(text, &a), 0);
	return a;
}

static inline void
add(struct net *n, const char *text)
{
	const struct option_set *set = probe_option_set("ping");
	struct conf_target *t = &n->targets[n->uplink.probe.ntargets++];

	t->kind = set;
	t->addr = addr(text);
}

static inline int
setup(void **state)
{
	struct net *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return -1;
	n->kind = probe_kind("ping");
	n->uplink.probe.interval_ns = NS_PER_S;
	n->uplink.probe.timeout_ns = 50 * NS_PER_S;
	n->uplink.probe.confirm_ns = NS_PER_S;
	n->uplink.probe.targets = n->targets;
	n->peer[0] = n->peer[1] = n->sock[0] = n->sock[1] = -1;
	n->host = (struct probe_host){ .uplink = &n->uplink,
	    .ifindex = IFINDEX, .token = TOKEN, .id = 0x5a17, .report = report,
	    .want_socket = want_socket, .arg = n };
	*state = n;
	return 0;
}

static inline int
teardown(void **state)
{
	struct net *n = *state;
	size_t i;

	if (n->probe != NULL)
		n->kind->close(&n->probe);
	for (i = 0; i < NET_NFAM; i++)
		if (n->peer[i] != -1)
			close(n->peer[i]);
	free(n);
	return 0;
}

static inline void
give(struct net *n, enum net_fam fam)
{
	int sv[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0, sv), 0);
	n->sock[fam] = sv[0];
	n->peer[fam] = sv[1];
	n->kind->socket(n->probe, fam, sv[0], 0);
}

static inline void
start(struct net *n)
{
	assert_int_equal(n->kind->open(&n->host, &n->probe), 0);
	n->kind->socket(n->probe, NET_V4, -1, -ENODEV);
	n->kind->socket(n->probe, NET_V6, -1, -ENODEV);
}

static inline void
start_v4(struct net *n, const char *target)
{
	add(n, target);
	start(n);
	give(n, NET_V4);
}

static inline void
round_now(struct net *n, uint64_t round)
{
	size_t i;

	for (i = 0; i < n->uplink.probe.ntargets; i++)
		n->kind->send(n->probe, i, round, &n->targets[i].addr,
		    clock_mono_ns());
	n->kind->flush(n->probe, clock_mono_ns());
}

static inline void
ready(struct net *n)
{
	n->kind->ready(n->probe, clock_mono_ns());
}

/* Takes a request off the wire; false if there is none. */
static inline bool
request(struct net *n, enum net_fam fam, unsigned char icmp[PING_BYTES])
{
	ssize_t got = recv(n->peer[fam], icmp, PING_BYTES, MSG_TRUNC);

	if (got == -1)
		return false;
	assert_int_equal(got, PING_BYTES);
	return true;
}

static inline struct packet
answer(const unsigned char icmp[PING_BYTES], const char *src)
{
	struct net_addr a = addr(src);

	return ping_answer(icmp, &a);
}

static inline void
deliver(struct net *n, const struct packet *p)
{
	assert_int_equal(send(n->peer[NET_V4], p->b, p->len, 0), p->len);
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

#endif
