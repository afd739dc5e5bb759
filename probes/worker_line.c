/* SPDX-License-Identifier: ISC */
/*
 * worker_line: one uplink of a worker: its parts, its samples and what it says.
 * Samples go to the judge, and a level that changes is told at once.
 */
#include <sys/random.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/must.h"
#include "probes/worker.h"

#define TOLD_PAUSE	(60 * NS_PER_S)	/* between two lines about a thing */

struct before
line_before(const struct line *l)
{
	return (struct before){ l->judge.level, l->judge.cause };
}

/*
 * The same level for another reason is an event only while the line works
 * (a dead target, names that do not resolve): those reasons change seldom.
 */
void
line_changed(struct line *l, struct before was, int64_t now_ns)
{
	if (l->judge.level != was.level)
		out_event(l, was.level, now_ns);
	else if (l->judge.cause == was.cause)
		return;
	else if (l->judge.level == LEVEL_UP || l->judge.level == LEVEL_DEGRADED)
		out_event(l, was.level, now_ns);
	else
		out_heartbeat(l);
}

static void
record(struct line *l, size_t target, uint64_t round, enum sample sample,
    int64_t rtt_ns, int64_t now_ns)
{
	int64_t sent_ns = l->judge.rounds[round % VERDICT_WINDOW].start_ns;
	struct record *r = &l->records[target];

	told_sample(l, target, round, sample, rtt_ns, now_ns);
	if (sample == SAMPLE_SKIP || sample == SAMPLE_IDLE)
		return;
	l->sampled = true;
	r->sent += sample != SAMPLE_CANNOT;
	l->sent += sample != SAMPLE_CANNOT;
	r->lost += sample == SAMPLE_LOST;
	l->lost += sample == SAMPLE_LOST;
	r->cannot += sample == SAMPLE_CANNOT;
	if (sample == SAMPLE_OK) {
		r->answered++;
		r->rtt_sum_ns += rtt_ns;
	}
	if (l->worker->board != NULL && sample != SAMPLE_CANNOT)
		board_sample(l->worker->board, l->index, target,
		    sample == SAMPLE_OK, sent_ns);
}

/* Kept for once a second: two targets may fail in two ways each round. */
static void
note_cannot(struct line *l, size_t target, int err)
{
	if (l->cannot_err != 0 && target >= l->cannot_target)
		return;
	/* That has a line of its own. */
	if (err == -EXDEV)
		return;
	l->cannot_target = target;
	l->cannot_err = err != 0 ? err : -EIO;
}

