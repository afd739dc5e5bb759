/* SPDX-License-Identifier: ISC */
/*
 * flow_policy: in this order: is there still a reason; are the routes in the
 * kernel, since what is ended before would come back the old way; is it time;
 * and does anybody else carry traffic.  Asked again after each change.
 */
#include "dispatcher/flow_policy.h"

#include "conf/conf.h"

static const char *const names[FLOW_NTRIGGER] = {
	[FLOW_DOWN] = "down", [FLOW_UP] = "up", [FLOW_IDLE] = "idle",
};

const char *
flow_trigger_name(enum flow_trigger trigger)
{
	return names[trigger];
}

const struct option_flows *
flow_policy_of(const struct conf_flows *f, enum flow_trigger trigger)
{
	return trigger == FLOW_DOWN ? &f->down :
	    trigger == FLOW_UP ? &f->up : &f->idle;
}

static bool
has(const struct event_addrs *a, const struct net_addr *one)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (net_addr_eq(&a->list[i], one))
			return true;
	return false;
}

enum flow_address
flow_address(const struct event_addrs *before, const struct event_addrs *now)
{
	size_t i;

	if (before->n == 0)
		return FLOW_ADDRESS_LOST;
	if (now->n == 0)
		return FLOW_ADDRESS_UNKNOWN;
	for (i = 0; i < before->n; i++)
		if (!has(now, &before->list[i]))
			return FLOW_ADDRESS_CHANGED;
	return FLOW_ADDRESS_SAME;
}

bool
flow_others(const struct plan *plan, enum net_fam fam, size_t uplink)
{
	size_t i;

	for (i = 0; i < plan->nuplinks; i++)
		if (i != uplink && plan->carry[fam][i] != 0)
			return true;
	return false;
}

/* The line has come back from what was the reason; NULL: it has not. */
static const char *
is_over(const struct flow_case *c)
{
	switch (c->trigger) {
	case FLOW_DOWN:
		return c->down ? NULL : "the line has returned";
	case FLOW_UP:
		return c->down ? "the line is down again" : NULL;
	case FLOW_IDLE:
		return c->down ? "the line is down" :
		    c->carries ? "the line carries again" : NULL;
	case FLOW_NTRIGGER:
		break;
	}
	return "there is no such reason";
}

/* Decided at the return, whichever end of the outage it was asked for. */
static enum flow_do
by_address(const struct flow_case *c, const char **why)
{
	if (c->down && c->trigger == FLOW_DOWN)
		return FLOW_WAIT;
	if (c->down) {
		*why = "the line is down again";
		return FLOW_NOTHING;
	}
	switch (c->address) {
	case FLOW_ADDRESS_UNKNOWN:
		return FLOW_WAIT;
	case FLOW_ADDRESS_CHANGED:
		return FLOW_KILL_OLD;
	case FLOW_ADDRESS_SAME:
		*why = "the address is the same";
		break;
	case FLOW_ADDRESS_LOST:
		*why = "its address before is not known";
		break;
	}
	return FLOW_NOTHING;
}

static enum flow_do
reason(const struct flow_case *c, const char **why)
{
	switch (c->policy.policy) {
	case OPTION_FLOWS_KEEP:
		return FLOW_NOTHING;
	case OPTION_FLOWS_KILL:
	case OPTION_FLOWS_KILL_AFTER:
		*why = is_over(c);
		return *why == NULL ? FLOW_KILL : FLOW_NOTHING;
	case OPTION_FLOWS_KILL_CHANGED:
		return by_address(c, why);
	}
	return FLOW_NOTHING;
}

enum flow_do
flow_decide(const struct flow_case *c, const char **why)
{
	enum flow_do what;

	*why = NULL;
	what = reason(c, why);
	if (what == FLOW_NOTHING || what == FLOW_WAIT)
		return what;
	if (c->route == FLOW_ROUTE_PENDING)
		return FLOW_WAIT;
	if (c->route == FLOW_ROUTE_FAILED) {
		*why = "the routes could not be changed";
		return FLOW_NOTHING;
	}
	if (c->policy.policy == OPTION_FLOWS_KILL_AFTER &&
	    c->age_ns < c->policy.after_ns)
		return FLOW_WAIT;
	if (!c->others) {
		*why = "no other uplink carries traffic";
		return FLOW_NOTHING;
	}
	return what;
}
