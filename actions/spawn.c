/* SPDX-License-Identifier: ISC */
/*
 * spawn: a job's command, from this side.  The parent starts it; we write its
 * input, read its output off (and keep the last line), and wait for its end,
 * for the deadline or for a cancellation.  Owns three descriptor pairs for
 * the time of the run; entered by lane workers.
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actions/action.h"
#include "lib/clock.h"
#include "lib/child.h"
#include "lib/err.h"
#include "lib/last_line.h"

/*
 * The parent ends it at its deadline, within two seconds and what a busy machine
 * takes for killing; this is for a parent that does not.
 */
#define GRACE		(5 * NS_PER_S)
#define SEND_TIME	(5 * NS_PER_S)
/* What was ended before it has two seconds to die. */
#define BUSY_TIME	(10 * NS_PER_S)
#define BUSY_PAUSE_MS	20
#define INPUT_MAX	65536		/* what a pipe takes without a reader */

struct run {
	int	status, in, out;	/* ours */
	int	give[3];		/* the command's */
	uint64_t most, taken;		/* of output; most 0 = no end */
	struct last_line words;
};

static void
close_fd(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

static int
open_run(struct run *r)
{
	int sv[2], in[2], out[2], rc;

	memset(r, 0, sizeof(*r));
	r->status = r->in = r->out = -1;
	r->give[0] = r->give[1] = r->give[2] = -1;
	rc = power_pair(sv);
	if (rc != 0)
		return rc;
	r->status = sv[0];
	r->give[0] = sv[1];
	if (pipe2(in, O_CLOEXEC) == -1)
		return -errno;
	r->give[1] = in[0];
	r->in = in[1];
	if (pipe2(out, O_CLOEXEC) == -1)
		return -errno;
	r->out = out[0];
	r->give[2] = out[1];
	/* Only our ends: the command gets ordinary, blocking ones. */
	if (fcntl(r->in, F_SETFL, O_NONBLOCK) == -1 ||
	    fcntl(r->out, F_SETFL, O_NONBLOCK) == -1 ||
	    fcntl(r->status, F_SETFL, O_NONBLOCK) == -1)
		return -errno;
	return 0;
}

static void
close_run(struct run *r)
{
	size_t i;

	close_fd(&r->status);
	close_fd(&r->in);
	close_fd(&r->out);
	for (i = 0; i < 3; i++)
		close_fd(&r->give[i]);
}

/* All of it before the start: a pipe holds that much. */
static int
write_input(struct run *r, const char *input, size_t len)
{
	ssize_t n;

	if (len > INPUT_MAX)
		return -EMSGSIZE;
	while (len > 0) {
		n = write(r->in, input, len);
		if (n == -1)
			return errno == EAGAIN ? -EMSGSIZE : -errno;
		input += n;
		len -= (size_t)n;
	}
	close_fd(&r->in);
	return 0;
}

/* The addresses that the event tells are of the uplink that it is of. */
static size_t
add_flows(const struct job *j, struct power_flows *req)
{
	const struct event *ev = &j->event.u.event;
	size_t i;

	if (j->what != POWER_FLOWS)
		return sizeof(req->spawn);
	req->spawn.kind = POWER_SPAWN_FLOWS;
	if (strcmp(ev->uplink, j->conf->uplinks[j->uplink].name) == 0)
		for (i = 0; i < ev->addrs.n; i++)
			req->addrs[req->naddrs++] = ev->addrs.list[i];
	return sizeof(*req);
}

static int
request(const struct job *j, const struct job_env *env, struct run *r)
{
	struct power_flows req = { .spawn = {
		.kind = POWER_SPAWN, .what = j->what, .index = j->index,
		.uplink = j->uplink, .level = j->event.u.event.level,
		.previous = j->event.u.event.previous,
		.cause = j->event.u.event.cause, .tries = (uint32_t)j->tries,
		.event_id = j->event_id, .job_id = j->id,
		.timeout_ms = j->timeout_ns / NS_PER_MS,
	} };
	size_t len = add_flows(j, &req);
	int64_t until_ns = clock_mono_ns() + SEND_TIME;
	struct pollfd pfd[2] = {
		{ .fd = env->power, .events = POLLOUT },
		{ .fd = env->cancel_fd, .events = POLLIN },
	};
	int rc;

	for (;;) {
		rc = power_send(env->power, &req, len, r->give, 3);
		if (rc != -EAGAIN || clock_mono_ns() >= until_ns)
			return rc;
		(void)poll(pfd, 2, 20);
		if (pfd[1].revents != 0)
			return -ECANCELED;
	}
}

/* False at its end.  Bounded: an endless talker does not keep us here. */
static bool
read_output(struct run *r)
{
	char buf[16384];
	ssize_t n = 0;
	int i;

	for (i = 0; i < 16; i++) {
		n = read(r->out, buf, sizeof(buf));
		if (n <= 0)
			break;
		last_line_take(&r->words, buf, (size_t)n);
		r->taken += (uint64_t)n;
	}
	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR)) {
		close_fd(&r->out);
		return false;
	}
	return true;
}

