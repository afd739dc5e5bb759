/* SPDX-License-Identifier: ISC */
/*
 * plugin: options of the kind `plugin`, and which file its name stands for.
 * Pure but for the look at the file system.
 */
#ifndef UPLINKD_ACTIONS_PLUGIN_H
#define UPLINKD_ACTIONS_PLUGIN_H

#include <stdint.h>

#include "lib/option.h"

#define PLUGIN_PATH_MAX		256	/* directory, name, ".so" */
#define PLUGIN_OUTPUT_MAX	(1024 * 1024)	/* bytes of one job */

struct plugin_opts {
	char		*name;
	char		*user;
	char		**options;	/* "key=value"; NULL = none */
	int64_t		memory;		/* MiB of data; 0 = any */
};

enum plugin_kind {
	PLUGIN_PROGRAM = 1,	/* NAME */
	PLUGIN_LIBRARY		/* NAME.so */
};

/*
 * Thread: any.  Which of the two is there, and its path.  -ENOENT: neither;
 * -EEXIST: both, so that nobody knows which was meant.
 */
int	plugin_find(const char *dir, const char *name,
	    char path[PLUGIN_PATH_MAX]);
/* Thread: any.  "program", "library", "missing", "twice", "error". */
const char	*plugin_kind_name(int found);

#endif
