/* SPDX-License-Identifier: ISC */
/*
 * want: which messages follow from a plan and a kernel's view, made by hand.
 * The view's interfaces are ext1 to ext9 with index 1 to 9 and 10.0.N.2/24;
 * ext9 is nobody's uplink.
 */
#include "tests/unit/test_routing.h"

#define MAIN	254
#define V4	NET_V4
#define LINKS	9

struct lab {
	struct test_conf	t;
	struct kernel_view	view;
	struct want_saved	saved;
	struct edits		edits;
};

static void
lab_init(struct lab *l, size_t nuplinks, int method)
{
	char text[NET_ADDR_TEXT];
	unsigned i;

	memset(l, 0, sizeof(*l));
	test_conf_init(&l->t, nuplinks, method);
	l->view.links = calloc(LINKS, sizeof(*l->view.links));
	l->view.addrs = calloc(LINKS, sizeof(*l->view.addrs));
	assert_non_null(l->view.links);
	assert_non_null(l->view.addrs);
	l->view.nlinks = l->view.naddrs = LINKS;
	for (i = 0; i < LINKS; i++) {
		l->view.links[i].index = (int)i + 1;
		snprintf(l->view.links[i].name, NET_IFNAME_MAX, "ext%u",
		    i + 1);
		l->view.links[i].up = l->view.links[i].carrier = true;
		l->view.addrs[i].index = (int)i + 1;
		snprintf(text, sizeof(text), "10.0.%u.2", i + 1);
		l->view.addrs[i].addr = addr_of(text);
		l->view.addrs[i].prefixlen = 24;
		l->view.addrs[i].global = l->view.addrs[i].usable = true;
	}
}

static void
lab_free(struct lab *l)
{
	edits_free(&l->edits);
	kernel_view_free(&l->view);
}

static struct net_hop
hop_of(int n, unsigned weight)
{
	struct net_hop hop;
	char text[NET_ADDR_TEXT];

	memset(&hop, 0, sizeof(hop));
	snprintf(text, sizeof(text), "10.0.%d.1", n);
	hop.via = addr_of(text);
	hop.index = n;
	hop.weight = weight;
	return hop;
}

/* hops: "12" over ext1 and ext2; "1*3" weight 3. */
static struct net_route
route_of(uint32_t table, uint32_t metric, uint8_t protocol, const char *hops)
{
	struct net_route r;

	memset(&r, 0, sizeof(r));
	r.family = net_family(V4);
	r.table = table;
	r.metric = metric;
	r.protocol = protocol;
	r.type = 1;
	for (; *hops != '\0'; hops++) {
		if (*hops == '*') {
			r.hops[r.nhops - 1].weight = (unsigned)*++hops - '0';
			continue;
		}
		r.hops[r.nhops++] = hop_of(*hops - '0', 1);
	}
	return r;
}

static void
view_put(struct kernel_view *view, const struct net_route *r)
{
	struct net_route *p = view->routes[V4];
	size_t i;

	for (i = 0; i < view->nroutes[V4]; i++)
		if (p[i].table == r->table && p[i].metric == r->metric &&
		    p[i].tos == r->tos)
			break;
	if (i == view->nroutes[V4]) {
		p = reallocarray(p, i + 1, sizeof(*p));
		assert_non_null(p);
		view->routes[V4] = p;
		view->nroutes[V4]++;
	}
	p[i] = *r;
}

static void
view_drop(struct kernel_view *view, uint32_t table, uint32_t metric)
{
	struct net_route *p = view->routes[V4];
	size_t i;

	for (i = 0; i < view->nroutes[V4]; i++) {
		if (p[i].table != table || p[i].metric != metric)
			continue;
		p[i] = p[--view->nroutes[V4]];
		return;
	}
	fail_msg("no route with metric %u in table %u", metric, table);
}

static void
admin_sets(struct lab *l, uint32_t metric, uint8_t protocol,
    const char *hops)
{
	struct net_route r = route_of(MAIN, metric, protocol, hops);

	view_put(&l->view, &r);
}

static void
view_rule_add(struct kernel_view *view, const struct net_rule *rule)
{
	enum net_fam fam = net_fam(rule->family);

	view->rules[fam] = reallocarray(view->rules[fam],
	    view->nrules[fam] + 1, sizeof(*view->rules[fam]));
	assert_non_null(view->rules[fam]);
	view->rules[fam][view->nrules[fam]++] = *rule;
}

