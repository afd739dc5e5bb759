/* SPDX-License-Identifier: ISC */
/*
 * sys_fake_watch: notices of the simulated kernel: who hears of what, and what
 * is lost when nobody reads.  Entered by the kernel's owner.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/must.h"
#include "lib/sys_fake_kernel.h"

static void
wake(struct sys *s)
{
	/* Full is as good as one byte. */
	if (write(s->pipe[1], "", 1) == -1)
		MUST(errno == EAGAIN);
}

static void
settle(struct sys *s)
{
	char bytes[64];

	while (read(s->pipe[0], bytes, sizeof(bytes)) > 0)
		;
}

static bool
wants(const struct sys *s, const struct sys *by, const struct sys_notice *n)
{
	switch (n->kind) {
	case SYS_NOTICE_LINK:
	case SYS_NOTICE_ADDR:
		return (s->watching & SYS_WATCH_LINKS) != 0;
	case SYS_NOTICE_ROUTE:
	case SYS_NOTICE_RULE:
		return (s->watching & SYS_WATCH_ROUTES) != 0 && s != by;
	}
	return false;
}

void
fake_tell(struct fake_kernel *k, const struct sys *by,
    const struct sys_notice *n)
{
	struct sys *s;

	for (s = k->handles; s != NULL; s = s->next) {
		if (!wants(s, by, n))
			continue;
		wake(s);
		if (s->nnotices >= s->max) {
			s->lost = true;
			continue;
		}
		s->notices = fake_grow(s->notices, s->nnotices, sizeof(*n));
		s->notices[s->nnotices++] = *n;
	}
}

int
sys_watch(struct sys *s, unsigned what, int *fd)
{
	int rc;

	MUST(s->magic == FAKE_MAGIC && s->watching == 0);
	if ((rc = fake_begin(s->kernel, FAKE_WATCH)) != 0)
		return rc;
	if (pipe(s->pipe) == -1)
		return -errno;
	MUST(fcntl(s->pipe[0], F_SETFL, O_NONBLOCK) == 0);
	MUST(fcntl(s->pipe[1], F_SETFL, O_NONBLOCK) == 0);
	MUST(fcntl(s->pipe[0], F_SETFD, FD_CLOEXEC) == 0);
	MUST(fcntl(s->pipe[1], F_SETFD, FD_CLOEXEC) == 0);
	s->watching = what;
	*fd = s->pipe[0];
	return 0;
}

int
sys_watch_next(struct sys *s, struct sys_notice *n)
{
	MUST(s->magic == FAKE_MAGIC && s->watching != 0);
	/* The kernel says so first, and then gives what it still has. */
	if (s->lost) {
		s->lost = false;
		return -ENOBUFS;
	}
	if (s->nnotices == 0) {
		settle(s);
		return 0;
	}
	*n = s->notices[0];
	s->nnotices--;
	memmove(&s->notices[0], &s->notices[1],
	    s->nnotices * sizeof(*s->notices));
	return 1;
}

void
fake_notices_max(struct sys *s, size_t max)
{
	s->max = max;
}

void
fake_overrun(struct sys *any)
{
	struct sys *s;

	for (s = any->kernel->handles; s != NULL; s = s->next) {
		if (s->watching == 0)
			continue;
		s->nnotices = 0;
		s->lost = true;
		wake(s);
	}
}
