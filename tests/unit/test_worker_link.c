/* SPDX-License-Identifier: ISC */
/*
 * test_worker_link: a worker in its world (test_worker.h) while interfaces and
 * addresses come and go, and sockets come from the parent or do not.
 */
#include "tests/unit/test_worker.h"

static void
lost_carrier_is_down_in_one_turn(void **state)
{
	struct world *w = *state;
	uint64_t round;

	world_up(w, 1);
	assert_int_equal(fake_link_carrier(w->hand, "wan1", false), 0);
	assert_true(worker_turn(w->worker, 0));
	world_is(w, 0, LEVEL_DOWN, CAUSE_CARRIER);
	SPIN(w, w->nevents == 2);
	world_heard(w, 1, "ext1", LEVEL_UP, LEVEL_DOWN, CAUSE_CARRIER);
	/* It comes back by answers only. */
	round = world_verdict(w, 0)->verdict.next;
	assert_int_equal(fake_link_carrier(w->hand, "wan1", true), 0);
	assert_true(worker_turn(w->worker, 0));
	world_is(w, 0, LEVEL_DOWN, CAUSE_CARRIER);
	SPIN(w, w->nevents == 3);
	world_heard(w, 2, "ext1", LEVEL_DOWN, LEVEL_UP, CAUSE_NONE);
	assert_true(world_verdict(w, 0)->verdict.passed >= round + 3);
}

/* However long the interval is. */
static void
carrier_that_is_back_is_tried_at_once(void **state)
{
	struct world *w = *state;
	unsigned requests;

	w->uplinks[0].probe.rise = 1;
	world_up(w, 1);
	w->uplinks[0].probe.interval_ns = 3600 * NS_PER_S;
	assert_int_equal(fake_link_carrier(w->hand, "wan1", false), 0);
	assert_true(worker_turn(w->worker, 0));
	assert_int_equal(timers_set(w->worker->timers,
	    &w->worker->lines[0].round, clock_mono_ns() + 3600 * NS_PER_S),
	    0);
	requests = w->wires[0].requests;
	assert_int_equal(fake_link_carrier(w->hand, "wan1", true), 0);
	SPIN(w, w->wires[0].requests > requests);
	SPIN(w, world_verdict(w, 0)->level == LEVEL_UP);
}

static void
address_that_is_new_is_tried_at_once(void **state)
{
	struct world *w = *state;
	unsigned requests;

	world_up(w, 1);
	w->uplinks[0].probe.interval_ns = 3600 * NS_PER_S;
	assert_int_equal(timers_set(w->worker->timers,
	    &w->worker->lines[0].round, clock_mono_ns() + 3600 * NS_PER_S),
	    0);
	assert_int_equal(fake_addr_add(w->hand, "wan1", "10.1.0.77/24"), 0);
	assert_true(worker_turn(w->worker, 0));
	requests = w->wires[0].requests;
	assert_int_equal(fake_addr_del(w->hand, "wan1", "10.1.0.99/24"), 0);
	SPIN(w, w->wires[0].requests > requests);
	/* Its doubts would wake the other lines. */
	assert_false(w->worker->lines[0].woken);
	world_is(w, 0, LEVEL_UP, CAUSE_NONE);
}

static void
absent_interface_is_down_and_nothing_is_asked(void **state)
{
	struct world *w = *state;

	assert_int_equal(fake_link_del(w->hand, "wan1"), 0);
	world_bus(w);
	world_start(w, 1);
	SPIN(w, w->nevents == 1 && world_verdict(w, 0)->verdict.next > 5);
	world_heard(w, 0, "ext1", LEVEL_UNKNOWN, LEVEL_DOWN, CAUSE_CARRIER);
	assert_int_equal(w->wires[0].asked, 0);
	assert_int_equal(fake_link_add(w->hand, "wan1", NULL), 0);
	assert_int_equal(fake_addr_add(w->hand, "wan1", "10.1.0.99/24"), 0);
	SPIN(w, w->nevents == 2);
	world_heard(w, 1, "ext1", LEVEL_DOWN, LEVEL_UP, CAUSE_NONE);
}

