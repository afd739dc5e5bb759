/* SPDX-License-Identifier: ISC */
/*
 * stream: one connection by TCP, and what became of it.
 *
 *	stream -s [-p port] address		echo server
 *	stream [-i ms] [-p port] address	one connection, a line each time
 *
 * The server says first what address it saw the connection come from, which
 * behind NAT tells the uplink, and then whatever it is sent.  Output of the
 * client, at "report WORD" on standard input:
 *	report WORD echoed=N since=N peer=ADDRESS state=open|REASON
 * since: lines that came back since the report before.  It ends at "end", or
 * when standard input does.
 */
#include <sys/socket.h>

#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"

struct stream {
	int		fd, every_ms;
	int64_t		next_ns;
	unsigned long	sent, echoed, reported;
	char		peer[128];
	const char	*broken;	/* NULL = open */
	char		part[128];	/* of a line */
	size_t		npart;
};

static struct addrinfo *
parse(const char *text, const char *port)
{
	struct addrinfo hint = { .ai_flags = AI_NUMERICHOST,
	    .ai_socktype = SOCK_STREAM }, *ai;
	int rc;

	if ((rc = getaddrinfo(text, port, &hint, &ai)) != 0)
		errx(2, "%s: %s", text, gai_strerror(rc));
	return ai;
}

static void
echo(int fd, const struct sockaddr_storage *peer, socklen_t len)
{
	char buf[512], host[128];
	ssize_t n;

	if (getnameinfo((const struct sockaddr *)peer, len, host, sizeof(host),
	    NULL, 0, NI_NUMERICHOST) != 0)
		return;
	n = snprintf(buf, sizeof(buf), "peer %s\n", host);
	do
		if (write(fd, buf, (size_t)n) != n)
			return;
	while ((n = read(fd, buf, sizeof(buf))) > 0);
}

static void
serve(const struct addrinfo *ai)
{
	struct sockaddr_storage peer;
	socklen_t len;
	int s, c, on = 1;

	signal(SIGCHLD, SIG_IGN);
	if ((s = socket(ai->ai_family, SOCK_STREAM, 0)) == -1 ||
	    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    bind(s, ai->ai_addr, ai->ai_addrlen) == -1 || listen(s, 64) == -1)
		err(1, "server");
	for (;;) {
		len = sizeof(peer);
		c = accept(s, (struct sockaddr *)&peer, &len);
		if (c == -1)
			continue;
		if (fork() == 0) {
			close(s);
			echo(c, &peer, len);
			_exit(0);
		}
		close(c);
	}
}

static void
take_line(struct stream *s)
{
	s->part[s->npart] = '\0';
	s->npart = 0;
	if (strncmp(s->part, "peer ", 5) == 0)
		snprintf(s->peer, sizeof(s->peer), "%s", s->part + 5);
	else
		s->echoed++;
}

static void
receive(struct stream *s)
{
	char buf[512];
	ssize_t n = recv(s->fd, buf, sizeof(buf), MSG_DONTWAIT), i;

	if (n == 0)
		s->broken = "closed";
	else if (n == -1 && errno != EAGAIN)
		s->broken = strerrorname_np(errno);
	for (i = 0; i < n; i++)
		if (buf[i] == '\n')
			take_line(s);
		else if (s->npart < sizeof(s->part) - 1)
			s->part[s->npart++] = buf[i];
}

static void
say(struct stream *s)
{
	char line[32];
	int n = snprintf(line, sizeof(line), "%lu\n", s->sent++);

	/* A full buffer is what a stalled connection has. */
	if (send(s->fd, line, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL) == -1 &&
	    errno != EAGAIN)
		s->broken = strerrorname_np(errno);
}

/* True at the end. */
static bool
command(struct stream *s)
{
	char buf[256], *line, *rest = buf;
	ssize_t n;

	n = read(STDIN_FILENO, buf, sizeof(buf) - 1);
	if (n <= 0)
		return true;
	buf[n] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strcmp(line, "end") == 0)
			return true;
		if (strncmp(line, "report ", 7) != 0)
			continue;
		printf("report %s echoed=%lu since=%lu peer=%s state=%s\n",
		    line + 7, s->echoed, s->echoed - s->reported, s->peer,
		    s->broken == NULL ? "open" : s->broken);
		fflush(stdout);
		s->reported = s->echoed;
	}
	return false;
}

static void
run(struct stream *s, const struct addrinfo *ai)
{
	struct pollfd pfd[2] = { { .fd = STDIN_FILENO, .events = POLLIN } };
	int n;

	s->fd = socket(ai->ai_family, SOCK_STREAM, 0);
	if (s->fd == -1)
		err(1, "socket");
	if (connect(s->fd, ai->ai_addr, ai->ai_addrlen) == -1)
		s->broken = strerrorname_np(errno);
	s->next_ns = clock_mono_ns();
	for (;;) {
		pfd[1] = (struct pollfd){ .fd = s->broken == NULL ? s->fd : -1,
		    .events = POLLIN };
		n = poll(pfd, 2, clock_poll_ms(s->next_ns, clock_mono_ns()));
		if (n > 0 && pfd[0].revents != 0 && command(s))
			return;
		if (n > 0 && pfd[1].revents != 0)
			receive(s);
		if (clock_mono_ns() < s->next_ns)
			continue;
		s->next_ns = clock_mono_ns() + s->every_ms * NS_PER_MS;
		if (s->broken == NULL)
			say(s);
	}
}

int
main(int argc, char **argv)
{
	struct stream s = { .every_ms = 50, .peer = "none" };
	const char *port = "7001";
	struct addrinfo *ai;
	bool server = false;
	int ch;

	while ((ch = getopt(argc, argv, "i:p:s")) != -1)
		switch (ch) {
		case 'i':
			s.every_ms = atoi(optarg);
			break;
		case 'p':
			port = optarg;
			break;
		case 's':
			server = true;
			break;
		default:
			errx(2, "usage: stream [-s] [-i ms] [-p port] address");
		}
	if (optind + 1 != argc || s.every_ms <= 0)
		errx(2, "usage: stream [-s] [-i ms] [-p port] address");
	ai = parse(argv[optind], port);
	if (server)
		serve(ai);
	run(&s, ai);
	freeaddrinfo(ai);
	return 0;
}
