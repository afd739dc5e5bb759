/* SPDX-License-Identifier: ISC */
/*
 * probe_ping: ICMP and ICMPv6 echo.  One raw socket per family and uplink,
 * opened by the parent and bound to the device; sends and receives go in
 * batches.  A reply counts once, and only if source, interface, identifier,
 * outstanding sequence, round, target and token are those of a request in
 * flight.  Owns its sockets and the table of what is in flight.
 */
#include <sys/random.h>
#include <sys/socket.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/must.h"
#include "probes/ping_packet.h"
#include "probes/probe.h"
#include "probes/verdict.h"

#define BATCH		64
#define READ_TURNS	16	/* batches per call; the rest comes next time */
#define SLOTS_MAX	65536	/* sequence numbers there are */
#define STAMP_AGE_MAX	(10 * NS_PER_S)

struct ping_opts {
	struct net_addr	address;	/* family 0 = the gateway */
};

struct ping_target {
	size_t		index;		/* in uplink->probe.targets */
	struct net_addr	addr;
};

struct slot {
	int64_t		sent_ns;
	uint64_t	round;
	uint32_t	target;		/* in flight->targets */
	uint16_t	seq;
	bool		open;
};

/* One family: its socket and what it has in flight. */
struct flight {
	int		fd;
	bool		asked;		/* a socket is on its way */
	int		err;		/* why there is none */
	uint16_t	id;
	struct slot	*slots;		/* by sequence & mask */
	uint32_t	mask;
	uint32_t	next, oldest;	/* sequence, before it is cut to 16 bit */
	size_t		ntargets;
	struct ping_target *targets;
};

struct probe {
	const struct probe_host *host;
	struct flight	fam[NET_NFAM];
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

/*
 * Room for every round that can be in flight: beyond it the oldest is taken
 * for lost a little early, which no sensible configuration reaches.
 */
static int
make_slots(struct flight *f, const struct conf_probe *conf)
{
	int64_t pace = conf->confirm_ns < conf->interval_ns ?
	    conf->confirm_ns : conf->interval_ns;
	uint64_t want = (uint64_t)(conf->timeout_ns / pace + 2) *
	    f->ntargets;
	uint32_t n = 64;

	while (n < want && n < SLOTS_MAX)
		n *= 2;
	f->slots = calloc(n, sizeof(*f->slots));
	f->mask = n - 1;
	return f->slots == NULL ? -ENOMEM : 0;
}

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
		free(p->fam[i].slots);
		free(p->fam[i].targets);
	}
	free(p);
}

static void
ask(struct probe *p, enum net_fam fam)
{
	struct flight *f = &p->fam[fam];

	if (f->fd != -1 || f->asked || f->ntargets == 0 ||
	    p->host->ifindex == 0)
		return;
	f->asked = p->host->want_icmp(p->host->arg, fam, f->id) == 0;
}

static int
ping_open(const struct probe_host *host, struct probe **out)
{
	struct probe *p = calloc(1, sizeof(*p));
	size_t i;
	int rc;

	*out = NULL;
	if (p == NULL)
		return -ENOMEM;
	p->host = host;
	for (i = 0; i < NET_NFAM; i++) {
		p->fam[i].fd = -1;
		p->fam[i].err = -ENOTCONN;
		MUST(getrandom(&p->fam[i].id, sizeof(p->fam[i].id), 0) ==
		    sizeof(p->fam[i].id));
	}
	rc = add_targets(p);
	for (i = 0; i < NET_NFAM && rc == 0; i++)
		if (p->fam[i].ntargets > 0)
			rc = make_slots(&p->fam[i], &host->uplink->probe);
	if (rc != 0) {
		ping_close(&p);
		return rc;
	}
	*out = p;
	return 0;
}

static void
ping_socket(struct probe *p, enum net_fam fam, int fd, int err)
{
	struct flight *f = &p->fam[fam];

	f->asked = false;
	f->err = err;
	if (f->fd != -1)
		close(f->fd);
	f->fd = fd;
}

static void
finish(struct probe *p, struct flight *f, struct slot *s, enum sample sample,
    int64_t rtt_ns, int err)
{
	s->open = false;
	p->host->report(p->host->arg, f->targets[s->target].index, s->round,
	    sample, rtt_ns, err);
}

/*
 * An error of a send speaks of us, not of the line: no route, no device, a
 * filter of our own, a full queue.  A device that is gone needs a new socket.
 */
static void
send_failed(struct probe *p, struct flight *f, struct slot *s, int err)
{
	if (err == -ENODEV || err == -ENXIO || err == -EBADF) {
		close(f->fd);
		f->fd = -1;
		f->err = err;
	}
	finish(p, f, s, SAMPLE_CANNOT, 0, err);
}

