/* SPDX-License-Identifier: ISC */
/*
 * test_probe_tcp: the kind `tcp` through the interface of its kind, and with
 * it what it shares with others (flight): time, rounds, what is in flight,
 * what is left behind.
 */
#include "tests/unit/test_probe_tcp.h"

#include <sys/resource.h>

/* ---- what is an answer ---- */

static void
connection_is_an_answer(void **state)
{
	struct net *n = *state;
	int64_t before_ns = clock_mono_ns();
	struct told t;

	listen_at(n, AF_INET, 8);
	t = probe_once(n);
	assert_int_equal(t.sample, SAMPLE_OK);
	assert_true(t.rtt_ns > 0 && t.rtt_ns <= clock_mono_ns() - before_ns);
}

static void
reset_is_an_answer(void **state)
{
	struct net *n = *state;
	int64_t before_ns = clock_mono_ns();
	struct told t;

	server_at(n, SOCK_STREAM, AF_INET);
	(void)add_at(n, "127.0.0.1");
	t = probe_once(n);
	assert_int_equal(t.sample, SAMPLE_OK);
	assert_true(t.rtt_ns > 0 && t.rtt_ns <= clock_mono_ns() - before_ns);
}

static void
ipv6_is_asked_too(void **state)
{
	struct net *n = *state;

	listen_at(n, AF_INET6, 8);
	assert_int_equal(probe_once(n).sample, SAMPLE_OK);
}

/* Nor a refusal: this is what an own filter says, or a server here. */
static void
answer_by_another_interface_is_none(void **state)
{
	struct net *n = *state;

	assert_true(power(true));
	if (!can_filter()) {
		print_message("this kernel wants CAP_NET_ADMIN for that\n");
		skip();
	}
	assert_true(power(n->powerful));
	n->uplink.probe.timeout_ns = 100 * NS_PER_MS;
	n->host.ifindex = n->parent_ifindex = 7777;
	listen_at(n, AF_INET, 8);
	n->port = 1;
	(void)add_at(n, "127.0.0.1");
	start(n);
	send_round(n, 1);
	await(n, 2);
	assert_int_equal(n->told[0].sample, SAMPLE_LOST);
	assert_int_equal(n->told[1].sample, SAMPLE_LOST);
}

/* ---- what is lost, and what was not sent ---- */

static void
silence_is_lost_at_its_timeout(void **state)
{
	struct net *n = *state;
	int64_t sent_ns, due_ns;
	int fills;

	n->uplink.probe.timeout_ns = 300 * NS_PER_MS;
	fills = silent_at(n);
	start(n);
	sent_ns = clock_mono_ns();
	send_round(n, 1);
	due_ns = n->kind->due(n->probe);
	assert_true(due_ns >= sent_ns + 300 * NS_PER_MS);
	assert_true(due_ns <= clock_mono_ns() + 300 * NS_PER_MS);
	n->kind->expire(n->probe, due_ns - NS_PER_MS);
	assert_int_equal(n->ntold, 0);
	await(n, 1);
	assert_int_equal(n->told[0].sample, SAMPLE_LOST);
	assert_true(clock_mono_ns() >= due_ns);
	/* It waited, and did not spin. */
	assert_true(n->turns < 20);
	assert_int_equal(n->kind->polls(n->probe, NULL, 0), 0);
	close(fills);
}

/* One probe is one attempt; the kernel's second is none of ours. */
static void
answer_to_a_repeated_syn_is_lost(void **state)
{
	struct net *n = *state;
	struct told t;
	int fills = silent_at(n);

	start(n);
	send_round(n, 1);
	drain(n);
	await(n, 1);
	t = n->told[0];
	assert_int_equal(t.sample, SAMPLE_LOST);
	assert_int_equal(t.err, 0);
	close(fills);
}

