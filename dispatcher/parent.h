/* SPDX-License-Identifier: ISC */
/*
 * parent: the only process with power.  Private to dispatcher/parent*.c; one
 * thread, no ZeroMQ.  What children ask is checked against the configuration
 * that this process itself has read.
 */
#ifndef UPLINKD_DISPATCHER_PARENT_H
#define UPLINKD_DISPATCHER_PARENT_H

#include <sys/types.h>

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "actions/plugin.h"
#include "dispatcher/role.h"
#include "lib/log.h"
#include "lib/timers.h"
#include "lib/trust.h"
#include "proto/power.h"
#include "routing/plan.h"

struct child_spec;
struct conf;
struct conf_action;
struct marks;
struct router;
struct rundir;
struct sys;
struct sys_flows;
struct want_now;

/* Running at once.  Checks have their own: they never keep an action waiting. */
#define PARENT_CMDS_MAX	256
#define PARENT_CHECKS_MAX 128

/* One of the three children. */
struct kid {
	enum role	role;
	struct parent	*parent;
	pid_t		pid;		/* 0 = not running */
	int		sock;		/* our end of its power socket */
	int		listen[2];	/* its listening sockets, kept for restarts */
	size_t		nlisten;
	bool		ready;
	int64_t		started_ns;
	int64_t		wait_ns;	/* before the next start, grows */
	struct timer	restart;
};

/* A configured command that runs. */
struct cmd {
	struct parent	*parent;
	struct cmd	*next;
	pid_t		pid;
	int		status;		/* socket of whoever waits; -1 */
	bool		timed_out;
	bool		terminated;	/* TERM was sent */
	bool		killed;		/* KILL was sent */
	bool		gone;		/* reaped; its group may be dying yet */
	bool		check;
	bool		kept;		/* pid is its keeper, see lib/keep.h */
	bool		host;		/* of a library: see plugin_verdict */
	uint32_t	what, uplink, index;	/* as requested */
	char		name[EVENT_NAME_MAX * 2];
	struct timer	deadline;
};

struct parent {
	const struct conf *conf;
	const char	*conf_bytes;
	size_t		conf_len;
	const char	*self;		/* absolute path of this program */
	bool		debug, verbose;	/* -d, -v for the children */
	bool		stopping;
	struct rundir	*rundir;
	struct sys	*sys;
	struct router	*router;
	struct marks	*marks;		/* the table of the packet filter */
	struct plan	plan;		/* the newest that was applied */
	bool		planned;	/* it is in the kernel, whole */
	int		watch;		/* kernel notices; -1 = none */
	int		sigpipe[2];
	struct timers	*timers;
	struct timer	resync, soon;	/* regular, and after a notice */
	bool		soon_set;
	struct log_same	trouble;	/* of the comparison */
	int		told_err;	/* newest result the dispatcher knows */
	struct kid	kids[ROLE_N];	/* [ROLE_PARENT] unused */
	struct cmd	*cmds;
	size_t		ncmds, nchecks;	/* of each sort */
};

struct parent_args {
	const struct conf *conf;
	const char	*conf_bytes;
	size_t		conf_len;
	const char	*self;
	bool		debug, verbose;
};

/* Thread: main.  Returns the exit status. */
int	parent_run(const struct parent_args *);
/* Thread: main.  Takes all that is ours out of the kernel (uplinkd -x). */
int	parent_remove(const struct conf *);

/* parent_kid.c: start, watch, restart, stop the three. */
void	kids_init(struct parent *);
int	kids_listen(struct parent *);
int	kids_start(struct parent *);
void	kid_died(struct parent *, struct kid *, int status);
struct kid	*kid_find(struct parent *, pid_t);
void	kids_stop(struct parent *);
void	kids_free(struct parent *);

struct cmd_line;

/* parent_cmd.c: POWER_SPAWN. */
void	cmd_request(struct parent *, const struct power_spawn *, int *fds,
	    size_t nfds);
/* Starts the line with descriptors of a request; answers if that fails. */
void	cmd_start(struct parent *, const struct power_spawn *,
	    const struct cmd_line *, int *fds);
void	cmd_refuse(int *fds, int err);
struct cmd	*cmd_find(struct parent *, pid_t);
void	cmd_ended(struct parent *, struct cmd *, int status);
/* The waiting side has closed its socket: nobody wants the result. */
void	cmd_cancel(struct cmd *);
void	cmds_free(struct parent *);

