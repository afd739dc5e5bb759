/* SPDX-License-Identifier: ISC */
/*
 * client: uplinkctl's way to the feed: one request socket, one subscriber.
 * One thread.  What goes wrong is said on stderr by these functions, in
 * words that tell what to do; callers only pass the exit status on.
 */
#ifndef UPLINKD_TOOLS_CLIENT_H
#define UPLINKD_TOOLS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/event.h"

#define CTL_UPLINKS_MAX	64	/* as CONF_UPLINKS_MAX */

struct client;
struct conf;
struct kernel_view;
struct sys;

/* Exit codes, from sysexits(3). */
enum {
	EXIT_OK = 0,
	EXIT_DIFFERS = 1,	/* plan: the kernel is not as wanted; doctor */
	EXIT_USAGE = 64,
	EXIT_REFUSED = 65,	/* the daemon said no; replay: wrong lines */
	EXIT_NOINPUT = 66,
	EXIT_NODAEMON = 69,
	EXIT_NOMEM = 71,
	EXIT_CANTCREATE = 73,
	EXIT_IO = 74,
	EXIT_UNSURE = 75,	/* no answer in time */
	EXIT_NOPERM = 77
};

/* What the command line gave to every command. */
struct ctl {
	const char	*run_dir;
	const char	*conf_path;
	bool		json;
};

/* Reads a configuration; EXIT_OK, or EXIT_USAGE after all was printed. */
int	ctl_conf(const char *path, struct conf **out);
/*
 * Opens the kernel and looks at it; EXIT_OK, or EXIT_NOMEM after the reason was
 * printed.  The caller ends both: sys_close, kernel_view_free.
 */
int	ctl_kernel(struct sys **sys, struct kernel_view *view);
/* "500ms" as nanoseconds; false if it is no duration. */
bool	ctl_duration(const char *, int64_t *ns);

/* EXIT_OK and *out, or an exit status after the reason was printed. */
int	client_open(const struct ctl *, struct client **out);
void	client_close(struct client **);
/* A new head of this client's own. */
void	client_stamp(struct client *, struct msg *, enum msg_type);
/* Sends a request; EXIT_UNSURE if that was not possible until deadline_ns. */
int	client_send(struct client *, const struct msg *, int64_t deadline_ns);
/*
 * Next answer; raw is the JSON of it.  EXIT_OK, EXIT_UNSURE (deadline),
 * EXIT_REFUSED (the daemon sent an error; printed).
 */
int	client_recv(struct client *, struct msg *, char *raw, size_t size,
	    int64_t deadline_ns);

/*
 * Asks for a snapshot; each state, lane, plugin and what mail has to do is
 * handed to fn, in this order.  *head (if not NULL)
 * becomes the head of the end mark: epoch and sequence that it covers.
 */
int	client_snapshot(struct client *, struct msg_head *head,
	    void (*fn)(const struct msg *, const char *raw, void *arg),
	    void *arg);
/* Waits for any message, but no longer than a fifth of a second. */
void	client_pause(struct client *);
/* Subscribes to what begins so, besides what is subscribed to; "" = all. */
int	client_subscribe(struct client *, const char *prefix);
/* Next published message; as client_recv, CLOCK_NEVER waits for ever. */
int	client_next(struct client *, struct msg *, char *raw, size_t size,
	    int64_t deadline_ns);

/* Commands, one file each; argv[0] is the command's name. */
int	cmd_status(const struct ctl *, int argc, char **argv);
int	cmd_watch(const struct ctl *, int argc, char **argv);
int	cmd_notify(const struct ctl *, int argc, char **argv);
int	cmd_plan(const struct ctl *, int argc, char **argv);
int	cmd_export(const struct ctl *, int argc, char **argv);
int	cmd_init(const struct ctl *, int argc, char **argv);
int	cmd_doctor(const struct ctl *, int argc, char **argv);
int	cmd_record(const struct ctl *, int argc, char **argv);
int	cmd_replay(const struct ctl *, int argc, char **argv);

#endif
