/* SPDX-License-Identifier: ISC */
/*
 * sys_check_socket: the other half of sys_check: notices and their loss, echo
 * sockets, and what a process gives up.  Run it in the same way.
 */
#include "tests/lab/sys_check.h"

#include <sys/prctl.h>

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <signal.h>

#define WAIT_MS	((int)(WAIT_NS / NS_PER_MS))

/* ---- notices ---- */

static void
check_watch(struct lab *l)
{
	struct net_route r = one(l, AF_INET, MAIN, 3);
	struct net_rule ru = rule(AF_INET, 30000, TABLE);
	struct sys_notice n;

	(void)heard(l, SYS_NOTICE_LINK);
	answers(l, sys_route_set(l->sys, &r), 0, "watch: own route");
	answers(l, sys_rule_add(l->sys, &ru), 0, "watch: own rule");
	answers(l, sys_watch_next(l->sys, &n), 0,
	    "watch: own writes are not told");
	answers(l, sys_rule_del(l->other, &ru), 0, "watch: another's rule");
	check(l, sys_watch_next(l->sys, &n) == 1 &&
	    n.kind == SYS_NOTICE_RULE && n.gone && n.family == AF_INET,
	    "watch: is told");
	answers(l, sys_route_del(l->other, &r), 0, "watch: another's route");
	check(l, sys_watch_next(l->sys, &n) == 1 &&
	    n.kind == SYS_NOTICE_ROUTE && n.gone && n.family == AF_INET &&
	    n.link.index == l->w1, "watch: is told, with its interface");
	r = both(l, AF_INET6, MAIN, 3);
	answers(l, sys_route_set(l->other, &r), 0, "watch: of two interfaces");
	check(l, sys_watch_next(l->sys, &n) == 1 &&
	    n.kind == SYS_NOTICE_ROUTE && n.link.index == 0,
	    "watch: is told, without one");
	answers(l, sys_route_del(l->other, &r), 0, "watch: both go");
	check(l, sys_watch_next(l->sys, &n) == 1 && n.gone &&
	    n.link.index == 0, "watch: is told, without one");
	(void)heard(l, SYS_NOTICE_ROUTE);
	must_ip("route add 198.51.100.0/24 via 10.0.1.1");
	must_ip("-6 route add 2001:db8:77::/64 via 2001:db8:1::1");
	answers(l, sys_watch_next(l->sys, &n), 0,
	    "watch: other destinations are not told");
	must_ip("addr add 10.0.1.9/24 dev w1");
	check(l, sys_watch_next(l->sys, &n) == 1 &&
	    n.kind == SYS_NOTICE_ADDR && !n.gone && n.link.index == l->w1,
	    "watch: an address");
	must_ip("link set w1 alias me");
	check(l, sys_watch_next(l->sys, &n) == 1 &&
	    n.kind == SYS_NOTICE_LINK && !n.gone && n.link.index == l->w1 &&
	    strcmp(n.link.name, "w1") == 0 && n.link.up, "watch: a link");
	must_ip("link add br0 type bridge");
	must_ip("link set w2 master br0");
	(void)heard(l, SYS_NOTICE_LINK);
	must_ip("link set w2 nomaster");
	while (sys_watch_next(l->sys, &n) == 1)
		if (n.kind == SYS_NOTICE_LINK && n.gone)
			check(l, false, "watch: a bridge's port is not gone");
	must_ip("link del br0");
	make_links(l);
}

static void
check_overrun(struct lab *l)
{
	struct net_route r = one(l, AF_INET, TABLE, 0), seen;
	int size = 4096, i, lost = 0;
	struct sys_notice n;

	(void)heard(l, SYS_NOTICE_LINK);
	MUST(setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &size,
	    sizeof(size)) == 0);
	for (i = 0; i < 2000; i++) {
		r.metric = (uint32_t)(i % 100) + 1;
		MUST(sys_route_set(l->other, &r) == 0);
	}
	for (i = 0; i < 10000 && lost == 0; i++) {
		lost = sys_watch_next(l->sys, &n);
		lost = lost == 1 ? 0 : lost == 0 ? 1 : lost;
	}
	answers(l, lost, -ENOBUFS, "overrun: is said");
	check(l, routes(l, AF_INET, TABLE, &seen) == 100,
	    "overrun: requests are not affected");
	while (sys_watch_next(l->sys, &n) != 0)
		;
	answers(l, sys_route_del(l->other, &r), 0, "overrun: afterwards");
	check(l, heard(l, SYS_NOTICE_ROUTE) == 1,
	    "overrun: notices come again");
	size = 8 * 1024 * 1024;
	(void)setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	flush_routes();
}