/* parent_tty.c: POWER_TTY. */
void	tty_request(struct parent *, const struct power_tty *, int *fds,
	    size_t nfds);

/* parent_flows.c: POWER_SPAWN_FLOWS. */
void	flows_request(struct parent *, const struct power_flows *, int *fds,
	    size_t nfds);
/*
 * Which connections it is about; 0, -EINVAL: nobody has configured that;
 * -ENETUNREACH, -EADDRNOTAVAIL: see struct power_flows.  plan NULL: nothing is
 * in the kernel.
 */
int	flows_choose(const struct conf *, const struct plan *,
	    const struct net_link *, size_t nlinks, const struct net_ifaddr *,
	    size_t naddrs, const struct power_flows *, struct sys_flows *);

/* parent_env.c: argv and environment of a command, from typed fields only. */
struct cmd_line {
	char		*const *argv;	/* the configuration's */
	const char	*user;
	int64_t		timeout_ns;
	char		name[EVENT_NAME_MAX * 2];
	char		*envp[24 + OPTION_MAP_MAX];
	const struct plugin_line *plugin;	/* owned; NULL: none */
};
/* One more word for the environment; 0 or -errno. */
int	cmd_line_put(struct cmd_line *, const char *fmt, ...) LOG_FMT(2, 3);
int	cmd_line_make(const struct conf *, const struct power_spawn *,
	    const struct want_now *, struct cmd_line *);
void	cmd_line_free(struct cmd_line *);

/*
 * parent_plugin.c: what has become of a plugin's name.
 */
struct plugin_line {
	int		err;		/* -errno: not to be started, see why */
	char		why[TRUST_TEXT_MAX];
	bool		library;	/* its path is no program */
	size_t		memory;		/* bytes */
	const char	*name;		/* the configuration's */
	char		path[PLUGIN_PATH_MAX];
	char		*argv[4];
};
/* Fills line but for the environment of every command. */
int	plugin_line_make(const struct conf *, const struct conf_action *,
	    const struct power_spawn *, struct cmd_line *);
/* What only a plugin's environment has. */
int	plugin_line_env(const struct conf_action *, struct cmd_line *);
/* It as somebody may open it; -errno and why.  *fd: the caller's. */
int	plugin_line_open(const struct cmd_line *, int *fd,
	    char why[TRUST_TEXT_MAX]);
/* Starts the host of a library; see child_start. */
int	plugin_host(const char *self, const struct cmd_line *,
	    struct child_spec *, char why[TRUST_TEXT_MAX], pid_t *pid);
/*
 * The end of a host: only what it says at its very end is success, for any
 * code in it can exit(3).  Err, *status as for any command, and text.
 */
int	plugin_verdict(int *status, char text[POWER_TEXT_MAX]);

/*
 * parent_program.c: programs that run with more power than the daemon's other
 * processes have must be changeable by nobody else (lib/trust.h).
 */
bool	program_has_power(const struct conf *, const struct cmd_line *);
/*
 * Thread: main.  Says of each configured program that would be refused now,
 * or is not there, under which key it is and why.  Returns how many.
 */
size_t	programs_check(const struct conf *,
	    void (*say)(const char *key, const char *path, const char *why));

/* parent_net.c: POWER_PLAN, POWER_SOCKET, kernel notices. */
int	net_init(struct parent *);
/* First comparison with the kernel; from here on it is kept as planned. */
void	net_start(struct parent *);
void	net_plan(struct parent *, struct kid *, const void *, size_t);
void	net_socket(struct parent *, const struct power_sock *, int *fds,
	    size_t nfds);
void	net_filter(struct parent *, const struct power_filter *, int *fds,
	    size_t nfds);
void	net_notices(struct parent *);
/* Where the uplink is now, as far as the kernel was read. */
void	net_now(struct parent *, size_t uplink, struct want_now *);
void	net_free(struct parent *);

/*
 * parent_marks.c: the table of the packet filter.  After net_init; check looks
 * at it, and has it written where it is not as configured.
 */
int	marks_init(struct parent *);
void	marks_check(struct parent *);
/* To be polled, -1 = none; when it is ready: notices. */
int	marks_fd(const struct parent *);
void	marks_notices(struct parent *);
/* True if that was the tool that writes it. */
bool	marks_tool_ended(struct parent *, pid_t, int status);
/* Takes it away, at once. */
int	marks_remove(struct parent *);
void	marks_free(struct parent *);

#endif
