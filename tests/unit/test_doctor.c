/* SPDX-License-Identifier: ISC */
/* What the doctor says of facts made by hand. */
#include "tests/unit/test_want.h"

#include <sys/socket.h>

#include "tools/doctor.h"

#define SAID	4096

struct bench {
	struct lab	l;
	struct doctor_facts f;
	char		said[SAID];
	int		worst;
};

static void
say(void *arg, enum doctor_grade grade, const char *about, const char *text)
{
	struct bench *b = arg;
	size_t len = strlen(b->said);

	snprintf(b->said + len, SAID - len, "%s %s: %s\n",
	    doctor_grade_name(grade), about, text);
}

static const char *
look(struct bench *b)
{
	b->said[0] = '\0';
	b->worst = doctor_look(&b->f, say, b);
	return b->said;
}

static void
init(struct bench *b)
{
	static struct conf_target targets[2];
	struct net_route r = route_of(MAIN, 100, 4, "12");
	size_t i;

	memset(b, 0, sizeof(*b));
	lab_init(&b->l, 2, CONF_OVERRIDE);
	b->l.t.conf.routing.priority = 5750;
	b->l.t.conf.routing.table = 5750;
	b->l.t.conf.routing.mark_mask = 0x7f0000;
	view_put(&b->l.view, &r);
	b->f.conf = &b->l.t.conf;
	b->f.view = &b->l.view;
	b->f.has_user = true;
	for (i = 0; i < 2; i++) {
		b->l.t.uplinks[i].probe.ntargets = 2;
		b->l.t.uplinks[i].probe.targets = targets;
		b->l.t.uplinks[i].flows.down.policy =
		    b->l.t.uplinks[i].flows.up.policy =
		    b->l.t.uplinks[i].flows.idle.policy = OPTION_FLOWS_KEEP;
	}
	memset(b->f.deaf, 0xff, sizeof(b->f.deaf));
	for (i = 0; i < NET_NFAM; i++)
		b->f.forward[i] = b->f.hash[i] = 1;
}

static void
put_rule(struct bench *b, uint32_t priority, uint32_t table, uint8_t protocol)
{
	struct net_rule *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->priority = priority;
	r->table = table;
	r->protocol = protocol;
	r->suppress_prefixlen = -1;
	free(b->l.view.rules[V4]);
	b->l.view.rules[V4] = r;
	b->l.view.nrules[V4] = 1;
}

static void
nothing_is_said_where_nothing_is_wrong(void **state)
{
	struct bench b;

	(void)state;
	init(&b);
	assert_string_equal(look(&b), "");
	assert_int_equal(b.worst, 0);
	put_rule(&b, 5752, 5751, 57);
	assert_string_equal(look(&b), "");
	put_rule(&b, 0, 255, 2);
	assert_string_equal(look(&b), "");
	put_rule(&b, 32766, MAIN, 2);
	assert_string_equal(look(&b), "");
	lab_free(&b.l);
}

static void
the_worst_is_what_is_returned(void **state)
{
	struct bench b;

	(void)state;
	init(&b);
	b.f.forward[V4] = 0;
	assert_non_null(strstr(look(&b), "note kernel: net.ipv4.ip_forward"));
	assert_int_equal(b.worst, DOCTOR_NOTE);
	b.f.has_user = false;
	assert_non_null(strstr(look(&b), "warning account:"));
	assert_int_equal(b.worst, DOCTOR_WARNING);
	b.l.view.links[1].up = false;
	assert_non_null(strstr(look(&b), "fault line2: ext2 is set down"));
	assert_int_equal(b.worst, DOCTOR_FAULT);
	lab_free(&b.l);
}

static void
rules_of_others_are_judged_by_their_place(void **state)
{
	struct bench b;

	(void)state;
	init(&b);
	put_rule(&b, 5754, 77, 3);
	assert_non_null(strstr(look(&b), "warning rules: somebody's rule 5754"));
	put_rule(&b, 100, 77, 3);
	assert_non_null(strstr(look(&b), "note rules: rule 100, to table 77"));
	put_rule(&b, 100, MAIN, 3);
	assert_non_null(strstr(look(&b), "warning rules: rule 100 looks up main"));
	/* It leaves the default to the rules behind it. */
	b.l.view.rules[V4][0].suppress_prefixlen = 0;
	assert_string_equal(look(&b), "");
	put_rule(&b, 9000, 77, 3);
	b.l.view.rules[V4][0].mark = b.l.view.rules[V4][0].mask = 0x10000;
	assert_non_null(strstr(look(&b), "rule 9000 looks at mark"));
	b.l.view.rules[V4][0].mask = 0xffff;
	assert_string_equal(look(&b), "");
	b.l.t.conf.routing.method = CONF_METHOD_NONE;
	put_rule(&b, 5754, 77, 3);
	assert_string_equal(look(&b), "");
	lab_free(&b.l);
}

static void
what_is_wanted_must_be_possible(void **state)
{
	struct bench b;

	(void)state;
	init(&b);
	b.f.tracking = DOCTOR_UNKNOWN;
	assert_string_equal(look(&b), "");
	b.l.t.uplinks[1].flows.up.policy = OPTION_FLOWS_KILL;
	assert_non_null(strstr(look(&b), "fault flows:"));
	b.f.tracking = 65536;
	assert_string_equal(look(&b), "");
	b.f.deaf[1] = 1;
	assert_non_null(strstr(look(&b), "fault line2: rp_filter"));
	lab_free(&b.l);
}

static void
strict_rp_filter_takes_from_symmetric_what_it_is_for(void **state)
{
	struct bench b;

	(void)state;
	init(&b);
	b.f.rp_filter[1] = 1;
	assert_string_equal(look(&b), "");
	b.l.t.conf.routing.symmetric = true;
	strcpy(b.l.t.uplinks[1].ifname, "eth0.100");
	(void)look(&b);
	assert_non_null(strstr(b.said, "warning line2: rp_filter is 1"));
	assert_non_null(strstr(b.said, "conf.eth0/100.rp_filter=2"));
	assert_null(strstr(b.said, "warning line1: rp_filter"));
	b.f.src_valid_mark[1] = 1;
	assert_null(strstr(look(&b), "rp_filter"));
	b.f.src_valid_mark[1] = DOCTOR_UNKNOWN;
	assert_non_null(strstr(look(&b), "rp_filter"));
	b.f.rp_filter[1] = 2;
	assert_null(strstr(look(&b), "rp_filter"));
	b.f.rp_filter[1] = 1;
	memset(&b.l.t.uplinks[1].gateway[NET_V4], 0,
	    sizeof(b.l.t.uplinks[1].gateway[NET_V4]));
	assert_null(strstr(look(&b), "rp_filter"));
	lab_free(&b.l);
}

static void
names_must_not_hang_on_one_line(void **state)
{
	struct bench b;

	(void)state;
	init(&b);
	b.f.servers[0] = addr_of("10.0.2.1");
	b.f.servers[1] = addr_of("192.0.2.1");
	b.f.nservers = 2;
	assert_string_equal(look(&b), "");
	b.f.nservers = 1;
	assert_non_null(strstr(look(&b), "warning line2: every name server"));
	lab_free(&b.l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_said_where_nothing_is_wrong),
		cmocka_unit_test(the_worst_is_what_is_returned),
		cmocka_unit_test(rules_of_others_are_judged_by_their_place),
		cmocka_unit_test(what_is_wanted_must_be_possible),
		cmocka_unit_test(
		    strict_rp_filter_takes_from_symmetric_what_it_is_for),
		cmocka_unit_test(names_must_not_hang_on_one_line),
	};

	return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
