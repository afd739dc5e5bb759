/* SPDX-License-Identifier: ISC */
/*
 * probes: the role that watches.  Splits the uplinks over worker threads;
 * each worker has one event loop, one DEALER to the dispatcher, its own watch
 * on the kernel's links, and owns its uplinks' sockets and verdicts.
 */
#ifndef UPLINKD_PROBES_PROBES_H
#define UPLINKD_PROBES_PROBES_H

struct conf;

struct probes_env {
	const struct conf *conf;	/* outlives the call */
	int		 parent;	/* power socket; end of file = stop */
	const char	*bus;		/* path of the dispatcher's socket */
};

/*
 * Thread: main of the probes process.  Blocks all signals: what ends it is
 * the parent closing its socket.  Returns the exit status.
 */
int	probes_run(const struct probes_env *);

#endif
