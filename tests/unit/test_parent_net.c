/* SPDX-License-Identifier: ISC */
/*
 * test_parent_net: which sockets the parent opens for the probes, on the
 * simulated kernel.  A request is a stranger's until it is checked.
 */
#include <sys/socket.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "dispatcher/kinds.h"
#include "dispatcher/parent.h"
#include "lib/sys_fake.h"

/* ext1 and ext3 (a tunnel) are watched by neighbours, ext2 is not. */
static const char text[] =
    "uplinks:\n"
    "  ext1:\n"
    "    interface: ext1\n"
    "    gateway: [10.0.1.1, \"2001:db8:1::1\"]\n"
    "    probe: { targets: [ { arp: gateway }, { nd: gateway } ] }\n"
    "  ext2:\n"
    "    interface: ext2\n"
    "    gateway: [10.0.2.1, \"2001:db8:2::1\"]\n"
    "    probe: { targets: [ { ping: gateway } ] }\n"
    "  ext3:\n"
    "    interface: ext3\n"
    "    gateway: 10.0.3.1\n"
    "    probe: { targets: [ { arp: gateway } ] }\n"
    "  ext4:\n"
    "    interface: ext4\n"
    "    gateway: 10.0.4.1\n"
    "    probe: { targets: [ { arp: gateway } ] }\n";

struct world {
	struct parent	parent;
	struct conf	*conf;
	struct sys	*kernel;
};

static int
set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	assert_int_equal(conf_parse("t", text, strlen(text),
	    &conf_kinds_built_in, &w->conf, stderr), 0);
	w->parent.conf = w->conf;
	assert_int_equal(sys_open(&w->kernel), 0);
	fake_use(w->kernel);
	assert_int_equal(fake_link_add(w->kernel, "ext1", NULL), 0);
	assert_int_equal(fake_link_add(w->kernel, "ext2", NULL), 0);
	assert_int_equal(fake_link_add(w->kernel, "ext3", NULL), 0);
	assert_int_equal(fake_link_lladdr(w->kernel, "ext3", NULL), 0);
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;

	fake_use(NULL);
	sys_close(&w->kernel);
	conf_free(&w->conf);
	free(w);
	return 0;
}

/* The parent's answer; its socket is closed. */
static int
asked_for(struct world *w, const struct power_sock *req)
{
	struct power_sock_done done = { .err = 1 };
	size_t nfds = 1;
	int sv[2], fd = -1;

	assert_int_equal(power_pair(sv), 0);
	net_socket(&w->parent, req, &sv[1], 1);
	assert_int_equal(power_recv(sv[0], &done, sizeof(done), &fd, &nfds),
	    sizeof(done));
	assert_int_equal(nfds, done.err == 0);
	if (nfds == 1)
		close(fd);
	close(sv[0]);
	close(sv[1]);
	return done.err;
}

static void
socket_is_opened_for_what_is_configured_only(void **state)
{
	static const struct {
		uint32_t	uplink, what, fam, id;
		int		err;
	} rows[] = {
		{ 0, POWER_ECHO, NET_V4, 7, 0 },
		{ 1, POWER_ECHO, NET_V6, UINT16_MAX, 0 },
		{ 1, POWER_ECHO, NET_V6, UINT16_MAX + 1, -EINVAL },
		{ 0, POWER_ECHO, NET_NFAM, 7, -EINVAL },
		{ 4, POWER_ECHO, NET_V4, 7, -EINVAL },
		{ 0, POWER_ARP, NET_V4, 0, 0 },
		{ 0, POWER_ARP, NET_V6, 0, -EINVAL },
		{ 1, POWER_ARP, NET_V4, 0, -EINVAL },
		{ 2, POWER_ARP, NET_V4, 0, -EOPNOTSUPP },
		{ 3, POWER_ARP, NET_V4, 0, -ENODEV },
		{ 4, POWER_ARP, NET_V4, 0, -EINVAL },
		{ 0, POWER_ND, NET_V6, 0, 0 },
		{ 0, POWER_ND, NET_V4, 0, -EINVAL },
		{ 1, POWER_ND, NET_V6, 0, -EINVAL },
		{ 2, POWER_ND, NET_V6, 0, -EINVAL },
		{ 0, 0, NET_V4, 0, -EINVAL },
		{ 0, POWER_ND + 1, NET_V4, 0, -EINVAL },
	};
	struct world *w = *state;
	struct power_sock req;
	size_t i;
	int err;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		req = (struct power_sock){ .kind = POWER_SOCKET,
		    .uplink = rows[i].uplink, .what = rows[i].what,
		    .fam = rows[i].fam, .id = rows[i].id };
		err = asked_for(w, &req);
		if (err != rows[i].err)
			fail_msg("row %zu: %d", i, err);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    socket_is_opened_for_what_is_configured_only, set_up,
		    tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
