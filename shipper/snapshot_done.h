/*
 * snapshot_done.h
 *	  Which blocks of which tables Kafka has, of a snapshot that is not complete:
 *	  in memory, and as the record of it in the offset topic.
 *
 * A table is known by its OID and the number of its file: a table that was
 * rewritten has other rows in its blocks.
 *
 *		snapshot_done_add(&done, oid, file, 0, 256, 13000)
 *		for (from = 0; snapshot_done_gap(table, from, &first, &end); from = end)
 *
 * Pure: bytes in, bytes out.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SNAPSHOT_DONE_H
#define WALPOST_SNAPSHOT_DONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "runid.h"

/* So many tables fit into a record that any broker takes, however they are cut. */
#define DONE_TABLES_MAX		10000

/* The end of a stretch that has none. */
#define DONE_NO_END			INT64_MAX

typedef struct DoneStretch
{
	int64_t		first;			/* block */
	int64_t		end;			/* before this one */
} DoneStretch;

typedef struct DoneTable
{
	uint32_t	oid;
	uint32_t	file;
	uint64_t	rows;			/* of what is done */
	bool		loose;			/* Kafka may have more of its rows */
	bool		planned;		/* it is captured now; not in the record */
	DoneStretch *stretches;		/* in order, with gaps between them */
	int			n;
} DoneTable;

/* Zeroed it is empty. */
typedef struct SnapshotDone
{
	char		id[RUNID_SIZE]; /* of the snapshot */
	bool		loose;			/* Kafka may have more rows of any table */
	DoneTable  *tables;			/* by OID */
	int			n;
} SnapshotDone;

extern void snapshot_done_clear(SnapshotDone *done);

/* The table's, or NULL; valid until something is added. */
extern DoneTable *snapshot_done_find(const SnapshotDone *done, uint32_t oid);

/*
 * Its blocks from first to before end are done, which were not before, and have
 * so many rows.
 */
extern void snapshot_done_add(SnapshotDone *done, uint32_t oid, uint32_t file,
							  int64_t first, int64_t end, uint64_t rows);

/* Kafka may have rows of the table that are not done. */
extern void snapshot_done_loosen(SnapshotDone *done, uint32_t oid, uint32_t file);

/* The table has that file now, and is to be read again: what Kafka has of it is loose. */
extern void snapshot_done_forget(DoneTable *table, uint32_t file);

/* The first stretch from a block on that is not done; table may be NULL.  False: none. */
extern bool snapshot_done_gap(const DoneTable *table, int64_t from, int64_t *first, int64_t *end);

/* The record's value; the caller frees it. */
extern char *snapshot_done_print(const SnapshotDone *done);

/* Reads that into an empty one.  False and err (ERR_CONFIG) when it is none. */
extern bool snapshot_done_parse(const char *text, SnapshotDone *done, Err *err) must_check;

#endif							/* WALPOST_SNAPSHOT_DONE_H */
