/*
 * producer_send.c
 *	  Events on their way: queued, handed to librdkafka in chunks, reported.
 *
 * An idempotent librdkafka has one request of a partition under way at a time,
 * and while more records wait for it its thread polls without pause, a whole
 * core of it.  So they wait here instead: a topic's next chunk, no more than a
 * request takes, is handed over when the one before is acknowledged.
 *
 * All events of a stream carry the same headers, and librdkafka has no call
 * that would share them: each record owns a list of them.  It only ever reads
 * the list until it frees it with the record.  So all records of one call get
 * the same one, which is taken off again when the delivery reports come in, and
 * freed once all are back.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "producer_conf.h"
#include "producer_private.h"
#include "wire.h"

#define LOG_MODULE "kafka"

/*
 * The next chunk goes so long after the last for each event that this had, but
 * not longer: beyond 50,000 events a second there are fewer requests, with more
 * in them, for all to work on.  Below that nothing ever waits.
 */
#define CHUNK_GAP_US	20
#define CHUNK_GAP_MAX	5000

/* Partitions of a topic, by which a chunk grows. */
#define CHUNK_SPREAD	4
/* Topics that send at one time, by which it shrinks: memory is that of one. */
#define CHUNK_SHARES	8
/* A topic that has nothing waiting keeps room for no more than so many. */
#define RING_KEPT		4096
/*
 * A record costs librdkafka some 200 bytes, whatever its size.  While it has so
 * many, a topic's chunk is a small one: no topic waits for others, and many of
 * them do not take more memory than few.
 */
#define HANDED_MANY		32768
#define CHUNK_SMALL		256
/* When nothing of a chunk is under way, for want of room or a refusal. */
#define AGAIN_US		1000
/* What a record takes besides key, value and headers. */
#define RECORD_COST		32

/* Appends a block's headers. */
static void
headers_append(rd_kafka_headers_t *list, FrameText block)
{
	FrameHeader header;

	while (frame_header_next(&block, &header) == FRAME_OK)
		rd_kafka_header_add(list, header.name.p, header.name.len,
							header.value.p, header.value.len);
}

