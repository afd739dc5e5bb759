/* SPDX-License-Identifier: ISC */
/*
 * print: the effective configuration, and the list of all keys.
 */
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/schema.h"
#include "conf/value.h"

static bool
is_one_of(const char *const *words, const char *name)
{
	for (; words != NULL && *words != NULL; words++)
		if (strcmp(*words, name) == 0)
			return true;
	return false;
}

static void
print_rows_but(const struct option *rows, const char *const *but,
    const void *base, int indent, FILE *f)
{
	for (; rows->name != NULL; rows++) {
		if (value_absent(rows, base) || is_one_of(but, rows->name))
			continue;
		fprintf(f, "%*s%s: ", indent, "", rows->name);
		value_print(rows, base, f);
		fputc('\n', f);
	}
}

static void
print_rows(const struct option *rows, const void *base, int indent, FILE *f)
{
	print_rows_but(rows, NULL, base, indent, f);
}

/* In one line, in braces. */
static void
print_kind(const struct option_set *set, const void *opts, FILE *f)
{
	const struct option *o;
	const char *comma = "";

	fputs("{ ", f);
	for (o = set->rows; o->name != NULL; o++) {
		if (value_absent(o, opts))
			continue;
		fprintf(f, "%s%s: ", comma, o->name);
		value_print(o, opts, f);
		comma = ", ";
	}
	fputs(" }\n", f);
}

static void
print_targets(const struct conf_uplink *u, FILE *f)
{
	const struct conf_target *t;
	bool said;
	size_t i;

	fputs("      targets:\n", f);
	for (i = 0; i < u->probe.ntargets; i++) {
		t = &u->probe.targets[i];
		/* One word has become a target for each family. */
		said = t->word && t->fam == NET_V6 && i > 0 && t[-1].word &&
		    t[-1].fam == NET_V4 && t[-1].kind == t->kind;
		if (said)
			continue;
		fprintf(f, "        - %s: ", t->kind->name);
		print_kind(t->kind, t->opts, f);
	}
}

static void
print_steps(const struct conf_recovery *rec, FILE *f)
{
	size_t i;

	fputs("      steps:\n", f);
	for (i = 0; i < rec->nsteps; i++) {
		fputs("        -\n", f);
		print_rows(schema_step.rows, &rec->steps[i], 10, f);
		fprintf(f, "          %s: ", rec->steps[i].kind->name);
		print_kind(rec->steps[i].kind, rec->steps[i].opts, f);
	}
}

static void
print_uplink(const struct conf_uplink *u, FILE *f)
{
	size_t i;

	fprintf(f, "  %s:\n", u->name);
	print_rows(schema_uplink.rows, u, 4, f);
	fputs("    probe:\n", f);
	print_rows(schema_probe.rows, &u->probe, 6, f);
	fputs("      degraded:\n", f);
	print_rows(schema_degraded.rows, &u->probe.degraded, 8, f);
	fputs("      require:\n", f);
	print_rows(schema_require.rows, &u->probe, 8, f);
	print_targets(u, f);
	fputs("    flows:\n", f);
	print_rows(schema_flows.rows, &u->flows, 6, f);
	if (u->clients.only.n + u->clients.prefer.n > 0)
		fputs("    clients:\n", f);
	print_rows(schema_clients.rows, &u->clients, 6, f);
	if (u->recovery.nsteps > 0) {
		fputs("    recovery:\n", f);
		print_rows(schema_recovery.rows, &u->recovery, 6, f);
		print_steps(&u->recovery, f);
	}
	if (u->nadvisors > 0)
		fputs("    advisors:\n", f);
	for (i = 0; i < u->nadvisors; i++) {
		fprintf(f, "      %s:\n", u->advisors[i].name);
		print_rows(schema_advisor.rows, &u->advisors[i], 8, f);
	}
}

static void
print_actions(const struct conf *conf, FILE *f)
{
	const struct conf_action *a;
	size_t i;

	if (conf->nactions > 0)
		fputs("actions:\n", f);
	for (i = 0; i < conf->nactions; i++) {
		a = &conf->actions[i];
		fprintf(f, "  %s:\n", a->name);
		print_rows_but(schema_action.rows, a->kind->without, a, 4,
		    f);
		fprintf(f, "    %s: ", a->kind->name);
		print_kind(a->kind, a->opts, f);
	}
}

void
conf_print(const struct conf *conf, FILE *f)
{
	size_t i;

	print_rows(schema_top.rows, conf, 0, f);
	fputs("uplinks:\n", f);
	for (i = 0; i < conf->nuplinks; i++)
		print_uplink(&conf->uplinks[i], f);
	fputs("routing:\n", f);
	print_rows(schema_routing.rows, &conf->routing, 2, f);
	if (conf->mail.to != NULL) {
		fputs("mail:\n", f);
		print_rows(schema_mail.rows, &conf->mail, 2, f);
	}
	print_actions(conf, f);
	fputs("lanes:\n", f);
	print_rows(schema_lanes.rows, &conf->lanes, 2, f);
}

static void
walk_rows(const char *path, const struct option *rows,
    void (*fn)(const char *, const struct option *, void *), void *arg)
{
	char full[PATH_MAX_LEN];

	for (; rows->name != NULL; rows++) {
		snprintf(full, sizeof(full), "%s%s%s", path,
		    *path != '\0' ? "." : "", rows->name);
		fn(full, rows, arg);
	}
}

void
conf_walk(const struct conf_kinds *kinds,
    void (*fn)(const char *, const struct option *, void *), void *arg)
{
	const struct schema *const *s;
	char path[PATH_MAX_LEN];
	const char *name;
	size_t i;

	for (s = schema_all; *s != NULL; s++)
		walk_rows((*s)->path, (*s)->rows, fn, arg);
	for (i = 0; (name = kinds->probe_name(i)) != NULL; i++) {
		snprintf(path, sizeof(path), "uplinks.*.probe.targets.%s",
		    name);
		walk_rows(path, kinds->probe(name)->rows, fn, arg);
	}
	for (i = 0; (name = kinds->action_name(i)) != NULL; i++) {
		snprintf(path, sizeof(path), "actions.*.%s", name);
		walk_rows(path, kinds->action(name)->rows, fn, arg);
	}
}
