/* SPDX-License-Identifier: ISC */
/*
 * dispatch: the dispatcher's loop and what it owns.  Private to
 * dispatcher/dispatch*.c.  One thread enters everything here; the journal's
 * and the lanes' threads hand over by queues.
 */
#ifndef UPLINKD_DISPATCHER_DISPATCH_H
#define UPLINKD_DISPATCHER_DISPATCH_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "actions/mail.h"
#include "conf/conf.h"
#include "dispatcher/flow_policy.h"
#include "dispatcher/journal.h"
#include "dispatcher/ladder.h"
#include "dispatcher/lane.h"
#include "dispatcher/outbox.h"
#include "dispatcher/role.h"
#include "dispatcher/uplink.h"
#include "lib/timers.h"
#include "proto/event.h"
#include "proto/zsock.h"
#include "routing/plan.h"

#define DISPATCH_MAGIC	0x64697370u
#define DISPATCH_ID_MAX	(ZSOCK_ID_MAX * 4)
#define DISPATCH_SOURCES 256	/* (source, epoch) pairs remembered */

#define DISPATCH_LANES	8	/* room; the table is in dispatch_jobs.c */

/* What has been accepted from one source. */
struct source {
	char		name[EVENT_NAME_MAX];
	uint64_t	epoch;
	uint64_t	accepted;	/* newest that was taken up */
	uint64_t	durable;	/* newest that is on disk */
	uint64_t	used;		/* for putting out the oldest */
};

/* Something has happened that its connections may be ended for. */
struct flow_wait {
	bool		on;
	int64_t		since_ns;
};

#define RECOVERY_RUNGS	16	/* steps told in the letter */

struct rung {			/* a step of recovery that was started */
	size_t		step;
	int64_t		wall_ms;
	char		text[160];	/* how it ended */
};

/* Beside the ladder's own state. */
struct recovery {
	uint64_t	job;		/* of the step that has not ended; 0 */
	bool		on_disk;	/* that one */
	enum level	said;		/* the probes' newest, since our start */
	int64_t		said_ns;
	int64_t		shut_until_ns;	/* not to be looked at before */
	size_t		nrungs;
	struct rung	rungs[RECOVERY_RUNGS];	/* of this outage, newest last */
	bool		rung_open;	/* the newest is to be told its end */
	const char	*why;		/* it was given up */
};

/* One uplink beside its state: who told what, what was done about it. */
struct station {
	struct uplink	up;
	int64_t		heard_ns;	/* newest word of its worker */
	unsigned	differs;	/* heartbeats in a row of another level */
	int64_t		since_wall_ms;
	int64_t		down_wall_ms;	/* begin of the outage; 0 = none */
	uint64_t	down_event;	/* journal row of its event; 0 */
	struct msg	down_msg;	/* that event */
	uint64_t	last_event;	/* of the newest one; 0 */
	struct msg	last_msg;
	struct flow_wait flows[FLOW_NTRIGGER];
	struct recovery	rec;
	size_t		nevidence;
	struct evidence	evidence[EVENT_TARGETS_MAX];
	/* The line's own measures and what else is wrong, as last said. */
	int64_t		rtt_us, jitter_us, loss;
	char		note[EVENT_TEXT_MAX];
	struct event_addrs addrs;	/* the newest that it had */
	bool		addressed;	/* and has now */
	size_t		ndone;
	char		done[MAIL_DONE_MAX][EVENT_TEXT_MAX];
};

/* What of a lane waits on disk, see dispatch_spill.c. */
struct spill {
	bool		on, fetching;
	uint64_t	taken;		/* youngest `every` job in memory or past */
	uint64_t	waiting;	/* on disk */
	int64_t		not_before_ns;
	uint64_t	dropped;	/* jobs that could not be taken */
};

/* Deliveries since the last one that went well. */
struct mail_health {
	unsigned	failures;
	char		error[EVENT_TEXT_MAX];	/* newest; "" = none */
};

/* Waits for the disk; travels in journal_op.cookie. */
struct waiting {
	char		from[DISPATCH_ID_MAX];	/* to acknowledge; "" = nobody */
	struct msg_head	head;			/* of what was sent to us */
};

