/* SPDX-License-Identifier: ISC */
/*
 * mail_smtp: a letter to an SMTP server.
 */
#ifndef UPLINKD_ACTIONS_MAIL_SMTP_H
#define UPLINKD_ACTIONS_MAIL_SMTP_H

#include "actions/action.h"

/*
 * Thread: lane worker.  The job's text to all of mail.to, within the job's
 * timeout; returns early when it is cancelled.  Same as result->err.
 */
int	mail_smtp_send(const struct job *, const struct job_env *,
	    struct job_result *);

#endif
