/* SPDX-License-Identifier: ISC */
/*
 * kernel: the hardware's and the administrator's hand on the simulated
 * kernel, and a traveller's questions to it.
 */
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/must.h"
#include "lib/sys_fake.h"
#include "tests/sim/sim.h"

#define PROTO_RA	9

static const int families[NET_NFAM] = { AF_INET, AF_INET6 };

/* From now on the kernel may be wrong until it has been compared again. */
static void
disturb(struct sim *s)
{
	s->troubled_until_ns = s->now_ns + s->conf->routing.resync_ns +
	    50 * NS_PER_MS;
}

static void
remember_main(struct sim *s)
{
	size_t fam;

	for (fam = 0; fam < NET_NFAM; fam++)
		kernel_main_text(s, (enum net_fam)fam, s->main_set[fam],
		    sizeof(s->main_set[fam]));
}

/* What the kernel itself did to main is nobody's fault. */
static void
disturb_link(struct sim *s)
{
	disturb(s);
	if (s->conf->routing.method == CONF_OVERRIDE)
		remember_main(s);
}

/* "192.0.2.2/24" beside gateway 192.0.2.1; IPv6 likewise with /64. */
static void
own_address(const struct net_addr *gateway, char *buf, size_t len)
{
	struct net_addr own = *gateway;
	char text[NET_ADDR_TEXT];
	size_t last = gateway->family == families[NET_V4] ? 3 : 15;

	own.bytes[last] = gateway->bytes[last] == 2 ? 3 : 2;
	snprintf(buf, len, "%s/%d", net_addr_text(&own, text),
	    last == 3 ? 24 : 64);
}

/* As the system's scripts do when an interface comes. */
static void
give_addresses(struct sim *s, const char *ifname)
{
	const struct net_addr *gateway;
	char text[64];
	size_t n, fam;

	for (n = 0; n < s->conf->nuplinks; n++) {
		if (strcmp(s->conf->uplinks[n].ifname, ifname) != 0)
			continue;
		for (fam = 0; fam < NET_NFAM; fam++) {
			gateway = &s->gateway[n][fam];
			if (gateway->family == 0)
				continue;
			own_address(gateway, text, sizeof(text));
			(void)fake_addr_add(s->hand, ifname, text);
			if (!net_addr_linklocal(gateway))
				continue;
			snprintf(text, sizeof(text), "2001:db8:%zx::2/64",
			    0xff00 + n);
			(void)fake_addr_add(s->hand, ifname, text);
		}
	}
}

static void
first_default(struct sim *s, enum net_fam fam)
{
	struct net_route r = fake_route(families[fam], FAKE_TABLE_MAIN,
	    fam == NET_V6 ? 1024 : 0);
	const struct conf_uplink *u = s->conf->uplinks;
	char via[NET_ADDR_TEXT];
	int64_t tier = INT64_MAX;
	size_t n;

	for (n = 0; n < s->conf->nuplinks; n++)
		if (s->gateway[n][fam].family != 0 && u[n].tier < tier)
			tier = u[n].tier;
	for (n = 0; n < s->conf->nuplinks; n++)
		if (s->gateway[n][fam].family != 0 && u[n].tier == tier)
			fake_hop(&r, net_addr_text(&s->gateway[n][fam], via),
			    fake_link_index(s->hand, u[n].ifname),
			    (unsigned)u[n].weight);
	if (r.nhops == 0)
		return;
	if (r.nhops == 1)
		r.hops[0].weight = 1;
	MUST(fake_route_replace(s->hand, &r) == 0);
	s->had_default[fam] = true;
}

/* `auto` begins with IPv4 alone. */
static void
first_gateways(struct sim *s)
{
	char text[NET_ADDR_TEXT];
	size_t n, fam;

	for (n = 0; n < s->conf->nuplinks; n++)
		for (fam = 0; fam < NET_NFAM; fam++)
			s->gateway[n][fam] = s->conf->uplinks[n].gateway[fam];
	for (n = 0; n < s->conf->nuplinks; n++) {
		if (s->gateway[n][NET_V6].family == NET_AUTO)
			s->gateway[n][NET_V6].family = 0;
		if (s->gateway[n][NET_V4].family != NET_AUTO)
			continue;
		snprintf(text, sizeof(text), "192.0.%zu.1", n + 1);
		MUST(net_addr_parse(text, &s->gateway[n][NET_V4]) == 0);
	}
}

