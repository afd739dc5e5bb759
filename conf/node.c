/* SPDX-License-Identifier: ISC */
/*
 * node: builds the tree from libyaml's events.  Owns the nodes it makes.
 */
#include "conf/node.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "conf/conf.h"

#define NODES_MAX	65536

struct builder {
	struct report	*report;
	yaml_parser_t	 parser;
	yaml_event_t	 event;
	bool		 has_event;
	bool		 failed;	/* cannot go on */
	unsigned	 nodes;
};

/* What is quoted from the file must not speak to a terminal. */
static void
put_clean(const char *text, FILE *f)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			fprintf(f, "\\x%02x", (unsigned char)*text);
		else
			fputc(*text, f);
}

void
report_at(struct report *r, unsigned line, unsigned col, const char *path,
    const char *fmt, ...)
{
	char text[768];
	va_list ap;

	r->n++;
	if (r->n == REPORT_MAX + 1)
		fprintf(r->err, "%s: more errors follow\n", r->name);
	if (r->n > REPORT_MAX)
		return;
	fprintf(r->err, "%s:%u:%u: ", r->name, line, col);
	if (path != NULL && *path != '\0') {
		put_clean(path, r->err);
		fputs(": ", r->err);
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put_clean(text, r->err);
	fputc('\n', r->err);
}

static void
say(struct builder *b, const yaml_mark_t *at, const char *what)
{
	report_at(b->report, (unsigned)at->line + 1,
	    (unsigned)at->column + 1, NULL, "%s", what);
}

static void
fail(struct builder *b, const yaml_mark_t *at, const char *what)
{
	say(b, at, what);
	b->failed = true;
}

static void
next(struct builder *b)
{
	yaml_mark_t at;

	if (b->has_event)
		yaml_event_delete(&b->event);
	b->has_event = false;
	if (b->failed)
		return;
	if (yaml_parser_parse(&b->parser, &b->event)) {
		b->has_event = true;
		return;
	}
	at = b->parser.problem_mark;
	if (b->parser.error == YAML_READER_ERROR) {
		/* The reader knows only an offset; say at least the line. */
		at = b->parser.mark;
		fail(b, &at, "not UTF-8 text, or a control character");
	} else if (b->parser.error == YAML_MEMORY_ERROR)
		fail(b, &at, "no memory");
	else
		fail(b, &at, b->parser.problem != NULL ? b->parser.problem :
		    "not YAML");
}

static struct node *
node_new(struct builder *b, enum node_kind kind)
{
	struct node *n;

	if (++b->nodes > NODES_MAX) {
		fail(b, &b->event.start_mark, "too many entries");
		return NULL;
	}
	n = calloc(1, sizeof(*n));
	if (n == NULL) {
		fail(b, &b->event.start_mark, "no memory");
		return NULL;
	}
	n->kind = kind;
	n->line = (unsigned)b->event.start_mark.line + 1;
	n->col = (unsigned)b->event.start_mark.column + 1;
	return n;
}

void
node_free(struct node **np)
{
	struct node *n = *np;
	size_t i;

	if (n == NULL)
		return;
	*np = NULL;
	for (i = 0; i < n->n; i++)
		node_free(&n->child[i]);
	free(n->child);
	free(n->text);
	free(n->key);
	free(n);
}

static bool
add(struct builder *b, struct node *parent, struct node *child)
{
	struct node **list = realloc(parent->child,
	    (parent->n + 1) * sizeof(*list));

	if (list == NULL) {
		fail(b, &b->event.start_mark, "no memory");
		return false;
	}
	parent->child = list;
	parent->child[parent->n++] = child;
	return true;
}

static void
refuse_extras(struct builder *b, const yaml_char_t *anchor,
    const yaml_char_t *tag)
{
	if (anchor != NULL)
		say(b, &b->event.start_mark, "anchors are not allowed");
	if (tag != NULL)
		say(b, &b->event.start_mark, "tags are not allowed");
}

static char *
scalar_text(struct builder *b)
{
	const char *value = (const char *)b->event.data.scalar.value;
	size_t len = b->event.data.scalar.length;
	char *text;

	if (memchr(value, '\0', len) != NULL) {
		say(b, &b->event.start_mark, "a NUL character");
		len = 0;
	}
	text = strndup(value, len);
	if (text == NULL)
		fail(b, &b->event.start_mark, "no memory");
	return text;
}

static struct node	*build(struct builder *, unsigned depth);

static struct node *
build_scalar(struct builder *b)
{
	struct node *n = node_new(b, NODE_SCALAR);

	if (n == NULL)
		return NULL;
	refuse_extras(b, b->event.data.scalar.anchor,
	    b->event.data.scalar.tag);
	n->plain = b->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	n->text = scalar_text(b);
	next(b);
	return n;
}

static struct node *
build_list(struct builder *b, unsigned depth)
{
	struct node *n = node_new(b, NODE_LIST), *child;

	if (n == NULL)
		return NULL;
	refuse_extras(b, b->event.data.sequence_start.anchor,
	    b->event.data.sequence_start.tag);
	next(b);
	while (!b->failed && b->event.type != YAML_SEQUENCE_END_EVENT) {
		child = build(b, depth + 1);
		if (child != NULL && !add(b, n, child))
			node_free(&child);
	}
	next(b);
	return n;
}

/* The key's text; the caller owns it.  NULL: it was reported. */
static char *
build_key(struct builder *b, const struct node *map, unsigned depth)
{
	struct node *wrong;
	char *key;

	if (b->event.type != YAML_SCALAR_EVENT) {
		say(b, &b->event.start_mark, "a key must be a plain word");
		wrong = build(b, depth + 1);
		node_free(&wrong);
		return NULL;
	}
	refuse_extras(b, b->event.data.scalar.anchor,
	    b->event.data.scalar.tag);
	key = scalar_text(b);
	if (key != NULL && strcmp(key, "<<") == 0) {
		say(b, &b->event.start_mark, "merge keys are not allowed");
		free(key);
		key = NULL;
	} else if (key != NULL && node_get(map, key) != NULL) {
		report_at(b->report, (unsigned)b->event.start_mark.line + 1,
		    (unsigned)b->event.start_mark.column + 1, NULL,
		    "%s: written twice, first in line %u", key,
		    node_get(map, key)->key_line);
		free(key);
		key = NULL;
	}
	next(b);
	return key;
}

static struct node *
build_map(struct builder *b, unsigned depth)
{
	struct node *n = node_new(b, NODE_MAP), *child;
	unsigned line, col;
	char *key;

	if (n == NULL)
		return NULL;
	refuse_extras(b, b->event.data.mapping_start.anchor,
	    b->event.data.mapping_start.tag);
	next(b);
	while (!b->failed && b->event.type != YAML_MAPPING_END_EVENT) {
		line = (unsigned)b->event.start_mark.line + 1;
		col = (unsigned)b->event.start_mark.column + 1;
		key = build_key(b, n, depth);
		child = b->failed ? NULL : build(b, depth + 1);
		if (key == NULL || child == NULL || !add(b, n, child)) {
			free(key);
			node_free(&child);
			continue;
		}
		child->key = key;
		child->key_line = line;
		child->key_col = col;
	}
	next(b);
	return n;
}

/* One value; always moves on, so that the caller's loop ends. */
static struct node *
build(struct builder *b, unsigned depth)
{
	if (b->failed)
		return NULL;
	if (depth > CONF_DEPTH_MAX) {
		fail(b, &b->event.start_mark, "nested too deep");
		return NULL;
	}
	switch (b->event.type) {
	case YAML_SCALAR_EVENT:
		return build_scalar(b);
	case YAML_SEQUENCE_START_EVENT:
		return build_list(b, depth);
	case YAML_MAPPING_START_EVENT:
		return build_map(b, depth);
	case YAML_ALIAS_EVENT:
		say(b, &b->event.start_mark, "aliases are not allowed");
		next(b);
		return NULL;
	default:
		fail(b, &b->event.start_mark, "not expected here");
		return NULL;
	}
}

static struct node *
build_document(struct builder *b)
{
	struct node *root = NULL;

	next(b);			/* stream start */
	next(b);
	if (!b->failed && b->event.type == YAML_STREAM_END_EVENT) {
		report_at(b->report, 1, 1, NULL, "the file is empty");
		return NULL;
	}
	next(b);			/* the first value */
	root = build(b, 0);
	if (!b->failed)
		next(b);		/* behind the document's end */
	if (!b->failed && b->event.type != YAML_STREAM_END_EVENT)
		say(b, &b->event.start_mark,
		    "only one document is allowed in a file");
	if (b->failed)
		node_free(&root);
	return root;
}

struct node *
node_parse(struct report *r, const char *bytes, size_t len)
{
	struct builder b = { .report = r };
	struct node *root;

	if (len > CONF_BYTES_MAX) {
		report_at(r, 1, 1, NULL, "more than %d bytes",
		    CONF_BYTES_MAX);
		return NULL;
	}
	if (!yaml_parser_initialize(&b.parser)) {
		report_at(r, 1, 1, NULL, "no memory");
		return NULL;
	}
	yaml_parser_set_input_string(&b.parser,
	    (const unsigned char *)bytes, len);
	yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
	root = build_document(&b);
	if (b.has_event)
		yaml_event_delete(&b.event);
	yaml_parser_delete(&b.parser);
	return root;
}

const struct node *
node_get(const struct node *n, const char *key)
{
	size_t i;

	for (i = 0; i < n->n; i++)
		if (n->child[i]->key != NULL &&
		    strcmp(n->child[i]->key, key) == 0)
			return n->child[i];
	return NULL;
}
