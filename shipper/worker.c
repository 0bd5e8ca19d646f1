/*
 * worker.c
 *	  Connectors and their processes, as the configuration topic wants them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jsontext.h"
#include "log.h"
#include "mem.h"
#include "secret.h"

#define LOG_MODULE "connect"

/* A process that does not end by then is killed. */
#define STOP_TIMEOUT_US		30000000

/* ---- which connectors there are --------------------------------------------------- */

Connector *
worker_find(const Worker *worker, const char *name)
{
	for (Connector *connector = worker->connectors; connector != NULL; connector = connector->next)
		if (strcmp(connector->name, name) == 0)
			return connector->config != NULL ? connector : NULL;
	return NULL;
}

/* The one of that name, also if only its process is left; or a new one. */
static Connector *
find_or_add(Worker *worker, const char *name)
{
	Connector **at = &worker->connectors;
	Connector  *connector;
	Err			err;

	while (*at != NULL && strcmp((*at)->name, name) < 0)
		at = &(*at)->next;
	if (*at != NULL && strcmp((*at)->name, name) == 0)
		return *at;
	connector = mem_zero(sizeof(Connector));
	connector->name = mem_copy(name);
	connector->child.name = connector->name;
	if (!child_open(&connector->child, &err))
	{
		log_error("connector \"%s\": %s", name, err.text);
		mem_exhausted();
	}
	connector->next = *at;
	*at = connector;
	return connector;
}

static void
connector_free(Connector *connector)
{
	child_close(&connector->child);
	json_decref(connector->config);
	secret_wipe(connector->text);
	free(connector->text);
	free(connector->written[0]);
	free(connector->written[1]);
	free(connector->name);
	free(connector);
}

bool
worker_knows_class(const char *class)
{
	static const char *const names[] = {WORKER_CLASS, "PostgresConnector", "Postgres", NULL};

	for (int i = 0; class != NULL && names[i]; i++)
		if (strcmp(class, names[i]) == 0)
			return true;
	return false;
}

bool
worker_runs(const Connector *connector)
{
	return worker_knows_class(json_string_value(json_object_get(connector->config, "connector.class")));
}

/* What metrics show: connectors that are to run here. */
static void
list_shown(Worker *worker)
{
	int			n = 0;

	for (Connector *connector = worker->connectors; connector != NULL; connector = connector->next)
	{
		if (connector->config == NULL || connector->target != TARGET_STARTED || !worker_runs(connector))
			continue;
		worker->shown = mem_resize(worker->shown, (n + 1) * sizeof(Child *));
		worker->shown[n++] = &connector->child;
	}
	worker->nshown = n;
}

static void
drop_deleted(Worker *worker)
{
	for (Connector **at = &worker->connectors; *at != NULL;)
	{
		Connector  *connector = *at;

		if (connector->config != NULL || connector->child.state == CHILD_RUNNING)
		{
			at = &connector->next;
			continue;
		}
		*at = connector->next;
		connector_free(connector);
	}
	list_shown(worker);
}

/* ---- what they are doing ------------------------------------------------------------ */

static bool
is_wanted(const Worker *worker, const Connector *connector)
{
	return !worker->stopping && connector->config != NULL && worker_runs(connector) &&
		connector->target == TARGET_STARTED;
}

const char *
worker_connector_state(const Connector *connector)
{
	if (connector->target == TARGET_STOPPED)
		return "STOPPED";
	if (!worker_runs(connector))
		return "FAILED";
	return connector->target == TARGET_PAUSED ? "PAUSED" : "RUNNING";
}

const char *
worker_task_state(const Connector *connector)
{
	static const char *const states[] = {
		[CHILD_IDLE] = "UNASSIGNED",
		[CHILD_RUNNING] = "RUNNING",
		[CHILD_WAITING] = "FAILED",
		[CHILD_ENDED] = "RUNNING",
		[CHILD_REFUSED] = "FAILED",
	};

	if (connector->target == TARGET_STOPPED || !worker_runs(connector))
		return NULL;
	if (connector->target == TARGET_PAUSED)
		return "PAUSED";
	if (connector->child.state == CHILD_RUNNING && connector->dirty)
		return "RESTARTING";
	return states[connector->child.state];
}

char *
worker_trace(const Connector *connector)
{
	const char *class = json_string_value(json_object_get(connector->config, "connector.class"));

	if (connector->target != TARGET_STARTED)
		return NULL;
	if (!worker_runs(connector))
		return mem_print("org.apache.kafka.connect.errors.ConnectException: Failed to find any class that implements Connector and which name matches %s; "
						 "this worker runs %s alone; register it with a Connect worker, which walpost.connect.url may name", class ? class : "(none)", WORKER_CLASS);
	if (connector->child.state != CHILD_WAITING && connector->child.state != CHILD_REFUSED)
		return NULL;
	return mem_print("io.debezium.DebeziumException: %s", connector->child.reason);
}

