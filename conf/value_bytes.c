/* SPDX-License-Identifier: ISC */
/*
 * value_bytes: bytes for devices, written with \r, \n, \t, \\ and \xA0, alone,
 * in a list, or as what is sent and awaited in a dialogue.  Pure but for the
 * report and the output.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/fill.h"
#include "conf/value.h"
#include "lib/clock.h"

static const struct {
	char	c;
	char	byte;
} escapes[] = { { 'r', '\r' }, { 'n', '\n' }, { 't', '\t' }, { '\\', '\\' } };

#define NESCAPES (sizeof(escapes) / sizeof(escapes[0]))

static int
hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at;

	if (c >= 'A' && c <= 'F')
		c = (char)(c - 'A' + 'a');
	at = c == '\0' ? NULL : strchr(digits, c);
	return at == NULL ? -1 : (int)(at - digits);
}

/* After the backslash; its end, or NULL. */
static const char *
unescape(const char *s, unsigned char *out)
{
	size_t i;

	for (i = 0; i < NESCAPES; i++)
		if (*s == escapes[i].c) {
			*out = (unsigned char)escapes[i].byte;
			return s + 1;
		}
	if (*s != 'x' || hex(s[1]) == -1 || hex(s[2]) == -1)
		return NULL;
	*out = (unsigned char)(hex(s[1]) << 4 | hex(s[2]));
	return s + 3;
}

/* NULL, or what is wrong. */
static const char *
decode(const char *s, unsigned char *out, size_t *len)
{
	*len = 0;
	while (*s != '\0') {
		if (*len == OPTION_BYTES_MAX)
			return "longer than 255 bytes";
		/* YAML has made two bytes of what was meant to be one. */
		if ((*s & 0x80) != 0)
			return "a character that is no ASCII: a byte is "
			    "written as '\\xA0', in single quotes";
		if (*s != '\\')
			out[(*len)++] = (unsigned char)*s++;
		else if ((s = unescape(s + 1, &out[(*len)++])) == NULL)
			return "a backslash is followed by r, n, t, \\ or two "
			    "hexadecimal digits after x";
	}
	return *len == 0 ? "an empty text" : NULL;
}

static void
read_one(struct report *r, const char *path, const struct node *n,
    struct option_bytes *out)
{
	const char *s = value_scalar(r, path, n, "a text"), *why;
	unsigned char buf[OPTION_BYTES_MAX];
	size_t len;

	if (s == NULL)
		return;
	why = decode(s, buf, &len);
	if (why != NULL) {
		value_wrong(r, path, n, "%s", why);
		return;
	}
	free(out->bytes);
	out->len = len;
	out->bytes = malloc(len);
	if (out->bytes == NULL)
		value_wrong(r, path, n, "no memory");
	else
		memcpy(out->bytes, buf, len);
}

void
value_read_bytes(struct report *r, const char *path, const struct node *n,
    const struct option *o, void *base)
{
	read_one(r, path, n, (void *)((char *)base + o->off));
}

void
value_read_bytelist(struct report *r, const char *path, const struct node *n,
    const struct option *o, void *base)
{
	struct option_bytelist *out = (void *)((char *)base + o->off);
	const struct node *const *child =
	    (const struct node *const *)n->child;
	size_t count = n->n, i;

	if (n->kind == NODE_SCALAR) {
		child = &n;
		count = 1;
	}
	if (n->kind == NODE_MAP || count == 0 || count > OPTION_LIST_MAX) {
		value_wrong(r, path, n, n->kind == NODE_MAP || count == 0 ?
		    "a list is wanted" : "more than %d entries",
		    OPTION_LIST_MAX);
		return;
	}
	value_free_bytelist(out);
	out->list = calloc(count, sizeof(*out->list));
	for (i = 0; out->list != NULL && i < count; i++)
		read_one(r, path, child[i], &out->list[out->n++]);
}

/* The rows of one step. */
static const struct option step_rows[] = {
	{ .name = "send", .type = OPTION_BYTES,
	  .off = offsetof(struct option_step, send) },
	{ .name = "send_file", .type = OPTION_PATH,
	  .off = offsetof(struct option_step, send_file) },
	{ .name = "expect", .type = OPTION_BYTES,
	  .off = offsetof(struct option_step, expect) },
	{ .name = "timeout", .type = OPTION_DURATION, .min = 10 * NS_PER_MS,
	  .max = 3600 * NS_PER_S, .def = "5s",
	  .off = offsetof(struct option_step, timeout_ns) },
	{ .name = "wait", .type = OPTION_DURATION, .min = 0,
	  .max = 3600 * NS_PER_S, .def = "0s",
	  .off = offsetof(struct option_step, wait_ns) },
	{ .name = NULL }
};

