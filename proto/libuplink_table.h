/* SPDX-License-Identifier: ISC */
/*
 * libuplink_table: the newest state of each uplink, and what of a message is
 * news; within a client of libuplink.  Pure; one thread.
 */
#ifndef UPLINKD_PROTO_LIBUPLINK_TABLE_H
#define UPLINKD_PROTO_LIBUPLINK_TABLE_H

#include "proto/event.h"
#include "proto/libuplink.h"

#define UPLINK_TABLE_MAX	64	/* as CONF_UPLINKS_MAX */

struct uplink_table {
	size_t		n;
	struct uplink_status of[UPLINK_TABLE_MAX];
};

/* NULL if there is none so named. */
const struct uplink_status *table_find(const struct uplink_table *,
	    const char *name);
/* True if that is worth telling: not a measure or a countdown alone. */
bool	table_state(struct uplink_table *, const struct state_line *);
void	table_event(struct uplink_table *, const struct event *);

/* libuplink_news.c: enters the message into the table; false: no news. */
bool	news_of(const struct msg *, struct uplink_table *,
	    struct uplink_news *);

#endif
