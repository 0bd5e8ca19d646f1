/*
 * chunk.c
 *	  Which rows of a table come next, in the order of a key.
 *
 * The query asks for the places of rows and their keys alone; the rows are then
 * taken from there as the stream would have them.  It runs under the caller's
 * settings, since its condition is the caller's; keys are read and printed under
 * ours, since they are kept.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/transam.h"
#include "access/xlog.h"
#include "access/xlog_internal.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/typcache.h"

#include "chunk.h"
#include "compat.h"
#include "relkey.h"
#include "settings.h"

/* What commits are waited for with; they take microseconds. */
#define COMMIT_NAP_US	100

/* A query while it is put together. */
typedef struct RowQuery
{
	const ChunkRequest *request;
	int			columns[INDEX_MAX_KEYS + 1];	/* attributes, from 0 */
	int			ncolumns;
	StringInfoData sql;
	Oid			types[2 * (INDEX_MAX_KEYS + 1)];
	Datum		values[2 * (INDEX_MAX_KEYS + 1)];
	int			nvalues;
	const char *word;			/* WHERE before the first condition, then AND */
} RowQuery;

/* Which side of a key rows are on: the operator of whole keys, and what columns are
 * compared with: all but the last one loosely, and strictly where that decides. */
typedef struct Bound
{
	const char *rows;
	StrategyNumber loosely;
	StrategyNumber strictly;
	StrategyNumber last;
} Bound;

static const Bound behind = {
	">", BTGreaterEqualStrategyNumber, BTGreaterStrategyNumber, BTGreaterStrategyNumber
};
static const Bound up_to_it = {
	"<=", BTLessEqualStrategyNumber, BTLessStrategyNumber, BTLessEqualStrategyNumber
};

/* ---- the key ---- */

static pg_attribute_noreturn() void
no_key(Relation relation, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("could not read relation \"%s\" in chunks", RelationGetRelationName(relation)),
			 errdetail_internal("%s", detail),
			 errhint("Add a primary key, name a unique column that is NOT NULL as surrogate-key, or take the table on with \"walpost snapshot --table\".")));
}

static int
surrogate_attribute(const ChunkRequest *request, bool *has_key)
{
	TupleDesc	desc = RelationGetDescr(request->relation);
	AttrNumber	number = get_attnum(RelationGetRelid(request->relation), request->surrogate);

	if (number <= 0)
		no_key(request->relation, psprintf("It has no column \"%s\".", request->surrogate));
	if (!TupleDescAttr(desc, number - 1)->attnotnull)
		no_key(request->relation, psprintf("Rows with NULL in column \"%s\" would be missed.", request->surrogate));
	*has_key = relkey_is_unique(request->relation, number);
	return number - 1;
}

static void
add_column(RowQuery *query, int attribute)
{
	for (int i = 0; i < query->ncolumns; i++)
		if (query->columns[i] == attribute)
			return;
	query->columns[query->ncolumns++] = attribute;
}

/*
 * The surrogate, then the primary key or identity index: rows with equal surrogates
 * must be told apart, or those behind the end of a chunk were missed.
 */
static void
choose_columns(RowQuery *query)
{
	const ChunkRequest *request = query->request;
	int			keys[INDEX_MAX_KEYS];
	int			nkeys = relkey_order_columns(request->relation, keys);
	bool		unique = false;

	if (request->surrogate)
		add_column(query, surrogate_attribute(request, &unique));
	for (int i = 0; i < nkeys && !unique; i++)
		add_column(query, keys[i]);
	if (nkeys == 0 && !unique)
		no_key(request->relation, request->surrogate ?
			   psprintf("It has no primary key, and column \"%s\" no unique index.", request->surrogate) :
			   "It has neither a primary key nor an identity index.");
}

/* ---- the query ---- */

static Form_pg_attribute
column(const RowQuery *query, int i)
{
	return TupleDescAttr(RelationGetDescr(query->request->relation), query->columns[i]);
}

