/* SPDX-License-Identifier: ISC */
/*
 * status: the parts of `uplinkctl status`.  Private to tools/cmd_status*.c.
 */
#ifndef UPLINKD_TOOLS_STATUS_H
#define UPLINKD_TOOLS_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/event.h"

/* One lane's line, the heading before it if it is the first. */
void	status_lane(const struct lane_report *, bool first, int64_t wall_ms);

/* One plugin's. */
void	status_plugin(const struct plugin_report *, int64_t wall_ms, bool first);

/* What letters wait, if any do. */
void	status_mail(const struct mail_report *, int64_t wall_ms);

#endif
