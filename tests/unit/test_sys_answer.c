/* SPDX-License-Identifier: ISC */
/*
 * test_sys_answer: sys_only_by, sys_connect_end and sys_set_* on the real
 * loopback interface.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/sys.h"

#define PATIENCE_MS	20000	/* for what must come; never spent */
#define NOTHING_MS	100	/* loopback answers within the call */
#define OTHER		7777	/* an interface that is none */

static int
lo(void)
{
	return (int)if_nametoindex("lo");
}

/* A socket at 127.0.0.1 and a free port. */
static int
bound(int type, struct sockaddr_in *sin)
{
	socklen_t len = sizeof(*sin);
	int fd = socket(AF_INET, type, 0);

	*sin = (struct sockaddr_in){ .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_int_equal(bind(fd, (void *)sin, len), 0);
	assert_int_equal(getsockname(fd, (void *)sin, &len), 0);
	return fd;
}

/* ifindex 0: from anywhere. */
static int
begin(int type, int ifindex, const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0), rc = 0;

	assert_true(fd != -1);
	if (ifindex != 0)
		rc = sys_only_by(fd, ifindex);
	if (type == SOCK_STREAM && rc == -EPERM) {
		close(fd);
		print_message("this kernel wants CAP_NET_ADMIN for that\n");
		skip();
	}
	assert_int_equal(rc, 0);
	if (connect(fd, (const void *)to, sizeof(*to)) == -1)
		assert_int_equal(errno, EINPROGRESS);
	return fd;
}

static bool
ready(int fd, short events, int ms)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, ms) == 1;
}

static int
end(int fd, int64_t *rtt_ns)
{
	int rc;

	assert_true(ready(fd, POLLOUT, PATIENCE_MS));
	rc = sys_connect_end(fd, rtt_ns);
	close(fd);
	return rc;
}

static void
connection_is_told_with_its_time(void **state)
{
	struct sockaddr_in to;
	int64_t before = clock_mono_ns(), rtt_ns = -1;
	int at = bound(SOCK_STREAM, &to);

	(void)state;
	assert_int_equal(listen(at, 8), 0);
	assert_int_equal(end(begin(SOCK_STREAM, 0, &to), &rtt_ns), 0);
	assert_true(rtt_ns >= 0 && rtt_ns <= clock_mono_ns() - before);
	close(at);
}

static void
reset_is_told(void **state)
{
	struct sockaddr_in to;
	int64_t rtt_ns = -1;
	int at = bound(SOCK_STREAM, &to);

	(void)state;
	assert_int_equal(end(begin(SOCK_STREAM, 0, &to), &rtt_ns),
	    -ECONNREFUSED);
	assert_int_equal(rtt_ns, 0);
	close(at);
}

/* It has answered, whatever it did next. */
static void
connection_that_was_ended_at_once_has_been_there(void **state)
{
	struct linger now[2] = { { 1, 0 }, { 0, 0 } };
	struct sockaddr_in to;
	int64_t rtt_ns;
	int at = bound(SOCK_STREAM, &to), fd, peer, i;

	(void)state;
	assert_int_equal(listen(at, 8), 0);
	for (i = 0; i < 2; i++) {
		fd = begin(SOCK_STREAM, 0, &to);
		peer = accept(at, NULL, NULL);
		assert_int_equal(setsockopt(peer, SOL_SOCKET, SO_LINGER,
		    &now[i], sizeof(now[i])), 0);
		close(peer);
		assert_true(ready(fd, POLLIN | POLLHUP, PATIENCE_MS));
		assert_int_equal(end(fd, &rtt_ns), 0);
	}
	close(at);
}

/* A queue that is full drops the SYN; later ones are for nothing. */
static void
answer_to_a_repeated_syn_is_too_late(void **state)
{
	struct sockaddr_in to;
	int64_t rtt_ns;
	int at = bound(SOCK_STREAM, &to), fills, fd;

	(void)state;
	assert_int_equal(listen(at, 0), 0);
	fills = begin(SOCK_STREAM, 0, &to);
	assert_true(ready(fills, POLLOUT, PATIENCE_MS));
	fd = begin(SOCK_STREAM, 0, &to);
	assert_int_equal(sys_connect_end(fd, &rtt_ns), -EINPROGRESS);
	close(accept(at, NULL, NULL));
	assert_int_equal(end(fd, &rtt_ns), -ETIMEDOUT);
	close(fills);
	close(at);
}