static void
view_rule_del(struct kernel_view *view, const struct net_rule *rule)
{
	enum net_fam fam = net_fam(rule->family);
	struct net_rule *p = view->rules[fam];
	size_t i;

	for (i = 0; i < view->nrules[fam]; i++) {
		if (!net_rule_eq(&p[i], rule))
			continue;
		memmove(&p[i], &p[i + 1],
		    (--view->nrules[fam] - i) * sizeof(*p));
		return;
	}
	fail_msg("no such rule");
}

static void
enter(struct lab *l)
{
	struct edit *e;
	size_t i;

	for (i = 0; i < l->edits.n; i++) {
		e = &l->edits.edit[i];
		switch (e->op) {
		case EDIT_ROUTE_SET:
			assert_true(e->route.nhops > 0);
			view_put(&l->view, &e->route);
			break;
		case EDIT_ROUTE_DEL:
			assert_int_not_equal(e->route.table, MAIN);
			assert_int_equal(e->route.protocol, SYS_PROTO_OURS);
			view_drop(&l->view, e->route.table, e->route.metric);
			break;
		case EDIT_RULE_ADD:
			view_rule_add(&l->view, &e->rule);
			break;
		case EDIT_RULE_DEL:
			view_rule_del(&l->view, &e->rule);
			break;
		}
	}
}

/* One comparison, entered into the view; returns the number of edits. */
static size_t
make(struct lab *l, const char *standings)
{
	struct plan plan = test_plan(&l->t.conf, standings);

	edits_free(&l->edits);
	assert_int_equal(want_make(&l->t.conf, &plan, &l->view, &l->saved,
	    &l->edits), 0);
	enter(l);
	return l->edits.n;
}

/* "metric:hops metric:hops" of a table, sorted by metric. */
static const char *
table_text(const struct lab *l, uint32_t table)
{
	static char buf[400];
	const struct net_route *r, *next;
	int64_t last = -1;
	size_t i, at = 0;

	buf[0] = '\0';
	for (;;) {
		next = NULL;
		for (i = 0; i < l->view.nroutes[V4]; i++) {
			r = &l->view.routes[V4][i];
			if (r->table == table && (int64_t)r->metric > last &&
			    (next == NULL || r->metric < next->metric))
				next = r;
		}
		if (next == NULL)
			return buf;
		last = next->metric;
		at += (size_t)sprintf(buf + at, "%s%u:", at > 0 ? " " : "",
		    next->metric);
		for (i = 0; i < next->nhops; i++)
			at += (size_t)sprintf(buf + at,
			    next->hops[i].weight == 1 ? "%d" : "%d*%u",
			    next->hops[i].index, next->hops[i].weight);
	}
}

static const struct net_route *
route_in(const struct lab *l, uint32_t table, uint32_t metric)
{
	size_t i;

	for (i = 0; i < l->view.nroutes[V4]; i++)
		if (l->view.routes[V4][i].table == table &&
		    l->view.routes[V4][i].metric == metric)
			return &l->view.routes[V4][i];
	fail_msg("no route with metric %u in table %u", metric, table);
	return NULL;
}

/* ---- rules and uplink tables ---- */

static const char *
rule_line(const struct lab *l, size_t n)
{
	static char buf[200];
	struct edit e;

	memset(&e, 0, sizeof(e));
	e.op = EDIT_RULE_ADD;
	assert_true(n < l->view.nrules[V4]);
	e.rule = l->view.rules[V4][n];
	return edit_text(&e, &l->view, buf, sizeof(buf)) + strlen("add rule ");
}

static void
rules_first_run_adds_all_in_their_order(void **state)
{
	static const char *const lines[] = {
		"30000 lookup main suppress_prefixlength 0",
		"30001 oif ext1 lookup 1001",
		"30001 oif ext2 lookup 1002",
		"30002 from 10.0.1.2 lookup 1001",
		"30002 from 10.0.2.2 lookup 1002",
		"30003 fwmark 0x100/0xff00 lookup 1001",
		"30003 fwmark 0x200/0xff00 lookup 1002",
		"30004 lookup 1000",
	};
	struct lab l;
	size_t i;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	l.t.conf.routing.mark = 0x100;
	l.t.conf.routing.mark_mask = 0xff00;
	admin_sets(&l, 0, 4, "12");
	make(&l, "gg");
	assert_int_equal(l.view.nrules[V4], 8);
	assert_int_equal(l.view.nrules[NET_V6], 0);
	for (i = 0; i < 8; i++) {
		assert_string_equal(rule_line(&l, i), lines[i]);
		assert_int_equal(l.view.rules[V4][i].protocol,
		    SYS_PROTO_OURS);
	}
	assert_string_equal(table_text(&l, 1001), "0:1");
	assert_string_equal(table_text(&l, 1002), "0:2");
	assert_int_equal(route_in(&l, 1001, 0)->protocol, SYS_PROTO_OURS);
	assert_int_equal(make(&l, "gg"), 0);
	lab_free(&l);
}

