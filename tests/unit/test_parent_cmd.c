/* SPDX-License-Identifier: ISC */
/*
 * Commands and checks as the parent starts and ends them; the test is the one
 * who waits for them.  Real programs, and a simulated kernel for their
 * addresses.
 */
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
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "actions/action.h"
#include "conf/conf.h"
#include "dispatcher/parent.h"
#include "lib/child.h"
#include "lib/clock.h"
#include "lib/sys.h"
#include "probes/probe_run.h"
#include "routing/router.h"

#define PATIENCE	(20 * NS_PER_S)	/* for what must come; never spent */

enum { ENDS, HANGS, TARGETS };

static char *ends_argv[] = { "/bin/sh", "-c", "exit 3", NULL };
static char *hangs_argv[] = { "/bin/sh", "-c", "trap '' TERM; sleep 600 & "
    "echo; sleep 600", NULL };
static char *action_argv[] = { "/bin/sh", "-c", "exit 4", NULL };

struct site {
	struct parent	p;
	struct conf	conf;
	struct conf_uplink uplinks[2];
	struct conf_target targets[2][TARGETS];
	struct check_opts opts[TARGETS];
	struct conf_action action;
	struct run_opts	run;
	size_t		descriptors;
};

/* What a command and who waits for it have of each other. */
struct wait {
	int	status, output;
};

static const struct option_set run_set = { .name = "run" };

static size_t
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

static void
site_conf(struct site *s)
{
	struct conf_target *t;
	size_t i, k;

	s->opts[ENDS] = (struct check_opts){ .argv = ends_argv,
	    .timeout_ns = 30 * NS_PER_S };
	s->opts[HANGS] = (struct check_opts){ .argv = hangs_argv,
	    .timeout_ns = 30 * NS_PER_S };
	s->run.argv = action_argv;
	s->action = (struct conf_action){ .name = "carp", .kind = &run_set,
	    .opts = &s->run, .timeout_ns = 30 * NS_PER_S };
	for (i = 0; i < 2; i++) {
		snprintf(s->uplinks[i].name, CONF_NAME_MAX, "ext%zu", i + 1);
		s->uplinks[i].probe.ntargets = TARGETS;
		s->uplinks[i].probe.targets = s->targets[i];
		for (k = 0; k < TARGETS; k++) {
			t = &s->targets[i][k];
			t->kind = &run_set;
			t->opts = &s->opts[k];
			t->path = "sh";
		}
	}
	s->conf = (struct conf){ .nuplinks = 2, .uplinks = s->uplinks,
	    .nactions = 1, .actions = &s->action };
}

static int
setup(void **state)
{
	struct site *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -1;
	*state = s;
	site_conf(s);
	s->p.conf = &s->conf;
	s->p.timers = timers_new();
	if (s->p.timers == NULL || sys_open(&s->p.sys) != 0 ||
	    router_new(&s->conf, s->p.sys, NULL, &s->p.router) != 0)
		return -1;
	s->descriptors = descriptors();
	return 0;
}

static int
teardown(void **state)
{
	struct site *s = *state;

	cmds_free(&s->p);
	router_free(&s->p.router);
	sys_close(&s->p.sys);
	timers_free(&s->p.timers);
	free(s);
	return 0;
}

