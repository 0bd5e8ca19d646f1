/*
 * conf_file.c
 *	  Where properties come from: connector file, worker file, environment.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "conf_private.h"
#include "log.h"
#include "mem.h"
#include "props.h"
#include "secret.h"

#define LOG_MODULE "conf"

extern char **environ;

/* ---- the connector file -------------------------------------------------- */

typedef struct Source
{
	Conf	   *conf;
	const char *origin;
	ConfLayer	layer;
} Source;

static void
take_property(const char *name, const char *value, void *arg)
{
	Source	   *source = arg;

	conf_set_at(source->conf, name, value, source->origin, source->layer);
}

/* The shortest text that reads back as the same number. */
static char *
real_text(double number)
{
	char		text[32];

	for (int digits = 15; digits <= 17; digits++)
	{
		snprintf(text, sizeof(text), "%.*g", digits, number);
		if (strtod(text, NULL) == number)
			break;
	}
	return mem_print("%s%s", text, strpbrk(text, ".e") ? "" : ".0");
}

/* A value as Connect takes it: text, numbers and booleans; NULL for others. */
static char *
scalar_text(const json_t *value)
{
	switch (json_typeof(value))
	{
		case JSON_STRING:
			return mem_copy(json_string_value(value));
		case JSON_INTEGER:
			return mem_print("%lld", (long long) json_integer_value(value));
		case JSON_REAL:
			return real_text(json_real_value(value));
		case JSON_TRUE:
			return mem_copy("true");
		case JSON_FALSE:
			return mem_copy("false");
		default:
			return NULL;
	}
}

static bool
take_object(Source *source, const char *path, json_t *object, Err *err)
{
	const char *name;
	json_t	   *value;

	json_object_foreach(object, name, value)
	{
		char	   *text;

		if (json_is_null(value))
			continue;			/* as if it were not there */
		text = scalar_text(value);
		if (text == NULL)
			return err_set(err, ERR_CONFIG, "connector file \"%s\": property \"%s\" is %s; give a string",
						   path, name, json_is_object(value) ? "an object" : "an array");
		take_property(name, text, source);
		secret_wipe(text);
		free(text);
	}
	return true;
}

/* {"name": ..., "config": {...}}: the two names must not differ. */
static bool
take_wrapped(Source *source, const char *path, json_t *root, json_t *config, Err *err)
{
	const char *outer = json_string_value(json_object_get(root, "name"));
	const char *inner = json_string_value(json_object_get(config, "name"));

	if (outer && inner && strcmp(outer, inner) != 0)
		return err_set(err, ERR_CONFIG, "connector file \"%s\": \"name\" is \"%s\" outside and \"%s\" inside \"config\"; make them equal",
					   path, outer, inner);
	if (!take_object(source, path, config, err))
		return false;
	if (outer)
		take_property("name", outer, source);
	return true;
}

static bool
read_json(Source *source, const char *path, const char *text, Err *err)
{
	json_error_t where;
	json_t	   *root = json_loads(text, 0, &where);
	json_t	   *config;
	bool		ok;

	if (root == NULL)
		return err_set(err, ERR_CONFIG, "connector file \"%s\", line %d, column %d: %s; give valid JSON (without comments) or a .properties text",
					   path, where.line, where.column, where.text);
	config = json_object_get(root, "config");
	if (json_is_object(config))
		ok = take_wrapped(source, path, root, config, err);
	else
		ok = take_object(source, path, root, err);
	json_decref(root);
	return ok;
}

bool
conf_read_file(Conf *conf, const char *path, Err *err)
{
	char	   *text = props_read_file("connector file", path, err);
	const char *start = text;
	Source		source = {conf, NULL, CONF_LAYER_CONNECTOR};
	bool		ok;

	if (text == NULL)
		return false;
	source.origin = conf_keep_origin(conf, strncmp(path, "/dev/fd/", 8) == 0 ? "its configuration" : path);
	if (strncmp(start, "\xEF\xBB\xBF", 3) == 0)
		start += 3;
	start += strspn(start, " \t\r\n");
	if (*start == '\0')
		ok = err_set(err, ERR_CONFIG, "connector file \"%s\" is empty; give the connector's properties as JSON or as a .properties text",
					 path);
	else if (*start == '{')
		ok = read_json(&source, path, start, err);
	else
		ok = props_parse("connector file", path, text, take_property, &source, err);
	secret_wipe(text);
	free(text);
	return ok;
}

/* ---- the worker's settings ----------------------------------------------- */

/*
 * What of a worker's settings matters to a connector; a name that ends in a
 * dot is a prefix.  The rest (storage topics, REST, plugin path) is its own.
 */
static const struct
{
	const char *worker;
	const char *connector;
}			worker_settings[] = {
	{"bootstrap.servers", "bootstrap.servers"},
	{"key.converter", "key.converter"},
	{"key.converter.", "key.converter."},
	{"value.converter", "value.converter"},
	{"value.converter.", "value.converter."},
	{"header.converter", "header.converter"},
	{"header.converter.", "header.converter."},
	{"producer.", "producer.override."},
	{"topic.creation.", "topic.creation."},
	{"offset.flush.interval.ms", "offset.flush.interval.ms"},
	{"config.providers", "config.providers"},
	{"config.providers.", "config.providers."},
	{NULL, NULL}
};

