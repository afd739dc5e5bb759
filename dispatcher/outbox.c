/* SPDX-License-Identifier: ISC */
/*
 * outbox: see outbox.h.  A letter is on exactly one of two lists: waiting
 * for the end of its fold, or in the queue.  The place in the queue is given
 * when it gets there, and is the order of delivery, also after a restart.
 */
#include "dispatcher/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dispatcher/retry.h"
#include "lib/clock.h"

static const char *const states[] = {
	[LETTER_WAITING] = "waiting", [LETTER_COUNTED] = "counted",
	[LETTER_QUEUED] = "queued", [LETTER_SENT] = "sent",
	[LETTER_EXPIRED] = "expired", [LETTER_TOLD] = "told",
	[LETTER_REFUSED] = "refused",
};

#define NSTATES	(sizeof(states) / sizeof(states[0]))

const char *
letter_state_name(enum letter_state s)
{
	return s > 0 && (size_t)s < NSTATES ? states[s] : NULL;
}

enum letter_state
letter_state_parse(const char *s)
{
	size_t i;

	for (i = 1; i < NSTATES; i++)
		if (strcmp(states[i], s) == 0)
			return (enum letter_state)i;
	return 0;
}

static void
free_list(struct letter **list)
{
	struct letter *l;

	while ((l = *list) != NULL) {
		*list = l->next;
		letter_free(l);
	}
}

void
letter_free(struct letter *l)
{
	if (l == NULL)
		return;
	free_list(&l->lost);
	free(l->event);
	free(l->begin);
	free(l->subject);
	free(l->body);
	free(l->tally);
	free(l->text);
	free(l);
}

int
outbox_init(struct outbox *o, const struct outbox_conf *conf)
{
	memset(o, 0, sizeof(*o));
	o->conf = *conf;
	o->window = calloc((size_t)conf->limit.n, sizeof(*o->window));
	o->tally = calloc(conf->nuplinks, sizeof(*o->tally));
	return o->window == NULL || o->tally == NULL ? -ENOMEM : 0;
}

void
outbox_free(struct outbox *o)
{
	free_list(&o->waiting);
	free_list(&o->queue);
	free_list(&o->rows);
	free_list(&o->lost);
	free(o->window);
	free(o->tally);
	memset(o, 0, sizeof(*o));
}

/* ---- the limit */

/* When there is room for one more; at most now if there is. */
static int64_t
room_ns(const struct outbox *o)
{
	/* Full: the place to be written next holds the oldest. */
	if (o->used < (size_t)o->conf.limit.n)
		return INT64_MIN;
	return o->window[o->at] + o->conf.limit.per_ns;
}

void
outbox_restore_window(struct outbox *o, int64_t queued_ns)
{
	size_t n = (size_t)o->conf.limit.n;

	o->window[o->at] = queued_ns;
	o->at = (o->at + 1) % n;
	if (o->used < n)
		o->used++;
}

static void
touch(struct letter *l)
{
	l->rev++;
	l->dirty = true;
}

static void
append(struct letter **list, struct letter *l)
{
	while (*list != NULL)
		list = &(*list)->next;
	l->next = NULL;
	*list = l;
}

static void
enqueue(struct outbox *o, struct letter *l, int64_t now_ns)
{
	l->state = LETTER_QUEUED;
	l->place = ++o->place;
	l->not_before_ns = now_ns;
	touch(l);
	append(&o->queue, l);
	outbox_restore_window(o, now_ns);
}

static void
count_one(struct outbox *o, uint32_t uplink, const struct msg *m)
{
	struct tally *t = &o->tally[uplink];

	if (t->first_ms == 0 || m->head.wall_ms < t->first_ms)
		t->first_ms = m->head.wall_ms;
	if (m->head.wall_ms > t->last_ms)
		t->last_ms = m->head.wall_ms;
	t->level[m->u.event.level]++;
	o->counted++;
}

