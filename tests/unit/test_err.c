/* SPDX-License-Identifier: ISC */
/* One text for every error number, whoever made it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>

#include <zmq.h>

#include "lib/err.h"

#define THREADS	4
#define ROUNDS	2000

static void
err_of_the_system_in_both_signs(void **state)
{
	char e[ERR_TEXT_MAX];

	(void)state;
	assert_string_equal(err_text(-ENOENT, e), "No such file or directory");
	assert_string_equal(err_text(ENOENT, e), "No such file or directory");
	assert_ptr_equal(err_text(EPERM, e), e);
}

static void
err_of_zeromq_in_both_signs(void **state)
{
	static const int own[] = { EFSM, ENOCOMPATPROTO, ETERM, EMTHREAD };
	char e[ERR_TEXT_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		assert_true(own[i] > ZMQ_HAUSNUMERO);
		assert_string_equal(err_text(own[i], e), zmq_strerror(own[i]));
		assert_string_equal(err_text(-own[i], e), zmq_strerror(own[i]));
		assert_null(strstr(e, "nknown"));
	}
}

static void
err_of_nobody_tells_its_number(void **state)
{
	char e[ERR_TEXT_MAX], number[16];

	(void)state;
	assert_non_null(strstr(err_text(99999, e), "99999"));
	/* In ZeroMQ's range, but none of its own. */
	snprintf(number, sizeof(number), "%d", ZMQ_HAUSNUMERO + 4711);
	assert_non_null(strstr(err_text(-(ZMQ_HAUSNUMERO + 4711), e), number));
	assert_true(strlen(err_text(INT_MIN, e)) > 0);
	assert_true(strlen(err_text(INT_MAX, e)) > 0);
}

static void
err_text_keeps_errno(void **state)
{
	char e[ERR_TEXT_MAX];

	(void)state;
	errno = EXDEV;
	err_text(99999, e);
	assert_int_equal(errno, EXDEV);
	err_text(-ETERM, e);
	assert_int_equal(errno, EXDEV);
}

struct asker {
	pthread_t	 thread;
	int		 err;
	char		 want[ERR_TEXT_MAX];
	int		 wrong;
};

static void *
ask(void *arg)
{
	struct asker *a = arg;
	char e[ERR_TEXT_MAX];
	int i;

	for (i = 0; i < ROUNDS; i++)
		a->wrong += strcmp(err_text(a->err, e), a->want) != 0;
	return NULL;
}

/* Unknown numbers: those that a library would put into a buffer of its own. */
static void
err_in_many_threads_is_never_anothers(void **state)
{
	struct asker a[THREADS];
	int i;

	(void)state;
	for (i = 0; i < THREADS; i++) {
		a[i].err = 100000 + 11111 * i;
		a[i].wrong = 0;
		err_text(a[i].err, a[i].want);
	}
	assert_string_not_equal(a[0].want, a[1].want);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&a[i].thread, NULL, ask,
		    &a[i]), 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(a[i].thread, NULL);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(a[i].wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(err_of_the_system_in_both_signs),
		cmocka_unit_test(err_of_zeromq_in_both_signs),
		cmocka_unit_test(err_of_nobody_tells_its_number),
		cmocka_unit_test(err_text_keeps_errno),
		cmocka_unit_test(err_in_many_threads_is_never_anothers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
