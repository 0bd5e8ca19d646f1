/*
 * producer_private.h
 *	  What the producer*.c files share: the client, its topics, what waits.
 *
 * Everybody else asks producer.h.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_PRODUCER_PRIVATE_H
#define WALPOST_PRODUCER_PRIVATE_H

#include <librdkafka/rdkafka.h>

#include "log.h"
#include "producer.h"
#include "wire.h"

#define lengthof(array) (sizeof(array) / sizeof((array)[0]))

/* Events reported, or handed over, in one call. */
#define BATCH_MAX		512

/* The thread for calls that block, see producer_txn.c. */
typedef struct ProducerTxn ProducerTxn;

struct ProducerHeaders
{
	rd_kafka_headers_t *list;
	size_t		bytes;
	ProducerParts parts;		/* of the events with them */
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
	uint32_t	nopen;			/* so many of them may go; fewer than all while
								 * the gate is closed */
	uint32_t	handed;			/* librdkafka has so many */
	uint32_t	chunk;			/* so many had the last chunk, */
	int64_t		chunk_us;		/* which went then */
	uint32_t	npartitions;	/* as far as events have gone to them */
	uint32_t	narrow;			/* most events of a chunk, while a refused
								 * record is looked for; 0: as many as fit */
	const char *suspect;		/* body of the last that it may be */
	bool		too_large;		/* why the request was refused */
	bool		convicted;		/* it was found */
	rd_kafka_resp_err_t denied; /* why it is in no transaction, if it is not */
	uint32_t	ncopies;		/* of the event that goes to all partitions: */
	uint32_t	copies_sent;	/* handed over so far, and */
	uint32_t	copies_back;	/* reported */
	rd_kafka_resp_err_t copies_code;	/* the worst that was said of them */
	int64_t		asked_us;		/* for their number in vain */
	rd_kafka_headers_t **lists; /* headers of what is handed over, one for */
	int			nlists;			/* each call that did */
} Topic;

/* A record that did not arrive. */
typedef struct Failure
{
	char	   *body;
	rd_kafka_resp_err_t code;
} Failure;

struct Producer
{
	const Conf *conf;
	const ProducerEvents *events;
	void	   *arg;
	rd_kafka_t *kafka;
	rd_kafka_queue_t *queue;
	int			wake_fd;		/* an eventfd that librdkafka writes to */

	rd_kafka_topic_t *record_topic; /* of position records, made on first use */
	Topic	   *topics;
	int			ntopics;
	int		   *active;			/* numbers of those where events wait */
	int			nactive;
	size_t		chunk_bytes;	/* batch.size, batch.num.messages */
	uint32_t	chunk_events;
	rd_kafka_message_t batch[BATCH_MAX];
	rd_kafka_headers_t *attach; /* to all records of the present call */
	rd_kafka_message_t *attached;	/* the first that has it, in batch */

	Failure    *failures;		/* of the delivery reports being read */
	size_t		nfailures,
				max_failures;

	bool		gated;			/* what is added waits behind the gate */
	uint64_t	nadded;			/* events so far */
	uint64_t	nopen;			/* those that may go, over all topics */
	ProducerTxn *txn;			/* NULL: no transactions */
	int			txn_timeout_ms;
	int			txn_limit_ms;	/* 0: none */
	bool		txn_exact;		/* that is no limit, but how long it may take */
	char		transactional_id[384];

	int			batching;		/* see PRODUCER_SINGLE */
	bool		cut_batches;	/* the next client is to make smaller ones */
	bool		refused;		/* a record was: why it is of no more use */
	bool		searching;		/* the next one is to look for that record */
	bool		fatal;			/* why, is in fatal_text */
	bool		closing;		/* errors no longer matter */
	bool		proven;
	bool		failed;			/* failure says why producer_poll() is false */
	char		mechanism[32];	/* of SASL */
	char		fatal_text[512];
	Err			failure;
	LogLimit	down_limit;
	LogLimit	log_limit;
};

/* The client's handle of a topic. */
extern rd_kafka_topic_t *producer_topic_handle(Producer *producer, int number);

/* Installs what puts headers on records, in a configuration not yet used. */
extern void producer_intercept(Producer *producer, rd_kafka_conf_t *conf);

