/*
 * producer_record.c
 *	  The position record on its way into the offset topic.
 *
 * It goes through the same client as the events, so that in a transaction it
 * counts with them.  Its text is copied; one of a tag is under way at a time.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <string.h>

#include "mem.h"
#include "producer_conf.h"
#include "producer_private.h"

#define LOG_MODULE "kafka"

/* The topic's opaque, where others have their number. */
#define RECORD_OPAQUE	((void *) (intptr_t) -1)

static rd_kafka_topic_t *
record_handle(Producer *producer, const char *topic)
{
	rd_kafka_topic_conf_t *conf;

	if (producer->record_topic != NULL)
		return producer->record_topic;
	conf = rd_kafka_default_topic_conf_dup(producer->kafka);
	rd_kafka_topic_conf_set_opaque(conf, RECORD_OPAQUE);
	producer->record_topic = rd_kafka_topic_new(producer->kafka, topic, conf);
	if (producer->record_topic == NULL)
		mem_exhausted();
	return producer->record_topic;
}

void
producer_record_failed(Producer *producer, rd_kafka_resp_err_t code, const char *topic)
{
	if (producer_is_renewable(code))
	{
		producer_give_up(producer, rd_kafka_err2str(code));
		return;
	}
	if (producer->failed)
		return;
	producer->failed = true;
	err_set(&producer->failure, ERR_CONFIG, "could not write the position record to topic \"%s\": %s; "
			"grant the connector's principal Read, Write and Describe on it, or set offset.storage.topic to one that it may use",
			topic, rd_kafka_err2str(code));
	producer->failure.kafka = code;
}

bool
producer_record(Producer *producer, const char *topic, const char *key, const char *value,
				int tag)
{
	rd_kafka_resp_err_t code;

	code = rd_kafka_producev(producer->kafka,
							 RD_KAFKA_V_RKT(record_handle(producer, topic)),
							 RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
							 RD_KAFKA_V_KEY(key, strlen(key)),
							 RD_KAFKA_V_VALUE((void *) value, strlen(value)),
							 RD_KAFKA_V_OPAQUE((void *) (intptr_t) tag),
							 RD_KAFKA_V_END);
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__QUEUE_FULL)
		return code == RD_KAFKA_RESP_ERR_NO_ERROR;
	producer_record_failed(producer, code, topic);
	return false;
}

bool
producer_is_record(const rd_kafka_message_t *message)
{
	return rd_kafka_topic_opaque(message->rkt) == RECORD_OPAQUE;
}

void
producer_on_record(Producer *producer, const rd_kafka_message_t *message)
{
	if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
		producer->events->recorded(producer->arg, (int) (intptr_t) message->_private);
	else if (!producer->closing)
		producer_record_failed(producer, message->err, rd_kafka_topic_name(message->rkt));
}
