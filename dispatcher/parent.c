/* SPDX-License-Identifier: ISC */
/*
 * parent: the loop of the process with power.  It waits for its children's
 * requests, for the kernel's notices, for ended commands and for signals, and
 * never for anything else: every descriptor is non-blocking.  Opens the run
 * directory first, so that a second instance ends before it touches a route.
 */
#include "dispatcher/parent.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "dispatcher/power_plan.h"
#include "dispatcher/rundir.h"
#include "lib/child.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/must.h"
#include "lib/sys.h"
#include "routing/router.h"

#define LOCKS		"/run"	/* of network namespaces, for all instances */
#define REQUESTS_A_TURN	64	/* a talking child does not starve the rest */

/* The handler can know nothing but this descriptor. */
static volatile sig_atomic_t signal_fd = -1;

static void
on_signal(int sig)
{
	unsigned char byte = (unsigned char)sig;
	int saved = errno;

	if (signal_fd != -1 && write((int)signal_fd, &byte, 1) == -1) {
		/* Full: the loop is awake anyway, and reaps all it finds. */
	}
	errno = saved;
}

static int
signals_init(struct parent *p)
{
	static const int wanted[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP };
	struct sigaction sa = { .sa_handler = on_signal,
	    .sa_flags = SA_RESTART };
	size_t i;

	if (pipe2(p->sigpipe, O_NONBLOCK | O_CLOEXEC) == -1)
		return -errno;
	signal_fd = p->sigpipe[1];
	sigemptyset(&sa.sa_mask);
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (sigaction(wanted[i], &sa, NULL) == -1)
			return -errno;
	sa.sa_handler = SIG_IGN;
	return sigaction(SIGPIPE, &sa, NULL) == -1 ? -errno : 0;
}

static void
reap(struct parent *p)
{
	struct kid *k;
	struct cmd *c;
	pid_t pid;
	int status;

	while (child_reap(&pid, &status) == 1) {
		k = kid_find(p, pid);
		c = k == NULL ? cmd_find(p, pid) : NULL;
		if (k != NULL)
			kid_died(p, k, status);
		else if (c != NULL)
			cmd_ended(p, c, status);
		else
			(void)marks_tool_ended(p, pid, status);
	}
}

static void
take_signals(struct parent *p)
{
	unsigned char byte;

	while (read(p->sigpipe[0], &byte, 1) == 1)
		switch (byte) {
		case SIGTERM:
		case SIGINT:
			p->stopping = true;
			break;
		case SIGHUP:
			log_info("parent: the configuration is read at start "
			    "only: restart to change it");
			break;
		default:
			break;
		}
	reap(p);
}

static bool
may_start(enum role role, const struct power_spawn *req)
{
	return role == (req->what == POWER_CHECK ? ROLE_PROBES :
	    ROLE_DISPATCHER);
}

/*
 * One request; what it brought is closed unless somebody has taken it.  False:
 * there is none, or it has started a command: that takes a millisecond, and a
 * plan does not wait for many of them.
 */
