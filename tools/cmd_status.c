/* SPDX-License-Identifier: ISC */
/*
 * cmd_status: one line per uplink for people, or one JSON object.
 */
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "tools/client.h"

struct output {
	bool		json;
	bool		first;
	int64_t		wall_ms;
};

/* The worst target's loss and the mean of the answered, newest samples. */
static void
quality(const struct state_line *s, char *loss, size_t loss_len, char *rtt,
    size_t rtt_len)
{
	const struct evidence *e;
	uint64_t worst = 0, one;
	int64_t sum = 0, n = 0;
	bool any = false;
	size_t i;

	for (i = 0; i < s->nevidence; i++) {
		e = &s->evidence[i];
		any |= e->sent > 0;
		one = e->sent > 0 ? (uint64_t)e->lost * 100 / e->sent : 0;
		worst = one > worst ? one : worst;
		sum += e->rtt_us >= 0 ? e->rtt_us : 0;
		n += e->rtt_us >= 0;
	}
	snprintf(loss, loss_len, "-");
	snprintf(rtt, rtt_len, "-");
	/* The line's own are better: one deaf target is not the line. */
	if (s->loss >= 0)
		snprintf(loss, loss_len, "%lld%%", (long long)(s->loss + 5) /
		    10);
	else if (any)
		snprintf(loss, loss_len, "%llu%%", (unsigned long long)worst);
	if (s->rtt_us >= 0)
		snprintf(rtt, rtt_len, "%.2fms", (double)s->rtt_us / 1000.0);
	else if (n > 0)
		snprintf(rtt, rtt_len, "%.2fms", (double)sum / (double)n /
		    1000.0);
}

/* Targets that are not as they should be, and what else is wrong. */
static void
print_troubles(const struct state_line *s)
{
	const struct evidence *e;
	size_t i;

	if (s->note[0] != '\0')
		printf("             ! %s\n", s->note);
	for (i = 0; i < s->nevidence; i++) {
		e = &s->evidence[i];
		if (e->state == TARGET_OK || e->state == TARGET_UNKNOWN)
			continue;
		printf("             - %s: %s", e->target,
		    target_state_name(e->state));
		if (e->loss >= 0)
			printf(" (loss %lld%%)", (long long)(e->loss + 5) /
			    10);
		putchar('\n');
	}
}

static void
print_line(const struct state_line *s, const struct output *out)
{
	char since[CLOCK_TEXT_MAX], left[CLOCK_TEXT_MAX], loss[24], rtt[24];
	char note[64] = "";

	quality(s, loss, sizeof(loss), rtt, sizeof(rtt));
	if (s->hold_left_ms > 0)
		snprintf(note, sizeof(note), " (held for %s)",
		    clock_span(s->hold_left_ms * NS_PER_MS, left));
	else if (s->stale)
		snprintf(note, sizeof(note), " (its probes are silent)");
	printf("%-12s %-12s %-9s %-14s %8s %5s %9s  %s%s\n", s->uplink,
	    s->ifname, level_name(s->level), cause_name(s->cause),
	    clock_span((out->wall_ms - s->since_wall_ms) * NS_PER_MS, since),
	    loss, rtt, s->carrying ? "carries" : "idle", note);
	print_troubles(s);
}

static void
each(const struct msg *m, const char *raw, void *arg)
{
	struct output *out = arg;

	if (out->json)
		printf("%s%s", out->first ? "" : ",", raw);
	else {
		if (out->first)
			printf("%-12s %-12s %-9s %-14s %8s %5s %9s  %s\n",
			    "UPLINK", "INTERFACE", "LEVEL", "CAUSE", "SINCE",
			    "LOSS", "RTT", "TRAFFIC");
		print_line(&m->u.state, out);
	}
	out->first = false;
}

int
cmd_status(const struct ctl *ctl, int argc, char **argv)
{
	struct output out = { .json = ctl->json, .first = true,
	    .wall_ms = clock_wall_ms() };
	struct client *c;
	int rc;

	(void)argv;
	if (argc != 1) {
		fprintf(stderr, "usage: uplinkctl status\n");
		return EXIT_USAGE;
	}
	rc = client_open(ctl, &c);
	if (rc != EXIT_OK)
		return rc;
	if (out.json)
		printf("{\"uplinks\":[");
	rc = client_snapshot(c, NULL, each, &out);
	if (out.json)
		printf("]}\n");
	client_close(&c);
	return rc;
}
