/* SPDX-License-Identifier: ISC */
/*
 * sys: everything asked of the operating system.  sys_linux*.c answers it
 * with netlink(7); sys_fake.c with a simulated kernel for tests.  A handle
 * belongs to one thread.  All return 0 (or what is said) or -errno.
 */
#ifndef UPLINKD_LIB_SYS_H
#define UPLINKD_LIB_SYS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net.h"

struct sys;

/* What the kernel said; a hint to look again, never the truth by itself. */
enum sys_notice_kind {
	SYS_NOTICE_LINK = 1,
	SYS_NOTICE_ADDR,
	SYS_NOTICE_ROUTE,	/* a default route, or one of our tables */
	SYS_NOTICE_RULE
};

struct sys_notice {
	enum sys_notice_kind kind;
	bool		gone;		/* RTM_DEL* */
	int		family;		/* ADDR, ROUTE, RULE */
	/*
	 * LINK; ADDR: index alone; ROUTE: index alone, of the interface that it
	 * leaves by, 0 if that is not one.
	 */
	struct net_link	link;
};

enum { SYS_WATCH_LINKS = 1, SYS_WATCH_ROUTES = 2 };	/* LINKS has addresses */

/* Which routing protocol number marks what is ours (see rtnetlink(7)). */
#define SYS_PROTO_OURS	57

/* Thread: the one that will use it. */
int	sys_open(struct sys **);
/* Thread: owner.  Clears *; NULL is fine. */
void	sys_close(struct sys **);

/*
 * Thread: owner.  Dumps; *out is malloc'd, the caller frees it.  A dump that
 * the kernel marks as interrupted (NLM_F_DUMP_INTR) is done again.
 */
int	sys_links(struct sys *, struct net_link **out, size_t *n);
int	sys_addrs(struct sys *, struct net_ifaddr **out, size_t *n);
/* Default routes of a table (0 = every table), IPv4 or IPv6. */
int	sys_routes(struct sys *, int family, uint32_t table,
	    struct net_route **out, size_t *n);
int	sys_rules(struct sys *, int family, struct net_rule **out, size_t *n);

/*
 * Thread: owner.  One message each.  set creates, or replaces the route of
 * the same table and metric (NLM_F_CREATE|NLM_F_REPLACE): no lookup ever
 * finds a hole.  Hops are written as given; -ENETUNREACH, -ENETDOWN, -ENODEV
 * as the kernel answers.  del names table, metric and protocol.
 */
int	sys_route_set(struct sys *, const struct net_route *);
int	sys_route_del(struct sys *, const struct net_route *);
int	sys_rule_add(struct sys *, const struct net_rule *);
int	sys_rule_del(struct sys *, const struct net_rule *);

/* Thread: owner.  Subscribes (SYS_WATCH_*); poll the descriptor. */
int	sys_watch(struct sys *, unsigned what, int *fd);
/*
 * Thread: owner.  1 = *notice filled, 0 = nothing more now, -ENOBUFS = notices
 * were lost: dump everything again.
 */
int	sys_watch_next(struct sys *, struct sys_notice *);

/*
 * Thread: any; needs CAP_NET_RAW.  *fd: raw ICMP or ICMPv6 socket,
 * non-blocking, close-on-exec, bound to the device, a locked filter that
 * passes echo replies with this id only, receive timestamps and packet info
 * on.  -ENODEV if there is no such interface.
 */
int	sys_icmp_open(int family, const char *ifname, uint16_t id, int *fd);

/*
 * Thread: owner.  The route by which a socket bound to the interface would
 * send to dst (RTM_GETROUTE with RTM_F_FIB_MATCH, rtnetlink(7)): *out has
 * table, protocol and one hop.  -ENETUNREACH: there is none, though Linux would
 * send (it takes any IPv4 destination for on-link then).
 */
int	sys_route_find(struct sys *, const struct net_addr *dst, int ifindex,
	    struct net_route *out);
/*
 * Thread: owner.  Would the kernel take a packet from src to our address dst
 * that enters by the interface?  0; -EXDEV: no, by rp_filter (ip-sysctl);
 * other -errno: it cannot be told.
 */
int	sys_reply_check(struct sys *, const struct net_addr *src,
	    const struct net_addr *dst, int ifindex);
/* Thread: any.  No power needed, if it is the first for this socket. */
int	sys_bind_device(int fd, const char *ifname);
/*
 * Thread: any.  The socket (TCP, UDP) gets what came in by this interface, and
 * nothing else.  One that is bound to a device still gets what this machine
 * tells itself about a destination of its own, or about one that its own packet
 * filter rejects.  -EPERM: this kernel wants CAP_NET_ADMIN for TCP.
 */
int	sys_only_by(int fd, int ifindex);
/*
 * Thread: any.  What became of a non-blocking connect(2) by TCP.  0: there is
 * or was a connection; *rtt_ns: from the SYN to its answer, 0 = not known.
 * -ECONNREFUSED: the other end reset it.  -EINPROGRESS.  -ETIMEDOUT: no answer,
 * or none but to a SYN that was sent again.  Others, with -EHOSTUNREACH for a
 * refusal by ICMP: somebody said no, or we did.
 */
int	sys_connect_end(int fd, int64_t *rtt_ns);
/*
 * Thread: owner.  Many descriptors behind one, close-on-exec, that can be read
 * while any of them is ready.  in: wait for input, else for room to write; for
 * errors always.  One is taken out before it is closed.
 */
