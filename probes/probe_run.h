/* SPDX-License-Identifier: ISC */
/*
 * probe_run: options of the kind `run`, read by the parent too.
 */
#ifndef UPLINKD_PROBES_PROBE_RUN_H
#define UPLINKD_PROBES_PROBE_RUN_H

#include <stdint.h>

struct check_opts {
	char		**argv;
	char		*user;
	int64_t		timeout_ns;
	int64_t		interval_ns;	/* from start to start; 0 = each round */
};

#endif
