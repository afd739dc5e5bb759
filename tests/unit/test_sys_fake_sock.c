/* SPDX-License-Identifier: ISC */
/*
 * The simulated kernel: Ethernet addresses of links, and the sockets that ask
 * for those of neighbours.
 */
#include "tests/unit/test_sys_fake.h"

#include <errno.h>
#include <unistd.h>

static struct net_link
link_of(struct kernel *k, const char *name)
{
	struct net_link *links, found = { .index = 0 };
	size_t n, i;

	assert_int_equal(sys_links(k->sys, &links, &n), 0);
	for (i = 0; i < n; i++)
		if (strcmp(links[i].name, name) == 0)
			found = links[i];
	free(links);
	return found;
}

static void
link_has_an_ethernet_address_of_its_own(void **state)
{
	struct kernel *k = *state;
	static const uint8_t other[NET_LLADDR] = { 2, 9, 9, 9, 9, 9 };
	struct net_link a = link_of(k, "ext1"), b = link_of(k, "ext2");
	struct sys_notice note;

	assert_true(a.ethernet && b.ethernet);
	assert_memory_not_equal(a.lladdr, b.lladdr, NET_LLADDR);
	assert_int_equal(fake_link_add(k->hand, "lo", NULL), 0);
	assert_false(link_of(k, "lo").ethernet);
	while (sys_watch_next(k->sys, &note) == 1)
		;
	assert_int_equal(fake_link_lladdr(k->hand, "ext1", other), 0);
	assert_int_equal(sys_watch_next(k->sys, &note), 1);
	assert_int_equal(note.kind, SYS_NOTICE_LINK);
	a = link_of(k, "ext1");
	assert_memory_equal(a.lladdr, other, NET_LLADDR);
	assert_int_equal(fake_link_lladdr(k->hand, "ext1", NULL), 0);
	assert_false(link_of(k, "ext1").ethernet);
	assert_int_equal(fake_link_lladdr(k->hand, "none", NULL), -ENODEV);
}

static void
each_family(struct kernel *k, int family, enum fake_op op,
    int (*open_it)(const char *, int *))
{
	struct sys_frame f = { .ifindex = k->ext1, .len = 28, .bytes = "arp" };
	struct sys_frame got;
	int fd = -1, peer;

	assert_int_equal(open_it("none", &fd), -ENODEV);
	assert_int_equal(open_it("", &fd), -ENODEV);
	assert_int_equal(fake_link_lladdr(k->hand, "ext2", NULL), 0);
	assert_int_equal(open_it("ext2", &fd), -EOPNOTSUPP);
	fake_fail_next(k->hand, op, -EMFILE);
	assert_int_equal(open_it("ext1", &fd), -EMFILE);
	assert_int_equal(fd, -1);
	assert_int_equal(open_it("ext1", &fd), 0);
	peer = fake_icmp_peer();
	assert_true(peer >= 0);
	assert_int_equal(sys_frame_recv(family, fd, &got), -EAGAIN);
	assert_int_equal(sys_frame_send(family, fd, &f), 0);
	assert_int_equal(recv(peer, &got, sizeof(got), 0), sizeof(got));
	assert_memory_equal(&got, &f, sizeof(f));
	assert_int_equal(send(peer, &f, sizeof(f), 0), sizeof(f));
	assert_int_equal(sys_frame_recv(family, fd, &got), 0);
	assert_memory_equal(&got, &f, sizeof(f));
	/* What is no frame. */
	assert_int_equal(send(peer, "x", 1, 0), 1);
	assert_int_equal(sys_frame_recv(family, fd, &got), -EMSGSIZE);
	close(fd);
	close(peer);
}

static void
frames_go_both_ways(void **state)
{
	struct kernel *k = *state;

	each_family(k, AF_INET, FAKE_ARP, sys_arp_open);
	each_family(k, AF_INET6, FAKE_ND, sys_nd_open);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(link_has_an_ethernet_address_of_its_own),
		CASE(frames_go_both_ways),
	};

	return cmocka_run_group_tests_name("sys_fake_sock", tests, NULL,
	    NULL);
}
