/* SPDX-License-Identifier: ISC */
/*
 * What the tests of want_make share: a view made by hand.  Its interfaces are
 * ext1 to ext9 with index 1 to 9 and 10.0.N.2/24; ext9 is nobody's uplink.
 */
#ifndef UPLINKD_TEST_WANT_H
#define UPLINKD_TEST_WANT_H

#include "tests/unit/test_routing.h"

#define MAIN	254
#define V4	NET_V4
#define LINKS	9

struct lab {
	struct test_conf	t;
	struct kernel_view	view;
	struct want_saved	saved;
	struct edits		edits;
};

static inline void
lab_init(struct lab *l, size_t nuplinks, int method)
{
	char text[NET_ADDR_TEXT];
	unsigned i;

	memset(l, 0, sizeof(*l));
	test_conf_init(&l->t, nuplinks, method);
	l->view.links = calloc(LINKS, sizeof(*l->view.links));
	l->view.addrs = calloc(LINKS, sizeof(*l->view.addrs));
	assert_non_null(l->view.links);
	assert_non_null(l->view.addrs);
	l->view.nlinks = l->view.naddrs = LINKS;
	for (i = 0; i < LINKS; i++) {
		l->view.links[i].index = (int)i + 1;
		snprintf(l->view.links[i].name, NET_IFNAME_MAX, "ext%u",
		    i + 1);
		l->view.links[i].up = l->view.links[i].carrier = true;
		l->view.addrs[i].index = (int)i + 1;
		snprintf(text, sizeof(text), "10.0.%u.2", i + 1);
		l->view.addrs[i].addr = addr_of(text);
		l->view.addrs[i].prefixlen = 24;
		l->view.addrs[i].global = l->view.addrs[i].usable = true;
	}
}

static inline void
lab_free(struct lab *l)
{
	edits_free(&l->edits);
	kernel_view_free(&l->view);
}

static inline struct net_hop
hop_of(int n, unsigned weight)
{
	struct net_hop hop;
	char text[NET_ADDR_TEXT];

	memset(&hop, 0, sizeof(hop));
	snprintf(text, sizeof(text), "10.0.%d.1", n);
	hop.via = addr_of(text);
	hop.index = n;
	hop.weight = weight;
	return hop;
}

/* hops: "12" over ext1 and ext2; "1*3" weight 3. */
static inline struct net_route
route_of(uint32_t table, uint32_t metric, uint8_t protocol, const char *hops)
{
	struct net_route r;

	memset(&r, 0, sizeof(r));
	r.family = net_family(V4);
	r.table = table;
	r.metric = metric;
	r.protocol = protocol;
	r.type = 1;
	for (; *hops != '\0'; hops++) {
		if (*hops == '*') {
			r.hops[r.nhops - 1].weight = (unsigned)*++hops - '0';
			continue;
		}
		r.hops[r.nhops++] = hop_of(*hops - '0', 1);
	}
	return r;
}

static inline void
view_put(struct kernel_view *view, const struct net_route *r)
{
	struct net_route *p = view->routes[V4];
	size_t i;

	for (i = 0; i < view->nroutes[V4]; i++)
		if (p[i].table == r->table && p[i].metric == r->metric &&
		    p[i].tos == r->tos)
			break;
	if (i == view->nroutes[V4]) {
		p = reallocarray(p, i + 1, sizeof(*p));
		assert_non_null(p);
		view->routes[V4] = p;
		view->nroutes[V4]++;
	}
	p[i] = *r;
}

static inline void
view_drop(struct kernel_view *view, uint32_t table, uint32_t metric)
{
	struct net_route *p = view->routes[V4];
	size_t i;

	for (i = 0; i < view->nroutes[V4]; i++) {
		if (p[i].table != table || p[i].metric != metric)
			continue;
		p[i] = p[--view->nroutes[V4]];
		return;
	}
	fail_msg("no route with metric %u in table %u", metric, table);
}

static inline void
admin_sets(struct lab *l, uint32_t metric, uint8_t protocol,
    const char *hops)
{
	struct net_route r = route_of(MAIN, metric, protocol, hops);

	view_put(&l->view, &r);
}

static inline void
view_rule_add(struct kernel_view *view, const struct net_rule *rule)
{
	enum net_fam fam = net_fam(rule->family);

	view->rules[fam] = reallocarray(view->rules[fam],
	    view->nrules[fam] + 1, sizeof(*view->rules[fam]));
	assert_non_null(view->rules[fam]);
	view->rules[fam][view->nrules[fam]++] = *rule;
}

static inline void
view_rule_del(struct kernel_view *view, const struct net_rule *rule)
{
	enum net_fam fam = net_fam(rule->family);
	struct net_rule *p = view->rules[fam];
	size_t i;

	for (i = 0; i < view->nrules[fam]; i++) {
		if (!net_rule_eq(&p[i], rule))
			continue;
		memmove(&p[i], &p[i + 1],
		    (--view->nrules[fam] - i) * sizeof(*p));
		return;
	}
	fail_msg("no such rule");
}

static inline void
enter(struct lab *l)
{
	struct edit *e;
	size_t i;

	for (i = 0; i < l->edits.n; i++) {
		e = &l->edits.edit[i];
		switch (e->op) {
		case EDIT_ROUTE_SET:
			assert_true(e->route.nhops > 0);
			view_put(&l->view, &e->route);
			break;
		case EDIT_ROUTE_DEL:
			assert_int_not_equal(e->route.table, MAIN);
			assert_int_equal(e->route.protocol, SYS_PROTO_OURS);
			view_drop(&l->view, e->route.table, e->route.metric);
			break;
		case EDIT_RULE_ADD:
			view_rule_add(&l->view, &e->rule);
			break;
		case EDIT_RULE_DEL:
			view_rule_del(&l->view, &e->rule);
			break;
		}
	}
}

/* One comparison, entered into the view; returns the number of edits. */
static inline size_t
make(struct lab *l, const char *standings)
{
	struct plan plan = test_plan(&l->t.conf, standings);

	edits_free(&l->edits);
	assert_int_equal(want_make(&l->t.conf, &plan, &l->view, &l->saved,
	    &l->edits), 0);
	enter(l);
	return l->edits.n;
}

/* "metric:hops metric:hops" of a table, sorted by metric. */
static inline const char *
table_text(const struct lab *l, uint32_t table)
{
	static char buf[400];
	const struct net_route *r, *next;
	int64_t last = -1;
	size_t i, at = 0;

	buf[0] = '\0';
	for (;;) {
		next = NULL;
		for (i = 0; i < l->view.nroutes[V4]; i++) {
			r = &l->view.routes[V4][i];
			if (r->table == table && (int64_t)r->metric > last &&
			    (next == NULL || r->metric < next->metric))
				next = r;
		}
		if (next == NULL)
			return buf;
		last = next->metric;
		at += (size_t)sprintf(buf + at, "%s%u:", at > 0 ? " " : "",
		    next->metric);
		for (i = 0; i < next->nhops; i++)
			at += (size_t)sprintf(buf + at,
			    next->hops[i].weight == 1 ? "%d" : "%d*%u",
			    next->hops[i].index, next->hops[i].weight);
	}
}

static inline const struct net_route *
route_in(const struct lab *l, uint32_t table, uint32_t metric)
{
	size_t i;

	for (i = 0; i < l->view.nroutes[V4]; i++)
		if (l->view.routes[V4][i].table == table &&
		    l->view.routes[V4][i].metric == metric)
			return &l->view.routes[V4][i];
	fail_msg("no route with metric %u in table %u", metric, table);
	return NULL;
}

#endif