static void
rules_without_mark_mask_have_no_marks(void **state)
{
	struct lab l;
	size_t i;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	l.t.conf.routing.mark = 0x100;
	make(&l, "gg");
	for (i = 0; i < l.view.nrules[V4]; i++)
		assert_int_not_equal(l.view.rules[V4][i].priority,
		    TEST_PRIORITY + 3);
	lab_free(&l);
}

static void
rules_unusable_or_local_address_gets_none(void **state)
{
	struct lab l;
	size_t i;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	l.view.addrs[0].usable = false;
	l.view.addrs[1].global = false;
	make(&l, "gg");
	for (i = 0; i < l.view.nrules[V4]; i++)
		assert_int_equal(l.view.rules[V4][i].from.family, 0);
	lab_free(&l);
}

static void
rules_new_address_moves_the_rule_new_one_first(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	make(&l, "gg");
	l.view.addrs[0].addr = addr_of("10.0.1.77");
	assert_int_equal(make(&l, "gg"), 2);
	assert_int_equal(l.edits.edit[0].op, EDIT_RULE_ADD);
	assert_true(l.edits.edit[0].rule.from.bytes[3] == 77);
	assert_int_equal(l.edits.edit[1].op, EDIT_RULE_DEL);
	assert_true(l.edits.edit[1].rule.from.bytes[3] == 2);
	lab_free(&l);
}

static void
rules_foreign_at_our_priority_stays(void **state)
{
	struct net_rule theirs, strange;
	struct lab l;
	size_t n;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	memset(&theirs, 0, sizeof(theirs));
	theirs.family = net_family(V4);
	theirs.priority = TEST_PRIORITY + 1;
	theirs.table = 1001;
	theirs.suppress_prefixlen = -1;
	theirs.protocol = 3;
	strange = theirs;
	strange.protocol = SYS_PROTO_OURS;
	strange.foreign = true;
	view_rule_add(&l.view, &theirs);
	view_rule_add(&l.view, &strange);
	make(&l, "gg");
	n = l.view.nrules[V4];
	make(&l, "bg");
	assert_int_equal(l.view.nrules[V4], n);
	assert_true(net_rule_eq(&l.view.rules[V4][0], &theirs));
	assert_true(net_rule_eq(&l.view.rules[V4][1], &strange));
	lab_free(&l);
}

static void
rules_equal_one_of_others_is_not_doubled(void **state)
{
	struct lab l;
	size_t i;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	make(&l, "gg");
	/* Somebody wrote the very rule by hand. */
	l.view.rules[V4][1].protocol = 3;
	assert_int_equal(make(&l, "gg"), 0);
	for (i = 0; i < 2; i++)
		assert_string_equal(i == 0 ? rule_line(&l, 1) : "",
		    i == 0 ? "30001 oif ext1 lookup 1001" : "");
	lab_free(&l);
}

static void
rules_shared_interface_first_uplink_has_it(void **state)
{
	struct lab l;
	size_t i, oif = 0, from = 0;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	strcpy(l.t.uplinks[1].ifname, "ext1");
	l.t.uplinks[1].gateway[V4] = addr_of("10.0.1.254");
	make(&l, "gg");
	for (i = 0; i < l.view.nrules[V4]; i++) {
		if (l.view.rules[V4][i].oif[0] != '\0') {
			oif++;
			assert_int_equal(l.view.rules[V4][i].table, 1001);
		}
		if (l.view.rules[V4][i].from.family != 0) {
			from++;
			assert_int_equal(l.view.rules[V4][i].table, 1001);
		}
	}
	assert_int_equal(oif, 1);
	assert_int_equal(from, 1);
	assert_string_equal(table_text(&l, 1002), "0:1");
	lab_free(&l);
}

static void
tables_interface_down_or_gone_empties_its_own(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	make(&l, "gg");
	l.view.links[0].up = false;
	make(&l, "gg");
	assert_string_equal(table_text(&l, 1001), "");
	assert_string_equal(table_text(&l, 1002), "0:2");
	l.view.links[0].up = true;
	make(&l, "gg");
	assert_string_equal(table_text(&l, 1001), "0:1");
	strcpy(l.view.links[0].name, "other");
	make(&l, "gg");
	assert_string_equal(table_text(&l, 1001), "");
	lab_free(&l);
}

