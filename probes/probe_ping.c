/* SPDX-License-Identifier: ISC */
/*
 * probe_ping: ICMP and ICMPv6 echo.  One raw socket per family and uplink,
 * opened by the parent and bound to the device; sends and receives go in
 * batches.  A reply counts once, and only if source, interface, identifier,
 * sequence, round, target and token are those of a request in flight.  Owns
 * its sockets and the tables of what is in flight.
 */
#include <sys/random.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/must.h"
#include "probes/ping_io.h"
#include "probes/ping_packet.h"
#include "probes/ping_table.h"
#include "probes/probe.h"

#define READ_TURNS	16	/* batches per call; the rest comes next time */

struct ping_opts {
	struct net_addr	address;
};

struct ping_target {
	size_t		index;		/* in uplink->probe.targets */
	struct net_addr	addr;
};

/* One family: its socket and what it has in flight. */
struct flight {
	enum net_fam	fam;
	int		fd;
	bool		asked;		/* a socket is on its way */
	int		err;		/* why there is none */
	uint16_t	id;
	size_t		ntargets;
	struct ping_target *targets;
	struct ping_table table;
};

struct probe {
	const struct probe_host *host;
	struct flight	fam[NET_NFAM];
	struct ping_clock clock;
	uint64_t	spurious;
};

static const char *
check(const void *opts, char *buf, size_t len)
{
	const struct ping_opts *o = opts;

	(void)buf;
	(void)len;
	if (o->address.family == AF_INET && o->address.bytes[0] >= 224)
		return "a multicast or reserved address cannot be a target";
	if (o->address.family == AF_INET6 && o->address.bytes[0] == 0xff)
		return "a multicast address cannot be a target";
	return NULL;
}

static const struct option rows[] = {
	{ .name = "address", .type = OPTION_ADDR,
	  .off = offsetof(struct ping_opts, address), .required = true,
	  .word = "gateway",
	  .help = "Address to send ICMP echo to, or `gateway`." },
	{ .name = NULL }
};

static const struct option_set ping_set = {
	.name = "ping", .rows = rows, .size = sizeof(struct ping_opts),
	.primary = "address", .check = check,
};

static int
add_target(struct flight *f, size_t index, const struct net_addr *addr)
{
	struct ping_target *list = realloc(f->targets,
	    (f->ntargets + 1) * sizeof(*list));

	if (list == NULL)
		return -ENOMEM;
	f->targets = list;
	f->targets[f->ntargets].index = index;
	f->targets[f->ntargets++].addr = *addr;
	return 0;
}

