/* SPDX-License-Identifier: ISC */
/*
 * dispatch_jobs: which jobs follow an event, their way into the lanes, and
 * what their ends are worth.  Jobs are journalled with the event that caused
 * them and start when both are on disk; a start after a crash takes up those
 * that had no end.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatcher/dispatch.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"

#define NOTES_MAX	8192

/* Which lanes there are: action kinds, mail and recovery name theirs. */
static const struct {
	const char	*name;
	size_t		 threads;	/* where conf.lanes says how many */
} rows[] = {
	{ "flow", offsetof(struct conf_lanes, flow) },
	{ "exec", offsetof(struct conf_lanes, exec) },
	{ "mail", offsetof(struct conf_lanes, mail) },
	{ "modem", offsetof(struct conf_lanes, modem) },
	{ "plugin", offsetof(struct conf_lanes, plugin) },
	{ "web", offsetof(struct conf_lanes, web) },
};

#define NROWS (sizeof(rows) / sizeof(rows[0]))

_Static_assert(NROWS < DISPATCH_LANES, "no room for a lane");

int
jobs_open(struct dispatch *d)
{
	const char *conf = (const char *)&d->conf->lanes;
	struct lane_conf lc = { .queue = (size_t)d->conf->lanes.queue,
	    .power = d->parent, .run = action_run_job, .carry = &d->carry };
	size_t i;
	int rc = 0;

	d->notes = queue_new(NOTES_MAX, true, free);
	if (d->notes == NULL || plugins_open(d) != 0)
		return -ENOMEM;
	lc.notes = d->notes;
	for (i = 0; i < NROWS && rc == 0; i++) {
		lc.name = rows[i].name;
		lc.threads = (size_t)*(const int64_t *)(const void *)(conf +
		    rows[i].threads);
		rc = lane_new(&lc, &d->lanes[i]);
	}
	return rc;
}

void
jobs_close(struct dispatch *d)
{
	size_t i;

	for (i = 0; i < NROWS; i++)
		lane_free(&d->lanes[i]);
	queue_free(&d->notes);
	free(d->plugins);
}

void
jobs_kick(struct dispatch *d)
{
	size_t i;

	for (i = 0; i < NROWS; i++)
		lane_kick(d->lanes[i]);
}

struct lane *
jobs_lane(const struct dispatch *d, const char *name)
{
	size_t i;

	for (i = 0; i < NROWS; i++)
		if (strcmp(rows[i].name, name) == 0)
			return d->lanes[i];
	return NULL;
}

struct job *
job_new(struct dispatch *d, size_t uplink, const struct msg *m,
    uint64_t event_id)
{
	struct job *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return NULL;
	j->id = ++d->job_id;
	j->event_id = event_id;
	j->uplink = (uint32_t)uplink;
	j->conf = d->conf;
	j->event = *m;
	j->queued_wall_ms = clock_wall_ms();
	j->born_ns = clock_mono_ns();
	return j;
}

void
job_name(struct job *j, const char *action, const char *lane)
{
	snprintf(j->action, sizeof(j->action), "%s", action);
	snprintf(j->lane, sizeof(j->lane), "%s", lane);
	snprintf(j->key, sizeof(j->key), "%s/%s", action,
	    j->conf->uplinks[j->uplink].name);
}