/* Appends what another list holds. */
static void
headers_append_list(rd_kafka_headers_t *list, const rd_kafka_headers_t *more)
{
	const char *name;
	const void *value;
	size_t		len;

	for (size_t i = 0; rd_kafka_header_get_all(more, i, &name, &value, &len) == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
		rd_kafka_header_add(list, name, -1, value, (ssize_t) len);
}

ProducerHeaders *
producer_headers_new(FrameText block)
{
	ProducerHeaders *headers;

	if (block.len == 0)
		return NULL;
	headers = mem_zero(sizeof(ProducerHeaders));
	headers->list = rd_kafka_headers_new(8);
	headers->bytes = block.len;
	headers_append(headers->list, block);
	return headers;
}

void
producer_headers_cut(ProducerHeaders *headers, ProducerParts parts)
{
	headers->parts = parts;
}

void
producer_headers_free(ProducerHeaders *headers)
{
	if (headers == NULL)
		return;
	rd_kafka_headers_destroy(headers->list);
	free(headers);
}

static inline size_t
event_bytes(const char *body)
{
	return (size_t) wire_get32(body + WIRE_EVENT_KEY_LEN) +
		wire_get32(body + WIRE_EVENT_VALUE_LEN) +
		wire_get32(body + WIRE_EVENT_HEADERS_LEN);
}

void
producer_add(Producer *producer, int number, const FrameEvent *event,
			 const ProducerHeaders *headers)
{
	Topic	   *topic = &producer->topics[number];
	Waiting    *waiting;

	if (topic->nwaiting == topic->size)
	{
		/* the part that has gone round moves behind the old end */
		uint32_t	size = topic->size ? topic->size * 2 : 256;

		topic->ring = mem_resize(topic->ring, size * sizeof(Waiting));
		memcpy(topic->ring + topic->size, topic->ring, topic->first * sizeof(Waiting));
		topic->size = size;
	}
	if (topic->nwaiting == 0)
		producer->active[producer->nactive++] = number;
	waiting = &topic->ring[(topic->first + topic->nwaiting++) & (topic->size - 1)];
	waiting->body = event->body;
	waiting->headers = headers;
	producer->nadded++;
	if (!producer->gated)
	{
		topic->nopen++;
		producer->nopen++;
	}
}

void
producer_gate(Producer *producer, bool closed)
{
	producer->gated = closed;
	if (closed)
		return;
	for (int i = 0; i < producer->nactive; i++)
	{
		Topic	   *topic = &producer->topics[producer->active[i]];

		producer->nopen += topic->nwaiting - topic->nopen;
		topic->nopen = topic->nwaiting;
	}
}

uint64_t
producer_added(const Producer *producer)
{
	return producer->nadded;
}

bool
producer_is_handed(const Producer *producer)
{
	return producer->nopen == 0;
}

bool
producer_is_through(const Producer *producer)
{
	if (producer->nopen > 0)
		return false;
	for (int i = 0; i < producer->ntopics; i++)
		if (producer->topics[i].handed > 0)
			return false;
	return true;
}

static inline Waiting *
waiting_at(const Topic *topic, uint32_t i)
{
	return &topic->ring[(topic->first + i) & (topic->size - 1)];
}

/* The most events that the next chunk may have. */
static uint32_t
chunk_events(const Producer *producer)
{
	uint32_t	handed = (uint32_t) rd_kafka_outq_len(producer->kafka);

	if (handed + producer->chunk_events <= HANDED_MANY)
		return producer->chunk_events;
	return producer->chunk_events < CHUNK_SMALL ? producer->chunk_events : CHUNK_SMALL;
}

/* How many of those that wait make the next chunk. */
static uint32_t
chunk_size(const Producer *producer, const Topic *topic)
{
	size_t		spread = topic->npartitions ? topic->npartitions : 1;
	size_t		shares = producer->nactive < CHUNK_SHARES ? producer->nactive : CHUNK_SHARES;
	size_t		bytes = 0;
	size_t		max;
	uint32_t	most = topic->narrow ? topic->narrow : chunk_events(producer);
	uint32_t	n;

	if (spread > CHUNK_SPREAD)
		spread = CHUNK_SPREAD;
	max = producer->chunk_bytes * spread / shares;
	for (n = 0; n < topic->nopen && n < most; n++)
	{
		const Waiting *waiting = waiting_at(topic, n);

		if (goes_to_all(waiting->body))
			return n > 0 ? n : 1;
		bytes += event_bytes(waiting->body) + RECORD_COST +
			(waiting->headers ? waiting->headers->bytes : 0);
		if (bytes > max && n > 0)
			break;
	}
	return n;
}

/*
 * An event that can go with others in one call: all of its headers, if any, are
 * those of its stream, its timestamp is the producer's, and its partition that
 * of its key.
 */
static inline bool
is_plain(const char *body)
{
	return wire_get32(body + WIRE_EVENT_HEADERS_LEN) == 0 &&
		(body[WIRE_EVENT_FLAGS] & (WIRE_TO_ALL | WIRE_HAS_PARTITION)) == 0 &&
		(int64_t) wire_get64(body + WIRE_EVENT_TIMESTAMP) < 0;
}

rd_kafka_resp_err_t
producer_hand(Producer *producer, Topic *topic, const Waiting *waiting, int32_t partition)
{
	FrameEvent	event = waiting_event(waiting);
	FrameText	block = {event.headers, event.headers_len};
	rd_kafka_headers_t *list;
	rd_kafka_resp_err_t code;

	/* Its own come first, as in Debezium. */
	list = rd_kafka_headers_new(8);
	headers_append(list, block);
	if (waiting->headers)
		headers_append_list(list, waiting->headers->list);
	code = rd_kafka_producev(producer->kafka,
							 RD_KAFKA_V_RKT(topic->handle),
							 RD_KAFKA_V_PARTITION(partition),
							 RD_KAFKA_V_VALUE(event.value, event.value_len),
							 RD_KAFKA_V_KEY(event.key, event.key_len),
							 RD_KAFKA_V_OPAQUE(event.body),
							 RD_KAFKA_V_TIMESTAMP(event.timestamp < 0 ? 0 : event.timestamp),
							 RD_KAFKA_V_HEADERS(list),
							 RD_KAFKA_V_END);
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		rd_kafka_headers_destroy(list);
	return code;
}

/* Where a single event goes. */
static int32_t
event_partition(const char *body)
{
	uint32_t	word = wire_get32(body + WIRE_EVENT_FLAGS);

	return (word >> 24 & WIRE_HAS_PARTITION) != 0 ? (int32_t) (word & WIRE_PARTITION_MAX) : RD_KAFKA_PARTITION_UA;
}

/* Hands over an event that cannot; false when librdkafka's queue is full. */
static bool
hand_one(Producer *producer, Topic *topic)
{
	const Waiting *waiting = waiting_at(topic, 0);
	char	   *body = waiting->body;
	rd_kafka_resp_err_t code = producer_hand(producer, topic, waiting,
											 event_partition(body));

	if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL)
		return false;
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		producer_refuse(producer, topic, body, code);
	return true;
}

