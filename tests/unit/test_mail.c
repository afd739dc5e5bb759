/* SPDX-License-Identifier: ISC */
/* One message, one set of headers, whatever the event holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "actions/action.h"

static char *to[] = { "root", "noc@example.net", NULL };
static struct conf_uplink uplinks[] = { { .name = "ext1",
    .ifname = "re0" }, { .name = "ext2", .ifname = "re1" } };
static struct conf conf = { .nuplinks = 2, .uplinks = uplinks,
    .mail = { .to = to, .from = "fw@example.net" } };

static struct job *
job(enum level level)
{
	struct job *j = calloc(1, sizeof(*j));
	struct event *ev = &j->event.u.event;

	net_addr_parse("192.0.2.1", &uplinks[0].gateway[NET_V4]);
	j->conf = &conf;
	j->event_id = 42;
	j->what = POWER_MAIL;
	j->event.head.type = MSG_EVENT;
	j->event.head.epoch = 0xfeed;
	j->event.head.seq = 7;
	j->event.head.wall_ms = 1795000000000;
	ev->level = level;
	ev->previous = level == LEVEL_UP ? LEVEL_DOWN : LEVEL_UP;
	ev->cause = level == LEVEL_UP ? CAUSE_NONE : CAUSE_FAR;
	ev->nevidence = 2;
	snprintf(ev->evidence[0].target, EVENT_LABEL_MAX, "ping 192.0.2.1");
	ev->evidence[0].gateway = true;
	ev->evidence[0].sent = 3;
	ev->evidence[0].rtt_us = 1234;
	snprintf(ev->evidence[1].target, EVENT_LABEL_MAX, "ping 192.0.2.9");
	ev->evidence[1].sent = 3;
	ev->evidence[1].lost = 3;
	ev->evidence[1].rtt_us = -1;
	j->context.outage_ms = level == LEVEL_UP ? 192000 : -1;
	snprintf(j->context.carrying, EVENT_TEXT_MAX, "ext2");
	return j;
}

static char *
compose(const struct job *j, const char *host)
{
	size_t len;
	char *text = mail_compose(j, host, &len);

	assert_non_null(text);
	assert_int_equal(strlen(text), len);
	return text;
}

static void
has(const char *text, const char *what)
{
	if (strstr(text, what) == NULL)
		fail_msg("\"%s\" is not in:\n%s", what, text);
}

static void
mail_down_tells_what_why_and_who_carries(void **state)
{
	struct job *j = job(LEVEL_DOWN);
	char *text = compose(j, "fw");

	(void)state;
	has(text, "To: root,\n noc@example.net\n");
	has(text, "From: fw@example.net\n");
	has(text, "Subject: [uplinkd fw] ext1 is down: ");
	has(text, "Message-ID: <uplinkd.000000000000feed.7.42@fw>\n");
	has(text, "Interface:  re0");
	has(text, "192.0.2.1");
	has(text, "far");
	has(text, "3 of 3 lost");
	has(text, "1.234 ms");
	has(text, "Carrying:   ext2");
	free(text);
	free(j);
}

static void
mail_up_tells_the_outage_and_what_was_done(void **state)
{
	struct job *j = job(LEVEL_UP);
	char *text;

	(void)state;
	j->context.ndone = 1;
	snprintf(j->context.done[0], EVENT_TEXT_MAX,
	    "recovery: exit 0 (after 4.0s)");
	text = compose(j, "fw");
	has(text, "ext1 is up");
	has(text, "Outage:     3m12s");
	has(text, "recovery: exit 0 (after 4.0s)");
	free(text);
	free(j);
}

static void
mail_is_the_same_for_each_try(void **state)
{
	struct job *j = job(LEVEL_DOWN);
	char *one, *two;

	(void)state;
	j->tries = 1;
	one = compose(j, "fw");
	j->tries = 2;
	two = compose(j, "fw");
	assert_string_equal(one, two);
	free(one);
	free(two);
	free(j);
}

static void
mail_hostile_texts_add_no_line(void **state)
{
	static char evil[] = "x\r\nBcc: evil@example.com\r\n\r\n.\r\nQUIT";
	char *evil_to[] = { evil, NULL }, *text, *body, *line;
	struct job *j = job(LEVEL_UP);
	unsigned headers = 0;

	(void)state;
	conf.mail.to = evil_to;
	conf.mail.from = evil;
	snprintf(j->event.u.event.evidence[0].target, EVENT_LABEL_MAX,
	    "%.60s", evil);
	snprintf(j->context.done[0], EVENT_TEXT_MAX, "%s", evil);
	j->context.ndone = 1;
	text = compose(j, evil);
	conf.mail.to = to;
	conf.mail.from = NULL;
	assert_null(strstr(text, "\nBcc:"));
	assert_null(strchr(text, '\r'));
	assert_null(strstr(text, "\n.\n"));
	body = strstr(text, "\n\n");
	assert_non_null(body);
	for (line = text; line < body; line = strchr(line, '\n') + 1)
		headers += *line != ' ';
	/* Date From To Subject Message-ID and four of MIME. */
	assert_int_equal(headers, 9);
	free(text);
	free(j);
	conf.mail.from = "fw@example.net";
}

static void
mail_of_any_size_stays_whole(void **state)
{
	struct job *j = job(LEVEL_UP);
	char *text;
	size_t i;

	(void)state;
	j->event.u.event.nevidence = EVENT_TARGETS_MAX;
	for (i = 0; i < EVENT_TARGETS_MAX; i++)
		memset(j->event.u.event.evidence[i].target, 'x',
		    EVENT_LABEL_MAX - 1);
	j->context.ndone = JOB_DONE_MAX;
	for (i = 0; i < JOB_DONE_MAX; i++)
		memset(j->context.done[i], 'y', EVENT_TEXT_MAX - 1);
	text = compose(j, "fw");
	has(text, "Event 42");
	free(text);
	free(j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mail_down_tells_what_why_and_who_carries),
		cmocka_unit_test(mail_up_tells_the_outage_and_what_was_done),
		cmocka_unit_test(mail_is_the_same_for_each_try),
		cmocka_unit_test(mail_hostile_texts_add_no_line),
		cmocka_unit_test(mail_of_any_size_stays_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
