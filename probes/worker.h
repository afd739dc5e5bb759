/* SPDX-License-Identifier: ISC */
/*
 * worker: one thread that owns some uplinks: their sockets, rounds, verdicts
 * and unacknowledged events.  Private to probes/.  Everything here is entered
 * by that thread alone, but worker_start and worker_stop (main).
 */
#ifndef UPLINKD_PROBES_WORKER_H
#define UPLINKD_PROBES_WORKER_H

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "lib/log.h"
#include "lib/timers.h"
#include "probes/board.h"
#include "probes/judge.h"
#include "probes/probe.h"
#include "probes/resolve.h"
#include "probes/rest.h"
#include "probes/trail.h"
#include "proto/event.h"
#include "proto/zsock.h"

#define WORKER_KINDS	8	/* kinds used by one uplink */
#define WORKER_HISTORY	32	/* samples remembered of each target */

struct worker;
struct zmq_pollitem_t;
struct sys;
struct net_link;
struct net_ifaddr;

/* Since the samples were last said. */
struct record {
	uint32_t	sent, lost, cannot, answered;
	int64_t		rtt_sum_ns;
};

/* A socket on its way from the parent. */
struct asked {
	int		fd;		/* our end of the answer's socket; -1 */
	size_t		kind;
	enum net_fam	fam;
	int64_t		since_ns;
};

/* What the kernel says of one family of an uplink; see line_net.c. */
struct path {
	bool		wanted;		/* a gateway is configured, or auto */
	bool		address;	/* a usable one of our own */
	bool		route;		/* a real one leads out by the line */
	struct net_addr	own, peer;	/* ours, and the link's other end */
	struct net_addr	gateway;	/* now; family 0: none, or on-link */
};

/* Whether answers of a target would be let in, as was last asked. */
struct hearing {
	struct net_addr	addr;		/* of which; family 0: not asked yet */
	uint64_t	look;		/* in which look */
	bool		deaf;		/* rp_filter would drop them */
};

/* Probes that were sent well after they were due. */
struct late {
	uint64_t	n;
	int64_t		worst_ns;
};

/* A count, and how much of it is in the log. */
struct told {
	uint64_t	n, more;	/* more: the last time it was told */
	int64_t		again_ns;	/* not told again before */
};

struct line {
	struct worker	*worker;
	const struct conf_uplink *conf;
	uint32_t	index;		/* in the configuration */
	struct probe_host host;
	struct judge	judge;
	struct trail_log trail;		/* what it was told */
	size_t		nkinds;
	const struct probe_kind	*kinds[WORKER_KINDS];
	struct probe	*probes[WORKER_KINDS];
	size_t		*kind_of;	/* of each target */
	size_t		asking;		/* kind whose call is under way */
	struct asked	asked[WORKER_KINDS * NET_NFAM];
	struct record	*records;	/* conf->probe.ntargets */
	bool		sampled;	/* any in this second */
	size_t		cannot_target;	/* first of those that could not, */
	int		cannot_err;	/* and why; 0 = all could */
	struct timer	round, slice;
	int64_t		round_ns;	/* when the newest round began */
	int64_t		pace_ns;	/* by which the next one is due */
	uint64_t	number;		/* of it; 0 = none is being sent */
	size_t		next_target;	/* of it that was not sent to yet */
	int64_t		slice_ns;	/* when its next slice is due, */
	int64_t		sliced_ns;	/* and when the one before was */
	uint64_t	sent, lost;	/* since the start */
	struct late	late;
	bool		held;		/* a round waits for its sockets */
	bool		nudged, woken;	/* the next, this: for another line */
	/* No new socket before. */
	int64_t		pause_ns[WORKER_KINDS][NET_NFAM];
	struct path	path[NET_NFAM];
	struct event_addrs addrs;	/* all of ours, for whoever is told */
	struct hearing	*hearing;	/* of each target */
	uint64_t	look;		/* how often paths were looked at */
	int64_t		sent_ns;	/* when something was last sent */
	bool		able;		/* some family could be probed by */
	struct resolve	*resolve;	/* NULL: no target has a name */
	size_t		*name_of;	/* its index there, of each target */
	uint64_t	event_seq;	/* of its newest event */
	enum level	previous;	/* before the present one */
	int64_t		since_wall_ms;
	char		note[EVENT_TEXT_MAX];	/* for status */
	struct log_same	trouble;
	struct told	told_strays, told_late;
	size_t		poll_at, npolls; /* its part of the last poll */
};

