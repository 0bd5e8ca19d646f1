/*
 * intake.h
 *	  From received buffers to events in flight, and back to the ledger.
 *
 * Reads the frames of one buffer at a time and queues its events for Kafka.
 * Delivery reports come in at the other side: they mark the event, count in
 * the ledger, and drop the buffer with its last event.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_INTAKE_H
#define WALPOST_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deadletter.h"
#include "err.h"
#include "frame.h"
#include "holding.h"
#include "holds.h"
#include "ledger.h"
#include "position.h"
#include "producer.h"
#include "signals.h"
#include "slab.h"
#include "topics.h"
#include "window.h"

/* Streams that one table's rows may go to, after transforms. */
#define INTAKE_ROUTES	16

typedef struct IntakeCounts
{
	uint64_t	events;			/* read, without those that were here before */
	uint64_t	transactions;	/* wholly read */
	uint64_t	bytes;			/* of frames */
	uint64_t	acknowledged;	/* events that Kafka has */
	uint64_t	filtered;		/* changes that lists left out, as far as told */
	uint64_t	repeated;		/* events that came again and were dropped */
	uint64_t	held;			/* events that were held for a table being
								 * added */
	uint64_t	ack_us;			/* from arrival to acknowledgement, summed
								 * over buffers */
	uint64_t	acked_buffers;
} IntakeCounts;

/* A transaction of which Debezium has sent a part: see Position. */
typedef struct Part
{
	uint32_t	xid;			/* 0: there is none */
	uint64_t	lsn;
	uint64_t	events;
	uint64_t	end_lsn;		/* where it ended; 0: it was not read yet */
} Part;

typedef struct Intake
{
	Ledger		ledger;
	SlabTable	slabs;
	Producer   *producer;
	Topics	   *topics;
	DeadLetters *letters;
	Signals    *signals;		/* who gets them; NULL: nobody */
	Holds		holds;			/* transactions that are not to be confirmed, for
								 * a signal in them */
	IntakeCounts counts;
	Holding		holding;		/* tables that are being added */

	uint32_t	slab;			/* the buffer being read */

	/* the unit being read */
	bool		greeted;		/* this session's HELLO has come */
	bool		in_unit;
	bool		drop_unit;		/* it was received as a whole before */
	uint64_t	unit;			/* its ledger entry */
	uint64_t	commit_lsn;
	int64_t		commit_us;		/* when it was committed, since 1970; of a
								 * message: when it came */
	uint32_t	xid;			/* of the last transaction */
	uint64_t	skip;			/* so many of its first events were received
								 * before */
	uint64_t	nevents;		/* of it, so far, */
	uint64_t	ntaken;			/* without those of an earlier process */
	uint64_t	ordinal;		/* of the last change read, */
	uint32_t	record;			/* so many events of which were read */
	uint64_t	taken_ordinal;	/* the same of the last event taken */
	uint32_t	taken_record;
	Position	resume;			/* open_commit: Kafka has a part of that
								 * transaction from an earlier process */
	Part		part;			/* Kafka has a part of that one from Debezium */
	uint64_t	others_lsn;		/* what committed before it is in Kafka, */
	uint64_t	behind_lsn;		/* but of tables that are being added nothing
								 * from here on; 0: as of the others */
	uint64_t	message_left;	/* of a message: events still to come; 0: a
								 * transaction */
	uint64_t	message_lsn;	/* of the last message received */
	uint64_t	signal_commit;	/* where the last signal was received: its
								 * transaction, */
	uint64_t	signal_ordinal; /* and the change in it */
	uint64_t	last_end_lsn;	/* of the last whole transaction; 0: none yet */

	/* for snapshots beside the stream; set by their owner */
	Window	   *window;			/* NULL: nobody wants to know of changed rows */
	void		(*watermark) (void *arg, FrameText nonce);
	void	   *watermark_arg;
} Intake;

/* Everything is borrowed; release frees a buffer. */
extern void intake_init(Intake *intake, Producer *producer, Topics *topics,
						DeadLetters *letters, void (*release) (void *buffer));
extern void intake_free(Intake *intake);

/* True when there is room for another unit. */
static inline bool
intake_ready(const Intake *intake)
{
	return !ledger_full(&intake->ledger);
}

/* What Kafka has once all that was read is in it, as far as it is known here. */
extern void intake_position(const Intake *intake, Position *position);

