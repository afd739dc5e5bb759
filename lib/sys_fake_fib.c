/* SPDX-License-Identifier: ISC */
/*
 * sys_fake_fib: default routes of the simulated kernel.  What it does was seen
 * on Linux 6.18, and tests/lab/sys_check.c looks again:
 *
 *	                          IPv4                    IPv6
 *	link down, only hop       gone, no notice         gone, notice
 *	link down, some hops      hops dead, no notice    hops dead, no notice
 *	link up again             dead hops live, gone routes stay gone
 *	last address gone         as link down            nothing
 *	address comes             dead hops live          nothing
 *	source address gone       gone, notice            source forgotten
 *	link deleted, some hops   gone whole, no notice   its hops go, notice
 *	carrier lost              shown as linkdown, still used
 *
 * What Linux puts off for up to a second (marks after a loss of carrier, IPv6
 * hops that live again) happens here at once.
 *
 * Entered by the kernel's owner.
 */
#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include "lib/must.h"
#include "lib/sys_fake_kernel.h"

#define METRIC_V6	1024	/* what IPv6 makes of 0 */
#define PROTO_REDIRECT	1
#define PROTO_RA	9

static void
tell(struct fake_kernel *k, const struct sys *by, const struct net_route *r,
    bool gone)
{
	struct sys_notice n = { .kind = SYS_NOTICE_ROUTE, .gone = gone,
	    .family = r->family };

	if (r->nhops == 1)
		n.link.index = r->hops[0].index;
	fake_tell(k, by, &n);
}

static void
cut(struct fake_kernel *k, size_t i)
{
	k->nroutes--;
	memmove(&k->routes[i], &k->routes[i + 1],
	    (k->nroutes - i) * sizeof(*k->routes));
}

void
fake_fib_cut(struct fake_kernel *k, const struct sys *by, size_t i)
{
	struct net_route r = k->routes[i];

	cut(k, i);
	tell(k, by, &r, true);
}

/* ---- interfaces and addresses ---- */

static size_t
count_dead(const struct net_route *r)
{
	size_t i, n = 0;

	for (i = 0; i < r->nhops; i++)
		n += r->hops[i].dead;
	return n;
}

/* True if any hop was by the interface. */
static bool
set_dead(struct net_route *r, int index, bool dead)
{
	bool any = false;
	size_t i;

	for (i = 0; i < r->nhops; i++)
		if (r->hops[i].index == index) {
			r->hops[i].dead = dead;
			any = true;
		}
	return any;
}

static void
cut_hops(struct net_route *r, int index)
{
	size_t i, n = 0;

	for (i = 0; i < r->nhops; i++)
		if (r->hops[i].index != index)
			r->hops[n++] = r->hops[i];
	r->nhops = n;
}

void
fake_fib_down(struct fake_kernel *k, int family, int index, bool unregister)
{
	size_t i = k->nroutes;
	struct net_route *r;

	while (i-- > 0) {
		r = &k->routes[i];
		if (r->family != family || !set_dead(r, index, true))
			continue;
		if (unregister && family == AF_INET6)
			cut_hops(r, index);
		if (family == AF_INET6 && (unregister ||
		    count_dead(r) == r->nhops))
			tell(k, NULL, r, true);
		if (count_dead(r) == r->nhops ||
		    (unregister && family == AF_INET))
			cut(k, i);
	}
}

void
fake_fib_up(struct fake_kernel *k, int family, int index)
{
	const struct net_link *l = fake_link_at(k, index);
	size_t i;

	if (l == NULL || !l->up)
		return;
	for (i = 0; i < k->nroutes; i++)
		if (k->routes[i].family == family)
			(void)set_dead(&k->routes[i], index, false);
}

void
fake_fib_no_source(struct fake_kernel *k, const struct net_addr *addr)
{
	size_t i = k->nroutes, n;

	/* The same address may still stand elsewhere. */
	for (n = 0; n < k->naddrs; n++)
		if (net_addr_eq(&k->addrs[n].addr, addr))
			return;
	while (i-- > 0) {
		if (!net_addr_eq(&k->routes[i].prefsrc, addr))
			continue;
		if (addr->family == AF_INET6) {
			memset(&k->routes[i].prefsrc, 0,
			    sizeof(k->routes[i].prefsrc));
			continue;
		}
		fake_fib_cut(k, NULL, i);
	}
}