int	sys_set_open(int *set);
int	sys_set_add(int set, int fd, bool in, void *what);
void	sys_set_del(int set, int fd);
/* Which are ready now, at most max; how many, or -errno. */
int	sys_set_ready(int set, void **what, int max);

/*
 * Thread: any; needs CAP_NET_RAW.  Non-blocking, close-on-exec, bound to the
 * device, with a locked filter, receive timestamps on.  arp: passes ARP replies
 * only (RFC 826).  nd: raw ICMPv6 socket that passes neighbour advertisements
 * only (RFC 4861).  -ENODEV; -EOPNOTSUPP: the device has no link-layer
 * addresses that its neighbours are asked for.
 */
int	sys_arp_open(const char *ifname, int *fd);
int	sys_nd_open(const char *ifname, int *fd);

#define SYS_FLOW_ADDRS_MAX	32

/* The connections of one line. */
struct sys_flows {
	size_t		naddrs;		/* its addresses, now and before */
	struct net_addr	addrs[SYS_FLOW_ADDRS_MAX];
	uint32_t	mark, mask;	/* its connection mark; mask 0: none */
	bool		spare[NET_NFAM];	/* none of this family */
};

/*
 * Thread: any; needs CAP_NET_ADMIN; takes milliseconds for each thousand
 * connections that are tracked.  Removes those of the line: by the mark, or
 * where there is no mark by an address of the line at either end of either
 * direction.  *seen: looked at.  What ends by itself meanwhile is no error.
 * ctnetlink, see libnetfilter_conntrack.
 */
int	sys_flows_kill(const struct sys_flows *, size_t *seen,
	    size_t *killed);

/* A table of the packet filter, of family inet. */
struct sys_nft {
	bool		there;
	/*
	 * Of its chains and rules, which are not to count packets; the same
	 * rules made anew have the same.
	 */
	uint64_t	digest;
	uint32_t	generation;	/* counts changes of the whole ruleset */
};

/*
 * Thread: main of its process; needs CAP_NET_ADMIN.  Commands of nft(8), as one
 * transaction: all of it or nothing.  It reads the whole ruleset, so it may
 * take long.  What is wrong is in why, in one line.
 */
int	sys_nft_run(const char *commands, char *why, size_t len);
/*
 * Thread: owner; needs CAP_NET_ADMIN.  -EINTR: it changed at that moment;
 * -EOPNOTSUPP, here and of sys_nft_watch: the kernel has no packet filter.
 */
int	sys_nft_look(struct sys *, const char *table, struct sys_nft *);
/*
 * Thread: owner; needs CAP_NET_ADMIN.  Subscribes to changes of one table; poll
 * the descriptor.  changed: 1 = it may have been changed since the last call,
 * also when notices were lost; 0 = it was not.
 */
int	sys_nft_watch(struct sys *, const char *table, int *fd);
int	sys_nft_changed(struct sys *);

#define SYS_FRAME_BYTES	1500

/* An ARP packet, or an ICMPv6 message without its IPv6 header. */
struct sys_frame {
	int		ifindex;	/* in: 0 = not told */
	uint8_t		lladdr[NET_LLADDR];	/* ARP: to whom, by whom */
	bool		overheard;	/* ARP, in: another host was meant */
	struct net_addr	src, dst;	/* ICMPv6 */
	int		hops;		/* ICMPv6, in: hop limit; -1 not told */
	int64_t		stamp_ns;	/* in: wall time; 0 = none */
	size_t		len;
	unsigned char	bytes[SYS_FRAME_BYTES];
};

/*
 * Thread: owner of the socket, which is of sys_arp_open (family AF_INET) or
 * sys_nd_open (AF_INET6).  No power needed.  send: with hop limit 255; 0 or
 * -errno.  recv: 0; -EAGAIN: there is none; -EMSGSIZE: it was too long, and is
 * gone; -ENETDOWN: the device is down, the socket lives on; -errno.
 */
int	sys_frame_send(int family, int fd, const struct sys_frame *);
int	sys_frame_recv(int family, int fd, struct sys_frame *);

/* Thread: itself.  At most 15 bytes are shown. */
void	sys_thread_name(const char *);
/*
 * Thread: main, before others.  Becomes user (NULL or absent in the password
 * database: stays), without any capability, never to gain one again.
 */
int	sys_drop_power(const char *user);
/* Thread: main, before others.  The same, but with CAP_NET_ADMIN. */
int	sys_keep_net(const char *user);
/* Thread: main.  The process ends when its parent does. */
int	sys_die_with_parent(void);
/*
 * Thread: the only one of a process that parent has just forked.  What its
 * descendants leave when they end becomes its own child, and it gets SIGTERM
 * when its parent ends.  -ESRCH: that has been; -ENOSYS: there is no such way.
 */
int	sys_adopt(pid_t parent);
/* Thread: any.  Some of our children, at most max; how many there are. */
size_t	sys_children(pid_t *, size_t max);
/*
 * Thread: any.  A setting of the network stack by the name that sysctl(8) has
 * for it, where a dot within a part is a slash.  0 and *value; -ENOENT: there is none here, or it is no number.
 */
int	sys_setting(const char *name, int64_t *value);
/* Thread: any.  Which network namespace this is; 0: it is not told. */
uint64_t	sys_network(void);
/* Thread: any.  Which of these programs run now, by the names they show. */
void	sys_running(const char *const *names, size_t n, bool *found);

#endif
