/* SPDX-License-Identifier: ISC */
/*
 * event: the messages of uplinkd as typed values and as JSON bytes.  Decoding
 * trusts nothing: unknown keys are skipped, wrong types, ranges, lengths and
 * control bytes refuse the whole message.  See uplinkd-event(7).  Pure; all
 * functions may be called from any thread.
 */
#ifndef UPLINKD_PROTO_EVENT_H
#define UPLINKD_PROTO_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net.h"

#define EVENT_VERSION		1
#define EVENT_BYTES_MAX		16384	/* of one encoded message */
#define EVENT_NAME_MAX		32	/* uplink, action, advisor; with NUL */
#define EVENT_LABEL_MAX		64
#define EVENT_TEXT_MAX		256
#define EVENT_TARGETS_MAX	32	/* evidence kept in one message */
#define EVENT_TRAIL_MAX		200	/* entries of one trail */
#define EVENT_ADDRS_MAX		8	/* of one line */

enum level {			/* 0 is never valid */
	LEVEL_UP = 1,
	LEVEL_DEGRADED,
	LEVEL_DOWN,
	LEVEL_UNKNOWN
};

enum cause {
	CAUSE_NONE = 1,		/* "none": start, or all is well */
	CAUSE_CARRIER,
	CAUSE_ADDRESS,
	CAUSE_GATEWAY,
	CAUSE_FAR,
	CAUSE_ADVISOR,
	CAUSE_OPERATOR,
	CAUSE_STALE,
	CAUSE_QUALITY,		/* loss, round-trip time or jitter */
	CAUSE_DNS,		/* a target's name does not resolve */
	CAUSE_SUSPECT		/* a target fails through every uplink */
};

enum target_state {		/* of one target, whatever the line's level */
	TARGET_UNKNOWN = 1,
	TARGET_OK,
	TARGET_LOST,
	TARGET_CANNOT,		/* it could not be sent to */
	TARGET_DEGRADED,
	TARGET_SUSPECT,		/* has no vote: nobody reaches it */
	TARGET_UNRESOLVED
};

/* One target's recent samples; times in microseconds, -1 = none. */
struct evidence {
	char		target[EVENT_LABEL_MAX];
	bool		gateway;	/* group "gateway", else "far" */
	enum target_state state;
	uint32_t	sent, lost, cannot;
	int64_t		rtt_us;		/* mean of the answered */
	int64_t		jitter_us;	/* -1 = none */
	int64_t		loss;		/* per mille over the window; -1 */
};

enum msg_type {
	MSG_EVENT = 1,		/* a change of level: journalled, acknowledged */
	MSG_HEARTBEAT,		/* present level repeated, not journalled */
	MSG_SAMPLES,		/* counts of the last second or so */
	MSG_ACK,		/* answer to an event or opinion: it is on disk */
	MSG_OPINION,		/* an advisor speaks (uplinkctl notify) */
	MSG_JOB,		/* start and end of an action's run */
	MSG_ROUTE,		/* the kernel has been changed, or refused */
	MSG_STATE,		/* one uplink's line of a snapshot */
	MSG_HELLO,		/* a peer (re)connected and wants a snapshot */
	MSG_SNAPSHOT,		/* request, and end mark of the answer */
	MSG_TRAIL,		/* all that the judge was told, one by one */
	MSG_LANE,		/* what one lane has to do */
	MSG_MAIL,		/* letters that wait */
	MSG_ERROR,		/* the request was refused; text says why */
	MSG_PLUGIN		/* one plugin's line of a snapshot */
};

enum job_phase {
	JOB_STARTED = 1, JOB_DONE, JOB_FAILED, JOB_RETRY, JOB_SUPERSEDED,
	JOB_CANCELLED
};

/* Head of every message. */
struct msg_head {
	enum msg_type	type;
	char		source[EVENT_NAME_MAX];	/* "probes/0", "dispatcher" */
	uint64_t	epoch;		/* random per start; 16 hex digits */
	uint64_t	seq;		/* from 1, per source and epoch */
	int64_t		mono_ns;	/* when it was made */
	int64_t		wall_ms;
};

/* Of the line's interface, none of them link-local. */
struct event_addrs {
	size_t		n;
	struct net_addr	list[EVENT_ADDRS_MAX];
};

