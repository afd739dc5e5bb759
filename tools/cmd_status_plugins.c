/* SPDX-License-Identifier: ISC */
/*
 * cmd_status_plugins: a line for each action that is a plugin, and
 * what its last run said.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "tools/status.h"

void
status_plugin(const struct plugin_report *p, int64_t wall_ms, bool first)
{
	char span[CLOCK_TEXT_MAX], last[EVENT_NAME_MAX + 64] = "-";
	int n;

	if (first)
		printf("\n%-12s %-12s %-7s %7s %5s %6s  %s\n", "ACTION",
		    "PLUGIN", "KIND", "RUNNING", "DONE", "FAILED", "LAST");
	n = printf("%-12s %-12s %-7s %7" PRIu32 " %5" PRIu64 " %6" PRIu64
	    "  ", p->action, p->plugin, p->kind, p->running, p->done,
	    p->failed);
	if (p->uplink[0] != '\0')
		snprintf(last, sizeof(last), "%s, %s ago: %s", p->uplink,
		    clock_span((wall_ms - p->ended_wall_ms) * NS_PER_MS,
		    span), p->ok ? "done" : "failed");
	(void)status_text(n > 0 ? (size_t)n : 0, STATUS_INDENT, last);
	putchar('\n');
	if (p->text[0] != '\0')
		status_note(p->ok ? '-' : '!', p->text);
}
