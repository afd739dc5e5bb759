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


/*
 * Private to conf/value*.c.
 */
typedef void value_read_fn(struct report *, const char *path,
    const struct node *, const struct option *, void *base);
value_read_fn	value_read_list;
/* value_host.c */
value_read_fn	value_read_addrlist, value_read_host, value_read_share,
		value_read_loss, value_read_budget;
/* value_map.c */
value_read_fn	value_read_map;
void	value_print_map(char *const *, FILE *);
/* value_clients.c */
value_read_fn	value_read_clients;
void	value_print_clients(const struct option_clients *, FILE *);
/* "192.0.2.0/24 tcp 443"; returns buf. */
const char	*value_client_text(const struct option_client *, char *buf,
	    size_t len);
/* value_bytes.c */
value_read_fn	value_read_bytes, value_read_bytelist, value_read_dialogue;
/* All three. */
void	value_print_said(enum option_type, const void *, FILE *);
void	value_free_bytelist(struct option_bytelist *);
void	value_free_dialogue(struct option_dialogue *);
/* value_flows.c */
value_read_fn	value_read_flows;
void	value_print_flows(const struct option_flows *, FILE *);
void	value_print_host(const struct option *, const struct option_host *,
	    FILE *);
void	value_print_share(int64_t, FILE *);
void	value_print_loss(const struct option_loss *, FILE *);
void	value_print_budget(const struct option_budget *, FILE *);
/* The text of a scalar; NULL after a report that `what` is wanted. */
const char	*value_scalar(struct report *, const char *path,
		    const struct node *, const char *what);
/* One line of text without control bytes; false after a report. */
bool	value_clean(struct report *, const char *path, const struct node *,
	    const char *);
void	value_wrong(struct report *, const char *path, const struct node *,
	    const char *, ...) __attribute__((__format__(__printf__, 4, 5)));
/* An address of a host; false after a report. */
bool	value_addr(struct report *, const char *path, const struct node *,
	    struct net_addr *);

#endif
