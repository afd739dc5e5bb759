/* SPDX-License-Identifier: ISC */
/* What an event, an opinion or the time does to an uplink. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dispatcher/uplink.h"
#include "lib/clock.h"

#define SEC	NS_PER_S
#define PLAN	UPLINK_WANT_PLAN
#define JOBS	UPLINK_WANT_JOBS

static struct conf_advisor advisors[] = {
	{ .name = "decider", .authority = CONF_DECIDE, .ttl_ns = 300 * SEC },
	{ .name = "vetoer", .authority = CONF_VETO, .ttl_ns = 300 * SEC },
	{ .name = "informer", .authority = CONF_INFORM, .ttl_ns = 300 * SEC },
};

static struct conf_uplink conf = {
	.name = "ext1", .ifname = "ext1", .weight = 1, .tier = 1,
	.probe = { .hold_ns = 60 * SEC },
	.nadvisors = 3, .advisors = advisors,
};

enum { DECIDER, VETOER, INFORMER };

struct step {
	enum level		say;
	enum uplink_state	state;
	unsigned		want;	/* PLAN and JOBS only */
	enum plan_standing	standing;
};

static void
walk(struct uplink *u, const struct step *s, size_t n)
{
	unsigned want;
	size_t i;

	for (i = 0; i < n; i++) {
		want = uplink_step(u, s[i].say, s[i].say == LEVEL_DOWN ?
		    CAUSE_FAR : CAUSE_NONE, false, (int64_t)(i + 1) * SEC);
		assert_int_equal(u->state, s[i].state);
		assert_int_equal(want & (PLAN | JOBS), s[i].want);
		assert_int_equal(uplink_standing(u), s[i].standing);
		assert_int_equal(u->level, s[i].say);
	}
}

static void
uplink_first_up_is_no_news(void **state)
{
	static const struct step steps[] = {
		{ LEVEL_UP, UPLINK_UP, PLAN, PLAN_GOOD },
		{ LEVEL_UP, UPLINK_UP, 0, PLAN_GOOD },
	};
	struct uplink u;

	(void)state;
	uplink_init(&u, &conf, 0);
	assert_int_equal(uplink_standing(&u), PLAN_GOOD);
	walk(&u, steps, 2);
}

static void
uplink_first_down_is_news(void **state)
{
	static const struct step steps[] = {
		{ LEVEL_DOWN, UPLINK_DOWN, PLAN | JOBS, PLAN_BAD },
	};
	struct uplink u;

	(void)state;
	uplink_init(&u, &conf, 0);
	walk(&u, steps, 1);
}

static void
uplink_unknown_keeps_what_was_decided(void **state)
{
	static const struct step steps[] = {
		{ LEVEL_UP, UPLINK_UP, PLAN, PLAN_GOOD },
		{ LEVEL_UNKNOWN, UPLINK_UP, JOBS, PLAN_GOOD },
		{ LEVEL_UP, UPLINK_UP, 0, PLAN_GOOD },
		{ LEVEL_DOWN, UPLINK_DOWN, PLAN | JOBS, PLAN_BAD },
		{ LEVEL_UNKNOWN, UPLINK_DOWN, JOBS, PLAN_BAD },
		{ LEVEL_DOWN, UPLINK_DOWN, 0, PLAN_BAD },
	};
	struct uplink u;

	(void)state;
	uplink_init(&u, &conf, 0);
	walk(&u, steps, 6);
}

static void
uplink_return_waits_for_its_hold(void **state)
{
	static const struct step steps[] = {
		{ LEVEL_UP, UPLINK_UP, PLAN, PLAN_GOOD },
		{ LEVEL_DOWN, UPLINK_DOWN, PLAN | JOBS, PLAN_BAD },
		{ LEVEL_UP, UPLINK_HOLD, PLAN | JOBS, PLAN_HELD },
	};
	struct uplink u;

	(void)state;
	uplink_init(&u, &conf, 0);
	walk(&u, steps, 3);
	assert_int_equal(uplink_due(&u), 63 * SEC);
	/* Lost from sight and found again: no news, and the hold goes on. */
	uplink_step(&u, LEVEL_UNKNOWN, CAUSE_STALE, false, 10 * SEC);
	assert_int_equal(uplink_step(&u, LEVEL_UP, CAUSE_NONE, false,
	    11 * SEC), 0);
	assert_int_equal(uplink_due(&u), 63 * SEC);
	assert_int_equal(uplink_tick(&u, false, 62 * SEC), 0);
	assert_int_equal(uplink_standing(&u), PLAN_HELD);
	assert_int_equal(uplink_tick(&u, false, 63 * SEC), PLAN);
	assert_int_equal(uplink_standing(&u), PLAN_GOOD);
	assert_true(uplink_due(&u) == CLOCK_NEVER);
}

