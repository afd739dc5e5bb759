/* SPDX-License-Identifier: ISC */
/*
 * worker: a probe worker on a simulated internet.  What it sends, and what
 * comes back when, is made here; what that means is decided by the verdict.
 */
#include <sys/socket.h>

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/must.h"
#include "tests/sim/sim.h"

/* An answer, or the end of waiting for one. */
struct answer {
	struct timer	timer;
	struct worker	*worker;
	struct answer	*next;
	size_t		target;
	uint64_t	round;
	enum sample	sample;
	int64_t		rtt_ns;
};

/* Labels are "ping ADDRESS", or "ping gateway (ipv6)". */
static enum net_fam
target_family(const struct worker *w, size_t target)
{
	if (w->conf->probe.targets[target].word)
		return w->conf->probe.targets[target].fam;
	return strchr(w->conf->probe.targets[target].label, ':') != NULL ?
	    NET_V6 : NET_V4;
}

static void
forget_answer(struct worker *w, struct answer *a)
{
	struct answer **p;

	for (p = &w->answers; *p != a; p = &(*p)->next)
		;
	*p = a->next;
	timers_clear(w->sim->timers, &a->timer);
	free(a);
}

/*
 * In doubt the next round comes sooner than was thought when this one began;
 * and later, when the doubt is over.
 */
static void
hurry(struct worker *w)
{
	int64_t pace = judge_pace(&w->judge), was = w->pace_ns;
	int64_t due = w->round_ns + pace;

	w->pace_ns = pace;
	if (w->round.pos == 0 || (due >= w->round.due_ns && (was >= pace ||
	    w->nudged)))
		return;
	if (due < w->sim->now_ns)
		due = w->sim->now_ns;
	MUST(timers_set(w->sim->timers, &w->round, due) == 0);
}

/* After anything that the judge was told. */
static void
judged(struct worker *w, bool changed)
{
	int64_t due = judge_due(&w->judge);

	if (changed)
		centre_tell(w->sim, w->n, w->judge.level, w->judge.cause);
	hurry(w);
	MUST(timers_set(w->sim->timers, &w->tick, due < w->sim->now_ns ?
	    w->sim->now_ns : due) == 0);
}

static void
tick_fired(struct timer *t, int64_t now_ns)
{
	struct worker *w = t->arg;

	judged(w, judge_tick(&w->judge, now_ns));
}

static void
count(struct worker *w, uint64_t number, size_t target, enum sample sample,
    int64_t rtt_ns)
{
	int64_t sent = w->judge.rounds[number % VERDICT_WINDOW].start_ns;

	record_sample(w, target, number, sample, rtt_ns);
	if (sample != SAMPLE_CANNOT && sample != SAMPLE_SKIP)
		board_sample(w->sim->board, w->n, target, sample == SAMPLE_OK,
		    sent);
	judged(w, judge_sample(&w->judge, target, number, sample, rtt_ns,
	    w->sim->now_ns));
}

static enum peer
ask(void *arg, size_t target, int64_t since_ns)
{
	struct worker *w = arg;

	return board_ask(w->sim->board, w->n, target, since_ns);
}

static bool
reached(void *arg, size_t target, int64_t since_ns)
{
	struct worker *w = arg;

	return board_reached(w->sim->board, w->n, target, since_ns);
}

static void
miss(void *arg, size_t target, int64_t sent_ns)
{
	struct worker *w = arg;

	board_sample(w->sim->board, w->n, target, false, sent_ns);
}

/* The others look at once, as board_doubt makes them. */
static void
doubt(void *arg)
{
	struct worker *w = arg, *other;
	int64_t due;
	size_t i;

	if (w->woken)
		return;
	for (i = 0; i < w->sim->conf->nuplinks; i++) {
		other = &w->sim->workers[i];
		if (other == w || !other->running || other->round.pos == 0)
			continue;
		due = other->round_ns + other->conf->probe.confirm_ns;
		if (due < w->sim->now_ns)
			due = w->sim->now_ns;
		if (due >= other->round.due_ns)
			continue;
		other->nudged = true;
		MUST(timers_set(w->sim->timers, &other->round, due) == 0);
	}
}

