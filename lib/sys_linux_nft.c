/* SPDX-License-Identifier: ISC */
/*
 * sys_linux_nft: a table of nftables: written through libnftables(3), looked
 * at and watched by nfnetlink itself, as that takes a moment only.
 */
#include "lib/sys_linux.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <string.h>

#include "lib/must.h"

#define LOOK_TRIES	8
#define WATCH_RCVBUF	(1024 * 1024)	/* who loads a set of 10 000 */
#define DIGEST_START	UINT64_C(0xcbf29ce484222325)	/* FNV-1a */
#define DIGEST_PRIME	UINT64_C(0x100000001b3)

/* Of all kinds of messages about parts of a table. */
#define TABLE_NAME	NFTA_TABLE_NAME
_Static_assert((int)NFTA_CHAIN_TABLE == (int)TABLE_NAME &&
    (int)NFTA_RULE_TABLE == (int)TABLE_NAME, "one number names the table");

/* In one line, the first. */
static void
reason(const char *text, char *why, size_t len)
{
	int n = (int)strcspn(text, "\n");

	snprintf(why, len, "%.*s", n, n == 0 ? "no reason is given" : text);
}

int
sys_nft_run(const char *commands, char *why, size_t len)
{
	struct nft_ctx *ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	int rc = 0;

	snprintf(why, len, "%s", "");
	if (ctx == NULL)
		return -ENOMEM;
	if (nft_ctx_buffer_error(ctx) != 0 || nft_ctx_buffer_output(ctx) != 0)
		rc = -ENOMEM;
	else if (nft_run_cmd_from_buffer(ctx, commands) != 0) {
		reason(nft_ctx_get_error_buffer(ctx), why, len);
		rc = -EIO;
	}
	nft_ctx_free(ctx);
	return rc;
}

struct look {
	const char	*table;
	uint64_t	 digest;
	uint32_t	 generation;
};

static void
mix(struct look *l, const void *bytes, size_t len)
{
	const unsigned char *b = bytes;
	size_t i;

	for (i = 0; i < len; i++)
		l->digest = (l->digest ^ b[i]) * DIGEST_PRIME;
}

static bool
has_name(const struct nlmsghdr *h, const char *table)
{
	const struct nlattr *attr;
	char name[NFT_TABLE_MAXNAMELEN];

	mnl_attr_for_each(attr, h, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(attr) == TABLE_NAME)
			return nl_text(attr, name, sizeof(name)) &&
			    strcmp(name, table) == 0;
	return false;
}

/*
 * What says what is done with packets; not the handles, which are others each
 * time.  A rule that counts is another one after each packet: ours do not.
 */
static bool
has_meaning(uint16_t kind, uint16_t type)
{
	switch (kind) {
	case NFT_MSG_NEWTABLE:
		return type == NFTA_TABLE_FLAGS;
	case NFT_MSG_NEWCHAIN:
		return type == NFTA_CHAIN_NAME || type == NFTA_CHAIN_HOOK ||
		    type == NFTA_CHAIN_POLICY || type == NFTA_CHAIN_TYPE ||
		    type == NFTA_CHAIN_FLAGS;
	case NFT_MSG_NEWRULE:
		return type == NFTA_RULE_CHAIN ||
		    type == NFTA_RULE_EXPRESSIONS;
	default:
		return false;
	}
}

static int
take_part(const struct nlmsghdr *h, void *arg)
{
	uint16_t kind = NFNL_MSG_TYPE(h->nlmsg_type), type;
	struct look *l = arg;
	const struct nlattr *attr;

	if (NFNL_SUBSYS_ID(h->nlmsg_type) != NFNL_SUBSYS_NFTABLES ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(struct nfgenmsg) ||
	    !has_name(h, l->table))
		return 0;
	mix(l, &kind, sizeof(kind));
	mnl_attr_for_each(attr, h, sizeof(struct nfgenmsg)) {
		type = (uint16_t)mnl_attr_get_type(attr);
		if (!has_meaning(kind, type))
			continue;
		mix(l, &type, sizeof(type));
		mix(l, mnl_attr_get_payload(attr),
		    mnl_attr_get_payload_len(attr));
	}
	return 0;
}

static int
take_generation(const struct nlmsghdr *h, void *arg)
{
	struct look *l = arg;
	const struct nlattr *attr;
	uint32_t id;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(struct nfgenmsg))
		return 0;
	mnl_attr_for_each(attr, h, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(attr) == NFTA_GEN_ID &&
		    nl_u32(attr, &id))
			l->generation = ntohl(id);
	return 0;
}

