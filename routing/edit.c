/* SPDX-License-Identifier: ISC */
/*
 * edit: the list of messages for the kernel, and how one reads in a log.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/must.h"
#include "routing/want.h"

static struct edit *
next_edit(struct edits *edits, enum edit_op op)
{
	size_t cap = edits->cap == 0 ? 8 : edits->cap * 2;
	struct edit *e;

	if (edits->n == edits->cap) {
		e = reallocarray(edits->edit, cap, sizeof(*e));
		if (e == NULL)
			return NULL;
		edits->edit = e;
		edits->cap = cap;
	}
	e = &edits->edit[edits->n++];
	memset(e, 0, sizeof(*e));
	e->op = op;
	return e;
}

int
edits_route(struct edits *edits, enum edit_op op,
    const struct net_route *route)
{
	struct edit *e = next_edit(edits, op);

	if (e == NULL)
		return -ENOMEM;
	e->route = *route;
	return 0;
}

int
edits_rule(struct edits *edits, enum edit_op op, const struct net_rule *rule)
{
	struct edit *e = next_edit(edits, op);

	if (e == NULL)
		return -ENOMEM;
	e->rule = *rule;
	return 0;
}

void
edits_free(struct edits *edits)
{
	free(edits->edit);
	memset(edits, 0, sizeof(*edits));
}

struct text {
	char	*buf;
	size_t	 len, at;
};

static void
put(struct text *, const char *, ...)
    __attribute__((__format__(__printf__, 2, 3)));

static void
put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->at, t->len - t->at, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	t->at += (size_t)n < t->len - t->at ? (size_t)n : t->len - t->at - 1;
}

static void
put_hop(struct text *t, const struct net_hop *hop,
    const struct kernel_view *view)
{
	const struct net_link *link = view_link(view, hop->index);
	char addr[NET_ADDR_TEXT];

	if (hop->via.family != 0)
		put(t, " via %s", net_addr_text(&hop->via, addr));
	if (link != NULL)
		put(t, " dev %s", link->name);
	else
		put(t, " dev #%d", hop->index);
	put(t, " weight %u%s", hop->weight, hop->onlink ? " onlink" : "");
}

static void
put_route(struct text *t, const struct net_route *r,
    const struct kernel_view *view)
{
	char addr[NET_ADDR_TEXT];
	size_t i;

	put(t, "default table ");
	if (r->table == WANT_MAIN)
		put(t, "main");
	else
		put(t, "%u", r->table);
	if (r->metric != 0)
		put(t, " metric %u", r->metric);
	if (r->prefsrc.family != 0)
		put(t, " src %s", net_addr_text(&r->prefsrc, addr));
	for (i = 0; i < r->nhops; i++)
		put_hop(t, &r->hops[i], view);
}

static void
put_rule(struct text *t, const struct net_rule *r)
{
	char addr[NET_ADDR_TEXT];

	put(t, "rule %u", r->priority);
	if (r->from.family != 0)
		put(t, " from %s", net_addr_text(&r->from, addr));
	if (r->from_len != 0)
		put(t, "/%u", r->from_len);
	if (r->ipproto != 0)
		put(t, " ipproto %u", r->ipproto);
	if (r->dport[0] != 0)
		put(t, " dport %u", r->dport[0]);
	if (r->dport[1] != r->dport[0])
		put(t, "-%u", r->dport[1]);
	if (r->mask != 0)
		put(t, " fwmark 0x%x/0x%x", r->mark, r->mask);
	if (r->oif[0] != '\0')
		put(t, " oif %s", r->oif);
	if (r->unreachable)
		put(t, " unreachable");
	else if (r->table == WANT_MAIN)
		put(t, " lookup main");
	else
		put(t, " lookup %u", r->table);
	if (r->suppress_prefixlen >= 0)
		put(t, " suppress_prefixlength %d", r->suppress_prefixlen);
}

const char *
edit_text(const struct edit *e, const struct kernel_view *view, char *buf,
    size_t len)
{
	struct text t = { buf, len, 0 };

	MUST(len > 0);
	buf[0] = '\0';
	switch (e->op) {
	case EDIT_ROUTE_SET:
		put(&t, "set ");
		put_route(&t, &e->route, view);
		break;
	case EDIT_ROUTE_DEL:
		put(&t, "remove ");
		put_route(&t, &e->route, view);
		break;
	case EDIT_RULE_ADD:
		put(&t, "add ");
		put_rule(&t, &e->rule);
		break;
	case EDIT_RULE_DEL:
		put(&t, "remove ");
		put_rule(&t, &e->rule);
		break;
	}
	return buf;
}
