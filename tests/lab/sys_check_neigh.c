/* SPDX-License-Identifier: ISC */
/*
 * sys_check_neigh: sockets for ARP and neighbour discovery on the real kernel:
 * what they let through, what they tell of it, and what their holder cannot
 * do.  Run it as sys_check.
 */
#include "tests/lab/sys_check.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>

#define WAIT_MS	((int)(WAIT_NS / NS_PER_MS))
#define ARP_BYTES	28
#define NA_BYTES	32

static const uint8_t mac_w1[NET_LLADDR] = { 2, 0, 0, 0, 1, 1 };
static const uint8_t mac_x1[NET_LLADDR] = { 2, 0, 0, 0, 1, 2 };
static const uint8_t mac_w2[NET_LLADDR] = { 2, 0, 0, 0, 2, 1 };
static const uint8_t stranger[NET_LLADDR] = { 2, 0, 0, 0, 9, 9 };

/* The far ends have addresses, so that they can send. */
static void
make_neighbours(struct lab *l)
{
	static const char *const words[] = {
		"link set w1 address 02:00:00:00:01:01",
		"link set x1 address 02:00:00:00:01:02",
		"link set w2 address 02:00:00:00:02:01",
		"-6 addr add 2001:db8:1::1/64 dev x1 nodad",
		"-6 addr add 2001:db8:2::1/64 dev x2 nodad",
	};
	size_t i;

	make_links(l);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		must_ip(words[i]);
}

static int
open_one(struct lab *l, int family, const char *ifname)
{
	int fd = -1;
	int rc = family == AF_INET ? sys_arp_open(ifname, &fd) :
	    sys_nd_open(ifname, &fd);

	answers(l, rc, 0, "open");
	if (rc != 0)
		exit(1);
	return fd;
}

/* ---- links ---- */

static bool
is_ethernet(struct lab *l, const char *name, const uint8_t *lladdr)
{
	struct net_link *links = NULL;
	size_t n = 0, i;
	bool found = false;

	MUST(sys_links(l->sys, &links, &n) == 0);
	for (i = 0; i < n; i++)
		if (strcmp(links[i].name, name) == 0)
			found = links[i].ethernet && (lladdr == NULL ||
			    memcmp(links[i].lladdr, lladdr, NET_LLADDR) == 0);
	free(links);
	return found;
}

static void
check_links(struct lab *l)
{
	make_neighbours(l);
	check(l, is_ethernet(l, "w1", mac_w1), "links: its Ethernet address");
	check(l, is_ethernet(l, "w2", mac_w2), "links: and another's");
	check(l, !is_ethernet(l, "lo", NULL), "links: loopback has none");
	must_ip("link set w1 arp off");
	check(l, !is_ethernet(l, "w1", NULL), "links: nor has one without ARP");
	must_ip("link set w1 arp on");
	check(l, is_ethernet(l, "w1", mac_w1), "links: with ARP again");
}

/* ---- what cannot be opened ---- */

static void
check_refused(struct lab *l, const char *kind,
    int (*open_it)(const char *, int *))
{
	int fd = -1;

	printf("# %s: what cannot be opened\n", kind);
	answers(l, open_it("none0", &fd), -ENODEV, "no such interface");
	answers(l, open_it("", &fd), -ENODEV, "no interface at all");
	answers(l, open_it("w1-is-here-but-cut", &fd), -ENODEV,
	    "a name too long");
	answers(l, open_it("lo", &fd), -EOPNOTSUPP, "loopback");
	must_ip("link set w1 arp off");
	answers(l, open_it("w1", &fd), -EOPNOTSUPP, "one without ARP");
	must_ip("link set w1 arp on");
	if (ip("tuntap add dev t0 mode tun")) {
		answers(l, open_it("t0", &fd), -EOPNOTSUPP, "a tunnel");
		must_ip("link del t0");
	}
	check(l, fd == -1, "nothing was left open");
}

/* ---- what comes through ---- */

