/* SPDX-License-Identifier: ISC */
/*
 * worker_line: one uplink of a worker: its rounds, samples and link.  Samples
 * are counted into their round, decided rounds go to the verdict, and a level
 * that changes is told at once.
 */
#include <sys/random.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/must.h"
#include "probes/worker.h"
#include "proto/power.h"

#define SOCKET_PAUSE	NS_PER_S	/* between tries to get a socket */
#define SOCKET_TIME	(NS_PER_S / 2)	/* a round waits for it so long */
#define ASK_TIME	(5 * NS_PER_S)	/* the parent's answer got lost */
#define STRAYS_PAUSE	(60 * NS_PER_S)	/* between two lines about them */

/* What the verdict was before something that may change it. */
struct before {
	enum level	level;
	enum cause	cause;
};

static void
changed(struct line *l, struct before was, int64_t now_ns)
{
	if (l->verdict.level != was.level)
		out_event(l, was.level, now_ns);
	/* The same level for another reason is no event, but worth saying. */
	else if (l->verdict.cause != was.cause)
		out_heartbeat(l);
}

static void
record(struct record *r, enum sample sample, int64_t rtt_ns)
{
	r->history = r->history << 2 | (uint64_t)sample;
	r->sent += sample != SAMPLE_CANNOT;
	r->lost += sample == SAMPLE_LOST;
	r->cannot += sample == SAMPLE_CANNOT;
	if (sample != SAMPLE_OK)
		return;
	r->answered++;
	r->rtt_sum_ns += rtt_ns;
	/* One part in eight, as TCP smooths it (RFC 6298). */
	r->rtt_ns = r->rtt_ns == 0 ? rtt_ns :
	    r->rtt_ns + (rtt_ns - r->rtt_ns) / 8;
}

static void
count(struct tally *t, enum sample sample)
{
	MUST(t->open > 0);
	t->open--;
	t->ok += sample == SAMPLE_OK;
	t->lost += sample == SAMPLE_LOST;
	t->cannot += sample == SAMPLE_CANNOT;
}

/* Kept for once a second: two targets may fail in two ways each round. */
static void
note_cannot(struct line *l, size_t target, int err)
{
	if (l->cannot_err != 0 && target >= l->cannot_target)
		return;
	l->cannot_target = target;
	l->cannot_err = err != 0 ? err : -EIO;
}

static void
report(void *arg, size_t target, uint64_t round, enum sample sample,
    int64_t rtt_ns, int err)
{
	struct line *l = arg;
	struct verdict *v = &l->verdict;
	struct round_tally *t = &l->tally[round % VERDICT_WINDOW];
	struct before was = { v->level, v->cause };
	enum cause failing = CAUSE_FAR;
	enum outcome outcome;
	int64_t now_ns;

	l->sampled = true;
	record(&l->records[target], sample, rtt_ns);
	if (sample == SAMPLE_CANNOT)
		note_cannot(l, target, err);
	/* The rest of a round that is decided, or was forgotten. */
	if (round < v->oldest || round >= v->next ||
	    v->window[round % VERDICT_WINDOW] != 0)
		return;
	count(l->conf->probe.targets[target].gateway ? &t->gateway : &t->far,
	    sample);
	outcome = verdict_judge(&l->conf->probe, t, &failing);
	if (outcome == 0)
		return;
	now_ns = clock_mono_ns();
	(void)verdict_round(v, round, outcome, failing, now_ns);
	changed(l, was, now_ns);
}

static struct asked *
free_asked(struct line *l)
{
	size_t i;

	for (i = 0; i < WORKER_KINDS * NET_NFAM; i++)
		if (l->asked[i].fd == -1)
			return &l->asked[i];
	return NULL;
}

