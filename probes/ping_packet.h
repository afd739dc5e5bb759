/* SPDX-License-Identifier: ISC */
/*
 * ping_packet: ICMP and ICMPv6 echo as bytes.  Pure: what is sent, and what
 * must be found again in a reply.  RFC 792, RFC 4443.
 */
#ifndef UPLINKD_PROBES_PING_PACKET_H
#define UPLINKD_PROBES_PING_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net.h"

/* 8 bytes of ICMP header, then token, round and target. */
#define PING_BYTES	28

struct ping_echo {
	uint16_t	id, seq;	/* seq: the low bits of round */
	uint64_t	token;		/* random per run */
	uint64_t	round;
	uint32_t	target;
};

/* What must come with a reply for it to count. */
struct ping_proof {
	uint16_t	id;
	uint64_t	token;
	int		ifindex;	/* of the uplink's device */
	struct net_addr	addr;		/* of the target that it names */
};

/* Thread: any.  A request; the checksum of ICMPv6 is the kernel's. */
void	ping_write(enum net_fam, const struct ping_echo *,
	    unsigned char buf[PING_BYTES]);
/*
 * Thread: any.  A reply as a raw socket gives it: IPv4 with its IP header,
 * IPv6 without.  0 and *echo; -EPROTO: not a whole echo reply of ours, or its
 * checksum is wrong.  src is filled for IPv4 only.
 */
int	ping_read(enum net_fam, const unsigned char *bytes, size_t len,
	    struct ping_echo *echo, struct net_addr *src);
/*
 * Thread: any.  It came from the target, by the device, and carries what only
 * our request said.  ifindex 0: the socket tells no interface, so that its
 * binding to the device is all there is to go by.
 */
bool	ping_proves(const struct ping_echo *, const struct net_addr *src,
	    int ifindex, const struct ping_proof *);

#endif
