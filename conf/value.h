/* SPDX-License-Identifier: ISC */
/*
 * value: the types of options: from YAML into a field, from a field back to
 * YAML, and freed.  One row of functions per type.  Private to conf/.
 */
#ifndef UPLINKD_CONF_VALUE_H
#define UPLINKD_CONF_VALUE_H

#include <stdbool.h>
#include <stdio.h>

#include "conf/node.h"
#include "lib/option.h"

#define PATH_MAX_LEN	256

/* Fills the field; what is wrong is reported with path. */
void	value_read(struct report *, const char *path, const struct node *,
	    const struct option *, void *base);
/* As flow YAML on one line. */
void	value_print(const struct option *, const void *base, FILE *);
/* True if the field is as if the key had not been written (and no default). */
bool	value_absent(const struct option *, const void *base);
void	value_free(const struct option *, void *base);
/* "500ms" as nanoseconds; false if it is no duration. */
bool	value_duration(const char *, int64_t *ns);
void	value_print_duration(int64_t ns, FILE *);
/* Writes a string, quoted where YAML would read something else. */
void	value_string(const char *, FILE *);

#endif
