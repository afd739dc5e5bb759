/* SPDX-License-Identifier: ISC */
/*
 * keep_check: on the real system a kept command leaves nothing behind, not
 * even what has put itself into another session.  All that belongs to it holds
 * a pipe open: its end is seen there.
 */
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/clock.h"
#include "lib/must.h"
#include "lib/sys.h"

#define WAIT_MS	10000

static int failed;
static bool alone;		/* for the next ones */

static void
check(bool ok, const char *text)
{
	printf("%sok - keep: %s\n", ok ? "" : "not ", text);
	fflush(stdout);
	failed += !ok;
}

/* All of it gets fd[1]. */
static pid_t
start(const char *script, const int fd[2])
{
	char *argv[] = { "/bin/sh", "-c", (char *)(uintptr_t)script, NULL };
	char *env[] = { "PATH=/usr/bin:/bin", NULL };
	int fds[3];
	struct child_spec spec = { .argv = argv, .envp = env, .fds = fds,
	    .nfds = 3, .keep = true, .alone = alone,
	    .memory = alone ? 64 * 1024 * 1024 : 0 };
	pid_t pid;

	fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	fds[1] = fds[2] = fd[1];
	MUST(child_start(&spec, &pid) == 0);
	close(fds[0]);
	return pid;
}

/* It has said a word when this returns. */
static pid_t
begin(const char *script, int fd[2])
{
	pid_t pid;
	char byte;

	MUST(pipe2(fd, O_CLOEXEC) == 0);
	pid = start(script, fd);
	close(fd[1]);
	MUST(read(fd[0], &byte, 1) == 1);
	return pid;
}

/* Nobody holds the other end any more. */
static bool
is_over(int out, int ms)
{
	int64_t until_ns = clock_mono_ns() + ms * NS_PER_MS;
	struct pollfd p = { .fd = out, .events = POLLIN };
	char rest[256];

	do {
		if (poll(&p, 1, clock_poll_ms(until_ns, clock_mono_ns())) ==
		    1 && read(out, rest, sizeof(rest)) <= 0)
			return true;
	} while (clock_mono_ns() < until_ns);
	return false;
}

static const char escapes[] =
    "trap '' TERM; setsid sleep 600 & "
    "setsid sh -c 'setsid sh -c \"sleep 600 & sleep 600\" & ' & "
    "(setsid sh -c 'sleep 600' &) ; sleep 0.1; echo; ";

static void
escaped(const char *text, const char *after, int sig)
{
	char script[400];
	int fd[2], status;
	pid_t pid;

	snprintf(script, sizeof(script), "%s%s", escapes, after);
	pid = begin(script, fd);
	if (sig != 0)
		MUST(child_signal(pid, sig) == 0);
	MUST(waitpid(pid, &status, 0) == pid);
	check(is_over(fd[0], 0), text);
	close(fd[0]);
}

/* New ones appear while others are being killed. */
static void
breeding(void)
{
	int fd[2], status;
	pid_t pid = begin("trap '' TERM; echo; while :; do "
	    "setsid sh -c 'trap \"\" TERM; while :; do setsid sleep 600 & "
	    "sleep 0.02; done' & sleep 0.05; done", fd);

	poll(NULL, 0, 300);
	MUST(child_signal(pid, SIGINT) == 0);
	MUST(waitpid(pid, &status, 0) == pid);
	check(is_over(fd[0], 0), "killed while it breeds");
	close(fd[0]);
}

/* As when the parent is killed: nobody else would end the command. */
static void
orphaned(void)
{
	char script[400], byte;
	int fd[2], status;
	pid_t pid;

	snprintf(script, sizeof(script), "%ssleep 600", escapes);
	MUST(pipe2(fd, O_CLOEXEC) == 0);
	fflush(stdout);
	pid = fork();
	MUST(pid != -1);
	if (pid == 0) {
		(void)start(script, fd);
		close(fd[1]);
		for (;;)
			pause();
	}
	close(fd[1]);
	MUST(read(fd[0], &byte, 1) == 1);
	MUST(kill(pid, SIGKILL) == 0);
	MUST(waitpid(pid, &status, 0) == pid);
	check(is_over(fd[0], WAIT_MS), "ends when its parent is killed");
	close(fd[0]);
}

/* What it says, and the status that is told. */
static void
lonely(const char *text, const char *script, const char *want,
    const char *last)
{
	char buf[512], end[32];
	int fd[2], status;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	MUST(pipe2(fd, O_CLOEXEC) == 0);
	alone = true;
	pid = start(script, fd);
	alone = false;
	close(fd[1]);
	while ((n = read(fd[0], buf + len, sizeof(buf) - 1 - len)) > 0)
		len += (size_t)n;
	buf[len] = '\0';
	close(fd[0]);
	MUST(waitpid(pid, &status, 0) == pid);
	child_status_text(status, end, sizeof(end));
	check(strcmp(end, want) == 0 && strcmp(buf, last) == 0, text);
	if (strcmp(end, want) != 0 || strcmp(buf, last) != 0)
		printf("# %s, %s\n", end, buf);
}

#define LEFT	"\nit left processes running, which were killed\n"

static void
alones(void)
{
	lonely("alone, and it is", "sleep 0.1 & wait; echo x", "exit 0",
	    "x\n");
	lonely("alone, its failure is its own", "exit 7", "exit 7", "");
	lonely("what is left makes it fail", "sleep 600 & exit 0", "exit 1",
	    LEFT);
	lonely("what has escaped, too", "(setsid sleep 600 &) ; sleep 0.3",
	    "exit 1", LEFT);
	lonely("a signal is told in any case", "sleep 600 & kill -9 $$",
	    "signal 9 (KILL)", "");
	lonely("who died before is not left", "true & (true &) ; sleep 0.3",
	    "exit 0", "");
	lonely("memory has an end", "ulimit -d", "exit 0", "65536\n");
}

static void
children(void)
{
	pid_t pids[8], one;
	int fd[2], status;
	size_t n;

	check(sys_children(pids, 8) == 0, "no children are none");
	one = begin("echo; sleep 600", fd);
	n = sys_children(pids, 8);
	check(n == 1 && pids[0] == one, "a child is seen, a grandchild not");
	check(sys_children(pids, 0) == 0, "no more than there is room for");
	MUST(child_signal(one, SIGINT) == 0);
	MUST(waitpid(one, &status, 0) == one);
	close(fd[0]);
	check(sys_adopt(getppid() + 1) == -ESRCH, "a parent that is gone");
}

int
main(void)
{
	children();
	escaped("what escaped is killed when the command ends", "exit 0", 0);
	escaped("what escaped is killed after TERM", "sleep 600", SIGTERM);
	escaped("what escaped is killed at once by INT", "sleep 600", SIGINT);
	breeding();
	orphaned();
	alones();
	return failed != 0;
}