static void
tables_foreign_default_in_ours_is_not_replaced(void **state)
{
	struct net_route theirs = route_of(1001, 0, 3, "9");
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	view_put(&l.view, &theirs);
	make(&l, "gg");
	assert_string_equal(table_text(&l, 1001), "0:9 1:1");
	assert_int_equal(make(&l, "gg"), 0);
	lab_free(&l);
}

static void
tables_of_a_former_configuration_are_removed(void **state)
{
	struct net_route old = route_of(1003, 0, SYS_PROTO_OURS, "3");
	struct net_route older = route_of(77, 5, SYS_PROTO_OURS, "3");
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	view_put(&l.view, &old);
	view_put(&l.view, &older);
	make(&l, "gg");
	assert_string_equal(table_text(&l, 1003), "");
	assert_string_equal(table_text(&l, 77), "");
	lab_free(&l);
}

static void
no_plan_keeps_override_and_main_as_found(void **state)
{
	struct net_route ov = route_of(1000, 0, SYS_PROTO_OURS, "2");
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	view_put(&l.view, &ov);
	assert_int_equal(want_make(&l.t.conf, NULL, &l.view, &l.saved,
	    &l.edits), 0);
	enter(&l);
	assert_string_equal(table_text(&l, 1000), "0:2");
	assert_string_equal(table_text(&l, 1001), "0:1");
	assert_string_equal(table_text(&l, MAIN), "");
	lab_free(&l);
}

/* ---- override ---- */

static void
override_engaged_fills_its_table_and_leaves_main(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 3, CONF_OVERRIDE);
	l.t.uplinks[2].weight = 4;
	admin_sets(&l, 50, 4, "123");
	make(&l, "ggg");
	assert_string_equal(table_text(&l, 1000), "");
	assert_int_equal(make(&l, "bgg"), 1);
	assert_string_equal(table_text(&l, 1000), "0:23*4");
	assert_int_equal(make(&l, "bgg"), 0);
	assert_int_equal(make(&l, "bbg"), 1);
	assert_string_equal(table_text(&l, 1000), "0:3");
	assert_int_equal(make(&l, "bbb"), 1);
	assert_string_equal(table_text(&l, 1000), "");
	assert_string_equal(table_text(&l, MAIN), "50:123");
	lab_free(&l);
}

static void
override_leaves_out_a_carrier_that_is_down(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 3, CONF_OVERRIDE);
	admin_sets(&l, 0, 4, "123");
	l.view.links[1].up = false;
	make(&l, "bgg");
	assert_string_equal(table_text(&l, 1000), "0:3");
	l.view.links[2].up = false;
	make(&l, "bgg");
	assert_string_equal(table_text(&l, 1000), "");
	lab_free(&l);
}

static void
override_main_without_default_is_stood_in_for(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	make(&l, "gg");
	assert_string_equal(table_text(&l, 1000), "0:12");
	/* All down, and still no default: as it would have been set. */
	make(&l, "bb");
	assert_string_equal(table_text(&l, 1000), "0:12");
	admin_sets(&l, 0, 4, "12");
	make(&l, "gg");
	assert_string_equal(table_text(&l, 1000), "");
	lab_free(&l);
}

static void
no_method_writes_neither_override_nor_main(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, 0);
	admin_sets(&l, 0, 4, "12");
	make(&l, "bg");
	assert_string_equal(table_text(&l, 1000), "");
	assert_string_equal(table_text(&l, MAIN), "0:12");
	assert_string_equal(table_text(&l, 1001), "0:1");
	lab_free(&l);
}

/* ---- withdraw ---- */

static void
withdraw_takes_the_hop_out_and_puts_it_back_exactly(void **state)
{
	struct net_route was;
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	was = route_of(MAIN, 7, 186, "1*39*22");
	was.extra_len = 3;
	memcpy(was.extra, "mtu", 3);
	view_put(&l.view, &was);
	make(&l, "gg");
	assert_false(l.saved.present[V4]);
	assert_int_equal(make(&l, "bg"), 1);
	assert_string_equal(table_text(&l, MAIN), "7:9*22");
	assert_true(l.saved.present[V4]);
	assert_true(net_route_eq(&l.saved.route[V4], &was));
	assert_int_equal(route_in(&l, MAIN, 7)->protocol, 186);
	assert_memory_equal(route_in(&l, MAIN, 7)->extra, "mtu", 3);
	assert_int_equal(make(&l, "bg"), 0);
	assert_int_equal(make(&l, "gg"), 1);
	assert_string_equal(table_text(&l, MAIN), "7:1*39*22");
	assert_true(net_route_eq(route_in(&l, MAIN, 7), &was));
	assert_false(l.saved.present[V4]);
	lab_free(&l);
}

