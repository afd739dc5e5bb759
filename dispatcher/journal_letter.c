/* SPDX-License-Identifier: ISC */
/*
 * journal_letter: the outbox on disk.  A letter's row is written with its
 * event, again with its text before the first try, and again when that has
 * an end; a row of an older revision changes nothing, whenever it comes.  The
 * body of one that was given up is the reason.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dispatcher/journal_db.h"

#define LETTERS_KEPT	"1000"

const char journal_letter_schema[] =
    "CREATE TABLE IF NOT EXISTS letter ("
    " id INTEGER PRIMARY KEY, rev INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " state TEXT NOT NULL, uplink TEXT NOT NULL, event_id INTEGER NOT NULL,"
    " begin_id INTEGER NOT NULL, place INTEGER NOT NULL,"
    " made_ms INTEGER NOT NULL, queued_ms INTEGER NOT NULL,"
    " tries INTEGER NOT NULL, subject TEXT, body TEXT, text TEXT);"
    "CREATE INDEX IF NOT EXISTS letter_open ON letter (state) WHERE"
    " state IN ('waiting', 'counted', 'queued');";

/* A mail that was a job becomes a letter that is due. */
const char journal_letter_upgrade[] =
    "INSERT OR IGNORE INTO letter SELECT id, 1, 1, 'waiting', uplink,"
    " event_id, 0, 0, queued_wall_ms, 0, tries, NULL, NULL, NULL FROM job"
    " WHERE what = 2 AND phase IN ('queued', 'started', 'retry');"
    "UPDATE job SET phase = 'superseded' WHERE what = 2 AND phase IN"
    " ('queued', 'started', 'retry');";

const char journal_letter_upsert[] =
    "INSERT INTO letter VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
    " ?11, ?12, ?13, ?14) ON CONFLICT (id) DO UPDATE SET"
    " rev = excluded.rev, kind = excluded.kind, state = excluded.state,"
    " event_id = excluded.event_id, begin_id = excluded.begin_id,"
    " place = excluded.place, queued_ms = excluded.queued_ms,"
    " tries = excluded.tries, body = coalesce(excluded.body, letter.body),"
    " text = coalesce(excluded.text, letter.text)"
    " WHERE excluded.rev > letter.rev";

const char journal_letter_told[] =
    "UPDATE letter SET state = 'told' WHERE state = 'counted' AND id <= ?1";

const char journal_letter_prune[] =
    "DELETE FROM letter WHERE id <= ?1 - " LETTERS_KEPT " AND state IN"
    " ('sent', 'expired', 'refused', 'told')";

void
journal_letter_free(struct journal_letter *l)
{
	free(l->subject);
	free(l->body);
	free(l->text);
	memset(l, 0, sizeof(*l));
}

static int
write_one(struct journal_db *j, const struct journal_letter *l)
{
	sqlite3_stmt *s = j->stmt[STMT_LETTER];
	int rc;

	(void)sqlite3_bind_int64(s, 1, (sqlite3_int64)l->id);
	(void)sqlite3_bind_int64(s, 2, (sqlite3_int64)l->rev);
	(void)sqlite3_bind_int(s, 3, (int)l->kind);
	journal_bind_text(s, 4, letter_state_name(l->state));
	journal_bind_text(s, 5, l->uplink);
	(void)sqlite3_bind_int64(s, 6, (sqlite3_int64)l->event_id);
	(void)sqlite3_bind_int64(s, 7, (sqlite3_int64)l->begin_id);
	(void)sqlite3_bind_int64(s, 8, (sqlite3_int64)l->place);
	(void)sqlite3_bind_int64(s, 9, l->made_ms);
	(void)sqlite3_bind_int64(s, 10, l->queued_ms);
	(void)sqlite3_bind_int(s, 11, l->tries);
	journal_bind_text(s, 12, l->subject);
	journal_bind_text(s, 13, l->body);
	journal_bind_text(s, 14, l->text);
	rc = journal_db_run(j, STMT_LETTER);
	if (rc == 0 && (l->state == LETTER_SENT ||
	    l->state == LETTER_EXPIRED || l->state == LETTER_REFUSED)) {
		(void)sqlite3_bind_int64(j->stmt[STMT_PRUNE], 1,
		    (sqlite3_int64)l->id);
		rc = journal_db_run(j, STMT_PRUNE);
	}
	return rc;
}

int
journal_letter_write(struct journal_db *j, const struct journal_op *op)
{
	int rc = 0;
	size_t i;

	for (i = 0; i < op->nletters && rc == 0; i++)
		rc = write_one(j, &op->letters[i]);
	if (rc == 0 && op->told_upto != 0) {
		(void)sqlite3_bind_int64(j->stmt[STMT_TOLD], 1,
		    (sqlite3_int64)op->told_upto);
		rc = journal_db_run(j, STMT_TOLD);
	}
	return rc;
}

/* ---- back from disk */

