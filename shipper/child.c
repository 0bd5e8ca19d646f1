/*
 * child.c
 *	  A connector's process: started, asked to end, started again.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <unistd.h>

#include "log.h"
#include "loop.h"
#include "mem.h"
#include "report.h"

#define LOG_MODULE "supervisor"

#define FIRST_WAIT_S 1
#define LONGEST_WAIT_S 60
#define STEADY_US (300 * INT64_C(1000000))	/* who ran that long starts at the first
											 * wait again */

#define EXIT_CONFIG 2

/* Tells a process who started it. */
#define PARENT_VARIABLE "WALPOST_SUPERVISOR"

/* Tells it that it has a page of counters. */
#define COUNTERS_VARIABLE "WALPOST_COUNTERS"

/* And that it may report. */
#define REPORT_VARIABLE "WALPOST_REPORT"

/* What it finds where. */
#define COUNTERS_FD		3
#define REPORT_FD		5

/* Ours are all above those. */
#define FIRST_OWN_FD	10

extern char **environ;

bool
child_setup(ChildSetup *setup, const CliArgs *args, const sigset_t *before, Err *err)
{
	char		parent[16];
	ssize_t		len = readlink("/proc/self/exe", setup->program, sizeof(setup->program) - 1);

	if (len <= 0)
		return err_set(err, ERR_FATAL, "could not find out the path of this program: %s; run each file with a walpost of its own",
					   strerror(errno));
	setup->program[len] = '\0';
	setup->args = args;
	setup->before = *before;
	snprintf(parent, sizeof(parent), "%d", (int) getpid());
	if (setenv(PARENT_VARIABLE, parent, 1) != 0)
		mem_exhausted();
	return true;
}

int
child_move_up(int fd)
{
	int			moved = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_OWN_FD);
	int			saved = errno;

	close(fd);
	errno = saved;
	return moved;
}

bool
child_open_reports(ChildSetup *setup, int *fd, Err *err)
{
	int			ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
		return err_set(err, ERR_FATAL, "could not make a pipe: %s", strerror(errno));
	*fd = ends[0];
	setup->report_fd = child_move_up(ends[1]);
	if (setenv(REPORT_VARIABLE, "1", 1) != 0)
		mem_exhausted();
	return setup->report_fd >= 0 ||
		err_set(err, ERR_FATAL, "could not keep a pipe: %s", strerror(errno));
}

bool
child_open(Child *child, Err *err)
{
	int			fd;

	child->counters = counters_new(&fd, err);
	if (child->counters == NULL)
		return false;
	child->counters_fd = child_move_up(fd);
	if (child->counters_fd < 0)
		return err_set(err, ERR_FATAL, "could not keep a page of shared memory: %s", strerror(errno));
	if (setenv(COUNTERS_VARIABLE, "1", 1) != 0)
		mem_exhausted();
	return true;
}

void
child_close(Child *child)
{
	if (child->counters != NULL)
		counters_free(child->counters, child->counters_fd);
	child->counters = NULL;
}

/* Schedules the next start, later each time. */
static void
back_off(Child *child)
{
	if (loop_now_us() - child->started_us >= STEADY_US)
		child->wait_s = 0;
	child->wait_s = child->wait_s ? child->wait_s * 2 : FIRST_WAIT_S;
	if (child->wait_s > LONGEST_WAIT_S)
		child->wait_s = LONGEST_WAIT_S;
	child->due_us = loop_now_us() + child->wait_s * INT64_C(1000000);
	child->state = CHILD_WAITING;
}

int
child_text_file(const char *text)
{
	int			fd = memfd_create("walpost-connector", MFD_CLOEXEC);
	size_t		len = strlen(text);

	if (fd < 0)
		return -1;
	for (size_t done = 0; done < len;)
	{
		ssize_t		n = write(fd, text + done, len - done);

		if (n <= 0)
		{
			close(fd);
			return -1;
		}
		done += (size_t) n;
	}
	lseek(fd, 0, SEEK_SET);
	return child_move_up(fd);
}

