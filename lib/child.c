/* SPDX-License-Identifier: ISC */
/*
 * child: fork, become the user, exec.  Between fork and exec only what is
 * safe after a fork of a single-threaded process; all that can fail slowly
 * (the password database) is asked before.
 */
#include "lib/child.h"

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

#include "lib/must.h"

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

/*
 * First out of the way of all targets, then onto them: the numbers given may
 * overlap.  *report moves too, and names the pipe also when this fails.
 */
static int
place_fds(const struct child_spec *spec, int *report)
{
	int high[CHILD_FDS_MAX], base = CHILD_FDS_MAX + 1;
	size_t i;

	for (i = 0; i < spec->nfds; i++) {
		high[i] = fcntl(spec->fds[i], F_DUPFD, base);
		if (high[i] == -1)
			return -errno;
	}
	high[i] = fcntl(*report, F_DUPFD, base);
	if (high[i] == -1)
		return -errno;
	*report = high[i];
	for (i = 0; i < spec->nfds; i++)
		if (dup2(high[i], (int)i) == -1)
			return -errno;
	if (dup2(*report, (int)i) == -1)
		return -errno;
	*report = (int)i;
	if (fcntl(*report, F_SETFD, FD_CLOEXEC) == -1)
		return -errno;
	closefrom(*report + 1);
	return 0;
}

static _Noreturn void
in_child(const struct child_spec *spec, const struct account *a, int report)
{
	int rc;

	if (spec->group)
		(void)setsid();
	reset_signals();
	rc = place_fds(spec, &report);
	if (rc == 0 && a != NULL)
		rc = become(a);
	if (rc == 0 && chdir("/") == -1)
		rc = -errno;
	if (rc == 0) {
		execve(spec->argv[0], spec->argv, spec->envp);
		rc = -errno;
	}
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

int
child_start(const struct child_spec *spec, pid_t *out)
{
	struct account account;
	sigset_t all, old;
	int report[2], rc;
	pid_t pid;

	MUST(spec->nfds < CHILD_FDS_MAX);
	if (spec->user != NULL && (rc = look_up(spec->user, &account)) != 0)
		return rc;
	if (pipe2(report, O_CLOEXEC) == -1)
		return -errno;
	/*
	 * Until its dispositions are reset, a signal to the child would run
	 * our handler there, and that writes into a pipe of ours.
	 */
	sigfillset(&all);
	MUST(sigprocmask(SIG_SETMASK, &all, &old) == 0);
	pid = fork();
	if (pid == 0)
		in_child(spec, spec->user != NULL ? &account : NULL,
		    report[1]);
	rc = pid == -1 ? -errno : 0;
	MUST(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
	close(report[1]);
	if (rc == 0)
		rc = read_report(report[0]);
	close(report[0]);
	if (rc != 0 && pid > 0)
		while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
			;
	if (rc == 0)
		*out = pid;
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
