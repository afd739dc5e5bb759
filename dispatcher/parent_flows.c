/* SPDX-License-Identifier: ISC */
/*
 * parent_flows: which connections may be ended, and the program that does it.
 * The dispatcher names an uplink and addresses of the past; all that is known
 * here is looked at here, again: who carries traffic, whose an address is now,
 * the uplink's mark.  Entered by the parent's only thread.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "conf/conf.h"
#include "dispatcher/flow_policy.h"
#include "dispatcher/parent.h"
#include "lib/clock.h"
#include "lib/sys.h"
#include "routing/marks.h"

#define WORD_MAX	64
#define WORDS_MAX	(SYS_FLOW_ADDRS_MAX + 4)

struct chooser {
	const struct conf	*conf;
	const struct conf_uplink *uplink;
	int			 ifindex;	/* of the uplink; 0: none */
	const struct net_ifaddr	*addrs;
	size_t			 naddrs;
	struct sys_flows	*out;
};

static bool
is_configured(const struct conf_flows *f, uint32_t which)
{
	const struct option_flows *o;
	enum flow_trigger t;

	for (t = 0; t < FLOW_NTRIGGER; t++) {
		o = flow_policy_of(f, t);
		if (which == POWER_FLOWS_OLD ?
		    o->policy == OPTION_FLOWS_KILL_CHANGED :
		    o->policy == OPTION_FLOWS_KILL ||
		    o->policy == OPTION_FLOWS_KILL_AFTER)
			return true;
	}
	return false;
}

static int
check(const struct conf *conf, const struct power_flows *req)
{
	size_t i;

	if (req->spawn.what != POWER_FLOWS ||
	    req->spawn.uplink >= conf->nuplinks ||
	    req->spawn.timeout_ms <= 0 ||
	    (req->spawn.index != POWER_FLOWS_ALL &&
	    req->spawn.index != POWER_FLOWS_OLD) ||
	    req->naddrs > EVENT_ADDRS_MAX ||
	    !is_configured(&conf->uplinks[req->spawn.uplink].flows,
	    req->spawn.index))
		return -EINVAL;
	for (i = 0; i < req->naddrs; i++)
		if (req->addrs[i].family != AF_INET &&
		    req->addrs[i].family != AF_INET6)
			return -EINVAL;
	return 0;
}

/* On an interface of two uplinks an address does not tell which is meant. */
static bool
shares_interface(const struct chooser *c)
{
	size_t i;

	for (i = 0; i < c->conf->nuplinks; i++)
		if (&c->conf->uplinks[i] != c->uplink &&
		    strcmp(c->conf->uplinks[i].ifname, c->uplink->ifname) == 0)
			return true;
	return false;
}

enum place { NOWHERE, OURS, ELSEWHERE };

/* If it is in two places it is not the uplink's alone. */
static enum place
place_of(const struct chooser *c, const struct net_addr *a)
{
	enum place at = NOWHERE;
	size_t i;

	for (i = 0; i < c->naddrs; i++) {
		if (!net_addr_eq(&c->addrs[i].addr, a))
			continue;
		if (c->addrs[i].index != c->ifindex)
			return ELSEWHERE;
		at = OURS;
	}
	return at;
}

static void
add(struct chooser *c, const struct net_addr *a)
{
	struct sys_flows *out = c->out;
	size_t i;

	if (out->spare[net_fam(a->family)] || net_addr_linklocal(a))
		return;
	for (i = 0; i < out->naddrs; i++)
		if (net_addr_eq(&out->addrs[i], a))
			return;
	if (out->naddrs < SYS_FLOW_ADDRS_MAX)
		out->addrs[out->naddrs++] = *a;
}

static void
add_all(struct chooser *c, const struct power_flows *req)
{
	size_t i;

	c->out->mask = (uint32_t)c->conf->routing.mark_mask;
	c->out->mark = marks_of(c->conf, req->spawn.uplink);
	if (shares_interface(c))
		return;
	for (i = 0; i < c->naddrs; i++)
		if (c->addrs[i].index == c->ifindex &&
		    place_of(c, &c->addrs[i].addr) == OURS)
			add(c, &c->addrs[i].addr);
	for (i = 0; i < req->naddrs; i++)
		if (place_of(c, &req->addrs[i]) == NOWHERE)
			add(c, &req->addrs[i]);
}

