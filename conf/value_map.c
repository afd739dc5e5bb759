/* SPDX-License-Identifier: ISC */
/*
 * value_map: names of the site's own choice, each with one line of text, as
 * they are handed on to somebody else's program.  Pure but for the report and
 * the output.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/fill.h"
#include "conf/value.h"

/* They become names of the environment in capitals, so no others than these. */
static bool
is_key(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return n > 0 && n < OPTION_MAP_KEY_MAX && s[n] == '\0' &&
	    *s >= 'a' && *s <= 'z';
}

/* "key=value", NULL after a report; what is empty on purpose is quoted. */
static char *
read_entry(struct report *r, const char *path, const struct node *n)
{
	char *entry;
	int len;

	if (!is_key(n->key)) {
		report_at(r, n->key_line, n->key_col, path, "not a name of an "
		    "option: a small letter, then small letters, digits and "
		    "_ only, at most %d", OPTION_MAP_KEY_MAX - 1);
		return NULL;
	}
	if (value_scalar(r, path, n, "a text") == NULL ||
	    ((n->plain || n->text[0] != '\0') &&
	    !value_clean(r, path, n, n->text)))
		return NULL;
	len = (int)(strlen(n->key) + strlen(n->text)) + 2;
	entry = malloc((size_t)len);
	if (entry == NULL)
		value_wrong(r, path, n, "no memory");
	else
		snprintf(entry, (size_t)len, "%s=%s", n->key, n->text);
	return entry;
}

/* All that is wrong is told, not only the first. */
void
value_read_map(struct report *r, const char *path, const struct node *n,
    const struct option *o, void *base)
{
	char ***out = (void *)((char *)base + o->off);
	char buf[PATH_MAX_LEN];
	char **list;
	size_t i, at = 0;

	if (n->kind != NODE_MAP || n->n > OPTION_MAP_MAX) {
		value_wrong(r, path, n, n->kind != NODE_MAP ?
		    "a map {name: text, ...} is wanted" :
		    "more than %d entries", OPTION_MAP_MAX);
		return;
	}
	list = calloc(n->n + 1, sizeof(*list));
	for (i = 0; list != NULL && i < n->n; i++) {
		fill_path(buf, sizeof(buf), path, n->child[i]->key);
		list[at] = read_entry(r, buf, n->child[i]);
		at += list[at] != NULL;
	}
	if (list == NULL)
		value_wrong(r, path, n, "no memory");
	value_free(o, base);
	*out = list;
}

void
value_print_map(char *const *list, FILE *f)
{
	const char *comma = "", *eq;

	fputc('{', f);
	for (; *list != NULL; list++) {
		eq = strchr(*list, '=');
		fprintf(f, "%s ", comma);
		fwrite(*list, 1, (size_t)(eq - *list), f);
		fputs(": ", f);
		value_string(eq + 1, f);
		comma = ",";
	}
	fputs(" }", f);
}
