/* SPDX-License-Identifier: ISC */
/*
 * status: the parts of `uplinkctl status`.  Private to tools/cmd_status*.c.
 */
#ifndef UPLINKD_TOOLS_STATUS_H
#define UPLINKD_TOOLS_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/event.h"

#define STATUS_INDENT	13	/* of what belongs to the line above */

/*
 * A text from that column on, further lines of it indented so; without a
 * newline.  Where it ends.
 */
size_t	status_text(size_t column, size_t indent, const char *);
/* On lines of its own below what it is about. */
void	status_note(char mark, const char *);

/* One lane's line, the heading before it if it is the first. */
void	status_lane(const struct lane_report *, bool first, int64_t wall_ms);

/* One plugin's. */
void	status_plugin(const struct plugin_report *, int64_t wall_ms, bool first);

/* What letters wait, if any do. */
void	status_mail(const struct mail_report *, int64_t wall_ms);

#endif
