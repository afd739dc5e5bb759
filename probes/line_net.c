/* SPDX-License-Identifier: ISC */
/*
 * line_net: what the kernel says of an uplink's interface, and whether probes
 * by it would prove anything: an address of its own, and a real route that
 * leaves by it (Linux sends to any IPv4 address on-link from a socket bound to
 * a device without one, and whoever proxies ARP there answers).  Also where a
 * target is now.  Entered by the worker's thread.
 */
#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/sys.h"
#include "probes/worker.h"

#define TOLD_TIME	(5 * NS_PER_MS)	/* from a change to its notice */

/* a.root-servers.net: to ask the routes of a far host, nothing is sent. */
static const struct net_addr somewhere[NET_NFAM] = {
	[NET_V4] = { AF_INET, { 198, 41, 0, 4 } },
	[NET_V6] = { AF_INET6, { 0x20, 0x01, 0x05, 0x03, 0xba, 0x3e, 0, 0, 0,
	    0, 0, 0, 0, 0x02, 0, 0x30 } },
};

void
line_net_init(struct line *l)
{
	size_t fam;

	for (fam = 0; fam < NET_NFAM; fam++)
		l->path[fam].wanted = l->conf->gateway[fam].family != 0;
}

static bool
can_probe(const struct path *p)
{
	return p->wanted && p->address && p->route;
}

/*
 * Our address, which replies come to.  An IPv6 link-local one is there as
 * long as the link is, and carries nothing beyond it.
 */
static void
take_address(struct line *l, enum net_fam fam, const struct net_ifaddr *a,
    size_t n)
{
	struct path *p = &l->path[fam];
	size_t i;

	p->address = false;
	memset(&p->own, 0, sizeof(p->own));
	memset(&p->peer, 0, sizeof(p->peer));
	for (i = 0; i < n && !p->address; i++) {
		if (a[i].index != l->host.ifindex || !a[i].usable ||
		    net_fam(a[i].addr.family) != fam ||
		    (fam == NET_V6 && net_addr_linklocal(&a[i].addr)))
			continue;
		p->address = true;
		p->own = a[i].addr;
		p->peer = a[i].peer;
	}
}

/* All of them: translated connections bear one of these. */
static void
take_addresses(struct line *l, const struct net_ifaddr *a, size_t n)
{
	size_t i;

	l->addrs.n = 0;
	for (i = 0; i < n && l->addrs.n < EVENT_ADDRS_MAX; i++)
		if (a[i].index == l->host.ifindex && a[i].usable &&
		    !net_addr_linklocal(&a[i].addr))
			l->addrs.list[l->addrs.n++] = a[i].addr;
}

/* A far host that is asked for, else any. */
static const struct net_addr *
far_host(const struct line *l, enum net_fam fam)
{
	const struct conf_target *t;
	size_t i;

	for (i = 0; i < l->conf->probe.ntargets; i++) {
		t = &l->conf->probe.targets[i];
		if (!t->gateway && t->addr.family == net_family(fam))
			return &t->addr;
	}
	return &somewhere[fam];
}

/*
 * The route that a socket bound to the interface has; `auto` takes the
 * gateway from it.  On a link without gateways the other end is the target.
 */
static void
take_route(struct line *l, enum net_fam fam)
{
	struct path *p = &l->path[fam];
	const struct net_addr *far = far_host(l, fam);
	struct net_route r;

	p->route = false;
	memset(&p->gateway, 0, sizeof(p->gateway));
	if (!p->wanted || l->host.ifindex == 0)
		return;
	if (sys_route_find(l->worker->sys, far, l->host.ifindex, &r) == 0 &&
	    r.nhops > 0 && r.hops[0].index == l->host.ifindex) {
		p->route = true;
		p->gateway = r.hops[0].via.family != 0 ? r.hops[0].via :
		    p->peer;
	}
	if (l->conf->gateway[fam].family != NET_AUTO)
		p->gateway = l->conf->gateway[fam];
}

/*
 * Our address that the gateway has for its neighbour's: of the smallest
 * network that it is in, too.  Where it is in none (a host route leads to it)
 * the address that packets to it would have.
 */
