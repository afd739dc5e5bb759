/* SPDX-License-Identifier: ISC */
/*
 * test_probe_http: the kind `http` through the interface of its kind, against
 * a server that says whatever a bad one, a captive portal or a bad line might.
 */
#include "tests/unit/test_probe_http.h"

#define OK_204		"HTTP/1.1 204 No Content\r\n\r\n"
#define OK_200		"HTTP/1.1 200 OK\r\n\r\n"

/* ---- what counts as an answer ---- */

static void
wanted_status_is_ok_and_nobody_resolves_the_name(void **state)
{
	struct net *n = *state;
	struct told t;

	serve(n, (struct script){ .text = OK_204, .delay_ms = 30 });
	add_v4(n);
	t = probe_once(n);
	assert_int_equal(t.sample, SAMPLE_OK);
	assert_true(t.rtt_ns >= 30 * NS_PER_MS);
	assert_true(t.rtt_ns < 10 * NS_PER_S);
	assert_int_equal(strncmp(n->server.request,
	    "GET /generate_204 HTTP/1.1\r\nHost: probe.invalid:", 48), 0);
	assert_non_null(strstr(n->server.request, "\r\nUser-Agent: uplinkd"));
	assert_null(strstr(n->server.request, "Authorization"));
}

struct answer {
	struct script	script;
	int64_t		status;
	const char	*body;
	enum sample	sample;
};

static void
try_answer(void **state, const struct answer *a)
{
	struct net *n = *state;
	struct http_opts *o;
	struct told t;

	serve(n, a->script);
	o = add_v4(n);
	o->status = a->status;
	o->body = (char *)(uintptr_t)a->body;
	t = probe_once(n);
	if (t.sample != a->sample)
		print_error("after: %.60s\n", a->script.text);
	assert_int_equal(t.sample, a->sample);
	assert_int_equal(t.err, 0);
	n->kind->close(&n->probe);
	server_stop(&n->server);
	n->uplink.probe.ntargets = n->ntold = 0;
}

