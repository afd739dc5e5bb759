/* SPDX-License-Identifier: ISC */
/*
 * trail: entries with their instants; ages are made when it is said.  The
 * targets of an uplink that has few are always listed, in their order; of one
 * with more, those that the entries name.
 */
#include "probes/trail.h"

#include <stdio.h>
#include <string.h>

#include "lib/clock.h"

static const enum trail_what whats[] = {
	[SAMPLE_OK] = TRAIL_OK,
	[SAMPLE_LOST] = TRAIL_LOST,
	[SAMPLE_CANNOT] = TRAIL_CANNOT,
	[SAMPLE_SKIP] = TRAIL_SKIP,
	[SAMPLE_IDLE] = TRAIL_IDLE,
};

static void
list(struct trail_log *log, size_t target)
{
	const struct conf_target *t = &log->conf->targets[target];
	struct trail *out = &log->trail;

	snprintf(out->targets[out->ntargets].target, EVENT_LABEL_MAX, "%s",
	    t->label);
	out->targets[out->ntargets].gateway = t->gateway;
	log->listed[out->ntargets++] = target;
}

/* Its place in the list; EVENT_TARGETS_MAX: there is no room. */
static size_t
place(struct trail_log *log, size_t target)
{
	size_t i;

	if (log->conf->ntargets <= EVENT_TARGETS_MAX)
		return target;
	for (i = 0; i < log->trail.ntargets; i++)
		if (log->listed[i] == target)
			return i;
	if (i < EVENT_TARGETS_MAX)
		list(log, target);
	return i;
}

static void
begin(struct trail_log *log)
{
	size_t i;

	log->trail.nentries = log->trail.ntargets = 0;
	if (log->conf->ntargets > EVENT_TARGETS_MAX)
		return;
	for (i = 0; i < log->conf->ntargets; i++)
		list(log, i);
}

void
trail_init(struct trail_log *log, const struct conf_uplink *conf,
    const struct judge *judge, uint64_t life)
{
	memset(log, 0, sizeof(*log));
	log->conf = &conf->probe;
	log->judge = judge;
	snprintf(log->trail.uplink, sizeof(log->trail.uplink), "%s",
	    conf->name);
	log->trail.life = life;
	log->trail.part = 1;
	log->trail.interval_us = conf->probe.interval_ns / NS_PER_US;
	log->trail.count = (uint32_t)conf->probe.ntargets;
	begin(log);
}

/* NULL: no room. */
static struct trail_entry *
add(struct trail_log *log, enum trail_what what, uint64_t round,
    int64_t now_ns)
{
	struct trail_entry *e;

	if (log->trail.nentries == EVENT_TRAIL_MAX)
		return NULL;
	log->at_ns[log->trail.nentries] = now_ns;
	e = &log->trail.entries[log->trail.nentries++];
	memset(e, 0, sizeof(*e));
	e->what = what;
	e->round = round;
	return e;
}

bool
trail_round(struct trail_log *log, uint64_t round, int64_t now_ns)
{
	return add(log, TRAIL_ROUND, round, now_ns) != NULL;
}

bool
trail_forget(struct trail_log *log, int64_t now_ns)
{
	return add(log, TRAIL_FORGET, 0, now_ns) != NULL;
}

bool
trail_deaf(struct trail_log *log, int64_t now_ns)
{
	return add(log, TRAIL_DEAF, 0, now_ns) != NULL;
}

bool
trail_sample(struct trail_log *log, size_t target, uint64_t round,
    enum sample sample, int64_t rtt_ns, int64_t now_ns)
{
	size_t at = place(log, target);
	struct trail_entry *e;

	if (at == EVENT_TARGETS_MAX)
		return false;
	e = add(log, whats[sample], round, now_ns);
	if (e == NULL)
		return false;
	e->target = (uint32_t)at;
	if (sample == SAMPLE_OK)
		e->rtt_us = (uint32_t)(rtt_ns / NS_PER_US);
	return true;
}

bool
trail_name(struct trail_log *log, size_t target)
{
	return place(log, target) != EVENT_TARGETS_MAX;
}

static enum trail_link
link_word(const struct link_state *link)
{
	if (!link->present)
		return TRAIL_ABSENT;
	if (!link->carrier)
		return TRAIL_NO_CARRIER;
	return link->address ? TRAIL_USABLE : TRAIL_NO_ADDRESS;
}

void
trail_fill(const struct trail_log *log, struct trail *out, int64_t now_ns)
{
	int64_t age_us;
	size_t i;

	*out = log->trail;
	out->link = link_word(&log->judge->verdict.link);
	for (i = 0; i < out->ntargets; i++)
		out->targets[i].unresolved =
		    log->judge->targets[log->listed[i]].unresolved;
	for (i = 0; i < out->nentries; i++) {
		age_us = (now_ns - log->at_ns[i]) / NS_PER_US;
		out->entries[i].age_us = age_us < 0 ? 0 :
		    age_us > UINT32_MAX ? UINT32_MAX : (uint32_t)age_us;
	}
}

void
trail_next(struct trail_log *log)
{
	log->trail.part++;
	begin(log);
}
