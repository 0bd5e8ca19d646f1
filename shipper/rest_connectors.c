/*
 * rest_connectors.c
 *	  Connectors: listed, made, changed, removed.
 *
 * A config is looked at before it is written (validator.h), which takes a while;
 * meanwhile the request waits, as a Submission.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jsontext.h"
#include "log.h"
#include "mem.h"
#include "remote.h"
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

/* ---- submitting --------------------------------------------------------------------- */

typedef struct Submission
{
	Worker	   *worker;
	HttpRequest *http;
	char	   *name;
	json_t	   *config;
	const char *initial;		/* its target state at first; NULL: none is asked for */
	bool		make;			/* it must not be there */
	bool		is_new;
	int			left;			/* records that are on their way */
	char	   *error;			/* why one of them was not written */
} Submission;

static void
submission_free(Submission *s)
{
	free(s->name);
	free(s->error);
	json_decref(s->config);
	free(s);
}

/* It counts: made, with the place where it is, or changed. */
static void
on_written(void *arg, const char *error)
{
	Submission *s = arg;
	const Connector *connector = worker_find(s->worker, s->name);

	if (error != NULL && s->error == NULL)
		s->error = mem_copy(error);
	if (--s->left > 0)
		return;
	if (s->error != NULL)
		rest_error(s->http, 500, "Failed to write to Kafka: %s", s->error);
	else
	{
		if (s->is_new)
		{
			char	   *location = mem_print("%s://%s/connectors/%s", rest_scheme(s->worker), s->worker->id, s->name);

			http_set_header(s->http, "Location", location);
			free(location);
		}
		rest_answer(s->http, s->is_new ? 201 : 200,
					rest_info(s->name, s->config, !s->is_new && connector != NULL && worker_task_state(connector) != NULL));
	}
	submission_free(s);
}

static void
write_submission(Submission *s)
{
	static const char *const names[] = {"STARTED", "PAUSED", "STOPPED"};
	const Connector *present = worker_find(s->worker, s->name);

	s->is_new = present == NULL;
	if (present != NULL && s->make)
	{
		rest_error(s->http, 409, "Connector %s already exists", s->name);
		submission_free(s);
		return;
	}
	s->left = s->initial != NULL ? 2 : 1;
	for (int i = 0; s->initial != NULL && i < 3; i++)
		if (strcmp(s->initial, names[i]) == 0 || (i == 0 && strcmp(s->initial, "RUNNING") == 0))
			worker_write_target(s->worker, s->name, (TargetState) i, on_written, s);
	worker_write_config(s->worker, s->name, s->config, on_written, s);
}

static char *
error_list(const json_t *result, int *n)
{
	char	   *text = mem_copy("");
	size_t		i,
				j;
	json_t	   *info,
			   *error;

	*n = 0;
	json_array_foreach(json_object_get(result, "configs"), i, info)
		json_array_foreach(json_object_get(json_object_get(info, "value"), "errors"), j, error)
	{
		char	   *longer = mem_print("%s%s\n", text, json_string_value(error));

		free(text);
		text = longer;
		(*n)++;
	}
	return text;
}

static void
on_validated(void *arg, const json_t *result)
{
	Submission *s = arg;
	char	   *text;
	int			n;

	if (result == NULL)
	{
		rest_error(s->http, 500, "The connector could not be looked at; the worker's log says why");
		submission_free(s);
		return;
	}
	text = error_list(result, &n);
	if (n == 0)
		write_submission(s);
	else
	{
		rest_error(s->http, 400, "Connector configuration is invalid and contains the following %d error(s):\n%s"
				   "You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`",
				   n, text);
		submission_free(s);
	}
	free(text);
}

static bool
is_good_name(const char *name)
{
	json_t	   *text = json_string(name);
	bool		good = text != NULL && name[0] != '\0';

	json_decref(text);
	for (const char *p = name; *p && good; p++)
		good = (unsigned char) *p >= 0x20 && *p != 0x7f;
	return good;
}

/* What Kafka Connect says of a class that it does not have. */
static void
unknown_class(const RestCall *call, const char *class)
{
	rest_error(call->http, 400, "Failed to find any class that implements Connector and which name matches %s, available connectors are: "
			   "PluginDesc{klass=class " WORKER_CLASS ", name='" WORKER_CLASS "', version='" WORKER_PLUGIN_VERSION "', encodedVersion="
			   WORKER_PLUGIN_VERSION ", type=source, typeName='source', location='classpath'}%s", class, rest_class_remedy(call));
}

/* The checks that need no look at the values; false when it was answered. */
static bool
is_acceptable(const RestCall *call, const Submission *s)
{
	const char *inner = json_string_value(json_object_get(s->config, "name"));
	const char *class = json_string_value(json_object_get(s->config, "connector.class"));

	if (class == NULL || class[0] == '\0')
		rest_error(s->http, 400, "Connector config {name=%s} contains no connector type", s->name);
	else if (!is_good_name(s->name))
		rest_error(s->http, 400, "The name of a connector must not be empty or hold control characters, and be UTF-8");
	else if (inner != NULL && strcmp(inner, s->name) != 0)
		rest_error(s->http, 400, "Connector name configuration (%s) doesn't match connector name in the URL (%s)", inner, s->name);
	else if (!worker_knows_class(class))
		unknown_class(call, class);
	else
		return true;
	return false;
}

/* A connector there would not be reached any more. */
static void
on_asked(void *arg, bool is_there)
{
	Submission *s = arg;

	if (!is_there)
	{
		validator_run(s->worker->validator, s->config, on_validated, s);
		return;
	}
	rest_error(s->http, 409, "Connector %s already exists, with the Connect worker at %s; delete it there, or choose another name",
			   s->name, remote_url(s->worker->remote));
	submission_free(s);
}

/* Takes config; answers, sooner or later. */
static void
submit(RestCall *call, const char *name, json_t *config, bool make, const char *initial)
{
	Submission *s = mem_zero(sizeof(Submission));

	s->worker = call->worker;
	s->http = call->http;
	s->name = mem_copy(name);
	s->config = config;
	s->make = make;
	s->initial = initial;
	if (!is_acceptable(call, s))
	{
		submission_free(s);
		return;
	}
	json_object_set_new(config, "name", json_text(name));
	if (make && worker_find(call->worker, name) != NULL)
	{
		rest_error(s->http, 409, "Connector %s already exists", name);
		submission_free(s);
		return;
	}
	if (rest_has_remote(call) && !rest_runs_here(call->worker, name))
		rest_ask_remote(call, name, on_asked, s);
	else
		on_asked(s, false);
}

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
		submit(call, name ? name : "", config, true, initial_state(body));
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
		submit(call, call->args[0], config, false, NULL);
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
		submit(call, call->args[0], config, false, NULL);
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
