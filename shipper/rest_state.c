/*
 * rest_state.c
 *	  What connectors are doing, and having them do something else.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jsontext.h"
#include "mem.h"
#include "rest.h"

static void
get_status(RestCall *call)
{
	const Connector *connector = worker_find(call->worker, call->args[0]);

	if (connector == NULL)
		rest_error(call->http, 404, "No status found for connector %s", call->args[0]);
	else
		rest_answer(call->http, 200, rest_status(call->worker, connector));
}

/* ---- tasks -------------------------------------------------------------------------- */

static void
get_tasks(RestCall *call)
{
	const Connector *connector = rest_connector(call);
	json_t	   *tasks;

	if (connector == NULL)
		return;
	tasks = json_array();
	if (worker_task_state(connector) != NULL)
		json_array_append_new(tasks, json_pack("{s:{s:o, s:i}, s:o}", "id", "connector", json_text(connector->name),
											   "task", 0, "config", worker_task_config(connector)));
	rest_answer(call->http, 200, tasks);
}

static void
get_tasks_config(RestCall *call)
{
	const Connector *connector = rest_connector(call);
	json_t	   *json;

	if (connector == NULL)
		return;
	json = json_object();
	if (worker_task_state(connector) != NULL)
	{
		char	   *name = mem_print("%s-0", connector->name);

		json_object_set_new(json, name, worker_task_config(connector));
		free(name);
	}
	rest_answer(call->http, 200, json);
}

static bool
is_task(const RestCall *call, const Connector *connector)
{
	return connector != NULL && worker_task_state(connector) != NULL && strcmp(call->args[1], "0") == 0;
}

static void
get_task_status(RestCall *call)
{
	const Connector *connector = worker_find(call->worker, call->args[0]);
	json_t	   *status;

	if (!is_task(call, connector))
	{
		rest_error(call->http, 404, "No status found for task %s-%s", call->args[0], call->args[1]);
		return;
	}
	status = rest_status(call->worker, connector);
	rest_answer(call->http, 200, json_incref(json_array_get(json_object_get(status, "tasks"), 0)));
	json_decref(status);
}

static void
restart_task(RestCall *call)
{
	Connector  *connector = rest_connector(call);

	if (connector == NULL)
		return;
	if (!is_task(call, connector))
	{
		rest_error(call->http, 404, "Unknown task: %s-%s", call->args[0], call->args[1]);
		return;
	}
	worker_restart(call->worker, connector);
	rest_answer_nothing(call->http, 204);
}

/* ---- target states -------------------------------------------------------------------- */

static void
set_target(RestCall *call, TargetState target, int status)
{
	if (rest_connector(call) != NULL)
		worker_write_target(call->worker, call->args[0], target, rest_written, rest_write(call->http, 1, status, NULL));
}

static void
pause_connector(RestCall *call)
{
	set_target(call, TARGET_PAUSED, 202);
}

static void
resume_connector(RestCall *call)
{
	set_target(call, TARGET_STARTED, 202);
}

static void
stop_connector(RestCall *call)
{
	set_target(call, TARGET_STOPPED, 204);
}

/* ---- restarts -------------------------------------------------------------------------- */

static bool
is_true(const RestCall *call, const char *name)
{
	const char *value = http_parameter(call->http, name);

	return value != NULL && strcasecmp(value, "true") == 0;
}

/*
 * A connector is its one process.  Restarted without its tasks it stays as it is,
 * unless it has failed; that is what the call is mostly made for.
 */
static void
restart_connector(RestCall *call)
{
	Connector  *connector = rest_connector(call);
	bool		tasks = is_true(call, "includeTasks");
	bool		only_failed = is_true(call, "onlyFailed");
	bool		plain = !tasks && !only_failed;
	const char *state;
	bool		failed;

	if (connector == NULL)
		return;
	state = worker_task_state(connector);
	failed = state != NULL && strcmp(state, "FAILED") == 0;
	if (connector->target == TARGET_STARTED && ((tasks && !only_failed) || failed))
		worker_restart(call->worker, connector);
	if (plain)
		rest_answer_nothing(call->http, 204);
	else
	{
		json_t	   *status = rest_status(call->worker, connector);

		if (!only_failed)
			json_object_set_new(json_object_get(status, "connector"), "state", json_string("RESTARTING"));
		if ((tasks && !only_failed) || failed)
			json_object_set_new(json_array_get(json_object_get(status, "tasks"), 0), "state", json_string("RESTARTING"));
		rest_answer(call->http, 202, status);
	}
}

/* ---- topics ------------------------------------------------------------------------------ */

static void
get_topics(RestCall *call)
{
	const Connector *connector = rest_connector(call);
	json_t	   *topics;
	const char *topic;
	json_t	   *value;
	json_t	   *json;

	if (connector == NULL)
		return;
	topics = json_array();
	json_object_foreach(json_object_get(call->worker->topics, connector->name), topic, value)
		json_array_append_new(topics, json_text(topic));
	json = json_object();
	json_object_set_new(json, connector->name, json_pack("{s:o}", "topics", topics));
	rest_answer(call->http, 200, json);
}

static void
reset_topics(RestCall *call)
{
	const Connector *connector = rest_connector(call);

	if (connector == NULL)
		return;
	worker_forget_topics(call->worker, connector->name);
	rest_answer_nothing(call->http, 202);
}

const RestRoute rest_state_routes[] = {
	{"GET", "/connectors/{}/status", get_status},
	{"GET", "/connectors/{}/tasks", get_tasks},
	{"GET", "/connectors/{}/tasks-config", get_tasks_config},
	{"GET", "/connectors/{}/tasks/{}/status", get_task_status},
	{"POST", "/connectors/{}/tasks/{}/restart", restart_task},
	{"PUT", "/connectors/{}/pause", pause_connector},
	{"PUT", "/connectors/{}/resume", resume_connector},
	{"PUT", "/connectors/{}/stop", stop_connector},
	{"POST", "/connectors/{}/restart", restart_connector},
	{"GET", "/connectors/{}/topics", get_topics},
	{"PUT", "/connectors/{}/topics/reset", reset_topics},
	{NULL, NULL, NULL}
};
