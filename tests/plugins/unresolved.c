/* SPDX-License-Identifier: ISC */
/* unresolved: asks for a function that nobody has. */
#include <uplinkd_plugin.h>

int	uplinkd_nobody_has_this(void);

static int
run(void *state, const struct uplinkd_event *event, int64_t deadline_ns)
{
	(void)state;
	(void)event;
	(void)deadline_ns;
	return uplinkd_nobody_has_this();
}

const struct uplinkd_plugin uplinkd_plugin = {
	.abi = UPLINKD_PLUGIN_ABI,
	.name = "unresolved",
	.run = run,
};
