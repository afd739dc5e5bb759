/* SPDX-License-Identifier: ISC */
/*
 * neigh: requests go out one by one, for a line has one gateway of a family.
 * Owns the socket and the list of what is in flight.
 */
#include "probes/neigh.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "probes/ping_io.h"

#define READ_MAX	256	/* frames per call; the rest comes next time */
#define SKEW		(2 * NS_PER_MS)	/* of two clocks read in turn */
#define ALL_PAUSE	NS_PER_S	/* between requests to all, */
#define ALL_BURST	3		/* but so many at once */

struct flight {
	size_t		target;		/* in uplink->probe.targets */
	uint64_t	round;
	int64_t		sent_ns;
	struct net_addr	of, from;
};

struct probe {
	const struct probe_host *host;
	const struct option_set *set;
	const struct neigh_wire *wire;
	int		fd;
	bool		asked;		/* a socket is on its way */
	int		err;		/* why there is none */
	bool		told;		/* that the device has no neighbours */
	size_t		n, room;
	struct flight	*flights;	/* oldest first */
	uint64_t	round, heard;	/* newest sent, newest answered */
	bool		silent;		/* nobody has answered the last one */
	/* Where the neighbour was found. */
	struct net_addr	peer;		/* family 0: not known */
	uint8_t		lladdr[NET_LLADDR];
	int64_t		all_ns;		/* when the last to all is paid for */
	struct ping_clock clock;
};

const char *
neigh_check(const void *opts, char *buf, size_t len)
{
	const struct neigh_opts *o = opts;

	(void)buf;
	(void)len;
	return o->address.name != NULL ?
	    "`gateway` or its address is wanted, not a name" : NULL;
}

int
neigh_open(const struct probe_host *host, const struct option_set *set,
    const struct neigh_wire *wire, struct probe **out)
{
	struct probe *p = calloc(1, sizeof(*p));

	*out = p;
	if (p == NULL)
		return -ENOMEM;
	p->host = host;
	p->set = set;
	p->wire = wire;
	p->fd = -1;
	p->err = -ENOTCONN;
	ping_clock_read(&p->clock, clock_mono_ns(), clock_wall_ns());
	return 0;
}

void
neigh_close(struct probe **pp)
{
	struct probe *p = *pp;

	if (p == NULL)
		return;
	*pp = NULL;
	if (p->fd != -1)
		close(p->fd);
	free(p->flights);
	free(p);
}

/* ---- the socket ---- */

static void
ask_socket(struct probe *p)
{
	if (p->fd == -1 && !p->asked && p->host->ifindex != 0 &&
	    p->host->ethernet)
		p->asked = p->host->want_socket(p->host->arg, p->wire->socket,
		    p->wire->fam, 0) == 0;
}

static struct flight
land(struct probe *p, size_t i)
{
	struct flight f = p->flights[i];

	p->n--;
	memmove(&p->flights[i], &p->flights[i + 1],
	    (p->n - i) * sizeof(*p->flights));
	return f;
}

static void
report(struct probe *p, const struct flight *f, enum sample sample,
    int64_t rtt_ns, int err)
{
	p->host->report(p->host->arg, f->target, f->round, sample, rtt_ns,
	    err);
}

/* The device is gone: what was sent by it, and was known of it, is naught. */
static void
drop_socket(struct probe *p, int err)
{
	struct flight f;

	if (p->fd != -1)
		close(p->fd);
	p->fd = -1;
	p->err = err;
	p->peer.family = 0;
	while (p->n > 0) {
		f = land(p, 0);
		report(p, &f, SAMPLE_CANNOT, 0, err);
	}
}

void
neigh_socket(struct probe *p, enum net_fam fam, int fd, int err)
{
	if (fam != p->wire->fam)
		return;
	drop_socket(p, err);
	p->asked = false;
	p->fd = fd;
	ask_socket(p);
}

/* ---- sending ---- */

/* What the error number alone would not tell. */
static int
no_neighbours(struct probe *p)
{
	if (!p->told)
		log_warning("uplink %s: %s cannot be used on %s, which has no "
		    "link-layer addresses to ask for", p->host->uplink->name,
		    p->set->name, p->host->uplink->ifname);
	p->told = true;
	return -EOPNOTSUPP;
}

/* 0: there is a socket, an address to ask from, and room for one more. */
static int
may_send(struct probe *p)
{
	size_t room = p->room == 0 ? 8 : 2 * p->room;
	struct flight *more;

	ask_socket(p);
	if (p->host->ifindex != 0 && (!p->host->ethernet ||
	    (p->fd == -1 && p->err == -EOPNOTSUPP)))
		return no_neighbours(p);
	p->told = false;
	if (p->fd == -1)
		return p->err;
	if (p->host->source[p->wire->fam].family == 0)
		return -EADDRNOTAVAIL;
	if (p->n < p->room)
		return 0;
	/* No more than the verdict leaves open, and that is bounded. */
	more = reallocarray(p->flights, room, sizeof(*more));
	if (more == NULL)
		return -ENOMEM;
	p->flights = more;
	p->room = room;
	return 0;
}

/* Each costs a pause; a few may be paid for later. */
static bool
may_ask_all(struct probe *p, int64_t now_ns)
{
	if (p->all_ns > now_ns + (ALL_BURST - 1) * ALL_PAUSE)
		return false;
	p->all_ns = (p->all_ns > now_ns ? p->all_ns : now_ns) + ALL_PAUSE;
	return true;
}

