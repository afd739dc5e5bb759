/* SPDX-License-Identifier: ISC */
/* What an answer means for the letter, for the next way, for the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "actions/smtp_talk.h"

static void
sent(struct smtp_talk *t, const char *s)
{
	smtp_talk_sent(t, s, strlen(s));
}

static void
heard(struct smtp_talk *t, const char *s)
{
	smtp_talk_heard(t, s, strlen(s));
}

static struct smtp_talk
talk_to(const char *command, const char *answer)
{
	struct smtp_talk t;

	smtp_talk_begin(&t);
	heard(&t, "220 mx.lab ESMTP\r\n");
	if (*command != '\0')
		sent(&t, command);
	heard(&t, answer);
	return t;
}

static void
talk_answer_decides_what_becomes_of_it(void **state)
{
	static const struct {
		const char	*command, *answer;
		enum smtp_verdict verdict;
	} cases[] = {
		{ "", "554 5.3.2 go away\r\n", SMTP_ANOTHER_WAY },
		{ "", "421 busy\r\n", SMTP_ANOTHER_WAY },
		{ "EHLO fw\r\n", "", SMTP_ANOTHER_WAY },
		{ "AUTH PLAIN AGZ3AHg=\r\n", "535 5.7.8 no\r\n", SMTP_HOLD },
		{ "AUTH PLAIN AGZ3AHg=\r\n", "454 4.7.0 later\r\n",
		  SMTP_PASSING },
		{ "AUTH PLAIN AGZ3AHg=\r\n", "", SMTP_PASSING },
		{ "MAIL FROM:<a@b>\r\n", "451 not now\r\n", SMTP_PASSING },
		{ "MAIL FROM:<a@b>\r\n", "550 who?\r\n", SMTP_HOLD },
		{ "MAIL FROM:<a@b>\r\n", "554 5.7.1 not you\r\n",
		  SMTP_ANOTHER_WAY },
		{ "RCPT TO:<a@b>\r\n", "450 4.2.0 greylisted\r\n",
		  SMTP_PASSING },
		{ "RCPT TO:<a@b>\r\n", "550 5.1.1 nobody\r\n", SMTP_REFUSED },
		{ "RCPT TO:<a@b>\r\n", "550 nobody\r\n", SMTP_REFUSED },
		{ "RCPT TO:<a@b>\r\n", "554 5.7.1 Relay access denied\r\n",
		  SMTP_ANOTHER_WAY },
		{ "RCPT TO:<a@b>\r\n", "550 5.7.1 not from there\r\n",
		  SMTP_ANOTHER_WAY },
		{ "RCPT TO:<a@b>\r\n", "550 relay not permitted\r\n",
		  SMTP_ANOTHER_WAY },
		{ "RCPT TO:<a@b>\r\n", "530 5.7.0 log in\r\n", SMTP_HOLD },
		{ "DATA\r\n", "354 go on\r\n", SMTP_PASSING },
		{ "DATA\r\n", "354 go on\r\n550 5.7.1 spam\r\n",
		  SMTP_REFUSED },
		{ "DATA\r\n", "354 go on\r\n451 disk full\r\n", SMTP_PASSING },
	};
	struct smtp_talk t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		t = talk_to(cases[i].command, cases[i].answer);
		if (smtp_talk_verdict(&t, false) != cases[i].verdict)
			fail_msg("%s%s: %d", cases[i].command,
			    cases[i].answer, (int)smtp_talk_verdict(&t,
			    false));
	}
	t = talk_to("STARTTLS\r\n", "220 go\r\n");
	assert_int_equal(smtp_talk_verdict(&t, true), SMTP_ANOTHER_WAY);
}

static void
talk_goodbye_changes_nothing(void **state)
{
	struct smtp_talk t = talk_to("RCPT TO:<root@lab.invalid>\r\n",
	    "550-5.1.1 first\r\n550 5.1.1 no such user\r\n");

	(void)state;
	sent(&t, "QUIT\r\n");
	heard(&t, "221 bye\r\n");
	assert_int_equal(t.code, 550);
	assert_int_equal(t.subject, 1);
	assert_string_equal(t.reply, "550 5.1.1 no such user");
	assert_string_equal(t.rcpt, "root@lab.invalid");
	assert_int_equal(t.stage, SMTP_RECIPIENT);
}

/* What follows AUTH is a secret, and no command whatever it looks like. */
static void
talk_secrets_are_not_kept(void **state)
{
	struct smtp_talk t = talk_to("AUTH LOGIN\r\n", "334 VXNlcm5hbWU6\r\n");
	const char *bytes = (const char *)&t;
	size_t i;

	(void)state;
	sent(&t, "DATAc2VjcmV0\r\n");
	assert_int_equal(t.stage, SMTP_AUTH);
	for (i = 0; i + 6 < sizeof(t); i++)
		assert_memory_not_equal(bytes + i, "2VjcmV0", 6);
}

static void
talk_noise_stays_in_bounds(void **state)
{
	char noise[2048];
	struct smtp_talk t;
	unsigned seed;
	size_t i, k;

	(void)state;
	for (seed = 1; seed < 2000; seed++) {
		srand(seed);
		for (i = 0; i < sizeof(noise); i++)
			noise[i] = "5 \r\n.-<>DATAQRCPT\x80\0x"[rand() % 21];
		smtp_talk_begin(&t);
		for (i = 0; i < sizeof(noise); i += k) {
			k = 1 + (size_t)rand() % 300;
			k = k < sizeof(noise) - i ? k : sizeof(noise) - i;
			if (rand() % 2 == 0)
				smtp_talk_sent(&t, noise + i, k);
			else
				smtp_talk_heard(&t, noise + i, k);
		}
		assert_true(t.stage >= SMTP_GREETING && t.stage <= SMTP_TEXT);
		for (i = 0; t.reply[i] != '\0'; i++)
			assert_true(t.reply[i] >= 0x20 && t.reply[i] < 0x7f);
		assert_true(strlen(t.rcpt) < sizeof(t.rcpt));
		(void)smtp_talk_verdict(&t, false);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(talk_answer_decides_what_becomes_of_it),
		cmocka_unit_test(talk_goodbye_changes_nothing),
		cmocka_unit_test(talk_secrets_are_not_kept),
		cmocka_unit_test(talk_noise_stays_in_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