static void
renamed_away_interface_is_absent(void **state)
{
	struct world *w = *state;

	world_up(w, 1);
	assert_int_equal(fake_link_rename(w->hand, "wan1", "old1"), 0);
	assert_true(worker_turn(w->worker, 0));
	world_is(w, 0, LEVEL_DOWN, CAUSE_CARRIER);
	assert_int_equal(fake_link_rename(w->hand, "old1", "wan1"), 0);
	SPIN(w, world_verdict(w, 0)->level == LEVEL_UP);
}

/*
 * Gone and back between two looks: only its number tells.  What was in flight
 * by it proves nothing, not even that nothing can be sent.
 */
static void
interface_made_anew_gets_a_new_socket_and_no_event(void **state)
{
	struct world *w = *state;
	char text[NET_ADDR_TEXT];
	unsigned asked;
	uint64_t round;
	int old;

	world_up(w, 1);
	world_hosts(w, 0, DEAD, DEAD);
	round = world_verdict(w, 0)->verdict.next;
	SPIN(w, world_verdict(w, 0)->verdict.next > round + 5);
	world_hosts(w, 0, ALIVE, ALIVE);
	asked = w->wires[0].asked;
	old = w->worker->lines[0].host.ifindex;
	assert_int_equal(fake_link_del(w->hand, "wan1"), 0);
	assert_int_equal(fake_link_add(w->hand, "wan1", NULL), 0);
	assert_int_equal(fake_addr_add(w->hand, "wan1", "10.1.0.99/24"), 0);
	SPIN(w, w->wires[0].asked > asked);
	assert_int_not_equal(w->worker->lines[0].host.ifindex, old);
	w->wires[0].requests = 0;
	SPIN(w, w->wires[0].requests >= 3 * TARGETS);
	world_is(w, 0, LEVEL_UP, CAUSE_NONE);
	assert_int_equal(w->nevents, 1);
	/* Its addresses, and no other line's, are told. */
	assert_int_equal(w->worker->lines[0].addrs.n, 1);
	assert_string_equal(net_addr_text(&w->worker->lines[0].addrs.list[0],
	    text), "10.1.0.99");
}

/* Nothing is sent to it: the machine itself would answer. */
static void
target_at_an_own_address_proves_nothing(void **state)
{
	struct world *w = *state;

	assert_int_equal(fake_addr_add(w->hand, "wan1", "10.1.0.2/24"), 0);
	assert_int_equal(fake_addr_add(w->hand, "wan2", "10.1.0.3/32"), 0);
	world_bus(w);
	world_start(w, 1);
	SPIN(w, w->wires[0].requests >= 10);
	assert_int_equal(world_verdict(w, 0)->level, LEVEL_UNKNOWN);
	assert_true(w->wires[0].requests <= world_verdict(w, 0)->verdict.next);
	/* It is another's from now on. */
	assert_int_equal(fake_addr_del(w->hand, "wan1", "10.1.0.2/24"), 0);
	SPIN(w, world_verdict(w, 0)->level == LEVEL_UP);
	assert_int_equal(net_addr_parse("127.0.0.1",
	    &w->targets[0][1].addr), 0);
	SPIN(w, world_verdict(w, 0)->level == LEVEL_UNKNOWN);
}

/* The parent opened it on a device that we have not seen yet. */
static void
socket_of_a_replaced_device_is_not_used(void **state)
{
	struct world *w = *state;
	char byte;

	world_bus(w);
	world_start(w, 1);
	world_parent(w);
	assert_int_equal(w->wires[0].asked, 1);
	w->worker->lines[0].host.ifindex++;
	assert_true(worker_turn(w->worker, 0));
	w->worker->lines[0].host.ifindex--;
	/* It is closed. */
	assert_int_equal(recv(w->wires[0].fd, &byte, 1, 0), 0);
	SPIN(w, w->wires[0].asked == 2);
	SPIN(w, w->nevents == 1);
	world_is(w, 0, LEVEL_UP, CAUSE_NONE);
}

