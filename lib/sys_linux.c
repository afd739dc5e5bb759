/* SPDX-License-Identifier: ISC */
/*
 * sys_linux: the netlink handle: requests, their answers, dumps.  Requests
 * have a socket of their own, so that a flood of notices cannot swallow an
 * answer.  A handle belongs to one thread.  See netlink(7).
 */
#include "lib/sys_linux.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_TIME_S	2
#define DUMP_TRIES	8

int
nl_open(struct mnl_socket **out, int bus, unsigned groups, int flags,
    int rcvbuf)
{
	struct mnl_socket *s;
	int on = 1, rc, fd;

	s = mnl_socket_open2(bus, SOCK_CLOEXEC | flags);
	if (s == NULL)
		return -errno;
	fd = mnl_socket_get_fd(s);
	/* The forced form needs CAP_NET_ADMIN, which the probes lack. */
	if (rcvbuf > 0 && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf,
	    sizeof(rcvbuf)) == -1)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf,
		    sizeof(rcvbuf));
	/*
	 * The kernel then sorts a dump by table itself.  One that does not
	 * know the option ignores what it is asked: takers sort again.
	 */
	(void)mnl_socket_setsockopt(s, NETLINK_GET_STRICT_CHK, &on,
	    sizeof(on));
	if (mnl_socket_bind(s, groups, MNL_SOCKET_AUTOPID) == -1) {
		rc = -errno;
		mnl_socket_close(s);
		return rc;
	}
	*out = s;
	return 0;
}

static int
open_req(struct sys *s)
{
	struct timeval tv = { .tv_sec = ANSWER_TIME_S };
	int rc;

	rc = nl_open(&s->req, s->bus, 0, 0, 0);
	if (rc != 0)
		return rc;
	s->port = mnl_socket_get_portid(s->req);
	if (setsockopt(mnl_socket_get_fd(s->req), SOL_SOCKET, SO_RCVTIMEO,
	    &tv, sizeof(tv)) == -1)
		return -errno;
	return 0;
}

static void
close_req(struct sys *s)
{
	if (s->req != NULL)
		mnl_socket_close(s->req);
	s->req = NULL;
}

int
nl_handle(int bus, struct sys **out)
{
	struct sys *s = calloc(1, sizeof(*s));
	int rc;

	*out = NULL;
	if (s == NULL)
		return -ENOMEM;
	s->bus = bus;
	rc = open_req(s);
	if (rc != 0) {
		sys_close(&s);
		return rc;
	}
	*out = s;
	return 0;
}

int
sys_open(struct sys **out)
{
	return nl_handle(NETLINK_ROUTE, out);
}

void
sys_close(struct sys **sp)
{
	struct sys *s = *sp;

	if (s == NULL)
		return;
	*sp = NULL;
	close_req(s);
	if (s->watch != NULL)
		mnl_socket_close(s->watch);
	if (s->nft != NULL)
		mnl_socket_close(s->nft);
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

/* Both an error and the end of a dump carry an errno, 0 if all is well. */
static int
status_of(const struct nlmsghdr *h)
{
	int err;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(err))
		return h->nlmsg_type == NLMSG_DONE ? 0 : -EBADMSG;
	memcpy(&err, mnl_nlmsg_get_payload(h), sizeof(err));
	return err > 0 ? -err : err;
}

struct answer {
	nl_take_fn	*take;
	void		*arg;
	int		 rc;	/* of take, or of the kernel */
	bool		 torn, done;
};

static void
take_datagram(struct sys *s, size_t len, struct answer *a)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)(void *)s->buf;
	int left = (int)len;

	for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
		/* The late answer to a request that was given up. */
		if (h->nlmsg_seq != s->seq)
			continue;
		if ((h->nlmsg_flags & NLM_F_DUMP_INTR) != 0)
			a->torn = true;
		if (h->nlmsg_type == NLMSG_ERROR ||
		    h->nlmsg_type == NLMSG_DONE) {
			if (a->rc == 0)
				a->rc = status_of(h);
			a->done = true;
			return;
		}
		/* A dump is read to its end: the next one would be EBUSY. */
		if (a->take != NULL && a->rc == 0)
			a->rc = a->take(h, a->arg);
	}
}

int
nl_talk(struct sys *s, struct nlmsghdr *h, nl_take_fn *take, void *arg)
{
	struct answer a = { .take = take, .arg = arg };
	ssize_t n;
	int rc;

	if (s->req == NULL && (rc = open_req(s)) != 0) {
		close_req(s);
		return rc;
	}
	if (mnl_socket_sendto(s->req, h, h->nlmsg_len) == -1)
		return -errno;
	while (!a.done) {
		n = mnl_socket_recvfrom(s->req, s->buf, sizeof(s->buf));
		if (n >= 0) {
			take_datagram(s, (size_t)n, &a);
			continue;
		}
		if (errno == EINTR)
			continue;
		rc = errno == EAGAIN ? -ETIMEDOUT : -errno;
		/* Half an answer may still be in it; a new one is clean. */
		close_req(s);
		return rc;
	}
	return a.rc == 0 && a.torn ? -EINTR : a.rc;
}

int
nl_dump(struct sys *s, uint16_t type, nl_ask_fn *ask, const void *ask_arg,
    nl_take_fn *take, struct nl_list *l)
{
	struct nlmsghdr *h;
	int rc = -EINTR, i;

	for (i = 0; i < DUMP_TRIES && rc == -EINTR; i++) {
		l->n = 0;
		h = nl_request(s, type, NLM_F_DUMP);
		ask(h, ask_arg);
		rc = nl_talk(s, h, take, l);
	}
	if (rc == 0)
		return 0;
	free(l->items);
	l->items = NULL;
	l->n = l->cap = 0;
	return rc;
}

int
nl_list_add(struct nl_list *l, const void *item)
{
	size_t cap = l->cap == 0 ? 8 : 2 * l->cap;
	char *items;

	if (l->n == l->cap) {
		items = reallocarray(l->items, cap, l->size);
		if (items == NULL)
			return -ENOMEM;
		l->items = items;
		l->cap = cap;
	}
	memcpy(l->items + l->n++ * l->size, item, l->size);
	return 0;
}

bool
nl_u32(const struct nlattr *attr, uint32_t *out)
{
	if (mnl_attr_get_payload_len(attr) != sizeof(*out))
		return false;
	memcpy(out, mnl_attr_get_payload(attr), sizeof(*out));
	return true;
}

bool
nl_u8(const struct nlattr *attr, uint8_t *out)
{
	if (mnl_attr_get_payload_len(attr) != sizeof(*out))
		return false;
	*out = mnl_attr_get_u8(attr);
	return true;
}

bool
nl_addr(const struct nlattr *attr, int family, struct net_addr *out)
{
	size_t len = family == AF_INET ? 4 : 16;

	if (mnl_attr_get_payload_len(attr) != len)
		return false;
	memset(out, 0, sizeof(*out));
	out->family = family;
	memcpy(out->bytes, mnl_attr_get_payload(attr), len);
	return true;
}

bool
nl_text(const struct nlattr *attr, char *buf, size_t len)
{
	const char *text = mnl_attr_get_payload(attr);
	size_t n = strnlen(text, mnl_attr_get_payload_len(attr));

	if (n >= len)
		return false;
	memcpy(buf, text, n);
	memset(buf + n, 0, len - n);
	return true;
}

void
nl_put_addr(struct nlmsghdr *h, uint16_t type, const struct net_addr *a)
{
	mnl_attr_put(h, type, a->family == AF_INET ? 4 : 16, a->bytes);
}
