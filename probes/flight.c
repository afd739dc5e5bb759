/* SPDX-License-Identifier: ISC */
/*
 * flight: a list of what is in flight in the order of sending, and one set of
 * descriptors, so that nothing is searched however many targets there are.
 */
#include "probes/flight.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/must.h"
#include "lib/sys.h"
#include "proto/power.h"

#define READY_BATCH	64

/* ---- the list ---- */

static void
link_in(struct probe *p, struct flight *f)
{
	f->next = NULL;
	f->prev = p->last;
	*(p->last != NULL ? &p->last->next : &p->first) = f;
	p->last = f;
	p->n++;
}

static void
link_out(struct probe *p, struct flight *f)
{
	*(f->prev != NULL ? &f->prev->next : &p->first) = f->next;
	*(f->next != NULL ? &f->next->prev : &p->last) = f->prev;
	p->n--;
}

static void
shut_one(struct probe *p, int *fd)
{
	if (*fd == -1)
		return;
	sys_set_del(p->set, *fd);
	close(*fd);
	*fd = -1;
}

static void
land(struct probe *p, struct flight *f)
{
	shut_one(p, &f->ask);
	shut_one(p, &f->fd);
	link_out(p, f);
	free(f);
}

/* ---- what becomes of a probe ---- */

static void
log_why(struct probe *p, size_t target, const char *why)
{
	const struct conf_uplink *u = p->host->uplink;
	char *was = p->why[target];

	if (strncmp(was, why, FLIGHT_WHY_MAX - 1) == 0)
		return;
	log_debug("uplink %s: %s: %s", u->name,
	    u->probe.targets[target].label, *why != '\0' ? why : "answers");
	snprintf(was, FLIGHT_WHY_MAX, "%s", why);
}

static void
tell_cannot(struct probe *p, size_t target, uint64_t round, int err)
{
	char text[ERR_TEXT_MAX], why[FLIGHT_WHY_MAX];

	snprintf(why, sizeof(why), "not sent: %.36s", err_text(err, text));
	log_why(p, target, why);
	p->host->report(p->host->arg, target, round, SAMPLE_CANNOT, 0, err);
}

static void
lose(struct probe *p, struct flight *f, const char *why)
{
	size_t target = f->target;
	uint64_t round = f->round;

	log_why(p, target, why);
	land(p, f);
	p->host->report(p->host->arg, target, round, SAMPLE_LOST, 0, 0);
}

static int64_t
timeout_of(const struct probe *p)
{
	return p->host->uplink->probe.timeout_ns;
}

/* Too late is lost, or forgotten: that is left to the worker's clock. */
void
flight_answered(struct probe *p, struct flight *f, int64_t rtt_ns)
{
	size_t target = f->target;
	uint64_t round = f->round;

	if (rtt_ns > timeout_of(p)) {
		shut_one(p, &f->fd);
		return;
	}
	log_why(p, target, "");
	land(p, f);
	p->host->report(p->host->arg, target, round, SAMPLE_OK,
	    rtt_ns < 0 ? 0 : rtt_ns, 0);
}

void
flight_answered_at(struct probe *p, struct flight *f, int64_t stamp_ns)
{
	flight_answered(p, f, ping_clock_mono(&p->clock, stamp_ns) -
	    f->sent_ns);
}

void
flight_lost(struct probe *p, struct flight *f, const char *why)
{
	if (p->clock.mono_ns - f->sent_ns > timeout_of(p))
		shut_one(p, &f->fd);
	else
		lose(p, f, why);
}

static void
fail(struct probe *p, struct flight *f, int err)
{
	size_t target = f->target;
	uint64_t round = f->round;

	land(p, f);
	tell_cannot(p, target, round, err);
}

/* ---- a socket ---- */

