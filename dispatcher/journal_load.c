/* SPDX-License-Identifier: ISC */
/*
 * journal_load: what a start finds.  Everything is read back as if it came
 * from outside: what no longer fits the configuration is left out and said.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatcher/flow_policy.h"
#include "dispatcher/journal_db.h"
#include "lib/clock.h"
#include "lib/log.h"

int
journal_grow(void *list, size_t n, size_t size)
{
	void **at = list, *more;

	/* One by one: there are few, and only at a start. */
	more = realloc(*at, (n + 1) * size);
	if (more == NULL)
		return -ENOMEM;
	*at = more;
	memset((char *)more + n * size, 0, size);
	return 0;
}

bool
journal_column_msg(sqlite3_stmt *s, int at, struct msg *m)
{
	const char *json = (const char *)sqlite3_column_text(s, at), *why;

	return json != NULL && msg_decode(json,
	    (size_t)sqlite3_column_bytes(s, at), m, &why) == 0;
}

void
journal_column_text(sqlite3_stmt *s, int at, char *out, size_t size)
{
	const unsigned char *v = sqlite3_column_text(s, at);

	snprintf(out, size, "%s", v == NULL ? "" : (const char *)v);
}

static int
row_top(sqlite3_stmt *s, const struct conf *conf, struct journal_past *p)
{
	(void)conf;
	p->event_id = (uint64_t)sqlite3_column_int64(s, 0);
	p->job_id = (uint64_t)sqlite3_column_int64(s, 1);
	return 0;
}

int
journal_keep_event(sqlite3_stmt *s, struct msg **list, uint64_t **ids,
    size_t *n)
{
	struct msg m;
	int rc;

	if (!journal_column_msg(s, 1, &m) || m.head.type != MSG_EVENT)
		return 0;
	rc = journal_grow(list, *n, sizeof(**list));
	if (rc == 0)
		rc = journal_grow(ids, *n, sizeof(**ids));
	if (rc != 0)
		return rc;
	(*ids)[*n] = (uint64_t)sqlite3_column_int64(s, 0);
	(*list)[(*n)++] = m;
	return 0;
}

static int
row_level(sqlite3_stmt *s, const struct conf *conf, struct journal_past *p)
{
	(void)conf;
	return journal_keep_event(s, &p->levels, &p->level_ids, &p->nlevels);
}

static int
row_opinion(sqlite3_stmt *s, const struct conf *conf, struct journal_past *p)
{
	struct msg m;
	int rc;

	(void)conf;
	if (!journal_column_msg(s, 0, &m) || m.head.type != MSG_OPINION)
		return 0;
	rc = journal_grow(&p->opinions, p->nopinions, sizeof(*p->opinions));
	if (rc == 0)
		p->opinions[p->nopinions++] = m;
	return rc;
}

static int
row_source(sqlite3_stmt *s, const struct conf *conf, struct journal_past *p)
{
	struct journal_source *src;
	char epoch[20];
	int rc;

	(void)conf;
	rc = journal_grow(&p->sources, p->nsources, sizeof(*p->sources));
	if (rc != 0)
		return rc;
	src = &p->sources[p->nsources++];
	journal_column_text(s, 0, src->source, sizeof(src->source));
	journal_column_text(s, 1, epoch, sizeof(epoch));
	src->epoch = strtoull(epoch, NULL, 16);
	src->seq = (uint64_t)sqlite3_column_int64(s, 2);
	return 0;
}

static int
row_flowed(sqlite3_stmt *s, const struct conf *conf, struct journal_past *p)
{
	int rc = journal_grow(&p->flowed, p->nflowed, sizeof(*p->flowed));

	(void)conf;
	if (rc == 0)
		p->flowed[p->nflowed++] = (uint64_t)sqlite3_column_int64(s, 0);
	return rc;
}

bool
journal_find_uplink(const struct conf *conf, const char *name, uint32_t *out)
{
	size_t i;

	for (i = 0; i < conf->nuplinks; i++)
		if (strcmp(conf->uplinks[i].name, name) == 0) {
			*out = (uint32_t)i;
			return true;
		}
	return false;
}

/*
 * Names count, not places: the configuration may have changed.  Limits are
 * taken from today's configuration.
 */
static bool
fit(struct job *j, const struct conf *conf)
{
	const struct conf_action *a;
	size_t i;

	j->conf = conf;
	j->tries_max = 1;
	switch (j->what) {
	case POWER_FLOWS:	/* the parent knows whether it is wanted */
		j->timeout_ns = FLOWS_TIME;
		return true;
	case POWER_MAIL:	/* letters have a table of their own */
	case POWER_CHECK:	/* never a job */
		break;
	case POWER_RECOVERY:	/* never twice: see journal_rung.c */
		break;
	case POWER_ACTION:
		for (i = 0; i < conf->nactions; i++) {
			a = &conf->actions[i];
			if (strcmp(a->name, j->action) != 0)
				continue;
			j->index = (uint32_t)i;
			action_limits(j, a);
			return true;
		}
		break;
	}
	return false;
}

