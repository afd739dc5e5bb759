/* SPDX-License-Identifier: ISC */
/*
 * cmd_status: one line per uplink and lane for people, or one JSON object.
 */
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "tools/client.h"
#include "tools/status.h"

struct output {
	bool		json;
	size_t		part;		/* of parts, that is being printed */
	bool		first;		/* nothing of it yet */
	int64_t		wall_ms;
};

/*
 * Far targets speak for the line, gateways if there are none; not who has no
 * vote.
 */
static bool
speaks(const struct state_line *s, const struct evidence *e)
{
	bool far = false;
	size_t i;

	for (i = 0; i < s->nevidence; i++)
		far |= !s->evidence[i].gateway;
	return e->gateway != far && e->state != TARGET_SUSPECT &&
	    e->state != TARGET_UNRESOLVED && e->state != TARGET_CANNOT;
}

/* The least of a figure of those that speak; -1 = none. */
static int64_t
best(const struct state_line *s, bool loss)
{
	const struct evidence *e;
	int64_t least = -1, one;
	size_t i;

	for (i = 0; i < s->nevidence; i++) {
		e = &s->evidence[i];
		one = loss ? e->loss : e->rtt_us;
		if (speaks(s, e) && one >= 0 && (least < 0 || one < least))
			least = one;
	}
	return least;
}

/* Nobody is left to speak: what was measured before says nothing. */
static bool
is_mute(const struct state_line *s)
{
	size_t i;

	if (s->stale || (s->level == LEVEL_DOWN && s->cause == CAUSE_CARRIER))
		return true;
	for (i = 0; i < s->nevidence; i++)
		if (speaks(s, &s->evidence[i]))
			return false;
	return s->nevidence > 0;
}

/* Figures of what was before would hide it. */
static bool
is_silent(const struct state_line *s)
{
	size_t i;

	for (i = 0; i < s->nevidence; i++)
		if (speaks(s, &s->evidence[i]) &&
		    s->evidence[i].state != TARGET_LOST)
			return false;
	return s->level == LEVEL_DOWN && s->nevidence > 0;
}

/* The line's own figures; until it has them, those of its best target. */
static void
quality(const struct state_line *s, char *loss, size_t loss_len, char *rtt,
    size_t rtt_len)
{
	int64_t lost = s->loss >= 0 ? s->loss : best(s, true);
	int64_t us = s->rtt_us >= 0 ? s->rtt_us : best(s, false);

	if (is_mute(s))
		lost = us = -1;
	else if (is_silent(s)) {
		lost = 1000;
		us = -1;
	}
	snprintf(loss, loss_len, "-");
	snprintf(rtt, rtt_len, "-");
	if (lost >= 0)
		snprintf(loss, loss_len, "%lld%%", (long long)(lost + 5) / 10);
	if (us >= 0)
		snprintf(rtt, rtt_len, "%.2fms", (double)us / 1000.0);
}

static void
trouble(const struct evidence *e, const char *word, char *text, size_t len)
{
	bool degraded = e->state == TARGET_DEGRADED;
	size_t n;

	snprintf(text, len, "%s: %s%s%s", e->target,
	    target_state_name(e->state), word != NULL ? ": " : "",
	    word != NULL ? word : "");
	n = strlen(text);
	if (degraded && e->loss >= 0)
		snprintf(text + n, len - n, ": %lld%% lost",
		    (long long)(e->loss + 5) / 10);
	n = strlen(text);
	if (degraded && e->rtt_us >= 0)
		snprintf(text + n, len - n, ", %.2fms",
		    (double)e->rtt_us / 1000.0);
}

/* Targets that are not as they should be, and what else is wrong. */
static void
print_troubles(const struct state_line *s)
{
	static const char *const words[] = {
		[TARGET_DEGRADED] = NULL,	/* by figures */
		[TARGET_LOST] = "does not answer",
		[TARGET_CANNOT] = "could not be sent to",
		[TARGET_SUSPECT] = "fails by every line, so it has no vote",
		[TARGET_UNRESOLVED] = "its name does not resolve",
	};
	const struct evidence *e;
	char text[EVENT_TEXT_MAX + 128];
	size_t i;

	if (s->note[0] != '\0')
		status_note('!', s->note);
	for (i = 0; i < s->nevidence; i++) {
		e = &s->evidence[i];
		if (e->state == TARGET_OK || e->state == TARGET_UNKNOWN)
			continue;
		trouble(e, words[e->state], text, sizeof(text));
		status_note('-', text);
	}
}

