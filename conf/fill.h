/* SPDX-License-Identifier: ISC */
/*
 * fill: a map of the file into a struct, by rows.  Private to conf/.
 */
#ifndef UPLINKD_CONF_FILL_H
#define UPLINKD_CONF_FILL_H

#include <stddef.h>

#include "conf/node.h"
#include "lib/option.h"

/*
 * Reads every key of the map that has a row, sets the defaults of the others,
 * reports unknown keys (but those in inner, NULL-ended) and missing ones.
 * node NULL: nothing was written, all defaults; at says where errors go then.
 */
void	fill_rows(struct report *, const char *path, const struct node *,
	    const struct node *at, const struct option *rows,
	    const char *const *inner, void *base);
/* Defaults of all rows but those named, NULL-ended. */
void	fill_defaults(const struct option *rows, const char *const *but,
	    void *base);
void	fill_free(const struct option *rows, void *base);
/* Child of a map that must itself be a map; NULL if absent or wrong. */
const struct node	*fill_map(struct report *, const char *path,
	    const struct node *, const char *key);
/* "did you mean X?" or "", from a NULL-ended list of rows and words. */
const char	*fill_nearest(const char *word, const struct option *rows,
	    const char *const *inner);
/* "a.b" into buf; returns buf. */
const char	*fill_path(char *buf, size_t len, const char *path,
	    const char *key);

#endif
