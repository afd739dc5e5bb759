/* SPDX-License-Identifier: ISC */
/* What a start, and a lane that has room again, find of the jobs. */
#include "tests/unit/test_journal.h"

static void
journal_job_that_is_not_configured_is_ended(void **state)
{
	struct queue *done = queue_new(64, true, NULL);
	struct conf_action *actions = conf.actions;
	struct journal_past past;
	size_t n = conf.nactions;
	struct journal *j;

	(void)state;
	assert_int_equal(journal_open(path, done, &j), 0);
	write_op(j, done, event_op(1, "ext1", LEVEL_DOWN, true));
	journal_close(&j);
	conf.nactions = 0;
	assert_int_equal(journal_open(path, done, &j), 0);
	assert_int_equal(journal_load(j, &conf, &past), 0);
	assert_int_equal(past.njobs, 0);
	journal_past_free(&past);
	journal_close(&j);
	/* It does not come to life when the action comes back. */
	conf.nactions = n;
	conf.actions = actions;
	assert_int_equal(journal_open(path, done, &j), 0);
	assert_int_equal(journal_load(j, &conf, &past), 0);
	assert_int_equal(past.njobs, 0);
	journal_past_free(&past);
	journal_close(&j);
	queue_free(&done);
}

/* Ten thousand younger events do not take away what has still to run. */
/* So many events of the other line that old ones are forgotten. */
static void
flood(void)
{
	static const char more[] = "WITH RECURSIVE n (i) AS (SELECT 10"
	    " UNION ALL SELECT i + 1 FROM n WHERE i < 10100) INSERT INTO"
	    " event SELECT i, 'probes/9', 'e', i, 'ext2', 'up', 'up', 'far',"
	    " 0, '{}' FROM n";
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, more, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* Folded, it tells of both ends of an outage. */
static void
journal_keeps_both_events_of_a_letter_that_waits(void **state)
{
	struct queue *done = queue_new(64, true, NULL);
	struct journal_op *op = calloc(1, sizeof(*op));
	struct journal_past past;
	struct journal *j;
	uint64_t n;

	(void)state;
	assert_int_equal(journal_open(path, done, &j), 0);
	for (n = 1; n <= 5; n++)
		write_op(j, done, event_op(n, "ext1", n % 2 == 1 ?
		    LEVEL_DOWN : LEVEL_UP, false));
	op->kind = JOURNAL_LETTERS;
	op->nletters = 1;
	op->letters = calloc(1, sizeof(*op->letters));
	op->letters[0] = (struct journal_letter){ .id = 1, .rev = 1,
	    .state = LETTER_WAITING, .kind = LETTER_EVENT, .event_id = 2,
	    .begin_id = 1, .place = 1, .uplink = "ext1" };
	write_op(j, done, op);
	journal_close(&j);
	flood();
	assert_int_equal(journal_open(path, done, &j), 0);
	assert_int_equal(journal_load(j, &conf, &past), 0);
	assert_int_equal(past.nletters, 1);
	assert_non_null(past.letters[0]->begin);
	journal_past_free(&past);
	journal_close(&j);
	queue_free(&done);
}

static void
journal_keeps_old_events_whose_jobs_wait(void **state)
{
	struct queue *done = queue_new(64, true, NULL);
	struct journal_past past;
	struct journal *j;
	sqlite3 *db;

	(void)state;
	assert_int_equal(journal_open(path, done, &j), 0);
	write_op(j, done, event_op(1, "ext1", LEVEL_DOWN, true));
	write_op(j, done, event_op(2, "ext1", LEVEL_UP, true));
	write_op(j, done, event_op(3, "ext1", LEVEL_DOWN, false));
	write_op(j, done, event_op(4, "ext1", LEVEL_UP, false));
	write_op(j, done, event_op(5, "ext1", LEVEL_DOWN, false));
	write_op(j, done, end_op(2, JOB_DONE));
	journal_close(&j);
	flood();
	assert_int_equal(journal_open(path, done, &j), 0);
	assert_int_equal(journal_load(j, &conf, &past), 0);
	assert_int_equal(past.event_id, 10100);
	assert_int_equal(past.njobs, 1);
	assert_int_equal(past.jobs[0]->id, 1);
	journal_past_free(&past);
	journal_close(&j);
	/* What is over is not kept: 2 is gone, its job with it. */
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "INSERT INTO event SELECT 2, 'x',"
	    " 'e', 2, 'ext1', 'up', 'up', 'far', 0, '{}'", NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(db);
	queue_free(&done);
}

/* In order, no more than asked for, and what is not `every` is not there. */
static void
journal_fetch_reads_on_from_a_number(void **state)
{
	struct queue *done = queue_new(64, true, NULL);
	struct journal_past past;
	struct journal_op *op;
	struct journal *j;
	uint64_t id, at = 0;
	int round;

	(void)state;
	conf.lanes.queue = 2;
	assert_int_equal(journal_open(path, done, &j), 0);
	for (id = 1; id <= 6; id++)
		write_op(j, done, event_op(id, "ext1", LEVEL_DOWN, true));
	write_op(j, done, end_op(4, JOB_DONE));
	journal_close(&j);
	action.every = true;
	assert_int_equal(journal_open(path, done, &j), 0);
	assert_int_equal(journal_load(j, &conf, &past), 0);
	assert_int_equal(past.njobs, 2);
	assert_int_equal(past.nlanes, 1);
	assert_int_equal(past.lanes[0].taken, 2);
	assert_int_equal(past.lanes[0].left, 3);
	at = past.lanes[0].taken;
	journal_past_free(&past);
	for (round = 0; round < 3; round++) {
		action.every = round < 2;
		op = calloc(1, sizeof(*op));
		op->kind = JOURNAL_FETCH;
		op->conf = &conf;
		op->job_id = round < 2 ? at : 0;
		op->max = 2;
		snprintf(op->lane, sizeof(op->lane), "exec");
		assert_int_equal(journal_submit(j, &op), 0);
		op = back(done);
		assert_int_equal(op->err, 0);
		assert_int_equal(op->fetch_err, 0);
		assert_int_equal(op->njobs, 2 - round);
		if (op->njobs > 0)
			assert_int_equal(op->jobs[0]->id, round == 0 ? 3 : 6);
		assert_int_equal(op->all, round > 0);
		at = op->job_id;
		assert_int_equal(at, round == 0 ? 5 : 6);
		journal_op_free(&op);
	}
	action.every = false;
	conf.lanes.queue = 0;
	journal_close(&j);
	queue_free(&done);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* So many events later that those without anything to do are forgotten. */
static void
years_pass(void)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "WITH RECURSIVE n(i) AS (SELECT 10"
	    " UNION ALL SELECT i + 1 FROM n WHERE i < 20100) INSERT INTO event"
	    " SELECT i, 'probes/0', '01', i, 'ext2', 'up', 'down', 'far', 1,"
	    " '{}' FROM n", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void
journal_keeps_what_a_durable_job_waits_with(void **state)
{
	struct queue *done = queue_new(64, true, NULL);
	struct journal_op *op = event_op(1, "ext1", LEVEL_DOWN, true);
	struct journal_past past;
	struct journal *j;
	const struct job *job;
	int64_t age_ns;

	(void)state;
	action.kind = action_option_set("webhook");
	conf.lanes.queue = 1;
	op->msg.head.wall_ms -= 3600 * 1000;
	assert_int_equal(journal_open(path, done, &j), 0);
	write_op(j, done, op);
	write_op(j, done, event_op(2, "ext1", LEVEL_UP, false));
	journal_close(&j);
	years_pass();
	assert_int_equal(journal_open(path, done, &j), 0);
	assert_int_equal(journal_load(j, &conf, &past), 0);
	assert_int_equal(past.njobs, 1);
	job = past.jobs[0];
	assert_true(job->durable && job->every && !job->cancel);
	assert_true(job->tries_max > 1000000);
	assert_true(job->retry_wait_ns > 0);
	assert_string_equal(job->key, "tell");
	age_ns = clock_mono_ns() - job->born_ns;
	assert_true(age_ns >= 3600 * NS_PER_S && age_ns < 3700 * NS_PER_S);
	journal_past_free(&past);
	journal_close(&j);
	queue_free(&done);
	action.kind = action_option_set("run");
	conf.lanes.queue = 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(journal_job_that_is_not_configured_is_ended),
		CASE(journal_keeps_what_a_durable_job_waits_with),
		CASE(journal_keeps_both_events_of_a_letter_that_waits),
		CASE(journal_keeps_old_events_whose_jobs_wait),
		CASE(journal_fetch_reads_on_from_a_number),
	};

	action.kind = action_option_set("run");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
