/* SPDX-License-Identifier: ISC */
/*
 * resolve_ask: questions to name servers by c-ares, on sockets bound to one
 * device.  Private to probes/resolve*.c; entered by the worker's thread.
 */
#ifndef UPLINKD_PROBES_RESOLVE_ASK_H
#define UPLINKD_PROBES_RESOLVE_ASK_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net.h"

#define ASK_ADDRS_MAX	64	/* of one answer */

struct ask;

struct ask_conf {
	const char	*ifname;	/* kept, as are the servers */
	char		**servers;	/* NULL: the system's */
	int		 query_ms;
};

struct ask_answer {
	int		err;		/* 0; -ECANCELED; -ENOENT: any other */
	size_t		n;
	struct net_addr	addrs[ASK_ADDRS_MAX];
	int64_t		ttl_s;		/* the shortest */
};

typedef void ask_fn(void *arg, const struct ask_answer *);

/* Thread: any.  Once in a process; 0 or -EIO. */
int	ask_start(void);
/* 0, *out; -ENOMEM, -EINVAL: no server is known. */
int	ask_new(const struct ask_conf *, struct ask **out);
/* What is under way is answered with -ECANCELED.  Clears *; NULL is fine. */
void	ask_free(struct ask **);
/* fn is called exactly once, perhaps before this returns. */
void	ask_name(struct ask *, const char *host, bool v4, bool v6, ask_fn *,
	    void *arg);
size_t	ask_polls(struct ask *, struct pollfd *, size_t max);
/* Takes what has come, and what is overdue. */
void	ask_run(struct ask *);
int64_t	ask_due(struct ask *, int64_t now_ns);
/* Nothing is under way. */
bool	ask_idle(const struct ask *);

#endif
