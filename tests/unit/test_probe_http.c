/* SPDX-License-Identifier: ISC */
/*
 * test_probe_http: the kind `http` through the interface of its kind: time,
 * rounds, what is in flight, what is left behind.  What counts as an answer is
 * tried in test_http_answer.
 */
#include "tests/unit/test_probe_http.h"

#define OK_204		"HTTP/1.1 204 No Content\r\n\r\n"
#define OK_200		"HTTP/1.1 200 OK\r\n\r\n"

/* ---- what is lost, and what was not sent ---- */

static void
silent_server_is_lost_at_its_timeout(void **state)
{
	struct net *n = *state;
	int64_t sent_ns, due_ns;

	n->uplink.probe.timeout_ns = 300 * NS_PER_MS;
	serve(n, (struct script){ .hold = true });
	add_v4(n);
	start(n);
	assert_true(n->kind->due(n->probe) == CLOCK_NEVER);
	sent_ns = clock_mono_ns();
	send_round(n, 1);
	while (atomic_load(&n->server.requests) == 0)
		turn(n, true);
	assert_int_equal(n->ntold, 0);
	due_ns = n->kind->due(n->probe);
	assert_true(due_ns <= sent_ns + 310 * NS_PER_MS);
	n->kind->expire(n->probe, sent_ns + 290 * NS_PER_MS);
	assert_int_equal(n->ntold, 0);
	await(n, 1);
	assert_int_equal(n->told[0].sample, SAMPLE_LOST);
	assert_true(clock_mono_ns() >= sent_ns + 300 * NS_PER_MS);
	/* It waited, and did not spin. */
	assert_true(n->turns < 100);
	assert_int_equal(n->kind->polls(n->probe, NULL, 0), 0);
}

static void
dripping_server_is_lost_at_its_timeout(void **state)
{
	struct net *n = *state;

	n->uplink.probe.timeout_ns = 300 * NS_PER_MS;
	serve(n, (struct script){ .text = "HTTP/1.1 204 No Content\r\n\r\n",
	    .drip_ms = 100 });
	add_v4(n);
	assert_int_equal(probe_once(n).sample, SAMPLE_LOST);
}

/* Also while nobody has come to look at it. */
static void
late_answer_is_lost(void **state)
{
	struct net *n = *state;

	n->uplink.probe.timeout_ns = 50 * NS_PER_MS;
	serve(n, (struct script){ .text = OK_204, .delay_ms = 100 });
	add_v4(n);
	start(n);
	send_round(n, 1);
	while (n->kind->polls(n->probe, NULL, 0) > 0)
		turn(n, false);
	assert_int_equal(n->ntold, 0);
	/* Its target is still waited for. */
	send_round(n, 2);
	assert_int_equal(n->ntold, 1);
	assert_int_equal(n->told[0].sample, SAMPLE_IDLE);
	n->kind->expire(n->probe, clock_mono_ns());
	assert_int_equal(n->ntold, 2);
	assert_int_equal(n->told[1].sample, SAMPLE_LOST);
	assert_int_equal(n->told[1].round, 1);
}

static void
late_answer_can_be_forgotten(void **state)
{
	struct net *n = *state;

	n->uplink.probe.timeout_ns = 50 * NS_PER_MS;
	serve(n, (struct script){ .text = OK_204, .delay_ms = 100 });
	add_v4(n);
	start(n);
	send_round(n, 1);
	while (n->kind->polls(n->probe, NULL, 0) > 0)
		turn(n, false);
	/* As after a stop: the worker's time is 0 then. */
	n->kind->expire(n->probe, 0);
	n->kind->forget(n->probe);
	n->kind->expire(n->probe, clock_mono_ns());
	assert_int_equal(n->ntold, 0);
}

static void
refused_port_is_lost(void **state)
{
	struct net *n = *state;
	struct told t;

	assert_true(server_bind(&n->server, AF_INET));
	add_v4(n);
	server_stop(&n->server);
	t = probe_once(n);
	assert_int_equal(t.sample, SAMPLE_LOST);
	assert_int_equal(t.err, 0);
}

/* The kernel itself says no: that is no news of the line. */
static void
what_the_kernel_refuses_was_not_sent(void **state)
{
	struct net *n = *state;
	struct told t;

	add(n, "http", "probe.invalid", 80, "127.255.255.255");
	t = probe_once(n);
	assert_int_equal(t.sample, SAMPLE_CANNOT);
	assert_true(t.err == -ENETUNREACH || t.err == -EACCES);
}