static void
uplink_down_during_hold_starts_it_anew(void **state)
{
	static const struct step steps[] = {
		{ LEVEL_DOWN, UPLINK_DOWN, PLAN | JOBS, PLAN_BAD },
		{ LEVEL_UP, UPLINK_HOLD, PLAN | JOBS, PLAN_HELD },
		{ LEVEL_DOWN, UPLINK_DOWN, PLAN | JOBS, PLAN_BAD },
		{ LEVEL_UP, UPLINK_HOLD, PLAN | JOBS, PLAN_HELD },
	};
	struct uplink u;

	(void)state;
	uplink_init(&u, &conf, 0);
	walk(&u, steps, 4);
	assert_int_equal(uplink_due(&u), 64 * SEC);
}

static void
uplink_without_hold_returns_at_once(void **state)
{
	struct conf_uplink quick = conf;
	struct uplink u;
	unsigned want;

	(void)state;
	quick.probe.hold_ns = 0;
	uplink_init(&u, &quick, 0);
	uplink_step(&u, LEVEL_DOWN, CAUSE_FAR, false, SEC);
	want = uplink_step(&u, LEVEL_UP, CAUSE_NONE, false, 2 * SEC);
	assert_int_equal(want & (PLAN | JOBS), PLAN | JOBS);
	assert_int_equal(u.state, UPLINK_UP);
	assert_true(uplink_due(&u) == CLOCK_NEVER);
}

static void
uplink_degraded_return_stays_degraded(void **state)
{
	struct uplink u;

	(void)state;
	uplink_init(&u, &conf, 0);
	uplink_step(&u, LEVEL_DOWN, CAUSE_FAR, false, SEC);
	uplink_step(&u, LEVEL_DEGRADED, CAUSE_NONE, false, 2 * SEC);
	assert_int_equal(u.state, UPLINK_HOLD);
	uplink_tick(&u, false, 100 * SEC);
	assert_int_equal(u.state, UPLINK_DEGRADED);
	assert_int_equal(uplink_standing(&u), PLAN_GOOD);
}

static void
uplink_restored_down_is_not_told_twice(void **state)
{
	struct uplink u;

	(void)state;
	uplink_init(&u, &conf, 0);
	uplink_restore(&u, LEVEL_DOWN, CAUSE_FAR, SEC);
	assert_int_equal(uplink_standing(&u), PLAN_BAD);
	assert_int_equal(uplink_step(&u, LEVEL_DOWN, CAUSE_FAR, false,
	    2 * SEC), 0);
	assert_int_equal(u.level, LEVEL_DOWN);
}

static void
uplink_restored_hold_waits_for_its_rest(void **state)
{
	struct uplink u;

	(void)state;
	uplink_init(&u, &conf, 0);
	uplink_restore(&u, LEVEL_UP, CAUSE_NONE, 100 * SEC);
	uplink_restore_hold(&u, 20 * SEC, 100 * SEC);
	assert_int_equal(uplink_standing(&u), PLAN_HELD);
	assert_int_equal(uplink_due(&u), 140 * SEC);
	assert_int_equal(uplink_tick(&u, false, 140 * SEC), PLAN);
	assert_int_equal(uplink_standing(&u), PLAN_GOOD);
	/* Long over, or from a clock that ran elsewhere. */
	uplink_restore_hold(&u, 61 * SEC, 200 * SEC);
	assert_int_equal(uplink_standing(&u), PLAN_GOOD);
	uplink_restore_hold(&u, -5 * SEC, 200 * SEC);
	assert_int_equal(uplink_standing(&u), PLAN_GOOD);
}