/* Not by the mark: what was made since the return bears it, too. */
static void
add_old(struct chooser *c, const struct power_flows *req)
{
	size_t i;

	if (shares_interface(c))
		return;
	for (i = 0; i < req->naddrs; i++)
		if (place_of(c, &req->addrs[i]) == NOWHERE)
			add(c, &req->addrs[i]);
}

int
flows_choose(const struct conf *conf, const struct plan *plan,
    const struct net_link *links, size_t nlinks,
    const struct net_ifaddr *addrs, size_t naddrs,
    const struct power_flows *req, struct sys_flows *out)
{
	struct chooser c = { .conf = conf, .addrs = addrs, .naddrs = naddrs,
	    .out = out };
	size_t i;
	int rc = check(conf, req);

	memset(out, 0, sizeof(*out));
	if (rc != 0)
		return rc;
	c.uplink = &conf->uplinks[req->spawn.uplink];
	for (i = 0; i < nlinks; i++)
		if (strcmp(links[i].name, c.uplink->ifname) == 0)
			c.ifindex = links[i].index;
	for (i = 0; i < NET_NFAM; i++)
		out->spare[i] = plan == NULL || !flow_others(plan,
		    (enum net_fam)i, req->spawn.uplink);
	if (out->spare[NET_V4] && out->spare[NET_V6])
		return -ENETUNREACH;
	if (req->spawn.index == POWER_FLOWS_ALL)
		add_all(&c, req);
	else
		add_old(&c, req);
	return out->naddrs == 0 && out->mask == 0 ? -EADDRNOTAVAIL : 0;
}

/* The words of tool_flows.c; all of our own making. */
static void
make_words(const char *user, const struct sys_flows *what,
    char text[WORDS_MAX][WORD_MAX], size_t *n)
{
	size_t i;

	*n = 0;
	if (user != NULL)
		snprintf(text[(*n)++], WORD_MAX, "user=%s", user);
	if (what->mask != 0)
		snprintf(text[(*n)++], WORD_MAX, "mark=%u/%u", what->mark,
		    what->mask);
	for (i = 0; i < NET_NFAM; i++)
		if (what->spare[i])
			snprintf(text[(*n)++], WORD_MAX, "spare=%d",
			    i == NET_V4 ? 4 : 6);
	for (i = 0; i < what->naddrs; i++)
		(void)net_addr_text(&what->addrs[i], text[(*n)++]);
}

static void
run(struct parent *p, const struct power_flows *req,
    const struct sys_flows *what, int *fds)
{
	char text[WORDS_MAX][WORD_MAX], self[1024];
	char *argv[WORDS_MAX + 5] = { self, "-R", "flows", "--" };
	struct cmd_line line = { .argv = argv, .envp = { "LANG=C" },
	    .timeout_ns = FLOWS_TIME };
	size_t n, i;

	snprintf(self, sizeof(self), "%s", p->self);
	make_words(p->conf->user, what, text, &n);
	for (i = 0; i < n; i++)
		argv[4 + i] = text[i];
	snprintf(line.name, sizeof(line.name), "flows/%s",
	    p->conf->uplinks[req->spawn.uplink].name);
	if (req->spawn.timeout_ms < FLOWS_TIME / NS_PER_MS)
		line.timeout_ns = req->spawn.timeout_ms * NS_PER_MS;
	cmd_start(p, &req->spawn, &line, fds);
}

void
flows_request(struct parent *p, const struct power_flows *req, int *fds,
    size_t nfds)
{
	struct net_ifaddr *addrs = NULL;
	struct net_link *links = NULL;
	size_t nlinks = 0, naddrs = 0;
	struct sys_flows what;
	int rc;

	if (nfds != 3) {
		log_warning("parent: command refused: descriptors missing");
		return;
	}
	rc = sys_links(p->sys, &links, &nlinks);
	if (rc == 0)
		rc = sys_addrs(p->sys, &addrs, &naddrs);
	if (rc == 0)
		rc = flows_choose(p->conf, p->planned ? &p->plan : NULL,
		    links, nlinks, addrs, naddrs, req, &what);
	free(links);
	free(addrs);
	if (rc == -EINVAL)
		log_warning("parent: command refused: not configured "
		    "(what=%u index=%u)", req->spawn.what, req->spawn.index);
	if (rc == 0)
		run(p, req, &what, fds);
	else
		cmd_refuse(fds, rc);
}