struct net_route
fake_fib_show(const struct fake_kernel *k, const struct net_route *r)
{
	struct net_route out = *r;
	const struct net_link *l;
	size_t i;

	for (i = 0; i < out.nhops; i++) {
		l = fake_link_at(k, out.hops[i].index);
		if (l == NULL || !l->up || !l->carrier)
			out.hops[i].dead = true;
	}
	return out;
}

/* ---- writing ---- */

/* A default without gateway makes every address a neighbour. */
static bool
all_is_onlink(const struct fake_kernel *k, int family, int index)
{
	const struct net_route *r;
	size_t i, n;

	for (i = 0; i < k->nroutes; i++) {
		r = &k->routes[i];
		if (r->family != family || r->table != FAKE_TABLE_MAIN ||
		    r->type != FAKE_TYPE_UNICAST ||
		    (family == AF_INET && r->scope < FAKE_SCOPE_LINK))
			continue;
		for (n = 0; n < r->nhops; n++)
			if (r->hops[n].via.family == 0 && !r->hops[n].dead &&
			    r->hops[n].index == index)
				return true;
	}
	return false;
}

/* Fills in the interface if it was left to the kernel. */
static int
check_gateway(const struct fake_kernel *k, int family, struct net_hop *hop)
{
	int index;

	if (hop->via.family != family)
		return -EINVAL;
	/* IPv6 cannot tell on which link fe80::1 is. */
	if (family == AF_INET6 && net_addr_linklocal(&hop->via))
		return hop->index == 0 ? -EINVAL : 0;
	index = fake_connected(k, &hop->via, hop->index);
	if (index == 0 && hop->index != 0 &&
	    all_is_onlink(k, family, hop->index))
		index = hop->index;
	if (index == 0)
		return family == AF_INET ? -ENETUNREACH : -EHOSTUNREACH;
	hop->index = index;
	return 0;
}

static int
check_hop(const struct fake_kernel *k, int family, struct net_hop *hop)
{
	const struct net_link *l = fake_link_at(k, hop->index);
	bool look = hop->via.family != 0 && !hop->onlink;
	int rc;

	if (hop->weight < 1 || hop->weight > 256 ||
	    (hop->index == 0 && !look))
		return -EINVAL;
	/* IPv4 looks for the gateway before it looks for the interface. */
	if (hop->index != 0 && l == NULL)
		return look && family == AF_INET ? -ENETUNREACH : -ENODEV;
	hop->dead = false;
	if (look && (rc = check_gateway(k, family, hop)) != 0)
		return rc;
	return fake_link_at(k, hop->index)->up ? 0 : -ENETDOWN;
}

static bool
has_twin(const struct net_route *r, size_t i)
{
	size_t n;

	for (n = 0; n < i; n++)
		if (r->hops[n].index == r->hops[i].index &&
		    net_addr_eq(&r->hops[n].via, &r->hops[i].via))
			return true;
	return false;
}

static bool
have_addr(const struct fake_kernel *k, const struct net_addr *addr)
{
	size_t i;

	for (i = 0; i < k->naddrs; i++)
		if (net_addr_eq(&k->addrs[i].addr, addr))
			return true;
	return false;
}

/* Brings *r into the kernel's form, or refuses it as the kernel would. */
static int
check_route(const struct fake_kernel *k, struct net_route *r)
{
	size_t i;
	int rc;

	if (r->opaque)
		return -EOPNOTSUPP;
	if ((r->family != AF_INET && r->family != AF_INET6) ||
	    r->table == 0 || r->nhops > NET_HOPS_MAX ||
	    r->extra_len > sizeof(r->extra) ||
	    (r->type == FAKE_TYPE_UNICAST) == (r->nhops == 0))
		return -EINVAL;
	if (r->family == AF_INET6 && r->metric == 0)
		r->metric = METRIC_V6;
	if (r->nhops == 1)
		r->hops[0].weight = 1;
	if (r->family == AF_INET && r->nhops == 1 &&
	    r->hops[0].via.family == 0 && r->scope == 0)
		r->scope = FAKE_SCOPE_LINK;
	for (i = 0; i < r->nhops; i++) {
		if ((rc = check_hop(k, r->family, &r->hops[i])) != 0)
			return rc;
		if (r->family == AF_INET6 && has_twin(r, i))
			return -EEXIST;
	}
	if (r->prefsrc.family != 0 && !have_addr(k, &r->prefsrc))
		return -EINVAL;
	return 0;
}

static bool
same_key(const struct net_route *a, const struct net_route *b)
{
	return a->family == b->family && a->table == b->table &&
	    a->metric == b->metric && a->tos == b->tos;
}

