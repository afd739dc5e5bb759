/* SPDX-License-Identifier: ISC */
/*
 * mail: an event as an administrator wants to read it at night: what, which
 * line, why, since when, what was done, what carries traffic now.  RFC 5322;
 * no foreign byte reaches a header line.  Pure: times are the event's.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "actions/action.h"
#include "lib/clock.h"
#include "lib/log.h"

#define MAIL_MAX	32768
#define DATE_MAX	64

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

static void
headers(struct text *t, const struct job *j, const char *host)
{
	const struct event *ev = &j->event.u.event;
	const struct conf_mail *mail = &j->conf->mail;
	char buf[DATE_MAX], name[256], to[512];
	size_t i;

	clean(host, name, sizeof(name));
	date(j->event.head.wall_ms, buf);
	put(t, "Date: %s\n", buf);
	if (mail->from != NULL)
		put(t, "From: %s\n", clean(mail->from, to, sizeof(to)));
	put(t, "To: ");
	for (i = 0; mail->to[i] != NULL; i++)
		put(t, "%s%s", i > 0 ? ",\n " : "",
		    clean(mail->to[i], to, sizeof(to)));
	put(t, "\nSubject: [uplinkd %.60s] %s is %s: %s\n", name,
	    j->conf->uplinks[j->uplink].name, level_name(ev->level),
	    cause_words(ev->cause));
	put(t, "Message-ID: <uplinkd.%016llx.%llu.%llu@%s>\n",
	    (unsigned long long)j->event.head.epoch,
	    (unsigned long long)j->event.head.seq,
	    (unsigned long long)j->event_id, name);
	put(t, "Auto-Submitted: auto-generated\n"
	    "MIME-Version: 1.0\n"
	    "Content-Type: text/plain; charset=utf-8\n"
	    "Content-Transfer-Encoding: 8bit\n\n");
}

static void
summary(struct text *t, const struct job *j)
{
	const struct conf_uplink *u = &j->conf->uplinks[j->uplink];
	const struct event *ev = &j->event.u.event;
	char buf[DATE_MAX], gw[NET_ADDR_TEXT], gw6[NET_ADDR_TEXT];
	char span[CLOCK_TEXT_MAX];

	date(j->event.head.wall_ms, buf);
	put(t, "Uplink:     %s\n", u->name);
	put(t, "Interface:  %s\n", u->ifname);
	put(t, "Gateway:    %s %s\n",
	    net_addr_text(&u->gateway[NET_V4], gw),
	    u->gateway[NET_V6].family != 0 &&
	    (u->gateway[NET_V6].family != NET_AUTO ||
	    u->gateway[NET_V4].family != NET_AUTO) ?
	    net_addr_text(&u->gateway[NET_V6], gw6) : "");
	put(t, "Level:      %s -> %s\n", level_name(ev->previous),
	    level_name(ev->level));
	put(t, "Cause:      %s (%s)\n", cause_name(ev->cause),
	    cause_words(ev->cause));
	put(t, "Since:      %s\n", buf);
	if (j->context.outage_ms >= 0)
		put(t, "Outage:     %s\n",
		    clock_span(j->context.outage_ms * NS_PER_MS, span));
	put(t, "Carrying:   %s\n", j->context.carrying[0] != '\0' ?
	    j->context.carrying : "no uplink");
}

static void
targets(struct text *t, const struct event *ev)
{
	const struct evidence *e;
	char label[EVENT_LABEL_MAX];
	size_t i;

	if (ev->nevidence == 0)
		return;
	put(t, "\nTargets, newest probes:\n");
	for (i = 0; i < ev->nevidence; i++) {
		e = &ev->evidence[i];
		put(t, "  %-28s (%s) %u of %u lost",
		    clean(e->target, label, sizeof(label)),
		    e->gateway ? "gateway" : "far", e->lost, e->sent);
		if (e->cannot > 0)
			put(t, ", %u could not be sent", e->cannot);
		if (e->rtt_us >= 0)
			put(t, ", round trip %lld.%03lld ms",
			    (long long)e->rtt_us / 1000,
			    (long long)e->rtt_us % 1000);
		put(t, "\n");
	}
}

static void
done(struct text *t, const struct job_context *c)
{
	char line[EVENT_TEXT_MAX];
	size_t i;

	if (c->ndone == 0)
		return;
	put(t, "\nDone during the outage:\n");
	for (i = 0; i < c->ndone && i < JOB_DONE_MAX; i++)
		put(t, "  %s\n", clean(c->done[i], line, sizeof(line)));
}

char *
mail_compose(const struct job *j, const char *host, size_t *len)
{
	struct text t = { .at = malloc(MAIL_MAX) };
	char name[256];

	if (t.at == NULL)
		return NULL;
	t.at[0] = '\0';
	headers(&t, j, host);
	summary(&t, j);
	targets(&t, &j->event.u.event);
	/* At the beginning of an outage nothing has been done about it yet. */
	if (j->event.u.event.level != LEVEL_DOWN)
		done(&t, &j->context);
	put(&t, "\nEvent %llu of uplinkd on %.200s\n",
	    (unsigned long long)j->event_id, clean(host, name, sizeof(name)));
	*len = t.len;
	return t.at;
}
