/* SPDX-License-Identifier: ISC */
/*
 * parent_kid: starts the three children, notices their end and starts them
 * again.  Their listening sockets stay open here, so that peers of a dead
 * child wait in the backlog instead of being refused.  Owns pids, power
 * sockets and listening sockets.  Entered by the parent's only thread.
 */
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "dispatcher/parent.h"
#include "dispatcher/rundir.h"
#include "lib/child.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/must.h"

#define WAIT_MAX	(5 * NS_PER_S)
#define WAIT_STEP	(100 * NS_PER_MS)
#define STABLE		(10 * NS_PER_S)	/* lived so long: start at once */
#define STOP_TIME	(3 * NS_PER_S)

struct listener {
	enum role	role;
	const char	*name;
};

/*
 * The bus is for our own children; subscribers and commands may reach the
 * other two only as root until groups are configured for them.
 */
static const struct listener listeners[] = {
	{ ROLE_DISPATCHER, ROLE_SOCK_BUS },
	{ ROLE_FEED, ROLE_SOCK_EVENTS },
	{ ROLE_FEED, ROLE_SOCK_REQUEST },
};

/* Dispatcher first: its peers find it at once. */
static const enum role order[] = { ROLE_DISPATCHER, ROLE_FEED, ROLE_PROBES };

static void
owner_of(const struct conf *conf, uid_t *uid, gid_t *gid)
{
	const struct passwd *pw;

	*uid = geteuid();
	*gid = getegid();
	if (*uid != 0 || conf->user == NULL)
		return;
	pw = getpwnam(conf->user);
	if (pw == NULL)
		return;
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
}

int
kids_listen(struct parent *p)
{
	const struct listener *l;
	struct kid *k;
	char e[ERR_TEXT_MAX];
	uid_t uid;
	gid_t gid;
	size_t i;
	int rc, fd;

	owner_of(p->conf, &uid, &gid);
	for (i = 0; i < sizeof(listeners) / sizeof(listeners[0]); i++) {
		l = &listeners[i];
		k = &p->kids[l->role];
		rc = l->role == ROLE_DISPATCHER ?
		    rundir_listen(p->rundir, l->name, uid, gid, 0600, &fd) :
		    rundir_listen(p->rundir, l->name, geteuid(), getegid(),
		    0600, &fd);
		if (rc != 0) {
			log_err("parent: socket %s/%s: %s", p->conf->run_dir,
			    l->name, err_text(rc, e));
			return rc;
		}
		k->listen[k->nlisten++] = fd;
	}
	return 0;
}

/*
 * The bytes that were checked, in a file without a name: a child never reads
 * a configuration that changed in between.
 */
static int
conf_fd(const struct parent *p)
{
	char path[160];
	size_t at = 0;
	ssize_t n;
	int fd, rc;

	rc = rundir_path(p->rundir, ".conf.XXXXXX", path, sizeof(path));
	if (rc != 0)
		return rc;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd == -1)
		return -errno;
	(void)unlink(path);
	while (at < p->conf_len) {
		n = write(fd, p->conf_bytes + at, p->conf_len - at);
		if (n == -1) {
			rc = -errno;
			close(fd);
			return rc;
		}
		at += (size_t)n;
	}
	if (lseek(fd, 0, SEEK_SET) == -1) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

static int
spawn(struct parent *p, struct kid *k, int sock, int cfd)
{
	char *argv[8], *envp[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
	    "LANG=C", NULL, NULL };
	int fds[3 + 2 + 2] = { 0, 1, 2, sock, cfd };
	struct child_spec spec = { .argv = argv, .envp = envp, .fds = fds,
	    .nfds = 5 + k->nlisten };
	char *stream = getenv("JOURNAL_STREAM"), journal[64];
	size_t i, n = 0;

	argv[n++] = (char *)(uintptr_t)p->self;
	argv[n++] = "-R";
	argv[n++] = (char *)(uintptr_t)role_name(k->role);
	if (p->debug)
		argv[n++] = "-d";
	if (p->verbose)
		argv[n++] = "-v";
	argv[n] = NULL;
	if (stream != NULL && strlen(stream) < 40) {
		snprintf(journal, sizeof(journal), "JOURNAL_STREAM=%s", stream);
		envp[2] = journal;
	}
	for (i = 0; i < k->nlisten; i++)
		fds[ROLE_FD_LISTEN + i] = k->listen[i];
	return child_start(&spec, &k->pid);
}

