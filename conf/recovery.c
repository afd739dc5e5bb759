/* SPDX-License-Identifier: ISC */
/*
 * recovery: the ladder of each uplink.  A step does one thing of the kinds
 * that actions have, if it can be done to a modem.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/fill.h"
#include "conf/schema.h"
#include "conf/uplinks.h"
#include "conf/value.h"

/* Those of actions that may do something to a modem. */
static const char *const step_kinds[] = { "run", "http", "serial", NULL };

/* Those that there are. */
static void
step_words(const struct conf_kinds *kinds, const char *words[CONF_KINDS_MAX])
{
	size_t i, n = 0;

	for (i = 0; step_kinds[i] != NULL; i++)
		if (kinds->action(step_kinds[i]) != NULL)
			words[n++] = step_kinds[i];
	words[n] = NULL;
}

static void
read_step(struct report *r, const struct conf_kinds *kinds, const char *path,
    const struct node *n, struct conf_step *s)
{
	const char *words[CONF_KINDS_MAX];

	step_words(kinds, words);
	fill_rows(r, path, n, n, schema_step.rows, words, s);
	action_read(r, kinds, path, n, "a step", &s->kind, &s->opts);
}

/* Two at the same time cannot be told apart by what the first one did. */
static void
check_rises(struct report *r, const char *path, const struct node *n,
    const struct conf_step *before, const struct conf_step *s)
{
	const struct node *at = node_get(n, "after");
	char buf[PATH_MAX_LEN];

	if (s->after_ns > before->after_ns)
		return;
	if (at == NULL)
		at = n;
	report_at(r, at->line, at->col, fill_path(buf, sizeof(buf), path,
	    "after"), "must be more than that of the step before");
}

static void
read_steps(struct report *r, const struct conf_kinds *kinds,
    const char *path, const struct node *list, struct conf_recovery *rec)
{
	char buf[PATH_MAX_LEN];
	unsigned before;
	size_t i;

	rec->steps = calloc(list->n, sizeof(*rec->steps));
	for (i = 0; rec->steps != NULL && i < list->n; i++) {
		snprintf(buf, sizeof(buf), "%.200s[%zu]", path, i);
		if (list->child[i]->kind != NODE_MAP) {
			report_at(r, list->child[i]->line,
			    list->child[i]->col, buf, "a map is wanted");
			continue;
		}
		before = r->n;
		read_step(r, kinds, buf, list->child[i],
		    &rec->steps[rec->nsteps++]);
		if (r->n == before && rec->nsteps > 1)
			check_rises(r, buf, list->child[i],
			    &rec->steps[rec->nsteps - 2],
			    &rec->steps[rec->nsteps - 1]);
	}
}

void
recovery_read(struct report *r, const struct conf_kinds *kinds,
    const char *path, const struct node *uplink, bool alone,
    struct conf_recovery *rec)
{
	const struct node *n = fill_map(r, path, uplink, "recovery"), *steps;
	char buf[PATH_MAX_LEN], one[PATH_MAX_LEN];

	if (n == NULL)
		return;
	fill_path(buf, sizeof(buf), path, "recovery");
	fill_rows(r, buf, n, n, schema_recovery.rows, schema_recovery.inner,
	    rec);
	/* It would be read, printed and never used. */
	if (alone)
		report_at(r, n->line, n->col, buf, "nothing is reset while "
		    "no other line works, and there is no other");
	if (rec->budget.n > CONF_BUDGET_MAX)
		report_at(r, n->line, n->col, fill_path(one, sizeof(one), buf,
		    "budget"), "more than %d", CONF_BUDGET_MAX);
	steps = node_get(n, "steps");
	fill_path(one, sizeof(one), buf, "steps");
	if (steps == NULL || steps->kind != NODE_LIST || steps->n == 0 ||
	    steps->n > CONF_STEPS_MAX) {
		report_at(r, steps != NULL ? steps->line : n->line,
		    steps != NULL ? steps->col : n->col, one,
		    "a list of one to %d steps is wanted", CONF_STEPS_MAX);
		return;
	}
	read_steps(r, kinds, one, steps, rec);
}

void
recovery_free(struct conf_recovery *rec)
{
	size_t i;

	for (i = 0; i < rec->nsteps; i++) {
		if (rec->steps[i].kind != NULL)
			kind_free(rec->steps[i].kind, &rec->steps[i].opts);
		fill_free(schema_step.rows, &rec->steps[i]);
	}
	free(rec->steps);
}
