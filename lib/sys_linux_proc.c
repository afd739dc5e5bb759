/* SPDX-License-Identifier: ISC */
/*
 * sys_linux_proc: processes, and whose children they are; prctl(2), proc(5).
 */
#include "lib/sys.h"

#include <sys/prctl.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
sys_adopt(pid_t parent)
{
	int rc = 0;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1)
		rc = -errno;
	if (prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) == -1 && rc == 0)
		rc = -errno;
	return getppid() == parent ? rc : -ESRCH;
}

/* "pid (name) state parent ..."; the name may have anything in it. */
static pid_t
parent_of(pid_t pid)
{
	char path[32], buf[256], *at;
	long parent = -1;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	at = strrchr(buf, ')');
	if (at == NULL || sscanf(at + 1, " %*c %ld", &parent) != 1)
		return -1;
	return (pid_t)parent;
}

size_t
sys_children(pid_t *pids, size_t max)
{
	DIR *d = opendir("/proc");
	const struct dirent *e;
	pid_t self = getpid(), pid;
	size_t n = 0;

	if (d == NULL)
		return 0;
	while (n < max && (e = readdir(d)) != NULL) {
		pid = (pid_t)strtol(e->d_name, NULL, 10);
		if (pid > 0 && parent_of(pid) == self)
			pids[n++] = pid;
	}
	closedir(d);
	return n;
}
