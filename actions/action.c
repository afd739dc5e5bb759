/* SPDX-License-Identifier: ISC */
/*
 * action: the kinds that were built in, and which one runs a job.  Entered by
 * lane workers; holds nothing.
 */
#include "actions/action.h"

#include "actions/mail_smtp.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/clock.h"

/* Nobody is asked in a loop. */
#define DURABLE_WAIT_MIN	(100 * NS_PER_MS)

#define ACTION_KIND(name) extern const struct action_kind action_##name;
#include "actions/kinds.h"
#undef ACTION_KIND

static const struct action_kind *const kinds[] = {
#define ACTION_KIND(name) &action_##name,
#include "actions/kinds.h"
#undef ACTION_KIND
};

#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

const struct action_kind *
action_kind(const char *name)
{
	size_t i;

	for (i = 0; i < NKINDS; i++)
		if (strcmp(kinds[i]->set->name, name) == 0)
			return kinds[i];
	return NULL;
}

const struct option_set *
action_option_set(const char *name)
{
	const struct action_kind *kind = action_kind(name);

	return kind == NULL ? NULL : kind->set;
}

const char *
action_kind_name(size_t n)
{
	return n < NKINDS ? kinds[n]->set->name : NULL;
}

void
action_limits(struct job *j, const struct conf_action *a)
{
	j->every = a->every;
	j->cancel = a->on_supersede == CONF_CANCEL;
	j->timeout_ns = a->timeout_ns;
	j->tries_max = (int)a->retries + 1;
	j->retry_wait_ns = a->retry_wait_ns;
	j->durable = action_kind(a->kind->name)->durable;
	if (!j->durable)
		return;
	j->every = true;
	j->cancel = false;
	j->tries_max = INT_MAX;
	if (j->retry_wait_ns < DURABLE_WAIT_MIN)
		j->retry_wait_ns = DURABLE_WAIT_MIN;
	snprintf(j->key, sizeof(j->key), "%s", a->name);
}

void
job_free(struct job *j)
{
	if (j == NULL)
		return;
	free(j->text);
	free(j);
}

static const struct conf_step *
job_step(const struct job *j)
{
	return &j->conf->uplinks[j->uplink].recovery.steps[j->index];
}

const struct option_set *
job_kind(const struct job *j)
{
	return j->what == POWER_ACTION ? j->conf->actions[j->index].kind :
	    j->what == POWER_RECOVERY ? job_step(j)->kind : NULL;
}

const void *
job_opts(const struct job *j)
{
	return j->what == POWER_ACTION ? j->conf->actions[j->index].opts :
	    j->what == POWER_RECOVERY ? job_step(j)->opts : NULL;
}

static int
run_mail(const struct job *j, const struct job_env *env,
    struct job_result *result)
{
	if (j->text == NULL)
		return result->err = -EINVAL;
	if (j->conf->mail.smtp)
		return mail_smtp_send(j, env, result);
	(void)action_spawn(j, env, j->text, j->text_len, result);
	/* What else there is in sysexits.h may have passed tomorrow. */
	result->refused = result->exit == EX_DATAERR ||
	    result->exit == EX_NOUSER;
	/* OpenSMTPD says EX_SOFTWARE to all that a server refuses. */
	result->unsure = !result->refused && result->exit > 0 &&
	    result->exit != EX_TEMPFAIL;
	return result->err;
}

static int
event_input(const struct job *j, char *buf, size_t size)
{
	int n = msg_encode(&j->event, buf, size - 1);

	if (n < 0)
		return n;
	buf[n] = '\n';
	return n + 1;
}

int
action_run_bounded(const struct job *j, const struct job_env *env,
    uint64_t most, struct job_result *result)
{
	char input[EVENT_BYTES_MAX];
	int n = event_input(j, input, sizeof(input));

	if (n < 0) {
		snprintf(result->text, sizeof(result->text),
		    "the event cannot be written");
		return result->err = n;
	}
	return action_spawn_bounded(j, env, input, (size_t)n, most, result);
}

int
action_run_command(const struct job *j, const struct job_env *env,
    struct job_result *result)
{
	return action_run_bounded(j, env, 0, result);
}

int
action_run_job(const struct job *j, const struct job_env *env,
    struct job_result *result)
{
	memset(result, 0, sizeof(*result));
	switch (j->what) {
	case POWER_MAIL:
		return run_mail(j, env, result);
	case POWER_RECOVERY:
	case POWER_ACTION:
		return action_kind(job_kind(j)->name)->run(j, env, result);
	case POWER_FLOWS:
		return action_run_flows(j, env, result);
	case POWER_CHECK:	/* the probes' own */
		break;
	}
	return result->err = -EINVAL;
}
