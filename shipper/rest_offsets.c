/*
 * rest_offsets.c
 *	  Offsets: shown, removed, altered.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>

#include "jsontext.h"
#include "log.h"
#include "mem.h"
#include "rest.h"

#define LOG_MODULE "rest"

/* The partition of a key ["NAME", {...}] of that connector, the caller's; else NULL. */
static json_t *
partition_of(const char *key, const char *name)
{
	json_t	   *json = json_loads(key, 0, NULL);
	const char *owner = json_string_value(json_array_get(json, 0));
	json_t	   *partition = NULL;

	if (owner != NULL && strcmp(owner, name) == 0 && json_is_object(json_array_get(json, 1)))
		partition = json_incref(json_array_get(json, 1));
	json_decref(json);
	return partition;
}

/* Beside its position a connector may keep records of its own, which are no offsets. */
static bool
is_offset(const json_t *partition)
{
	return json_object_get(partition, "walpost") == NULL;
}

static void
get_offsets(RestCall *call)
{
	const Connector *connector = rest_connector(call);
	json_t	   *list;
	const char *key;
	json_t	   *value;

	if (connector == NULL)
		return;
	list = json_array();
	json_object_foreach(call->worker->offsets, key, value)
	{
		json_t	   *partition = partition_of(key, connector->name);
		json_t	   *offset = partition != NULL ? json_loads(json_string_value(value), 0, NULL) : NULL;

		if (offset != NULL && is_offset(partition))
			json_array_append_new(list, json_pack("{s:O, s:O}", "partition", partition, "offset", offset));
		json_decref(partition);
		json_decref(offset);
	}
	rest_answer(call->http, 200, json_pack("{s:o}", "offsets", list));
}

/*
 * The connector, stopped, and its process gone, which writes its position last of
 * all: then fn is called again.  NULL when it is not so, which was seen to.
 */
static Connector *
stopped_connector(RestCall *call, RestFn fn)
{
	Connector  *connector = rest_connector(call);

	if (connector == NULL)
		return NULL;
	if (connector->target != TARGET_STOPPED)
	{
		rest_error(call->http, 400, "Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the specified connector by issuing a 'PUT' request to the '/connectors/%s/stop' endpoint",
				   connector->name);
		return NULL;
	}
	if (connector->child.state == CHILD_RUNNING)
	{
		rest_wait(call, fn);
		return NULL;
	}
	return connector;
}

static void
delete_offsets(RestCall *call)
{
	const Connector *connector = stopped_connector(call, delete_offsets);
	json_t	   *keys;
	const char *key;
	json_t	   *value;
	size_t		i;
	RestWrite  *answer;

	if (connector == NULL)
		return;
	keys = json_array();
	json_object_foreach(call->worker->offsets, key, value)
	{
		json_t	   *partition = partition_of(key, connector->name);

		if (partition != NULL)
			json_array_append_new(keys, json_text(key));
		json_decref(partition);
	}
	answer = rest_write(call->http, (int) json_array_size(keys), 200, json_pack("{s:s}", "message",
												   "The Connect framework-managed offsets for this connector have been reset successfully. "
												   "However, if this connector manages offsets externally, they will need to be manually reset in the system that the connector uses."));
	json_array_foreach(keys, i, value)
		kafkalog_write(call->worker->log, WORKER_OFFSETS, json_string_value(value), NULL, rest_written, answer);
	if (json_array_size(keys) == 0)
		rest_written(answer, NULL);
	json_decref(keys);
}

/* False for what is no offset of a connector of this kind. */
static bool
is_valid(const json_t *one)
{
	const json_t *partition = json_object_get(one, "partition");
	const json_t *offset = json_object_get(one, "offset");

	return json_is_string(json_object_get(partition, "server")) &&
		(json_is_null(offset) || (json_is_object(offset) && json_is_integer(json_object_get(offset, "lsn"))));
}

static void
write_offset(Worker *worker, const char *name, const json_t *one, RestWrite *answer)
{
	json_t	   *offset = json_object_get(one, "offset");
	char	   *key = json_print(json_pack("[o, O]", json_text(name), json_object_get(one, "partition")));
	char	   *value = json_is_null(offset) ? NULL : json_print(json_incref(offset));

	kafkalog_write(worker->log, WORKER_OFFSETS, key, value, rest_written, answer);
	free(value);
	free(key);
}

static void
patch_offsets(RestCall *call)
{
	const Connector *connector = stopped_connector(call, patch_offsets);
	json_t	   *body = connector != NULL ? rest_body(call) : NULL;
	json_t	   *list = json_object_get(body, "offsets");
	json_t	   *one;
	size_t		i;
	bool		valid = json_array_size(list) > 0;
	RestWrite  *answer;

	if (body == NULL)
		return;
	json_array_foreach(list, i, one)
		valid &= is_valid(one);
	if (!valid)
	{
		rest_error(call->http, 400, "Partitions / offsets need to be provided for an alter offsets request, each as {\"partition\": {\"server\": ...}, \"offset\": {\"lsn\": ...}}");
		json_decref(body);
		return;
	}
	answer = rest_write(call->http, (int) json_array_size(list), 200, json_pack("{s:s}", "message",
												   "The Connect framework-managed offsets for this connector have been altered successfully. "
												   "However, if this connector manages offsets externally, they will need to be manually altered in the system that the connector uses."));
	json_array_foreach(list, i, one)
		write_offset(call->worker, connector->name, one, answer);
	json_decref(body);
}

const RestRoute rest_offset_routes[] = {
	{"GET", "/connectors/{}/offsets", get_offsets},
	{"DELETE", "/connectors/{}/offsets", delete_offsets},
	{"PATCH", "/connectors/{}/offsets", patch_offsets},
	{NULL, NULL, NULL}
};
