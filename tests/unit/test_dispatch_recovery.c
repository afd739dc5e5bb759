/* SPDX-License-Identifier: ISC */
/* The ladder of a dispatcher that is killed, and of lines that come and go. */
#include "tests/unit/test_dispatch.h"

#include <sqlite3.h>

#include "actions/action.h"
#include "dispatcher/journal.h"

static const char mail_text[] = "mail: { to: root, fold: 0s, on: [up] }\n";

static char *argv_true[] = { "/bin/true", NULL };
static struct run_opts opts = { .argv = argv_true };
static struct conf_step steps[2];

static int
setup_ladder(void **state)
{
	struct conf_recovery *rec;
	size_t i;
	int rc = setup_with(state, mail_text);

	if (rc != 0)
		return rc;
	for (i = 0; i < 2; i++)
		steps[i] = (struct conf_step){
			.after_ns = (int64_t)(i + 1) * 100 * NS_PER_MS,
			.settle_ns = 400 * NS_PER_MS,
			.timeout_ns = 100 * NS_PER_MS,
			.kind = action_option_set("run"), .opts = &opts,
		};
	rec = &((struct bench *)*state)->conf->uplinks[0].recovery;
	*rec = (struct conf_recovery){ .when = CONF_WHEN_GATEWAY,
	    .budget = { 3, 86400 * NS_PER_S }, .nsteps = 2, .steps = steps };
	return 0;
}

static int
teardown_ladder(void **state)
{
	struct bench *b = *state;

	/* They are not the configuration's to free. */
	b->conf->uplinks[0].recovery.nsteps = 0;
	b->conf->uplinks[0].recovery.steps = NULL;
	return teardown(state);
}

static void
tell(struct bench *b, const char *uplink, enum level level, enum cause cause)
{
	struct msg m;

	event(b, &m, uplink, level);
	m.u.event.cause = cause;
	say(b->worker, &m);
	expect_ack(b, b->worker, b->seq, true);
}

static void
beat(struct bench *b, const char *uplink, enum level level)
{
	struct msg m;

	event(b, &m, uplink, level);
	m.head.type = MSG_HEARTBEAT;
	m.u.event.cause = level == LEVEL_DOWN ? CAUSE_GATEWAY : CAUSE_NONE;
	say(b->worker, &m);
}

/* Lets time pass while the lines are so; true as soon as so many began. */
static bool
climbs(struct bench *b, enum level one, enum level two, unsigned n,
    int64_t limit_ns)
{
	int64_t until_ns = clock_mono_ns() + limit_ns, now_ns, next_ns = 0;

	while ((now_ns = clock_mono_ns()) < until_ns) {
		struct pollfd p = { .fd = b->parent, .events = POLLIN };

		if (now_ns >= next_ns) {
			beat(b, "ext1", one);
			beat(b, "ext2", two);
			next_ns = now_ns + 200 * NS_PER_MS;
		}
		(void)poll(&p, 1, 20);
		play_parent(b);
		if (b->nsteps >= n)
			return true;
	}
	return false;
}

static void
begin(struct bench *b)
{
	start_all(b);
	tell(b, "ext2", LEVEL_UP, CAUSE_NONE);
}

static void
await_phase(struct bench *b, const char *action, enum job_phase phase)
{
	struct msg m;

	do
		assert_true(await(b, b->feed, MSG_JOB, &m));
	while (m.u.job.phase != phase ||
	    strcmp(m.u.job.action, action) != 0);
}

static unsigned
letters(const struct bench *b)
{
	unsigned i, n = 0;

	for (i = 0; i < b->nmails; i++)
		n += strstr(b->mails[i], "recovery of ext1 is given up") !=
		    NULL;
	return n;
}

static void
dispatch_ladder_goes_on_after_a_kill_and_gives_up_once(void **state)
{
	struct bench *b = *state;
	const char *letter;

	begin(b);
	tell(b, "ext1", LEVEL_DOWN, CAUSE_GATEWAY);
	assert_true(climbs(b, LEVEL_DOWN, LEVEL_UP, 1, LIMIT));
	await_phase(b, "recovery", JOB_DONE);
	/* What is on disk now comes after that. */
	tell(b, "ext2", LEVEL_DEGRADED, CAUSE_QUALITY);
	start_anew(b);
	assert_true(climbs(b, LEVEL_DOWN, LEVEL_UP, 2, LIMIT));
	assert_int_equal(b->steps[0], 0);
	assert_int_equal(b->steps[1], 1);
	await_phase(b, "recovery", JOB_DONE);
	assert_false(climbs(b, LEVEL_DOWN, LEVEL_UP, 3, NS_PER_S));
	assert_int_equal(letters(b), 1);
	letter = b->mails[b->nmails - 1];
	assert_non_null(strstr(letter, "step 1 of 2: exit 0"));
	assert_non_null(strstr(letter, "step 2 of 2: exit 0"));
	start_anew(b);
	assert_false(climbs(b, LEVEL_DOWN, LEVEL_UP, 3, NS_PER_S));
	assert_int_equal(letters(b), 1);
	end(b);
}