static struct sys_frame
arp(struct lab *l, const char *by, const uint8_t to[NET_LLADDR], uint8_t op,
    uint8_t mark)
{
	static const uint8_t head[] = { 0, 1, 8, 0, 6, 4, 0 };
	struct sys_frame f;

	memset(&f, 0, sizeof(f));
	f.ifindex = index_of(l, by);
	memcpy(f.lladdr, to, NET_LLADDR);
	f.len = ARP_BYTES;
	memcpy(f.bytes, head, sizeof(head));
	f.bytes[7] = op;
	f.bytes[17] = mark;
	return f;
}

static struct sys_frame
nd(struct lab *l, const char *by, const char *from, uint8_t type,
    uint8_t mark)
{
	struct sys_frame f;

	memset(&f, 0, sizeof(f));
	f.ifindex = index_of(l, by);
	MUST(net_addr_parse(from, &f.src) == 0);
	MUST(net_addr_parse("ff02::1", &f.dst) == 0);
	f.len = NA_BYTES;
	f.bytes[0] = type;
	f.bytes[23] = mark;
	f.bytes[24] = 2;
	f.bytes[25] = 1;
	return f;
}

/* Waits; false if nothing comes, or not this one. */
static bool
got(int family, int fd, struct sys_frame *f, uint8_t mark)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, WAIT_MS) == 1 && sys_frame_recv(family, fd, f) == 0 &&
	    f->bytes[family == AF_INET ? 17 : 23] == mark;
}

static void
check_arp(struct lab *l)
{
	int fd, other, far, off = 0;
	struct sys_frame f, in;

	printf("# arp: what comes through\n");
	make_neighbours(l);
	fd = open_one(l, AF_INET, "w1");
	other = open_one(l, AF_INET, "w2");
	far = open_one(l, AF_INET, "x1");
	check(l, (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0 &&
	    (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0,
	    "close-on-exec, non-blocking");
	answers(l, sys_frame_recv(AF_INET, fd, &in), -EAGAIN, "nothing yet");
	/* Not ours: a request.  Then a reply, and one to somebody else. */
	f = arp(l, "x1", mac_w1, 1, 1);
	answers(l, sys_frame_send(AF_INET, far, &f), 0, "a request is sent");
	f = arp(l, "x1", mac_w1, 2, 2);
	answers(l, sys_frame_send(AF_INET, far, &f), 0, "a reply");
	f = arp(l, "x1", stranger, 2, 3);
	answers(l, sys_frame_send(AF_INET, far, &f), 0, "another's reply");
	check(l, got(AF_INET, fd, &in, 2), "the reply comes, no request before");
	check(l, in.len >= ARP_BYTES && in.bytes[7] == 2 && in.ifindex == l->w1,
	    "whole, with its interface");
	check(l, memcmp(in.lladdr, mac_x1, NET_LLADDR) == 0 && !in.overheard,
	    "its sender, and that it was for us");
	check(l, in.stamp_ns > 0 && in.stamp_ns <= clock_wall_ns(),
	    "and the time of its arrival");
	check(l, got(AF_INET, fd, &in, 3) && in.overheard,
	    "what was for another is told to be so");
	answers(l, sys_frame_recv(AF_INET, fd, &in), -EAGAIN, "no more");
	answers(l, sys_frame_recv(AF_INET, other, &in), -EAGAIN,
	    "nothing on the other device");
	check(l, setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &off,
	    sizeof(off)) == -1 && errno == EPERM,
	    "the filter cannot be taken off");
	close(fd);
	close(other);
	close(far);
}

/* What looks like a reply, but is of another protocol (RFC 5342, 3.1). */
static void
send_as(struct lab *l, const char *by, int fd, uint16_t protocol, uint8_t mark)
{
	struct sys_frame f = arp(l, by, mac_w1, 2, mark);
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
	    .sll_protocol = htons(protocol), .sll_ifindex = f.ifindex,
	    .sll_halen = NET_LLADDR };

	memcpy(to.sll_addr, f.lladdr, NET_LLADDR);
	MUST(sendto(fd, f.bytes, f.len, 0, (struct sockaddr *)&to,
	    sizeof(to)) == ARP_BYTES);
}

