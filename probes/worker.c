/* SPDX-License-Identifier: ISC */
/*
 * worker: the thread's loop.  It waits for replies, for the kernel's word on
 * links, for acknowledgements and for the next due time; nothing in it can
 * block.  Start and stop are handshakes with main.
 */
#include "probes/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include <zmq.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/must.h"
#include "lib/sys.h"

#define SECOND		NS_PER_S
#define RESEND		(NS_PER_S / 2)
#define LOOK		(10 * NS_PER_S)	/* links are read again even so */
#define TIME_GAP	(5 * NS_PER_S / 2)	/* we wake at least each second */
#define POLLS_A_LINE	(4 * WORKER_KINDS)

static void
look(struct worker *w)
{
	struct net_link *links = NULL;
	struct net_ifaddr *addrs = NULL;
	size_t nlinks = 0, naddrs = 0, i;
	char e[ERR_TEXT_MAX];
	int rc;

	rc = sys_links(w->sys, &links, &nlinks);
	if (rc == 0)
		rc = sys_addrs(w->sys, &addrs, &naddrs);
	w->relook = rc != 0;
	if (rc != 0)
		log_warning("probes: links cannot be read: %s",
		    err_text(rc, e));
	for (i = 0; i < w->nlines && rc == 0; i++)
		line_links(&w->lines[i], links, nlinks, addrs, naddrs);
	free(links);
	free(addrs);
}

static void
take_notices(struct worker *w)
{
	struct sys_notice note;
	int rc;

	while ((rc = sys_watch_next(w->sys, &note)) == 1)
		w->relook = true;
	/* Lost notices, too, mean no more than "look again". */
	if (rc != 0)
		w->relook = true;
}

static void
take_messages(struct worker *w)
{
	char from[ZSOCK_ID_MAX * 4], buf[EVENT_BYTES_MAX];
	const char *why;
	struct msg m;
	int n;

	while ((n = zsock_recv(w->sock, from, buf, sizeof(buf))) >= 0 ||
	    n == -EPROTO)
		if (n >= 0 && msg_decode(buf, (size_t)n, &m, &why) == 0 &&
		    m.head.type == MSG_ACK)
			out_acked(w, &m);
}

static void
second_fired(struct timer *t, int64_t now_ns)
{
	struct worker *w = t->arg;
	size_t i;

	for (i = 0; i < w->nlines; i++) {
		out_heartbeat(&w->lines[i]);
		out_samples(&w->lines[i]);
	}
	if (w->relook)
		look(w);
	MUST(timers_set(w->timers, t, now_ns + SECOND) == 0);
}

static void
resend_fired(struct timer *t, int64_t now_ns)
{
	struct worker *w = t->arg;

	out_resend(w);
	MUST(timers_set(w->timers, t, now_ns + RESEND) == 0);
}

static void
look_fired(struct timer *t, int64_t now_ns)
{
	struct worker *w = t->arg;

	look(w);
	MUST(timers_set(w->timers, t, now_ns + LOOK) == 0);
}

static size_t
fill_polls(struct worker *w, zmq_pollitem_t *items)
{
	struct pollfd pfd[POLLS_A_LINE];
	size_t n = 0, i, k, got;

	items[n++] = (zmq_pollitem_t){ zsock_raw(w->sock), 0, ZMQ_POLLIN, 0 };
	items[n++] = (zmq_pollitem_t){ NULL, w->watch, ZMQ_POLLIN, 0 };
	items[n++] = (zmq_pollitem_t){ NULL, w->stop[0], ZMQ_POLLIN, 0 };
	for (i = 0; i < w->nlines; i++) {
		got = line_polls(&w->lines[i], pfd, POLLS_A_LINE);
		for (k = 0; k < got; k++)
			items[n++] = (zmq_pollitem_t){ NULL, pfd[k].fd,
			    ZMQ_POLLIN, 0 };
	}
	return n;
}

/*
 * We were stopped, or the machine slept: what was in flight proves nothing.
 * Replies that did arrive meanwhile carry the kernel's time and still count;
 * they are read first.
 */
static void
forget_gap(struct worker *w, int64_t now_ns)
{
	size_t i;

	if (now_ns - w->turn_ns <= TIME_GAP)
		return;
	log_info("probes: did not run for %lld ms: probes in flight are "
	    "forgotten", (long long)((now_ns - w->turn_ns) / NS_PER_MS));
	for (i = 0; i < w->nlines; i++)
		line_forget(&w->lines[i]);
}

static int
wait_ms(struct worker *w)
{
	int64_t due = timers_next(w->timers), one;
	size_t i;

	for (i = 0; i < w->nlines; i++) {
		one = line_due(&w->lines[i]);
		due = one < due ? one : due;
	}
	return clock_poll_ms(due, clock_mono_ns());
}

