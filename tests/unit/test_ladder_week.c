/* SPDX-License-Identifier: ISC */
/*
 * A week of two modems that never recover, beside a line that works, with a
 * real journal that is closed and read again at every restart: steps, settle
 * times and budget exactly as configured.
 */
#include <sys/stat.h>

#include <poll.h>
#include <unistd.h>

#include "dispatcher/journal.h"
#include "lib/log.h"
#include "tests/unit/test_ladder.h"

#define DAY	86400
#define WEEK	(7 * DAY)

struct week {
	struct world	*w;
	char		dir[64], path[96];
	struct queue	*done;
	struct journal	*journal;
	int64_t		begin_ms;	/* wall clock at second 0 */
	uint64_t	outage[LINES];
	uint64_t	event_id, job_id;
	size_t		written, ended;	/* of w->starts */
	uint64_t	jobs[STARTS_MAX];	/* their ids */
	unsigned	told;
	unsigned	restarts, cut;
	uint64_t	rng;
};

static void
put(struct week *k, struct journal_op *op)
{
	struct pollfd p = { .fd = queue_fd(k->done), .events = POLLIN };

	assert_int_equal(journal_submit(k->journal, &op), 0);
	assert_int_equal(poll(&p, 1, 20000), 1);
	op = queue_try(k->done);
	assert_non_null(op);
	assert_int_equal(op->err, 0);
	journal_op_free(&op);
}

static struct journal_op *
op_new(const struct week *k, enum journal_kind kind)
{
	struct journal_op *op = calloc(1, sizeof(*op));

	assert_non_null(op);
	op->kind = kind;
	op->wall_ms = k->begin_ms + k->w->now * 1000;
	return op;
}

static void
put_event(struct week *k, size_t line, enum level level, enum level previous)
{
	struct journal_op *op = op_new(k, JOURNAL_EVENT);
	struct msg *m = &op->msg;

	op->event_id = ++k->event_id;
	m->head.type = MSG_EVENT;
	snprintf(m->head.source, sizeof(m->head.source), "probes/0");
	m->head.epoch = 1;
	m->head.seq = op->event_id;
	m->head.wall_ms = op->wall_ms;
	snprintf(m->u.event.uplink, sizeof(m->u.event.uplink), "%s",
	    k->w->uplinks[line].name);
	m->u.event.level = level;
	m->u.event.previous = previous;
	m->u.event.cause = CAUSE_GATEWAY;
	put(k, op);
}

static void
put_job(struct week *k, size_t line, size_t step, const char *action)
{
	struct journal_op *op = op_new(k, JOURNAL_JOBS);
	struct job *j = calloc(1, sizeof(*j));

	op->event_id = k->outage[line];
	op->jobs = calloc(1, sizeof(struct job *));
	op->jobs[0] = j;
	op->njobs = 1;
	j->id = ++k->job_id;
	j->event_id = op->event_id;
	j->conf = &k->w->conf;
	j->uplink = (uint32_t)line;
	j->index = (uint32_t)step;
	j->what = POWER_RECOVERY;
	snprintf(j->action, sizeof(j->action), "%s", action);
	snprintf(j->lane, sizeof(j->lane), "modem");
	snprintf(j->key, sizeof(j->key), "recovery");
	put(k, op);
}

static void
put_end(struct week *k, uint64_t job, enum job_phase phase, int64_t wall_ms)
{
	struct journal_op *op = op_new(k, JOURNAL_JOB);

	op->job_id = job;
	op->phase = phase;
	op->tries = 1;
	op->wall_ms = wall_ms;
	snprintf(op->text, sizeof(op->text), "exit 0");
	put(k, op);
}

/* What has happened in this second goes to the disk. */
static void
write_down(struct week *k)
{
	struct world *w = k->w;
	unsigned told = 0;
	size_t i;

	if (k->ended < k->written && w->starts[k->ended].end != -1) {
		put_end(k, k->jobs[k->ended++], JOB_DONE, k->begin_ms +
		    w->now * 1000);
	}
	if (k->written < w->nstarts) {
		put_job(k, w->starts[k->written].line,
		    w->starts[k->written].step, "recovery");
		k->jobs[k->written++] = k->job_id;
	}
	for (i = 0; i < w->conf.nuplinks; i++)
		told += w->ntold[i];
	if (told == k->told)
		return;
	for (i = 0; i < w->conf.nuplinks; i++)
		if (w->told[i] == w->now) {
			put_job(k, i, 0, JOURNAL_GIVEN_UP);
			put_end(k, k->job_id, JOB_DONE, k->begin_ms +
			    w->now * 1000);
		}
	k->told = told;
}

