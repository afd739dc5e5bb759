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
#define WANT_SCOPE_LINK	253	/* RT_SCOPE_LINK */

/*
 * Of a default that we make where there was none: whatever the administrator
 * sets later outranks it.
 */
#define WANT_METRIC_MADE	65535

/* An uplink's next hop now: via (family 0: none needed) and onlink alone. */
struct want_gateway {
	bool		known;
	struct net_hop	hop;
};

struct want {
	const struct conf	*conf;
	const struct plan	*plan;	/* NULL: none yet */
	const struct kernel_view *view;
	struct want_saved	*saved;
	struct edits		*edits;
	/* Interface of each uplink, NULL if there is none now. */
	const struct net_link	*link[CONF_UPLINKS_MAX];
	struct want_gateway	 gateway[NET_NFAM][CONF_UPLINKS_MAX];
	/* Somebody else has defaults in tables of ours. */
	bool			crowded[NET_NFAM];
	/* Which rules and routes of the view are wanted; NULL: none is. */
	bool			*keep_rule[NET_NFAM], *keep_route[NET_NFAM];
	size_t			next_route;	/* where to look first */
};

/* want.c */
void	want_init(struct want *, const struct conf *, const struct plan *,
	    const struct kernel_view *, struct want_saved *, struct edits *);
/* Sorts of uplinks: who carries; the base set; all that have a gateway. */
typedef bool want_sort_fn(const struct want *, enum net_fam, size_t uplink);
want_sort_fn	want_carries, want_is_base, want_is_any;
bool	want_any(const struct want *, enum net_fam, want_sort_fn *);
void	want_add_hops(const struct want *, enum net_fam, want_sort_fn *,
	    struct net_route *);
uint32_t	want_table(const struct conf *, size_t uplink);
/*
 * A default of ours in a table, without hops, with this metric or the next
 * that nobody else has there.
 */
struct net_route	want_route(const struct want *, enum net_fam,
	    uint32_t table, uint32_t metric);
/* Somebody else's route has this place in the table. */
bool	want_metric_taken(const struct want *, enum net_fam, uint32_t table,
	    uint32_t metric);
/* Writes it unless it stands there; the one of its key stays.  0, -ENOMEM. */
int	want_set(struct want *, enum net_fam, const struct net_route *);
/* main has a default that serves all packets. */
bool	want_main_default(const struct want *, enum net_fam);

/* want_gateway.c: where the uplinks' next hops are; needs link and saved. */
void	want_gateways(struct want *);
/* Configured or `auto`; it may not be known now. */
bool	want_is_configured(const struct conf *, size_t uplink, enum net_fam);
/* Known now. */
want_sort_fn	want_has_gateway;
/*
 * The uplink whose hop it is: by gateway and interface, or by the interface
 * alone where the gateway is `auto`; nuplinks if none.
 */
size_t	want_uplink_of(const struct want *, enum net_fam,
	    const struct net_hop *);
/* An uplink's hop, its weight as configured; interface and gateway exist. */
struct net_hop	want_hop(const struct want *, enum net_fam, size_t uplink);
/* The kernel would take a route over this hop; over it alone. */
bool	want_usable(const struct want *, enum net_fam,
	    const struct net_hop *);
bool	want_usable_alone(const struct want *, enum net_fam,
	    const struct net_hop *);
/* An address of the interface covers it, or none needs to. */
bool	want_on_network(const struct want *, enum net_fam,
	    const struct net_hop *);
bool	want_same_hop(const struct net_hop *, const struct net_hop *);
/*
 * As the kernel shows it: alone, a hop has weight 1, and IPv4's scope says
 * whether it has a gateway.
 */
void	want_fit(struct net_route *);

/* want_rules.c: what is missing, and fills keep_rule. */
int	want_rules_add(struct want *, enum net_fam);
/* What bears our protocol and is not kept. */
int	want_rules_del(struct want *, enum net_fam);

/* want_clients.c: each rule is put, until one cannot be. */
typedef int want_rule_fn(void *arg, const struct net_rule *);
/* Those where the way of them ends have the next priority. */
int	want_clients_only(const struct want *, enum net_fam,
	    uint32_t priority, want_rule_fn *, void *arg);
/*
 * Without a plan those that stand there.  Those of whole networks have the
 * next priority.
 */
int	want_clients_prefer(const struct want *, enum net_fam,
	    uint32_t priority, want_rule_fn *, void *arg);
/* Somebody of the family must not go by any other line. */
bool	want_has_only(const struct conf *, enum net_fam);

/* want_main.c: withdraw, and its end. */
int	want_main(struct want *, enum net_fam);

/* want_ra.c */
/* The default that main uses of those by our lines is an advertised one. */
bool	want_is_advertised(const struct want *, enum net_fam);
/* `withdraw` beside it. */
int	want_outrank(struct want *, enum net_fam, bool engaged);

/* edit.c: copies; 0 or -ENOMEM. */
int	edits_route(struct edits *, enum edit_op, const struct net_route *);
int	edits_rule(struct edits *, enum edit_op, const struct net_rule *);

/* view.c: enters what the kernel has taken; 0 or -ENOMEM. */
int	view_enter(struct kernel_view *, const struct edit *);

#endif
