/* SPDX-License-Identifier: ISC */
/*
 * fetch: a request by HTTP and its answer.  No redirect is followed, so
 * nobody is told a password but the host of the URL; over TLS the server is
 * verified by a certificate or by its key.
 */
#ifndef UPLINKD_ACTIONS_FETCH_H
#define UPLINKD_ACTIONS_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "actions/transfer.h"

#define FETCH_BYTES_MAX	(64 * 1024)	/* of an answer, and of its header */
#define FETCH_RANGES	16

struct fetch_range {
	int	from, to;
};

struct fetch_ranges {
	size_t	n;
	struct fetch_range list[FETCH_RANGES];
};

struct fetch {
	const char	*method;	/* "GET", "POST", "PUT" */
	const char	*url;
	char *const	*headers;	/* "Name: value", NULL-ended; NULL */
	const char	*more[4];	/* the same, NULL-ended */
	const char	*body;		/* NULL = none */
	size_t		 body_len;
	const char	*user, *password;	/* NULL, NULL */
	bool		 basic;		/* else digest */
	const char	*token;		/* bearer; NULL */
	const char	*ca;		/* file; NULL = the system's */
	/* "sha256//..."; without ca, all that the server is known by. */
	const char	*pin;
	struct fetch_ranges wanted;	/* of status */
	const char	*expect;	/* must be in the answer; NULL */
	enum transfer_way through;
};

struct fetch_answer {
	long		status;		/* 0 = there was none */
	int64_t		retry_after_s;	/* what the server asks for; -1 */
};

/*
 * Thread: lane worker.  Within the job's timeout; returns early when it is
 * cancelled.  Same as result->err.  Without `expect` the status decides, even
 * if the answer is cut short or never ends.
 */
int	fetch_run(const struct fetch *, const struct job *,
	    const struct job_env *, struct fetch_answer *,
	    struct job_result *);

/* Words of `through`, for rows. */
extern const struct option_choice fetch_ways[];

/* Thread: any.  NULL, or what is wrong with a URL; *tls: it is https. */
const char	*fetch_url_wrong(const char *url, bool *tls);
/* NULL, or what is wrong with a list of headers. */
const char	*fetch_headers_wrong(char *const *);
/* NULL, or what is wrong with a key, as in `pin`. */
const char	*fetch_pin_wrong(const char *);
/* "200", "2xx", "200-299"; NULL, or what is wrong. */
const char	*fetch_ranges_read(char *const *, struct fetch_ranges *);
bool	fetch_ranges_have(const struct fetch_ranges *, long status);

#endif
