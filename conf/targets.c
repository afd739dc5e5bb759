/* SPDX-License-Identifier: ISC */
/*
 * targets: `targets` of an uplink, and the options of kinds.  The word
 * `gateway` becomes one target for each family of which there is a gateway.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/fill.h"
#include "conf/schema.h"
#include "conf/uplinks.h"
#include "conf/value.h"
#include "lib/must.h"

static const struct option *
primary_row(const struct option_set *set)
{
	const struct option *o;

	for (o = set->rows; o->name != NULL; o++)
		if (set->primary != NULL && strcmp(o->name, set->primary) == 0)
			return o;
	return NULL;
}

/*
 * Short form: the value is the primary key's, the path is the kind's since
 * the key was not written; all others have their defaults.
 */
static void
read_short(struct report *r, const char *path, const struct node *n,
    const struct option_set *set, void *opts)
{
	const char *const written[] = { set->primary, NULL };

	if (primary_row(set) == NULL) {
		report_at(r, n->line, n->col, path, "a map is wanted");
		return;
	}
	value_read(r, path, n, primary_row(set), opts);
	fill_defaults(set->rows, written, opts);
}

void *
kind_read(struct report *r, const char *path, const struct node *n,
    const struct option_set *set)
{
	unsigned before = r->n;
	const char *wrong;
	char buf[128];
	void *opts = calloc(1, set->size);

	if (opts == NULL) {
		report_at(r, n->line, n->col, path, "no memory");
		return NULL;
	}
	if (n->kind == NODE_MAP)
		fill_rows(r, path, n, n, set->rows, NULL, opts);
	else
		read_short(r, path, n, set, opts);
	if (r->n == before && set->check != NULL) {
		wrong = set->check(opts, buf, sizeof(buf));
		if (wrong != NULL)
			report_at(r, n->line, n->col, path, "%s", wrong);
	}
	if (r->n != before)
		kind_free(set, &opts);
	return opts;
}

void
kind_free(const struct option_set *set, void **opts)
{
	if (*opts != NULL)
		fill_free(set->rows, *opts);
	free(*opts);
	*opts = NULL;
}

static struct net_addr *
address_of(const struct option_set *set, void *opts, bool *may_be_word)
{
	const struct option *o;

	for (o = set->rows; o->name != NULL; o++)
		if (o->type == OPTION_ADDR) {
			*may_be_word = o->word != NULL;
			return (struct net_addr *)(void *)
			    ((char *)opts + o->off);
		}
	return NULL;
}

static void
label(struct conf_target *t, const struct net_addr *addr)
{
	char buf[NET_ADDR_TEXT];

	if (addr == NULL)
		snprintf(t->label, sizeof(t->label), "%.60s", t->kind->name);
	else
		snprintf(t->label, sizeof(t->label), "%.10s %s", t->kind->name,
		    net_addr_text(addr, buf));
}

static bool
add(struct conf_uplink *u, const struct option_set *set, void *opts,
    const struct net_addr *addr, bool word)
{
	struct conf_target *list, *t;
	size_t fam;

	list = realloc(u->probe.targets,
	    (u->probe.ntargets + 1) * sizeof(*list));
	if (list == NULL)
		return false;
	u->probe.targets = list;
	t = &list[u->probe.ntargets++];
	memset(t, 0, sizeof(*t));
	t->kind = set;
	t->opts = opts;
	t->word = word;
	for (fam = 0; addr != NULL && fam < NET_NFAM; fam++)
		t->gateway |= net_addr_eq(addr, &u->gateway[fam]);
	label(t, addr);
	return true;
}

/* One more set of options, read from the same place. */
static void
add_gateways(struct report *r, const char *path, const struct node *n,
    const struct option_set *set, void *opts, struct conf_uplink *u)
{
	struct net_addr *addr;
	bool word, any = false;
	size_t fam;

	for (fam = 0; fam < NET_NFAM; fam++) {
		if (u->gateway[fam].family == 0)
			continue;
		if (any)
			opts = kind_read(r, path, n, set);
		if (opts == NULL)
			return;
		any = true;
		addr = address_of(set, opts, &word);
		*addr = u->gateway[fam];
		if (!add(u, set, opts, addr, true))
			kind_free(set, &opts);
	}
	if (!any)
		kind_free(set, &opts);
}

static void
kinds_wanted(struct report *r, const struct conf_kinds *kinds,
    const char *path, const struct node *n, const char *word)
{
	char all[256] = "";
	size_t i, at = 0;

	for (i = 0; kinds->probe_name(i) != NULL && at < sizeof(all) - 1; i++)
		at += (size_t)snprintf(all + at, sizeof(all) - at, "%s%s",
		    at > 0 ? ", " : "", kinds->probe_name(i));
	report_at(r, n->key_line, n->key_col, path, "%.40s is no kind of probe; "
	    "there are: %s", word, all);
}

static void
read_target(struct report *r, const struct conf_kinds *kinds,
    const char *path, const struct node *n, struct conf_uplink *u)
{
	const struct option_set *set;
	char buf[PATH_MAX_LEN];
	struct net_addr *addr;
	bool may_be_word = false;
	void *opts;

	if (n->kind != NODE_MAP || n->n != 1) {
		report_at(r, n->line, n->col, path,
		    "one kind with its target is wanted, as in `ping: "
		    "192.0.2.9`");
		return;
	}
	n = n->child[0];
	set = kinds->probe(n->key);
	if (set == NULL) {
		kinds_wanted(r, kinds, path, n, n->key);
		return;
	}
	fill_path(buf, sizeof(buf), path, n->key);
	opts = kind_read(r, buf, n, set);
	if (opts == NULL)
		return;
	addr = address_of(set, opts, &may_be_word);
	if (addr != NULL && addr->family == 0 && may_be_word)
		add_gateways(r, buf, n, set, opts, u);
	else if (addr != NULL &&
	    u->gateway[net_fam(addr->family)].family == 0 &&
	    (u->gateway[0].family != 0 || u->gateway[1].family != 0)) {
		report_at(r, n->line, n->col, buf, "the uplink has no gateway "
		    "of this family");
		kind_free(set, &opts);
	} else if (!add(u, set, opts, addr, false))
		kind_free(set, &opts);
}

void
targets_read(struct report *r, const struct conf_kinds *kinds,
    const char *path, const struct node *probe, const struct node *at,
    struct conf_uplink *u)
{
	const struct node *list = probe == NULL ? NULL :
	    node_get(probe, "targets");
	char buf[PATH_MAX_LEN], one[PATH_MAX_LEN];
	size_t i;

	fill_path(buf, sizeof(buf), path, "targets");
	if (list == NULL) {
		report_at(r, at->line, at->col, buf, "is missing");
		return;
	}
	if (list->kind != NODE_LIST || list->n == 0) {
		report_at(r, list->line, list->col, buf,
		    "a list of targets is wanted");
		return;
	}
	if (list->n > CONF_TARGETS_MAX) {
		report_at(r, list->line, list->col, buf,
		    "more than %d targets", CONF_TARGETS_MAX);
		return;
	}
	for (i = 0; i < list->n; i++) {
		snprintf(one, sizeof(one), "%.200s[%zu]", buf, i);
		read_target(r, kinds, one, list->child[i], u);
	}
}

void
targets_free(struct conf_probe *p)
{
	size_t i;

	for (i = 0; i < p->ntargets; i++)
		kind_free(p->targets[i].kind, &p->targets[i].opts);
	free(p->targets);
	p->targets = NULL;
	p->ntargets = 0;
}
