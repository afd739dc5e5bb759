/* SPDX-License-Identifier: ISC */
/*
 * An hour of a line that flaps ten thousand times, on a virtual clock, with
 * the code that decides and the code that writes: so many letters and no more,
 * and every event is in one of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "dispatcher/letter.h"
#include "dispatcher/outbox.h"
#include "lib/clock.h"

#define HOUR	(3600 * NS_PER_S)
#define FLAPS	10000u
#define LIMIT	20

static char *to[] = { "root", NULL };
static struct conf_uplink uplinks[] = { { .name = "ext1",
    .ifname = "re0" }, { .name = "ext2", .ifname = "re1" } };
static struct conf conf = { .nuplinks = 2, .uplinks = uplinks,
    .mail = { .to = to } };
static const enum level levels[] = { LEVEL_UP, LEVEL_DOWN };

struct sum {
	unsigned	letters;	/* of all kinds */
	unsigned	in_hour;	/* of the first hour */
	unsigned	digests;
	unsigned	events;		/* told, counted in digests too */
};

static void
tell(struct outbox *o, int64_t now_ns, enum level level, uint64_t id)
{
	static struct msg down;
	static uint64_t down_id;
	struct msg m = { .head.wall_ms = 1795000000000 + now_ns / NS_PER_MS };

	m.u.event.level = level;
	m.u.event.previous = level == LEVEL_UP ? LEVEL_DOWN : LEVEL_UP;
	m.u.event.cause = level == LEVEL_UP ? CAUSE_NONE : CAUSE_GATEWAY;
	m.u.event.loss = -1;
	assert_int_equal(outbox_event(o, now_ns, 0, &m, id, level == LEVEL_UP ?
	    &down : NULL, level == LEVEL_UP ? down_id : 0, true), 0);
	if (level == LEVEL_DOWN) {
		down = m;
		down_id = id;
	}
}

static void
show(const char *text)
{
	size_t len;

	for (; *text != '\0'; text += len + 1) {
		len = strcspn(text, "\n");
		printf("# %.*s\n", (int)len, text);
	}
}

/* What the letter itself says, not what we think that it does. */
static void
read_letter(const char *text, struct sum *s)
{
	const char *at = strstr(text, "\nSubject: "), *row;
	unsigned down, up;

	assert_non_null(at);
	at = strchr(at, ']') + 2;
	s->letters++;
	if (strncmp(at, "digest: ", 8) == 0) {
		if (s->digests++ == 0)
			show(text);
		row = strstr(text, "\n  ext1 ");
		assert_non_null(row);
		assert_int_equal(sscanf(row, " ext1 %u x down, %u x up", &down,
		    &up), 2);
		assert_int_equal(atoi(at + 8), (int)(down + up));
		assert_non_null(strstr(text, "now up\n"));
		assert_non_null(strstr(text, "Carrying now: ext1\n"));
		s->events += down + up;
	} else if (strncmp(at, "ext1 was down for ", 18) == 0) {
		s->events += 2;
	} else if (strncmp(at, "ext1 is down", 12) == 0 ||
	    strncmp(at, "ext1 is up", 10) == 0) {
		s->events++;
	} else {
		fail_msg("what is it? %.60s", at);
	}
}

static void
deliver(struct outbox *o, int64_t now_ns, struct sum *s)
{
	static struct mail_context context = { .carrying = "ext1" };
	struct mail_head head = { .host = "fw", .id = "1@fw",
	    .date_ms = 1795000000000 };
	struct letter_case c = { .conf = &conf, .head = &head,
	    .context = &context, .levels = levels };
	struct letter *l;
	char *text;

	while ((l = o->queue) != NULL) {
		l->stored = true;
		assert_ptr_equal(outbox_head(o, now_ns), l);
		text = letter_compose(&c, l);
		assert_non_null(text);
		read_letter(text, s);
		s->in_hour += now_ns < HOUR;
		free(text);
		letter_free(outbox_ended(o, now_ns, OUTBOX_SENT));
	}
	while ((l = o->rows) != NULL) {
		o->rows = l->next;
		letter_free(l);
	}
}

static struct sum
flood(int64_t fold_ns)
{
	struct outbox_conf oc = { .fold_ns = fold_ns,
	    .limit = { .n = LIMIT, .per_ns = HOUR },
	    .expire_ns = 120 * HOUR, .retry_ns = 30 * NS_PER_S,
	    .nuplinks = 2 };
	struct sum s = { 0 };
	struct outbox o;
	unsigned i;
	int64_t now = 0;

	assert_int_equal(outbox_init(&o, &oc), 0);
	for (i = 0; i < 2 * FLAPS; i++) {
		now = HOUR / (2 * FLAPS) * i;
		tell(&o, now, i % 2 == 0 ? LEVEL_DOWN : LEVEL_UP, i + 1);
		assert_int_equal(outbox_run(&o, now), 0);
		deliver(&o, now, &s);
	}
	while (outbox_due(&o) != CLOCK_NEVER) {
		now = outbox_due(&o);
		assert_int_equal(outbox_run(&o, now), 0);
		deliver(&o, now, &s);
	}
	outbox_free(&o);
	printf("# fold %llds: %u letters in the hour, %u in all, %u of them "
	    "digests, %u events told\n", (long long)(fold_ns / NS_PER_S),
	    s.in_hour, s.letters, s.digests, s.events);
	return s;
}

static void
flood_of_ten_thousand_flaps_is_twenty_letters_and_a_digest(void **state)
{
	static const int64_t folds[] = { 0, 30 * NS_PER_S };
	struct sum s;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		s = flood(folds[i]);
		assert_int_equal(s.events, 2 * FLAPS);
		assert_int_equal(s.in_hour, LIMIT);
		assert_true(s.digests >= 1);
		assert_true(s.letters <= LIMIT + 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
	    flood_of_ten_thousand_flaps_is_twenty_letters_and_a_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
