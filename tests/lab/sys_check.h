/* SPDX-License-Identifier: ISC */
/*
 * What the programs share that ask the real kernel through lib/sys.h: two
 * veths, ip(8) as the administrator's hand, one line per check.
 */
#ifndef UPLINKD_LAB_SYS_CHECK_H
#define UPLINKD_LAB_SYS_CHECK_H

#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/must.h"
#include "lib/sys.h"

#define MAIN	254u
#define TABLE	1001u
#define WAIT_NS	(5 * NS_PER_S)

extern char **environ;

struct lab {
	struct sys	*sys;		/* writes and watches */
	struct sys	*other;		/* somebody else */
	int		 fd;
	int		 w1, w2;
	unsigned	 failed;
};

static inline void
check(struct lab *l, bool good, const char *what)
{
	printf("%s - %s\n", good ? "ok" : "not ok", what);
	fflush(stdout);
	l->failed += !good;
}

/* The answer is compared, and shown if it is another. */
static inline void
answers(struct lab *l, int rc, int expect, const char *what)
{
	char e[ERR_TEXT_MAX];

	check(l, rc == expect, what);
	if (rc != expect)
		printf("# answered %d: %s\n", rc, err_text(rc, e));
}

/* ip(8) with words separated by blanks; true if it exits 0. */
static inline bool
run_ip(const char *words, bool quiet)
{
	char buf[200], *argv[32], *save = NULL;
	posix_spawn_file_actions_t acts;
	int n = 0, status = 1;
	pid_t pid;

	snprintf(buf, sizeof(buf), "ip %s", words);
	for (argv[n] = strtok_r(buf, " ", &save); argv[n] != NULL && n < 30;
	    argv[n] = strtok_r(NULL, " ", &save))
		n++;
	argv[n] = NULL;
	MUST(posix_spawn_file_actions_init(&acts) == 0);
	if (quiet)
		MUST(posix_spawn_file_actions_addopen(&acts, 2, "/dev/null",
		    O_WRONLY, 0) == 0);
	MUST(posix_spawnp(&pid, "ip", &acts, NULL, argv, environ) == 0);
	MUST(posix_spawn_file_actions_destroy(&acts) == 0);
	while (waitpid(pid, &status, 0) == -1)
		MUST(errno == EINTR);
	return status == 0;
}

/* What may fail. */
static inline bool
ip(const char *words)
{
	return run_ip(words, true);
}

static inline void
must_ip(const char *words)
{
	if (run_ip(words, false))
		return;
	printf("not ok - ip %s\n", words);
	exit(1);
}

static inline struct net_route
route(int family, uint32_t table, uint32_t metric)
{
	struct net_route r;

	memset(&r, 0, sizeof(r));
	r.family = family;
	r.table = table;
	r.metric = metric;
	r.protocol = SYS_PROTO_OURS;
	r.type = 1;
	return r;
}

static inline void
hop(struct net_route *r, const char *via, int index, unsigned weight)
{
	struct net_hop *h = &r->hops[r->nhops++];

	if (via != NULL)
		MUST(net_addr_parse(via, &h->via) == 0);
	h->index = index;
	h->weight = weight;
}

/* How many there are, the first in *r; -1 if the dump fails. */
static inline int
routes(struct lab *l, int family, uint32_t table, struct net_route *r)
{
	struct net_route *list = NULL;
	size_t n = 0;

	memset(r, 0, sizeof(*r));
	if (sys_routes(l->sys, family, table, &list, &n) != 0)
		return -1;
	if (n > 0)
		*r = list[0];
	free(list);
	return (int)n;
}

static inline bool
is_there(struct lab *l, const struct net_route *want)
{
	struct net_route r;

	return routes(l, want->family, want->table, &r) == 1 &&
	    net_route_eq(&r, want);
}

/* Reads what has come; how many were of the kind, -ENOBUFS if some are lost. */
static inline int
heard(struct lab *l, enum sys_notice_kind kind)
{
	struct sys_notice n;
	int rc, count = 0;

	while ((rc = sys_watch_next(l->sys, &n)) == 1)
		count += n.kind == kind;
	return rc == 0 ? count : rc;
}

static inline bool
link_is(struct lab *l, const char *name, bool up, bool carrier)
{
	struct net_link *links = NULL;
	size_t n = 0, i;
	bool found = false;

	if (sys_links(l->sys, &links, &n) != 0)
		return false;
	for (i = 0; i < n; i++)
		found |= strcmp(links[i].name, name) == 0 &&
		    links[i].up == up && links[i].carrier == carrier;
	free(links);
	return found;
}

