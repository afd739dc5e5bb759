/* SPDX-License-Identifier: ISC */
/* Names through a name server that the test itself plays, on loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "probes/resolve.h"

#define NAME	"far.example.net"
#define LIMIT	(10 * NS_PER_S)

enum mood { ANSWER, NXDOMAIN, SILENT, GARBAGE };

struct bench {
	int		fd;		/* the name server */
	char		server[64];
	char		*servers[2];
	enum mood	mood;
	unsigned	queries;
	const char	*addrs[40];	/* both families, NULL-ended */
	uint32_t	ttl;
	struct resolve_conf conf;
	struct resolve	*r;
	size_t		name;
	int64_t		now;
};

static size_t
open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static int
setup(void **state)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct bench *b = calloc(1, sizeof(*b));
	socklen_t len = sizeof(sin);

	assert_non_null(b);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	b->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(b->fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(b->fd, (struct sockaddr *)&sin, &len),
	    0);
	snprintf(b->server, sizeof(b->server), "127.0.0.1:%u",
	    (unsigned)ntohs(sin.sin_port));
	b->servers[0] = b->server;
	b->conf = (struct resolve_conf){ .ifname = "lo",
	    .servers = b->servers, .want = { true, true }, .query_ms = 50 };
	b->addrs[0] = "192.0.2.1";
	b->ttl = 300;
	b->now = 1000 * NS_PER_S;
	assert_int_equal(resolve_new(&b->conf, &b->r), 0);
	assert_int_equal(resolve_add(b->r, NAME, &b->name), 0);
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *b = *state;

	resolve_free(&b->r);
	close(b->fd);
	free(b);
	return 0;
}

static size_t
put_answers(struct bench *b, unsigned char *out, uint16_t type)
{
	uint8_t bytes[16];
	size_t i, at = 0, len = type == 1 ? 4 : 16, n = 0;
	uint32_t ttl = htonl(b->ttl);
	uint16_t v;

	for (i = 0; b->addrs[i] != NULL; i++) {
		if (inet_pton(type == 1 ? AF_INET : AF_INET6, b->addrs[i],
		    bytes) != 1)
			continue;
		memcpy(out + at, "\xc0\x0c", 2);
		v = htons(type);
		memcpy(out + at + 2, &v, 2);
		memcpy(out + at + 4, "\0\1", 2);
		memcpy(out + at + 6, &ttl, 4);
		v = htons((uint16_t)len);
		memcpy(out + at + 10, &v, 2);
		memcpy(out + at + 12, bytes, len);
		at += 12 + len;
		n++;
	}
	out[-1] = (unsigned char)n;	/* see serve_one */
	return at;
}

/* The question stays as it came; the header says what it is worth. */
static void
serve_one(struct bench *b, unsigned char *q, size_t len,
    const struct sockaddr_in *to)
{
	unsigned char out[4096], *records = out + 2048;
	size_t end = 12, n = 0;

	while (end < len && q[end] != 0)
		end += q[end] + 1u;
	end += 5;
	assert_true(end <= len);
	memcpy(out, q, end);
	out[2] = 0x81;
	out[3] = (unsigned char)(b->mood == NXDOMAIN ? 0x83 : 0x80);
	memset(out + 6, 0, 6);
	if (b->mood == ANSWER) {
		n = put_answers(b, records, (uint16_t)(q[end - 4] << 8 |
		    q[end - 3]));
		out[7] = records[-1];
		memcpy(out + end, records, n);
	} else if (b->mood == GARBAGE) {
		out[7] = 9;
		memset(out + end, 0xc0, n = 100);
	}
	assert_int_equal(sendto(b->fd, out, end + n, 0,
	    (const struct sockaddr *)to, sizeof(*to)), end + n);
}

static void
serve(struct bench *b)
{
	struct sockaddr_in from;
	unsigned char q[512];
	socklen_t len = sizeof(from);
	ssize_t n;

	while ((n = recvfrom(b->fd, q, sizeof(q), 0,
	    (struct sockaddr *)&from, &len)) > 12) {
		b->queries++;
		if (b->mood != SILENT)
			serve_one(b, q, (size_t)n, &from);
	}
}

static bool
settled(struct bench *b)
{
	struct pollfd pfd[16];

	return resolve_polls(b->r, pfd, 16) == 0;
}

