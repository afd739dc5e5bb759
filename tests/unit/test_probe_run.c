/* SPDX-License-Identifier: ISC */
/*
 * test_probe_run: the kind `run` through the interface of its kind: how a
 * program ends, time, rounds, what is in flight, what is left behind.
 */
#include "tests/unit/test_probe_run.h"

/* ---- how it ends ---- */

static void
exit_status_decides(void **state)
{
	static const struct {
		int		status;
		enum sample	sample;
	} cases[] = {
		{ EXIT(0), SAMPLE_OK }, { EXIT(1), SAMPLE_LOST },
		{ EXIT(255), SAMPLE_LOST }, { EXIT(127), SAMPLE_LOST },
		{ SIGKILL, SAMPLE_LOST }, { SIGSEGV | 0x80, SAMPLE_LOST },
	};
	struct run *r = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ask(r, 1, i + 1);
		assert_int_equal(r->ntold, i);
		ready(r);
		assert_int_equal(r->ntold, i);
		ends(r, 1, 0, cases[i].status, false);
		is_told(r, i + 1, 1, i + 1, cases[i].sample, 0);
		assert_true(is_idle(r));
	}
}

static void
what_the_parent_ended_at_its_deadline_is_lost(void **state)
{
	struct run *r = *state;

	ask(r, 1, 1);
	ends(r, 1, 0, EXIT(0), true);
	is_told(r, 1, 1, 1, SAMPLE_LOST, 0);
}

static void
what_could_not_be_started_proves_nothing(void **state)
{
	struct run *r = *state;
	size_t before = descriptors();

	ask(r, 1, 1);
	ends(r, 1, -ENOENT, 0, false);
	is_told(r, 1, 1, 1, SAMPLE_CANNOT, -ENOENT);
	/* It could not even be asked for. */
	r->refuse = -EAGAIN;
	ask(r, 1, 2);
	is_told(r, 2, 1, 2, SAMPLE_CANNOT, -EAGAIN);
	assert_true(is_idle(r));
	assert_int_equal(descriptors(), before);
}

static void
parent_that_goes_without_a_word_proves_nothing(void **state)
{
	struct run *r = *state;
	char half[4] = "xxx";

	ask(r, 1, 1);
	hang_up(r, 1);
	ready(r);
	is_told(r, 1, 1, 1, SAMPLE_CANNOT, -EPIPE);
	ask(r, 1, 2);
	assert_int_equal(power_send(r->status[1], half, sizeof(half), NULL,
	    0), 0);
	ready(r);
	is_told(r, 2, 1, 2, SAMPLE_CANNOT, -EPIPE);
	assert_true(is_cancelled(r, 1));
}

static void
without_a_device_nothing_is_started(void **state)
{
	struct run *r = *state;

	r->host.ifindex = 0;
	ask(r, 1, 1);
	is_told(r, 1, 1, 1, SAMPLE_CANNOT, -ENODEV);
	assert_int_equal(r->started[1], 0);
}

/* ---- in its time ---- */

static void
hanging_is_lost_at_its_deadline_and_ended(void **state)
{
	struct run *r = *state;
	int64_t from_ns = clock_mono_ns(), due_ns;

	r->opts[1].timeout_ns = 100 * NS_PER_MS;
	ask(r, 1, 1);
	ask(r, 3, 1);
	due_ns = r->kind->due(r->probe);
	assert_true(due_ns >= from_ns + 100 * NS_PER_MS);
	assert_true(due_ns <= clock_mono_ns() + 100 * NS_PER_MS);
	r->kind->expire(r->probe, due_ns - 1);
	assert_int_equal(r->ntold, 0);
	assert_false(is_cancelled(r, 1));
	r->kind->expire(r->probe, due_ns);
	is_told(r, 1, 1, 1, SAMPLE_LOST, 0);
	assert_true(is_cancelled(r, 1));
	/* The other has a time of its own. */
	assert_false(is_cancelled(r, 3));
	assert_true(r->kind->due(r->probe) > due_ns + 10 * NS_PER_S);
}

static void
end_after_the_deadline_is_not_credited(void **state)
{
	struct run *r = *state;

	r->opts[1].timeout_ns = 20 * NS_PER_MS;
	ask(r, 1, 1);
	poll(NULL, 0, 30);
	r->kind->ready(r->probe, clock_mono_ns());
	ends(r, 1, 0, EXIT(0), false);
	is_told(r, 1, 1, 1, SAMPLE_LOST, 0);
	assert_true(is_idle(r));
}

/* It ended in time, but time stood still before anybody looked. */
static void
end_found_after_a_stop_can_be_forgotten(void **state)
{
	struct power_exit end = { .status = EXIT(1) };
	struct run *r = *state;

	r->opts[1].timeout_ns = 20 * NS_PER_MS;
	ask(r, 1, 1);
	assert_int_equal(power_send(r->status[1], &end, sizeof(end), NULL,
	    0), 0);
	poll(NULL, 0, 30);
	/* As a worker does: its time is 0 then. */
	r->kind->ready(r->probe, 0);
	r->kind->expire(r->probe, 0);
	r->kind->forget(r->probe);
	r->kind->expire(r->probe, clock_mono_ns());
	assert_int_equal(r->ntold, 0);
	assert_true(is_idle(r));
}

