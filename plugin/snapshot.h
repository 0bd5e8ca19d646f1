/*
 * snapshot.h
 *	  Reads a table, or a range of its blocks, as finished events.
 *
 * The rows go through the plan, encoders and frames of the stream, so that a
 * row reads the same whichever way it comes.  A reader yields chunks of about
 * WIRE_BATCH_SIZE and holds no more than two of them, whatever the table's size.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SNAPSHOT_H
#define WALPOST_SNAPSHOT_H

#include "access/xlogdefs.h"
#include "nodes/pg_list.h"
#include "storage/block.h"
#include "storage/itemptr.h"

/*
 * What is to be read, and how.  Borrowed until the reader ends.  Events of an
 * incremental snapshot say so (and nothing of lsn but in source.sequence), come
 * behind the identities of their rows, and leave out rows that a transaction has
 * outdated which the snapshot does not see although it has committed.
 */
typedef struct SnapshotRequest
{
	Oid			relid;
	List	   *options;		/* DefElems, as the stream takes them */
	XLogRecPtr	lsn;			/* what the events say; invalid: the present */
	BlockNumber first;			/* blocks from this one */
	BlockNumber end;			/* up to before this one; InvalidBlockNumber:
								 * all */
	const char *query;			/* SQL that returns rows of it, to be read
								 * instead, without blocks; NULL: none */
	uint32		stream;			/* number of the stream, in frames */
	const ItemPointerData *rows;	/* instead of blocks: these, for an
									 * incremental snapshot */
	int			nrows;
	const char *first_mark;		/* source.snapshot of the first row */
	const char *last_mark;		/* of the last, also if it is the first */
} SnapshotRequest;

typedef struct SnapshotReader SnapshotReader;

/*
 * Begins to read under the active snapshot, in CurrentMemoryContext.  ereports
 * what options_parse() does, and, with a remedy, for a relation that the stream
 * would not have either, or that the role may not read as a whole.
 */
extern SnapshotReader *snapshot_begin(const SnapshotRequest *request);

/*
 * The next chunk, valid until the next call; NULL after the last one.  With the
 * option "wire" it is a transaction in frames, else a line of JSON of one event.
 */
extern struct varlena *snapshot_next(SnapshotReader *reader);

/* Lets go of table and snapshot.  After an error the server does that. */
extern void snapshot_end(SnapshotReader *reader);

#endif							/* WALPOST_SNAPSHOT_H */
