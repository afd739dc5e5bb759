/* SPDX-License-Identifier: ISC */
/*
 * view: lookups in what was read from the kernel, and entering there what was
 * written since.  Pure.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "routing/want.h"

const struct net_link *
view_link(const struct kernel_view *view, int index)
{
	size_t i;

	for (i = 0; i < view->nlinks; i++)
		if (view->links[i].index == index)
			return &view->links[i];
	return NULL;
}

const struct net_link *
view_link_named(const struct kernel_view *view, const char *name)
{
	size_t i;

	for (i = 0; i < view->nlinks; i++)
		if (strcmp(view->links[i].name, name) == 0)
			return &view->links[i];
	return NULL;
}

static bool
same_key(const struct net_route *a, const struct net_route *b)
{
	return a->table == b->table && a->metric == b->metric &&
	    a->tos == b->tos;
}

/* As the kernel does: the first of its key is replaced. */
static int
enter_route(struct kernel_view *view, const struct net_route *route)
{
	enum net_fam fam = net_fam(route->family);
	struct net_route *p = view->routes[fam];
	size_t i;

	for (i = 0; i < view->nroutes[fam]; i++)
		if (same_key(&p[i], route))
			break;
	if (i == view->nroutes[fam]) {
		p = reallocarray(p, i + 1, sizeof(*p));
		if (p == NULL)
			return -ENOMEM;
		view->routes[fam] = p;
		view->nroutes[fam]++;
	}
	p[i] = *route;
	return 0;
}

static void
drop_route(struct kernel_view *view, const struct net_route *route)
{
	enum net_fam fam = net_fam(route->family);
	struct net_route *p = view->routes[fam];
	size_t i;

	for (i = 0; i < view->nroutes[fam]; i++) {
		if (!same_key(&p[i], route) ||
		    p[i].protocol != route->protocol)
			continue;
		view->nroutes[fam]--;
		memmove(&p[i], &p[i + 1],
		    (view->nroutes[fam] - i) * sizeof(*p));
		return;
	}
}

static int
enter_rule(struct kernel_view *view, const struct net_rule *rule)
{
	enum net_fam fam = net_fam(rule->family);
	struct net_rule *p;

	p = reallocarray(view->rules[fam], view->nrules[fam] + 1, sizeof(*p));
	if (p == NULL)
		return -ENOMEM;
	p[view->nrules[fam]++] = *rule;
	view->rules[fam] = p;
	return 0;
}

static void
drop_rule(struct kernel_view *view, const struct net_rule *rule)
{
	enum net_fam fam = net_fam(rule->family);
	struct net_rule *p = view->rules[fam];
	size_t i;

	for (i = 0; i < view->nrules[fam]; i++) {
		if (!net_rule_eq(&p[i], rule))
			continue;
		view->nrules[fam]--;
		memmove(&p[i], &p[i + 1],
		    (view->nrules[fam] - i) * sizeof(*p));
		return;
	}
}

int
view_enter(struct kernel_view *view, const struct edit *e)
{
	switch (e->op) {
	case EDIT_ROUTE_SET:
		return enter_route(view, &e->route);
	case EDIT_ROUTE_DEL:
		drop_route(view, &e->route);
		break;
	case EDIT_RULE_ADD:
		return enter_rule(view, &e->rule);
	case EDIT_RULE_DEL:
		drop_rule(view, &e->rule);
		break;
	}
	return 0;
}

void
kernel_view_free(struct kernel_view *view)
{
	size_t fam;

	free(view->links);
	free(view->addrs);
	for (fam = 0; fam < NET_NFAM; fam++) {
		free(view->routes[fam]);
		free(view->rules[fam]);
	}
	memset(view, 0, sizeof(*view));
}