/* ---- processes ------------------------------------------------------------------------ */

/* The connector's file: its config, over what the worker says for all. */
static char *
connector_text(const Worker *worker, const Connector *connector)
{
	json_t	   *config = json_copy(connector->config);

	worker_conf_complete(worker->conf, config);
	json_object_set_new(config, "name", json_text(connector->name));
	return json_print(json_pack("{s:o}", "config", config));
}

static void
start(Worker *worker, Connector *connector)
{
	secret_wipe(connector->text);
	free(connector->text);
	connector->text = connector_text(worker, connector);
	connector->child.text = connector->text;
	if (connector->dirty)
		connector->child.wait_s = 0;
	connector->dirty = false;
	child_start(&worker->setup, &connector->child);
}

static void
end(Connector *connector)
{
	if (!connector->child.stopping)
	{
		connector->stopped_us = loop_now_us();
		child_stop(&connector->child, SIGTERM);
	}
	else if (loop_now_us() > connector->stopped_us + STOP_TIMEOUT_US)
	{
		log_warn("process for \"%s\" does not end; killing it", connector->name);
		kill(connector->child.pid, SIGKILL);
		connector->stopped_us = loop_now_us();
	}
}

/* One step towards what is wanted of a connector. */
static void
reconcile(Worker *worker, Connector *connector)
{
	Child	   *child = &connector->child;
	bool		wanted = is_wanted(worker, connector);

	if (child->state == CHILD_RUNNING)
	{
		if (!wanted || connector->dirty)
			end(connector);
	}
	else if (!wanted)
		child->state = CHILD_IDLE;
	else if (connector->dirty || child->state == CHILD_IDLE ||
			 (child->state == CHILD_WAITING && child->due_us <= loop_now_us()))
		start(worker, connector);
	if (connector->config != NULL && !worker->stopping)
		worker_write_status(worker, connector);
}

/* All of them, and when to look again. */
static void
reconcile_all(Worker *worker)
{
	int64_t		due = 0;

	if (!worker->read)
		return;
	for (Connector *connector = worker->connectors; connector != NULL; connector = connector->next)
	{
		const Child *child = &connector->child;
		int64_t		at = 0;

		reconcile(worker, connector);
		if (child->state == CHILD_WAITING)
			at = child->due_us;
		else if (child->state == CHILD_RUNNING && child->stopping)
			at = connector->stopped_us + STOP_TIMEOUT_US + 1;
		if (at != 0 && (due == 0 || at < due))
			due = at;
	}
	drop_deleted(worker);
	worker->timer.due_us = due;
}

static void
on_timer(void *arg)
{
	reconcile_all(arg);
}

void
worker_reap(Worker *worker)
{
	pid_t		pid;
	int			status;

	/* processes that look at connectors are reaped here as well */
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (Connector *connector = worker->connectors; connector != NULL; connector = connector->next)
			if (connector->child.pid == pid)
				child_ended(&connector->child, status);
	reconcile_all(worker);
	if (worker->ended != NULL)
		worker->ended(worker);
}

void
worker_restart(Worker *worker, Connector *connector)
{
	connector->dirty = true;
	reconcile_all(worker);
}

void
worker_stop(Worker *worker, int signo)
{
	worker->stopping = true;
	for (Connector *connector = worker->connectors; connector != NULL; connector = connector->next)
	{
		connector->stopped_us = loop_now_us();
		child_stop(&connector->child, signo);
	}
	reconcile_all(worker);
}

bool
worker_is_idle(const Worker *worker)
{
	for (const Connector *connector = worker->connectors; connector != NULL; connector = connector->next)
		if (connector->child.state == CHILD_RUNNING)
			return false;
	return true;
}

/* ---- what the configuration topic says --------------------------------------------- */

/* Its task, as a worker of Kafka Connect would have written it. */
static void
write_task(Worker *worker, const Connector *connector)
{
	json_t	   *config = worker_task_config(connector);
	char	   *key = mem_print("task-%s-0", connector->name);
	char	   *commit = mem_print("commit-%s", connector->name);
	char	   *text = json_print(json_pack("{s:o}", "properties", config));

	kafkalog_write(worker->log, WORKER_CONFIGS, key, text, NULL, NULL);
	kafkalog_write(worker->log, WORKER_CONFIGS, commit, "{\"tasks\":1}", NULL, NULL);
	secret_wipe(text);
	free(text);
	free(commit);
	free(key);
}