void
line_report(void *arg, size_t target, uint64_t round, enum sample sample,
    int64_t rtt_ns, int err)
{
	struct line *l = arg;
	struct before was = line_before(l);
	int64_t now_ns = clock_mono_ns();

	record(l, target, round, sample, rtt_ns, now_ns);
	if (sample == SAMPLE_CANNOT)
		note_cannot(l, target, err);
	(void)judge_sample(&l->judge, target, round, sample, rtt_ns, now_ns);
	line_changed(l, was, now_ns);
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
		l->kind_of[i] = k;
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

static enum peer
ask(void *arg, size_t target, int64_t since_ns)
{
	struct line *l = arg;

	return board_ask(l->worker->board, l->index, target, since_ns);
}

static bool
reached(void *arg, size_t target, int64_t since_ns)
{
	struct line *l = arg;

	return board_reached(l->worker->board, l->index, target, since_ns);
}

/*
 * A round that was sent for another line's doubt wakes nobody in turn: all are
 * looking.  Where hosts answer only so often, two lines would never sleep.
 */
static void
doubt(void *arg)
{
	struct line *l = arg;

	if (!l->woken)
		board_doubt(l->worker->board, l->index);
}

static void
miss(void *arg, size_t target, int64_t sent_ns)
{
	struct line *l = arg;

	board_sample(l->worker->board, l->index, target, false, sent_ns);
}

static int
open_names(struct line *l)
{
	const struct conf_probe *conf = &l->conf->probe;
	struct resolve_conf rc = { .ifname = l->conf->ifname,
	    .servers = conf->resolver };
	size_t i;
	int err = 0;

	for (i = 0; i < NET_NFAM; i++)
		rc.want[i] = l->conf->gateway[i].family != 0;
	for (i = 0; i < conf->ntargets && err == 0; i++) {
		if (conf->targets[i].name == NULL)
			continue;
		if (l->resolve == NULL)
			err = resolve_new(&rc, &l->resolve);
		if (err == 0)
			err = resolve_add(l->resolve, conf->targets[i].name,
			    &l->name_of[i]);
	}
	return err;
}

static int
open_parts(struct line *l, int64_t now_ns)
{
	size_t n = l->conf->probe.ntargets;
	int rc;

	rc = judge_init(&l->judge, &l->conf->probe, now_ns);
	if (rc != 0)
		return rc;
	l->judge.deaf = line_deaf;
	l->judge.arg = l;
	trail_init(&l->trail, l->conf, &l->judge, l->worker->epoch);
	if (l->worker->board != NULL) {
		l->judge.ask = ask;
		l->judge.reached = reached;
		l->judge.doubt = doubt;
		l->judge.miss = miss;
	}
	l->records = calloc(n, sizeof(*l->records));
	l->kind_of = calloc(n, sizeof(*l->kind_of));
	l->name_of = calloc(n, sizeof(*l->name_of));
	l->hearing = calloc(n, sizeof(*l->hearing));
	if (l->records == NULL || l->kind_of == NULL || l->name_of == NULL ||
	    l->hearing == NULL)
		return -ENOMEM;
	rc = open_names(l);
	return rc != 0 ? rc : open_kinds(l);
}

int
line_init(struct line *l, struct worker *w, uint32_t index)
{
	int64_t now_ns = clock_mono_ns();
	int rc;

	l->worker = w;
	l->conf = &w->conf->uplinks[index];
	l->index = index;
	l->since_wall_ms = clock_wall_ms();
	l->previous = LEVEL_UNKNOWN;
	l->host = (struct probe_host){ .uplink = l->conf, .report = line_report,
	    .arg = l };
	line_sock_init(l);
	line_net_init(l);
	MUST(getrandom(&l->host.token, sizeof(l->host.token), 0) ==
	    sizeof(l->host.token));
	if (w->board != NULL)
		l->host.id = board_id(w->board, index);
	else
		MUST(getrandom(&l->host.id, sizeof(l->host.id), 0) ==
		    sizeof(l->host.id));
	rc = open_parts(l, now_ns);
	return rc != 0 ? rc : line_round_init(l, now_ns);
}

void
line_free(struct line *l)
{
	size_t i;

	for (i = 0; i < l->nkinds; i++)
		l->kinds[i]->close(&l->probes[i]);
	line_sock_free(l);
	resolve_free(&l->resolve);
	judge_free(&l->judge);
	free(l->records);
	free(l->kind_of);
	free(l->name_of);
	free(l->hearing);
}

size_t
line_polls(struct line *l, bool rest, struct pollfd *pfd, size_t max)
{
	size_t k, n = 0;

	for (k = 0; k < l->nkinds; k++)
		if (!rest || !l->kinds[k]->stamped)
			n += l->kinds[k]->polls(l->probes[k],
			    pfd + (n < max ? n : max), n < max ? max - n : 0);
	n += line_sock_polls(l, pfd + (n < max ? n : max),
	    n < max ? max - n : 0);
	if (l->resolve != NULL)
		n += resolve_polls(l->resolve, pfd + (n < max ? n : max),
		    n < max ? max - n : 0);
	return n;
}

/* Names are evidence of their own, beside what their addresses answer. */
static void
run_names(struct line *l, int64_t now_ns)
{
	struct before was = line_before(l);
	bool unresolved;
	size_t i;

	resolve_run(l->resolve, now_ns);
	for (i = 0; i < l->conf->probe.ntargets; i++) {
		if (l->conf->probe.targets[i].name == NULL)
			continue;
		unresolved = l->judge.targets[i].unresolved;
		(void)judge_name(&l->judge, i,
		    !resolve_failing(l->resolve, l->name_of[i]), now_ns);
		if (l->judge.targets[i].unresolved != unresolved)
			told_name(l, i);
	}
	line_changed(l, was, now_ns);
}

void
line_run(struct line *l, bool readable, int64_t now_ns)
{
	bool due = judge_due(&l->judge) <= now_ns;
	struct before was;
	size_t k;

	/* The round that waited for a socket need not wait for its timer. */
	if (line_sock_run(l, now_ns) && l->held)
		MUST(timers_set(l->worker->timers, &l->round, now_ns) == 0);
	for (k = 0; k < l->nkinds; k++) {
		l->asking = k;
		/* What has arrived counts before what is missing. */
		if (readable || due ||
		    l->kinds[k]->due(l->probes[k]) <= now_ns)
			l->kinds[k]->ready(l->probes[k], now_ns);
		l->kinds[k]->expire(l->probes[k], now_ns);
	}
	if (l->resolve != NULL &&
	    (readable || resolve_due(l->resolve, now_ns) <= now_ns))
		run_names(l, now_ns);
	if (judge_due(&l->judge) <= now_ns) {
		was = line_before(l);
		(void)judge_tick(&l->judge, now_ns);
		line_changed(l, was, now_ns);
	}
	line_hurry(l);
}

int64_t
line_due(struct line *l)
{
	int64_t due = judge_due(&l->judge), one;
	size_t k;

	for (k = 0; k < l->nkinds; k++) {
		one = l->kinds[k]->due(l->probes[k]);
		due = one < due ? one : due;
	}
	if (l->resolve != NULL) {
		one = resolve_due(l->resolve, clock_mono_ns());
		due = one < due ? one : due;
	}
	return due;
}

void
line_forget(struct line *l)
{
	size_t k;

	judge_forget(&l->judge);
	told_forget(l);
	l->number = 0;
	timers_clear(l->worker->timers, &l->slice);
	for (k = 0; k < l->nkinds; k++)
		l->kinds[k]->forget(l->probes[k]);
}

/* True if it is more than was told, and that is a while ago. */
static bool
is_news(struct told *t, uint64_t n, int64_t now_ns)
{
	if (n == t->n || now_ns < t->again_ns)
		return false;
	t->more = n - t->n;
	t->n = n;
	t->again_ns = now_ns + TOLD_PAUSE;
	return true;
}

/* Late ones, too; a few are normal on a bad line, a flood is an attack. */
static void
log_strays(struct line *l, int64_t now_ns)
{
	uint64_t strays = 0;
	size_t k;

	for (k = 0; k < l->nkinds; k++)
		strays += l->kinds[k]->spurious(l->probes[k]);
	if (is_news(&l->told_strays, strays, now_ns))
		log_info("uplink %s: replies that no probe waits for "
		    "(count=%llu)", l->conf->name,
		    (unsigned long long)l->told_strays.more);
}

/* This machine is too slow, or too busy, for what is to be sent. */
static void
log_late(struct line *l, int64_t now_ns)
{
	if (is_news(&l->told_late, l->late.n, now_ns))
		log_info("uplink %s: probes were sent late (count=%llu "
		    "worst=%lldms)", l->conf->name,
		    (unsigned long long)l->told_late.more,
		    (long long)(l->late.worst_ns / NS_PER_MS));
}

void
line_second(struct line *l, int64_t now_ns)
{
	line_tell_deaf(l);
	out_heartbeat(l);
	told_second(l);
	if (!l->sampled)
		return;
	out_samples(l);
	log_change(&l->trouble, l->cannot_err, "uplink %s: probe \"%s\"",
	    l->conf->name, l->conf->probe.targets[l->cannot_target].label);
	log_strays(l, now_ns);
	log_late(l, now_ns);
	l->sampled = false;
	l->cannot_err = 0;
}

void
line_sum_up(const struct line *l)
{
	log_info("uplink %s: stopped (probes=%llu lost=%llu late=%llu "
	    "worst=%lldms)", l->conf->name, (unsigned long long)l->sent,
	    (unsigned long long)l->lost, (unsigned long long)l->late.n,
	    (long long)(l->late.worst_ns / NS_PER_MS));
}
