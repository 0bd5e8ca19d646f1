/*
 * producer.h
 *	  The way into Kafka: events by pointer, delivery reports in batches.
 *
 * With producer_conf.c, and offsets.c which reads, the only module that knows
 * librdkafka.  Nothing here waits for Kafka but the three questions that have a
 * timeout; producer_renew() and producer_free() wait for librdkafka's threads.
 *
 * Events wait in a queue of their topic, as pointers: their bytes are the
 * caller's and must stay until the event was reported as acknowledged or the
 * producer was renewed or freed.  producer_push() hands librdkafka one chunk of
 * a topic at a time, the next when all of that is acknowledged (see producer.c
 * for why), so the number of events that wait costs next to nothing.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_PRODUCER_H
#define WALPOST_PRODUCER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf.h"
#include "err.h"
#include "frame.h"

typedef struct Producer Producer;

/* Headers that many events carry, ready for librdkafka. */
typedef struct ProducerHeaders ProducerHeaders;

/* How much of an event a record holds. */
typedef enum ProducerParts
{
	PRODUCER_WHOLE,
	PRODUCER_NO_VALUE,			/* null instead */
	PRODUCER_NO_KEY				/* neither */
} ProducerParts;

/* A record that Kafka does not take, and never would as it is. */
typedef struct ProducerRefusal
{
	int			topic;
	FrameEvent	event;
	int			code;			/* Kafka's or librdkafka's */
	const char *text;			/* what it says of it */
	const char *exception;		/* what Java calls it */
	const char *remedy;
	bool		too_large;
} ProducerRefusal;

/* What the producer tells from within producer_poll() and producer_push(). */
typedef struct ProducerEvents
{
	/* Kafka has these events: the bodies given to producer_add(). */
	void		(*acknowledged) (void *arg, char *const *bodies, size_t n);

	/*
	 * Answer to producer_topic_create(): 0, or a code of Kafka's and its
	 * text.
	 */
	void		(*topic_created) (void *arg, int topic, int code, const char *text);
	/* Kafka has the record of producer_record(). */
	void		(*recorded) (void *arg, int tag);
	/* What producer_txn_init() or producer_txn_commit() asked for is done. */
	void		(*txn_done) (void *arg);

	/*
	 * A record was refused.  True: the event is taken care of, and is not to
	 * go again as it is; false: the producer is to fail with it.
	 */
	bool		(*refused) (void *arg, const ProducerRefusal *refusal);
	/* The commit LSN of the event with this body, for messages. */
	uint64_t	(*commit_lsn) (void *arg, char *body);
} ProducerEvents;

/*
 * A producer for conf's brokers; they need not be there.  events and arg are
 * borrowed.  NULL and err (ERR_CONFIG) when a property is wrong.
 */
extern Producer *producer_new(const Conf *conf, const ProducerEvents *events,
							  void *arg, Err *err) must_check;

/* Drops what is not delivered yet.  producer may be NULL. */
extern void producer_free(Producer *producer);

/* Readable when producer_poll() has something to do. */
extern int	producer_fd(const Producer *producer);

/*
 * Serves delivery reports and all else that librdkafka has to say.  False and
 * err when events cannot go on as they are: a record was refused, the log-in
 * failed at the first attempt, a property does not fit the brokers.
 */
extern bool producer_poll(Producer *producer, Err *err) must_check;

/*
 * True when the producer is of no more use but a new one may be: call
 * producer_renew(), then add all events again that are not acknowledged.
 */
extern bool producer_is_broken(const Producer *producer);

/* Why; for the log. */
extern const char *producer_trouble(const Producer *producer);
extern bool producer_renew(Producer *producer, Err *err) must_check;

/* True when that is for a record which was refused, and known by now. */
extern bool producer_is_refused(const Producer *producer);

/* The number of a topic, which it keeps; name is copied. */
extern int	producer_topic(Producer *producer, const char *name);
extern const char *producer_topic_name(const Producer *producer, int topic);

/* Asks the brokers to create the topic; settings are pairs, NULL-terminated. */
extern void producer_topic_create(Producer *producer, int topic, int partitions,
								  int replicas, const char *const *settings,
								  int timeout_ms);

