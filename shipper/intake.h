/*
 * intake.h
 *	  From received buffers to events in flight, and back to the ledger.
 *
 * Reads the frames of one buffer at a time.  It stops in the middle of one
 * when librdkafka's queue is full or a topic is not there yet, and goes on
 * from that frame.  Delivery reports come in at the other side: they mark the
 * event, count in the ledger, and drop the buffer with its last event.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_INTAKE_H
#define WALPOST_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "frame.h"
#include "ledger.h"
#include "producer.h"
#include "slab.h"
#include "topics.h"

typedef enum IntakeResult
{
	INTAKE_IDLE,				/* everything is read: hand over the next buffer */
	INTAKE_BLOCKED,				/* waits for Kafka */
	INTAKE_FAILED				/* err says why */
} IntakeResult;

typedef struct IntakeCounts
{
	uint64_t	events;			/* read, without those that were here before */
	uint64_t	transactions;	/* wholly read */
	uint64_t	bytes;			/* of frames */
	uint64_t	acknowledged;	/* events that Kafka has */
	uint64_t	repeated;		/* events that came again and were dropped */
	uint64_t	ack_us;			/* from arrival to acknowledgement, summed over buffers */
	uint64_t	acked_buffers;
} IntakeCounts;

typedef struct Intake
{
	Ledger		ledger;
	SlabTable	slabs;
	Producer   *producer;
	Topics	   *topics;
	IntakeCounts counts;

	/* the buffer being read */
	uint32_t	slab;			/* SLAB_NONE: none */
	FrameReader reader;
	bool		unpushed;		/* events are gathered, not handed over */

	/* the unit being read */
	bool		greeted;		/* this session's HELLO has come */
	bool		in_unit;
	bool		drop_unit;		/* it was received as a whole before */
	uint64_t	unit;			/* its ledger entry */
	uint64_t	commit_lsn;
	uint64_t	skip;			/* so many of its first events were received before */
	uint64_t	nevents;		/* of it, so far */
	uint64_t	message_left;	/* of a message: events still to come; 0: a transaction */
	uint64_t	message_lsn;	/* of the last message received */

	/* going through unacknowledged events again, for a new producer */
	uint32_t	resend_slab;	/* SLAB_NONE: not doing so */
	FrameReader resend;
} Intake;

/* Everything is borrowed; release frees a buffer. */
extern void intake_init(Intake *intake, Producer *producer, Topics *topics,
						void (*release) (void *buffer));
extern void intake_free(Intake *intake);

/*
 * Takes a buffer whose frames begin at start, and reads what it can.  Only when
 * INTAKE_IDLE was the last result.
 */
extern IntakeResult intake_take(Intake *intake, char *buffer, size_t len, size_t start,
								int64_t now_us, Err *err);

/* Goes on after INTAKE_BLOCKED; harmless otherwise. */
extern IntakeResult intake_go_on(Intake *intake, Err *err);

/*
 * The connection is lost.  The rest of the buffer is dropped: the server sends
 * the unit again, and what was read of it is dropped by counting.
 */
extern void intake_new_session(Intake *intake);

/* There is a new producer: all unacknowledged events go to it, in order. */
extern void intake_resend(Intake *intake);

/* For ProducerEvents: these are safe. */
extern void intake_acknowledge(Intake *intake, char *const *bodies, size_t n,
							   int64_t now_us);

/* The commit LSN of an event in flight. */
extern uint64_t intake_commit_lsn(Intake *intake, char *body);

/* Memory that is pinned by what is not acknowledged, in bytes. */
static inline size_t
intake_pinned(const Intake *intake)
{
	return intake->slabs.bytes + intake->slabs.used * SLAB_COST +
		intake->ledger.in_flight * SLAB_EVENT_COST;
}

#endif							/* WALPOST_INTAKE_H */
