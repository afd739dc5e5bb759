/* SPDX-License-Identifier: ISC */
/*
 * value: reads, prints and frees fields by the type of their row.  Pure but
 * for the report and the output.
 */
#include "conf/value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/clock.h"
#include "lib/net.h"

#define STRINGS_MAX	256

struct unit {
	const char	*name;
	int64_t		 ns;
};

static const struct unit units[] = {
	{ "d", 86400 * NS_PER_S },
	{ "h", 3600 * NS_PER_S },
	{ "m", 60 * NS_PER_S },
	{ "s", NS_PER_S },
	{ "ms", NS_PER_MS },
	{ "us", NS_PER_US },
};

#define NUNITS (sizeof(units) / sizeof(units[0]))

void
value_wrong(struct report *r, const char *path, const struct node *n,
    const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	report_at(r, n->line, n->col, path, "%s", text);
}

static void *
field(const struct option *o, void *base)
{
	return (char *)base + o->off;
}

const char *
value_scalar(struct report *r, const char *path, const struct node *n,
    const char *what)
{
	if (n->kind == NODE_SCALAR)
		return n->text;
	value_wrong(r, path, n, "%s is wanted, not a %s", what,
	    n->kind == NODE_MAP ? "map" : "list");
	return NULL;
}

bool
value_duration(const char *s, int64_t *ns)
{
	int64_t n;
	char *end;
	size_t i;

	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	n = strtoll(s, &end, 10);
	if (errno != 0)
		return false;
	for (i = 0; i < NUNITS; i++)
		if (strcmp(end, units[i].name) == 0) {
			if (n > INT64_MAX / units[i].ns)
				return false;
			*ns = n * units[i].ns;
			return true;
		}
	/* Nothing needs no unit. */
	*ns = 0;
	return n == 0 && *end == '\0';
}

static void
read_duration(struct report *r, const char *path, const struct node *n,
    const struct option *o, void *base)
{
	const char *s = value_scalar(r, path, n, "a duration");
	char least[64] = "", most[64] = "";
	int64_t ns;
	FILE *f;

	if (s == NULL)
		return;
	if (!value_duration(s, &ns)) {
		value_wrong(r, path, n, "%.40s is not a duration: write a whole "
		    "number with us, ms, s, m, h or d", s);
		return;
	}
	if (ns >= o->min && ns <= o->max) {
		*(int64_t *)field(o, base) = ns;
		return;
	}
	if ((f = fmemopen(least, sizeof(least), "w")) != NULL) {
		value_print_duration(o->min, f);
		fclose(f);
	}
	if ((f = fmemopen(most, sizeof(most), "w")) != NULL) {
		value_print_duration(o->max, f);
		fclose(f);
	}
	if (ns < o->min)
		value_wrong(r, path, n, "%s is below the minimum %s", s, least);
	else
		value_wrong(r, path, n, "%s is above the maximum %s", s, most);
}

static void
read_int(struct report *r, const char *path, const struct node *n,
    const struct option *o, void *base)
{
	const char *s = value_scalar(r, path, n, "a number");
	int64_t v;
	char *end;

	if (s == NULL)
		return;
	if (o->word != NULL && strcmp(s, o->word) == 0) {
		*(int64_t *)field(o, base) = -1;
		return;
	}
	errno = 0;
	v = strtoll(s, &end, strncmp(s, "0x", 2) == 0 ? 16 : 10);
	if (end == s || *end != '\0' || errno != 0 ||
	    strspn(s, "-0123456789abcdefABCDEFx") != strlen(s))
		value_wrong(r, path, n, "%.40s is not a whole number%s%s", s,
		    o->word != NULL ? " or " : "",
		    o->word != NULL ? o->word : "");
	else if (v < o->min)
		value_wrong(r, path, n, "%" PRId64 " is below the minimum %" PRId64,
		    v, o->min);
	else if (v > o->max)
		value_wrong(r, path, n, "%" PRId64 " is above the maximum %" PRId64,
		    v, o->max);
	else
		*(int64_t *)field(o, base) = v;
}

static void
read_bool(struct report *r, const char *path, const struct node *n,
    const struct option *o, void *base)
{
	const char *s = value_scalar(r, path, n, "true or false");

	if (s == NULL)
		return;
	if (strcmp(s, "true") == 0 || strcmp(s, "yes") == 0)
		*(bool *)field(o, base) = true;
	else if (strcmp(s, "false") == 0 || strcmp(s, "no") == 0)
		*(bool *)field(o, base) = false;
	else
		value_wrong(r, path, n, "%.40s is neither true nor false", s);
}

/* One line of clean text: what is quoted in logs and mails stays harmless. */
bool
value_clean(struct report *r, const char *path, const struct node *n,
    const char *s)
{
	const char *c;

	if (*s == '\0') {
		value_wrong(r, path, n, "an empty text");
		return false;
	}
	if (strlen(s) > 1024) {
		value_wrong(r, path, n, "longer than 1024 bytes");
		return false;
	}
	for (c = s; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f) {
			value_wrong(r, path, n, "a control character in the text");
			return false;
		}
	return true;
}