static struct wait
ask(struct site *s, enum power_what what, uint32_t index, uint32_t uplink)
{
	struct power_spawn req = { .kind = POWER_SPAWN, .what = what,
	    .index = index, .uplink = uplink, .level = LEVEL_UP,
	    .previous = LEVEL_UNKNOWN, .cause = CAUSE_NONE, .tries = 1,
	    .timeout_ms = INT64_MAX };
	int sv[2], out[2], fds[3];
	size_t i;

	assert_int_equal(power_pair(sv), 0);
	assert_int_equal(fcntl(sv[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	fds[0] = sv[1];
	fds[1] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	fds[2] = out[1];
	cmd_request(&s->p, &req, fds, 3);
	for (i = 0; i < 3; i++)
		if (fds[i] != -1)
			close(fds[i]);
	return (struct wait){ sv[0], out[0] };
}

static void
leave(struct wait *w)
{
	close(w->status);
	close(w->output);
}

/* As the parent's loop does it. */
static void
turn(struct site *s)
{
	struct cmd *c;
	pid_t pid;
	int status;

	poll(NULL, 0, 1);
	while (child_reap(&pid, &status) == 1)
		if ((c = cmd_find(&s->p, pid)) != NULL)
			cmd_ended(&s->p, c, status);
	(void)timers_run(s->p.timers, clock_mono_ns());
}

static struct power_exit
end_of(struct site *s, struct wait *w)
{
	struct power_exit end = { .err = 1 };
	int64_t until_ns = clock_mono_ns() + PATIENCE;
	size_t none = 0;

	while (power_recv(w->status, &end, sizeof(end), NULL, &none) ==
	    -EAGAIN && clock_mono_ns() < until_ns)
		turn(s);
	assert_int_not_equal(end.err, 1);
	leave(w);
	return end;
}

static void
await_word(const struct wait *w)
{
	char byte;

	assert_int_equal(read(w->output, &byte, 1), 1);
}

static void
until_none(struct site *s)
{
	int64_t until_ns = clock_mono_ns() + PATIENCE;

	while (s->p.cmds != NULL && clock_mono_ns() < until_ns)
		turn(s);
	assert_null(s->p.cmds);
	assert_int_equal(s->p.ncmds, 0);
	assert_int_equal(s->p.nchecks, 0);
	assert_int_equal(descriptors(), s->descriptors);
	/* No zombie either. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* Two seconds earlier than by cmd_cancel. */
static void
end_all(struct site *s)
{
	struct cmd *c;

	for (c = s->p.cmds; c != NULL; c = c->next)
		assert_int_equal(child_signal(c->pid, SIGINT), 0);
	until_none(s);
}

static void
exits(struct site *s, struct wait *w, int code)
{
	struct power_exit end = end_of(s, w);

	assert_int_equal(end.err, 0);
	assert_int_equal(end.timed_out, 0);
	assert_true(WIFEXITED(end.status));
	assert_int_equal(WEXITSTATUS(end.status), code);
}

static void
end_of_a_check_is_told(void **state)
{
	struct site *s = *state;
	struct wait w;
	int i;

	for (i = 0; i < 3; i++) {
		w = ask(s, POWER_CHECK, ENDS, 0);
		exits(s, &w, 3);
	}
	until_none(s);
}

static void
check_that_runs_is_not_started_again(void **state)
{
	struct site *s = *state;
	struct wait first = ask(s, POWER_CHECK, HANGS, 0), w;

	await_word(&first);
	w = ask(s, POWER_CHECK, HANGS, 0);
	assert_int_equal(end_of(s, &w).err, -EBUSY);
	/* Another target, another line, an action of that place. */
	w = ask(s, POWER_CHECK, ENDS, 0);
	exits(s, &w, 3);
	w = ask(s, POWER_ACTION, 0, 0);
	exits(s, &w, 4);
	w = ask(s, POWER_CHECK, HANGS, 1);
	await_word(&w);
	leave(&w);
	leave(&first);
	end_all(s);
}

/* Its group ignores TERM: until it is dead there is no second one. */
static void
check_that_dies_slowly_is_not_started_again(void **state)
{
	struct site *s = *state;
	struct wait w = ask(s, POWER_CHECK, HANGS, 0);
	int64_t from_ns;
	int err;

	await_word(&w);
	leave(&w);
	from_ns = clock_mono_ns();
	cmd_cancel(s->p.cmds);
	/* The killing is its keeper's: who killed that would leave the rest. */
	assert_true(timers_next(s->p.timers) == CLOCK_NEVER);
	do {
		w = ask(s, POWER_CHECK, HANGS, 0);
		if (s->p.nchecks == 1 && s->p.cmds->status != -1)
			break;
		err = end_of(s, &w).err;
		assert_int_equal(err, -EBUSY);
		turn(s);
	} while (clock_mono_ns() - from_ns < PATIENCE);
	assert_true(clock_mono_ns() - from_ns >= 2 * NS_PER_S);
	await_word(&w);
	leave(&w);
	end_all(s);
}

/*
 * What it has started ignores TERM; a newer job of its key waits until all of
 * it is dead.  For another line it does not.
 */
static void
action_that_dies_slowly_is_not_started_again(void **state)
{
	static char *stays[] = { "/bin/sh", "-c", "(trap '' TERM; echo; "
	    "exec sleep 600) & wait", NULL };
	struct site *s = *state;
	struct wait w;
	int64_t from_ns;
	int err;

	s->run.argv = stays;
	w = ask(s, POWER_ACTION, 0, 0);
	await_word(&w);
	s->run.argv = action_argv;
	leave(&w);
	from_ns = clock_mono_ns();
	cmd_cancel(s->p.cmds);
	w = ask(s, POWER_ACTION, 0, 1);
	exits(s, &w, 4);
	do {
		turn(s);
		w = ask(s, POWER_ACTION, 0, 0);
		err = end_of(s, &w).err;
	} while (err == -EBUSY && clock_mono_ns() - from_ns < PATIENCE);
	assert_int_equal(err, 0);
	assert_true(clock_mono_ns() - from_ns >= 2 * NS_PER_S);
	until_none(s);
}

/* One that obeys is no reason to wait for two seconds. */
static void
action_that_dies_quickly_keeps_none_waiting(void **state)
{
	static char *obeys[] = { "/bin/sh", "-c", "echo; exec sleep 600",
	    NULL };
	struct site *s = *state;
	struct wait w;
	int64_t from_ns;
	int err;

	s->run.argv = obeys;
	w = ask(s, POWER_ACTION, 0, 0);
	await_word(&w);
	s->run.argv = action_argv;
	leave(&w);
	cmd_cancel(s->p.cmds);
	from_ns = clock_mono_ns();
	do {
		turn(s);
		w = ask(s, POWER_ACTION, 0, 0);
		err = end_of(s, &w).err;
	} while (err == -EBUSY && clock_mono_ns() - from_ns < PATIENCE);
	assert_int_equal(err, 0);
	assert_true(clock_mono_ns() - from_ns < 2 * NS_PER_S);
	until_none(s);
}

static void
deadline_of_a_check_is_its_own(void **state)
{
	struct site *s = *state;
	int64_t from_ns = clock_mono_ns();
	struct power_exit end;
	struct wait w;

	s->opts[HANGS].timeout_ns = 300 * NS_PER_MS;
	w = ask(s, POWER_CHECK, HANGS, 0);
	await_word(&w);
	end = end_of(s, &w);
	assert_int_equal(end.err, 0);
	assert_int_equal(end.timed_out, 1);
	assert_true(WIFSIGNALED(end.status));
	assert_int_equal(WTERMSIG(end.status), SIGKILL);
	assert_true(clock_mono_ns() - from_ns >= 2300 * NS_PER_MS);
	until_none(s);
}

/* One that heeds TERM is gone at once, one that does not two seconds later. */
static void
deadline_of_an_action_ends_it(void **state)
{
	static char *heeds[] = { "/bin/sh", "-c", "echo; exec sleep 600",
	    NULL };
	char **argv[] = { heeds, hangs_argv };
	struct site *s = *state;
	struct power_exit end;
	int64_t from_ns, took_ns;
	struct wait w;
	size_t i;

	s->action.timeout_ns = 300 * NS_PER_MS;
	for (i = 0; i < 2; i++) {
		s->run.argv = argv[i];
		from_ns = clock_mono_ns();
		w = ask(s, POWER_ACTION, 0, 0);
		await_word(&w);
		end = end_of(s, &w);
		took_ns = clock_mono_ns() - from_ns;
		assert_int_equal(end.err, 0);
		assert_int_equal(end.timed_out, 1);
		assert_true(WIFSIGNALED(end.status));
		assert_int_equal(WTERMSIG(end.status), i == 0 ? SIGTERM :
		    SIGKILL);
		assert_true(took_ns >= (i == 0 ? 300 : 2300) * NS_PER_MS);
		if (i == 0)
			assert_true(took_ns < 2300 * NS_PER_MS);
		until_none(s);
	}
}

static void
flood_of_checks_keeps_no_action_waiting(void **state)
{
	struct site *s = *state;
	struct wait w;

	s->p.nchecks = PARENT_CHECKS_MAX;
	w = ask(s, POWER_CHECK, ENDS, 0);
	assert_int_equal(end_of(s, &w).err, -EAGAIN);
	w = ask(s, POWER_ACTION, 0, 0);
	exits(s, &w, 4);
	s->p.nchecks = PARENT_CHECKS_MAX - 1;
	w = ask(s, POWER_CHECK, ENDS, 0);
	exits(s, &w, 3);
	assert_int_equal(s->p.nchecks, PARENT_CHECKS_MAX - 1);
	s->p.nchecks = 0;
	until_none(s);
}

static void
flood_of_actions_keeps_no_check_waiting(void **state)
{
	struct site *s = *state;
	struct wait w;

	s->p.ncmds = PARENT_CMDS_MAX;
	w = ask(s, POWER_ACTION, 0, 0);
	assert_int_equal(end_of(s, &w).err, -EAGAIN);
	w = ask(s, POWER_CHECK, ENDS, 0);
	exits(s, &w, 3);
	assert_int_equal(s->p.ncmds, PARENT_CMDS_MAX);
	s->p.ncmds = 0;
	until_none(s);
}

static void
check_that_cannot_start_is_said_to_be(void **state)
{
	static char *none[] = { "/nonexistent/program", NULL };
	struct site *s = *state;
	struct wait w;

	s->opts[ENDS].argv = none;
	w = ask(s, POWER_CHECK, ENDS, 0);
	assert_int_equal(end_of(s, &w).err, -ENOENT);
	w = ask(s, POWER_CHECK, TARGETS, 0);
	assert_int_equal(end_of(s, &w).err, -EINVAL);
	w = ask(s, POWER_CHECK, ENDS, 2);
	assert_int_equal(end_of(s, &w).err, -EINVAL);
	until_none(s);
}

/* The parent's end: nobody is left to wait two seconds. */
static void
parent_that_stops_kills_at_once(void **state)
{
	struct site *s = *state;
	struct wait w = ask(s, POWER_CHECK, HANGS, 0);
	int64_t from_ns = clock_mono_ns();
	char rest[16];

	await_word(&w);
	cmds_free(&s->p);
	/* All of it held the pipe. */
	while (read(w.output, rest, sizeof(rest)) > 0)
		;
	assert_true(clock_mono_ns() - from_ns < 2 * NS_PER_S);
	leave(&w);
	while (waitpid(-1, NULL, 0) > 0)
		;
	until_none(s);
}

static void
hundreds_leave_nothing_behind(void **state)
{
	struct site *s = *state;
	struct wait w[4];
	size_t i, k;

	for (i = 0; i < 100; i++) {
		w[0] = ask(s, POWER_CHECK, ENDS, 0);
		w[1] = ask(s, POWER_CHECK, ENDS, 1);
		w[2] = ask(s, POWER_ACTION, 0, 1);
		/* -EBUSY, most often. */
		w[3] = ask(s, POWER_CHECK, ENDS, 0);
		for (k = 0; k < 4; k++)
			(void)end_of(s, &w[k]);
	}
	until_none(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(end_of_a_check_is_told),
		T(check_that_runs_is_not_started_again),
		T(check_that_dies_slowly_is_not_started_again),
		T(action_that_dies_slowly_is_not_started_again),
		T(action_that_dies_quickly_keeps_none_waiting),
		T(deadline_of_a_check_is_its_own),
		T(deadline_of_an_action_ends_it),
		T(flood_of_checks_keeps_no_action_waiting),
		T(flood_of_actions_keeps_no_check_waiting),
		T(check_that_cannot_start_is_said_to_be),
		T(parent_that_stops_kills_at_once),
		T(hundreds_leave_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
