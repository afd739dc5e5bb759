/* SPDX-License-Identifier: ISC */
/* Programs that somebody else could have changed are not run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/trust.h"

#define OTHER	4242	/* an account that nobody has */

/* In a directory of our own below /tmp, which is sticky: */
static char dir[64];

static const char *
at(const char *name)
{
	static char path[8][192];
	static size_t n;

	n = (n + 1) % 8;
	snprintf(path[n], sizeof(path[n]), "%s/%s", dir, name);
	return path[n];
}

static const char *
of_dir(const char *what)
{
	static char text[96];

	snprintf(text, sizeof(text), "%s %s", strrchr(dir, '/') + 1, what);
	return text;
}

static void
put(const char *name, const char *text, mode_t mode)
{
	int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd != -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/uplinkd-test.XXXXXX");
	if (mkdtemp(dir) == NULL || chmod(dir, 0755) == -1)
		return -1;
	put("prog", "#!/bin/sh\nexit 7\n", 0755);
	return mkdir(at("sub"), 0755);
}

static int
teardown(void **state)
{
	static const char *const files[] = { "prog", "link", "loop", "pipe",
	    "sub/prog" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		(void)unlink(at(files[i]));
	(void)rmdir(at("sub"));
	return rmdir(dir);
}

/* -errno, and *why; the descriptor is the file's. */
static int
look(const char *path, char why[TRUST_TEXT_MAX])
{
	struct stat a, b;
	int fd, rc = trust_open(path, geteuid(), &fd, why);

	if (rc != 0) {
		assert_int_equal(fd, -1);
		return rc;
	}
	assert_int_equal(fstat(fd, &a), 0);
	assert_int_equal(stat(path, &b), 0);
	assert_true(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	return 0;
}

static void
refused(const char *path, int rc, const char *text)
{
	char why[TRUST_TEXT_MAX];

	assert_int_equal(look(path, why), rc);
	assert_string_equal(why, text);
}

static void
trust_of_ours_is_given(void **state)
{
	char why[TRUST_TEXT_MAX];

	(void)state;
	assert_int_equal(look(at("prog"), why), 0);
	assert_int_equal(look("/bin/sh", why), 0);
	assert_int_equal(look("//bin/.././bin//sh", why), 0);
}

static void
trust_a_file_others_can_write_is_refused(void **state)
{
	(void)state;
	assert_int_equal(chmod(at("prog"), 0775), 0);
	refused(at("prog"), -EPERM, "prog can be written by others");
	assert_int_equal(chmod(at("prog"), 0757), 0);
	refused(at("prog"), -EPERM, "prog can be written by others");
}

static void
trust_a_library_need_not_be_executable(void **state)
{
	char why[TRUST_TEXT_MAX];
	int fd;

	(void)state;
	assert_int_equal(chmod(at("prog"), 0644), 0);
	assert_int_equal(look(at("prog"), why), -EACCES);
	assert_int_equal(trust_open_library(at("prog"), geteuid(), &fd, why),
	    0);
	close(fd);
	assert_int_equal(chmod(at("prog"), 0664), 0);
	assert_int_equal(trust_open_library(at("prog"), geteuid(), &fd, why),
	    -EPERM);
	assert_int_equal(trust_open_library(at("sub"), geteuid(), &fd, why),
	    -EACCES);
	assert_string_equal(why, "sub is not a file");
}

static void
trust_a_directory_others_can_write_is_refused(void **state)
{
	(void)state;
	put("sub/prog", "#!/bin/sh\n", 0755);
	assert_int_equal(chmod(at("sub"), 0777), 0);
	refused(at("sub/prog"), -EPERM, "sub can be written by others");
	assert_int_equal(chmod(at("sub"), 0755), 0);
	assert_int_equal(chmod(dir, 0775), 0);
	refused(at("sub/prog"), -EPERM, of_dir("can be written by others"));
}

static void
trust_another_account_is_refused(void **state)
{
	char why[TRUST_TEXT_MAX];
	int fd;

	(void)state;
	if (geteuid() != 0)
		skip();
	put("sub/prog", "#!/bin/sh\n", 0755);
	assert_int_equal(chown(at("sub"), OTHER, OTHER), 0);
	refused(at("sub/prog"), -EPERM, "sub belongs to another account");
	/* That very account may have it so. */
	assert_int_equal(trust_open(at("sub/prog"), OTHER, &fd, why), 0);
	close(fd);
	assert_int_equal(chown(at("sub"), 0, 0), 0);
	assert_int_equal(chown(at("sub/prog"), OTHER, 0), 0);
	refused(at("sub/prog"), -EPERM, "prog belongs to another account");
}

static void
trust_a_link_is_judged_with_where_it_leads(void **state)
{
	char why[TRUST_TEXT_MAX];

	(void)state;
	put("sub/prog", "#!/bin/sh\n", 0755);
	assert_int_equal(symlink("sub/../sub/prog", at("link")), 0);
	assert_int_equal(look(at("link"), why), 0);
	assert_int_equal(chmod(at("sub"), 0777), 0);
	refused(at("link"), -EPERM, "sub can be written by others");
	assert_int_equal(chmod(at("sub"), 0755), 0);
	if (geteuid() == 0) {
		assert_int_equal(lchown(at("link"), OTHER, 0), 0);
		refused(at("link"), -EPERM, "link belongs to another account");
	}
	assert_int_equal(unlink(at("link")), 0);
	assert_int_equal(symlink("/bin/sh", at("link")), 0);
	assert_int_equal(look(at("link"), why), 0);
}

static void
trust_links_in_a_circle_are_an_error(void **state)
{
	char why[TRUST_TEXT_MAX];

	(void)state;
	assert_int_equal(symlink("loop", at("loop")), 0);
	assert_int_equal(look(at("loop"), why), -ELOOP);
}

static void
trust_what_is_no_program_is_refused(void **state)
{
	char why[TRUST_TEXT_MAX];

	(void)state;
	refused(dir, -EACCES, of_dir("is not a program"));
	assert_int_equal(chmod(at("prog"), 0644), 0);
	refused(at("prog"), -EACCES, "prog is not a program");
	assert_int_equal(mkfifo(at("pipe"), 0755), 0);
	refused(at("pipe"), -EACCES, "pipe is not a program");
	assert_int_equal(look(at("none"), why), -ENOENT);
	assert_int_equal(look(at("prog/x"), why), -EACCES);
	assert_int_equal(look("bin/sh", why), -EINVAL);
}

/* What child_start makes of it; the exit status, or -errno. */
static int
run(const char *path, const char *user, char why[TRUST_TEXT_MAX])
{
	char *argv[] = { (char *)(uintptr_t)path, (char *)(uintptr_t)"-c",
	    (char *)(uintptr_t)"exit 9", NULL };
	char *envp[] = { NULL };
	struct child_spec spec = { .argv = argv, .envp = envp, .user = user,
	    .why = why };
	int status, rc;
	pid_t pid;

	rc = child_start(&spec, &pid);
	if (rc != 0)
		return rc;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
trust_programs_and_scripts_are_started(void **state)
{
	char why[TRUST_TEXT_MAX];

	(void)state;
	assert_int_equal(run(at("prog"), NULL, why), 7);
	assert_int_equal(run("/bin/sh", NULL, why), 9);
	if (geteuid() == 0)
		assert_int_equal(run("/bin/sh", "nobody", why), 9);
}

static void
trust_is_asked_before_a_start(void **state)
{
	char why[TRUST_TEXT_MAX];

	(void)state;
	assert_int_equal(chmod(at("prog"), 0777), 0);
	assert_int_equal(run(at("prog"), NULL, why), -EPERM);
	assert_string_equal(why, "prog can be written by others");
	/* Who does not ask gets it. */
	assert_int_equal(run(at("prog"), NULL, NULL), 7);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(trust_of_ours_is_given),
		TEST(trust_a_file_others_can_write_is_refused),
		TEST(trust_a_library_need_not_be_executable),
		TEST(trust_a_directory_others_can_write_is_refused),
		TEST(trust_another_account_is_refused),
		TEST(trust_a_link_is_judged_with_where_it_leads),
		TEST(trust_links_in_a_circle_are_an_error),
		TEST(trust_what_is_no_program_is_refused),
		TEST(trust_programs_and_scripts_are_started),
		TEST(trust_is_asked_before_a_start),
	};

	return cmocka_run_group_tests_name("trust", tests, NULL, NULL);
}
