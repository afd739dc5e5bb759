/* SPDX-License-Identifier: ISC */
/*
 * What the tests of probes/ share: the answer of a live host, byte by byte, as
 * a raw IPv4 socket shows it.  Not made by the code that reads it.
 */
#ifndef UPLINKD_TEST_PING_H
#define UPLINKD_TEST_PING_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/net.h"
#include "probes/ping_packet.h"

struct packet {
	unsigned char	b[256];
	size_t		len;
};

static inline uint16_t
ping_sum(const unsigned char *b, size_t len)
{
	uint32_t s = 0;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		s += (uint32_t)(b[i] << 8 | b[i + 1]);
	while (s >> 16 != 0)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}

/* Makes the checksum right (again, after a change). */
static inline void
ping_resum(struct packet *p)
{
	uint16_t s;

	p->b[22] = p->b[23] = 0;
	s = ping_sum(p->b + 20, PING_BYTES);
	p->b[22] = (unsigned char)(s >> 8);
	p->b[23] = (unsigned char)s;
}

static inline struct packet
ping_answer(const unsigned char icmp[PING_BYTES], const struct net_addr *src)
{
	struct packet p = { .len = 20 + PING_BYTES };

	p.b[0] = 0x45;
	p.b[8] = 60;
	p.b[9] = 1;
	memcpy(p.b + 12, src->bytes, 4);
	memcpy(p.b + 20, icmp, PING_BYTES);
	p.b[20] = 0;
	ping_resum(&p);
	return p;
}

#endif
