/*
 * producer_refused.c
 *	  Records that did not arrive: which of them Kafka does not take, and what
 *	  is said of those.
 *
 * Kafka refuses a request as a whole, and rarely says for which record.  So
 * after the renewal that follows anyhow, the topic's events go in ever smaller
 * chunks, until one is refused alone, or the last suspect has arrived.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <string.h>
#include <sys/eventfd.h>

#include "mem.h"
#include "producer_conf.h"
#include "producer_private.h"

#define LOG_MODULE "kafka"

/* A search narrows chunks by this factor: each step costs a renewal. */
#define NARROW_BY		16

/* A key is shown as far as this. */
#define KEY_SHOWN		200

/* Older headers do not have it: the request was refused for another record. */
#define INVALID_DIFFERENT_RECORD	((rd_kafka_resp_err_t) -138)

typedef enum RefusalScope
{
	SCOPE_RECORD,				/* others of the request may be fine */
	SCOPE_SIZE,					/* the same; or all together are too large */
	SCOPE_TOPIC					/* all of the topic are refused */
} RefusalScope;

typedef struct RefusalRule
{
	rd_kafka_resp_err_t code;
	RefusalScope scope;
	const char *exception;		/* in org.apache.kafka.common.errors */
	const char *remedy;
} RefusalRule;

static const RefusalRule rules[] = {
	{RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, SCOPE_SIZE, "RecordTooLargeException", "raise max.message.bytes of the topic (kafka-configs --alter --entity-type topics)"},
	{RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, SCOPE_SIZE, "RecordBatchTooLargeException", "raise max.message.bytes and segment.bytes of the topic"},
	{RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, SCOPE_TOPIC, "TopicAuthorizationException", "grant the connector's principal Write and Describe on the topic"},
	{RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, SCOPE_TOPIC, "ClusterAuthorizationException", "grant the connector's principal IdempotentWrite on the cluster"},
	{RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, SCOPE_TOPIC, "UnknownTopicOrPartitionException", "create the topic, or let the connector's principal create it"},
	{RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, SCOPE_TOPIC, "UnknownTopicOrPartitionException", "create the topic, or let the connector's principal create it"},
	{RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, SCOPE_RECORD, "UnknownTopicOrPartitionException", "give the topic that partition, or let the transform choose among those it has"},
	{RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, SCOPE_TOPIC, "InvalidTopicException", "choose names of which Kafka makes topics (topic.prefix, topic.delimiter)"},
	{RD_KAFKA_RESP_ERR_INVALID_RECORD, SCOPE_RECORD, "InvalidRecordException", "see the broker's log; a compacted topic takes no record without a key"},
	{RD_KAFKA_RESP_ERR_INVALID_MSG, SCOPE_RECORD, "CorruptRecordException", "see the broker's log"},
	{RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, SCOPE_RECORD, "InvalidTimestampException", "see message.timestamp.type and message.timestamp.before.max.ms of the topic"},
};

static const RefusalRule other_rule = {
	.scope = SCOPE_RECORD,.exception = "UnknownServerException",.remedy = "see the broker's log"
};

static const RefusalRule *
rule_of(rd_kafka_resp_err_t code)
{
	for (size_t i = 0; i < lengthof(rules); i++)
	{
		if (rules[i].code == code)
			return &rules[i];
	}
	return &other_rule;
}

/*
 * What an error on one record means.  These say nothing of it: its producer is
 * done for, or its request was refused for another; it goes again.
 */
