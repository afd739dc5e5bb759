/* SPDX-License-Identifier: ISC */
/*
 * sys_linux_rule: policy rules, read and written.  See ip-rule(8).
 */
#include <sys/socket.h>

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sys_linux.h"

#define DUMP_TRIES	5

struct rules {
	struct net_rule	*r;
	size_t		 n, cap;
	int		 family;
};

static void
take_attr(struct net_rule *r, const struct fib_rule_hdr *frh,
    const struct nlattr *attr)
{
	size_t len = r->family == AF_INET ? 4 : 16;

	switch (mnl_attr_get_type(attr)) {
	case FRA_PRIORITY:
		r->priority = mnl_attr_get_u32(attr);
		break;
	case FRA_TABLE:
		r->table = mnl_attr_get_u32(attr);
		break;
	case FRA_PROTOCOL:
		r->protocol = mnl_attr_get_u8(attr);
		break;
	case FRA_FWMARK:
		r->mark = mnl_attr_get_u32(attr);
		break;
	case FRA_FWMASK:
		r->mask = mnl_attr_get_u32(attr);
		break;
	case FRA_SUPPRESS_PREFIXLEN:
		r->suppress_prefixlen = (int)mnl_attr_get_u32(attr);
		break;
	case FRA_OIFNAME:
		strncpy(r->oif, mnl_attr_get_str(attr), sizeof(r->oif) - 1);
		break;
	case FRA_SRC:
		if (frh->src_len == 8 * len &&
		    mnl_attr_get_payload_len(attr) == len) {
			r->from.family = r->family;
			memcpy(r->from.bytes, mnl_attr_get_payload(attr), len);
		} else
			r->foreign = true;
		break;
	case FRA_SUPPRESS_IFGROUP:
		if (mnl_attr_get_u32(attr) != UINT32_MAX)
			r->foreign = true;
		break;
	case FRA_PAD:
		break;
	default:
		r->foreign = true;
	}
}

static int
take_rule(const struct nlmsghdr *h, void *arg)
{
	const struct fib_rule_hdr *frh = mnl_nlmsg_get_payload(h);
	struct rules *l = arg;
	const struct nlattr *attr;
	struct net_rule r, *list;
	size_t cap;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*frh) ||
	    frh->family != l->family)
		return 0;
	memset(&r, 0, sizeof(r));
	r.family = frh->family;
	r.table = frh->table;
	r.suppress_prefixlen = -1;
	r.foreign = frh->action != FR_ACT_TO_TBL || frh->dst_len != 0 ||
	    frh->tos != 0 || (frh->flags & FIB_RULE_INVERT) != 0;
	mnl_attr_for_each(attr, h, sizeof(*frh))
		take_attr(&r, frh, attr);
	if (l->n == l->cap) {
		cap = l->cap == 0 ? 16 : 2 * l->cap;
		list = realloc(l->r, cap * sizeof(*list));
		if (list == NULL)
			return -ENOMEM;
		l->r = list;
		l->cap = cap;
	}
	l->r[l->n++] = r;
	return 0;
}

int
sys_rules(struct sys *s, int family, struct net_rule **out, size_t *n)
{
	struct rules l = { .family = family };
	struct fib_rule_hdr *frh;
	struct nlmsghdr *h;
	int rc = -EINTR, i;

	for (i = 0; i < DUMP_TRIES && rc == -EINTR; i++) {
		l.n = 0;
		h = nl_request(s, RTM_GETRULE, NLM_F_DUMP);
		frh = mnl_nlmsg_put_extra_header(h, sizeof(*frh));
		memset(frh, 0, sizeof(*frh));
		frh->family = (unsigned char)family;
		rc = nl_talk(s, h, take_rule, &l);
	}
	/* A kernel without IPv6 has no rules of it. */
	if (rc == -EAFNOSUPPORT || rc == -EOPNOTSUPP)
		rc = 0;
	if (rc != 0) {
		free(l.r);
		return rc;
	}
	*out = l.r;
	*n = l.n;
	return 0;
}

static int
write_rule(struct sys *s, const struct net_rule *r, uint16_t type,
    uint16_t flags)
{
	struct nlmsghdr *h = nl_request(s, type, NLM_F_ACK | flags);
	struct fib_rule_hdr *frh = mnl_nlmsg_put_extra_header(h,
	    sizeof(*frh));
	size_t len = r->family == AF_INET ? 4 : 16;

	memset(frh, 0, sizeof(*frh));
	frh->family = (unsigned char)r->family;
	frh->action = FR_ACT_TO_TBL;
	frh->table = r->table < 256 ? (unsigned char)r->table :
	    RT_TABLE_UNSPEC;
	mnl_attr_put_u32(h, FRA_TABLE, r->table);
	mnl_attr_put_u32(h, FRA_PRIORITY, r->priority);
	mnl_attr_put_u8(h, FRA_PROTOCOL, r->protocol);
	if (r->oif[0] != '\0')
		mnl_attr_put_strz(h, FRA_OIFNAME, r->oif);
	if (r->from.family != 0) {
		frh->src_len = (unsigned char)(8 * len);
		mnl_attr_put(h, FRA_SRC, len, r->from.bytes);
	}
	if (r->mask != 0) {
		mnl_attr_put_u32(h, FRA_FWMARK, r->mark);
		mnl_attr_put_u32(h, FRA_FWMASK, r->mask);
	}
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
