/* SPDX-License-Identifier: ISC */
/*
 * sys_fake: a simulated kernel behind lib/sys.h, for tests and the simulator.
 * It holds links, addresses, default routes per family and table, and rules,
 * and forgets, refuses and tells as Linux was seen to do (sys_fake_fib.c).
 *
 * Every struct sys is a handle on one kernel.  sys_open makes a new kernel,
 * unless the thread has chosen one with fake_use: then it is one more handle
 * on that, with its own notices, as a second netlink socket would be.  A
 * kernel ends with its last handle.  A kernel belongs to one thread.
 *
 * What is below takes any handle, and is the hardware's or the administrator's
 * hand: it is not counted as a write and all watching handles hear of it.
 */
#ifndef UPLINKD_LIB_SYS_FAKE_H
#define UPLINKD_LIB_SYS_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net.h"
#include "lib/sys.h"

#define FAKE_TABLE_LOCAL	255u
#define FAKE_TABLE_MAIN		254u
#define FAKE_TABLE_DEFAULT	253u
#define FAKE_PROTO_STATIC	4
#define FAKE_SCOPE_LINK		253
#define FAKE_TYPE_UNICAST	1
#define FAKE_LOG_MAX		256

enum fake_op {
	FAKE_OPEN = 1, FAKE_LINKS, FAKE_ADDRS, FAKE_ROUTES, FAKE_RULES,
	FAKE_ROUTE_SET, FAKE_ROUTE_DEL, FAKE_RULE_ADD, FAKE_RULE_DEL,
	FAKE_WATCH, FAKE_ICMP, FAKE_ARP, FAKE_ND, FAKE_FIND, FAKE_REPLY,
	FAKE_NFT_LOOK, FAKE_NFT_RUN, FAKE_NOP
};

/* Thread: owner.  sys_open and sys_*_open of this thread; NULL = none. */
void	fake_use(struct sys *);

/*
 * Thread: owner.  Links.  A new one is up with carrier and gets an index that
 * no other had before; -EEXIST.  Others: -ENODEV if there is none so named.
 */
int	fake_link_add(struct sys *, const char *name, int *index);
int	fake_link_del(struct sys *, const char *name);
int	fake_link_admin(struct sys *, const char *name, bool up);
int	fake_link_carrier(struct sys *, const char *name, bool carrier);
int	fake_link_rename(struct sys *, const char *from, const char *to);
/* A new one has 02:00:00:00:00:INDEX; NULL: none, as a tunnel. */
int	fake_link_lladdr(struct sys *, const char *name, const uint8_t *);
/* 0 if there is none. */
int	fake_link_index(struct sys *, const char *name);

/*
 * Thread: owner.  addr is "192.0.2.2/24" or "2001:db8::2/64", or of a
 * point-to-point link "192.0.2.2 peer 192.0.2.1/32".  -EINVAL, -ENODEV, -EEXIST, -EADDRNOTAVAIL; IPv6 on a link that is down is taken, but
 * does not live through the next time it goes down, as in the kernel.
 */
int	fake_addr_add(struct sys *, const char *ifname, const char *addr);
int	fake_addr_del(struct sys *, const char *ifname, const char *addr);
/* Tentative, duplicate or deprecated (usable false), or fit again. */
int	fake_addr_usable(struct sys *, const char *ifname, const char *addr,
	    bool usable);

/*
 * Thread: owner.  net.ipv4.conf.IFNAME.rp_filter: 0 off (as at first), 1
 * strict, 2 loose.  sys_reply_check answers by it; no other packet is held up.
 */
void	fake_rp_filter(struct sys *, const char *ifname, int mode);

/*
 * Thread: owner.  The administrator's `ip route add`, `replace`, `append` and
 * `del`, with the answers that sys_route_set would get; add: -EEXIST.
 */
int	fake_route_add(struct sys *, const struct net_route *);
int	fake_route_replace(struct sys *, const struct net_route *);
int	fake_route_append(struct sys *, const struct net_route *);
int	fake_route_del(struct sys *, const struct net_route *);
/* Routes of a table (0 = any) and protocol (0 = any); returns how many. */
size_t	fake_route_flush(struct sys *, int family, uint32_t table,
	    uint8_t protocol);
int	fake_rule_add(struct sys *, const struct net_rule *);
int	fake_rule_del(struct sys *, const struct net_rule *);
size_t	fake_rule_flush(struct sys *, int family, uint8_t protocol);

