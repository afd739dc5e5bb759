/* SPDX-License-Identifier: ISC */
/*
 * ping_io: echo packets in batches through a raw socket, with what the kernel
 * says of each reply: source, interface and time.  Owns no socket and no
 * memory; entered by the worker's thread.
 */
#ifndef UPLINKD_PROBES_PING_IO_H
#define UPLINKD_PROBES_PING_IO_H

#include <sys/socket.h>
#include <sys/uio.h>

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/net.h"
#include "probes/ping_packet.h"

#define PING_BATCH	64
#define PING_READ_BYTES	128	/* an IPv4 header has at most 60 */
#define PING_CONTROL	128

/*
 * The kernel stamps arrival with wall time.  What the wall clock is ahead of
 * the monotonic one turns a stamp into an instant of ours, unless that has
 * changed since we last looked: then the clock was set in between and nobody
 * can tell which of the two a stamp is of.
 */
struct ping_clock {
	int64_t		mono_ns, ahead_ns;
	bool		usable;
};

/* Pure.  Both clocks, read now. */
void	ping_clock_read(struct ping_clock *, int64_t mono_ns,
	    int64_t wall_ns);
/* Pure.  A stamp, 0 = none, as monotonic time; never in the future. */
int64_t	ping_clock_mono(const struct ping_clock *, int64_t stamp_ns);

union ping_to {
	struct sockaddr_in	in;
	struct sockaddr_in6	in6;
};

/* Requests of one round on their way out; for the stack. */
struct ping_outbox {
	unsigned	n;
	size_t		target[PING_BATCH];	/* the caller's */
	unsigned char	bytes[PING_BATCH][PING_BYTES];
	struct iovec	iov[PING_BATCH];
	union ping_to	to[PING_BATCH];
	struct mmsghdr	msg[PING_BATCH];
};

/* Adds one; there is room for PING_BATCH.  ifindex: scope of a link-local. */
void	ping_out_add(struct ping_outbox *, size_t target, enum net_fam,
	    const struct net_addr *, int ifindex, const struct ping_echo *);
/* Sends from the nth on.  How many went, at least 1; -errno of the nth. */
int	ping_out_send(struct ping_outbox *, int fd, unsigned nth);

/* A packet that came in. */
struct ping_in {
	const unsigned char *bytes;
	size_t		len;
	bool		cut;		/* something did not fit: not ours */
	int		ifindex;	/* 0 = not told */
	struct net_addr	src;		/* IPv6 only, else family 0 */
	int64_t		stamp_ns;	/* wall time; 0 = none */
};

struct ping_inbox {
	unsigned	n;
	struct ping_in	in[PING_BATCH];
	unsigned char	bytes[PING_BATCH][PING_READ_BYTES];
	_Alignas(struct cmsghdr) char control[PING_BATCH][PING_CONTROL];
	struct iovec	iov[PING_BATCH];
	struct sockaddr_in6 from[PING_BATCH];
	struct mmsghdr	msg[PING_BATCH];
};

/* Reads what waits, one batch; how many, -EAGAIN, -errno. */
int	ping_in_read(struct ping_inbox *, int fd);

#endif
