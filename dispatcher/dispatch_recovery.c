/* SPDX-License-Identifier: ISC */
/*
 * dispatch_recovery: the ladder's hands.  What is seen of each uplink goes to
 * ladder.c; the step that it allows is journalled and becomes a job in the
 * lane `modem`; when the line returns the job is taken back wherever it is.
 * That a ladder is given up is journalled as a job, too, which is done by
 * being on disk.
 */
#include <sys/socket.h>

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actions/mail_text.h"
#include "dispatcher/dispatch.h"
#include "lib/clock.h"
#include "lib/log.h"

#define FRESH		(5 * NS_PER_S)	/* heartbeats come every second */
#define SHUT_AGAIN	(3 * NS_PER_S / 2)
#define LANE		"modem"
#define KEY		"recovery"	/* of all uplinks: never two modems */

int
recovery_open(struct dispatch *d)
{
	return ladder_init(&d->ladder, d->conf);
}

void
recovery_close(struct dispatch *d)
{
	ladder_free(&d->ladder);
}

void
recovery_said(struct station *st, enum level level)
{
	if (level == LEVEL_UNKNOWN)
		return;
	st->rec.said = level;
	st->rec.said_ns = clock_mono_ns();
}

/* ---- what is seen */

static bool
is_fresh(const struct station *st, int64_t now_ns)
{
	return st->rec.said != 0 && now_ns - st->rec.said_ns < FRESH;
}

/*
 * A former process's word is no evidence: the line may have returned while
 * nobody looked.  An opinion is none either: who wants a line not to be used
 * does not say that its modem is broken.
 */
static bool
has_evidence(const struct station *st, int64_t now_ns)
{
	const struct uplink *u = &st->up;

	if (u->state != UPLINK_DOWN || u->level != LEVEL_DOWN ||
	    u->cause == CAUSE_OPERATOR || u->cause == CAUSE_ADVISOR)
		return false;
	if (!is_fresh(st, now_ns) || st->rec.said != LEVEL_DOWN)
		return false;
	return u->conf->recovery.when == CONF_WHEN_ANY ||
	    u->cause == CAUSE_GATEWAY || u->cause == CAUSE_CARRIER;
}

/* By its probes, not by what an advisor believes. */
static bool
does_work(const struct station *st, int64_t now_ns)
{
	return st->up.state != UPLINK_DOWN && is_fresh(st, now_ns) &&
	    (st->rec.said == LEVEL_UP || st->rec.said == LEVEL_DEGRADED) &&
	    (st->up.level == LEVEL_UP || st->up.level == LEVEL_DEGRADED);
}

/* One that is not there at all is no administrator's word. */
static bool
is_shut(const char *ifname)
{
	struct ifaddrs *list = NULL, *a;
	bool shut = false;

	if (getifaddrs(&list) == -1)
		return true;
	for (a = list; a != NULL; a = a->ifa_next)
		if (strcmp(a->ifa_name, ifname) == 0)
			shut = (a->ifa_flags & IFF_UP) == 0;
	freeifaddrs(list);
	return shut;
}

static void
see(const struct dispatch *d, struct ladder_sight *sights, int64_t now_ns)
{
	const struct station *st;
	size_t i;

	for (i = 0; i < d->conf->nuplinks; i++) {
		st = &d->stations[i];
		sights[i].evidence = has_evidence(st, now_ns);
		sights[i].works = does_work(st, now_ns);
		sights[i].shut = st->rec.shut_until_ns > now_ns;
	}
}

/* ---- what was done */

static struct rung *
rung_new(struct station *st, size_t step, int64_t wall_ms)
{
	struct recovery *rec = &st->rec;
	struct rung *r;

	if (rec->nrungs == RECOVERY_RUNGS) {
		memmove(&rec->rungs[0], &rec->rungs[1],
		    sizeof(rec->rungs) - sizeof(rec->rungs[0]));
		rec->nrungs--;
	}
	r = &rec->rungs[rec->nrungs++];
	r->step = step;
	r->wall_ms = wall_ms;
	snprintf(r->text, sizeof(r->text), "no end known");
	return r;
}

