/* SPDX-License-Identifier: ISC */
/*
 * expect: what a timeline says must be so, now or within a time.  One row per
 * thing that can be asked; see README.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "tests/sim/sim.h"

/*
 * True if it is as expected; else `is` tells how it is, "?" for a line that is
 * not understood.
 */
typedef bool expect_fn(struct sim *, char words[][SIM_WORD_MAX], size_t n,
    char *is, size_t len);

static bool
family(const char *word, enum net_fam *fam)
{
	*fam = strcmp(word, "ipv6") == 0 ? NET_V6 : NET_V4;
	return *fam == NET_V6 || strcmp(word, "ipv4") == 0;
}

/* route ipv4 via ext1+ext2 | route ipv4 none */
static bool
route(struct sim *s, char words[][SIM_WORD_MAX], size_t n, char *is,
    size_t len)
{
	enum net_fam fam;

	if (!family(words[1], &fam) ||
	    (n == 4) != (strcmp(words[2], "via") == 0))
		return false;
	kernel_route(s, fam, is, len);
	return strcmp(is, words[n - 1]) == 0;
}

/* client 10.9.7.1 [tcp|udp PORT] via ext1+ext2 | client 10.9.7.1 none */
static bool
client(struct sim *s, char words[][SIM_WORD_MAX], size_t n, char *is,
    size_t len)
{
	bool via = strcmp(words[n - 2], "via") == 0;
	size_t rest = n - 2 - (via ? 2 : 1);

	if ((rest != 0 && rest != 2) ||
	    (!via && strcmp(words[n - 1], "none") != 0) ||
	    !kernel_client(s, words[1], rest > 0 ? words[2] : NULL, words[3],
	    is, len))
		return false;
	return strcmp(is, words[n - 1]) == 0;
}

static bool
level(struct sim *s, char words[][SIM_WORD_MAX], size_t n, char *is,
    size_t len)
{
	int u = sim_uplink(s, words[1]);

	(void)n;
	if (u < 0 || level_parse(words[2]) == 0)
		return false;
	snprintf(is, len, "%s", level_name(s->centre.up[u].level));
	return strcmp(is, words[2]) == 0;
}

static bool
cause(struct sim *s, char words[][SIM_WORD_MAX], size_t n, char *is,
    size_t len)
{
	int u = sim_uplink(s, words[1]);

	(void)n;
	if (u < 0 || cause_parse(words[2]) == 0)
		return false;
	snprintf(is, len, "%s", cause_name(s->centre.up[u].cause));
	return strcmp(is, words[2]) == 0;
}

static bool
state(struct sim *s, char words[][SIM_WORD_MAX], size_t n, char *is,
    size_t len)
{
	static const char *const names[UPLINK_NSTATE] = {
		"?", "start", "up", "degraded", "down", "hold"
	};
	int u = sim_uplink(s, words[1]);

	(void)n;
	if (u < 0)
		return false;
	snprintf(is, len, "%s", names[s->centre.up[u].state]);
	return strcmp(is, words[2]) == 0;
}

/* main unchanged | main ipv4 LINE... */
static bool
mainroute(struct sim *s, char words[][SIM_WORD_MAX], size_t n, char *is,
    size_t len)
{
	char want[SIM_LINE_MAX] = "";
	enum net_fam fam;
	size_t i;

	if (n == 2 && strcmp(words[1], "unchanged") == 0) {
		kernel_main_text(s, NET_V4, is, len);
		return kernel_main_untouched(s);
	}
	if (n < 3 || !family(words[1], &fam))
		return false;
	for (i = 2; i < n; i++)
		snprintf(want + strlen(want), sizeof(want) - strlen(want),
		    "%s%s", i > 2 ? " " : "", words[i]);
	kernel_main_text(s, fam, is, len);
	return strcmp(is, want) == 0;
}

static bool
events(struct sim *s, char words[][SIM_WORD_MAX], size_t n, char *is,
    size_t len)
{
	int u = sim_uplink(s, words[1]);
	unsigned count;
	long want;

	(void)n;
	if (u < 0 || !parse_number(words[2], 0, 1000000, &want))
		return false;
	count = strcmp(words[0], "jobs") == 0 ? s->centre.jobs[u] :
	    s->centre.events[u];
	snprintf(is, len, "%u", count);
	return (long)count == want;
}

/* writes 2 | writes below 3 */
static bool
writes(struct sim *s, char words[][SIM_WORD_MAX], size_t n, char *is,
    size_t len)
{
	long want;

	if ((n == 3) != (strcmp(words[1], "below") == 0) ||
	    !parse_number(words[n - 1], 0, 1000000, &want))
		return false;
	snprintf(is, len, "%lu", s->keeper.writes);
	return n == 3 ? s->keeper.writes < (unsigned long)want :
	    s->keeper.writes == (unsigned long)want;
}