/* Those that IPv6 joins into one; what router advertisements make is not. */
static bool
can_join(const struct net_route *r)
{
	size_t i;

	for (i = 0; i < r->nhops; i++)
		if (r->hops[i].via.family == 0)
			return false;
	return r->nhops > 0 && r->type == FAKE_TYPE_UNICAST &&
	    r->protocol != PROTO_RA && r->protocol != PROTO_REDIRECT;
}

/*
 * The one that a replacement hits: IPv4 the first of its key; IPv6 the first
 * that is of the same sort, else the first.  NULL: there is none.
 */
static struct net_route *
first_of(const struct fake_kernel *k, const struct net_route *r)
{
	struct net_route *first = NULL;
	size_t i;

	for (i = 0; i < k->nroutes; i++) {
		if (!same_key(&k->routes[i], r))
			continue;
		if (r->family == AF_INET ||
		    can_join(&k->routes[i]) == can_join(r))
			return &k->routes[i];
		if (first == NULL)
			first = &k->routes[i];
	}
	return first;
}

static const struct net_route *
equal_to(const struct fake_kernel *k, const struct net_route *r)
{
	size_t i;

	for (i = 0; i < k->nroutes; i++)
		if (net_route_eq(&k->routes[i], r))
			return &k->routes[i];
	return NULL;
}

static bool
sorts_before(const struct net_route *a, const struct net_route *b)
{
	if (a->family != b->family)
		return a->family < b->family;
	if (a->table != b->table)
		return a->table < b->table;
	return a->metric < b->metric;
}

static void
insert(struct fake_kernel *k, const struct net_route *r)
{
	size_t i;

	k->routes = fake_grow(k->routes, k->nroutes, sizeof(*k->routes));
	for (i = k->nroutes; i > 0 && sorts_before(r, &k->routes[i - 1]); i--)
		k->routes[i] = k->routes[i - 1];
	k->routes[i] = *r;
	k->nroutes++;
}

/* IPv6: an appended route becomes more hops of the one that is there. */
static int
join(struct net_route *to, const struct net_route *r)
{
	struct net_route sum = *to;
	size_t i;

	if (to->nhops + r->nhops > NET_HOPS_MAX)
		return -EINVAL;
	for (i = 0; i < r->nhops; i++) {
		sum.hops[sum.nhops++] = r->hops[i];
		if (has_twin(&sum, sum.nhops - 1))
			return -EEXIST;
	}
	*to = sum;
	return 0;
}

static int
replace(struct net_route *old, const struct net_route *r,
    const struct net_route *equal)
{
	/* Nothing new; but one further down the list is not moved up. */
	if (equal != NULL && r->family == AF_INET)
		return equal == old ? 0 : -EEXIST;
	*old = *r;
	return 0;
}

static int
enter(struct fake_kernel *k, enum fake_how how, const struct net_route *r)
{
	struct net_route *first = first_of(k, r);
	const struct net_route *equal = equal_to(k, r);

	if (first == NULL) {
		insert(k, r);
		return 0;
	}
	if (how == FAKE_HOW_REPLACE)
		return replace(first, r, equal);
	if (how == FAKE_HOW_ADD || equal != NULL)
		return -EEXIST;
	if (r->family == AF_INET6 && can_join(r) && can_join(first))
		return join(first, r);
	insert(k, r);
	return 0;
}

int
fake_fib_write(struct fake_kernel *k, const struct sys *by, enum fake_how how,
    const struct net_route *given)
{
	struct net_route r = *given;
	int rc;

	rc = check_route(k, &r);
	if (rc == 0)
		rc = enter(k, how, &r);
	if (rc == 0)
		tell(k, by, &r, false);
	return rc;
}

/* IPv4 takes metric 0 for "any": the first that fits otherwise goes. */
int
fake_fib_del(struct fake_kernel *k, const struct sys *by,
    const struct net_route *given)
{
	struct net_route *r;
	uint32_t metric = given->metric;
	size_t i;

	if (given->table == 0)
		return -EINVAL;
	if (given->family == AF_INET6 && metric == 0)
		metric = METRIC_V6;
	for (i = 0; i < k->nroutes; i++) {
		r = &k->routes[i];
		if (r->family != given->family ||
		    r->table != given->table || r->tos != given->tos ||
		    (metric != 0 && r->metric != metric) ||
		    (given->type != 0 && r->type != given->type) ||
		    (given->protocol != 0 && r->protocol != given->protocol))
			continue;
		fake_fib_cut(k, by, i);
		return 0;
	}
	return -ESRCH;
}
