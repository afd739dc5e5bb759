/* SPDX-License-Identifier: ISC */
/*
 * The host of a library, in a process of its own as ever, with the plugins of
 * tests/plugins: whatever they do, what is said about it and how it ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dispatcher/tool.h"
#include "lib/child.h"
#include "lib/clock.h"
#include "lib/must.h"

struct host {
	pid_t	pid;
	int	out;
};

/* Becomes a host; how NULL: no option at all. */
static _Noreturn void
in_child(const char *file, const char *how, int argc, char **argv, int in,
    int out)
{
	static const int faults[] = { SIGSEGV, SIGABRT, SIGBUS, SIGFPE };
	int lib = open(file, O_RDONLY);
	size_t i;

	/* Cmocka's handlers are not the parent's. */
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		(void)signal(faults[i], SIG_DFL);
	if (lib == -1 || dup2(lib, 3) == -1 || dup2(in, 0) == -1 ||
	    dup2(out, 1) == -1 || dup2(out, 2) == -1)
		_exit(99);
	closefrom(4);
	(void)alarm(60);	/* who hangs is a failure, too */
	(void)clearenv();
	(void)setenv("UPLINKD_LEVEL", "down", 1);
	if (how != NULL)
		(void)setenv("UPLINKD_OPTION_HOW", how, 1);
	_exit(tool_plugin(argc, argv));
}

static struct host
start_words(const char *file, const char *how, int argc, char **argv)
{
	struct host h;
	int in[2], out[2];

	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(write(in[1], "{}\n", 3), 3);
	close(in[1]);
	fflush(NULL);
	h.pid = fork();
	assert_true(h.pid != -1);
	if (h.pid == 0)
		in_child(file, how, argc, argv, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	h.out = out[0];
	return h;
}

static struct host
start(const char *name, const char *how, int timeout_ms)
{
	char file[64], word[32], ms[32], user[] = "user=nobody";
	char *argv[] = { user, word, ms, NULL };

	snprintf(file, sizeof(file), "tests/plugins/%s.so", name);
	snprintf(word, sizeof(word), "name=%s", name);
	snprintf(ms, sizeof(ms), "timeout_ms=%d", timeout_ms);
	return start_words(file, how, 3, argv);
}

static void
ends(struct host *h, const char *want, const char *text)
{
	char buf[1024], end[32];
	size_t len = 0;
	ssize_t n;
	int status;

	while ((n = read(h->out, buf + len, sizeof(buf) - 1 - len)) > 0)
		len += (size_t)n;
	buf[len] = '\0';
	close(h->out);
	assert_int_equal(waitpid(h->pid, &status, 0), h->pid);
	assert_string_equal(child_status_text(status, end, sizeof(end)),
	    want);
	if (text != NULL && strcmp(buf, text) != 0)
		fail_msg("it said: %s", buf);
}

static void
goes(const char *name, const char *how, const char *want, const char *text)
{
	struct host h = start(name, how, 60000);

	ends(&h, want, text);
}

static void
host_says_so_when_all_is_well(void **state)
{
	(void)state;
	goes("bad", NULL, "exit 77", "well\n");
	goes("bad", "well", "exit 77", "well\n");
	goes("bad", "stdout", "exit 77", "on standard output\n\033[2J");
}

static void
host_fails_as_its_plugin_does(void **state)
{
	(void)state;
	goes("bad", "init", "exit 1", "init: Operation not permitted\n");
	goes("bad", "no such way", "exit 1", "run: Invalid argument\n");
	goes("bad", "close", "exit 1", "");
#ifndef __SANITIZE_ADDRESS__	/* which has a word of its own for it */
	goes("bad", "crash", "signal 11 (SEGV)", "");
#endif
	goes("bad", "abort", "signal 6 (ABRT)", "");
	goes("bad", "free", "signal 6 (ABRT)", "");
	/* Which is no success of the job: plugin_verdict. */
	goes("bad", "exit", "exit 0", "");
	goes("bad", "_exit", "exit 0", "");
}

static void
host_does_not_run_what_is_no_plugin_of_its_version(void **state)
{
	(void)state;
	goes("old", NULL, "exit 1", "old.so was built for version 2 of "
	    "uplinkd_plugin.h, and this uplinkd has 1: build it again\n");
	goes("unresolved", NULL, "exit 1", "unresolved.so cannot be loaded: "
	    "undefined symbol: uplinkd_nobody_has_this\n");
	goes("none", NULL, "exit 1", "none.so is no plugin: it does not "
	    "export uplinkd_plugin\n");
}

static void
host_cancels_at_the_deadline(void **state)
{
	int64_t from_ns = clock_mono_ns(), took_ns;
	struct host h = start("bad", "wait", 1000);

	(void)state;
	ends(&h, "exit 1", "told to stop\n");
	took_ns = clock_mono_ns() - from_ns;
	/* A tenth of it is left for run to return in. */
	assert_true(took_ns >= 900 * NS_PER_MS);
	h = start("bad", "cancel", 100);
	ends(&h, "signal 6 (ABRT)", "");
}

/* The handler is there some time after the start, not before run. */
static void
host_cancels_when_it_is_asked_to(void **state)
{
	int64_t from_ns = clock_mono_ns();
	struct host h = start("bad", "wait", 600000);
	char path[64], line[128];
	unsigned long long caught = 0;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "/proc/%ld/status", (long)h.pid);
	while ((caught & (1ull << (SIGTERM - 1))) == 0) {
		assert_true(clock_mono_ns() - from_ns < 30 * NS_PER_S);
		f = fopen(path, "r");
		assert_non_null(f);
		while (fgets(line, sizeof(line), f) != NULL)
			(void)sscanf(line, "SigCgt: %llx", &caught);
		fclose(f);
	}
	assert_int_equal(kill(h.pid, SIGTERM), 0);
	ends(&h, "exit 1", "told to stop\n");
	assert_true(clock_mono_ns() - from_ns < 60 * NS_PER_S);
}

static void
host_takes_its_words_and_no_others(void **state)
{
	static char *const bad[][3] = {
		{ "user=nobody", "name=bad", "timeout_ms=0" },
		{ "user=nobody", "name=bad", "timeout_ms=x" },
		{ "user=nobody", "name=bad", "time=1" },
		{ "user=nobody", "timeout_ms=1000", "timeout_ms=1000" },
		{ "name=bad", "timeout_ms=1000", "timeout_ms=1000" },
		{ "user=nobody", "name=bad", "timeout_ms=9223372036854775807" },
	};
	char *argv[3];
	struct host h;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memcpy(argv, bad[i], sizeof(argv));
		h = start_words("tests/plugins/bad.so", NULL, 3, argv);
		ends(&h, "exit 1", "plugin: Invalid argument\n");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_says_so_when_all_is_well),
		cmocka_unit_test(host_fails_as_its_plugin_does),
		cmocka_unit_test(
		    host_does_not_run_what_is_no_plugin_of_its_version),
		cmocka_unit_test(host_cancels_at_the_deadline),
		cmocka_unit_test(host_cancels_when_it_is_asked_to),
		cmocka_unit_test(host_takes_its_words_and_no_others),
	};

	return cmocka_run_group_tests_name("tool_plugin", tests, NULL, NULL);
}
