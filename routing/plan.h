/* SPDX-License-Identifier: ISC */
/*
 * plan: the pure rule from configuration and the uplinks' standing to what
 * the kernel should hold.  Two steps: plan_make (who carries, run by the
 * dispatcher) and want_make (which routes and rules, run by the parent next
 * to the kernel).  No clock, socket, file or kernel in here.
 */
#ifndef UPLINKD_ROUTING_PLAN_H
#define UPLINKD_ROUTING_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "lib/net.h"

/* How an uplink stands for routing; 0 is invalid. */
enum plan_standing {
	PLAN_GOOD = 1,		/* up, degraded, or nothing known against it */
	PLAN_HELD,		/* returned, its hold runs: used if no better */
	PLAN_BAD		/* down */
};

/* Fixed size, goes over the socket to the parent as it is. */
struct plan {
	uint32_t	nuplinks;	/* must equal the configuration's */
	/*
	 * Who carries new connections.  All zero in a family means: nobody is
	 * better than what the administrator set, leave it (or restore it).
	 */
	uint8_t		carry[NET_NFAM][CONF_UPLINKS_MAX];
	/*
	 * Who could: as well as those that carry, whatever the tier.  Clients
	 * that prefer a line get it.
	 */
	uint8_t		usable[NET_NFAM][CONF_UPLINKS_MAX];
	/* carry differs from the base set: the method has to act. */
	uint8_t		engaged[NET_NFAM];
};

/*
 * Thread: any.  Per family, over uplinks with a gateway of it: the lowest
 * tier that has a GOOD one carries, with all its GOOD ones; if none is GOOD,
 * the lowest tier with a HELD one, with its HELD ones; else carry is all zero
 * and engaged is false.  The base set is every uplink of the lowest tier.
 */
void	plan_make(const struct conf *, const enum plan_standing *,
	    struct plan *);
/* Thread: any.  A plan from another process: 0, or -EINVAL. */
int	plan_check(const struct conf *, const struct plan *);
bool	plan_eq(const struct plan *, const struct plan *);
/*
 * Thread: any.  New connections go by this uplink: the plan says so, or it has
 * nobody better than what the administrator set, and this is one of those.
 */
bool	plan_uses(const struct conf *, const struct plan *, size_t uplink);
/* "ipv4 override via ext2, ipv6 as configured"; returns buf. */
const char	*plan_text(const struct conf *, const struct plan *, char *buf,
	    size_t len);

/* What the kernel holds, as read; owned by who filled it. */
struct kernel_view {
	size_t			 nlinks, naddrs, nroutes[NET_NFAM],
				 nrules[NET_NFAM];
	struct net_link		*links;
	struct net_ifaddr	*addrs;
	struct net_route	*routes[NET_NFAM];	/* defaults only */
	struct net_rule		*rules[NET_NFAM];
	/* A default was refused: count on no gateway that no address covers. */
	bool			 wary[NET_NFAM];
};

/*
 * The default of main as the administrator set it, per family, kept by
 * `withdraw` only.  present false: nothing is changed, and route (if known) is
 * what was last seen, should the kernel drop it without a word.
 */
struct want_saved {
	bool			present[NET_NFAM];
	bool			known[NET_NFAM];
	/* It would have to change, but cannot be written back as it is. */
	bool			stuck[NET_NFAM];
	struct net_route	route[NET_NFAM];
	/* What stands in its place; no hops: nothing does. */
	struct net_route	written[NET_NFAM];
	/* Interfaces of route's hops: one that is made anew has a new index. */
	char			ifname[NET_NFAM][NET_HOPS_MAX][NET_IFNAME_MAX];
};

enum edit_op {
	EDIT_ROUTE_SET = 1, EDIT_ROUTE_DEL, EDIT_RULE_ADD, EDIT_RULE_DEL
};

struct edit {
	enum edit_op	op;
	int		err;		/* filled by who writes it */
	struct net_route route;
	struct net_rule	rule;
};

struct edits {
	size_t		n, cap;
	struct edit	*edit;		/* malloc'd */
};

/*
 * Thread: any.  The messages that turn the kernel's view into what the plan
 * wants, in the order to be written: uplink tables, rules, override table,
 * main; removals last.  None if all is right.  Updates *saved.  Never yields
 * a removal of a default route of main that is not ours, or is the last.  plan NULL: none is known yet, so
 * override and main stay as found.  0 or -ENOMEM; caller: edits_free.
 */
int	want_make(const struct conf *, const struct plan *,
	    const struct kernel_view *, struct want_saved *, struct edits *);
/*
 * Thread: any.  What removes all that is ours and restores main, for a
 * deliberate stop with `uplinkd -x` (routes and rules otherwise stay).
 */
int	want_none(const struct conf *, const struct kernel_view *,
	    struct want_saved *, struct edits *);
void	edits_free(struct edits *);
/* An uplink's gateway and our address by it. */
struct want_now {
	struct net_addr	gateway, own;	/* family 0: none */
};

/*
 * Thread: any.  As want_make would find it in this view; false if there is no
 * gateway of that family, own may be there then.
 */
bool	want_now_of(const struct conf *, const struct kernel_view *,
	    struct want_saved *, size_t uplink, enum net_fam,
	    struct want_now *);
/* Thread: any.  Of the first family that has a gateway now. */
void	want_now(const struct conf *, const struct kernel_view *,
	    struct want_saved *, size_t uplink, struct want_now *);
/* "set default table 1002 via 10.0.2.1 dev ext2 weight 1"; returns buf. */
const char	*edit_text(const struct edit *, const struct kernel_view *,
	    char *buf, size_t len);
void	kernel_view_free(struct kernel_view *);
/* Thread: any.  NULL if there is none. */
const struct net_link	*view_link(const struct kernel_view *, int index);
const struct net_link	*view_link_named(const struct kernel_view *,
	    const char *name);

#endif
