/* SPDX-License-Identifier: ISC */
/*
 * sys_linux: the netlink handle, its notices, and what a process gives up.
 * One socket for requests, another for notices, so that a flood of notices
 * cannot swallow an answer.  A handle belongs to one thread.
 */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/sys_linux.h"

#define WATCH_RCVBUF	(4 * 1024 * 1024)
#define ANSWER_TIME_S	2

static int
nl_open(struct mnl_socket **out, unsigned groups, int flags)
{
	struct mnl_socket *s;
	int on = 1, rc;

	s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | flags);
	if (s == NULL)
		return -errno;
	if (mnl_socket_bind(s, groups, MNL_SOCKET_AUTOPID) == -1) {
		rc = -errno;
		mnl_socket_close(s);
		return rc;
	}
	/* Filters of dumps are then honoured, where the kernel knows how. */
	(void)mnl_socket_setsockopt(s, NETLINK_GET_STRICT_CHK, &on,
	    sizeof(on));
	*out = s;
	return 0;
}

int
sys_open(struct sys **out)
{
	struct timeval tv = { .tv_sec = ANSWER_TIME_S };
	struct sys *s = calloc(1, sizeof(*s));
	int rc;

	*out = NULL;
	if (s == NULL)
		return -ENOMEM;
	rc = nl_open(&s->req, 0, 0);
	if (rc == 0 && setsockopt(mnl_socket_get_fd(s->req), SOL_SOCKET,
	    SO_RCVTIMEO, &tv, sizeof(tv)) == -1)
		rc = -errno;
	if (rc != 0) {
		sys_close(&s);
		return rc;
	}
	s->port = mnl_socket_get_portid(s->req);
	*out = s;
	return 0;
}

void
sys_close(struct sys **sp)
{
	struct sys *s = *sp;

	if (s == NULL)
		return;
	*sp = NULL;
	if (s->req != NULL)
		mnl_socket_close(s->req);
	if (s->watch != NULL)
		mnl_socket_close(s->watch);
	free(s);
}

struct nlmsghdr *
nl_request(struct sys *s, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(s->buf);

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = ++s->seq;
	return h;
}

static int
error_of(const struct nlmsghdr *h)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(h);

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*err))
		return -EBADMSG;
	return err->error > 0 ? -err->error : err->error;
}

/* 1: the answer is complete. */
static int
take_all(struct sys *s, size_t len, nl_take_fn *take, void *arg, bool *torn)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)(void *)s->buf;
	int left = (int)len, rc;

	for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
		/* The late answer to a request that we gave up. */
		if (h->nlmsg_seq != s->seq)
			continue;
		if ((h->nlmsg_flags & NLM_F_DUMP_INTR) != 0)
			*torn = true;
		if (h->nlmsg_type == NLMSG_ERROR) {
			rc = error_of(h);
			return rc == 0 ? 1 : rc;
		}
		if (h->nlmsg_type == NLMSG_DONE)
			return 1;
		rc = take == NULL ? 0 : take(h, arg);
		if (rc != 0)
			return rc;
	}
	return 0;
}

int
nl_talk(struct sys *s, struct nlmsghdr *h, nl_take_fn *take, void *arg)
{
	bool torn = false;
	ssize_t n;
	int rc;

	if (mnl_socket_sendto(s->req, h, h->nlmsg_len) == -1)
		return -errno;
	do {
		n = mnl_socket_recvfrom(s->req, s->buf, sizeof(s->buf));
		if (n == -1 && errno == EINTR) {
			rc = 0;
			continue;
		}
		if (n == -1)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		rc = take_all(s, (size_t)n, take, arg, &torn);
	} while (rc == 0);
	if (rc == 1)
		rc = torn ? -EINTR : 0;
	return rc;
}

void
nl_parse(const struct nlmsghdr *h, size_t head, struct nl_attrs *a)
{
	const struct nlattr *attr;

	memset(a->at, 0, (a->max + 1) * sizeof(*a->at));
	mnl_attr_for_each(attr, h, head)
		if (mnl_attr_get_type(attr) <= a->max)
			a->at[mnl_attr_get_type(attr)] = attr;
}

