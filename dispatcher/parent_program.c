/* SPDX-License-Identifier: ISC */
/*
 * parent_program: which programs are configured, and whether they would be
 * started.  What runs as another account than the daemon's own may be changed
 * by nobody else.  Entered by the parent's only thread; holds nothing.
 */
#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "actions/action.h"
#include "conf/conf.h"
#include "dispatcher/parent.h"
#include "lib/trust.h"
#include "routing/plan.h"

#define KEY_MAX	160

typedef void say_fn(const char *key, const char *path, const char *why);

bool
program_has_power(const struct conf *conf, const struct cmd_line *line)
{
	return line->user == NULL || strcmp(line->user, conf->user) != 0;
}

/* 0, or -errno and why it would not be started. */
static int
look(const struct conf *conf, const struct cmd_line *line,
    char why[TRUST_TEXT_MAX])
{
	const struct passwd *pw;
	uid_t account = geteuid();
	int fd, rc;

	if (line->plugin != NULL) {
		rc = plugin_line_open(line, &fd, why);
		if (fd != -1)
			close(fd);
		return rc;
	}
	if (line->user != NULL) {
		pw = getpwnam(line->user);
		if (pw == NULL) {
			snprintf(why, TRUST_TEXT_MAX, "there is no account "
			    "%.40s", line->user);
			return -ENOENT;
		}
		account = pw->pw_uid;
	}
	rc = trust_open(line->argv[0], account, &fd, why);
	if (fd != -1)
		close(fd);
	return rc == -EPERM && !program_has_power(conf, line) ? 0 : rc;
}

/* The command of a request as it would come from a child. */
static size_t
check_one(const struct conf *conf, const char *key, enum power_what what,
    size_t uplink, size_t index, say_fn *say)
{
	const struct power_spawn req = { .kind = POWER_SPAWN, .what = what,
	    .uplink = (uint32_t)uplink, .index = (uint32_t)index,
	    .level = LEVEL_DOWN, .previous = LEVEL_UP, .cause = CAUSE_NONE,
	    .tries = 1, .timeout_ms = INT64_MAX };
	const struct want_now now = { .gateway.family = 0 };
	char why[TRUST_TEXT_MAX];
	struct cmd_line line;
	int rc = 0;

	/* A kind without a program is none of our business. */
	if (cmd_line_make(conf, &req, &now, &line) != 0)
		return 0;
	rc = look(conf, &line, why);
	if (rc != 0)
		say(key, line.argv[0], why);
	cmd_line_free(&line);
	return rc != 0;
}

static size_t
check_uplink(const struct conf *conf, size_t u, say_fn *say)
{
	const struct conf_uplink *up = &conf->uplinks[u];
	char key[KEY_MAX];
	size_t n = 0, i;

	for (i = 0; i < up->recovery.nsteps; i++) {
		snprintf(key, sizeof(key), "uplinks.%s.recovery.steps[%zu]",
		    up->name, i);
		n += check_one(conf, key, POWER_RECOVERY, u, i, say);
	}
	for (i = 0; i < up->probe.ntargets; i++) {
		snprintf(key, sizeof(key), "uplinks.%s.probe.targets[%zu]",
		    up->name, i);
		n += check_one(conf, key, POWER_CHECK, u, i, say);
	}
	return n;
}

size_t
programs_check(const struct conf *conf, say_fn *say)
{
	char key[KEY_MAX];
	size_t n = 0, i;

	for (i = 0; i < conf->nuplinks; i++)
		n += check_uplink(conf, i, say);
	for (i = 0; i < conf->nactions; i++) {
		snprintf(key, sizeof(key), "actions.%s",
		    conf->actions[i].name);
		n += check_one(conf, key, POWER_ACTION, 0, i, say);
	}
	if (conf->mail.to != NULL)
		n += check_one(conf, "mail.sendmail", POWER_MAIL, 0, 0, say);
	return n;
}