static void
fall(struct week *k, size_t line)
{
	world_down(k->w, line);
	put_event(k, line, LEVEL_DOWN, LEVEL_UP);
	k->outage[line] = k->event_id;
}

static size_t
line_of(const struct week *k, const char *name)
{
	size_t i;

	for (i = 0; strcmp(k->w->uplinks[i].name, name) != 0; i++)
		assert_true(i < LINES);
	return i;
}

/* Nothing is left but the file. */
static void
restart(struct week *k)
{
	uint64_t outage[CONF_UPLINKS_MAX] = { 0 };
	int64_t now_ms = k->begin_ms + k->w->now * 1000;
	struct journal_past past;
	const struct journal_rung *r;
	size_t i, line;

	journal_close(&k->journal);
	ladder_free(&k->w->ladder);
	world_start(k->w);
	assert_int_equal(journal_open(k->path, k->done, &k->journal), 0);
	assert_int_equal(journal_load(k->journal, &k->w->conf, &past), 0);
	assert_int_equal(past.njobs, 0);
	assert_int_equal(past.event_id, k->event_id);
	for (i = 0; i < past.noutages; i++) {
		line = line_of(k, past.outages[i].u.event.uplink);
		outage[line] = past.outage_ids[i];
		ladder_begin(&k->w->ladder, line, (k->w->now +
		    (past.outages[i].head.wall_ms - now_ms) / 1000) * S);
	}
	ladder_restore_past(&k->w->ladder, &past, outage, k->w->now * S,
	    now_ms);
	for (i = 0; i < past.nrungs; i++) {
		r = &past.rungs[i];
		if (!r->cut)
			continue;
		put_end(k, r->job_id, JOB_CANCELLED, r->end_ms);
		k->w->starts[k->ended++].end =
		    (r->end_ms - k->begin_ms) / 1000;
		k->cut++;
	}
	journal_past_free(&past);
	k->restarts++;
}

static uint64_t
chance(struct week *k, uint64_t below)
{
	k->rng ^= k->rng << 13;
	k->rng ^= k->rng >> 7;
	k->rng ^= k->rng << 17;
	return k->rng % below;
}

/* Restarts by chance; those that cut a step off have a case of their own. */
static void
run(struct week *k, int64_t until, unsigned restarts_a_day)
{
	for (; k->w->now < until; k->w->now++) {
		world_look(k->w);
		write_down(k);
		if (restarts_a_day > 0 && world_running(k->w) == NULL &&
		    chance(k, DAY / restarts_a_day) == 0)
			restart(k);
	}
}

static int
setup(void **state)
{
	struct week *k = calloc(1, sizeof(*k));
	size_t i;

	log_init("test", LOG_DEST_STDERR, false);
	snprintf(k->dir, sizeof(k->dir), "/tmp/uplinkd-test.XXXXXX");
	if (mkdtemp(k->dir) == NULL)
		return -1;
	snprintf(k->path, sizeof(k->path), "%s/journal.db", k->dir);
	k->w = world_new(3);
	for (i = 0; i < 3; i++) {
		world_step(k->w, i, 180, 120);
		world_step(k->w, i, 600, 300);
	}
	world_start(k->w);
	k->done = queue_new(64, true, NULL);
	k->rng = 0x123456789abcdef1u;
	/* The week has just ended: the journal forgets by today's clock. */
	k->begin_ms = clock_wall_ms() - (int64_t)WEEK * 1000;
	*state = k;
	return journal_open(k->path, k->done, &k->journal);
}

static int
teardown(void **state)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	struct week *k = *state;
	char path[128];
	size_t i;

	journal_close(&k->journal);
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s%s", k->path, ends[i]);
		unlink(path);
	}
	rmdir(k->dir);
	queue_free(&k->done);
	world_free(&k->w);
	free(k);
	return 0;
}

/*
 * By hand, for two lines that fall in the same second: ext1 at 180 and 600 of
 * each day; ext2 when ext1 has settled, at 180 + 10 + 120 = 310 and
 * 600 + 10 + 300 = 910.
 */
