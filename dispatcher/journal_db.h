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
	STMT_EVENT, STMT_OPINION, STMT_JOB, STMT_END, STMT_N
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
/* SQLite's result as -errno. */
int	journal_db_error(int rc);

#endif
