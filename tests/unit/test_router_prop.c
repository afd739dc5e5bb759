/* SPDX-License-Identifier: ISC */
/*
 * router: properties.  Random configurations, links, administrators, refusals
 * and crashes; each round has its seed, that of a failure stands before it
 * (UPLINKD_SEED=N runs one again).
 */
#include "tests/unit/test_router.h"

#ifndef ROUNDS
#define ROUNDS	300		/* of each property */
#endif
#define STEPS	40		/* in one round */

static uint64_t rng;

static unsigned
chance(unsigned below)
{
	rng ^= rng >> 12;
	rng ^= rng << 25;
	rng ^= rng >> 27;
	return (unsigned)(rng * UINT64_C(2685821657736338717) >> 33) % below;
}

struct world {
	struct lab	l;
	struct kernel_view foreign;	/* what must not change */
	size_t		n;
	char		standings[8];
	bool		six;
	bool		crash;		/* they may happen */
	/* What goes wrong in the next call of the router; err 0: nothing. */
	enum fake_op	fail;
	unsigned	fail_nth;
	int		fail_err;
};

static bool
is_for_us(const struct world *w, const struct net_route *r)
{
	size_t i, n;

	if (r->protocol == SYS_PROTO_OURS)
		return true;
	if (w->l.t.conf.routing.method != CONF_WITHDRAW || r->table != MAIN ||
	    r->type != FAKE_TYPE_UNICAST)
		return false;
	for (i = 0; i < r->nhops; i++)
		for (n = 0; n < w->n; n++)
			if (net_addr_eq(&r->hops[i].via, &w->l.t.uplinks[n].
			    gateway[net_fam(r->family)]))
				return true;
	return false;
}

static size_t
main_defaults(const struct kernel_view *v, enum net_fam fam)
{
	size_t i, count = 0;

	for (i = 0; i < v->nroutes[fam]; i++)
		count += v->routes[fam][i].table == MAIN &&
		    v->routes[fam][i].type == FAKE_TYPE_UNICAST;
	return count;
}

/*
 * A withdrawn default, or one that is made again because the kernel dropped
 * it, may for a time have foreign hops only.
 */
static bool
is_withdrawn(const struct world *w, const struct net_route *r,
    const struct kernel_view *other)
{
	enum net_fam fam = net_fam(r->family);
	size_t i;

	if (w->l.t.conf.routing.method != CONF_WITHDRAW)
		return false;
	if (r->table == MAIN && main_defaults(other, fam) == 0)
		return true;
	for (i = 0; i < other->nroutes[fam]; i++)
		if (other->routes[fam][i].table == r->table &&
		    other->routes[fam][i].metric == r->metric &&
		    r->table == MAIN && is_for_us(w, &other->routes[fam][i]))
			return true;
	return false;
}

static void
foreign_as_before(struct world *w, const struct kernel_view *a,
    const struct kernel_view *b)
{
	size_t fam, i, n;

	for (fam = 0; fam < NET_NFAM; fam++) {
		for (i = 0; i < a->nroutes[fam]; i++) {
			if (is_for_us(w, &a->routes[fam][i]) ||
			    is_withdrawn(w, &a->routes[fam][i], b))
				continue;
			for (n = 0; n < b->nroutes[fam]; n++)
				if (net_route_eq(&a->routes[fam][i],
				    &b->routes[fam][n]))
					break;
			assert_true(n < b->nroutes[fam]);
		}
		for (i = 0; i < a->nrules[fam]; i++) {
			if (a->rules[fam][i].protocol == SYS_PROTO_OURS)
				continue;
			for (n = 0; n < b->nrules[fam]; n++)
				if (net_rule_eq(&a->rules[fam][i],
				    &b->rules[fam][n]))
					break;
			assert_true(n < b->nrules[fam]);
		}
	}
}

/* One call of the router between two looks at the kernel. */
static void
watched(struct world *w, bool resync)
{
	struct kernel_view before, after;
	struct lab *l = &w->l;
	size_t fam;

	assert_int_equal(router_view(l->hand, &before), 0);
	/* Only now: what the test itself reads must not fail. */
	if (w->fail_err != 0)
		fake_fail_nth(l->hand, w->fail, w->fail_nth, w->fail_err);
	if (resync)
		router_resync(l->router, &l->res);
	else
		router_apply(l->router, &l->plan, &l->res);
	if (w->fail_err != 0)
		fake_fail_nth(l->hand, w->fail, 1, 0);
	w->fail_err = 0;
	assert_int_equal(router_view(l->hand, &after), 0);
	foreign_as_before(w, &before, &after);
	foreign_as_before(w, &after, &before);
	for (fam = 0; fam < NET_NFAM; fam++)
		if (main_defaults(&before, (enum net_fam)fam) > 0)
			assert_true(main_defaults(&after,
			    (enum net_fam)fam) > 0);
	assert_false(fake_ever_defaultless(l->hand, AF_INET));
	assert_false(fake_ever_defaultless(l->hand, AF_INET6));
	kernel_view_free(&before);
	kernel_view_free(&after);
}