static char *
column_dup(sqlite3_stmt *s, int at)
{
	const unsigned char *v = sqlite3_column_text(s, at);

	return v == NULL ? NULL : strdup((const char *)v);
}

static struct msg *
column_event(sqlite3_stmt *s, int at)
{
	struct msg *m;

	if (sqlite3_column_type(s, at) == SQLITE_NULL)
		return NULL;
	m = calloc(1, sizeof(*m));
	if (m != NULL && (!journal_column_msg(s, at, m) ||
	    m->head.type != MSG_EVENT)) {
		free(m);
		m = NULL;
	}
	return m;
}

static void
read_letter(sqlite3_stmt *s, struct letter *l)
{
	char state[16];

	l->id = (uint64_t)sqlite3_column_int64(s, 0);
	l->rev = (uint64_t)sqlite3_column_int64(s, 1);
	l->kind = (enum letter_kind)sqlite3_column_int(s, 2);
	journal_column_text(s, 3, state, sizeof(state));
	l->state = letter_state_parse(state);
	l->event_id = (uint64_t)sqlite3_column_int64(s, 5);
	l->begin_id = (uint64_t)sqlite3_column_int64(s, 6);
	l->place = (uint64_t)sqlite3_column_int64(s, 7);
	l->made_ms = sqlite3_column_int64(s, 8);
	l->queued_ms = sqlite3_column_int64(s, 9);
	l->tries = sqlite3_column_int(s, 10);
	l->subject = column_dup(s, 11);
	l->body = column_dup(s, 12);
	l->text = column_dup(s, 13);
	l->stored = l->text != NULL;
	l->event = column_event(s, 14);
	l->begin = column_event(s, 15);
}

/* Enough is left of it to be told. */
static bool
makes_sense(const struct letter *l)
{
	/* It only tells of others, as do those that follow. */
	if (l->kind == LETTER_LOSS && l->state != LETTER_QUEUED)
		return false;
	if (l->state == LETTER_EXPIRED || l->state == LETTER_REFUSED)
		return true;
	if (l->state == LETTER_QUEUED && l->text != NULL)
		return true;
	switch (l->kind) {
	case LETTER_EVENT:
		return l->event != NULL;
	case LETTER_FOLDED:
		return l->event != NULL && l->begin != NULL;
	case LETTER_NOTICE:
		return l->subject != NULL && l->body != NULL;
	case LETTER_DIGEST:	/* they were stored with their text */
	case LETTER_LOSS:
		break;
	}
	return false;
}

static int
load_letters(sqlite3_stmt *s, const struct conf *conf,
    struct journal_past *p)
{
	char uplink[EVENT_NAME_MAX];
	struct letter *l = calloc(1, sizeof(*l));
	int rc;

	if (l == NULL)
		return -ENOMEM;
	read_letter(s, l);
	journal_column_text(s, 4, uplink, sizeof(uplink));
	rc = journal_grow(&p->letters, p->nletters, sizeof(struct letter *));
	/* Of an uplink that is gone: only what is written can be sent. */
	if (rc != 0 || (!journal_find_uplink(conf, uplink, &l->uplink) &&
	    l->text == NULL) || !makes_sense(l)) {
		letter_free(l);
		return rc;
	}
	p->letters[p->nletters++] = l;
	return 0;
}

static int
load_window(sqlite3_stmt *s, const struct conf *conf, struct journal_past *p)
{
	int rc = journal_grow(&p->window, p->nwindow, sizeof(*p->window));

	(void)conf;
	if (rc == 0)
		p->window[p->nwindow++] = sqlite3_column_int64(s, 0);
	return rc;
}

static int
load_top(sqlite3_stmt *s, const struct conf *conf, struct journal_past *p)
{
	(void)conf;
	p->letter_id = (uint64_t)sqlite3_column_int64(s, 0);
	p->place = (uint64_t)sqlite3_column_int64(s, 1);
	return 0;
}

int
journal_letter_load(struct journal_db *j, const struct conf *conf,
    struct journal_past *p)
{
	static const struct journal_query queries[] = {
		{ "SELECT coalesce(max(id), 0), coalesce(max(place), 0)"
		  " FROM letter", load_top },
		{ "SELECT l.id, rev, kind, state, l.uplink, event_id,"
		  " begin_id, place, made_ms, queued_ms, tries, subject, body,"
		  " text, e.json, b.json FROM letter AS l"
		  " LEFT JOIN event AS e ON e.id = event_id"
		  " LEFT JOIN event AS b ON b.id = begin_id"
		  " WHERE state IN ('waiting', 'counted', 'queued', 'expired',"
		  " 'refused')"
		  " ORDER BY l.id", load_letters },
		{ "SELECT queued_ms FROM letter WHERE queued_ms > 0"
		  " ORDER BY queued_ms", load_window },
		{ NULL, NULL }
	};

	return journal_rows(j, queries, conf, p);
}
