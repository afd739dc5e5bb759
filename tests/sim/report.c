/* SPDX-License-Identifier: ISC */
/*
 * report: report [--seed N] [--percent P] prints the tables, with P per cent
 * of the full number of trials and days; report --check [--seed N] tests what
 * must be true of the shipped defaults.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/report.h"

/* What a setting does not say is as shipped. */
const struct tool tools[] = {
	{ "shipped", &tool_ours, "", 0 },
	{ "1s 200ms 3", &tool_ours,
	  "interval: 1s, confirm: 200ms, fall: 3", 0 },
	{ "1s 200ms 8", &tool_ours,
	  "interval: 1s, confirm: 200ms, fall: 8", 0 },
	{ "1s 50ms 26", &tool_ours,
	  "interval: 1s, confirm: 50ms, fall: 26", 0 },
	{ "500ms 100ms 19", &tool_ours,
	  "interval: 500ms, confirm: 100ms, fall: 19", 0 },
	{ "1s 100ms 30", &tool_ours,
	  "interval: 1s, confirm: 100ms, fall: 30", 0 },
	{ "1s 1s 8", &tool_ours, "interval: 1s, confirm: 1s, fall: 8", 0 },
	{ "dpinger", &tool_dpinger, "", 1 },
	{ "mwan3, 1 host", &tool_mwan3, "", 1 },
	{ "mwan3, 2 hosts", &tool_mwan3, "", 2 },
	{ "keepalived", &tool_keepalived, "", 1 },
	{ "ifstated", &tool_ifstated, "", 2 },
};

const size_t ntools = sizeof(tools) / sizeof(tools[0]);
const size_t nours = 7, ncalm = 5;

#define FARS	{ HOST_FAR, HOST_FAR2 }
#define SHARED(k, h, s)	{ .kind = k, .lines = ALL_LINES, .hosts = h, \
	.share = s }
#define LOSS(s)	{ .kind = TROUBLE_LOSS, .lines = THE_LINE, \
	.hosts = ALL_HOSTS, .share = s }

const struct situation situations[] = {
	{ "gateway drops 80 % of pings",
	  SHARED(TROUBLE_DROP, GATEWAY_ONLY, 800),
	  { HOST_GATEWAY, HOST_FAR }, false },
	{ "a far host answers once a second",
	  SHARED(TROUBLE_LIMIT, ONE_FAR, 0), FARS, false },
	{ "both far hosts answer once a second",
	  SHARED(TROUBLE_LIMIT, ALL_FAR, 0), FARS, false },
	{ "a far host drops 50 %",
	  SHARED(TROUBLE_DROP, ONE_FAR, 500), FARS, false },
	{ "a far host is dead",
	  SHARED(TROUBLE_DEAD, ONE_FAR, 0), FARS, false },
	{ "both far hosts are dead",
	  SHARED(TROUBLE_DEAD, ALL_FAR, 0), FARS, false },
	{ "the line loses 15 %", LOSS(150), FARS, true },
	{ "the line loses 30 %", LOSS(300), FARS, true },
	{ "the line loses 60 %", LOSS(600), FARS, true },
};

const size_t nsituations = sizeof(situations) / sizeof(situations[0]);

static int
usage(void)
{
	fprintf(stderr, "usage: report [--check] [--seed N] [--percent P]\n");
	return 2;
}

static bool
number(const char *text, long min, long max, long *out)
{
	char *end;

	errno = 0;
	*out = strtol(text, &end, 0);
	return errno == 0 && end != text && *end == '\0' && *out >= min &&
	    *out <= max;
}

int
main(int argc, char **argv)
{
	long seed = 1, percent = 100;
	bool check = false;
	int i;

	for (i = 1; i < argc; i++)
		if (strcmp(argv[i], "--check") == 0) {
			check = true;
		} else if (i + 1 < argc && strcmp(argv[i], "--seed") == 0) {
			if (!number(argv[++i], 0, INT32_MAX, &seed))
				return usage();
		} else if (i + 1 < argc && strcmp(argv[i], "--percent") == 0) {
			if (!number(argv[++i], 1, 1000, &percent))
				return usage();
		} else {
			return usage();
		}
	if (check)
		return report_check((uint64_t)seed);
	report_tables((uint64_t)seed, (unsigned)percent);
	return 0;
}
