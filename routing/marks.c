/* SPDX-License-Identifier: ISC */
/*
 * marks: the text of table inet uplinkd.
 *
 *	prerouting	a connection of which a packet comes in by an uplink
 *			gets its mark; packets of one with a mark get it, too
 *	output		the same for what this machine sends
 *
 * What goes out is marked by its first answer: before, it bears no mark and
 * goes as the routes say, so it may still find another line, and when it is
 * answered the line is known to work.  All rules name interfaces as text, so
 * none need exist; one register and a constant each, as kernels refuse `mark =
 * (mark & ~M) | (ct mark & M)`.
 *
 * The priority leaves the administrator's own marks alone: after chains of
 * priority mangle (-150), whose `meta mark set ct mark` writes all bits, and
 * before dstnat (-100).  A packet that comes in bears its connection's mark as
 * well, so that a later `ct mark set meta mark` stores what it finds, and that
 * rp_filter can go by it (src_valid_mark).
 */
#include "routing/marks.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"

#define NONE	"table inet " MARKS_TABLE "\ndelete table inet " MARKS_TABLE "\n"

#define MATCH_MAX	64

struct text {
	const struct conf *conf;
	char		*buf;
	size_t		 len, at;
};

static void __attribute__((__format__(__printf__, 2, 3)))
put(struct text *t, const char *format, ...)
{
	va_list ap;
	int n;

	if (t->at >= t->len)
		return;
	va_start(ap, format);
	n = vsnprintf(t->buf + t->at, t->len - t->at, format, ap);
	va_end(ap);
	t->at += n < 0 ? t->len : (size_t)n;
}

uint32_t
marks_of(const struct conf *conf, size_t uplink)
{
	return ((uint32_t)uplink + 1) * (uint32_t)conf->routing.mark &
	    (uint32_t)conf->routing.mark_mask;
}

/*
 * By which of two gateways on one interface a packet came cannot be seen,
 * unless they are of different families.
 */
static bool
is_shared(const struct conf *conf, size_t uplink, size_t fam)
{
	const struct conf_uplink *u = &conf->uplinks[uplink], *other;
	size_t i;

	for (i = 0; i < conf->nuplinks; i++) {
		other = &conf->uplinks[i];
		if (other != u && strcmp(other->ifname, u->ifname) == 0 &&
		    (fam == NET_NFAM || other->gateway[fam].family != 0))
			return true;
	}
	return false;
}

bool
marks_can_tell(const struct conf *conf, size_t uplink)
{
	const struct conf_uplink *u = &conf->uplinks[uplink];
	size_t fam;

	for (fam = 0; fam < NET_NFAM; fam++)
		if (u->gateway[fam].family != 0 && is_shared(conf, uplink, fam))
			return false;
	return true;
}

/* Whatever comes in by the line, also an answer to what went out. */
static void
line(struct text *t, const char *match, uint32_t mark, uint32_t mask)
{
	put(t, "\t\t%s ct mark & 0x%08x == 0 "
	    "ct mark set ct mark & 0x%08x | 0x%08x\n", match, mask, ~mask,
	    mark);
}

static void
came_in(struct text *t)
{
	static const char *const only[NET_NFAM] = {
		[NET_V4] = "meta nfproto ipv4 ",
		[NET_V6] = "meta nfproto ipv6 ",
	};
	uint32_t mask = (uint32_t)t->conf->routing.mark_mask;
	const struct conf_uplink *u;
	char match[MATCH_MAX];
	size_t i, fam;

	for (i = 0; i < t->conf->nuplinks; i++) {
		u = &t->conf->uplinks[i];
		snprintf(match, sizeof(match), "iifname \"%s\"", u->ifname);
		if (!is_shared(t->conf, i, NET_NFAM)) {
			line(t, match, marks_of(t->conf, i), mask);
			continue;
		}
		for (fam = 0; fam < NET_NFAM; fam++) {
			if (u->gateway[fam].family == 0 ||
			    is_shared(t->conf, i, fam))
				continue;
			snprintf(match, sizeof(match), "%siifname \"%s\"",
			    only[fam], u->ifname);
			line(t, match, marks_of(t->conf, i), mask);
		}
	}
}

static void
restore(struct text *t)
{
	uint32_t mask = (uint32_t)t->conf->routing.mark_mask, mark;
	size_t i;

	for (i = 0; i < t->conf->nuplinks; i++) {
		mark = marks_of(t->conf, i);
		put(t, "\t\tct mark & 0x%08x == 0x%08x meta mark set "
		    "meta mark & 0x%08x | 0x%08x\n", mask, mark, ~mask, mark);
	}
}

/*
 * What IPsec carries inside belongs to its tunnel, which may move to another
 * line; the packets of the tunnel itself are a connection as any other.
 */
int
marks_write(const struct conf *conf, char *buf, size_t len)
{
	struct text t = { .conf = conf, .buf = buf, .len = len };

	put(&t, NONE "table inet " MARKS_TABLE " {\n");
	put(&t, "\tchain restore {\n\t\tct mark & 0x%08x == 0 return\n",
	    (uint32_t)conf->routing.mark_mask);
	restore(&t);
	put(&t, "\t}\n\tchain prerouting {\n"
	    "\t\ttype filter hook prerouting priority -140; policy accept;\n"
	    "\t\tmeta ipsec exists return\n");
	came_in(&t);
	put(&t, "\t\tjump restore\n"
	    "\t}\n\tchain output {\n"
	    "\t\ttype route hook output priority -140; policy accept;\n"
	    "\t\tjump restore\n"
	    "\t}\n}\n");
	return t.at < len ? (int)t.at : -EMSGSIZE;
}

const char *
marks_none(void)
{
	return NONE;
}
