/* SPDX-License-Identifier: ISC */
/*
 * transfer: one transfer by libcurl from a lane's thread: with a deadline, able
 * to be cancelled, by the line that is wanted, with nothing of the environment
 * and nobody in between.  What is transferred is the caller's.
 */
#ifndef UPLINKD_ACTIONS_TRANSFER_H
#define UPLINKD_ACTIONS_TRANSFER_H

#include <curl/curl.h>
#include <stdint.h>

#include "actions/action.h"

enum transfer_way {
	TRANSFER_ROUTES = 1,	/* as the routes say */
	TRANSFER_UPLINK,	/* bound to the job's uplink, or not at all */
	TRANSFER_WORKING	/* by each line that carries, then by routes */
};

enum transfer_next {
	TRANSFER_END = 1,
	TRANSFER_AGAIN,		/* the same */
	TRANSFER_ANOTHER
};

struct transfer {
	const struct job *job;
	const struct job_env *env;
	enum transfer_way through;
	void		*arg;
	/* What is wanted, on a new handle; again for each way. */
	CURLcode	(*set)(CURL *, void *arg);
	/*
	 * What came of it.  0, or -errno with a text; 1: what libcurl says of
	 * code is all there is to say, or text, if there is one.
	 */
	int		(*judge)(CURL *, CURLcode code, void *arg, char *text);
	/*
	 * TRANSFER_WORKING: which way is next after one that failed with text.
	 * NULL: another one, unless the server was reached: it might be done
	 * twice.
	 */
	enum transfer_next (*next)(void *arg, const char *text);
};

/*
 * Thread: lane worker.  Within the job's timeout, which the ways share.  Same
 * as result->err.
 */
int	transfer_run(const struct transfer *, struct job_result *);

#endif
