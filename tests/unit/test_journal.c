/* SPDX-License-Identifier: ISC */
/* What was handed back is on disk, whatever happens then. */
#include "tests/unit/test_journal.h"

static void
journal_tells_the_next_start_what_was(void **state)
{
	struct queue *done = queue_new(64, true, NULL);
	struct journal_past past;
	struct journal_op *same;
	struct journal *j;

	(void)state;
	assert_int_equal(journal_open(path, done, &j), 0);
	assert_int_equal(journal_load(j, &conf, &past), 0);
	assert_int_equal(past.nlevels, 0);
	assert_int_equal(past.event_id, 0);
	journal_past_free(&past);
	write_op(j, done, event_op(1, "ext1", LEVEL_DOWN, true));
	write_op(j, done, event_op(2, "ext2", LEVEL_DOWN, true));
	write_op(j, done, event_op(3, "ext2", LEVEL_UP, true));
	write_op(j, done, event_op(4, "ext1", LEVEL_UNKNOWN, false));
	write_op(j, done, end_op(2, JOB_DONE));
	write_op(j, done, end_op(3, JOB_STARTED));
	/* Another cause of the same level: it began before. */
	same = event_op(5, "ext2", LEVEL_UP, false);
	same->msg.u.event.previous = LEVEL_UP;
	write_op(j, done, same);
	journal_close(&j);

	assert_int_equal(journal_open(path, done, &j), 0);
	assert_int_equal(journal_load(j, &conf, &past), 0);
	assert_int_equal(past.event_id, 5);
	assert_int_equal(past.job_id, 3);
	/* "unknown" decides nothing: the newest decided level counts. */
	assert_int_equal(past.nlevels, 2);
	assert_int_equal(past.level_ids[0] + past.level_ids[1], 1 + 3);
	/* 1 was never started, 3 has no end. */
	assert_int_equal(past.njobs, 2);
	assert_int_equal(past.jobs[0]->id, 1);
	assert_int_equal(past.jobs[0]->event.u.event.level, LEVEL_DOWN);
	assert_int_equal(past.jobs[0]->tries_max, 3);
	assert_int_equal(past.jobs[1]->id, 3);
	assert_int_equal(past.nsources, 1);
	assert_int_equal(past.sources[0].seq, 5);
	assert_true(past.sources[0].epoch == 0xabcdef);
	journal_past_free(&past);
	journal_close(&j);
	queue_free(&done);
}

static void
journal_event_said_twice_is_kept_once(void **state)
{
	struct queue *done = queue_new(64, true, NULL);
	struct journal_op *twice;
	struct journal_past past;
	struct journal *j;

	(void)state;
	assert_int_equal(journal_open(path, done, &j), 0);
	write_op(j, done, event_op(1, "ext1", LEVEL_DOWN, true));
	/* The same message under another number, with another job. */
	twice = event_op(1, "ext1", LEVEL_DOWN, true);
	twice->event_id = twice->jobs[0]->event_id = 2;
	twice->jobs[0]->id = 2;
	write_op(j, done, twice);
	write_op(j, done, event_op(3, "ext2", LEVEL_DOWN, false));
	journal_close(&j);
	assert_int_equal(journal_open(path, done, &j), 0);
	assert_int_equal(journal_load(j, &conf, &past), 0);
	assert_int_equal(past.njobs, 1);
	assert_int_equal(past.event_id, 3);
	journal_past_free(&past);
	journal_close(&j);
	queue_free(&done);
}

static void
journal_opinions_keep_the_newest_of_each(void **state)
{
	struct queue *done = queue_new(64, true, NULL);
	struct journal_past past;
	struct journal_op *op;
	struct journal *j;
	int i;

	(void)state;
	assert_int_equal(journal_open(path, done, &j), 0);
	for (i = 0; i < 3; i++) {
		op = calloc(1, sizeof(*op));
		op->kind = JOURNAL_OPINION;
		op->msg.head.type = MSG_OPINION;
		snprintf(op->msg.head.source, EVENT_NAME_MAX, "notify");
		op->msg.head.epoch = (uint64_t)i;
		op->msg.head.seq = 1;
		snprintf(op->msg.u.opinion.uplink, EVENT_NAME_MAX, "ext1");
		snprintf(op->msg.u.opinion.advisor, EVENT_NAME_MAX, "a%d",
		    i / 2);
		op->msg.u.opinion.level = i == 1 ? LEVEL_UP : LEVEL_DOWN;
		write_op(j, done, op);
	}
	journal_close(&j);
	assert_int_equal(journal_open(path, done, &j), 0);
	assert_int_equal(journal_load(j, &conf, &past), 0);
	assert_int_equal(past.nopinions, 2);
	assert_int_equal(past.opinions[0].u.opinion.level, LEVEL_UP);
	assert_int_equal(past.opinions[1].u.opinion.level, LEVEL_DOWN);
	journal_past_free(&past);
	journal_close(&j);
	queue_free(&done);
}

