/* SPDX-License-Identifier: ISC */
/*
 * mail: letters as text.  RFC 5322, 7-bit, lines far below 998 bytes, none of
 * them a lone dot; no foreign byte reaches a header.  Lines end with \n alone,
 * as sendmail(8) wants them.  Pure, any thread.
 */
#ifndef UPLINKD_ACTIONS_MAIL_H
#define UPLINKD_ACTIONS_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "lib/net.h"
#include "proto/event.h"

#define MAIL_DONE_MAX	16	/* lines of "what was done" */
#define MAIL_ADDRS_MAX	4	/* own addresses told */
#define MAIL_ID_MAX	160

struct mail_head {
	const char	*host;		/* our name */
	const char	*id;		/* mail_id(): the same for each try */
	int64_t		date_ms;
};

/* What an administrator wants to read beside the event itself. */
struct mail_context {
	char		carrying[EVENT_TEXT_MAX];	/* "ext2" now */
	int64_t		held_until_ms;	/* wall; 0 = not held */
	size_t		nown;
	struct net_addr	own[MAIL_ADDRS_MAX];	/* of the interface, now */
	size_t		ndone;
	char		done[MAIL_DONE_MAX][EVENT_TEXT_MAX]; /* "recovery: exit 0 ..." */
};

/* "uplinkd.EPOCH.LETTER@host", without the angle brackets. */
const char	*mail_id(uint64_t epoch, uint64_t letter, const char *host,
		    char buf[MAIL_ID_MAX]);
/*
 * An event.  begin: of the outage it ends, or NULL; folded: both in this one
 * letter.  All three return malloc'd text, NULL = no memory.
 */
char	*mail_event(const struct conf *, const struct mail_head *,
	    uint32_t uplink, const struct msg *event, const struct msg *begin,
	    bool folded, const struct mail_context *);
/* Words of our own; body: lines, of any length and content. */
char	*mail_notice(const struct conf *, const struct mail_head *,
	    const char *subject, const char *body);
#define MAIL_LINE_MAX	320

/* The subject of a letter about that event alone, in one line. */
void	mail_line(const char *host, const char *uplink,
	    const struct msg *event, char *buf, size_t size);
/*
 * The address alone of "Name <addr>" or "addr", as an envelope wants it;
 * false if there is none that could be one.
 */
bool	mail_address(const char *, char *buf, size_t size);
/* Our own when none is configured: uplinkd@host. */
void	mail_sender(const struct conf_mail *, const char *host, char *buf,
	    size_t size);

#endif
