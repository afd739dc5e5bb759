/* SPDX-License-Identifier: ISC */
/*
 * test_http_answer: which answers the kind `http` takes, from a server that
 * says whatever a bad one, a captive portal or an attacker might.
 */
#include "tests/unit/test_probe_http.h"

#define OK_204		"HTTP/1.1 204 No Content\r\n\r\n"
#define OK_200		"HTTP/1.1 200 OK\r\n\r\n"

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
		{ { .text = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
		    .hold = true }, 200, NULL, SAMPLE_OK },
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

/* Of many lines, each of which is fine. */
static void
header_of_64_kib_is_the_most(void **state)
{
	char text[HTTP_BYTES_MAX + 64];
	struct answer a = { { .text = text }, 204, NULL, SAMPLE_OK };
	size_t len = (size_t)sprintf(text, "HTTP/1.1 204 x\r\n"), i;

	while (HTTP_BYTES_MAX - len > 200) {
		memset(text + len, 'X', 98);
		text[len + 1] = ':';
		memcpy(text + len + 98, "\r\n", 2);
		len += 100;
	}
	i = len;
	memset(text + len, 'X', HTTP_BYTES_MAX - len);
	text[i + 1] = ':';
	strcpy(text + HTTP_BYTES_MAX - 4, "\r\n\r\n");
	try_answer(state, &a);
	strcpy(text + HTTP_BYTES_MAX - 4, "X\r\n\r\n");
	a.sample = SAMPLE_LOST;
	try_answer(state, &a);
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
	    "http://127.0.0.1:%u/\r\nContent-Length: 5\r\n\r\nhello",
	    (unsigned)n->server.port);
	server_run(&n->server, &(struct script){ .text = see });
	add_v4(n)->status = HTTP_ANY_2XX;
	assert_int_equal(probe_once(n).sample, SAMPLE_LOST);
	assert_int_equal(atomic_load(&n->server.requests), 1);
	/* Nor where it is what was wanted. */
	n->opts[0].status = 302;
	n->opts[0].body = (char *)(uintptr_t)"hello";
	send_round(n, 2);
	await(n, 2);
	assert_int_equal(n->told[1].sample, SAMPLE_OK);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(wanted_status_is_ok_and_nobody_resolves_the_name),
		T(only_the_wanted_answer_is_ok),
		T(text_of_the_body_must_come_in_its_first_64_kib),
		T(huge_header_is_lost),
		T(header_of_64_kib_is_the_most),
		T(head_asks_for_no_body),
		T(redirect_is_never_followed),
		T(proxies_of_the_environment_are_not_asked),
		T(ipv6_is_asked_by_its_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
