/* SPDX-License-Identifier: ISC */
/*
 * worker_look: when a worker reads the kernel's links, addresses and routes
 * again: after each notice that may be about a line, soon where nothing is
 * wrong until then, at once where probes might leave by a way that is none.
 */
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/must.h"
#include "lib/sys.h"
#include "probes/worker.h"

#define SOON	(20 * NS_PER_MS)	/* routes change in bursts */

void
worker_look(struct worker *w)
{
	struct net_link *links = NULL;
	struct net_ifaddr *addrs = NULL;
	size_t nlinks = 0, naddrs = 0, i;
	int rc;

	w->looked_ns = clock_mono_ns();
	rc = sys_links(w->sys, &links, &nlinks);
	if (rc == 0)
		rc = sys_addrs(w->sys, &addrs, &naddrs);
	w->relook = rc != 0;
	log_change(&w->trouble, rc, "%s: reading of links", w->source);
	for (i = 0; i < w->nlines && rc == 0; i++)
		line_links(&w->lines[i], links, nlinks, addrs, naddrs);
	w->gone &= rc != 0;
	free(links);
	if (rc != 0) {
		free(addrs);
		return;
	}
	free(w->addrs);
	w->addrs = addrs;
	w->naddrs = naddrs;
}

static void
soon_fired(struct timer *t, int64_t now_ns)
{
	struct worker *w = t->arg;

	(void)now_ns;
	w->soon_set = false;
	worker_look(w);
}

void
worker_look_init(struct worker *w)
{
	w->soon.fire = soon_fired;
	w->soon.arg = w;
}

/* At once, but in a storm no more often than that; no storm puts it off. */
static void
look_soon(struct worker *w)
{
	int64_t due_ns = w->looked_ns + SOON;

	if (w->soon_set)
		return;
	if (due_ns <= clock_mono_ns()) {
		w->relook = true;
		return;
	}
	w->soon_set = true;
	MUST(timers_set(w->timers, &w->soon, due_ns) == 0);
}

/* Others' interfaces may come and go by the hundred: they are none of ours. */
static bool
concerns(const struct worker *w, const struct sys_notice *note)
{
	size_t i;

	for (i = 0; i < w->nlines; i++)
		if (line_concerns(&w->lines[i], &note->link))
			return true;
	return false;
}

/* The way by a line may be gone: nothing more is sent before it is known. */
static bool
is_urgent(const struct worker *w, const struct sys_notice *note)
{
	switch (note->kind) {
	case SYS_NOTICE_RULE:
		return note->gone;
	case SYS_NOTICE_ROUTE:
		return note->gone && (note->link.index == 0 ||
		    concerns(w, note));
	default:
		return concerns(w, note);
	}
}

void
worker_notices(struct worker *w)
{
	struct sys_notice note;
	int rc;

	while ((rc = sys_watch_next(w->sys, &note)) == 1) {
		if (w->relook && w->gone)
			continue;
		if (is_urgent(w, &note)) {
			w->relook = true;
			w->gone |= note.gone;
		} else if (note.kind == SYS_NOTICE_ROUTE ||
		    note.kind == SYS_NOTICE_RULE) {
			look_soon(w);
		}
	}
	/* Lost notices, too, mean no more than "look again". */
	if (rc != 0)
		w->relook = w->gone = true;
}
