/* SPDX-License-Identifier: ISC */
/*
 * sim: the real verdict, uplink step, plan and router on a virtual clock, a
 * simulated kernel and a simulated internet.  One struct sim is one run; it
 * has no other state, so that a seed says all.  One thread.
 *
 *	script.c	timeline files: what is done and expected when
 *	command.c	what is done, expect.c what is expected
 *	wave.c		lines that break and mend by themselves
 *	worker.c	the probes' role: rounds, samples, verdict
 *	centre.c	the dispatcher's role, and the parent's
 *	kernel.c	administrator and hardware, on lib/sys_fake
 *	check.c		what must hold after each step
 *	random.c	faults by chance
 *	record.c	the run as a recording
 */
#ifndef UPLINKD_TESTS_SIM_H
#define UPLINKD_TESTS_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "conf/conf.h"
#include "dispatcher/uplink.h"
#include "lib/sys.h"
#include "lib/timers.h"
#include "probes/board.h"
#include "probes/judge.h"
#include "probes/probe.h"
#include "probes/trail.h"
#include "routing/router.h"

#define SIM_WORDS_MAX	32
#define SIM_WORD_MAX	64
#define SIM_TARGETS_MAX	16	/* of one uplink, in a simulation */
#define SIM_LINE_MAX	512

struct answer;
struct sim;

/* The truth about the path to one target by one uplink. */
struct path {
	bool		dead;
	unsigned	loss;		/* per cent */
	int64_t		delay_ns;
};

/* One uplink as its worker has it. */
struct worker {
	struct sim	*sim;
	size_t		n;		/* index in the configuration */
	const struct conf_uplink *conf;
	struct path	paths[SIM_TARGETS_MAX];
	struct judge	judge;
	struct trail_log trail;
	struct timer	round, heartbeat, tick;
	int64_t		round_ns;	/* when the last one began */
	int64_t		pace_ns;	/* by which the next one is due */
	bool		nudged, woken;	/* the next, this: for another line */
	int		ifindex;
	bool		running;
	struct answer	*answers;	/* in flight */
};

/* A word of a worker that the dispatcher has not taken yet. */
struct word {
	size_t		uplink;
	enum level	level;
	enum cause	cause;
};

#define SIM_BACKLOG	256

/* The dispatcher: uplinks, plan, and what the journal would give back. */
struct centre {
	bool		running;
	struct uplink	up[CONF_UPLINKS_MAX];
	struct timer	start, due, second;
	int64_t		heard_ns[CONF_UPLINKS_MAX];
	unsigned	differs[CONF_UPLINKS_MAX];
	struct plan	plan;
	bool		planned;
	struct word	backlog[SIM_BACKLOG];
	size_t		nbacklog;
	enum level	past[CONF_UPLINKS_MAX];		/* journalled */
	enum level	past_before[CONF_UPLINKS_MAX];
	enum cause	past_cause[CONF_UPLINKS_MAX];
	int64_t		past_ns[CONF_UPLINKS_MAX];
	enum level	past_opinion[CONF_UPLINKS_MAX][UPLINK_ADVISORS_MAX];
	int64_t		past_opinion_ns[CONF_UPLINKS_MAX][UPLINK_ADVISORS_MAX];
	unsigned	events[CONF_UPLINKS_MAX];
	unsigned	jobs[CONF_UPLINKS_MAX];
};

/* The parent: the router and its two timers. */
struct keeper {
	struct sys	*sys;
	struct router	*router;
	struct timer	resync, soon;
	char		saved[128];
	unsigned long	writes;		/* accepted, since the last `mark` */
	unsigned long	refused;
	int		err;		/* of the last comparison or plan */
};

/* A line that breaks and mends by itself. */
struct wave {
	struct sim	*sim;
	char		which[SIM_WORD_MAX];	/* a target, or "carrier" */
	int64_t		half_ns;
	bool		worst;		/* when it hurts most, not by time */
	bool		broken;
	struct timer	timer;
};

/* An expectation with `within` that has not come true yet. */
struct pending {
	char		words[SIM_WORDS_MAX][SIM_WORD_MAX];
	size_t		nwords;
	unsigned	line;
	int64_t		until_ns;
};

#define SIM_PENDING	64

struct sim {
	const char	*name;
	bool		verbose;
	bool		failed;
	char		why[400];
	unsigned	line;		/* of the script, for messages */
	uint64_t	rng;
	int64_t		now_ns;
	struct timers	*timers;
	const char	*record_path;
	FILE		*record;	/* NULL: it is not recorded */
	uint64_t	nrecorded, nlives;
	struct conf	*conf;
	struct sys	*hand;		/* administrator and hardware */
	struct sys	*eyes;		/* the workers' watch */
	struct worker	*workers;
	struct board	*board;
	struct centre	centre;
	struct keeper	keeper;
	struct wave	waves[CONF_UPLINKS_MAX];
	struct pending	pending[SIM_PENDING];
	size_t		npending;
	char		dir[64];
	/* How long new connections went by a dead path or none, per family. */
	int64_t		lost_ns[NET_NFAM];
	int64_t		looked_ns;
	unsigned long	steps;
	struct kernel_view before;	/* check.c */
	int64_t		troubled_until_ns;
	int		fail_op, fail_err;	/* to come; 0: nothing */
	unsigned	fail_nth;
	size_t		fail_calls;
	bool		had_default[NET_NFAM];
	char		main_set[NET_NFAM][SIM_LINE_MAX]; /* as set by hand */
	/* What is at the provider's end; family 0: no gateway, or on-link. */
	struct net_addr	gateway[CONF_UPLINKS_MAX][NET_NFAM];
};