static void
append_columns(RowQuery *query, const char *suffix)
{
	for (int i = 0; i < query->ncolumns; i++)
		appendStringInfo(&query->sql, "%s%s%s", i ? ", " : "",
						 quote_identifier(NameStr(column(query, i)->attname)), suffix);
}

/* It cannot be read without the checks of what it is made of. */
static void
refuse_inner_domains(const RowQuery *query)
{
	for (int i = 0; i < query->ncolumns; i++)
	{
		Oid			domain = relkey_inner_domain(column(query, i)->atttypid);

		if (OidIsValid(domain))
			no_key(query->request->relation,
				   psprintf("Values of column \"%s\" are made of domain %s, whose checks would be run with the rights of role \"%s\".",
							NameStr(column(query, i)->attname), format_type_be_qualified(domain),
							GetUserNameFromId(GetUserId(), false)));
	}
}

/*
 * Reads a key's texts as parameters of the columns' types; of a domain its base, as
 * keys that are there already need not pass its checks, which are somebody's code.
 */
static void
add_values(RowQuery *query, ArrayType *key)
{
	Datum	   *texts;
	bool	   *nulls;
	int			n;

	deconstruct_array(key, TEXTOID, -1, false, TYPALIGN_INT, &texts, &nulls, &n);
	if (array_contains_nulls(key))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a key of relation \"%s\" has no value that is null",
						RelationGetRelationName(query->request->relation))));
	if (n != query->ncolumns)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a key of relation \"%s\" has %d values, not %d",
						RelationGetRelationName(query->request->relation), query->ncolumns, n)));
	for (int i = 0; i < n; i++)
	{
		Oid			type = getBaseType(column(query, i)->atttypid);
		Oid			input,
					param;

		getTypeInputInfo(type, &input, &param);
		query->types[query->nvalues] = type;
		query->values[query->nvalues++] =
			OidInputFunctionCall(input, TextDatumGetCString(texts[i]), param, -1);
	}
}

/* The operator that a column's values are sorted by. */
static Oid
operator_of(const RowQuery *query, int i, StrategyNumber strategy)
{
	TypeCacheEntry *order = lookup_type_cache(getBaseType(column(query, i)->atttypid), TYPECACHE_BTREE_OPFAMILY);
	Oid			result = InvalidOid;

	if (OidIsValid(order->btree_opf))
		result = get_opfamily_member(order->btree_opf, order->btree_opintype, order->btree_opintype, strategy);
	if (!OidIsValid(result))
		no_key(query->request->relation,
			   psprintf("Values of column \"%s\" have no order.", NameStr(column(query, i)->attname)));
	return result;
}

static void
append_comparison(RowQuery *query, int i, StrategyNumber strategy, int first)
{
	generate_operator_clause(&query->sql, quote_identifier(NameStr(column(query, i)->attname)),
							 column(query, i)->atttypid, operator_of(query, i, strategy),
							 psprintf("$%d", first + i + 1), query->types[first + i]);
}

/* Operators of a row's comparison are looked for in one schema: the server's own are. */
static bool
compare_as_row(const RowQuery *query, const Bound *bound)
{
	for (int i = 0; i < query->ncolumns; i++)
		if (operator_of(query, i, bound->last) >= FirstNormalObjectId)
			return false;
	return query->ncolumns > 1;
}

/*
 * Rows on that side of a key; none given: all.  The operators are named with their
 * schemas: nobody's search_path decides in which order rows are looked for.
 */
