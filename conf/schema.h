/* SPDX-License-Identifier: ISC */
/*
 * schema: the rows of every map of the configuration but those of kinds,
 * which their modules bring.  The master copy of names, units, ranges,
 * defaults and help.  Private to conf/.
 */
#ifndef UPLINKD_CONF_SCHEMA_H
#define UPLINKD_CONF_SCHEMA_H

#include "conf/conf.h"

/* A map with keys of its own and, perhaps, other maps inside. */
struct schema {
	const char		*path;		/* "uplinks.*.probe" */
	const struct option	*rows;
	const char *const	*inner;		/* keys of other maps, or NULL */
};

extern const struct schema schema_top, schema_uplink, schema_probe,
    schema_degraded, schema_require, schema_flows, schema_recovery, schema_step,
    schema_advisor, schema_clients,
    schema_routing, schema_mail, schema_action, schema_lanes;

/* All of them, for conf_walk. */
extern const struct schema *const schema_all[];

#endif
