/* SPDX-License-Identifier: ISC */
/*
 * udp-notify: tells another host of an event, until that has said that it
 * knows.  The datagram is the number of the event, a blank and the event as
 * JSON, see uplinkd-event(7); the answer is that number.  What is not answered
 * is sent again, after 0.1, 0.2, 0.4 ... seconds.
 *
 *	actions:
 *	  tell:
 *	    on: [up, down]
 *	    timeout: 20s
 *	    retries: 3
 *	    plugin:
 *	      name: udp-notify
 *	      options: { address: 198.51.100.9, port: 5759 }
 *
 * Options: address, of IPv4 or IPv6 and no name, for a name server may hang;
 * port.
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <uplinkd_plugin.h>

#define FIRST_PAUSE_MS	100
#define BYTES_MAX	20000

struct notify {
	const struct uplinkd_host *host;
	int		sock;
	int		stop[2];	/* a byte in it ends run */
};

static int64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static int
open_socket(struct notify *n)
{
	const struct addrinfo want = { .ai_flags = AI_NUMERICHOST |
	    AI_NUMERICSERV, .ai_socktype = SOCK_DGRAM };
	const char *address = uplinkd_option(n->host, "address", NULL);
	const char *port = uplinkd_option(n->host, "port", NULL);
	struct addrinfo *ai;
	int rc;

	if (address == NULL || port == NULL) {
		n->host->log("the options address and port are wanted");
		return -EINVAL;
	}
	rc = getaddrinfo(address, port, &want, &ai);
	if (rc != 0) {
		n->host->log("%s port %s: %s", address, port,
		    gai_strerror(rc));
		return -EINVAL;
	}
	n->sock = socket(ai->ai_family, SOCK_DGRAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0);
	rc = n->sock == -1 || connect(n->sock, ai->ai_addr,
	    ai->ai_addrlen) == -1 ? -errno : 0;
	freeaddrinfo(ai);
	return rc;
}

static void
notify_free(void *state)
{
	struct notify *n = state;

	if (n->sock != -1)
		close(n->sock);
	if (n->stop[0] != -1) {
		close(n->stop[0]);
		close(n->stop[1]);
	}
	free(n);
}

static int
init(const struct uplinkd_host *host, void **state)
{
	struct notify *n = calloc(1, sizeof(*n));
	int rc;

	if (n == NULL)
		return -ENOMEM;
	n->host = host;
	n->sock = n->stop[0] = n->stop[1] = -1;
	rc = open_socket(n);
	if (rc == 0 && pipe2(n->stop, O_CLOEXEC | O_NONBLOCK) == -1)
		rc = -errno;
	/* After an error nobody calls free. */
	if (rc != 0)
		notify_free(n);
	else
		*state = n;
	return rc;
}

/* In the other thread: run waits in poll(2), and nowhere else. */
static void
cancel(void *state)
{
	struct notify *n = state;

	if (write(n->stop[1], "", 1) == -1) {
		/* Full: it is awake already. */
	}
}

static int
is_answer(const struct notify *n, const struct uplinkd_event *event)
{
	char buf[64], want[24];
	ssize_t len = recv(n->sock, buf, sizeof(buf) - 1, 0);

	/* An ICMP error comes this way: perhaps it is not up yet. */
	if (len <= 0)
		return 0;
	buf[len] = '\0';
	snprintf(want, sizeof(want), "%" PRIu64, event->event_id);
	return strcspn(buf, " \n") == strlen(want) &&
	    strncmp(buf, want, strlen(want)) == 0;
}

/* 1: answered; 0: not until then; -ECANCELED. */
static int
await(const struct notify *n, const struct uplinkd_event *event,
    int64_t until_ns)
{
	struct pollfd p[2] = {
		{ .fd = n->sock, .events = POLLIN },
		{ .fd = n->stop[0], .events = POLLIN },
	};
	int64_t left;

	while ((left = until_ns - now_ns()) > 0) {
		if (poll(p, 2, (int)(left / 1000000) + 1) <= 0)
			continue;
		if (p[1].revents != 0)
			return -ECANCELED;
		if (is_answer(n, event))
			return 1;
	}
	return 0;
}

static int
run(void *state, const struct uplinkd_event *event, int64_t deadline_ns)
{
	const struct notify *n = state;
	int64_t pause_ns = FIRST_PAUSE_MS * INT64_C(1000000), until_ns;
	char text[BYTES_MAX];
	unsigned sent = 0;
	int rc = 0, len;

	len = snprintf(text, sizeof(text), "%" PRIu64 " %s", event->event_id,
	    event->json);
	if (len < 0 || (size_t)len >= sizeof(text))
		return -EMSGSIZE;
	while (rc == 0 && now_ns() < deadline_ns) {
		/* What could not be sent is as good as lost on the way. */
		(void)send(n->sock, text, (size_t)len, 0);
		sent++;
		until_ns = now_ns() + pause_ns;
		pause_ns *= 2;
		rc = await(n, event, until_ns < deadline_ns ? until_ns :
		    deadline_ns);
	}
	n->host->log("%s after %u datagrams", rc == 1 ? "answered" :
	    rc == 0 ? "no answer" : "cancelled", sent);
	return rc == 1 ? 0 : rc == 0 ? -ETIMEDOUT : rc;
}

const struct uplinkd_plugin uplinkd_plugin = {
	.abi = UPLINKD_PLUGIN_ABI,
	.name = "udp-notify",
	.init = init,
	.run = run,
	.cancel = cancel,
	.free = notify_free,
};