/* An event that has not been acknowledged. */
struct unacked {
	struct unacked	*next;
	uint64_t	seq;
	size_t		len;
	char		bytes[];
};

struct worker {
	const struct conf *conf;
	size_t		number;
	int		power;		/* shared, only sent to */
	const char	*bus;
	void		*zctx;
	pthread_t	thread;
	int		stop[2];	/* pipe: closing [1] stops the thread */
	int		started[2];	/* pipe: one int, 0 or -errno */
	int		nudge[2];	/* pipe: uplinks that should look now */
	struct board	*board;		/* shared; NULL: there is none */
	/* The thread's own. */
	struct zsock	*sock;
	struct sys	*sys;
	int		watch;
	size_t		naddrs;		/* this machine's, as last read */
	struct net_ifaddr *addrs;
	bool		relook;		/* links must be read again */
	bool		gone;		/* a way was, if only for a moment */
	struct log_same	trouble;	/* reading them */
	struct timers	*timers;
	struct timer	second, resend, look, soon;
	bool		soon_set;
	int64_t		looked_ns;	/* when links were last read */
	size_t		nlines;
	struct line	*lines;
	uint64_t	epoch, seq;
	char		source[EVENT_NAME_MAX];
	struct unacked	*unacked, **unacked_end;
	bool		unsent;		/* some wait for the end of the turn */
	size_t		nitems;		/* room */
	struct zmq_pollitem_t *items;
	int64_t		woke_ns;	/* when the last wait ended, */
	int64_t		waited_ns;	/* and for how long it was one */
	int64_t		woke_before_ns;	/* when the one before it ended */
	struct rest	rest;
};

/*
 * Thread: main.  Starts the thread and waits until its sockets are open.
 * lines: places in conf->uplinks.  0, -errno.
 */
int	worker_start(const struct conf *, size_t number, const uint32_t *lines,
	    size_t nlines, int power, const char *bus, void *zctx,
	    struct board *, struct worker **);
/* Thread: main.  Stops and joins.  Clears *; NULL is fine. */
void	worker_stop(struct worker **);

/*
 * Thread: one, which becomes the owner of all but worker_stop.  What the
 * thread does, in pieces, for a test that plays the kernel, the parent and
 * the dispatcher on one thread.
 */
struct worker	*worker_new(const struct conf *, size_t number,
		    const uint32_t *lines, size_t nlines, int power,
		    const char *bus, void *zctx, struct board *);
int	worker_open(struct worker *);
/* One wait of at most max_ms, and all that is due.  False: stop. */
bool	worker_turn(struct worker *, int max_ms);
/* Closes what worker_open opened. */
void	worker_close(struct worker *);
void	worker_free(struct worker **);

/* worker_look.c: reading from the kernel */
void	worker_look_init(struct worker *);
/* All lines, now. */
void	worker_look(struct worker *);
/* Reads what was told; afterwards relook says whether to look at once. */
void	worker_notices(struct worker *);

/* worker_line.c: parts and samples */
int	line_init(struct line *, struct worker *, uint32_t index);
void	line_free(struct line *);
/*
 * How many descriptors there are to poll; at most max are filled.  rest: but
 * for those whose answers may wait.
 */
size_t	line_polls(struct line *, bool rest, struct pollfd *, size_t max);
/* What came for it (readable: something did), then what is overdue. */
void	line_run(struct line *, bool readable, int64_t now_ns);
int64_t	line_due(struct line *);
void	line_forget(struct line *);
/* What is done and said once a second. */
void	line_second(struct line *, int64_t now_ns);
/* The last word of a line that was started. */
void	line_sum_up(const struct line *);
/* Where probes and rounds put a sample. */
void	line_report(void *line, size_t target, uint64_t round, enum sample,
	    int64_t rtt_ns, int err);