static void
uplink_decider_takes_out_and_gives_back(void **state)
{
	struct uplink u;
	unsigned want;

	(void)state;
	uplink_init(&u, &conf, 0);
	uplink_step(&u, LEVEL_UP, CAUSE_NONE, false, SEC);
	want = uplink_advise(&u, DECIDER, LEVEL_DOWN, false, 2 * SEC);
	assert_int_equal(want & (PLAN | JOBS), PLAN | JOBS);
	assert_int_equal(u.cause, CAUSE_ADVISOR);
	assert_int_equal(uplink_standing(&u), PLAN_BAD);
	/* Said again: harmless. */
	assert_int_equal(uplink_advise(&u, DECIDER, LEVEL_DOWN, false,
	    3 * SEC), 0);
	/* Its time to live ends, counted from the last word. */
	assert_int_equal(uplink_due(&u), 303 * SEC);
	want = uplink_tick(&u, false, 303 * SEC);
	assert_int_equal(want & PLAN, PLAN);
	assert_int_equal(u.level, LEVEL_UP);
}

static void
uplink_decider_cannot_take_out_the_last_one(void **state)
{
	struct uplink u;

	(void)state;
	uplink_init(&u, &conf, 0);
	uplink_step(&u, LEVEL_UP, CAUSE_NONE, true, SEC);
	assert_int_equal(uplink_advise(&u, DECIDER, LEVEL_DOWN, true,
	    2 * SEC), 0);
	assert_int_equal(uplink_standing(&u), PLAN_GOOD);
	/* Another line works again: now it may. */
	assert_int_equal(uplink_tick(&u, false, 3 * SEC) & PLAN, PLAN);
	assert_int_equal(uplink_standing(&u), PLAN_BAD);
	/* The other one fails: back it comes, at once. */
	uplink_tick(&u, true, 4 * SEC);
	assert_int_equal(u.level, LEVEL_UP);
	assert_int_not_equal(uplink_standing(&u), PLAN_BAD);
}

static void
uplink_probes_take_out_the_last_one(void **state)
{
	struct uplink u;

	(void)state;
	uplink_init(&u, &conf, 0);
	uplink_step(&u, LEVEL_DOWN, CAUSE_GATEWAY, true, SEC);
	assert_int_equal(uplink_standing(&u), PLAN_BAD);
}

static void
uplink_veto_speaks_only_against(void **state)
{
	struct uplink u;

	(void)state;
	uplink_init(&u, &conf, 0);
	uplink_step(&u, LEVEL_DOWN, CAUSE_FAR, false, SEC);
	assert_int_equal(uplink_advise(&u, VETOER, LEVEL_UP, false,
	    2 * SEC), 0);
	assert_int_equal(u.level, LEVEL_DOWN);
	uplink_advise(&u, VETOER, LEVEL_DOWN, false, 3 * SEC);
	assert_int_equal(uplink_step(&u, LEVEL_UP, CAUSE_NONE, false,
	    4 * SEC), 0);
	assert_int_equal(u.level, LEVEL_DOWN);
	assert_int_equal(u.cause, CAUSE_ADVISOR);
	uplink_advise(&u, VETOER, LEVEL_UNKNOWN, false, 5 * SEC);
	assert_int_equal(u.level, LEVEL_UP);
}

static void
uplink_informer_changes_nothing(void **state)
{
	struct uplink u;

	(void)state;
	uplink_init(&u, &conf, 0);
	uplink_step(&u, LEVEL_UP, CAUSE_NONE, false, SEC);
	assert_int_equal(uplink_advise(&u, INFORMER, LEVEL_DOWN, false,
	    2 * SEC), 0);
	assert_int_equal(u.level, LEVEL_UP);
}

/* Every cell of the table answers: an unwritten one would abort. */
static void
uplink_all_states_take_all_levels(void **state)
{
	static const enum level all[] = { LEVEL_UP, LEVEL_DEGRADED,
	    LEVEL_DOWN, LEVEL_UNKNOWN };
	struct uplink u, from[UPLINK_NSTATE];
	size_t s, l;

	(void)state;
	memset(from, 0, sizeof(from));
	for (s = UPLINK_START; s < UPLINK_NSTATE; s++) {
		uplink_init(&from[s], &conf, 0);
		if (s == UPLINK_START)
			continue;
		uplink_restore(&from[s], s == UPLINK_UP ? LEVEL_UP :
		    s == UPLINK_DEGRADED ? LEVEL_DEGRADED : LEVEL_DOWN,
		    CAUSE_NONE, 0);
		if (s == UPLINK_HOLD)
			uplink_step(&from[s], LEVEL_UP, CAUSE_NONE, false, 1);
		assert_int_equal(from[s].state, s);
	}
	for (s = UPLINK_START; s < UPLINK_NSTATE; s++) {
		for (l = 0; l < 4; l++) {
			u = from[s];
			uplink_step(&u, all[l], CAUSE_NONE, false, 2);
			assert_int_equal(u.level, all[l]);
			assert_true(u.state >= UPLINK_START &&
			    u.state < UPLINK_NSTATE);
			/* Only `down` is bad; nothing else becomes it. */
			if (all[l] == LEVEL_DOWN)
				assert_int_equal(u.state, UPLINK_DOWN);
			else if (all[l] != LEVEL_UNKNOWN)
				assert_int_not_equal(u.state, UPLINK_DOWN);
			else
				assert_int_equal(u.state, s);
		}
		u = from[s];
		u.hold_until_ns = 5;
		uplink_tick(&u, false, 6);
	}
}

