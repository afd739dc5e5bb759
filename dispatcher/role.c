/* SPDX-License-Identifier: ISC */
/*
 * role: names of the four roles, as they stand on a child's command line.
 * Pure.
 */
#include "dispatcher/role.h"

#include <stddef.h>
#include <string.h>

static const char *const names[ROLE_N] = {
	[ROLE_PARENT] = "parent",
	[ROLE_PROBES] = "probes",
	[ROLE_DISPATCHER] = "dispatcher",
	[ROLE_FEED] = "feed",
};

const char *
role_name(enum role role)
{
	return role < ROLE_N ? names[role] : "?";
}

enum role
role_parse(const char *name)
{
	size_t i;

	for (i = 0; i < ROLE_N; i++)
		if (strcmp(names[i], name) == 0)
			return (enum role)i;
	return ROLE_N;
}
