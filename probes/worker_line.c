/* SPDX-License-Identifier: ISC */
/*
 * worker_line: one uplink of a worker: its rounds, samples and link.  Samples
 * are counted into their round, decided rounds go to the verdict, and a level
 * that changes is told at once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/must.h"
#include "probes/worker.h"
#include "proto/power.h"

#define SOCKET_PAUSE	NS_PER_S	/* between tries to get a socket */
#define ASK_TIME	(5 * NS_PER_S)	/* the parent's answer got lost */

static void
changed(struct line *l, enum level before, int64_t now_ns)
{
	if (l->verdict.level != before)
		out_event(l, before, now_ns);
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
	if (t->open == 0)
		return;
	t->open--;
	t->ok += sample == SAMPLE_OK;
	t->lost += sample == SAMPLE_LOST;
	t->cannot += sample == SAMPLE_CANNOT;
}

static void
report(void *arg, size_t target, uint64_t round, enum sample sample,
    int64_t rtt_ns, int err)
{
	struct line *l = arg;
	struct round_tally *t = &l->tally[round % VERDICT_WINDOW];
	enum level before = l->verdict.level;
	int64_t now_ns = clock_mono_ns();
	enum cause failing = CAUSE_FAR;
	enum outcome outcome;

	record(&l->records[target], sample, rtt_ns);
	/* A socket that is only on its way is no trouble yet. */
	if (sample == SAMPLE_CANNOT && err != -ENOTCONN)
		log_change(&l->trouble, err != 0 ? err : -EIO,
		    "uplink %s: probe", l->conf->name);
	else if (sample == SAMPLE_OK)
		log_change(&l->trouble, 0, "uplink %s: probe", l->conf->name);
	/* The slot of a round long decided belongs to a newer one. */
	if (round < l->verdict.oldest || round >= l->verdict.next)
		return;
	count(l->conf->probe.targets[target].gateway ? &t->gateway : &t->far,
	    sample);
	outcome = verdict_judge(&l->conf->probe, t, &failing);
	if (outcome == 0)
		return;
	(void)verdict_round(&l->verdict, round, outcome, failing, now_ns);
	changed(l, before, now_ns);
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

static int
want_icmp(void *arg, enum net_fam fam, uint16_t id)
{
	struct line *l = arg;
	struct power_icmp req = { .kind = POWER_ICMP, .uplink = l->index,
	    .fam = fam, .id = id };
	struct asked *a = free_asked(l);
	int64_t now_ns = clock_mono_ns();
	int sv[2], rc;

	if (a == NULL || now_ns < l->pause_ns[fam])
		return -EAGAIN;
	l->pause_ns[fam] = now_ns + SOCKET_PAUSE;
	rc = power_pair(sv);
	if (rc != 0)
		return rc;
	rc = power_send(l->worker->power, &req, sizeof(req), &sv[1], 1);
	close(sv[1]);
	if (rc != 0) {
		close(sv[0]);
		return rc;
	}
	a->fd = sv[0];
	a->kind = l->asking;
	a->fam = fam;
	a->since_ns = now_ns;
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

static void
start_round(struct line *l, int64_t now_ns)
{
	uint64_t round = verdict_open(&l->verdict);
	size_t k;

	if (round == 0)
		return;
	l->tally[round % VERDICT_WINDOW] = l->full;
	l->round_ns = now_ns;
	for (k = 0; k < l->nkinds; k++) {
		l->asking = k;
		l->kinds[k]->round(l->probes[k], round, now_ns);
	}
}

/*
 * The pace counts from when the round was due, so that it keeps its average;
 * a stall is not made up for by a burst.
 */
static void
round_fired(struct timer *t, int64_t now_ns)
{
	struct line *l = t->arg;
	int64_t due_ns = t->due_ns, next_ns;

	start_round(l, now_ns);
	next_ns = due_ns + verdict_pace(&l->verdict);
	if (next_ns <= now_ns)
		next_ns = now_ns + verdict_pace(&l->verdict);
	MUST(timers_set(l->worker->timers, t, next_ns) == 0);
}

/* Doubt begins: the next round comes at the quicker pace. */
static void
hurry(struct line *l)
{
	int64_t due_ns = l->round_ns + verdict_pace(&l->verdict);

	if (l->round.pos != 0 && due_ns < l->round.due_ns)
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

static bool
has_address(const struct line *l, int index, const struct net_ifaddr *a,
    size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (a[i].index == index && a[i].usable &&
		    l->conf->gateway[net_fam(a[i].addr.family)].family != 0)
			return true;
	return false;
}

/* A device that is new under an old name needs new sockets. */
static void
renew(struct line *l, int ifindex, int64_t now_ns)
{
	size_t k, fam;

	(void)now_ns;
	l->host.ifindex = ifindex;
	line_forget(l);
	for (k = 0; k < l->nkinds; k++)
		for (fam = 0; fam < NET_NFAM; fam++)
			l->kinds[k]->socket(l->probes[k], (enum net_fam)fam,
			    -1, -ENODEV);
	for (k = 0; k < WORKER_KINDS * NET_NFAM; k++) {
		if (l->asked[k].fd != -1)
			close(l->asked[k].fd);
		l->asked[k].fd = -1;
	}
	memset(l->pause_ns, 0, sizeof(l->pause_ns));
}

void
line_links(struct line *l, const struct net_link *links, size_t nlinks,
    const struct net_ifaddr *addrs, size_t naddrs)
{
	struct link_state state = { false, false, false };
	enum level before = l->verdict.level;
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
		renew(l, ifindex, now_ns);
	(void)verdict_link(&l->verdict, &state, now_ns);
	changed(l, before, now_ns);
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

static void
take_socket(struct line *l, struct asked *a, int64_t now_ns)
{
	struct power_icmp_done done = { .err = -EIO };
	size_t nfds = 1;
	int fd = -1, n;

	n = power_recv(a->fd, &done, sizeof(done), &fd, &nfds);
	if (n == -EAGAIN && now_ns - a->since_ns < ASK_TIME)
		return;
	if (n != (int)sizeof(done) || nfds == 0) {
		if (n >= 0 && nfds == 1)
			close(fd);
		fd = -1;
	}
	close(a->fd);
	a->fd = -1;
	l->kinds[a->kind]->socket(l->probes[a->kind], a->fam, fd,
	    fd == -1 ? (done.err != 0 ? done.err : -EIO) : 0);
	/* A first socket should not wait for the next round to be used. */
	if (fd != -1)
		l->pause_ns[a->fam] = 0;
}

void
line_run(struct line *l, int64_t now_ns)
{
	size_t k;

	for (k = 0; k < WORKER_KINDS * NET_NFAM; k++)
		if (l->asked[k].fd != -1)
			take_socket(l, &l->asked[k], now_ns);
	/* What has arrived counts before what is missing. */
	for (k = 0; k < l->nkinds; k++)
		l->kinds[k]->ready(l->probes[k], now_ns);
	for (k = 0; k < l->nkinds; k++)
		l->kinds[k]->expire(l->probes[k], now_ns);
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