/*
 * Takes a buffer whose frames begin at start, and queues its events.  Only when
 * intake_ready().  False and err when it does not hold what it must.
 */
extern bool intake_take(Intake *intake, char *buffer, size_t len, size_t start,
						int64_t now_us, Err *err) must_check;

/*
 * Rows that are not the stream's, between two of its units: a unit of their own,
 * that confirms nothing.  Only when intake_may_insert().
 */
extern bool intake_may_insert(const Intake *intake);

/* Opens it; returns its number in the ledger.  intake_insert_end() closes it. */
extern uint64_t intake_insert_begin(Intake *intake);
extern void intake_insert_end(Intake *intake);

/* Where the streams of a session lead that is not the stream's; zeroed at first. */
typedef struct IntakeRoutes
{
	uint32_t	routes[INTAKE_ROUTES];
	uint32_t	n;
} IntakeRoutes;

/*
 * Takes a buffer of such rows (the frames of one session; routes are its), and
 * queues its events but for those whose identity the window hides, if there is
 * one.  *ntaken grows by their number.  False and err when it does not hold what
 * it must.
 */
extern bool intake_insert(Intake *intake, IntakeRoutes *routes, char *buffer, size_t len,
						  size_t start, const Window *window, int64_t now_us,
						  uint64_t *ntaken, Err *err) must_check;

/*
 * The stream begins at lsn.  What is known of before is forgotten, with all
 * buffers: nothing of them is with the producer any more.  record (may be NULL)
 * says what Kafka has.
 */
extern void intake_resume(Intake *intake, uint64_t lsn, const Position *record);

/* Events that wait for Kafka, not for the rows of a table. */
static inline uint64_t
intake_under_way(const Intake *intake)
{
	return intake->ledger.in_flight - intake->holding.events;
}

/*
 * The connection is lost.  A half-received unit stays open: the server sends it
 * again, and what was read of it is dropped by counting.
 */
extern void intake_new_session(Intake *intake);

/* There is a new producer: all unacknowledged events are queued again, in order. */
extern void intake_resend(Intake *intake);

/* The holding says something else now: lets go of what is no longer to be held. */
extern void intake_judge_again(Intake *intake);

/* For ProducerEvents: these are safe. */
extern void intake_acknowledge(Intake *intake, char *const *bodies, size_t n,
							   int64_t now_us);

/* The commit LSN of an event in flight, and its place in the stream. */
extern uint64_t intake_commit_lsn(Intake *intake, char *body);
extern EventPlace intake_place(Intake *intake, char *body);

/*
 * Up to where nothing can get lost any more: Kafka has it, and what signals in
 * it have asked for is settled.  Without holds that is the ledger's flush LSN.
 */
static inline uint64_t
intake_settled_lsn(const Intake *intake)
{
	uint64_t	lsn = intake->ledger.flush_lsn;

	return intake->holds.n > 0 && intake->holds.all[0].at < lsn ? intake->holds.all[0].at : lsn;
}

/* The end of the last transaction before that. */
static inline uint64_t
intake_settled_commit(const Intake *intake)
{
	return intake_settled_lsn(intake) < intake->ledger.flush_lsn ?
		intake->holds.all[0].before : intake->ledger.last_commit;
}

/* Sets the part that Debezium has sent in a position, if it is not past it. */
static inline void
intake_part(const Intake *intake, Position *position)
{
	const Part *part = &intake->part;

	if (part->end_lsn != 0 && position->lsn >= part->end_lsn)
		return;
	position->part_xid = part->xid;
	position->part_lsn = part->lsn;
	position->part_events = part->events;
}

/* Memory that is pinned by what is not acknowledged, in bytes. */
static inline size_t
intake_pinned(const Intake *intake)
{
	return intake->slabs.bytes + intake->slabs.used * SLAB_COST +
		intake->ledger.in_flight * SLAB_EVENT_COST;
}

/* ---- intake_hold.c, for intake.c ---- */

/* What becomes of an event just read; one that is dropped is done with. */
extern HoldingVerdict intake_judge(Intake *intake, const FrameEvent *event);

/* Sets aside an event in flight instead of queueing it. */
extern void intake_hold(Intake *intake, const FrameEvent *event, uint32_t route);

/* True for an event that is set aside. */
extern bool intake_is_held(const FrameEvent *event);

#endif							/* WALPOST_INTAKE_H */