struct event {			/* EVENT, HEARTBEAT, SAMPLES */
	char		uplink[EVENT_NAME_MAX];
	enum level	level, previous;
	enum cause	cause;
	int64_t		since_wall_ms;	/* when this level began; 0 = not known */
	/* The line's own measures, as in struct evidence. */
	int64_t		rtt_us, jitter_us, loss;
	char		note[EVENT_TEXT_MAX];	/* what else is wrong; "" */
	/* The line's own; of an EVENT those before, if it has none now. */
	struct event_addrs addrs;
	size_t		nevidence;
	struct evidence	evidence[EVENT_TARGETS_MAX];
};

struct opinion {
	char		uplink[EVENT_NAME_MAX];
	char		advisor[EVENT_NAME_MAX];
	enum level	level;		/* UNKNOWN withdraws the opinion */
	char		text[EVENT_TEXT_MAX];
};

struct job_report {
	char		action[EVENT_NAME_MAX];	/* configured name, "mail", "recovery" */
	char		lane[EVENT_NAME_MAX];
	char		uplink[EVENT_NAME_MAX];
	uint64_t	event_id;	/* journal row of the event */
	uint64_t	job_id;
	enum job_phase	phase;
	int		try;		/* 1 = first */
	int64_t		took_ms;	/* -1 = still running */
	char		text[EVENT_TEXT_MAX];	/* exit status, last output line */
};

struct route_report {
	bool		ok;
	int64_t		took_us;	/* from the event's mono_ns to the kernel; -1 */
	char		event_source[EVENT_NAME_MAX];	/* "" = not by an event */
	uint64_t	event_seq;
	unsigned	writes;		/* messages written to the kernel */
	char		text[EVENT_TEXT_MAX];	/* "ipv4: override via ext2" */
};

struct state_line {		/* one uplink as the dispatcher sees it */
	char		uplink[EVENT_NAME_MAX];
	char		ifname[EVENT_NAME_MAX];
	enum level	level;
	enum cause	cause;
	bool		carrying;	/* new connections go by it now */
	bool		held;		/* returned, waiting for its hold */
	bool		stale;		/* no heartbeat from its worker */
	int64_t		since_wall_ms;
	int64_t		hold_left_ms;	/* 0 = none */
	char		recovery[EVENT_LABEL_MAX];	/* "step 1 of 2 runs"; "" */
	int64_t		recovery_left_ms;	/* until what it tells; 0 */
	uint32_t	index, count;	/* this line of so many */
	char		method[EVENT_NAME_MAX];	/* override, withdraw, none */
	char		standing[EVENT_NAME_MAX]; /* good, held, bad: for routing */
	int64_t		rtt_us, jitter_us, loss;
	char		note[EVENT_TEXT_MAX];
	size_t		nevidence;
	struct evidence	evidence[EVENT_TARGETS_MAX];
};

struct lane_report {		/* counts are since the dispatcher's start */
	char		lane[EVENT_NAME_MAX];
	uint32_t	threads, queue;	/* as configured */
	uint32_t	running;
	uint64_t	waiting;	/* on disk and for a next try, too */
	uint64_t	on_disk;	/* of them: beyond the queue */
	int64_t		oldest_wall_ms;	/* that waits in memory; -1 = none */
	uint64_t	done, failed, retried, superseded, cancelled;
	uint64_t	dropped;	/* no memory, or no such lane */
	uint32_t	index, count;	/* this lane of so many */
};

struct plugin_report {		/* one action of the kind plugin */
	char		action[EVENT_NAME_MAX];
	char		plugin[EVENT_NAME_MAX];	/* its file, without .so */
	char		kind[EVENT_NAME_MAX];	/* program, library, ... */
	uint32_t	running;
	uint64_t	done, failed;	/* tries, since the dispatcher's start */
	/* Of the newest one that has ended; uplink "": none has. */
	char		uplink[EVENT_NAME_MAX];
	bool		ok;
	int64_t		ended_wall_ms;	/* -1 = none */
	char		text[EVENT_TEXT_MAX];
};

