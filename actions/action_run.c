/* SPDX-License-Identifier: ISC */
/*
 * action_run: the site's own command.  The parent starts it as the configured
 * user with an environment of its own making; it reads the event as one line
 * of JSON on its standard input.
 */
#include "actions/action.h"

static const struct option rows[] = {
	{ .name = "argv", .type = OPTION_ARGV,
	  .off = offsetof(struct run_opts, argv), .required = true,
	  .help = "Program (an absolute path) and its arguments; no shell." },
	/*
	 * The commands that this daemon takes over ran as root under ifstated
	 * and touch the network; who wants less says so.
	 */
	{ .name = "user", .type = OPTION_NAME,
	  .off = offsetof(struct run_opts, user), .def = "root",
	  .help = "Account to run it as." },
	{ .name = NULL }
};

static const struct option_set run_set = {
	.name = "run", .rows = rows, .size = sizeof(struct run_opts),
	.primary = "argv",
};

extern const struct action_kind action_run;
const struct action_kind action_run = {
	.set = &run_set, .lane = "exec", .run = action_run_command,
};
