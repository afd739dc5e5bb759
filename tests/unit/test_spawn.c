/* SPDX-License-Identifier: ISC */
/* A command seen from the lane; the test plays the parent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actions/action.h"
#include "lib/clock.h"

struct play {
	int		sock;		/* the parent's end */
	struct power_exit end;
	const char	*output;
	size_t		repeat;		/* write the output so often */
	bool		silent;		/* never answer */
	struct power_spawn seen;
	char		input[256];
	bool		hung_up;	/* the lane closed its end */
	unsigned	busy;		/* so often it is told to come back */
	unsigned	asked;
};

static bool
play(struct play *p)
{
	const struct power_exit busy = { .err = -EBUSY };
	struct pollfd hup;
	int fds[POWER_FDS_MAX];
	size_t nfds = POWER_FDS_MAX, i;
	ssize_t n;

	if (power_recv(p->sock, &p->seen, sizeof(p->seen), fds, &nfds) !=
	    (int)sizeof(p->seen) || nfds != 3)
		return false;
	n = read(fds[1], p->input, sizeof(p->input) - 1);
	p->input[n > 0 ? n : 0] = '\0';
	for (i = 0; i < p->repeat; i++)
		if (write(fds[2], p->output, strlen(p->output)) == -1)
			break;
	p->asked++;
	if (p->busy > 0)
		(void)power_send(fds[0], &busy, sizeof(busy), NULL, 0);
	else if (p->silent) {
		hup = (struct pollfd){ .fd = fds[0] };
		p->hung_up = poll(&hup, 1, 20000) == 1;
	} else
		(void)power_send(fds[0], &p->end, sizeof(p->end), NULL, 0);
	for (i = 0; i < 3; i++)
		close(fds[i]);
	return p->busy > 0 && p->busy-- > 0;
}

static void *
parent(void *arg)
{
	while (play(arg))
		;
	return NULL;
}

static uint64_t most;		/* bytes of output for the next ones */

static int
spawn(struct play *p, int64_t timeout_ns, bool cancel,
    struct job_result *result)
{
	struct job j = { .what = POWER_ACTION, .id = 5, .event_id = 6,
	    .tries = 1, .timeout_ns = timeout_ns };
	int sv[2], pipefd[2], rc;
	struct job_env env;
	pthread_t t;

	j.event.u.event.level = LEVEL_DOWN;
	memset(result, 0, sizeof(*result));
	assert_int_equal(power_pair(sv), 0);
	assert_int_equal(pipe(pipefd), 0);
	p->sock = sv[1];
	env = (struct job_env){ .power = sv[0], .cancel_fd = pipefd[0] };
	if (cancel)
		assert_int_equal(write(pipefd[1], "", 1), 1);
	assert_int_equal(pthread_create(&t, NULL, parent, p), 0);
	rc = action_spawn_bounded(&j, &env, "hello\n", 6, most, result);
	close(sv[0]);
	pthread_join(t, NULL);
	close(sv[1]);
	close(pipefd[0]);
	close(pipefd[1]);
	assert_int_equal(rc, result->err);
	return rc;
}

static void
spawn_success_has_status_and_last_line(void **state)
{
	struct play p = { .output = "first\nlast one\n\n", .repeat = 1 };
	struct job_result r;

	(void)state;
	assert_int_equal(spawn(&p, NS_PER_S, false, &r), 0);
	assert_string_equal(r.text, "exit 0: last one");
	assert_string_equal(p.input, "hello\n");
	assert_int_equal(p.seen.job_id, 5);
	assert_int_equal(p.seen.event_id, 6);
	assert_int_equal(p.seen.level, LEVEL_DOWN);
}

static void
spawn_failure_is_told(void **state)
{
	struct play p = { .end = { .status = 2 << 8 } };
	struct job_result r;

	(void)state;
	assert_int_equal(spawn(&p, NS_PER_S, false, &r), -ECHILD);
	assert_string_equal(r.text, "exit 2");
	p.end = (struct power_exit){ .err = -ENOENT };
	assert_int_equal(spawn(&p, NS_PER_S, false, &r), -ENOENT);
	assert_string_equal(r.text, "No such file or directory");
	p.end = (struct power_exit){ .status = 9, .timed_out = 1 };
	assert_int_equal(spawn(&p, NS_PER_S, false, &r), -ETIMEDOUT);
	assert_non_null(strstr(r.text, "deadline"));
}

