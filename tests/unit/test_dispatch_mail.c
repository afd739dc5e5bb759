/* SPDX-License-Identifier: ISC */
/* Letters of a dispatcher that is killed at the worst moments. */
#include <sqlite3.h>

#include "tests/unit/test_dispatch.h"

static const char mail_text[] =
    "mail: { to: root, fold: 0s, on: [down, up], retry_wait: 100ms,"
    " limit: 3 per 1h }\n";

static int
setup_mail(void **state)
{
	return setup_with(state, mail_text);
}

static int
setup_roomy(void **state)
{
	return setup_with(state, "mail: { to: root, fold: 0s, on: [down, up],"
	    " retry_wait: 100ms, limit: 10 per 1h }\n");
}

static void
tell_event(struct bench *b, const char *uplink, enum level level)
{
	struct msg m;

	event(b, &m, uplink, level);
	say(b->worker, &m);
	expect_ack(b, b->worker, b->seq, true);
}

static void
await_mails(struct bench *b, unsigned n)
{
	/* Pauses grow with each try, and a slow machine tries more. */
	int64_t until_ns = clock_mono_ns() + 6 * LIMIT;

	while (b->nmails < n && clock_mono_ns() < until_ns) {
		struct pollfd p = { .fd = b->parent, .events = POLLIN };

		(void)poll(&p, 1, 20);
		play_parent(b);
	}
	assert_int_equal(b->nmails, n);
}

static void
header_of(const char *mail, const char *name, char *buf, size_t size)
{
	const char *at = strstr(mail, name);

	assert_non_null(at);
	snprintf(buf, size, "%.*s", (int)strcspn(at, "\n"), at);
}

static void
mail_says(struct bench *b, unsigned n, const char *what)
{
	char subject[256];

	header_of(b->mails[n], "Subject: ", subject, sizeof(subject));
	if (strstr(subject, what) == NULL)
		fail_msg("%s is not in: %s", what, subject);
}

static void
await_job(struct bench *b, enum job_phase phase)
{
	struct msg m;

	do
		assert_true(await(b, b->feed, MSG_JOB, &m));
	while (m.u.job.phase != phase ||
	    strcmp(m.u.job.action, "mail") != 0);
}

static void
has(struct bench *b, unsigned n, const char *what)
{
	if (strstr(b->mails[n], what) == NULL)
		fail_msg("%s is not in: %s", what, b->mails[n]);
}

