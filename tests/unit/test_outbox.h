/* SPDX-License-Identifier: ISC */
/* What the tests of the outbox share: a box, and events for it. */
#ifndef UPLINKD_TEST_OUTBOX_H
#define UPLINKD_TEST_OUTBOX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "dispatcher/outbox.h"
#include "dispatcher/retry.h"
#include "lib/clock.h"

#define HOUR	(3600 * NS_PER_S)

static struct outbox_conf conf = { .fold_ns = 30 * NS_PER_S,
    .limit = { .n = 20, .per_ns = HOUR }, .expire_ns = 5 * 24 * HOUR,
    .retry_ns = 10 * NS_PER_S, .nuplinks = 2 };

static inline struct outbox
box(void)
{
	struct outbox o;

	assert_int_equal(outbox_init(&o, &conf), 0);
	return o;
}

static inline void
event(struct outbox *o, int64_t now_ns, uint32_t uplink, enum level level,
    uint64_t id)
{
	struct msg m = { .head.wall_ms = 1 + now_ns / NS_PER_MS };

	m.u.event.level = level;
	m.u.event.previous = level == LEVEL_UP ? LEVEL_DOWN : LEVEL_UP;
	assert_int_equal(outbox_event(o, now_ns, uplink, &m, id, NULL, 0,
	    true), 0);
}

#endif