/* Writes for ever; each number that came back goes down the pipe. */
static void
write_until_killed(int fd)
{
	struct queue *done = queue_new(8192, true, NULL);
	struct journal_op *op;
	struct journal *j;
	uint64_t id = 1;

	if (journal_open(path, done, &j) != 0)
		_exit(1);
	for (;;) {
		op = event_op(id++, "ext1", LEVEL_DOWN, true);
		if (journal_submit(j, &op) != 0)
			_exit(1);
		/* Sometimes a batch, sometimes one by one. */
		if (id % 7 < 4)
			continue;
		while ((op = queue_try(done)) != NULL) {
			if (op->err != 0 || write(fd, &op->event_id,
			    sizeof(op->event_id)) < 0)
				_exit(1);
			journal_op_free(&op);
		}
	}
}

static void
journal_killed_writer_loses_nothing_handed_back(void **state)
{
	struct queue *done = queue_new(64, true, NULL);
	struct journal_past past;
	struct journal *j;
	uint64_t id, last;
	int fds[2], round, n;
	pid_t pid;

	(void)state;
	for (round = 0; round < 5; round++) {
		assert_int_equal(pipe(fds), 0);
		pid = fork();
		if (pid == 0) {
			close(fds[0]);
			write_until_killed(fds[1]);
		}
		close(fds[1]);
		last = 0;
		for (n = 0; n < 40 + 37 * round; n++)
			if (read(fds[0], &id, sizeof(id)) == sizeof(id))
				last = id;
		kill(pid, SIGKILL);
		while (read(fds[0], &id, sizeof(id)) == sizeof(id))
			last = id;
		close(fds[0]);
		waitpid(pid, NULL, 0);
		assert_true(last > 0);
		assert_int_equal(journal_open(path, done, &j), 0);
		assert_int_equal(journal_load(j, &conf, &past), 0);
		assert_true(past.event_id >= last);
		assert_true(past.njobs >= last);
		journal_past_free(&past);
		journal_close(&j);
		assert_int_equal(unlink(path), 0);
	}
	queue_free(&done);
}

static void
journal_damaged_file_is_set_aside(void **state)
{
	struct queue *done = queue_new(64, true, NULL);
	char noise[8192];
	struct journal *j;
	struct stat st;
	int fd;

	(void)state;
	memset(noise, 'x', sizeof(noise));
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_int_equal(write(fd, noise, sizeof(noise)), sizeof(noise));
	close(fd);
	assert_int_equal(journal_open(path, done, &j), 0);
	write_op(j, done, event_op(1, "ext1", LEVEL_DOWN, false));
	journal_close(&j);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	queue_free(&done);
}

static struct journal_letter
letter_row(uint64_t id, uint64_t rev, enum letter_state s, const char *text)
{
	struct journal_letter l = { .id = id, .rev = rev, .state = s,
	    .kind = LETTER_EVENT, .uplink = "ext1", .event_id = 1,
	    .place = s == LETTER_WAITING ? 0 : id, .made_ms = 1000,
	    .queued_ms = s == LETTER_QUEUED ? 2000 : 0 };

	l.text = text == NULL ? NULL : strdup(text);
	return l;
}

static void
add_letter(struct journal_op *op, struct journal_letter l)
{
	op->letters = realloc(op->letters, (op->nletters + 1) *
	    sizeof(*op->letters));
	op->letters[op->nletters++] = l;
}

static struct journal_op *
letters_op(uint64_t told_upto)
{
	struct journal_op *op = calloc(1, sizeof(*op));

	op->kind = JOURNAL_LETTERS;
	op->told_upto = told_upto;
	return op;
}

