/* SPDX-License-Identifier: ISC */
/*
 * replay_run: each change as it would have been, and what came of it.  Reads
 * on over lines that are not understood.
 */
#include "tools/replay_run.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "tools/client.h"
#include "tools/replay.h"

#define COMPLAINTS_MAX	20		/* lines that are named */

struct run {
	const struct ctl	*ctl;
	const struct conf	*conf;
	const char		*path;
	struct replay		*replay;
	unsigned long		line, wrong;
};

/* ---- as it happens */

static void
print_json(json_t *o)
{
	if (o == NULL)
		return;
	(void)json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

static const char *
standing_name(enum plan_standing s)
{
	return s == PLAN_GOOD ? "good" : s == PLAN_HELD ? "held" : "bad";
}

static void
change_json(const struct run *run, const struct replay_change *c)
{
	json_t *who = json_array();
	size_t i;

	for (i = 0; i < run->conf->nuplinks; i++)
		if (c->carries[i])
			json_array_append_new(who,
			    json_string(run->conf->uplinks[i].name));
	print_json(json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:b, s:o}",
	    "type", "change", "wall_ms", (json_int_t)c->wall_ms,
	    "uplink", run->conf->uplinks[c->uplink].name,
	    "previous", level_name(c->previous),
	    "level", level_name(c->level), "cause", cause_name(c->cause),
	    "standing", standing_name(c->standing),
	    "released", (int)c->released, "carrying", who));
}

static void
change_text(const struct run *run, const struct replay_change *c)
{
	const char *name = run->conf->uplinks[c->uplink].name, *sep = " ";
	char at[CLOCK_TEXT_MAX];
	size_t i;

	printf("%s  uplink %s: ", clock_text(c->wall_ms, at), name);
	if (c->released)
		printf("%s, no longer held", level_name(c->level));
	else
		printf("%s -> %s (%s)", level_name(c->previous),
		    level_name(c->level), cause_name(c->cause));
	printf(", carrying:");
	for (i = 0; i < run->conf->nuplinks; i++)
		if (c->carries[i]) {
			printf("%s%s", sep, run->conf->uplinks[i].name);
			sep = ", ";
		}
	putchar('\n');
}

static void
change(void *arg, const struct replay_change *c)
{
	const struct run *run = arg;

	if (run->ctl->json)
		change_json(run, c);
	else
		change_text(run, c);
}

static void
note(void *arg, int64_t wall_ms, const char *text)
{
	const struct run *run = arg;
	char at[CLOCK_TEXT_MAX];

	if (run->ctl->json)
		print_json(json_pack("{s:s, s:I, s:s}", "type", "note",
		    "wall_ms", (json_int_t)wall_ms, "text", text));
	else
		printf("%s  note: %s\n", clock_text(wall_ms, at), text);
}

/* ---- what came of it */

static void
sum_json(const struct run *run, int64_t from_ms, int64_t to_ms)
{
	json_t *all = json_array();
	struct replay_sum s;
	size_t i;

	for (i = 0; i < run->conf->nuplinks; i++) {
		replay_sum(run->replay, i, &s);
		json_array_append_new(all, json_pack("{s:s, s:I, s:I, s:I, "
		    "s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		    "uplink", run->conf->uplinks[i].name,
		    "outages", (json_int_t)s.outages,
		    "down_ms", (json_int_t)(s.down_ns / NS_PER_MS),
		    "degraded_ms", (json_int_t)(s.degraded_ns / NS_PER_MS),
		    "held_ms", (json_int_t)(s.held_ns / NS_PER_MS),
		    "switches", (json_int_t)s.switches,
		    "changes", (json_int_t)s.changes,
		    "changes_recorded", (json_int_t)s.recorded,
		    "recorded_ms", (json_int_t)(s.seen_ns / NS_PER_MS),
		    "gaps", (json_int_t)s.gaps,
		    "gaps_ms", (json_int_t)(s.unseen_ns / NS_PER_MS)));
	}
	print_json(json_pack("{s:s, s:I, s:I, s:o}", "type", "summary",
	    "from_wall_ms", (json_int_t)from_ms,
	    "to_wall_ms", (json_int_t)to_ms, "uplinks", all));
}

static void
sum_text(const struct run *run, int64_t from_ms, int64_t to_ms)
{
	char a[CLOCK_TEXT_MAX], b[CLOCK_TEXT_MAX], c[CLOCK_TEXT_MAX];
	struct replay_sum s;
	size_t i;

	printf("\nfrom %s to %s, by %s\n", clock_text(from_ms, a),
	    clock_text(to_ms, b), run->ctl->conf_path);
	printf("%-12s %8s %9s %9s %9s %8s %8s %12s\n", "UPLINK", "OUTAGES",
	    "DOWN", "DEGRADED", "HELD", "SWITCHES", "CHANGES",
	    "AS RECORDED");
	for (i = 0; i < run->conf->nuplinks; i++) {
		replay_sum(run->replay, i, &s);
		printf("%-12s %8u %9s %9s %9s %8u %8u %12u\n",
		    run->conf->uplinks[i].name, s.outages,
		    clock_span(s.down_ns, a), clock_span(s.degraded_ns, b),
		    clock_span(s.held_ns, c), s.switches, s.changes,
		    s.recorded);
	}
}

