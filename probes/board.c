/* SPDX-License-Identifier: ISC */
/*
 * board: an entry for each target that more than one uplink has, found by its
 * label (kind and host), and for each uplink of it the newest answered and the
 * newest lost sample.
 */
#include "probes/board.h"

#include <sys/random.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/must.h"

#define NOWHERE	SIZE_MAX

struct seen {
	int64_t		ok_ns, lost_ns;	/* sent; 0 = never */
	int64_t		run_ns;		/* the first lost since ok_ns */
};

struct member {
	bool		probing;
	int		fd;
	size_t		*entry;		/* of each target; NOWHERE */
	size_t		*target;	/* and back, of each entry */
	struct seen	*seen;		/* by entry */
	/*
	 * Newest answered of two different targets, "anything but this", and
	 * what of them was lost.
	 */
	size_t		best[2];
	int64_t		best_ns[2], worst_ns[2];
};

struct board {
	const struct conf *conf;
	uint16_t	id;
	size_t		nentries;
	struct member	*members;	/* conf->nuplinks */
	pthread_mutex_t	lock;
};

/* A label, and whether the uplinks that have it are more than one. */
struct label {
	const char	*text;
	size_t		uplink, target;
};

static int
by_label(const void *a, const void *b)
{
	const struct label *x = a, *y = b;
	int rc = strcmp(x->text, y->text);

	return rc != 0 ? rc : x->uplink < y->uplink ? -1 :
	    x->uplink > y->uplink;
}

static size_t
all_targets(const struct conf *conf)
{
	size_t u, n = 0;

	for (u = 0; u < conf->nuplinks; u++)
		n += conf->uplinks[u].probe.ntargets;
	return n;
}

/* Each uplink's own gateway is nobody else's business. */
static size_t
collect(const struct conf *conf, struct label *out)
{
	const struct conf_probe *p;
	size_t u, t, n = 0;

	for (u = 0; u < conf->nuplinks; u++) {
		p = &conf->uplinks[u].probe;
		for (t = 0; t < p->ntargets; t++)
			if (!p->targets[t].gateway &&
			    (p->targets[t].addr.family != 0 ||
			    p->targets[t].name != NULL))
				out[n++] = (struct label){
				    p->targets[t].label, u, t };
	}
	return n;
}

static void
enter_shared(struct board *b, struct label *list, size_t n)
{
	size_t i, k;

	qsort(list, n, sizeof(*list), by_label);
	for (i = 0; i < n; i = k) {
		for (k = i + 1; k < n &&
		    strcmp(list[k].text, list[i].text) == 0; k++)
			;
		if (list[k - 1].uplink == list[i].uplink)
			continue;
		for (; i < k; i++)
			b->members[list[i].uplink].entry[list[i].target] =
			    b->nentries;
		b->nentries++;
	}
}

static int
members_new(struct board *b)
{
	const struct conf *conf = b->conf;
	struct member *m;
	size_t u, t;

	b->members = calloc(conf->nuplinks, sizeof(*b->members));
	if (b->members == NULL)
		return -ENOMEM;
	for (u = 0; u < conf->nuplinks; u++) {
		m = &b->members[u];
		m->fd = -1;
		m->best[0] = m->best[1] = NOWHERE;
		m->entry = calloc(conf->uplinks[u].probe.ntargets + 1,
		    sizeof(*m->entry));
		if (m->entry == NULL)
			return -ENOMEM;
		for (t = 0; t < conf->uplinks[u].probe.ntargets; t++)
			m->entry[t] = NOWHERE;
	}
	return 0;
}

static int
entries_new(const struct board *b, struct member *m, size_t ntargets)
{
	size_t i;

	m->seen = calloc(b->nentries + 1, sizeof(*m->seen));
	m->target = calloc(b->nentries + 1, sizeof(*m->target));
	if (m->seen == NULL || m->target == NULL)
		return -ENOMEM;
	for (i = 0; i < b->nentries; i++)
		m->target[i] = NOWHERE;
	for (i = 0; i < ntargets; i++)
		if (m->entry[i] != NOWHERE)
			m->target[m->entry[i]] = i;
	return 0;
}

int
board_new(const struct conf *conf, struct board **out)
{
	struct board *b = calloc(1, sizeof(*b));
	struct label *list = calloc(all_targets(conf) + 1, sizeof(*list));
	size_t u;
	int rc = -ENOMEM;

	*out = NULL;
	if (b != NULL && list != NULL) {
		b->conf = conf;
		MUST(pthread_mutex_init(&b->lock, NULL) == 0);
		MUST(getrandom(&b->id, sizeof(b->id), 0) == sizeof(b->id));
		rc = members_new(b);
	}
	if (rc == 0)
		enter_shared(b, list, collect(conf, list));
	for (u = 0; rc == 0 && u < conf->nuplinks; u++)
		rc = entries_new(b, &b->members[u],
		    conf->uplinks[u].probe.ntargets);
	free(list);
	if (rc != 0)
		board_free(&b);
	*out = b;
	return rc;
}

void
board_free(struct board **bp)
{
	struct board *b = *bp;
	size_t u;

	if (b == NULL)
		return;
	*bp = NULL;
	for (u = 0; b->members != NULL && u < b->conf->nuplinks; u++) {
		free(b->members[u].entry);
		free(b->members[u].seen);
		free(b->members[u].target);
	}
	free(b->members);
	free(b);
}

void
board_listen(struct board *b, size_t uplink, int fd)
{
	b->members[uplink].fd = fd;
}