/* ---- rounds ---- */

static void
round_that_finds_it_running_does_not_ask(void **state)
{
	struct run *r = *state;

	ask(r, 1, 1);
	ask(r, 1, 2);
	is_told(r, 1, 1, 2, SAMPLE_IDLE, 0);
	ask(r, 1, 3);
	is_told(r, 2, 1, 3, SAMPLE_IDLE, 0);
	assert_int_equal(r->started[1], 1);
	/* Others are none of its business. */
	ask(r, 3, 3);
	assert_int_equal(r->started[3], 1);
	ends(r, 1, 0, EXIT(0), false);
	is_told(r, 3, 1, 1, SAMPLE_OK, 0);
	ask(r, 1, 4);
	assert_int_equal(r->started[1], 2);
}

static void
round_before_its_interval_does_not_ask(void **state)
{
	struct run *r = *state;
	int64_t now_ns = clock_mono_ns();

	r->opts[1].interval_ns = 60 * NS_PER_S;
	r->kind->send(r->probe, 1, 1, NULL, now_ns);
	ends(r, 1, 0, EXIT(1), false);
	is_told(r, 1, 1, 1, SAMPLE_LOST, 0);
	r->kind->send(r->probe, 1, 2, NULL, now_ns + 59 * NS_PER_S);
	is_told(r, 2, 1, 2, SAMPLE_IDLE, 0);
	/* A round that is a little early is the one that was meant. */
	r->kind->send(r->probe, 1, 3, NULL, now_ns + 60 * NS_PER_S -
	    5 * NS_PER_MS);
	assert_int_equal(r->ntold, 2);
	assert_int_equal(r->started[1], 2);
}

static void
one_that_is_still_being_ended_is_not_asked(void **state)
{
	struct run *r = *state;

	r->opts[1].timeout_ns = 20 * NS_PER_MS;
	ask(r, 1, 1);
	poll(NULL, 0, 30);
	ready(r);
	is_told(r, 1, 1, 1, SAMPLE_LOST, 0);
	hang_up(r, 1);
	r->opts[1].timeout_ns = 30 * NS_PER_S;
	ask(r, 1, 2);
	ends(r, 1, -EBUSY, 0, false);
	is_told(r, 2, 1, 2, SAMPLE_IDLE, 0);
	/* It is gone. */
	ask(r, 1, 3);
	ends(r, 1, 0, EXIT(0), false);
	is_told(r, 3, 1, 3, SAMPLE_OK, 0);
}

/* Or the line would never be judged again. */
static void
one_that_cannot_be_ended_is_lost_in_each_round(void **state)
{
	struct run *r = *state;
	int64_t from_ns = clock_mono_ns();
	size_t n = 0;

	do {
		ask(r, 1, ++n);
		ends(r, 1, -EBUSY, 0, false);
		poll(NULL, 0, 20);
	} while (r->told[n - 1].sample == SAMPLE_IDLE && n < TOLD_MAX - 10);
	is_told(r, n, 1, n, SAMPLE_LOST, 0);
	assert_true(clock_mono_ns() - from_ns >= LEAVE);
	ask(r, 1, n + 1);
	ends(r, 1, -EBUSY, 0, false);
	is_told(r, n + 1, 1, n + 1, SAMPLE_LOST, 0);
	ask(r, 1, n + 2);
	ends(r, 1, 0, EXIT(0), false);
	is_told(r, n + 2, 1, n + 2, SAMPLE_OK, 0);
	/* The next time it has its three seconds again. */
	ask(r, 1, n + 3);
	ends(r, 1, -EBUSY, 0, false);
	is_told(r, n + 3, 1, n + 3, SAMPLE_IDLE, 0);
}

/* ---- what is in flight, what is left behind ---- */

static void
device_that_goes_takes_it_with_it(void **state)
{
	struct run *r = *state;

	ask(r, 1, 7);
	ask(r, 3, 7);
	r->kind->socket(r->probe, NET_V4, -1, -ENODEV);
	assert_int_equal(r->ntold, 2);
	is_told(r, 2, r->told[1].target, 7, SAMPLE_CANNOT, -ENODEV);
	assert_int_equal(r->told[0].target + r->told[1].target, 1 + 3);
	assert_true(is_cancelled(r, 1) && is_cancelled(r, 3));
	r->kind->socket(r->probe, NET_V6, -1, -ENODEV);
	assert_int_equal(r->ntold, 2);
	assert_true(is_idle(r));
}

static void
forgotten_is_never_told_and_ended(void **state)
{
	struct run *r = *state;

	ask(r, 1, 1);
	ask(r, 3, 1);
	r->kind->forget(r->probe);
	assert_true(is_cancelled(r, 1) && is_cancelled(r, 3));
	assert_true(is_idle(r));
	r->kind->expire(r->probe, clock_mono_ns() + 60 * NS_PER_S);
	assert_int_equal(r->ntold, 0);
	hang_up(r, 1);
	ask(r, 1, 2);
	ends(r, 1, 0, EXIT(0), false);
	is_told(r, 1, 1, 2, SAMPLE_OK, 0);
}