/* What the word for the traffic does not tell. */
static void
traffic_note(const struct state_line *s, char *note, size_t len)
{
	char left[CLOCK_TEXT_MAX];

	note[0] = '\0';
	if (s->hold_left_ms > 0)
		snprintf(note, len, "held for another %s%s",
		    clock_span(s->hold_left_ms * NS_PER_MS, left),
		    s->carrying ? ", but no other line works" : "");
	else if (s->stale)
		snprintf(note, len, "its probes are silent");
	else if (s->carrying && strcmp(s->standing, "bad") == 0)
		snprintf(note, len, "no line works");
	else if (!s->carrying && strcmp(s->standing, "good") == 0 &&
	    s->level != LEVEL_UNKNOWN)
		snprintf(note, len, "standby");
}

static void
print_recovery(const struct state_line *s)
{
	char left[CLOCK_TEXT_MAX], text[EVENT_LABEL_MAX + 64];

	if (s->recovery[0] == '\0')
		return;
	snprintf(text, sizeof(text), "recovery: %s%s%s", s->recovery,
	    s->recovery_left_ms > 0 ? " in " : "", s->recovery_left_ms > 0 ?
	    clock_span(s->recovery_left_ms * NS_PER_MS, left) : "");
	status_note('*', text);
}

static void
print_line(const struct state_line *s, const struct output *out)
{
	char since[CLOCK_TEXT_MAX], loss[24], rtt[24], note[96];

	quality(s, loss, sizeof(loss), rtt, sizeof(rtt));
	traffic_note(s, note, sizeof(note));
	printf("%-10s %-10s %-8s %-10s %6s %5s %9s  %s\n", s->uplink,
	    s->ifname, level_name(s->level), cause_name(s->cause),
	    clock_span((out->wall_ms - s->since_wall_ms) * NS_PER_MS, since),
	    loss, rtt, s->carrying ? "carries" : "idle");
	if (note[0] != '\0')
		status_note('*', note);
	print_recovery(s);
	print_troubles(s);
}

static void
part_uplink(const struct msg *m, const struct output *out)
{
	if (out->first)
		printf("%-10s %-10s %-8s %-10s %6s %5s %9s  %s\n", "UPLINK",
		    "INTERFACE", "LEVEL", "CAUSE", "SINCE", "LOSS", "RTT",
		    "TRAFFIC");
	print_line(&m->u.state, out);
}

static void
part_lane(const struct msg *m, const struct output *out)
{
	status_lane(&m->u.lane, out->first, out->wall_ms);
}

static void
part_plugin(const struct msg *m, const struct output *out)
{
	status_plugin(&m->u.plugin, out->wall_ms, out->first);
}

static void
part_mail(const struct msg *m, const struct output *out)
{
	status_mail(&m->u.mail, out->wall_ms);
}

/* In the order in which a snapshot has them. */
static const struct {
	enum msg_type	type;
	const char	*name;		/* in JSON */
	void		(*print)(const struct msg *, const struct output *);
} parts[] = {
	{ MSG_STATE, "uplinks", part_uplink },
	{ MSG_LANE, "lanes", part_lane },
	{ MSG_PLUGIN, "plugins", part_plugin },
	{ MSG_MAIL, "mail", part_mail },
};

#define NPARTS	(sizeof(parts) / sizeof(parts[0]))

/* Ends parts, also those that are empty, until this one is begun. */
static void
go_to(struct output *out, size_t part)
{
	for (; out->part < part; out->part++, out->first = true)
		if (out->json && out->part + 1 < NPARTS)
			printf("],\"%s\":[", parts[out->part + 1].name);
}

static void
each(const struct msg *m, const char *raw, void *arg)
{
	struct output *out = arg;
	size_t i;

	for (i = out->part; i < NPARTS && parts[i].type != m->head.type; i++)
		;
	if (i == NPARTS)
		return;
	go_to(out, i);
	if (out->json)
		printf("%s%s", out->first ? "" : ",", raw);
	else
		parts[i].print(m, out);
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
		printf("{\"%s\":[", parts[0].name);
	rc = client_snapshot(c, NULL, each, &out);
	go_to(&out, NPARTS);
	if (out.json)
		printf("]}\n");
	client_close(&c);
	return rc;
}
