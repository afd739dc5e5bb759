/* SPDX-License-Identifier: ISC */
/*
 * report: how soon, and how often in vain, a tool takes a line out: the real
 * judge with some settings, and models of what users have today, on a virtual
 * clock against statistical lines.  The shipped defaults are chosen by it.
 *
 *	report_line.c	lines, their bursts of loss, what is done to them
 *	report_ours.c	judge, board and uplink on the virtual clock
 *	report_rivals.c	the rules of the other tools
 *	report_run.c	one tool on a pair of lines, told moment by moment
 *	report_try.c	the experiments
 *	report_table.c	all of it, as tables
 *	report_check.c	what must be true of the defaults, for `make check`
 *	report.c	main, tools and situations
 *
 * What becomes of a packet depends on the seed, the line, the host and the
 * instant alone, so that all tools meet the very same line.  One thread.
 */
#ifndef UPLINKD_TESTS_SIM_REPORT_H
#define UPLINKD_TESTS_SIM_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/clock.h"
#include "proto/event.h"

#define DAY_NS		(86400 * NS_PER_S)
#define NET_LINES	2	/* a pair of the same kind, same far hosts */
#define NET_BURSTS	32	/* remembered of each line */

enum host { HOST_GATEWAY, HOST_FAR, HOST_FAR2, NET_HOSTS };

/* A kind of line: two states (Gilbert and Elliott), in continuous time. */
struct line_model {
	const char	*name;
	int64_t		rtt_ns;		/* to far hosts, without a queue */
	int64_t		gateway_rtt_ns;
	int64_t		jitter_ns;	/* mean of what is added to it */
	int64_t		gap_ns;		/* mean time between two bursts */
	int64_t		burst_ns;	/* mean length of one */
	unsigned	burst_loss;	/* per mille, while one lasts */
	unsigned	loss;		/* per 100 000, at any other time */
	unsigned	days;		/* of each of the pair, for false alarms */
	int64_t		bound_ns;	/* an outage is noticed before */
	const char	*settings;	/* what such a line needs besides */
	const char	*why;
};

enum trouble_kind {
	TROUBLE_DEAD = 1,	/* never answers */
	TROUBLE_LOSS,		/* the line loses a share */
	TROUBLE_DROP,		/* the host drops a share of what it is asked */
	TROUBLE_LIMIT		/* the host answers once a second, no more */
};

/* What is done to some hosts by some lines (bits) for a while. */
struct trouble {
	enum trouble_kind kind;
	unsigned	lines, hosts;
	unsigned	share;		/* per mille */
	int64_t		from_ns, to_ns;
};

struct burst {
	int64_t		from_ns, to_ns;
};

struct net {
	const struct line_model *model;
	uint64_t	seed;
	struct burst	bursts[NET_LINES][NET_BURSTS];
	uint64_t	nbursts[NET_LINES];	/* made so far */
	int64_t		answered_ns[NET_LINES][NET_HOSTS]; /* TROUBLE_LIMIT */
	const struct trouble *troubles;
	size_t		ntroubles;
	uint64_t	packets;	/* asked */
};

#define NET_LOST	(-1)

void	net_init(struct net *, const struct line_model *, uint64_t seed);
/* One packet there and back: its time, or NET_LOST. */
int64_t	net_ask(struct net *, size_t line, enum host, int64_t now_ns);
/*
 * Until when nothing happens on either line; now_ns itself: it does, or just
 * did.
 */
int64_t	net_quiet(struct net *, int64_t now_ns);
/* Numbers that depend on these alone: evenly from 0 to below `below`. */
int64_t	net_draw(uint64_t seed, uint64_t a, uint64_t b, int64_t below);
/* When within its interval a tool on this line begins. */
int64_t	net_phase(const struct net *, size_t line, int64_t interval_ns);
extern const struct line_model line_models[];
extern const size_t nline_models;

/* A tool with its settings; how it is run is the same for all. */
struct tool {
	const char	*name;
	const struct tool_kind *kind;
	const char	*settings;	/* ours: YAML of a probe */
	unsigned	nhosts;		/* that a rival asks, 1 or 2 */
};