static void
close_ends_what_runs(void **state)
{
	struct run *r = *state;
	size_t before = descriptors();

	ask(r, 1, 1);
	ask(r, 3, 1);
	r->kind->close(&r->probe);
	assert_null(r->probe);
	assert_true(is_cancelled(r, 1) && is_cancelled(r, 3));
	assert_int_equal(r->ntold, 0);
	hang_up(r, 1);
	hang_up(r, 3);
	assert_int_equal(descriptors(), before);
}

static void
thousand_runs_leave_nothing_behind(void **state)
{
	struct run *r = *state;
	size_t before = descriptors(), i;

	for (i = 1; i <= 1000; i++) {
		ask(r, 1, i);
		ask(r, 3, i);
		ends(r, 1, 0, EXIT((int)i % 2), false);
		ends(r, 3, i % 3 == 0 ? -ENOMEM : 0, EXIT(0), false);
		assert_int_equal(r->ntold, 2 * i);
	}
	assert_int_equal(descriptors(), before);
}

static void
polls_are_as_many_as_there_is_room_for(void **state)
{
	struct pollfd p[3] = { { .fd = -7 }, { .fd = -7 }, { .fd = -7 } };
	struct run *r = *state;

	ask(r, 1, 1);
	ask(r, 3, 1);
	assert_int_equal(r->kind->polls(r->probe, p, 2), 4);
	assert_true(p[0].fd >= 0 && p[1].fd >= 0);
	assert_int_equal(p[2].fd, -7);
	/* Output that has ended is not waited for. */
	close(r->output[1]);
	r->output[1] = -1;
	ready(r);
	assert_int_equal(r->kind->polls(r->probe, p, 3), 3);
}

/* ---- its output ---- */

static void
talker_is_read_off_and_not_blocked(void **state)
{
	struct run *r = *state;
	char words[4096];
	size_t i;

	memset(words, 'w', sizeof(words));
	ask(r, 1, 1);
	assert_int_equal(fcntl(r->output[1], F_SETFL, O_NONBLOCK), 0);
	for (i = 0; i < 256; i++) {
		assert_int_equal(write(r->output[1], words, sizeof(words)),
		    sizeof(words));
		ready(r);
	}
	ends(r, 1, 0, EXIT(0), false);
	is_told(r, 1, 1, 1, SAMPLE_OK, 0);
}

static void
captured(const int fds[2], int saved, char *buf, size_t size)
{
	ssize_t n;

	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fds[1]);
	n = read(fds[0], buf, size - 1);
	close(fds[0]);
	buf[n > 0 ? n : 0] = '\0';
}

static size_t
count_of(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

static void
says(struct run *r, uint64_t round, const char *words, int status)
{
	ask(r, 1, round);
	assert_int_equal(write(r->output[1], words, strlen(words)),
	    strlen(words));
	ends(r, 1, 0, status, false);
}

static void
last_line_is_logged_when_the_end_is_another(void **state)
{
	struct run *r = *state;
	char buf[4096];
	int fds[2], saved;

	log_init("probes", LOG_DEST_STDERR, true);
	assert_int_equal(pipe(fds), 0);
	saved = dup(STDERR_FILENO);
	dup2(fds[1], STDERR_FILENO);
	says(r, 1, "", EXIT(0));
	says(r, 2, "sent 3\nall lost\n", EXIT(1));
	says(r, 3, "all lost again\n", EXIT(1));
	says(r, 4, "", EXIT(0));
	captured(fds, saved, buf, sizeof(buf));
	log_init("probes", LOG_DEST_STDERR, false);
	assert_int_equal(count_of(buf, "\n"), 3);
	assert_int_equal(count_of(buf, "uplink ext1: run chk1.sh: exit 0\n"),
	    2);
	assert_int_equal(count_of(buf, "uplink ext1: run chk1.sh: exit 1: "
	    "all lost\n"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(exit_status_decides),
		T(what_the_parent_ended_at_its_deadline_is_lost),
		T(what_could_not_be_started_proves_nothing),
		T(parent_that_goes_without_a_word_proves_nothing),
		T(without_a_device_nothing_is_started),
		T(hanging_is_lost_at_its_deadline_and_ended),
		T(end_after_the_deadline_is_not_credited),
		T(end_found_after_a_stop_can_be_forgotten),
		T(round_that_finds_it_running_does_not_ask),
		T(round_before_its_interval_does_not_ask),
		T(one_that_is_still_being_ended_is_not_asked),
		T(one_that_cannot_be_ended_is_lost_in_each_round),
		T(device_that_goes_takes_it_with_it),
		T(forgotten_is_never_told_and_ended),
		T(close_ends_what_runs),
		T(thousand_runs_leave_nothing_behind),
		T(polls_are_as_many_as_there_is_room_for),
		T(talker_is_read_off_and_not_blocked),
		T(last_line_is_logged_when_the_end_is_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