struct batch {
	unsigned char	bytes[BATCH][PING_BYTES];
	struct iovec	iov[BATCH];
	struct sockaddr_storage to[BATCH];
	struct mmsghdr	msg[BATCH];
	struct slot	*slot[BATCH];
	unsigned	n;
};

static socklen_t
sockaddr_of(const struct net_addr *a, int ifindex,
    struct sockaddr_storage *out)
{
	struct sockaddr_in *in = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (a->family == AF_INET) {
		in->sin_family = AF_INET;
		memcpy(&in->sin_addr, a->bytes, 4);
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	memcpy(&in6->sin6_addr, a->bytes, 16);
	if (net_addr_linklocal(a))
		in6->sin6_scope_id = (uint32_t)ifindex;
	return sizeof(*in6);
}

static void
fill(struct probe *p, enum net_fam fam, struct batch *b, uint32_t target,
    uint64_t round, int64_t now_ns)
{
	struct flight *f = &p->fam[fam];
	uint32_t seq = f->next++;
	struct slot *s = &f->slots[seq & f->mask];
	struct ping_echo echo = { .id = f->id, .seq = (uint16_t)seq,
	    .token = p->host->token, .round = round, .target = target };
	struct msghdr *h = &b->msg[b->n].msg_hdr;

	if (s->open)
		finish(p, f, s, SAMPLE_LOST, 0, 0);
	*s = (struct slot){ .sent_ns = now_ns, .round = round,
	    .target = target, .seq = (uint16_t)seq, .open = true };
	ping_write(fam, &echo, b->bytes[b->n]);
	memset(h, 0, sizeof(*h));
	h->msg_namelen = sockaddr_of(&f->targets[target].addr,
	    p->host->ifindex, &b->to[b->n]);
	h->msg_name = &b->to[b->n];
	b->iov[b->n].iov_base = b->bytes[b->n];
	b->iov[b->n].iov_len = PING_BYTES;
	h->msg_iov = &b->iov[b->n];
	h->msg_iovlen = 1;
	b->slot[b->n++] = s;
}

static void
flush(struct probe *p, struct flight *f, struct batch *b)
{
	unsigned at = 0;
	int n, err;

	while (at < b->n) {
		if (f->fd == -1) {
			finish(p, f, b->slot[at++], SAMPLE_CANNOT, 0, f->err);
			continue;
		}
		n = sendmmsg(f->fd, b->msg + at, b->n - at, 0);
		err = n == -1 ? -errno : 0;
		if (n > 0)
			at += (unsigned)n;
		else if (err != -EINTR)
			send_failed(p, f, b->slot[at++], err);
	}
	b->n = 0;
}

static void
ping_round(struct probe *p, uint64_t round, int64_t now_ns)
{
	struct flight *f;
	struct batch b;
	size_t fam;
	uint32_t i;

	b.n = 0;
	for (fam = 0; fam < NET_NFAM; fam++) {
		f = &p->fam[fam];
		ask(p, (enum net_fam)fam);
		for (i = 0; i < f->ntargets; i++) {
			fill(p, (enum net_fam)fam, &b, i, round, now_ns);
			if (b.n == BATCH)
				flush(p, f, &b);
		}
		flush(p, f, &b);
	}
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

/*
 * The kernel stamps arrival with wall time.  Its age, measured against the
 * wall clock of this moment, is subtracted from monotonic now; a step of the
 * wall clock in between shows as an absurd age and is not used.
 */
static int64_t
arrival(const struct timespec *stamp, int64_t now_ns)
{
	struct timespec wall;
	int64_t age;

	if (stamp->tv_sec == 0 || clock_gettime(CLOCK_REALTIME, &wall) == -1)
		return now_ns;
	age = (int64_t)(wall.tv_sec - stamp->tv_sec) * NS_PER_S +
	    (wall.tv_nsec - stamp->tv_nsec);
	return age < 0 || age > STAMP_AGE_MAX ? now_ns : now_ns - age;
}

struct arrived {
	int		ifindex;
	struct timespec	stamp;
};

static void
read_control(struct msghdr *h, struct arrived *a)
{
	struct in6_pktinfo info6;
	struct in_pktinfo info;
	struct cmsghdr *c;

	memset(a, 0, sizeof(*a));
	for (c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level == IPPROTO_IP &&
		    c->cmsg_type == IP_PKTINFO) {
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			a->ifindex = info.ipi_ifindex;
		} else if (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&info6, CMSG_DATA(c), sizeof(info6));
			a->ifindex = (int)info6.ipi6_ifindex;
		} else if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_TIMESTAMPNS)
			memcpy(&a->stamp, CMSG_DATA(c), sizeof(a->stamp));
	}
}

