/* SPDX-License-Identifier: ISC */
/*
 * worker: the thread's loop.  It waits for replies, for the kernel's word on
 * links, for acknowledgements and for the next due time; nothing in it can
 * block.  Start and stop are handshakes with main.
 */
#include "probes/worker.h"

#include <sys/random.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zmq.h>

#include "lib/clock.h"
#include "lib/must.h"
#include "lib/sys.h"

#define SECOND		NS_PER_S
#define RESEND		(NS_PER_S / 2)	/* the loop turns that often */
#define LOOK		(10 * NS_PER_S)	/* links are read again even so */
#define TIME_GAP	NS_PER_S
#define ITEMS_FIRST	64		/* room; more is made when needed */

enum { ITEM_BUS, ITEM_WATCH, ITEM_STOP, ITEM_NUDGE, ITEM_LINES };

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

	for (i = 0; i < w->nlines; i++)
		line_second(&w->lines[i], now_ns);
	if (w->relook)
		worker_look(w);
	MUST(timers_set(w->timers, t, now_ns + SECOND) == 0);
}

static void
resend_fired(struct timer *t, int64_t now_ns)
{
	struct worker *w = t->arg;

	w->unsent = true;
	MUST(timers_set(w->timers, t, now_ns + RESEND) == 0);
}

static void
look_fired(struct timer *t, int64_t now_ns)
{
	struct worker *w = t->arg;

	worker_look(w);
	MUST(timers_set(w->timers, t, now_ns + LOOK) == 0);
}

static void
put_item(struct worker *w, size_t at, void *sock, int fd)
{
	w->items[at] = (zmq_pollitem_t){ sock, fd, ZMQ_POLLIN, 0 };
}

static short
zmq_events(short events)
{
	return (short)(((events & POLLIN) != 0 ? ZMQ_POLLIN : 0) |
	    ((events & POLLOUT) != 0 ? ZMQ_POLLOUT : 0));
}

/* Room for n; what does not fit for lack of memory is not waited for. */
static bool
make_room(struct worker *w, size_t n)
{
	zmq_pollitem_t *items;

	if (n <= w->nitems)
		return true;
	items = realloc(w->items, 2 * n * sizeof(*items));
	if (items == NULL)
		return false;
	w->items = items;
	w->nitems = 2 * n;
	return true;
}

/* The line's descriptors from place n on; returns the next place. */
static size_t
fill_line(struct worker *w, struct line *l, size_t n)
{
	struct pollfd few[ITEMS_FIRST], *pfd = few;
	bool rest = rest_now(&w->rest);
	size_t want = line_polls(l, rest, few, ITEMS_FIRST), k;

	if (want > ITEMS_FIRST) {
		pfd = calloc(want, sizeof(*pfd));
		if (pfd != NULL)
			want = line_polls(l, rest, pfd, want);
	}
	if (pfd == NULL || !make_room(w, n + want))
		want = 0;
	for (k = 0; k < want; k++)
		w->items[n + k] = (zmq_pollitem_t){ NULL, pfd[k].fd,
		    zmq_events(pfd[k].events), 0 };
	if (pfd != few)
		free(pfd);
	l->poll_at = n;
	l->npolls = want;
	return n + want;
}

static size_t
fill_polls(struct worker *w)
{
	size_t n = ITEM_LINES, i;

	put_item(w, ITEM_BUS, zsock_raw(w->sock), 0);
	put_item(w, ITEM_WATCH, NULL, w->watch);
	put_item(w, ITEM_STOP, NULL, w->stop[0]);
	put_item(w, ITEM_NUDGE, NULL, w->nudge[0]);
	for (i = 0; i < w->nlines; i++)
		n = fill_line(w, &w->lines[i], n);
	return n;
}

static void
take_nudges(struct worker *w)
{
	unsigned char who[64];
	ssize_t n;
	size_t i, k;

	while ((n = read(w->nudge[0], who, sizeof(who))) > 0)
		for (k = 0; k < (size_t)n; k++)
			for (i = 0; i < w->nlines; i++)
				if (w->lines[i].index == who[k])
					line_nudge(&w->lines[i]);
}

