/* SPDX-License-Identifier: ISC */
/*
 * sys_linux_look: what else there is on this machine; proc(5).
 */
#include "lib/sys.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The first line of a file, without its end; false if there is none. */
static bool
first_line(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd == -1)
		return false;
	n = read(fd, buf, size - 1);
	close(fd);
	if (n <= 0)
		return false;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return true;
}

int
sys_setting(const char *name, int64_t *value)
{
	char path[128], buf[32], *end, *p;

	if (strstr(name, "..") != NULL || strstr(name, "//") != NULL ||
	    (size_t)snprintf(path, sizeof(path), "/proc/sys/%s", name) >=
	    sizeof(path))
		return -ENOENT;
	for (p = path + strlen("/proc/sys/"); *p != '\0'; p++)
		*p = *p == '.' ? '/' : *p == '/' ? '.' : *p;
	if (!first_line(path, buf, sizeof(buf)))
		return -ENOENT;
	errno = 0;
	*value = strtoll(buf, &end, 10);
	return errno != 0 || end == buf || *end != '\0' ? -ENOENT : 0;
}

uint64_t
sys_network(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) == 0 ? (uint64_t)st.st_ino : 0;
}

/* The kernel keeps 15 bytes of a name. */
void
sys_running(const char *const *names, size_t n, bool *found)
{
	char path[sizeof("/proc//comm") + NAME_MAX], comm[32];
	const struct dirent *e;
	DIR *d = opendir("/proc");
	size_t i;

	memset(found, 0, n * sizeof(*found));
	while (d != NULL && (e = readdir(d)) != NULL) {
		if (e->d_name[0] < '1' || e->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", e->d_name);
		if (!first_line(path, comm, sizeof(comm)))
			continue;
		for (i = 0; i < n; i++)
			if (strncmp(comm, names[i], 15) == 0)
				found[i] = true;
	}
	if (d != NULL)
		closedir(d);
}
