/* SPDX-License-Identifier: ISC */
/*
 * value_flows: what becomes of connections, as one word or as a word and a
 * time.  Pure but for the report and the output.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/value.h"

#define AFTER	"kill-after "

static const struct {
	const char	*name;
	enum option_flows_policy policy;
} words[] = {
	{ "keep", OPTION_FLOWS_KEEP },
	{ "kill", OPTION_FLOWS_KILL },
	{ "kill-if-address-changed", OPTION_FLOWS_KILL_CHANGED },
};

#define NWORDS (sizeof(words) / sizeof(words[0]))

static void
read_after(struct report *r, const char *path, const struct node *n,
    const struct option *o, const char *s, struct option_flows *out)
{
	int64_t ns;

	if (!value_duration(s, &ns))
		value_wrong(r, path, n, "%.40s is not a duration: write a "
		    "whole number with us, ms, s, m, h or d", s);
	else if (ns < o->min || ns > o->max)
		value_wrong(r, path, n, "%.40s is out of range", s);
	else
		*out = (struct option_flows){ OPTION_FLOWS_KILL_AFTER, ns };
}

void
value_read_flows(struct report *r, const char *path, const struct node *n,
    const struct option *o, void *base)
{
	const char *s = value_scalar(r, path, n, "a word");
	struct option_flows *out = (void *)((char *)base + o->off);
	size_t i;

	if (s == NULL)
		return;
	if (strncmp(s, AFTER, strlen(AFTER)) == 0) {
		read_after(r, path, n, o, s + strlen(AFTER), out);
		return;
	}
	for (i = 0; i < NWORDS; i++)
		if (strcmp(s, words[i].name) == 0) {
			*out = (struct option_flows){ words[i].policy, 0 };
			return;
		}
	value_wrong(r, path, n, "%.40s is none of: keep, kill, kill-after "
	    "TIME, kill-if-address-changed", s);
}

void
value_print_flows(const struct option_flows *v, FILE *f)
{
	size_t i;

	for (i = 0; i < NWORDS; i++)
		if (words[i].policy == v->policy)
			fputs(words[i].name, f);
	if (v->policy != OPTION_FLOWS_KILL_AFTER)
		return;
	fputs(AFTER, f);
	value_print_duration(v->after_ns, f);
}
