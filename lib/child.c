/* SPDX-License-Identifier: ISC */
/*
 * child: fork, become the user, exec.  Between fork and exec only what is
 * safe after a fork of a single-threaded process; all that can fail slowly
 * (the password database) is asked before.
 */
#include "lib/child.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/keep.h"
#include "lib/must.h"
#include "lib/sys.h"
#include "lib/trust.h"

#define CHILD_FDS_MAX	16
#define CHILD_GROUPS	64

struct account {
	uid_t	uid;
	gid_t	gid;
	gid_t	groups[CHILD_GROUPS];
	int	ngroups;
};

static int
look_up(const char *user, struct account *a)
{
	const struct passwd *pw;

	errno = 0;
	pw = getpwnam(user);
	if (pw == NULL)
		return errno != 0 ? -errno : -ENOENT;
	a->uid = pw->pw_uid;
	a->gid = pw->pw_gid;
	a->ngroups = CHILD_GROUPS;
	if (getgrouplist(user, pw->pw_gid, a->groups, &a->ngroups) == -1)
		return -E2BIG;
	return 0;
}

static int
become(const struct account *a)
{
	if (a->uid == geteuid() && a->uid == getuid())
		return 0;
	if (setgroups((size_t)a->ngroups, a->groups) == -1 ||
	    setgid(a->gid) == -1 || setuid(a->uid) == -1)
		return -errno;
	return 0;
}

