/* SPDX-License-Identifier: ISC */
/*
 * line_sock: what an uplink asks of the parent: sockets that need power, and
 * commands.  Each request brings the socket for its own answer, so nothing is
 * matched and nothing waits.  Entered by the worker's thread.
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "probes/worker.h"
#include "proto/power.h"

#define SOCKET_PAUSE	NS_PER_S	/* between tries to get a socket */
#define SOCKET_TIME	(NS_PER_S / 2)	/* a round waits for it so long */
#define ASK_TIME	(5 * NS_PER_S)	/* the parent's answer got lost */

static struct asked *
free_asked(struct line *l)
{
	size_t i;

	for (i = 0; i < WORKER_KINDS * NET_NFAM; i++)
		if (l->asked[i].fd == -1)
			return &l->asked[i];
	return NULL;
}

/*
 * Our end of a new pair; the other goes to the parent as the first of fds,
 * with the request.
 */
static int
send_request(const struct line *l, const void *req, size_t len, int *fds,
    size_t nfds)
{
	int sv[2], rc;

	rc = power_pair(sv);
	if (rc != 0)
		return rc;
	if (fcntl(sv[0], F_SETFL, O_NONBLOCK) == -1)
		rc = -errno;
	fds[0] = sv[1];
	if (rc == 0)
		rc = power_send(l->worker->power, req, len, fds, nfds);
	close(sv[1]);
	if (rc == 0)
		return sv[0];
	close(sv[0]);
	return rc;
}

static int
want_socket(void *arg, enum power_socket what, enum net_fam fam, uint16_t id)
{
	struct line *l = arg;
	struct power_sock req = { .kind = POWER_SOCKET, .uplink = l->index,
	    .what = what, .fam = fam, .id = id };
	struct asked *a = free_asked(l);
	int64_t now_ns = clock_mono_ns();
	int fd;

	if (a == NULL || now_ns < l->pause_ns[l->asking][fam])
		return -EAGAIN;
	l->pause_ns[l->asking][fam] = now_ns + SOCKET_PAUSE;
	fd = send_request(l, &req, sizeof(req), &(int){ -1 }, 1);
	if (fd < 0)
		return fd;
	*a = (struct asked){ .fd = fd, .kind = l->asking, .fam = fam,
	    .since_ns = now_ns };
	return 0;
}

static int
send_check(struct line *l, size_t target, int null, int out)
{
	struct power_spawn req = { .kind = POWER_SPAWN, .what = POWER_CHECK,
	    .index = (uint32_t)target, .uplink = l->index,
	    .level = l->judge.level, .previous = l->previous,
	    .cause = l->judge.cause, .tries = 1, .timeout_ms = INT64_MAX };
	int fds[3] = { -1, null, out };

	return send_request(l, &req, sizeof(req), fds, 3);
}

/* Program, arguments, user and deadline are the parent's to look up. */
static int
want_check(void *arg, size_t target, int *output)
{
	struct line *l = arg;
	int out[2], null, rc;

	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null == -1)
		return -errno;
	rc = pipe2(out, O_CLOEXEC) == -1 ? -errno : 0;
	if (rc == 0) {
		/* Only our end: the command gets an ordinary one. */
		rc = fcntl(out[0], F_SETFL, O_NONBLOCK) == -1 ? -errno :
		    send_check(l, target, null, out[1]);
		close(out[1]);
		if (rc < 0)
			close(out[0]);
		else
			*output = out[0];
	}
	close(null);
	return rc;
}

static int
want_filter(void *arg, int fd)
{
	struct line *l = arg;
	struct power_filter req = { .kind = POWER_FILTER,
	    .uplink = l->index };
	int fds[2] = { -1, fd };

	return send_request(l, &req, sizeof(req), fds, 2);
}

void
line_sock_init(struct line *l)
{
	size_t i;

	for (i = 0; i < WORKER_KINDS * NET_NFAM; i++)
		l->asked[i].fd = -1;
	l->host.want_socket = want_socket;
	l->host.want_check = want_check;
	l->host.want_filter = want_filter;
}

void
line_sock_free(struct line *l)
{
	size_t i;

	for (i = 0; i < WORKER_KINDS * NET_NFAM; i++)
		if (l->worker != NULL && l->asked[i].fd != -1)
			close(l->asked[i].fd);
}

void
line_sock_drop(struct line *l)
{
	size_t i;

	for (i = 0; i < WORKER_KINDS * NET_NFAM; i++) {
		if (l->asked[i].fd != -1)
			close(l->asked[i].fd);
		l->asked[i].fd = -1;
	}
	memset(l->pause_ns, 0, sizeof(l->pause_ns));
}

int64_t
line_sock_due(const struct line *l, int64_t now_ns)
{
	int64_t due_ns = 0, one;
	size_t i;

	for (i = 0; i < WORKER_KINDS * NET_NFAM; i++) {
		one = l->asked[i].since_ns + SOCKET_TIME;
		if (l->asked[i].fd != -1 && one > now_ns && one > due_ns)
			due_ns = one;
	}
	return due_ns;
}

size_t
line_sock_polls(const struct line *l, struct pollfd *pfd, size_t max)
{
	size_t i, n = 0;

	for (i = 0; i < WORKER_KINDS * NET_NFAM; i++) {
		if (l->asked[i].fd == -1)
			continue;
		if (n < max)
			pfd[n] = (struct pollfd){ .fd = l->asked[i].fd,
			    .events = POLLIN };
		n++;
	}
	return n;
}

/*
 * The socket, or -errno why there is none; -EAGAIN: no answer yet.  One of a
 * device that has been replaced meanwhile is of no use.
 */
static int
answer(const struct line *l, int sock)
{
	struct power_sock_done done = { .err = -EIO };
	size_t nfds = 1;
	int fd = -1, n;

	n = power_recv(sock, &done, sizeof(done), &fd, &nfds);
	if (n < 0)
		return n;
	if (n == (int)sizeof(done) && nfds == 1 && done.err == 0 &&
	    (done.ifindex == 0 || done.ifindex == l->host.ifindex))
		return fd;
	if (nfds == 1)
		close(fd);
	return n == (int)sizeof(done) && done.err < 0 ? done.err : -ENODEV;
}

static void
take_socket(struct line *l, struct asked *a, int64_t now_ns)
{
	int fd = answer(l, a->fd);

	if (fd == -EAGAIN && now_ns - a->since_ns < ASK_TIME)
		return;
	close(a->fd);
	a->fd = -1;
	l->asking = a->kind;
	l->kinds[a->kind]->socket(l->probes[a->kind], a->fam,
	    fd < 0 ? -1 : fd, fd < 0 ? fd : 0);
}

bool
line_sock_run(struct line *l, int64_t now_ns)
{
	bool any = false;
	size_t i;

	for (i = 0; i < WORKER_KINDS * NET_NFAM; i++)
		if (l->asked[i].fd != -1) {
			take_socket(l, &l->asked[i], now_ns);
			any |= l->asked[i].fd == -1;
		}
	return any && line_sock_due(l, now_ns) == 0;
}
