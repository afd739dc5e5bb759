/* SPDX-License-Identifier: ISC */
/*
 * conf: the configuration as one immutable tree of typed tables.  Read from
 * YAML by rows (lib/option.h); every error of a file is reported at once as
 * file:line:col: path.to.key: what.  Owns all that the tree points to.
 */
#ifndef UPLINKD_CONF_CONF_H
#define UPLINKD_CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/net.h"
#include "lib/option.h"

#define CONF_UPLINKS_MAX	64
#define CONF_TARGETS_MAX	8192	/* of one uplink */
#define CONF_ACTIONS_MAX	256
#define CONF_NAME_MAX		32	/* with the NUL */
#define CONF_BYTES_MAX		(256 * 1024)
#define CONF_DEPTH_MAX		32
#define CONF_STEPS_MAX		8	/* of one recovery */
#define CONF_BUDGET_MAX		1000	/* starts that are remembered */
#define CONF_KINDS_MAX		33	/* of actions, with a NULL */

/* Kinds are found by name, so that conf/ need not know probes/ or actions/. */
struct conf_kinds {
	/* NULL if there is no such kind. */
	const struct option_set	*(*probe)(const char *name);
	const struct option_set	*(*action)(const char *name);
	/* n-th kind for messages ("one of: ping, tcp"); NULL past the end. */
	const char		*(*probe_name)(size_t n);
	const char		*(*action_name)(size_t n);
};

enum conf_method { CONF_OVERRIDE = 1, CONF_WITHDRAW, CONF_METHOD_NONE };
enum conf_supersede { CONF_FINISH = 1, CONF_CANCEL };
enum conf_when { CONF_WHEN_ANY = 1, CONF_WHEN_GATEWAY };
enum conf_tls { CONF_TLS_REQUIRED = 1, CONF_TLS_NONE };
enum conf_authority { CONF_DECIDE = 1, CONF_VETO, CONF_INFORM };

/* Bits of `on:`; the same numbers as 1 << enum level in proto/event.h. */
enum {
	CONF_ON_UP = 1 << 1,
	CONF_ON_DEGRADED = 1 << 2,
	CONF_ON_DOWN = 1 << 3,
	CONF_ON_UNKNOWN = 1 << 4
};

#define CONF_FAR_ALL	(-1)

struct conf_target {
	const struct option_set	*kind;
	void			*opts;		/* kind->size bytes */
	char			 label[64];	/* "ping 192.0.2.9", "tcp host:443" */
	bool			 gateway;	/* votes in the gateway group */
	bool		 word;		/* written as `gateway`, one of a family */
	/*
	 * Where it is.  addr.family NET_AUTO: the present gateway of fam; 0:
	 * see name, and if that is NULL nowhere (a command).
	 */
	struct net_addr	addr;
	enum net_fam	fam;		/* of word */
	char		*name;		/* to be resolved */
	const char	*path;		/* of opts: file name of a command */
	/* Its own, within which its time says nothing; 0: the uplink's. */
	int64_t		timeout_ns;
};

/* Measured against smoothed values; 0 = not looked at. */
struct conf_degraded {			/* uplinks.X.probe.degraded */
	int64_t		rtt_ns, jitter_ns;
	struct option_loss loss;
};

struct conf_probe {			/* uplinks.X.probe */
	int64_t		interval_ns, timeout_ns, confirm_ns;
	int64_t		timeout_min_ns;	/* floor of the timeout that follows */
	int64_t		fall, rise;	/* rounds */
	struct option_loss loss;	/* down by so much; share 0 = never */
	int64_t		hold_ns, hold_max_ns;
	struct conf_degraded degraded;
	char		**resolver;	/* addresses; NULL = the system's */
	bool		require_gateway;
	int64_t		require_far;	/* a number, or CONF_FAR_ALL */
	size_t		ntargets;
	struct conf_target *targets;
};

struct conf_step {			/* uplinks.X.recovery.steps[] */
	int64_t		after_ns;	/* since the uplink went down */
	int64_t		settle_ns;	/* after its end nothing else starts */
	int64_t		timeout_ns;
	const struct option_set	*kind;	/* as an action's */
	void		*opts;
};

struct conf_recovery {
	int		when;		/* enum conf_when; 0 = no recovery */
	struct option_budget budget;	/* starts of steps */
	size_t		nsteps;		/* 0: none */
	struct conf_step *steps;
};

struct conf_advisor {			/* uplinks.X.advisors.NAME */
	char		name[CONF_NAME_MAX];
	int		authority;	/* enum conf_authority */
	int64_t		ttl_ns;
};