static void
forget(Worker *worker, Connector *connector)
{
	if (worker->read)
		worker_clear_status(worker, connector);
	json_decref(connector->config);
	connector->config = NULL;
}

void
worker_set_config(Worker *worker, const char *name, json_t *config)
{
	Connector  *connector = config != NULL ? find_or_add(worker, name) : worker_find(worker, name);

	if (connector == NULL)
		return;
	connector->target = worker_target(worker, name);
	if (config == NULL)
		forget(worker, connector);
	else if (connector->config == NULL || !json_equal(config, connector->config))
	{
		json_decref(connector->config);
		connector->config = config;
		connector->dirty = true;
		if (worker->read && is_wanted(worker, connector))
			write_task(worker, connector);
	}
	else
		json_decref(config);
	reconcile_all(worker);
}

void
worker_set_target(Worker *worker, const char *name)
{
	Connector  *connector = worker_find(worker, name);

	if (connector == NULL)
		return;
	connector->target = worker_target(worker, name);
	reconcile_all(worker);
}

/* ---- the whole ------------------------------------------------------------------------ */

/* "TOPIC CONNECTOR", from a process. */
static void
take_report(Worker *worker, char *line)
{
	char	   *blank = strchr(line, ' ');

	if (blank == NULL)
		return;
	*blank = '\0';
	if (worker_find(worker, blank + 1) != NULL)
		worker_write_topic(worker, blank + 1, line);
}

/* Lines are written whole, and the pipe holds a number of them. */
static void
on_reports(void *arg, short revents)
{
	Worker	   *worker = arg;
	char		text[65536 + 1];
	ssize_t		n = read(worker->reports.fd, text, sizeof(text) - 1);
	char	   *line = text;

	if (n <= 0)
		return;
	text[n] = '\0';
	for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
	{
		*end = '\0';
		take_report(worker, line);
	}
}

/* Once all that was written before is known, connectors may start. */
static void
check_read(Worker *worker)
{
	int			n = 0;

	if (worker->read || !kafkalog_is_read(worker->log))
		return;
	worker->read = true;
	for (Connector *connector = worker->connectors; connector != NULL; connector = connector->next)
		n += connector->config != NULL;
	log_info("read topics \"%s\", \"%s\" and \"%s\": %d connectors", worker->conf->config_topic,
			 worker->conf->offset_topic, worker->conf->status_topic, n);
	reconcile_all(worker);
}

void
worker_turn(Worker *worker)
{
	check_read(worker);
}

static void
on_failed(void *arg, const Err *err)
{
	Worker	   *worker = arg;

	worker->failure = *err;
}

bool
worker_open(Worker *worker, Loop *loop, const WorkerConf *conf, const CliArgs *args,
			const sigset_t *before, Err *err)
{
	const KafkaLogTopic topics[] = {
		[WORKER_CONFIGS] = {"config.storage.topic", conf->config_topic, 1, conf->replicas[0], worker_config_record},
		[WORKER_OFFSETS] = {"offset.storage.topic", conf->offset_topic, conf->offset_partitions, conf->replicas[1], worker_offset_record},
		[WORKER_STATUS] = {"status.storage.topic", conf->status_topic, conf->status_partitions, conf->replicas[2], worker_status_record},
	};

	worker->loop = loop;
	worker->conf = conf;
	worker->making = json_object();
	worker->targets = json_object();
	worker->offsets = json_object();
	worker->topics = json_object();
	worker->timer.fire = on_timer;
	worker->timer.arg = worker;
	worker->reports = (LoopFd)
	{
		-1, POLLIN, on_reports, worker
	};
	loop_fd_add(loop, &worker->reports);
	loop_timer_add(loop, &worker->timer);
	if (!child_setup(&worker->setup, args, before, err) ||
		!child_open_reports(&worker->setup, &worker->reports.fd, err))
		return false;
	worker->validator = validator_new(loop, &worker->setup, conf);
	worker->log = kafkalog_open(conf->kafka, loop, topics, 3, on_failed, worker, err);
	return worker->log != NULL;
}

/* Only once the loop turns no more. */
void
worker_free(Worker *worker)
{
	validator_free(worker->validator);
	kafkalog_close(worker->log);
	while (worker->connectors != NULL)
	{
		Connector  *next = worker->connectors->next;

		connector_free(worker->connectors);
		worker->connectors = next;
	}
	if (worker->loop != NULL && worker->reports.fd >= 0)
	{
		close(worker->reports.fd);
		close(worker->setup.report_fd);
	}
	json_decref(worker->hiding);
	json_decref(worker->making);
	json_decref(worker->targets);
	json_decref(worker->offsets);
	json_decref(worker->topics);
	free(worker->shown);
	free(worker->id);
}