static void
spawn_output_is_cleaned_and_bounded(void **state)
{
	struct play p = { .output = "a\x1b[2J\x01z", .repeat = 20000 };
	struct job_result r;
	const char *c;

	(void)state;
	assert_int_equal(spawn(&p, NS_PER_S, false, &r), 0);
	assert_true(strlen(r.text) < EVENT_TEXT_MAX);
	for (c = r.text; *c != '\0'; c++)
		assert_true(*c >= 0x20 && *c != 0x7f);
}

/* As much as is allowed is no fault; for more the lane hangs up. */
static void
spawn_too_much_output_is_a_failure(void **state)
{
	struct play p = { .output = "0123456789abcde\n", .repeat = 256 };
	struct job_result r;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	most = 4096;
	assert_int_equal(spawn(&p, NS_PER_S, false, &r), 0);
	p.repeat = 257;
	p.silent = true;
	assert_int_equal(spawn(&p, 60 * NS_PER_S, false, &r), -EFBIG);
	assert_true(p.hung_up);
	assert_string_equal(r.text, "too much output: 0123456789abcde");
	/* It had ended before that was seen. */
	p.silent = false;
	assert_int_equal(spawn(&p, NS_PER_S, false, &r), -EFBIG);
	assert_string_equal(r.text, "too much output: 0123456789abcde");
	most = 0;
	assert_int_equal(spawn(&p, NS_PER_S, false, &r), 0);
}

static void
spawn_cancelled_hangs_up(void **state)
{
	struct play p = { .silent = true };
	struct job_result r;

	(void)state;
	assert_int_equal(spawn(&p, 60 * NS_PER_S, true, &r), -ECANCELED);
	assert_true(p.hung_up);
}

/* The run before is dying yet: it is waited for, and no try is spent. */
static void
spawn_busy_is_asked_again(void **state)
{
	struct play p = { .busy = 3, .output = "at last", .repeat = 1 };
	struct job_result r;

	(void)state;
	assert_int_equal(spawn(&p, NS_PER_S, false, &r), 0);
	assert_int_equal(p.asked, 4);
	assert_string_equal(r.text, "exit 0: at last");
	assert_string_equal(p.input, "hello\n");
	assert_int_equal(p.seen.tries, 1);
}

static void
spawn_parent_that_is_gone_is_an_error(void **state)
{
	struct job j = { .what = POWER_ACTION, .timeout_ns = NS_PER_S };
	struct job_env env;
	struct job_result r;
	int sv[2], p[2];

	(void)state;
	assert_int_equal(power_pair(sv), 0);
	assert_int_equal(pipe(p), 0);
	close(sv[1]);
	env = (struct job_env){ .power = sv[0], .cancel_fd = p[0] };
	assert_int_equal(action_spawn(&j, &env, "x", 1, &r), -EPIPE);
	close(sv[0]);
	close(p[0]);
	close(p[1]);
}

static void
spawn_input_that_no_pipe_takes_is_refused(void **state)
{
	struct job j = { .what = POWER_ACTION, .timeout_ns = NS_PER_S };
	struct job_env env = { .power = -1, .cancel_fd = -1 };
	char *big = calloc(1, 100000);
	struct job_result r;

	(void)state;
	assert_int_equal(action_spawn(&j, &env, big, 100000, &r), -EMSGSIZE);
	free(big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spawn_success_has_status_and_last_line),
		cmocka_unit_test(spawn_failure_is_told),
		cmocka_unit_test(spawn_output_is_cleaned_and_bounded),
		cmocka_unit_test(spawn_too_much_output_is_a_failure),
		cmocka_unit_test(spawn_cancelled_hangs_up),
		cmocka_unit_test(spawn_busy_is_asked_again),
		cmocka_unit_test(spawn_parent_that_is_gone_is_an_error),
		cmocka_unit_test(spawn_input_that_no_pipe_takes_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
