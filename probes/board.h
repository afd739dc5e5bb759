/* SPDX-License-Identifier: ISC */
/*
 * board: what all uplinks of this process see of the targets that they share.
 * The one thing that workers share; a mutex inside, held for a few
 * instructions.  Only answers "does anybody reach it": judge_peer.c decides.
 */
#ifndef UPLINKD_PROBES_BOARD_H
#define UPLINKD_PROBES_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "probes/judge.h"

struct board;

/* Thread: main, before the workers.  conf outlives it.  0 or -ENOMEM. */
int	board_new(const struct conf *, struct board **);
/* Thread: main, after the workers.  Clears *; NULL is fine. */
void	board_free(struct board **);
/* Thread: main.  Where board_doubt writes a byte for this uplink; -1. */
void	board_listen(struct board *, size_t uplink, int fd);
/* Thread: any.  Does another uplink have this target, too? */
bool	board_shared(const struct board *, size_t uplink, size_t target);
/* Thread: any.  A sample that was sent at an instant. */
void	board_sample(struct board *, size_t uplink, size_t target, bool ok,
	    int64_t sent_ns);
/* Thread: any.  The uplink can (not) probe; not yet is what it begins with. */
void	board_line(struct board *, size_t uplink, bool probing);
/* Thread: any.  What the others say, by samples sent since an instant. */
enum peer	board_ask(struct board *, size_t uplink, size_t target,
	    int64_t since_ns);
/* Thread: any.  Has another one reached it by a sample sent since then? */
bool	board_reached(struct board *, size_t uplink, size_t target,
	    int64_t since_ns);
/*
 * Thread: any.  The identifier of an uplink's echo requests.  All have the
 * same, so that an answer that comes in by another line is seen there, and
 * counted; only uplinks of one interface differ, who see all that enters by it.
 */
uint16_t	board_id(const struct board *, size_t uplink);
/*
 * Thread: any.  The uplink doubts: others that share a target of it should
 * look now.  Writes one byte to each one's descriptor.
 */
void	board_doubt(struct board *, size_t uplink);

#endif
