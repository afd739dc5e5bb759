/* SPDX-License-Identifier: ISC */
/*
 * doctor: see doctor.h.  Each check says what is so and what to do about it.
 */
#include "tools/doctor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/sys.h"

/* Numbers of rtnetlink(7), as lib/net.h keeps them. */
#define MAIN	254u	/* RT_TABLE_MAIN */
#define LOCAL	255u	/* RT_TABLE_LOCAL */
#define OWN_RULES	9u	/* priorities from routing.priority on */

struct visit {
	const struct doctor_facts *f;
	doctor_say_fn	*say;
	void		*arg;
	int		worst;
};

const struct doctor_manager doctor_managers[] = {
	{ "systemd-networkd", "it removes rules and routes that it does not "
	  "know when it starts; set ManageForeignRoutingPolicyRules=no and "
	  "ManageForeignRoutes=no in networkd.conf(5)" },
	{ "NetworkManager", "it sets default routes with metrics of its own; "
	  "`gateway: auto` follows them" },
	{ "dhcpcd", "it sets default routes at each lease; `gateway: auto` "
	  "follows them" },
	{ "dhclient", "it sets default routes at each lease; `gateway: auto` "
	  "follows them" },
	{ "zebra", "routes that it learns may outrank those of main; the "
	  "override outranks them all" },
	{ "bird", "routes that it learns may outrank those of main; the "
	  "override outranks them all" },
	{ "keepalived", "its virtual_routes and virtual_rules may change "
	  "defaults when a role changes" },
	{ "ifstated", "let it inform (uplinkctl notify), not change routes "
	  "as well" },
	{ "mwan3track", "mwan3 steers by marks and rules of its own; two that "
	  "decide will fight" },
	{ NULL, NULL }
};

_Static_assert(sizeof(doctor_managers) / sizeof(doctor_managers[0]) ==
    DOCTOR_MANAGERS + 1, "one fact for each");

