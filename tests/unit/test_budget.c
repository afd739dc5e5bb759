/* SPDX-License-Identifier: ISC */
/* "N per DURATION", in an action's options as it would stand in a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "dispatcher/kinds.h"
#include "lib/clock.h"

struct opts {
	struct option_budget	budget;
};

static const struct option rows[] = {
	{ .name = "budget", .type = OPTION_BUDGET,
	  .off = offsetof(struct opts, budget), .min = NS_PER_S,
	  .max = 86400 * NS_PER_S, .def = "3 per 24h", .help = "Of them." },
	{ .name = NULL }
};

static const struct option_set set = {
	.name = "budgeted", .rows = rows, .size = sizeof(struct opts),
};

static const struct option_set *
find(const char *name)
{
	return strcmp(name, set.name) == 0 ? &set : NULL;
}

static const char *
nth(size_t n)
{
	return n == 0 ? set.name : NULL;
}

static int
parse(const char *map, struct conf **conf, char **said)
{
	struct conf_kinds kinds = conf_kinds_built_in;
	char text[512];
	size_t len;
	FILE *f = open_memstream(said, &len);
	int rc;

	kinds.action = find;
	kinds.action_name = nth;
	snprintf(text, sizeof(text), "uplinks:\n  ext1:\n"
	    "    interface: ext1\n    gateway: 10.0.1.1\n"
	    "    probe: { targets: [ { ping: 192.0.2.9 } ] }\n"
	    "actions:\n  a: { on: [down], budgeted: { %s } }\n", map);
	rc = conf_parse("t", text, strlen(text), &kinds, conf, f);
	fclose(f);
	return rc;
}

static void
budget_is(const char *map, int64_t n, int64_t per_ns, const char *printed)
{
	const struct opts *o;
	struct conf *c;
	char *said, *out = NULL;
	size_t len;
	FILE *f;

	if (parse(map, &c, &said) != 0)
		fail_msg("%s: %s", map, said);
	free(said);
	o = c->actions[0].opts;
	assert_int_equal(o->budget.n, n);
	assert_true(o->budget.per_ns == per_ns);
	f = open_memstream(&out, &len);
	conf_print(c, f);
	fclose(f);
	assert_non_null(strstr(out, printed));
	free(out);
	conf_free(&c);
}

static void
budget_is_a_number_per_time(void **state)
{
	(void)state;
	budget_is("", 3, 86400 * NS_PER_S, "budget: 3 per 1d }");
	budget_is("budget: 20 per 1h", 20, 3600 * NS_PER_S,
	    "budget: 20 per 1h }");
	budget_is("budget: 100000 per 90s", 100000, 90 * NS_PER_S,
	    "budget: 100000 per 90s }");
}

static void
budget_of_another_form_is_refused(void **state)
{
	static const char *const bad[] = {
		"3", "per 1h", "3 per", "3 per 1", "3 per 1h 2", "-3 per 1h",
		"+3 per 1h", "3per 1h", "3 in 1h", "3.5 per 1h", "0x3 per 1h",
		"0 per 1h", "100001 per 1h", "99999999999999999999999 per 1h",
		"3 per 10ms", "3 per 2d", "[3, 1h]",
	};
	char map[128];
	struct conf *c;
	char *said;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(map, sizeof(map), "budget: %s", bad[i]);
		if (parse(map, &c, &said) != -EINVAL)
			fail_msg("%s is taken", bad[i]);
		if (strstr(said, "actions.a.budgeted.budget: ") == NULL)
			fail_msg("%s: %s", bad[i], said);
		free(said);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(budget_is_a_number_per_time),
		cmocka_unit_test(budget_of_another_form_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
