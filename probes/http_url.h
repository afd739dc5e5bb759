/* SPDX-License-Identifier: ISC */
/*
 * http_url: what a target of the kind `http` is asked for and what it must
 * answer.  Pure; any thread.
 */
#ifndef UPLINKD_PROBES_HTTP_URL_H
#define UPLINKD_PROBES_HTTP_URL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/option.h"

#define HTTP_BYTES_MAX	(64 * 1024)	/* of a body, and of all headers */
#define HTTP_TEXT_MAX	1024		/* of `body` */
#define HTTP_ANY_2XX	(-1)

enum http_method { HTTP_GET = 1, HTTP_HEAD };

struct http_opts {
	char		*url;
	int64_t		status;		/* or HTTP_ANY_2XX */
	char		*body;		/* NULL: any */
	int		method;		/* enum http_method */
	char		*ca;		/* NULL: what the system trusts */
};

extern const struct option_set http_set;

#endif
