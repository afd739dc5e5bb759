/* SPDX-License-Identifier: ISC */
/* One owner of a run directory, and sockets nobody else can plant or read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dispatcher/rundir.h"

static char dir[64];

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/uplinkd-test.XXXXXX");
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	static const char *const files[] = { "uplinkd.pid", "a.sock",
	    "target" };
	char path[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		unlink(path);
	}
	return rmdir(dir);
}

static void
rundir_second_owner_is_told_the_first(void **state)
{
	struct rundir *one = NULL, *two = NULL;
	pid_t holder;

	(void)state;
	assert_int_equal(rundir_open(dir, &one, &holder), 0);
	assert_int_equal(rundir_open(dir, &two, &holder), -EWOULDBLOCK);
	assert_null(two);
	assert_int_equal(holder, getpid());
	rundir_close(&one);
	assert_int_equal(rundir_open(dir, &two, &holder), 0);
	rundir_close(&two);
}

static void
rundir_killed_owner_leaves_no_lock(void **state)
{
	struct rundir *r = NULL;
	pid_t holder, pid;
	int fds[2], status;
	char byte;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		if (rundir_open(dir, &r, &holder) != 0 ||
		    write(fds[1], "", 1) != 1)
			_exit(1);
		pause();
	}
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_int_equal(rundir_open(dir, &r, &holder), -EWOULDBLOCK);
	assert_int_equal(holder, pid);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	assert_int_equal(rundir_open(dir, &r, &holder), 0);
	rundir_close(&r);
	close(fds[0]);
	close(fds[1]);
}

static void
unlink_in(const char *in, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", in, name);
	assert_int_equal(unlink(path), 0);
}

static void
rundir_claim_is_one_for_a_network(void **state)
{
	char other[80], where[80];
	struct rundir *one = NULL, *two = NULL;
	pid_t holder;

	(void)state;
	snprintf(other, sizeof(other), "%s.other", dir);
	snprintf(where, sizeof(where), "%s.locks", dir);
	assert_int_equal(mkdir(where, 0755), 0);
	assert_int_equal(rundir_open(dir, &one, &holder), 0);
	assert_int_equal(rundir_open(other, &two, &holder), 0);
	assert_int_equal(rundir_claim(one, where, 77, &holder), 0);
	assert_int_equal(rundir_claim(two, where, 77, &holder), -EWOULDBLOCK);
	assert_int_equal(holder, getpid());
	rundir_close(&two);
	assert_int_equal(rundir_open(other, &two, &holder), 0);
	assert_int_equal(rundir_claim(two, where, 78, &holder), 0);
	rundir_close(&two);
	rundir_close(&one);
	assert_int_equal(rundir_open(other, &two, &holder), 0);
	assert_int_equal(rundir_claim(two, where, 77, &holder), 0);
	rundir_close(&two);
	/* What is not known, or cannot be written, holds nobody up. */
	assert_int_equal(rundir_open(other, &two, &holder), 0);
	assert_int_equal(rundir_claim(two, where, 0, &holder), 0);
	assert_int_equal(rundir_claim(two, "/nowhere", 77, &holder), 0);
	rundir_close(&two);
	unlink_in(where, "uplinkd-net-77.pid");
	unlink_in(where, "uplinkd-net-78.pid");
	unlink_in(other, "uplinkd.pid");
	assert_int_equal(rmdir(where), 0);
	assert_int_equal(rmdir(other), 0);
}

static void
rundir_writable_by_others_is_refused(void **state)
{
	struct rundir *r = NULL;
	pid_t holder;

	(void)state;
	assert_int_equal(chmod(dir, 0777), 0);
	assert_int_equal(rundir_open(dir, &r, &holder), -EPERM);
	assert_int_equal(chmod(dir, 0755), 0);
}

static void
rundir_behind_a_link_is_refused(void **state)
{
	char link[80];
	struct rundir *r = NULL;
	pid_t holder;

	(void)state;
	snprintf(link, sizeof(link), "%s.link", dir);
	assert_int_equal(symlink(dir, link), 0);
	assert_int_not_equal(rundir_open(link, &r, &holder), 0);
	assert_null(r);
	unlink(link);
}

static void
rundir_listen_has_exactly_the_mode(void **state)
{
	static const mode_t modes[] = { 0600, 0660, 0666 };
	struct rundir *r = NULL;
	char path[128];
	struct stat st;
	pid_t holder;
	mode_t old;
	size_t i;
	int fd;

	(void)state;
	assert_int_equal(rundir_open(dir, &r, &holder), 0);
	snprintf(path, sizeof(path), "%s/a.sock", dir);
	for (i = 0; i < 3; i++) {
		old = umask(i == 0 ? 0 : 077);
		assert_int_equal(rundir_listen(r, "a.sock", getuid(),
		    getgid(), modes[i], &fd), 0);
		umask(old);
		assert_int_equal(lstat(path, &st), 0);
		assert_true(S_ISSOCK(st.st_mode));
		assert_int_equal(st.st_mode & 0777, modes[i]);
		close(fd);
	}
	rundir_close(&r);
	assert_int_equal(lstat(path, &st), -1);
}

static void
rundir_listen_replaces_what_was_planted(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct rundir *r = NULL;
	char path[128], target[128];
	struct stat st;
	pid_t holder;
	int fd, peer;

	(void)state;
	snprintf(path, sizeof(path), "%s/a.sock", dir);
	snprintf(target, sizeof(target), "%s/target", dir);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(rundir_open(dir, &r, &holder), 0);
	assert_int_equal(rundir_listen(r, "a.sock", getuid(), getgid(), 0600,
	    &fd), 0);
	/* The link is gone, nothing was made where it pointed. */
	assert_int_equal(lstat(target, &st), -1);
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%.100s", path);
	peer = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(peer, (struct sockaddr *)&sun,
	    sizeof(sun)), 0);
	close(peer);
	close(fd);
	rundir_close(&r);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(rundir_second_owner_is_told_the_first),
		CASE(rundir_killed_owner_leaves_no_lock),
		CASE(rundir_claim_is_one_for_a_network),
		CASE(rundir_writable_by_others_is_refused),
		CASE(rundir_behind_a_link_is_refused),
		CASE(rundir_listen_has_exactly_the_mode),
		CASE(rundir_listen_replaces_what_was_planted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
