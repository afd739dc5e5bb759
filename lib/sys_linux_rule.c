/* SPDX-License-Identifier: ISC */
/*
 * sys_linux_rule: policy rules, read and written.  See ip-rule(8).
 */
#include "lib/sys_linux.h"

#include <sys/socket.h>

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* What newer kernels show beside a port; not in all headers. */
#define DPORT_MASK	29	/* FRA_DPORT_MASK */

struct rules {
	struct nl_list	list;	/* first: nl_dump knows it alone */
	int		family;
};

static bool
take_from(struct net_rule *r, const struct fib_rule_hdr *frh,
    const struct nlattr *attr)
{
	unsigned bits = r->family == AF_INET ? 32 : 128;

	r->from_len = frh->src_len == bits ? 0 : frh->src_len;
	return frh->src_len != 0 && nl_addr(attr, r->family, &r->from);
}

static bool
take_ports(struct net_rule *r, const struct nlattr *attr)
{
	const struct fib_rule_port_range *p = mnl_attr_get_payload(attr);

	if (mnl_attr_get_payload_len(attr) < sizeof(*p))
		return false;
	r->dport[0] = p->start;
	r->dport[1] = p->end;
	return true;
}

/* All of the port is compared, as if nothing were said. */
static bool
is_whole(const struct nlattr *attr)
{
	uint16_t mask;

	if (mnl_attr_get_payload_len(attr) < sizeof(mask))
		return false;
	memcpy(&mask, mnl_attr_get_payload(attr), sizeof(mask));
	return mask == UINT16_MAX;
}

static bool
take_suppress(struct net_rule *r, const struct nlattr *attr)
{
	uint32_t n;

	if (!nl_u32(attr, &n))
		return false;
	/* UINT32_MAX is none: it is shown always. */
	r->suppress_prefixlen = (int)n;
	return true;
}

/* False if the rule is more than struct net_rule can say. */
static bool
take_attr(struct net_rule *r, const struct fib_rule_hdr *frh,
    const struct nlattr *attr)
{
	uint32_t n;

	switch (mnl_attr_get_type(attr)) {
	case FRA_PRIORITY:
		return nl_u32(attr, &r->priority);
	case FRA_TABLE:
		return nl_u32(attr, &r->table);
	case FRA_PROTOCOL:
		return nl_u8(attr, &r->protocol);
	case FRA_FWMARK:
		return nl_u32(attr, &r->mark);
	case FRA_FWMASK:
		return nl_u32(attr, &r->mask);
	case FRA_SUPPRESS_PREFIXLEN:
		return take_suppress(r, attr);
	case FRA_OIFNAME:
		return nl_text(attr, r->oif, sizeof(r->oif));
	case FRA_SRC:
		return take_from(r, frh, attr);
	case FRA_IP_PROTO:
		return nl_u8(attr, &r->ipproto);
	case FRA_DPORT_RANGE:
		return take_ports(r, attr);
	case DPORT_MASK:
		return is_whole(attr);
	case FRA_SUPPRESS_IFGROUP:
		return nl_u32(attr, &n) && n == UINT32_MAX;
	case FRA_PAD:
		return true;
	default:
		/* Input device, destination, users, a jump, ... */
		return false;
	}
}

static int
take_rule(const struct nlmsghdr *h, void *arg)
{
	const struct fib_rule_hdr *frh = mnl_nlmsg_get_payload(h);
	struct rules *l = arg;
	const struct nlattr *attr;
	struct net_rule r;

	if (h->nlmsg_type != RTM_NEWRULE ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*frh) ||
	    frh->family != l->family)
		return 0;
	memset(&r, 0, sizeof(r));
	r.family = frh->family;
	r.table = frh->table;
	r.suppress_prefixlen = -1;
	r.unreachable = frh->action == FR_ACT_UNREACHABLE;
	r.foreign = (frh->action != FR_ACT_TO_TBL && !r.unreachable) ||
	    frh->dst_len != 0 ||
	    frh->tos != 0 || (frh->flags & FIB_RULE_INVERT) != 0;
	mnl_attr_for_each(attr, h, sizeof(*frh))
		if (!take_attr(&r, frh, attr))
			r.foreign = true;
	return nl_list_add(&l->list, &r);
}

