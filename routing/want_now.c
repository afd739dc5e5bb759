/* SPDX-License-Identifier: ISC */
/*
 * want_now: where an uplink is now, for those who are told: commands, scripts,
 * packet filters.
 */
#include <string.h>

#include "routing/want.h"

/* What packets by the interface come from; link-local leads nowhere. */
static const struct net_ifaddr *
own_address(const struct want *w, enum net_fam fam, size_t uplink)
{
	const struct net_ifaddr *a;
	size_t i;

	for (i = 0; w->link[uplink] != NULL && i < w->view->naddrs; i++) {
		a = &w->view->addrs[i];
		if (a->index == w->link[uplink]->index && a->usable &&
		    a->addr.family == net_family(fam) &&
		    (fam == NET_V4 || !net_addr_linklocal(&a->addr)))
			return a;
	}
	return NULL;
}

bool
want_now_of(const struct conf *conf, const struct kernel_view *view,
    struct want_saved *saved, size_t uplink, enum net_fam fam,
    struct want_now *out)
{
	const struct net_ifaddr *own;
	struct want w;

	memset(out, 0, sizeof(*out));
	want_init(&w, conf, NULL, view, saved, NULL);
	own = own_address(&w, fam, uplink);
	if (own != NULL)
		out->own = own->addr;
	if (!want_has_gateway(&w, fam, uplink))
		return false;
	out->gateway = w.gateway[fam][uplink].hop.via;
	/* A link without gateways has another end. */
	if (out->gateway.family == 0 && own != NULL)
		out->gateway = own->peer;
	return true;
}

void
want_now(const struct conf *conf, const struct kernel_view *view,
    struct want_saved *saved, size_t uplink, struct want_now *out)
{
	size_t fam;

	for (fam = 0; fam < NET_NFAM; fam++)
		if (want_now_of(conf, view, saved, uplink, (enum net_fam)fam,
		    out))
			return;
	memset(out, 0, sizeof(*out));
}
