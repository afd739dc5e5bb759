/* SPDX-License-Identifier: ISC */
/*
 * resolve_ask: one c-ares channel.  Its sockets are ours, so that they leave
 * by the uplink's device; a server on this host itself is asked as it is.
 */
#include "probes/resolve_ask.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <ares.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/must.h"
#include "lib/sys.h"

#define TRIES		2
#define SERVERS_TEXT	1024

struct ask {
	const char	*ifname;
	ares_channel	 channel;
	size_t		 under_way;
	size_t		 nfds;
	struct pollfd	 fds[ARES_GETSOCK_MAXNUM];
};

struct question {
	struct ask	*ask;
	ask_fn		*fn;
	void		*arg;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int started = -EIO;

static void
start(void)
{
	if (ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS)
		started = 0;
}

int
ask_start(void)
{
	MUST(pthread_once(&once, start) == 0);
	return started;
}

static ares_socket_t
open_socket(int family, int type, int protocol, void *arg)
{
	(void)arg;
	return socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
}

static int
close_socket(ares_socket_t fd, void *arg)
{
	(void)arg;
	return close(fd);
}

static bool
is_here(const struct sockaddr *to)
{
	const struct sockaddr_in *sin = (const void *)to;
	const struct sockaddr_in6 *sin6 = (const void *)to;

	if (to->sa_family == AF_INET)
		return ntohl(sin->sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&sin6->sin6_addr);
}

static int
connect_socket(ares_socket_t fd, const struct sockaddr *to,
    ares_socklen_t len, void *arg)
{
	const struct ask *a = arg;
	int rc = is_here(to) ? 0 : sys_bind_device(fd, a->ifname);

	if (rc != 0) {
		errno = -rc;
		return -1;
	}
	return connect(fd, to, len);
}

static ares_ssize_t
receive(ares_socket_t fd, void *buf, size_t len, int flags,
    struct sockaddr *from, ares_socklen_t *from_len, void *arg)
{
	(void)arg;
	return recvfrom(fd, buf, len, flags, from, from_len);
}

static ares_ssize_t
send_some(ares_socket_t fd, const struct iovec *iov, int n, void *arg)
{
	struct msghdr m = { .msg_iov = (struct iovec *)(uintptr_t)iov,
	    .msg_iovlen = (size_t)n };

	(void)arg;
	return sendmsg(fd, &m, MSG_NOSIGNAL);
}

static const struct ares_socket_functions functions = {
	open_socket, close_socket, connect_socket, receive, send_some
};

/* Which descriptors it waits for, as they change. */
static void
watch(void *arg, ares_socket_t fd, int in, int out)
{
	struct ask *a = arg;
	size_t i;

	for (i = 0; i < a->nfds && a->fds[i].fd != fd; i++)
		;
	if (i == ARES_GETSOCK_MAXNUM)
		return;	/* it is timed out, then */
	if (i == a->nfds)
		a->fds[a->nfds++].fd = fd;
	a->fds[i].events = (short)((in ? POLLIN : 0) | (out ? POLLOUT : 0));
	if (a->fds[i].events == 0)
		a->fds[i] = a->fds[--a->nfds];
}

static int
set_servers(struct ask *a, char **servers)
{
	char all[SERVERS_TEXT] = "";
	size_t at = 0, len;

	if (servers == NULL)
		return 0;
	for (; *servers != NULL; servers++) {
		len = strlen(*servers);
		if (at + len + 2 > sizeof(all))
			break;
		if (at > 0)
			all[at++] = ',';
		memcpy(all + at, *servers, len + 1);
		at += len;
	}
	return ares_set_servers_ports_csv(a->channel, all) == ARES_SUCCESS ?
	    0 : -EINVAL;
}

int
ask_new(const struct ask_conf *conf, struct ask **out)
{
	struct ares_options o = { .flags = ARES_FLAG_NOSEARCH,
	    .timeout = conf->query_ms, .tries = TRIES,
	    .sock_state_cb = watch };
	struct ask *a = calloc(1, sizeof(*a));
	int rc;

	*out = NULL;
	if (a == NULL)
		return -ENOMEM;
	a->ifname = conf->ifname;
	o.sock_state_cb_data = a;
	if (ares_init_options(&a->channel, &o, ARES_OPT_FLAGS |
	    ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB) !=
	    ARES_SUCCESS) {
		free(a);
		return -ENOMEM;
	}
	ares_set_socket_functions(a->channel, &functions, a);
	rc = set_servers(a, conf->servers);
	if (rc != 0)
		ask_free(&a);
	*out = a;
	return rc;
}

void
ask_free(struct ask **ap)
{
	struct ask *a = *ap;

	if (a == NULL)
		return;
	*ap = NULL;
	ares_destroy(a->channel);
	MUST(a->under_way == 0);
	free(a);
}

static bool
take_addr(const struct ares_addrinfo_node *n, struct net_addr *out)
{
	const struct sockaddr_in *sin = (const void *)n->ai_addr;
	const struct sockaddr_in6 *sin6 = (const void *)n->ai_addr;

	memset(out, 0, sizeof(*out));
	out->family = n->ai_family;
	if (n->ai_addr == NULL)
		return false;
	if (n->ai_family == AF_INET)
		memcpy(out->bytes, &sin->sin_addr, 4);
	else if (n->ai_family == AF_INET6)
		memcpy(out->bytes, &sin6->sin6_addr, 16);
	else
		return false;
	return true;
}

static void
answer(void *arg, int status, int timeouts, struct ares_addrinfo *ai)
{
	const struct ares_addrinfo_node *n;
	struct question q = *(struct question *)arg;
	struct ask_answer a = { .ttl_s = INT32_MAX };

	(void)timeouts;
	free(arg);
	q.ask->under_way--;
	if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED)
		a.err = -ECANCELED;
	else if (status != ARES_SUCCESS || ai == NULL)
		a.err = -ENOENT;
	for (n = a.err == 0 ? ai->nodes : NULL; n != NULL &&
	    a.n < ASK_ADDRS_MAX; n = n->ai_next) {
		if (!take_addr(n, &a.addrs[a.n]))
			continue;
		a.n++;
		if (n->ai_ttl < a.ttl_s)
			a.ttl_s = n->ai_ttl < 0 ? 0 : n->ai_ttl;
	}
	if (ai != NULL)
		ares_freeaddrinfo(ai);
	q.fn(q.arg, &a);
}

