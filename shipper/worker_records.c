/*
 * worker_records.c
 *	  The records of a Kafka Connect worker's topics, read and written.
 *
 *		connector-NAME			{"properties": {...}}		the configuration topic
 *		target-state-NAME		{"state": ..., "state.v2": ...}
 *		task-NAME-0				{"properties": {...}}
 *		commit-NAME				{"tasks": 1}
 *		["NAME",{"server":...}]	{"lsn": ...}				the offset topic
 *		status-connector-NAME	{"state": ..., ...}			the status topic
 *		status-task-NAME-0		{"state": ..., ...}
 *		status-topic-TOPIC:connector-NAME	{"topic": {...}}
 *
 * What else a worker writes (its session key, fencing) is its own business.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jsontext.h"
#include "log.h"
#include "mem.h"
#include "worker.h"

#define LOG_MODULE "connect"

static const char *const target_names[] = {
	[TARGET_STARTED] = "STARTED",
	[TARGET_PAUSED] = "PAUSED",
	[TARGET_STOPPED] = "STOPPED",
};

/* What follows prefix in key, or NULL. */
static const char *
behind(const char *key, const char *prefix)
{
	size_t		len = strlen(prefix);

	return strncmp(key, prefix, len) == 0 ? key + len : NULL;
}

/*
 * A tombstone is JSON's null, as for Kafka Connect; NULL, and a warning, for what
 * is no JSON.  To be released by the caller.
 */
static json_t *
parse(const char *key, const char *value)
{
	json_t	   *json = value != NULL ? json_loads(value, JSON_DECODE_ANY, NULL) : json_null();

	if (json == NULL)
		log_warn("record \"%s\" is no JSON and is left alone", key);
	return json;
}

/* ---- the configuration topic ------------------------------------------------------- */

/* An object of strings, of whatever kinds of values there are. */
static json_t *
properties_of(const json_t *record)
{
	json_t	   *properties = json_object_get(record, "properties");
	json_t	   *config;
	const char *name;
	json_t	   *value;

	config = json_object();
	json_object_foreach(properties, name, value)
		if (json_is_string(value))
		json_object_set(config, name, value);
	return config;
}

static void
take_config(Worker *worker, const char *key, const char *name, const json_t *record)
{
	if (json_is_null(record))
		worker_set_config(worker, name, NULL);
	else if (json_is_object(json_object_get(record, "properties")))
		worker_set_config(worker, name, properties_of(record));
	else
		log_warn("record \"%s\" has no properties and is left alone", key);
}

/* False for what is no state. */
static bool
find_state(const char *text, TargetState *state)
{
	for (int i = TARGET_STARTED; text != NULL && i <= TARGET_STOPPED; i++)
	{
		if (strcmp(text, target_names[i]) != 0)
			continue;
		*state = (TargetState) i;
		return true;
	}
	return false;
}

static void
take_target(Worker *worker, const char *key, const char *name, const json_t *record)
{
	const char *text = json_string_value(json_object_get(record, "state.v2"));
	TargetState state;

	if (text == NULL)
		text = json_string_value(json_object_get(record, "state"));
	if (find_state(text, &state))
		json_object_set_new(worker->targets, name, json_integer(state));
	else if (json_is_null(record))
		json_object_del(worker->targets, name);
	else
	{
		log_warn("record \"%s\" has no state that is known and is left alone", key);
		return;
	}
	worker_set_target(worker, name);
}

void
worker_config_record(void *arg, const char *key, const char *value)
{
	json_t	   *record = parse(key, value);
	const char *name;

	if (record != NULL && (name = behind(key, "connector-")) != NULL)
		take_config(arg, key, name, record);
	else if (record != NULL && (name = behind(key, "target-state-")) != NULL)
		take_target(arg, key, name, record);
	json_decref(record);
}

TargetState
worker_target(const Worker *worker, const char *name)
{
	const json_t *state = json_object_get(worker->targets, name);

	return state != NULL ? (TargetState) json_integer_value(state) : TARGET_STARTED;
}

static void
write_json(Worker *worker, int topic, char *key, json_t *value, KafkaLogDone done, void *arg)
{
	char	   *text = value != NULL ? json_print(value) : NULL;

	kafkalog_write(worker->log, topic, key, text, done, arg);
	free(text);
	free(key);
}

void
worker_write_config(Worker *worker, const char *name, const json_t *config,
					KafkaLogDone done, void *arg)
{
	write_json(worker, WORKER_CONFIGS, mem_print("connector-%s", name),
			   json_pack("{s:O}", "properties", config), done, arg);
}

