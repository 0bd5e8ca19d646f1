/*
 * supervisor.c
 *	  One process for each connector.
 *
 * Spawned, never forked: librdkafka's threads would not survive a fork, and a
 * crash of one connector must not touch another.  Signals are blocked and waited
 * for, so nothing ever runs inside a handler.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "supervisor.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"

#define LOG_MODULE "supervisor"

#define FIRST_WAIT_S 1
#define LONGEST_WAIT_S 60
#define STEADY_S 300			/* who ran that long starts at the first wait again */

#define EXIT_CONFIG 2

/* Tells a worker who started it. */
#define PARENT_VARIABLE "WALPOST_SUPERVISOR"

extern char **environ;

typedef struct Worker
{
	char	   *file;
	pid_t		pid;			/* 0: does not run */
	int			wait_s;			/* before the next start */
	time_t		started;
	time_t		due;			/* 0: not to be started again */
} Worker;

typedef struct Supervisor
{
	const CliArgs *args;
	Worker	   *workers;
	int			nworkers;
	char		program[1024];
	sigset_t	before;			/* the signal mask that workers get */
	bool		stopping;
	int			failed;			/* workers that could not go on */
} Supervisor;

bool
supervisor_attach(void)
{
	const char *parent = getenv(PARENT_VARIABLE);

	if (parent == NULL)
		return true;
#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
	return getppid() == (pid_t) strtol(parent, NULL, 10);
}

static time_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/* Schedules the next start, later each time. */
static void
back_off(Worker *worker)
{
	if (now() - worker->started >= STEADY_S)
		worker->wait_s = 0;
	worker->wait_s = worker->wait_s ? worker->wait_s * 2 : FIRST_WAIT_S;
	if (worker->wait_s > LONGEST_WAIT_S)
		worker->wait_s = LONGEST_WAIT_S;
	worker->due = now() + worker->wait_s;
}

static void
start(Supervisor *s, Worker *worker)
{
	static const char *const levels[] = {"error", "warn", "info", "debug", "trace"};
	char	   *argv[12];
	int			n = 0;
	posix_spawnattr_t attr;
	int			error;

	argv[n++] = "walpost";
	argv[n++] = "run";
	argv[n++] = "--log-level";
	argv[n++] = (char *) levels[s->args->level];
	argv[n++] = "--log-format";
	argv[n++] = s->args->json ? "json" : "text";
	if (s->args->worker)
	{
		argv[n++] = "--worker";
		argv[n++] = (char *) s->args->worker;
	}
	argv[n++] = "--";
	argv[n++] = worker->file;
	argv[n] = NULL;

	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &s->before);
	/* a group of its own: a terminal's Ctrl-C is passed on, and must not come twice */
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	error = posix_spawn(&worker->pid, s->program, NULL, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	worker->started = now();
	worker->due = 0;
	if (error != 0)
	{
		worker->pid = 0;
		back_off(worker);
		log_error("could not start a process for \"%s\": %s; trying again in %d s",
				  worker->file, strerror(error), worker->wait_s);
	}
	else
		log_info("started process %d for \"%s\"", (int) worker->pid, worker->file);
}

static void
on_exit_of(Supervisor *s, Worker *worker, int status)
{
	int			code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	worker->pid = 0;
	if (s->stopping || code == 0)
		log_info("process for \"%s\" ended", worker->file);
	else if (code == EXIT_CONFIG)
	{
		s->failed++;
		log_error("process for \"%s\" ended because of its configuration; it is not started again",
				  worker->file);
	}
	else
	{
		back_off(worker);
		log_error("process for \"%s\" ended with %s %d; starting it again in %d s", worker->file,
				  code < 0 ? "signal" : "exit status", code < 0 ? WTERMSIG(status) : code,
				  worker->wait_s);
	}
}

static void
reap(Supervisor *s)
{
	pid_t		pid;
	int			status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < s->nworkers; i++)
			if (s->workers[i].pid == pid)
				on_exit_of(s, &s->workers[i], status);
}

static void
pass_on(Supervisor *s, int signo)
{
	s->stopping = true;
	log_info("got signal %d, stopping all connectors", signo);
	for (int i = 0; i < s->nworkers; i++)
		if (s->workers[i].pid > 0)
			kill(s->workers[i].pid, signo);
}

/* Starts what is due; false when nothing runs and nothing will. */
static bool
start_due(Supervisor *s)
{
	bool		alive = false;

	for (int i = 0; i < s->nworkers; i++)
	{
		Worker	   *worker = &s->workers[i];

		if (worker->pid == 0 && worker->due && worker->due <= now() && !s->stopping)
			start(s, worker);
		alive |= worker->pid > 0 || (worker->due && !s->stopping);
	}
	return alive;
}

static void
supervise(Supervisor *s, const sigset_t *watched)
{
	while (start_due(s))
	{
		struct timespec tick = {.tv_sec = 1};
		int			signo = sigtimedwait(watched, NULL, &tick);

		if (signo == SIGTERM || signo == SIGINT)
			pass_on(s, signo);
		reap(s);
	}
}

bool
supervisor_run(const CliArgs *args, Err *err)
{
	Supervisor	s = {.args = args,.nworkers = args->noperands};
	sigset_t	watched;
	char		parent[16];
	ssize_t		len = readlink("/proc/self/exe", s.program, sizeof(s.program) - 1);

	if (len <= 0)
		return err_set(err, ERR_FATAL, "could not find out the path of this program: %s; run each file with a walpost of its own",
					   strerror(errno));
	snprintf(parent, sizeof(parent), "%d", (int) getpid());
	if (setenv(PARENT_VARIABLE, parent, 1) != 0)
		mem_exhausted();
	sigemptyset(&watched);
	sigaddset(&watched, SIGTERM);
	sigaddset(&watched, SIGINT);
	sigaddset(&watched, SIGCHLD);
	sigprocmask(SIG_BLOCK, &watched, &s.before);

	s.workers = mem_zero(s.nworkers * sizeof(Worker));
	for (int i = 0; i < s.nworkers; i++)
	{
		s.workers[i].file = args->operands[i];
		s.workers[i].due = now() > 0 ? now() : 1;
	}
	supervise(&s, &watched);
	free(s.workers);
	if (s.failed > 0)
		return err_set(err, ERR_CONFIG, "%d of %d connectors could not run; see their messages above",
					   s.failed, s.nworkers);
	return true;
}
