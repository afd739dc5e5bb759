/* SPDX-License-Identifier: ISC */
/*
 * value_print: fields back to YAML that reads the same.
 */
#include <inttypes.h>
#include <string.h>

#include "conf/value.h"
#include "lib/clock.h"
#include "lib/net.h"

static const void *
field(const struct option *o, const void *base)
{
	return (const char *)base + o->off;
}

/* Plain only where no reader of YAML could take it for something else. */
void
value_string(const char *s, FILE *f)
{
	size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_./-");

	if (n > 0 && s[n] == '\0' && *s != '-' && strcmp(s, "null") != 0 &&
	    strcmp(s, "true") != 0 && strcmp(s, "false") != 0) {
		fputs(s, f);
		return;
	}
	fputc('"', f);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			fputc('\\', f);
		fputc(*s, f);
	}
	fputc('"', f);
}

static void
print_addr(const struct net_addr *a, const char *word, FILE *f)
{
	char buf[NET_ADDR_TEXT];

	if (a->family == 0 || a->family == NET_AUTO)
		fputs(word != NULL ? word : "-", f);
	else
		value_string(net_addr_text(a, buf), f);
}

static void
print_addrs(const struct option *o, const struct net_addr *a, FILE *f)
{
	bool both = a[NET_V4].family != 0 && a[NET_V6].family != 0;

	if (a[NET_V4].family == NET_AUTO && a[NET_V6].family == NET_AUTO) {
		fputs(o->word, f);
		return;
	}
	fputs(both ? "[" : "", f);
	if (a[NET_V4].family != 0)
		print_addr(&a[NET_V4], o->word, f);
	fputs(both ? ", " : "", f);
	if (a[NET_V6].family != 0)
		print_addr(&a[NET_V6], o->word, f);
	fputs(both ? "]" : "", f);
}

static void
print_choice(const struct option *o, int value, FILE *f)
{
	const struct option_choice *c;

	for (c = o->choices; c->name != NULL; c++)
		if (c->value == value)
			fputs(c->name, f);
}

static void
print_mask(const struct option *o, unsigned mask, FILE *f)
{
	const struct option_choice *c;
	const char *comma = "";

	fputc('[', f);
	for (c = o->choices; c->name != NULL; c++)
		if ((mask & (unsigned)c->value) != 0) {
			fprintf(f, "%s%s", comma, c->name);
			comma = ", ";
		}
	fputc(']', f);
}

static void
print_list(char *const *list, FILE *f)
{
	const char *comma = "";

	fputc('[', f);
	for (; *list != NULL; list++) {
		fputs(comma, f);
		value_string(*list, f);
		comma = ", ";
	}
	fputc(']', f);
}

/* Largest unit first that leaves no rest. */
void
value_print_duration(int64_t ns, FILE *f)
{
	static const struct { const char *name; int64_t ns; } units[] = {
		{ "d", 86400 * NS_PER_S }, { "h", 3600 * NS_PER_S },
		{ "m", 60 * NS_PER_S }, { "s", NS_PER_S },
		{ "ms", NS_PER_MS }, { "us", NS_PER_US },
	};
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (ns != 0 && ns % units[i].ns == 0) {
			fprintf(f, "%" PRId64 "%s", ns / units[i].ns,
			    units[i].name);
			return;
		}
	fputs("0s", f);
}

static void
print_int(const struct option *o, int64_t v, FILE *f)
{
	if (o->word != NULL && v == -1)
		fputs(o->word, f);
	else
		fprintf(f, "%" PRId64, v);
}

/* What has a form of its own, see value_*.c. */
static void
print_special(const struct option *o, const void *at, FILE *f)
{
	switch (o->type) {
	case OPTION_CLIENTS:
		value_print_clients(at, f);
		break;
	case OPTION_HOST:
	case OPTION_HOSTPORT:
		value_print_host(o, at, f);
		break;
	case OPTION_SHARE:
		value_print_share(*(const int64_t *)at, f);
		break;
	case OPTION_LOSS:
		value_print_loss(at, f);
		break;
	case OPTION_FLOWS:
		value_print_flows(at, f);
		break;
	case OPTION_BUDGET:
		value_print_budget(at, f);
		break;
	case OPTION_MAP:
		value_print_map(*(char **const *)at, f);
		break;
	default:
		value_print_said(o->type, at, f);
	}
}

void
value_print(const struct option *o, const void *base, FILE *f)
{
	const void *at = field(o, base);

	switch (o->type) {
	case OPTION_BOOL:
		fputs(*(const bool *)at ? "true" : "false", f);
		break;
	case OPTION_INT:
		print_int(o, *(const int64_t *)at, f);
		break;
	case OPTION_DURATION:
		value_print_duration(*(const int64_t *)at, f);
		break;
	case OPTION_STRING:
	case OPTION_PATH:
	case OPTION_NAME:
		value_string(*(char *const *)at, f);
		break;
	case OPTION_IFNAME:
		value_string(at, f);
		break;
	case OPTION_ADDR:
		print_addr(at, o->word, f);
		break;
	case OPTION_ADDRS:
		print_addrs(o, at, f);
		break;
	case OPTION_CHOICE:
		print_choice(o, *(const int *)at, f);
		break;
	case OPTION_MASK:
		print_mask(o, *(const unsigned *)at, f);
		break;
	case OPTION_ARGV:
	case OPTION_STRINGS:
	case OPTION_ADDRLIST:
		print_list(*(char **const *)at, f);
		break;
	default:
		print_special(o, at, f);
	}
}

bool
value_absent(const struct option *o, const void *base)
{
	const void *at = field(o, base);
	const struct net_addr *a = at;

	switch (o->type) {
	case OPTION_STRING:
	case OPTION_PATH:
	case OPTION_NAME:
		return *(char *const *)at == NULL;
	case OPTION_ARGV:
	case OPTION_STRINGS:
	case OPTION_ADDRLIST:
	case OPTION_MAP:
		return *(char **const *)at == NULL;
	case OPTION_CLIENTS:
		return ((const struct option_clients *)at)->n == 0;
	case OPTION_BYTES:
		return ((const struct option_bytes *)at)->bytes == NULL;
	case OPTION_BYTELIST:
		return ((const struct option_bytelist *)at)->n == 0;
	case OPTION_DIALOGUE:
		return ((const struct option_dialogue *)at)->n == 0;
	case OPTION_IFNAME:
		return *(const char *)at == '\0';
	case OPTION_ADDR:
		return a->family == 0 && o->word == NULL;
	case OPTION_ADDRS:
		return a[NET_V4].family == 0 && a[NET_V6].family == 0;
	case OPTION_CHOICE:
		return *(const int *)at == 0;
	default:
		return false;
	}
}
