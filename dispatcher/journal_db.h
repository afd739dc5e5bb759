/* SPDX-License-Identifier: ISC */
/*
 * journal_db: the database behind the journal.  Private to journal*.c;
 * entered by the loop before the thread runs, by the thread afterwards.
 */
#ifndef UPLINKD_DISPATCHER_JOURNAL_DB_H
#define UPLINKD_DISPATCHER_JOURNAL_DB_H

#include <sqlite3.h>

#include "dispatcher/journal.h"

enum journal_stmt {
	STMT_BEGIN, STMT_COMMIT, STMT_ROLLBACK,
	STMT_EVENT, STMT_OPINION, STMT_JOB, STMT_END,
	STMT_LETTER, STMT_TOLD, STMT_PRUNE, STMT_N
};

struct journal_db {
	sqlite3		*db;
	sqlite3_stmt	*stmt[STMT_N];
};

/* 0; -EUCLEAN: the file is damaged; -errno. */
int	journal_db_open(struct journal_db *, const char *path);
void	journal_db_close(struct journal_db *);
/* All or none of them: 0, or -errno for all. */
int	journal_db_write(struct journal_db *, struct journal_op **, size_t n);
int	journal_db_load(struct journal_db *, const struct conf *,
	    struct journal_past *);
/* Steps a statement to its end and makes it ready for the next time. */
int	journal_db_run(struct journal_db *, enum journal_stmt);
/* For JOURNAL_FETCH. */
int	journal_db_fetch(struct journal_db *, struct journal_op *);
/*
 * Outages that may still last: the first `down` of each uplink since it was
 * last seen to work.  What was unknown meanwhile ends none.
 */
#define JOURNAL_OUTAGES(columns) "SELECT " columns " FROM event AS o LEFT" \
	" JOIN (SELECT uplink, max(id) AS top FROM event WHERE level IN" \
	" ('up', 'degraded') GROUP BY uplink) AS w ON w.uplink = o.uplink" \
	" WHERE o.level = 'down' AND o.id > coalesce(w.top, 0)" \
	" GROUP BY o.uplink"
/* Steps of recovery that a budget may still count: as long as one may be. */
#define JOURNAL_RUNGS_KEPT "(what = 3 AND queued_wall_ms > 1000 *" \
	" (CAST(strftime('%s', 'now') AS INTEGER) - 2592000))"
/* SQLite's result as -errno. */
int	journal_db_error(int rc);

/* journal_letter.c: the table of letters. */
extern const char journal_letter_schema[];
/* From version 1, where mails were jobs. */
extern const char journal_letter_upgrade[];
extern const char journal_letter_upsert[], journal_letter_told[],
    journal_letter_prune[];
int	journal_letter_write(struct journal_db *, const struct journal_op *);
int	journal_letter_load(struct journal_db *, const struct conf *,
	    struct journal_past *);
/* journal_rung.c: outages and their steps of recovery. */
int	journal_rung_load(struct journal_db *, const struct conf *,
	    struct journal_past *);
/* What a start reads: rows into *past, until one says -errno. */
struct journal_query {
	const char	*sql;		/* NULL ends the list */
	int		(*row)(sqlite3_stmt *, const struct conf *,
			    struct journal_past *);
};

int	journal_rows(struct journal_db *, const struct journal_query *,
	    const struct conf *, struct journal_past *);
/* Of "id, json": one more at the end of both lists; 0 or -ENOMEM. */
int	journal_keep_event(sqlite3_stmt *, struct msg **list, uint64_t **ids,
	    size_t *n);
/* NULL is SQL's NULL. */
void	journal_bind_text(sqlite3_stmt *, int at, const char *);
/* One more, zeroed, at the end of a list; 0 or -ENOMEM. */
int	journal_grow(void *list, size_t n, size_t size);
bool	journal_column_msg(sqlite3_stmt *, int at, struct msg *);
void	journal_column_text(sqlite3_stmt *, int at, char *, size_t size);
bool	journal_find_uplink(const struct conf *, const char *, uint32_t *);

#endif
