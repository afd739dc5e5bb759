/* SPDX-License-Identifier: ISC */
/*
 * parent_plugin: a plugin's name becomes a file, and the file a command: a
 * program is started as it is, a library by this program as its host
 * (tool_plugin.c).  Which of the two it is, is looked at each time: a plugin
 * can be installed while the daemon runs.  Entered by the parent's only
 * thread.
 */
#include <sys/wait.h>

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actions/plugin.h"
#include "conf/conf.h"
#include "dispatcher/parent.h"
#include "dispatcher/tool.h"
#include "lib/child.h"
#include "lib/clock.h"
#include "lib/err.h"

#define MIB	((size_t)1024 * 1024)

static void
find(struct plugin_line *pl, const char *dir)
{
	char e[ERR_TEXT_MAX];
	int rc = plugin_find(dir, pl->name, pl->path);

	pl->library = rc == PLUGIN_LIBRARY;
	if (rc > 0)
		return;
	pl->err = rc;
	if (rc == -ENOENT)
		snprintf(pl->why, sizeof(pl->why), "neither %.40s nor "
		    "%.40s.so is in %.120s", pl->name, pl->name, dir);
	else if (rc == -EEXIST)
		snprintf(pl->why, sizeof(pl->why), "both %.40s and %.40s.so "
		    "are in %.120s", pl->name, pl->name, dir);
	else
		snprintf(pl->why, sizeof(pl->why), "%s", err_text(-rc, e));
}

int
plugin_line_make(const struct conf *conf, const struct conf_action *a,
    const struct power_spawn *req, struct cmd_line *line)
{
	const struct plugin_opts *opts = a->opts;
	struct plugin_line *pl = calloc(1, sizeof(*pl));

	if (pl == NULL)
		return -ENOMEM;
	pl->name = opts->name;
	pl->memory = (size_t)opts->memory * MIB;
	find(pl, conf->plugin_dir);
	pl->argv[0] = pl->path;
	pl->argv[1] = conf->uplinks[req->uplink].name;
	pl->argv[2] = (char *)(uintptr_t)level_name(req->level);
	line->plugin = pl;
	line->argv = pl->argv;
	line->user = opts->user;
	line->timeout_ns = a->timeout_ns;
	snprintf(line->name, sizeof(line->name), "%s", a->name);
	return 0;
}

static int
put_option(struct cmd_line *line, const char *option)
{
	char name[OPTION_MAP_KEY_MAX];
	size_t n = strcspn(option, "="), i;

	for (i = 0; i < n && i < sizeof(name) - 1; i++)
		name[i] = option[i] >= 'a' && option[i] <= 'z' ?
		    (char)(option[i] - 'a' + 'A') : option[i];
	name[i] = '\0';
	return cmd_line_put(line, "UPLINKD_OPTION_%s%s", name, option + n);
}

int
plugin_line_env(const struct conf_action *a, struct cmd_line *line)
{
	const struct plugin_opts *opts = a->opts;
	char *const *o = opts->options;
	int rc;

	rc = cmd_line_put(line, "UPLINKD_TIMEOUT_MS=%" PRId64,
	    line->timeout_ns / NS_PER_MS);
	for (; o != NULL && *o != NULL && rc == 0; o++)
		rc = put_option(line, *o);
	return rc;
}

int
plugin_line_open(const struct cmd_line *line, int *fd,
    char why[TRUST_TEXT_MAX])
{
	const struct passwd *pw;

	*fd = -1;
	if (line->plugin->err != 0) {
		snprintf(why, TRUST_TEXT_MAX, "%s", line->plugin->why);
		return line->plugin->err;
	}
	pw = getpwnam(line->user);
	if (pw == NULL) {
		snprintf(why, TRUST_TEXT_MAX, "there is no account %.40s",
		    line->user);
		return -ENOENT;
	}
	return (line->plugin->library ? trust_open_library : trust_open)(
	    line->plugin->path, pw->pw_uid, fd, why);
}

/* Our own program drops all power before it loads anything. */
int
plugin_host(const char *self, const struct cmd_line *line,
    struct child_spec *spec, char why[TRUST_TEXT_MAX], pid_t *pid)
{
	char user[64], name[64], deadline[48];
	char *argv[] = { (char *)(uintptr_t)self, "-R", "plugin", "--", user,
	    name, deadline, NULL };
	int fds[4], rc;

	rc = plugin_line_open(line, &fds[3], why);
	if (rc != 0)
		return rc;
	snprintf(user, sizeof(user), "user=%s", line->user);
	snprintf(name, sizeof(name), "name=%s", line->plugin->name);
	snprintf(deadline, sizeof(deadline), "timeout_ms=%" PRId64,
	    line->timeout_ns / NS_PER_MS);
	memcpy(fds, spec->fds, 3 * sizeof(fds[0]));
	spec->fds = fds;
	spec->nfds = 4;
	spec->argv = argv;
	spec->user = NULL;
	spec->why = NULL;
	rc = child_start(spec, pid);
	close(fds[3]);
	return rc;
}

int
plugin_verdict(int *status, char text[POWER_TEXT_MAX])
{
	text[0] = '\0';
	if (!WIFEXITED(*status))
		return 0;
	if (WEXITSTATUS(*status) == TOOL_PLUGIN_DONE) {
		*status = 0;
		return 0;
	}
	if (WEXITSTATUS(*status) != 0)
		return 0;
	snprintf(text, POWER_TEXT_MAX, "it ended its process, with status 0, "
	    "instead of returning");
	return -EPROTO;
}
