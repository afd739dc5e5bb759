/* SPDX-License-Identifier: ISC */
/*
 * fill: walks a map and a table side by side.
 */
#include "conf/fill.h"

#include <stdio.h>
#include <string.h>

#include "conf/value.h"
#include "lib/must.h"

#define WORD_MAX	64

const char *
fill_path(char *buf, size_t len, const char *path, const char *key)
{
	snprintf(buf, len, "%s%s%.100s", path, *path != '\0' ? "." : "", key);
	return buf;
}

/* Edits from one word to the other (Levenshtein), cut at WORD_MAX. */
static size_t
distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), row[WORD_MAX + 1], i, k;
	size_t above, corner, least;

	if (la > WORD_MAX || lb > WORD_MAX)
		return WORD_MAX;
	for (k = 0; k <= lb; k++)
		row[k] = k;
	for (i = 1; i <= la; i++) {
		corner = row[0];
		row[0] = i;
		for (k = 1; k <= lb; k++) {
			above = row[k];
			least = corner + (a[i - 1] != b[k - 1]);
			if (above + 1 < least)
				least = above + 1;
			if (row[k - 1] + 1 < least)
				least = row[k - 1] + 1;
			corner = above;
			row[k] = least;
		}
	}
	return row[lb];
}

const char *
fill_nearest(const char *word, const struct option *rows,
    const char *const *inner)
{
	const char *best = "";
	size_t least = 3, d;

	for (; rows != NULL && rows->name != NULL; rows++)
		if ((d = distance(word, rows->name)) < least) {
			least = d;
			best = rows->name;
		}
	for (; inner != NULL && *inner != NULL; inner++)
		if ((d = distance(word, *inner)) < least) {
			least = d;
			best = *inner;
		}
	return best;
}

static const struct option *
find_row(const struct option *rows, const char *name)
{
	for (; rows->name != NULL; rows++)
		if (strcmp(rows->name, name) == 0)
			return rows;
	return NULL;
}

static bool
is_inner(const char *const *inner, const char *name)
{
	for (; inner != NULL && *inner != NULL; inner++)
		if (strcmp(*inner, name) == 0)
			return true;
	return false;
}

static void
unknown(struct report *r, const char *path, const struct node *n,
    const struct option *rows, const char *const *inner)
{
	const char *near = fill_nearest(n->key, rows, inner);

	report_at(r, n->key_line, n->key_col, path, "no such key%s%s%s",
	    *near != '\0' ? "; did you mean " : "", near,
	    *near != '\0' ? "?" : "");
}

/* Defaults are written as in the file, and read by the same code. */
static void
set_default(const struct option *o, void *base)
{
	struct report r = { .name = "default", .err = stderr };
	struct node *n = node_parse(&r, o->def, strlen(o->def));

	MUST(n != NULL);
	value_read(&r, o->name, n, o, base);
	MUST(r.n == 0);
	node_free(&n);
}

void
fill_rows(struct report *r, const char *path, const struct node *map,
    const struct node *at, const struct option *rows,
    const char *const *inner, void *base)
{
	const struct option *o;
	const struct node *n;
	char buf[PATH_MAX_LEN];
	size_t i;

	for (i = 0; map != NULL && i < map->n; i++) {
		n = map->child[i];
		o = find_row(rows, n->key);
		fill_path(buf, sizeof(buf), path, n->key);
		if (o != NULL)
			value_read(r, buf, n, o, base);
		else if (!is_inner(inner, n->key))
			unknown(r, buf, n, rows, inner);
	}
	for (o = rows; o->name != NULL; o++) {
		if (map != NULL && node_get(map, o->name) != NULL)
			continue;
		if (o->def != NULL)
			set_default(o, base);
		else if (o->required)
			report_at(r, at->line, at->col, fill_path(buf,
			    sizeof(buf), path, o->name), "is missing");
	}
}

void
fill_defaults(const struct option *rows, const char *const *but, void *base)
{
	for (; rows->name != NULL; rows++)
		if (rows->def != NULL && !is_inner(but, rows->name))
			set_default(rows, base);
}

void
fill_free(const struct option *rows, void *base)
{
	for (; rows->name != NULL; rows++)
		value_free(rows, base);
}

const struct node *
fill_map(struct report *r, const char *path, const struct node *map,
    const char *key)
{
	const struct node *n = map == NULL ? NULL : node_get(map, key);
	char buf[PATH_MAX_LEN];

	if (n == NULL || n->kind == NODE_MAP)
		return n;
	report_at(r, n->line, n->col, fill_path(buf, sizeof(buf), path, key),
	    "a map is wanted, not a %s",
	    n->kind == NODE_LIST ? "list" : "single value");
	return NULL;
}
