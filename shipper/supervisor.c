/*
 * supervisor.c
 *	  walpost run with several files, or with HTTP: one process for each
 *	  connector.
 *
 * A loop of signals, HTTP and the clock; the connectors' processes do the work.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "supervisor.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "child.h"
#include "http.h"
#include "log.h"
#include "loop.h"
#include "mem.h"
#include "metrics.h"
#include "sig.h"

#define LOG_MODULE "supervisor"

typedef struct Supervisor
{
	ChildSetup	setup;
	Child	   *children;
	const Child **shown;		/* the same, for metrics */
	int			nchildren;
	Loop		loop;
	Sig			sig;
	LoopFd		sig_fd;
	LoopTimer	due_timer;
	Http	   *http;			/* NULL: none */
	bool		stopping;
} Supervisor;

static void
reap(Supervisor *s)
{
	pid_t		pid;
	int			status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < s->nchildren; i++)
			if (s->children[i].pid == pid)
				child_ended(&s->children[i], status);
}

static void
pass_on(Supervisor *s, int signo)
{
	s->stopping = true;
	log_info("got signal %d, stopping all connectors", signo);
	for (int i = 0; i < s->nchildren; i++)
		child_stop(&s->children[i], signo);
}

static void
on_signal(void *arg, short revents)
{
	Supervisor *s = arg;
	int			signo;

	while ((signo = sig_next(&s->sig)) != 0)
	{
		if (signo == SIGTERM || signo == SIGINT)
			pass_on(s, signo);
		else if (signo == SIGHUP)
			log_info("received SIGHUP; properties are read at start only");
	}
	reap(s);
}

/* Only wakes the loop. */
static void
on_due(void *arg)
{
}

/* Starts what is due; false when nothing runs and nothing will. */
static bool
start_due(Supervisor *s)
{
	bool		alive = false;

	loop_timer_clear(&s->due_timer);
	for (int i = 0; i < s->nchildren; i++)
	{
		Child	   *child = &s->children[i];

		if (child->state == CHILD_WAITING && child->due_us <= loop_now_us())
			child_start(&s->setup, child);
		if (child->state == CHILD_WAITING &&
			(s->due_timer.due_us == 0 || child->due_us < s->due_timer.due_us))
			s->due_timer.due_us = child->due_us;
		alive |= child->state == CHILD_RUNNING || child->state == CHILD_WAITING;
	}
	return alive;
}

static void
on_request(void *arg, HttpRequest *request)
{
	Supervisor *s = arg;

	if (!metrics_answer(request, s->shown, s->nchildren))
		http_answer(request, 404, "application/json",
					mem_copy("{\"error_code\":404,\"message\":\"HTTP 404 Not Found\"}"));
}

static bool
begin(Supervisor *s, const CliArgs *args, Err *err)
{
	loop_init(&s->loop);
	s->sig_fd = (LoopFd)
	{
		s->sig.fd, POLLIN, on_signal, s
	};
	loop_fd_add(&s->loop, &s->sig_fd);
	s->due_timer.fire = on_due;
	loop_timer_add(&s->loop, &s->due_timer);
	if (args->http != NULL && (s->http = http_open(&s->loop, args->http, NULL, on_request, s, err)) == NULL)
		return false;
	for (int i = 0; i < s->nchildren; i++)
	{
		Child	   *child = &s->children[i];

		child->name = child->file = args->operands[i];
		s->shown[i] = child;
		if (s->http != NULL && !child_open(child, err))
			return false;
	}
	if (!child_setup(&s->setup, args, &s->sig.before, err))
		return false;
	for (int i = 0; i < s->nchildren; i++)
		child_start(&s->setup, &s->children[i]);
	return true;
}

static void
supervise(Supervisor *s)
{
	while (start_due(s))
	{
		http_watch(s->http);
		loop_once(&s->loop);
	}
}

static bool
report(const Supervisor *s, Err *err)
{
	int			refused = 0;

	for (int i = 0; i < s->nchildren; i++)
		refused += s->children[i].state == CHILD_REFUSED;
	return refused == 0 ||
		err_set(err, ERR_CONFIG, "%d of %d connectors could not run; see their messages above",
				refused, s->nchildren);
}

bool
supervisor_run(const CliArgs *args, Err *err)
{
	Supervisor	s = {.nchildren = args->noperands};
	bool		done;

	if (!sig_open(&s.sig, err))
		return false;
	s.children = mem_zero(s.nchildren * sizeof(Child));
	s.shown = mem_zero(s.nchildren * sizeof(Child *));
	done = begin(&s, args, err);
	if (done)
		supervise(&s);
	http_close(s.http);
	for (int i = 0; i < s.nchildren; i++)
		child_close(&s.children[i]);
	done = done && report(&s, err);
	free(s.shown);
	free(s.children);
	sig_close(&s.sig);
	return done;
}
