/* SPDX-License-Identifier: ISC */
/*
 * dispatch: the dispatcher's only loop.  It waits for the bus (probes and
 * feed), the parent's answers, entries that reached the disk and jobs that
 * started or ended, and never blocks on any of them.  Start: journal, lanes,
 * what the journal knows, the plan that follows from it; then the bus.
 */
#include "dispatcher/dispatch.h"

#include <sys/random.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/must.h"
#include "lib/sys.h"
#include "proto/power.h"

/*
 * Entries on their way back from the disk: more than can be under way, since
 * the loop that submits them empties this queue in each turn.
 */
#define DONE_MAX	32768
#define MESSAGES_A_TURN	256
#define SECOND		NS_PER_S
#define TIME_GAP	(3 * NS_PER_S)	/* we did not run: silence is ours */
#define START_GRACE	(10 * NS_PER_S)

static void
take_message(struct dispatch *d, const char *from, const void *buf,
    size_t len)
{
	const char *why;
	struct msg m;

	if (msg_decode(buf, len, &m, &why) != 0) {
		log_debug("dispatcher: message from %s refused: %s", from,
		    why != NULL ? why : "?");
		return;
	}
	switch (m.head.type) {
	case MSG_EVENT:
		event_take(d, from, &m);
		break;
	case MSG_HEARTBEAT:
		event_heartbeat(d, &m);
		break;
	case MSG_SAMPLES:
		event_samples(d, &m, buf, len);
		break;
	case MSG_TRAIL:
		event_trail(d, buf, len);
		break;
	case MSG_OPINION:
		event_opinion(d, from, &m);
		break;
	case MSG_HELLO:
		if (strcmp(d->feed, from) == 0)
			break;
		snprintf(d->feed, sizeof(d->feed), "%s", from);
		publish_all(d);
		lanes_tell(d, true);
		plugins_publish(d);
		break;
	default:
		log_debug("dispatcher: message from %s has no use here", from);
	}
}

static void
take_messages(struct dispatch *d)
{
	char from[DISPATCH_ID_MAX], buf[EVENT_BYTES_MAX];
	int i, n;

	for (i = 0; i < MESSAGES_A_TURN; i++) {
		n = zsock_recv(d->bus, from, buf, sizeof(buf));
		if (n == -EPROTO)
			continue;
		if (n < 0)
			return;
		take_message(d, from, buf, (size_t)n);
	}
}

static void
take_entries(struct dispatch *d)
{
	struct journal_op *op;

	while ((op = queue_try(d->done)) != NULL)
		event_journalled(d, &op);
}

static void
take_notes(struct dispatch *d)
{
	struct lane_note *n;

	while ((n = queue_try(d->notes)) != NULL) {
		jobs_note(d, n);
		free(n);
	}
}

static void
set(struct dispatch *d, struct timer *t, int64_t due_ns)
{
	if (due_ns == CLOCK_NEVER)
		timers_clear(d->timers, t);
	else
		MUST(timers_set(d->timers, t, due_ns) == 0);
}

static void
second_fired(struct timer *t, int64_t now_ns)
{
	struct dispatch *d = t->arg;

	lanes_tell(d, false);
	event_stale(d, now_ns);
	plan_again(d, now_ns);
	publish_all(d);
	set(d, t, now_ns + SECOND);
}

static void
due_fired(struct timer *t, int64_t now_ns)
{
	struct dispatch *d = t->arg;

	event_tick(d, now_ns);
}

static int64_t
wake_due(const struct dispatch *d)
{
	int64_t mail_ns = mail_due(d);
	int64_t step_ns = recovery_due(d, clock_mono_ns());

	return mail_ns < step_ns ? mail_ns : step_ns;
}

/* The turn that it begins ends with outbox and ladder. */
static void
wake_fired(struct timer *t, int64_t now_ns)
{
	(void)t;
	(void)now_ns;
}

static void
retry_fired(struct timer *t, int64_t now_ns)
{
	struct dispatch *d = t->arg;

	(void)now_ns;
	event_retry(d);
}

/*
 * We were stopped, or the machine slept: nobody's silence can be told from
 * our own deafness, so all get their time again.
 */
static void
forgive_gap(struct dispatch *d)
{
	int64_t now_ns = clock_mono_ns();
	size_t i;

	if (now_ns - d->turn_ns > TIME_GAP)
		for (i = 0; i < d->conf->nuplinks; i++)
			d->stations[i].heard_ns = now_ns;
	d->turn_ns = now_ns;
}

static void
turn(struct dispatch *d)
{
	zmq_pollitem_t items[] = {
		{ zsock_raw(d->bus), 0, ZMQ_POLLIN, 0 },
		{ NULL, d->parent, ZMQ_POLLIN, 0 },
		{ NULL, queue_fd(d->done), ZMQ_POLLIN, 0 },
		{ NULL, queue_fd(d->notes), ZMQ_POLLIN, 0 },
	};
	int64_t now_ns;

	set(d, &d->due, event_due(d));
	set(d, &d->wake, wake_due(d));
	if (d->nfailed > 0 && d->retry.pos == 0)
		set(d, &d->retry, clock_mono_ns() + SECOND);
	if (zmq_poll(items, 4, clock_poll_ms(timers_next(d->timers),
	    clock_mono_ns())) == -1)
		MUST(errno == EINTR);
	forgive_gap(d);
	if (items[1].revents != 0)
		plan_answer(d);
	if (items[0].revents != 0)
		take_messages(d);
	if (items[2].revents != 0)
		take_entries(d);
	if (items[3].revents != 0)
		take_notes(d);
	if (d->plan_unsent)
		plan_again(d, clock_mono_ns());
	now_ns = clock_mono_ns();
	(void)timers_run(d->timers, now_ns);
	flows_look(d, now_ns);
	recovery_look(d, now_ns);
	mail_pump(d, now_ns);
	spill_look(d, now_ns);
}

