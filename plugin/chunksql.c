/*
 * chunksql.c
 *	  walpost.chunk(): some rows of a table as events, with what their reader has
 *	  to know besides: which transactions they show, and where the next ones begin.
 *	  walpost.count_rows(): how many there are.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/pg_lsn.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "arguments.h"
#include "chunk.h"
#include "frame.h"
#include "snapshot.h"
#include "snapshotcheck.h"

PGDLLEXPORT PG_FUNCTION_INFO_V1(walpost_chunk);
PGDLLEXPORT PG_FUNCTION_INFO_V1(walpost_count_rows);

extern PGDLLEXPORT Datum walpost_chunk(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum walpost_count_rows(PG_FUNCTION_ARGS);

/* The function's arguments, in order. */
enum
{
	ARG_RELATION, ARG_OPTIONS, ARG_LSN, ARG_ROWS, ARG_AFTER, ARG_UP_TO, ARG_CONDITION,
	ARG_SURROGATE
};

/* A table may be read in chunks of so many rows at most. */
#define ROWS_MAX	1000000

typedef enum ChunkPart
{
	PART_SNAPSHOT, PART_ROWS, PART_NONE
} ChunkPart;

typedef struct ChunkCall
{
	ChunkPart	part;			/* that comes next */
	Chunk		chunk;
	SnapshotReader *reader;
} ChunkCall;

static char *
text_argument(FunctionCallInfo fcinfo, int arg)
{
	return PG_ARGISNULL(arg) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(arg));
}

static ArrayType *
key_argument(FunctionCallInfo fcinfo, int arg)
{
	return PG_ARGISNULL(arg) ? NULL : PG_GETARG_ARRAYTYPE_P(arg);
}

static int
rows_argument(FunctionCallInfo fcinfo)
{
	int32		rows = PG_ARGISNULL(ARG_ROWS) ? 0 : PG_GETARG_INT32(ARG_ROWS);

	if (rows < 1 || rows > ROWS_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("a chunk has between 1 and %d rows, not %d", ROWS_MAX, rows)));
	return rows;
}

static void
select_rows(FunctionCallInfo fcinfo, Relation relation, Chunk *chunk)
{
	ChunkRequest request = {
		.relation = relation,
		.surrogate = text_argument(fcinfo, ARG_SURROGATE),
		.condition = text_argument(fcinfo, ARG_CONDITION),
		.after = key_argument(fcinfo, ARG_AFTER),
		.up_to = key_argument(fcinfo, ARG_UP_TO),
		.limit = rows_argument(fcinfo),
	};

	chunk_wait_for_commits();
	chunk_select(&request, chunk);
}

static SnapshotReader *
begin_reading(FunctionCallInfo fcinfo, const Chunk *chunk)
{
	SnapshotRequest request = {
		.relid = PG_GETARG_OID(ARG_RELATION),
		.options = arguments_options(PG_GETARG_ARRAYTYPE_P(ARG_OPTIONS)),
		.lsn = PG_ARGISNULL(ARG_LSN) ? InvalidXLogRecPtr : PG_GETARG_LSN(ARG_LSN),
		.end = InvalidBlockNumber,
		.rows = chunk->rows,
		.nrows = chunk->nrows,
		.first_mark = "incremental",
		.last_mark = "incremental",
	};

	return snapshot_begin(&request);
}

static void
on_shutdown(Datum arg)
{
	snapshot_end(((ChunkCall *) DatumGetPointer(arg))->reader);
}

/*
 * Who may not read the table is told so before there is a query, which would run
 * what its policies call.  The reader is made without rows, too, for what it refuses.
 */
static void
begin(FunctionCallInfo fcinfo)
{
	FuncCallContext *call = SRF_FIRSTCALL_INIT();
	MemoryContext old = MemoryContextSwitchTo(call->multi_call_memory_ctx);
	ChunkCall  *state = palloc0(sizeof(ChunkCall));
	Relation	relation;

	if (PG_ARGISNULL(ARG_RELATION) || PG_ARGISNULL(ARG_OPTIONS))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("relation and options of walpost.chunk() must not be null")));
	relation = relation_open(PG_GETARG_OID(ARG_RELATION), AccessShareLock);
	snapshot_check_table(relation);
	select_rows(fcinfo, relation, &state->chunk);
	relation_close(relation, NoLock);
	state->reader = begin_reading(fcinfo, &state->chunk);
	RegisterExprContextCallback(((ReturnSetInfo *) fcinfo->resultinfo)->econtext,
								on_shutdown, PointerGetDatum(state));
	call->user_fctx = state;
	MemoryContextSwitchTo(old);
}

