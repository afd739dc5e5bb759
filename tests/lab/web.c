/* SPDX-License-Identifier: ISC */
/*
 * web: says to each that asks by HTTP what is in a file just then, as it
 * is; an empty file is silence.
 *
 *	web PORT FILE
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_MS	2000	/* for a request, and for its sender to go */

static void
die(const char *what)
{
	fprintf(stderr, "web: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* All of its addresses, of both families. */
static int
listen_at(const char *port)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
	    .sin6_addr = IN6ADDR_ANY_INIT,
	    .sin6_port = htons((uint16_t)atoi(port)) };
	int fd = socket(AF_INET6, SOCK_STREAM, 0), on = 1;

	if (fd == -1)
		die("socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&in6, sizeof(in6)) == -1 ||
	    listen(fd, 64) == -1)
		die(port);
	return fd;
}

/* True when a whole request was read. */
static bool
read_request(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[4096];
	size_t at = 0;
	ssize_t n;

	while (at < sizeof(buf) - 1 && poll(&p, 1, PATIENCE_MS) == 1) {
		n = recv(fd, buf + at, sizeof(buf) - 1 - at, 0);
		if (n <= 0)
			return false;
		at += (size_t)n;
		buf[at] = '\0';
		if (strstr(buf, "\r\n\r\n") != NULL)
			return true;
	}
	return false;
}

static void
answer(int fd, const char *path)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int file = open(path, O_RDONLY);
	char buf[8192];
	ssize_t n = 0;

	if (file != -1) {
		n = read(file, buf, sizeof(buf));
		close(file);
	}
	if (n > 0)
		(void)send(fd, buf, (size_t)n, MSG_NOSIGNAL);
	else
		(void)poll(&p, 1, PATIENCE_MS);
}

int
main(int argc, char **argv)
{
	int fd, conn;

	if (argc != 3) {
		fputs("usage: web port file\n", stderr);
		return 2;
	}
	fd = listen_at(argv[1]);
	for (;;) {
		conn = accept(fd, NULL, NULL);
		if (conn == -1)
			continue;
		if (read_request(conn))
			answer(conn, argv[2]);
		close(conn);
	}
}
