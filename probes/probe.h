/* SPDX-License-Identifier: ISC */
/*
 * probe: what a kind of probe is.  A kind reports samples; it never judges,
 * publishes, logs a level or sleeps: worker.c and verdict.c do, once for all.
 * One instance serves all targets of its kind on one uplink, so that sends
 * and receives can be batched.  Entered by the worker's thread only.
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

enum sample {
	SAMPLE_OK = 1,
	SAMPLE_LOST,
	SAMPLE_CANNOT		/* nothing was sent: no route, device, ... */
};

/* Where an instance puts its results, and what it may ask. */
struct probe_host {
	const struct conf_uplink *uplink;
	int		ifindex;	/* 0 = the interface is absent */
	uint64_t	token;		/* random per run, in each payload */
	/*
	 * target: index into uplink->probe.targets.  rtt_ns for SAMPLE_OK; err
	 * is the -errno behind SAMPLE_CANNOT.  At most once per round and
	 * target.
	 */
	void		(*report)(void *arg, size_t target, uint64_t round,
			    enum sample, int64_t rtt_ns, int err);
	/* Starts to open an echo socket; it comes by kind->socket. */
	int		(*want_icmp)(void *arg, enum net_fam, uint16_t id);
	void		*arg;
};

struct probe;			/* each kind has its own */

struct probe_kind {
	const struct option_set	*set;
	/* host outlives the instance.  0, *out; -errno. */
	int	(*open)(const struct probe_host *, struct probe **out);
	void	(*close)(struct probe **);
	/*
	 * A socket asked for has come, or could not be opened, or the device
	 * of the one in use is gone (fd -1, err); the kind may ask anew.
	 */
	void	(*socket)(struct probe *, enum net_fam, int fd, int err);
	/* Starts one probe at each of its targets; never blocks. */
	void	(*round)(struct probe *, uint64_t round, int64_t now_ns);
	/* Fills at most max descriptors to poll; returns how many. */
	size_t	(*polls)(struct probe *, struct pollfd *, size_t max);
	/* Reads what waits. */
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
