/* SPDX-License-Identifier: ISC */
/*
 * mail: an event as an administrator wants to read it at night: what, which
 * line, why, since when, what was done, what carries traffic now.
 */
#include "actions/mail.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/log.h"

#define MAIL_MAX	32768
#define BODY_END	(MAIL_MAX - 2048)	/* a last word follows */
#define DATE_MAX	64
#define SUBJECT_MAX	200
#define PIECE_MAX	900	/* RFC 5322 allows 998 */

struct text {
	char	*at;
	size_t	 len;
};

static void	put(struct text *, const char *, ...) LOG_FMT(2, 3);

static void
put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->at + t->len, MAIL_MAX - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len = t->len + (size_t)n < MAIL_MAX ?
		    t->len + (size_t)n : MAIL_MAX - 1;
}

/* Whatever it is, it becomes one line of printable ASCII. */
static const char *
clean(const char *in, char *out, size_t size)
{
	size_t i;

	for (i = 0; in[i] != '\0' && i + 1 < size; i++)
		out[i] = in[i] >= 0x20 && in[i] < 0x7f ? in[i] : '?';
	out[i] = '\0';
	return out;
}

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
		clean(mail->from, buf, size);
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
headers(struct text *t, const struct conf_mail *mail,
    const struct mail_head *head, const char *subject)
{
	char buf[512], cut[SUBJECT_MAX + 1];
	size_t i;

	date(head->date_ms, buf);
	put(t, "Date: %s\n", buf);
	mail_sender(mail, head->host, buf, sizeof(buf));
	put(t, "From: %s\n", buf);
	put(t, "To: ");
	for (i = 0; mail->to[i] != NULL; i++)
		put(t, "%s%s", i > 0 ? ",\n " : "",
		    clean(mail->to[i], buf, sizeof(buf)));
	put(t, "\nSubject: [uplinkd %.60s] %s\n",
	    domain(head->host, buf, sizeof(buf)),
	    clean(subject, cut, sizeof(cut)));
	put(t, "Message-ID: <%s>\n", clean(head->id, buf, sizeof(buf)));
	put(t, "Auto-Submitted: auto-generated\n"
	    "MIME-Version: 1.0\n"
	    "Content-Type: text/plain; charset=us-ascii\n"
	    "Content-Transfer-Encoding: 7bit\n\n");
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
put_date(struct text *t, const char *what, int64_t wall_ms)
{
	char buf[DATE_MAX];

	date(wall_ms, buf);
	put(t, "%-12s%s\n", what, buf);
}

static void
addresses(struct text *t, const struct conf_uplink *u,
    const struct mail_context *c)
{
	char a[NET_ADDR_TEXT];
	size_t i;

	put(t, "%-12s", "Addresses:");
	for (i = 0; i < c->nown && i < MAIL_ADDRS_MAX; i++)
		put(t, "%s%s", i > 0 ? ", " : "",
		    net_addr_text(&c->own[i], a));
	put(t, "%s\n%-12s", c->nown == 0 ? "none" : "", "Gateway:");
	for (i = 0; i < NET_NFAM; i++)
		if (u->gateway[i].family != 0)
			put(t, "%s%s", i > 0 && u->gateway[0].family != 0 ?
			    ", " : "", u->gateway[i].family == NET_AUTO ?
			    "auto" : net_addr_text(&u->gateway[i], a));
	put(t, "\n");
}

static void
outage(struct text *t, const struct msg *event, const struct msg *begin)
{
	const struct event *ev = &begin->u.event;
	char span[CLOCK_TEXT_MAX];

	put_date(t, "Began:", begin->head.wall_ms);
	put_date(t, "Ended:", event->head.wall_ms);
	put(t, "%-12s%s\n", "Outage:", clock_span((event->head.wall_ms -
	    begin->head.wall_ms) * NS_PER_MS, span));
	put(t, "%-12s%s (%s)\n", "It was:", level_name(ev->level),
	    cause_words(ev->cause));
	if (ev->loss >= 0)
		put(t, "%-12s%lld.%lld%% when it began\n", "Loss:",
		    (long long)ev->loss / 10, (long long)ev->loss % 10);
}

static void
summary(struct text *t, const struct conf_uplink *u, const struct msg *event,
    const struct msg *begin, const struct mail_context *c)
{
	const struct event *ev = &event->u.event;

	put(t, "%-12s%s\n%-12s%s\n", "Uplink:", u->name, "Interface:",
	    u->ifname);
	addresses(t, u, c);
	put(t, "%-12s%s -> %s\n", "Level:", level_name(ev->previous),
	    level_name(ev->level));
	put(t, "%-12s%s (%s)\n", "Cause:", cause_name(ev->cause),
	    cause_words(ev->cause));
	if (begin != NULL)
		outage(t, event, begin);
	else
		put_date(t, "Since:", event->head.wall_ms);
	put(t, "%-12s%s\n", "Carrying:", c->carrying[0] != '\0' ?
	    c->carrying : "no uplink");
	if (c->held_until_ms != 0)
		put_date(t, "Held until:", c->held_until_ms);
}

static void
put_target(struct text *t, const struct evidence *e)
{
	char label[EVENT_LABEL_MAX];
	const char *word = target_state_name(e->state);

	put(t, "  %-28s %-8s %-8s %u of %u lost",
	    clean(e->target, label, sizeof(label)),
	    e->gateway ? "gateway" : "far", word != NULL ? word : "",
	    e->lost, e->sent);
	if (e->cannot > 0)
		put(t, ", %u could not be sent", e->cannot);
	if (e->rtt_us >= 0)
		put(t, ", round trip %lld.%03lld ms",
		    (long long)e->rtt_us / 1000, (long long)e->rtt_us % 1000);
	if (e->loss >= 0)
		put(t, ", loss %lld.%lld%%", (long long)e->loss / 10,
		    (long long)e->loss % 10);
	put(t, "\n");
}

static void
targets(struct text *t, const struct msg *m, const char *title)
{
	const struct event *ev = &m->u.event;
	size_t i;

	if (ev->nevidence == 0)
		return;
	put(t, "\n%s\n", title);
	for (i = 0; i < ev->nevidence && i < EVENT_TARGETS_MAX; i++)
		put_target(t, &ev->evidence[i]);
}

static void
done(struct text *t, const struct mail_context *c)
{
	char line[EVENT_TEXT_MAX];
	size_t i;

	put(t, "\nDone about it:\n");
	for (i = 0; i < c->ndone && i < MAIL_DONE_MAX; i++)
		put(t, "  %s\n", clean(c->done[i], line, sizeof(line)));
	if (c->ndone == 0)
		put(t, "  nothing\n");
}

static bool
begin_text(struct text *t)
{
	t->at = malloc(MAIL_MAX);
	t->len = 0;
	if (t->at != NULL)
		t->at[0] = '\0';
	return t->at != NULL;
}

/* It may be full; the message must end with a line all the same. */
static char *
end_text(struct text *t)
{
	if (t->len > 0 && t->at[t->len - 1] != '\n')
		t->at[t->len - 1] = '\n';
	return t->at;
}

char *
mail_event(const struct conf *conf, const struct mail_head *head,
    uint32_t uplink, const struct msg *event, const struct msg *begin,
    bool folded, const struct mail_context *c)
{
	const struct conf_uplink *u = &conf->uplinks[uplink];
	char subject[SUBJECT_MAX], name[256];
	struct text t;

	if (!begin_text(&t))
		return NULL;
	subject_of(u->name, event, begin, folded, subject, sizeof(subject));
	headers(&t, &conf->mail, head, subject);
	summary(&t, u, event, begin, c);
	if (begin != NULL)
		targets(&t, begin, "Targets when it began:");
	targets(&t, event, begin != NULL ? "Targets now:" :
	    "Targets, newest probes:");
	done(&t, c);
	put(&t, "\nuplinkd on %.200s\n", clean(head->host, name,
	    sizeof(name)));
	return end_text(&t);
}

/* One line of the body, in pieces that fit. */
static void
put_body_line(struct text *t, const char *line, size_t len)
{
	char piece[PIECE_MAX + 1], out[PIECE_MAX + 1];
	size_t n;

	do {
		n = len < PIECE_MAX ? len : PIECE_MAX;
		memcpy(piece, line, n);
		piece[n] = '\0';
		put(t, "%s%s\n", piece[0] == '.' ? " " : "",
		    clean(piece, out, sizeof(out)));
		line += n;
		len -= n;
	} while (len > 0 && t->len < BODY_END);
}

char *
mail_notice(const struct conf *conf, const struct mail_head *head,
    const char *subject, const char *body)
{
	struct text t;
	const char *end;
	char name[256];

	if (!begin_text(&t))
		return NULL;
	headers(&t, &conf->mail, head, subject);
	while (*body != '\0' && t.len < BODY_END) {
		end = strchr(body, '\n');
		put_body_line(&t, body, end == NULL ? strlen(body) :
		    (size_t)(end - body));
		body = end == NULL ? "" : end + 1;
	}
	put(&t, "\nuplinkd on %.200s\n", clean(head->host, name,
	    sizeof(name)));
	return end_text(&t);
}
