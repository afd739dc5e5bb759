/* SPDX-License-Identifier: ISC */
/*
 * power_plan: the one request to the parent that needs routing/'s types; the
 * others are in proto/power.h.
 */
#ifndef UPLINKD_DISPATCHER_POWER_PLAN_H
#define UPLINKD_DISPATCHER_POWER_PLAN_H

#include <stdint.h>

#include "routing/plan.h"

struct power_plan {
	uint32_t	kind;		/* POWER_PLAN */
	uint32_t	pad;
	uint64_t	number;		/* from 1, comes back with the answer */
	struct plan	plan;
};

struct power_plan_done {
	uint32_t	kind;		/* POWER_PLAN_DONE */
	int32_t		err;		/* 0, or the first -errno */
	uint64_t	number;		/* 0 = the parent's own comparison */
	uint32_t	writes, refused;
	int64_t		done_ns;	/* monotonic, after the last write */
	char		text[200];
};

#endif
