/* SPDX-License-Identifier: ISC */
/*
 * view: lookups in what was read from the kernel.  Pure.
 */
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