/* Our end of a new pair; the other goes to the parent with the request. */
static int
send_request(const struct line *l, const struct power_icmp *req)
{
	int sv[2], rc;

	rc = power_pair(sv);
	if (rc != 0)
		return rc;
	if (fcntl(sv[0], F_SETFL, O_NONBLOCK) == -1)
		rc = -errno;
	if (rc == 0)
		rc = power_send(l->worker->power, req, sizeof(*req), &sv[1],
		    1);
	close(sv[1]);
	if (rc == 0)
		return sv[0];
	close(sv[0]);
	return rc;
}

static int
want_icmp(void *arg, enum net_fam fam, uint16_t id)
{
	struct line *l = arg;
	struct power_icmp req = { .kind = POWER_ICMP, .uplink = l->index,
	    .fam = fam, .id = id };
	struct asked *a = free_asked(l);
	int64_t now_ns = clock_mono_ns();
	int fd;

	if (a == NULL || now_ns < l->pause_ns[fam])
		return -EAGAIN;
	l->pause_ns[fam] = now_ns + SOCKET_PAUSE;
	fd = send_request(l, &req);
	if (fd < 0)
		return fd;
	*a = (struct asked){ .fd = fd, .kind = l->asking, .fam = fam,
	    .since_ns = now_ns };
	return 0;
}

static int
open_kinds(struct line *l)
{
	const struct probe_kind *kind;
	size_t i, k;
	int rc;

	for (i = 0; i < l->conf->probe.ntargets; i++) {
		kind = probe_kind(l->conf->probe.targets[i].kind->name);
		MUST(kind != NULL);
		for (k = 0; k < l->nkinds && l->kinds[k] != kind; k++)
			;
		if (k < l->nkinds)
			continue;
		MUST(l->nkinds < WORKER_KINDS);
		rc = kind->open(&l->host, &l->probes[k]);
		if (rc != 0)
			return rc;
		l->kinds[l->nkinds++] = kind;
	}
	return 0;
}

/* When the wait for sockets that were asked for ends; 0 = none is awaited. */
static int64_t
sockets_due(const struct line *l, int64_t now_ns)
{
	int64_t due_ns = 0, one;
	size_t i;

	for (i = 0; i < WORKER_KINDS * NET_NFAM; i++) {
		one = l->asked[i].since_ns + SOCKET_TIME;
		if (l->asked[i].fd != -1 && one > now_ns && one > due_ns)
			due_ns = one;
	}
	return due_ns;
}

static void
start_round(struct line *l, int64_t now_ns)
{
	uint64_t round = verdict_open(&l->verdict);
	size_t k;

	l->round_ns = now_ns;
	if (round == 0)
		return;
	l->tally[round % VERDICT_WINDOW] = l->full;
	for (k = 0; k < l->nkinds; k++) {
		l->asking = k;
		l->kinds[k]->round(l->probes[k], round, now_ns);
	}
}

/*
 * The pace counts from when the round was due, so that it keeps its average;
 * a stall is not made up for by a burst.  A socket that is on its way from
 * the parent is waited for: without it the round would only prove that.
 */
static void
round_fired(struct timer *t, int64_t now_ns)
{
	struct line *l = t->arg;
	int64_t due_ns = t->due_ns, next_ns = sockets_due(l, now_ns);

	l->held = next_ns != 0;
	if (!l->held) {
		start_round(l, now_ns);
		next_ns = due_ns + verdict_pace(&l->verdict);
		if (next_ns <= now_ns)
			next_ns = now_ns + verdict_pace(&l->verdict);
	}
	MUST(timers_set(l->worker->timers, t, next_ns) == 0);
}

/* Doubt begins: the next round comes at the quicker pace. */
static void
hurry(struct line *l)
{
	int64_t due_ns = l->round_ns + verdict_pace(&l->verdict);

	if (!l->held && l->round.pos != 0 && due_ns < l->round.due_ns)
		MUST(timers_set(l->worker->timers, &l->round, due_ns) == 0);
}