/*
 * Puts the call's headers on a record, as librdkafka makes it.  Its batch call
 * takes none itself.  When it cannot place the first record it frees that with
 * its headers, and fails for all the others: those must not have them.
 */
static rd_kafka_resp_err_t
on_send(rd_kafka_t *kafka, rd_kafka_message_t *message, void *arg)
{
	Producer   *producer = arg;

	if (producer->attach == NULL)
		return RD_KAFKA_RESP_ERR_NO_ERROR;
	if (producer->attached == NULL)
	{
		/* those in front were refused before they came here */
		producer->attached = producer->batch;
		while (producer->attached->_private != message->_private)
			producer->attached++;
	}
	if (producer->attached->err == RD_KAFKA_RESP_ERR_NO_ERROR)
		rd_kafka_message_set_headers(message, producer->attach);
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t
on_new(rd_kafka_t *kafka, const rd_kafka_conf_t *conf, void *arg, char *why, size_t size)
{
	return rd_kafka_interceptor_add_on_send(kafka, "walpost", on_send, arg);
}

void
producer_intercept(Producer *producer, rd_kafka_conf_t *conf)
{
	rd_kafka_conf_interceptor_add_on_new(conf, "walpost", on_new, producer);
}

void
producer_free_lists(Topic *topic)
{
	while (topic->nlists > 0)
		rd_kafka_headers_destroy(topic->lists[--topic->nlists]);
}

/* Keeps the list of the call that was made, unless librdkafka has freed it. */
static void
keep_list(Producer *producer, Topic *topic)
{
	rd_kafka_headers_t *list = producer->attach;

	producer->attach = NULL;
	if (list == NULL)
		return;
	if (producer->attached == NULL)
		rd_kafka_headers_destroy(list);
	else if (producer->attached->err == RD_KAFKA_RESP_ERR_NO_ERROR)
	{
		topic->lists = mem_resize(topic->lists, (topic->nlists + 1) * sizeof(*topic->lists));
		topic->lists[topic->nlists++] = list;
	}
}

/*
 * Hands over plain events of one stream from the topic's first on.  Returns how
 * many; fewer than there are when librdkafka's queue is full.
 */
static uint32_t
hand_plain(Producer *producer, Topic *topic, uint32_t max)
{
	const ProducerHeaders *headers = waiting_at(topic, 0)->headers;
	uint32_t	n = 0;

	for (; n < max && n < BATCH_MAX; n++)
	{
		const Waiting *waiting = waiting_at(topic, n);
		FrameEvent	event;

		if (waiting->headers != headers || !is_plain(waiting->body))
			break;
		event = waiting_event(waiting);
		producer->batch[n] = (rd_kafka_message_t)
		{
			.payload = event.value,.len = event.value_len,
				.key = event.key,.key_len = event.key_len,
				._private = event.body
		};
	}
	producer->attach = headers ? rd_kafka_headers_copy(headers->list) : NULL;
	producer->attached = NULL;
	rd_kafka_produce_batch(topic->handle, RD_KAFKA_PARTITION_UA, 0,
						   producer->batch, (int) n);
	keep_list(producer, topic);

	for (uint32_t i = 0; i < n; i++)
	{
		rd_kafka_message_t *message = &producer->batch[i];

		if (message->err == RD_KAFKA_RESP_ERR__QUEUE_FULL)
			return i;
		if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
			producer_refuse(producer, topic, message->_private, message->err);
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

		if (goes_to_all(waiting_at(topic, 0)->body))
			done = producer_hand_copies(producer, topic, waiting_at(topic, 0));
		else if (is_plain(waiting_at(topic, 0)->body))
			done = hand_plain(producer, topic, n);
		else
			done = hand_one(producer, topic);
		if (done == 0)
			return;
		topic->first = (topic->first + done) & (topic->size - 1);
		topic->nwaiting -= done;
		topic->nopen -= done;
		topic->handed += done;
		producer->nopen -= done;
		n -= done;
	}
	if (topic->nwaiting == 0 && topic->size > RING_KEPT)
	{
		free(topic->ring);
		topic->ring = NULL;
		topic->size = topic->first = 0;
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

	if (n == topic->nopen && now_us < due && !producer->gated)
		return due;

	topic->chunk = n;
	topic->chunk_us = now_us;
	producer_topic_handle(producer, number);
	hand_over(producer, topic, n);
	return 0;
}

/*
 * True when the topic's next chunk may go: only with none under way.  A broker
 * that knows nothing of a producer yet takes its second request to a partition
 * although it refused the first one, and what was refused would be overtaken.
 */
static inline bool
may_send(const Topic *topic)
{
	return topic->nopen > 0 && topic->ready && topic->handed == 0;
}

int64_t
producer_push(Producer *producer, int64_t now_us)
{
	int64_t		first = 0;

	for (int i = 0; i < producer->nactive; i++)
	{
		const Topic *topic = &producer->topics[producer->active[i]];
		int64_t		due;

		if (!may_send(topic))
			continue;
		due = serve_topic(producer, producer->active[i], now_us);
		if (due == 0 && may_send(topic))
			due = now_us + AGAIN_US;
		if (due != 0 && (first == 0 || due < first))
			first = due;
		if (topic->nwaiting == 0)
			producer->active[i--] = producer->active[--producer->nactive];
	}
	return first;
}

/* Takes the headers off a record that comes back; its own are freed. */
static inline void
take_headers(const rd_kafka_message_t *message)
{
	rd_kafka_headers_t *headers;

	/* the record is librdkafka's, and const to readers of its content */
	if (rd_kafka_message_detach_headers((rd_kafka_message_t *) message, &headers) ==
		RD_KAFKA_RESP_ERR_NO_ERROR &&
		!is_plain(message->_private))
		rd_kafka_headers_destroy(headers);
}

/* The delivery reports of one request. */
void
producer_on_delivery(Producer *producer, rd_kafka_event_t *event)
{
	const rd_kafka_message_t *message;
	rd_kafka_resp_err_t code;
	Topic	   *topic = NULL;
	char	   *bodies[BATCH_MAX];
	size_t		n = 0;

	while ((message = rd_kafka_event_message_next(event)) != NULL)
	{
		if (producer_is_record(message))
		{
			producer_on_record(producer, message);
			continue;
		}
		if (topic == NULL)
		{
			topic = &producer->topics[(intptr_t) rd_kafka_topic_opaque(message->rkt)];
			if (message->partition >= (int32_t) topic->npartitions)
				topic->npartitions = (uint32_t) message->partition + 1;
		}
		topic->handed--;
		take_headers(message);
		code = message->err;
		if (goes_to_all(message->_private) && !producer_copy_is_last(topic, &code))
			continue;
		if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		{
			producer_note_failure(producer, message->_private, code);
			continue;
		}
		producer->proven = true;
		if (__builtin_expect(topic->suspect != NULL, 0))
			producer_search_past(producer, topic, message->_private);
		bodies[n++] = message->_private;
		if (n == BATCH_MAX)
		{
			producer->events->acknowledged(producer->arg, bodies, n);
			n = 0;
		}
	}
	if (topic != NULL && topic->handed == 0)
		producer_free_lists(topic);
	if (n > 0)
		producer->events->acknowledged(producer->arg, bodies, n);
	if (producer->nfailures > 0)
		producer_failed(producer, topic);
}