static int
add_targets(struct probe *p)
{
	const struct conf_uplink *u = p->host->uplink;
	const struct ping_opts *o;
	size_t i;
	int rc;

	for (i = 0; i < u->probe.ntargets; i++) {
		if (u->probe.targets[i].kind != &ping_set)
			continue;
		/* The word `gateway` has become an address in conf/. */
		o = u->probe.targets[i].opts;
		rc = add_target(&p->fam[net_fam(o->address.family)], i,
		    &o->address);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static void
ping_close(struct probe **pp)
{
	struct probe *p = *pp;
	size_t i;

	if (p == NULL)
		return;
	*pp = NULL;
	for (i = 0; i < NET_NFAM; i++) {
		if (p->fam[i].fd != -1)
			close(p->fam[i].fd);
		ping_table_free(&p->fam[i].table);
		free(p->fam[i].targets);
	}
	free(p);
}

static void
read_clock(struct probe *p)
{
	ping_clock_read(&p->clock, clock_mono_ns(), clock_wall_ns());
}

static int
ping_open(const struct probe_host *host, struct probe **out)
{
	struct probe *p = calloc(1, sizeof(*p));
	struct flight *f;
	size_t i;
	int rc;

	*out = NULL;
	if (p == NULL)
		return -ENOMEM;
	p->host = host;
	for (i = 0; i < NET_NFAM; i++) {
		f = &p->fam[i];
		f->fam = (enum net_fam)i;
		f->fd = -1;
		f->err = -ENOTCONN;
		MUST(getrandom(&f->id, sizeof(f->id), 0) == sizeof(f->id));
	}
	read_clock(p);
	rc = add_targets(p);
	for (i = 0; i < NET_NFAM && rc == 0; i++)
		if (p->fam[i].ntargets > 0)
			rc = ping_table_init(&p->fam[i].table,
			    p->fam[i].ntargets, &host->uplink->probe);
	if (rc != 0) {
		ping_close(&p);
		return rc;
	}
	*out = p;
	return 0;
}

static void
ask(struct probe *p, struct flight *f)
{
	if (f->fd != -1 || f->asked || f->ntargets == 0 ||
	    p->host->ifindex == 0)
		return;
	f->asked = p->host->want_icmp(p->host->arg, f->fam, f->id) == 0;
}

static void
report(struct probe *p, struct flight *f, size_t target, uint64_t round,
    enum sample sample, int64_t rtt_ns, int err)
{
	p->host->report(p->host->arg, f->targets[target].index, round,
	    sample, rtt_ns, err);
}

/*
 * The device is gone, and its socket dead for ever even if one of the same
 * name comes.  What was sent by it proves nothing.
 */
static void
drop_socket(struct probe *p, struct flight *f, int err)
{
	uint64_t round;
	size_t target;

	if (f->fd != -1)
		close(f->fd);
	f->fd = -1;
	f->err = err;
	while (ping_table_older(&f->table, CLOCK_NEVER, &round, &target)) {
		ping_table_close(&f->table, round, target);
		report(p, f, target, round, SAMPLE_CANNOT, 0, err);
	}
}

static void
ping_socket(struct probe *p, enum net_fam fam, int fd, int err)
{
	struct flight *f = &p->fam[fam];

	drop_socket(p, f, err);
	f->asked = false;
	f->fd = fd;
	ask(p, f);
}

/*
 * An error of a send speaks of us and of this machine, not of the line: no
 * route or address (ENETUNREACH, EADDRNOTAVAIL), a filter of our own (EPERM),
 * a queue that is full because we are quicker than the device (EAGAIN,
 * ENOBUFS; a device that takes nothing any more has lost what filled it, and
 * is down by that).  So it is never a loss.  Of a device that is gone the
 * socket is, too.
 */
static void
send_failed(struct probe *p, struct flight *f, uint64_t round, size_t target,
    int err)
{
	ping_table_close(&f->table, round, target);
	report(p, f, target, round, SAMPLE_CANNOT, 0, err);
	if (err == -ENODEV || err == -ENXIO || err == -EBADF) {
		drop_socket(p, f, err);
		ask(p, f);
	}
}

static void
flush(struct probe *p, struct flight *f, struct ping_outbox *b,
    uint64_t round)
{
	int64_t now_ns = clock_mono_ns();
	unsigned at, i;
	int n;

	for (at = 0; at < b->n && f->fd != -1; at += n > 0 ? (unsigned)n : 1) {
		n = ping_out_send(b, f->fd, at);
		for (i = at; n > 0 && i < at + (unsigned)n; i++)
			ping_table_sent(&f->table, round, b->target[i],
			    now_ns);
		if (n > 0)
			continue;
		ping_table_sent(&f->table, round, b->target[at], now_ns);
		send_failed(p, f, round, b->target[at], n);
	}
	for (; at < b->n; at++)
		report(p, f, b->target[at], round, SAMPLE_CANNOT, 0, f->err);
	b->n = 0;
}

static void
round_of(struct probe *p, struct flight *f, struct ping_outbox *b,
    uint64_t round)
{
	struct ping_echo echo = { .id = f->id, .seq = (uint16_t)round,
	    .token = p->host->token, .round = round };
	uint32_t i;

	ask(p, f);
	if (!ping_table_begin(&f->table, round)) {
		/* No room: answers could not be told apart. */
		for (i = 0; i < f->ntargets; i++)
			report(p, f, i, round, SAMPLE_CANNOT, 0, -ENOBUFS);
		return;
	}
	b->n = 0;
	for (i = 0; i < f->ntargets; i++) {
		echo.target = i;
		ping_out_add(b, i, f->fam, &f->targets[i].addr,
		    p->host->ifindex, &echo);
		if (b->n == PING_BATCH)
			flush(p, f, b, round);
	}
	flush(p, f, b, round);
}

static void
ping_round(struct probe *p, uint64_t round, int64_t now_ns)
{
	struct ping_outbox b;
	size_t fam;

	/* Each batch has its own time: thousands of targets take some. */
	(void)now_ns;
	for (fam = 0; fam < NET_NFAM; fam++)
		if (p->fam[fam].ntargets > 0)
			round_of(p, &p->fam[fam], &b, round);
}

static size_t
ping_polls(struct probe *p, struct pollfd *pfd, size_t max)
{
	size_t fam, n = 0;

	for (fam = 0; fam < NET_NFAM && n < max; fam++)
		if (p->fam[fam].fd != -1)
			pfd[n++] = (struct pollfd){ .fd = p->fam[fam].fd,
			    .events = POLLIN };
	return n;
}

/* True if it answers a request in flight in time; that one is closed. */
static bool
take(struct probe *p, struct flight *f, const struct ping_in *in)
{
	struct ping_proof proof = { .id = f->id, .token = p->host->token,
	    .ifindex = p->host->ifindex };
	struct net_addr src = in->src;
	struct ping_echo e;
	int64_t sent_ns, rtt_ns;

	if (in->cut || ping_read(f->fam, in->bytes, in->len, &e, &src) != 0)
		return false;
	sent_ns = ping_table_find(&f->table, e.round, e.target);
	if (sent_ns == 0)
		return false;
	proof.addr = f->targets[e.target].addr;
	if (!ping_proves(&e, &src, in->ifindex, &proof))
		return false;
	rtt_ns = ping_clock_mono(&p->clock, in->stamp_ns) - sent_ns;
	/* Late is lost: ping_expire() says so. */
	if (rtt_ns > p->host->uplink->probe.timeout_ns)
		return false;
	ping_table_close(&f->table, e.round, e.target);
	report(p, f, e.target, e.round, SAMPLE_OK, rtt_ns < 0 ? 0 : rtt_ns,
	    0);
	return true;
}

/* True if there may be more. */
static bool
read_batch(struct probe *p, struct flight *f, struct ping_inbox *b)
{
	int n = ping_in_read(b, f->fd);
	unsigned i;

	if (n == -EAGAIN)
		return false;
	/* A raw socket has no end of file; what is broken is replaced. */
	if (n < 0 || b->in[0].len == 0) {
		drop_socket(p, f, n < 0 ? n : -EPIPE);
		ask(p, f);
		return false;
	}
	read_clock(p);
	for (i = 0; i < b->n; i++)
		p->spurious += !take(p, f, &b->in[i]);
	return b->n == PING_BATCH;
}

static void
ping_ready(struct probe *p, int64_t now_ns)
{
	struct ping_inbox b;
	size_t fam;
	int i;

	(void)now_ns;
	for (fam = 0; fam < NET_NFAM; fam++)
		for (i = 0; i < READ_TURNS && p->fam[fam].fd != -1; i++)
			if (!read_batch(p, &p->fam[fam], &b))
				break;
}

static void
ping_expire(struct probe *p, int64_t now_ns)
{
	int64_t sent_ns = now_ns - p->host->uplink->probe.timeout_ns;
	struct flight *f;
	uint64_t round;
	size_t fam, target;

	for (fam = 0; fam < NET_NFAM; fam++) {
		f = &p->fam[fam];
		while (ping_table_older(&f->table, sent_ns, &round,
		    &target)) {
			ping_table_close(&f->table, round, target);
			report(p, f, target, round, SAMPLE_LOST, 0, 0);
		}
	}
}

static void
ping_forget(struct probe *p)
{
	struct flight *f;
	uint64_t round;
	size_t fam, target;

	for (fam = 0; fam < NET_NFAM; fam++) {
		f = &p->fam[fam];
		while (ping_table_older(&f->table, CLOCK_NEVER, &round,
		    &target))
			ping_table_close(&f->table, round, target);
	}
}

static int64_t
ping_due(struct probe *p)
{
	int64_t oldest = CLOCK_NEVER, one;
	size_t fam;

	for (fam = 0; fam < NET_NFAM; fam++) {
		one = ping_table_oldest(&p->fam[fam].table);
		oldest = one < oldest ? one : oldest;
	}
	return oldest == CLOCK_NEVER ? CLOCK_NEVER :
	    oldest + p->host->uplink->probe.timeout_ns;
}

static uint64_t
ping_spurious(const struct probe *p)
{
	return p->spurious;
}

extern const struct probe_kind probe_ping;
const struct probe_kind probe_ping = {
	.set = &ping_set,
	.open = ping_open,
	.close = ping_close,
	.socket = ping_socket,
	.round = ping_round,
	.polls = ping_polls,
	.ready = ping_ready,
	.expire = ping_expire,
	.forget = ping_forget,
	.due = ping_due,
	.spurious = ping_spurious,
};
