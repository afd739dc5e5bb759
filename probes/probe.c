/* SPDX-License-Identifier: ISC */
/*
 * probe: the kinds that were built in, found by name.  Pure; any thread.
 */
#include "probes/probe.h"

#include <string.h>

#define PROBE_KIND(name) extern const struct probe_kind probe_##name;
#include "probes/kinds.h"
#undef PROBE_KIND

static const struct probe_kind *const kinds[] = {
#define PROBE_KIND(name) &probe_##name,
#include "probes/kinds.h"
#undef PROBE_KIND
};

#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

const struct probe_kind *
probe_kind(const char *name)
{
	size_t i;

	for (i = 0; i < NKINDS; i++)
		if (strcmp(kinds[i]->set->name, name) == 0)
			return kinds[i];
	return NULL;
}

const struct option_set *
probe_option_set(const char *name)
{
	const struct probe_kind *kind = probe_kind(name);

	return kind == NULL ? NULL : kind->set;
}

const char *
probe_kind_name(size_t n)
{
	return n < NKINDS ? kinds[n]->set->name : NULL;
}