static int
spawn(const ChildSetup *setup, Child *child, char **argv, int text_fd)
{
	posix_spawnattr_t attr;
	posix_spawn_file_actions_t files;
	int			error;

	posix_spawnattr_init(&attr);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_setsigmask(&attr, &setup->before);
	/* a group of its own: a terminal's Ctrl-C is passed on, and must not come twice */
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	if (child->counters != NULL)
		posix_spawn_file_actions_adddup2(&files, child->counters_fd, COUNTERS_FD);
	if (setup->report_fd > 0)
		posix_spawn_file_actions_adddup2(&files, setup->report_fd, REPORT_FD);
	if (text_fd >= 0)
		posix_spawn_file_actions_adddup2(&files, text_fd, CHILD_CONNECTOR_FD);
	error = posix_spawn(&child->pid, setup->program, &files, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return error;
}

void
child_start(const ChildSetup *setup, Child *child)
{
	static const char *const levels[] = {"error", "warn", "info", "debug", "trace"};
	const CliArgs *args = setup->args;
	char	   *argv[12];
	int			n = 0;
	int			text_fd = -1;
	int			error = 0;

	argv[n++] = "walpost";
	argv[n++] = "run";
	argv[n++] = "--log-level";
	argv[n++] = (char *) levels[args->level];
	argv[n++] = "--log-format";
	argv[n++] = args->json ? "json" : "text";
	if (args->worker)
	{
		argv[n++] = "--worker";
		argv[n++] = (char *) args->worker;
	}
	argv[n++] = "--";
	argv[n++] = child->file ? (char *) child->file : CHILD_CONNECTOR_PATH;
	argv[n] = NULL;

	if (child->file == NULL && (text_fd = child_text_file(child->text)) < 0)
		error = errno;
	if (child->state == CHILD_WAITING)
		child->restarts++;
	if (child->counters)
	{
		counters_clear(child->counters);
		child->counters->log_level = log_now();
	}
	if (error == 0)
		error = spawn(setup, child, argv, text_fd);
	if (text_fd >= 0)
		close(text_fd);
	child->started_us = loop_now_us();
	child->stopping = false;
	if (error != 0)
	{
		child->pid = 0;
		back_off(child);
		snprintf(child->reason, sizeof(child->reason), "could not start a process: %s", strerror(error));
		log_error("could not start a process for \"%s\": %s; trying again in %d s",
				  child->name, strerror(error), child->wait_s);
		return;
	}
	child->state = CHILD_RUNNING;
	child->reason[0] = '\0';
	log_info("started process %d for \"%s\"", (int) child->pid, child->name);
}

void
child_stop(Child *child, int signo)
{
	if (child->state == CHILD_RUNNING)
	{
		child->stopping = true;
		kill(child->pid, signo);
	}
	else if (child->state == CHILD_WAITING)
		child->state = CHILD_IDLE;
}

/* What it said last is the reason, unless it could not say anything. */
static void
note_reason(Child *child, int status)
{
	child->reason[0] = '\0';
	if (child->counters != NULL && WIFEXITED(status))
		counter_get_text(child->counters, COUNTER_TEXT_REASON, child->reason);
	if (child->reason[0] != '\0')
		return;
	if (WIFEXITED(status))
		snprintf(child->reason, sizeof(child->reason), "its process ended with exit status %d", WEXITSTATUS(status));
	else
		snprintf(child->reason, sizeof(child->reason), "its process ended with signal %d", WTERMSIG(status));
}

void
child_ended(Child *child, int status)
{
	int			code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	child->pid = 0;
	if (child->stopping || code == 0)
	{
		child->state = child->stopping ? CHILD_IDLE : CHILD_ENDED;
		child->reason[0] = '\0';
		log_info("process for \"%s\" ended", child->name);
		return;
	}
	note_reason(child, status);
	if (code == EXIT_CONFIG)
	{
		child->state = CHILD_REFUSED;
		log_error("process for \"%s\" ended because of its configuration; it is not started again",
				  child->name);
		return;
	}
	back_off(child);
	log_error("process for \"%s\" ended with %s %d; starting it again in %d s", child->name,
			  code < 0 ? "signal" : "exit status", code < 0 ? WTERMSIG(status) : code,
			  child->wait_s);
}

bool
child_attach(Err *err)
{
	const char *parent = getenv(PARENT_VARIABLE);

	if (parent == NULL)
		return true;
#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
	if (getppid() != (pid_t) strtol(parent, NULL, 10))
		return err_set(err, ERR_FATAL, "the supervisor of this process has ended");
	if (getenv(REPORT_VARIABLE) != NULL)
		report_attach(REPORT_FD);
	if (getenv(COUNTERS_VARIABLE) == NULL)
		return true;
	if (!counters_attach(COUNTERS_FD, err))
		return false;
	log_followed = &counters_own->log_level;
	return true;
}