static void
rung_text(struct station *st, const char *text)
{
	struct recovery *rec = &st->rec;

	if (rec->nrungs > 0 && rec->rung_open)
		snprintf(rec->rungs[rec->nrungs - 1].text,
		    sizeof(rec->rungs[0].text), "%.150s", text);
	rec->rung_open = false;
}

/* The journal's entry of a job of ours; NULL: no memory. */
static struct journal_op *
entry_of(struct dispatch *d, size_t i, const char *action, size_t step)
{
	struct station *st = &d->stations[i];
	struct journal_op *op = entry_new("", &st->down_msg.head);
	struct job *j;

	if (op == NULL)
		return NULL;
	op->kind = JOURNAL_JOBS;
	op->event_id = st->down_event;
	j = job_new(d, i, &st->down_msg, st->down_event);
	if (j != NULL) {
		j->what = POWER_RECOVERY;
		j->index = (uint32_t)step;
		job_name(j, action, LANE);
		snprintf(j->key, sizeof(j->key), KEY);
		/* Not `every`: those are taken up again from the disk. */
		j->cancel = true;
		j->timeout_ns = st->up.conf->recovery.steps[step].timeout_ns;
		j->tries_max = 1;
	}
	if (jobs_add(op, j) != 0)
		entry_drop(&op);
	return op;
}

static void
start_step(struct dispatch *d, size_t i, int64_t now_ns)
{
	struct station *st = &d->stations[i];
	const struct conf_recovery *conf = &st->up.conf->recovery;
	char span[CLOCK_TEXT_MAX];
	size_t step = ladder_start(&d->ladder, i, now_ns);
	struct journal_op *op;

	st->rec.rung_open = true;
	(void)rung_new(st, step, clock_wall_ms());
	log_notice("recovery %s: step %zu of %zu (%s, down for %s)",
	    st->up.conf->name, step + 1, conf->nsteps,
	    conf->steps[step].kind->name, clock_span((clock_wall_ms() -
	    st->down_wall_ms) * NS_PER_MS, span));
	/* Its way to the disk may end at once, in recovery_lost. */
	st->rec.on_disk = false;
	st->rec.job = d->job_id + 1;
	op = entry_of(d, i, "recovery", step);
	if (op != NULL)
		entry_submit(d, op);
	else {
		log_err("recovery %s: step not started: no memory",
		    st->up.conf->name);
		st->rec.job = 0;
		ladder_end(&d->ladder, i, now_ns);
		rung_text(st, "not started: no memory");
	}
}

static void
letter(struct dispatch *d, size_t i, const char *why, const char *again,
    struct journal_op *op)
{
	const struct station *st = &d->stations[i];
	const struct conf_recovery *conf = &st->up.conf->recovery;
	char body[8192] = "", subject[96], at[CLOCK_TEXT_MAX];
	struct mail_text text = { .at = body, .max = sizeof(body) };
	const struct rung *r;
	size_t k;

	snprintf(subject, sizeof(subject), "recovery of %s is given up",
	    st->up.conf->name);
	mail_put(&text, "%s is still down (cause: %s), since %s.\n"
	    "Its recovery is given up: %s.\nIt begins again %s, unless the "
	    "line returns before.\n\nSteps of this outage:\n",
	    st->up.conf->name, cause_name(st->up.cause),
	    clock_text(st->down_wall_ms, at), why, again);
	for (k = 0; k < st->rec.nrungs; k++) {
		r = &st->rec.rungs[k];
		mail_put(&text, "  %s  step %zu of %zu: %s\n",
		    clock_text(r->wall_ms, at), r->step + 1, conf->nsteps,
		    r->text);
	}
	if (st->rec.nrungs == 0)
		mail_put(&text, "  none\n");
	if (outbox_notice(d, i, subject, body, op) != 0)
		log_err("recovery %s: no letter: no memory",
		    st->up.conf->name);
}

/*
 * The letter and the mark that it was written are one entry: a crash leaves
 * both or none, so it comes once, or again under its own Message-ID.
 */
