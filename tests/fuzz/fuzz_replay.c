/* SPDX-License-Identifier: ISC */
/*
 * fuzz_replay: any lines as a recording.  They are taken or refused with a
 * reason, and what is said of them is in the order of time.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "dispatcher/kinds.h"
#include "lib/must.h"
#include "tools/replay.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char yaml[] =
    "uplinks:\n"
    "  ext1:\n    interface: ext1\n    gateway: 192.0.1.1\n"
    "    probe:\n      interval: 100ms\n      timeout: 100ms\n"
    "      fall: 2\n      rise: 2\n      hold: 1s\n"
    "      targets:\n        - ping: gateway\n"
    "        - ping: 198.51.100.1\n"
    "  ext2:\n    interface: ext2\n    gateway: 192.0.2.1\n    tier: 2\n"
    "    probe:\n      fall: 1\n      rise: 1\n"
    "      targets:\n        - ping: gateway\n"
    "        - ping: 198.51.100.1\n";

static void
change(void *arg, const struct replay_change *c)
{
	size_t *n = arg;

	MUST(c->uplink < 2 && level_name(c->level) != NULL &&
	    level_name(c->previous) != NULL && cause_name(c->cause) != NULL);
	(*n)++;
}

static void
note(void *arg, int64_t wall_ms, const char *text)
{
	size_t *n = arg;

	(void)wall_ms;
	MUST(text[0] != '\0');
	(*n)++;
}

static void
check_sum(const struct replay *r, size_t uplink)
{
	struct replay_sum s;

	replay_sum(r, uplink, &s);
	MUST(s.seen_ns >= 0 && s.unseen_ns >= 0);
	MUST(s.down_ns >= 0 && s.degraded_ns >= 0 && s.held_ns >= 0);
	MUST(s.down_ns + s.degraded_ns <= s.seen_ns);
	MUST(s.held_ns <= s.seen_ns && s.outages <= s.changes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t said = 0, at = 0, len;
	const struct replay_hooks hooks = { change, note, &said };
	/* Read once: it is not what is tried. */
	static struct conf *conf;
	struct replay *r = NULL;
	const char *why, *line, *end;
	int rc;

	if (conf == NULL)
		MUST(conf_parse("fuzz", yaml, sizeof(yaml) - 1,
		    &conf_kinds_built_in, &conf, stderr) == 0);
	MUST(replay_new(conf, &hooks, &r) == 0);
	for (; at < size; at += len + 1) {
		line = (const char *)data + at;
		end = memchr(line, '\n', size - at);
		len = end == NULL ? size - at : (size_t)(end - line);
		why = NULL;
		rc = replay_take(r, line, len, &why);
		MUST(rc == 0 || why != NULL);
	}
	replay_end(r);
	check_sum(r, 0);
	check_sum(r, 1);
	replay_free(&r);
	return 0;
}
