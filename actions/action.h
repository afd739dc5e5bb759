/* SPDX-License-Identifier: ISC */
/*
 * action: what a kind of action is, and a job: one run of it.  A job owns
 * copies of all that changes; the configuration it points to is immutable for
 * the life of the process.  run is entered by a lane's worker thread.
 */
#ifndef UPLINKD_ACTIONS_ACTION_H
#define UPLINKD_ACTIONS_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "lib/option.h"
#include "proto/event.h"
#include "proto/power.h"

#define JOB_KEY_MAX	96

struct job {
	uint64_t	id;		/* journal row; 0 = not journalled */
	uint64_t	event_id;
	enum power_what	what;
	uint32_t	index;		/* conf.actions[], recovery step */
	uint32_t	uplink;		/* index in the configuration */
	char		action[EVENT_NAME_MAX];
	char		lane[EVENT_NAME_MAX];
	char		key[JOB_KEY_MAX];	/* what it changes */
	const struct conf *conf;
	struct msg	event;		/* the event it follows */
	bool		every;		/* is never superseded */
	bool		cancel;		/* a newer one cancels it while running */
	int64_t		timeout_ns;	/* of one try */
	int		tries_max;	/* 1 = no retry */
	int64_t		retry_wait_ns;
	int		tries;		/* started so far */
	int64_t		not_before_ns;
	int64_t		born_ns;	/* mono; its event's, also of the past */
	bool		durable;	/* see struct action_kind */
	int64_t		pause_min_ns;	/* before the next try; -1: at once */
	char		*text;		/* of a mail, whole; malloc'd, owned */
	size_t		text_len;
	int64_t		queued_wall_ms;	/* when it was made */
};

struct job_result {
	bool		final;		/* another try would change nothing */
	int64_t		wait_ns;	/* none before that, if there is one */
	int		err;		/* 0; -ECANCELED, -ETIMEDOUT, -ECHILD
					 * (non-zero exit), other -errno */
	char		text[EVENT_TEXT_MAX];	/* exit status, last output line */
	int		exit;		/* of a command; -1: it had none */
	/*
	 * Of a letter: it alone is not wanted; perhaps, or all are not; not
	 * by everybody (text).
	 */
	bool		refused, unsure, partly;
};

/* What a running job may use; one per lane worker thread. */
struct job_env {
	int		power;		/* socket to the parent (power_send) */
	int		cancel_fd;	/* readable: stop now */
	uint64_t	carry;		/* bits of uplinks that carry now */
};

struct action_kind {
	const struct option_set	*set;
	const char	*lane;		/* "exec", "mail", "modem", "web" */
	/*
	 * Each event, in their order over all uplinks, until it is done or
	 * final.  A line that comes back is a reason for the next try.
	 */
	bool		durable;
	/* Thread: lane worker.  Returns when done, at the deadline, or when
	 * cancelled.  Same as result->err. */
	int	(*run)(const struct job *, const struct job_env *,
		    struct job_result *);
};

/* Thread: any.  With all that it owns; NULL is fine. */
void	job_free(struct job *);

/* Thread: any. */
const struct action_kind	*action_kind(const char *name);
const struct option_set		*action_option_set(const char *name);
const char			*action_kind_name(size_t n);

/* Thread: any.  What an action or a step does, and how; NULL for others. */
const struct option_set	*job_kind(const struct job *);
const void	*job_opts(const struct job *);
/* Thread: any.  Limits and key of a job of that action, of any process. */
void	action_limits(struct job *, const struct conf_action *);

/* Options of kind `run`, read by the parent too. */
struct run_opts {
	char		**argv;
	char		*user;
};

/*
 * Thread: lane worker.  Runs a job of any what: mail (its text is whole), recovery,
 * or the configured action's kind.
 */
int	action_run_job(const struct job *, const struct job_env *,
	    struct job_result *);
/* Thread: lane worker.  The job's command with the event as its input. */
int	action_run_command(const struct job *, const struct job_env *,
	    struct job_result *);
/* The same; when it has written more than so many bytes it is ended, -EFBIG. */
int	action_run_bounded(const struct job *, const struct job_env *,
	    uint64_t most, struct job_result *);
/* Thread: lane worker.  Has the parent end connections; "killed 3 of 10". */
int	action_run_flows(const struct job *, const struct job_env *,
	    struct job_result *);
/*
 * Thread: lane worker.  Has the parent start the command of the job with
 * input as its standard input; waits for its end, the deadline (five
 * seconds beyond the job's, the parent kills first) or cancel.  The last line
 * of output goes into result->text after the exit status.
 */
int	action_spawn(const struct job *, const struct job_env *,
	    const char *input, size_t len, struct job_result *);
/* most: as in action_run_bounded; 0 = it may talk as it likes. */
int	action_spawn_bounded(const struct job *, const struct job_env *,
	    const char *input, size_t len, uint64_t most,
	    struct job_result *);
#endif
