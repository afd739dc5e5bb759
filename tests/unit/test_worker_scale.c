/* SPDX-License-Identifier: ISC */
/*
 * test_worker_scale: what matters when there are many targets: that they are
 * sent to in slices, each once in a round, and that what was late is counted.
 */
#include "tests/unit/test_worker.h"

#define MS	NS_PER_MS
#define CROWD	200		/* targets */
#define SLICE	64		/* of them are sent to at once */
#define ROUNDS	8

/* One line with many targets, all alive or all dead. */
struct crowd {
	struct world	*w;
	struct line	*line;
	struct conf_target targets[CROWD];
	bool		dead;
	unsigned	asked[ROUNDS][CROWD];
	uint64_t	newest;		/* round that was asked in */
	unsigned	most;		/* requests of one turn */
};

static void
crowd_start(struct crowd *c, struct world *w)
{
	struct conf_probe *conf = &w->uplinks[0].probe;
	struct conf_target *t;
	char text[NET_ADDR_TEXT];
	size_t i;

	memset(c, 0, sizeof(*c));
	c->w = w;
	for (i = 0; i < CROWD; i++) {
		t = &c->targets[i];
		/* On-link; 99 is our own. */
		snprintf(text, sizeof(text), "10.1.0.%zu", i < 98 ? i + 1 :
		    i + 2);
		t->kind = probe_option_set("ping");
		snprintf(t->label, sizeof(t->label), "ping %s", text);
		assert_int_equal(net_addr_parse(text, &t->addr), 0);
	}
	conf->targets = c->targets;
	conf->ntargets = CROWD;
	world_bus(w);
	world_start(w, 1);
	c->line = &w->worker->lines[0];
}

static uint64_t
number(const unsigned char *b, size_t n)
{
	uint64_t value = 0;

	while (n-- > 0)
		value = value << 8 | *b++;
	return value;
}

/* As world_step; of what is asked an account is kept. */
static void
crowd_step(struct crowd *c)
{
	unsigned char b[PING_BYTES];
	uint64_t round, target;
	struct packet p;
	unsigned n = 0;

	assert_true(worker_turn(c->w->worker, 2));
	world_parent(c->w);
	while (c->w->wires[0].fd != -1 && recv(c->w->wires[0].fd, b,
	    sizeof(b), 0) == PING_BYTES) {
		n++;
		round = number(b + 16, 8);
		target = number(b + 24, 4);
		assert_true(round >= c->newest && target < CROWD);
		c->newest = round;
		if (round < ROUNDS)
			c->asked[round][target]++;
		if (c->dead)
			continue;
		p = ping_answer(b, &c->targets[target].addr);
		(void)send(c->w->wires[0].fd, p.b, p.len, MSG_NOSIGNAL);
	}
	c->most = n > c->most ? n : c->most;
	world_dispatcher(c->w);
}

#define CROWD_SPIN(c, cond) do {					\
	int64_t until_ns_ = clock_mono_ns() + WAIT;			\
	while (!(cond)) {						\
		if (clock_mono_ns() > until_ns_)			\
			fail_msg("waited in vain for %s", #cond);	\
		crowd_step(c);						\
	}								\
} while (0)

static void
crowd_was_asked_once(const struct crowd *c, uint64_t round)
{
	size_t i;

	for (i = 0; i < CROWD; i++)
		if (c->asked[round][i] != 1)
			fail_msg("target %zu was asked %u times in round "
			    "%llu", i, c->asked[round][i],
			    (unsigned long long)round);
}

/* The slices of a round are further apart than answers take. */
static void
slices_are_no_doubt(void **state)
{
	struct world *w = *state;
	struct crowd c;
	uint64_t first;

	w->uplinks[0].probe.interval_ns = 2 * NS_PER_S;
	w->uplinks[0].probe.confirm_ns = 2 * NS_PER_S;
	w->uplinks[0].probe.timeout_min_ns = 200 * MS;
	w->uplinks[0].probe.require_far = CONF_FAR_ALL;
	crowd_start(&c, w);
	CROWD_SPIN(&c, c.line->judge.level == LEVEL_UP);
	first = c.line->judge.verdict.passed;
	CROWD_SPIN(&c, c.line->judge.verdict.fails > 0 ||
	    c.line->judge.verdict.passed > first);
	assert_int_equal(c.line->judge.verdict.fails, 0);
	assert_int_equal(c.line->judge.verdict.passed, first + 1);
	crowd_was_asked_once(&c, first + 1);
	assert_int_equal(c.most, SLICE);
}