static socklen_t
to_sockaddr(struct sockaddr_storage *ss, const struct net_addr *a,
    uint16_t port, int ifindex)
{
	struct sockaddr_in6 *sin6 = (void *)ss;
	struct sockaddr_in *sin = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	if (a->family == AF_INET) {
		sin->sin_family = AF_INET;
		sin->sin_port = htons(port);
		memcpy(&sin->sin_addr, a->bytes, 4);
		return sizeof(*sin);
	}
	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = htons(port);
	memcpy(&sin6->sin6_addr, a->bytes, 16);
	if (net_addr_linklocal(a))
		sin6->sin6_scope_id = (uint32_t)ifindex;
	return sizeof(*sin6);
}

/*
 * A connection is ended by a reset: many short ones would fill this machine
 * with what waits to be forgotten (TIME_WAIT), and its ports.
 */
static int
set_up(const struct probe *p, int fd)
{
	struct linger reset = { .l_onoff = 1, .l_linger = 0 };
	bool stream = p->way->type == SOCK_STREAM;
	int on = 1, rc;

	rc = sys_bind_device(fd, p->host->uplink->ifname);
	if (rc == 0 && setsockopt(fd, SOL_SOCKET, stream ? SO_LINGER :
	    SO_TIMESTAMPNS, stream ? (void *)&reset : (void *)&on,
	    stream ? sizeof(reset) : sizeof(on)) == -1)
		rc = -errno;
	return rc;
}

/* From here on it hears the device only; if the parent has said so: f->ask. */
static int
filter(struct probe *p, struct flight *f)
{
	int rc = sys_only_by(f->fd, p->host->ifindex);

	if (rc != -EPERM)
		return rc;
	rc = p->host->want_filter(p->host->arg, f->fd);
	if (rc < 0)
		return rc;
	f->ask = rc;
	f->sent_ns = clock_mono_ns();
	return sys_set_add(p->set, f->ask, true, f);
}

/*
 * An error here is of this machine: no route or address, a port or descriptor
 * less than wanted, a filter of our own.  What the network says comes later,
 * even if it is at hand before connect(2) returns.
 */
static int
take_off(struct probe *p, struct flight *f)
{
	struct sockaddr_storage to;
	socklen_t len = to_sockaddr(&to, &f->addr, p->way->port(f->opts),
	    p->host->ifindex);
	int rc;

	f->sent_ns = clock_mono_ns();
	if (connect(f->fd, (struct sockaddr *)&to, len) == -1 &&
	    errno != EINPROGRESS)
		return -errno;
	rc = sys_set_add(p->set, f->fd, p->way->type == SOCK_DGRAM, f);
	if (rc == 0 && p->way->begin != NULL)
		rc = p->way->begin(f);
	return rc;
}

static int
open_socket(struct probe *p, struct flight *f)
{
	int rc;

	f->fd = socket(f->addr.family, p->way->type | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (f->fd == -1)
		return -errno;
	/* Others of this process need some, too. */
	if (f->fd >= p->fd_max)
		return -EMFILE;
	rc = set_up(p, f->fd);
	if (rc == 0)
		rc = filter(p, f);
	return rc == 0 && f->ask == -1 ? take_off(p, f) : rc;
}

/* 0: the parent has filtered it; -EAGAIN: it has not said so yet. */
static int
answer(const struct probe *p, const struct flight *f)
{
	struct power_sock_done done;
	size_t nfds = 0;
	int n = power_recv(f->ask, &done, sizeof(done), NULL, &nfds);

	if (n != (int)sizeof(done))
		return n < 0 ? n : -EIO;
	if (done.err != 0)
		return done.err;
	/* It speaks of a device that is new under this name. */
	return done.ifindex == p->host->ifindex ? 0 : -ENODEV;
}

static void
take_answer(struct probe *p, struct flight *f)
{
	int rc = answer(p, f);

	if (rc == -EAGAIN)
		return;
	shut_one(p, &f->ask);
	if (rc == 0) {
		/* The list is in the order of sending. */
		link_out(p, f);
		link_in(p, f);
		rc = take_off(p, f);
	}
	if (rc != 0)
		fail(p, f, rc);
}

/* ---- the kind ---- */

static int
fd_max(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1 || rl.rlim_cur > INT_MAX)
		return INT_MAX;
	return (int)(rl.rlim_cur - rl.rlim_cur / 4);
}

