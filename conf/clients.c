/* SPDX-License-Identifier: ISC */
/*
 * clients: networks that use or prefer one uplink, and the checks over those
 * of several.
 */
#include <sys/socket.h>

#include "conf/fill.h"
#include "conf/schema.h"
#include "conf/uplinks.h"
#include "conf/value.h"

void
clients_read(struct report *r, const char *path, const struct node *uplink,
    struct conf_uplink *u)
{
	const struct node *n = fill_map(r, path, uplink, "clients");
	char buf[PATH_MAX_LEN];

	if (n == NULL)
		return;
	fill_path(buf, sizeof(buf), path, "clients");
	fill_rows(r, buf, n, n, schema_clients.rows, NULL, &u->clients);
}

/* A packet may be of both. */
static bool
overlap(const struct option_client *a, const struct option_client *b)
{
	if (!net_addr_within(&a->net, &b->net,
	    a->len < b->len ? a->len : b->len))
		return false;
	if (a->ipproto != 0 && b->ipproto != 0 && a->ipproto != b->ipproto)
		return false;
	return a->port[0] == 0 || b->port[0] == 0 ||
	    (a->port[0] <= b->port[1] && b->port[0] <= a->port[1]);
}

/* One word of one uplink: where it is, and what. */
struct side {
	const struct conf_uplink	*u;
	const char			*word;
	const struct option_clients	*list;
};

static void
say(struct report *r, const struct side *s, const struct option_client *c,
    const struct side *other, const struct option_client *d)
{
	char path[PATH_MAX_LEN], text[100];

	snprintf(path, sizeof(path), "uplinks.%s.clients.%s", s->u->name,
	    s->word);
	if (d == NULL)
		report_at(r, c->line, c->col, path, "the uplink has no IPv%d "
		    "gateway", c->net.family == AF_INET ? 4 : 6);
	else
		report_at(r, c->line, c->col, path, "overlaps with %s of %s",
		    value_client_text(d, text, sizeof(text)), other->u->name);
}

/*
 * Rules of one word have one priority, so which came first would decide.  But
 * a service that prefers a line goes before whole networks that prefer one.
 */
static void
against(struct report *r, const struct side *s, size_t i,
    const struct side *t, bool only)
{
	const struct option_client *c = &s->list->list[i], *d;
	size_t k, n = s->u == t->u ? i : t->list->n;

	for (k = 0; k < n; k++) {
		d = &t->list->list[k];
		if (overlap(c, d) &&
		    (only || (c->ipproto != 0) == (d->ipproto != 0))) {
			say(r, s, c, t, d);
			return;
		}
	}
}

static struct side
side_of(const struct conf_uplink *u, bool only)
{
	return (struct side){ u, only ? "only" : "prefer",
	    only ? &u->clients.only : &u->clients.prefer };
}

static void
check_word(struct report *r, const struct conf *conf, bool only)
{
	struct side s, t;
	size_t n, i, k;

	for (n = 0; n < conf->nuplinks; n++) {
		s = side_of(&conf->uplinks[n], only);
		for (i = 0; i < s.list->n; i++) {
			if (s.u->gateway[net_fam(s.list->list[i].net.family)]
			    .family == 0)
				say(r, &s, &s.list->list[i], NULL, NULL);
			for (k = 0; k <= n; k++) {
				t = side_of(&conf->uplinks[k], only);
				against(r, &s, i, &t, only);
			}
		}
	}
}

void
clients_check(struct report *r, const struct conf *conf)
{
	check_word(r, conf, true);
	check_word(r, conf, false);
}