int
line_init(struct line *l, struct worker *w, uint32_t index)
{
	const struct conf_probe *conf = &w->conf->uplinks[index].probe;
	int64_t now_ns = clock_mono_ns();
	uint32_t phase;
	size_t i;

	l->worker = w;
	l->conf = &w->conf->uplinks[index];
	l->index = index;
	for (i = 0; i < WORKER_KINDS * NET_NFAM; i++)
		l->asked[i].fd = -1;
	for (i = 0; i < conf->ntargets; i++)
		if (conf->targets[i].gateway)
			l->full.gateway.open++;
		else
			l->full.far.open++;
	l->since_wall_ms = clock_wall_ms();
	l->previous = LEVEL_UNKNOWN;
	l->host = (struct probe_host){ .uplink = l->conf, .report = report,
	    .want_icmp = want_icmp, .arg = l };
	MUST(getrandom(&l->host.token, sizeof(l->host.token), 0) ==
	    sizeof(l->host.token));
	MUST(getrandom(&phase, sizeof(phase), 0) == sizeof(phase));
	verdict_init(&l->verdict, conf, now_ns);
	l->records = calloc(conf->ntargets, sizeof(*l->records));
	if (l->records == NULL)
		return -ENOMEM;
	l->round.fire = round_fired;
	l->round.arg = l;
	/* Lines that start together do not stay in step. */
	if (timers_set(w->timers, &l->round, now_ns +
	    (int64_t)(phase % 1000) * (conf->interval_ns / 1000)) != 0)
		return -ENOMEM;
	return open_kinds(l);
}

void
line_free(struct line *l)
{
	size_t i;

	for (i = 0; i < l->nkinds; i++)
		l->kinds[i]->close(&l->probes[i]);
	for (i = 0; i < WORKER_KINDS * NET_NFAM; i++)
		if (l->worker != NULL && l->asked[i].fd != -1)
			close(l->asked[i].fd);
	free(l->records);
}

/*
 * An IPv6 link-local address is there as long as the link is, and carries
 * nothing beyond it.
 */
static bool
has_address(const struct line *l, int index, const struct net_ifaddr *a,
    size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (a[i].index == index && a[i].usable &&
		    (a[i].addr.family == AF_INET ||
		    !net_addr_linklocal(&a[i].addr)) &&
		    l->conf->gateway[net_fam(a[i].addr.family)].family != 0)
			return true;
	return false;
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
	for (k = 0; k < WORKER_KINDS * NET_NFAM; k++) {
		if (l->asked[k].fd != -1)
			close(l->asked[k].fd);
		l->asked[k].fd = -1;
	}
	memset(l->pause_ns, 0, sizeof(l->pause_ns));
	for (k = 0; k < l->nkinds; k++) {
		l->asking = k;
		for (fam = 0; fam < NET_NFAM; fam++)
			l->kinds[k]->socket(l->probes[k], (enum net_fam)fam,
			    -1, -ENODEV);
	}
}

void
line_links(struct line *l, const struct net_link *links, size_t nlinks,
    const struct net_ifaddr *addrs, size_t naddrs)
{
	struct before was = { l->verdict.level, l->verdict.cause };
	struct link_state state = { false, false, false };
	int64_t now_ns = clock_mono_ns();
	int ifindex = 0;
	size_t i;

	for (i = 0; i < nlinks; i++)
		if (strcmp(links[i].name, l->conf->ifname) == 0) {
			ifindex = links[i].index;
			state.present = true;
			state.carrier = links[i].up && links[i].carrier;
		}
	state.address = has_address(l, ifindex, addrs, naddrs);
	if (ifindex != l->host.ifindex)
		renew(l, ifindex);
	(void)verdict_link(&l->verdict, &state, now_ns);
	changed(l, was, now_ns);
}

bool
line_concerns(const struct line *l, const struct net_link *link)
{
	/* By number, too: an interface that lost our name is news. */
	return (link->index != 0 && link->index == l->host.ifindex) ||
	    strcmp(link->name, l->conf->ifname) == 0;
}