static void
without_a_device_nothing_is_sent(void **state)
{
	struct net *n = *state;
	struct told t;

	serve(n, (struct script){ .text = OK_204 });
	add_v4(n);
	n->host.ifindex = 0;
	t = probe_once(n);
	assert_int_equal(t.sample, SAMPLE_CANNOT);
	assert_int_equal(t.err, -ENODEV);
	n->host.ifindex = 1;
	n->addr[0].family = 0;
	send_round(n, 2);
	assert_int_equal(n->ntold, 2);
	assert_int_equal(n->told[1].sample, SAMPLE_CANNOT);
	assert_int_equal(n->told[1].err, -EDESTADDRREQ);
	assert_int_equal(atomic_load(&n->server.requests), 0);
}

/* ---- rounds ---- */

static void
round_that_finds_the_former_under_way_does_not_ask(void **state)
{
	struct net *n = *state;

	n->uplink.probe.timeout_ns = 200 * NS_PER_MS;
	serve(n, (struct script){ .hold = true });
	add_v4(n);
	start(n);
	send_round(n, 1);
	send_round(n, 2);
	assert_int_equal(n->ntold, 1);
	assert_int_equal(n->told[0].sample, SAMPLE_IDLE);
	assert_int_equal(n->told[0].round, 2);
	await(n, 2);
	assert_int_equal(n->told[1].sample, SAMPLE_LOST);
	assert_int_equal(n->told[1].round, 1);
	send_round(n, 3);
	await(n, 3);
	assert_int_equal(n->told[2].sample, SAMPLE_LOST);
	assert_int_equal(n->told[2].round, 3);
}

static void
many_targets_are_each_told_once(void **state)
{
	struct net *n = *state;
	unsigned seen[TARGETS_MAX] = { 0 };
	struct pollfd one[3] = { { .fd = -7 }, { .fd = -7 }, { .fd = -7 } };
	size_t i, nfds;

	serve(n, (struct script){ .text = OK_204 });
	for (i = 0; i < TARGETS_MAX; i++)
		add_v4(n)->status = i % 2 == 0 ? 204 : 200;
	/* One of another kind is none of ours. */
	n->targets[3].kind = probe_option_set("ping");
	start(n);
	for (i = 0; i < TARGETS_MAX; i++)
		if (i != 3)
			n->kind->send(n->probe, i, 9, &n->addr[i],
			    clock_mono_ns());
	n->kind->flush(n->probe, clock_mono_ns());
	nfds = n->kind->polls(n->probe, one, 2);
	assert_true(nfds > 2);
	assert_true(one[0].fd >= 0 && one[1].fd >= 0);
	assert_int_equal(one[2].fd, -7);
	await(n, TARGETS_MAX - 1);
	for (i = 0; i < n->ntold; i++) {
		seen[n->told[i].target]++;
		assert_int_equal(n->told[i].round, 9);
		assert_int_equal(n->told[i].sample, n->told[i].target % 2 ==
		    0 ? SAMPLE_OK : SAMPLE_LOST);
	}
	for (i = 0; i < TARGETS_MAX; i++)
		assert_int_equal(seen[i], i != 3);
}

static void
device_that_goes_takes_what_is_in_flight_with_it(void **state)
{
	struct net *n = *state;

	serve(n, (struct script){ .hold = true });
	add_v4(n);
	add_v4(n);
	start(n);
	send_round(n, 1);
	while (atomic_load(&n->server.requests) == 0)
		turn(n, true);
	n->kind->socket(n->probe, NET_V6, -1, -ENODEV);
	assert_int_equal(n->ntold, 0);
	n->kind->socket(n->probe, NET_V4, -1, -ENODEV);
	assert_int_equal(n->ntold, 2);
	assert_int_equal(n->told[0].sample, SAMPLE_CANNOT);
	assert_int_equal(n->told[0].err, -ENODEV);
	assert_int_equal(n->told[1].sample, SAMPLE_CANNOT);
	assert_int_equal(n->kind->polls(n->probe, NULL, 0), 0);
	assert_true(n->kind->due(n->probe) == CLOCK_NEVER);
}

static void
forgotten_probes_are_never_told(void **state)
{
	struct net *n = *state;
	size_t before;

	serve(n, (struct script){ .text = OK_204, .delay_ms = 20 });
	add_v4(n);
	start(n);
	before = descriptors();
	send_round(n, 1);
	assert_int_equal(n->kind->polls(n->probe, NULL, 0), 1);
	n->kind->forget(n->probe);
	assert_int_equal(n->kind->polls(n->probe, NULL, 0), 0);
	assert_true(n->kind->due(n->probe) == CLOCK_NEVER);
	n->kind->expire(n->probe, clock_mono_ns() + 60 * NS_PER_S);
	assert_int_equal(n->ntold, 0);
	send_round(n, 2);
	await(n, 1);
	assert_int_equal(n->told[0].round, 2);
	assert_int_equal(n->told[0].sample, SAMPLE_OK);
	settle(before);
}