static void
take_source(struct line *l, enum net_fam fam, const struct net_ifaddr *a,
    size_t n)
{
	const struct net_addr *gateway = &l->path[fam].gateway;
	const struct net_ifaddr *best = NULL;
	size_t i;

	for (i = 0; i < n; i++)
		if (a[i].index == l->host.ifindex && a[i].usable &&
		    net_ifaddr_covers(&a[i], gateway) &&
		    (best == NULL || a[i].prefixlen > best->prefixlen))
			best = &a[i];
	l->host.source[fam] = best != NULL ? best->addr : l->path[fam].own;
	/* That is no line at all; at least nobody is told so. */
	if (net_addr_eq(&l->host.source[fam], gateway))
		l->host.source[fam].family = 0;
}

/* ---- answers that are not let in ---- */

static bool
ask_hearing(struct line *l, struct hearing *h, const struct net_addr *a)
{
	h->addr = *a;
	h->look = l->look;
	h->deaf = sys_reply_check(l->worker->sys, a,
	    &l->path[net_fam(a->family)].own, l->host.ifindex) == -EXDEV;
	return h->deaf;
}

/*
 * Asked in each look, and while it is so each time: what ends it (a setting, a
 * host route) is not told.
 */
static bool
is_deaf(struct line *l, size_t target, const struct net_addr *a)
{
	struct hearing *h = &l->hearing[target];

	if (!h->deaf && h->look == l->look && net_addr_eq(&h->addr, a))
		return false;
	return ask_hearing(l, h, a);
}

/* Nor is what begins it: so it is looked at before a loss counts for much. */
bool
line_deaf(void *line)
{
	struct line *l = line;
	const struct judge_target *t;
	struct hearing *h;
	struct net_addr a;
	bool news = false;
	size_t i;

	for (i = 0; i < l->conf->probe.ntargets; i++) {
		h = &l->hearing[i];
		t = &l->judge.targets[i];
		if (h->addr.family == 0 || h->deaf ||
		    (t->fails == 0 && t->missing == 0))
			continue;
		a = h->addr;
		news |= ask_hearing(l, h, &a);
	}
	if (news)
		told_deaf(l);
	return news;
}

void
line_tell_deaf(struct line *l)
{
	char note[EVENT_TEXT_MAX] = "", a[NET_ADDR_TEXT];
	size_t i;

	for (i = 0; i < l->conf->probe.ntargets && note[0] == '\0'; i++)
		if (l->hearing[i].deaf && can_probe(&l->path[net_fam(
		    l->hearing[i].addr.family)]))
			snprintf(note, sizeof(note), "rp_filter on %s drops "
			    "replies from %s; set it to 2 or 0",
			    l->conf->ifname, net_addr_text(
			    &l->hearing[i].addr, a));
	if (note[0] != '\0' && l->note[0] == '\0')
		log_warning("uplink %s: %s", l->conf->name, note);
	memcpy(l->note, note, sizeof(l->note));
}

/*
 * A device that is new under an old name needs new sockets.  They are asked
 * for at once, to be there when the next round is due.
 */
static void
renew(struct line *l, int ifindex)
{
	size_t k, fam;

	l->host.ifindex = ifindex;
	line_forget(l);
	line_sock_drop(l);
	for (k = 0; k < l->nkinds; k++) {
		l->asking = k;
		for (fam = 0; fam < NET_NFAM; fam++)
			l->kinds[k]->socket(l->probes[k], (enum net_fam)fam,
			    -1, -ENODEV);
	}
}

/* It was proven of what was there before. */
static bool
is_new(const struct path *p, const struct path *was)
{
	return can_probe(p) && (!can_probe(was) ||
	    !net_addr_eq(&p->own, &was->own) ||
	    !net_addr_eq(&p->gateway, &was->gateway));
}

/*
 * What was sent while a way went may have gone to a neighbour that is none,
 * even if there is one again by now: what the last turn sent, unless we slept
 * since.  Then it had gone before, or we would have been told at once.
 */
static bool
is_unsure(const struct line *l)
{
	const struct worker *w = l->worker;

	return w->gone && l->sent_ns >= w->woke_before_ns &&
	    w->waited_ns < TOLD_TIME;
}

/* True if some family can be probed by; *news: by a way that is new. */
static bool
take_paths(struct line *l, const struct net_ifaddr *addrs, size_t naddrs,
    bool *news)
{
	bool any = false;
	struct path was;
	size_t i;

	l->look++;
	take_addresses(l, addrs, naddrs);
	for (i = 0; i < NET_NFAM; i++) {
		was = l->path[i];
		take_address(l, (enum net_fam)i, addrs, naddrs);
		take_route(l, (enum net_fam)i);
		take_source(l, (enum net_fam)i, addrs, naddrs);
		any |= can_probe(&l->path[i]);
		*news |= is_new(&l->path[i], &was);
	}
	if (is_unsure(l))
		line_forget(l);
	return any;
}

