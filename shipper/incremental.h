/*
 * incremental.h
 *	  Snapshots of a connector that streams: incremental ones, while the stream goes
 *	  on, and blocking ones, for which it stands still.
 *
 * An incremental snapshot reads a table in chunks, by ranges of its key, and
 * puts each chunk between two transactions of the stream.  Where exactly, is a
 * watermark: a logical message, written after the chunk was read, so that all
 * transactions that the chunk shows come before it.  Rows that a transaction
 * changed which came before, too, but which the chunk does not show, are left
 * out: the stream has said more of them already.  That is decided by transaction
 * and row identity (window.h), never by LSN or message key.  Where nothing may be
 * written (read.only, a standby), a position in the log is the watermark.
 *
 * A table without a key cannot be read in chunks: it is handed to whoever adds
 * tables.
 *
 * What is asked for and how far it is, is a record in the offset topic beside
 * the position record, written when Kafka has the rows (with exactly-once, in
 * their transaction), so that it goes on after a restart.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_INCREMENTAL_H
#define WALPOST_INCREMENTAL_H

#include <stdbool.h>
#include <stdint.h>

#include "conf.h"
#include "delivery.h"
#include "err.h"
#include "loop.h"

struct Signal;

typedef struct Incremental Incremental;

/* Who reads a table as a whole: one that has no key to go by. */
typedef struct IncAdder
{
	/* Unless the table is being read already. */
	void		(*begin) (void *arg, const char *table);

	/* False while it is; else whether all of it is in Kafka, and how many rows. */
	bool		(*done) (void *arg, const char *table, bool *ok, uint64_t *rows);
	void	   *arg;
} IncAdder;

/*
 * Borrows all, but copies adder.  The intake tells it of changed rows and watermarks
 * from now on.
 */
extern Incremental *incremental_new(const Conf *conf, Loop *loop, Delivery *delivery,
									const IncAdder *adder);
extern void incremental_free(Incremental *incremental);

/*
 * Signals that it handles (signals.h: SIGNAL_EXECUTE, _STOP, _PAUSE, _RESUME);
 * arg is the Incremental.  Takes the signal, also when it cannot be obeyed, and
 * frees it when its effect is in a record that Kafka has.
 *
 *		execute		the tables that match are added behind those that wait, or in
 *					front of them for a blocking snapshot; one that is there
 *					already is not added twice.  Notices: STARTED
 *					once they are known, IN_PROGRESS after each chunk, TABLE_SCAN_
 *					COMPLETED after each table, COMPLETED after the last
 *		stop		tables that match (all without data-collections) are taken off;
 *					ABORTED.  What was read of them stays
 *		pause		no further chunk is read; PAUSED
 *		resume		RESUMED
 *
 * Whatever comes before the record was read after a start waits for that.
 */
extern void incremental_signal(void *arg, struct Signal *signal);

/*
 * What a turn of the loop does for it, while the stream is read; spooling: into
 * files, so that it cannot stand still.  False and err when the connector cannot
 * go on.
 */
extern bool incremental_turn(Incremental *incremental, bool spooling, Err *err) must_check;

/*
 * A transaction that commits at this LSN or later has to wait while it is not 0;
 * incremental_reached() says that one does.  While incremental_stands() nothing is
 * read behind it.
 */
extern uint64_t incremental_barrier(const Incremental *incremental);
extern void incremental_reached(Incremental *incremental);
extern bool incremental_stands(const Incremental *incremental);

/*
 * What the stream, which is about to begin, is to tell the plugin, as properties;
 * the caller frees it.  Nothing is written to a standby, nor with read.only.
 */
extern char *incremental_properties(Incremental *incremental, bool standby);

/* False until it knows what is under way from an earlier run. */
extern bool incremental_recalled(const Incremental *incremental);

/* Is this a table that the adder has to read for it? */
extern bool incremental_hands_over(const Incremental *incremental, const char *table);

/*
 * The engine starts over: what Kafka has may be less than what is known here, so
 * that the record is read again.
 */
extern void incremental_reset(Incremental *incremental);

/* The producer's tag of the records, which it hands over by itself. */
#define INCREMENTAL_RECORD	1

/* Kafka has the record; or a new producer does not know of it. */
extern void incremental_recorded(Incremental *incremental);
extern void incremental_renewed(Incremental *incremental);

/*
 * With Kafka transactions: what was added so far belongs to one, and so does the
 * record that says so, which is handed over by the second call (false: not yet).
 * incremental_recorded() when it is committed.
 */
extern void incremental_close_txn(Incremental *incremental);
extern bool incremental_finish_txn(Incremental *incremental) must_check;

#endif							/* WALPOST_INCREMENTAL_H */
