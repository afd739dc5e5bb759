/* SPDX-License-Identifier: ISC */
/*
 * sys_fake_link: links and addresses of the simulated kernel, and what their
 * coming and going does to routes.  Entered by the kernel's owner.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/must.h"
#include "lib/sys_fake_kernel.h"

struct net_link *
fake_link(const struct fake_kernel *k, const char *name)
{
	size_t i;

	for (i = 0; i < k->nlinks; i++)
		if (strcmp(k->links[i].name, name) == 0)
			return &k->links[i];
	return NULL;
}

struct net_link *
fake_link_at(const struct fake_kernel *k, int index)
{
	size_t i;

	for (i = 0; i < k->nlinks; i++)
		if (k->links[i].index == index)
			return &k->links[i];
	return NULL;
}

static void
tell_link(struct fake_kernel *k, const struct net_link *l, bool gone)
{
	struct sys_notice n = { .kind = SYS_NOTICE_LINK, .gone = gone,
	    .link = *l };

	n.link.carrier = l->up && l->carrier;
	fake_tell(k, NULL, &n);
}

static void
tell_addr(struct fake_kernel *k, const struct net_ifaddr *a, bool gone)
{
	struct sys_notice n = { .kind = SYS_NOTICE_ADDR, .gone = gone,
	    .family = a->addr.family, .link = { .index = a->index } };

	fake_tell(k, NULL, &n);
}

int
fake_link_add(struct sys *s, const char *name, int *index)
{
	struct fake_kernel *k = s->kernel;
	struct net_link *l;

	MUST(name[0] != '\0' && strlen(name) < NET_IFNAME_MAX);
	if (fake_link(k, name) != NULL)
		return -EEXIST;
	k->links = fake_grow(k->links, k->nlinks, sizeof(*k->links));
	l = &k->links[k->nlinks++];
	memset(l, 0, sizeof(*l));
	snprintf(l->name, sizeof(l->name), "%s", name);
	l->index = ++k->last_index;
	l->up = l->carrier = true;
	l->loopback = strcmp(name, "lo") == 0;
	l->ethernet = !l->loopback;
	if (l->ethernet) {
		l->lladdr[0] = 2;
		l->lladdr[NET_LLADDR - 1] = (uint8_t)l->index;
	}
	if (index != NULL)
		*index = l->index;
	tell_link(k, l, false);
	return 0;
}

static void
drop_addr(struct fake_kernel *k, size_t i)
{
	struct net_ifaddr a = k->addrs[i];
	bool last = a.addr.family == AF_INET;
	size_t n;

	k->naddrs--;
	memmove(&k->addrs[i], &k->addrs[i + 1],
	    (k->naddrs - i) * sizeof(*k->addrs));
	for (n = 0; n < k->naddrs && last; n++)
		last = k->addrs[n].index != a.index ||
		    k->addrs[n].addr.family != AF_INET;
	fake_fib_no_source(k, &a.addr);
	/* IPv6 does not mind. */
	if (last)
		fake_fib_down(k, AF_INET, a.index, false);
	tell_addr(k, &a, true);
}

static void
drop_addrs(struct fake_kernel *k, int index, int family)
{
	size_t i = k->naddrs;

	while (i-- > 0)
		if (k->addrs[i].index == index &&
		    (family == 0 || k->addrs[i].addr.family == family))
			drop_addr(k, i);
}

int
fake_link_del(struct sys *s, const char *name)
{
	struct fake_kernel *k = s->kernel;
	struct net_link *l = fake_link(k, name), old;

	if (l == NULL)
		return -ENODEV;
	old = *l;
	old.up = l->up = false;
	fake_fib_down(k, AF_INET, old.index, true);
	fake_fib_down(k, AF_INET6, old.index, true);
	drop_addrs(k, old.index, 0);
	k->nlinks--;
	memmove(l, l + 1, (size_t)(k->links + k->nlinks - l) * sizeof(*l));
	tell_link(k, &old, true);
	return 0;
}

int
fake_link_admin(struct sys *s, const char *name, bool up)
{
	struct fake_kernel *k = s->kernel;
	struct net_link *l = fake_link(k, name);

	if (l == NULL)
		return -ENODEV;
	if (l->up == up)
		return 0;
	l->up = up;
	if (up) {
		fake_fib_up(k, AF_INET, l->index);
		fake_fib_up(k, AF_INET6, l->index);
	} else {
		fake_fib_down(k, AF_INET, l->index, false);
		fake_fib_down(k, AF_INET6, l->index, false);
		/* keep_addr_on_down is 0 by default. */
		drop_addrs(k, l->index, AF_INET6);
	}
	tell_link(k, l, false);
	return 0;
}

int
fake_link_carrier(struct sys *s, const char *name, bool carrier)
{
	struct net_link *l = fake_link(s->kernel, name);

	if (l == NULL)
		return -ENODEV;
	if (l->carrier == carrier)
		return 0;
	/* Routes stay, and are used: their hops are shown as linkdown. */
	l->carrier = carrier;
	tell_link(s->kernel, l, false);
	return 0;
}

int
fake_link_rename(struct sys *s, const char *from, const char *to)
{
	struct net_link *l = fake_link(s->kernel, from);

	MUST(to[0] != '\0' && strlen(to) < NET_IFNAME_MAX);
	if (l == NULL)
		return -ENODEV;
	if (fake_link(s->kernel, to) != NULL)
		return -EEXIST;
	memset(l->name, 0, sizeof(l->name));
	snprintf(l->name, sizeof(l->name), "%s", to);
	tell_link(s->kernel, l, false);
	return 0;
}

