/* SPDX-License-Identifier: ISC */
/* Which letters, when, in which order; over restarts at any moment. */
#include "tests/unit/test_outbox.h"

static size_t
length(const struct letter *l)
{
	size_t n = 0;

	for (; l != NULL; l = l->next)
		n++;
	return n;
}

static void
outbox_short_outage_is_one_letter(void **state)
{
	struct outbox o = box();

	(void)state;
	event(&o, 0, 0, LEVEL_DOWN, 1);
	assert_int_equal(outbox_run(&o, 0), 0);
	assert_null(o.queue);
	assert_true(outbox_due(&o) == 30 * NS_PER_S);
	event(&o, 12 * NS_PER_S, 0, LEVEL_UP, 2);
	assert_int_equal(outbox_run(&o, 12 * NS_PER_S), 0);
	assert_int_equal(length(o.queue), 1);
	assert_null(o.waiting);
	assert_int_equal(o.queue->kind, LETTER_FOLDED);
	assert_int_equal(o.queue->begin_id, 1);
	assert_int_equal(o.queue->event_id, 2);
	assert_int_equal(o.queue->event->head.wall_ms -
	    o.queue->begin->head.wall_ms, 12000);
	outbox_free(&o);
}

static void
outbox_outage_that_lasts_is_two_letters(void **state)
{
	struct outbox o = box();

	(void)state;
	event(&o, 0, 0, LEVEL_DOWN, 1);
	/* Another line's return ends nothing here. */
	event(&o, NS_PER_S, 1, LEVEL_UP, 2);
	assert_int_equal(outbox_run(&o, 30 * NS_PER_S - 1), 0);
	assert_int_equal(length(o.queue), 1);
	assert_int_equal(outbox_run(&o, 30 * NS_PER_S), 0);
	assert_int_equal(length(o.queue), 2);
	assert_int_equal(o.queue->next->kind, LETTER_EVENT);
	event(&o, 31 * NS_PER_S, 0, LEVEL_UP, 3);
	assert_int_equal(outbox_run(&o, 31 * NS_PER_S), 0);
	assert_int_equal(length(o.queue), 3);
	assert_int_equal(o.queue->next->next->kind, LETTER_EVENT);
	outbox_free(&o);
}

static void
outbox_worse_is_not_folded_and_better_is(void **state)
{
	struct outbox o = box();

	(void)state;
	event(&o, 0, 0, LEVEL_DEGRADED, 1);
	event(&o, 1, 0, LEVEL_DOWN, 2);
	assert_int_equal(outbox_run(&o, 1), 0);
	assert_int_equal(length(o.queue), 1);
	assert_int_equal(o.queue->event_id, 1);
	event(&o, 2, 0, LEVEL_DEGRADED, 3);
	assert_int_equal(outbox_run(&o, 2), 0);
	assert_int_equal(length(o.queue), 2);
	assert_int_equal(o.queue->next->kind, LETTER_FOLDED);
	assert_null(o.waiting);
	outbox_free(&o);
}

static void
outbox_without_fold_tells_at_once(void **state)
{
	struct outbox o;

	(void)state;
	conf.fold_ns = 0;
	o = box();
	conf.fold_ns = 30 * NS_PER_S;
	event(&o, 5, 0, LEVEL_DOWN, 1);
	event(&o, 5, 0, LEVEL_UP, 2);
	assert_int_equal(outbox_run(&o, 5), 0);
	assert_int_equal(length(o.queue), 2);
	assert_int_equal(o.queue->event_id, 1);
	outbox_free(&o);
}

static void
drop_counted(struct outbox *o)
{
	struct letter *l;

	while ((l = o->rows) != NULL) {
		o->rows = l->next;
		letter_free(l);
	}
}

