/* SPDX-License-Identifier: ISC */
/*
 * ra: one router advertisement (RFC 4861) from the interface's link-local
 * address to all nodes.
 *	ra INTERFACE PREFIX ROUTER_LIFETIME PREFERRED_LIFETIME
 * The prefix is /64, on-link, for addresses (SLAAC), and valid for two hours;
 * the lifetimes are in seconds.  0 and 0: this router and its addresses are
 * not to be used any more.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <err.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALID	7200

struct advert {
	struct nd_router_advert	ra;
	struct nd_opt_prefix_info pi;
};

static void
fill(struct advert *a, char **argv)
{
	memset(a, 0, sizeof(*a));
	a->ra.nd_ra_type = ND_ROUTER_ADVERT;
	a->ra.nd_ra_curhoplimit = 64;
	a->ra.nd_ra_router_lifetime = htons((uint16_t)atoi(argv[3]));
	a->pi.nd_opt_pi_type = ND_OPT_PREFIX_INFORMATION;
	a->pi.nd_opt_pi_len = sizeof(a->pi) / 8;
	a->pi.nd_opt_pi_prefix_len = 64;
	a->pi.nd_opt_pi_flags_reserved = ND_OPT_PI_FLAG_ONLINK |
	    ND_OPT_PI_FLAG_AUTO;
	a->pi.nd_opt_pi_valid_time = htonl(VALID);
	a->pi.nd_opt_pi_preferred_time = htonl((uint32_t)atoi(argv[4]));
	if (inet_pton(AF_INET6, argv[2], &a->pi.nd_opt_pi_prefix) != 1)
		errx(2, "bad prefix: %s", argv[2]);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6 };
	int hops = 255, s;
	struct advert a;

	if (argc != 5)
		errx(2, "usage: ra interface prefix lifetime preferred");
	fill(&a, argv);
	to.sin6_scope_id = if_nametoindex(argv[1]);
	if (to.sin6_scope_id == 0 || inet_pton(AF_INET6, "ff02::1",
	    &to.sin6_addr) != 1)
		err(1, "%s", argv[1]);
	/* The kernel fills in the checksum. */
	s = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	if (s == -1 || setsockopt(s, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops,
	    sizeof(hops)) == -1 || sendto(s, &a, sizeof(a), 0,
	    (struct sockaddr *)&to, sizeof(to)) != (ssize_t)sizeof(a))
		err(1, "router advertisement");
	return 0;
}