void
ask_name(struct ask *a, const char *host, bool v4, bool v6, ask_fn *fn,
    void *arg)
{
	struct ares_addrinfo_hints hints = { .ai_flags = ARES_AI_NOSORT,
	    .ai_family = v4 && v6 ? AF_UNSPEC : v6 ? AF_INET6 : AF_INET };
	struct ask_answer none = { .err = -ENOENT };
	struct question *q = malloc(sizeof(*q));

	if (q == NULL) {
		fn(arg, &none);
		return;
	}
	*q = (struct question){ a, fn, arg };
	a->under_way++;
	ares_getaddrinfo(a->channel, host, NULL, &hints, answer, q);
}

size_t
ask_polls(struct ask *a, struct pollfd *pfd, size_t max)
{
	size_t i;

	for (i = 0; i < a->nfds && i < max; i++)
		pfd[i] = a->fds[i];
	return a->nfds;
}

/* Which of them it was is not known here: each is looked at. */
void
ask_run(struct ask *a)
{
	struct pollfd pfd[ARES_GETSOCK_MAXNUM];
	size_t n = ask_polls(a, pfd, ARES_GETSOCK_MAXNUM), i;

	if (n > 0 && poll(pfd, (nfds_t)n, 0) > 0)
		for (i = 0; i < n; i++)
			if (pfd[i].revents != 0)
				ares_process_fd(a->channel,
				    (pfd[i].revents & ~POLLOUT) != 0 ?
				    pfd[i].fd : ARES_SOCKET_BAD,
				    (pfd[i].revents & POLLOUT) != 0 ?
				    pfd[i].fd : ARES_SOCKET_BAD);
	ares_process_fd(a->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

int64_t
ask_due(struct ask *a, int64_t now_ns)
{
	struct timeval tv;

	if (ares_timeout(a->channel, NULL, &tv) == NULL)
		return CLOCK_NEVER;
	return now_ns + tv.tv_sec * NS_PER_S + tv.tv_usec * NS_PER_US;
}

bool
ask_idle(const struct ask *a)
{
	return a->under_way == 0;
}