static int
open_journal(struct dispatch *d, struct journal_past *past)
{
	char path[512], e[ERR_TEXT_MAX];
	int rc;

	snprintf(path, sizeof(path), "%s/journal.db", d->conf->state_dir);
	d->done = queue_new(DONE_MAX, true, NULL);
	if (d->done == NULL)
		return -ENOMEM;
	rc = journal_open(path, d->done, &d->journal);
	if (rc == 0)
		rc = journal_load(d->journal, d->conf, past);
	if (rc != 0)
		log_err("journal %s: %s", path, err_text(rc, e));
	return rc;
}

static void
take_up(struct dispatch *d, struct journal_past *past)
{
	size_t i;

	event_restore(d, past);
	recovery_restore(d, past);
	mail_restore(d, past);
	plan_update(d, NULL);
	spill_restore(d, past);
	for (i = 0; i < past->njobs; i++) {
		log_info("action %s: taken up again after a restart (job=%llu)",
		    past->jobs[i]->key, (unsigned long long)past->jobs[i]->id);
		jobs_submit(d, &past->jobs[i]);
	}
	past->njobs = 0;
}

static int
init(struct dispatch *d, const struct role_env *env)
{
	int64_t now_ns = clock_mono_ns();
	size_t i;

	memset(d, 0, sizeof(*d));
	d->magic = DISPATCH_MAGIC;
	d->conf = env->conf;
	d->parent = env->parent;
	d->turn_ns = now_ns;
	MUST(getrandom(&d->epoch, sizeof(d->epoch), 0) == sizeof(d->epoch));
	d->second.fire = second_fired;
	d->due.fire = due_fired;
	d->retry.fire = retry_fired;
	d->wake.fire = wake_fired;
	d->second.arg = d->due.arg = d->retry.arg = d->wake.arg = d;
	d->timers = timers_new();
	d->stations = calloc(env->conf->nuplinks, sizeof(*d->stations));
	if (d->timers == NULL || d->stations == NULL)
		return -ENOMEM;
	for (i = 0; i < env->conf->nuplinks; i++) {
		uplink_init(&d->stations[i].up, &env->conf->uplinks[i],
		    now_ns);
		d->stations[i].heard_ns = now_ns + START_GRACE;
		d->stations[i].since_wall_ms = clock_wall_ms();
		d->stations[i].rtt_us = d->stations[i].jitter_us = -1;
		d->stations[i].loss = -1;
	}
	set(d, &d->second, now_ns + SECOND);
	return fcntl(env->parent, F_SETFL, O_NONBLOCK) == -1 ? -errno : 0;
}

static int
start(struct dispatch *d, const struct role_env *env)
{
	struct journal_past past = { 0 };
	uint32_t ready = POWER_READY;
	char path[512];
	int rc;

	rc = init(d, env);
	if (rc == 0)
		rc = open_journal(d, &past);
	if (rc == 0)
		rc = jobs_open(d);
	if (rc == 0)
		rc = mail_open(d);
	if (rc == 0)
		rc = recovery_open(d);
	if (rc == 0) {
		take_up(d, &past);
		d->zctx = zctx_new();
		rc = d->zctx == NULL ? -errno : 0;
	}
	journal_past_free(&past);
	if (rc != 0)
		return rc;
	snprintf(path, sizeof(path), "%s/%s", d->conf->run_dir,
	    ROLE_SOCK_BUS);
	rc = zsock_open(d->zctx, ZSOCK_BUS, path, env->listen[0], NULL,
	    &d->bus);
	if (rc == 0)
		(void)power_send(d->parent, &ready, sizeof(ready), NULL, 0);
	return rc;
}

/* What is on disk is not lost by this; what is not comes again. */
static void
drop_entries(struct dispatch *d)
{
	struct journal_op *op;
	size_t i;

	while (d->done != NULL && (op = queue_try(d->done)) != NULL)
		entry_drop(&op);
	for (i = 0; i < d->nfailed; i++)
		entry_drop(&d->failed[i]);
	free(d->failed);
	queue_free(&d->done);
}

static void
stop(struct dispatch *d)
{
	jobs_close(d);
	mail_close(d);
	recovery_close(d);
	journal_close(&d->journal);
	drop_entries(d);
	zsock_close(&d->bus);
	zctx_free(&d->zctx);
	free(d->stations);
	timers_free(&d->timers);
	d->magic = 0;
}

int
dispatcher_run(const struct role_env *env)
{
	struct dispatch d;
	char e[ERR_TEXT_MAX];
	sigset_t all;
	int rc;

	/* Before the first thread, so that none takes a signal. */
	sigfillset(&all);
	MUST(pthread_sigmask(SIG_BLOCK, &all, NULL) == 0);
	rc = start(&d, env);
	if (rc != 0)
		log_err("dispatcher: start: %s", err_text(rc, e));
	while (rc == 0 && !d.stopping)
		turn(&d);
	stop(&d);
	return rc == 0 ? 0 : 1;
}
