/* SPDX-License-Identifier: ISC */
/*
 * http_get: one request and what became of it.  Owned by the thread of the
 * multi handle in which it runs.  It never resolves a name, uses a proxy,
 * follows a redirect or takes an open connection, and no more of an answer is
 * read than is needed to judge it.
 */
#ifndef UPLINKD_PROBES_HTTP_GET_H
#define UPLINKD_PROBES_HTTP_GET_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net.h"
#include "probes/http_url.h"
#include "probes/probe.h"

#define HTTP_WHY_MAX	160

struct http_get {
	const struct http_opts *opts;
	const char	*ifname;
	CURL		*easy;
	struct curl_slist *to;
	int		err;		/* no socket, or not for this device */
	bool		ended;		/* by us: we have seen enough */
	bool		flood;		/* too much of a header */
	bool		found;		/* the text that must be there */
	size_t		header_bytes, body_bytes;
	char		*body;		/* HTTP_BYTES_MAX, if it is searched */
	char		error[CURL_ERROR_SIZE];
};

/* How it ended. */
struct http_end {
	enum sample	sample;
	int64_t		rtt_ns;		/* to the first byte, of SAMPLE_OK */
	int		err;		/* of SAMPLE_CANNOT */
	char		why[HTTP_WHY_MAX];	/* "" for SAMPLE_OK */
};

/*
 * 0, and g->easy is ready for a multi handle; -errno.  g is told to libcurl
 * and must stay where it is; arg comes back as CURLINFO_PRIVATE.
 */
int	http_get_open(struct http_get *g, const struct http_opts *,
	    const struct net_addr *, const char *ifname, int ifindex,
	    void *arg);
/* It is in no multi handle any more.  Twice is fine. */
void	http_get_close(struct http_get *);
/*
 * code: as CURLMSG_DONE brings it.  at_once: it ended in the call that began
 * it, before anything could come from the network.
 */
void	http_get_judge(struct http_get *, CURLcode code, bool at_once,
	    struct http_end *);

#endif