static unsigned
told(const struct letter *l)
{
	const struct tally *t = l->tally;

	if (l->kind == LETTER_FOLDED)
		return 2;
	return l->kind == LETTER_EVENT ? 1 :
	    t[0].level[LEVEL_DOWN] + t[0].level[LEVEL_UP] +
	    t[1].level[LEVEL_DOWN] + t[1].level[LEVEL_UP];
}

/*
 * Two lines flap; every letter that was ever queued is remembered, and no
 * hour may have more than the limit.  All events are in letters at the end.
 */
static void
flaps(int64_t fold_ns)
{
	static int64_t queued[2000];
	size_t n = 0, i, digests = 0, back = (size_t)conf.limit.n;
	unsigned seen = 0, events = 0;
	int64_t now = 0, due;
	struct letter *l;
	struct outbox o;

	conf.fold_ns = fold_ns;
	o = box();
	conf.fold_ns = 30 * NS_PER_S;
	while (events < 20000 || o.waiting != NULL || o.counted > 0) {
		if (events < 20000) {
			event(&o, now, events / 2 % 2, events % 2 == 0 ?
			    LEVEL_DOWN : LEVEL_UP, events + 1);
			events++;
			now += HOUR / 20000;
		} else {
			due = outbox_due(&o);
			assert_true(due != CLOCK_NEVER);
			now = due > now ? due : now;
		}
		assert_int_equal(outbox_run(&o, now), 0);
		drop_counted(&o);
		while ((l = o.queue) != NULL) {
			l->stored = true;
			assert_ptr_equal(outbox_head(&o, now), l);
			assert_ptr_equal(outbox_ended(&o, now, OUTBOX_SENT), l);
			assert_true(n < 2000);
			queued[n] = now;
			if (n >= back)
				assert_true(now - queued[n - back] >=
				    conf.limit.per_ns);
			n++;
			digests += l->kind == LETTER_DIGEST;
			seen += told(l);
			letter_free(l);
		}
	}
	assert_int_equal(seen, events);
	assert_true(digests >= 1);
	for (i = 0; i < n && queued[i] < HOUR; i++)
		;
	assert_true(i <= (size_t)conf.limit.n);
	outbox_free(&o);
}

static void
outbox_ten_thousand_flaps_keep_the_limit(void **state)
{
	(void)state;
	flaps(0);
	flaps(30 * NS_PER_S);
}

static void
outbox_head_holds_the_others_and_pauses_grow(void **state)
{
	struct outbox o = box();
	int64_t now = 0, pause = conf.retry_ns;
	struct letter *l;
	int i;

	(void)state;
	event(&o, 0, 0, LEVEL_UP, 1);
	event(&o, 0, 1, LEVEL_UP, 2);
	assert_int_equal(outbox_run(&o, 0), 0);
	/* Not before it is on disk. */
	assert_null(outbox_head(&o, 0));
	o.queue->stored = o.queue->next->stored = true;
	for (i = 0; i < 12; i++) {
		l = outbox_head(&o, now);
		assert_non_null(l);
		assert_int_equal(l->event_id, 1);
		assert_null(outbox_head(&o, now));
		assert_null(outbox_ended(&o, now, OUTBOX_LATER));
		assert_null(outbox_head(&o, now + pause - 1));
		assert_true(outbox_due(&o) == now + pause);
		now += pause;
		pause = pause * 2 < RETRY_PAUSE_MAX ? pause * 2 :
		    RETRY_PAUSE_MAX;
	}
	assert_non_null(outbox_head(&o, now));
	l = outbox_ended(&o, now, OUTBOX_SENT);
	assert_int_equal(l->state, LETTER_SENT);
	letter_free(l);
	l = outbox_head(&o, now);
	assert_int_equal(l->event_id, 2);
	/* Too old: given up. */
	l = outbox_ended(&o, conf.expire_ns, OUTBOX_LATER);
	assert_int_equal(l->state, LETTER_EXPIRED);
	letter_free(l);
	assert_null(o.queue);
	outbox_free(&o);
}

