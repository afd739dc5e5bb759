/* SPDX-License-Identifier: ISC */
/*
 * power: one message with descriptors over a SOCK_SEQPACKET pair.  Owns
 * nothing; any thread: the kernel keeps messages whole.
 */
#include "proto/power.h"

#include <sys/socket.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "lib/must.h"

union control {
	struct cmsghdr	head;
	char		bytes[CMSG_SPACE(POWER_FDS_MAX * sizeof(int))];
};

int
power_send(int sock, const void *bytes, size_t len, const int *fds,
    size_t nfds)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)bytes,
	    .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control control;
	struct cmsghdr *c;
	ssize_t n;

	MUST(nfds <= POWER_FDS_MAX && len > 0 && len <= POWER_BYTES_MAX);
	if (nfds > 0) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, nfds * sizeof(int));
	}
	do
		n = sendmsg(sock, &msg, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n == -1 ? -errno : 0;
}

static void
close_all(const int *fds, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		close(fds[i]);
}

/*
 * Descriptors are ours from the moment the kernel has put them into the
 * message, so every one is taken or closed.  False: more than there is room
 * for.
 */
static bool
take_fds(struct msghdr *msg, int *fds, size_t room, size_t *got)
{
	bool fit = true;
	struct cmsghdr *c;
	size_t n, i;
	int fd;

	*got = 0;
	for (c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int),
			    sizeof(fd));
			if (*got < room)
				fds[(*got)++] = fd;
			else {
				close(fd);
				fit = false;
			}
		}
	}
	return fit;
}

int
power_recv(int sock, void *bytes, size_t size, int *fds, size_t *nfds)
{
	struct iovec iov = { .iov_base = bytes, .iov_len = size };
	union control control;
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof(control.bytes) };
	size_t room = *nfds;
	ssize_t n;
	bool fit;

	*nfds = 0;
	do
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return -errno;
	fit = take_fds(&msg, fds, room, nfds) &&
	    (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
	/* An empty message looks like the end of file, and brings nothing. */
	if (fit && n > 0)
		return (int)n;
	close_all(fds, *nfds);
	*nfds = 0;
	return fit ? 0 : -EPROTO;
}

int
power_pair(int sv[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) ==
	    -1 ? -errno : 0;
}
