/*
 * kafkalog_private.h
 *	  What the kafkalog*.c files share.
 *
 * Everybody else asks kafkalog.h.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_KAFKALOG_PRIVATE_H
#define WALPOST_KAFKALOG_PRIVATE_H

#include <librdkafka/rdkafka.h>

#include "kafkalog.h"
#include "log.h"

typedef struct Partition
{
	int64_t		end;			/* where it ended when the reading began; -1:
								 * not known yet */
	int64_t		next;			/* the offset to come */
	bool		done;			/* read up to there */
} Partition;

/* In this order; one that is not found is made once more. */
typedef enum TopicState
{
	TOPIC_CREATE, TOPIC_CREATING, TOPIC_LOOK, TOPIC_CHECK, TOPIC_CHECKING, TOPIC_FOUND, TOPIC_READ
} TopicState;

typedef struct Topic
{
	KafkaLogTopic is;
	TopicState	state;
	int64_t		due_us;
	bool		own;			/* made here, as it has to be */
	rd_kafka_topic_t *handle;
	Partition  *partitions;
	int			npartitions;
} Topic;

/* A record on its way out, and back. */
typedef struct Write
{
	Topic	   *topic;
	int32_t		partition;
	int64_t		offset;			/* -1: not delivered yet */
	KafkaLogDone done;
	void	   *arg;
	struct Write *next;
} Write;

struct KafkaLog
{
	Loop	   *loop;
	void		(*failed) (void *arg, const Err *err);
	void	   *arg;
	rd_kafka_t *consumer;
	rd_kafka_t *producer;
	rd_kafka_queue_t *consumer_queue;
	rd_kafka_queue_t *producer_queue;
	rd_kafka_queue_t *records;
	LoopFd		wake;
	LoopTimer	timer;
	Topic		topics[KAFKALOG_TOPICS_MAX];
	int			ntopics;
	Write	   *writes;			/* that are not finished, the last one first */
	char	   *cluster;
	const char *brokers;		/* as they were given; borrowed */
	char		mechanism[32];	/* of SASL */
	LogLimit	limit;
};

/* ---- kafkalog_topics.c: topics, from a name to what can be read ---- */

/* Takes each topic as far as it comes now; sets log->timer to when to go on. */
extern void kafkalog_prepare_topics(KafkaLog *log);

/* What the brokers answer to that. */
extern void kafkalog_on_created(KafkaLog *log, rd_kafka_event_t *event);
extern void kafkalog_on_described(KafkaLog *log, rd_kafka_event_t *event);

/* ---- kafkalog_records.c: what is read and written ---- */

/* A record that was read, or that there are no more for now. */
extern void kafkalog_on_message(KafkaLog *log, const rd_kafka_message_t *message);

/* Kafka has a record, or will not. */
extern void kafkalog_on_delivered(KafkaLog *log, const rd_kafka_message_t *message);

/* Tells of those that were read back, in the order in which they were written. */
extern void kafkalog_finish_writes(KafkaLog *log);

/* Tells of all that are left that they may be lost. */
extern void kafkalog_drop_writes(KafkaLog *log, const char *why);

#endif							/* WALPOST_KAFKALOG_PRIVATE_H */
