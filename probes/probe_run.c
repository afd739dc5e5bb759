/* SPDX-License-Identifier: ISC */
/*
 * probe_run: any program; its exit status decides.  The parent starts it, ends
 * it at its deadline and lets no two of one target run at once.  A round that
 * finds one running, or comes too soon, does not ask: SAMPLE_IDLE.  How long a
 * program runs is no round-trip time and is not told.  Owns for each run the
 * socket on which its end is told, and its output, of which the last line is
 * for the log.
 */
#include "probes/probe_run.h"

#include <sys/wait.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/last_line.h"
#include "lib/log.h"
#include "lib/must.h"
#include "probes/probe.h"

#define NO_TARGET	SIZE_MAX
#define WHY_MAX		64
#define READS		16		/* an endless talker does not keep us */
/* The parent needs two seconds to end one; then it cannot be ended. */
#define LEAVE		(3 * NS_PER_S)

/* A target; it runs while round is not 0. */
struct check {
	const struct conf_target *conf;
	const struct check_opts *opts;
	size_t		 index;		/* in uplink->probe.targets */
	uint64_t	 round;
	int		 status, output;
	int64_t		 start_ns;	/* of the newest run; 0 = none */
	int64_t		 left_ns;	/* when it was given up; 0 = it ended */
	struct last_line words;
	char		 why[WHY_MAX];	/* how the newest one ended */
	struct check	*prev, *next;	/* that run */
};

struct probe {
	const struct probe_host *host;
	size_t		*at;		/* by index; NO_TARGET if not ours */
	size_t		 nchecks;
	struct check	*checks;
	struct check	*first;		/* that run */
};

static const struct option rows[] = {
	{ .name = "argv", .type = OPTION_ARGV,
	  .off = offsetof(struct check_opts, argv), .required = true,
	  .help = "Program (an absolute path) and its arguments; no shell." },
	/*
	 * As for actions: the checks that this daemon takes over ran as root
	 * under ifstated, and one that lacks a right would be an outage.
	 */
	{ .name = "user", .type = OPTION_NAME,
	  .off = offsetof(struct check_opts, user), .def = "root",
	  .help = "Account to run it as." },
	{ .name = "timeout", .type = OPTION_DURATION,
	  .off = offsetof(struct check_opts, timeout_ns), .def = "10s",
	  .min = 100 * NS_PER_MS, .max = 600 * NS_PER_S,
	  .help = "It is lost, and ended, after so long." },
	{ .name = "interval", .type = OPTION_DURATION,
	  .off = offsetof(struct check_opts, interval_ns), .def = "0s",
	  .min = 0, .max = 86400 * NS_PER_S,
	  .help = "Time from one run to the next; 0 is each round." },
	{ .name = NULL }
};

/* ---- what runs ---- */

