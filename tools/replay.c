/* SPDX-License-Identifier: ISC */
/*
 * replay: lines of a recording, whose they are and when.  A trail is said up
 * to a second after what it tells, so what is replayed stays REPLAY_LAG behind
 * what is read.
 */
#include "tools/replay.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/must.h"
#include "tools/replay_part.h"

#define BATCHES_MAX	1024		/* on their way */
/* Between two starts of the machine; a wall clock may say anything. */
#define AWAY_MAX	(30 * 86400 * NS_PER_S)
#define TIME_MAX	(INT64_MAX / 4)

int64_t
replay_wall_ms(const struct replay *r, int64_t ns)
{
	return ns / NS_PER_MS + r->wall_off_ms;
}

void
replay_note(struct replay *r, int64_t ns, const char *fmt, ...)
{
	char text[EVENT_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	r->hooks.note(r->hooks.arg, replay_wall_ms(r, ns), text);
}

/* ---- a trail */

/*
 * From the recording's clock to ours, which never goes back: one that does is
 * another start of the machine, and people's clock tells how long that took.
 */
static int
place_in_time(struct replay *r, const struct msg_head *h, int64_t *t_ns)
{
	int64_t away_ms = h->wall_ms - r->newest_wall_ms;

	if (r->any && h->mono_ns + r->shift_ns < r->newest_ns - REPLAY_LAG) {
		batch_run(r, r->newest_ns);
		if (away_ms < 0)
			away_ms = 0;
		if (away_ms > AWAY_MAX / NS_PER_MS)
			away_ms = AWAY_MAX / NS_PER_MS;
		r->shift_ns = r->newest_ns + REPLAY_LAG + away_ms * NS_PER_MS -
		    h->mono_ns;
	}
	*t_ns = h->mono_ns + r->shift_ns;
	if (*t_ns > TIME_MAX)
		return -EPROTO;
	if (!r->any) {
		/* Not zero, which means never. */
		r->now_ns = *t_ns > REPLAY_LAG ? *t_ns - REPLAY_LAG : 1;
		r->from_wall_ms = h->wall_ms;
	}
	if (!r->any || *t_ns >= r->newest_ns) {
		r->newest_ns = *t_ns;
		r->newest_wall_ms = r->to_wall_ms = h->wall_ms;
		r->wall_off_ms = h->wall_ms - *t_ns / NS_PER_MS;
	}
	r->any = true;
	return 0;
}

static struct rline *
find_line(struct replay *r, const char *name, int64_t ns)
{
	size_t i;

	for (i = 0; i < r->conf->nuplinks; i++)
		if (strcmp(r->conf->uplinks[i].name, name) == 0)
			return &r->lines[i];
	for (i = 0; i < r->nstrangers; i++)
		if (strcmp(r->strangers[i], name) == 0)
			return NULL;
	if (r->nstrangers < CONF_UPLINKS_MAX) {
		memcpy(r->strangers[r->nstrangers++], name, EVENT_NAME_MAX);
		replay_note(r, ns, "%s is not in the configuration: left out",
		    name);
	}
	return NULL;
}

static int
take_trail(struct replay *r, const struct msg *m, const char **why)
{
	const struct trail *t = &m->u.trail;
	struct rline *l;
	int64_t t_ns;

	*why = "a time beyond all others";
	if (place_in_time(r, &m->head, &t_ns) != 0)
		return -EPROTO;
	*why = NULL;
	l = find_line(r, t->uplink, t_ns);
	if (l == NULL)
		return 0;
	if (batch_take(l, t, t_ns) != 0)
		return -ENOMEM;
	batch_run(r, r->newest_ns - REPLAY_LAG);
	while (r->nbatches > BATCHES_MAX)
		batch_run(r, timers_next(r->timers));
	return r->rc;
}

/* ---- other lines */

/* What follows it is not what follows what was before. */
static void
break_off(struct replay *r, const char *uplink)
{
	size_t i;

	for (i = 0; i < r->conf->nuplinks; i++)
		if (uplink == NULL ||
		    strcmp(r->conf->uplinks[i].name, uplink) == 0)
			r->lines[i].broken = true;
}

/* Lines that are no messages of the daemon's. */
static int
take_own(struct replay *r, const char *line, size_t len, const char **why)
{
	json_t *o = json_loadb(line, len, 0, NULL);
	const char *type = json_string_value(json_object_get(o, "type"));
	int rc = 0;

	if (type == NULL)
		rc = -EPROTO;
	else if (strcmp(type, "record") == 0)
		break_off(r, NULL);
	else if (strcmp(type, "gap") == 0)
		break_off(r, json_string_value(json_object_get(o,
		    "uplink")));
	else
		rc = -EPROTO;
	json_decref(o);
	if (rc == 0)
		*why = NULL;
	return rc;
}

static void
take_event(struct replay *r, const struct event *ev)
{
	size_t i;

	for (i = 0; i < r->conf->nuplinks; i++)
		if (strcmp(r->conf->uplinks[i].name, ev->uplink) == 0 &&
		    ev->level != ev->previous &&
		    (ev->previous != LEVEL_UNKNOWN ||
		    r->lines[i].sum.recorded > 0))
			r->lines[i].sum.recorded++;
}

int
replay_take(struct replay *r, const char *line, size_t len, const char **why)
{
	struct msg m;
	int rc;

	rc = msg_decode(line, len, &m, why);
	if (rc == -ENOMEM)
		return rc;
	/* Whatever is too deep or too long is none of ours either. */
	if (rc == -EPROTO && strcmp(*why, "no such type") == 0)
		return take_own(r, line, len, why);
	if (rc != 0)
		return -EPROTO;
	if (m.head.type == MSG_TRAIL)
		return take_trail(r, &m, why);
	if (m.head.type == MSG_EVENT)
		take_event(r, &m.u.event);
	return 0;
}

/* ---- beginning and end */

int
replay_new(const struct conf *conf, const struct replay_hooks *hooks,
    struct replay **out)
{
	struct replay *r = calloc(1, sizeof(*r));
	enum plan_standing standing[CONF_UPLINKS_MAX];
	struct plan plan;
	size_t i;
	int rc = -ENOMEM;

	*out = NULL;
	if (r == NULL)
		return rc;
	r->conf = conf;
	r->hooks = *hooks;
	r->timers = timers_new();
	r->lines = calloc(conf->nuplinks, sizeof(*r->lines));
	if (r->timers != NULL && r->lines != NULL)
		rc = board_new(conf, &r->board);
	for (i = 0; i < conf->nuplinks && rc == 0; i++) {
		rc = rline_init(&r->lines[i], r, i);
		standing[i] = PLAN_GOOD;
	}
	if (rc != 0) {
		replay_free(&r);
		return rc;
	}
	plan_make(conf, standing, &plan);
	for (i = 0; i < conf->nuplinks; i++)
		r->carries[i] = plan_uses(conf, &plan, i);
	*out = r;
	return 0;
}

static void
missing_targets(struct replay *r, const struct rline *l)
{
	size_t i;

	for (i = 0; i < l->conf->probe.ntargets; i++)
		if (!l->ever[i])
			replay_note(r, r->newest_ns, "target \"%s\" of %s "
			    "was not recorded: it took no part",
			    l->conf->probe.targets[i].label, l->conf->name);
}

void
replay_end(struct replay *r)
{
	size_t i;

	batch_run(r, r->newest_ns);
	for (i = 0; i < r->conf->nuplinks && r->any; i++) {
		rline_account(&r->lines[i], r->now_ns);
		if (!r->lines[i].recorded)
			replay_note(r, r->newest_ns, "%s was not recorded: "
			    "it counts as working", r->conf->uplinks[i].name);
		else
			missing_targets(r, &r->lines[i]);
	}
}

void
replay_free(struct replay **rp)
{
	struct replay *r = *rp;
	size_t i;

	if (r == NULL)
		return;
	*rp = NULL;
	batch_drop_all(r);
	/* Before those whose timers are set. */
	timers_free(&r->timers);
	for (i = 0; r->lines != NULL && i < r->conf->nuplinks; i++)
		rline_free(&r->lines[i]);
	free(r->lines);
	board_free(&r->board);
	free(r);
}

void
replay_sum(const struct replay *r, size_t uplink, struct replay_sum *out)
{
	*out = r->lines[uplink].sum;
}

bool
replay_times(const struct replay *r, int64_t *from_wall_ms,
    int64_t *to_wall_ms)
{
	*from_wall_ms = r->from_wall_ms;
	*to_wall_ms = r->to_wall_ms;
	return r->any;
}
