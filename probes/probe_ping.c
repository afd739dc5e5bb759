/* SPDX-License-Identifier: ISC */
/*
 * probe_ping: ICMP and ICMPv6 echo.  One raw socket per family and uplink,
 * opened by the parent and bound to the device; sends and receives go in
 * batches.  A reply counts once, and only if source, interface, identifier,
 * sequence, round, target and token are those of a request in flight.  Owns
 * its sockets, what waits to be sent, and the table of what is in flight.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "probes/ping_io.h"
#include "probes/ping_packet.h"
#include "probes/ping_table.h"
#include "probes/probe.h"

#define READ_TURNS	16	/* batches per call; the rest comes next time */

struct ping_opts {
	struct option_host	address;
};

/* One family: its socket and what is about to go out by it. */
struct flight {
	enum net_fam	fam;
	int		fd;
	bool		asked;		/* a socket is on its way */
	int		err;		/* why there is none */
	struct ping_outbox *box;	/* of one round; NULL until needed */
	uint32_t	tags[PING_BATCH];
	struct ping_table table;	/* a cell for each of our targets */
};

struct probe {
	const struct probe_host *host;
	size_t		ntargets;
	size_t		*target;	/* ours -> uplink->probe.targets */
	size_t		*ours;		/* and back */
	bool		fams[NET_NFAM];	/* may be needed */
	struct flight	fam[NET_NFAM];
	uint64_t	round;		/* the newest */
	struct ping_clock clock;
	uint64_t	spurious;
};

static const char *
check(const void *opts, char *buf, size_t len)
{
	const struct net_addr *a =
	    &((const struct ping_opts *)opts)->address.addr;

	(void)buf;
	(void)len;
	if (a->family == AF_INET && a->bytes[0] >= 224)
		return "a multicast or reserved address cannot be a target";
	if (a->family == AF_INET6 && a->bytes[0] == 0xff)
		return "a multicast address cannot be a target";
	return NULL;
}

static const struct option rows[] = {
	{ .name = "address", .type = OPTION_HOST,
	  .off = offsetof(struct ping_opts, address), .required = true,
	  .word = "gateway",
	  .help = "Host to send ICMP echo to: an address, a name, or `gateway`." },
	{ .name = NULL }
};

static const struct option_set ping_set = {
	.name = "ping", .rows = rows, .size = sizeof(struct ping_opts),
	.primary = "address", .check = check,
};

/* Which targets are ours, and which families they may be of. */
static int
add_targets(struct probe *p)
{
	const struct conf_uplink *u = p->host->uplink;
	const struct conf_target *t;
	size_t i;

	p->target = calloc(u->probe.ntargets + 1, sizeof(*p->target));
	p->ours = calloc(u->probe.ntargets + 1, sizeof(*p->ours));
	if (p->target == NULL || p->ours == NULL)
		return -ENOMEM;
	for (i = 0; i < u->probe.ntargets; i++) {
		t = &u->probe.targets[i];
		if (t->kind != &ping_set)
			continue;
		p->ours[i] = p->ntargets;
		p->target[p->ntargets++] = i;
		if (t->word)
			p->fams[t->fam] = true;
		else if (t->addr.family != 0)
			p->fams[net_fam(t->addr.family)] = true;
		else
			p->fams[NET_V4] = p->fams[NET_V6] = true;
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
		free(p->fam[i].box);
	}
	free(p->target);
	free(p->ours);
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
	}
	read_clock(p);
	rc = add_targets(p);
	for (i = 0; i < NET_NFAM && rc == 0; i++)
		if (p->fams[i])
			rc = ping_table_init(&p->fam[i].table, p->ntargets,
			    &host->uplink->probe);
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
	if (f->fd != -1 || f->asked || !p->fams[f->fam] ||
	    p->host->ifindex == 0)
		return;
	f->asked = p->host->want_socket(p->host->arg, POWER_ECHO, f->fam,
	    p->host->id) == 0;
}

static void
report(struct probe *p, size_t target, uint64_t round, enum sample sample,
    int64_t rtt_ns, int err)
{
	p->host->report(p->host->arg, p->target[target], round, sample,
	    rtt_ns, err);
}