static void
count(struct outbox *o, const struct letter *l)
{
	if (l->event != NULL)
		count_one(o, l->uplink, l->event);
	/* A return that is not folded has had a letter for its beginning. */
	if (l->kind == LETTER_FOLDED && l->begin != NULL)
		count_one(o, l->uplink, l->begin);
}

/* ---- new letters */

static struct msg *
msg_dup(const struct msg *m)
{
	struct msg *copy = malloc(sizeof(*copy));

	if (copy != NULL)
		*copy = *m;
	return copy;
}

static struct letter *
letter_new(struct outbox *o, int64_t now_ns, enum letter_kind kind,
    uint32_t uplink)
{
	struct letter *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->id = ++o->id;
	l->kind = kind;
	l->state = LETTER_WAITING;
	l->uplink = uplink;
	l->made_ns = l->due_ns = now_ns;
	touch(l);
	return l;
}

/*
 * The newest fault of the uplink that waits: is over, when the line is
 * well again, or better than it was; else its time has come, so that letters
 * stay in the order of events.  True: the new event is in it.
 */
static int
fold(struct outbox *o, int64_t now_ns, uint32_t uplink, const struct msg *m,
    uint64_t event_id, bool *folded)
{
	enum level level = m->u.event.level;
	struct letter *l, *w = NULL;
	struct msg *end;

	*folded = false;
	for (l = o->waiting; l != NULL; l = l->next)
		if (l->uplink == uplink && l->kind == LETTER_EVENT &&
		    l->due_ns > now_ns)
			w = l;
	if (w == NULL)
		return 0;
	w->due_ns = now_ns;
	touch(w);
	if (w->event->u.event.level == LEVEL_UNKNOWN || level >=
	    w->event->u.event.level)
		return 0;
	end = msg_dup(m);
	if (end == NULL)
		return -ENOMEM;
	w->begin = w->event;
	w->begin_id = w->event_id;
	w->event = end;
	w->event_id = event_id;
	w->kind = LETTER_FOLDED;
	*folded = true;
	return 0;
}

int
outbox_event(struct outbox *o, int64_t now_ns, uint32_t uplink,
    const struct msg *m, uint64_t event_id, const struct msg *begin,
    uint64_t begin_id, bool wanted)
{
	struct letter *l;
	bool folded;
	int rc;

	rc = fold(o, now_ns, uplink, m, event_id, &folded);
	if (rc != 0 || folded || !wanted)
		return rc;
	l = letter_new(o, now_ns, LETTER_EVENT, uplink);
	if (l == NULL)
		return -ENOMEM;
	l->made_ms = m->head.wall_ms;
	l->event = msg_dup(m);
	l->event_id = event_id;
	if (begin != NULL) {
		l->begin = msg_dup(begin);
		l->begin_id = begin_id;
	}
	if (l->event == NULL || (begin != NULL && l->begin == NULL)) {
		letter_free(l);
		return -ENOMEM;
	}
	if (m->u.event.level != LEVEL_UP)
		l->due_ns = now_ns + o->conf.fold_ns;
	append(&o->waiting, l);
	return 0;
}

void
outbox_hold(struct outbox *o, uint64_t event_id, int64_t due_ns)
{
	struct letter *l;

	for (l = o->waiting; l != NULL; l = l->next)
		if (l->event_id == event_id && l->due_ns < due_ns) {
			l->due_ns = due_ns;
			touch(l);
		}
}

int
outbox_add_notice(struct outbox *o, int64_t now_ns, uint32_t uplink,
    const char *subject, const char *body)
{
	struct letter *l = letter_new(o, now_ns, LETTER_NOTICE, uplink);

	if (l == NULL)
		return -ENOMEM;
	l->subject = strdup(subject);
	l->body = strdup(body);
	if (l->subject == NULL || l->body == NULL) {
		letter_free(l);
		return -ENOMEM;
	}
	append(&o->waiting, l);
	return 0;
}

/* ---- what is due */

