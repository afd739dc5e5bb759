/* SPDX-License-Identifier: ISC */
/*
 * test_flight_parent: a probe that waits for the parent to filter its socket,
 * on a kernel where only the parent may.
 */
#include "tests/unit/test_probe_tcp.h"

static void
need_parent(void)
{
	if (!can_filter())
		return;
	print_message("this kernel wants no CAP_NET_ADMIN for that\n");
	skip();
}

static void
parent_that_says_no_lets_nothing_be_sent(void **state)
{
	static const int err[] = { -ENODEV, 0 }, ifindex[] = { 0, 7777 };
	struct net *n = *state;
	size_t i;

	need_parent();
	listen_at(n, AF_INET, 8);
	start(n);
	for (i = 0; i < 2; i++) {
		n->parent_err = err[i];
		n->parent_ifindex = ifindex[i];
		send_round(n, i + 1);
		await(n, i + 1);
		assert_int_equal(n->asked, i + 1);
		assert_int_equal(n->told[i].sample, SAMPLE_CANNOT);
		assert_int_equal(n->told[i].err, -ENODEV);
	}
	assert_int_equal(accept(n->server, NULL, NULL), -1);
}

/* Nothing was sent: that is no loss. */
static void
parent_that_says_nothing_is_waited_for(void **state)
{
	struct net *n = *state;
	size_t before;

	need_parent();
	n->uplink.probe.timeout_ns = 200 * NS_PER_MS;
	n->mute = true;
	listen_at(n, AF_INET, 8);
	start(n);
	before = descriptors();
	send_round(n, 1);
	await(n, 1);
	assert_int_equal(n->told[0].sample, SAMPLE_CANNOT);
	assert_int_equal(n->told[0].err, -EAGAIN);
	assert_int_equal(descriptors(), before + 1);
	close(n->held);
	send_round(n, 2);
	close(n->held);
	n->held = -1;
	await(n, 2);
	assert_int_equal(n->told[1].sample, SAMPLE_CANNOT);
	assert_int_equal(n->told[1].err, -EIO);
	assert_int_equal(descriptors(), before);
}

/* Its time begins when it is sent, and so does its place among others. */
static void
wait_for_the_parent_is_not_counted(void **state)
{
	struct net *n = *state;
	struct power_sock_done done = { .ifindex = n->parent_ifindex };
	int64_t due_ns;
	int fills;

	need_parent();
	fills = silent_at(n);
	start(n);
	n->mute = true;
	send_round(n, 1);
	n->mute = false;
	send_round(n, 2);
	due_ns = n->kind->due(n->probe);
	while (is_ready(n, 0))
		n->kind->ready(n->probe, clock_mono_ns());
	assert_int_equal(power_send(n->held, &done, sizeof(done), NULL, 0), 0);
	assert_true(is_ready(n, 0));
	n->kind->ready(n->probe, clock_mono_ns());
	assert_true(n->kind->due(n->probe) > due_ns);
	n->kind->expire(n->probe, INT64_MAX);
	assert_int_equal(n->ntold, 2);
	assert_int_equal(n->told[0].round, 2);
	assert_int_equal(n->told[1].round, 1);
	assert_int_equal(n->told[1].sample, SAMPLE_LOST);
	close(fills);
}

static void
device_that_goes_takes_what_waits_with_it(void **state)
{
	struct net *n = *state;
	size_t before;

	need_parent();
	n->mute = true;
	listen_at(n, AF_INET, 8);
	start(n);
	before = descriptors();
	send_round(n, 1);
	n->kind->socket(n->probe, NET_V4, -1, -ENODEV);
	assert_int_equal(n->ntold, 1);
	assert_int_equal(n->told[0].sample, SAMPLE_CANNOT);
	assert_int_equal(descriptors(), before + 1);
	assert_true(n->kind->due(n->probe) == CLOCK_NEVER);
	close(n->held);
	send_round(n, 2);
	n->kind->forget(n->probe);
	assert_int_equal(n->ntold, 1);
	assert_int_equal(descriptors(), before + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup_weak, net_teardown)
		T(parent_that_says_no_lets_nothing_be_sent),
		T(parent_that_says_nothing_is_waited_for),
		T(wait_for_the_parent_is_not_counted),
		T(device_that_goes_takes_what_waits_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