static void
world_init(struct world *w, int method)
{
	static const char *const all = "ggggggg";
	size_t i;

	memset(w, 0, sizeof(*w));
	w->n = 2 + chance(3);
	w->six = chance(2) == 0;
	lab_init(&w->l, w->n, method);
	if (chance(2) == 0) {
		w->l.t.conf.routing.mark = 0x10000;
		w->l.t.conf.routing.mark_mask = 0x7f0000;
	}
	for (i = 0; i < w->n; i++) {
		w->l.t.uplinks[i].weight = 1 + chance(4);
		w->l.t.uplinks[i].tier = 1 + chance(2);
		if (w->six)
			test_conf_v6(&w->l.t, i);
	}
	memcpy(w->standings, all, w->n);
	w->l.plan = test_plan(&w->l.t.conf, w->standings);
}

static void
random_hops(struct world *w, char *hops, bool foreign)
{
	char *at = hops;
	size_t i;

	for (i = 0; i < w->n; i++)
		if (chance(3) != 0)
			at += sprintf(at, "%zu*%u", i + 1, 1 + chance(3));
	if (at == hops || (foreign && chance(3) == 0))
		sprintf(at, "%zu", w->n + 1);
	/* Alone, a hop has no weight. */
	if (strlen(hops) == 3)
		hops[1] = '\0';
}

static void
random_admin(struct world *w)
{
	int family = w->six && chance(3) == 0 ? AF_INET6 : AF_INET;
	uint32_t metric = (family == AF_INET ? 0 : 1024) + 100 * chance(2);
	struct net_route r;
	struct net_rule rule;
	char hops[40];

	switch (chance(5)) {
	case 0:
	case 1:
		random_hops(w, hops, true);
		r = default_of(&w->l, family, metric, hops);
		r.protocol = chance(2) == 0 ? 4 : 16;
		(void)fake_route_replace(w->l.hand, &r);
		break;
	case 2:		/* in a table of somebody, or even of ours */
		random_hops(w, hops, true);
		r = default_of(&w->l, family, metric, hops);
		r.table = chance(2) == 0 ? 77 : TEST_TABLE + chance(4);
		(void)fake_route_add(w->l.hand, &r);
		break;
	case 3:
		rule = fake_rule(family, TEST_PRIORITY + chance(6), 77);
		(void)fake_rule_add(w->l.hand, &rule);
		break;
	default:
		rule = fake_rule(family, TEST_PRIORITY + chance(6), 77);
		(void)fake_rule_del(w->l.hand, &rule);
	}
	router_dirty(w->l.router);
}

static void
random_link(struct world *w)
{
	char name[NET_IFNAME_MAX], text[64];
	unsigned i = 1 + chance((unsigned)w->n + 1);
	bool up = chance(2) == 0;

	snprintf(name, sizeof(name), "ext%u", i);
	switch (chance(4)) {
	case 0:
		(void)fake_link_admin(w->l.hand, name, up);
		break;
	case 1:
		(void)fake_link_carrier(w->l.hand, name, up);
		break;
	case 2:
		snprintf(text, sizeof(text), "10.0.%u.2/24", i);
		if (up)
			(void)fake_addr_add(w->l.hand, name, text);
		else
			(void)fake_addr_del(w->l.hand, name, text);
		break;
	default:
		if (fake_link_index(w->l.hand, name) != 0)
			(void)fake_link_del(w->l.hand, name);
		else
			(void)fake_link_add(w->l.hand, name, NULL);
	}
	router_dirty(w->l.router);
}

/* Everything is there and up again. */
static void
mend_links(struct world *w)
{
	char name[NET_IFNAME_MAX], text[64];
	unsigned i;

	for (i = 1; i <= w->n + 1; i++) {
		snprintf(name, sizeof(name), "ext%u", i);
		if (fake_link_index(w->l.hand, name) == 0)
			(void)fake_link_add(w->l.hand, name, NULL);
		(void)fake_link_admin(w->l.hand, name, true);
		(void)fake_link_carrier(w->l.hand, name, true);
		snprintf(text, sizeof(text), "10.0.%u.2/24", i);
		(void)fake_addr_add(w->l.hand, name, text);
		snprintf(text, sizeof(text), "2001:db8:%u::2/64", i);
		(void)fake_addr_add(w->l.hand, name, text);
	}
	router_dirty(w->l.router);
}

