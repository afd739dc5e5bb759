/* SPDX-License-Identifier: ISC */
/*
 * wire: the members of each type of message, one table each.  Pure.
 */
#include "proto/wire.h"

#include <string.h>

#define AT(member)	offsetof(struct msg, member)
#define LEN(member)	sizeof(((struct msg *)0)->member)
#define TEXT(k, t, member) { k, t, AT(member), LEN(member), 0, false }
#define PLAIN(k, t, member) { k, t, AT(member), 0, 0, false }
/* What older ones did not say. */
#define TEXT_LATER(k, t, member) { k, t, AT(member), LEN(member), 0, true }
#define PLAIN_LATER(k, t, member) { k, t, AT(member), 0, 0, true }
#define END { NULL, 0, 0, 0, 0, false }

static const struct field event_fields[] = {
	TEXT("uplink", FIELD_NAME, u.event.uplink),
	PLAIN("level", FIELD_LEVEL, u.event.level),
	PLAIN("previous", FIELD_LEVEL, u.event.previous),
	PLAIN("cause", FIELD_CAUSE, u.event.cause),
	PLAIN("since_wall_ms", FIELD_I64, u.event.since_wall_ms),
	PLAIN_LATER("rtt_us", FIELD_I64, u.event.rtt_us),
	PLAIN_LATER("jitter_us", FIELD_I64, u.event.jitter_us),
	PLAIN_LATER("loss", FIELD_I64, u.event.loss),
	TEXT_LATER("note", FIELD_TEXT, u.event.note),
	PLAIN_LATER("addresses", FIELD_ADDRS, u.event.addrs),
	{ "evidence", FIELD_EVIDENCE, AT(u.event.evidence), 0,
	    AT(u.event.nevidence), false },
	END
};

static const struct field opinion_fields[] = {
	TEXT("uplink", FIELD_NAME, u.opinion.uplink),
	TEXT("advisor", FIELD_NAME, u.opinion.advisor),
	PLAIN("level", FIELD_LEVEL, u.opinion.level),
	TEXT("text", FIELD_TEXT, u.opinion.text),
	END
};

static const struct field job_fields[] = {
	TEXT("action", FIELD_NAME, u.job.action),
	TEXT("lane", FIELD_NAME, u.job.lane),
	TEXT("uplink", FIELD_NAME, u.job.uplink),
	PLAIN("event_id", FIELD_U64, u.job.event_id),
	PLAIN("job_id", FIELD_U64, u.job.job_id),
	PLAIN("phase", FIELD_PHASE, u.job.phase),
	PLAIN("try", FIELD_INT, u.job.try),
	PLAIN("took_ms", FIELD_I64, u.job.took_ms),
	TEXT("text", FIELD_TEXT, u.job.text),
	END
};

static const struct field route_fields[] = {
	PLAIN("ok", FIELD_BOOL, u.route.ok),
	PLAIN("took_us", FIELD_I64, u.route.took_us),
	TEXT("event_source", FIELD_NAME_EMPTY, u.route.event_source),
	PLAIN("event_seq", FIELD_U64, u.route.event_seq),
	PLAIN("writes", FIELD_U32, u.route.writes),
	TEXT("text", FIELD_TEXT, u.route.text),
	END
};

static const struct field state_fields[] = {
	TEXT("uplink", FIELD_NAME, u.state.uplink),
	TEXT("interface", FIELD_NAME, u.state.ifname),
	PLAIN("level", FIELD_LEVEL, u.state.level),
	PLAIN("cause", FIELD_CAUSE, u.state.cause),
	PLAIN("carrying", FIELD_BOOL, u.state.carrying),
	PLAIN("held", FIELD_BOOL, u.state.held),
	PLAIN("stale", FIELD_BOOL, u.state.stale),
	PLAIN("since_wall_ms", FIELD_I64, u.state.since_wall_ms),
	PLAIN("hold_left_ms", FIELD_I64, u.state.hold_left_ms),
	PLAIN("index", FIELD_U32, u.state.index),
	PLAIN("count", FIELD_U32, u.state.count),
	TEXT("method", FIELD_NAME, u.state.method),
	TEXT("standing", FIELD_NAME, u.state.standing),
	PLAIN_LATER("rtt_us", FIELD_I64, u.state.rtt_us),
	PLAIN_LATER("jitter_us", FIELD_I64, u.state.jitter_us),
	PLAIN_LATER("loss", FIELD_I64, u.state.loss),
	TEXT_LATER("note", FIELD_TEXT, u.state.note),
	TEXT_LATER("recovery", FIELD_TEXT, u.state.recovery),
	PLAIN_LATER("recovery_left_ms", FIELD_I64, u.state.recovery_left_ms),
	{ "evidence", FIELD_EVIDENCE, AT(u.state.evidence), 0,
	    AT(u.state.nevidence), false },
	END
};

static const struct field ack_fields[] = {
	TEXT("ack_source", FIELD_NAME, u.ack.source),
	PLAIN("ack_epoch", FIELD_EPOCH, u.ack.epoch),
	PLAIN("ack_seq", FIELD_U64, u.ack.seq),
	PLAIN("ok", FIELD_BOOL, u.ack.ok),
	TEXT("text", FIELD_TEXT, u.ack.text),
	END
};

