/*
 * snapshotquery.h
 *	  A query that says which rows of a table a snapshot has, and what is in them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SNAPSHOTQUERY_H
#define WALPOST_SNAPSHOTQUERY_H

#include "executor/tuptable.h"
#include "utils/relcache.h"

typedef struct SnapshotQuery SnapshotQuery;

/*
 * Begins to run a query that returns the relation's columns, by their names, in
 * any order; a value of another type is cast.  Under the active snapshot, as the
 * caller's role, with the caller's settings, in CurrentMemoryContext.  ereports
 * what is wrong with it.
 */
extern SnapshotQuery *snapshot_query_begin(Relation relation, const char *sql);

/* A slot for its rows; the caller drops it. */
extern TupleTableSlot *snapshot_query_slot(Relation relation);

/* Is there no row at hand? */
extern bool snapshot_query_is_empty(const SnapshotQuery *query);

/* Runs it on, with the settings that there are, until some rows are at hand, or none is left. */
extern void snapshot_query_fetch(SnapshotQuery *query);

/* The next row at hand into slot, which keeps it; false: there is none. */
extern bool snapshot_query_next(SnapshotQuery *query, TupleTableSlot *slot);

extern void snapshot_query_end(SnapshotQuery *query);

#endif							/* WALPOST_SNAPSHOTQUERY_H */