struct dispatch {
	unsigned	magic;
	const struct conf *conf;
	int		parent;
	void		*zctx;
	struct zsock	*bus;
	struct journal	*journal;
	struct queue	*done;		/* journal -> loop */
	struct queue	*notes;		/* lanes -> loop */
	struct lane	*lanes[DISPATCH_LANES];	/* NULL: past the last */
	struct spill	spills[DISPATCH_LANES];	/* of these lanes */
	struct lane_report told[DISPATCH_LANES];
	struct timers	*timers;
	struct timer	second, due, retry, wake;
	struct ladder	ladder;
	struct station	*stations;	/* conf->nuplinks */
	struct source	sources[DISPATCH_SOURCES];
	uint64_t	uses;
	struct journal_op **failed;	/* to be written again */
	size_t		nfailed;
	uint64_t	epoch, seq;	/* of the dispatcher's own messages */
	uint64_t	event_id, job_id;
	struct plan	plan;
	_Atomic uint64_t carry;		/* of the plan, for the lanes' threads */
	uint64_t	plan_number, plan_done;
	int		plan_err;	/* of the kernel, newest */
	bool		plan_unsent;
	int64_t		plan_sent_ns;
	struct msg_head	plan_cause;	/* event behind the plan; type 0 = none */
	char		feed[DISPATCH_ID_MAX];	/* routing id; "" = absent */
	struct plugin_report *plugins;	/* conf->nactions; action "": none */
	struct outbox	outbox;		/* of no use without conf->mail.to */
	struct mail_health mail;
	char		host[256];	/* our name, for mail */
	int64_t		turn_ns;	/* when the loop last turned */
	bool		stopping;
};

/* dispatch_event.c: what probes and advisors say. */
void	event_take(struct dispatch *, const char *from, const struct msg *);
void	event_heartbeat(struct dispatch *, const struct msg *);
void	event_samples(struct dispatch *, const struct msg *, const void *bytes,
	    size_t len);
/* What only the feed's readers want. */
void	event_trail(struct dispatch *, const void *bytes, size_t len);
void	event_opinion(struct dispatch *, const char *from, const struct msg *);
/* Time passed: holds, opinions, silence. */
void	event_tick(struct dispatch *, int64_t now_ns);
void	event_stale(struct dispatch *, int64_t now_ns);
int64_t	event_due(const struct dispatch *);
struct station	*station_find(struct dispatch *, const char *uplink);
/* The newest samples, for status and mail. */
void	evidence_keep(struct station *, const struct event *);

/* dispatch_entry.c: to the journal and back. */
struct journal_op	*entry_new(const char *from, const struct msg_head *);
/* Takes op. */
void	entry_submit(struct dispatch *, struct journal_op *);
/* Frees an entry with all that travels in it.  Clears *. */
void	entry_drop(struct journal_op **);
/* The journal has written it, or could not.  Clears *. */
void	event_journalled(struct dispatch *, struct journal_op **);
void	event_retry(struct dispatch *);
void	event_restore(struct dispatch *, const struct journal_past *);
struct source	*source_find(struct dispatch *, const struct msg_head *);
/* Place in conf->advisors, -1. */
ssize_t	advisor_find(const struct conf_uplink *, const char *name);

/* dispatch_plan.c: the parent. */
void	plan_update(struct dispatch *, const struct msg_head *cause);
void	plan_answer(struct dispatch *);
void	plan_again(struct dispatch *, int64_t now_ns);
bool	plan_carries(const struct dispatch *, size_t uplink);
void	plan_carrying(const struct dispatch *, char *buf, size_t len);

/* dispatch_jobs.c: what follows an event. */
int	jobs_open(struct dispatch *);
void	jobs_close(struct dispatch *);
/* Fills op->jobs for an event; 0 or -ENOMEM. */
int	jobs_of_event(struct dispatch *, size_t uplink, struct journal_op *);
void	jobs_start(struct dispatch *, struct journal_op *);
void	jobs_submit(struct dispatch *, struct job **);
void	jobs_note(struct dispatch *, struct lane_note *);
/* A new line, the newest, of what was done about the outage. */
char	*station_step(struct station *);
/* A line is back: what waits to be told may be told now. */
void	jobs_kick(struct dispatch *);
struct job	*job_new(struct dispatch *, size_t uplink, const struct msg *,
		    uint64_t event_id);
void	job_name(struct job *, const char *action, const char *lane);
/* Takes the job; 0 or -ENOMEM. */
int	jobs_add(struct journal_op *, struct job *);
/* What waits in a lane with this key is not wanted any more; not `every`. */
void	jobs_drop(struct dispatch *, const char *lane, const char *key);
/* NULL: none of that name. */
struct lane	*jobs_lane(const struct dispatch *, const char *name);

