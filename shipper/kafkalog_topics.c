/*
 * kafkalog_topics.c
 *	  Topics that hold state are made where they are missing, and checked where not.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "kafkalog_private.h"

#include <string.h>

#include "mem.h"

#define LOG_MODULE "kafka"

/* How long the brokers may take to create a topic, or to describe one. */
#define REQUEST_TIMEOUT_MS	10000
/* How long the loop may stand still for a topic's partitions. */
#define LOOK_TIMEOUT_MS		300
/* A topic that was just created, or a broker that is away, is asked again. */
#define LOOK_AGAIN_US		100000
#define RETRY_US			1000000
static void
fail(KafkaLog *log, const Err *err)
{
	log->failed(log->arg, err);
}

/* ---- made ------------------------------------------------------------------------- */

static rd_kafka_AdminOptions_t *
options_for(KafkaLog *log, rd_kafka_admin_op_t what, Topic *topic)
{
	rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(log->producer, what);
	char		why[256];

	rd_kafka_AdminOptions_set_request_timeout(options, REQUEST_TIMEOUT_MS, why, sizeof(why));
	rd_kafka_AdminOptions_set_opaque(options, topic);
	return options;
}

static void
create(KafkaLog *log, Topic *topic)
{
	rd_kafka_AdminOptions_t *options;
	rd_kafka_NewTopic_t *new;
	char		why[256];
	Err			err;

	new = rd_kafka_NewTopic_new(topic->is.name, topic->is.partitions, topic->is.replicas, why, sizeof(why));
	if (new == NULL)
	{
		err_set(&err, ERR_CONFIG, "could not create topic \"%s\": %s; see the worker's *.storage.* settings",
				topic->is.name, why);
		fail(log, &err);
		return;
	}
	rd_kafka_NewTopic_set_config(new, "cleanup.policy", "compact");
	options = options_for(log, RD_KAFKA_ADMIN_OP_CREATETOPICS, topic);
	rd_kafka_AdminOptions_set_operation_timeout(options, REQUEST_TIMEOUT_MS, why, sizeof(why));
	rd_kafka_CreateTopics(log->producer, &new, 1, options, log->producer_queue);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_NewTopic_destroy(new);
	topic->state = TOPIC_CREATING;
}

/* Whatever the answer, the topic may be there: looking for it will tell. */
void
kafkalog_on_created(KafkaLog *log, rd_kafka_event_t *event)
{
	Topic	   *topic = rd_kafka_event_opaque(event);
	rd_kafka_resp_err_t code = rd_kafka_event_error(event);
	const		rd_kafka_topic_result_t **results;
	size_t		n = 0;

	results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &n);
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR && n == 1)
		code = rd_kafka_topic_result_error(results[0]);
	topic->own = code == RD_KAFKA_RESP_ERR_NO_ERROR;
	if (topic->own)
		log_info("created topic \"%s\"", topic->is.name);
	else if (code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS && log_limit_pass(&log->limit))
		log_warn("could not create topic \"%s\": %s", topic->is.name, rd_kafka_err2str(code));
	topic->state = TOPIC_LOOK;
	topic->due_us = 0;
}

/* ---- checked ---------------------------------------------------------------------- */

static void
describe(KafkaLog *log, Topic *topic)
{
	rd_kafka_AdminOptions_t *options = options_for(log, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, topic);
	rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic->is.name);

	rd_kafka_DescribeConfigs(log->producer, &resource, 1, options, log->producer_queue);
	rd_kafka_ConfigResource_destroy(resource);
	rd_kafka_AdminOptions_destroy(options);
	topic->state = TOPIC_CHECKING;
}

/* The value of a setting; NULL where the broker does not say. */
static const char *
value_of(const rd_kafka_ConfigResource_t * resource, const char *name)
{
	size_t		n = 0;
	const		rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), name) == 0)
			return rd_kafka_ConfigEntry_value(entries[i]);
	return NULL;
}

/* What is deleted by age would take connectors and positions with it. */
static void
check_policy(KafkaLog *log, Topic *topic, const char *policy)
{
	Err			err;

	topic->state = TOPIC_FOUND;
	if (policy == NULL || strcmp(policy, "compact") == 0)
		return;
	err_set(&err, ERR_CONFIG, "topic \"%s\" of %s has cleanup.policy=%s, which would lose what is kept there; it has to be compact alone: kafka-configs --bootstrap-server %s --alter --entity-type topics --entity-name %s --add-config cleanup.policy=compact, or name another topic",
			topic->is.name, topic->is.setting, policy, log->brokers, topic->is.name);
	fail(log, &err);
}

