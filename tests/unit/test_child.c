/* SPDX-License-Identifier: ISC */
/* A command is started with what it was given and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/child.h"

static char *const env[] = { "PATH=/usr/bin:/bin", "ONLY=this", NULL };

/* Runs it to its end; its output goes to buf. */
static int
run(char *const *argv, bool group, char *buf, size_t size)
{
	int out[2], in, fds[3], status;
	struct child_spec spec = { .argv = argv, .envp = env, .fds = fds,
	    .nfds = 3, .group = group };
	size_t at = 0;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	fds[0] = in;
	fds[1] = fds[2] = out[1];
	assert_int_equal(child_start(&spec, &pid), 0);
	close(out[1]);
	while ((n = read(out[0], buf + at, size - 1 - at)) > 0)
		at += (size_t)n;
	buf[at] = '\0';
	close(out[0]);
	close(in);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
child_has_only_its_environment(void **state)
{
	char *argv[] = { "/usr/bin/env", NULL }, buf[4096];

	(void)state;
	assert_int_equal(run(argv, false, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "PATH=/usr/bin:/bin\nONLY=this\n");
}

static void
child_has_only_its_descriptors(void **state)
{
	char *argv[] = { "/bin/ls", "/proc/self/fd", NULL }, buf[4096];
	int leak = open("/dev/null", O_RDONLY);		/* not close-on-exec */

	(void)state;
	assert_int_equal(run(argv, false, buf, sizeof(buf)), 0);
	/* 3 is the directory that ls reads. */
	assert_string_equal(buf, "0\n1\n2\n3\n");
	close(leak);
}

static void
child_group_is_its_own_session(void **state)
{
	char *argv[] = { "/bin/sh", "-c", "read -r a b c d e f g "
	    "</proc/$$/stat; [ $e = $$ ] && [ $f = $$ ] && echo own", NULL };
	char buf[4096];

	(void)state;
	assert_int_equal(run(argv, true, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "own\n");
}

/* Without 32 and 33, which are the C library's and out of our reach. */
static unsigned long long
signals(const char *status, const char *key)
{
	const char *at = strstr(status, key);

	assert_non_null(at);
	return strtoull(at + strlen(key), NULL, 16) & ~(3ULL << 31);
}

static void
child_starts_with_signals_reset(void **state)
{
	char *argv[] = { "/bin/grep", "-E", "Sig(Blk|Ign)",
	    "/proc/self/status", NULL }, buf[4096];
	sigset_t all, old;

	(void)state;
	sigfillset(&all);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &all, &old);
	assert_int_equal(run(argv, false, buf, sizeof(buf)), 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(signals(buf, "SigBlk:\t"), 0);
	assert_int_equal(signals(buf, "SigIgn:\t"), 0);
}

static void
child_overlapping_descriptors_are_placed_right(void **state)
{
	char *argv[] = { "/bin/sh", "-c", "cat; cat <&3", NULL };
	char buf[64] = "";
	int a[2], b[2], out[2], fds[4];
	struct child_spec spec = { .argv = argv, .envp = env, .fds = fds,
	    .nfds = 4 };
	size_t at = 0;
	ssize_t n;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(a, O_CLOEXEC), 0);
	assert_int_equal(pipe2(b, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(write(a[1], "one ", 4), 4);
	assert_int_equal(write(b[1], "two", 3), 3);
	/* 3 is one of the sources, and a target for another. */
	fds[0] = a[0];
	fds[1] = fds[2] = out[1];
	fds[3] = b[0];
	assert_int_equal(child_start(&spec, &pid), 0);
	close(a[0]);
	close(a[1]);
	close(b[0]);
	close(b[1]);
	close(out[1]);
	while ((n = read(out[0], buf + at, sizeof(buf) - 1 - at)) > 0)
		at += (size_t)n;
	close(out[0]);
	waitpid(pid, NULL, 0);
	assert_string_equal(buf, "one two");
}

static void
child_that_cannot_start_is_an_error_at_once(void **state)
{
	char *none[] = { "/nonexistent/program", NULL };
	char *dir[] = { "/", NULL };
	int fds[3] = { 0, 1, 2 }, status;
	struct child_spec spec = { .argv = none, .envp = env, .fds = fds,
	    .nfds = 3 };
	pid_t pid;

	(void)state;
	assert_int_equal(child_start(&spec, &pid), -ENOENT);
	spec.argv = dir;
	assert_int_equal(child_start(&spec, &pid), -EACCES);
	spec.user = "no-such-user-here";
	assert_int_equal(child_start(&spec, &pid), -ENOENT);
	/* No zombie is left. */
	assert_int_equal(child_reap(&pid, &status), 0);
}

static void
child_signal_reaches_the_whole_group(void **state)
{
	char *argv[] = { "/bin/sh", "-c", "sleep 600 & echo; wait", NULL };
	int out[2], in, fds[3], status;
	struct child_spec spec = { .argv = argv, .envp = env, .fds = fds,
	    .nfds = 3, .group = true };
	char byte, text[32];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	fds[0] = in;
	fds[1] = fds[2] = out[1];
	assert_int_equal(child_start(&spec, &pid), 0);
	close(out[1]);
	close(in);
	assert_int_equal(read(out[0], &byte, 1), 1);
	assert_int_equal(child_signal(pid, SIGKILL), 0);
	/* The background sleep holds the pipe: its end is the end of all. */
	assert_int_equal(read(out[0], &byte, 1), 0);
	close(out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_string_equal(child_status_text(status, text, sizeof(text)),
	    "signal 9 (KILL)");
}

static void
child_with_a_bad_descriptor_is_an_error_at_once(void **state)
{
	char *argv[] = { "/bin/true", NULL };
	int fds[3] = { 0, -1, 2 }, status;
	struct child_spec spec = { .argv = argv, .envp = env, .fds = fds,
	    .nfds = 3 };
	pid_t pid = 0;

	(void)state;
	assert_int_equal(child_start(&spec, &pid), -EBADF);
	assert_int_equal(pid, 0);
	assert_int_equal(child_reap(&pid, &status), 0);
}

/* Not waiting for a child that goes on is part of it. */
static void
child_reap_gives_each_ended_child_once(void **state)
{
	char *argv[] = { "/bin/sh", "-c", "read -r x; exit 7", NULL };
	int in[2], fds[3], status = 0, rc;
	struct child_spec spec = { .argv = argv, .envp = env, .fds = fds,
	    .nfds = 3 };
	pid_t pid, got;
	char text[32];

	(void)state;
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	fds[0] = in[0];
	fds[1] = fds[2] = STDERR_FILENO;
	assert_int_equal(child_start(&spec, &pid), 0);
	close(in[0]);
	assert_int_equal(child_reap(&got, &status), 0);
	close(in[1]);
	/* Ended, but left for child_reap. */
	assert_int_equal(waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 },
	    WEXITED | WNOWAIT), 0);
	rc = child_reap(&got, &status);
	assert_int_equal(rc, 1);
	assert_int_equal(got, pid);
	assert_string_equal(child_status_text(status, text, sizeof(text)),
	    "exit 7");
	assert_int_equal(child_reap(&got, &status), 0);
}

static int told[2] = { -1, -1 };
static bool raise_in_child;

static void
tell(int sig)
{
	char byte = (char)sig;

	if (write(told[1], &byte, 1) != 1)
		_exit(1);
}

/* Runs in the child, before fork returns there: the worst moment. */
static void
forked(void)
{
	if (raise_in_child)
		raise(SIGTERM);
}

static void
child_signalled_before_exec_does_not_run_our_handler(void **state)
{
	char *argv[] = { "/bin/true", NULL }, byte, text[32];
	int fds[3] = { 0, 1, 2 }, status;
	struct child_spec spec = { .argv = argv, .envp = env, .fds = fds,
	    .nfds = 3 };
	struct sigaction sa = { .sa_handler = tell }, old;
	sigset_t mask;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(told, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(pthread_atfork(NULL, NULL, forked), 0);
	sigaction(SIGTERM, &sa, &old);
	raise_in_child = true;
	assert_int_equal(child_start(&spec, &pid), 0);
	raise_in_child = false;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_string_equal(child_status_text(status, text, sizeof(text)),
	    "signal 15 (TERM)");
	assert_int_equal(read(told[0], &byte, 1), -1);
	/* And we hear signals as before. */
	sigprocmask(SIG_SETMASK, NULL, &mask);
	assert_int_equal(sigismember(&mask, SIGTERM), 0);
	raise(SIGTERM);
	assert_int_equal(read(told[0], &byte, 1), 1);
	sigaction(SIGTERM, &old, NULL);
	close(told[0]);
	close(told[1]);
}

static void
child_of_another_user_has_nothing_of_ours(void **state)
{
	char *argv[] = { "/bin/sh", "-c", "id -u; id -g; id -G; pwd", NULL };
	const struct passwd *pw = getpwnam("nobody");
	char buf[256] = "", want[256];
	int out[2], fds[3];
	struct child_spec spec = { .argv = argv, .envp = env, .fds = fds,
	    .nfds = 3, .user = "nobody" };
	gid_t ours = 4711, had[64];
	int nhad = getgroups(64, had);
	size_t at = 0;
	ssize_t n;
	pid_t pid;

	(void)state;
	if (geteuid() != 0 || pw == NULL || nhad < 0)
		skip();
	snprintf(want, sizeof(want), "%u\n%u\n%u\n/\n", pw->pw_uid,
	    pw->pw_gid, pw->pw_gid);
	/* A user namespace may forbid it. */
	if (setgroups(1, &ours) == -1)
		skip();
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	fds[0] = fds[1] = fds[2] = out[1];
	assert_int_equal(child_start(&spec, &pid), 0);
	assert_int_equal(setgroups((size_t)nhad, had), 0);
	close(out[1]);
	while ((n = read(out[0], buf + at, sizeof(buf) - 1 - at)) > 0)
		at += (size_t)n;
	close(out[0]);
	waitpid(pid, NULL, 0);
	assert_string_equal(buf, want);
}

static void
child_status_text_names_what_ends_a_process(void **state)
{
	static const struct {
		int		 status;
		const char	*text;
	} cases[] = {
		{ 0, "exit 0" }, { 255 << 8, "exit 255" },
		{ SIGTERM, "signal 15 (TERM)" },
		{ SIGSEGV | 0x80, "signal 11 (SEGV)" },
		{ 64, "signal 64 (?)" }, { 0xffff, "status 0xffff" },
	};
	char text[32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(child_status_text(cases[i].status, text,
		    sizeof(text)), cases[i].text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(child_has_only_its_environment),
		cmocka_unit_test(child_has_only_its_descriptors),
		cmocka_unit_test(child_group_is_its_own_session),
		cmocka_unit_test(child_starts_with_signals_reset),
		cmocka_unit_test(
		    child_overlapping_descriptors_are_placed_right),
		cmocka_unit_test(child_that_cannot_start_is_an_error_at_once),
		cmocka_unit_test(child_signal_reaches_the_whole_group),
		cmocka_unit_test(
		    child_with_a_bad_descriptor_is_an_error_at_once),
		cmocka_unit_test(child_reap_gives_each_ended_child_once),
		cmocka_unit_test(
		    child_signalled_before_exec_does_not_run_our_handler),
		cmocka_unit_test(child_of_another_user_has_nothing_of_ours),
		cmocka_unit_test(child_status_text_names_what_ends_a_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
