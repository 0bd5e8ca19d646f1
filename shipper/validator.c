/*
 * validator.c
 *	  Connectors looked at before they are taken.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "validator.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jsontext.h"
#include "log.h"
#include "mem.h"
#include "secret.h"

#define LOG_MODULE "connect"

/* As many look at a time; others wait. */
#define SLOTS			4

/* What takes longer is ended. */
#define TIMEOUT_US		60000000

/* More is not read of what one prints. */
#define OUTPUT_MAX		(4 * 1024 * 1024)

extern char **environ;

typedef struct Job
{
	char	   *text;			/* the connector's file */
	ValidatorDone done;
	void	   *arg;
	struct Job *next;
} Job;

typedef struct Slot
{
	Validator  *validator;
	Job		   *job;			/* NULL: free */
	pid_t		pid;
	LoopFd		fd;
	LoopTimer	timer;
	char	   *output;
	size_t		len;
} Slot;

struct Validator
{
	Loop	   *loop;
	const ChildSetup *setup;
	const WorkerConf *conf;
	Job		   *first;			/* that wait */
	Job		  **last;
	Slot		slots[SLOTS];
};

static void begin_waiting(Validator *validator);

/* Its result, or that there is none; the process is reaped with all others. */
static void
finish(Slot *slot)
{
	Job		   *job = slot->job;
	json_t	   *result = slot->len > 0 ? json_loadb(slot->output, slot->len, 0, NULL) : NULL;

	if (slot->fd.fd >= 0)
		close(slot->fd.fd);
	slot->fd.fd = -1;
	loop_timer_clear(&slot->timer);
	free(slot->output);
	slot->output = NULL;
	slot->len = 0;
	slot->job = NULL;
	job->done(job->arg, json_is_object(result) ? result : NULL);
	json_decref(result);
	secret_wipe(job->text);
	free(job->text);
	free(job);
}

static void
on_output(void *arg, short revents)
{
	Slot	   *slot = arg;
	char		part[16384];
	ssize_t		n = read(slot->fd.fd, part, sizeof(part));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && slot->len + (size_t) n <= OUTPUT_MAX)
	{
		slot->output = mem_resize(slot->output, slot->len + (size_t) n);
		memcpy(slot->output + slot->len, part, (size_t) n);
		slot->len += (size_t) n;
		return;
	}
	finish(slot);
	begin_waiting(slot->validator);
}

static void
on_timeout(void *arg)
{
	Slot	   *slot = arg;

	log_warn("looking at a connector took longer than %d s", TIMEOUT_US / 1000000);
	kill(slot->pid, SIGKILL);
	slot->len = 0;
	finish(slot);
	begin_waiting(slot->validator);
}

Validator *
validator_new(Loop *loop, const ChildSetup *setup, const WorkerConf *conf)
{
	Validator  *validator = mem_zero(sizeof(Validator));

	validator->loop = loop;
	validator->setup = setup;
	validator->conf = conf;
	validator->last = &validator->first;
	for (int i = 0; i < SLOTS; i++)
	{
		Slot	   *slot = &validator->slots[i];

		slot->validator = validator;
		slot->fd = (LoopFd)
		{
			-1, POLLIN, on_output, slot
		};
		slot->timer.fire = on_timeout;
		slot->timer.arg = slot;
		loop_fd_add(loop, &slot->fd);
		loop_timer_add(loop, &slot->timer);
	}
	return validator;
}

void
validator_free(Validator *validator)
{
	if (validator == NULL)
		return;
	for (int i = 0; i < SLOTS; i++)
	{
		Slot	   *slot = &validator->slots[i];

		loop_fd_remove(validator->loop, &slot->fd);
		if (slot->job == NULL)
			continue;
		kill(slot->pid, SIGKILL);
		slot->len = 0;
		finish(slot);
	}
	while (validator->first != NULL)
	{
		Job		   *job = validator->first;

		validator->first = job->next;
		job->done(job->arg, NULL);
		secret_wipe(job->text);
		free(job->text);
		free(job);
	}
	free(validator);
}

static int
spawn(const ChildSetup *setup, Slot *slot, int text_fd, int out_fd)
{
	char	   *argv[8];
	int			n = 0;
	posix_spawnattr_t attr;
	posix_spawn_file_actions_t files;
	int			error;

	argv[n++] = "walpost";
	argv[n++] = "validate";
	argv[n++] = "--log-level";
	argv[n++] = "error";
	if (setup->args->worker)
	{
		argv[n++] = "--worker";
		argv[n++] = (char *) setup->args->worker;
	}
	argv[n++] = CHILD_CONNECTOR_PATH;
	argv[n] = NULL;
	posix_spawnattr_init(&attr);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_setsigmask(&attr, &setup->before);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	posix_spawn_file_actions_adddup2(&files, out_fd, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, text_fd, CHILD_CONNECTOR_FD);
	error = posix_spawn(&slot->pid, setup->program, &files, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return error;
}

/* Where no process can be had, the slot finishes without a result. */
static void
begin(Slot *slot, Job *job)
{
	int			text_fd = child_text_file(job->text);
	int			ends[2] = {-1, -1};
	int			error = text_fd < 0 || pipe2(ends, O_CLOEXEC) != 0 ? errno : 0;

	slot->job = job;
	slot->fd.fd = ends[0];
	if (error == 0)
	{
		int			out = child_move_up(ends[1]);

		fcntl(ends[0], F_SETFL, O_NONBLOCK);
		error = out < 0 ? errno : spawn(slot->validator->setup, slot, text_fd, out);
		if (out >= 0)
			close(out);
	}
	if (text_fd >= 0)
		close(text_fd);
	if (error != 0)
	{
		log_error("could not start a process to look at a connector: %s", strerror(error));
		finish(slot);
	}
	else
		loop_timer_set(&slot->timer, TIMEOUT_US);
}

static void
begin_waiting(Validator *validator)
{
	int			i = 0;

	/* a slot that could not begin is free again for the next one */
	while (i < SLOTS && validator->first != NULL)
	{
		Job		   *job = validator->first;

		if (validator->slots[i].job != NULL)
		{
			i++;
			continue;
		}
		validator->first = job->next;
		if (validator->first == NULL)
			validator->last = &validator->first;
		begin(&validator->slots[i], job);
	}
}

void
validator_run(Validator *validator, const json_t *config, ValidatorDone done, void *arg)
{
	Job		   *job = mem_zero(sizeof(Job));
	json_t	   *all = json_copy((json_t *) config);

	/* as its process will have it */
	worker_conf_complete(validator->conf, all);
	job->text = json_print(json_pack("{s:o}", "config", all));
	job->done = done;
	job->arg = arg;
	*validator->last = job;
	validator->last = &job->next;
	begin_waiting(validator);
}
