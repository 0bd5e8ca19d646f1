/*
 * delivery.h
 *	  The way from received buffers into Kafka and back, as stream and snapshot
 *	  have it: a producer, its topics, its dead letters, the intake before them.
 *
 * All policies that concern Kafka alone are here: how much may wait in memory,
 * what becomes of a refused record, when a producer that failed is replaced.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_DELIVERY_H
#define WALPOST_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf.h"
#include "deadletter.h"
#include "err.h"
#include "heartbeat.h"
#include "intake.h"
#include "loop.h"
#include "notifications.h"
#include "producer.h"
#include "topics.h"

/* What the owner is told, if it wants to be: any of them may be NULL. */
typedef struct DeliveryEvents
{
	/*
	 * After a Kafka transaction that failed, its events are read again, each
	 * at its place in the stream.
	 */
	bool		reads_again;
	/* Kafka has some more events; the ledger knows in a moment. */
	void		(*acknowledged) (void *arg, int64_t now_us);
	/* As in ProducerEvents. */
	void		(*recorded) (void *arg, int tag);
	void		(*txn_done) (void *arg);
	/* A new producer got all events again, but no position record. */
	void		(*renewed) (void *arg);
} DeliveryEvents;

/* The parts are there for the owner to use; how they go together is not. */
typedef struct Delivery
{
	Producer   *producer;		/* NULL: not opened */
	Topics	   *topics;
	DeadLetters *letters;
	Heartbeat  *heartbeat;		/* NULL: none */
	Notifications *notifications;	/* NULL: none */
	Intake		intake;
	bool		ready;			/* the producer has something to say */

	/* private */
	const DeliveryEvents *events;
	void	   *arg;
	LoopFd		fd;
	LoopTimer	renew_timer;
	LoopTimer	push_timer;
	size_t		bound;			/* bytes that may be pinned */
	bool		full;			/* that is reached */
	int64_t		broken_us;		/* when the producer failed; 0: it works */
	int64_t		renewed_us;
} Delivery;

/*
 * Opens a zeroed one.  Everything is borrowed.  False and err (ERR_CONFIG) when
 * a property is wrong; there is nothing to close then.
 */
extern bool delivery_open(Delivery *delivery, const Conf *conf, Loop *loop,
						  const DeliveryEvents *events, void *arg, Err *err) must_check;

/* With the loop, whose watches they are; drops what is not delivered yet. */
extern void delivery_close(Delivery *delivery);

/* Serves what the producer has to say.  False and err as producer_poll(). */
extern bool delivery_serve(Delivery *delivery, Err *err) must_check;

/*
 * Replaces a producer that failed by one that gets everything again, once that
 * is due; without Kafka transactions.  False and err.
 */
extern bool delivery_mend(Delivery *delivery, Err *err) must_check;

/* A new producer, and nothing in flight: what was read is forgotten.  False and err. */
extern bool delivery_start_over(Delivery *delivery, Err *err) must_check;

/* Hands librdkafka what may go; the last thing in a turn. */
extern void delivery_push(Delivery *delivery);

/*
 * True when another buffer may be taken.  Once memory is full a part of it has to
 * be free first, so that reading does not stop and go with every event.
 */
extern bool delivery_has_room(Delivery *delivery);

/* True while less than half of the memory is pinned. */
extern bool delivery_half_free(const Delivery *delivery);

#endif							/* WALPOST_DELIVERY_H */
