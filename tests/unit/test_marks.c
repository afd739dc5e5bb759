/* SPDX-License-Identifier: ISC */
/* The text of table inet uplinkd. */
#include "tests/unit/test_routing.h"

#include <errno.h>

#include "routing/marks.h"

static char text[MARKS_TEXT_MAX];

static void
make(struct test_conf *t, size_t n)
{
	test_conf_init(t, n, CONF_OVERRIDE);
	t->conf.routing.mark = 0x10000;
	t->conf.routing.mark_mask = 0x7f0000;
}

static void
write_text(const struct test_conf *t)
{
	int n = marks_write(&t->conf, text, sizeof(text));

	assert_true(n > 0);
	assert_int_equal(strlen(text), n);
}

/* How many lines have it. */
static size_t
count(const char *what)
{
	const char *at = text;
	size_t n = 0;

	for (; (at = strstr(at, what)) != NULL; at = strchr(at, '\n'))
		n++;
	return n;
}

/* Where the first line that has it begins; it must be there. */
static const char *
place(const char *what)
{
	const char *at = strstr(text, what);

	if (at == NULL)
		fail_msg("not in the text: %s", what);
	return at;
}

static void
marks_of_two_lines_are_these_rules(void **state)
{
	struct test_conf t;

	(void)state;
	make(&t, 2);
	write_text(&t);
	assert_string_equal(text,
	    "table inet uplinkd\n"
	    "delete table inet uplinkd\n"
	    "table inet uplinkd {\n"
	    "\tchain restore {\n"
	    "\t\tct mark & 0x007f0000 == 0 return\n"
	    "\t\tct mark & 0x007f0000 == 0x00010000 "
	    "meta mark set meta mark & 0xff80ffff | 0x00010000\n"
	    "\t\tct mark & 0x007f0000 == 0x00020000 "
	    "meta mark set meta mark & 0xff80ffff | 0x00020000\n"
	    "\t}\n"
	    "\tchain prerouting {\n"
	    "\t\ttype filter hook prerouting priority -140; policy accept;\n"
	    "\t\tmeta ipsec exists return\n"
	    "\t\tiifname \"ext1\" ct mark & 0x007f0000 == 0 "
	    "ct mark set ct mark & 0xff80ffff | 0x00010000\n"
	    "\t\tiifname \"ext2\" ct mark & 0x007f0000 == 0 "
	    "ct mark set ct mark & 0xff80ffff | 0x00020000\n"
	    "\t\tjump restore\n"
	    "\t}\n"
	    "\tchain output {\n"
	    "\t\ttype route hook output priority -140; policy accept;\n"
	    "\t\tjump restore\n"
	    "\t}\n"
	    "}\n");
}

static void
marks_are_those_of_the_routing_rules(void **state)
{
	struct want_saved saved = { 0 };
	struct kernel_view view = { 0 };
	struct edits edits = { 0 };
	struct test_conf t;
	struct plan plan;
	enum plan_standing standing[CONF_UPLINKS_MAX];
	size_t i, uplink, n = 0;

	(void)state;
	make(&t, CONF_UPLINKS_MAX);
	for (i = 0; i < CONF_UPLINKS_MAX; i++)
		standing[i] = PLAN_GOOD;
	plan_make(&t.conf, standing, &plan);
	assert_int_equal(want_make(&t.conf, &plan, &view, &saved, &edits), 0);
	for (i = 0; i < edits.n; i++) {
		if (edits.edit[i].op != EDIT_RULE_ADD ||
		    edits.edit[i].rule.mask == 0)
			continue;
		uplink = edits.edit[i].rule.table - TEST_TABLE - 1;
		assert_int_equal(edits.edit[i].rule.mark,
		    marks_of(&t.conf, uplink));
		assert_int_equal(edits.edit[i].rule.mask, 0x7f0000);
		n++;
	}
	/* In each family that has gateways. */
	assert_true(n >= CONF_UPLINKS_MAX && n % CONF_UPLINKS_MAX == 0);
	edits_free(&edits);
}

