/* SPDX-License-Identifier: ISC */
/*
 * wave: a line that breaks and mends by itself.  As a square wave: dead for
 * half of each period.  Or as bad as a line can be: broken whenever it is used
 * again, mended as soon as it is given up, which is what moves routes most.
 */
#include <string.h>

#include "lib/must.h"
#include "tests/sim/sim.h"

static void
set_broken(struct sim *s, size_t uplink, bool broken)
{
	struct wave *wave = &s->waves[uplink];
	struct worker *w = &s->workers[uplink];
	size_t i;

	if (wave->broken == broken)
		return;
	wave->broken = broken;
	if (strcmp(wave->which, "carrier") == 0)
		(void)kernel_link(s, w->conf->ifname, broken ? "no-carrier" :
		    "carrier");
	for (i = 0; i < w->conf->probe.ntargets; i++)
		if (worker_matches(w, i, wave->which))
			w->paths[i].dead = broken;
}

static void
half_over(struct timer *t, int64_t now_ns)
{
	struct wave *wave = t->arg;
	struct sim *s = wave->sim;

	set_broken(s, (size_t)(wave - s->waves), !wave->broken);
	MUST(timers_set(s->timers, t, now_ns + wave->half_ns) == 0);
}

void
wave_stop(struct sim *s, size_t uplink)
{
	struct wave *wave = &s->waves[uplink];

	timers_clear(s->timers, &wave->timer);
	wave->worst = false;
	set_broken(s, uplink, false);
}

void
wave_start(struct sim *s, size_t uplink, const char *which, int64_t period_ns)
{
	struct wave *wave = &s->waves[uplink];

	wave_stop(s, uplink);
	snprintf(wave->which, sizeof(wave->which), "%s", which);
	wave->sim = s;
	wave->worst = period_ns == 0;
	wave->half_ns = period_ns / 2;
	wave->timer.fire = half_over;
	wave->timer.arg = wave;
	if (!wave->worst)
		half_over(&wave->timer, s->now_ns);
}

void
wave_step(struct sim *s)
{
	enum uplink_state state;
	bool any = false;
	size_t n;

	for (n = 0; n < s->conf->nuplinks; n++) {
		if (!s->waves[n].worst || !s->centre.running)
			continue;
		any = true;
		state = s->centre.up[n].state;
		if (state == UPLINK_UP || state == UPLINK_DEGRADED)
			set_broken(s, n, true);
		else if (state == UPLINK_DOWN)
			set_broken(s, n, false);
	}
	if (any)
		sim_settle(s);
}
