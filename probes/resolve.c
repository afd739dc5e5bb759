/* SPDX-License-Identifier: ISC */
/*
 * resolve: names, their addresses and when they are asked for.  How they are
 * asked is resolve_ask.c's.
 */
#include "probes/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/must.h"
#include "probes/resolve_ask.h"

#define ADDRS_MAX	16		/* of one name; more are not kept */
#define TTL_MIN		(30 * NS_PER_S)
#define TTL_MAX		(3600 * NS_PER_S)
#define RETRY_MIN	(2 * NS_PER_S)
#define RETRY_MAX	(60 * NS_PER_S)
#define QUERY_MS	2000

struct name {
	struct resolve	*owner;
	char		*host;
	struct net_addr	 addrs[ADDRS_MAX];
	size_t		 naddrs;
	unsigned	 failures;	/* in a row */
	bool		 asked;		/* under way */
	int64_t		 due_ns;
};

struct resolve {
	struct resolve_conf conf;
	struct ask	*ask;		/* NULL: nothing is under way */
	size_t		 nnames;
	struct name	**names;	/* each is pointed to by its question */
	int64_t		 now_ns;	/* of the call under way */
};

int
resolve_new(const struct resolve_conf *conf, struct resolve **out)
{
	struct resolve *r = calloc(1, sizeof(*r));

	*out = NULL;
	if (r == NULL)
		return -ENOMEM;
	r->conf = *conf;
	if (r->conf.ttl_min_ns == 0)
		r->conf.ttl_min_ns = TTL_MIN;
	if (r->conf.ttl_max_ns == 0)
		r->conf.ttl_max_ns = TTL_MAX;
	if (r->conf.retry_min_ns == 0)
		r->conf.retry_min_ns = RETRY_MIN;
	if (r->conf.retry_max_ns == 0)
		r->conf.retry_max_ns = RETRY_MAX;
	if (r->conf.query_ms == 0)
		r->conf.query_ms = QUERY_MS;
	if (ask_start() != 0) {
		free(r);
		return -EIO;
	}
	*out = r;
	return 0;
}

void
resolve_free(struct resolve **rp)
{
	struct resolve *r = *rp;
	size_t i;

	if (r == NULL)
		return;
	*rp = NULL;
	ask_free(&r->ask);
	for (i = 0; i < r->nnames; i++) {
		free(r->names[i]->host);
		free(r->names[i]);
	}
	free(r->names);
	free(r);
}

static struct name *
name_new(struct resolve *r, const char *host)
{
	struct name *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	n->owner = r;
	n->host = strdup(host);
	if (n->host == NULL) {
		free(n);
		return NULL;
	}
	return n;
}

int
resolve_add(struct resolve *r, const char *host, size_t *index)
{
	struct name **list;

	for (*index = 0; *index < r->nnames; ++*index)
		if (strcasecmp(r->names[*index]->host, host) == 0)
			return 0;
	list = realloc(r->names, (r->nnames + 1) * sizeof(struct name *));
	if (list == NULL)
		return -ENOMEM;
	r->names = list;
	list[r->nnames] = name_new(r, host);
	if (list[r->nnames] == NULL)
		return -ENOMEM;
	r->nnames++;
	return 0;
}

int
resolve_address(struct resolve *r, size_t index, uint64_t round,
    struct net_addr *out)
{
	const struct name *n = r->names[index];

	if (n->naddrs == 0)
		return -EAGAIN;
	*out = n->addrs[round % n->naddrs];
	return 0;
}

/* With addresses to go on with, one failure more is no news yet. */
bool
resolve_failing(const struct resolve *r, size_t index)
{
	const struct name *n = r->names[index];

	return n->failures >= (n->naddrs > 0 ? 2 : 1);
}

