/* SPDX-License-Identifier: ISC */
/*
 * sys_linux_flow: connections that the kernel tracks, by ctnetlink through
 * libnetfilter_conntrack.  Each family is walked once; what belongs to the
 * line is removed on a second socket while the walk goes on.
 */
#include "lib/sys.h"

#include <sys/socket.h>

#include <errno.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <string.h>

struct hunt {
	const struct sys_flows *what;
	struct nfct_handle *killer;
	size_t		 seen, killed;
	int		 err;		/* the first one */
};

static const enum nf_conntrack_attr ends[NET_NFAM][4] = {
	[NET_V4] = { ATTR_ORIG_IPV4_SRC, ATTR_ORIG_IPV4_DST,
	    ATTR_REPL_IPV4_SRC, ATTR_REPL_IPV4_DST },
	[NET_V6] = { ATTR_ORIG_IPV6_SRC, ATTR_ORIG_IPV6_DST,
	    ATTR_REPL_IPV6_SRC, ATTR_REPL_IPV6_DST },
};

static bool
has_address(const struct nf_conntrack *ct, const struct net_addr *a)
{
	size_t len = a->family == AF_INET ? 4 : 16, i;
	const void *end;

	for (i = 0; i < 4; i++) {
		end = nfct_get_attr(ct, ends[net_fam(a->family)][i]);
		if (end != NULL && memcmp(end, a->bytes, len) == 0)
			return true;
	}
	return false;
}

/*
 * A mark says by which line the connection was made; without one, that one of
 * its ends, translated or not, is an address of the line.
 */
static bool
is_meant(const struct sys_flows *what, const struct nf_conntrack *ct)
{
	uint8_t family = nfct_get_attr_u8(ct, ATTR_ORIG_L3PROTO);
	uint32_t mark = nfct_get_attr_u32(ct, ATTR_MARK) & what->mask;
	size_t i;

	if (mark != 0)
		return mark == what->mark;
	for (i = 0; i < what->naddrs; i++)
		if (what->addrs[i].family == family &&
		    has_address(ct, &what->addrs[i]))
			return true;
	return false;
}

/* One that has just ended by itself is as good as killed. */
static int
found(enum nf_conntrack_msg_type type, struct nf_conntrack *ct, void *arg)
{
	struct hunt *h = arg;

	(void)type;
	h->seen++;
	if (!is_meant(h->what, ct))
		return NFCT_CB_CONTINUE;
	if (nfct_query(h->killer, NFCT_Q_DESTROY, ct) == 0)
		h->killed++;
	else if (errno != ENOENT && h->err == 0)
		h->err = -errno;
	return NFCT_CB_CONTINUE;
}

static int
walk(struct nfct_handle *walker, struct hunt *h)
{
	static const uint32_t families[NET_NFAM] = { AF_INET, AF_INET6 };
	size_t i;

	for (i = 0; i < NET_NFAM; i++)
		if (!h->what->spare[i] &&
		    nfct_query(walker, NFCT_Q_DUMP, &families[i]) == -1)
			return -errno;
	return h->err;
}

int
sys_flows_kill(const struct sys_flows *what, size_t *seen, size_t *killed)
{
	struct hunt h = { .what = what };
	struct nfct_handle *walker = nfct_open(CONNTRACK, 0);
	int rc = walker == NULL ? -errno : 0;

	if (rc == 0) {
		h.killer = nfct_open(CONNTRACK, 0);
		rc = h.killer == NULL ? -errno : 0;
	}
	if (rc == 0) {
		(void)nfct_callback_register(walker, NFCT_T_ALL, found, &h);
		rc = walk(walker, &h);
	}
	if (h.killer != NULL)
		nfct_close(h.killer);
	if (walker != NULL)
		nfct_close(walker);
	*seen = h.seen;
	*killed = h.killed;
	return rc;
}