static void
dispatch_ladder_step_cut_off_by_a_kill_is_not_repeated(void **state)
{
	struct bench *b = *state;
	int64_t killed_ns;

	begin(b);
	b->hang = true;
	tell(b, "ext1", LEVEL_DOWN, CAUSE_GATEWAY);
	assert_true(climbs(b, LEVEL_DOWN, LEVEL_UP, 1, LIMIT));
	b->hang = false;
	start_anew(b);
	killed_ns = clock_mono_ns();
	close(b->running);
	assert_true(climbs(b, LEVEL_DOWN, LEVEL_UP, 2, LIMIT));
	/* It may have run on for as long as it may, and then settles. */
	assert_true(clock_mono_ns() - killed_ns > steps[0].settle_ns);
	assert_int_equal(b->steps[1], 1);
	end(b);
}

static void
dispatch_ladder_waits_while_no_other_line_works(void **state)
{
	struct bench *b = *state;

	begin(b);
	tell(b, "ext2", LEVEL_DOWN, CAUSE_GATEWAY);
	tell(b, "ext1", LEVEL_DOWN, CAUSE_GATEWAY);
	assert_false(climbs(b, LEVEL_DOWN, LEVEL_DOWN, 1, NS_PER_S));
	tell(b, "ext2", LEVEL_UP, CAUSE_NONE);
	assert_true(climbs(b, LEVEL_DOWN, LEVEL_UP, 1, LIMIT));
	end(b);
}

static void
dispatch_ladder_wants_the_gateway_to_be_silent(void **state)
{
	struct bench *b = *state;
	int64_t until_ns;
	struct msg m;

	begin(b);
	tell(b, "ext1", LEVEL_DOWN, CAUSE_FAR);
	until_ns = clock_mono_ns() + 3 * NS_PER_S / 2;
	while (clock_mono_ns() < until_ns) {
		/* beat() would tell another cause. */
		event(b, &m, "ext1", LEVEL_DOWN);
		m.head.type = MSG_HEARTBEAT;
		say(b->worker, &m);
		beat(b, "ext2", LEVEL_UP);
		assert_true(await(b, b->feed, MSG_STATE, &m));
	}
	assert_int_equal(b->nsteps, 0);
	assert_string_equal(m.u.state.recovery, strcmp(m.u.state.uplink,
	    "ext1") == 0 ? "step 1 of 2 waits for evidence" : "");
	assert_true(climbs(b, LEVEL_DOWN, LEVEL_UP, 1, LIMIT));
	end(b);
}

static void
dispatch_ladder_does_not_trust_the_word_of_a_former_process(void **state)
{
	struct bench *b = *state;
	int64_t until_ns;
	struct msg m;

	steps[0].after_ns = 2 * NS_PER_S;
	steps[1].after_ns = 3 * NS_PER_S;
	begin(b);
	tell(b, "ext1", LEVEL_DOWN, CAUSE_GATEWAY);
	start_anew(b);
	/* Its step is due, but nobody has said yet what the line is now. */
	until_ns = clock_mono_ns() + 3 * NS_PER_S;
	while (clock_mono_ns() < until_ns) {
		beat(b, "ext2", LEVEL_UP);
		assert_true(await(b, b->feed, MSG_STATE, &m));
	}
	assert_int_equal(b->nsteps, 0);
	tell(b, "ext1", LEVEL_UP, CAUSE_NONE);
	assert_false(climbs(b, LEVEL_UP, LEVEL_UP, 1, NS_PER_S));
	end(b);
}

static void
dispatch_ladder_return_cancels_what_runs(void **state)
{
	struct bench *b = *state;
	struct pollfd p = { .events = POLLIN };
	char byte;

	begin(b);
	b->hang = true;
	/* The return cancels it, not its deadline. */
	steps[0].timeout_ns = 3600 * NS_PER_S;
	tell(b, "ext1", LEVEL_DOWN, CAUSE_GATEWAY);
	assert_true(climbs(b, LEVEL_DOWN, LEVEL_UP, 1, LIMIT));
	p.fd = b->running;
	assert_int_equal(poll(&p, 1, 0), 0);
	tell(b, "ext1", LEVEL_UP, CAUSE_NONE);
	assert_int_equal(poll(&p, 1, 10000), 1);
	assert_int_equal(read(b->running, &byte, 1), 0);
	close(b->running);
	await_phase(b, "recovery", JOB_CANCELLED);
	assert_false(climbs(b, LEVEL_UP, LEVEL_UP, 2, NS_PER_S));
	end(b);
}