int
fake_link_lladdr(struct sys *s, const char *name, const uint8_t *lladdr)
{
	struct net_link *l = fake_link(s->kernel, name);

	if (l == NULL)
		return -ENODEV;
	l->ethernet = lladdr != NULL;
	memset(l->lladdr, 0, sizeof(l->lladdr));
	if (lladdr != NULL)
		memcpy(l->lladdr, lladdr, sizeof(l->lladdr));
	tell_link(s->kernel, l, false);
	return 0;
}

int
fake_link_index(struct sys *s, const char *name)
{
	const struct net_link *l = fake_link(s->kernel, name);

	return l == NULL ? 0 : l->index;
}

#define PEER	" peer "

/* Read in their order: ours is first. */
static bool
swap_peer(struct net_ifaddr *a)
{
	struct net_addr own = a->peer;

	a->peer = a->addr;
	a->addr = own;
	if (own.family != a->peer.family)
		return false;
	if (net_addr_eq(&a->addr, &a->peer))
		memset(&a->peer, 0, sizeof(a->peer));
	return true;
}

/* "192.0.2.2/24", "192.0.2.2 peer 192.0.2.1/32" */
static int
parse_prefix(const char *text, struct net_ifaddr *a)
{
	char addr[NET_ADDR_TEXT];
	const char *slash, *peer = strstr(text, PEER);
	unsigned long len;
	char *end;

	memset(a, 0, sizeof(*a));
	if (peer != NULL) {
		if ((size_t)(peer - text) >= sizeof(addr))
			return -EINVAL;
		memcpy(addr, text, (size_t)(peer - text));
		addr[peer - text] = '\0';
		if (net_addr_parse(addr, &a->peer) != 0)
			return -EINVAL;
		text = peer + strlen(PEER);
	}
	slash = strchr(text, '/');
	if (slash == NULL || (size_t)(slash - text) >= sizeof(addr))
		return -EINVAL;
	memcpy(addr, text, (size_t)(slash - text));
	addr[slash - text] = '\0';
	len = strtoul(slash + 1, &end, 10);
	if (net_addr_parse(addr, &a->addr) != 0 || end == slash + 1 ||
	    *end != '\0' || len > (a->addr.family == AF_INET ? 32 : 128))
		return -EINVAL;
	if (peer != NULL && !swap_peer(a))
		return -EINVAL;
	a->prefixlen = (unsigned)len;
	a->global = !net_addr_linklocal(&a->addr);
	a->usable = true;
	return 0;
}

static struct net_ifaddr *
find_addr(const struct fake_kernel *k, const struct net_ifaddr *a)
{
	size_t i;

	for (i = 0; i < k->naddrs; i++)
		if (k->addrs[i].index == a->index &&
		    k->addrs[i].prefixlen == a->prefixlen &&
		    net_addr_eq(&k->addrs[i].addr, &a->addr))
			return &k->addrs[i];
	return NULL;
}

/* 0 with *a parsed and *found it, or NULL; -EINVAL, -ENODEV. */
static int
look_up(struct fake_kernel *k, const char *ifname, const char *addr,
    struct net_ifaddr *a, struct net_ifaddr **found)
{
	const struct net_link *l = fake_link(k, ifname);
	int rc;

	if ((rc = parse_prefix(addr, a)) != 0)
		return rc;
	if (l == NULL)
		return -ENODEV;
	a->index = l->index;
	*found = find_addr(k, a);
	return 0;
}

int
fake_addr_add(struct sys *s, const char *ifname, const char *addr)
{
	struct fake_kernel *k = s->kernel;
	struct net_ifaddr a, *old;
	int rc;

	if ((rc = look_up(k, ifname, addr, &a, &old)) != 0)
		return rc;
	if (old != NULL)
		return -EEXIST;
	k->addrs = fake_grow(k->addrs, k->naddrs, sizeof(*k->addrs));
	k->addrs[k->naddrs++] = a;
	if (a.addr.family == AF_INET)
		fake_fib_up(k, AF_INET, a.index);
	tell_addr(k, &a, false);
	return 0;
}

int
fake_addr_del(struct sys *s, const char *ifname, const char *addr)
{
	struct fake_kernel *k = s->kernel;
	struct net_ifaddr a, *old;
	int rc;

	if ((rc = look_up(k, ifname, addr, &a, &old)) != 0)
		return rc;
	if (old == NULL)
		return -EADDRNOTAVAIL;
	drop_addr(k, (size_t)(old - k->addrs));
	return 0;
}

int
fake_addr_usable(struct sys *s, const char *ifname, const char *addr,
    bool usable)
{
	struct net_ifaddr a, *old;
	int rc;

	if ((rc = look_up(s->kernel, ifname, addr, &a, &old)) != 0)
		return rc;
	if (old == NULL)
		return -EADDRNOTAVAIL;
	old->usable = usable;
	tell_addr(s->kernel, old, false);
	return 0;
}

int
fake_connected(const struct fake_kernel *k, const struct net_addr *addr,
    int index)
{
	const struct net_ifaddr *a, *best = NULL;
	const struct net_link *l;
	size_t i;

	for (i = 0; i < k->naddrs; i++) {
		a = &k->addrs[i];
		l = fake_link_at(k, a->index);
		if (l != NULL && l->up && net_ifaddr_covers(a, addr) &&
		    (index == 0 || a->index == index) &&
		    (best == NULL || a->prefixlen > best->prefixlen))
			best = a;
	}
	return best == NULL ? 0 : best->index;
}
