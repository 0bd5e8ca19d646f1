/*
 * test_worker_records.c
 *	  Records of a Connect worker's topics, in any order, and others that are none.
 *
 * What takes them (connectors, Kafka, the log) is played by this file.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>

#include "log.h"
#include "tap.h"
#include "worker.h"

LogLevel	log_level = LOG_INFO;
const _Atomic int32_t *log_followed;

static Worker worker;
static char last_config[256];	/* what worker_set_config() was told last */
static int	told;				/* how often something was told */
static int	warnings;

void
log_write(LogLevel level, const char *module, const char *fmt,...)
{
	warnings += level == LOG_WARN;
}

void
worker_set_config(Worker *w, const char *name, json_t *config)
{
	char	   *text = config != NULL ? json_dumps(config, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

	told++;
	snprintf(last_config, sizeof(last_config), "%s %s", name, text ? text : "deleted");
	free(text);
	json_decref(config);
}

void
worker_set_target(Worker *w, const char *name)
{
	told++;
}

const char *
worker_connector_state(const Connector *connector)
{
	return "RUNNING";
}

const char *
worker_task_state(const Connector *connector)
{
	return "RUNNING";
}

char *
worker_trace(const Connector *connector)
{
	return NULL;
}

void
kafkalog_write(KafkaLog *log, int topic, const char *key, const char *value, KafkaLogDone done, void *arg)
{
}

/* Nothing is told of it, and one warning. */
static void
is_left_alone(const char *key, const char *value, const char *name)
{
	told = warnings = 0;
	worker_config_record(&worker, key, value);
	ok(told == 0 && warnings == 1, "%s is left alone, and the log says so", name);
}

static void
test_configs(void)
{
	worker_config_record(&worker, "connector-shop", "{\"properties\":{\"a\":\"b\",\"n\":null,\"o\":{}}}");
	ok(strcmp(last_config, "shop {\"a\":\"b\"}") == 0, "a connector: %s", last_config);
	is_left_alone("connector-shop", "{\"properties\"", "what is no JSON");
	is_left_alone("connector-shop", "{}", "an object without properties");
	is_left_alone("connector-shop", "{\"properties\":[\"a\"]}", "properties that are a list");
	is_left_alone("connector-shop", "42", "a number");
	worker_config_record(&worker, "connector-shop", "null");
	ok(strcmp(last_config, "shop deleted") == 0, "JSON's null is a tombstone, as for Kafka Connect");
	last_config[0] = '\0';
	worker_config_record(&worker, "connector-shop", NULL);
	ok(strcmp(last_config, "shop deleted") == 0, "a tombstone");
	worker_config_record(&worker, "connector-", "{\"properties\":{}}");
	ok(strcmp(last_config, " {}") == 0, "an empty name is one");
	told = warnings = 0;
	worker_config_record(&worker, "task-shop-0", "{\"properties\":{}}");
	worker_config_record(&worker, "commit-shop", "{\"tasks\":1}");
	worker_config_record(&worker, "session-key", "{\"key\":\"x\"}");
	worker_config_record(&worker, "", "{}");
	ok(told == 0 && warnings == 0, "what is a worker's own business is none of ours");
}

static void
test_targets(void)
{
	ok(worker_target(&worker, "shop") == TARGET_STARTED, "who is not named is to run");
	worker_config_record(&worker, "target-state-shop", "{\"state\":\"PAUSED\",\"state.v2\":\"STOPPED\"}");
	ok(worker_target(&worker, "shop") == TARGET_STOPPED, "state.v2 counts");
	is_left_alone("target-state-shop", "{\"state\":5}", "a state that is a number");
	is_left_alone("target-state-shop", "{\"state.v2\":\"FLYING\"}", "a state that nobody knows");
	is_left_alone("target-state-shop", "[]", "a list");
	is_left_alone("target-state-shop", "{", "no JSON");
	ok(worker_target(&worker, "shop") == TARGET_STOPPED, "and the state is what it was");
	worker_config_record(&worker, "target-state-shop", "{\"state\":\"PAUSED\"}");
	ok(worker_target(&worker, "shop") == TARGET_PAUSED, "an older worker's");
	worker_config_record(&worker, "target-state-shop", "{\"state\":\"STARTED\",\"state.v2\":7}");
	ok(worker_target(&worker, "shop") == TARGET_STARTED, "the older field where the newer one is none");
	worker_config_record(&worker, "target-state-shop", "{\"state\":\"PAUSED\"}");
	worker_config_record(&worker, "target-state-shop", NULL);
	ok(worker_target(&worker, "shop") == TARGET_STARTED, "a tombstone");
	worker_config_record(&worker, "target-state-\xff", "{\"state\":\"PAUSED\"}");
	ok(worker_target(&worker, "\xff") == TARGET_STARTED, "a name that is no UTF-8 has none");
}

static bool
has_topic(const char *name, const char *topic)
{
	return json_object_get(json_object_get(worker.topics, name), topic) != NULL;
}

static void
test_topics(void)
{
	worker_status_record(&worker, "status-topic-a.b:connector-shop", "{\"topic\":{}}");
	ok(has_topic("shop", "a.b"), "a topic");
	worker_status_record(&worker, "status-topic-a.b:connector-shop", NULL);
	worker_status_record(&worker, "status-topic-c:connector-nobody", NULL);
	ok(!has_topic("shop", "a.b"), "which is forgotten");
	worker_status_record(&worker, "status-topic-a:connector-\xff", "{\"topic\":{}}");
	worker_status_record(&worker, "status-topic-\xff:connector-shop", "{\"topic\":{}}");
	worker_status_record(&worker, "status-topic-a", "{\"topic\":{}}");
	worker_status_record(&worker, "status-topic-a:b", "{\"topic\":{}}");
	worker_status_record(&worker, "status-connector-shop", "no JSON");
	ok(json_object_size(worker.topics) == 1 && json_object_size(json_object_get(worker.topics, "shop")) == 0,
	   "names that are no UTF-8, and keys of other kinds, are none");
}

int
main(void)
{
	worker.targets = json_object();
	worker.offsets = json_object();
	worker.topics = json_object();
	test_configs();
	test_targets();
	test_topics();
	json_decref(worker.targets);
	json_decref(worker.offsets);
	json_decref(worker.topics);
	return done_testing();
}
