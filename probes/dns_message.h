/* SPDX-License-Identifier: ISC */
/*
 * dns_message: a question to a name server and what its answer proves
 * (RFC 1035).  Pure; any thread.  Nothing of an answer is believed before its
 * id and question are those that were sent.
 */
#ifndef UPLINKD_PROBES_DNS_MESSAGE_H
#define UPLINKD_PROBES_DNS_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/net.h"
#include "lib/option.h"

#define DNS_QUERY_MAX	(12 + 255 + 4)	/* header, name, type and class */
#define DNS_REPLY_MAX	4096		/* without EDNS it is 512 */
#define DNS_WHY_MAX	48

/* Numbers of the protocol. */
enum {
	DNS_A = 1, DNS_NS = 2, DNS_SOA = 6, DNS_PTR = 12, DNS_MX = 15,
	DNS_TXT = 16, DNS_AAAA = 28, DNS_SRV = 33,
	DNS_AUTO = 0x10000		/* none: by name and answer */
};

struct dns_opts {
	struct option_host	server;
	char			*name;	/* "." is the root */
	int			type;
	int64_t			port;
	struct net_addr		answer;	/* must be there; family 0: none */
};

enum dns_verdict {
	DNS_FOREIGN = 1,	/* answers another question, or is none */
	DNS_GOOD,
	DNS_BAD			/* ours, but not as wanted */
};

/* What is asked for: `auto` is NS of the root, else A or AAAA. */
int	dns_type(const struct dns_opts *);
/* Length of the query; -EINVAL: there can be no such name; -ENOMEM. */
int	dns_query(const struct dns_opts *, uint16_t id,
	    uint8_t out[DNS_QUERY_MAX]);
/* why is filled for DNS_BAD. */
enum dns_verdict	dns_judge(const struct dns_opts *,
	    const uint8_t *query, size_t query_len, const uint8_t *reply,
	    size_t len, char why[DNS_WHY_MAX]);

#endif
