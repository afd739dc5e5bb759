/* SPDX-License-Identifier: ISC */
/*
 * export: the names and numbers of the uplinks as macros of pf.conf(5), as
 * definitions of nft(8), as variables of sh(1), or as JSON: one file to edit
 * when a network card changes.  Pure; one thread.
 */
#ifndef UPLINKD_TOOLS_EXPORT_H
#define UPLINKD_TOOLS_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "conf/conf.h"
#include "routing/plan.h"

enum export_form { EXPORT_PF = 1, EXPORT_NFT, EXPORT_SH, EXPORT_JSON };

/* Where a line is now, by family; what is not there has family 0. */
struct export_line {
	struct want_now	now[NET_NFAM];
};

#define EXPORT_NAME	(CONF_NAME_MAX + 8)

/* An uplink's name as all three languages take one; returns buf. */
const char	*export_name(const char *uplink, char buf[EXPORT_NAME]);
/* Two uplinks that would have one name; false if there are none. */
bool	export_clash(const struct conf *, size_t *a, size_t *b);
/* lines: one for each uplink.  0, -ENOMEM; what f says is the caller's. */
int	export_print(enum export_form, const struct conf *,
	    const struct export_line *lines, FILE *f);

#endif