void
line_links(struct line *l, const struct net_link *links, size_t nlinks,
    const struct net_ifaddr *addrs, size_t naddrs)
{
	struct before was = line_before(l);
	struct link_state state = { false, false, false };
	struct link_state had = l->judge.verdict.link;
	int64_t now_ns = clock_mono_ns();
	int ifindex = 0;
	bool renewed, news = !had.carrier;
	size_t i;

	l->host.ethernet = false;
	for (i = 0; i < nlinks; i++)
		if (strcmp(links[i].name, l->conf->ifname) == 0) {
			ifindex = links[i].index;
			state.present = true;
			state.carrier = links[i].up && links[i].carrier;
			l->host.ethernet = links[i].ethernet;
			memcpy(l->host.lladdr, links[i].lladdr, NET_LLADDR);
		}
	renewed = ifindex != l->host.ifindex;
	if (renewed)
		renew(l, ifindex);
	state.address = take_paths(l, addrs, naddrs, &news);
	/* Names that could not be asked for need not wait their time. */
	if (l->resolve != NULL && (renewed || (state.address && !l->able)))
		resolve_again(l->resolve, now_ns);
	l->able = state.address;
	if (l->worker->board != NULL)
		board_line(l->worker->board, l->index, state.carrier &&
		    state.address);
	(void)judge_link(&l->judge, &state, now_ns);
	line_changed(l, was, now_ns);
	/* What is new is tried at once. */
	if (news && state.carrier && state.address)
		line_try(l);
	/* At once: its time is the message's.  The first one tells of us. */
	if (memcmp(&had, &state, sizeof(had)) != 0 || l->trail.trail.part == 1)
		told_link(l);
}

bool
line_concerns(const struct line *l, const struct net_link *link)
{
	/* By number, too: an interface that lost our name is news. */
	return (link->index != 0 && link->index == l->host.ifindex) ||
	    strcmp(link->name, l->conf->ifname) == 0;
}

/*
 * This machine would answer itself, dead line or not: a socket that is bound
 * to the interface does not keep it from that.  A name may lead here: filters
 * of unwanted names answer with 0.0.0.0 or 127.0.0.1.
 */
static bool
is_here(const struct worker *w, const struct net_addr *a)
{
	static const uint8_t zero[15];
	size_t i;

	if (a->family == AF_INET && (a->bytes[0] == 0 || a->bytes[0] == 127))
		return true;
	if (a->family == AF_INET6 && memcmp(a->bytes, zero, 15) == 0)
		return true;
	for (i = 0; i < w->naddrs; i++)
		if (net_addr_eq(&w->addrs[i].addr, a))
			return true;
	return false;
}

static int
check_path(const struct line *l, const struct net_addr *a, bool absent)
{
	const struct path *p = &l->path[net_fam(a->family)];

	if (is_here(l->worker, a))
		return -EADDRINUSE;
	if (!p->wanted || (absent && !can_probe(p)))
		return -EAFNOSUPPORT;
	return can_probe(p) ? 0 : -ENETUNREACH;
}

/* `auto`: a family that is not there is no fault of the line. */
static bool
may_be_absent(const struct line *l, enum net_fam fam)
{
	return l->conf->gateway[fam].family == NET_AUTO;
}

int
line_address(struct line *l, size_t target, uint64_t round,
    struct net_addr *out)
{
	const struct conf_target *t = &l->conf->probe.targets[target];
	bool absent = true;
	int rc = 0;

	memset(out, 0, sizeof(*out));
	if (t->word && t->addr.family == NET_AUTO) {
		*out = l->path[t->fam].gateway;
		if (out->family == 0)
			return -EAFNOSUPPORT;
	} else {
		if (t->addr.family == 0 && t->name == NULL)
			return 0;
		*out = t->addr;
		if (t->name != NULL)
			rc = resolve_address(l->resolve, l->name_of[target],
			    round, out);
		if (rc != 0)
			return rc;
		absent = may_be_absent(l, net_fam(out->family));
	}
	rc = check_path(l, out, absent);
	return rc == 0 && is_deaf(l, target, out) ? -EXDEV : rc;
}
