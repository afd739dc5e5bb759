/* SPDX-License-Identifier: ISC */
/*
 * refuse: resets each attempt to connect to a port by TCP over IPv4, as a host
 * does where nobody listens, but from a process: the kernel would do it before
 * connect(2) returns at the other end of a veth, and no network is so quick.
 * The kernel's own answer is to be dropped by others.
 *
 *	refuse PORT
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>

struct segment {		/* with what its checksum is over, too */
	uint32_t	src, dst;
	uint8_t		zero, proto;
	uint16_t	len;
	struct tcphdr	tcp;
};

static void
die(const char *what)
{
	fprintf(stderr, "refuse: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint16_t
checksum(const void *p, size_t len)
{
	const uint8_t *b = p;
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)(b[i] << 8 | b[i + 1]);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* False: it is no first segment to this port. */
static bool
read_syn(const uint8_t *b, size_t len, uint16_t port, struct iphdr *ip,
    struct tcphdr *tcp)
{
	if (len < sizeof(*ip))
		return false;
	memcpy(ip, b, sizeof(*ip));
	if (ip->version != 4 || ip->protocol != IPPROTO_TCP ||
	    len < ip->ihl * 4u + sizeof(*tcp))
		return false;
	memcpy(tcp, b + ip->ihl * 4, sizeof(*tcp));
	return ntohs(tcp->dest) == port && tcp->syn && !tcp->ack;
}

static void
refuse(int fd, const struct iphdr *ip, const struct tcphdr *tcp)
{
	struct sockaddr_in from = { .sin_family = AF_INET,
	    .sin_addr.s_addr = ip->daddr };
	struct sockaddr_in to = { .sin_family = AF_INET,
	    .sin_addr.s_addr = ip->saddr };
	struct segment s = { .src = ip->daddr, .dst = ip->saddr,
	    .proto = IPPROTO_TCP, .len = htons(sizeof(s.tcp)) };

	s.tcp.source = tcp->dest;
	s.tcp.dest = tcp->source;
	s.tcp.ack_seq = htonl(ntohl(tcp->seq) + 1);
	s.tcp.doff = sizeof(s.tcp) / 4;
	s.tcp.rst = s.tcp.ack = 1;
	s.tcp.check = checksum(&s, sizeof(s));
	if (bind(fd, (struct sockaddr *)&from, sizeof(from)) == -1 ||
	    sendto(fd, &s.tcp, sizeof(s.tcp), 0, (struct sockaddr *)&to,
	    sizeof(to)) == -1)
		die("send");
}

int
main(int argc, char **argv)
{
	uint16_t port = argc == 2 ? (uint16_t)atoi(argv[1]) : 0;
	int in = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	int out = socket(AF_INET, SOCK_RAW, IPPROTO_TCP);
	struct tcphdr tcp;
	struct iphdr ip;
	uint8_t b[2048];
	ssize_t n;

	if (port == 0)
		return 2;
	if (in == -1 || out == -1)
		die("socket");
	for (;;) {
		n = recv(in, b, sizeof(b), 0);
		if (n == -1)
			die("recv");
		if (read_syn(b, (size_t)n, port, &ip, &tcp))
			refuse(out, &ip, &tcp);
	}
}
