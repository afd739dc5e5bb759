/* SPDX-License-Identifier: ISC */
/*
 * A journal in a directory of its own, and entries for it.
 */
#ifndef UPLINKD_TEST_JOURNAL_H
#define UPLINKD_TEST_JOURNAL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dispatcher/journal.h"
#include "lib/clock.h"
#include "lib/log.h"

static char *argv_true[] = { "/bin/true", NULL };
static struct run_opts opts = { .argv = argv_true };
static struct conf_action action = { .name = "tell", .opts = &opts,
    .timeout_ns = NS_PER_S, .retries = 2 };
static struct conf_uplink uplinks[] = { { .name = "ext1" },
    { .name = "ext2" } };
static struct conf conf = { .nuplinks = 2, .uplinks = uplinks,
    .nactions = 1, .actions = &action };
static char dir[64], path[96];

static inline int
setup(void **state)
{
	(void)state;
	log_init("test", LOG_DEST_STDERR, false);
	snprintf(dir, sizeof(dir), "/tmp/uplinkd-test.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/journal.db", dir);
	return 0;
}

static inline int
teardown(void **state)
{
	char cmd[128];

	(void)state;
	/* Only in a test, and of a directory made above. */
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

static inline struct journal_op *
event_op(uint64_t id, const char *uplink, enum level level, bool with_job)
{
	struct journal_op *op = calloc(1, sizeof(*op));
	struct msg *m = &op->msg;

	op->kind = JOURNAL_EVENT;
	op->event_id = id;
	op->wall_ms = clock_wall_ms();
	m->head.type = MSG_EVENT;
	snprintf(m->head.source, sizeof(m->head.source), "probes/0");
	m->head.epoch = 0xabcdef;
	m->head.seq = id;
	m->head.wall_ms = op->wall_ms;
	snprintf(m->u.event.uplink, sizeof(m->u.event.uplink), "%s", uplink);
	m->u.event.level = level;
	m->u.event.previous = level == LEVEL_UP ? LEVEL_DOWN : LEVEL_UP;
	m->u.event.cause = CAUSE_FAR;
	if (with_job) {
		op->jobs = calloc(1, sizeof(*op->jobs));
		op->jobs[0] = calloc(1, sizeof(**op->jobs));
		op->njobs = 1;
		op->jobs[0]->id = id;
		op->jobs[0]->event_id = id;
		op->jobs[0]->conf = &conf;
		op->jobs[0]->what = POWER_ACTION;
		snprintf(op->jobs[0]->action, EVENT_NAME_MAX, "tell");
		snprintf(op->jobs[0]->lane, EVENT_NAME_MAX, "exec");
		snprintf(op->jobs[0]->key, JOB_KEY_MAX, "tell/%s", uplink);
	}
	return op;
}

static inline struct journal_op *
end_op(uint64_t job, enum job_phase phase)
{
	struct journal_op *op = calloc(1, sizeof(*op));

	op->kind = JOURNAL_JOB;
	op->job_id = job;
	op->phase = phase;
	op->tries = 1;
	return op;
}

static inline struct journal_op *
back(struct queue *done)
{
	struct pollfd p = { .fd = queue_fd(done), .events = POLLIN };

	assert_int_equal(poll(&p, 1, 20000), 1);
	return queue_try(done);
}

static inline void
write_op(struct journal *j, struct queue *done, struct journal_op *op)
{
	assert_int_equal(journal_submit(j, &op), 0);
	assert_null(op);
	op = back(done);
	assert_int_equal(op->err, 0);
	journal_op_free(&op);
}

#endif