/* A letter of its own accord, with the mark that it was written. */
static void
journal_letter_is_written_with_a_job(void **state)
{
	struct queue *done = queue_new(64, true, NULL);
	struct journal_past past;
	struct journal_op *op;
	struct journal *j;

	(void)state;
	assert_int_equal(journal_open(path, done, &j), 0);
	op = letters_op(0);
	op->kind = JOURNAL_JOBS;
	add_letter(op, letter_row(1, 1, LETTER_WAITING, NULL));
	write_op(j, done, op);
	journal_close(&j);
	assert_int_equal(journal_open(path, done, &j), 0);
	assert_int_equal(journal_load(j, &conf, &past), 0);
	assert_int_equal(past.letter_id, 1);
	journal_past_free(&past);
	journal_close(&j);
	queue_free(&done);
}

static void
journal_letters_come_back_until_they_are_sent(void **state)
{
	struct queue *done = queue_new(64, true, NULL);
	struct journal_past past;
	struct journal_op *op;
	struct journal *j;

	(void)state;
	assert_int_equal(journal_open(path, done, &j), 0);
	op = event_op(1, "ext1", LEVEL_DOWN, false);
	add_letter(op, letter_row(1, 1, LETTER_WAITING, NULL));
	add_letter(op, letter_row(2, 1, LETTER_WAITING, NULL));
	add_letter(op, letter_row(3, 1, LETTER_COUNTED, NULL));
	write_op(j, done, op);
	op = letters_op(0);
	add_letter(op, letter_row(1, 3, LETTER_QUEUED, "text of 1"));
	add_letter(op, letter_row(4, 1, LETTER_QUEUED, "text of 4"));
	write_op(j, done, op);
	/* Late, from a full disk: what is newer stays. */
	op = letters_op(0);
	add_letter(op, letter_row(1, 2, LETTER_WAITING, NULL));
	/* Without its text again: that stays, too. */
	add_letter(op, letter_row(4, 2, LETTER_QUEUED, NULL));
	write_op(j, done, op);
	journal_close(&j);
	assert_int_equal(journal_open(path, done, &j), 0);
	assert_int_equal(journal_load(j, &conf, &past), 0);
	assert_int_equal(past.letter_id, 4);
	assert_int_equal(past.nletters, 4);
	assert_int_equal(past.letters[0]->state, LETTER_QUEUED);
	assert_string_equal(past.letters[0]->text, "text of 1");
	assert_true(past.letters[0]->stored);
	assert_int_equal(past.letters[1]->state, LETTER_WAITING);
	assert_int_equal(past.letters[1]->event->u.event.level, LEVEL_DOWN);
	assert_int_equal(past.letters[2]->state, LETTER_COUNTED);
	assert_string_equal(past.letters[3]->text, "text of 4");
	assert_int_equal(past.nwindow, 2);
	journal_past_free(&past);
	op = letters_op(3);
	add_letter(op, letter_row(1, 4, LETTER_SENT, NULL));
	write_op(j, done, op);
	op = letters_op(0);
	add_letter(op, letter_row(2000, 1, LETTER_SENT, "x"));
	write_op(j, done, op);
	journal_close(&j);
	assert_int_equal(journal_open(path, done, &j), 0);
	assert_int_equal(journal_load(j, &conf, &past), 0);
	assert_int_equal(past.nletters, 2);
	assert_int_equal(past.letters[0]->id, 2);
	assert_int_equal(past.letters[1]->id, 4);
	journal_past_free(&past);
	journal_close(&j);
	queue_free(&done);
}

/* As the former version left it: two mails, one of them not yet sent. */
static void
journal_of_version_1_is_upgraded_in_place(void **state)
{
	static const char old[] =
	    "DROP TABLE letter;"
	    "INSERT INTO job VALUES (7, 1, 'mail', 'mail', 'mail/ext1', 2, 0,"
	    " 'ext1', 'done', 1, 5, 5, ''), (8, 1, 'mail', 'mail',"
	    " 'mail/ext1', 2, 0, 'ext1', 'retry', 2, 6, 6, ''), (9, 1,"
	    " 'tell', 'exec', 'tell/ext1', 1, 0, 'ext1', 'queued', 0, 6, 6,"
	    " ''); PRAGMA user_version = 1;";
	struct queue *done = queue_new(64, true, NULL);
	struct journal_past past;
	struct journal *j;
	sqlite3 *db;
	int round;

	(void)state;
	assert_int_equal(journal_open(path, done, &j), 0);
	write_op(j, done, event_op(1, "ext1", LEVEL_DOWN, false));
	journal_close(&j);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, old, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	/* And a second time: nothing is taken over twice. */
	for (round = 0; round < 2; round++) {
		assert_int_equal(journal_open(path, done, &j), 0);
		assert_int_equal(journal_load(j, &conf, &past), 0);
		assert_int_equal(past.njobs, 1);
		assert_int_equal(past.jobs[0]->id, 9);
		assert_int_equal(past.nletters, 1);
		assert_int_equal(past.letters[0]->id, 8);
		assert_int_equal(past.letters[0]->state, LETTER_WAITING);
		assert_int_equal(past.letters[0]->made_ms, 6);
		assert_non_null(past.letters[0]->event);
		journal_past_free(&past);
		journal_close(&j);
	}
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 3", NULL,
	    NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(journal_open(path, done, &j), -EPROTONOSUPPORT);
	queue_free(&done);
}

