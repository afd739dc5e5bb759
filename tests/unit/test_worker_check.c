/* SPDX-License-Identifier: ISC */
/*
 * test_worker_check: a worker in its world (test_worker.h) whose only target is
 * a check; the test is the parent that starts it.
 */
#include "tests/unit/test_worker.h"

#include <fcntl.h>
#include <poll.h>

#include "probes/probe_run.h"

static struct check_opts opts;

/* What came with the newest request, and what it was. */
struct asked_for {
	struct power_spawn req;
	int	fds[3];
	unsigned n;
};

/* No far host is known: that the line leads anywhere is seen by this. */
static void
lead_out(struct world *w)
{
	struct net_route r;

	memset(&r, 0, sizeof(r));
	r.family = AF_INET;
	r.table = FAKE_TABLE_MAIN;
	r.type = FAKE_TYPE_UNICAST;
	r.protocol = FAKE_PROTO_STATIC;
	r.nhops = 1;
	r.hops[0].via = world_addr(0, 0);
	r.hops[0].index = fake_link_index(w->hand, "wan1");
	r.hops[0].weight = 1;
	assert_int_equal(fake_route_replace(w->hand, &r), 0);
}

static void
begin(struct world *w)
{
	struct conf_target *t = &w->targets[0][0];

	lead_out(w);
	opts = (struct check_opts){ .timeout_ns = WAIT };
	t->kind = probe_option_set("run");
	t->opts = &opts;
	t->gateway = false;
	memset(&t->addr, 0, sizeof(t->addr));
	t->timeout_ns = WAIT;
	snprintf(t->label, sizeof(t->label), "run chk.sh");
	w->uplinks[0].probe.ntargets = 1;
	w->parent_mute = true;
	world_bus(w);
	world_start(w, 1);
}

static void
drop(struct asked_for *a)
{
	size_t i;

	for (i = 0; a->n > 0 && i < 3; i++)
		if (a->fds[i] != -1)
			close(a->fds[i]);
}

/* True: one has come; the one before is let go. */
static bool
was_asked(struct world *w, struct asked_for *a)
{
	struct asked_for new = { .n = a->n + 1 };
	size_t nfds = 3;

	if (power_recv(w->power[0], &new.req, sizeof(new.req), new.fds,
	    &nfds) != (int)sizeof(new.req))
		return false;
	assert_int_equal(nfds, 3);
	drop(a);
	*a = new;
	return true;
}

static void
answer(struct asked_for *a, int err, int status)
{
	struct power_exit end = { .err = err, .status = status };

	assert_int_equal(power_send(a->fds[0], &end, sizeof(end), NULL, 0),
	    0);
	close(a->fds[0]);
	a->fds[0] = -1;
}

static bool
is_cancelled(const struct asked_for *a)
{
	struct pollfd p = { .fd = a->fds[0] };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP) != 0;
}

static void
check_is_asked_for_with_what_it_needs(void **state)
{
	struct asked_for a = { .n = 0 };
	struct world *w = *state;
	char byte;

	begin(w);
	SPIN(w, was_asked(w, &a));
	assert_int_equal(a.req.kind, POWER_SPAWN);
	assert_int_equal(a.req.what, POWER_CHECK);
	assert_int_equal(a.req.index, 0);
	assert_int_equal(a.req.uplink, 0);
	assert_int_equal(a.req.level, LEVEL_UNKNOWN);
	assert_int_equal(a.req.previous, LEVEL_UNKNOWN);
	assert_int_equal(a.req.cause, CAUSE_NONE);
	assert_true(a.req.timeout_ms > 0);
	/* Nothing to read; what it writes it is not held up by. */
	assert_int_equal(read(a.fds[1], &byte, 1), 0);
	assert_int_equal(fcntl(a.fds[2], F_GETFL) & O_NONBLOCK, 0);
	assert_int_equal(write(a.fds[2], "hello\n", 6), 6);
	answer(&a, 0, 0);
	SPIN(w, w->nevents == 1);
	world_heard(w, 0, "ext1", LEVEL_UNKNOWN, LEVEL_UP, CAUSE_NONE);
	SPIN(w, was_asked(w, &a));
	assert_int_equal(a.req.level, LEVEL_UP);
	drop(&a);
}

static void
failed_checks_report_down(void **state)
{
	struct asked_for a = { .n = 0 };
	struct world *w = *state;
	const struct evidence *e = w->events[1].u.event.evidence;
	unsigned i;

	begin(w);
	for (i = 0; i < 4; i++) {
		SPIN(w, was_asked(w, &a));
		answer(&a, 0, i == 0 ? 0 : 1 << 8);
	}
	SPIN(w, w->nevents == 2);
	world_heard(w, 1, "ext1", LEVEL_UP, LEVEL_DOWN, CAUSE_FAR);
	assert_string_equal(e->target, "run chk.sh");
	assert_int_equal(e->sent, 3);
	assert_int_equal(e->lost, 3);
	assert_int_equal(e->rtt_us, -1);
	drop(&a);
}

/* Rounds go by; they are no probes of it. */
static void
check_that_takes_its_time_is_asked_once(void **state)
{
	struct asked_for a = { .n = 0 };
	struct world *w = *state;
	uint64_t round;

	begin(w);
	SPIN(w, was_asked(w, &a));
	round = world_verdict(w, 0)->verdict.next;
	SPIN(w, world_verdict(w, 0)->verdict.next > round + 50);
	assert_false(was_asked(w, &a));
	assert_false(is_cancelled(&a));
	world_is(w, 0, LEVEL_UNKNOWN, CAUSE_NONE);
	answer(&a, 0, 0);
	SPIN(w, w->nevents == 1);
	SPIN(w, w->nsamples > 0 &&
	    w->samples.u.event.evidence[0].sent == 1);
	/* Answered, but no time is told. */
	assert_int_equal(w->samples.u.event.evidence[0].lost, 0);
	assert_int_equal(w->samples.u.event.rtt_us, -1);
	drop(&a);
}

static void
device_that_goes_ends_the_check(void **state)
{
	struct asked_for a = { .n = 0 };
	struct world *w = *state;

	begin(w);
	SPIN(w, was_asked(w, &a));
	assert_int_equal(fake_link_del(w->hand, "wan1"), 0);
	SPIN(w, is_cancelled(&a));
	world_is(w, 0, LEVEL_DOWN, CAUSE_CARRIER);
	drop(&a);
}

static void
worker_that_ends_ends_the_check(void **state)
{
	struct asked_for a = { .n = 0 };
	struct world *w = *state;

	begin(w);
	SPIN(w, was_asked(w, &a));
	worker_close(w->worker);
	assert_true(is_cancelled(&a));
	worker_free(&w->worker);
	drop(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
		T(check_is_asked_for_with_what_it_needs),
		T(failed_checks_report_down),
		T(check_that_takes_its_time_is_asked_once),
		T(device_that_goes_ends_the_check),
		T(worker_that_ends_ends_the_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