/* Code of producer_topic_create() that means that it is there. */
extern bool producer_topic_exists(int code);

/* Code that no broker gave: librdkafka's own, for want of an answer. */
extern bool producer_is_local(int code);

/*
 * Asks for the topic's metadata and waits at most timeout_ms: librdkafka before
 * 2.10.1 holds back the first event by up to a second otherwise.  False when no
 * broker answers.
 */
extern bool producer_topic_look(Producer *producer, int topic, int timeout_ms);

/* True when a broker answers within timeout_ms; asks for no topic. */
extern bool producer_reach(const Producer *producer, int timeout_ms);

/*
 * Calls each() for every topic that the brokers show this client; creates none.
 * Returns the number of brokers, 0 when none answers within timeout_ms.
 */
extern int	producer_list_topics(const Producer *producer, int timeout_ms,
								 void (*each) (const char *name, int partitions, void *arg),
								 void *arg);

/* True for a librdkafka that needs that. */
extern bool producer_must_look(void);

/* From now on the topic's events go out; until then they wait. */
extern void producer_topic_ready(Producer *producer, int topic);

/* A header block made ready, or NULL for an empty one; the caller frees it. */
extern ProducerHeaders *producer_headers_new(FrameText block);

/* Events with these headers, which are not NULL, go without their value or key. */
extern void producer_headers_cut(ProducerHeaders *headers, ProducerParts parts);

extern void producer_headers_free(ProducerHeaders *headers);

/* Queues an event.  headers (may be NULL) come before its own. */
extern void producer_add(Producer *producer, int topic, const FrameEvent *event,
						 const ProducerHeaders *headers);

/*
 * Hands over what may go; the loop calls it once in a turn.  Returns when to
 * call it at the latest, though nothing else happens; 0: no need.
 */
extern int64_t producer_push(Producer *producer, int64_t now_us);

/*
 * Hands over a record of the connector's own for that topic, under a tag; all is
 * copied but the topic's name, which stays the same.  False when there is no room
 * for it now.
 */
extern bool producer_record(Producer *producer, const char *topic, const char *key,
							const char *value, int tag) must_check;

/*
 * ---- Kafka transactions, where producer_exactly_once() ----
 *
 * Events go out only between producer_gate(producer, false) and (..., true);
 * those added while it is closed wait until it is opened again, which must not
 * be before a transaction has begun.
 */

/* Are there transactions with these properties? */
extern bool producer_exactly_once(const Conf *conf);

/*
 * The longest time that a transaction may take, if that is less than what the
 * properties say.  Makes a new client: only while nothing is under way.
 */
extern bool producer_txn_limit(Producer *producer, int timeout_ms, Err *err) must_check;

/* The same, whatever the properties say. */
extern bool producer_txn_allow(Producer *producer, int timeout_ms, Err *err) must_check;
extern int	producer_txn_timeout(const Producer *producer);

/*
 * Fences other clients of the transactional id, or commits; then a transaction
 * has begun.  Neither waits: txn_done follows, or producer_is_broken().  Both
 * only while the other is not under way (producer_txn_busy()).
 */
extern void producer_txn_init(Producer *producer);
extern void producer_txn_commit(Producer *producer);
extern bool producer_txn_busy(Producer *producer);

/*
 * Aborts the open transaction, if nothing else is under way and Kafka answers
 * soon: what it holds back is seen again at once, and not when its time is over.
 * The producer is of no more use but to be freed.
 */
extern void producer_txn_abort(Producer *producer);

/* The call under way ends soon, one way or the other. */
extern void producer_txn_give_up(Producer *producer);

extern void producer_gate(Producer *producer, bool closed);

/* How many events were added so far, also of clients before. */
extern uint64_t producer_added(const Producer *producer);

/* True when librdkafka has, or Kafka has acknowledged, all that was added before
 * the gate was closed. */
extern bool producer_is_handed(const Producer *producer);
extern bool producer_is_through(const Producer *producer);

/* True once Kafka acknowledged an event. */
extern bool producer_proven(const Producer *producer);

/* Version of the library, for the log. */
extern const char *producer_library(void);

#endif							/* WALPOST_PRODUCER_H */