/*
 * Thread: any; pure.  Building blocks.  fake_route: a unicast route without
 * hops, protocol static; fake_hop adds one (via NULL = on-link), weight >= 1.
 * Both MUST that the texts are addresses and that there is room.
 */
struct net_route	fake_route(int family, uint32_t table,
			    uint32_t metric);
void	fake_hop(struct net_route *, const char *via, int index,
	    unsigned weight);
/* A rule with no selector and protocol static. */
struct net_rule	fake_rule(int family, uint32_t priority, uint32_t table);

/*
 * Thread: owner.  Calls of sys_* that go wrong: the next one, or the nth from
 * now (1 = next), answers err (-errno) and changes nothing.  One per op at a
 * time; err 0 takes it back.
 */
void	fake_fail_next(struct sys *, enum fake_op, int err);
void	fake_fail_nth(struct sys *, enum fake_op, unsigned nth, int err);
/* All of them, until err 0. */
void	fake_fail_all(struct sys *, enum fake_op, int err);

/* What was written through sys_* by any handle; refused ones too. */
struct fake_write {
	enum fake_op	op;	/* FAKE_ROUTE_SET, ... FAKE_RULE_DEL */
	int		err;	/* 0, or the answer */
	struct net_route route;	/* as it was given */
	struct net_rule	rule;
};

/* Thread: owner.  Accepted ones since the start or the last clear. */
size_t	fake_writes(const struct sys *);
/* Accepted and refused. */
size_t	fake_attempts(const struct sys *);
void	fake_writes_clear(struct sys *);
/*
 * Thread: owner.  The log, oldest first; the last FAKE_LOG_MAX are kept.
 * NULL if there is no such entry.  Valid until the next write.
 */
const struct fake_write	*fake_write_at(const struct sys *, size_t n);
size_t	fake_write_count(const struct sys *);
/* Calls of an operation since the start, failed ones too. */
size_t	fake_calls(const struct sys *, enum fake_op);

/*
 * Thread: owner.  The packet filter has one table, whose rules are a text: what
 * sys_nft_run was given, or what somebody puts in its place (NULL: nothing).
 */
void	fake_nft(struct sys *, const char *text);
/* NULL: there is no table. */
const char	*fake_nft_text(const struct sys *);

/* A packet on its way out; what is unset is not known of it. */
struct fake_packet {
	int		family;
	const char	*oif;		/* bound to this device; NULL */
	struct net_addr	from;		/* family 0: none chosen yet */
	struct net_addr	to;		/* family 0: somewhere far */
	uint8_t		ipproto;	/* 0: none that a rule names */
	uint16_t	dport;
	uint32_t	mark;
};

/* Where it goes; more than one hop: by hash. */
struct fake_way {
	uint32_t	table, metric;
	uint8_t		type;		/* RTN_UNICAST, or a refusal */
	bool		connected;	/* to is a neighbour by an address */
	size_t		nhops;		/* those that may be chosen */
	struct net_hop	hops[NET_HOPS_MAX];
};

/* Thread: owner.  0; -ENETUNREACH; -ENODEV: no interface oif. */
int	fake_lookup(struct sys *, const struct fake_packet *,
	    struct fake_way *);
/* A lookup as text: "ext1+ext2", "none"; interfaces by name.  Returns buf. */
const char	*fake_lookup_text(struct sys *, const struct fake_packet *,
	    char *buf, size_t len);

/*
 * Thread: owner.  True once a write through sys_* has left plain packets of
 * the family (no mark, no source, no device) without any way, or main without
 * a default, although there was one before it.  What the hardware or the
 * administrator takes away does not count.  Clearing it is not possible.
 */
bool	fake_ever_defaultless(const struct sys *, int family);

/*
 * Thread: owner.  Notices that a handle holds at most (default 256) before
 * they are lost and sys_watch_next says -ENOBUFS; fake_overrun loses those of
 * all handles now.
 */
void	fake_notices_max(struct sys *, size_t);
void	fake_overrun(struct sys *);

/*
 * Thread: that of sys_icmp_open, sys_arp_open, sys_nd_open.  The far end of
 * the socket that this thread opened last: datagrams, non-blocking, the
 * caller's; -1 if it was handed out already.  What is not handed out is closed
 * when the next is opened, or by fake_use(NULL).  Those of arp and nd carry
 * whole struct sys_frame, both ways.
 */
int	fake_icmp_peer(void);

#endif
