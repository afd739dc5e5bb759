/* SPDX-License-Identifier: ISC */
/*
 * echoed: when echo requests are right again after a change.  Sees all that
 * enters or leaves its namespace, on interfaces that come later, too.  It is
 * told on standard input, before a change and when it is complete,
 *	want NAME INTERFACE SOURCE TARGET...
 *	now
 * and answers when requests that came after the first by the interface from
 * the source (or `any`) were answered for every target, in milliseconds after
 * the second (0: not later than that):
 *	NAME right=MS since=MONO_NS
 * and with the next `want` or `end`, of the newest request that came otherwise
 * after the second (-1: none did):
 *	NAME wrong=MS
 * Requests are those to one of the targets of any `want` so far.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <err.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/net.h"

#define TARGETS	4
#define KNOWN	32

struct target {
	struct net_addr	addr;
	bool		asked, answered;
};

struct want {
	char		name[32], ifname[IF_NAMESIZE];
	int64_t		since_ns;	/* 0: the change is under way */
	int64_t		wrong_ns;
	struct net_addr	source;		/* family 0: any */
	struct target	targets[TARGETS];
	size_t		n;
	bool		told;
};

/* One echo packet. */
struct echo {
	bool		request;
	struct net_addr	src, dst;
	char		ifname[IF_NAMESIZE];
};

static struct net_addr known[KNOWN];	/* targets so far */
static size_t nknown;

static void
addr_set(struct net_addr *a, int family, const void *bytes)
{
	memset(a, 0, sizeof(*a));
	a->family = family;
	memcpy(a->bytes, bytes, family == AF_INET ? 4 : 16);
}

static bool
read_v4(const unsigned char *b, size_t len, struct echo *e)
{
	struct iphdr ip;
	size_t at;

	if (len < sizeof(ip))
		return false;
	memcpy(&ip, b, sizeof(ip));
	at = (size_t)ip.ihl * 4;
	if (ip.protocol != IPPROTO_ICMP || at + sizeof(struct icmphdr) > len)
		return false;
	addr_set(&e->src, AF_INET, &ip.saddr);
	addr_set(&e->dst, AF_INET, &ip.daddr);
	e->request = b[at] == ICMP_ECHO;
	return e->request || b[at] == ICMP_ECHOREPLY;
}

static bool
read_v6(const unsigned char *b, size_t len, struct echo *e)
{
	struct ip6_hdr ip;

	if (len < sizeof(ip) + sizeof(struct icmp6_hdr))
		return false;
	memcpy(&ip, b, sizeof(ip));
	if (ip.ip6_nxt != IPPROTO_ICMPV6)
		return false;
	addr_set(&e->src, AF_INET6, &ip.ip6_src);
	addr_set(&e->dst, AF_INET6, &ip.ip6_dst);
	e->request = b[sizeof(ip)] == ICMP6_ECHO_REQUEST;
	return e->request || b[sizeof(ip)] == ICMP6_ECHO_REPLY;
}

static bool
is_known(const struct net_addr *a)
{
	size_t i;

	for (i = 0; i < nknown; i++)
		if (net_addr_eq(&known[i], a))
			return true;
	return false;
}

static void
take_request(struct want *w, const struct echo *e, int64_t now_ns)
{
	size_t i;

	if (!is_known(&e->dst))
		return;
	if (strcmp(e->ifname, w->ifname) == 0 && (w->source.family == 0 ||
	    net_addr_eq(&e->src, &w->source)))
		for (i = 0; i < w->n; i++)
			if (net_addr_eq(&e->dst, &w->targets[i].addr)) {
				w->targets[i].asked = true;
				return;
			}
	if (w->since_ns != 0)
		w->wrong_ns = now_ns;
}

static void
take_reply(struct want *w, const struct echo *e)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (net_addr_eq(&e->src, &w->targets[i].addr) &&
		    strcmp(e->ifname, w->ifname) == 0 && (w->source.family ==
		    0 || net_addr_eq(&e->dst, &w->source)))
			w->targets[i].answered |= w->targets[i].asked;
}

