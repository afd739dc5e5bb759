/* SPDX-License-Identifier: ISC */
/*
 * sys_fake_kernel: the insides of the simulated kernel.  Private to
 * lib/sys_fake*.c.
 */
#ifndef UPLINKD_LIB_SYS_FAKE_KERNEL_H
#define UPLINKD_LIB_SYS_FAKE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net.h"
#include "lib/sys.h"
#include "lib/sys_fake.h"

#define FAKE_MAGIC	0x66616b65u
#define FAKE_NOPS	(FAKE_NOP + 1)

/* When calls of one operation go wrong. */
struct fake_fault {
	unsigned	in;	/* 1 = the next call, 0 = none */
	bool		all;
	int		err;
};

#define FAKE_FILTERS_MAX	16

struct fake_kernel {
	struct sys	*handles;	/* all that are open */
	int		last_index;
	struct net_link	*links;		/* carrier: of the cable alone */
	struct net_ifaddr *addrs;
	/* In order of table, metric and entry; dead: RTNH_F_DEAD alone. */
	struct net_route *routes;
	struct net_rule	*rules;		/* in order of priority and entry */
	size_t		 nlinks, naddrs, nroutes, nrules;
	struct fake_fault faults[FAKE_NOPS];
	size_t		 calls[FAKE_NOPS];
	struct fake_write log[FAKE_LOG_MAX];
	size_t		 logged, accepted;
	bool		 defaultless[NET_NFAM];
	struct {
		char	ifname[NET_IFNAME_MAX];
		int	mode;		/* rp_filter */
	}		 filters[FAKE_FILTERS_MAX];
	size_t		 nfilters;
	char		*nft;		/* the table's text; NULL = none */
	uint32_t	 nft_changes;
};

/* A handle, as sys.h has it. */
struct sys {
	unsigned	 magic;
	struct fake_kernel *kernel;
	struct sys	*next;
	unsigned	 watching;	/* SYS_WATCH_* */
	int		 pipe[2];	/* readable while notices wait */
	struct sys_notice *notices;
	size_t		 nnotices, max;
	bool		 lost;
	int		 nft_pipe[2];	/* readable: changes not yet asked for */
};

/* Below, by tells whose doing it is: a handle's, or NULL for anybody's. */

/* sys_fake.c: room for one more at the end of an array of n; never NULL. */
void	*fake_grow(void *items, size_t n, size_t size);

/* sys_fake.c: by fake_use, for calls without a handle; NULL = none. */
struct fake_kernel	*fake_chosen(void);

/* sys_fake.c: sys_icmp_open and the like. */
int	fake_socket(enum fake_op, const char *ifname, int *fd);

/* sys_fake_watch.c */
void	fake_tell(struct fake_kernel *, const struct sys *by,
	    const struct sys_notice *);

/* sys_fake_log.c */

/* A call begins: 0, or the -errno that a test has asked for. */
int	fake_begin(struct fake_kernel *, enum fake_op);
/* A write has ended with rc, which is returned. */
int	fake_log(struct fake_kernel *, enum fake_op, int rc,
	    const struct net_route *, const struct net_rule *);

/* sys_fake_link.c */
struct net_link	*fake_link(const struct fake_kernel *, const char *name);
struct net_link	*fake_link_at(const struct fake_kernel *, int index);
/* A link that is up and has an address whose prefix holds addr; 0 = none. */
int	fake_connected(const struct fake_kernel *, const struct net_addr *,
	    int index);

/* sys_fake_fib.c */
enum fake_how { FAKE_HOW_ADD = 1, FAKE_HOW_REPLACE, FAKE_HOW_APPEND };

int	fake_fib_write(struct fake_kernel *, const struct sys *by,
	    enum fake_how, const struct net_route *);
int	fake_fib_del(struct fake_kernel *, const struct sys *by,
	    const struct net_route *);
void	fake_fib_cut(struct fake_kernel *, const struct sys *by, size_t i);
/* The link, or its last IPv4 address, goes; unregister: for ever. */
void	fake_fib_down(struct fake_kernel *, int family, int index,
	    bool unregister);
void	fake_fib_up(struct fake_kernel *, int family, int index);
void	fake_fib_no_source(struct fake_kernel *, const struct net_addr *);
/* As a dump shows it: a hop without carrier counts as dead. */
struct net_route	fake_fib_show(const struct fake_kernel *,
			    const struct net_route *);

/* sys_fake_rule.c */
void	fake_rules_init(struct fake_kernel *);
int	fake_rules_add(struct fake_kernel *, const struct sys *by,
	    const struct net_rule *);
int	fake_rules_del(struct fake_kernel *, const struct sys *by,
	    const struct net_rule *);
void	fake_rules_cut(struct fake_kernel *, const struct sys *by, size_t i);
int	fake_route_packet(const struct fake_kernel *,
	    const struct fake_packet *, struct fake_way *);

#endif
