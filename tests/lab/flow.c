/* SPDX-License-Identifier: ISC */
/*
 * flow: a steady stream of numbered UDP packets and what became of them.
 *
 *	flow -s [-p port] address		echo server
 *	flow [-k] [-a source] [-i ms] [-n count] [-p port] address
 *
 * The client sends one packet every interval on an absolute timetable; the
 * server answers with the number and the address it saw the packet come from,
 * which behind NAT tells the uplink.  Each packet is a new flow (a source
 * port of its own), because only new flows show what the routing says: an
 * established one follows its conntrack entry.  With masquerade the kernel
 * drops the first packet that would leave by another interface, forgets the
 * entry and takes the new address from the next packet on; with `snat to` the
 * old address stays and the flow is dead on the other line.  -k keeps one
 * port, to see just that.
 *
 * Output, times monotonic:
 *	gap first=SEQ lost=N ms=LENGTH start_ns=T	when a later one is answered
 *	report WORD sent=N answered=N lost=N gaps=N longest_ms=X ADDRESS=N ...
 * The second on "report WORD" at standard input (since the report before) and
 * at the end: after count packets, on "end", or when standard input ends.
 */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"

#define SOCKS		512	/* flows that may still be answered */
#define PORT_LOW	20000	/* 40000 ports outlive a conntrack entry */
#define PORT_SPAN	40000
#define GRACE_NS	(200 * NS_PER_MS)
#define VIAS		8

struct packet {
	int64_t		sent_ns;
	bool		answered;
};

struct via {
	char		text[INET6_ADDRSTRLEN];
	unsigned long	count;
};

struct flow {
	struct sockaddr_storage to, from;
	socklen_t	 len;
	bool		 keep;
	int64_t		 every_ns, next_ns;
	uint64_t	 count;		/* 0 = until the end of input */
	int		 epoll, timer;
	int		 socks[SOCKS];	/* by number modulo SOCKS; -1 */
	unsigned	 port;
	struct packet	*packets;
	size_t		 room;
	uint64_t	 sent, answered_next, reported;
	struct via	 via[VIAS];
};

static void
set_port(struct sockaddr_storage *ss, unsigned port)
{
	if (ss->ss_family == AF_INET6)
		((struct sockaddr_in6 *)(void *)ss)->sin6_port =
		    htons((uint16_t)port);
	else
		((struct sockaddr_in *)(void *)ss)->sin_port =
		    htons((uint16_t)port);
}

static void
parse(const char *text, const char *port, struct sockaddr_storage *ss,
    socklen_t *len)
{
	struct addrinfo hint = { .ai_flags = AI_NUMERICHOST,
	    .ai_socktype = SOCK_DGRAM }, *ai;
	int rc;

	if ((rc = getaddrinfo(text, port, &hint, &ai)) != 0)
		errx(2, "%s: %s", text, gai_strerror(rc));
	memcpy(ss, ai->ai_addr, ai->ai_addrlen);
	*len = ai->ai_addrlen;
	freeaddrinfo(ai);
}

static void
serve(const struct flow *f)
{
	struct sockaddr_storage peer;
	socklen_t len;
	char buf[128], host[INET6_ADDRSTRLEN];
	ssize_t n;
	int s;

	if ((s = socket(f->to.ss_family, SOCK_DGRAM, 0)) == -1 ||
	    bind(s, (const struct sockaddr *)&f->to, f->len) == -1)
		err(1, "server");
	for (;;) {
		len = sizeof(peer);
		n = recvfrom(s, buf, 32, 0, (struct sockaddr *)&peer, &len);
		if (n <= 0 || getnameinfo((struct sockaddr *)&peer, len, host,
		    sizeof(host), NULL, 0, NI_NUMERICHOST) != 0)
			continue;
		n += snprintf(buf + n, sizeof(buf) - (size_t)n, " %s", host);
		(void)sendto(s, buf, (size_t)n, 0, (struct sockaddr *)&peer,
		    len);
	}
}

