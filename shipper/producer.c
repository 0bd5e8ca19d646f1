/*
 * producer.c
 *	  librdkafka's producer, driven through its event queue.
 *
 * No callback of librdkafka is used: delivery reports, errors, log lines and
 * answers of the admin API all arrive on the main queue, whose descriptor the
 * engine's loop watches, so that everything happens on the one thread.
 *
 * Idempotence comes with librdkafka's gapless guarantee: when Kafka refuses a
 * record for good the producer stops as a whole, so nothing of that partition
 * overtakes it.
 *
 * An idempotent librdkafka has one request of a partition under way at a time,
 * and while more records wait for it its thread polls without pause, a whole
 * core of it.  So they wait here instead: a topic's next chunk, no more than a
 * request takes, is handed over when the one before is acknowledged.  And lest
 * the thread wakes with a chunk's first record and sends that alone, linger.ms
 * makes it wait a tenth of a millisecond, after which it is woken (see kick()).
 *
 * All events of a stream carry the same headers, and librdkafka has no call
 * that would share them: each record owns a list of them.  It only ever reads
 * the list until it frees it with the record, so records get the same one, and
 * it is taken off again when the delivery report comes in.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "log.h"
#include "loop.h"
#include "mem.h"
#include "producer.h"
#include "producer_conf.h"
#include "wire.h"

#define LOG_MODULE "kafka"

#define lengthof(array) (sizeof(array) / sizeof((array)[0]))

/* Events reported, or handed over without headers, in one call. */
#define BATCH_MAX		256

/*
 * The next chunk goes so long after the last for each event that this had, but
 * not longer: beyond 50,000 events a second there are fewer requests, with more
 * in them, for all to work on.  Below that nothing ever waits.
 */
#define CHUNK_GAP_US	20
#define CHUNK_GAP_MAX	5000

/* Partitions of a topic, by which a chunk grows. */
#define CHUNK_SPREAD	4
/* What a record takes besides key, value and headers. */
#define RECORD_COST		32

/* How long a client that is dropped may take to give back its records. */
#define CLOSE_TIMEOUT_MS	5000

/* Versions as rd_kafka_version() has them: the first without the trouble. */
#define VERSION_SCRAM	0x020601ff
#define VERSION_LOOK	0x020a01ff

struct ProducerHeaders
{
	rd_kafka_headers_t *list;
	size_t		bytes;
};

/* An event that waits, and the headers that its stream gives it. */
typedef struct Waiting
{
	char	   *body;
	const ProducerHeaders *headers;
} Waiting;

typedef struct Topic
{
	char	   *name;
	rd_kafka_topic_t *handle;	/* of the present client, made on first use */
	bool		ready;
	Waiting    *ring;			/* first to first + nwaiting, modulo size */
	uint32_t	size,			/* a power of two, or 0 */
				first,
				nwaiting;
	uint32_t	handed;			/* librdkafka has so many */
	uint32_t	chunk;			/* so many had the last chunk, */
	int64_t		chunk_us;		/* which went then */
	rd_kafka_topic_partition_list_t *partitions;	/* those seen so far */
} Topic;

struct Producer
{
	const Conf *conf;
	const ProducerEvents *events;
	void	   *arg;
	rd_kafka_t *kafka;
	rd_kafka_queue_t *queue;
	int			wake_fd;		/* an eventfd that librdkafka writes to */

	Topic	   *topics;
	int			ntopics;
	size_t		chunk_bytes;	/* batch.size, batch.num.messages */
	uint32_t	chunk_events;
	rd_kafka_message_t batch[BATCH_MAX];

	int64_t		linger_us;		/* linger.ms */
	int64_t		kick_us;		/* when to wake librdkafka's threads; 0: never */

	int			batching;		/* see PRODUCER_SINGLE */
	bool		cut_batches;	/* the next client is to make smaller ones */
	bool		fatal;
	bool		closing;		/* errors no longer matter */
	bool		proven;
	char		mechanism[32];	/* of SASL */
	bool		failed;			/* failure says why producer_poll() is false */
	Err			failure;
	LogLimit	down_limit;
	LogLimit	log_limit;
};

static void serve_queue(Producer *producer);

const char *
producer_library(void)
{
	return rd_kafka_version_str();
}

int
producer_fd(const Producer *producer)
{
	return producer->wake_fd;
}

