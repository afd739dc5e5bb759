/* SPDX-License-Identifier: ISC */
/*
 * probe_http: an answer by HTTP, as wanted, from where the worker says the
 * host is.  A captive portal answers too, but not so.  libcurl's multi handle
 * runs in the worker's loop: it tells which sockets to wait for and until
 * when.  Owns that handle and at most one transfer for each target.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/must.h"
#include "probes/http_get.h"
#include "probes/probe.h"

#define NO_TARGET	SIZE_MAX

/* A target; its transfer is in flight while round is not 0. */
struct http_target {
	const struct conf_target *conf;
	size_t		 index;		/* in uplink->probe.targets */
	uint64_t	 round;
	enum net_fam	 fam;
	int64_t		 sent_ns;
	bool		 fresh;		/* libcurl has not looked at it yet */
	struct http_get	 get;		/* easy NULL: it came too late */
	char		 why[HTTP_WHY_MAX];	/* newest failure; "" = none */
	struct http_target *prev, *next;	/* in flight, oldest first */
};

struct probe {
	const struct probe_host *host;
	CURLM		*multi;
	size_t		*at;		/* by index; NO_TARGET if not ours */
	size_t		 ntargets;
	struct http_target *targets;
	struct http_target *first, *last;	/* in flight */
	size_t		 nfds, room;
	struct pollfd	*fds;		/* what libcurl waits for */
};

/* ---- what is in flight ---- */

static void
link_in(struct probe *p, struct http_target *t)
{
	t->next = NULL;
	t->prev = p->last;
	*(p->last != NULL ? &p->last->next : &p->first) = t;
	p->last = t;
}

static void
link_out(struct probe *p, struct http_target *t)
{
	*(t->prev != NULL ? &t->prev->next : &p->first) = t->next;
	*(t->next != NULL ? &t->next->prev : &p->last) = t->prev;
	t->prev = t->next = NULL;
}

/* Its connection is closed by this, if it has one. */
static void
end_transfer(struct probe *p, struct http_target *t)
{
	if (t->get.easy != NULL)
		(void)curl_multi_remove_handle(p->multi, t->get.easy);
	http_get_close(&t->get);
}

static void
land(struct probe *p, struct http_target *t)
{
	end_transfer(p, t);
	link_out(p, t);
	t->round = 0;
}

static void
log_why(struct probe *p, struct http_target *t, const char *why)
{
	const char *line = p->host->uplink->name;

	if (strcmp(t->why, why) == 0)
		return;
	if (*why == '\0')
		log_debug("uplink %s: %s: as wanted", line, t->conf->label);
	else
		log_debug("uplink %s: %s: %s", line, t->conf->label, why);
	snprintf(t->why, sizeof(t->why), "%s", why);
}

/* The target's transfer is over: tells, once. */
static void
tell(struct probe *p, struct http_target *t, const struct http_end *e)
{
	uint64_t round = t->round;

	log_why(p, t, e->why);
	land(p, t);
	p->host->report(p->host->arg, t->index, round, e->sample, e->rtt_ns,
	    e->err);
}

static void
tell_lost(struct probe *p, struct http_target *t)
{
	struct http_end e = { .sample = SAMPLE_LOST };

	snprintf(e.why, sizeof(e.why), "no answer in time");
	tell(p, t, &e);
}

static void
tell_cannot(struct probe *p, struct http_target *t, int err)
{
	struct http_end e = { .sample = SAMPLE_CANNOT, .err = err };
	char text[ERR_TEXT_MAX];

	snprintf(e.why, sizeof(e.why), "not sent: %s", err_text(err, text));
	tell(p, t, &e);
}

/* ---- libcurl's side ---- */

static size_t
find_fd(const struct probe *p, int fd)
{
	size_t i;

	for (i = 0; i < p->nfds && p->fds[i].fd != fd; i++)
		;
	return i;
}

/* A place for one more; false: there is no memory. */
static bool
fd_room(struct probe *p)
{
	size_t room = p->room == 0 ? 4 : 2 * p->room;
	struct pollfd *fds;

	if (p->nfds < p->room)
		return true;
	fds = realloc(p->fds, room * sizeof(*fds));
	if (fds == NULL)
		return false;
	p->fds = fds;
	p->room = room;
	return true;
}