int
kernel_new(struct sim *s)
{
	size_t n;
	int fd, rc;

	first_gateways(s);
	fake_use(NULL);
	if ((rc = sys_open(&s->hand)) != 0)
		return rc;
	fake_use(s->hand);
	for (n = 0; n < s->conf->nuplinks; n++) {
		rc = fake_link_add(s->hand, s->conf->uplinks[n].ifname, NULL);
		if (rc == 0)
			give_addresses(s, s->conf->uplinks[n].ifname);
		else if (rc != -EEXIST)
			return rc;
	}
	first_default(s, NET_V4);
	first_default(s, NET_V6);
	remember_main(s);
	if ((rc = sys_open(&s->eyes)) != 0)
		return rc;
	return sys_watch(s->eyes, SYS_WATCH_LINKS, &fd);
}

void
kernel_free(struct sim *s)
{
	fake_use(NULL);
	sys_close(&s->eyes);
	sys_close(&s->hand);
}

int
kernel_link(struct sim *s, const char *ifname, const char *what)
{
	int rc = -EINVAL;

	if (strcmp(what, "carrier") == 0)
		rc = fake_link_carrier(s->hand, ifname, true);
	else if (strcmp(what, "no-carrier") == 0)
		rc = fake_link_carrier(s->hand, ifname, false);
	else if (strcmp(what, "up") == 0)
		rc = fake_link_admin(s->hand, ifname, true);
	else if (strcmp(what, "down") == 0)
		rc = fake_link_admin(s->hand, ifname, false);
	else if (strcmp(what, "remove") == 0)
		rc = fake_link_del(s->hand, ifname);
	else if (strcmp(what, "create") == 0)
		rc = fake_link_add(s->hand, ifname, NULL);
	if (rc == 0 && (strcmp(what, "up") == 0 ||
	    strcmp(what, "create") == 0))
		give_addresses(s, ifname);
	disturb_link(s);
	return rc;
}

int
kernel_addr(struct sim *s, const char *ifname, const char *addr, bool add)
{
	int rc = add ? fake_addr_add(s->hand, ifname, addr) :
	    fake_addr_del(s->hand, ifname, addr);

	disturb_link(s);
	return rc;
}

int
kernel_gateway(struct sim *s, size_t uplink, enum net_fam fam,
    const char *text)
{
	struct net_addr a = { 0 };

	if (strcmp(text, "none") != 0 &&
	    (net_addr_parse(text, &a) != 0 || net_fam(a.family) != fam))
		return -EINVAL;
	s->gateway[uplink][fam] = a;
	return 0;
}

static int
add_hop(struct sim *s, struct net_route *r, char *word, size_t count)
{
	enum net_fam fam = net_fam(r->family);
	char via[NET_ADDR_TEXT], *star = strchr(word, '*');
	long weight = 1;
	size_t n;
	int index;

	if (star != NULL) {
		*star = '\0';
		if (!parse_number(star + 1, 1, 256, &weight))
			return -EINVAL;
	}
	index = fake_link_index(s->hand, word);
	if (index == 0)
		return -ENODEV;
	for (n = 0; n < s->conf->nuplinks; n++)
		if (strcmp(s->conf->uplinks[n].ifname, word) == 0)
			break;
	if (n < s->conf->nuplinks)
		net_addr_text(&s->gateway[n][fam], via);
	else
		snprintf(via, sizeof(via), fam == NET_V6 ?
		    "2001:db8:99::1" : "198.18.99.1");
	fake_hop(r, strcmp(via, "-") == 0 ? NULL : via, index,
	    count == 1 ? 1 : (unsigned)weight);
	return 0;
}

static int
add_hops(struct sim *s, struct net_route *r, char *text)
{
	size_t count = 1, i;
	char *save, *word;
	int rc = 0;

	for (i = 0; text[i] != '\0'; i++)
		count += text[i] == '+';
	for (word = strtok_r(text, "+", &save); word != NULL && rc == 0;
	    word = strtok_r(NULL, "+", &save))
		rc = add_hop(s, r, word, count);
	return rc;
}

static int
delete_default(struct sim *s, const struct net_route *key)
{
	struct net_route *list;
	size_t n, i;
	int rc = -ESRCH;

	MUST(sys_routes(s->hand, key->family, FAKE_TABLE_MAIN, &list, &n) ==
	    0);
	for (i = 0; i < n && rc == -ESRCH; i++)
		if (list[i].metric == key->metric)
			rc = fake_route_del(s->hand, &list[i]);
	free(list);
	return rc;
}