static int
row_step(sqlite3_stmt *s, const struct conf *conf, struct journal_past *p)
{
	int rc = journal_grow(&p->steps, p->nsteps, sizeof(*p->steps));
	char action[EVENT_NAME_MAX], text[EVENT_TEXT_MAX];
	char span[CLOCK_TEXT_MAX];
	struct journal_step *step;

	(void)conf;
	if (rc != 0)
		return rc;
	step = &p->steps[p->nsteps++];
	step->event_id = (uint64_t)sqlite3_column_int64(s, 0);
	journal_column_text(s, 1, action, sizeof(action));
	journal_column_text(s, 2, text, sizeof(text));
	snprintf(step->line, sizeof(step->line), "%s: %.150s (after %s)",
	    action, text, clock_span(sqlite3_column_int64(s, 3) * NS_PER_MS,
	    span));
	return 0;
}

/* A clock that was set back makes nothing younger than now. */
static bool
read_event(sqlite3_stmt *s, struct job *j)
{
	int64_t age_ms;

	if (!journal_column_msg(s, 8, &j->event))
		return false;
	age_ms = clock_wall_ms() - j->event.head.wall_ms;
	j->born_ns = clock_mono_ns() - (age_ms > 0 ? age_ms : 0) * NS_PER_MS;
	return true;
}

static bool
read_job(sqlite3_stmt *s, const struct conf *conf, struct job *j)
{
	char uplink[EVENT_NAME_MAX];

	j->id = (uint64_t)sqlite3_column_int64(s, 0);
	j->event_id = (uint64_t)sqlite3_column_int64(s, 1);
	journal_column_text(s, 2, j->action, sizeof(j->action));
	journal_column_text(s, 3, j->lane, sizeof(j->lane));
	journal_column_text(s, 4, j->key, sizeof(j->key));
	j->what = (enum power_what)sqlite3_column_int(s, 5);
	j->index = (uint32_t)sqlite3_column_int64(s, 6);
	journal_column_text(s, 7, uplink, sizeof(uplink));
	j->queued_wall_ms = sqlite3_column_int64(s, 9);
	return read_event(s, j) &&
	    journal_find_uplink(conf, uplink, &j->uplink) && fit(j, conf);
}

/*
 * It would wait for ever, and run years later if an action of that name came
 * back.  A disk that is full now leaves it for the next start.
 */
static void
end_job(sqlite3_stmt *s, uint64_t id)
{
	char sql[96];

	snprintf(sql, sizeof(sql), "UPDATE job SET phase = 'cancelled' WHERE "
	    "id = %llu", (unsigned long long)id);
	(void)sqlite3_exec(sqlite3_db_handle(s), sql, NULL, NULL, NULL);
}

/* 0 with NULL: it is no longer configured, and ended. */
static int
take_job(sqlite3_stmt *s, const struct conf *conf, struct job **out)
{
	struct job *j = calloc(1, sizeof(*j));

	*out = j;
	if (j == NULL)
		return -ENOMEM;
	if (read_job(s, conf, j))
		return 0;
	log_info("action %s: not taken up: no longer configured (job=%llu)",
	    j->key, (unsigned long long)j->id);
	end_job(s, j->id);
	job_free(j);
	*out = NULL;
	return 0;
}

static struct journal_lane *
lane_of(struct journal_past *p, const char *name)
{
	struct journal_lane *l;
	size_t i;

	for (i = 0; i < p->nlanes; i++)
		if (strcmp(p->lanes[i].name, name) == 0)
			return &p->lanes[i];
	if (journal_grow(&p->lanes, p->nlanes, sizeof(*p->lanes)) != 0)
		return NULL;
	l = &p->lanes[p->nlanes++];
	snprintf(l->name, sizeof(l->name), "%s", name);
	return l;
}

/* Not more than a lane may hold: the others are read when there is room. */
static int
row_job(sqlite3_stmt *s, const struct conf *conf, struct journal_past *p)
{
	struct journal_lane *l;
	struct job *j;
	int rc = take_job(s, conf, &j);

	if (j == NULL)
		return rc;
	l = lane_of(p, j->lane);
	if (l != NULL && j->every) {
		if (l->kept >= (size_t)conf->lanes.queue) {
			l->left++;
			job_free(j);
			return 0;
		}
		l->kept++;
		l->taken = j->id;
	}
	rc = l == NULL ? -ENOMEM :
	    journal_grow(&p->jobs, p->njobs, sizeof(struct job *));
	if (rc != 0) {
		job_free(j);
		return rc;
	}
	p->jobs[p->njobs++] = j;
	return 0;
}