/* Brokers that are away are asked again; who may not know goes on, as Kafka Connect does. */
void
kafkalog_on_described(KafkaLog *log, rd_kafka_event_t *event)
{
	Topic	   *topic = rd_kafka_event_opaque(event);
	rd_kafka_resp_err_t code = rd_kafka_event_error(event);
	const		rd_kafka_ConfigResource_t **resources;
	size_t		n = 0;

	resources = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &n);
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR && n == 1)
		code = rd_kafka_ConfigResource_error(resources[0]);
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR && n == 1)
		check_policy(log, topic, value_of(resources[0], "cleanup.policy"));
	else if (code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT)
	{
		topic->state = TOPIC_CHECK;
		topic->due_us = loop_now_us() + RETRY_US;
	}
	else
	{
		log_info("could not see whether topic \"%s\" has cleanup.policy=compact: %s; let the worker's principal DescribeConfigs it",
				 topic->is.name, rd_kafka_err2str(code));
		topic->state = TOPIC_FOUND;
	}
}

/* ---- found ------------------------------------------------------------------------ */

static void
start_partitions(KafkaLog *log, Topic *topic)
{
	topic->partitions = mem_zero((size_t) topic->npartitions * sizeof(Partition));
	for (int i = 0; i < topic->npartitions; i++)
	{
		topic->partitions[i].end = -1;
		/* where that is gone, auto.offset.reset leads to the beginning */
		if (rd_kafka_consume_start_queue(topic->handle, i, 0, log->records) != 0)
		{
			Err			err;

			err_set(&err, ERR_FATAL, "could not read topic \"%s\": %s", topic->is.name,
					rd_kafka_err2str(rd_kafka_last_error()));
			fail(log, &err);
		}
	}
	topic->state = TOPIC_READ;
}

/*
 * Only when all of them are found: what is asked of a broker waits behind a fetch
 * on the same connection, and one of an empty topic takes its time.
 */
static void
start_found(KafkaLog *log)
{
	for (int i = 0; i < log->ntopics; i++)
		if (log->topics[i].state != TOPIC_FOUND)
			return;
	for (int i = 0; i < log->ntopics; i++)
		start_partitions(log, &log->topics[i]);
}

static void
look(KafkaLog *log, Topic *topic)
{
	const struct rd_kafka_metadata *metadata;
	rd_kafka_resp_err_t code;

	if (topic->handle == NULL)
		topic->handle = rd_kafka_topic_new(log->consumer, topic->is.name, NULL);
	if (topic->handle == NULL)
		mem_exhausted();
	code = rd_kafka_metadata(log->consumer, 0, topic->handle, &metadata, LOOK_TIMEOUT_MS);
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
	{
		if (log_limit_pass(&log->limit))
			log_warn("could not read topic \"%s\" yet: %s", topic->is.name, rd_kafka_err2str(code));

		/* what holds for one of them holds for all: the loop has other work */
		for (int i = 0; i < log->ntopics; i++)
			log->topics[i].due_us = loop_now_us() + RETRY_US;
		return;
	}
	code = metadata->topics[0].err;
	if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
	{
		Err			err;

		err_set(&err, ERR_CONFIG, "could not read topic \"%s\": %s; grant the worker's principal Read, Write and Describe on it",
				topic->is.name, rd_kafka_err2str(code));
		fail(log, &err);
	}
	else if (code == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->topics[0].partition_cnt > 0)
	{
		topic->npartitions = metadata->topics[0].partition_cnt;
		topic->state = topic->own ? TOPIC_FOUND : TOPIC_CHECK;
		topic->due_us = 0;
	}
	else
	{
		/* not yet, or it could not be created because the brokers were away */
		topic->due_us = loop_now_us() + LOOK_AGAIN_US;
		topic->state = TOPIC_CREATE;
	}
	rd_kafka_metadata_destroy(metadata);
}

typedef void (*Step) (KafkaLog *log, Topic *topic);

/* What is next for a topic, once it is due; while a broker is asked it is not. */
static const Step steps[] = {
	[TOPIC_LOOK] = look,
	[TOPIC_CREATE] = create,
	[TOPIC_CHECK] = describe,
	[TOPIC_READ] = NULL,
};

void
kafkalog_prepare_topics(KafkaLog *log)
{
	int64_t		due = 0;

	for (int i = 0; i < log->ntopics; i++)
	{
		Topic	   *topic = &log->topics[i];
		TopicState	before;

		do
		{
			before = topic->state;
			if (steps[before] != NULL && loop_now_us() >= topic->due_us)
				steps[before] (log, topic);
		}
		while (topic->state != before);
		if (steps[topic->state] != NULL && (due == 0 || topic->due_us < due))
			due = topic->due_us;
	}
	log->timer.due_us = due;
	start_found(log);
}