static void
close_fd(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

/* If it runs still, its end begins with this. */
static void
land(struct probe *p, struct check *c)
{
	close_fd(&c->status);
	close_fd(&c->output);
	*(c->prev != NULL ? &c->prev->next : &p->first) = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	c->prev = c->next = NULL;
	c->round = 0;
}

static void
give_up(struct probe *p, struct check *c)
{
	land(p, c);
	c->left_ns = clock_mono_ns();
}

static void
log_why(struct probe *p, struct check *c, const char *why)
{
	const char *last = last_line_text(&c->words);

	if (strcmp(c->why, why) == 0)
		return;
	log_debug("uplink %s: %s: %s%s%s", p->host->uplink->name,
	    c->conf->label, why, *last != '\0' ? ": " : "", last);
	snprintf(c->why, sizeof(c->why), "%s", why);
}

static void
report(struct probe *p, struct check *c, uint64_t round, enum sample sample,
    int err)
{
	p->host->report(p->host->arg, c->index, round, sample, 0, err);
}

/* ---- how it ended ---- */

static void
tell_cannot(struct probe *p, struct check *c, uint64_t round, int err)
{
	char why[WHY_MAX], e[ERR_TEXT_MAX];

	snprintf(why, sizeof(why), "not started: %.40s", err_text(err, e));
	log_why(p, c, why);
	report(p, c, round, SAMPLE_CANNOT, err);
}

/*
 * The one before, or one of a process of ours that died, is being ended; if
 * it cannot be, a line with no other target would never be judged again.
 */
static void
tell_busy(struct probe *p, struct check *c, uint64_t round)
{
	int64_t now_ns = clock_mono_ns();

	c->start_ns = 0;
	if (c->left_ns == 0)
		c->left_ns = now_ns;
	if (now_ns - c->left_ns < LEAVE) {
		report(p, c, round, SAMPLE_IDLE, 0);
		return;
	}
	log_why(p, c, "the one before cannot be ended");
	report(p, c, round, SAMPLE_LOST, 0);
}

static void
tell_end(struct probe *p, struct check *c, uint64_t round,
    const struct power_exit *end)
{
	char why[WHY_MAX] = "past its deadline";
	bool ok = !end->timed_out && WIFEXITED(end->status) &&
	    WEXITSTATUS(end->status) == 0;

	c->left_ns = 0;
	if (!end->timed_out)
		(void)child_status_text(end->status, why, sizeof(why));
	log_why(p, c, why);
	report(p, c, round, ok ? SAMPLE_OK : SAMPLE_LOST, 0);
}

static void
read_output(struct check *c)
{
	char buf[4096];
	ssize_t n = 0;
	int i;

	for (i = 0; i < READS && c->output != -1; i++) {
		n = read(c->output, buf, sizeof(buf));
		if (n > 0)
			last_line_take(&c->words, buf, (size_t)n);
		else if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		else
			close_fd(&c->output);
	}
}

static bool
is_late(const struct check *c, int64_t now_ns)
{
	return now_ns - c->start_ns >= c->opts->timeout_ns;
}

/* What is found after its time is left to expire or forget. */
static void
take_end(struct probe *p, struct check *c)
{
	struct power_exit end = { 0 };
	uint64_t round = c->round;
	size_t none = 0;
	int n;

	if (is_late(c, clock_mono_ns()))
		return;
	n = power_recv(c->status, &end, sizeof(end), NULL, &none);
	if (n == -EAGAIN)
		return;
	read_output(c);
	land(p, c);
	if (n != (int)sizeof(end))
		tell_cannot(p, c, round, n < 0 ? n : -EPIPE);
	else if (end.err == -EBUSY)
		tell_busy(p, c, round);
	else if (end.err != 0)
		tell_cannot(p, c, round, end.err);
	else
		tell_end(p, c, round, &end);
}

/* ---- the kind ---- */

static void
run_close(struct probe **pp)
{
	struct probe *p = *pp;

	if (p == NULL)
		return;
	*pp = NULL;
	while (p->first != NULL)
		land(p, p->first);
	free(p->checks);
	free(p->at);
	free(p);
}

static int64_t
run_timeout(const void *opts)
{
	return ((const struct check_opts *)opts)->timeout_ns;
}

static const struct option_set run_set = {
	.name = "run", .rows = rows, .size = sizeof(struct check_opts),
	.primary = "argv", .timeout = run_timeout,
};

static int
open_targets(struct probe *p)
{
	const struct conf_probe *conf = &p->host->uplink->probe;
	struct check *c;
	size_t i;

	p->at = calloc(conf->ntargets + 1, sizeof(*p->at));
	p->checks = calloc(conf->ntargets + 1, sizeof(*p->checks));
	if (p->at == NULL || p->checks == NULL)
		return -ENOMEM;
	for (i = 0; i < conf->ntargets; i++) {
		p->at[i] = NO_TARGET;
		if (conf->targets[i].kind != &run_set)
			continue;
		p->at[i] = p->nchecks;
		c = &p->checks[p->nchecks++];
		c->conf = &conf->targets[i];
		c->opts = conf->targets[i].opts;
		c->index = i;
		c->status = c->output = -1;
	}
	return 0;
}

static int
run_open(const struct probe_host *host, struct probe **out)
{
	struct probe *p = calloc(1, sizeof(*p));
	int rc;

	*out = NULL;
	if (p == NULL)
		return -ENOMEM;
	p->host = host;
	rc = open_targets(p);
	if (rc != 0) {
		run_close(&p);
		return rc;
	}
	*out = p;
	return 0;
}

/* We are given none; this tells that the device is gone. */
static void
run_socket(struct probe *p, enum net_fam fam, int fd, int err)
{
	struct check *c;
	uint64_t round;

	(void)fam;
	MUST(fd == -1);
	while ((c = p->first) != NULL) {
		round = c->round;
		give_up(p, c);
		report(p, c, round, SAMPLE_CANNOT, err);
	}
}

/* Rounds are not to the microsecond: half of one is not waited for. */
static bool
too_soon(const struct probe *p, const struct check *c, int64_t now_ns)
{
	return c->start_ns != 0 && now_ns + p->host->uplink->
	    probe.interval_ns / 2 < c->start_ns + c->opts->interval_ns;
}

static int
start(struct probe *p, struct check *c)
{
	if (p->host->ifindex == 0)
		return -ENODEV;
	memset(&c->words, 0, sizeof(c->words));
	return p->host->want_check(p->host->arg, c->index, &c->output);
}

static void
run_send(struct probe *p, size_t target, uint64_t round,
    const struct net_addr *addr, int64_t now_ns)
{
	struct check *c = &p->checks[p->at[target]];
	int fd;

	(void)addr;
	if (c->round != 0 || too_soon(p, c, now_ns)) {
		report(p, c, round, SAMPLE_IDLE, 0);
		return;
	}
	fd = start(p, c);
	if (fd < 0) {
		tell_cannot(p, c, round, fd);
		return;
	}
	c->status = fd;
	c->round = round;
	c->start_ns = now_ns;
	c->next = p->first;
	if (c->next != NULL)
		c->next->prev = c;
	p->first = c;
}

static size_t
run_polls(struct probe *p, struct pollfd *pfd, size_t max)
{
	const struct check *c;
	size_t n = 0;

	for (c = p->first; c != NULL; c = c->next) {
		if (n < max)
			pfd[n] = (struct pollfd){ .fd = c->status,
			    .events = POLLIN };
		n++;
		if (c->output == -1)
			continue;
		if (n < max)
			pfd[n] = (struct pollfd){ .fd = c->output,
			    .events = POLLIN };
		n++;
	}
	return n;
}

static void
run_ready(struct probe *p, int64_t now_ns)
{
	struct check *c, *next;

	(void)now_ns;
	for (c = p->first; c != NULL; c = next) {
		next = c->next;
		read_output(c);
		take_end(p, c);
	}
}

/* Reported at the deadline; the program's end may come later. */
static void
run_expire(struct probe *p, int64_t now_ns)
{
	struct check *c, *next;
	uint64_t round;

	for (c = p->first; c != NULL; c = next) {
		next = c->next;
		if (!is_late(c, now_ns))
			continue;
		round = c->round;
		give_up(p, c);
		log_why(p, c, "past its deadline");
		report(p, c, round, SAMPLE_LOST, 0);
	}
}

static void
run_forget(struct probe *p)
{
	while (p->first != NULL)
		give_up(p, p->first);
}

static int64_t
run_due(struct probe *p)
{
	int64_t due_ns = CLOCK_NEVER, one;
	const struct check *c;

	for (c = p->first; c != NULL; c = c->next) {
		one = c->start_ns + c->opts->timeout_ns;
		due_ns = one < due_ns ? one : due_ns;
	}
	return due_ns;
}

static uint64_t
run_spurious(const struct probe *p)
{
	(void)p;
	return 0;
}

extern const struct probe_kind probe_run;
const struct probe_kind probe_run = {
	.set = &run_set,
	.open = run_open,
	.close = run_close,
	.socket = run_socket,
	.send = run_send,
	.polls = run_polls,
	.ready = run_ready,
	.expire = run_expire,
	.forget = run_forget,
	.due = run_due,
	.spurious = run_spurious,
};