/* Bound anew by its holder, to everything everywhere. */
static void
check_rebound(struct lab *l)
{
	struct sockaddr_ll all = { .sll_family = AF_PACKET,
	    .sll_protocol = htons(ETH_P_ALL) };
	int fd, far1, far2;
	struct sys_frame f, in;

	printf("# arp: bound anew\n");
	make_neighbours(l);
	fd = open_one(l, AF_INET, "w1");
	far1 = open_one(l, AF_INET, "x1");
	far2 = open_one(l, AF_INET, "x2");
	MUST(bind(fd, (struct sockaddr *)&all, sizeof(all)) == 0);
	f = arp(l, "x2", mac_w2, 2, 4);
	answers(l, sys_frame_send(AF_INET, far2, &f), 0,
	    "a reply on the other device");
	f = arp(l, "x1", mac_w1, 1, 5);
	answers(l, sys_frame_send(AF_INET, far1, &f), 0, "a request on its own");
	send_as(l, "x1", far1, 0x88b5, 6);
	f = arp(l, "x1", mac_w1, 2, 7);
	answers(l, sys_frame_send(AF_INET, far1, &f), 0, "a reply on its own");
	check(l, got(AF_INET, fd, &in, 7), "only the last comes through");
	close(fd);
	close(far1);
	close(far2);
}

static void
check_down(struct lab *l)
{
	int fd, far;
	struct sys_frame f, in;
	struct pollfd p = { .events = POLLIN };

	printf("# arp: a device that goes down and comes back\n");
	make_neighbours(l);
	fd = open_one(l, AF_INET, "w1");
	far = open_one(l, AF_INET, "x1");
	must_ip("link set w1 down");
	p.fd = fd;
	check(l, poll(&p, 1, WAIT_MS) == 1, "it is told");
	answers(l, sys_frame_recv(AF_INET, fd, &in), -ENETDOWN, "down");
	answers(l, sys_frame_recv(AF_INET, fd, &in), -EAGAIN, "once");
	f = arp(l, "w1", stranger, 2, 1);
	answers(l, sys_frame_send(AF_INET, fd, &f), -ENETDOWN,
	    "nothing can be sent");
	must_ip("link set w1 up");
	check(l, wait_link(l, "w1", true, true) &&
	    wait_link(l, "x1", true, true), "it is up again");
	f = arp(l, "x1", mac_w1, 2, 7);
	answers(l, sys_frame_send(AF_INET, far, &f), 0, "a reply is sent");
	check(l, got(AF_INET, fd, &in, 7), "the same socket has it");
	must_ip("link del w1");
	f = arp(l, "w2", stranger, 2, 1);
	f.ifindex = l->w1;
	answers(l, sys_frame_send(AF_INET, fd, &f), -ENXIO,
	    "deleted: it is no more");
	close(fd);
	close(far);
}

static void
send_with_hops(struct lab *l, int hops, uint8_t mark)
{
	struct sys_frame f = nd(l, "x1", "2001:db8:1::1", ND_NEIGHBOR_ADVERT,
	    mark);
	struct sockaddr_in6 to = { .sin6_family = AF_INET6 };
	int s = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);

	MUST(s != -1 && sys_bind_device(s, "x1") == 0);
	MUST(setsockopt(s, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops,
	    sizeof(hops)) == 0);
	memcpy(&to.sin6_addr, f.dst.bytes, 16);
	MUST(sendto(s, f.bytes, f.len, 0, (struct sockaddr *)&to,
	    sizeof(to)) == NA_BYTES);
	close(s);
}

