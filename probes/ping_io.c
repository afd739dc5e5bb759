/* SPDX-License-Identifier: ISC */
/*
 * ping_io: sendmmsg(2), recvmmsg(2) and their control messages; one call for
 * many targets is what keeps them cheap.
 */
#include "probes/ping_io.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/must.h"

#define SLEW_MAX	(20 * NS_PER_MS)	/* more is a step */

void
ping_clock_read(struct ping_clock *c, int64_t mono_ns, int64_t wall_ns)
{
	int64_t ahead = wall_ns - mono_ns;
	int64_t moved = ahead - c->ahead_ns;

	/* The first reading finds 0 here, which no clock is ahead by. */
	c->usable = moved < SLEW_MAX && moved > -SLEW_MAX;
	c->ahead_ns = ahead;
	c->mono_ns = mono_ns;
}

int64_t
ping_clock_mono(const struct ping_clock *c, int64_t stamp_ns)
{
	int64_t at_ns = stamp_ns - c->ahead_ns;

	if (!c->usable || stamp_ns == 0 || at_ns > c->mono_ns)
		return c->mono_ns;
	return at_ns;
}

static socklen_t
to_addr(union ping_to *to, const struct net_addr *a, int ifindex)
{
	memset(to, 0, sizeof(*to));
	if (a->family == AF_INET) {
		to->in.sin_family = AF_INET;
		memcpy(&to->in.sin_addr, a->bytes, 4);
		return sizeof(to->in);
	}
	to->in6.sin6_family = AF_INET6;
	memcpy(&to->in6.sin6_addr, a->bytes, 16);
	if (net_addr_linklocal(a))
		to->in6.sin6_scope_id = (uint32_t)ifindex;
	return sizeof(to->in6);
}

void
ping_out_add(struct ping_outbox *b, size_t target, enum net_fam fam,
    const struct net_addr *addr, int ifindex, const struct ping_echo *echo)
{
	struct msghdr *h = &b->msg[b->n].msg_hdr;

	MUST(b->n < PING_BATCH);
	b->target[b->n] = target;
	ping_write(fam, echo, b->bytes[b->n]);
	b->iov[b->n].iov_base = b->bytes[b->n];
	b->iov[b->n].iov_len = PING_BYTES;
	memset(&b->msg[b->n], 0, sizeof(b->msg[b->n]));
	h->msg_namelen = to_addr(&b->to[b->n], addr, ifindex);
	h->msg_name = &b->to[b->n];
	h->msg_iov = &b->iov[b->n];
	h->msg_iovlen = 1;
	b->n++;
}

int
ping_out_send(struct ping_outbox *b, int fd, unsigned nth)
{
	int n;

	do
		n = sendmmsg(fd, b->msg + nth, b->n - nth, MSG_DONTWAIT |
		    MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n == -1 ? -errno : n;
}

static void
read_control(struct msghdr *h, struct ping_in *in)
{
	struct in6_pktinfo info6;
	struct in_pktinfo info;
	struct timespec ts;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level == IPPROTO_IP &&
		    c->cmsg_type == IP_PKTINFO) {
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			in->ifindex = info.ipi_ifindex;
		} else if (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&info6, CMSG_DATA(c), sizeof(info6));
			in->ifindex = (int)info6.ipi6_ifindex;
		} else if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&ts, CMSG_DATA(c), sizeof(ts));
			in->stamp_ns = (int64_t)ts.tv_sec * NS_PER_S +
			    ts.tv_nsec;
		}
	}
}

static void
prepare(struct ping_inbox *b)
{
	struct msghdr *h;
	unsigned i;

	for (i = 0; i < PING_BATCH; i++) {
		b->iov[i].iov_base = b->bytes[i];
		b->iov[i].iov_len = sizeof(b->bytes[i]);
		b->from[i].sin6_family = AF_UNSPEC;
		h = &b->msg[i].msg_hdr;
		memset(h, 0, sizeof(*h));
		h->msg_name = &b->from[i];
		h->msg_namelen = sizeof(b->from[i]);
		h->msg_iov = &b->iov[i];
		h->msg_iovlen = 1;
		h->msg_control = b->control[i];
		h->msg_controllen = sizeof(b->control[i]);
	}
}

int
ping_in_read(struct ping_inbox *b, int fd)
{
	struct ping_in *in;
	unsigned i;
	int n;

	prepare(b);
	b->n = 0;
	do
		n = recvmmsg(fd, b->msg, PING_BATCH, MSG_DONTWAIT, NULL);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return -errno;
	b->n = (unsigned)n;
	for (i = 0; i < b->n; i++) {
		in = &b->in[i];
		memset(in, 0, sizeof(*in));
		in->bytes = b->bytes[i];
		in->len = b->msg[i].msg_len;
		in->cut = (b->msg[i].msg_hdr.msg_flags &
		    (MSG_TRUNC | MSG_CTRUNC)) != 0;
		read_control(&b->msg[i].msg_hdr, in);
		if (b->from[i].sin6_family == AF_INET6) {
			in->src.family = AF_INET6;
			memcpy(in->src.bytes, &b->from[i].sin6_addr, 16);
		}
	}
	return n;
}
