/* SPDX-License-Identifier: ISC */
/* Where an uplink is now, as commands are told. */
#include "tests/unit/test_want.h"

#include <sys/socket.h>

static struct net_ifaddr *
address(struct lab *l, int index, const char *text)
{
	struct net_ifaddr *a;

	l->view.addrs = reallocarray(l->view.addrs, l->view.naddrs + 1,
	    sizeof(*l->view.addrs));
	assert_non_null(l->view.addrs);
	a = &l->view.addrs[l->view.naddrs++];
	memset(a, 0, sizeof(*a));
	a->index = index;
	a->addr = addr_of(text);
	a->prefixlen = 64;
	a->global = a->usable = true;
	return a;
}

/* A default of main, as a DHCP client or PPP writes it; "-": on-link. */
static void
leads(struct lab *l, const char *via, int index, enum net_fam fam)
{
	struct net_route r;

	memset(&r, 0, sizeof(r));
	r.family = net_family(fam);
	r.table = MAIN;
	r.metric = 100;
	r.type = 1;
	r.nhops = 1;
	if (strcmp(via, "-") != 0)
		r.hops[0].via = addr_of(via);
	r.hops[0].index = index;
	r.hops[0].weight = 1;
	free(l->view.routes[fam]);
	l->view.routes[fam] = malloc(sizeof(r));
	assert_non_null(l->view.routes[fam]);
	l->view.routes[fam][0] = r;
	l->view.nroutes[fam] = 1;
}

static void
is(struct lab *l, size_t uplink, const char *gateway, const char *own)
{
	char a[NET_ADDR_TEXT], b[NET_ADDR_TEXT];
	struct want_now now;

	memset(&now, 0xff, sizeof(now));
	want_now(&l->t.conf, &l->view, &l->saved, uplink, &now);
	assert_string_equal(net_addr_text(&now.gateway, a), gateway);
	assert_string_equal(net_addr_text(&now.own, b), own);
}

static void
is_auto(struct lab *l, size_t uplink)
{
	l->t.uplinks[uplink].gateway[NET_V4].family =
	    l->t.uplinks[uplink].gateway[NET_V6].family = NET_AUTO;
}

static void
now_is_the_configured_gateway_and_our_address(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	is(&l, 0, "10.0.1.1", "10.0.1.2");
	is(&l, 1, "10.0.2.1", "10.0.2.2");
	/* What is tentative or failed is none of ours. */
	l.view.addrs[1].usable = false;
	is(&l, 1, "10.0.2.1", "-");
	/* The interface is not there. */
	l.view.nlinks = 1;
	is(&l, 1, "10.0.2.1", "-");
	is(&l, 0, "10.0.1.1", "10.0.1.2");
	lab_free(&l);
}

static void
now_follows_what_is_automatic(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	is_auto(&l, 1);
	is(&l, 1, "-", "-");
	leads(&l, "10.0.2.1", 2, NET_V4);
	is(&l, 1, "10.0.2.1", "10.0.2.2");
	leads(&l, "10.0.2.254", 2, NET_V4);
	is(&l, 1, "10.0.2.254", "10.0.2.2");
	/* By another interface. */
	leads(&l, "10.0.2.254", 1, NET_V4);
	is(&l, 1, "-", "-");
	lab_free(&l);
}

static void
now_is_the_other_end_where_there_is_no_gateway(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	is_auto(&l, 1);
	leads(&l, "-", 2, NET_V4);
	is(&l, 1, "-", "10.0.2.2");
	l.view.addrs[1].peer = addr_of("10.64.0.1");
	is(&l, 1, "10.64.0.1", "10.0.2.2");
	lab_free(&l);
}

static void
now_is_the_first_family_that_is_there(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	is_auto(&l, 1);
	address(&l, 2, "fe80::2");
	address(&l, 2, "2001:db8:2::2");
	leads(&l, "fe80::1", 2, NET_V6);
	is(&l, 1, "fe80::1", "2001:db8:2::2");
	leads(&l, "10.0.2.1", 2, NET_V4);
	is(&l, 1, "10.0.2.1", "10.0.2.2");
	lab_free(&l);
}

static void
each_family_can_be_asked_for(void **state)
{
	struct want_now now;
	struct lab l;

	(void)state;
	lab_init(&l, 2, CONF_OVERRIDE);
	address(&l, 2, "2001:db8:2::2");
	assert_true(want_now_of(&l.t.conf, &l.view, &l.saved, 1, NET_V4,
	    &now));
	assert_int_equal(now.own.family, AF_INET);
	/* Our address is told where the gateway is not known. */
	assert_false(want_now_of(&l.t.conf, &l.view, &l.saved, 1, NET_V6,
	    &now));
	assert_int_equal(now.own.family, AF_INET6);
	assert_int_equal(now.gateway.family, 0);
	lab_free(&l);
}

static void
now_is_nothing_before_anything_was_read(void **state)
{
	struct kernel_view none = { .nlinks = 0 };
	struct want_now now;
	struct lab l;

	(void)state;
	lab_init(&l, 1, CONF_OVERRIDE);
	is_auto(&l, 0);
	memset(&now, 0xff, sizeof(now));
	want_now(&l.t.conf, &none, &l.saved, 0, &now);
	assert_int_equal(now.gateway.family, 0);
	assert_int_equal(now.own.family, 0);
	lab_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    now_is_the_configured_gateway_and_our_address),
		cmocka_unit_test(now_follows_what_is_automatic),
		cmocka_unit_test(
		    now_is_the_other_end_where_there_is_no_gateway),
		cmocka_unit_test(now_is_the_first_family_that_is_there),
		cmocka_unit_test(each_family_can_be_asked_for),
		cmocka_unit_test(now_is_nothing_before_anything_was_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
