/* SPDX-License-Identifier: ISC */
/*
 * forge: what a hostile or broken neighbour may answer.  Sees the ICMP echo
 * requests that arrive on an interface and answers each with a reply that is
 * wrong in one thing:
 *	source	from an address that was not asked
 *	id	another identifier
 *	seq	a sequence number that was never sent
 *	old	the sequence number before
 *	token	one bit of the payload's token
 *	round	another round or target in the payload
 *	cut	half the payload
 *	sweep	200 guesses of identifier and sequence, an empty payload
 *	all	every one of these
 *	good	nothing wrong: shows that the forger could, if it knew
 * until standard input has a line or ends; then prints forged=N.  IPv4 only.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PACKET_MAX	256
#define ICMP_MAX	(PACKET_MAX - 20)
#define SWEEP		200
#define STRANGER	0xc000024dU	/* 192.0.2.77 */

struct forger {
	int		 raw;
	unsigned long	 forged;
	uint32_t	 src, dst;	/* of the reply, network order */
	size_t		 len;		/* of the ICMP part */
	unsigned char	 icmp[ICMP_MAX];
};

static uint16_t
checksum(const unsigned char *at, size_t len)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)(at[i] << 8 | at[i + 1]);
	if (len % 2 == 1)
		sum += (uint32_t)at[len - 1] << 8;
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* The kernel fills the IP checksum and length of a packet with its header. */
static void
emit(struct forger *f, uint32_t src, const unsigned char *icmp, size_t len)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
	    .sin_addr = { f->dst } };
	unsigned char packet[PACKET_MAX] = { 0 };
	struct iphdr ip = { .version = 4, .ihl = 5, .ttl = 64,
	    .protocol = IPPROTO_ICMP, .saddr = src, .daddr = f->dst };
	struct icmphdr head;

	ip.tot_len = htons((uint16_t)(sizeof(ip) + len));
	memcpy(packet, &ip, sizeof(ip));
	memcpy(packet + sizeof(ip), icmp, len);
	memcpy(&head, icmp, sizeof(head));
	head.type = ICMP_ECHOREPLY;
	head.checksum = 0;
	memcpy(packet + sizeof(ip), &head, sizeof(head));
	head.checksum = checksum(packet + sizeof(ip), len);
	memcpy(packet + sizeof(ip), &head, sizeof(head));
	if (sendto(f->raw, packet, sizeof(ip) + len, 0, (struct sockaddr *)&to,
	    sizeof(to)) == -1)
		err(1, "send");
	f->forged++;
}

/* A reply with one 16-bit field of the packet moved by so much. */
static void
shifted(struct forger *f, size_t at, unsigned by)
{
	unsigned char copy[ICMP_MAX];
	uint16_t value;

	memcpy(copy, f->icmp, f->len);
	memcpy(&value, copy + at, sizeof(value));
	value = htons((uint16_t)(ntohs(value) + by));
	memcpy(copy + at, &value, sizeof(value));
	emit(f, f->src, copy, f->len);
}

static void
forge_good(struct forger *f)
{
	emit(f, f->src, f->icmp, f->len);
}

static void
forge_source(struct forger *f)
{
	emit(f, htonl(STRANGER), f->icmp, f->len);
}

static void
forge_id(struct forger *f)
{
	shifted(f, 4, 1);
}

static void
forge_seq(struct forger *f)
{
	shifted(f, 6, 1000);
}

static void
forge_old(struct forger *f)
{
	shifted(f, 6, 0xffff);
}

static void
forge_token(struct forger *f)
{
	f->icmp[8] ^= 0x80;
	emit(f, f->src, f->icmp, f->len);
	f->icmp[8] ^= 0x80;
}

static void
forge_round(struct forger *f)
{
	shifted(f, 22, 1);
	shifted(f, 26, 1);
}

static void
forge_cut(struct forger *f)
{
	emit(f, f->src, f->icmp, f->len / 2);
}

static void
forge_sweep(struct forger *f)
{
	unsigned char guess[28] = { 0 };
	int i;

	for (i = 0; i < SWEEP; i++) {
		uint32_t word = (uint32_t)random();

		memcpy(guess + 4, &word, sizeof(word));
		emit(f, f->src, guess, sizeof(guess));
	}
}

static const struct {
	const char	*name;
	void		(*forge)(struct forger *);
} kinds[] = {
	{ "good", forge_good },		/* `all` is what follows */
	{ "source", forge_source },
	{ "id", forge_id },
	{ "seq", forge_seq },
	{ "old", forge_old },
	{ "token", forge_token },
	{ "round", forge_round },
	{ "cut", forge_cut },
	{ "sweep", forge_sweep },
};
#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

/* True for an echo request of the size that uplinkd sends. */
static bool
take_request(struct forger *f, const unsigned char *b, size_t len)
{
	struct iphdr ip;

	if (len < sizeof(ip))
		return false;
	memcpy(&ip, b, sizeof(ip));
	f->len = ntohs(ip.tot_len) - (size_t)ip.ihl * 4;
	if (ip.protocol != IPPROTO_ICMP || ntohs(ip.tot_len) > len ||
	    f->len < 28 || f->len > ICMP_MAX || b[ip.ihl * 4] != ICMP_ECHO)
		return false;
	memcpy(f->icmp, b + ip.ihl * 4, f->len);
	f->src = ip.daddr;
	f->dst = ip.saddr;
	return true;
}

static void
answer(struct forger *f, const char *mode)
{
	size_t i;

	for (i = 0; i < NKINDS; i++)
		if (strcmp(mode, kinds[i].name) == 0 ||
		    (i > 0 && strcmp(mode, "all") == 0))
			kinds[i].forge(f);
}

static int
listen_on(const char *ifname)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
	    .sll_protocol = htons(ETH_P_IP),
	    .sll_ifindex = (int)if_nametoindex(ifname) };
	int s = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));

	if (at.sll_ifindex == 0 || s == -1 ||
	    bind(s, (struct sockaddr *)&at, sizeof(at)) == -1)
		err(1, "%s", ifname);
	return s;
}

static bool
known(const char *mode)
{
	size_t i;

	for (i = 0; i < NKINDS; i++)
		if (strcmp(mode, kinds[i].name) == 0)
			return true;
	return strcmp(mode, "all") == 0;
}

int
main(int argc, char **argv)
{
	struct forger f = { .raw = -1 };
	struct sockaddr_ll from;
	socklen_t from_len;
	unsigned char buf[2048];
	struct pollfd p[2];
	ssize_t n;

	if (argc != 3 || !known(argv[2]))
		errx(2, "usage: forge interface kind");
	p[0] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = listen_on(argv[1]), .events = POLLIN };
	f.raw = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (f.raw == -1)
		err(1, "raw socket");
	while (poll(p, 2, -1) > 0) {
		if (p[0].revents != 0)
			break;
		if (p[1].revents == 0)
			continue;
		from_len = sizeof(from);
		n = recvfrom(p[1].fd, buf, sizeof(buf), 0,
		    (struct sockaddr *)&from, &from_len);
		if (n > 0 && from.sll_pkttype == PACKET_HOST &&
		    take_request(&f, buf, (size_t)n))
			answer(&f, argv[2]);
	}
	printf("forged=%lu\n", f.forged);
	return 0;
}
