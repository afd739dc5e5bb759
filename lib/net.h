/* SPDX-License-Identifier: ISC */
/*
 * net: addresses, links, routes and rules as plain values, without a system's
 * own types.  Numbers of protocol, scope and flags are the kernel's.
 */
#ifndef UPLINKD_LIB_NET_H
#define UPLINKD_LIB_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_ADDR_TEXT	48	/* INET6_ADDRSTRLEN is 46 */
#define NET_IFNAME_MAX	16	/* IFNAMSIZ, with the NUL */
#define NET_LLADDR	6	/* bytes of an Ethernet address */
#define NET_HOPS_MAX	64
#define NET_EXTRA_MAX	256

/* Index of a family in per-family arrays. */
enum net_fam { NET_V4, NET_V6, NET_NFAM };

/* In configurations: an address that is found out at run time. */
#define NET_AUTO	(-1)

struct net_addr {
	int		family;		/* AF_INET, AF_INET6, 0 = none */
	uint8_t		bytes[16];	/* network order; 4 used for IPv4 */
};

struct net_link {
	int		index;
	char		name[NET_IFNAME_MAX];
	bool		up;		/* administratively */
	bool		carrier;	/* IFF_LOWER_UP and not dormant */
	bool		loopback;
	/* Has neighbours that are found by ARP and neighbour discovery. */
	bool		ethernet;
	uint8_t		lladdr[NET_LLADDR];	/* if so, its own address */
};

struct net_ifaddr {
	int		index;
	struct net_addr	addr;
	struct net_addr	peer;		/* of a point-to-point link, else none */
	unsigned	prefixlen;
	bool		global;		/* scope universe, not link or host */
	bool		usable;		/* not tentative, failed or deprecated */
};

struct net_hop {
	struct net_addr	via;		/* family 0: on-link, no gateway */
	int		index;		/* interface */
	unsigned	weight;		/* 1 to 256 */
	bool		onlink;		/* RTNH_F_ONLINK */
	bool		dead;		/* RTNH_F_DEAD or _LINKDOWN, from the kernel */
};

/* A default route (destination length 0). */
struct net_route {
	int		family;
	uint32_t	table;
	uint32_t	metric;		/* RTA_PRIORITY; IPv6 shows 1024 for 0 */
	uint8_t		protocol;	/* RTPROT_* */
	uint8_t		scope;
	uint8_t		type;		/* RTN_UNICAST, ... */
	uint8_t		tos;
	struct net_addr	prefsrc;
	size_t		nhops;
	struct net_hop	hops[NET_HOPS_MAX];
	/* Attributes we do not interpret (MTU, realms, ...), kept as found. */
	size_t		extra_len;
	uint8_t		extra[NET_EXTRA_MAX];
	bool		opaque;		/* has what we cannot write back */
};

/* A policy rule: selectors that are unset match all. */
struct net_rule {
	int		family;
	uint32_t	priority;
	uint32_t	table;
	uint8_t		protocol;
	char		oif[NET_IFNAME_MAX];	/* "" = any */
	struct net_addr	from;			/* family 0 = any */
	unsigned	from_len;		/* prefix of from; 0 = a host */
	uint8_t		ipproto;		/* IPPROTO_*; 0 = any */
	uint16_t	dport[2];		/* first and last; 0 = any */
	uint32_t	mark, mask;		/* mask 0 = any */
	int		suppress_prefixlen;	/* -1 = none */
	bool		unreachable;		/* ends here; table 0 */
	bool		foreign;		/* has selectors that are not above */
};

/* Thread: any, all of them: pure. */
enum net_fam	net_fam(int family);
int	net_family(enum net_fam);
/* 0 or -EINVAL; text form as inet_pton(3) takes, no scope suffix. */
int	net_addr_parse(const char *, struct net_addr *);
/* "-" for none, "auto"; returns buf. */
const char	*net_addr_text(const struct net_addr *, char buf[NET_ADDR_TEXT]);
bool	net_addr_eq(const struct net_addr *, const struct net_addr *);
/* IPv6 link-local (fe80::/10) or IPv4 169.254/16. */
bool	net_addr_linklocal(const struct net_addr *);
/* Is it within the prefix, which on a point-to-point link is the far end's? */
bool	net_ifaddr_covers(const struct net_ifaddr *, const struct net_addr *);
/* Is it in the network, which has so many bits? */
bool	net_addr_within(const struct net_addr *, const struct net_addr *net,
	    unsigned len);
/* No bit is set beyond the first len. */
bool	net_addr_is_prefix(const struct net_addr *, unsigned len);
/* What names an interface in our input: [A-Za-z0-9_.-]{1,15}, no leading - . */
bool	net_ifname_ok(const char *);
/* Same attributes and same hops in any order; dead flags are not compared. */
bool	net_route_eq(const struct net_route *, const struct net_route *);
bool	net_hop_eq(const struct net_hop *, const struct net_hop *);
bool	net_rule_eq(const struct net_rule *, const struct net_rule *);

#endif
