/* SPDX-License-Identifier: ISC */
/*
 * The kind `run` between a host that takes down what it reports and a parent
 * that the test plays: it has the other ends of the sockets on which programs'
 * ends are told, and of their output.
 */
#ifndef UPLINKD_TEST_PROBE_RUN_H
#define UPLINKD_TEST_PROBE_RUN_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "probes/probe.h"
#include "probes/probe_run.h"

#define TARGETS		5	/* 1 and 3 are checks */
#define TOLD_MAX	3000
#define EXIT(n)		((n) << 8)
#define LEAVE		(3 * NS_PER_S)	/* as the kind waits for an end */

struct told {
	size_t		target;
	uint64_t	round;
	enum sample	sample;
	int		err;
};

struct run {
	const struct probe_kind *kind;
	struct probe	*probe;
	struct probe_host host;
	struct conf_uplink uplink;
	struct conf_target targets[TARGETS];
	struct check_opts opts[TARGETS];
	/* The parent's ends, by target; -1. */
	int		status[TARGETS], output[TARGETS];
	unsigned	started[TARGETS];
	int		refuse;		/* -errno of want_check */
	size_t		ntold;
	struct told	told[TOLD_MAX];
};

static inline void
report(void *arg, size_t target, uint64_t round, enum sample sample,
    int64_t rtt_ns, int err)
{
	struct run *r = arg;

	/* How long it took is never told. */
	assert_int_equal(rtt_ns, 0);
	assert_true(r->ntold < TOLD_MAX);
	r->told[r->ntold++] = (struct told){ target, round, sample, err };
}

static inline int
want_check(void *arg, size_t target, int *output)
{
	struct run *r = arg;
	int sv[2], out[2];

	if (r->refuse != 0)
		return r->refuse;
	assert_int_equal(r->status[target], -1);
	assert_int_equal(power_pair(sv), 0);
	assert_int_equal(fcntl(sv[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(fcntl(out[0], F_SETFL, O_NONBLOCK), 0);
	r->started[target]++;
	r->status[target] = sv[1];
	r->output[target] = out[1];
	*output = out[0];
	return sv[0];
}

static inline int
setup(void **state)
{
	struct run *r = calloc(1, sizeof(*r));
	size_t i;

	if (r == NULL)
		return -1;
	*state = r;
	r->kind = probe_kind("run");
	snprintf(r->uplink.name, sizeof(r->uplink.name), "ext1");
	r->uplink.probe.interval_ns = 20 * NS_PER_MS;
	r->uplink.probe.ntargets = TARGETS;
	r->uplink.probe.targets = r->targets;
	for (i = 0; i < TARGETS; i++) {
		r->status[i] = r->output[i] = -1;
		r->targets[i].kind = probe_option_set(i % 2 == 1 ? "run" :
		    "ping");
		r->targets[i].opts = &r->opts[i];
		snprintf(r->targets[i].label, sizeof(r->targets[i].label),
		    "run chk%zu.sh", i);
		r->opts[i].timeout_ns = 30 * NS_PER_S;
	}
	r->host = (struct probe_host){ .uplink = &r->uplink, .ifindex = 4,
	    .report = report, .want_check = want_check, .arg = r };
	return r->kind == NULL || r->kind->open(&r->host, &r->probe) != 0;
}

static inline void
hang_up(struct run *r, size_t target)
{
	if (r->status[target] != -1)
		close(r->status[target]);
	if (r->output[target] != -1)
		close(r->output[target]);
	r->status[target] = r->output[target] = -1;
}

static inline int
teardown(void **state)
{
	struct run *r = *state;
	size_t i;

	r->kind->close(&r->probe);
	for (i = 0; i < TARGETS; i++)
		hang_up(r, i);
	free(r);
	return 0;
}

static inline void
ask(struct run *r, size_t target, uint64_t round)
{
	r->kind->send(r->probe, target, round, NULL, clock_mono_ns());
}

/* What a worker does when something can be read. */
static inline void
ready(struct run *r)
{
	r->kind->ready(r->probe, clock_mono_ns());
	r->kind->expire(r->probe, clock_mono_ns());
}

static inline void
ends(struct run *r, size_t target, int err, int status, bool timed_out)
{
	struct power_exit end = { .err = err, .status = status,
	    .timed_out = timed_out };

	assert_int_equal(power_send(r->status[target], &end, sizeof(end),
	    NULL, 0), 0);
	hang_up(r, target);
	ready(r);
}

static inline void
is_told(const struct run *r, size_t n, size_t target, uint64_t round,
    enum sample sample, int err)
{
	assert_int_equal(r->ntold, n);
	assert_int_equal(r->told[n - 1].target, target);
	assert_int_equal(r->told[n - 1].round, round);
	assert_int_equal(r->told[n - 1].sample, sample);
	assert_int_equal(r->told[n - 1].err, err);
}

/* Our end is closed, which ends the program. */
static inline bool
is_cancelled(const struct run *r, size_t target)
{
	struct pollfd p = { .fd = r->status[target] };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP) != 0;
}

static inline bool
is_idle(struct run *r)
{
	return r->kind->polls(r->probe, NULL, 0) == 0 &&
	    r->kind->due(r->probe) == CLOCK_NEVER;
}

static inline size_t
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

#endif
