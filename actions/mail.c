/* SPDX-License-Identifier: ISC */
/*
 * mail: an event as an administrator wants to read it at night: what, which
 * line, why, since when, what was done, what carries traffic now.
 */
#include "actions/mail.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "actions/mail_text.h"
#include "lib/clock.h"

#define BODY_MAX	32768
#define BODY_END	(BODY_MAX - 2048)	/* a last word follows */
#define MESSAGE_MAX	61440	/* sendmail gets it by a pipe of 64 KiB */
#define DATE_MAX	64
#define SUBJECT_MAX	240
#define PIECE_MAX	900	/* RFC 5322 allows 998 */

/* What stands behind an @: letters, digits, dots and hyphens. */
static const char *
domain(const char *in, char *out, size_t size)
{
	size_t i;

	for (i = 0; in[i] != '\0' && i + 1 < size; i++)
		out[i] = (in[i] >= 'a' && in[i] <= 'z') ||
		    (in[i] >= 'A' && in[i] <= 'Z') ||
		    (in[i] >= '0' && in[i] <= '9') || in[i] == '.' ?
		    in[i] : '-';
	out[i] = '\0';
	return i == 0 ? "localhost" : out;
}

static const char *
cause_words(enum cause cause)
{
	switch (cause) {
	case CAUSE_CARRIER:
		return "the interface has no carrier";
	case CAUSE_ADDRESS:
		return "the interface has no usable address";
	case CAUSE_GATEWAY:
		return "the gateway does not answer";
	case CAUSE_FAR:
		return "the gateway answers, but far hosts do not";
	case CAUSE_ADVISOR:
		return "an advisor said so";
	case CAUSE_OPERATOR:
		return "the operator said so";
	case CAUSE_STALE:
		return "its probes have fallen silent";
	case CAUSE_QUALITY:
		return "it loses or delays too much";
	case CAUSE_DNS:
		return "names of targets do not resolve";
	case CAUSE_SUSPECT:
		return "a target does not answer through any line";
	case CAUSE_NONE:
		break;
	}
	return "its targets answer";
}

static void
date(int64_t wall_ms, char buf[DATE_MAX])
{
	time_t s = (time_t)(wall_ms / 1000);
	struct tm tm;

	/* RFC 5322 wants English names whatever the locale is: we set none. */
	if (localtime_r(&s, &tm) == NULL ||
	    strftime(buf, DATE_MAX, "%a, %d %b %Y %H:%M:%S %z", &tm) == 0)
		snprintf(buf, DATE_MAX, "Thu, 01 Jan 1970 00:00:00 +0000");
}

const char *
mail_id(uint64_t epoch, uint64_t letter, const char *host,
    char buf[MAIL_ID_MAX])
{
	char name[64];

	snprintf(buf, MAIL_ID_MAX, "uplinkd.%016llx.%llu@%s",
	    (unsigned long long)epoch, (unsigned long long)letter,
	    domain(host, name, sizeof(name)));
	return buf;
}

void
mail_sender(const struct conf_mail *mail, const char *host, char *buf,
    size_t size)
{
	char name[256];

	if (mail->from != NULL)
		mail_ascii(mail->from, buf, size);
	else
		snprintf(buf, size, "uplinkd@%s",
		    domain(host, name, sizeof(name)));
}

/*
 * No space, no bracket, nothing that could end the word in an SMTP command.
 */
bool
mail_address(const char *in, char *buf, size_t size)
{
	const char *from = strrchr(in, '<'), *to;
	size_t len, i;

	from = from == NULL ? in : from + 1;
	to = strchr(from, '>');
	len = to == NULL ? strlen(from) : (size_t)(to - from);
	if (len == 0 || len >= size || *from == '-')
		return false;
	for (i = 0; i < len; i++)
		if (from[i] <= 0x20 || from[i] >= 0x7f ||
		    strchr("<>()[],;:\\\"", from[i]) != NULL)
			return false;
	memcpy(buf, from, len);
	buf[len] = '\0';
	return true;
}

static void
headers(struct mail_text *t, const struct conf_mail *mail,
    const struct mail_head *head, const char *subject, bool ascii)
{
	char buf[512], cut[SUBJECT_MAX + 1];
	size_t i;

	date(head->date_ms, buf);
	mail_put(t, "Date: %s\n", buf);
	mail_sender(mail, head->host, buf, sizeof(buf));
	mail_put(t, "From: %s\n", buf);
	mail_put(t, "To: ");
	for (i = 0; mail->to[i] != NULL; i++)
		mail_put(t, "%s%s", i > 0 ? ",\n " : "",
		    mail_ascii(mail->to[i], buf, sizeof(buf)));
	mail_put(t, "\nSubject: [uplinkd %.60s] ",
	    domain(head->host, buf, sizeof(buf)));
	mail_put_header(t, mail_clean(subject, cut, sizeof(cut)));
	mail_put(t, "\nMessage-ID: <%s>\n", mail_ascii(head->id, buf,
	    sizeof(buf)));
	mail_put(t, "Auto-Submitted: auto-generated\n"
	    "MIME-Version: 1.0\n"
	    "Content-Type: text/plain; charset=%s\n"
	    "Content-Transfer-Encoding: %s\n\n", ascii ? "us-ascii" :
	    "utf-8", ascii ? "7bit" : "quoted-printable");
}

