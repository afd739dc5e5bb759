/* SPDX-License-Identifier: ISC */
/* Between threads: nothing lost, nothing twice, woken when it must. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#include "lib/queue.h"

#define PRODUCERS	3
#define CONSUMERS	3
#define EACH		5000

static bool
readable(struct queue *q)
{
	struct pollfd p = { .fd = queue_fd(q), .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static void
queue_full_leaves_the_item_with_the_caller(void **state)
{
	struct queue *q = queue_new(2, false, free);
	void *a = malloc(1), *b = malloc(1), *c = malloc(1);

	(void)state;
	assert_int_equal(queue_fd(q), -1);
	assert_int_equal(queue_push(q, &a), 0);
	assert_null(a);
	assert_int_equal(queue_push(q, &b), 0);
	assert_int_equal(queue_push(q, &c), -ENOSPC);
	assert_non_null(c);
	assert_int_equal(queue_len(q), 2);
	free(c);
	queue_free(&q);		/* drops the other two */
}

static void
queue_is_readable_exactly_while_it_holds_something(void **state)
{
	struct queue *q = queue_new(8, true, NULL);
	int x = 1, y = 2;
	void *a = &x, *b = &y;

	(void)state;
	assert_false(readable(q));
	queue_push(q, &a);
	assert_true(readable(q));
	queue_push(q, &b);
	assert_ptr_equal(queue_try(q), &x);
	assert_true(readable(q));
	assert_ptr_equal(queue_try(q), &y);
	assert_false(readable(q));
	assert_null(queue_try(q));
	queue_free(&q);
}

static void
queue_closed_gives_what_is_left_then_null(void **state)
{
	struct queue *q = queue_new(8, false, NULL);
	int x = 1;
	void *a = &x;

	(void)state;
	queue_push(q, &a);
	queue_close(q);
	a = &x;
	assert_int_equal(queue_push(q, &a), -EPIPE);
	assert_ptr_equal(queue_pop(q), &x);
	assert_null(queue_pop(q));
	queue_free(&q);
}

static void
queue_round_the_ring_keeps_its_order(void **state)
{
	struct queue *q = queue_new(3, true, NULL);
	int number[100], in = 0, out = 0;
	void *item;

	(void)state;
	while (out < 100) {
		while (in < 100) {
			number[in] = in;
			item = &number[in];
			if (queue_push(q, &item) != 0)
				break;
			in++;
		}
		item = queue_try(q);
		assert_ptr_equal(item, &number[out]);
		out++;
		assert_int_equal(queue_len(q), in - out);
		assert_int_equal(readable(q), in != out);
	}
	queue_free(&q);
	assert_null(q);
	queue_free(&q);
}

static int dropped;

static void
count_drop(void *item)
{
	(void)item;
	dropped++;
}

static void
queue_freed_drops_what_is_left(void **state)
{
	struct queue *q = queue_new(4, true, count_drop);
	int x[3];
	void *item;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		item = &x[i];
		assert_int_equal(queue_push(q, &item), 0);
	}
	assert_non_null(queue_try(q));
	queue_free(&q);
	assert_int_equal(dropped, 2);
}

static void *
wait_for_end(void *arg)
{
	return queue_pop(arg);
}

/* One that is not woken stays for ever, and the run's limit ends the test. */
static void
queue_closed_wakes_all_who_wait(void **state)
{
	struct queue *q;
	pthread_t t[8];
	void *got;
	int i, k;

	(void)state;
	for (k = 0; k < 50; k++) {
		q = queue_new(1, false, NULL);
		for (i = 0; i < 8; i++)
			assert_int_equal(pthread_create(&t[i], NULL,
			    wait_for_end, q), 0);
		queue_close(q);
		for (i = 0; i < 8; i++) {
			assert_int_equal(pthread_join(t[i], &got), 0);
			assert_null(got);
		}
		queue_free(&q);
	}
}

struct shared {
	struct queue	*q;
	unsigned char	 seen[PRODUCERS][EACH];
	int		 number[PRODUCERS][EACH];
	int		 twice;
	pthread_mutex_t	 lock;
};