/* What a probe could be sent to: no 0.0.0.0, no group. */
static bool
is_usable(const struct resolve *r, const struct net_addr *a)
{
	static const uint8_t none[16];
	enum net_fam fam = net_fam(a->family);

	if (!r->conf.want[fam])
		return false;
	if (fam == NET_V4)
		return a->bytes[0] != 0 && a->bytes[0] < 224;
	return memcmp(a->bytes, none, 16) != 0 && a->bytes[0] != 0xff;
}

static int64_t
clamp(int64_t v, int64_t least, int64_t most)
{
	return v < least ? least : v > most ? most : v;
}

static void
succeeded(struct name *n, const struct ask_answer *a)
{
	const struct resolve_conf *c = &n->owner->conf;
	size_t i;

	n->naddrs = 0;
	for (i = 0; i < a->n && n->naddrs < ADDRS_MAX; i++)
		if (is_usable(n->owner, &a->addrs[i]))
			n->addrs[n->naddrs++] = a->addrs[i];
	n->failures = 0;
	n->due_ns = n->owner->now_ns + clamp(a->ttl_s * NS_PER_S,
	    c->ttl_min_ns, c->ttl_max_ns);
}

static void
failed(struct name *n)
{
	const struct resolve_conf *c = &n->owner->conf;
	int64_t wait = c->retry_min_ns;
	unsigned i;

	for (i = 0; i < n->failures && wait < c->retry_max_ns; i++)
		wait *= 2;
	n->failures++;
	n->due_ns = n->owner->now_ns + clamp(wait, 0, c->retry_max_ns);
}

static void
answered(void *arg, const struct ask_answer *a)
{
	struct name *n = arg;
	size_t i, usable = 0;

	n->asked = false;
	/* Given up by ourselves: it is asked anew. */
	if (a->err == -ECANCELED)
		return;
	for (i = 0; i < a->n; i++)
		usable += is_usable(n->owner, &a->addrs[i]);
	if (a->err == 0 && usable > 0)
		succeeded(n, a);
	else
		failed(n);
}

size_t
resolve_polls(struct resolve *r, struct pollfd *pfd, size_t max)
{
	return r->ask == NULL ? 0 : ask_polls(r->ask, pfd, max);
}

static void
start_one(struct resolve *r, struct name *n)
{
	const struct ask_conf conf = { .ifname = r->conf.ifname,
	    .servers = r->conf.servers, .query_ms = r->conf.query_ms };

	/* New for each batch: so a new resolv.conf(5) is seen. */
	if (r->ask == NULL && ask_new(&conf, &r->ask) != 0) {
		failed(n);
		return;
	}
	n->asked = true;
	ask_name(r->ask, n->host, r->conf.want[NET_V4], r->conf.want[NET_V6],
	    answered, n);
}

void
resolve_run(struct resolve *r, int64_t now_ns)
{
	size_t i;

	r->now_ns = now_ns;
	if (r->ask != NULL)
		ask_run(r->ask);
	for (i = 0; i < r->nnames; i++)
		if (!r->names[i]->asked && r->names[i]->due_ns <= now_ns)
			start_one(r, r->names[i]);
	if (r->ask != NULL && ask_idle(r->ask))
		ask_free(&r->ask);
}

int64_t
resolve_due(struct resolve *r, int64_t now_ns)
{
	int64_t due = CLOCK_NEVER;
	size_t i;

	for (i = 0; i < r->nnames; i++)
		if (!r->names[i]->asked && r->names[i]->due_ns < due)
			due = r->names[i]->due_ns;
	if (r->ask != NULL && ask_due(r->ask, now_ns) < due)
		due = ask_due(r->ask, now_ns);
	return due;
}

void
resolve_again(struct resolve *r, int64_t now_ns)
{
	size_t i;

	r->now_ns = now_ns;
	for (i = 0; i < r->nnames; i++)
		if (r->names[i]->asked || r->names[i]->failures > 0)
			r->names[i]->due_ns = now_ns;
	ask_free(&r->ask);
	for (i = 0; i < r->nnames; i++)
		MUST(!r->names[i]->asked);
}