/* ---- echo sockets ---- */

static void
echo(int fd, int family, uint16_t id, bool reply)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
	    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
	    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	uint8_t b[12] = { 0 };
	uint16_t sum;

	b[0] = family == AF_INET6 ? (reply ? ICMP6_ECHO_REPLY :
	    ICMP6_ECHO_REQUEST) : (reply ? ICMP_ECHOREPLY : ICMP_ECHO);
	b[4] = (uint8_t)(id >> 8);
	b[5] = (uint8_t)id;
	if (family == AF_INET6) {
		MUST(sendto(fd, b, sizeof(b), 0, (struct sockaddr *)&in6,
		    sizeof(in6)) == sizeof(b));
		return;
	}
	sum = (uint16_t)~((b[0] << 8) + id);
	b[2] = (uint8_t)(sum >> 8);
	b[3] = (uint8_t)sum;
	MUST(sendto(fd, b, sizeof(b), 0, (struct sockaddr *)&in,
	    sizeof(in)) == sizeof(b));
}

/* The id of the next reply, -1 if none waits; whether details came with it. */
static int
reply(int fd, int family, int *ifindex, bool *stamped)
{
	uint8_t b[128];
	_Alignas(8) char control[256];
	struct iovec iov = { b, sizeof(b) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	struct in_pktinfo p4;
	struct in6_pktinfo p6;
	size_t at;

	*ifindex = 0;
	*stamped = false;
	if (recvmsg(fd, &m, 0) == -1)
		return -1;
	for (c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_TIMESTAMPNS)
			*stamped = true;
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&p4, CMSG_DATA(c), sizeof(p4));
			*ifindex = p4.ipi_ifindex;
		}
		if (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&p6, CMSG_DATA(c), sizeof(p6));
			*ifindex = (int)p6.ipi6_ifindex;
		}
	}
	at = family == AF_INET ? (size_t)(b[0] & 15) * 4 : 0;
	return b[at + 4] << 8 | b[at + 5];
}

static void
check_icmp(struct lab *l, int family)
{
	struct pollfd p = { .events = POLLIN };
	int fd = -1, other = -1, index, off = 0;
	bool stamped;

	answers(l, sys_icmp_open(family, "none0", 7, &fd), -ENODEV,
	    "icmp: no such interface");
	answers(l, sys_icmp_open(family, "", 7, &fd), -ENODEV,
	    "icmp: no interface at all");
	answers(l, sys_icmp_open(family, "lo-is-here-but-cut", 7, &fd),
	    -ENODEV, "icmp: a name too long");
	answers(l, sys_icmp_open(family, "lo", 0x1234, &fd), 0, "icmp: open");
	answers(l, sys_icmp_open(family, "lo", 0x4321, &other), 0,
	    "icmp: open another");
	if (fd == -1 || other == -1)
		return;
	check(l, (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0 &&
	    (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0,
	    "icmp: close-on-exec, non-blocking");
	/* Not ours: another id, and, seen by the device, our own request. */
	echo(other, family, 0x1235, true);
	echo(fd, family, 0x1234, false);
	p.fd = fd;
	check(l, poll(&p, 1, WAIT_MS) == 1,
	    "icmp: something comes");
	check(l, reply(fd, family, &index, &stamped) == 0x1234,
	    "icmp: the reply with our id, before it nothing");
	check(l, stamped, "icmp: with the time of arrival");
	check(l, index == index_of(l, "lo"), "icmp: and its interface");
	check(l, reply(fd, family, &index, &stamped) == -1,
	    "icmp: and no more");
	check(l, reply(other, family, &index, &stamped) == -1,
	    "icmp: the other has none");
	check(l, setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &off,
	    sizeof(off)) == -1 && errno == EPERM,
	    "icmp: the filter cannot be taken off");
	close(fd);
	close(other);
}

/* ---- power ---- */

static bool
status_line(const char *name, const char *value)
{
	char line[200];
	bool found = false;
	FILE *f = fopen("/proc/self/status", "re");
	size_t len = strlen(name);

	while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL)
		found = strncmp(line, name, len) == 0 &&
		    strncmp(line + len, value, strlen(value)) == 0;
	if (f != NULL)
		fclose(f);
	return found;
}

