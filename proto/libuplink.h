/* SPDX-License-Identifier: ISC */
/*
 * libuplink: what uplinkd knows, for other programs.
 *
 *	struct uplink_client *c;
 *	struct uplink_news news;
 *
 *	if (uplink_client_open(NULL, &c) != 0)
 *		return 1;
 *	while (uplink_client_next(c, -1, &news) >= 0)
 *		if (news.kind == UPLINK_NEWS_EVENT)
 *			printf("%s is %s\n", news.uplink,
 *			    uplink_level_name(news.level));
 *
 * A client keeps a table of all uplinks that is right whenever
 * uplink_client_synced says so: it connects again by itself, sees every gap in
 * what is published, and fills it with a snapshot.  A client belongs to the
 * thread that opened it, and does not live through fork(2).  All functions
 * return 0 or what is said, else -errno; times are in milliseconds.
 * See uplink(3); the messages themselves are in uplinkd-event(7).
 */
#ifndef LIBUPLINK_H
#define LIBUPLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define UPLINK_NAME_MAX		32	/* with the NUL, as all sizes here */
#define UPLINK_TEXT_MAX		256

struct uplink_client;

enum uplink_level {
	UPLINK_UP = 1,
	UPLINK_DEGRADED,	/* works, and is used, but not well */
	UPLINK_DOWN,
	UPLINK_UNKNOWN		/* nothing could be proved */
};

/* One uplink as the daemon sees it. */
struct uplink_status {
	char		name[UPLINK_NAME_MAX];
	char		interface[UPLINK_NAME_MAX];
	enum uplink_level level;
	char		cause[UPLINK_NAME_MAX];	/* "none", "carrier", "far" */
	bool		carrying;	/* new connections go by it now */
	bool		held;		/* has returned, is not used yet */
	bool		stale;		/* its probes are silent */
	int64_t		since_ms;	/* since 1970; 0 = not known */
	int64_t		hold_left_ms;
	int64_t		rtt_us;		/* -1 = not known */
	int64_t		loss;		/* per mille; -1 = not known */
};

enum uplink_news_kind {
	UPLINK_NEWS_SYNC = 1,	/* the table is right; missed: before that */
	UPLINK_NEWS_LOST,	/* the daemon is silent; the table is old */
	UPLINK_NEWS_EVENT,	/* an uplink has another level or cause */
	UPLINK_NEWS_STATE,	/* something else of its status has changed */
	UPLINK_NEWS_JOB,	/* an action was started, or has ended */
	UPLINK_NEWS_ROUTE	/* the kernel's routes were changed, or not */
};

struct uplink_news {
	enum uplink_news_kind kind;
	int64_t		wall_ms;	/* when it was said, since 1970 */
	char		uplink[UPLINK_NAME_MAX];	/* EVENT, STATE, JOB */
	enum uplink_level level;	/* EVENT, STATE */
	enum uplink_level previous;	/* EVENT */
	char		cause[UPLINK_NAME_MAX];	/* EVENT, STATE */
	char		action[UPLINK_NAME_MAX];	/* JOB */
	char		phase[UPLINK_NAME_MAX];	/* JOB: "started", "done" */
	char		text[UPLINK_TEXT_MAX];	/* JOB: its result; ROUTE */
	uint64_t	missed;		/* SYNC: messages; 0 at the beginning */
	/* The whole message, until the next call; NULL for SYNC and LOST. */
	const char	*json;
};

/*
 * run_dir: the daemon's, NULL for /run/uplinkd.  The daemon need not run yet:
 * the first news will be SYNC when it does.  -EACCES: we may not; -ENAMETOOLONG.
 */
int	uplink_client_open(const char *run_dir, struct uplink_client **);
/* Clears *; NULL is fine. */
void	uplink_client_close(struct uplink_client **);

/*
 * Waits at most timeout_ms (-1: for ever, 0: not at all).  1 and *news; 0 if
 * there was none; -EINTR.
 */
int	uplink_client_next(struct uplink_client *, int timeout_ms,
	    struct uplink_news *news);
/*
 * For poll(2), with POLLIN, in a loop of one's own: when it is ready, or after
 * uplink_client_timeout, call uplink_client_next with timeout 0 until it
 * returns 0.  Not to be read or closed.
 */
int	uplink_client_fd(const struct uplink_client *);
/* How long poll(2) may wait; -1: for ever. */
int	uplink_client_timeout(const struct uplink_client *);

/* The table.  It changes only within uplink_client_next. */
bool	uplink_client_synced(const struct uplink_client *);
size_t	uplink_client_count(const struct uplink_client *);
const struct uplink_status *uplink_client_get(const struct uplink_client *,
	    size_t n);
/* NULL if there is none so named. */
const struct uplink_status *uplink_client_find(const struct uplink_client *,
	    const char *name);

/*
 * Tells an advisor's opinion; UPLINK_UNKNOWN takes it back.  text may be NULL.
 * 0: it is on the daemon's disk.  -EPERM: refused (uplink_client_error says
 * why); -EINVAL: not a name; -ETIMEDOUT: it may or may not be taken later;
 * -ENOTCONN: no daemon was there.
 */
int	uplink_client_notify(struct uplink_client *, const char *uplink,
	    const char *advisor, enum uplink_level, const char *text,
	    int timeout_ms);
/* Why the daemon refused; "" if it did not.  Until the next call. */
const char	*uplink_client_error(const struct uplink_client *);

/* "up", "degraded", "down", "unknown"; NULL and 0 for what is none. */
const char	*uplink_level_name(enum uplink_level);
enum uplink_level	uplink_level_parse(const char *);

#ifdef __cplusplus
}
#endif

#endif
