/* SPDX-License-Identifier: ISC */
/*
 * parent_env: what a command is started with.  The request of a child names
 * a place in the configuration; program, arguments and user come from the
 * parent's own copy.  The environment is built from nothing, with values that
 * are names of the configuration, words of our own and numbers.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actions/action.h"
#include "conf/conf.h"
#include "dispatcher/parent.h"
#include "lib/clock.h"
#include "probes/probe_run.h"
#include "routing/plan.h"

int
cmd_line_put(struct cmd_line *line, const char *fmt, ...)
{
	size_t i, max = sizeof(line->envp) / sizeof(line->envp[0]);
	va_list ap;
	int n;

	for (i = 0; i + 1 < max && line->envp[i] != NULL; i++)
		;
	if (i + 1 == max)
		return -E2BIG;
	va_start(ap, fmt);
	n = vasprintf(&line->envp[i], fmt, ap);
	va_end(ap);
	if (n == -1) {
		line->envp[i] = NULL;
		return -ENOMEM;
	}
	return 0;
}

/* "" for none: what a script tests for. */
static int
put_addr(struct cmd_line *line, const char *name, const struct net_addr *a)
{
	char text[NET_ADDR_TEXT];

	return cmd_line_put(line, "%s=%s", name, a->family == 0 ? "" :
	    net_addr_text(a, text));
}

static int
environment(const struct conf_uplink *u, const struct power_spawn *req,
    const struct want_now *now, struct cmd_line *line)
{
	int rc = 0;

	rc |= cmd_line_put(line, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:"
	    "/usr/bin:/sbin:/bin");
	rc |= cmd_line_put(line, "LANG=C");
	rc |= cmd_line_put(line, "UPLINKD_UPLINK=%s", u->name);
	rc |= cmd_line_put(line, "UPLINKD_INTERFACE=%s", u->ifname);
	rc |= put_addr(line, "UPLINKD_GATEWAY", &now->gateway);
	rc |= put_addr(line, "UPLINKD_ADDRESS", &now->own);
	rc |= cmd_line_put(line, "UPLINKD_LEVEL=%s", level_name(req->level));
	rc |= cmd_line_put(line, "UPLINKD_PREVIOUS=%s", level_name(req->previous));
	rc |= cmd_line_put(line, "UPLINKD_CAUSE=%s", cause_name(req->cause));
	return rc != 0 ? -ENOMEM : 0;
}

/* A check follows no event. */
static int
environment_of_job(const struct power_spawn *req, struct cmd_line *line)
{
	int rc = 0;

	rc |= cmd_line_put(line, "UPLINKD_EVENT_ID=%llu",
	    (unsigned long long)req->event_id);
	rc |= cmd_line_put(line, "UPLINKD_JOB_ID=%llu",
	    (unsigned long long)req->job_id);
	rc |= cmd_line_put(line, "UPLINKD_TRY=%u", req->tries);
	rc |= cmd_line_put(line, "UPLINKD_ACTION=%s", line->name);
	return rc != 0 ? -ENOMEM : 0;
}

static int
of_action(const struct conf *conf, const struct power_spawn *req,
    struct cmd_line *line)
{
	const struct conf_action *a;
	const struct run_opts *opts;

	if (req->index >= conf->nactions)
		return -EINVAL;
	a = &conf->actions[req->index];
	if (strcmp(a->kind->name, "plugin") == 0)
		return plugin_line_make(conf, a, req, line);
	if (strcmp(a->kind->name, "run") != 0)
		return -EINVAL;
	opts = a->opts;
	line->argv = opts->argv;
	line->user = opts->user;
	line->timeout_ns = a->timeout_ns;
	snprintf(line->name, sizeof(line->name), "%s", a->name);
	return 0;
}

static int
of_recovery(const struct conf_uplink *u, const struct power_spawn *req,
    struct cmd_line *line)
{
	const struct conf_step *step;
	const struct run_opts *opts;

	if (req->index >= u->recovery.nsteps)
		return -EINVAL;
	step = &u->recovery.steps[req->index];
	if (strcmp(step->kind->name, "run") != 0)
		return -EINVAL;
	opts = step->opts;
	line->argv = opts->argv;
	line->user = opts->user;
	line->timeout_ns = step->timeout_ns;
	snprintf(line->name, sizeof(line->name), "recovery");
	return 0;
}

static int
of_mail(const struct conf *conf, struct cmd_line *line)
{
	if (conf->mail.to == NULL || conf->mail.sendmail == NULL)
		return -EINVAL;
	line->argv = conf->mail.sendmail;
	line->user = NULL;
	line->timeout_ns = conf->mail.timeout_ns;
	snprintf(line->name, sizeof(line->name), "mail");
	return 0;
}

static int
of_check(const struct conf_uplink *u, const struct power_spawn *req,
    struct cmd_line *line)
{
	const struct conf_target *t;
	const struct check_opts *opts;

	if (req->index >= u->probe.ntargets)
		return -EINVAL;
	t = &u->probe.targets[req->index];
	if (strcmp(t->kind->name, "run") != 0)
		return -EINVAL;
	opts = t->opts;
	line->argv = opts->argv;
	line->user = opts->user;
	line->timeout_ns = opts->timeout_ns;
	snprintf(line->name, sizeof(line->name), "%.31s/%.31s", u->name,
	    t->path != NULL ? t->path : "");
	return 0;
}

int
cmd_line_make(const struct conf *conf, const struct power_spawn *req,
    const struct want_now *now, struct cmd_line *line)
{
	const struct conf_uplink *u;
	int rc;

	memset(line, 0, sizeof(*line));
	if (req->uplink >= conf->nuplinks || req->timeout_ms <= 0 ||
	    level_name(req->level) == NULL ||
	    level_name(req->previous) == NULL ||
	    cause_name(req->cause) == NULL)
		return -EINVAL;
	u = &conf->uplinks[req->uplink];
	switch (req->what) {
	case POWER_ACTION:
		rc = of_action(conf, req, line);
		break;
	case POWER_RECOVERY:
		rc = of_recovery(u, req, line);
		break;
	case POWER_MAIL:
		rc = of_mail(conf, line);
		break;
	case POWER_CHECK:
		rc = of_check(u, req, line);
		break;
	default:
		rc = -EINVAL;
	}
	if (rc != 0)
		return rc;
	if (req->timeout_ms < line->timeout_ns / NS_PER_MS)
		line->timeout_ns = req->timeout_ms * NS_PER_MS;
	rc = environment(u, req, now, line);
	if (rc == 0 && req->what != POWER_CHECK)
		rc = environment_of_job(req, line);
	if (rc == 0 && line->plugin != NULL)
		rc = plugin_line_env(&conf->actions[req->index], line);
	if (rc != 0)
		cmd_line_free(line);
	return rc;
}

void
cmd_line_free(struct cmd_line *line)
{
	size_t i;

	for (i = 0; line->envp[i] != NULL; i++)
		free(line->envp[i]);
	free((struct plugin_line *)(uintptr_t)line->plugin);
	memset(line, 0, sizeof(*line));
}
