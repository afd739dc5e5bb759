/* SPDX-License-Identifier: ISC */
/*
 * child: start a program without a shell, as another user, in its own
 * session and process group, with exactly the descriptors given.  Only the
 * parent starts programs, and the parent has one thread: fork is safe there.
 */
#ifndef UPLINKD_LIB_CHILD_H
#define UPLINKD_LIB_CHILD_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

struct child_spec {
	char *const	*argv;		/* argv[0] is an absolute path */
	char *const	*envp;		/* the whole environment */
	const char	*user;		/* NULL = stay who we are */
	const int	*fds;		/* become 0, 1, 2, ... in the child */
	size_t		 nfds;
	bool		 group;		/* own session and process group */
	/*
	 * group, and nothing of it outlives it: *pid is its keeper (keep.h),
	 * which takes SIGTERM and SIGINT and ends as the program does.
	 */
	bool		 keep;
	bool		 alone;		/* keep: what it leaves makes it fail */
	size_t		 memory;	/* bytes of data at most; 0 = any */
	char		*why;		/* TRUST_TEXT_MAX; see child_start */
};

/*
 * Thread: the parent's only one.  The child gets default signal dispositions,
 * an empty mask, no descriptor but fds, working directory "/".  Returns 0 and
 * *pid once exec has succeeded; -errno of what failed (exec included: a
 * close-on-exec pipe reports it).  fds stay with the caller.
 *
 * With why not NULL the program is started only if nobody but root and the
 * account could have changed it (lib/trust.h), and is the very file that was
 * looked at; -EPERM or -EACCES otherwise, and why says which part of the path.
 */
int	child_start(const struct child_spec *, pid_t *pid);
/* Thread: same.  Signals the whole process group; -ESRCH if it is gone. */
int	child_signal(pid_t, int sig);
/* Thread: same.  Does not wait; 1 and *pid, *status for one ended child, 0. */
int	child_reap(pid_t *pid, int *status);
/* Thread: any.  "exit 2", "signal 9 (KILL)"; returns buf. */
const char	*child_status_text(int status, char *buf, size_t len);

#endif
