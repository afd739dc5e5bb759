/* SPDX-License-Identifier: ISC */
/*
 * sys_linux_answer: whose answer it is that a socket got, and which of many
 * sockets have one.  The simulated kernel has this file, too: its sockets are
 * the real one's.
 */
#include "lib/sys.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <errno.h>
#include <linux/filter.h>
#include <linux/tcp.h>
#include <netinet/in.h>

#include "lib/clock.h"

#define LEN(a)		(sizeof(a) / sizeof((a)[0]))
#define SET_BATCH	64

/* tcpi_state, from the kernel's net/tcp_states.h; it is in no header. */
#define STATE_SYN_SENT	2
#define STATE_SYN_RECV	3

/* A SYN without an answer is repeated after this (RFC 6298). */
#define SYN_REPEAT_NS	NS_PER_S

int
sys_only_by(int fd, int ifindex)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    (uint32_t)(SKF_AD_OFF + SKF_AD_IFINDEX)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)ifindex, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { .len = LEN(code), .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
	    sizeof(prog)) == -1 ? -errno : 0;
}

/* The connection was there, if only for a moment. */
static bool
was_connected(int err, unsigned state)
{
	return err == ECONNRESET || err == EPIPE ||
	    (err == 0 && state != STATE_SYN_SENT && state != STATE_SYN_RECV);
}

int
sys_connect_end(int fd, int64_t *rtt_ns)
{
	struct tcp_info info = { 0 };
	socklen_t err_len, len = sizeof(info);
	int err = 0;

	*rtt_ns = 0;
	err_len = sizeof(err);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &err_len) == -1 ||
	    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == -1)
		return -errno;
	/* Of a message by ICMP the socket has seen no segment. */
	if (err == ECONNREFUSED)
		return info.tcpi_segs_in > 0 ? -ECONNREFUSED : -EHOSTUNREACH;
	if (!was_connected(err, info.tcpi_state))
		return err != 0 ? -err : -EINPROGRESS;
	*rtt_ns = (int64_t)info.tcpi_rtt * NS_PER_US;
	/*
	 * By timestamps (RFC 7323) the kernel knows which one was answered:
	 * the first is older than that if there was a second.
	 */
	if (info.tcpi_total_retrans > 0 && *rtt_ns > 0 &&
	    *rtt_ns < SYN_REPEAT_NS)
		return -ETIMEDOUT;
	return 0;
}

int
sys_set_open(int *set)
{
	*set = epoll_create1(EPOLL_CLOEXEC);
	return *set == -1 ? -errno : 0;
}

int
sys_set_add(int set, int fd, bool in, void *what)
{
	struct epoll_event e = { .events = in ? EPOLLIN : EPOLLOUT,
	    .data.ptr = what };

	return epoll_ctl(set, EPOLL_CTL_ADD, fd, &e) == -1 ? -errno : 0;
}

/* A socket that another process has, too, would stay in it when closed. */
void
sys_set_del(int set, int fd)
{
	(void)epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL);
}

int
sys_set_ready(int set, void **what, int max)
{
	struct epoll_event e[SET_BATCH];
	int i, n;

	n = epoll_wait(set, e, max < SET_BATCH ? max : SET_BATCH, 0);
	if (n == -1)
		return errno == EINTR ? 0 : -errno;
	for (i = 0; i < n; i++)
		what[i] = e[i].data.ptr;
	return n;
}
