/* SPDX-License-Identifier: ISC */
/*
 * window: the share of losses over the last while, each sample weighing the
 * time since the one before it.  So neither the quicker pace in doubt nor a
 * slower one bends the figure: a weight is fixed before its sample is drawn.
 * A ring of WINDOW_CELLS parts of the longest time asked for.  Pure.
 */
#ifndef UPLINKD_PROBES_WINDOW_H
#define UPLINKD_PROBES_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#define WINDOW_CELLS	24

struct window {
	int64_t		cell_ns;	/* time of one cell */
	int64_t		newest;		/* number of the newest cell */
	struct {
		uint32_t	all, lost;	/* in 100 us */
	} cells[WINDOW_CELLS];
};

/* Thread: owner, all.  Loss can be asked for up to longest_ns. */
void	window_init(struct window *, int64_t longest_ns);
void	window_clear(struct window *);
void	window_add(struct window *, bool lost, int64_t weight_ns,
	    int64_t now_ns);
/*
 * Loss of the last time_ns, per mille; -1 if samples cover less than least_ns
 * of it.
 */
int64_t	window_loss(const struct window *, int64_t time_ns, int64_t least_ns,
	    int64_t now_ns);

#endif
