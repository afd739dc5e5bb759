/* SPDX-License-Identifier: ISC */
/* What uplinks know of each other's targets, by one thread and by many. */
#include <sys/socket.h>

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "probes/board.h"

#define UPLINKS	3

/* The gateway, a host that all ask, one of their own. */
enum { GATEWAY, SHARED, OWN, TARGETS };

static struct conf_target targets[UPLINKS][TARGETS];
static struct conf_uplink uplinks[UPLINKS];
static struct conf conf = { .nuplinks = UPLINKS, .uplinks = uplinks };

static int
setup(void **state)
{
	struct board *b;
	struct conf_target *t;
	size_t u, i;

	memset(targets, 0, sizeof(targets));
	for (u = 0; u < UPLINKS; u++) {
		/* The last two share one. */
		snprintf(uplinks[u].ifname, sizeof(uplinks[u].ifname), "wan%d",
		    u > 0);
		uplinks[u].probe.ntargets = TARGETS;
		uplinks[u].probe.targets = targets[u];
		for (i = 0; i < TARGETS; i++) {
			t = &targets[u][i];
			t->addr.family = AF_INET;
			t->gateway = i == GATEWAY;
			snprintf(t->label, sizeof(t->label), "ping %zu.%zu",
			    i == OWN ? u : 9, i);
		}
	}
	assert_int_equal(board_new(&conf, &b), 0);
	for (u = 0; u < UPLINKS; u++)
		board_line(b, u, true);
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	struct board *b = *state;

	board_free(&b);
	assert_null(b);
	return 0;
}

static void
board_only_what_several_ask_is_shared(void **state)
{
	struct board *b = *state;
	size_t u;

	for (u = 0; u < UPLINKS; u++) {
		/* Gateways of one name are still each line's own. */
		assert_false(board_shared(b, u, GATEWAY));
		assert_true(board_shared(b, u, SHARED));
		assert_false(board_shared(b, u, OWN));
	}
	assert_int_equal(board_ask(b, 0, OWN, 1), PEER_NONE);
}

static void
board_says_what_the_others_saw(void **state)
{
	struct board *b = *state;

	assert_int_equal(board_ask(b, 0, SHARED, 10), PEER_WAITING);
	board_sample(b, 1, SHARED, true, 9);
	assert_int_equal(board_ask(b, 0, SHARED, 10), PEER_WAITING);
	board_sample(b, 1, SHARED, true, 11);
	assert_int_equal(board_ask(b, 0, SHARED, 10), PEER_ANSWERS);
	/* One's own word is none. */
	assert_int_equal(board_ask(b, 1, SHARED, 10), PEER_WAITING);
	/* It has been reached since: a later loss is any packet's. */
	board_sample(b, 1, SHARED, false, 12);
	board_sample(b, 1, GATEWAY, true, 12);
	assert_int_equal(board_ask(b, 0, SHARED, 10), PEER_ANSWERS);
	assert_int_equal(board_ask(b, 0, SHARED, 12), PEER_WAITING);
	board_sample(b, 2, SHARED, false, 13);
	board_sample(b, 2, OWN, true, 13);
	assert_int_equal(board_ask(b, 0, SHARED, 12), PEER_FAILS);
	assert_int_equal(board_ask(b, 0, SHARED, 10), PEER_ANSWERS);
	/* Old news is none. */
	assert_int_equal(board_ask(b, 0, SHARED, 14), PEER_WAITING);
	/* That it was reached is remembered, by others only. */
	assert_true(board_reached(b, 0, SHARED, 11));
	assert_false(board_reached(b, 0, SHARED, 12));
	assert_false(board_reached(b, 1, SHARED, 10));
	assert_false(board_reached(b, 0, OWN, 1));
}

static void
board_line_on_which_nothing_answers_is_no_witness(void **state)
{
	struct board *b = *state;

	board_line(b, 2, false);
	board_sample(b, 1, SHARED, false, 11);
	assert_int_equal(board_ask(b, 0, SHARED, 10), PEER_NONE);
	/* Before is not since. */
	board_sample(b, 1, OWN, true, 9);
	assert_int_equal(board_ask(b, 0, SHARED, 10), PEER_NONE);
	/* The target itself is no other thing. */
	board_sample(b, 1, SHARED, true, 12);
	board_sample(b, 1, SHARED, false, 14);
	assert_int_equal(board_ask(b, 0, SHARED, 13), PEER_NONE);
	board_sample(b, 1, OWN, true, 14);
	assert_int_equal(board_ask(b, 0, SHARED, 13), PEER_FAILS);
	board_line(b, 1, false);
	assert_int_equal(board_ask(b, 0, SHARED, 13), PEER_NONE);
}

