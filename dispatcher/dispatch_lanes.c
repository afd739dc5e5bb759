/* SPDX-License-Identifier: ISC */
/*
 * dispatch_lanes: how much each lane has to do, told to the feed when it has
 * changed, once a second at most: a burst of jobs is one message.
 */
#include <stdio.h>
#include <string.h>

#include "dispatcher/dispatch.h"

static size_t
count_lanes(const struct dispatch *d)
{
	size_t n = 0;

	while (n < DISPATCH_LANES && d->lanes[n] != NULL)
		n++;
	return n;
}

/* Letters wait in the outbox, and go to the lane one by one. */
static void
add_letters(const struct dispatch *d, struct lane_report *r)
{
	uint64_t waiting;
	int64_t oldest_ms;

	mail_load(d, &waiting, &oldest_ms);
	r->waiting += waiting;
	if (waiting > 0 && (r->oldest_wall_ms == -1 ||
	    oldest_ms < r->oldest_wall_ms))
		r->oldest_wall_ms = oldest_ms;
}

static void
report_of(struct dispatch *d, size_t i, struct lane_report *r)
{
	const struct spill *s = &d->spills[i];
	struct lane_load load;

	memset(r, 0, sizeof(*r));
	lane_load(d->lanes[i], &load);
	snprintf(r->lane, sizeof(r->lane), "%s", load.name);
	r->threads = (uint32_t)load.threads;
	r->queue = (uint32_t)d->conf->lanes.queue;
	r->running = (uint32_t)load.running;
	r->waiting = load.waiting + s->waiting;
	r->on_disk = s->waiting;
	r->oldest_wall_ms = load.oldest_wall_ms;
	r->done = load.done;
	r->failed = load.failed;
	r->retried = load.retried;
	r->superseded = load.superseded;
	r->cancelled = load.cancelled;
	r->dropped = s->dropped;
	r->index = (uint32_t)i;
	r->count = (uint32_t)count_lanes(d);
	if (strcmp(r->lane, "mail") == 0)
		add_letters(d, r);
}

void
lanes_tell(struct dispatch *d, bool all)
{
	struct msg m;
	size_t i;

	for (i = 0; i < count_lanes(d); i++) {
		memset(&m, 0, sizeof(m));
		report_of(d, i, &m.u.lane);
		if (!all && memcmp(&m.u.lane, &d->told[i],
		    sizeof(m.u.lane)) == 0)
			continue;
		d->told[i] = m.u.lane;
		stamp(d, &m, MSG_LANE);
		publish(d, &m);
	}
}