int
flight_open(const struct probe_host *host, const struct flight_way *way,
    struct probe **out)
{
	struct probe *p = calloc(1, sizeof(*p));
	int rc = -ENOMEM;

	*out = NULL;
	if (p == NULL)
		return rc;
	p->host = host;
	p->way = way;
	p->set = -1;
	p->fd_max = fd_max();
	ping_clock_read(&p->clock, clock_mono_ns(), clock_wall_ns());
	p->why = calloc(host->uplink->probe.ntargets + 1, sizeof(*p->why));
	if (p->why != NULL)
		rc = sys_set_open(&p->set);
	if (rc != 0) {
		flight_close(&p);
		return rc;
	}
	*out = p;
	return 0;
}

void
flight_close(struct probe **pp)
{
	struct probe *p = *pp;

	if (p == NULL)
		return;
	*pp = NULL;
	flight_forget(p);
	if (p->set != -1)
		close(p->set);
	free(p->why);
	free(p);
}

/* We are given none; this tells that the device is gone. */
void
flight_socket(struct probe *p, enum net_fam fam, int fd, int err)
{
	struct flight *f, *next;

	MUST(fd == -1);
	for (f = p->first; f != NULL; f = next) {
		next = f->next;
		if (f->fam == fam)
			fail(p, f, err);
	}
}

void
flight_send(struct probe *p, size_t target, uint64_t round,
    const struct net_addr *addr, int64_t now_ns)
{
	struct flight *f;
	int rc;

	/* Each has its own time: thousands of targets take some. */
	(void)now_ns;
	if (p->host->ifindex == 0 || addr->family == 0) {
		tell_cannot(p, target, round, p->host->ifindex == 0 ? -ENODEV :
		    -EDESTADDRREQ);
		return;
	}
	f = malloc(sizeof(*f));
	if (f == NULL) {
		tell_cannot(p, target, round, -ENOMEM);
		return;
	}
	*f = (struct flight){ .target = target, .round = round, .fd = -1,
	    .opts = p->host->uplink->probe.targets[target].opts,
	    .fam = net_fam(addr->family), .addr = *addr, .ask = -1 };
	link_in(p, f);
	rc = open_socket(p, f);
	if (rc != 0)
		fail(p, f, rc);
}

size_t
flight_polls(struct probe *p, struct pollfd *fds, size_t max)
{
	if (p->first == NULL)
		return 0;
	if (max > 0)
		fds[0] = (struct pollfd){ .fd = p->set, .events = POLLIN };
	return 1;
}

void
flight_ready(struct probe *p, int64_t now_ns)
{
	void *ready[READY_BATCH];
	struct flight *f;
	size_t turns = p->n / READY_BATCH + 1;
	int i, n = READY_BATCH;

	/* The worker's time is 0 after a stop. */
	(void)now_ns;
	/* Each has its turn, and one with much to read not a second one. */
	for (; turns > 0 && n == READY_BATCH; turns--) {
		n = sys_set_ready(p->set, ready, READY_BATCH);
		ping_clock_read(&p->clock, clock_mono_ns(), clock_wall_ns());
		/* None of them ends another. */
		for (i = 0; i < n; i++) {
			f = ready[i];
			if (f->ask != -1)
				take_answer(p, f);
			else
				p->way->ready(p, f);
		}
	}
}

void
flight_expire(struct probe *p, int64_t now_ns)
{
	struct flight *f;

	while ((f = p->first) != NULL &&
	    f->sent_ns + timeout_of(p) <= now_ns)
		if (f->ask != -1)
			fail(p, f, -EAGAIN);
		else
			lose(p, f, "no answer in time");
}

void
flight_forget(struct probe *p)
{
	while (p->first != NULL)
		land(p, p->first);
}

int64_t
flight_due(struct probe *p)
{
	return p->first == NULL ? CLOCK_NEVER : p->first->sent_ns +
	    timeout_of(p);
}

uint64_t
flight_spurious(const struct probe *p)
{
	return p->spurious;
}
