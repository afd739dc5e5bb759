/* SPDX-License-Identifier: ISC */
/*
 * sys_fake: the simulated kernel as lib/sys.h sees it: handles, dumps, writes.
 * A kernel and its handles belong to one thread; what a thread has chosen
 * (fake_use) is its own.
 */
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/must.h"
#include "lib/sys_fake_kernel.h"

#define NOTICES_MAX	256

/*
 * sys_open and sys_*_open have no argument that could carry it; by thread,
 * so that two dispatchers in one test do not meet.
 */
static _Thread_local struct {
	struct fake_kernel	*kernel;
	int			 peer;	/* + 1, so that 0 is none */
} mine;

void *
fake_grow(void *items, size_t n, size_t size)
{
	void *more = reallocarray(items, n + 1, size);

	MUST(more != NULL);
	return more;
}

/* ---- handles ---- */

static struct fake_kernel *
kernel_new(void)
{
	struct fake_kernel *k = calloc(1, sizeof(*k));

	MUST(k != NULL);
	fake_rules_init(k);
	return k;
}

static void
kernel_free(struct fake_kernel *k)
{
	if (mine.kernel == k)
		mine.kernel = NULL;
	free(k->links);
	free(k->addrs);
	free(k->routes);
	free(k->rules);
	free(k->nft);
	free(k);
}

struct fake_kernel *
fake_chosen(void)
{
	return mine.kernel;
}

int
sys_open(struct sys **out)
{
	struct fake_kernel *k = mine.kernel;
	struct sys *s;
	int rc;

	*out = NULL;
	if (k != NULL && (rc = fake_begin(k, FAKE_OPEN)) != 0)
		return rc;
	if (k == NULL)
		k = kernel_new();
	s = calloc(1, sizeof(*s));
	MUST(s != NULL);
	s->magic = FAKE_MAGIC;
	s->kernel = k;
	s->pipe[0] = s->pipe[1] = -1;
	s->nft_pipe[0] = s->nft_pipe[1] = -1;
	s->max = NOTICES_MAX;
	s->next = k->handles;
	k->handles = s;
	*out = s;
	return 0;
}

void
sys_close(struct sys **sp)
{
	struct sys *s = *sp, **at;
	struct fake_kernel *k;

	if (s == NULL)
		return;
	*sp = NULL;
	MUST(s->magic == FAKE_MAGIC);
	s->magic = 0;
	k = s->kernel;
	for (at = &k->handles; *at != s; at = &(*at)->next)
		MUST(*at != NULL);
	*at = s->next;
	if (s->pipe[0] != -1) {
		close(s->pipe[0]);
		close(s->pipe[1]);
	}
	if (s->nft_pipe[0] != -1) {
		close(s->nft_pipe[0]);
		close(s->nft_pipe[1]);
	}
	free(s->notices);
	free(s);
	if (k->handles == NULL)
		kernel_free(k);
}

static void
drop_peer(void)
{
	if (mine.peer != 0)
		close(mine.peer - 1);
	mine.peer = 0;
}

void
fake_use(struct sys *s)
{
	MUST(s == NULL || s->magic == FAKE_MAGIC);
	mine.kernel = s == NULL ? NULL : s->kernel;
	if (s == NULL)
		drop_peer();
}

/* ---- reading ---- */

/* malloc'd as the caller of sys.h expects it; NULL for none. */
static void *
copy(const void *items, size_t n, size_t size)
{
	void *out;

	if (n == 0)
		return NULL;
	out = reallocarray(NULL, n, size);
	MUST(out != NULL);
	memcpy(out, items, n * size);
	return out;
}

int
sys_links(struct sys *s, struct net_link **out, size_t *n)
{
	struct fake_kernel *k = s->kernel;
	size_t i;
	int rc;

	*out = NULL;
	*n = 0;
	if ((rc = fake_begin(k, FAKE_LINKS)) != 0)
		return rc;
	*out = copy(k->links, k->nlinks, sizeof(**out));
	*n = k->nlinks;
	for (i = 0; i < *n; i++)
		(*out)[i].carrier &= (*out)[i].up;
	return 0;
}

int
sys_addrs(struct sys *s, struct net_ifaddr **out, size_t *n)
{
	struct fake_kernel *k = s->kernel;
	int rc;

	*out = NULL;
	*n = 0;
	if ((rc = fake_begin(k, FAKE_ADDRS)) != 0)
		return rc;
	*out = copy(k->addrs, k->naddrs, sizeof(**out));
	*n = k->naddrs;
	return 0;
}

int
sys_routes(struct sys *s, int family, uint32_t table, struct net_route **out,
    size_t *n)
{
	struct fake_kernel *k = s->kernel;
	const struct net_route *r;
	size_t i;
	int rc;

	*out = NULL;
	*n = 0;
	if ((rc = fake_begin(k, FAKE_ROUTES)) != 0)
		return rc;
	for (i = 0; i < k->nroutes; i++) {
		r = &k->routes[i];
		if (r->family != family || (table != 0 && r->table != table))
			continue;
		*out = fake_grow(*out, *n, sizeof(**out));
		(*out)[(*n)++] = fake_fib_show(k, r);
	}
	return 0;
}

