/* SPDX-License-Identifier: ISC */
/*
 * want_clients: the rules of networks that use one uplink only, or prefer it.
 * Those of `only` last as long as the configuration: what finds the uplink's
 * table empty ends at the rule behind it, and never comes to the default of
 * the others.  Those of `prefer` stand while new connections may go by the
 * uplink.  None of one priority overlaps with another (conf sees to that), so
 * the order in which they came does not matter.
 */
#include <string.h>

#include "lib/sys.h"
#include "routing/want.h"

/* One sort of rule of one uplink. */
struct sort {
	const struct want	*w;
	enum net_fam		 fam;
	struct net_rule		 rule;		/* what all of them share */
	const struct option_clients *clients;
	bool			 as_found;	/* no more than stand there */
	bool			 services, whole;	/* which are put */
};

static bool
stands(const struct sort *s, const struct net_rule *rule)
{
	const struct kernel_view *view = s->w->view;
	size_t i;

	for (i = 0; i < view->nrules[s->fam]; i++)
		if (net_rule_eq(&view->rules[s->fam][i], rule))
			return true;
	return false;
}

static int
each_client(struct sort *s, want_rule_fn *put, void *arg)
{
	const struct option_client *c;
	struct net_rule r;
	size_t i;
	int rc;

	for (i = 0; i < s->clients->n; i++) {
		c = &s->clients->list[i];
		if (net_fam(c->net.family) != s->fam ||
		    !(c->ipproto != 0 ? s->services : s->whole))
			continue;
		r = s->rule;
		if (c->len > 0) {
			r.from = c->net;
			r.from_len = c->len ==
			    (s->fam == NET_V4 ? 32 : 128) ? 0 : c->len;
		}
		r.ipproto = c->ipproto;
		memcpy(r.dport, c->port, sizeof(r.dport));
		if (s->as_found && !stands(s, &r))
			continue;
		if ((rc = put(arg, &r)) != 0)
			return rc;
	}
	return 0;
}

static struct sort
sort_of(const struct want *w, enum net_fam fam, size_t n, uint32_t priority,
    bool only)
{
	const struct conf_clients *c = &w->conf->uplinks[n].clients;
	struct sort s;

	memset(&s, 0, sizeof(s));
	s.w = w;
	s.fam = fam;
	s.clients = only ? &c->only : &c->prefer;
	s.as_found = !only && w->plan == NULL;
	s.services = s.whole = true;
	s.rule.family = net_family(fam);
	s.rule.priority = priority;
	s.rule.table = want_table(w->conf, n);
	s.rule.protocol = SYS_PROTO_OURS;
	s.rule.suppress_prefixlen = -1;
	return s;
}

int
want_clients_only(const struct want *w, enum net_fam fam, uint32_t priority,
    want_rule_fn *put, void *arg)
{
	struct sort s;
	size_t n;
	int rc;

	for (n = 0; n < w->conf->nuplinks; n++) {
		s = sort_of(w, fam, n, priority, true);
		if ((rc = each_client(&s, put, arg)) != 0)
			return rc;
	}
	for (n = 0; n < w->conf->nuplinks; n++) {
		s = sort_of(w, fam, n, priority + 1, true);
		s.rule.table = 0;
		s.rule.unreachable = true;
		if ((rc = each_client(&s, put, arg)) != 0)
			return rc;
	}
	return 0;
}

static int
prefer(const struct want *w, enum net_fam fam, uint32_t priority,
    bool services, want_rule_fn *put, void *arg)
{
	struct sort s;
	size_t n;
	int rc;

	for (n = 0; n < w->conf->nuplinks; n++) {
		if (w->plan != NULL && w->plan->usable[fam][n] == 0)
			continue;
		s = sort_of(w, fam, n, priority, false);
		s.services = services;
		s.whole = !services;
		if ((rc = each_client(&s, put, arg)) != 0)
			return rc;
	}
	return 0;
}

int
want_clients_prefer(const struct want *w, enum net_fam fam,
    uint32_t priority, want_rule_fn *put, void *arg)
{
	int rc = prefer(w, fam, priority, true, put, arg);

	return rc != 0 ? rc : prefer(w, fam, priority + 1, false, put, arg);
}

bool
want_has_only(const struct conf *conf, enum net_fam fam)
{
	const struct option_clients *only;
	size_t n, i;

	for (n = 0; n < conf->nuplinks; n++) {
		only = &conf->uplinks[n].clients.only;
		for (i = 0; i < only->n; i++)
			if (net_fam(only->list[i].net.family) == fam)
				return true;
	}
	return false;
}
