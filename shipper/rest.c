/*
 * rest.c
 *	  From a request to its handler, and what all answers have in common.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "rest.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jsontext.h"
#include "log.h"
#include "mem.h"
#include "metrics.h"

#define LOG_MODULE "rest"

static const RestRoute *const route_tables[] = {
	rest_connector_routes, rest_state_routes, rest_offset_routes, rest_plugin_routes
};

/* ---- answers ---------------------------------------------------------------------- */

void
rest_answer(HttpRequest *http, int status, json_t *json)
{
	http_answer(http, status, "application/json", json_print(json));
}

void
rest_answer_nothing(HttpRequest *http, int status)
{
	http_answer(http, status, "", NULL);
}

void
rest_error(HttpRequest *http, int status, const char *fmt,...)
{
	char	   *text = NULL;
	va_list		args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		mem_exhausted();
	va_end(args);
	log_debug("%s %s: %d %s", http->method, http->path, status, text);
	rest_answer(http, status, json_pack("{s:i, s:o}", "error_code", status, "message", json_text(text)));
	free(text);
}

const char *
rest_scheme(const Worker *worker)
{
	return worker->conf->listeners[worker->conf->advertised].tls ? "https" : "http";
}

json_t *
rest_info(const char *name, const json_t *config, bool tasks)
{
	json_t	   *list = json_array();

	if (tasks)
		json_array_append_new(list, json_pack("{s:o, s:i}", "connector", json_text(name), "task", 0));
	return json_pack("{s:o, s:O, s:o, s:s}", "name", json_text(name), "config", config,
					 "tasks", list, "type", "source");
}

static json_t *
state_json(const Worker *worker, const char *state, const char *trace)
{
	json_t	   *json = json_pack("{s:s, s:o, s:s}", "state", state, "worker_id", json_text(worker->id),
								 "version", WORKER_PLUGIN_VERSION);

	if (trace != NULL)
		json_object_set_new(json, "trace", json_text(trace));
	return json;
}

json_t *
rest_status(const Worker *worker, const Connector *connector)
{
	const char *task = worker_task_state(connector);
	char	   *trace = worker_trace(connector);
	json_t	   *tasks = json_array();
	json_t	   *json;

	if (task != NULL)
	{
		json_t	   *one = json_pack("{s:i}", "id", 0);
		json_t	   *rest = state_json(worker, task, trace);

		json_object_update(one, rest);
		json_decref(rest);
		json_array_append_new(tasks, one);
	}
	json = json_pack("{s:o, s:o, s:o, s:s}", "name", json_text(connector->name),
					 "connector", state_json(worker, worker_connector_state(connector), task == NULL ? trace : NULL),
					 "tasks", tasks, "type", "source");
	free(trace);
	return json;
}

RestWrite *
rest_write(HttpRequest *http, int n, int status, json_t *json)
{
	RestWrite  *write = mem_zero(sizeof(RestWrite));

	write->http = http;
	write->left = n;
	write->status = status;
	write->json = json;
	return write;
}

void
rest_written(void *arg, const char *error)
{
	RestWrite  *write = arg;

	if (error != NULL && write->error == NULL)
		write->error = mem_copy(error);
	if (--write->left > 0)
		return;
	if (write->error != NULL)
	{
		json_decref(write->json);
		rest_error(write->http, 500, "Failed to write to Kafka: %s", write->error);
	}
	else if (write->json != NULL)
		rest_answer(write->http, write->status, write->json);
	else
		rest_answer_nothing(write->http, write->status);
	free(write->error);
	free(write);
}

/* ---- calls that wait ------------------------------------------------------------------ */

struct RestWaiting
{
	RestCall	call;
	RestFn		fn;
	struct RestWaiting *next;
};

/* Each may wait again. */
static void
make_waiting(Worker *worker)
{
	struct RestWaiting *waiting = worker->waiting;

	worker->waiting = NULL;
	while (waiting != NULL)
	{
		struct RestWaiting *next = waiting->next;

		waiting->fn(&waiting->call);
		for (int i = 0; i < REST_ARGS_MAX; i++)
			free(waiting->call.args[i]);
		free(waiting);
		waiting = next;
	}
}

void
rest_wait(RestCall *call, RestFn fn)
{
	struct RestWaiting *waiting = mem_zero(sizeof(*waiting));

	waiting->call = *call;
	for (int i = 0; i < REST_ARGS_MAX; i++)
		waiting->call.args[i] = call->args[i] ? mem_copy(call->args[i]) : NULL;
	waiting->fn = fn;
	waiting->next = call->worker->waiting;
	call->worker->waiting = waiting;
	call->worker->ended = make_waiting;
}

