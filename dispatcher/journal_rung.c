/* SPDX-License-Identifier: ISC */
/*
 * journal_rung: what a start finds of outages and of steps of recovery.
 */
#include <string.h>

#include "dispatcher/journal_db.h"

static int
row_outage(sqlite3_stmt *s, const struct conf *conf, struct journal_past *p)
{
	struct msg m;
	int rc;

	(void)conf;
	if (!journal_column_msg(s, 1, &m) || m.head.type != MSG_EVENT)
		return 0;
	rc = journal_grow(&p->outages, p->noutages, sizeof(*p->outages));
	if (rc == 0)
		rc = journal_grow(&p->outage_ids, p->noutages,
		    sizeof(*p->outage_ids));
	if (rc != 0)
		return rc;
	p->outage_ids[p->noutages] = (uint64_t)sqlite3_column_int64(s, 0);
	p->outages[p->noutages++] = m;
	return 0;
}

static int
row_rung(sqlite3_stmt *s, const struct conf *conf, struct journal_past *p)
{
	char uplink[EVENT_NAME_MAX], action[EVENT_NAME_MAX];
	struct journal_rung r = { 0 };
	int rc;

	journal_column_text(s, 2, uplink, sizeof(uplink));
	if (!journal_find_uplink(conf, uplink, &r.uplink))
		return 0;
	r.job_id = (uint64_t)sqlite3_column_int64(s, 0);
	r.event_id = (uint64_t)sqlite3_column_int64(s, 1);
	r.step = (uint32_t)sqlite3_column_int64(s, 3);
	r.start_ms = sqlite3_column_int64(s, 4);
	r.end_ms = sqlite3_column_int64(s, 5);
	journal_column_text(s, 6, action, sizeof(action));
	r.given_up = strcmp(action, JOURNAL_GIVEN_UP) == 0;
	journal_column_text(s, 7, r.text, sizeof(r.text));
	r.cut = sqlite3_column_int(s, 8) != 0;
	rc = journal_grow(&p->rungs, p->nrungs, sizeof(*p->rungs));
	if (rc == 0)
		p->rungs[p->nrungs++] = r;
	return rc;
}

int
journal_rung_load(struct journal_db *j, const struct conf *conf,
    struct journal_past *p)
{
	static const struct {
		const char	*sql;
		int	(*row)(sqlite3_stmt *, const struct conf *,
			    struct journal_past *);
	} queries[] = {
		{ JOURNAL_OUTAGES("min(o.id), o.json"), row_outage },
		{ "SELECT id, event_id, uplink, idx, queued_wall_ms,"
		  " changed_wall_ms, action, text, phase IN ('queued',"
		  " 'started', 'retry') FROM job WHERE what = 3 AND ("
		  JOURNAL_RUNGS_KEPT " OR event_id IN ("
		  JOURNAL_OUTAGES("min(o.id)") ")) ORDER BY id", row_rung },
	};
	sqlite3_stmt *s;
	int rc = 0, step;
	size_t i;

	for (i = 0; i < sizeof(queries) / sizeof(queries[0]) && rc == 0;
	    i++) {
		s = NULL;
		rc = journal_db_error(sqlite3_prepare_v2(j->db,
		    queries[i].sql, -1, &s, NULL));
		step = SQLITE_DONE;
		while (rc == 0 && (step = sqlite3_step(s)) == SQLITE_ROW)
			rc = queries[i].row(s, conf, p);
		if (rc == 0)
			rc = journal_db_error(step);
		sqlite3_finalize(s);
	}
	return rc;
}