static void
marks_touch_no_bit_beside_the_mask(void **state)
{
	struct test_conf t;

	(void)state;
	make(&t, 3);
	t.conf.routing.mark = 0x4;
	t.conf.routing.mark_mask = 0xc;
	write_text(&t);
	assert_int_equal(count(" set "), 3 * 2);
	assert_int_equal(count("mark & 0xfffffff3 | 0x00000004\n"), 2);
	assert_int_equal(count("mark & 0xfffffff3 | 0x00000008\n"), 2);
	assert_int_equal(count("mark & 0xfffffff3 | 0x0000000c\n"), 2);
	/* Kernels take one register and a constant. */
	assert_int_equal(count("ct mark set meta mark"), 0);
	assert_int_equal(count("meta mark set ct mark"), 0);
}

static void
marks_of_a_shared_interface_are_left_out(void **state)
{
	struct test_conf t;

	(void)state;
	make(&t, 3);
	strcpy(t.uplinks[2].ifname, "ext1");
	t.uplinks[2].gateway[NET_V4] = addr_of("10.0.1.99");
	write_text(&t);
	assert_int_equal(count("\"ext1\""), 0);
	assert_false(marks_can_tell(&t.conf, 0));
	assert_true(marks_can_tell(&t.conf, 1));
	assert_false(marks_can_tell(&t.conf, 2));
	assert_true(count("\"ext2\"") > 0);
	/* An administrator's own rule may have set the mark. */
	(void)place("== 0x00030000 meta mark set");
}

static void
marks_of_families_apart_on_one_interface_are_told_apart(void **state)
{
	struct test_conf t;

	(void)state;
	make(&t, 2);
	strcpy(t.uplinks[1].ifname, "ext1");
	memset(&t.uplinks[0].gateway[NET_V6], 0, sizeof(struct net_addr));
	memset(&t.uplinks[1].gateway[NET_V4], 0, sizeof(struct net_addr));
	t.uplinks[1].gateway[NET_V6] = addr_of("2001:db8:1::1");
	write_text(&t);
	assert_int_equal(count("meta nfproto ipv4 iifname \"ext1\" ct mark & "
	    "0x007f0000 == 0 ct mark set ct mark & 0xff80ffff | 0x00010000"),
	    1);
	assert_int_equal(count("meta nfproto ipv6 iifname \"ext1\" ct mark & "
	    "0x007f0000 == 0 ct mark set ct mark & 0xff80ffff | 0x00020000"),
	    1);
	assert_int_equal(count("\t\tiifname"), 0);
	assert_true(marks_can_tell(&t.conf, 0) && marks_can_tell(&t.conf, 1));
}

static void
marks_of_64_long_names_fit(void **state)
{
	struct test_conf t;
	size_t i;

	(void)state;
	make(&t, CONF_UPLINKS_MAX);
	for (i = 0; i < CONF_UPLINKS_MAX; i++)
		snprintf(t.uplinks[i].ifname, NET_IFNAME_MAX, "interface%06zu",
		    i);
	write_text(&t);
	assert_int_equal(count("iifname"), CONF_UPLINKS_MAX);
	assert_int_equal(marks_write(&t.conf, text, strlen(text)), -EMSGSIZE);
	assert_int_equal(marks_write(&t.conf, text, 1), -EMSGSIZE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marks_of_two_lines_are_these_rules),
		cmocka_unit_test(marks_are_those_of_the_routing_rules),
		cmocka_unit_test(marks_touch_no_bit_beside_the_mask),
		cmocka_unit_test(marks_of_a_shared_interface_are_left_out),
		cmocka_unit_test(
		    marks_of_families_apart_on_one_interface_are_told_apart),
		cmocka_unit_test(marks_of_64_long_names_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
