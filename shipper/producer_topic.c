/*
 * producer_topic.c
 *	  The producer's topics: numbers, handles, creation through the admin API.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <string.h>

#include "mem.h"
#include "producer_private.h"

/* rd_kafka_version() of 2.10.1, the first that does not hold back an event. */
#define VERSION_LOOK	0x020a01ff

bool
producer_must_look(void)
{
	return rd_kafka_version() < VERSION_LOOK;
}

int
producer_topic(Producer *producer, const char *name)
{
	for (int i = 0; i < producer->ntopics; i++)
	{
		if (strcmp(producer->topics[i].name, name) == 0)
			return i;
	}
	producer->topics = mem_resize(producer->topics,
								  (producer->ntopics + 1) * sizeof(Topic));
	producer->active = mem_resize(producer->active,
								  (producer->ntopics + 1) * sizeof(int));
	producer->topics[producer->ntopics] = (Topic)
	{
		.name = mem_copy(name)
	};
	return producer->ntopics++;
}

const char *
producer_topic_name(const Producer *producer, int topic)
{
	return producer->topics[topic].name;
}

rd_kafka_topic_t *
producer_topic_handle(Producer *producer, int number)
{
	Topic	   *topic = &producer->topics[number];
	rd_kafka_topic_conf_t *conf;

	if (topic->handle != NULL)
		return topic->handle;
	conf = rd_kafka_default_topic_conf_dup(producer->kafka);
	rd_kafka_topic_conf_set_opaque(conf, (void *) (intptr_t) number);
	topic->handle = rd_kafka_topic_new(producer->kafka, topic->name, conf);
	if (topic->handle == NULL)
		mem_exhausted();
	return topic->handle;
}

void
producer_topic_ready(Producer *producer, int topic)
{
	producer->topics[topic].ready = true;
}

bool
producer_topic_look(Producer *producer, int topic, int timeout_ms)
{
	const struct rd_kafka_metadata *metadata;

	if (rd_kafka_metadata(producer->kafka, 0, producer_topic_handle(producer, topic), &metadata,
						  timeout_ms) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return false;
	rd_kafka_metadata_destroy(metadata);
	return true;
}

int
producer_list_topics(const Producer *producer, int timeout_ms,
					 void (*each) (const char *name, int partitions, void *arg), void *arg)
{
	const struct rd_kafka_metadata *metadata;
	int			brokers;

	if (rd_kafka_metadata(producer->kafka, 1, NULL, &metadata, timeout_ms) !=
		RD_KAFKA_RESP_ERR_NO_ERROR)
		return 0;
	for (int i = 0; i < metadata->topic_cnt; i++)
		each(metadata->topics[i].topic, metadata->topics[i].partition_cnt, arg);
	brokers = metadata->broker_cnt;
	rd_kafka_metadata_destroy(metadata);
	return brokers;
}

bool
producer_reach(const Producer *producer, int timeout_ms)
{
	const struct rd_kafka_metadata *metadata;

	if (rd_kafka_metadata(producer->kafka, 0, NULL, &metadata, timeout_ms) !=
		RD_KAFKA_RESP_ERR_NO_ERROR)
		return false;
	rd_kafka_metadata_destroy(metadata);
	return true;
}

void
producer_topic_create(Producer *producer, int topic, int partitions, int replicas,
					  const char *const *settings, int timeout_ms)
{
	rd_kafka_AdminOptions_t *options;
	rd_kafka_NewTopic_t *new_topic;
	char		why[256];

	new_topic = rd_kafka_NewTopic_new(producer->topics[topic].name, partitions, replicas,
									  why, sizeof(why));
	if (new_topic == NULL)
	{
		producer->events->topic_created(producer->arg, topic,
										RD_KAFKA_RESP_ERR__INVALID_ARG, why);
		return;
	}
	for (; settings[0] != NULL; settings += 2)
		rd_kafka_NewTopic_set_config(new_topic, settings[0], settings[1]);

	options = rd_kafka_AdminOptions_new(producer->kafka, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, why, sizeof(why));
	rd_kafka_AdminOptions_set_operation_timeout(options, timeout_ms, why, sizeof(why));
	rd_kafka_AdminOptions_set_opaque(options, (void *) (intptr_t) topic);
	rd_kafka_CreateTopics(producer->kafka, &new_topic, 1, options, producer->queue);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_NewTopic_destroy(new_topic);
}

bool
producer_topic_exists(int code)
{
	return code == RD_KAFKA_RESP_ERR_NO_ERROR ||
		code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS;
}

bool
producer_is_local(int code)
{
	return code < 0;
}

void
producer_on_topics_created(Producer *producer, rd_kafka_event_t *event)
{
	const		rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
	int			topic = (int) (intptr_t) rd_kafka_event_opaque(event);
	int			code = rd_kafka_event_error(event);
	const char *text = rd_kafka_event_error_string(event);
	const		rd_kafka_topic_result_t **topics;
	size_t		n;

	topics = rd_kafka_CreateTopics_result_topics(result, &n);
	if (code == 0 && n == 1)
	{
		code = rd_kafka_topic_result_error(topics[0]);
		text = rd_kafka_topic_result_error_string(topics[0]);
	}
	producer->events->topic_created(producer->arg, topic, code, text ? text : "");
}
