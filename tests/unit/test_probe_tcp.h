/* SPDX-License-Identifier: ISC */
/*
 * The kind `tcp` and listeners on the loopback interface that answer, reset or
 * say nothing.
 */
#ifndef UPLINKD_TEST_PROBE_TCP_H
#define UPLINKD_TEST_PROBE_TCP_H

#include "tests/unit/test_flight.h"

/* A target at the server's port, wherever that is. */
static inline size_t
add_at(struct net *n, const char *where)
{
	size_t i = add(n, where);
	struct option_host *h = key(n, i, "address");

	h->port = n->port;
	return i;
}

static inline void
listen_at(struct net *n, int family, int backlog)
{
	server_at(n, SOCK_STREAM, family);
	assert_int_equal(listen(n->server, backlog), 0);
	(void)add_at(n, family == AF_INET ? "127.0.0.1" : "::1");
}

/* One that drops each SYN: its queue is full, of what is returned. */
static inline int
silent_at(struct net *n)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	listen_at(n, AF_INET, 0);
	assert_int_equal(getsockname(n->server, (void *)&sin, &len), 0);
	assert_int_equal(connect(fd, (void *)&sin, len), 0);
	return fd;
}

static inline void
drain(struct net *n)
{
	int fd;

	while ((fd = accept(n->server, NULL, NULL)) != -1)
		close(fd);
}

static inline int
setup(void **state)
{
	struct net *n;

	if (!power(true) || net_setup(state, "tcp") != 0)
		return -1;
	n = *state;
	n->powerful = true;
	return 0;
}

/* As the process of probes is; on some kernels that makes a difference. */
static inline int
setup_weak(void **state)
{
	return power(false) ? net_setup(state, "tcp") : -1;
}

#endif
