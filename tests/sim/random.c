/* SPDX-License-Identifier: ISC */
/*
 * random: a configuration and faults by chance, all from one seed.  The
 * invariants of check.c hold all along; in the end everything is healed, and
 * after some time the kernel must be as the administrator last set it.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/must.h"
#include "tests/sim/sim.h"

#define STEPS_A_LIFE	200	/* then another configuration */
#define RECOVERY	(20 * 60 * NS_PER_S)

struct life {
	struct sim	*s;
	bool		gone[CONF_UPLINKS_MAX];	/* its interface */
	bool		six;
	bool		leased;		/* gateways are auto, by DHCP */
};

static char *
make_config(struct sim *s, struct life *l, size_t *len)
{
	static const char *const method[] = { "override", "withdraw" };
	unsigned n = 2 + (unsigned)sim_random(s, 3), i;
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	MUST(f != NULL);
	l->six = sim_random(s, 3) == 0;
	l->leased = !l->six && sim_random(s, 2) == 0;
	fprintf(f, "uplinks:\n");
	for (i = 1; i <= n; i++) {
		fprintf(f, "  ext%u:\n    interface: ext%u\n", i, i);
		if (l->leased)
			fprintf(f, "    gateway: auto\n");
		else if (l->six)
			fprintf(f, "    gateway: [192.0.%u.1, "
			    "\"2001:db8:%u::1\"]\n", i, i);
		else
			fprintf(f, "    gateway: 192.0.%u.1\n", i);
		fprintf(f, "    weight: %u\n    tier: %u\n",
		    1 + (unsigned)sim_random(s, 4),
		    1 + (unsigned)sim_random(s, 2));
		if (sim_random(s, 2) == 0)
			fprintf(f, "    clients: { only: [10.9.%u.0/24, "
			    "10.10.%u.0/24 tcp 443], prefer: 10.11.%u.0/24 "
			    "}\n", i, i, i);
		fprintf(f, "    advisors: { ifstated: { authority: decide, "
		    "ttl: 2m } }\n");
		fprintf(f, "    probe:\n      interval: 1s\n"
		    "      timeout: 1s\n      confirm: 200ms\n"
		    "      fall: %u\n      rise: %u\n      hold: %us\n",
		    1 + (unsigned)sim_random(s, 4),
		    1 + (unsigned)sim_random(s, 10),
		    (unsigned)sim_random(s, 3) * 30);
		fprintf(f, "      targets:\n        - ping: gateway\n"
		    "        - ping: 198.51.100.%u\n"
		    "        - ping: 203.0.113.%u\n", i, i);
	}
	fprintf(f, "routing:\n  method: %s\n",
	    method[sim_random(s, 2)]);
	fclose(f);
	return text;
}

static bool
doit(struct sim *s, const char *fmt, ...)
    __attribute__((__format__(__printf__, 2, 3)));

/* As if the line stood in a timeline. */
static bool
doit(struct sim *s, const char *fmt, ...)
{
	char line[SIM_LINE_MAX], words[SIM_WORDS_MAX][SIM_WORD_MAX];
	char *save, *word;
	va_list ap;
	size_t n = 0;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	sim_say(s, "> %s", line);
	for (word = strtok_r(line, " ", &save); word != NULL;
	    word = strtok_r(NULL, " ", &save))
		snprintf(words[n++], SIM_WORD_MAX, "%s", word);
	return command_run(s, words, n);
}

static void
path_fault(struct life *l, const char *up)
{
	static const char *const which[] = { "far", "gateway", "all" };
	struct sim *s = l->s;
	const char *w = which[sim_random(s, 3)];

	switch (sim_random(s, 5)) {
	case 0:
	case 1:
		(void)doit(s, "lose %s %s", up, w);
		break;
	case 2:
		(void)doit(s, "loss %s %s %u%%", up, w,
		    (unsigned)sim_random(s, 60));
		break;
	case 3:
		(void)doit(s, "delay %s %s %ums", up, w,
		    (unsigned)sim_random(s, 1500));
		break;
	default:
		(void)doit(s, "heal %s all", up);
		(void)doit(s, "delay %s all 10ms", up);
	}
}

