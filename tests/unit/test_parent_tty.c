/* SPDX-License-Identifier: ISC */
/*
 * test_parent_tty: which terminals the parent opens for whom: those of the
 * configuration, by its own copy of it.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "actions/serial.h"
#include "dispatcher/parent.h"

static char device[64];
static struct serial_opts opts = { .device = device };
/* Taken for the other kind, its device would be there. */
static struct run_opts command = { .argv = (char **)(void *)device };

static int
ask(uint32_t what, uint32_t index, uint32_t uplink, int *fd)
{
	struct conf_uplink u = { .name = "ext1" };
	struct conf_action actions[] = { { .name = "run", .opts = &command,
	    .kind = action_option_set("run") }, { .name = "lte",
	    .opts = &opts, .kind = action_option_set("serial") } };
	struct conf conf = { .nuplinks = 1, .uplinks = &u, .nactions = 2,
	    .actions = actions };
	struct parent p = { .conf = &conf };
	struct power_tty req = { .kind = POWER_TTY, .what = what,
	    .index = index, .uplink = uplink };
	struct power_sock_done done;
	size_t nfds = 1;
	int sv[2];

	assert_int_equal(power_pair(sv), 0);
	*fd = -1;
	tty_request(&p, &req, &sv[1], 1);
	close(sv[1]);
	assert_int_equal(power_recv(sv[0], &done, sizeof(done), fd, &nfds),
	    sizeof(done));
	close(sv[0]);
	assert_int_equal(nfds, done.err == 0 ? 1 : 0);
	return done.err;
}

static void
terminal_of_the_configuration_is_opened(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), fd;
	struct stat a, b;

	(void)state;
	assert_true(master != -1 && grantpt(master) == 0 &&
	    unlockpt(master) == 0);
	snprintf(device, sizeof(device), "%s", ptsname(master));
	assert_int_equal(ask(POWER_ACTION, 1, 0, &fd), 0);
	assert_int_equal(isatty(fd), 1);
	assert_int_equal(fstat(fd, &a), 0);
	assert_int_equal(stat(device, &b), 0);
	assert_true(a.st_rdev == b.st_rdev);
	assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	close(fd);
	close(master);
}

static void
anything_else_is_refused(void **state)
{
	char dir[] = "/tmp/uplinkd-tty-XXXXXX";
	int fd;

	(void)state;
	snprintf(device, sizeof(device), "/dev/null");
	assert_int_equal(ask(POWER_ACTION, 1, 0, &fd), -ENOTTY);
	assert_int_equal(ask(POWER_ACTION, 0, 0, &fd), -EINVAL);
	assert_int_equal(ask(POWER_ACTION, 2, 0, &fd), -EINVAL);
	assert_int_equal(ask(POWER_ACTION, UINT32_MAX, 0, &fd), -EINVAL);
	assert_int_equal(ask(POWER_ACTION, 1, 1, &fd), -EINVAL);
	assert_int_equal(ask(POWER_MAIL, 1, 0, &fd), -EINVAL);
	assert_int_equal(ask(POWER_RECOVERY, 0, 0, &fd), -EINVAL);
	assert_int_equal(ask(99, 1, 0, &fd), -EINVAL);
	assert_non_null(mkdtemp(dir));
	snprintf(device, sizeof(device), "%s/none", dir);
	assert_int_equal(ask(POWER_ACTION, 1, 0, &fd), -ENOENT);
	/* Nobody reads it: the parent must not wait. */
	assert_int_equal(mkfifo(device, 0600), 0);
	assert_int_equal(ask(POWER_ACTION, 1, 0, &fd), -ENOTTY);
	unlink(device);
	fd = open(device, O_CREAT | O_WRONLY, 0600);
	close(fd);
	assert_int_equal(ask(POWER_ACTION, 1, 0, &fd), -ENOTTY);
	unlink(device);
	rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terminal_of_the_configuration_is_opened),
		cmocka_unit_test(anything_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