/* Carrier is told late: waits for notices until the link is so. */
static inline bool
wait_link(struct lab *l, const char *name, bool up, bool carrier)
{
	int64_t end = clock_mono_ns() + WAIT_NS;
	struct pollfd p = { .fd = l->fd, .events = POLLIN };

	while (!link_is(l, name, up, carrier)) {
		if (poll(&p, 1, clock_poll_ms(end, clock_mono_ns())) != 1)
			return false;
		(void)heard(l, SYS_NOTICE_LINK);
	}
	return true;
}

static inline int
index_of(struct lab *l, const char *name)
{
	struct net_link *links = NULL;
	size_t n = 0, i;
	int index = 0;

	MUST(sys_links(l->sys, &links, &n) == 0);
	for (i = 0; i < n; i++)
		if (strcmp(links[i].name, name) == 0)
			index = links[i].index;
	free(links);
	return index;
}

static inline void
flush_routes(void)
{
	static const char *const words[] = {
		"route flush exact default", "-6 route flush exact default",
		"route flush table 1001", "-6 route flush table 1001",
		/* A flush fails on a next hop object. */
		"route del default table 1001",
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		(void)ip(words[i]);
}

/* Two veths with both families, as every check expects to find them. */
static inline void
make_links(struct lab *l)
{
	static const char *const words[] = {
		"link add w1 type veth peer name x1", "link set x1 up",
		"link add w2 type veth peer name x2", "link set x2 up",
		"link set w1 up", "link set w2 up",
		"addr add 10.0.1.2/24 dev w1", "addr add 10.0.2.2/24 dev w2",
		"-6 addr add 2001:db8:1::2/64 dev w1 nodad",
		"-6 addr add 2001:db8:2::2/64 dev w2 nodad",
	};
	size_t i;

	(void)ip("link del w1");
	(void)ip("link del w2");
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		must_ip(words[i]);
	flush_routes();
	l->w1 = index_of(l, "w1");
	l->w2 = index_of(l, "w2");
	if (!wait_link(l, "w1", true, true) || !wait_link(l, "w2", true, true))
		check(l, false, "links get carrier");
	(void)heard(l, SYS_NOTICE_LINK);
}

static inline struct net_route
one(const struct lab *l, int family, uint32_t table, uint32_t metric)
{
	struct net_route r = route(family, table, metric);

	hop(&r, family == AF_INET ? "10.0.1.1" : "2001:db8:1::1", l->w1, 1);
	return r;
}

static inline struct net_route
both(const struct lab *l, int family, uint32_t table, uint32_t metric)
{
	struct net_route r = one(l, family, table, metric);

	hop(&r, family == AF_INET ? "10.0.2.1" : "2001:db8:2::1", l->w2, 1);
	return r;
}

static inline struct net_rule
rule(int family, uint32_t priority, uint32_t table)
{
	struct net_rule r;

	memset(&r, 0, sizeof(r));
	r.family = family;
	r.priority = priority;
	r.table = table;
	r.protocol = SYS_PROTO_OURS;
	r.suppress_prefixlen = -1;
	return r;
}

/* A namespace with anything in it is somebody's. */
static inline bool
is_fresh(struct lab *l)
{
	struct net_link *links = NULL;
	size_t n = 0, i;
	bool fresh;

	fresh = sys_links(l->sys, &links, &n) == 0;
	for (i = 0; i < n; i++)
		fresh &= !links[i].up;
	free(links);
	return fresh;
}

/*
 * A handle that watches, in a network that may be changed; else exit 77, which
 * is "skipped".
 */
static inline void
begin(struct lab *l)
{
	bool fresh;

	memset(l, 0, sizeof(*l));
	fresh = sys_open(&l->sys) == 0 && sys_open(&l->other) == 0 &&
	    is_fresh(l);
	if (!fresh || !ip("link set lo up")) {
		printf("# skipped: not root in a network namespace of its "
		    "own\n");
		sys_close(&l->sys);
		sys_close(&l->other);
		exit(77);
	}
	MUST(sys_watch(l->sys, SYS_WATCH_LINKS | SYS_WATCH_ROUTES,
	    &l->fd) == 0);
	make_links(l);
}

static inline int
end(struct lab *l)
{
	sys_close(&l->sys);
	sys_close(&l->other);
	printf("# %u failed\n", l->failed);
	return l->failed == 0 ? 0 : 1;
}

#endif