/* The topic has nothing under way: its lists of headers go. */
extern void producer_free_lists(Topic *topic);

/* The thread; wake_fd is written when a call is done.  NULL and err. */
extern ProducerTxn *producer_txn_new(int wake_fd, Err *err) must_check;

/* Ends it, after the call under way.  txn may be NULL. */
extern void producer_txn_free(ProducerTxn *txn);

/* Asks to abort the open transaction; true while that is under way. */
extern void producer_txn_start_abort(Producer *producer);
extern bool producer_txn_aborting(const Producer *producer);

/* Takes the result of a call, if there is one. */
extern void producer_txn_serve(Producer *producer);

/* True for a report on a position record, and what is done with it. */
extern bool producer_is_record(const rd_kafka_message_t *message);
extern void producer_on_record(Producer *producer, const rd_kafka_message_t *message);
extern void producer_record_failed(Producer *producer, rd_kafka_resp_err_t code, const char *topic);

/* True for an error that says only that the client is done for. */
extern bool producer_is_renewable(rd_kafka_resp_err_t code);

/* The client is of no more use; why, is text. */
extern void producer_give_up(Producer *producer, const char *text);

/* The event of a body, which frame_next() has passed. */
static inline FrameEvent
producer_event(char *body)
{
	char		flags = body[WIRE_EVENT_FLAGS];
	char	   *bytes = body + WIRE_EVENT_HEAD;
	uint32_t	key_len = wire_get32(body + WIRE_EVENT_KEY_LEN);
	uint32_t	value_len = wire_get32(body + WIRE_EVENT_VALUE_LEN);

	return (FrameEvent)
	{
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

/* The event as its record is to hold it. */
static inline FrameEvent
waiting_event(const Waiting *waiting)
{
	FrameEvent	event = producer_event(waiting->body);

	if (__builtin_expect(waiting->headers != NULL && waiting->headers->parts != PRODUCER_WHOLE, 0))
	{
		event.value = NULL;
		event.value_len = 0;
		if (waiting->headers->parts == PRODUCER_NO_KEY)
		{
			event.key = NULL;
			event.key_len = 0;
		}
	}
	return event;
}

/* Hands over one record; partition -1 is as its key says. */
extern rd_kafka_resp_err_t producer_hand(Producer *producer, Topic *topic,
										 const Waiting *waiting, int32_t partition);

/* ---- producer_copies.c ---- */

/* An event of which every partition gets a copy. */
static inline bool
goes_to_all(const char *body)
{
	return __builtin_expect((body[WIRE_EVENT_FLAGS] & WIRE_TO_ALL) != 0, 0);
}

/*
 * Hands the copies over, and counts all but one of them in topic->handed.  False
 * when not all went, and the rest has to wait.
 */
extern bool producer_hand_copies(Producer *producer, Topic *topic, const Waiting *waiting);

/* A copy is back; true for the last one, and *code is what became of them all. */
extern bool producer_copy_is_last(Topic *topic, rd_kafka_resp_err_t *code);
extern void producer_forget_copies(Topic *topic);

/* ---- producer_refused.c ---- */

/* A record that librdkafka did not take. */
extern void producer_refuse(Producer *producer, Topic *topic, char *body,
							rd_kafka_resp_err_t code);

/* A transaction was committed: whatever was searched for is not in it. */
extern void producer_search_end(Producer *producer);

/*
 * A log line of librdkafka's with that facility.  It alone says which topic the
 * brokers keep out of a transaction.
 */
extern void producer_on_log_line(Producer *producer, const char *facility, const char *text);

/* Notes a record that did not arrive; producer_failed() then judges them all. */
extern void producer_note_failure(Producer *producer, char *body, rd_kafka_resp_err_t code);
extern void producer_failed(Producer *producer, Topic *topic);

/* The event was acknowledged, or is out of the way: is the search over? */
extern void producer_search_past(Producer *producer, Topic *topic, const char *body);

/* What producer_poll() does with delivery reports, and with new topics. */
extern void producer_on_delivery(Producer *producer, rd_kafka_event_t *event);
extern void producer_on_topics_created(Producer *producer, rd_kafka_event_t *event);

#endif							/* WALPOST_PRODUCER_PRIVATE_H */