/*
 * The first slice shows that the line is dead.  The others, which were to go
 * in an hour, go soon then, but not in one burst; then the next round.
 */
static void
slices_go_quicker_in_a_doubt(void **state)
{
	struct world *w = *state;
	struct crowd c;
	uint64_t first;

	w->uplinks[0].probe.timeout_ns = 300 * MS;
	w->uplinks[0].probe.timeout_min_ns = 50 * MS;
	w->uplinks[0].probe.confirm_ns = 100 * MS;
	w->uplinks[0].probe.interval_ns = 100 * MS;
	crowd_start(&c, w);
	CROWD_SPIN(&c, c.line->judge.level == LEVEL_UP &&
	    c.line->number == 0);
	w->uplinks[0].probe.interval_ns = 3600 * NS_PER_S;
	CROWD_SPIN(&c, c.line->pace_ns == 3600 * NS_PER_S);
	c.dead = true;
	c.most = 0;
	first = c.newest + 1;
	assert_true(first + 2 < ROUNDS);
	assert_int_equal(timers_set(w->worker->timers, &c.line->round,
	    clock_mono_ns()), 0);
	CROWD_SPIN(&c, c.line->judge.level == LEVEL_DOWN);
	assert_true(c.newest >= first + 1);
	crowd_was_asked_once(&c, first);
	assert_int_equal(c.most, SLICE);
	assert_true(c.line->late.worst_ns < 3600 * NS_PER_S / 10);
}

static void
late_is_what_goes_a_tenth_of_the_pace_too_late(void **state)
{
	static const struct { int64_t pace_ms, by_ms; bool late; } rows[] = {
		{ 100, 10, false }, { 100, 11, true },
		/* To be woken in time to the millisecond is luck. */
		{ 10, 5, false }, { 10, 6, true },
		{ 60000, 50, false }, { 60000, 51, true },
		{ 100, -50, false },
	};
	struct late l;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		l = (struct late){ 7, 3 * MS };
		late_count(&l, 64, NS_PER_S, NS_PER_S + rows[i].by_ms * MS,
		    rows[i].pace_ms * MS);
		assert_int_equal(l.n, rows[i].late ? 71 : 7);
		assert_int_equal(l.worst_ns, rows[i].late &&
		    rows[i].by_ms > 3 ? rows[i].by_ms * MS : 3 * MS);
	}
}

/* The round that was due meanwhile goes late; what it finds is not. */
static void
stall_of_the_worker_is_counted(void **state)
{
	struct world *w = *state;
	struct line *l;
	uint64_t late;

	w->uplinks[0].probe.interval_ns = 200 * MS;
	world_up(w, 1);
	l = &w->worker->lines[0];
	SPIN(w, l->judge.verdict.passed + 1 == l->judge.verdict.next);
	late = l->late.n;
	while (clock_mono_ns() < l->round.due_ns + 30 * MS)
		poll(NULL, 0, 10);
	SPIN(w, l->late.n > late);
	assert_int_equal(l->late.n, late + TARGETS);
	assert_true(l->late.worst_ns >= 30 * MS);
	assert_int_equal(l->lost, 0);
	assert_true(l->sent >= TARGETS);
}

/* What a doubt, or another line, makes due is not late by that. */
static void
round_that_is_hurried_is_not_late(void **state)
{
	struct world *w = *state;
	struct line *l;

	w->uplinks[0].probe.interval_ns = 3600 * NS_PER_S;
	w->uplinks[0].probe.confirm_ns = NS_PER_S;
	world_up(w, 1);
	l = &w->worker->lines[0];
	SPIN(w, l->judge.verdict.passed + 1 == l->judge.verdict.next);
	/* As if it had begun long ago. */
	l->round_ns -= 1800 * NS_PER_S;
	line_nudge(l);
	SPIN(w, l->judge.verdict.next == 3);
	assert_true(l->late.worst_ns < 100 * NS_PER_S);
	assert_true(l->round.due_ns > clock_mono_ns());
}