static void
give_up(struct dispatch *d, size_t i, const struct ladder_word *w,
    int64_t now_ns)
{
	struct station *st = &d->stations[i];
	const char *why = w->state == LADDER_BUDGET ?
	    "its budget is used up" : "all steps were tried";
	char again[64], at[CLOCK_TEXT_MAX];
	struct journal_op *op = entry_of(d, i, JOURNAL_GIVEN_UP, w->step);

	snprintf(again, sizeof(again), "at %s at the earliest",
	    clock_text(clock_wall_ms() + (w->until_ns - now_ns) / NS_PER_MS,
	    at));
	log_warning("recovery %s: given up: %s (again=%s)",
	    st->up.conf->name, why, at);
	letter(d, i, why, again, op);
	ladder_told(&d->ladder, i);
	st->rec.why = why;
	if (op != NULL)
		entry_submit(d, op);
}

/* ---- the loop */

void
recovery_look(struct dispatch *d, int64_t now_ns)
{
	struct ladder_sight sights[CONF_UPLINKS_MAX];
	struct station *st;
	struct ladder_word w;
	ssize_t next;
	size_t i;

	see(d, sights, now_ns);
	while ((next = ladder_next(&d->ladder, sights, now_ns)) != -1) {
		st = &d->stations[next];
		if (is_shut(st->up.conf->ifname)) {
			st->rec.shut_until_ns = now_ns + SHUT_AGAIN;
			sights[next].shut = true;
			continue;
		}
		start_step(d, (size_t)next, now_ns);
	}
	for (i = 0; i < d->conf->nuplinks; i++)
		if (ladder_gives_up(&d->ladder, i, sights, now_ns)) {
			w = ladder_at(&d->ladder, i, sights, now_ns);
			give_up(d, i, &w, now_ns);
		}
}

int64_t
recovery_due(const struct dispatch *d, int64_t now_ns)
{
	struct ladder_sight sights[CONF_UPLINKS_MAX];

	see(d, sights, now_ns);
	return ladder_due(&d->ladder, sights, now_ns);
}

void
recovery_begin(struct dispatch *d, size_t i)
{
	struct station *st = &d->stations[i];

	st->rec.nrungs = 0;
	st->rec.rung_open = false;
	ladder_begin(&d->ladder, i, clock_mono_ns());
}

void
recovery_return(struct dispatch *d, size_t i)
{
	struct station *st = &d->stations[i];

	ladder_return(&d->ladder, i);
	if (st->rec.job == 0)
		return;
	if (st->rec.on_disk) {
		/* The only one that there is with this key. */
		jobs_drop(d, LANE, KEY);
		return;
	}
	/* On its way to the disk: see recovery_keeps. */
	st->rec.job = 0;
	ladder_end(&d->ladder, i, clock_mono_ns());
	rung_text(st, "not started: the line had returned");
}

static void
end_unrun(struct dispatch *d, const struct job *j, enum job_phase phase,
    const char *text)
{
	struct lane_note n;

	lane_note_of(&n, j, phase);
	/* It took no time, but it has an end. */
	n.took_ns = 0;
	snprintf(n.result.text, sizeof(n.result.text), "%s", text);
	jobs_note(d, &n);
}

/* The disk may have taken long. */
static bool
is_still_wanted(const struct dispatch *d, size_t i)
{
	struct ladder_sight sights[CONF_UPLINKS_MAX];

	see(d, sights, clock_mono_ns());
	return ladder_still(&d->ladder, i, sights) &&
	    !is_shut(d->conf->uplinks[i].ifname);
}

bool
recovery_keeps(struct dispatch *d, struct job **jp)
{
	struct job *j = *jp;
	struct station *st = &d->stations[j->uplink];

	if (j->what != POWER_RECOVERY)
		return false;
	if (j->id == st->rec.job) {
		st->rec.on_disk = true;
		if (is_still_wanted(d, j->uplink))
			return false;
		end_unrun(d, j, JOB_CANCELLED, "not run: what allowed it has "
		    "changed");
	} else if (strcmp(j->action, JOURNAL_GIVEN_UP) == 0)
		end_unrun(d, j, JOB_DONE, st->rec.why);
	else
		end_unrun(d, j, JOB_CANCELLED, "the line had returned");
	job_free(j);
	*jp = NULL;
	return true;
}

void
recovery_lost(struct dispatch *d, const struct journal_op *op)
{
	struct station *st;
	size_t k, i;

	for (k = 0; k < op->njobs; k++) {
		i = op->jobs[k]->uplink;
		st = &d->stations[i];
		if (st->rec.job == 0 || st->rec.job != op->jobs[k]->id)
			continue;
		st->rec.job = 0;
		ladder_end(&d->ladder, i, clock_mono_ns());
		rung_text(st, "not started: the disk is full");
	}
}

