/* SPDX-License-Identifier: ISC */
/*
 * clock: the only place that asks for the time.  Instants and durations
 * inside the engine are int64_t monotonic nanoseconds; wall time appears in
 * mail, log and journal only.
 */
#ifndef UPLINKD_LIB_CLOCK_H
#define UPLINKD_LIB_CLOCK_H

#include <stdint.h>

#define NS_PER_US	INT64_C(1000)
#define NS_PER_MS	INT64_C(1000000)
#define NS_PER_S	INT64_C(1000000000)
#define CLOCK_NEVER	INT64_MAX

#define CLOCK_TEXT_MAX	32

/* Thread: any.  CLOCK_MONOTONIC, the same for all processes of one boot. */
int64_t	clock_mono_ns(void);
/* Thread: any.  CLOCK_REALTIME in milliseconds since 1970. */
int64_t	clock_wall_ms(void);
/* Thread: any.  The same in nanoseconds, to compare with the kernel's stamps. */
int64_t	clock_wall_ns(void);
/* Thread: any.  RFC 3339 in UTC, "2026-11-23T11:32:00.123Z"; returns buf. */
const char	*clock_text(int64_t wall_ms, char buf[CLOCK_TEXT_MAX]);
/* Thread: any.  A duration for people: "350ms", "4.2s", "3m12s", "2h05m". */
const char	*clock_span(int64_t ns, char buf[CLOCK_TEXT_MAX]);
/*
 * Thread: any.  Milliseconds that poll(2) should wait for an instant, rounded
 * up; -1 for CLOCK_NEVER, 0 if it has come; at most one hour.
 */
int	clock_poll_ms(int64_t due_ns, int64_t now_ns);

#endif