static int
wait_ms(struct worker *w, int max_ms)
{
	int64_t due = timers_next(w->timers), one;
	size_t i;
	int ms;

	if (rest_now(&w->rest) && w->rest.until_ns < due)
		due = w->rest.until_ns;
	for (i = 0; i < w->nlines; i++) {
		one = line_due(&w->lines[i]);
		due = one < due ? one : due;
	}
	ms = clock_poll_ms(due, clock_mono_ns());
	return ms == -1 || ms > max_ms ? max_ms : ms;
}

/*
 * We were stopped, or the machine slept: what is in flight proves nothing.
 * Replies that did arrive meanwhile carry the kernel's time and still count;
 * they have been read.
 */
static void
forget(struct worker *w, int64_t gap_ns)
{
	size_t i;

	log_info("%s: did not run for %lld ms: probes in flight are forgotten",
	    w->source, (long long)(gap_ns / NS_PER_MS));
	for (i = 0; i < w->nlines; i++)
		line_forget(&w->lines[i]);
}

static void
run_lines(struct worker *w, bool gap, int64_t now_ns)
{
	struct line *l;
	bool readable, any = false;
	size_t i, k;

	for (i = 0; i < w->nlines; i++) {
		l = &w->lines[i];
		readable = false;
		for (k = 0; k < l->npolls; k++)
			readable |= w->items[l->poll_at + k].revents != 0;
		any |= readable;
		/* After a gap everything is overdue, by no fault of a line. */
		line_run(l, readable || gap, gap ? 0 : now_ns);
	}
	rest_took(&w->rest, any, now_ns);
}

bool
worker_turn(struct worker *w, int max_ms)
{
	int64_t wait_ns, now_ns, gap_ns;
	size_t n = fill_polls(w), i;
	bool gap;

	wait_ns = clock_mono_ns();
	if (zmq_poll(w->items, (int)n, wait_ms(w, max_ms)) == -1)
		MUST(errno == EINTR);
	if (w->items[ITEM_STOP].revents != 0) {
		for (i = 0; i < w->nlines; i++)
			line_sum_up(&w->lines[i]);
		return false;
	}
	now_ns = clock_mono_ns();
	gap_ns = now_ns - w->woke_ns;
	gap = gap_ns > TIME_GAP;
	w->waited_ns = now_ns - wait_ns;
	w->woke_before_ns = w->woke_ns;
	w->woke_ns = now_ns;
	/* A line without carrier is news before anything else. */
	if (w->items[ITEM_WATCH].revents != 0) {
		worker_notices(w);
		if (w->relook)
			worker_look(w);
	}
	run_lines(w, gap, now_ns);
	if (gap)
		forget(w, gap_ns);
	if (w->items[ITEM_NUDGE].revents != 0)
		take_nudges(w);
	if (w->items[ITEM_BUS].revents != 0)
		take_messages(w);
	(void)timers_run(w->timers, now_ns);
	if (w->unsent)
		out_resend(w);
	return true;
}

static int
open_sockets(struct worker *w)
{
	char id[ZSOCK_ID_MAX];
	int rc;

	w->timers = timers_new();
	if (w->timers == NULL || !make_room(w, ITEMS_FIRST))
		return -ENOMEM;
	MUST(getrandom(&w->epoch, sizeof(w->epoch), 0) == sizeof(w->epoch));
	snprintf(id, sizeof(id), "probes/%u.%08x", (unsigned)w->number,
	    (unsigned)(w->epoch >> 32));
	rc = zsock_open(w->zctx, ZSOCK_BUS_PEER, w->bus, -1, id, &w->sock);
	if (rc == 0)
		rc = sys_open(&w->sys);
	if (rc == 0)
		rc = sys_watch(w->sys, SYS_WATCH_LINKS | SYS_WATCH_ROUTES,
		    &w->watch);
	return rc;
}

static int
start_timer(struct worker *w, struct timer *t,
    void (*fire)(struct timer *, int64_t), int64_t due_ns)
{
	t->fire = fire;
	t->arg = w;
	return timers_set(w->timers, t, due_ns);
}

