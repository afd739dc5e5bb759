/* SPDX-License-Identifier: ISC */
/*
 * command: what a timeline (or chance) does to the lines, the kernel and the
 * daemon.  One row per command; see README.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "tests/sim/sim.h"

#define BACK	(300 * NS_PER_MS)	/* a role that died is there again */

typedef bool command_fn(struct sim *, char words[][SIM_WORD_MAX], size_t n);

static struct worker *
find(struct sim *s, const char *name)
{
	int n = sim_uplink(s, name);

	return n < 0 ? NULL : &s->workers[n];
}

static bool
on_paths(struct sim *s, char words[][SIM_WORD_MAX],
    void (*fn)(struct path *, int64_t), int64_t value)
{
	struct worker *w = find(s, words[1]);
	bool any = false;
	size_t i;

	for (i = 0; w != NULL && i < w->conf->probe.ntargets; i++) {
		if (!worker_matches(w, i, words[2]))
			continue;
		fn(&w->paths[i], value);
		any = true;
	}
	return any;
}

static void
set_dead(struct path *p, int64_t value)
{
	p->dead = value != 0;
}

static void
set_loss(struct path *p, int64_t value)
{
	p->loss = (unsigned)value;
}

static void
set_delay(struct path *p, int64_t value)
{
	p->delay_ns = value;
}

static bool
lose(struct sim *s, char words[][SIM_WORD_MAX], size_t n)
{
	(void)n;
	return on_paths(s, words, set_dead, 1);
}

static bool
heal(struct sim *s, char words[][SIM_WORD_MAX], size_t n)
{
	(void)n;
	return on_paths(s, words, set_dead, 0) &&
	    on_paths(s, words, set_loss, 0);
}

static bool
loss(struct sim *s, char words[][SIM_WORD_MAX], size_t n)
{
	long percent;

	(void)n;
	words[3][strcspn(words[3], "%")] = '\0';
	return parse_number(words[3], 0, 100, &percent) &&
	    on_paths(s, words, set_loss, percent);
}

static bool
delay(struct sim *s, char words[][SIM_WORD_MAX], size_t n)
{
	int64_t ns;

	(void)n;
	return parse_time(words[3], &ns) && on_paths(s, words, set_delay, ns);
}

static bool
carrier(struct sim *s, char words[][SIM_WORD_MAX], size_t n)
{
	(void)n;
	if (strcmp(words[2], "up") == 0)
		return kernel_link(s, words[1], "carrier") == 0;
	return strcmp(words[2], "down") == 0 &&
	    kernel_link(s, words[1], "no-carrier") == 0;
}

/* wave ext1 far 300ms | wave ext1 carrier worst | wave ext1 off */
static bool
wave(struct sim *s, char words[][SIM_WORD_MAX], size_t n)
{
	struct worker *w = find(s, words[1]);
	int64_t ns = 0;

	if (w == NULL || (n == 3) != (strcmp(words[2], "off") == 0))
		return false;
	if (n == 3) {
		wave_stop(s, w->n);
		return true;
	}
	if (strcmp(words[3], "worst") != 0 &&
	    (!parse_time(words[3], &ns) || ns < 2 * NS_PER_MS))
		return false;
	wave_start(s, w->n, words[2], ns);
	return true;
}

static bool
linkcmd(struct sim *s, char words[][SIM_WORD_MAX], size_t n)
{
	(void)n;
	return kernel_link(s, words[1], words[2]) == 0;
}

static bool
address(struct sim *s, char words[][SIM_WORD_MAX], size_t n)
{
	bool add = strcmp(words[2], "add") == 0;

	(void)n;
	if (!add && strcmp(words[2], "remove") != 0)
		return false;
	return kernel_addr(s, words[1], words[3], add) == 0;
}

static bool
gateway(struct sim *s, char words[][SIM_WORD_MAX], size_t n)
{
	int up = sim_uplink(s, words[1]);

	(void)n;
	return up >= 0 && kernel_gateway(s, (size_t)up,
	    strcmp(words[2], "ipv6") == 0 ? NET_V6 : NET_V4, words[3]) == 0;
}

static bool
defaultcmd(struct sim *s, char words[][SIM_WORD_MAX], size_t n)
{
	return kernel_default(s, words + 1, n - 1) == 0;
}

static bool
rule(struct sim *s, char words[][SIM_WORD_MAX], size_t n)
{
	return kernel_rule(s, words + 1, n - 1) == 0;
}

static bool
flush(struct sim *s, char words[][SIM_WORD_MAX], size_t n)
{
	(void)words;
	(void)n;
	kernel_flush_ours(s);
	return true;
}