/* line_round.c: when probes are sent */
int	line_round_init(struct line *, int64_t now_ns);
/*
 * Pure.  When a round goes out that is due then: never later.  Lines of one
 * worker share its wakings, for to be woken costs more than a probe.  The more
 * of them there are the fewer are the instants of a pace at which a round may
 * begin; a line alone is not held to any.  Once in step it keeps its pace.
 */
int64_t	line_align(int64_t due_ns, int64_t now_ns, int64_t pace_ns,
	    size_t nlines);
/* The judge may have begun to doubt, or ended. */
void	line_hurry(struct line *);
/* Another uplink doubts a target that we have, too: look at once. */
void	line_nudge(struct line *);
/* The line has something new: look at once, for ourselves. */
void	line_try(struct line *);
/* Pure.  So many that were due at an instant are sent now, at this pace. */
void	late_count(struct late *, uint64_t n, int64_t due_ns, int64_t now_ns,
	    int64_t pace_ns);

/* What the level was before something that may change it. */
struct before {
	enum level	level;
	enum cause	cause;
};
struct before	line_before(const struct line *);
/* Says what has changed, if anything has. */
void	line_changed(struct line *, struct before, int64_t now_ns);

/* line_net.c: what the kernel says */
void	line_net_init(struct line *);
void	line_links(struct line *, const struct net_link *, size_t nlinks,
	    const struct net_ifaddr *, size_t naddrs);
/* Is it the interface that this notice speaks of? */
bool	line_concerns(const struct line *, const struct net_link *);
/*
 * Where a target is in this round.  0; -EAGAIN: its name is not known yet;
 * -EAFNOSUPPORT: the line has nothing of its family; -ENETUNREACH: no route;
 * -EXDEV: rp_filter would drop what it answers; -EADDRINUSE: it is an address
 * of this machine.
 */
int	line_address(struct line *, size_t target, uint64_t round,
	    struct net_addr *);
/* A fall is near: true if answers are missing that would not be heard. */
bool	line_deaf(void *line);
/* What rp_filter drops: named once in the log, and in status while it lasts. */
void	line_tell_deaf(struct line *);

/* line_sock.c: what is asked of the parent */
void	line_sock_init(struct line *);
void	line_sock_free(struct line *);
/* The device is another: what was asked for it is of no use. */
void	line_sock_drop(struct line *);
/* When the wait for sockets that were asked for ends; 0 = none is awaited. */
int64_t	line_sock_due(const struct line *, int64_t now_ns);
size_t	line_sock_polls(const struct line *, struct pollfd *, size_t max);
/* Takes what has come; true if a round that waited need wait no more. */
bool	line_sock_run(struct line *, int64_t now_ns);

/* worker_trail.c: what the judge was told, for who records it. */
void	told_round(struct line *, uint64_t round, int64_t now_ns);
void	told_sample(struct line *, size_t target, uint64_t round,
	    enum sample, int64_t rtt_ns, int64_t now_ns);
void	told_forget(struct line *);
/* What was lost in a row was not heard. */
void	told_deaf(struct line *);
/* After the judge: a name has begun or ended to resolve. */
void	told_name(struct line *, size_t target);
/* After the judge: the kernel's word has changed. */
void	told_link(struct line *);
void	told_second(struct line *);

/* worker_out.c: what is said. */
void	out_event(struct line *, enum level previous, int64_t now_ns);
void	out_heartbeat(struct line *);
void	out_samples(struct line *);
/* Its head alone; then 0 or -errno, the bytes and their length. */
void	out_head(struct line *, struct msg *, enum msg_type, uint64_t seq);
int	out_now(struct worker *, const struct msg *, char *buf, int *len);
/* All that is not acknowledged, in order. */
void	out_resend(struct worker *);
void	out_acked(struct worker *, const struct msg *);
void	out_free(struct worker *);

#endif