/* Which address was asked, in few bits; only with the token can one guess. */
static uint32_t
tag_of(const struct probe *p, const struct net_addr *a)
{
	uint64_t h = p->host->token, word;
	size_t i;

	for (i = 0; i < (a->family == AF_INET ? 4u : 16u); i += 4) {
		word = 0;
		memcpy(&word, a->bytes + i, 4);
		h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	return (uint32_t)h;
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
	while (p->fams[f->fam] && ping_table_older(&f->table, CLOCK_NEVER,
	    &round, &target)) {
		ping_table_close(&f->table, round, target);
		report(p, target, round, SAMPLE_CANNOT, 0, err);
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
	report(p, target, round, SAMPLE_CANNOT, 0, err);
	if (err == -ENODEV || err == -ENXIO || err == -EBADF) {
		drop_socket(p, f, err);
		ask(p, f);
	}
}

/*
 * In the table a cell comes before its packet goes, with the time at which
 * the batch went: in the order of targets, whatever fails in between.
 */
static void
flush(struct probe *p, struct flight *f)
{
	struct ping_outbox *b = f->box;
	int64_t now_ns = clock_mono_ns();
	unsigned at, i;
	int n;

	for (at = 0; at < b->n && f->fd != -1; at += n > 0 ? (unsigned)n : 1) {
		n = ping_out_send(b, f->fd, at);
		for (i = at; n > 0 && i < at + (unsigned)n; i++)
			ping_table_sent(&f->table, p->round, b->target[i],
			    f->tags[i], now_ns);
		if (n > 0)
			continue;
		ping_table_sent(&f->table, p->round, b->target[at],
		    f->tags[at], now_ns);
		send_failed(p, f, p->round, b->target[at], n);
	}
	for (; at < b->n; at++)
		report(p, b->target[at], p->round, SAMPLE_CANNOT, 0, f->err);
	b->n = 0;
}

static void
ping_flush(struct probe *p, int64_t now_ns)
{
	size_t fam;

	/* Each batch has its own time: thousands of targets take some. */
	(void)now_ns;
	for (fam = 0; fam < NET_NFAM; fam++)
		if (p->fam[fam].box != NULL && p->fam[fam].box->n > 0)
			flush(p, &p->fam[fam]);
}

/* 0: there is a socket, and room. */
static int
may_send(struct probe *p, struct flight *f, uint64_t round)
{
	if (round != p->round)
		ping_flush(p, 0);
	p->round = round;
	ask(p, f);
	if (!p->fams[f->fam])
		return -EAFNOSUPPORT;
	if (f->box == NULL)
		f->box = calloc(1, sizeof(*f->box));
	if (f->box == NULL)
		return -ENOMEM;
	/* No room: answers could not be told apart. */
	return ping_table_begin(&f->table, round) ? 0 : -ENOBUFS;
}

static void
ping_send(struct probe *p, size_t target, uint64_t round,
    const struct net_addr *addr, int64_t now_ns)
{
	struct flight *f = &p->fam[net_fam(addr->family)];
	struct ping_echo echo = { .id = p->host->id, .seq = (uint16_t)round,
	    .token = p->host->token, .round = round,
	    .target = (uint32_t)p->ours[target] };
	int rc = may_send(p, f, round);

	(void)now_ns;
	if (rc != 0) {
		report(p, echo.target, round, SAMPLE_CANNOT, 0, rc);
		return;
	}
	f->tags[f->box->n] = tag_of(p, addr);
	ping_out_add(f->box, echo.target, f->fam, addr, p->host->ifindex,
	    &echo);
	if (f->box->n == PING_BATCH)
		flush(p, f);
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
	struct ping_proof proof = { .id = p->host->id, .token = p->host->token,
	    .ifindex = p->host->ifindex };
	struct net_addr src = in->src;
	struct ping_echo e;
	const struct ping_cell *cell;
	int64_t rtt_ns;

	if (in->cut || ping_read(f->fam, in->bytes, in->len, &e, &src) != 0)
		return false;
	cell = ping_table_find(&f->table, e.round, e.target);
	if (cell == NULL || cell->tag != tag_of(p, &src))
		return false;
	proof.addr = src;
	if (!ping_proves(&e, &src, in->ifindex, &proof))
		return false;
	rtt_ns = ping_clock_mono(&p->clock, in->stamp_ns) - cell->sent_ns;
	/* Late is lost: ping_expire() says so. */
	if (rtt_ns > p->host->uplink->probe.timeout_ns)
		return false;
	ping_table_close(&f->table, e.round, e.target);
	report(p, e.target, e.round, SAMPLE_OK, rtt_ns < 0 ? 0 : rtt_ns, 0);
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
		while (p->fams[fam] && ping_table_older(&f->table, sent_ns,
		    &round, &target)) {
			ping_table_close(&f->table, round, target);
			report(p, target, round, SAMPLE_LOST, 0, 0);
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
		while (p->fams[fam] && ping_table_older(&f->table,
		    CLOCK_NEVER, &round, &target))
			ping_table_close(&f->table, round, target);
		if (f->box != NULL)
			f->box->n = 0;
	}
}

static int64_t
ping_due(struct probe *p)
{
	int64_t first = CLOCK_NEVER, one;
	size_t fam;

	for (fam = 0; fam < NET_NFAM; fam++) {
		one = p->fams[fam] ? ping_table_oldest(&p->fam[fam].table) :
		    CLOCK_NEVER;
		first = one < first ? one : first;
	}
	return first == CLOCK_NEVER ? CLOCK_NEVER :
	    first + p->host->uplink->probe.timeout_ns;
}

static uint64_t
ping_spurious(const struct probe *p)
{
	return p->spurious;
}

extern const struct probe_kind probe_ping;
const struct probe_kind probe_ping = {
	.set = &ping_set,
	.stamped = true,
	.open = ping_open,
	.close = ping_close,
	.socket = ping_socket,
	.send = ping_send,
	.flush = ping_flush,
	.polls = ping_polls,
	.ready = ping_ready,
	.expire = ping_expire,
	.forget = ping_forget,
	.due = ping_due,
	.spurious = ping_spurious,
};
