/* SPDX-License-Identifier: ISC */
/* The uplinks as macros: what each language is told, byte by byte. */
#include "tests/unit/test_want.h"

#include <stdlib.h>

#include "tools/export.h"

static void
says(struct lab *l, const struct export_line *lines, enum export_form form,
    const char *text)
{
	char *got = NULL;
	size_t len;
	FILE *f = open_memstream(&got, &len);

	assert_non_null(f);
	assert_int_equal(export_print(form, &l->t.conf, lines, f), 0);
	fclose(f);
	assert_string_equal(got, text);
	free(got);
}

static void
each_language_gets_its_own_form(void **state)
{
	struct export_line lines[2];
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	memset(lines, 0, sizeof(lines));
	l.t.conf.routing.mark = 0x10000;
	l.t.conf.routing.mark_mask = 0x7f0000;
	lines[0].now[NET_V4].own = addr_of("10.0.1.2");
	lines[0].now[NET_V4].gateway = addr_of("10.0.1.1");
	lines[1].now[NET_V6].own = addr_of("2001:db8::2");
	says(&l, lines, EXPORT_PF,
	    "# By uplinkctl export; change uplinkd.conf instead.\n"
	    "line1_if = \"ext1\"\n"
	    "line1_addr = \"10.0.1.2\"\n"
	    "line1_gw = \"10.0.1.1\"\n"
	    "line2_if = \"ext2\"\n"
	    "line2_addr6 = \"2001:db8::2\"\n"
	    "# line2 has no gateway now\n"
	    "uplink_ifs = \"{ ext1, ext2 }\"\n");
	says(&l, lines, EXPORT_NFT,
	    "# By uplinkctl export; change uplinkd.conf instead.\n"
	    "define line1_if = \"ext1\"\n"
	    "define line1_addr = 10.0.1.2\n"
	    "define line1_gw = 10.0.1.1\n"
	    "define line1_mark = 0x00010000\n"
	    "define line2_if = \"ext2\"\n"
	    "define line2_addr6 = 2001:db8::2\n"
	    "# line2 has no gateway now\n"
	    "define line2_mark = 0x00020000\n"
	    "define uplink_ifs = { \"ext1\", \"ext2\" }\n");
	l.t.conf.routing.mark_mask = 0;
	says(&l, lines, EXPORT_SH,
	    "# By uplinkctl export; change uplinkd.conf instead.\n"
	    "line1_if='ext1'\n"
	    "line1_addr='10.0.1.2'\n"
	    "line1_gw='10.0.1.1'\n"
	    "line2_if='ext2'\n"
	    "line2_addr6='2001:db8::2'\n"
	    "# line2 has no gateway now\n"
	    "uplink_ifs='ext1 ext2'\n"
	    "uplinks='line1 line2'\n");
	says(&l, lines, EXPORT_JSON,
	    "[{\"uplink\":\"line1\",\"interface\":\"ext1\","
	    "\"addr\":\"10.0.1.2\",\"gw\":\"10.0.1.1\"},"
	    "{\"uplink\":\"line2\",\"interface\":\"ext2\","
	    "\"addr6\":\"2001:db8::2\"}]\n");
	lab_free(&l);
}

static void
names_are_such_that_all_three_take_them(void **state)
{
	char buf[EXPORT_NAME];
	struct lab l;
	size_t a, b;

	(void)state;
	assert_string_equal(export_name("dsl-1.a", buf), "dsl_1_a");
	assert_string_equal(export_name("1", buf), "uplink_1");
	assert_string_equal(export_name("_x", buf), "uplink__x");
	lab_init(&l, 3, CONF_OVERRIDE);
	assert_false(export_clash(&l.t.conf, &a, &b));
	snprintf(l.t.uplinks[0].name, CONF_NAME_MAX, "a.b");
	snprintf(l.t.uplinks[2].name, CONF_NAME_MAX, "a-b");
	assert_true(export_clash(&l.t.conf, &a, &b));
	assert_int_equal(a, 0);
	assert_int_equal(b, 2);
	lab_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_language_gets_its_own_form),
		cmocka_unit_test(names_are_such_that_all_three_take_them),
	};

	return cmocka_run_group_tests_name("export", tests, NULL, NULL);
}
