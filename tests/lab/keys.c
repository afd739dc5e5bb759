/* SPDX-License-Identifier: ISC */
/*
 * keys: the path of every configuration key that the tables know, one a line.
 * tests/lint.sh looks each up in the manual.
 */
#include <stdio.h>

#include "conf/conf.h"
#include "dispatcher/kinds.h"

static void
each(const char *path, const struct option *row, void *arg)
{
	(void)row;
	(void)arg;
	puts(path);
}

int
main(void)
{
	conf_walk(&conf_kinds_built_in, each, NULL);
	return 0;
}
