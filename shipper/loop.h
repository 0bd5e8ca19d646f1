/*
 * loop.h
 *	  The poll loop: file descriptors, timers, nothing else.
 *
 * Watches and timers are embedded in what they serve, so nothing is allocated.
 * A watch's fd and events and a timer's due time may be changed at any moment,
 * also from within a callback.
 *
 *		static void on_ready(void *arg, short revents) { ... }
 *		LoopFd		watch = {.fd = fd, .events = POLLIN, .ready = on_ready};
 *		loop_fd_add(&loop, &watch);
 *		loop_run(&loop);
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_LOOP_H
#define WALPOST_LOOP_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#define LOOP_MAX_FDS	16

/* fd -1: not watched for now. */
typedef struct LoopFd
{
	int			fd;
	short		events;			/* POLLIN, POLLOUT; errors are always reported */
	void		(*ready) (void *arg, short revents);
	void	   *arg;
} LoopFd;

/* due_us 0: not set.  A timer is unset before it fires. */
typedef struct LoopTimer
{
	int64_t		due_us;			/* by loop_now_us() */
	void		(*fire) (void *arg);
	void	   *arg;
	struct LoopTimer *next;		/* the loop's */
} LoopTimer;

typedef struct Loop
{
	LoopFd	   *fds[LOOP_MAX_FDS];
	int			nfds;
	LoopTimer  *timers;
	bool		again;			/* do not sleep: work is left */
	bool		stop;
} Loop;

/* Monotonic time, in microseconds. */
extern int64_t loop_now_us(void);

extern void loop_init(Loop *loop);

/* Borrow their argument until it is removed or the loop is done with. */
extern void loop_fd_add(Loop *loop, LoopFd *watch);
extern void loop_fd_remove(Loop *loop, LoopFd *watch);
extern void loop_timer_add(Loop *loop, LoopTimer *timer);

/* Sets the timer to fire in delay_us from now. */
extern void loop_timer_set(LoopTimer *timer, int64_t delay_us);
extern void loop_timer_clear(LoopTimer *timer);

/* Waits for something and serves it, once. */
extern void loop_once(Loop *loop);

/* loop_once() until loop->stop is set. */
extern void loop_run(Loop *loop);

#endif							/* WALPOST_LOOP_H */