/* The kernel knows when it came; of a reset nobody does. */
static void
answer_in_time_counts_whenever_it_is_seen(void **state)
{
	struct net *n = *state;

	n->uplink.probe.timeout_ns = 100 * NS_PER_MS;
	listen_at(n, AF_INET, 8);
	n->port = 1;
	(void)add_at(n, "127.0.0.1");
	start(n);
	send_round(n, 1);
	stall(n);
	n->kind->ready(n->probe, 0);
	assert_int_equal(n->ntold, 1);
	assert_int_equal(n->told[0].target, 0);
	assert_int_equal(n->told[0].sample, SAMPLE_OK);
	assert_true(n->told[0].rtt_ns < 100 * NS_PER_MS);
	/* The other one waits for its end, and wakes nobody. */
	assert_false(is_ready(n, 0));
	n->kind->expire(n->probe, clock_mono_ns());
	assert_int_equal(n->ntold, 2);
	assert_int_equal(n->told[1].target, 1);
	assert_int_equal(n->told[1].sample, SAMPLE_LOST);
}

/* The kernel itself says no: that is no news of the line. */
static void
what_the_kernel_refuses_was_not_sent(void **state)
{
	struct net *n = *state;
	struct told t;

	n->port = 80;
	(void)add_at(n, "255.255.255.255");
	t = probe_once(n);
	assert_int_equal(t.sample, SAMPLE_CANNOT);
	assert_true(t.err == -ENETUNREACH || t.err == -EACCES);
}

static void
without_a_device_nothing_is_sent(void **state)
{
	struct net *n = *state;
	struct told t;

	listen_at(n, AF_INET, 8);
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
	assert_int_equal(accept(n->server, NULL, NULL), -1);
}

