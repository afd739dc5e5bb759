/* SPDX-License-Identifier: ISC */
/*
 * dispatch_plugin: the actions that are plugins, counted, for those who ask
 * what there is.  What sort of file one is, is looked at when a job begins or
 * ends; only the parent's look decides anything.  Entered by the loop.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actions/plugin.h"
#include "dispatcher/dispatch.h"
#include "lib/clock.h"

static void
look(const struct dispatch *d, struct plugin_report *p)
{
	char path[PLUGIN_PATH_MAX];

	snprintf(p->kind, sizeof(p->kind), "%s", plugin_kind_name(
	    plugin_find(d->conf->plugin_dir, p->plugin, path)));
}

int
plugins_open(struct dispatch *d)
{
	const struct conf_action *a;
	const struct plugin_opts *opts;
	size_t i;

	d->plugins = calloc(d->conf->nactions + 1, sizeof(*d->plugins));
	if (d->plugins == NULL)
		return -ENOMEM;
	for (i = 0; i < d->conf->nactions; i++) {
		a = &d->conf->actions[i];
		if (strcmp(a->kind->name, "plugin") != 0)
			continue;
		opts = a->opts;
		snprintf(d->plugins[i].action, sizeof(d->plugins[i].action),
		    "%s", a->name);
		snprintf(d->plugins[i].plugin, sizeof(d->plugins[i].plugin),
		    "%s", opts->name);
		d->plugins[i].ended_wall_ms = -1;
		look(d, &d->plugins[i]);
	}
	return 0;
}

static void
publish_one(struct dispatch *d, size_t i)
{
	struct msg m;

	if (d->feed[0] == '\0' || d->plugins[i].action[0] == '\0')
		return;
	memset(&m, 0, sizeof(m));
	stamp(d, &m, MSG_PLUGIN);
	m.u.plugin = d->plugins[i];
	publish(d, &m);
}

void
plugins_publish(struct dispatch *d)
{
	size_t i;

	for (i = 0; i < d->conf->nactions; i++)
		publish_one(d, i);
}

void
plugins_note(struct dispatch *d, const struct lane_note *n)
{
	struct plugin_report *p;
	bool ran = n->took_ns >= 0;	/* else it waited, and will not run */
	size_t i;

	for (i = 0; i < d->conf->nactions; i++)
		if (strcmp(d->plugins[i].action, n->action) == 0)
			break;
	if (i == d->conf->nactions || n->what != POWER_ACTION)
		return;
	p = &d->plugins[i];
	if (n->phase == JOB_STARTED)
		p->running++;
	else {
		p->running -= ran && p->running > 0;
		p->done += n->phase == JOB_DONE;
		p->failed += n->phase == JOB_FAILED || n->phase == JOB_RETRY;
	}
	if (n->phase == JOB_DONE || n->phase == JOB_FAILED ||
	    n->phase == JOB_RETRY) {
		snprintf(p->uplink, sizeof(p->uplink), "%s",
		    d->conf->uplinks[n->uplink].name);
		p->ok = n->phase == JOB_DONE;
		p->ended_wall_ms = clock_wall_ms();
		memcpy(p->text, n->result.text, sizeof(p->text));
	}
	look(d, p);
	publish_one(d, i);
}
