/* SPDX-License-Identifier: ISC */
/*
 * option: rows that describe a configuration key: name, type, unit, range,
 * default, choices and help.  A module lists its rows in a table; conf/ reads,
 * checks and prints them and never knows a key's name.
 */
#ifndef UPLINKD_LIB_OPTION_H
#define UPLINKD_LIB_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net.h"

/* The field in the struct that each type fills. */
enum option_type {
	OPTION_BOOL = 1,	/* bool */
	OPTION_INT,		/* int64_t; 0x form is read too */
	OPTION_DURATION,	/* int64_t ns; written "500ms", "3m", "2h" */
	OPTION_STRING,		/* char *; one line, no control bytes */
	OPTION_PATH,		/* char *; absolute path */
	OPTION_NAME,		/* char *; [A-Za-z0-9_.-]+, at most 31 */
	OPTION_IFNAME,		/* char[NET_IFNAME_MAX] */
	OPTION_ADDR,		/* struct net_addr */
	OPTION_CHOICE,		/* int; one of choices */
	OPTION_MASK,		/* unsigned; list of choices, bits ORed */
	OPTION_ARGV,		/* char **, NULL-ended; [0] an absolute path */
	OPTION_STRINGS,		/* char **, NULL-ended; a list or one string */
	OPTION_ADDRS,		/* struct net_addr[NET_NFAM]; one address, or
				 * a list with at most one of each family; the
				 * word: NET_AUTO for families not given */
	OPTION_ADDRLIST,	/* char **, NULL-ended; a list of addresses */
	OPTION_CLIENTS,		/* struct option_clients; a list or one of
				 * "192.0.2.0/24", "192.0.2.0/24 tcp 443" */
	OPTION_HOST,		/* struct option_host; address or name */
	OPTION_HOSTPORT,	/* the same as HOST:PORT, [ADDRESS6]:PORT */
	OPTION_SHARE,		/* int64_t per mille; written "2%", "2.5%" */
	OPTION_LOSS,		/* struct option_loss; "20% of 60s", "never" */
	OPTION_FLOWS,		/* struct option_flows; "keep", "kill",
				 * "kill-after 30s", "kill-if-address-changed";
				 * min and max are of the time */
	OPTION_BUDGET,		/* struct option_budget; "3 per 24h" */
	OPTION_MAP,		/* char **, NULL-ended, each "key=value"; a map
				 * of names [a-z][a-z0-9_]* to one line each */
	OPTION_BYTES,		/* struct option_bytes; "AT\r", "\xA0" */
	OPTION_BYTELIST,	/* struct option_bytelist; one or a list */
	OPTION_DIALOGUE		/* struct option_dialogue; a list of maps */
};

#define OPTION_MAP_MAX		32	/* entries */
#define OPTION_MAP_KEY_MAX	32	/* with the NUL */

/* Where a target is: an address, a name to be resolved, or the row's word. */
struct option_host {
	struct net_addr	addr;		/* family 0: see name */
	char		*name;		/* NULL and no addr: the word */
	uint16_t	port;		/* OPTION_HOSTPORT */
};

/* A network, and what of its traffic is meant. */
struct option_client {
	struct net_addr	net;
	unsigned	len;		/* bits of it */
	uint8_t		ipproto;	/* 0 = any */
	uint16_t	port[2];	/* first and last it asks for; 0 = any */
	unsigned	line, col;	/* where it is written */
};

struct option_clients {
	size_t		n;
	struct option_client *list;	/* malloc'd; NULL = none */
};

struct option_loss {
	int64_t		share;		/* per mille; 0 = never */
	int64_t		window_ns;
};

enum option_flows_policy {
	OPTION_FLOWS_KEEP = 1,
	OPTION_FLOWS_KILL,
	OPTION_FLOWS_KILL_AFTER,
	OPTION_FLOWS_KILL_CHANGED	/* if the address has changed */
};

struct option_flows {
	enum option_flows_policy policy;
	int64_t		after_ns;	/* KILL_AFTER */
};

struct option_bytes {			/* NULL = none; may have a NUL inside */
	unsigned char	*bytes;
	size_t		len;
};

#define OPTION_BYTES_MAX	255	/* of one */
#define OPTION_LIST_MAX		64	/* of bytes, of steps */

struct option_bytelist {
	size_t		n;
	struct option_bytes *list;
};

struct option_step {			/* at least one of the first three */
	struct option_bytes send, expect;
	char		*send_file;	/* instead of send */
	int64_t		timeout_ns;	/* of the answer */
	int64_t		wait_ns;	/* before the next step */
};

struct option_dialogue {
	size_t		n;
	struct option_step *steps;
};

/* So many within any time of that length; min and max are of the time. */
struct option_budget {
	int64_t		n;		/* 1 to OPTION_BUDGET_MAX */
	int64_t		per_ns;
};

#define OPTION_BUDGET_MAX	100000

struct option_choice {
	const char	*name;		/* NULL ends the list */
	int		 value;		/* for OPTION_MASK a bit */
};

struct option {
	const char	*name;		/* NULL ends the table */
	enum option_type type;
	size_t		 off;
	int64_t		 min, max;	/* of numbers and durations (ns) */
	const char	*def;		/* as in YAML; NULL: see required */
	bool		 required;	/* else absent = zero, NULL */
	const struct option_choice *choices;
	/* ADDR, HOST: a word read as family 0; ADDRS: NET_AUTO; INT: -1. */
	const char	*word;
	const char	*help;		/* one sentence */
};

/* The keys of one kind of thing (a probe kind, an action kind, ...). */
struct option_set {
	const char	*name;		/* "ping", "run" */
	const struct option *rows;
	size_t		 size;		/* of the struct to fill */
	/*
	 * Scalar or list short form ("ping: 192.0.2.1", "run: [/bin/x]") fills
	 * this key; NULL: a map is demanded.
	 */
	const char	*primary;
	/* Keys beside this kind that say nothing to it, NULL-ended; NULL. */
	const char *const *without;
	/*
	 * Over two keys.  Returns NULL, or what is wrong (static or in buf).
	 */
	const char	*(*check)(const void *opts, char *buf, size_t len);
	unsigned	families;	/* bits 1 << enum net_fam; 0 = both */
	bool		gateway_only;	/* its target must be the gateway */
	/*
	 * Where the target is, for kinds that have no row of type HOST (a
	 * URL); name is malloc'd.  NULL: by the row, or nowhere (a command).
	 * 0, -EINVAL (check has said why), -ENOMEM.
	 */
	int	(*host)(const void *opts, struct option_host *out);
	/*
	 * How long one of these may take (ns), for kinds that have a time of
	 * their own, which is then no round-trip time; NULL: the uplink's.
	 */
	int64_t	(*timeout)(const void *opts);
};

#endif
