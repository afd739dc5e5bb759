/* SPDX-License-Identifier: ISC */
/*
 * parent_cmd: runs configured commands for the dispatcher's lanes and checks
 * for the probes.  Each has its own session and process group, a deadline
 * after which the group gets TERM and two seconds later KILL, and a socket on
 * which its end is reported; when the other side closes that socket the
 * command is no longer wanted.  A check comes again and again: it has a keeper
 * (lib/keep.h), which does the killing, and nothing of it is left when the
 * next one starts; so has a plugin, which nobody here has written.  Owns the
 * list of running commands.  Entered by the parent's only thread.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dispatcher/parent.h"
#include "lib/child.h"
#include "lib/clock.h"
#include "lib/must.h"
#include "lib/trust.h"
#include "routing/plan.h"

#define KILL_AFTER	(2 * NS_PER_S)

static void
answer(int sock, int err, int status, bool timed_out, const char *text)
{
	struct power_exit msg = {
		.err = err, .status = status, .timed_out = timed_out,
	};

	snprintf(msg.text, sizeof(msg.text), "%s", text);
	/* The room for one message is always there; who left does not care. */
	(void)power_send(sock, &msg, sizeof(msg), NULL, 0);
}

static void
release(struct cmd *c)
{
	struct parent *p = c->parent;
	struct cmd **at;

	for (at = &p->cmds; *at != c; at = &(*at)->next)
		;
	*at = c->next;
	--*(c->check ? &p->nchecks : &p->ncmds);
	timers_clear(p->timers, &c->deadline);
	if (c->status != -1)
		close(c->status);
	free(c);
}

/* Of one whose leader is gone: nobody is left of its group. */
static bool
is_empty(const struct cmd *c)
{
	return child_signal(c->pid, 0) == -ESRCH;
}

static void
terminate(struct cmd *c, int64_t now_ns)
{
	if (!c->terminated) {
		c->terminated = true;
		(void)child_signal(c->pid, SIGTERM);
		if (c->kept) {
			timers_clear(c->parent->timers, &c->deadline);
			return;
		}
		MUST(timers_set(c->parent->timers, &c->deadline,
		    now_ns + KILL_AFTER) == 0);
		return;
	}
	/* Also when the leader is gone: its group may have refused TERM. */
	c->killed = true;
	(void)child_signal(c->pid, SIGKILL);
	if (c->gone)
		release(c);
}

static void
deadline_fired(struct timer *t, int64_t now_ns)
{
	struct cmd *c = t->arg;

	if (!c->terminated) {
		c->timed_out = true;
		log_debug("command %s: past its deadline (pid=%ld)", c->name,
		    (long)c->pid);
	}
	terminate(c, now_ns);
}

static struct cmd *
cmd_new(struct parent *p, const struct power_spawn *req,
    const struct cmd_line *line)
{
	bool check = req->what == POWER_CHECK;
	struct cmd *c;

	if (check ? p->nchecks >= PARENT_CHECKS_MAX :
	    p->ncmds >= PARENT_CMDS_MAX)
		return NULL;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	c->parent = p;
	c->status = -1;
	c->check = check;
	c->what = req->what;
	c->kept = check || line->plugin != NULL;
	c->host = line->plugin != NULL && line->plugin->library;
	c->uplink = req->uplink;
	c->index = req->index;
	c->deadline.fire = deadline_fired;
	c->deadline.arg = c;
	snprintf(c->name, sizeof(c->name), "%s", line->name);
	c->next = p->cmds;
	p->cmds = c;
	++*(check ? &p->nchecks : &p->ncmds);
	return c;
}

/*
 * What must not run twice at once: checks, actions, and any two recoveries.
 * Lanes see to that by their keys, but one that was cancelled takes its time
 * to die, and a dispatcher that has died leaves its commands to us.
 */
static bool
is_same(const struct cmd *c, const struct power_spawn *req)
{
	if (c->what != req->what)
		return false;
	if (c->what == POWER_RECOVERY)
		return true;
	return (c->what == POWER_CHECK || c->what == POWER_ACTION) &&
	    c->uplink == req->uplink && c->index == req->index;
}

/* Until the last of its processes is gone. */
static bool
runs(struct parent *p, const struct power_spawn *req)
{
	struct cmd *c;

	for (c = p->cmds; c != NULL && !is_same(c, req); c = c->next)
		;
	if (c != NULL && c->gone && !c->check && is_empty(c)) {
		release(c);
		return false;
	}
	return c != NULL;
}

