/* SPDX-License-Identifier: ISC */
/*
 * want: what the parts of want_make share.  Private to routing/want*.c and
 * routing/edit.c; pure like all of it.
 */
#ifndef UPLINKD_ROUTING_WANT_H
#define UPLINKD_ROUTING_WANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "routing/plan.h"

/* Numbers of rtnetlink(7), as lib/net.h keeps them. */
#define WANT_MAIN	254u	/* RT_TABLE_MAIN */
#define WANT_UNICAST	1	/* RTN_UNICAST */
#define WANT_PROTO_RA	9	/* RTPROT_RA */

struct want {
	const struct conf	*conf;
	const struct plan	*plan;	/* NULL: none yet */
	const struct kernel_view *view;
	struct want_saved	*saved;
	struct edits		*edits;
	/* Interface of each uplink, NULL if there is none now. */
	const struct net_link	*link[CONF_UPLINKS_MAX];
	/* Somebody else has defaults in tables of ours. */
	bool			crowded[NET_NFAM];
	/* Which rules and routes of the view are wanted; NULL: none is. */
	bool			*keep_rule[NET_NFAM], *keep_route[NET_NFAM];
	size_t			next_route;	/* where to look first */
};

/* want.c */
bool	want_has_gateway(const struct conf *, size_t uplink, enum net_fam);
/* Sorts of uplinks: who carries; the base set; all that have a gateway. */
typedef bool want_sort_fn(const struct want *, enum net_fam, size_t uplink);
want_sort_fn	want_carries, want_is_base, want_is_any;
void	want_add_hops(const struct want *, enum net_fam, want_sort_fn *,
	    struct net_route *);
uint32_t	want_table(const struct conf *, size_t uplink);
/* The uplink whose gateway and interface the hop has; nuplinks if none. */
size_t	want_uplink_of(const struct want *, enum net_fam,
	    const struct net_hop *);
/* An uplink's hop with its configured weight; its interface exists. */
struct net_hop	want_hop(const struct want *, enum net_fam, size_t uplink);
/* The kernel would take a route over this hop. */
bool	want_usable(const struct want *, enum net_fam,
	    const struct net_hop *);
bool	want_same_hop(const struct net_hop *, const struct net_hop *);
/*
 * A default of ours in a table, without hops, with this metric or the next
 * that nobody else has there.
 */
struct net_route	want_route(const struct want *, enum net_fam,
	    uint32_t table, uint32_t metric);
/* main has a default that serves all packets. */
bool	want_main_default(const struct want *, enum net_fam);

/* want_rules.c: what is missing, and fills keep_rule. */
int	want_rules_add(struct want *, enum net_fam);
/* What bears our protocol and is not kept. */
int	want_rules_del(struct want *, enum net_fam);

/* want_main.c: withdraw, and its end. */
int	want_main(struct want *, enum net_fam);

/* edit.c: copies; 0 or -ENOMEM. */
int	edits_route(struct edits *, enum edit_op, const struct net_route *);
int	edits_rule(struct edits *, enum edit_op, const struct net_rule *);

/* view.c: enters what the kernel has taken; 0 or -ENOMEM. */
int	view_enter(struct kernel_view *, const struct edit *);
const struct net_link	*view_link(const struct kernel_view *, int index);
const struct net_link	*view_link_named(const struct kernel_view *,
	    const char *name);

#endif
