/* SPDX-License-Identifier: ISC */
/*
 * journal_db: the schema, and one batch of entries as one transaction.  WAL
 * with synchronous=FULL: a commit has been fsynced when it returns.
 *
 * event: what was accepted, json is the whole message.  job: one per action
 * run, phase as in uplinkd-event(7), "queued" until its first end.  opinion:
 * what advisors said.  letter: see journal_letter.c.  Times are wall
 * milliseconds.
 */
#include "dispatcher/journal_db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "proto/event.h"

#define EVENTS_KEPT	"10000"
#define SCHEMA_VERSION	2

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS event ("
    " id INTEGER PRIMARY KEY, source TEXT NOT NULL, epoch TEXT NOT NULL,"
    " seq INTEGER NOT NULL, uplink TEXT NOT NULL, level TEXT NOT NULL,"
    " previous TEXT NOT NULL, cause TEXT NOT NULL,"
    " wall_ms INTEGER NOT NULL, json TEXT NOT NULL,"
    " UNIQUE (source, epoch, seq));"
    "CREATE INDEX IF NOT EXISTS event_uplink ON event (uplink, id);"
    "CREATE TABLE IF NOT EXISTS job ("
    " id INTEGER PRIMARY KEY, event_id INTEGER NOT NULL REFERENCES event (id)"
    " ON DELETE CASCADE, action TEXT NOT NULL, lane TEXT NOT NULL,"
    " key TEXT NOT NULL, what INTEGER NOT NULL, idx INTEGER NOT NULL,"
    " uplink TEXT NOT NULL, phase TEXT NOT NULL, tries INTEGER NOT NULL,"
    " queued_wall_ms INTEGER NOT NULL, changed_wall_ms INTEGER NOT NULL,"
    " text TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS job_event ON job (event_id);"
    "CREATE INDEX IF NOT EXISTS job_open ON job (phase) WHERE phase IN"
    " ('queued', 'started', 'retry');"
    "CREATE TABLE IF NOT EXISTS opinion ("
    " id INTEGER PRIMARY KEY, uplink TEXT NOT NULL, advisor TEXT NOT NULL,"
    " level TEXT NOT NULL, wall_ms INTEGER NOT NULL, json TEXT NOT NULL,"
    " UNIQUE (uplink, advisor));";

/* An opinion repeated replaces its older self: only the newest counts. */
static const char *const sql[STMT_N] = {
	[STMT_BEGIN] = "BEGIN IMMEDIATE",
	[STMT_COMMIT] = "COMMIT",
	[STMT_ROLLBACK] = "ROLLBACK",
	[STMT_EVENT] = "INSERT OR IGNORE INTO event VALUES"
	    " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	[STMT_OPINION] = "INSERT OR REPLACE INTO opinion"
	    " (uplink, advisor, level, wall_ms, json)"
	    " VALUES (?1, ?2, ?3, ?4, ?5)",
	[STMT_JOB] = "INSERT OR IGNORE INTO job VALUES"
	    " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'queued', 0, ?9, ?9, '')",
	[STMT_END] = "UPDATE job SET phase = ?2, tries = ?3,"
	    " changed_wall_ms = ?4, text = ?5 WHERE id = ?1",
	[STMT_LETTER] = journal_letter_upsert,
	[STMT_TOLD] = journal_letter_told,
	[STMT_PRUNE] = journal_letter_prune,
};

int
journal_db_error(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_PERM:
	case SQLITE_AUTH:
	case SQLITE_CANTOPEN:
		return -EACCES;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EUCLEAN;
	default:
		return -EIO;
	}
}

static int
exec(struct journal_db *j, const char *text)
{
	return journal_db_error(sqlite3_exec(j->db, text, NULL, NULL, NULL));
}

