/* SPDX-License-Identifier: ISC */
/*
 * script: reads a timeline file and runs it.  A file has a configuration
 * between `config` and `end`, then lines `TIME COMMAND`, in order of time;
 * what stands before the first time is done at the beginning.  See README.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "tests/sim/sim.h"

struct script {
	char	*yaml;
	size_t	 len;
	uint64_t seed;
};

bool
parse_time(const char *text, int64_t *ns)
{
	static const struct { const char *unit; int64_t ns; } units[] = {
		{ "ms", NS_PER_MS }, { "s", NS_PER_S },
		{ "m", 60 * NS_PER_S }, { "h", 3600 * NS_PER_S },
	};
	double value;
	char *end;
	size_t i;

	if (!isdigit((unsigned char)text[0]))
		return false;
	value = strtod(text, &end);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(end, units[i].unit) == 0 && value < 1e6) {
			*ns = (int64_t)(value * (double)units[i].ns + 0.5);
			return true;
		}
	return false;
}

bool
parse_number(const char *text, long min, long max, long *out)
{
	char *end;

	errno = 0;
	*out = strtol(text, &end, 0);
	return errno == 0 && end != text && *end == '\0' && *out >= min &&
	    *out <= max;
}

static size_t
split(char *line, char words[][SIM_WORD_MAX])
{
	size_t n = 0;
	char *save, *word;

	line[strcspn(line, "#\n")] = '\0';
	for (word = strtok_r(line, " \t", &save); word != NULL &&
	    n < SIM_WORDS_MAX; word = strtok_r(NULL, " \t", &save))
		if (snprintf(words[n++], SIM_WORD_MAX, "%s", word) >=
		    SIM_WORD_MAX)
			return 0;
	return n;
}

static bool
read_config(FILE *f, struct sim *s, struct script *sc)
{
	FILE *to = open_memstream(&sc->yaml, &sc->len);
	char line[SIM_LINE_MAX];
	bool ended = false;

	while (to != NULL && !ended && fgets(line, sizeof(line), f) != NULL) {
		s->line++;
		ended = strcmp(line, "end\n") == 0;
		if (!ended)
			fputs(line, to);
	}
	if (to != NULL)
		fclose(to);
	return ended;
}

static void
begin(struct sim *s)
{
	size_t n;

	if (keeper_start(s) != 0)
		return;
	centre_start(s);
	for (n = 0; n < s->conf->nuplinks; n++)
		worker_start(&s->workers[n]);
	sim_settle(s);
}

/* Before `begin` the kernel is prepared, after it things happen. */
static void
run_line(struct sim *s, char words[][SIM_WORD_MAX], size_t n, bool *begun)
{
	int64_t at;

	if (!parse_time(words[0], &at)) {
		if (*begun)
			sim_fail(s, "no time: %s", words[0]);
		else if (!command_run(s, words, n))
			sim_fail(s, "not understood: %s", words[0]);
		return;
	}
	if (!*begun)
		begin(s);
	*begun = true;
	if (s->failed)
		return;
	if (at < sim_time(s)) {
		sim_fail(s, "%s has passed", words[0]);
		return;
	}
	sim_run(s, at);
	if (s->failed)
		return;
	if (n < 2 || !(strcmp(words[1], "expect") == 0 ?
	    expect_run(s, words + 2, n - 2) :
	    command_run(s, words + 1, n - 1)))
		sim_fail(s, "not understood: %s", n < 2 ? "" : words[1]);
	sim_settle(s);
	check_step(s);
}

static void
run_lines(FILE *f, struct sim *s)
{
	char line[SIM_LINE_MAX], words[SIM_WORDS_MAX][SIM_WORD_MAX];
	bool begun = false;
	size_t n;

	while (!s->failed && fgets(line, sizeof(line), f) != NULL) {
		s->line++;
		n = split(line, words);
		if (n > 0)
			run_line(s, words, n, &begun);
	}
	if (!s->failed && !begun)
		sim_fail(s, "nothing happens");
	/* What is still awaited gets its time. */
	while (!s->failed && s->npending > 0)
		sim_run(s, sim_time(s) + NS_PER_S);
}

static void
run_file(FILE *f, struct sim *s)
{
	char line[SIM_LINE_MAX], words[SIM_WORDS_MAX][SIM_WORD_MAX];
	struct script sc = { NULL, 0, 1 };
	size_t n;

	while (fgets(line, sizeof(line), f) != NULL) {
		s->line++;
		n = split(line, words);
		if (n == 0)
			continue;
		if (n == 1 && strcmp(words[0], "config") == 0)
			break;
		sim_fail(s, "`config` is expected");
		return;
	}
	if (!read_config(f, s, &sc)) {
		free(sc.yaml);
		sim_fail(s, "`config` has no `end`");
		return;
	}
	if (sim_start(s, sc.yaml, sc.len) == 0)
		run_lines(f, s);
	free(sc.yaml);
}

int
script_run(const char *path, const char *record, bool verbose)
{
	const char *name = strrchr(path, '/') == NULL ? path :
	    strrchr(path, '/') + 1;
	struct sim *s = NULL;
	bool failed;
	FILE *f = fopen(path, "r");

	if (f == NULL) {
		printf("not ok - %s: %s\n", name, strerror(errno));
		return 1;
	}
	if (sim_new(name, 1, verbose, &s) != 0) {
		printf("not ok - %s: no temporary directory\n", name);
		fclose(f);
		return 1;
	}
	if (record != NULL && !record_open(s, record))
		sim_fail(s, "%s: %s", record, strerror(errno));
	else
		run_file(f, s);
	fclose(f);
	failed = s->failed;
	if (failed)
		printf("not ok - %s: %s\n", name, s->why);
	else
		printf("ok - %s (steps=%lu)\n", name, s->steps);
	sim_free(&s);
	return failed ? 1 : 0;
}
