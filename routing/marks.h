/* SPDX-License-Identifier: ISC */
/*
 * marks: uplinkd's own nftables table, which keeps a connection on the line by
 * which it came in or went out: the text of it, for libnftables(3).  The rules
 * that route by these marks are want_rules.c's.  Pure.
 */
#ifndef UPLINKD_ROUTING_MARKS_H
#define UPLINKD_ROUTING_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf;

#define MARKS_TABLE	"uplinkd"	/* of family inet; nobody else's */
/* 64 uplinks need some 32 KiB; a pipe takes that much at once. */
#define MARKS_TEXT_MAX	49152

/* The connection mark of an uplink within the mask; 0: none. */
uint32_t	marks_of(const struct conf *, size_t uplink);
/* False: it shares its interface, so what comes in by it cannot be told. */
bool	marks_can_tell(const struct conf *, size_t uplink);
/*
 * One transaction that makes the table, in the place of the one that stands.
 * Returns the length, or -EMSGSIZE.
 */
int	marks_write(const struct conf *, char *buf, size_t len);
/* One that takes it away, also if there is none; a constant. */
const char	*marks_none(void);

#endif
