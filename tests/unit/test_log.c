/* SPDX-License-Identifier: ISC */
/* One line, whatever is in it; silence for repeats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zmq.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/must.h"

static int saved = -1, fds[2];

static void
capture(void)
{
	assert_int_equal(pipe(fds), 0);
	saved = dup(STDERR_FILENO);
	dup2(fds[1], STDERR_FILENO);
	close(fds[1]);
}

static void
captured(char *buf, size_t size)
{
	ssize_t n;

	dup2(saved, STDERR_FILENO);
	close(saved);
	n = read(fds[0], buf, size - 1);
	close(fds[0]);
	buf[n > 0 ? n : 0] = '\0';
}

static size_t
lines(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += *s == '\n';
	return n;
}

static void
log_foreign_bytes_stay_in_one_line(void **state)
{
	char buf[2048];

	(void)state;
	log_init("test", LOG_DEST_STDERR, false);
	capture();
	log_notice("uplink %s: down", "a\r\nb\x1b[2J\x7f");
	captured(buf, sizeof(buf));
	assert_int_equal(lines(buf), 1);
	assert_non_null(strstr(buf, "a\\x0d\\x0ab\\x1b[2J\\x7f: down\n"));
}

static void
log_too_long_is_cut_and_ended(void **state)
{
	char buf[4096], *big = malloc(9000);

	(void)state;
	memset(big, 'x', 8999);
	big[8999] = '\0';
	capture();
	log_err("%s", big);
	captured(buf, sizeof(buf));
	assert_int_equal(lines(buf), 1);
	assert_true(strlen(buf) < 2000);
	assert_int_equal(buf[strlen(buf) - 1], '\n');
	free(big);
}

static void
log_keeps_errno(void **state)
{
	char buf[512];

	(void)state;
	capture();
	errno = EXDEV;
	log_warning("something");
	assert_int_equal(errno, EXDEV);
	captured(buf, sizeof(buf));
	assert_non_null(strstr(buf, "warning: something"));
}

static void
log_journal_form_has_a_level(void **state)
{
	char buf[512];

	(void)state;
	log_init("test", LOG_DEST_JOURNAL, false);
	capture();
	log_err("x");
	captured(buf, sizeof(buf));
	assert_int_equal(strncmp(buf, "<3>", 3), 0);
	log_init("test", LOG_DEST_STDERR, false);
}

static void
log_debug_is_silent_unless_verbose(void **state)
{
	char buf[512];

	(void)state;
	capture();
	log_debug("hidden");
	log_info("end");
	captured(buf, sizeof(buf));
	assert_null(strstr(buf, "hidden"));
	log_init("test", LOG_DEST_STDERR, true);
	capture();
	log_debug("shown");
	captured(buf, sizeof(buf));
	assert_non_null(strstr(buf, "shown"));
	log_init("test", LOG_DEST_STDERR, false);
}

static void
log_change_says_begin_and_end_once(void **state)
{
	struct log_same same = { 0, 0 };
	char buf[4096];
	int i;

	(void)state;
	capture();
	log_change(&same, 0, "thing");
	for (i = 0; i < 100; i++)
		log_change(&same, -ENODEV, "thing");
	log_change(&same, 0, "thing");
	log_change(&same, 0, "thing");
	captured(buf, sizeof(buf));
	assert_int_equal(lines(buf), 2);
	assert_non_null(strstr(buf, "No such device"));
	assert_non_null(strstr(buf, "100 failures"));
}

static void
err_text_knows_both_worlds(void **state)
{
	char e[ERR_TEXT_MAX];

	(void)state;
	assert_string_equal(err_text(-ENOENT, e), "No such file or directory");
	assert_string_equal(err_text(ENOENT, e), "No such file or directory");
	assert_string_equal(err_text(-ETERM, e), zmq_strerror(ETERM));
	assert_non_null(err_text(99999, e));
}

static void
must_names_file_and_line_and_aborts(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		fclose(stderr);
		MUST(1 + 1 == 3);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(log_foreign_bytes_stay_in_one_line),
		cmocka_unit_test(log_too_long_is_cut_and_ended),
		cmocka_unit_test(log_keeps_errno),
		cmocka_unit_test(log_journal_form_has_a_level),
		cmocka_unit_test(log_debug_is_silent_unless_verbose),
		cmocka_unit_test(log_change_says_begin_and_end_once),
		cmocka_unit_test(err_text_knows_both_worlds),
		cmocka_unit_test(must_names_file_and_line_and_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
