/* SPDX-License-Identifier: ISC */
/*
 * sim: one run: its clock, its beginning and its end.
 */
#include "tests/sim/sim.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dispatcher/kinds.h"
#include "lib/clock.h"
#include "lib/must.h"

/* Not zero, so that nothing can mean "never" by chance. */
#define BEGIN	(100 * NS_PER_S)

int
sim_new(const char *name, uint64_t seed, bool verbose, struct sim **out)
{
	struct sim *s = calloc(1, sizeof(*s));

	MUST(s != NULL);
	s->name = name;
	s->verbose = verbose;
	s->rng = seed * 2654435761u + 1;
	s->now_ns = s->looked_ns = BEGIN;
	s->timers = timers_new();
	MUST(s->timers != NULL);
	snprintf(s->dir, sizeof(s->dir), "/tmp/uplinkd-sim.XXXXXX");
	if (mkdtemp(s->dir) == NULL) {
		s->dir[0] = '\0';
		sim_free(&s);
		return -1;
	}
	simlog_follow(s, verbose);
	*out = s;
	return 0;
}

void
sim_free(struct sim **sp)
{
	struct sim *s = *sp;
	size_t n;

	if (s == NULL)
		return;
	*sp = NULL;
	if (s->workers != NULL)
		for (n = 0; n < s->conf->nuplinks; n++)
			worker_stop(&s->workers[n]);
	if (s->keeper.router != NULL)
		keeper_stop(s);
	kernel_view_free(&s->before);
	if (s->keeper.saved[0] != '\0')
		(void)unlink(s->keeper.saved);
	if (s->dir[0] != '\0')
		(void)rmdir(s->dir);
	kernel_free(s);
	free(s->workers);
	board_free(&s->board);
	conf_free(&s->conf);
	timers_free(&s->timers);
	simlog_follow(NULL, false);
	record_close(s);
	free(s);
}

void
sim_fail(struct sim *s, const char *fmt, ...)
{
	char what[300];
	va_list ap;

	if (s->failed)
		return;
	s->failed = true;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(s->why, sizeof(s->why), "at %.4fs, line %u: %s",
	    (double)(s->now_ns - BEGIN) / (double)NS_PER_S, s->line, what);
}

void
sim_say(struct sim *s, const char *fmt, ...)
{
	va_list ap;

	if (!s->verbose)
		return;
	printf("# %10.4fs ", (double)sim_time(s) / (double)NS_PER_S);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

/* xorshift64*: the same on every machine. */
uint64_t
sim_random(struct sim *s, uint64_t below)
{
	MUST(below > 0);
	s->rng ^= s->rng >> 12;
	s->rng ^= s->rng << 25;
	s->rng ^= s->rng >> 27;
	return (s->rng * UINT64_C(2685821657736338717) >> 33) % below;
}

int
sim_uplink(const struct sim *s, const char *name)
{
	size_t n;

	for (n = 0; n < s->conf->nuplinks; n++)
		if (strcmp(s->conf->uplinks[n].name, name) == 0)
			return (int)n;
	return -1;
}

int
sim_start(struct sim *s, const char *yaml, size_t len)
{
	char *text = NULL;
	size_t size, n;
	FILE *err = open_memstream(&text, &size);
	int rc;

	MUST(err != NULL);
	record_begin(s, yaml, len);
	rc = conf_parse(s->name, yaml, len, &conf_kinds_built_in, &s->conf,
	    err);
	fclose(err);
	if (rc != 0)
		sim_fail(s, "configuration: %.200s", text);
	free(text);
	if (rc != 0)
		return rc;
	if ((rc = kernel_new(s)) != 0)
		return rc;
	s->workers = calloc(s->conf->nuplinks, sizeof(*s->workers));
	MUST(s->workers != NULL);
	MUST(board_new(s->conf, &s->board) == 0);
	for (n = 0; n < s->conf->nuplinks; n++)
		worker_init(s, n);
	return 0;
}

/*
 * New connections: by every interface that the kernel may choose.  Time counts
 * as lost while one of them leads nowhere although another line works.
 */
static void
account(struct sim *s)
{
	int64_t passed = s->now_ns - s->looked_ns;
	char route[200];
	size_t fam, n;
	bool works, any, lost;

	s->looked_ns = s->now_ns;
	for (fam = 0; fam < NET_NFAM && passed > 0; fam++) {
		kernel_route(s, (enum net_fam)fam, route, sizeof(route));
		any = false;
		lost = strcmp(route, "none") == 0;
		for (n = 0; n < s->conf->nuplinks; n++) {
			works = worker_path_works(&s->workers[n],
			    (enum net_fam)fam);
			any |= works;
			if (!works && kernel_text_has(route,
			    s->conf->uplinks[n].ifname))
				lost = true;
		}
		if (any && lost)
			s->lost_ns[fam] += passed;
	}
}

void
sim_settle(struct sim *s)
{
	struct sys_notice note;
	bool any = false;
	size_t n;
	int rc;

	keeper_notices(s);
	while ((rc = sys_watch_next(s->eyes, &note)) == 1)
		any = true;
	for (n = 0; n < s->conf->nuplinks && (any || rc != 0); n++)
		worker_look(&s->workers[n]);
	/* What the workers' words have led to is seen by the parent too. */
	keeper_notices(s);
}

void
sim_run(struct sim *s, int64_t until_ns)
{
	int64_t next;

	until_ns += BEGIN;
	MUST(until_ns >= s->now_ns);
	while (!s->failed) {
		next = timers_next(s->timers);
		if (next > until_ns)
			break;
		if (next > s->now_ns)
			s->now_ns = next;
		account(s);
		(void)timers_run(s->timers, s->now_ns);
		sim_settle(s);
		wave_step(s);
		expect_pending(s);
		check_step(s);
		s->steps++;
	}
	if (s->failed)
		return;
	s->now_ns = until_ns;
	account(s);
}

int64_t
sim_time(const struct sim *s)
{
	return s->now_ns - BEGIN;
}
