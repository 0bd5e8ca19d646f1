/*
 * deadletter.c
 *	  Records that Kafka refuses: sent to the dead letter topic, or left out.
 *
 * Names of headers are those of Connect's DeadLetterQueueReporter.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "deadletter.h"
#include "log.h"
#include "mem.h"
#include "wire.h"

#define LOG_MODULE "deadletter"

/* A key is shown as far as this. */
#define KEY_SHOWN		200

typedef struct Letter
{
	ProducerHeaders *headers;	/* NULL: the number is free */
	ProducerParts parts;
	uint32_t	next;			/* of the free ones, plus one */
} Letter;

struct DeadLetters
{
	Producer   *producer;
	Topics	   *topics;
	bool		tolerant;
	bool		context;		/* say why, in headers */
	bool		log_each;
	int			topic;			/* -1: none */
	const char *connector;

	Letter	   *letters;
	uint32_t	nletters;
	uint32_t	free;			/* head of the free ones, plus one */
	bool		read_again;
	Convicts	convicts;		/* those that will be read again */
	uint64_t	count;			/* besides them */
	LogLimit	limit;
};

/* A header block as it grows. */
typedef struct Block
{
	char	   *bytes;
	size_t		len;
} Block;

DeadLetters *
deadletters_new(const Conf *conf, Producer *producer, Topics *topics, DeadLetterWay way)
{
	DeadLetters *letters = mem_zero(sizeof(DeadLetters));
	const char *topic = conf_get(conf, "errors.deadletterqueue.topic.name");

	letters->producer = producer;
	letters->topics = topics;
	letters->read_again = way == DEADLETTERS_READ_AGAIN;
	letters->tolerant = way != DEADLETTERS_NEVER &&
		strcasecmp(conf_get(conf, "errors.tolerance"), "all") == 0;
	letters->context = conf_get_bool(conf, "errors.deadletterqueue.context.headers.enable");
	letters->log_each = conf_get_bool(conf, "errors.log.enable");
	letters->connector = conf_get(conf, "name") ? conf_get(conf, "name") : conf_get(conf, "topic.prefix");
	letters->topic = -1;
	if (letters->tolerant && topic != NULL && topic[0] != '\0')
		letters->topic = topics_own(topics, topic, 1,
									(int) conf_get_int(conf, "errors.deadletterqueue.topic.replication.factor"));
	return letters;
}

void
deadletters_forget(DeadLetters *letters)
{
	for (uint32_t i = 0; i < letters->nletters; i++)
		producer_headers_free(letters->letters[i].headers);
	letters->nletters = letters->free = 0;
}

void
deadletters_free(DeadLetters *letters)
{
	if (letters == NULL)
		return;
	deadletters_forget(letters);
	convicts_free(&letters->convicts);
	free(letters->letters);
	free(letters);
}

static void
block_bytes(Block *block, const void *bytes, size_t len)
{
	block->bytes = mem_resize(block->bytes, block->len + len);
	memcpy(block->bytes + block->len, bytes, len);
	block->len += len;
}

static void
block_header(Block *block, const char *name, const char *value)
{
	char		head[4];

	wire_put16(head, (uint16_t) strlen(name));
	block_bytes(block, head, 2);
	block_bytes(block, name, strlen(name));
	wire_put32(head, (uint32_t) strlen(value));
	block_bytes(block, head, 4);
	block_bytes(block, value, strlen(value));
}

/* Where it came from and stood: without these nobody could put it back. */
static void
block_position(Block *block, const ProducerRefusal *refusal, const char *topic, uint64_t lsn)
{
	char		text[32];

	block_header(block, "walpost.topic", topic);
	snprintf(text, sizeof(text), LSN_FMT, LSN_ARGS(lsn));
	block_header(block, "walpost.lsn", text);
	snprintf(text, sizeof(text), "%llu", (unsigned long long) refusal->event.ordinal);
	block_header(block, "walpost.change", text);
	snprintf(text, sizeof(text), "%u", refusal->event.key_len + refusal->event.value_len);
	block_header(block, "walpost.size", text);
}