static void
close_ends_what_is_in_flight(void **state)
{
	struct net *n = *state;
	size_t before = descriptors();

	serve(n, (struct script){ .hold = true });
	add_v4(n);
	start(n);
	send_round(n, 1);
	while (atomic_load(&n->server.requests) == 0)
		turn(n, true);
	n->kind->close(&n->probe);
	assert_null(n->probe);
	server_stop(&n->server);
	assert_int_equal(n->ntold, 0);
	assert_int_equal(descriptors(), before);
}

/* A whole answer, after which the server would take another request. */
static void
connection_is_not_kept(void **state)
{
	struct net *n = *state;
	size_t before;

	serve(n, (struct script){ .text = "HTTP/1.1 200 OK\r\n"
	    "Content-Length: 5\r\nConnection: keep-alive\r\n\r\nhello",
	    .hold = true });
	add_v4(n)->status = 200;
	n->opts[0].body = (char *)(uintptr_t)"bye";
	start(n);
	before = descriptors();
	send_round(n, 1);
	await(n, 1);
	assert_int_equal(n->told[0].sample, SAMPLE_LOST);
	settle(before);
}

/* Each by a connection of its own, and no thread for any. */
static void
thousand_transfers_leave_nothing_behind(void **state)
{
	struct net *n = *state;
	size_t before, threads, i;

	serve(n, (struct script){ .text = "HTTP/1.1 204 No Content\r\n"
	    "Content-Length: 0\r\nConnection: keep-alive\r\n\r\n",
	    .hold = true });
	add_v4(n);
	start(n);
	threads = count_in("/proc/self/task");
	before = descriptors();
	for (i = 1; i <= 1000; i++) {
		send_round(n, i);
		if (i % 100 == 0)
			assert_int_equal(count_in("/proc/self/task"),
			    threads);
		await(n, i);
		assert_int_equal(n->told[i - 1].sample, SAMPLE_OK);
	}
	assert_int_equal(atomic_load(&n->server.requests), 1000);
	settle(before);
}

/* ---- the log ---- */

static void
captured(const int fds[2], int saved, char *buf, size_t size)
{
	ssize_t n;

	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fds[1]);
	n = read(fds[0], buf, size - 1);
	close(fds[0]);
	buf[n > 0 ? n : 0] = '\0';
}

static size_t
count_of(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

static void
reason_is_logged_when_it_changes(void **state)
{
	struct net *n = *state;
	char buf[4096];
	int fds[2], saved;
	size_t i;

	serve(n, (struct script){ .text = OK_200 });
	add_v4(n);
	start(n);
	log_init("probes", LOG_DEST_STDERR, true);
	assert_int_equal(pipe(fds), 0);
	saved = dup(STDERR_FILENO);
	dup2(fds[1], STDERR_FILENO);
	for (i = 1; i <= 6; i++) {
		n->opts[0].status = i <= 3 ? 204 : 200;
		send_round(n, i);
		await(n, i);
	}
	n->host.ifindex = 0;
	send_round(n, 7);
	captured(fds, saved, buf, sizeof(buf));
	log_init("probes", LOG_DEST_STDERR, false);
	assert_int_equal(count_of(buf, "\n"), 3);
	assert_int_equal(count_of(buf, "uplink ext1: http probe.invalid: "
	    "status 200\n"), 1);
	assert_int_equal(count_of(buf, "uplink ext1: http probe.invalid: "
	    "as wanted\n"), 1);
	assert_int_equal(count_of(buf, "uplink ext1: http probe.invalid: "
	    "not sent: No such device\n"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(silent_server_is_lost_at_its_timeout),
		T(dripping_server_is_lost_at_its_timeout),
		T(late_answer_is_lost),
		T(late_answer_can_be_forgotten),
		T(refused_port_is_lost),
		T(what_the_kernel_refuses_was_not_sent),
		T(without_a_device_nothing_is_sent),
		T(round_that_finds_the_former_under_way_does_not_ask),
		T(many_targets_are_each_told_once),
		T(device_that_goes_takes_what_is_in_flight_with_it),
		T(forgotten_probes_are_never_told),
		T(close_ends_what_is_in_flight),
		T(connection_is_not_kept),
		T(thousand_transfers_leave_nothing_behind),
		T(reason_is_logged_when_it_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