struct tool_kind {
	/* hosts: whom a rival asks, in this order. */
	void	*(*start)(const struct tool *, struct net *,
	    const enum host *hosts, int64_t now_ns);
	void	(*stop)(void *);
	/* When something is to be done; then do it. */
	int64_t	(*next)(const void *);
	void	(*step)(void *, int64_t now_ns);
	enum level	(*level)(const void *, size_t line);
	/* How often traffic was taken off a line of the pair; NULL: as down. */
	unsigned	(*switches)(const void *);
	/*
	 * Nothing that was before matters any more: may leave out a while.
	 * Returns what was left out; NULL: never.
	 */
	int64_t	(*skip)(void *, int64_t now_ns, int64_t until_ns);
};

extern const struct tool_kind tool_ours, tool_dpinger, tool_mwan3,
    tool_keepalived, tool_ifstated;
/*
 * tools[0] is ours as shipped; behind it other settings, of which tools[ncalm]
 * is for lines with long bursts; from tools[nours] on the rivals.
 */
extern const struct tool tools[];
extern const size_t ntools, nours, ncalm;

/* What one line of the pair went through under a tool. */
struct tale {
	enum level	level;
	unsigned	downs;
	/* The first of each since run_forget; 0 = none. */
	int64_t		down_ns, up_ns, degraded_ns;
};

struct run {
	const struct tool *tool;
	struct net	net;
	void		*state;
	int64_t		now_ns;
	int64_t		left_out_ns;
	bool		skip;		/* leave out what is quiet */
	struct tale	tales[NET_LINES];
};

void	run_start(struct run *, const struct tool *, const struct line_model *,
	    uint64_t seed, const enum host *hosts);
void	run_stop(struct run *);
void	run_until(struct run *, int64_t until_ns);
void	run_forget(struct run *);
unsigned	run_switches(const struct run *);

/* Times in order, for medians and the like. */
struct times {
	int64_t		*ns;
	size_t		n, cap;
};

void	times_add(struct times *, int64_t ns);
void	times_sort(struct times *);
/* per cent of them are at most so long; 0 if there are none. */
int64_t	times_at(const struct times *, unsigned percent);
void	times_free(struct times *);

/* A hard outage: how long until `down`, and until `up` after its end. */
struct try_outage {
	struct times	down, up;
	unsigned	missed;		/* never noticed */
	unsigned	stayed;		/* down for ever */
	unsigned	skipped;	/* the line was down already */
};

/* besides: what is the matter all the time, NULL = nothing. */
void	try_outage(const struct tool *, const struct line_model *,
    uint64_t seed, unsigned hosts, const struct trouble *besides,
    unsigned trials, struct try_outage *);
void	try_outage_free(struct try_outage *);

/* No outage at all: what is `down` all the same. */
struct try_calm {
	double		days;		/* of lines */
	unsigned	downs, switches;
	double		packets_per_day;	/* of one line */
	double		left_out_days;
};

void	try_calm(const struct tool *, const struct line_model *,
	    uint64_t seed, double days, bool skip, struct try_calm *);

/* The line is dead for so long: share of trials in which it goes down. */
unsigned	try_gap(const struct tool *, const struct line_model *,
	    uint64_t seed, int64_t gap_ns, unsigned trials);

/* Ten minutes of trouble that is no outage. */
struct try_trouble {
	unsigned	trials;
	unsigned	hit;		/* trials in which it went down */
	unsigned	downs;
	struct times	down, degraded;	/* the first of each in a trial */
};

void	try_trouble(const struct tool *, const struct line_model *,
	    uint64_t seed, const struct trouble *, const enum host *hosts,
	    unsigned trials, struct try_trouble *);
void	try_trouble_free(struct try_trouble *);

#define ALL_LINES	3u
#define THE_LINE	1u
#define GATEWAY_ONLY	1u
#define ONE_FAR		2u
#define ALL_FAR		6u
#define ALL_HOSTS	7u

/*
 * A tool that asks one host asks the one that is in trouble: whichever an
 * administrator chose, that one may be it.
 */
struct situation {
	const char	*name;
	struct trouble	trouble;
	enum host	hosts[2];
	bool		outage;		/* `down` is right */
};

extern const struct situation situations[];
extern const size_t nsituations;

/* report_table.c: percent of the full number of trials and days. */
void	report_tables(uint64_t seed, unsigned percent);
/* report_check.c: TAP; 1 if anything is not as it must be. */
int	report_check(uint64_t seed);

#endif
