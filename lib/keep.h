/* SPDX-License-Identifier: ISC */
/*
 * keep: the keeper of one command that must leave nothing behind: a process
 * between the parent and the command, which becomes the parent of whatever
 * the command's processes leave when they end, and so finds those, too, that
 * have put themselves into a session of their own.  For child.c.
 */
#ifndef UPLINKD_LIB_KEEP_H
#define UPLINKD_LIB_KEEP_H

#include <sys/types.h>

#include <stdbool.h>

/*
 * Thread: the only one of a process just forked, all signals blocked.  Its
 * child leads a session and process group.  Ends with the child's own status
 * when the child and all that it has left have ended; with alone, if something
 * was left after an exit, with status 1 and a line about it on its standard
 * error.  SIGTERM, which its
 * parent's death sends, too: the group gets it, and what is left SIGKILL two
 * seconds later; SIGINT: SIGKILL at once.
 */
_Noreturn void	keep(pid_t child, bool alone);

#endif
