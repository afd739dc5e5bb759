/* SPDX-License-Identifier: ISC */
/* A map of options that are somebody else's, as it would stand in a file. */
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

struct opts {
	char	**map;
};

static const struct option rows[] = {
	{ .name = "options", .type = OPTION_MAP,
	  .off = offsetof(struct opts, map), .help = "Of them." },
	{ .name = NULL }
};

static const struct option_set set = {
	.name = "mapped", .rows = rows, .size = sizeof(struct opts),
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
parse_text(const char *text, struct conf **conf, char **said)
{
	struct conf_kinds kinds = conf_kinds_built_in;
	size_t len;
	FILE *f = open_memstream(said, &len);
	int rc;

	kinds.action = find;
	kinds.action_name = nth;
	rc = conf_parse("t", text, strlen(text), &kinds, conf, f);
	fclose(f);
	return rc;
}

static int
parse(const char *map, struct conf **conf, char **said)
{
	char text[4096];

	snprintf(text, sizeof(text), "uplinks:\n  ext1:\n"
	    "    interface: ext1\n    gateway: 10.0.1.1\n"
	    "    probe: { targets: [ { ping: 192.0.2.9 } ] }\n"
	    "actions:\n  a: { on: [down], mapped: { %s } }\n", map);
	return parse_text(text, conf, said);
}

static void
map_entries_come_in_their_order(void **state)
{
	static const char *const want[] = { "dir=/sys/class/leds",
	    "b2_x=a=b: \"c\" \\", "empty=", "number=007" };
	struct conf *conf;
	char *said, **map;
	size_t i;

	(void)state;
	assert_int_equal(parse("options: { dir: /sys/class/leds, "
	    "b2_x: \"a=b: \\\"c\\\" \\\\\", empty: \"\", number: 007 }",
	    &conf, &said), 0);
	assert_string_equal(said, "");
	map = ((struct opts *)conf->actions[0].opts)->map;
	for (i = 0; i < 4; i++)
		assert_string_equal(map[i], want[i]);
	assert_null(map[4]);
	conf_free(&conf);
	free(said);
}

static char *
print(const struct conf *conf)
{
	size_t len;
	char *text;
	FILE *f = open_memstream(&text, &len);

	conf_print(conf, f);
	fclose(f);
	return text;
}

static void
map_prints_what_reads_the_same(void **state)
{
	static const char *const maps[] = {
	    "options: { a: \"x, y: {z}\", c: \"\", d: \"#no\", e: true }",
	    "options: {}", "" };
	struct conf *conf, *back;
	char *said, *one, *two;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_int_equal(parse(maps[i], &conf, &said), 0);
		free(said);
		one = print(conf);
		assert_int_equal(parse_text(one, &back, &said), 0);
		two = print(back);
		assert_string_equal(one, two);
		assert_true((strstr(one, "options: {") != NULL) == (i < 2));
		conf_free(&conf);
		conf_free(&back);
		free(one);
		free(two);
		free(said);
	}
}

static void
refused(const char *map, const char *text)
{
	struct conf *conf;
	char *said;

	assert_int_equal(parse(map, &conf, &said), -EINVAL);
	assert_null(conf);
	if (strstr(said, text) == NULL)
		fail_msg("%s: %s", map, said);
	free(said);
}

static void
map_of_anything_else_is_refused(void **state)
{
	char many[2048] = "options: { ";
	size_t i;

	(void)state;
	refused("options: [ a ]", "a map {name: text, ...} is wanted");
	refused("options: text", "a map {name: text, ...} is wanted");
	refused("options: { Big: 1 }", "options.Big: not a name of an option");
	refused("options: { a-b: 1 }", "not a name of an option");
	refused("options: { 1a: 1 }", "not a name of an option");
	refused("options: { a2345678901234567890123456789012: 1 }",
	    "not a name of an option");
	refused("options: { a: [b] }", "a text is wanted, not a list");
	refused("options: { a: {b: c} }", "a text is wanted, not a map");
	refused("options: { a: }", "options.a: an empty text");
	refused("options: { a: \"x\\ny\" }", "a control character");
	refused("options: { a: 1, a: 2 }", "written twice");
	/* Each of them is told. */
	refused("options: { B: 1, c: [] }", "options.c: a text is wanted");
	for (i = 0; i <= OPTION_MAP_MAX; i++)
		snprintf(many + strlen(many), 16, "a%zu: x, ", i);
	strcat(many, " }");
	refused(many, "more than 32 entries");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(map_entries_come_in_their_order),
		cmocka_unit_test(map_prints_what_reads_the_same),
		cmocka_unit_test(map_of_anything_else_is_refused),
	};

	return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