static bool
has_uplink(char **list, const char *name)
{
	for (; list != NULL && *list != NULL; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return list == NULL;
}

static struct job *
action_job(struct dispatch *d, size_t uplink, const struct msg *m,
    uint64_t event_id, size_t index)
{
	const struct conf_action *a = &d->conf->actions[index];
	struct job *j = job_new(d, uplink, m, event_id);

	if (j == NULL)
		return NULL;
	j->what = POWER_ACTION;
	j->index = (uint32_t)index;
	job_name(j, a->name, action_kind(a->kind->name)->lane);
	action_limits(j, a);
	return j;
}

int
jobs_add(struct journal_op *op, struct job *j)
{
	struct job **list;

	if (j == NULL)
		return -ENOMEM;
	list = realloc(op->jobs, (op->njobs + 1) * sizeof(*list));
	if (list == NULL) {
		job_free(j);
		return -ENOMEM;
	}
	op->jobs = list;
	op->jobs[op->njobs++] = j;
	return 0;
}

int
jobs_of_event(struct dispatch *d, size_t uplink, struct journal_op *op)
{
	const struct conf *conf = d->conf;
	unsigned bit = 1u << op->msg.u.event.level;
	int rc = 0;
	size_t i;

	if ((bit & (CONF_ON_UP | CONF_ON_DEGRADED)) != 0)
		jobs_kick(d);
	for (i = 0; i < conf->nactions; i++)
		if ((conf->actions[i].on & bit) != 0 &&
		    has_uplink(conf->actions[i].uplinks,
		    conf->uplinks[uplink].name) &&
		    jobs_add(op, action_job(d, uplink, &op->msg, op->event_id,
		    i)) != 0)
			rc = -ENOMEM;
	return rc;
}

static void
journal_end(struct dispatch *d, const struct lane_note *n)
{
	struct journal_op *op = calloc(1, sizeof(*op));

	if (op == NULL || n->job_id == 0) {
		/* Without this entry it runs once more after a crash. */
		free(op);
		return;
	}
	op->kind = JOURNAL_JOB;
	op->event_id = n->event_id;
	op->job_id = n->job_id;
	op->phase = n->phase;
	op->tries = n->tries;
	op->wall_ms = clock_wall_ms();
	snprintf(op->text, sizeof(op->text), "%s", n->result.text);
	entry_submit(d, op);
}

static void
note_full(struct dispatch *d, const struct job *j, int err)
{
	struct lane_note n;
	char e[ERR_TEXT_MAX];

	lane_note_of(&n, j, JOB_FAILED);
	n.result.err = err;
	snprintf(n.result.text, sizeof(n.result.text), "not run: %s",
	    err == -ENOSPC ? "the lane is full" : err_text(err, e));
	jobs_note(d, &n);
}

void
jobs_submit(struct dispatch *d, struct job **jp)
{
	struct job *j = *jp;
	struct lane *lane = jobs_lane(d, j->lane);
	int rc;

	*jp = NULL;
	/* A job of the past may name a lane that there is no more. */
	rc = lane == NULL ? -EINVAL : spill_submit(d, lane, &j);
	if (rc == 0)
		return;
	note_full(d, j, rc);
	job_free(j);
}

void
jobs_drop(struct dispatch *d, const char *lane, const char *key)
{
	(void)lane_drop(jobs_lane(d, lane), key);
}

void
jobs_start(struct dispatch *d, struct journal_op *op)
{
	size_t i;

	for (i = 0; i < op->njobs; i++)
		if (!recovery_keeps(d, &op->jobs[i]))
			jobs_submit(d, &op->jobs[i]);
	op->njobs = 0;
}

char *
station_step(struct station *st)
{
	if (st->ndone == MAIL_DONE_MAX) {
		memmove(st->done[0], st->done[1],
		    sizeof(st->done) - sizeof(st->done[0]));
		st->ndone--;
	}
	return st->done[st->ndone++];
}

static void
remember(struct station *st, const struct lane_note *n)
{
	char span[CLOCK_TEXT_MAX];

	if (n->phase != JOB_DONE && n->phase != JOB_FAILED)
		return;
	snprintf(station_step(st), EVENT_TEXT_MAX, "%s: %.150s (after %s)", n->action,
	    n->result.text, clock_span(n->took_ns, span));
}

static void
log_note(const struct dispatch *d, const struct lane_note *n)
{
	const char *uplink = d->conf->uplinks[n->uplink].name;
	char span[CLOCK_TEXT_MAX];

	switch (n->phase) {
	case JOB_STARTED:
		log_debug("action %s/%s: started (try=%d)", n->action, uplink,
		    n->tries);
		break;
	case JOB_DONE:
		log_notice("action %s/%s: done%s%s (took=%s)", n->action,
		    uplink, n->what == POWER_FLOWS ? ": " : "",
		    n->what == POWER_FLOWS ? n->result.text : "",
		    clock_span(n->took_ns, span));
		break;
	case JOB_SUPERSEDED:
	case JOB_CANCELLED:
		log_info("action %s/%s: %s by a newer event", n->action,
		    uplink, job_phase_name(n->phase));
		break;
	default:
		log_warning("action %s/%s: failed: %s (try=%d%s)", n->action,
		    uplink, n->result.text, n->tries,
		    n->phase == JOB_RETRY ? ", will be tried again" : "");
	}
}

/* A job's start or end: log, journal, tell the feed. */
void
jobs_note(struct dispatch *d, struct lane_note *n)
{
	struct job_report *r;
	struct msg m;

	if (n->uplink >= d->conf->nuplinks)
		return;
	/* A letter's end is the outbox's, and no step against the outage. */
	if (n->what == POWER_MAIL) {
		mail_note(d, n);
	} else {
		log_note(d, n);
		journal_end(d, n);
	}
	recovery_note(d, n);
	if (n->what != POWER_MAIL && n->event_id == d->stations[n->uplink].down_event)
		remember(&d->stations[n->uplink], n);
	memset(&m, 0, sizeof(m));
	stamp(d, &m, MSG_JOB);
	r = &m.u.job;
	snprintf(r->action, sizeof(r->action), "%s", n->action);
	snprintf(r->lane, sizeof(r->lane), "%s", n->lane);
	snprintf(r->uplink, sizeof(r->uplink), "%s",
	    d->conf->uplinks[n->uplink].name);
	r->event_id = n->event_id;
	r->job_id = n->job_id;
	r->phase = n->phase;
	r->try = n->tries;
	r->took_ms = n->took_ns < 0 ? -1 : n->took_ns / NS_PER_MS;
	snprintf(r->text, sizeof(r->text), "%s", n->result.text);
	publish(d, &m);
	plugins_note(d, n);
}
