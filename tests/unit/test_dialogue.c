/* SPDX-License-Identifier: ISC */
/* What a device says, in pieces of any size, against what was awaited. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "actions/dialogue.h"
#include "conf/conf.h"
#include "dispatcher/kinds.h"

#define BYTES(s) { (unsigned char *)(uintptr_t)(s), sizeof(s) - 1 }

static struct option_bytes fails[] = { BYTES("ERROR"), BYTES("+CME ERROR") };
static const struct option_bytelist fail = { 2, fails };

/* The same whole and byte by byte. */
static enum dialogue_verdict
hear(const char *sent, const char *expect, bool echo, const char *said,
    size_t n)
{
	struct option_step step = {
		.send = { (unsigned char *)(uintptr_t)sent,
		    sent == NULL ? 0 : strlen(sent) },
		.expect = { (unsigned char *)(uintptr_t)expect,
		    expect == NULL ? 0 : strlen(expect) },
	};
	enum dialogue_verdict whole, v = DIALOGUE_MORE;
	struct dialogue d;
	size_t used, end, i;

	dialogue_begin(&d, &step, &fail, echo);
	whole = dialogue_take(&d, (const unsigned char *)said, n, &end);
	dialogue_begin(&d, &step, &fail, echo);
	for (i = 0; i < n && v == DIALOGUE_MORE; i++) {
		v = dialogue_take(&d, (const unsigned char *)said + i, 1,
		    &used);
		assert_int_equal(used, 1);
	}
	assert_int_equal(v, whole);
	assert_int_equal(i, end);
	return whole;
}

#define HEAR(sent, expect, echo, said) \
	hear(sent, expect, echo, said, sizeof(said) - 1)

static void
answer_begins_a_line(void **state)
{
	(void)state;
	assert_int_equal(HEAR("AT\r", "OK", true, "\r\nOK\r\n"),
	    DIALOGUE_GOOD);
	assert_int_equal(HEAR("ATI\r", "OK", true, "\r\nNOKIA\r\n"),
	    DIALOGUE_MORE);
	assert_int_equal(HEAR("ATI\r", "OK", true, "\r\nNOKIA\r\nOK"),
	    DIALOGUE_GOOD);
	assert_int_equal(HEAR("AT+CSQ\r", "+CSQ:", true,
	    "\r\n+CSQ: 23,99\r\n"), DIALOGUE_GOOD);
	assert_int_equal(HEAR("AT+CMGS\r", "> ", true, "\r\n> "),
	    DIALOGUE_GOOD);
	assert_int_equal(HEAR("AT\r", "OK", true, "O\nK"), DIALOGUE_MORE);
	assert_int_equal(HEAR("AT\r", "OK", true, ""), DIALOGUE_MORE);
}

static void
failure_is_told_from_what_only_has_the_word(void **state)
{
	(void)state;
	assert_int_equal(HEAR("AT\r", "OK", true, "\r\nERROR\r\n"),
	    DIALOGUE_FAILED);
	assert_int_equal(HEAR("AT\r", "OK", true, "\r\n+CME ERROR: 10\r\n"),
	    DIALOGUE_FAILED);
	assert_int_equal(HEAR("AT\r", "OK", true, "NO ERROR\r\nOK\r\n"),
	    DIALOGUE_GOOD);
	/* Awaited itself, it is no failure. */
	assert_int_equal(HEAR("AT\r", "+CME ERROR", true,
	    "\r\n+CME ERROR: 10\r\n"), DIALOGUE_GOOD);
	assert_int_equal(HEAR(NULL, NULL, true, "\r\nERROR\r\n"),
	    DIALOGUE_FAILED);
}

static void
echo_is_no_answer(void **state)
{
	(void)state;
	assert_int_equal(HEAR("OK?\r", "OK", true, "OK?\r"), DIALOGUE_MORE);
	assert_int_equal(HEAR("OK?\r", "OK", true, "\r\nOK?\r\r\nOK\r\n"),
	    DIALOGUE_GOOD);
	assert_int_equal(HEAR("ERROR\r", "OK", true, "ERROR\r\r\nOK\r\n"),
	    DIALOGUE_GOOD);
	/* It only began as one. */
	assert_int_equal(HEAR("OK?\r", "OK", true, "OK\r\n"), DIALOGUE_GOOD);
	assert_int_equal(HEAR("ERR\r", "OK", true, "ERROR\r\n"),
	    DIALOGUE_FAILED);
	/* Once. */
	assert_int_equal(HEAR("OK?\r", "OK", true, "OK?\rOK?\r"),
	    DIALOGUE_GOOD);
	/* A board that says the same to confirm. */
	assert_int_equal(HEAR("\xa0\x01\x01\xa2", "\xa0\x01\x01\xa2", false,
	    "\xa0\x01\x01\xa2"), DIALOGUE_GOOD);
}