static const struct field snapshot_fields[] = {
	PLAIN("count", FIELD_U64, u.snapshot.count),
	END
};

static const struct field trail_fields[] = {
	TEXT("uplink", FIELD_NAME, u.trail.uplink),
	PLAIN("life", FIELD_EPOCH, u.trail.life),
	PLAIN("part", FIELD_U64, u.trail.part),
	PLAIN("interval_us", FIELD_I64, u.trail.interval_us),
	PLAIN("link", FIELD_LINK, u.trail.link),
	PLAIN("count", FIELD_U32, u.trail.count),
	{ "targets", FIELD_TARGETS, AT(u.trail.targets), 0,
	    AT(u.trail.ntargets), false },
	{ "samples", FIELD_ENTRIES, AT(u.trail.entries), 0,
	    AT(u.trail.nentries), false },
	END
};

static const struct field lane_fields[] = {
	TEXT("lane", FIELD_NAME, u.lane.lane),
	PLAIN("threads", FIELD_U32, u.lane.threads),
	PLAIN("queue", FIELD_U32, u.lane.queue),
	PLAIN("running", FIELD_U32, u.lane.running),
	PLAIN("waiting", FIELD_U64, u.lane.waiting),
	PLAIN("on_disk", FIELD_U64, u.lane.on_disk),
	PLAIN("oldest_wall_ms", FIELD_I64, u.lane.oldest_wall_ms),
	PLAIN("done", FIELD_U64, u.lane.done),
	PLAIN("failed", FIELD_U64, u.lane.failed),
	PLAIN("retried", FIELD_U64, u.lane.retried),
	PLAIN("superseded", FIELD_U64, u.lane.superseded),
	PLAIN("cancelled", FIELD_U64, u.lane.cancelled),
	PLAIN("dropped", FIELD_U64, u.lane.dropped),
	PLAIN("index", FIELD_U32, u.lane.index),
	PLAIN("count", FIELD_U32, u.lane.count),
	END
};

static const struct field plugin_fields[] = {
	TEXT("action", FIELD_NAME, u.plugin.action),
	TEXT("plugin", FIELD_NAME, u.plugin.plugin),
	TEXT("kind", FIELD_NAME, u.plugin.kind),
	PLAIN("running", FIELD_U32, u.plugin.running),
	PLAIN("done", FIELD_U64, u.plugin.done),
	PLAIN("failed", FIELD_U64, u.plugin.failed),
	TEXT("uplink", FIELD_NAME_EMPTY, u.plugin.uplink),
	PLAIN("ok", FIELD_BOOL, u.plugin.ok),
	PLAIN("ended_wall_ms", FIELD_I64, u.plugin.ended_wall_ms),
	TEXT("text", FIELD_TEXT, u.plugin.text),
	END
};

static const struct field mail_fields[] = {
	PLAIN("waiting", FIELD_U64, u.mail.waiting),
	PLAIN("counted", FIELD_U64, u.mail.counted),
	PLAIN("lost", FIELD_U64, u.mail.lost),
	PLAIN("oldest_wall_ms", FIELD_I64, u.mail.oldest_wall_ms),
	PLAIN("failures", FIELD_U32, u.mail.failures),
	TEXT("error", FIELD_TEXT, u.mail.error),
	END
};

static const struct field error_fields[] = {
	TEXT("text", FIELD_TEXT, u.error.text),
	END
};

static const struct field none[] = { END };

const struct field *
wire_fields(enum msg_type type)
{
	switch (type) {
	case MSG_EVENT:
	case MSG_HEARTBEAT:
	case MSG_SAMPLES:
		return event_fields;
	case MSG_ACK:
		return ack_fields;
	case MSG_OPINION:
		return opinion_fields;
	case MSG_JOB:
		return job_fields;
	case MSG_ROUTE:
		return route_fields;
	case MSG_STATE:
		return state_fields;
	case MSG_SNAPSHOT:
		return snapshot_fields;
	case MSG_TRAIL:
		return trail_fields;
	case MSG_LANE:
		return lane_fields;
	case MSG_ERROR:
		return error_fields;
	case MSG_PLUGIN:
		return plugin_fields;
	case MSG_MAIL:
		return mail_fields;
	case MSG_HELLO:
		return none;
	}
	return NULL;
}

static const char *const unasked[] = {
	[TRAIL_CANNOT] = "cannot",
	[TRAIL_SKIP] = "skip",
	[TRAIL_IDLE] = "idle",
};

#define NUNASKED	(sizeof(unasked) / sizeof(unasked[0]))

const char *
wire_unasked(enum trail_what what)
{
	return (size_t)what < NUNASKED ? unasked[what] : NULL;
}

enum trail_what
wire_unasked_parse(const char *word)
{
	size_t i;

	for (i = 0; i < NUNASKED; i++)
		if (unasked[i] != NULL && strcmp(unasked[i], word) == 0)
			return (enum trail_what)i;
	return 0;
}
