/* SPDX-License-Identifier: ISC */
/* One line, whatever is in it; silence for repeats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <regex.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

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

static bool
matches(const char *text, const char *pattern)
{
	regex_t re;
	bool yes;

	assert_int_equal(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
	yes = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return yes;
}

static void
log_stderr_form_has_time_role_and_pid(void **state)
{
	char buf[512], tail[64];

	(void)state;
	log_init("feed", LOG_DEST_STDERR, false);
	capture();
	log_err("uplink %s: %d", "ext1", 7);
	captured(buf, sizeof(buf));
	assert_true(matches(buf, "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}"
	    ":[0-9]{2}\\.[0-9]{3}Z feed\\[[0-9]+\\] error: "));
	snprintf(tail, sizeof(tail), " feed[%ld] error: uplink ext1: 7\n",
	    (long)getpid());
	assert_string_equal(strchr(buf, ' '), tail);
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
log_utf8_passes_and_what_is_none_is_escaped(void **state)
{
	static const struct {
		const char	*in, *out;
	} cases[] = {
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80|",
		    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80|" },
		{ "\xc2\x9b|", "\\xc2\\x9b|" },		/* C1: CSI */
		{ "\x9b|", "\\x9b|" },
		{ "\xc3|", "\\xc3|" },			/* cut short */
		{ "\xe2\x82|", "\\xe2\\x82|" },
		{ "\xc0\x8a|", "\\xc0\\x8a|" },		/* overlong LF */
		{ "\xe0\x80\x8a|", "\\xe0\\x80\\x8a|" },
		{ "\xf0\x80\x80\x8a|", "\\xf0\\x80\\x80\\x8a|" },
		{ "\xed\xa0\x80|", "\\xed\\xa0\\x80|" },	/* surrogate */
		{ "\xf4\x90\x80\x80|", "\\xf4\\x90\\x80\\x80|" },
		{ "\xff|", "\\xff|" },
	};
	char buf[512], want[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		capture();
		log_info("<%s", cases[i].in);
		captured(buf, sizeof(buf));
		snprintf(want, sizeof(want), "<%s\n", cases[i].out);
		assert_string_equal(strchr(buf, '<'), want);
	}
}

/* Around the size of the line, so that one byte too many is seen. */
static void
log_too_long_is_cut_and_says_so(void **state)
{
	static const char fills[] = { 'x', '\x01' };
	char buf[4096], big[2048];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(fills); i++)
		for (n = 200; n < sizeof(big); n += n < 1300 ? 1 : 97) {
			memset(big, fills[i], n);
			big[n] = '\0';
			capture();
			log_err("%s|", big);
			captured(buf, sizeof(buf));
			assert_int_equal(lines(buf), 1);
			assert_true(strlen(buf) < 1200);
			assert_true(matches(buf, n < 1022 && i == 0 ?
			    "x\\|\n$" : "(x|\\\\x01)(\\|\n|\\.\\.\\.\n)$"));
			if (n > 1100)
				assert_true(matches(buf, "\\.\\.\\.\n$"));
		}
}

