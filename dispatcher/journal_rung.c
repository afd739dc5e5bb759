/* SPDX-License-Identifier: ISC */
/*
 * journal_rung: what a start finds of outages and of steps of recovery.
 */
#include <string.h>

#include "dispatcher/journal_db.h"

static int
row_outage(sqlite3_stmt *s, const struct conf *conf, struct journal_past *p)
{
	(void)conf;
	return journal_keep_event(s, &p->outages, &p->outage_ids,
	    &p->noutages);
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
	static const struct journal_query queries[] = {
		{ JOURNAL_OUTAGES("min(o.id), o.json"), row_outage },
		{ "SELECT id, event_id, uplink, idx, queued_wall_ms,"
		  " changed_wall_ms, action, text, phase IN ('queued',"
		  " 'started', 'retry') FROM job WHERE what = 3 AND ("
		  JOURNAL_RUNGS_KEPT " OR event_id IN ("
		  JOURNAL_OUTAGES("min(o.id)") ")) ORDER BY id", row_rung },
		{ NULL, NULL }
	};

	return journal_rows(j, queries, conf, p);
}
