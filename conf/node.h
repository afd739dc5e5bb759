/* SPDX-License-Identifier: ISC */
/*
 * node: YAML as a plain tree with positions.  Private to conf/.  Anchors,
 * aliases, tags, duplicate keys, several documents and too much of anything
 * are errors here; meaning comes later.
 */
#ifndef UPLINKD_CONF_NODE_H
#define UPLINKD_CONF_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum node_kind { NODE_SCALAR = 1, NODE_MAP, NODE_LIST };

struct node {
	enum node_kind	 kind;
	unsigned	 line, col;	/* from 1 */
	char		*text;		/* SCALAR: NUL-ended, no NUL inside */
	bool		 plain;		/* SCALAR: not quoted */
	char		*key;		/* of a child of a MAP */
	unsigned	 key_line, key_col;
	size_t		 n;		/* children */
	struct node	**child;
};

/* Where errors go; all of a file are told, up to a limit. */
struct report {
	const char	*name;		/* of the file */
	FILE		*err;
	unsigned	 n;
};

#define REPORT_MAX	100

/* path NULL: none. */
void	report_at(struct report *, unsigned line, unsigned col,
	    const char *path, const char *fmt, ...)
	    __attribute__((__format__(__printf__, 5, 6)));

/* NULL if the text is not usable at all; what is wrong was reported. */
struct node	*node_parse(struct report *, const char *bytes, size_t len);
void	node_free(struct node **);
/* Child of a map by its key, NULL. */
const struct node	*node_get(const struct node *, const char *key);

#endif