static int
kid_start(struct kid *k)
{
	struct parent *p = k->parent;
	int sv[2] = { -1, -1 }, cfd = -1, rc;
	char e[ERR_TEXT_MAX];

	rc = power_pair(sv);
	if (rc == 0) {
		cfd = conf_fd(p);
		rc = cfd < 0 ? cfd : 0;
	}
	if (rc == 0)
		rc = fcntl(sv[0], F_SETFL, O_NONBLOCK) == -1 ? -errno : 0;
	if (rc == 0)
		rc = spawn(p, k, sv[1], cfd);
	if (sv[1] != -1)
		close(sv[1]);
	if (cfd >= 0)
		close(cfd);
	if (rc != 0) {
		if (sv[0] != -1)
			close(sv[0]);
		k->pid = 0;
		log_err("%s: cannot be started: %s", role_name(k->role),
		    err_text(rc, e));
		return rc;
	}
	k->sock = sv[0];
	k->ready = false;
	k->started_ns = clock_mono_ns();
	log_debug("%s: started (pid=%ld)", role_name(k->role), (long)k->pid);
	return 0;
}

static void
start_again_later(struct kid *k, int64_t now_ns)
{
	k->wait_ns = k->wait_ns == 0 ? WAIT_STEP : 2 * k->wait_ns;
	if (k->wait_ns > WAIT_MAX)
		k->wait_ns = WAIT_MAX;
	MUST(timers_set(k->parent->timers, &k->restart,
	    now_ns + k->wait_ns) == 0);
}

static void
restart_fired(struct timer *t, int64_t now_ns)
{
	struct kid *k = t->arg;

	if (k->parent->stopping || k->pid != 0)
		return;
	if (kid_start(k) != 0)
		start_again_later(k, now_ns);
}

void
kids_init(struct parent *p)
{
	size_t i;

	for (i = 0; i < ROLE_N; i++) {
		p->kids[i].role = (enum role)i;
		p->kids[i].parent = p;
		p->kids[i].sock = -1;
		p->kids[i].restart.fire = restart_fired;
		p->kids[i].restart.arg = &p->kids[i];
	}
}

int
kids_start(struct parent *p)
{
	size_t i;
	int rc;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		rc = kid_start(&p->kids[order[i]]);
		if (rc != 0)
			return rc;
	}
	return 0;
}

struct kid *
kid_find(struct parent *p, pid_t pid)
{
	size_t i;

	for (i = 0; i < ROLE_N; i++)
		if (p->kids[i].pid == pid && pid != 0)
			return &p->kids[i];
	return NULL;
}

void
kid_died(struct parent *p, struct kid *k, int status)
{
	char text[64];
	int64_t now_ns = clock_mono_ns();

	if (k->sock != -1)
		close(k->sock);
	k->sock = -1;
	k->pid = 0;
	k->ready = false;
	if (p->stopping)
		return;
	log_err("%s: died: %s; starting it again", role_name(k->role),
	    child_status_text(status, text, sizeof(text)));
	/* The first death costs nothing; a crash loop is slowed down. */
	if (now_ns - k->started_ns >= STABLE)
		k->wait_ns = 0;
	if (k->wait_ns == 0 && kid_start(k) == 0) {
		k->wait_ns = WAIT_STEP / 2;
		return;
	}
	start_again_later(k, now_ns);
}

static bool
reap_some(struct parent *p)
{
	struct kid *k;
	pid_t pid;
	int status;
	size_t i;

	while (child_reap(&pid, &status) == 1) {
		k = kid_find(p, pid);
		if (k != NULL)
			kid_died(p, k, status);
	}
	for (i = 0; i < ROLE_N; i++)
		if (p->kids[i].pid != 0)
			return true;
	return false;
}

/* Closing the power socket asks for an orderly end; then we insist. */
void
kids_stop(struct parent *p)
{
	struct pollfd pfd = { .fd = p->sigpipe[0], .events = POLLIN };
	int64_t until_ns = clock_mono_ns() + STOP_TIME;
	char drain[64];
	size_t i;

	for (i = 0; i < ROLE_N; i++) {
		if (p->kids[i].sock != -1)
			close(p->kids[i].sock);
		p->kids[i].sock = -1;
	}
	while (reap_some(p) && clock_mono_ns() < until_ns) {
		(void)poll(&pfd, 1, clock_poll_ms(until_ns, clock_mono_ns()));
		while (read(p->sigpipe[0], drain, sizeof(drain)) > 0)
			;
	}
	for (i = 0; i < ROLE_N; i++)
		if (p->kids[i].pid != 0) {
			log_warning("%s: does not stop: killed",
			    role_name(p->kids[i].role));
			(void)kill(p->kids[i].pid, SIGKILL);
			(void)waitpid(p->kids[i].pid, NULL, 0);
			p->kids[i].pid = 0;
		}
}

void
kids_free(struct parent *p)
{
	size_t i, n;

	for (i = 0; i < ROLE_N; i++) {
		timers_clear(p->timers, &p->kids[i].restart);
		for (n = 0; n < p->kids[i].nlisten; n++)
			close(p->kids[i].listen[n]);
		p->kids[i].nlisten = 0;
	}
}
