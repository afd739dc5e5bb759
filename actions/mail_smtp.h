/* SPDX-License-Identifier: ISC */
/*
 * mail_smtp: a letter to an SMTP server.
 */
#ifndef UPLINKD_ACTIONS_MAIL_SMTP_H
#define UPLINKD_ACTIONS_MAIL_SMTP_H

#include <stddef.h>

#include "actions/action.h"

#define MAIL_WHY_MAX	EVENT_TEXT_MAX

/*
 * Thread: lane worker.  The job's text to all of mail.to, within the job's
 * timeout; returns early when it is cancelled.  Same as result->err.
 */
int	mail_smtp_send(const struct job *, const struct job_env *,
	    struct job_result *);
/*
 * Thread: any.  The first line of a file that nobody else can read, looked at
 * by its open descriptor.  0, or -errno and why in words.
 */
int	mail_password(const char *path, char *buf, size_t size,
	    char why[MAIL_WHY_MAX]);

#endif