static void
withdraw_all_down_restores_what_was_set(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 0, 4, "1*22");
	make(&l, "bg");
	assert_string_equal(table_text(&l, MAIN), "0:2");
	make(&l, "bb");
	assert_string_equal(table_text(&l, MAIN), "0:1*22");
	make(&l, "gb");
	assert_string_equal(table_text(&l, MAIN), "0:1");
	lab_free(&l);
}

static void
withdraw_dhcp_style_rewrites_the_best_default(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 100, 16, "1");
	admin_sets(&l, 200, 16, "2");
	make(&l, "gg");
	make(&l, "bg");
	assert_string_equal(table_text(&l, MAIN), "100:2 200:2");
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "100:1 200:2");
	/* The second line is not used: nothing is to be done. */
	assert_int_equal(make(&l, "gb"), 0);
	assert_false(l.saved.present[V4]);
	lab_free(&l);
}

static void
withdraw_carrier_never_seen_joins_with_its_weight(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 3, CONF_WITHDRAW);
	l.t.uplinks[2].weight = 5;
	admin_sets(&l, 0, 4, "12");
	make(&l, "bgg");
	assert_string_equal(table_text(&l, MAIN), "0:23*5");
	make(&l, "ggg");
	assert_string_equal(table_text(&l, MAIN), "0:12");
	lab_free(&l);
}

static void
withdraw_standby_comes_in_when_the_first_tier_is_bad(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 3, CONF_WITHDRAW);
	l.t.uplinks[2].tier = 2;
	admin_sets(&l, 0, 4, "12");
	make(&l, "bgg");
	assert_string_equal(table_text(&l, MAIN), "0:2");
	make(&l, "bbg");
	assert_string_equal(table_text(&l, MAIN), "0:3");
	make(&l, "gbg");
	assert_string_equal(table_text(&l, MAIN), "0:1");
	make(&l, "ggg");
	assert_string_equal(table_text(&l, MAIN), "0:12");
	lab_free(&l);
}

static void
withdraw_is_the_same_by_whatever_way(void **state)
{
	static const char *const ways[][4] = {
		{ "bgg", "bbg", "gbg", "bgg" },
		{ "ggb", "bgb", "bbb", "bgg" },
		{ "bgg", "ggg", "gbb", "bgg" },
	};
	struct lab l;
	size_t way, i;

	(void)state;
	for (way = 0; way < 3; way++) {
		lab_init(&l, 3, CONF_WITHDRAW);
		admin_sets(&l, 0, 4, "3*21*52*7");
		for (i = 0; i < 4; i++)
			make(&l, ways[way][i]);
		assert_string_equal(table_text(&l, MAIN), "0:3*22*7");
		make(&l, "ggg");
		assert_string_equal(table_text(&l, MAIN), "0:3*21*52*7");
		lab_free(&l);
	}
}

static void
withdraw_foreign_hop_added_meanwhile_stays_afterwards(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 0, 4, "1*22*3");
	make(&l, "bg");
	assert_string_equal(table_text(&l, MAIN), "0:2");
	admin_sets(&l, 0, 4, "2*49");
	assert_int_equal(make(&l, "bg"), 0);
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "0:1*22*49");
	lab_free(&l);
}

static void
withdraw_foreign_hop_removed_meanwhile_stays_away(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 0, 4, "192");
	make(&l, "bg");
	assert_string_equal(table_text(&l, MAIN), "0:92");
	admin_sets(&l, 0, 4, "2");
	make(&l, "bg");
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "0:12");
	lab_free(&l);
}

static void
withdraw_administrator_writes_it_anew_is_withdrawn_again(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 0, 4, "12");
	make(&l, "bg");
	admin_sets(&l, 0, 3, "1*42");
	assert_int_equal(make(&l, "bg"), 1);
	assert_string_equal(table_text(&l, MAIN), "0:2");
	assert_int_equal(route_in(&l, MAIN, 0)->protocol, 3);
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "0:1*42");
	lab_free(&l);
}

static void
withdraw_new_metric_is_followed(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 100, 4, "12");
	make(&l, "bg");
	assert_string_equal(table_text(&l, MAIN), "100:2");
	/* A better one comes beside it: that is used, so that is changed. */
	admin_sets(&l, 50, 4, "12");
	make(&l, "bg");
	assert_string_equal(table_text(&l, MAIN), "50:2 100:12");
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "50:12 100:12");
	/* In place of it: the old one is gone for good. */
	make(&l, "bg");
	view_drop(&l.view, MAIN, 50);
	view_drop(&l.view, MAIN, 100);
	admin_sets(&l, 300, 4, "12");
	make(&l, "bg");
	assert_string_equal(table_text(&l, MAIN), "300:2");
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "300:12");
	lab_free(&l);
}

