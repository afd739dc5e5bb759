/* SPDX-License-Identifier: ISC */
/* What goes to the lane and what stays on disk, job by job. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "dispatcher/dispatch.h"
#include "lib/clock.h"
#include "lib/log.h"

#define LIMIT_MS	20000	/* a deadline, not a pace */

static struct conf conf = { .lanes = { .queue = 2 } };
static struct dispatch d;

/* The first job runs until the lane is freed; so all others wait. */
static int
run(const struct job *j, const struct job_env *env, struct job_result *res)
{
	struct pollfd p = { .fd = env->cancel_fd, .events = POLLIN };

	(void)j;
	(void)poll(&p, 1, -1);
	return res->err = -ECANCELED;
}

static int
setup(void **state)
{
	struct lane_conf lc = { .name = "flow", .threads = 1, .queue = 2,
	    .power = -1, .run = run };

	(void)state;
	log_init("test", LOG_DEST_STDERR, false);
	memset(&d, 0, sizeof(d));
	d.conf = &conf;
	d.notes = lc.notes = queue_new(64, true, free);
	return d.notes == NULL ? -1 : lane_new(&lc, &d.lanes[0]);
}

static int
teardown(void **state)
{
	(void)state;
	lane_free(&d.lanes[0]);
	queue_free(&d.notes);
	return 0;
}

static void
give(uint64_t id, bool every, enum power_what what)
{
	struct job *j = calloc(1, sizeof(*j));

	assert_non_null(j);
	j->id = id;
	j->every = every;
	j->what = what;
	j->tries_max = 1;
	snprintf(j->key, sizeof(j->key), "%s", every ? "each" : "newest");
	assert_int_equal(spill_submit(&d, d.lanes[0], &j), 0);
	assert_null(j);
}

static void
waits(size_t in_memory, uint64_t on_disk)
{
	struct lane_load load;

	lane_load(d.lanes[0], &load);
	assert_int_equal(load.waiting, in_memory);
	assert_int_equal(d.spills[0].waiting, on_disk);
	assert_int_equal(d.spills[0].on, on_disk > 0);
}

/* One runs, and as many wait as may: 3 and 5, of those that run each. */
static void
fill(void)
{
	struct pollfd p = { .fd = queue_fd(d.notes), .events = POLLIN };

	give(1, true, POWER_ACTION);
	assert_int_equal(poll(&p, 1, LIMIT_MS), 1);
	give(3, true, POWER_ACTION);
	give(5, true, POWER_ACTION);
	waits(2, 0);
}

static void
spill_from_the_first_that_does_not_fit_all_stay_on_disk(void **state)
{
	(void)state;
	fill();
	give(6, true, POWER_ACTION);
	waits(2, 1);
	/* There is room again, but it is not the next one's turn. */
	assert_int_equal(lane_drop(d.lanes[0], "each"), 2);
	give(7, true, POWER_ACTION);
	waits(0, 2);
}

/* What reads on from 5 would miss it. */
static void
spill_late_job_goes_to_the_lane(void **state)
{
	(void)state;
	fill();
	give(4, true, POWER_ACTION);
	waits(3, 0);
	give(6, true, POWER_ACTION);
	waits(3, 1);
	give(2, true, POWER_ACTION);
	waits(4, 1);
}

static void
spill_what_replaces_others_or_has_no_row_goes_to_the_lane(void **state)
{
	(void)state;
	fill();
	give(6, true, POWER_ACTION);
	give(7, false, POWER_ACTION);
	waits(3, 1);
	give(8, false, POWER_ACTION);
	waits(3, 1);
	give(9, true, POWER_MAIL);
	waits(4, 1);
	/* A letter's number is none of a job's. */
	give(6, true, POWER_ACTION);
	waits(4, 2);
}

static void
spill_start_knows_what_is_on_disk(void **state)
{
	struct journal_lane lanes[] = { { .name = "flow", .kept = 2,
	    .taken = 5, .left = 3 }, { .name = "gone", .left = 1 } };
	struct journal_past past = { .nlanes = 2, .lanes = lanes };

	(void)state;
	spill_restore(&d, &past);
	waits(0, 3);
	/* What was kept is submitted now, what is younger is there already. */
	give(4, true, POWER_ACTION);
	give(5, true, POWER_ACTION);
	give(9, true, POWER_ACTION);
	assert_int_equal(d.spills[0].waiting, 4);
	assert_int_equal(d.spills[0].taken, 5);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(spill_from_the_first_that_does_not_fit_all_stay_on_disk),
		CASE(spill_late_job_goes_to_the_lane),
		CASE(spill_what_replaces_others_or_has_no_row_goes_to_the_lane),
		CASE(spill_start_knows_what_is_on_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
