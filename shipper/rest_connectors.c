/*
 * rest_connectors.c
 *	  Connectors: listed, made, changed, removed.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>

#include "jsontext.h"
#include "log.h"
#include "mem.h"
#include "rest.h"

#define LOG_MODULE "connect"

/* ---- looking ------------------------------------------------------------------------ */

static void
list_connectors(RestCall *call)
{
	bool		status = http_parameter_is(call->http, "expand", "status");
	bool		info = http_parameter_is(call->http, "expand", "info");
	json_t	   *json = status || info ? json_object() : json_array();

	for (const Connector *connector = call->worker->connectors; connector != NULL; connector = connector->next)
	{
		json_t	   *one;

		if (connector->config == NULL)
			continue;
		if (!status && !info)
		{
			json_array_append_new(json, json_text(connector->name));
			continue;
		}
		one = json_object();
		if (status)
			json_object_set_new(one, "status", rest_status(call->worker, connector));
		if (info)
			json_object_set_new(one, "info", rest_info(connector->name, connector->config,
													   worker_task_state(connector) != NULL));
		json_object_set_new(json, connector->name, one);
	}
	if (rest_has_remote(call))
		rest_forward_merged(call, json);
	else
		rest_answer(call->http, 200, json);
}

static void
get_connector(RestCall *call)
{
	const Connector *connector = rest_connector(call);

	if (connector != NULL)
		rest_answer(call->http, 200, rest_info(connector->name, connector->config,
											   worker_task_state(connector) != NULL));
}

static void
get_config(RestCall *call)
{
	const Connector *connector = rest_connector(call);

	if (connector != NULL)
		rest_answer(call->http, 200, json_incref(connector->config));
}

/* ---- configs ------------------------------------------------------------------------ */

/*
 * The properties of a body as texts: a number or a truth value as it is written,
 * null not at all.  NULL when there is a value that is none, which was answered.
 */
static json_t *
texts_of(RestCall *call, const json_t *object, bool keep_null)
{
	json_t	   *config = json_object();
	const char *name;
	json_t	   *value;

	json_object_foreach((json_t *) object, name, value)
	{
		if (json_is_string(value) || (json_is_null(value) && keep_null))
			json_object_set(config, name, value);
		else if (json_is_number(value) || json_is_boolean(value))
		{
			char	   *text = json_print(json_incref(value));

			json_object_set_new(config, name, json_string(text));
			free(text);
		}
		else if (!json_is_null(value))
		{
			rest_error(call->http, 400, "The value of \"%s\" must be a string", name);
			json_decref(config);
			return NULL;
		}
	}
	return config;
}

static const char *
initial_state(const json_t *body)
{
	static const char *const names[] = {"RUNNING", "STARTED", "PAUSED", "STOPPED", NULL};
	const char *wanted = json_string_value(json_object_get(body, "initial_state"));

	for (int i = 0; wanted != NULL && names[i]; i++)
		if (strcasecmp(wanted, names[i]) == 0)
			return names[i];
	return NULL;
}

/*
 * Is the config (of a connector of that name) for the other worker?  What runs
 * here is not handed over by a change of its class.
 */
static bool
is_for_remote(const RestCall *call, const char *name, const json_t *config)
{
	const char *class = json_string_value(json_object_get(config, "connector.class"));

	return rest_has_remote(call) && class != NULL && class[0] != '\0' && !worker_knows_class(class) &&
		!rest_runs_here(call->worker, name);
}

static void
create_connector(RestCall *call)
{
	json_t	   *body = rest_body(call);
	const char *name = json_string_value(json_object_get(body, "name"));
	json_t	   *given = json_object_get(body, "config");
	json_t	   *config;

	if (body == NULL)
		return;
	if (name == NULL)
		name = json_string_value(json_object_get(given, "name"));
	if (is_for_remote(call, name ? name : "", given))
		rest_forward(call, NULL, NULL);
	else if (!json_is_object(given))
		rest_error(call->http, 400, "The body must hold \"config\", an object with the connector's properties");
	else if ((config = texts_of(call, given, false)) != NULL)
		rest_submit(call, name ? name : "", config, true, initial_state(body));
	json_decref(body);
}

/*
 * The config in a body of PUT.  A file of {"name", "config"}, made for POST, is
 * taken for its config if the name is this one; NULL, which was answered, if not.
 */
static const json_t *
unwrapped(RestCall *call, const json_t *body)
{
	const char *name = call->args[0];
	const json_t *inner = json_object_get(body, "config");
	const char *outer = json_string_value(json_object_get(body, "name"));

	if (!json_is_object(inner))
		return body;
	if (outer != NULL && strcmp(outer, name) != 0)
	{
		rest_error(call->http, 400, "The body is {\"name\", \"config\"} of another connector, %s, than the one in the URL (%s)", outer, name);
		return NULL;
	}
	log_warn("connector \"%s\": the body of PUT is {\"name\", \"config\"}, and its \"config\" was taken; Kafka Connect would answer 500: PUT the inner object alone, or POST the whole to /connectors",
			 name);
	return inner;
}

static void
put_config(RestCall *call)
{
	json_t	   *body = rest_body(call);
	const json_t *given = body != NULL ? unwrapped(call, body) : NULL;
	json_t	   *config;

	if (given != NULL && is_for_remote(call, call->args[0], given))
		rest_forward(call, json_incref((json_t *) given), NULL);
	else if (given != NULL && (config = texts_of(call, given, false)) != NULL)
		rest_submit(call, call->args[0], config, false, NULL);
	json_decref(body);
}

/* What is null is taken out, all else set. */
static void
patch_config(RestCall *call)
{
	const Connector *connector = rest_connector(call);
	json_t	   *body = connector != NULL ? rest_body(call) : NULL;
	json_t	   *changes = body != NULL ? texts_of(call, body, true) : NULL;

	if (changes != NULL)
	{
		json_t	   *config = json_copy(connector->config);
		const char *name;
		json_t	   *value;

		json_object_foreach(changes, name, value)
			if (json_is_null(value))
			json_object_del(config, name);
		else
			json_object_set(config, name, value);
		rest_submit(call, call->args[0], config, false, NULL);
	}
	json_decref(changes);
	json_decref(body);
}

static void
delete_connector(RestCall *call)
{
	if (rest_connector(call) != NULL)
		worker_delete(call->worker, call->args[0], rest_written, rest_write(call->http, 2, 204, NULL));
}

const RestRoute rest_connector_routes[] = {
	{"GET", "/connectors", list_connectors},
	{"POST", "/connectors", create_connector},
	{"GET", "/connectors/{}", get_connector},
	{"DELETE", "/connectors/{}", delete_connector},
	{"GET", "/connectors/{}/config", get_config},
	{"PUT", "/connectors/{}/config", put_config},
	{"PATCH", "/connectors/{}/config", patch_config},
	{NULL, NULL, NULL}
};
