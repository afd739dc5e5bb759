/* SPDX-License-Identifier: ISC */
/*
 * cmd_watch: everything that happens, as it happens: a line for people or one
 * JSON message per line.  Subscribes, then takes a snapshot, drops what that
 * covers; a gap in the sequence or a new epoch is said and healed by another
 * snapshot.  Survives restarts of the daemon.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "tools/client.h"

struct watch {
	const struct ctl *ctl;
	struct client	*client;
	bool		all;		/* samples and repeated states, too */
	uint64_t	epoch, seq;	/* newest that we know of */
};

static void
print_event(const char *at, const struct event *ev)
{
	size_t i;

	printf("%s  uplink %s: %s -> %s (%s)\n", at, ev->uplink,
	    level_name(ev->previous), level_name(ev->level),
	    cause_name(ev->cause));
	for (i = 0; i < ev->nevidence; i++)
		if (ev->evidence[i].lost > 0)
			printf("%24s  %s: %u of %u lost\n", "",
			    ev->evidence[i].target, ev->evidence[i].lost,
			    ev->evidence[i].sent);
}

static void
print_job(const char *at, const struct job_report *j)
{
	char span[CLOCK_TEXT_MAX];

	printf("%s  action %s/%s: %s", at, j->action, j->uplink,
	    job_phase_name(j->phase));
	if (j->took_ms >= 0)
		printf(" after %s", clock_span(j->took_ms * NS_PER_MS, span));
	if (j->text[0] != '\0')
		printf(" (%s)", j->text);
	printf("\n");
}

static void
print_route(const char *at, const struct route_report *r)
{
	printf("%s  route: %s%s", at, r->ok ? "" : "refused: ", r->text);
	if (r->took_us >= 0)
		printf(" (%lld us after the event)", (long long)r->took_us);
	printf("\n");
}

static void
print_state(const char *at, const struct state_line *s)
{
	printf("%s  uplink %s is %s (%s)%s\n", at, s->uplink,
	    level_name(s->level), cause_name(s->cause),
	    s->carrying ? ", carries traffic" : "");
}

static void
print(const struct watch *w, const struct msg *m, const char *raw)
{
	char at[CLOCK_TEXT_MAX];

	if (w->ctl->json) {
		printf("%s\n", raw);
		return;
	}
	clock_text(m->head.wall_ms, at);
	switch (m->head.type) {
	case MSG_EVENT:
		print_event(at, &m->u.event);
		break;
	case MSG_JOB:
		print_job(at, &m->u.job);
		break;
	case MSG_ROUTE:
		print_route(at, &m->u.route);
		break;
	case MSG_STATE:
		print_state(at, &m->u.state);
		break;
	default:
		break;
	}
}

static void
each(const struct msg *m, const char *raw, void *arg)
{
	print(arg, m, raw);
}

/*
 * A daemon that is just starting refuses, or does not answer yet; who watches
 * waits for it.
 */
static int
resynchronise(struct watch *w)
{
	struct msg_head head;
	int rc;

	do {
		rc = client_snapshot(w->client, &head, each, w);
		if (rc == EXIT_REFUSED)
			client_pause(w->client);
	} while (rc == EXIT_REFUSED || rc == EXIT_UNSURE);
	if (rc == EXIT_OK) {
		w->epoch = head.epoch;
		w->seq = head.seq;
	}
	return rc;
}

/* Keeps the place in the feed's order; false if the message is old. */
static bool
in_order(struct watch *w, const struct msg *m)
{
	if (m->head.epoch == w->epoch && m->head.seq <= w->seq)
		return false;
	if (m->head.epoch != w->epoch) {
		fprintf(stderr, "uplinkctl: the feed was started again\n");
		(void)resynchronise(w);
	} else if (m->head.seq != w->seq + 1) {
		fprintf(stderr, "uplinkctl: %llu messages were missed\n",
		    (unsigned long long)(m->head.seq - w->seq - 1));
		(void)resynchronise(w);
	}
	if (m->head.epoch == w->epoch && m->head.seq <= w->seq)
		return false;
	w->epoch = m->head.epoch;
	w->seq = m->head.seq;
	return true;
}

static int
run(struct watch *w)
{
	char raw[EVENT_BYTES_MAX + 1];
	struct msg m;
	int rc;

	rc = client_subscribe(w->client, "");
	if (rc == EXIT_OK)
		rc = resynchronise(w);
	while (rc == EXIT_OK && fflush(stdout) == 0) {
		rc = client_next(w->client, &m, raw, sizeof(raw),
		    CLOCK_NEVER);
		if (rc != EXIT_OK || !in_order(w, &m))
			continue;
		if (w->all || (m.head.type != MSG_SAMPLES &&
		    m.head.type != MSG_TRAIL && m.head.type != MSG_STATE &&
		    m.head.type != MSG_LANE && m.head.type != MSG_PLUGIN &&
		    m.head.type != MSG_MAIL))
			print(w, &m, raw);
	}
	return rc;
}

int
cmd_watch(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "all", no_argument, NULL, 'a' },
		{ NULL, 0, NULL, 0 },
	};
	struct watch w = { .ctl = ctl };
	int ch, rc;

	optind = 1;
	while ((ch = getopt_long(argc, argv, "a", longs, NULL)) != -1)
		if (ch == 'a')
			w.all = true;
		else
			argc = 0;
	if (argc == 0 || optind != argc) {
		fprintf(stderr, "usage: uplinkctl watch [--all]\n");
		return EXIT_USAGE;
	}
	rc = client_open(ctl, &w.client);
	if (rc == EXIT_OK)
		rc = run(&w);
	client_close(&w.client);
	return rc;
}
