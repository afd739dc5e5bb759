/* SPDX-License-Identifier: ISC */
/*
 * report_table: the experiments as tables for people.  What is 0 is said with
 * the time in which it was 0.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/report.h"

#define TRIALS		1000	/* outages, of the shipped settings */
#define TRIALS_OTHERS	300
#define TRIALS_GAP	200
#define TRIALS_TROUBLE	100
/* Settings that are only there to compare are tried on a part of the days. */
#define PART		4

struct work {
	uint64_t	seed;
	unsigned	percent;
};

static unsigned
share(const struct work *w, unsigned full)
{
	unsigned n = full * w->percent / 100;

	return n > 0 ? n : 1;
}

static double
seconds(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

/* Up to 79 columns; what follows begins at the indent. */
static void
print_wrapped(const char *text, int indent)
{
	int at = indent - 1, len;

	for (; *text != '\0'; text += len) {
		text += strspn(text, " ");
		len = (int)strcspn(text, " ");
		if (at + 1 + len > 79) {
			printf("\n%*s", indent - 1, "");
			at = indent - 1;
		}
		printf(" %.*s", len, text);
		at += 1 + len;
	}
	printf("\n");
}

static void
print_lines(void)
{
	const struct line_model *m;
	size_t i;

	printf("Lines: time to far hosts and to the gateway, what is added to "
	    "it on average\n(exponential), bursts of loss: time from one to "
	    "the next, length, loss within;\nloss at any other time.\n\n");
	printf("%-10s %6s %6s %6s %8s %8s %7s %8s\n", "", "far", "gate",
	    "jitter", "each", "length", "within", "else");
	for (i = 0; i < nline_models; i++) {
		m = &line_models[i];
		printf("%-10s %4.0fms %4.0fms %4.0fms %7.0fs %6.0fms %5u %% "
		    "%6.3f %%\n", m->name, seconds(m->rtt_ns) * 1000,
		    seconds(m->gateway_rtt_ns) * 1000,
		    seconds(m->jitter_ns) * 1000, seconds(m->gap_ns),
		    seconds(m->burst_ns) * 1000, m->burst_loss / 10,
		    m->loss / 1000.0);
	}
	printf("\n");
	for (i = 0; i < nline_models; i++) {
		printf("%-10s", line_models[i].name);
		print_wrapped(line_models[i].why, 11);
		if (*line_models[i].settings != '\0')
			printf("%-10s with %s\n", "", line_models[i].settings);
	}
}

static void
print_tools(void)
{
	size_t i;

	printf("\nSettings of ours are interval, confirm, fall; the rest is "
	    "as shipped.\n");
	for (i = 1; i < nours; i++)
		printf("%-16s %s\n", tools[i].name, tools[i].settings);
	printf("%-16s a ping each 500ms; down above 20 %% of 60s, or 500ms\n"
	    "%-16s a ping each 10s, 4s long; down after 5, up after 5\n"
	    "%-16s a ping each 1s, 1s long; down after 1, up after 1\n"
	    "%-16s each 60s three pings to gateway and far host\n",
	    "dpinger", "mwan3", "keepalived", "ifstated");
}

/* A rate, or what it is below with 95 % (three divided by the time). */
static void
print_rate(unsigned n, double years)
{
	double rate = n > 0 ? n / years : 3 / years;
	char text[32];

	snprintf(text, sizeof(text), "%s%.*f", n > 0 ? "" : "< ",
	    rate < 10 ? 1 : 0, rate);
	printf(" %8s", text);
}

static void
print_row(const struct work *w, const struct tool *t,
    const struct line_model *m)
{
	bool part = t > tools && t < tools + nours && t != tools + ncalm;
	unsigned trials = share(w, t == tools ? TRIALS : TRIALS_OTHERS);
	double days = (double)m->days * w->percent / 100 / (part ? PART : 1);
	struct try_outage far, all;
	struct try_calm calm;
	double years;

	try_outage(t, m, w->seed, ALL_FAR, NULL, trials, &far);
	try_outage(t, m, w->seed, ALL_HOSTS, NULL, trials, &all);
	try_calm(t, m, w->seed, days, true, &calm);
	years = calm.days / 365;
	printf("%-16s", t->name);
	if (far.down.n + all.down.n == 0)
		printf(" %6s %6s %6s %6s %6s", "-", "-", "-", "-", "-");
	else
		printf(" %6.2f %6.2f %6.2f %6.2f %6.1f",
		    seconds(times_at(&far.down, 50)),
		    seconds(times_at(&far.down, 99)),
		    seconds(times_at(&far.down, 100)),
		    seconds(times_at(&all.down, 100)),
		    seconds(times_at(&far.up, 50)));
	printf(" %6u %6.2f", calm.downs, years);
	print_rate(calm.downs, years);
	print_rate(calm.switches, years);
	printf(" %8.0f\n", calm.packets_per_day);
	if (far.skipped + all.skipped > 0)
		printf("%-16s was down already when %u of %u outages began\n",
		    "", far.skipped + all.skipped, 2 * trials);
	if (far.missed + all.missed > 0)
		printf("%-16s did not notice %u of %u outages\n", "",
		    far.missed + all.missed, 2 * trials);
	fflush(stdout);
	try_outage_free(&far);
	try_outage_free(&all);
}

static void
print_outages(const struct work *w)
{
	size_t l, t;

	printf("\nOutages of 150 s at random moments (%u, in other rows "
	    "%u): seconds until\n`down` if the far hosts fall silent "
	    "(median, p99, max) and if all do (max); until\n`up` (median). "
	    "Then false alarms, which are `down` without any outage: how\n"
	    "many in how many years, how many a year (below, with 95 %%); "
	    "how often a year\ntraffic was taken off a line (hold); packets "
	    "sent a day, by one line.\n", share(w, TRIALS), share(w,
	    TRIALS_OTHERS));
	for (l = 0; l < nline_models; l++) {
		printf("\n%-16s %6s %6s %6s %6s %6s %6s %6s %8s %8s %8s\n",
		    line_models[l].name, "median", "p99", "max", "all",
		    "up", "false", "years", "a year", "off", "packets");
		for (t = 0; t < ntools; t++)
			print_row(w, &tools[t], &line_models[l]);
	}
}

/* Not all settings are in all tables. */
static bool
has_column(size_t tool)
{
	return tool == 0 || tool == ncalm || tool >= nours;
}

static void
print_heads(const char *first)
{
	size_t t;

	printf("%-6s", first);
	for (t = 0; t < ntools; t++)
		if (has_column(t))
			printf(" %14s", tools[t].name);
	printf("\n");
}

static void
print_gaps(const struct work *w)
{
	static const int64_t gaps_ms[] = { 500, 1000, 1500, 2000, 2500, 3000,
	    4000, 5000, 10000, 15000, 30000, 60000 };
	unsigned trials = share(w, TRIALS_GAP), hit;
	size_t g, t;

	printf("\nA fibre line is dead for so long: per cent of %u times in "
	    "which it is `down`.\n\n", trials);
	print_heads("");
	for (g = 0; g < sizeof(gaps_ms) / sizeof(gaps_ms[0]); g++) {
		printf("%5.1fs", (double)gaps_ms[g] / 1000);
		for (t = 0; t < ntools; t++) {
			if (!has_column(t))
				continue;
			hit = try_gap(&tools[t], &line_models[0], w->seed,
			    gaps_ms[g] * NS_PER_MS, trials);
			printf(" %12.0f %%", 100.0 * hit / trials);
		}
		printf("\n");
		fflush(stdout);
	}
}

static void
print_trouble(const struct work *w, const struct situation *s)
{
	unsigned trials = share(w, TRIALS_TROUBLE);
	struct try_trouble r;
	double degraded = 0;
	int64_t after_ns = 0;
	size_t t;

	printf("%s\n%-6s", s->name, "");
	for (t = 0; t < ntools; t++) {
		if (!has_column(t))
			continue;
		try_trouble(&tools[t], &line_models[0], w->seed, &s->trouble,
		    s->hosts, trials, &r);
		if (r.hit == 0)
			printf(" %14s", "0 %");
		else
			printf(" %5.0f %% %4.0f s", 100.0 * r.hit / trials,
			    seconds(times_at(&r.down, 50)));
		if (t == 0) {
			degraded = 100 * (double)r.degraded.n / trials;
			after_ns = times_at(&r.degraded, 50);
		}
		try_trouble_free(&r);
	}
	printf("\n");
	if (degraded > 0)
		printf("%-6s and shipped is degraded in %.0f %%, after %.0f s"
		    "\n", "", degraded, seconds(after_ns));
	fflush(stdout);
}

void
report_tables(uint64_t seed, unsigned percent)
{
	struct work w = { .seed = seed, .percent = percent };
	size_t s;

	printf("seed %llu, %u %% of the full trials and days\n\n",
	    (unsigned long long)seed, percent);
	print_lines();
	print_tools();
	print_outages(&w);
	print_gaps(&w);
	printf("\nTen minutes of trouble on a fibre line that is no outage, "
	    "%u times: per cent in\nwhich the line is `down`, and after how "
	    "long (median of the first).  Tools that\nask one host ask the "
	    "one that is in trouble.\n\n", share(&w, TRIALS_TROUBLE));
	print_heads("");
	for (s = 0; s < nsituations; s++)
		print_trouble(&w, &situations[s]);
}