/* Some are left for others, and it goes on when there are some again. */
static void
without_descriptors_nothing_is_sent(void **state)
{
	struct net *n = *state;
	struct rlimit was, low;
	size_t i, sent;
	int fills = silent_at(n), fd;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	low = was;
	low.rlim_cur = 64;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	start(n);
	for (i = 1; n->ntold == 0 && i < 64; i++)
		send_round(n, i);
	sent = i - 1;
	assert_int_equal(n->told[0].sample, SAMPLE_CANNOT);
	assert_int_equal(n->told[0].err, -EMFILE);
	assert_int_equal(n->told[0].round, sent);
	assert_true(sent > 8);
	fd = dup(0);
	assert_true(fd >= 0 && fd < 64);
	close(fd);
	n->kind->forget(n->probe);
	send_round(n, 99);
	assert_int_equal(n->ntold, 1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	close(fills);
}

/* ---- rounds ---- */

static void
silent_target_fails_in_each_round(void **state)
{
	struct net *n = *state;
	int fills;
	size_t i;

	n->uplink.probe.timeout_ns = 200 * NS_PER_MS;
	fills = silent_at(n);
	start(n);
	for (i = 1; i <= 5; i++)
		send_round(n, i);
	assert_int_equal(n->ntold, 0);
	await(n, 5);
	for (i = 0; i < 5; i++) {
		assert_int_equal(n->told[i].sample, SAMPLE_LOST);
		assert_int_equal(n->told[i].round, i + 1);
	}
	close(fills);
}

static void
later_round_is_answered_before_an_older_one(void **state)
{
	struct net *n = *state;
	int fills = silent_at(n);

	start(n);
	send_round(n, 7);
	drain(n);
	send_round(n, 8);
	await(n, 1);
	assert_int_equal(n->told[0].round, 8);
	assert_int_equal(n->told[0].sample, SAMPLE_OK);
	assert_true(n->kind->due(n->probe) != CLOCK_NEVER);
	drain(n);
	await(n, 2);
	assert_int_equal(n->told[1].round, 7);
	assert_int_equal(n->told[1].sample, SAMPLE_LOST);
	close(fills);
}

/* More than are looked at in one go. */
static void
many_targets_are_each_told_once(void **state)
{
	struct net *n = *state;
	unsigned seen[TARGETS_MAX] = { 0 };
	size_t i;

	listen_at(n, AF_INET, TARGETS_MAX);
	for (i = 1; i < TARGETS_MAX; i++)
		(void)add_at(n, "127.0.0.1");
	/* One of another kind is none of ours. */
	n->targets[3].kind = probe_option_set("ping");
	start(n);
	send_round(n, 9);
	await(n, TARGETS_MAX - 1);
	for (i = 0; i < n->ntold; i++) {
		seen[n->told[i].target]++;
		assert_int_equal(n->told[i].round, 9);
		assert_int_equal(n->told[i].sample, SAMPLE_OK);
	}
	for (i = 0; i < TARGETS_MAX; i++)
		assert_int_equal(seen[i], i != 3);
	assert_int_equal(n->kind->spurious(n->probe), 0);
}

/* Not even of many, and though the timeout is over by then. */
static void
nothing_that_has_come_is_missed(void **state)
{
	struct net *n = *state;
	size_t i;

	n->uplink.probe.timeout_ns = 2 * NS_PER_S;
	listen_at(n, AF_INET, TARGETS_MAX);
	for (i = 1; i < TARGETS_MAX; i++)
		(void)add_at(n, "127.0.0.1");
	start(n);
	send_round(n, 1);
	while (n->asked > 0 && n->ntold == 0)
		n->kind->ready(n->probe, clock_mono_ns());
	stall(n);
	n->kind->ready(n->probe, 0);
	n->kind->expire(n->probe, clock_mono_ns());
	assert_int_equal(n->ntold, TARGETS_MAX);
	for (i = 0; i < TARGETS_MAX; i++)
		assert_int_equal(n->told[i].sample, SAMPLE_OK);
}

static void
device_that_goes_takes_what_is_in_flight_with_it(void **state)
{
	struct net *n = *state;
	int fills = silent_at(n);

	start(n);
	send_round(n, 1);
	send_round(n, 2);
	n->kind->socket(n->probe, NET_V6, -1, -ENODEV);
	assert_int_equal(n->ntold, 0);
	n->kind->socket(n->probe, NET_V4, -1, -ENODEV);
	assert_int_equal(n->ntold, 2);
	assert_int_equal(n->told[0].sample, SAMPLE_CANNOT);
	assert_int_equal(n->told[0].err, -ENODEV);
	assert_int_equal(n->told[1].round, 2);
	assert_int_equal(n->kind->polls(n->probe, NULL, 0), 0);
	assert_true(n->kind->due(n->probe) == CLOCK_NEVER);
	close(fills);
}

static void
forgotten_probes_are_never_told(void **state)
{
	struct net *n = *state;
	size_t before;

	listen_at(n, AF_INET, 8);
	start(n);
	before = descriptors();
	send_round(n, 1);
	assert_int_equal(descriptors(), before + 1);
	n->kind->forget(n->probe);
	assert_int_equal(descriptors(), before);
	assert_int_equal(n->kind->polls(n->probe, NULL, 0), 0);
	assert_true(n->kind->due(n->probe) == CLOCK_NEVER);
	n->kind->expire(n->probe, clock_mono_ns() + 60 * NS_PER_S);
	n->kind->ready(n->probe, clock_mono_ns());
	assert_int_equal(n->ntold, 0);
	send_round(n, 2);
	await(n, 1);
	assert_int_equal(n->told[0].round, 2);
	assert_int_equal(n->told[0].sample, SAMPLE_OK);
}

/* ---- what is left behind ---- */

static void
close_ends_what_is_in_flight(void **state)
{
	struct net *n = *state;
	size_t before;
	int fills = silent_at(n);

	before = descriptors();
	start(n);
	send_round(n, 1);
	n->kind->close(&n->probe);
	assert_null(n->probe);
	assert_int_equal(n->ntold, 0);
	assert_int_equal(descriptors(), before);
	close(fills);
}

/* Lines of /proc/net/tcp with this port at either end, in this state. */
static unsigned
count_state(uint16_t port, unsigned want)
{
	unsigned local, remote, state, found = 0;
	FILE *f = fopen("/proc/net/tcp", "r");
	char line[512];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, " %*u: %*x:%x %*x:%x %x", &local, &remote,
		    &state) == 3 && state == want &&
		    (local == port || remote == port))
			found++;
	fclose(f);
	return found;
}

