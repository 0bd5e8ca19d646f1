/*
 * rest_plugins.c
 *	  The worker itself: its version, health, plugins and loggers; connectors
 *	  looked at without being made.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "jsontext.h"
#include "log.h"
#include "mem.h"
#include "rest.h"
#include "validate.h"

#define LOG_MODULE "rest"

static void
get_root(RestCall *call)
{
	const char *cluster = kafkalog_cluster(call->worker->log);

	rest_answer(call->http, 200, json_pack("{s:s, s:s, s:o}", "version", WORKER_VERSION,
										   "commit", "walpost-" WALPOST_VERSION,
										   "kafka_cluster_id", cluster ? json_text(cluster) : json_null()));
}

static void
get_health(RestCall *call)
{
	bool		ready = call->worker->read;

	rest_answer(call->http, ready ? 200 : 503,
				json_pack("{s:s, s:s}", "status", ready ? "healthy" : "starting", "message",
						  ready ? "Worker has completed startup and is ready to handle requests." :
						  "Worker is still starting up."));
}

/* ---- plugins ------------------------------------------------------------------------- */

static void
get_plugins(RestCall *call)
{
	json_t	   *here = json_pack("[{s:s, s:s, s:s}]", "class", WORKER_CLASS, "type", "source",
								 "version", WORKER_PLUGIN_VERSION);

	if (rest_has_remote(call))
		rest_forward_merged(call, here);
	else
		rest_answer(call->http, 200, here);
}

static void
get_plugin_config(RestCall *call)
{
	if (worker_knows_class(call->args[0]))
		rest_answer(call->http, 200, validate_definitions());
	else if (rest_has_remote(call))
		rest_forward(call, NULL, NULL);
	else
		rest_error(call->http, 404, "Unknown plugin %s. Plugin class must be one of: " WORKER_CLASS, call->args[0]);
}

static void
on_validated(void *arg, const json_t *result)
{
	if (result != NULL)
		rest_answer(arg, 200, json_incref((json_t *) result));
	else
		rest_error(arg, 500, "The connector could not be looked at; the worker's log says why");
}

/* What is no string is read as one; what is missing is what it looks for. */
static json_t *
texts_of(const json_t *body)
{
	json_t	   *config = json_object();
	const char *name;
	json_t	   *value;

	json_object_foreach((json_t *) body, name, value)
	{
		char	   *text = json_is_string(value) ? mem_copy(json_string_value(value)) : json_print(json_incref(value));

		if (!json_is_null(value))
			json_object_set_new(config, name, json_text(text));
		free(text);
	}
	return config;
}

static const char *
simple_name(const char *class)
{
	const char *dot = strrchr(class, '.');

	return dot ? dot + 1 : class;
}

static void
validate_config(RestCall *call)
{
	json_t	   *body = rest_body(call);
	const char *class = json_string_value(json_object_get(body, "connector.class"));
	json_t	   *config;

	if (body == NULL)
		return;
	if (rest_has_remote(call) && !worker_knows_class(call->args[0]))
		rest_forward(call, NULL, NULL);
	else if (class == NULL || !worker_knows_class(class))
		rest_error(call->http, 500, "org.apache.kafka.connect.runtime.rest.errors.BadRequestException: Failed to find any class that implements Connector and which name matches %s, available connectors are: "
				   "PluginDesc{klass=class " WORKER_CLASS ", name='" WORKER_CLASS "', version='" WORKER_PLUGIN_VERSION "', encodedVersion="
				   WORKER_PLUGIN_VERSION ", type=source, typeName='source', location='classpath'}%s", class ? class : "(none)", rest_class_remedy(call));
	else if (strcmp(simple_name(class), simple_name(call->args[0])) != 0)
		rest_error(call->http, 400, "Included connector type %s does not match request type %s", class, call->args[0]);
	else
	{
		config = texts_of(body);
		validator_run(call->worker->validator, config, on_validated, call->http);
		json_decref(config);
	}
	json_decref(body);
}

/* ---- loggers ---------------------------------------------------------------------------- */

static const char *const levels[] = {"ERROR", "WARN", "INFO", "DEBUG", "TRACE"};

static json_t *
root_logger(void)
{
	return json_pack("{s:s, s:n}", "level", levels[log_level], "last_modified");
}

/* There is one log, of worker and connectors, of which every logger is a name. */
static void
get_loggers(RestCall *call)
{
	rest_answer(call->http, 200, json_pack("{s:o}", "root", root_logger()));
}

static void
get_logger(RestCall *call)
{
	rest_answer(call->http, 200, root_logger());
}

static void
put_logger(RestCall *call)
{
	json_t	   *body = rest_body(call);
	const char *level = json_string_value(json_object_get(body, "level"));

	if (body == NULL)
		return;
	for (int i = 0; level != NULL && i < 5; i++)
	{
		if (strcasecmp(level, levels[i]) != 0)
			continue;
		log_level = (LogLevel) i;
		for (Connector *connector = call->worker->connectors; connector != NULL; connector = connector->next)
			if (connector->child.counters != NULL)
				connector->child.counters->log_level = i;
		log_info("log level %s", levels[i]);
		rest_answer(call->http, 200, json_pack("[o]", json_text(call->args[0])));
		json_decref(body);
		return;
	}
	rest_error(call->http, 404, "invalid log level '%s'.", level ? level : "");
	json_decref(body);
}

const RestRoute rest_plugin_routes[] = {
	{"GET", "/", get_root},
	{"GET", "/health", get_health},
	{"GET", "/connector-plugins", get_plugins},
	{"GET", "/connector-plugins/{}/config", get_plugin_config},
	{"PUT", "/connector-plugins/{}/config/validate", validate_config},
	{"GET", "/admin/loggers", get_loggers},
	{"GET", "/admin/loggers/{}", get_logger},
	{"PUT", "/admin/loggers/{}", put_logger},
	{NULL, NULL, NULL}
};
