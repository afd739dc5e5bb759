/* SPDX-License-Identifier: ISC */
/*
 * journal: the thread between the loop and the database.  Entries come by a
 * queue; all that wait are written in one transaction, so that a burst costs
 * one fsync; then they go back, each with its result.
 */
#include "dispatcher/journal.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dispatcher/journal_db.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/must.h"
#include "lib/sys.h"

#define WAIT_MAX	8192	/* entries not yet written */
#define BATCH		256	/* entries of one transaction */

struct journal {
	struct journal_db db;		/* the loop's until the first submit */
	struct queue	*todo;
	struct queue	*done;
	pthread_t	 thread;
	bool		 runs;
	struct log_same	 trouble;	/* the thread's */
};

void
journal_op_free(struct journal_op **opp)
{
	struct journal_op *op = *opp;
	size_t i;

	if (op == NULL)
		return;
	*opp = NULL;
	for (i = 0; i < op->njobs; i++)
		job_free(op->jobs[i]);
	free(op->jobs);
	for (i = 0; i < op->nletters; i++)
		journal_letter_free(&op->letters[i]);
	free(op->letters);
	free(op);
}

static void
drop(void *item)
{
	struct journal_op *op = item;

	journal_op_free(&op);
}

static void
give_back(struct journal *j, struct journal_op **ops, size_t n, int err)
{
	void *item;
	size_t i;

	for (i = 0; i < n; i++) {
		ops[i]->err = err;
		item = ops[i];
		/*
		 * The loop has made it large enough for all that it submits;
		 * what is dropped here is on disk all the same.
		 */
		if (queue_push(j->done, &item) != 0)
			drop(item);
	}
}

static void *
journal_main(void *arg)
{
	struct journal *j = arg;
	struct journal_op *ops[BATCH];
	size_t n;
	int rc;

	sys_thread_name("journal");
	while ((ops[0] = queue_pop(j->todo)) != NULL) {
		for (n = 1; n < BATCH; n++)
			if ((ops[n] = queue_try(j->todo)) == NULL)
				break;
		rc = journal_db_write(&j->db, ops, n);
		log_change(&j->trouble, rc, "journal: write");
		give_back(j, ops, n, rc);
	}
	return NULL;
}

/* What cannot be read is kept for whoever can. */
static int
set_aside(const char *path)
{
	char to[512], at[CLOCK_TEXT_MAX], side[512];
	static const char *const with[] = { "-wal", "-shm" };
	size_t i;

	if (snprintf(to, sizeof(to), "%s.damaged-%s", path,
	    clock_text(clock_wall_ms(), at)) >= (int)sizeof(to))
		return -ENAMETOOLONG;
	if (rename(path, to) == -1)
		return -errno;
	for (i = 0; i < 2; i++)
		if (snprintf(side, sizeof(side), "%s%s", path, with[i]) <
		    (int)sizeof(side))
			(void)unlink(side);
	log_err("journal %s: damaged: set aside as %s, a new one is begun",
	    path, to);
	return 0;
}

int
journal_open(const char *path, struct queue *done, struct journal **out)
{
	struct journal *j = calloc(1, sizeof(*j));
	int rc;

	*out = NULL;
	if (j == NULL)
		return -ENOMEM;
	j->done = done;
	j->todo = queue_new(WAIT_MAX, false, drop);
	rc = j->todo == NULL ? -ENOMEM : journal_db_open(&j->db, path);
	if (rc == -EUCLEAN) {
		rc = set_aside(path);
		if (rc == 0)
			rc = journal_db_open(&j->db, path);
	}
	if (rc != 0) {
		queue_free(&j->todo);
		free(j);
		return rc;
	}
	*out = j;
	return 0;
}

int
journal_load(struct journal *j, const struct conf *conf,
    struct journal_past *past)
{
	MUST(!j->runs);
	return journal_db_load(&j->db, conf, past);
}

int
journal_submit(struct journal *j, struct journal_op **opp)
{
	void *item = *opp;
	int rc;

	/* The thread starts with the first entry: before it the loop reads. */
	if (!j->runs) {
		rc = -pthread_create(&j->thread, NULL, journal_main, j);
		if (rc != 0)
			return rc;
		j->runs = true;
	}
	rc = queue_push(j->todo, &item);
	if (rc == 0)
		*opp = NULL;
	return rc;
}

void
journal_close(struct journal **jp)
{
	struct journal *j = *jp;

	if (j == NULL)
		return;
	*jp = NULL;
	queue_close(j->todo);
	if (j->runs)
		MUST(pthread_join(j->thread, NULL) == 0);
	journal_db_close(&j->db);
	queue_free(&j->todo);
	free(j);
}