static void
answer_fired(struct timer *t, int64_t now_ns)
{
	struct answer *a = t->arg, had = *a;

	(void)now_ns;
	forget_answer(a->worker, a);
	count(had.worker, had.round, had.target, had.sample, had.rtt_ns);
}

static void
answer_later(struct worker *w, uint64_t round, size_t target,
    enum sample sample, int64_t wait_ns)
{
	struct answer *a = calloc(1, sizeof(*a));

	MUST(a != NULL);
	a->timer.fire = answer_fired;
	a->timer.arg = a;
	a->worker = w;
	a->target = target;
	a->round = round;
	a->sample = sample;
	a->rtt_ns = wait_ns;
	a->next = w->answers;
	w->answers = a;
	MUST(timers_set(w->sim->timers, &a->timer,
	    w->sim->now_ns + wait_ns) == 0);
}

static void
probe(struct worker *w, uint64_t round, size_t target)
{
	const struct path *p = &w->paths[target];
	int64_t timeout = w->conf->probe.timeout_ns;
	enum net_fam fam = target_family(w, target);

	/* A family that is not there is no fault of the line. */
	if (w->conf->gateway[fam].family == NET_AUTO &&
	    w->sim->gateway[w->n][fam].family == 0 &&
	    !kernel_bound(w->sim, w->conf, fam)) {
		count(w, round, target, SAMPLE_SKIP, 0);
		return;
	}
	if (!kernel_bound(w->sim, w->conf, target_family(w, target))) {
		/* Nothing can be sent: the send itself says so, at once. */
		count(w, round, target, SAMPLE_CANNOT, 0);
		return;
	}
	if (!w->judge.verdict.link.carrier || p->dead || p->delay_ns >= timeout ||
	    sim_random(w->sim, 100) < p->loss)
		answer_later(w, round, target, SAMPLE_LOST, timeout);
	else
		answer_later(w, round, target, SAMPLE_OK, p->delay_ns);
}

static void
round_fired(struct timer *t, int64_t now_ns)
{
	struct worker *w = t->arg;
	uint64_t number;
	size_t i;

	w->woken = w->nudged;
	w->nudged = false;
	w->round_ns = now_ns;
	/* Set first: what a sample says may make it sooner. */
	w->pace_ns = judge_pace(&w->judge);
	MUST(timers_set(w->sim->timers, &w->round, now_ns + w->pace_ns) == 0);
	number = judge_open(&w->judge, now_ns);
	if (number != 0)
		record_round(w, number);
	for (i = 0; number != 0 && i < w->conf->probe.ntargets; i++)
		probe(w, number, i);
	judged(w, false);
}

static void
heartbeat_fired(struct timer *t, int64_t now_ns)
{
	struct worker *w = t->arg;

	centre_heartbeat(w->sim, w->n, w->judge.level, w->judge.cause);
	record_trail(w);
	MUST(timers_set(w->sim->timers, t, now_ns + NS_PER_S) == 0);
}

/* What the kernel says of the interface, read as the real worker reads it. */
void
worker_look(struct worker *w)
{
	struct net_link *links = NULL;
	struct net_ifaddr *addrs = NULL;
	struct link_state state = { false, false, false };
	size_t nlinks = 0, naddrs = 0, i;
	int index = 0;

	if (!w->running)
		return;
	MUST(sys_links(w->sim->eyes, &links, &nlinks) == 0);
	MUST(sys_addrs(w->sim->eyes, &addrs, &naddrs) == 0);
	for (i = 0; i < nlinks; i++)
		if (strcmp(links[i].name, w->conf->ifname) == 0) {
			index = links[i].index;
			state.present = true;
			state.carrier = links[i].up && links[i].carrier;
		}
	for (i = 0; i < naddrs; i++)
		state.address |= addrs[i].index == index && index != 0 &&
		    addrs[i].usable && (addrs[i].addr.family == AF_INET ||
		    !net_addr_linklocal(&addrs[i].addr)) && w->conf->gateway[
		    net_fam(addrs[i].addr.family)].family != 0;
	free(links);
	free(addrs);
	if (index != w->ifindex) {
		/* Its sockets are opened anew. */
		w->ifindex = index;
		judge_forget(&w->judge);
		record_forget(w);
	}
	board_line(w->sim->board, w->n, state.carrier && state.address);
	if (memcmp(&state, &w->judge.verdict.link, sizeof(state)) != 0) {
		judged(w, judge_link(&w->judge, &state, w->sim->now_ns));
		record_trail(w);
	}
	hurry(w);
}

