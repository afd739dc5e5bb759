/* SPDX-License-Identifier: ISC */
/*
 * init: see init.h.
 */
#include "tools/init.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sys.h"

/* Numbers of rtnetlink(7), as lib/net.h keeps them. */
#define MAIN	254u	/* RT_TABLE_MAIN */
#define UNICAST	1	/* RTN_UNICAST */
#define BOOT	3	/* RTPROT_BOOT: by hand, without a protocol */
#define STATIC	4	/* RTPROT_STATIC */

static struct init_line *
line_of(struct init_line *lines, size_t *n, size_t max,
    const struct net_link *link)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (lines[i].index == link->index)
			return &lines[i];
	if (*n == max)
		return NULL;
	memset(&lines[*n], 0, sizeof(lines[*n]));
	snprintf(lines[*n].name, sizeof(lines[*n].name), "%s", link->name);
	lines[*n].index = link->index;
	return &lines[(*n)++];
}

/* One that PPP or a script has set has no gateway, and so nothing to write. */
static bool
is_learned(const struct net_route *r, const struct net_hop *hop)
{
	return hop->via.family == 0 ||
	    (r->protocol != STATIC && r->protocol != BOOT);
}

static void
take_hop(struct init_line *line, enum net_fam fam, const struct net_route *r,
    const struct net_hop *hop)
{
	/* The better of two. */
	if (line->there[fam] && line->metric <= r->metric)
		return;
	if (fam == NET_V4 || !line->there[NET_V4]) {
		line->metric = r->metric;
		line->weight = hop->weight;
	}
	line->there[fam] = true;
	line->learned[fam] = is_learned(r, hop);
	line->gateway[fam] = hop->via;
}

static void
take_route(const struct kernel_view *view, enum net_fam fam,
    const struct net_route *r, struct init_line *lines, size_t *n, size_t max)
{
	const struct net_link *link;
	struct init_line *line;
	size_t i;

	if (r->table != MAIN || r->type != UNICAST || r->tos != 0 ||
	    r->protocol == SYS_PROTO_OURS)
		return;
	for (i = 0; i < r->nhops; i++) {
		link = view_link(view, r->hops[i].index);
		if (link == NULL || link->loopback || !net_ifname_ok(link->name))
			continue;
		line = line_of(lines, n, max, link);
		if (line != NULL)
			take_hop(line, fam, r, &r->hops[i]);
	}
}

static int
by_metric(const void *a, const void *b)
{
	const struct init_line *x = a, *y = b;

	if (x->metric != y->metric)
		return x->metric < y->metric ? -1 : 1;
	return strcmp(x->name, y->name);
}

/*
 * Routes of one metric share the traffic; one of a worse metric waits.  What a
 * family alone has is not compared with what the other one has.
 */
static void
set_tiers(struct init_line *lines, size_t n)
{
	size_t i, prev = n;

	for (i = 0; i < n; i++) {
		lines[i].tier = 1;
		if (!lines[i].there[NET_V4])
			continue;
		if (prev < n)
			lines[i].tier = lines[prev].tier +
			    (lines[i].metric != lines[prev].metric);
		prev = i;
	}
}

size_t
init_find(const struct kernel_view *view, struct init_line *lines, size_t max)
{
	size_t n = 0, fam, i;

	for (fam = 0; fam < NET_NFAM; fam++)
		for (i = 0; i < view->nroutes[fam]; i++)
			take_route(view, (enum net_fam)fam,
			    &view->routes[fam][i], lines, &n, max);
	qsort(lines, n, sizeof(*lines), by_metric);
	set_tiers(lines, n);
	return n;
}