bool
producer_is_broken(const Producer *producer)
{
	return producer->fatal || producer->cut_batches;
}

bool
producer_proven(const Producer *producer)
{
	return producer->proven;
}

bool
producer_must_look(void)
{
	return rd_kafka_version() < VERSION_LOOK;
}

/* Makes the client itself, from the properties. */
static bool
client_open(Producer *producer, bool quiet, Err *err)
{
	static const uint64_t one = 1;
	rd_kafka_conf_t *conf = producer_conf_new(producer->conf, producer->batching, quiet, err);
	char		why[512];

	if (conf == NULL)
		return false;
	rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR |
							 RD_KAFKA_EVENT_LOG);
	producer_conf_get(conf, "sasl.mechanisms", producer->mechanism,
					  sizeof(producer->mechanism));
	producer_conf_get(conf, "batch.size", why, sizeof(why));
	producer->chunk_bytes = strtoul(why, NULL, 10) / 16 * 15;
	producer_conf_get(conf, "batch.num.messages", why, sizeof(why));
	producer->chunk_events = (uint32_t) strtoul(why, NULL, 10);
	producer_conf_get(conf, "linger.ms", why, sizeof(why));
	producer->linger_us = (int64_t) (strtod(why, NULL) * 1000) + 1;
	producer->kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	if (producer->kafka == NULL)
	{
		/* only now it has not taken it */
		rd_kafka_conf_destroy(conf);
		return err_set(err, ERR_CONFIG, "could not make a Kafka producer: %s; "
					   "see the properties producer.override.* and kafka.*", why);
	}
	producer->queue = rd_kafka_queue_get_main(producer->kafka);
	rd_kafka_set_log_queue(producer->kafka, producer->queue);
	rd_kafka_queue_io_event_enable(producer->queue, producer->wake_fd, &one, sizeof(one));

	/* it tells of a queue that stops being empty, and this one may hold lines */
	if (write(producer->wake_fd, &one, sizeof(one)) < 0)
		log_debug("could not write to an event descriptor: %s", strerror(errno));
	return true;
}

/*
 * Drops the client with all that is under way in it.  First it has to give the
 * records back, since they share their headers; one that does not is left
 * alone, with the memory that it holds.
 */