static bool
take_request(struct parent *p, struct kid *k)
{
	union {
		uint32_t		kind;
		struct power_sock	sock;
		struct power_filter	filter;
		struct power_spawn	spawn;
		struct power_flows	flows;
		struct power_tty	tty;
		struct power_plan	plan;
		unsigned char		bytes[POWER_BYTES_MAX];
	} req;
	int fds[POWER_FDS_MAX], n;
	size_t nfds = POWER_FDS_MAX, i;
	bool on = true;

	n = power_recv(k->sock, &req, sizeof(req), fds, &nfds);
	if (n == 0 || (n < 0 && n != -EPROTO))
		return false;	/* its end is told by SIGCHLD */
	if (n < (int)sizeof(req.kind))
		req.kind = 0;
	if (req.kind == POWER_PLAN)
		net_plan(p, k, &req, (size_t)n);
	else if (req.kind == POWER_SOCKET && n == sizeof(req.sock) &&
	    k->role == ROLE_PROBES)
		net_socket(p, &req.sock, fds, nfds);
	else if (req.kind == POWER_FILTER && n == sizeof(req.filter) &&
	    k->role == ROLE_PROBES)
		net_filter(p, &req.filter, fds, nfds);
	else if (req.kind == POWER_TTY && n == sizeof(req.tty) &&
	    k->role == ROLE_DISPATCHER)
		tty_request(p, &req.tty, fds, nfds);
	else if (req.kind == POWER_SPAWN && n == sizeof(req.spawn) &&
	    may_start(k->role, &req.spawn)) {
		cmd_request(p, &req.spawn, fds, nfds);
		on = false;
	} else if (req.kind == POWER_SPAWN_FLOWS &&
	    n == sizeof(req.flows) && k->role == ROLE_DISPATCHER) {
		flows_request(p, &req.flows, fds, nfds);
		on = false;
	} else if (req.kind == POWER_READY)
		k->ready = true;
	else
		log_warning("parent: request refused (from=%s bytes=%d)",
		    role_name(k->role), n);
	for (i = 0; i < nfds; i++)
		if (fds[i] != -1)
			close(fds[i]);
	return on;
}

static void
take_requests(struct parent *p, struct kid *k)
{
	int i;

	for (i = 0; i < REQUESTS_A_TURN && k->sock != -1; i++)
		if (!take_request(p, k))
			return;
}

/* A closed status socket: whoever waited is gone or has cancelled. */
static void
take_cancels(struct parent *p, const struct pollfd *pfd, size_t n)
{
	struct cmd *c, *next;
	size_t i;

	for (c = p->cmds; c != NULL; c = next) {
		next = c->next;
		for (i = 0; i < n; i++)
			if (c->status != -1 && pfd[i].fd == c->status &&
			    (pfd[i].revents & (POLLHUP | POLLERR)) != 0) {
				cmd_cancel(c);
				break;
			}
	}
}

static size_t
fill_polls(struct parent *p, struct pollfd *pfd)
{
	struct cmd *c;
	size_t n = 0, i;

	pfd[n++] = (struct pollfd){ .fd = p->sigpipe[0], .events = POLLIN };
	pfd[n++] = (struct pollfd){ .fd = p->watch, .events = POLLIN };
	for (i = 0; i < ROLE_N; i++)
		pfd[n++] = (struct pollfd){ .fd = p->kids[i].sock,
		    .events = POLLIN };
	for (c = p->cmds; c != NULL; c = c->next)
		if (c->status != -1)
			pfd[n++] = (struct pollfd){ .fd = c->status };
	pfd[n++] = (struct pollfd){ .fd = marks_fd(p), .events = POLLIN };
	return n;
}

static void
turn(struct parent *p)
{
	struct pollfd pfd[3 + ROLE_N + PARENT_CMDS_MAX + PARENT_CHECKS_MAX];
	size_t n, i;
	int rc;

	n = fill_polls(p, pfd);
	rc = poll(pfd, (nfds_t)n, clock_poll_ms(timers_next(p->timers),
	    clock_mono_ns()));
	MUST(rc >= 0 || errno == EINTR || errno == ENOMEM);
	if (rc > 0) {
		/* Plans first: a route waits for nothing. */
		for (i = 0; i < ROLE_N; i++)
			if ((pfd[2 + i].revents & POLLIN) != 0)
				take_requests(p, &p->kids[i]);
		if (pfd[1].revents != 0)
			net_notices(p);
		if (pfd[n - 1].revents != 0)
			marks_notices(p);
		take_cancels(p, pfd + 2 + ROLE_N, n - 3 - ROLE_N);
		if (pfd[0].revents != 0)
			take_signals(p);
	}
	(void)timers_run(p->timers, clock_mono_ns());
}