/* Without memory it is not waited for, and so lost in the end. */
static int
watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *sockp)
{
	struct probe *p = arg;
	size_t i = find_fd(p, fd);

	(void)easy;
	(void)sockp;
	if (what == CURL_POLL_REMOVE) {
		if (i < p->nfds)
			p->fds[i] = p->fds[--p->nfds];
		return 0;
	}
	if (i == p->nfds) {
		if (!fd_room(p))
			return 0;
		p->fds[p->nfds++] = (struct pollfd){ .fd = fd };
	}
	p->fds[i].events =
	    (short)(((what & CURL_POLL_IN) != 0 ? POLLIN : 0) |
	    ((what & CURL_POLL_OUT) != 0 ? POLLOUT : 0));
	return 0;
}

/* What is found after its time is left to expire or forget. */
static void
take_end(struct probe *p, struct http_target *t, CURLcode code)
{
	struct http_end e;

	http_get_judge(&t->get, code, t->fresh, &e);
	end_transfer(p, t);
	if (clock_mono_ns() - t->sent_ns <= p->host->uplink->probe.timeout_ns)
		tell(p, t, &e);
}

static void
take_ends(struct probe *p)
{
	struct http_target *t;
	char *private = NULL;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(p->multi, &left)) != NULL) {
		if (m->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE,
		    &private);
		t = (struct http_target *)(void *)private;
		take_end(p, t, m->data.result);
	}
}

static void
drive(struct probe *p, curl_socket_t fd, int what)
{
	int running;

	(void)curl_multi_socket_action(p->multi, fd, what, &running);
}

/* Also begins what was added. */
static void
drive_timers(struct probe *p)
{
	struct http_target *t;

	drive(p, CURL_SOCKET_TIMEOUT, 0);
	take_ends(p);
	for (t = p->last; t != NULL && t->fresh; t = t->prev)
		t->fresh = false;
}

/* ---- the kind ---- */

static void
http_close(struct probe **pp)
{
	struct probe *p = *pp;

	if (p == NULL)
		return;
	*pp = NULL;
	while (p->first != NULL)
		land(p, p->first);
	if (p->multi != NULL)
		(void)curl_multi_cleanup(p->multi);
	free(p->fds);
	free(p->targets);
	free(p->at);
	free(p);
}

