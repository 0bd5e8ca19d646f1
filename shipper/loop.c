/*
 * loop.c
 *	  The poll loop.  There are a handful of descriptors and timers, so both
 *	  are walked from end to end; poll() costs more than that.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "loop.h"

int64_t
loop_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void
loop_init(Loop *loop)
{
	memset(loop, 0, sizeof(*loop));

#ifdef __linux__
	/* timers of a tenth of a millisecond are not to be 50 microseconds late */
	prctl(PR_SET_TIMERSLACK, 1000UL);
#endif
}

void
loop_fd_add(Loop *loop, LoopFd *watch)
{
	assert(loop->nfds < LOOP_MAX_FDS);
	loop->fds[loop->nfds++] = watch;
}

/*
 * Not from within the callback of another watch: loop_once() walks the array.
 * Setting fd to -1 does the same for a while.
 */
void
loop_fd_remove(Loop *loop, LoopFd *watch)
{
	for (int i = 0; i < loop->nfds; i++)
	{
		if (loop->fds[i] == watch)
		{
			loop->fds[i] = loop->fds[--loop->nfds];
			return;
		}
	}
}

void
loop_timer_add(Loop *loop, LoopTimer *timer)
{
	timer->next = loop->timers;
	loop->timers = timer;
}

void
loop_timer_set(LoopTimer *timer, int64_t delay_us)
{
	timer->due_us = loop_now_us() + (delay_us > 0 ? delay_us : 0);
}

void
loop_timer_clear(LoopTimer *timer)
{
	timer->due_us = 0;
}

/* How long to sleep: NULL is until a descriptor is ready. */
static struct timespec *
sleep_time(const Loop *loop, struct timespec *ts)
{
	int64_t		due = 0;
	int64_t		left;

	for (const LoopTimer *t = loop->timers; t != NULL; t = t->next)
	{
		if (t->due_us != 0 && (due == 0 || t->due_us < due))
			due = t->due_us;
	}
	if (due == 0 && !loop->again)
		return NULL;

	left = loop->again ? 0 : due - loop_now_us();
	if (left < 0)
		left = 0;
	ts->tv_sec = left / 1000000;
	ts->tv_nsec = left % 1000000 * 1000;
	return ts;
}

static void
fire_timers(Loop *loop)
{
	int64_t		now = loop_now_us();

	for (LoopTimer *t = loop->timers; t != NULL; t = t->next)
	{
		if (t->due_us != 0 && t->due_us <= now)
		{
			t->due_us = 0;
			t->fire(t->arg);
		}
	}
}

void
loop_once(Loop *loop)
{
	struct pollfd polled[LOOP_MAX_FDS];
	LoopFd	   *watches[LOOP_MAX_FDS];
	struct timespec ts;
	int			n = 0;

	for (int i = 0; i < loop->nfds; i++)
	{
		if (loop->fds[i]->fd < 0)
			continue;
		watches[n] = loop->fds[i];
		polled[n++] = (struct pollfd)
		{
			.fd = loop->fds[i]->fd,.events = loop->fds[i]->events
		};
	}

	if (ppoll(polled, n, sleep_time(loop, &ts), NULL) < 0)
	{
		/* only signals interrupt it; what came before is served next time */
		assert(errno == EINTR);
		return;
	}
	loop->again = false;

	for (int i = 0; i < n; i++)
	{
		/* an earlier callback may have closed this one */
		if (polled[i].revents != 0 && watches[i]->fd == polled[i].fd)
			watches[i]->ready(watches[i]->arg, polled[i].revents);
	}
	fire_timers(loop);
}

void
loop_run(Loop *loop)
{
	while (!loop->stop)
		loop_once(loop);
}
