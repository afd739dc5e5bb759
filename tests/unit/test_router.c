/* SPDX-License-Identifier: ISC */
/*
 * router: single cases on the simulated kernel.
 */
#include "tests/unit/test_router.h"

static void
resync_without_plan_makes_tables_and_rules(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	l.t.conf.routing.mark = 0x10000;
	l.t.conf.routing.mark_mask = 0xff0000;
	admin_sets(&l, 0, "1");
	router_resync(l.router, &l.res);
	assert_int_equal(l.res.err, 0);
	assert_int_equal(l.res.writes, 10);
	assert_false(router_has_plan(l.router));
	assert_string_equal(way(&l, AF_INET, NULL, NULL, 0), "ext1");
	assert_string_equal(way(&l, AF_INET, "ext2", NULL, 0), "ext2");
	assert_string_equal(way(&l, AF_INET, NULL, "10.0.2.2", 0), "ext2");
	assert_string_equal(way(&l, AF_INET, NULL, NULL, 0x20000), "ext2");
	router_resync(l.router, &l.res);
	assert_int_equal(l.res.writes, 0);
	lab_free(&l);
}

static void
apply_quick_way_reads_nothing(void **state)
{
	struct lab l;
	size_t before;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	admin_sets(&l, 0, "12");
	router_resync(l.router, &l.res);
	before = fake_calls(l.hand, FAKE_ROUTES);
	lab_apply(&l, "bg");
	assert_int_equal(l.res.err, 0);
	assert_int_equal(l.res.writes, 1);
	assert_string_equal(l.res.text, "set default table 1000 "
	    "via 10.0.2.1 dev ext2 weight 1");
	assert_string_equal(way(&l, AF_INET, NULL, NULL, 0), "ext2");
	lab_apply(&l, "gg");
	assert_int_equal(l.res.writes, 1);
	assert_string_equal(way(&l, AF_INET, NULL, NULL, 0), "ext1+ext2");
	lab_apply(&l, "gg");
	assert_int_equal(l.res.writes, 0);
	assert_int_equal(fake_calls(l.hand, FAKE_ROUTES), before);
	lab_free(&l);
}

static void
apply_after_a_notice_reads_first(void **state)
{
	struct lab l;
	size_t before;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	admin_sets(&l, 0, "12");
	lab_apply(&l, "gg");
	before = fake_calls(l.hand, FAKE_ROUTES);
	fake_route_flush(l.hand, AF_INET, 0, SYS_PROTO_OURS);
	router_dirty(l.router);
	lab_apply(&l, "gg");
	assert_int_equal(l.res.writes, 2);
	assert_true(fake_calls(l.hand, FAKE_ROUTES) > before);
	lab_free(&l);
}

static void
apply_refused_once_is_tried_again_at_once(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	admin_sets(&l, 0, "12");
	lab_apply(&l, "gg");
	fake_fail_next(l.hand, FAKE_ROUTE_SET, -ENOBUFS);
	lab_apply(&l, "bg");
	assert_int_equal(l.res.err, 0);
	assert_int_equal(l.res.refused, 1);
	assert_int_equal(l.res.writes, 1);
	assert_string_equal(way(&l, AF_INET, NULL, NULL, 0), "ext2");
	lab_free(&l);
}

static void
apply_refused_again_is_reported_and_bounded(void **state)
{
	struct lab l;
	size_t attempts, reads;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	admin_sets(&l, 0, "12");
	lab_apply(&l, "gg");
	fake_fail_all(l.hand, FAKE_ROUTE_SET, -EPERM);
	attempts = fake_attempts(l.hand);
	lab_apply(&l, "bg");
	assert_int_equal(l.res.err, -EPERM);
	assert_true(l.res.refused > 0);
	assert_int_equal(l.res.writes, 0);
	assert_non_null(strstr(l.res.text, "set default table 1000"));
	assert_true(fake_attempts(l.hand) - attempts <= 3);
	assert_int_equal(warnings, 1);
	/* The same refusal is no news, and not worth a second look. */
	reads = fake_calls(l.hand, FAKE_LINKS);
	router_resync(l.router, &l.res);
	assert_int_equal(fake_calls(l.hand, FAKE_LINKS), reads + 1);
	assert_int_equal(l.res.err, -EPERM);
	assert_int_equal(warnings, 1);
	fake_fail_all(l.hand, FAKE_ROUTE_SET, 0);
	router_resync(l.router, &l.res);
	assert_int_equal(l.res.err, 0);
	assert_string_equal(way(&l, AF_INET, NULL, NULL, 0), "ext2");
	lab_free(&l);
}

static void
apply_cannot_read_uses_the_old_view(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	admin_sets(&l, 0, "12");
	lab_apply(&l, "gg");
	router_dirty(l.router);
	fake_fail_all(l.hand, FAKE_ROUTES, -ENOBUFS);
	lab_apply(&l, "bg");
	assert_string_equal(way(&l, AF_INET, NULL, NULL, 0), "ext2");
	router_resync(l.router, &l.res);
	assert_int_equal(l.res.err, -ENOBUFS);
	fake_fail_all(l.hand, FAKE_ROUTES, 0);
	router_resync(l.router, &l.res);
	assert_int_equal(l.res.err, 0);
	assert_int_equal(l.res.writes, 0);
	lab_free(&l);
}

