/* SPDX-License-Identifier: ISC */
/*
 * want_clients: the rules of networks that use or prefer one uplink.
 */
#include <netinet/in.h>

#include "tests/unit/test_want.h"

#define AT_ONLY		(TEST_PRIORITY + 4)
#define AT_PREFER	(TEST_PRIORITY + 7)

static struct option_client
client_of(const char *net, unsigned len, uint8_t ipproto, uint16_t first,
    uint16_t last)
{
	return (struct option_client){ .net = addr_of(net), .len = len,
	    .ipproto = ipproto, .port = { first, last } };
}

/* All rules of clients, in their order. */
static const char *
rules_text(const struct lab *l, enum net_fam fam, char *buf, size_t len)
{
	char line[200];
	struct edit e;
	size_t i;

	buf[0] = '\0';
	for (i = 0; i < l->view.nrules[fam]; i++) {
		memset(&e, 0, sizeof(e));
		e.op = EDIT_RULE_ADD;
		e.rule = l->view.rules[fam][i];
		if (e.rule.priority < AT_ONLY || e.rule.priority > AT_PREFER)
			continue;
		assert_int_equal(e.rule.protocol, SYS_PROTO_OURS);
		edit_text(&e, &l->view, line, sizeof(line));
		snprintf(buf + strlen(buf), len - strlen(buf), "%s\n",
		    line + strlen("add rule "));
	}
	return buf;
}

static void
rules_are(const struct lab *l, enum net_fam fam, const char *text)
{
	char buf[1000];

	assert_string_equal(rules_text(l, fam, buf, sizeof(buf)), text);
}

static void
lab_with_plan_gone(struct lab *l)
{
	edits_free(&l->edits);
	assert_int_equal(want_make(&l->t.conf, NULL, &l->view, &l->saved,
	    &l->edits), 0);
	enter(l);
}

static void
only_rules_last_whatever_the_line_does(void **state)
{
	static const char all[] =
	    "30004 from 10.9.7.0/24 lookup 1001\n"
	    "30004 from 10.9.8.5 ipproto 6 dport 443 lookup 1001\n"
	    "30004 ipproto 17 dport 5060-5061 lookup 1002\n"
	    "30005 from 10.9.7.0/24 unreachable\n"
	    "30005 from 10.9.8.5 ipproto 6 dport 443 unreachable\n"
	    "30005 ipproto 17 dport 5060-5061 unreachable\n";
	struct option_client one[] = {
	    client_of("10.9.7.0", 24, 0, 0, 0),
	    client_of("10.9.8.5", 32, IPPROTO_TCP, 443, 443) };
	struct option_client two[] = {
	    client_of("0.0.0.0", 0, IPPROTO_UDP, 5060, 5061) };
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	l.t.uplinks[0].clients.only = (struct option_clients){ 2, one };
	l.t.uplinks[1].clients.only = (struct option_clients){ 1, two };
	admin_sets(&l, 0, 4, "12");
	/* Without any plan, too. */
	lab_with_plan_gone(&l);
	rules_are(&l, V4, all);
	rules_are(&l, NET_V6, "");
	make(&l, "gg");
	make(&l, "bg");
	rules_are(&l, V4, all);
	l.view.links[0].up = false;
	make(&l, "bg");
	rules_are(&l, V4, all);
	assert_string_equal(table_text(&l, 1001), "");
	assert_int_equal(make(&l, "bg"), 0);
	lab_free(&l);
}

static void
prefer_rules_stand_while_the_line_can_be_used(void **state)
{
	static const char first[] = "30007 from 10.9.7.0/24 lookup 1001\n";
	static const char second[] =
	    "30006 from 10.9.0.0/16 ipproto 6 lookup 1002\n";
	struct option_client one = client_of("10.9.7.0", 24, 0, 0, 0);
	struct option_client two = client_of("10.9.0.0", 16, IPPROTO_TCP, 0,
	    0);
	char both[200];
	struct lab l;

	(void)state;
	/* The service goes first, as far as they overlap. */
	snprintf(both, sizeof(both), "%s%s", second, first);
	lab_init(&l, 2, CONF_WITHDRAW);
	l.t.uplinks[1].tier = 2;	/* a standby can be preferred */
	l.t.uplinks[0].clients.prefer = (struct option_clients){ 1, &one };
	l.t.uplinks[1].clients.prefer = (struct option_clients){ 1, &two };
	admin_sets(&l, 0, 4, "1");
	lab_with_plan_gone(&l);
	rules_are(&l, V4, "");
	make(&l, "gg");
	rules_are(&l, V4, both);
	make(&l, "bg");
	rules_are(&l, V4, second);
	make(&l, "gb");
	rules_are(&l, V4, first);
	make(&l, "hg");
	rules_are(&l, V4, second);
	/* Nobody is better: as everybody. */
	make(&l, "bb");
	rules_are(&l, V4, "");
	lab_free(&l);
}