int
sys_rules(struct sys *s, int family, struct net_rule **out, size_t *n)
{
	struct fake_kernel *k = s->kernel;
	size_t i;
	int rc;

	*out = NULL;
	*n = 0;
	if ((rc = fake_begin(k, FAKE_RULES)) != 0)
		return rc;
	for (i = 0; i < k->nrules; i++) {
		if (k->rules[i].family != family)
			continue;
		*out = fake_grow(*out, *n, sizeof(**out));
		(*out)[(*n)++] = k->rules[i];
	}
	return 0;
}

/* ---- writing ---- */

/* What a write may not take away. */
struct had {
	bool	way[NET_NFAM], main[NET_NFAM];
};

static bool
main_has_default(const struct fake_kernel *k, int family)
{
	size_t i;

	for (i = 0; i < k->nroutes; i++)
		if (k->routes[i].family == family &&
		    k->routes[i].table == FAKE_TABLE_MAIN &&
		    k->routes[i].type == FAKE_TYPE_UNICAST)
			return true;
	return false;
}

static struct had
look(const struct fake_kernel *k)
{
	struct fake_packet p = { 0 };
	struct fake_way way;
	struct had had;
	size_t fam;

	for (fam = 0; fam < NET_NFAM; fam++) {
		p.family = net_family((enum net_fam)fam);
		had.way[fam] = fake_route_packet(k, &p, &way) == 0;
		had.main[fam] = main_has_default(k, p.family);
	}
	return had;
}

static void
judge(struct fake_kernel *k, const struct had *before)
{
	struct had after = look(k);
	size_t fam;

	for (fam = 0; fam < NET_NFAM; fam++)
		if ((before->way[fam] && !after.way[fam]) ||
		    (before->main[fam] && !after.main[fam]))
			k->defaultless[fam] = true;
}

static int
write_route(struct sys *s, enum fake_op op, const struct net_route *r)
{
	struct fake_kernel *k = s->kernel;
	struct had before = look(k);
	int rc;

	MUST(s->magic == FAKE_MAGIC);
	rc = fake_begin(k, op);
	/* A message without a protocol would fit anybody's route. */
	if (rc == 0 && op == FAKE_ROUTE_DEL && r->protocol == 0)
		rc = -EINVAL;
	if (rc == 0 && op == FAKE_ROUTE_SET)
		rc = fake_fib_write(k, s, FAKE_HOW_REPLACE, r);
	else if (rc == 0)
		rc = fake_fib_del(k, s, r);
	judge(k, &before);
	return fake_log(k, op, rc, r, NULL);
}

int
sys_route_set(struct sys *s, const struct net_route *r)
{
	return write_route(s, FAKE_ROUTE_SET, r);
}

int
sys_route_del(struct sys *s, const struct net_route *r)
{
	return write_route(s, FAKE_ROUTE_DEL, r);
}

static int
write_rule(struct sys *s, enum fake_op op, const struct net_rule *r)
{
	struct fake_kernel *k = s->kernel;
	struct had before = look(k);
	int rc;

	MUST(s->magic == FAKE_MAGIC);
	rc = fake_begin(k, op);
	if (rc == 0 && r->foreign)
		rc = -EOPNOTSUPP;
	if (rc == 0)
		rc = op == FAKE_RULE_ADD ? fake_rules_add(k, s, r) :
		    fake_rules_del(k, s, r);
	judge(k, &before);
	return fake_log(k, op, rc, NULL, r);
}

int
sys_rule_add(struct sys *s, const struct net_rule *r)
{
	return write_rule(s, FAKE_RULE_ADD, r);
}

int
sys_rule_del(struct sys *s, const struct net_rule *r)
{
	return write_rule(s, FAKE_RULE_DEL, r);
}

/* ---- the rest of sys.h ---- */

int
fake_socket(enum fake_op op, const char *ifname, int *fd)
{
	struct fake_kernel *k = mine.kernel;
	const struct net_link *l;
	int sv[2], rc;

	l = k == NULL ? NULL : fake_link(k, ifname);
	if (ifname[0] == '\0' || (k != NULL && l == NULL))
		return -ENODEV;
	if (op != FAKE_ICMP && l != NULL && !l->ethernet)
		return -EOPNOTSUPP;
	if (k != NULL && (rc = fake_begin(k, op)) != 0)
		return rc;
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
	    sv) == -1)
		return -errno;
	drop_peer();
	mine.peer = sv[1] + 1;
	*fd = sv[0];
	return 0;
}

int
fake_icmp_peer(void)
{
	int fd = mine.peer - 1;

	mine.peer = 0;
	return fd;
}

void
sys_thread_name(const char *name)
{
	MUST(name[0] != '\0');
}

int
sys_keep_net(const char *user)
{
	(void)user;
	return 0;
}

int
sys_drop_power(const char *user)
{
	(void)user;
	return 0;
}

int
sys_die_with_parent(void)
{
	return 0;
}

/* Processes are the real kernel's: here they have no keeper but their group. */
int
sys_adopt(pid_t parent)
{
	(void)parent;
	return -ENOSYS;
}

size_t
sys_children(pid_t *pids, size_t max)
{
	(void)pids;
	(void)max;
	return 0;
}
