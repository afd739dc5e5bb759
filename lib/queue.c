/* SPDX-License-Identifier: ISC */
/*
 * queue: a ring under one mutex.  Where it is pollable, a pipe holds one byte
 * exactly while the ring has entries.  Any thread.
 */
#include "lib/queue.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/must.h"

struct queue {
	void		(*drop)(void *);
	size_t		  max;
	int		  wake[2];	/* -1 = not pollable; set once */
	pthread_cond_t	  filled;
	pthread_mutex_t	  lock;		/* guards what follows */
	void		**ring;
	size_t		  head, n;
	bool		  closed;
};

struct queue *
queue_new(size_t max, bool pollable, void (*drop)(void *))
{
	struct queue *q = calloc(1, sizeof(*q));

	MUST(max > 0);
	if (q == NULL)
		return NULL;
	q->wake[0] = q->wake[1] = -1;
	q->drop = drop;
	q->max = max;
	q->ring = calloc(max, sizeof(*q->ring));
	if (q->ring == NULL ||
	    (pollable && pipe2(q->wake, O_NONBLOCK | O_CLOEXEC) == -1)) {
		free(q->ring);
		free(q);
		return NULL;
	}
	MUST(pthread_mutex_init(&q->lock, NULL) == 0);
	MUST(pthread_cond_init(&q->filled, NULL) == 0);
	return q;
}

void
queue_free(struct queue **qp)
{
	struct queue *q = *qp;
	void *item;

	if (q == NULL)
		return;
	*qp = NULL;
	while ((item = queue_try(q)) != NULL)
		if (q->drop != NULL)
			q->drop(item);
	MUST(pthread_mutex_destroy(&q->lock) == 0);
	MUST(pthread_cond_destroy(&q->filled) == 0);
	if (q->wake[0] != -1) {
		close(q->wake[0]);
		close(q->wake[1]);
	}
	free(q->ring);
	free(q);
}

/* Under the lock, so that byte and entries never disagree; never blocks. */
static void
wake_set(struct queue *q)
{
	if (q->wake[1] != -1)
		MUST(write(q->wake[1], "", 1) == 1);
}

static void
wake_clear(struct queue *q)
{
	char byte;

	if (q->wake[0] != -1)
		MUST(read(q->wake[0], &byte, 1) == 1);
}

int
queue_push(struct queue *q, void **itemp)
{
	int rc = 0;

	MUST(*itemp != NULL);
	MUST(pthread_mutex_lock(&q->lock) == 0);
	if (q->closed)
		rc = -EPIPE;
	else if (q->n == q->max)
		rc = -ENOSPC;
	else {
		q->ring[(q->head + q->n) % q->max] = *itemp;
		*itemp = NULL;
		if (q->n++ == 0)
			wake_set(q);
		MUST(pthread_cond_signal(&q->filled) == 0);
	}
	MUST(pthread_mutex_unlock(&q->lock) == 0);
	return rc;
}

static void *
take(struct queue *q)
{
	void *item;

	if (q->n == 0)
		return NULL;
	item = q->ring[q->head];
	q->head = (q->head + 1) % q->max;
	if (--q->n == 0)
		wake_clear(q);
	return item;
}

void *
queue_pop(struct queue *q)
{
	void *item;

	MUST(pthread_mutex_lock(&q->lock) == 0);
	while (q->n == 0 && !q->closed)
		MUST(pthread_cond_wait(&q->filled, &q->lock) == 0);
	item = take(q);
	MUST(pthread_mutex_unlock(&q->lock) == 0);
	return item;
}

void *
queue_try(struct queue *q)
{
	void *item;

	MUST(pthread_mutex_lock(&q->lock) == 0);
	item = take(q);
	MUST(pthread_mutex_unlock(&q->lock) == 0);
	return item;
}

void
queue_close(struct queue *q)
{
	MUST(pthread_mutex_lock(&q->lock) == 0);
	q->closed = true;
	MUST(pthread_cond_broadcast(&q->filled) == 0);
	MUST(pthread_mutex_unlock(&q->lock) == 0);
}

size_t
queue_len(struct queue *q)
{
	size_t n;

	MUST(pthread_mutex_lock(&q->lock) == 0);
	n = q->n;
	MUST(pthread_mutex_unlock(&q->lock) == 0);
	return n;
}

int
queue_fd(const struct queue *q)
{
	return q->wake[0];
}