static void
prefer_rules_without_a_plan_stay_as_found(void **state)
{
	struct option_client one = client_of("10.9.7.0", 24, 0, 0, 0);
	struct option_client two = client_of("10.9.8.0", 24, 0, 0, 0);
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	l.t.uplinks[0].clients.prefer = (struct option_clients){ 1, &one };
	l.t.uplinks[1].clients.prefer = (struct option_clients){ 1, &two };
	admin_sets(&l, 0, 4, "12");
	make(&l, "gb");
	lab_with_plan_gone(&l);
	assert_int_equal(l.edits.n, 0);
	rules_are(&l, V4, "30007 from 10.9.7.0/24 lookup 1001\n");
	/* Those of a former configuration do not. */
	l.t.uplinks[0].clients.prefer.n = 0;
	lab_with_plan_gone(&l);
	rules_are(&l, V4, "");
	lab_free(&l);
}

static void
rules_of_each_family_are_its_own(void **state)
{
	struct option_client list[] = { client_of("10.9.7.0", 24, 0, 0, 0),
	    client_of("2001:db8:9::", 64, 0, 0, 0) };
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_METHOD_NONE);
	test_conf_v6(&l.t, 0);
	l.t.uplinks[0].clients.only = (struct option_clients){ 2, list };
	make(&l, "gg");
	rules_are(&l, V4, "30004 from 10.9.7.0/24 lookup 1001\n"
	    "30005 from 10.9.7.0/24 unreachable\n");
	rules_are(&l, NET_V6, "30004 from 2001:db8:9::/64 lookup 1001\n"
	    "30005 from 2001:db8:9::/64 unreachable\n");
	lab_free(&l);
}

/* Somebody else's default by another interface must not have them either. */
static void
only_rules_do_not_wait_for_a_gateway(void **state)
{
	struct option_client one = client_of("10.9.7.0", 24, 0, 0, 0);
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	memset(&l.t.uplinks[0].gateway[V4], 0, sizeof(struct net_addr));
	memset(&l.t.uplinks[1].gateway[V4], 0, sizeof(struct net_addr));
	l.t.uplinks[0].gateway[V4].family = NET_AUTO;
	l.t.uplinks[1].gateway[V4].family = NET_AUTO;
	admin_sets(&l, 0, 4, "9");
	make(&l, "gg");
	assert_int_equal(l.view.nrules[V4], 0);
	l.t.uplinks[1].clients.only = (struct option_clients){ 1, &one };
	make(&l, "gg");
	rules_are(&l, V4, "30004 from 10.9.7.0/24 lookup 1002\n"
	    "30005 from 10.9.7.0/24 unreachable\n");
	lab_free(&l);
}

static void
none_removes_rules_of_clients(void **state)
{
	struct option_client one = client_of("10.9.7.0", 24, 0, 0, 0);
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	l.t.uplinks[0].clients.only = (struct option_clients){ 1, &one };
	l.t.uplinks[1].clients.prefer = (struct option_clients){ 1, &one };
	admin_sets(&l, 0, 4, "12");
	make(&l, "gg");
	rules_are(&l, V4, "30004 from 10.9.7.0/24 lookup 1001\n"
	    "30005 from 10.9.7.0/24 unreachable\n"
	    "30007 from 10.9.7.0/24 lookup 1002\n");
	edits_free(&l.edits);
	assert_int_equal(want_none(&l.t.conf, &l.view, &l.saved, &l.edits),
	    0);
	enter(&l);
	assert_int_equal(l.view.nrules[V4], 0);
	lab_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_rules_last_whatever_the_line_does),
		cmocka_unit_test(
		    prefer_rules_stand_while_the_line_can_be_used),
		cmocka_unit_test(prefer_rules_without_a_plan_stay_as_found),
		cmocka_unit_test(rules_of_each_family_are_its_own),
		cmocka_unit_test(only_rules_do_not_wait_for_a_gateway),
		cmocka_unit_test(none_removes_rules_of_clients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
