/* SPDX-License-Identifier: ISC */
/*
 * uplinkctl: the command line beside the daemon.  A command is one row of the
 * table and one file cmd_<name>.c.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "tools/client.h"

struct command {
	const char	*name;
	int		(*run)(const struct ctl *, int, char **);
	const char	*help;
};

static const struct command commands[] = {
	{ "status", cmd_status, "each uplink: level, cause, loss, traffic" },
	{ "watch", cmd_watch, "what happens, as it happens" },
	{ "notify", cmd_notify, "tell an advisor's opinion of an uplink" },
	{ "plan", cmd_plan, "wanted routes against those in the kernel" },
	{ "export", cmd_export, "interfaces, addresses for pf, nft and sh" },
	{ "init", cmd_init, "a first configuration from the routes here" },
	{ "doctor", cmd_doctor, "what on this machine will bite" },
	{ "record", cmd_record, "write all samples to a file" },
	{ "replay", cmd_replay, "a recording through a configuration" },
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static int
usage(void)
{
	size_t i;

	fprintf(stderr, "usage: uplinkctl [-f file] [-s run_dir] [--json] "
	    "command [argument ...]\n");
	for (i = 0; i < NCOMMANDS; i++)
		fprintf(stderr, "  %-8s %s\n", commands[i].name,
		    commands[i].help);
	return EXIT_USAGE;
}

/* --json is understood after the command, too: it is what people type. */
static bool
take_json(int *argc, char **argv)
{
	bool found = false;
	int i, n = 0;

	for (i = 0; i < *argc; i++)
		if (i > 0 && strcmp(argv[i], "--json") == 0)
			found = true;
		else
			argv[n++] = argv[i];
	argv[n] = NULL;
	*argc = n;
	return found;
}

int
main(int argc, char **argv)
{
	struct ctl ctl = { .run_dir = "/run/uplinkd",
	    .conf_path = "/etc/uplinkd/uplinkd.conf" };
	size_t i;
	int ch;

	log_init("uplinkctl", LOG_DEST_STDERR, false);
	(void)signal(SIGPIPE, SIG_DFL);
	ctl.json = take_json(&argc, argv);
	/* "+": options behind the command belong to the command. */
	while ((ch = getopt(argc, argv, "+f:s:")) != -1)
		switch (ch) {
		case 'f':
			ctl.conf_path = optarg;
			break;
		case 's':
			ctl.run_dir = optarg;
			break;
		default:
			return usage();
		}
	if (optind == argc)
		return usage();
	for (i = 0; i < NCOMMANDS; i++)
		if (strcmp(argv[optind], commands[i].name) == 0)
			return commands[i].run(&ctl, argc - optind,
			    argv + optind);
	fprintf(stderr, "uplinkctl: no such command: %s\n", argv[optind]);
	return usage();
}
