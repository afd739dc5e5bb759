/* SPDX-License-Identifier: ISC */
/*
 * must: a broken promise of our own code ends the process with file and
 * line, in every build.  Never for input: configuration, wire, kernel, child
 * output and command line get an error instead.
 */
#ifndef UPLINKD_LIB_MUST_H
#define UPLINKD_LIB_MUST_H

/* Thread: any.  Does not return; writes one line to stderr and the log. */
_Noreturn void	must_fail(const char *file, int line, const char *what);

#define MUST(cond)							\
	((cond) ? (void)0 : must_fail(__FILE__, __LINE__, #cond))

#endif