bool
producer_is_renewable(rd_kafka_resp_err_t code)
{
	static const rd_kafka_resp_err_t codes[] = {
		RD_KAFKA_RESP_ERR__FATAL,
		RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE,
		RD_KAFKA_RESP_ERR__PURGE_QUEUE,
		RD_KAFKA_RESP_ERR__PURGE_INFLIGHT,
		RD_KAFKA_RESP_ERR__DESTROY,
		RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
		RD_KAFKA_RESP_ERR__INCONSISTENT,
		RD_KAFKA_RESP_ERR__STATE,
		RD_KAFKA_RESP_ERR__FENCED,
		RD_KAFKA_RESP_ERR__TRANSPORT,
		RD_KAFKA_RESP_ERR__TIMED_OUT,
		RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
		RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID,
		RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
		RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING,
		RD_KAFKA_RESP_ERR_INVALID_TXN_STATE,
		RD_KAFKA_RESP_ERR_PRODUCER_FENCED,
		INVALID_DIFFERENT_RECORD,
	};

	for (size_t i = 0; i < lengthof(codes); i++)
	{
		if (codes[i] == code)
			return true;
	}
	return false;
}

/* The producer fails: what the record was, and what to do.  The first one counts. */
static void
fail(Producer *producer, const char *topic, const ProducerRefusal *refusal)
{
	const FrameEvent *event = &refusal->event;
	const char *key = event->key ? event->key : "null";
	uint32_t	len = event->key ? event->key_len : 4;
	uint64_t	lsn;

	if (producer->failed)
		return;
	lsn = producer->events->commit_lsn(producer->arg, event->body);
	producer->failed = true;
	eventfd_write(producer->wake_fd, 1);	/* producer_poll() has to tell */
	err_set(&producer->failure, ERR_FATAL,
			"could not publish an event to topic \"%s\": %s; key %.*s, change %llu of the "
			"transaction at " LSN_FMT ", %u bytes; %s",
			topic, refusal->text, (int) (len < KEY_SHOWN ? len : KEY_SHOWN), key,
			(unsigned long long) event->ordinal, LSN_ARGS(lsn),
			event->key_len + event->value_len, refusal->remedy);
	producer->failure.kafka = refusal->code;
}

/* Kafka does not take this very record. */
static void
convict(Producer *producer, Topic *topic, char *body, rd_kafka_resp_err_t code)
{
	const RefusalRule *rule = rule_of(code);
	ProducerRefusal refusal = {
		.topic = (int) (topic - producer->topics),
		.event = producer_event(body),
		.code = code,
		.text = rd_kafka_err2str(code),
		.exception = rule->exception,
		.remedy = rule->remedy,
		.too_large = rule->scope == SCOPE_SIZE,
	};

	producer->refused = true;
	if (topic->suspect != NULL)
	{
		topic->convicted = true;
		producer_search_past(producer, topic, body);
		producer->searching |= topic->suspect != NULL;
	}
	if (!producer->events->refused(producer->arg, &refusal))
		fail(producer, topic->name, &refusal);
	else if (producer->txn != NULL)
		producer_give_up(producer, "a record was refused");
}

void
producer_refuse(Producer *producer, Topic *topic, char *body, rd_kafka_resp_err_t code)
{
	/* its caller counts it, but there will be no report on it */
	topic->handed--;
	log_debug("a record for topic \"%s\" failed: %s", topic->name, rd_kafka_err2name(code));
	if (producer_is_renewable(code))
		producer_give_up(producer, rd_kafka_err2str(code));
	else
		convict(producer, topic, body, code);
}

/*
 * One of the request's records is refused, or all of them together.  What is
 * known is that it is not behind the last of them.
 */
static void
search(Producer *producer, Topic *topic, const RefusalRule *rule)
{
	uint32_t	n = (uint32_t) producer->nfailures;

	if (rule->scope == SCOPE_SIZE && producer->batching == 0)
	{
		producer->cut_batches = true;
		return;
	}
	if (topic->suspect == NULL)
	{
		topic->suspect = producer->failures[n - 1].body;
		topic->convicted = false;
		topic->too_large = rule->scope == SCOPE_SIZE;
	}
	topic->narrow = n > NARROW_BY ? n / NARROW_BY : 1;
	producer->refused = producer->searching = true;
	log_info("looking for the record that topic \"%s\" does not take: %u at a time", topic->name,
			 topic->narrow);
}

/*
 * When no single one was too large, all of them together were: the topic takes
 * no batches of that size.
 */