/* Takes the body. */
static char *
message(const struct conf *conf, const struct mail_head *head,
    const char *subject, struct mail_text *body)
{
	bool ascii = mail_is_ascii(body->at);
	struct mail_text t;
	char name[256];

	mail_put(body, "\nuplinkd on %.200s\n", mail_ascii(head->host, name,
	    sizeof(name)));
	/* It may be full; it must end with a line all the same. */
	if (body->at[body->len - 1] != '\n')
		body->at[body->len - 1] = '\n';
	if (mail_text_new(&t, MESSAGE_MAX)) {
		headers(&t, &conf->mail, head, subject, ascii);
		if (ascii)
			mail_put(&t, "%s", body->at);
		else
			mail_put_quoted(&t, body->at);
	}
	free(body->at);
	return t.at;
}

/* The cause that matters: of the fault, not of its end. */
static const struct msg *
fault(const struct msg *event, const struct msg *begin)
{
	return begin != NULL ? begin : event;
}

static void
subject_of(const char *uplink, const struct msg *event,
    const struct msg *begin, bool folded, char *buf, size_t size)
{
	const struct event *ev = &event->u.event;
	const char *why = cause_words(fault(event, begin)->u.event.cause);
	char span[CLOCK_TEXT_MAX];

	if (begin == NULL) {
		snprintf(buf, size, "%s is %s: %s", uplink,
		    level_name(ev->level), cause_words(ev->cause));
		return;
	}
	clock_span((event->head.wall_ms - begin->head.wall_ms) * NS_PER_MS,
	    span);
	if (folded)
		snprintf(buf, size, "%s was %s for %s: %s", uplink,
		    level_name(begin->u.event.level), span, why);
	else
		snprintf(buf, size, "%s is %s after %s", uplink,
		    level_name(ev->level), span);
}

static void
put_date(struct mail_text *t, const char *what, int64_t wall_ms)
{
	char buf[DATE_MAX];

	date(wall_ms, buf);
	mail_put(t, "%-12s%s\n", what, buf);
}

static void
addresses(struct mail_text *t, const struct conf_uplink *u,
    const struct mail_context *c)
{
	char a[NET_ADDR_TEXT];
	size_t i;

	mail_put(t, "%-12s", "Addresses:");
	for (i = 0; i < c->nown && i < MAIL_ADDRS_MAX; i++)
		mail_put(t, "%s%s", i > 0 ? ", " : "",
		    net_addr_text(&c->own[i], a));
	mail_put(t, "%s\n%-12s", c->nown == 0 ? "none" : "", "Gateway:");
	for (i = 0; i < NET_NFAM; i++)
		if (u->gateway[i].family != 0)
			mail_put(t, "%s%s", i > 0 && u->gateway[0].family != 0 ?
			    ", " : "", u->gateway[i].family == NET_AUTO ?
			    "auto" : net_addr_text(&u->gateway[i], a));
	mail_put(t, "\n");
}

/* The line's own, or while it has none that of its best far target; -1. */
static int64_t
loss_of(const struct event *ev)
{
	int64_t least = -1;
	size_t i;

	for (i = 0; i < ev->nevidence && i < EVENT_TARGETS_MAX; i++)
		if (!ev->evidence[i].gateway && ev->evidence[i].loss >= 0 &&
		    (least < 0 || ev->evidence[i].loss < least))
			least = ev->evidence[i].loss;
	return ev->loss >= 0 ? ev->loss : least;
}

static void
outage(struct mail_text *t, const struct msg *event, const struct msg *begin)
{
	const struct event *ev = &begin->u.event;
	char span[CLOCK_TEXT_MAX];
	int64_t lost = loss_of(ev);

	put_date(t, "Began:", begin->head.wall_ms);
	put_date(t, "Ended:", event->head.wall_ms);
	mail_put(t, "%-12s%s\n", "Outage:", clock_span((event->head.wall_ms -
	    begin->head.wall_ms) * NS_PER_MS, span));
	mail_put(t, "%-12s%s (%s)\n", "It was:", level_name(ev->level),
	    cause_words(ev->cause));
	if (lost >= 0)
		mail_put(t, "%-12s%lld.%lld%% when it began\n", "Loss:",
		    (long long)lost / 10, (long long)lost % 10);
}