/* ---- what is no row ---- */

static size_t
begin_control(Out *out, char kind, XLogRecPtr lsn)
{
	size_t		start = frame_begin(out, WIRE_CONTROL);

	frame_u8(out, (uint8) kind);
	frame_u64(out, lsn);
	return start;
}

/*
 * The transactions that a query does not see, though they are older than the
 * youngest that it sees.  A standby keeps them elsewhere.
 */
static void
put_invisible(Out *out, Snapshot snapshot)
{
	const TransactionId *list = snapshot->takenDuringRecovery ? snapshot->subxip : snapshot->xip;
	uint32		n = snapshot->takenDuringRecovery ? Max(snapshot->subxcnt, 0) : snapshot->xcnt;

	frame_u32(out, snapshot->xmin);
	frame_u32(out, snapshot->xmax);
	frame_u32(out, n);
	for (uint32 i = 0; i < n; i++)
		frame_u32(out, list[i]);
}

static struct varlena *
as_value(StringInfo buf)
{
	SET_VARSIZE(buf->data, buf->len);
	return (struct varlena *) buf->data;
}

static struct varlena *
snapshot_part(const Chunk *chunk)
{
	StringInfo	buf = makeStringInfo();
	Out			out;
	size_t		start;

	appendStringInfoSpaces(buf, VARHDRSZ);
	out_open(&out, buf);
	start = begin_control(&out, WIRE_CONTROL_SNAPSHOT, InvalidXLogRecPtr);
	put_invisible(&out, GetActiveSnapshot());
	frame_text(&out, chunk->up_to, strlen(chunk->up_to));
	frame_end(&out, start);
	out_close(&out);
	return as_value(buf);
}

static struct varlena *
end_part(const Chunk *chunk)
{
	StringInfo	buf = makeStringInfo();
	Out			out;
	size_t		start;

	appendStringInfoSpaces(buf, VARHDRSZ);
	out_open(&out, buf);
	/* who may write, writes a watermark */
	start = begin_control(&out, WIRE_CONTROL_CHUNK, XactReadOnly ? chunk_end_lsn() : InvalidXLogRecPtr);
	frame_text(&out, chunk->last, strlen(chunk->last));
	frame_u64(&out, chunk->nrows);
	frame_u8(&out, chunk->more);
	frame_end(&out, start);
	out_close(&out);
	return as_value(buf);
}

static struct varlena *
next_part(ChunkCall *state)
{
	struct varlena *value;

	if (state->part == PART_SNAPSHOT)
	{
		state->part = PART_ROWS;
		return snapshot_part(&state->chunk);
	}
	if (state->part == PART_NONE)
		return NULL;
	value = snapshot_next(state->reader);
	if (value != NULL)
		return value;
	state->part = PART_NONE;
	return end_part(&state->chunk);
}

Datum
walpost_chunk(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	ChunkCall  *state;
	struct varlena *value;

	if (SRF_IS_FIRSTCALL())
		begin(fcinfo);
	call = SRF_PERCALL_SETUP();
	state = call->user_fctx;
	value = next_part(state);
	if (value != NULL)
		SRF_RETURN_NEXT(call, PointerGetDatum(value));

	UnregisterExprContextCallback(((ReturnSetInfo *) fcinfo->resultinfo)->econtext,
								  on_shutdown, PointerGetDatum(state));
	snapshot_end(state->reader);
	SRF_RETURN_DONE(call);
}

/* walpost.count_rows(regclass, text): those that chunks would have. */
Datum
walpost_count_rows(PG_FUNCTION_ARGS)
{
	char	   *condition = text_argument(fcinfo, 1);
	Relation	relation;
	int64		rows;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	relation = relation_open(PG_GETARG_OID(0), AccessShareLock);
	snapshot_check_table(relation);
	rows = chunk_count(relation, condition);
	relation_close(relation, NoLock);
	PG_RETURN_INT64(rows);
}
