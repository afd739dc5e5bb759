/* SPDX-License-Identifier: ISC */
/*
 * worker_trail: all that a line's judge is told is said too, for who records
 * it: once a second, at once when the kernel's word or a name changes, and
 * whenever there is no room for more.
 */
#include "lib/clock.h"
#include "probes/worker.h"

#define KEPT	(60 * NS_PER_S)

/*
 * While the dispatcher is away it is kept as long as there is room, unless
 * that hides when something has happened.
 */
static void
say(struct line *l, bool must)
{
	char buf[EVENT_BYTES_MAX];
	struct msg m;
	int len;

	out_head(l, &m, MSG_TRAIL, l->event_seq);
	trail_fill(&l->trail, &m.u.trail, m.head.mono_ns);
	if (out_now(l->worker, &m, buf, &len) == 0 || must ||
	    (m.u.trail.nentries > 0 && m.u.trail.entries[0].age_us >=
	    KEPT / NS_PER_US))
		trail_next(&l->trail);
}

/* The trail may be full: then it is said early, so that nothing is left out. */
void
told_sample(struct line *l, size_t target, uint64_t round, enum sample sample,
    int64_t rtt_ns, int64_t now_ns)
{
	if (trail_sample(&l->trail, target, round, sample, rtt_ns, now_ns))
		return;
	say(l, true);
	(void)trail_sample(&l->trail, target, round, sample, rtt_ns, now_ns);
}

void
told_round(struct line *l, uint64_t round, int64_t now_ns)
{
	if (trail_round(&l->trail, round, now_ns))
		return;
	say(l, true);
	(void)trail_round(&l->trail, round, now_ns);
}

void
told_forget(struct line *l)
{
	if (trail_forget(&l->trail, clock_mono_ns()))
		return;
	say(l, true);
	(void)trail_forget(&l->trail, clock_mono_ns());
}

void
told_deaf(struct line *l)
{
	if (trail_deaf(&l->trail, clock_mono_ns()))
		return;
	say(l, true);
	(void)trail_deaf(&l->trail, clock_mono_ns());
}

/* Said at once: when the message was made is when it happened. */
void
told_name(struct line *l, size_t target)
{
	if (!trail_name(&l->trail, target)) {
		say(l, true);
		(void)trail_name(&l->trail, target);
	}
	say(l, true);
}

void
told_link(struct line *l)
{
	say(l, true);
}

void
told_second(struct line *l)
{
	say(l, false);
}
