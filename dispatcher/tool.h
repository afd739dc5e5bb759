/* SPDX-License-Identifier: ISC */
/*
 * tool: what the parent starts for one job and what ends with it, as
 * `uplinkd -R NAME -- ARGUMENT...`: it needs power and may take long.  Its last
 * line of output is the job's.
 */
#ifndef UPLINKD_DISPATCHER_TOOL_H
#define UPLINKD_DISPATCHER_TOOL_H

/* Thread: main of its process, the only one.  Returns the exit status. */
typedef int tool_fn(int argc, char **argv);

tool_fn	tool_flows, tool_nft, tool_plugin;

/* What the host of a library ends with when that has done its work. */
#define TOOL_PLUGIN_DONE	77

#endif
