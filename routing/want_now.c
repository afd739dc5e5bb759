/* SPDX-License-Identifier: ISC */
/*
 * want_now: where an uplink is now, for those who are told: commands.
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

void
want_now(const struct conf *conf, const struct kernel_view *view,
    struct want_saved *saved, size_t uplink, struct want_now *out)
{
	const struct net_ifaddr *own;
	struct want w;
	size_t fam;

	memset(out, 0, sizeof(*out));
	want_init(&w, conf, NULL, view, saved, NULL);
	for (fam = 0; fam < NET_NFAM; fam++)
		if (want_has_gateway(&w, (enum net_fam)fam, uplink))
			break;
	if (fam == NET_NFAM)
		return;
	own = own_address(&w, (enum net_fam)fam, uplink);
	out->gateway = w.gateway[fam][uplink].hop.via;
	if (own == NULL)
		return;
	out->own = own->addr;
	/* A link without gateways has another end. */
	if (out->gateway.family == 0)
		out->gateway = own->peer;
}