static void
link_fault(struct life *l, size_t n, const char *up)
{
	struct sim *s = l->s;

	if (l->gone[n]) {
		(void)doit(s, "link %s create", up);
		l->gone[n] = false;
		return;
	}
	switch (sim_random(s, 7)) {
	case 0:
	case 1:
		(void)doit(s, "carrier %s down", up);
		break;
	case 2:
		(void)doit(s, "carrier %s up", up);
		break;
	case 3:
		(void)doit(s, "link %s down", up);
		break;
	case 4:
		(void)doit(s, "link %s up", up);
		break;
	case 5:
		(void)doit(s, "address %s %s 10.%zu.0.7/24", up,
		    sim_random(s, 2) == 0 ? "add" : "remove", n);
		break;
	default:
		(void)doit(s, "link %s remove", up);
		l->gone[n] = true;
	}
}

/* A whole default, as the administrator's script or a DHCP client sets it. */
static void
set_default(struct life *l, enum net_fam fam)
{
	struct sim *s = l->s;
	char hops[200] = "";
	size_t n;

	for (n = 0; n < s->conf->nuplinks; n++)
		if (!l->gone[n] && sim_random(s, 3) != 0)
			snprintf(hops + strlen(hops),
			    sizeof(hops) - strlen(hops), "%sext%zu*%u",
			    hops[0] != '\0' ? "+" : "", n + 1,
			    1 + (unsigned)sim_random(s, 3));
	if (sim_random(s, 3) == 0)
		snprintf(hops + strlen(hops), sizeof(hops) - strlen(hops),
		    "%slan0", hops[0] != '\0' ? "+" : "");
	if (hops[0] != '\0')
		(void)doit(s, "default %s via %s metric %u",
		    fam == NET_V4 ? "ipv4" : "ipv6", hops,
		    (fam == NET_V4 ? 0 : 1024) +
		    100 * (unsigned)sim_random(s, 2));
}

/*
 * A lease, perhaps of another gateway.  The two steps of a renewal may fall
 * apart.
 */
static void
lease(struct life *l, size_t n, bool first)
{
	static const unsigned last[] = { 1, 77, 254 };
	struct sim *s = l->s;

	if (l->gone[n])
		return;
	(void)doit(s, "gateway ext%zu ipv4 192.0.%zu.%u", n + 1, n + 1,
	    last[first ? 0 : sim_random(s, 3)]);
	if (!first && sim_random(s, 2) == 0)
		(void)doit(s, "default ipv4 none metric %zu", 1000 + n);
	if (first || sim_random(s, 4) != 0)
		(void)doit(s, "default ipv4 via ext%zu metric %zu proto 16",
		    n + 1, 1000 + n);
}

static void
other_fault(struct life *l, const char *up)
{
	static const char *const role[] = { "dispatcher", "probes", "parent" };
	static const char *const level[] = {
		"up", "down", "degraded", "unknown"
	};
	struct sim *s = l->s;
	const char *what;

	switch (sim_random(s, 8)) {
	case 0:
	case 1:
		/* A recording knows of the probes only. */
		what = role[sim_random(s, 3)];
		(void)doit(s, "restart %s", s->record == NULL ? what :
		    "probes");
		break;
	case 2:
		what = level[sim_random(s, 4)];
		if (s->record == NULL)
			(void)doit(s, "notify %s ifstated %s", up, what);
		break;
	case 3:
		(void)doit(s, "overrun");
		break;
	case 4:
		(void)doit(s, "fail %s %u ENOBUFS", sim_random(s, 2) == 0 ?
		    "route" : "reading", 1 + (unsigned)sim_random(s, 3));
		break;
	case 5:
		(void)doit(s, "rule %s %u 4711", sim_random(s, 2) == 0 ?
		    "add" : "remove", 30000 + (unsigned)sim_random(s, 6));
		break;
	case 6:
		/* It would name a gateway that is none any more. */
		if (l->leased)
			break;
		set_default(l, l->six && sim_random(s, 2) == 0 ? NET_V6 :
		    NET_V4);
		break;
	default:
		(void)doit(s, "flush");
	}
}

