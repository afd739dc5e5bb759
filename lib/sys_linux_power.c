/* SPDX-License-Identifier: ISC */
/*
 * sys_linux_power: what a process gives up, and what it hangs on.  Entered by
 * the main thread before there are others.  See capabilities(7),
 * user_namespaces(7).
 */
#include "lib/sys.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CAPS_MAX	64	/* the kernel answers EINVAL beyond its last */

void
sys_thread_name(const char *name)
{
	char cut[16];

	snprintf(cut, sizeof(cut), "%s", name);
	(void)pthread_setname_np(pthread_self(), cut);
}

/*
 * A user namespace may know no more than its root: then there is nobody else
 * to become.  Without /proc the answer is yes, and becoming must succeed.
 */
static bool
is_mapped(const char *path, uintmax_t id)
{
	uintmax_t first, count;
	bool found = false;
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return true;
	while (!found && fscanf(f, "%ju %*u %ju", &first, &count) == 2)
		found = id >= first && id - first < count;
	fclose(f);
	return found;
}

/* Such a namespace, made by an ordinary user, may not drop groups either. */
static bool
may_set_groups(void)
{
	char word[8] = "";
	FILE *f = fopen("/proc/self/setgroups", "re");

	if (f == NULL)
		return true;
	if (fgets(word, sizeof(word), f) == NULL)
		word[0] = '\0';
	fclose(f);
	return strncmp(word, "deny", 4) != 0;
}

static int
become(const char *user)
{
	const struct passwd *pw;

	if (user == NULL || geteuid() != 0)
		return 0;
	errno = 0;
	pw = getpwnam(user);
	/* Some databases say "not found" by an errno; getpwnam(3). */
	if (pw == NULL)
		return errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == EIO ? -errno : 0;
	if (!is_mapped("/proc/self/uid_map", pw->pw_uid) ||
	    !is_mapped("/proc/self/gid_map", pw->pw_gid))
		return 0;
	if (may_set_groups() && setgroups(1, &pw->pw_gid) == -1)
		return -errno;
	if (setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) == -1 ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) == -1)
		return -errno;
	return 0;
}

/* Without CAP_SETPCAP the set stays; no_new_privs makes it useless then. */
static int
drop_bounding(void)
{
	int cap;

	for (cap = 0; cap < CAPS_MAX; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == -1) {
			if (errno == EPERM || errno == EINVAL)
				break;
			return -errno;
		}
	return 0;
}

/* All but those.  There is no libc call for capset(2). */
static int
drop_caps(uint32_t but)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct set[_LINUX_CAPABILITY_U32S_3];

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1 &&
	    errno != EINVAL)
		return -errno;
	memset(set, 0, sizeof(set));
	set[0].permitted = set[0].effective = but;
	return syscall(SYS_capset, &head, set) == -1 ? -errno : 0;
}

/* SIGKILL at the parent's end, unless that was before we asked for it. */
static int
hang_on(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1)
		return -errno;
	return getppid() == parent ? 0 : -ESRCH;
}

/*
 * In this order: taking from the bounding set needs CAP_SETPCAP and becoming
 * needs CAP_SETUID, which the third step takes from a root that stays root.
 */
static int
lower(const char *user, uint32_t but)
{
	pid_t parent = getppid();
	int sig = 0, rc;

	if (prctl(PR_GET_PDEATHSIG, &sig, 0, 0, 0) == -1)
		return -errno;
	/* Or a change of user would take them all. */
	if (but != 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1)
		return -errno;
	if ((rc = drop_bounding()) != 0 || (rc = become(user)) != 0 ||
	    (rc = drop_caps(but)) != 0)
		return rc;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -errno;
	/* A change of user clears it. */
	return sig != 0 ? hang_on(parent) : 0;
}

int
sys_drop_power(const char *user)
{
	return lower(user, 0);
}

int
sys_keep_net(const char *user)
{
	return lower(user, UINT32_C(1) << CAP_NET_ADMIN);
}

/*
 * A parent that was gone already when we came here cannot be told from one
 * that is process 1 of a container; the end of its socket tells that.
 */
int
sys_die_with_parent(void)
{
	return hang_on(getppid());
}
