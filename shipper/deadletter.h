/*
 * deadletter.h
 *	  Records that Kafka refuses, under errors.tolerance=all: on to the dead
 *	  letter topic, with the reason in headers.
 *
 * A letter is the event itself, where it lies: it is written to another topic,
 * and acknowledged like any other when it is there.  Its STREAM field then
 * holds the letter's number instead of a route.
 *
 * With Kafka transactions the refusal ends the transaction.  Then the event
 * becomes a letter when it is read again, in the transaction to come.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_DEADLETTER_H
#define WALPOST_DEADLETTER_H

#include <stdbool.h>
#include <stdint.h>

#include "conf.h"
#include "convict.h"
#include "producer.h"
#include "topics.h"

/* In STREAM: the rest is the number of a letter. */
#define DEADLETTER_FLAG		0x80000000u

typedef struct DeadLetters DeadLetters;

typedef enum DeadLetterWay
{
	DEADLETTERS_AT_ONCE,
	DEADLETTERS_READ_AGAIN,		/* a refusal ends a transaction, see above */
	DEADLETTERS_NEVER			/* it does, and nothing would come again at its
								 * place: not tolerated, whatever conf says */
} DeadLetterWay;

/* Borrows all; has the dead letter topic created, if one is named. */
extern DeadLetters *deadletters_new(const Conf *conf, Producer *producer, Topics *topics,
									DeadLetterWay way);
extern void deadletters_free(DeadLetters *letters);

typedef enum DeadLetterResult
{
	DEADLETTER_STOP,			/* not to be tolerated */
	DEADLETTER_SENT,
	DEADLETTER_LEFT_OUT,		/* the caller acknowledges the event */
	DEADLETTER_AGAIN,			/* it will be known when it is read again */
	DEADLETTER_NONE				/* it was not refused */
} DeadLetterResult;

/* What becomes of a refused record, the event at that place. */
extern DeadLetterResult deadletters_take(DeadLetters *letters, const ProducerRefusal *refusal,
										 const EventPlace *place);

/*
 * An event was read whose route is in its STREAM: sends it as a letter if it is
 * one that was refused before, unless it is to be left out.
 */
extern DeadLetterResult deadletters_meet(DeadLetters *letters, const EventPlace *place,
										 const FrameEvent *event);

/* False where deadletters_meet() is not worth the call. */
extern bool deadletters_expected(const DeadLetters *letters);

/* Kafka has all up to there: letters of before are not to be met again. */
extern void deadletters_settle(DeadLetters *letters, const Position *position);

/*
 * More was refused than is remembered: each Kafka transaction is to hold one
 * message of the server's.
 */
extern bool deadletters_crowded(const DeadLetters *letters);

/* There is a new producer: queues the event again if it is a letter. */
extern bool deadletters_resend(DeadLetters *letters, const FrameEvent *event);

/* For deadletters_delivered(). */
extern void deadletters_release(DeadLetters *letters, uint32_t number);

/* An event with this STREAM is acknowledged. */
static inline void
deadletters_delivered(DeadLetters *letters, uint32_t stream)
{
	if (__builtin_expect((stream & DEADLETTER_FLAG) != 0, 0))
		deadletters_release(letters, stream & ~DEADLETTER_FLAG);
}

/* Nothing is in flight any more: there are no letters, but who is to be one is known. */
extern void deadletters_forget(DeadLetters *letters);

/* How many records were refused so far. */
extern uint64_t deadletters_count(const DeadLetters *letters);

#endif							/* WALPOST_DEADLETTER_H */