/* False: stop. */
static bool
turn(struct worker *w, zmq_pollitem_t *items)
{
	size_t n = fill_polls(w, items), i;
	int64_t now_ns;

	w->turn_ns = clock_mono_ns();
	if (zmq_poll(items, (int)n, wait_ms(w)) == -1)
		MUST(errno == EINTR || errno == ENOMEM);
	now_ns = clock_mono_ns();
	forget_gap(w, now_ns);
	if (items[2].revents != 0)
		return false;
	/* A line without carrier is news before anything else. */
	if (items[1].revents != 0) {
		take_notices(w);
		look(w);
	}
	for (i = 0; i < w->nlines; i++)
		line_run(&w->lines[i], now_ns);
	if (items[0].revents != 0)
		take_messages(w);
	(void)timers_run(w->timers, now_ns);
	return true;
}

static int
open_all(struct worker *w)
{
	char id[ZSOCK_ID_MAX];
	int rc;

	w->timers = timers_new();
	if (w->timers == NULL)
		return -ENOMEM;
	MUST(getrandom(&w->epoch, sizeof(w->epoch), 0) == sizeof(w->epoch));
	snprintf(id, sizeof(id), "probes/%u.%08x", (unsigned)w->number,
	    (unsigned)(w->epoch >> 32));
	rc = zsock_open(w->zctx, ZSOCK_BUS_PEER, w->bus, -1, id, &w->sock);
	if (rc == 0)
		rc = sys_open(&w->sys);
	if (rc == 0)
		rc = sys_watch(w->sys, SYS_WATCH_LINKS, &w->watch);
	return rc;
}

static int
start_lines(struct worker *w)
{
	int64_t now_ns = clock_mono_ns();
	uint32_t index;
	size_t i;
	int rc;

	for (i = 0; i < w->nlines; i++) {
		index = w->lines[i].index;
		rc = line_init(&w->lines[i], w, index);
		if (rc != 0)
			return rc;
	}
	w->second.fire = second_fired;
	w->resend.fire = resend_fired;
	w->look.fire = look_fired;
	w->second.arg = w->resend.arg = w->look.arg = w;
	rc = timers_set(w->timers, &w->second, now_ns + SECOND);
	rc |= timers_set(w->timers, &w->resend, now_ns + RESEND);
	rc |= timers_set(w->timers, &w->look, now_ns + LOOK);
	if (rc == 0)
		look(w);
	return rc == 0 ? 0 : -ENOMEM;
}

static void
close_all(struct worker *w)
{
	size_t i;

	for (i = 0; i < w->nlines; i++)
		line_free(&w->lines[i]);
	out_free(w);
	zsock_close(&w->sock);
	sys_close(&w->sys);
	timers_free(&w->timers);
}

static void *
worker_main(void *arg)
{
	struct worker *w = arg;
	zmq_pollitem_t *items = calloc(3 + w->nlines * POLLS_A_LINE,
	    sizeof(*items));
	int rc;

	sys_thread_name(w->source);
	rc = items == NULL ? -ENOMEM : open_all(w);
	if (rc == 0)
		rc = start_lines(w);
	MUST(write(w->started[1], &rc, sizeof(rc)) == sizeof(rc));
	while (rc == 0 && turn(w, items))
		;
	close_all(w);
	free(items);
	return NULL;
}

int
worker_start(const struct conf *conf, size_t number, const uint32_t *lines,
    size_t nlines, int power, const char *bus, void *zctx,
    struct worker **out)
{
	struct worker *w = calloc(1, sizeof(*w));
	size_t i;
	int rc = -ENOMEM;

	*out = NULL;
	if (w == NULL || (w->lines = calloc(nlines, sizeof(*w->lines))) ==
	    NULL || pipe2(w->stop, O_CLOEXEC) == -1 ||
	    pipe2(w->started, O_CLOEXEC) == -1) {
		if (w != NULL)
			free(w->lines);
		free(w);
		return rc;
	}
	w->conf = conf;
	w->number = number;
	w->power = power;
	w->bus = bus;
	w->zctx = zctx;
	w->nlines = nlines;
	w->unacked_end = &w->unacked;
	for (i = 0; i < nlines; i++)
		w->lines[i].index = lines[i];
	snprintf(w->source, sizeof(w->source), "probes/%zu", number);
	MUST(pthread_create(&w->thread, NULL, worker_main, w) == 0);
	MUST(read(w->started[0], &rc, sizeof(rc)) == sizeof(rc));
	*out = w;
	if (rc != 0)
		worker_stop(out);
	return rc;
}

void
worker_stop(struct worker **wp)
{
	struct worker *w = *wp;

	if (w == NULL)
		return;
	*wp = NULL;
	close(w->stop[1]);
	MUST(pthread_join(w->thread, NULL) == 0);
	close(w->stop[0]);
	close(w->started[0]);
	close(w->started[1]);
	free(w->lines);
	free(w);
}
