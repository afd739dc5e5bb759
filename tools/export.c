/* SPDX-License-Identifier: ISC */
/*
 * export: see export.h.  A value that is not there now has no definition:
 * what refers to it is then refused with its name, instead of being loaded
 * with a hole in it.
 */
#include "tools/export.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "routing/marks.h"

struct form {
	const char	*before, *between, *after;	/* of a definition */
	const char	*quote;		/* around names of interfaces */
	const char	*loose;		/* around addresses and numbers */
	const char	*open, *comma, *close;		/* of a list */
	bool		marked;		/* knows marks of connections */
};

static const struct form forms[] = {
	[EXPORT_PF] = { "", " = ", "", "\"", "\"", "\"{ ", ", ", " }\"",
	    false },
	[EXPORT_NFT] = { "define ", " = ", "", "\"", "", "{ ", ", ", " }",
	    true },
	[EXPORT_SH] = { "", "=", "", "'", "'", "'", " ", "'", true },
};

static const struct {
	const char	*addr, *gw;
} suffix[NET_NFAM] = {
	[NET_V4] = { "addr", "gw" },
	[NET_V6] = { "addr6", "gw6" },
};

const char *
export_name(const char *uplink, char buf[EXPORT_NAME])
{
	char *p;

	/* All three begin with a letter. */
	snprintf(buf, EXPORT_NAME, "%s%s",
	    isalpha((unsigned char)*uplink) ? "" : "uplink_", uplink);
	for (p = buf; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p))
			*p = '_';
	return buf;
}

bool
export_clash(const struct conf *conf, size_t *a, size_t *b)
{
	char one[EXPORT_NAME], two[EXPORT_NAME];

	for (*a = 0; *a < conf->nuplinks; ++*a)
		for (*b = *a + 1; *b < conf->nuplinks; ++*b)
			if (strcmp(export_name(conf->uplinks[*a].name, one),
			    export_name(conf->uplinks[*b].name, two)) == 0)
				return true;
	return false;
}

static void
define(const struct form *form, const char *line, const char *what,
    const char *quote, const char *value, FILE *f)
{
	fprintf(f, "%s%s_%s%s%s%s%s%s\n", form->before, line, what,
	    form->between, quote, value, quote, form->after);
}

static void
print_line(const struct form *form, const struct conf *conf, size_t n,
    const struct export_line *line, FILE *f)
{
	const struct conf_uplink *up = &conf->uplinks[n];
	char name[EXPORT_NAME], text[NET_ADDR_TEXT];
	bool addr = false, gw = false;
	size_t fam;

	export_name(up->name, name);
	define(form, name, "if", form->quote, up->ifname, f);
	for (fam = 0; fam < NET_NFAM; fam++) {
		if (line->now[fam].own.family != 0) {
			define(form, name, suffix[fam].addr, form->loose,
			    net_addr_text(&line->now[fam].own, text), f);
			addr = true;
		}
		if (line->now[fam].gateway.family != 0) {
			define(form, name, suffix[fam].gw, form->loose,
			    net_addr_text(&line->now[fam].gateway, text), f);
			gw = true;
		}
	}
	if (!addr)
		fprintf(f, "# %s has no address now\n", up->name);
	if (!gw)
		fprintf(f, "# %s has no gateway now\n", up->name);
	if (form->marked && conf->routing.mark_mask != 0) {
		snprintf(text, sizeof(text), "0x%08" PRIx32,
		    marks_of(conf, n));
		define(form, name, "mark", form->loose, text, f);
	}
}

static void
print_list(const struct form *form, const struct conf *conf, const char *what,
    bool interfaces, FILE *f)
{
	/* In a list that is a string itself there are no more quotes. */
	const char *quote = form->loose[0] == '\0' ? form->quote : "";
	char name[EXPORT_NAME];
	size_t i;

	fprintf(f, "%s%s%s%s", form->before, what, form->between, form->open);
	for (i = 0; i < conf->nuplinks; i++)
		fprintf(f, "%s%s%s%s", i == 0 ? "" : form->comma, quote,
		    interfaces ? conf->uplinks[i].ifname :
		    export_name(conf->uplinks[i].name, name), quote);
	fprintf(f, "%s%s\n", form->close, form->after);
}

static json_t *
json_line(const struct conf *conf, size_t n, const struct export_line *line)
{
	const struct conf_uplink *up = &conf->uplinks[n];
	char a[NET_ADDR_TEXT];
	json_t *o;
	size_t fam;

	o = json_pack("{s:s, s:s}", "uplink", up->name, "interface",
	    up->ifname);
	if (conf->routing.mark_mask != 0)
		json_object_set_new(o, "mark",
		    json_integer(marks_of(conf, n)));
	for (fam = 0; fam < NET_NFAM; fam++) {
		if (line->now[fam].own.family != 0)
			json_object_set_new(o, suffix[fam].addr, json_string(
			    net_addr_text(&line->now[fam].own, a)));
		if (line->now[fam].gateway.family != 0)
			json_object_set_new(o, suffix[fam].gw, json_string(
			    net_addr_text(&line->now[fam].gateway, a)));
	}
	return o;
}

static int
print_json(const struct conf *conf, const struct export_line *lines, FILE *f)
{
	json_t *all = json_array();
	size_t i;

	for (i = 0; i < conf->nuplinks; i++)
		if (json_array_append_new(all, json_line(conf, i,
		    &lines[i])) != 0) {
			json_decref(all);
			return -ENOMEM;
		}
	json_dumpf(all, f, JSON_COMPACT);
	fprintf(f, "\n");
	json_decref(all);
	return 0;
}

int
export_print(enum export_form form, const struct conf *conf,
    const struct export_line *lines, FILE *f)
{
	const struct form *how;
	size_t i;

	if (form == EXPORT_JSON)
		return print_json(conf, lines, f);
	how = &forms[form];
	fprintf(f, "# By uplinkctl export; change uplinkd.conf instead.\n");
	for (i = 0; i < conf->nuplinks; i++)
		print_line(how, conf, i, &lines[i], f);
	print_list(how, conf, "uplink_ifs", true, f);
	if (form == EXPORT_SH)
		print_list(how, conf, "uplinks", false, f);
	return 0;
}