bool
board_shared(const struct board *b, size_t uplink, size_t target)
{
	return b->members[uplink].entry[target] != NOWHERE;
}

uint16_t
board_id(const struct board *b, size_t uplink)
{
	const struct conf_uplink *u = b->conf->uplinks;
	uint16_t id = b->id;
	size_t i;

	for (i = 0; i < uplink; i++)
		id += strcmp(u[i].ifname, u[uplink].ifname) == 0;
	return id;
}

static void
note_best(struct member *m, size_t target, int64_t sent_ns)
{
	size_t at = m->best[0] == target ? 0 : m->best[1] == target ? 1 :
	    m->best_ns[0] <= m->best_ns[1] ? 0 : 1;

	if (m->best[at] != target) {
		m->best[at] = target;
		m->worst_ns[at] = 0;
		m->best_ns[at] = sent_ns;
	}
	if (sent_ns > m->best_ns[at])
		m->best_ns[at] = sent_ns;
}

static void
note_worst(struct member *m, size_t target, int64_t sent_ns)
{
	size_t i;

	for (i = 0; i < 2; i++)
		if (m->best[i] == target && sent_ns > m->worst_ns[i])
			m->worst_ns[i] = sent_ns;
}

static void
note_seen(struct seen *s, bool ok, int64_t sent_ns)
{
	if (ok && sent_ns > s->ok_ns) {
		s->ok_ns = sent_ns;
		s->run_ns = sent_ns + 1;
	} else if (!ok && sent_ns > s->lost_ns) {
		if (s->lost_ns <= s->ok_ns)
			s->run_ns = sent_ns;
		s->lost_ns = sent_ns;
	}
}

void
board_sample(struct board *b, size_t uplink, size_t target, bool ok,
    int64_t sent_ns)
{
	struct member *m = &b->members[uplink];
	size_t entry = m->entry[target];

	if (b->nentries == 0)
		return;
	MUST(pthread_mutex_lock(&b->lock) == 0);
	if (ok)
		note_best(m, target, sent_ns);
	else
		note_worst(m, target, sent_ns);
	if (entry != NOWHERE)
		note_seen(&m->seen[entry], ok, sent_ns);
	MUST(pthread_mutex_unlock(&b->lock) == 0);
}

void
board_line(struct board *b, size_t uplink, bool probing)
{
	MUST(pthread_mutex_lock(&b->lock) == 0);
	b->members[uplink].probing = probing;
	MUST(pthread_mutex_unlock(&b->lock) == 0);
}

/*
 * What has answered since is not dead, whatever was lost after that: any
 * packet may be.  A line on which nothing else answers, and has done since the
 * target began to fail there, is no witness against it: that line may be in a
 * burst of loss itself.
 */
static enum peer
witness(const struct board *b, size_t uplink, size_t entry, int64_t since_ns)
{
	const struct member *m = &b->members[uplink];
	size_t target = m->target[entry], i;
	const struct seen *s = &m->seen[entry];

	if (!m->probing || target == NOWHERE)
		return PEER_NONE;
	if (s->ok_ns >= since_ns)
		return PEER_ANSWERS;
	if (s->lost_ns < since_ns)
		return PEER_WAITING;
	if (s->run_ns > since_ns)
		since_ns = s->run_ns;
	for (i = 0; i < 2; i++)
		if (m->best[i] != NOWHERE && m->best[i] != target &&
		    m->best_ns[i] >= since_ns &&
		    m->best_ns[i] >= m->worst_ns[i])
			return PEER_FAILS;
	return PEER_NONE;
}

enum peer
board_ask(struct board *b, size_t uplink, size_t target, int64_t since_ns)
{
	size_t entry = b->members[uplink].entry[target], u;
	unsigned said[PEER_WAITING + 1] = { 0 };

	if (entry == NOWHERE)
		return PEER_NONE;
	MUST(pthread_mutex_lock(&b->lock) == 0);
	for (u = 0; u < b->conf->nuplinks; u++)
		if (u != uplink)
			said[witness(b, u, entry, since_ns)]++;
	MUST(pthread_mutex_unlock(&b->lock) == 0);
	if (said[PEER_ANSWERS] > 0)
		return PEER_ANSWERS;
	if (said[PEER_WAITING] > 0)
		return PEER_WAITING;
	return said[PEER_FAILS] > 0 ? PEER_FAILS : PEER_NONE;
}

bool
board_reached(struct board *b, size_t uplink, size_t target, int64_t since_ns)
{
	size_t entry = b->members[uplink].entry[target], u;
	bool any = false;

	if (entry == NOWHERE)
		return false;
	MUST(pthread_mutex_lock(&b->lock) == 0);
	for (u = 0; u < b->conf->nuplinks; u++)
		any |= u != uplink &&
		    b->members[u].seen[entry].ok_ns >= since_ns;
	MUST(pthread_mutex_unlock(&b->lock) == 0);
	return any;
}

static bool
share(const struct board *b, size_t one, size_t other)
{
	size_t i;

	for (i = 0; i < b->nentries; i++)
		if (b->members[one].target[i] != NOWHERE &&
		    b->members[other].target[i] != NOWHERE)
			return true;
	return false;
}

void
board_doubt(struct board *b, size_t uplink)
{
	unsigned char who;
	size_t u;

	for (u = 0; u < b->conf->nuplinks; u++) {
		if (u == uplink || b->members[u].fd == -1 ||
		    !share(b, uplink, u))
			continue;
		who = (unsigned char)u;
		/* Full: it has been told, and has not looked yet. */
		(void)!write(b->members[u].fd, &who, 1);
	}
}