static void
client_close(Producer *producer)
{
	if (producer->kafka == NULL)
		return;
	producer->closing = true;
	rd_kafka_purge(producer->kafka, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	for (int waited = 0; waited < CLOSE_TIMEOUT_MS; waited++)
	{
		serve_queue(producer);
		if (rd_kafka_outq_len(producer->kafka) == 0)
			break;
		poll(NULL, 0, 1);
	}
	producer->closing = false;

	for (int i = 0; i < producer->ntopics; i++)
	{
		Topic	   *topic = &producer->topics[i];

		if (topic->handle != NULL)
			rd_kafka_topic_destroy(topic->handle);
		topic->handle = NULL;

		/* it keeps references to what a client ends with */
		if (topic->partitions != NULL)
			rd_kafka_topic_partition_list_destroy(topic->partitions);
		topic->partitions = NULL;
		topic->first = topic->nwaiting = topic->handed = 0;
	}
	rd_kafka_queue_destroy(producer->queue);
	if (rd_kafka_outq_len(producer->kafka) == 0)
		rd_kafka_destroy_flags(producer->kafka, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	else
		log_warn("the Kafka client does not end; leaving it behind");
	producer->kafka = NULL;
}

Producer *
producer_new(const Conf *conf, const ProducerEvents *events, void *arg, Err *err)
{
	Producer   *producer = mem_zero(sizeof(Producer));

	producer->conf = conf;
	producer->events = events;
	producer->arg = arg;
	producer->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (producer->wake_fd < 0)
	{
		err_set(err, ERR_FATAL, "could not create an event descriptor: %s", strerror(errno));
		free(producer);
		return NULL;
	}
	if (!client_open(producer, false, err))
	{
		producer_free(producer);
		return NULL;
	}
	return producer;
}

void
producer_free(Producer *producer)
{
	if (producer == NULL)
		return;
	client_close(producer);
	close(producer->wake_fd);
	for (int i = 0; i < producer->ntopics; i++)
	{
		free(producer->topics[i].name);
		free(producer->topics[i].ring);
	}
	free(producer->topics);
	free(producer);
}

bool
producer_renew(Producer *producer, Err *err)
{
	static const char *const said[] = {
		[1] = "64 KiB", [PRODUCER_SINGLE] = "single records"
	};

	if (producer->cut_batches)
	{
		producer->batching++;
		log_warn("batches are cut down to %s from now on; lower producer.override.batch.size "
				 "below the topic's max.message.bytes", said[producer->batching]);
	}
	client_close(producer);
	producer->fatal = producer->cut_batches = false;
	return client_open(producer, true, err);
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
	producer->topics[producer->ntopics] = (Topic) {
		.name = mem_copy(name)
	};
	return producer->ntopics++;
}

const char *
producer_topic_name(const Producer *producer, int topic)
{
	return producer->topics[topic].name;
}

static rd_kafka_topic_t *
topic_handle(Producer *producer, int number)
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

	if (rd_kafka_metadata(producer->kafka, 0, topic_handle(producer, topic), &metadata,
						  timeout_ms) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return false;
	rd_kafka_metadata_destroy(metadata);
	return true;
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

/* Appends a block's headers. */
static void
headers_append(rd_kafka_headers_t *list, FrameText block)
{
	FrameHeader header;

	while (frame_header_next(&block, &header) == FRAME_OK)
		rd_kafka_header_add(list, header.name.p, header.name.len,
							header.value.p, header.value.len);
}

ProducerHeaders *
producer_headers_new(FrameText block)
{
	ProducerHeaders *headers;

	if (block.len == 0)
		return NULL;
	headers = mem_zero(sizeof(ProducerHeaders));
	headers->bytes = block.len;
	headers->list = rd_kafka_headers_new(8);
	headers_append(headers->list, block);
	return headers;
}

void
producer_headers_free(ProducerHeaders *headers)
{
	if (headers == NULL)
		return;
	rd_kafka_headers_destroy(headers->list);
	free(headers);
}

/*
 * A record that Kafka or librdkafka refuses: what it was, and what to do.  The
 * first one counts.
 */
static void
refused(Producer *producer, const char *topic, const FrameEvent *event, rd_kafka_resp_err_t code)
{
	static const struct
	{
		rd_kafka_resp_err_t code;
		const char *remedy;
	}			remedies[] = {
		{RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, "raise max.message.bytes of the topic (kafka-configs --alter --entity-type topics)"},
		{RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, "raise max.message.bytes and segment.bytes of the topic"},
		{RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "grant the connector's principal Write and Describe on the topic"},
		{RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, "grant the connector's principal IdempotentWrite on the cluster"},
		{RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "create the topic, or let the connector's principal create it"},
		{RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, "create the topic, or let the connector's principal create it"},
		{RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, "create the topic, or let the connector's principal create it"},
		{RD_KAFKA_RESP_ERR_INVALID_RECORD, "see the broker's log; a compacted topic takes no record without a key"},
		{RD_KAFKA_RESP_ERR_INVALID_MSG, "see the broker's log"},
	};
	const char *remedy = "see the broker's log";
	const char *key = event->key ? event->key : "null";
	int			key_len = event->key ? (event->key_len < 200 ? (int) event->key_len : 200) : 4;

	uint64_t	lsn;

	if (producer->failed)
		return;
	lsn = producer->events->commit_lsn(producer->arg, event->body);
	for (size_t i = 0; i < lengthof(remedies); i++)
	{
		if (remedies[i].code == code)
			remedy = remedies[i].remedy;
	}
	producer->failed = true;
	err_set(&producer->failure, ERR_FATAL,
			"could not publish an event to topic \"%s\": %s; key %.*s, change %llu of the "
			"transaction at " LSN_FMT ", %u bytes; %s",
			topic, rd_kafka_err2str(code), key_len, key, (unsigned long long) event->ordinal,
			LSN_ARGS(lsn), event->key_len + event->value_len, remedy);
	producer->failure.kafka = code;
}

/* The event of a body; what it holds was checked when it was read. */
static FrameEvent
event_of_body(char *body)
{
	char		flags = body[WIRE_EVENT_FLAGS];
	char	   *bytes = body + WIRE_EVENT_HEAD;
	uint32_t	key_len = wire_get32(body + WIRE_EVENT_KEY_LEN);
	uint32_t	value_len = wire_get32(body + WIRE_EVENT_VALUE_LEN);

	return (FrameEvent) {
		.body = body,
		.key = (flags & WIRE_HAS_KEY) ? bytes : NULL,
		.key_len = key_len,
		.value = (flags & WIRE_HAS_VALUE) ? bytes + key_len : NULL,
		.value_len = value_len,
		.headers = bytes + key_len + value_len,
		.headers_len = wire_get32(body + WIRE_EVENT_HEADERS_LEN),
		.ordinal = wire_get64(body + WIRE_EVENT_ORDINAL),
		.timestamp = (int64_t) wire_get64(body + WIRE_EVENT_TIMESTAMP),
	};
}

static inline size_t
event_bytes(const char *body)
{
	return (size_t) wire_get32(body + WIRE_EVENT_KEY_LEN) +
		wire_get32(body + WIRE_EVENT_VALUE_LEN) +
		wire_get32(body + WIRE_EVENT_HEADERS_LEN);
}

/*
 * What an error on one record means.  These say only that its producer is done
 * for: the record goes again with the next one.
 */
static bool
is_of_producer(rd_kafka_resp_err_t code)
{
	static const rd_kafka_resp_err_t codes[] = {
		RD_KAFKA_RESP_ERR__FATAL,
		RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE,
		RD_KAFKA_RESP_ERR__PURGE_QUEUE,
		RD_KAFKA_RESP_ERR__PURGE_INFLIGHT,
		RD_KAFKA_RESP_ERR__DESTROY,
		RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
		RD_KAFKA_RESP_ERR__INCONSISTENT,
		RD_KAFKA_RESP_ERR__TRANSPORT,
		RD_KAFKA_RESP_ERR__TIMED_OUT,
		RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
		RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID,
		RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
		RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING,
	};

	for (size_t i = 0; i < lengthof(codes); i++)
	{
		if (codes[i] == code)
			return true;
	}
	return false;
}

/* n records of one request failed for good, body being the first of them. */
static void
records_failed(Producer *producer, const char *topic, char *body, size_t n,
			   rd_kafka_resp_err_t code)
{
	FrameEvent	event = event_of_body(body);

	log_debug("%zu records for topic \"%s\" failed: %s", n, topic, rd_kafka_err2name(code));
	if (is_of_producer(code))
		producer->fatal = true;
	else if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE && n > 1 &&
			 producer->batching < PRODUCER_SINGLE)
		producer->cut_batches = true;
	else
		refused(producer, topic, &event, code);
}

void
producer_add(Producer *producer, int number, const FrameEvent *event,
			 const ProducerHeaders *headers)
{
	Topic	   *topic = &producer->topics[number];

	if (topic->nwaiting == topic->size)
	{
		/* the part that has gone round moves behind the old end */
		uint32_t	size = topic->size ? topic->size * 2 : 256;

		topic->ring = mem_resize(topic->ring, size * sizeof(Waiting));
		memcpy(topic->ring + topic->size, topic->ring, topic->first * sizeof(Waiting));
		topic->size = size;
	}
	topic->ring[(topic->first + topic->nwaiting++) & (topic->size - 1)] =
		(Waiting) {
		event->body, headers
	};
}

static inline Waiting *
waiting_at(const Topic *topic, uint32_t i)
{
	return &topic->ring[(topic->first + i) & (topic->size - 1)];
}

/* How many of those that wait make the next chunk. */
static uint32_t
chunk_size(const Producer *producer, const Topic *topic)
{
	size_t		spread = topic->partitions ? (size_t) topic->partitions->cnt : 1;
	size_t		bytes = 0;
	size_t		max;
	uint32_t	n;

	if (spread > CHUNK_SPREAD)
		spread = CHUNK_SPREAD;
	max = producer->chunk_bytes * spread;
	for (n = 0; n < topic->nwaiting && n < producer->chunk_events; n++)
	{
		const Waiting *waiting = waiting_at(topic, n);

		bytes += event_bytes(waiting->body) + RECORD_COST +
			(waiting->headers ? waiting->headers->bytes : 0);
		if (bytes > max && n > 0)
			break;
	}
	return n;
}

/* Hands over one event with headers; false when librdkafka's queue is full. */
static bool
hand_one(Producer *producer, rd_kafka_topic_t *handle, const Waiting *waiting)
{
	FrameEvent	event = event_of_body(waiting->body);
	rd_kafka_headers_t *headers = waiting->headers ? waiting->headers->list : NULL;
	rd_kafka_resp_err_t code;

	if (event.headers_len > 0)
	{
		headers = headers ? rd_kafka_headers_copy(headers) : rd_kafka_headers_new(8);
		headers_append(headers, (FrameText) {event.headers, event.headers_len});
	}
	code = rd_kafka_producev(producer->kafka,
							 RD_KAFKA_V_RKT(handle),
							 RD_KAFKA_V_VALUE(event.value, event.value_len),
							 RD_KAFKA_V_KEY(event.key, event.key_len),
							 RD_KAFKA_V_OPAQUE(event.body),
							 RD_KAFKA_V_TIMESTAMP(event.timestamp < 0 ? 0 : event.timestamp),
							 RD_KAFKA_V_HEADERS(headers),
							 RD_KAFKA_V_END);
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
		return true;
	if (event.headers_len > 0)
		rd_kafka_headers_destroy(headers);
	if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL)
		return false;
	records_failed(producer, rd_kafka_topic_name(handle), event.body, 1, code);
	return true;
}

/* An event that librdkafka's faster call can take, which knows no headers. */
static inline bool
is_plain(const Waiting *waiting)
{
	return waiting->headers == NULL &&
		wire_get32(waiting->body + WIRE_EVENT_HEADERS_LEN) == 0 &&
		(int64_t) wire_get64(waiting->body + WIRE_EVENT_TIMESTAMP) < 0;
}

/* Hands over plain events from the topic's first on; returns how many. */
static uint32_t
hand_plain(Producer *producer, Topic *topic, uint32_t max)
{
	uint32_t	n = 0;

	for (; n < max && n < BATCH_MAX && is_plain(waiting_at(topic, n)); n++)
	{
		FrameEvent	event = event_of_body(waiting_at(topic, n)->body);

		producer->batch[n] = (rd_kafka_message_t) {
			.payload = event.value,.len = event.value_len,
			.key = event.key,.key_len = event.key_len,
			._private = event.body
		};
	}
	rd_kafka_produce_batch(topic->handle, RD_KAFKA_PARTITION_UA, 0, producer->batch, (int) n);
	for (uint32_t i = 0; i < n; i++)
	{
		rd_kafka_message_t *message = &producer->batch[i];

		if (message->err == RD_KAFKA_RESP_ERR__QUEUE_FULL)
			return i;
		if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
			records_failed(producer, topic->name, message->_private, 1, message->err);
	}
	return n;
}

/* Hands over the next n events, or as many as librdkafka takes. */
static void
hand_over(Producer *producer, Topic *topic, uint32_t n)
{
	while (n > 0)
	{
		uint32_t	done;

		if (is_plain(waiting_at(topic, 0)))
			done = hand_plain(producer, topic, n);
		else
			done = hand_one(producer, topic->handle, waiting_at(topic, 0));
		if (done == 0)
			return;
		topic->first = (topic->first + done) & (topic->size - 1);
		topic->nwaiting -= done;
		topic->handed += done;
		n -= done;
	}
}

/*
 * Hands over the topic's next chunk, unless it is too early: then the time for
 * it is returned, else 0.
 */
static int64_t
serve_topic(Producer *producer, int number, int64_t now_us)
{
	Topic	   *topic = &producer->topics[number];
	uint32_t	n = chunk_size(producer, topic);

	int64_t		due = topic->chunk_us +
		(topic->chunk < CHUNK_GAP_MAX / CHUNK_GAP_US ? topic->chunk * CHUNK_GAP_US : CHUNK_GAP_MAX);

	if (n == topic->nwaiting && now_us < due)
		return due;

	topic->chunk = n;
	topic->chunk_us = now_us;
	topic_handle(producer, number);
	hand_over(producer, topic, n);
	if (producer->kick_us == 0)
		producer->kick_us = now_us + producer->linger_us;
	return 0;
}

/*
 * Wakes librdkafka's threads, which find that linger.ms is over.  Left alone
 * they would sleep for a whole millisecond, the resolution of their poll().
 * rd_kafka_flush() is called for this side effect; without a time-out it does
 * not wait for anything.
 */
static void
kick(Producer *producer)
{
	producer->kick_us = 0;
	rd_kafka_flush(producer->kafka, 0);
}

int64_t
producer_push(Producer *producer, int64_t now_us)
{
	int64_t		first = 0;

	for (int i = 0; i < producer->ntopics; i++)
	{
		const Topic *topic = &producer->topics[i];
		int64_t		due;

		if (topic->nwaiting == 0 || topic->handed > 0 || !topic->ready)
			continue;
		due = serve_topic(producer, i, now_us);
		if (due != 0 && (first == 0 || due < first))
			first = due;
	}
	if (producer->kick_us == 0)
		return first;
	if (producer->kick_us <= loop_now_us())
	{
		kick(producer);
		return first;
	}
	return first == 0 || producer->kick_us < first ? producer->kick_us : first;
}

/* Notes a partition of the topic. */
static void
note_partition(Topic *topic, int32_t partition)
{
	if (partition < 0)
		return;
	if (topic->partitions == NULL)
		topic->partitions = rd_kafka_topic_partition_list_new(1);
	if (rd_kafka_topic_partition_list_find(topic->partitions, topic->name, partition) == NULL)
		rd_kafka_topic_partition_list_add(topic->partitions, topic->name, partition);
}

/* Takes the headers off a record that comes back. */
static inline void
take_headers(const rd_kafka_message_t *message)
{
	rd_kafka_headers_t *headers;

	/* the record is librdkafka's, and const to readers of its content */
	if (rd_kafka_message_detach_headers((rd_kafka_message_t *) message, &headers) ==
		RD_KAFKA_RESP_ERR_NO_ERROR &&
		wire_get32((char *) message->_private + WIRE_EVENT_HEADERS_LEN) > 0)
		rd_kafka_headers_destroy(headers);
}

/* The delivery reports of one request. */
static void
on_delivery(Producer *producer, rd_kafka_event_t *event)
{
	const rd_kafka_message_t *message;
	const rd_kafka_message_t *failed = NULL;
	Topic	   *topic = NULL;
	char	   *bodies[BATCH_MAX];
	size_t		nfailed = 0;
	size_t		n = 0;

	while ((message = rd_kafka_event_message_next(event)) != NULL)
	{
		if (topic == NULL)
		{
			topic = &producer->topics[(intptr_t) rd_kafka_topic_opaque(message->rkt)];
			note_partition(topic, message->partition);
		}
		topic->handed--;
		take_headers(message);
		if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
		{
			failed = failed ? failed : message;
			nfailed++;
			continue;
		}
		producer->proven = true;
		bodies[n++] = message->_private;
		if (n == BATCH_MAX)
		{
			producer->events->acknowledged(producer->arg, bodies, n);
			n = 0;
		}
	}
	if (n > 0)
		producer->events->acknowledged(producer->arg, bodies, n);
	if (nfailed > 0 && !producer->closing)
		records_failed(producer, topic->name, failed->_private, nfailed, failed->err);
}

/* The log-in failed; before anything ever worked that is the user's to mend. */
static void
on_login_failure(Producer *producer, rd_kafka_resp_err_t code, const char *text)
{
	const char *remedy = code == RD_KAFKA_RESP_ERR__SSL ?
		"see security.protocol and the ssl.* properties under producer.override." :
		"see sasl.mechanism and sasl.jaas.config under producer.override.";

	if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION && rd_kafka_version() < VERSION_SCRAM &&
		strncmp(producer->mechanism, "SCRAM", strlen("SCRAM")) == 0)
		remedy = "this librdkafka cannot do SCRAM with brokers from 3.8.1 on, 2.6.1 and later can: "
			"build a current one with \"make librdkafka\", or use PLAIN over TLS";

	if (producer->proven)
	{
		if (log_limit_pass(&producer->down_limit))
			log_warn("could not log in to Kafka: %s; %s", text, remedy);
		return;
	}
	if (!producer->failed)
	{
		producer->failed = true;
		err_set(&producer->failure, ERR_CONFIG,
				"could not log in to Kafka with librdkafka %s: %s; %s",
				rd_kafka_version_str(), text, remedy);
		producer->failure.kafka = code;
	}
}