static void
global_init(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

static int
open_multi(struct probe *p)
{
	/* For all threads, before the first handle of any. */
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	MUST(pthread_once(&once, global_init) == 0);
	p->multi = curl_multi_init();
	if (p->multi == NULL)
		return -ENOMEM;
	if (curl_multi_setopt(p->multi, CURLMOPT_SOCKETFUNCTION,
	    watch_socket) != CURLM_OK ||
	    curl_multi_setopt(p->multi, CURLMOPT_SOCKETDATA, p) != CURLM_OK)
		return -EINVAL;
	return 0;
}

static int
open_targets(struct probe *p)
{
	const struct conf_probe *c = &p->host->uplink->probe;
	struct http_target *t;
	size_t i;

	p->at = calloc(c->ntargets + 1, sizeof(*p->at));
	p->targets = calloc(c->ntargets + 1, sizeof(*p->targets));
	if (p->at == NULL || p->targets == NULL)
		return -ENOMEM;
	for (i = 0; i < c->ntargets; i++) {
		p->at[i] = NO_TARGET;
		if (c->targets[i].kind != &http_set)
			continue;
		p->at[i] = p->ntargets;
		t = &p->targets[p->ntargets++];
		t->conf = &c->targets[i];
		t->index = i;
	}
	return 0;
}

static int
http_open(const struct probe_host *host, struct probe **out)
{
	struct probe *p = calloc(1, sizeof(*p));
	int rc;

	*out = NULL;
	if (p == NULL)
		return -ENOMEM;
	p->host = host;
	rc = open_targets(p);
	if (rc == 0)
		rc = open_multi(p);
	if (rc != 0) {
		http_close(&p);
		return rc;
	}
	*out = p;
	return 0;
}

/* We are given none; this tells that the device is gone. */
static void
http_socket(struct probe *p, enum net_fam fam, int fd, int err)
{
	struct http_target *t, *next;

	MUST(fd == -1);
	for (t = p->first; t != NULL; t = next) {
		next = t->next;
		if (t->fam == fam)
			tell_cannot(p, t, err);
	}
}

static int
begin(struct probe *p, struct http_target *t, const struct net_addr *addr)
{
	int rc;

	if (p->host->ifindex == 0)
		return -ENODEV;
	if (addr == NULL || addr->family == 0)
		return -EDESTADDRREQ;
	rc = http_get_open(&t->get, t->conf->opts, addr,
	    p->host->uplink->ifname, p->host->ifindex, t);
	if (rc != 0)
		return rc;
	t->fam = net_fam(addr->family);
	if (curl_multi_add_handle(p->multi, t->get.easy) == CURLM_OK)
		return 0;
	http_get_close(&t->get);
	return -ENOMEM;
}

static void
http_send(struct probe *p, size_t target, uint64_t round,
    const struct net_addr *addr, int64_t now_ns)
{
	struct http_target *t = &p->targets[p->at[target]];
	int rc;

	if (t->round != 0) {
		p->host->report(p->host->arg, target, round, SAMPLE_IDLE, 0,
		    0);
		return;
	}
	t->round = round;
	t->sent_ns = now_ns;
	t->fresh = true;
	link_in(p, t);
	rc = begin(p, t, addr);
	if (rc != 0)
		tell_cannot(p, t, rc);
}

static void
http_flush(struct probe *p, int64_t now_ns)
{
	(void)now_ns;
	if (p->last != NULL && p->last->fresh)
		drive_timers(p);
}

static size_t
http_polls(struct probe *p, struct pollfd *fds, size_t max)
{
	if (p->nfds > 0 && max > 0)
		memcpy(fds, p->fds, (p->nfds < max ? p->nfds : max) *
		    sizeof(*fds));
	return p->nfds;
}

static int
curl_events(short revents)
{
	return ((revents & POLLIN) != 0 ? CURL_CSELECT_IN : 0) |
	    ((revents & POLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
	    ((revents & ~(POLLIN | POLLOUT)) != 0 ? CURL_CSELECT_ERR : 0);
}

static void
http_ready(struct probe *p, int64_t now_ns)
{
	short revents;
	size_t i = 0;

	(void)now_ns;
	if (p->nfds == 0 || poll(p->fds, (nfds_t)p->nfds, 0) <= 0)
		return;
	/*
	 * One that goes has the last put in its place, which may not have had
	 * its turn; one that comes is waited for next time.
	 */
	while (i < p->nfds) {
		revents = p->fds[i].revents;
		p->fds[i].revents = 0;
		if (revents == 0)
			i++;
		else
			drive(p, p->fds[i].fd, curl_events(revents));
	}
	take_ends(p);
}

static void
http_expire(struct probe *p, int64_t now_ns)
{
	int64_t timeout_ns = p->host->uplink->probe.timeout_ns;

	if (p->first == NULL)
		return;
	drive_timers(p);
	while (p->first != NULL && p->first->sent_ns + timeout_ns <= now_ns)
		tell_lost(p, p->first);
}

static void
http_forget(struct probe *p)
{
	while (p->first != NULL)
		land(p, p->first);
}

static int64_t
http_due(struct probe *p)
{
	int64_t due_ns, one_ns;
	long ms = -1;

	if (p->first == NULL)
		return CLOCK_NEVER;
	due_ns = p->first->sent_ns + p->host->uplink->probe.timeout_ns;
	if (curl_multi_timeout(p->multi, &ms) != CURLM_OK || ms < 0)
		return due_ns;
	one_ns = clock_mono_ns() + ms * NS_PER_MS;
	return one_ns < due_ns ? one_ns : due_ns;
}

static uint64_t
http_spurious(const struct probe *p)
{
	(void)p;
	return 0;
}

extern const struct probe_kind probe_http;
const struct probe_kind probe_http = {
	.set = &http_set,
	.open = http_open,
	.close = http_close,
	.socket = http_socket,
	.send = http_send,
	.flush = http_flush,
	.polls = http_polls,
	.ready = http_ready,
	.expire = http_expire,
	.forget = http_forget,
	.due = http_due,
	.spurious = http_spurious,
};
