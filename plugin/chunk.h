/*
 * chunk.h
 *	  Which rows of a table come next, in the order of a key.
 *
 * An incremental snapshot reads a table in chunks, each of them the next rows
 * behind the last key of the one before, up to the key that was the last when it
 * began.  So it may be interrupted anywhere, a row that moves within the table is
 * still found, and it comes to an end however many rows are added behind.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_CHUNK_H
#define WALPOST_CHUNK_H

#include "access/xlogdefs.h"
#include "executor/tuptable.h"
#include "storage/itemptr.h"
#include "utils/array.h"
#include "utils/relcache.h"

/* Borrowed. */
typedef struct ChunkRequest
{
	Relation	relation;
	const char *surrogate;		/* a column to go by; NULL: the primary key,
								 * or without one the identity index */
	const char *condition;		/* SQL, of rows to be read; NULL: all */
	ArrayType  *after;			/* last key that was read; NULL: begin */
	ArrayType  *up_to;			/* last key to be read; NULL: the table's */
	int			limit;			/* rows at most */
} ChunkRequest;

/* In the context that chunk_select() was called in. */
typedef struct Chunk
{
	ItemPointerData *rows;
	int			nrows;
	const char *up_to;			/* keys as the texts of arrays, "" for none */
	const char *last;
	bool		more;
} Chunk;

/*
 * Chooses the rows under the active snapshot, with a query as the caller's role.
 * ereports for a table that has no key to go by, and what the query does.
 */
extern void chunk_select(const ChunkRequest *request, Chunk *chunk);

/*
 * How many rows of a table (those of which condition is true, or all) the active
 * snapshot shows, by a query as the caller's role.  ereports what that does.
 */
extern int64 chunk_count(Relation relation, const char *condition);

/*
 * Waits until each transaction whose commit is in the log is known as committed.
 * Then chunk_is_outdated() finds what those outdate that are not visible yet.
 */
extern void chunk_wait_for_commits(void);

/*
 * Did a transaction outdate the row that has committed, but is not visible to
 * others yet (it waits for a synchronous standby)?  It may have been decoded, and
 * sent, long ago.
 */
extern bool chunk_is_outdated(TupleTableSlot *slot);

/*
 * All transactions that the active snapshot shows have committed before this
 * place in the log, which a decoder comes to without anything being written:
 * it is on disk (or, on a standby, replayed in a moment).
 */
extern XLogRecPtr chunk_end_lsn(void);

#endif							/* WALPOST_CHUNK_H */
