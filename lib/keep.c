/* SPDX-License-Identifier: ISC */
/*
 * keep: signals come in by sigwait(3), so nothing here is a handler and
 * nothing waits for a time but by SIGALRM.  Owns no descriptor, or one to
 * write its only line to.
 */
#include "lib/keep.h"

#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "lib/sys.h"

#define GRACE_MS	2000	/* from TERM to KILL */
#define AGAIN_MS	20	/* from KILL to a look at what is left */
#define CHILDREN	64	/* killed in one go */

static void
wake_in(long ms)
{
	struct itimerval t = { .it_value = { .tv_sec = ms / 1000,
	    .tv_usec = ms % 1000 * 1000 } };

	(void)setitimer(ITIMER_REAL, &t, NULL);
}

static void
nothing(int sig)
{
	(void)sig;
}

/* Some systems forget a blocked signal that would be ignored. */
static void
signals_init(sigset_t *set)
{
	static const int wanted[] = { SIGCHLD, SIGALRM, SIGTERM, SIGINT };
	struct sigaction sa = { .sa_handler = nothing };
	size_t i;

	sigemptyset(set);
	sigemptyset(&sa.sa_mask);
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		(void)sigaddset(set, wanted[i]);
		(void)sigaction(wanted[i], &sa, NULL);
	}
}

/* Left unreaped: for so long its number cannot become another's. */
static bool
has_ended(pid_t pid)
{
	siginfo_t si = { 0 };

	return waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG | WNOWAIT) ==
	    -1 || si.si_pid == pid;
}

/* It may not have come to its setsid(2) yet. */
static void
signal_group(pid_t pid, int sig)
{
	(void)kill(pid, sig);
	(void)kill(-pid, sig);
}

static void
kill_children(void)
{
	pid_t pids[CHILDREN];
	size_t n = sys_children(pids, CHILDREN), i;

	for (i = 0; i < n; i++)
		(void)kill(pids[i], SIGKILL);
}

static void
await(pid_t pid, const sigset_t *set)
{
	bool asked = false;
	int sig;

	while (!has_ended(pid)) {
		if (sigwait(set, &sig) != 0 || sig == SIGCHLD)
			continue;
		if (sig == SIGTERM) {
			if (!asked)
				wake_in(GRACE_MS);
			asked = true;
			signal_group(pid, SIGTERM);
			continue;
		}
		signal_group(pid, SIGKILL);
		kill_children();
		wake_in(AGAIN_MS);
	}
}

/* What a killed one leaves becomes ours only then: look until none is left. */
static void
end_orphans(const sigset_t *set)
{
	pid_t pid;
	int sig;

	for (;;) {
		do
			pid = waitpid(-1, NULL, WNOHANG);
		while (pid > 0);
		if (pid == -1 && errno == ECHILD)
			return;
		kill_children();
		wake_in(AGAIN_MS);
		(void)sigwait(set, &sig);
	}
}

static _Noreturn void
end_as(int status)
{
	struct rlimit none = { 0, 0 };
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t set;

	if (WIFSIGNALED(status)) {
		(void)setrlimit(RLIMIT_CORE, &none);
		(void)sigaction(WTERMSIG(status), &sa, NULL);
		sigemptyset(&set);
		(void)sigprocmask(SIG_SETMASK, &set, NULL);
		(void)raise(WTERMSIG(status));
	}
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 126);
}

/* Those that live on; what is dead already waits for us only. */
static bool
has_left(pid_t child)
{
	pid_t pids[CHILDREN];
	size_t n = sys_children(pids, CHILDREN), i;

	for (i = 0; i < n; i++)
		if (pids[i] != child && !has_ended(pids[i]))
			return true;
	return false;
}

/* A full pipe does not hold us: whoever reads it may have been stopped. */
static void
say_left(void)
{
	static const char text[] = "\nit left processes running, which were "
	    "killed\n";

	if (fcntl(2, F_SETFL, O_WRONLY | O_NONBLOCK) == -1 ||
	    write(2, text, sizeof(text) - 1) == -1) {
		/* The status says it, too. */
	}
}

_Noreturn void
keep(pid_t child, bool alone)
{
	bool left = false;
	int status = 0;
	sigset_t set;

	sys_thread_name("keeper");
	if (alone) {
		close(0);
		close(1);
	}
	closefrom(alone ? 3 : 0);
	signals_init(&set);
	await(child, &set);
	if (alone)
		left = has_left(child);
	signal_group(child, SIGKILL);
	while (waitpid(child, &status, 0) == -1 && errno == EINTR)
		;
	end_orphans(&set);
	if (left && WIFEXITED(status)) {
		say_left();
		_exit(1);
	}
	end_as(status);
}
