/* SPDX-License-Identifier: ISC */
/*
 * probe: what a kind of probe is.  A kind sends and reports samples; it never
 * judges, resolves, publishes, logs a level or sleeps: the worker and judge.c
 * do, once for all.  One instance serves all targets of its kind on one
 * uplink, so that sends and receives can be batched.  Entered by the worker's
 * thread only.
 */
#ifndef UPLINKD_PROBES_PROBE_H
#define UPLINKD_PROBES_PROBE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "lib/net.h"
#include "lib/option.h"
#include "proto/power.h"

enum sample {
	SAMPLE_OK = 1,
	SAMPLE_LOST,
	SAMPLE_CANNOT,		/* nothing was sent: no route, device, ... */
	SAMPLE_SKIP,		/* takes no part in this round: no vote at all */
	SAMPLE_IDLE		/* not asked in this round: see verdict_judge */
};

/* Where an instance puts its results, and what it may ask. */
struct probe_host {
	const struct conf_uplink *uplink;
	int		ifindex;	/* 0 = the interface is absent */
	bool		ethernet;	/* it has an Ethernet address, this: */
	uint8_t		lladdr[NET_LLADDR];
	/* Ours, as the gateway's neighbour; family 0: none. */
	struct net_addr	source[NET_NFAM];
	uint64_t	token;		/* random per run, in each payload */
	uint16_t	id;		/* of ICMP echo */
	/*
	 * target: index into uplink->probe.targets.  rtt_ns for SAMPLE_OK; err
	 * is the -errno behind SAMPLE_CANNOT.  Exactly once for each send, but
	 * for those that were forgotten.
	 */
	void		(*report)(void *arg, size_t target, uint64_t round,
			    enum sample, int64_t rtt_ns, int err);
	/*
	 * Starts to open a socket that needs power; it comes by kind->socket.
	 * id: of ICMP echo.  0 or -errno (-EAGAIN: later).
	 */
	int		(*want_socket)(void *arg, enum power_socket,
			    enum net_fam, uint16_t id);
	/*
	 * Starts the configured command of a `run` target by the parent.  The
	 * descriptor (caller closes it, which ends the command if it still
	 * runs) gets one struct power_exit; or -errno.  *output: its output,
	 * to be read until then, and closed; neither blocks.
	 */
	int		(*want_check)(void *arg, size_t target, int *output);
	/*
	 * Lets a TCP socket of the kind's own hear nothing but what comes in
	 * by the line's device (sys_only_by), where that needs power.  The
	 * descriptor (caller closes it) gets one struct power_sock_done; or
	 * -errno.
	 */
	int		(*want_filter)(void *arg, int fd);
	void		*arg;
};

struct probe;			/* each kind has its own */

struct probe_kind {
	const struct option_set	*set;
	/* The kernel notes when answers come, so that reading them may wait. */
	bool	stamped;
	/* host outlives the instance.  0, *out; -errno. */
	int	(*open)(const struct probe_host *, struct probe **out);
	void	(*close)(struct probe **);
	/*
	 * A socket asked for has come, or could not be opened, or the device
	 * of the one in use is gone (fd -1, err; also told to kinds that open
	 * their own: what is in flight on the old device is reported as
	 * SAMPLE_CANNOT).  The kind may ask anew.
	 */
	void	(*socket)(struct probe *, enum net_fam, int fd, int err);
	/*
	 * One probe at one of its targets; never blocks.  addr: where the
	 * target is in this round (a name's address, the present gateway);
	 * family 0 for kinds without an address.  Rounds count up; a target
	 * is sent to at most once in each.  May be put off until flush.
	 */
	void	(*send)(struct probe *, size_t target, uint64_t round,
		    const struct net_addr *addr, int64_t now_ns);
	/* The end of a batch of sends.  NULL: nothing is put off. */
	void	(*flush)(struct probe *, int64_t now_ns);
	/*
	 * Fills at most max descriptors to poll, with their events; returns
	 * how many there are, which may be more: it is asked again with room.
	 */
	size_t	(*polls)(struct probe *, struct pollfd *, size_t max);
	/* One of them is ready, which one is for the kind to find out. */
	void	(*ready)(struct probe *, int64_t now_ns);
	/* Reports as lost what is in flight longer than its timeout. */
	void	(*expire)(struct probe *, int64_t now_ns);
	/* What is in flight is never reported: time stood still. */
	void	(*forget)(struct probe *);
	/* When expire is due next; CLOCK_NEVER. */
	int64_t	(*due)(struct probe *);
	/* Counters for the log and status: replies that matched nothing. */
	uint64_t	(*spurious)(const struct probe *);
};

/* Thread: any.  Lookup for conf and the worker; NULL if there is none. */
const struct probe_kind	*probe_kind(const char *name);
const struct option_set	*probe_option_set(const char *name);
const char		*probe_kind_name(size_t n);

#endif
