/* SPDX-License-Identifier: ISC */
/*
 * cmd_status_lanes: one line per lane: what it has to do, for how long already,
 * and what was done since the start.
 */
#include <stdio.h>

#include "lib/clock.h"
#include "tools/status.h"

static void
note(uint64_t n, const char *what)
{
	char text[64];

	if (n == 0)
		return;
	snprintf(text, sizeof(text), "%llu %s", (unsigned long long)n, what);
	status_note('-', text);
}

void
status_lane(const struct lane_report *r, bool first, int64_t wall_ms)
{
	char oldest[CLOCK_TEXT_MAX] = "-";

	if (first)
		printf("\n%-12s %7s %7s %7s %9s %9s %9s %10s\n", "LANE",
		    "THREADS", "RUNNING", "WAITING", "OLDEST", "DONE",
		    "FAILED", "SUPERSEDED");
	/* A clock that was set back is no reason for less than nothing. */
	if (r->oldest_wall_ms >= 0)
		clock_span(r->oldest_wall_ms < wall_ms ? (wall_ms -
		    r->oldest_wall_ms) * NS_PER_MS : 0, oldest);
	printf("%-12s %7u %7u %7llu %9s %9llu %9llu %10llu\n", r->lane,
	    r->threads, r->running, (unsigned long long)r->waiting, oldest,
	    (unsigned long long)r->done, (unsigned long long)r->failed,
	    (unsigned long long)r->superseded);
	note(r->on_disk, "wait on disk");
	note(r->cancelled, "cancelled");
	note(r->retried, "tried again");
	note(r->dropped, "not run");
}
