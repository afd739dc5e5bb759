/* SPDX-License-Identifier: ISC */
/*
 * dispatch_spill: what a lane has no room for waits on disk.  Of the jobs that
 * run for each event only so many are held in memory, the oldest ones; the
 * others are in the journal anyway.  From the first that does not fit, all
 * younger ones of its lane stay there, and are read in their order when half
 * of the room is free again.
 *
 * The journal's thread answers in the order of its entries: what was on disk
 * when it read comes in the answer, what came after is submitted behind it.
 * So nothing falls between, and one number for each lane tells what is in
 * memory: that of the youngest one taken.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatcher/dispatch.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/must.h"

#define PAUSE	NS_PER_S	/* after a failure */

static struct spill *
spill_of(struct dispatch *d, const struct lane *lane)
{
	size_t i;

	for (i = 0; d->lanes[i] != lane; i++)
		MUST(i + 1 < DISPATCH_LANES);
	return &d->spills[i];
}

static void
leave_on_disk(struct spill *s, const struct lane_load *load)
{
	s->waiting++;
	if (s->on)
		return;
	s->on = true;
	log_notice("lane %s: full: further jobs wait on disk (waiting=%zu)",
	    load->name, load->waiting);
}

int
spill_submit(struct dispatch *d, struct lane *lane, struct job **jp)
{
	struct spill *s = spill_of(d, lane);
	uint64_t id = (*jp)->id;
	/* Its entry was late; what reads on from the youngest misses it. */
	bool late = id <= s->taken;
	struct lane_load load;
	int rc;

	/* Letters have no row among the jobs: the outbox keeps them. */
	if (!(*jp)->every || (*jp)->what == POWER_MAIL) {
		rc = lane_submit(lane, jp, true);
		s->dropped += rc != 0;
		return rc;
	}
	rc = s->on && !late ? -ENOSPC : lane_submit(lane, jp, late);
	if (rc == 0) {
		if (!late)
			s->taken = id;
		return 0;
	}
	/* No memory is no room, too. */
	if (late) {
		s->dropped++;
		return rc;
	}
	lane_load(lane, &load);
	leave_on_disk(s, &load);
	job_free(*jp);
	*jp = NULL;
	return 0;
}

static void
fetch(struct dispatch *d, struct spill *s, const struct lane_load *load,
    int64_t now_ns)
{
	struct journal_op *op = calloc(1, sizeof(*op));

	s->not_before_ns = now_ns + PAUSE;
	if (op == NULL)
		return;
	op->kind = JOURNAL_FETCH;
	op->conf = d->conf;
	op->job_id = s->taken;
	op->max = load->room;
	snprintf(op->lane, sizeof(op->lane), "%s", load->name);
	s->fetching = journal_submit(d->journal, &op) == 0;
	journal_op_free(&op);
}

void
spill_look(struct dispatch *d, int64_t now_ns)
{
	struct lane_load load;
	struct spill *s;
	size_t i;

	for (i = 0; i < DISPATCH_LANES && d->lanes[i] != NULL; i++) {
		s = &d->spills[i];
		if (!s->on || s->fetching || now_ns < s->not_before_ns)
			continue;
		lane_load(d->lanes[i], &load);
		/* Not one by one. */
		if ((int64_t)load.room * 2 >= d->conf->lanes.queue)
			fetch(d, s, &load, now_ns);
	}
}

/* False: no memory, the rest is read again. */
static bool
take(struct spill *s, struct lane *lane, struct journal_op *op)
{
	uint64_t id;
	size_t i;

	for (i = 0; i < op->njobs; i++) {
		id = op->jobs[i]->id;
		if (lane_submit(lane, &op->jobs[i], true) != 0)
			return false;
		s->taken = id;
		if (s->waiting > 0)
			s->waiting--;
	}
	s->taken = op->job_id;
	return true;
}

void
spill_fetched(struct dispatch *d, struct journal_op *op)
{
	struct lane *lane = jobs_lane(d, op->lane);
	struct spill *s = spill_of(d, lane);
	int rc = op->err != 0 ? op->err : op->fetch_err;
	char e[ERR_TEXT_MAX];

	s->fetching = false;
	if (rc != 0) {
		log_warning("lane %s: jobs on disk cannot be read: %s",
		    op->lane, err_text(rc, e));
		return;
	}
	if (!take(s, lane, op))
		return;
	s->not_before_ns = 0;
	if (!op->all)
		return;
	s->on = false;
	s->waiting = 0;
	log_notice("lane %s: no job waits on disk any more", op->lane);
}

void
spill_restore(struct dispatch *d, const struct journal_past *past)
{
	const struct journal_lane *l;
	struct lane *lane;
	struct spill *s;
	size_t i;

	for (i = 0; i < past->nlanes; i++) {
		l = &past->lanes[i];
		lane = jobs_lane(d, l->name);
		if (lane == NULL)
			continue;
		s = spill_of(d, lane);
		s->taken = l->taken;
		s->waiting = l->left;
		s->on = l->left > 0;
		if (s->on)
			log_notice("lane %s: %llu jobs wait on disk", l->name,
			    (unsigned long long)l->left);
	}
}