static void
flood_ends(void **state)
{
	static char said[DIALOGUE_BYTES_MAX + 2];

	(void)state;
	memset(said, 'x', sizeof(said));
	assert_int_equal(hear("AT\r", "OK", true, said, DIALOGUE_BYTES_MAX),
	    DIALOGUE_MORE);
	assert_int_equal(hear("AT\r", "OK", true, said,
	    DIALOGUE_BYTES_MAX + 1), DIALOGUE_FLOOD);
	/* A long line, then the answer. */
	memcpy(said + 5000, "\r\nOK", 4);
	assert_int_equal(hear("AT\r", "OK", true, said, sizeof(said)),
	    DIALOGUE_GOOD);
	memset(said, 0, sizeof(said));
	memcpy(said + 300, "\nOK", 3);
	assert_int_equal(hear("AT\r", "OK", true, said, sizeof(said)),
	    DIALOGUE_GOOD);
}

/* ---- as it is written */

static struct conf *
parse(const char *keys, char *err, size_t size)
{
	char yaml[2048];
	struct conf *c = NULL;
	FILE *f = fmemopen(err, size, "w");
	int n;

	n = snprintf(yaml, sizeof(yaml), "uplinks:\n  ext1:\n"
	    "    interface: ext1\n    gateway: 192.0.2.1\n"
	    "    probe:\n      targets:\n        - ping: gateway\n"
	    "actions:\n  lte: { on: [down], serial: { device: /dev/ttyUSB2,"
	    " %s } }\n", keys);
	(void)conf_parse("test", yaml, (size_t)n, &conf_kinds_built_in, &c,
	    f);
	fclose(f);
	return c;
}

static void
bytes_are_read_and_printed(void **state)
{
	static const char keys[] = "dialogue: [{ send: 'AT\\r\\\\\\x00\\xA0' },"
	    " { send: \"AT\\r\", expect: OK, timeout: 2s, wait: 1s },"
	    " { send_file: /etc/pin, expect: OK }]";
	char err[1024] = "", text[8192] = "", again[8192] = "";
	struct conf *c = parse(keys, err, sizeof(err)), *c2 = NULL;
	const struct option *o;
	const struct option_dialogue *d = NULL;
	FILE *f;

	(void)state;
	assert_string_equal(err, "");
	assert_non_null(c);
	for (o = c->actions[0].kind->rows; o->name != NULL; o++)
		if (o->type == OPTION_DIALOGUE)
			d = (const void *)((char *)c->actions[0].opts +
			    o->off);
	assert_non_null(d);
	assert_int_equal(d->n, 3);
	assert_string_equal(d->steps[2].send_file, "/etc/pin");
	assert_int_equal(d->steps[0].send.len, 6);
	assert_memory_equal(d->steps[0].send.bytes, "AT\r\\\0\xa0", 6);
	assert_null(d->steps[0].expect.bytes);
	assert_int_equal(d->steps[1].send.len, 3);
	assert_memory_equal(d->steps[1].send.bytes, "AT\r", 3);
	f = fmemopen(text, sizeof(text), "w");
	conf_print(c, f);
	fclose(f);
	assert_int_equal(conf_parse("printed", text, strlen(text),
	    &conf_kinds_built_in, &c2, stderr), 0);
	f = fmemopen(again, sizeof(again), "w");
	conf_print(c2, f);
	fclose(f);
	assert_string_equal(text, again);
	conf_free(&c);
	conf_free(&c2);
}

static void
wrong_ones_are_refused(void **state)
{
	static const char *const wrong[] = {
		"dialogue: []", "dialogue: AT", "dialogue: [AT]",
		"dialogue: [{}]", "dialogue: [{ timeout: 1s }]",
		"dialogue: [{ send: a, send_file: /etc/pin }]",
		"dialogue: [{ send_file: pin }]",
		"dialogue: [{ send: '' }]", "dialogue: [{ send: 'AT\\' }]",
		"dialogue: [{ send: '\\q' }]", "dialogue: [{ send: '\\x4' }]",
		"dialogue: [{ send: '\\xg0' }]",
		"dialogue: [{ send: \"\\xA0\" }]",
		"dialogue: [{ expect: 'OK\\r' }]",
		"dialogue: [{ send: AT, expect: OK, timeout: 0s }]",
		"dialogue: [{ send: AT, answer: OK }]",
		"dialogue: [{ send: AT }], speed: 115201",
		"dialogue: [{ send: AT }], fail: ['A\\n']",
		"dialogue: [{ send: AT }], fail: []",
		"speed: 9600",
	};
	char err[1024];
	struct conf *c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		err[0] = '\0';
		c = parse(wrong[i], err, sizeof(err));
		if (c != NULL || err[0] == '\0')
			fail_msg("%s is taken", wrong[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answer_begins_a_line),
		cmocka_unit_test(failure_is_told_from_what_only_has_the_word),
		cmocka_unit_test(echo_is_no_answer),
		cmocka_unit_test(flood_ends),
		cmocka_unit_test(bytes_are_read_and_printed),
		cmocka_unit_test(wrong_ones_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