static int
begin_digest(struct outbox *o, int64_t now_ns)
{
	struct tally *fresh = calloc(o->conf.nuplinks, sizeof(*fresh));
	struct letter *l;

	l = fresh == NULL ? NULL : letter_new(o, now_ns, LETTER_DIGEST, 0);
	if (l == NULL) {
		free(fresh);
		return -ENOMEM;
	}
	l->tally = o->tally;
	o->tally = fresh;
	o->counted = 0;
	o->told_upto = l->id;
	enqueue(o, l, now_ns);
	return 0;
}

/* Only now: before one got through, this one would not either. */
static int
begin_loss(struct outbox *o, int64_t now_ns)
{
	struct letter *l = letter_new(o, now_ns, LETTER_LOSS, o->lost->uplink);

	if (l == NULL)
		return -ENOMEM;
	l->lost = o->lost;
	o->lost = NULL;
	enqueue(o, l, now_ns);
	return 0;
}

/* The first of those that are due: by time, among equals by age. */
static struct letter **
first_due(struct outbox *o, int64_t now_ns)
{
	struct letter **at, **best = NULL;

	for (at = &o->waiting; *at != NULL; at = &(*at)->next)
		if ((*at)->due_ns <= now_ns &&
		    (best == NULL || (*at)->due_ns < (*best)->due_ns))
			best = at;
	return best;
}

int
outbox_run(struct outbox *o, int64_t now_ns)
{
	struct letter **at, *l;
	int rc = 0;

	if (o->counted > 0 && room_ns(o) <= now_ns)
		rc = begin_digest(o, now_ns);
	if (o->lost != NULL && o->passable && begin_loss(o, now_ns) != 0)
		rc = -ENOMEM;
	while ((at = first_due(o, now_ns)) != NULL) {
		l = *at;
		*at = l->next;
		if (l->kind == LETTER_NOTICE ||
		    (o->counted == 0 && room_ns(o) <= now_ns)) {
			enqueue(o, l, now_ns);
			continue;
		}
		count(o, l);
		l->state = LETTER_COUNTED;
		touch(l);
		append(&o->rows, l);
	}
	return rc;
}

int64_t
outbox_due(const struct outbox *o)
{
	int64_t due = CLOCK_NEVER;
	const struct letter *l;

	for (l = o->waiting; l != NULL; l = l->next)
		if (l->due_ns < due)
			due = l->due_ns;
	if (o->counted > 0 && room_ns(o) < due)
		due = room_ns(o);
	l = o->queue;
	if (l != NULL && !o->flying && l->stored && l->not_before_ns < due)
		due = l->not_before_ns;
	return due;
}

/* ---- delivery */

struct letter *
outbox_head(struct outbox *o, int64_t now_ns)
{
	struct letter *l = o->queue;

	/* What is not on disk would come again under another number. */
	if (l == NULL || o->flying || !l->stored || l->not_before_ns > now_ns)
		return NULL;
	o->flying = true;
	o->kicked = false;
	return l;
}

static int64_t
pause_ns(const struct outbox *o, int tries)
{
	int64_t pause = retry_pause(o->conf.retry_ns, tries);

	return pause < RETRY_PAUSE_MAX ? pause : RETRY_PAUSE_MAX;
}

/* When the head may be tried because a line has returned. */
static void
hurry(struct outbox *o, struct letter *l, int64_t now_ns)
{
	l->not_before_ns = retry_hurry(l->not_before_ns, o->conf.retry_ns,
	    &o->kick_ns, now_ns);
}

/* A server that is being mended says such things, too: not at once. */
static bool
is_refused(const struct outbox *o, struct letter *l, int64_t now_ns)
{
	if (l->refusals++ == 0)
		l->refused_ns = now_ns;
	return l->refusals >= OUTBOX_REFUSALS && now_ns - l->refused_ns >=
	    OUTBOX_REFUSED_PAUSES * o->conf.retry_ns;
}

