/* SPDX-License-Identifier: ISC */
/*
 * role: what a re-executed child finds at its start: descriptors at fixed
 * numbers, its role's name on the command line, the configuration's bytes.
 */
#ifndef UPLINKD_DISPATCHER_ROLE_H
#define UPLINKD_DISPATCHER_ROLE_H

#include <stdbool.h>

struct conf;

enum role { ROLE_PARENT, ROLE_PROBES, ROLE_DISPATCHER, ROLE_FEED, ROLE_N };

enum {				/* descriptors in a child */
	ROLE_FD_PARENT = 3,	/* SOCK_SEQPACKET to the parent */
	ROLE_FD_CONF,		/* the configuration, readable from 0 */
	ROLE_FD_LISTEN		/* listening sockets, in the order below */
};

/* Names of sockets in the run directory. */
#define ROLE_SOCK_BUS		"bus.sock"	/* dispatcher: ROUTER */
#define ROLE_SOCK_EVENTS	"events.sock"	/* feed: PUB */
#define ROLE_SOCK_REQUEST	"request.sock"	/* feed: ROUTER */

struct role_env {
	const struct conf *conf;
	int		 parent;
	int		 listen[2];	/* dispatcher: bus; feed: events, request */
};

const char	*role_name(enum role);
enum role	role_parse(const char *);	/* ROLE_N = no such */

/* Thread: main of its process.  Return the exit status. */
int	dispatcher_run(const struct role_env *);
int	feed_run(const struct role_env *);

#endif