static void
block_reason(Block *block, const DeadLetters *letters, const ProducerRefusal *refusal,
			 const char *topic)
{
	char		exception[128];

	snprintf(exception, sizeof(exception), "org.apache.kafka.common.errors.%s", refusal->exception);
	block_header(block, "__connect.errors.topic", topic);
	block_header(block, "__connect.errors.connector.name", letters->connector);
	block_header(block, "__connect.errors.task.id", "0");
	block_header(block, "__connect.errors.stage", "KAFKA_PRODUCE");
	block_header(block, "__connect.errors.exception.class.name", exception);
	block_header(block, "__connect.errors.exception.message", refusal->text);
}

/* The headers of the letter: those of the event's stream, then ours. */
static ProducerHeaders *
letter_headers(const DeadLetters *letters, const ProducerRefusal *refusal, uint64_t lsn)
{
	const char *topic = producer_topic_name(letters->producer, refusal->topic);
	const Route *route = topics_route(letters->topics, wire_get32(refusal->event.body + WIRE_EVENT_STREAM));
	Block		block = {NULL, 0};
	FrameText	text;
	ProducerHeaders *headers;

	if (route->block.len > 0)
		block_bytes(&block, route->block.p, route->block.len);
	if (letters->context)
		block_reason(&block, letters, refusal, topic);
	block_position(&block, refusal, topic, lsn);
	text = (FrameText)
	{
		block.bytes, (uint32_t) block.len
	};
	headers = producer_headers_new(text);
	free(block.bytes);
	return headers;
}

static uint32_t
new_letter(DeadLetters *letters)
{
	uint32_t	number;

	if (letters->free > 0)
	{
		number = letters->free - 1;
		letters->free = letters->letters[number].next;
	}
	else
	{
		letters->letters = mem_resize(letters->letters, (letters->nletters + 1) * sizeof(Letter));
		number = letters->nletters++;
	}
	memset(&letters->letters[number], 0, sizeof(Letter));
	return number;
}

static void
queue_letter(DeadLetters *letters, const FrameEvent *event, const Letter *letter)
{
	producer_add(letters->producer, letters->topic, event, letter->headers);
}

/* How much of a refused record the dead letter topic gets at first. */
static ProducerParts
first_parts(const ProducerRefusal *refusal)
{
	return refusal->too_large ? PRODUCER_NO_VALUE : PRODUCER_WHOLE;
}

static void
send_letter(DeadLetters *letters, const ProducerRefusal *refusal, uint64_t lsn, ProducerParts parts)
{
	uint32_t	number = new_letter(letters);
	Letter	   *letter = &letters->letters[number];

	letter->headers = letter_headers(letters, refusal, lsn);
	letter->parts = parts;
	if (parts != PRODUCER_WHOLE)
		producer_headers_cut(letter->headers, parts);
	wire_put32(refusal->event.body + WIRE_EVENT_STREAM, DEADLETTER_FLAG | number);

	/* a partition that a transform chose is one of another topic */
	refusal->event.body[WIRE_EVENT_FLAGS] &= ~WIRE_HAS_PARTITION;
	memset(refusal->event.body + WIRE_EVENT_FLAGS + 1, 0, 3);
	queue_letter(letters, &refusal->event, letter);
}

/* The dead letter topic does not take it either: with less of it, perhaps. */
static DeadLetterResult
returned(DeadLetters *letters, const ProducerRefusal *refusal)
{
	uint32_t	number = wire_get32(refusal->event.body + WIRE_EVENT_STREAM) & ~DEADLETTER_FLAG;
	Letter	   *letter = &letters->letters[number];

	if (!refusal->too_large || letter->parts == PRODUCER_NO_KEY)
		return DEADLETTER_STOP;
	letter->parts++;
	producer_headers_cut(letter->headers, letter->parts);
	queue_letter(letters, &refusal->event, letter);
	return DEADLETTER_SENT;
}

