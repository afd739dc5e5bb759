/* SPDX-License-Identifier: ISC */
/*
 * probe_nd: where is the gateway?  Neighbour discovery over Ethernet, RFC
 * 4861.  What is in flight and what an answer is for is neigh.c's.
 *
 * Always by the group of the neighbour's address, which nobody else but by
 * chance is in: to ask the neighbour alone would be to ask the kernel first,
 * which sends solicitations of its own whenever it is not sure.
 */
#include <sys/socket.h>

#include <string.h>

#include "probes/neigh.h"

#define SOLICIT		135
#define ADVERT		136
#define ND_BYTES	24	/* before the options */
#define OPTION_BYTES	8
#define AT_FLAGS	4
#define AT_TARGET	8
#define SOLICITED	0x40
#define SOURCE_LLADDR	1
#define HOPS		255	/* else it came from elsewhere */

/* ff02::1:ff00:0/104, RFC 4291, 2.7.1 */
static const uint8_t group[] = { 0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
    0xff };

static const uint8_t none[16];

static void
nd_write(struct sys_frame *f, const struct neigh_ask *ask)
{
	unsigned char *option = f->bytes + ND_BYTES;

	f->src = ask->from;
	f->dst = ask->of;
	memcpy(f->dst.bytes, group, sizeof(group));
	memset(f->bytes, 0, ND_BYTES + OPTION_BYTES);
	f->bytes[0] = SOLICIT;
	memcpy(f->bytes + AT_TARGET, ask->of.bytes, 16);
	/* So that the answer need not begin with a question. */
	option[0] = SOURCE_LLADDR;
	option[1] = OPTION_BYTES / 8;
	memcpy(option + 2, ask->lladdr, NET_LLADDR);
	f->len = ND_BYTES + OPTION_BYTES;
}

/* Their lengths, which are in units of 8 bytes, fill the message. */
static bool
options_fit(const unsigned char *b, size_t len)
{
	size_t n;

	for (; len > 0; b += n, len -= n) {
		n = len >= 2 ? (size_t)b[1] * 8 : 0;
		if (n == 0 || n > len)
			return false;
	}
	return true;
}

static bool
is_host(const struct net_addr *a)
{
	return a->family == AF_INET6 && a->bytes[0] != 0xff &&
	    memcmp(a->bytes, none, sizeof(none)) != 0;
}

/* RFC 4861, 7.1.2; the checksum has been the kernel's. */
static bool
nd_read(const struct sys_frame *f, const uint8_t *lladdr,
    struct neigh_answer *out)
{
	const unsigned char *b = f->bytes;

	(void)lladdr;
	if (f->hops != HOPS || f->len < ND_BYTES || b[0] != ADVERT ||
	    b[1] != 0 || (b[AT_FLAGS] & SOLICITED) == 0 ||
	    !is_host(&f->src) || !is_host(&f->dst) ||
	    !options_fit(b + ND_BYTES, f->len - ND_BYTES))
		return false;
	memset(out, 0, sizeof(*out));
	out->of.family = AF_INET6;
	memcpy(out->of.bytes, b + AT_TARGET, 16);
	out->to = f->dst;
	return true;
}

const struct neigh_wire neigh_nd = {
	.fam = NET_V6,
	.socket = POWER_ND,
	.write = nd_write,
	.read = nd_read,
};

static const struct option rows[] = {
	{ .name = "address", .type = OPTION_HOST,
	  .off = offsetof(struct neigh_opts, address), .required = true,
	  .word = "gateway",
	  .help = "Whom to solicit: `gateway`, or its IPv6 address." },
	{ .name = NULL }
};

static const struct option_set nd_set = {
	.name = "nd", .rows = rows, .size = sizeof(struct neigh_opts),
	.primary = "address", .check = neigh_check,
	.families = 1u << NET_V6, .gateway_only = true,
};

static int
nd_open(const struct probe_host *host, struct probe **out)
{
	return neigh_open(host, &nd_set, &neigh_nd, out);
}

extern const struct probe_kind probe_nd;
const struct probe_kind probe_nd = {
	.set = &nd_set,
	.open = nd_open,
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
