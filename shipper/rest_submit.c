/*
 * rest_submit.c
 *	  A connector's config, on its way from a request into the configuration topic.
 *
 * It is looked at before it is written (validator.h), and counts when it was read
 * back; meanwhile the request waits, as a Submission.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jsontext.h"
#include "mem.h"
#include "remote.h"
#include "rest.h"

typedef struct Submission
{
	Worker	   *worker;
	HttpRequest *http;
	char	   *name;
	json_t	   *config;
	const char *initial;		/* its target state at first; NULL: none is
								 * asked for */
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

/* ---- written -------------------------------------------------------------------------- */

/*
 * Its URL, as Kafka Connect encodes it, but that a slash and a percent sign in the
 * name do not lead elsewhere.  The caller's.
 */
static char *
location_of(const Worker *worker, const char *name)
{
	static const char plain[] = "-._~!$&'()*+,;=:@";
	char	   *segment = mem_zero(3 * strlen(name) + 1);
	char	   *url;
	size_t		n = 0;

	for (const char *p = name; *p; p++)
	{
		if (isalnum((unsigned char) *p) || strchr(plain, *p) != NULL)
			segment[n++] = *p;
		else
			n += (size_t) snprintf(segment + n, 4, "%%%02X", (unsigned char) *p);
	}
	url = mem_print("%s://%s/connectors/%s", rest_scheme(worker), worker->id, segment);
	free(segment);
	return url;
}

/* Is there one of that name, or will there be as soon as it is read back? */
static bool
is_there(const Worker *worker, const char *name)
{
	return worker_find(worker, name) != NULL || json_object_get(worker->making, name) != NULL;
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
	if (s->is_new)
		json_object_del(s->worker->making, s->name);
	if (s->error != NULL)
		rest_error(s->http, 500, "Failed to write to Kafka: %s", s->error);
	else
	{
		if (s->is_new)
		{
			char	   *location = location_of(s->worker, s->name);

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

	s->is_new = !is_there(s->worker, s->name);
	if (s->make && !s->is_new)
	{
		rest_error(s->http, 409, "Connector %s already exists", s->name);
		submission_free(s);
		return;
	}
	if (s->is_new)
		json_object_set_new(s->worker->making, s->name, json_true());
	/* who was killed between two records may have left one of the name */
	if (s->is_new && s->initial == NULL && worker_target(s->worker, s->name) != TARGET_STARTED)
		s->initial = names[TARGET_STARTED];
	s->left = s->initial != NULL ? 2 : 1;
	for (int i = 0; s->initial != NULL && i < 3; i++)
		if (strcmp(s->initial, names[i]) == 0 || (i == 0 && strcmp(s->initial, "RUNNING") == 0))
			worker_write_target(s->worker, s->name, (TargetState) i, on_written, s);
	worker_write_config(s->worker, s->name, s->config, on_written, s);
}

/* ---- looked at ------------------------------------------------------------------------ */

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

void
rest_submit(RestCall *call, const char *name, json_t *config, bool make, const char *initial)
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
	if (make && is_there(call->worker, name))
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