/* A worker before 3.5 knows no STOPPED: the older field says PAUSED for it. */
void
worker_write_target(Worker *worker, const char *name, TargetState target,
					KafkaLogDone done, void *arg)
{
	if (target == TARGET_STOPPED)
		write_json(worker, WORKER_CONFIGS, mem_print("commit-%s", name), json_pack("{s:i}", "tasks", 0), NULL, NULL);
	write_json(worker, WORKER_CONFIGS, mem_print("target-state-%s", name),
			   json_pack("{s:s, s:s}", "state", target_names[target == TARGET_STOPPED ? TARGET_PAUSED : target],
						 "state.v2", target_names[target]), done, arg);
}

void
worker_delete(Worker *worker, const char *name, KafkaLogDone done, void *arg)
{
	write_json(worker, WORKER_CONFIGS, mem_print("connector-%s", name), NULL, done, arg);
	write_json(worker, WORKER_CONFIGS, mem_print("target-state-%s", name), NULL, done, arg);
}

json_t *
worker_task_config(const Connector *connector)
{
	json_t	   *config = json_copy(connector->config);

	json_object_set_new(config, "task.class", json_string(WORKER_TASK_CLASS));
	return config;
}

/* ---- the offset topic ---------------------------------------------------------------- */

void
worker_offset_record(void *arg, const char *key, const char *value)
{
	Worker	   *worker = arg;

	if (value == NULL)
		json_object_del(worker->offsets, key);
	else
		json_object_set_new(worker->offsets, key, json_text(value));
}

/* ---- the status topic ----------------------------------------------------------------- */

/* "TOPIC:connector-NAME" into its parts; the caller frees the first. */
static char *
split_topic(const char *text, const char **name)
{
	const char *colon = strchr(text, ':');

	*name = colon != NULL ? behind(colon, ":connector-") : NULL;
	return *name != NULL ? mem_copy_len(text, colon - text) : NULL;
}

void
worker_status_record(void *arg, const char *key, const char *value)
{
	Worker	   *worker = arg;
	const char *text = behind(key, "status-topic-");
	const char *name;
	char	   *topic = text != NULL ? split_topic(text, &name) : NULL;
	json_t	   *topics;

	if (topic == NULL)
		return;
	/* a name that is no UTF-8 gets none */
	if (value != NULL && json_object_get(worker->topics, name) == NULL)
		json_object_set_new(worker->topics, name, json_object());
	topics = json_object_get(worker->topics, name);
	if (value != NULL)
		json_object_set_new(topics, topic, json_true());
	else
		json_object_del(topics, topic);
	free(topic);
}

void
worker_write_topic(Worker *worker, const char *connector, const char *topic)
{
	struct timespec now;

	if (json_object_get(json_object_get(worker->topics, connector), topic) != NULL)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	write_json(worker, WORKER_STATUS, mem_print("status-topic-%s:connector-%s", topic, connector),
			   json_pack("{s:{s:s, s:s, s:i, s:I}}", "topic", "name", topic, "connector", connector,
						 "task", 0, "discoverTimestamp", (json_int_t) now.tv_sec * 1000 + now.tv_nsec / 1000000),
			   NULL, NULL);
}

void
worker_forget_topics(Worker *worker, const char *name)
{
	const char *topic;
	json_t	   *value;

	json_object_foreach(json_object_get(worker->topics, name), topic, value)
		write_json(worker, WORKER_STATUS, mem_print("status-topic-%s:connector-%s", topic, name), NULL, NULL, NULL);
}

static void
write_state(Worker *worker, char **written, char *key, const char *state, const char *trace)
{
	json_t	   *value = NULL;
	char	   *text;

	if (state != NULL)
	{
		value = json_pack("{s:s, s:o}", "state", state, "trace", trace ? json_text(trace) : json_null());
		json_object_set_new(value, "worker_id", json_text(worker->id));
		json_object_set_new(value, "generation", json_integer(1));
		json_object_set_new(value, "version", json_string(WORKER_PLUGIN_VERSION));
	}
	text = value != NULL ? json_print(value) : mem_copy("");
	if (*written == NULL || strcmp(*written, text) != 0)
	{
		kafkalog_write(worker->log, WORKER_STATUS, key, text[0] ? text : NULL, NULL, NULL);
		free(*written);
		*written = text;
	}
	else
		free(text);
	free(key);
}

void
worker_write_status(Worker *worker, Connector *connector)
{
	const char *state = worker_connector_state(connector);
	const char *task = worker_task_state(connector);
	char	   *trace = worker_trace(connector);

	write_state(worker, &connector->written[0], mem_print("status-connector-%s", connector->name),
				state, task == NULL ? trace : NULL);
	write_state(worker, &connector->written[1], mem_print("status-task-%s-0", connector->name),
				task, trace);
	free(trace);
}

void
worker_clear_status(Worker *worker, Connector *connector)
{
	write_state(worker, &connector->written[0], mem_print("status-connector-%s", connector->name), NULL, NULL);
	write_state(worker, &connector->written[1], mem_print("status-task-%s-0", connector->name), NULL, NULL);
	worker_forget_topics(worker, connector->name);
}
