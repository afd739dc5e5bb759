/* SPDX-License-Identifier: ISC */
/*
 * net: comparing and writing addresses, routes and rules.  Pure; any thread.
 */
#include "lib/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/must.h"

enum net_fam
net_fam(int family)
{
	MUST(family == AF_INET || family == AF_INET6);
	return family == AF_INET ? NET_V4 : NET_V6;
}

int
net_family(enum net_fam fam)
{
	return fam == NET_V4 ? AF_INET : AF_INET6;
}

int
net_addr_parse(const char *text, struct net_addr *a)
{
	struct net_addr out;

	memset(&out, 0, sizeof(out));
	out.family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
	if (inet_pton(out.family, text, out.bytes) != 1)
		return -EINVAL;
	*a = out;
	return 0;
}

const char *
net_addr_text(const struct net_addr *a, char buf[NET_ADDR_TEXT])
{
	if (a->family == NET_AUTO)
		snprintf(buf, NET_ADDR_TEXT, "auto");
	else if (a->family == 0 ||
	    inet_ntop(a->family, a->bytes, buf, NET_ADDR_TEXT) == NULL)
		snprintf(buf, NET_ADDR_TEXT, "-");
	return buf;
}

static size_t
addr_len(int family)
{
	return family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
}

bool
net_addr_eq(const struct net_addr *a, const struct net_addr *b)
{
	return a->family == b->family &&
	    memcmp(a->bytes, b->bytes, addr_len(a->family)) == 0;
}

bool
net_addr_linklocal(const struct net_addr *a)
{
	if (a->family == AF_INET)
		return a->bytes[0] == 169 && a->bytes[1] == 254;
	return a->family == AF_INET6 && a->bytes[0] == 0xfe &&
	    (a->bytes[1] & 0xc0) == 0x80;
}

bool
net_addr_within(const struct net_addr *addr, const struct net_addr *net,
    unsigned bits)
{
	uint8_t mask;
	size_t i;

	if (net->family != addr->family)
		return false;
	for (i = 0; i < addr_len(net->family) && bits > 0; i++) {
		mask = bits >= 8 ? 0xff : (uint8_t)(0xff00 >> bits);
		if (((net->bytes[i] ^ addr->bytes[i]) & mask) != 0)
			return false;
		bits -= bits >= 8 ? 8 : bits;
	}
	return true;
}

bool
net_addr_is_prefix(const struct net_addr *a, unsigned len)
{
	size_t i;

	for (i = len; i < addr_len(a->family) * 8; i++)
		if ((a->bytes[i / 8] & 0x80 >> i % 8) != 0)
			return false;
	return len <= addr_len(a->family) * 8;
}

bool
net_ifaddr_covers(const struct net_ifaddr *a, const struct net_addr *addr)
{
	return net_addr_within(addr, a->peer.family != 0 ? &a->peer : &a->addr,
	    a->prefixlen);
}

bool
net_ifname_ok(const char *name)
{
	size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_.-");

	return n > 0 && n < NET_IFNAME_MAX && name[n] == '\0' &&
	    name[0] != '-' && name[0] != '.';
}

bool
net_hop_eq(const struct net_hop *a, const struct net_hop *b)
{
	return a->index == b->index && a->weight == b->weight &&
	    a->onlink == b->onlink && net_addr_eq(&a->via, &b->via);
}

/* As sets: the kernel keeps its own order.  No hop counts twice. */
static bool
hops_eq(const struct net_route *a, const struct net_route *b)
{
	bool used[NET_HOPS_MAX] = { false };
	size_t i, n;

	if (a->nhops != b->nhops)
		return false;
	for (i = 0; i < a->nhops; i++) {
		for (n = 0; n < b->nhops; n++)
			if (!used[n] && net_hop_eq(&a->hops[i], &b->hops[n]))
				break;
		if (n == b->nhops)
			return false;
		used[n] = true;
	}
	return true;
}

bool
net_route_eq(const struct net_route *a, const struct net_route *b)
{
	return a->family == b->family && a->table == b->table &&
	    a->metric == b->metric && a->protocol == b->protocol &&
	    a->scope == b->scope && a->type == b->type && a->tos == b->tos &&
	    net_addr_eq(&a->prefsrc, &b->prefsrc) &&
	    a->extra_len == b->extra_len &&
	    memcmp(a->extra, b->extra, a->extra_len) == 0 && hops_eq(a, b);
}

bool
net_rule_eq(const struct net_rule *a, const struct net_rule *b)
{
	return a->family == b->family && a->priority == b->priority &&
	    a->table == b->table && a->protocol == b->protocol &&
	    strcmp(a->oif, b->oif) == 0 && net_addr_eq(&a->from, &b->from) &&
	    a->from_len == b->from_len && a->ipproto == b->ipproto &&
	    memcmp(a->dport, b->dport, sizeof(a->dport)) == 0 &&
	    a->unreachable == b->unreachable &&
	    a->mark == b->mark && a->mask == b->mask &&
	    a->suppress_prefixlen == b->suppress_prefixlen &&
	    a->foreign == b->foreign;
}
