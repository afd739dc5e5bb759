/* SPDX-License-Identifier: ISC */
/*
 * flows: the connections of an uplink are ended by a program that the parent
 * starts; here its result becomes a sentence.  Entered by lane workers.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "actions/action.h"

static const char success[] = "exit 0: ";

/* What the parent has kept on purpose is no failure. */
static const char *
kept_because(int err)
{
	switch (err) {
	case -ENETUNREACH:
		return "no other uplink carries traffic";
	case -EADDRNOTAVAIL:
		return "no address is the line's alone";
	default:
		return NULL;
	}
}

int
action_run_flows(const struct job *j, const struct job_env *env,
    struct job_result *result)
{
	int rc = action_spawn(j, env, "", 0, result);
	const char *why = kept_because(rc);
	size_t n = strlen(success);

	if (why != NULL) {
		snprintf(result->text, sizeof(result->text),
		    "none killed: %s", why);
		result->err = 0;
	} else if (rc == 0 && strncmp(result->text, success, n) == 0)
		memmove(result->text, result->text + n,
		    strlen(result->text + n) + 1);
	return result->err;
}
