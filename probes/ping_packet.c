/* SPDX-License-Identifier: ISC */
/*
 * ping_packet: writes and reads echo packets without trusting a byte.
 */
#include "probes/ping_packet.h"

#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#define ECHO_V4		8
#define REPLY_V4	0
#define ECHO_V6		128
#define REPLY_V6	129
#define IP_MIN		20
#define PROTO_ICMP	1

static void
put(unsigned char *at, uint64_t value, size_t n)
{
	while (n-- > 0) {
		at[n] = (unsigned char)value;
		value >>= 8;
	}
}

static uint64_t
get(const unsigned char *at, size_t n)
{
	uint64_t value = 0;

	while (n-- > 0)
		value = value << 8 | *at++;
	return value;
}

/* RFC 1071; 0 over a packet that carries its right checksum. */
static uint16_t
checksum(const unsigned char *at, size_t len)
{
	uint32_t sum = 0;

	for (; len > 1; len -= 2, at += 2)
		sum += (uint32_t)(at[0] << 8 | at[1]);
	if (len == 1)
		sum += (uint32_t)at[0] << 8;
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

void
ping_write(enum net_fam fam, const struct ping_echo *e,
    unsigned char buf[PING_BYTES])
{
	memset(buf, 0, PING_BYTES);
	buf[0] = fam == NET_V4 ? ECHO_V4 : ECHO_V6;
	put(buf + 4, e->id, 2);
	put(buf + 6, e->seq, 2);
	put(buf + 8, e->token, 8);
	put(buf + 16, e->round, 8);
	put(buf + 24, e->target, 4);
	if (fam == NET_V4)
		put(buf + 2, checksum(buf, PING_BYTES), 2);
}

/* Length of a plausible IPv4 header in front, 0 if there is none. */
static size_t
ip_header(const unsigned char *b, size_t len, struct net_addr *src)
{
	size_t n;

	if (len < IP_MIN || b[0] >> 4 != 4 || b[9] != PROTO_ICMP)
		return 0;
	n = (size_t)(b[0] & 15) * 4;
	if (n < IP_MIN || n > len)
		return 0;
	memset(src, 0, sizeof(*src));
	src->family = AF_INET;
	memcpy(src->bytes, b + 12, 4);
	return n;
}

int
ping_read(enum net_fam fam, const unsigned char *b, size_t len,
    struct ping_echo *e, struct net_addr *src)
{
	size_t head = 0;

	if (fam == NET_V4) {
		head = ip_header(b, len, src);
		if (head == 0)
			return -EPROTO;
	}
	b += head;
	len -= head;
	if (len != PING_BYTES || b[1] != 0 ||
	    b[0] != (fam == NET_V4 ? REPLY_V4 : REPLY_V6))
		return -EPROTO;
	/* The kernel checks it for ICMPv6, but not for raw IPv4 sockets. */
	if (fam == NET_V4 && checksum(b, len) != 0)
		return -EPROTO;
	e->id = (uint16_t)get(b + 4, 2);
	e->seq = (uint16_t)get(b + 6, 2);
	e->token = get(b + 8, 8);
	e->round = get(b + 16, 8);
	e->target = (uint32_t)get(b + 24, 4);
	return 0;
}

bool
ping_proves(const struct ping_echo *e, const struct net_addr *src,
    int ifindex, const struct ping_proof *p)
{
	return e->id == p->id && e->token == p->token &&
	    e->seq == (uint16_t)e->round &&
	    (ifindex == 0 || ifindex == p->ifindex) &&
	    net_addr_eq(src, &p->addr);
}