static bool
is_name(const char *s)
{
	size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_.-");

	return n > 0 && n < 32 && s[n] == '\0' && *s != '-' && *s != '.';
}

static void
read_text(struct report *r, const char *path, const struct node *n,
    const struct option *o, void *base)
{
	const char *s = value_scalar(r, path, n, "a text");
	char **out = field(o, base);

	if (s == NULL || !value_clean(r, path, n, s))
		return;
	if (o->type == OPTION_PATH && *s != '/')
		value_wrong(r, path, n, "%.60s is not an absolute path", s);
	else if (o->type == OPTION_NAME && !is_name(s))
		value_wrong(r, path, n, "%.60s is not a name: letters, digits and "
		    "_ . - only, at most 31", s);
	else if (o->max > 0 && strlen(s) > (size_t)o->max)
		value_wrong(r, path, n, "longer than %" PRId64 " bytes", o->max);
	else {
		free(*out);
		*out = strdup(s);
		if (*out == NULL)
			value_wrong(r, path, n, "no memory");
	}
}

static void
read_ifname(struct report *r, const char *path, const struct node *n,
    const struct option *o, void *base)
{
	const char *s = value_scalar(r, path, n, "an interface");

	if (s == NULL)
		return;
	if (!net_ifname_ok(s))
		value_wrong(r, path, n, "%.60s is not an interface name: letters, "
		    "digits and _ . - only, at most 15", s);
	else
		snprintf(field(o, base), NET_IFNAME_MAX, "%s", s);
}

static bool
is_unusable(const struct net_addr *a)
{
	static const uint8_t zero[16];

	if (a->family == AF_INET)
		return a->bytes[0] == 0 || a->bytes[0] == 127 ||
		    a->bytes[0] >= 224;
	return memcmp(a->bytes, zero, 15) == 0 || a->bytes[0] == 0xff;
}

bool
value_addr(struct report *r, const char *path, const struct node *n,
    struct net_addr *out)
{
	const char *s = value_scalar(r, path, n, "an address");

	if (s == NULL)
		return false;
	if (net_addr_parse(s, out) != 0) {
		value_wrong(r, path, n, "%.60s is not an IPv4 or IPv6 address", s);
		return false;
	}
	if (is_unusable(out)) {
		value_wrong(r, path, n, "%s cannot be the address of a host", s);
		return false;
	}
	return true;
}

static bool
is_word(const struct option *o, const struct node *n)
{
	return o->word != NULL && n->kind == NODE_SCALAR &&
	    strcmp(n->text, o->word) == 0;
}

static void
read_addr(struct report *r, const char *path, const struct node *n,
    const struct option *o, void *base)
{
	struct net_addr *out = field(o, base), a;

	if (is_word(o, n)) {
		memset(out, 0, sizeof(*out));
		return;
	}
	if (value_addr(r, path, n, &a))
		*out = a;
}

static void
read_addrs(struct report *r, const char *path, const struct node *n,
    const struct option *o, void *base)
{
	struct net_addr *out = field(o, base), a;
	const struct node *const *list =
	    (const struct node *const *)n->child;
	size_t count = n->n, i;
	bool word = false;

	if (n->kind != NODE_LIST) {
		list = &n;
		count = 1;
	}
	if (count == 0)
		value_wrong(r, path, n, "an empty list");
	for (i = 0; i < count; i++) {
		if (is_word(o, list[i])) {
			word = true;
			continue;
		}
		if (!value_addr(r, path, list[i], &a))
			continue;
		if (out[net_fam(a.family)].family != 0)
			value_wrong(r, path, list[i], "%s is a second address of "
			    "its family", list[i]->text);
		out[net_fam(a.family)] = a;
	}
	for (i = 0; word && i < NET_NFAM; i++)
		if (out[i].family == 0)
			out[i].family = NET_AUTO;
}

static const struct option_choice *
choose(const struct option *o, const char *s)
{
	const struct option_choice *c;

	for (c = o->choices; c->name != NULL; c++)
		if (strcmp(c->name, s) == 0)
			return c;
	return NULL;
}

static void
wrong_choice(struct report *r, const char *path, const struct node *n,
    const struct option *o)
{
	const struct option_choice *c;
	char all[256] = "";
	size_t at = 0;

	for (c = o->choices; c->name != NULL && at < sizeof(all) - 1; c++)
		at += (size_t)snprintf(all + at, sizeof(all) - at, "%s%s",
		    at > 0 ? ", " : "", c->name);
	value_wrong(r, path, n, "%.40s is none of: %s", n->text, all);
}

static void
read_choice(struct report *r, const char *path, const struct node *n,
    const struct option *o, void *base)
{
	const char *s = value_scalar(r, path, n, "a word");
	const struct option_choice *c;

	if (s == NULL)
		return;
	c = choose(o, s);
	if (c == NULL)
		wrong_choice(r, path, n, o);
	else
		*(int *)field(o, base) = c->value;
}

