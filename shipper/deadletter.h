/*
 * deadletter.h
 *	  Records that Kafka refuses, under errors.tolerance=all: on to the dead
 *	  letter topic, with the reason in headers.
 *
 * A letter is the event itself, where it lies: it is written to another topic,
 * and acknowledged like any other when it is there.  Its STREAM field then
 * holds the letter's number instead of a route.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_DEADLETTER_H
#define WALPOST_DEADLETTER_H

#include <stdbool.h>
#include <stdint.h>

#include "conf.h"
#include "producer.h"
#include "topics.h"

/* In STREAM: the rest is the number of a letter. */
#define DEADLETTER_FLAG		0x80000000u

typedef struct DeadLetters DeadLetters;

/* Borrows all; has the dead letter topic created, if one is named. */
extern DeadLetters *deadletters_new(const Conf *conf, Producer *producer, Topics *topics);
extern void deadletters_free(DeadLetters *letters);

typedef enum DeadLetterResult
{
	DEADLETTER_STOP,			/* not to be tolerated */
	DEADLETTER_SENT,
	DEADLETTER_LEFT_OUT			/* the caller acknowledges the event */
} DeadLetterResult;

/* What becomes of a refused record, an event of the transaction at lsn. */
extern DeadLetterResult deadletters_take(DeadLetters *letters, const ProducerRefusal *refusal,
										 uint64_t lsn);

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

/* Nothing is in flight any more: there are no letters. */
extern void deadletters_forget(DeadLetters *letters);

/* How many records were refused so far. */
extern uint64_t deadletters_count(const DeadLetters *letters);

#endif							/* WALPOST_DEADLETTER_H */