/*
 * A level that is not known says nothing; what was decided before counts.
 * Jobs of an event that a newer one of the same key has overtaken were
 * superseded when the process died, unless they run for each event.
 */
static const struct journal_query queries[] = {
	{ "SELECT coalesce((SELECT max(id) FROM event), 0),"
	  " coalesce((SELECT max(id) FROM job), 0)", row_top },
	{ "SELECT id, json FROM event WHERE id IN (SELECT max(id) FROM event"
	  " WHERE level <> 'unknown' AND level <> previous GROUP BY uplink)",
	  row_level },
	{ "SELECT json FROM opinion ORDER BY id", row_opinion },
	{ "SELECT source, epoch, max(seq) FROM event GROUP BY source, epoch"
	  " ORDER BY max(id) DESC LIMIT 64", row_source },
	{ "SELECT DISTINCT event_id FROM job WHERE what = 5", row_flowed },
	{ "SELECT event_id, action, text, changed_wall_ms - queued_wall_ms"
	  " FROM job WHERE phase IN ('done', 'failed') AND what <> 2 AND"
	  " event_id IN (" JOURNAL_OUTAGES("min(o.id)") ") ORDER BY id",
	  row_step },
	{ "SELECT job.id, event_id, action, lane, key, what, idx, job.uplink,"
	  " json, queued_wall_ms FROM job JOIN event ON event.id = event_id"
	  " WHERE phase IN ('queued', 'started', 'retry') AND what <> 3"
	  " ORDER BY job.id",
	  row_job },
	{ NULL, NULL }
};

/* By the number, not by what is open: that would sort all of it each time. */
static const char fetch[] = "SELECT job.id, event_id, action, lane, key, what,"
    " idx, job.uplink, json, queued_wall_ms FROM job JOIN event ON event.id ="
    " event_id WHERE job.id > ?1 AND lane = ?2 AND +phase IN ('queued',"
    " 'started', 'retry') ORDER BY job.id";

int
journal_rows(struct journal_db *j, const struct journal_query *q,
    const struct conf *conf, struct journal_past *p)
{
	sqlite3_stmt *s;
	int rc, err = 0;

	for (; q->sql != NULL && err == 0; q++) {
		s = NULL;
		rc = sqlite3_prepare_v2(j->db, q->sql, -1, &s, NULL);
		err = journal_db_error(rc);
		while (err == 0 && (rc = sqlite3_step(s)) == SQLITE_ROW)
			err = q->row(s, conf, p);
		if (err == 0)
			err = journal_db_error(rc);
		sqlite3_finalize(s);
	}
	return err;
}

static int
fetch_job(sqlite3_stmt *s, struct journal_op *op)
{
	struct job **list, *j;
	int rc = take_job(s, op->conf, &j);

	op->job_id = (uint64_t)sqlite3_column_int64(s, 0);
	if (j == NULL || !j->every) {
		job_free(j);
		return rc;
	}
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
journal_db_fetch(struct journal_db *j, struct journal_op *op)
{
	sqlite3_stmt *s = NULL;
	int rc, err;

	rc = sqlite3_prepare_v2(j->db, fetch, -1, &s, NULL);
	(void)sqlite3_bind_int64(s, 1, (sqlite3_int64)op->job_id);
	(void)sqlite3_bind_text(s, 2, op->lane, -1, SQLITE_STATIC);
	err = journal_db_error(rc);
	while (err == 0 && op->njobs < op->max &&
	    (rc = sqlite3_step(s)) == SQLITE_ROW)
		err = fetch_job(s, op);
	if (err == 0)
		err = journal_db_error(rc);
	op->all = rc == SQLITE_DONE;
	sqlite3_finalize(s);
	return err;
}

int
journal_db_load(struct journal_db *j, const struct conf *conf,
    struct journal_past *p)
{
	int rc;

	memset(p, 0, sizeof(*p));
	rc = journal_rows(j, queries, conf, p);
	if (rc == 0)
		rc = journal_rung_load(j, conf, p);
	return rc == 0 ? journal_letter_load(j, conf, p) : rc;
}

void
journal_past_free(struct journal_past *p)
{
	size_t i;

	for (i = 0; i < p->njobs; i++)
		job_free(p->jobs[i]);
	for (i = 0; i < p->nletters; i++)
		letter_free(p->letters[i]);
	free(p->letters);
	free(p->window);
	free(p->steps);
	free(p->jobs);
	free(p->lanes);
	free(p->levels);
	free(p->level_ids);
	free(p->opinions);
	free(p->sources);
	free(p->outages);
	free(p->outage_ids);
	free(p->rungs);
	free(p->flowed);
	memset(p, 0, sizeof(*p));
}