int
sys_watch(struct sys *s, unsigned what, int *fd)
{
	unsigned groups = 0;
	int size = WATCH_RCVBUF, rc;

	if ((what & SYS_WATCH_LINKS) != 0)
		groups |= RTMGRP_LINK | RTMGRP_IPV4_IFADDR |
		    RTMGRP_IPV6_IFADDR;
	if ((what & SYS_WATCH_ROUTES) != 0)
		groups |= RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE |
		    RTMGRP_IPV4_RULE | (1u << (RTNLGRP_IPV6_RULE - 1));
	rc = nl_open(&s->watch, groups, SOCK_NONBLOCK);
	if (rc != 0)
		return rc;
	*fd = mnl_socket_get_fd(s->watch);
	/* The forced form needs CAP_NET_ADMIN, which the probes lack. */
	if (setsockopt(*fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
	    sizeof(size)) == -1)
		(void)setsockopt(*fd, SOL_SOCKET, SO_RCVBUF, &size,
		    sizeof(size));
	return 0;
}

static bool
note_addr(const struct nlmsghdr *h, struct sys_notice *n)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(h);

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*ifa))
		return false;
	n->kind = SYS_NOTICE_ADDR;
	n->gone = h->nlmsg_type == RTM_DELADDR;
	n->family = ifa->ifa_family;
	n->link.index = (int)ifa->ifa_index;
	return true;
}

static bool
note_route(const struct nlmsghdr *h, struct sys_notice *n)
{
	const struct rtmsg *rt = mnl_nlmsg_get_payload(h);

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*rt) ||
	    rt->rtm_dst_len != 0 || (rt->rtm_flags & RTM_F_CLONED) != 0)
		return false;
	n->kind = SYS_NOTICE_ROUTE;
	n->gone = h->nlmsg_type == RTM_DELROUTE;
	n->family = rt->rtm_family;
	return true;
}

static bool
note(const struct sys *s, const struct nlmsghdr *h, struct sys_notice *n)
{
	memset(n, 0, sizeof(*n));
	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		n->kind = SYS_NOTICE_LINK;
		n->gone = h->nlmsg_type == RTM_DELLINK;
		return nl_link(h, &n->link);
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return note_addr(h, n);
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		/* The echo of what we wrote ourselves is no news. */
		return h->nlmsg_pid != s->port && note_route(h, n);
	case RTM_NEWRULE:
	case RTM_DELRULE:
		n->kind = SYS_NOTICE_RULE;
		n->gone = h->nlmsg_type == RTM_DELRULE;
		return h->nlmsg_pid != s->port;
	default:
		return false;
	}
}

int
sys_watch_next(struct sys *s, struct sys_notice *n)
{
	const struct nlmsghdr *h;
	ssize_t got;
	int left;

	for (;;) {
		while (s->left > 0 && mnl_nlmsg_ok(s->next, (int)s->left)) {
			h = s->next;
			left = (int)s->left;
			s->next = mnl_nlmsg_next(h, &left);
			s->left = left > 0 ? (size_t)left : 0;
			if (note(s, h, n))
				return 1;
		}
		s->left = 0;
		got = mnl_socket_recvfrom(s->watch, s->notes,
		    sizeof(s->notes));
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return errno == EAGAIN ? 0 : -errno;
		s->next = (const struct nlmsghdr *)(void *)s->notes;
		s->left = (size_t)got;
	}
}

void
sys_thread_name(const char *name)
{
	char cut[16];

	snprintf(cut, sizeof(cut), "%s", name);
	(void)pthread_setname_np(pthread_self(), cut);
}

static int
become(const char *user)
{
	const struct passwd *pw;

	if (user == NULL || geteuid() != 0)
		return 0;
	pw = getpwnam(user);
	if (pw == NULL)
		return 0;
	if (initgroups(user, pw->pw_gid) == -1 ||
	    setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) == -1 ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) == -1)
		return -errno;
	return 0;
}

/*
 * The bounding set first: taking from it needs CAP_SETPCAP, which goes with
 * the rest.  See capabilities(7); there is no libc call for capset(2).
 */
int
sys_drop_power(const char *user)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2];
	int cap, rc;

	for (cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == -1 &&
		    errno != EPERM && errno != EINVAL)
			return -errno;
	rc = become(user);
	if (rc != 0)
		return rc;
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	memset(none, 0, sizeof(none));
	if (syscall(SYS_capset, &head, none) == -1 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -errno;
	/* A change of user has cleared it. */
	return sys_die_with_parent();
}

int
sys_die_with_parent(void)
{
	/*
	 * A parent that died before this line is noticed by the end of its
	 * socket; its pid tells nothing where it may itself be 1.
	 */
	return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1 ? -errno : 0;
}
