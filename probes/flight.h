/* SPDX-License-Identifier: ISC */
/*
 * flight: what those kinds have in common each of whose probes has a connected
 * socket of its own, which belongs to the line's device.  A kind adds its
 * keys, what it says, and how it judges what comes.
 *
 * A round does not wait for the one before it: with a timeout that is longer
 * than the pace several probes of a target are under way, as `fall` counts
 * rounds, and a silent target is to fail in each of them.  (One at a time, as
 * an HTTP server is asked out of courtesy, would need `fall` timeouts.)
 *
 * Even such a socket hears what this machine says in the place of others: its
 * packet filter that rejects with a reset, or redirects to a server here.  So
 * it takes only what came in by the device.  Newer kernels (6.18 does) let
 * nobody without CAP_NET_ADMIN say so to a TCP socket: then the parent does,
 * before it is connected.
 *
 * Entered by the worker's thread.  Owns the sockets and all that is in flight.
 */
#ifndef UPLINKD_PROBES_FLIGHT_H
#define UPLINKD_PROBES_FLIGHT_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net.h"
#include "probes/ping_io.h"
#include "probes/probe.h"

#define FLIGHT_WHY_MAX	48

/* A probe under way. */
struct flight {
	size_t		target;		/* in uplink->probe.targets */
	const void	*opts;		/* of the target */
	uint64_t	round;
	enum net_fam	fam;
	int64_t		sent_ns;
	int		fd;		/* -1: its end came too late */
	int		ask;		/* the parent's word is waited for; -1 */
	struct net_addr	addr;
	uint16_t	id;		/* the kind's */
	struct flight	*prev, *next;	/* oldest first */
};

/* How a kind goes about it. */
struct flight_way {
	int		type;		/* SOCK_STREAM, SOCK_DGRAM */
	uint16_t	(*port)(const void *opts);
	/* The socket is being connected: says what is to be said.  NULL. */
	int		(*begin)(struct flight *);
	/* Something came: waits on, or calls one of those below, once. */
	void		(*ready)(struct probe *, struct flight *);
};

struct probe {
	const struct probe_host *host;
	const struct flight_way *way;
	int		set;		/* all the sockets */
	int		fd_max;		/* those beyond are for others */
	struct flight	*first, *last;
	size_t		n;		/* in flight */
	struct ping_clock clock;
	uint64_t	spurious;
	char		(*why)[FLIGHT_WHY_MAX];	/* of each target, newest */
};

/* For ready: it was answered, after so long or at this wall time (0: now). */
void	flight_answered(struct probe *, struct flight *, int64_t rtt_ns);
void	flight_answered_at(struct probe *, struct flight *, int64_t stamp_ns);
/* For ready: it will not be.  why is for the log. */
void	flight_lost(struct probe *, struct flight *, const char *why);

/* As in struct probe_kind; a kind's open calls flight_open. */
int	flight_open(const struct probe_host *, const struct flight_way *,
	    struct probe **);
void	flight_close(struct probe **);
void	flight_socket(struct probe *, enum net_fam, int fd, int err);
void	flight_send(struct probe *, size_t target, uint64_t round,
	    const struct net_addr *, int64_t now_ns);
size_t	flight_polls(struct probe *, struct pollfd *, size_t max);
void	flight_ready(struct probe *, int64_t now_ns);
void	flight_expire(struct probe *, int64_t now_ns);
void	flight_forget(struct probe *);
int64_t	flight_due(struct probe *);
uint64_t	flight_spurious(const struct probe *);

#endif