void
recovery_note(struct dispatch *d, const struct lane_note *n)
{
	struct station *st = &d->stations[n->uplink];

	if (n->what != POWER_RECOVERY || n->job_id != st->rec.job ||
	    st->rec.job == 0 || n->phase == JOB_STARTED)
		return;
	st->rec.job = 0;
	ladder_end(&d->ladder, n->uplink, clock_mono_ns());
	rung_text(st, n->result.text[0] != '\0' ? n->result.text :
	    job_phase_name(n->phase));
}

/* ---- a start */

static void
close_rung(struct dispatch *d, const struct journal_rung *r)
{
	struct journal_op *op = calloc(1, sizeof(*op));

	/* Without this entry it is cut off once more by the next start. */
	if (op == NULL)
		return;
	op->kind = JOURNAL_JOB;
	op->event_id = r->event_id;
	op->job_id = r->job_id;
	op->phase = r->given_up ? JOB_DONE : JOB_CANCELLED;
	op->tries = 1;
	op->wall_ms = r->end_ms;
	snprintf(op->text, sizeof(op->text), "%s", r->given_up ? "" :
	    "cut off by a restart of the daemon");
	entry_submit(d, op);
}

void
recovery_restore(struct dispatch *d, struct journal_past *past)
{
	uint64_t outages[CONF_UPLINKS_MAX] = { 0 };
	int64_t now_ns = clock_mono_ns(), now_ms = clock_wall_ms(), ago_ms;
	const struct journal_rung *r;
	struct station *st;
	size_t i;

	for (i = 0; i < d->conf->nuplinks; i++) {
		st = &d->stations[i];
		if (st->up.state != UPLINK_DOWN || st->down_event == 0)
			continue;
		outages[i] = st->down_event;
		ago_ms = now_ms - st->down_wall_ms;
		ladder_begin(&d->ladder, i, now_ns - (ago_ms > 0 ? ago_ms :
		    0) * NS_PER_MS);
	}
	ladder_restore_past(&d->ladder, past, outages, now_ns, now_ms);
	for (i = 0; i < past->nrungs; i++) {
		r = &past->rungs[i];
		st = &d->stations[r->uplink];
		if (r->cut)
			close_rung(d, r);
		if (r->event_id != st->down_event || r->given_up)
			continue;
		snprintf(rung_new(st, r->step, r->start_ms)->text,
		    sizeof(st->rec.rungs[0].text), "%.150s", r->cut ?
		    "cut off by a restart of the daemon" : r->text);
	}
}

/* ---- status */

void
recovery_state(const struct dispatch *d, size_t i, struct state_line *s)
{
	static const struct {
		const char	*before, *after;
	} words[] = {
		[LADDER_TIME] = { "", "" },
		[LADDER_RUNS] = { "", " runs" },
		[LADDER_SETTLES] = { "settling before ", "" },
		[LADDER_OVER] = { "given up, ", " again" },
		[LADDER_EVIDENCE] = { "", " waits for evidence" },
		[LADDER_SHUT] = { "", " waits: the interface is taken down" },
		[LADDER_ALONE] = { "", " waits: no other line works" },
		[LADDER_BUDGET] = { "given up: budget used up, ", "" },
		[LADDER_OTHER] = { "", " waits for another modem" },
		[LADDER_NOW] = { "", " now" },
	};
	struct ladder_sight sights[CONF_UPLINKS_MAX];
	int64_t now_ns = clock_mono_ns();
	struct ladder_word w;

	see(d, sights, now_ns);
	w = ladder_at(&d->ladder, i, sights, now_ns);
	if (w.state == LADDER_NONE)
		return;
	snprintf(s->recovery, sizeof(s->recovery), "%sstep %zu of %zu%s",
	    words[w.state].before, w.step + 1,
	    d->conf->uplinks[i].recovery.nsteps, words[w.state].after);
	if (w.until_ns != CLOCK_NEVER && w.until_ns > now_ns)
		s->recovery_left_ms = (w.until_ns - now_ns) / NS_PER_MS;
}
