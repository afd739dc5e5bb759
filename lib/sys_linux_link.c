/* SPDX-License-Identifier: ISC */
/*
 * sys_linux_link: links and addresses, read.  See rtnetlink(7).
 */
#include "lib/sys_linux.h"

#include <sys/socket.h>

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* Of what a tunnel has none are asked for, whatever its addresses are like. */
bool
nl_ethernet(unsigned flags, unsigned type)
{
	return type == ARPHRD_ETHER &&
	    (flags & (IFF_NOARP | IFF_LOOPBACK | IFF_POINTOPOINT)) == 0;
}

static bool
read_lladdr(const struct nlattr *attr, uint8_t out[NET_LLADDR])
{
	if (attr == NULL || mnl_attr_get_payload_len(attr) != NET_LLADDR)
		return false;
	memcpy(out, mnl_attr_get_payload(attr), NET_LLADDR);
	return true;
}

bool
nl_link(const struct nlmsghdr *h, struct net_link *out)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(h);
	const struct nlattr *attr, *lladdr = NULL;
	bool named = false;

	/* A bridge tells of its ports in its own family: they do not go. */
	if (mnl_nlmsg_get_payload_len(h) < sizeof(*ifi) ||
	    ifi->ifi_family != AF_UNSPEC)
		return false;
	memset(out, 0, sizeof(*out));
	mnl_attr_for_each(attr, h, sizeof(*ifi))
		if (mnl_attr_get_type(attr) == IFLA_IFNAME)
			named = nl_text(attr, out->name, sizeof(out->name));
		else if (mnl_attr_get_type(attr) == IFLA_ADDRESS)
			lladdr = attr;
	out->index = ifi->ifi_index;
	out->up = (ifi->ifi_flags & IFF_UP) != 0;
	out->carrier = out->up && (ifi->ifi_flags & IFF_LOWER_UP) != 0 &&
	    (ifi->ifi_flags & IFF_DORMANT) == 0;
	out->loopback = (ifi->ifi_flags & IFF_LOOPBACK) != 0;
	out->ethernet = nl_ethernet(ifi->ifi_flags, ifi->ifi_type) &&
	    read_lladdr(lladdr, out->lladdr);
	return named;
}

static int
take_link(const struct nlmsghdr *h, void *arg)
{
	struct net_link l;

	return nl_link(h, &l) ? nl_list_add(arg, &l) : 0;
}

static bool
parse_addr(const struct nlmsghdr *h, struct net_ifaddr *out)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(h);
	const struct nlattr *attr, *local = NULL, *address = NULL;
	uint32_t flags;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*ifa) ||
	    (ifa->ifa_family != AF_INET && ifa->ifa_family != AF_INET6))
		return false;
	flags = ifa->ifa_flags;
	mnl_attr_for_each(attr, h, sizeof(*ifa))
		switch (mnl_attr_get_type(attr)) {
		case IFA_LOCAL:
			local = attr;
			break;
		case IFA_ADDRESS:
			address = attr;
			break;
		case IFA_FLAGS:
			(void)nl_u32(attr, &flags);
			break;
		}
	/* IFA_ADDRESS is the far end of a point-to-point link. */
	local = local != NULL ? local : address;
	memset(out, 0, sizeof(*out));
	if (local == NULL || !nl_addr(local, ifa->ifa_family, &out->addr))
		return false;
	if (address != NULL && nl_addr(address, ifa->ifa_family, &out->peer) &&
	    net_addr_eq(&out->peer, &out->addr))
		memset(&out->peer, 0, sizeof(out->peer));
	out->index = (int)ifa->ifa_index;
	out->prefixlen = ifa->ifa_prefixlen;
	out->global = ifa->ifa_scope == RT_SCOPE_UNIVERSE;
	out->usable = (flags & (IFA_F_DADFAILED | IFA_F_DEPRECATED)) == 0 &&
	    (flags & (IFA_F_TENTATIVE | IFA_F_OPTIMISTIC)) != IFA_F_TENTATIVE;
	return true;
}

static int
take_addr(const struct nlmsghdr *h, void *arg)
{
	struct net_ifaddr a;

	return parse_addr(h, &a) ? nl_list_add(arg, &a) : 0;
}

static void
ask_links(struct nlmsghdr *h, const void *arg)
{
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(h, sizeof(*ifi));

	(void)arg;
	memset(ifi, 0, sizeof(*ifi));
	/* Counters are most of the bytes, and nobody here reads them. */
	mnl_attr_put_u32(h, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
}

int
sys_links(struct sys *s, struct net_link **out, size_t *n)
{
	struct nl_list l = { .size = sizeof(**out) };
	int rc;

	rc = nl_dump(s, RTM_GETLINK, ask_links, NULL, take_link, &l);
	*out = (struct net_link *)(void *)l.items;
	*n = l.n;
	return rc;
}

static void
ask_addrs(struct nlmsghdr *h, const void *arg)
{
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(h, sizeof(*ifa));

	(void)arg;
	memset(ifa, 0, sizeof(*ifa));
}

int
sys_addrs(struct sys *s, struct net_ifaddr **out, size_t *n)
{
	struct nl_list l = { .size = sizeof(**out) };
	int rc;

	rc = nl_dump(s, RTM_GETADDR, ask_addrs, NULL, take_addr, &l);
	*out = (struct net_ifaddr *)(void *)l.items;
	*n = l.n;
	return rc;
}
