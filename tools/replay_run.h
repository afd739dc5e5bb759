/* SPDX-License-Identifier: ISC */
/*
 * replay_run: a recording through the configuration of ctl, told on standard
 * output.  (A file of its own: getopt.h and lib/option.h do not go together.)
 */
#ifndef UPLINKD_TOOLS_REPLAY_RUN_H
#define UPLINKD_TOOLS_REPLAY_RUN_H

struct ctl;

/* path: "-" is standard input.  An exit status, after all was printed. */
int	replay_run(const struct ctl *, const char *path);

#endif