static void
report(DeadLetters *letters, const ProducerRefusal *refusal, uint64_t lsn)
{
	const FrameEvent *event = &refusal->event;
	const char *key = event->key ? event->key : "null";
	uint32_t	len = event->key ? event->key_len : 4;

	if (!letters->log_each && !log_limit_pass(&letters->limit))
		return;
	log_warn("topic \"%s\" does not take an event: %s; key %.*s, change %llu of the transaction at "
			 LSN_FMT ", %u bytes; %s%s%s; %llu so far; %s",
			 producer_topic_name(letters->producer, refusal->topic), refusal->text,
			 (int) (len < KEY_SHOWN ? len : KEY_SHOWN), key,
			 (unsigned long long) event->ordinal, LSN_ARGS(lsn), event->key_len + event->value_len,
			 letters->topic < 0 ? "left out" : "sent to \"",
			 letters->topic < 0 ? "" : producer_topic_name(letters->producer, letters->topic),
			 letters->topic < 0 ? "" : "\"",
			 (unsigned long long) deadletters_count(letters), refusal->remedy);
}

/*
 * The transaction is over with it.  A letter that is refused has less in it next
 * time; one of another topic that was to be a letter would go round for ever.
 */
static DeadLetterResult
remember(DeadLetters *letters, const ProducerRefusal *refusal, const EventPlace *place)
{
	Convict    *known = convicts_find(&letters->convicts, place);
	Convict		convict = {
		.place = *place,.topic = refusal->topic,.parts = first_parts(refusal),
		.code = refusal->code,.text = refusal->text,.exception = refusal->exception
	};

	if (known == NULL && refusal->topic != letters->topic)
	{
		convicts_add(&letters->convicts, &convict);
		report(letters, refusal, place->lsn);
		return DEADLETTER_AGAIN;
	}
	/* a letter that had to make room; it begins anew */
	if (known == NULL && refusal->topic == letters->topic && letters->convicts.crowded)
		return DEADLETTER_AGAIN;
	if (known == NULL || refusal->topic != letters->topic || !refusal->too_large ||
		known->parts == PRODUCER_NO_KEY)
		return DEADLETTER_STOP;
	known->parts++;
	return DEADLETTER_AGAIN;
}

DeadLetterResult
deadletters_take(DeadLetters *letters, const ProducerRefusal *refusal, const EventPlace *place)
{
	if (!letters->tolerant)
		return DEADLETTER_STOP;
	/* a snapshot would read its row again for ever */
	if (letters->read_again)
		return place->record == 0 ? DEADLETTER_STOP : remember(letters, refusal, place);
	if (refusal->topic == letters->topic)
		return returned(letters, refusal);
	letters->count++;
	report(letters, refusal, place->lsn);
	if (letters->topic < 0)
		return DEADLETTER_LEFT_OUT;
	send_letter(letters, refusal, place->lsn, first_parts(refusal));
	return DEADLETTER_SENT;
}

DeadLetterResult
deadletters_meet(DeadLetters *letters, const EventPlace *place, const FrameEvent *event)
{
	const Convict *convict = convicts_find(&letters->convicts, place);
	ProducerRefusal refusal;

	if (convict == NULL)
		return DEADLETTER_NONE;
	if (letters->topic < 0)
		return DEADLETTER_LEFT_OUT;
	refusal = (ProducerRefusal)
	{
		.topic = convict->topic,.event = *event,.code = convict->code,
			.text = convict->text,.exception = convict->exception
	};
	send_letter(letters, &refusal, place->lsn, convict->parts);
	return DEADLETTER_SENT;
}

bool
deadletters_expected(const DeadLetters *letters)
{
	return letters->convicts.n > 0;
}

void
deadletters_settle(DeadLetters *letters, const Position *position)
{
	letters->count += (uint64_t) convicts_settle(&letters->convicts, position);
}

bool
deadletters_crowded(const DeadLetters *letters)
{
	return letters->convicts.crowded;
}

bool
deadletters_resend(DeadLetters *letters, const FrameEvent *event)
{
	if ((event->stream & DEADLETTER_FLAG) == 0)
		return false;
	queue_letter(letters, event, &letters->letters[event->stream & ~DEADLETTER_FLAG]);
	return true;
}

void
deadletters_release(DeadLetters *letters, uint32_t number)
{
	Letter	   *letter = &letters->letters[number];

	producer_headers_free(letter->headers);
	letter->headers = NULL;
	letter->next = letters->free;
	letters->free = number + 1;
}

uint64_t
deadletters_count(const DeadLetters *letters)
{
	return letters->count + (uint64_t) letters->convicts.n;
}
