/* SPDX-License-Identifier: ISC */
/*
 * trail: all that one uplink's judge is told, in its order, kept until it is
 * said: rounds, samples, what is forgotten.  Who reads it can tell another
 * judge the same.  Pure; owned by who owns the judge.
 */
#ifndef UPLINKD_PROBES_TRAIL_H
#define UPLINKD_PROBES_TRAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "probes/judge.h"
#include "probes/probe.h"
#include "proto/event.h"

struct trail_log {
	const struct conf_probe	*conf;
	const struct judge	*judge;
	struct trail	trail;		/* without ages */
	int64_t		at_ns[EVENT_TRAIL_MAX];
	size_t		listed[EVENT_TARGETS_MAX];	/* in conf */
};

/* Thread: owner, all.  Both outlive it.  life: random. */
void	trail_init(struct trail_log *, const struct conf_uplink *,
	    const struct judge *, uint64_t life);
/*
 * False: there is no room, until trail_next.  After the first one there
 * always is some.
 */
bool	trail_round(struct trail_log *, uint64_t round, int64_t now_ns);
bool	trail_sample(struct trail_log *, size_t target, uint64_t round,
	    enum sample, int64_t rtt_ns, int64_t now_ns);
bool	trail_forget(struct trail_log *, int64_t now_ns);
bool	trail_deaf(struct trail_log *, int64_t now_ns);
/* What is known of the target's name belongs into it. */
bool	trail_name(struct trail_log *, size_t target);
/* As it is said now; what the kernel says is the judge's newest. */
void	trail_fill(const struct trail_log *, struct trail *, int64_t now_ns);
/* It has been said, or is lost: the next part begins. */
void	trail_next(struct trail_log *);

#endif
