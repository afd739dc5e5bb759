/* SPDX-License-Identifier: ISC */
/*
 * wire: what encode.c and decode.c share.  Private to proto/.
 */
#ifndef UPLINKD_PROTO_WIRE_H
#define UPLINKD_PROTO_WIRE_H

#include <stddef.h>

#include "proto/event.h"

/* 0 = no such word. */
enum msg_type	msg_type_parse(const char *);
enum job_phase	job_phase_parse(const char *);

/*
 * A member of a message: its key, what it is, where it lies in struct msg.
 * Both directions walk the same table, so that they cannot disagree.
 */
enum field_type {
	FIELD_NAME = 1,		/* char[], event_name_ok */
	FIELD_NAME_EMPTY,	/* the same, or "" */
	FIELD_TEXT,		/* char[], any clean UTF-8 */
	FIELD_LEVEL,
	FIELD_CAUSE,
	FIELD_PHASE,
	FIELD_BOOL,
	FIELD_U64,		/* up to 2^53 - 1, as JSON readers want it */
	FIELD_U32,
	FIELD_INT,		/* from 0 */
	FIELD_I64,		/* a time; negative is null, and null is -1 */
	FIELD_EPOCH,		/* uint64_t as 16 hex digits */
	FIELD_EVIDENCE,		/* struct evidence[] */
	FIELD_ADDRS,		/* struct event_addrs */
	FIELD_LINK,
	FIELD_TARGETS,		/* struct trail_target[] */
	FIELD_ENTRIES		/* struct trail_entry[], after the targets */
};

struct field {
	const char	*key;		/* NULL ends the table */
	enum field_type	 type;
	size_t		 off;		/* in struct msg */
	size_t		 size;		/* of texts */
	size_t		 count_off;	/* of lists: size_t count */
	bool		 optional;	/* may be absent: null or empty */
};

/* NULL for types that have no members beyond the head. */
const struct field	*wire_fields(enum msg_type);

#define WIRE_INT_MAX	((INT64_C(1) << 53) - 1)

/* Entry of a trail that has nothing but its time. */
#define WIRE_DEAF	"deaf"
/* Results of a sample for which nothing was asked; NULL for all others. */
const char	*wire_unasked(enum trail_what);
/* 0 for what is none of them. */
enum trail_what	wire_unasked_parse(const char *);

#endif
