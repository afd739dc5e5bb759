/* SPDX-License-Identifier: ISC */
/*
 * report_rivals: what users have today, as the rule that decides and no more:
 * how often whom is asked, what counts as lost, and when the line is down and
 * up again.  Each on a pair of lines, one instance per line.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/must.h"
#include "tests/sim/report.h"

#define MS	NS_PER_MS
#define SEC	NS_PER_S

struct rival;

/* One line of a rival. */
struct watch {
	struct rival	*rival;
	size_t		line;
	bool		down;
	int64_t		due_ns;		/* next step */
	int		score;		/* mwan3 */
	bool		passed, told;	/* a test that is under way */
	int64_t		ask_ns;		/* when the next one begins */
	/* dpinger: the newest 60 s of packets, two a second. */
	int64_t		sent_ns[120], rtt_ns[120];
	uint64_t	nsent;
	int64_t		check_ns;
	unsigned	late, slow;	/* checks until the alarm is over */
};

struct rival {
	struct net	*net;
	const struct tool *tool;
	enum host	hosts[2];
	void		(*step)(struct watch *, int64_t now_ns);
	struct watch	watches[NET_LINES];
};

static int64_t
ping(struct watch *w, size_t host, int64_t now_ns)
{
	return net_ask(w->rival->net, w->line, w->rival->hosts[host], now_ns);
}

/*
 * dpinger 3 as pfSense starts it (its gateway log: send_interval 500ms,
 * loss_interval 2000ms, time_period 60000ms, alert_interval 1000ms,
 * latency_alarm 500ms, loss_alarm 20%): each second all packets of the last
 * minute are looked at; one is lost if it has no answer after 2 s; the alarm
 * is on above 20 % (in whole per cent) or above 500 ms on average, and off
 * when it was not for ten checks.
 */
#define DPINGER_DECAY	10

static void
dpinger_check(struct watch *w, int64_t now_ns)
{
	int64_t n = 0, lost = 0, sum = 0, i;

	for (i = 0; i < 120 && i < (int64_t)w->nsent; i++)
		if (w->rtt_ns[i] != NET_LOST && w->sent_ns[i] +
		    w->rtt_ns[i] <= now_ns) {
			n++;
			sum += w->rtt_ns[i];
		} else if (now_ns - w->sent_ns[i] > 2 * SEC) {
			lost++;
		}
	if (n > 0 && sum / n > 500 * MS)
		w->slow = DPINGER_DECAY;
	else if (w->slow > 0)
		w->slow--;
	if (lost > 0 && lost * 100 / (n + lost) > 20)
		w->late = DPINGER_DECAY;
	else if (w->late > 0)
		w->late--;
	w->down = w->slow > 0 || w->late > 0;
}

static void
dpinger_step(struct watch *w, int64_t now_ns)
{
	size_t at = w->nsent % 120;

	if (w->ask_ns <= now_ns) {
		w->sent_ns[at] = now_ns;
		w->rtt_ns[at] = ping(w, 0, now_ns);
		w->nsent++;
		w->ask_ns += 500 * MS;
	}
	if (w->check_ns <= now_ns) {
		dpinger_check(w, now_ns);
		w->check_ns += SEC;
	}
	w->due_ns = w->ask_ns < w->check_ns ? w->ask_ns : w->check_ns;
}

/*
 * mwan3track with the defaults of its own script: one ping (count 1) that may
 * take 4 s (timeout), the next host only if this one was silent (reliability
 * 1), then 10 s of sleep (interval); offline after 5 in a row (down), online
 * after 5 (up).
 */
#define MWAN3_DOWN	5
#define MWAN3_UP	5

static void
mwan3_score(struct watch *w)
{
	if (w->passed) {
		w->score++;
		if (w->score > MWAN3_UP)
			w->score = MWAN3_DOWN + MWAN3_UP;
		if (w->score >= MWAN3_UP)
			w->down = false;
		if (w->score == MWAN3_UP)	/* it is started anew */
			w->score = MWAN3_DOWN + MWAN3_UP;
		return;
	}
	w->score--;
	if (w->score == MWAN3_UP)
		w->down = true;
	if (w->score <= MWAN3_UP)
		w->score = 0;
}

static void
mwan3_step(struct watch *w, int64_t now_ns)
{
	int64_t at_ns = now_ns, rtt;
	size_t i;

	if (w->told) {
		w->told = false;
		mwan3_score(w);
		w->due_ns = now_ns + 10 * SEC;
		return;
	}
	w->passed = false;
	for (i = 0; i < w->rival->tool->nhosts && !w->passed; i++) {
		rtt = ping(w, i, at_ns);
		w->passed = rtt != NET_LOST && rtt <= 4 * SEC;
		at_ns += w->passed ? rtt : 4 * SEC;
	}
	w->told = true;
	w->due_ns = at_ns;
}

