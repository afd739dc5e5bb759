/* SPDX-License-Identifier: ISC */
/*
 * cmd_plan: what the present levels want in the kernel, what is there, and
 * the difference.  Takes the uplinks' standing from the daemon, everything
 * else from the configuration and from the kernel itself, with the same code
 * as the daemon: an answer that does not rest on the daemon's own belief.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "lib/err.h"
#include "lib/sys.h"
#include "routing/marks.h"
#include "routing/plan.h"
#include "routing/router.h"
#include "tools/client.h"

#define LINE	512

struct ask {
	const struct conf	*conf;
	enum plan_standing	standing[CONF_UPLINKS_MAX];
	size_t			known;
};

static enum plan_standing
standing_parse(const char *word)
{
	if (strcmp(word, "held") == 0)
		return PLAN_HELD;
	return strcmp(word, "bad") == 0 ? PLAN_BAD : PLAN_GOOD;
}

static void
each(const struct msg *m, const char *raw, void *arg)
{
	struct ask *ask = arg;
	size_t i;

	(void)raw;
	if (m->head.type != MSG_STATE)
		return;
	for (i = 0; i < ask->conf->nuplinks; i++)
		if (strcmp(ask->conf->uplinks[i].name,
		    m->u.state.uplink) == 0) {
			ask->standing[i] =
			    standing_parse(m->u.state.standing);
			ask->known++;
		}
}

static int
ask_standings(const struct ctl *ctl, struct ask *ask)
{
	struct client *c;
	int rc;

	rc = client_open(ctl, &c);
	if (rc != EXIT_OK)
		return rc;
	rc = client_snapshot(c, NULL, each, ask);
	client_close(&c);
	if (rc == EXIT_OK && ask->known != ask->conf->nuplinks) {
		fprintf(stderr, "uplinkctl: %s names other uplinks than the "
		    "running uplinkd\n", ctl->conf_path);
		rc = EXIT_REFUSED;
	}
	return rc;
}

enum table { TABLE_RIGHT = 1, TABLE_MISSING, TABLE_LEFT, TABLE_HIDDEN };

/*
 * Whether it is there; what it says is the daemon's to know, who has written
 * it.  To see it takes power.
 */
static enum table
look_table(struct sys *sys, const struct conf *conf)
{
	struct sys_nft seen;

	if (sys_nft_look(sys, MARKS_TABLE, &seen) != 0)
		return conf->routing.symmetric ? TABLE_HIDDEN : TABLE_RIGHT;
	if (seen.there == conf->routing.symmetric)
		return TABLE_RIGHT;
	return seen.there ? TABLE_LEFT : TABLE_MISSING;
}

/* What would have to be done; NULL: nothing. */
static const char *
table_text(enum table table)
{
	switch (table) {
	case TABLE_MISSING:
		return "add nft table inet " MARKS_TABLE;
	case TABLE_LEFT:
		return "remove nft table inet " MARKS_TABLE;
	default:
		return NULL;
	}
}

static void
print_text(const struct conf *conf, const struct plan *plan,
    const struct kernel_view *view, const struct edits *edits,
    enum table table)
{
	const char *other = table_text(table);
	struct edit present;
	char line[LINE];
	size_t fam, i;

	printf("wanted:      %s\n", plan_text(conf, plan, line, sizeof(line)));
	for (fam = 0; fam < NET_NFAM; fam++)
		for (i = 0; i < view->nroutes[fam]; i++) {
			memset(&present, 0, sizeof(present));
			present.op = EDIT_ROUTE_SET;
			present.route = view->routes[fam][i];
			edit_text(&present, view, line, sizeof(line));
			/* "set ..." is how the same route would be written */
			printf("present:     %s\n",
			    strncmp(line, "set ", 4) == 0 ? line + 4 : line);
		}
	if (table == TABLE_HIDDEN)
		fprintf(stderr, "uplinkctl: the packet filter cannot be "
		    "looked at\n");
	if (edits->n == 0 && other == NULL)
		printf("difference:  none\n");
	if (other != NULL)
		printf("difference:  %s\n", other);
	for (i = 0; i < edits->n; i++)
		printf("difference:  %s\n", edit_text(&edits->edit[i], view,
		    line, sizeof(line)));
}

static int
print_json(const struct conf *conf, const struct plan *plan,
    const struct kernel_view *view, const struct edits *edits,
    enum table table)
{
	json_t *present = json_array(), *difference = json_array(), *all;
	struct edit one;
	char line[LINE];
	size_t fam, i;

	for (fam = 0; fam < NET_NFAM; fam++)
		for (i = 0; i < view->nroutes[fam]; i++) {
			memset(&one, 0, sizeof(one));
			one.op = EDIT_ROUTE_SET;
			one.route = view->routes[fam][i];
			edit_text(&one, view, line, sizeof(line));
			json_array_append_new(present, json_string(
			    strncmp(line, "set ", 4) == 0 ? line + 4 : line));
		}
	for (i = 0; i < edits->n; i++)
		json_array_append_new(difference, json_string(edit_text(
		    &edits->edit[i], view, line, sizeof(line))));
	if (table_text(table) != NULL)
		json_array_append_new(difference,
		    json_string(table_text(table)));
	all = json_pack("{s:s, s:o, s:o}", "wanted", plan_text(conf, plan,
	    line, sizeof(line)), "present", present, "difference",
	    difference);
	if (all == NULL)
		return EXIT_NOMEM;
	json_dumpf(all, stdout, JSON_COMPACT);
	printf("\n");
	json_decref(all);
	return EXIT_OK;
}

static int
compare(const struct ctl *ctl, const struct conf *conf,
    const struct plan *plan)
{
	struct want_saved *saved = calloc(1, sizeof(*saved));
	struct kernel_view view = { 0 };
	struct edits edits = { 0 };
	enum table table = TABLE_RIGHT;
	struct sys *sys = NULL;
	char e[ERR_TEXT_MAX];
	int rc, err;

	rc = saved == NULL ? EXIT_NOMEM : ctl_kernel(&sys, &view);
	if (rc == EXIT_OK && (err = want_make(conf, plan, &view, saved,
	    &edits)) != 0) {
		fprintf(stderr, "uplinkctl: kernel: %s\n", err_text(err, e));
		rc = EXIT_NOMEM;
	}
	if (rc == EXIT_OK) {
		table = look_table(sys, conf);
		if (ctl->json)
			rc = print_json(conf, plan, &view, &edits, table);
		else
			print_text(conf, plan, &view, &edits, table);
	}
	if (rc == EXIT_OK && (edits.n > 0 || table_text(table) != NULL))
		rc = EXIT_DIFFERS;
	edits_free(&edits);
	kernel_view_free(&view);
	sys_close(&sys);
	free(saved);
	return rc;
}

int
cmd_plan(const struct ctl *ctl, int argc, char **argv)
{
	struct conf *conf = NULL;
	struct ask *ask;
	struct plan plan;
	int rc;

	(void)argv;
	if (argc != 1) {
		fprintf(stderr, "usage: uplinkctl plan\n");
		return EXIT_USAGE;
	}
	rc = ctl_conf(ctl->conf_path, &conf);
	if (rc != EXIT_OK)
		return rc;
	ask = calloc(1, sizeof(*ask));
	if (ask == NULL)
		rc = EXIT_NOMEM;
	else {
		ask->conf = conf;
		rc = ask_standings(ctl, ask);
	}
	if (rc == EXIT_OK) {
		plan_make(conf, ask->standing, &plan);
		rc = compare(ctl, conf, &plan);
	}
	free(ask);
	conf_free(&conf);
	return rc;
}
