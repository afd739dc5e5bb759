/* SPDX-License-Identifier: ISC */
/*
 * Ways that come and go, and answers that are not heard: what is lost by them is
 * no fault of the line.
 */
#include "tests/unit/test_worker.h"

/* A far host behind the gateway; main's default leaves by one of the lines. */
static void
world_default(struct world *w, uint32_t metric, const char *gateway,
    const char *ifname)
{
	struct net_route r = fake_route(AF_INET, FAKE_TABLE_MAIN, metric);

	fake_hop(&r, gateway, fake_link_index(w->hand, ifname), 1);
	assert_int_equal(fake_route_add(w->hand, &r), 0);
}

static void
world_default_gone(struct world *w, uint32_t metric)
{
	struct net_route r = fake_route(AF_INET, FAKE_TABLE_MAIN, metric);

	assert_int_equal(fake_route_del(w->hand, &r), 0);
}

static void
world_far(struct world *w)
{
	assert_int_equal(net_addr_parse("192.0.2.9", &w->targets[0][1].addr),
	    0);
	world_default(w, 10, "10.1.0.1", "wan1");
}

static void
way_that_goes_is_noticed_in_one_turn(void **state)
{
	struct world *w = *state;

	world_far(w);
	world_up(w, 1);
	/* Not even though it has just looked. */
	w->worker->looked_ns = clock_mono_ns();
	world_default_gone(w, 10);
	assert_true(worker_turn(w->worker, 0));
	world_is(w, 0, LEVEL_UNKNOWN, CAUSE_ADDRESS);
	world_default(w, 10, "10.1.0.1", "wan1");
	SPIN(w, world_verdict(w, 0)->level == LEVEL_UP);
}

/* By another's interface, it may be told a thousand times a second. */
static void
others_way_that_goes_is_not_urgent(void **state)
{
	struct world *w = *state;
	size_t calls;
	int i;

	world_up(w, 1);
	calls = fake_calls(w->hand, FAKE_LINKS);
	w->worker->looked_ns = clock_mono_ns() + NS_PER_S;
	for (i = 0; i < 20; i++) {
		world_default(w, 10, "10.2.0.1", "wan2");
		world_default_gone(w, 10);
		assert_true(worker_turn(w->worker, 0));
	}
	assert_int_equal(fake_calls(w->hand, FAKE_LINKS), calls);
	assert_true(w->worker->soon_set);
	SPIN(w, fake_calls(w->hand, FAKE_LINKS) > calls);
}

/* It may have been answered by a neighbour that stood in for the far host. */
static void
answer_to_what_left_while_the_way_went_does_not_count(void **state)
{
	struct world *w = *state;
	unsigned requests;

	w->uplinks[0].probe.rise = 1;
	w->uplinks[0].probe.timeout_ns = 300 * NS_PER_MS;
	world_far(w);
	world_hosts(w, 0, DEAD, DEAD);
	world_bus(w);
	world_start(w, 1);
	SPIN(w, w->nevents == 1);
	world_is(w, 0, LEVEL_DOWN, CAUSE_GATEWAY);
	requests = w->wires[0].requests;
	world_hosts(w, 0, ALIVE, ALIVE);
	while (w->wires[0].requests == requests) {
		assert_true(worker_turn(w->worker, 2));
		world_network(w, 0);
	}
	/* The answers wait at the socket; the way was gone, and is back. */
	world_default_gone(w, 10);
	world_default(w, 10, "10.1.0.1", "wan1");
	assert_true(worker_turn(w->worker, 0));
	world_is(w, 0, LEVEL_DOWN, CAUSE_GATEWAY);
	assert_int_equal(world_verdict(w, 0)->verdict.passed, 0);
	SPIN(w, world_verdict(w, 0)->level == LEVEL_UP);
}

/* Routes that come and go all the time do not hide that a line is dead. */
static void
what_left_before_the_way_went_counts(void **state)
{
	struct world *w = *state;
	uint64_t round;

	world_far(w);
	world_up(w, 1);
	round = world_verdict(w, 0)->verdict.next;
	while (world_verdict(w, 0)->verdict.next == round)
		assert_true(worker_turn(w->worker, 2));
	w->worker->waited_ns = NS_PER_S;
	w->worker->gone = true;
	worker_look(w->worker);
	assert_false(w->worker->gone);
	world_network(w, 0);
	assert_true(worker_turn(w->worker, 0));
	assert_int_equal(world_verdict(w, 0)->verdict.passed, round);
}