/* The journal's directory belongs to the dispatcher's user. */
static int
state_dir(const struct conf *conf)
{
	const struct passwd *pw = conf->user != NULL && geteuid() == 0 ?
	    getpwnam(conf->user) : NULL;
	struct stat st;
	int fd, rc = 0;

	if (mkdir(conf->state_dir, 0700) == -1 && errno != EEXIST)
		return -errno;
	fd = open(conf->state_dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (fd == -1)
		return -errno;
	if (fstat(fd, &st) == -1)
		rc = -errno;
	else if ((st.st_mode & 022) != 0)
		rc = -EPERM;
	else if (pw != NULL && st.st_uid != pw->pw_uid &&
	    fchown(fd, pw->pw_uid, pw->pw_gid) == -1)
		rc = -errno;
	close(fd);
	return rc;
}

static int
open_dirs(struct parent *p)
{
	const struct conf *conf = p->conf;
	char e[ERR_TEXT_MAX];
	pid_t holder;
	int rc;

	rc = rundir_open(conf->run_dir, &p->rundir, &holder);
	if (rc == -EWOULDBLOCK) {
		log_err("parent: another uplinkd runs already (pid=%ld "
		    "run_dir=%s)", (long)holder, conf->run_dir);
		return rc;
	}
	if (rc != 0) {
		log_err("parent: run_dir %s: %s", conf->run_dir,
		    err_text(rc, e));
		return rc;
	}
	rc = rundir_claim(p->rundir, LOCKS, sys_network(), &holder);
	if (rc != 0) {
		log_err("parent: another uplinkd runs already in this network "
		    "namespace (pid=%ld): each would remove what the other "
		    "writes", (long)holder);
		return rc;
	}
	rc = state_dir(conf);
	if (rc != 0)
		log_err("parent: state_dir %s: %s", conf->state_dir,
		    err_text(rc, e));
	if (conf->user != NULL && geteuid() == 0 &&
	    getpwnam(conf->user) == NULL)
		log_info("parent: there is no user %s: the children keep "
		    "uid 0, without capabilities", conf->user);
	return rc;
}

static void
cleanup(struct parent *p)
{
	cmds_free(p);
	kids_stop(p);
	kids_free(p);
	marks_free(p);
	net_free(p);
	rundir_close(&p->rundir);
	timers_free(&p->timers);
}

int
parent_run(const struct parent_args *args)
{
	struct parent p = {
		.conf = args->conf, .conf_bytes = args->conf_bytes,
		.conf_len = args->conf_len, .self = args->self,
		.debug = args->debug, .verbose = args->verbose,
		.watch = -1, .sigpipe = { -1, -1 },
	};
	int rc;

	kids_init(&p);
	p.timers = timers_new();
	rc = p.timers == NULL ? -ENOMEM : open_dirs(&p);
	if (rc == 0)
		rc = signals_init(&p);
	if (rc == 0)
		rc = net_init(&p);
	if (rc == 0)
		rc = marks_init(&p);
	if (rc == 0)
		rc = kids_listen(&p);
	if (rc == 0) {
		net_start(&p);
		rc = kids_start(&p);
	}
	if (rc == 0)
		log_info("parent: started (uplinks=%zu)", p.conf->nuplinks);
	while (rc == 0 && !p.stopping)
		turn(&p);
	if (p.timers != NULL)
		cleanup(&p);
	if (rc == 0)
		log_info("parent: stopped; routes stay as they are");
	return rc == 0 ? 0 : 1;
}

int
parent_remove(const struct conf *conf)
{
	struct parent p = { .conf = conf, .watch = -1,
	    .sigpipe = { -1, -1 } };
	struct router_result res = { .err = -ENOMEM };
	char e[ERR_TEXT_MAX];
	int rc;

	p.timers = timers_new();
	rc = p.timers == NULL ? -ENOMEM : open_dirs(&p);
	if (rc == 0)
		rc = net_init(&p);
	if (rc == 0) {
		router_remove(p.router, &res);
		rc = res.err;
		if (rc == 0)
			log_info("route kernel: all that was ours is removed "
			    "(writes=%u)", res.writes);
		else
			log_err("route kernel: removal: %s (%s)",
			    err_text(rc, e), res.text);
		if (marks_remove(&p) != 0)
			rc = -EIO;
	}
	net_free(&p);
	rundir_close(&p.rundir);
	timers_free(&p.timers);
	return rc == 0 ? 0 : 1;
}
