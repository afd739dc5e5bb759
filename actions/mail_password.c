/* SPDX-License-Identifier: ISC */
/*
 * mail_password: the password for a mail server, out of a file that nobody
 * else can read.  Read before each letter, so that a new one needs no restart.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "actions/mail_smtp.h"

int
mail_password(const char *path, char *buf, size_t size,
    char why[MAIL_WHY_MAX])
{
	struct stat st;
	ssize_t n;
	int fd, rc = 0;

	/* O_NONBLOCK: opening a FIFO must not wait for a writer. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1) {
		rc = -errno;
		snprintf(why, MAIL_WHY_MAX, "mail.password_file: %s",
		    strerrordesc_np(-rc));
		return rc;
	}
	n = 0;
	if (fstat(fd, &st) == -1)
		rc = -errno;
	else if (!S_ISREG(st.st_mode) || (st.st_mode & 07177) != 0 ||
	    (st.st_uid != 0 && st.st_uid != geteuid()))
		rc = -EPERM;
	else if ((n = read(fd, buf, size - 1)) == -1)
		rc = -errno;
	close(fd);
	if (rc != 0) {
		snprintf(why, MAIL_WHY_MAX, "mail.password_file: must be a "
		    "file of root or of the daemon's account, mode 0400 or "
		    "0600");
		return rc;
	}
	buf[n] = '\0';
	buf[strcspn(buf, "\r\n")] = '\0';
	if (buf[0] != '\0' && (size_t)n < size - 1)
		return 0;
	snprintf(why, MAIL_WHY_MAX, "mail.password_file: empty, or too long");
	return -EINVAL;
}
