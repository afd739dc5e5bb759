/* SPDX-License-Identifier: ISC */
/*
 * marks: the text of table inet uplinkd.
 *
 *	prerouting	a connection that comes in by an uplink gets its mark;
 *			packets of a connection with a mark get it, too
 *	output		the same for what this machine sends
 *	postrouting	a connection that goes out by an uplink gets its mark
 *
 * Packets of new connections that go out bear no mark, so the routes decide.
 * An outgoing connection is bound by its first answer only: before, its packets
 * may still find another line, and the mark follows them.  All rules name
 * interfaces as text, so none need exist; one register and a constant each, as
 * kernels refuse `mark = (mark & ~M) | (ct mark & M)`.
 *
 * The priorities leave the administrator's own marks alone: after chains of
 * priority mangle (-150), whose `meta mark set ct mark` and `ct mark set meta
 * mark` write all bits, before dstnat (-100), and after srcnat (100).  A packet
 * that comes in bears its connection's mark as well, so that such a rule stores
 * what it finds, and that rp_filter can go by it (src_valid_mark).
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

typedef void line_fn(struct text *, const char *match, uint32_t mark,
    uint32_t mask);

/* way is "iifname" or "oifname". */
static void
each(struct text *t, line_fn *line, const char *way)
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
		snprintf(match, sizeof(match), "%s \"%s\"", way, u->ifname);
		if (!is_shared(t->conf, i, NET_NFAM)) {
			line(t, match, marks_of(t->conf, i), mask);
			continue;
		}
		for (fam = 0; fam < NET_NFAM; fam++) {
			if (u->gateway[fam].family == 0 ||
			    is_shared(t->conf, i, fam))
				continue;
			snprintf(match, sizeof(match), "%s%s \"%s\"",
			    only[fam], way, u->ifname);
			line(t, match, marks_of(t->conf, i), mask);
		}
	}
}

/*
 * Whatever came in by the line, also an answer: a connection from before the
 * table was made is where its answers come from.
 */
static void
came_in(struct text *t, const char *match, uint32_t mark, uint32_t mask)
{
	put(t, "\t\t%s ct mark & 0x%08x == 0 "
	    "ct mark set ct mark & 0x%08x | 0x%08x\n", match, mask, ~mask,
	    mark);
	put(t, "\t\t%s goto restore\n", match);
}

/* What came in by a line has been marked, wherever it goes now. */
static void
passes(struct text *t, const char *match, uint32_t mark, uint32_t mask)
{
	(void)mark;
	(void)mask;
	put(t, "\t\t%s return\n", match);
}

/* New: nobody has answered yet, and this packet may have changed lines. */
static void
goes_out(struct text *t, const char *match, uint32_t mark, uint32_t mask)
{
	put(t, "\t\t%s ct state new "
	    "ct mark set ct mark & 0x%08x | 0x%08x\n", match, ~mask, mark);
	put(t, "\t\t%s ct mark & 0x%08x == 0 "
	    "ct mark set ct mark & 0x%08x | 0x%08x\n", match, mask, ~mask,
	    mark);
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
	each(&t, came_in, "iifname");
	put(&t, "\t\tct state != new goto restore\n"
	    "\t}\n\tchain output {\n"
	    "\t\ttype route hook output priority -140; policy accept;\n"
	    "\t\tct state != new goto restore\n"
	    "\t}\n\tchain postrouting {\n"
	    "\t\ttype filter hook postrouting priority 110; policy accept;\n"
	    "\t\trt ipsec exists return\n"
	    "\t\tct direction reply return\n");
	each(&t, passes, "iifname");
	each(&t, goes_out, "oifname");
	put(&t, "\t}\n}\n");
	return t.at < len ? (int)t.at : -EMSGSIZE;
}

const char *
marks_none(void)
{
	return NONE;
}
