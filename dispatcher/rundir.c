/* SPDX-License-Identifier: ISC */
/*
 * rundir: owns the directory's descriptor, the locked pid file and the names
 * of the sockets made.  libzmq would unlink and take over any path on bind,
 * and leave the mode to the umask; so the sockets are bound here, under the
 * lock, and handed over as descriptors.
 */
#include "dispatcher/rundir.h"

#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/must.h"

#define RUNDIR_SOCKS	8
#define LOCK_NAME	"uplinkd.pid"
#define BACKLOG		64

struct rundir {
	char	path[96];	/* leaves room for a name in sun_path */
	int	dir, lock, network;
	size_t	nsocks;
	char	socks[RUNDIR_SOCKS][32];
};

static int
open_dir(const char *path, int *dir)
{
	struct stat st;
	bool made;
	int fd;

	made = mkdir(path, 0755) == 0;
	if (!made && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -errno;
	/* Whatever the umask was: children of another user pass through. */
	if (made && fchmod(fd, 0755) == -1) {
		close(fd);
		return -errno;
	}
	if (fstat(fd, &st) == -1 || st.st_uid != geteuid() ||
	    (st.st_mode & 022) != 0) {
		close(fd);
		return -EPERM;
	}
	*dir = fd;
	return 0;
}

static pid_t
read_pid(int fd)
{
	char buf[32];
	ssize_t n;

	n = pread(fd, buf, sizeof(buf) - 1, 0);
	if (n <= 0)
		return 0;
	buf[n] = '\0';
	return (pid_t)strtol(buf, NULL, 10);
}

/*
 * The lock is on the open file, not on its content: after a crash nothing is
 * stale, and a recycled pid means nothing.
 */
static int
take_lock(int dir, const char *name, mode_t mode, int *fd, pid_t *holder)
{
	char buf[32];
	int n;

	*fd = openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
	    mode);
	if (*fd == -1)
		return -errno;
	if (flock(*fd, LOCK_EX | LOCK_NB) == -1) {
		*holder = read_pid(*fd);
		return -EWOULDBLOCK;
	}
	n = snprintf(buf, sizeof(buf), "%ld\n", (long)getpid());
	if (ftruncate(*fd, 0) == -1 || pwrite(*fd, buf, (size_t)n, 0) != n)
		return errno != 0 ? -errno : -EIO;
	return 0;
}

int
rundir_open(const char *path, struct rundir **out, pid_t *holder)
{
	struct rundir *r;
	int rc;

	*holder = 0;
	if (strlen(path) >= sizeof(r->path))
		return -ENAMETOOLONG;
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return -ENOMEM;
	r->dir = r->lock = r->network = -1;
	snprintf(r->path, sizeof(r->path), "%s", path);
	rc = open_dir(path, &r->dir);
	if (rc == 0)
		rc = take_lock(r->dir, LOCK_NAME, 0644, &r->lock, holder);
	if (rc != 0)
		rundir_close(&r);
	*out = r;
	return rc;
}

/*
 * Not in our own directory, which the other one does not know.  Where nobody
 * may write there it is no reason not to start.  Who can read a file can lock
 * it, so nobody else can.
 */
int
rundir_claim(struct rundir *r, const char *where, uint64_t network,
    pid_t *holder)
{
	char name[48];
	int dir, rc;

	*holder = 0;
	MUST(r->network == -1);
	dir = network == 0 ? -1 : open(where, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);
	if (dir == -1)
		return 0;
	snprintf(name, sizeof(name), "uplinkd-net-%" PRIu64 ".pid", network);
	rc = take_lock(dir, name, 0600, &r->network, holder);
	close(dir);
	return rc == -EWOULDBLOCK ? rc : 0;
}

void
rundir_close(struct rundir **rp)
{
	struct rundir *r = *rp;
	size_t i;

	if (r == NULL)
		return;
	*rp = NULL;
	for (i = 0; i < r->nsocks; i++)
		unlinkat(r->dir, r->socks[i], 0);
	/* The pid file stays: removing it would race with the next owner. */
	if (r->network != -1)
		close(r->network);
	if (r->lock != -1)
		close(r->lock);
	if (r->dir != -1)
		close(r->dir);
	free(r);
}

int
rundir_path(const struct rundir *r, const char *name, char *buf, size_t len)
{
	int n = snprintf(buf, len, "%s/%s", r->path, name);

	return n < 0 || (size_t)n >= len ? -ENAMETOOLONG : 0;
}

/*
 * bind(2) under a closed umask makes the socket 0600 from its first moment;
 * owner and mode are widened only afterwards.
 */
static int
bind_closed(int fd, const struct sockaddr_un *sun)
{
	mode_t old = umask(0177);
	int rc;

	rc = bind(fd, (const struct sockaddr *)sun, sizeof(*sun)) == -1 ?
	    -errno : 0;
	umask(old);
	return rc;
}

int
rundir_listen(struct rundir *r, const char *name, uid_t uid, gid_t gid,
    mode_t mode, int *out)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, rc;

	MUST(r->nsocks < RUNDIR_SOCKS);
	MUST(strlen(name) < sizeof(r->socks[0]));
	rc = rundir_path(r, name, sun.sun_path, sizeof(sun.sun_path));
	if (rc != 0)
		return rc;
	if (unlinkat(r->dir, name, 0) == -1 && errno != ENOENT)
		return -errno;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -errno;
	rc = bind_closed(fd, &sun);
	if (rc != 0)
		goto fail;
	snprintf(r->socks[r->nsocks++], sizeof(r->socks[0]), "%s", name);
	if (fchownat(r->dir, name, uid, gid, AT_SYMLINK_NOFOLLOW) == -1 ||
	    fchmodat(r->dir, name, mode, 0) == -1 ||
	    listen(fd, BACKLOG) == -1) {
		rc = -errno;
		goto fail;
	}
	*out = fd;
	return 0;
fail:
	close(fd);
	return rc;
}