static void
check_nd(struct lab *l)
{
	int fd, other, far, off = 0;
	struct sys_frame f, in;

	printf("# nd: what comes through\n");
	make_neighbours(l);
	fd = open_one(l, AF_INET6, "w1");
	other = open_one(l, AF_INET6, "w2");
	far = open_one(l, AF_INET6, "x1");
	check(l, (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0 &&
	    (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0,
	    "close-on-exec, non-blocking");
	f = nd(l, "x1", "2001:db8:1::1", ND_NEIGHBOR_SOLICIT, 1);
	answers(l, sys_frame_send(AF_INET6, far, &f), 0,
	    "a solicitation is sent");
	f = nd(l, "x1", "2001:db8:1::1", ND_NEIGHBOR_ADVERT, 2);
	answers(l, sys_frame_send(AF_INET6, far, &f), 0, "an advertisement");
	check(l, got(AF_INET6, fd, &in, 2),
	    "the advertisement comes, nothing before");
	check(l, in.len == NA_BYTES && in.bytes[0] == ND_NEIGHBOR_ADVERT &&
	    in.ifindex == l->w1, "whole, with its interface");
	check(l, net_addr_eq(&in.src, &f.src) && net_addr_eq(&in.dst, &f.dst),
	    "from and to whom");
	check(l, in.hops == 255, "with hop limit 255");
	check(l, in.stamp_ns > 0 && in.stamp_ns <= clock_wall_ns(),
	    "and the time of its arrival");
	send_with_hops(l, 254, 3);
	check(l, got(AF_INET6, fd, &in, 3) && in.hops == 254,
	    "another hop limit is told");
	answers(l, sys_frame_recv(AF_INET6, fd, &in), -EAGAIN, "no more");
	answers(l, sys_frame_recv(AF_INET6, other, &in), -EAGAIN,
	    "nothing on the other device");
	f = nd(l, "x1", "2001:db8:7::7", ND_NEIGHBOR_ADVERT, 4);
	check(l, sys_frame_send(AF_INET6, far, &f) < 0,
	    "not from an address that is not ours");
	check(l, setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &off,
	    sizeof(off)) == -1 && errno == EPERM,
	    "the filter cannot be taken off");
	close(fd);
	close(other);
	close(far);
}

/* ---- power ---- */

/* In a child.  Which step fails, as its exit status; 0: none. */
static int
use_as_nobody(struct lab *l, int arp_fd, int nd_fd)
{
	struct sys_frame f;
	int fd = -1;

	if (sys_drop_power("nobody") != 0)
		return 1;
	if (sys_arp_open("w1", &fd) != -EPERM ||
	    sys_nd_open("w1", &fd) != -EPERM)
		return 2;
	f = arp(l, "x1", mac_w1, 2, 8);
	if (sys_frame_send(AF_INET, arp_fd, &f) != 0)
		return 3;
	f = nd(l, "x1", "2001:db8:1::1", ND_NEIGHBOR_ADVERT, 9);
	return sys_frame_send(AF_INET6, nd_fd, &f) == 0 ? 0 : 4;
}

static void
check_powerless(struct lab *l)
{
	int fd, fd6, far, far6, status = -1;
	struct sys_frame in;
	pid_t pid;

	printf("# without power\n");
	make_neighbours(l);
	fd = open_one(l, AF_INET, "w1");
	fd6 = open_one(l, AF_INET6, "w1");
	far = open_one(l, AF_INET, "x1");
	far6 = open_one(l, AF_INET6, "x1");
	fflush(stdout);
	pid = fork();
	MUST(pid != -1);
	if (pid == 0)
		_exit(use_as_nobody(l, far, far6));
	MUST(waitpid(pid, &status, 0) == pid);
	check(l, status == 0, "sockets can be used, none can be opened");
	if (status != 0)
		printf("# status %#x\n", (unsigned)status);
	check(l, got(AF_INET, fd, &in, 8), "what it sent by ARP comes");
	check(l, got(AF_INET6, fd6, &in, 9), "and by neighbour discovery");
	close(fd);
	close(fd6);
	close(far);
	close(far6);
}

int
main(void)
{
	struct lab l;

	begin(&l);
	check_links(&l);
	check_refused(&l, "arp", sys_arp_open);
	check_refused(&l, "nd", sys_nd_open);
	check_arp(&l);
	check_rebound(&l);
	check_down(&l);
	check_nd(&l);
	check_powerless(&l);
	return end(&l);
}