/* Fatal errors that no new producer would mend. */
static void
on_fatal(Producer *producer)
{
	static const struct
	{
		rd_kafka_resp_err_t code;
		const char *remedy;
	}			hopeless[] = {
		{RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, "grant the connector's principal IdempotentWrite on the cluster, or set producer.override.enable.idempotence to false"},
		{RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, "the brokers are too old for idempotence; set producer.override.enable.idempotence to false"},
		{RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, "the brokers are too old for idempotence; set producer.override.enable.idempotence to false"},
	};
	char		text[512] = "";
	rd_kafka_resp_err_t code = rd_kafka_fatal_error(producer->kafka, text, sizeof(text));

	producer->fatal = true;
	log_debug("the Kafka producer failed: %s", text);
	for (size_t i = 0; i < lengthof(hopeless); i++)
	{
		if (hopeless[i].code == code && !producer->failed)
		{
			producer->failed = true;
			err_set(&producer->failure, ERR_CONFIG, "could not publish to Kafka: %s; %s",
					text, hopeless[i].remedy);
			producer->failure.kafka = code;
		}
	}
}

static void
on_error(Producer *producer, rd_kafka_event_t *event)
{
	rd_kafka_resp_err_t code = rd_kafka_event_error(event);
	const char *text = rd_kafka_event_error_string(event);

	if (code == RD_KAFKA_RESP_ERR__FATAL || rd_kafka_event_error_is_fatal(event))
		on_fatal(producer);
	else if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL)
		on_login_failure(producer, code, text);
	else if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
	{
		if (log_limit_pass(&producer->down_limit))
			log_warn("no Kafka broker can be reached (%s); events wait", text);
	}
	else if (log_limit_pass(&producer->log_limit))
		log_warn("%s", text);
}

