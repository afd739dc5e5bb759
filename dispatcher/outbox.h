/* SPDX-License-Identifier: ISC */
/*
 * outbox: which letters there are, when each is due, and in which order they
 * go.  An outage that ends within the folding time is one letter; beyond the
 * limit events are counted and one digest follows when there is room again;
 * what cannot be delivered is tried again with growing pauses and holds those
 * behind it.  One that is refused for good again and again is given up, and so
 * is one that is too old; where nobody says whether it is the letter, the next
 * one shows it.  The first letter that gets through is followed by one
 * that tells of them.  Pure: the time is an argument, in nanoseconds of any
 * clock that does not go back; no file, socket or clock.  Owns its letters.
 */
#ifndef UPLINKD_DISPATCHER_OUTBOX_H
#define UPLINKD_DISPATCHER_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/option.h"
#include "proto/event.h"

enum letter_kind {
	LETTER_EVENT = 1,	/* one change of level */
	LETTER_FOLDED,		/* a fault that was over soon */
	LETTER_DIGEST,		/* what was only counted */
	LETTER_NOTICE,		/* words of another module */
	LETTER_LOSS		/* which ones were given up */
};

enum letter_state {
	LETTER_WAITING = 1,	/* until its fold is over */
	LETTER_COUNTED,		/* beyond the limit: a digest will tell */
	LETTER_QUEUED,		/* to be delivered */
	LETTER_SENT,
	LETTER_EXPIRED,		/* given up: too old */
	LETTER_TOLD,		/* counted or given up, and told by another */
	LETTER_REFUSED		/* given up: nobody wants it */
};

enum outbox_end {		/* of one try to deliver */
	OUTBOX_SENT = 1,
	OUTBOX_LATER,		/* whatever it was may pass */
	OUTBOX_UNSURE,		/* this letter, or the way out: nobody knows */
	OUTBOX_REFUSED		/* this letter, for good; others may go */
};

/* What a digest tells of one uplink; times are wall milliseconds. */
struct tally {
	unsigned	level[LEVEL_UNKNOWN + 1];	/* by enum level */
	int64_t		first_ms, last_ms;
};

struct letter {
	struct letter	*next;		/* in the order of delivery */
	uint64_t	id;
	uint64_t	rev;		/* grows with each change */
	enum letter_kind kind;
	enum letter_state state;
	uint32_t	uplink;
	uint64_t	place;		/* in the queue; 0 = none yet */
	int64_t		made_ns;
	int64_t		due_ns;		/* end of its fold */
	int64_t		made_ms, queued_ms;	/* wall */
	int		tries;
	int64_t		not_before_ns;
	int		refusals;	/* of this life of the process */
	int64_t		refused_ns;	/* when the first of them was */
	bool		passed;		/* one behind it got through meanwhile */
	uint64_t	event_id, begin_id;	/* 0 = none */
	struct msg	*event;		/* what it tells */
	struct msg	*begin;		/* what the event ended */
	/* LETTER_NOTICE; of one given up, body is the reason. */
	char		*subject, *body;
	struct letter	*lost;		/* LETTER_LOSS: whom it tells of */
	struct tally	*tally;		/* LETTER_DIGEST, by uplink */
	char		*text;		/* the whole message; NULL: to be made */
	bool		stored;		/* text is on disk */
	bool		dirty;		/* differs from the disk */
};

struct outbox_conf {
	int64_t		fold_ns;
	struct option_budget limit;
	int64_t		expire_ns;
	int64_t		retry_ns;	/* first pause */
	size_t		nuplinks;
};

struct outbox {
	struct outbox_conf conf;
	struct letter	*waiting;	/* by age */
	struct letter	*queue;		/* by place */
	/* To be written and freed by the caller: a row is all they are. */
	struct letter	*rows;
	struct letter	*lost;		/* given up and not yet told, by age */
	bool		passable;	/* since the last loss one got through */
	uint64_t	id, place;	/* highest used */
	int64_t		*window;	/* ring: when the last limit.n were queued */
	size_t		at, used;
	struct tally	*tally;		/* counted and not yet told, by uplink */
	unsigned	counted;
	uint64_t	told_upto;	/* counted ones up to this id are told */
	bool		flying;		/* the head is being delivered */
	struct letter	*aside;		/* has let the head pass; NULL */
	bool		kicked;		/* meanwhile a line has returned */
	int64_t		kick_ns;	/* none is tried for that before */
};

/* So often, and over so many first pauses, a letter is refused. */
#define OUTBOX_REFUSALS	4
#define OUTBOX_REFUSED_PAUSES	3

/* Thread: loop, as all.  0 or -ENOMEM; outbox_free in any case. */
int	outbox_init(struct outbox *, const struct outbox_conf *);
void	outbox_free(struct outbox *);
/*
 * A change of level.  wanted: mail.on has its level.  begin (with its
 * begin_id, or NULL) is the event whose outage it ends.  0, or -ENOMEM: no
 * letter.  What is changed is marked dirty, what is new is in waiting or
 * queue.
 */
int	outbox_event(struct outbox *, int64_t now_ns, uint32_t uplink,
	    const struct msg *, uint64_t event_id, const struct msg *begin,
	    uint64_t begin_id, bool wanted);
/* The letter about that event is not due before: something may be added. */
void	outbox_hold(struct outbox *, uint64_t event_id, int64_t due_ns);
/* Words of another module; they go however many went before. */
int	outbox_add_notice(struct outbox *, int64_t now_ns, uint32_t uplink,
	    const char *subject, const char *body);
/*
 * Moves what is due into the queue, counts what is beyond the limit, begins
 * digests, and letters that tell of losses.  Then letters without text are to
 * be composed.  -ENOMEM: a digest or such a letter is late.
 */
int	outbox_run(struct outbox *, int64_t now_ns);
/* When outbox_run or outbox_head has something to do; CLOCK_NEVER. */
int64_t	outbox_due(const struct outbox *);
/* The letter to be delivered now; NULL.  Sets flying. */
struct letter	*outbox_head(struct outbox *, int64_t now_ns);
/*
 * How the delivery of the head ended.  Returns the head, taken off the queue,
 * if it is sent (caller: letter_free) or given up (caller: outbox_lose), else
 * NULL: it stays, dirty.
 */
struct letter	*outbox_ended(struct outbox *, int64_t now_ns,
		    enum outbox_end);
/* Takes one that was given up, with its reason: another will tell of it. */
void	outbox_lose(struct outbox *, struct letter *);
/* The text of a LETTER_LOSS is made: whom it tells of becomes rows. */
void	outbox_told(struct outbox *, struct letter *);
/*
 * A line has returned: what waits for its next try is tried at once, but not
 * at once again.
 */
void	outbox_kick(struct outbox *, int64_t now_ns);
/*
 * What a start finds, in any order: takes the letter, whose made_ns and
 * due_ns the caller has turned into this clock.  A counted one is counted and
 * freed.
 */
void	outbox_restore(struct outbox *, struct letter *);
/* The same: one was queued at that time.  In order of time. */
void	outbox_restore_window(struct outbox *, int64_t queued_ns);

void	letter_free(struct letter *);
const char	*letter_state_name(enum letter_state);
enum letter_state	letter_state_parse(const char *);

#endif