static void
add_bound(RowQuery *query, const Bound *bound, ArrayType *key)
{
	int			first = query->nvalues;
	int			last = query->ncolumns - 1;

	if (key == NULL)
		return;
	add_values(query, key);
	appendStringInfo(&query->sql, " %s (", query->word);
	query->word = "AND";
	if (compare_as_row(query, bound))
	{
		append_columns(query, "");
		appendStringInfo(&query->sql, ") OPERATOR(pg_catalog.%s) (", bound->rows);
		for (int i = 0; i <= last; i++)
			appendStringInfo(&query->sql, "%s$%d", i ? ", " : "", first + i + 1);
		appendStringInfoChar(&query->sql, ')');
		return;
	}

	/* a >= $1 AND (a > $1 OR b >= $2 AND (b > $2 OR c > $3)) */
	for (int i = 0; i < last; i++)
	{
		append_comparison(query, i, bound->loosely, first);
		appendStringInfoString(&query->sql, " AND (");
		append_comparison(query, i, bound->strictly, first);
		appendStringInfoString(&query->sql, " OR ");
	}
	append_comparison(query, last, bound->last, first);
	for (int i = 0; i <= last; i++)
		appendStringInfoChar(&query->sql, ')');
}

static void
begin_query(RowQuery *query, const char *first)
{
	Relation	relation = query->request->relation;

	resetStringInfo(&query->sql);
	query->nvalues = 0;
	query->word = "WHERE";
	appendStringInfo(&query->sql, "SELECT %s", first);
	append_columns(query, "");
	appendStringInfo(&query->sql, " FROM ONLY %s",
					 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(relation)),
												RelationGetRelationName(relation)));
	if (query->request->condition)
	{
		/* it may end in a comment */
		appendStringInfo(&query->sql, " WHERE (%s\n)", query->request->condition);
		query->word = "AND";
	}
}

static void
end_query(RowQuery *query, const char *direction, int limit)
{
	appendStringInfoString(&query->sql, " ORDER BY ");
	append_columns(query, direction);
	appendStringInfo(&query->sql, " LIMIT %d", limit);
}

static void
run_query(RowQuery *query)
{
	if (SPI_execute_with_args(query->sql.data, query->nvalues, query->types, query->values,
							  NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not select rows of a chunk");
}

/* ---- its result ---- */

/* The key of one row of it, the columns from the first one on, as an array's text. */
static const char *
key_text(const RowQuery *query, uint64 row, int first, MemoryContext context)
{
	Datum		texts[INDEX_MAX_KEYS + 1];
	Datum		array;

	for (int i = 0; i < query->ncolumns; i++)
		texts[i] = CStringGetTextDatum(SPI_getvalue(SPI_tuptable->vals[row],
													SPI_tuptable->tupdesc, first + i));
	array = PointerGetDatum(construct_array(texts, query->ncolumns, TEXTOID, -1, false, TYPALIGN_INT));
	return MemoryContextStrdup(context, OidOutputFunctionCall(F_ARRAY_OUT, array));
}

/* The last key that the table has now; NULL and "": it is empty. */
static ArrayType *
find_end(RowQuery *query, Chunk *chunk, MemoryContext context)
{
	int			level;
	Oid			input,
				param;
	ArrayType  *key;

	begin_query(query, "");
	end_query(query, " DESC", 1);
	run_query(query);
	if (SPI_processed == 0)
		return NULL;
	level = settings_apply();
	chunk->up_to = key_text(query, 0, 1, context);
	getTypeInputInfo(TEXTARRAYOID, &input, &param);
	key = DatumGetArrayTypeP(OidInputFunctionCall(input, pstrdup(chunk->up_to), param, -1));
	AtEOXact_GUC(true, level);
	return key;
}

static void
find_rows(RowQuery *query, ArrayType *up_to, Chunk *chunk, MemoryContext context)
{
	int			level = settings_apply();

	begin_query(query, "ctid, ");
	add_bound(query, &behind, query->request->after);
	add_bound(query, &up_to_it, up_to);
	end_query(query, "", query->request->limit);
	AtEOXact_GUC(true, level);
	run_query(query);
	chunk->nrows = (int) SPI_processed;
	chunk->more = chunk->nrows == query->request->limit;
	chunk->rows = MemoryContextAlloc(context, Max(chunk->nrows, 1) * sizeof(ItemPointerData));
	for (int i = 0; i < chunk->nrows; i++)
	{
		bool		null;

		chunk->rows[i] = *(ItemPointer) DatumGetPointer(SPI_getbinval(SPI_tuptable->vals[i],
															SPI_tuptable->tupdesc, 1, &null));
	}
	if (chunk->nrows == 0)
		return;
	level = settings_apply();
	chunk->last = key_text(query, chunk->nrows - 1, 2, context);
	AtEOXact_GUC(true, level);
}

void
chunk_select(const ChunkRequest *request, Chunk *chunk)
{
	MemoryContext context = CurrentMemoryContext;
	RowQuery		query = {.request = request};
	ArrayType  *up_to = request->up_to;

	*chunk = (Chunk)
	{
		.up_to = "",.last = ""
	};
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	initStringInfo(&query.sql);
	choose_columns(&query);
	refuse_inner_domains(&query);
	if (up_to == NULL)
		up_to = find_end(&query, chunk, context);
	else
		chunk->up_to = MemoryContextStrdup(context, OidOutputFunctionCall(F_ARRAY_OUT, PointerGetDatum(up_to)));
	if (up_to != NULL)
		find_rows(&query, up_to, chunk, context);
	SPI_finish();
}

int64
chunk_count(Relation relation, const char *condition)
{
	ChunkRequest request = {.relation = relation,.condition = condition};
	RowQuery	query = {.request = &request};
	bool		null;
	int64		rows;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	initStringInfo(&query.sql);
	begin_query(&query, "pg_catalog.count(*)");
	run_query(&query);
	rows = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null));
	SPI_finish();
	return rows;
}