static void
read_mask(struct report *r, const char *path, const struct node *n,
    const struct option *o, void *base)
{
	const struct option_choice *c;
	unsigned mask = 0;
	size_t i;

	if (n->kind != NODE_LIST || n->n == 0) {
		value_wrong(r, path, n, "a list of words is wanted");
		return;
	}
	for (i = 0; i < n->n; i++) {
		if (value_scalar(r, path, n->child[i], "a word") == NULL)
			continue;
		c = choose(o, n->child[i]->text);
		if (c == NULL)
			wrong_choice(r, path, n->child[i], o);
		else if ((mask & (unsigned)c->value) != 0)
			value_wrong(r, path, n->child[i], "%s is named twice",
			    c->name);
		else
			mask |= (unsigned)c->value;
	}
	*(unsigned *)field(o, base) = mask;
}

static void
free_list(char ***listp)
{
	char **list = *listp;
	size_t i;

	for (i = 0; list != NULL && list[i] != NULL; i++)
		free(list[i]);
	free(list);
	*listp = NULL;
}

void
value_read_list(struct report *r, const char *path, const struct node *n,
    const struct option *o, void *base)
{
	const struct node *const *child =
	    (const struct node *const *)n->child;
	size_t count = n->n, i;
	char **list;

	if (n->kind == NODE_SCALAR && o->type != OPTION_ARGV) {
		child = &n;
		count = 1;
	} else if (n->kind != NODE_LIST) {
		value_wrong(r, path, n, o->type == OPTION_ARGV ?
		    "a list [program, argument, ...] is wanted" :
		    "a list is wanted");
		return;
	}
	if (count == 0 || count > STRINGS_MAX) {
		value_wrong(r, path, n, count == 0 ? "an empty list" :
		    "more than %d entries", STRINGS_MAX);
		return;
	}
	list = calloc(count + 1, sizeof(*list));
	for (i = 0; list != NULL && i < count; i++) {
		/* An argument may well be empty; a program may not. */
		if (value_scalar(r, path, child[i], "a text") == NULL ||
		    ((i == 0 || child[i]->text[0] != '\0') &&
		    !value_clean(r, path, child[i], child[i]->text)) ||
		    (list[i] = strdup(child[i]->text)) == NULL)
			break;
	}
	if (list == NULL || i < count)
		free_list(&list);
	else if (o->type == OPTION_ARGV && list[0][0] != '/') {
		value_wrong(r, path, child[0], "%.60s is not an absolute path",
		    list[0]);
		free_list(&list);
	}
	if (list != NULL) {
		free_list(field(o, base));
		*(char ***)field(o, base) = list;
	}
}

static value_read_fn *const readers[] = {
	[OPTION_BOOL] = read_bool,
	[OPTION_INT] = read_int,
	[OPTION_DURATION] = read_duration,
	[OPTION_STRING] = read_text,
	[OPTION_PATH] = read_text,
	[OPTION_NAME] = read_text,
	[OPTION_IFNAME] = read_ifname,
	[OPTION_ADDR] = read_addr,
	[OPTION_CHOICE] = read_choice,
	[OPTION_MASK] = read_mask,
	[OPTION_ARGV] = value_read_list,
	[OPTION_STRINGS] = value_read_list,
	[OPTION_ADDRS] = read_addrs,
	[OPTION_ADDRLIST] = value_read_addrlist,
	[OPTION_CLIENTS] = value_read_clients,
	[OPTION_HOST] = value_read_host,
	[OPTION_HOSTPORT] = value_read_host,
	[OPTION_SHARE] = value_read_share,
	[OPTION_LOSS] = value_read_loss,
	[OPTION_FLOWS] = value_read_flows,
	[OPTION_BUDGET] = value_read_budget,
	[OPTION_MAP] = value_read_map,
	[OPTION_BYTES] = value_read_bytes,
	[OPTION_BYTELIST] = value_read_bytelist,
	[OPTION_DIALOGUE] = value_read_dialogue,
};

void
value_read(struct report *r, const char *path, const struct node *n,
    const struct option *o, void *base)
{
	readers[o->type](r, path, n, o, base);
}

void
value_free(const struct option *o, void *base)
{
	switch (o->type) {
	case OPTION_STRING:
	case OPTION_PATH:
	case OPTION_NAME:
		free(*(char **)field(o, base));
		*(char **)field(o, base) = NULL;
		break;
	case OPTION_ARGV:
	case OPTION_STRINGS:
	case OPTION_ADDRLIST:
	case OPTION_MAP:
		free_list(field(o, base));
		break;
	case OPTION_CLIENTS:
		free(((struct option_clients *)field(o, base))->list);
		memset(field(o, base), 0, sizeof(struct option_clients));
		break;
	case OPTION_BYTES:
		free(((struct option_bytes *)field(o, base))->bytes);
		memset(field(o, base), 0, sizeof(struct option_bytes));
		break;
	case OPTION_BYTELIST:
		value_free_bytelist(field(o, base));
		break;
	case OPTION_DIALOGUE:
		value_free_dialogue(field(o, base));
		break;
	case OPTION_HOST:
	case OPTION_HOSTPORT:
		free(((struct option_host *)field(o, base))->name);
		((struct option_host *)field(o, base))->name = NULL;
		break;
	default:
		break;
	}
}
