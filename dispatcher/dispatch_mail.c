/* SPDX-License-Identifier: ISC */
/*
 * dispatch_mail: the outbox's hands.  A letter gets its row with its event,
 * its text when it is due, and goes to the lane `mail` when that is on disk;
 * so a crash repeats at most the one that was on its way, under the same
 * Message-ID.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actions/mail.h"
#include "dispatcher/dispatch.h"
#include "dispatcher/letter.h"
#include "lib/clock.h"
#include "lib/log.h"

#define FLOWS_COUNTED	(2 * NS_PER_S)

static bool
is_on(const struct dispatch *d)
{
	return d->conf->mail.to != NULL;
}

int
mail_open(struct dispatch *d)
{
	const struct conf_mail *m = &d->conf->mail;
	struct outbox_conf c = { .fold_ns = m->fold_ns, .limit = m->limit,
	    .expire_ns = m->expire_ns, .retry_ns = m->retry_wait_ns,
	    .nuplinks = d->conf->nuplinks };

	if (!is_on(d))
		return 0;
	if (gethostname(d->host, sizeof(d->host) - 1) == -1)
		snprintf(d->host, sizeof(d->host), "localhost");
	return outbox_init(&d->outbox, &c);
}

void
mail_close(struct dispatch *d)
{
	if (is_on(d))
		outbox_free(&d->outbox);
}

/* ---- rows */

static bool
copy(char **to, const char *from)
{
	*to = from == NULL ? NULL : strdup(from);
	return from == NULL || *to != NULL;
}