static enum letter_state
state_after(const struct outbox *o, struct letter *l, int64_t now_ns,
    enum outbox_end end)
{
	if (end == OUTBOX_SENT)
		return LETTER_SENT;
	if ((end == OUTBOX_REFUSED || end == OUTBOX_UNSURE) &&
	    is_refused(o, l, now_ns) && (end == OUTBOX_REFUSED || l->passed))
		return LETTER_REFUSED;
	return now_ns - l->made_ns < o->conf.expire_ns ? LETTER_QUEUED :
	    LETTER_EXPIRED;
}

/* The two first ones, as their rows will have it after a restart. */
static void
swap(struct outbox *o)
{
	struct letter *a = o->queue, *b = a->next;
	uint64_t place = a->place;

	a->place = b->place;
	b->place = place;
	a->next = b->next;
	b->next = a;
	o->queue = b;
	touch(a);
	touch(b);
}

/*
 * A way out that is broken fails for the next one, too, which then goes behind
 * again; so none is lost by it, and none out of order.
 */
static void
step_aside(struct outbox *o, struct letter *l, int64_t now_ns)
{
	if (o->aside != NULL || l->refusals < OUTBOX_REFUSALS || now_ns -
	    l->refused_ns < OUTBOX_REFUSED_PAUSES * o->conf.retry_ns ||
	    l->next == NULL || !l->next->stored)
		return;
	o->aside = l;
	swap(o);
}

/* The head, for which another one stepped aside, has had its try. */
static void
come_back(struct outbox *o, enum letter_state state, int64_t now_ns)
{
	struct letter *l = o->aside;

	o->aside = NULL;
	if (state == LETTER_QUEUED)
		swap(o);
	if (state != LETTER_SENT)
		return;
	l->passed = true;
	l->not_before_ns = now_ns;
}

struct letter *
outbox_ended(struct outbox *o, int64_t now_ns, enum outbox_end end)
{
	struct letter *l = o->queue;

	if (l == NULL || !o->flying)
		return NULL;
	o->flying = false;
	l->tries++;
	touch(l);
	l->state = state_after(o, l, now_ns, end);
	if (o->aside != NULL)
		come_back(o, l->state, now_ns);
	else if (l->state == LETTER_QUEUED && end == OUTBOX_UNSURE)
		step_aside(o, l, now_ns);
	if (l->state == LETTER_QUEUED) {
		l->not_before_ns = now_ns + pause_ns(o, l->tries);
		if (o->kicked)
			hurry(o, l, now_ns);
		return NULL;
	}
	if (l->state == LETTER_SENT)
		o->passable = true;
	o->queue = l->next;
	l->next = NULL;
	return l;
}

void
outbox_lose(struct outbox *o, struct letter *l)
{
	o->passable = false;
	/* Or they would tell of each other for ever. */
	if (l->kind == LETTER_LOSS)
		letter_free(l);
	else
		append(&o->lost, l);
}

void
outbox_told(struct outbox *o, struct letter *loss)
{
	struct letter *l;

	while ((l = loss->lost) != NULL) {
		loss->lost = l->next;
		l->state = LETTER_TOLD;
		touch(l);
		append(&o->rows, l);
	}
}

void
outbox_kick(struct outbox *o, int64_t now_ns)
{
	/* One that is on its way may be waiting for the line that was. */
	o->kicked = true;
	if (o->queue != NULL && !o->flying)
		hurry(o, o->queue, now_ns);
}

/* ---- after a restart */

void
outbox_restore(struct outbox *o, struct letter *l)
{
	struct letter **at = &o->queue;

	if (l->id > o->id)
		o->id = l->id;
	if (l->place > o->place)
		o->place = l->place;
	if (l->state == LETTER_COUNTED) {
		count(o, l);
		letter_free(l);
		return;
	}
	if (l->state == LETTER_WAITING || l->state == LETTER_EXPIRED ||
	    l->state == LETTER_REFUSED) {
		append(l->state == LETTER_WAITING ? &o->waiting : &o->lost, l);
		return;
	}
	while (*at != NULL && (*at)->place <= l->place)
		at = &(*at)->next;
	l->next = *at;
	*at = l;
}
