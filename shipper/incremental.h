/*
 * incremental.h
 *	  Snapshots of a connector that streams: incremental ones, while the stream
 *	  goes on, and blocking ones, for which it stops.
 *
 * An incremental snapshot reads a table in chunks, by ranges of its key, and
 * puts each chunk between two transactions of the stream.  Where exactly, is a
 * watermark: a logical message, written after the chunk was read, so that all
 * transactions that the chunk shows come before it.  Rows that a transaction
 * changed which came before, too, but which the chunk does not show, are left
 * out: the stream has said more of them already.  That is decided by transaction
 * and row identity (window.h), never by LSN or message key.
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
#include "err.h"
#include "loop.h"

struct Signal;

typedef struct Incremental Incremental;

/*
 * Signals that it handles (signals.h: SIGNAL_EXECUTE, _STOP, _PAUSE, _RESUME);
 * arg is the Incremental.  Takes the signal, also when it cannot be obeyed, and
 * frees it when its effect is in a record that Kafka has.
 *
 *		execute		the tables that match are added behind those that wait; one
 *					that is there already is not added twice.  Notices: STARTED
 *					once they are known, IN_PROGRESS after each chunk, TABLE_SCAN_
 *					COMPLETED after each table, COMPLETED after the last
 *		stop		tables that match (all without data-collections) are taken off;
 *					ABORTED.  What was read of them stays
 *		pause		no further chunk is read; PAUSED
 *		resume		RESUMED
 *
 * Only the first call of a kind changes anything; whatever comes before the
 * record was read after a start waits for that.
 */
extern void incremental_signal(void *arg, struct Signal *signal);

#endif							/* WALPOST_INCREMENTAL_H */