static void
hundred_new_interfaces_leave_no_descriptor_behind(void **state)
{
	struct world *w = *state;
	size_t before;
	unsigned asked;
	int i;

	world_up(w, 1);
	before = world_fds();
	for (i = 0; i < 100; i++) {
		asked = w->wires[0].asked;
		assert_int_equal(fake_link_del(w->hand, "wan1"), 0);
		if (i % 2 == 0)
			world_step(w);
		assert_int_equal(fake_link_add(w->hand, "wan1", NULL), 0);
		assert_int_equal(fake_addr_add(w->hand, "wan1",
		    "10.1.0.99/24"), 0);
		/* Every third one vanishes before its socket has come. */
		if (i % 3 == 0)
			assert_true(worker_turn(w->worker, 0));
		else
			SPIN(w, w->wires[0].asked > asked);
	}
	w->wires[0].requests = 0;
	SPIN(w, w->wires[0].requests > 0);
	SPIN(w, world_verdict(w, 0)->level == LEVEL_UP);
	assert_int_equal(world_fds(), before);
}

static void
lost_address_is_unknown_and_its_return_raises(void **state)
{
	struct world *w = *state;

	world_up(w, 1);
	assert_int_equal(fake_addr_del(w->hand, "wan1", "10.1.0.99/24"), 0);
	assert_true(worker_turn(w->worker, 0));
	world_is(w, 0, LEVEL_UNKNOWN, CAUSE_ADDRESS);
	assert_int_equal(fake_addr_add(w->hand, "wan1", "10.1.0.77/24"), 0);
	SPIN(w, w->nevents == 3);
	world_heard(w, 1, "ext1", LEVEL_UP, LEVEL_UNKNOWN, CAUSE_ADDRESS);
	world_heard(w, 2, "ext1", LEVEL_UNKNOWN, LEVEL_UP, CAUSE_NONE);
}

static void
address_that_is_not_fit_does_not_count(void **state)
{
	struct world *w = *state;
	struct net_route r = fake_route(AF_INET6, FAKE_TABLE_MAIN, 0);

	w->uplinks[0].gateway[NET_V6] = (struct net_addr){ AF_INET6,
	    { 0xfe, 0x80, [15] = 1 } };
	fake_hop(&r, "fe80::1", fake_link_index(w->hand, "wan1"), 1);
	assert_int_equal(fake_route_add(w->hand, &r), 0);
	world_up(w, 1);
	/* A link-local one carries nothing beyond the link. */
	assert_int_equal(fake_addr_add(w->hand, "wan1", "fe80::2/64"), 0);
	assert_int_equal(fake_addr_usable(w->hand, "wan1", "10.1.0.99/24",
	    false), 0);
	assert_true(worker_turn(w->worker, 0));
	world_is(w, 0, LEVEL_UNKNOWN, CAUSE_ADDRESS);
	assert_int_equal(fake_addr_add(w->hand, "wan1", "2001:db8::2/64"),
	    0);
	/* The line has one again, though not for these targets. */
	SPIN(w, world_verdict(w, 0)->verdict.link.address);
	world_is(w, 0, LEVEL_UNKNOWN, CAUSE_ADDRESS);
	assert_int_equal(fake_addr_usable(w->hand, "wan1", "10.1.0.99/24",
	    true), 0);
	SPIN(w, world_verdict(w, 0)->level == LEVEL_UP);
}