static void
outbox_kick_is_a_try_at_once(void **state)
{
	struct outbox o = box();

	(void)state;
	event(&o, 0, 0, LEVEL_UP, 1);
	assert_int_equal(outbox_run(&o, 0), 0);
	o.queue->stored = true;
	assert_non_null(outbox_head(&o, 0));
	assert_null(outbox_ended(&o, 0, OUTBOX_LATER));
	assert_null(outbox_head(&o, 1));
	outbox_kick(&o, 1);
	assert_non_null(outbox_head(&o, 1));
	/* While it was on its way by a line that is gone, but not at once. */
	outbox_kick(&o, 2);
	assert_null(outbox_ended(&o, 2, OUTBOX_LATER));
	assert_null(outbox_head(&o, RETRY_KICK_PAUSE));
	assert_true(outbox_due(&o) == 1 + RETRY_KICK_PAUSE);
	assert_non_null(outbox_head(&o, 1 + RETRY_KICK_PAUSE));
	assert_null(outbox_ended(&o, 2 + RETRY_KICK_PAUSE, OUTBOX_LATER));
	assert_null(outbox_head(&o, 2 + 2 * RETRY_KICK_PAUSE));
	outbox_free(&o);
}

static void
outbox_notice_is_never_only_counted(void **state)
{
	struct outbox o;
	int i;

	(void)state;
	conf.limit.n = 2;
	o = box();
	conf.limit.n = 20;
	for (i = 0; i < 5; i++)
		event(&o, i, 0, LEVEL_UP, (uint64_t)i + 1);
	assert_int_equal(outbox_add_notice(&o, 5, 1, "given up", "so"), 0);
	assert_int_equal(outbox_run(&o, 5), 0);
	assert_int_equal(length(o.queue), 3);
	assert_int_equal(o.counted, 3);
	assert_int_equal(o.queue->next->next->kind, LETTER_NOTICE);
	outbox_free(&o);
}

/* Delivers the head, which must be that event's; for one that ends it. */
static struct letter *
end_head(struct outbox *o, int64_t now_ns, uint64_t event_id,
    enum outbox_end end)
{
	struct letter *l;

	assert_int_equal(outbox_run(o, now_ns), 0);
	for (l = o->queue; l != NULL; l = l->next)
		l->stored = true;
	l = outbox_head(o, now_ns);
	assert_non_null(l);
	assert_int_equal(l->event_id, event_id);
	return outbox_ended(o, now_ns, end);
}

static void
outbox_refused_is_tried_again_and_then_lets_others_go(void **state)
{
	struct outbox o = box();
	int64_t now = 0;
	struct letter *l;
	int i;

	(void)state;
	event(&o, 0, 0, LEVEL_UP, 1);
	event(&o, 0, 1, LEVEL_UP, 2);
	/* Lines that return make no hurry of it. */
	for (i = 0; i < 6; i++) {
		now = i * RETRY_KICK_PAUSE;
		assert_null(end_head(&o, now, 1, OUTBOX_REFUSED));
		outbox_kick(&o, now);
	}
	now = OUTBOX_REFUSED_PAUSES * conf.retry_ns;
	l = end_head(&o, now, 1, OUTBOX_REFUSED);
	assert_non_null(l);
	assert_int_equal(l->state, LETTER_REFUSED);
	outbox_lose(&o, l);
	/* None of it before one gets through. */
	assert_int_equal(outbox_run(&o, now), 0);
	assert_int_equal(length(o.queue), 1);
	letter_free(end_head(&o, now, 2, OUTBOX_SENT));
	assert_int_equal(outbox_run(&o, now), 0);
	assert_int_equal(length(o.queue), 1);
	assert_int_equal(o.queue->kind, LETTER_LOSS);
	assert_int_equal(o.queue->lost->event_id, 1);
	outbox_told(&o, o.queue);
	assert_null(o.queue->lost);
	assert_int_equal(o.rows->state, LETTER_TOLD);
	assert_true(o.rows->dirty);
	drop_counted(&o);
	outbox_free(&o);
}