/* Nothing can be written to the journal until it is given back. */
static sqlite3 *
take_journal(const struct bench *b)
{
	char path[128];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/journal.db", b->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_busy_timeout(db, 5000), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL,
	    NULL), SQLITE_OK);
	return db;
}

static void
give_back_journal(sqlite3 *db)
{
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
tell_unstored(struct bench *b, const char *uplink, enum level level)
{
	struct msg m;

	event(b, &m, uplink, level);
	if (level == LEVEL_DOWN)
		m.u.event.cause = CAUSE_GATEWAY;
	say(b->worker, &m);
	do
		assert_true(await(b, b->feed, MSG_STATE, &m));
	while (strcmp(m.u.state.uplink, uplink) != 0 ||
	    m.u.state.level != level);
}

/*
 * A step waits for the disk; meanwhile a line changes to that level, and
 * perhaps back.
 */
static void
step_is_taken_back_by(struct bench *b, const char *uplink, enum level level,
    bool back)
{
	sqlite3 *db;

	steps[0].after_ns = NS_PER_S;
	steps[1].after_ns = 3600 * NS_PER_S;
	begin(b);
	tell(b, "ext1", LEVEL_DOWN, CAUSE_GATEWAY);
	db = take_journal(b);
	assert_false(climbs(b, LEVEL_DOWN, LEVEL_UP, 1, 3 * NS_PER_S / 2));
	tell_unstored(b, uplink, level);
	if (back)
		tell_unstored(b, uplink, level == LEVEL_UP ? LEVEL_DOWN :
		    LEVEL_UP);
	give_back_journal(db);
	await_phase(b, "recovery", JOB_CANCELLED);
	assert_int_equal(b->nsteps, 0);
	end(b);
}

static void
dispatch_ladder_step_not_yet_on_disk_is_taken_back_by_the_return(
    void **state)
{
	step_is_taken_back_by(*state, "ext1", LEVEL_UP, false);
}

/* It was of the outage before. */
static void
dispatch_ladder_step_not_yet_on_disk_is_none_of_the_next_outage(void **state)
{
	step_is_taken_back_by(*state, "ext1", LEVEL_UP, true);
}

static void
dispatch_ladder_step_not_yet_on_disk_is_taken_back_if_no_other_works(
    void **state)
{
	step_is_taken_back_by(*state, "ext2", LEVEL_DOWN, false);
}

static void
dispatch_ladder_is_the_same_one_after_unknown(void **state)
{
	struct bench *b = *state;

	begin(b);
	tell(b, "ext1", LEVEL_DOWN, CAUSE_GATEWAY);
	assert_true(climbs(b, LEVEL_DOWN, LEVEL_UP, 1, LIMIT));
	tell(b, "ext1", LEVEL_UNKNOWN, CAUSE_STALE);
	tell(b, "ext1", LEVEL_DOWN, CAUSE_GATEWAY);
	assert_true(climbs(b, LEVEL_DOWN, LEVEL_UP, 2, LIMIT));
	assert_int_equal(b->steps[1], 1);
	await_phase(b, "recovery", JOB_DONE);
	tell(b, "ext2", LEVEL_DEGRADED, CAUSE_QUALITY);
	start_anew(b);
	assert_false(climbs(b, LEVEL_DOWN, LEVEL_UP, 3, NS_PER_S));
	end(b);
}

static void
opine(struct bench *b, enum level level)
{
	struct msg m = { .head = { .type = MSG_OPINION, .epoch = 77,
	    .seq = 1 }, .u.opinion = { .level = level } };

	snprintf(m.head.source, sizeof(m.head.source), "notify");
	snprintf(m.u.opinion.uplink, sizeof(m.u.opinion.uplink), "ext1");
	snprintf(m.u.opinion.advisor, sizeof(m.u.opinion.advisor),
	    "ifstated");
	say(b->feed, &m);
	expect_ack(b, b->feed, 1, true);
}

/* Also after a restart, when it is not known yet what the line is now. */
static void
dispatch_ladder_takes_no_opinion_for_evidence(void **state)
{
	struct bench *b = *state;
	int64_t until_ns;
	struct msg m;

	b->conf->uplinks[0].recovery.when = CONF_WHEN_ANY;
	begin(b);
	tell(b, "ext1", LEVEL_UP, CAUSE_NONE);
	opine(b, LEVEL_DOWN);
	do
		assert_true(await(b, b->feed, MSG_EVENT, &m));
	while (m.u.event.cause != CAUSE_ADVISOR);
	assert_false(climbs(b, LEVEL_UP, LEVEL_UP, 1, NS_PER_S));
	start_anew(b);
	until_ns = clock_mono_ns() + 3 * NS_PER_S / 2;
	while (clock_mono_ns() < until_ns) {
		beat(b, "ext2", LEVEL_UP);
		assert_true(await(b, b->feed, MSG_STATE, &m));
	}
	assert_int_equal(b->nsteps, 0);
	/* That its own probes agree is evidence. */
	tell(b, "ext1", LEVEL_DOWN, CAUSE_FAR);
	assert_true(climbs(b, LEVEL_DOWN, LEVEL_UP, 1, LIMIT));
	end(b);
}

/* Its line was dead before: to break it off would mend nothing. */
static void
dispatch_ladder_step_goes_on_when_the_last_line_dies(void **state)
{
	struct bench *b = *state;
	struct pollfd p = { .events = POLLIN };

	begin(b);
	b->hang = true;
	steps[0].timeout_ns = 3600 * NS_PER_S;
	tell(b, "ext1", LEVEL_DOWN, CAUSE_GATEWAY);
	assert_true(climbs(b, LEVEL_DOWN, LEVEL_UP, 1, LIMIT));
	p.fd = b->running;
	tell(b, "ext2", LEVEL_DOWN, CAUSE_GATEWAY);
	assert_false(climbs(b, LEVEL_DOWN, LEVEL_DOWN, 2, 2 * NS_PER_S));
	assert_int_equal(poll(&p, 1, 0), 0);
	/* It ends; the next one waits for a line that works. */
	b->hang = false;
	close(b->running);
	await_phase(b, "recovery", JOB_FAILED);
	assert_false(climbs(b, LEVEL_DOWN, LEVEL_DOWN, 2, NS_PER_S));
	assert_true(climbs(b, LEVEL_DOWN, LEVEL_UP, 2, LIMIT));
	end(b);
}

/* A crash between the two would let it come twice, with two Message-IDs. */
static void
dispatch_ladder_letter_is_on_disk_with_its_mark(void **state)
{
	struct bench *b = *state;
	char path[128];
	sqlite3_stmt *s;
	sqlite3 *db;

	begin(b);
	snprintf(path, sizeof(path), "%s/journal.db", b->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_busy_timeout(db, 5000), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE seen (marks);"
	    "CREATE TRIGGER look AFTER INSERT ON letter BEGIN INSERT INTO seen"
	    " SELECT count(*) FROM job WHERE action = 'given-up'; END",
	    NULL, NULL, NULL), SQLITE_OK);
	tell(b, "ext1", LEVEL_DOWN, CAUSE_GATEWAY);
	assert_true(climbs(b, LEVEL_DOWN, LEVEL_UP, 2, LIMIT));
	await_phase(b, JOURNAL_GIVEN_UP, JOB_DONE);
	/* What is on disk now comes after that. */
	tell(b, "ext2", LEVEL_DEGRADED, CAUSE_QUALITY);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT marks FROM seen", -1,
	    &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(s, 0), 1);
	assert_int_equal(sqlite3_step(s), SQLITE_DONE);
	sqlite3_finalize(s);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	end(b);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup_ladder, \
    teardown_ladder)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(dispatch_ladder_goes_on_after_a_kill_and_gives_up_once),
		CASE(dispatch_ladder_step_cut_off_by_a_kill_is_not_repeated),
		CASE(dispatch_ladder_waits_while_no_other_line_works),
		CASE(dispatch_ladder_wants_the_gateway_to_be_silent),
		CASE(dispatch_ladder_does_not_trust_the_word_of_a_former_process),
		CASE(dispatch_ladder_return_cancels_what_runs),
		CASE(dispatch_ladder_step_not_yet_on_disk_is_taken_back_by_the_return),
		CASE(dispatch_ladder_step_not_yet_on_disk_is_none_of_the_next_outage),
		CASE(dispatch_ladder_step_not_yet_on_disk_is_taken_back_if_no_other_works),
		CASE(dispatch_ladder_is_the_same_one_after_unknown),
		CASE(dispatch_ladder_takes_no_opinion_for_evidence),
		CASE(dispatch_ladder_step_goes_on_when_the_last_line_dies),
		CASE(dispatch_ladder_letter_is_on_disk_with_its_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
