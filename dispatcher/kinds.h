/* SPDX-License-Identifier: ISC */
/*
 * kinds: the kinds of probe and action this build knows, as conf/ looks them
 * up.  The only place where the two registries meet.
 */
#ifndef UPLINKD_DISPATCHER_KINDS_H
#define UPLINKD_DISPATCHER_KINDS_H

#include "actions/action.h"
#include "conf/conf.h"
#include "probes/probe.h"

static const struct conf_kinds conf_kinds_built_in = {
	.probe = probe_option_set,
	.action = action_option_set,
	.probe_name = probe_kind_name,
	.action_name = action_kind_name,
};

#endif
