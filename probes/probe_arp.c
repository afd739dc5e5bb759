/* SPDX-License-Identifier: ISC */
/*
 * probe_arp: where is the gateway?  ARP over Ethernet, RFC 826.  What is in
 * flight and what an answer is for is neigh.c's.
 *
 * A request is as RFC 5227 wants one of a host whose address is its own: with
 * that address as the sender's, so that it teaches others nothing wrong.  A
 * gateway that has answered is asked alone (the poll of RFC 1122, 2.3.2.1), the
 * other hosts of the network have no part in it.
 */
#include <sys/socket.h>

#include <string.h>

#include "probes/neigh.h"

#define ARP_BYTES	28
#define REQUEST		1
#define REPLY		2
/* Places in a packet: addresses of the sender and of the target. */
#define AT_OP		6
#define AT_SHA		8
#define AT_SPA		14
#define AT_THA		18
#define AT_TPA		24

/* Ethernet, IPv4, addresses of 6 and 4 bytes, first byte of the operation. */
static const uint8_t head[] = { 0, 1, 8, 0, 6, 4, 0 };

static const uint8_t nobody[NET_LLADDR];

static void
arp_write(struct sys_frame *f, const struct neigh_ask *ask)
{
	memset(f->lladdr, 0xff, NET_LLADDR);
	if (ask->known != NULL)
		memcpy(f->lladdr, ask->known, NET_LLADDR);
	memset(f->bytes, 0, ARP_BYTES);
	memcpy(f->bytes, head, sizeof(head));
	f->bytes[AT_OP + 1] = REQUEST;
	memcpy(f->bytes + AT_SHA, ask->lladdr, NET_LLADDR);
	memcpy(f->bytes + AT_SPA, ask->from.bytes, 4);
	memcpy(f->bytes + AT_TPA, ask->of.bytes, 4);
	f->len = ARP_BYTES;
}

static struct net_addr
addr_at(const unsigned char *at)
{
	struct net_addr a = { .family = AF_INET };

	memcpy(a.bytes, at, 4);
	return a;
}

/*
 * No router believes that a host is at a group's address (RFC 1812, 3.3.2);
 * and nobody else is at ours.
 */
static bool
is_elsewhere(const unsigned char *sha, const uint8_t *lladdr)
{
	return (sha[0] & 1) == 0 && memcmp(sha, nobody, NET_LLADDR) != 0 &&
	    memcmp(sha, lladdr, NET_LLADDR) != 0;
}

/* Ethernet pads it; what is behind the packet is nothing. */
static bool
arp_read(const struct sys_frame *f, const uint8_t *lladdr,
    struct neigh_answer *out)
{
	const unsigned char *b = f->bytes;

	if (f->len < ARP_BYTES || memcmp(b, head, sizeof(head)) != 0 ||
	    b[AT_OP + 1] != REPLY || !is_elsewhere(b + AT_SHA, lladdr) ||
	    memcmp(b + AT_THA, lladdr, NET_LLADDR) != 0)
		return false;
	out->of = addr_at(b + AT_SPA);
	out->to = addr_at(b + AT_TPA);
	memcpy(out->lladdr, b + AT_SHA, NET_LLADDR);
	return true;
}

const struct neigh_wire neigh_arp = {
	.fam = NET_V4,
	.socket = POWER_ARP,
	.sparing = true,
	.write = arp_write,
	.read = arp_read,
};

static const struct option rows[] = {
	{ .name = "address", .type = OPTION_HOST,
	  .off = offsetof(struct neigh_opts, address), .required = true,
	  .word = "gateway",
	  .help = "Whom to ask for by ARP: `gateway`, or its address." },
	{ .name = NULL }
};

static const struct option_set arp_set = {
	.name = "arp", .rows = rows, .size = sizeof(struct neigh_opts),
	.primary = "address", .check = neigh_check,
	.families = 1u << NET_V4, .gateway_only = true,
};

static int
arp_open(const struct probe_host *host, struct probe **out)
{
	return neigh_open(host, &arp_set, &neigh_arp, out);
}

extern const struct probe_kind probe_arp;
const struct probe_kind probe_arp = {
	.set = &arp_set,
	.open = arp_open,
	.close = neigh_close,
	.socket = neigh_socket,
	.send = neigh_send,
	.polls = neigh_polls,
	.ready = neigh_ready,
	.expire = neigh_expire,
	.forget = neigh_forget,
	.due = neigh_due,
	.spurious = neigh_spurious,
};
