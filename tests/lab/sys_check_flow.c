/* SPDX-License-Identifier: ISC */
/*
 * sys_check_flow: a thousand tracked connections of three lines in the real
 * kernel, made by hand: exactly those of one line go.  As sys_check.
 */
#include "tests/lab/sys_check.h"

#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack_udp.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define FLOWS	1000
#define MASK	0x7f0000u

/* How a connection came about, seen from line n (1, 2, 3). */
enum way { MASQUERADED, INWARD, OWN, WAYS };

static const char *const way_names[WAYS] = { "masqueraded", "inward", "own" };

static struct nfct_handle *handle;

static void
set_ends(struct nf_conntrack *ct, int family, const struct net_addr *src,
    const struct net_addr *dst, bool reply)
{
	size_t len = family == AF_INET ? 4 : 16;
	uint8_t buf[16];

	memcpy(buf, src->bytes, len);
	nfct_set_attr(ct, family == AF_INET ?
	    (reply ? ATTR_REPL_IPV4_SRC : ATTR_ORIG_IPV4_SRC) :
	    (reply ? ATTR_REPL_IPV6_SRC : ATTR_ORIG_IPV6_SRC), buf);
	memcpy(buf, dst->bytes, len);
	nfct_set_attr(ct, family == AF_INET ?
	    (reply ? ATTR_REPL_IPV4_DST : ATTR_ORIG_IPV4_DST) :
	    (reply ? ATTR_REPL_IPV6_DST : ATTR_ORIG_IPV6_DST), buf);
}

static void
set_ports(struct nf_conntrack *ct, uint16_t src, uint16_t dst)
{
	nfct_set_attr_u16(ct, ATTR_ORIG_PORT_SRC, htons(src));
	nfct_set_attr_u16(ct, ATTR_ORIG_PORT_DST, htons(dst));
	nfct_set_attr_u16(ct, ATTR_REPL_PORT_SRC, htons(dst));
	nfct_set_attr_u16(ct, ATTR_REPL_PORT_DST, htons(src));
}

/* "#" stands for the digit n. */
static struct net_addr
addr(const char *pattern, unsigned n)
{
	char text[64], *at;
	struct net_addr a;

	snprintf(text, sizeof(text), "%s", pattern);
	at = strchr(text, '#');
	if (at != NULL)
		*at = (char)('0' + n);
	MUST(net_addr_parse(text, &a) == 0);
	return a;
}

static void
make_flow(int family, enum way way, unsigned line, uint16_t port,
    uint32_t mark)
{
	bool v4 = family == AF_INET;
	struct net_addr lan = addr(v4 ? "10.9.0.2" : "2001:db8:9::2", 0);
	struct net_addr far = addr(v4 ? "192.0.2.9" : "2001:db8:ffff::9", 0);
	struct net_addr own = addr(v4 ? "10.0.#.2" : "2001:db8:#::2", line);
	struct nf_conntrack *ct = nfct_new();

	MUST(ct != NULL);
	nfct_set_attr_u8(ct, ATTR_L3PROTO, (uint8_t)family);
	nfct_set_attr_u8(ct, ATTR_L4PROTO, IPPROTO_UDP);
	nfct_set_attr_u8(ct, ATTR_REPL_L3PROTO, (uint8_t)family);
	nfct_set_attr_u8(ct, ATTR_REPL_L4PROTO, IPPROTO_UDP);
	if (way == MASQUERADED) {
		set_ends(ct, family, &lan, &far, false);
		set_ends(ct, family, &far, &own, true);
	} else if (way == INWARD) {
		set_ends(ct, family, &far, &own, false);
		set_ends(ct, family, &lan, &far, true);
	} else {
		set_ends(ct, family, &own, &far, false);
		set_ends(ct, family, &far, &own, true);
	}
	set_ports(ct, port, 53);
	nfct_set_attr_u32(ct, ATTR_TIMEOUT, 600);
	if (mark != 0)
		nfct_set_attr_u32(ct, ATTR_MARK, mark);
	if (nfct_query(handle, NFCT_Q_CREATE, ct) == -1) {
		printf("# %s, line %u, port %u: %s\n", way_names[way], line,
		    port, strerror(errno));
		exit(1);
	}
	nfct_destroy(ct);
}

static int
count_one(enum nf_conntrack_msg_type type, struct nf_conntrack *ct, void *arg)
{
	size_t *n = arg;

	(void)type;
	(void)ct;
	++*n;
	return NFCT_CB_CONTINUE;
}

static size_t
count(void)
{
	static const uint32_t families[] = { AF_INET, AF_INET6 };
	struct nfct_handle *h = nfct_open(CONNTRACK, 0);
	size_t n = 0, i;

	MUST(h != NULL);
	(void)nfct_callback_register(h, NFCT_T_ALL, count_one, &n);
	for (i = 0; i < 2; i++)
		MUST(nfct_query(h, NFCT_Q_DUMP, &families[i]) == 0);
	nfct_close(h);
	return n;
}

/* FLOWS, in turn over three lines, three ways and both families. */
static size_t
make_flows(unsigned line)
{
	size_t i, mine = 0;
	unsigned n;

	for (i = 0; i < FLOWS; i++) {
		n = (unsigned)(i % 3) + 1;
		mine += n == line;
		make_flow(i / 9 % 2 == 0 ? AF_INET : AF_INET6,
		    (enum way)(i / 3 % WAYS), n, (uint16_t)(1024 + i), 0);
	}
	return mine;
}