static void
withdraw_replaced_by_a_foreign_route_lets_go(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 0, 4, "12");
	make(&l, "bg");
	admin_sets(&l, 0, 4, "9");
	assert_int_equal(make(&l, "bg"), 0);
	assert_false(l.saved.present[V4]);
	assert_int_equal(make(&l, "gg"), 0);
	assert_string_equal(table_text(&l, MAIN), "0:9");
	lab_free(&l);
}

static void
withdraw_main_lost_while_engaged_is_made_from_memory(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 9, 186, "12");
	make(&l, "bg");
	view_drop(&l.view, MAIN, 9);
	make(&l, "bg");
	assert_string_equal(table_text(&l, MAIN), "9:2");
	assert_int_equal(route_in(&l, MAIN, 9)->protocol, 186);
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "9:12");
	lab_free(&l);
}

static void
withdraw_main_lost_while_well_comes_back_as_it_was(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 9, 186, "1*32");
	make(&l, "gg");
	/* Both interfaces went down: IPv4 drops the route and tells nobody. */
	view_drop(&l.view, MAIN, 9);
	l.view.links[0].up = l.view.links[1].up = false;
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "");
	l.view.links[1].up = true;
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "9:2");
	l.view.links[0].up = true;
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "9:1*32");
	assert_int_equal(route_in(&l, MAIN, 9)->protocol, 186);
	assert_false(l.saved.present[V4]);
	lab_free(&l);
}

static void
withdraw_no_default_and_no_memory_makes_one_of_ours(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 3, CONF_WITHDRAW);
	l.t.uplinks[2].tier = 2;
	make(&l, "bgg");
	assert_string_equal(table_text(&l, MAIN), "65535:2");
	assert_int_equal(route_in(&l, MAIN, 65535)->protocol, SYS_PROTO_OURS);
	make(&l, "bbg");
	assert_string_equal(table_text(&l, MAIN), "65535:3");
	make(&l, "ggg");
	assert_string_equal(table_text(&l, MAIN), "65535:12");
	/* His own outranks it, and is worked on from then on. */
	admin_sets(&l, 0, 4, "12");
	make(&l, "bgg");
	assert_string_equal(table_text(&l, MAIN), "0:2 65535:12");
	lab_free(&l);
}

static void
withdraw_all_down_and_no_default_makes_none(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	make(&l, "bb");
	assert_string_equal(table_text(&l, MAIN), "");
	lab_free(&l);
}

static void
withdraw_hop_on_a_down_interface_waits_for_it(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 3, CONF_WITHDRAW);
	admin_sets(&l, 0, 4, "1293");
	l.view.links[8].up = false;
	make(&l, "bgg");
	assert_string_equal(table_text(&l, MAIN), "0:23");
	make(&l, "ggg");
	assert_string_equal(table_text(&l, MAIN), "0:123");
	assert_true(l.saved.present[V4]);
	l.view.links[8].up = true;
	make(&l, "ggg");
	assert_string_equal(table_text(&l, MAIN), "0:1293");
	assert_false(l.saved.present[V4]);
	lab_free(&l);
}

static void
withdraw_nothing_writable_leaves_what_is_there(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 0, 4, "12");
	make(&l, "gg");
	l.view.links[1].up = false;
	make(&l, "bg");
	assert_string_equal(table_text(&l, MAIN), "0:12");
	lab_free(&l);
}

static void
withdraw_interface_made_anew_is_found_by_its_name(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 0, 4, "1*32");
	make(&l, "bg");
	l.view.links[0].index = l.view.addrs[0].index = 7;
	l.view.links[6].index = 77;
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "0:7*32");
	lab_free(&l);
}

static void
withdraw_hop_dropped_by_the_kernel_comes_back(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 0, 4, "1*32");
	make(&l, "gg");
	/* IPv6 does so when the interface goes. */
	l.view.links[0].up = false;
	admin_sets(&l, 0, 4, "2");
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "0:2");
	l.view.links[0].up = true;
	make(&l, "gg");
	assert_string_equal(table_text(&l, MAIN), "0:1*32");
	lab_free(&l);
}

static void
withdraw_hop_removed_by_the_administrator_stays_away(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 0, 4, "12");
	make(&l, "gg");
	admin_sets(&l, 0, 4, "2");
	assert_int_equal(make(&l, "gg"), 0);
	assert_string_equal(table_text(&l, MAIN), "0:2");
	assert_false(l.saved.present[V4]);
	lab_free(&l);
}