static int
add_row(struct dispatch *d, struct journal_op *op, struct letter *l)
{
	struct journal_letter *list, *row;

	list = realloc(op->letters, (op->nletters + 1) * sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	op->letters = list;
	row = &list[op->nletters];
	memset(row, 0, sizeof(*row));
	row->id = l->id;
	row->rev = l->rev;
	row->kind = l->kind;
	row->state = l->state;
	snprintf(row->uplink, sizeof(row->uplink), "%s",
	    d->conf->uplinks[l->uplink].name);
	row->event_id = l->event_id;
	row->begin_id = l->begin_id;
	row->place = l->place;
	row->made_ms = l->made_ms;
	row->queued_ms = l->queued_ms;
	row->tries = l->tries;
	if (!copy(&row->subject, l->subject) || !copy(&row->body, l->body) ||
	    (!l->stored && !copy(&row->text, l->text))) {
		journal_letter_free(row);
		return -ENOMEM;
	}
	op->nletters++;
	l->dirty = false;
	return 0;
}

static int
add_dirty(struct dispatch *d, struct journal_op *op, struct letter *list)
{
	int rc = 0;

	for (; list != NULL && rc == 0; list = list->next)
		if (list->dirty)
			rc = add_row(d, op, list);
	return rc;
}

/* What does not get its row now gets it in the next turn. */
static int
add_rows(struct dispatch *d, struct journal_op *op)
{
	struct outbox *o = &d->outbox;
	struct letter *l;
	int rc;

	rc = add_dirty(d, op, o->waiting);
	if (rc == 0)
		rc = add_dirty(d, op, o->queue);
	while (rc == 0 && (l = o->rows) != NULL) {
		rc = add_row(d, op, l);
		if (rc != 0)
			break;
		o->rows = l->next;
		letter_free(l);
	}
	if (rc == 0 && o->told_upto != 0) {
		op->told_upto = o->told_upto;
		o->told_upto = 0;
	}
	return rc;
}

static struct journal_op *
letters_op(void)
{
	struct journal_op *op = calloc(1, sizeof(*op));

	if (op == NULL)
		return NULL;
	op->kind = JOURNAL_LETTERS;
	op->wall_ms = clock_wall_ms();
	return op;
}

static void
submit_rows(struct dispatch *d)
{
	struct journal_op *op = letters_op();

	if (op == NULL)
		return;
	(void)add_rows(d, op);
	if (op->nletters == 0 && op->told_upto == 0) {
		free(op);
		return;
	}
	entry_submit(d, op);
}

/*
 * Connections that are ended at once are counted within moments: the letter
 * is to tell of them.
 */
static void
wait_for_flows(struct dispatch *d, size_t uplink, const struct journal_op *op,
    bool ends)
{
	bool down = op->msg.u.event.level == LEVEL_DOWN;
	const struct option_flows *f = flow_policy_of(
	    &d->conf->uplinks[uplink].flows, down ? FLOW_DOWN : FLOW_UP);

	if ((down || ends) && (f->policy == OPTION_FLOWS_KILL ||
	    f->policy == OPTION_FLOWS_KILL_CHANGED))
		outbox_hold(&d->outbox, op->event_id, clock_mono_ns() +
		    FLOWS_COUNTED);
}

int
mail_of_event(struct dispatch *d, size_t uplink, struct journal_op *op)
{
	struct station *st = &d->stations[uplink];
	const struct event *ev = &op->msg.u.event;
	/* Not the beginning itself, and only while the outage lasts. */
	bool ends = st->down_wall_ms != 0 && st->down_event != 0 &&
	    st->down_event != op->event_id && (ev->level == LEVEL_UP ||
	    ev->level == LEVEL_DEGRADED);
	int rc;

	if (!is_on(d))
		return 0;
	if (ev->level != LEVEL_DOWN && ev->level != LEVEL_UNKNOWN)
		outbox_kick(&d->outbox, clock_mono_ns());
	rc = outbox_event(&d->outbox, clock_mono_ns(), (uint32_t)uplink,
	    &op->msg, op->event_id, ends ? &st->down_msg : NULL,
	    ends ? st->down_event : 0,
	    (d->conf->mail.on & (1u << ev->level)) != 0);
	wait_for_flows(d, uplink, op, ends);
	return rc == 0 ? add_rows(d, op) : rc;
}

int
outbox_notice(struct dispatch *d, size_t uplink, const char *subject,
    const char *body, struct journal_op *op)
{
	int rc;

	if (!is_on(d))
		return 0;
	rc = outbox_add_notice(&d->outbox, clock_mono_ns(), (uint32_t)uplink,
	    subject, body);
	if (rc != 0)
		return rc;
	/* Without memory for its row: with its text, in the next turn. */
	if (op != NULL)
		(void)add_rows(d, op);
	else
		submit_rows(d);
	return 0;
}

void
mail_stored(struct dispatch *d, const struct journal_op *op)
{
	struct letter *l;
	size_t i;

	for (i = 0; i < op->nletters; i++) {
		if (op->letters[i].text == NULL)
			continue;
		for (l = d->outbox.queue; l != NULL; l = l->next)
			if (l->id == op->letters[i].id)
				l->stored = true;
	}
}

/* ---- composing */

static void
own_addresses(const char *ifname, struct mail_context *c)
{
	struct ifaddrs *list = NULL, *a;
	struct net_addr addr;
	char text[NET_ADDR_TEXT];
	const void *at;

	if (getifaddrs(&list) == -1)
		return;
	for (a = list; a != NULL && c->nown < MAIL_ADDRS_MAX; a = a->ifa_next) {
		if (a->ifa_addr == NULL || strcmp(a->ifa_name, ifname) != 0)
			continue;
		if (a->ifa_addr->sa_family == AF_INET)
			at = &((struct sockaddr_in *)(void *)a->ifa_addr)->
			    sin_addr;
		else if (a->ifa_addr->sa_family == AF_INET6)
			at = &((struct sockaddr_in6 *)(void *)a->ifa_addr)->
			    sin6_addr;
		else
			continue;
		if (inet_ntop(a->ifa_addr->sa_family, at, text,
		    sizeof(text)) == NULL ||
		    net_addr_parse(text, &addr) != 0 ||
		    net_addr_linklocal(&addr))
			continue;
		c->own[c->nown++] = addr;
	}
	freeifaddrs(list);
}

static void
fill_context(struct dispatch *d, const struct letter *l,
    struct mail_context *c)
{
	const struct station *st = &d->stations[l->uplink];
	int64_t now_ns = clock_mono_ns();

	memset(c, 0, sizeof(*c));
	plan_carrying(d, c->carrying, sizeof(c->carrying));
	own_addresses(st->up.conf->ifname, c);
	if (st->up.hold_until_ns != CLOCK_NEVER &&
	    st->up.hold_until_ns > now_ns)
		c->held_until_ms = clock_wall_ms() +
		    (st->up.hold_until_ns - now_ns) / NS_PER_MS;
	/* Steps are of the newest outage; an older letter has none. */
	if (st->down_event != (l->begin_id != 0 ? l->begin_id : l->event_id))
		return;
	c->ndone = st->ndone;
	memcpy(c->done, st->done, sizeof(c->done));
}

static char *
compose(struct dispatch *d, const struct letter *l)
{
	char id[MAIL_ID_MAX];
	struct mail_head head = { .host = d->host, .id = mail_id(d->epoch,
	    l->id, d->host, id), .date_ms = clock_wall_ms() };
	enum level *levels = calloc(d->conf->nuplinks, sizeof(*levels));
	struct mail_context context;
	struct letter_case c = { .conf = d->conf, .head = &head,
	    .context = &context, .levels = levels };
	char *text;
	size_t i;

	if (levels == NULL)
		return NULL;
	for (i = 0; i < d->conf->nuplinks; i++)
		levels[i] = d->stations[i].up.level;
	fill_context(d, l, &context);
	text = letter_compose(&c, l);
	free(levels);
	return text;
}

static void
compose_queue(struct dispatch *d)
{
	struct letter *l;

	for (l = d->outbox.queue; l != NULL; l = l->next) {
		if (l->queued_ms == 0)
			l->queued_ms = clock_wall_ms();
		if (l->made_ms == 0)
			l->made_ms = l->queued_ms;
		if (l->text != NULL)
			continue;
		l->text = compose(d, l);
		if (l->text != NULL)
			outbox_told(&d->outbox, l);
		l->dirty = true;
		l->rev++;
	}
}

/* ---- delivery */

static struct job *
mail_job(struct dispatch *d, const struct letter *l)
{
	struct job *j = calloc(1, sizeof(*j));

	if (j == NULL || (j->text = strdup(l->text)) == NULL) {
		free(j);
		return NULL;
	}
	j->text_len = strlen(j->text);
	j->id = ++d->job_id;
	j->event_id = l->event_id;
	j->what = POWER_MAIL;
	j->uplink = l->uplink;
	j->conf = d->conf;
	if (l->event != NULL)
		j->event = *l->event;
	else {
		j->event.u.event.level = LEVEL_UNKNOWN;
		j->event.u.event.previous = LEVEL_UNKNOWN;
		j->event.u.event.cause = CAUSE_NONE;
	}
	snprintf(j->action, sizeof(j->action), "mail");
	snprintf(j->lane, sizeof(j->lane), "mail");
	snprintf(j->key, sizeof(j->key), "mail");
	j->every = true;
	j->timeout_ns = d->conf->mail.timeout_ns;
	j->tries = l->tries;
	j->tries_max = l->tries + 1;
	return j;
}

void
mail_pump(struct dispatch *d, int64_t now_ns)
{
	struct letter *l;
	struct job *j;

	if (!is_on(d))
		return;
	(void)outbox_run(&d->outbox, now_ns);
	compose_queue(d);
	submit_rows(d);
	l = outbox_head(&d->outbox, now_ns);
	if (l == NULL)
		return;
	j = mail_job(d, l);
	if (j != NULL)
		jobs_submit(d, &j);
	else
		(void)outbox_ended(&d->outbox, now_ns, OUTBOX_LATER);
}

/* Ready, but not the lane's yet. */
void
mail_load(const struct dispatch *d, uint64_t *waiting, int64_t *oldest_ms)
{
	const struct letter *l = is_on(d) ? d->outbox.queue : NULL;

	*waiting = 0;
	*oldest_ms = -1;
	if (l != NULL && d->outbox.flying)
		l = l->next;
	for (; l != NULL; l = l->next) {
		++*waiting;
		if (*oldest_ms == -1 || l->queued_ms < *oldest_ms)
			*oldest_ms = l->queued_ms;
	}
}

int64_t
mail_due(const struct dispatch *d)
{
	return is_on(d) ? outbox_due(&d->outbox) : CLOCK_NEVER;
}

void
mail_kick(struct dispatch *d)
{
	if (is_on(d))
		outbox_kick(&d->outbox, clock_mono_ns());
}

/* The same again says nothing new; that it is over does. */
static void
log_end(struct dispatch *d, const struct lane_note *n)
{
	const char *uplink = d->conf->uplinks[n->uplink].name;
	struct mail_health *h = &d->mail;
	char span[CLOCK_TEXT_MAX];

	if (n->phase != JOB_DONE) {
		if (strcmp(h->error, n->result.text) == 0)
			log_debug("action mail/%s: failed again (try=%d)",
			    uplink, n->tries);
		else
			log_warning("action mail/%s: failed: %s (try=%d)",
			    uplink, n->result.text, n->tries);
		snprintf(h->error, sizeof(h->error), "%s", n->result.text);
		h->failures++;
		return;
	}
	clock_span(n->took_ns, span);
	if (h->failures > 0)
		log_notice("action mail/%s: done (took=%s after %u failed "
		    "tries)", uplink, span, h->failures);
	else
		log_notice("action mail/%s: done (took=%s)", uplink, span);
	if (n->result.partly)
		log_warning("action mail/%s: %s", uplink, n->result.text);
	memset(h, 0, sizeof(*h));
}

static void
give_up(struct dispatch *d, struct letter *l, const char *why)
{
	log_err("mail: a letter about %s is given up after %d tries: %s",
	    d->conf->uplinks[l->uplink].name, l->tries, why);
	/* Its words are in its text, if it has some. */
	free(l->body);
	l->body = strdup(why);
}

void
mail_note(struct dispatch *d, const struct lane_note *n)
{
	struct journal_op *op;
	struct letter *l;

	if (!is_on(d) || n->phase == JOB_STARTED)
		return;
	log_end(d, n);
	l = outbox_ended(&d->outbox, clock_mono_ns(), n->phase == JOB_DONE ?
	    OUTBOX_SENT : n->result.refused ? OUTBOX_REFUSED :
	    n->result.unsure ? OUTBOX_UNSURE : OUTBOX_LATER);
	if (l == NULL)
		return;
	if (l->state != LETTER_SENT)
		give_up(d, l, n->result.text);
	/* Without its row it goes once more after a crash. */
	op = letters_op();
	if (op != NULL) {
		(void)add_row(d, op, l);
		entry_submit(d, op);
	}
	if (l->state == LETTER_SENT)
		letter_free(l);
	else
		outbox_lose(&d->outbox, l);
}

/* ---- a start */

static void
restore_one(struct dispatch *d, struct letter *l, int64_t now_ns)
{
	int64_t age_ns = (clock_wall_ms() - l->made_ms) * NS_PER_MS;

	/* A clock that was set back makes nothing younger than now. */
	l->made_ns = now_ns - (age_ns > 0 ? age_ns : 0);
	l->due_ns = l->made_ns;
	if (l->kind == LETTER_EVENT && l->event != NULL &&
	    l->event->u.event.level != LEVEL_UP)
		l->due_ns += d->conf->mail.fold_ns;
	l->not_before_ns = now_ns;
	outbox_restore(&d->outbox, l);
}

void
mail_restore(struct dispatch *d, struct journal_past *past)
{
	int64_t now_ns = clock_mono_ns(), ago_ns;
	size_t i;

	if (!is_on(d))
		return;
	for (i = 0; i < past->nwindow; i++) {
		ago_ns = (clock_wall_ms() - past->window[i]) * NS_PER_MS;
		/* What a wrong clock dates far ahead says nothing of now. */
		if (llabs(ago_ns) < d->conf->mail.limit.per_ns)
			outbox_restore_window(&d->outbox, now_ns -
			    (ago_ns > 0 ? ago_ns : 0));
	}
	for (i = 0; i < past->nletters; i++)
		restore_one(d, past->letters[i], now_ns);
	if (past->nletters > 0)
		log_info("mail: %zu letters taken up again after a restart",
		    past->nletters);
	past->nletters = 0;
	if (d->outbox.id < past->letter_id)
		d->outbox.id = past->letter_id;
	if (d->outbox.place < past->place)
		d->outbox.place = past->place;
}
