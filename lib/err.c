/* SPDX-License-Identifier: ISC */
/*
 * err: text for error numbers.  Pure; any thread.
 */
#include "lib/err.h"

#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

/*
 * ZeroMQ's own numbers only: for others zmq_strerror falls back on
 * strerror(3), which not every system makes safe in threads.
 */
static const char *
zmq_text(int err)
{
	switch (err) {
	case EFSM:
	case ENOCOMPATPROTO:
	case ETERM:
	case EMTHREAD:
		return zmq_strerror(err);
	default:
		return NULL;
	}
}

const char *
err_text(int err, char buf[ERR_TEXT_MAX])
{
	int saved = errno;
	locale_t c = (locale_t)0;
	const char *text;

	if (err < 0)
		err = err == INT_MIN ? INT_MAX : -err;
	text = zmq_text(err);
	/*
	 * strerror_r(3) has two forms and strerrordesc_np(3) is one library's;
	 * this one is POSIX, and the log is in English anyway.
	 */
	if (text == NULL && (c = newlocale(LC_ALL_MASK, "C", c)) != (locale_t)0)
		text = strerror_l(err, c);
	if (text != NULL)
		snprintf(buf, ERR_TEXT_MAX, "%s", text);
	else
		snprintf(buf, ERR_TEXT_MAX, "error %d", err);
	if (c != (locale_t)0)
		freelocale(c);
	errno = saved;
	return buf;
}
