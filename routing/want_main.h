/* SPDX-License-Identifier: ISC */
/*
 * want_main: what its two parts share: want_follow.c keeps up with the kernel,
 * want_main.c says what is to be written.  Private to them; pure.
 */
#ifndef UPLINKD_ROUTING_WANT_MAIN_H
#define UPLINKD_ROUTING_WANT_MAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "routing/want.h"

/* One family; R, W and F as in the head of want_main.c. */
struct main_job {
	struct want		*w;
	enum net_fam		 fam;
	struct net_route	*r;		/* R */
	struct net_route	*written;	/* W */
	const struct net_route	*found;		/* F; NULL = is not there */
	bool			 engaged;
};

/* The hop of this gateway and interface; NULL. */
const struct net_hop	*main_find_hop(const struct net_route *,
			    const struct net_hop *);
/* At the end, if there is room. */
void	main_add_hop(struct net_route *, const struct net_hop *);
/*
 * The default of main with this metric: the first one, which a replace hits.
 * One that a router advertises is of another sort to it.
 */
const struct net_route	*main_default_at(const struct main_job *,
			    uint32_t metric);
/*
 * Of the defaults of main that lead over an uplink the one that is used.
 * Those for one type of service only are somebody's special arrangement.
 */
const struct net_route	*main_best_of_ours(const struct main_job *);
/* The names of R's interfaces, for when their numbers change. */
void	main_remember_names(const struct main_job *);
/* There is no R any more. */
void	main_forget(const struct main_job *);
/* Brings R and W up to what the kernel holds; sets F. */
void	main_follow(struct main_job *);

#endif