static void
connections_leave_nothing_behind(void **state)
{
	enum { LISTEN = 0x0a, TIME_WAIT = 0x06 };
	struct net *n = *state;
	size_t before, i;

	listen_at(n, AF_INET, 64);
	start(n);
	before = descriptors();
	for (i = 1; i <= 300; i++) {
		send_round(n, i);
		await(n, i);
		assert_int_equal(n->told[i - 1].sample, SAMPLE_OK);
		drain(n);
	}
	assert_int_equal(descriptors(), before);
	assert_int_equal(count_state(n->port, LISTEN), 1);
	assert_int_equal(count_state(n->port, TIME_WAIT), 0);
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

static void
reason_is_logged_when_it_changes(void **state)
{
	static const char *const want[] = {
		"uplink ext1: tcp 127.0.0.1: no answer in time\n",
		"uplink ext1: tcp 127.0.0.1: answers\n",
		"uplink ext1: tcp 127.0.0.1: not sent: No such device\n",
	};
	struct net *n = *state;
	int fds[2], saved;
	char buf[4096], *at = buf;
	uint64_t i;

	listen_at(n, AF_INET, 8);
	start(n);
	log_init("probes", LOG_DEST_STDERR, true);
	assert_int_equal(pipe(fds), 0);
	saved = dup(STDERR_FILENO);
	dup2(fds[1], STDERR_FILENO);
	for (i = 1; i <= 8; i++) {
		n->host.ifindex = i >= 7 ? 0 : (int)if_nametoindex("lo");
		send_round(n, i);
		if (i == 3 || i == 4)
			n->kind->expire(n->probe, INT64_MAX);
		await(n, i);
	}
	captured(fds, saved, buf, sizeof(buf));
	log_init("probes", LOG_DEST_STDERR, false);
	for (i = 0; i < 3; i++) {
		at = strstr(at, want[i]);
		assert_non_null(at);
		at += strlen(want[i]);
	}
	assert_string_equal(at, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, net_teardown)
		T(connection_is_an_answer),
		T(reset_is_an_answer),
		T(ipv6_is_asked_too),
		T(answer_by_another_interface_is_none),
		T(silence_is_lost_at_its_timeout),
		T(answer_to_a_repeated_syn_is_lost),
		T(answer_in_time_counts_whenever_it_is_seen),
		T(what_the_kernel_refuses_was_not_sent),
		T(without_a_device_nothing_is_sent),
		T(without_descriptors_nothing_is_sent),
		T(silent_target_fails_in_each_round),
		T(later_round_is_answered_before_an_older_one),
		T(many_targets_are_each_told_once),
		T(nothing_that_has_come_is_missed),
		T(device_that_goes_takes_what_is_in_flight_with_it),
		T(forgotten_probes_are_never_told),
		T(close_ends_what_is_in_flight),
		T(connections_leave_nothing_behind),
		T(reason_is_logged_when_it_changes),
#undef T
#define T(f) { "weak_" #f, f, setup_weak, net_teardown, NULL }
		T(connection_is_an_answer),
		T(reset_is_an_answer),
		T(ipv6_is_asked_too),
		T(answer_by_another_interface_is_none),
		T(silence_is_lost_at_its_timeout),
		T(answer_to_a_repeated_syn_is_lost),
		T(answer_in_time_counts_whenever_it_is_seen),
		T(what_the_kernel_refuses_was_not_sent),
		T(without_a_device_nothing_is_sent),
		T(without_descriptors_nothing_is_sent),
		T(silent_target_fails_in_each_round),
		T(later_round_is_answered_before_an_older_one),
		T(many_targets_are_each_told_once),
		T(nothing_that_has_come_is_missed),
		T(device_that_goes_takes_what_is_in_flight_with_it),
		T(forgotten_probes_are_never_told),
		T(close_ends_what_is_in_flight),
		T(connections_leave_nothing_behind),
		T(reason_is_logged_when_it_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