bool
worker_matches(const struct worker *w, size_t target, const char *which)
{
	const struct conf_target *t = &w->conf->probe.targets[target];

	if (strcmp(which, "all") == 0)
		return true;
	if (strcmp(which, "gateway") == 0)
		return t->gateway;
	if (strcmp(which, "far") == 0)
		return !t->gateway;
	/* Of "ping 192.0.2.9" the address is said. */
	return strchr(t->label, ' ') != NULL &&
	    strcmp(strchr(t->label, ' ') + 1, which) == 0;
}

/* Traffic passes: the interface, the gateway and anything far. */
bool
worker_path_works(const struct worker *w, enum net_fam fam)
{
	const struct conf_probe *p = &w->conf->probe;
	bool far = false, any_far = false;
	size_t i;

	if (w->conf->gateway[fam].family == 0 ||
	    !kernel_carrier(w->sim, w->conf->ifname) ||
	    !kernel_bound(w->sim, w->conf, fam))
		return false;
	for (i = 0; i < p->ntargets; i++) {
		if (target_family(w, i) != fam)
			continue;
		if (p->targets[i].gateway) {
			if (w->paths[i].dead)
				return false;
			continue;
		}
		any_far = true;
		far |= !w->paths[i].dead;
	}
	return far || !any_far;
}

void
worker_init(struct sim *s, size_t n)
{
	struct worker *w = &s->workers[n];
	size_t i;

	w->sim = s;
	w->n = n;
	w->conf = &s->conf->uplinks[n];
	if (w->conf->probe.ntargets > SIM_TARGETS_MAX)
		sim_fail(s, "%s: too many targets for a simulation",
		    w->conf->name);
	for (i = 0; i < SIM_TARGETS_MAX; i++)
		w->paths[i].delay_ns = 10 * NS_PER_MS;
}

void
worker_start(struct worker *w)
{
	MUST(judge_init(&w->judge, &w->conf->probe, w->sim->now_ns) == 0);
	w->judge.ask = ask;
	w->judge.reached = reached;
	w->judge.doubt = doubt;
	w->judge.miss = miss;
	w->judge.arg = w;
	w->tick.fire = tick_fired;
	w->tick.arg = w;
	w->ifindex = 0;
	w->running = true;
	w->round.fire = round_fired;
	w->heartbeat.fire = heartbeat_fired;
	w->round.arg = w->heartbeat.arg = w;
	record_start(w);
	worker_look(w);
	record_trail(w);
	MUST(timers_set(w->sim->timers, &w->heartbeat,
	    w->sim->now_ns + NS_PER_S) == 0);
	/* Workers do not begin all at once. */
	MUST(timers_set(w->sim->timers, &w->round, w->sim->now_ns +
	    (int64_t)sim_random(w->sim, 20) * NS_PER_MS) == 0);
}

void
worker_stop(struct worker *w)
{
	if (!w->running)
		return;
	w->running = false;
	/* A real one takes up to a second with it; here runs are compared. */
	record_trail(w);
	judge_free(&w->judge);
	board_line(w->sim->board, w->n, false);
	timers_clear(w->sim->timers, &w->tick);
	timers_clear(w->sim->timers, &w->round);
	timers_clear(w->sim->timers, &w->heartbeat);
	while (w->answers != NULL)
		forget_answer(w, w->answers);
}