static void
check_addresses(struct lab *l)
{
	struct sys_flows w = { .naddrs = 2 };
	size_t mine = make_flows(2), seen, killed;

	w.addrs[0] = addr("10.0.#.2", 2);
	w.addrs[1] = addr("2001:db8:#::2", 2);
	check(l, count() == FLOWS, "a thousand connections are tracked");
	answers(l, sys_flows_kill(&w, &seen, &killed), 0, "kill by address");
	printf("# seen %zu, killed %zu of %zu\n", seen, killed, mine);
	check(l, seen == FLOWS && killed == mine, "all of line 2 are gone");
	check(l, count() == FLOWS - mine, "and no others");
	answers(l, sys_flows_kill(&w, &seen, &killed), 0, "once more");
	check(l, killed == 0 && seen == FLOWS - mine, "there are none left");
	w.addrs[0] = addr("10.0.#.2", 1);
	w.addrs[1] = addr("10.0.#.2", 3);
	answers(l, sys_flows_kill(&w, &seen, &killed), 0, "the other lines");
	w.addrs[0] = addr("2001:db8:#::2", 1);
	w.addrs[1] = addr("2001:db8:#::2", 3);
	answers(l, sys_flows_kill(&w, &seen, &killed), 0, "their IPv6");
	check(l, count() == 0, "nothing is left");
}

/* The mark decides, whatever the addresses are. */
static void
check_marks(struct lab *l)
{
	struct sys_flows w = { .naddrs = 1, .mark = 0x20000, .mask = MASK };
	size_t seen, killed;

	w.addrs[0] = addr("10.0.#.2", 2);
	make_flow(AF_INET, MASQUERADED, 1, 2001, 0x20000);
	make_flow(AF_INET, MASQUERADED, 1, 2002, 0x20005);
	make_flow(AF_INET6, INWARD, 3, 2003, 0x20000);
	make_flow(AF_INET, MASQUERADED, 2, 2004, 0x10000);
	make_flow(AF_INET, MASQUERADED, 2, 2005, 0);
	make_flow(AF_INET, MASQUERADED, 2, 2006, 0x5);
	make_flow(AF_INET, MASQUERADED, 1, 2007, 0);
	answers(l, sys_flows_kill(&w, &seen, &killed), 0, "kill by mark");
	check(l, killed == 5, "of the mark, or of the address without one");
	check(l, count() == 2, "another line's mark and address stay");
	w.mark = 0x10000;
	w.addrs[0] = addr("10.0.#.2", 1);
	answers(l, sys_flows_kill(&w, &seen, &killed), 0, "the rest");
	check(l, count() == 0, "nothing is left");
}

static void
check_nothing(struct lab *l)
{
	struct sys_flows w = { .naddrs = 0 };
	size_t seen, killed;

	make_flow(AF_INET, OWN, 1, 3001, 0);
	answers(l, sys_flows_kill(&w, &seen, &killed), 0, "nothing is meant");
	check(l, killed == 0 && count() == 1, "then nothing goes");
}

/* In a child.  Which step fails, as its exit status; 0: none. */
static int
with_little(void)
{
	struct sys_flows w = { .naddrs = 1 };
	size_t seen, killed;
	int fd = -1;

	w.addrs[0] = addr("10.0.#.2", 3);
	if (sys_keep_net("nobody") != 0)
		return 2;
	if (sys_flows_kill(&w, &seen, &killed) != 0 || killed != 1)
		return 3;
	if (sys_icmp_open(AF_INET, "lo", 1, &fd) != -EPERM)
		return 4;
	/* Nothing that it might execute would have it. */
	if (prctl(PR_CAPBSET_READ, CAP_NET_ADMIN, 0, 0, 0) != 0 ||
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 5;
	return getuid() == 0 || setuid(0) == -1 ? 0 : 6;
}

static void
check_power(struct lab *l)
{
	int status = 0;
	pid_t pid;

	make_flow(AF_INET, MASQUERADED, 3, 4001, 0);
	fflush(stdout);
	pid = fork();
	MUST(pid != -1);
	if (pid == 0)
		_exit(with_little());
	MUST(waitpid(pid, &status, 0) == pid);
	if (status != 0)
		printf("# step %d\n", WEXITSTATUS(status));
	check(l, status == 0, "another user can do it, and nothing else");
}

/* A family whose connections have nowhere to go. */
static void
check_spared(struct lab *l)
{
	struct sys_flows w = { .naddrs = 2, .spare = { [NET_V6] = true } };
	size_t seen, killed;

	make_flow(AF_INET, MASQUERADED, 2, 5001, 0);
	make_flow(AF_INET6, MASQUERADED, 2, 5002, 0);
	w.addrs[0] = addr("10.0.#.2", 2);
	w.addrs[1] = addr("2001:db8:#::2", 2);
	answers(l, sys_flows_kill(&w, &seen, &killed), 0, "kill one family");
	check(l, killed == 1, "the other one is spared");
	w.spare[NET_V6] = false;
	answers(l, sys_flows_kill(&w, &seen, &killed), 0, "kill both");
	check(l, killed == 1, "and goes then");
}

int
main(void)
{
	struct lab l;

	begin(&l);
	handle = nfct_open(CONNTRACK, 0);
	MUST(handle != NULL);
	check_addresses(&l);
	check_marks(&l);
	check_nothing(&l);
	check_spared(&l);
	check_power(&l);
	nfct_close(handle);
	return end(&l);
}
