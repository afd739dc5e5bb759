/* SPDX-License-Identifier: ISC */
/*
 * flow_policy: what becomes of the connections of a line that has gone down,
 * has returned, or carries no longer.  Pure: the time is an argument; any
 * thread.
 */
#ifndef UPLINKD_DISPATCHER_FLOW_POLICY_H
#define UPLINKD_DISPATCHER_FLOW_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/clock.h"
#include "lib/option.h"
#include "proto/event.h"
#include "routing/plan.h"

struct conf_flows;

/* More than the largest table takes; the parent has its own limit. */
#define FLOWS_TIME	(60 * NS_PER_S)

enum flow_trigger {
	FLOW_DOWN,		/* the line has gone down */
	FLOW_UP,		/* it is up again */
	FLOW_IDLE,		/* a lower tier carries again, in its place */
	FLOW_NTRIGGER
};

/* Of those that the line had before its outage. */
enum flow_address {
	FLOW_ADDRESS_LOST = 1,	/* nobody has told which they were */
	FLOW_ADDRESS_UNKNOWN,	/* it has none at present */
	FLOW_ADDRESS_SAME,
	FLOW_ADDRESS_CHANGED	/* at least one is not its own any more */
};

/* The newest plan, in the kernel. */
enum flow_route { FLOW_ROUTE_PENDING = 1, FLOW_ROUTE_FAILED, FLOW_ROUTE_DONE };

struct flow_case {
	enum flow_trigger trigger;
	struct option_flows policy;	/* that of the trigger */
	enum flow_address address;
	enum flow_route	route;
	bool		down;		/* the line is down now */
	bool		carries;	/* the line carries traffic now */
	bool		others;		/* another one does */
	int64_t		age_ns;		/* since the trigger */
};

enum flow_do {
	FLOW_NOTHING = 1,	/* and that is the end of it */
	FLOW_WAIT,		/* ask again when something has changed */
	FLOW_KILL,		/* all of the line's */
	FLOW_KILL_OLD		/* of the addresses that it has no longer */
};

/* *why: for the log, if it is FLOW_NOTHING and somebody may wonder; NULL. */
enum flow_do	flow_decide(const struct flow_case *, const char **why);
enum flow_address	flow_address(const struct event_addrs *before,
		    const struct event_addrs *now);
const struct option_flows	*flow_policy_of(const struct conf_flows *,
		    enum flow_trigger);
const char	*flow_trigger_name(enum flow_trigger);
/* Another uplink carries traffic of this family. */
bool	flow_others(const struct plan *, enum net_fam, size_t uplink);

#endif