static void
answers_that_rp_filter_drops_are_no_loss(void **state)
{
	struct world *w = *state;
	int64_t fall;

	world_impatient(w);
	for (fall = 1; fall <= 3; fall += 2) {
		w->uplinks[0].probe.fall = fall;
		w->nevents = 0;
		if (fall == 1)
			world_far(w);
		world_up(w, 1);
		assert_string_equal(w->worker->lines[0].note, "");
		/* The way back to the far host is by the other line. */
		world_default(w, 5, "10.2.0.1", "wan2");
		fake_rp_filter(w->hand, "wan1", 1);
		world_hosts(w, 0, ALIVE, DEAD);
		w->hosts[0][2] = DEAD;
		w->targets[0][2].addr = w->targets[0][1].addr;
		SPIN(w, w->nevents == 2);
		world_heard(w, 1, "ext1", LEVEL_UP, LEVEL_UNKNOWN,
		    CAUSE_ADDRESS);
		line_second(&w->worker->lines[0], clock_mono_ns());
		assert_string_equal(w->worker->lines[0].note, "rp_filter on "
		    "wan1 drops replies from 192.0.2.9; set it to 2 or 0");
		fake_rp_filter(w->hand, "wan1", 0);
		world_hosts(w, 0, ALIVE, ALIVE);
		SPIN(w, w->nevents == 3);
		world_heard(w, 2, "ext1", LEVEL_UNKNOWN, LEVEL_UP, CAUSE_NONE);
		line_second(&w->worker->lines[0], clock_mono_ns());
		assert_string_equal(w->worker->lines[0].note, "");
		world_default_gone(w, 5);
		world_close(w);
		zsock_close(&w->bus);
	}
}

/* Found out when it is to fall: who records it knows why it did not. */
static void
losses_that_were_not_heard_are_told_in_the_trail(void **state)
{
	struct world *w = *state;
	uint64_t look;

	world_impatient(w);
	world_far(w);
	w->targets[0][2].addr = w->targets[0][1].addr;
	world_default(w, 5, "10.2.0.1", "wan2");
	world_up(w, 1);
	look = w->worker->lines[0].look;
	fake_rp_filter(w->hand, "wan1", 1);
	world_hosts(w, 0, ALIVE, DEAD);
	SPIN(w, w->nevents == 2);
	world_heard(w, 1, "ext1", LEVEL_UP, LEVEL_UNKNOWN, CAUSE_ADDRESS);
	/* A look of its own would have found it before. */
	if (w->worker->lines[0].look == look)
		SPIN(w, w->ndeaf == 1);
}

static void
target_that_is_not_heard_leaves_the_vote_to_others(void **state)
{
	struct world *w = *state;
	uint64_t round;

	w->uplinks[0].probe.timeout_ns = 300 * NS_PER_MS;
	world_far(w);
	world_up(w, 1);
	world_default(w, 5, "10.2.0.1", "wan2");
	fake_rp_filter(w->hand, "wan1", 1);
	w->hosts[0][1] = DEAD;
	SPIN(w, w->worker->lines[0].hearing[1].deaf);
	round = world_verdict(w, 0)->verdict.next;
	SPIN(w, world_verdict(w, 0)->verdict.next > round + 10);
	world_is(w, 0, LEVEL_UP, CAUSE_NONE);
	assert_false(w->worker->lines[0].hearing[2].deaf);
	/* It still says of the line what others say. */
	world_hosts(w, 0, DEAD, DEAD);
	SPIN(w, w->nevents == 2);
	world_heard(w, 1, "ext1", LEVEL_UP, LEVEL_DOWN, CAUSE_GATEWAY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
		T(way_that_goes_is_noticed_in_one_turn),
		T(others_way_that_goes_is_not_urgent),
		T(answer_to_what_left_while_the_way_went_does_not_count),
		T(what_left_before_the_way_went_counts),
		T(answers_that_rp_filter_drops_are_no_loss),
		T(losses_that_were_not_heard_are_told_in_the_trail),
		T(target_that_is_not_heard_leaves_the_vote_to_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