/* Until all that was asked has come to its end. */
static void
run(struct bench *b)
{
	int64_t limit = clock_mono_ns() + LIMIT;
	struct pollfd pfd[17];
	size_t n;

	do {
		resolve_run(b->r, b->now);
		n = resolve_polls(b->r, pfd, 16);
		assert_true(n <= 16);
		pfd[n] = (struct pollfd){ .fd = b->fd, .events = POLLIN };
		(void)poll(pfd, (nfds_t)n + 1, settled(b) ? 0 : 5);
		serve(b);
		assert_true(clock_mono_ns() < limit);
	} while (!settled(b));
}

static bool
has(struct bench *b, uint64_t round, const char *text)
{
	char buf[NET_ADDR_TEXT];
	struct net_addr a;

	if (resolve_address(b->r, b->name, round, &a) != 0)
		return false;
	return strcmp(net_addr_text(&a, buf), text) == 0;
}

static void
resolve_a_name_has_addresses(void **state)
{
	struct bench *b = *state;
	struct net_addr a;
	size_t again;

	assert_int_equal(resolve_address(b->r, b->name, 1, &a), -EAGAIN);
	assert_false(resolve_failing(b->r, b->name));
	assert_true(resolve_due(b->r, b->now) <= b->now);
	assert_int_equal(resolve_add(b->r, "FAR.example.NET", &again), 0);
	assert_int_equal(again, b->name);
	run(b);
	/* One name, two families. */
	assert_int_equal(b->queries, 2);
	assert_true(has(b, 1, "192.0.2.1"));
	assert_true(has(b, 2, "192.0.2.1"));
	assert_false(resolve_failing(b->r, b->name));
	assert_true(resolve_due(b->r, b->now) == b->now + 300 * NS_PER_S);
}

static void
resolve_rounds_go_over_all_addresses(void **state)
{
	struct bench *b = *state;
	bool seen[3] = { false, false, false };
	uint64_t round;

	b->addrs[1] = "192.0.2.2";
	b->addrs[2] = "2001:db8::1";
	run(b);
	for (round = 10; round < 13; round++) {
		seen[0] |= has(b, round, "192.0.2.1");
		seen[1] |= has(b, round, "192.0.2.2");
		seen[2] |= has(b, round, "2001:db8::1");
	}
	assert_true(seen[0] && seen[1] && seen[2]);
}

static void
resolve_only_families_that_the_line_has(void **state)
{
	struct bench *b = *state;

	b->conf.want[NET_V6] = false;
	resolve_free(&b->r);
	assert_int_equal(resolve_new(&b->conf, &b->r), 0);
	assert_int_equal(resolve_add(b->r, NAME, &b->name), 0);
	b->addrs[1] = "2001:db8::1";
	run(b);
	assert_int_equal(b->queries, 1);
	assert_true(has(b, 0, "192.0.2.1"));
	assert_true(has(b, 1, "192.0.2.1"));
}

static void
resolve_a_time_to_live_is_kept_within_bounds(void **state)
{
	struct bench *b = *state;

	b->ttl = 1;
	run(b);
	assert_true(resolve_due(b->r, b->now) == b->now + 30 * NS_PER_S);
	b->addrs[0] = "192.0.2.7";
	b->ttl = 1000000;
	b->now += 29 * NS_PER_S;
	run(b);
	assert_true(has(b, 1, "192.0.2.1"));
	b->now += NS_PER_S;
	run(b);
	assert_true(has(b, 1, "192.0.2.7"));
	assert_true(resolve_due(b->r, b->now) == b->now + 3600 * NS_PER_S);
}

static void
resolve_last_good_addresses_stay(void **state)
{
	static const enum mood bad[] = { NXDOMAIN, SILENT, GARBAGE };
	struct bench *b = *state;
	size_t i;

	run(b);
	for (i = 0; i < 3; i++) {
		b->mood = bad[i];
		b->now = resolve_due(b->r, b->now);
		run(b);
		/* The first failure is no news while there are addresses. */
		assert_int_equal(resolve_failing(b->r, b->name), i > 0);
		assert_true(has(b, 1, "192.0.2.1"));
	}
	b->mood = ANSWER;
	b->now = resolve_due(b->r, b->now);
	run(b);
	assert_false(resolve_failing(b->r, b->name));
}