int
worker_open(struct worker *w)
{
	int64_t now_ns;
	size_t i;
	int rc = open_sockets(w);

	worker_look_init(w);
	for (i = 0; i < w->nlines && rc == 0; i++) {
		rc = line_init(&w->lines[i], w, w->lines[i].index);
		if (w->board != NULL)
			board_listen(w->board, w->lines[i].index,
			    w->nudge[1]);
	}
	now_ns = w->woke_ns = clock_mono_ns();
	if (rc == 0)
		rc = start_timer(w, &w->second, second_fired,
		    now_ns + SECOND);
	if (rc == 0)
		rc = start_timer(w, &w->resend, resend_fired,
		    now_ns + RESEND);
	if (rc == 0)
		rc = start_timer(w, &w->look, look_fired, now_ns + LOOK);
	if (rc == 0)
		worker_look(w);
	return rc;
}

void
worker_close(struct worker *w)
{
	size_t i;

	for (i = 0; i < w->nlines; i++)
		line_free(&w->lines[i]);
	out_free(w);
	zsock_close(&w->sock);
	sys_close(&w->sys);
	timers_free(&w->timers);
	free(w->addrs);
	w->addrs = NULL;
	w->naddrs = 0;
	free(w->items);
	w->items = NULL;
	w->nitems = 0;
}

static void *
worker_main(void *arg)
{
	struct worker *w = arg;
	int rc;

	sys_thread_name(w->source);
	rc = worker_open(w);
	MUST(write(w->started[1], &rc, sizeof(rc)) == sizeof(rc));
	while (rc == 0 && worker_turn(w, INT_MAX))
		;
	worker_close(w);
	return NULL;
}

struct worker *
worker_new(const struct conf *conf, size_t number, const uint32_t *lines,
    size_t nlines, int power, const char *bus, void *zctx,
    struct board *board)
{
	struct worker *w = calloc(1, sizeof(*w));
	size_t i;

	if (w == NULL)
		return NULL;
	w->stop[0] = w->stop[1] = w->started[0] = w->started[1] = -1;
	w->nudge[0] = w->nudge[1] = -1;
	w->board = board;
	w->conf = conf;
	w->number = number;
	w->power = power;
	w->bus = bus;
	w->zctx = zctx;
	w->nlines = nlines;
	w->unacked_end = &w->unacked;
	snprintf(w->source, sizeof(w->source), "probes/%zu", number);
	w->lines = calloc(nlines, sizeof(*w->lines));
	if (w->lines == NULL || pipe2(w->stop, O_CLOEXEC) == -1 ||
	    pipe2(w->started, O_CLOEXEC) == -1 ||
	    pipe2(w->nudge, O_CLOEXEC | O_NONBLOCK) == -1) {
		worker_free(&w);
		return NULL;
	}
	for (i = 0; i < nlines; i++)
		w->lines[i].index = lines[i];
	return w;
}

void
worker_free(struct worker **wp)
{
	struct worker *w = *wp;
	size_t i;

	if (w == NULL)
		return;
	*wp = NULL;
	for (i = 0; i < 2; i++) {
		if (w->stop[i] != -1)
			close(w->stop[i]);
		if (w->started[i] != -1)
			close(w->started[i]);
		if (w->nudge[i] != -1)
			close(w->nudge[i]);
	}
	free(w->lines);
	free(w);
}

int
worker_start(const struct conf *conf, size_t number, const uint32_t *lines,
    size_t nlines, int power, const char *bus, void *zctx,
    struct board *board, struct worker **out)
{
	int rc = 0;

	*out = worker_new(conf, number, lines, nlines, power, bus, zctx,
	    board);
	if (*out == NULL)
		return -ENOMEM;
	MUST(pthread_create(&(*out)->thread, NULL, worker_main, *out) == 0);
	MUST(read((*out)->started[0], &rc, sizeof(rc)) == sizeof(rc));
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
	close(w->stop[1]);
	w->stop[1] = -1;
	MUST(pthread_join(w->thread, NULL) == 0);
	worker_free(wp);
}
