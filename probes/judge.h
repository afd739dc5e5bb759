/* SPDX-License-Identifier: ISC */
/*
 * judge: all that one uplink's samples mean: rounds (verdict.c), loss, time
 * and jitter over a window (window.c), targets that fail for everybody, names
 * that do not resolve.  Pure: samples and times go in, a level with a cause
 * comes out.  The worker, the simulator and `uplinkctl replay` run this very
 * code.  An instance has one owner and one thread.
 */
#ifndef UPLINKD_PROBES_JUDGE_H
#define UPLINKD_PROBES_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "probes/probe.h"
#include "probes/verdict.h"
#include "probes/window.h"
#include "proto/event.h"

#define JUDGE_HISTORY	32	/* samples remembered of each target */

/* What the other uplinks say of a target; see board.h. */
enum peer {
	PEER_NONE = 1,		/* nobody else asks it, or could */
	PEER_ANSWERS,		/* it answers somebody */
	PEER_FAILS,		/* nobody, though their lines work */
	PEER_WAITING		/* not known yet */
};

/* What is remembered of one target. */
struct judge_target {
	uint64_t	history;	/* 2 bits a sample, newest lowest */
	int64_t		rtt_ns;		/* smoothed, 0 = none (RFC 6298) */
	int64_t		var_ns;		/* its mean deviation (RFC 6298) */
	int64_t		jitter_ns;	/* between neighbours (RFC 3550) */
	int64_t		last_rtt_ns;
	int64_t		fails;		/* losses in a row, the newest ones */
	int64_t		missing;	/* not lost yet, but overdue */
	uint64_t	told;		/* newest round of which it was heard */
	int64_t		doubt_ns;	/* when the first of them was sent */
	int64_t		ok_ns;		/* when the newest answered was sent */
	bool		suspect;	/* has no vote */
	bool		unresolved;	/* its name does not resolve */
	int64_t		suspect_ns;	/* last confirmed */
	int64_t		heard_ns;	/* others reach it again since; 0 */
	struct window	loss;
};

/*
 * One round.  Of one that goes out in parts the first `ripe` targets are
 * looked at as soon as answers should have come from them.  If nothing is
 * wrong with those, as many as have been sent to by then are the next.
 */
struct judge_round {
	int64_t		start_ns;
	int64_t		weight_ns;	/* time it stands for */
	struct round_tally tally;
	bool		late;		/* longer open than answers take */
	size_t		sent, ripe;	/* targets, the first so many */
	int64_t		sent_ns, ripe_ns; /* when the last of them was sent */
	bool		looked;		/* at all that are ripe */
};

/* Loss (per mille; -1 = not enough samples), times (0 = none) of the line. */
struct judge_line {
	int64_t		loss_down, loss_degraded;
	int64_t		rtt_ns, jitter_ns;
};

struct judge {
	const struct conf_probe	*conf;
	enum level	level;
	enum cause	cause;
	int64_t		since_ns;	/* when this level began */
	struct verdict	verdict;
	struct judge_target *targets;	/* conf->ntargets */
	struct judge_line line;
	bool		lossy;		/* down by loss */
	bool		slow;		/* degraded */
	int64_t		patience_ns;	/* a round is overdue after it */
	int64_t		grace_ns;	/* until when a fall waits for peers */
	int64_t		sample_ns;	/* when the newest round began */
	int64_t		measured_ns;	/* when the line was last measured */
	size_t		nsuspects, nheard, nunresolved;
	int64_t		*scratch;	/* conf->ntargets */
	struct judge_round rounds[VERDICT_WINDOW];
	struct round_tally full;	/* every target still open */
	/*
	 * The other uplinks; NULL: there are none.  Of samples that were sent
	 * since an instant.
	 */
	enum peer	(*ask)(void *arg, size_t target, int64_t since_ns);
	/* One of them has reached it since then, if not now. */
	bool		(*reached)(void *arg, size_t target, int64_t since_ns);
	/*
	 * Before a fall: true if answers are missing that would not be heard;
	 * then they were not lost.  NULL: all would be.
	 */
	bool		(*deaf)(void *arg);
	/* Doubt begins: the others should look now. */
	void		(*doubt)(void *arg);
	/* A target is overdue that was sent to then: as good as lost so far. */
	void		(*miss)(void *arg, size_t target, int64_t sent_ns);
	void		*arg;
};

/* Thread: owner, all below.  conf outlives it.  0 or -ENOMEM. */
int	judge_init(struct judge *, const struct conf_probe *, int64_t now_ns);
void	judge_free(struct judge *);
/* Opens the next round and returns its number; 0 if too many are open. */
uint64_t	judge_open(struct judge *, int64_t now_ns);
/*
 * A round that has just been opened goes out in parts; without this it is
 * taken as sent at once.
 */
void	judge_in_parts(struct judge *, uint64_t round);
/* After each part: the first n targets have been sent to, the last now. */
void	judge_sent(struct judge *, uint64_t round, size_t n, int64_t now_ns);
/*
 * One sample; of a target once per round.  All below return true if level or
 * cause have changed.
 */
bool	judge_sample(struct judge *, size_t target, uint64_t round,
	    enum sample, int64_t rtt_ns, int64_t now_ns);
bool	judge_link(struct judge *, const struct link_state *, int64_t now_ns);
/* The name of a target does (not) resolve. */
bool	judge_name(struct judge *, size_t target, bool resolves,
	    int64_t now_ns);
/* Time passed: rounds that are overdue, the line's measures. */
bool	judge_tick(struct judge *, int64_t now_ns);
/* When judge_tick is due next; CLOCK_NEVER. */
int64_t	judge_due(const struct judge *);
/* Time stood still: what is open is forgotten. */
void	judge_forget(struct judge *);
/* Nanoseconds from one round to the next. */
int64_t	judge_pace(const struct judge *);
/*
 * Words for status: "ok", "lost", "suspect", "unresolved", "degraded", ...  A
 * target that always drops much is "degraded", not "lost" at each run of it.
 */
enum target_state	judge_state(const struct judge *, size_t target);
/* Rounds that are overdue because of it, its newest: lost so far. */
int64_t	judge_overdue(const struct judge *, size_t target);
/* Loss of one target over the longer window, per mille; -1. */
int64_t	judge_loss(const struct judge *, size_t target, int64_t now_ns);

#endif