static void
is_as_configured(const struct week *k, size_t days)
{
	static const struct { size_t line, step; int64_t at; } day[] = {
		{ 0, 0, 180 }, { 1, 0, 310 }, { 0, 1, 600 }, { 1, 1, 910 },
	};
	const struct start *s;
	size_t i;

	assert_int_equal(k->w->nstarts, days * 4);
	for (i = 0; i < k->w->nstarts; i++) {
		s = &k->w->starts[i];
		assert_int_equal(s->line, day[i % 4].line);
		assert_int_equal(s->step, day[i % 4].step);
		assert_int_equal(s->at, (int64_t)(i / 4) * DAY +
		    day[i % 4].at);
	}
}

static void
week_is_exactly_as_configured_across_restarts(void **state)
{
	struct week *k = *state;

	put_event(k, 2, LEVEL_UP, LEVEL_UNKNOWN);
	fall(k, 0);
	fall(k, 1);
	run(k, WEEK, 40);
	print_message("%u restarts, %zu steps\n", k->restarts,
	    k->w->nstarts);
	assert_true(k->restarts > 200);
	is_as_configured(k, 7);
	assert_int_equal(k->w->ntold[0], 1);
	assert_int_equal(k->w->ntold[1], 1);
}

/* A restart in each second of the day's critical part, some within steps. */
static void
week_begins_as_configured_with_restarts_in_the_worst_seconds(void **state)
{
	struct week *k = *state;
	int64_t t;

	put_event(k, 2, LEVEL_UP, LEVEL_UNKNOWN);
	fall(k, 0);
	run(k, 170, 0);
	for (t = 170; t < 200; t++) {
		run(k, t + 1, 0);
		restart(k);
	}
	run(k, 590, 0);
	for (t = 590; t < 620; t++) {
		run(k, t + 1, 0);
		restart(k);
	}
	run(k, DAY, 0);
	/* Each was cut off by the restart in its first second, and once. */
	assert_int_equal(k->cut, 2);
	assert_int_equal(k->w->nstarts, 2);
	assert_int_equal(k->w->starts[0].at, 180);
	assert_int_equal(k->w->starts[1].at, 600);
	/* Its command may have run on for its minute, and the end of it. */
	assert_int_equal(k->w->starts[0].end, 180 + 60 + 3);
	assert_int_equal(k->w->ntold[0], 1);
	assert_int_equal(k->w->told[0], 600 + 60 + 3 + 300);
}

static void
week_has_no_step_while_no_line_works_and_none_for_the_last(void **state)
{
	struct week *k = *state;
	size_t i;

	put_event(k, 2, LEVEL_UP, LEVEL_UNKNOWN);
	fall(k, 0);
	fall(k, 1);
	run(k, 2 * DAY, 40);
	is_as_configured(k, 2);
	/* The third falls, too: a common fault, for a day. */
	fall(k, 2);
	run(k, 3 * DAY, 40);
	assert_int_equal(k->w->nstarts, 8);
	world_up(k->w, 2);
	put_event(k, 2, LEVEL_UP, LEVEL_DOWN);
	run(k, WEEK, 40);
	for (i = 0; i < k->w->nstarts; i++)
		assert_int_not_equal(k->w->starts[i].line, 2);
	/* The round that could not begin begins at once. */
	assert_int_equal(k->w->starts[8].at, 3 * DAY);
	assert_int_equal(k->w->starts[8].step, 0);
	assert_true(k->w->nstarts == 8 + 4 * 4);
}

/* The steps of two outages are all that may be had in a day. */
static void
week_of_short_outages_keeps_its_budget_across_restarts(void **state)
{
	struct week *k = *state;
	int64_t hour, n, i, j;

	put_event(k, 2, LEVEL_UP, LEVEL_UNKNOWN);
	for (hour = 0; hour < 7 * 24; hour++) {
		fall(k, 0);
		run(k, hour * 3600 + 400, 40);
		world_up(k->w, 0);
		put_event(k, 0, LEVEL_UP, LEVEL_DOWN);
		run(k, (hour + 1) * 3600, 40);
	}
	n = (int64_t)k->w->nstarts;
	assert_int_equal(n, 3 * 7);
	for (i = 0; i < n; i++)
		for (j = 0; j < i - 2; j++)
			assert_true(k->w->starts[i].at - k->w->starts[j].at >=
			    DAY);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(week_is_exactly_as_configured_across_restarts),
		CASE(week_begins_as_configured_with_restarts_in_the_worst_seconds),
		CASE(week_has_no_step_while_no_line_works_and_none_for_the_last),
		CASE(week_of_short_outages_keeps_its_budget_across_restarts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