struct conf_flows {			/* uplinks.X.flows */
	struct option_flows down, up, idle;
};

struct conf_clients {			/* uplinks.X.clients */
	struct option_clients only, prefer;
};

struct conf_uplink {
	char		name[CONF_NAME_MAX];
	char		ifname[NET_IFNAME_MAX];
	/* family 0: none; NET_AUTO: as the kernel has it. */
	struct net_addr	gateway[NET_NFAM];
	int64_t		weight;		/* 1 to 256 */
	int64_t		tier;		/* 1 = first */
	struct conf_probe probe;
	struct conf_recovery recovery;
	struct conf_flows flows;
	struct conf_clients clients;
	size_t		nadvisors;
	struct conf_advisor *advisors;
};

struct conf_action {			/* actions.NAME */
	char		name[CONF_NAME_MAX];
	const struct option_set	*kind;
	void		*opts;
	unsigned	on;		/* CONF_ON_* */
	char		**uplinks;	/* NULL = all */
	int64_t		timeout_ns;
	int64_t		retries;
	int64_t		retry_wait_ns;
	bool		every;		/* run for each event, never skipped */
	int		on_supersede;	/* enum conf_supersede */
};

struct conf_mail {
	char		**to;		/* NULL = no mail */
	char		*from;		/* NULL = the system's default */
	char		*via;		/* as written */
	bool		smtp, smtps;	/* what is in it: not sendmail */
	char		*user, *host;	/* NULL = no user; [] around v6 */
	int64_t		port;		/* 0 = the usual one */
	char		*password_file, *ca;
	int		tls;		/* enum conf_tls */
	char		**sendmail;	/* argv */
	unsigned	on;
	int64_t		timeout_ns;
	int64_t		fold_ns;	/* 0 = none */
	struct option_budget limit;
	int64_t		expire_ns;
	int64_t		retry_wait_ns;	/* first pause */
};

struct conf_routing {
	int		method;		/* enum conf_method */
	int64_t		table;		/* override table; uplink n has table+1+n */
	int64_t		priority;	/* of our first rule; we use 9 */
	int64_t		mark;		/* uplink n has (n + 1) * mark ... */
	int64_t		mark_mask;	/* ... within this mask; 0 = no mark rules */
	bool		symmetric;	/* connections keep their line, by mark */
	int64_t		resync_ns;	/* compare with the kernel this often */
};

struct conf_lanes {
	int64_t		flow, modem, mail, exec, plugin, web;	/* threads */
	int64_t		queue;			/* jobs waiting in each */
};

struct conf {
	char		*user;		/* of the children */
	char		*state_dir;	/* journal */
	char		*run_dir;	/* sockets, lock */
	char		*plugin_dir;	/* of what actions.X.plugin names */
	int64_t		workers;	/* probe threads; 0 = one per core, at most 4 */
	size_t		nuplinks;
	struct conf_uplink *uplinks;
	struct conf_routing routing;
	struct conf_mail mail;
	size_t		nactions;
	struct conf_action *actions;
	struct conf_lanes lanes;
};

/*
 * Thread: any.  Parses len bytes; name appears in messages.  Returns 0 and
 * *out (caller: conf_free), or -EINVAL after all errors were written to err,
 * one a line, at most 100.  -ENOMEM.
 */
int	conf_parse(const char *name, const char *bytes, size_t len,
	    const struct conf_kinds *, struct conf **out, FILE *err);
/*
 * Thread: any.  Reads a file of at most CONF_BYTES_MAX (symlinks are
 * followed; the file must be regular and not writable by group or others when
 * its owner or we are root).  *bytes is malloc'd.  Errors are written to err.
 */
int	conf_read(const char *path, char **bytes, size_t *len, FILE *err);
/* Thread: any.  "500ms" as nanoseconds; false if it is no duration. */
bool	conf_duration(const char *, int64_t *ns);
/* Thread: any.  Clears *; NULL is fine. */
void	conf_free(struct conf **);
/*
 * Thread: any.  The effective configuration with every default, as YAML that
 * conf_parse takes again and that prints the same.
 */
void	conf_print(const struct conf *, FILE *);
/*
 * Thread: any.  Walks all rows with their paths ("uplinks.*.probe.interval",
 * "actions.*.run.user"), for the test that holds manual and table together.
 */
void	conf_walk(const struct conf_kinds *,
	    void (*fn)(const char *path, const struct option *, void *arg),
	    void *arg);

#endif