static void
resolve_failures_are_tried_again_with_growing_pauses(void **state)
{
	static const int64_t pauses[] = { 2, 4, 8, 16, 32, 60, 60 };
	struct bench *b = *state;
	struct net_addr a;
	int64_t due;
	size_t i;

	b->mood = NXDOMAIN;
	for (i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
		run(b);
		assert_true(resolve_failing(b->r, b->name));
		assert_int_equal(resolve_address(b->r, b->name, 1, &a),
		    -EAGAIN);
		due = resolve_due(b->r, b->now);
		assert_true(due == b->now + pauses[i] * NS_PER_S);
		b->now = due;
	}
	b->mood = ANSWER;
	run(b);
	assert_false(resolve_failing(b->r, b->name));
	assert_true(has(b, 1, "192.0.2.1"));
}

static void
resolve_addresses_that_nobody_can_be_at_are_refused(void **state)
{
	struct bench *b = *state;
	struct net_addr a;

	b->addrs[0] = "0.0.0.0";
	b->addrs[1] = "224.0.0.1";
	b->addrs[2] = "255.255.255.255";
	b->addrs[3] = "::";
	b->addrs[4] = "ff02::1";
	run(b);
	assert_true(resolve_failing(b->r, b->name));
	assert_int_equal(resolve_address(b->r, b->name, 1, &a), -EAGAIN);
}

static void
resolve_more_addresses_than_anybody_needs(void **state)
{
	static char text[28][16];
	struct bench *b = *state;
	uint64_t round;
	size_t i;

	for (i = 0; i < 28; i++) {
		snprintf(text[i], sizeof(text[i]), "192.0.2.%zu", i + 1);
		b->addrs[i] = text[i];
	}
	run(b);
	assert_false(resolve_failing(b->r, b->name));
	for (round = 0; round < 28; round++)
		assert_true(has(b, round, text[round % 16]));
}

static void
resolve_a_line_that_changes_asks_anew(void **state)
{
	struct bench *b = *state;
	size_t before;

	b->mood = SILENT;
	before = open_fds();
	resolve_run(b->r, b->now);
	assert_false(settled(b));
	resolve_again(b->r, b->now);
	assert_true(settled(b));
	assert_int_equal(open_fds(), before);
	assert_false(resolve_failing(b->r, b->name));
	assert_true(resolve_due(b->r, b->now) <= b->now);
	/* What has failed need not wait its time. */
	run(b);
	assert_true(resolve_failing(b->r, b->name));
	b->mood = ANSWER;
	resolve_again(b->r, b->now);
	run(b);
	assert_true(has(b, 1, "192.0.2.1"));
	/* What is well is left alone. */
	resolve_again(b->r, b->now);
	assert_true(resolve_due(b->r, b->now) == b->now + 300 * NS_PER_S);
}

static void
resolve_leaves_no_descriptor(void **state)
{
	struct bench *b = *state;
	size_t before = open_fds(), i;

	for (i = 0; i < 50; i++) {
		b->mood = i % 2 == 0 ? NXDOMAIN : ANSWER;
		b->now = resolve_due(b->r, b->now);
		run(b);
	}
	assert_int_equal(open_fds(), before);
	b->now = resolve_due(b->r, b->now);
	resolve_run(b->r, b->now);
	resolve_free(&b->r);
	assert_int_equal(open_fds(), before);
}

static void
resolve_a_device_that_is_not_there_is_a_failure(void **state)
{
	struct bench *b = *state;
	char *far[] = { (char *)(uintptr_t)"192.0.2.53", NULL };

	b->conf.ifname = "gone0";
	b->conf.servers = far;
	resolve_free(&b->r);
	assert_int_equal(resolve_new(&b->conf, &b->r), 0);
	assert_int_equal(resolve_add(b->r, NAME, &b->name), 0);
	run(b);
	assert_true(resolve_failing(b->r, b->name));
	assert_int_equal(b->queries, 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(resolve_a_name_has_addresses),
		CASE(resolve_rounds_go_over_all_addresses),
		CASE(resolve_only_families_that_the_line_has),
		CASE(resolve_a_time_to_live_is_kept_within_bounds),
		CASE(resolve_last_good_addresses_stay),
		CASE(resolve_failures_are_tried_again_with_growing_pauses),
		CASE(resolve_addresses_that_nobody_can_be_at_are_refused),
		CASE(resolve_more_addresses_than_anybody_needs),
		CASE(resolve_a_line_that_changes_asks_anew),
		CASE(resolve_leaves_no_descriptor),
		CASE(resolve_a_device_that_is_not_there_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