static void
random_plan(struct world *w)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		w->standings[i] = "ggbh"[chance(4)];
	w->l.plan = test_plan(&w->l.t.conf, w->standings);
	watched(w, false);
}

static void
random_failure(struct world *w)
{
	static const enum fake_op ops[] = {
		FAKE_LINKS, FAKE_ADDRS, FAKE_ROUTES, FAKE_RULES,
		FAKE_ROUTE_SET, FAKE_ROUTE_DEL, FAKE_RULE_ADD, FAKE_RULE_DEL
	};

	w->fail = ops[chance(8)];
	w->fail_nth = 1 + chance(3);
	w->fail_err = chance(2) == 0 ? -ENOBUFS : -EINVAL;
}

static void
random_step(struct world *w)
{
	switch (chance(w->crash ? 8 : 6)) {
	case 0:
		random_admin(w);
		break;
	case 1:
		random_link(w);
		break;
	case 2:
		watched(w, true);
		break;
	case 6:
		lab_crash(&w->l);
		watched(w, true);
		watched(w, false);
		break;
	case 7:
		random_failure(w);
		break;
	default:
		random_plan(w);
	}
}

static void
seed_of(uint64_t round, uint64_t salt)
{
	const char *env = getenv("UPLINKD_SEED");

	rng = (env != NULL ? strtoull(env, NULL, 0) : round) *
	    UINT64_C(0x9e3779b97f4a7c15) + salt;
	rng |= 1;
}

/* Runs a property many times; the seed of a failure is on the screen. */
static void
many(void (*fn)(struct world *), int method, uint64_t salt)
{
	struct world *w = malloc(sizeof(*w));
	uint64_t round;

	assert_non_null(w);
	for (round = 1; round <= ROUNDS; round++) {
		seed_of(round, salt);
		world_init(w, method);
		printf("\rseed %llu ", (unsigned long long)round);
		fn(w);
		lab_free(&w->l);
	}
	printf("\r");
	free(w);
}

static void
anything_goes(struct world *w)
{
	unsigned i;

	random_admin(w);
	w->crash = true;
	watched(w, false);
	for (i = 0; i < STEPS; i++)
		random_step(w);
	/* What failed heals at the next comparison. */
	w->fail_err = 0;
	mend_links(w);
	watched(w, true);
	watched(w, false);
	assert_int_equal(w->l.res.err, 0);
	fake_writes_clear(w->l.hand);
	watched(w, true);
	watched(w, false);
	assert_int_equal(fake_attempts(w->l.hand), 0);
}

static void
foreign_and_defaults_survive_anything_override(void **state)
{
	(void)state;
	many(anything_goes, CONF_OVERRIDE, 1);
}

static void
foreign_and_defaults_survive_anything_withdraw(void **state)
{
	(void)state;
	many(anything_goes, CONF_WITHDRAW, 2);
}

static void
foreign_and_defaults_survive_anything_none(void **state)
{
	(void)state;
	many(anything_goes, CONF_METHOD_NONE, 3);
}

static void
views_equal(struct kernel_view *a, struct kernel_view *b)
{
	size_t fam, i, n;

	for (fam = 0; fam < NET_NFAM; fam++) {
		assert_int_equal(a->nroutes[fam], b->nroutes[fam]);
		assert_int_equal(a->nrules[fam], b->nrules[fam]);
		for (i = 0; i < a->nroutes[fam]; i++) {
			for (n = 0; n < b->nroutes[fam]; n++)
				if (net_route_eq(&a->routes[fam][i],
				    &b->routes[fam][n]))
					break;
			assert_true(n < b->nroutes[fam]);
		}
	}
}

/* By whatever way the levels came: the kernel is the same. */
static void
same_levels_same_kernel(struct world *w)
{
	struct kernel_view one, two;
	char hops[40], last[8];
	struct net_route r;
	unsigned i;

	random_hops(w, hops, true);
	r = default_of(&w->l, AF_INET, 0, hops);
	assert_int_equal(fake_route_replace(w->l.hand, &r), 0);
	watched(w, false);
	random_plan(w);
	memcpy(last, w->standings, sizeof(last));
	assert_int_equal(router_view(w->l.hand, &one), 0);
	for (i = 0; i < 8; i++) {
		random_plan(w);
		if (chance(4) == 0)
			lab_crash(&w->l);
	}
	w->l.plan = test_plan(&w->l.t.conf, last);
	watched(w, false);
	assert_int_equal(router_view(w->l.hand, &two), 0);
	views_equal(&one, &two);
	kernel_view_free(&one);
	kernel_view_free(&two);
	/* And with all well, as it was set. */
	memset(w->standings, 'g', w->n);
	w->l.plan = test_plan(&w->l.t.conf, w->standings);
	watched(w, false);
	assert_int_equal(router_view(w->l.hand, &two), 0);
	for (i = 0; i < two.nroutes[NET_V4]; i++)
		if (two.routes[NET_V4][i].table == MAIN)
			assert_true(net_route_eq(&two.routes[NET_V4][i],
			    &r));
	kernel_view_free(&two);
}

