/* SPDX-License-Identifier: ISC */
/* One message, one set of headers, whatever the event holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "actions/mail.h"
#include "lib/clock.h"

static char *to[] = { "root", "noc@example.net", NULL };
static struct conf_uplink uplinks[] = { { .name = "ext1",
    .ifname = "re0" }, { .name = "ext2", .ifname = "re1" } };
static struct conf conf = { .nuplinks = 2, .uplinks = uplinks,
    .mail = { .to = to, .from = "fw@example.net" } };
static struct mail_head head = { .host = "fw.example.net",
    .id = "uplinkd.1.2@fw.example.net", .date_ms = 1795000030000 };
static struct mail_context context;

static struct msg
message(enum level level)
{
	struct msg m = { .head.wall_ms = 1795000000000 };
	struct event *ev = &m.u.event;

	net_addr_parse("192.0.2.1", &uplinks[0].gateway[NET_V4]);
	if (level == LEVEL_UP)
		m.head.wall_ms += 192000;
	ev->level = level;
	ev->previous = level == LEVEL_UP ? LEVEL_DOWN : LEVEL_UP;
	ev->cause = level == LEVEL_UP ? CAUSE_NONE : CAUSE_FAR;
	ev->loss = level == LEVEL_UP ? -1 : 255;
	ev->nevidence = 2;
	snprintf(ev->evidence[0].target, EVENT_LABEL_MAX, "ping 192.0.2.1");
	ev->evidence[0].gateway = true;
	ev->evidence[0].state = TARGET_OK;
	ev->evidence[0].sent = 3;
	ev->evidence[0].rtt_us = 1234;
	ev->evidence[0].loss = 12;
	snprintf(ev->evidence[1].target, EVENT_LABEL_MAX, "ping 192.0.2.9");
	ev->evidence[1].state = level == LEVEL_UP ? TARGET_OK : TARGET_LOST;
	ev->evidence[1].sent = 3;
	ev->evidence[1].lost = 3;
	ev->evidence[1].rtt_us = ev->evidence[1].loss = -1;
	memset(&context, 0, sizeof(context));
	snprintf(context.carrying, EVENT_TEXT_MAX, "ext2");
	net_addr_parse("192.0.2.2", &context.own[0]);
	context.nown = 1;
	return m;
}

/*
 * As a reader takes it apart: header lines with their folded rest, each of
 * them one of ours, once; then the body.  Nothing but printable ASCII.
 */
static const char *
parsed(const char *text)
{
	static const char *const names[] = { "Date", "From", "To", "Subject",
	    "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
	    "Content-Transfer-Encoding" };
	unsigned seen[9] = { 0 };
	const char *line, *end;
	size_t i, len;

	for (line = text; *line != '\n'; line = end + 1) {
		end = strchr(line, '\n');
		assert_non_null(end);
		if (*line == ' ')
			continue;
		len = strcspn(line, ":");
		for (i = 0; i < 9; i++)
			if (strlen(names[i]) == len &&
			    strncmp(line, names[i], len) == 0)
				break;
		if (i == 9)
			fail_msg("a header of its own: %.60s", line);
		seen[i]++;
	}
	for (i = 0; i < 9; i++)
		assert_int_equal(seen[i], 1);
	for (line = text; *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		if (end == NULL)
			fail_msg("the last line has no end: %s", line);
		assert_true(end - line <= 998);
		assert_false(end - line == 1 && *line == '.');
		for (; line < end; line++)
			assert_true(*line >= 0x20 && *line < 0x7f);
	}
	return strstr(text, "\n\n") + 2;
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
	struct msg m = message(LEVEL_DOWN);
	char *text = mail_event(&conf, &head, 0, &m, NULL, false, &context);

	(void)state;
	parsed(text);
	has(text, "To: root,\n noc@example.net\n");
	has(text, "From: fw@example.net\n");
	has(text, "Subject: [uplinkd fw.example.net] ext1 is down: ");
	has(text, "Message-ID: <uplinkd.1.2@fw.example.net>\n");
	has(text, "Interface:  re0\n");
	has(text, "Addresses:  192.0.2.2\n");
	has(text, "Gateway:    192.0.2.1\n");
	has(text, "Level:      up -> down\n");
	has(text, "far hosts do not");
	has(text, "lost     3 of 3 lost");
	has(text, "1.234 ms, loss 1.2%");
	has(text, "Carrying:   ext2\n");
	has(text, "Done about it:\n  nothing\n");
	assert_null(strstr(text, "Held until"));
	free(text);
}

static void
mail_up_tells_the_outage_and_what_was_done(void **state)
{
	struct msg down = message(LEVEL_DOWN), up = message(LEVEL_UP);
	char *text;

	(void)state;
	context.ndone = 1;
	context.held_until_ms = 1795000252000;
	snprintf(context.done[0], EVENT_TEXT_MAX,
	    "recovery: exit 0 (after 4.0s)");
	text = mail_event(&conf, &head, 0, &up, &down, false, &context);
	parsed(text);
	has(text, "] ext1 is up after 3m12s\n");
	has(text, "Outage:     3m12s\n");
	has(text, "It was:     down (the gateway answers, but");
	has(text, "Loss:       25.5% when it began\n");
	has(text, "Targets when it began:\n");
	has(text, "recovery: exit 0 (after 4.0s)");
	has(text, "Held until: ");
	free(text);
	text = mail_event(&conf, &head, 0, &up, &down, true, &context);
	parsed(text);
	has(text, "] ext1 was down for 3m12s: the gateway answers, but");
	free(text);
}