static void
others_interfaces_are_not_looked_at(void **state)
{
	struct world *w = *state;
	size_t calls;
	char name[16];
	int i;

	world_up(w, 1);
	calls = fake_calls(w->hand, FAKE_LINKS);
	for (i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "veth%d", i);
		assert_int_equal(fake_link_add(w->hand, name, NULL), 0);
		assert_int_equal(fake_addr_add(w->hand, name,
		    "198.51.100.1/24"), 0);
		assert_true(worker_turn(w->worker, 0));
	}
	assert_int_equal(fake_calls(w->hand, FAKE_LINKS), calls);
	/* Lost notices may have been ours. */
	fake_overrun(w->hand);
	assert_true(worker_turn(w->worker, 0));
	assert_true(fake_calls(w->hand, FAKE_LINKS) > calls);
}

static void
failed_look_is_done_again(void **state)
{
	struct world *w = *state;

	world_up(w, 1);
	fake_fail_next(w->hand, FAKE_LINKS, -ENOBUFS);
	assert_int_equal(fake_link_carrier(w->hand, "wan1", false), 0);
	assert_true(worker_turn(w->worker, 0));
	world_is(w, 0, LEVEL_UP, CAUSE_NONE);
	assert_true(w->worker->relook);
	SPIN(w, w->nevents == 2);
	world_is(w, 0, LEVEL_DOWN, CAUSE_CARRIER);
}

static void
round_waits_for_a_socket_on_its_way(void **state)
{
	struct world *w = *state;
	int64_t from = clock_mono_ns();

	w->parent_mute = true;
	world_bus(w);
	world_start(w, 1);
	/* Well over its first turn; less than it waits at most. */
	while (clock_mono_ns() - from < 150 * NS_PER_MS)
		world_step(w);
	if (clock_mono_ns() - from < 400 * NS_PER_MS)
		assert_int_equal(world_verdict(w, 0)->verdict.next, 1);
	world_is(w, 0, LEVEL_UNKNOWN, CAUSE_NONE);
	/* With the socket it goes at once. */
	SPIN(w, w->worker->lines[0].held);
	w->parent_mute = false;
	world_parent(w);
	assert_true(worker_turn(w->worker, 0));
	assert_int_equal(world_verdict(w, 0)->verdict.next, 2);
	SPIN(w, w->nevents == 1);
	world_is(w, 0, LEVEL_UP, CAUSE_NONE);
}

static void
socket_that_never_comes_is_cannot(void **state)
{
	struct world *w = *state;

	w->parent_mute = true;
	world_bus(w);
	world_start(w, 1);
	SPIN(w, world_verdict(w, 0)->cause == CAUSE_ADDRESS);
	world_is(w, 0, LEVEL_UNKNOWN, CAUSE_ADDRESS);
	assert_true(w->worker->lines[0].judge.targets[0].history & 3);
	assert_int_equal(w->worker->lines[0].judge.targets[0].history & 3,
	    SAMPLE_CANNOT);
	assert_int_equal(w->nevents, 0);
}

static void
socket_that_is_refused_is_asked_for_again(void **state)
{
	struct world *w = *state;
	int64_t from = clock_mono_ns();

	w->parent_err = -EMFILE;
	world_bus(w);
	world_start(w, 1);
	SPIN(w, w->wires[0].asked == 2);
	/* With a pause, not with each round. */
	assert_true(clock_mono_ns() - from >= 900 * NS_PER_MS);
	w->parent_err = 0;
	SPIN(w, w->nevents == 1);
	world_is(w, 0, LEVEL_UP, CAUSE_NONE);
}

static void
source_is(struct world *w, enum net_fam fam, const char *text)
{
	const struct net_addr *source = &w->worker->lines[0].host.source[fam];
	char buf[NET_ADDR_TEXT];

	assert_true(worker_turn(w->worker, 0));
	assert_string_equal(net_addr_text(source, buf), text);
}

