/* SPDX-License-Identifier: ISC */
/*
 * lookup: asks the kernel for the route to an address again and again,
 * without a pause, until standard input has a line or ends.  A lookup that
 * finds no usable route is a failure.  Prints
 *	lookups=N failures=N changes=N first_error=TEXT
 * where changes counts how often the answer named another interface than the
 * one before: proof that the looking went on while routes changed.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

struct hammer {
	struct mnl_socket *nl;
	int		 family;
	unsigned char	 addr[16];
	unsigned	 seq;
	unsigned long	 lookups, failures, changes;
	uint32_t	 oif;
	int		 first_err;
};

static void
ask(struct hammer *h)
{
	_Alignas(8) char buf[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct rtmsg *rtm;

	nlh->nlmsg_type = RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	nlh->nlmsg_seq = ++h->seq;
	rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	rtm->rtm_family = (unsigned char)h->family;
	rtm->rtm_dst_len = h->family == AF_INET ? 32 : 128;
	mnl_attr_put(nlh, RTA_DST, h->family == AF_INET ? 4 : 16, h->addr);
	if (mnl_socket_sendto(h->nl, nlh, nlh->nlmsg_len) < 0)
		err(1, "send");
}

/* 0 and the interface, or -errno as the kernel answers. */
static int
answer(struct hammer *h, uint32_t *oif)
{
	_Alignas(8) char buf[8192];
	const struct nlmsghdr *nlh = (const void *)buf;
	const struct nlattr *at;
	const struct rtmsg *rtm;
	ssize_t n;

	n = mnl_socket_recvfrom(h->nl, buf, sizeof(buf));
	if (n < 0)
		err(1, "receive");
	if (!mnl_nlmsg_ok(nlh, (int)n) || nlh->nlmsg_seq != h->seq)
		return -EPROTO;
	if (nlh->nlmsg_type == NLMSG_ERROR)
		return ((const struct nlmsgerr *)mnl_nlmsg_get_payload(nlh))
		    ->error;
	rtm = mnl_nlmsg_get_payload(nlh);
	if (rtm->rtm_type != RTN_UNICAST)
		return -ENETUNREACH;
	mnl_attr_for_each(at, nlh, sizeof(*rtm))
		if (mnl_attr_get_type(at) == RTA_OIF) {
			*oif = mnl_attr_get_u32(at);
			return 0;
		}
	return -ENETUNREACH;
}

static bool
more(void)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&p, 1, 0) == 0;
}

static void
strike(struct hammer *h)
{
	uint32_t oif = 0;
	int rc;

	ask(h);
	rc = answer(h, &oif);
	h->lookups++;
	if (rc != 0) {
		if (h->failures++ == 0)
			h->first_err = -rc;
		return;
	}
	if (h->oif != 0 && oif != h->oif)
		h->changes++;
	h->oif = oif;
}

int
main(int argc, char **argv)
{
	struct hammer h = { .family = AF_INET };

	if (argc != 2)
		errx(2, "usage: lookup address");
	if (strchr(argv[1], ':') != NULL)
		h.family = AF_INET6;
	if (inet_pton(h.family, argv[1], h.addr) != 1)
		errx(2, "%s: not an address", argv[1]);
	h.nl = mnl_socket_open(NETLINK_ROUTE);
	if (h.nl == NULL || mnl_socket_bind(h.nl, 0, MNL_SOCKET_AUTOPID) < 0)
		err(1, "netlink");
	do
		strike(&h);
	while (h.lookups % 32 != 0 || more());
	printf("lookups=%lu failures=%lu changes=%lu first_error=%s\n",
	    h.lookups, h.failures, h.changes,
	    h.first_err == 0 ? "none" : strerror(h.first_err));
	mnl_socket_close(h.nl);
	return h.failures == 0 ? 0 : 1;
}
