/* SPDX-License-Identifier: ISC */
/*
 * uplinks: each uplink with its probe, flows, recovery and advisors, and the
 * checks over several keys of one.
 */
#include "conf/uplinks.h"

#include <stdlib.h>
#include <string.h>

#include "conf/fill.h"
#include "conf/schema.h"
#include "conf/value.h"

#define ADVISORS_MAX	16
#define FLIGHT_MAX	500	/* rounds in flight at once */

bool
name_ok(struct report *r, const char *path, const struct node *n)
{
	size_t len = strspn(n->key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_.-");

	if (len > 0 && len < CONF_NAME_MAX && n->key[len] == '\0' &&
	    n->key[0] != '-' && n->key[0] != '.')
		return true;
	report_at(r, n->key_line, n->key_col, path, "not a name: letters, "
	    "digits and _ . - only, at most %d", CONF_NAME_MAX - 1);
	return false;
}

static size_t
far_targets(const struct conf_probe *p)
{
	size_t i, n = 0;

	for (i = 0; i < p->ntargets; i++)
		n += !p->targets[i].gateway;
	return n;
}

static void
check_probe(struct report *r, const char *path, const struct node *at,
    const struct conf_probe *p)
{
	int64_t pace = p->confirm_ns < p->interval_ns ? p->confirm_ns :
	    p->interval_ns;
	size_t far = far_targets(p), i;

	if (pace > 0 && p->timeout_ns / pace > FLIGHT_MAX)
		report_at(r, at->line, at->col, path, "timeout is more than "
		    "%d times as long as interval or confirm", FLIGHT_MAX);
	for (i = 0; pace > 0 && i < p->ntargets; i++)
		if (p->targets[i].timeout_ns / pace > FLIGHT_MAX)
			report_at(r, at->line, at->col, path, "timeout of %s "
			    "is more than %d times as long as interval or "
			    "confirm", p->targets[i].label, FLIGHT_MAX);
	if (p->ntargets == 0)
		return;
	if (p->require_far != CONF_FAR_ALL && far > 0 &&
	    (size_t)p->require_far > far)
		report_at(r, at->line, at->col, path, "require.far is %d, but "
		    "there are only %zu far targets", (int)p->require_far,
		    far);
	if (p->require_gateway && far == p->ntargets)
		report_at(r, at->line, at->col, path, "require.gateway is "
		    "set, but no target is the gateway");
}

static void
read_probe(struct report *r, const struct conf_kinds *kinds,
    const char *path, const struct node *uplink, struct conf_uplink *u)
{
	const struct node *n = fill_map(r, path, uplink, "probe"), *require;
	const struct node *at = n != NULL ? n : uplink;
	char buf[PATH_MAX_LEN], inner[PATH_MAX_LEN];
	unsigned before = r->n;

	fill_path(buf, sizeof(buf), path, "probe");
	if (n == NULL && node_get(uplink, "probe") != NULL)
		return;
	fill_rows(r, buf, n, at, schema_probe.rows, schema_probe.inner,
	    &u->probe);
	require = fill_map(r, buf, n, "degraded");
	fill_rows(r, fill_path(inner, sizeof(inner), buf, "degraded"),
	    require, at, schema_degraded.rows, NULL, &u->probe.degraded);
	require = fill_map(r, buf, n, "require");
	fill_rows(r, fill_path(inner, sizeof(inner), buf, "require"), require,
	    at, schema_require.rows, NULL, &u->probe);
	targets_read(r, kinds, buf, n, at, u);
	if (r->n == before)
		check_probe(r, buf, at, &u->probe);
}

static void
read_flows(struct report *r, const char *path, const struct node *uplink,
    struct conf_uplink *u)
{
	const struct node *n = fill_map(r, path, uplink, "flows"), *idle;
	const struct node *at = n != NULL ? n : uplink;
	char buf[PATH_MAX_LEN], one[PATH_MAX_LEN];

	if (n == NULL && node_get(uplink, "flows") != NULL)
		return;
	fill_path(buf, sizeof(buf), path, "flows");
	fill_rows(r, buf, n, at, schema_flows.rows, NULL, &u->flows);
	idle = n == NULL ? NULL : node_get(n, "idle");
	if (u->flows.idle.policy == OPTION_FLOWS_KILL_CHANGED && idle != NULL)
		report_at(r, idle->line, idle->col, fill_path(one,
		    sizeof(one), buf, "idle"), "the line was up all the "
		    "time: its address is no question");
}

static void
read_advisors(struct report *r, const char *path, const struct node *uplink,
    struct conf_uplink *u)
{
	const struct node *n = fill_map(r, path, uplink, "advisors"), *one;
	char all[PATH_MAX_LEN], buf[PATH_MAX_LEN];
	struct conf_advisor *a;
	size_t i;

	if (n == NULL)
		return;
	fill_path(all, sizeof(all), path, "advisors");
	if (n->n == 0 || n->n > ADVISORS_MAX) {
		report_at(r, n->line, n->col, all, "one to %d advisors are "
		    "wanted", ADVISORS_MAX);
		return;
	}
	u->advisors = calloc(n->n, sizeof(*u->advisors));
	for (i = 0; u->advisors != NULL && i < n->n; i++) {
		one = n->child[i];
		fill_path(buf, sizeof(buf), all, one->key);
		if (!name_ok(r, buf, one) ||
		    fill_map(r, all, n, one->key) == NULL)
			continue;
		a = &u->advisors[u->nadvisors++];
		snprintf(a->name, sizeof(a->name), "%s", one->key);
		fill_rows(r, buf, one, one, schema_advisor.rows, NULL, a);
	}
}

static void
read_uplink(struct report *r, const struct conf_kinds *kinds,
    const char *path, const struct node *n, bool alone,
    struct conf_uplink *u)
{
	snprintf(u->name, sizeof(u->name), "%s", n->key);
	fill_rows(r, path, n, n, schema_uplink.rows, schema_uplink.inner, u);
	read_probe(r, kinds, path, n, u);
	read_flows(r, path, n, u);
	clients_read(r, path, n, u);
	recovery_read(r, kinds, path, n, alone, &u->recovery);
	read_advisors(r, path, n, u);
}

/* The same line twice would be taken out and put back by two verdicts. */
static void
check_pairs(struct report *r, const struct node *list,
    const struct conf *conf)
{
	const struct conf_uplink *a, *b;
	size_t i, k, fam;

	for (i = 0; i < conf->nuplinks; i++)
		for (k = 0; k < i; k++) {
			a = &conf->uplinks[i];
			b = &conf->uplinks[k];
			if (strcmp(a->ifname, b->ifname) != 0 ||
			    a->ifname[0] == '\0')
				continue;
			for (fam = 0; fam < NET_NFAM; fam++)
				if (a->gateway[fam].family != 0 &&
				    net_addr_eq(&a->gateway[fam],
				    &b->gateway[fam]))
					report_at(r, list->line, list->col,
					    "uplinks", "%s and %s have the "
					    "same interface and gateway",
					    b->name, a->name);
		}
}

void
uplinks_read(struct report *r, const struct conf_kinds *kinds,
    const struct node *top, struct conf *conf)
{
	const struct node *list = fill_map(r, "", top, "uplinks"), *n;
	char path[PATH_MAX_LEN];
	size_t i;

	if (list == NULL && node_get(top, "uplinks") == NULL)
		report_at(r, top->line, top->col, "uplinks", "is missing");
	if (list == NULL)
		return;
	if (list->n == 0 || list->n > CONF_UPLINKS_MAX) {
		report_at(r, list->line, list->col, "uplinks",
		    "one to %d uplinks are wanted", CONF_UPLINKS_MAX);
		return;
	}
	conf->uplinks = calloc(list->n, sizeof(*conf->uplinks));
	for (i = 0; conf->uplinks != NULL && i < list->n; i++) {
		n = list->child[i];
		fill_path(path, sizeof(path), "uplinks", n->key);
		if (!name_ok(r, path, n) ||
		    fill_map(r, "uplinks", list, n->key) == NULL)
			continue;
		read_uplink(r, kinds, path, n, list->n == 1,
		    &conf->uplinks[conf->nuplinks++]);
	}
	check_pairs(r, list, conf);
	clients_check(r, conf);
}

void
uplinks_free(struct conf *conf)
{
	struct conf_uplink *u;
	size_t i;

	for (i = 0; i < conf->nuplinks; i++) {
		u = &conf->uplinks[i];
		targets_free(&u->probe);
		fill_free(schema_probe.rows, &u->probe);
		fill_free(schema_clients.rows, &u->clients);
		recovery_free(&u->recovery);
		free(u->advisors);
	}
	free(conf->uplinks);
}
