/* SPDX-License-Identifier: ISC */
/*
 * clock: asks the system for the time and writes times for people.  Owns
 * nothing; any thread.
 */
#include "lib/clock.h"

#include <stdio.h>
#include <time.h>

#include "lib/must.h"

#define POLL_MAX_MS	(3600 * 1000)

int64_t
clock_mono_ns(void)
{
	struct timespec ts;

	MUST(clock_gettime(CLOCK_MONOTONIC, &ts) == 0);
	return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

int64_t
clock_wall_ns(void)
{
	struct timespec ts;

	MUST(clock_gettime(CLOCK_REALTIME, &ts) == 0);
	return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

int64_t
clock_wall_ms(void)
{
	return clock_wall_ns() / NS_PER_MS;
}

const char *
clock_text(int64_t wall_ms, char buf[CLOCK_TEXT_MAX])
{
	int64_t ms = wall_ms % 1000;
	time_t s = (time_t)(wall_ms / 1000);
	char date[CLOCK_TEXT_MAX - 6];
	struct tm tm;

	if (ms < 0) {
		ms += 1000;
		s--;
	}
	if (gmtime_r(&s, &tm) == NULL ||
	    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		snprintf(buf, CLOCK_TEXT_MAX, "?");
	else
		snprintf(buf, CLOCK_TEXT_MAX, "%s.%03dZ", date, (int)ms);
	return buf;
}

const char *
clock_span(int64_t ns, char buf[CLOCK_TEXT_MAX])
{
	int64_t s;

	if (ns < 0)
		ns = 0;
	s = ns / NS_PER_S;
	if (ns < NS_PER_S)
		snprintf(buf, CLOCK_TEXT_MAX, "%dms", (int)(ns / NS_PER_MS));
	else if (s < 60)
		snprintf(buf, CLOCK_TEXT_MAX, "%d.%ds", (int)s,
		    (int)(ns % NS_PER_S / (100 * NS_PER_MS)));
	else if (s < 3600)
		snprintf(buf, CLOCK_TEXT_MAX, "%dm%02ds", (int)(s / 60),
		    (int)(s % 60));
	else if (s < 2 * 86400)
		snprintf(buf, CLOCK_TEXT_MAX, "%dh%02dm", (int)(s / 3600),
		    (int)(s % 3600 / 60));
	else
		snprintf(buf, CLOCK_TEXT_MAX, "%lldd%02dh",
		    (long long)(s / 86400), (int)(s % 86400 / 3600));
	return buf;
}

int
clock_poll_ms(int64_t due_ns, int64_t now_ns)
{
	int64_t ms;

	if (due_ns == CLOCK_NEVER)
		return -1;
	if (due_ns <= now_ns)
		return 0;
	/* Else the difference would not fit. */
	if (now_ns < 0 && due_ns > INT64_MAX + now_ns)
		return POLL_MAX_MS;
	ms = (due_ns - now_ns - 1) / NS_PER_MS + 1;
	return ms > POLL_MAX_MS ? POLL_MAX_MS : (int)ms;
}