static struct journal_op *
step_op(uint64_t event, uint64_t job, int64_t wall_ms)
{
	struct journal_op *op = event_op(event, "ext1", LEVEL_DOWN, true);

	op->kind = JOURNAL_JOBS;
	op->wall_ms = wall_ms;
	op->jobs[0]->id = job;
	op->jobs[0]->event_id = event;
	op->jobs[0]->what = POWER_RECOVERY;
	return op;
}

/* As many as there may be in a month, by another line that flaps. */
static void
many_events(void)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "INSERT INTO event WITH RECURSIVE"
	    " n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE"
	    " i < 20100) SELECT i, 'x', '1', i, 'ext2', 'down', 'up', 'far',"
	    " 0, '{}' FROM n", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Of ext1: an outage with a step; then another, whose step may be long ago. */
static void
journal_steps_are_kept_as_long_as_a_budget_counts(void **state)
{
	struct queue *done = queue_new(64, true, NULL);
	int64_t now_ms = clock_wall_ms(), day_ms = 86400000;
	struct journal_past past;
	struct journal *j;

	(void)state;
	assert_int_equal(journal_open(path, done, &j), 0);
	write_op(j, done, event_op(1, "ext1", LEVEL_DOWN, false));
	write_op(j, done, step_op(1, 1, now_ms - 40 * day_ms));
	write_op(j, done, event_op(2, "ext1", LEVEL_UP, false));
	write_op(j, done, event_op(3, "ext1", LEVEL_DOWN, false));
	write_op(j, done, step_op(3, 2, now_ms - 29 * day_ms));
	write_op(j, done, end_op(2, JOB_FAILED));
	write_op(j, done, event_op(4, "ext1", LEVEL_UP, false));
	write_op(j, done, event_op(5, "ext1", LEVEL_DOWN, false));
	write_op(j, done, step_op(5, 3, now_ms - 31 * day_ms));
	write_op(j, done, event_op(6, "ext1", LEVEL_UNKNOWN, false));
	write_op(j, done, event_op(7, "ext1", LEVEL_DOWN, false));
	journal_close(&j);
	many_events();

	assert_int_equal(journal_open(path, done, &j), 0);
	assert_int_equal(journal_load(j, &conf, &past), 0);
	/* That of ext2 cannot be read. */
	assert_int_equal(past.noutages, 1);
	assert_int_equal(past.outage_ids[0], 5);
	assert_int_equal(past.nrungs, 2);
	assert_int_equal(past.rungs[0].job_id, 2);
	assert_false(past.rungs[0].cut);
	assert_int_equal(past.rungs[1].job_id, 3);
	assert_int_equal(past.rungs[1].event_id, 5);
	assert_true(past.rungs[1].cut);
	/* They are not taken up as jobs. */
	assert_int_equal(past.njobs, 0);
	journal_past_free(&past);
	journal_close(&j);
	queue_free(&done);
}

static void
journal_behind_a_link_is_refused(void **state)
{
	struct queue *done = queue_new(64, true, NULL);
	struct journal *j;
	char target[128];

	(void)state;
	snprintf(target, sizeof(target), "%s/target", dir);
	assert_int_equal(symlink(target, path), 0);
	assert_int_not_equal(journal_open(path, done, &j), 0);
	assert_null(j);
	queue_free(&done);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(journal_tells_the_next_start_what_was),
		CASE(journal_event_said_twice_is_kept_once),
		CASE(journal_opinions_keep_the_newest_of_each),
		CASE(journal_killed_writer_loses_nothing_handed_back),
		CASE(journal_damaged_file_is_set_aside),
		CASE(journal_letter_is_written_with_a_job),
		CASE(journal_letters_come_back_until_they_are_sent),
		CASE(journal_of_version_1_is_upgraded_in_place),
		CASE(journal_steps_are_kept_as_long_as_a_budget_counts),
		CASE(journal_behind_a_link_is_refused),
	};

	action.kind = action_option_set("run");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