static void
withdraw_source_of_the_withdrawn_line_is_left_out(void **state)
{
	struct net_route was = route_of(MAIN, 0, 16, "1");
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	was.prefsrc = addr_of("10.0.1.2");
	view_put(&l.view, &was);
	make(&l, "bg");
	assert_string_equal(table_text(&l, MAIN), "0:2");
	assert_int_equal(route_in(&l, MAIN, 0)->prefsrc.family, 0);
	make(&l, "gg");
	assert_true(net_route_eq(route_in(&l, MAIN, 0), &was));
	lab_free(&l);
}

static void
withdraw_source_of_a_loopback_stays(void **state)
{
	struct net_route was = route_of(MAIN, 0, 16, "12");
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	was.prefsrc = addr_of("10.0.9.2");
	view_put(&l.view, &was);
	make(&l, "bg");
	assert_true(net_addr_eq(&route_in(&l, MAIN, 0)->prefsrc,
	    &was.prefsrc));
	/* Nobody has it any more: the kernel would refuse the message. */
	l.view.addrs[8].addr = addr_of("10.0.9.3");
	make(&l, "gb");
	assert_string_equal(table_text(&l, MAIN), "0:1");
	assert_int_equal(route_in(&l, MAIN, 0)->prefsrc.family, 0);
	lab_free(&l);
}

static void
withdraw_opaque_route_is_left_and_told(void **state)
{
	struct net_route was = route_of(MAIN, 0, 16, "12");
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	was.opaque = true;
	view_put(&l.view, &was);
	make(&l, "gg");
	assert_false(l.saved.stuck[V4]);
	assert_int_equal(make(&l, "bg"), 0);
	assert_true(l.saved.stuck[V4]);
	assert_false(l.saved.present[V4]);
	assert_string_equal(table_text(&l, MAIN), "0:12");
	lab_free(&l);
}

static void
withdraw_default_for_one_service_is_not_touched(void **state)
{
	struct net_route tos = route_of(MAIN, 0, 4, "1");
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	tos.tos = 0x10;
	view_put(&l.view, &tos);
	admin_sets(&l, 5, 4, "12");
	make(&l, "bg");
	assert_int_equal(route_in(&l, MAIN, 0)->tos, 0x10);
	assert_string_equal(table_text(&l, MAIN), "0:1 5:2");
	lab_free(&l);
}

static void
withdraw_foreign_default_before_ours_is_not_touched(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 10, 4, "9");
	admin_sets(&l, 20, 4, "12");
	make(&l, "bg");
	assert_string_equal(table_text(&l, MAIN), "10:9 20:2");
	lab_free(&l);
}

static void
method_changed_to_override_restores_main_first(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 0, 4, "1*32");
	make(&l, "bg");
	l.t.conf.routing.method = CONF_OVERRIDE;
	make(&l, "bg");
	assert_string_equal(table_text(&l, MAIN), "0:1*32");
	assert_string_equal(table_text(&l, 1000), "0:2");
	assert_false(l.saved.present[V4]);
	lab_free(&l);
}

/* ---- removal ---- */

static void
none_restores_main_and_removes_all_of_ours(void **state)
{
	struct net_route theirs = route_of(1000, 5, 3, "9");
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 0, 4, "1*32");
	view_put(&l.view, &theirs);
	make(&l, "bg");
	edits_free(&l.edits);
	assert_int_equal(want_none(&l.t.conf, &l.view, &l.saved, &l.edits),
	    0);
	enter(&l);
	assert_int_equal(l.view.nrules[V4], 0);
	assert_int_equal(l.view.nroutes[V4], 2);
	assert_string_equal(table_text(&l, MAIN), "0:1*32");
	assert_string_equal(table_text(&l, 1000), "5:9");
	lab_free(&l);
}

static void
none_keeps_a_default_of_ours_that_is_the_last(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	make(&l, "bg");
	edits_free(&l.edits);
	assert_int_equal(want_none(&l.t.conf, &l.view, &l.saved, &l.edits),
	    0);
	enter(&l);
	assert_true(l.view.nroutes[V4] == 1);
	assert_int_equal(l.view.routes[V4][0].table, MAIN);
	lab_free(&l);
}