static void
only_the_wanted_answer_is_ok(void **state)
{
	static const char early[] = "HTTP/1.1 103 Early Hints\r\n"
	    "Link: </x>\r\n\r\n" OK_204;
	static const char see[] = "HTTP/1.1 302 Found\r\nLocation: "
	    "http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n";
	static const char part[] = "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n"
	    "\r\nhello";
	static const struct answer rows[] = {
		{ { .text = OK_200 }, 204, NULL, SAMPLE_LOST },
		{ { .text = OK_200 }, 200, NULL, SAMPLE_OK },
		{ { .text = OK_200 }, HTTP_ANY_2XX, NULL, SAMPLE_OK },
		{ { .text = OK_204 }, HTTP_ANY_2XX, NULL, SAMPLE_OK },
		{ { .text = "HTTP/1.1 299 x\r\n\r\n" }, HTTP_ANY_2XX, NULL,
		    SAMPLE_OK },
		{ { .text = "HTTP/1.1 300 x\r\n\r\n" }, HTTP_ANY_2XX, NULL,
		    SAMPLE_LOST },
		{ { .text = "HTTP/1.1 511 x\r\n\r\n" }, HTTP_ANY_2XX, NULL,
		    SAMPLE_LOST },
		{ { .text = early }, 204, NULL, SAMPLE_OK },
		{ { .text = see }, 204, NULL, SAMPLE_LOST },
		{ { .text = see }, HTTP_ANY_2XX, NULL, SAMPLE_LOST },
		{ { .text = see }, 302, NULL, SAMPLE_OK },
		/* What is promised beyond the header is not waited for. */
		{ { .text = part, .hold = true }, 200, NULL, SAMPLE_OK },
		{ { .text = "" }, 204, NULL, SAMPLE_LOST },
		{ { .text = "HTTP/1.1 204 No C" }, 204, NULL, SAMPLE_LOST },
		{ { .text = "<html>204</html>" }, HTTP_ANY_2XX, NULL,
		    SAMPLE_LOST },
		{ { .text = "SSH-2.0-x\r\n" }, 204, NULL, SAMPLE_LOST },
		{ { .text = "HTTP/1.1 204\r\n\r\n", .drip_ms = 1 }, 204, NULL,
		    SAMPLE_OK },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		try_answer(state, &rows[i]);
}

static void
text_of_the_body_must_come_in_its_first_64_kib(void **state)
{
	static const char sized[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
	    "\r\nhello";
	static const char chunked[] = "HTTP/1.1 200 OK\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n"
	    "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";
	static const struct answer rows[] = {
		{ { .text = sized }, 200, "hello", SAMPLE_OK },
		{ { .text = sized }, 200, "hell", SAMPLE_OK },
		{ { .text = sized }, 200, "hello!", SAMPLE_LOST },
		{ { .text = sized }, 204, "hello", SAMPLE_LOST },
		/* A header is not the body. */
		{ { .text = sized }, 200, "Content", SAMPLE_LOST },
		{ { .text = chunked }, 200, "hello", SAMPLE_OK },
		{ { .text = chunked, .drip_ms = 1 }, 200, "hello",
		    SAMPLE_OK },
		{ { .text = OK_200, .tail = "hello" }, 200, "hello",
		    SAMPLE_OK },
		{ { .text = OK_200 }, 200, "hello", SAMPLE_LOST },
		/* To the byte, and though the server never ends. */
		{ { .text = OK_200, .fill = HTTP_BYTES_MAX - 5,
		    .tail = "hello", .hold = true }, 200, "hello",
		    SAMPLE_OK },
		{ { .text = OK_200, .fill = HTTP_BYTES_MAX - 4,
		    .tail = "hello", .hold = true }, 200, "hello",
		    SAMPLE_LOST },
		{ { .text = OK_200, .fill = SIZE_MAX }, 200, "hello",
		    SAMPLE_LOST },
		{ { .text = OK_200, .fill = SIZE_MAX }, 200, "xxx",
		    SAMPLE_OK },
		{ { .text = OK_200, .fill = SIZE_MAX }, 200, NULL,
		    SAMPLE_OK },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		try_answer(state, &rows[i]);
}

/* By somebody who would like to be no vote at all. */
static void
huge_header_is_lost(void **state)
{
	static const struct answer line = { { .text = "HTTP/1.1 204 x\r\nX: ",
	    .fill = 300000, .tail = "\r\n\r\n" }, 204, NULL, SAMPLE_LOST };
	static const struct answer endless = { { .text = "HTTP/1.1 204 x\r\n",
	    .fill = SIZE_MAX }, 204, NULL, SAMPLE_LOST };
	static const struct answer many = { { .repeat = true, .text =
	    "HTTP/1.1 103 x\r\nA-Header: of-some-length\r\n\r\n" }, 204, NULL,
	    SAMPLE_LOST };

	try_answer(state, &line);
	try_answer(state, &endless);
	try_answer(state, &many);
}

static void
head_asks_for_no_body(void **state)
{
	struct net *n = *state;
	struct http_opts *o;

	serve(n, (struct script){ .text =
	    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", .hold = true });
	o = add_v4(n);
	o->method = HTTP_HEAD;
	o->status = 200;
	assert_int_equal(probe_once(n).sample, SAMPLE_OK);
	assert_int_equal(strncmp(n->server.request, "HEAD /", 6), 0);
}

static void
redirect_is_never_followed(void **state)
{
	struct net *n = *state;
	char see[200];

	assert_true(server_bind(&n->server, AF_INET));
	snprintf(see, sizeof(see), "HTTP/1.1 302 Found\r\nLocation: "
	    "http://127.0.0.1:%u/\r\nContent-Length: 0\r\n\r\n",
	    (unsigned)n->server.port);
	server_run(&n->server, &(struct script){ .text = see });
	add_v4(n)->status = HTTP_ANY_2XX;
	assert_int_equal(probe_once(n).sample, SAMPLE_LOST);
	n->ntold = 0;
	send_round(n, 2);
	await(n, 1);
	assert_int_equal(atomic_load(&n->server.requests), 2);
}

static void
proxies_of_the_environment_are_not_asked(void **state)
{
	struct net *n = *state;

	serve(n, (struct script){ .text = OK_204 });
	add_v4(n);
	setenv("http_proxy", "http://127.0.0.1:1/", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1/", 1);
	assert_int_equal(probe_once(n).sample, SAMPLE_OK);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
}

static void
ipv6_is_asked_by_its_address(void **state)
{
	struct net *n = *state;

	if (!server_bind(&n->server, AF_INET6))
		skip();
	server_run(&n->server, &(struct script){ .text = OK_204 });
	add(n, "http", "probe.invalid", n->server.port, "::1");
	assert_int_equal(probe_once(n).sample, SAMPLE_OK);
	n->kind->close(&n->probe);
	n->uplink.probe.ntargets = n->ntold = 0;
	/* The worker's address counts, not that of the URL. */
	add(n, "http", "[2001:db8::9]", n->server.port, "::1");
	assert_int_equal(probe_once(n).sample, SAMPLE_OK);
}

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
	assert_int_equal(n->told[0].sample, SAMPLE_SKIP);
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
round_that_finds_the_former_under_way_is_skipped(void **state)
{
	struct net *n = *state;

	n->uplink.probe.timeout_ns = 200 * NS_PER_MS;
	serve(n, (struct script){ .hold = true });
	add_v4(n);
	start(n);
	send_round(n, 1);
	send_round(n, 2);
	assert_int_equal(n->ntold, 1);
	assert_int_equal(n->told[0].sample, SAMPLE_SKIP);
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
	while (descriptors() > before)
		poll(NULL, 0, 1);	/* the server's end */
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
	while (descriptors() > before)
		poll(NULL, 0, 1);	/* the server's end */
	assert_int_equal(descriptors(), before);
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
		T(wanted_status_is_ok_and_nobody_resolves_the_name),
		T(only_the_wanted_answer_is_ok),
		T(text_of_the_body_must_come_in_its_first_64_kib),
		T(huge_header_is_lost),
		T(head_asks_for_no_body),
		T(redirect_is_never_followed),
		T(proxies_of_the_environment_are_not_asked),
		T(ipv6_is_asked_by_its_address),
		T(silent_server_is_lost_at_its_timeout),
		T(dripping_server_is_lost_at_its_timeout),
		T(late_answer_is_lost),
		T(late_answer_can_be_forgotten),
		T(refused_port_is_lost),
		T(what_the_kernel_refuses_was_not_sent),
		T(without_a_device_nothing_is_sent),
		T(round_that_finds_the_former_under_way_is_skipped),
		T(many_targets_are_each_told_once),
		T(device_that_goes_takes_what_is_in_flight_with_it),
		T(forgotten_probes_are_never_told),
		T(close_ends_what_is_in_flight),
		T(thousand_transfers_leave_nothing_behind),
		T(reason_is_logged_when_it_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
