/* SPDX-License-Identifier: ISC */
/* When a letter has its turn: lines that flap, ways out that fail. */
#include "tests/unit/test_outbox.h"

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

/* A line that flaps every 20 ms, and a way out that fails at once. */
static void
outbox_flapping_line_makes_no_busy_loop(void **state)
{
	struct outbox o = box();
	int64_t t;
	int tries = 0;

	(void)state;
	event(&o, 0, 0, LEVEL_UP, 1);
	assert_int_equal(outbox_run(&o, 0), 0);
	o.queue->stored = true;
	for (t = 0; t < 60 * NS_PER_S; t += 20 * NS_PER_MS) {
		outbox_kick(&o, t);
		if (outbox_head(&o, t) == NULL)
			continue;
		tries++;
		/* Also one that comes while it runs. */
		outbox_kick(&o, t);
		assert_null(outbox_ended(&o, t, OUTBOX_LATER));
	}
	assert_in_range(tries, 12, 14);
	/* Nothing is lost: the next return in peace is a try at once. */
	t += 60 * NS_PER_S;
	(void)outbox_head(&o, t);
	assert_null(outbox_ended(&o, t, OUTBOX_LATER));
	t += 8 * NS_PER_S;
	outbox_kick(&o, t);
	assert_non_null(outbox_head(&o, t));
	outbox_free(&o);
}

/* A letter that nobody wants, and a way out that cannot say so. */
static void
outbox_next_one_shows_which_letter_is_unwanted(void **state)
{
	struct outbox o = box();
	struct letter *l;
	int64_t now;
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		event(&o, i, 0, LEVEL_UP, (uint64_t)i + 1);
	for (i = 0, now = 3; i < OUTBOX_REFUSALS; i++, now += RETRY_PAUSE_MAX)
		assert_null(end_head(&o, now, 1, OUTBOX_UNSURE));
	assert_int_equal(o.queue->event_id, 2);
	assert_true(o.queue->dirty && o.queue->next->dirty);
	assert_true(o.queue->place < o.queue->next->place);
	letter_free(end_head(&o, now, 2, OUTBOX_SENT));
	/* It has its chance at once, before another goes. */
	l = end_head(&o, now, 1, OUTBOX_UNSURE);
	assert_non_null(l);
	assert_int_equal(l->state, LETTER_REFUSED);
	outbox_lose(&o, l);
	letter_free(end_head(&o, now, 3, OUTBOX_SENT));
	assert_int_equal(outbox_run(&o, now), 0);
	assert_int_equal(o.queue->kind, LETTER_LOSS);
	outbox_free(&o);
}

static void
outbox_broken_way_out_loses_nothing(void **state)
{
	struct outbox o = box();
	int64_t now;
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		event(&o, i, 0, LEVEL_UP, (uint64_t)i + 1);
	for (i = 0, now = 3; i < 100; i++, now += RETRY_PAUSE_MAX) {
		assert_null(end_head(&o, now, 1, OUTBOX_UNSURE));
		if (o.aside == NULL)
			continue;
		/* In between one that says that it may pass. */
		assert_null(end_head(&o, now, 2, i % 2 == 0 ? OUTBOX_LATER :
		    OUTBOX_UNSURE));
		assert_null(o.aside);
	}
	assert_true(i > OUTBOX_REFUSALS && o.queue->next->tries > 90);
	/* Mended just when it was the second one's turn. */
	assert_null(end_head(&o, now, 1, OUTBOX_UNSURE));
	letter_free(end_head(&o, now, 2, OUTBOX_SENT));
	letter_free(end_head(&o, now, 1, OUTBOX_SENT));
	letter_free(end_head(&o, now, 3, OUTBOX_SENT));
	assert_null(o.queue);
	assert_null(o.lost);
	outbox_free(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outbox_flapping_line_makes_no_busy_loop),
		cmocka_unit_test(
		    outbox_next_one_shows_which_letter_is_unwanted),
		cmocka_unit_test(outbox_broken_way_out_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