/* dispatch_spill.c: what a lane has no room for. */
/* As lane_submit, but never -ENOSPC. */
int	spill_submit(struct dispatch *, struct lane *, struct job **);
/* Reads on where there is room again; after each turn of the loop. */
void	spill_look(struct dispatch *, int64_t now_ns);
/* The journal's answer; takes what it can use, op stays the caller's. */
void	spill_fetched(struct dispatch *, struct journal_op *);
void	spill_restore(struct dispatch *, const struct journal_past *);

/* dispatch_lanes.c: what each lane has to do. */
/*
 * Once a second, those that have changed; all when the feed is new.  Has notes
 * handed over that found their queue full, too.
 */
void	lanes_tell(struct dispatch *, bool all);

/* dispatch_recovery.c: the ladder's steps. */
int	recovery_open(struct dispatch *);
void	recovery_close(struct dispatch *);
/* An outage begins, ends. */
void	recovery_begin(struct dispatch *, size_t uplink);
void	recovery_return(struct dispatch *, size_t uplink);
/* A worker's word. */
void	recovery_said(struct station *, enum level);
/* Starts what may be started; after each turn of the loop. */
void	recovery_look(struct dispatch *, int64_t now_ns);
int64_t	recovery_due(const struct dispatch *, int64_t now_ns);
/*
 * A job that is on disk: true if it is not for a lane, then it is taken and
 * cleared.  An entry that will never be.  A job's note.
 */
bool	recovery_keeps(struct dispatch *, struct job **);
void	recovery_lost(struct dispatch *, const struct journal_op *);
void	recovery_note(struct dispatch *, const struct lane_note *);
/* After the outages of the past are known. */
void	recovery_restore(struct dispatch *, struct journal_past *);
void	recovery_state(const struct dispatch *, size_t uplink,
	    struct state_line *);

/* dispatch_flows.c: connections of lines that come and go. */
/* An event of the uplink; before its outage is forgotten. */
void	flows_event(struct dispatch *, size_t uplink, const struct event *);
/* Before d->plan becomes that one. */
void	flows_plan(struct dispatch *, const struct plan *,
	    const enum plan_standing *);
/* What waits is looked at; after each turn of the loop. */
void	flows_look(struct dispatch *, int64_t now_ns);
/* flowed: jobs of this kind are known for its outage. */
void	flows_restore(struct dispatch *, size_t uplink, bool flowed);
/* dispatch_mail.c: letters, their rows and their delivery. */
int	mail_open(struct dispatch *);
void	mail_close(struct dispatch *);
/* Takes the letters of the past. */
void	mail_restore(struct dispatch *, struct journal_past *);
/* Adds the letters that op's event makes or changes to op; 0 or -ENOMEM. */
int	mail_of_event(struct dispatch *, size_t uplink,
	    struct journal_op *);
/* op is on disk: letters with their text may go. */
void	mail_stored(struct dispatch *, const struct journal_op *);
/* What is due is composed, stored, handed to the lane. */
void	mail_pump(struct dispatch *, int64_t now_ns);
int64_t	mail_due(const struct dispatch *);
/* Letters that wait for the lane, and since when; -1 = none. */
void	mail_load(const struct dispatch *, uint64_t *waiting,
	    int64_t *oldest_ms);
/* A delivery has ended. */
void	mail_note(struct dispatch *, const struct lane_note *);
/* A line has returned, or another carries: what waits is tried at once. */
void	mail_kick(struct dispatch *);
/* dispatch_mail_feed.c */
void	mail_publish(struct dispatch *);
/*
 * For other modules: a letter with a subject and a body of lines, at once and
 * never only counted; its row is part of that entry, which the caller submits,
 * or NULL: in the journal before the next turn.  0 or -ENOMEM.
 */
int	outbox_notice(struct dispatch *, size_t uplink, const char *subject,
	    const char *body, struct journal_op *);

/* dispatch_plugin.c: what is told of plugins. */
int	plugins_open(struct dispatch *);
void	plugins_note(struct dispatch *, const struct lane_note *);
void	plugins_publish(struct dispatch *);

/* dispatch_feed.c: what the feed is told. */
void	publish(struct dispatch *, struct msg *);
void	publish_state(struct dispatch *, size_t uplink);
void	publish_all(struct dispatch *);
/* Head of a message of our own. */
void	stamp(struct dispatch *, struct msg *, enum msg_type);
void	send_msg(struct dispatch *, const char *to, const struct msg *);
void	send_ack(struct dispatch *, const char *to, const struct msg_head *,
	    bool ok, const char *text);

#endif