/* lost ipv4 below 4s: new connections by a dead line, since the mark */
static bool
lost(struct sim *s, char words[][SIM_WORD_MAX], size_t n, char *is,
    size_t len)
{
	enum net_fam fam;
	int64_t ns;

	(void)n;
	if (!family(words[1], &fam) || strcmp(words[2], "below") != 0 ||
	    !parse_time(words[3], &ns))
		return false;
	snprintf(is, len, "%.4fs", (double)s->lost_ns[fam] /
	    (double)NS_PER_S);
	return s->lost_ns[fam] < ns;
}

/* bound ext1 ipv4 yes: a socket bound to its device goes by its gateway */
static bool
bound(struct sim *s, char words[][SIM_WORD_MAX], size_t n, char *is,
    size_t len)
{
	int u = sim_uplink(s, words[1]);
	enum net_fam fam;

	(void)n;
	if (u < 0 || !family(words[2], &fam))
		return false;
	snprintf(is, len, "%s", kernel_bound(s, &s->conf->uplinks[u], fam) ?
	    "yes" : "no");
	return strcmp(is, words[3]) == 0;
}

/* trouble none|some: what the last comparison or plan met with */
static bool
trouble(struct sim *s, char words[][SIM_WORD_MAX], size_t n, char *is,
    size_t len)
{
	(void)n;
	snprintf(is, len, "%s", s->keeper.err == 0 ? "none" : "some");
	return strcmp(is, words[1]) == 0;
}

static const struct {
	const char	*name;
	size_t		 min, max;
	expect_fn	*fn;
} things[] = {
	{ "route", 3, 4, route },
	{ "client", 3, 6, client },
	{ "level", 3, 3, level },
	{ "cause", 3, 3, cause },
	{ "state", 3, 3, state },
	{ "main", 2, SIM_WORDS_MAX, mainroute },
	{ "events", 3, 3, events },
	{ "jobs", 3, 3, events },
	{ "writes", 2, 3, writes },
	{ "lost", 4, 4, lost },
	{ "bound", 4, 4, bound },
	{ "trouble", 2, 2, trouble },
};

static bool
holds(struct sim *s, char words[][SIM_WORD_MAX], size_t n, char *is,
    size_t len)
{
	size_t i;

	snprintf(is, len, "?");
	for (i = 0; i < sizeof(things) / sizeof(things[0]); i++)
		if (n >= things[i].min && n <= things[i].max &&
		    strcmp(words[0], things[i].name) == 0)
			return things[i].fn(s, words, n, is, len);
	return false;
}

static void
disappointed(struct sim *s, char words[][SIM_WORD_MAX], size_t n,
    const char *is)
{
	char text[SIM_LINE_MAX] = "";
	size_t i;

	for (i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "%s%s", i > 0 ? " " : "", words[i]);
	sim_fail(s, "expected %.150s; it is %.120s", text, is);
}

static bool
wait_for(struct sim *s, char words[][SIM_WORD_MAX], size_t n, int64_t ns)
{
	struct pending *p;

	if (s->npending == SIM_PENDING)
		return false;
	p = &s->pending[s->npending++];
	memcpy(p->words, words, n * sizeof(words[0]));
	p->nwords = n;
	p->line = s->line;
	p->until_ns = s->now_ns + ns;
	return true;
}

bool
expect_run(struct sim *s, char words[][SIM_WORD_MAX], size_t n)
{
	char is[SIM_LINE_MAX];
	int64_t ns;

	if (n == 0)
		return false;
	if (n > 3 && strcmp(words[n - 2], "within") == 0) {
		if (!parse_time(words[n - 1], &ns))
			return false;
		n -= 2;
		if (holds(s, words, n, is, sizeof(is)))
			return true;
		return strcmp(is, "?") != 0 && wait_for(s, words, n, ns);
	}
	if (holds(s, words, n, is, sizeof(is)))
		return true;
	if (strcmp(is, "?") == 0)
		return false;
	disappointed(s, words, n, is);
	return true;
}

void
expect_pending(struct sim *s)
{
	char is[SIM_LINE_MAX];
	struct pending *p;
	size_t i = 0;

	while (i < s->npending && !s->failed) {
		p = &s->pending[i];
		/* Between two steps nothing changes: it was not so in time. */
		if (holds(s, p->words, p->nwords, is, sizeof(is)) &&
		    s->now_ns <= p->until_ns) {
			*p = s->pending[--s->npending];
			continue;
		}
		if (s->now_ns > p->until_ns) {
			s->line = p->line;
			disappointed(s, p->words, p->nwords, is);
		}
		i++;
	}
}