/* Once, when all are answered. */
static void
tell(struct want *w, int64_t now_ns)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (!w->targets[i].answered)
			return;
	if (w->n == 0 || w->told || w->since_ns == 0)
		return;
	w->told = true;
	printf("%s right=%" PRId64 " since=%" PRId64 "\n", w->name,
	    (now_ns - w->since_ns) / NS_PER_MS, w->since_ns);
	fflush(stdout);
}

/* What entered for us, and what leaves. */
static void
take_packet(struct want *w, int s)
{
	struct sockaddr_ll from;
	socklen_t len = sizeof(from);
	unsigned char b[256];
	struct echo e;
	int64_t now_ns;
	ssize_t n;

	n = recvfrom(s, b, sizeof(b), 0, (struct sockaddr *)&from, &len);
	now_ns = clock_mono_ns();
	if (n <= 0 || w->name[0] == '\0' ||
	    if_indextoname((unsigned)from.sll_ifindex, e.ifname) == NULL)
		return;
	if (!(ntohs(from.sll_protocol) == ETH_P_IP ? read_v4(b, (size_t)n,
	    &e) : ntohs(from.sll_protocol) == ETH_P_IPV6 && read_v6(b,
	    (size_t)n, &e)))
		return;
	if (e.request && from.sll_pkttype == PACKET_HOST)
		take_request(w, &e, now_ns);
	if (!e.request && from.sll_pkttype == PACKET_OUTGOING)
		take_reply(w, &e);
	tell(w, now_ns);
}

static void
finish(const struct want *w)
{
	if (w->name[0] == '\0')
		return;
	printf("%s wrong=%" PRId64 "\n", w->name, w->wrong_ns == 0 ? -1 :
	    (w->wrong_ns - w->since_ns) / NS_PER_MS);
	fflush(stdout);
}

static void
take_target(struct want *w, const char *word)
{
	struct net_addr *a = &w->targets[w->n].addr;

	if (w->n == TARGETS || nknown == KNOWN || net_addr_parse(word, a) != 0)
		errx(2, "bad target: %s", word);
	w->n++;
	if (!is_known(a))
		known[nknown++] = *a;
}

/* False: the end. */
static bool
take_line(struct want *w, char *line)
{
	char *word, *save = NULL;

	word = strtok_r(line, " \n", &save);
	if (word != NULL && strcmp(word, "now") == 0) {
		w->since_ns = clock_mono_ns();
		tell(w, w->since_ns);
		return true;
	}
	finish(w);
	memset(w, 0, sizeof(*w));
	if (word == NULL || strcmp(word, "want") != 0)
		return false;
	word = strtok_r(NULL, " \n", &save);
	snprintf(w->name, sizeof(w->name), "%s", word != NULL ? word : "?");
	word = strtok_r(NULL, " \n", &save);
	snprintf(w->ifname, sizeof(w->ifname), "%s", word != NULL ? word :
	    "?");
	word = strtok_r(NULL, " \n", &save);
	if (word != NULL && strcmp(word, "any") != 0 &&
	    net_addr_parse(word, &w->source) != 0)
		errx(2, "bad source: %s", word);
	while ((word = strtok_r(NULL, " \n", &save)) != NULL)
		take_target(w, word);
	return true;
}

/* False: the end. */
static bool
take_lines(struct want *w, char *bytes, size_t *have)
{
	char *end;

	while ((end = strchr(bytes, '\n')) != NULL) {
		*end++ = '\0';
		if (!take_line(w, bytes))
			return false;
		*have -= (size_t)(end - bytes);
		memmove(bytes, end, *have + 1);
	}
	return true;
}

int
main(void)
{
	struct pollfd p[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
	    { .events = POLLIN } };
	struct want w = { .name = "" };
	char bytes[1024];
	size_t have = 0;
	ssize_t n;

	p[1].fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL));
	if (p[1].fd == -1)
		err(1, "packet socket");
	printf("ready\n");
	fflush(stdout);
	while (poll(p, 2, -1) > 0) {
		if (p[1].revents != 0)
			take_packet(&w, p[1].fd);
		if (p[0].revents == 0)
			continue;
		n = read(STDIN_FILENO, bytes + have, sizeof(bytes) - 1 - have);
		have += n > 0 ? (size_t)n : 0;
		bytes[have] = '\0';
		if (!take_lines(&w, bytes, &have) || n <= 0)
			break;
	}
	return 0;
}
