/* SPDX-License-Identifier: ISC */
/*
 * test_parent_filter: what the parent answers to POWER_FILTER, whatever is
 * brought to it.
 */
#include <sys/socket.h>

#include <errno.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "dispatcher/parent.h"
#include "lib/sys.h"
#include "proto/power.h"

/* Takes fd. */
static struct power_sock_done
ask(const char *ifname, uint32_t uplink, int fd)
{
	struct conf_uplink u = { .name = "ext1" };
	struct conf conf = { .nuplinks = 1, .uplinks = &u };
	struct parent p = { .conf = &conf };
	struct power_filter req = { .kind = POWER_FILTER, .uplink = uplink };
	struct power_sock_done done;
	size_t nfds = 1;
	int sv[2], fds[2], none = -1;

	assert_true(fd != -1);
	snprintf(u.ifname, sizeof(u.ifname), "%s", ifname);
	assert_int_equal(power_pair(sv), 0);
	fds[0] = sv[1];
	fds[1] = fd;
	net_filter(&p, &req, fds, 2);
	/* Before the answer: the asker may be the last to close it. */
	assert_int_equal(fds[1], -1);
	assert_int_equal(close(fd), -1);
	close(fds[0]);
	assert_int_equal(power_recv(sv[0], &done, sizeof(done), &none, &nfds),
	    sizeof(done));
	assert_int_equal(nfds, 0);
	close(sv[0]);
	return done;
}

static void
tcp_socket_is_filtered(void **state)
{
	static const int family[] = { AF_INET, AF_INET6 };
	struct power_sock_done done;
	size_t i;
	int fd, rc;

	(void)state;
	for (i = 0; i < 2; i++) {
		fd = socket(family[i], SOCK_STREAM, 0);
		if (fd == -1)
			continue;
		rc = sys_only_by(fd, 1);
		done = ask("lo", 0, fd);
		assert_int_equal(done.err, rc);
		assert_int_equal(done.ifindex, if_nametoindex("lo"));
	}
}

static void
anything_else_is_refused(void **state)
{
	int sv[2], pipes[2];

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(power_pair(sv), 0);
	assert_int_equal(ask("lo", 0, pipes[0]).err, -EINVAL);
	assert_int_equal(ask("lo", 0, sv[0]).err, -EINVAL);
	assert_int_equal(ask("lo", 0, socket(AF_INET, SOCK_DGRAM, 0)).err,
	    -EINVAL);
	close(pipes[1]);
	close(sv[1]);
}

static void
line_that_is_none_is_refused(void **state)
{
	(void)state;
	assert_int_equal(ask("lo", 1, socket(AF_INET, SOCK_STREAM, 0)).err,
	    -EINVAL);
	assert_int_equal(ask("lo", UINT32_MAX, socket(AF_INET, SOCK_STREAM,
	    0)).err, -EINVAL);
	assert_int_equal(ask("absent0", 0, socket(AF_INET, SOCK_STREAM,
	    0)).err, -ENODEV);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_socket_is_filtered),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(line_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
