/*
 * producer_copies.c
 *	  An event that every partition of its topic gets: a truncate, with
 *	  walpost.truncate.broadcast.
 *
 * It is a chunk of its own, so in each partition it stands behind all that came
 * before it, and in front of what comes after.  It is acknowledged when all of
 * its copies are.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "loop.h"
#include "producer_private.h"

/* How long the brokers may take to say how many partitions there are. */
#define ASK_TIMEOUT_MS	1000
/* When they did not: not again before that. */
#define ASK_PAUSE_US	5000000

/* The topic's number of partitions, 0 when it cannot be had now. */
static uint32_t
count_partitions(Producer *producer, Topic *topic)
{
	const struct rd_kafka_metadata *metadata;
	uint32_t	n;

	if (topic->asked_us != 0 && loop_now_us() < topic->asked_us + ASK_PAUSE_US)
		return 0;
	topic->asked_us = loop_now_us();
	if (rd_kafka_metadata(producer->kafka, 0, topic->handle, &metadata, ASK_TIMEOUT_MS) !=
		RD_KAFKA_RESP_ERR_NO_ERROR)
		return 0;
	n = metadata->topic_cnt == 1 ? (uint32_t) metadata->topics[0].partition_cnt : 0;
	rd_kafka_metadata_destroy(metadata);
	if (n > 0)
		topic->asked_us = 0;
	return n;
}

void
producer_forget_copies(Topic *topic)
{
	topic->ncopies = topic->copies_sent = topic->copies_back = 0;
	topic->copies_code = RD_KAFKA_RESP_ERR_NO_ERROR;
	topic->asked_us = 0;
}

bool
producer_hand_copies(Producer *producer, Topic *topic, const Waiting *waiting)
{
	if (topic->ncopies == 0)
		topic->ncopies = count_partitions(producer, topic);
	if (topic->ncopies == 0)
		return false;
	while (topic->copies_sent < topic->ncopies)
	{
		rd_kafka_resp_err_t code = producer_hand(producer, topic, waiting,
												 (int32_t) topic->copies_sent);

		if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL)
			return false;
		topic->copies_sent++;
		if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
			topic->handed++;
		else if (producer_copy_is_last(topic, &code))
		{
			/* none is under way, so nobody else will report it */
			producer_refuse(producer, topic, waiting->body, code);
			return true;
		}
	}
	topic->handed--;
	return true;
}

bool
producer_copy_is_last(Topic *topic, rd_kafka_resp_err_t *code)
{
	/* a refusal outweighs what says nothing of the event */
	if (*code != RD_KAFKA_RESP_ERR_NO_ERROR &&
		(topic->copies_code == RD_KAFKA_RESP_ERR_NO_ERROR ||
		 producer_is_renewable(topic->copies_code)))
		topic->copies_code = *code;
	if (++topic->copies_back < topic->ncopies)
		return false;
	*code = topic->copies_code;
	producer_forget_copies(topic);
	return true;
}