/* A socket with a port that no flow of the last minutes had. */
static int
open_flow(struct flow *f)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int s, tries;

	s = socket(f->to.ss_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (s == -1)
		err(1, "socket");
	for (tries = 0; tries < PORT_SPAN; tries++) {
		f->port = (f->port + 1) % PORT_SPAN;
		set_port(&f->from, PORT_LOW + f->port);
		if (bind(s, (struct sockaddr *)&f->from, f->len) == 0)
			break;
		if (errno != EADDRINUSE)
			err(1, "bind");
	}
	ev.data.fd = s;
	if (connect(s, (struct sockaddr *)&f->to, f->len) == -1 ||
	    epoll_ctl(f->epoll, EPOLL_CTL_ADD, s, &ev) == -1)
		err(1, "connect");
	return s;
}

static void
send_next(struct flow *f)
{
	size_t slot = f->keep ? 0 : f->sent % SOCKS;
	char buf[32];
	int n;

	if (f->sent == f->room) {
		f->room = f->room * 2 + 1024;
		f->packets = realloc(f->packets, f->room * sizeof(*f->packets));
		if (f->packets == NULL)
			err(1, "memory");
	}
	if (!f->keep && f->socks[slot] != -1) {
		close(f->socks[slot]);
		f->socks[slot] = -1;
	}
	if (f->socks[slot] == -1)
		f->socks[slot] = open_flow(f);
	n = snprintf(buf, sizeof(buf), "%" PRIu64, f->sent);
	f->packets[f->sent] = (struct packet){ .sent_ns = clock_mono_ns() };
	/* What the kernel refuses to send is lost like any other packet. */
	(void)send(f->socks[slot], buf, (size_t)n, 0);
	f->sent++;
}

static void
count_via(struct flow *f, const char *text)
{
	size_t i;

	for (i = 0; i < VIAS; i++) {
		if (f->via[i].text[0] == '\0')
			snprintf(f->via[i].text, sizeof(f->via[i].text), "%s",
			    text);
		if (strcmp(f->via[i].text, text) == 0) {
			f->via[i].count++;
			return;
		}
	}
}

static void
answered(struct flow *f, uint64_t seq, const char *from)
{
	if (seq >= f->sent || f->packets[seq].answered)
		return;
	f->packets[seq].answered = true;
	count_via(f, from);
	if (seq < f->answered_next)
		return;
	if (seq > f->answered_next) {
		printf("gap first=%" PRIu64 " lost=%" PRIu64
		    " ms=%.1f start_ns=%" PRId64 "\n", f->answered_next,
		    seq - f->answered_next, (double)(f->packets[seq].sent_ns -
		    f->packets[f->answered_next].sent_ns) / 1e6,
		    f->packets[f->answered_next].sent_ns);
		fflush(stdout);
	}
	f->answered_next = seq + 1;
}

static void
receive(struct flow *f, int s)
{
	char buf[128], *from;
	uint64_t seq;
	ssize_t n;

	n = recv(s, buf, sizeof(buf) - 1, 0);
	if (n <= 0)
		return;		/* an ICMP error about a lost one */
	buf[n] = '\0';
	seq = strtoull(buf, &from, 10);
	if (*from == ' ')
		answered(f, seq, from + 1);
}

/* Packets too young to be called lost wait for the next report. */
static void
report(struct flow *f, const char *word)
{
	uint64_t i, n = 0, ok = 0, gaps = 0, start = 0;
	int64_t now = clock_mono_ns(), longest = 0, len;
	bool in_gap = false;

	for (i = f->reported; i < f->sent; i++) {
		if (now - f->packets[i].sent_ns < GRACE_NS)
			break;
		n++;
		if (f->packets[i].answered) {
			ok++;
			in_gap = false;
			continue;
		}
		if (!in_gap) {
			gaps++;
			start = i;
		}
		in_gap = true;
		len = f->packets[i].sent_ns - f->packets[start].sent_ns +
		    f->every_ns;
		longest = len > longest ? len : longest;
	}
	f->reported = i;
	printf("report %s sent=%" PRIu64 " answered=%" PRIu64 " lost=%" PRIu64
	    " gaps=%" PRIu64 " longest_ms=%.1f", word, n, ok, n - ok, gaps,
	    (double)longest / 1e6);
	for (i = 0; i < VIAS && f->via[i].text[0] != '\0'; i++)
		printf(" %s=%lu", f->via[i].text, f->via[i].count);
	memset(f->via, 0, sizeof(f->via));
	printf("\n");
	fflush(stdout);
}