static bool
is_too_much(const struct run *r)
{
	return r->most > 0 && r->taken > r->most;
}

/* 1: ended, *end is filled; 0: goes on; -errno. */
static int
wait_once(struct run *r, const struct job_env *env, int64_t until_ns,
    struct power_exit *end)
{
	struct pollfd pfd[3] = {
		{ .fd = r->status, .events = POLLIN },
		{ .fd = env->cancel_fd, .events = POLLIN },
		{ .fd = r->out, .events = POLLIN },
	};
	size_t none = 0;
	int n;

	if (poll(pfd, 3, clock_poll_ms(until_ns, clock_mono_ns())) == -1)
		return errno == EINTR ? 0 : -errno;
	if (pfd[2].revents != 0)
		(void)read_output(r);
	if (is_too_much(r))
		return -EFBIG;
	if (pfd[0].revents != 0) {
		n = power_recv(r->status, end, sizeof(*end), NULL, &none);
		if (n == (int)sizeof(*end))
			return 1;
		return n == -EAGAIN ? 0 : -EPIPE;
	}
	if (pfd[1].revents != 0)
		return -ECANCELED;
	return clock_mono_ns() >= until_ns ? -ETIMEDOUT : 0;
}

static int
verdict_of(const struct power_exit *end)
{
	if (end->err != 0)
		return end->err;
	if (end->timed_out)
		return -ETIMEDOUT;
	return WIFEXITED(end->status) && WEXITSTATUS(end->status) == 0 ?
	    0 : -ECHILD;
}

static void
describe(struct run *r, int rc, bool ended, const struct power_exit *end,
    struct job_result *result)
{
	char what[64], e[ERR_TEXT_MAX];
	const char *last = last_line_text(&r->words);

	/* What it was refused for says more than the word for the error. */
	if (ended && end->err != 0)
		last = end->text;

	if (is_too_much(r))
		snprintf(what, sizeof(what), "too much output");
	else if (ended && end->err == 0)
		child_status_text(end->status, what, sizeof(what));
	else
		snprintf(what, sizeof(what), "%.60s",
		    rc == -ECANCELED ? "cancelled" : err_text(rc, e));
	result->err = rc;
	result->exit = ended && end->err == 0 && WIFEXITED(end->status) ?
	    WEXITSTATUS(end->status) : -1;
	snprintf(result->text, sizeof(result->text), "%s%s%s%.170s",
	    ended && end->timed_out ? "past its deadline, " : "", what,
	    last[0] != '\0' ? ": " : "", last);
}

static int
spawn_once(const struct job *j, const struct job_env *env,
    const char *input, size_t len, uint64_t most, struct job_result *result)
{
	struct power_exit end = { 0 };
	int64_t until_ns;
	struct run r;
	int rc, i;

	rc = open_run(&r);
	r.most = most;
	if (rc == 0)
		rc = write_input(&r, input, len);
	if (rc == 0)
		rc = request(j, env, &r);
	for (i = 0; i < 3; i++)
		close_fd(&r.give[i]);
	until_ns = clock_mono_ns() + j->timeout_ns + GRACE;
	while (rc == 0)
		rc = wait_once(&r, env, until_ns, &end);
	end.text[sizeof(end.text) - 1] = '\0';
	/* The last words may still be in the pipe. */
	for (i = 0; rc == 1 && i < 4 && r.out != -1 && read_output(&r); i++)
		;
	if (rc == 1 && is_too_much(&r))
		rc = -EFBIG;
	describe(&r, rc == 1 ? verdict_of(&end) : rc, rc == 1, &end, result);
	close_run(&r);
	return result->err;
}

/* The one before, cancelled or of a dispatcher that died, may be dying yet. */
int
action_spawn_bounded(const struct job *j, const struct job_env *env,
    const char *input, size_t len, uint64_t most, struct job_result *result)
{
	int64_t until_ns = clock_mono_ns() + BUSY_TIME;
	struct pollfd pfd = { .fd = env->cancel_fd, .events = POLLIN };
	int rc;

	for (;;) {
		rc = spawn_once(j, env, input, len, most, result);
		if (rc != -EBUSY || clock_mono_ns() >= until_ns)
			return rc;
		if (poll(&pfd, 1, BUSY_PAUSE_MS) == 1) {
			snprintf(result->text, sizeof(result->text),
			    "cancelled");
			return result->err = -ECANCELED;
		}
	}
}

int
action_spawn(const struct job *j, const struct job_env *env,
    const char *input, size_t len, struct job_result *result)
{
	return action_spawn_bounded(j, env, input, len, 0, result);
}
