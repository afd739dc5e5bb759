/* SPDX-License-Identifier: ISC */
/*
 * dnsd: a name server that says what is in a file just then, "NAME ADDRESS
 * TTL" a line; other names do not exist, "* RCODE 0" is the answer to all, and
 * an empty file is silence.
 *
 *	dnsd ADDRESS FILE
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEAD	12

static void
die(const char *what)
{
	fprintf(stderr, "dnsd: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The question's name as text, its end; 0: it is none. */
static size_t
question(const unsigned char *q, size_t len, char name[256])
{
	size_t at = HEAD, out = 0, n;

	while (at < len && (n = q[at]) != 0) {
		if (n > 63 || at + n + 1 >= len || out + n + 1 > 254)
			return 0;
		if (out > 0)
			name[out++] = '.';
		memcpy(name + out, q + at + 1, n);
		out += n;
		at += n + 1;
	}
	name[out] = '\0';
	return at + 5 <= len ? at + 5 : 0;
}

static size_t
record(unsigned char *out, const char *addr, unsigned ttl, uint16_t type)
{
	uint16_t len = type == 1 ? 4 : 16, v;
	uint32_t t = htonl(ttl);
	unsigned char bytes[16];

	if (inet_pton(type == 1 ? AF_INET : AF_INET6, addr, bytes) != 1)
		return 0;
	memcpy(out, "\xc0\x0c", 2);
	v = htons(type);
	memcpy(out + 2, &v, 2);
	memcpy(out + 4, "\0\1", 2);
	memcpy(out + 6, &t, 4);
	v = htons(len);
	memcpy(out + 10, &v, 2);
	memcpy(out + 12, bytes, len);
	return 12u + len;
}

/* Length of the answer; 0: silence. */
static size_t
answer(const char *file, unsigned char *q, size_t end, const char *name)
{
	uint16_t type = (uint16_t)(q[end - 4] << 8 | q[end - 3]);
	char owner[256], addr[64];
	FILE *f = fopen(file, "r");
	unsigned ttl, lines = 0, known = 0, n = 0, code = 0;
	size_t at = end, len;

	if (f == NULL)
		die(file);
	for (; fscanf(f, "%255s %63s %u", owner, addr, &ttl) == 3; lines++) {
		if (strcmp(owner, "*") == 0)
			code = (unsigned)atoi(addr);
		if (strcasecmp(owner, name) != 0)
			continue;
		known++;
		len = n < 8 ? record(q + at, addr, ttl, type) : 0;
		at += len;
		n += len > 0;
	}
	fclose(f);
	q[2] = 0x85;
	q[3] = (unsigned char)(0x80 | (code > 0 ? code : known > 0 ? 0 : 3));
	memset(q + 4, 0, 8);
	q[5] = 1;
	q[7] = (unsigned char)n;
	return lines > 0 ? at : 0;
}

static int
listen_at(const char *addr)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6,
	    .sin6_port = htons(53) };
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_port = htons(53) };
	bool six = inet_pton(AF_INET6, addr, &sin6.sin6_addr) == 1;
	int fd = socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);

	if (!six && inet_pton(AF_INET, addr, &sin.sin_addr) != 1)
		die(addr);
	if (fd == -1 || bind(fd, six ? (void *)&sin6 : (void *)&sin,
	    six ? sizeof(sin6) : sizeof(sin)) == -1)
		die(addr);
	return fd;
}

int
main(int argc, char **argv)
{
	unsigned char q[2048];
	struct sockaddr_storage from;
	char name[256];
	socklen_t len;
	ssize_t n;
	size_t end;
	int fd;

	if (argc != 3)
		return 2;
	fd = listen_at(argv[1]);
	for (;;) {
		len = sizeof(from);
		n = recvfrom(fd, q, 512, 0, (struct sockaddr *)&from, &len);
		if (n == -1)
			die("recvfrom");
		end = n > HEAD ? question(q, (size_t)n, name) : 0;
		end = end > 0 ? answer(argv[2], q, end, name) : 0;
		if (end > 0)
			(void)sendto(fd, q, end, 0,
			    (struct sockaddr *)&from, len);
	}
}