static void
on_log(Producer *producer, rd_kafka_event_t *event)
{
	/* librdkafka's syslog levels; what it calls an error passes by itself */
	static const LogLevel levels[] = {
		LOG_ERROR, LOG_ERROR, LOG_ERROR, LOG_WARN, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_DEBUG
	};
	const char *facility;
	const char *text;
	int			level;

	if (rd_kafka_event_log(event, &facility, &text, &level) != 0)
		return;
	/* gapless mode counts as experimental to it, and is wanted here */
	if (strcmp(facility, "CONFWARN") == 0 || level < 0 || level > 7)
		level = 7;
	if (levels[level] <= LOG_WARN && !log_limit_pass(&producer->log_limit))
		return;
	if (log_enabled(levels[level]))
		log_write(levels[level], LOG_MODULE, "%s: %s", facility, text);
}

static void
on_topics_created(Producer *producer, rd_kafka_event_t *event)
{
	const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
	int			topic = (int) (intptr_t) rd_kafka_event_opaque(event);
	int			code = rd_kafka_event_error(event);
	const char *text = rd_kafka_event_error_string(event);
	const rd_kafka_topic_result_t **topics;
	size_t		n;

	topics = rd_kafka_CreateTopics_result_topics(result, &n);
	if (code == 0 && n == 1)
	{
		code = rd_kafka_topic_result_error(topics[0]);
		text = rd_kafka_topic_result_error_string(topics[0]);
	}
	producer->events->topic_created(producer->arg, topic, code, text ? text : "");
}

/* Serves all that is in the main queue. */
static void
serve_queue(Producer *producer)
{
	rd_kafka_event_t *event;

	while ((event = rd_kafka_queue_poll(producer->queue, 0)) != NULL)
	{
		switch (rd_kafka_event_type(event))
		{
			case RD_KAFKA_EVENT_DR:
				on_delivery(producer, event);
				break;
			case RD_KAFKA_EVENT_ERROR:
				on_error(producer, event);
				break;
			case RD_KAFKA_EVENT_LOG:
				on_log(producer, event);
				break;
			case RD_KAFKA_EVENT_CREATETOPICS_RESULT:
				on_topics_created(producer, event);
				break;
			default:
				break;
		}
		rd_kafka_event_destroy(event);
	}
}

bool
producer_poll(Producer *producer, Err *err)
{
	uint64_t	woken;

	/* emptied before the queue is, so that no wake-up is lost */
	if (read(producer->wake_fd, &woken, sizeof(woken)) < 0 && errno != EAGAIN)
		return err_set(err, ERR_FATAL, "could not read an event descriptor: %s",
					   strerror(errno));
	serve_queue(producer);
	if (producer->failed && err != NULL)
		*err = producer->failure;
	return !producer->failed;
}