/* FAM via HOPS | FAM none, then metric N, proto N */
int
kernel_default(struct sim *s, char words[][SIM_WORD_MAX], size_t n)
{
	bool six = strcmp(words[0], "ipv6") == 0;
	struct net_route r = fake_route(families[six], FAKE_TABLE_MAIN,
	    six ? 1024 : 0);
	bool none = strcmp(words[1], "none") == 0;
	size_t i = none ? 2 : 3;
	long value;
	int rc;

	if ((!none && strcmp(words[1], "via") != 0) || n < i)
		return -EINVAL;
	for (; i + 1 < n; i += 2) {
		if (!parse_number(words[i + 1], 0, INT32_MAX, &value))
			return -EINVAL;
		if (strcmp(words[i], "metric") == 0)
			r.metric = (uint32_t)value;
		else if (strcmp(words[i], "proto") == 0)
			r.protocol = (uint8_t)value;
		else
			return -EINVAL;
	}
	if (none)
		rc = delete_default(s, &r);
	else if ((rc = add_hops(s, &r, words[2])) == 0)
		/* What routers advertise stands side by side. */
		rc = r.protocol == PROTO_RA ? fake_route_append(s->hand, &r) :
		    fake_route_replace(s->hand, &r);
	s->had_default[net_fam(r.family)] = !none;
	remember_main(s);
	disturb(s);
	return rc;
}

int
kernel_rule(struct sim *s, char words[][SIM_WORD_MAX], size_t n)
{
	struct net_rule r;
	long priority, table;

	if (n != 3 || !parse_number(words[1], 1, INT32_MAX, &priority) ||
	    !parse_number(words[2], 1, INT32_MAX, &table))
		return -EINVAL;
	r = fake_rule(families[NET_V4], (uint32_t)priority, (uint32_t)table);
	disturb(s);
	return strcmp(words[0], "add") == 0 ? fake_rule_add(s->hand, &r) :
	    fake_rule_del(s->hand, &r);
}

void
kernel_flush_ours(struct sim *s)
{
	size_t fam;

	for (fam = 0; fam < NET_NFAM; fam++) {
		(void)fake_route_flush(s->hand, families[fam], 0,
		    SYS_PROTO_OURS);
		(void)fake_rule_flush(s->hand, families[fam],
		    SYS_PROTO_OURS);
	}
	disturb(s);
}

/* IPv4 does so with its links, and no notice comes. */
void
kernel_drop_default(struct sim *s, enum net_fam fam)
{
	struct sys_notice note;

	(void)fake_route_flush(s->hand, families[fam], FAKE_TABLE_MAIN, 0);
	while (s->keeper.sys != NULL &&
	    sys_watch_next(s->keeper.sys, &note) == 1)
		;
	if (s->conf->routing.method == CONF_OVERRIDE)
		remember_main(s);
	disturb(s);
}

void
kernel_overrun(struct sim *s)
{
	fake_overrun(s->hand);
	disturb(s);
}

int
kernel_fail(struct sim *s, const char *op, unsigned nth, int err)
{
	static const struct { const char *name; enum fake_op op; } ops[] = {
		{ "route", FAKE_ROUTE_SET }, { "rule", FAKE_RULE_ADD },
		{ "removal", FAKE_ROUTE_DEL }, { "reading", FAKE_ROUTES },
	};
	size_t i;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (strcmp(ops[i].name, op) == 0) {
			s->fail_op = (int)ops[i].op;
			s->fail_nth = nth;
			s->fail_err = err;
			disturb(s);
			return 0;
		}
	return -EINVAL;
}

/* Only the router meets with it, not what the simulator itself reads. */
void
kernel_fail_begin(struct sim *s)
{
	if (s->fail_err == 0)
		return;
	fake_fail_nth(s->hand, (enum fake_op)s->fail_op, s->fail_nth,
	    s->fail_err);
	s->fail_calls = fake_calls(s->hand, (enum fake_op)s->fail_op);
}

void
kernel_fail_end(struct sim *s)
{
	size_t calls;

	if (s->fail_err == 0)
		return;
	calls = fake_calls(s->hand, (enum fake_op)s->fail_op) -
	    s->fail_calls;
	fake_fail_nth(s->hand, (enum fake_op)s->fail_op, 1, 0);
	if (calls >= s->fail_nth) {
		s->fail_err = 0;
		disturb(s);
	} else {
		s->fail_nth -= (unsigned)calls;
	}
}