void
producer_search_past(Producer *producer, Topic *topic, const char *body)
{
	if (body != topic->suspect)
		return;
	topic->suspect = NULL;
	topic->narrow = 0;
	if (topic->too_large && !topic->convicted && producer->batching < PRODUCER_SINGLE)
		producer->cut_batches = true;
}

void
producer_search_end(Producer *producer)
{
	for (int i = 0; i < producer->ntopics; i++)
	{
		Topic	   *topic = &producer->topics[i];

		if (topic->suspect != NULL)
			producer_search_past(producer, topic, topic->suspect);
	}
}

static Topic *
topic_named(Producer *producer, const char *name, size_t len)
{
	for (int i = 0; i < producer->ntopics; i++)
		if (strlen(producer->topics[i].name) == len && memcmp(producer->topics[i].name, name, len) == 0)
			return &producer->topics[i];
	return NULL;
}

/* Failed to add partition "TOPIC" [N] to transaction: WHY */
void
producer_on_log_line(Producer *producer, const char *facility, const char *text)
{
	const rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
	const char *name = strchr(text, '"');
	const char *end = name ? strchr(name + 1, '"') : NULL;
	Topic	   *topic;

	if (strcmp(facility, "ADDPARTS") != 0 || end == NULL || strstr(end, rd_kafka_err2str(code)) == NULL)
		return;
	name++;
	topic = topic_named(producer, name, (size_t) (end - name));
	if (topic != NULL)
		topic->denied = code;
	else if (producer->record_topic != NULL)
		producer_record_failed(producer, code, rd_kafka_topic_name(producer->record_topic));
}

void
producer_note_failure(Producer *producer, char *body, rd_kafka_resp_err_t code)
{
	if (producer->closing)
		return;
	if (producer->nfailures == producer->max_failures)
	{
		producer->max_failures = producer->max_failures ? producer->max_failures * 2 : 64;
		producer->failures = mem_resize(producer->failures,
										producer->max_failures * sizeof(Failure));
	}
	producer->failures[producer->nfailures++] = (Failure)
	{
		body, code
	};
}

/*
 * True when each of the failed records would be refused alone, too: for want of a
 * key, by a compacted topic.  That is the one rule of the brokers' that a
 * well-formed record can break.
 */
static bool
want_keys(const Producer *producer)
{
	for (size_t i = 0; i < producer->nfailures; i++)
	{
		const Failure *failure = &producer->failures[i];

		if (failure->code != RD_KAFKA_RESP_ERR_INVALID_RECORD ||
			(failure->body[WIRE_EVENT_FLAGS] & WIRE_HAS_KEY) != 0)
			return false;
	}
	return true;
}

/* All of them are of one request. */
void
producer_failed(Producer *producer, Topic *topic)
{
	const RefusalRule *rule = NULL;
	size_t		nrefused = 0;

	/* they were all taken out of the queue with the transaction */
	if (topic->denied != RD_KAFKA_RESP_ERR_NO_ERROR)
		for (size_t i = 0; i < producer->nfailures; i++)
			producer->failures[i].code = topic->denied;
	for (size_t i = 0; i < producer->nfailures; i++)
	{
		rd_kafka_resp_err_t code = producer->failures[i].code;

		if (producer_is_renewable(code))
			producer_give_up(producer, rd_kafka_err2str(code));
		else
		{
			rule = rule_of(code);
			nrefused++;
		}
	}
	log_debug("%zu records for topic \"%s\" failed, the first one: %s", producer->nfailures,
			  topic->name, rd_kafka_err2name(producer->failures[0].code));

	/* a broker that tells which ones are invalid excepts the others */
	if (nrefused > 1 && nrefused == producer->nfailures && rule->scope != SCOPE_TOPIC &&
		!want_keys(producer))
		search(producer, topic, rule);
	else
		for (size_t i = 0; i < producer->nfailures; i++)
		{
			if (!producer_is_renewable(producer->failures[i].code))
				convict(producer, topic, producer->failures[i].body, producer->failures[i].code);
		}
	producer->nfailures = 0;
}
