/* SPDX-License-Identifier: ISC */
/*
 * trust: whether a program may be started with the power of an account.  It
 * may if nobody else can change what would be run: the file and each directory
 * and symbolic link on the way to it belong to root or to that account, and
 * nobody else can write there.
 */
#ifndef UPLINKD_LIB_TRUST_H
#define UPLINKD_LIB_TRUST_H

#include <sys/types.h>

#include <stddef.h>

#define TRUST_TEXT_MAX	256

/*
 * Thread: any.  path is absolute.  0 and *fd, read-only and close-on-exec, of
 * the very file that was looked at (caller closes).  -EPERM: somebody else
 * could change it; -EACCES: not a file that can be run; -ELOOP; other -errno
 * as open(2) has them.  why: which part of the path it is, in words.
 */
int	trust_open(const char *path, uid_t account, int *fd,
	    char why[TRUST_TEXT_MAX]);

/* Thread: any.  The same of a file that is loaded, not run. */
int	trust_open_library(const char *path, uid_t account, int *fd,
	    char why[TRUST_TEXT_MAX]);

#endif
