/* SPDX-License-Identifier: ISC */
/*
 * cmd_record: every trail and every event as they are published, a line each,
 * behind a first line that tells whose.  Goes on over a restart of the daemon;
 * what was missed is a line of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "tools/client.h"

#define LOOK	(NS_PER_S / 5)		/* whether we are to stop */

/* What was last heard of an uplink. */
struct heard {
	char		uplink[EVENT_NAME_MAX];
	uint64_t	life, part;	/* 0 = nothing yet */
	int64_t		wall_ms;
};

struct record {
	const char	*path;		/* NULL: standard output */
	bool		force;
	int64_t		for_ns;		/* 0 = until we are stopped */
	char		**names;	/* of uplinks; none: all */
	size_t		nnames;
	FILE		*out;
	json_t		*uplinks;	/* of the first line */
	size_t		nheard;
	struct heard	heard[CTL_UPLINKS_MAX];
};

static bool
is_wanted(const struct record *r, const char *uplink)
{
	size_t i;

	for (i = 0; i < r->nnames; i++)
		if (strcmp(r->names[i], uplink) == 0)
			return true;
	return r->nnames == 0;
}

static struct heard *
find(struct record *r, const char *uplink)
{
	size_t i;

	for (i = 0; i < r->nheard; i++)
		if (strcmp(r->heard[i].uplink, uplink) == 0)
			return &r->heard[i];
	return NULL;
}

/* ---- lines */

/* Each is on its way to the disk before the next is waited for. */
static int
put_line(struct record *r, const char *line)
{
	char e[ERR_TEXT_MAX];

	if (fputs(line, r->out) != EOF && putc('\n', r->out) != EOF &&
	    fflush(r->out) == 0)
		return EXIT_OK;
	fprintf(stderr, "uplinkctl: %s: %s\n", r->path != NULL ? r->path :
	    "standard output", err_text(errno, e));
	return EXIT_IO;
}

static int
put_json(struct record *r, json_t *o)
{
	char *line = o == NULL ? NULL : json_dumps(o, JSON_COMPACT);
	int rc = EXIT_NOMEM;

	/* No line is longer than a message; each trail has its targets. */
	if (line != NULL && strlen(line) > EVENT_BYTES_MAX) {
		json_object_del(o, "uplinks");
		free(line);
		line = json_dumps(o, JSON_COMPACT);
	}
	json_decref(o);
	if (line != NULL)
		rc = put_line(r, line);
	free(line);
	return rc;
}

static int
put_head(struct record *r)
{
	return put_json(r, json_pack("{s:i, s:s, s:I, s:O}", "v",
	    EVENT_VERSION, "type", "record", "wall_ms",
	    (json_int_t)clock_wall_ms(), "uplinks", r->uplinks));
}

static int
put_gap(struct record *r, const struct heard *h, int64_t wall_ms)
{
	return put_json(r, json_pack("{s:i, s:s, s:I, s:I, s:s}", "v",
	    EVENT_VERSION, "type", "gap", "wall_ms", (json_int_t)wall_ms,
	    "since_wall_ms", (json_int_t)h->wall_ms, "uplink", h->uplink));
}

static int
take_trail(struct record *r, const struct msg *m, const char *raw)
{
	const struct trail *t = &m->u.trail;
	struct heard *h = find(r, t->uplink);
	int rc = EXIT_OK;

	/* The daemon has been started again with other uplinks. */
	if (h == NULL && r->nheard < CTL_UPLINKS_MAX) {
		h = &r->heard[r->nheard++];
		memcpy(h->uplink, t->uplink, sizeof(h->uplink));
	}
	if (h == NULL)
		return EXIT_OK;
	if (h->part != 0 && (t->life != h->life || t->part != h->part + 1))
		rc = put_gap(r, h, m->head.wall_ms);
	h->life = t->life;
	h->part = t->part;
	h->wall_ms = m->head.wall_ms;
	return rc == EXIT_OK ? put_line(r, raw) : rc;
}

static int
take(struct record *r, const struct msg *m, const char *raw)
{
	if (m->head.type == MSG_TRAIL && is_wanted(r, m->u.trail.uplink))
		return take_trail(r, m, raw);
	if (m->head.type == MSG_EVENT && is_wanted(r, m->u.event.uplink))
		return put_line(r, raw);
	return EXIT_OK;
}

/* ---- beginning and end */

static void
each(const struct msg *m, const char *raw, void *arg)
{
	const struct state_line *s = &m->u.state;
	struct record *r = arg;
	json_t *targets;
	size_t i;

	(void)raw;
	if (m->head.type != MSG_STATE || !is_wanted(r, s->uplink) ||
	    r->nheard == CTL_UPLINKS_MAX)
		return;
	memcpy(r->heard[r->nheard++].uplink, s->uplink, sizeof(s->uplink));
	targets = json_array();
	for (i = 0; i < s->nevidence; i++)
		json_array_append_new(targets,
		    json_string(s->evidence[i].target));
	json_array_append_new(r->uplinks, json_pack("{s:s, s:o}", "uplink",
	    s->uplink, "targets", targets));
}