/* ---- the file */

static void
complain(struct run *run, const char *what)
{
	if (++run->wrong <= COMPLAINTS_MAX)
		fprintf(stderr, "uplinkctl: %s:%lu: %s: left out\n",
		    run->path, run->line, what);
}

/*
 * The next line without its end; *whole: it had one.  Returns its length, -1
 * at the end of the file; what does not fit is read over, with size as its
 * length.
 */
static ssize_t
read_line(FILE *f, char *buf, size_t size, bool *whole)
{
	size_t n = 0;
	int c;

	*whole = false;
	while ((c = getc_unlocked(f)) != EOF) {
		if (c == '\n') {
			*whole = true;
			return (ssize_t)n;
		}
		if (n < size)
			buf[n++] = (char)c;
	}
	return n > 0 ? (ssize_t)n : -1;
}

/* A recording that was cut off ends within a line. */
static int
take_line(struct run *run, const char *buf, size_t n, bool whole)
{
	const char *why = NULL;
	int rc;

	rc = replay_take(run->replay, buf, n, &why);
	if (rc == -EPROTO && !whole)
		fprintf(stderr, "uplinkctl: %s:%lu: the last line is cut "
		    "off: left out\n", run->path, run->line);
	else if (rc == -EPROTO)
		complain(run, why);
	return rc == -ENOMEM ? EXIT_NOMEM : EXIT_OK;
}

static int
read_file(struct run *run, FILE *f)
{
	char buf[EVENT_BYTES_MAX + 1], e[ERR_TEXT_MAX];
	int rc = EXIT_OK;
	bool whole;
	ssize_t n;

	while (rc == EXIT_OK &&
	    (n = read_line(f, buf, sizeof(buf), &whole)) != -1) {
		run->line++;
		rc = take_line(run, buf, (size_t)n, whole);
	}
	if (rc == EXIT_OK && ferror(f)) {
		fprintf(stderr, "uplinkctl: %s: %s\n", run->path,
		    err_text(errno, e));
		rc = EXIT_NOINPUT;
	}
	if (run->wrong > COMPLAINTS_MAX)
		fprintf(stderr, "uplinkctl: %s: and %lu lines more\n",
		    run->path, run->wrong - COMPLAINTS_MAX);
	return rc;
}

static int
finish(struct run *run)
{
	int64_t from_ms, to_ms;

	replay_end(run->replay);
	if (!replay_times(run->replay, &from_ms, &to_ms)) {
		fprintf(stderr, "uplinkctl: %s: nothing is recorded in it\n",
		    run->path);
		return EXIT_REFUSED;
	}
	if (run->ctl->json)
		sum_json(run, from_ms, to_ms);
	else
		sum_text(run, from_ms, to_ms);
	return run->wrong > 0 ? EXIT_REFUSED : EXIT_OK;
}

static int
replay(struct run *run, FILE *f)
{
	const struct replay_hooks hooks = { change, note, run };
	int rc;

	rc = replay_new(run->conf, &hooks, &run->replay) == 0 ? EXIT_OK :
	    EXIT_NOMEM;
	if (rc == EXIT_OK)
		rc = read_file(run, f);
	if (rc == EXIT_OK)
		rc = finish(run);
	if (rc == EXIT_NOMEM)
		fprintf(stderr, "uplinkctl: no memory\n");
	replay_free(&run->replay);
	return rc;
}

static int
open_file(const char *path, FILE **f)
{
	char e[ERR_TEXT_MAX];

	*f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	if (*f != NULL)
		return EXIT_OK;
	fprintf(stderr, "uplinkctl: %s: %s\n", path, err_text(errno, e));
	return EXIT_NOINPUT;
}

int
replay_run(const struct ctl *ctl, const char *path)
{
	struct run run = { .ctl = ctl, .path = path };
	struct conf *conf = NULL;
	FILE *f = NULL;
	int rc;

	rc = ctl_conf(ctl->conf_path, &conf);
	run.conf = conf;
	if (rc == EXIT_OK)
		rc = open_file(path, &f);
	if (rc == EXIT_OK)
		rc = replay(&run, f);
	if (f != NULL && f != stdin)
		fclose(f);
	conf_free(&conf);
	return rc;
}