/* Escapes of four bytes after heads of all lengths modulo four. */
static void
log_escaped_to_the_end_keeps_room_for_its_dots(void **state)
{
	static const char *const ident[] = { "a", "ab", "abc", "abcd" };
	char buf[4096], big[1000];
	size_t i;

	(void)state;
	memset(big, '\x01', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	for (i = 0; i < sizeof(ident) / sizeof(ident[0]); i++) {
		log_init(ident[i], LOG_DEST_JOURNAL, false);
		capture();
		log_err("%s", big);
		captured(buf, sizeof(buf));
		assert_true(strlen(buf) > 1100);
		assert_true(strlen(buf) < 1152);
		assert_true(matches(buf, "x01\\.\\.\\.\n$"));
	}
	log_init("test", LOG_DEST_STDERR, false);
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
	assert_string_equal(buf, "<3>test: x\n");
	capture();
	log_info("y");
	captured(buf, sizeof(buf));
	assert_string_equal(buf, "<6>test: y\n");
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
log_change_tells_another_error_at_once(void **state)
{
	struct log_same same = { 0, 0 };
	char buf[4096];

	(void)state;
	capture();
	log_change(&same, -ENODEV, "link %d", 5);
	log_change(&same, -EPERM, "link %d", 5);
	log_change(&same, -EPERM, "link %d", 5);
	errno = EXDEV;
	log_change(&same, 0, "link %d", 5);
	assert_int_equal(errno, EXDEV);
	captured(buf, sizeof(buf));
	assert_int_equal(same.err, 0);
	assert_int_equal(same.count, 0);
	assert_int_equal(lines(buf), 3);
	assert_non_null(strstr(buf, "link 5: No such device"));
	assert_non_null(strstr(buf, "link 5: Operation not permitted"));
	assert_non_null(strstr(buf, "works again (after 3 failures)"));
}

#define WRITERS	4
#define LINES	100

static void *
write_lines(void *arg)
{
	const char *what = arg;
	int i;

	for (i = 0; i < LINES; i++)
		log_info("%s", what);
	return NULL;
}

/* 4 * 100 lines of about 80 bytes: less than a pipe holds. */
static void
log_lines_of_many_threads_are_whole(void **state)
{
	static char *const what[WRITERS] = { "<aaaaaaaaaaaaaaaaaaaaaaaa>",
	    "<bbbbbbbbbbbb>", "<cccccccccccccccccccccccccccccc>", "<d>" };
	static char buf[65536];
	pthread_t t[WRITERS];
	size_t i, whole = 0;
	char *line, *rest;

	(void)state;
	capture();
	for (i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, write_lines,
		    what[i]), 0);
	for (i = 0; i < WRITERS; i++)
		pthread_join(t[i], NULL);
	captured(buf, sizeof(buf));
	assert_int_equal(lines(buf), WRITERS * LINES);
	for (line = strtok_r(buf, "\n", &rest); line != NULL;
	    line = strtok_r(NULL, "\n", &rest))
		whole += matches(line, "^[^<]*\\] (<a+>|<b+>|<c+>|<d>)$");
	assert_int_equal(whole, WRITERS * LINES);
}

static void
must_names_file_and_line_and_aborts(void **state)
{
	static const enum log_dest dests[] = { LOG_DEST_STDERR,
	    LOG_DEST_SYSLOG };
	char buf[1024], want[128];
	int status, line = 0;
	size_t i;
	pid_t pid;

	(void)state;
	for (i = 0; i < 2; i++) {
		capture();
		pid = fork();
		if (pid == 0) {
			/* cmocka's own handler would say more. */
			signal(SIGABRT, SIG_DFL);
			log_init("test", dests[i], false);
			MUST(1 + 1 == 3);
			_exit(0);
		}
		line = __LINE__ - 3;
		assert_int_equal(waitpid(pid, &status, 0), pid);
		captured(buf, sizeof(buf));
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGABRT);
		/* Bare in any case; the log's own line if it goes there. */
		snprintf(want, sizeof(want), "%s:%d: MUST(1 + 1 == 3)\n",
		    __FILE__, line);
		assert_int_equal(strncmp(buf, want, strlen(want)), 0);
		snprintf(want, sizeof(want),
		    "bug: %s:%d: 1 + 1 == 3 does not hold\n", __FILE__, line);
		assert_int_equal(strstr(buf, want) != NULL,
		    dests[i] == LOG_DEST_STDERR);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(log_stderr_form_has_time_role_and_pid),
		cmocka_unit_test(log_foreign_bytes_stay_in_one_line),
		cmocka_unit_test(log_utf8_passes_and_what_is_none_is_escaped),
		cmocka_unit_test(log_too_long_is_cut_and_says_so),
		cmocka_unit_test(
		    log_escaped_to_the_end_keeps_room_for_its_dots),
		cmocka_unit_test(log_keeps_errno),
		cmocka_unit_test(log_journal_form_has_a_level),
		cmocka_unit_test(log_debug_is_silent_unless_verbose),
		cmocka_unit_test(log_change_says_begin_and_end_once),
		cmocka_unit_test(log_change_tells_another_error_at_once),
		cmocka_unit_test(log_lines_of_many_threads_are_whole),
		cmocka_unit_test(must_names_file_and_line_and_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
