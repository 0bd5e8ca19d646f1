/*
 * kafkalog_records.c
 *	  Records of topics that hold state: read from the beginning, followed, written.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "kafkalog_private.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define LOG_MODULE "kafka"

/* ---- reading -------------------------------------------------------------------- */

static Topic *
topic_of(KafkaLog *log, const rd_kafka_message_t *message)
{
	for (int i = 0; i < log->ntopics; i++)
		if (log->topics[i].handle == message->rkt)
			return &log->topics[i];
	return NULL;
}

static void
take_record(KafkaLog *log, Topic *topic, const rd_kafka_message_t *message)
{
	char	   *key;
	char	   *value;

	if (message->key == NULL)
		return;
	key = mem_copy_len(message->key, message->key_len);
	value = message->payload != NULL ? mem_copy_len(message->payload, message->len) : NULL;
	topic->is.record(log->arg, key, value);
	free(value);
	free(key);
}

/* Where the partition ended when it was first read, as the broker said then. */
static void
note_end(KafkaLog *log, Topic *topic, int number)
{
	Partition  *partition = &topic->partitions[number];
	int64_t		low;

	if (partition->end < 0 &&
		rd_kafka_get_watermark_offsets(log->consumer, topic->is.name, number, &low,
									   &partition->end) != RD_KAFKA_RESP_ERR_NO_ERROR)
		partition->end = -1;
}

void
kafkalog_on_message(KafkaLog *log, const rd_kafka_message_t *message)
{
	Topic	   *topic = topic_of(log, message);
	Partition  *partition;

	if (topic == NULL || message->partition < 0 || message->partition >= topic->npartitions)
		return;
	partition = &topic->partitions[message->partition];
	if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
	{
		take_record(log, topic, message);
		partition->next = message->offset + 1;
	}
	else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
		partition->next = message->offset;
	else
	{
		if (log_limit_pass(&log->limit))
			log_warn("could not read topic \"%s\": %s", topic->is.name, rd_kafka_message_errstr(message));
		return;
	}
	note_end(log, topic, message->partition);
	/* behind the last record may be the end of a transaction */
	if (partition->end >= 0 && (partition->next >= partition->end ||
								message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF))
		partition->done = true;
}

bool
kafkalog_is_read(const KafkaLog *log)
{
	for (int i = 0; i < log->ntopics; i++)
	{
		if (log->topics[i].state != TOPIC_READ)
			return false;
		for (int p = 0; p < log->topics[i].npartitions; p++)
			if (!log->topics[i].partitions[p].done)
				return false;
	}
	return true;
}

/* ---- writing -------------------------------------------------------------------- */

/* It is in no list any more. */
static void
finish(Write *write, const char *error)
{
	if (write->done)
		write->done(write->arg, error);
	free(write);
}

void
kafkalog_write(KafkaLog *log, int topic, const char *key, const char *value,
			   KafkaLogDone done, void *arg)
{
	Write	   *write = mem_zero(sizeof(Write));
	rd_kafka_resp_err_t code;

	write->topic = &log->topics[topic];
	write->offset = -1;
	write->done = done;
	write->arg = arg;
	code = rd_kafka_producev(log->producer, RD_KAFKA_V_TOPIC(write->topic->is.name),
							 RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
							 RD_KAFKA_V_KEY(key, strlen(key)),
							 RD_KAFKA_V_VALUE((void *) value, value ? strlen(value) : 0),
							 RD_KAFKA_V_OPAQUE(write), RD_KAFKA_V_END);
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
	{
		finish(write, rd_kafka_err2str(code));
		return;
	}
	write->next = log->writes;
	log->writes = write;
}

static void
take_out(KafkaLog *log, const Write *write)
{
	for (Write **at = &log->writes; *at != NULL; at = &(*at)->next)
		if (*at == write)
		{
			*at = write->next;
			return;
		}
}

void
kafkalog_on_delivered(KafkaLog *log, const rd_kafka_message_t *message)
{
	Write	   *write = message->_private;

	if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
	{
		log_warn("could not write to topic \"%s\": %s", write->topic->is.name,
				 rd_kafka_err2str(message->err));
		take_out(log, write);
		finish(write, rd_kafka_err2str(message->err));
		return;
	}
	write->partition = message->partition;
	write->offset = message->offset;
}

void
kafkalog_finish_writes(KafkaLog *log)
{
	Write	   *done = NULL;

	for (Write **at = &log->writes; *at != NULL;)
	{
		Write	   *write = *at;

		if (write->offset < 0 || write->topic->state != TOPIC_READ || write->partition >= write->topic->npartitions ||
			write->topic->partitions[write->partition].next <= write->offset)
		{
			at = &write->next;
			continue;
		}
		*at = write->next;
		write->next = done;
		done = write;
	}
	while (done != NULL)
	{
		Write	   *next = done->next;

		finish(done, NULL);
		done = next;
	}
}

void
kafkalog_drop_writes(KafkaLog *log, const char *why)
{
	while (log->writes != NULL)
	{
		Write	   *write = log->writes;

		log->writes = write->next;
		finish(write, why);
	}
}