/*
 * keepalived's vrrp_script with its defaults (interval 1, fall 1, rise 1) and
 * the script that everybody writes: ping -c 1 -W 1 HOST.
 */
static void
keepalived_step(struct watch *w, int64_t now_ns)
{
	int64_t rtt;

	if (w->told) {
		w->told = false;
		w->down = !w->passed;
		w->due_ns = w->ask_ns;
		return;
	}
	rtt = ping(w, 0, now_ns);
	w->passed = rtt != NET_LOST && rtt <= SEC;
	w->told = true;
	w->ask_ns = now_ns + SEC;
	w->due_ns = now_ns + (w->passed ? rtt : SEC);
}

/*
 * ifstated's classic configuration: `every 60' three pings to the gateway and
 * to a far host, a second apart; the line is down if all three of either are
 * lost, and up if not.
 */
static void
ifstated_step(struct watch *w, int64_t now_ns)
{
	bool heard[2] = { false, false };
	int64_t rtt, i;
	size_t h;

	if (w->told) {
		w->told = false;
		w->down = !w->passed;
		w->due_ns = w->ask_ns;
		return;
	}
	for (i = 0; i < 3; i++)
		for (h = 0; h < 2; h++) {
			rtt = ping(w, h, now_ns + i * SEC);
			heard[h] |= rtt != NET_LOST;
		}
	w->passed = heard[0] && heard[1];
	w->told = true;
	w->ask_ns = now_ns + 60 * SEC;
	w->due_ns = now_ns + 3 * SEC;
}

static int64_t
rival_next(const void *arg)
{
	const struct rival *r = arg;
	int64_t next = CLOCK_NEVER;
	size_t i;

	for (i = 0; i < NET_LINES; i++)
		if (r->watches[i].due_ns < next)
			next = r->watches[i].due_ns;
	return next;
}

static void
rival_step(void *arg, int64_t now_ns)
{
	struct rival *r = arg;
	size_t i;

	for (i = 0; i < NET_LINES; i++)
		if (r->watches[i].due_ns <= now_ns)
			r->step(&r->watches[i], now_ns);
}

static enum level
rival_level(const void *arg, size_t line)
{
	const struct rival *r = arg;

	return r->watches[line].down ? LEVEL_DOWN : LEVEL_UP;
}

static void *
start(const struct tool *t, struct net *net, const enum host *hosts,
    int64_t now_ns, int64_t interval_ns,
    void (*step)(struct watch *, int64_t now_ns))
{
	struct rival *r = calloc(1, sizeof(*r));
	struct watch *w;
	size_t i;

	MUST(r != NULL);
	r->net = net;
	r->tool = t;
	r->hosts[0] = hosts[0];
	r->hosts[1] = hosts[1];
	r->step = step;
	for (i = 0; i < NET_LINES; i++) {
		w = &r->watches[i];
		w->rival = r;
		w->line = i;
		w->score = MWAN3_DOWN + MWAN3_UP;
		w->due_ns = w->ask_ns = now_ns + net_phase(net, i,
		    interval_ns);
		w->check_ns = w->ask_ns + net_phase(net, 2 + i, SEC);
	}
	return r;
}

static void *
dpinger_start(const struct tool *t, struct net *net, const enum host *hosts,
    int64_t now_ns)
{
	return start(t, net, hosts, now_ns, 500 * MS, dpinger_step);
}

static void *
mwan3_start(const struct tool *t, struct net *net, const enum host *hosts,
    int64_t now_ns)
{
	return start(t, net, hosts, now_ns, 10 * SEC, mwan3_step);
}

static void *
keepalived_start(const struct tool *t, struct net *net,
    const enum host *hosts, int64_t now_ns)
{
	return start(t, net, hosts, now_ns, SEC, keepalived_step);
}

/* The gateway and a far host, whoever is to be asked first. */
static void *
ifstated_start(const struct tool *t, struct net *net, const enum host *hosts,
    int64_t now_ns)
{
	enum host both[2] = { HOST_GATEWAY, hosts[0] == HOST_GATEWAY ?
	    HOST_FAR : hosts[0] };

	return start(t, net, both, now_ns, 60 * SEC, ifstated_step);
}

#define RIVAL(begin)	{ .start = begin, .stop = free, .next = rival_next, \
	.step = rival_step, .level = rival_level }

const struct tool_kind tool_dpinger = RIVAL(dpinger_start);
const struct tool_kind tool_mwan3 = RIVAL(mwan3_start);
const struct tool_kind tool_keepalived = RIVAL(keepalived_start);
const struct tool_kind tool_ifstated = RIVAL(ifstated_start);