/* One word for both families where both follow the kernel. */
static void
print_gateway(const struct init_line *line, FILE *f)
{
	const char *between = "";
	char text[NET_ADDR_TEXT];
	size_t fam;

	fprintf(f, "    gateway: ");
	for (fam = 0; fam < NET_NFAM; fam++)
		if (line->there[fam] && line->learned[fam]) {
			fprintf(f, "auto               "
			    "# as DHCP, PPP or the router tell\n");
			return;
		}
	fprintf(f, "[");
	for (fam = 0; fam < NET_NFAM; fam++)
		if (line->there[fam]) {
			fprintf(f, "%s\"%s\"", between,
			    net_addr_text(&line->gateway[fam], text));
			between = ", ";
		}
	fprintf(f, "]\n");
}

static void
print_targets(const struct init_host *host, FILE *f)
{
	char **far;

	fprintf(f, "    probe:\n      targets:\n"
	    "        - ping: gateway\n");
	for (far = host->far; far != NULL && *far != NULL; far++)
		fprintf(f, "        - ping: \"%s\"\n", *far);
	if (host->far == NULL || *host->far == NULL)
		fprintf(f, "        # - ping: 192.0.2.9      # a host far "
		    "beyond the provider\n"
		    "        # - ping: 198.51.100.7   # and one in another "
		    "network\n");
}

static void
print_line(const struct init_line *line, const struct init_host *host,
    FILE *f)
{
	fprintf(f, "  %s:\n    interface: %s\n", line->name, line->name);
	print_gateway(line, f);
	if (line->weight > 1)
		fprintf(f, "    weight: %u\n", line->weight);
	if (line->tier > 1)
		fprintf(f, "    tier: %-18" PRId64 " # metric %u: a standby\n",
		    line->tier, line->metric);
	print_targets(host, f);
}

static bool
is_line(const struct init_line *lines, size_t n, int index)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (lines[i].index == index)
			return true;
	return false;
}

/* A line whose default is not there just now looks like a network inside. */
static void
print_others(const struct init_line *lines, size_t n,
    const struct kernel_view *view, FILE *f)
{
	const struct net_link *link;
	char text[NET_ADDR_TEXT];
	size_t i;

	for (i = 0; i < view->naddrs; i++) {
		link = view_link(view, view->addrs[i].index);
		if (link == NULL || link->loopback ||
		    !view->addrs[i].global || is_line(lines, n, link->index))
			continue;
		fprintf(f, "# %s has %s/%u and no default route: taken for a "
		    "network inside.\n", link->name, net_addr_text(
		    &view->addrs[i].addr, text), view->addrs[i].prefixlen);
	}
}

static void
print_notes(const struct init_line *lines, size_t n,
    const struct init_host *host, FILE *notes)
{
	if (host->far == NULL || *host->far == NULL)
		fprintf(notes, "uplinkctl: which far hosts prove that a line "
		    "works is not known: only the gateways are watched; add "
		    "two hosts to each line, or use --far\n");
	if (n == 1)
		fprintf(notes, "uplinkctl: only %s has a default route: a "
		    "second line must be added by hand\n", lines[0].name);
	if (!host->has_user)
		fprintf(notes, "uplinkctl: there is no account _uplinkd: "
		    "without one the processes stay root, though without "
		    "its power\n");
}

void
init_print(const struct init_line *lines, size_t n,
    const struct kernel_view *view, const struct init_host *host, FILE *f,
    FILE *notes)
{
	size_t i;

	fprintf(f, "# uplinkd.conf(5), by \"uplinkctl init\" from the default "
	    "routes of %s\n# on %s.  Look at each line, then: uplinkd -n\n",
	    host->where, host->when);
	print_others(lines, n, view, f);
	fprintf(f, "uplinks:\n");
	for (i = 0; i < n; i++)
		print_line(&lines[i], host, f);
	fprintf(f, "\n# override: your default routes stay as they are, a "
	    "private table outranks\n# them while a line is bad.  withdraw: "
	    "a bad line is taken out of them.\nrouting:\n"
	    "  method: override\n"
	    "\n# mail:\n#   to: root\n"
	    "\n# actions:\n#   tell:\n#     on: [down, up]\n"
	    "#     run: [/usr/local/libexec/tell]\n");
	print_notes(lines, n, host, notes);
}