static void
fault(struct life *l)
{
	struct sim *s = l->s;
	size_t n = sim_random(s, s->conf->nuplinks);
	const char *up = s->conf->uplinks[n].name;

	if (l->leased && sim_random(s, 6) == 0) {
		lease(l, n, false);
		sim_settle(s);
		check_step(s);
		return;
	}
	switch (sim_random(s, 6)) {
	case 0:
	case 1:
	case 2:
		path_fault(l, up);
		break;
	case 3:
	case 4:
		link_fault(l, n, up);
		break;
	default:
		other_fault(l, up);
	}
	sim_settle(s);
	check_step(s);
}

static void
heal_all(struct life *l)
{
	struct sim *s = l->s;
	const char *up;
	size_t n;

	for (n = 0; n < s->conf->nuplinks; n++) {
		up = s->conf->uplinks[n].name;
		if (l->gone[n])
			(void)doit(s, "link %s create", up);
		l->gone[n] = false;
		(void)doit(s, "link %s up", up);
		(void)doit(s, "carrier %s up", up);
		(void)doit(s, "heal %s all", up);
		(void)doit(s, "delay %s all 10ms", up);
		(void)doit(s, "notify %s ifstated unknown", up);
		if (l->leased)
			lease(l, n, true);
		sim_settle(s);
	}
	/* No new dispatcher has made it forget how it flapped. */
	sim_run(s, sim_time(s) + (s->record == NULL ? 1 : 2) * RECOVERY);
}

static void
check_healed(struct sim *s)
{
	size_t n;

	for (n = 0; n < s->conf->nuplinks; n++)
		if (s->centre.up[n].state != UPLINK_UP)
			sim_fail(s, "%s is not up in the end",
			    s->conf->uplinks[n].name);
	if (s->centre.plan.engaged[NET_V4] != 0 ||
	    s->centre.plan.engaged[NET_V6] != 0)
		sim_fail(s, "the plan is engaged in the end");
	if (s->conf->routing.method == CONF_OVERRIDE &&
	    !kernel_main_untouched(s))
		sim_fail(s, "override has changed main");
	if (s->keeper.err != 0)
		sim_fail(s, "the kernel refuses something in the end");
}

static void
live(struct sim *s, unsigned long steps)
{
	struct life l = { .s = s };
	char *yaml;
	size_t len, n;

	yaml = make_config(s, &l, &len);
	if (sim_start(s, yaml, len) != 0) {
		free(yaml);
		return;
	}
	free(yaml);
	(void)kernel_link(s, "lan0", "create");
	(void)kernel_addr(s, "lan0", "198.18.99.2/24", true);
	(void)kernel_addr(s, "lan0", "2001:db8:99::2/64", true);
	if (keeper_start(s) != 0)
		return;
	centre_start(s);
	for (n = 0; n < s->conf->nuplinks; n++) {
		worker_start(&s->workers[n]);
		if (l.leased)
			lease(&l, n, true);
	}
	sim_settle(s);
	while (steps-- > 0 && !s->failed) {
		fault(&l);
		/* Mostly in quick succession, sometimes with time to heal. */
		sim_run(s, sim_time(s) + (int64_t)sim_random(s,
		    sim_random(s, 4) == 0 ? 120000 : 800) * NS_PER_MS);
	}
	if (!s->failed)
		heal_all(&l);
	if (!s->failed)
		check_healed(s);
}

int
random_run(uint64_t seed, unsigned long steps, const char *record,
    bool verbose)
{
	unsigned long now, done = 0, turns = 0;
	struct sim *s;
	bool failed = false;

	for (; steps > 0 && !failed; steps -= now, seed++) {
		now = steps < STEPS_A_LIFE ? steps : STEPS_A_LIFE;
		if (sim_new("random", seed, verbose, &s) != 0)
			return 1;
		if (record != NULL && !record_open(s, record))
			sim_fail(s, "%s cannot be written", record);
		else
			live(s, now);
		failed = s->failed;
		if (failed)
			printf("not ok - random (seed=%llu steps=%lu): %s\n",
			    (unsigned long long)seed, now, s->why);
		done += now;
		turns += s->steps;
		sim_free(&s);
	}
	if (!failed)
		printf("ok - random (last seed=%llu faults=%lu steps=%lu)\n",
		    (unsigned long long)seed - 1, done, turns);
	return failed ? 1 : 0;
}