static int
ask(struct sys *s, uint16_t kind, uint16_t flags, nl_take_fn *take,
    struct look *l)
{
	struct nlmsghdr *h = nl_request(s, (NFNL_SUBSYS_NFTABLES << 8) | kind,
	    flags);
	struct nfgenmsg *gen = mnl_nlmsg_put_extra_header(h, sizeof(*gen));

	gen->nfgen_family = NFPROTO_INET;
	gen->version = NFNETLINK_V0;
	gen->res_id = 0;
	if (kind == NFT_MSG_GETTABLE || kind == NFT_MSG_GETRULE)
		mnl_attr_put_strz(h, TABLE_NAME, l->table);
	return nl_talk(s, h, take, l);
}

static int
look_once(struct sys *s, struct look *l)
{
	uint32_t before;
	int rc;

	l->digest = DIGEST_START;
	rc = ask(s, NFT_MSG_GETGEN, NLM_F_ACK, take_generation, l);
	/* Nobody takes such messages there: nf_tables is not loaded. */
	if (rc != 0)
		return rc == -EINVAL ? -EOPNOTSUPP : rc;
	before = l->generation;
	rc = ask(s, NFT_MSG_GETTABLE, NLM_F_ACK, take_part, l);
	if (rc == 0)
		rc = ask(s, NFT_MSG_GETCHAIN, NLM_F_DUMP, take_part, l);
	if (rc == 0)
		rc = ask(s, NFT_MSG_GETRULE, NLM_F_DUMP, take_part, l);
	if (rc != 0)
		return rc;
	rc = ask(s, NFT_MSG_GETGEN, NLM_F_ACK, take_generation, l);
	return rc == 0 && l->generation != before ? -EINTR : rc;
}

int
sys_nft_look(struct sys *s, const char *table, struct sys_nft *out)
{
	struct look l = { .table = table };
	struct sys *nft;
	int rc, i;

	(void)s;
	memset(out, 0, sizeof(*out));
	rc = nl_handle(NETLINK_NETFILTER, &nft);
	if (rc != 0)
		return rc == -EPROTONOSUPPORT ? -EOPNOTSUPP : rc;
	rc = -EINTR;
	for (i = 0; i < LOOK_TRIES && rc == -EINTR; i++)
		rc = look_once(nft, &l);
	sys_close(&nft);
	if (rc != 0 && rc != -ENOENT)
		return rc;
	out->there = rc == 0;
	out->digest = rc == 0 ? l.digest : 0;
	out->generation = l.generation;
	return 0;
}

int
sys_nft_watch(struct sys *s, const char *table, int *fd)
{
	int rc;

	MUST(s->nft == NULL);
	rc = nl_open(&s->nft, NETLINK_NETFILTER,
	    1u << (NFNLGRP_NFTABLES - 1), SOCK_NONBLOCK, WATCH_RCVBUF);
	if (rc == 0) {
		s->nft_table = table;
		*fd = mnl_socket_get_fd(s->nft);
	}
	return rc == -EPROTONOSUPPORT ? -EOPNOTSUPP : rc;
}

/* All kinds, for newer kernels have more: elements of others' sets are not. */
static bool
is_meant(const struct nlmsghdr *h, const char *table)
{
	const struct nfgenmsg *gen = mnl_nlmsg_get_payload(h);

	return NFNL_SUBSYS_ID(h->nlmsg_type) == NFNL_SUBSYS_NFTABLES &&
	    mnl_nlmsg_get_payload_len(h) >= sizeof(*gen) &&
	    gen->nfgen_family == NFPROTO_INET && has_name(h, table);
}

int
sys_nft_changed(struct sys *s)
{
	const struct nlmsghdr *h;
	bool changed = false;
	ssize_t got;
	int left;

	MUST(s->nft != NULL);
	for (;;) {
		got = mnl_socket_recvfrom(s->nft, s->buf, sizeof(s->buf));
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1 && errno == EAGAIN)
			return changed ? 1 : 0;
		if (got == -1 && errno != ENOBUFS && errno != ENOSPC)
			return -errno;
		if (got == -1) {
			changed = true;
			continue;
		}
		left = (int)got;
		h = (const struct nlmsghdr *)(void *)s->buf;
		for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left))
			changed |= is_meant(h, s->nft_table);
	}
}
