/* SPDX-License-Identifier: ISC */
/*
 * queue: a bounded first-in first-out queue of pointers between threads.
 * Owns the entries inside it.  Never blocks the pushing side.  A queue made
 * with a wake descriptor can be polled by an event loop.
 */
#ifndef UPLINKD_LIB_QUEUE_H
#define UPLINKD_LIB_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct queue;

/*
 * Thread: any.  drop frees what is left inside at queue_free.  pollable adds
 * a pipe whose read end (queue_fd) is readable while entries wait.  NULL when
 * memory or descriptors are short.
 */
struct queue	*queue_new(size_t max, bool pollable, void (*drop)(void *));
/* Thread: any, after all users are joined.  Clears *qp; NULL is fine. */
void	queue_free(struct queue **qp);
/*
 * Thread: any.  Takes *itemp and clears it; -ENOSPC or -EPIPE (closed) leave
 * it with the caller.  Never blocks.
 */
int	queue_push(struct queue *, void **itemp);
/* Thread: worker.  Waits; NULL means closed and empty.  Caller owns it. */
void	*queue_pop(struct queue *);
/* Thread: loop.  Does not wait; NULL means empty.  Caller owns it. */
void	*queue_try(struct queue *);
/* Thread: any.  No more pushes; queue_pop returns NULL once it is empty. */
void	queue_close(struct queue *);
/* Thread: any. */
size_t	queue_len(struct queue *);
/* Thread: any.  -1 if not pollable.  Poll for reading; never read it. */
int	queue_fd(const struct queue *);

#endif