static void
outbox_other_failures_never_refuse(void **state)
{
	struct outbox o = box();
	int64_t now;
	int i;

	(void)state;
	event(&o, 0, 0, LEVEL_UP, 1);
	for (i = 0, now = 0; i < 100; i++, now += RETRY_PAUSE_MAX)
		assert_null(end_head(&o, now, 1, i % 50 == 0 ?
		    OUTBOX_REFUSED : OUTBOX_LATER));
	outbox_free(&o);
}

/* The letter that tells of a loss is lost: nobody tells of that. */
static void
outbox_losses_do_not_tell_of_each_other(void **state)
{
	struct outbox o = box();
	int64_t now = conf.expire_ns;
	struct letter *l;

	(void)state;
	event(&o, 0, 0, LEVEL_UP, 1);
	event(&o, 0, 1, LEVEL_UP, 2);
	outbox_lose(&o, end_head(&o, now, 1, OUTBOX_LATER));
	letter_free(end_head(&o, now, 2, OUTBOX_SENT));
	l = end_head(&o, now, 0, OUTBOX_LATER);
	assert_null(l);
	outbox_told(&o, o.queue);
	l = end_head(&o, now + conf.expire_ns, 0, OUTBOX_LATER);
	assert_int_equal(l->state, LETTER_EXPIRED);
	outbox_lose(&o, l);
	event(&o, now, 0, LEVEL_UP, 3);
	letter_free(end_head(&o, now + conf.expire_ns, 3, OUTBOX_SENT));
	assert_int_equal(outbox_run(&o, now + conf.expire_ns), 0);
	assert_null(o.queue);
	assert_null(o.lost);
	outbox_free(&o);
}

/* ---- restarts: the disk is a table of rows, newest revision of each id */

#define ROWS	4096

struct disk {
	struct letter	row[ROWS];	/* pointers of no use but event ids */
	uint64_t	told_upto;
	size_t		n;
};

static void
store(struct disk *d, struct letter *l)
{
	if (l == NULL || !l->dirty)
		return;
	assert_true(l->id < ROWS);
	if (l->id >= d->n)
		d->n = l->id + 1;
	if (l->rev >= d->row[l->id].rev)
		d->row[l->id] = *l;
	l->dirty = false;
	if (l->state == LETTER_QUEUED)
		l->stored = true;
}

static void
store_all(struct disk *d, struct outbox *o)
{
	struct letter *l;

	for (l = o->waiting; l != NULL; l = l->next)
		store(d, l);
	for (l = o->queue; l != NULL; l = l->next)
		store(d, l);
	for (l = o->rows; l != NULL; l = l->next)
		store(d, l);
	d->told_upto = o->told_upto > d->told_upto ? o->told_upto :
	    d->told_upto;
	drop_counted(o);
}

static struct msg *
row_msg(uint64_t id, const int *levels)
{
	struct msg *m;

	if (id == 0)
		return NULL;
	m = calloc(1, sizeof(*m));
	m->head.wall_ms = (int64_t)id;
	m->u.event.level = (enum level)levels[id];
	return m;
}

static struct outbox
reborn(const struct disk *d, const int *levels, int64_t now)
{
	struct outbox o = box();
	struct letter *l;
	size_t i;

	for (i = 1; i < d->n; i++) {
		if (d->row[i].id == 0 || d->row[i].state == LETTER_SENT ||
		    (d->row[i].state == LETTER_COUNTED &&
		    i <= d->told_upto))
			continue;
		l = calloc(1, sizeof(*l));
		*l = d->row[i];
		l->next = NULL;
		l->tally = NULL;
		l->not_before_ns = now;
		l->event = row_msg(l->event_id, levels);
		l->begin = row_msg(l->begin_id, levels);
		l->stored = l->state == LETTER_QUEUED;
		l->dirty = false;
		outbox_restore(&o, l);
	}
	if (d->n > 0 && o.id < d->n - 1)
		o.id = d->n - 1;
	for (i = 1; i < d->n; i++)
		if (o.place < d->row[i].place)
			o.place = d->row[i].place;
	return o;
}

