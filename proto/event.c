/* SPDX-License-Identifier: ISC */
/*
 * event: the words of the wire and the topics.  Pure; any thread.
 */
#include "proto/event.h"

#include <stdio.h>
#include <string.h>

#include "proto/wire.h"

static const char *const levels[] = {
	[LEVEL_UP] = "up",
	[LEVEL_DEGRADED] = "degraded",
	[LEVEL_DOWN] = "down",
	[LEVEL_UNKNOWN] = "unknown",
};

static const char *const causes[] = {
	[CAUSE_NONE] = "none",
	[CAUSE_CARRIER] = "carrier",
	[CAUSE_ADDRESS] = "address",
	[CAUSE_GATEWAY] = "gateway",
	[CAUSE_FAR] = "far",
	[CAUSE_ADVISOR] = "advisor",
	[CAUSE_OPERATOR] = "operator",
	[CAUSE_STALE] = "stale",
	[CAUSE_QUALITY] = "quality",
	[CAUSE_DNS] = "dns",
	[CAUSE_SUSPECT] = "target-suspect",
};

static const char *const states[] = {
	[TARGET_UNKNOWN] = "unknown",
	[TARGET_OK] = "ok",
	[TARGET_LOST] = "lost",
	[TARGET_CANNOT] = "cannot",
	[TARGET_DEGRADED] = "degraded",
	[TARGET_SUSPECT] = "suspect",
	[TARGET_UNRESOLVED] = "unresolved",
};

static const char *const links[] = {
	[TRAIL_ABSENT] = "absent",
	[TRAIL_NO_CARRIER] = "no-carrier",
	[TRAIL_NO_ADDRESS] = "no-address",
	[TRAIL_USABLE] = "usable",
};

static const char *const types[] = {
	[MSG_EVENT] = "event",
	[MSG_HEARTBEAT] = "heartbeat",
	[MSG_SAMPLES] = "samples",
	[MSG_ACK] = "ack",
	[MSG_OPINION] = "opinion",
	[MSG_JOB] = "job",
	[MSG_ROUTE] = "route",
	[MSG_STATE] = "state",
	[MSG_HELLO] = "hello",
	[MSG_SNAPSHOT] = "snapshot",
	[MSG_TRAIL] = "trail",
	[MSG_LANE] = "lane",
	[MSG_ERROR] = "error",
	[MSG_PLUGIN] = "plugin",
	[MSG_MAIL] = "mail",
};

static const char *const phases[] = {
	[JOB_STARTED] = "started",
	[JOB_DONE] = "done",
	[JOB_FAILED] = "failed",
	[JOB_RETRY] = "retry",
	[JOB_SUPERSEDED] = "superseded",
	[JOB_CANCELLED] = "cancelled",
};

#define NAME(table, i)							\
	((size_t)(i) < sizeof(table) / sizeof(table[0]) ? table[i] : NULL)

/* 0 = no such word: every enumeration begins with an invalid 0. */
static int
find(const char *const *table, size_t n, const char *word)
{
	size_t i;

	for (i = 1; i < n; i++)
		if (table[i] != NULL && strcmp(table[i], word) == 0)
			return (int)i;
	return 0;
}

#define FIND(table, word)						\
	find(table, sizeof(table) / sizeof(table[0]), word)

const char *
level_name(enum level level)
{
	return NAME(levels, level);
}

enum level
level_parse(const char *word)
{
	return (enum level)FIND(levels, word);
}

const char *
cause_name(enum cause cause)
{
	return NAME(causes, cause);
}

enum cause
cause_parse(const char *word)
{
	return (enum cause)FIND(causes, word);
}

const char *
trail_link_name(enum trail_link link)
{
	return NAME(links, link);
}

enum trail_link
trail_link_parse(const char *word)
{
	return (enum trail_link)FIND(links, word);
}

const char *
target_state_name(enum target_state state)
{
	return NAME(states, state);
}

enum target_state
target_state_parse(const char *word)
{
	return (enum target_state)FIND(states, word);
}

const char *
msg_type_name(enum msg_type type)
{
	return NAME(types, type);
}

enum msg_type
msg_type_parse(const char *word)
{
	return (enum msg_type)FIND(types, word);
}

const char *
job_phase_name(enum job_phase phase)
{
	return NAME(phases, phase);
}

enum job_phase
job_phase_parse(const char *word)
{
	return (enum job_phase)FIND(phases, word);
}

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '-' && c <= '9') || c == '_';	/* -./0123456789 */
}

/* Reads no further than a name may be long: it need not have an end. */
bool
event_name_ok(const char *name)
{
	size_t n;

	for (n = 0; n < EVENT_NAME_MAX && is_name_char(name[n]); n++)
		;
	return n > 0 && n < EVENT_NAME_MAX && name[n] == '\0' &&
	    name[0] != '-' && name[0] != '.';
}

static const char *
or_question(const char *word)
{
	return word != NULL ? word : "?";
}

void
msg_topic(const struct msg *m, char *buf, size_t size)
{
	const char *type = or_question(msg_type_name(m->head.type));

	switch (m->head.type) {
	case MSG_EVENT:
		snprintf(buf, size, "%s.%s.%s", type, m->u.event.uplink,
		    or_question(level_name(m->u.event.level)));
		break;
	case MSG_SAMPLES:
	case MSG_HEARTBEAT:
		snprintf(buf, size, "%s.%s", type, m->u.event.uplink);
		break;
	case MSG_STATE:
		snprintf(buf, size, "%s.%s", type, m->u.state.uplink);
		break;
	case MSG_TRAIL:
		snprintf(buf, size, "%s.%s", type, m->u.trail.uplink);
		break;
	case MSG_LANE:
		snprintf(buf, size, "%s.%s", type, m->u.lane.lane);
		break;
	case MSG_OPINION:
		snprintf(buf, size, "%s.%s", type, m->u.opinion.uplink);
		break;
	case MSG_PLUGIN:
		snprintf(buf, size, "%s.%s", type, m->u.plugin.action);
		break;
	case MSG_JOB:
		snprintf(buf, size, "%s.%s.%s.%s", type, m->u.job.action,
		    m->u.job.uplink,
		    or_question(job_phase_name(m->u.job.phase)));
		break;
	default:
		snprintf(buf, size, "%s", type);
	}
}