static bool
vanish(struct sim *s, char words[][SIM_WORD_MAX], size_t n)
{
	(void)n;
	kernel_drop_default(s, strcmp(words[1], "ipv6") == 0 ? NET_V6 :
	    NET_V4);
	return true;
}

static bool
overrun(struct sim *s, char words[][SIM_WORD_MAX], size_t n)
{
	(void)words;
	(void)n;
	kernel_overrun(s);
	return true;
}

static bool
failcmd(struct sim *s, char words[][SIM_WORD_MAX], size_t n)
{
	static const struct { const char *name; int err; } errs[] = {
		{ "ENOBUFS", -ENOBUFS }, { "ENOMEM", -ENOMEM },
		{ "EINVAL", -EINVAL }, { "ENETUNREACH", -ENETUNREACH },
		{ "EPERM", -EPERM }, { "EBUSY", -EBUSY },
	};
	long nth;
	size_t i;

	(void)n;
	if (!parse_number(words[2], 1, 1000, &nth))
		return false;
	for (i = 0; i < sizeof(errs) / sizeof(errs[0]); i++)
		if (strcmp(words[3], errs[i].name) == 0)
			return kernel_fail(s, words[1], (unsigned)nth,
			    errs[i].err) == 0;
	return false;
}

static void
restart_probes(struct sim *s)
{
	size_t n;

	for (n = 0; n < s->conf->nuplinks; n++) {
		worker_stop(&s->workers[n]);
		worker_start(&s->workers[n]);
	}
}

static bool
restart(struct sim *s, char words[][SIM_WORD_MAX], size_t n)
{
	(void)n;
	if (strcmp(words[1], "probes") == 0) {
		restart_probes(s);
	} else if (strcmp(words[1], "dispatcher") == 0) {
		centre_stop(s, BACK);
	} else if (strcmp(words[1], "parent") == 0) {
		/* The children end with it; the next one finds the kernel. */
		keeper_stop(s);
		centre_stop(s, BACK);
		s->centre.nbacklog = 0;
		restart_probes(s);
		return keeper_start(s) == 0;
	} else {
		return false;
	}
	return true;
}

/* The probes are silent for a time. */
static bool
stop(struct sim *s, char words[][SIM_WORD_MAX], size_t n)
{
	bool begin = strcmp(words[0], "start") == 0;
	size_t i;

	(void)n;
	if (strcmp(words[1], "probes") != 0)
		return false;
	for (i = 0; i < s->conf->nuplinks; i++)
		if (begin && !s->workers[i].running)
			worker_start(&s->workers[i]);
		else if (!begin)
			worker_stop(&s->workers[i]);
	return true;
}

static bool
notify(struct sim *s, char words[][SIM_WORD_MAX], size_t n)
{
	struct worker *w = find(s, words[1]);
	enum level level = level_parse(words[3]);
	size_t i;

	(void)n;
	for (i = 0; w != NULL && level != 0 && i < w->conf->nadvisors; i++)
		if (strcmp(w->conf->advisors[i].name, words[2]) == 0) {
			centre_advise(s, w->n, i, level);
			return true;
		}
	return false;
}

static bool
mark(struct sim *s, char words[][SIM_WORD_MAX], size_t n)
{
	(void)words;
	(void)n;
	s->keeper.writes = 0;
	memset(s->lost_ns, 0, sizeof(s->lost_ns));
	memset(s->centre.events, 0, sizeof(s->centre.events));
	memset(s->centre.jobs, 0, sizeof(s->centre.jobs));
	return true;
}

static const struct {
	const char	*name;
	size_t		 min, max;	/* words, the name included */
	command_fn	*fn;
} commands[] = {
	{ "lose", 3, 3, lose },
	{ "heal", 3, 3, heal },
	{ "loss", 4, 4, loss },
	{ "delay", 4, 4, delay },
	{ "carrier", 3, 3, carrier },
	{ "wave", 3, 4, wave },
	{ "link", 3, 3, linkcmd },
	{ "address", 4, 4, address },
	{ "gateway", 4, 4, gateway },
	{ "default", 3, SIM_WORDS_MAX, defaultcmd },
	{ "rule", 3, SIM_WORDS_MAX, rule },
	{ "flush", 1, 1, flush },
	{ "vanish", 2, 2, vanish },
	{ "overrun", 1, 1, overrun },
	{ "fail", 4, 4, failcmd },
	{ "restart", 2, 2, restart },
	{ "stop", 2, 2, stop },
	{ "start", 2, 2, stop },
	{ "notify", 4, 4, notify },
	{ "mark", 1, 1, mark },
};

bool
command_run(struct sim *s, char words[][SIM_WORD_MAX], size_t n)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(words[0], commands[i].name) != 0)
			continue;
		return n >= commands[i].min && n <= commands[i].max &&
		    commands[i].fn(s, words, n);
	}
	return false;
}
