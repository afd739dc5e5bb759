/* SPDX-License-Identifier: ISC */
/*
 * parent_net: what the parent does to the network: applies plans, opens
 * sockets of probes, compares with the kernel after its notices and every few
 * seconds.  Owns the netlink handle, the router and their timers.  Entered by
 * the parent's only thread.
 */
#include <sys/socket.h>

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "dispatcher/parent.h"
#include "dispatcher/power_plan.h"
#include "dispatcher/rundir.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/must.h"
#include "lib/sys.h"
#include "routing/router.h"

/*
 * Notices come in bursts; the first comparison follows one quickly, and in a
 * storm there are no more than this many a second.
 */
#define SOON	(20 * NS_PER_MS)

static void
tell_dispatcher(struct parent *p, uint64_t number,
    const struct router_result *res)
{
	struct power_plan_done msg = {
		.kind = POWER_PLAN_DONE, .err = res->err, .number = number,
		.writes = res->writes, .refused = res->refused,
		.done_ns = res->done_ns != 0 ? res->done_ns :
		    clock_mono_ns(),
	};
	struct kid *k = &p->kids[ROLE_DISPATCHER];

	snprintf(msg.text, sizeof(msg.text), "%s", res->text);
	/* If it cannot listen now it will ask again: plans are repeated. */
	if (k->sock != -1)
		(void)power_send(k->sock, &msg, sizeof(msg), NULL, 0);
}

static void
compare(struct parent *p)
{
	struct router_result res;

	router_resync(p->router, &res);
	log_change(&p->trouble, res.err, "route: comparison with the kernel");
	if (res.writes > 0)
		log_notice("route kernel: differed -> as planned "
		    "(writes=%u %s)", res.writes, res.text);
	/* The same refusal every few seconds is no news. */
	if (res.writes > 0 || res.err != p->told_err)
		tell_dispatcher(p, 0, &res);
	p->told_err = res.err;
}

static void
resync_fired(struct timer *t, int64_t now_ns)
{
	struct parent *p = t->arg;

	compare(p);
	marks_check(p);
	MUST(timers_set(p->timers, &p->resync,
	    now_ns + p->conf->routing.resync_ns) == 0);
}

static void
soon_fired(struct timer *t, int64_t now_ns)
{
	struct parent *p = t->arg;

	(void)now_ns;
	p->soon_set = false;
	compare(p);
}

int
net_init(struct parent *p)
{
	char saved[160], e[ERR_TEXT_MAX];
	int rc;

	p->watch = -1;
	p->resync.fire = resync_fired;
	p->resync.arg = p;
	p->soon.fire = soon_fired;
	p->soon.arg = p;
	rc = sys_open(&p->sys);
	if (rc == 0)
		rc = sys_watch(p->sys, SYS_WATCH_LINKS | SYS_WATCH_ROUTES,
		    &p->watch);
	if (rc == 0)
		rc = rundir_path(p->rundir, "default.saved", saved,
		    sizeof(saved));
	if (rc == 0)
		rc = router_new(p->conf, p->sys, saved, &p->router);
	if (rc != 0) {
		log_err("parent: kernel: %s", err_text(rc, e));
		return rc;
	}
	return 0;
}

void
net_start(struct parent *p)
{
	resync_fired(&p->resync, clock_mono_ns());
}

void
net_plan(struct parent *p, struct kid *k, const void *bytes, size_t len)
{
	const struct power_plan *req = bytes;
	struct router_result res;

	if (k->role != ROLE_DISPATCHER || len != sizeof(*req) ||
	    plan_check(p->conf, &req->plan) != 0) {
		log_warning("parent: plan refused (from=%s bytes=%zu)",
		    role_name(k->role), len);
		return;
	}
	router_apply(p->router, &req->plan, &res);
	p->plan = req->plan;
	p->planned = res.err == 0;
	tell_dispatcher(p, req->number, &res);
	log_change(&p->trouble, res.err, "route: plan");
}

static bool
has_target(const struct conf_uplink *u, const char *kind)
{
	size_t i;

	for (i = 0; i < u->probe.ntargets; i++)
		if (strcmp(u->probe.targets[i].kind->name, kind) == 0)
			return true;
	return false;
}

/* Only lines that are watched so have need of what can do more than echo. */
static int
open_socket(const struct power_sock *req, const struct conf_uplink *u, int *fd)
{
	switch (req->what) {
	case POWER_ECHO:
		return sys_icmp_open(net_family(req->fam), u->ifname,
		    (uint16_t)req->id, fd);
	case POWER_ARP:
		return req->fam == NET_V4 && has_target(u, "arp") ?
		    sys_arp_open(u->ifname, fd) : -EINVAL;
	case POWER_ND:
		return req->fam == NET_V6 && has_target(u, "nd") ?
		    sys_nd_open(u->ifname, fd) : -EINVAL;
	default:
		return -EINVAL;
	}
}

void
net_socket(struct parent *p, const struct power_sock *req, int *fds,
    size_t nfds)
{
	struct power_sock_done msg = { 0 };
	const struct conf_uplink *u;
	int fd = -1;

	if (nfds != 1)
		return;
	if (req->uplink >= p->conf->nuplinks || req->fam >= NET_NFAM ||
	    req->id > UINT16_MAX) {
		msg.err = -EINVAL;
	} else {
		u = &p->conf->uplinks[req->uplink];
		/* Asked first: a socket for a newer device is then told apart. */
		msg.ifindex = (int32_t)if_nametoindex(u->ifname);
		msg.err = open_socket(req, u, &fd);
	}
	if (power_send(fds[0], &msg, sizeof(msg), &fd, fd == -1 ? 0 : 1) != 0)
		log_debug("parent: probe socket: nobody waits for it");
	if (fd != -1)
		close(fd);
}

/* Whoever asks could have any descriptor of its own filtered, else. */
static bool
is_tcp(int fd)
{
	socklen_t len = sizeof(int);
	int on;

	return getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &len) == 0;
}

void
net_filter(struct parent *p, const struct power_filter *req, int *fds,
    size_t nfds)
{
	struct power_sock_done msg = { .err = -EINVAL };

	if (nfds != 2)
		return;
	if (req->uplink < p->conf->nuplinks && is_tcp(fds[1])) {
		msg.ifindex = (int32_t)if_nametoindex(
		    p->conf->uplinks[req->uplink].ifname);
		msg.err = msg.ifindex == 0 ? -ENODEV :
		    sys_only_by(fds[1], msg.ifindex);
	}
	/* It is the asker's alone again when the answer is read. */
	close(fds[1]);
	fds[1] = -1;
	if (power_send(fds[0], &msg, sizeof(msg), NULL, 0) != 0)
		log_debug("parent: probe socket: nobody waits for it");
}

void
net_notices(struct parent *p)
{
	struct sys_notice note;
	bool any = false;
	int rc;

	while ((rc = sys_watch_next(p->sys, &note)) == 1)
		any = true;
	if (rc == -ENOBUFS) {
		log_warning("route: kernel notices were lost: comparing all");
		any = true;
	}
	if (!any)
		return;
	router_dirty(p->router);
	if (p->soon_set)
		return;
	p->soon_set = true;
	MUST(timers_set(p->timers, &p->soon, clock_mono_ns() + SOON) == 0);
}

void
net_now(struct parent *p, size_t uplink, struct want_now *out)
{
	router_now(p->router, uplink, out);
}

void
net_free(struct parent *p)
{
	router_free(&p->router);
	sys_close(&p->sys);
}
