/* SPDX-License-Identifier: ISC */
/*
 * window: sums in cells; what is older than the ring is overwritten.
 */
#include "probes/window.h"

#include <string.h>

#include "lib/clock.h"

/* 32 bits of it are five days. */
#define UNIT	(100 * NS_PER_US)

/* The oldest cell asked for is counted whole, so one more is needed. */
void
window_init(struct window *w, int64_t longest_ns)
{
	memset(w, 0, sizeof(*w));
	w->cell_ns = longest_ns / (WINDOW_CELLS - 1);
	if (w->cell_ns < NS_PER_MS)
		w->cell_ns = NS_PER_MS;
}

void
window_clear(struct window *w)
{
	memset(w->cells, 0, sizeof(w->cells));
}

/* Moves on to the cell of now; what it held before is gone. */
static size_t
cell_of(struct window *w, int64_t now_ns)
{
	int64_t n = now_ns / w->cell_ns;

	if (n - w->newest >= WINDOW_CELLS)
		window_clear(w);
	else
		for (; w->newest < n; w->newest++)
			memset(&w->cells[(w->newest + 1) % WINDOW_CELLS], 0,
			    sizeof(w->cells[0]));
	if (n > w->newest)
		w->newest = n;
	return (size_t)(n % WINDOW_CELLS);
}

void
window_add(struct window *w, bool lost, int64_t weight_ns, int64_t now_ns)
{
	size_t at = cell_of(w, now_ns);
	uint32_t part = (uint32_t)(weight_ns / UNIT);

	w->cells[at].all += part;
	if (lost)
		w->cells[at].lost += part;
}

int64_t
window_loss(const struct window *w, int64_t time_ns, int64_t least_ns,
    int64_t now_ns)
{
	int64_t n = now_ns / w->cell_ns, all = 0, lost = 0, i;
	int64_t cells = (time_ns + w->cell_ns - 1) / w->cell_ns;

	for (i = n - cells; i <= w->newest; i++) {
		if (i < 0 || i <= w->newest - WINDOW_CELLS)
			continue;
		all += w->cells[i % WINDOW_CELLS].all;
		lost += w->cells[i % WINDOW_CELLS].lost;
	}
	if (all * UNIT < least_ns || all == 0)
		return -1;
	return (lost * 1000 + all / 2) / all;
}