/* In a child.  Which step fails, as its exit status; 0: none. */
static int
without_power(const char *user, bool mapped)
{
	int sig = 0, fd = -1;

	if (sys_die_with_parent() != 0)
		return 2;
	if (sys_drop_power(user) != 0)
		return 3;
	if (!status_line("CapEff:\t", "0000000000000000") ||
	    !status_line("CapPrm:\t", "0000000000000000") ||
	    !status_line("CapInh:\t", "0000000000000000") ||
	    !status_line("CapBnd:\t", "0000000000000000") ||
	    !status_line("CapAmb:\t", "0000000000000000"))
		return 4;
	if (!status_line("NoNewPrivs:\t", "1"))
		return 5;
	if (prctl(PR_GET_PDEATHSIG, &sig, 0, 0, 0) != 0 || sig != SIGKILL)
		return 6;
	if (sys_icmp_open(AF_INET, "lo", 1, &fd) != -EPERM)
		return 7;
	if (user == NULL || !mapped)
		return getuid() == 0 ? 0 : 8;
	if (getuid() == 0 || getgid() == 0 || setuid(0) == 0)
		return 9;
	return getgroups(0, NULL) == 1 ? 0 : 10;
}

static void
check_power(struct lab *l)
{
	static const char *const users[] = { "nobody", NULL, "no-such-user" };
	bool mapped = true;
	int status = 0, first = 0;
	unsigned count = 0;
	char what[80];
	size_t i;
	pid_t pid;
	FILE *f = fopen("/proc/self/uid_map", "re");

	if (f != NULL) {
		if (fscanf(f, "%d %*u %u", &first, &count) == 2)
			mapped = count > 65534;
		fclose(f);
	}
	for (i = 0; i < 3; i++) {
		fflush(stdout);
		pid = fork();
		MUST(pid != -1);
		if (pid == 0)
			_exit(without_power(users[i], mapped && i == 0));
		MUST(waitpid(pid, &status, 0) == pid);
		snprintf(what, sizeof(what), "power: dropped, user %s%s",
		    users[i] == NULL ? "-" : users[i],
		    mapped ? "" : " (not mapped here)");
		check(l, status == 0, what);
		if (status != 0)
			printf("# status %#x\n", (unsigned)status);
	}
}

/* The grandchild holds the pipe open; it must end with the child. */
static void
check_die_with_parent(struct lab *l)
{
	struct pollfd p = { .events = POLLIN };
	int ready[2], rc, status;
	pid_t pid;
	char c;

	MUST(pipe(ready) == 0);
	fflush(stdout);
	pid = fork();
	MUST(pid != -1);
	if (pid == 0) {
		close(ready[0]);
		if (fork() == 0) {
			rc = sys_die_with_parent();
			MUST(write(ready[1], rc == 0 ? "y" : "n", 1) == 1);
			/* Should it fail, nobody else would end it. */
			alarm(2 * WAIT_MS / 1000);
			for (;;)
				pause();
		}
		pause();
		_exit(1);
	}
	close(ready[1]);
	check(l, read(ready[0], &c, 1) == 1 && c == 'y', "parent: hung on");
	MUST(kill(pid, SIGKILL) == 0);
	MUST(waitpid(pid, &status, 0) == pid);
	p.fd = ready[0];
	check(l, poll(&p, 1, WAIT_MS) == 1 &&
	    read(ready[0], &c, 1) == 0, "parent: ends with it");
	close(ready[0]);
}

int
main(void)
{
	struct lab l;

	begin(&l);
	check_watch(&l);
	check_overrun(&l);
	check_icmp(&l, AF_INET);
	check_icmp(&l, AF_INET6);
	check_power(&l);
	check_die_with_parent(&l);
	return end(&l);
}