/* ---- what handlers ask for ----------------------------------------------------------- */

Connector *
rest_connector(RestCall *call)
{
	Connector  *connector = worker_find(call->worker, call->args[0]);

	if (connector == NULL)
		rest_error(call->http, 404, "Connector %s not found", call->args[0]);
	return connector;
}

json_t *
rest_body(RestCall *call)
{
	json_error_t where;
	json_t	   *json = json_loadb(call->http->body, call->http->len, 0, &where);

	if (json == NULL)
		rest_error(call->http, 400, "The body is no JSON: line %d, column %d: %s", where.line, where.column, where.text);
	else if (!json_is_object(json))
	{
		rest_error(call->http, 400, "The body must be a JSON object");
		json_decref(json);
		json = NULL;
	}
	return json;
}

/* ---- routes ---------------------------------------------------------------------------- */

static int
hex_digit(char c)
{
	return isdigit((unsigned char) c) ? c - '0' : tolower((unsigned char) c) - 'a' + 10;
}

/* A segment of a path, decoded; a NUL in it ends it. */
static char *
decode(const char *p, size_t len)
{
	char	   *text = mem_copy_len(p, len);
	size_t		n = 0;

	for (size_t i = 0; i < len; i++)
	{
		char		c = p[i];

		if (c == '%' && i + 2 < len && isxdigit((unsigned char) p[i + 1]) && isxdigit((unsigned char) p[i + 2]))
		{
			c = (char) (hex_digit(p[i + 1]) * 16 + hex_digit(p[i + 2]));
			i += 2;
		}
		if (c == '\0')
			break;
		text[n++] = c;
	}
	text[n] = '\0';
	return text;
}

/* True when path is that of the route; what stands for {} goes to args. */
static bool
matches(const char *pattern, const char *path, char **args)
{
	int			n = 0;

	while (*pattern == '/' && *path == '/')
	{
		size_t		want = strcspn(++pattern, "/");
		size_t		have = strcspn(++path, "/");
		bool		any = want == 2 && strncmp(pattern, "{}", 2) == 0;

		if (any ? have == 0 : (want != have || strncmp(pattern, path, want) != 0))
			break;
		if (any)
			args[n++] = decode(path, have);
		pattern += want;
		path += have;
	}

	/* a slash at the end is no other path */
	if (*pattern == '\0' && (*path == '\0' || strcmp(path, "/") == 0))
		return true;
	while (n > 0)
	{
		free(args[--n]);
		args[n] = NULL;
	}
	return false;
}

static const RestRoute *
find_route(RestCall *call, bool *known)
{
	for (size_t t = 0; t < sizeof(route_tables) / sizeof(route_tables[0]); t++)
		for (const RestRoute *route = route_tables[t]; route->path; route++)
		{
			if (!matches(route->path, call->http->path, call->args))
				continue;
			*known = true;
			if (strcmp(route->method, call->http->method) == 0)
				return route;
			for (int i = 0; i < REST_ARGS_MAX; i++)
			{
				free(call->args[i]);
				call->args[i] = NULL;
			}
		}
	return NULL;
}

/* Before the topics are read nobody knows what there is. */
static bool
is_served_early(const RestCall *call)
{
	return strcmp(call->http->path, "/health") == 0 || strcmp(call->http->path, "/") == 0;
}

void
rest_handle(void *arg, HttpRequest *request)
{
	RestCall	call = {.worker = arg,.http = request};
	const RestRoute *route;
	bool		known = false;

	if (metrics_answer(request, call.worker->shown, call.worker->nshown))
		return;
	if (!rest_auth_admits(call.worker->auth, request))
	{
		http_set_header(request, "WWW-Authenticate", "Basic realm=\"Kafka Connect\"");
		http_answer(request, 401, "text/plain", mem_copy("User cannot access the resource."));
		return;
	}
	if (request->too_large)
	{
		rest_error(request, 413, "The body is larger than %d bytes", HTTP_BODY_MAX);
		return;
	}
	route = find_route(&call, &known);
	if (route == NULL)
		rest_error(request, known ? 405 : 404, "HTTP %s", known ? "405 Method Not Allowed" : "404 Not Found");
	else if (!call.worker->read && !is_served_early(&call))
		rest_error(request, 503, "The worker is still reading its topics; try again in a moment");
	else if (rest_is_elsewhere(&call, route))
		rest_forward(&call, NULL, route->fn);
	else
		route->fn(&call);
	for (int i = 0; i < REST_ARGS_MAX; i++)
		free(call.args[i]);
}