/* log.c: whose time is before each line, and whether there are any. */
void	simlog_follow(const struct sim *, bool verbose);

/* sim.c */
int	sim_new(const char *name, uint64_t seed, bool verbose, struct sim **);
void	sim_free(struct sim **);
/* Takes the configuration's text and starts all three roles. */
int	sim_start(struct sim *, const char *yaml, size_t len);
/* Lets time pass up to an instant; stops at a failure. */
void	sim_run(struct sim *, int64_t until_ns);
/* Since the beginning. */
int64_t	sim_time(const struct sim *);
/* The first one counts. */
void	sim_fail(struct sim *, const char *, ...)
	    __attribute__((__format__(__printf__, 2, 3)));
void	sim_say(struct sim *, const char *, ...)
	    __attribute__((__format__(__printf__, 2, 3)));
uint64_t	sim_random(struct sim *, uint64_t below);
/* After anything that may have changed the kernel: all roles see it. */
void	sim_settle(struct sim *);
/* -1 if there is none. */
int	sim_uplink(const struct sim *, const char *name);

/* worker.c */
void	worker_init(struct sim *, size_t n);
void	worker_start(struct worker *);
void	worker_stop(struct worker *);
void	worker_look(struct worker *);
/* far, gateway, all, or a target's label. */
bool	worker_matches(const struct worker *, size_t target, const char *which);
/* Everything that `require` asks for answers. */
bool	worker_path_works(const struct worker *, enum net_fam);

/* centre.c */
void	centre_start(struct sim *);
void	centre_stop(struct sim *, int64_t back_ns);
void	centre_tell(struct sim *, size_t uplink, enum level, enum cause);
void	centre_heartbeat(struct sim *, size_t uplink, enum level, enum cause);
void	centre_advise(struct sim *, size_t uplink, size_t advisor, enum level);
int	keeper_start(struct sim *);
void	keeper_stop(struct sim *);
void	keeper_notices(struct sim *);

/* kernel.c */
int	kernel_new(struct sim *);
void	kernel_free(struct sim *);
/* An interface as the hardware and `ip link` have it. */
int	kernel_link(struct sim *, const char *ifname, const char *what);
int	kernel_addr(struct sim *, const char *ifname, const char *addr,
	    bool add);
/* The provider has another gateway; "none". */
int	kernel_gateway(struct sim *, size_t uplink, enum net_fam, const char *);
/* `ip route replace|del default`, by a line's words. */
int	kernel_default(struct sim *, char words[][SIM_WORD_MAX], size_t n);
int	kernel_rule(struct sim *, char words[][SIM_WORD_MAX], size_t n);
void	kernel_flush_ours(struct sim *);
void	kernel_drop_default(struct sim *, enum net_fam);
void	kernel_overrun(struct sim *);
int	kernel_fail(struct sim *, const char *op, unsigned nth, int err);
void	kernel_fail_begin(struct sim *);
void	kernel_fail_end(struct sim *);
/* Interfaces that a new connection may leave by: "ext1+ext2", "none". */
void	kernel_route(struct sim *, enum net_fam, char *buf, size_t len);
/* "ext1" is one of "ext1+ext2". */
bool	kernel_text_has(const char *text, const char *ifname);
bool	kernel_carrier(struct sim *, const char *ifname);
/* The hop of a socket bound to the device is the uplink's. */
bool	kernel_bound(struct sim *, const struct conf_uplink *, enum net_fam);
/* Where an address inside goes; service NULL: nothing that a rule names. */
bool	kernel_client(struct sim *, const char *from, const char *service,
	    const char *port, char *buf, size_t len);
/* main as the administrator would read it. */
void	kernel_main_text(struct sim *, enum net_fam, char *buf, size_t len);
/* main is what was last set by hand, or lost with an interface. */
bool	kernel_main_untouched(struct sim *);

/* check.c */
void	check_step(struct sim *);
void	check_before_write(struct sim *);
void	check_after_write(struct sim *);
void	check_idle(struct sim *, const struct router_result *);

/* record.c; record: NULL for none. */
bool	record_open(struct sim *, const char *path);
void	record_close(struct sim *);
void	record_begin(struct sim *, const char *yaml, size_t len);
void	record_event(struct sim *, size_t uplink, enum level previous);
void	record_start(struct worker *);
void	record_round(struct worker *, uint64_t round);
void	record_sample(struct worker *, size_t target, uint64_t round,
	    enum sample, int64_t rtt_ns);
void	record_forget(struct worker *);
/* What there is, said now. */
void	record_trail(struct worker *);

/* script.c */
int	script_run(const char *path, const char *record, bool verbose);
bool	parse_time(const char *, int64_t *ns);
bool	parse_number(const char *, long min, long max, long *);

/* command.c, expect.c: false = the line is not understood. */
bool	command_run(struct sim *, char words[][SIM_WORD_MAX], size_t n);
bool	expect_run(struct sim *, char words[][SIM_WORD_MAX], size_t n);
/* Those with `within` that are still open. */
void	expect_pending(struct sim *);

/* wave.c: period_ns 0 is the worst that there is. */
void	wave_start(struct sim *, size_t uplink, const char *which,
	    int64_t period_ns);
void	wave_stop(struct sim *, size_t uplink);
/* After each step. */
void	wave_step(struct sim *);

/* random.c */
int	random_run(uint64_t seed, unsigned long steps, const char *record,
	    bool verbose);

#endif
