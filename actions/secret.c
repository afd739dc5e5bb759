/* SPDX-License-Identifier: ISC */
/*
 * secret: pure but for the file.
 */
#include "actions/secret.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <nettle/base64.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SECRET_PLAIN_MAX 2112	/* user, colon, password */
#define HIDE_MIN	3	/* shorter ones are in any text */

int
secret_read(const char *path, const char *key, char *buf, size_t size,
    char why[SECRET_WHY_MAX])
{
	struct stat st;
	ssize_t n = 0;
	int fd, rc = 0;

	/* O_NONBLOCK: opening a FIFO must not wait for a writer. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1) {
		rc = -errno;
		snprintf(why, SECRET_WHY_MAX, "%s: %s", key,
		    strerrordesc_np(-rc));
		return rc;
	}
	if (fstat(fd, &st) == -1)
		rc = -errno;
	else if (!S_ISREG(st.st_mode) || (st.st_mode & 07177) != 0 ||
	    (st.st_uid != 0 && st.st_uid != geteuid()))
		rc = -EPERM;
	else if ((n = read(fd, buf, size - 1)) == -1)
		rc = -errno;
	close(fd);
	if (rc != 0) {
		snprintf(why, SECRET_WHY_MAX, "%s: must be a file of root or "
		    "of the daemon's account, mode 0400 or 0600", key);
		return rc;
	}
	buf[n] = '\0';
	buf[strcspn(buf, "\r\n")] = '\0';
	if (buf[0] != '\0' && (size_t)n < size - 1)
		return 0;
	snprintf(why, SECRET_WHY_MAX, "%s: empty, or too long", key);
	return -EINVAL;
}

void
secret_hide(char *text, const char *secret)
{
	size_t len = strlen(secret), k;
	char *at = text, *end = text + strlen(text);

	if (len < HIDE_MIN)
		return;
	while ((at = strstr(at, secret)) != NULL) {
		memset(at, '*', len);
		at += len;
	}
	/* It may have been cut at the end of the text. */
	for (k = len - 1; k >= HIDE_MIN; k--)
		if ((size_t)(end - text) >= k &&
		    memcmp(end - k, secret, k) == 0) {
			memset(end - k, '*', k);
			return;
		}
}

void
secret_hide_url(char *text, const char *url)
{
	const char *path = strstr(url, "://");

	secret_hide(text, url);
	path = path == NULL ? NULL : strchr(path + 3, '/');
	if (path != NULL)
		secret_hide(text, path);
}

static void
hide_coded(char *text, const char *plain, int len)
{
	char coded[BASE64_ENCODE_RAW_LENGTH(SECRET_PLAIN_MAX) + 1];

	if (len <= 0 || len >= SECRET_PLAIN_MAX)
		return;
	base64_encode_raw(coded, (size_t)len, (const uint8_t *)plain);
	coded[BASE64_ENCODE_RAW_LENGTH((size_t)len)] = '\0';
	secret_hide(text, coded);
	explicit_bzero(coded, sizeof(coded));
}

void
secret_hide_basic(char *text, const char *user, const char *password)
{
	char plain[SECRET_PLAIN_MAX];
	int n = snprintf(plain, sizeof(plain), "%s:%s", user, password);

	hide_coded(text, plain, n);
	explicit_bzero(plain, sizeof(plain));
}

void
secret_hide_sasl(char *text, const char *user, const char *password)
{
	char plain[SECRET_PLAIN_MAX];
	int n = snprintf(plain, sizeof(plain), "%c%s%c%s", '\0', user, '\0',
	    password);

	hide_coded(text, plain, n);
	hide_coded(text, password, (int)strlen(password));
	explicit_bzero(plain, sizeof(plain));
}
