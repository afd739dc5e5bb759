/* SPDX-License-Identifier: ISC */
/*
 * probes: main of the probes process.  Deals the uplinks out to workers and
 * waits for the parent to close its socket.
 */
#include "probes/probes.h"

#include <sys/resource.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "conf/conf.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/must.h"
#include "probes/worker.h"
#include "proto/power.h"

#define WORKERS_AUTO_MAX	4
#define FILES_MAX		65536

static size_t
count_workers(const struct conf *conf)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = (size_t)conf->workers;

	if (n == 0)
		n = cores < 1 ? 1 : cores > WORKERS_AUTO_MAX ?
		    WORKERS_AUTO_MAX : (size_t)cores;
	return n < conf->nuplinks ? n : conf->nuplinks;
}

static int
start(const struct probes_env *env, void *zctx, struct board *board,
    struct worker **workers, size_t n)
{
	uint32_t mine[CONF_UPLINKS_MAX];
	size_t i, u, nmine;
	int rc;

	for (i = 0; i < n; i++) {
		nmine = 0;
		for (u = i; u < env->conf->nuplinks; u += n)
			mine[nmine++] = (uint32_t)u;
		rc = worker_start(env->conf, i, mine, nmine, env->parent,
		    env->bus, zctx, board, &workers[i]);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* The parent has nothing to tell us but its end. */
static void
wait_for_end(int parent)
{
	struct pollfd pfd = { .fd = parent, .events = POLLIN };
	char bytes[POWER_BYTES_MAX];
	size_t nfds;
	int n = -EAGAIN;

	while (n > 0 || n == -EAGAIN || n == -EPROTO) {
		if (poll(&pfd, 1, -1) == -1) {
			MUST(errno == EINTR || errno == ENOMEM);
			continue;
		}
		nfds = 0;
		n = power_recv(parent, bytes, sizeof(bytes), NULL, &nfds);
	}
}

/*
 * Most probes have a descriptor of their own while they are under way, and on
 * a dead line they all are; 1024, as many systems set it, is soon too few.
 */
static void
raise_files(void)
{
	struct rlimit rl;
	rlim_t want;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		return;
	want = rl.rlim_max < FILES_MAX ? rl.rlim_max : FILES_MAX;
	if (rl.rlim_cur >= want)
		return;
	rl.rlim_cur = want;
	(void)setrlimit(RLIMIT_NOFILE, &rl);
}

int
probes_run(const struct probes_env *env)
{
	struct worker *workers[CONF_UPLINKS_MAX] = { NULL };
	size_t n = count_workers(env->conf), i;
	uint32_t ready = POWER_READY;
	char e[ERR_TEXT_MAX];
	sigset_t all;
	struct board *board = NULL;
	void *zctx;
	int rc;

	/* Before the first thread, so that none takes a signal. */
	sigfillset(&all);
	MUST(pthread_sigmask(SIG_BLOCK, &all, NULL) == 0);
	raise_files();
	zctx = zctx_new();
	rc = zctx == NULL ? -errno : 0;
	/* Workers ask the parent by it, and must not wait for its reading. */
	if (rc == 0 && fcntl(env->parent, F_SETFL, O_NONBLOCK) == -1)
		rc = -errno;
	if (rc == 0)
		rc = board_new(env->conf, &board);
	if (rc == 0)
		rc = start(env, zctx, board, workers, n);
	if (rc != 0)
		log_err("probes: start: %s", err_text(rc, e));
	else {
		(void)power_send(env->parent, &ready, sizeof(ready), NULL,
		    0);
		log_debug("probes: started (workers=%zu)", n);
		wait_for_end(env->parent);
	}
	for (i = 0; i < n; i++)
		worker_stop(&workers[i]);
	board_free(&board);
	zctx_free(&zctx);
	return rc == 0 ? 0 : 1;
}
