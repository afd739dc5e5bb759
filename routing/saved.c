/* SPDX-License-Identifier: ISC */
/*
 * saved: one fixed struct in one file.  It is read by a process with power,
 * so every number in it is checked as if a stranger had written it.  The run
 * directory is emptied at boot, and no route outlives that either: nothing is
 * synced, and a file that is older than the machine's start is not used.
 */
#include "routing/saved.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"

#define MAGIC	0x75706c73u
#define VERSION	1u

struct file {
	uint32_t	magic, version, size, sum;
	int64_t		mono_ns;	/* when it was written */
	struct want_saved saved;
};

/* FNV-1a over what follows the sum itself. */
static uint32_t
sum_of(const struct file *f)
{
	const unsigned char *p = (const unsigned char *)f;
	size_t i = offsetof(struct file, mono_ns);
	uint32_t sum = 2166136261u;

	for (; i < sizeof(*f); i++)
		sum = (sum ^ p[i]) * 16777619u;
	return sum;
}

/* A byte that is to be read as bool: other values are not defined. */
static bool
is_bool(const bool *b)
{
	return *(const unsigned char *)b <= 1;
}

static bool
addr_ok(const struct net_addr *a, int family)
{
	return a->family == 0 || a->family == family;
}

static bool
route_ok(const struct net_route *r, int family)
{
	size_t i;

	if (r->family != family || r->nhops > NET_HOPS_MAX ||
	    r->extra_len > NET_EXTRA_MAX || !is_bool(&r->opaque) ||
	    !addr_ok(&r->prefsrc, family))
		return false;
	for (i = 0; i < r->nhops; i++)
		if (!addr_ok(&r->hops[i].via, family) ||
		    r->hops[i].index <= 0 || r->hops[i].weight < 1 ||
		    r->hops[i].weight > 256 || !is_bool(&r->hops[i].onlink) ||
		    !is_bool(&r->hops[i].dead))
			return false;
	return true;
}

static bool
saved_ok(const struct want_saved *s)
{
	size_t fam, i;
	int family;

	for (fam = 0; fam < NET_NFAM; fam++) {
		family = net_family((enum net_fam)fam);
		if (!is_bool(&s->present[fam]) || !is_bool(&s->known[fam]) ||
		    !is_bool(&s->stuck[fam]))
			return false;
		if (!s->present[fam])
			continue;
		if (!route_ok(&s->route[fam], family) ||
		    !route_ok(&s->written[fam], family) ||
		    s->route[fam].nhops == 0)
			return false;
		for (i = 0; i < NET_HOPS_MAX; i++)
			if (memchr(s->ifname[fam][i], '\0',
			    NET_IFNAME_MAX) == NULL)
				return false;
	}
	return true;
}

/* What was not changed is not taken from a file: the kernel knows better. */
static void
keep_present(struct want_saved *to, const struct want_saved *from)
{
	size_t fam;

	memset(to, 0, sizeof(*to));
	for (fam = 0; fam < NET_NFAM; fam++) {
		if (!from->present[fam])
			continue;
		to->present[fam] = to->known[fam] = true;
		to->route[fam] = from->route[fam];
		to->written[fam] = from->written[fam];
		memcpy(to->ifname[fam], from->ifname[fam],
		    sizeof(to->ifname[fam]));
	}
}

static int
read_file(const char *path, struct file *f)
{
	struct stat st;
	ssize_t n;
	int fd, rc = 0;

	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1)
		return -errno;
	if (fstat(fd, &st) == -1)
		rc = -errno;
	else if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		rc = -EPERM;
	else if (st.st_size != (off_t)sizeof(*f))
		rc = -EINVAL;
	if (rc == 0) {
		n = read(fd, f, sizeof(*f));
		if (n == -1)
			rc = -errno;
		else if (n != (ssize_t)sizeof(*f))
			rc = -EINVAL;
	}
	close(fd);
	return rc;
}

int
saved_load(const char *path, struct want_saved *saved)
{
	struct file f;
	int rc;

	memset(saved, 0, sizeof(*saved));
	rc = read_file(path, &f);
	if (rc != 0)
		return rc;
	if (f.magic != MAGIC || f.version != VERSION ||
	    f.size != sizeof(f) || f.sum != sum_of(&f) ||
	    f.mono_ns > clock_mono_ns() || !saved_ok(&f.saved))
		return -EINVAL;
	keep_present(saved, &f.saved);
	return 0;
}

static int
write_file(const char *tmp, const struct file *f)
{
	ssize_t n;
	int fd, rc = 0;

	/* What a crash left half written under this name is ours to remove. */
	if (unlink(tmp) == -1 && errno != ENOENT)
		return -errno;
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    S_IRUSR | S_IWUSR);
	if (fd == -1)
		return -errno;
	n = write(fd, f, sizeof(*f));
	if (n == -1)
		rc = -errno;
	else if (n != (ssize_t)sizeof(*f))
		rc = -ENOSPC;
	if (close(fd) == -1 && rc == 0)
		rc = -errno;
	return rc;
}

int
saved_store(const char *path, const struct want_saved *saved)
{
	char tmp[PATH_MAX];
	struct file f;
	int n, rc;

	if (!saved->present[NET_V4] && !saved->present[NET_V6])
		return unlink(path) == -1 && errno != ENOENT ? -errno : 0;
	n = snprintf(tmp, sizeof(tmp), "%s.tmp", path);
	if (n < 0 || (size_t)n >= sizeof(tmp))
		return -ENAMETOOLONG;
	memset(&f, 0, sizeof(f));
	f.magic = MAGIC;
	f.version = VERSION;
	f.size = sizeof(f);
	f.mono_ns = clock_mono_ns();
	keep_present(&f.saved, saved);
	f.sum = sum_of(&f);
	rc = write_file(tmp, &f);
	if (rc == 0 && rename(tmp, path) == -1)
		rc = -errno;
	if (rc != 0)
		(void)unlink(tmp);
	return rc;
}

bool
saved_eq(const struct want_saved *a, const struct want_saved *b)
{
	size_t fam;

	for (fam = 0; fam < NET_NFAM; fam++) {
		if (a->present[fam] != b->present[fam])
			return false;
		if (!a->present[fam])
			continue;
		if (!net_route_eq(&a->route[fam], &b->route[fam]) ||
		    !net_route_eq(&a->written[fam], &b->written[fam]) ||
		    memcmp(a->ifname[fam], b->ifname[fam],
		    sizeof(a->ifname[fam])) != 0)
			return false;
	}
	return true;
}
