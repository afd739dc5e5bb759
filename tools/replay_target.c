/* SPDX-License-Identifier: ISC */
/*
 * replay_target: targets of the recording found in the configuration by their
 * label; of several with the same one, each has its own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/replay_part.h"

/* qsort has no argument: a label stands beside its place. */
struct labelled {
	const char	*label;
	size_t		place;
};

static int
by_label(const void *a, const void *b)
{
	const struct labelled *x = a, *y = b;
	int rc = strcmp(x->label, y->label);

	return rc != 0 ? rc : x->place < y->place ? -1 : x->place > y->place;
}

int
rline_sort(struct rline *l)
{
	size_t n = l->conf->probe.ntargets, i;
	struct labelled *all = calloc(n + 1, sizeof(*all));

	if (all == NULL)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		all[i] = (struct labelled){ l->conf->probe.targets[i].label,
		    i };
	qsort(all, n, sizeof(*all), by_label);
	for (i = 0; i < n; i++)
		l->by_label[i] = all[i].place;
	free(all);
	return 0;
}

static bool
is_used(size_t place, const size_t *used, size_t nused)
{
	size_t i;

	for (i = 0; i < nused; i++)
		if (used[i] == place)
			return true;
	return false;
}

size_t
rline_target(const struct rline *l, const char *label, const size_t *used,
    size_t nused)
{
	const struct conf_target *targets = l->conf->probe.targets;
	size_t low = 0, high = l->conf->probe.ntargets, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (strcmp(targets[l->by_label[mid]].label, label) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < l->conf->probe.ntargets &&
	    strcmp(targets[l->by_label[low]].label, label) == 0; low++)
		if (!is_used(l->by_label[low], used, nused))
			return l->by_label[low];
	return REPLAY_NOWHERE;
}