/* ---- what is committed, but not visible ---- */

void
chunk_wait_for_commits(void)
{
	VirtualTransactionId *committing;
	int			n;

	/* a standby shows a transaction before it decodes it */
	if (RecoveryInProgress())
		return;
	committing = compat_committing(&n);
	while (n > 0 && compat_are_committing(committing, n))
	{
		CHECK_FOR_INTERRUPTS();
		pg_usleep(COMMIT_NAP_US);
	}
	pfree(committing);
}

bool
chunk_is_outdated(TupleTableSlot *slot)
{
	BufferHeapTupleTableSlot *place = (BufferHeapTupleTableSlot *) slot;
	HeapTupleHeader header;
	TransactionId updater = InvalidTransactionId;

	if (!TTS_IS_BUFFERTUPLE(slot) || !BufferIsValid(place->buffer))
		return false;
	LockBuffer(place->buffer, BUFFER_LOCK_SHARE);
	header = place->base.tuple->t_data;
	if ((header->t_infomask & HEAP_XMAX_INVALID) == 0 &&
		!HEAP_XMAX_IS_LOCKED_ONLY(header->t_infomask))
		updater = HeapTupleHeaderGetUpdateXid(header);
	LockBuffer(place->buffer, BUFFER_LOCK_UNLOCK);
	return TransactionIdIsNormal(updater) && TransactionIdDidCommit(updater);
}

/* ---- where the log is ---- */

/* The end of what is in it; where a page has no more than its header, that is the page's start. */
static XLogRecPtr
end_of_log(void)
{
	XLogRecPtr	lsn = GetXLogInsertRecPtr();
	uint64		header = XLogSegmentOffset(lsn, wal_segment_size) < XLOG_BLCKSZ ?
		SizeOfXLogLongPHD : SizeOfXLogShortPHD;

	return lsn % XLOG_BLCKSZ == header ? lsn - header : lsn;
}

XLogRecPtr
chunk_end_lsn(void)
{
	XLogRecPtr	lsn;

	/* a standby shows a transaction while the record of its commit is replayed */
	if (RecoveryInProgress())
		return compat_replaying_lsn();
	lsn = end_of_log();
	XLogFlush(lsn);
	return lsn;
}
