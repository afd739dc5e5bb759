/* SPDX-License-Identifier: ISC */
/*
 * trust: walks a path part by part on descriptors, so that what was looked at
 * is what is opened.  A link is judged itself, and then where it leads.
 */
#include "lib/trust.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"

#define LINKS_MAX	16

struct walk {
	uid_t	account;
	uid_t	top;			/* the owner of / */
	int	dir;			/* where we are */
	char	todo[PATH_MAX];		/* what is left of the path */
	char	name[NAME_MAX + 1];	/* its first part */
	int	links;
	bool	library;		/* need not be executable */
	char	*why;
};

static int
refuse(const struct walk *w, const char *what, int rc)
{
	snprintf(w->why, TRUST_TEXT_MAX, "%.150s %s",
	    w->name[0] != '\0' ? w->name : "/", what);
	return rc;
}

static int
failed(const struct walk *w, int err)
{
	char e[ERR_TEXT_MAX];

	return refuse(w, err_text(-err, e), -err);
}

static int
not_that(const struct walk *w)
{
	return refuse(w, w->library ? "is not a file" : "is not a program",
	    -EACCES);
}

/*
 * In a directory like /tmp others can make names, but not change or remove
 * one that is not theirs; and what stands behind each name is judged as well.
 * Who owns / can change everything: in a user namespace that is not uid 0.
 */
static int
judge(const struct walk *w, const struct stat *st)
{
	bool sticky = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0;

	if (st->st_uid != 0 && st->st_uid != w->top &&
	    st->st_uid != w->account)
		return refuse(w, "belongs to another account", -EPERM);
	if (!S_ISLNK(st->st_mode) && !sticky &&
	    (st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return refuse(w, "can be written by others", -EPERM);
	return 0;
}

/* The next part of the path; false at its end. */
static bool
next_part(struct walk *w)
{
	size_t skip = strspn(w->todo, "/"), len;

	len = strcspn(w->todo + skip, "/");
	if (len == 0 || len > NAME_MAX)
		return false;
	memcpy(w->name, w->todo + skip, len);
	w->name[len] = '\0';
	memmove(w->todo, w->todo + skip + len,
	    strlen(w->todo + skip + len) + 1);
	return true;
}

static int
enter(struct walk *w, int fd)
{
	struct stat st;
	int rc;

	if (fd == -1)
		return failed(w, errno);
	if (w->dir != -1)
		close(w->dir);
	w->dir = fd;
	if (fstat(fd, &st) == -1)
		return failed(w, errno);
	rc = judge(w, &st);
	if (rc == 0 && !S_ISDIR(st.st_mode) &&
	    (!S_ISREG(st.st_mode) ||
	    (!w->library && (st.st_mode & 0111) == 0)))
		rc = not_that(w);
	return rc;
}

static int
to_root(struct walk *w)
{
	struct stat st;

	w->name[0] = '\0';
	if (stat("/", &st) == -1)
		return failed(w, errno);
	w->top = st.st_uid;
	return enter(w, open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/* What the link says stands in its place. */
static int
follow(struct walk *w, const struct stat *st)
{
	char to[PATH_MAX];
	ssize_t n;
	int rc = judge(w, st);

	if (rc != 0)
		return rc;
	if (w->links++ == LINKS_MAX)
		return failed(w, ELOOP);
	n = readlinkat(w->dir, w->name, to, sizeof(to));
	if (n == -1)
		return failed(w, errno);
	if ((size_t)n + strlen(w->todo) >= sizeof(w->todo))
		return failed(w, ENAMETOOLONG);
	memmove(w->todo + n, w->todo, strlen(w->todo) + 1);
	memcpy(w->todo, to, (size_t)n);
	return to[0] == '/' ? to_root(w) : 0;
}

static int
step(struct walk *w)
{
	struct stat st;

	if (fstatat(w->dir, w->name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return failed(w, errno);
	if (S_ISLNK(st.st_mode))
		return follow(w, &st);
	/* No waiting for the other end of a pipe that somebody put there. */
	return enter(w, openat(w->dir, w->name, O_RDONLY | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC));
}

static int
open_trusted(const char *path, uid_t account, bool library, int *fd,
    char why[TRUST_TEXT_MAX])
{
	struct walk w = { .account = account, .dir = -1, .why = why,
	    .library = library };
	struct stat st;
	int rc;

	*fd = -1;
	why[0] = '\0';
	if (path[0] != '/' || snprintf(w.todo, sizeof(w.todo), "%s", path) >=
	    (int)sizeof(w.todo))
		return refuse(&w, "is not an absolute path", -EINVAL);
	rc = to_root(&w);
	while (rc == 0 && next_part(&w))
		rc = step(&w);
	if (rc == 0 && (fstat(w.dir, &st) == -1 || !S_ISREG(st.st_mode)))
		rc = not_that(&w);
	if (rc == 0)
		*fd = w.dir;
	else if (w.dir != -1)
		close(w.dir);
	return rc;
}

int
trust_open(const char *path, uid_t account, int *fd, char why[TRUST_TEXT_MAX])
{
	return open_trusted(path, account, false, fd, why);
}

int
trust_open_library(const char *path, uid_t account, int *fd,
    char why[TRUST_TEXT_MAX])
{
	return open_trusted(path, account, true, fd, why);
}