/* The slot that this echo answers, NULL if it answers none. */
static struct slot *
match(struct probe *p, struct flight *f, const struct ping_echo *e,
    const struct net_addr *src, int ifindex)
{
	struct slot *s = &f->slots[e->seq & f->mask];

	if (e->id != f->id || e->token != p->host->token ||
	    ifindex != p->host->ifindex || !s->open || e->seq != s->seq ||
	    e->target != s->target || e->round != s->round ||
	    !net_addr_eq(src, &f->targets[s->target].addr))
		return NULL;
	return s;
}

static void
take(struct probe *p, enum net_fam fam, struct msghdr *h, size_t len,
    int64_t now_ns)
{
	struct flight *f = &p->fam[fam];
	const struct sockaddr_in6 *from6 = h->msg_name;
	struct net_addr src = { 0 };
	struct ping_echo echo;
	struct arrived at;
	struct slot *s = NULL;
	int64_t rtt_ns;

	read_control(h, &at);
	if (ping_read(fam, h->msg_iov->iov_base, len, &echo, &src) == 0) {
		if (fam == NET_V6) {
			src.family = AF_INET6;
			memcpy(src.bytes, &from6->sin6_addr, 16);
		}
		s = match(p, f, &echo, &src, at.ifindex);
	}
	if (s == NULL) {
		p->spurious++;
		return;
	}
	rtt_ns = arrival(&at.stamp, now_ns) - s->sent_ns;
	if (rtt_ns > p->host->uplink->probe.timeout_ns) {
		/* Late is lost; expire() says so. */
		p->spurious++;
		return;
	}
	finish(p, f, s, SAMPLE_OK, rtt_ns < 0 ? 0 : rtt_ns, 0);
}

static bool
read_batch(struct probe *p, enum net_fam fam, int64_t now_ns)
{
	unsigned char bytes[BATCH][128];
	struct sockaddr_in6 from[BATCH];
	char control[BATCH][128];
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	int i, n;

	for (i = 0; i < BATCH; i++) {
		iov[i].iov_base = bytes[i];
		iov[i].iov_len = sizeof(bytes[i]);
		memset(&msg[i], 0, sizeof(msg[i]));
		memset(&from[i], 0, sizeof(from[i]));
		msg[i].msg_hdr.msg_name = &from[i];
		msg[i].msg_hdr.msg_namelen = sizeof(from[i]);
		msg[i].msg_hdr.msg_iov = &iov[i];
		msg[i].msg_hdr.msg_iovlen = 1;
		msg[i].msg_hdr.msg_control = control[i];
		msg[i].msg_hdr.msg_controllen = sizeof(control[i]);
	}
	n = recvmmsg(p->fam[fam].fd, msg, BATCH, MSG_DONTWAIT, NULL);
	for (i = 0; i < n; i++)
		take(p, fam, &msg[i].msg_hdr, msg[i].msg_len, now_ns);
	return n == BATCH;
}

static void
ping_ready(struct probe *p, int64_t now_ns)
{
	size_t fam;
	int i;

	for (fam = 0; fam < NET_NFAM; fam++)
		for (i = 0; i < READ_TURNS && p->fam[fam].fd != -1; i++)
			if (!read_batch(p, (enum net_fam)fam, now_ns))
				break;
}

static void
ping_expire(struct probe *p, int64_t now_ns)
{
	int64_t timeout_ns = p->host->uplink->probe.timeout_ns;
	struct flight *f;
	struct slot *s;
	size_t fam;

	for (fam = 0; fam < NET_NFAM; fam++) {
		f = &p->fam[fam];
		for (; f->oldest != f->next; f->oldest++) {
			s = &f->slots[f->oldest & f->mask];
			if (!s->open)
				continue;
			if (now_ns - s->sent_ns < timeout_ns)
				break;
			finish(p, f, s, SAMPLE_LOST, 0, 0);
		}
	}
}

static void
ping_forget(struct probe *p)
{
	struct flight *f;
	size_t fam;

	for (fam = 0; fam < NET_NFAM; fam++) {
		f = &p->fam[fam];
		for (; f->oldest != f->next; f->oldest++)
			f->slots[f->oldest & f->mask].open = false;
	}
}

static int64_t
ping_due(const struct probe *p)
{
	int64_t timeout_ns = p->host->uplink->probe.timeout_ns;
	int64_t due = CLOCK_NEVER, one;
	const struct flight *f;
	size_t fam;
	uint32_t n;

	for (fam = 0; fam < NET_NFAM; fam++) {
		f = &p->fam[fam];
		for (n = f->oldest; n != f->next; n++)
			if (f->slots[n & f->mask].open)
				break;
		if (n == f->next)
			continue;
		one = f->slots[n & f->mask].sent_ns + timeout_ns;
		due = one < due ? one : due;
	}
	return due;
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