static void
read_step(struct report *r, const char *path, const struct node *n,
    struct option_step *out)
{
	if (n->kind != NODE_MAP) {
		value_wrong(r, path, n, "a map is wanted, as in { send: "
		    "'AT\\r', expect: OK }");
		return;
	}
	fill_rows(r, path, n, n, step_rows, NULL, out);
	if (node_get(n, "send") == NULL && node_get(n, "send_file") == NULL &&
	    node_get(n, "expect") == NULL)
		value_wrong(r, path, n, "neither send nor expect");
	if (node_get(n, "send") != NULL && node_get(n, "send_file") != NULL)
		value_wrong(r, path, node_get(n, "send_file"), "there is "
		    "send already");
	if (out->expect.bytes != NULL &&
	    (memchr(out->expect.bytes, '\r', out->expect.len) != NULL ||
	    memchr(out->expect.bytes, '\n', out->expect.len) != NULL))
		value_wrong(r, path, node_get(n, "expect"), "the beginning "
		    "of one line is awaited, without its end");
}

void
value_read_dialogue(struct report *r, const char *path, const struct node *n,
    const struct option *o, void *base)
{
	struct option_dialogue *out = (void *)((char *)base + o->off);
	char buf[PATH_MAX_LEN];
	size_t i;

	if (n->kind != NODE_LIST || n->n == 0 || n->n > OPTION_LIST_MAX) {
		value_wrong(r, path, n, n->kind == NODE_LIST && n->n > 0 ?
		    "more than %d steps" : "a list of steps is wanted",
		    OPTION_LIST_MAX);
		return;
	}
	out->steps = calloc(n->n, sizeof(*out->steps));
	for (i = 0; out->steps != NULL && i < n->n; i++) {
		snprintf(buf, sizeof(buf), "%.200s[%zu]", path, i);
		read_step(r, buf, n->child[i], &out->steps[out->n++]);
	}
}

static void
print_bytes(const struct option_bytes *b, FILE *f)
{
	char text[4 * OPTION_BYTES_MAX + 1];
	size_t i, k, at = 0;

	for (i = 0; i < b->len; i++) {
		for (k = 0; k < NESCAPES; k++)
			if (b->bytes[i] == (unsigned char)escapes[k].byte)
				break;
		if (k < NESCAPES) {
			text[at++] = '\\';
			text[at++] = escapes[k].c;
		} else if (b->bytes[i] < 0x20 || b->bytes[i] > 0x7e)
			at += (size_t)sprintf(text + at, "\\x%02x",
			    (unsigned)b->bytes[i]);
		else
			text[at++] = (char)b->bytes[i];
	}
	text[at] = '\0';
	value_string(text, f);
}

static void
print_bytelist(const struct option_bytelist *l, FILE *f)
{
	size_t i;

	fputc('[', f);
	for (i = 0; i < l->n; i++) {
		fputs(i > 0 ? ", " : "", f);
		print_bytes(&l->list[i], f);
	}
	fputc(']', f);
}

static void
print_dialogue(const struct option_dialogue *d, FILE *f)
{
	const struct option *o;
	const char *comma;
	size_t i;

	fputc('[', f);
	for (i = 0; i < d->n; i++) {
		fputs(i > 0 ? ", { " : "{ ", f);
		comma = "";
		for (o = step_rows; o->name != NULL; o++) {
			if (value_absent(o, &d->steps[i]))
				continue;
			fprintf(f, "%s%s: ", comma, o->name);
			value_print(o, &d->steps[i], f);
			comma = ", ";
		}
		fputs(" }", f);
	}
	fputc(']', f);
}

void
value_print_said(enum option_type type, const void *at, FILE *f)
{
	if (type == OPTION_BYTES)
		print_bytes(at, f);
	else if (type == OPTION_BYTELIST)
		print_bytelist(at, f);
	else if (type == OPTION_DIALOGUE)
		print_dialogue(at, f);
}

void
value_free_bytelist(struct option_bytelist *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		free(l->list[i].bytes);
	free(l->list);
	memset(l, 0, sizeof(*l));
}

void
value_free_dialogue(struct option_dialogue *d)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		fill_free(step_rows, &d->steps[i]);
	free(d->steps);
	memset(d, 0, sizeof(*d));
}