static int
version(struct journal_db *j, int *out)
{
	sqlite3_stmt *s = NULL;
	int rc;

	rc = sqlite3_prepare_v2(j->db, "PRAGMA user_version", -1, &s, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return journal_db_error(rc);
}

static int
is_sound(struct journal_db *j)
{
	sqlite3_stmt *s = NULL;
	const unsigned char *word;
	int rc;

	rc = sqlite3_prepare_v2(j->db, "PRAGMA quick_check(1)", -1, &s, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	word = rc == SQLITE_ROW ? sqlite3_column_text(s, 0) : NULL;
	rc = word == NULL ? journal_db_error(rc) :
	    strcmp((const char *)word, "ok") == 0 ? 0 : -EUCLEAN;
	sqlite3_finalize(s);
	return rc;
}

/*
 * SQLite takes over the mode of a file that is there; so it is made first,
 * for nobody else's eyes, and never through a link that somebody planted.
 */
static int
make_file(const char *path)
{
	struct stat st;
	int fd, rc = 0;

	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return -errno;
	if (fstat(fd, &st) == -1)
		rc = -errno;
	else if (!S_ISREG(st.st_mode) || st.st_nlink != 1 ||
	    st.st_uid != geteuid())
		rc = -EPERM;
	close(fd);
	return rc;
}

static int
prepare(struct journal_db *j)
{
	size_t i;
	int rc;

	for (i = 0; i < STMT_N; i++) {
		rc = sqlite3_prepare_v3(j->db, sql[i], -1,
		    SQLITE_PREPARE_PERSISTENT, &j->stmt[i], NULL);
		if (rc != SQLITE_OK)
			return journal_db_error(rc);
	}
	return 0;
}

/* In one transaction: an upgrade that was cut off begins again. */
static int
make_tables(struct journal_db *j, int version)
{
	int rc;

	rc = exec(j, "BEGIN IMMEDIATE");
	if (rc != 0)
		return rc;
	rc = exec(j, schema);
	if (rc == 0)
		rc = exec(j, journal_letter_schema);
	if (rc == 0 && version == 1)
		rc = exec(j, journal_letter_upgrade);
	if (rc == 0)
		rc = exec(j, "PRAGMA user_version = 2; COMMIT");
	if (rc != 0)
		(void)exec(j, "ROLLBACK");
	return rc;
}

static int
set_up(struct journal_db *j)
{
	int v = 0, rc;

	(void)sqlite3_busy_timeout(j->db, 2000);
	rc = exec(j, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	    " PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 400;");
	if (rc == 0)
		rc = is_sound(j);
	if (rc == 0)
		rc = version(j, &v);
	if (rc == 0 && v > SCHEMA_VERSION) {
		log_err("journal: written by a newer uplinkd (version %d)", v);
		return -EPROTONOSUPPORT;
	}
	if (rc == 0)
		rc = make_tables(j, v);
	if (rc == 0)
		rc = exec(j, "DELETE FROM event WHERE id <= (SELECT max(id)"
		    " FROM event) - " EVENTS_KEPT " AND id NOT IN"
		    " (SELECT max(id) FROM event GROUP BY uplink) AND id NOT"
		    " IN (SELECT max(id) FROM event WHERE level <> 'unknown'"
		    " GROUP BY uplink) AND id NOT IN (SELECT event_id FROM"
		    " letter WHERE state IN ('waiting', 'counted')) AND"
		    " id NOT IN (SELECT begin_id FROM letter WHERE state IN"
		    " ('waiting', 'counted')) AND id NOT IN (SELECT event_id FROM"
		    " job WHERE phase IN ('queued', 'started', 'retry'))"
		    " AND id NOT IN (" JOURNAL_OUTAGES("min(o.id)") ")"
		    " AND id NOT IN (SELECT max(id) FROM event WHERE level IN"
		    " ('up', 'degraded') GROUP BY uplink)"
		    " AND id NOT IN (SELECT event_id FROM job WHERE "
		    JOURNAL_RUNGS_KEPT ")");
	return rc == 0 ? prepare(j) : rc;
}

int
journal_db_open(struct journal_db *j, const char *path)
{
	int rc;

	memset(j, 0, sizeof(*j));
	rc = make_file(path);
	if (rc != 0)
		return rc;
	rc = journal_db_error(sqlite3_open_v2(path, &j->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
	    SQLITE_OPEN_NOFOLLOW, NULL));
	if (rc == 0)
		rc = set_up(j);
	if (rc != 0)
		journal_db_close(j);
	return rc;
}

void
journal_db_close(struct journal_db *j)
{
	size_t i;

	for (i = 0; i < STMT_N; i++)
		sqlite3_finalize(j->stmt[i]);
	(void)sqlite3_close(j->db);
	memset(j, 0, sizeof(*j));
}

int
journal_db_run(struct journal_db *j, enum journal_stmt n)
{
	int rc = sqlite3_step(j->stmt[n]);

	(void)sqlite3_reset(j->stmt[n]);
	(void)sqlite3_clear_bindings(j->stmt[n]);
	return journal_db_error(rc);
}

/* Binding fails only for want of memory; step then fails, too. */
void
journal_bind_text(sqlite3_stmt *s, int at, const char *value)
{
	(void)sqlite3_bind_text(s, at, value, -1, SQLITE_TRANSIENT);
}

static int
encode(sqlite3_stmt *s, int at, const struct msg *m)
{
	char json[EVENT_BYTES_MAX];
	int n = msg_encode(m, json, sizeof(json));

	if (n < 0)
		return n;
	return journal_db_error(sqlite3_bind_text(s, at, json, n,
	    SQLITE_TRANSIENT));
}

static int
write_job(struct journal_db *j, const struct job *job, int64_t wall_ms)
{
	sqlite3_stmt *s = j->stmt[STMT_JOB];

	(void)sqlite3_bind_int64(s, 1, (sqlite3_int64)job->id);
	(void)sqlite3_bind_int64(s, 2, (sqlite3_int64)job->event_id);
	journal_bind_text(s, 3, job->action);
	journal_bind_text(s, 4, job->lane);
	journal_bind_text(s, 5, job->key);
	(void)sqlite3_bind_int(s, 6, (int)job->what);
	(void)sqlite3_bind_int64(s, 7, job->index);
	journal_bind_text(s, 8, job->conf->uplinks[job->uplink].name);
	(void)sqlite3_bind_int64(s, 9, wall_ms);
	return journal_db_run(j, STMT_JOB);
}

static int
write_jobs(struct journal_db *j, const struct journal_op *op)
{
	int rc = 0;
	size_t i;

	for (i = 0; i < op->njobs && rc == 0; i++)
		rc = write_job(j, op->jobs[i], op->wall_ms);
	return rc;
}

static int
write_event(struct journal_db *j, const struct journal_op *op)
{
	const struct event *ev = &op->msg.u.event;
	sqlite3_stmt *s = j->stmt[STMT_EVENT];
	char epoch[20];
	int rc;

	snprintf(epoch, sizeof(epoch), "%016llx",
	    (unsigned long long)op->msg.head.epoch);
	(void)sqlite3_bind_int64(s, 1, (sqlite3_int64)op->event_id);
	journal_bind_text(s, 2, op->msg.head.source);
	journal_bind_text(s, 3, epoch);
	(void)sqlite3_bind_int64(s, 4, (sqlite3_int64)op->msg.head.seq);
	journal_bind_text(s, 5, ev->uplink);
	journal_bind_text(s, 6, level_name(ev->level));
	journal_bind_text(s, 7, level_name(ev->previous));
	journal_bind_text(s, 8, cause_name(ev->cause));
	(void)sqlite3_bind_int64(s, 9, op->msg.head.wall_ms);
	rc = encode(s, 10, &op->msg);
	if (rc == 0)
		rc = journal_db_run(j, STMT_EVENT);
	/* Already there, with its jobs: it was said twice. */
	if (rc == 0 && sqlite3_changes(j->db) == 0)
		return 0;
	if (rc == 0)
		rc = write_jobs(j, op);
	return rc == 0 ? journal_letter_write(j, op) : rc;
}

static int
write_opinion(struct journal_db *j, const struct journal_op *op)
{
	sqlite3_stmt *s = j->stmt[STMT_OPINION];
	int rc;

	journal_bind_text(s, 1, op->msg.u.opinion.uplink);
	journal_bind_text(s, 2, op->msg.u.opinion.advisor);
	journal_bind_text(s, 3, level_name(op->msg.u.opinion.level));
	(void)sqlite3_bind_int64(s, 4, op->msg.head.wall_ms);
	rc = encode(s, 5, &op->msg);
	return rc == 0 ? journal_db_run(j, STMT_OPINION) : rc;
}

static int
write_end(struct journal_db *j, const struct journal_op *op)
{
	sqlite3_stmt *s = j->stmt[STMT_END];

	(void)sqlite3_bind_int64(s, 1, (sqlite3_int64)op->job_id);
	journal_bind_text(s, 2, job_phase_name(op->phase));
	(void)sqlite3_bind_int(s, 3, op->tries);
	(void)sqlite3_bind_int64(s, 4, op->wall_ms);
	journal_bind_text(s, 5, op->text);
	return journal_db_run(j, STMT_END);
}

static int
write_one(struct journal_db *j, struct journal_op *op)
{
	int rc;

	switch (op->kind) {
	case JOURNAL_EVENT:
		return write_event(j, op);
	case JOURNAL_OPINION:
		return write_opinion(j, op);
	case JOURNAL_JOB:
		return write_end(j, op);
	case JOURNAL_JOBS:
		rc = write_jobs(j, op);
		return rc == 0 ? journal_letter_write(j, op) : rc;
	case JOURNAL_LETTERS:
		return journal_letter_write(j, op);
	case JOURNAL_FETCH:
		/* What cannot be read keeps nothing from being written. */
		op->fetch_err = journal_db_fetch(j, op);
		return 0;
	}
	return -EINVAL;
}

int
journal_db_write(struct journal_db *j, struct journal_op **ops, size_t n)
{
	size_t i;
	int rc;

	rc = journal_db_run(j, STMT_BEGIN);
	for (i = 0; i < n && rc == 0; i++)
		rc = write_one(j, ops[i]);
	if (rc == 0)
		rc = journal_db_run(j, STMT_COMMIT);
	/* SQLite may have rolled back by itself; then this does no harm. */
	if (rc != 0)
		(void)journal_db_run(j, STMT_ROLLBACK);
	return rc;
}
