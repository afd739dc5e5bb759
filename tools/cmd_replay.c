/* SPDX-License-Identifier: ISC */
/*
 * cmd_replay: a recording through this configuration or another.  Needs no
 * daemon.
 */
#include <getopt.h>
#include <stdio.h>

#include "tools/client.h"
#include "tools/replay_run.h"

int
cmd_replay(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	struct ctl own = *ctl;
	int ch;

	/* 0: from the start, options behind arguments too. */
	optind = 0;
	while ((ch = getopt_long(argc, argv, "c:", longs, NULL)) != -1)
		if (ch == 'c')
			own.conf_path = optarg;
		else
			argc = 0;
	if (argc - optind != 1) {
		fprintf(stderr, "usage: uplinkctl replay [--config file] "
		    "recording\n");
		return EXIT_USAGE;
	}
	return replay_run(&own, argv[optind]);
}