struct producer {
	struct shared	*s;
	int		 who;
};

static void *
produce(void *arg)
{
	struct producer *p = arg;
	void *item;
	int i;

	for (i = 0; i < EACH; i++) {
		p->s->number[p->who][i] = p->who * EACH + i;
		item = &p->s->number[p->who][i];
		while (queue_push(p->s->q, &item) == -ENOSPC)
			sched_yield();
	}
	return NULL;
}

static void *
consume(void *arg)
{
	struct shared *s = arg;
	int *n, last[PRODUCERS];

	memset(last, -1, sizeof(last));
	while ((n = queue_pop(s->q)) != NULL) {
		pthread_mutex_lock(&s->lock);
		/* One producer's items come in order. */
		if (s->seen[*n / EACH][*n % EACH]++ != 0 ||
		    last[*n / EACH] > *n % EACH)
			s->twice++;
		last[*n / EACH] = *n % EACH;
		pthread_mutex_unlock(&s->lock);
	}
	return NULL;
}

static void
queue_between_many_threads_loses_and_doubles_nothing(void **state)
{
	static struct shared s;
	struct producer p[PRODUCERS];
	pthread_t pt[PRODUCERS], ct[CONSUMERS];
	int i, k, missing = 0;

	(void)state;
	s.q = queue_new(64, true, NULL);
	pthread_mutex_init(&s.lock, NULL);
	for (i = 0; i < CONSUMERS; i++)
		assert_int_equal(pthread_create(&ct[i], NULL, consume, &s), 0);
	for (i = 0; i < PRODUCERS; i++) {
		p[i] = (struct producer){ &s, i };
		assert_int_equal(pthread_create(&pt[i], NULL, produce,
		    &p[i]), 0);
	}
	for (i = 0; i < PRODUCERS; i++)
		pthread_join(pt[i], NULL);
	queue_close(s.q);
	for (i = 0; i < CONSUMERS; i++)
		pthread_join(ct[i], NULL);
	for (i = 0; i < PRODUCERS; i++)
		for (k = 0; k < EACH; k++)
			missing += s.seen[i][k] != 1;
	assert_int_equal(missing, 0);
	assert_int_equal(s.twice, 0);
	assert_false(readable(s.q));
	queue_free(&s.q);
	pthread_mutex_destroy(&s.lock);
}

/* An event loop that only looks when poll says so gets all there is. */
static void
queue_polled_by_a_loop_loses_no_wake(void **state)
{
	static struct shared s;
	struct producer p[PRODUCERS];
	pthread_t pt[PRODUCERS];
	struct pollfd pfd;
	int i, got = 0, idle = 0;

	(void)state;
	s.q = queue_new(4, true, NULL);
	for (i = 0; i < PRODUCERS; i++) {
		p[i] = (struct producer){ &s, i };
		assert_int_equal(pthread_create(&pt[i], NULL, produce,
		    &p[i]), 0);
	}
	pfd = (struct pollfd){ .fd = queue_fd(s.q), .events = POLLIN };
	while (got < PRODUCERS * EACH) {
		/* Far longer than any machine is busy: a lost wake. */
		assert_int_equal(poll(&pfd, 1, 60000), 1);
		if (queue_try(s.q) != NULL)
			got++;
		else
			idle++;
	}
	for (i = 0; i < PRODUCERS; i++)
		pthread_join(pt[i], NULL);
	/* The only taker is never told of what is not there. */
	assert_int_equal(idle, 0);
	assert_false(readable(s.q));
	queue_free(&s.q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queue_full_leaves_the_item_with_the_caller),
		cmocka_unit_test(
		    queue_is_readable_exactly_while_it_holds_something),
		cmocka_unit_test(queue_closed_gives_what_is_left_then_null),
		cmocka_unit_test(queue_round_the_ring_keeps_its_order),
		cmocka_unit_test(queue_freed_drops_what_is_left),
		cmocka_unit_test(queue_closed_wakes_all_who_wait),
		cmocka_unit_test(queue_polled_by_a_loop_loses_no_wake),
		cmocka_unit_test(
		    queue_between_many_threads_loses_and_doubles_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
