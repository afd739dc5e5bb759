/* SPDX-License-Identifier: ISC */
/*
 * lane: thousands of jobs of random keys and lengths on real threads: per key
 * in order and one at a time, what is superseded is told, the last one runs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "dispatcher/lane.h"
#include "lib/clock.h"

#define KEYS	5
#define JOBS	3000
#define LIMIT	(60 * NS_PER_S)

/* Of one key; the lane's threads write it. */
struct key {
	atomic_int	inside;
	atomic_uint	last;		/* newest that has begun */
	atomic_int	wrong;		/* two at a time, or out of order */
};

static struct key keys[KEYS];
static atomic_uint lengths;		/* of random numbers drawn by runs */
static unsigned seed;

/* Spread over the bits: neighbours are nothing alike. */
static uint32_t
mix(uint32_t x)
{
	x ^= x >> 16;
	x *= 0x7feb352du;
	x ^= x >> 15;
	x *= 0x846ca68bu;
	return x ^ x >> 16;
}

static int
run(const struct job *j, const struct job_env *env, struct job_result *res)
{
	struct key *k = &keys[j->index];
	uint32_t r = mix(seed + atomic_fetch_add(&lengths, 1));
	struct pollfd cancel = { .fd = env->cancel_fd, .events = POLLIN };
	unsigned before;
	int rc = 0;

	if (atomic_fetch_add(&k->inside, 1) != 0)
		atomic_fetch_add(&k->wrong, 1);
	before = atomic_exchange(&k->last, (unsigned)j->id);
	/* The same again is a further try. */
	if (before > j->id)
		atomic_fetch_add(&k->wrong, 1);
	if (poll(&cancel, 1, (int)(r % 4)) == 1)
		rc = -ECANCELED;
	else if (r / 4 % 8 == 0)
		rc = -ECHILD;
	atomic_fetch_sub(&k->inside, 1);
	return res->err = rc;
}

/* What became of each job. */
struct account {
	enum job_phase	end[JOBS + 1];
	unsigned	started[JOBS + 1];
	size_t		ended;
};

static void
take_notes(struct queue *q, struct account *a)
{
	struct lane_note *n;

	while ((n = queue_try(q)) != NULL) {
		assert_true(n->job_id >= 1 && n->job_id <= JOBS);
		assert_int_equal(a->end[n->job_id], 0);
		if (n->phase == JOB_STARTED) {
			a->started[n->job_id]++;
		} else if (n->phase != JOB_RETRY) {
			a->end[n->job_id] = n->phase;
			a->ended++;
		}
		free(n);
	}
}

static bool
is_every(unsigned id)
{
	uint32_t r = mix(seed ^ id << 8);

	return r % KEYS == 0 || (r % KEYS == 2 && r / 512 % 3 == 0);
}

static void
give(struct lane *l, unsigned id, struct queue *q, struct account *a)
{
	struct job *j = calloc(1, sizeof(*j));
	uint32_t r = mix(seed ^ id << 8);

	assert_non_null(j);
	j->id = id;
	j->index = r % KEYS;
	/* Of key 0 each runs, of key 1 a newer one cancels, key 2 is mixed. */
	j->every = is_every(id);
	j->cancel = j->index == 1;
	j->tries_max = 1 + (int)(r / KEYS % 3);
	j->retry_wait_ns = (int64_t)(r / 64 % 3) * NS_PER_MS;
	snprintf(j->key, sizeof(j->key), "key%u", j->index);
	while (lane_submit(l, &j, false) != 0)
		take_notes(q, a);
}

static void
check_account(const struct account *a)
{
	unsigned last[KEYS] = { 0 }, id;
	size_t k;

	for (id = 1; id <= JOBS; id++) {
		k = mix(seed ^ id << 8) % KEYS;
		last[k] = id;
		assert_int_not_equal(a->end[id], 0);
		if (is_every(id))
			assert_true(a->end[id] == JOB_DONE ||
			    a->end[id] == JOB_FAILED);
		if (k != 1)
			assert_int_not_equal(a->end[id], JOB_CANCELLED);
		if (a->end[id] == JOB_DONE || a->end[id] == JOB_FAILED)
			assert_true(a->started[id] >= 1);
	}
	for (k = 0; k < KEYS; k++) {
		assert_true(a->started[last[k]] >= 1);
		assert_int_equal(atomic_load(&keys[k].last), last[k]);
		assert_int_equal(atomic_load(&keys[k].wrong), 0);
	}
}

static void
lane_random_jobs_in_order_and_accounted_for(void **state)
{
	struct lane_conf lc = { .name = "test", .threads = 4, .queue = 100,
	    .power = -1, .run = run };
	static struct account a;
	int64_t until_ns = clock_mono_ns() + LIMIT;
	struct pollfd p;
	struct lane *l;
	unsigned id;

	(void)state;
	memset(&a, 0, sizeof(a));
	memset(keys, 0, sizeof(keys));
	lc.notes = queue_new(8192, true, free);
	assert_non_null(lc.notes);
	assert_int_equal(lane_new(&lc, &l), 0);
	for (id = 1; id <= JOBS; id++) {
		give(l, id, lc.notes, &a);
		take_notes(lc.notes, &a);
	}
	p = (struct pollfd){ .fd = queue_fd(lc.notes), .events = POLLIN };
	while (a.ended < JOBS && clock_mono_ns() < until_ns) {
		(void)poll(&p, 1, 100);
		take_notes(lc.notes, &a);
	}
	lane_free(&l);
	queue_free(&lc.notes);
	assert_int_equal(a.ended, JOBS);
	check_account(&a);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lane_random_jobs_in_order_and_accounted_for),
		cmocka_unit_test(lane_random_jobs_in_order_and_accounted_for),
	};

	seed = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) :
	    (unsigned)clock_mono_ns();
	printf("# seed %u\n", seed);
	return cmocka_run_group_tests_name("lane_random", tests, NULL, NULL);
}