/* So many letters are in this state on disk. */
static void
await_rows(struct bench *b, const char *state, unsigned n)
{
	char path[128];
	sqlite3_stmt *s;
	sqlite3 *db;
	unsigned is = 0;
	int64_t until_ns = clock_mono_ns() + LIMIT;

	snprintf(path, sizeof(path), "%s/journal.db", b->dir);
	while (is < n && clock_mono_ns() < until_ns) {
		struct pollfd p = { .fd = b->parent, .events = POLLIN };

		(void)poll(&p, 1, 20);
		play_parent(b);
		assert_int_equal(sqlite3_open_v2(path, &db,
		    SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
		if (sqlite3_prepare_v2(db, "SELECT count(*) FROM letter WHERE"
		    " state = ?", -1, &s, NULL) == SQLITE_OK &&
		    sqlite3_bind_text(s, 1, state, -1, NULL) == SQLITE_OK &&
		    sqlite3_step(s) == SQLITE_ROW)
			is = (unsigned)sqlite3_column_int(s, 0);
		sqlite3_finalize(s);
		sqlite3_close(db);
	}
	assert_int_equal(is, n);
}

static void
dispatch_mail_survives_a_kill_in_order(void **state)
{
	struct bench *b = *state;

	start_all(b);
	b->bounce = 75;
	tell_event(b, "ext1", LEVEL_DOWN);
	tell_event(b, "ext2", LEVEL_DOWN);
	await_job(b, JOB_FAILED);
	start_anew(b);
	tell_event(b, "ext1", LEVEL_UP);
	await_job(b, JOB_FAILED);
	start_anew(b);
	assert_int_equal(b->nmails, 0);
	b->bounce = 0;
	await_mails(b, 3);
	mail_says(b, 0, "ext1 is down");
	mail_says(b, 1, "ext2 is down");
	mail_says(b, 2, "ext1 is up after");
	end(b);
}

static void
dispatch_mail_on_its_way_is_repeated_as_itself(void **state)
{
	struct bench *b = *state;
	char one[256], two[256];

	start_all(b);
	b->silent = true;
	tell_event(b, "ext1", LEVEL_DOWN);
	await_mails(b, 1);
	b->silent = false;
	start_anew(b);
	close(b->running);
	await_mails(b, 2);
	header_of(b->mails[0], "Message-ID: ", one, sizeof(one));
	header_of(b->mails[1], "Message-ID: ", two, sizeof(two));
	assert_string_equal(one, two);
	assert_string_equal(b->mails[0], b->mails[1]);
	/* And what was sent stays so. */
	tell_event(b, "ext1", LEVEL_UP);
	await_mails(b, 3);
	mail_says(b, 2, "ext1 is up");
	end(b);
}

static void
dispatch_mail_keeps_its_limit_over_a_kill(void **state)
{
	struct bench *b = *state;
	int i;

	start_all(b);
	for (i = 0; i < 4; i++)
		tell_event(b, "ext1", i % 2 == 0 ? LEVEL_DOWN : LEVEL_UP);
	await_mails(b, 3);
	start_anew(b);
	for (i = 0; i < 4; i++)
		tell_event(b, "ext1", i % 2 == 0 ? LEVEL_DOWN : LEVEL_UP);
	/* A state of the feed after it: all of that has been seen to. */
	hello(b);
	assert_int_equal(b->nmails, 3);
	end(b);
}

/* As if the clock had been a year ahead in the last life. */
static void
dispatch_mail_of_the_future_leaves_its_room(void **state)
{
	struct bench *b = *state;
	char path[128];
	sqlite3 *db;
	int i;

	start_all(b);
	for (i = 0; i < 3; i++)
		tell_event(b, "ext1", i % 2 == 0 ? LEVEL_DOWN : LEVEL_UP);
	await_rows(b, "sent", 3);
	drop_peers(b);
	stop(b, SIGKILL);
	snprintf(path, sizeof(path), "%s/journal.db", b->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "UPDATE letter SET queued_ms ="
	    " queued_ms + 365 * 86400000", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	b->epoch++;
	b->seq = 0;
	start_all(b);
	tell_event(b, "ext1", LEVEL_UP);
	await_mails(b, 4);
	mail_says(b, 3, "ext1 is up");
	end(b);
}

/* The status tells of letters that wait, though the lane has one at a time. */
static void
dispatch_mail_that_waits_is_in_the_lanes_load(void **state)
{
	struct bench *b = *state;
	int64_t from_ms = clock_wall_ms();
	struct msg m;

	start_all(b);
	b->bounce = 75;
	tell_event(b, "ext1", LEVEL_DOWN);
	tell_event(b, "ext2", LEVEL_DOWN);
	tell_event(b, "ext2", LEVEL_UP);
	do
		assert_true(await(b, b->feed, MSG_LANE, &m));
	while (strcmp(m.u.lane.lane, "mail") != 0 ||
	    m.u.lane.waiting + m.u.lane.running != 3);
	assert_true(m.u.lane.oldest_wall_ms >= from_ms);
	b->bounce = 0;
	await_mails(b, 3);
	do
		assert_true(await(b, b->feed, MSG_LANE, &m));
	while (strcmp(m.u.lane.lane, "mail") != 0 || m.u.lane.done < 3);
	assert_int_equal(m.u.lane.waiting, 0);
	assert_int_equal(m.u.lane.oldest_wall_ms, -1);
	end(b);
}

/* Given up in one life, told in the next, when one gets through. */
static void
dispatch_mail_refused_lets_the_others_go_and_is_told(void **state)
{
	struct bench *b = *state;

	start_all(b);
	b->unwanted = "] ext1 is down";
	tell_event(b, "ext1", LEVEL_DOWN);
	tell_event(b, "ext2", LEVEL_DOWN);
	await_job(b, JOB_DONE);
	assert_int_equal(b->nmails, 1);
	mail_says(b, 0, "ext2 is down");
	b->unwanted = NULL;
	await_mails(b, 2);
	mail_says(b, 1, "1 letter was given up");
	has(b, 1, "    ext1 is down: ");
	has(b, 1, "    refused after 4 tries: exit 65");
	end(b);
}

/* As OpenSMTPD's sendmail says it: EX_SOFTWARE, as to much else. */
static void
dispatch_mail_of_a_vague_sendmail_does_not_hold_the_others(void **state)
{
	struct bench *b = *state;

	b->refusal = 70;
	start_all(b);
	b->unwanted = "] ext1 is down";
	tell_event(b, "ext1", LEVEL_DOWN);
	tell_event(b, "ext2", LEVEL_DOWN);
	await_rows(b, "refused", 1);
	mail_says(b, 0, "ext2 is down");
	tell_event(b, "ext2", LEVEL_UP);
	await_mails(b, 3);
	mail_says(b, 1, "ext2 is up");
	mail_says(b, 2, "1 letter was given up");
	has(b, 2, "    refused after 5 tries: exit 70");
	end(b);
}

static void
dispatch_mail_given_up_is_told_after_a_kill(void **state)
{
	struct bench *b = *state;

	start_all(b);
	b->unwanted = " is down: ";
	tell_event(b, "ext1", LEVEL_DOWN);
	tell_event(b, "ext2", LEVEL_DOWN);
	await_rows(b, "refused", 2);
	start_anew(b);
	assert_int_equal(b->nmails, 0);
	b->unwanted = NULL;
	tell_event(b, "ext1", LEVEL_UP);
	await_mails(b, 2);
	mail_says(b, 0, "ext1 is up");
	mail_says(b, 1, "2 letters were given up");
	has(b, 1, "    ext1 is down: ");
	has(b, 1, "    ext2 is down: ");
	/* And not once more. */
	await_rows(b, "sent", 2);
	await_rows(b, "told", 2);
	start_anew(b);
	tell_event(b, "ext2", LEVEL_UP);
	await_mails(b, 3);
	mail_says(b, 2, "ext2 is up");
	hello(b);
	assert_int_equal(b->nmails, 3);
	end(b);
}

/* The configuration is wrong, or the program: that passes. */
static void
dispatch_mail_other_failures_hold_it(void **state)
{
	struct bench *b = *state;
	int i;

	start_all(b);
	b->bounce = 78;
	tell_event(b, "ext1", LEVEL_DOWN);
	for (i = 0; i < 5; i++)
		await_job(b, JOB_FAILED);
	b->bounce = 0;
	await_mails(b, 1);
	mail_says(b, 0, "ext1 is down");
	end(b);
}

/* How many connections were ended is in the letter about the return. */
static void
dispatch_mail_tells_of_connections_that_were_ended(void **state)
{
	struct bench *b = *state;

	b->conf->uplinks[0].flows.up.policy = OPTION_FLOWS_KILL;
	b->conf->uplinks[0].flows.down.policy = OPTION_FLOWS_KILL;
	start_all(b);
	tell_event(b, "ext1", LEVEL_DOWN);
	await_mails(b, 1);
	mail_says(b, 0, "ext1 is down");
	has(b, 0, "\n  flows: exit 0 (after ");
	tell_event(b, "ext1", LEVEL_UP);
	await_mails(b, 2);
	mail_says(b, 1, "ext1 is up");
	/* At its fall and at its return. */
	assert_int_equal(b->kills, 2);
	has(b, 1, "  flows: exit 0 (after ");
	assert_non_null(strstr(strstr(b->mails[1], "  flows: ") + 1,
	    "  flows: "));
	end(b);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup_mail, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(dispatch_mail_survives_a_kill_in_order),
		CASE(dispatch_mail_on_its_way_is_repeated_as_itself),
		CASE(dispatch_mail_that_waits_is_in_the_lanes_load),
		CASE(dispatch_mail_keeps_its_limit_over_a_kill),
		CASE(dispatch_mail_of_the_future_leaves_its_room),
		CASE(dispatch_mail_refused_lets_the_others_go_and_is_told),
		CASE(
		    dispatch_mail_of_a_vague_sendmail_does_not_hold_the_others),
		cmocka_unit_test_setup_teardown(
		    dispatch_mail_given_up_is_told_after_a_kill, setup_roomy,
		    teardown),
		CASE(dispatch_mail_other_failures_hold_it),
		CASE(dispatch_mail_tells_of_connections_that_were_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
