/*
 * pump.h
 *	  The engine: replication stream in, Kafka out, acknowledgements back.
 *
 * One thread, one poll loop, and a machine of a few states:
 *
 *		INIT -> CONNECT -> RECALL -> START -> (FENCE) -> STREAM -> DRAIN -> STOPPED
 *				   ^          |        |         |         |
 *				   +------ BACKOFF <---+---------+---------+		FAILED from anywhere
 *
 * RECALL reads the position record and compares it with the server; FENCE, with
 * exactly-once, makes sure that no other instance writes any more.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_PUMP_H
#define WALPOST_PUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf.h"
#include "err.h"
#include "snapshot.h"

/* Where a run is to end by itself. */
typedef struct PumpGoal
{
	uint64_t	lsn;			/* before what committed there, or later */
	const char *snapshot;		/* for position records: which snapshot is not
								 * complete */
	const uint32_t *without;	/* OIDs of tables whose changes are left out */
	int			nwithout;
	bool		gap_known;		/* it goes on though changes are missing */

	/* what has come of it */
	bool		reached;		/* Kafka has all of it, and a record that says
								 * so */
	bool		stopped;		/* by a signal */
	bool		broken;			/* it did not begin: the stream does not go on
								 * where the record says */
	uint64_t	end_lsn;		/* of that record, */
	uint64_t	last_commit;	/* and its last transaction with events; 0:
								 * none */
} PumpGoal;

typedef struct PumpOptions
{
	const Conf *conf;			/* checked */
	const char *slot;			/* exists */
	const char *publication;	/* for the log */
	const char *file;			/* the connector's, and the worker's (NULL:
								 * none): */
	const char *worker;			/* for processes that help it */
	const struct Addition *added;	/* tables to add, may be NULL */
	bool		slot_made;		/* just now, it did not exist */
	bool	   *slot_refused;	/* set when the position record does not allow
								 * to go on with the slot; may be NULL */
	bool		snapshot_taken; /* by this start */
	SnapshotMode snapshot;		/* where a snapshot comes first, */
	SnapshotNeed *need;			/* set when one may be due: then the run
								 * fails; NULL: none is taken in any case */
	PumpGoal   *goal;			/* NULL: none */
	const volatile bool *stop;	/* set by signals before the run takes them */
} PumpOptions;

/* What it has done so far.  Times are in microseconds, averages over all. */
typedef struct PumpStats
{
	const char *state;
	uint64_t	events;			/* read */
	uint64_t	transactions;
	uint64_t	bytes;
	uint64_t	acknowledged;	/* events that Kafka has */
	uint64_t	repeated;		/* events that came again after a reconnect,
								 * dropped */
	uint64_t	refused;		/* records that Kafka did not take */
	uint64_t	reconnects;
	uint64_t	in_flight;		/* events read, not acknowledged */
	size_t		pinned_bytes;	/* memory that they hold */
	uint64_t	spool_bytes;	/* in the spool's files */
	uint64_t	received_lsn;
	uint64_t	flush_lsn;
	uint64_t	ack_us;			/* from arrival to acknowledgement */
	uint64_t	recorded_lsn;	/* of the position record */
	const char *continuity;		/* what the last comparison found, a word */
	uint64_t	gap_bytes;		/* of WAL whose changes are missing */
} PumpStats;

/*
 * Runs until SIGTERM or SIGINT, or the goal (true, everything received is
 * acknowledged or will come again), or until something happens that time does not mend (false
 * and err).  A second signal, a while after the first, leaves at once.
 */
extern bool pump_run(const PumpOptions *options, Err *err) must_check;

/* Of the pump that runs in this process; zeros when none does. */
extern PumpStats pump_stats(void);

#endif							/* WALPOST_PUMP_H */