static void
answer_that_came_by_another_interface_is_none(void **state)
{
	struct sockaddr_in to;
	int64_t rtt_ns;
	int at = bound(SOCK_STREAM, &to), fd, i;

	(void)state;
	for (i = 0; i < 2; i++) {
		fd = begin(SOCK_STREAM, OTHER, &to);
		assert_false(ready(fd, POLLOUT, NOTHING_MS));
		assert_int_equal(sys_connect_end(fd, &rtt_ns), -EINPROGRESS);
		close(fd);
		assert_int_equal(end(begin(SOCK_STREAM, lo(), &to), &rtt_ns),
		    i == 0 ? -ECONNREFUSED : 0);
		assert_int_equal(listen(at, 8), 0);
	}
	close(at);
}

static void
datagram_that_came_by_another_interface_is_none(void **state)
{
	struct sockaddr_in to, from;
	socklen_t len = sizeof(from);
	int at = bound(SOCK_DGRAM, &to), fd, i, by[2] = { lo(), OTHER };
	char c;

	(void)state;
	for (i = 0; i < 2; i++) {
		fd = begin(SOCK_DGRAM, by[i], &to);
		assert_int_equal(send(fd, "x", 1, 0), 1);
		assert_int_equal(recvfrom(at, &c, 1, 0, (void *)&from, &len),
		    1);
		assert_int_equal(sendto(at, "y", 1, 0, (void *)&from, len), 1);
		assert_int_equal(ready(fd, POLLIN, i == 0 ? PATIENCE_MS :
		    NOTHING_MS), i == 0);
		close(fd);
	}
	close(at);
}

static void
set_tells_which_are_ready(void **state)
{
	int pipes[3][2], set, i, what[3] = { 0, 1, 2 };
	void *told[3];

	(void)state;
	assert_int_equal(sys_set_open(&set), 0);
	for (i = 0; i < 3; i++) {
		assert_int_equal(pipe(pipes[i]), 0);
		assert_int_equal(sys_set_add(set, pipes[i][0], true,
		    &what[i]), 0);
	}
	assert_int_equal(sys_set_ready(set, told, 3), 0);
	assert_false(ready(set, POLLIN, 0));
	assert_int_equal(write(pipes[1][1], "x", 1), 1);
	assert_true(ready(set, POLLIN, 0));
	assert_int_equal(sys_set_ready(set, told, 3), 1);
	assert_ptr_equal(told[0], &what[1]);
	/* It is so until it is read, or gone. */
	assert_int_equal(sys_set_ready(set, told, 3), 1);
	assert_int_equal(write(pipes[2][1], "x", 1), 1);
	assert_int_equal(sys_set_ready(set, told, 1), 1);
	sys_set_del(set, pipes[1][0]);
	assert_int_equal(sys_set_ready(set, told, 3), 1);
	assert_ptr_equal(told[0], &what[2]);
	assert_int_equal(sys_set_add(set, pipes[0][1], false, &what[0]), 0);
	assert_int_equal(sys_set_ready(set, told, 3), 2);
	for (i = 0; i < 3; i++) {
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
	close(set);
	assert_true(sys_set_ready(set, told, 3) < 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connection_is_told_with_its_time),
		cmocka_unit_test(reset_is_told),
		cmocka_unit_test(
		    connection_that_was_ended_at_once_has_been_there),
		cmocka_unit_test(answer_to_a_repeated_syn_is_too_late),
		cmocka_unit_test(answer_that_came_by_another_interface_is_none),
		cmocka_unit_test(
		    datagram_that_came_by_another_interface_is_none),
		cmocka_unit_test(set_tells_which_are_ready),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