static void
mail_hostile_texts_add_no_line(void **state)
{
	static char evil[] = "x\r\nBcc: evil@example.com\r\n\r\n.\r\nQUIT";
	static const char high[] = "\xff\xc3\xa4\x1b[2J\x80\x7f";
	char *evil_to[] = { evil, NULL }, *text;
	struct mail_head h = { .host = evil, .id = evil };
	struct msg m = message(LEVEL_DOWN), up = message(LEVEL_UP);

	(void)state;
	conf.mail.to = evil_to;
	conf.mail.from = evil;
	snprintf(m.u.event.evidence[0].target, EVENT_LABEL_MAX, "%.60s",
	    evil);
	memcpy(m.u.event.evidence[1].target, high, sizeof(high));
	snprintf(context.done[0], EVENT_TEXT_MAX, "%s", evil);
	snprintf(context.done[1], EVENT_TEXT_MAX, ".");
	context.ndone = 2;
	text = mail_event(&conf, &h, 0, &up, &m, false, &context);
	parsed(text);
	free(text);
	text = mail_notice(&conf, &h, evil, evil);
	assert_null(strstr(parsed(text), "\nBcc: evil@example.com\n\n"));
	assert_null(strstr(text, "\nQUIT\n.\n"));
	free(text);
	conf.mail.to = to;
	conf.mail.from = "fw@example.net";
}

/* Bytes of every value, ten kilobytes of them, in whatever can hold them. */
static void
mail_noise_stays_in_bounds(void **state)
{
	static char noise[10241];
	struct msg m, up;
	const char *body;
	unsigned seed;
	char *text;
	size_t i;

	(void)state;
	for (seed = 1; seed < 300; seed++) {
		srand(seed);
		for (i = 0; i < sizeof(noise) - 1; i++)
			noise[i] = (char)(rand() % 4 == 0 ? "\r\n.\n"[rand() %
			    4] : 1 + rand() % 255);
		m = message(LEVEL_DOWN);
		up = message(LEVEL_UP);
		m.u.event.nevidence = EVENT_TARGETS_MAX;
		for (i = 0; i < EVENT_TARGETS_MAX; i++)
			memcpy(m.u.event.evidence[i].target, noise + i * 63,
			    EVENT_LABEL_MAX - 1);
		context.ndone = MAIL_DONE_MAX;
		for (i = 0; i < MAIL_DONE_MAX; i++)
			memcpy(context.done[i], noise + 2048 + i * 255,
			    EVENT_TEXT_MAX - 1);
		text = mail_event(&conf, &head, 0, &up, &m, false, &context);
		body = parsed(text);
		has(body, "uplinkd on fw.example.net\n");
		assert_true(strlen(text) < 32768);
		free(text);
		text = mail_notice(&conf, &head, noise, noise);
		has(parsed(text), "\nuplinkd on fw.example.net\n");
		free(text);
	}
}

static void
mail_long_lines_are_cut(void **state)
{
	static char body[40000];
	char *text;

	(void)state;
	memset(body, '.', sizeof(body) - 1);
	text = mail_notice(&conf, &head, "s", body);
	has(parsed(text), "\nuplinkd on fw.example.net\n");
	assert_true(strlen(text) > 29000);
	free(text);
}

static void
mail_without_from_is_from_us(void **state)
{
	char *from = conf.mail.from, *text;

	(void)state;
	conf.mail.from = NULL;
	text = mail_notice(&conf, &head, "s", "b");
	has(text, "From: uplinkd@fw.example.net\n");
	free(text);
	conf.mail.from = from;
}

static void
mail_address_is_taken_out_of_a_name(void **state)
{
	static const char *const bad[] = { "", "<>", "a b", "a\r\nRCPT", "-f",
	    "a,b", "<a> <", "\"a\"" };
	char buf[64];
	size_t i;

	(void)state;
	assert_true(mail_address("root", buf, sizeof(buf)));
	assert_string_equal(buf, "root");
	assert_true(mail_address("The NOC <noc@example.net>", buf,
	    sizeof(buf)));
	assert_string_equal(buf, "noc@example.net");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (mail_address(bad[i], buf, sizeof(buf)))
			fail_msg("%s is an address: %s", bad[i], buf);
}

/* Quoted-printable as a reader undoes it. */
static char *
decoded(const char *body)
{
	char *out = malloc(strlen(body) + 1);
	size_t at = 0;
	unsigned c;

	for (; *body != '\0'; body++) {
		if (*body != '=')
			out[at++] = *body;
		else if (*++body != '\n') {
			assert_int_equal(sscanf(body, "%2X", &c), 1);
			out[at++] = (char)c;
			body++;
		}
	}
	out[at] = '\0';
	return out;
}

