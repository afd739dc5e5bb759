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

/* The program of a kind that runs one: it names the target. */
static const char *
primary_path(const struct option_set *set, const void *opts)
{
	const struct option *o = primary_row(set);
	char *const *argv;

	if (o == NULL || o->type != OPTION_ARGV)
		return NULL;
	argv = *(char **const *)(const void *)((const char *)opts + o->off);
	return argv != NULL && strrchr(argv[0], '/') != NULL ?
	    strrchr(argv[0], '/') + 1 : NULL;
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

/* Where the target is; *is_word: the present gateway.  False: no memory. */
static bool
host_of(const struct option_set *set, const void *opts,
    struct option_host *out, bool *is_word)
{
	const struct option_host *h;
	const struct option *o;

	memset(out, 0, sizeof(*out));
	*is_word = false;
	if (set->host != NULL)
		return set->host(opts, out) == 0;
	for (o = set->rows; o->name != NULL; o++) {
		if (o->type != OPTION_HOST && o->type != OPTION_HOSTPORT)
			continue;
		h = (const void *)((const char *)opts + o->off);
		*out = *h;
		*is_word = h->addr.family == 0 && h->name == NULL;
		if (h->name != NULL)
			out->name = strdup(h->name);
		return h->name == NULL || out->name != NULL;
	}
	return true;
}

/* "ping 192.0.2.9", "tcp www.example.net:443", "ping gateway (ipv6)". */
static void
label(struct conf_target *t, uint16_t port)
{
	char addr[NET_ADDR_TEXT] = "", tail[16] = "";
	const char *where = t->name;

	if (port != 0)
		snprintf(tail, sizeof(tail), ":%u", (unsigned)port);
	if (t->addr.family == NET_AUTO)
		where = t->fam == NET_V4 ? "gateway (ipv4)" :
		    "gateway (ipv6)";
	else if (t->addr.family != 0)
		where = net_addr_text(&t->addr, addr);
	if (where == NULL)
		where = t->path != NULL ? t->path : "";
	snprintf(t->label, sizeof(t->label), "%.10s%s%.40s%s", t->kind->name,
	    *where != '\0' ? " " : "", where, tail);
}

/* Takes opts and the host's name. */
static bool
add(struct conf_uplink *u, const struct option_set *set, void *opts,
    const struct option_host *host)
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
	t->addr = host->addr;
	t->name = host->name;
	t->path = primary_path(set, opts);
	t->timeout_ns = set->timeout != NULL ? set->timeout(opts) : 0;
	for (fam = 0; fam < NET_NFAM; fam++)
		t->gateway |= host->addr.family > 0 &&
		    net_addr_eq(&host->addr, &u->gateway[fam]);
	label(t, host->port);
	return true;
}

/* One more set of options, read from the same place. */
static void
add_gateways(struct report *r, const char *path, const struct node *n,
    const struct option_set *set, void *opts, struct option_host *host,
    struct conf_uplink *u)
{
	struct conf_target *t;
	bool any = false;
	size_t fam;

	for (fam = 0; fam < NET_NFAM; fam++) {
		if (u->gateway[fam].family == 0 ||
		    (set->families != 0 && (set->families & 1u << fam) == 0))
			continue;
		if (any)
			opts = kind_read(r, path, n, set);
		if (opts == NULL)
			return;
		any = true;
		host->addr = u->gateway[fam];
		if (!add(u, set, opts, host)) {
			kind_free(set, &opts);
			return;
		}
		t = &u->probe.targets[u->probe.ntargets - 1];
		t->word = t->gateway = true;
		t->fam = (enum net_fam)fam;
		label(t, host->port);
	}
	if (any)
		return;
	if (u->gateway[0].family != 0 || u->gateway[1].family != 0)
		report_at(r, n->line, n->col, path, "the uplink has no gateway "
		    "of the family that %s is for", set->name);
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

/* NULL: it is one that this kind can ask on this line. */
static const char *
wrong_address(const struct option_set *set, const struct conf_uplink *u,
    const struct option_host *host)
{
	enum net_fam fam;

	if (host->addr.family == 0)
		return NULL;
	fam = net_fam(host->addr.family);
	if (set->families != 0 && (set->families & 1u << fam) == 0)
		return "this kind of probe is not for addresses of this family";
	/* Wrong ones have been told already. */
	if (u->gateway[0].family == 0 && u->gateway[1].family == 0)
		return NULL;
	if (u->gateway[fam].family == 0)
		return "the uplink has no gateway of this family";
	if (set->gateway_only && u->gateway[fam].family == NET_AUTO)
		return "the gateway is `auto`, so write `gateway` here, too";
	if (set->gateway_only && !net_addr_eq(&host->addr, &u->gateway[fam]))
		return "is not the gateway, and another host of its network "
		    "would prove nothing of the line";
	return NULL;
}

static void
read_target(struct report *r, const struct conf_kinds *kinds,
    const char *path, const struct node *n, struct conf_uplink *u)
{
	const struct option_set *set;
	char buf[PATH_MAX_LEN];
	struct option_host host;
	const char *wrong;
	bool is_word;
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
	if (!host_of(set, opts, &host, &is_word)) {
		report_at(r, n->line, n->col, buf, "no memory");
		kind_free(set, &opts);
	} else if (is_word)
		add_gateways(r, buf, n, set, opts, &host, u);
	else if ((wrong = wrong_address(set, u, &host)) != NULL) {
		report_at(r, n->line, n->col, buf, "%s", wrong);
		kind_free(set, &opts);
	} else if (!add(u, set, opts, &host)) {
		kind_free(set, &opts);
		free(host.name);
	}
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

	for (i = 0; i < p->ntargets; i++) {
		free(p->targets[i].name);
		kind_free(p->targets[i].kind, &p->targets[i].opts);
	}
	free(p->targets);
	p->targets = NULL;
	p->ntargets = 0;
}