static void
board_line_in_a_burst_is_no_witness(void **state)
{
	struct board *b = *state;

	board_line(b, 2, false);
	board_sample(b, 1, SHARED, true, 9);
	board_sample(b, 1, OWN, true, 11);
	board_sample(b, 1, SHARED, false, 12);
	board_sample(b, 1, SHARED, false, 13);
	/* All that it reached, it reached before the target was lost. */
	assert_int_equal(board_ask(b, 0, SHARED, 10), PEER_NONE);
	board_sample(b, 1, OWN, true, 12);
	assert_int_equal(board_ask(b, 0, SHARED, 10), PEER_FAILS);
	/* What does answer is lost, too, until something is clean again. */
	board_sample(b, 1, OWN, false, 13);
	assert_int_equal(board_ask(b, 0, SHARED, 10), PEER_NONE);
	board_sample(b, 1, GATEWAY, true, 13);
	assert_int_equal(board_ask(b, 0, SHARED, 10), PEER_FAILS);
	board_sample(b, 1, GATEWAY, false, 14);
	/* The first of the two losses is answered late: the run is shorter. */
	board_sample(b, 1, SHARED, true, 12);
	assert_int_equal(board_ask(b, 0, SHARED, 13), PEER_NONE);
	board_sample(b, 1, OWN, true, 13);
	assert_int_equal(board_ask(b, 0, SHARED, 13), PEER_FAILS);
}

static void
board_doubt_wakes_those_who_share_a_target(void **state)
{
	struct board *b = *state;
	unsigned char who[8];
	int p[UPLINKS][2];
	size_t u;

	for (u = 0; u < UPLINKS; u++) {
		assert_int_equal(pipe2(p[u], O_NONBLOCK | O_CLOEXEC), 0);
		board_listen(b, u, p[u][1]);
	}
	board_doubt(b, 1);
	assert_int_equal(read(p[0][0], who, sizeof(who)), 1);
	assert_int_equal(who[0], 0);
	assert_int_equal(read(p[1][0], who, sizeof(who)), -1);
	assert_int_equal(read(p[2][0], who, sizeof(who)), 1);
	assert_int_equal(who[0], 2);
	for (u = 0; u < UPLINKS; u++) {
		board_listen(b, u, -1);
		close(p[u][0]);
		close(p[u][1]);
	}
}

static void
board_gives_one_identifier_to_all_but_those_of_one_interface(void **state)
{
	const struct board *b = *state;

	assert_int_equal(board_id(b, 0), board_id(b, 1));
	assert_int_not_equal(board_id(b, 1), board_id(b, 2));
	assert_int_equal(board_id(b, 2), board_id(b, 2));
}

static void *
worker(void *arg)
{
	void **a = arg;
	struct board *b = a[0];
	size_t u = (size_t)(uintptr_t)a[1];
	int64_t i;

	for (i = 1; i <= 20000; i++) {
		board_sample(b, u, (size_t)i % TARGETS, i % 2 == 0, i);
		board_line(b, u, i % 7 != 0);
		if (board_ask(b, u, SHARED, i - 10) == 0)
			return b;
	}
	board_line(b, u, true);
	board_sample(b, u, SHARED, true, i);
	return NULL;
}

static void
board_is_shared_by_threads(void **state)
{
	struct board *b = *state;
	void *args[UPLINKS][2], *rc;
	pthread_t t[UPLINKS];
	size_t u;

	for (u = 0; u < UPLINKS; u++) {
		args[u][0] = b;
		args[u][1] = (void *)(uintptr_t)u;
		assert_int_equal(pthread_create(&t[u], NULL, worker, args[u]),
		    0);
	}
	for (u = 0; u < UPLINKS; u++) {
		assert_int_equal(pthread_join(t[u], &rc), 0);
		assert_null(rc);
	}
	for (u = 0; u < UPLINKS; u++)
		assert_int_equal(board_ask(b, u, SHARED, 20001),
		    PEER_ANSWERS);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(board_only_what_several_ask_is_shared),
		CASE(board_says_what_the_others_saw),
		CASE(board_line_on_which_nothing_answers_is_no_witness),
		CASE(board_line_in_a_burst_is_no_witness),
		CASE(board_doubt_wakes_those_who_share_a_target),
		CASE(board_gives_one_identifier_to_all_but_those_of_one_interface),
		CASE(board_is_shared_by_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