static void
note_told(unsigned *told_by, const struct letter *l)
{
	if (l->kind != LETTER_DIGEST)
		told_by[l->event_id] = 1;
	if (l->kind == LETTER_FOLDED)
		told_by[l->begin_id] = 1;
}

/*
 * A random life with restarts at random points: every event is told by a
 * letter or counted, letters are delivered in the order of their places, and
 * twice only where the crash came between delivery and its entry.
 */
static void
life(unsigned seed)
{
	static struct disk d;
	static int levels[ROWS];
	static unsigned told_by[ROWS];
	struct outbox o = box();
	uint64_t id = 0, newest = 0, crashes = 0, twice = 0;
	enum level at[2] = { LEVEL_UP, LEVEL_UP };
	int64_t now = 0;
	struct letter *l;
	unsigned i, u;
	bool crash, ok;

	memset(&d, 0, sizeof(d));
	memset(told_by, 0, sizeof(told_by));
	srand(seed);
	for (i = 0; i < 600 || o.queue != NULL || o.waiting != NULL ||
	    o.counted > 0; i++) {
		now += (int64_t)(rand() % 20000) * NS_PER_MS;
		if (i > 700)
			now += HOUR;
		u = (unsigned)rand() % 2;
		if (i < 600 && rand() % 2 == 0) {
			at[u] = at[u] == LEVEL_UP ? LEVEL_DOWN : LEVEL_UP;
			levels[++id] = (int)at[u];
			event(&o, now, u, at[u], id);
			store_all(&d, &o);
		}
		assert_int_equal(outbox_run(&o, now), 0);
		for (l = o.queue; l != NULL; l = l->next)
			if (l->kind == LETTER_DIGEST && !l->stored)
				told_by[0] += told(l);
		store_all(&d, &o);
		crash = rand() % 10 == 0;
		l = outbox_head(&o, now);
		if (l != NULL && (ok = rand() % 3 != 0 || i > 700)) {
			assert_true(l->place >= newest);
			twice += l->place == newest;
			newest = l->place;
			note_told(told_by, l);
			if (!crash) {
				l = outbox_ended(&o, now, OUTBOX_SENT);
				store(&d, l);
				letter_free(l);
			}
		} else if (l != NULL) {
			assert_null(outbox_ended(&o, now, OUTBOX_LATER));
		}
		if (crash) {
			crashes++;
			outbox_free(&o);
			o = reborn(&d, levels, now);
		}
	}
	assert_true(twice <= crashes);
	for (i = 1, u = 0; i <= id; i++)
		u += told_by[i];
	assert_int_equal(u + told_by[0], id);
	outbox_free(&o);
}

static void
outbox_loses_nothing_over_restarts(void **state)
{
	unsigned seed;

	(void)state;
	for (seed = 1; seed <= 200; seed++)
		life(seed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outbox_short_outage_is_one_letter),
		cmocka_unit_test(outbox_outage_that_lasts_is_two_letters),
		cmocka_unit_test(outbox_worse_is_not_folded_and_better_is),
		cmocka_unit_test(outbox_without_fold_tells_at_once),
		cmocka_unit_test(outbox_ten_thousand_flaps_keep_the_limit),
		cmocka_unit_test(outbox_head_holds_the_others_and_pauses_grow),
		cmocka_unit_test(outbox_kick_is_a_try_at_once),
		cmocka_unit_test(outbox_notice_is_never_only_counted),
		cmocka_unit_test(
		    outbox_refused_is_tried_again_and_then_lets_others_go),
		cmocka_unit_test(outbox_other_failures_never_refuse),
		cmocka_unit_test(outbox_losses_do_not_tell_of_each_other),
		cmocka_unit_test(outbox_loses_nothing_over_restarts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
