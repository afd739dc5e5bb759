/* SPDX-License-Identifier: ISC */
/*
 * main: sim FILE.sim ... | sim --random [--seed N] [--steps N]; -v tells the
 * whole story with its virtual time; --record FILE writes one run, as
 * `uplinkctl record` would, and its configuration to FILE.conf.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/sim/sim.h"

static int
usage(void)
{
	fprintf(stderr, "usage: sim [-v] [--record file] file.sim ...\n"
	    "       sim [-v] [--record file] --random [--seed N] "
	    "[--steps N]\n");
	return 2;
}

int
main(int argc, char **argv)
{
	const char *record = NULL;
	bool verbose = false, random = false;
	long seed = (long)time(NULL), steps = 2000;
	int i, failed = 0;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "-v") == 0)
			verbose = true;
		else if (strcmp(argv[i], "--random") == 0)
			random = true;
		else if (strcmp(argv[i], "--record") == 0 && i + 1 < argc)
			record = argv[++i];
		else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
			if (!parse_number(argv[++i], 0, INT32_MAX, &seed))
				return usage();
		} else if (strcmp(argv[i], "--steps") == 0 && i + 1 < argc) {
			if (!parse_number(argv[++i], 1, INT32_MAX, &steps))
				return usage();
		} else {
			return usage();
		}
	}
	if (random != (i == argc))
		return usage();
	if (random)
		return random_run((uint64_t)seed, (unsigned long)steps,
		    record, verbose);
	for (; i < argc; i++) {
		failed |= script_run(argv[i], record, verbose);
		fflush(stdout);
	}
	return failed;
}
