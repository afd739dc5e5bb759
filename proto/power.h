/* SPDX-License-Identifier: ISC */
/*
 * power: what a child may ask of the parent, as fixed-size structs over a
 * SOCK_SEQPACKET socketpair, with descriptors attached.  The parent re-checks
 * every field against its own copy of the configuration; a child has no power
 * but this list.  A request that wants an answer brings the socket on which
 * it will be given, so threads of a child need no lock and no matching.
 */
#ifndef UPLINKD_PROTO_POWER_H
#define UPLINKD_PROTO_POWER_H

#include <stddef.h>
#include <stdint.h>

#include "proto/event.h"

#define POWER_BYTES_MAX	8192
#define POWER_FDS_MAX	3
#define POWER_TEXT_MAX	256

enum power_kind {
	POWER_SOCKET = 1,	/* probes: open a socket that needs power */
	POWER_PLAN,		/* dispatcher: apply this plan */
	POWER_SPAWN,		/* dispatcher, probes: start a command */
	POWER_PLAN_DONE,	/* parent's answer to POWER_PLAN, same socket */
	POWER_READY,		/* child: started, all sockets open */
	POWER_SPAWN_FLOWS,	/* dispatcher: end connections */
	POWER_FILTER,		/* probes: let a socket hear its device only */
	POWER_TTY		/* dispatcher: open the device of an action */
};

enum power_socket {
	POWER_ECHO = 1,		/* raw ICMP or ICMPv6, see sys_icmp_open */
	POWER_ARP,		/* see sys_arp_open; NET_V4 only */
	POWER_ND		/* see sys_nd_open; NET_V6 only */
};

/*
 * fds[0]: a SOCK_SEQPACKET end on which the parent answers with a struct
 * power_sock_done and, if err is 0, the socket attached.
 */
struct power_sock {
	uint32_t	kind;		/* POWER_SOCKET */
	uint32_t	uplink;		/* index in the configuration */
	uint32_t	what;		/* enum power_socket */
	uint32_t	fam;		/* enum net_fam */
	uint32_t	id;		/* ICMP echo identifier, 16 bit */
};

struct power_sock_done {
	int32_t		err;		/* 0 or -errno */
	int32_t		ifindex;	/* of the interface it is bound to */
};

/*
 * fds[0]: a SOCK_SEQPACKET end on which the parent answers with a struct
 * power_sock_done.  fds[1]: a TCP socket, see sys_only_by.
 */
struct power_filter {
	uint32_t	kind;		/* POWER_FILTER */
	uint32_t	uplink;		/* index in the configuration */
};

/* The numbers are in journals. */
enum power_what {
	POWER_ACTION = 1,	/* actions.NAME, index = place in conf.actions */
	POWER_MAIL,		/* mail.sendmail */
	POWER_RECOVERY,		/* uplinks.X.recovery.steps[index] */
	POWER_CHECK,		/* probes: uplinks.X.probe.targets[index] */
	POWER_FLOWS		/* see struct power_flows */
};

/*
 * fds[0]: status socket (SOCK_SEQPACKET): the parent writes one struct
 * power_exit when the command has ended.  Closing our end cancels: TERM to
 * the process group, KILL two seconds later.  fds[1]: becomes standard input,
 * fds[2]: standard output and error of the command.  -EBUSY while the same check
 * or action, or any recovery, runs or is being ended.  POWER_CHECK: what it
 * leaves when it ends is killed.
 */
struct power_spawn {
	uint32_t	kind;		/* POWER_SPAWN */
	uint32_t	what;		/* enum power_what */
	uint32_t	index;
	uint32_t	uplink;		/* index in the configuration */
	uint32_t	level, previous;	/* enum level */
	uint32_t	cause;		/* enum cause */
	uint32_t	tries;		/* 1 = first */
	uint64_t	event_id, job_id;
	int64_t		timeout_ms;	/* lowered to the configured one */
};

/*
 * fds[0]: a SOCK_SEQPACKET end on which the parent answers with a struct
 * power_sock_done and, if err is 0, the terminal attached.  The device is the
 * configuration's, of the kind `serial`: -EINVAL: there is none such there;
 * -ENOTTY: it is no terminal.
 */
struct power_tty {
	uint32_t	kind;		/* POWER_TTY */
	uint32_t	what;		/* enum power_what */
	uint32_t	index;
	uint32_t	uplink;
};

enum power_flows_which {
	POWER_FLOWS_ALL = 1,	/* of the addresses, those now and the mark */
	POWER_FLOWS_OLD		/* of those addresses that it has no longer */
};

/*
 * The connections of spawn.uplink are ended, which of them is spawn.index;
 * else as POWER_SPAWN.  Err -ENETUNREACH: no other uplink carries traffic,
 * they are kept; -EADDRNOTAVAIL: nothing can be its.
 */
struct power_flows {
	struct power_spawn spawn;	/* POWER_SPAWN_FLOWS, POWER_FLOWS */
	uint32_t	naddrs;
	struct net_addr	addrs[EVENT_ADDRS_MAX];	/* it has, or has had */
};

struct power_exit {
	int32_t		err;		/* -errno: could not be started */
	int32_t		status;		/* as waitpid(2) gives it */
	uint32_t	timed_out;	/* the deadline ended it */
	char		text[POWER_TEXT_MAX];	/* more about err; "" */
};

/* Thread: any.  0, or -errno (-EAGAIN: the parent does not read just now). */
int	power_send(int sock, const void *bytes, size_t len, const int *fds,
	    size_t nfds);
/*
 * Thread: any.  Does not block on a non-blocking socket.  Returns the length,
 * 0 at end of file, -errno; -EPROTO for a message that was too long or brought
 * more descriptors than there is room for: it and they are gone.  *nfds: in =
 * room, out = received; they are close-on-exec and belong to the caller.
 */
int	power_recv(int sock, void *bytes, size_t size, int *fds, size_t *nfds);
/* Thread: any.  A close-on-exec SEQPACKET pair; 0 or -errno. */
int	power_pair(int sv[2]);

#endif