void
kernel_route(struct sim *s, enum net_fam fam, char *buf, size_t len)
{
	struct fake_packet p = { .family = families[fam] };

	fake_lookup_text(s->hand, &p, buf, len);
}

bool
kernel_client(struct sim *s, const char *from, const char *service,
    const char *port, char *buf, size_t len)
{
	struct fake_packet p = { 0 };
	long n = 0;

	if (net_addr_parse(from, &p.from) != 0 || (service != NULL &&
	    !parse_number(port, 1, UINT16_MAX, &n)))
		return false;
	p.family = p.from.family;
	p.dport = (uint16_t)n;
	if (service != NULL)
		p.ipproto = strcmp(service, "tcp") == 0 ? 6 : 17;
	fake_lookup_text(s->hand, &p, buf, len);
	return true;
}

bool
kernel_text_has(const char *text, const char *ifname)
{
	size_t len = strlen(ifname);
	const char *at;

	for (at = text; at != NULL; at = strchr(at, '+')) {
		at += *at == '+';
		if (strncmp(at, ifname, len) == 0 &&
		    (at[len] == '+' || at[len] == '\0'))
			return true;
	}
	return false;
}

bool
kernel_carrier(struct sim *s, const char *ifname)
{
	struct net_link *links;
	bool carrier = false;
	size_t n, i;

	MUST(sys_links(s->hand, &links, &n) == 0);
	for (i = 0; i < n; i++)
		if (strcmp(links[i].name, ifname) == 0)
			carrier = links[i].up && links[i].carrier;
	free(links);
	return carrier;
}

bool
kernel_bound(struct sim *s, const struct conf_uplink *u, enum net_fam fam)
{
	struct fake_packet p = { .family = families[fam], .oif = u->ifname };
	const struct net_addr *gateway =
	    &s->gateway[u - s->conf->uplinks][fam];
	struct fake_way way;

	return u->gateway[fam].family != 0 &&
	    fake_lookup(s->hand, &p, &way) == 0 && way.nhops == 1 &&
	    way.hops[0].index == fake_link_index(s->hand, u->ifname) &&
	    net_addr_eq(&way.hops[0].via, gateway);
}

static int
by_metric(const void *a, const void *b)
{
	const struct net_route *x = a, *y = b;

	return (x->metric > y->metric) - (x->metric < y->metric);
}

static const char *
link_name(struct sim *s, int index, char buf[NET_IFNAME_MAX])
{
	struct net_link *links;
	size_t n, i;

	snprintf(buf, NET_IFNAME_MAX, "#%d", index);
	MUST(sys_links(s->hand, &links, &n) == 0);
	for (i = 0; i < n; i++)
		if (links[i].index == index)
			memcpy(buf, links[i].name, NET_IFNAME_MAX);
	free(links);
	return buf;
}

void
kernel_main_text(struct sim *s, enum net_fam fam, char *buf, size_t len)
{
	char name[NET_IFNAME_MAX];
	struct net_route *list;
	const struct net_hop *hop;
	size_t n, i, h, at = 0;

	buf[0] = '\0';
	MUST(sys_routes(s->hand, families[fam], FAKE_TABLE_MAIN, &list, &n) ==
	    0);
	if (n > 0)
		qsort(list, n, sizeof(*list), by_metric);
	for (i = 0; i < n && at < len; i++) {
		at += (size_t)snprintf(buf + at, len - at, "%smetric %u",
		    i > 0 ? " " : "", list[i].metric);
		for (h = 0; h < list[i].nhops && at < len; h++) {
			hop = &list[i].hops[h];
			at += (size_t)snprintf(buf + at, len - at,
			    hop->weight > 1 ? " via %s*%u" : " via %s",
			    link_name(s, hop->index, name), hop->weight);
		}
	}
	free(list);
}

bool
kernel_main_untouched(struct sim *s)
{
	char now[SIM_LINE_MAX];
	size_t fam;

	for (fam = 0; fam < NET_NFAM; fam++) {
		kernel_main_text(s, (enum net_fam)fam, now, sizeof(now));
		if (strcmp(now, s->main_set[fam]) != 0)
			return false;
	}
	return true;
}