/* It is due while that is still being sent. */
static void
round_waits_for_the_rest_of_the_one_before(void **state)
{
	struct world *w = *state;
	struct crowd c;
	uint64_t first;

	w->uplinks[0].probe.confirm_ns = 400 * MS;
	w->uplinks[0].probe.interval_ns = 400 * MS;
	crowd_start(&c, w);
	CROWD_SPIN(&c, c.line->judge.level == LEVEL_UP);
	CROWD_SPIN(&c, c.line->number != 0 && c.line->next_target == SLICE);
	first = c.line->number;
	assert_true(first + 1 < ROUNDS);
	assert_int_equal(timers_set(w->worker->timers, &c.line->round,
	    clock_mono_ns()), 0);
	CROWD_SPIN(&c, c.newest > first);
	crowd_was_asked_once(&c, first);
	/* The last slice of the one may go with the first of the other. */
	assert_true(c.most < 2 * SLICE);
}

/* Nobody waits for them, and there they are. */
static void
answers_that_gather_are_read_before_a_doubt(void **state)
{
	struct world *w = *state;
	const struct verdict *v;
	struct pollfd pfd[8];
	struct line *l;
	uint64_t passed;

	w->uplinks[0].probe.timeout_min_ns = 100 * MS;
	w->uplinks[0].probe.interval_ns = 300 * MS;
	world_up(w, 1);
	l = &w->worker->lines[0];
	v = &l->judge.verdict;
	assert_int_equal(line_polls(l, false, pfd, 8), 1);
	assert_int_equal(line_polls(l, true, pfd, 8), 0);
	w->worker->rest.until_ns = clock_mono_ns() + WAIT;
	passed = v->passed;
	SPIN(w, v->passed > passed + 2 || v->fails > 0);
	assert_int_equal(v->fails, 0);
	assert_true(rest_now(&w->worker->rest));
	/* When it is over they are waited for again. */
	w->worker->rest.until_ns = clock_mono_ns();
	SPIN(w, !rest_now(&w->worker->rest));
}

/* A hundred rounds of each of n lines, as they have come to be apart. */
static void
lines_of_a_worker_share_its_wakings(void **state)
{
	static const struct { size_t nlines; int64_t most; } rows[] = {
		{ 2, 64 }, { 8, 16 }, { 32, 4 }, { 64, 4 },
	};
	static const int64_t paces[] = { 10, 33, 50, 200, 1000, 60000 };
	int64_t pace, due, first, seen[64], nseen;
	size_t r, p, i, k, n;

	(void)state;
	assert_int_equal(line_align(12345, 1, 100 * MS, 1), 12345);
	for (r = 0; r < sizeof(rows) / sizeof(rows[0]); r++)
		for (p = 0; p < sizeof(paces) / sizeof(paces[0]); p++) {
			pace = paces[p] * MS;
			nseen = 0;
			for (i = 0; i < rows[r].nlines; i++) {
				due = NS_PER_S * 1000 + (int64_t)i * pace / 67;
				first = due = line_align(due, 0, pace,
				    rows[r].nlines);
				for (n = 0; n < 100; n++) {
					first = due;
					due = line_align(due + pace, due,
					    pace, rows[r].nlines);
					/* To some nanoseconds. */
					assert_in_range(due - first,
					    pace - 200, pace);
				}
				due = (due + 1000) % pace / 2000;
				for (k = 0; k < (size_t)nseen; k++)
					if (seen[k] == due)
						break;
				if (k == (size_t)nseen)
					seen[nseen++] = due;
			}
			assert_true(nseen <= rows[r].most);
		}
	/* What is due is never put off, nor is it said for what has been. */
	assert_int_equal(line_align(1007 * MS, 1006 * MS, 100 * MS, 64),
	    1007 * MS);
	assert_int_equal(line_align(1030 * MS, 1006 * MS, 100 * MS, 64),
	    1025 * MS);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    late_is_what_goes_a_tenth_of_the_pace_too_late),
		cmocka_unit_test(lines_of_a_worker_share_its_wakings),
		T(stall_of_the_worker_is_counted),
		T(round_that_is_hurried_is_not_late),
		T(slices_are_no_doubt),
		T(slices_go_quicker_in_a_doubt),
		T(round_waits_for_the_rest_of_the_one_before),
		T(answers_that_gather_are_read_before_a_doubt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
