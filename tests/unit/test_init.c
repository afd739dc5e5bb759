/* SPDX-License-Identifier: ISC */
/*
 * A first configuration from routes made by hand; what is printed is read
 * again.
 */
#include "tests/unit/test_want.h"

#include <sys/socket.h>

#include <stdlib.h>

#include "dispatcher/kinds.h"
#include "tools/init.h"

#define DHCP	16
#define STATIC	4
#define OURS	57

static void
put(struct lab *l, uint32_t table, uint32_t metric, uint8_t protocol,
    const char *hops)
{
	struct net_route r = route_of(table, metric, protocol, hops);

	view_put(&l->view, &r);
}

/* What the lines would be, as the parser understands what is printed. */
static struct conf *
written(struct lab *l, char **far, char **notes)
{
	struct init_host host = { "here", "today", far, false };
	struct init_line lines[LINKS];
	char *text = NULL;
	struct conf *conf = NULL;
	size_t len, nlen, n;
	FILE *f = open_memstream(&text, &len);
	FILE *g = open_memstream(notes, &nlen);

	assert_non_null(f);
	assert_non_null(g);
	n = init_find(&l->view, lines, LINKS);
	assert_true(n > 0);
	init_print(lines, n, &l->view, &host, f, g);
	fclose(f);
	fclose(g);
	assert_int_equal(conf_parse("init", text, len, &conf_kinds_built_in,
	    &conf, stderr), 0);
	assert_int_equal(conf->nuplinks, n);
	free(text);
	return conf;
}

static void
balanced_lines_are_of_one_tier(void **state)
{
	char *notes, a[NET_ADDR_TEXT];
	char far1[] = "192.0.2.9", *far[] = { far1, NULL };
	struct conf *conf;
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	put(&l, MAIN, 100, STATIC, "1*32");
	conf = written(&l, far, &notes);
	assert_int_equal(conf->nuplinks, 2);
	assert_string_equal(conf->uplinks[0].ifname, "ext1");
	assert_string_equal(net_addr_text(&conf->uplinks[0].gateway[V4], a),
	    "10.0.1.1");
	assert_int_equal(conf->uplinks[0].weight, 3);
	assert_int_equal(conf->uplinks[1].weight, 1);
	assert_int_equal(conf->uplinks[0].tier, 1);
	assert_int_equal(conf->uplinks[1].tier, 1);
	assert_int_equal(conf->uplinks[1].probe.ntargets, 2);
	assert_string_equal(conf->uplinks[1].probe.targets[1].label,
	    "ping 192.0.2.9");
	assert_null(strstr(notes, "--far"));
	assert_non_null(strstr(notes, "_uplinkd"));
	conf_free(&conf);
	free(notes);
	lab_free(&l);
}

static void
a_worse_metric_is_a_standby_and_dhcp_is_auto(void **state)
{
	struct conf *conf;
	struct lab l;
	char *notes;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	put(&l, MAIN, 300, STATIC, "3");
	put(&l, MAIN, 200, DHCP, "2");
	put(&l, MAIN, 300, STATIC, "3");
	put(&l, MAIN, 100, DHCP, "1");
	conf = written(&l, NULL, &notes);
	assert_int_equal(conf->nuplinks, 3);
	assert_string_equal(conf->uplinks[0].name, "ext1");
	assert_string_equal(conf->uplinks[2].name, "ext3");
	assert_int_equal(conf->uplinks[0].tier, 1);
	assert_int_equal(conf->uplinks[1].tier, 2);
	assert_int_equal(conf->uplinks[2].tier, 3);
	assert_int_equal(conf->uplinks[0].gateway[V4].family, NET_AUTO);
	assert_int_equal(conf->uplinks[2].gateway[V4].family, AF_INET);
	assert_non_null(strstr(notes, "--far"));
	conf_free(&conf);
	free(notes);
	lab_free(&l);
}

static void
what_is_ours_or_not_in_main_is_no_line(void **state)
{
	struct init_line lines[LINKS];
	struct lab l;
	size_t n;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	put(&l, MAIN, 50, OURS, "2");
	put(&l, 5751, 0, STATIC, "3");
	assert_int_equal(init_find(&l.view, lines, LINKS), 0);
	put(&l, MAIN, 100, STATIC, "1");
	l.view.links[3].loopback = true;
	put(&l, MAIN, 101, STATIC, "4");
	snprintf(l.view.links[4].name, NET_IFNAME_MAX, "a:b");
	put(&l, MAIN, 102, STATIC, "5");
	n = init_find(&l.view, lines, LINKS);
	assert_int_equal(n, 1);
	assert_string_equal(lines[0].name, "ext1");
	/* No more than there is room for. */
	put(&l, MAIN, 103, STATIC, "6");
	assert_int_equal(init_find(&l.view, lines, 1), 1);
	lab_free(&l);
}

static void
the_better_of_two_defaults_by_one_line_counts(void **state)
{
	struct init_line lines[LINKS];
	struct net_route r;
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	put(&l, MAIN, 100, DHCP, "1");
	r = route_of(MAIN, 50, STATIC, "1");
	r.hops[0].via = addr_of("10.0.1.77");
	view_put(&l.view, &r);
	put(&l, MAIN, 200, DHCP, "1");
	assert_int_equal(init_find(&l.view, lines, LINKS), 1);
	assert_int_equal(lines[0].metric, 50);
	assert_false(lines[0].learned[V4]);
	assert_true(net_addr_eq(&lines[0].gateway[V4], &r.hops[0].via));
	lab_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(balanced_lines_are_of_one_tier),
		cmocka_unit_test(a_worse_metric_is_a_standby_and_dhcp_is_auto),
		cmocka_unit_test(what_is_ours_or_not_in_main_is_no_line),
		cmocka_unit_test(the_better_of_two_defaults_by_one_line_counts),
	};

	return cmocka_run_group_tests_name("init", tests, NULL, NULL);
}
