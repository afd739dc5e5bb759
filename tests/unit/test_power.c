/* SPDX-License-Identifier: ISC */
/*
 * power: messages stay whole, descriptors arrive, and none is left behind
 * whatever the other end sends.
 */
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/power.h"

struct pair {
	int	sv[2];
	int	open;		/* descriptors of the process before the test */
};

static int
count_open(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	if (dir == NULL)
		dir = opendir("/dev/fd");
	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static int
setup(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->open = count_open();
	assert_int_equal(power_pair(p->sv), 0);
	assert_int_not_equal(fcntl(p->sv[0], F_SETFL, O_NONBLOCK), -1);
	assert_int_not_equal(fcntl(p->sv[1], F_SETFL, O_NONBLOCK), -1);
	*state = p;
	return 0;
}

/* Every test ends so: as many descriptors are open as before it. */
static void
done(struct pair *p)
{
	close(p->sv[0]);
	if (p->sv[1] != -1)
		close(p->sv[1]);
	assert_int_equal(count_open(), p->open);
}

static int
teardown(void **state)
{
	free(*state);
	return 0;
}

/* As a child would that does not keep to power_send. */
static void
send_raw(int sock, const void *bytes, size_t len, int fd, size_t nfds)
{
	union {
		struct cmsghdr	head;
		char		bytes[CMSG_SPACE(64 * sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = (void *)(uintptr_t)bytes,
	    .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;
	size_t i;

	assert_true(nfds <= 64);
	if (nfds > 0) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		for (i = 0; i < nfds; i++)
			memcpy(CMSG_DATA(c) + i * sizeof(int), &fd,
			    sizeof(fd));
	}
	assert_int_equal(sendmsg(sock, &msg, MSG_NOSIGNAL), (ssize_t)len);
}

static void
power_message_with_descriptors_arrives_whole(void **state)
{
	struct pair *p = *state;
	struct power_spawn out = { .kind = POWER_SPAWN, .index = 7,
	    .job_id = UINT64_MAX, .timeout_ms = -1 }, in;
	int fds[POWER_FDS_MAX], got[POWER_FDS_MAX], i, pipes[2];
	size_t n = POWER_FDS_MAX;
	struct stat a, b;

	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	fds[0] = pipes[0];
	fds[1] = pipes[1];
	fds[2] = p->sv[0];
	assert_int_equal(power_send(p->sv[0], &out, sizeof(out), fds, 3), 0);
	memset(&in, 0, sizeof(in));
	assert_int_equal(power_recv(p->sv[1], &in, sizeof(in), got, &n),
	    sizeof(in));
	assert_memory_equal(&in, &out, sizeof(in));
	assert_int_equal(n, 3);
	for (i = 0; i < 3; i++) {
		assert_int_not_equal(fcntl(got[i], F_GETFD) & FD_CLOEXEC, 0);
		assert_int_equal(fstat(fds[i], &a), 0);
		assert_int_equal(fstat(got[i], &b), 0);
		assert_true(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
		close(got[i]);
	}
	close(pipes[0]);
	close(pipes[1]);
	done(p);
}

static void
power_messages_when_several_wait_keep_their_bounds(void **state)
{
	struct pair *p = *state;
	char big[POWER_BYTES_MAX], in[POWER_BYTES_MAX];
	size_t none = 0;

	memset(big, 'b', sizeof(big));
	assert_int_equal(power_send(p->sv[0], "abc", 3, NULL, 0), 0);
	assert_int_equal(power_send(p->sv[0], big, sizeof(big), NULL, 0), 0);
	assert_int_equal(power_send(p->sv[0], "d", 1, NULL, 0), 0);
	assert_int_equal(power_recv(p->sv[1], in, sizeof(in), NULL, &none),
	    3);
	assert_memory_equal(in, "abc", 3);
	assert_int_equal(power_recv(p->sv[1], in, sizeof(in), NULL, &none),
	    sizeof(big));
	assert_memory_equal(in, big, sizeof(big));
	assert_int_equal(power_recv(p->sv[1], in, sizeof(in), NULL, &none),
	    1);
	assert_int_equal(power_recv(p->sv[1], in, sizeof(in), NULL, &none),
	    -EAGAIN);
	done(p);
}

static void
power_message_when_too_long_is_refused_with_its_descriptors(void **state)
{
	struct pair *p = *state;
	char in[8];
	int got[POWER_FDS_MAX];
	size_t n = POWER_FDS_MAX;

	assert_int_equal(power_send(p->sv[0], "123456789", 9, p->sv, 2), 0);
	assert_int_equal(power_recv(p->sv[1], in, sizeof(in), got, &n),
	    -EPROTO);
	assert_int_equal(n, 0);
	/* The rest of it is gone, not the next message. */
	assert_int_equal(power_send(p->sv[0], "ok", 2, NULL, 0), 0);
	n = POWER_FDS_MAX;
	assert_int_equal(power_recv(p->sv[1], in, sizeof(in), got, &n), 2);
	assert_int_equal(n, 0);
	done(p);
}

static void
power_descriptors_beyond_the_room_are_refused_and_closed(void **state)
{
	static const size_t sent[] = { 1, 2, 3, 4, 5, 12, 64 };
	struct pair *p = *state;
	int got[POWER_FDS_MAX], before = count_open(), rc;
	size_t i, room, n;
	char in[8];

	for (i = 0; i < sizeof(sent) / sizeof(sent[0]); i++)
		for (room = 0; room <= POWER_FDS_MAX; room++) {
			send_raw(p->sv[0], "x", 1, p->sv[0], sent[i]);
			n = room;
			rc = power_recv(p->sv[1], in, sizeof(in), got, &n);
			assert_int_equal(rc, sent[i] > room ? -EPROTO : 1);
			assert_int_equal(n, sent[i] > room ? 0 : sent[i]);
			assert_int_equal(count_open(), before + (int)n);
			while (n > 0)
				close(got[--n]);
		}
	done(p);
}

/* The kernel delivers what fits into the table and says that it cut. */
static void
power_descriptors_when_the_table_is_full_are_refused(void **state)
{
	struct pair *p = *state;
	int got[POWER_FDS_MAX], free_fd = dup(0), rc;
	size_t n = POWER_FDS_MAX;
	struct rlimit was, low;
	char in[8];

	assert_int_not_equal(free_fd, -1);
	close(free_fd);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	low = was;
	low.rlim_cur = (rlim_t)free_fd + 1;
	assert_int_equal(power_send(p->sv[0], "x", 1, p->sv, 2), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	rc = power_recv(p->sv[1], in, sizeof(in), got, &n);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_int_equal(rc, -EPROTO);
	assert_int_equal(n, 0);
	done(p);
}

static void
power_empty_message_brings_no_descriptors(void **state)
{
	struct pair *p = *state;
	int got[POWER_FDS_MAX], before = count_open();
	size_t n = POWER_FDS_MAX;
	char in[8];

	send_raw(p->sv[0], "", 0, p->sv[0], 2);
	assert_int_equal(power_recv(p->sv[1], in, sizeof(in), got, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(count_open(), before);
	done(p);
}

static void
power_end_of_file_is_zero_and_sending_to_it_is_no_signal(void **state)
{
	struct pair *p = *state;
	size_t none = 0;
	char in[8];

	assert_int_equal(power_send(p->sv[1], "last", 4, NULL, 0), 0);
	close(p->sv[1]);
	p->sv[1] = -1;
	assert_int_equal(power_recv(p->sv[0], in, sizeof(in), NULL, &none),
	    4);
	assert_int_equal(power_recv(p->sv[0], in, sizeof(in), NULL, &none),
	    0);
	/* SIGPIPE would end this program. */
	assert_int_equal(power_send(p->sv[0], "x", 1, NULL, 0), -EPIPE);
	done(p);
}

static void
power_send_when_nobody_reads_does_not_block(void **state)
{
	struct pair *p = *state;
	char big[POWER_BYTES_MAX] = { 0 };
	int rc, i;

	for (i = 0; i < 100000; i++) {
		rc = power_send(p->sv[0], big, sizeof(big), NULL, 0);
		if (rc != 0)
			break;
	}
	assert_int_equal(rc, -EAGAIN);
	done(p);
}

static void
power_bad_socket_is_an_error(void **state)
{
	struct pair *p = *state;
	size_t none = 0;
	char in[8];

	assert_int_equal(power_send(-1, "x", 1, NULL, 0), -EBADF);
	assert_int_equal(power_recv(-1, in, sizeof(in), NULL, &none), -EBADF);
	done(p);
}

/* Breaks of the protocol that only our own code can commit. */
static void
power_send_of_what_is_ours_to_know_aborts(void **state)
{
	static const struct {
		size_t	len, nfds;
	} cases[] = { { 0, 0 }, { POWER_BYTES_MAX + 1, 0 },
	    { 1, POWER_FDS_MAX + 1 } };
	struct pair *p = *state;
	int status;
	size_t i;
	pid_t pid;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pid = fork();
		assert_int_not_equal(pid, -1);
		if (pid == 0) {
			char bytes[POWER_BYTES_MAX + 1] = { 0 };
			int fds[POWER_FDS_MAX + 1] = { 0 };

			/* cmocka would make a test failure of it. */
			signal(SIGABRT, SIG_DFL);
			close(STDERR_FILENO);
			(void)power_send(p->sv[0], bytes, cases[i].len, fds,
			    cases[i].nfds);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) &&
		    WTERMSIG(status) == SIGABRT);
	}
	done(p);
}

#define ALARMS	10

static volatile sig_atomic_t alarms, alarm_sock;

/* Interrupts the receiver again and again, and only then sends to it. */
static void
on_alarm(int sig)
{
	(void)sig;
	if (++alarms == ALARMS)
		(void)power_send(alarm_sock, "at last", 7, NULL, 0);
}

static void
power_recv_when_interrupted_goes_on_waiting(void **state)
{
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } }, never;
	struct pair *p = *state;
	struct sigaction sa = { .sa_handler = on_alarm };
	size_t none = 0;
	char in[8];
	int n;

	memset(&never, 0, sizeof(never));
	alarm_sock = p->sv[0];
	assert_int_not_equal(fcntl(p->sv[1], F_SETFL, 0), -1);
	assert_int_equal(sigaction(SIGALRM, &sa, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	n = power_recv(p->sv[1], in, sizeof(in), NULL, &none);
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_int_equal(n, 7);
	assert_true(alarms >= ALARMS);
	done(p);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	    T(power_message_with_descriptors_arrives_whole),
	    T(power_messages_when_several_wait_keep_their_bounds),
	    T(power_message_when_too_long_is_refused_with_its_descriptors),
	    T(power_descriptors_beyond_the_room_are_refused_and_closed),
	    T(power_descriptors_when_the_table_is_full_are_refused),
	    T(power_empty_message_brings_no_descriptors),
	    T(power_end_of_file_is_zero_and_sending_to_it_is_no_signal),
	    T(power_send_when_nobody_reads_does_not_block),
	    T(power_bad_socket_is_an_error),
	    T(power_send_of_what_is_ours_to_know_aborts),
	    T(power_recv_when_interrupted_goes_on_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