/* Of several, that of the smallest network that the gateway is in. */
static void
kinds_are_told_our_address_beside_the_gateway(void **state)
{
	struct world *w = *state;
	struct sys *k = w->hand;

	assert_int_equal(net_addr_parse("fe80::1",
	    &w->uplinks[0].gateway[NET_V6]), 0);
	assert_int_equal(fake_addr_add(k, "wan1", "2001:db8::9/64"), 0);
	assert_int_equal(fake_addr_add(k, "wan2", "10.1.0.2/30"), 0);
	world_bus(w);
	world_start(w, 1);
	source_is(w, NET_V4, "10.1.0.99");
	source_is(w, NET_V6, "2001:db8::9");
	assert_int_equal(fake_addr_add(k, "wan1", "fe80::9/64"), 0);
	source_is(w, NET_V6, "fe80::9");
	assert_int_equal(fake_addr_add(k, "wan1", "10.1.0.50/28"), 0);
	source_is(w, NET_V4, "10.1.0.99");
	assert_int_equal(fake_addr_add(k, "wan1", "10.1.0.3/30"), 0);
	source_is(w, NET_V4, "10.1.0.3");
	assert_int_equal(fake_addr_usable(k, "wan1", "10.1.0.3/30", false), 0);
	source_is(w, NET_V4, "10.1.0.99");
	assert_int_equal(fake_addr_del(k, "wan1", "10.1.0.99/24"), 0);
	/* It is in none of those that are left. */
	source_is(w, NET_V4, "10.1.0.50");
	assert_int_equal(fake_addr_del(k, "wan1", "10.1.0.50/28"), 0);
	source_is(w, NET_V4, "-");
	/* The gateway itself is no neighbour of its own. */
	assert_int_equal(fake_addr_add(k, "wan1", "10.1.0.1/24"), 0);
	source_is(w, NET_V4, "-");
}

static void
kinds_are_told_the_ethernet_address(void **state)
{
	static const uint8_t other[NET_LLADDR] = { 2, 9, 9, 9, 9, 9 };
	struct world *w = *state;
	struct probe_host *h;

	world_bus(w);
	world_start(w, 1);
	h = &w->worker->lines[0].host;
	assert_true(h->ethernet);
	assert_int_equal(h->lladdr[0], 2);
	assert_int_equal(h->lladdr[NET_LLADDR - 1], h->ifindex);
	assert_int_equal(fake_link_lladdr(w->hand, "wan1", other), 0);
	assert_true(worker_turn(w->worker, 0));
	assert_memory_equal(h->lladdr, other, NET_LLADDR);
	assert_int_equal(fake_link_lladdr(w->hand, "wan1", NULL), 0);
	assert_true(worker_turn(w->worker, 0));
	assert_false(h->ethernet);
	assert_int_equal(fake_link_lladdr(w->hand, "wan1", other), 0);
	assert_true(worker_turn(w->worker, 0));
	assert_true(h->ethernet);
	assert_int_equal(fake_link_del(w->hand, "wan1"), 0);
	assert_true(worker_turn(w->worker, 0));
	assert_false(h->ethernet);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
		T(lost_carrier_is_down_in_one_turn),
		T(carrier_that_is_back_is_tried_at_once),
		T(address_that_is_new_is_tried_at_once),
		T(absent_interface_is_down_and_nothing_is_asked),
		T(renamed_away_interface_is_absent),
		T(interface_made_anew_gets_a_new_socket_and_no_event),
		T(target_at_an_own_address_proves_nothing),
		T(socket_of_a_replaced_device_is_not_used),
		T(hundred_new_interfaces_leave_no_descriptor_behind),
		T(lost_address_is_unknown_and_its_return_raises),
		T(address_that_is_not_fit_does_not_count),
		T(others_interfaces_are_not_looked_at),
		T(failed_look_is_done_again),
		T(round_waits_for_a_socket_on_its_way),
		T(socket_that_never_comes_is_cannot),
		T(socket_that_is_refused_is_asked_for_again),
		T(kinds_are_told_our_address_beside_the_gateway),
		T(kinds_are_told_the_ethernet_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
