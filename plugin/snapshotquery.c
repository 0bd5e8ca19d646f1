/*
 * snapshotquery.c
 *	  A query that says which rows of a table a snapshot has, and what is in them.
 *
 * It stands as a subquery in one that has the table's columns in their order, so
 * that its rows look like the table's own.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <ctype.h>

#include "access/htup_details.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "snapshotquery.h"

/* So many rows are fetched at once: few enough for large ones. */
#define BATCH_ROWS		64

struct SnapshotQuery
{
	MemoryContext context;
	Portal		portal;
	HeapTuple	rows[BATCH_ROWS];
	uint64		nrows;
	uint64		next;
};

/* Without a semicolon at its end, which would end the query around it, too. */
static int
statement_length(const char *sql)
{
	int			len = strlen(sql);

	while (len > 0 && (sql[len - 1] == ';' || isspace((unsigned char) sql[len - 1])))
		len--;
	return len;
}

static char *
whole_query(Relation relation, const char *sql)
{
	TupleDesc	desc = RelationGetDescr(relation);
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "SELECT ");
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (i > 0)
			appendStringInfoString(&buf, ", ");
		if (att->attisdropped)
			appendStringInfoString(&buf, "NULL::pg_catalog.int4");
		else
			appendStringInfo(&buf, "CAST(walpost.%s AS %s)", quote_identifier(NameStr(att->attname)),
							 format_type_extended(att->atttypid, att->atttypmod,
												  FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY));
	}
	/* it may end in a comment */
	appendStringInfo(&buf, " FROM (%.*s\n) AS walpost", statement_length(sql), sql);
	return buf.data;
}

SnapshotQuery *
snapshot_query_begin(Relation relation, const char *sql)
{
	SnapshotQuery *query = palloc0(sizeof(SnapshotQuery));
	const char *whole = whole_query(relation, sql);
	SPIPlanPtr	plan;

	query->context = CurrentMemoryContext;
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	plan = SPI_prepare(whole, 0, NULL);
	if (plan == NULL || !SPI_is_cursor_plan(plan))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_CURSOR_DEFINITION),
				 errmsg("the query for the snapshot of relation \"%s\" returns no rows", RelationGetRelationName(relation)),
				 errhint("Give one SELECT that returns the table's columns.")));
	query->portal = SPI_cursor_open(NULL, plan, NULL, NULL, true);
	SPI_finish();
	return query;
}

TupleTableSlot *
snapshot_query_slot(Relation relation)
{
	return MakeSingleTupleTableSlot(RelationGetDescr(relation), &TTSOpsHeapTuple);
}

bool
snapshot_query_is_empty(const SnapshotQuery *query)
{
	return query->next == query->nrows;
}

/* SPI's rows end with its connection; ours are kept until a slot has them. */
void
snapshot_query_fetch(SnapshotQuery *query)
{
	MemoryContext old;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	SPI_cursor_fetch(query->portal, true, BATCH_ROWS);
	old = MemoryContextSwitchTo(query->context);
	query->nrows = SPI_processed;
	for (uint64 i = 0; i < query->nrows; i++)
	{
		query->rows[i] = heap_copytuple(SPI_tuptable->vals[i]);
		/* it lies nowhere */
		ItemPointerSet(&query->rows[i]->t_self, 0, InvalidOffsetNumber);
	}
	MemoryContextSwitchTo(old);
	SPI_finish();
	query->next = 0;
}

bool
snapshot_query_next(SnapshotQuery *query, TupleTableSlot *slot)
{
	if (snapshot_query_is_empty(query))
		return false;
	ExecStoreHeapTuple(query->rows[query->next++], slot, true);
	return true;
}

void
snapshot_query_end(SnapshotQuery *query)
{
	while (query->next < query->nrows)
		heap_freetuple(query->rows[query->next++]);
	SPI_cursor_close(query->portal);
	pfree(query);
}