static void
ask(struct nlmsghdr *h, const void *arg)
{
	struct fib_rule_hdr *frh = mnl_nlmsg_put_extra_header(h,
	    sizeof(*frh));
	const int *family = arg;

	memset(frh, 0, sizeof(*frh));
	frh->family = (unsigned char)*family;
}

int
sys_rules(struct sys *s, int family, struct net_rule **out, size_t *n)
{
	struct rules l = { { .size = sizeof(**out) }, family };
	int rc;

	rc = nl_dump(s, RTM_GETRULE, ask, &family, take_rule, &l.list);
	/* A kernel without IPv6 has no rules of it. */
	if (rc == -EAFNOSUPPORT || rc == -EOPNOTSUPP)
		rc = 0;
	*out = (struct net_rule *)(void *)l.list.items;
	*n = l.list.n;
	return rc;
}

static void
put_selectors(struct nlmsghdr *h, struct fib_rule_hdr *frh,
    const struct net_rule *r)
{
	const struct fib_rule_port_range ports = { r->dport[0], r->dport[1] };
	unsigned bits = r->family == AF_INET ? 32 : 128;

	if (r->oif[0] != '\0')
		mnl_attr_put_strz(h, FRA_OIFNAME, r->oif);
	if (r->from.family != 0) {
		frh->src_len = (unsigned char)(r->from_len == 0 ? bits :
		    r->from_len);
		nl_put_addr(h, FRA_SRC, &r->from);
	}
	if (r->ipproto != 0)
		mnl_attr_put_u8(h, FRA_IP_PROTO, r->ipproto);
	if (r->dport[0] != 0)
		mnl_attr_put(h, FRA_DPORT_RANGE, sizeof(ports), &ports);
	if (r->mask != 0) {
		mnl_attr_put_u32(h, FRA_FWMARK, r->mark);
		mnl_attr_put_u32(h, FRA_FWMASK, r->mask);
	}
}

static int
write_rule(struct sys *s, const struct net_rule *r, uint16_t type,
    uint16_t flags)
{
	struct fib_rule_hdr *frh;
	struct nlmsghdr *h;

	/* Half of somebody's rule must not be written, nor match another. */
	if (r->foreign)
		return -EOPNOTSUPP;
	if ((r->family != AF_INET && r->family != AF_INET6) ||
	    (r->table == 0) != r->unreachable ||
	    (r->from.family != 0 && r->from.family != r->family))
		return -EINVAL;
	h = nl_request(s, type, NLM_F_ACK | flags);
	frh = mnl_nlmsg_put_extra_header(h, sizeof(*frh));
	memset(frh, 0, sizeof(*frh));
	frh->family = (unsigned char)r->family;
	frh->action = r->unreachable ? FR_ACT_UNREACHABLE : FR_ACT_TO_TBL;
	frh->table = r->table < 256 ? (unsigned char)r->table :
	    RT_TABLE_UNSPEC;
	if (!r->unreachable)
		mnl_attr_put_u32(h, FRA_TABLE, r->table);
	mnl_attr_put_u32(h, FRA_PRIORITY, r->priority);
	mnl_attr_put_u8(h, FRA_PROTOCOL, r->protocol);
	put_selectors(h, frh, r);
	if (r->suppress_prefixlen >= 0)
		mnl_attr_put_u32(h, FRA_SUPPRESS_PREFIXLEN,
		    (uint32_t)r->suppress_prefixlen);
	return nl_talk(s, h, NULL, NULL);
}

int
sys_rule_add(struct sys *s, const struct net_rule *r)
{
	return write_rule(s, r, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL);
}

int
sys_rule_del(struct sys *s, const struct net_rule *r)
{
	return write_rule(s, r, RTM_DELRULE, 0);
}
