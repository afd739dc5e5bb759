/* SPDX-License-Identifier: ISC */
/*
 * sys_fake_look: the simulated machine has no other programs, and no settings
 * but those that its network stack obeys, which are not asked for by name.
 */
#include "lib/sys_fake.h"

#include <errno.h>
#include <string.h>

uint64_t
sys_network(void)
{
	return 0;
}

int
sys_setting(const char *name, int64_t *value)
{
	(void)name;
	(void)value;
	return -ENOENT;
}

void
sys_running(const char *const *names, size_t n, bool *found)
{
	(void)names;
	memset(found, 0, n * sizeof(*found));
}
