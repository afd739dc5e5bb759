/* SPDX-License-Identifier: ISC */
/*
 * router: keeps the kernel equal to a plan through a struct sys.  Reads what
 * is there, compares, writes the difference, reads again where a write was
 * refused.  Runs in the parent's only thread (and in the simulator).
 */
#ifndef UPLINKD_ROUTING_ROUTER_H
#define UPLINKD_ROUTING_ROUTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "routing/plan.h"

struct router;
struct sys;

struct router_result {
	int		err;		/* 0, or the first -errno of a write */
	unsigned	writes;		/* messages accepted by the kernel */
	unsigned	refused;
	int64_t		done_ns;	/* after the last write; 0 = none was due */
	char		text[200];	/* the first edit, or the error */
};

/*
 * Thread: owner.  conf, sys stay with the caller and outlive it.  saved_path:
 * file in the run directory that remembers want_saved across a crash (written
 * to a temporary name and renamed; NULL = do not keep).
 */
int	router_new(const struct conf *, struct sys *, const char *saved_path,
	    struct router **);
void	router_free(struct router **);
/*
 * Thread: owner.  Takes a checked plan and applies it.  The quick way: the
 * view of the last comparison is used, without a dump, if no notice has come
 * since (router_dirty); what was written is entered into the view.
 */
void	router_apply(struct router *, const struct plan *,
	    struct router_result *);
/* Thread: owner.  Dumps, compares, writes; err 0 and writes 0 = all right. */
void	router_resync(struct router *, struct router_result *);
/* Thread: owner.  A notice came: the next apply or resync dumps first. */
void	router_dirty(struct router *);
/*
 * Thread: owner.  Before the first plan: keeps only what needs no plan (uplink
 * tables and rules), leaves override and main as found.
 */
bool	router_has_plan(const struct router *);
/* Thread: owner.  By what was read last; nothing if that has never been. */
void	router_now(struct router *, size_t uplink, struct want_now *);
/* Thread: owner.  Dumps the kernel into *view; caller: kernel_view_free. */
int	router_view(struct sys *, struct kernel_view *);
/* Thread: owner.  Removes all that is ours (want_none). */
void	router_remove(struct router *, struct router_result *);

#endif