/* Down for a second, then up; returns the hold that follows. */
static int64_t
outage(struct uplink *u, int64_t at_ns)
{
	(void)uplink_step(u, LEVEL_DOWN, CAUSE_FAR, false, at_ns);
	(void)uplink_step(u, LEVEL_UP, CAUSE_NONE, false, at_ns + SEC);
	assert_int_equal(u->state, UPLINK_HOLD);
	return u->hold_until_ns - (at_ns + SEC);
}

static void
uplink_hold_doubles_while_it_flaps_and_halves_in_peace(void **state)
{
	struct conf_uplink c = conf;
	struct uplink u;
	int64_t t = 10 * SEC;
	int i;

	(void)state;
	c.probe.hold_max_ns = 300 * SEC;
	uplink_init(&u, &c, 0);
	(void)uplink_step(&u, LEVEL_UP, CAUSE_NONE, false, SEC);
	assert_int_equal(outage(&u, t), 60 * SEC);
	/* In its hold, after it, and up to the limit. */
	assert_int_equal(outage(&u, t += 10 * SEC), 120 * SEC);
	t += 600 * SEC;
	(void)uplink_tick(&u, false, t);
	assert_int_equal(u.state, UPLINK_UP);
	assert_int_equal(outage(&u, t), 240 * SEC);
	assert_int_equal(outage(&u, t += 10 * SEC), 300 * SEC);
	for (i = 0; i < 100; i++)
		assert_int_equal(outage(&u, t += 10 * SEC), 300 * SEC);
	/* Two quiet hours halve it twice, however long it was at its limit. */
	assert_int_equal(outage(&u, t += 2 * 3600 * SEC + 10 * SEC),
	    120 * SEC);
	assert_int_equal(outage(&u, t += 24 * 3600 * SEC), 60 * SEC);
}

static void
uplink_hold_above_its_limit_stays_as_configured(void **state)
{
	struct conf_uplink c = conf;
	struct uplink u;
	int i;

	(void)state;
	c.probe.hold_max_ns = 30 * SEC;
	uplink_init(&u, &c, 0);
	(void)uplink_step(&u, LEVEL_UP, CAUSE_NONE, false, SEC);
	for (i = 1; i < 100; i++)
		assert_int_equal(outage(&u, i * 10 * SEC), 60 * SEC);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uplink_first_up_is_no_news),
		cmocka_unit_test(uplink_first_down_is_news),
		cmocka_unit_test(uplink_unknown_keeps_what_was_decided),
		cmocka_unit_test(uplink_return_waits_for_its_hold),
		cmocka_unit_test(uplink_down_during_hold_starts_it_anew),
		cmocka_unit_test(uplink_without_hold_returns_at_once),
		cmocka_unit_test(uplink_degraded_return_stays_degraded),
		cmocka_unit_test(uplink_restored_down_is_not_told_twice),
		cmocka_unit_test(uplink_restored_hold_waits_for_its_rest),
		cmocka_unit_test(uplink_decider_takes_out_and_gives_back),
		cmocka_unit_test(uplink_decider_cannot_take_out_the_last_one),
		cmocka_unit_test(uplink_probes_take_out_the_last_one),
		cmocka_unit_test(uplink_veto_speaks_only_against),
		cmocka_unit_test(uplink_informer_changes_nothing),
		cmocka_unit_test(uplink_all_states_take_all_levels),
		cmocka_unit_test(
		    uplink_hold_doubles_while_it_flaps_and_halves_in_peace),
		cmocka_unit_test(
		    uplink_hold_above_its_limit_stays_as_configured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
