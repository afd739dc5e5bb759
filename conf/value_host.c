/* SPDX-License-Identifier: ISC */
/*
 * value_host: types for what is probed and how it is judged: hosts by address
 * or name, shares of loss.  Private to conf/; pure but for the report.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "conf/value.h"

/* RFC 1123; a name that could be taken for an address is none. */
static bool
is_hostname(const char *s)
{
	const char *label = s, *c;
	bool letter = false;

	if (strlen(s) > 253)
		return false;
	for (c = s;; c++) {
		if (*c == '.' || *c == '\0') {
			if (c == label || c - label > 63 || *label == '-' ||
			    c[-1] == '-')
				return *c == '\0' && c == label && c != s &&
				    letter;
			if (*c == '\0')
				return letter;
			label = c + 1;
			letter = false;
			continue;
		}
		if (strchr("abcdefghijklmnopqrstuvwxyz"
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", *c) == NULL)
			return false;
		letter |= *c < '0' || *c > '9';
	}
}

/* Cuts ":PORT" off; false if there is none. */
static bool
cut_port(char *s, uint16_t *port)
{
	char *colon = strrchr(s, ':'), *end;
	unsigned long n;

	if (colon == NULL || colon[1] < '1' || colon[1] > '9')
		return false;
	n = strtoul(colon + 1, &end, 10);
	if (*end != '\0' || n > UINT16_MAX)
		return false;
	*colon = '\0';
	*port = (uint16_t)n;
	/* A bare IPv6 address with a port would be read in two ways. */
	return s[0] == '[' || strchr(s, ':') == NULL;
}

static void
read_one_host(struct report *r, const char *path, const struct node *n,
    const struct option *o, char *s, struct option_host *h)
{
	struct node plain = *n;
	size_t len = strlen(s);

	if (s[0] == '[' && len > 2 && s[len - 1] == ']') {
		s[len - 1] = '\0';
		s++;
	}
	plain.text = s;
	if (o->word != NULL && strcmp(s, o->word) == 0)
		return;
	if (net_addr_parse(s, &h->addr) == 0) {
		(void)value_addr(r, path, &plain, &h->addr);
		return;
	}
	if (!is_hostname(s)) {
		value_wrong(r, path, n, "%.60s is neither an address nor the "
		    "name of a host", s);
		return;
	}
	h->name = strdup(s);
	if (h->name == NULL)
		value_wrong(r, path, n, "no memory");
}

void
value_read_host(struct report *r, const char *path, const struct node *n,
    const struct option *o, void *base)
{
	struct option_host *h = (void *)((char *)base + o->off);
	const char *s = value_scalar(r, path, n, "a host");
	char *copy;

	if (s == NULL)
		return;
	copy = strdup(s);
	if (copy == NULL) {
		value_wrong(r, path, n, "no memory");
		return;
	}
	free(h->name);
	memset(h, 0, sizeof(*h));
	if (o->type == OPTION_HOSTPORT && !cut_port(copy, &h->port))
		value_wrong(r, path, n, "%.60s is not HOST:PORT or "
		    "[ADDRESS]:PORT", s);
	else
		read_one_host(r, path, n, o, copy, h);
	free(copy);
}

void
value_print_host(const struct option *o, const struct option_host *h, FILE *f)
{
	char buf[320], addr[NET_ADDR_TEXT];
	const char *s = h->name != NULL ? h->name : h->addr.family == 0 ?
	    o->word : net_addr_text(&h->addr, addr);
	bool colons = h->name == NULL && strchr(s, ':') != NULL;

	if (o->type == OPTION_HOSTPORT)
		snprintf(buf, sizeof(buf), colons ? "[%s]:%u" : "%s:%u", s,
		    (unsigned)h->port);
	else
		snprintf(buf, sizeof(buf), "%s", s);
	value_string(buf, f);
}

void
value_read_addrlist(struct report *r, const char *path, const struct node *n,
    const struct option *o, void *base)
{
	char **list;
	struct net_addr a;
	size_t i;

	value_read_list(r, path, n, o, base);
	list = *(char ***)(void *)((char *)base + o->off);
	for (i = 0; list != NULL && list[i] != NULL; i++)
		if (net_addr_parse(list[i], &a) != 0)
			value_wrong(r, path, n, "%.60s is not an IPv4 or IPv6 "
			    "address", list[i]);
}

/* "2%", "2.5%": per mille; false if it is no share from 0 to 100 %. */
static bool
parse_share(const char *s, const char **end, int64_t *out)
{
	int64_t n;
	char *at;

	if (*s < '0' || *s > '9')
		return false;
	n = strtoll(s, &at, 10) * 10;
	if (*at == '.' && at[1] >= '0' && at[1] <= '9') {
		n += at[1] - '0';
		at += 2;
	}
	if (*at != '%' || n > 1000 || at - s > 8)
		return false;
	*out = n;
	*end = at + 1;
	return true;
}

void
value_read_share(struct report *r, const char *path, const struct node *n,
    const struct option *o, void *base)
{
	const char *s = value_scalar(r, path, n, "a share"), *end;
	int64_t share;

	if (s == NULL)
		return;
	if (!parse_share(s, &end, &share) || *end != '\0')
		value_wrong(r, path, n, "%.40s is not a share, as in 10%% or "
		    "2.5%%", s);
	else if (share < o->min || (o->max > 0 && share > o->max))
		value_wrong(r, path, n, "%.40s is out of range", s);
	else
		*(int64_t *)(void *)((char *)base + o->off) = share;
}

void
value_read_loss(struct report *r, const char *path, const struct node *n,
    const struct option *o, void *base)
{
	const char *s = value_scalar(r, path, n, "a share of a time"), *end;
	struct option_loss *l = (void *)((char *)base + o->off), v;

	if (s == NULL)
		return;
	if (strcmp(s, "never") == 0) {
		memset(l, 0, sizeof(*l));
		return;
	}
	if (!parse_share(s, &end, &v.share) || strncmp(end, " of ", 4) != 0 ||
	    !value_duration(end + 4, &v.window_ns)) {
		value_wrong(r, path, n, "%.40s is not a loss, as in `20%% of "
		    "60s`, nor `never`", s);
		return;
	}
	if (v.share == 0 || v.window_ns < o->min || v.window_ns > o->max)
		value_wrong(r, path, n, "%.40s is out of range", s);
	else
		*l = v;
}

void
value_print_share(int64_t share, FILE *f)
{
	if (share % 10 == 0)
		fprintf(f, "%" PRId64 "%%", share / 10);
	else
		fprintf(f, "%" PRId64 ".%" PRId64 "%%", share / 10,
		    share % 10);
}

void
value_print_loss(const struct option_loss *l, FILE *f)
{
	if (l->share == 0) {
		fputs("never", f);
		return;
	}
	value_print_share(l->share, f);
	fputs(" of ", f);
	value_print_duration(l->window_ns, f);
}

/* Digits alone: strtoll would take a sign, a space, a hex form. */
static bool
parse_count(const char *s, const char **end, int64_t *out)
{
	int64_t n = 0;

	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9' && n <= OPTION_BUDGET_MAX; s++)
		n = n * 10 + (*s - '0');
	*out = n;
	*end = s;
	return true;
}

void
value_read_budget(struct report *r, const char *path, const struct node *n,
    const struct option *o, void *base)
{
	const char *s = value_scalar(r, path, n, "a number per time"), *end;
	struct option_budget *b = (void *)((char *)base + o->off), v;

	if (s == NULL)
		return;
	if (!parse_count(s, &end, &v.n) || (v.n <= OPTION_BUDGET_MAX &&
	    (strncmp(end, " per ", 5) != 0 ||
	    !value_duration(end + 5, &v.per_ns)))) {
		value_wrong(r, path, n, "%.40s is not a number per time, as "
		    "in `3 per 24h`", s);
		return;
	}
	if (v.n < 1 || v.n > OPTION_BUDGET_MAX || v.per_ns < o->min ||
	    v.per_ns > o->max)
		value_wrong(r, path, n, "%.40s is out of range", s);
	else
		*b = v;
}

void
value_print_budget(const struct option_budget *b, FILE *f)
{
	fprintf(f, "%" PRId64 " per ", b->n);
	value_print_duration(b->per_ns, f);
}
