/* SPDX-License-Identifier: ISC */
/*
 * cmd_status_mail: the letters' line of uplinkctl status.
 */
#include <stdio.h>

#include "lib/clock.h"
#include "tools/status.h"

void
status_mail(const struct mail_report *r, int64_t now_ms)
{
	char span[CLOCK_TEXT_MAX], text[EVENT_TEXT_MAX + 32];

	if (r->waiting == 0 && r->counted == 0 && r->lost == 0 &&
	    r->failures == 0)
		return;
	printf("\nmail: %llu %s", (unsigned long long)r->waiting,
	    r->waiting == 1 ? "letter waits" : "letters wait");
	if (r->oldest_wall_ms >= 0)
		printf(", the oldest for %s", clock_span((now_ms -
		    r->oldest_wall_ms) * NS_PER_MS, span));
	if (r->counted > 0)
		printf(", %llu events for the next digest",
		    (unsigned long long)r->counted);
	if (r->lost > 0)
		printf(", %llu given up", (unsigned long long)r->lost);
	putchar('\n');
	if (r->failures == 0)
		return;
	snprintf(text, sizeof(text), "%u failed %s: %s",
	    (unsigned)r->failures, r->failures == 1 ? "try" : "tries",
	    r->error);
	status_note('!', text);
}