static void
summary(struct mail_text *t, const struct conf_uplink *u, const struct msg *event,
    const struct msg *begin, const struct mail_context *c)
{
	const struct event *ev = &event->u.event;

	mail_put(t, "%-12s%s\n%-12s%s\n", "Uplink:", u->name, "Interface:",
	    u->ifname);
	addresses(t, u, c);
	mail_put(t, "%-12s%s -> %s\n", "Level:", level_name(ev->previous),
	    level_name(ev->level));
	mail_put(t, "%-12s%s (%s)\n", "Cause:", cause_name(ev->cause),
	    cause_words(ev->cause));
	if (begin != NULL)
		outage(t, event, begin);
	else
		put_date(t, "Since:", event->head.wall_ms);
	mail_put(t, "%-12s%s\n", "Carrying:", c->carrying[0] != '\0' ?
	    c->carrying : "no uplink");
	if (c->held_until_ms != 0)
		put_date(t, "Held until:", c->held_until_ms);
}

static void
put_target(struct mail_text *t, const struct evidence *e)
{
	char label[4 * EVENT_LABEL_MAX];
	const char *word = target_state_name(e->state);

	mail_put(t, "  %-28s %-8s %-8s %u of %u lost",
	    mail_clean(e->target, label, sizeof(label)),
	    e->gateway ? "gateway" : "far", word != NULL ? word : "",
	    e->lost, e->sent);
	if (e->cannot > 0)
		mail_put(t, ", %u could not be sent", e->cannot);
	if (e->rtt_us >= 0)
		mail_put(t, ", round trip %lld.%03lld ms",
		    (long long)e->rtt_us / 1000, (long long)e->rtt_us % 1000);
	if (e->loss >= 0)
		mail_put(t, ", loss %lld.%lld%%", (long long)e->loss / 10,
		    (long long)e->loss % 10);
	mail_put(t, "\n");
}

static void
targets(struct mail_text *t, const struct msg *m, const char *title)
{
	const struct event *ev = &m->u.event;
	size_t i;

	if (ev->nevidence == 0)
		return;
	mail_put(t, "\n%s\n", title);
	for (i = 0; i < ev->nevidence && i < EVENT_TARGETS_MAX; i++)
		put_target(t, &ev->evidence[i]);
}

static void
done(struct mail_text *t, const struct mail_context *c)
{
	char line[4 * EVENT_TEXT_MAX];
	size_t i;

	mail_put(t, "\nDone about it:\n");
	for (i = 0; i < c->ndone && i < MAIL_DONE_MAX; i++)
		mail_put(t, "  %s\n", mail_clean(c->done[i], line, sizeof(line)));
	if (c->ndone == 0)
		mail_put(t, "  nothing\n");
}

char *
mail_event(const struct conf *conf, const struct mail_head *head,
    uint32_t uplink, const struct msg *event, const struct msg *begin,
    bool folded, const struct mail_context *c)
{
	const struct conf_uplink *u = &conf->uplinks[uplink];
	char subject[SUBJECT_MAX];
	struct mail_text t;

	if (!mail_text_new(&t, BODY_MAX))
		return NULL;
	subject_of(u->name, event, begin, folded, subject, sizeof(subject));
	summary(&t, u, event, begin, c);
	if (begin != NULL)
		targets(&t, begin, "Targets when it began:");
	targets(&t, event, begin != NULL ? "Targets now:" :
	    "Targets, newest probes:");
	done(&t, c);
	return message(conf, head, subject, &t);
}

/* One line of the body, in pieces that fit, none of them half a character. */
static void
put_body_line(struct mail_text *t, const char *line, size_t len)
{
	char piece[PIECE_MAX / 4 + 1], out[PIECE_MAX + 8];
	size_t n;

	do {
		n = len < PIECE_MAX / 4 ? len : PIECE_MAX / 4;
		while (n < len && n > PIECE_MAX / 4 - 4 &&
		    (line[n] & 0xc0) == 0x80)
			n--;
		memcpy(piece, line, n);
		piece[n] = '\0';
		mail_put(t, "%s%s\n", piece[0] == '.' ? " " : "",
		    mail_clean(piece, out, sizeof(out)));
		line += n;
		len -= n;
	} while (len > 0 && t->len < BODY_END);
}

void
mail_line(const char *host, const char *uplink, const struct msg *event,
    char *buf, size_t size)
{
	char subject[SUBJECT_MAX], cut[SUBJECT_MAX + 1], name[128];

	subject_of(uplink, event, NULL, false, subject, sizeof(subject));
	snprintf(buf, size, "[uplinkd %.60s] %s", domain(host, name,
	    sizeof(name)), mail_clean(subject, cut, sizeof(cut)));
}

char *
mail_notice(const struct conf *conf, const struct mail_head *head,
    const char *subject, const char *body)
{
	struct mail_text t;
	const char *end;

	if (!mail_text_new(&t, BODY_MAX))
		return NULL;
	while (*body != '\0' && t.len < BODY_END) {
		end = strchr(body, '\n');
		put_body_line(&t, body, end == NULL ? strlen(body) :
		    (size_t)(end - body));
		body = end == NULL ? "" : end + 1;
	}
	return message(conf, head, subject, &t);
}