static void
bad_hop_does_not_hold_up_the_others(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 3, CONF_OVERRIDE);
	admin_sets(&l, 0, "123");
	lab_apply(&l, "ggg");
	/* ext3 keeps an address, but none that reaches its gateway. */
	assert_int_equal(fake_addr_add(l.hand, "ext3", "10.77.0.2/24"), 0);
	assert_int_equal(fake_addr_del(l.hand, "ext3", "10.0.3.2/24"), 0);
	router_dirty(l.router);
	lab_apply(&l, "bgg");
	assert_int_equal(l.res.err, -ENETUNREACH);
	assert_string_equal(way(&l, AF_INET, NULL, NULL, 0), "ext2");
	/* It is stable so, and heals with the address. */
	fake_writes_clear(l.hand);
	router_resync(l.router, &l.res);
	assert_int_equal(fake_writes(l.hand), 0);
	assert_int_equal(fake_addr_add(l.hand, "ext3", "10.0.3.2/24"), 0);
	router_resync(l.router, &l.res);
	assert_int_equal(l.res.err, 0);
	assert_string_equal(way(&l, AF_INET, NULL, NULL, 0), "ext2+ext3");
	lab_free(&l);
}

static void
stuck_default_is_told_once(void **state)
{
	struct net_route r;
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	/* Appended behind another: a replacement would hit that one. */
	admin_sets(&l, 0, "3");
	r = default_of(&l, AF_INET, 0, "12");
	assert_int_equal(fake_route_append(l.hand, &r), 0);
	lab_apply(&l, "bg");
	router_resync(l.router, &l.res);
	router_resync(l.router, &l.res);
	assert_int_equal(warnings, 1);
	assert_non_null(strstr(last_warning, "route ipv4: "));
	assert_int_equal(l.res.err, 0);
	assert_string_equal(way(&l, AF_INET, NULL, NULL, 0), "ext3");
	lab_free(&l);
}

static void
crash_while_withdrawn_is_taken_up(void **state)
{
	struct net_route was, *now;
	struct stat st;
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 7, "1*32");
	was = default_of(&l, AF_INET, 7, "1*32");
	lab_apply(&l, "bg");
	assert_string_equal(way(&l, AF_INET, NULL, NULL, 0), "ext2");
	assert_int_equal(stat(l.saved, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	lab_crash(&l);
	fake_writes_clear(l.hand);
	router_resync(l.router, &l.res);
	lab_apply(&l, "bg");
	assert_int_equal(fake_attempts(l.hand), 0);
	lab_apply(&l, "gg");
	assert_int_equal(main_routes(&l, &now), 1);
	assert_true(net_route_eq(&now[0], &was));
	free(now);
	assert_int_equal(stat(l.saved, &st), -1);
	lab_free(&l);
}

/*
 * The file comes before the kernel: a write that is refused has had its file
 * already (the directory tells), and leaves none.
 */
static void
withdraw_is_on_file_before_it_is_in_the_kernel(void **state)
{
	struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };
	struct stat st;
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 0, "12");
	lab_apply(&l, "gg");
	assert_int_equal(utimensat(AT_FDCWD, l.dir, old, 0), 0);
	fake_fail_all(l.hand, FAKE_ROUTE_SET, -EPERM);
	lab_apply(&l, "bg");
	assert_int_equal(l.res.err, -EPERM);
	assert_int_equal(stat(l.dir, &st), 0);
	assert_int_not_equal(st.st_mtim.tv_sec, 1000);
	assert_int_equal(access(l.saved, F_OK), -1);
	/* And it stays until all is back. */
	fake_fail_all(l.hand, FAKE_ROUTE_SET, 0);
	lab_apply(&l, "bg");
	fake_fail_all(l.hand, FAKE_ROUTE_SET, -EPERM);
	lab_apply(&l, "gg");
	assert_int_equal(access(l.saved, F_OK), 0);
	fake_fail_all(l.hand, FAKE_ROUTE_SET, 0);
	lab_free(&l);
}

static void
remove_takes_all_of_ours_and_restores_main(void **state)
{
	struct net_route was, *routes;
	struct net_rule *rules;
	struct lab l;
	size_t n;

	(void)state;
	lab_init(&l, 2, CONF_WITHDRAW);
	admin_sets(&l, 7, "1*32");
	was = default_of(&l, AF_INET, 7, "1*32");
	lab_apply(&l, "bg");
	router_remove(l.router, &l.res);
	assert_int_equal(l.res.err, 0);
	assert_int_equal(sys_routes(l.hand, AF_INET, 0, &routes, &n), 0);
	assert_int_equal(n, 1);
	assert_true(net_route_eq(&routes[0], &was));
	free(routes);
	assert_int_equal(sys_rules(l.hand, AF_INET, &rules, &n), 0);
	while (n-- > 0)
		assert_int_not_equal(rules[n].protocol, SYS_PROTO_OURS);
	free(rules);
	assert_int_equal(access(l.saved, F_OK), -1);
	lab_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resync_without_plan_makes_tables_and_rules),
		cmocka_unit_test(apply_quick_way_reads_nothing),
		cmocka_unit_test(apply_after_a_notice_reads_first),
		cmocka_unit_test(apply_refused_once_is_tried_again_at_once),
		cmocka_unit_test(apply_refused_again_is_reported_and_bounded),
		cmocka_unit_test(apply_cannot_read_uses_the_old_view),
		cmocka_unit_test(bad_hop_does_not_hold_up_the_others),
		cmocka_unit_test(stuck_default_is_told_once),
		cmocka_unit_test(crash_while_withdrawn_is_taken_up),
		cmocka_unit_test(
		    withdraw_is_on_file_before_it_is_in_the_kernel),
		cmocka_unit_test(remove_takes_all_of_ours_and_restores_main),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