/* Of header lines and quoted-printable. */
static void
lines_are_short(const char *text, size_t max)
{
	size_t len;

	for (; *text != '\0'; text += len + 1) {
		len = strcspn(text, "\n");
		if (len > max)
			fail_msg("%zu: %.*s", len, (int)len, text);
	}
}

static void
mail_utf8_arrives_and_other_bytes_are_named(void **state)
{
	struct msg m = message(LEVEL_DOWN), up = message(LEVEL_UP);
	char *text, *plain;
	const char *body;

	(void)state;
	snprintf(context.done[0], EVENT_TEXT_MAX, "recovery: T\xc3\xbcr "
	    "ge\xc3\xb6" "ffnet = \xff\x01 \xe2\x80\xae. ");
	snprintf(context.done[1], EVENT_TEXT_MAX, "plain");
	context.ndone = 2;
	text = mail_event(&conf, &head, 0, &up, &m, false, &context);
	body = parsed(text);
	has(text, "Content-Type: text/plain; charset=utf-8\n"
	    "Content-Transfer-Encoding: quoted-printable\n\n");
	lines_are_short(body, 76);
	plain = decoded(body);
	has(plain, "\n  recovery: T\xc3\xbcr ge\xc3\xb6" "ffnet = \\xff\\x01 "
	    "\\xe2\\x80\\xae. \n  plain\n");
	has(plain, "\nuplinkd on fw.example.net\n");
	free(plain);
	free(text);
}

/* As RFC 2047 has it: words of at most 75, on lines of their own. */
static void
mail_subject_is_coded_word_by_word(void **state)
{
	static char subject[300];
	char *text, *at;
	size_t i;

	(void)state;
	for (i = 0; i + 3 < sizeof(subject); i += 3)
		memcpy(subject + i, "\xc3\xa4 ", 3);
	text = mail_notice(&conf, &head, subject, "b");
	parsed(text);
	has(text, "Subject: [uplinkd fw.example.net] \n =?UTF-8?Q?=C3=A4_=C3");
	lines_are_short(text, 76);
	for (at = text; (at = strstr(at, "=?UTF-8?Q?")) != NULL; at += 10) {
		/* No character is parted: none begins with its second byte. */
		assert_memory_not_equal(at + 10, "=A4", 3);
		assert_non_null(strstr(at, "?=\n"));
	}
	free(text);
	/* What is ASCII is left alone. */
	text = mail_notice(&conf, &head, "given up: 3 tries", "b");
	has(text, "Subject: [uplinkd fw.example.net] given up: 3 tries\n");
	has(text, "charset=us-ascii\nContent-Transfer-Encoding: 7bit\n");
	free(text);
}

/* A dot alone, and what would be one after coding. */
static void
mail_coded_dots_do_not_end_it(void **state)
{
	char *text = mail_notice(&conf, &head, "s",
	    "\xc3\xa4\n.\n..\nFrom here\n \n.\xc3\xa4"), *plain;
	const char *body = parsed(text);

	(void)state;
	assert_null(strstr(body, "\n."));
	assert_null(strstr(body, "\nFrom "));
	assert_null(strstr(body, " \n"));
	plain = decoded(body);
	has(plain, "\xc3\xa4\n .\n ..\nFrom here\n \n .\xc3\xa4\n");
	free(plain);
	free(text);
}

static void
mail_ten_kilobytes_of_utf8_fit(void **state)
{
	static char body[30001];
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i + 3 < sizeof(body); i += 3)
		memcpy(body + i, "\xe2\x82\xac", 3);
	text = mail_notice(&conf, &head, body, body);
	lines_are_short(parsed(text), 76);
	assert_true(strlen(text) < 61440 && strlen(text) > 40000);
	has(text, "(cut)\n");
	free(text);
}

static void
mail_loss_is_of_the_best_target_while_the_line_has_none(void **state)
{
	struct msg m = message(LEVEL_DOWN), up = message(LEVEL_UP);
	char *text;

	(void)state;
	m.u.event.loss = -1;
	m.u.event.evidence[1].loss = 42;
	text = mail_event(&conf, &head, 0, &up, &m, false, &context);
	has(text, "Loss:       4.2% when it began\n");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mail_down_tells_what_why_and_who_carries),
		cmocka_unit_test(mail_up_tells_the_outage_and_what_was_done),
		cmocka_unit_test(mail_hostile_texts_add_no_line),
		cmocka_unit_test(mail_noise_stays_in_bounds),
		cmocka_unit_test(mail_long_lines_are_cut),
		cmocka_unit_test(mail_without_from_is_from_us),
		cmocka_unit_test(mail_address_is_taken_out_of_a_name),
		cmocka_unit_test(mail_utf8_arrives_and_other_bytes_are_named),
		cmocka_unit_test(mail_subject_is_coded_word_by_word),
		cmocka_unit_test(mail_coded_dots_do_not_end_it),
		cmocka_unit_test(mail_ten_kilobytes_of_utf8_fit),
		cmocka_unit_test(
		    mail_loss_is_of_the_best_target_while_the_line_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