struct mail_report {		/* the dispatcher's outbox */
	uint64_t	waiting;	/* letters not yet delivered */
	uint64_t	counted;	/* events for the next digest */
	uint64_t	lost;		/* given up and not yet told */
	int64_t		oldest_wall_ms;	/* of those that wait; -1 = none */
	uint32_t	failures;	/* tries since one went well */
	char		error[EVENT_TEXT_MAX];	/* of the newest of them; "" */
};

enum trail_link {		/* what the kernel says of the interface */
	TRAIL_ABSENT = 1,
	TRAIL_NO_CARRIER,
	TRAIL_NO_ADDRESS,	/* or no route: nothing could be proved */
	TRAIL_USABLE
};

enum trail_what {
	TRAIL_ROUND = 1,	/* a round was opened */
	/* Samples. */
	TRAIL_OK, TRAIL_LOST, TRAIL_CANNOT, TRAIL_SKIP, TRAIL_IDLE,
	TRAIL_FORGET,		/* what was in flight is none of it */
	TRAIL_DEAF		/* losses so far were not heard: none are */
};

struct trail_target {
	char		target[EVENT_LABEL_MAX];
	bool		gateway;	/* group "gateway", else "far" */
	bool		unresolved;	/* when the message was made */
};

struct trail_entry {
	enum trail_what	what;
	uint32_t	age_us;		/* before the message was made */
	uint32_t	target;		/* its place in targets */
	uint32_t	rtt_us;
	uint64_t	round;		/* from 1 in each life */
};

/* What one uplink's judge was told since the trail before, in that order. */
struct trail {
	char		uplink[EVENT_NAME_MAX];
	uint64_t	life;		/* of the judge: random per start */
	uint64_t	part;		/* of its trails, from 1 */
	int64_t		interval_us;	/* as configured */
	enum trail_link	link;		/* when the message was made */
	uint32_t	count;		/* targets of the uplink */
	size_t		ntargets;	/* those of the entries; all if fit */
	struct trail_target targets[EVENT_TARGETS_MAX];
	size_t		nentries;
	struct trail_entry entries[EVENT_TRAIL_MAX];
};

struct msg {
	struct msg_head	head;
	union {
		struct event		event;
		struct opinion		opinion;
		struct job_report	job;
		struct route_report	route;
		struct state_line	state;
		struct trail		trail;
		struct lane_report	lane;
		struct plugin_report	plugin;
		struct mail_report	mail;
		struct {		/* ACK: what is acknowledged */
			char		source[EVENT_NAME_MAX];
			uint64_t	epoch, seq;
			bool		ok;	/* false: refused, see text */
			char		text[EVENT_TEXT_MAX];
		} ack;
		struct {		/* SNAPSHOT end mark: feed position */
			uint64_t	count;
		} snapshot;
		struct {		/* ERROR */
			char		text[EVENT_TEXT_MAX];
		} error;
	} u;
};

/*
 * Writes JSON without a NUL into buf; returns its length, -EMSGSIZE if it
 * does not fit (evidence beyond the limit is left out first), -EINVAL if a
 * name, enumerator or number is not a valid one, -ENOMEM.  Free texts are
 * cleaned: bytes that are not UTF-8 and control characters become '?'.
 */
int	msg_encode(const struct msg *, char *buf, size_t size);
/*
 * Fills *msg from foreign bytes.  Returns 0 with why NULL; -EPROTO with the
 * reason in why (static text), -EMSGSIZE, -ENOMEM; then *msg means nothing.
 */
int	msg_decode(const char *bytes, size_t len, struct msg *, const char **why);

/* Words of the wire; NULL or 0 for what does not exist. */
const char	*level_name(enum level);
enum level	level_parse(const char *);
const char	*cause_name(enum cause);
enum cause	cause_parse(const char *);
const char	*trail_link_name(enum trail_link);
enum trail_link	trail_link_parse(const char *);
const char	*target_state_name(enum target_state);
enum target_state	target_state_parse(const char *);
const char	*msg_type_name(enum msg_type);
const char	*job_phase_name(enum job_phase);
/* Names on the wire: [A-Za-z0-9_./-]{1,31}, not starting with '-' or '.'. */
bool		event_name_ok(const char *);
/* Topic of a published message: "event.ext1.down", "job.mail.ext1.done". */
void		msg_topic(const struct msg *, char *buf, size_t size);

#endif
