/* SPDX-License-Identifier: ISC */
/*
 * saved: the file in the run directory that remembers, across a crash of the
 * parent, how the administrator's default was before `withdraw` changed it.
 * Private to routing/.
 */
#ifndef UPLINKD_ROUTING_SAVED_H
#define UPLINKD_ROUTING_SAVED_H

#include <stdbool.h>

#include "routing/plan.h"

/*
 * Thread: owner.  *saved is all zero unless the file was good.  0; -ENOENT;
 * -EINVAL: it is not what we write; -EPERM: not our regular file; -errno.
 */
int	saved_load(const char *path, struct want_saved *);
/*
 * Thread: owner.  Writes under a temporary name, mode 0600, and renames; with
 * nothing to remember the file is removed.  0 or -errno.
 */
int	saved_store(const char *path, const struct want_saved *);
/* Thread: any.  Storing the one after the other would change nothing. */
bool	saved_eq(const struct want_saved *, const struct want_saved *);

#endif
