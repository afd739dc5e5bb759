/* SPDX-License-Identifier: ISC */
/*
 * err: text for error numbers.  Pure; any thread.
 */
#include "lib/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

const char *
err_text(int err, char buf[ERR_TEXT_MAX])
{
	int saved = errno;
	const char *text = NULL;

	if (err < 0)
		err = -err;
	if (err >= ZMQ_HAUSNUMERO)
		text = zmq_strerror(err);	/* a static text */
	else
		text = strerrordesc_np(err);	/* strerror(3) is not safe here */
	if (text != NULL)
		snprintf(buf, ERR_TEXT_MAX, "%s", text);
	else
		snprintf(buf, ERR_TEXT_MAX, "error %d", err);
	errno = saved;
	return buf;
}