size_t
line_polls(struct line *l, struct pollfd *pfd, size_t max)
{
	size_t k, n = 0;

	for (k = 0; k < l->nkinds; k++)
		n += l->kinds[k]->polls(l->probes[k], pfd + n, max - n);
	for (k = 0; k < WORKER_KINDS * NET_NFAM && n < max; k++)
		if (l->asked[k].fd != -1)
			pfd[n++] = (struct pollfd){ .fd = l->asked[k].fd,
			    .events = POLLIN };
	return n;
}

/*
 * The socket, or -errno why there is none; -EAGAIN: no answer yet.  One of a
 * device that has been replaced meanwhile is of no use.
 */
static int
answer(const struct line *l, int sock)
{
	struct power_icmp_done done = { .err = -EIO };
	size_t nfds = 1;
	int fd = -1, n;

	n = power_recv(sock, &done, sizeof(done), &fd, &nfds);
	if (n < 0)
		return n;
	if (n == (int)sizeof(done) && nfds == 1 && done.err == 0 &&
	    (done.ifindex == 0 || done.ifindex == l->host.ifindex))
		return fd;
	if (nfds == 1)
		close(fd);
	return n == (int)sizeof(done) && done.err < 0 ? done.err : -ENODEV;
}

static void
take_socket(struct line *l, struct asked *a, int64_t now_ns)
{
	int fd = answer(l, a->fd);

	if (fd == -EAGAIN && now_ns - a->since_ns < ASK_TIME)
		return;
	close(a->fd);
	a->fd = -1;
	l->asking = a->kind;
	l->kinds[a->kind]->socket(l->probes[a->kind], a->fam,
	    fd < 0 ? -1 : fd, fd < 0 ? fd : 0);
	/* The round that waited for it need not wait for its timer. */
	if (l->held && sockets_due(l, now_ns) == 0)
		MUST(timers_set(l->worker->timers, &l->round, now_ns) == 0);
}

void
line_run(struct line *l, bool readable, int64_t now_ns)
{
	size_t k;

	for (k = 0; k < WORKER_KINDS * NET_NFAM; k++)
		if (l->asked[k].fd != -1)
			take_socket(l, &l->asked[k], now_ns);
	for (k = 0; k < l->nkinds; k++) {
		l->asking = k;
		/* What has arrived counts before what is missing. */
		if (readable || l->kinds[k]->due(l->probes[k]) <= now_ns)
			l->kinds[k]->ready(l->probes[k], now_ns);
		l->kinds[k]->expire(l->probes[k], now_ns);
	}
	hurry(l);
}

int64_t
line_due(struct line *l)
{
	int64_t due = CLOCK_NEVER, one;
	size_t k;

	for (k = 0; k < l->nkinds; k++) {
		one = l->kinds[k]->due(l->probes[k]);
		due = one < due ? one : due;
	}
	return due;
}

void
line_forget(struct line *l)
{
	size_t k;

	verdict_forget(&l->verdict);
	for (k = 0; k < l->nkinds; k++)
		l->kinds[k]->forget(l->probes[k]);
}

/* Late ones, too; a few are normal on a bad line, a flood is an attack. */
static void
log_strays(struct line *l, int64_t now_ns)
{
	uint64_t strays = 0;
	size_t k;

	for (k = 0; k < l->nkinds; k++)
		strays += l->kinds[k]->spurious(l->probes[k]);
	if (strays == l->strays || now_ns < l->strays_ns)
		return;
	log_info("uplink %s: replies that no probe waits for (count=%llu)",
	    l->conf->name, (unsigned long long)(strays - l->strays));
	l->strays = strays;
	l->strays_ns = now_ns + STRAYS_PAUSE;
}

void
line_second(struct line *l, int64_t now_ns)
{
	out_heartbeat(l);
	if (!l->sampled)
		return;
	out_samples(l);
	log_change(&l->trouble, l->cannot_err, "uplink %s: probe \"%s\"",
	    l->conf->name, l->conf->probe.targets[l->cannot_target].label);
	log_strays(l, now_ns);
	l->sampled = false;
	l->cannot_err = 0;
}