static int
check_names(struct record *r)
{
	size_t i;

	for (i = 0; i < r->nnames; i++)
		if (find(r, r->names[i]) == NULL) {
			fprintf(stderr, "uplinkctl: uplinkd has no uplink "
			    "%s\n", r->names[i]);
			return EXIT_USAGE;
		}
	return EXIT_OK;
}

static int
open_out(struct record *r)
{
	char e[ERR_TEXT_MAX];
	int fd;

	r->out = stdout;
	if (r->path == NULL)
		return EXIT_OK;
	fd = open(r->path, O_WRONLY | O_CREAT | O_CLOEXEC |
	    (r->force ? O_TRUNC : O_EXCL), 0644);
	r->out = fd == -1 ? NULL : fdopen(fd, "w");
	if (r->out != NULL)
		return EXIT_OK;
	fprintf(stderr, "uplinkctl: %s: %s%s\n", r->path, err_text(errno, e),
	    errno == EEXIST ? " (--force writes over it)" : "");
	if (fd != -1)
		close(fd);
	return EXIT_CANTCREATE;
}

/* They are blocked, and looked for here: no line is left half written. */
static bool
is_told_to_stop(const sigset_t *stops)
{
	const struct timespec none = { 0, 0 };

	return sigtimedwait(stops, NULL, &none) != -1;
}

static int
run(struct record *r, struct client *c, const sigset_t *stops)
{
	int64_t end_ns = r->for_ns == 0 ? CLOCK_NEVER :
	    clock_mono_ns() + r->for_ns, now_ns;
	char raw[EVENT_BYTES_MAX + 1];
	struct msg m;
	int rc = put_head(r);

	while (rc == EXIT_OK && !is_told_to_stop(stops) &&
	    (now_ns = clock_mono_ns()) < end_ns) {
		rc = client_next(c, &m, raw, sizeof(raw), end_ns - now_ns <
		    LOOK ? end_ns : now_ns + LOOK);
		if (rc == EXIT_OK)
			rc = take(r, &m, raw);
		else if (rc == EXIT_UNSURE)
			rc = EXIT_OK;
	}
	return rc;
}

static int
record(struct record *r, struct client *c, const sigset_t *stops)
{
	char e[ERR_TEXT_MAX];
	int rc;

	r->uplinks = json_array();
	rc = r->uplinks == NULL ? EXIT_NOMEM : client_subscribe(c, "trail.");
	if (rc == EXIT_OK)
		rc = client_subscribe(c, "event.");
	if (rc == EXIT_OK)
		rc = client_snapshot(c, NULL, each, r);
	if (rc == EXIT_OK)
		rc = check_names(r);
	if (rc == EXIT_OK)
		rc = open_out(r);
	if (rc == EXIT_OK)
		rc = run(r, c, stops);
	json_decref(r->uplinks);
	if (r->path != NULL && r->out != NULL && fclose(r->out) != 0 &&
	    rc == EXIT_OK) {
		fprintf(stderr, "uplinkctl: %s: %s\n", r->path,
		    err_text(errno, e));
		rc = EXIT_IO;
	}
	return rc;
}

static int
usage(void)
{
	fprintf(stderr, "usage: uplinkctl record [-o file [--force]] "
	    "[--for time] [uplink ...]\n");
	return EXIT_USAGE;
}

static int
read_args(int argc, char **argv, struct record *r)
{
	static const struct option longs[] = {
		{ "for", required_argument, NULL, 'f' },
		{ "force", no_argument, NULL, 'F' },
		{ "output", required_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 },
	};
	int ch;

	/* 0: from the start, options behind arguments too. */
	optind = 0;
	while ((ch = getopt_long(argc, argv, "o:", longs, NULL)) != -1)
		if (ch == 'o')
			r->path = optarg;
		else if (ch == 'F')
			r->force = true;
		else if (ch != 'f' || !ctl_duration(optarg, &r->for_ns) ||
		    r->for_ns == 0)
			return usage();
	if (r->path == NULL && r->force)
		return usage();
	r->names = argv + optind;
	r->nnames = (size_t)(argc - optind);
	return EXIT_OK;
}

int
cmd_record(const struct ctl *ctl, int argc, char **argv)
{
	struct record *r = calloc(1, sizeof(*r));
	struct client *c = NULL;
	sigset_t stops;
	int rc;

	if (r == NULL)
		return EXIT_NOMEM;
	rc = read_args(argc, argv, r);
	/* Before libzmq's threads, which would take them. */
	sigemptyset(&stops);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGTERM);
	if (rc == EXIT_OK)
		(void)sigprocmask(SIG_BLOCK, &stops, NULL);
	if (rc == EXIT_OK)
		rc = client_open(ctl, &c);
	if (rc == EXIT_OK)
		rc = record(r, c, &stops);
	client_close(&c);
	free(r);
	return rc;
}