/* True at the end. */
static bool
command(struct flow *f)
{
	char buf[256], *line, *rest = buf;
	ssize_t n;

	n = read(STDIN_FILENO, buf, sizeof(buf) - 1);
	if (n <= 0)
		return true;
	buf[n] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL)
		if (strncmp(line, "report ", 7) == 0)
			report(f, line + 7);
		else if (strcmp(line, "end") == 0)
			return true;
	return false;
}

static void
set_timer(struct flow *f, int64_t at_ns)
{
	struct itimerspec it = { .it_value = {
	    .tv_sec = at_ns / NS_PER_S, .tv_nsec = at_ns % NS_PER_S } };

	if (timerfd_settime(f->timer, TFD_TIMER_ABSTIME, &it, NULL) == -1)
		err(1, "timer");
}

/* False when all is sent and the last answer had its time. */
static bool
tick(struct flow *f)
{
	uint64_t expired;

	(void)read(f->timer, &expired, sizeof(expired));
	if (f->count != 0 && f->sent == f->count)
		return false;
	send_next(f);
	f->next_ns += f->every_ns;
	set_timer(f, f->count != 0 && f->sent == f->count ?
	    clock_mono_ns() + GRACE_NS + 50 * NS_PER_MS : f->next_ns);
	return true;
}

static void
watch(struct flow *f, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(f->epoll, EPOLL_CTL_ADD, fd, &ev) == -1)
		err(1, "epoll");
}

static void
run(struct flow *f)
{
	struct epoll_event ev[64];
	int i, n;
	bool more = true;

	f->epoll = epoll_create1(EPOLL_CLOEXEC);
	f->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (f->epoll == -1 || f->timer == -1)
		err(1, "epoll");
	watch(f, f->timer);
	if (f->count == 0)
		watch(f, STDIN_FILENO);
	f->next_ns = clock_mono_ns() + f->every_ns;
	f->port = (unsigned)(f->next_ns / NS_PER_US % PORT_SPAN);
	set_timer(f, f->next_ns);
	while (more) {
		n = epoll_wait(f->epoll, ev, 64, -1);
		for (i = 0; i < n; i++)
			if (ev[i].data.fd == f->timer)
				more = tick(f) && more;
			else if (ev[i].data.fd == STDIN_FILENO)
				more = !command(f) && more;
			else
				receive(f, ev[i].data.fd);
	}
	report(f, "end");
}

static void
usage(void)
{
	fprintf(stderr, "usage: flow -s [-p port] address\n"
	    "       flow [-k] [-a source] [-i ms] [-n count] [-p port] "
	    "address\n");
	exit(2);
}

int
main(int argc, char **argv)
{
	struct flow f = { .every_ns = 10 * NS_PER_MS };
	const char *port = "7000", *source = NULL;
	bool server = false;
	size_t i;
	int ch;

	while ((ch = getopt(argc, argv, "a:i:kn:p:s")) != -1)
		switch (ch) {
		case 'a':
			source = optarg;
			break;
		case 'i':
			f.every_ns = strtoll(optarg, NULL, 10) * NS_PER_MS;
			break;
		case 'k':
			f.keep = true;
			break;
		case 'n':
			f.count = strtoull(optarg, NULL, 10);
			break;
		case 'p':
			port = optarg;
			break;
		case 's':
			server = true;
			break;
		default:
			usage();
		}
	if (optind + 1 != argc || f.every_ns <= 0)
		usage();
	parse(argv[optind], port, &f.to, &f.len);
	if (server)
		serve(&f);
	f.from.ss_family = f.to.ss_family;
	if (source != NULL)
		parse(source, NULL, &f.from, &f.len);
	for (i = 0; i < SOCKS; i++)
		f.socks[i] = -1;
	run(&f);
	free(f.packets);
	return 0;
}