static void
same_levels_give_the_same_kernel_override(void **state)
{
	(void)state;
	many(same_levels_same_kernel, CONF_OVERRIDE, 4);
}

static void
same_levels_give_the_same_kernel_withdraw(void **state)
{
	(void)state;
	many(same_levels_same_kernel, CONF_WITHDRAW, 5);
}

/* Crash at any point; then the same plan: the right state, and no more. */
static void
crash_anywhere(struct world *w)
{
	struct kernel_view one, two;
	unsigned i;

	random_admin(w);
	for (i = 0; i < 6; i++) {
		/* Something goes wrong in the middle of the writing. */
		if (chance(3) == 0)
			random_failure(w);
		random_plan(w);
	}
	router_dirty(w->l.router);
	watched(w, false);
	assert_int_equal(router_view(w->l.hand, &one), 0);
	fake_writes_clear(w->l.hand);
	lab_crash(&w->l);
	watched(w, true);
	watched(w, false);
	assert_int_equal(fake_attempts(w->l.hand), 0);
	assert_int_equal(router_view(w->l.hand, &two), 0);
	views_equal(&one, &two);
	kernel_view_free(&one);
	kernel_view_free(&two);
}

static void
crash_then_same_plan_writes_nothing_override(void **state)
{
	(void)state;
	many(crash_anywhere, CONF_OVERRIDE, 6);
}

static void
crash_then_same_plan_writes_nothing_withdraw(void **state)
{
	(void)state;
	many(crash_anywhere, CONF_WITHDRAW, 7);
}

/* main of the override method: not one byte, whatever happens. */
static void
main_untouched(struct world *w)
{
	struct net_route *before, *after;
	size_t nbefore, nafter, i, n;

	random_admin(w);
	for (i = 0; i < STEPS; i++) {
		nbefore = main_routes(&w->l, &before);
		random_plan(w);
		nafter = main_routes(&w->l, &after);
		assert_int_equal(nbefore, nafter);
		for (n = 0; n < nbefore; n++)
			assert_memory_equal(&before[n], &after[n],
			    sizeof(before[n]));
		free(before);
		free(after);
		if (chance(3) == 0)
			random_admin(w);
	}
}

static void
override_leaves_main_byte_identical(void **state)
{
	(void)state;
	many(main_untouched, CONF_OVERRIDE, 8);
}

/* Each single write refused once, in every kind of change. */
static void
single_failures(struct world *w)
{
	static const enum fake_op ops[] = {
		FAKE_ROUTE_SET, FAKE_ROUTE_DEL, FAKE_RULE_ADD, FAKE_RULE_DEL
	};
	unsigned op, nth;

	random_admin(w);
	for (op = 0; op < 4; op++)
		for (nth = 1; nth <= 3; nth++) {
			random_admin(w);
			w->fail = ops[op];
			w->fail_nth = nth;
			w->fail_err = -ENOBUFS;
			random_plan(w);
			watched(w, true);
			assert_int_equal(w->l.res.err, 0);
			fake_writes_clear(w->l.hand);
			watched(w, true);
			assert_int_equal(fake_attempts(w->l.hand), 0);
		}
}

static void
any_refused_write_heals_override(void **state)
{
	(void)state;
	many(single_failures, CONF_OVERRIDE, 9);
}

static void
any_refused_write_heals_withdraw(void **state)
{
	(void)state;
	many(single_failures, CONF_WITHDRAW, 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    foreign_and_defaults_survive_anything_override),
		cmocka_unit_test(
		    foreign_and_defaults_survive_anything_withdraw),
		cmocka_unit_test(foreign_and_defaults_survive_anything_none),
		cmocka_unit_test(same_levels_give_the_same_kernel_override),
		cmocka_unit_test(same_levels_give_the_same_kernel_withdraw),
		cmocka_unit_test(crash_then_same_plan_writes_nothing_override),
		cmocka_unit_test(crash_then_same_plan_writes_nothing_withdraw),
		cmocka_unit_test(override_leaves_main_byte_identical),
		cmocka_unit_test(any_refused_write_heals_override),
		cmocka_unit_test(any_refused_write_heals_withdraw),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
