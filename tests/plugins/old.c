/* SPDX-License-Identifier: ISC */
/* old: of another version of the interface; its run would be seen. */
#include <uplinkd_plugin.h>

static int
run(void *state, const struct uplinkd_event *event, int64_t deadline_ns)
{
	(void)state;
	(void)event;
	(void)deadline_ns;
	return 0;
}

const struct uplinkd_plugin uplinkd_plugin = {
	.abi = UPLINKD_PLUGIN_ABI + 1,
	.name = "old",
	.run = run,
};
