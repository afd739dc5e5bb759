/* SPDX-License-Identifier: ISC */
/*
 * A kept command ends as it would without a keeper, and with all of its group.
 * What leaves the group is the business of tests/lab/keep_check.c, on the real
 * system.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/clock.h"

static char *const env[] = { "PATH=/usr/bin:/bin", NULL };

struct kept {
	pid_t	pid;
	int	out;		/* all of it hold this open */
};

static int
start(struct kept *k, const char *script)
{
	char *argv[] = { "/bin/sh", "-c", (char *)(uintptr_t)script, NULL };
	int out[2], fds[3], rc;
	struct child_spec spec = { .argv = argv, .envp = env, .fds = fds,
	    .nfds = 3, .keep = true };

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	fds[1] = fds[2] = out[1];
	k->pid = 0;
	k->out = out[0];
	rc = child_start(&spec, &k->pid);
	close(out[1]);
	close(fds[0]);
	return rc;
}

static void
await_word(const struct kept *k)
{
	char byte;

	assert_int_equal(read(k->out, &byte, 1), 1);
}

/* Here orphans are not the keeper's: dying, they may be a moment behind it. */
static void
ends(struct kept *k, const char *want)
{
	struct pollfd p = { .fd = k->out, .events = POLLIN };
	char text[32], rest[64];
	int status;

	assert_int_equal(waitpid(k->pid, &status, 0), k->pid);
	while (poll(&p, 1, 5000) == 1 && read(k->out, rest, sizeof(rest)) > 0)
		;
	assert_int_equal(p.revents & (POLLHUP | POLLIN), POLLHUP);
	close(k->out);
	assert_string_equal(child_status_text(status, text, sizeof(text)),
	    want);
	assert_int_equal(kill(-k->pid, 0), -1);
}

static void
kept_status_is_the_commands_own(void **state)
{
	struct kept k;

	(void)state;
	assert_int_equal(start(&k, "exit 0"), 0);
	ends(&k, "exit 0");
	assert_int_equal(start(&k, "exit 7"), 0);
	ends(&k, "exit 7");
	assert_int_equal(start(&k, "kill -SEGV $$"), 0);
	ends(&k, "signal 11 (SEGV)");
}

static void
kept_command_leads_a_session_of_its_own(void **state)
{
	struct kept k;
	char buf[16] = "";

	(void)state;
	assert_int_equal(start(&k, "read -r a b c d e f g </proc/$$/stat; "
	    "[ $e = $$ ] && [ $f = $$ ] && echo own"), 0);
	assert_int_equal(read(k.out, buf, sizeof(buf)), 4);
	ends(&k, "exit 0");
}

static void
kept_command_that_cannot_start_is_an_error_at_once(void **state)
{
	char *argv[] = { "/nonexistent/program", NULL };
	int fds[3] = { 0, 1, 2 }, status;
	struct child_spec spec = { .argv = argv, .envp = env, .fds = fds,
	    .nfds = 3, .keep = true };
	pid_t pid;

	(void)state;
	assert_int_equal(child_start(&spec, &pid), -ENOENT);
	spec.user = "no-such-user-here";
	assert_int_equal(child_start(&spec, &pid), -ENOENT);
	assert_int_equal(child_reap(&pid, &status), 0);
}

static void
kept_command_leaves_nothing_behind(void **state)
{
	struct kept k;

	(void)state;
	assert_int_equal(start(&k, "trap '' TERM; sleep 600 & (sleep 600 &) ; "
	    "exit 3"), 0);
	ends(&k, "exit 3");
}

static void
kept_group_gets_term_first(void **state)
{
	int64_t before;
	struct kept k;

	(void)state;
	assert_int_equal(start(&k, "trap 'exit 5' TERM; sleep 600 & echo; "
	    "wait"), 0);
	await_word(&k);
	before = clock_mono_ns();
	assert_int_equal(child_signal(k.pid, SIGTERM), 0);
	ends(&k, "exit 5");
	assert_true(clock_mono_ns() - before < 2 * NS_PER_S);
}

/* Nor later, for being asked again and again. */
static void
kept_group_that_ignores_term_is_killed_two_seconds_later(void **state)
{
	struct pollfd p = { .fd = -1 };
	int64_t before;
	struct kept k;
	int i;

	(void)state;
	assert_int_equal(start(&k, "trap '' TERM; sleep 600 & echo; "
	    "sleep 600"), 0);
	await_word(&k);
	p.fd = k.out;
	before = clock_mono_ns();
	for (i = 0; i < 40 && poll(&p, 1, 250) == 0; i++)
		assert_int_equal(child_signal(k.pid, SIGTERM), 0);
	assert_true(i < 40);
	ends(&k, "signal 9 (KILL)");
	assert_true(clock_mono_ns() - before >= 2 * NS_PER_S);
}

static void
kept_group_is_killed_at_once_by_int(void **state)
{
	int64_t before;
	struct kept k;

	(void)state;
	assert_int_equal(start(&k, "trap '' TERM INT; sleep 600 & echo; "
	    "sleep 600"), 0);
	await_word(&k);
	before = clock_mono_ns();
	assert_int_equal(child_signal(k.pid, SIGINT), 0);
	ends(&k, "signal 9 (KILL)");
	assert_true(clock_mono_ns() - before < 2 * NS_PER_S);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept_status_is_the_commands_own),
		cmocka_unit_test(kept_command_leads_a_session_of_its_own),
		cmocka_unit_test(
		    kept_command_that_cannot_start_is_an_error_at_once),
		cmocka_unit_test(kept_command_leaves_nothing_behind),
		cmocka_unit_test(kept_group_gets_term_first),
		cmocka_unit_test(
		    kept_group_that_ignores_term_is_killed_two_seconds_later),
		cmocka_unit_test(kept_group_is_killed_at_once_by_int),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
