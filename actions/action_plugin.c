/* SPDX-License-Identifier: ISC */
/*
 * action_plugin: somebody else's code, out of a directory of its own.  The
 * parent looks which file it is and starts it, or a host for it; here it is a
 * command whose output ends somewhere.
 */
#include "actions/plugin.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "actions/action.h"

static const struct option rows[] = {
	{ .name = "name", .type = OPTION_NAME,
	  .off = offsetof(struct plugin_opts, name), .required = true,
	  .help = "Of the file in plugin_dir: NAME, a program, or NAME.so." },
	/* What nobody here has written gets no power that nobody asked for. */
	{ .name = "user", .type = OPTION_NAME,
	  .off = offsetof(struct plugin_opts, user), .def = "nobody",
	  .help = "Account to run it as." },
	{ .name = "options", .type = OPTION_MAP,
	  .off = offsetof(struct plugin_opts, options),
	  .help = "What it is told, as it defines it." },
	{ .name = "memory", .type = OPTION_INT,
	  .off = offsetof(struct plugin_opts, memory), .min = 0,
	  .max = 65536, .def = "256",
	  .help = "Mebibytes of data that it may have; 0 is any." },
	{ .name = NULL }
};

static const char *
check(const void *opts, char *buf, size_t len)
{
	const struct plugin_opts *o = opts;
	size_t n = o->name != NULL ? strlen(o->name) : 0;

	if (o->memory > 0 && o->memory < 16) {
		snprintf(buf, len, "memory is 0, for any, or at least 16");
		return buf;
	}
	if (n < 3 || strcmp(o->name + n - 3, ".so") != 0)
		return NULL;
	snprintf(buf, len, "the name is written without .so");
	return buf;
}

static const struct option_set plugin_set = {
	.name = "plugin", .rows = rows, .size = sizeof(struct plugin_opts),
	.primary = "name", .check = check,
};

/* What cannot be seen may well be there: whoever opens it says why not. */
static bool
is_there(const char *path)
{
	return access(path, F_OK) == 0 || (errno != ENOENT &&
	    errno != ENOTDIR);
}

int
plugin_find(const char *dir, const char *name, char path[PLUGIN_PATH_MAX])
{
	bool library, program;
	int n;

	n = snprintf(path, PLUGIN_PATH_MAX, "%s/%s.so", dir, name);
	if (n < 0 || n >= PLUGIN_PATH_MAX)
		return -ENAMETOOLONG;
	library = is_there(path);
	path[n - 3] = '\0';
	program = is_there(path);
	if (library && program)
		return -EEXIST;
	if (!library)
		return program ? PLUGIN_PROGRAM : -ENOENT;
	path[n - 3] = '.';
	return PLUGIN_LIBRARY;
}

const char *
plugin_kind_name(int found)
{
	switch (found) {
	case PLUGIN_PROGRAM:
		return "program";
	case PLUGIN_LIBRARY:
		return "library";
	case -ENOENT:
		return "missing";
	case -EEXIST:
		return "twice";
	default:
		return "error";
	}
}

static int
run(const struct job *j, const struct job_env *env,
    struct job_result *result)
{
	return action_run_bounded(j, env, PLUGIN_OUTPUT_MAX, result);
}

extern const struct action_kind action_plugin;
const struct action_kind action_plugin = {
	.set = &plugin_set, .lane = "plugin", .run = run,
};