static void
text_of_edits_reads_like_the_tool(void **state)
{
	struct net_route r = route_of(1002, 0, SYS_PROTO_OURS, "2");
	char buf[200];
	struct edit e;
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	memset(&e, 0, sizeof(e));
	e.op = EDIT_ROUTE_SET;
	e.route = r;
	assert_string_equal(edit_text(&e, &l.view, buf, sizeof(buf)),
	    "set default table 1002 via 10.0.2.1 dev ext2 weight 1");
	e.op = EDIT_ROUTE_DEL;
	e.route.table = MAIN;
	e.route.metric = 10;
	e.route.hops[0].index = 55;
	assert_string_equal(edit_text(&e, &l.view, buf, sizeof(buf)),
	    "remove default table main metric 10 via 10.0.2.1 dev #55 "
	    "weight 1");
	assert_int_equal(strlen(edit_text(&e, &l.view, buf, 10)), 9);
	lab_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_first_run_adds_all_in_their_order),
		cmocka_unit_test(rules_without_mark_mask_have_no_marks),
		cmocka_unit_test(rules_unusable_or_local_address_gets_none),
		cmocka_unit_test(
		    rules_new_address_moves_the_rule_new_one_first),
		cmocka_unit_test(rules_foreign_at_our_priority_stays),
		cmocka_unit_test(rules_equal_one_of_others_is_not_doubled),
		cmocka_unit_test(rules_shared_interface_first_uplink_has_it),
		cmocka_unit_test(
		    tables_interface_down_or_gone_empties_its_own),
		cmocka_unit_test(
		    tables_foreign_default_in_ours_is_not_replaced),
		cmocka_unit_test(
		    tables_of_a_former_configuration_are_removed),
		cmocka_unit_test(no_plan_keeps_override_and_main_as_found),
		cmocka_unit_test(
		    override_engaged_fills_its_table_and_leaves_main),
		cmocka_unit_test(override_leaves_out_a_carrier_that_is_down),
		cmocka_unit_test(
		    override_main_without_default_is_stood_in_for),
		cmocka_unit_test(no_method_writes_neither_override_nor_main),
		cmocka_unit_test(
		    withdraw_takes_the_hop_out_and_puts_it_back_exactly),
		cmocka_unit_test(withdraw_all_down_restores_what_was_set),
		cmocka_unit_test(
		    withdraw_dhcp_style_rewrites_the_best_default),
		cmocka_unit_test(
		    withdraw_carrier_never_seen_joins_with_its_weight),
		cmocka_unit_test(
		    withdraw_standby_comes_in_when_the_first_tier_is_bad),
		cmocka_unit_test(withdraw_is_the_same_by_whatever_way),
		cmocka_unit_test(
		    withdraw_foreign_hop_added_meanwhile_stays_afterwards),
		cmocka_unit_test(
		    withdraw_foreign_hop_removed_meanwhile_stays_away),
		cmocka_unit_test(
		    withdraw_administrator_writes_it_anew_is_withdrawn_again),
		cmocka_unit_test(withdraw_new_metric_is_followed),
		cmocka_unit_test(
		    withdraw_replaced_by_a_foreign_route_lets_go),
		cmocka_unit_test(
		    withdraw_main_lost_while_engaged_is_made_from_memory),
		cmocka_unit_test(
		    withdraw_main_lost_while_well_comes_back_as_it_was),
		cmocka_unit_test(
		    withdraw_no_default_and_no_memory_makes_one_of_ours),
		cmocka_unit_test(withdraw_all_down_and_no_default_makes_none),
		cmocka_unit_test(
		    withdraw_hop_on_a_down_interface_waits_for_it),
		cmocka_unit_test(
		    withdraw_nothing_writable_leaves_what_is_there),
		cmocka_unit_test(
		    withdraw_interface_made_anew_is_found_by_its_name),
		cmocka_unit_test(
		    withdraw_hop_dropped_by_the_kernel_comes_back),
		cmocka_unit_test(
		    withdraw_hop_removed_by_the_administrator_stays_away),
		cmocka_unit_test(
		    withdraw_source_of_the_withdrawn_line_is_left_out),
		cmocka_unit_test(withdraw_source_of_a_loopback_stays),
		cmocka_unit_test(withdraw_opaque_route_is_left_and_told),
		cmocka_unit_test(
		    withdraw_default_for_one_service_is_not_touched),
		cmocka_unit_test(
		    withdraw_foreign_default_before_ours_is_not_touched),
		cmocka_unit_test(
		    method_changed_to_override_restores_main_first),
		cmocka_unit_test(none_restores_main_and_removes_all_of_ours),
		cmocka_unit_test(
		    none_keeps_a_default_of_ours_that_is_the_last),
		cmocka_unit_test(text_of_edits_reads_like_the_tool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
