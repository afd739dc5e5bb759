/* SPDX-License-Identifier: ISC */
/*
 * parent_tty: opens the terminals that actions talk to.  Which one is said by
 * this process's own copy of the configuration; below /dev nobody but root can
 * put another file in its place.  Entered by the parent's only thread.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "actions/action.h"
#include "actions/serial.h"
#include "conf/conf.h"
#include "dispatcher/parent.h"
#include "lib/log.h"

static const char *
find_device(const struct conf *conf, const struct power_tty *req)
{
	const struct job j = { .conf = conf,
	    .what = (enum power_what)req->what, .index = req->index,
	    .uplink = req->uplink };
	const struct option_set *kind;

	if (req->uplink >= conf->nuplinks)
		return NULL;
	if (req->what == POWER_ACTION ? req->index >= conf->nactions :
	    req->what != POWER_RECOVERY || req->index >=
	    conf->uplinks[req->uplink].recovery.nsteps)
		return NULL;
	kind = job_kind(&j);
	return kind == NULL || strcmp(kind->name, "serial") != 0 ? NULL :
	    ((const struct serial_opts *)job_opts(&j))->device;
}

/* Neither waits for a carrier, nor becomes our controlling terminal. */
static int
open_device(const char *path, int *out)
{
	struct stat st;
	int fd, rc = 0;

	fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return -errno;
	if (fstat(fd, &st) == -1)
		rc = -errno;
	else if (!S_ISCHR(st.st_mode) || isatty(fd) != 1)
		rc = -ENOTTY;
	if (rc == 0)
		*out = fd;
	else
		close(fd);
	return rc;
}

void
tty_request(struct parent *p, const struct power_tty *req, int *fds,
    size_t nfds)
{
	struct power_sock_done msg = { .err = -EINVAL };
	const char *path;
	int fd = -1;

	if (nfds != 1)
		return;
	path = find_device(p->conf, req);
	if (path == NULL)
		log_warning("parent: terminal refused: not configured "
		    "(what=%u index=%u)", req->what, req->index);
	else
		msg.err = open_device(path, &fd);
	if (power_send(fds[0], &msg, sizeof(msg), &fd, fd == -1 ? 0 : 1) != 0)
		log_debug("parent: terminal: nobody waits for it");
	if (fd != -1)
		close(fd);
}