/* What stands before any property's name, for a default of all connectors. */
static const char defaults_prefix[] = "walpost.connector.defaults.";

static void
take_default(const char *name, const char *value, const Source *source)
{
	Source		defaults = *source;

	defaults.layer = source->layer == CONF_LAYER_WORKER ? CONF_LAYER_DEFAULT : CONF_LAYER_DEFAULT_ENVIRONMENT;
	take_property(name, value, &defaults);
}

static void
take_worker_setting(const char *name, const char *value, void *arg)
{
	Source	   *source = arg;

	if (strncmp(name, defaults_prefix, strlen(defaults_prefix)) == 0)
	{
		take_default(name + strlen(defaults_prefix), value, source);
		return;
	}
	for (int i = 0; worker_settings[i].worker; i++)
	{
		const char *worker = worker_settings[i].worker;
		size_t		len = strlen(worker);
		char	   *own;

		if (worker[len - 1] == '.' ? strncmp(name, worker, len) != 0 : strcmp(name, worker) != 0)
			continue;
		own = mem_print("%s%s", worker_settings[i].connector, name + len);
		take_property(own, value, source);
		free(own);
		return;
	}
}

bool
conf_read_worker(Conf *conf, const char *path, Err *err)
{
	char	   *text = props_read_file("worker file", path, err);
	Source		source = {conf, NULL, CONF_LAYER_WORKER};
	bool		ok;

	if (text == NULL)
		return false;
	source.origin = conf_keep_origin(conf, path);
	ok = props_parse("worker file", path, text, take_worker_setting, &source, err);
	secret_wipe(text);
	free(text);
	return ok;
}

/* CONNECT_X_Y is x.y, as the container images of Kafka Connect have it. */
static void
take_connect_variable(const char *variable, Source *source)
{
	const char *equals = strchr(variable, '=');
	char	   *name = mem_copy_len(variable, equals - variable);

	for (char *p = name; *p; p++)
		*p = *p == '_' ? '.' : tolower((unsigned char) *p);
	take_worker_setting(name + strlen("connect."), equals + 1, source);
	free(name);
}

/* Variables without CONNECT_ that those images know; they win over it. */
static const struct
{
	const char *variable;
	const char *name;
}			plain_variables[] = {
	{"BOOTSTRAP_SERVERS", "bootstrap.servers"},
	{"KEY_CONVERTER", "key.converter"},
	{"VALUE_CONVERTER", "value.converter"},
	{"OFFSET_FLUSH_INTERVAL_MS", "offset.flush.interval.ms"},
	{NULL, NULL}
};

/* Often set, and without effect there as well; a "_" at the end stands for all that begin so. */
static const char *const idle_variables[] = {
	"KEY_CONVERTER_", "VALUE_CONVERTER_", "HEADER_CONVERTER", "CONFIG_PROVIDERS", "TOPIC_CREATION_",
	"CONFIG_STORAGE_REPLICATION_FACTOR", "OFFSET_STORAGE_REPLICATION_FACTOR", "OFFSET_STORAGE_PARTITIONS",
	"STATUS_STORAGE_REPLICATION_FACTOR", "STATUS_STORAGE_PARTITIONS", "PRODUCER_INTERCEPTOR_CLASSES",
	"CONSUMER_INTERCEPTOR_CLASSES", "PLUGIN_PATH", NULL
};

/* Says to the processes of connectors that it was said. */
#define TOLD_VARIABLE	"WALPOST_VARIABLES_TOLD"

static bool
is_idle(const char *variable)
{
	size_t		len = strcspn(variable, "=");

	for (int i = 0; idle_variables[i]; i++)
	{
		size_t		n = strlen(idle_variables[i]);

		if (strncmp(variable, idle_variables[i], n) == 0 && (len == n || idle_variables[i][n - 1] == '_'))
			return true;
	}
	return false;
}

void
conf_warn_idle_variables(void)
{
	if (getenv(TOLD_VARIABLE))
		return;
	for (char **variable = environ; *variable; variable++)
	{
		int			len = (int) strcspn(*variable, "=");

		if (is_idle(*variable))
			log_warn("environment variable %.*s is ignored, as in Kafka Connect; did you mean CONNECT_%.*s?",
					 len, *variable, len, *variable);
	}
	if (setenv(TOLD_VARIABLE, "1", 1) != 0)
		mem_exhausted();
}

void
conf_read_environment(Conf *conf)
{
	Source		source = {conf, "environment", CONF_LAYER_ENVIRONMENT};

	for (char **variable = environ; *variable; variable++)
		if (strncmp(*variable, "CONNECT_", strlen("CONNECT_")) == 0 && strchr(*variable, '='))
			take_connect_variable(*variable, &source);
	for (int i = 0; plain_variables[i].variable; i++)
	{
		const char *value = getenv(plain_variables[i].variable);

		if (value && value[0] != '\0')
			take_property(plain_variables[i].name, value, &source);
	}
	conf_warn_idle_variables();
}