/*
 * A neighbour that has not answered may be somewhere else now.  Where it was
 * is still asked while all may not be.  If it never was anywhere, nothing goes
 * out: the round listens for the answer to a request of this last second.
 */
static int
transmit(struct probe *p, const struct flight *f)
{
	struct neigh_ask ask = { .of = f->of, .from = f->from,
	    .lladdr = p->host->lladdr };
	bool known = net_addr_eq(&p->peer, &f->of);
	struct sys_frame frame;

	if (p->wire->sparing && ((known && !p->silent) ||
	    !may_ask_all(p, f->sent_ns))) {
		if (!known)
			return 0;
		ask.known = p->lladdr;
	}
	memset(&frame, 0, offsetof(struct sys_frame, bytes));
	frame.ifindex = p->host->ifindex;
	p->wire->write(&frame, &ask);
	return sys_frame_send(net_family(p->wire->fam), p->fd, &frame);
}

/*
 * An error speaks of us and of this machine, never of the line; see
 * probe_ping.c.
 */
void
neigh_send(struct probe *p, size_t target, uint64_t round,
    const struct net_addr *addr, int64_t now_ns)
{
	struct flight f = { .target = target, .round = round, .of = *addr,
	    .from = p->host->source[p->wire->fam] };
	int rc = net_fam(addr->family) != p->wire->fam ? -EAFNOSUPPORT :
	    may_send(p);

	(void)now_ns;
	if (rc != 0) {
		report(p, &f, SAMPLE_CANNOT, 0, rc);
		return;
	}
	if (round != p->round)
		p->silent = p->round > p->heard;
	p->round = round;
	f.sent_ns = clock_mono_ns();
	rc = transmit(p, &f);
	if (rc == 0) {
		p->flights[p->n++] = f;
		return;
	}
	report(p, &f, SAMPLE_CANNOT, 0, rc);
	if (rc == -ENODEV || rc == -ENXIO || rc == -EBADF) {
		drop_socket(p, rc);
		ask_socket(p);
	}
}

/* ---- receiving ---- */

size_t
neigh_polls(struct probe *p, struct pollfd *pfd, size_t max)
{
	if (p->fd == -1)
		return 0;
	if (max > 0)
		pfd[0] = (struct pollfd){ .fd = p->fd, .events = POLLIN };
	return 1;
}

static void
credit(struct probe *p, size_t i, const struct neigh_answer *a,
    int64_t rtt_ns)
{
	struct flight f = land(p, i);

	if (f.round > p->heard)
		p->heard = f.round;
	p->peer = a->of;
	memcpy(p->lladdr, a->lladdr, NET_LLADDR);
	report(p, &f, SAMPLE_OK, rtt_ns < 0 ? 0 : rtt_ns, 0);
}

/* See the head of neigh.h for which of those in flight it is for. */
static void
take(struct probe *p, const struct sys_frame *frame)
{
	const struct flight *f;
	struct neigh_answer a;
	int64_t at_ns;
	size_t i;

	if (frame->ifindex != p->host->ifindex || frame->overheard ||
	    !p->wire->read(frame, p->host->lladdr, &a))
		return;
	at_ns = ping_clock_mono(&p->clock, frame->stamp_ns);
	for (i = p->n; i-- > 0;) {
		f = &p->flights[i];
		if (f->sent_ns > at_ns + SKEW || !net_addr_eq(&f->of, &a.of) ||
		    !net_addr_eq(&f->from, &a.to))
			continue;
		/* Late is lost, and all before it are older. */
		if (at_ns - f->sent_ns <= p->host->uplink->probe.timeout_ns)
			credit(p, i, &a, at_ns - f->sent_ns);
		return;
	}
}

void
neigh_ready(struct probe *p, int64_t now_ns)
{
	struct sys_frame frame;
	int i, rc;

	(void)now_ns;
	for (i = 0; i < READ_MAX && p->fd != -1; i++) {
		rc = sys_frame_recv(net_family(p->wire->fam), p->fd, &frame);
		if (rc == -EAGAIN)
			return;
		if (rc == -EMSGSIZE || rc == -ENETDOWN)
			continue;
		if (rc != 0) {
			drop_socket(p, rc);
			ask_socket(p);
			return;
		}
		ping_clock_read(&p->clock, clock_mono_ns(), clock_wall_ns());
		take(p, &frame);
	}
}

void
neigh_expire(struct probe *p, int64_t now_ns)
{
	int64_t sent_ns = now_ns - p->host->uplink->probe.timeout_ns;
	struct flight f;

	while (p->n > 0 && p->flights[0].sent_ns <= sent_ns) {
		f = land(p, 0);
		report(p, &f, SAMPLE_LOST, 0, 0);
	}
}

void
neigh_forget(struct probe *p)
{
	p->n = 0;
}

int64_t
neigh_due(struct probe *p)
{
	return p->n == 0 ? CLOCK_NEVER : p->flights[0].sent_ns +
	    p->host->uplink->probe.timeout_ns;
}

/*
 * The kernel asks, too, and hosts speak unasked when they come: answers that
 * none of ours waits for are no news here.
 */
uint64_t
neigh_spurious(const struct probe *p)
{
	(void)p;
	return 0;
}