static void
reset_signals(void)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t none;
	int sig;

	for (sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &sa, NULL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Above all that will be in its place; *fd also when this fails. */
static int
lift(int *fd)
{
	int high = fcntl(*fd, F_DUPFD, CHILD_FDS_MAX + 2);

	if (high == -1)
		return -errno;
	*fd = high;
	return 0;
}

/* Onto the given number, closed by exec. */
static int
put_at(int *fd, int at)
{
	if (dup2(*fd, at) == -1)
		return -errno;
	*fd = at;
	return fcntl(at, F_SETFD, FD_CLOEXEC) == -1 ? -errno : 0;
}

/*
 * First out of the way of all targets, then onto them: the numbers given may
 * overlap.  *report and *program (-1: none) follow them.
 */
static int
place_fds(const struct child_spec *spec, int *report, int *program)
{
	int high[CHILD_FDS_MAX], last = (int)spec->nfds, rc;
	size_t i;

	rc = lift(report);
	if (rc == 0 && *program != -1)
		rc = lift(program);
	for (i = 0; i < spec->nfds && rc == 0; i++) {
		high[i] = spec->fds[i];
		rc = lift(&high[i]);
	}
	for (i = 0; i < spec->nfds && rc == 0; i++)
		if (dup2(high[i], (int)i) == -1)
			rc = -errno;
	if (rc == 0)
		rc = put_at(report, last);
	if (rc == 0 && *program != -1)
		rc = put_at(program, ++last);
	if (rc == 0)
		closefrom(last + 1);
	return rc;
}

/*
 * A script is opened once more by its interpreter, under its name; that is
 * safe, for nobody else can change what the name stands for.
 */
static int
execute(const struct child_spec *spec, int program)
{
	char head[2] = "";

	if (program != -1 && pread(program, head, 2, 0) == 2 &&
	    memcmp(head, "#!", 2) != 0)
		fexecve(program, spec->argv, spec->envp);
	else
		execve(spec->argv[0], spec->argv, spec->envp);
	return -errno;
}

/* Written for what shrinks and grows, a leak meets it before the machine. */
static int
limit(size_t bytes)
{
	struct rlimit data = { bytes, bytes };

	return setrlimit(RLIMIT_DATA, &data) == -1 ? -errno : 0;
}

/* Goes on as a child of its own; what stays behind is its keeper. */
static int
go_on_kept(pid_t parent, bool alone)
{
	int rc = sys_adopt(parent);
	pid_t pid;

	if (rc == -ESRCH)
		return rc;
	pid = fork();
	if (pid == -1)
		return -errno;
	if (pid > 0)
		keep(pid, alone);
	(void)setsid();
	return 0;
}

static _Noreturn void
in_child(const struct child_spec *spec, const struct account *a, int report,
    int program, pid_t parent)
{
	int rc;

	if (spec->group || spec->keep)
		(void)setsid();
	rc = place_fds(spec, &report, &program);
	if (rc == 0 && spec->keep)
		rc = go_on_kept(parent, spec->alone);
	reset_signals();
	if (rc == 0 && spec->memory > 0)
		rc = limit(spec->memory);
	if (rc == 0 && a != NULL)
		rc = become(a);
	if (rc == 0 && chdir("/") == -1)
		rc = -errno;
	if (rc == 0)
		rc = execute(spec, program);
	if (write(report, &rc, sizeof(rc)) == -1)
		_exit(126);
	_exit(127);
}

/* End of file means that exec has closed the pipe. */
static int
read_report(int fd)
{
	int rc = 0;
	ssize_t n;

	do
		n = read(fd, &rc, sizeof(rc));
	while (n == -1 && errno == EINTR);
	return n == (ssize_t)sizeof(rc) ? rc : 0;
}

/* Returns in the one who called, with the report's end to read. */
static int
fork_child(const struct child_spec *spec, const struct account *a,
    int program, int *report, pid_t *pid)
{
	sigset_t all, old;
	int fds[2], rc;
	pid_t self = getpid();

	if (pipe2(fds, O_CLOEXEC) == -1)
		return -errno;
	/*
	 * Until its dispositions are reset, a signal to the child would run
	 * our handler there, and that writes into a pipe of ours.
	 */
	sigfillset(&all);
	MUST(sigprocmask(SIG_SETMASK, &all, &old) == 0);
	*pid = fork();
	if (*pid == 0)
		in_child(spec, a, fds[1], program, self);
	rc = *pid == -1 ? -errno : 0;
	MUST(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
	close(fds[1]);
	if (rc != 0)
		close(fds[0]);
	*report = fds[0];
	return rc;
}

int
child_start(const struct child_spec *spec, pid_t *out)
{
	struct account account = { .uid = geteuid() };
	int report = -1, program = -1, rc = 0;
	pid_t pid = -1;

	MUST(spec->nfds < CHILD_FDS_MAX);
	if (spec->user != NULL)
		rc = look_up(spec->user, &account);
	if (rc == 0 && spec->why != NULL)
		rc = trust_open(spec->argv[0], account.uid, &program,
		    spec->why);
	if (rc == 0)
		rc = fork_child(spec, spec->user != NULL ? &account : NULL,
		    program, &report, &pid);
	if (program != -1)
		close(program);
	if (rc != 0)
		return rc;
	rc = read_report(report);
	close(report);
	if (rc == 0)
		*out = pid;
	else
		while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
			;
	return rc;
}

int
child_signal(pid_t pid, int sig)
{
	MUST(pid > 1);
	return kill(-pid, sig) == -1 ? -errno : 0;
}

int
child_reap(pid_t *pid, int *status)
{
	*pid = waitpid(-1, status, WNOHANG);
	return *pid > 0 ? 1 : 0;
}

/* Those that end a process; strsignal(3) is not safe in threads. */
static const char *
signal_name(int sig)
{
	static const struct {
		int		 sig;
		const char	*name;
	} names[] = {
		{ SIGHUP, "HUP" }, { SIGINT, "INT" }, { SIGQUIT, "QUIT" },
		{ SIGILL, "ILL" }, { SIGTRAP, "TRAP" }, { SIGABRT, "ABRT" },
		{ SIGBUS, "BUS" }, { SIGFPE, "FPE" }, { SIGKILL, "KILL" },
		{ SIGUSR1, "USR1" }, { SIGSEGV, "SEGV" }, { SIGUSR2, "USR2" },
		{ SIGPIPE, "PIPE" }, { SIGALRM, "ALRM" }, { SIGTERM, "TERM" },
		{ SIGXCPU, "XCPU" }, { SIGXFSZ, "XFSZ" }, { SIGSYS, "SYS" },
		{ SIGVTALRM, "VTALRM" }, { SIGPROF, "PROF" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].sig == sig)
			return names[i].name;
	return "?";
}

const char *
child_status_text(int status, char *buf, size_t len)
{
	int sig;

	if (WIFEXITED(status))
		snprintf(buf, len, "exit %d", WEXITSTATUS(status));
	else if (WIFSIGNALED(status)) {
		sig = WTERMSIG(status);
		snprintf(buf, len, "signal %d (%s)", sig, signal_name(sig));
	} else
		snprintf(buf, len, "status 0x%x", (unsigned)status);
	return buf;
}