static int
start(struct parent *p, const struct power_spawn *req,
    const struct cmd_line *line, const int *fds, char why[TRUST_TEXT_MAX],
    struct cmd **out)
{
	int stdio[3] = { fds[1], fds[2], fds[2] };
	struct child_spec spec = {
		.argv = line->argv, .envp = line->envp, .user = line->user,
		.fds = stdio, .nfds = 3, .group = true,
		.keep = req->what == POWER_CHECK || line->plugin != NULL,
		.alone = line->plugin != NULL,
		.memory = line->plugin != NULL ? line->plugin->memory : 0,
		/* Our own program is what runs here already. */
		.why = req->what != POWER_FLOWS &&
		    program_has_power(p->conf, line) ? why : NULL,
	};
	struct cmd *c;
	int rc;

	if (runs(p, req))
		return -EBUSY;
	if (line->plugin != NULL && line->plugin->err != 0) {
		snprintf(why, TRUST_TEXT_MAX, "%s", line->plugin->why);
		return line->plugin->err;
	}
	c = cmd_new(p, req, line);
	if (c == NULL)
		return -EAGAIN;
	/* First the timer, so that nothing can run without a deadline. */
	rc = timers_set(p->timers, &c->deadline,
	    clock_mono_ns() + line->timeout_ns);
	if (rc == 0)
		rc = c->host ? plugin_host(p->self, line, &spec, why,
		    &c->pid) : child_start(&spec, &c->pid);
	if (rc != 0) {
		release(c);
		return rc;
	}
	*out = c;
	return 0;
}

void
cmd_refuse(int *fds, int err)
{
	answer(fds[0], err, 0, false, "");
}

void
cmd_start(struct parent *p, const struct power_spawn *req,
    const struct cmd_line *line, int *fds)
{
	char why[TRUST_TEXT_MAX] = "";
	struct cmd *c = NULL;
	int rc = start(p, req, line, fds, why, &c);

	if (rc != 0) {
		answer(fds[0], rc, 0, false, why);
		return;
	}
	c->status = fds[0];
	fds[0] = -1;
	/* Checks are too many; how one ends is told by the probes. */
	if (!c->check)
		log_debug("command %s: started (pid=%ld job=%llu)", c->name,
		    (long)c->pid, (unsigned long long)req->job_id);
}

void
cmd_request(struct parent *p, const struct power_spawn *req, int *fds,
    size_t nfds)
{
	struct cmd_line line;
	struct want_now now = { .gateway.family = 0 };
	int rc;

	if (nfds != 3) {
		log_warning("parent: command refused: descriptors missing");
		return;
	}
	if (req->uplink < p->conf->nuplinks)
		net_now(p, req->uplink, &now);
	rc = cmd_line_make(p->conf, req, &now, &line);
	if (rc != 0) {
		log_warning("parent: command refused: not configured "
		    "(what=%u index=%u)", req->what, req->index);
		cmd_refuse(fds, rc);
		return;
	}
	cmd_start(p, req, &line, fds);
	cmd_line_free(&line);
}

struct cmd *
cmd_find(struct parent *p, pid_t pid)
{
	struct cmd *c;

	for (c = p->cmds; c != NULL; c = c->next)
		if (c->pid == pid && !c->gone)
			return c;
	return NULL;
}

void
cmd_ended(struct parent *p, struct cmd *c, int status)
{
	char text[POWER_TEXT_MAX] = "";
	int err = 0;

	(void)p;
	c->gone = true;
	if (c->host)
		err = plugin_verdict(&status, text);
	if (c->status != -1) {
		answer(c->status, err, status, c->timed_out, text);
		close(c->status);
		c->status = -1;
	}
	/*
	 * Ended by itself: what it left in the background was meant to stay.
	 * Ended by us: the rest of the group, if any, still has its KILL to
	 * come.  A keeper is the last of all.
	 */
	if (!c->terminated || c->killed || c->kept || is_empty(c))
		release(c);
}

void
cmd_cancel(struct cmd *c)
{
	close(c->status);
	c->status = -1;
	if (!c->terminated)
		terminate(c, clock_mono_ns());
}

void
cmds_free(struct parent *p)
{
	while (p->cmds != NULL) {
		(void)child_signal(p->cmds->pid, p->cmds->kept ? SIGINT :
		    SIGKILL);
		release(p->cmds);
	}
}
