/* SPDX-License-Identifier: ISC */
/*
 * cmd_status_plugins: one line for each action that is a plugin.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "tools/status.h"

void
status_plugin(const struct plugin_report *p, int64_t wall_ms, bool first)
{
	char span[CLOCK_TEXT_MAX];

	if (first)
		printf("\n%-12s %-12s %-8s %7s %6s %6s  %s\n", "ACTION",
		    "PLUGIN", "KIND", "RUNNING", "DONE", "FAILED", "LAST");
	printf("%-12s %-12s %-8s %7" PRIu32 " %6" PRIu64 " %6" PRIu64 "  ",
	    p->action, p->plugin, p->kind, p->running, p->done, p->failed);
	if (p->uplink[0] == '\0')
		printf("-\n");
	else
		printf("%s, %s ago: %s, %s\n", p->uplink,
		    clock_span((wall_ms - p->ended_wall_ms) * NS_PER_MS,
		    span), p->ok ? "done" : "failed", p->text);
}
