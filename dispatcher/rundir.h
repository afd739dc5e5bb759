/* SPDX-License-Identifier: ISC */
/*
 * rundir: the directory of sockets and the lock that makes an instance the
 * only one.  Entered by the parent's only thread.
 */
#ifndef UPLINKD_DISPATCHER_RUNDIR_H
#define UPLINKD_DISPATCHER_RUNDIR_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

struct rundir;

/*
 * Thread: parent.  Makes the directory (mode 0755, ours) if need be and takes
 * the lock in it.  -EWOULDBLOCK: another instance runs, *holder is its pid (0 =
 * not known).  -EPERM: the directory belongs to somebody else, or others may
 * write in it.
 */
int	rundir_open(const char *path, struct rundir **, pid_t *holder);
/*
 * Thread: parent.  Takes the lock of a network namespace (0: not known), which
 * lies in the directory `where`: two instances would remove each other's rules
 * without end.  -EWOULDBLOCK, as above.
 */
int	rundir_claim(struct rundir *, const char *where, uint64_t network,
	    pid_t *holder);
/* Thread: parent.  Removes our sockets, gives up the locks.  Clears *. */
void	rundir_close(struct rundir **);
/*
 * Thread: parent.  A listening AF_UNIX stream socket NAME in the directory,
 * with exactly this mode and owner; a stale one is replaced (we hold the
 * lock).  0 and *fd, or -errno.
 */
int	rundir_listen(struct rundir *, const char *name, uid_t, gid_t, mode_t,
	    int *fd);
/* Thread: parent.  "DIR/NAME"; -ENAMETOOLONG. */
int	rundir_path(const struct rundir *, const char *name, char *buf,
	    size_t len);

#endif