__attribute__((format(printf, 4, 5)))
static void
say(struct visit *v, enum doctor_grade grade, const char *about,
    const char *fmt, ...)
{
	char text[DOCTOR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	v->say(v->arg, grade, about, text);
	if ((int)grade > v->worst)
		v->worst = (int)grade;
}

static const struct net_link *
link_of(const struct visit *v, size_t uplink)
{
	return view_link_named(v->f->view,
	    v->f->conf->uplinks[uplink].ifname);
}

static void
check_line(struct visit *v, size_t n)
{
	const struct conf_uplink *up = &v->f->conf->uplinks[n];
	const struct net_link *link = link_of(v, n);
	struct want_saved saved = { .present = { false } };
	bool gateway = false, own = false;
	struct want_now now;
	size_t fam;

	if (link == NULL) {
		say(v, DOCTOR_FAULT, up->name, "there is no interface %s",
		    up->ifname);
		return;
	}
	if (!link->up)
		say(v, DOCTOR_FAULT, up->name, "%s is set down: ip link set "
		    "%s up", up->ifname, up->ifname);
	else if (!link->carrier)
		say(v, DOCTOR_WARNING, up->name, "%s has no carrier",
		    up->ifname);
	for (fam = 0; fam < NET_NFAM; fam++) {
		if (want_now_of(v->f->conf, v->f->view, &saved, n,
		    (enum net_fam)fam, &now))
			gateway = true;
		if (now.own.family != 0)
			own = true;
	}
	if (!own)
		say(v, DOCTOR_WARNING, up->name, "%s has no address",
		    up->ifname);
	if (!gateway)
		say(v, DOCTOR_WARNING, up->name, "no gateway is known: no "
		    "default route leaves by %s", up->ifname);
}

static void
check_lines(struct visit *v)
{
	size_t i;

	for (i = 0; i < v->f->conf->nuplinks; i++)
		check_line(v, i);
	if (v->f->conf->nuplinks == 1)
		say(v, DOCTOR_NOTE, "uplinks", "there is one line only: it "
		    "is watched, but nothing can take its place");
}

/* For sysctl(8) the dot of a VLAN's name is a slash. */
static const char *
in_setting(const char *ifname, char name[NET_IFNAME_MAX])
{
	char *p;

	snprintf(name, NET_IFNAME_MAX, "%s", ifname);
	for (p = name; *p != '\0'; p++)
		if (*p == '.')
			*p = '/';
	return name;
}

static void
check_proof(struct visit *v)
{
	const struct conf_uplink *up;
	char name[NET_IFNAME_MAX];
	size_t i, t, far;

	for (i = 0; i < v->f->conf->nuplinks; i++) {
		up = &v->f->conf->uplinks[i];
		for (t = far = 0; t < up->probe.ntargets; t++)
			far += !up->probe.targets[t].gateway;
		if (far == 0)
			say(v, DOCTOR_WARNING, up->name, "only the gateway "
			    "is watched: an outage behind it is not seen; "
			    "add two far hosts");
		else if (far == 1)
			say(v, DOCTOR_NOTE, up->name, "one far host only: if "
			    "it dies, or answers too seldom, the line's fate "
			    "hangs on the others' word");
		if (v->f->deaf[i] >= 0)
			say(v, DOCTOR_FAULT, up->name, "rp_filter drops the "
			    "answers of \"%s\": sysctl net.ipv4.conf.%s."
			    "rp_filter=2 (loose)", up->probe.targets[
			    v->f->deaf[i]].label,
			    in_setting(up->ifname, name));
	}
}

static void
check_rule(struct visit *v, const struct net_rule *r)
{
	const struct conf_routing *own = &v->f->conf->routing;
	uint32_t at = (uint32_t)own->priority;

	if (r->protocol == SYS_PROTO_OURS || r->table == LOCAL)
		return;
	if (r->mask != 0 && (r->mask & (uint32_t)own->mark_mask) != 0)
		say(v, DOCTOR_WARNING, "rules", "rule %u looks at mark "
		    "0x%x/0x%x, which has bits of routing.mark_mask 0x%"
		    PRIx64, r->priority, r->mark, r->mask,
		    (uint64_t)own->mark_mask);
	if (r->priority >= at && r->priority < at + OWN_RULES)
		say(v, DOCTOR_WARNING, "rules", "somebody's rule %u stands "
		    "among ours (%u to %u): set routing.priority to a place "
		    "that is free", r->priority, at, at + OWN_RULES - 1);
	else if (r->priority < at && r->table != MAIN)
		say(v, DOCTOR_NOTE, "rules", "rule %u, to table %u, comes "
		    "before ours: what it matches does not follow uplinkd",
		    r->priority, r->table);
	else if (r->priority < at && r->suppress_prefixlen < 0)
		say(v, DOCTOR_WARNING, "rules", "rule %u looks up main before "
		    "ours: what it matches is not overridden", r->priority);
}

static void
check_rules(struct visit *v)
{
	size_t fam, i;

	if (v->f->conf->routing.method == CONF_METHOD_NONE)
		return;
	for (fam = 0; fam < NET_NFAM; fam++)
		for (i = 0; i < v->f->view->nrules[fam]; i++)
			check_rule(v, &v->f->view->rules[fam][i]);
}

static void
check_route(struct visit *v, const struct net_route *r)
{
	const struct conf *conf = v->f->conf;
	uint32_t first = (uint32_t)conf->routing.table;

	if (r->protocol == SYS_PROTO_OURS)
		return;
	if (r->table >= first && r->table <= first + conf->nuplinks)
		say(v, DOCTOR_WARNING, "routes", "somebody has a default in "
		    "table %u, which is one of ours (%u to %u): set "
		    "routing.table", r->table, first,
		    first + (unsigned)conf->nuplinks);
	if (r->table == MAIN && r->opaque &&
	    conf->routing.method == CONF_WITHDRAW)
		say(v, DOCTOR_WARNING, "routes", "the default of metric %u "
		    "has what cannot be written back: `withdraw` leaves it "
		    "alone; use `override`", r->metric);
}

static void
check_routes(struct visit *v)
{
	const struct kernel_view *view = v->f->view;
	size_t fam, i, n = 0;

	for (fam = 0; fam < NET_NFAM; fam++)
		for (i = 0; i < view->nroutes[fam]; i++) {
			check_route(v, &view->routes[fam][i]);
			n += view->routes[fam][i].table == MAIN;
		}
	if (n == 0 && v->f->conf->routing.method == CONF_OVERRIDE)
		say(v, DOCTOR_NOTE, "routes", "main has no default: uplinkd "
		    "makes one of the lines that work");
}

static void
check_managers(struct visit *v)
{
	size_t i;

	for (i = 0; i < DOCTOR_MANAGERS; i++)
		if (v->f->running[i])
			say(v, i == 0 ? DOCTOR_WARNING : DOCTOR_NOTE,
			    doctor_managers[i].name, "is running: %s",
			    doctor_managers[i].advice);
}

static void
check_settings(struct visit *v)
{
	static const char *const name[NET_NFAM] = { "net.ipv4", "net.ipv6" };
	static const char *const switch_[NET_NFAM] = {
		"net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"
	};
	size_t fam;

	for (fam = 0; fam < NET_NFAM; fam++) {
		if (v->f->forward[fam] == 0)
			say(v, DOCTOR_NOTE, "kernel", "%s is 0: this machine "
			    "forwards nothing of that family",
			    switch_[fam]);
		if (v->f->hash[fam] == 0 && v->f->conf->nuplinks > 1)
			say(v, DOCTOR_NOTE, "kernel", "%s."
			    "fib_multipath_hash_policy is 0: all connections "
			    "between two hosts go by one line; 1 balances "
			    "connections", name[fam]);
	}
}

static bool
wants_flows(const struct conf *conf)
{
	size_t i;

	for (i = 0; i < conf->nuplinks; i++)
		if (conf->uplinks[i].flows.down.policy != OPTION_FLOWS_KEEP ||
		    conf->uplinks[i].flows.up.policy != OPTION_FLOWS_KEEP ||
		    conf->uplinks[i].flows.idle.policy != OPTION_FLOWS_KEEP)
			return true;
	return false;
}

static void
check_tracking(struct visit *v)
{
	if (v->f->tracking == DOCTOR_UNKNOWN && wants_flows(v->f->conf))
		say(v, DOCTOR_FAULT, "flows", "the kernel tracks no "
		    "connections (nf_conntrack is not loaded), so none can be "
		    "ended");
}

/*
 * Strict: what comes in has to come by the line that carries just then, unless
 * its connection's mark may say otherwise.
 */
static void
check_strict(struct visit *v)
{
	const struct conf_uplink *up;
	char name[NET_IFNAME_MAX];
	size_t i;

	for (i = 0; v->f->conf->routing.symmetric &&
	    i < v->f->conf->nuplinks; i++) {
		up = &v->f->conf->uplinks[i];
		if (up->gateway[NET_V4].family == 0 ||
		    v->f->rp_filter[i] != 1 || v->f->src_valid_mark[i] > 0)
			continue;
		(void)in_setting(up->ifname, name);
		say(v, DOCTOR_WARNING, up->name, "rp_filter is 1 (strict): "
		    "routing.symmetric has nothing to answer while this line "
		    "does not carry, for what comes in is dropped: sysctl "
		    "net.ipv4.conf.%s.rp_filter=2 (loose), or net.ipv4.conf."
		    "%s.src_valid_mark=1", name, name);
	}
}

static bool
is_of_line(const struct visit *v, const struct net_addr *a, size_t n)
{
	const struct net_link *link = link_of(v, n);
	size_t i;

	for (i = 0; link != NULL && i < v->f->view->naddrs; i++)
		if (v->f->view->addrs[i].index == link->index &&
		    net_ifaddr_covers(&v->f->view->addrs[i], a))
			return true;
	return false;
}

/* All of them within one line's network: names end with that line. */
static void
check_names(struct visit *v)
{
	size_t i, n, of;

	for (n = 0; v->f->nservers > 0 && n < v->f->conf->nuplinks; n++) {
		for (i = of = 0; i < v->f->nservers; i++)
			of += is_of_line(v, &v->f->servers[i], n);
		if (of == v->f->nservers)
			say(v, DOCTOR_WARNING, v->f->conf->uplinks[n].name,
			    "every name server of resolv.conf(5) is reached "
			    "by this line alone: when it dies, this machine "
			    "has no names");
	}
}

static void
check_account(struct visit *v)
{
	if (!v->f->has_user)
		say(v, DOCTOR_WARNING, "account", "there is no user %s: the "
		    "processes stay root, though without its power; useradd "
		    "--system --shell /usr/sbin/nologin %s",
		    v->f->conf->user, v->f->conf->user);
}

int
doctor_look(const struct doctor_facts *f, doctor_say_fn *fn, void *arg)
{
	static void (*const checks[])(struct visit *) = {
		check_lines, check_proof, check_routes, check_rules,
		check_managers, check_settings, check_tracking, check_strict,
		check_names, check_account,
	};
	struct visit v = { .f = f, .say = fn, .arg = arg };
	size_t i;

	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		checks[i](&v);
	return v.worst;
}

const char *
doctor_grade_name(enum doctor_grade grade)
{
	static const char *const names[] = {
		[DOCTOR_NOTE] = "note",
		[DOCTOR_WARNING] = "warning",
		[DOCTOR_FAULT] = "fault",
	};

	return names[grade];
}
