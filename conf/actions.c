/* SPDX-License-Identifier: ISC */
/*
 * actions: each configured action with the options of its kind.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/fill.h"
#include "conf/schema.h"
#include "conf/uplinks.h"
#include "conf/value.h"

/* The words that are kinds, as further keys of an action. */
static void
kind_words(const struct conf_kinds *kinds, const char *words[CONF_KINDS_MAX])
{
	size_t i;

	for (i = 0; i < CONF_KINDS_MAX - 1 && kinds->action_name(i) != NULL; i++)
		words[i] = kinds->action_name(i);
	words[i] = NULL;
}

void
action_read(struct report *r, const struct conf_kinds *kinds,
    const char *path, const struct node *n, const char *who,
    const struct option_set **kind, void **opts)
{
	const struct option_set *set;
	char buf[PATH_MAX_LEN];
	size_t i, found = 0;

	for (i = 0; i < n->n; i++) {
		set = kinds->action(n->child[i]->key);
		if (set == NULL)
			continue;
		fill_path(buf, sizeof(buf), path, n->child[i]->key);
		if (found++ > 0) {
			report_at(r, n->child[i]->key_line,
			    n->child[i]->key_col, buf,
			    "%s does one thing: it has %s already", who,
			    (*kind)->name);
			continue;
		}
		*kind = set;
		*opts = kind_read(r, buf, n->child[i], set);
	}
	if (found == 0)
		report_at(r, n->line, n->col, path, "nothing to do: one of "
		    "its kinds is wanted, as in `run: [/path/program]`");
}

/* What would be read and have no effect is said. */
static void
check_without(struct report *r, const char *path, const struct node *n,
    const struct conf_action *a)
{
	const char *const *key;
	const struct node *at;
	char buf[PATH_MAX_LEN];

	if (a->kind == NULL || a->kind->without == NULL)
		return;
	for (key = a->kind->without; *key != NULL; key++)
		if ((at = node_get(n, *key)) != NULL)
			report_at(r, at->key_line, at->key_col, fill_path(buf,
			    sizeof(buf), path, *key), "says nothing to %s",
			    a->kind->name);
}

static void
check_uplinks(struct report *r, const char *path, const struct node *n,
    const struct conf *conf, const struct conf_action *a)
{
	const struct node *list = node_get(n, "uplinks");
	char buf[PATH_MAX_LEN];
	size_t i, k;

	for (i = 0; a->uplinks != NULL && a->uplinks[i] != NULL; i++) {
		for (k = 0; k < conf->nuplinks; k++)
			if (strcmp(conf->uplinks[k].name, a->uplinks[i]) == 0)
				break;
		if (k == conf->nuplinks)
			report_at(r, list->line, list->col, fill_path(buf,
			    sizeof(buf), path, "uplinks"),
			    "there is no uplink %.40s", a->uplinks[i]);
	}
}

/* What runs for each event is not ended by the next one. */
static void
check_supersede(struct report *r, const char *path, const struct node *n,
    const struct conf_action *a)
{
	const struct node *key = node_get(n, "on_supersede");
	char buf[PATH_MAX_LEN];

	if (a->every && a->on_supersede == CONF_CANCEL)
		report_at(r, key->line, key->col, fill_path(buf, sizeof(buf),
		    path, "on_supersede"), "with every: true no run is "
		    "superseded, so none is cancelled");
}

/* These name jobs of the daemon itself, in the journal and in the log. */
static bool
is_reserved(const char *name)
{
	return strcmp(name, "mail") == 0 || strcmp(name, "recovery") == 0 ||
	    strcmp(name, "flows") == 0 || strcmp(name, "given-up") == 0;
}

void
actions_read(struct report *r, const struct conf_kinds *kinds,
    const struct node *top, struct conf *conf)
{
	const struct node *list = fill_map(r, "", top, "actions"), *n;
	const char *words[CONF_KINDS_MAX];
	struct conf_action *a;
	char path[PATH_MAX_LEN];
	size_t i;

	if (list == NULL)
		return;
	if (list->n > CONF_ACTIONS_MAX) {
		report_at(r, list->line, list->col, "actions",
		    "more than %d", CONF_ACTIONS_MAX);
		return;
	}
	kind_words(kinds, words);
	conf->actions = calloc(list->n + 1, sizeof(*conf->actions));
	for (i = 0; conf->actions != NULL && i < list->n; i++) {
		n = list->child[i];
		fill_path(path, sizeof(path), "actions", n->key);
		if (!name_ok(r, path, n) ||
		    fill_map(r, "actions", list, n->key) == NULL)
			continue;
		if (is_reserved(n->key)) {
			report_at(r, n->key_line, n->key_col, path,
			    "this name is the daemon's own");
			continue;
		}
		a = &conf->actions[conf->nactions++];
		snprintf(a->name, sizeof(a->name), "%s", n->key);
		fill_rows(r, path, n, n, schema_action.rows, words, a);
		action_read(r, kinds, path, n, "an action", &a->kind,
		    &a->opts);
		check_without(r, path, n, a);
		check_uplinks(r, path, n, conf, a);
		check_supersede(r, path, n, a);
	}
}

void
actions_free(struct conf *conf)
{
	struct conf_action *a;
	size_t i;

	for (i = 0; i < conf->nactions; i++) {
		a = &conf->actions[i];
		if (a->kind != NULL)
			kind_free(a->kind, &a->opts);
		fill_free(schema_action.rows, a);
	}
	free(conf->actions);
}
